//! Trouble that AWS reports about its own services: which alarms it may explain.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmWatch;
use crate::domain::health::service_of;
use crate::domain::{AccountId, Detail, Item, Region};

use super::row::RowId;

/// How long before AWS says that its trouble began an alarm may have fired because of it: alarms look at minutes, and whoever writes
/// an event dates it with care.
const BEFORE: Duration = Duration::from_secs(30 * 60);

/// Trouble that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trouble {
    row: RowId,
    /// Whom it concerns; [`AccountId::UNKNOWN`]: everybody.
    account: AccountId,
    since: Timestamp,
}

/// All trouble that is open, by region and service.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    open: HashMap<(Region, Arc<str>), Vec<Trouble>>,
}

impl Troubles {
    /// Takes note of an event's row, or that it is gone. Whether that changes what is in trouble.
    pub fn note(&mut self, row: RowId, item: &Item, present: bool) -> bool {
        let Detail::Health(event) = &item.detail else {
            return false;
        };
        let key = (item.key.scope.region, Arc::clone(&event.service));
        let now = (present && event.is_trouble()).then(|| Trouble {
            row,
            account: item.key.scope.account,
            since: event.starts.unwrap_or(item.opened),
        });
        let here = self.open.entry(key.clone()).or_default();
        let before = here.iter().position(|trouble| trouble.row == row);
        let changed = before.map(|at| here[at]) != now;
        if let Some(at) = before {
            here.swap_remove(at);
        }
        here.extend(now);
        if here.is_empty() {
            self.open.remove(&key);
        }
        changed
    }

    /// Whether any event may explain this alarm. Asked of every row that is settled, and mostly there is no trouble at all.
    pub fn any_over(&self, item: &Item) -> bool {
        !self.open.is_empty() && self.over(item).next().is_some()
    }

    /// The events that may explain this alarm, by the service and the place of its metric and by the time at which it began.
    pub fn over<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = RowId> + use<'a> {
        let scope = item.key.scope;
        let service = namespace(item).and_then(service_of);
        let places = service.into_iter().flat_map(move |service| {
            [scope.region, Region::GLOBAL].map(|region| (region, Arc::clone(&service)))
        });
        places
            .filter_map(|place| self.open.get(&place))
            .flatten()
            .filter(move |trouble| {
                [AccountId::UNKNOWN, scope.account].contains(&trouble.account)
                    && item.opened >= trouble.since.minus(BEFORE)
            })
            .map(|trouble| trouble.row)
    }
}

/// The namespace of what an alarm watches.
fn namespace(item: &Item) -> Option<&str> {
    let Detail::Alarm(alarm) = &item.detail else {
        return None;
    };
    match &alarm.terms.watch {
        AlarmWatch::Metric { namespace, .. } | AlarmWatch::Expression { namespace, .. } => {
            namespace.as_deref()
        }
        AlarmWatch::Composite(_) => None,
    }
}
