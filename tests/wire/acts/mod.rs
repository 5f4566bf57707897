//! What operators do, through the real SDK.

mod book;
mod cases;
mod ledger;
mod mutes;
mod runs;
