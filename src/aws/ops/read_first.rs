//! Orders that take reading first: a failed backup or copy is tried again with exactly what it had, which the failed job itself is asked
//! for; what breaks a rule is put right, which the rule is asked for.

use serde_json::Map;

use crate::audit::{Intent, Target};
use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::domain::{Fault, FaultKind};

use super::backups::{Keep, StartBackup, StartCopy};
#[cfg(feature = "config")]
use super::mutations::START_REMEDIATION;
use super::mutations::{Mutation, START_BACKUP_JOB, START_COPY_JOB};
use super::order::Order;
use super::{DESCRIBE_BACKUP_JOB, DESCRIBE_COPY_JOB};

/// What is read, and what comes of it. Two operators who try a failed job again make one job: its token is derived from the failed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFirst {
    /// A backup, by the failed job's id.
    Backup(String),
    /// A copy, by the failed job's id.
    Copy(String),
    /// What breaks a rule of AWS Config, by the rule's name.
    #[cfg(feature = "config")]
    Remedy(String),
}

impl ReadFirst {
    /// The operation that it comes to.
    #[must_use]
    pub fn mutation(&self) -> &'static Mutation {
        match self {
            Self::Backup(_) => &START_BACKUP_JOB,
            Self::Copy(_) => &START_COPY_JOB,
            #[cfg(feature = "config")]
            Self::Remedy(_) => &START_REMEDIATION,
        }
    }

    fn of(&self) -> &str {
        match self {
            Self::Backup(job) | Self::Copy(job) => job,
            #[cfg(feature = "config")]
            Self::Remedy(rule) => rule,
        }
    }

    /// The intent as far as it is known before anything has been read.
    pub(super) fn intent(&self, access: &Access, verb: &str, item: &str) -> Intent {
        let mut intent = Intent::new(self.mutation().op.operation(), access.scope(), verb)
            .on([Target::new(access.scope(), self.of())])
            .about(item);
        intent.identity = access.acts_as();
        intent.parameters = Map::from_iter([("again".to_owned(), self.of().into())]);
        intent
    }

    /// Reads what it takes and says what is to be done.
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
            #[cfg(feature = "config")]
            Self::Remedy(rule) => Ok(super::config::remedy(access, rule).await?.into()),
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
                self.of()
            ),
            "Start it in the AWS console.",
        ))
    }
}
