//! Taking, giving back, hiding, remarking, handing over: what operators write into the ledger. Nothing in AWS changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::ItemKey;
use crate::ledger::{Act, Verb};
use crate::lifecycle::{End, Entry, Pick, State};
use crate::model::form::{Check, Entered, Field, Form, FormFor};
use crate::model::{Acting, Action, Effect, Effects, Gesture, Model, Overlay, RowKey, Tone};
use crate::panes::fact;
use crate::store::Row;
use crate::store::projection::{Column, SortKey};

use super::change;

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
        RowKey::Fold(_) | RowKey::Feed(_) | RowKey::Run(_) => None,
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

/// Opens the form for a verb.
fn ask(model: &mut Model, purpose: FormFor, targets: Vec<ItemKey>) -> Effects {
    let (able, about) = summary(model, purpose, &targets);
    if able.is_empty() {
        let why = about
            .last()
            .cloned()
            .unwrap_or_else(|| Arc::from("There is no item under the cursor."));
        return refuse(model, why);
    }
    let only = match able.as_slice() {
        [one] => model.row(one),
        _ => None,
    };
    let held = only
        .and_then(Row::entry)
        .and_then(|entry| entry.held())
        .cloned();
    let worst = able
        .iter()
        .filter_map(|key| model.row(key))
        .map(Row::severity)
        .min_by_key(|s| crate::domain::Severity::ALL.iter().position(|x| x == s));
    let picks = || -> Vec<Arc<str>> { Pick::QUICK.iter().map(|p| p.word().into()).collect() };
    let usual = worst.map_or(1, |severity| {
        let default = model.acting.lasting.default_end(severity, model.now);
        Pick::QUICK
            .iter()
            .position(|pick| {
                model
                    .acting
                    .lasting
                    .end(*pick, severity, model.now, model.acting.shift_end)
                    == default
            })
            .unwrap_or(1)
    });
    let text = |of: Option<&Arc<str>>| of.map_or("", AsRef::as_ref).to_owned();
    let note = text(held.as_ref().and_then(|ack| ack.note.as_ref()));
    let ticket = text(held.as_ref().and_then(|ack| ack.ticket.as_ref()));
    let rows: Vec<&Row> = able.iter().filter_map(|key| model.row(key)).collect();
    let also = change::through(&rows, &model.store);
    let fields = match purpose {
        FormFor::Acknowledge => {
            let mut fields = vec![
                Field::pick(UNTIL, picks(), usual),
                Field::line(NOTE, ""),
                Field::line(TICKET, ""),
            ];
            // A choice of its own, and never the one that stands there at first.
            if let Some(also) = also {
                let offers = vec![Arc::from(ALSO_NOT), Arc::from(also)];
                fields.push(Field::pick(ALSO, offers, 0));
            }
            fields
        }
        FormFor::Edit => vec![
            Field::pick(UNTIL, picks(), usual),
            Field::line(NOTE, &note),
            Field::line(TICKET, &ticket),
        ],
        FormFor::TakeOver => vec![Field::pick(UNTIL, picks(), usual)],
        FormFor::Snooze => vec![Field::pick(UNTIL, picks()[..4].to_vec(), 1)],
        FormFor::Comment => vec![Field::line(NOTE, "")],
        FormFor::Assign => vec![Field::line(TO, "")],
        FormFor::Release | FormFor::Change(_) | FormFor::Run => Vec::new(),
    };
    let title = title(purpose, able.len());
    model.show(Overlay::Form(Form {
        title: title.into(),
        about,
        purpose,
        targets: able,
        fields,
        focused: 0,
        error: None,
        scroll: 0,
        check: Check::Clear,
        phrase: None,
        request: None,
        prepared: None,
    }));
    Effects::new()
}

fn title(purpose: FormFor, count: usize) -> String {
    let verb = match purpose {
        FormFor::Acknowledge => "Acknowledge",
        FormFor::Edit => "Change the acknowledgement of",
        FormFor::TakeOver => "Take over",
        FormFor::Release => "Give back",
        FormFor::Snooze => "Snooze",
        FormFor::Comment => "Comment on",
        FormFor::Assign => "Assign",
        FormFor::Change(_) => "Change",
        FormFor::Run => "Run",
    };
    match count {
        1 => format!("{verb} 1 item"),
        n => format!("{verb} {n} items"),
    }
}

/// The targets that the verb fits, and what the operator is told before saying yes: what, in which accounts, what not.
fn summary(model: &Model, purpose: FormFor, targets: &[ItemKey]) -> (Vec<ItemKey>, Vec<Arc<str>>) {
    let mut able = Vec::new();
    let mut unfit: BTreeMap<String, usize> = BTreeMap::new();
    let mut accounts: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for key in targets {
        match model
            .row(key)
            .map(|row| fit(purpose, row, &model.acting, model.now))
        {
            Some(Ok(())) => {
                able.push(key.clone());
                *accounts
                    .entry(model.roster().name(key.scope.account))
                    .or_default() += 1;
            }
            Some(Err(why)) => *unfit.entry(why).or_default() += 1,
            None => *unfit.entry("it has gone.".to_owned()).or_default() += 1,
        }
    }
    let mut about: Vec<Arc<str>> = Vec::new();
    if let [one] = able.as_slice()
        && let Some(row) = model.row(one)
    {
        about.push(fact::what(row.item()).into());
    }
    let named: Vec<_> = accounts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if !named.is_empty() {
        about.push(named.join(" · ").into());
    }
    for (why, count) in unfit {
        about.push(if targets.len() == 1 {
            Arc::from(why)
        } else {
            Arc::from(format!("{count} left out: {why}"))
        });
    }
    (able, about)
}

