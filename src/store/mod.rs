//! The store: the one copy of the facts that AWS told, joined to rows, and how much of them can be believed.
//!
//! Written only by [`Store::apply`], [`Store::learn`] (what operators did, from the ledger) and, where time alone
//! changes a fact, [`Store::tick`]. Panes, counts and exports
//! are queries over it ([`projection::Projection`], [`export`]); none keeps a copy. Reads no clock.
//!
//! ```text
//!  Batch ──► apply ──► feed: run, staging ──► claims ──► join ──► Row { item, severity, state, marks } ──► Changes
//!                        │ End swaps in                    ▲ triage rules, lifecycle, windows
//!                        └ Failed: old rows stay           └ tick(now): deadlines
//! ```
//!
//! A *claim* is what one feed says about an item; a *row* joins all claims of one [`ItemKey`] and goes with its last
//! claim. May import the nouns, `filter`, `lifecycle` and `triage`.

mod apply;
mod changes;
mod coverage;
mod deadlines;
pub mod export;
mod feeds;
mod join;
mod learn;
mod look;
mod mutes;
pub mod projection;
mod recorders;
mod row;
mod settle;
mod slab;
mod troubles;
mod windows;

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Feed, ItemKey, Region, Roster, Scope};
use crate::filter::Letters;
use crate::lifecycle::{Entry, Spans};
use crate::triage::{Rule, RuleIndex, Rules};

pub use changes::Changes;
pub use coverage::{BySource, Calls, Coverage, FeedReport, Matrix, Only, kind_of};
pub use look::{Gone, SinceLook};
pub use row::{Muted, Row, RowId};

use deadlines::Deadlines;
use feeds::{FeedEntry, FeedIndex};
use look::Look;
use mutes::Mutes;
use recorders::Recorders;
use slab::Slab;
use troubles::Troubles;
use windows::Windows;

/// What an operator may set about the store.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How long things are remembered.
    pub spans: Spans,
    /// The severity rules.
    pub rules: Rules,
    /// The accounts of the fleet.
    pub roster: Arc<Roster>,
    /// When the operator last looked, in a console before this one: what began later counts as new in a first load as well.
    pub looked: Option<Timestamp>,
}

/// The one copy of the facts.
#[derive(Debug)]
pub struct Store {
    settings: Settings,
    rows: Slab,
    /// The letters in the texts of each row, by its place.
    letters: Vec<Letters>,
    /// Rows by the hash of their key; the hash stands beside the number, so that growing looks at no row.
    by_key: HashTable<(u32, RowId)>,
    hasher: RandomState,
    #[expect(
        clippy::vec_box,
        reason = "ten thousand feeds of several hundred bytes: a list of them would keep room for as many again"
    )]
    feeds: Vec<Box<FeedEntry>>,
    by_feed: HashMap<Feed, FeedIndex>,
    windows: Windows,
    troubles: Troubles,
    recorders: Recorders,
    mutes: Mutes,
    /// What the ledger keeps, of items without a row as well: those may still come.
    entries: HashMap<ItemKey, Arc<Entry>>,
    deadlines: Deadlines,
    arrivals: u64,
    look: Look,
    /// Accounts and regions that rows ever lived in: what sort keys rank.
    accounts: BTreeSet<AccountId>,
    regions: BTreeSet<Region>,
    /// Grows when the places of accounts or regions among each other may change. Those of the roster have theirs
    /// from the start, so that a first load moves nothing.
    epoch: u64,
}

impl Store {
    /// An empty store.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            rows: Slab::default(),
            letters: Vec::new(),
            by_key: HashTable::new(),
            hasher: RandomState::new(),
            feeds: Vec::new(),
            by_feed: HashMap::new(),
            windows: Windows::default(),
            troubles: Troubles::default(),
            recorders: Recorders::default(),
            mutes: Mutes::default(),
            entries: HashMap::new(),
            deadlines: Deadlines::default(),
            arrivals: 0,
            look: Look::since(settings.looked.unwrap_or_default()),
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
            epoch: 0,
            settings,
        }
    }

    /// The row with this number, if it is still there.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.rows.get(id)
    }

    /// The letters in the texts of the row at this place.
    fn letters_at(&self, place: usize) -> &Letters {
        const NONE: &Letters = &Letters::NONE;
        self.letters.get(place).unwrap_or(NONE)
    }

    /// The number of the row of this item.
    #[must_use]
    pub fn find(&self, key: &ItemKey) -> Option<RowId> {
        let hash = self.hash(key);
        self.by_key
            .find(spread(hash), |(other, id)| {
                *other == hash && self.rows.get(*id).is_some_and(|row| row.key() == key)
            })
            .map(|(_, id)| *id)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "half of the hash is enough"
    )]
    fn hash(&self, key: &ItemKey) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// Every row, those kept as CLEAR included, in no useful order.
    pub fn rows(&self) -> impl Iterator<Item = (RowId, &Row)> {
        self.rows.iter()
    }

    /// How many rows there are, those kept as CLEAR included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// The feeds that know a row, none where it is kept as CLEAR.
    pub fn feeds_of(&self, id: RowId) -> impl Iterator<Item = Feed> {
        self.rows
            .get(id)
            .into_iter()
            .flat_map(|row| row.claims.iter())
            .map(|claim| self.feeds[claim.feed.0 as usize].feed)
    }

    /// The accounts of the fleet.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        &self.settings.roster
    }

    /// The severity rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.settings.rules
    }

    /// The rule that decided on a row's severity.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.settings.rules.get(index)
    }

    /// Grows when places of accounts and regions among each other may have changed.
    #[must_use]
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The next moment at which [`Store::tick`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.next()
    }

    /// Since when AWS Config records nothing in a scope; none where it does, as far as is known.
    #[must_use]
    pub fn unrecorded_since(&self, scope: Scope) -> Option<Timestamp> {
        self.recorders.stopped(scope)
    }

    /// The events of AWS Health that may explain this alarm.
    pub fn explained_by<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a Row> {
        self.troubles.over(row.item()).filter_map(|id| self.row(id))
    }
}

/// A hash with its bits spread over the whole word, as the table wants it.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
pub(crate) mod tests;
