//! What is particular to an event of AWS Health: trouble that AWS reports, and changes that it plans.

use std::sync::Arc;

use crate::clock::Timestamp;

/// What an event is (from the model: `eventTypeCategory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Something is broken at AWS.
    Issue,
    /// AWS looks into something that may be broken.
    Investigation,
    /// AWS plans a change.
    Scheduled,
    /// AWS tells something about the account.
    Notification,
}

impl Category {
    /// The category by AWS's word; an unknown one only tells something.
    #[must_use]
    pub fn of(native: &str) -> Self {
        match native {
            "issue" => Self::Issue,
            "investigation" => Self::Investigation,
            "scheduledChange" => Self::Scheduled,
            _ => Self::Notification,
        }
    }

    /// The word in JSON and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Investigation => "investigation",
            Self::Scheduled => "scheduled change",
            Self::Notification => "notification",
        }
    }
}

/// What AWS expects of whoever reads an event (from the model: `actionability`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Something has to be done.
    Required,
    /// Something may have to be done.
    Maybe,
    /// Nothing.
    None,
}

impl Action {
    /// By AWS's word; none where it said nothing.
    #[must_use]
    pub fn of(native: Option<&str>) -> Option<Self> {
        match native? {
            "ACTION_REQUIRED" => Some(Self::Required),
            "ACTION_MAY_BE_REQUIRED" => Some(Self::Maybe),
            "INFORMATIONAL" => Some(Self::None),
            _ => None,
        }
    }

    /// The word in JSON and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Required => "action required",
            Self::Maybe => "action may be required",
            Self::None => "informational",
        }
    }
}

/// An event's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthDetail {
    /// AWS's name of the service: `EC2`, `RDS`.
    pub service: Arc<str>,
    /// The type: `AWS_RDS_OPERATIONAL_ISSUE`.
    pub code: Arc<str>,
    /// What it is.
    pub category: Category,
    /// `open`, `upcoming` or `closed`.
    pub status: Arc<str>,
    /// Which availability zone, where it is only one.
    pub zone: Option<Arc<str>>,
    /// When it began, or will begin.
    pub starts: Option<Timestamp>,
    /// When it ended, or will end.
    pub ends: Option<Timestamp>,
    /// When AWS last wrote something about it.
    pub updated: Timestamp,
    /// Whether it concerns everybody in the region, rather than this account.
    pub is_public: bool,
    /// What AWS expects.
    pub action: Option<Action>,
    /// For whom it is: operations, security, billing.
    pub personas: Vec<Arc<str>>,
}

impl HealthDetail {
    /// Whether AWS says that something of its own does not work now: what may explain an alarm.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(self.category, Category::Issue | Category::Investigation)
            && &*self.status == "open"
    }
}

/// What AWS Health calls the service whose metrics have this namespace; none where no service of AWS writes into it.
///
/// The two do not share one vocabulary: names are compared in capitals without blanks, and where they differ they stand here.
#[must_use]
pub fn service_of(namespace: &str) -> Option<Arc<str>> {
    let name = namespace.strip_prefix("AWS/")?;
    let known = match name {
        "ApplicationELB" | "NetworkELB" | "GatewayELB" | "ELB" => "ELASTICLOADBALANCING",
        "AutoScaling" => "AUTOSCALING",
        "NATGateway" | "TransitGateway" | "PrivateLinkEndpoints" | "PrivateLinkServices" => "VPC",
        "States" => "STATES",
        "ES" | "AOSS" => "ES",
        "Kinesis" => "KINESIS",
        "Kafka" => "KAFKA",
        "EBS" => "EBS",
        "EFS" => "ELASTICFILESYSTEM",
        "DocDB" => "DOCDB",
        "ContainerInsights" => "EKS",
        "Events" => "EVENTS",
        "Route53" => "ROUTE53",
        "Usage" | "Billing" | "TrustedAdvisor" => return None,
        other => return Some(Arc::from(other.to_ascii_uppercase())),
    };
    Some(Arc::from(known))
}

/// A type of event in an operator's words: `AWS_RDS_OPERATIONAL_ISSUE` is `RDS operational issue`.
#[must_use]
pub fn words(service: &str, code: &str) -> String {
    let rest = code.strip_prefix("AWS_").unwrap_or(code);
    let rest = rest
        .strip_prefix(service)
        .and_then(|rest| rest.strip_prefix('_'))
        .unwrap_or(rest);
    format!("{service} {}", rest.to_lowercase().replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_like_a_sentence() {
        assert_eq!(
            words("RDS", "AWS_RDS_OPERATIONAL_ISSUE"),
            "RDS operational issue"
        );
        assert_eq!(
            words("EC2", "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED"),
            "EC2 persistent instance retirement scheduled"
        );
        assert_eq!(words("VPN", "SOMETHING_ELSE"), "VPN something else");
    }

    #[test]
    fn the_namespace_of_a_metric_tells_the_service() {
        for (namespace, service) in [
            ("AWS/RDS", Some("RDS")),
            ("AWS/Lambda", Some("LAMBDA")),
            ("AWS/ApplicationELB", Some("ELASTICLOADBALANCING")),
            ("AWS/Billing", None),
            ("Checkout", None),
        ] {
            assert_eq!(service_of(namespace).as_deref(), service, "{namespace}");
        }
    }
}
