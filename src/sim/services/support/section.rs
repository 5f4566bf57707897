//! `[support]` of a scenario: who has a support plan, and which cases are open.

use std::time::Duration;

use serde::Deserialize;

use crate::sim::scenario::Span;

/// `[support]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Accounts, by id or name, whose plan has no access to the API: Basic and Developer Support.
    pub without_plan: Vec<String>,
    /// How many cases an account opens per day.
    pub per_day: f64,
    /// How long one takes on average until it is resolved.
    pub resolved_after: Span,
    /// How far back the past reaches.
    pub past: Span,
    /// How long AWS takes to answer what a customer wrote.
    pub answers_after: Span,
    /// Cases by hand.
    pub case: Vec<Entry>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            without_plan: Vec::new(),
            per_day: 0.0,
            resolved_after: Span(Duration::from_secs(3 * 86_400)),
            past: Span(Duration::from_secs(21 * 86_400)),
            answers_after: Span(Duration::from_secs(25 * 60)),
            case: Vec::new(),
        }
    }
}

/// A case by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its subject.
    pub subject: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// The code of the service it is about; those of AWS Managed Services are `service-ams-operations-report-incident`,
    /// `service-ams-operations-service-request` and the older `sentinel-report-incident`.
    #[serde(default = "service")]
    pub service: String,
    /// The category within the service.
    #[serde(default = "category")]
    pub category: String,
    /// `low`, `normal`, `high`, `urgent` or `critical`.
    #[serde(default = "severity")]
    pub severity: String,
    /// Its status; it stays so until somebody writes or resolves.
    #[serde(default = "status")]
    pub status: String,
    /// How long before the world's start it was opened.
    #[serde(default)]
    pub age: Span,
    /// Instead of an age: how long after the world's start it is opened.
    #[serde(default)]
    pub after: Option<Span>,
    /// What was written, oldest first.
    #[serde(default)]
    pub said: Vec<Said>,
}

/// Something that was written in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// What.
    pub body: String,
    /// By whom: an address, or AWS when absent.
    #[serde(default)]
    pub by: Option<String>,
    /// How long after the case was opened.
    #[serde(default)]
    pub after: Span,
}

fn service() -> String {
    "amazon-elastic-compute-cloud-linux".to_owned()
}

fn category() -> String {
    "other".to_owned()
}

fn severity() -> String {
    "high".to_owned()
}

fn status() -> String {
    "work-in-progress".to_owned()
}
