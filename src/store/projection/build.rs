//! The answer made anew, in slices: from all rows, or from many that changed merged into the others.

use std::cmp::Reverse;

use crate::clock::Timestamp;
use crate::store::Store;

use super::Projection;
use super::counts::{Counts, tag};
use super::fold::Folds;
use super::key::{Chunk, Ranks, chunk};
use super::merge::Merge;
use super::narrow::Narrow;
use super::sorter::{Entry, Sorter, Ties};

/// An answer being made anew: from all rows, or from those that changed and the answer without them.
#[derive(Debug)]
pub(super) struct Build {
    stage: Stage,
    /// The places of the rows that are read; none when all are.
    pub places: Option<Vec<usize>>,
    /// Where the rows that were read are merged into; none when all rows are read.
    base: Option<Vec<Entry>>,
    /// The folds of the rows that were read, when all are.
    folds: Folds,
}

#[derive(Debug)]
enum Stage {
    /// Reading rows; `at` counts those that have been read.
    Read { at: usize, found: Vec<Entry> },
    /// Sorting by the first chunk of the key.
    Sort(Sorter),
    /// Ordering what is equal in it.
    Ties { entries: Vec<Entry>, ties: Ties },
    /// Merging what changed into what did not.
    Merge(Merge),
    /// Finding the answer in a wider one.
    Narrow(Box<Narrow>),
}

impl Projection {
    /// Begins to make the answer anew from all rows.
    pub(super) fn start(&mut self, store: &Store) {
        self.ranks = Ranks::take(store);
        self.spare = [const { Vec::new() }; 2];
        self.dirty.drain();
        self.times.clear();
        self.build = Some(Build {
            stage: Stage::Read {
                at: 0,
                found: Vec::new(),
            },
            places: None,
            base: None,
            folds: Folds::new(self.query.fold.clone()),
        });
    }

    /// The answer without the rows that changed.
    pub(super) fn unchanged(&mut self, budget: &mut usize) -> Vec<Entry> {
        *budget = budget.saturating_sub(self.rows.len() / 32);
        let mut base = std::mem::take(&mut self.spare[0]);
        base.extend(
            self.keys
                .iter()
                .zip(&self.rows)
                .zip(&self.tags)
                .filter(|((_, row), _)| !self.dirty.contains(**row))
                .map(|((key, row), tag)| Entry {
                    key: *key,
                    row: *row,
                    tag: *tag,
                    last: false,
                }),
        );
        base
    }

    /// Begins to find the answer in a wider one. Rows that changed are merged in afterwards.
    pub(super) fn start_narrowing(&mut self, narrow: Narrow) {
        self.build = Some(Build {
            stage: Stage::Narrow(Box::new(narrow)),
            places: None,
            base: None,
            folds: Folds::default(),
        });
    }

    /// Begins to merge the rows that changed into the answer without them.
    pub(super) fn start_merge(&mut self, budget: &mut usize) {
        let base = self.unchanged(budget);
        self.build = Some(Build {
            stage: Stage::Read {
                at: 0,
                found: Vec::new(),
            },
            places: Some(self.dirty.drain()),
            base: Some(base),
            folds: Folds::default(),
        });
    }

