//! A door: how one account is entered, and what is known about its credentials.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::aws::ops;
use crate::clock::Timestamp;
use crate::domain::partition::Partition;
use crate::domain::{AccountId, Region};

use super::identity::{Identity, Origin, session_name};
use super::{Access, Gate};

/// How long it counts for a region that never answered that another region did. It is off, or the keys are bad
/// everywhere, and then nothing answers any more.
const ANSWERED_FOR: Duration = Duration::from_secs(600);

/// How one account is entered.
#[derive(Debug)]
pub struct Door {
    account: AccountId,
    name: Arc<str>,
    identity: Arc<Identity>,
    act: Option<(ActRole, Arc<Identity>)>,
    /// Who acted last and as what; the next act of the same operator needs no further assuming.
    acting: Mutex<Option<(String, Arc<Identity>)>>,
    proven: Mutex<Proven>,
    /// Held by whoever asks STS: everybody else waits for the answer.
    probe: tokio::sync::Mutex<()>,
}

/// The role that is assumed at the moment of a change, and only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRole {
    /// Its ARN.
    pub arn: String,
    /// The external id that it asks for.
    pub external_id: Option<String>,
    /// The region whose STS is asked.
    pub region: Region,
}

/// Where the credentials were known, and when the calls began that showed it.
#[derive(Debug, Default)]
struct Proven {
    answered: BTreeMap<Region, Timestamp>,
    /// When STS was asked last and did not know them.
    unknown: Option<Timestamp>,
}

impl Proven {
    /// Whether the credentials with which a call failed here, begun at that moment, are good all the same; nothing
    /// where that has to be found out.
    ///
    /// Keys may be withdrawn at any time: a region that has answered before does not become one that is off because
    /// others have answered before too. Only what was answered to a later call tells that.
    fn elsewhere(&self, here: Region, began: Timestamp, now: Timestamp) -> Option<bool> {
        let since = if self.answered.contains_key(&here) {
            began
        } else {
            began.min(now.minus(ANSWERED_FOR))
        };
        let others = self.answered.iter().filter(|(region, _)| **region != here);
        if others.into_iter().any(|(_, at)| *at >= since) {
            return Some(true);
        }
        // Only what was found out since: new keys may have come in between.
        (self.unknown? >= began).then_some(false)
    }
}

impl Door {
    /// A door to this account.
    #[must_use]
    pub fn new(account: AccountId, name: Arc<str>, identity: Arc<Identity>) -> Self {
        Self {
            account,
            name,
            identity,
            act: None,
            acting: Mutex::default(),
            proven: Mutex::default(),
            probe: tokio::sync::Mutex::default(),
        }
    }

    /// The same door with a role for changes, assumed with the credentials of `from`.
    #[must_use]
    pub fn acting_with(mut self, role: Option<ActRole>, from: &Arc<Identity>) -> Self {
        self.act = role.map(|role| (role, Arc::clone(from)));
        self
    }

    /// As which identity a change is made: the role's ARN, or what reads.
    #[must_use]
    pub fn acts_as(&self) -> String {
        match &self.act {
            Some((role, _)) => role.arn.clone(),
            None => self.identity.label(),
        }
    }

    /// Whose credentials a change is made with, by this operator. The role is assumed when they are first asked for.
    pub(super) fn acting(&self, operator: &str) -> Arc<Identity> {
        let Some((role, from)) = &self.act else {
            return Arc::clone(&self.identity);
        };
        let mut acting = self.acting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, identity)) = &*acting
            && last == operator
        {
            return Arc::clone(identity);
        }
        let identity = Identity::new(Origin::Act {
            from: Arc::clone(from),
            role: role.clone(),
            operator: session_name(operator),
            account: Arc::clone(&self.name),
        });
        *acting = Some((operator.to_owned(), Arc::clone(&identity)));
        identity
    }

    /// The account; [`AccountId::UNKNOWN`] before it has been asked for.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// What operators call the account.
    #[must_use]
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Whose credentials are used.
    #[must_use]
    pub const fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Notes that a call that began at this moment was answered: the credentials are known here.
    pub(super) fn worked(&self, region: Region, began: Timestamp) {
        let mut proven = self.proven();
        let at = proven.answered.entry(region).or_insert(began);
        *at = began.max(*at);
    }

    /// Whether the credentials are known in a region other than this one, where a call that began at this moment was
    /// answered that they are not. Where nothing tells, STS is asked in another region: it knows every valid key,
    /// whatever it is allowed to do.
    pub(super) async fn works_elsewhere(
        self: &Arc<Self>,
        gate: &Arc<Gate>,
        here: Region,
        began: Timestamp,
    ) -> bool {
        let known = || self.proven().elsewhere(here, began, gate.clock.now());
        if let Some(known) = known() {
            return known;
        }
        let _probe = self.probe.lock().await;
        if let Some(known) = known() {
            return known;
        }
        let Some(other) = Partition::of(here).home_beside(here) else {
            return false;
        };
        let access = Access::new(Arc::clone(gate), Arc::clone(self), other);
        let began = gate.clock.now();
        // Asked through the same way as everything else; boxed because a failed call may itself ask.
        let asked = Box::pin(access.sts(&ops::GET_CALLER_IDENTITY, |sts, with| {
            sts.get_caller_identity()
                .customize()
                .config_override(with)
                .send()
        }));
        let works = asked.await.is_ok();
        if !works {
            self.proven().unknown = Some(began);
        }
        works
    }

    fn proven(&self) -> MutexGuard<'_, Proven> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_region_that_never_answered_is_off_once_another_one_has() {
        let mut proven = Proven::default();
        let here = region("eu-south-1");
        assert_eq!(proven.elsewhere(here, at(100), at(101)), None);
        proven.answered.insert(region("eu-west-1"), at(90));
        assert_eq!(proven.elsewhere(here, at(100), at(101)), Some(true));
        // That it answered itself is no sign of another region.
        assert_eq!(
            proven.elsewhere(region("eu-west-1"), at(100), at(101)),
            None
        );
        // An old answer is none.
        assert_eq!(proven.elsewhere(here, at(1_000), at(1_001)), None);
    }

    #[test]
    fn keys_that_are_withdrawn_do_not_turn_regions_off() {
        let mut proven = Proven::default();
        let (here, other) = (region("eu-west-1"), region("us-east-1"));
        proven.answered.insert(here, at(90));
        proven.answered.insert(other, at(95));
        // Both worked a moment ago, which says nothing about now.
        assert_eq!(proven.elsewhere(here, at(100), at(101)), None);
        proven.unknown = Some(at(101));
        assert_eq!(proven.elsewhere(here, at(100), at(102)), Some(false));
        assert_eq!(proven.elsewhere(other, at(99), at(104)), Some(false));
        // Later it has to be found out again; a later answer from elsewhere settles it.
        assert_eq!(proven.elsewhere(here, at(110), at(111)), None);
        proven.answered.insert(other, at(112));
        assert_eq!(proven.elsewhere(here, at(111), at(113)), Some(true));
    }
}
