//! The operations that change something: each needs a permit of the journal, and nothing else of the kind is ever sent.
//!
//! What is not here on purpose: `DisableAlarmActions` and `SetAlarmState` (nobody sees who did it, and nothing brings it
//! back), `StartRestoreJob` (it makes resources, and costs, that nobody asked for).

use super::{Op, Quota, quota};

/// What a mistake costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// It changes what people are told; undone with one more call.
    Low,
    /// It changes or makes something that is in use, or costs money.
    Medium,
    /// It acts on what customers use, or stops something half-way.
    High,
}

impl Risk {
    /// The word in the documentation and on the card before a run.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What happens when the same call is made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// The second has no effect, because of a token that goes with both.
    Token,
    /// The second leaves everything as the first left it.
    Natural,
    /// It would be done twice; so it is sent once and never retried, not even by the SDK.
    Never,
}

impl Repeat {
    /// The word in the documentation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Natural => "natural",
            Self::Never => "never",
        }
    }
}

/// An operation that changes something.
#[derive(Debug, PartialEq, Eq)]
pub struct Mutation {
    /// The operation.
    pub op: Op,
    /// What a mistake costs.
    pub risk: Risk,
    /// What happens when it is sent twice.
    pub repeat: Repeat,
    /// The most targets of one call, from the service's API reference.
    pub most: usize,
    /// The service that the role which goes with the call is passed to; empty where none goes with it.
    pub passes_role_to: &'static str,
}

/// Security Hub, from its API reference.
const SECURITYHUB: Quota = quota(
    10,
    30,
    "Security Hub API reference: BatchUpdateFindings 10 per second, burst 30",
);
const GUARDDUTY: Quota = quota(2, 5, "not published; chosen with care");
const SSM: Quota = quota(5, 10, "not published; chosen with care");
const CLOUDWATCH: Quota = quota(
    3,
    3,
    "CloudWatch service quotas: 3 per second for calls that change alarms",
);
const SUPPORT: Quota = quota(1, 2, "not published; chosen with care");
const BACKUP: Quota = quota(2, 5, "not published; chosen with care");
const INCIDENTS: Quota = quota(1, 2, "not published; chosen with care");
const CONFIG: Quota = quota(1, 2, "not published; chosen with care");

macro_rules! mutations {
    ($($constant:ident = $service:literal $name:literal $action:literal $quota:ident $risk:ident $repeat:ident $most:literal $passes:literal $why:literal;)*) => {
        $(
            #[doc = concat!("`", $action, "`: ", $why, ".")]
            pub static $constant: Mutation = Mutation {
                op: Op { service: $service, name: $name, action: $action, quota: $quota, why: $why },
                risk: Risk::$risk,
                repeat: Repeat::$repeat,
                most: $most,
                passes_role_to: $passes,
            };
        )*

        /// Every operation that changes something.
        pub static MUTATIONS: &[&Mutation] = &[$(&$constant),*];
    };
}

