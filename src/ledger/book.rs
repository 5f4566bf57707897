//! A book: a place where entries are kept, and what it answers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::domain::Fault;
use crate::lifecycle::Entry;

use super::act::{Act, Refusal};

/// A value that comes later; nobody waits for it on the thread that draws.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What came of an act.
pub type Outcome = Result<Kept, Miss>;

/// An act that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The entry as it is now.
    pub entry: Arc<Entry>,
    /// Where it was written: what stands in the outbox alone may still be lost to a colleague.
    pub seat: Seat,
}

/// Where something was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// In the ledger.
    Ledger,
    /// In this machine's outbox, because the ledger is away: LOCAL ONLY.
    Outbox,
}

/// An act that was not written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The ledger decided against it.
    Refused(Refusal),
    /// The ledger could not decide.
    Failed(Trouble),
}

impl From<Refusal> for Miss {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Trouble> for Miss {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble)
    }
}

/// What kind of trouble a book is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// It cannot be reached now; acts wait in the outbox.
    Away,
    /// It refuses us: permissions, a missing table, a file of others.
    Denied,
    /// The disk is full.
    Full,
    /// The clocks are too far apart.
    Skewed,
    /// What it holds cannot be read: another version's, or damaged.
    Malformed,
    /// It stands where it cannot be kept safely, such as a network home.
    Unfit,
}

/// Why a book could not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What kind.
    pub kind: TroubleKind,
    /// A sentence: what happened, where, and what to do.
    pub message: String,
}

impl Trouble {
    /// A trouble of this kind.
    #[must_use]
    pub fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

/// Up to where a book was read; the default reads from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(pub u64);

/// What a reading brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Entries that are new or changed.
    pub entries: Vec<Arc<Entry>>,
    /// Whether these are all that the book keeps: take them with `Store::relearn`, otherwise with `Store::learn`.
    pub whole: bool,
    /// From where to read on.
    pub cursor: Cursor,
    /// Acts that had waited in the outbox and that the ledger refused: their operators must be told.
    pub lost: Vec<(Act, Refusal)>,
}

/// A place where entries are kept.
///
/// Every method returns at once; the answer comes with the future, which may be polled by any executor.
pub trait Book: Send + Sync + fmt::Debug {
    /// Writes acts down, each by itself: one outcome per act, in their order.
    fn act(&self, acts: Vec<Act>) -> Answer<Vec<Result<Arc<Entry>, Miss>>>;

    /// Reads what changed since the cursor.
    fn news(&self, since: Cursor) -> Answer<Result<News, Trouble>>;

    /// Where it is, for the screen: a path, or `table noctop-ledger in eu-west-1`.
    fn place(&self) -> String;

    /// Whether only this machine sees it.
    fn is_local(&self) -> bool;
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        use crate::domain::FaultKind as F;
        let kind = match fault.kind {
            F::Throttled | F::Unreachable | F::Service | F::Expired | F::NoCredentials => {
                TroubleKind::Away
            }
            F::Denied | F::PlanMissing | F::RegionOff | F::Disabled => TroubleKind::Denied,
            F::Malformed => TroubleKind::Malformed,
        };
        Self::new(kind, &*fault.message)
    }
}
