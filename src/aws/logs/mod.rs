//! Reading CloudWatch Logs: which groups there are, polling, Live Tail, and which of the two when.
//!
//! ```text
//! groups (names, ARNs, patterns) ─► Target ─┐
//!                                           ├─► reading ─ live ─┐ falls back
//! Wish (since when, which streams, follow) ─┘         └─ poll ◄─┘
//!                                                          └─► Told ─► crate::logs::Tail
//! ```
//!
//! A reader never ends because of a fault and never skips: what could not be read is read later, and where that is not
//! possible a gap is marked.

mod aim;
mod groups;
mod live;
mod pick;
mod poll;
mod query;
mod reading;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::Scope;
use crate::logs::GroupId;

use super::access::Access;

pub use aim::{Hit, Hits, look};
pub use groups::{Described, Found, GroupArn, Pattern, describe, find, last_event};
pub use live::Meter;
pub use pick::{Picked, pick, told};
pub use poll::is_absent;
pub use query::{Inquiry, Querying};
pub use reading::{Mode, Reading};

/// A log group that is read.
#[derive(Clone, Debug)]
pub struct Target {
    /// The number that its lines carry.
    pub group: GroupId,
    /// Its name, as AWS has it.
    pub name: Arc<str>,
    /// The way to its account and region, or to the account that is allowed to read it.
    pub access: Access,
    /// Where the group is; it may be another account's.
    pub scope: Scope,
    /// What is known of its class.
    pub class: Class,
}

/// The class of a log group. What is not known is found out by trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Everything works.
    Standard,
    /// Infrequent access: no Live Tail.
    Infrequent,
    /// Delivery: nothing can be read.
    Delivery,
    /// Nobody said.
    Unknown,
}

impl Target {
    /// Its ARN without the `:*` at the end, as `StartLiveTail` wants it.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:{}:logs:{}:{}:log-group:{}",
            self.scope.region.partition(),
            self.scope.region,
            self.scope.account,
            self.name
        )
    }

    /// Whether it belongs to another account than the one that is asked.
    pub(super) fn is_foreign(&self) -> bool {
        self.scope.account != self.access.account()
    }

    /// What operators call it: account, region and name.
    #[must_use]
    pub fn label(&self) -> String {
        format!(
            "{} {}",
            self.access.place(),
            crate::domain::text::clean(&self.name)
        )
    }
}

/// What of the groups is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// From when on.
    pub since: Timestamp,
    /// Until when; without it until now, or for ever.
    pub until: Option<Timestamp>,
    /// Whether it goes on with what is written later.
    pub follow: bool,
    /// The filter pattern that CloudWatch Logs applies before it sends anything.
    pub pattern: Option<String>,
    /// Which streams.
    pub streams: Streams,
}

/// Which streams of a group are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Streams {
    /// All of them.
    #[default]
    All,
    /// Those with these names, a hundred at most.
    Named(Vec<String>),
    /// Those whose names begin so.
    Prefix(String),
}
