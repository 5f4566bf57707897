//! CloudWatch alarms, metric and composite.
//!
//! Two slices. `all` lists every alarm every five minutes and is the whole truth. `alarm` lists only what is in
//! ALARM, every thirty seconds; an alarm that is missing from it has cleared, lost its data or was deleted, which the
//! list does not tell, so those few are looked up by name and the `all` slice is amended.
//!
//! An alarm that went from ALARM to INSUFFICIENT_DATA while noctop was looking stays open as *no data*, with the
//! age of its alarm: a dead host must not look like a recovery.
//!
//! CloudWatch does not rate alarms. The default here is medium for an alarm that asks for attention and info for all
//! others; names, namespaces and tags are weighed by the triage rules.

mod alarm;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use serde_json::Value;

use crate::aws::access::Access;
use crate::aws::ops::DESCRIBE_ALARMS;
use crate::clock::Timestamp;
use crate::domain::{Fault, ItemState, Kind, Record, Slice, SourceId};

use super::{Answer, Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};

/// Only what is in ALARM.
pub const ALARM: Slice = Slice("alarm");

/// See the module.
pub const SOURCE: Source = Source {
    id: SourceId::Cloudwatch,
    kinds: &[Kind::Alarm],
    slices: &[
        SliceSpec {
            slice: ALARM,
            every: Duration::from_secs(30),
            part: Part::Fast,
            reach: Reach::Scope,
            plane: Plane::Regional,
        },
        SliceSpec {
            slice: Slice::ALL,
            every: Duration::from_secs(300),
            part: Part::Snapshot,
            reach: Reach::Scope,
            plane: Plane::Regional,
        },
    ],
    ask: |ask| -> Answer<()> {
        if ask.slice() == ALARM {
            Box::pin(ask_alarming(ask))
        } else {
            Box::pin(ask_all(ask))
        }
    },
    raw: |look| Box::pin(raw(look)),
};

/// The largest page.
const PAGE: i32 = 100;
/// The most names of one lookup.
const NAMES: usize = 100;

/// What is remembered of one scope's alarms.
#[derive(Default)]
struct Memory(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Alarms in ALARM, or without data since: when they went into ALARM.
    alarming: HashMap<Arc<str>, Timestamp>,
    /// What the last `alarm` answer named.
    named: HashSet<Arc<str>>,
    /// Alarms that left that answer since the last `all` answer began: what they are now, or nothing if deleted.
    left: HashMap<Arc<str>, (Timestamp, Option<Record>)>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, records: Vec<Record>) -> Vec<Record> {
        let mut known = self.lock();
        records.into_iter().map(|r| known.note(r)).collect()
    }
}

impl Known {
    /// Remembers whether an alarm is alarming, and tells one that lost its data from one that never had any.
    fn note(&mut self, mut record: Record) -> Record {
        let name = &record.native;
        match record.item.native_state.as_ref() {
            "ALARM" => {
                self.alarming.insert(Arc::clone(name), record.item.opened);
            }
            "INSUFFICIENT_DATA" => {
                if let Some(&since) = self.alarming.get(name) {
                    alarm::lose_data(&mut record.item, since);
                }
            }
            _ => {
                self.alarming.remove(name);
            }
        }
        record
    }

    /// Takes over what the `alarm` answer named and returns what the `all` answer should say of the others: what
    /// they are now, and which are gone.
    fn settle(&mut self, named: HashSet<Arc<str>>) -> (Vec<Record>, Vec<Arc<str>>) {
        self.left.retain(|name, _| !named.contains(name));
        self.named = named;
        let mut upserts = Vec::new();
        let mut removed = Vec::new();
        for (name, (_, record)) in &self.left {
            match record {
                Some(record) => upserts.push(record.clone()),
                None => removed.push(Arc::clone(name)),
            }
        }
        (upserts, removed)
    }
}

