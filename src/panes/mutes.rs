//! Mutes: the mute rules of CloudWatch, which alarms they keep quiet and for how long. No tab of its own: it is looked
//! at now and then, from the palette.

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::domain::mute::{MuteDetail, MutePhase, MuteRhythm};
use crate::domain::text::{age, count};
use crate::domain::{Detail, Feed, FeedState, ItemKey, Kind, Scope, Slice, SourceId};
use crate::lifecycle::Mark;
use crate::store::projection::{Column as SortBy, SortKey};
use crate::store::{Row, Store};
use crate::theme::Role;

use super::cells::{ACCOUNT, REGION, REGION_SHORT};
use super::facts::{Facts, moment};
use super::{Align, Cell, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, RowLook, Width, fact};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "mutes",
    title: "Mutes",
    short: "Mut",
    place: Place::Palette,
    lists: Lists::Every(&[Kind::Mute]),
    sources: &[SourceId::Mutes],
    columns: &[
        LEFT,
        STATUS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        ALARMS,
        BY,
        NAME,
        NOTE,
    ],
    order: &[SortKey::up(SortBy::Ends)],
    order_name: "what ends first",
    calm: "No mute rule is active or scheduled: every alarm notifies.",
};

const LEFT: Column = Column {
    head: "time",
    width: Width::Fixed(8),
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Ends),
    cell: Cells::Item(left),
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(9),
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(status),
};

const ALARMS: Column = Column {
    head: "alarms",
    width: Width::Fixed(8),
    from: 50,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(alarms),
};

const BY: Column = Column {
    head: "by",
    width: Width::Fixed(8),
    from: 62,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(by),
};

const NAME: Column = Column {
    head: "rule",
    width: Width::Share {
        least: 16,
        most: 40,
        weight: 2,
    },
    from: 110,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::Name),
    cell: Cells::Item(name),
};

const NOTE: Column = Column {
    head: "why",
    width: Width::Share {
        least: 8,
        most: u16::MAX,
        weight: 5,
    },
    from: 0,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(note),
};

fn of<'a>(look: &RowLook<'a>) -> Option<&'a MuteDetail> {
    match &look.row.item().detail {
        Detail::Mute(detail) => Some(detail),
        _ => None,
    }
}

const fn phase_role(phase: MutePhase) -> Role {
    match phase {
        MutePhase::Active => Role::MarkMuted,
        MutePhase::Scheduled => Role::Text,
        MutePhase::Over => Role::TextDim,
    }
}

/// How long it still mutes, or in what time it begins.
fn left<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let Some(d) = of(look) else {
        return Cell::new("", Role::Text);
    };
    let phase = d.phase(look.now);
    let text = match phase {
        MutePhase::Active => match d.current(look.now).and_then(|span| span.until) {
            Some(until) => Cow::Owned(age(until.since(look.now))),
            None => Cow::Borrowed("?"),
        },
        MutePhase::Scheduled => match d.next(look.now) {
            Some(span) => Cow::Owned(format!("in {}", age(span.from.since(look.now)))),
            None => Cow::Borrowed("?"),
        },
        MutePhase::Over => Cow::Borrowed("-"),
    };
    Cell::new(text, phase_role(phase))
}

fn status<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let Some(d) = of(look) else {
        return Cell::new("", Role::Text);
    };
    let phase = d.phase(look.now);
    Cell::new(phase.word(), phase_role(phase))
}

/// How many alarms it names; where some of them are not there, how many are.
fn alarms<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let Some(d) = of(look) else {
        return Cell::new("", Role::Text);
    };
    let named = d.alarms.len();
    if d.unread.is_some() && named == 0 {
        return Cell::new("not read", Role::FeedBlind);
    }
    let gone = gone(d, look.row, look.store, look.now);
    if gone == 0 && named > 0 {
        Cell::new(named.to_string(), Role::Text)
    } else if named == 0 {
        Cell::new("none", Role::TextDim)
    } else {
        Cell::new(format!("{} of {named}", named - gone), Role::TextDim)
    }
}

fn by<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let by = of(look).and_then(|d| d.by.as_deref());
    Cell::new(by.unwrap_or("-"), Role::Text)
}

