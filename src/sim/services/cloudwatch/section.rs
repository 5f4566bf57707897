//! `[alarms]` of a scenario: how many alarms there are, how they behave, and which ones are made by hand.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::alarm::State;
use super::rule::Rule;
use crate::sim::scenario::{Density, Span};

/// `[alarms]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many metric alarms an account has in a region.
    pub per_cell: usize,
    /// Other numbers in some places; the last that covers a place counts.
    pub density: Vec<Density>,
    /// Which share fires at the start.
    pub firing: f64,
    /// Which share has no data at the start.
    pub no_data: f64,
    /// Which share fires and clears all day, every few minutes.
    pub flapping: f64,
    /// Which share fires and clears now and then, hours apart.
    pub living: f64,
    /// How many composite alarms an account has in a region.
    pub composites: usize,
    /// Further changes of state per second in the whole world, for measurements.
    pub updates_per_second: f64,
    /// Alarms by hand.
    pub alarm: Vec<Entry>,
    /// Times at which many alarms fire together.
    pub outage: Vec<Outage>,
    /// Mute rules by hand.
    pub mute: Vec<Mute>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            per_cell: 20,
            density: Vec::new(),
            firing: 0.03,
            no_data: 0.02,
            flapping: 0.02,
            living: 0.2,
            composites: 1,
            updates_per_second: 0.0,
            alarm: Vec::new(),
            outage: Vec::new(),
            mute: Vec::new(),
        }
    }
}

/// An alarm by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Its state at the start: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(default)]
    pub state: Option<State>,
    /// For how long it has been in that state.
    #[serde(default)]
    pub since: Option<Span>,
    /// Its reason; a realistic one when absent.
    #[serde(default)]
    pub reason: Option<String>,
    /// It fires and clears this often.
    #[serde(default)]
    pub flaps: Option<Span>,
    /// Whether its actions are enabled.
    #[serde(default = "yes")]
    pub actions: bool,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR` or `EVALUATION_FAILURE`.
    #[serde(default)]
    pub evaluation: Option<Evaluation>,
    /// The rule that makes it a composite alarm.
    #[serde(default)]
    pub rule: Option<RuleText>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Its members in AWS's own names: `Namespace`, `MetricName`, `Threshold`, `AlarmDescription`, …
    #[serde(default)]
    pub members: serde_json::Map<String, serde_json::Value>,
}

fn yes() -> bool {
    true
}

/// A time at which many alarms fire together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Which share of the alarms fires.
    pub share: f64,
    /// Which share loses its data instead.
    #[serde(default)]
    pub no_data: f64,
    /// How long after the start it begins.
    #[serde(default)]
    pub after: Span,
    /// How long before the start it began.
    #[serde(default)]
    pub before: Span,
    /// How long it takes until all of them fire.
    #[serde(default)]
    pub spread: Span,
    /// How long it lasts; for good when absent.
    #[serde(default)]
    pub lasts: Option<Span>,
}

/// A mute rule by hand. With a `cron` it comes again; else it comes once, from `began` before the start or `begins`
/// after it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// Its name; one that ends in a dash is followed by the second of its beginning.
    pub name: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// Its alarms. A name with a `*` stands for all that fit, another one need not exist (any more).
    #[serde(default)]
    pub alarms: Vec<String>,
    /// Its description.
    #[serde(default)]
    pub note: Option<String>,
    /// When it comes again: five fields.
    #[serde(default)]
    pub cron: Option<String>,
    /// The time zone of these.
    #[serde(default)]
    pub timezone: Option<String>,
    /// How long before the start it began.
    #[serde(default)]
    pub began: Span,
    /// How long after the start it begins.
    #[serde(default)]
    pub begins: Span,
    /// How long it mutes each time.
    pub lasts: Span,
}

/// The text of a rule that reads well.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RuleText(pub String);

impl TryFrom<String> for RuleText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Rule::parse(&text).map_err(|why| format!("the rule cannot be read: {why}"))?;
        Ok(Self(text))
    }
}

/// What CloudWatch says when it cannot evaluate an alarm in full.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum Evaluation {
    /// Some of the data is missing.
    #[serde(rename = "PARTIAL_DATA")]
    Partial,
    /// The alarm's own expression is wrong.
    #[serde(rename = "EVALUATION_ERROR")]
    Error,
    /// CloudWatch failed.
    #[serde(rename = "EVALUATION_FAILURE")]
    Failure,
}

impl Evaluation {
    /// As AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Partial => "PARTIAL_DATA",
            Self::Error => "EVALUATION_ERROR",
            Self::Failure => "EVALUATION_FAILURE",
        }
    }
}
