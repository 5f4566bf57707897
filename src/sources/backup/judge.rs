//! How a job of AWS Backup stands: which later job made good for it, and how bad it is. Pure.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::{AccountId, ItemState, Severity};

use super::job::Job;

/// How a job ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Not yet.
    Running,
    /// With what it was for.
    Good,
    /// With what it was for, but AWS has something to say about it.
    WithIssues,
    /// With a part of what it was for.
    Partial,
    /// It was stopped.
    Aborted,
    /// It did not start within its start window.
    Expired,
    /// It failed.
    Failed,
}

/// How a job ended. A status that this version does not know counts as running: nothing is claimed about it.
#[must_use]
pub fn end(job: &BackupDetail) -> End {
    match job.status.as_ref() {
        "COMPLETED" => match job.message_category.as_deref() {
            Some(category) if !category.eq_ignore_ascii_case("success") => End::WithIssues,
            _ => End::Good,
        },
        "PARTIAL" => End::Partial,
        "ABORTED" => End::Aborted,
        "EXPIRED" => End::Expired,
        "FAILED" => End::Failed,
        _ => End::Running,
    }
}

impl End {
    /// Whether something is wrong with it.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        !matches!(self, Self::Running | Self::Good)
    }

    /// Whether there is a recovery point (or a copy, or a restored resource) after it.
    const fn is_done(self) -> bool {
        matches!(self, Self::Good | Self::WithIssues)
    }
}

/// Notes at every job with something wrong the first later one that made good for it.
///
/// A job that was created later, is about the same and completed makes good; for a job that itself completed with
/// issues only one without issues does.
pub fn supersede(jobs: &mut [Job]) {
    type About = (Option<AccountId>, JobKind, (Arc<str>, Arc<str>));
    let about =
        |job: &Job| -> Option<About> { Some((job.account, job.detail.job, job.about.clone()?)) };
    let mut done: HashMap<About, Vec<(Timestamp, End, Arc<str>)>> = HashMap::new();
    for job in jobs.iter() {
        let end = end(&job.detail);
        if let Some(about) = about(job).filter(|_| end.is_done()) {
            let one = (job.detail.created, end, Arc::clone(&job.detail.id));
            done.entry(about).or_default().push(one);
        }
    }
    for ends in done.values_mut() {
        ends.sort_by(|a, b| (a.0, &a.2).cmp(&(b.0, &b.2)));
    }
    for job in jobs {
        let how = end(&job.detail);
        let Some(later) = about(job)
            .filter(|_| how.is_bad())
            .and_then(|about| done.get(&about))
        else {
            continue;
        };
        job.detail.superseded_by = later
            .iter()
            .find(|(created, end, _)| {
                *created > job.detail.created && (how != End::WithIssues || *end == End::Good)
            })
            .map(|(_, _, id)| Arc::clone(id));
    }
}

/// How bad a job is and whether it asks for attention.
#[must_use]
pub fn weigh(job: &BackupDetail, by_plan: bool, now: Timestamp) -> (Severity, ItemState) {
    let end = end(job);
    if !end.is_bad() || job.superseded_by.is_some() {
        return (Severity::Info, ItemState::Calm);
    }
    let severity = match end {
        End::Failed | End::Expired if is_overdue(job, now) => Severity::Critical,
        End::Failed | End::Expired => Severity::High,
        End::Aborted if by_plan => Severity::Medium,
        // A person started it and somebody stopped it.
        End::Aborted => Severity::Low,
        End::Partial | End::WithIssues => Severity::Medium,
        End::Running | End::Good => Severity::Info,
    };
    (severity, ItemState::Open)
}

