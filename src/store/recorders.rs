//! Recorders of AWS Config that were stopped: what their scopes' rules tell is as old as that.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::domain::compliance::ComplianceDetail;
use crate::domain::{Detail, Item, Scope};

use super::row::RowId;

/// Every recorder that was stopped, by scope.
#[derive(Debug, Default)]
pub(super) struct Recorders(HashMap<Scope, (RowId, Timestamp)>);

impl Recorders {
    /// Takes note of a row, or that it is gone. Whether that changes what is recorded where.
    pub fn note(&mut self, row: RowId, item: &Item, present: bool) -> bool {
        let Detail::Compliance(detail) = &item.detail else {
            return false;
        };
        let ComplianceDetail::Recorder(recorder) = &**detail else {
            return false;
        };
        let scope = item.key.scope;
        let now = recorder.stopped.filter(|_| present).map(|at| (row, at));
        let before = self.0.get(&scope).copied().filter(|(by, _)| *by == row);
        match now {
            Some(stopped) => {
                self.0.insert(scope, stopped);
            }
            None if before.is_some() => {
                self.0.remove(&scope);
            }
            None => {}
        }
        before != now
    }

    /// Since when nothing is recorded in a scope; none where something is, as far as is known.
    pub fn stopped(&self, scope: Scope) -> Option<Timestamp> {
        self.0.get(&scope).map(|(_, at)| *at)
    }

    /// Whether an item tells what was when the recorder of its scope was stopped.
    pub fn makes_old(&self, item: &Item) -> bool {
        let is_rule = matches!(&item.detail, Detail::Compliance(detail) if matches!(**detail, ComplianceDetail::Rule(_)));
        is_rule && self.stopped(item.key.scope).is_some()
    }
}
