//! One alarm: from the SDK's type to an item, with a title made from its facts.

mod queries;
mod terms;

use std::sync::Arc;

use aws_sdk_cloudwatch::types::{CompositeAlarm, Dimension, MetricAlarm, StandardUnit, StateValue};
use aws_smithy_types::DateTime;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::alarm::{self, AlarmDetail, AlarmRemarks, AlarmState, AlarmTerms, AlarmWatch};
use crate::domain::text::{clean, clean_arc};
use crate::domain::{Detail, Item, ItemKey, ItemState, Kind, Record, Scope, Severity};
use crate::sources::{intern, shared};
use queries::{expression, measured, subject};

/// Dimensions that name a resource, the more particular ones first.
const RESOURCES: &[&str] = &[
    "InstanceId",
    "VolumeId",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "FunctionName",
    "TargetGroup",
    "LoadBalancer",
    "LoadBalancerName",
    "QueueName",
    "TableName",
    "CacheClusterId",
    "ServiceName",
    "ClusterName",
    "AutoScalingGroupName",
    "StateMachineArn",
    "ApiName",
    "BucketName",
    "FileSystemId",
    "NatGatewayId",
    "VpnId",
    "TopicName",
    "StreamName",
];

/// The longest rule or expression that stands in a title, in characters.
const TITLE_MAX: usize = 100;

/// What both types of alarm have.
struct Common {
    name: String,
    arn: Option<String>,
    state: AlarmState,
    transitioned: Timestamp,
    changed: Timestamp,
    remarks: AlarmRemarks,
}

/// The record of a metric alarm; `None` for one without a name, which AWS does not send.
pub(super) fn metric(scope: Scope, alarm: MetricAlarm) -> Option<Record> {
    let state = state(alarm.state_value.as_ref());
    let updated = time(alarm.state_updated_timestamp.as_ref());
    let common = Common {
        name: alarm.alarm_name?,
        arn: alarm.alarm_arn,
        state,
        transitioned: first_known(time(alarm.state_transitioned_timestamp.as_ref()), updated),
        changed: updated.max(time(alarm.alarm_configuration_updated_timestamp.as_ref())),
        remarks: AlarmRemarks {
            evaluation: alarm.evaluation_state.map(|e| intern(e.as_str())),
            ..said(state, alarm.state_reason, alarm.alarm_description)
        },
    };
    let queries = alarm.metrics.unwrap_or_default();
    let dimensions = alarm.dimensions.unwrap_or_default();
    let comparison = alarm.comparison_operator.map(|c| intern(c.as_str()));
    let value = alarm.state_reason_data.as_deref().and_then(last_value);
    let subject = subject(
        alarm.metric_name.as_deref(),
        &queries,
        alarm.evaluation_criteria.as_ref(),
    );
    let unit = if alarm.unit == Some(StandardUnit::Percent) {
        "%"
    } else {
        ""
    };
    let condition = condition(comparison.as_deref(), alarm.threshold, unit);
    let (points, periods) = (alarm.datapoints_to_alarm, alarm.evaluation_periods);
    let title = match state {
        AlarmState::Alarm => {
            let mut title = subject.clone();
            if let Some(value) = value {
                title = format!("{title} {}{unit}", number(value));
            }
            title = format!("{title}{condition}");
            if let Some(periods) = periods {
                title = format!("{title} · {} of {periods}", points.unwrap_or(periods));
            }
            clean_arc(&title)
        }
        // The same few sentences for thousands of quiet alarms.
        AlarmState::Ok => intern(&format!("{subject}{condition}")),
        AlarmState::InsufficientData => intern(&format!("{subject}{condition} · no data")),
    };
    let resource = resource(&dimensions);
    let expression = expression(&queries, alarm.evaluation_criteria.as_ref());
    let (watch, dimensions) = match expression {
        Some(text) if alarm.metric_name.is_none() => {
            let (metric, period) = measured(&queries).unzip();
            let dimensions = metric.and_then(|metric| metric.dimensions.as_deref());
            let watch = AlarmWatch::Expression {
                text,
                namespace: metric.and_then(|metric| metric.namespace.as_deref().map(intern)),
                metric: metric.and_then(|metric| metric.metric_name.as_deref().map(intern)),
                period: period.flatten(),
            };
            (watch, pairs(dimensions.unwrap_or_default(), None))
        }
        _ => (
            AlarmWatch::Metric {
                namespace: alarm.namespace.as_deref().map(intern),
                metric: alarm.metric_name.as_deref().map(intern),
                statistic: alarm
                    .statistic
                    .map(|s| intern(s.as_str()))
                    .or_else(|| alarm.extended_statistic.as_deref().map(intern)),
                period: alarm.period,
            },
            pairs(&dimensions, resource.as_ref()),
        ),
    };
    let terms = AlarmTerms {
        watch,
        comparison,
        threshold: alarm.threshold,
        datapoints_to_alarm: points,
        evaluation_periods: periods,
        treat_missing: alarm.treat_missing_data.as_deref().map(intern),
    };
    let detail = AlarmDetail {
        actions_enabled: alarm.actions_enabled.unwrap_or(true),
        actions: count(alarm.alarm_actions.as_deref()),
        dimensions,
        value,
        ..AlarmDetail::new(state, terms::shared(terms), common.transitioned)
    };
    Some(record(scope, common, title, resource, detail))
}

