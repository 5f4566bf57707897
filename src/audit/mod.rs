//! The journal: what was about to be done, by whom, and what became of it; and the permits that only it can mint.
//!
//! ```text
//! Intent ── Journal::begin ──► durable? ──► Permit ── aws::ops (one call) ──► Receipt ── Journal::finish
//!              │ read-only, or no journal: Refused (and that is written down too)
//! ```
//!
//! One SQLite file per user ([`Journal`]); every entry carries the hash of the one before it ([`chain`]), and every
//! hash is also kept in a list outside the database, so that what was edited, removed, put elsewhere or cut off is
//! found and named. Called by `aws::ops` and `cli`; knows nothing of AWS but the names of operations.

mod alive;
pub mod chain;
mod heads;
mod intent;
mod journal;
mod keeper;
mod note;
mod permit;
mod receipt;
pub mod record;
pub mod redact;
mod session;
mod shelf;

pub use intent::{Intent, Operation, Target, unique};
pub use journal::{Journal, Open, Refused, Unwritten, Why};
pub use note::{Note, Noted};
pub use permit::{Claim, Misfit, Permit};
pub use receipt::{Receipt, Result, TargetOutcome};
pub use session::{Operator, Session};
