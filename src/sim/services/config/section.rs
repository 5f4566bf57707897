//! `[config]` of a scenario: which rules AWS Config checks, where its recorder stands still, and who gathers what.

use std::time::Duration;

use serde::Deserialize;

use crate::sim::scenario::Span;

/// `[config]` of a scenario. Places are `ACCOUNT` or `ACCOUNT/REGION`, by id or name; `*` stands for any characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many rules of its own a place has.
    pub rules: usize,
    /// Whether the rules are there that Security Hub makes for its controls.
    pub controls: bool,
    /// The share of resources that break a rule.
    pub failing: f64,
    /// Places without a recorder: nothing is checked there.
    pub without: Vec<String>,
    /// Places whose recorder was stopped, and how long before the world's start.
    pub stopped: Vec<String>,
    /// How long ago the recorders of `stopped` were stopped.
    pub stopped_ago: Span,
    /// Places whose recorder runs and cannot deliver what it records.
    pub failing_delivery: Vec<String>,
    /// The aggregator of the organization, where there is one.
    pub aggregator: Option<Aggregator>,
    /// Rules by hand.
    pub rule: Vec<Entry>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            rules: 0,
            controls: false,
            failing: 0.25,
            without: Vec::new(),
            stopped: Vec::new(),
            stopped_ago: Span(Duration::from_secs(3 * 86_400)),
            failing_delivery: Vec::new(),
            aggregator: None,
            rule: Vec::new(),
        }
    }
}

/// An aggregator that gathers the compliance of the whole organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregator {
    /// The account (id or name) in which it stands.
    pub account: String,
    /// The region in which it stands.
    pub region: String,
    /// Its name.
    #[serde(default = "name")]
    pub name: String,
    /// Places that it does not gather from.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// Places of which it has old data alone.
    #[serde(default)]
    pub outdated: Vec<String>,
    /// Whether its answers begin with an empty page, as AWS is free to do.
    #[serde(default)]
    pub empty_pages: bool,
}

fn name() -> String {
    "organization".to_owned()
}

/// A rule by hand.
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
    /// AWS's identifier of a managed rule, or the ARN of a function.
    #[serde(default = "source")]
    pub source: String,
    /// What it checks, in words.
    #[serde(default)]
    pub about: String,
    /// The type of the resources that it checks.
    #[serde(default = "resource_type")]
    pub resource_type: String,
    /// How many resources break it.
    #[serde(default)]
    pub failing: usize,
    /// The document that puts a resource right.
    #[serde(default)]
    pub remediation: Option<String>,
    /// What its last run failed with.
    #[serde(default)]
    pub error: Option<String>,
}

fn source() -> String {
    "ENCRYPTED_VOLUMES".to_owned()
}

fn resource_type() -> String {
    "AWS::EC2::Volume".to_owned()
}
