//! The operations that noctop asks of AWS: what each is for, which permission it needs, how fast it may be asked.
//!
//! Three tables: [`READS`], which are free, [`MUTATIONS`], which need a permit of the journal, and
//! [`ledger::LEDGER`], which are for the ledger's own table alone. They are read four
//! times: by [`super::guard`], which refuses every operation that is in neither; by [`super::limit`], which keeps the
//! quotas; by the generated IAM policies; and by the documentation.

pub mod act;
pub mod automation;
pub mod backups;
pub mod commands;
#[cfg(feature = "config")]
pub mod config;
pub mod guardduty;
#[cfg(feature = "incidentmanager")]
pub mod incidents;
pub mod ledger;
pub mod look;
pub mod mutations;
pub mod mutes;
pub mod opsitems;
pub mod order;
pub mod policy;
pub mod read_first;
pub mod securityhub;
pub mod stack;
pub mod still;
pub mod support;
pub mod windows;

use std::fmt;

use crate::audit::Operation;

pub use act::{Change, Done, perform};
pub use look::close;
pub use mutations::{MUTATIONS, Mutation, Repeat, Risk};
pub use order::{Order, Undone};

/// How fast an operation may be asked, per account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls per second that are sustained.
    pub per_second: u32,
    /// Calls that may be made at once after a pause.
    pub burst: u32,
    /// Where the figure comes from.
    pub source: &'static str,
}

/// One operation of one service.
#[derive(Debug, PartialEq, Eq)]
pub struct Op {
    /// The service as the SDK names it in a call's metadata.
    pub service: &'static str,
    /// The operation as AWS names it.
    pub name: &'static str,
    /// The IAM action that permits it.
    pub action: &'static str,
    /// How fast it may be asked.
    pub quota: Quota,
    /// What noctop asks it for.
    pub why: &'static str,
}

impl Op {
    /// Its names, for the journal.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        Operation {
            service: self.service,
            name: self.name,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.name)
    }
}

/// CloudWatch, from the quotas page of the service (per account and region).
const CLOUDWATCH_ALARMS: Quota = quota(
    9,
    9,
    "CloudWatch service quotas: DescribeAlarms 9 per second",
);
const CLOUDWATCH_METRICS: Quota = quota(
    50,
    50,
    "CloudWatch service quotas: GetMetricData 50 per second",
);
const CLOUDWATCH_HISTORY: Quota = quota(
    3,
    3,
    "CloudWatch service quotas, an older page: DescribeAlarmHistory 3 per second",
);
/// For mute rules CloudWatch publishes none.
const CLOUDWATCH_MUTES: Quota = quota(5, 10, "not published; chosen with care");
/// Security Hub, from the service's API reference.
const SECURITYHUB_FINDINGS: Quota = quota(
    3,
    6,
    "Security Hub API reference: GetFindings 3 per second, burst 6",
);
const SECURITYHUB_OTHERS: Quota = quota(
    10,
    30,
    "Security Hub API reference: 10 per second, burst 30, where nothing else is said",
);
/// GuardDuty publishes none.
const GUARDDUTY: Quota = quota(5, 10, "not published; chosen with care");
/// Systems Manager publishes none per operation.
const SSM: Quota = quota(10, 20, "not published; chosen with care");
/// AWS Support publishes none, and is known to be slow to forgive.
const SUPPORT: Quota = quota(2, 4, "not published; chosen with care");
/// Incident Manager publishes none.
const INCIDENTS: Quota = quota(3, 6, "not published; chosen with care");
/// Trusted Advisor publishes none.
const ADVISOR: Quota = quota(2, 4, "not published; chosen with care");
/// AWS Config publishes none.
const CONFIG: Quota = quota(5, 10, "not published; chosen with care");
/// AWS Health publishes none.
const HEALTH: Quota = quota(3, 6, "not published; chosen with care");
/// AWS Backup publishes none.
const BACKUP: Quota = quota(5, 10, "not published; chosen with care");
/// Organizations is one small global service for all.
const ORGANIZATIONS: Quota = quota(5, 10, "not published; chosen with care");
/// Asked once per account, so that it decides how long a large fleet takes to know its tags; halved when AWS throttles.
const ORGANIZATIONS_TAGS: Quota = quota(10, 15, "not published; chosen with care");
/// STS allows hundreds; the cache of credentials keeps us far below.
const STS: Quota = quota(50, 50, "not published per operation; chosen with care");

