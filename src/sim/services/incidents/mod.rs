//! Incident Manager: the incidents of an account, the same in every region of its replication set.

mod section;

use std::time::Duration;

use self::section::Entry;
pub use self::section::Section;
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::wire::{Map, Protocol, Value, json, text};
use crate::sim::world::{Estate, Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "ssm-incidents",
    alias: "incidentmanager",
    protocols: &[Protocol::Rest],
    target: "",
    xmlns: "",
    dialect: Dialect {
        throttled: ("ThrottlingException", 429),
        denied: ("AccessDeniedException", 403),
        bad_token: "ValidationException",
        ..Dialect::JSON
    },
    operations: &[
        posted("ListReplicationSets", "/listReplicationSets", sets),
        Operation::new("GetReplicationSet", get_set)
            .at("GET", "/getReplicationSet")
            .needs(&["arn"]),
        posted("ListIncidentRecords", "/listIncidentRecords", list),
        Operation::new("GetIncidentRecord", get)
            .at("GET", "/getIncidentRecord")
            .needs(&["arn"]),
        posted("ListTimelineEvents", "/listTimelineEvents", events).needs(&["incidentRecordArn"]),
        Operation::new("GetTimelineEvent", get_event)
            .at("GET", "/getTimelineEvent")
            .needs(&["eventId", "incidentRecordArn"]),
        posted("ListRelatedItems", "/listRelatedItems", related).needs(&["incidentRecordArn"]),
        Operation::new("UpdateIncidentRecord", update)
            .at("POST", "/updateIncidentRecord")
            .needs(&["arn"]),
        Operation::new("CreateTimelineEvent", note)
            .at("POST", "/createTimelineEvent")
            .needs(&["eventData", "eventTime", "eventType", "incidentRecordArn"]),
    ],
    disabled: not_used,
    truth,
};

