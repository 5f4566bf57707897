//! CloudWatch Logs: groups, streams, and what is written into them.
//!
//! ```text
//!  estate ── voice ── words    who writes into which stream, and what: a function of the time, nothing is kept
//!  groups                      groups, streams, retention; what clients put
//!  events ── pattern           FilterLogEvents, GetLogEvents
//!  live                        StartLiveTail: the same by the time of arrival, pushed
//!  filters                     metric filters
//!  insights                    StartQuery and what belongs to it
//! ```

mod estate;
mod events;
mod filters;
mod groups;
mod insights;
mod live;
mod pattern;
mod section;
mod voice;
mod words;

use self::estate::{Group, Logs, Troubled};
pub use self::section::Section;
use super::cloudwatch::CloudWatch;
use super::{Answer, Call, Dialect, Operation, Refusal, Service, always_on};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::{Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "logs",
    alias: "cloudwatchlogs",
    protocols: &[Protocol::Json],
    target: "Logs_20140328",
    xmlns: "",
    dialect: Dialect {
        invalid: "InvalidParameterException",
        bad_token: "InvalidParameterException",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("DescribeLogGroups", groups::describe)
            .paged("limit", "nextToken", (1, 50), 50)
            .rate(10.0, 10),
        Operation::new("ListLogGroups", groups::list)
            .paged("limit", "nextToken", (1, 1000), 50)
            .rate(10.0, 10),
        Operation::new("DescribeLogStreams", groups::streams)
            .paged("limit", "nextToken", (1, 50), 50)
            .rate(25.0, 25),
        Operation::new("FilterLogEvents", events::filter)
            .paged("limit", "nextToken", (1, 10_000), 10_000)
            .rate(5.0, 5),
        Operation::new("GetLogEvents", events::get)
            .needs(&["logStreamName"])
            .paged("limit", "nextToken", (1, 10_000), 10_000)
            .rate(25.0, 25),
        Operation::new("StartLiveTail", live::start)
            .needs(&["logGroupIdentifiers"])
            .pushes(live::push),
        Operation::new("StartQuery", insights::start)
            .needs(&["queryString", "startTime", "endTime"])
            .rate(5.0, 5),
        Operation::new("GetQueryResults", insights::results)
            .needs(&["queryId"])
            .paged("maxItems", "nextToken", (0, 10_000), 10_000)
            .rate(5.0, 5),
        Operation::new("StopQuery", insights::stop)
            .needs(&["queryId"])
            .rate(5.0, 5),
        Operation::new("DescribeQueries", insights::describe)
            .paged("maxResults", "nextToken", (1, 1000), 1000)
            .rate(5.0, 5),
        Operation::new("CreateLogGroup", groups::create).needs(&["logGroupName"]),
        Operation::new("DeleteLogGroup", groups::delete).needs(&["logGroupName"]),
        Operation::new("CreateLogStream", groups::create_stream)
            .needs(&["logGroupName", "logStreamName"]),
        Operation::new("DeleteLogStream", groups::delete_stream)
            .needs(&["logGroupName", "logStreamName"]),
        Operation::new("PutLogEvents", groups::put).needs(&[
            "logGroupName",
            "logStreamName",
            "logEvents",
        ]),
        Operation::new("PutRetentionPolicy", groups::retain)
            .needs(&["logGroupName", "retentionInDays"]),
        Operation::new("DeleteRetentionPolicy", groups::keep).needs(&["logGroupName"]),
        Operation::new("PutMetricFilter", filters::put).needs(&[
            "logGroupName",
            "filterName",
            "metricTransformations",
        ]),
        Operation::new("DescribeMetricFilters", filters::describe)
            .paged("limit", "nextToken", (1, 50), 50)
            .rate(5.0, 5),
        Operation::new("DeleteMetricFilter", filters::delete)
            .needs(&["logGroupName", "filterName"]),
        Operation::new("TestMetricFilter", filters::test).needs(&["logEventMessages"]),
    ],
    disabled: always_on,
    truth,
};

/// The groups as `DescribeLogGroups` answers them, each with the names of its streams.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |logs: &mut Logs, site, now| {
        let groups = logs.groups.iter().map(|(name, group)| {
            let mut told = groups::described(name, group, site, now);
            let born = group
                .streams
                .iter()
                .filter(|(_, stream)| stream.born <= now);
            told.set("logStreams", born.map(|(name, _)| name).collect::<Value>());
            told
        });
        fields! { "logGroups" => groups.collect::<Value>() }
    })
}

fn no_group() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

fn no_stream() -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
}

/// Looks at the group that a call names, by name or by ARN.
fn with_group(
    call: &Call<'_>,
    look: impl FnOnce(&str, &Group, &Site, Timestamp) -> Answer,
) -> Answer {
    let name = group_name(call)?;
    call.estate(|logs: &mut Logs, site, now| {
        let group = logs.groups.get(name).ok_or_else(no_group)?;
        look(name, group, site, now)
    })
}

/// The name of the group that a call means. An ARN of another account is refused as AWS refuses it where no monitoring
/// account is set up.
fn group_name<'a>(call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let text = match (call.text("logGroupName"), call.text("logGroupIdentifier")) {
        (Some(_), Some(_)) => {
            let message = "logGroupName and logGroupIdentifier are mutually exclusive";
            return Err(call.invalid(message));
        }
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => {
            return Err(call.invalid("logGroupName or logGroupIdentifier is required"));
        }
    };
    named(call, text)
}

/// The name of a group that is named or given by its ARN.
fn named<'a>(call: &Call<'_>, text: &'a str) -> Result<&'a str, Refusal> {
    if !text.starts_with("arn:") {
        return Ok(text);
    }
    let mut parts = text.splitn(7, ':').skip(3);
    let (Some(region), Some(account), Some("log-group"), Some(name)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(call.invalid(format!("'{text}' is not the ARN of a log group")));
    };
    if region != &*call.region || account != call.account() {
        let message = format!("Access denied to log group {text}");
        return Err(Refusal::new("AccessDeniedException", message));
    }
    Ok(name.strip_suffix(":*").unwrap_or(name))
}

/// When what the asked account and region runs is in trouble.
fn troubles(call: &Call<'_>) -> Troubled {
    call.estate(|alarms: &mut CloudWatch, _, _| alarms.troubles())
}
