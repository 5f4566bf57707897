//! The history: noctop's own record of what came, got worse, cleared and came back, and of how well it could see.
//!
//! ```text
//!  Changes of the store ─► model: what is new to the record ─► Facts ─► History (one keeper thread) ─► history.db
//!                                                                                   reports, handover ◄─┘
//! ```
//!
//! Several consoles may write to one file. Each writes what it sees, and what they see alike is one row: an episode is
//! known by its item and by the service's own time, never by a console's clock; and how much could be seen at a moment is
//! what the best-sighted console saw ([`watch`]). What is written twice changes nothing, and the order of the writers
//! changes no count and no state.
//!
//! Written by consoles, and by reports what they counted; read by `handover` and reports. May import the nouns, `clock`, `ledger::key` and `shelf`.

mod fact;
mod keeper;
pub mod measure;
mod merge;
mod read;
mod shelf;
pub mod tally;
pub mod watch;

pub use fact::{Fact, Facts, Happened};
pub use keeper::{History, Written};
pub use read::{Episode, Named, Reading, Sight, Window, of_item, read};
pub use shelf::Trouble;

use std::time::Duration;

/// How often a console says that it watches, even when nothing happens.
pub const BEAT: Duration = Duration::from_secs(30);

/// How long a console may be silent before the time in between counts as unwatched: three missed beats.
pub const SILENCE: Duration = Duration::from_secs(90);

/// How long things are remembered where nothing else is configured: a quarter, so that a month can be compared with the
/// one before.
pub const KEEP: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How large the file may become, in bytes; then the oldest goes first. A million episodes take about a fifth of it.
pub const LARGEST: u64 = 512 << 20;
