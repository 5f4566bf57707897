//! One job, or one resource whose job never started: from what is known to an item, with a title made from facts.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::text::clean_arc;
use crate::domain::{Detail, Item, ItemKey, ItemState, Kind, Record, Scope, Severity};
use crate::sources::intern;

use super::job::{Job, short};
use super::judge::{End, end, weigh};
use super::missed::Missed;

/// A job as a record.
pub fn job(scope: Scope, job: Job, now: Timestamp) -> Record {
    let by_plan = job.rule.is_some();
    let (severity, state) = weigh(&job.detail, by_plan, now);
    let detail = job.detail;
    let ended = detail.completed.unwrap_or(detail.created);
    record(
        scope,
        Sketch {
            title: title(&detail),
            severity,
            state,
            opened: if end(&detail) == End::Running {
                detail.created
            } else {
                ended
            },
            changed: ended.max(detail.created),
            // A job happens once: its creation is all that an acknowledgement can belong to.
            episode: detail.created,
            detail,
        },
    )
}

/// A resource whose job never started, as a record.
pub fn missed(scope: Scope, missed: Missed) -> Record {
    let what = what(
        missed.resource_type.as_deref(),
        missed.name.as_deref(),
        &missed.arn,
    );
    let runs = if missed.runs > 1 {
        format!(" · {} runs in a row", missed.runs)
    } else {
        String::new()
    };
    let detail = BackupDetail {
        job: JobKind::Missed,
        id: Arc::clone(&missed.arn),
        status: intern("MISSED"),
        message: None,
        message_category: None,
        resource_arn: Some(missed.arn),
        resource_name: missed.name,
        resource_type: missed.resource_type,
        vault: Some(missed.vault),
        role_arn: None,
        plan: Some(missed.plan),
        percent: None,
        size: None,
        created: missed.due,
        completed: None,
        recovery_point: None,
        last_good: missed.last_good,
        cadence: missed.cadence,
        superseded_by: None,
    };
    record(
        scope,
        Sketch {
            title: format!("backup of {what} should have started and did not{runs}"),
            severity: missed.severity,
            state: ItemState::Open,
            opened: missed.due,
            changed: missed.due,
            // Another run that does not start is another thing to know about.
            episode: missed.due,
            detail,
        },
    )
}

struct Sketch {
    title: String,
    severity: Severity,
    state: ItemState,
    opened: Timestamp,
    changed: Timestamp,
    episode: Timestamp,
    detail: BackupDetail,
}

fn record(scope: Scope, sketch: Sketch) -> Record {
    let detail = sketch.detail;
    let native = Arc::clone(&detail.id);
    let name = detail
        .resource_name
        .clone()
        .or_else(|| detail.resource_arn.as_deref().map(|arn| intern(short(arn))))
        .unwrap_or_else(|| Arc::clone(&native));
    let item = Item {
        key: ItemKey {
            kind: Kind::Backup,
            scope,
            id: Arc::clone(&native),
        },
        told_arn: None,
        name,
        title: clean_arc(&sketch.title),
        severity: sketch.severity,
        state: sketch.state,
        native_state: Arc::clone(&detail.status),
        resource: detail.resource_arn.clone(),
        opened: sketch.opened,
        changed: sketch.changed,
        episode: sketch.episode,
        detail: Detail::Backup(Box::new(detail)),
    };
    Record { native, item }
}

/// The resource in a few words: `EBS vol-0f3`.
fn what(kind: Option<&str>, name: Option<&str>, arn: &str) -> String {
    let name = name.unwrap_or_else(|| short(arn));
    kind.map_or_else(|| name.to_owned(), |kind| format!("{kind} {name}"))
}

