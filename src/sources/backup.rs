//! AWS Backup: backup, copy and restore jobs of the last 24 hours, and backups that never started.
//!
//! ```text
//! backup       ListBackupJobs of one scope; says nothing where the organization's answer speaks for the scope
//! org-backup   ListBackupJobs{ByAccountId: "*"} of one region, asked from the organization's account
//! copy         ListCopyJobs of one scope          restore   ListRestoreJobs of one scope
//! missed       plans, selections, protected resources and a month of jobs of one scope, kept up to date
//! ```
//!
//! A job with something wrong that a later job made good for is calm. What else decides about a failed one (when the
//! resource was last backed up with success, how often its plan does so) is asked only where there is a failed one.
//!
//! **The organization's answer.** The management account or a delegated administrator reads the jobs of all member
//! accounts at once. It speaks for exactly those accounts of the fleet that it named within the last day in any region (cross-account
//! monitoring is a setting of the organization, not of a region); an account that it named nowhere may have no jobs, or may not be
//! monitored from there, which nobody can tell, so it is asked itself. So is everybody of a region while the answer of that region is
//! refused, fails or grows old.

pub mod coverage;
mod elsewhere;
mod item;
mod job;
mod judge;
mod list;
mod missed;
mod raw;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::clock::Timestamp;
use crate::domain::{AccountId, Fault, FaultKind, Kind, Record, Scope, Slice, SourceId};

use super::schedule::Schedule;
use super::spoken::{self, Spoken};
use super::{Ask, Part, Plane, Reach, SliceSpec, Source};
use job::Job;
use list::Wanted;
use missed::{Habits, Protected, Rule};

/// Backup jobs.
pub const BACKUP: Slice = Slice("backup");
/// Backup jobs of the whole organization.
pub const ORG_BACKUP: Slice = Slice("org-backup");
/// Copy jobs.
pub const COPY: Slice = Slice("copy");
/// Restore jobs.
pub const RESTORE: Slice = Slice("restore");
/// Backups that never started.
pub const MISSED: Slice = Slice("missed");

const fn slice(slice: Slice, every: Duration, reach: Reach) -> SliceSpec {
    SliceSpec {
        slice,
        every,
        part: Part::Snapshot,
        reach,
        plane: Plane::Regional,
    }
}

/// How often backup jobs are asked for. AWS itself tells of their changes in batches of some five minutes.
const EVERY: Duration = Duration::from_secs(120);

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Backup,
    kinds: &[Kind::Backup],
    slices: &[
        // First, so that at the start as many scopes as possible are answered for.
        slice(ORG_BACKUP, EVERY, Reach::Organization),
        slice(BACKUP, EVERY, Reach::Rest),
        slice(COPY, Duration::from_secs(300), Reach::Scope),
        slice(RESTORE, Duration::from_secs(300), Reach::Scope),
        slice(MISSED, Duration::from_secs(600), Reach::Scope),
    ],
    ask: |ask| match ask.slice() {
        ORG_BACKUP => Box::pin(ask_organization(ask)),
        COPY => Box::pin(ask_copies(ask)),
        RESTORE => Box::pin(ask_restores(ask)),
        MISSED => Box::pin(ask_missed(ask)),
        _ => Box::pin(ask_backups(ask)),
    },
    raw: |look| Box::pin(raw::read(look)),
};

/// How far back jobs are shown.
const DAY: Duration = Duration::from_secs(86_400);
/// How long the plans of a scope are believed.
const PLANS_FOR: Duration = Duration::from_secs(3_600);
/// How long it is believed when a resource was last backed up.
const GOOD_FOR: Duration = Duration::from_secs(600);
/// The most pages of the month of jobs from which habits are learned at first: ten thousand jobs.
const HABIT_PAGES_MAX: u32 = 10;
/// How long the organization's answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(300);

/// A value and when it was read.
type Aged<T> = Option<(Timestamp, T)>;

