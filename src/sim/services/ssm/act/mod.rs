//! What operators run: commands on machines, automations, and the documents that describe both.

pub mod automation;
pub mod automations;
pub mod command;
pub mod commands;
pub mod document;
pub mod documents;
mod effect;
pub mod preview;
pub mod signals;
mod standing;
pub mod start;

use serde::Deserialize;

use self::document::Document;
use self::documents::Calendar;

/// `[runs]` of a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Which share of the invocations of commands, and of the steps of automations, fails.
    pub failing: f64,
    /// How many automations somebody has started per day in the two weeks before the world's start.
    pub per_day: f64,
    /// Documents that the accounts own.
    pub document: Vec<Document>,
    /// Change calendars.
    pub calendar: Vec<Calendar>,
}
