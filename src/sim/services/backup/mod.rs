//! AWS Backup: plans and what they protect, and the jobs that back up, copy and restore.
//!
//! ```text
//!  jobs, protected ── operations
//!  estate          ── plans, resources, the jobs that follow from both
//!  job             ── one backup, copy or restore job
//! ```

mod estate;
mod job;
mod jobs;
mod plan;
mod protected;
mod section;

pub use section::Section;

use self::estate::Backup;
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::fields;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::World;

/// The service.
pub const SERVICE: Service = Service {
    name: "backup",
    alias: "backup",
    protocols: &[Protocol::Rest],
    target: "",
    xmlns: "",
    dialect: Dialect {
        throttled: ("ThrottlingException", 429),
        denied: ("AccessDeniedException", 403),
        invalid: "InvalidParameterValueException",
        bad_token: "InvalidParameterValueException",
        message: "Message",
        ..Dialect::JSON
    },
    operations: &[
        listed("ListBackupJobs", jobs::list, "/backup-jobs/"),
        Operation::new("DescribeBackupJob", jobs::describe).at("GET", "/backup-jobs/{backupJobId}"),
        Operation::new("StartBackupJob", jobs::start)
            .at("PUT", "/backup-jobs")
            .needs(&["BackupVaultName", "ResourceArn", "IamRoleArn"]),
        Operation::new("StartCopyJob", jobs::start_copy)
            .at("PUT", "/copy-jobs")
            .needs(&[
                "RecoveryPointArn",
                "SourceBackupVaultName",
                "DestinationBackupVaultArn",
                "IamRoleArn",
            ]),
        Operation::new("StopBackupJob", jobs::stop).at("POST", "/backup-jobs/{backupJobId}"),
        Operation::new("ListBackupJobSummaries", jobs::summaries)
            .at("GET", "/audit/backup-job-summaries")
            .paged("MaxResults", "NextToken", (1, 1000), 500),
        listed("ListCopyJobs", jobs::list_copies, "/copy-jobs/"),
        Operation::new("DescribeCopyJob", jobs::describe_copy).at("GET", "/copy-jobs/{copyJobId}"),
        listed("ListRestoreJobs", jobs::list_restores, "/restore-jobs/"),
        Operation::new("DescribeRestoreJob", jobs::describe_restore)
            .at("GET", "/restore-jobs/{restoreJobId}"),
        listed(
            "ListProtectedResources",
            protected::resources,
            "/resources/",
        ),
        listed(
            "ListRecoveryPointsByResource",
            protected::recovery_points,
            "/resources/{resourceArn}/recovery-points/",
        ),
        listed("ListBackupPlans", protected::plans, "/backup/plans/"),
        Operation::new("GetBackupPlan", protected::plan).at("GET", "/backup/plans/{backupPlanId}/"),
        listed(
            "ListBackupSelections",
            protected::selections,
            "/backup/plans/{backupPlanId}/selections/",
        ),
        Operation::new("GetBackupSelection", protected::selection).at(
            "GET",
            "/backup/plans/{backupPlanId}/selections/{selectionId}",
        ),
        listed("ListBackupVaults", protected::vaults, "/backup-vaults/"),
        Operation::new("DescribeGlobalSettings", protected::global_settings)
            .at("GET", "/global-settings"),
    ],
    disabled,
    truth,
};

const fn listed(name: &'static str, run: fn(&Call<'_>) -> Answer, path: &'static str) -> Operation {
    Operation::new(name, run)
        .at("GET", path)
        .paged("maxResults", "nextToken", (1, 1000), 1000)
}

/// What an account that was never activated for the service hears.
fn disabled(_: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "SubscriptionRequiredException",
        "The AWS Access Key Id needs a subscription for the service",
    )
    .status(403))
}

