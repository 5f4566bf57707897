//! AWS Backup: jobs tried again, started and stopped. Never a restore.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_backup::types::Lifecycle;
use serde_json::{Map, Value, json};

use crate::audit::chain::digest;
use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::domain::text::clean;

use super::act::{Change, all_ok, not_ok};
use super::look::{Found, SKEW, ended, settle, unknown};
use super::mutations::{Mutation, START_BACKUP_JOB, START_COPY_JOB, STOP_BACKUP_JOB};
use super::{DESCRIBE_BACKUP_JOB, LIST_BACKUP_JOBS, LIST_COPY_JOBS};

/// The token of a second try: derived from the job that failed, so that two operators make one job of it.
#[must_use]
pub fn token_of(failed: &str) -> String {
    digest(failed)
}

/// Backs a resource up, or tries a failed job again with what it had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartBackup {
    /// The vault.
    pub vault: String,
    /// The ARN of the resource.
    pub resource: String,
    /// The ARN of the role that AWS Backup acts under.
    pub role: String,
    /// The options of the job (`WindowsVSS`); empty: none.
    pub options: BTreeMap<String, String>,
    /// After how many days the recovery point goes to cold storage and is deleted; what is absent, the service decides.
    pub keep: Keep,
    /// The job that is tried again; empty: a new one.
    pub again: String,
}

/// How long a recovery point is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Days until it goes to cold storage; absent: never.
    pub cold_after: Option<i64>,
    /// Days until it is deleted; absent: never.
    pub deleted_after: Option<i64>,
}

impl Keep {
    /// As a job tells it.
    pub(super) fn of(said: Option<&Lifecycle>) -> Self {
        Self {
            cold_after: said.and_then(Lifecycle::move_to_cold_storage_after_days),
            deleted_after: said.and_then(Lifecycle::delete_after_days),
        }
    }

    /// As a call takes it; nothing where neither is given.
    fn lifecycle(self) -> Option<Lifecycle> {
        (self != Self::default()).then(|| {
            Lifecycle::builder()
                .set_move_to_cold_storage_after_days(self.cold_after)
                .set_delete_after_days(self.deleted_after)
                .build()
        })
    }
}

impl Change for StartBackup {
    fn mutation(&self) -> &'static Mutation {
        &START_BACKUP_JOB
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.resource)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let said = json!({
            "vault": self.vault, "role": self.role, "options": self.options, "again": self.again,
            "coldAfterDays": self.keep.cold_after, "deletedAfterDays": self.keep.deleted_after,
        });
        match said {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn token(&self) -> Option<String> {
        (!self.again.is_empty()).then(|| token_of(&self.again))
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let token = permit.token();
        let acting = access.permitted(permit);
        let options: HashMap<String, String> = self.options.clone().into_iter().collect();
        let answer = acting
            .backup(&START_BACKUP_JOB.op, |client, with| {
                client
                    .start_backup_job()
                    .backup_vault_name(&self.vault)
                    .resource_arn(&self.resource)
                    .iam_role_arn(&self.role)
                    .idempotency_token(&*token)
                    .set_lifecycle(self.keep.lifecycle())
                    .set_backup_options(Some(options).filter(|o| !o.is_empty()))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(out) => all_ok(&acting, &targets, out.backup_job_id().unwrap_or_default()),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// Stops a backup job. Some kinds of resources do not support it; then the service says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopBackup {
    /// The job's id.
    pub job: String,
}

impl Change for StopBackup {
    fn mutation(&self) -> &'static Mutation {
        &STOP_BACKUP_JOB
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.job)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .backup(&STOP_BACKUP_JOB.op, |client, with| {
                client
                    .stop_backup_job()
                    .backup_job_id(&self.job)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// Copies a recovery point, or tries a failed copy again with what it had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartCopy {
    /// The ARN of the recovery point.
    pub recovery_point: String,
    /// The vault that it lies in.
    pub from: String,
    /// The ARN of the vault that it goes to.
    pub to: String,
    /// The ARN of the role that AWS Backup acts under.
    pub role: String,
    /// The job that is tried again; empty: a new one.
    pub again: String,
}

impl Change for StartCopy {
    fn mutation(&self) -> &'static Mutation {
        &START_COPY_JOB
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.recovery_point)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let said =
            json!({ "from": self.from, "to": self.to, "role": self.role, "again": self.again });
        match said {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn token(&self) -> Option<String> {
        (!self.again.is_empty()).then(|| token_of(&self.again))
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let token = permit.token();
        let acting = access.permitted(permit);
        let answer = acting
            .backup(&START_COPY_JOB.op, |client, with| {
                client
                    .start_copy_job()
                    .recovery_point_arn(&self.recovery_point)
                    .source_backup_vault_name(&self.from)
                    .destination_backup_vault_arn(&self.to)
                    .iam_role_arn(&self.role)
                    .idempotency_token(&*token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(out) => all_ok(&acting, &targets, out.copy_job_id().unwrap_or_default()),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// One job that was found, or none, or several that could be meant.
fn judged(open: &Open, targets: &[Target], jobs: &[String]) -> Found {
    match jobs {
        [] => settle(open, targets, |_| {
            Some((false, "there is no such job".to_owned()))
        }),
        [one] => ended(targets, &clean(one)),
        several => unknown(
            targets,
            &format!(
                "{} jobs of this resource began at that time, and AWS does not say which one was meant.",
                several.len()
            ),
        ),
    }
}

/// What became of a job that was to be started: jobs of the resource since then.
pub(super) async fn look_started(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let since = aws_smithy_types::DateTime::from_secs(open.at.minus(SKEW).as_secs());
    let answer = access
        .backup(&LIST_BACKUP_JOBS, |client, with| {
            client
                .list_backup_jobs()
                .by_resource_arn(&*target.id)
                .by_backup_vault_name(open.parameter("vault"))
                .by_created_after(since)
                .max_results(1_000)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    // The plan's own jobs name the plan.
    let ours = out.backup_jobs().iter().filter(|job| {
        job.created_by()
            .is_none_or(|by| by.backup_plan_id().is_none_or(str::is_empty))
    });
    let ids: Vec<String> = ours
        .filter_map(|job| job.backup_job_id().map(str::to_owned))
        .collect();
    judged(open, &targets, &ids)
}

/// What became of a copy that was to be started: copies from the recovery point since then.
pub(super) async fn look_copied(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let since = aws_smithy_types::DateTime::from_secs(open.at.minus(SKEW).as_secs());
    let answer = access
        .backup(&LIST_COPY_JOBS, |client, with| {
            client
                .list_copy_jobs()
                .by_destination_vault_arn(open.parameter("to"))
                .by_created_after(since)
                .max_results(1_000)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let ours = out
        .copy_jobs()
        .iter()
        .filter(|job| job.source_recovery_point_arn() == Some(&*target.id));
    let ids: Vec<String> = ours
        .filter_map(|job| job.copy_job_id().map(str::to_owned))
        .collect();
    judged(open, &targets, &ids)
}

/// What became of a job that was to be stopped: it is asked for its state.
pub(super) async fn look_stopped(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let answer = access
        .backup(&DESCRIBE_BACKUP_JOB, |client, with| {
            client
                .describe_backup_job()
                .backup_job_id(&*target.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let state = out.state().map(|s| s.as_str().to_owned());
    settle(open, &targets, |_| {
        let now = state.as_deref()?;
        Some((
            matches!(now, "ABORTING" | "ABORTED"),
            format!("its state is {now}"),
        ))
    })
}
