//! The kinds of metric alarms that fleets have, with values that look like theirs.

use crate::sim::services::stock;
use crate::sim::world::Site;

/// One kind of metric alarm.
#[derive(Debug)]
pub struct Template {
    /// Its name; `{}` is the resource.
    pub name: &'static str,
    /// The metric's namespace.
    pub namespace: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// The dimensions; `{}` is the resource, `#` an id made from it.
    pub dimensions: &'static [(&'static str, &'static str)],
    /// A statistic (`Average`) or a percentile (`p99`).
    pub statistic: &'static str,
    /// Seconds.
    pub period: i64,
    /// Datapoints that must breach, of how many.
    pub datapoints: (i64, i64),
    /// Whether it fires above the threshold, or below.
    pub above: bool,
    /// The threshold.
    pub threshold: f64,
    /// Values while all is well.
    pub good: (f64, f64),
    /// Values while it is not.
    pub bad: (f64, f64),
    /// What the alarm's description says.
    pub about: &'static str,
}

const fn t(
    name: &'static str,
    (namespace, metric): (&'static str, &'static str),
    dimensions: &'static [(&'static str, &'static str)],
    (statistic, period, datapoints): (&'static str, i64, (i64, i64)),
    (above, threshold): (bool, f64),
    (good, bad): ((f64, f64), (f64, f64)),
    about: &'static str,
) -> Template {
    Template {
        name,
        namespace,
        metric,
        dimensions,
        statistic,
        period,
        datapoints,
        above,
        threshold,
        good,
        bad,
        about,
    }
}

/// Every kind, the usual ones first.
#[rustfmt::skip]
pub const TEMPLATES: &[Template] = &[
    t("{}-cpu-high", ("AWS/EC2", "CPUUtilization"), &[("InstanceId", "i-#")],
      ("Average", 300, (2, 2)), (true, 90.0), ((8.0, 62.0), (91.0, 99.7)), "CPU above 90 % for ten minutes. Runbook: https://runbooks.example.com/ec2/cpu"),
    t("{}-alb-5xx", ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"), &[("LoadBalancer", "app/{}/#")],
      ("Sum", 60, (3, 5)), (true, 50.0), ((0.0, 12.0), (54.0, 920.0)), "Targets behind {} answer with server errors. Runbook: https://runbooks.example.com/alb/5xx"),
    t("{}-latency-p99", ("AWS/ApplicationELB", "TargetResponseTime"), &[("LoadBalancer", "app/{}/#")],
      ("p99", 60, (5, 5)), (true, 1.5), ((0.08, 0.7), (1.6, 9.4)), "The slowest percent of requests takes longer than 1.5 s."),
    t("{}-unhealthy-hosts", ("AWS/ApplicationELB", "UnHealthyHostCount"), &[("TargetGroup", "targetgroup/{}/#"), ("LoadBalancer", "app/{}/#")],
      ("Maximum", 60, (2, 3)), (true, 0.0), ((0.0, 0.0), (1.0, 4.0)), "At least one target fails its health check."),
    t("{}-db-storage-low", ("AWS/RDS", "FreeStorageSpace"), &[("DBInstanceIdentifier", "{}")],
      ("Average", 300, (1, 1)), (false, 10_737_418_240.0), ((32e9, 410e9), (0.4e9, 10e9)), "Less than 10 GiB left on {}. Grow the volume before it stops writing."),
    t("{}-db-connections", ("AWS/RDS", "DatabaseConnections"), &[("DBInstanceIdentifier", "{}")],
      ("Maximum", 60, (3, 3)), (true, 450.0), ((12.0, 240.0), (452.0, 500.0)), "Close to max_connections."),
    t("{}-db-replica-lag", ("AWS/RDS", "ReplicaLag"), &[("DBInstanceIdentifier", "{}-replica")],
      ("Average", 60, (5, 5)), (true, 30.0), ((0.0, 2.0), (31.0, 1800.0)), "The replica is more than 30 s behind."),
    t("{}-queue-age", ("AWS/SQS", "ApproximateAgeOfOldestMessage"), &[("QueueName", "{}")],
      ("Maximum", 60, (5, 5)), (true, 900.0), ((0.0, 45.0), (905.0, 14_400.0)), "Messages wait longer than 15 minutes. Owner: #team-{}"),
    t("{}-dlq-not-empty", ("AWS/SQS", "ApproximateNumberOfMessagesVisible"), &[("QueueName", "{}-dlq")],
      ("Maximum", 300, (1, 1)), (true, 0.0), ((0.0, 0.0), (1.0, 310.0)), "Something could not be processed."),
    t("{}-lambda-errors", ("AWS/Lambda", "Errors"), &[("FunctionName", "{}")],
      ("Sum", 60, (2, 3)), (true, 5.0), ((0.0, 2.0), (6.0, 140.0)), "The function {} fails."),
    t("{}-lambda-throttles", ("AWS/Lambda", "Throttles"), &[("FunctionName", "{}")],
      ("Sum", 60, (1, 1)), (true, 0.0), ((0.0, 0.0), (1.0, 88.0)), "Concurrency is used up."),
    t("{}-ddb-throttled", ("AWS/DynamoDB", "ThrottledRequests"), &[("TableName", "{}")],
      ("Sum", 60, (3, 3)), (true, 10.0), ((0.0, 1.0), (11.0, 2400.0)), ""),
    t("{}-ecs-memory", ("AWS/ECS", "MemoryUtilization"), &[("ClusterName", "main"), ("ServiceName", "{}")],
      ("Average", 60, (3, 3)), (true, 85.0), ((31.0, 66.0), (86.0, 99.0)), "Tasks will be killed soon."),
    t("{}-status-check", ("AWS/EC2", "StatusCheckFailed"), &[("InstanceId", "i-#")],
      ("Maximum", 60, (2, 2)), (true, 0.0), ((0.0, 0.0), (1.0, 1.0)), "The host or its network is broken."),
    t("{}-disk-used", ("CWAgent", "disk_used_percent"), &[("path", "/"), ("InstanceId", "i-#"), ("fstype", "xfs")],
      ("Average", 300, (3, 3)), (true, 85.0), ((22.0, 71.0), (85.6, 99.9)), "Runbook: https://runbooks.example.com/disk"),
    t("{}-api-5xx", ("AWS/ApiGateway", "5XXError"), &[("ApiName", "{}"), ("Stage", "live")],
      ("Average", 60, (3, 5)), (true, 0.01), ((0.0, 0.002), (0.012, 0.61)), "More than one percent of the calls fail."),
    t("{}-stream-behind", ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds"), &[("StreamName", "{}")],
      ("Maximum", 60, (5, 5)), (true, 60_000.0), ((0.0, 900.0), (61_000.0, 3_600_000.0)), "Consumers fall behind."),
    t("{}/heartbeat", ("{}", "Heartbeat"), &[("Service", "{}")],
      ("SampleCount", 60, (3, 3)), (false, 1.0), ((1.0, 3.0), (0.0, 0.0)), "No sign of life from {}."),
    t("TargetTracking-service/main/{}-AlarmHigh-#", ("AWS/ECS", "CPUUtilization"), &[("ClusterName", "main"), ("ServiceName", "{}")],
      ("Average", 60, (3, 3)), (true, 60.0), ((22.0, 57.0), (61.0, 88.0)), "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy."),
];

/// The scaling alarm, which flips all day.
#[must_use]
pub fn scaling() -> &'static Template {
    &TEMPLATES[TEMPLATES.len() - 1]
}

impl Template {
    /// A text of the template for one resource of an account and region.
    #[must_use]
    pub fn fill(&self, text: &str, site: &Site, resource: &str) -> String {
        let text = text.replace("{}", resource);
        if !text.contains('#') || text.contains("#team") {
            return text;
        }
        let id = stock::instance(site, resource);
        text.replace('#', id.strip_prefix("i-").unwrap_or(&id))
    }
}
