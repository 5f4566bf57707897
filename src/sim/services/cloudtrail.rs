//! CloudTrail: the management events of the last 90 days, as `LookupEvents` finds them.
//!
//! People and machines change what alarms watch now and then, and often a little before an alarm of it fires. All of it is a
//! function of the time. An event can be found some minutes after it happened.

use std::time::Duration;

use serde_json::json;

use super::cloudwatch::{CloudWatch, Times, Workload};
use super::stock::{self, USERS};
use super::{Answer, Call, Dialect, Operation, Refusal, Service, always_on};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::wire::{Protocol, Value, text};
use crate::sim::world::{Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "cloudtrail",
    alias: "cloudtrail",
    protocols: &[Protocol::Json],
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    xmlns: "",
    dialect: Dialect {
        invalid: "InvalidParameterCombinationException",
        bad_token: "InvalidNextTokenException",
        ..Dialect::JSON
    },
    operations: &[Operation::new("LookupEvents", lookup)
        .paged("MaxResults", "NextToken", (1, 50), 50)
        .rate(2.0, 2)],
    disabled: always_on,
    truth,
};

/// How far back events can be looked up. From the API reference.
const KEPT_SECS: i64 = 90 * 86_400;
/// An event can be found so long after it happened: from, to.
const LATE_SECS: (i64, i64) = (180, 900);
/// The attributes of which one may be asked for. From the model.
const ATTRIBUTES: &[&str] = &[
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
];

/// A management event.
#[derive(Clone, Debug)]
struct Event {
    at: Timestamp,
    /// When it can be found.
    found: Timestamp,
    id: String,
    what: &'static Deed,
    resource: String,
    user: &'static str,
    denied: bool,
    dice: Chance,
}

/// Something that is done to a resource.
#[derive(Debug)]
struct Deed {
    /// The namespace of the metrics of such a resource.
    namespace: &'static str,
    source: &'static str,
    name: &'static str,
    resource_type: &'static str,
}

const fn deed(
    namespace: &'static str,
    source: &'static str,
    name: &'static str,
    resource_type: &'static str,
) -> Deed {
    Deed {
        namespace,
        source,
        name,
        resource_type,
    }
}

const DEEDS: &[Deed] = &[
    deed(
        "AWS/Lambda",
        "lambda.amazonaws.com",
        "UpdateFunctionCode20150331v2",
        "AWS::Lambda::Function",
    ),
    deed(
        "AWS/Lambda",
        "lambda.amazonaws.com",
        "UpdateFunctionConfiguration20150331v2",
        "AWS::Lambda::Function",
    ),
    deed(
        "AWS/Lambda",
        "lambda.amazonaws.com",
        "PutFunctionConcurrency20171031",
        "AWS::Lambda::Function",
    ),
    deed(
        "AWS/RDS",
        "rds.amazonaws.com",
        "ModifyDBInstance",
        "AWS::RDS::DBInstance",
    ),
    deed(
        "AWS/RDS",
        "rds.amazonaws.com",
        "RebootDBInstance",
        "AWS::RDS::DBInstance",
    ),
    deed(
        "AWS/ECS",
        "ecs.amazonaws.com",
        "UpdateService",
        "AWS::ECS::Service",
    ),
    deed(
        "AWS/ECS",
        "ecs.amazonaws.com",
        "RegisterTaskDefinition",
        "AWS::ECS::Service",
    ),
    deed(
        "AWS/EC2",
        "ec2.amazonaws.com",
        "StopInstances",
        "AWS::EC2::Instance",
    ),
    deed(
        "AWS/EC2",
        "ec2.amazonaws.com",
        "ModifyInstanceAttribute",
        "AWS::EC2::Instance",
    ),
    deed(
        "CWAgent",
        "ec2.amazonaws.com",
        "ModifyVolume",
        "AWS::EC2::Instance",
    ),
    deed(
        "AWS/ApiGateway",
        "apigateway.amazonaws.com",
        "CreateDeployment",
        "AWS::ApiGateway::RestApi",
    ),
    deed(
        "AWS/SQS",
        "sqs.amazonaws.com",
        "SetQueueAttributes",
        "AWS::SQS::Queue",
    ),
    deed(
        "AWS/DynamoDB",
        "dynamodb.amazonaws.com",
        "UpdateTable",
        "AWS::DynamoDB::Table",
    ),
    deed(
        "AWS/ApplicationELB",
        "elasticloadbalancing.amazonaws.com",
        "ModifyTargetGroupAttributes",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ),
    deed(
        "AWS/Kinesis",
        "kinesis.amazonaws.com",
        "UpdateShardCount",
        "AWS::Kinesis::Stream",
    ),
];

