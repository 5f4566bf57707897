//! Lines: what is shown of an ordered answer whose rows stand in folds.

use crate::store::RowId;

use super::{Fold, FoldKey, Folds, Line};

/// How many storms that the operator opened are remembered; older ones are long over.
const OPENED: usize = 64;

/// A line and where it comes from.
#[derive(Clone, Copy, Debug)]
struct Laid {
    /// The position in the answer of its row, or of the first row of its fold: it never falls from line to line.
    at: u32,
    row: RowId,
    /// The fold, or none.
    fold: u32,
    is_head: bool,
}

const NO_FOLD: u32 = u32::MAX;

/// The lines of an answer. Nothing is kept where nothing is folded.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The lines down to the last row that stands in a fold.
    laid: Vec<Laid>,
    /// From this position on every row is a line.
    tail: usize,
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
}

impl Folds {
    /// Lays the lines over an answer in its order. `position` tells where a row of it stands.
    pub fn lay(&mut self, rows: &[RowId], position: impl Fn(RowId) -> Option<usize>) {
        let mut laid = std::mem::take(&mut self.lines.laid);
        laid.clear();
        for fold in self.folds.iter_mut().flatten() {
            fold.line = usize::MAX;
            fold.is_open = self.lines.is_open(&fold.key);
        }
        let mut left = self.folded;
        let mut tail = 0;
        for (position_here, row) in rows.iter().enumerate() {
            if left == 0 {
                break;
            }
            tail = position_here + 1;
            let at = u32::try_from(position_here).unwrap_or(u32::MAX);
            let line = laid.len();
            let number = self.number_of(*row).unwrap_or(NO_FOLD);
            let Some(fold) = self.folds.get_mut(number as usize).and_then(Option::as_mut) else {
                laid.push(Laid {
                    at,
                    row: *row,
                    fold: NO_FOLD,
                    is_head: false,
                });
                continue;
            };
            left -= 1;
            if fold.line != usize::MAX {
                continue;
            }
            fold.line = line;
            fold.lead = *row;
            let is_open = fold.is_open;
            laid.push(Laid {
                at,
                row: *row,
                fold: number,
                is_head: true,
            });
            if is_open {
                let first = laid.len();
                laid.extend(
                    self.numbered(number)
                        .into_iter()
                        .flat_map(|fold| self.members(fold))
                        .map(|row| Laid {
                            at,
                            row,
                            fold: number,
                            is_head: false,
                        }),
                );
                laid[first..].sort_by_key(|line| position(line.row));
            }
        }
        self.lines.laid = laid;
        self.lines.tail = tail;
    }

    /// How many lines an answer of so many rows has.
    pub fn lines(&self, rows: usize) -> usize {
        self.lines.laid.len() + rows.saturating_sub(self.lines.tail)
    }

    /// The line at this index.
    pub fn line(&self, rows: &[RowId], index: usize) -> Option<Line<'_>> {
        let Some(laid) = self.lines.laid.get(index) else {
            let at = index - self.lines.laid.len() + self.lines.tail;
            return rows.get(at).map(|row| Line::Row(*row));
        };
        match self.numbered(laid.fold) {
            Some(fold) if laid.is_head => Some(Line::Fold(fold)),
            Some(_) => Some(Line::Member(laid.row)),
            None => Some(Line::Row(laid.row)),
        }
    }

    /// On which line a row stands whose position this is: none where it is hidden in its fold.
    pub fn line_of(&self, row: RowId, position: usize) -> Option<usize> {
        if position >= self.lines.tail {
            return Some(self.lines.laid.len() + position - self.lines.tail);
        }
        match self.number_of(row).and_then(|number| self.numbered(number)) {
            Some(fold) if fold.is_open => {
                let below = self.lines.laid.get(fold.line + 1..)?.iter();
                let at = below
                    .take_while(|line| line.fold != NO_FOLD && !line.is_head)
                    .position(|line| line.row == row)?;
                Some(fold.line + 1 + at)
            }
            Some(_) => None,
            None => {
                let at = u32::try_from(position).ok()?;
                let index = self.lines.laid.partition_point(|line| line.at < at);
                (self.lines.laid.get(index)?.row == row).then_some(index)
            }
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