const fn posted(name: &'static str, path: &'static str, run: fn(&Call<'_>) -> Answer) -> Operation {
    Operation::new(name, run)
        .at("POST", path)
        .paged("maxResults", "nextToken", (1, 100), 100)
}

/// The longest text of an event and of a title (from the model).
const DATA: usize = 12_000;

/// What an account hears that does not use it.
fn not_used(call: &Call<'_>) -> Answer {
    if call.operation.name == "ListReplicationSets" {
        return Ok(fields! { "replicationSetArns" => Value::List(Vec::new()) });
    }
    Err(call.invalid("Incident Manager is not set up: there is no replication set."))
}

/// What happened in an incident.
#[derive(Clone, Debug)]
struct Event {
    id: String,
    at: Timestamp,
    kind: String,
    data: String,
    token: Option<String>,
}

/// An incident.
#[derive(Clone, Debug)]
struct Record {
    id: String,
    entry: Entry,
    began: Timestamp,
    changed: Timestamp,
    by: String,
    resolved: Option<Timestamp>,
    events: Vec<Event>,
}

/// The incidents of an account, and the regions that have them.
#[derive(Debug)]
struct Records {
    regions: Vec<String>,
    set: String,
    all: Vec<Record>,
    written: u64,
    dice: Chance,
}

impl Estate for Records {
    fn found(site: &Site) -> Self {
        let section = &site.scenario.incidentmanager;
        let dice = Chance::of(site, "incidentmanager");
        let replication = section.replication.iter();
        let regions = replication
            .filter(|set| covers(&set.accounts, &[], site))
            .flat_map(|set| set.regions.clone())
            .collect();
        let entries = section.record.iter();
        let mut all: Vec<Record> = entries
            .filter(|entry| covers(&entry.accounts, &[], site))
            .map(|entry| Record::new(dice.named(&entry.title), entry, site))
            .collect();
        all.sort_by_key(|record| std::cmp::Reverse(record.began));
        Self {
            regions,
            set: dice.on(1).uuid(),
            all,
            written: 0,
            dice,
        }
    }

    fn advance(&mut self, _: &Site, _: Timestamp) {}
}

impl Record {
    fn new(dice: Chance, entry: &Entry, site: &Site) -> Self {
        let began = site.started.minus(entry.age.0);
        let events = entry.event.iter().enumerate().map(|(n, event)| Event {
            id: dice.on(100 + n as u64).uuid(),
            at: began.plus(event.after.0),
            kind: event.kind.clone(),
            data: String::from_utf8_lossy(&json::encode(&Value::Text(event.text.clone())))
                .into_owned(),
            token: None,
        });
        Self {
            id: dice.on(2).uuid(),
            began,
            changed: began,
            by: format!(
                "arn:{}:iam::{}:role/responders",
                site.partition, site.account
            ),
            resolved: entry
                .resolved
                .then(|| began.plus(Duration::from_secs(2_400))),
            events: events.collect(),
            entry: entry.clone(),
        }
    }

    fn arn(&self, site: &Site) -> String {
        format!(
            "arn:{}:ssm-incidents::{}:incident-record/{}/{}",
            site.partition, site.account, self.entry.plan, self.id
        )
    }

    fn status(&self) -> &'static str {
        if self.resolved.is_some() {
            "RESOLVED"
        } else {
            "OPEN"
        }
    }

    /// The alarm that began it.
    fn alarm(&self, site: &Site) -> Option<String> {
        let (region, name) = self.entry.alarm.as_deref()?.split_once('/')?;
        Some(format!(
            "arn:{}:cloudwatch:{region}:{}:alarm:{name}",
            site.partition, site.account
        ))
    }

    fn summary(&self, site: &Site) -> Map {
        let mut source = Map::default();
        source.set("createdBy", &self.by);
        source.set("source", &self.entry.source);
        if let Some(alarm) = self.alarm(site) {
            source.set("resourceArn", alarm);
            source.set("invokedBy", "cloudwatch.amazonaws.com");
        }
        let mut all = Map::default();
        all.set("arn", self.arn(site));
        all.set("title", &self.entry.title);
        all.set("status", self.status());
        all.set("impact", self.entry.impact);
        all.set("creationTime", self.began);
        all.set("resolvedTime", self.resolved);
        all.set("incidentRecordSource", Value::Map(source));
        all
    }

    fn full(&self, site: &Site) -> Value {
        let mut all = self.summary(site);
        all.set("summary", &self.entry.summary);
        all.set("dedupeString", &self.entry.plan);
        all.set("lastModifiedBy", &self.by);
        all.set("lastModifiedTime", self.changed);
        Value::Map(all)
    }
}

/// Looks at the incidents of the caller's account; refused in a region that does not have them.
fn own<R>(
    call: &Call<'_>,
    look: impl FnOnce(&mut Records, &Site, Timestamp) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    // The same in every region: kept in one place.
    let region = call.region.to_string();
    call.world
        .estate::<Records, _>(call.account(), "us-east-1", |records, site, now| {
            if records.regions.contains(&region) {
                look(records, site, now)
            } else {
                Err(call.invalid(
                    "Incident Manager is not set up here: no replication set has this region.",
                ))
            }
        })
}

fn sets(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let all = call
        .world
        .estate::<Records, _>(call.account(), "us-east-1", |records, site, _| {
            let is_here = records
                .regions
                .iter()
                .any(|region| **region == *call.region);
            is_here.then(|| set_arn(records, site))
        });
    let (all, next) = page.cut(all);
    Ok(fields! { "replicationSetArns" => all.into_iter().collect::<Value>(), "nextToken" => next })
}

fn set_arn(records: &Records, site: &Site) -> String {
    format!(
        "arn:{}:ssm-incidents::{}:replication-set/{}",
        site.partition, site.account, records.set
    )
}

fn unknown(what: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("{what} was not found"))
        .status(404)
        .with("resourceType", "INCIDENT_RECORD")
}

