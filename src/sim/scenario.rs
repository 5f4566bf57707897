//! A scenario: the TOML file that says which world to play.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::faults::Fault;
use super::services::{
    backup, cloudwatch, config, dynamodb, guardduty, health, incidents, logs, securityhub, ssm,
    support, trustedadvisor,
};
use super::world::Site;
use crate::clock::Timestamp;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/sim/scenarios");

/// The scenario that is played when none is named.
pub const DEFAULT: &str = "everyday";

/// A world as its file describes it. Every service has a section of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line about the situation.
    pub title: String,
    /// What is going on, in a few sentences.
    #[serde(default)]
    pub about: String,
    /// The seed unless another is given.
    #[serde(default)]
    pub seed: u64,
    /// The moment the world starts at (RFC 3339); the present one when absent.
    #[serde(default)]
    pub start: Option<String>,
    /// The AWS partition.
    #[serde(default = "partition")]
    pub partition: String,
    /// The account (id or name) in which the base keys act; the first one when absent.
    #[serde(default)]
    pub caller: Option<String>,
    /// The regions that are in use.
    pub regions: Vec<Arc<str>>,
    /// Regions that the accounts have not opted in to.
    #[serde(default)]
    pub regions_off: Vec<String>,
    /// The organization.
    #[serde(default)]
    pub organization: Organization,
    /// The roles that can be assumed.
    #[serde(default)]
    pub role: Vec<Role>,
    /// The accounts.
    #[serde(default)]
    pub account: Vec<AccountEntry>,
    /// Generated accounts, after the named ones.
    #[serde(default)]
    pub fleet: Fleet,
    /// CloudWatch alarms.
    #[serde(default)]
    pub alarms: cloudwatch::Section,
    /// The threats that GuardDuty finds.
    #[serde(default)]
    pub guardduty: guardduty::Section,
    /// The findings that Security Hub gathers.
    #[serde(default)]
    pub securityhub: securityhub::Section,
    /// OpsItems.
    #[serde(default)]
    pub opsitems: ssm::OpsItemSection,
    /// Maintenance windows.
    #[serde(default)]
    pub windows: ssm::WindowSection,
    /// Managed nodes and their patches.
    #[serde(default)]
    pub patches: ssm::PatchSection,
    /// AWS Backup.
    #[serde(default)]
    pub backup: backup::Section,
    /// What operators run: documents, their habits, change calendars.
    #[serde(default)]
    pub runs: ssm::RunSection,
    /// Incident Manager.
    #[serde(default)]
    pub incidentmanager: incidents::Section,
    /// AWS Config.
    #[serde(default)]
    pub config: config::Section,
    /// AWS Support.
    #[serde(default)]
    pub support: support::Section,
    /// Trusted Advisor.
    #[serde(default)]
    pub trustedadvisor: trustedadvisor::Section,
    /// AWS Health.
    #[serde(default)]
    pub health: health::Section,
    /// CloudWatch Logs.
    #[serde(default)]
    pub logs: logs::Section,
    /// DynamoDB.
    #[serde(default)]
    pub dynamodb: dynamodb::Section,
    /// What goes wrong from the start.
    #[serde(default)]
    pub fault: Vec<Fault>,
}

fn partition() -> String {
    "aws".to_owned()
}

/// The organization the accounts belong to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// The management account (id or name); the caller when absent.
    pub management: Option<String>,
    /// Accounts (id or name) besides the management account that may read it.
    pub delegated: Vec<String>,
    /// Whether lists of accounts begin with an empty page, as AWS is free to do.
    pub empty_pages: bool,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            id: "o-simulated1".to_owned(),
            management: None,
            delegated: Vec::new(),
            empty_pages: false,
        }
    }
}