/// Whether the last good recovery point is older than twice the plan's cadence, as far as both are known.
fn is_overdue(job: &BackupDetail, now: Timestamp) -> bool {
    let (JobKind::Backup, Some(good), Some(cadence)) = (job.job, job.last_good, job.cadence) else {
        return false;
    };
    now.since(good) > Duration::from_secs(cadence.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::backup::job;
    use aws_sdk_backup::types::{BackupJob, BackupJobState, CopyJob, CopyJobState};
    use aws_smithy_types::DateTime;

    const HOUR: i64 = 3_600;
    const NOW: i64 = 1_796_090_400;

    fn backup(id: &str, resource: &str, state: BackupJobState, hours_ago: i64) -> Job {
        job::backup(
            &BackupJob::builder()
                .account_id("111111111111")
                .backup_job_id(id)
                .resource_arn(format!(
                    "arn:aws:ec2:eu-west-1:111111111111:volume/{resource}"
                ))
                .state(state)
                .creation_date(DateTime::from_secs(NOW - hours_ago * HOUR))
                .build(),
        )
        .unwrap()
    }

    fn with_issues(mut job: Job) -> Job {
        job.detail.message_category = Some("AccessDenied".into());
        job
    }

    fn superseded(mut jobs: Vec<Job>) -> Vec<Option<String>> {
        supersede(&mut jobs);
        jobs.iter()
            .map(|job| job.detail.superseded_by.as_deref().map(str::to_owned))
            .collect()
    }

    #[test]
    fn a_later_success_of_the_same_resource_makes_good() {
        let jobs = vec![
            backup("late", "a", BackupJobState::Completed, 1),
            backup("retry", "a", BackupJobState::Completed, 3),
            backup("failed", "a", BackupJobState::Failed, 5),
            backup("early", "a", BackupJobState::Completed, 7),
            backup("other", "b", BackupJobState::Failed, 5),
        ];
        assert_eq!(
            superseded(jobs),
            [None, None, Some("retry".to_owned()), None, None]
        );
    }

    #[test]
    fn neither_an_earlier_success_nor_a_running_retry_makes_good() {
        let jobs = vec![
            backup("early", "a", BackupJobState::Completed, 7),
            backup("failed", "a", BackupJobState::Failed, 5),
            backup("retry", "a", BackupJobState::Running, 1),
        ];
        assert_eq!(superseded(jobs), [None, None, None]);
    }

    #[test]
    fn every_bad_end_can_be_made_good_but_issues_only_without_issues() {
        for state in [
            BackupJobState::Failed,
            BackupJobState::Expired,
            BackupJobState::Aborted,
            BackupJobState::Partial,
        ] {
            let jobs = vec![
                backup("bad", "a", state, 5),
                with_issues(backup("issues", "a", BackupJobState::Completed, 3)),
                backup("good", "a", BackupJobState::Completed, 1),
            ];
            assert_eq!(
                superseded(jobs),
                [Some("issues".to_owned()), Some("good".to_owned()), None]
            );
        }
    }

    #[test]
    fn the_same_resource_of_another_account_makes_nothing_good() {
        let mut other = backup("good", "a", BackupJobState::Completed, 1);
        other.account = "222222222222".parse().ok();
        let jobs = vec![backup("failed", "a", BackupJobState::Failed, 5), other];
        assert_eq!(superseded(jobs), [None, None]);
    }

    #[test]
    fn a_copy_is_made_good_only_by_one_to_the_same_vault() {
        let copy = |id: &str, vault: &str, state, hours: i64| {
            job::copy(
                &CopyJob::builder()
                    .copy_job_id(id)
                    .resource_arn("arn:aws:ec2:eu-west-1:111111111111:volume/a")
                    .destination_backup_vault_arn(format!(
                        "arn:aws:backup:eu-central-1:222222222222:backup-vault:{vault}"
                    ))
                    .state(state)
                    .creation_date(DateTime::from_secs(NOW - hours * HOUR))
                    .build(),
            )
            .unwrap()
        };
        let jobs = vec![
            copy("failed", "offsite", CopyJobState::Failed, 5),
            copy("elsewhere", "archive", CopyJobState::Completed, 3),
        ];
        assert_eq!(superseded(jobs), [None, None]);
        let jobs = vec![
            copy("failed", "offsite", CopyJobState::Failed, 5),
            copy("again", "offsite", CopyJobState::Completed, 3),
        ];
        assert_eq!(superseded(jobs), [Some("again".to_owned()), None]);
    }

    #[test]
    fn ends_have_their_weight() {
        let now = Timestamp::from_secs(NOW);
        let weigh = |job: &Job| weigh(&job.detail, true, now);
        for (state, severity, open) in [
            (BackupJobState::Created, Severity::Info, false),
            (BackupJobState::Running, Severity::Info, false),
            (BackupJobState::Completed, Severity::Info, false),
            (BackupJobState::Partial, Severity::Medium, true),
            (BackupJobState::Aborted, Severity::Medium, true),
            (BackupJobState::Expired, Severity::High, true),
            (BackupJobState::Failed, Severity::High, true),
            (BackupJobState::from("NEVER_SEEN"), Severity::Info, false),
        ] {
            let (got, state_) = weigh(&backup("j", "a", state.clone(), 1));
            assert_eq!((got, state_.is_open()), (severity, open), "{state:?}");
        }
        let issues = with_issues(backup("j", "a", BackupJobState::Completed, 1));
        assert_eq!(weigh(&issues), (Severity::Medium, ItemState::Open));
        let by_hand = backup("j", "a", BackupJobState::Aborted, 1);
        assert_eq!(
            super::weigh(&by_hand.detail, false, now),
            (Severity::Low, ItemState::Open)
        );
        let mut good = backup("j", "a", BackupJobState::Completed, 1);
        good.detail.message_category = Some("Success".into());
        assert_eq!(weigh(&good), (Severity::Info, ItemState::Calm));
        let mut failed = backup("j", "a", BackupJobState::Failed, 1);
        failed.detail.superseded_by = Some("k".into());
        assert_eq!(weigh(&failed), (Severity::Info, ItemState::Calm));
    }

    #[test]
    fn a_failure_is_critical_once_two_cadences_are_gone() {
        let now = Timestamp::from_secs(NOW);
        let mut failed = backup("j", "a", BackupJobState::Failed, 1);
        failed.detail.cadence = Some(86_400);
        for (hours, severity) in [
            (47, Severity::High),
            (48, Severity::High),
            (49, Severity::Critical),
        ] {
            failed.detail.last_good = Some(Timestamp::from_secs(NOW - hours * HOUR));
            assert_eq!(weigh(&failed.detail, true, now).0, severity, "{hours}");
        }
        // What is not known is not held against it.
        failed.detail.cadence = None;
        assert_eq!(weigh(&failed.detail, true, now).0, Severity::High);
    }
}
