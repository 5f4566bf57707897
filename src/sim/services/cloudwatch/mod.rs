//! CloudWatch: alarms, their history, their metrics.

mod alarm;
mod catalogue;
mod contributors;
mod estate;
mod history;
mod metrics;
mod mute;
mod rule;
mod section;
mod trouble;
mod write;

pub use section::Section;

use std::ops::Bound;

use self::alarm::{Alarm, State, arn};
pub use self::estate::CloudWatch;
pub use self::trouble::{Times, Workload};
use super::{Answer, Call, Dialect, Operation, Refusal, Service, always_on};
use crate::fields;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::{Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "monitoring",
    alias: "cloudwatch",
    protocols: &[Protocol::Cbor, Protocol::Json, Protocol::Query],
    target: "GraniteServiceVersion20100801",
    xmlns: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    dialect: Dialect {
        denied: ("AccessDeniedException", 403),
        namespace: "com.amazonaws.cloudwatch#",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("DescribeAlarms", describe_alarms)
            .paged("MaxRecords", "NextToken", (1, 100), 50)
            .rate(9.0, 9),
        Operation::new("DescribeAlarmHistory", history::describe)
            .paged("MaxRecords", "NextToken", (1, 100), 50)
            .rate(20.0, 20),
        Operation::new("DescribeAlarmContributors", contributors::describe)
            .needs(&["AlarmName"])
            .rate(10.0, 10),
        Operation::new("GetMetricData", metrics::get_metric_data)
            .needs(&["MetricDataQueries", "StartTime", "EndTime"])
            .rate(50.0, 50),
        Operation::new("ListMetrics", metrics::list_metrics)
            .paged("", "NextToken", (500, 500), 500)
            .rate(25.0, 25),
        Operation::new("ListTagsForResource", write::list_tags).needs(&["ResourceARN"]),
        Operation::new("TagResource", write::tag).needs(&["ResourceARN", "Tags"]),
        Operation::new("UntagResource", write::untag).needs(&["ResourceARN", "TagKeys"]),
        Operation::new("PutMetricAlarm", write::put_metric_alarm)
            .needs(&["AlarmName"])
            .rate(3.0, 3),
        Operation::new("PutCompositeAlarm", write::put_composite_alarm)
            .needs(&["AlarmName", "AlarmRule"])
            .rate(3.0, 3),
        Operation::new("SetAlarmState", write::set_alarm_state)
            .needs(&["AlarmName", "StateValue"])
            .rate(3.0, 3),
        Operation::new("DeleteAlarms", write::delete_alarms)
            .needs(&["AlarmNames"])
            .rate(3.0, 3),
        Operation::new("EnableAlarmActions", write::enable_actions)
            .needs(&["AlarmNames"])
            .rate(3.0, 3),
        Operation::new("DisableAlarmActions", write::disable_actions)
            .needs(&["AlarmNames"])
            .rate(3.0, 3),
        Operation::new("PutAlarmMuteRule", mute::put).needs(&["Name", "Rule"]),
        Operation::new("GetAlarmMuteRule", mute::get).needs(&["AlarmMuteRuleName"]),
        Operation::new("ListAlarmMuteRules", mute::list).paged(
            "MaxRecords",
            "NextToken",
            (1, 100),
            50,
        ),
        Operation::new("DeleteAlarmMuteRule", mute::delete).needs(&["AlarmMuteRuleName"]),
    ],
    disabled: always_on,
    truth,
};

/// Every alarm, as `DescribeAlarms` answers it, every mute rule, and whose actions are muted now.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |all: &mut CloudWatch, site, now| {
        let kind = |composite: bool| -> Value {
            let fit = all
                .alarms
                .iter()
                .filter(|(_, a)| a.is_composite() == composite);
            fit.map(|(name, alarm)| alarm.describe(name, site))
                .collect()
        };
        fields! {
            "MetricAlarms" => kind(false),
            "CompositeAlarms" => kind(true),
            "AlarmMuteRules" => all.mutes.iter().map(|(name, rule)| rule.describe(name, site, now)).collect::<Value>(),
            "MutedAlarms" => mute::muted(all, now),
        }
    })
}

