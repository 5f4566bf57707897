//! The operations on backup, copy and restore jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::estate::{AskedCopy, Backup, REMEMBERED, Resource};
use super::job::{Copy, Job, Restore};
use super::plan::VAULTS;
use super::{accounts, not_found};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Page, Refusal, ssm};
use crate::sim::wire::Value;
use crate::sim::world::Site;

const STATES: &[&str] = &[
    "CREATED",
    "PENDING",
    "RUNNING",
    "ABORTING",
    "ABORTED",
    "COMPLETED",
    "FAILED",
    "EXPIRED",
    "PARTIAL",
];

/// The filters that the three lists of jobs share.
struct Wanted<'a> {
    from: Timestamp,
    to: Timestamp,
    complete: (Option<Timestamp>, Option<Timestamp>),
    /// Member of a described job and the value it must have.
    members: Vec<(&'static str, &'a str)>,
}

impl<'a> Wanted<'a> {
    fn read(
        call: &'a Call<'_>,
        page: &Page,
        rows: &[(&'static str, &str)],
    ) -> Result<Self, Refusal> {
        let time = |name: &str| match call.text(name) {
            None => Ok(None),
            Some(text) => Value::from(text)
                .as_time()
                .map(Some)
                .ok_or_else(|| call.invalid(format!("Invalid value for {name}: {text}"))),
        };
        let now = call.now;
        let floor = now.minus(REMEMBERED);
        let mut to = time("createdBefore")?.map_or(now, |to| to.min(now));
        // What the pages before this one had need not be looked at again.
        if let Some(millis) = page
            .cursor
            .as_deref()
            .and_then(|c| c.split(' ').next()?.parse().ok())
        {
            to = to.min(Timestamp::from_millis(millis));
        }
        let members = rows
            .iter()
            .filter_map(|(member, name)| Some((*member, call.text(name)?)))
            .collect();
        Ok(Self {
            from: time("createdAfter")?.map_or(floor, |from| from.max(floor)),
            to,
            complete: (time("completeAfter")?, time("completeBefore")?),
            members,
        })
    }

    fn ended(&self, ended: Option<Timestamp>) -> bool {
        let (after, before) = self.complete;
        after.is_none_or(|t| ended.is_some_and(|e| e >= t))
            && before.is_none_or(|t| ended.is_some_and(|e| e <= t))
    }

    fn fits(&self, job: &Value) -> bool {
        self.ended(job.at("CompletionDate").as_time())
            && self
                .members
                .iter()
                .all(|(member, value)| job.at(member).as_str() == Some(value))
    }
}

/// A page of jobs of several accounts, newest first.
fn gather(
    call: &Call<'_>,
    page: &Page,
    member: &'static str,
    jobs: impl Fn(&Backup, &Site, Timestamp) -> Vec<(String, Value)>,
) -> Answer {
    let mut all = Vec::new();
    for account in accounts(call, "accountId", &["*"])? {
        let region = &call.region;
        call.world
            .estate(&account, region, |backup: &mut Backup, site, now| {
                all.extend(jobs(backup, site, now));
            });
    }
    all.sort_by(|a, b| b.0.cmp(&a.0));
    let (items, next) = page.fall(all, |(key, _)| key.clone());
    let items: Value = items.into_iter().map(|(_, job)| job).collect();
    Ok(fields! { member => items, "NextToken" => next })
}

fn check_state(call: &Call<'_>, member: &str, known: &[&str]) -> Result<(), Refusal> {
    match call.text(member) {
        Some(state) if !known.contains(&state) => Err(call.invalid(format!(
            "Invalid value for {member}: {state}. Valid values are {}",
            known.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// `ListBackupJobs`. A month of a whole organization is tens of thousands of jobs: they are chosen before
/// they are described, and only a page of them is.
pub fn list(call: &Call<'_>) -> Answer {
    check_state(call, "state", STATES)?;
    let page = call.page()?;
    let wanted = Wanted::read(call, &page, &[])?;
    let now = call.now;
    let fits = |backup: &Backup, job: &Job| {
        let resource = &backup.resources[job.resource];
        let is = |name: &str, value: Option<&str>| call.text(name).is_none_or(|v| Some(v) == value);
        let stopped = backup.stop_of(job);
        let state = job.state(stopped, now);
        is("state", Some(state))
            && is("resourceArn", Some(&resource.arn))
            && is("resourceType", Some(resource.kind))
            && is("backupVaultName", Some(job.vault(backup)))
            && is("messageCategory", job.category(state))
            && is("parentJobId", None)
            && wanted.ended(job.completed(stopped, now))
    };
    let mut all: Vec<(String, String, Job)> = Vec::new();
    for account in accounts(call, "accountId", &["*"])? {
        let region = &call.region;
        call.world
            .estate(&account, region, |backup: &mut Backup, site, _| {
                let jobs = backup.jobs(site, wanted.from, wanted.to);
                let fit = jobs.into_iter().filter(|job| fits(backup, job));
                all.extend(fit.map(|job| (job.key(), account.clone(), job)));
            });
    }
    all.sort_by(|a, b| b.0.cmp(&a.0));
    let (jobs, next) = page.fall(all, |(key, ..)| key.clone());
    let jobs = jobs.iter().map(|(_, account, job)| {
        let region = &call.region;
        call.world
            .estate(account, region, |backup: &mut Backup, site, _| {
                job.describe(backup, site, now)
            })
    });
    Ok(fields! { "BackupJobs" => jobs.collect::<Value>(), "NextToken" => next })
}

/// `ListCopyJobs`.
pub fn list_copies(call: &Call<'_>) -> Answer {
    check_state(
        call,
        "state",
        &["CREATED", "RUNNING", "COMPLETED", "FAILED", "PARTIAL"],
    )?;
    let page = call.page()?;
    let rows = [
        ("State", "state"),
        ("ResourceArn", "resourceArn"),
        ("ResourceType", "resourceType"),
        ("DestinationBackupVaultArn", "destinationVaultArn"),
        ("SourceRecoveryPointArn", "sourceRecoveryPointArn"),
        ("MessageCategory", "messageCategory"),
        ("ParentJobId", "parentJobId"),
    ];
    let wanted = Wanted::read(call, &page, &rows)?;
    gather(call, &page, "CopyJobs", |backup, site, now| {
        copies(backup, site, wanted.from, now)
            .into_iter()
            .filter(|copy| copy.created >= wanted.from && copy.created <= wanted.to)
            .map(|copy| (copy.key(), copy.describe(backup, site, now)))
            .filter(|(_, copy)| wanted.fits(copy))
            .collect()
    })
}

fn copies(backup: &Backup, site: &Site, from: Timestamp, now: Timestamp) -> Vec<Copy> {
    // A copy is created hours after its backup job was.
    let first = from
        .minus(Duration::from_secs(6 * 3600))
        .max(now.minus(REMEMBERED));
    let jobs = backup.jobs(site, first, now);
    let planned = jobs.iter().filter_map(|job| job.copy(backup, site, now));
    planned
        .chain(backup.copies.iter().map(|asked| asked.copy))
        .collect()
}

/// `ListRestoreJobs`.
pub fn list_restores(call: &Call<'_>) -> Answer {
    check_state(
        call,
        "status",
        &["PENDING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"],
    )?;
    let page = call.page()?;
    let rows = [
        ("Status", "status"),
        ("ResourceType", "resourceType"),
        ("ParentJobId", "parentJobId"),
        ("RestoreTestingPlanArn", "restoreTestingPlanArn"),
    ];
    let wanted = Wanted::read(call, &page, &rows)?;
    gather(call, &page, "RestoreJobs", |backup, site, now| {
        Restore::all(backup, wanted.from, wanted.to)
            .iter()
            .map(|job| (job.key(), job.describe(backup, site, now)))
            .filter(|(_, job)| wanted.fits(job))
            .collect()
    })
}

/// `DescribeBackupJob`.
pub fn describe(call: &Call<'_>) -> Answer {
    let id = call.needed("backupJobId");
    call.estate(|backup: &mut Backup, site, now| {
        let job = backup
            .find(site, id, now)
            .ok_or_else(|| not_found("Backup job", id))?;
        Ok(job.describe(backup, site, now))
    })
}

/// `DescribeCopyJob`.
pub fn describe_copy(call: &Call<'_>) -> Answer {
    let id = call.needed("copyJobId");
    call.estate(|backup: &mut Backup, site, now| {
        let all = copies(backup, site, now.minus(REMEMBERED), now);
        let copy = all
            .into_iter()
            .find(|copy| copy.id() == id)
            .ok_or_else(|| not_found("Copy job", id))?;
        Ok(fields! { "CopyJob" => copy.describe(backup, site, now) })
    })
}

/// `DescribeRestoreJob`.
pub fn describe_restore(call: &Call<'_>) -> Answer {
    let id = call.needed("restoreJobId");
    call.estate(|backup: &mut Backup, site, now| {
        let all = Restore::all(backup, now.minus(REMEMBERED), now);
        let job = all
            .into_iter()
            .find(|job| job.id() == id)
            .ok_or_else(|| not_found("Restore job", id))?;
        Ok(job.describe(backup, site, now))
    })
}

/// `StartBackupJob`. The same token gives the same job.
pub fn start(call: &Call<'_>) -> Answer {
    let (arn, vault) = (call.needed("ResourceArn"), call.needed("BackupVaultName"));
    let role = call.needed("IamRoleArn");
    if !VAULTS.iter().any(|(name, ..)| *name == vault) {
        return Err(not_found("Backup vault", vault));
    }
    if !role.contains(":iam::") || !role.contains(":role/") {
        return Err(call.invalid(format!("Invalid ARN: {role}. Specify an IAM role.")));
    }
    let token = call.text("IdempotencyToken").map(str::to_owned);
    let machine = arn
        .rsplit_once(":instance/")
        .filter(|(_, id)| ssm::has_machine(call.world, call.account(), &call.region, id))
        .map(|(_, id)| id);
    call.estate(|backup: &mut Backup, site, now| {
        let known = backup.resources.iter().position(|r| r.arn == arn);
        let resource = match (known, machine) {
            (Some(resource), _) => resource,
            // No plan protects it, but it is there.
            (None, Some(id)) if site.arn("ec2", &format!("instance/{id}")) == arn => {
                let dice = backup.dice.named(id);
                backup
                    .resources
                    .push(Resource::unplanned(site, dice, arn, id));
                backup.resources.len() - 1
            }
            (None, _) => return Err(not_found("Resource", arn)),
        };
        let again = backup
            .asked
            .iter()
            .find(|a| token.is_some() && a.token == token);
        let job = match again {
            Some(asked) if asked.resource != resource || asked.vault != vault => {
                return Err(Refusal::new(
                    "InvalidRequestException",
                    "The idempotency token was used with other parameters",
                ));
            }
            Some(asked) => asked.job,
            None => {
                backup
                    .ask(now, (token, resource, vault.to_owned(), role.to_owned()))
                    .job
            }
        };
        Ok(fields! {
            "BackupJobId" => job.id(),
            "RecoveryPointArn" => job.recovery_point(backup, site),
            "CreationDate" => job.created,
            "IsParent" => false,
        })
    })
}

/// `StartCopyJob`. The same token gives the same job.
pub fn start_copy(call: &Call<'_>) -> Answer {
    let (point, source) = (
        call.needed("RecoveryPointArn"),
        call.needed("SourceBackupVaultName"),
    );
    let (to, role) = (
        call.needed("DestinationBackupVaultArn"),
        call.needed("IamRoleArn"),
    );
    if !VAULTS.iter().any(|(name, ..)| *name == source) {
        return Err(not_found("Backup vault", source));
    }
    if !role.contains(":iam::") || !role.contains(":role/") {
        return Err(call.invalid(format!("Invalid ARN: {role}. Specify an IAM role.")));
    }
    let parts: Vec<&str> = to.split(':').collect();
    let ["arn", _, "backup", _, account, "backup-vault", name] = parts[..] else {
        return Err(call.invalid(format!("Invalid ARN: {to}. Specify a backup vault.")));
    };
    let known = call.world.accounts().contains_key(account)
        && (name == "disaster-recovery" || VAULTS.iter().any(|(vault, ..)| *vault == name));
    let token = call.text("IdempotencyToken").map(str::to_owned);
    call.estate(|backup: &mut Backup, site, now| {
        let again = backup.copies.iter().find(|a| token.is_some() && a.token == token);
        let copy = match again {
            Some(asked) if asked.point != point || asked.vault != to => {
                return Err(call.invalid("The idempotency token was used with other parameters"));
            }
            Some(asked) => asked.copy,
            None => {
                let jobs = backup.jobs(site, now.minus(REMEMBERED), now);
                let of = jobs.into_iter().find(|job| {
                    job.vault(backup) == source
                        && matches!(backup.state(job, now), "COMPLETED" | "PARTIAL")
                        && job.recovery_point(backup, site) == point
                });
                let of = of.ok_or_else(|| not_found("Recovery point", point))?;
                let number = backup.copies.len();
                let dice = backup.dice.named("asked copies").on(number as u64);
                let copy = Copy::ask(of, now, number, known, dice);
                backup.copies.push(AskedCopy {
                    token,
                    point: point.to_owned(),
                    vault: to.to_owned(),
                    role: role.to_owned(),
                    copy,
                });
                copy
            }
        };
        Ok(fields! { "CopyJobId" => copy.id(), "CreationDate" => copy.created, "IsParent" => false })
    })
}

/// `StopBackupJob`.
pub fn stop(call: &Call<'_>) -> Answer {
    let id = call.needed("backupJobId");
    call.estate(|backup: &mut Backup, site, now| {
        let job = backup
            .find(site, id, now)
            .ok_or_else(|| not_found("Backup job", id))?;
        let kind = backup.resources[job.resource].kind;
        if matches!(kind, "RDS" | "Aurora" | "DynamoDB") {
            return Err(call.invalid(format!(
                "Stopping a backup job is not supported for {kind}."
            )));
        }
        match backup.state(&job, now) {
            "CREATED" | "PENDING" | "RUNNING" => {
                backup.stopped.insert(id.to_owned(), now);
                Ok(Value::Null)
            }
            state => Err(Refusal::new(
                "InvalidRequestException",
                format!("Cannot stop a backup job that is {state}"),
            )),
        }
    })
}

/// `ListBackupJobSummaries`: counts by account, state, type and category.
pub fn summaries(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (days, buckets) = match call.text("AggregationPeriod") {
        None | Some("ONE_DAY") => (1, 14),
        Some("SEVEN_DAYS") => (7, 1),
        Some("FOURTEEN_DAYS") => (14, 1),
        Some(other) => return Err(call.invalid(format!("Invalid AggregationPeriod: {other}"))),
    };
    let state = call.text("State").unwrap_or("ANY");
    let kind = call.text("ResourceType").unwrap_or("ANY");
    let category = call.text("MessageCategory").unwrap_or("ANY");
    let account = call.text("AccountId").unwrap_or_else(|| call.account());
    if !STATES.contains(&state) && !["ANY", "AGGREGATE_ALL"].contains(&state) {
        return Err(call.invalid(format!("Invalid State: {state}")));
    }
    // What a row says of a value: itself, the sum of all, or nothing when it is not asked for.
    let says = |wanted: &str, is: &str| match wanted {
        "ANY" => Some(is.to_owned()),
        "AGGREGATE_ALL" => Some("AGGREGATE_ALL".to_owned()),
        wanted => (wanted == is).then(|| is.to_owned()),
    };
    let day = Duration::from_secs(86_400);
    let midnight = Timestamp::from_secs((call.now.as_secs().div_euclid(86_400) + 1) * 86_400);
    let mut counts: BTreeMap<(Timestamp, String, String, String, String), i64> = BTreeMap::new();
    for id in accounts(call, "AccountId", &["ANY", "AGGREGATE_ALL"])? {
        let region = &call.region;
        call.world
            .estate(&id, region, |backup: &mut Backup, site, now| {
                for n in 0..buckets {
                    let end = midnight.minus(day * n);
                    let begin = end.minus(day * days);
                    for job in
                        backup.jobs(site, begin, end.minus(Duration::from_millis(1)).min(now))
                    {
                        let is = backup.state(&job, now);
                        let row = (|| {
                            Some((
                                begin,
                                says(
                                    if account == "AGGREGATE_ALL" {
                                        account
                                    } else {
                                        "ANY"
                                    },
                                    &id,
                                )?,
                                says(state, is)?,
                                says(kind, backup.resources[job.resource].kind)?,
                                says(category, job.category(is).unwrap_or_default())?,
                            ))
                        })();
                        if let Some(row) = row {
                            *counts.entry(row).or_default() += 1;
                        }
                    }
                }
            });
    }
    let rows = counts.into_iter().map(|((begin, account, state, kind, category), count)| {
        fields! {
            "Region" => &call.region, "AccountId" => account, "State" => state, "ResourceType" => kind,
            "MessageCategory" => Some(category).filter(|c| !c.is_empty()), "Count" => count,
            "StartTime" => begin, "EndTime" => begin.plus(day * days),
        }
    });
    let (rows, next) = page.cut(rows);
    let period = call.text("AggregationPeriod").unwrap_or("ONE_DAY");
    Ok(fields! { "BackupJobSummaries" => rows, "AggregationPeriod" => period, "NextToken" => next })
}

/// Good jobs of one resource, newest first.
pub fn good(backup: &Backup, site: &Site, resource: usize, now: Timestamp) -> Vec<Job> {
    let mut jobs = backup.jobs(site, now.minus(REMEMBERED), now);
    jobs.retain(|job| {
        job.resource == resource && matches!(backup.state(job, now), "COMPLETED" | "PARTIAL")
    });
    jobs.sort_by_key(|job| std::cmp::Reverse(job.created));
    jobs
}
