//! Who is spoken for: what the answers of an organization's account cover, so that nobody is asked for it a second time.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::aws::classify::make;
use crate::clock::Timestamp;
use crate::domain::{Fault, FaultKind, Region, Scope};

use super::Ask;

/// What the organization's answers speak for, by the vantage that gave them; shared by all vantages of a source.
#[derive(Default)]
pub struct Spoken(Mutex<HashMap<Scope, Said>>);

/// What one vantage said last.
#[derive(Default)]
struct Said {
    /// Until when it counts, and for which scopes; none while it does not answer.
    now: Option<(Timestamp, HashSet<Scope>)>,
    /// Whether it ever did.
    ever: bool,
}

impl Spoken {
    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody speaks for this scope at the moment.
    pub fn speaks_for(&self, scope: Scope, now: Timestamp) -> bool {
        self.lock().values().any(|said| {
            let current = said.now.as_ref();
            current.is_some_and(|(until, scopes)| now <= *until && scopes.contains(&scope))
        })
    }

    /// Whether anybody in this region speaks for others at the moment.
    pub fn speaks_in(&self, region: Region, now: Timestamp) -> bool {
        self.lock().iter().any(|(vantage, said)| {
            let current = said.now.as_ref();
            vantage.region == region && current.is_some_and(|(until, _)| now <= *until)
        })
    }

    /// Notes that a vantage has answered for these scopes, which counts for so long.
    pub fn answered(
        &self,
        vantage: Scope,
        at: Timestamp,
        counts: Duration,
        scopes: HashSet<Scope>,
    ) {
        let said = Said {
            now: Some((at.plus(counts), scopes)),
            ever: true,
        };
        self.lock().insert(vantage, said);
    }

    /// A vantage does not answer: from here on everybody it spoke for is asked for themselves. Whether it ever did answer.
    pub fn fell_silent(&self, vantage: Scope) -> bool {
        let mut all = self.lock();
        let said = all.entry(vantage).or_default();
        said.now = None;
        said.ever
    }
}

/// What is said where an account may not read for the whole organization.
pub struct NotOurs {
    /// What cannot be read, as the beginning of a sentence: `The findings of all accounts`.
    pub what: &'static str,
    /// What would change that.
    pub advice: &'static str,
}

/// Ends the asking of an organization's account: for whom its answer counts and for how long, or that it gave none. That it may not
/// read for the others is a fact and no fault, unless it could before: its members are asked themselves.
pub fn conclude(
    ask: &Ask,
    counts: Duration,
    answer: Result<HashSet<Scope>, Fault>,
    not_ours: &NotOurs,
) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    let fault = match answer {
        Ok(scopes) => {
            spoken.answered(ask.scope(), ask.now(), counts, scopes);
            return Ok(());
        }
        Err(fault) => fault,
    };
    ask.speak_for(Arc::default());
    let spoke = spoken.fell_silent(ask.scope());
    if spoke || !matches!(fault.kind, FaultKind::Denied | FaultKind::Disabled) {
        return Err(fault);
    }
    Err(make(
        FaultKind::Disabled,
        fault.code.as_deref(),
        format!(
            "{} cannot be read from here, so every account is asked itself: {}",
            not_ours.what, fault.message
        ),
        not_ours.advice,
    ))
}

/// Scopes as [`Ask::speak_for`] takes them, always in the same order.
pub fn in_order(scopes: &HashSet<Scope>) -> Arc<[Scope]> {
    let mut all: Vec<Scope> = scopes.iter().copied().collect();
    all.sort_unstable();
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(account: &str) -> Scope {
        Scope {
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn an_answer_counts_for_its_time_and_for_whom_it_named() {
        let (spoken, at) = (Spoken::default(), Timestamp::from_secs(1_795_240_800));
        let (home, member) = (scope("111111111111"), scope("222222222222"));
        assert!(!spoken.fell_silent(home));
        let counts = Duration::from_secs(300);
        spoken.answered(home, at, counts, HashSet::from([member]));
        assert!(spoken.speaks_for(member, at.plus(counts)));
        assert!(!spoken.speaks_for(home, at));
        assert!(
            spoken.speaks_in(home.region, at)
                && !spoken.speaks_in(home.region, at.plus(counts * 2))
        );
        let after = at.plus(counts).plus(Duration::from_millis(1));
        assert!(!spoken.speaks_for(member, after));
        assert!(spoken.fell_silent(home));
        assert!(!spoken.speaks_for(member, at));
    }
}
