//! AWS Health: trouble that AWS reports and changes that it plans, by account or for a whole organization. One endpoint for all
//! regions.

mod section;

use self::section::Entry;
pub use self::section::Section;
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::matches;
use crate::sim::wire::{Map, Protocol, Value};
use crate::sim::world::{Account, Estate, Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "health",
    alias: "health",
    protocols: &[Protocol::Cbor, Protocol::Json],
    target: "AWSHealth_20160804",
    xmlns: "",
    dialect: Dialect {
        bad_token: "InvalidPaginationToken",
        ..Dialect::JSON
    },
    operations: &[
        listed("DescribeEvents", events, (1, 100)),
        Operation::new("DescribeEventDetails", details).needs(&["eventArns"]),
        listed("DescribeAffectedEntities", entities, (1, 100)).needs(&["filter"]),
        listed("DescribeEventsForOrganization", org_events, (1, 100)),
        listed(
            "DescribeAffectedAccountsForOrganization",
            affected_accounts,
            (10, 100),
        )
        .needs(&["eventArn"]),
        Operation::new("DescribeHealthServiceStatusForOrganization", org_status),
    ],
    disabled: no_plan,
    truth,
};

const fn listed(
    name: &'static str,
    run: fn(&Call<'_>) -> Answer,
    range: (usize, usize),
) -> Operation {
    Operation::new(name, run).paged("maxResults", "nextToken", range, range.1)
}

/// The most events of one request for details or entities (from the model).
const ARNS: usize = 10;

/// What an account without a plan hears.
fn no_plan(_: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "SubscriptionRequiredException",
        "Amazon Web Services Premium Support Subscription is required to use this service.",
    ))
}

/// What an account has of a service that keeps its events for the whole world: whether it may ask.
struct Desk {
    has_plan: bool,
    ids: Chance,
}

impl Estate for Desk {
    fn found(site: &Site) -> Self {
        let without = &site.scenario.health.without_plan;
        Self {
            has_plan: !without
                .iter()
                .any(|a| matches(a, &site.account) || matches(a, &site.name)),
            ids: Chance::of(site, "health"),
        }
    }

    fn advance(&mut self, _: &Site, _: Timestamp) {}
}

/// One event in one region.
struct Event<'a> {
    entry: &'a Entry,
    region: &'a str,
    arn: String,
    begins: Timestamp,
    ends: Option<Timestamp>,
    told: Timestamp,
}

impl Event<'_> {
    fn is_public(&self) -> bool {
        self.entry.accounts.is_empty()
    }

    fn status(&self, now: Timestamp) -> &'static str {
        match self.ends {
            Some(ends) if ends <= now => "closed",
            _ if self.begins > now => "upcoming",
            _ => "open",
        }
    }

    fn is_about(&self, account: &Account) -> bool {
        let entry = &account.entry;
        let accounts = &self.entry.accounts;
        accounts
            .iter()
            .any(|a| matches(a, &entry.id) || matches(a, &entry.name))
    }

    /// When AWS wrote about it last.
    fn updated(&self, now: Timestamp) -> Timestamp {
        [Some(self.told), Some(self.begins), self.ends]
            .into_iter()
            .flatten()
            .filter(|at| *at <= now)
            .max()
            .unwrap_or(self.told)
    }

    fn describe(&self, now: Timestamp, for_organization: bool) -> Value {
        let mut all = Map::default();
        all.set("arn", &self.arn);
        all.set("service", &self.entry.service);
        all.set("eventTypeCode", &self.entry.code);
        all.set("eventTypeCategory", &self.entry.category);
        all.set("region", self.region);
        if !for_organization {
            all.set("availabilityZone", self.entry.zone.clone());
        }
        all.set("startTime", self.begins);
        all.set("endTime", self.ends);
        all.set("lastUpdatedTime", self.updated(now));
        all.set("statusCode", self.status(now));
        all.set(
            "eventScopeCode",
            if self.is_public() {
                "PUBLIC"
            } else {
                "ACCOUNT_SPECIFIC"
            },
        );
        all.set("actionability", self.entry.action.clone());
        if !self.entry.personas.is_empty() {
            let personas: Value = self.entry.personas.iter().map(String::as_str).collect();
            all.set("personas", personas);
        }
        Value::Map(all)
    }
}

/// Every event that has been told by now, the latest first.
fn all<'a>(world: &'a World) -> Vec<Event<'a>> {
    let (now, started) = (world.now(), world.clock().started());
    let ids = world.estate(world.management(), "us-east-1", |desk: &mut Desk, _, _| {
        desk.ids
    });
    let mut all = Vec::new();
    for entry in &world.scenario().health.event {
        let begins = match entry.after {
            Some(after) => started.plus(after.0),
            None => started.minus(entry.age.0),
        };
        let told = begins.minus(entry.told_before.0);
        if told > now {
            continue;
        }
        for region in &entry.regions {
            let id = ids.named(&entry.code).named(region).at(begins).hex(24);
            all.push(Event {
                entry,
                region,
                arn: format!(
                    "arn:{}:health:{region}::event/{}/{}/{}_{id}",
                    world.partition(),
                    entry.service,
                    entry.code,
                    entry.code
                ),
                begins,
                ends: entry.lasts.map(|lasts| begins.plus(lasts.0)),
                told,
            });
        }
    }
    all.sort_by(|a, b| b.begins.cmp(&a.begins).then_with(|| a.arn.cmp(&b.arn)));
    all
}

