//! The laws of the store.

pub mod world;

mod acts;
mod coverage;
mod laws;
mod life;
