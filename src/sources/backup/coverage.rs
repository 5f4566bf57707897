//! Which resources of a scope have a good recovery point as young as their plan promises: for reports.
//!
//! Read afresh and completely: plans, selections, protected resources and a month of jobs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::access::Access;
use crate::clock::Timestamp;
use crate::domain::Fault;

use super::list::{self, Wanted};
use super::missed::{self, Habits, Protected};
use super::{HABIT_PAGES_MAX, plans};

/// How long a run may take before its recovery point is missed, at most: half the time between two runs, and no more than
/// this. AWS Backup starts a job within eight hours of its time where a rule says nothing else.
pub const GRACE: Duration = Duration::from_secs(12 * 3_600);

/// How a resource is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cover {
    /// A plan names it, and it has no recovery point at all.
    Never,
    /// Its newest good recovery point is older than its plan promises.
    Late,
    /// It has a recovery point, and no rule is known that makes the next one.
    Unplanned,
    /// A rule is known to back it up whose times cannot be told, so that nobody can say when it is late.
    Untold,
    /// Its newest good recovery point is as young as its plan promises.
    Good,
}

impl Cover {
    /// The words of reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Never => "no recovery point",
            Self::Late => "too old",
            Self::Unplanned => "no plan known",
            Self::Untold => "schedule not read",
            Self::Good => "good",
        }
    }
}

/// A resource and how it is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Its ARN. Neutralised.
    pub arn: Arc<str>,
    /// Its name, where it has one. Neutralised.
    pub name: Option<Arc<str>>,
    /// Such as `EBS`.
    pub resource_type: Option<Arc<str>>,
    /// The plans that back it up, as far as is known. Neutralised.
    pub plans: Vec<Arc<str>>,
    /// The shortest time between two runs of their rules, in seconds.
    pub cadence: Option<u64>,
    /// When it was last backed up with success.
    pub last_good: Option<Timestamp>,
    /// How it is covered.
    pub cover: Cover,
}

/// Every resource of a scope that AWS Backup ever backed up or is to back up by name.
///
/// # Errors
/// Why it cannot be read.
pub async fn covered(access: &Access, now: Timestamp) -> Result<Vec<Covered>, Fault> {
    let (rules, bindings) = plans(access, now).await?;
    let month = Wanted {
        pages: HABIT_PAGES_MAX,
        ..Wanted::since(now.minus(missed::HISTORY))
    };
    let (jobs, resources) =
        tokio::try_join!(list::backup_jobs(access, month), list::protected(access))?;
    let mut habits = Habits::default();
    jobs.iter().for_each(|job| habits.learn(job));
    habits.name(bindings);
    let known: HashSet<&Arc<str>> = resources.iter().map(|resource| &resource.arn).collect();
    let never: Vec<Protected> = habits
        .named()
        .filter(|arn| !known.contains(arn))
        .map(|arn| Protected {
            arn: Arc::clone(arn),
            name: None,
            resource_type: None,
            last_good: None,
        })
        .collect();
    let judged = resources.into_iter().chain(never).map(|resource| {
        let mut of: Vec<_> = habits
            .of(&resource.arn)
            .filter_map(|(rule, _)| rules.get(rule))
            .collect();
        of.sort_by(|a, b| a.plan.cmp(&b.plan));
        let cadence = of.iter().filter_map(|rule| rule.cadence).min();
        let is_planned = !of.is_empty();
        let mut plans: Vec<Arc<str>> = of.into_iter().map(|rule| Arc::clone(&rule.plan)).collect();
        plans.dedup();
        Covered {
            cover: judge(resource.last_good, is_planned, cadence, now),
            arn: resource.arn,
            name: resource.name,
            resource_type: resource.resource_type,
            plans,
            cadence,
            last_good: resource.last_good,
        }
    });
    Ok(judged.collect())
}

fn judge(
    last_good: Option<Timestamp>,
    is_planned: bool,
    cadence: Option<u64>,
    now: Timestamp,
) -> Cover {
    match (last_good, cadence) {
        (None, _) => Cover::Never,
        (Some(_), None) if is_planned => Cover::Untold,
        (Some(_), None) => Cover::Unplanned,
        (Some(at), Some(cadence)) => {
            let cadence = Duration::from_secs(cadence);
            if now.since(at) > cadence + (cadence / 2).min(GRACE) {
                Cover::Late
            } else {
                Cover::Good
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_point_is_good_for_a_run_and_the_time_that_a_run_takes() {
        let now = Timestamp::from_secs(1_000_000);
        let hours = |n: u64| Some(now.minus(Duration::from_secs(n * 3_600)));
        let (hourly, daily, weekly) = (Some(3_600), Some(86_400), Some(604_800));
        for (last, planned, cadence, cover) in [
            (hours(1), true, hourly, Cover::Good),
            (hours(2), true, hourly, Cover::Late),
            (hours(36), true, daily, Cover::Good),
            (hours(37), true, daily, Cover::Late),
            (hours(179), true, weekly, Cover::Good),
            (hours(181), true, weekly, Cover::Late),
            (hours(1), true, None, Cover::Untold),
            (hours(1), false, None, Cover::Unplanned),
            (None, true, daily, Cover::Never),
        ] {
            assert_eq!(
                judge(last, planned, cadence, now),
                cover,
                "{last:?} {cadence:?}"
            );
        }
    }
}
