//! The parts of noctop that meet the machine: the configuration, the terminal, the pace of drawing and (later) the
//! loop itself.

pub mod config;
pub mod console;
pub mod looks;
pub mod pace;
pub mod terminal;
