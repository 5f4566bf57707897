//! One job: how it goes, and how AWS words it.

use std::time::Duration;

use super::estate::Backup;
use super::plan::{key, vault_arn};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// Why jobs fail: message and its category. `{arn}` is the resource, `{key}` the vault's key.
pub const FAILURES: [(&str, &str); 6] = [
    (
        "Access Denied trying to call AWS KMS: the ciphertext refers to the customer managed key {key} that AWSBackupDefaultServiceRole may not use",
        "AccessDenied",
    ),
    (
        "Your backup job failed as AWS Backup does not have permission to describe resource {arn}",
        "AccessDenied",
    ),
    (
        "Resource {arn} is not in a valid state for backup: modifying",
        "InvalidState",
    ),
    (
        "The number of simultaneous snapshots exceeds the limit of this account in this region",
        "LimitExceeded",
    ),
    (
        "Backup job failed because there was a running job for the same resource.",
        "ConcurrentJob",
    ),
    (
        "The specified resource {arn} does not exist",
        "ResourceNotFound",
    ),
];

/// What a completed job may still complain about.
pub const ISSUES: [(&str, &str); 3] = [
    (
        "Windows VSS Backup attempt failed because of timeout on VSS enabled snapshot creation",
        "VssTimeout",
    ),
    (
        "Some objects could not be read and are not part of the recovery point: access denied",
        "AccessDenied",
    ),
    (
        "The tags of {arn} could not be copied to the recovery point",
        "InvalidParameters",
    ),
];

/// Where a job comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A plan's rule.
    Planned,
    /// Somebody who tried a failed one again.
    Retry,
    /// A caller of ours.
    Asked,
}

/// A backup job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Of which resource.
    pub resource: usize,
    /// When it was created.
    pub created: Timestamp,
    /// When it starts to run.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Its last state.
    pub last: &'static str,
    /// Message and category, when it does not simply succeed.
    pub message: Option<(&'static str, &'static str)>,
    /// Where it comes from.
    pub origin: Origin,
    /// Its own chance.
    pub dice: Chance,
}

/// How long stopping takes.
const STOPPING: Duration = Duration::from_secs(20);

impl Job {
    /// Its id.
    pub fn id(&self) -> String {
        self.dice.uuid().to_uppercase()
    }

    /// A key that falls with age.
    pub fn key(&self) -> String {
        format!("{:015} {}", self.created.as_millis(), self.id())
    }

