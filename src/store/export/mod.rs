//! Exports: rows, feeds and coverage as JSON and CSV, for `ls`, `watch` and `report`.
//!
//! The shapes are a contract that others build on; `docs/json.md` is its reference and a test holds that the two
//! name the same keys. Pure functions: what goes in is what comes out.

mod acts;
mod csv;
mod detail;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::domain::{AccountId, Cover, FeedState, Region, Roster, Scope, SourceId};
use crate::lifecycle::Mark;
use crate::triage::Rule;

use super::coverage::{Coverage, FeedReport, Only};
use super::{Row, Store};

pub use csv::{CSV_COLUMNS, FEED_CSV_COLUMNS, csv_line, feed_fields, item_fields};

/// One item, as `ls --format json` prints it.
#[must_use]
pub fn item_json(row: &Row, roster: &Roster, rule: Option<&Rule>) -> Value {
    let item = row.item();
    let marks: Vec<&str> = row.marks().iter().map(Mark::word).collect();
    json!({
        "kind": item.key.kind.word(),
        "id": &*item.key.id,
        "arn": item.arn(),
        "account": account(item.key.scope.account, roster),
        "region": region(item.key.scope.region),
        "severity": row.severity().word(),
        "state": row.state().word(),
        "marks": marks,
        "nativeState": &*item.native_state,
        "source": row.source().map(SourceId::word),
        "title": &*item.title,
        "opened": time(item.opened),
        "changed": time(item.changed),
        "ack": acts::ack(row),
        "detail": detail::detail(row, rule),
    })
}

/// The coverage of the feeds that are meant, as `ls --format json` prints it.
#[must_use]
pub fn coverage_json(store: &Store, only: &Only, now: Timestamp) -> Value {
    let Coverage {
        feeds,
        fresh,
        late,
        loading,
        off,
        calls,
        ..
    } = store.coverage(only, now);
    let blind: Vec<Value> = store
        .feeds(now)
        .iter()
        .filter(|report| {
            report.state == FeedState::Blind && only.includes(&report.feed, &report.covers)
        })
        .map(|report| {
            json!({
                "source": report.feed.source.word(),
                "account": id(report.feed.vantage.account),
                "region": region(report.feed.vantage.region),
                "fault": report.fault.as_ref().map(|fault| fault.kind.word()),
                "message": report.fault.as_ref().map(ToString::to_string),
                "since": time(report.since),
            })
        })
        .collect();
    json!({
        "feeds": feeds,
        "fresh": fresh,
        "late": late,
        "loading": loading,
        "off": off,
        "blind": blind,
        "callsPerMinute": hundredths(calls.per_minute()),
        "dollarsPerMonth": hundredths(calls.dollars_a_month()),
    })
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// One feed, as `ls feeds --format json` prints it.
#[must_use]
pub fn feed_json(report: &FeedReport, roster: &Roster) -> Value {
    let covers = match &report.covers {
        // What is asked for the fleet as a whole speaks for no account.
        Cover::Vantage if report.feed.vantage.account == AccountId::UNKNOWN => Vec::new(),
        Cover::Vantage => vec![scope(report.feed.vantage)],
        Cover::Scopes(scopes) => scopes.iter().copied().map(scope).collect(),
    };
    json!({
        "source": report.feed.source.word(),
        "slice": report.feed.slice.0,
        "account": account(report.feed.vantage.account, roster),
        "region": region(report.feed.vantage.region),
        "state": report.state.word(),
        "since": time(report.since),
        "lastSuccess": report.success.and_then(time),
        "ageSeconds": report.age.map(|age| age.as_secs()),
        "tookMillis": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        "calls": report.calls,
        "items": report.items,
        "fault": report.fault.as_ref().map(|fault| fault.kind.word()),
        "code": report.fault.as_ref().and_then(|fault| fault.code.as_deref()),
        "message": report.fault.as_ref().map(ToString::to_string),
        "next": report.next.and_then(time),
        "everySeconds": report.every.as_secs(),
        "callsPerMinute": hundredths(report.pace().per_minute()),
        "covers": covers,
    })
}

/// The whole answer of `ls --format json`.
#[must_use]
pub fn snapshot_json(as_of: Timestamp, coverage: Value, items: Vec<Value>) -> Value {
    let mut all = Map::new();
    all.insert("asOf".to_owned(), json!(as_of.to_string()));
    all.insert("coverage".to_owned(), coverage);
    all.insert("items".to_owned(), Value::Array(items));
    Value::Object(all)
}

fn account(account: AccountId, roster: &Roster) -> Value {
    json!({ "id": id(account), "name": &*roster.name(account) })
}

/// An account's id; null where the fleet as a whole is meant.
fn id(account: AccountId) -> Option<String> {
    (account != AccountId::UNKNOWN).then(|| account.to_string())
}

/// A region's name; null where a service has none.
fn region(region: Region) -> Option<String> {
    (region != Region::GLOBAL).then(|| region.to_string())
}

fn scope(scope: Scope) -> Value {
    json!({ "account": scope.account.to_string(), "region": region(scope.region) })
}

/// RFC 3339 in UTC with whole seconds; null where the service left it out.
fn time(at: Timestamp) -> Option<String> {
    (!at.is_unknown()).then(|| at.to_string())
}

#[cfg(test)]
mod tests;