/// CloudWatch Logs, from the quotas page of the service (per account and region). The first cannot be raised.
const LOGS_FILTER: Quota = quota(
    5,
    5,
    "CloudWatch Logs service quotas: FilterLogEvents 5 per second",
);
const LOGS_GROUPS: Quota = quota(
    10,
    10,
    "CloudWatch Logs service quotas: DescribeLogGroups 10 per second",
);
/// CloudTrail, from the API reference of `LookupEvents`: two a second for an account and region.
const TRAIL: Quota = quota(2, 2, "CloudTrail API reference: LookupEvents 2 per second");
const LOGS_STREAMS: Quota = quota(
    25,
    25,
    "CloudWatch Logs service quotas: DescribeLogStreams 25 per second",
);
const LOGS_FILTERS: Quota = quota(
    5,
    5,
    "CloudWatch Logs service quotas: DescribeMetricFilters 5 per second",
);
/// How many queries may run at once has a quota (100), how often they are started and asked has none that is certain.
const LOGS_QUERY: Quota = quota(5, 5, "not published per operation; chosen with care");
/// How many sessions may be open has a quota, how often one is begun has none that is published.
const LOGS_LIVE: Quota = quota(1, 5, "not published; chosen with care");

const fn quota(per_second: u32, burst: u32, source: &'static str) -> Quota {
    Quota {
        per_second,
        burst,
        source,
    }
}

macro_rules! reads {
    ($($constant:ident = $service:literal $name:literal $action:literal $quota:ident $why:literal;)*) => {
        $(
            #[doc = concat!("`", $action, "`: ", $why, ".")]
            pub static $constant: Op = Op {
                service: $service,
                name: $name,
                action: $action,
                quota: $quota,
                why: $why,
            };
        )*

        /// Every operation that reads. Nothing else reaches AWS without a permit.
        pub const READS: &[&Op] = &[$(&$constant),*];
    };
}

