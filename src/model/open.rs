//! What the header and the tabs count: everything that asks for attention, and how much could be read.

use crate::clock::Timestamp;
use crate::domain::{Kind, Severity};
use crate::panes;
use crate::store::projection::{Progress, Projection, Query};
use crate::store::{Changes, Coverage, Only, RowId, Store};

use super::Lens;

/// Every open item by kind, in queue order. Never frozen and never filtered but by accounts and regions.
#[derive(Debug)]
pub struct Open {
    kinds: Vec<(Kind, Projection)>,
}

impl Open {
    pub(super) fn new() -> Self {
        Self {
            kinds: Kind::ALL
                .iter()
                .map(|kind| (*kind, Projection::new(Query::queue())))
                .collect(),
        }
    }

    pub(super) fn ask(&mut self, lens: &Lens) {
        for (kind, projection) in &mut self.kinds {
            projection.ask(Query {
                kinds: vec![*kind],
                accounts: lens.accounts.iter().copied().collect(),
                regions: lens.regions.iter().copied().collect(),
                ..Query::queue()
            });
        }
    }

    pub(super) fn note(&mut self, changes: &Changes) {
        for (_, projection) in &mut self.kinds {
            projection.note(changes);
        }
    }

    /// Brings the counts up to date, as far as the budget goes.
    pub fn refresh(&mut self, store: &Store, now: Timestamp, budget: &mut usize) -> Progress {
        let mut progress = Progress::Done;
        for (_, projection) in &mut self.kinds {
            if projection.refresh(store, now, budget) == Progress::More {
                progress = Progress::More;
            }
        }
        progress
    }

    /// Open items of this severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> usize {
        self.kinds
            .iter()
            .map(|(_, p)| p.counts().of(severity))
            .sum()
    }

    /// Open items of this kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> usize {
        self.kinds
            .iter()
            .filter(|(k, _)| *k == kind)
            .map(|(_, p)| p.len())
            .sum()
    }

    /// The row that comes first in the Queue: the oldest of the highest severity that nobody has taken.
    #[must_use]
    pub fn first(&self, store: &Store) -> Option<RowId> {
        let rank = |id: &RowId| {
            let row = store.row(*id)?;
            let opened = row.item().opened;
            // An unknown age is not the oldest one.
            Some((
                row.severity(),
                std::cmp::Reverse((row.state(), opened.is_unknown(), opened)),
            ))
        };
        self.kinds
            .iter()
            .filter_map(|(_, p)| p.rows().first().copied())
            .max_by_key(rank)
    }

    /// When time alone changes a count.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.kinds
            .iter()
            .filter_map(|(_, p)| p.next_deadline())
            .min()
    }
}

/// How much is read, of everything and of each pane; counted once a second and after changes, not at every frame.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// Of everything.
    pub all: Coverage,
    /// Of what is looked at: the accounts and regions of the lens.
    pub seen: Coverage,
    /// Of each pane, in the order of [`panes::ALL`].
    pub panes: Vec<Coverage>,
    pub(super) is_stale: bool,
    counted: Timestamp,
}

impl Covered {
    /// Counts again where that is due.
    pub fn refresh(&mut self, store: &Store, lens: &Lens, now: Timestamp) {
        if !self.is_stale && self.counted.as_secs() == now.as_secs() && !self.panes.is_empty() {
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
        self.panes = panes::ALL
            .iter()
            .map(|pane| seen.of(pane.sources))
            .collect();
        self.is_stale = false;
        self.counted = now;
    }

    /// Of this pane.
    #[must_use]
    pub fn pane(&self, at: usize) -> Coverage {
        self.panes.get(at).copied().unwrap_or_default()
    }
}