/// A role that can be assumed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name; a trailing `*` stands for any.
    pub name: String,
    /// The external id it asks for.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The accounts (id or name, trailing `*` allowed) that have it; all of them when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    /// Its twelve digits.
    pub id: Arc<str>,
    /// Its name.
    pub name: String,
    /// The organizational unit, as a path: `Workloads/Prod`; the root when empty.
    #[serde(default)]
    pub ou: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`.
    #[serde(default = "active")]
    pub status: String,
    /// The regions it uses, when not all of the scenario's.
    #[serde(default)]
    pub regions: Option<Vec<Arc<str>>>,
    /// Its tags.
    #[serde(default)]
    pub tags: std::collections::BTreeMap<String, String>,
}

fn active() -> String {
    "ACTIVE".to_owned()
}

/// Generated accounts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fleet {
    /// How many.
    pub accounts: usize,
}

impl Scenario {
    /// The names of the built-in scenarios.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        BUILT_IN
            .files()
            .filter_map(|file| file.path().file_stem()?.to_str())
            .collect()
    }

    /// Loads a built-in scenario by name, or a file by path.
    ///
    /// # Errors
    /// A sentence that says which file, line and column, and what is wrong there.
    pub fn load(name: &str) -> Result<Self, String> {
        if let Some(file) = BUILT_IN.get_file(format!("{name}.toml")) {
            return Self::parse(name, file.contents_utf8().unwrap_or_default());
        }
        if !Path::new(name).exists() {
            let known = Self::names().join(", ");
            return Err(format!(
                "no scenario is called '{name}' and there is no such file; built in are: {known}"
            ));
        }
        let text = std::fs::read_to_string(name)
            .map_err(|e| format!("cannot read the scenario {name}: {e}"))?;
        Self::parse(name, &text)
    }

    /// Reads a scenario.
    ///
    /// # Errors
    /// A sentence that says which line and column, and what is wrong there.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|e| format!("scenario {name}: {e}"))?;
        if scenario.regions.is_empty() {
            return Err(format!(
                "scenario {name}: 'regions' is empty; name at least one"
            ));
        }
        if scenario.account.is_empty() && scenario.fleet.accounts == 0 {
            return Err(format!(
                "scenario {name}: it has no account; add an [[account]] or a [fleet]"
            ));
        }
        scenario
            .check()
            .map_err(|why| format!("scenario {name}: {why}"))?;
        Ok(scenario)
    }

    /// What the schema cannot say.
    fn check(&self) -> Result<(), String> {
        let mut ids = HashSet::new();
        for account in &self.account {
            let id = &*account.id;
            if id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit()) {
                return Err(format!("the account id '{id}' does not have twelve digits"));
            }
            if !ids.insert(id) {
                return Err(format!("two accounts have the id {id}"));
            }
        }
        if let Some(start) = self
            .start
            .as_deref()
            .filter(|text| Timestamp::parse(text).is_none())
        {
            return Err(format!(
                "start = '{start}' is not a time such as 2026-11-21T02:00:00Z"
            ));
        }
        let known = |wanted: &str| {
            self.account
                .iter()
                .any(|a| *a.id == *wanted || a.name == wanted)
        };
        let organization = &self.organization;
        let named = [
            ("caller", self.caller.as_ref()),
            ("management", organization.management.as_ref()),
        ];
        let named = named
            .into_iter()
            .filter_map(|(key, name)| Some((key, name?)));
        for (key, name) in named.chain(
            organization
                .delegated
                .iter()
                .map(|name| ("delegated", name)),
        ) {
            if !known(name) && self.fleet.accounts == 0 {
                return Err(format!(
                    "{key} names '{name}', which is no [[account]] here"
                ));
            }
        }
        for fault in &self.fault {
            fault
                .check()
                .map_err(|why| format!("in a [[fault]] of kind {:?}: {why}", fault.kind))?;
        }
        Ok(())
    }
}

/// Whether `pattern` means `text`; `*` stands for any characters, or none.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    true
}

/// How many of something some places have; of several, the last that covers a place counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Density {
    /// Accounts, by id or name; all when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions; all when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// How many an account has there in a region.
    pub per_cell: usize,
}

impl Density {
    /// How many a place has, where others have `usual`.
    #[must_use]
    pub fn here(all: &[Self], usual: usize, site: &Site) -> usize {
        let covering = all
            .iter()
            .rev()
            .find(|d| covers(&d.accounts, &d.regions, site));
        covering.map_or(usual, |d| d.per_cell)
    }
}

/// Whether lists of accounts (ids or names) and regions cover a place. An empty list covers all;
/// `*` stands for any characters.
#[must_use]
pub fn covers(accounts: &[String], regions: &[String], site: &Site) -> bool {
    (accounts.is_empty()
        || accounts
            .iter()
            .any(|a| matches(a, &site.account) || matches(a, &site.name)))
        && (regions.is_empty() || regions.iter().any(|r| matches(r, &site.region)))
}

/// Reads a duration as operators write it: `90s`, `10m`, `2h`, `3d`, or several of them (`1h30m`).
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |n| digits + n);
        total += number
            * match &rest[digits..unit] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.trim().is_empty()).then(|| Duration::try_from_secs_f64(total).ok())?
}

/// A length of time in a scenario: text as [`duration`] reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        duration(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "'{text}' is not a length of time such as 90s, 10m, 2h or 3d"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_anywhere() {
        for (pattern, text, yes) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*-prod", "web-prod", true),
            ("*-prod", "web-prod-2", false),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("eu-*-1", "eu-west-1", true),
        ] {
            assert_eq!(matches(pattern, text), yes, "{pattern} {text}");
        }
    }

    #[test]
    fn durations_read_as_they_are_written() {
        assert_eq!(duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("0.5d"), Some(Duration::from_secs(43_200)));
        for text in ["", "h", "5", "5x", "-5m"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn every_built_in_scenario_reads_clean() {
        for name in Scenario::names() {
            if let Err(why) = Scenario::load(name) {
                panic!("{why}");
            }
        }
        assert!(Scenario::names().contains(&DEFAULT));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let base = "title = 'x'\nregions = ['eu-west-1']\n";
        let account = "[[account]]\nid = '222222222222'\nname = 'a'\n";
        for (text, part) in [
            (
                "[[account]]\nid = '22'\nname = 'a'\n".to_owned(),
                "twelve digits",
            ),
            (format!("{account}{account}"), "two accounts"),
            (format!("caller = 'nobody'\n{account}"), "'nobody'"),
            (format!("start = 'soon'\n{account}"), "'soon'"),
            (
                format!("{account}[[fault]]\nkind = 'latency'\n"),
                "needs a delay",
            ),
            (
                format!("{account}[[fault]]\nkind = 'laten'\n"),
                "line 7, column 8",
            ),
            (
                format!("{account}[[alarms.alarm]]\nname = 'b'\nstate = 'ALRM'\n"),
                "line 8, column 9",
            ),
            (
                format!("{account}[[alarms.alarm]]\nname = 'b'\nrule = 'ALARM('\n"),
                "the rule cannot be read",
            ),
            (
                format!("{account}[[alarms.alarm]]\nname = 'b'\nsince = 'ages'\n"),
                "not a length of time",
            ),
        ] {
            let why = Scenario::parse("x", &format!("{base}{text}")).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
        assert!(Scenario::parse("x", &format!("{base}{account}")).is_ok());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let why = Scenario::parse("x", "title = 'x'\nregions = ['eu-west-1']\nregoins = []\n")
            .unwrap_err();
        assert!(
            why.contains("line 3, column 1") && why.contains("regoins"),
            "{why}"
        );
    }
}
