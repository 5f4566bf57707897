//! Reports: figures over weeks, for the people who answer for a fleet rather than for tonight.
//!
//! ```text
//!  history (weeks) ──► hygiene ─┐
//!  store (now) ──┬───► patches ─┼──► Report: figures, tables, definitions ──► plain text · Markdown · CSV · JSON
//!  AWS Backup ───┴───► backups ─┘
//! ```
//!
//! Pure: `noctop report` gathers. A report says what its words mean and what could not be read; a figure that cannot be
//! known is a dash and `null`, never a zero.

pub mod backups;
pub mod hygiene;
pub mod patches;
mod write;

use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::text::plural;
use crate::domain::{Roster, Scope};
use crate::handover::Text;
use crate::history::measure::{Days, Measure, OfDay};
use crate::history::tally::{Day, Tally};

pub use crate::handover::Format;

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading.
    pub title: String,
    /// What it is about, and what could not be read.
    pub about: Vec<Text>,
    /// What is in it; the first is what is written as CSV where nothing else is asked for.
    pub tables: Vec<Table>,
    /// What its words mean.
    pub definitions: Vec<String>,
    /// What a machine reads beside the tables.
    pub head: Value,
    /// Whether anything could not be read.
    pub is_partial: bool,
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How many lines of a long table people are shown.
pub const SHOWN: usize = 25;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in JSON and CSV.
    pub key: &'static str,
    /// Its heading for people.
    pub head: &'static str,
}

/// Makes a column.
#[must_use]
pub const fn column(key: &'static str, head: &'static str) -> Column {
    Column { key, head }
}

/// A table of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name in JSON, and for `--table`.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its lines, as many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// How many of them people are shown, the first ones; machines read all.
    pub shown: usize,
    /// The line that stands there where it has none.
    pub nothing: &'static str,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Noctop's own words.
    Ours(String),
    /// Words of others. Neutralised where they are written.
    Theirs(String),
    /// A count.
    Count(u64),
    /// A number with one decimal.
    Number(f64),
    /// A share, from 0 to 1.
    Share(f64),
    /// A moment.
    At(Timestamp),
    /// Not known.
    Unknown,
}

impl Cell {
    /// Of something that may not be known.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Unknown, cell)
    }

    /// A part of a whole; not known of nothing.
    #[must_use]
    pub fn share(part: u64, of: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
        if of == 0 {
            Self::Unknown
        } else {
            Self::Share(part as f64 / of as f64)
        }
    }
}

/// The accounts of which everything could be read, with nothing counted yet.
fn read_to_the_end(roster: &Roster, unread: &[Unread]) -> OfDay {
    let accounts = roster.iter().map(|account| account.id);
    accounts
        .filter(|id| unread.iter().all(|unread| unread.scope.account != *id))
        .map(|id| (id, Measure::default()))
        .collect()
}

/// A scope that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where.
    pub scope: Scope,
    /// A sentence. Neutralised where it is written.
    pub why: String,
}

/// The day of a moment (UTC).
fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d").to_string()
}

/// What the counts of other days are.
const COUNTED: &str = "Totals and coverage of a day are those that this report counted on it, the last time that it was written on this \
                       machine, of the accounts that could be read to the end then.";

/// What has to be said at once of what could not be read.
fn notes(unread: &[Unread], tally: Result<&Tally, &str>) -> Vec<Text> {
    let mut notes = Vec::new();
    if !unread.is_empty() {
        let count = unread.len();
        notes.push(Text::ours(format!(
            "{count} scope{} could not be read and {} missing in every figure; they stand at the end.",
            plural(count),
            if count == 1 { "is" } else { "are" },
        )));
    }
    if let Err(why) = tally {
        notes.push(Text::ours("The daily figures are not known: ").theirs(why));
    }
    notes
}

/// What could not be read.
fn unread(unread: &[Unread], roster: &Roster) -> Table {
    let row = |unread: &Unread| {
        vec![
            Cell::Theirs(roster.name(unread.scope.account).to_string()),
            Cell::Ours(unread.scope.account.to_string()),
            Cell::Ours(unread.scope.region.to_string()),
            Cell::Theirs(unread.why.clone()),
        ]
    };
    Table {
        name: "unread",
        title: "Not read",
        columns: vec![
            column("account", "account"),
            column("accountId", "id"),
            column("region", "region"),
            column("why", "why"),
        ],
        rows: unread.iter().map(row).collect(),
        shown: SHOWN,
        nothing: "Everything could be read.",
    }
}

/// What share of a day was watched.
fn watched(of: &Day) -> Cell {
    let share = of.watched.as_secs_f64() / of.span.length().as_secs_f64().max(0.001);
    Cell::Share(share.min(1.0))
}

/// A count of a day: none of a day that nobody watched is not calm.
fn seen(of: &Day, count: u32) -> Cell {
    if count == 0 && of.watched.is_zero() {
        Cell::Unknown
    } else {
        Cell::Count(u64::from(count))
    }
}

/// What noctop's own history has of each day: how many stood at its end, and what was counted.
fn days(
    tally: Result<&Tally, &str>,
    counted: &Days,
    title: &'static str,
    [all, good]: [Column; 2],
) -> Table {
    let of_day = |of: &Day| {
        let is_in = |at: &&Timestamp| of.span.from < at.plus(DAY) && **at < of.span.until;
        counted.keys().find(is_in).and_then(|at| counted.get(at))
    };
    let days = tally.map_or(&[][..], |tally| &tally.days).iter();
    let rows = days
        // Before the first console and the first count there is nothing to tell of.
        .skip_while(|of| of.watched.is_zero() && of.standing == 0 && of_day(of).is_none())
        .map(|of| {
            let counted = of_day(of);
            let sum = |count: fn(&Measure) -> u64| counted.map(|day| day.values().map(count).sum());
            let (total, fine) = (sum(|m| m.total), sum(|m| m.good));
            vec![
                Cell::Ours(day(of.span.from)),
                watched(of),
                seen(of, of.came),
                seen(of, of.standing),
                seen(of, of.stale),
                Cell::maybe(counted, |day| {
                    Cell::Count(u64::try_from(day.len()).unwrap_or(u64::MAX))
                }),
                Cell::maybe(total, Cell::Count),
                Cell::maybe(fine, Cell::Count),
                Cell::share(fine.unwrap_or(0), total.unwrap_or(0)),
            ]
        })
        .collect();
    Table {
        name: "days",
        title,
        columns: vec![
            column("day", "day"),
            column("watched", "watched"),
            column("came", "came"),
            column("standing", "at its end"),
            column("stale", "for over a day"),
            column("accounts", "accounts"),
            all,
            good,
            column("coverage", "coverage"),
        ],
        rows,
        shown: usize::MAX,
        nothing: "No console of this machine was watching on any day of it, and no report counted.",
    }
}

#[cfg(test)]
mod tests;
