//! Lines: what is shown of an ordered answer whose rows stand in folds.
//!
//! Every row is a line of its own but for those that a fold stands for: they are kept as bits over the positions of the
//! answer, with how many of them there are before each word. So laying the lines costs a look at each row that stands in
//! a fold and a count of words, and which line a position is, or which position a line, is found by counting and
//! halving. The rows of opened folds are lines once more, below the fold.

use crate::store::RowId;

use super::{Fold, FoldKey, Folds, Line};

/// How many storms that the operator opened are remembered; older ones are long over.
const OPENED: usize = 64;

/// An opened fold as lines.
#[derive(Debug)]
struct Shown {
    /// The position in the answer of its first row, which its line stands for.
    head: usize,
    /// The line of its first row below.
    line: usize,
    /// Its rows in the order of the answer.
    rows: Vec<RowId>,
}

/// The lines of an answer. Nothing is kept where nothing is folded.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The positions that are no lines: those of all rows in folds but the first of each.
    hidden: Vec<u64>,
    /// How many of them there are before each word, and at the end in all.
    before: Vec<u32>,
    /// The opened folds, from the top.
    shown: Vec<Shown>,
    /// The storms whose rows the operator wants to see.
    pub opened: Vec<FoldKey>,
}

impl Lines {
    /// What the operator opened stays open while it goes on.
    pub fn widen(&mut self, fold: &FoldKey) {
        for opened in &mut self.opened {
            if opened.is_storm_of(fold) {
                opened.from = opened.from.min(fold.from);
                opened.to = opened.to.max(fold.to);
            }
        }
    }

    fn is_open(&self, fold: &FoldKey) -> bool {
        self.opened.iter().any(|opened| opened.is_storm_of(fold))
    }

    /// How many positions are no lines.
    fn hidden_in_all(&self) -> usize {
        self.before.last().map_or(0, |count| *count as usize)
    }

    fn is_hidden(&self, position: usize) -> bool {
        self.hidden
            .get(position / 64)
            .is_some_and(|word| word >> (position % 64) & 1 == 1)
    }

    /// How many positions before this one are no lines.
    fn hidden_before(&self, position: usize) -> usize {
        let Some(word) = self.hidden.get(position / 64) else {
            return self.hidden_in_all();
        };
        let below = word & ((1 << (position % 64)) - 1);
        self.before[position / 64] as usize + below.count_ones() as usize
    }

    /// The position of the `n`th row that is a line, the rows below opened folds not counted.
    fn position_of(&self, n: usize) -> usize {
        let words = self.hidden.len();
        // The last word before which there are at most as many lines as `n`.
        let (mut low, mut high) = (0, words + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if middle * 64 - self.before[middle] as usize <= n {
                low = middle;
            } else {
                high = middle;
            }
        }
        let mut left = n - (low * 64 - self.before.get(low).map_or(0, |count| *count as usize));
        let mut lines = self.hidden.get(low).map_or(u64::MAX, |word| !word);
        if low == words {
            return low * 64 + left;
        }
        while left > 0 {
            lines &= lines - 1;
            left -= 1;
        }
        low * 64 + lines.trailing_zeros() as usize
    }

    /// How many rows of opened folds stand above this position of the answer.
    fn shown_above(&self, position: usize) -> usize {
        let above = self.shown.iter().take_while(|fold| fold.head < position);
        above.map(|fold| fold.rows.len()).sum()
    }
}

impl Folds {
    /// Lays the lines over an answer of so many rows. `position` tells where a row of it stands.
    pub fn lay(&mut self, rows: usize, position: impl Fn(RowId) -> Option<usize>) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.shown.clear();
        lines.hidden.clear();
        lines.before.clear();
        if self.folded > 0 {
            lines.hidden.resize(rows.div_ceil(64), 0);
        }
        let mut folds = std::mem::take(&mut self.folds);
        let mut heads = Vec::new();
        for (number, fold) in folds.iter_mut().enumerate() {
            let Some(fold) = fold else { continue };
            fold.is_open = lines.is_open(&fold.key);
            let mut head = usize::MAX;
            for row in self.members(fold) {
                let Some(at) = position(row) else { continue };
                if let Some(word) = lines.hidden.get_mut(at / 64) {
                    *word |= 1 << (at % 64);
                }
                if at < head {
                    head = at;
                    fold.lead = row;
                }
            }
            if let Some(word) = lines.hidden.get_mut(head / 64) {
                *word &= !(1 << (head % 64));
            }
            heads.push((head, number));
        }
        if self.folded > 0 {
            let mut count = 0;
            for word in &lines.hidden {
                lines.before.push(count);
                count += word.count_ones();
            }
            lines.before.push(count);
        }
        heads.sort_unstable();
        let mut shown = 0;
        for (head, number) in heads {
            let Some(fold) = folds.get_mut(number).and_then(Option::as_mut) else {
                continue;
            };
            fold.line = head.saturating_sub(lines.hidden_before(head)) + shown;
            if fold.is_open {
                let mut rows: Vec<RowId> = self.members(fold).collect();
                rows.sort_by_key(|row| position(*row));
                shown += rows.len();
                lines.shown.push(Shown {
                    head,
                    line: fold.line + 1,
                    rows,
                });
            }
        }
        self.folds = folds;
        self.lines = lines;
    }

    /// How many lines an answer of so many rows has.
    pub fn lines(&self, rows: usize) -> usize {
        rows.saturating_sub(self.lines.hidden_in_all()) + self.lines.shown_above(usize::MAX)
    }

    /// The line at this index.
    pub fn line(&self, rows: &[RowId], index: usize) -> Option<Line<'_>> {
        let mut plain = index;
        for fold in &self.lines.shown {
            if index < fold.line {
                break;
            }
            if let Some(row) = fold.rows.get(index - fold.line) {
                return Some(Line::Member(*row));
            }
            plain -= fold.rows.len();
        }
        let row = *rows.get(self.lines.position_of(plain))?;
        let fold = self.number_of(row).and_then(|number| self.numbered(number));
        Some(fold.map_or(Line::Row(row), Line::Fold))
    }

    /// On which line a row stands whose position this is: none where it is hidden in its fold.
    pub fn line_of(&self, row: RowId, position: usize) -> Option<usize> {
        match self.number_of(row).and_then(|number| self.numbered(number)) {
            Some(fold) if fold.is_open => {
                let shown = self.lines.shown.iter().find(|s| s.line == fold.line + 1)?;
                let at = shown.rows.iter().position(|shown| *shown == row)?;
                Some(shown.line + at)
            }
            Some(_) => None,
            None if self.lines.is_hidden(position) => None,
            None => Some(
                position - self.lines.hidden_before(position) + self.lines.shown_above(position),
            ),
        }
    }

    /// On which line a fold stands.
    pub const fn line_of_fold(&self, fold: &Fold) -> usize {
        fold.line
    }

    /// Opens a fold, or closes it. Lines have to be laid anew.
    pub fn toggle(&mut self, key: &FoldKey) {
        let opened = &mut self.lines.opened;
        let before = opened.len();
        opened.retain(|opened| !opened.is_storm_of(key));
        if opened.len() == before {
            if opened.len() == OPENED {
                opened.remove(0);
            }
            opened.push(*key);
        }
    }
}
