//! Sorting in slices: a merge sort that can stop after any step and go on later.

use std::mem;
use std::ops::Range;

use crate::store::RowId;

use super::key::Chunk;

/// Rows that are sorted at once. About a thousand fit the first cache and take some twenty microseconds.
const RUN: usize = 1024;

/// Merged rows that cost as much as one that is looked at: merging moves 32 bytes, looking at a row misses the cache.
pub(super) const MERGED_PER_UNIT: usize = 8;

/// A row with the part of its key that is being sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub key: u128,
    pub row: RowId,
    /// Severity and openness, for the counts.
    pub tag: u8,
    /// Whether the key ends within `key`.
    pub last: bool,
}

impl Entry {
    const fn order(&self) -> (u128, RowId) {
        (self.key, self.row)
    }
}

/// Sorts entries by key.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    pub items: Vec<Entry>,
    scratch: Vec<Entry>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Runs before this place are sorted.
    Runs(usize),
    /// Pairs of sorted stretches of this width are merged into the scratch.
    Merge {
        width: usize,
        start: usize,
        a: usize,
        b: usize,
    },
    Done,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Runs(0)
    }
}

impl Sorter {
    pub fn new(items: Vec<Entry>) -> Self {
        Self {
            items,
            ..Self::default()
        }
    }

    /// Goes on until it is done (then `true`) or the budget is used up.
    pub fn step(&mut self, budget: &mut usize) -> bool {
        loop {
            match self.stage {
                Stage::Done => return true,
                _ if *budget == 0 => return false,
                Stage::Runs(from) => self.runs(from, budget),
                Stage::Merge { .. } => self.merge(budget),
            }
        }
    }

    fn runs(&mut self, from: usize, budget: &mut usize) {
        let to = (from + RUN).min(self.items.len());
        self.items[from..to].sort_unstable_by_key(Entry::order);
        *budget = budget.saturating_sub((to - from) / 2 + 1);
        self.stage = if to < self.items.len() {
            Stage::Runs(to)
        } else {
            self.pass(RUN)
        };
    }

    /// The stage that merges stretches of `width`.
    fn pass(&mut self, width: usize) -> Stage {
        if width >= self.items.len() {
            self.scratch = Vec::new();
            return Stage::Done;
        }
        self.scratch.clear();
        self.scratch.reserve(self.items.len());
        Stage::Merge {
            width,
            start: 0,
            a: 0,
            b: width,
        }
    }

    fn merge(&mut self, budget: &mut usize) {
        let Stage::Merge {
            width,
            mut start,
            mut a,
            mut b,
        } = self.stage
        else {
            return;
        };
        let n = self.items.len();
        let before = self.scratch.len();
        let limit = budget.saturating_mul(MERGED_PER_UNIT);
        while start < n && self.scratch.len() - before < limit {
            let middle = (start + width).min(n);
            let end = (start + 2 * width).min(n);
            let room = limit - (self.scratch.len() - before);
            let mut moved = 0;
            while a < middle && b < end && moved < room {
                let (one, other) = (self.items[a], self.items[b]);
                let first = one.order() <= other.order();
                self.scratch.push(if first { one } else { other });
                a += usize::from(first);
                b += usize::from(!first);
                moved += 1;
            }
            if a < middle && b < end {
                break;
            }
            // What is left of one side follows as it is: a copy, too fast to slice.
            self.scratch.extend_from_slice(&self.items[a..middle]);
            self.scratch.extend_from_slice(&self.items[b..end]);
            start = end;
            a = start;
            b = (start + width).min(n);
        }
        let moved = self.scratch.len() - before;
        *budget = budget.saturating_sub(moved / MERGED_PER_UNIT + 1);
        self.stage = if start < n {
            Stage::Merge { width, start, a, b }
        } else {
            mem::swap(&mut self.items, &mut self.scratch);
            self.pass(width * 2)
        };
    }
}

/// Brings rows whose first chunks are equal into order by the chunks that follow.
///
/// Each chunk of each row is read once, so rows that change meanwhile cannot mislead the others; they end up
/// anywhere among their equals and are put right by whoever merges the changed rows.
#[derive(Debug, Default)]
pub(super) struct Ties {
    /// Everything before this place is in order.
    at: usize,
    /// Stretches that are equal in all chunks up to this depth.
    open: Vec<(Range<usize>, usize)>,
    /// A long stretch under way.
    long: Option<Long>,
}

#[derive(Debug)]
struct Long {
    range: Range<usize>,
    depth: usize,
    read: usize,
    sorter: Sorter,
}

impl Ties {
    /// Goes on until all is in order (then `true`) or the budget is used up. `read` gives a row's chunk at a depth.
    pub fn step(
        &mut self,
        entries: &mut [Entry],
        read: impl Fn(RowId, usize) -> Chunk,
        budget: &mut usize,
    ) -> bool {
        loop {
            if *budget == 0 {
                return false;
            }
            if let Some(long) = &mut self.long {
                if !long.step(entries, &read, budget) {
                    return false;
                }
                let Some(Long {
                    range,
                    depth,
                    sorter,
                    ..
                }) = self.long.take()
                else {
                    continue;
                };
                self.settle(entries, &range, depth, &sorter.items);
            } else if let Some((range, depth)) = self.open.pop() {
                let chunk = |entry: &Entry| {
                    let chunk = read(entry.row, depth);
                    Entry {
                        key: chunk.bytes,
                        last: chunk.last,
                        ..*entry
                    }
                };
                if range.len() <= RUN {
                    *budget = budget.saturating_sub(range.len() * 2);
                    let mut part: Vec<Entry> = entries[range.clone()].iter().map(chunk).collect();
                    part.sort_unstable_by_key(Entry::order);
                    self.settle(entries, &range, depth, &part);
                } else {
                    self.long = Some(Long {
                        read: range.start,
                        range,
                        depth,
                        sorter: Sorter::default(),
                    });
                }
            } else if self.at >= entries.len() {
                return true;
            } else {
                let from = self.at;
                let key = entries[from].key;
                let same = entries[from..].iter().take_while(|e| e.key == key).count();
                self.at = from + same;
                *budget = budget.saturating_sub(same / MERGED_PER_UNIT + usize::from(same > 1));
                if same > 1 && !entries[from].last {
                    self.open.push((from..self.at, 1));
                }
            }
        }
    }

    /// Writes a stretch back in its order and opens what is still equal in it.
    fn settle(
        &mut self,
        entries: &mut [Entry],
        range: &Range<usize>,
        depth: usize,
        sorted: &[Entry],
    ) {
        for (entry, sorted) in entries[range.clone()].iter_mut().zip(sorted) {
            entry.row = sorted.row;
            entry.tag = sorted.tag;
        }
        let mut from = 0;
        for same in sorted.chunk_by(|a, b| a.key == b.key) {
            if same.len() > 1 && !same.iter().all(|entry| entry.last) {
                let start = range.start + from;
                self.open.push((start..start + same.len(), depth + 1));
            }
            from += same.len();
        }
    }
}

impl Long {
    fn step(
        &mut self,
        entries: &[Entry],
        read: impl Fn(RowId, usize) -> Chunk,
        budget: &mut usize,
    ) -> bool {
        let to = self.range.end.min(self.read + *budget);
        for entry in &entries[self.read..to] {
            let chunk = read(entry.row, self.depth);
            self.sorter.items.push(Entry {
                key: chunk.bytes,
                last: chunk.last,
                ..*entry
            });
        }
        *budget -= to - self.read;
        self.read = to;
        self.read == self.range.end && self.sorter.step(budget)
    }
}
