//! What operators call an account, and what may be done there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scope::{AccountId, Region};

/// What noctop may do in an account; the stricter of this and the session wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Nothing is changed.
    #[default]
    ReadOnly,
    /// Changes are asked about according to their risk.
    Confirm,
    /// Changes of low risk go through without a question.
    Write,
}

impl Policy {
    /// The word in the configuration and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadOnly => "readonly",
            Self::Confirm => "confirm",
            Self::Write => "write",
        }
    }
}

/// One account of the fleet, under the name that operators use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its twelve digits.
    pub id: AccountId,
    /// What it is called everywhere on the screen; its id where nobody named it.
    pub name: Arc<str>,
    /// From the configuration and, for an organization, from the account's own tags.
    pub tags: BTreeMap<String, String>,
    /// What may be done there.
    pub policy: Policy,
    /// The regions that are watched.
    pub regions: Vec<Region>,
}

/// All accounts of the fleet by id. Grows when an organization has been listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    accounts: BTreeMap<AccountId, Account>,
}

impl Roster {
    /// A roster of these accounts; the last one of an id wins.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        Self {
            accounts: accounts.into_iter().map(|a| (a.id, a)).collect(),
        }
    }

    /// The account with this id, if it is part of the fleet.
    #[must_use]
    pub fn get(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// What operators call this account: its name, or its id where it is not part of the fleet. What is asked before
    /// any account is known is asked for the fleet as a whole, and called so.
    #[must_use]
    pub fn name(&self, id: AccountId) -> Arc<str> {
        if id == AccountId::UNKNOWN {
            return Arc::from("the fleet");
        }
        self.get(id)
            .map_or_else(|| Arc::from(id.to_string()), |a| Arc::clone(&a.name))
    }

    /// All accounts, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// How many accounts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether no account is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}
