//! The noctop binary.
fn main() {}
