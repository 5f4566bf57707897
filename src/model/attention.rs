//! What calls an operator who looks elsewhere: the bell, a notification of the desktop, a command of their own.
//!
//! Pure: it hears what changed and says what is due. Whatever arrives within a second is one call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::Severity;
use crate::lifecycle::{Mark, State};
use crate::panes::fact;
use crate::store::{Changes, Row, RowId, Store, export};

/// The least time between two calls: a storm is one ring a second and not a thousand.
const EVERY: Duration = Duration::from_secs(1);

/// Items that a notification names; the others are counted.
const NAMED: usize = 3;

/// Items that a command is told at most.
const TOLD: usize = 100;

/// Hours in which nothing but what is critical calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiet {
    /// On whose clock.
    pub zone: TimeZone,
    /// When they begin.
    pub from: Time,
    /// When they end; before `from` it is the next day.
    pub to: Time,
}

impl Quiet {
    /// Whether it is quiet now.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        let time = now.to_jiff().to_zoned(self.zone.clone()).time();
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// What calls, from which severity on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// The bell of the terminal.
    pub bell: Option<Severity>,
    /// A notification of the desktop.
    pub desktop: Option<Severity>,
    /// A program of this machine with its arguments, and from which severity on it is started.
    pub command: Option<(Severity, Arc<[String]>)>,
    /// After how long it calls again for what nobody has taken; never where there is none.
    pub repeat: Option<Duration>,
    /// When only what is critical calls.
    pub quiet: Option<Quiet>,
}

/// A call that is due.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    /// Whether the bell rings.
    pub bell: bool,
    /// What the desktop is told.
    pub desktop: Option<Arc<str>>,
    /// The program that is started, and the JSON that it reads.
    pub command: Option<(Arc<[String]>, Arc<str>)>,
}

/// What has called and what is to call.
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// What the configuration says.
    pub calls: Calls,
    /// What has come or got worse and is to call as soon as nobody has it and nothing keeps it silent: also when quiet
    /// hours, a mute, a window, a snooze or an acknowledgement end.
    waiting: BTreeSet<RowId>,
    /// What has called and nobody has taken.
    unheard: BTreeSet<RowId>,
    called: Option<Timestamp>,
}

impl Attention {
    /// Notes what changed. What was there when a feed was first read calls nobody: the screen shows it.
    pub fn note(&mut self, changes: &Changes) {
        self.waiting
            .extend(changes.opened.iter().chain(&changes.worse));
        for id in changes.removed.iter().chain(&changes.cleared) {
            self.waiting.remove(id);
            self.unheard.remove(id);
        }
    }

    /// What is to call now, if anything.
    pub fn due(&mut self, store: &Store, now: Timestamp) -> Option<Call> {
        if self.called.is_some_and(|at| now.since(at) < EVERY) {
            return None;
        }
        let loud = |row: &Row| row.is_open() && self.is_loud(row);
        let is_loud = |id: &RowId| store.row(*id).is_some_and(loud);
        let calls = |id: &RowId| store.row(*id).is_some_and(|row| self.calls_for(row, now));
        let known = self.waiting.iter().chain(&self.unheard).copied();
        let known: BTreeSet<RowId> = known.filter(is_loud).collect();
        let (calling, waiting): (BTreeSet<RowId>, BTreeSet<RowId>) =
            known.into_iter().partition(calls);
        let (unheard, new): (BTreeSet<RowId>, Vec<RowId>) = {
            let (heard, new): (Vec<RowId>, Vec<RowId>) = calling
                .into_iter()
                .partition(|id| self.unheard.contains(id));
            (heard.into_iter().collect(), new)
        };
        self.waiting = waiting;
        self.unheard = unheard;
        let repeats = match (self.calls.repeat, self.called) {
            (Some(repeat), Some(at)) if now.since(at) >= repeat => {
                self.unheard.iter().copied().collect()
            }
            _ => Vec::new(),
        };
        if new.is_empty() && repeats.is_empty() {
            return None;
        }
        self.called = Some(now);
        self.unheard.extend(&new);
        Some(self.call(store, &new, &repeats, now))
    }

