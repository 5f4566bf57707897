//! What is particular to an incident: an OpsItem, a case of AWS Support, or an incident of Incident Manager.

use std::sync::Arc;

use crate::clock::Timestamp;

use super::{ItemKey, Kind, Scope};

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

impl IncidentDetail {
    /// What it was made for, where that is an alarm or a finding: the keys under which they would be known, from the resources that it
    /// names (`/aws/resources`, which CloudWatch, Security Hub and noctop write).
    #[must_use]
    pub fn causes(&self) -> Vec<ItemKey> {
        let named = self
            .data
            .iter()
            .find(|(key, _)| &**key == "/aws/resources")
            .and_then(|(_, json)| serde_json::from_str::<serde_json::Value>(json).ok());
        let arns = named.as_ref().and_then(|named| named.as_array());
        arns.into_iter()
            .flatten()
            .filter_map(|one| cause(one.get("arn")?.as_str()?))
            .collect()
    }
}

/// The key of an alarm or a finding by its ARN.
fn cause(arn: &str) -> Option<ItemKey> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &[_, _, service, region, account, resource] = parts.as_slice() else {
        return None;
    };
    let scope = Scope {
        account: account.parse().ok()?,
        region: region.parse().ok()?,
    };
    let (kind, id) = match service {
        "cloudwatch" => (Kind::Alarm, resource.strip_prefix("alarm:")?),
        "guardduty" if resource.contains("/finding/") => (Kind::Finding, arn),
        "securityhub" if resource.contains("/finding/") => (Kind::Finding, arn),
        _ => return None,
    };
    Some(ItemKey {
        kind,
        scope,
        id: Arc::from(id),
    })
}

/// The facts of an incident of Incident Manager.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDetail {
    /// `OPEN` or `RESOLVED`.
    pub status: Arc<str>,
    /// 1 (critical) to 5 (no impact).
    pub impact: i32,
    /// The response plan that it follows. Neutralised.
    pub plan: Option<Arc<str>>,
    /// Where it came from: `aws.cloudwatch`, `aws.ssm-incidents.custom`, …
    pub source: Option<Arc<str>>,
    /// The ARN of what began it, such as an alarm.
    pub began_by: Option<Arc<str>>,
    /// Who began it (an ARN).
    pub created_by: Option<Arc<str>>,
}

impl RecordDetail {
    /// The alarm or finding that began it, where that is what it was.
    #[must_use]
    pub fn cause(&self) -> Option<ItemKey> {
        cause(self.began_by.as_deref()?)
    }
}

/// A support case's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseDetail {
    /// `case-…`, by which the API knows it.
    pub id: Arc<str>,
    /// The number that people see.
    pub number: Arc<str>,
    /// `opened`, `pending-customer-action`, `resolved`, … as AWS Support says.
    pub status: Arc<str>,
    /// The code of the service that it is about.
    pub service: Arc<str>,
    /// The category within the service.
    pub category: Option<Arc<str>>,
    /// `low`, `normal`, `high`, `urgent` or `critical`.
    pub native_severity: Arc<str>,
    /// Who opened it. Neutralised.
    pub submitted_by: Option<Arc<str>>,
    /// Who wrote last, and when. Neutralised.
    pub last: Option<(Arc<str>, Timestamp)>,
}

/// What AWS Managed Services calls its own cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managed {
    /// An incident.
    Incident,
    /// A service request.
    Request,
}

impl Managed {
    /// What it is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Incident => "AMS incident",
            Self::Request => "AMS request",
        }
    }
}

impl CaseDetail {
    /// Whether it is a case of AWS Managed Services, by the code of its service: `service-ams-operations-report-incident` and
    /// `service-ams-operations-service-request` of AMS Accelerate, `sentinel-report-incident` and `sentinel-service-request` of
    /// AMS Advanced (user guides of AMS).
    #[must_use]
    pub fn managed(&self) -> Option<Managed> {
        match &*self.service {
            "service-ams-operations-report-incident" | "sentinel-report-incident" => {
                Some(Managed::Incident)
            }
            "service-ams-operations-service-request" | "sentinel-service-request" => {
                Some(Managed::Request)
            }
            _ => None,
        }
    }

    /// Whether AWS waits for an answer.
    #[must_use]
    pub fn waits_for_us(&self) -> bool {
        &*self.status == "pending-customer-action"
    }
}
