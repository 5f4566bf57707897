//! Rows: what is known about one item, joined from every feed that knows it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::domain::{Item, ItemKey, Roster, Severity, SourceId};
use crate::filter::{SourceSet, Subject, Taken};
use crate::lifecycle::{Ended, Entry, Marks, State, Triage};
use crate::triage::{RuleIndex, Verdict};

use super::feeds::FeedIndex;

/// The number of a row: where it stands in the store, and which of those that stood there it is.
///
/// Sixteen million rows at once; a number is used again after 256 other rows have stood in its place, so that a
/// number that was kept too long finds nothing rather than a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(u32);

impl RowId {
    const PLACE_BITS: u32 = 24;
    /// How many rows there can be.
    pub(super) const PLACES: u32 = 1 << Self::PLACE_BITS;

    pub(super) const fn new(place: u32, generation: u8) -> Self {
        Self(place | (generation as u32) << Self::PLACE_BITS)
    }

    /// Where the row stands; smaller than the most rows that there ever were.
    pub(super) const fn place(self) -> usize {
        (self.0 & (Self::PLACES - 1)) as usize
    }

    pub(super) const fn generation(self) -> u8 {
        (self.0 >> Self::PLACE_BITS) as u8
    }
}

/// What one feed says about an item.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub feed: FeedIndex,
    pub source: SourceId,
    /// Under which id the feed knows it.
    pub native: Arc<str>,
    /// Grows with everything that arrives; decides between claims of the same age.
    pub arrival: u64,
    /// What the feed says; the same allocation as the row's item where the row shows just that.
    pub item: Arc<Item>,
}

/// What happened to a row before; only few rows have a past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    pub cleared: Option<Timestamp>,
    pub flapped: Option<Timestamp>,
    /// The episode from which it flapped without a longer pause.
    pub lineage: Option<Timestamp>,
    /// What operators did about it.
    pub entry: Option<Arc<Entry>>,
    /// The mute that covers it now.
    pub muted: Option<Arc<Muted>>,
}

/// The mute that covers an alarm; of several the one that ends last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    /// The name of its rule.
    pub rule: Arc<str>,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// The operator who made it with noctop.
    pub by: Option<Arc<str>>,
    /// Why.
    pub note: Option<Arc<str>>,
}

/// One item with what is known about it beside its own facts.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) item: Arc<Item>,
    pub(super) claims: SmallVec<[Claim; 1]>,
    pub(super) sources: SourceSet,
    pub(super) verdict: Verdict,
    pub(super) triage: Triage,
    pub(super) vanished: bool,
    pub(super) unseen: bool,
    pub(super) worse: bool,
    pub(super) past: Option<Box<Past>>,
    /// The moment for which a deadline stands, or zero.
    pub(super) deadline: Timestamp,
}

impl Row {
    /// The item as it is shown: the freshest claim, or several joined.
    #[must_use]
    pub const fn item(&self) -> &Arc<Item> {
        &self.item
    }

    /// Its identity.
    #[must_use]
    pub fn key(&self) -> &ItemKey {
        &self.item.key
    }

    /// How bad it is, by the triage rules.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.verdict.severity
    }

    /// The triage rule that decided on the severity; none where the source's own stands.
    #[must_use]
    pub const fn rule(&self) -> Option<RuleIndex> {
        self.verdict.rule
    }

    /// How it stands with the operators.
    #[must_use]
    pub const fn state(&self) -> State {
        self.triage.state
    }

    /// Why it asks for attention again, where somebody had taken or hidden it.
    #[must_use]
    pub const fn ended(&self) -> Option<Ended> {
        self.triage.ended
    }

    /// What the ledger keeps about it: also what has ended, and what belongs to an episode before.
    #[must_use]
    pub fn entry(&self) -> Option<&Arc<Entry>> {
        self.past.as_ref().and_then(|past| past.entry.as_ref())
    }

    /// The mute that covers it now, as far as the mute rules of its scope are read.
    #[must_use]
    pub fn muted(&self) -> Option<&Muted> {
        self.past.as_ref().and_then(|past| past.muted.as_deref())
    }

    /// Its marks.
    #[must_use]
    pub const fn marks(&self) -> Marks {
        self.triage.marks
    }

    /// Whether it asks for attention: belongs into the Queue and into totals.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.item.state.is_open() && !self.vanished
    }

    /// Whether no feed knows it any more: it is kept for a while as CLEAR.
    #[must_use]
    pub const fn is_vanished(&self) -> bool {
        self.vanished
    }

    /// When it stopped asking for attention, if it ever did before noctop's eyes and does not now.
    #[must_use]
    pub fn cleared_at(&self) -> Option<Timestamp> {
        self.past.as_ref().and_then(|past| past.cleared)
    }

    /// When the acknowledgement or snooze that holds now began; unknown where there is none.
    #[must_use]
    pub fn taken_at(&self) -> Timestamp {
        let entry = self.entry();
        let since = match self.state() {
            State::Acknowledged => entry.and_then(|entry| entry.held()).map(|ack| ack.at),
            State::Snoozed => entry
                .and_then(|entry| entry.snooze.as_ref())
                .map(|snooze| snooze.at),
            State::New | State::Clear => None,
        };
        since.unwrap_or(Timestamp::ZERO)
    }

    /// The sources that know it, or knew it last.
    #[must_use]
    pub const fn sources(&self) -> SourceSet {
        self.sources
    }

    /// The leading source: where several know it, the one that produced it (GuardDuty before Security Hub).
    #[must_use]
    pub fn source(&self) -> Option<SourceId> {
        self.sources.iter().next()
    }

    /// How many feeds know it.
    #[must_use]
    pub fn claims(&self) -> usize {
        self.claims.len()
    }

    /// What a filter is asked about this row.
    #[must_use]
    pub fn subject<'a>(&'a self, roster: &'a Roster) -> Subject<'a> {
        Subject {
            item: &self.item,
            severity: self.verdict.severity,
            state: self.triage.state,
            marks: self.triage.marks,
            account: roster.get(self.item.key.scope.account),
            sources: self.sources,
            taken: self
                .entry()
                .filter(|_| self.state() == State::Acknowledged)
                .and_then(|entry| entry.held())
                .map(|ack| Taken {
                    owner: &ack.owner.operator,
                    until: ack.end.until(),
                }),
        }
    }
}
