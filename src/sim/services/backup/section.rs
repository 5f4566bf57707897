//! `[backup]` of a scenario.

use serde::Deserialize;

use super::estate::KINDS;
use crate::sim::scenario::{Density, Span};

/// `[backup]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many resources an account protects in a region.
    pub per_cell: usize,
    /// Other numbers in some places; the last that covers a place counts.
    pub density: Vec<Density>,
    /// Which share of the resources fails lately.
    pub failing: f64,
    /// For which share of the resources no job starts lately.
    pub silent: f64,
    /// Which share of the jobs fails by accident; most of these are tried again.
    pub accidents: f64,
    /// Which share of the jobs completes with issues.
    pub issues: f64,
    /// Which share of the copies fails.
    pub copies_failing: f64,
    /// Which share of the resources is backed up every hour.
    pub hourly: f64,
    /// Which share of the resources has a hostile name.
    pub hostile: f64,
    /// Whether the organization monitors jobs across accounts.
    pub cross_account: bool,
    /// Accounts (id or name) that the organization-wide view does not cover.
    pub uncovered: Vec<String>,
    /// Resources by hand.
    pub resource: Vec<Entry>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            per_cell: 8,
            density: Vec::new(),
            failing: 0.04,
            silent: 0.03,
            accidents: 0.01,
            issues: 0.02,
            copies_failing: 0.02,
            hourly: 0.1,
            hostile: 0.0,
            cross_account: true,
            uncovered: Vec::new(),
            resource: Vec::new(),
        }
    }
}

/// A resource by hand; its plan runs daily, two hours before the world's start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// `EBS`, `RDS`, `DynamoDB` and so on.
    #[serde(default = "rds", deserialize_with = "kind")]
    pub kind: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How its jobs go lately.
    #[serde(default)]
    pub habit: Habit,
    /// Since how long before the world's start they go so; for 25 hours when absent.
    #[serde(default)]
    pub lately: Option<Span>,
    /// The message of a failure; a realistic one when absent.
    #[serde(default)]
    pub message: Option<String>,
    /// How long a job takes.
    #[serde(default)]
    pub takes: Option<Span>,
}

/// A type of resource that can be protected.
fn kind<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<String, D::Error> {
    let text = String::deserialize(reader)?;
    if KINDS.iter().any(|kind| kind.0 == text) {
        return Ok(text);
    }
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.0).collect();
    Err(serde::de::Error::custom(format!(
        "'{text}' is not a type of resource; known are {}",
        known.join(", ")
    )))
}

fn rds() -> String {
    "RDS".to_owned()
}

/// How the jobs of a resource go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// Well, but for rare accidents.
    #[default]
    Succeeds,
    /// They fail, and so do the retries.
    Fails,
    /// They fail, and a retry succeeds.
    Recovers,
    /// They never start.
    Silent,
    /// They wait until their start window ends.
    Expires,
    /// They complete, with a message.
    Issues,
    /// They complete in part.
    Partial,
    /// Somebody stops them.
    Aborts,
}
