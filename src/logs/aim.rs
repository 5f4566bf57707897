//! The aim: which log groups may tell what happened to an item, and from when on they are worth reading.
//!
//! Nothing is asked here. A guess says under which name AWS, an agent or a team usually puts the logs of such a resource;
//! whoever may ask finds out which of the guesses are there.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alarm::{AlarmDetail, AlarmWatch};
use crate::domain::{Detail, Item, Scope};

/// How long before something began its logs are worth reading.
pub const BEFORE: Duration = Duration::from_secs(5 * 60);
/// What happened longer ago is read by itself, not with everything that was written since.
const OLD: Duration = Duration::from_secs(2 * 3_600);
/// So far behind it.
const AFTER: Duration = Duration::from_secs(30 * 60);

/// Where to look, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    /// What it is about, as operators call it.
    pub what: Arc<str>,
    /// The account and region.
    pub scope: Scope,
    /// From when on.
    pub since: Timestamp,
    /// Until when, where it was so long ago that what is written now says nothing about it.
    pub until: Option<Timestamp>,
    /// Moments that are marked between the lines, in the order of time.
    pub rulers: Vec<Ruler>,
    /// Where its logs usually are, the likeliest first.
    pub guesses: Vec<Guess>,
    /// Where they may be when none of these is there.
    pub else_try: Vec<Guess>,
    /// The namespace and the name of a metric that log lines may be counted into.
    pub metric: Option<(Arc<str>, Arc<str>)>,
}

/// A moment that is marked between the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruler {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub what: &'static str,
}

/// Where logs may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Under which name.
    pub name: Name,
    /// The beginning of the stream's name, where a stream is one machine's.
    pub stream: Option<Arc<str>>,
}

/// The name of a group, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The whole name.
    Exact(String),
    /// Its beginning.
    Begins(String),
    /// A part of it.
    Has(String),
}

impl Name {
    /// The name that a text with `*` at its end or at both means; nothing where no log group could be called so.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
        let (open, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (ends_open, word) = match rest.strip_suffix('*') {
            Some(word) => (true, word),
            None => (false, rest),
        };
        if word.is_empty() || !word.chars().all(allowed) {
            return None;
        }
        let word = word.to_owned();
        Some(match (open, ends_open) {
            (false, false) => Self::Exact(word),
            (false, true) => Self::Begins(word),
            (true, _) => Self::Has(word),
        })
    }

    /// As it is told to an operator: with `*` for what is not known.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Exact(name) => name.clone(),
            Self::Begins(name) => format!("{name}*"),
            Self::Has(part) => format!("*{part}*"),
        }
    }

    /// Whether a group has such a name.
    #[must_use]
    pub fn fits(&self, group: &str) -> bool {
        match self {
            Self::Exact(name) => name == group,
            Self::Begins(name) => group.starts_with(name.as_str()),
            Self::Has(part) => group.contains(part.as_str()),
        }
    }
}

/// The files of a machine that AWS Managed Services ships, each a group whose streams are named after the instances.
/// From the AMS user guide, "Amazon EC2 log management"; Linux first.
const FILES: &[&str] = &[
    "/var/log/messages",
    "/var/log/syslog",
    "/var/log/secure",
    "/var/log/auth.log",
    "/var/log/audit/audit.log",
    "/var/log/cron",
    "/var/log/amazon/ssm/amazon-ssm-agent.log",
    "/var/log/amazon/ssm/errors.log",
    "ApplicationEventLog",
    "SystemEventLog",
    "SecurityEventLog",
    "AmazonSSMAgentLog",
    "AmazonSSMErrorLog",
];

