//! Feeds: questions put to AWS, and the batches that answer them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;

use super::fault::Fault;
use super::item::Item;
use super::scope::Scope;

/// Where items come from. The words are part of the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceId {
    /// Which accounts there are (AWS Organizations); yields no items.
    Organizations,
    /// CloudWatch alarms.
    Cloudwatch,
    /// GuardDuty findings.
    Guardduty,
    /// Security Hub findings.
    Securityhub,
    /// OpsCenter OpsItems.
    Opsitems,
    /// Systems Manager maintenance windows.
    Windows,
    /// Systems Manager patch compliance.
    Patches,
    /// AWS Backup jobs.
    Backup,
    /// CloudWatch mute rules.
    Mutes,
    /// Cases of AWS Support.
    Support,
    /// Events of AWS Health.
    Health,
    /// Rules and recorders of AWS Config.
    Config,
    /// Recommendations of Trusted Advisor.
    Trustedadvisor,
    /// Incidents of Incident Manager.
    Incidentmanager,
}

impl SourceId {
    /// Every source.
    pub const ALL: &'static [Self] = &[
        Self::Organizations,
        Self::Cloudwatch,
        Self::Guardduty,
        Self::Securityhub,
        Self::Opsitems,
        Self::Windows,
        Self::Patches,
        Self::Backup,
        Self::Mutes,
        Self::Support,
        Self::Health,
        Self::Config,
        Self::Trustedadvisor,
        Self::Incidentmanager,
    ];

    /// Whether this build can ask it: the SDK crates of some sources are large, and a smaller build goes without them.
    #[must_use]
    pub fn is_built(self) -> bool {
        const LEFT_OUT: &[SourceId] = &[
            #[cfg(not(feature = "config"))]
            SourceId::Config,
            #[cfg(not(feature = "trustedadvisor"))]
            SourceId::Trustedadvisor,
            #[cfg(not(feature = "incidentmanager"))]
            SourceId::Incidentmanager,
        ];
        !LEFT_OUT.contains(&self)
    }

    /// The word in JSON, configuration and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Cloudwatch => "cloudwatch",
            Self::Guardduty => "guardduty",
            Self::Securityhub => "securityhub",
            Self::Opsitems => "opsitems",
            Self::Windows => "windows",
            Self::Patches => "patches",
            Self::Backup => "backup",
            Self::Mutes => "mutes",
            Self::Support => "support",
            Self::Health => "health",
            Self::Config => "config",
            Self::Trustedadvisor => "trustedadvisor",
            Self::Incidentmanager => "incidentmanager",
        }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for SourceId {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|id| id.word() == s)
            .ok_or(())
    }
}

/// Which part of a source a feed asks for, such as `alarm` (only those in ALARM) or `copy` (copy jobs).
/// Names are fixed in the source's own file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice(pub &'static str);

impl Slice {
    /// Everything the source has.
    pub const ALL: Self = Self("all");
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// A question: a source asked from one vantage for one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feed {
    /// What is asked.
    pub source: SourceId,
    /// From where it is asked: the account whose credentials and the region whose endpoint are used.
    pub vantage: Scope,
    /// For which part.
    pub slice: Slice,
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.source, self.vantage, self.slice)
    }
}

/// For which scopes the answer to a feed speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Only for the scope it was asked from.
    Vantage,
    /// For these scopes, which need not include the vantage: a delegated administrator's answer.
    Scopes(Arc<[Scope]>),
}

impl Cover {
    /// Whether the answer speaks for `scope` when asked from `vantage`.
    #[must_use]
    pub fn includes(&self, vantage: Scope, scope: Scope) -> bool {
        match self {
            Self::Vantage => scope == vantage,
            Self::Scopes(scopes) => scopes.contains(&scope),
        }
    }
}

/// One item as one feed knows it. Several feeds may know the same item; the store joins them to a row.
#[derive(Clone, Debug)]
pub struct Record {
    /// The id under which this feed knows it; unique within the feed.
    pub native: Arc<str>,
    /// The item.
    pub item: Item,
}

/// A piece of an answer. Batches of one feed arrive in order; `run` grows with every asking, so that
/// late pieces of an older asking can be told and dropped.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Which feed answers.
    pub feed: Feed,
    /// For which scopes this answer speaks.
    pub covers: Cover,
    /// The number of this asking, growing per feed.
    pub run: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What a batch says.
#[derive(Clone, Debug)]
pub enum Body {
    /// The feed exists and will be asked every so often. It is *loading* until its first end or failure.
    Planned {
        /// Its own interval.
        every: Duration,
    },
    /// The feed is no longer asked (the account left the fleet): its claims go.
    Retired,
    /// An asking has begun.
    Begin,
    /// Some records of a full answer, in any order.
    Page(Vec<Record>),
    /// The full answer is complete: what this feed knew before and was not named again is gone.
    End {
        /// How long the asking took.
        took: Duration,
        /// How many API calls it took.
        calls: u32,
        /// When it is asked again.
        next: Timestamp,
    },
    /// Changes without a full answer (a push, or a read of what changed).
    Changed {
        /// New or changed records.
        upserts: Vec<Record>,
        /// Native ids that are gone.
        removed: Vec<Arc<str>>,
    },
    /// The asking failed; earlier records stay and grow old.
    Failed {
        /// Why.
        fault: Fault,
        /// How long the asking took until it failed.
        took: Duration,
        /// How many API calls it took.
        calls: u32,
        /// When it is asked again.
        next: Timestamp,
    },
}

/// How much a feed can be believed right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedState {
    /// Complete, and younger than twice its interval.
    Fresh,
    /// Complete once, but older than twice its own interval.
    Late,
    /// Not complete for the first time yet.
    Loading,
    /// The service says that it is not enabled: a fact, not a fault.
    Off,
    /// It could not be read: denied, expired, throttled out, unreachable, malformed.
    Blind,
}

impl FeedState {
    /// Every state, in the order in which the header names them.
    pub const ALL: &'static [Self] = &[
        Self::Fresh,
        Self::Late,
        Self::Loading,
        Self::Off,
        Self::Blind,
    ];

    /// The word in JSON and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Late => "late",
            Self::Loading => "loading",
            Self::Off => "off",
            Self::Blind => "blind",
        }
    }
}

impl fmt::Display for FeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
