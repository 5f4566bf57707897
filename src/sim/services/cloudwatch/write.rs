//! The operations that change alarms.

use std::collections::BTreeMap;
use std::time::Duration;

use super::alarm::{Alarm, Reason, Shape, State};
use super::estate::CloudWatch;
use super::metrics::not_found;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::{fields, sim::wire::is_empty};

/// Members that a definition keeps beside its actions.
const KEPT: &[&str] = &[
    "AlarmDescription",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
];

/// Members that are numbers, which the query protocol sends as text.
const NUMBERS: &[&str] = &[
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "EvaluationInterval",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
];

fn members(call: &Call<'_>) -> Map {
    let mut kept = Map::default();
    for name in KEPT {
        let value = call.arg(name);
        if is_empty(value) {
            continue;
        }
        let value = match *name {
            "Threshold" => value.as_float().into(),
            name if NUMBERS.contains(&name) => value.as_int().into(),
            _ => value.clone(),
        };
        kept.set(*name, value);
    }
    kept
}

/// The tags that a request gives.
pub fn tags(call: &Call<'_>) -> BTreeMap<String, String> {
    let text = |tag: &Value, name: &str| tag.at(name).as_str().unwrap_or_default().to_owned();
    call.arg("Tags")
        .items()
        .iter()
        .map(|tag| (text(tag, "Key"), text(tag, "Value")))
        .collect()
}

/// Answers `PutMetricAlarm`.
pub fn put_metric_alarm(call: &Call<'_>) -> Answer {
    let members = members(call);
    let kinds = ["MetricName", "Metrics", "EvaluationCriteria"]
        .iter()
        .filter(|n| members.get(n).is_some())
        .count();
    if kinds != 1 {
        return Err(
            call.invalid("Exactly one of MetricName, Metrics and EvaluationCriteria must be given")
        );
    }
    if members.get("MetricName").is_some() {
        let given = |name: &str| members.get(name).is_some();
        if let Some(missing) = [
            "Namespace",
            "Period",
            "EvaluationPeriods",
            "ComparisonOperator",
        ]
        .iter()
        .find(|n| !given(n))
        {
            return Err(Refusal::new(
                "MissingRequiredParameterException",
                format!("The parameter {missing} is required."),
            ));
        }
        if given("Statistic") == given("ExtendedStatistic") {
            return Err(
                call.invalid("Exactly one of Statistic and ExtendedStatistic must be given")
            );
        }
        let period = members.get("Period").and_then(Value::as_int).unwrap_or(0);
        if !matches!(period, 10 | 20 | 30) && (period < 60 || period % 60 != 0) {
            return Err(call.invalid("Period must be 10, 20, 30 or a multiple of 60"));
        }
    }
    let (name, tags) = (call.needed("AlarmName"), tags(call));
    let actions = call.arg("ActionsEnabled").as_bool().unwrap_or(true);
    call.estate(|all: &mut CloudWatch, site, now| {
        if all.alarms.get(name).is_some_and(Alarm::is_composite) {
            return Err(call.invalid("A composite alarm has this name"));
        }
        let mut fresh = Alarm::new(Shape::Given(Box::new(members)), now);
        fresh.tags = tags;
        if let Some(old) = all.alarms.remove(name) {
            // An existing alarm keeps its state and its tags.
            fresh = Alarm {
                shape: fresh.shape,
                configured: now,
                ..old
            };
        }
        fresh.actions = actions;
        all.alarms.insert(name.into(), fresh);
        all.judge_parents(site, name, now);
        Ok(Value::Null)
    })
}

/// Answers `PutCompositeAlarm`.
pub fn put_composite_alarm(call: &Call<'_>) -> Answer {
    let (name, rule, tags) = (
        call.needed("AlarmName"),
        call.needed("AlarmRule"),
        tags(call),
    );
    let actions = call.arg("ActionsEnabled").as_bool().unwrap_or(true);
    let members = members(call);
    call.estate(|all: &mut CloudWatch, site, now| {
        let children = super::rule::Rule::parse(rule);
        let children =
            children.map_err(|why| call.invalid(format!("AlarmRule is not valid: {why}")))?;
        if let Some(gone) = children
            .children()
            .into_iter()
            .find(|c| !all.alarms.contains_key(*c))
        {
            return Err(call.invalid(format!(
                "AlarmRule refers to an alarm that does not exist: {gone}"
            )));
        }
        all.put_composite(name, rule, members, now)
            .map_err(|why| call.invalid(why))?;
        if let Some(alarm) = all.alarms.get_mut(name) {
            alarm.actions = actions;
            if alarm.tags.is_empty() {
                alarm.tags = tags;
            }
        }
        all.judge_now(site, name, now);
        Ok(Value::Null)
    })
}