/// What is remembered of one vantage.
#[derive(Default)]
struct Memory(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The rules of all plans.
    rules: Aged<Arc<HashMap<Arc<str>, Rule>>>,
    /// When each resource was last backed up with success.
    good: Aged<Arc<HashMap<Arc<str>, Timestamp>>>,
    /// Which rule backs up which resource.
    habits: Habits,
    /// Up to when jobs were read for the habits.
    habits_to: Option<Timestamp>,
}

/// Accounts that the organization's answers named in any region, and when they did so last.
#[derive(Default)]
struct Named(Mutex<HashMap<AccountId, Timestamp>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn ask_backups(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    let (scope, now) = (ask.scope(), ask.now());
    // Another region may have named the account only after this one's answer was complete.
    let named: Arc<Named> = ask.shared_memory();
    let is_named = || lock(&named.0).contains_key(&scope.account);
    if spoken.speaks_for(scope, now) || spoken.speaks_in(scope.region, now) && is_named() {
        return Ok(());
    }
    let wanted = Wanted::since(ask.now().minus(DAY));
    let mut jobs = list::backup_jobs(ask.access(), wanted).await?;
    judge::supersede(&mut jobs);
    let day = list::pages_of(jobs.len());
    complete(&ask, &mut jobs, day).await?;
    hand_over(&ask, jobs).await;
    Ok(())
}

async fn ask_copies(ask: Ask) -> Result<(), Fault> {
    let mut jobs = list::copy_jobs(ask.access(), ask.now().minus(DAY)).await?;
    judge::supersede(&mut jobs);
    hand_over(&ask, jobs).await;
    Ok(())
}

async fn ask_restores(ask: Ask) -> Result<(), Fault> {
    let mut jobs = list::restore_jobs(ask.access(), ask.now().minus(DAY)).await?;
    judge::supersede(&mut jobs);
    hand_over(&ask, jobs).await;
    Ok(())
}

/// Hands over jobs of the vantage's own scope.
async fn hand_over(ask: &Ask, jobs: Vec<Job>) {
    let (scope, now) = (ask.scope(), ask.now());
    let records = jobs.into_iter().map(|job| item::job(scope, job, now));
    ask.pages(records).await;
}

async fn ask_organization(ask: Ask) -> Result<(), Fault> {
    let named: Arc<Named> = ask.shared_memory();
    let spoken: Arc<Spoken> = ask.shared_memory();
    let region = ask.scope().region;
    let members = ask.accounts();
    let wanted = Wanted {
        account: Some("*"),
        ..Wanted::since(ask.now().minus(DAY))
    };
    let mut jobs = match list::backup_jobs(ask.access(), wanted).await {
        Ok(jobs) => jobs,
        Err(fault) => {
            // Everybody is asked for themselves again.
            spoken.fell_silent(ask.scope());
            ask.speak_for(Arc::default());
            return Err(not_ours(fault));
        }
    };
    let now = ask.now();
    let scopes: HashSet<Scope> = {
        let mut named = lock(&named.0);
        named.retain(|_, at| now.since(*at) <= DAY);
        // Its own jobs are always part of the answer.
        named.insert(ask.scope().account, now);
        // Whoever does not belong to the organization is somebody else's, even where it is named.
        let told = jobs.iter().filter_map(|job| job.account);
        named.extend(
            told.filter(|account| members.contains(account))
                .map(|account| (account, now)),
        );
        named
            .keys()
            .map(|&account| Scope { account, region })
            .filter(|scope| ask.covers(*scope))
            .collect()
    };
    ask.speak_for(spoken::in_order(&scopes));
    // What a day costs is what the whole organization has of it.
    let day = list::pages_of(jobs.len());
    // Accounts that are not part of the fleet, or not in this region, are somebody else's.
    jobs.retain(|job| {
        job.account
            .is_some_and(|account| scopes.contains(&Scope { account, region }))
    });
    judge::supersede(&mut jobs);
    complete(&ask, &mut jobs, day).await?;
    let records = jobs.into_iter().filter_map(|job| {
        let account = job.account?;
        Some(item::job(Scope { account, region }, job, now))
    });
    ask.pages(records).await;
    spoken.answered(ask.scope(), now, ANSWER_FOR, scopes);
    Ok(())
}

/// That an account may not read for the whole organization is a fact and no fault: its members are asked themselves.
fn not_ours(fault: Fault) -> Fault {
    let refused = matches!(fault.kind, FaultKind::Denied)
        || matches!(
            fault.code.as_deref(),
            Some("InvalidParameterValueException" | "InvalidRequestException")
        );
    if !refused {
        return fault;
    }
    make(
        FaultKind::Disabled,
        fault.code.as_deref(),
        format!(
            "The jobs of the whole organization cannot be read from here, so every account is asked itself: {}",
            fault.message
        ),
        "Cross-account monitoring is switched on in the settings of AWS Backup, in the management account.",
    )
}

/// Fills in what decides about failed jobs: how often the plan runs, and when the resource was last backed up. `day` is how many pages
/// the jobs of a day have.
async fn complete(ask: &Ask, jobs: &mut [Job], day: usize) -> Result<(), Fault> {
    let now = ask.now();
    let own = ask.scope().account;
    let mut good: HashMap<(Option<AccountId>, Arc<str>), Timestamp> = HashMap::new();
    for job in jobs.iter() {
        if let (judge::End::Good | judge::End::WithIssues, Some(arn)) =
            (judge::end(&job.detail), &job.detail.resource_arn)
        {
            let at = good.entry((job.account, Arc::clone(arn))).or_default();
            *at = (*at).max(done(job));
        }
    }
    // A retry by hand has no rule; its resource may have one all the same.
    let bound: HashMap<(Option<AccountId>, Arc<str>), job::Rule> = jobs
        .iter()
        .filter_map(|job| {
            let arn = job.detail.resource_arn.clone()?;
            Some(((job.account, arn), job.rule.clone()?))
        })
        .collect();
    let asks = |job: &Job| judge::end(&job.detail).is_bad() && job.detail.superseded_by.is_none();
    let foreign: BTreeSet<elsewhere::Whose> = jobs
        .iter()
        .filter(|job| asks(job))
        .filter_map(|job| job.account.zip(job.detail.resource_arn.clone()))
        .filter(|(account, _)| *account != own)
        .collect();
    let far = elsewhere::last_good(ask, foreign, day).await?;
    for job in jobs.iter_mut().filter(|job| asks(job)) {
        let mine = job.account.is_none_or(|account| account == own);
        let Some(arn) = job.detail.resource_arn.clone() else {
            continue;
        };
        let whose = (job.account, Arc::clone(&arn));
        let rule = job.rule.as_ref().or_else(|| bound.get(&whose));
        if let Some(rule) = rule {
            job.detail.cadence = cadence(ask, rule, mine).await?;
        }
        let listed = good.get(&whose).copied();
        let asked = if mine {
            last_good(ask).await?.get(&arn).copied()
        } else {
            job.account
                .and_then(|account| far.get(&(account, arn)).copied())
        };
        job.detail.last_good = listed.max(asked).filter(|at| *at <= now);
    }
    Ok(())
}

/// When a job was done, which is what AWS Backup calls the time of a resource's last backup; when it was created, where it
/// does not say.
fn done(job: &Job) -> Timestamp {
    job.detail.completed.unwrap_or(job.detail.created)
}

/// How often the rule of a job runs: as the job tells, else as the vantage's own plan tells.
async fn cadence(ask: &Ask, rule: &job::Rule, mine: bool) -> Result<Option<u64>, Fault> {
    if let Some(cron) = rule.cron.as_deref() {
        let schedule = Schedule::parse(cron, rule.timezone.as_deref(), 0);
        let cadence = schedule.and_then(|s| s.cadence(ask.now()));
        return Ok(cadence.map(|c| c.as_secs()));
    }
    let Some(id) = rule.id.as_ref().filter(|_| mine) else {
        return Ok(None);
    };
    let rules = rules(ask).await?;
    Ok(rules.get(id).and_then(|rule| rule.cadence))
}

/// When each resource of the vantage was last backed up with success.
async fn last_good(ask: &Ask) -> Result<Arc<HashMap<Arc<str>, Timestamp>>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    let known = lock(&memory.0).good.clone();
    match known {
        Some((at, good)) if ask.now().since(at) < GOOD_FOR => Ok(good),
        _ => Ok(good_of(ask, &list::protected(ask.access()).await?)),
    }
}

