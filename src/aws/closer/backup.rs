//! The other jobs of a resource and its recovery points.

use std::time::Duration;

use crate::aws::access::Access;
use crate::aws::ops::{LIST_BACKUP_JOBS, LIST_RECOVERY_POINTS_BY_RESOURCE};
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::backup::BackupDetail;
use crate::domain::closer::Told;
use crate::domain::text::bytes;

use super::{MOST, or_unread};

/// Recovery points that are told: the last good one and those before it.
const POINTS: usize = 3;

pub(super) async fn of(access: &Access, detail: &BackupDetail) -> Vec<Told> {
    let Some(arn) = detail.resource_arn.as_deref() else {
        return Vec::new();
    };
    let mut told = or_unread("recovery", points(access, arn).await);
    told.extend(or_unread("other job", jobs(access, arn, &detail.id).await));
    told
}

/// How much in which time, and how fast that was.
fn speed(size: Option<i64>, took: Option<Duration>) -> String {
    let Some(size) = size.filter(|size| *size > 0) else {
        return String::new();
    };
    let size = size as f64;
    match took
        .map(|took| took.as_secs_f64())
        .filter(|secs| *secs > 0.0)
    {
        Some(secs) => format!(" · {}, {}/s", bytes(size), bytes(size / secs)),
        None => format!(" · {}", bytes(size)),
    }
}

async fn jobs(access: &Access, arn: &str, this: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .backup(&LIST_BACKUP_JOBS, |client, with| {
            client
                .list_backup_jobs()
                .by_resource_arn(arn)
                .max_results(50)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut told: Vec<Told> = out
        .backup_jobs
        .unwrap_or_default()
        .into_iter()
        .filter(|job| job.backup_job_id() != Some(this))
        .filter_map(|job| {
            let began = Timestamp::from_secs(job.creation_date?.secs());
            let ended = job
                .completion_date
                .map(|at| Timestamp::from_secs(at.secs()));
            let state = job.state.as_ref().map_or("", |state| state.as_str());
            let why = job.status_message.filter(|_| state != "COMPLETED");
            let why = why.map_or_else(String::new, |why| format!(" · {why}"));
            let speed = speed(job.backup_size_in_bytes, ended.map(|at| at.since(began)));
            Some(Told::event(
                "other job",
                began,
                &format!("{state}{speed}{why}"),
            ))
        })
        .collect();
    told.sort_by_key(|job| std::cmp::Reverse(job.at));
    told.truncate(MOST);
    Ok(told)
}

async fn points(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .backup(&LIST_RECOVERY_POINTS_BY_RESOURCE, |client, with| {
            client
                .list_recovery_points_by_resource()
                .resource_arn(arn)
                .max_results(50)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut told: Vec<Told> = out
        .recovery_points
        .unwrap_or_default()
        .into_iter()
        .filter_map(|point| {
            let at = Timestamp::from_secs(point.creation_date?.secs());
            let status = point.status.as_ref().map_or("", |status| status.as_str());
            let vault = point.backup_vault_name.unwrap_or_default();
            let size = point.backup_size_bytes.filter(|size| *size > 0);
            let size = size.map_or_else(String::new, |size| format!(" · {}", bytes(size as f64)));
            Some(Told::event(
                "recovery",
                at,
                &format!("{status} in {vault}{size}"),
            ))
        })
        .collect();
    if told.is_empty() {
        return Ok(vec![Told::fact("recovery", "no recovery point is there")]);
    }
    told.sort_by_key(|point| std::cmp::Reverse(point.at));
    told.truncate(POINTS);
    Ok(told)
}
