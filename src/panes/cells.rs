//! The cells that several panes share.

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::domain::text::age;
use crate::domain::{Detail, Kind, Region, Severity};
use crate::lifecycle::{Mark, Marks, State};
use crate::store::Row;
use crate::store::projection::Column as SortBy;
use crate::theme::Role;

use super::{Align, Cell, Cells, Column, Cut, NO_LIMIT, RowLook, Width, fact, folds};

/// The role of a severity.
#[must_use]
pub const fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Critical => Role::SeverityCritical,
        Severity::High => Role::SeverityHigh,
        Severity::Medium => Role::SeverityMedium,
        Severity::Low => Role::SeverityLow,
        Severity::Info => Role::SeverityInfo,
    }
}

/// `* ● C`: whether it is new or worse since you looked, and how bad it is.
pub const SEVERITY: Column = Column {
    head: "  sev",
    width: Width::Fixed(5),
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Severity),
    cell: Cells::Both(severity, folds::severity),
};

/// Since when.
pub const AGE: Column = Column {
    head: "age",
    width: Width::Fixed(5),
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Opened),
    cell: Cells::Both(opened, folds::opened),
};

/// `NEW`, `ACK ana 22m`, `SNZ 2h`, `CLEAR`.
pub const STATE: Column = Column {
    head: "state",
    width: Width::Fixed(12),
    from: WIDE_STATE,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::State),
    cell: Cells::Both(state, folds::state),
};

/// From this list width on marks have a column of their own, where the pane has one.
const MARKS_FROM: u16 = 100;

/// `NEW`, `ACK an`, `SNZ 2h`, `CLEAR`.
pub const STATE_SHORT: Column = Column {
    head: "state",
    width: Width::Fixed(6),
    from: 50,
    until: WIDE_STATE - 1,
    align: Align::Left,
    sort: Some(SortBy::State),
    cell: Cells::Both(state_short, folds::state_short),
};

/// From this list width on the state tells the owner's name and the time left.
const WIDE_STATE: u16 = 140;

/// `FLAP`, `NO DATA`, `WIN`, `MUTED`, `STALE`.
pub const MARKS: Column = Column {
    head: "marks",
    width: Width::Fixed(8),
    from: MARKS_FROM,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Both(marks, folds::marks),
};

/// What operators call the account.
pub const ACCOUNT: Column = Column {
    head: "account",
    width: Width::Share {
        least: 8,
        most: 20,
        weight: 3,
    },
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Account),
    cell: Cells::Both(account, folds::account),
};

/// The region, in four letters.
pub const REGION_SHORT: Column = Column {
    head: "reg",
    width: Width::Fixed(5),
    from: 58,
    until: 109,
    align: Align::Left,
    sort: Some(SortBy::Region),
    cell: Cells::Both(region_short, folds::region_short),
};

/// The region in full.
pub const REGION: Column = Column {
    head: "region",
    width: Width::Fixed(14),
    from: 110,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Region),
    cell: Cells::Both(region, folds::region),
};

/// From this list width on products are written out.
const WHAT_FROM: u16 = 140;

/// Kind and name: what the row is about.
pub const WHAT: Column = Column {
    from: WHAT_FROM,
    until: NO_LIMIT,
    cell: Cells::Both(what, folds::counted_what),
    ..WHAT_SHORT
};

/// Kind and name, with short names of products.
pub const WHAT_SHORT: Column = Column {
    head: "what",
    width: Width::Share {
        least: 14,
        most: 60,
        weight: 4,
    },
    from: 0,
    until: WHAT_FROM - 1,
    align: Align::Left,
    sort: Some(SortBy::Name),
    cell: Cells::Both(what_short, folds::counted_what),
};

/// [`WHAT`] beside a column for marks, which tells of how many rows a fold is.
pub const WHAT_WIDE: Column = Column {
    cell: Cells::Both(what, folds::the_what),
    ..WHAT
};

/// [`WHAT_SHORT`] beside a column for marks.
pub const WHAT_MIDDLE: Column = Column {
    from: MARKS_FROM,
    cell: Cells::Both(what_short, folds::the_what),
    ..WHAT_SHORT
};

/// [`WHAT_SHORT`] where the marks have no room.
pub const WHAT_NARROW: Column = Column {
    until: MARKS_FROM - 1,
    ..WHAT_SHORT
};

