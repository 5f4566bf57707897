//! Projections: cached answers to queries – row numbers in order, counts, and where a row stands.
//!
//! A projection is told what changed ([`Projection::note`]) and brought up to date in slices
//! ([`Projection::refresh`]): a few changed rows are merged into the order, a new query or a flood of changes is
//! sorted anew while the old answer stays visible. It reads no clock: the budget counts rows.
//!
//! ```text
//!   note ──► dirty ──► few:  out of the order, and back in where they belong now ────────┐
//!                 ├──► many:  read ─► sort ─► ties ─► merge with the rest ─► publish ────┼─► rows, counts,
//!                 └──► most, or another query:  read all ─► sort ─► ties ─► publish ─────┘   positions, lines
//! ```
//!
//! Rows are what the answer is; lines are what is shown of it, where many rows are folded into one ([`fold`]).

mod build;
mod counts;
mod dirty;
pub mod fold;
mod key;
mod merge;
mod narrow;
mod query;
mod sorter;

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::clock::Timestamp;
use crate::domain::ItemKey;

use super::{Changes, RowId, Store};

pub use counts::Counts;
pub use fold::{Common, Fold, FoldKey, Folding, Line};
pub use narrow::Eye;
pub use query::{Column, Direction, Include, QUEUE_ORDER, Query, SortKey};

use build::Build;
use dirty::DirtyRows;
use fold::Folds;
use key::{Ranks, compare_rest};
use merge::{among_all, partition_near};
use narrow::Wider;
use sorter::Entry;

/// Up to this many changed rows are put in their places at once: well below a millisecond, and several times what
/// two thousand changes a second bring to a frame. More are merged in slices.
const AT_ONCE: usize = 512;

/// How far a refresh came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The answer is up to date.
    Done,
    /// The budget is used up; the answer is the old one and the work goes on next time.
    More,
}

/// A cached answer to a query.
#[derive(Debug)]
pub struct Projection {
    query: Query,
    ranks: Ranks,
    /// First chunks, row numbers and tags of the answer, in order.
    keys: Vec<u128>,
    rows: Vec<RowId>,
    tags: Vec<u8>,
    /// Where a row stands, by its place; believed only where `rows` agrees.
    positions: Vec<u32>,
    counts: Counts,
    folds: Folds,
    /// Rows that changed since the answer, or the build under way, saw them.
    dirty: DirtyRows,
    /// Rows that are gone but still in the answer.
    removed: bool,
    /// Moments at which time alone may let a row in or out.
    times: BinaryHeap<Reverse<(Timestamp, RowId)>>,
    build: Option<Build>,
    /// Whether the answer is one to the current query.
    answered: bool,
    /// Whether the answer to the current query is a part of the one that is there.
    narrows: bool,
    /// The answer in which narrower ones are found.
    wider: Option<Wider>,
    /// Whether the answer is only the beginning of the one to the current query.
    partial: bool,
    eye: Option<Eye>,
    version: u64,
    /// What a merge was made in, kept for the next: new memory for a hundred thousand rows costs more than their merging.
    spare: [Vec<Entry>; 2],
    /// [`AT_ONCE`]; tests make it small, so that few rows show what many do.
    at_once: usize,
}

impl Projection {
    /// An answer that is not there yet.
    #[must_use]
    pub fn new(query: Query) -> Self {
        Self {
            query,
            ranks: Ranks::default(),
            keys: Vec::new(),
            rows: Vec::new(),
            tags: Vec::new(),
            positions: Vec::new(),
            counts: Counts::default(),
            folds: Folds::default(),
            dirty: DirtyRows::default(),
            removed: false,
            times: BinaryHeap::new(),
            build: None,
            answered: false,
            narrows: false,
            wider: None,
            partial: false,
            eye: None,
            version: 0,
            spare: [const { Vec::new() }; 2],
            at_once: AT_ONCE,
        }
    }