    /// Its state at a moment, when it was stopped at `stopped`.
    pub fn state(&self, stopped: Option<Timestamp>, now: Timestamp) -> &'static str {
        match stopped {
            Some(at) if now >= at.plus(STOPPING) => "ABORTED",
            Some(_) => "ABORTING",
            None if now >= self.ends => self.last,
            None if now >= self.begins => "RUNNING",
            None if now >= self.created.plus(Duration::from_secs(5)) => "PENDING",
            None => "CREATED",
        }
    }

    /// When it ended, if it has.
    pub fn completed(&self, stopped: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let ends = stopped.map_or(self.ends, |at| at.plus(STOPPING));
        Some(ends).filter(|ends| *ends <= now)
    }

    /// The category of its message at a moment; none while it runs.
    pub fn category(&self, state: &str) -> Option<&'static str> {
        match state {
            "CREATED" | "PENDING" | "RUNNING" => None,
            "ABORTED" | "ABORTING" => Some("Aborted"),
            _ => Some(self.message.map_or("SUCCESS", |(_, category)| category)),
        }
    }

    /// The ARN of the recovery point it makes.
    pub fn recovery_point(&self, all: &Backup, site: &Site) -> String {
        let dice = self.dice.on(30);
        match all.resources[self.resource].kind {
            "EBS" => format!(
                "arn:{}:ec2:{}::snapshot/snap-{}",
                site.partition,
                site.region,
                dice.hex(17)
            ),
            "EC2" => format!(
                "arn:{}:ec2:{}::image/ami-{}",
                site.partition,
                site.region,
                dice.hex(17)
            ),
            "RDS" => site.arn("rds", &format!("snapshot:awsbackup:job-{}", dice.uuid())),
            "Aurora" => site.arn(
                "rds",
                &format!("cluster-snapshot:awsbackup:job-{}", dice.uuid()),
            ),
            _ => site.arn("backup", &format!("recovery-point:{}", dice.uuid())),
        }
    }

    /// The vault it backs up to.
    pub fn vault<'a>(&self, all: &'a Backup) -> &'a str {
        let asked = all.asked.iter().find(|a| a.job.dice == self.dice);
        match asked {
            Some(asked) => &asked.vault,
            None => all
                .plans
                .get(all.resources[self.resource].plan)
                .map_or("Default", |plan| plan.vault),
        }
    }

    /// As `ListBackupJobs` answers it.
    pub fn describe(&self, all: &Backup, site: &Site, now: Timestamp) -> Value {
        let resource = &all.resources[self.resource];
        let stopped = all.stopped.get(&self.id()).copied();
        let state = self.state(stopped, now);
        let vault = self.vault(all);
        let key = key(site, vault);
        let plan = all.plans.get(resource.plan);
        let runs = state != "CREATED" && state != "PENDING" && state != "EXPIRED";
        let until = stopped.unwrap_or(now).min(self.ends);
        let share = until.since(self.begins).as_secs_f64()
            / self.ends.since(self.begins).as_secs_f64().max(1.0);
        let done = match state {
            "COMPLETED" => 100.0,
            "PARTIAL" => 97.5,
            _ if runs => {
                (share * if self.last == "COMPLETED" { 99.0 } else { 60.0 }).clamp(0.0, 99.0)
            }
            _ => 0.0,
        };
        let finished = matches!(state, "COMPLETED" | "PARTIAL");
        let message = match state {
            "ABORTED" | "ABORTING" => Some("Backup job was stopped by user.".to_owned()),
            "CREATED" | "PENDING" | "RUNNING" => None,
            _ => self
                .message
                .map(|(text, _)| match (&resource.message, self.last) {
                    (Some(told), "FAILED") => told.clone(),
                    _ => text.replace("{arn}", &resource.arn).replace("{key}", &key),
                }),
        };
        let planned = plan.filter(|_| self.origin == Origin::Planned);
        let asked = all.asked.iter().find(|a| a.job.dice == self.dice);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share of a size that fits"
        )]
        #[expect(clippy::cast_precision_loss, reason = "a size in bytes, for show")]
        let moved = (resource.bytes as f64 * done / 100.0) as i64;
        fields! {
            "AccountId" => &site.account,
            "BackupJobId" => self.id(),
            "BackupVaultName" => vault,
            "BackupVaultArn" => vault_arn(site, vault),
            "VaultType" => "BACKUP_VAULT",
            "RecoveryPointArn" => (runs && !matches!(state, "FAILED")).then(|| self.recovery_point(all, site)),
            "RecoveryPointLifecycle" => planned.map(|plan| fields! { "DeleteAfterDays" => plan.keep }),
            "EncryptionKeyArn" => &key,
            "IsEncrypted" => true,
            "ResourceArn" => &resource.arn,
            "CreationDate" => self.created,
            "CompletionDate" => self.completed(stopped, now),
            "State" => state,
            "StatusMessage" => message,
            "PercentDone" => format!("{done:.1}"),
            "BackupSizeInBytes" => if finished { resource.bytes } else { 0 },
            "IamRoleArn" => asked.map_or_else(|| role(site), |asked| asked.role.clone()),
            "CreatedBy" => planned.map(|plan| fields! {
                "BackupPlanId" => &plan.id,
                "BackupPlanArn" => plan.arn(site),
                "BackupPlanName" => plan.name,
                "BackupPlanVersion" => plan.version(),
                "BackupRuleId" => plan.rule_id(),
                "BackupRuleName" => plan.name,
                "BackupRuleCron" => &plan.expression,
                "BackupRuleTimezone" => plan.zone,
            }),
            "ExpectedCompletionDate" => (state == "RUNNING").then_some(self.ends),
            "StartBy" => self.created.plus(Duration::from_secs(3600)),
            "ResourceType" => resource.kind,
            "BytesTransferred" => moved,
            "IsParent" => false,
            "ResourceName" => &resource.name,
            "InitiationDate" => Some(self.begins).filter(|at| *at <= now && runs),
            "MessageCategory" => self.category(state),
        }
    }

    /// The copy that follows it, when its plan copies and it went well.
    pub fn copy(&self, all: &Backup, site: &Site, now: Timestamp) -> Option<Copy> {
        let plan = all.plans.get(all.resources[self.resource].plan)?;
        let good = self.last == "COMPLETED" && self.origin == Origin::Planned && plan.copies;
        if !good || all.state(self, now) != "COMPLETED" {
            return None;
        }
        let dice = self.dice.on(40);
        let created = self
            .ends
            .plus(Duration::from_secs(dice.between(10, 90).unsigned_abs()));
        let takes = self
            .ends
            .since(self.begins)
            .mul_f64(0.3 + 0.6 * dice.on(1).unit());
        let fails = dice.on(2).happens(site.scenario.backup.copies_failing);
        Some(Copy {
            of: *self,
            created,
            ends: created.plus(takes),
            fails,
            asked: None,
            dice,
        })
        .filter(|c| c.created <= now)
    }
}