    /// Whether a row is severe enough for anything that calls.
    fn is_loud(&self, row: &Row) -> bool {
        let command = self.calls.command.as_ref().map(|(severity, _)| *severity);
        let least = [self.calls.bell, self.calls.desktop, command];
        least
            .into_iter()
            .flatten()
            .any(|least| row.severity() >= least)
    }

    /// Whether a row calls now: nobody has it, and nothing says that it is meant to be silent.
    fn calls_for(&self, row: &Row, now: Timestamp) -> bool {
        let is_silent = row.marks().contains(Mark::Win) || row.marks().contains(Mark::Muted);
        let is_quiet = self
            .calls
            .quiet
            .as_ref()
            .is_some_and(|quiet| quiet.holds(now));
        row.state() == State::New
            && !is_silent
            && (!is_quiet || row.severity() == Severity::Critical)
    }

    fn call(&self, store: &Store, new: &[RowId], repeats: &[RowId], now: Timestamp) -> Call {
        let from = |least: Option<Severity>, ids: &[RowId]| -> Vec<RowId> {
            let Some(least) = least else {
                return Vec::new();
            };
            let mut rows: Vec<(Severity, RowId)> = ids
                .iter()
                .filter_map(|id| Some((store.row(*id)?.severity(), *id)))
                .filter(|(severity, _)| *severity >= least)
                .collect();
            rows.sort_by_key(|(severity, id)| (std::cmp::Reverse(*severity), *id));
            rows.into_iter().map(|(_, id)| id).collect()
        };
        let all: Vec<RowId> = new.iter().chain(repeats).copied().collect();
        let desktop = (
            from(self.calls.desktop, new),
            from(self.calls.desktop, repeats),
        );
        let said = match &desktop {
            (new, _) if !new.is_empty() => Some(words(store, new, "")),
            (_, old) if !old.is_empty() => Some(words(store, old, "nobody has: ")),
            _ => None,
        };
        let command = self.calls.command.as_ref().and_then(|(least, program)| {
            // A command is told once of each item: what it does with that is its own.
            let told = from(Some(*least), new);
            let items: Vec<_> = told
                .iter()
                .take(TOLD)
                .filter_map(|id| store.row(*id))
                .map(|row| {
                    let rule = row.rule().and_then(|at| store.rule(at));
                    export::item_json(row, store.roster(), rule)
                })
                .collect();
            let about = json!({ "at": now.to_string(), "count": told.len(), "items": items });
            (!told.is_empty()).then(|| (Arc::clone(program), Arc::from(about.to_string())))
        });
        Call {
            bell: !from(self.calls.bell, &all).is_empty(),
            desktop: said.map(Arc::from),
            command,
        }
    }
}

/// Items in a sentence, the worst first.
fn words(store: &Store, ids: &[RowId], before: &str) -> String {
    let named = ids
        .iter()
        .take(NAMED)
        .filter_map(|id| store.row(*id))
        .map(|row| {
            let account = store.roster().name(row.key().scope.account);
            format!(
                "{} {} in {account}",
                row.severity(),
                fact::what_short(row.item())
            )
        });
    let named: Vec<String> = named.collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{before}{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight_on_the_clock_of_their_zone() {
        let quiet = Quiet {
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            from: Time::constant(22, 0, 0, 0),
            to: Time::constant(6, 0, 0, 0),
        };
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert!(quiet.holds(at("2026-11-21T21:30:00Z")), "22:30 in Berlin");
        assert!(quiet.holds(at("2026-11-21T04:59:00Z")));
        assert!(!quiet.holds(at("2026-11-21T05:00:00Z")), "06:00 in Berlin");
        assert!(!quiet.holds(at("2026-11-21T12:00:00Z")));
        assert!(quiet.holds(at("2026-07-21T20:00:00Z")), "22:00 in summer");
    }
}