/// The name under which CloudTrail knows the resource of a workload.
fn resource(site: &Site, (namespace, name): &Workload) -> String {
    match *namespace {
        "AWS/EC2" | "CWAgent" => stock::instance(site, name),
        _ => name.to_string(),
    }
}

/// What was done to a workload within a time, the latest last.
fn done(site: &Site, workload: &Workload, troubles: &Times, from: i64, to: i64) -> Vec<Event> {
    let deeds: Vec<&'static Deed> = DEEDS
        .iter()
        .filter(|deed| deed.namespace == workload.0)
        .collect();
    if deeds.is_empty() {
        return Vec::new();
    }
    let root = Chance::of(site, "cloudtrail")
        .named(workload.0)
        .named(&workload.1);
    let mut events = Vec::new();
    let mut happened = |at: i64, dice: Chance| {
        let at = Timestamp::from_secs(at);
        events.push(Event {
            at,
            found: at.plus(Duration::from_secs(
                dice.on(1).between(LATE_SECS.0, LATE_SECS.1).unsigned_abs(),
            )),
            id: dice.on(2).uuid(),
            what: dice.on(3).pick::<&Deed>(&deeds),
            resource: resource(site, workload),
            user: dice.on(4).pick::<&str>(USERS),
            denied: dice.on(5).happens(0.08),
            dice,
        });
    };
    // One change in about three days.
    for day in from.div_euclid(86_400)..=to.div_euclid(86_400) {
        let dice = root.on(day.cast_unsigned());
        if dice.on(20).happens(0.3) {
            happened(day * 86_400 + dice.on(21).between(0, 86_400), dice);
        }
    }
    // Two troubles of three were brought about by somebody a little before.
    for (began, _) in troubles.iter().filter(|(began, _)| *began > i64::MIN) {
        let dice = root.named("trouble").on(began.cast_unsigned());
        if dice.on(20).happens(0.66) {
            happened(began - dice.on(21).between(30, 900), dice);
        }
    }
    events.retain(|event| (from..=to).contains(&event.at.as_secs()));
    events
}

fn all(call: &Call<'_>, from: i64, to: i64) -> Vec<Event> {
    let mut events = call.estate(|alarms: &mut CloudWatch, site, now| {
        let troubles = alarms.troubles();
        let none = Times::new();
        let mut events: Vec<Event> = alarms
            .workloads()
            .iter()
            .flat_map(|workload| {
                done(
                    site,
                    workload,
                    troubles.get(&workload.1).unwrap_or(&none),
                    from,
                    to,
                )
            })
            .collect();
        events.retain(|event| event.found <= now);
        events
    });
    // The latest first.
    events.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    events
}

