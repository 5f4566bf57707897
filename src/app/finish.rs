//! What came of effects.

use std::sync::Arc;

use crate::command;
use crate::keymap::Layer;
use crate::ledger::{Miss, Seat};
use crate::model::form::Results;
use crate::model::{Effects, Gesture, Model, Outcome, Overlay, RawBody, Told, Tone, Undo, Written};
use crate::panes::fact;

pub(super) fn finished(model: &mut Model, outcome: Outcome) -> Effects {
    match outcome {
        Outcome::Raw(asked, result) => {
            // The operator may have closed it or asked for another item since.
            if let Some(Overlay::Raw { key, body, .. }) = &mut model.overlay
                && *key == asked
            {
                *body = match result {
                    Ok(text) => RawBody::Lines(text.lines().map(Arc::from).collect()),
                    Err(fault) => RawBody::Failed(fault),
                };
            }
        }
        Outcome::Link(Err(why)) | Outcome::Unjournalled(why) | Outcome::Uncalled(why) => {
            model.say(Tone::Refused, why)
        }
        Outcome::Link(Ok(())) => {}
        Outcome::Looked(looked) => model.closers.take_in(*looked),
        Outcome::Gathered(gathering) => command::handover::take_in(model, &gathering),
        Outcome::Saved(Ok(place)) => model.say(Tone::Done, place),
        Outcome::Saved(Err(why)) => model.say(Tone::Refused, why),
        Outcome::Persisted(outcome) => {
            if let Some(why) = model.recorder.written(outcome) {
                model.say(Tone::Refused, why);
            }
        }
        Outcome::Written(gesture, answers) => return written(model, gesture, answers),
        Outcome::Preflight(preflight) => command::change::take_in(model, preflight),
        Outcome::Came(came) => return super::came::came(model, *came),
        Outcome::Closed(closed) => super::came::closed(model, &closed),
        Outcome::Documents(scope, listed) => command::runbook::documents(model, scope, listed),
        Outcome::Described(name, found) => return command::runbook::described(model, &name, found),
        Outcome::Ready(ready) => command::runbook::ready(model, ready),
        Outcome::Started(started) => command::runbook::started(model, &started),
        Outcome::RunAsked(asked) => command::runbook::asked(model, &asked),
        Outcome::Runs(runs) => model.runbooks.runs = runs,
        Outcome::Queried(told) => return command::query::told(model, *told),
        Outcome::Trail(told) => return command::trail::told(model, told),
        Outcome::Sighted(sighted) => return command::log::sighted(model, sighted),
        Outcome::Tailed(tailed) => {
            let said = tailed.said.clone();
            if let Some(viewer) = model.logs.of(tailed.number) {
                viewer.take(&tailed);
                if let Some(said) = said {
                    model.say(Tone::Refused, said);
                }
            }
        }
        Outcome::Told(told) => return self::told(model, told),
    }
    Effects::new()
}

