//! The course of an alarm's metric and the history of its state, read when somebody looks at the alarm.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, HistoryItemType, Metric, MetricAlarm, MetricDataQuery,
    MetricDataResult, MetricStat, ScanBy,
};

use crate::aws::access::Access;
use crate::aws::ops::{DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS, GET_METRIC_DATA};
use crate::aws::pages::Pages;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::metric::{Breach, Course, Edges, Turn};
use crate::domain::text::clean_arc;

/// How far back at least.
const BACK: Duration = Duration::from_secs(3 * 3600);
/// Datapoints at least, where the period is long.
const POINTS: u32 = 36;
/// Turns of the state that are asked for.
const TURNS: i32 = 20;
/// The one query of an alarm that watches a single metric.
const ONLY: &str = "m";

/// The course of the metric that this alarm watches; without a drawing where it watches none that can be asked for: a
/// composite alarm, or one of PromQL.
///
/// # Errors
/// What went wrong.
pub async fn course(access: &Access, name: &str, now: Timestamp) -> Result<Course, Fault> {
    let names = vec![name.to_owned()];
    let out = access
        .cloudwatch(&DESCRIBE_ALARMS, |client, with| {
            client
                .describe_alarms()
                .alarm_types(AlarmType::MetricAlarm)
                .set_alarm_names(Some(names))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let alarm = out.metric_alarms.unwrap_or_default().into_iter().next();
    let turns = turns(access, name).await?;
    let Some((alarm, asked)) = alarm.and_then(|alarm| {
        let asked = asked(&alarm)?;
        Some((alarm, asked))
    }) else {
        return Ok(Course::undrawn(now, turns));
    };
    let period = Duration::from_secs(u64::from(asked.period));
    let from = now.minus(BACK.max(period * POINTS));
    let mut results: Vec<MetricDataResult> = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let (token, queries) = (pages.token(), asked.queries.clone());
        let out = access
            .cloudwatch(&GET_METRIC_DATA, |client, with| {
                client
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries))
                    .start_time(DateTime::from_secs(from.as_secs()))
                    .end_time(DateTime::from_secs(now.as_secs()))
                    .scan_by(ScanBy::TimestampAscending)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        results.extend(out.metric_data_results.unwrap_or_default());
        pages.turn(&GET_METRIC_DATA, out.next_token)?;
    }
    // A query that groups answers with a series for each group: one line can be drawn, and it is the first.
    let first = of(&results, &asked.shown).next();
    let first = first.and_then(MetricDataResult::label);
    let mut points: Vec<(Timestamp, f64)> = of(&results, &asked.shown)
        .filter(|result| result.label() == first)
        .flat_map(|result| result.timestamps().iter().zip(result.values()))
        .map(|(at, value)| (Timestamp::from_secs(at.secs()), *value))
        .collect();
    points.sort_by_key(|(at, _)| *at);
    Ok(Course {
        label: asked.label,
        from,
        to: now,
        period,
        points,
        threshold: alarm.threshold,
        breach: breach(alarm.comparison_operator.as_ref()),
        band: band(asked.band.iter().flat_map(|id| of(&results, id))),
        edges: edges(alarm.comparison_operator.as_ref()),
        turns,
    })
}

/// What is asked for an alarm.
struct Asked {
    queries: Vec<MetricDataQuery>,
    /// The id of the query that is drawn.
    shown: String,
    label: Arc<str>,
    /// The id of the query that is the band of an anomaly detector.
    band: Option<String>,
    /// In seconds.
    period: u32,
}

fn asked(alarm: &MetricAlarm) -> Option<Asked> {
    let period = |seconds: Option<i32>| {
        seconds
            .and_then(|s| u32::try_from(s).ok())
            .unwrap_or(60)
            .max(1)
    };
    if let Some(metric) = &alarm.metric_name {
        let stat = alarm.extended_statistic.clone().or_else(|| {
            alarm
                .statistic
                .as_ref()
                .map(|stat| stat.as_str().to_owned())
        })?;
        let of = Metric::builder()
            .set_namespace(alarm.namespace.clone())
            .metric_name(metric)
            .set_dimensions(alarm.dimensions.clone())
            .build();
        let label = clean_arc(&format!("{metric} {stat}"));
        let stat = MetricStat::builder()
            .metric(of)
            .period(i32::try_from(period(alarm.period)).ok()?)
            .stat(stat)
            .set_unit(alarm.unit.clone())
            .build();
        let query = MetricDataQuery::builder()
            .id(ONLY)
            .metric_stat(stat)
            .build();
        return Some(Asked {
            queries: vec![query],
            shown: ONLY.to_owned(),
            label,
            band: None,
            period: period(alarm.period),
        });
    }
    // An expression: its own queries. The band of an anomaly detector is no line of values.
    let band = alarm.threshold_metric_id();
    let queries: Vec<MetricDataQuery> = alarm.metrics().to_vec();
    let drawn = queries.iter().find(|query| {
        query.return_data().unwrap_or(true) && (band.is_none() || query.id() != band)
    })?;
    let shown = drawn.id()?.to_owned();
    let label = drawn.label().filter(|label| !label.is_empty());
    let stat = drawn.metric_stat().and_then(|stat| {
        let name = stat.metric()?.metric_name()?;
        Some(format!("{name} {}", stat.stat().unwrap_or_default()))
    });
    let label = label.or(drawn.expression()).or(stat.as_deref());
    let label = label.unwrap_or(&shown);
    let periods = queries
        .iter()
        .filter_map(|query| query.period().or_else(|| query.metric_stat()?.period()));
    Some(Asked {
        label: clean_arc(label),
        period: period(periods.max()),
        band: band.map(str::to_owned),
        shown,
        queries,
    })
}

/// The results of the query of this id.
fn of<'a>(
    results: &'a [MetricDataResult],
    id: &'a str,
) -> impl Iterator<Item = &'a MetricDataResult> {
    results.iter().filter(move |result| result.id() == Some(id))
}