/// `LookupEvents`.
fn lookup(call: &Call<'_>) -> Answer {
    let attributes = call.arg("LookupAttributes").items();
    if attributes.len() > 1 {
        let message = "You cannot specify more than one lookup attribute.";
        return Err(Refusal::new("InvalidLookupAttributesException", message));
    }
    let attribute = match attributes.first() {
        None => None,
        Some(attribute) => {
            let (key, value) = (attribute.at("AttributeKey"), attribute.at("AttributeValue"));
            let key = key.as_str().unwrap_or_default();
            if !ATTRIBUTES.contains(&key) {
                let message = format!("'{key}' is not one of [{}]", ATTRIBUTES.join(", "));
                return Err(Refusal::new("InvalidLookupAttributesException", message));
            }
            Some((key, value.as_str().unwrap_or_default()))
        }
    };
    let now = call.now.as_secs();
    let time = |name: &str| call.arg(name).as_time().map(Timestamp::as_secs);
    let (from, to) = (
        time("StartTime").unwrap_or(now - KEPT_SECS),
        time("EndTime").unwrap_or(now),
    );
    if from > to {
        let message = "The start time must be before the end time.";
        return Err(Refusal::new("InvalidTimeRangeException", message));
    }
    let page = call.page()?;
    let events = all(call, from.max(now - KEPT_SECS), to.min(now));
    let fits = |event: &Event| match attribute {
        None => true,
        Some(("EventId", value)) => event.id == value,
        Some(("EventName", value)) => event.what.name == value,
        Some(("ReadOnly", value)) => value == "false",
        Some(("Username", value)) => event.user == value,
        Some(("ResourceType", value)) => event.what.resource_type == value,
        Some(("ResourceName", value)) => event.resource == value,
        Some(("EventSource", value)) => event.what.source == value,
        Some((_, value)) => event.key() == value,
    };
    let events = events.into_iter().filter(fits);
    let (events, next) = page.fall(events, |event| {
        format!("{:013}{}", event.at.as_secs(), event.id)
    });
    Ok(fields! {
        "Events" => events.iter().map(|event| event.describe(call)).collect::<Value>(),
        "NextToken" => next,
    })
}

impl Event {
    fn key(&self) -> String {
        format!("ASIA{}", self.dice.on(6).hex(16).to_uppercase())
    }

    fn describe(&self, call: &Call<'_>) -> Value {
        let session = format!(
            "arn:{}:sts::{}:assumed-role/operator/{}",
            call.world.partition(),
            call.account(),
            self.user
        );
        let mut told = json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole", "principalId": format!("AROA{}:{}", self.dice.on(7).hex(16).to_uppercase(), self.user),
                "arn": session, "accountId": call.account(), "accessKeyId": self.key(),
            },
            "eventTime": text::iso_secs(self.at), "eventSource": self.what.source, "eventName": self.what.name,
            "awsRegion": &*call.region, "sourceIPAddress": format!("203.0.113.{}", self.dice.on(8).between(1, 255)),
            "userAgent": *self.dice.on(9).pick(&["aws-cli/2.31.0", "console.amazonaws.com", "APN/1.0 HashiCorp/1.0 Terraform/1.9"]),
            "requestParameters": { "name": self.resource }, "responseElements": null, "requestID": self.dice.on(10).uuid(),
            "eventID": self.id, "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true,
            "recipientAccountId": call.account(), "eventCategory": "Management",
        });
        if self.denied
            && let Some(members) = told.as_object_mut()
        {
            members.insert("errorCode".into(), json!("AccessDenied"));
            members.insert(
                "errorMessage".into(),
                json!(format!("User: {session} is not authorized")),
            );
        }
        fields! {
            "EventId" => &self.id, "EventName" => self.what.name, "ReadOnly" => "false", "AccessKeyId" => self.key(),
            "EventTime" => self.at, "EventSource" => self.what.source, "Username" => self.user,
            "Resources" => vec![fields! { "ResourceType" => self.what.resource_type, "ResourceName" => &self.resource }],
            "CloudTrailEvent" => told.to_string(),
        }
    }
}

/// How many changes each workload had in the last 90 days, whether they can be found yet or not.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |alarms: &mut CloudWatch, site, now| {
        let troubles = alarms.troubles();
        let none = Times::new();
        let to = now.as_secs();
        let counts = alarms.workloads().into_iter().map(|workload| {
            let events = done(
                site,
                &workload,
                troubles.get(&workload.1).unwrap_or(&none),
                to - KEPT_SECS,
                to,
            );
            fields! { "ResourceName" => resource(site, &workload), "Events" => events.len() }
        });
        fields! { "Resources" => counts.collect::<Value>() }
    })
}
