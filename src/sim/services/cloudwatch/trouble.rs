//! When what alarms watch is in trouble: what its logs are full of.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::alarm::{Alarm, Rhythm, Shape, State};
use super::estate::CloudWatch;

/// How long before its alarm fires something is in trouble: datapoints must breach before CloudWatch believes them.
const LEAD_SECS: i64 = 240;

/// Times in seconds, from one up to another.
pub type Times = Vec<(i64, i64)>;

/// Something that alarms watch: the namespace of its metrics, and its name.
pub type Workload = (&'static str, Box<str>);

impl CloudWatch {
    /// Everything that the usual alarms watch.
    pub fn workloads(&self) -> BTreeSet<Workload> {
        let known = self.alarms.values().filter_map(|alarm| match &alarm.shape {
            Shape::Known(template, resource) => Some((template.namespace, resource.clone())),
            _ => None,
        });
        known.collect()
    }

    /// The times at which each workload is in trouble, by its name, and by the name of an alarm that has none.
    pub fn troubles(&self) -> HashMap<Box<str>, Times> {
        let mut all: HashMap<Box<str>, Times> = HashMap::new();
        for (name, alarm) in &self.alarms {
            let key = match &alarm.shape {
                Shape::Known(_, resource) => resource,
                Shape::Given(_) => &**name,
                Shape::Composite(_) => continue,
            };
            let times = fired(alarm);
            if !times.is_empty() {
                all.entry(key.into()).or_default().extend(times);
            }
        }
        // What will fire within the next minutes is in trouble already.
        for Reverse((at, _, name, to)) in &self.due {
            let Some(alarm) = self.alarms.get(name) else {
                continue;
            };
            let fires = match to {
                Some(to) => *to == State::Alarm,
                None => alarm.state == State::Ok && matches!(alarm.rhythm, Rhythm::Fires(..)),
            };
            if let Shape::Known(_, resource) = &alarm.shape
                && fires
            {
                let times = all.entry(resource.clone()).or_default();
                times.push((at.as_secs() - LEAD_SECS, i64::MAX));
            }
        }
        all
    }
}

fn fired(alarm: &Alarm) -> Times {
    let mut times = Times::new();
    let mut since = match alarm.past.first() {
        Some(first) => (first.from == State::Alarm).then_some(i64::MIN),
        None => (alarm.state == State::Alarm).then_some(alarm.transitioned.as_secs() - LEAD_SECS),
    };
    for change in &alarm.past {
        if change.to == State::Alarm {
            since = Some(change.at.as_secs() - LEAD_SECS);
        } else if let Some(from) = since.take() {
            times.push((from, change.at.as_secs()));
        }
    }
    if let Some(from) = since {
        times.push((from, i64::MAX));
    }
    times
}
