//! Backups: trying failed jobs again, backing up now, stopping.

use crate::aws::ops::Risk;
use crate::aws::ops::backups::{Keep, StartBackup, StopBackup};
use crate::aws::ops::read_first::ReadFirst;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::{Detail, Scope};
use crate::store::{Row, Store};

use super::{Ask, Fit, Offer};

/// The vault and the role that AWS Backup makes in every account that used its console (developer guide: default vault,
/// default service role).
pub(super) const VAULT: &str = "Default";
const ROLE: &str = "AWSBackupDefaultServiceRole";

/// A failed backup or copy, tried again with exactly what it had.
pub const RETRY: Offer = Offer {
    name: "backup.retry",
    done: "Tried again",
    risk: Risk::Medium,
    asks: &[],
    fits: |row, _| match job(row) {
        None => Fit::Foreign,
        Some(d) if d.job == JobKind::Missed => {
            Fit::No("it never started; back it up now instead.".to_owned())
        }
        Some(d) if d.job == JobKind::Restore => {
            Fit::No("restores make resources and costs; start one in the AWS console.".to_owned())
        }
        Some(d) if d.superseded_by.is_some() => Fit::No("a later job made it good.".to_owned()),
        Some(d) if is_over_badly(d) => Fit::Yes,
        Some(d) => Fit::No(format!("it is {}.", d.status)),
    },
    parts: |aim| {
        Ok(aim.per_item(|row| {
            let id = row.key().id.to_string();
            let retry = match job(row)?.job {
                JobKind::Backup => ReadFirst::Backup(id),
                JobKind::Copy => ReadFirst::Copy(id),
                JobKind::Restore | JobKind::Missed => return None,
            };
            Some(crate::aws::ops::Order::ReadFirst(retry))
        }))
    },
};

/// A backup outside the plan.
pub const START: Offer = Offer {
    name: "backup.start",
    done: "Began a backup of",
    risk: Risk::Medium,
    asks: &[Ask::Line("vault", ""), Ask::Line("role", "")],
    fits: |row, _| match job(row) {
        None => Fit::Foreign,
        Some(d) if d.resource_arn.is_none() => {
            Fit::No("AWS Backup does not say which resource it is.".to_owned())
        }
        Some(d) if d.job == JobKind::Restore => Fit::No("it is a restore.".to_owned()),
        Some(_) => Fit::Yes,
    },
    parts: |aim| {
        Ok(aim.per_item(|row| {
            let resource = job(row)?.resource_arn.as_deref()?;
            Some(
                start(
                    row,
                    aim.store,
                    resource,
                    aim.said.word("vault"),
                    aim.said.word("role"),
                )
                .into(),
            )
        }))
    },
};

/// Stops a job that runs.
pub const STOP: Offer = Offer {
    name: "backup.stop",
    done: "Stopped",
    risk: Risk::High,
    asks: &[],
    fits: |row, _| match job(row) {
        None => Fit::Foreign,
        Some(d) if d.job != JobKind::Backup => {
            Fit::No("only backup jobs can be stopped.".to_owned())
        }
        Some(d) if is_running(d) => Fit::Yes,
        Some(d) => Fit::No(format!("it is {}.", d.status)),
    },
    parts: |aim| {
        Ok(aim.per_item(|row| {
            let job = row.key().id.to_string();
            Some(StopBackup { job }.into())
        }))
    },
};

fn job(row: &Row) -> Option<&BackupDetail> {
    match &row.item().detail {
        Detail::Backup(detail) => Some(detail),
        _ => None,
    }
}

fn is_running(d: &BackupDetail) -> bool {
    matches!(&*d.status, "CREATED" | "PENDING" | "RUNNING")
}

fn is_over_badly(d: &BackupDetail) -> bool {
    matches!(&*d.status, "FAILED" | "EXPIRED" | "ABORTED" | "PARTIAL")
}

/// A backup of a resource into the vault and under the role that were named, else those that the account last used.
pub(super) fn start(
    row: &Row,
    store: &Store,
    resource: &str,
    vault: &str,
    role: &str,
) -> StartBackup {
    let scope = row.key().scope;
    let (used_vault, used_role) = used(store, scope, resource);
    let or = |said: &str, used: Option<String>, otherwise: String| match (said, used) {
        ("", Some(used)) => used,
        ("", None) => otherwise,
        (said, _) => said.to_owned(),
    };
    StartBackup {
        vault: or(vault, used_vault, VAULT.to_owned()),
        resource: resource.to_owned(),
        role: or(
            role,
            used_role,
            format!(
                "arn:{}:iam::{}:role/service-role/{ROLE}",
                scope.region.partition(),
                scope.account
            ),
        ),
        options: std::collections::BTreeMap::new(),
        keep: Keep::default(),
        again: String::new(),
    }
}

/// The vault and role of the newest backup job there: of the same resource, else of any.
fn used(store: &Store, scope: Scope, resource: &str) -> (Option<String>, Option<String>) {
    let newest = |same: bool| {
        store
            .rows()
            .filter(|(_, row)| row.key().scope == scope)
            .filter_map(|(_, row)| job(row))
            .filter(|d| d.job == JobKind::Backup && d.role_arn.is_some() && d.vault.is_some())
            .filter(|d| !same || d.resource_arn.as_deref() == Some(resource))
            .max_by_key(|d| d.created)
    };
    match newest(true).or_else(|| newest(false)) {
        Some(d) => (
            d.vault.as_deref().map(str::to_owned),
            d.role_arn.as_deref().map(str::to_owned),
        ),
        None => (None, None),
    }
}
