//! Mute rules: which alarms they cover, and when.

use std::collections::HashMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{Detail, Item, ItemKey, Kind};

use super::row::{Muted, RowId};

/// All mute rules, by row and by the alarms that they name.
#[derive(Debug, Default)]
pub(super) struct Mutes {
    rules: HashMap<RowId, Arc<Item>>,
    by_alarm: HashMap<ItemKey, Vec<RowId>>,
}

impl Mutes {
    /// Takes note of a rule's row. The alarms to which that may make a difference.
    pub fn note(&mut self, row: RowId, item: &Arc<Item>) -> Vec<ItemKey> {
        if self.rules.get(&row) == Some(item) {
            return Vec::new();
        }
        let mut touched = self.forget(row);
        for alarm in alarms(item) {
            self.by_alarm.entry(alarm.clone()).or_default().push(row);
            touched.push(alarm);
        }
        self.rules.insert(row, Arc::clone(item));
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Forgets a rule. The alarms that it named.
    pub fn forget(&mut self, row: RowId) -> Vec<ItemKey> {
        let Some(item) = self.rules.remove(&row) else {
            return Vec::new();
        };
        let named: Vec<ItemKey> = alarms(&item).collect();
        for alarm in &named {
            if let Some(rows) = self.by_alarm.get_mut(alarm) {
                rows.retain(|other| *other != row);
                if rows.is_empty() {
                    self.by_alarm.remove(alarm);
                }
            }
        }
        named
    }

    /// The mute that covers an alarm now, and when time alone may change that.
    pub fn over(&self, alarm: &ItemKey, now: Timestamp) -> (Option<Arc<Muted>>, Option<Timestamp>) {
        let Some(rows) = self.by_alarm.get(alarm) else {
            return (None, None);
        };
        let mut longest: Option<Muted> = None;
        let mut turns: Option<Timestamp> = None;
        for item in rows.iter().filter_map(|row| self.rules.get(row)) {
            let Detail::Mute(mute) = &item.detail else {
                continue;
            };
            turns = turns.into_iter().chain(mute.next_change(now)).min();
            let Some(span) = mute.current(now) else {
                continue;
            };
            let muted = Muted {
                rule: Arc::clone(&item.name),
                until: span.until,
                by: mute.by.clone(),
                note: mute.note.clone(),
            };
            // An end that nobody knows counts as the last; rules of the same end keep the order of their names.
            let rank = |m: &Muted| {
                (
                    m.until.is_none(),
                    m.until,
                    std::cmp::Reverse(Arc::clone(&m.rule)),
                )
            };
            if longest
                .as_ref()
                .is_none_or(|best| rank(&muted) > rank(best))
            {
                longest = Some(muted);
            }
        }
        (longest.map(Arc::new), turns)
    }
}

/// The keys of the alarms that a rule names.
fn alarms(item: &Item) -> impl Iterator<Item = ItemKey> {
    let scope = item.key.scope;
    let names = match &item.detail {
        Detail::Mute(mute) => mute.alarms.as_slice(),
        _ => &[],
    };
    names.iter().map(move |name| ItemKey {
        kind: Kind::Alarm,
        scope,
        id: Arc::clone(name),
    })
}
