//! A door: how one account is entered, and what is known about its credentials.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::aws::ops;
use crate::domain::{AccountId, Region};

use super::identity::{Identity, Keys, Origin, session_name};
use super::{Access, Gate};

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

/// Where the present credentials are known to work.
#[derive(Debug, Default)]
struct Proven {
    /// Of which set of credentials this is known.
    generation: u64,
    regions: BTreeSet<Region>,
    /// Whether they were tried in the partition's home region on purpose, and failed.
    failed_at_home: bool,
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

    /// Notes that a call with these credentials succeeded.
    pub(super) fn worked(&self, keys: &Keys, region: Region) {
        self.with(keys.generation(), |proven| {
            proven.regions.insert(region);
        });
    }

    /// Whether the present credentials work in a region other than this one. Where nothing is known yet, STS is
    /// asked in another region: it knows every valid key, whatever it is allowed to do.
    pub(super) async fn works_elsewhere(self: &Arc<Self>, gate: &Arc<Gate>, here: Region) -> bool {
        let Some(generation) = self.identity.generation() else {
            return false;
        };
        let known = self.with(generation, |proven| {
            if proven.regions.iter().any(|r| *r != here) {
                Some(true)
            } else if proven.failed_at_home {
                Some(false)
            } else {
                None
            }
        });
        if let Some(known) = known {
            return known;
        }
        let Some(other) = home(here) else {
            return false;
        };
        let access = Access::new(Arc::clone(gate), Arc::clone(self), other);
        // Asked through the same way as everything else; boxed because a failed call may itself ask.
        let asked = Box::pin(access.sts(&ops::GET_CALLER_IDENTITY, |sts, with| {
            sts.get_caller_identity()
                .customize()
                .config_override(with)
                .send()
        }));
        self.with(generation, |proven| proven.failed_at_home = true);
        let works = asked.await.is_ok();
        self.with(generation, |proven| proven.failed_at_home = !works);
        works
    }

    fn with<T>(&self, generation: u64, act: impl FnOnce(&mut Proven) -> T) -> T {
        let mut proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        if proven.generation != generation {
            *proven = Proven {
                generation,
                ..Proven::default()
            };
        }
        act(&mut proven)
    }
}

/// A region of the same partition that is always enabled and is not this one.
fn home(here: Region) -> Option<Region> {
    let name = here.as_str();
    let homes: [&str; 2] = if name.starts_with("cn-") {
        ["cn-north-1", "cn-northwest-1"]
    } else if name.starts_with("us-gov-") {
        ["us-gov-west-1", "us-gov-east-1"]
    } else if name.starts_with("us-iso") || name.starts_with("eu-iso") || name.starts_with("eusc-")
    {
        return None;
    } else {
        ["us-east-1", "us-west-2"]
    };
    homes.iter().find(|h| **h != name)?.parse().ok()
}
