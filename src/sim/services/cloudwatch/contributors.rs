//! `DescribeAlarmContributors`: which series of an alarm that watches many are in ALARM.

use super::alarm::{Alarm, State};
use super::estate::CloudWatch;
use super::metrics::not_found;
use crate::fields;
use crate::sim::services::{Answer, Call};
use crate::sim::wire::{Map, Value};

/// Series that an expression with `GROUP BY` yields here.
const SERIES: usize = 3;

/// What an expression of Metrics Insights groups by, as `GROUP BY InstanceId` says; none for one that groups nothing.
fn grouped_by(expression: &str) -> Option<&str> {
    let at = expression.to_ascii_uppercase().find("GROUP BY")?;
    let rest = expression[at + "GROUP BY".len()..].trim_start();
    let end = rest.find(|c: char| c.is_whitespace() || c == ',');
    Some(rest[..end.unwrap_or(rest.len())].trim_matches('"')).filter(|name| !name.is_empty())
}

/// The labels of the series that an expression yields: the values of what it groups by.
#[must_use]
pub fn series(expression: &str) -> Vec<String> {
    match grouped_by(expression) {
        Some(name) => (1..=SERIES)
            .map(|n| format!("{}-{n}", name.to_ascii_lowercase()))
            .collect(),
        None => Vec::new(),
    }
}

/// The first expression of an alarm that groups.
fn expression(definition: &Map) -> Option<String> {
    let metrics = definition.get("Metrics")?.items();
    let texts = metrics
        .iter()
        .filter_map(|metric| metric.at("Expression").as_str());
    texts
        .filter(|text| grouped_by(text).is_some())
        .map(str::to_owned)
        .next()
}

/// Answers `DescribeAlarmContributors`. Of an alarm that is not in ALARM nobody contributes.
pub fn describe(call: &Call<'_>) -> Answer {
    let name = call.needed("AlarmName");
    call.estate(|all: &mut CloudWatch, site, _| {
        let alarm: &Alarm = all
            .alarms
            .get(name)
            .filter(|alarm| !alarm.is_composite())
            .ok_or_else(|| not_found(&format!("The alarm {name} does not exist.")))?;
        let definition = alarm.definition(site);
        let text = expression(&definition).filter(|_| alarm.state == State::Alarm);
        let by = text.as_deref().and_then(grouped_by).unwrap_or_default();
        let reason = alarm.reason(&definition, site).text;
        let told: Value = series(text.as_deref().unwrap_or_default())
            .into_iter()
            .map(|value| {
                let mut attributes = Map::default();
                attributes.set(by.to_owned(), value.clone());
                fields! {
                    "ContributorId" => format!("{name}/{value}"),
                    "ContributorAttributes" => Value::Map(attributes),
                    "StateReason" => reason.clone(),
                    "StateTransitionedTimestamp" => alarm.transitioned,
                }
            })
            .collect();
        Ok(fields! { "AlarmContributors" => told })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_grouped_by_names_the_series() {
        let select = "SELECT MAX(CPUUtilization) FROM SCHEMA(\"AWS/EC2\", InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC";
        assert_eq!(
            series(select),
            ["instanceid-1", "instanceid-2", "instanceid-3"]
        );
        assert_eq!(series("SELECT AVG(Errors) FROM \"AWS/Lambda\""), [""; 0]);
    }
}
