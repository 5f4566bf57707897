//! Narrower questions: an answer to a filter found in the answer to a wider one, as it is while a filter is typed.
//!
//! What a narrower filter leaves is in the order of the wider answer already, so nothing is sorted. Of a word the letters
//! of a row tell most ([`Letters`](crate::filter::Letters)), and they lie side by side, so that the rows themselves,
//! scattered in memory in this order, are read only where the letters leave a doubt. And because what is found comes in
//! order, the first screenful is shown as soon as it is there: a *partial* answer, replaced by the whole one.
//!
//! The widest answer is kept while narrower ones are asked for, so that a letter taken back, or the whole filter, is as
//! quick as one more letter.

use std::hint::black_box;

use smallvec::SmallVec;

use crate::clock::Timestamp;
use crate::filter::Filter;
use crate::store::{Row, RowId, Store};

use super::dirty::DirtyRows;
use super::fold::Folds;
use super::query::Query;
use super::sorter::Entry;
use super::{AT_ONCE, Projection};

/// Rows whose letters are looked at for the price of one that is read: they lie side by side, in their own order.
const TOLD_PER_UNIT: usize = 16;
/// Entries that are gone through for the same price.
const WALKED_PER_UNIT: usize = 64;

/// So many rows are read in the order of the answer at most, so that its beginning can be shown. What is found later than
/// that is shown with the rest, for which rows are read in their own order: that is several times as fast.
const EAGER: usize = 2_048;

/// So many rows are fetched together.
const TOGETHER: usize = 32;

/// An answer kept for narrower questions.
#[derive(Debug)]
pub(super) struct Wider {
    query: Query,
    entries: Vec<Entry>,
    /// Rows that changed since: they have to be asked for again.
    changed: DirtyRows,
    /// Whether nothing of it was folded, so that nothing of a part of it is.
    is_plain: bool,
}

/// What of an answer is on the screen: a partial one that would not fill it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eye {
    /// The row that the cursor holds on to, if it does.
    pub row: Option<RowId>,
    /// The line on which it stands, or stood.
    pub line: usize,
    /// How many lines are shown.
    pub height: usize,
}

/// In which answer another one is found.
#[derive(Debug)]
enum Within {
    /// In the one that was kept.
    Kept,
    /// In the one that was there.
    Last(Vec<Entry>),
}

/// An answer being found in a wider one.
#[derive(Debug)]
pub(super) struct Narrow {
    within: Within,
    stage: Stage,
    /// What is asked beyond what the wider answer answers.
    beyond: Filter,
    /// Of which places in the store the letters tell that a row there is meant, and of which that it may be.
    told: Told,
    /// Which entries of the wider answer belong to this one.
    meant: Vec<u64>,
    /// Rows of which the letters did not tell, by their places in the store, with their places in the wider answer.
    doubtful: Vec<(u32, u32)>,
    /// The beginning of the answer, as long as it is not shown.
    beginning: Vec<Entry>,
    /// How many had been found when the row of the cursor was passed; none before.
    passed: Option<usize>,
    /// How many more rows may be read out of their own order for the beginning to be shown.
    eager: usize,
    /// The folds before a part was shown.
    before: Option<Folds>,
    folds: Folds,
}

/// What letters tell of rows, by their places in the store: two bits each, so that all of it stays in the nearest cache.
#[derive(Debug, Default)]
struct Told {
    yes: Vec<u64>,
    maybe: Vec<u64>,
    len: usize,
}

impl Told {
    fn push(&mut self, told: Option<bool>) {
        let (word, bit) = (self.len / 64, self.len % 64);
        if bit == 0 {
            self.yes.push(0);
            self.maybe.push(0);
        }
        self.yes[word] |= u64::from(told == Some(true)) << bit;
        self.maybe[word] |= u64::from(told.is_none()) << bit;
        self.len += 1;
    }