    /// What is asked.
    #[must_use]
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// Asks something else. The old answer stays until the new one is complete.
    pub fn ask(&mut self, query: Query) {
        if query != self.query {
            self.keep_wider(&query);
            self.narrows = self.answered && self.build.is_none() && query.narrows(&self.query);
            self.query = query;
            self.build = None;
            self.answered = false;
        }
    }

    /// Takes note of what changed. Every change of the store has to come by here, right after it was made.
    ///
    /// What neither is in the answer nor could come in is passed over, so that a projection costs nothing for the
    /// kinds that it does not list; and one that has to be made anew anyway keeps no list at all.
    pub fn note(&mut self, store: &Store, changes: &Changes) {
        self.note_wider(store, &changes.touched, &changes.removed);
        let building = self.build.is_some();
        for id in &changes.removed {
            let shown = self.position(*id).is_some();
            self.removed |= shown;
            if shown || building {
                self.dirty.insert(*id);
            }
        }
        if !building && !self.answered && !self.narrows {
            return self.dirty.clear();
        }
        for id in &changes.touched {
            let concerns = building
                || self.position(*id).is_some()
                || store.row(*id).is_none_or(|row| self.query.may_admit(row));
            if concerns {
                self.dirty.insert(*id);
            }
        }
    }

    /// How many changed rows wait to be put in order.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.dirty.len()
    }

    /// The answer: row numbers in order. Numbers of rows that are gone find nothing in the store; they leave the
    /// answer at the next refresh.
    #[must_use]
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// How many lines are shown of the answer: as many as it has rows, but for what is folded.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.folds.lines(self.rows.len())
    }

    /// The line at this index.
    #[must_use]
    pub fn line(&self, index: usize) -> Option<Line<'_>> {
        self.folds.line(&self.rows, index)
    }

    /// On which line a row stands; none where it is not in the answer, or hidden in its fold.
    #[must_use]
    pub fn line_of(&self, id: RowId) -> Option<usize> {
        self.folds.line_of(id, self.position(id)?)
    }

    /// The fold that a row of the answer stands in.
    #[must_use]
    pub fn fold_of(&self, id: RowId) -> Option<&Fold> {
        self.position(id)?;
        self.folds.of(id)
    }

    /// The fold with this identity, and the line it stands on. Where its rows have gone to another state together, it is
    /// found there.
    #[must_use]
    pub fn fold(&self, key: &FoldKey) -> Option<(&Fold, usize)> {
        let fold = self.folds.find(key)?;
        Some((fold, self.folds.line_of_fold(fold)))
    }

    /// The rows of a fold, the oldest first.
    pub fn members<'a>(&'a self, fold: &Fold) -> impl Iterator<Item = RowId> + Clone + use<'a> {
        self.folds.members(fold)
    }

    /// Shows the rows of a fold below it, or hides them again.
    pub fn toggle(&mut self, key: &FoldKey) {
        self.folds.toggle(key);
        self.version += 1;
        self.fold_up();
    }

    /// How many rows the answer has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the answer has no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Items in the answer.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Where a row stands.
    #[must_use]
    pub fn position(&self, id: RowId) -> Option<usize> {
        let at = *self.positions.get(id.place())? as usize;
        (self.rows.get(at) == Some(&id)).then_some(at)
    }

    /// Where an item stands.
    #[must_use]
    pub fn position_of(&self, store: &Store, key: &ItemKey) -> Option<usize> {
        self.position(store.find(key)?)
    }

    /// Grows whenever the answer changed.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether the answer is one to the current query: false while the first one is being found.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.answered
    }

    /// The next moment at which time alone may change the answer; refresh then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.times.peek().map(|Reverse((at, _))| *at)
    }

    /// Whether [`Projection::refresh`] has anything to do.
    #[must_use]
    pub fn is_due(&self, store: &Store, now: Timestamp) -> bool {
        !self.answered
            || self.build.is_some()
            || !self.dirty.is_empty()
            || self.ranks_are_old(store)
            || self.next_deadline().is_some_and(|at| at <= now)
    }

    /// Brings the answer up to date, as far as the budget goes. The budget counts rows looked at (a tenth of a
    /// microsecond each, roughly) and is reduced by what was used; anything above zero makes progress.
    pub fn refresh(&mut self, store: &Store, now: Timestamp, budget: &mut usize) -> Progress {
        while let Some(Reverse((_, id))) = self.times.peek().filter(|Reverse((at, _))| *at <= now) {
            self.dirty.insert(*id);
            self.times.pop();
        }
        if !self.answered && self.build.is_none() {
            match self.narrow(store, budget) {
                Some(narrow) => self.start_narrowing(narrow),
                None => self.start(store),
            }
        }
        loop {
            if self.build.is_some() {
                if !self.advance(store, now, budget) {
                    self.drop_removed(store);
                    return Progress::More;
                }
            } else if self.ranks_are_old(store)
                || self.dirty.len() > self.rows.len() / 2 + self.at_once
            {
                self.start(store);
            } else if self.dirty.len() > self.at_once {
                self.start_merge(budget);
            } else {
                self.merge(store, now, budget);
                return Progress::Done;
            }
        }
    }

    /// Brings the answer up to date, however long it takes: for headless commands and tests.
    pub fn refresh_fully(&mut self, store: &Store, now: Timestamp) {
        while self.refresh(store, now, &mut { usize::MAX }) == Progress::More {}
    }

    /// Whether the order hangs on places of accounts or regions that may have changed.
    fn ranks_are_old(&self, store: &Store) -> bool {
        self.ranks.epoch != store.epoch()
            && self
                .query
                .sort
                .iter()
                .any(|key| matches!(key.column, Column::Account | Column::Region))
    }

    /// The order of two rows whose first chunks are equal. Rows that are gone come first.
    fn compare_rest(&self, store: &Store, a: RowId, b: RowId) -> Ordering {
        match (store.row(a), store.row(b)) {
            (Some(a), Some(b)) => compare_rest(a, b, &self.query.sort, &self.ranks),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Takes the dirty rows out of the order and puts those that still belong there back in.
    fn merge(&mut self, store: &Store, now: Timestamp, budget: &mut usize) {
        if self.dirty.is_empty() {
            return;
        }
        *budget = budget.saturating_sub(self.dirty.len() * 8 + self.rows.len() / 64);
        let places = self.dirty.drain();
        let mut out: Vec<usize> = places.iter().filter_map(|at| self.stands_at(*at)).collect();
        out.sort_unstable();
        let back: Vec<Entry> = places
            .iter()
            .filter_map(|place| self.entry(store, now, *place))
            .collect();
        self.removed = false;
        if out.is_empty() && back.is_empty() {
            return;
        }
        let back = self.where_they_belong(store, &out, back);
        self.replace(&out, &back);
        self.version += 1;
        self.refold(store, &places);
    }

    /// Where the row of this place of the store stands in the answer.
    fn stands_at(&self, place: usize) -> Option<usize> {
        let at = *self.positions.get(place)? as usize;
        (self.rows.get(at)?.place() == place).then_some(at)
    }

    /// Brings the folds up to date with rows that changed, came or went.
    fn refold(&mut self, store: &Store, places: &[usize]) {
        if self.query.fold.is_off() {
            return;
        }
        for place in places {
            self.folds.forget(*place);
            if let Some((id, row)) = store.rows.at(*place)
                && self.position(id).is_some()
            {
                self.folds.put(id, row, store.roster());
            }
        }
        self.fold_up();
    }

    /// Judges what changed in the folds and lays the lines anew.
    fn fold_up(&mut self) {
        let mut folds = std::mem::take(&mut self.folds);
        folds.judge();
        folds.lay(self.rows.len(), |id| self.position(id));
        self.folds = folds;
    }

    /// Takes rows that are gone out of an answer that stays visible during a build.
    fn drop_removed(&mut self, store: &Store) {
        if !self.removed {
            return;
        }
        self.removed = false;
        let rows = self.rows.iter().enumerate();
        let gone = rows.filter(|(_, id)| store.row(**id).is_none());
        let (out, gone): (Vec<usize>, Vec<RowId>) = gone.map(|(at, id)| (at, *id)).unzip();
        if !out.is_empty() {
            self.replace(&out, &[]);
            self.version += 1;
            for id in gone {
                self.folds.forget(id.place());
            }
            self.fold_up();
        }
    }

    /// Where these rows belong: how many of the rows that stay, those at `out` aside, stand before each.
    fn where_they_belong(
        &self,
        store: &Store,
        out: &[usize],
        mut back: Vec<Entry>,
    ) -> Vec<(usize, Entry)> {
        let rest = |a, b| self.compare_rest(store, a, b);
        back.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| rest(a.row, b.row)));
        let kept = self.rows.len() - out.len();
        let mut from = 0;
        back.into_iter()
            .map(|entry| {
                // Most changes leave a row near where it was.
                let near = self
                    .stands_at(entry.row.place())
                    .map_or(kept / 2, |at| at - out.partition_point(|out| *out < at));
                from = partition_near(from..kept, near, |n| {
                    let at = among_all(out, n);
                    let key = self.keys[at].cmp(&entry.key);
                    key.then_with(|| rest(self.rows[at], entry.row)).is_lt()
                });
                (from, entry)
            })
            .collect()
    }

    /// Takes the rows at the indices `out` out of the order and puts others in, each behind so many of those that
    /// stay. Both in ascending order. What lies between two of them moves as a whole, once, and only if it has to.
    fn replace(&mut self, out: &[usize], back: &[(usize, Entry)]) {
        let kept = self.rows.len() - out.len();
        let mut cuts: Vec<usize> = out
            .iter()
            .enumerate()
            .map(|(before, at)| at - before)
            .chain(back.iter().map(|(place, _)| *place))
            .chain([0, kept])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let stretches: Vec<(Range<usize>, usize)> = cuts
            .windows(2)
            .map(|cut| {
                let from = among_all(out, cut[0]);
                let ahead = back.partition_point(|(place, _)| *place <= cut[0]);
                (from..from + cut[1] - cut[0], cut[0] + ahead)
            })
            .collect();
        for at in out {
            self.counts.take(self.tags[*at]);
        }
        let len = kept + back.len();
        let room = len.max(self.rows.len());
        self.keys.resize(room, 0);
        self.rows.resize(room, RowId::new(0, 0));
        self.tags.resize(room, 0);
        // What moves down is moved from the front, then what moves up from the back: nothing is overwritten that has
        // not moved yet, because the stretches keep their order.
        let down = stretches.iter().filter(|(from, to)| *to < from.start);
        let up = stretches.iter().rev().filter(|(from, to)| *to > from.start);
        for (from, to) in down.chain(up) {
            self.keys.copy_within(from.clone(), *to);
            self.rows.copy_within(from.clone(), *to);
            self.tags.copy_within(from.clone(), *to);
        }
        self.keys.truncate(len);
        self.rows.truncate(len);
        self.tags.truncate(len);
        for (from, to) in &stretches {
            if *to != from.start {
                self.note_places(*to..to + from.len());
            }
        }
        for (before, (place, entry)) in back.iter().enumerate() {
            let at = place + before;
            self.keys[at] = entry.key;
            self.rows[at] = entry.row;
            self.tags[at] = entry.tag;
            self.counts.add(entry.tag);
            self.note_places(at..at + 1);
        }
    }

    /// Notes where the rows at these indices stand.
    fn note_places(&mut self, range: Range<usize>) {
        for at in range {
            let id = self.rows[at];
            let place = id.place();
            if place >= self.positions.len() {
                self.positions.resize(place + 1, u32::MAX);
            }
            // A store has at most sixteen million rows.
            self.positions[place] = u32::try_from(at).unwrap_or(u32::MAX);
        }
    }
}

#[cfg(test)]
mod tests;
