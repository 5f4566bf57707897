//! Lists as comma-separated values (RFC 4180): the flat part of the JSON.

use crate::domain::{Region, Roster, SourceId};
use crate::lifecycle::Mark;
use crate::store::Row;
use crate::store::coverage::FeedReport;

use super::{id, time};

/// The columns of a list of items.
pub const CSV_COLUMNS: [&str; 15] = [
    "kind",
    "id",
    "arn",
    "accountId",
    "accountName",
    "region",
    "severity",
    "state",
    "marks",
    "nativeState",
    "source",
    "name",
    "title",
    "opened",
    "changed",
];

/// The columns of the list of feeds.
pub const FEED_CSV_COLUMNS: [&str; 15] = [
    "source",
    "slice",
    "accountId",
    "accountName",
    "region",
    "state",
    "since",
    "lastSuccess",
    "ageSeconds",
    "tookMillis",
    "calls",
    "items",
    "fault",
    "message",
    "next",
];

/// One item's fields, in the order of [`CSV_COLUMNS`].
#[must_use]
pub fn item_fields(row: &Row, roster: &Roster) -> [String; CSV_COLUMNS.len()] {
    let item = row.item();
    let marks: Vec<&str> = row.marks().iter().map(Mark::word).collect();
    [
        item.key.kind.word().to_owned(),
        item.key.id.to_string(),
        item.arn().unwrap_or_default().into_owned(),
        item.key.scope.account.to_string(),
        roster.name(item.key.scope.account).to_string(),
        region(item.key.scope.region),
        row.severity().word().to_owned(),
        row.state().word().to_owned(),
        marks.join(" "),
        item.native_state.to_string(),
        row.source().map_or("", SourceId::word).to_owned(),
        item.name.to_string(),
        item.title.to_string(),
        time(item.opened).unwrap_or_default(),
        time(item.changed).unwrap_or_default(),
    ]
}

/// One feed's fields, in the order of [`FEED_CSV_COLUMNS`].
#[must_use]
pub fn feed_fields(report: &FeedReport, roster: &Roster) -> [String; FEED_CSV_COLUMNS.len()] {
    let account = report.feed.vantage.account;
    let fault = report.fault.as_ref();
    [
        report.feed.source.word().to_owned(),
        report.feed.slice.0.to_owned(),
        id(account).unwrap_or_default(),
        roster.name(account).to_string(),
        region(report.feed.vantage.region),
        report.state.word().to_owned(),
        time(report.since).unwrap_or_default(),
        report.success.and_then(time).unwrap_or_default(),
        report
            .age
            .map(|age| age.as_secs().to_string())
            .unwrap_or_default(),
        report.took.as_millis().to_string(),
        report.calls.to_string(),
        report.items.to_string(),
        fault
            .map(|fault| fault.kind.word().to_owned())
            .unwrap_or_default(),
        fault.map(ToString::to_string).unwrap_or_default(),
        report.next.and_then(time).unwrap_or_default(),
    ]
}

fn region(region: Region) -> String {
    region.as_str().to_owned()
}

/// Fields as one line, without its end. A field that holds a comma, a quote or a line break is quoted.
#[must_use]
pub fn csv_line<S: AsRef<str>>(fields: &[S]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|field| {
            let field = field.as_ref();
            if field.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", field.replace('"', "\"\""))
            } else {
                field.to_owned()
            }
        })
        .collect();
    fields.join(",")
}
