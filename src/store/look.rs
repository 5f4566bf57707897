//! What happened since an operator last looked: what is new, what is worse, and what is gone.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{Item, Severity};

use super::settle::Turn;
use super::{Changes, Row, RowId, Store};

/// How many items that are gone are remembered, the latest.
const GONE: usize = 500;

/// What happened since an operator last looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SinceLook {
    /// When that was.
    pub at: Timestamp,
    /// Items that are open and new since then.
    pub new: usize,
    /// Items that are open and worse since then.
    pub worse: usize,
    /// How often an item stopped asking for attention since then.
    pub gone: usize,
}

/// An item that stopped asking for attention.
#[derive(Clone, Debug)]
pub struct Gone {
    /// What it was.
    pub item: Arc<Item>,
    /// How severe it was, by the rules.
    pub severity: Severity,
    /// When it cleared, or was no longer named.
    pub at: Timestamp,
    /// Whether it came and went without anybody looking at it.
    pub unseen: bool,
}

/// What is counted since then, and what is gone, the latest last.
#[derive(Debug)]
pub(super) struct Look {
    counts: SinceLook,
    gone: VecDeque<Gone>,
}

impl Look {
    /// Counts a row in, or out.
    pub(super) fn count(&mut self, row: &Row, by: isize) {
        let counts = &mut self.counts;
        if row.is_open() {
            counts.new = counts
                .new
                .saturating_add_signed(if row.unseen { by } else { 0 });
            counts.worse = counts
                .worse
                .saturating_add_signed(if row.worse { by } else { 0 });
        }
    }

    /// A row that was (unseen, worse, open) is so no longer.
    pub(super) fn recount(&mut self, before: (bool, bool, bool), after: (bool, bool, bool)) {
        let counts = &mut self.counts;
        let step = |before: bool, after: bool| isize::from(after) - isize::from(before);
        counts.new = counts
            .new
            .saturating_add_signed(step(before.0 && before.2, after.0 && after.2));
        counts.worse = counts
            .worse
            .saturating_add_signed(step(before.1 && before.2, after.1 && after.2));
    }

    /// Nothing since this moment.
    pub(super) fn since(at: Timestamp) -> Self {
        Self {
            counts: SinceLook {
                at,
                ..SinceLook::default()
            },
            gone: VecDeque::new(),
        }
    }

    /// An item stopped asking for attention.
    pub(super) fn went(&mut self, gone: Gone) {
        self.counts.gone += 1;
        if self.gone.len() == GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(gone);
    }
}

impl Store {
    /// The operator has looked at these rows: they are no longer new or worse.
    pub fn look(&mut self, rows: &[RowId], at: Timestamp) -> Changes {
        let mut turn = Turn::new(at);
        for id in rows {
            if let Some(row) = self.rows.get_mut(*id)
                && (row.unseen || row.worse)
            {
                self.look.count(row, -1);
                row.unseen = false;
                row.worse = false;
                self.settle(*id, None, &mut turn);
            }
        }
        self.finish(turn)
    }

    /// The operator has looked at everything: counting begins anew.
    pub fn look_all(&mut self, at: Timestamp) -> Changes {
        let unseen: Vec<RowId> = self
            .rows
            .iter()
            .filter(|(_, row)| row.unseen || row.worse)
            .map(|(id, _)| id)
            .collect();
        let changes = self.look(&unseen, at);
        self.look = Look::since(at);
        changes
    }

    /// Another operator looks from here on, who looked last at the time that is given, if that is known: what began since then is new
    /// to them. Of one who was never here nothing can be told, so that everything counts as seen.
    pub fn look_as(&mut self, last: Option<Timestamp>, at: Timestamp) -> Changes {
        let mut changes = self.look_all(at);
        self.settings.looked = last;
        let Some(last) = last else { return changes };
        self.look = Look::since(last);
        let mut turn = Turn::new(at);
        for place in 0..self.rows.places() {
            if let Some((id, row)) = self.rows.at(place)
                && row.is_open()
                && row.item.opened > last
                && let Some(row) = self.rows.get_mut(id)
            {
                row.unseen = true;
                self.look.count(row, 1);
                self.settle(id, None, &mut turn);
            }
        }
        changes.absorb(self.finish(turn));
        changes
    }

    /// What happened since the last [`Store::look_all`].
    #[must_use]
    pub const fn since_look(&self) -> SinceLook {
        self.look.counts
    }

    /// What is gone since then, the latest first, as far back as is remembered.
    pub fn gone(&self) -> impl Iterator<Item = &Gone> {
        self.look.gone.iter().rev()
    }
}