/// The record of a composite alarm; `None` for one without a name.
pub(super) fn composite(scope: Scope, alarm: CompositeAlarm) -> Option<Record> {
    let state = state(alarm.state_value.as_ref());
    let updated = time(alarm.state_updated_timestamp.as_ref());
    let common = Common {
        name: alarm.alarm_name?,
        arn: alarm.alarm_arn,
        state,
        transitioned: first_known(time(alarm.state_transitioned_timestamp.as_ref()), updated),
        changed: updated.max(time(alarm.alarm_configuration_updated_timestamp.as_ref())),
        remarks: AlarmRemarks {
            suppressed_by: alarm.actions_suppressed_by.map(|s| intern(s.as_str())),
            ..said(state, alarm.state_reason, alarm.alarm_description)
        },
    };
    let rule = clean_arc(alarm.alarm_rule.as_deref().unwrap_or_default());
    let title = cut(&rule);
    let terms = AlarmTerms {
        watch: AlarmWatch::Composite(rule),
        comparison: None,
        threshold: None,
        datapoints_to_alarm: None,
        evaluation_periods: None,
        treat_missing: None,
    };
    let detail = AlarmDetail {
        actions_enabled: alarm.actions_enabled.unwrap_or(true),
        actions: count(alarm.alarm_actions.as_deref()),
        ..AlarmDetail::new(state, terms::shared(terms), common.transitioned)
    };
    Some(record(scope, common, title, None, detail))
}

/// Makes an alarm without data one that lost its data: open, and as old as its alarm.
pub(super) fn lose_data(item: &mut Item, since: Timestamp) {
    item.state = ItemState::NoData;
    item.severity = Severity::Medium;
    item.opened = since;
    item.episode = since;
    if let Detail::Alarm(detail) = &mut item.detail {
        detail.was_alarm = true;
        item.title = if detail.transitioned.is_unknown() {
            intern("no datapoints")
        } else {
            let at = detail.transitioned.to_jiff().strftime("%H:%MZ");
            clean_arc(&format!("no datapoints since {at}"))
        };
    }
}

/// What CloudWatch and people say of an alarm that is not OK.
fn said(state: AlarmState, reason: Option<String>, description: Option<String>) -> AlarmRemarks {
    if state == AlarmState::Ok {
        return AlarmRemarks::default();
    }
    AlarmRemarks {
        reason: text(reason.as_deref()),
        description: text(description.as_deref()),
        ..AlarmRemarks::default()
    }
}

fn record(
    scope: Scope,
    common: Common,
    title: Arc<str>,
    resource: Option<Arc<str>>,
    detail: AlarmDetail,
) -> Record {
    let native: Arc<str> = Arc::from(common.name.as_str());
    let name = shared(&common.name, &native);
    let told_arn = text(common.arn.as_deref())
        // Ninety bytes that follow from the rest need not be kept a hundred thousand times.
        .filter(|told| alarm::arn(scope, &name).as_deref() != Some(told));
    let open = common.state == AlarmState::Alarm;
    let item = Item {
        key: ItemKey {
            kind: Kind::Alarm,
            scope,
            id: Arc::clone(&name),
        },
        told_arn,
        name,
        title,
        severity: if open {
            Severity::Medium
        } else {
            Severity::Info
        },
        state: if open {
            ItemState::Open
        } else {
            ItemState::Calm
        },
        native_state: intern(common.state.word()),
        resource,
        opened: common.transitioned,
        changed: common.changed.max(common.transitioned),
        episode: common.transitioned,
        detail: Detail::Alarm(detail.remarked(common.remarks)),
    };
    Record { native, item }
}

fn state(value: Option<&StateValue>) -> AlarmState {
    match value {
        Some(StateValue::Alarm) => AlarmState::Alarm,
        Some(StateValue::Ok) => AlarmState::Ok,
        // A state that AWS adds later must not look like calm certainty.
        _ => AlarmState::InsufficientData,
    }
}

