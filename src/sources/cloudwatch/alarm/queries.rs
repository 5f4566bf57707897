//! The queries of an alarm that watches more than one metric: what it judges, and what goes into that.

use std::sync::Arc;

use aws_sdk_cloudwatch::types::{EvaluationCriteria, Metric, MetricDataQuery};

use crate::domain::text::clean_arc;

use super::cut;

/// What is measured, in a word: the metric, or the label of the expression that counts.
pub(super) fn subject(
    metric: Option<&str>,
    queries: &[MetricDataQuery],
    criteria: Option<&EvaluationCriteria>,
) -> String {
    if let Some(metric) = metric {
        return metric.to_owned();
    }
    let judged = judged(queries);
    let label = judged.and_then(|q| q.label.as_deref().filter(|l| !l.is_empty()));
    let metric = judged.and_then(|q| {
        q.metric_stat
            .as_ref()?
            .metric
            .as_ref()?
            .metric_name
            .as_deref()
    });
    label
        .or(metric)
        .map(str::to_owned)
        .or_else(|| expression(queries, criteria).map(|e| cut(&e).to_string()))
        .unwrap_or_else(|| "expression".to_owned())
}

/// The query that the alarm judges: the one that returns data.
fn judged(queries: &[MetricDataQuery]) -> Option<&MetricDataQuery> {
    queries
        .iter()
        .find(|q| q.return_data == Some(true) && q.expression.is_some())
        .or_else(|| queries.iter().find(|q| q.return_data == Some(true)))
        .or_else(|| queries.first())
}

/// The first metric that goes into an expression, and its period.
pub(super) fn measured(queries: &[MetricDataQuery]) -> Option<(&Metric, Option<i32>)> {
    queries.iter().find_map(|query| {
        let stat = query.metric_stat.as_ref()?;
        Some((stat.metric.as_ref()?, stat.period))
    })
}

pub(super) fn expression(
    queries: &[MetricDataQuery],
    criteria: Option<&EvaluationCriteria>,
) -> Option<Arc<str>> {
    if let Some(EvaluationCriteria::PromQlCriteria(prom)) = criteria {
        return prom.query.as_deref().map(clean_arc);
    }
    judged(queries)?.expression.as_deref().map(clean_arc)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::{Dimension, MetricAlarm, MetricStat, StateValue};

    use super::super::metric;
    use crate::domain::Detail;
    use crate::domain::alarm::AlarmWatch;

    use super::*;

    #[test]
    fn an_anomaly_band_is_about_the_metric_that_it_is_drawn_around() {
        let function = Dimension::builder()
            .name("FunctionName")
            .value("pay")
            .build();
        let duration = Metric::builder()
            .namespace("AWS/Lambda")
            .metric_name("Duration")
            .dimensions(function)
            .build();
        let stat = MetricStat::builder()
            .metric(duration)
            .period(60)
            .stat("p90")
            .build();
        let measured = MetricDataQuery::builder()
            .id("m1")
            .metric_stat(stat)
            .return_data(true);
        let band = MetricDataQuery::builder()
            .id("ad1")
            .expression("ANOMALY_DETECTION_BAND(m1, 2)")
            .return_data(true);
        let alarm = MetricAlarm::builder()
            .alarm_name("slow")
            .state_value(StateValue::Alarm)
            .metrics(measured.build())
            .metrics(band.build())
            .threshold_metric_id("ad1")
            .build();
        let scope = crate::domain::Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let record = metric(scope, alarm).unwrap();
        let Detail::Alarm(detail) = record.item.detail else {
            panic!("an alarm");
        };
        assert_eq!(
            detail.terms.watch,
            AlarmWatch::Expression {
                text: Arc::from("ANOMALY_DETECTION_BAND(m1, 2)"),
                namespace: Some(Arc::from("AWS/Lambda")),
                metric: Some(Arc::from("Duration")),
                period: Some(60),
            }
        );
        let dimension = (Arc::from("FunctionName"), Arc::from("pay"));
        assert_eq!(*detail.dimensions, [dimension]);
    }
}
