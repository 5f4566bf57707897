//! The ledger: who acknowledged, snoozed, was given or remarked what, shared by everybody who looks at the same fleet.
//!
//! A [`Book`] keeps one [`Entry`](crate::lifecycle::Entry) per item and decides, for every [`Act`], whether it happens:
//! exactly one operator gets a contested item, and every other is told who. Two books implement the same rules, the
//! file in this module and the DynamoDB table in `aws`; [`decide`](fn@decide) is the rule written down once.
//!
//! ```text
//!  command ── Act ──► Ledger ──► Book: file (SQLite) or table (DynamoDB) ──► Kept · Refusal · Trouble
//!                       │ away?                                   ▲
//!                       └──► outbox, LOCAL ONLY ── replayed later ┘ by the same conditions; a loser is told
//!  every two seconds: Ledger::news ──► entries ──► Store::learn
//! ```
//!
//! Called by effects and by the headless commands; nothing here blocks its caller: every call returns a future.
//! May import the nouns, `clock` and `lifecycle`.

mod act;
mod book;
mod decide;
mod file;
mod keeper;
pub mod key;
mod late;
mod outbox;
pub mod record;
mod shared;
mod shelf;
pub mod trail;

pub use act::{Act, Refusal, Verb, Who};
pub use book::{Answer, Book, Cursor, Kept, Miss, News, Outcome, Seat, Trouble, TroubleKind};
pub use decide::{COMMENTS, decide};
pub use file::FileBook;
pub use late::{LateBook, Opener};
pub use shared::{Ledger, Link};

use std::time::Duration;

/// How often a shared ledger is read: colleagues' acts are seen within two polls at the latest.
pub const EVERY: Duration = Duration::from_secs(2);

/// How far a console's clock may be from the ledger's before acts are refused: ends are compared across consoles.
pub const SKEW: Duration = Duration::from_secs(30);

/// How long an entry is kept after its last act and its end; a month covers a review of the last incident.
pub const KEEP: Duration = Duration::from_secs(30 * 24 * 3_600);
