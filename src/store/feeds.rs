//! Feeds as the store knows them: when they answered last, what is wrong, and what of an answer has arrived.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashTable;

use crate::clock::Timestamp;
use crate::domain::{Cover, Fault, Feed, FeedState, Item};

use super::coverage::Calls;
use super::row::RowId;
use super::slab::Slab;

/// The number of a feed within its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FeedIndex(pub u32);

/// Where a record of a feed went. The native id stands in the row's claim, once: ten thousand feeds name a hundred
/// thousand of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordRef {
    /// The hash of the native id.
    pub hash: u64,
    /// The row it belongs to.
    pub row: RowId,
    /// The last asking that named it; see [`short`].
    pub run: u32,
}

impl RecordRef {
    /// Whether it is the one of this native id.
    pub fn is_of(&self, rows: &Slab, hash: u64, feed: FeedIndex, native: &Arc<str>) -> bool {
        self.hash == hash
            && rows.get(self.row).is_some_and(|row| {
                let mut claims = row.claims.iter();
                claims.any(|claim| claim.feed == feed && claim.native == *native)
            })
    }
}

/// The number of an asking as records keep it: the lower half, which tells neighbours apart.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only askings that follow each other are compared"
)]
pub(super) const fn short(run: u64) -> u32 {
    run as u32
}

/// An answer that is still arriving.
#[derive(Debug, Default)]
pub(super) struct Staging {
    /// Records that differ from what is shown; swapped in at the end. Empty on a first load, which shows at once.
    pub differing: HashMap<Arc<str>, Arc<Item>>,
    /// Native ids that a push changed while the answer was under way: the push knows better.
    pub pushed: HashSet<Arc<str>>,
}

/// What the store knows about one feed.
#[derive(Debug)]
pub(super) struct FeedEntry {
    pub feed: Feed,
    pub covers: Cover,
    pub every: Duration,
    pub retired: bool,
    pub run: u64,
    /// The answer that is under way.
    pub staging: Option<Staging>,
    pub records: HashTable<RecordRef>,
    /// When it was planned.
    pub planned: Timestamp,
    /// When it last answered completely.
    pub success: Option<Timestamp>,
    /// Since when it has been complete without interruption.
    pub fresh_since: Timestamp,
    pub fault: Option<Fault>,
    /// Since when it has been off or blind without interruption.
    pub fault_since: Timestamp,
    pub took: Duration,
    pub calls: u32,
    pub next: Option<Timestamp>,
    /// Whether its rows carry the STALE mark.
    pub stale: bool,
    /// The moment for which a deadline stands, or zero.
    pub deadline: Timestamp,
}

impl FeedEntry {
    pub fn new(feed: Feed, covers: Cover, at: Timestamp) -> Self {
        Self {
            feed,
            covers,
            every: Duration::ZERO,
            retired: false,
            run: 0,
            staging: None,
            records: HashTable::new(),
            planned: at,
            success: None,
            fresh_since: at,
            fault: None,
            fault_since: at,
            took: Duration::ZERO,
            calls: 0,
            next: None,
            stale: false,
            deadline: Timestamp::ZERO,
        }
    }

    /// How many calls it takes at its pace.
    pub fn pace(&self) -> Calls {
        Calls::of(self.feed.source, self.calls, self.every)
    }

    /// When its last complete answer is too old, if it has an interval.
    pub fn late_at(&self) -> Option<Timestamp> {
        let limit = self.every.saturating_mul(2);
        (!limit.is_zero()).then_some(())?;
        Some(self.success?.plus(limit))
    }

    pub fn state(&self, now: Timestamp) -> FeedState {
        match &self.fault {
            Some(fault) if fault.kind.is_off() => FeedState::Off,
            Some(_) => FeedState::Blind,
            None if self.success.is_none() => FeedState::Loading,
            None if self.late_at().is_some_and(|late| now > late) => FeedState::Late,
            None => FeedState::Fresh,
        }
    }

    /// Since when it has been in its state.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        match self.state(now) {
            FeedState::Off | FeedState::Blind => self.fault_since,
            FeedState::Loading => self.planned,
            FeedState::Late => self.late_at().unwrap_or(now),
            FeedState::Fresh => self.fresh_since,
        }
    }

    /// Notes a complete answer.
    pub fn succeed(&mut self, at: Timestamp, took: Duration, calls: u32, next: Timestamp) {
        if self.state(at) != FeedState::Fresh {
            self.fresh_since = at;
        }
        self.success = Some(at);
        self.fault = None;
        self.took = took;
        self.calls = calls;
        self.next = Some(next);
        self.staging = None;
    }

    /// Notes a failure.
    pub fn fail(
        &mut self,
        at: Timestamp,
        fault: Fault,
        took: Duration,
        calls: u32,
        next: Timestamp,
    ) {
        let same = self
            .fault
            .as_ref()
            .is_some_and(|before| before.kind.is_off() == fault.kind.is_off());
        if !same {
            self.fault_since = at;
        }
        self.fault = Some(fault);
        self.took = took;
        self.calls = calls;
        self.next = Some(next);
        self.staging = None;
    }
}
