//! One job of AWS Backup: from the SDK's three types to one that can be judged.

use std::sync::Arc;

use aws_sdk_backup::types::{BackupJob, CopyJob, RecoveryPointCreator, RestoreJobsListMember};

use crate::aws::moment::moment;
use crate::clock::Timestamp;
use crate::domain::AccountId;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::text::clean_arc;
use crate::sources::intern;

/// A job with what is needed to judge it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its facts. What only judgement knows is filled in by [`super::judge`].
    pub detail: BackupDetail,
    /// Whose it is, as the job says.
    pub account: Option<AccountId>,
    /// What a later success has to be about to make good for it: the resource, for a copy also where it goes.
    pub about: Option<(Arc<str>, Arc<str>)>,
    /// The rule that started it, if a plan did.
    pub rule: Option<Rule>,
}

/// The rule that started a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The plan's id.
    pub plan: Option<Arc<str>>,
    /// The rule's id.
    pub id: Option<Arc<str>>,
    /// Its schedule, where the job tells it.
    pub cron: Option<Arc<str>>,
    /// The zone of that schedule.
    pub timezone: Option<Arc<str>>,
}

fn filled(text: Option<&str>) -> Option<Arc<str>> {
    text.filter(|t| !t.is_empty()).map(clean_arc)
}

fn word(text: Option<&str>) -> Option<Arc<str>> {
    text.filter(|t| !t.is_empty()).map(intern)
}

/// The last part of an ARN: what operators call the thing.
pub fn short(arn: &str) -> &str {
    arn.rsplit(['/', ':'])
        .next()
        .filter(|part| !part.is_empty())
        .unwrap_or(arn)
}

fn rule(creator: Option<&RecoveryPointCreator>) -> Option<Rule> {
    let creator = creator?;
    let rule = Rule {
        plan: word(creator.backup_plan_id()),
        id: word(creator.backup_rule_id()),
        cron: word(creator.backup_rule_cron()),
        timezone: word(creator.backup_rule_timezone()),
    };
    (rule.plan.is_some() || rule.id.is_some()).then_some(rule)
}

fn plan(creator: Option<&RecoveryPointCreator>) -> Option<Arc<str>> {
    let creator = creator?;
    word(creator.backup_plan_name())
        .or_else(|| word(creator.backup_plan_id()))
        .or_else(|| creator.backup_plan_arn().map(|arn| intern(short(arn))))
}

/// `PercentDone` is a text, sometimes with a sign behind it.
fn percent(text: Option<&str>) -> Option<f64> {
    let percent: f64 = text?.trim().trim_end_matches('%').trim_end().parse().ok()?;
    percent.is_finite().then(|| percent.clamp(0.0, 100.0))
}

fn account(id: Option<&str>) -> Option<AccountId> {
    id.and_then(|id| id.parse().ok())
}

/// What holds for a job of which nothing is known but its id.
fn blank(job: JobKind, id: &str) -> BackupDetail {
    BackupDetail {
        job,
        id: clean_arc(id),
        status: intern(""),
        message: None,
        message_category: None,
        resource_arn: None,
        resource_name: None,
        resource_type: None,
        vault: None,
        role_arn: None,
        plan: None,
        percent: None,
        size: None,
        created: Timestamp::ZERO,
        completed: None,
        recovery_point: None,
        last_good: None,
        cadence: None,
        superseded_by: None,
    }
}

/// The state of a job; the first one where it tells none.
fn state(said: Option<&str>, first: &str) -> Arc<str> {
    intern(said.unwrap_or(first))
}

/// A backup job; `None` for one without an id, which AWS does not send.
pub fn backup(job: &BackupJob) -> Option<Job> {
    let resource = word(job.resource_arn());
    Some(Job {
        account: account(job.account_id()),
        about: resource.clone().map(|arn| (arn, intern(""))),
        rule: rule(job.created_by()),
        detail: BackupDetail {
            status: state(job.state().map(|state| state.as_str()), "CREATED"),
            message: filled(job.status_message()),
            message_category: word(job.message_category()),
            resource_arn: resource,
            resource_name: word(job.resource_name()),
            resource_type: word(job.resource_type()),
            vault: word(job.backup_vault_name())
                .or_else(|| job.backup_vault_arn().map(|arn| intern(short(arn)))),
            role_arn: word(job.iam_role_arn()),
            plan: plan(job.created_by()),
            percent: percent(job.percent_done()),
            size: job.backup_size_in_bytes(),
            created: moment(job.creation_date()).unwrap_or_default(),
            completed: moment(job.completion_date()),
            recovery_point: filled(job.recovery_point_arn()),
            ..blank(JobKind::Backup, job.backup_job_id()?)
        },
    })
}

