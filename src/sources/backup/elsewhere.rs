//! When resources of other accounts were last backed up with success, which an account that is asked itself tells on the way.
//!
//! Jobs that completed are read backwards in time, those of all accounts together, as long as the next stretch costs fewer calls than
//! one for each resource that was not met yet; what is left then is asked for one by one. So neither a morning after many failures nor
//! a resource that fails since weeks costs more than twice the calls that it has to.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Fault};
use crate::sources::Ask;

use super::job::Job;
use super::list::{self, Span, Wanted};
use super::{DAY, PLANS_FOR, done, lock, missed};

/// The most resources that are asked for one by one per asking.
const LOOKUPS_MAX: usize = 50;

/// A resource and whose it is.
pub type Whose = (AccountId, Arc<str>);

/// What was found of each, and when; nothing where it was not backed up with success for a month.
#[derive(Default)]
struct Memory(Mutex<HashMap<Whose, (Timestamp, Option<Timestamp>)>>);

impl Memory {
    /// What is known of these and not too old, and of which nothing is.
    fn recall(
        &self,
        now: Timestamp,
        wanted: BTreeSet<Whose>,
    ) -> (HashMap<Whose, Timestamp>, BTreeSet<Whose>) {
        let mut known = lock(&self.0);
        known.retain(|_, (at, _)| now.since(*at) < PLANS_FOR);
        let (told, missing): (BTreeSet<Whose>, BTreeSet<Whose>) = wanted
            .into_iter()
            .partition(|whose| known.contains_key(whose));
        let found = told
            .into_iter()
            .filter_map(|whose| Some((whose.clone(), known.get(&whose)?.1?)))
            .collect();
        (found, missing)
    }

    fn keep(&self, now: Timestamp, whose: Whose, good: Option<Timestamp>) {
        lock(&self.0).insert(whose, (now, good));
    }
}

/// When each of these was last backed up with success, as far as that is known; `day` is how many pages the jobs of a day have.
pub async fn last_good(
    ask: &Ask,
    wanted: BTreeSet<Whose>,
    day: usize,
) -> Result<HashMap<Whose, Timestamp>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    let now = ask.now();
    let (mut found, mut missing) = memory.recall(now, wanted);
    let mut walk = Walk::new(now, day);
    while let Some(span) = walk.next(missing.len()) {
        let wanted = Wanted {
            account: Some("*"),
            ..Wanted::of(span)
        };
        let jobs = list::backup_jobs(ask.access(), wanted).await?;
        for (whose, at) in latest(&jobs, &missing) {
            missing.remove(&whose);
            memory.keep(now, whose.clone(), Some(at));
            found.insert(whose, at);
        }
    }
    if walk.is_over() {
        for whose in missing {
            memory.keep(now, whose, None);
        }
        return Ok(found);
    }
    for whose in missing.into_iter().take(LOOKUPS_MAX) {
        let (account, arn) = &whose;
        let wanted = Wanted {
            account: Some(&account.to_string()),
            resource: Some(arn),
            pages: 1,
            ..Wanted::of(Span::Completed {
                after: now.minus(missed::HISTORY),
                before: None,
            })
        };
        let jobs = list::backup_jobs(ask.access(), wanted).await?;
        let good = jobs.iter().map(done).max();
        memory.keep(now, whose.clone(), good);
        found.extend(good.map(|at| (whose, at)));
    }
    Ok(found)
}

/// When each of the missing was done last, of those that these jobs are about.
fn latest(jobs: &[Job], missing: &BTreeSet<Whose>) -> HashMap<Whose, Timestamp> {
    let mut latest: HashMap<Whose, Timestamp> = HashMap::new();
    for job in jobs {
        let Some(whose) = job.account.zip(job.detail.resource_arn.clone()) else {
            continue;
        };
        if missing.contains(&whose) {
            let at = latest.entry(whose).or_default();
            *at = (*at).max(done(job));
        }
    }
    latest
}

/// The way back through the days.
struct Walk {
    now: Timestamp,
    /// Pages of a day.
    day: usize,
    /// Up to how long ago jobs were read.
    back: Duration,
    /// Pages read.
    spent: usize,
}

impl Walk {
    fn new(now: Timestamp, day: usize) -> Self {
        Self {
            now,
            day: day.max(1),
            back: Duration::ZERO,
            spent: 0,
        }
    }

    /// The next stretch, if it is worth its calls for so many that are missing.
    fn next(&mut self, missing: usize) -> Option<Span> {
        // What ran yesterday may well have completed today: the first stretch is two days.
        let days = if self.spent == 0 { 2 } else { 1 };
        let price = self.day.saturating_mul(days);
        if self.is_over() || missing <= self.spent.saturating_add(price) {
            return None;
        }
        let before = (self.spent > 0).then(|| self.now.minus(self.back));
        self.spent = self.spent.saturating_add(price);
        self.back += DAY.saturating_mul(u32::try_from(days).unwrap_or(1));
        Some(Span::Completed {
            after: self.now.minus(self.back),
            before,
        })
    }

    /// Whether a month was gone back.
    fn is_over(&self) -> bool {
        self.back >= missed::HISTORY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_796_090_400);

    /// How many stretches are read while so many stay missing.
    fn stretches(day: usize, missing: impl Fn(usize) -> usize) -> usize {
        let mut walk = Walk::new(NOW, day);
        let mut read = 0;
        while walk.next(missing(read)).is_some() {
            read += 1;
        }
        read
    }

    #[test]
    fn days_are_read_only_while_they_cost_less_than_asking_for_each() {
        assert_eq!(stretches(1, |_| 0), 0);
        assert_eq!(stretches(1, |_| 2), 0, "two calls either way");
        // A morning after: most of them were backed up the night before.
        assert_eq!(stretches(1, |read| if read == 0 { 40 } else { 1 }), 1);
        // Five that fail since weeks: four pages are read in vain, then each is asked for.
        assert_eq!(stretches(1, |_| 5), 3);
        assert_eq!(stretches(30, |_| 50), 0, "a large fleet's days cost more");
    }

    #[test]
    fn the_way_back_has_no_gap_and_ends_after_a_month() {
        let mut walk = Walk::new(NOW, 1);
        let mut end = None;
        while let Some(Span::Completed { after, before }) = walk.next(1_000) {
            assert_eq!(before, end);
            end = Some(after);
        }
        assert_eq!(end, Some(NOW.minus(missed::HISTORY)));
        assert!(walk.is_over());
    }
}