/// Refused where the plan has no API.
fn planned(call: &Call<'_>) -> Result<(), Refusal> {
    let has_plan = call
        .world
        .estate(call.account(), "us-east-1", |desk: &mut Desk, _, _| {
            desk.has_plan
        });
    if has_plan {
        Ok(())
    } else {
        no_plan(call).map(|_| ())
    }
}

/// Refused where the caller may not speak for the organization.
fn administers(call: &Call<'_>) -> Result<(), Refusal> {
    planned(call)?;
    let scenario = call.world.scenario();
    let is_delegated = || {
        let account = call.world.account(call.account());
        account.is_some_and(|account| {
            let delegated = &scenario.organization.delegated;
            delegated
                .iter()
                .any(|d| matches(d, &account.entry.id) || matches(d, &account.entry.name))
        })
    };
    let may = *call.account() == **call.world.management() || is_delegated();
    if scenario.health.organization_view && may {
        return Ok(());
    }
    Err(Refusal::new(
        "AccessDeniedException",
        "User does not have access to the organizational view of AWS Health",
    ))
}

fn account<'a>(call: &'a Call<'_>) -> Option<&'a Account> {
    call.world.account(call.account())
}

/// Whether a list of the filter names this, or says nothing.
fn named(filter: &Value, member: &str, value: &str) -> bool {
    let list = filter.at(member);
    list.is_null() || list.texts().any(|text| text == value)
}

/// Whether a time lies in one of the ranges, or none is said; the organization's lists have a single range.
fn within(ranges: &Value, at: Option<Timestamp>) -> bool {
    let inside = |range: &Value| {
        let Some(at) = at else { return false };
        range.at("from").as_time().is_none_or(|from| from <= at)
            && range.at("to").as_time().is_none_or(|to| at <= to)
    };
    match ranges {
        Value::Null => true,
        Value::List(ranges) => ranges.iter().any(inside),
        range => inside(range),
    }
}

fn meets(event: &Event<'_>, filter: &Value, now: Timestamp, plural: &str) -> bool {
    let entry = event.entry;
    let time = |member: &str| filter.at(&format!("{member}{plural}")).clone();
    named(filter, "eventArns", &event.arn)
        && named(filter, "eventTypeCodes", &entry.code)
        && named(filter, "services", &entry.service)
        && named(filter, "regions", event.region)
        && named(filter, "eventTypeCategories", &entry.category)
        && named(filter, "eventStatusCodes", event.status(now))
        && named(
            filter,
            "actionabilities",
            entry.action.as_deref().unwrap_or_default(),
        )
        && (filter.at("personas").is_null()
            || entry.personas.iter().any(|p| named(filter, "personas", p)))
        && (filter.at("availabilityZones").is_null()
            || named(
                filter,
                "availabilityZones",
                entry.zone.as_deref().unwrap_or_default(),
            ))
        && within(&time("startTime"), Some(event.begins))
        && within(&time("endTime"), event.ends)
        && within(&time("lastUpdatedTime"), Some(event.updated(now)))
}

fn key(event: &Event<'_>) -> String {
    // Lists fall by begin; the smaller ARN comes first among equals, so its place is turned round.
    let turned: String = event
        .arn
        .bytes()
        .map(|b| char::from(b'~' - (b.clamp(b' ', b'~') - b' ')))
        .collect();
    format!("{:020} {turned}", event.begins.as_millis())
}

fn events(call: &Call<'_>) -> Answer {
    planned(call)?;
    let page = call.page()?;
    let (filter, now) = (call.arg("filter"), call.now);
    let mine = all(call.world).into_iter().filter(|event| {
        (event.is_public() || account(call).is_some_and(|account| event.is_about(account)))
            && meets(event, filter, now, "s")
    });
    let (found, next) = page.fall(mine, key);
    let found: Value = found
        .iter()
        .map(|event| event.describe(now, false))
        .collect();
    Ok(fields! { "events" => found, "nextToken" => next })
}

