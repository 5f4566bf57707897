//! Maintenance windows that are running: which alarms began inside one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::window::WindowPhase;
use crate::domain::{Detail, Item, Scope};

use super::row::RowId;

/// A window that is open.
#[derive(Clone, Debug, PartialEq)]
struct Running {
    row: RowId,
    started: Timestamp,
    ends: Timestamp,
    instances: Vec<Arc<str>>,
}

/// All windows that are open, by scope.
#[derive(Debug, Default)]
pub(super) struct Windows {
    running: HashMap<Scope, Vec<Running>>,
}

impl Windows {
    /// Takes note of a window's row, or that it is gone. Whether that changes which windows run.
    pub fn note(&mut self, row: RowId, item: &Item, present: bool) -> bool {
        let now = if present { running(row, item) } else { None };
        let windows = self.running.entry(item.key.scope).or_default();
        let before = windows.iter().position(|window| window.row == row);
        let changed = match (before, now) {
            (Some(i), Some(window)) => {
                let changed = windows[i] != window;
                windows[i] = window;
                changed
            }
            (Some(i), None) => {
                windows.swap_remove(i);
                true
            }
            (None, Some(window)) => {
                windows.push(window);
                true
            }
            (None, None) => false,
        };
        if windows.is_empty() {
            self.running.remove(&item.key.scope);
        }
        changed
    }

    /// When the last running window ends in which this alarm began, if there is one.
    pub fn excuse(&self, item: &Item, now: Timestamp) -> Option<Timestamp> {
        let windows = self.running.get(&item.key.scope)?;
        let instance = instance(item)?;
        windows
            .iter()
            .filter(|w| {
                w.started <= item.opened
                    && item.opened < w.ends
                    && now < w.ends
                    && w.instances.iter().any(|id| **id == *instance)
            })
            .map(|w| w.ends)
            .max()
    }
}

/// The instance that an alarm watches.
fn instance(item: &Item) -> Option<&str> {
    let Detail::Alarm(alarm) = &item.detail else {
        return None;
    };
    alarm
        .dimensions
        .iter()
        .find(|(name, _)| &**name == "InstanceId")
        .map(|(_, id)| &**id)
}

fn running(row: RowId, item: &Item) -> Option<Running> {
    let Detail::Window(window) = &item.detail else {
        return None;
    };
    if window.phase != WindowPhase::Running {
        return None;
    }
    let started = window.current.as_ref()?.started;
    let hours = u64::try_from(window.duration_hours).unwrap_or(0);
    Some(Running {
        row,
        started,
        ends: started.plus(Duration::from_secs(hours * 3_600)),
        instances: window.instances.clone(),
    })
}
