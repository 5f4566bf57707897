//! Acts: what an operator asks the ledger to write down, and why that may be refused.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{ItemKey, Severity};
use crate::lifecycle::{End, Entry, Owner};

/// Who asks, and from which console.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    /// The operator and their identity.
    pub owner: Owner,
    /// A random number of the console; drawn anew when the console starts.
    pub session: Arc<str>,
}

/// One thing to be written down about one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its own id, random: an act that is sent again after a time-out is recognised by it and happens once.
    pub id: Arc<str>,
    /// Who asks.
    pub who: Who,
    /// When, by the console's clock.
    pub at: Timestamp,
    /// The item.
    pub key: ItemKey,
    /// What is asked.
    pub verb: Verb,
}

/// What is asked. `seen` is the version of the entry that the operator had before their eyes, zero where there was none;
/// the act is refused when a colleague has changed it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Take an item that nobody has. Needs no version: the ledger decides between those who try at once.
    Acknowledge {
        /// The episode that is taken.
        episode: Timestamp,
        /// How bad it is.
        severity: Severity,
        /// When it ends.
        end: End,
        /// Why.
        note: Option<Arc<str>>,
        /// A ticket.
        ticket: Option<Arc<str>>,
    },
    /// Take an item from whoever has it. Note and ticket stay.
    TakeOver {
        /// The version before the operator's eyes.
        seen: u64,
        /// The episode that is taken.
        episode: Timestamp,
        /// How bad it is.
        severity: Severity,
        /// When it ends.
        end: End,
    },
    /// Change end, note and ticket of an acknowledgement.
    Edit {
        /// The version before the operator's eyes.
        seen: u64,
        /// The new end.
        end: End,
        /// The new note.
        note: Option<Arc<str>>,
        /// The new ticket.
        ticket: Option<Arc<str>>,
    },
    /// Give an item back.
    Release {
        /// The version before the operator's eyes.
        seen: u64,
    },
    /// Hide an item until a moment.
    Snooze {
        /// The version before the operator's eyes.
        seen: u64,
        /// The episode that is hidden.
        episode: Timestamp,
        /// How bad it is.
        severity: Severity,
        /// When it comes back.
        until: Timestamp,
    },
    /// Show a hidden item again.
    Unsnooze {
        /// The version before the operator's eyes.
        seen: u64,
    },
    /// Say whose work an item is meant to be; none takes that back.
    Assign {
        /// The version before the operator's eyes.
        seen: u64,
        /// The episode that is assigned.
        episode: Timestamp,
        /// The operator's name.
        to: Option<Arc<str>>,
    },
    /// Remark something.
    Comment {
        /// The episode during which it is remarked; counts where the ledger does not know the item yet.
        episode: Timestamp,
        /// The remark.
        text: Arc<str>,
    },
    /// Say that what is kept belongs to a later episode too: the item flapped. Asked by consoles, not by operators.
    Carry {
        /// The episode from which the item has not been clear for longer than the flap span.
        lineage: Timestamp,
        /// The present episode.
        episode: Timestamp,
    },
}

impl Verb {
    /// The word for the journal and for sentences.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Acknowledge { .. } => "acknowledge",
            Self::TakeOver { .. } => "take over",
            Self::Edit { .. } => "edit",
            Self::Release { .. } => "un-acknowledge",
            Self::Snooze { .. } => "snooze",
            Self::Unsnooze { .. } => "un-snooze",
            Self::Assign { .. } => "assign",
            Self::Comment { .. } => "comment",
            Self::Carry { .. } => "carry",
        }
    }

    /// The version that the operator saw, for verbs that depend on it.
    #[must_use]
    pub const fn seen(&self) -> Option<u64> {
        match self {
            Self::TakeOver { seen, .. }
            | Self::Edit { seen, .. }
            | Self::Release { seen }
            | Self::Snooze { seen, .. }
            | Self::Unsnooze { seen }
            | Self::Assign { seen, .. } => Some(*seen),
            Self::Acknowledge { .. } | Self::Comment { .. } | Self::Carry { .. } => None,
        }
    }

    /// The same, for another version: what was written in the outbox alone gets its real number later.
    #[must_use]
    pub fn with_seen(mut self, version: u64) -> Self {
        match &mut self {
            Self::TakeOver { seen, .. }
            | Self::Edit { seen, .. }
            | Self::Release { seen }
            | Self::Snooze { seen, .. }
            | Self::Unsnooze { seen }
            | Self::Assign { seen, .. } => *seen = version,
            Self::Acknowledge { .. } | Self::Comment { .. } | Self::Carry { .. } => {}
        }
        self
    }
}

/// Why the ledger did not write an act down. Each carries the entry as it is, so that the loser needs no second reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody has it.
    Owned(Arc<Entry>),
    /// The ledger knows a later episode than the console that asked.
    Stale(Arc<Entry>),
    /// A colleague changed the entry after the operator saw it.
    Changed(Arc<Entry>),
    /// There is nothing to give back, to edit or to show again; none where the ledger does not know the item.
    Nothing(Option<Arc<Entry>>),
}

impl Refusal {
    /// The entry as it is.
    #[must_use]
    pub const fn entry(&self) -> Option<&Arc<Entry>> {
        match self {
            Self::Owned(entry) | Self::Stale(entry) | Self::Changed(entry) => Some(entry),
            Self::Nothing(entry) => entry.as_ref(),
        }
    }

    /// The sentence for an operator, told at `now`.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> String {
        match self {
            Self::Owned(entry) => match entry.held() {
                Some(ack) => format!(
                    "{} was first: acknowledged {} ago, until {}",
                    ack.owner,
                    Ago(now, ack.at),
                    ack.end.until()
                ),
                None => "a colleague was first".to_owned(),
            },
            Self::Stale(entry) => format!(
                "it has fired anew since (at {}): what is shown here is old; it was not acknowledged",
                entry.episode
            ),
            Self::Changed(entry) => {
                let who = last_actor(entry)
                    .map_or_else(|| "a colleague".to_owned(), |owner| owner.to_string());
                format!(
                    "{who} changed it {} ago; look again before you change it",
                    Ago(now, entry.changed)
                )
            }
            Self::Nothing(_) => "nobody has it any more: there is nothing to change".to_owned(),
        }
    }
}

/// Who did the last act, as far as the entry tells.
fn last_actor(entry: &Entry) -> Option<&Owner> {
    let ack = entry
        .acknowledgement
        .as_ref()
        .filter(|ack| ack.released.is_none())
        .map(|ack| (ack.at, &ack.owner));
    let snooze = entry.snooze.as_ref().map(|s| (s.at, &s.by));
    let assignment = entry.assignment.as_ref().map(|a| (a.at, &a.by));
    let comment = entry.comments.last().map(|c| (c.at, &c.by));
    [ack, snooze, assignment, comment]
        .into_iter()
        .flatten()
        .filter(|(at, _)| *at == entry.changed)
        .map(|(_, owner)| owner)
        .next()
}

/// A span in its two largest units.
struct Ago(Timestamp, Timestamp);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.since(self.1).as_secs();
        match secs {
            0..60 => write!(f, "{secs} s"),
            60..3_600 => write!(f, "{} min", secs / 60),
            3_600..86_400 => write!(f, "{} h {:02} min", secs / 3_600, secs / 60 % 60),
            _ => write!(f, "{} d {} h", secs / 86_400, secs / 3_600 % 24),
        }
    }
}