/// Remembers when protected resources were last backed up.
fn good_of(ask: &Ask, resources: &[Protected]) -> Arc<HashMap<Arc<str>, Timestamp>> {
    let memory: Arc<Memory> = ask.memory();
    let good: Arc<HashMap<Arc<str>, Timestamp>> = Arc::new(
        resources
            .iter()
            .filter_map(|r| Some((Arc::clone(&r.arn), r.last_good?)))
            .collect(),
    );
    lock(&memory.0).good = Some((ask.now(), Arc::clone(&good)));
    good
}

async fn ask_missed(ask: Ask) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let rules = rules(&ask).await?;
    if rules.is_empty() {
        // No plans: nothing can be due.
        return Ok(());
    }
    let now = ask.now();
    let to = lock(&memory.0).habits_to;
    let wanted = match to {
        // With an hour's overlap: lists lag.
        Some(to) => Wanted::since(to.minus(Duration::from_secs(3_600))),
        None => Wanted {
            pages: HABIT_PAGES_MAX,
            ..Wanted::since(now.minus(missed::HISTORY))
        },
    };
    let jobs = list::backup_jobs(ask.access(), wanted).await?;
    let resources = list::protected(ask.access()).await?;
    good_of(&ask, &resources);
    let records: Vec<Record> = {
        let mut known = lock(&memory.0);
        for job in &jobs {
            known.habits.learn(job);
        }
        known.habits.forget(now);
        known.habits_to = Some(now);
        resources
            .iter()
            .filter_map(|resource| missed::judge(resource, &known.habits, &rules, now))
            .map(|missed| item::missed(ask.scope(), missed))
            .collect()
    };
    ask.pages(records).await;
    Ok(())
}

