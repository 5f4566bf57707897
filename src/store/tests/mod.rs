//! The laws of the store.

pub mod world;

mod coverage;
mod laws;
mod life;
