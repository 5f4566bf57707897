//! What is open now, with whom, and what ends in the next shift; and the maintenance windows ahead.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::text::age;
use crate::domain::window::WindowPhase;
use crate::domain::{Detail, Kind};
use crate::lifecycle::State;
use crate::panes::fact;
use crate::store::export;
use crate::store::{Row, Store};

use super::{Entry, Gathered, Section, Text};

pub(super) fn sections(of: &Gathered<'_>) -> Vec<Section> {
    let mut rows: Vec<&Row> = of
        .store
        .rows()
        .map(|(_, row)| row)
        .filter(|row| row.is_open())
        .collect();
    // As the Queue has it: the worst first, then the oldest. An unknown age is not the oldest one.
    rows.sort_by_cached_key(|row| {
        let opened = row.item().opened;
        let key = row.key();
        (
            Reverse(row.severity()),
            opened.is_unknown(),
            opened,
            key.clone(),
        )
    });
    let (held, free): (Vec<&Row>, Vec<&Row>) = rows
        .into_iter()
        .partition(|row| matches!(row.state(), State::Acknowledged | State::Snoozed));
    let mut ending: Vec<(Timestamp, &Row)> = held
        .iter()
        .filter_map(|row| Some((ends(row)?, *row)))
        .filter(|(end, _)| *end <= of.next)
        .collect();
    ending.sort_by_key(|(end, _)| *end);
    let ledger = of.ledger.map(|why| {
        format!("who has what is not known, because the ledger could not be read. {why}")
    });
    let section = |name, title, nothing, lines| Section {
        name,
        title,
        nothing,
        lines,
        unread: ledger.clone(),
    };
    vec![
        section(
            "unowned",
            "Open, and nobody has it",
            "Nothing is open without an owner.",
            of.lines(free, |row| entry(of, row)),
        ),
        section(
            "owned",
            "Open, and somebody has it",
            "Nobody has anything.",
            of.lines(held, |row| entry(of, row)),
        ),
        section(
            "ending",
            "Ends in the next shift",
            "No acknowledgement or snooze ends in the next shift.",
            of.lines(ending, |(end, row)| Entry {
                text: Text::ours(format!("{} ", fact::clock(end, of.now)))
                    .join(named(of.store, row))
                    .join(self::held(row, of.now)),
                json: item(of.store, row),
            }),
        ),
        windows(of),
    ]
}

/// When the acknowledgement or snooze that holds ends.
fn ends(row: &Row) -> Option<Timestamp> {
    let entry = row.entry()?;
    match row.state() {
        State::Acknowledged => entry.held().map(|ack| ack.end.until()),
        State::Snoozed => entry.snooze.as_ref().map(|snooze| snooze.until),
        State::New | State::Clear => None,
    }
}

fn item(store: &Store, row: &Row) -> serde_json::Value {
    let rule = row.rule().and_then(|at| store.rule(at));
    export::item_json(row, store.roster(), rule)
}

/// Severity, place and name of a row.
fn named(store: &Store, row: &Row) -> Text {
    let scope = row.key().scope;
    Text::ours(format!("{} ", row.severity()))
        .theirs(&store.roster().name(scope.account))
        .and(format!(" {} ", scope.region))
        .theirs(&fact::what(row.item()))
}

fn entry(of: &Gathered<'_>, row: &Row) -> Entry {
    let opened = row.item().opened;
    let since = if opened.is_unknown() {
        ", nobody knows since when".to_owned()
    } else {
        format!(", for {}", age(of.now.since(opened)))
    };
    let mut text = named(of.store, row).and(since).join(held(row, of.now));
    if !row.marks().is_empty() {
        text = text.and(format!(", {}", row.marks()));
    }
    Entry {
        text,
        json: item(of.store, row),
    }
}

/// Who has it, until when, and in whose words.
pub(super) fn held(row: &Row, now: Timestamp) -> Text {
    let mut text = Text::default();
    let Some(entry) = row.entry() else {
        return text;
    };
    let words = |text: Text, label: &str, said: Option<&Arc<str>>| match said {
        Some(said) => text.and(format!("{label} ")).theirs(said),
        None => text,
    };
    match row.state() {
        State::Acknowledged => {
            if let Some(ack) = entry.held() {
                text = text
                    .and(", ")
                    .theirs(&ack.owner.operator)
                    .and(format!(" until {}", fact::clock(ack.end.until(), now)));
                text = words(text, ",", ack.note.as_ref());
                text = words(text, ", ticket", ack.ticket.as_ref());
            }
        }
        State::Snoozed => {
            if let Some(snooze) = &entry.snooze {
                text = text
                    .and(", snoozed by ")
                    .theirs(&snooze.by.operator)
                    .and(format!(" until {}", fact::clock(snooze.until, now)));
            }
        }
        State::New => {
            if let Some(ended) = row.ended() {
                text = text.and(format!(", {}", ended.word()));
            }
        }
        State::Clear => return text,
    }
    if let Some(assignment) = &entry.assignment {
        text = text.and(", assigned to ").theirs(&assignment.to);
    }
    if let Some(comment) = entry.comments.last() {
        text = text
            .and(", ")
            .theirs(&comment.by.operator)
            .and(format!(" at {}: ", fact::clock(comment.at, now)))
            .theirs(&comment.text);
    }
    text
}

/// Windows that run now or open before the next shift ends.
fn windows(of: &Gathered<'_>) -> Section {
    let hours = |hours: i32| {
        std::time::Duration::from_secs(u64::try_from(hours).unwrap_or_default() * 3_600)
    };
    let mut ahead: Vec<(Timestamp, Entry)> = Vec::new();
    let mut unread = 0;
    for (_, row) in of.store.rows() {
        let Detail::Window(window) = &row.item().detail else {
            continue;
        };
        if row.is_vanished() {
            continue;
        }
        unread += usize::from(window.phase == WindowPhase::Unread);
        let running = window
            .current
            .as_ref()
            .filter(|_| window.phase == WindowPhase::Running);
        let (from, word) = match (running, window.next) {
            (Some(run), _) => (run.started, "running since"),
            (None, Some(next)) if next > of.now && next <= of.next => (next, "opens"),
            _ => continue,
        };
        let until = from.plus(hours(window.duration_hours));
        let text = Text::ours(format!("{word} {} ", fact::clock(from, of.now)))
            .theirs(&of.store.roster().name(row.key().scope.account))
            .and(format!(" {} ", row.key().scope.region))
            .theirs(&fact::what(row.item()))
            .and(format!(", until {}", fact::clock(until, of.now)));
        let json = json!({
            "id": &*row.key().id,
            "name": &*row.item().name,
            "account": row.key().scope.account.to_string(),
            "region": row.key().scope.region.as_str(),
            "running": running.is_some(),
            "from": from.to_string(),
            "until": until.to_string(),
        });
        ahead.push((from, Entry { text, json }));
    }
    ahead.sort_by_key(|(from, _)| *from);
    let is_partial = of.store.is_partial(&[Kind::Window], of.now);
    Section {
        name: "windows",
        title: "Maintenance windows ahead",
        nothing: "No maintenance window runs or opens before the next shift ends.",
        lines: of.lines(ahead, |(_, entry)| entry),
        unread: match (is_partial, unread) {
            (false, 0) => None,
            (true, _) => {
                Some("some accounts or regions could not be asked for windows.".to_owned())
            }
            (false, n) => Some(format!("the runs of {n} windows could not be read.")),
        },
    }
}