fn org_events(call: &Call<'_>) -> Answer {
    administers(call)?;
    let page = call.page()?;
    let (filter, now) = (call.arg("filter"), call.now);
    let wanted: Vec<&str> = filter.at("awsAccountIds").texts().collect();
    let is_meant = |event: &Event<'_>| {
        wanted.is_empty()
            || affected(call.world, event)
                .iter()
                .any(|id| wanted.contains(&&**id))
    };
    let all = all(call.world)
        .into_iter()
        .filter(|event| meets(event, filter, now, "") && is_meant(event));
    let (found, next) = page.fall(all, key);
    let found: Value = found
        .iter()
        .map(|event| event.describe(now, true))
        .collect();
    Ok(fields! { "events" => found, "nextToken" => next })
}

/// The accounts that an event is about; none of one that concerns everybody.
fn affected(world: &World, event: &Event<'_>) -> Vec<std::sync::Arc<str>> {
    if event.is_public() {
        return Vec::new();
    }
    let about = world
        .accounts()
        .iter()
        .filter(|(_, account)| account.entry.status == "ACTIVE" && event.is_about(account));
    about.map(|(id, _)| id.clone()).collect()
}

fn affected_accounts(call: &Call<'_>) -> Answer {
    administers(call)?;
    let page = call.page()?;
    let arn = call.needed("eventArn");
    let all = all(call.world);
    let event = all.iter().find(|event| event.arn == arn);
    let (ids, next) = page.cut(
        event
            .map(|event| affected(call.world, event))
            .unwrap_or_default(),
    );
    Ok(fields! {
        "affectedAccounts" => ids.iter().map(|id| &**id).collect::<Value>(),
        "eventScopeCode" => event.map(|event| if event.is_public() { "PUBLIC" } else { "ACCOUNT_SPECIFIC" }),
        "nextToken" => next,
    })
}

/// The ARNs of a request, within their bounds.
fn arns<'a>(call: &Call<'_>, list: &'a Value) -> Result<Vec<&'a str>, Refusal> {
    let arns: Vec<&str> = list.texts().collect();
    if arns.is_empty() || arns.len() > ARNS {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'eventArns' failed to satisfy constraint: \
             Member must have length between 1 and {ARNS}"
        )));
    }
    Ok(arns)
}

/// The event of this ARN, if the caller's account may see it.
fn seen<'a, 'w>(call: &Call<'_>, all: &'a [Event<'w>], arn: &str) -> Option<&'a Event<'w>> {
    let event = all.iter().find(|event| event.arn == arn)?;
    let about = account(call).is_some_and(|account| event.is_about(account));
    (event.is_public() || about).then_some(event)
}

fn details(call: &Call<'_>) -> Answer {
    planned(call)?;
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let all = all(call.world);
    for arn in arns(call, call.arg("eventArns"))? {
        match seen(call, &all, arn) {
            Some(event) => found.push(fields! {
                "event" => event.describe(call.now, false),
                "eventDescription" => fields! { "latestDescription" => &event.entry.text },
                "eventMetadata" => Value::Map(Map::default()),
            }),
            None => failed.push(fields! {
                "eventArn" => arn,
                "errorName" => "InvalidEventArnException",
                "errorMessage" => "The event ARN is not known.",
            }),
        }
    }
    Ok(fields! { "successfulSet" => Value::List(found), "failedSet" => Value::List(failed) })
}

fn entities(call: &Call<'_>) -> Answer {
    planned(call)?;
    let page = call.page()?;
    let filter = call.arg("filter");
    let all = all(call.world);
    let mut found = Vec::new();
    for arn in arns(call, filter.at("eventArns"))? {
        let Some(event) = seen(call, &all, arn) else {
            continue;
        };
        let status = match event.status(call.now) {
            "closed" => "RESOLVED",
            "upcoming" => "PENDING",
            _ => "IMPAIRED",
        };
        for value in event.entry.entities.iter().filter(|value| {
            named(filter, "entityValues", value) && named(filter, "statusCodes", status)
        }) {
            found.push(fields! {
                "entityArn" => format!("arn:{}:health:{}:{}:entity/{value}", call.world.partition(), event.region, call.account()),
                "eventArn" => arn,
                "entityValue" => value,
                "awsAccountId" => call.account(),
                "lastUpdatedTime" => event.updated(call.now),
                "statusCode" => status,
                "tags" => Value::Map(Map::default()),
            });
        }
    }
    let (found, next) = page.cut(found);
    Ok(fields! { "entities" => Value::List(found), "nextToken" => next })
}

fn org_status(call: &Call<'_>) -> Answer {
    planned(call)?;
    let is_on = call.world.scenario().health.organization_view;
    let word = if is_on { "ENABLED" } else { "DISABLED" };
    Ok(fields! { "healthServiceAccessStatusForOrganization" => word })
}

/// The events that an account sees in a region, in every status.
fn truth(world: &World, account: &str, region: &str) -> Value {
    let known = world.account(account);
    let mine = all(world);
    let mine = mine.iter().filter(|event| {
        event.region == region
            && (event.is_public() || known.is_some_and(|account| event.is_about(account)))
    });
    fields! { "events" => mine.map(|event| event.describe(world.now(), false)).collect::<Value>() }
}