    /// Goes on with the build; whether it is finished and published.
    pub(super) fn advance(&mut self, store: &Store, now: Timestamp, budget: &mut usize) -> bool {
        let Some(mut build) = self.build.take() else {
            return true;
        };
        loop {
            let step = match &mut build.stage {
                Stage::Read { at, found } => {
                    let from = found.len();
                    let places = build.places.as_deref();
                    let is_read = self.read(store, now, places, at, found, budget);
                    for entry in &found[from..] {
                        if let Some(row) = store.row(entry.row) {
                            build.folds.put(entry.row, row, store.roster());
                        }
                    }
                    is_read.then(|| Stage::Sort(Sorter::new(std::mem::take(found))))
                }
                Stage::Sort(sorter) => sorter.step(budget).then(|| Stage::Ties {
                    entries: std::mem::take(&mut sorter.items),
                    ties: Ties::default(),
                }),
                Stage::Ties { entries, ties } => {
                    let read = |id, depth| {
                        store.row(id).map_or(Chunk::GONE, |row| {
                            chunk(row, &self.query.sort, &self.ranks, depth)
                        })
                    };
                    if ties.step(entries, read, budget) {
                        let Some(base) = build.base.take() else {
                            let is_same_question = self.answered;
                            self.publish(entries);
                            build.folds.follow(&mut self.folds, is_same_question);
                            self.folds = build.folds;
                            self.fold_up();
                            return true;
                        };
                        let mut merged = std::mem::take(&mut self.spare[1]);
                        merged.reserve_exact(base.len() + entries.len());
                        Some(Stage::Merge(Merge {
                            merged,
                            base,
                            back: std::mem::take(entries),
                            from_base: 0,
                            from_back: 0,
                        }))
                    } else {
                        None
                    }
                }
                Stage::Narrow(narrow) => {
                    if self.advance_narrow(narrow, store, now, budget) {
                        return true;
                    }
                    None
                }
                Stage::Merge(merge) => {
                    let rest = |a, b| self.compare_rest(store, a, b);
                    if merge.step(|id| self.dirty.contains(id), rest, budget) {
                        let (mut base, mut merged) = (
                            std::mem::take(&mut merge.base),
                            std::mem::take(&mut merge.merged),
                        );
                        self.publish(&merged);
                        base.clear();
                        merged.clear();
                        self.spare = [base, merged];
                        self.refold(store, build.places.as_deref().unwrap_or_default());
                        return true;
                    }
                    None
                }
            };
            match step {
                Some(next) => build.stage = next,
                None => {
                    self.build = Some(build);
                    return false;
                }
            }
        }
    }

    /// Reads rows as far as the budget goes; whether all have been read.
    fn read(
        &mut self,
        store: &Store,
        now: Timestamp,
        places: Option<&[usize]>,
        at: &mut usize,
        found: &mut Vec<Entry>,
        budget: &mut usize,
    ) -> bool {
        let end = places.map_or(store.rows.places(), <[usize]>::len);
        let to = end.min(at.saturating_add(*budget));
        for i in *at..to {
            let place = places.map_or(Some(i), |places| places.get(i).copied());
            if let Some(entry) = place.and_then(|place| self.entry(store, now, place)) {
                found.push(entry);
            }
        }
        *budget -= to - *at;
        *at = to;
        to == end
    }

    /// The entry of the row at this place of the store, if it belongs into the answer. Notes when that may change.
    pub(super) fn entry(&mut self, store: &Store, now: Timestamp, place: usize) -> Option<Entry> {
        if self.query.filter.told_by(store.letters_at(place)) == Some(false) {
            return None;
        }
        let (id, row) = store.rows.at(place)?;
        if let Some(at) = self.query.next_change(row, store.roster(), now) {
            self.times.push(Reverse((at, id)));
        }
        if !self.query.matches(row, store.roster(), now) {
            return None;
        }
        let Chunk { bytes, last } = chunk(row, &self.query.sort, &self.ranks, 0);
        Some(Entry {
            key: bytes,
            row: id,
            tag: tag(row),
            last,
        })
    }

    pub(super) fn publish(&mut self, entries: &[Entry]) {
        refill(&mut self.keys, entries.iter().map(|entry| entry.key));
        refill(&mut self.rows, entries.iter().map(|entry| entry.row));
        refill(&mut self.tags, entries.iter().map(|entry| entry.tag));
        self.counts = Counts::default();
        for tag in &self.tags {
            self.counts.add(*tag);
        }
        self.build = None;
        self.answered = true;
        self.partial = false;
        self.version += 1;
        self.note_places(0..self.rows.len());
    }
}

/// Fills a list anew, in the memory that it has where that is not far too much.
fn refill<T>(list: &mut Vec<T>, values: impl ExactSizeIterator<Item = T>) {
    list.clear();
    if list.capacity() / 4 > values.len() {
        list.shrink_to(values.len());
    }
    list.extend(values);
}
