//! AWS Support: the cases of an account. One endpoint for all regions; only accounts with a plan that has the API may ask.

mod case;
mod section;

use self::case::{Case, Cases};
use self::section::Entry;
pub use self::section::Section;
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Protocol, Value};
use crate::sim::world::{Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "support",
    alias: "support",
    protocols: &[Protocol::Json],
    target: "AWSSupport_20130415",
    xmlns: "",
    dialect: Dialect {
        bad_token: "ValidationException",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("DescribeCases", cases).paged("maxResults", "nextToken", (10, 100), 100),
        Operation::new("DescribeCommunications", communications)
            .paged("maxResults", "nextToken", (10, 100), 100)
            .needs(&["caseId"]),
        Operation::new("AddCommunicationToCase", reply).needs(&["communicationBody"]),
        Operation::new("ResolveCase", resolve),
        Operation::new("CreateCase", create).needs(&["subject", "communicationBody"]),
        Operation::new("DescribeSeverityLevels", severities),
    ],
    disabled: no_plan,
    truth,
};

/// The codes of severity with their names, from the API reference.
const SEVERITIES: &[(&str, &str)] = &[
    ("low", "Low"),
    ("normal", "Normal"),
    ("high", "High"),
    ("urgent", "Urgent"),
    ("critical", "Critical"),
];

/// The longest body of a communication, in characters (from the model).
const BODY: usize = 8_000;

/// Where the endpoint of a partition stands.
fn home(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => "us-east-1",
    }
}

/// What an account without a plan hears.
fn no_plan(_: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "SubscriptionRequiredException",
        "Amazon Web Services Premium Support Subscription is required to use this service.",
    ))
}

/// Looks at the caller's cases; refused where there is no plan, and in a region that has no endpoint.
fn own<R>(
    call: &Call<'_>,
    look: impl FnOnce(&mut Cases, &Site, Timestamp) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    if *call.region != *home(call.world.partition()) {
        return Err(Refusal::new(
            "InvalidSignatureException",
            "Credential should be scoped to a valid region.",
        ));
    }
    call.estate::<Cases, _>(|cases, site, now| {
        if cases.has_plan {
            look(cases, site, now)
        } else {
            no_plan(call).and_then(|_| look(cases, site, now))
        }
    })
}

fn unknown(id: &str) -> Refusal {
    Refusal::new(
        "CaseIdNotFound",
        format!("The requested caseId {id} could not be located."),
    )
}

/// A time that a filter names.
fn moment(call: &Call<'_>, member: &str) -> Result<Option<Timestamp>, Refusal> {
    match call.text(member) {
        None => Ok(None),
        Some(text) => Timestamp::parse(text)
            .map(Some)
            .ok_or_else(|| call.invalid(format!("Invalid date specified in '{member}': {text}"))),
    }
}

fn flag(call: &Call<'_>, member: &str, usual: bool) -> bool {
    call.arg(member).as_bool().unwrap_or(usual)
}

fn cases(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (after, before) = (moment(call, "afterTime")?, moment(call, "beforeTime")?);
    let ids: Vec<&str> = call.arg("caseIdList").texts().collect();
    let display = call.text("displayId");
    let resolved = flag(call, "includeResolvedCases", false);
    let with_said = flag(call, "includeCommunications", true);
    own(call, |cases, _, now| {
        if let Some(id) = ids.iter().find(|id| cases.find(id, now).is_none()) {
            return Err(unknown(id));
        }
        let is_meant = |case: &&Case| {
            (ids.is_empty() || ids.contains(&&*case.id))
                && display.is_none_or(|display| case.display == display)
                && (resolved || !case.is_resolved(now))
                && after.is_none_or(|after| case.born >= after)
                && before.is_none_or(|before| case.born <= before)
        };
        let all = cases.all(now).filter(is_meant).map(|case| {
            let key = format!("{:016}-{}", case.born.as_millis(), case.id);
            (key, case.describe(now, with_said))
        });
        let (found, next) = page.fall(all, |(key, _)| key.clone());
        let found: Value = found.into_iter().map(|(_, case)| case).collect();
        Ok(fields! { "cases" => found, "nextToken" => next })
    })
}

fn communications(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (after, before) = (moment(call, "afterTime")?, moment(call, "beforeTime")?);
    let id = call.needed("caseId");
    own(call, |cases, _, now| {
        let case = cases.find(id, now).ok_or_else(|| unknown(id))?;
        let said = case.said(now).into_iter().filter(|(at, _)| {
            after.is_none_or(|after| *at >= after) && before.is_none_or(|before| *at <= before)
        });
        let (found, next) = page.cut(said);
        let found: Value = found.into_iter().map(|(_, said)| said).collect();
        Ok(fields! { "communications" => found, "nextToken" => next })
    })
}

/// The body of what is written, within its bounds.
fn body<'a>(call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let body = call.needed("communicationBody");
    if body.chars().count() > BODY {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'communicationBody' failed to satisfy constraint: \
             Member must have length less than or equal to {BODY}"
        )));
    }
    Ok(body)
}

fn reply(call: &Call<'_>) -> Answer {
    let (id, body) = (call.needed("caseId"), body(call)?);
    own(call, |cases, site, now| {
        let case = cases.find(id, now).ok_or_else(|| unknown(id))?;
        let after = site.scenario.support.answers_after.0;
        case.reply(now, after, &call.caller.arn, body);
        Ok(fields! { "result" => true })
    })
}

fn resolve(call: &Call<'_>) -> Answer {
    let id = call.needed("caseId");
    own(call, |cases, _, now| {
        let case = cases.find(id, now).ok_or_else(|| unknown(id))?;
        let initial = case.status(now).to_owned();
        case.resolve();
        Ok(fields! { "initialCaseStatus" => initial, "finalCaseStatus" => case.status(now) })
    })
}

fn create(call: &Call<'_>) -> Answer {
    let body = body(call)?;
    let severity = call.text("severityCode").unwrap_or("low");
    if !SEVERITIES.iter().any(|(code, _)| *code == severity) {
        return Err(call.invalid(format!("Invalid severity code: {severity}")));
    }
    let said = |member: &str, usual: &str| call.text(member).unwrap_or(usual).to_owned();
    let entry = Entry {
        subject: call.needed("subject").to_owned(),
        accounts: Vec::new(),
        service: said("serviceCode", "general-info"),
        category: said("categoryCode", "other"),
        severity: severity.to_owned(),
        status: String::new(),
        age: Default::default(),
        after: None,
        said: Vec::new(),
    };
    own(call, |cases, site, now| {
        let id = cases.create(site, now, &entry, body, &call.caller.arn);
        Ok(fields! { "caseId" => id })
    })
}

fn severities(call: &Call<'_>) -> Answer {
    let levels: Value = SEVERITIES
        .iter()
        .map(|(code, name)| fields! { "code" => *code, "name" => *name })
        .collect();
    own(call, |_, _, _| Ok(fields! { "severityLevels" => levels }))
}

/// All cases with everything that was written, as the two lists answer them.
fn truth(world: &World, account: &str, region: &str) -> Value {
    if region != home(world.partition()) {
        return Value::Map(Map::default());
    }
    world.estate(account, region, |cases: &mut Cases, _, now| {
        let all = cases.all(now);
        let said = cases.all(now).flat_map(|case| case.said(now));
        fields! {
            "cases" => all.map(|case| case.describe(now, false)).collect::<Value>(),
            "communications" => said.map(|(_, said)| said).collect::<Value>(),
        }
    })
}
