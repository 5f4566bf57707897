//! A resource data sync: where Systems Manager gathers what the accounts of an organization know.

use serde::Deserialize;

use crate::sim::scenario::Span;

/// `[opsitems.sync]` and `[patches.sync]` of a scenario. Places are `ACCOUNT` or `ACCOUNT/REGION`, by id or name; `*` stands for any
/// characters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// The account (id or name) in which it stands.
    pub account: String,
    /// The region in which it stands.
    pub region: String,
    /// Its name; that of the nodes is always `AWS-QuickSetup-ManagedNode`.
    #[serde(default = "name")]
    pub name: String,
    /// The regions that it gathers; all of the world when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// The organizational units that it gathers; the whole organization when empty. Which accounts these are, `unseen` says.
    #[serde(default)]
    pub units: Vec<String>,
    /// Places that it does not gather.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// How old what it has is.
    #[serde(default)]
    pub behind: Span,
    /// What its last run failed with.
    #[serde(default)]
    pub error: Option<String>,
}

fn name() -> String {
    "organization".to_owned()
}
