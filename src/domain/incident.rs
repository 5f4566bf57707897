//! What is particular to an incident: an OpsItem.

use std::sync::Arc;

/// An OpsItem's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentDetail {
    /// `oi-…`.
    pub id: Arc<str>,
    /// `Open`, `InProgress`, `Resolved`, … as OpsCenter says.
    pub status: Arc<str>,
    /// Where it came from: `CloudWatch`, `Security Hub`, a person's tool. Neutralised.
    pub source: Option<Arc<str>>,
    /// OpsCenter's category: `Availability`, `Cost`, `Performance`, `Recovery`, `Security`.
    pub category: Option<Arc<str>>,
    /// OpsCenter's own severity, `1` (worst) to `4`.
    pub native_severity: Option<Arc<str>>,
    /// 1 (worst) to 5.
    pub priority: Option<i32>,
    /// The OpsItem type, such as `/aws/issue`.
    pub item_type: Option<Arc<str>>,
    /// Who created it (an ARN).
    pub created_by: Option<Arc<str>>,
    /// Who changed it last (an ARN).
    pub modified_by: Option<Arc<str>>,
    /// Operational data that is worth showing: key and value, AWS's own keys included. Neutralised.
    pub data: Vec<(Arc<str>, Arc<str>)>,
}