fn name<'a>(look: &RowLook<'a>) -> Cell<'a> {
    Cell::id(&*look.row.item().name, Role::TextDim)
}

fn note<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let Some(d) = of(look) else {
        return Cell::new("", Role::Text);
    };
    let mut parts = Vec::new();
    if look.row.marks().contains(Mark::Stale) {
        parts.push(Mark::Stale.label().to_owned());
    }
    parts.extend(d.note.as_deref().map(str::to_owned));
    if d.rhythm == MuteRhythm::Recurring {
        parts.extend(schedule(d));
    }
    Cell::new(parts.join(" · "), Role::Text)
}

/// When it mutes and for how long: `cron(0 2 * * *) UTC for 4h00`.
fn schedule(d: &MuteDetail) -> Option<String> {
    let mut text = format!(
        "{} {}",
        d.schedule.as_deref()?,
        d.timezone.as_deref().unwrap_or("UTC")
    );
    if let Some(lasts) = d.lasts {
        text.push_str(" for ");
        text.push_str(&age(std::time::Duration::from_secs(lasts)));
    }
    Some(text)
}

/// One of the alarms that a rule names.
enum Named<'a> {
    /// It is there.
    There(&'a Row),
    /// There is no alarm of this name.
    Gone,
    /// The alarms of its account and region have not been read.
    Unread,
}

fn named<'a>(store: &'a Store, scope: Scope, name: &std::sync::Arc<str>) -> Option<&'a Row> {
    let key = ItemKey {
        kind: Kind::Alarm,
        scope,
        id: std::sync::Arc::clone(name),
    };
    store
        .find(&key)
        .and_then(|id| store.row(id))
        .filter(|row| !row.is_vanished())
}

/// Whether all alarms of a scope are known, so that one that is missing does not exist.
fn knows_alarms(store: &Store, scope: Scope, now: Timestamp) -> bool {
    let feed = Feed {
        source: SourceId::Cloudwatch,
        vantage: scope,
        slice: Slice::ALL,
    };
    store
        .feed(&feed, now)
        .is_some_and(|report| report.success.is_some())
}

/// How many of the alarms that a rule names do not exist; none while that is not known.
fn gone(d: &MuteDetail, row: &Row, store: &Store, now: Timestamp) -> usize {
    let scope = row.key().scope;
    let missing = d
        .alarms
        .iter()
        .filter(|name| named(store, scope, name).is_none())
        .count();
    if missing > 0 && knows_alarms(store, scope, now) {
        missing
    } else {
        0
    }
}

/// What it does right now, as a short sentence.
#[must_use]
pub fn fact(d: &MuteDetail, now: Timestamp) -> String {
    let why = match (&d.by, &d.note) {
        (Some(by), Some(note)) => format!(" · {by}: {note}"),
        (Some(text), None) | (None, Some(text)) => format!(" · {text}"),
        (None, None) => String::new(),
    };
    format!("{}{why}", doing(d, now))
}

fn doing(d: &MuteDetail, now: Timestamp) -> String {
    let whom = if d.unread.is_some() && d.alarms.is_empty() {
        "alarms that could not be read".to_owned()
    } else {
        count(d.alarms.len(), "alarm")
    };
    let clock = |at| fact::clock(at, now);
    match d.phase(now) {
        MutePhase::Active => match d.current(now).and_then(|span| span.until) {
            Some(until) => format!(
                "mutes {whom} until {} (in {})",
                clock(until),
                age(until.since(now))
            ),
            None => format!("mutes {whom}"),
        },
        MutePhase::Scheduled => match d.next(now) {
            Some(span) => format!(
                "will mute {whom} from {} (in {})",
                clock(span.from),
                age(span.from.since(now))
            ),
            None => format!("will mute {whom}"),
        },
        MutePhase::Over => format!("muted {whom}; over"),
    }
}