/// Takes a form: writes down what it says, or shows in place why it cannot.
pub fn submit(model: &mut Model) -> Effects {
    let Some(Overlay::Form(form)) = &model.overlay else {
        return Effects::new();
    };
    let form = form.clone();
    if let FormFor::Change(offer) = form.purpose {
        return change::submit(model, &form, offer);
    }
    if form.purpose == FormFor::Run {
        return super::runbook::submit(model, &form);
    }
    let intention = Intention::of(&form).and_then(|intention| {
        if form.purpose == FormFor::Comment && intention.note.is_none() {
            return Err("write something first".to_owned());
        }
        Ok(intention)
    });
    match intention {
        Err(why) => {
            if let Some(Overlay::Form(form)) = &mut model.overlay {
                form.error = Some(why.into());
            }
            Effects::new()
        }
        Ok(intention) => {
            model.overlay = None;
            // A row that has gone or become another since the form was opened is left out.
            let verbs: Vec<_> = form
                .targets
                .iter()
                .filter_map(|key| {
                    let row = model.row(key)?;
                    let verb = intention.verb(form.purpose, row, &model.acting, model.now);
                    Some((key.clone(), verb.ok()?))
                })
                .collect();
            let what = match verbs.as_slice() {
                [] => return refuse(model, "Every row of it has gone; nothing was written."),
                [(key, _)] => {
                    let name = model
                        .row(key)
                        .map_or_else(|| key.id.to_string(), |r| fact::what(r.item()));
                    format!("{} {name}", done(form.purpose))
                }
                many => format!("{} {} items", done(form.purpose), many.len()),
            };
            model.pane_mut().marked.clear();
            let is_also = form
                .fields
                .iter()
                .any(|field| field.label == ALSO && field.is_picked(1));
            let through = is_also.then(|| intention.note.clone().unwrap_or_else(|| Arc::from("")));
            send_through(model, form.purpose, &what, verbs, through)
        }
    }
}

const fn done(purpose: FormFor) -> &'static str {
    match purpose {
        FormFor::Acknowledge => "Acknowledged",
        FormFor::Edit => "Changed",
        FormFor::TakeOver => "Took over",
        FormFor::Release => "Gave back",
        FormFor::Snooze => "Snoozed",
        FormFor::Comment => "Commented on",
        FormFor::Assign => "Assigned",
        FormFor::Change(_) => "Changed",
        FormFor::Run => "Ran",
    }
}

/// What an operator means to write down, about however many items.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    /// Until when; the default of the item's severity where nothing was chosen.
    pub end: Option<Pick>,
    /// Why, or the remark itself.
    pub note: Option<Arc<str>>,
    /// A ticket.
    pub ticket: Option<Arc<str>>,
    /// Whose work it is meant to be.
    pub to: Option<Arc<str>>,
}

impl Intention {
    fn of(form: &Form) -> Result<Self, String> {
        let said = |label: &str| -> Option<Arc<str>> {
            let text = form.says(label);
            (!text.is_empty()).then(|| Arc::from(text))
        };
        let end = said(UNTIL)
            .map(|text| {
                Pick::parse(&text)
                    .ok_or_else(|| format!("`{text}` is no time: 15m, 2h30m, shift or clears"))
            })
            .transpose()?;
        Ok(Self {
            end,
            note: said(NOTE),
            ticket: said(TICKET),
            to: said(TO),
        })
    }

    /// The verb that it means for one row.
    ///
    /// # Errors
    /// Why the row, as it is, cannot be meant: the end of a sentence that begins with the row's name.
    pub fn verb(
        &self,
        purpose: FormFor,
        row: &Row,
        acting: &Acting,
        now: Timestamp,
    ) -> Result<Verb, String> {
        fit(purpose, row, acting, now)?;
        let seen = version(row);
        let episode = row.item().episode;
        let severity = row.severity();
        let end = match self.end {
            Some(pick) => acting.lasting.end(pick, severity, now, acting.shift_end),
            None => acting.lasting.default_end(severity, now),
        };
        Ok(match purpose {
            FormFor::Acknowledge => take(row, end, self.note.clone(), self.ticket.clone()),
            FormFor::Edit => Verb::Edit {
                seen,
                end,
                note: self.note.clone(),
                ticket: self.ticket.clone(),
            },
            FormFor::TakeOver => Verb::TakeOver {
                seen,
                episode,
                severity,
                end,
            },
            FormFor::Release => give_back(row).ok_or_else(|| "nobody has it.".to_owned())?,
            FormFor::Snooze => Verb::Snooze {
                seen,
                episode,
                severity,
                until: end.until(),
            },
            FormFor::Comment => Verb::Comment {
                episode,
                text: self
                    .note
                    .clone()
                    .ok_or_else(|| "write something first".to_owned())?,
            },
            FormFor::Assign => Verb::Assign {
                seen,
                episode,
                to: self.to.clone(),
            },
            FormFor::Change(_) | FormFor::Run => {
                return Err("it is no act of the ledger.".to_owned());
            }
        })
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

/// Whether the form's field under the cursor is one to pick from.
#[must_use]
pub fn picks(form: &Form) -> bool {
    form.fields
        .get(form.focused)
        .is_some_and(|field| matches!(field.entered, Entered::Pick { .. }))
}
