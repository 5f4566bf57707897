//! How many rows an answer has, by what they are.

use crate::domain::{Kind, Severity};
use crate::store::Row;

/// How many items the answer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub rows: usize,
    /// Those that ask for attention, by severity; index with `severity as usize`.
    pub open: [usize; SEVERITIES],
    /// Those that ask for attention, by kind; index with `kind as usize`.
    pub kinds: [usize; Kind::ALL.len()],
}

pub(super) const SEVERITIES: usize = Severity::ALL.len();

impl Counts {
    /// Those of this severity that ask for attention.
    #[must_use]
    pub const fn of(&self, severity: Severity) -> usize {
        self.open[severity as usize]
    }

    /// Those of this kind that ask for attention.
    #[must_use]
    pub const fn of_kind(&self, kind: Kind) -> usize {
        self.kinds[kind as usize]
    }

    /// All that ask for attention.
    #[must_use]
    pub fn open_total(&self) -> usize {
        self.open.iter().sum()
    }

    pub(super) fn add(&mut self, tag: u8) {
        self.rows += 1;
        if let Some((severity, kind)) = self.slots(tag) {
            *severity += 1;
            *kind += 1;
        }
    }

    pub(super) fn take(&mut self, tag: u8) {
        self.rows -= 1;
        if let Some((severity, kind)) = self.slots(tag) {
            *severity -= 1;
            *kind -= 1;
        }
    }

    pub(super) fn slots(&mut self, tag: u8) -> Option<(&mut usize, &mut usize)> {
        let tag = usize::from(tag);
        let kind = self.kinds.get_mut(tag / SEVERITIES)?;
        Some((self.open.get_mut(tag % SEVERITIES)?, kind))
    }
}

/// A row's share in the counts, in one byte: 255 for a row that does not ask for attention.
pub(super) fn tag(row: &Row) -> u8 {
    if row.is_open() {
        u8::try_from(row.key().kind as usize * SEVERITIES + row.severity() as usize)
            .unwrap_or(u8::MAX)
    } else {
        u8::MAX
    }
}