/// The rules of all plans of the vantage by id, and what their selections bind, read once an hour.
async fn rules(ask: &Ask) -> Result<Arc<HashMap<Arc<str>, Rule>>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    let known = lock(&memory.0).rules.clone();
    if let Some((at, rules)) = known
        && ask.now().since(at) < PLANS_FOR
    {
        return Ok(rules);
    }
    let (rules, bindings) = plans(ask.access(), ask.now()).await?;
    let rules = Arc::new(rules);
    let mut known = lock(&memory.0);
    known.habits.name(bindings);
    known.rules = Some((ask.now(), Arc::clone(&rules)));
    Ok(rules)
}

/// By id: the rules of plans.
type Rules = HashMap<Arc<str>, Rule>;
/// A resource, a rule of the plan that a selection binds it to, and since when.
type Binding = (Arc<str>, Arc<str>, Timestamp);

/// The rules of all plans of a scope, and what their selections bind.
async fn plans(access: &Access, now: Timestamp) -> Result<(Rules, Vec<Binding>), Fault> {
    let mut rules = HashMap::new();
    let mut bindings = Vec::new();
    for plan in list::plans(access).await? {
        let (output, selections) =
            tokio::try_join!(list::plan(access, &plan), list::selections(access, &plan))?;
        let plan_rules = missed::rules(&output, now);
        for (since, arns) in selections {
            for arn in arns {
                let bind = |(id, _): &(Arc<str>, Rule)| (Arc::clone(&arn), Arc::clone(id), since);
                bindings.extend(plan_rules.iter().map(bind));
            }
        }
        rules.extend(plan_rules);
    }
    Ok((rules, bindings))
}
