//! What operators did about an item: acknowledgement, snooze, assignment, comments, as one entry of the ledger.
//!
//! Plain data. An entry speaks of one *episode* at a time: what was done about an older one is replaced by the first
//! act on a newer one. Comments alone outlive it.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{ItemKey, Severity};

/// Who acts: the operator's name and the identity that AWS knows them by.
///
/// Both together. On a shared role every console has the same ARN, and on a shared login the same name; two operators
/// are one only where both agree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The operator's name, as configured or from the environment. Neutralised.
    pub operator: Arc<str>,
    /// The ARN that `sts:GetCallerIdentity` gave; empty where it is not known (no AWS, a simulator that is away).
    pub identity: Arc<str>,
}

impl Owner {
    /// An operator under this name and identity.
    #[must_use]
    pub fn new(operator: &str, identity: &str) -> Self {
        Self {
            operator: operator.into(),
            identity: identity.into(),
        }
    }
}

impl fmt::Display for Owner {
    /// The operator's name, which is what colleagues call each other by.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operator)
    }
}

/// When an acknowledgement ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// At this moment.
    At(Timestamp),
    /// When the item clears; at this moment at the latest.
    Clears {
        /// The latest moment. Nothing is acknowledged for ever.
        max: Timestamp,
    },
}

impl End {
    /// The moment at which it ends in any case.
    #[must_use]
    pub const fn until(self) -> Timestamp {
        match self {
            Self::At(at) | Self::Clears { max: at } => at,
        }
    }
}

/// That somebody has taken an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who has it.
    pub owner: Owner,
    /// The console that it was done from: a number drawn at random when the console started.
    pub session: Arc<str>,
    /// When, by the clock of that console.
    pub at: Timestamp,
    /// How bad the item was then; what becomes worse is new again.
    pub severity: Severity,
    /// When it ends.
    pub end: End,
    /// Why, in the owner's words. Neutralised.
    pub note: Option<Arc<str>>,
    /// A ticket's number or address. Neutralised.
    pub ticket: Option<Arc<str>>,
    /// When it was given back, if it was.
    pub released: Option<Timestamp>,
}

/// That an item is hidden until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snooze {
    /// When it comes back.
    pub until: Timestamp,
    /// Who hid it.
    pub by: Owner,
    /// When.
    pub at: Timestamp,
    /// How bad it was then; what becomes worse comes back at once.
    pub severity: Severity,
}

/// Whose work an item is meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The operator it was given to, by name.
    pub to: Arc<str>,
    /// Who gave it.
    pub by: Owner,
    /// When.
    pub at: Timestamp,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comment {
    /// When it was made; comments are read in this order.
    pub at: Timestamp,
    /// The act that made it, so that a repeated act makes one comment.
    pub act: Arc<str>,
    /// Who made it.
    pub by: Owner,
    /// What it says. Neutralised.
    pub text: Arc<str>,
}

/// What the ledger keeps about one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The item.
    pub key: ItemKey,
    /// Grows by one with every act; zero stands for an item that the ledger does not know.
    pub version: u64,
    /// The episode that acknowledgement, snooze and assignment belong to.
    pub episode: Timestamp,
    /// Who has it, and since when.
    pub acknowledgement: Option<Acknowledgement>,
    /// Until when it is hidden.
    pub snooze: Option<Snooze>,
    /// Whose work it is meant to be.
    pub assignment: Option<Assignment>,
    /// Remarks, oldest first.
    pub comments: Vec<Comment>,
    /// The last act, so that a repetition of it is recognised.
    pub act: Arc<str>,
    /// When the last act was, by the clock of its console.
    pub changed: Timestamp,
}

impl Entry {
    /// An entry that says nothing yet.
    #[must_use]
    pub fn blank(key: ItemKey, episode: Timestamp) -> Self {
        Self {
            key,
            version: 0,
            episode,
            acknowledgement: None,
            snooze: None,
            assignment: None,
            comments: Vec::new(),
            act: "".into(),
            changed: Timestamp::ZERO,
        }
    }

    /// The acknowledgement that was not given back; it may have ended since.
    #[must_use]
    pub fn held(&self) -> Option<&Acknowledgement> {
        self.acknowledgement
            .as_ref()
            .filter(|ack| ack.released.is_none())
    }
}
