//! `[health]` of a scenario: what AWS reports and plans.

use serde::Deserialize;

use crate::sim::scenario::Span;

/// `[health]` of a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Accounts, by id or name, whose plan has no access to the API: Basic and Developer Support.
    pub without_plan: Vec<String>,
    /// Whether the organization's management account and its delegated administrators see the events of all accounts.
    pub organization_view: bool,
    /// Events.
    pub event: Vec<Entry>,
}

/// An event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// AWS's name of the service: `RDS`.
    pub service: String,
    /// Its type: `AWS_RDS_OPERATIONAL_ISSUE`.
    pub code: String,
    /// `issue`, `investigation`, `scheduledChange` or `accountNotification`.
    #[serde(default = "issue")]
    pub category: String,
    /// Where: regions, or `global`.
    pub regions: Vec<String>,
    /// The availability zone.
    #[serde(default)]
    pub zone: Option<String>,
    /// The accounts that it is about, by id or name; everybody in the region when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// How long before the world's start it began.
    #[serde(default)]
    pub age: Span,
    /// Instead of an age: how long after the world's start it begins.
    #[serde(default)]
    pub after: Option<Span>,
    /// How long it lasts; without an end when absent.
    #[serde(default)]
    pub lasts: Option<Span>,
    /// How long before its beginning it is told.
    #[serde(default)]
    pub told_before: Span,
    /// `ACTION_REQUIRED`, `ACTION_MAY_BE_REQUIRED` or `INFORMATIONAL`.
    #[serde(default)]
    pub action: Option<String>,
    /// `OPERATIONS`, `SECURITY`, `BILLING`.
    #[serde(default)]
    pub personas: Vec<String>,
    /// What AWS writes.
    pub text: String,
    /// The resources of each account that it is about.
    #[serde(default)]
    pub entities: Vec<String>,
}

fn issue() -> String {
    "issue".to_owned()
}
