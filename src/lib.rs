//! noctop: an operations console in the terminal for people who run many AWS accounts.

pub mod aws;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod filter;
pub mod keymap;
pub mod lifecycle;
pub mod runtime;
pub mod sim;
pub mod sources;
pub mod store;
pub mod theme;
pub mod triage;
