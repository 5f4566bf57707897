//! What is particular to compliance: a rule of AWS Config that resources break, a recorder that stands still, a recommendation of
//! Trusted Advisor.

use std::sync::Arc;

use crate::clock::Timestamp;

/// The facts of one of them.
#[derive(Clone, Debug, PartialEq)]
pub enum ComplianceDetail {
    /// A rule of AWS Config.
    Rule(RuleDetail),
    /// What records the resources for AWS Config, where it does not do so as it should.
    Recorder(RecorderDetail),
    /// A recommendation of Trusted Advisor.
    Recommendation(RecommendationDetail),
}

impl ComplianceDetail {
    /// The word in JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Rule(_) => "rule",
            Self::Recorder(_) => "recorder",
            Self::Recommendation(_) => "recommendation",
        }
    }
}

/// A rule's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDetail {
    /// How many resources break it; none where AWS did not count.
    pub failing: Option<u32>,
    /// Whether there are more than that: AWS counts up to a bound.
    pub is_capped: bool,
}

impl RuleDetail {
    /// `7`, or `25+` where AWS stopped counting.
    #[must_use]
    pub fn count(&self) -> Option<String> {
        let plus = if self.is_capped { "+" } else { "" };
        self.failing.map(|n| format!("{n}{plus}"))
    }
}

/// Whether Security Hub made a rule of this name for one of its controls: then each resource that breaks it is a finding there, and
/// the rule is the same once more (user guide of Security Hub: the names of its service-linked rules begin so).
#[must_use]
pub fn is_of_security_hub(rule: &str) -> bool {
    rule.starts_with("securityhub-")
}

/// A recorder's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct RecorderDetail {
    /// Since when it has been stopped; none where it runs and does not deliver.
    pub stopped: Option<Timestamp>,
    /// What its last delivery failed with. Neutralised.
    pub error: Option<Arc<str>>,
}

/// A recommendation's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct RecommendationDetail {
    /// What it is for: `security`, `cost_optimizing`, `fault_tolerance`, …
    pub pillars: Vec<Arc<str>>,
    /// The services that it is about. Neutralised.
    pub services: Vec<Arc<str>>,
    /// Who found it: `ta_check`, `aws_config`, `security_hub`, `cost_explorer`, …
    pub origin: Option<Arc<str>>,
    /// Where people are with it, for what AWS's account team prioritised: `pending_response`, `in_progress`, `dismissed`, `resolved`.
    pub stage: Option<Arc<str>>,
    /// Resources in error.
    pub errors: u64,
    /// Resources in warning.
    pub warnings: u64,
    /// Resources that somebody has excluded.
    pub excluded: u64,
    /// What could be saved a month, in US dollars.
    pub saving: Option<f64>,
    /// When Trusted Advisor looked last.
    pub updated: Timestamp,
}