reads! {
    GET_CALLER_IDENTITY = "STS" "GetCallerIdentity" "sts:GetCallerIdentity" STS "which account the credentials belong to";
    ASSUME_ROLE = "STS" "AssumeRole" "sts:AssumeRole" STS "credentials of an account";

    LIST_ACCOUNTS = "Organizations" "ListAccounts" "organizations:ListAccounts" ORGANIZATIONS "which accounts there are";
    LIST_DELEGATED = "Organizations" "ListDelegatedAdministrators" "organizations:ListDelegatedAdministrators" ORGANIZATIONS "which account can be asked for all others";
    LIST_ROOTS = "Organizations" "ListRoots" "organizations:ListRoots" ORGANIZATIONS "where the tree of units begins";
    LIST_UNITS = "Organizations" "ListOrganizationalUnitsForParent" "organizations:ListOrganizationalUnitsForParent" ORGANIZATIONS "the tree of units, when accounts are chosen by unit";
    LIST_UNIT_ACCOUNTS = "Organizations" "ListAccountsForParent" "organizations:ListAccountsForParent" ORGANIZATIONS "which accounts are in a unit";
    LIST_ACCOUNT_TAGS = "Organizations" "ListTagsForResource" "organizations:ListTagsForResource" ORGANIZATIONS_TAGS "the tags of an account, for filters and severity rules";

    LIST_ALARM_MUTE_RULES = "CloudWatch" "ListAlarmMuteRules" "cloudwatch:ListAlarmMuteRules" CLOUDWATCH_MUTES "which mute rules are active or scheduled";
    GET_ALARM_MUTE_RULE = "CloudWatch" "GetAlarmMuteRule" "cloudwatch:GetAlarmMuteRule" CLOUDWATCH_MUTES "which alarms a rule mutes and when; whether a mute was made, when its answer was lost";
    DESCRIBE_ALARMS = "CloudWatch" "DescribeAlarms" "cloudwatch:DescribeAlarms" CLOUDWATCH_ALARMS "alarms; composite ones need it on all resources";

    GET_METRIC_DATA = "CloudWatch" "GetMetricData" "cloudwatch:GetMetricData" CLOUDWATCH_METRICS "how the metric of an alarm went, when somebody looks at it";
    DESCRIBE_ALARM_HISTORY = "CloudWatch" "DescribeAlarmHistory" "cloudwatch:DescribeAlarmHistory" CLOUDWATCH_HISTORY "how the state of an alarm turned, when somebody looks at it";
    DESCRIBE_ALARM_CONTRIBUTORS = "CloudWatch" "DescribeAlarmContributors" "cloudwatch:DescribeAlarmContributors" CLOUDWATCH_HISTORY "which series of an alarm are in ALARM, when somebody looks at it";

    LIST_DETECTORS = "GuardDuty" "ListDetectors" "guardduty:ListDetectors" GUARDDUTY "whether GuardDuty is on";
    LIST_GUARDDUTY_FINDINGS = "GuardDuty" "ListFindings" "guardduty:ListFindings" GUARDDUTY "the ids of open findings";
    LIST_GUARDDUTY_MEMBERS = "GuardDuty" "ListMembers" "guardduty:ListMembers" GUARDDUTY "whose findings an administrator has";
    GET_GUARDDUTY_FINDINGS = "GuardDuty" "GetFindings" "guardduty:GetFindings" GUARDDUTY "findings";

    GET_FINDINGS = "SecurityHub" "GetFindings" "securityhub:GetFindings" SECURITYHUB_FINDINGS "findings";
    LIST_FINDING_AGGREGATORS = "SecurityHub" "ListFindingAggregators" "securityhub:ListFindingAggregators" SECURITYHUB_OTHERS "whether one region has the findings of others";
    GET_FINDING_AGGREGATOR = "SecurityHub" "GetFindingAggregator" "securityhub:GetFindingAggregator" SECURITYHUB_OTHERS "which region that is, and for which others";
    LIST_HUB_MEMBERS = "SecurityHub" "ListMembers" "securityhub:ListMembers" SECURITYHUB_OTHERS "whose findings an administrator has";
    GET_FINDING_HISTORY = "SecurityHub" "GetFindingHistory" "securityhub:GetFindingHistory" SECURITYHUB_FINDINGS "what became of a finding, when somebody looks at it";

    DESCRIBE_OPS_ITEMS = "SSM" "DescribeOpsItems" "ssm:DescribeOpsItems" SSM "OpsItems";
    LIST_DATA_SYNCS = "SSM" "ListResourceDataSync" "ssm:ListResourceDataSync" SSM "whether one account has what the others of its organization know";
    GET_OPS_SUMMARY = "SSM" "GetOpsSummary" "ssm:GetOpsSummary" SSM "the OpsItems of all accounts that a sync gathers";
    LIST_NODES = "SSM" "ListNodes" "ssm:ListNodes" SSM "which accounts have managed instances at all";
    GET_OPS_ITEM = "SSM" "GetOpsItem" "ssm:GetOpsItem" SSM "one OpsItem in full";
    LIST_OPS_ITEM_EVENTS = "SSM" "ListOpsItemEvents" "ssm:ListOpsItemEvents" SSM "what happened to an OpsItem, when somebody looks at it";
    LIST_OPS_ITEM_RELATED = "SSM" "ListOpsItemRelatedItems" "ssm:ListOpsItemRelatedItems" SSM "what an OpsItem is related to, when somebody looks at it";
    DESCRIBE_WINDOWS = "SSM" "DescribeMaintenanceWindows" "ssm:DescribeMaintenanceWindows" SSM "maintenance windows";
    GET_WINDOW = "SSM" "GetMaintenanceWindow" "ssm:GetMaintenanceWindow" SSM "one maintenance window in full";
    DESCRIBE_WINDOW_RUNS = "SSM" "DescribeMaintenanceWindowExecutions" "ssm:DescribeMaintenanceWindowExecutions" SSM "when a window ran and how it went";
    DESCRIBE_WINDOW_RUN_TASKS = "SSM" "DescribeMaintenanceWindowExecutionTasks" "ssm:DescribeMaintenanceWindowExecutionTasks" SSM "the tasks of a window's run";
    DESCRIBE_WINDOW_TARGETS = "SSM" "DescribeMaintenanceWindowTargets" "ssm:DescribeMaintenanceWindowTargets" SSM "which instances a window is for";
    DESCRIBE_INSTANCES = "SSM" "DescribeInstanceInformation" "ssm:DescribeInstanceInformation" SSM "managed instances";
    DESCRIBE_PATCH_STATES = "SSM" "DescribeInstancePatchStates" "ssm:DescribeInstancePatchStates" SSM "patch compliance of instances";
    DESCRIBE_PATCH_GROUPS = "SSM" "DescribePatchGroups" "ssm:DescribePatchGroups" SSM "patch groups";
    DESCRIBE_PATCH_GROUP_STATE = "SSM" "DescribePatchGroupState" "ssm:DescribePatchGroupState" SSM "patch compliance of a group";

    GET_WINDOW_RUN = "SSM" "GetMaintenanceWindowExecution" "ssm:GetMaintenanceWindowExecution" SSM "whether a run was cancelled, when its answer was lost";
    LIST_COMMANDS = "SSM" "ListCommands" "ssm:ListCommands" SSM "commands, and the one whose answer was lost";
    DESCRIBE_AUTOMATIONS = "SSM" "DescribeAutomationExecutions" "ssm:DescribeAutomationExecutions" SSM "executions, and the one whose answer was lost";
    GET_AUTOMATION = "SSM" "GetAutomationExecution" "ssm:GetAutomationExecution" SSM "one execution in full";
    DESCRIBE_AUTOMATION_STEPS = "SSM" "DescribeAutomationStepExecutions" "ssm:DescribeAutomationStepExecutions" SSM "the steps of an execution, where there are many";
    LIST_INVOCATIONS = "SSM" "ListCommandInvocations" "ssm:ListCommandInvocations" SSM "how a command went on each node, and what it wrote";
    GET_INVOCATION = "SSM" "GetCommandInvocation" "ssm:GetCommandInvocation" SSM "all that a command wrote on one node";
    LIST_DOCUMENTS = "SSM" "ListDocuments" "ssm:ListDocuments" SSM "the account's own Automation documents";
    DESCRIBE_DOCUMENT = "SSM" "DescribeDocument" "ssm:DescribeDocument" SSM "whether a document is there, in which version, and what it takes";
    GET_DOCUMENT = "SSM" "GetDocument" "ssm:GetDocument" SSM "the values that a document's parameters may have";
    GET_CALENDAR_STATE = "SSM" "GetCalendarState" "ssm:GetCalendarState" SSM "whether a change calendar lets changes through";
    START_EXECUTION_PREVIEW = "SSM" "StartExecutionPreview" "ssm:StartExecutionPreview" SSM "what an execution would do, before it is started";
    GET_EXECUTION_PREVIEW = "SSM" "GetExecutionPreview" "ssm:GetExecutionPreview" SSM "what came of such a preview";

    LOOKUP_EVENTS = "CloudTrail" "LookupEvents" "cloudtrail:LookupEvents" TRAIL "who changed something";

    DESCRIBE_LOG_GROUPS = "CloudWatch Logs" "DescribeLogGroups" "logs:DescribeLogGroups" LOGS_GROUPS "which log groups there are";
    DESCRIBE_LOG_STREAMS = "CloudWatch Logs" "DescribeLogStreams" "logs:DescribeLogStreams" LOGS_STREAMS "whether a machine writes into a log group";
    DESCRIBE_METRIC_FILTERS = "CloudWatch Logs" "DescribeMetricFilters" "logs:DescribeMetricFilters" LOGS_FILTERS "which log groups a metric counts";
    FILTER_LOG_EVENTS = "CloudWatch Logs" "FilterLogEvents" "logs:FilterLogEvents" LOGS_FILTER "log lines";
    START_QUERY = "CloudWatch Logs" "StartQuery" "logs:StartQuery" LOGS_QUERY "queries of Logs Insights; billed by the bytes that are read";
    GET_QUERY_RESULTS = "CloudWatch Logs" "GetQueryResults" "logs:GetQueryResults" LOGS_QUERY "what queries found";
    STOP_QUERY = "CloudWatch Logs" "StopQuery" "logs:StopQuery" LOGS_QUERY "no more is read for a query that nobody waits for";
    START_LIVE_TAIL = "CloudWatch Logs" "StartLiveTail" "logs:StartLiveTail" LOGS_LIVE "log lines as they come; billed by the minute";

    DESCRIBE_CASES = "Support" "DescribeCases" "support:DescribeCases" SUPPORT "support cases, with what was written last";
    DESCRIBE_COMMUNICATIONS = "Support" "DescribeCommunications" "support:DescribeCommunications" SUPPORT "what was written in a case, when somebody looks at it";

    DESCRIBE_EVENTS = "Health" "DescribeEvents" "health:DescribeEvents" HEALTH "open and upcoming events of an account";
    DESCRIBE_EVENT_DETAILS = "Health" "DescribeEventDetails" "health:DescribeEventDetails" HEALTH "what AWS writes about an event, when somebody looks at it";
    DESCRIBE_AFFECTED_ENTITIES = "Health" "DescribeAffectedEntities" "health:DescribeAffectedEntities" HEALTH "which resources an event is about, when somebody looks at it";
    DESCRIBE_ORG_EVENTS = "Health" "DescribeEventsForOrganization" "health:DescribeEventsForOrganization" HEALTH "open and upcoming events of all accounts, from one";
    DESCRIBE_AFFECTED_ACCOUNTS = "Health" "DescribeAffectedAccountsForOrganization" "health:DescribeAffectedAccountsForOrganization" HEALTH "which accounts an event is about";

    DESCRIBE_RECORDERS = "Config Service" "DescribeConfigurationRecorderStatus" "config:DescribeConfigurationRecorderStatus" CONFIG "whether resources are recorded at all";
    DESCRIBE_COMPLIANCE_BY_RULE = "Config Service" "DescribeComplianceByConfigRule" "config:DescribeComplianceByConfigRule" CONFIG "rules that resources break";
    DESCRIBE_CONFIG_RULES = "Config Service" "DescribeConfigRules" "config:DescribeConfigRules" CONFIG "what a rule checks, when somebody looks at it";
    DESCRIBE_RULE_STATUS = "Config Service" "DescribeConfigRuleEvaluationStatus" "config:DescribeConfigRuleEvaluationStatus" CONFIG "when a rule was evaluated, and what that failed with";
    GET_RULE_RESOURCES = "Config Service" "GetComplianceDetailsByConfigRule" "config:GetComplianceDetailsByConfigRule" CONFIG "which resources break a rule, when somebody looks at it";
    DESCRIBE_REMEDIATIONS = "Config Service" "DescribeRemediationConfigurations" "config:DescribeRemediationConfigurations" CONFIG "what would put a rule's resources right";
    DESCRIBE_REMEDIATION_RUNS = "Config Service" "DescribeRemediationExecutionStatus" "config:DescribeRemediationExecutionStatus" CONFIG "how putting resources right went";
    DESCRIBE_AGGREGATORS = "Config Service" "DescribeConfigurationAggregators" "config:DescribeConfigurationAggregators" CONFIG "whether one account can be asked for all";
    DESCRIBE_AGGREGATOR_SOURCES = "Config Service" "DescribeConfigurationAggregatorSourcesStatus" "config:DescribeConfigurationAggregatorSourcesStatus" CONFIG "for whom an aggregator speaks";
    DESCRIBE_AGGREGATE_COMPLIANCE = "Config Service" "DescribeAggregateComplianceByConfigRules" "config:DescribeAggregateComplianceByConfigRules" CONFIG "rules that resources break, of all accounts from one";

    LIST_RECOMMENDATIONS = "TrustedAdvisor" "ListRecommendations" "trustedadvisor:ListRecommendations" ADVISOR "recommendations in error and warning";
    GET_RECOMMENDATION = "TrustedAdvisor" "GetRecommendation" "trustedadvisor:GetRecommendation" ADVISOR "what is recommended, when somebody looks at it";
    LIST_RECOMMENDATION_RESOURCES = "TrustedAdvisor" "ListRecommendationResources" "trustedadvisor:ListRecommendationResources" ADVISOR "which resources a recommendation is about";

    LIST_REPLICATION_SETS = "SSM Incidents" "ListReplicationSets" "ssm-incidents:ListReplicationSets" INCIDENTS "whether Incident Manager is used at all";
    GET_REPLICATION_SET = "SSM Incidents" "GetReplicationSet" "ssm-incidents:GetReplicationSet" INCIDENTS "which regions have its incidents";
    LIST_INCIDENT_RECORDS = "SSM Incidents" "ListIncidentRecords" "ssm-incidents:ListIncidentRecords" INCIDENTS "open incidents";
    GET_INCIDENT_RECORD = "SSM Incidents" "GetIncidentRecord" "ssm-incidents:GetIncidentRecord" INCIDENTS "one incident in full, and before it is resolved";
    LIST_TIMELINE_EVENTS = "SSM Incidents" "ListTimelineEvents" "ssm-incidents:ListTimelineEvents" INCIDENTS "what happened in an incident, when somebody looks at it";
    GET_TIMELINE_EVENT = "SSM Incidents" "GetTimelineEvent" "ssm-incidents:GetTimelineEvent" INCIDENTS "what was noted in an incident, when somebody looks at it";
    LIST_RELATED_ITEMS = "SSM Incidents" "ListRelatedItems" "ssm-incidents:ListRelatedItems" INCIDENTS "what an incident is related to, when somebody looks at it";

    LIST_BACKUP_JOBS = "Backup" "ListBackupJobs" "backup:ListBackupJobs" BACKUP "backup jobs";
    DESCRIBE_BACKUP_JOB = "Backup" "DescribeBackupJob" "backup:DescribeBackupJob" BACKUP "one backup job in full";
    LIST_COPY_JOBS = "Backup" "ListCopyJobs" "backup:ListCopyJobs" BACKUP "copy jobs";
    DESCRIBE_COPY_JOB = "Backup" "DescribeCopyJob" "backup:DescribeCopyJob" BACKUP "one copy job in full";
    LIST_RESTORE_JOBS = "Backup" "ListRestoreJobs" "backup:ListRestoreJobs" BACKUP "restore jobs";
    DESCRIBE_RESTORE_JOB = "Backup" "DescribeRestoreJob" "backup:DescribeRestoreJob" BACKUP "one restore job in full";
    LIST_PROTECTED_RESOURCES = "Backup" "ListProtectedResources" "backup:ListProtectedResources" BACKUP "when a resource was last backed up";
    LIST_RECOVERY_POINTS_BY_RESOURCE = "Backup" "ListRecoveryPointsByResource" "backup:ListRecoveryPointsByResource" BACKUP "the last recovery points of a resource, when somebody looks at it";
    LIST_BACKUP_PLANS = "Backup" "ListBackupPlans" "backup:ListBackupPlans" BACKUP "backup plans";
    GET_BACKUP_PLAN = "Backup" "GetBackupPlan" "backup:GetBackupPlan" BACKUP "how often a plan backs up";
    LIST_BACKUP_SELECTIONS = "Backup" "ListBackupSelections" "backup:ListBackupSelections" BACKUP "what a plan selects";
    GET_BACKUP_SELECTION = "Backup" "GetBackupSelection" "backup:GetBackupSelection" BACKUP "which resources a plan names";
}

/// The row of an operation, by the names that a call's metadata carries.
#[must_use]
pub fn find(service: &str, name: &str) -> Option<&'static Op> {
    READS
        .iter()
        .copied()
        .find(|op| op.name == name && op.service == service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_stands_once_and_only_reads() {
        let mut seen = BTreeSet::new();
        for op in READS {
            assert!(seen.insert((op.service, op.name)), "{op} stands twice");
            // Previews and queries have names that sound like a change; they touch nothing but themselves.
            let reads = [
                "Describe",
                "List",
                "Get",
                "AssumeRole",
                "StartExecutionPreview",
                "Filter",
                "LookupEvents",
                "StartLiveTail",
                "StartQuery",
                "StopQuery",
            ]
            .iter()
            .any(|verb| op.name.starts_with(verb));
            assert!(reads, "{op} does not read");
            assert!(op.action.ends_with(&format!(":{}", op.name)), "{op}");
            assert!(op.quota.per_second > 0 && op.quota.burst > 0, "{op}");
            assert!(!op.why.is_empty() && !op.quota.source.is_empty(), "{op}");
        }
    }
}