/// A copy job; `None` for one without an id, which AWS does not send.
pub fn copy(job: &CopyJob) -> Option<Job> {
    let resource = word(job.resource_arn()).or_else(|| word(job.source_recovery_point_arn()));
    let destination = word(job.destination_backup_vault_arn()).unwrap_or_else(|| intern(""));
    Some(Job {
        account: account(job.account_id()),
        about: resource.clone().map(|arn| (arn, Arc::clone(&destination))),
        rule: rule(job.created_by()),
        detail: BackupDetail {
            status: state(job.state().map(|state| state.as_str()), "CREATED"),
            message: filled(job.status_message()),
            message_category: word(job.message_category()),
            resource_arn: resource,
            resource_name: word(job.resource_name()),
            resource_type: word(job.resource_type()),
            vault: Some(intern(short(&destination))).filter(|vault| !vault.is_empty()),
            role_arn: word(job.iam_role_arn()),
            plan: plan(job.created_by()),
            size: job.backup_size_in_bytes(),
            created: moment(job.creation_date()).unwrap_or_default(),
            completed: moment(job.completion_date()),
            recovery_point: filled(job.destination_recovery_point_arn()),
            ..blank(JobKind::Copy, job.copy_job_id()?)
        },
    })
}

/// A restore job; `None` for one without an id, which AWS does not send.
pub fn restore(job: &RestoreJobsListMember) -> Option<Job> {
    let resource = word(job.source_resource_arn())
        .or_else(|| word(job.created_resource_arn()))
        .or_else(|| word(job.recovery_point_arn()));
    Some(Job {
        account: account(job.account_id()),
        about: word(job.source_resource_arn())
            .or_else(|| word(job.recovery_point_arn()))
            .map(|arn| (arn, intern(""))),
        rule: None,
        detail: BackupDetail {
            status: state(job.status().map(|status| status.as_str()), "PENDING"),
            message: filled(job.status_message()),
            resource_arn: resource,
            resource_type: word(job.resource_type()),
            vault: job.backup_vault_arn().map(|arn| intern(short(arn))),
            role_arn: word(job.iam_role_arn()),
            plan: job
                .created_by()
                .and_then(|creator| creator.restore_testing_plan_arn())
                .map(|arn| intern(short(arn))),
            percent: percent(job.percent_done()),
            size: job.backup_size_in_bytes(),
            created: moment(job.creation_date()).unwrap_or_default(),
            completed: moment(job.completion_date()),
            recovery_point: filled(job.recovery_point_arn()),
            ..blank(JobKind::Restore, job.restore_job_id()?)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_texts() {
        for (text, expected) in [
            (Some("42.5"), Some(42.5)),
            (Some("100.0%"), Some(100.0)),
            (Some(" 7 %"), Some(7.0)),
            (Some("250"), Some(100.0)),
            (Some("soon"), None),
            (Some("NaN"), None),
            (None, None),
        ] {
            assert_eq!(percent(text), expected, "{text:?}");
        }
    }

    #[test]
    fn resources_are_called_by_the_end_of_their_arn() {
        for (arn, name) in [
            (
                "arn:aws:ec2:eu-west-1:111111111111:volume/vol-0f3",
                "vol-0f3",
            ),
            ("arn:aws-cn:rds:cn-north-1:111111111111:db:orders", "orders"),
            ("arn:aws:s3:::invoices", "invoices"),
            ("orders", "orders"),
            ("arn:aws:odd:", "arn:aws:odd:"),
        ] {
            assert_eq!(short(arn), name);
        }
    }

    #[test]
    fn a_job_says_whose_it_is_and_what_started_it() {
        let job = backup(
            &BackupJob::builder()
                .account_id("222222222222")
                .backup_job_id("b-1")
                .resource_arn("arn:aws:ec2:eu-west-1:222222222222:volume/vol-0f3")
                .created_by(
                    RecoveryPointCreator::builder()
                        .backup_plan_id("p-1")
                        .backup_plan_name("daily\u{1b}")
                        .backup_rule_id("r-1")
                        .backup_rule_cron("cron(0 5 ? * * *)")
                        .backup_rule_timezone("Europe/Berlin")
                        .build(),
                )
                .build(),
        )
        .unwrap();
        assert_eq!(job.account, "222222222222".parse().ok());
        assert_eq!(job.detail.plan.as_deref(), Some("daily\u{fffd}"));
        let rule = job.rule.unwrap();
        assert_eq!(rule.cron.as_deref(), Some("cron(0 5 ? * * *)"));
        assert_eq!(rule.timezone.as_deref(), Some("Europe/Berlin"));
        // One that a person started has no rule.
        let job = backup(&BackupJob::builder().backup_job_id("b-2").build()).unwrap();
        assert_eq!((job.rule, job.account), (None, None));
    }
}