/// The facts of a mute rule.
pub(super) fn facts(facts: &mut Facts, d: &MuteDetail, row: &Row, store: &Store, now: Timestamp) {
    facts.maybe("not read", d.unread.as_deref());
    match d.current(now) {
        Some(span) => {
            if !span.from.is_unknown() {
                facts.add("muting since", moment(span.from, now));
            }
            facts.add_as(
                "until",
                span.until
                    .map_or_else(|| "not known".to_owned(), |until| moment(until, now)),
                Role::MarkMuted,
            );
        }
        None if d.phase(now) == MutePhase::Scheduled && d.next(now).is_none() => {
            facts.add("next", "not known");
        }
        None => {}
    }
    if let Some(span) = d.next(now) {
        let until = span
            .until
            .map(|until| format!(", until {}", fact::clock(until, now)));
        facts.add(
            "next",
            format!("{}{}", moment(span.from, now), until.unwrap_or_default()),
        );
    }
    facts.add(
        "made by",
        match &d.by {
            Some(by) => format!("{by}, with noctop"),
            None => "not known: CloudWatch does not tell who made a rule".to_owned(),
        },
    );
    facts.maybe("note", d.note.as_deref());
    if let Some(schedule) = schedule(d) {
        facts.add("schedule", format!("{} · {schedule}", d.rhythm.word()));
    }
    if let Some(starts) = d.starts {
        facts.add("not before", moment(starts, now));
    }
    if let Some(expires) = d.expires {
        facts.add("expires", moment(expires, now));
    }
    whom(facts, d, row, store, now);
}

/// Which alarms it names, and how each of them stands.
fn whom(facts: &mut Facts, d: &MuteDetail, row: &Row, store: &Store, now: Timestamp) {
    let scope = row.key().scope;
    let complete = knows_alarms(store, scope, now);
    let gone = gone(d, row, store, now);
    let total = count(d.alarms.len(), "alarm");
    facts.add(
        "mutes",
        if d.alarms.is_empty() && d.unread.is_none() {
            "no alarm: the rule names none".to_owned()
        } else if d.alarms.is_empty() {
            "alarms that could not be read".to_owned()
        } else if gone == d.alarms.len() {
            format!("nothing that is there: {total} named, none exists any more")
        } else if gone > 0 {
            format!("{total}, of which {gone} no longer there")
        } else {
            total
        },
    );
    for name in &d.alarms {
        let alarm = match named(store, scope, name) {
            Some(row) => Named::There(row),
            None if complete => Named::Gone,
            None => Named::Unread,
        };
        let (state, role) = match alarm {
            Named::There(row) => (
                row.item().native_state.to_string(),
                super::cells::state_role(row.state()),
            ),
            Named::Gone => ("not there".to_owned(), Role::TextDim),
            Named::Unread => ("not read".to_owned(), Role::FeedBlind),
        };
        facts.add_as("alarm", format!("{name} · {state}"), role);
    }
}

/// Whether an alarm is muted, and if that cannot be told, why not.
pub(super) fn of_alarm(facts: &mut Facts, row: &Row, store: &Store, now: Timestamp) {
    let feed = Feed {
        source: SourceId::Mutes,
        vantage: row.key().scope,
        slice: Slice::ALL,
    };
    let report = store.feed(&feed, now);
    if let Some(muted) = row.muted() {
        let until = muted.until.map_or_else(
            || "until a time that is not known".to_owned(),
            |until| {
                format!(
                    "until {} (in {})",
                    fact::clock(until, now),
                    age(until.since(now))
                )
            },
        );
        let by = match (&muted.by, &muted.note) {
            (Some(by), Some(note)) => format!(" by {by}: {note}"),
            (Some(by), None) => format!(" by {by}"),
            (None, Some(note)) => format!(": {note}"),
            (None, None) => String::new(),
        };
        facts.add_as("muted", format!("{until}{by}"), Role::MarkMuted);
        facts.add("mute rule", muted.rule.to_string());
    }
    let Some(report) = report else { return };
    match report.state {
        FeedState::Blind => {
            let why = report.fault.as_ref().map(|fault| fault.message.to_string());
            let why = why.unwrap_or_default();
            let text = if row.muted().is_some() || report.success.is_some() {
                format!("by what was read last; by now it may be otherwise. {why}")
            } else {
                format!("not known. {why}")
            };
            facts.add_as("muted", text, Role::FeedBlind);
        }
        FeedState::Loading => facts.add_as("muted", "not read yet", Role::FeedLoading),
        FeedState::Fresh | FeedState::Late | FeedState::Off => {}
    }
}
