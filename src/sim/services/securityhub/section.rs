//! `[securityhub]` of a scenario: how many findings there are, and how they live.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

/// The scenario's section `[securityhub]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Findings in each account and region at the start, besides those of GuardDuty.
    pub findings: usize,
    /// How far that number varies from place to place, 0 (not at all) to 1.
    pub spread: f64,
    /// Other numbers for some: `"ACCOUNT"` or `"ACCOUNT/REGION"`; `*` stands for any characters.
    pub accounts: BTreeMap<String, usize>,
    /// Weights of the products `controls`, `inspector`, `config`, `access-analyzer`, `macie`, `partner`.
    pub mix: BTreeMap<String, u32>,
    /// The share that is done at the start: passed, archived, suppressed or resolved.
    pub settled: f64,
    /// The share of the others that somebody knows of.
    pub notified: f64,
    /// New findings a day in each account and region.
    pub arrivals: f64,
    /// Mean hours between two reports of a finding; half of them turn it. 0 is never.
    pub churn: f64,
    /// The account (id or name) that administers all the others.
    pub administrator: Option<String>,
    /// The region in which the findings of all regions are aggregated.
    pub home: Option<Arc<str>>,
    /// Where Security Hub is not enabled: `"ACCOUNT"` or `"ACCOUNT/REGION"`.
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
            mix: BTreeMap::new(),
            settled: 0.3,
            notified: 0.12,
            arrivals: 0.0,
            churn: 0.0,
            administrator: None,
            home: None,
            disabled: Vec::new(),
            hostile: Vec::new(),
        }
    }
}
