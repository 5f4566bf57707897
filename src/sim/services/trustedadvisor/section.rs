//! `[trustedadvisor]` of a scenario: who may ask, and what is recommended.

use serde::Deserialize;

/// `[trustedadvisor]` of a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Accounts, by id or name, whose plan has no access to the API: Basic and Developer Support.
    pub without_plan: Vec<String>,
    /// How many checks of each account find something, of those that this simulator knows.
    pub found: usize,
    /// Recommendations by hand.
    pub recommendation: Vec<Entry>,
}

/// A recommendation by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// `error`, `warning` or `ok`.
    #[serde(default = "status")]
    pub status: String,
    /// What it is for.
    #[serde(default = "pillars")]
    pub pillars: Vec<String>,
    /// Who found it.
    #[serde(default = "source")]
    pub source: String,
    /// What it advises.
    #[serde(default)]
    pub text: String,
    /// How many resources are in error.
    #[serde(default)]
    pub errors: usize,
    /// How many are in warning.
    #[serde(default)]
    pub warnings: usize,
    /// Of those, how many somebody has excluded.
    #[serde(default)]
    pub excluded: usize,
    /// What could be saved a month, in US dollars.
    #[serde(default)]
    pub saving: Option<f64>,
}

fn status() -> String {
    "warning".to_owned()
}

fn pillars() -> Vec<String> {
    vec!["fault_tolerance".to_owned()]
}

fn source() -> String {
    "ta_check".to_owned()
}
