//! Folding: many rows as one line – a storm of alike ones, or all that share an account, a region, a tag.
//!
//! Rows are sorted into groups as they come and go; only groups that changed are judged anew (`groups.rs`), and lines
//! are laid over the ordered rows (`lines.rs`). Folding takes no row out of the answer: counts, filters and whoever asks
//! for rows know nothing of it.
//!
//! ```text
//!  rows in order      groups (alike, same severity and state)       lines
//!  ┌───┐              ┌─────────────────────────────┐              ┌────────┐
//!  │ a │───────────►  │ began  ·  ·····  ···  ·     │              │ a      │
//!  │ b1│───────────►  │            └── storm ──┘    │ ───────────► │ ⊞ b1…9 │  where its first member would stand
//!  │ c │              └─────────────────────────────┘              │ c      │
//!  └───┘
//! ```
//!
//! **What is a storm.** Rows of a group by the time at which they began; where more than [`GAP`] lies between two, one
//! storm ends and another begins. A storm of at least so many rows as were asked for is a fold. One that stands stays
//! until it has fewer than half of them, and is not torn where a row in its middle clears, so that nothing flaps on the
//! screen. A fold is of one severity and one state: it hides nothing worse than it shows, and is NEW or ACK as a whole.

mod groups;
mod lines;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alike::likeness;
use crate::domain::{ItemState, Roster, Severity};
use crate::lifecycle::Marks;
use crate::store::{Row, RowId};

use super::key::standing;

pub(super) use groups::Folds;

/// How much time lies between two rows of one storm at most. Alarms are evaluated once in one to five minutes, and many
/// want two or three datapoints, so that what broke at one moment fires within ten minutes.
pub const GAP: Duration = Duration::from_secs(600);

/// Which rows become one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Folding {
    /// None.
    #[default]
    Off,
    /// Storms of at least this many alike rows that ask for attention; none where it is less than two.
    Storms(usize),
    /// All rows that have something in common, however many.
    By(Common),
}

/// What the rows of a fold have in common where it is not a storm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    /// The account.
    Account,
    /// The region.
    Region,
    /// The kind.
    Kind,
    /// The leading source.
    Source,
    /// The resource.
    Resource,
    /// The value of this tag of their account.
    Tag(Arc<str>),
}

impl Folding {
    /// Whether nothing is folded.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        matches!(self, Self::Off | Self::Storms(0 | 1))
    }

    /// In which group a row is: what is alike, and what must not be mixed. None where it stands by itself.
    fn group_of(&self, row: &Row, roster: &Roster) -> Option<(u64, u16)> {
        match self {
            Self::Off => None,
            Self::Storms(_) => {
                let began = !row.item().opened.is_unknown();
                (row.is_open() && began).then(|| (likeness(row.item()), class(row)))
            }
            Self::By(common) => {
                let mut hash = DefaultHasher::new();
                common.of(row, roster).hash(&mut hash);
                Some((hash.finish(), 0))
            }
        }
    }
}

impl fmt::Display for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Region => f.write_str("region"),
            Self::Kind => f.write_str("kind"),
            Self::Source => f.write_str("source"),
            Self::Resource => f.write_str("resource"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
        }
    }
}

impl Common {
    /// What a row has of it, in words; empty where it has none.
    #[must_use]
    pub fn of(&self, row: &Row, roster: &Roster) -> Arc<str> {
        let key = row.key();
        match self {
            Self::Account => roster.name(key.scope.account),
            Self::Region => key.scope.region.as_str().into(),
            Self::Kind => key.kind.word().into(),
            Self::Source => row.source().map_or("", |source| source.word()).into(),
            Self::Resource => row.item().resource.clone().unwrap_or_default(),
            Self::Tag(tag) => roster
                .get(key.scope.account)
                .and_then(|account| account.tags.get(&**tag))
                .map_or("", String::as_str)
                .into(),
        }
    }

    /// What is grouped by, as a command's argument says it: `account`, `tag:env`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "account" => Self::Account,
            "region" => Self::Region,
            "kind" => Self::Kind,
            "source" => Self::Source,
            "resource" => Self::Resource,
            other => Self::Tag(
                other
                    .strip_prefix("tag:")
                    .filter(|tag| !tag.is_empty())?
                    .into(),
            ),
        })
    }
}

/// What must not be mixed within a storm: severity, state and whether it has gone silent.
fn class(row: &Row) -> u16 {
    let silent = row.item().state == ItemState::NoData;
    u16::from(row.severity() as u8) << 8 | u16::from(standing(row)) << 1 | u16::from(silent)
}

/// What a fold is for as long as it stands: what is alike in it, and when the first and the last of it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldKey {
    like: u64,
    class: u16,
    from: Timestamp,
    to: Timestamp,
}

impl FoldKey {
    /// Whether both mean the same fold, although it has grown or shrunk between them.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.class == other.class && self.is_storm_of(other)
    }

    /// Whether both are of the same storm, however its rows stand.
    fn is_storm_of(&self, other: &Self) -> bool {
        self.like == other.like && self.from <= other.to && other.from <= self.to
    }
}

/// Many rows in one line.
#[derive(Clone, Debug)]
pub struct Fold {
    key: FoldKey,
    group: u32,
    range: Range<usize>,
    lead: RowId,
    line: usize,
    is_open: bool,
    /// How many accounts its rows live in.
    pub accounts: usize,
    /// How many regions.
    pub regions: usize,
    /// Rows that ask for attention, by severity; index with `severity as usize`. A storm has one.
    pub severities: [usize; Severity::ALL.len()],
    /// The marks that any of its rows has.
    pub marks: Marks,
    /// When the first of them began.
    pub oldest: Timestamp,
    /// When the last of them began.
    pub newest: Timestamp,
    /// Whether all of them stand in the same way with the same operator.
    pub is_uniform: bool,
    /// When the first acknowledgement or snooze among them ends; unknown where there is none.
    pub until: Timestamp,
}

impl Fold {
    /// Its identity.
    #[must_use]
    pub const fn key(&self) -> FoldKey {
        self.key
    }

    /// How many rows it stands for.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a fold is never empty")]
    pub const fn len(&self) -> usize {
        self.range.end - self.range.start
    }

    /// The first of its rows in the order of the answer: where it stands, and what it looks like.
    #[must_use]
    pub const fn lead(&self) -> RowId {
        self.lead
    }

    /// Whether its rows are shown below it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The highest severity of those that ask for attention.
    #[must_use]
    pub fn severity(&self) -> Severity {
        let mut worst = Severity::Info;
        for severity in Severity::ALL {
            if self.severities[*severity as usize] > 0 && *severity > worst {
                worst = *severity;
            }
        }
        worst
    }
}

/// One line of a list.
#[derive(Clone, Copy, Debug)]
pub enum Line<'a> {
    /// A row by itself.
    Row(RowId),
    /// A fold.
    Fold(&'a Fold),
    /// A row below its opened fold.
    Member(RowId),
}

#[cfg(test)]
mod tests;
