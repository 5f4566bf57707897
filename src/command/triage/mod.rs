//! Taking, giving back, hiding, remarking, handing over: what operators write into the ledger. Nothing in AWS changes.

mod form;
mod intention;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::ItemKey;
use crate::ledger::{Act, Verb};
use crate::lifecycle::{End, Entry, State};
use crate::model::form::FormFor;
use crate::model::{Acting, Action, Effect, Effects, Gesture, Model, RowKey, Tone};
use crate::panes::fact;
use crate::store::Row;
use crate::store::projection::{Column, SortKey};

use super::change;

use form::ask;
pub use form::{picks, submit};
pub use intention::Intention;

/// Label of the field for the end of an acknowledgement or snooze.
const UNTIL: &str = "for";

/// Label of the field for a note or remark.
const NOTE: &str = "note";

/// Label of the field for a ticket.
const TICKET: &str = "ticket";

/// Label of the field for an operator's name.
const TO: &str = "to";

/// Label of the field that asks whether AWS is told too.
const ALSO: &str = "in AWS";

/// What that field offers: nothing, or to write the acknowledgement through.
const ALSO_NOT: &str = "no";

/// The items that a verb is aimed at: the marked ones, on the screen or not, or else the one under the cursor, or those
/// of the fold under the cursor as they are now. What joins it later is not meant.
pub(super) fn aimed(model: &Model, action: &Action) -> Vec<ItemKey> {
    let pane = model.pane();
    let items = |key: RowKey| match key {
        RowKey::Item(key) => Some(key),
        RowKey::Fold(_) | RowKey::Feed(_) | RowKey::Run(_) | RowKey::Account(_) => None,
    };
    if pane.marked.is_empty() {
        let target = action.target.iter();
        target
            .flat_map(|key| pane.items_of(&model.store, key))
            .filter_map(items)
            .collect()
    } else {
        pane.marked.iter().cloned().filter_map(items).collect()
    }
}

/// One row at once; folds go through a dialog, and so does whatever is marked, because marks may be off the screen.
fn is_at_once(model: &Model, action: &Action) -> bool {
    model.pane().marked.is_empty() && !matches!(action.target, Some(RowKey::Fold(_)))
}

pub(super) fn acknowledge(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    if !is_at_once(model, action) {
        return ask(model, FormFor::Acknowledge, targets);
    }
    let Some(row) = targets.first().and_then(|key| model.row(key)) else {
        return refuse(model, "That row has gone; nothing was acknowledged.");
    };
    if let Err(why) = fit(FormFor::Acknowledge, row, &model.acting, model.now) {
        return refuse(model, format!("{}: {why}", fact::what(row.item())));
    }
    let end = model.acting.lasting.default_end(row.severity(), model.now);
    let what = format!("Acknowledged {}", fact::what(row.item()));
    let verb = take(row, end, None, None);
    let key = row.key().clone();
    send(model, FormFor::Acknowledge, &what, vec![(key, verb)])
}

pub(super) fn edit(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    let is_held = |key: &ItemKey| {
        model
            .row(key)
            .is_some_and(|row| row.state() == State::Acknowledged)
    };
    let purpose = if !targets.is_empty() && targets.iter().all(is_held) {
        FormFor::Edit
    } else {
        FormFor::Acknowledge
    };
    ask(model, purpose, targets)
}

pub(super) fn take_over(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    ask(model, FormFor::TakeOver, targets)
}

pub(super) fn release(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    if !is_at_once(model, action) {
        return ask(model, FormFor::Release, targets);
    }
    let Some(row) = targets.first().and_then(|key| model.row(key)) else {
        return refuse(model, "That row has gone; nothing was given back.");
    };
    if let Err(why) = fit(FormFor::Release, row, &model.acting, model.now) {
        return refuse(model, format!("{}: {why}", fact::what(row.item())));
    }
    let what = format!("Gave back {}", fact::what(row.item()));
    let Some(verb) = give_back(row) else {
        return Effects::new();
    };
    let key = row.key().clone();
    send(model, FormFor::Release, &what, vec![(key, verb)])
}

pub(super) fn snooze(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    ask(model, FormFor::Snooze, targets)
}

pub(super) fn comment(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    ask(model, FormFor::Comment, targets)
}

pub(super) fn assign(model: &mut Model, action: &Action) -> Effects {
    let targets = aimed(model, action);
    ask(model, FormFor::Assign, targets)
}

pub(super) fn acks(model: &mut Model, action: &Action) -> Effects {
    let show = Action {
        argument: Arc::from("queue state:ack,snz"),
        ..action.clone()
    };
    let effects = super::pane::show(model, &show);
    model.pane_mut().order = vec![SortKey::up(Column::Taken)];
    model.ask_again(model.active);
    effects
}

pub(super) fn undo(model: &mut Model, _: &Action) -> Effects {
    let Some(undo) = model.acting.undo.last().cloned() else {
        return refuse(model, "There is nothing to take back.");
    };
    if !undo.change.is_empty() {
        return change::take_back(model, undo);
    }
    model.acting.undo.pop();
    let what = format!("Taken back: {}", undo.what);
    let now = model.now;
    let acts: Vec<_> = undo
        .verbs
        .into_iter()
        .filter(|(_, verb)| !is_over(verb, now))
        .map(|(key, verb)| model.acting.act(key, verb, now))
        .collect();
    if acts.is_empty() {
        return refuse(model, "What would be taken back has ended meanwhile.");
    }
    dispatch(
        model,
        Gesture {
            what: what.into(),
            undo: Vec::new(),
            through: None,
        },
        acts,
    )
}

