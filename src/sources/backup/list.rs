//! What AWS Backup lists: jobs of three kinds, protected resources, plans and what they select.

use std::sync::Arc;

use aws_sdk_backup::operation::get_backup_plan::GetBackupPlanOutput;
use aws_sdk_backup::types::BackupJobState;

use crate::aws::access::Access;
use crate::aws::moment::date;
use crate::aws::ops::{
    GET_BACKUP_PLAN, GET_BACKUP_SELECTION, LIST_BACKUP_JOBS, LIST_BACKUP_PLANS,
    LIST_BACKUP_SELECTIONS, LIST_COPY_JOBS, LIST_PROTECTED_RESOURCES, LIST_RESTORE_JOBS,
};
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::Fault;

use super::job::{self, Job};
use super::missed::{self, Protected};

/// The largest page.
pub const PAGE: i32 = 1_000;

/// How many pages so many jobs have.
pub fn pages_of(jobs: usize) -> usize {
    jobs.div_ceil(usize::try_from(PAGE).unwrap_or(1))
}

/// Which backup jobs are meant.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of this account, or of all (`*`), where the organization is asked.
    pub account: Option<&'a str>,
    /// Of this resource.
    pub resource: Option<&'a str>,
    /// From which time.
    pub span: Span,
    /// So many pages at most, the newest jobs first.
    pub pages: u32,
}

/// From which time jobs are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Created after this.
    Created(Timestamp),
    /// Completed, with what they were for, after the one and before the other.
    Completed {
        after: Timestamp,
        before: Option<Timestamp>,
    },
}

impl Wanted<'_> {
    /// All jobs of the vantage's own account from this time.
    pub const fn of(span: Span) -> Self {
        Self {
            account: None,
            resource: None,
            span,
            pages: u32::MAX,
        }
    }

    /// All jobs of the vantage's own account that were created since then.
    pub const fn since(after: Timestamp) -> Self {
        Self::of(Span::Created(after))
    }
}

/// Backup jobs.
pub async fn backup_jobs(access: &Access, wanted: Wanted<'_>) -> Result<Vec<Job>, Fault> {
    let (created, completed) = match wanted.span {
        Span::Created(after) => (Some(after), None),
        Span::Completed { after, before } => (None, Some((after, before))),
    };
    gather(&LIST_BACKUP_JOBS, wanted.pages, |token| async move {
        let out = access
            .backup(&LIST_BACKUP_JOBS, |client, with| {
                client
                    .list_backup_jobs()
                    .set_by_created_after(created.map(date))
                    .set_by_complete_after(completed.map(|(after, _)| date(after)))
                    .set_by_complete_before(completed.and_then(|(_, before)| before).map(date))
                    .set_by_account_id(wanted.account.map(str::to_owned))
                    .set_by_resource_arn(wanted.resource.map(str::to_owned))
                    .set_by_state(completed.map(|_| BackupJobState::Completed))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let jobs = out.backup_jobs().iter().filter_map(job::backup).collect();
        Ok((jobs, out.next_token))
    })
    .await
}

/// Copy jobs that were created after a moment.
pub async fn copy_jobs(access: &Access, after: Timestamp) -> Result<Vec<Job>, Fault> {
    gather(&LIST_COPY_JOBS, u32::MAX, |token| async move {
        let out = access
            .backup(&LIST_COPY_JOBS, |client, with| {
                client
                    .list_copy_jobs()
                    .by_created_after(date(after))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let jobs = out.copy_jobs().iter().filter_map(job::copy).collect();
        Ok((jobs, out.next_token))
    })
    .await
}

/// Restore jobs that were created after a moment.
pub async fn restore_jobs(access: &Access, after: Timestamp) -> Result<Vec<Job>, Fault> {
    gather(&LIST_RESTORE_JOBS, u32::MAX, |token| async move {
        let out = access
            .backup(&LIST_RESTORE_JOBS, |client, with| {
                client
                    .list_restore_jobs()
                    .by_created_after(date(after))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let jobs = out.restore_jobs().iter().filter_map(job::restore).collect();
        Ok((jobs, out.next_token))
    })
    .await
}

/// Every protected resource.
pub async fn protected(access: &Access) -> Result<Vec<Protected>, Fault> {
    gather(&LIST_PROTECTED_RESOURCES, u32::MAX, |token| async move {
        let out = access
            .backup(&LIST_PROTECTED_RESOURCES, |client, with| {
                client
                    .list_protected_resources()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let resources = out.results().iter().filter_map(missed::protected).collect();
        Ok((resources, out.next_token))
    })
    .await
}

/// The ids of all plans.
pub async fn plans(access: &Access) -> Result<Vec<String>, Fault> {
    gather(&LIST_BACKUP_PLANS, u32::MAX, |token| async move {
        let out = access
            .backup(&LIST_BACKUP_PLANS, |client, with| {
                client
                    .list_backup_plans()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let listed = out.backup_plans_list.unwrap_or_default();
        let ids = listed.into_iter().filter_map(|plan| plan.backup_plan_id);
        Ok((ids.collect(), out.next_token))
    })
    .await
}

/// One plan with its rules.
pub async fn plan(access: &Access, plan: &str) -> Result<GetBackupPlanOutput, Fault> {
    access
        .backup(&GET_BACKUP_PLAN, |client, with| {
            client
                .get_backup_plan()
                .backup_plan_id(plan)
                .customize()
                .config_override(with)
                .send()
        })
        .await
}

/// What the selections of a plan name one by one.
pub async fn selections(
    access: &Access,
    plan: &str,
) -> Result<Vec<(Timestamp, Vec<Arc<str>>)>, Fault> {
    let ids: Vec<String> = gather(&LIST_BACKUP_SELECTIONS, u32::MAX, |token| async move {
        let out = access
            .backup(&LIST_BACKUP_SELECTIONS, |client, with| {
                client
                    .list_backup_selections()
                    .backup_plan_id(plan)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let listed = out.backup_selections_list.unwrap_or_default();
        let ids = listed.into_iter().filter_map(|s| s.selection_id);
        Ok((ids.collect(), out.next_token))
    })
    .await?;
    let mut named = Vec::new();
    for id in ids {
        let out = access
            .backup(&GET_BACKUP_SELECTION, |client, with| {
                client
                    .get_backup_selection()
                    .backup_plan_id(plan)
                    .selection_id(id)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        named.extend(missed::named(&out));
    }
    Ok(named)
}
