//! What is particular to a security finding.

use std::sync::Arc;

use crate::clock::Timestamp;

/// What a finding has in common with all others of its control or type that stand alike: shared between them, since a
/// fleet has ten thousands of findings of a few hundred controls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FindingTerms {
    /// Who found it, under its own name: `GuardDuty`, `Macie`, `Inspector`, `Config`, a partner's product.
    pub product: Arc<str>,
    /// GuardDuty's finding type or the first of ASFF's types. Neutralised.
    pub finding_type: Arc<str>,
    /// What the service advises to do. Neutralised.
    pub remediation: Option<Arc<str>>,
    /// A page that explains the remediation.
    pub remediation_url: Option<Arc<str>>,
    /// Such as `Instance` or `AwsS3Bucket`.
    pub resource_type: Option<Arc<str>>,
    /// Security Hub's workflow status: `NEW`, `NOTIFIED`, `RESOLVED`, `SUPPRESSED`.
    pub workflow: Option<Arc<str>>,
    /// Security Hub's record state: `ACTIVE`, `ARCHIVED`.
    pub record_state: Option<Arc<str>>,
    /// Security Hub's compliance status for control findings: `FAILED`, `WARNING`, …
    pub compliance: Option<Arc<str>>,
    /// The id under which the producing product knows it; what joins two services' views of one finding.
    pub product_arn: Option<Arc<str>>,
}

/// A finding's facts, as GuardDuty or Security Hub tell them.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingDetail {
    /// What it has in common with others.
    pub terms: Arc<FindingTerms>,
    /// The service's own score where it has one: GuardDuty 0.1–10, Security Hub normalized 0–100.
    pub score: Option<f64>,
    /// What it is about, in the service's words. Neutralised.
    pub description: Option<Arc<str>>,
    /// How often it was seen.
    pub count: Option<i64>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen; moves with every recurrence.
    pub last_seen: Timestamp,
    /// The text of the note and who wrote it. Neutralised.
    pub note: Option<Box<(Arc<str>, Arc<str>)>>,
    /// Whether GuardDuty counts it to an attack sequence.
    pub attack_sequence: Option<Arc<str>>,
    /// The rule of AWS Config with which Security Hub checks the control that it is about.
    pub rule: Option<Arc<str>>,
}