/// The name alone, where the pane has one kind only.
pub const NAME: Column = Column {
    head: "name",
    from: 0,
    cell: Cells::Both(name, folds::counted_name),
    ..WHAT
};

/// [`NAME`] beside a column for marks, which tells of how many rows a fold is.
pub const NAME_WIDE: Column = Column {
    from: MARKS_FROM,
    cell: Cells::Both(name, folds::the_name),
    ..NAME
};

/// [`NAME`] where the marks have no room.
pub const NAME_NARROW: Column = Column {
    until: MARKS_FROM - 1,
    ..NAME
};

/// The fact that matters, behind the marks of the row: in panes and on screens that have no column for them.
pub const FACT: Column = Column {
    head: "fact",
    width: Width::Share {
        least: 12,
        most: u16::MAX,
        weight: 5,
    },
    from: 70,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Both(marked_fact, folds::the_fact),
};

/// The fact behind the marks, where the marks' own column has no room.
pub const FACT_NARROW: Column = Column {
    until: MARKS_FROM - 1,
    cell: Cells::Both(marked_fact, folds::short_fact),
    ..FACT
};

/// The fact beside the marks' own column.
pub const FACT_WIDE: Column = Column {
    from: MARKS_FROM,
    cell: Cells::Both(the_fact, folds::the_fact),
    ..FACT
};

fn severity<'a>(look: &RowLook<'a>) -> Cell<'a> {
    severity_cell(look.row.severity(), look.row.marks(), look.ascii)
}

/// `* ● C`, of a severity and the marks beside it.
pub(super) fn severity_cell(severity: Severity, marks: Marks, ascii: bool) -> Cell<'static> {
    let news = if marks.contains(Mark::Worse) {
        if ascii { '^' } else { '↑' }
    } else if marks.contains(Mark::New) {
        '*'
    } else {
        ' '
    };
    let glyph = if ascii {
        severity.ascii()
    } else {
        severity.glyph()
    };
    let letter = severity.letter();
    Cell::new(
        format!(
            "{news} {glyph:<1}{}{letter}",
            if glyph.len() > 1 && ascii { "" } else { " " }
        ),
        severity_role(severity),
    )
}

/// How long something is as it is, `?` where its service does not tell.
#[must_use]
pub fn since(opened: Timestamp, now: Timestamp) -> String {
    if opened.is_unknown() {
        "?".to_owned()
    } else {
        age(now.since(opened))
    }
}

fn opened<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(since(look.row.item().opened, look.now), Role::Text)
}

fn state<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let row = look.row;
    Cell::new(state_words(row, look.now), state_role(row.state()))
}

/// How a row stands, with its owner and the time left: `NEW @ben`, `ACK ana 22m`, `SNZ 2h05`, `CLEAR`.
#[must_use]
pub fn state_words(row: &Row, now: Timestamp) -> Cow<'static, str> {
    let entry = row.entry();
    match row.state() {
        State::Acknowledged => {
            if let Some(ack) = entry.and_then(|entry| entry.held()) {
                let owner: String = ack.owner.operator.chars().take(4).collect();
                let left = age(ack.end.until().since(now));
                return Cow::Owned(format!("ACK {owner} {left}"));
            }
        }
        State::Snoozed => {
            if let Some(snooze) = entry.and_then(|entry| entry.snooze.as_ref()) {
                return Cow::Owned(format!("SNZ {}", age(snooze.until.since(now))));
            }
        }
        // Whose work it is meant to be is worth knowing before anybody takes it.
        State::New => {
            if let Some(assignment) = entry.and_then(|entry| entry.assignment.as_ref()) {
                let to: String = assignment.to.chars().take(7).collect();
                return Cow::Owned(format!("NEW @{to}"));
            }
        }
        State::Clear => {}
    }
    Cow::Borrowed(row.state().label())
}

/// The state in six cells, with the first letters of whoever has it.
pub(super) fn state_short<'a>(look: &RowLook<'a>) -> Cell<'a> {
    state_short_of(look.row, look.now)
}

