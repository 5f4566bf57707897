//! What operators do, through the real SDK.

mod book;
mod ledger;
mod mutes;
mod runs;
