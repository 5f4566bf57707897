//! Merging what changed into what did not: in slices, and finding where a row belongs.

use std::cmp::Ordering;
use std::ops::Range;

use crate::store::RowId;

use super::sorter::{self, Entry};

/// Two ordered lists becoming one, in slices.
#[derive(Debug)]
pub(super) struct Merge {
    pub(super) base: Vec<Entry>,
    pub(super) back: Vec<Entry>,
    pub(super) from_base: usize,
    pub(super) from_back: usize,
    pub(super) merged: Vec<Entry>,
}

impl Merge {
    /// Goes on until all is merged (then `true`) or the budget is used up. `changed` rows changed again: they are
    /// put right later and must not mislead the others meanwhile, so they go where they stand.
    pub(super) fn step(
        &mut self,
        changed: impl Fn(RowId) -> bool,
        rest: impl Fn(RowId, RowId) -> Ordering,
        budget: &mut usize,
    ) -> bool {
        while *budget > 0 {
            let before = self.merged.len();
            let Some(other) = self.back.get(self.from_back).copied() else {
                self.merged.extend_from_slice(&self.base[self.from_base..]);
                return true;
            };
            // Everything that is smaller in the first chunk follows as it is.
            let room = budget.saturating_mul(sorter::MERGED_PER_UNIT);
            let left = &self.base[self.from_base..];
            let smaller = left
                .iter()
                .take(room)
                .take_while(|one| one.key < other.key)
                .count();
            self.merged.extend_from_slice(&left[..smaller]);
            self.from_base += smaller;
            if smaller < room {
                // Among equals, by halving; one by one where one of them cannot be relied on.
                let left = &self.base[self.from_base..];
                let equal = left.iter().take_while(|one| one.key == other.key).count();
                let equals = &left[..equal];
                let before_other = |one: &Entry| {
                    changed(one.row) || (!changed(other.row) && rest(one.row, other.row).is_lt())
                };
                let ahead = if changed(other.row) || equals.iter().any(|one| changed(one.row)) {
                    equals.iter().take_while(|one| before_other(one)).count()
                } else {
                    equals.partition_point(before_other)
                };
                self.merged.extend_from_slice(&equals[..ahead]);
                self.from_base += ahead;
                self.merged.push(other);
                self.from_back += 1;
                // Looking up a handful of rows costs more than moving them.
                *budget = budget.saturating_sub(4);
            }
            let moved = self.merged.len() - before;
            *budget = budget.saturating_sub(moved / sorter::MERGED_PER_UNIT + 1);
        }
        false
    }
}

/// The first of these numbers that is not `before`, by halving.
pub(super) fn partition(numbers: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (numbers.start, numbers.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// [`partition`], looked for around `near` first, in growing steps.
pub(super) fn partition_near(
    numbers: Range<usize>,
    near: usize,
    before: impl Fn(usize) -> bool,
) -> usize {
    let (mut low, mut high) = (numbers.start, numbers.end);
    let mut near = near.clamp(low, high);
    let mut step = 1;
    if near < high && before(near) {
        while near < high && before(near) {
            low = near + 1;
            near = near.saturating_add(step);
            step *= 2;
        }
        high = high.min(near);
    } else {
        high = near;
        while high > low {
            let probe = high.saturating_sub(step).max(low);
            if before(probe) {
                low = probe + 1;
                break;
            }
            high = probe;
            step *= 2;
        }
    }
    partition(low..high, before)
}

/// The index among all rows of the `n`th one that is not at one of these indices, which are in ascending order.
pub(super) fn among_all(out: &[usize], n: usize) -> usize {
    n + partition(0..out.len(), |i| out[i] - i <= n)
}
