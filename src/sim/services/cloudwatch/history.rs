//! `DescribeAlarmHistory`: the only way to ask what changed since a moment.

use super::alarm::{Alarm, Change, Reason, State};
use super::estate::CloudWatch;
use crate::fields;
use crate::sim::services::{Answer, Call};
use crate::sim::wire::{Map, Value, json};
use crate::sim::world::Site;

/// One entry: the alarm, and the change or, when there is none, its configuration.
type Entry<'a> = (
    crate::clock::Timestamp,
    &'a str,
    &'a Alarm,
    Option<&'a Change>,
);

/// Answers `DescribeAlarmHistory`.
pub fn describe(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let wanted = call.text("AlarmName");
    let kind = call.text("HistoryItemType");
    let (start, end) = (
        call.arg("StartDate").as_time(),
        call.arg("EndDate").as_time(),
    );
    let types: Vec<&str> = call.arg("AlarmTypes").texts().collect();
    let ascending = call.text("ScanBy") == Some("TimestampAscending");
    call.estate(|all: &mut CloudWatch, site, _| {
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for (name, alarm) in all
            .alarms
            .iter()
            .filter(|(name, _)| wanted.is_none_or(|w| w == &***name))
        {
            // As in DescribeAlarms, nothing is said of composite alarms unless asked.
            let of_type = if alarm.is_composite() {
                types.contains(&"CompositeAlarm")
            } else {
                types.is_empty() || types.contains(&"MetricAlarm")
            };
            if !of_type {
                continue;
            }
            if kind.is_none_or(|k| k == "StateUpdate") {
                entries.extend(
                    alarm
                        .past
                        .iter()
                        .map(|change| (change.at, &**name, alarm, Some(change))),
                );
            }
            if kind.is_none_or(|k| k == "ConfigurationUpdate") {
                entries.push((alarm.configured, name, alarm, None));
            }
        }
        entries.retain(|(at, ..)| start.is_none_or(|s| *at >= s) && end.is_none_or(|e| *at <= e));
        entries.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        if !ascending {
            entries.reverse();
        }
        let (rows, next) = page.cut(entries);
        let rows: Value = rows.into_iter().map(|entry| row(entry, site)).collect();
        Ok(fields! { "AlarmHistoryItems" => rows, "NextToken" => next })
    })
}

fn row((at, name, alarm, change): Entry<'_>, site: &Site) -> Value {
    let definition = alarm.definition(site);
    let (kind, summary, data) = match change {
        Some(change) => {
            let summary = format!(
                "Alarm updated from {} to {}",
                change.from.name(),
                change.to.name()
            );
            let before = alarm
                .past
                .iter()
                .rev()
                .find(|earlier| earlier.at < change.at);
            let began = before.map_or(alarm.configured, |earlier| earlier.at);
            let told = before.and_then(|earlier| earlier.told.as_deref());
            let old = alarm.reason_of(change.from, began, told, &definition, site);
            let new = alarm.reason_of(
                change.to,
                change.at,
                change.told.as_deref(),
                &definition,
                site,
            );
            let data = fields! {
                "version" => "1.0", "oldState" => state(change.from, &old), "newState" => state(change.to, &new),
            };
            ("StateUpdate", summary, data)
        }
        None => {
            let data = fields! { "version" => "1.0", "type" => "Create", "createdAlarm" => lower(definition) };
            (
                "ConfigurationUpdate",
                format!("Alarm \"{name}\" created"),
                data,
            )
        }
    };
    fields! {
        "AlarmName" => name,
        "AlarmType" => if alarm.is_composite() { "CompositeAlarm" } else { "MetricAlarm" },
        "Timestamp" => at,
        "HistoryItemType" => kind,
        "HistorySummary" => summary,
        "HistoryData" => String::from_utf8_lossy(&json::encode(&data)).into_owned(),
    }
}

fn state(state: State, reason: &Reason) -> Value {
    // The data of a reason is a document inside the document.
    let data = reason
        .data
        .as_deref()
        .and_then(|text| json::decode(text.as_bytes()).ok());
    fields! { "stateValue" => state.name(), "stateReason" => &reason.text, "stateReasonData" => data }
}

/// Members as CloudWatch writes them in its documents: with a small first letter.
fn lower(members: Map) -> Map {
    let small = |name: &str| name[..1].to_ascii_lowercase() + &name[1..];
    Map(members
        .0
        .into_iter()
        .map(|(name, value)| (small(&name).into(), value))
        .collect())
}