/// The edges that an anomaly detector's two series draw: whichever comes first, the smaller value is the lower one.
fn band<'a>(results: impl Iterator<Item = &'a MetricDataResult>) -> Vec<(Timestamp, f64, f64)> {
    let mut edges: BTreeMap<Timestamp, (f64, f64)> = BTreeMap::new();
    for result in results {
        for (at, value) in result.timestamps().iter().zip(result.values()) {
            edges
                .entry(Timestamp::from_secs(at.secs()))
                .and_modify(|(low, high)| (*low, *high) = (low.min(*value), high.max(*value)))
                .or_insert((*value, *value));
        }
    }
    let edges = edges.into_iter();
    edges.map(|(at, (low, high))| (at, low, high)).collect()
}

/// Which edges of the band breach.
fn edges(operator: Option<&ComparisonOperator>) -> Edges {
    use ComparisonOperator as Operator;
    let both = matches!(
        operator,
        Some(Operator::LessThanLowerOrGreaterThanUpperThreshold)
    );
    Edges {
        lower: both || matches!(operator, Some(Operator::LessThanLowerThreshold)),
        upper: both || matches!(operator, Some(Operator::GreaterThanUpperThreshold)),
    }
}

fn breach(operator: Option<&ComparisonOperator>) -> Breach {
    match operator {
        Some(ComparisonOperator::GreaterThanThreshold) => Breach::Above(false),
        Some(ComparisonOperator::GreaterThanOrEqualToThreshold) => Breach::Above(true),
        Some(ComparisonOperator::LessThanThreshold) => Breach::Below(false),
        Some(ComparisonOperator::LessThanOrEqualToThreshold) => Breach::Below(true),
        _ => Breach::Band,
    }
}

/// How the alarm's state turned, the latest first.
async fn turns(access: &Access, name: &str) -> Result<Vec<Turn>, Fault> {
    let out = access
        .cloudwatch(&DESCRIBE_ALARM_HISTORY, |client, with| {
            client
                .describe_alarm_history()
                .alarm_name(name)
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .history_item_type(HistoryItemType::StateUpdate)
                .scan_by(ScanBy::TimestampDescending)
                .max_records(TURNS)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let items = out.alarm_history_items.unwrap_or_default().into_iter();
    Ok(items
        .filter_map(|item| {
            Some(Turn {
                at: Timestamp::from_secs(item.timestamp?.secs()),
                text: clean_arc(&item.history_summary?),
            })
        })
        .collect())
}