mutations! {
    BATCH_UPDATE_FINDINGS = "SecurityHub" "BatchUpdateFindings" "securityhub:BatchUpdateFindings" SECURITYHUB Low Natural 100 "" "findings to NOTIFIED, RESOLVED or SUPPRESSED, with a note";

    ARCHIVE_FINDINGS = "GuardDuty" "ArchiveFindings" "guardduty:ArchiveFindings" GUARDDUTY Low Natural 50 "" "closing findings";
    UNARCHIVE_FINDINGS = "GuardDuty" "UnarchiveFindings" "guardduty:UnarchiveFindings" GUARDDUTY Low Natural 50 "" "opening findings again";

    UPDATE_OPS_ITEM = "SSM" "UpdateOpsItem" "ssm:UpdateOpsItem" SSM Low Natural 1 "" "an OpsItem to InProgress or Resolved";
    CREATE_OPS_ITEM = "SSM" "CreateOpsItem" "ssm:CreateOpsItem" SSM Low Token 1 "" "an OpsItem from an item; `/aws/dedup` keeps it one";

    PUT_ALARM_MUTE_RULE = "CloudWatch" "PutAlarmMuteRule" "cloudwatch:PutAlarmMuteRule" CLOUDWATCH Medium Natural 100 "" "muting the actions of alarms until a time";
    DELETE_ALARM_MUTE_RULE = "CloudWatch" "DeleteAlarmMuteRule" "cloudwatch:DeleteAlarmMuteRule" CLOUDWATCH Low Natural 1 "" "letting alarms notify again";

    CANCEL_WINDOW_RUN = "SSM" "CancelMaintenanceWindowExecution" "ssm:CancelMaintenanceWindowExecution" SSM High Natural 1 "" "cancelling the run of a maintenance window";

    SEND_COMMAND = "SSM" "SendCommand" "ssm:SendCommand" SSM High Never 50 "" "running a command document on instances";
    CANCEL_COMMAND = "SSM" "CancelCommand" "ssm:CancelCommand" SSM Medium Natural 1 "" "cancelling a command";
    START_AUTOMATION = "SSM" "StartAutomationExecution" "ssm:StartAutomationExecution" SSM High Token 1 "ssm.amazonaws.com" "running an Automation document";
    STOP_AUTOMATION = "SSM" "StopAutomationExecution" "ssm:StopAutomationExecution" SSM High Natural 1 "" "stopping an execution";
    SIGNAL_AUTOMATION = "SSM" "SendAutomationSignal" "ssm:SendAutomationSignal" SSM High Never 1 "" "approving, rejecting, resuming or starting a step";

    REPLY_TO_CASE = "Support" "AddCommunicationToCase" "support:AddCommunicationToCase" SUPPORT Medium Never 1 "" "writing to AWS in a support case";
    RESOLVE_CASE = "Support" "ResolveCase" "support:ResolveCase" SUPPORT Medium Natural 1 "" "a support case to resolved";

    UPDATE_INCIDENT_RECORD = "SSM Incidents" "UpdateIncidentRecord" "ssm-incidents:UpdateIncidentRecord" INCIDENTS Medium Natural 1 "" "an incident of Incident Manager to resolved";
    CREATE_TIMELINE_EVENT = "SSM Incidents" "CreateTimelineEvent" "ssm-incidents:CreateTimelineEvent" INCIDENTS Low Token 1 "" "a note in the timeline of an incident";

    START_RULES_EVALUATION = "Config Service" "StartConfigRulesEvaluation" "config:StartConfigRulesEvaluation" CONFIG Low Natural 25 "" "rules of AWS Config to look again";
    START_REMEDIATION = "Config Service" "StartRemediationExecution" "config:StartRemediationExecution" CONFIG High Never 100 "" "putting resources right with the document that their rule has for it";

    START_BACKUP_JOB = "Backup" "StartBackupJob" "backup:StartBackupJob" BACKUP Medium Token 1 "backup.amazonaws.com" "backing a resource up, or trying a failed job again";
    STOP_BACKUP_JOB = "Backup" "StopBackupJob" "backup:StopBackupJob" BACKUP Medium Natural 1 "" "stopping a backup job";
    START_COPY_JOB = "Backup" "StartCopyJob" "backup:StartCopyJob" BACKUP Medium Token 1 "backup.amazonaws.com" "copying a recovery point, or trying a failed copy again";
}

/// The row of an operation, by the names that a call's metadata carries.
#[must_use]
pub fn find(service: &str, name: &str) -> Option<&'static Mutation> {
    MUTATIONS
        .iter()
        .copied()
        .find(|row| row.op.name == name && row.op.service == service)
}

#[cfg(test)]
mod tests {
    use super::super::READS;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_mutation_stands_once_and_is_no_read() {
        let mut seen: BTreeSet<_> = READS.iter().map(|op| (op.service, op.name)).collect();
        for row in MUTATIONS {
            let op = &row.op;
            assert!(seen.insert((op.service, op.name)), "{op} stands twice");
            assert!(op.action.ends_with(&format!(":{}", op.name)), "{op}");
            assert!(
                op.quota.per_second > 0 && !op.quota.source.is_empty(),
                "{op}"
            );
            assert!(!op.why.is_empty() && row.most > 0, "{op}");
        }
    }

    #[test]
    fn what_noctop_must_never_do_is_not_on_the_list() {
        for never in [
            "DisableAlarmActions",
            "EnableAlarmActions",
            "SetAlarmState",
            "StartRestoreJob",
        ] {
            assert!(MUTATIONS.iter().all(|row| row.op.name != never), "{never}");
        }
    }
}
