//! The fleet: which accounts and regions there are, and how each of them is reached.

pub mod spec;
