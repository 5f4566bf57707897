//! `[windows]` of a scenario: how many maintenance windows there are, and how they go.

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::sim::scenario::Span;
use crate::sim::schedule::Schedule;

/// `[windows]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many windows an account has in a region.
    pub per_cell: usize,
    /// Which share opens within half an hour of the world's start, before or after.
    pub soon: f64,
    /// Which share fails lately.
    pub failing: f64,
    /// Which share runs out of time lately.
    pub timing_out: f64,
    /// Which share is skipped lately because the run before it is not over.
    pub skipping: f64,
    /// Which share does not run lately although it is due.
    pub missing: f64,
    /// Which share is disabled.
    pub disabled: f64,
    /// Windows by hand.
    pub window: Vec<Entry>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            per_cell: 5,
            soon: 0.25,
            failing: 0.06,
            timing_out: 0.03,
            skipping: 0.02,
            missing: 0.03,
            disabled: 0.06,
            window: Vec::new(),
        }
    }
}

/// A window by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    #[serde(default, deserialize_with = "expression")]
    pub schedule: Option<String>,
    /// Instead of a schedule: daily, at the hour of so long before the world's start.
    #[serde(default)]
    pub opened: Option<Span>,
    /// Instead of a schedule: daily, at the hour of so long after the world's start.
    #[serde(default)]
    pub opens: Option<Span>,
    /// The zone of the schedule; UTC when absent.
    #[serde(default)]
    pub zone: Option<String>,
    /// How many hours it stays open.
    #[serde(default = "three")]
    pub hours: i64,
    /// How many hours before its end nothing new is begun.
    #[serde(default)]
    pub cutoff: i64,
    /// Whether it is enabled.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How it goes lately.
    #[serde(default)]
    pub habit: Habit,
    /// Since how long before the world's start it goes so; for two days when absent.
    #[serde(default)]
    pub lately: Option<Span>,
    /// The patch group it installs on; without one it runs an automation.
    #[serde(default)]
    pub group: Option<String>,
}

/// A schedule that can be read.
fn expression<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(reader)?;
    match Schedule::parse(&text, "", 0, Timestamp::ZERO) {
        Some(_) => Ok(Some(text)),
        None => Err(serde::de::Error::custom(format!(
            "'{text}' is not a schedule such as cron(0 2 ? * SUN *), rate(7 days) or at(2026-12-01T02:00:00)"
        ))),
    }
}

fn three() -> i64 {
    3
}

fn yes() -> bool {
    true
}

/// How the runs of a window go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// Well, but for a rare accident.
    #[default]
    Succeeds,
    /// A task fails.
    Fails,
    /// It is still at work when the window closes.
    TimesOut,
    /// The run before is not over.
    Skips,
    /// There is no run where there should be one.
    Misses,
}