/// Answers `SetAlarmState`. The next evaluation takes it back, as on AWS; an alarm that a client has
/// created has no metric behind it and stays.
pub fn set_alarm_state(call: &Call<'_>) -> Answer {
    let name = call.needed("AlarmName");
    let text = call.needed("StateValue");
    let state = State::parse(text).ok_or_else(|| super::bad_state(call, text))?;
    let data = call.text("StateReasonData").map(str::to_owned);
    if data
        .as_deref()
        .is_some_and(|d| serde_json::from_str::<serde_json::Value>(d).is_err())
    {
        return Err(Refusal::new(
            "InvalidFormatFault",
            "Data was not syntactically valid JSON.",
        ));
    }
    let reason = Reason {
        text: call
            .arg("StateReason")
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        data,
    };
    call.estate(|all: &mut CloudWatch, site, now| {
        let alarm = all
            .alarms
            .get_mut(name)
            .ok_or_else(|| not_found("Alarm not found"))?;
        let evaluated = alarm.state;
        alarm.turn(now, state, Some(reason));
        if let (Shape::Known(kind, _), true) = (&alarm.shape, state != evaluated) {
            let next = now.plus(Duration::from_secs(kind.period.unsigned_abs()));
            all.plan(next, name.into(), Some(evaluated));
        }
        all.judge_parents(site, name, now);
        Ok(Value::Null)
    })
}

/// Answers `DeleteAlarms`: all of them or, when one is missing, none.
pub fn delete_alarms(call: &Call<'_>) -> Answer {
    let names: Vec<&str> = call.arg("AlarmNames").texts().collect();
    call.estate(|all: &mut CloudWatch, _, _| {
        if names.iter().any(|name| !all.alarms.contains_key(*name)) {
            return Err(not_found("Alarm not found"));
        }
        if let Some(kept) = names
            .iter()
            .find(|name| all.parents_of(name).iter().any(|p| !names.contains(&&**p)))
        {
            return Err(call.invalid(format!("{kept} is used by a composite alarm")));
        }
        for name in names {
            all.remove(name);
        }
        Ok(Value::Null)
    })
}

/// Answers `EnableAlarmActions`. Names that do not exist are passed over in silence, as on AWS.
pub fn enable_actions(call: &Call<'_>) -> Answer {
    switch(call, true)
}

/// Answers `DisableAlarmActions`.
pub fn disable_actions(call: &Call<'_>) -> Answer {
    switch(call, false)
}

fn switch(call: &Call<'_>, on: bool) -> Answer {
    let names: Vec<&str> = call.arg("AlarmNames").texts().collect();
    if names.len() > 100 {
        return Err(call.invalid("AlarmNames must have at most 100 members"));
    }
    call.estate(|all: &mut CloudWatch, _, now| {
        for name in names {
            if let Some(alarm) = all.alarms.get_mut(name).filter(|a| a.actions != on) {
                alarm.actions = on;
                alarm.configured = now;
            }
        }
        Ok(Value::Null)
    })
}

/// Answers `ListTagsForResource`.
pub fn list_tags(call: &Call<'_>) -> Answer {
    tagged(call, |tags| {
        let tags = tags
            .iter()
            .map(|(k, v)| fields! { "Key" => k, "Value" => v });
        fields! { "Tags" => tags.collect::<Value>() }
    })
}

/// Answers `TagResource`.
pub fn tag(call: &Call<'_>) -> Answer {
    let new = tags(call);
    tagged(call, |tags| {
        tags.extend(new);
        Value::Map(Map::default())
    })
}

/// Answers `UntagResource`.
pub fn untag(call: &Call<'_>) -> Answer {
    let keys: Vec<&str> = call.arg("TagKeys").texts().collect();
    tagged(call, |tags| {
        tags.retain(|key, _| !keys.contains(&key.as_str()));
        Value::Map(Map::default())
    })
}

/// The tags of the alarm or mute rule that a request names by its ARN.
fn tagged(call: &Call<'_>, look: impl FnOnce(&mut BTreeMap<String, String>) -> Value) -> Answer {
    let arn = call.needed("ResourceARN");
    let named = |kind: &str| arn.strip_prefix(&call.arn("cloudwatch", kind));
    let (alarm, rule) = (named("alarm:"), named("alarm-mute-rule:"));
    let Some(name) = alarm.or(rule) else {
        return Err(Refusal::new(
            "InvalidParameterValueException",
            format!("{arn} is not an alarm of this account and region"),
        ));
    };
    call.estate(|all: &mut CloudWatch, _, _| {
        let tags = match alarm {
            Some(name) => all.alarms.get_mut(name).map(|alarm| &mut alarm.tags),
            None => all.mutes.get_mut(name).map(|rule| &mut rule.tags),
        };
        let gone = || {
            Refusal::new("ResourceNotFoundException", format!("{arn} does not exist"))
                .status(404)
                .with(
                    "ResourceType",
                    if alarm.is_some() {
                        "Alarm"
                    } else {
                        "AlarmMuteRule"
                    },
                )
                .with("ResourceId", name)
        };
        Ok(look(tags.ok_or_else(gone)?))
    })
}