fn title(job: &BackupDetail) -> String {
    let kind = job.resource_type.as_deref();
    let what = job.resource_arn.as_deref().map_or_else(
        || kind.unwrap_or("a resource").to_owned(),
        |arn| what(kind, job.resource_name.as_deref(), arn),
    );
    let place = match (job.job, job.vault.as_deref()) {
        (_, None) => String::new(),
        (JobKind::Restore, Some(vault)) => format!(" from {vault}"),
        (_, Some(vault)) => format!(" to {vault}"),
    };
    let outcome = match end(job) {
        End::Good => "completed",
        End::WithIssues => "completed with issues",
        End::Partial => "is partial",
        End::Aborted => "was aborted",
        End::Expired => "did not start within its window",
        End::Failed => "failed",
        End::Running => match job.status.as_ref() {
            "CREATED" | "PENDING" => "waits to start",
            "ABORTING" => "is being aborted",
            _ => "is running",
        },
    };
    let good = if job.superseded_by.is_some() {
        ", made good by a later job"
    } else {
        ""
    };
    format!("{} of {what}{place} {outcome}{good}", job.job.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::backup::job;
    use aws_sdk_backup::types::{
        BackupJob, BackupJobState, RestoreJobStatus, RestoreJobsListMember,
    };
    use aws_smithy_types::DateTime;

    fn scope() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    const NOW: Timestamp = Timestamp::from_secs(1_796_090_400);

    fn failed() -> Job {
        job::backup(
            &BackupJob::builder()
                .backup_job_id("b-1")
                .resource_arn("arn:aws:ec2:eu-west-1:111111111111:volume/vol-0f3")
                .resource_type("EBS")
                .backup_vault_name("nightly")
                .state(BackupJobState::Failed)
                .status_message("line one\nline two\u{1b}[2J")
                .creation_date(DateTime::from_secs(1_796_080_000))
                .completion_date(DateTime::from_secs(1_796_083_600))
                .build(),
        )
        .unwrap()
    }

    #[test]
    fn a_failed_job_says_what_where_and_since_when() {
        let item = job(scope(), failed(), NOW).item;
        assert_eq!(
            item.title.as_ref(),
            "backup of EBS vol-0f3 to nightly failed"
        );
        assert_eq!(item.name.as_ref(), "vol-0f3");
        assert_eq!(item.native_state.as_ref(), "FAILED");
        assert_eq!(
            (item.severity, item.state),
            (Severity::High, ItemState::Open)
        );
        assert_eq!(item.opened, Timestamp::from_secs(1_796_083_600));
        assert_eq!(item.episode, Timestamp::from_secs(1_796_080_000));
        let Detail::Backup(detail) = &item.detail else {
            panic!("{item:?}");
        };
        assert_eq!(
            detail.message.as_deref(),
            Some("line one line two\u{fffd}[2J")
        );
        let mut job = failed();
        job.detail.superseded_by = Some("b-2".into());
        let item = super::job(scope(), job, NOW).item;
        assert_eq!(
            item.title.as_ref(),
            "backup of EBS vol-0f3 to nightly failed, made good by a later job"
        );
        assert_eq!(item.state, ItemState::Calm);
    }

    #[test]
    fn a_running_job_is_as_old_as_it_runs() {
        let mut job = failed();
        job.detail.status = "RUNNING".into();
        job.detail.completed = None;
        let item = super::job(scope(), job, NOW).item;
        assert_eq!(
            item.title.as_ref(),
            "backup of EBS vol-0f3 to nightly is running"
        );
        assert_eq!(item.opened, Timestamp::from_secs(1_796_080_000));
    }

    #[test]
    fn a_restore_names_its_source() {
        let job = job::restore(
            &RestoreJobsListMember::builder()
                .restore_job_id("r-1")
                .source_resource_arn("arn:aws:rds:eu-west-1:111111111111:db:orders")
                .backup_vault_arn("arn:aws:backup:eu-west-1:111111111111:backup-vault:nightly")
                .resource_type("RDS")
                .status(RestoreJobStatus::Failed)
                .build(),
        )
        .unwrap();
        let item = super::job(scope(), job, NOW).item;
        assert_eq!(
            item.title.as_ref(),
            "restore of RDS orders from nightly failed"
        );
        assert_eq!(item.severity, Severity::High);
    }
}