/// Whether an act would write down something that has already ended.
fn is_over(verb: &Verb, now: Timestamp) -> bool {
    match verb {
        Verb::Acknowledge { end, .. } | Verb::Edit { end, .. } | Verb::TakeOver { end, .. } => {
            end.until() <= now
        }
        Verb::Snooze { until, .. } => *until <= now,
        _ => false,
    }
}

fn refuse(model: &mut Model, why: impl Into<Arc<str>>) -> Effects {
    model.say(Tone::Refused, why);
    Effects::new()
}

/// Whether a verb fits a row as it is, and if not, why not: the end of a sentence that begins with the row's name.
fn fit(purpose: FormFor, row: &Row, acting: &Acting, now: Timestamp) -> Result<(), String> {
    let held = row.entry().and_then(|entry| entry.held());
    match (purpose, row.state()) {
        (FormFor::Comment, _) => Ok(()),
        (_, State::Clear) => Err("it asks for nothing; there is nothing to take.".to_owned()),
        (FormFor::Acknowledge, State::Acknowledged) => {
            let until = held.map_or_else(String::new, |ack| {
                format!(" until {}", fact::clock(ack.end.until(), now))
            });
            Err(match held {
                Some(ack) if !acting.is_me(&ack.owner) => {
                    format!(
                        "{} has it{until}; take it over if it must be yours.",
                        ack.owner
                    )
                }
                _ => format!("you have it already{until}; its end and note can be changed."),
            })
        }
        (FormFor::TakeOver, State::New | State::Snoozed) => {
            Err("nobody has it; acknowledge it.".to_owned())
        }
        (FormFor::Edit, State::New | State::Snoozed) => {
            Err("nobody has acknowledged it.".to_owned())
        }
        (FormFor::Release, State::New) => Err("nobody has it.".to_owned()),
        _ => Ok(()),
    }
}

fn take(row: &Row, end: End, note: Option<Arc<str>>, ticket: Option<Arc<str>>) -> Verb {
    Verb::Acknowledge {
        episode: row.item().episode,
        severity: row.severity(),
        end,
        note,
        ticket,
    }
}

fn version(row: &Row) -> u64 {
    row.entry().map_or(0, |entry| entry.version)
}

/// What gives a row back: an acknowledgement is released, a snooze ended.
fn give_back(row: &Row) -> Option<Verb> {
    let seen = version(row);
    match row.state() {
        State::Acknowledged => Some(Verb::Release { seen }),
        State::Snoozed => Some(Verb::Unsnooze { seen }),
        State::New | State::Clear => None,
    }
}

/// Sends verbs on their way and remembers what takes them back.
fn send(model: &mut Model, purpose: FormFor, what: &str, verbs: Vec<(ItemKey, Verb)>) -> Effects {
    send_through(model, purpose, what, verbs, None)
}

/// The same; with a note, what the ledger grants is written through to the services that have a word for it.
fn send_through(
    model: &mut Model,
    purpose: FormFor,
    what: &str,
    verbs: Vec<(ItemKey, Verb)>,
    through: Option<Arc<str>>,
) -> Effects {
    let now = model.now;
    let undo = verbs
        .iter()
        .filter_map(|(key, verb)| {
            let before = model.store.entry_of(key).map(AsRef::as_ref);
            inverse(purpose, verb, before).map(|verb| (key.clone(), verb))
        })
        .collect();
    let acts: Vec<_> = verbs
        .into_iter()
        .map(|(key, verb)| model.acting.act(key, verb, now))
        .collect();
    dispatch(
        model,
        Gesture {
            what: what.into(),
            undo,
            through,
        },
        acts,
    )
}

fn dispatch(model: &mut Model, gesture: Gesture, acts: Vec<Act>) -> Effects {
    model.acting.waiting += acts.len();
    vec![Effect::Write(gesture, acts)]
}

/// What takes a verb back; its version is filled in when the ledger has answered. A remark and a take-over stay.
fn inverse(purpose: FormFor, verb: &Verb, before: Option<&Entry>) -> Option<Verb> {
    match (purpose, verb) {
        (FormFor::Acknowledge, _) => Some(Verb::Release { seen: 0 }),
        (FormFor::Snooze, _) => Some(Verb::Unsnooze { seen: 0 }),
        (FormFor::Release, Verb::Unsnooze { .. }) => {
            let entry = before?;
            let snooze = entry.snooze.as_ref()?;
            Some(Verb::Snooze {
                seen: 0,
                episode: entry.episode,
                severity: snooze.severity,
                until: snooze.until,
            })
        }
        (FormFor::Release, _) => {
            let entry = before?;
            let ack = entry.held()?;
            Some(Verb::Acknowledge {
                episode: entry.episode,
                severity: ack.severity,
                end: ack.end,
                note: ack.note.clone(),
                ticket: ack.ticket.clone(),
            })
        }
        (FormFor::Edit, _) => {
            let ack = before?.held()?;
            Some(Verb::Edit {
                seen: 0,
                end: ack.end,
                note: ack.note.clone(),
                ticket: ack.ticket.clone(),
            })
        }
        (FormFor::Assign, Verb::Assign { episode, .. }) => Some(Verb::Assign {
            seen: 0,
            episode: *episode,
            to: before
                .and_then(|entry| entry.assignment.as_ref())
                .map(|assignment| Arc::clone(&assignment.to)),
        }),
        _ => None,
    }
}