/// Where the logs of an item may be.
#[must_use]
pub fn at(item: &Item, what: Arc<str>, now: Timestamp) -> Aim {
    let mut aim = Aim {
        what,
        scope: item.key.scope,
        since: item.opened.minus(BEFORE),
        until: None,
        rulers: vec![Ruler {
            at: item.opened,
            what: "it began",
        }],
        guesses: Vec::new(),
        else_try: Vec::new(),
        metric: None,
    };
    match &item.detail {
        Detail::Alarm(alarm) => of_alarm(&mut aim, alarm),
        Detail::Finding(finding) => {
            aim.since = finding.last_seen.minus(BEFORE);
            aim.rulers = vec![Ruler {
                at: finding.last_seen,
                what: "it was last seen",
            }];
            if let Some(resource) = &item.resource {
                of_resource(&mut aim, resource);
            }
            aim.guesses.push(named(Name::Has("cloudtrail".to_owned())));
        }
        _ => {
            if let Some(resource) = &item.resource {
                of_resource(&mut aim, resource);
            }
        }
    }
    aim.guesses.dedup();
    let last = aim.rulers.last().map_or(aim.since, |ruler| ruler.at);
    aim.until = (now.since(last) > OLD).then(|| last.plus(AFTER));
    aim
}

/// A guess that any stream of the group may be meant.
#[must_use]
pub const fn named(name: Name) -> Guess {
    Guess { name, stream: None }
}

fn exact(name: impl Into<String>) -> Guess {
    named(Name::Exact(name.into()))
}

fn begins(name: impl Into<String>) -> Guess {
    named(Name::Begins(name.into()))
}

fn of_alarm(aim: &mut Aim, alarm: &AlarmDetail) {
    let (AlarmWatch::Metric {
        namespace,
        metric,
        period,
        ..
    }
    | AlarmWatch::Expression {
        namespace,
        metric,
        period,
        ..
    }) = &alarm.terms.watch
    else {
        of_changes(aim, alarm, Duration::ZERO);
        return;
    };
    let datapoints = alarm
        .terms
        .datapoints_to_alarm
        .or(alarm.terms.evaluation_periods);
    let seconds = i64::from(period.unwrap_or(60)) * i64::from(datapoints.unwrap_or(1));
    let breaching = Duration::from_secs(seconds.clamp(0, 86_400).unsigned_abs());
    of_changes(aim, alarm, breaching);
    let namespace = namespace.as_deref().unwrap_or_default();
    if !namespace.starts_with("AWS/")
        && let Some(metric) = metric
        && !namespace.is_empty()
    {
        aim.metric = Some((Arc::from(namespace), Arc::clone(metric)));
    }
    let value = |name: &str| {
        let found = alarm.dimensions.iter().find(|(of, _)| **of == *name);
        found.map(|(_, value)| &**value)
    };
    match namespace {
        "AWS/Lambda" | "LambdaInsights" => {
            if let Some(function) = value("FunctionName").or_else(|| value("function_name")) {
                aim.guesses.push(exact(format!("/aws/lambda/{function}")));
            }
        }
        "AWS/ECS" | "ECS/ContainerInsights" => {
            for name in [value("ServiceName"), value("TaskDefinitionFamily")]
                .into_iter()
                .flatten()
            {
                aim.guesses.push(exact(format!("/ecs/{name}")));
                aim.guesses.push(exact(format!("/aws/ecs/{name}")));
            }
            if let Some(cluster) = value("ClusterName") {
                aim.guesses.push(exact(format!("/ecs/{cluster}")));
                aim.guesses
                    .push(begins(format!("/aws/ecs/containerinsights/{cluster}/")));
            }
        }
        "ContainerInsights" | "AWS/EKS" => {
            if let Some(cluster) = value("ClusterName") {
                aim.guesses
                    .push(begins(format!("/aws/containerinsights/{cluster}/")));
                aim.guesses.push(begins(format!("/aws/eks/{cluster}/")));
            }
        }
        "AWS/ApiGateway" => {
            if let Some(id) = value("ApiId") {
                aim.guesses
                    .push(begins(format!("API-Gateway-Execution-Logs_{id}/")));
            }
            if let Some(name) = value("ApiName") {
                aim.guesses.push(begins(format!("/aws/apigateway/{name}")));
            }
        }
        "AWS/RDS" => {
            for (dimension, place) in [
                ("DBInstanceIdentifier", "instance"),
                ("DBClusterIdentifier", "cluster"),
            ] {
                if let Some(name) = value(dimension) {
                    aim.guesses
                        .push(begins(format!("/aws/rds/{place}/{name}/")));
                }
            }
        }
        "AWS/States" => {
            if let Some(arn) = value("StateMachineArn") {
                let name = arn.rsplit(':').next().unwrap_or(arn);
                aim.guesses
                    .push(begins(format!("/aws/vendedlogs/states/{name}")));
            }
        }
        "AWS/CodeBuild" => {
            if let Some(project) = value("ProjectName") {
                aim.guesses.push(exact(format!("/aws/codebuild/{project}")));
            }
        }
        "AWS/NATGateway" | "AWS/TransitGateway" | "AWS/VPC" | "AWS/PrivateLinkEndpoints" => {
            aim.guesses.push(named(Name::Has("flow".to_owned())));
        }
        "AWS/WAFV2" => aim.guesses.push(begins("aws-waf-logs-")),
        _ => {}
    }
    if let Some(instance) = value("InstanceId") {
        of_instance(aim, instance);
    }
    for (_, value) in &alarm.dimensions {
        if let Some(word) = word_of(value) {
            aim.else_try.push(named(Name::Has(word.to_owned())));
        }
    }
}

