//! What somebody does in AWS without noctop.

use aws_credential_types::Credentials;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Region};
use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Metric, MetricDataQuery, MetricStat, StateValue,
};
use aws_sdk_ssm::types::OpsItemStatus;

/// The account and region in which everything is.
pub const PAYMENTS: &str = "222222222222";
pub const REGION: &str = "eu-west-1";

fn keys() -> Credentials {
    Credentials::new(format!("AKIA{PAYMENTS}"), "demo", None, None, "test")
}

fn cloudwatch(endpoint: &str) -> Client {
    let conf = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(keys())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(conf)
}

/// A composite alarm of the payments account is made.
pub async fn put_composite(endpoint: &str, name: &str, rule: &str) {
    let made = cloudwatch(endpoint)
        .put_composite_alarm()
        .alarm_name(name)
        .alarm_rule(rule)
        .send();
    made.await.unwrap();
}

/// An alarm of the payments account on the number of connections of all databases is made: one series for each.
pub async fn put_grouping(endpoint: &str, name: &str) {
    let query = MetricDataQuery::builder()
        .id("q")
        .expression(
            r#"SELECT MAX(DatabaseConnections) FROM "AWS/RDS" GROUP BY DBInstanceIdentifier"#,
        )
        .period(60)
        .build();
    let made = cloudwatch(endpoint)
        .put_metric_alarm()
        .alarm_name(name)
        .metrics(query)
        .evaluation_periods(1)
        .threshold(400.0)
        .comparison_operator(ComparisonOperator::GreaterThanThreshold)
        .send();
    made.await.unwrap();
}

/// An alarm of the payments account on an anomaly of its queue is made.
pub async fn put_anomaly(endpoint: &str, name: &str, metric: Metric) {
    let stat = MetricStat::builder()
        .metric(metric)
        .period(60)
        .stat("Maximum")
        .build();
    let queries = [
        MetricDataQuery::builder()
            .id("m1")
            .metric_stat(stat)
            .build(),
        MetricDataQuery::builder()
            .id("ad1")
            .expression("ANOMALY_DETECTION_BAND(m1, 2)")
            .build(),
    ];
    let made = cloudwatch(endpoint)
        .put_metric_alarm()
        .alarm_name(name)
        .set_metrics(Some(queries.to_vec()))
        .evaluation_periods(1)
        .threshold_metric_id("ad1")
        .comparison_operator(ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold)
        .send();
    made.await.unwrap();
}

/// What an alarm of the payments account watches.
pub async fn metric_of(endpoint: &str, name: &str) -> Metric {
    let found = cloudwatch(endpoint)
        .describe_alarms()
        .alarm_names(name)
        .send()
        .await
        .unwrap();
    let alarm = &found.metric_alarms()[0];
    Metric::builder()
        .set_namespace(alarm.namespace.clone())
        .set_metric_name(alarm.metric_name.clone())
        .set_dimensions(alarm.dimensions.clone())
        .build()
}

/// An alarm of the payments account is set to a state.
pub async fn set_alarm(endpoint: &str, name: &str, state: StateValue) {
    cloudwatch(endpoint)
        .set_alarm_state()
        .alarm_name(name)
        .state_value(state)
        .state_reason("somebody said so")
        .send()
        .await
        .unwrap();
}

/// An OpsItem of the payments account is resolved.
pub async fn resolve_ops_item(endpoint: &str, id: &str) {
    let conf = aws_sdk_ssm::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(keys())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_ssm::Client::from_conf(conf)
        .update_ops_item()
        .ops_item_id(id)
        .status(OpsItemStatus::Resolved)
        .send()
        .await
        .unwrap();
}