pub(super) fn state_short_of(row: &Row, now: Timestamp) -> Cell<'static> {
    let role = state_role(row.state());
    let entry = row.entry();
    match row.state() {
        State::Acknowledged => {
            if let Some(ack) = entry.and_then(|entry| entry.held()) {
                let owner: String = ack.owner.operator.chars().take(2).collect();
                return Cell::new(format!("ACK {owner}"), role);
            }
        }
        State::Snoozed => {
            if let Some(snooze) = entry.and_then(|entry| entry.snooze.as_ref()) {
                let left = age(snooze.until.since(now));
                // `1h05` would not fit, and minutes matter little where hours are left.
                let left = left
                    .split_once('h')
                    .map_or(left.clone(), |(h, _)| format!("{h}h"));
                return Cell::new(format!("SNZ{left:>3}"), role);
            }
        }
        State::New | State::Clear => {}
    }
    Cell::new(row.state().label(), role)
}

/// The role of a state.
#[must_use]
pub const fn state_role(state: State) -> Role {
    match state {
        State::New => Role::StateNew,
        State::Acknowledged => Role::StateAck,
        State::Snoozed => Role::StateSnoozed,
        State::Clear => Role::StateClear,
    }
}

/// The marks that are words; the others are signs before the severity.
fn remarks(marks: Marks) -> impl Iterator<Item = Mark> {
    marks
        .iter()
        .filter(|m| !matches!(m, Mark::New | Mark::Worse))
}

/// The marks as words: `FLAP STALE`.
#[must_use]
pub fn mark_words(marks: Marks) -> String {
    remarks(marks)
        .map(Mark::label)
        .collect::<Vec<_>>()
        .join(" ")
}

fn marks<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let marks = look.row.marks();
    let role = match remarks(marks).next() {
        Some(Mark::Win) => Role::MarkWindow,
        Some(Mark::Flap) => Role::MarkFlap,
        Some(Mark::NoData) => Role::MarkNoData,
        Some(Mark::Muted) => Role::MarkMuted,
        Some(Mark::Stale) => Role::MarkStale,
        _ => Role::Mark,
    };
    Cell::new(mark_words(marks), role)
}

fn account<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let id = look.row.key().scope.account;
    match look.roster.get(id) {
        Some(account) => Cell::new(&*account.name, Role::Text),
        None => Cell::new(look.roster.name(id).to_string(), Role::Text),
    }
}

fn region<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(region_text(&look.row.key().scope.region), Role::TextDim)
}

/// A region in words: `global` where it is none.
#[must_use]
pub fn region_text(region: &Region) -> String {
    if *region == Region::GLOBAL {
        "global".to_owned()
    } else {
        region.to_string()
    }
}

fn region_short<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(look.row.key().scope.region.short(), Role::TextDim)
}

fn what<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(fact::what(look.row.item()), Role::TextStrong)
}

fn name<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(look.row.item().name.to_string(), Role::TextStrong)
}

fn what_short<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(fact::what_short(look.row.item()), Role::TextStrong)
}

fn the_fact<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let text = fact::fact(item, look.now).into_owned();
    match item.detail {
        // The name of a resource: its ends tell it from others.
        Detail::Finding(_) => Cell::id(text, Role::Text),
        _ => Cell::new(text, Role::Text),
    }
}

fn marked_fact<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let mut cell = the_fact(look);
    // That there is no data is the fact of such an alarm.
    let words: Vec<_> = remarks(look.row.marks())
        .filter(|mark| *mark != Mark::NoData)
        .map(Mark::label)
        .collect();
    if !words.is_empty() {
        cell.text = format!("{} · {}", words.join(" "), cell.text).into();
        cell.cut = Cut::End;
    }
    cell
}

/// The service's own word for the state.
pub fn native<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::new(look.row.item().native_state.to_string(), Role::TextDim)
}

/// A time as an age, `-` where it is not known.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    if at.is_unknown() {
        "-".to_owned()
    } else {
        age(now.since(at))
    }
}

/// The kind of a row as a word, with the job's or subject's own word where it says more.
pub fn kind<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let word = match &item.detail {
        Detail::Backup(d) => d.job.word(),
        detail => detail.kind().word(),
    };
    Cell::new(word, Role::TextDim)
}

/// Whether a pane of these kinds needs the word of the kind in front of the name.
#[must_use]
pub const fn is_mixed(kinds: &[Kind]) -> bool {
    kinds.len() > 1
}