async fn ask_all(ask: Ask) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let began = ask.now();
    let mut open: HashSet<Arc<str>> = HashSet::new();
    let mut pages = Pages::default();
    while pages.more() {
        let (records, next) = list(ask.access(), None, pages.token()).await?;
        let records = memory.note(records);
        let still_open = records.iter().filter(|r| r.item.state.is_open());
        open.extend(still_open.map(|r| Arc::clone(&r.native)));
        ask.page(records).await;
        pages.turn(&DESCRIBE_ALARMS, next)?;
    }
    let mut known = memory.lock();
    // What left before this answer began is in it as it is now.
    known.left.retain(|_, (at, _)| *at >= began);
    // What is neither open here nor named by the faster slice was deleted.
    let Known {
        alarming, named, ..
    } = &mut *known;
    alarming.retain(|name, _| open.contains(name) || named.contains(name));
    Ok(())
}

async fn ask_alarming(ask: Ask) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let began = ask.now();
    let mut named: HashSet<Arc<str>> = HashSet::new();
    let mut pages = Pages::default();
    while pages.more() {
        let alarming = Some(StateValue::Alarm);
        let (records, next) = list(ask.access(), alarming, pages.token()).await?;
        let records = memory.note(records);
        named.extend(records.iter().map(|r| Arc::clone(&r.native)));
        ask.page(records).await;
        pages.turn(&DESCRIBE_ALARMS, next)?;
    }
    let mut gone: Vec<Arc<str>> = memory.lock().named.difference(&named).cloned().collect();
    gone.sort();
    for names in gone.chunks(NAMES) {
        let mut found = look_up(ask.access(), names).await?;
        let mut again = Vec::new();
        for name in names {
            let mut known = memory.lock();
            match found.remove(name).map(|r| known.note(r)) {
                // It went back into ALARM between the list and the lookup.
                Some(record) if record.item.state == ItemState::Open => {
                    named.insert(Arc::clone(name));
                    again.push(record);
                }
                record => {
                    if record.is_none() {
                        known.alarming.remove(name);
                    }
                    known.left.insert(Arc::clone(name), (began, record));
                }
            }
        }
        if !again.is_empty() {
            ask.page(again).await;
        }
    }
    // Said again at every asking until an `all` answer that began later has come: an answer that was under way
    // may still bring the alarm as it was.
    let (upserts, removed) = memory.lock().settle(named);
    if !upserts.is_empty() || !removed.is_empty() {
        ask.amend(Slice::ALL, upserts, removed).await;
    }
    Ok(())
}

/// One page of alarms of both types; without the types AWS would leave out the composite ones.
async fn list(
    access: &Access,
    state: Option<StateValue>,
    token: Option<String>,
) -> Result<(Vec<Record>, Option<String>), Fault> {
    let out = access
        .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .set_state_value(state)
                .max_records(PAGE)
                .set_next_token(token)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let scope = access.scope();
    let metric = out.metric_alarms.unwrap_or_default();
    let composite = out.composite_alarms.unwrap_or_default();
    let mut records = Vec::with_capacity(metric.len() + composite.len());
    records.extend(metric.into_iter().filter_map(|a| alarm::metric(scope, a)));
    records.extend(
        composite
            .into_iter()
            .filter_map(|a| alarm::composite(scope, a)),
    );
    Ok((records, out.next_token))
}

/// The alarms with these names, as far as they still exist.
async fn look_up(access: &Access, names: &[Arc<str>]) -> Result<HashMap<Arc<str>, Record>, Fault> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let out = access
        .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .set_alarm_names(Some(names))
                .max_records(PAGE)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let scope = access.scope();
    let metric = out.metric_alarms.unwrap_or_default().into_iter();
    let composite = out.composite_alarms.unwrap_or_default().into_iter();
    Ok(metric
        .filter_map(|a| alarm::metric(scope, a))
        .chain(composite.filter_map(|a| alarm::composite(scope, a)))
        .map(|record| (Arc::clone(&record.native), record))
        .collect())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    look_up(&access, std::slice::from_ref(&look.item.key.id)).await?;
    let body = tape.json();
    ["MetricAlarms", "CompositeAlarms"]
        .iter()
        .find_map(|list| body.as_ref()?.get(list)?.get(0).cloned())
        .ok_or_else(|| look.gone(&DESCRIBE_ALARMS))
}
