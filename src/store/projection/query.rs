//! Queries: which rows a pane shows, and in which order.

use crate::clock::Timestamp;
use crate::domain::{AccountId, Kind, Region, Roster, Severity};
use crate::filter::Filter;
use crate::store::Row;

use super::fold::Folding;

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Severity; ascending is info first.
    Severity,
    /// State in queue order: NEW, then what began inside a maintenance window, then CLEAR.
    State,
    /// When it opened; ascending is oldest first. Ages are sorted by this, never by themselves. What has no known time
    /// comes last in both directions.
    Opened,
    /// When it last changed.
    Changed,
    /// When somebody acknowledged or snoozed it; ascending is longest ago first, and what nobody took comes last.
    Taken,
    /// When a mute ends: the one that holds or comes next. What is no mute, or has no known end, comes last.
    Ends,
    /// The account's name.
    Account,
    /// The region.
    Region,
    /// The kind, in the order of the panes.
    Kind,
    /// The name.
    Name,
    /// The title.
    Title,
    /// The leading source.
    Source,
    /// The state in the service's own word.
    Status,
    /// The resource; rows without one come first.
    Resource,
}

impl Column {
    /// Every column.
    pub const ALL: &'static [Self] = &[
        Self::Severity,
        Self::State,
        Self::Opened,
        Self::Changed,
        Self::Taken,
        Self::Ends,
        Self::Account,
        Self::Region,
        Self::Kind,
        Self::Name,
        Self::Title,
        Self::Source,
        Self::Status,
        Self::Resource,
    ];

    /// The word in commands and configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::State => "state",
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Taken => "taken",
            Self::Ends => "ends",
            Self::Account => "account",
            Self::Region => "region",
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Title => "title",
            Self::Source => "source",
            Self::Status => "status",
            Self::Resource => "resource",
        }
    }
}

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Small ones first.
    #[default]
    Ascending,
    /// Large ones first.
    Descending,
}

/// One key of a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey {
    /// By what.
    pub column: Column,
    /// Which way.
    pub direction: Direction,
}

impl SortKey {
    /// Small ones first.
    #[must_use]
    pub const fn up(column: Column) -> Self {
        Self {
            column,
            direction: Direction::Ascending,
        }
    }

    /// Large ones first.
    #[must_use]
    pub const fn down(column: Column) -> Self {
        Self {
            column,
            direction: Direction::Descending,
        }
    }
}

/// Which rows are let in by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Include {
    /// Only what asks for attention: the Queue.
    #[default]
    Open,
    /// Everything that some feed knows: lists.
    Known,
    /// Also what no feed knows any more and is kept as CLEAR for a while.
    All,
}

/// Which rows, in which order. Empty lists restrict nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Only these kinds.
    pub kinds: Vec<Kind>,
    /// Only what the filter means.
    pub filter: Filter,
    /// Only this severity and worse.
    pub floor: Option<Severity>,
    /// Only these accounts.
    pub accounts: Vec<AccountId>,
    /// Only these regions.
    pub regions: Vec<Region>,
    /// By state.
    pub include: Include,
    /// The order; rows that are equal in all of it are ordered by their identity.
    pub sort: Vec<SortKey>,
    /// Which rows become one line. Neither rows nor counts hang on it.
    pub fold: Folding,
}

/// Severity, then state, then oldest first.
pub const QUEUE_ORDER: [SortKey; 3] = [
    SortKey::down(Column::Severity),
    SortKey::up(Column::State),
    SortKey::up(Column::Opened),
];

impl Query {
    /// Everything that asks for attention, in queue order.
    #[must_use]
    pub fn queue() -> Self {
        Self {
            sort: QUEUE_ORDER.to_vec(),
            ..Self::default()
        }
    }

    /// Everything of these kinds that some feed knows, in queue order.
    #[must_use]
    pub fn list(kinds: &[Kind]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            include: Include::Known,
            sort: QUEUE_ORDER.to_vec(),
            ..Self::default()
        }
    }

    /// Whether its answer is a part of the other's, in the same order, whatever the time.
    pub(super) fn narrows(&self, wider: &Self) -> bool {
        !self.filter.depends_on_time()
            && !wider.filter.depends_on_time()
            && self.filter.narrows(&wider.filter)
            && Self {
                filter: wider.filter.clone(),
                ..self.clone()
            } == *wider
    }

    /// Whether the row could be among those asked for: the cheapest part of the question.
    pub(super) fn may_admit(&self, row: &Row) -> bool {
        (self.include != Include::Open || row.is_open())
            && (self.kinds.is_empty() || self.kinds.contains(&row.key().kind))
    }

    /// Whether the row is among those asked for, the filter aside.
    fn admits(&self, row: &Row) -> bool {
        let key = row.key();
        let included = match self.include {
            Include::Open => row.is_open(),
            Include::Known => !row.is_vanished(),
            Include::All => true,
        };
        included
            && (self.kinds.is_empty() || self.kinds.contains(&key.kind))
            && self.floor.is_none_or(|floor| row.severity() >= floor)
            // What concerns every account, or belongs to no region, is nowhere left out.
            && (self.accounts.is_empty()
                || key.scope.account == AccountId::UNKNOWN
                || self.accounts.contains(&key.scope.account))
            && (self.regions.is_empty()
                || key.scope.region == Region::GLOBAL
                || self.regions.contains(&key.scope.region))
    }

    /// Whether the row is among those asked for.
    #[must_use]
    pub fn matches(&self, row: &Row, roster: &Roster, now: Timestamp) -> bool {
        self.admits(row) && (self.filter.is_all() || self.filter.matches(&row.subject(roster), now))
    }

    /// When time alone may change that.
    pub(super) fn next_change(
        &self,
        row: &Row,
        roster: &Roster,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if self.admits(row) {
            self.filter.next_change(&row.subject(roster), now)
        } else {
            None
        }
    }
}