fn get_set(call: &Call<'_>) -> Answer {
    let wanted = call.needed("arn");
    own(call, |records, site, _| {
        let arn = set_arn(records, site);
        if arn != wanted {
            return Err(unknown(wanted));
        }
        let began = site.started.minus(Duration::from_secs(300 * 86_400));
        let mut regions = Map::default();
        for region in &records.regions {
            let status = fields! { "status" => "ACTIVE", "statusUpdateDateTime" => began };
            regions.set(region.clone(), status);
        }
        let by = format!("arn:{}:iam::{}:root", site.partition, site.account);
        Ok(fields! { "replicationSet" => fields! {
            "arn" => arn, "regionMap" => Value::Map(regions), "status" => "ACTIVE", "deletionProtected" => true,
            "createdTime" => began, "createdBy" => &by, "lastModifiedTime" => began, "lastModifiedBy" => &by,
        } })
    })
}

/// Whether an incident passes every filter of a call.
fn meets(call: &Call<'_>, record: &Record) -> Result<bool, Refusal> {
    for filter in call.arg("filters").items() {
        let condition = filter.at("condition");
        let words: Vec<&str> = condition.at("equals").at("stringValues").texts().collect();
        let numbers = condition.at("equals").at("integerValues").items();
        let numbers: Vec<i64> = numbers.iter().filter_map(Value::as_int).collect();
        let is_in = |at: Timestamp| {
            let moment = |name: &str| condition.at(name).as_time();
            moment("after").is_none_or(|after| at >= after)
                && moment("before").is_none_or(|before| at <= before)
        };
        let passes = match filter.at("key").as_str().unwrap_or_default() {
            "status" => words.contains(&record.status()),
            "impact" => numbers.contains(&record.entry.impact),
            "createdBy" => words.contains(&record.by.as_str()),
            "creationTime" => is_in(record.began),
            other => return Err(call.invalid(format!("Invalid filter key: {other}"))),
        };
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}

fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    own(call, |records, site, now| {
        let mut found = Vec::new();
        for record in records.all.iter().filter(|record| record.began <= now) {
            if meets(call, record)? {
                found.push(Value::Map(record.summary(site)));
            }
        }
        let (found, next) = page.cut(found);
        Ok(fields! { "incidentRecordSummaries" => Value::List(found), "nextToken" => next })
    })
}

/// The incident of this ARN.
fn named<'a>(records: &'a mut Records, site: &Site, arn: &str) -> Result<&'a mut Record, Refusal> {
    let found = records
        .all
        .iter_mut()
        .find(|record| record.arn(site) == arn);
    found.ok_or_else(|| unknown(arn))
}

fn get(call: &Call<'_>) -> Answer {
    own(call, |records, site, _| {
        let record = named(records, site, call.needed("arn"))?;
        Ok(fields! { "incidentRecord" => record.full(site) })
    })
}

fn described(event: &Event, arn: &str) -> Map {
    let mut all = Map::default();
    all.set("incidentRecordArn", arn);
    all.set("eventId", &event.id);
    all.set("eventTime", event.at);
    all.set("eventUpdatedTime", event.at);
    all.set("eventType", &event.kind);
    all
}

fn events(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let arn = call.needed("incidentRecordArn");
    let is_rising = call.text("sortOrder") == Some("ASCENDING");
    own(call, |records, site, now| {
        let record = named(records, site, arn)?;
        let mut all: Vec<&Event> = record.events.iter().filter(|e| e.at <= now).collect();
        all.sort_by_key(|event| event.at);
        if !is_rising {
            all.reverse();
        }
        let (all, next) = page.cut(all.into_iter().map(|e| Value::Map(described(e, arn))));
        Ok(fields! { "eventSummaries" => Value::List(all), "nextToken" => next })
    })
}

fn get_event(call: &Call<'_>) -> Answer {
    let (arn, id) = (call.needed("incidentRecordArn"), call.needed("eventId"));
    own(call, |records, site, _| {
        let record = named(records, site, arn)?;
        let event = record.events.iter().find(|event| event.id == id);
        let event = event.ok_or_else(|| unknown(id))?;
        let mut all = described(event, arn);
        all.set("eventData", &event.data);
        Ok(fields! { "event" => Value::Map(all) })
    })
}

