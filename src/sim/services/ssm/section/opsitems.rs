//! `[opsitems]` of a scenario: how many OpsItems there are, and how long they live.

use std::time::Duration;

use serde::Deserialize;

use crate::sim::scenario::Span;

use super::Sync;

/// `[opsitems]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many are opened per day in an account and region.
    pub per_day: f64,
    /// Other numbers in some places; the last that covers a place counts.
    pub density: Vec<Density>,
    /// How long one takes on average until it is resolved.
    pub resolved_after: Span,
    /// How far back the past reaches.
    pub past: Span,
    /// Which share has a hostile title: escape sequences, right-to-left overrides, endless lines.
    pub hostile: f64,
    /// Where the OpsItems of the whole organization are gathered, if anywhere.
    pub sync: Option<Sync>,
    /// OpsItems by hand.
    pub item: Vec<Entry>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            per_day: 1.5,
            density: Vec::new(),
            resolved_after: Span(Duration::from_secs(14 * 3600)),
            past: Span(Duration::from_secs(14 * 86_400)),
            hostile: 0.0,
            sync: None,
            item: Vec::new(),
        }
    }
}

/// How many OpsItems some places see.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Density {
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How many are opened there per day.
    pub per_day: f64,
}

/// An OpsItem by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its title.
    pub title: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// What happened, at length.
    #[serde(default)]
    pub description: Option<String>,
    /// Who reports it.
    #[serde(default = "ourselves")]
    pub source: String,
    /// `1` (critical) to `4` (low).
    #[serde(default)]
    pub severity: Option<String>,
    /// 1 to 5.
    #[serde(default)]
    pub priority: Option<i64>,
    /// `Availability`, `Cost`, `Performance`, `Recovery` or `Security`.
    #[serde(default)]
    pub category: Option<String>,
    /// Its status; it stays so.
    #[serde(default = "open")]
    pub status: String,
    /// How long before the world's start it was opened.
    #[serde(default)]
    pub age: Span,
    /// Instead of an age: how long after the world's start it is opened.
    #[serde(default)]
    pub after: Option<Span>,
    /// The resources it is about.
    #[serde(default)]
    pub resources: Vec<String>,
}

fn ourselves() -> String {
    "on-call".to_owned()
}

fn open() -> String {
    "Open".to_owned()
}