    /// What was told of a row. A row that came later has changed, and is asked for anyway.
    fn of(&self, row: RowId) -> Option<bool> {
        let (word, bit) = (row.place() / 64, row.place() % 64);
        let has = |bits: &[u64]| bits.get(word).is_some_and(|word| word >> bit & 1 == 1);
        if has(&self.maybe) {
            None
        } else {
            Some(has(&self.yes))
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Looking at letters, in the order in which they lie in the store; places before this one have been looked at.
    Letters(usize),
    /// Going through the wider answer; entries before this one have been decided on, or left to be read.
    Tell(usize),
    /// Reading doubtful rows, in the order in which they lie in the store.
    Read(usize),
}

#[cfg(test)]
impl Wider {
    /// Whether no row changed since it was kept.
    pub(super) const fn is_unchanged(&self) -> bool {
        self.changed.is_empty()
    }
}

impl Projection {
    /// Tells what of the answer is on the screen. Until it is told, no answer is shown in part.
    pub const fn look(&mut self, eye: Eye) {
        self.eye = Some(eye);
    }

    /// Whether what is shown is the beginning of the answer, the rest of which is being found.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Keeps the answer where the query that comes next is narrower, and gives up the one that was kept where it is not.
    pub(super) fn keep_wider(&mut self, next: &Query) {
        if self
            .wider
            .as_ref()
            .is_some_and(|kept| next.narrows(&kept.query))
        {
            return;
        }
        self.wider = None;
        // What a merge had taken on is still to be done. Where all is being read anew there is nothing to keep.
        match self.build.take().map(|build| build.places) {
            Some(None) => self.answered = false,
            Some(Some(places)) => self.dirty.extend(&places),
            None => {}
        }
        if self.answered && next.narrows(&self.query) {
            let entries = self.unchanged(&mut 0);
            self.wider = Some(Wider {
                query: self.query.clone(),
                entries,
                changed: self.dirty.clone(),
                is_plain: self.is_plain(),
            });
        }
    }

    /// Takes note of what changed since the wider answer was kept; gives it up where that is much.
    pub(super) fn note_wider(&mut self, store: &Store, touched: &[RowId], removed: &[RowId]) {
        let Some(wider) = &mut self.wider else {
            return;
        };
        for id in removed {
            wider.changed.insert(*id);
        }
        let kinds = &wider.query.kinds;
        for id in touched {
            let is_of_these = |row: &Row| kinds.is_empty() || kinds.contains(&row.key().kind);
            if store.row(*id).is_none_or(is_of_these) {
                wider.changed.insert(*id);
            }
        }
        let is_in_use = self.build.is_some();
        if !is_in_use && wider.changed.len() > wider.entries.len() / 4 + AT_ONCE {
            self.wider = None;
        }
    }

    /// Begins to find the answer in a wider one; none where reading all rows is faster.
    pub(super) fn narrow(&mut self, store: &Store, budget: &mut usize) -> Option<Narrow> {
        let may_narrow = std::mem::take(&mut self.narrows) && !self.ranks_are_old(store);
        // In the order of an answer rows lie scattered in memory: where they have to be read and are many, reading all in
        // their own order and sorting them is faster.
        if may_narrow && self.rows.len() <= store.rows.places() / 4 {
            let is_plain = self.is_plain();
            let last = self.unchanged(budget);
            let entries = last.len();
            let beyond = self.query.filter.clone();
            return Some(self.narrowing(Within::Last(last), entries, beyond, is_plain));
        }
        if self.ranks_are_old(store) {
            self.wider = None;
        }
        let kept = self.wider.as_ref()?;
        if !self.query.narrows(&kept.query) {
            return None;
        }
        let beyond = self.query.filter.beyond(&kept.query.filter);
        if !beyond.is_of_words() {
            return None;
        }
        self.dirty = kept.changed.clone();
        Some(self.narrowing(Within::Kept, kept.entries.len(), beyond, kept.is_plain))
    }

    fn narrowing(&self, within: Within, entries: usize, beyond: Filter, is_plain: bool) -> Narrow {
        Narrow {
            within,
            stage: Stage::Letters(0),
            told: Told::default(),
            beyond,
            meant: vec![0; entries.div_ceil(64)],
            doubtful: Vec::new(),
            beginning: Vec::new(),
            passed: None,
            eager: if is_plain && self.eye.is_some() {
                EAGER
            } else {
                0
            },
            before: None,
            folds: Folds::new(self.query.fold.clone()),
        }
    }

    /// Whether nothing of the answer is folded.
    fn is_plain(&self) -> bool {
        self.folds.lines(self.rows.len()) == self.rows.len()
    }

    /// Goes on with it as far as the budget goes; whether it is finished and published.
    pub(super) fn advance_narrow(
        &mut self,
        narrow: &mut Narrow,
        store: &Store,
        now: Timestamp,
        budget: &mut usize,
    ) -> bool {
        // Both are put back, and neither is asked for meanwhile.
        let wider = self.wider.take();
        let within = std::mem::replace(&mut narrow.within, Within::Kept);
        let (entries, changed) = match (&within, &wider) {
            (Within::Last(entries), _) => (entries.as_slice(), None),
            (Within::Kept, Some(wider)) => (wider.entries.as_slice(), Some(&wider.changed)),
            (Within::Kept, None) => (&[][..], None),
        };
        let is_changed = |row| changed.is_some_and(|changed| changed.contains(row));
        let is_done = self.find(narrow, entries, is_changed, store, now, budget);
        if is_done {
            let found = meant(&narrow.meant).filter_map(|at| entries.get(at));
            let found: Vec<Entry> = found.copied().collect();
            if let Some(before) = narrow.before.take() {
                self.folds = before;
            }
            self.publish(&found);
            narrow.folds.follow(&mut self.folds, false);
            self.folds = std::mem::take(&mut narrow.folds);
            self.fold_up();
        }
        // Where nothing narrower than itself is asked for any more, nothing has to be kept.
        let is_over = is_done && wider.as_ref().is_some_and(|w| w.query == self.query);
        self.wider = wider.filter(|_| !is_over);
        match within {
            Within::Last(mut entries) if is_done => {
                entries.clear();
                self.spare[0] = entries;
            }
            within => narrow.within = within,
        }
        is_done
    }

    /// Marks which of these entries are meant, as far as the budget goes; whether all have been looked at.
    fn find(
        &mut self,
        narrow: &mut Narrow,
        entries: &[Entry],
        is_changed: impl Fn(RowId) -> bool,
        store: &Store,
        now: Timestamp,
        budget: &mut usize,
    ) -> bool {
        let is_folding = !self.query.fold.is_off();
        let roster = store.roster();
        let asked = |beyond: &Filter, row: &Row| beyond.matches(&row.subject(roster), now);
        if let Stage::Letters(from) = narrow.stage {
            let end = store.rows.places();
            let to = end.min(from.saturating_add(budget.saturating_mul(TOLD_PER_UNIT)));
            for place in from..to {
                narrow
                    .told
                    .push(narrow.beyond.told_by(store.letters_at(place)));
            }
            *budget -= (to - from).div_ceil(TOLD_PER_UNIT);
            narrow.stage = Stage::Letters(to);
            if to < end {
                return false;
            }
            narrow.stage = Stage::Tell(0);
        }
        while let Stage::Tell(from) = narrow.stage {
            let mut left = budget.saturating_mul(WALKED_PER_UNIT);
            let mut at = from;
            while let Some(entry) = entries.get(at).filter(|_| left > 0) {
                left -= 1;
                let told = if is_changed(entry.row) {
                    Some(false)
                } else {
                    narrow.told.of(entry.row)
                };
                let mut is_meant = told == Some(true);
                if told.is_none() && narrow.eager > 0 {
                    narrow.eager -= 1;
                    left = left.saturating_sub(WALKED_PER_UNIT);
                    is_meant = store
                        .row(entry.row)
                        .is_some_and(|row| asked(&narrow.beyond, row));
                    if is_meant && is_folding {
                        narrow.doubt(entry, at);
                    }
                } else if told.is_none() || is_meant && is_folding {
                    narrow.doubt(entry, at);
                }
                if is_meant {
                    narrow.meant[at / 64] |= 1 << (at % 64);
                    if narrow.eager > 0 {
                        narrow.beginning.push(*entry);
                    }
                }
                if self.eye.is_some_and(|eye| eye.row == Some(entry.row)) {
                    narrow.passed = Some(narrow.beginning.len());
                }
                if narrow.eager > 0 && self.fills_the_eye(narrow) {
                    narrow.eager = 0;
                    let plain = Folds::new(self.query.fold.clone());
                    narrow.before = Some(std::mem::replace(&mut self.folds, plain));
                    self.publish(&std::mem::take(&mut narrow.beginning));
                    (self.answered, self.partial) = (false, true);
                    self.fold_up();
                    // Whoever draws draws now.
                    left = 0;
                }
                at += 1;
            }
            *budget = left / WALKED_PER_UNIT;
            narrow.stage = Stage::Tell(at);
            if at < entries.len() {
                return false;
            }
            narrow.doubtful.sort_unstable();
            narrow.stage = Stage::Read(0);
        }
        let Stage::Read(from) = narrow.stage else {
            return false;
        };
        let to = narrow.doubtful.len().min(from.saturating_add(*budget));
        let doubtful = narrow.doubtful.get(from..to).unwrap_or_default();
        for some in doubtful.chunks(TOGETHER) {
            let found: SmallVec<[(usize, RowId, Option<&Row>); TOGETHER]> = some
                .iter()
                .filter_map(|(_, at)| {
                    let row = entries.get(*at as usize)?.row;
                    Some((*at as usize, row, store.row(row)))
                })
                .collect();
            fetch(found.iter().filter_map(|(_, _, row)| *row));
            for (at, id, row) in found {
                let Some(row) = row.filter(|_| !is_changed(id)) else {
                    // It is asked for again with what else changed.
                    narrow.meant[at / 64] &= !(1 << (at % 64));
                    continue;
                };
                let is_told = narrow.meant[at / 64] >> (at % 64) & 1 == 1;
                if is_told || asked(&narrow.beyond, row) {
                    narrow.meant[at / 64] |= 1 << (at % 64);
                    narrow.folds.put(id, row, roster);
                }
            }
        }
        *budget -= to - from;
        narrow.stage = Stage::Read(to);
        to == narrow.doubtful.len()
    }

    /// Whether what was found so far shows all lines that are looked at as the whole answer will.
    fn fills_the_eye(&self, narrow: &Narrow) -> bool {
        let Some(eye) = self.eye else {
            return false;
        };
        let place = match (eye.row, narrow.passed) {
            (None, _) => eye.line,
            (Some(_), Some(passed)) => eye.line.max(passed),
            (Some(_), None) => return false,
        };
        narrow.beginning.len() >= place.saturating_add(eye.height)
    }
}

impl Narrow {
    /// Leaves an entry to be read later, in the order of the store.
    fn doubt(&mut self, entry: &Entry, at: usize) {
        // A store has at most sixteen million rows.
        if let (Ok(place), Ok(at)) = (u32::try_from(entry.row.place()), u32::try_from(at)) {
            self.doubtful.push((place, at));
        }
    }
}

/// Has the texts of these rows fetched into the cache. Each of them is found only through two others, and a processor
/// waits for memory once for all of them where it need not decide anything in between.
fn fetch<'a>(rows: impl Iterator<Item = &'a Row> + Clone) {
    let lengths: usize = rows.clone().map(|row| row.item().name.len()).sum();
    let bytes = rows.map(|row| row.item().name.bytes().next().map_or(0, usize::from));
    black_box(lengths + bytes.sum::<usize>());
}

/// The places of the bits that are set.
fn meant(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        std::iter::from_fn(move || {
            let at = bits.trailing_zeros();
            (at < u64::BITS).then(|| {
                bits &= bits - 1;
                word * 64 + at as usize
            })
        })
    })
}
