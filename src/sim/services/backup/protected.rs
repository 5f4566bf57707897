//! The operations on plans, vaults and what they protect.

use std::time::Duration;

use super::estate::Backup;
use super::job::role;
use super::jobs::good;
use super::plan::{Plan, VAULTS, key, vault_arn};
use super::{is_admin, not_found};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call};
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// The protected resources, those that have a recovery point at all.
pub fn protected(backup: &Backup, site: &Site, now: Timestamp) -> Vec<Value> {
    (0..backup.resources.len())
        .filter_map(|n| {
            let job = backup.last_good(site, n, now)?;
            let resource = &backup.resources[n];
            Some(fields! {
                "ResourceArn" => &resource.arn,
                "ResourceType" => resource.kind,
                "LastBackupTime" => job.ends,
                "ResourceName" => &resource.name,
                "LastBackupVaultArn" => vault_arn(site, job.vault(backup)),
                "LastRecoveryPointArn" => job.recovery_point(backup, site),
            })
        })
        .collect()
}

/// `ListProtectedResources`.
pub fn resources(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    call.estate(|backup: &mut Backup, site, now| {
        let (results, next) = page.cut(protected(backup, site, now));
        Ok(fields! { "Results" => results, "NextToken" => next })
    })
}

/// `ListRecoveryPointsByResource`.
pub fn recovery_points(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let arn = call.needed("resourceArn");
    call.estate(|backup: &mut Backup, site, now| {
        let resource = backup
            .resources
            .iter()
            .position(|r| r.arn == arn)
            .ok_or_else(|| not_found("Resource", arn))?;
        let jobs = good(backup, site, resource, now);
        let (jobs, next) = page.fall(jobs, super::job::Job::key);
        let points: Value = jobs
            .iter()
            .map(|job| {
                let vault = job.vault(backup);
                fields! {
                    "RecoveryPointArn" => job.recovery_point(backup, site),
                    "CreationDate" => job.begins,
                    "Status" => if job.last == "PARTIAL" { "PARTIAL" } else { "COMPLETED" },
                    "EncryptionKeyArn" => key(site, vault),
                    "BackupSizeBytes" => backup.resources[resource].bytes,
                    "BackupVaultName" => vault,
                    "IsParent" => false,
                    "ResourceName" => &backup.resources[resource].name,
                    "VaultType" => "BACKUP_VAULT",
                }
            })
            .collect();
        Ok(fields! { "RecoveryPoints" => points, "NextToken" => next })
    })
}

fn find<'a>(
    backup: &'a Backup,
    call: &Call<'_>,
) -> Result<&'a Plan, crate::sim::services::Refusal> {
    let id = call.needed("backupPlanId");
    let found = backup.plans.iter().find(|plan| plan.id == id);
    found.ok_or_else(|| not_found("Backup plan", id))
}

/// `ListBackupPlans`.
pub fn plans(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    call.estate(|backup: &mut Backup, site, now| {
        let (plans, next) = page.cut(backup.plans.iter());
        let plans: Value = plans
            .into_iter()
            .map(|plan| {
                fields! {
                    "BackupPlanArn" => plan.arn(site),
                    "BackupPlanId" => &plan.id,
                    "CreationDate" => plan.created,
                    "VersionId" => plan.version(),
                    "BackupPlanName" => plan.name,
                    "LastExecutionDate" => plan.schedule.before(now),
                }
            })
            .collect();
        Ok(fields! { "BackupPlansList" => plans, "NextToken" => next })
    })
}

/// `GetBackupPlan`.
pub fn plan(call: &Call<'_>) -> Answer {
    let preview = call.arg("MaxScheduledRunsPreview").as_int().unwrap_or(0);
    if !(0..=10).contains(&preview) {
        return Err(call.invalid("MaxScheduledRunsPreview must be a number from 0 to 10"));
    }
    call.estate(|backup: &mut Backup, site, now| {
        let plan = find(backup, call)?;
        let copies = plan.copies.then(|| {
            vec![fields! {
                "DestinationBackupVaultArn" => format!(
                    "arn:{}:backup:{}:{}:backup-vault:disaster-recovery",
                    site.partition,
                    if &*site.region == "eu-west-1" { "eu-central-1" } else { "eu-west-1" },
                    site.account
                ),
                "Lifecycle" => fields! { "DeleteAfterDays" => plan.keep },
            }]
        });
        let rule = fields! {
            "RuleName" => plan.name,
            "TargetBackupVaultName" => plan.vault,
            "ScheduleExpression" => &plan.expression,
            "StartWindowMinutes" => 60,
            "CompletionWindowMinutes" => 360,
            "Lifecycle" => fields! { "DeleteAfterDays" => plan.keep },
            "RuleId" => plan.rule_id(),
            "CopyActions" => copies.unwrap_or_default(),
            "EnableContinuousBackup" => false,
            "ScheduleExpressionTimezone" => plan.zone,
        };
        let runs = std::iter::successors(plan.schedule.after(now), |at| plan.schedule.after(*at));
        let runs: Vec<Value> = runs
            .take(usize::try_from(preview).unwrap_or(0))
            .map(|at| {
                fields! { "ExecutionTime" => at, "RuleId" => plan.rule_id(), "RuleExecutionType" => "SNAPSHOTS" }
            })
            .collect();
        Ok(fields! {
            "BackupPlan" => fields! { "BackupPlanName" => plan.name, "Rules" => vec![rule] },
            "BackupPlanId" => &plan.id,
            "BackupPlanArn" => plan.arn(site),
            "VersionId" => plan.version(),
            "CreationDate" => plan.created,
            "LastExecutionDate" => plan.schedule.before(now),
            "ScheduledRunsPreview" => (preview > 0).then_some(runs),
        })
    })
}