/// The role that AWS Backup acts as.
pub fn role(site: &Site) -> String {
    format!(
        "arn:{}:iam::{}:role/service-role/AWSBackupDefaultServiceRole",
        site.partition, site.account
    )
}

/// A copy job.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    of: Job,
    /// When it was created.
    pub created: Timestamp,
    ends: Timestamp,
    fails: bool,
    /// Which of the copies that callers asked for it is.
    asked: Option<usize>,
    dice: Chance,
}

impl Copy {
    /// A copy that a caller asks for; it goes well unless there is no such vault.
    pub fn ask(of: Job, now: Timestamp, number: usize, known: bool, dice: Chance) -> Self {
        let took = of
            .ends
            .since(of.begins)
            .mul_f64(0.3 + 0.6 * dice.on(1).unit());
        Self {
            of,
            created: now,
            ends: now.plus(if known { took } else { Duration::from_secs(20) }),
            fails: !known,
            asked: Some(number),
            dice,
        }
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.dice.uuid().to_uppercase()
    }

    /// A key that falls with age.
    pub fn key(&self) -> String {
        format!("{:015} {}", self.created.as_millis(), self.id())
    }

    /// As `ListCopyJobs` answers it.
    pub fn describe(&self, all: &Backup, site: &Site, now: Timestamp) -> Value {
        let resource = &all.resources[self.of.resource];
        let vault = self.of.vault(all);
        let other = if &*site.region == "eu-west-1" {
            "eu-central-1"
        } else {
            "eu-west-1"
        };
        let state = match () {
            () if now >= self.ends && self.fails => "FAILED",
            () if now >= self.ends => "COMPLETED",
            () if now >= self.created.plus(Duration::from_secs(15)) => "RUNNING",
            () => "CREATED",
        };
        let there = |resource: &str| {
            format!(
                "arn:{}:backup:{other}:{}:{resource}",
                site.partition, site.account
            )
        };
        let asked = self.asked.and_then(|n| all.copies.get(n));
        let failure = if asked.is_some() {
            "The destination backup vault does not exist"
        } else {
            "Access Denied: the destination vault's access policy does not allow backup:CopyIntoBackupVault"
        };
        let plan = all.plans.get(resource.plan).filter(|_| asked.is_none());
        fields! {
            "AccountId" => &site.account,
            "CopyJobId" => self.id(),
            "SourceBackupVaultArn" => vault_arn(site, vault),
            "SourceRecoveryPointArn" => self.of.recovery_point(all, site),
            "DestinationBackupVaultArn" => asked.map_or_else(|| there("backup-vault:disaster-recovery"), |a| a.vault.clone()),
            "DestinationRecoveryPointArn" => (state == "COMPLETED").then(|| there(&format!("recovery-point:{}", self.dice.on(3).uuid()))),
            "ResourceArn" => &resource.arn,
            "CreationDate" => self.created,
            "CompletionDate" => Some(self.ends).filter(|ends| *ends <= now),
            "State" => state,
            "StatusMessage" => (state == "FAILED").then_some(failure),
            "BackupSizeInBytes" => resource.bytes,
            "IamRoleArn" => asked.map_or_else(|| role(site), |a| a.role.clone()),
            "CreatedBy" => plan.map(|plan| fields! {
                "BackupPlanId" => &plan.id, "BackupPlanArn" => plan.arn(site), "BackupPlanVersion" => plan.version(),
                "BackupPlanName" => plan.name, "BackupRuleId" => plan.rule_id(), "BackupRuleName" => plan.name,
            }),
            "CreatedByBackupJobId" => self.of.id(),
            "ResourceType" => resource.kind,
            "IsParent" => false,
            "ResourceName" => &resource.name,
            "MessageCategory" => match state {
                "COMPLETED" => Some("SUCCESS"),
                "FAILED" if asked.is_some() => Some("Failure"),
                "FAILED" => Some("AccessDenied"),
                _ => None,
            },
        }
    }
}

