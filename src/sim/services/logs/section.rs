//! `[logs]` of a scenario: which log groups there are and how much is written into them.

use std::time::Duration;

use serde::Deserialize;

use super::voice::Sort;
use crate::sim::scenario::Span;

/// `[logs]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Whether the workloads that alarms watch, and the managed nodes, write logs.
    pub workloads: bool,
    /// How much is written, to the usual.
    pub volume: f64,
    /// How long before the start writing began.
    pub past: Span,
    /// After how long a session of Live Tail ends, where AWS ends it after three hours.
    pub session: Span,
    /// How many events a session of Live Tail sends in a second; of more it sends a sample.
    pub sample: usize,
    /// How many sessions of Live Tail an account and region may have open.
    pub sessions: usize,
    /// Log groups by hand.
    pub group: Vec<Entry>,
    /// Times at which very much is written into a group.
    pub burst: Vec<Burst>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            workloads: true,
            volume: 1.0,
            past: Span(Duration::from_secs(4 * 86_400)),
            session: Span(Duration::from_secs(3 * 3_600)),
            sample: 500,
            sessions: 15,
            group: Vec::new(),
            burst: Vec::new(),
        }
    }
}

/// A log group by hand.
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
    /// What is written into it.
    #[serde(default)]
    pub writes: Sort,
    /// How many streams it has.
    #[serde(default = "one")]
    pub streams: usize,
    /// Lines a second and stream; how much the sort writes usually when absent.
    #[serde(default)]
    pub rate: Option<f64>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    #[serde(default)]
    pub class: Class,
    /// How many days it is kept; for ever when absent.
    #[serde(default)]
    pub retention: Option<i64>,
    /// The workload or alarm that makes it write errors; the last part of its name when absent.
    #[serde(default)]
    pub resource: Option<String>,
    /// A metric filter that counts lines in it.
    #[serde(default)]
    pub filter: Option<Filter>,
}

/// A metric filter by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric.
    pub metric: String,
    /// Which lines are counted.
    #[serde(default)]
    pub pattern: String,
}

fn one() -> usize {
    1
}

/// The class of a log group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Class {
    /// Everything works.
    #[default]
    #[serde(rename = "STANDARD")]
    Standard,
    /// No Live Tail.
    #[serde(rename = "INFREQUENT_ACCESS")]
    Infrequent,
    /// Nothing can be read.
    #[serde(rename = "DELIVERY")]
    Delivery,
}

impl Class {
    /// As AWS writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Infrequent => "INFREQUENT_ACCESS",
            Self::Delivery => "DELIVERY",
        }
    }

    /// Reads [`Class::name`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Standard, Self::Infrequent, Self::Delivery]
            .into_iter()
            .find(|class| class.name() == text)
    }
}

/// A time at which very much is written into a group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// The group, as one stream of it writes.
    pub group: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How long before the start it began.
    #[serde(default)]
    pub before: Span,
    /// How long after the start it begins.
    #[serde(default)]
    pub after: Span,
    /// How long it lasts.
    pub lasts: Span,
    /// How many events are written in that time.
    pub events: u64,
}
