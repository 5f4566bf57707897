//! What the header and the tabs count: everything that asks for attention, and how much could be read.

use crate::clock::Timestamp;
use crate::domain::{Kind, Severity};
use crate::panes;
use crate::store::projection::{Progress, Projection, Query};
use crate::store::{Changes, Coverage, Only, RowId, Store};

use super::Lens;

/// Every open item in queue order, counted by severity and by kind. Never frozen and never filtered but by accounts
/// and regions.
#[derive(Debug)]
pub struct Open(Projection);

impl Open {
    pub(super) fn new() -> Self {
        Self(Projection::new(Query::queue()))
    }

    pub(super) fn ask(&mut self, lens: &Lens) {
        self.0.ask(Query {
            accounts: lens.accounts.iter().copied().collect(),
            regions: lens.regions.iter().copied().collect(),
            ..Query::queue()
        });
    }

    pub(super) fn note(&mut self, store: &Store, changes: &Changes) {
        self.0.note(store, changes);
    }

    /// Brings the counts up to date, as far as the budget goes.
    pub fn refresh(&mut self, store: &Store, now: Timestamp, budget: &mut usize) -> Progress {
        self.0.refresh(store, now, budget)
    }

    /// Open items of this severity.
    #[must_use]
    pub const fn severity(&self, severity: Severity) -> usize {
        self.0.counts().of(severity)
    }

    /// Open items of this kind.
    #[must_use]
    pub const fn kind(&self, kind: Kind) -> usize {
        self.0.counts().of_kind(kind)
    }

    /// Every open item, in the order of the Queue.
    #[must_use]
    pub fn rows(&self) -> &[RowId] {
        self.0.rows()
    }

    /// The row that comes first in the Queue: the oldest of the highest severity that nobody has taken.
    #[must_use]
    pub fn first(&self) -> Option<RowId> {
        self.0.rows().first().copied()
    }
}

/// How much is read, of everything and of each pane; counted once a second and after changes, not at every frame.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// Of everything.
    pub all: Coverage,
    /// Of what is looked at: the accounts and regions of the lens.
    pub seen: Coverage,
    /// Of the feeds that bring what asks for attention, as far as it is looked at: what the totals rest on.
    pub counted: Coverage,
    /// Of each pane, in the order of [`panes::ALL`].
    pub panes: Vec<Coverage>,
    pub(super) is_stale: bool,
    refreshed: Timestamp,
}

impl Covered {
    /// Counts again where that is due.
    pub fn refresh(&mut self, store: &Store, lens: &Lens, now: Timestamp) {
        if !self.is_stale && self.refreshed.as_secs() == now.as_secs() && !self.panes.is_empty() {
            return;
        }
        let all = store.coverage_by_source(&Only::default(), now);
        let seen = if lens.accounts.is_empty() && lens.regions.is_empty() {
            all
        } else {
            let only = Only {
                accounts: lens.accounts.iter().copied().collect(),
                regions: lens.regions.iter().copied().collect(),
                ..Only::default()
            };
            store.coverage_by_source(&only, now)
        };
        self.all = all.all();
        self.seen = seen.all();
        self.counted = seen.asking();
        self.panes = panes::ALL
            .iter()
            .map(|pane| seen.of(pane.sources))
            .collect();
        self.is_stale = false;
        self.refreshed = now;
    }

    /// Of this pane.
    #[must_use]
    pub fn pane(&self, at: usize) -> Coverage {
        self.panes.get(at).copied().unwrap_or_default()
    }
}