/// A restore job: now and then somebody tries whether a recovery point is good.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    resource: usize,
    /// When it was created.
    pub created: Timestamp,
    ends: Timestamp,
    fails: bool,
    dice: Chance,
}

impl Restore {
    /// The restore jobs that were created from `from` up to `to`: at most one every twelve hours.
    pub fn all(backup: &Backup, from: Timestamp, to: Timestamp) -> Vec<Self> {
        const STEP: i64 = 12 * 3600;
        let count = i64::try_from(backup.resources.len()).unwrap_or(0);
        if count == 0 {
            return Vec::new();
        }
        let slots = from.as_secs().div_euclid(STEP)..=to.as_secs().div_euclid(STEP);
        slots
            .filter_map(|slot| {
                let dice = backup.dice.named("restores").on(slot.unsigned_abs());
                let created = Timestamp::from_secs(slot * STEP + dice.on(1).between(0, STEP));
                let takes = Duration::from_secs(dice.on(2).between(300, 7200).unsigned_abs());
                dice.happens(0.25).then(|| Self {
                    resource: usize::try_from(dice.on(3).between(0, count)).unwrap_or(0),
                    created,
                    ends: created.plus(takes),
                    fails: dice.on(4).happens(0.12),
                    dice,
                })
            })
            .filter(|job| job.created >= from && job.created <= to)
            .collect()
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.dice.on(5).uuid().to_uppercase()
    }

    /// A key that falls with age.
    pub fn key(&self) -> String {
        format!("{:015} {}", self.created.as_millis(), self.id())
    }

    /// As `ListRestoreJobs` answers it.
    pub fn describe(&self, all: &Backup, site: &Site, now: Timestamp) -> Value {
        let resource = &all.resources[self.resource];
        let vault = all
            .plans
            .get(resource.plan)
            .map_or("Default", |plan| plan.vault);
        let status = match () {
            () if now >= self.ends && self.fails => "FAILED",
            () if now >= self.ends => "COMPLETED",
            () if now >= self.created.plus(Duration::from_secs(30)) => "RUNNING",
            () => "PENDING",
        };
        let share = now.since(self.created).as_secs_f64()
            / self.ends.since(self.created).as_secs_f64().max(1.0);
        let done = match status {
            "COMPLETED" => 100.0,
            "FAILED" => 40.0,
            _ => (share * 99.0).clamp(0.0, 99.0),
        };
        let failure =
            "The subnet group named in the restore metadata does not exist in this region";
        fields! {
            "AccountId" => &site.account,
            "RestoreJobId" => self.id(),
            "RecoveryPointArn" => site.arn("backup", &format!("recovery-point:{}", self.dice.on(6).uuid())),
            "SourceResourceArn" => &resource.arn,
            "BackupVaultArn" => vault_arn(site, vault),
            "CreationDate" => self.created,
            "CompletionDate" => Some(self.ends).filter(|ends| *ends <= now),
            "Status" => status,
            "StatusMessage" => (status == "FAILED").then_some(failure),
            "PercentDone" => format!("{done:.2}%"),
            "BackupSizeInBytes" => resource.bytes,
            "IamRoleArn" => role(site),
            "ExpectedCompletionTimeMinutes" => 60,
            "CreatedResourceArn" => (status == "COMPLETED").then(|| format!("{}-restored", resource.arn)),
            "ResourceType" => resource.kind,
            "RecoveryPointCreationDate" => self.created.minus(Duration::from_secs(86_400)),
            "IsParent" => false,
        }
    }
}
