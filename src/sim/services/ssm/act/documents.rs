//! The operations on documents and change calendars.

use std::time::Duration;

use serde::Deserialize;

use super::super::{Ssm, fits, one_of};
use super::document::{all, find, is_version};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::scenario::{Span, covers};
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Value, text};
use crate::sim::world::Site;

/// A change calendar.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Accounts that own it, by id or name; all of them when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions where it is; all of them when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How long before the world's start it closed; or
    #[serde(default)]
    pub before: Span,
    /// how long after it.
    #[serde(default)]
    pub after: Span,
    /// For how long; for good when absent.
    #[serde(default)]
    pub lasts: Option<Span>,
}

impl Calendar {
    /// Whether changes are open at a moment, and when that changes.
    fn state(&self, site: &Site, at: Timestamp) -> (bool, Option<Timestamp>) {
        // Calendars know whole seconds only.
        let started = Timestamp::from_secs(site.started.as_secs());
        let closes = started.minus(self.before.0).plus(self.after.0);
        let opens = self.lasts.map(|lasts| closes.plus(lasts.0));
        if at < closes {
            (true, Some(closes))
        } else if opens.is_none_or(|opens| at < opens) {
            (false, opens)
        } else {
            (true, None)
        }
    }
}

/// `ListDocuments`.
pub fn list(call: &Call<'_>) -> Answer {
    const KEYS: &[&str] = &[
        "Name",
        "Owner",
        "PlatformTypes",
        "DocumentType",
        "TargetType",
        "SearchKeyword",
        "tag:",
    ];
    let mut filters: Vec<(&str, Vec<&str>)> = Vec::new();
    for filter in call.arg("Filters").items() {
        let key = filter.at("Key").as_str().unwrap_or_default();
        filters.push((key, filter.at("Values").texts().collect()));
    }
    for filter in call.arg("DocumentFilterList").items() {
        let key = filter.at("key").as_str().unwrap_or_default();
        filters.push((key, filter.at("value").as_str().into_iter().collect()));
    }
    if let Some((odd, _)) = filters.iter().find(|(key, _)| !fits(KEYS, key)) {
        return Err(Refusal::new(
            "InvalidFilterKey",
            format!("The filter key '{odd}' is not valid"),
        ));
    }
    let page = call.page()?;
    call.estate(|_: &mut Ssm, site, _| {
        let rows = all(site).filter(|(document, owner)| {
            filters.iter().all(|(key, values)| {
                let has = |text: &str| values.contains(&text);
                match *key {
                    "Name" => values.iter().any(|v| document.name.starts_with(v)),
                    "Owner" => values.iter().any(|v| match *v {
                        "Self" => *owner == &*site.account,
                        "Amazon" | "Public" => *owner == "Amazon",
                        "All" => true,
                        "Private" => *owner != "Amazon",
                        other => *owner == other,
                    }),
                    "DocumentType" => has(&document.kind),
                    "PlatformTypes" => document.platforms.is_empty() || document.platforms.iter().any(|p| has(p)),
                    "TargetType" => document.is_automation() && has("/AWS::EC2::Instance"),
                    "SearchKeyword" => values.iter().all(|v| document.name.to_lowercase().contains(&v.to_lowercase())),
                    _ => false,
                }
            })
        });
        let (rows, next) = page.cut(rows);
        Ok(fields! {
            "DocumentIdentifiers" => rows.iter().map(|(d, owner)| d.identify(site, owner)).collect::<Value>(),
            "NextToken" => next,
        })
    })
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        "InvalidDocument",
        format!("Document with name {name} does not exist."),
    )
}

fn version(call: &Call<'_>) -> Result<(), Refusal> {
    if is_version(call.text("DocumentVersion")) {
        return Ok(());
    }
    let message = format!(
        "Document version {} is not valid.",
        call.needed("DocumentVersion")
    );
    Err(Refusal::new("InvalidDocumentVersion", message))
}

/// `DescribeDocument`.
pub fn describe(call: &Call<'_>) -> Answer {
    let name = call.needed("Name");
    call.estate(|_: &mut Ssm, site, _| {
        let (document, owner) = find(site, name).ok_or_else(|| missing(name))?;
        version(call)?;
        Ok(fields! { "Document" => document.describe(site, owner) })
    })
}

/// `GetDocument`.
pub fn get(call: &Call<'_>) -> Answer {
    let name = call.needed("Name");
    call.estate(|_: &mut Ssm, site, _| {
        let (document, _) = find(site, name).ok_or_else(|| missing(name))?;
        version(call)?;
        if let Some(format) = call.text("DocumentFormat") {
            one_of(call, "documentFormat", format, &["YAML", "JSON", "TEXT"])?;
        }
        Ok(document.content(site))
    })
}

/// `GetCalendarState`: open when all of the calendars are.
pub fn calendar(call: &Call<'_>) -> Answer {
    let names: Vec<&str> = call.arg("CalendarNames").texts().collect();
    if names.is_empty() {
        return Err(call.invalid("CalendarNames must have at least one member"));
    }
    let at = match call.text("AtTime") {
        None => call.now,
        Some(text) => Value::from(text)
            .as_time()
            .ok_or_else(|| call.invalid(format!("AtTime '{text}' is not a time in ISO 8601")))?,
    };
    call.estate(|_: &mut Ssm, site, _| {
        let (mut open, mut turns) = (true, None::<Timestamp>);
        for name in &names {
            let short = name
                .split_once(":document/")
                .map_or(*name, |(_, short)| short);
            let known = &site.scenario.runs.calendar;
            let here = known
                .iter()
                .find(|c| c.name == short && covers(&c.accounts, &c.regions, site));
            let Some(calendar) = here else {
                return Err(match find(site, short) {
                    Some(_) => Refusal::new(
                        "InvalidDocumentType",
                        "The document is not a change calendar.",
                    ),
                    None => missing(short),
                });
            };
            let (is_open, next) = calendar.state(site, at);
            open &= is_open;
            turns = turns.min(next).or(turns).or(next);
        }
        Ok(fields! {
            "State" => if open { "OPEN" } else { "CLOSED" },
            "AtTime" => text::iso_secs(at),
            "NextTransitionTime" => turns.map(text::iso_secs),
        })
    })
}

/// The time between two moments, as ISO 8601 writes it.
pub fn elapsed(from: Timestamp, to: Timestamp) -> String {
    let took: Duration = to.since(from);
    format!("PT{}.{:03}S", took.as_secs(), took.subsec_millis())
}
