//! Severity rules: how bad an item is where AWS does not say, or where the operators know better.
//!
//! An ordered list of rules, each a filter and a severity. The first rule whose filter matches decides; where none
//! does, the severity of the source stands. The operators' own rules come before the built-in ones, which are data:
//! `defaults.toml` beside this file. The rule that decided is kept with the row and named in its details.
//!
//! Called by the store for every row that changes, and by the configuration to read `[[triage.severity]]`.
//! Imports the nouns and `filter`; sits below the store (see `docs/adr/0004-triage-below-the-store.md`).

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::domain::Severity;
use crate::filter::{Filter, Problem, Subject};

/// The built-in rules, in the form in which an operator writes rules.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called in the details of a row.
    pub name: Arc<str>,
    /// Which items it is for.
    pub filter: Filter,
    /// How bad they are; none leaves it to the source.
    pub severity: Option<Severity>,
    /// Whether noctop brought it along.
    pub origin: Origin,
}

/// Who wrote a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the operator's configuration.
    Configured,
    /// It came with noctop.
    Default,
}

/// The number of a rule within its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(u16);

/// What the rules say about one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How bad it is.
    pub severity: Severity,
    /// The rule that decided; none where the source's own severity stands.
    pub rule: Option<RuleIndex>,
}

/// An ordered list of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    depends_on_time: bool,
}

impl Rules {
    /// No rule at all: every source's severity stands.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            rules: Vec::new(),
            depends_on_time: false,
        }
    }

    /// The operator's rules, followed by the built-in ones.
    #[must_use]
    pub fn with_defaults(configured: Vec<Rule>) -> Self {
        Self::new(configured.into_iter().chain(built_in()).collect())
    }

    /// Exactly these rules; those past 65,535 are left out.
    #[must_use]
    pub fn new(mut rules: Vec<Rule>) -> Self {
        rules.truncate(usize::from(u16::MAX));
        let depends_on_time = rules.iter().any(|rule| rule.filter.depends_on_time());
        Self {
            rules,
            depends_on_time,
        }
    }

    /// What they say about the subject; its own severity is the source's.
    #[must_use]
    pub fn judge(&self, subject: &Subject<'_>, now: Timestamp) -> Verdict {
        let found = self
            .rules
            .iter()
            .zip(0..)
            .find(|(rule, _)| rule.filter.matches(subject, now));
        Verdict {
            severity: found
                .and_then(|(rule, _)| rule.severity)
                .unwrap_or(subject.severity),
            rule: found.map(|(_, index)| RuleIndex(index)),
        }
    }

    /// The next moment after `now` at which time alone may change the verdict.
    #[must_use]
    pub fn next_change(&self, subject: &Subject<'_>, now: Timestamp) -> Option<Timestamp> {
        if !self.depends_on_time {
            return None;
        }
        self.rules
            .iter()
            .filter_map(|rule| rule.filter.next_change(subject, now))
            .min()
    }

    /// The rule with this number.
    #[must_use]
    pub fn get(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(usize::from(index.0))
    }

    /// Every rule, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::with_defaults(Vec::new())
    }
}

/// A rule as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// What it is called; its filter where absent.
    pub name: Option<String>,
    /// Which items it is for, in the filter language.
    pub filter: String,
    /// `critical` … `info`, or `source` to leave it to the source.
    pub severity: String,
}

/// What is wrong with a rule, and in which of its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleProblem {
    /// In the filter.
    Filter(Problem),
    /// The severity is none.
    Severity(String),
}

impl RuleProblem {
    /// The place within the filter, where it is there.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        match self {
            Self::Filter(problem) => Some(problem.span.clone()),
            Self::Severity(_) => None,
        }
    }
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Filter(problem) => write!(f, "{problem}"),
            Self::Severity(word) => write!(
                f,
                "{word} is no severity; write critical, high, medium, low, info or source"
            ),
        }
    }
}

impl std::error::Error for RuleProblem {}

impl RuleText {
    /// Reads the rule.
    ///
    /// # Errors
    /// Says which of the two texts makes no sense.
    pub fn read(&self, origin: Origin) -> Result<Rule, RuleProblem> {
        let severity = match self.severity.as_str() {
            "source" => None,
            word => Some(
                Severity::ALL
                    .iter()
                    .copied()
                    .find(|s| s.word() == word)
                    .ok_or_else(|| RuleProblem::Severity(word.to_owned()))?,
            ),
        };
        Ok(Rule {
            name: Arc::from(self.name.as_deref().unwrap_or(&self.filter)),
            filter: Filter::parse(&self.filter).map_err(RuleProblem::Filter)?,
            severity,
            origin,
        })
    }
}

/// The file of built-in rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    severity: Vec<RuleText>,
}

/// The built-in rules. A test holds that the file reads; a rule that did not would be left out.
fn built_in() -> Vec<Rule> {
    toml::from_str::<File>(DEFAULTS)
        .map(|file| {
            file.severity
                .iter()
                .filter_map(|text| text.read(Origin::Default).ok())
                .collect()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