fn time(at: Option<&DateTime>) -> Timestamp {
    at.and_then(|at| at.to_millis().ok())
        .map_or(Timestamp::ZERO, Timestamp::from_millis)
}

fn first_known(first: Timestamp, second: Timestamp) -> Timestamp {
    if first.is_unknown() { second } else { first }
}

fn text(text: Option<&str>) -> Option<Arc<str>> {
    text.filter(|t| !t.is_empty()).map(clean_arc)
}

fn count(actions: Option<&[String]>) -> u32 {
    actions.map_or(0, |a| u32::try_from(a.len()).unwrap_or(u32::MAX))
}

/// The condition in signs, with a space before it; empty where there is none to say.
fn condition(comparison: Option<&str>, threshold: Option<f64>, unit: &str) -> String {
    let sign = match comparison {
        Some("GreaterThanThreshold") => ">",
        Some("GreaterThanOrEqualToThreshold") => ">=",
        Some("LessThanThreshold") => "<",
        Some("LessThanOrEqualToThreshold") => "<=",
        Some("LessThanLowerOrGreaterThanUpperThreshold") => return " outside its band".to_owned(),
        Some("GreaterThanUpperThreshold") => return " above its band".to_owned(),
        Some("LessThanLowerThreshold") => return " below its band".to_owned(),
        _ => return String::new(),
    };
    threshold.map_or(String::new(), |t| format!(" {sign} {}{unit}", number(t)))
}