fn of_changes(aim: &mut Aim, alarm: &AlarmDetail, breaching: Duration) {
    let first = alarm.transitioned.minus(breaching);
    aim.since = first.minus(BEFORE);
    aim.rulers = vec![Ruler {
        at: alarm.transitioned,
        what: "the alarm changed its state",
    }];
    if !breaching.is_zero() {
        let first = Ruler {
            at: first,
            what: "the first datapoint that counted",
        };
        aim.rulers.insert(0, first);
    }
}

/// What of a dimension's value teams use in names of log groups: of `app/checkout/50dc6c495c0c9188` the middle, of a queue
/// `orders-dlq` the queue that it belongs to. Nothing of what is a class or an id.
fn word_of(value: &str) -> Option<&str> {
    let mut parts = value.split('/');
    let word = match (parts.next(), parts.next()) {
        (Some("app" | "net" | "targetgroup"), Some(name)) => name,
        (Some(whole), None) => whole,
        _ => return None,
    };
    let word = word
        .strip_suffix("-dlq")
        .or_else(|| word.strip_suffix("-replica"))
        .unwrap_or(word);
    let is_id = word.starts_with("i-") || word.starts_with("vol-") || word.starts_with("eni-");
    let is_name = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    (word.len() >= 4 && !is_id && is_name).then_some(word)
}

fn of_instance(aim: &mut Aim, instance: &str) {
    let stream = Some(Arc::from(instance));
    aim.guesses.extend(FILES.iter().map(|file| Guess {
        name: Name::Exact((*file).to_owned()),
        stream: stream.clone(),
    }));
}

