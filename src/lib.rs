//! noctop: an operations console in the terminal for people who run many AWS accounts.

pub mod aws;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod keymap;
pub mod runtime;
pub mod sim;
pub mod sources;
pub mod theme;