fn describe_alarms(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let names: Vec<&str> = call.arg("AlarmNames").texts().collect();
    let prefix = call.text("AlarmNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        let message = "AlarmNamePrefix and AlarmNames are mutually exclusive";
        return Err(Refusal::new(
            "InvalidParameterCombinationException",
            message,
        ));
    }
    if names.len() > 100 {
        return Err(call.invalid("AlarmNames must have at most 100 members"));
    }
    let state = match call.text("StateValue") {
        None => None,
        Some(text) => Some(State::parse(text).ok_or_else(|| bad_state(call, text))?),
    };
    let (children, parents) = (
        call.text("ChildrenOfAlarmName"),
        call.text("ParentsOfAlarmName"),
    );
    if children.is_some() || parents.is_some() {
        let others = [
            "AlarmNames",
            "AlarmNamePrefix",
            "StateValue",
            "ActionPrefix",
            "AlarmTypes",
        ];
        if (children.is_some() && parents.is_some())
            || others
                .iter()
                .any(|o| !super::super::wire::is_empty(call.arg(o)))
        {
            let message = "ChildrenOfAlarmName and ParentsOfAlarmName allow no other filter";
            return Err(Refusal::new(
                "InvalidParameterCombinationException",
                message,
            ));
        }
        return call
            .estate(|all: &mut CloudWatch, site, _| relatives(all, site, children, parents));
    }
    // Without AlarmTypes only metric alarms are returned.
    let types: Vec<&str> = call.arg("AlarmTypes").texts().collect();
    if let Some(unknown) = types
        .iter()
        .find(|t| !matches!(**t, "MetricAlarm" | "CompositeAlarm"))
    {
        return Err(call.invalid(format!(
            "'{unknown}' is not one of [CompositeAlarm, MetricAlarm]"
        )));
    }
    let metric = types.is_empty() || types.contains(&"MetricAlarm");
    let composite = types.contains(&"CompositeAlarm");
    let action = call.text("ActionPrefix");
    call.estate(|all: &mut CloudWatch, site, _| {
        let from = page
            .cursor
            .as_deref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let start = match (prefix, from) {
            (Some(prefix), Bound::Unbounded) => Bound::Included(prefix),
            _ => from,
        };
        let fits = |name: &str, alarm: &Alarm| {
            (if alarm.is_composite() {
                composite
            } else {
                metric
            }) && state.is_none_or(|s| alarm.state == s)
                && (names.is_empty() || names.contains(&name))
                && action.is_none_or(|prefix| acts(alarm, site, prefix))
        };
        let mut fit = all
            .alarms
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(name, _)| prefix.is_none_or(|p| name.starts_with(p)))
            .filter(|(name, alarm)| fits(name, alarm));
        let (mut metrics, mut composites, mut last) = (Vec::new(), Vec::new(), None);
        for (name, alarm) in fit.by_ref().take(page.size) {
            let list = if alarm.is_composite() {
                &mut composites
            } else {
                &mut metrics
            };
            list.push(alarm.describe(name, site));
            last = Some(name);
        }
        let more = fit.next().is_some();
        Ok(fields! {
            "MetricAlarms" => Value::List(metrics),
            "CompositeAlarms" => Value::List(composites),
            "NextToken" => last.filter(|_| more).map(|name| page.token(name)),
        })
    })
}

/// Whether one of an alarm's actions begins with `prefix`.
fn acts(alarm: &Alarm, site: &Site, prefix: &str) -> bool {
    let definition = alarm.definition(site);
    ["AlarmActions", "OKActions", "InsufficientDataActions"]
        .iter()
        .filter_map(|list| definition.get(list))
        .any(|list| list.texts().any(|action| action.starts_with(prefix)))
}

/// Children carry a few members only, parents a name and an ARN.
fn relatives(
    all: &CloudWatch,
    site: &Site,
    children: Option<&str>,
    parents: Option<&str>,
) -> Answer {
    let (mut metrics, mut composites) = (Vec::new(), Vec::new());
    if let Some(name) = parents {
        for parent in all.parents_of(name) {
            composites.push(fields! { "AlarmName" => parent, "AlarmArn" => arn(site, parent) });
        }
    } else if let Some(parent) = children.and_then(|name| all.alarms.get(name))
        && let alarm::Shape::Composite(composite) = &parent.shape
    {
        for name in composite.0.children() {
            let Some(child) = all.alarms.get(name) else {
                continue;
            };
            let list = if child.is_composite() {
                &mut composites
            } else {
                &mut metrics
            };
            list.push(fields! {
                "AlarmName" => name, "AlarmArn" => arn(site, name),
                "StateValue" => child.state.name(), "StateUpdatedTimestamp" => child.updated,
            });
        }
    }
    Ok(
        fields! { "MetricAlarms" => Value::List(metrics), "CompositeAlarms" => Value::List(composites) },
    )
}

fn bad_state(call: &Call<'_>, text: &str) -> Refusal {
    call.invalid(format!(
        "1 validation error detected: Value '{text}' at 'stateValue' failed to satisfy constraint: \
         Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    ))
}