/// By the id or the ARN of a resource.
fn of_resource(aim: &mut Aim, resource: &str) {
    let last = resource.rsplit(['/', ':']).next().unwrap_or(resource);
    if last.starts_with("i-") || last.starts_with("mi-") {
        of_instance(aim, last);
        return;
    }
    let service = resource
        .strip_prefix("arn:")
        .and_then(|rest| rest.split(':').nth(1));
    match service {
        Some("lambda") => aim.guesses.push(exact(format!("/aws/lambda/{last}"))),
        Some("rds") => {
            aim.guesses
                .push(begins(format!("/aws/rds/instance/{last}/")));
            aim.guesses
                .push(begins(format!("/aws/rds/cluster/{last}/")));
        }
        Some("codebuild") => aim.guesses.push(exact(format!("/aws/codebuild/{last}"))),
        Some("states") => aim
            .guesses
            .push(begins(format!("/aws/vendedlogs/states/{last}"))),
        Some("eks") => aim.guesses.push(begins(format!("/aws/eks/{last}/"))),
        Some("ecs") => aim.guesses.push(exact(format!("/ecs/{last}"))),
        Some("ec2") => aim.guesses.push(named(Name::Has("flow".to_owned()))),
        _ => {}
    }
    if let Some(word) = word_of(last) {
        aim.else_try.push(named(Name::Has(word.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alarm::{AlarmState, AlarmTerms};
    use crate::domain::{ItemKey, ItemState, Kind, Severity};

    fn alarm(namespace: &str, dimensions: &[(&str, &str)]) -> Aim {
        let watch = AlarmWatch::Metric {
            namespace: Some(Arc::from(namespace)),
            metric: Some(Arc::from("Errors")),
            statistic: None,
            period: Some(60),
        };
        watching(watch, dimensions)
    }

    fn watching(watch: AlarmWatch, dimensions: &[(&str, &str)]) -> Aim {
        let terms = AlarmTerms {
            watch,
            comparison: None,
            threshold: None,
            datapoints_to_alarm: Some(2),
            evaluation_periods: Some(3),
            treat_missing: None,
        };
        let at = Timestamp::from_secs(10_000);
        let mut detail = AlarmDetail::new(AlarmState::Alarm, Arc::new(terms), at);
        detail.dimensions = dimensions
            .iter()
            .map(|(name, value)| (Arc::from(*name), Arc::from(*value)))
            .collect();
        let scope = Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let item = Item {
            key: ItemKey {
                kind: Kind::Alarm,
                scope,
                id: Arc::from("a"),
            },
            told_arn: None,
            name: Arc::from("a"),
            title: Arc::from("a"),
            severity: Severity::High,
            state: ItemState::Open,
            native_state: Arc::from("ALARM"),
            resource: None,
            opened: at,
            changed: at,
            episode: at,
            detail: Detail::Alarm(detail),
        };
        super::at(
            &item,
            Arc::from("alarm a"),
            at.plus(Duration::from_secs(60)),
        )
    }

    fn told(guesses: &[Guess]) -> Vec<String> {
        guesses.iter().map(|guess| guess.name.told()).collect()
    }

    #[test]
    fn a_function_and_a_database_write_where_aws_says() {
        let aim = alarm("AWS/Lambda", &[("FunctionName", "pay")]);
        assert_eq!(told(&aim.guesses), ["/aws/lambda/pay"]);
        let aim = alarm("AWS/RDS", &[("DBInstanceIdentifier", "orders")]);
        assert_eq!(told(&aim.guesses), ["/aws/rds/instance/orders/*"]);
    }

    #[test]
    fn an_expression_is_about_what_its_first_metric_is_about() {
        let band = AlarmWatch::Expression {
            text: Arc::from("ANOMALY_DETECTION_BAND(m1, 2)"),
            namespace: Some(Arc::from("AWS/Lambda")),
            metric: Some(Arc::from("Duration")),
            period: Some(60),
        };
        let aim = watching(band, &[("FunctionName", "pay")]);
        assert_eq!(told(&aim.guesses), ["/aws/lambda/pay"]);
        assert_eq!(aim.since, Timestamp::from_secs(10_000 - 120 - 300));
    }

    #[test]
    fn reading_begins_five_minutes_before_the_first_datapoint_that_counted() {
        let aim = alarm("AWS/Lambda", &[("FunctionName", "pay")]);
        assert_eq!(aim.since, Timestamp::from_secs(10_000 - 120 - 300));
        let rulers: Vec<i64> = aim.rulers.iter().map(|ruler| ruler.at.as_secs()).collect();
        assert_eq!(rulers, [10_000 - 120, 10_000]);
    }

    #[test]
    fn a_machine_is_a_stream_in_each_of_its_files() {
        let aim = alarm("CWAgent", &[("path", "/"), ("InstanceId", "i-0a1b2c3d")]);
        assert!(told(&aim.guesses).contains(&"/var/log/messages".to_owned()));
        assert!(
            aim.guesses
                .iter()
                .all(|guess| guess.stream.as_deref() == Some("i-0a1b2c3d"))
        );
        assert_eq!(
            aim.metric.as_ref().map(|(namespace, _)| &**namespace),
            Some("CWAgent")
        );
    }

    #[test]
    fn what_aws_has_no_name_for_is_looked_for_by_the_words_of_its_dimensions() {
        let balancer = alarm(
            "AWS/ApplicationELB",
            &[("LoadBalancer", "app/checkout-api/50dc6c495c0c9188")],
        );
        assert_eq!(told(&balancer.else_try), ["*checkout-api*"]);
        let queue = alarm("AWS/SQS", &[("QueueName", "orders-dlq")]);
        assert_eq!(told(&queue.else_try), ["*orders*"]);
        assert!(
            alarm("AWS/EC2", &[("InstanceId", "i-0a1b2c3d")])
                .else_try
                .is_empty()
        );
    }
}
