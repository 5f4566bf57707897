//! `[incidentmanager]` of a scenario: who uses Incident Manager where, and what happened.

use serde::Deserialize;

use crate::sim::scenario::Span;

/// `[incidentmanager]` of a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Who uses it: an account has one replication set.
    pub replication: Vec<Replication>,
    /// Incidents.
    pub record: Vec<Entry>,
}

/// The replication set of some accounts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// The regions that have the data.
    pub regions: Vec<String>,
}

/// An incident.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its title.
    pub title: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// 1 (critical) to 5 (no impact).
    #[serde(default = "impact")]
    pub impact: i64,
    /// The response plan that began it.
    #[serde(default = "plan")]
    pub plan: String,
    /// What is known of it.
    #[serde(default)]
    pub summary: String,
    /// Where it came from: `aws.cloudwatch`, `aws.ssm-incidents.custom`, …
    #[serde(default = "source")]
    pub source: String,
    /// The alarm that began it, as `REGION/NAME`.
    #[serde(default)]
    pub alarm: Option<String>,
    /// How long before the world's start it began.
    #[serde(default)]
    pub age: Span,
    /// Whether it is over already.
    #[serde(default)]
    pub resolved: bool,
    /// What happened since, oldest first.
    #[serde(default)]
    pub event: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// How long after the beginning.
    #[serde(default)]
    pub after: Span,
    /// `Note`, `Custom Event`, `SSM Incident Trigger`, `IAM Principal Change`, …
    #[serde(default = "note")]
    pub kind: String,
    /// What is told of it.
    pub text: String,
}

fn impact() -> i64 {
    3
}

fn plan() -> String {
    "default-response".to_owned()
}

fn source() -> String {
    "aws.ssm-incidents.custom".to_owned()
}

fn note() -> String {
    "Note".to_owned()
}
