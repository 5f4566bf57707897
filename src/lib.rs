//! noctop: an operations console in the terminal for people who run many AWS accounts.

pub mod app;
pub mod audit;
pub mod aws;
pub mod cli;
pub mod clock;
pub mod command;
pub mod domain;
pub mod effects;
pub mod filter;
pub mod handover;
pub mod history;
pub mod keymap;
pub mod ledger;
pub mod lifecycle;
pub mod logs;
pub mod model;
pub mod panes;
pub mod runbook;
pub mod runtime;
pub mod shelf;
pub mod sim;
pub mod sources;
pub mod store;
pub mod theme;
pub mod triage;
pub mod view;