/// `ListBackupSelections`: each plan has one.
pub fn selections(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    call.estate(|backup: &mut Backup, site, _| {
        let plan = find(backup, call)?;
        let selection = fields! {
            "SelectionId" => plan.selection_id(),
            "SelectionName" => format!("{}-resources", plan.name),
            "BackupPlanId" => &plan.id,
            "CreationDate" => plan.created,
            "IamRoleArn" => role(site),
        };
        let (selections, next) = page.cut([selection]);
        Ok(fields! { "BackupSelectionsList" => selections, "NextToken" => next })
    })
}

/// `GetBackupSelection`: a selection names its resources.
pub fn selection(call: &Call<'_>) -> Answer {
    let id = call.needed("selectionId");
    call.estate(|backup: &mut Backup, site, _| {
        let plan = find(backup, call)?;
        if plan.selection_id() != id {
            return Err(not_found("Backup selection", id));
        }
        let mine = |plan: &Plan| backup.plans.iter().position(|p| p.id == plan.id);
        let resources = backup
            .resources
            .iter()
            .filter(|r| Some(r.plan) == mine(plan));
        Ok(fields! {
            "BackupSelection" => fields! {
                "SelectionName" => format!("{}-resources", plan.name),
                "IamRoleArn" => role(site),
                "Resources" => resources.map(|r| &r.arn).collect::<Value>(),
                "ListOfTags" => Value::List(Vec::new()),
                "NotResources" => Value::List(Vec::new()),
            },
            "SelectionId" => id,
            "BackupPlanId" => &plan.id,
            "CreationDate" => plan.created,
        })
    })
}

/// `ListBackupVaults`.
pub fn vaults(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let kind = call.text("vaultType").unwrap_or("BACKUP_VAULT");
    call.estate(|backup: &mut Backup, site, now| {
        let used = !backup.plans.is_empty() && kind == "BACKUP_VAULT";
        let jobs = backup.jobs(site, now.minus(super::estate::REMEMBERED), now);
        let points = |vault: &str| {
            let good = |job: &&super::job::Job| {
                backup.state(job, now) == "COMPLETED" && job.vault(backup) == vault
            };
            jobs.iter().filter(good).count()
        };
        let all = VAULTS.iter().filter(|_| used).map(|(name, locked, least)| {
            fields! {
                "BackupVaultName" => *name,
                "BackupVaultArn" => vault_arn(site, name),
                "VaultType" => "BACKUP_VAULT",
                "VaultState" => "AVAILABLE",
                "CreationDate" => site.started.minus(Duration::from_secs(700 * 86_400)),
                "EncryptionKeyArn" => key(site, name),
                "NumberOfRecoveryPoints" => points(name),
                "Locked" => *locked,
                "MinRetentionDays" => *least,
            }
        });
        let (list, next) = page.cut(all);
        Ok(fields! { "BackupVaultList" => list, "NextToken" => next })
    })
}

/// `DescribeGlobalSettings`, for the management account and its delegates.
pub fn global_settings(call: &Call<'_>) -> Answer {
    if !is_admin(call) {
        let message = "Insufficient privileges to perform this action.";
        return Err(
            crate::sim::services::Refusal::new("AccessDeniedException", message).status(403),
        );
    }
    let on = |yes: bool| if yes { "true" } else { "false" };
    let section = &call.world.scenario().backup;
    Ok(fields! {
        "GlobalSettings" => fields! {
            "isCrossAccountBackupEnabled" => on(section.cross_account),
            "isMpaEnabled" => "false",
            "isDelegatedAdministratorEnabled" => on(!call.world.scenario().organization.delegated.is_empty()),
        },
        "LastUpdateTime" => call.world.clock().started().minus(Duration::from_secs(200 * 86_400)),
    })
}
