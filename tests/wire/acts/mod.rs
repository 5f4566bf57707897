//! What operators do, through the real SDK.

mod ledger;
mod mutes;
mod runs;