/// A number as people write it: at most four digits that matter, large ones with a letter.
fn number(value: f64) -> String {
    let (value, letter) = match value.abs() {
        v if v >= 1e12 => (value / 1e12, "T"),
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let decimals = match value.abs() {
        v if v == 0.0 || v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.001 => 4,
        _ => return format!("{value:.2e}{letter}"),
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}{letter}")
}

/// The last datapoint that CloudWatch judged.
fn last_value(data: &str) -> Option<f64> {
    let data: Value = serde_json::from_str(data).ok()?;
    let evaluated = data.get("evaluatedDatapoints").and_then(Value::as_array);
    let newest = evaluated.and_then(|points| {
        points
            .iter()
            .filter_map(|p| {
                let at = Timestamp::parse(p.get("timestamp")?.as_str()?)?;
                Some((at, p.get("value")?.as_f64()?))
            })
            .max_by_key(|(at, _)| *at)
    });
    newest.map(|(_, value)| value).or_else(|| {
        let recent = data.get("recentDatapoints")?.as_array()?;
        recent.iter().rev().find_map(Value::as_f64)
    })
}

/// The resource that the dimensions name.
fn resource(dimensions: &[Dimension]) -> Option<Arc<str>> {
    let value_of = |name: &str| {
        dimensions
            .iter()
            .find(|d| d.name.as_deref() == Some(name))
            .and_then(|d| d.value.as_deref())
    };
    let named = RESOURCES.iter().find_map(|name| value_of(name));
    match (named, dimensions) {
        (Some(value), _) => text(Some(value)),
        (None, [only]) => text(only.value.as_deref()),
        _ => None,
    }
}

/// Dimensions as pairs; the one that is the resource shares its text.
fn pairs(dimensions: &[Dimension], resource: Option<&Arc<str>>) -> Box<[(Arc<str>, Arc<str>)]> {
    dimensions
        .iter()
        .map(|d| {
            let value = d.value.as_deref().unwrap_or_default();
            let value = resource.map_or_else(|| clean_arc(value), |r| shared(value, r));
            (intern(d.name.as_deref().unwrap_or_default()), value)
        })
        .collect()
}

fn cut(text: &str) -> Arc<str> {
    let text = clean(text);
    match text.char_indices().nth(TITLE_MAX) {
        Some((at, _)) => Arc::from(format!("{}…", text[..at].trim_end())),
        None => Arc::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricDataQuery};

    fn scope() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn five_xx(state: StateValue) -> MetricAlarm {
        MetricAlarm::builder()
            .alarm_name("api-5xx-rate")
            .alarm_arn("arn:aws:cloudwatch:eu-west-1:111111111111:alarm:api-5xx-rate")
            .state_value(state)
            .metric_name("5XXError")
            .namespace("AWS/ApiGateway")
            .unit(StandardUnit::Percent)
            .comparison_operator(ComparisonOperator::GreaterThanThreshold)
            .threshold(2.0)
            .datapoints_to_alarm(3)
            .evaluation_periods(3)
            .dimensions(Dimension::builder().name("ApiName").value("shop\u{1b}[2J").build())
            .state_reason("Threshold Crossed")
            .state_reason_data(
                r#"{"recentDatapoints":[3.0,7.2],"evaluatedDatapoints":[{"timestamp":"2026-11-21T06:31:00.000+0000","value":7.2},{"timestamp":"2026-11-21T06:30:00.000+0000","value":3.0}]}"#,
            )
            .state_transitioned_timestamp(DateTime::from_secs(100))
            .state_updated_timestamp(DateTime::from_secs(200))
            .build()
    }

    #[test]
    fn a_title_says_value_threshold_and_datapoints() {
        let item = metric(scope(), five_xx(StateValue::Alarm)).unwrap().item;
        assert_eq!(item.title.as_ref(), "5XXError 7.2% > 2% · 3 of 3");
        assert_eq!(
            (item.state, item.severity),
            (ItemState::Open, Severity::Medium)
        );
        // The age counts from the transition, not from the last update.
        assert_eq!(item.opened, Timestamp::from_secs(100));
        assert_eq!(item.episode, Timestamp::from_secs(100));
        assert_eq!(item.changed, Timestamp::from_secs(200));
        assert_eq!(item.resource.as_deref(), Some("shop\u{fffd}[2J"));
    }

    #[test]
    fn quiet_alarms_keep_no_reason_and_share_their_title() {
        let a = metric(scope(), five_xx(StateValue::Ok)).unwrap().item;
        let b = metric(scope(), five_xx(StateValue::Ok)).unwrap().item;
        assert_eq!(a.title.as_ref(), "5XXError > 2%");
        assert!(Arc::ptr_eq(&a.title, &b.title));
        assert_eq!((a.state, a.severity), (ItemState::Calm, Severity::Info));
        let Detail::Alarm(detail) = &a.detail else {
            unreachable!()
        };
        assert!(detail.remarks().reason.is_none());
    }

    #[test]
    fn an_arn_is_kept_only_where_it_does_not_follow_from_the_alarm() {
        let item = metric(scope(), five_xx(StateValue::Ok)).unwrap().item;
        assert_eq!(item.told_arn, None);
        assert_eq!(
            item.arn().as_deref(),
            Some("arn:aws:cloudwatch:eu-west-1:111111111111:alarm:api-5xx-rate")
        );
        let mut elsewhere = five_xx(StateValue::Ok);
        let other = "arn:aws-new:cloudwatch:eu-west-1:111111111111:alarm:api-5xx-rate";
        elsewhere.alarm_arn = Some(other.to_owned());
        let item = metric(scope(), elsewhere).unwrap().item;
        assert_eq!(item.arn().as_deref(), Some(other));
    }

    #[test]
    fn an_alarm_that_lost_its_data_keeps_its_age() {
        let mut item = metric(scope(), five_xx(StateValue::InsufficientData))
            .unwrap()
            .item;
        assert_eq!(item.state, ItemState::Calm);
        lose_data(&mut item, Timestamp::from_secs(40));
        assert_eq!(item.state, ItemState::NoData);
        assert_eq!(item.opened, Timestamp::from_secs(40));
        assert_eq!(item.title.as_ref(), "no datapoints since 00:01Z");
    }

    #[test]
    fn expressions_bands_and_composites_have_titles_too() {
        let math = MetricAlarm::builder()
            .alarm_name("errors")
            .state_value(StateValue::Alarm)
            .metrics(
                MetricDataQuery::builder()
                    .id("e1")
                    .expression("m1/m2*100")
                    .label("error rate")
                    .return_data(true)
                    .build(),
            )
            .comparison_operator(ComparisonOperator::GreaterThanUpperThreshold)
            .evaluation_periods(2)
            .build();
        let item = metric(scope(), math).unwrap().item;
        assert_eq!(item.title.as_ref(), "error rate above its band · 2 of 2");
        let both = CompositeAlarm::builder()
            .alarm_name("site")
            .state_value(StateValue::Alarm)
            .alarm_rule("ALARM(a) AND ALARM(b)")
            .build();
        let item = composite(scope(), both).unwrap().item;
        assert_eq!(item.title.as_ref(), "ALARM(a) AND ALARM(b)");
        assert!(metric(scope(), MetricAlarm::builder().build()).is_none());
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (7.2, "7.2"),
            (100.0, "100"),
            (99.501_602, "99.5"),
            (1234.5, "1234"),
            (56_789.0, "56.79k"),
            (2_147_483_648.0, "2.15G"),
            (0.05, "0.05"),
            (0.000_012, "1.20e-5"),
            (-3.0, "-3"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn odd_reason_data_gives_no_value_and_no_panic() {
        assert_eq!(last_value("{"), None);
        assert_eq!(last_value(r#"{"recentDatapoints":[]}"#), None);
        assert_eq!(last_value(r#"{"recentDatapoints":[1,null]}"#), Some(1.0));
    }
}
