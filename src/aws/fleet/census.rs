//! The census: the accounts of the fleet as they are known at one moment, with their doors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::aws::access::Door;
use crate::domain::{Account, AccountId, Roster, Scope, SourceId};

/// One account with its door.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// How it is entered.
    pub door: Arc<Door>,
    /// Whether an organization listed it.
    pub member: bool,
    /// Whether it listed the organization: the management account or a delegated administrator.
    pub lister: bool,
    /// The sources whose service it administers for the organization.
    pub delegated: BTreeSet<SourceId>,
}

/// All accounts at one moment.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// What operators call them.
    pub roster: Roster,
    doors: BTreeMap<AccountId, Arc<Door>>,
    members: BTreeSet<AccountId>,
    lister: Option<AccountId>,
    delegates: BTreeMap<SourceId, AccountId>,
}

impl Census {
    /// A census of these accounts; of one that stands twice, the last entry wins (and it stays a member).
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut doors = BTreeMap::new();
        let mut members = BTreeSet::new();
        let mut lister = None;
        let mut delegates = BTreeMap::new();
        let mut accounts = Vec::new();
        for entry in entries {
            let id = entry.account.id;
            if entry.member {
                members.insert(id);
            }
            if entry.lister {
                lister = Some(id);
            }
            for source in entry.delegated {
                // Several may be named; one is enough, and always the same.
                delegates.entry(source).or_insert(id);
            }
            doors.insert(id, entry.door);
            accounts.push(entry.account);
        }
        Self {
            roster: Roster::new(accounts),
            doors,
            members,
            lister,
            delegates,
        }
    }

    /// The door of an account.
    #[must_use]
    pub fn door(&self, account: AccountId) -> Option<Arc<Door>> {
        self.doors.get(&account).cloned()
    }

    /// Whether an organization listed this account.
    #[must_use]
    pub fn is_member(&self, account: AccountId) -> bool {
        self.members.contains(&account)
    }

    /// The account that listed the organization, if it is watched itself.
    #[must_use]
    pub const fn lister(&self) -> Option<AccountId> {
        self.lister
    }

    /// The delegated administrator of the source's service, if it is watched itself.
    #[must_use]
    pub fn delegate(&self, source: SourceId) -> Option<AccountId> {
        self.delegates.get(&source).copied()
    }

    /// All scopes: every account in each of its regions.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.roster.iter().flat_map(|account| {
            account.regions.iter().map(|&region| Scope {
                account: account.id,
                region,
            })
        })
    }

    /// Whether nothing that anybody can see differs: the doors may be new, but they lead to the same accounts.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.roster == other.roster
            && self.members == other.members
            && self.lister == other.lister
            && self.delegates == other.delegates
            && self.doors.keys().eq(other.doors.keys())
    }
}