fn related(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let arn = call.needed("incidentRecordArn");
    own(call, |records, site, _| {
        let record = named(records, site, arn)?;
        let alarm = record.alarm(site).map(|alarm| {
            fields! {
                "identifier" => fields! { "type" => "INVOLVED_RESOURCE", "value" => fields! { "arn" => alarm } },
                "title" => "The alarm that began it", "generatedId" => format!("related-item/{}", record.id),
            }
        });
        let (all, next) = page.cut(alarm);
        Ok(fields! { "relatedItems" => Value::List(all), "nextToken" => next })
    })
}

fn update(call: &Call<'_>) -> Answer {
    let status = call.text("status");
    if status.is_some_and(|status| !["OPEN", "RESOLVED"].contains(&status)) {
        return Err(call.invalid("1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set: [OPEN, RESOLVED]"));
    }
    let impact = call.arg("impact").as_int();
    if impact.is_some_and(|impact| !(1..=5).contains(&impact)) {
        return Err(call.invalid("1 validation error detected: Value at 'impact' failed to satisfy constraint: Member must have value between 1 and 5"));
    }
    own(call, |records, site, now| {
        let record = named(records, site, call.needed("arn"))?;
        match status {
            Some("RESOLVED") => record.resolved = record.resolved.or(Some(now)),
            Some(_) => record.resolved = None,
            None => {}
        }
        if let Some(impact) = impact {
            record.entry.impact = impact;
        }
        for (member, kept) in [
            ("title", &mut record.entry.title),
            ("summary", &mut record.entry.summary),
        ] {
            if let Some(text) = call.text(member) {
                text.clone_into(kept);
            }
        }
        record.changed = now;
        record.by = call.caller.arn.clone();
        Ok(Value::Map(Map::default()))
    })
}

fn note(call: &Call<'_>) -> Answer {
    let data = call.needed("eventData");
    if data.chars().count() > DATA {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'eventData' failed to satisfy constraint: Member must have length less than or \
             equal to {DATA}"
        )));
    }
    // What an event says is JSON.
    if json::decode(data.as_bytes()).is_err() {
        return Err(call.invalid("eventData must be valid JSON."));
    }
    let kind = call.needed("eventType");
    if !["Note", "Custom Event"].contains(&kind) {
        return Err(call.invalid(format!("Invalid event type: {kind}")));
    }
    let at = call.arg("eventTime").as_time();
    let token = call.text("clientToken").map(str::to_owned);
    own(call, |records, site, now| {
        records.written += 1;
        let id = records.dice.named("written").on(records.written).uuid();
        let arn = call.needed("incidentRecordArn");
        let record = named(records, site, arn)?;
        let known = record
            .events
            .iter()
            .find(|event| token.is_some() && event.token == token);
        if let Some(known) = known {
            return Ok(fields! { "incidentRecordArn" => arn, "eventId" => &known.id });
        }
        let at = at.unwrap_or(now);
        record.events.push(Event {
            id: id.clone(),
            at,
            kind: kind.to_owned(),
            data: data.to_owned(),
            token: token.clone(),
        });
        Ok(fields! { "incidentRecordArn" => arn, "eventId" => id })
    })
}

/// Every incident of the account with what happened in it, where the region has them.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate::<Records, _>(account, "us-east-1", |records, site, now| {
        if !records.regions.iter().any(|own| own == region) {
            return Value::Null;
        }
        let told = records.all.iter().map(|record| {
            let events = record.events.iter().filter(|event| event.at <= now);
            let events = events.map(|event| {
                fields! { "eventType" => &event.kind, "eventTime" => text::iso(event.at), "eventData" => &event.data }
            });
            fields! { "incidentRecord" => record.full(site), "events" => events.collect::<Value>() }
        });
        fields! { "incidentRecords" => told.collect::<Value>() }
    })
}