/// The jobs that AWS still knows and the protected resources, as the lists answer them.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |all: &mut Backup, site, now| {
        let from = now.minus(estate::REMEMBERED);
        let jobs = all.jobs(site, from, now);
        let described = jobs.iter().map(|job| job.describe(all, site, now));
        let planned = jobs.iter().filter_map(|job| job.copy(all, site, now));
        let asked = all.copies.iter().map(|asked| asked.copy);
        let copies = planned.chain(asked).map(|copy| copy.describe(all, site, now));
        let restores = job::Restore::all(all, from, now);
        fields! {
            "BackupJobs" => described.collect::<Value>(),
            "CopyJobs" => copies.collect::<Value>(),
            "RestoreJobs" => restores.iter().map(|r| r.describe(all, site, now)).collect::<Value>(),
            "ProtectedResources" => protected::protected(all, site, now).into_iter().collect::<Value>(),
        }
    })
}

fn not_found(what: &str, id: &str) -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        format!("{what} with ID {id} does not exist."),
    )
    .with("Code", "ERROR_2101")
}

/// Whether the caller may look beyond its own account: the management account and its delegates.
fn is_admin(call: &Call<'_>) -> bool {
    let delegated = &call.world.scenario().organization.delegated;
    call.account() == &**call.world.management()
        || delegated.iter().any(|d| {
            call.world
                .account(d)
                .is_some_and(|a| &*a.entry.id == call.account())
        })
}

/// The accounts that a list covers: its own, another one, or with `*` those of the organization.
fn accounts(call: &Call<'_>, member: &str, everybody: &[&str]) -> Result<Vec<String>, Refusal> {
    let section = &call.world.scenario().backup;
    let Some(wanted) = call.text(member).filter(|a| *a != call.account()) else {
        return Ok(vec![call.account().to_owned()]);
    };
    if !is_admin(call) || !section.cross_account {
        let message = "Insufficient privileges to perform this action.";
        return Err(Refusal::new("AccessDeniedException", message).status(403));
    }
    let covered = |id: &str, name: &str| {
        let named = |pattern: &String| {
            crate::sim::scenario::matches(pattern, id)
                || crate::sim::scenario::matches(pattern, name)
        };
        !section.uncovered.iter().any(named)
    };
    let all = call
        .world
        .accounts()
        .values()
        .filter(|a| covered(&a.entry.id, &a.entry.name));
    let all = all.map(|a| a.entry.id.to_string());
    if everybody.contains(&wanted) {
        return Ok(all.collect());
    }
    if wanted.len() != 12 || !wanted.bytes().all(|b| b.is_ascii_digit()) {
        return Err(call.invalid(format!("Invalid account ID: {wanted}")));
    }
    Ok(all.filter(|id| id == wanted).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::clock::{ManualClock, Timestamp};
    use crate::sim::scenario::Scenario;
    use crate::sim::world::WorldClock;

    fn world() -> World {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_795_242_600)));
        let scenario = Scenario::load("everyday").unwrap();
        World::new(scenario, None, WorldClock::new(clock, None, 1.0))
    }

    fn ids(jobs: &[job::Job]) -> Vec<String> {
        let mut ids: Vec<String> = jobs.iter().map(job::Job::id).collect();
        ids.sort();
        ids
    }

    #[test]
    fn any_cut_through_the_past_gives_the_same_jobs() {
        world().estate(
            "222222222222",
            "eu-west-1",
            |all: &mut Backup, site, now| {
                let from = now.minus(Duration::from_secs(9 * 86_400));
                let whole = all.jobs(site, from, now);
                assert!(whole.len() > 50, "{}", whole.len());
                for hours in [1, 26, 100] {
                    let middle = now.minus(Duration::from_secs(hours * 3600));
                    let mut parts = all.jobs(site, from, middle);
                    parts.extend(all.jobs(site, middle.plus(Duration::from_millis(1)), now));
                    assert_eq!(ids(&parts), ids(&whole), "cut {hours} hours ago");
                }
            },
        );
    }

    #[test]
    fn who_asked_before_changes_nothing() {
        let (asked, fresh) = (world(), world());
        for minutes in [7, 60, 600] {
            truth(&asked, "222222222222", "eu-west-1");
            let by = Duration::from_secs(minutes * 60);
            asked.clock().advance(by);
            fresh.clock().advance(by);
        }
        for (account, region) in [("222222222222", "eu-west-1"), ("333333333333", "us-east-1")] {
            assert_eq!(
                truth(&asked, account, region),
                truth(&fresh, account, region)
            );
        }
    }
}
