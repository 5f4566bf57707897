//! `[guardduty]` of a scenario: how many threats there are, and how they live.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The scenario's section `[guardduty]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Findings in each account and region at the start.
    pub findings: usize,
    /// How far that number varies from place to place, 0 (not at all) to 1.
    pub spread: f64,
    /// Other numbers for some: `"ACCOUNT"` or `"ACCOUNT/REGION"`, each part with a trailing `*`.
    pub accounts: BTreeMap<String, usize>,
    /// New findings a day in each account and region.
    pub arrivals: f64,
    /// How slowly findings recur: a factor on the usual time between two sightings; 0 is never.
    pub recurrence: f64,
    /// The share of findings that suppression rules archive after a while.
    pub archived: f64,
    /// The account (id or name) that administers all the others.
    pub administrator: Option<String>,
    /// Where GuardDuty is not enabled: `"ACCOUNT"` or `"ACCOUNT/REGION"`.
    pub disabled: Vec<String>,
    /// Where attackers chose some of the names: `"ACCOUNT"` or `"ACCOUNT/REGION"`.
    pub hostile: Vec<String>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            findings: 0,
            spread: 0.0,
            accounts: BTreeMap::new(),
            arrivals: 0.0,
            recurrence: 1.0,
            archived: 0.1,
            administrator: None,
            disabled: Vec::new(),
            hostile: Vec::new(),
        }
    }
}