/// Takes in what the ledger made of a gesture, and says it: one line for one item, a list where anything was refused.
fn written(model: &mut Model, gesture: Gesture, answers: Vec<Written>) -> Effects {
    let now = model.now;
    model.acting.waiting = model.acting.waiting.saturating_sub(answers.len());
    let mut lines = Vec::new();
    let mut entries = Vec::new();
    let mut undo = Vec::new();
    let mut is_local = false;
    let mut granted = Vec::new();
    for Written { act, outcome } in answers {
        let name: Arc<str> = model.row(&act.key).map_or_else(
            || Arc::clone(&act.key.id),
            |row| Arc::from(fact::what(row.item())),
        );
        match outcome {
            Ok(kept) => {
                let version = kept.entry.version;
                is_local |= kept.seat == Seat::Outbox;
                undo.extend(
                    gesture
                        .undo
                        .iter()
                        .filter(|(key, _)| *key == act.key)
                        .map(|(key, verb)| (key.clone(), verb.clone().with_seen(version))),
                );
                entries.push(kept.entry);
                // What only waits in the outbox has not been won yet.
                if kept.seat != Seat::Outbox {
                    granted.push(act.key.clone());
                }
                lines.push((name, Arc::from("done"), true));
            }
            Err(Miss::Refused(refusal)) => {
                lines.push((name, Arc::from(refusal.told(now)), false));
                entries.extend(refusal.entry().cloned());
            }
            Err(Miss::Failed(trouble)) => {
                lines.push((name, Arc::from(trouble.message), false));
            }
        }
    }
    let changes = model.store.learn(entries, now);
    model.note(&changes);
    // Consoles carry by themselves; nobody waits for word of it.
    if gesture.what.is_empty() {
        return Effects::new();
    }
    model.acting.remember(Undo {
        what: Arc::clone(&gesture.what),
        verbs: undo,
        change: Vec::new(),
    });
    let effects = match &gesture.through {
        Some(note) => command::change::followed(model, &granted, note),
        None => Effects::new(),
    };
    let refused = lines.iter().filter(|(_, _, is_done)| !is_done).count();
    match lines.as_slice() {
        [(name, why, false)] => model.say(Tone::Refused, format!("{name}: {why}")),
        _ if refused > 0 => {
            let done = lines.len() - refused;
            // What was refused comes first: it is what is left to do.
            lines.sort_by_key(|(_, _, is_done)| *is_done);
            model.show(Overlay::Results(Results {
                title: format!("{}: {done} done, {refused} not", gesture.what).into(),
                lines,
                scroll: 0,
            }));
        }
        _ => {
            let only = if is_local {
                " LOCAL ONLY: the ledger is away; colleagues see it when it is back."
            } else {
                ""
            };
            let undo = model
                .chords(&[Layer::List, Layer::Global], "triage.undo")
                .into_iter()
                .next()
                .filter(|_| !gesture.undo.is_empty())
                .map(|key| format!(" {key} takes it back."))
                .unwrap_or_default();
            model.say(Tone::Done, format!("{}.{only}{undo}", gesture.what));
        }
    }
    effects
}

/// Takes in what the ledger told by itself.
fn told(model: &mut Model, told: Told) -> Effects {
    model.acting.reach = told.reach;
    let Some(news) = told.news else {
        return Effects::new();
    };
    let changes = if news.whole {
        model.store.relearn(news.entries, model.now)
    } else {
        model.store.learn(news.entries, model.now)
    };
    model.note(&changes);
    let effects = super::carry::carry(model, &changes);
    if news.lost.is_empty() {
        return effects;
    }
    let now = model.now;
    let lines: Vec<_> = news
        .lost
        .iter()
        .map(|(act, refusal)| {
            let name = model.row(&act.key).map_or_else(
                || Arc::clone(&act.key.id),
                |row| Arc::from(fact::what(row.item())),
            );
            let by = match act.who == model.acting.who {
                true => String::new(),
                false => format!(" by {}", act.who.owner),
            };
            let why = format!("{}{by}: {}", act.verb.word(), refusal.told(now));
            (name, Arc::from(why), false)
        })
        .collect();
    match (lines.as_slice(), model.overlay.is_some()) {
        ([(name, why, _)], _) => model.say(Tone::Refused, format!("{name}: {why}")),
        (many, true) => model.say(
            Tone::Refused,
            format!(
                "{} acts of yours were refused when the ledger came back.",
                many.len()
            ),
        ),
        (_, false) => model.show(Overlay::Results(Results {
            title: "Refused when the ledger came back".into(),
            lines,
            scroll: 0,
        })),
    }
    effects
}

pub(super) fn say_problems(model: &mut Model, problems: &[Arc<str>]) {
    match problems {
        [] => model.say(Tone::Done, "Theme and configuration were read again."),
        [one] => model.say(Tone::Refused, Arc::clone(one)),
        [first, rest @ ..] => {
            model.say(
                Tone::Refused,
                format!(
                    "{first} (and {} more: `noctop config check` lists them)",
                    rest.len()
                ),
            );
        }
    }
}
