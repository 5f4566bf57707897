//! Trying a failed backup or copy again with exactly what it had, which the failed job itself is asked for.

use serde_json::Map;

use crate::audit::{Intent, Target};
use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::domain::{Fault, FaultKind};

use super::backups::{Keep, StartBackup, StartCopy};
use super::mutations::{Mutation, START_BACKUP_JOB, START_COPY_JOB};
use super::order::Order;
use super::{DESCRIBE_BACKUP_JOB, DESCRIBE_COPY_JOB};

/// A failed job that is tried again. Two operators who do so make one job: its token is derived from the failed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A backup, by the failed job's id.
    Backup(String),
    /// A copy, by the failed job's id.
    Copy(String),
}

impl Retry {
    /// The operation that it comes to.
    #[must_use]
    pub fn mutation(&self) -> &'static Mutation {
        match self {
            Self::Backup(_) => &START_BACKUP_JOB,
            Self::Copy(_) => &START_COPY_JOB,
        }
    }

    fn job(&self) -> &str {
        match self {
            Self::Backup(job) | Self::Copy(job) => job,
        }
    }

    /// The intent as far as it is known before the failed job has been read.
    pub(super) fn intent(&self, access: &Access, verb: &str, item: &str) -> Intent {
        let mut intent = Intent::new(self.mutation().op.operation(), access.scope(), verb)
            .on([Target::new(access.scope(), self.job())])
            .about(item);
        intent.identity = access.acts_as();
        intent.parameters = Map::from_iter([("again".to_owned(), self.job().into())]);
        intent
    }

    /// Reads the failed job and says what starts it anew.
    ///
    /// # Errors
    /// It cannot be read, or AWS no longer tells what it was made of.
    pub async fn read(&self, access: &Access) -> Result<Order, Fault> {
        match self {
            Self::Backup(job) => {
                let said = access
                    .backup(&DESCRIBE_BACKUP_JOB, |client, with| {
                        client
                            .describe_backup_job()
                            .backup_job_id(job)
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await?;
                let keep = Keep::of(said.recovery_point_lifecycle());
                let order = StartBackup {
                    keep,
                    vault: said.backup_vault_name.unwrap_or_default(),
                    resource: said.resource_arn.unwrap_or_default(),
                    role: said.iam_role_arn.unwrap_or_default(),
                    options: said.backup_options.into_iter().flatten().collect(),
                    again: job.clone(),
                };
                let parts = [&order.vault, &order.resource, &order.role];
                self.whole(access, parts)?;
                Ok(order.into())
            }
            Self::Copy(job) => {
                let said = access
                    .backup(&DESCRIBE_COPY_JOB, |client, with| {
                        client
                            .describe_copy_job()
                            .copy_job_id(job)
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await?
                    .copy_job
                    .unwrap_or_else(|| aws_sdk_backup::types::CopyJob::builder().build());
                let from = said.source_backup_vault_arn.unwrap_or_default();
                let order = StartCopy {
                    recovery_point: said.source_recovery_point_arn.unwrap_or_default(),
                    from: from.rsplit(':').next().unwrap_or_default().to_owned(),
                    to: said.destination_backup_vault_arn.unwrap_or_default(),
                    role: said.iam_role_arn.unwrap_or_default(),
                    again: job.clone(),
                };
                let parts = [&order.recovery_point, &order.from, &order.to, &order.role];
                self.whole(access, parts)?;
                Ok(order.into())
            }
        }
    }

    fn whole<'a>(
        &self,
        access: &Access,
        parts: impl IntoIterator<Item = &'a String>,
    ) -> Result<(), Fault> {
        if parts.into_iter().all(|part| !part.is_empty()) {
            return Ok(());
        }
        Err(make(
            FaultKind::Malformed,
            None,
            format!(
                "AWS Backup in {} no longer tells what job {} was made of.",
                access.place(),
                self.job()
            ),
            "Start it in the AWS console.",
        ))
    }
}
