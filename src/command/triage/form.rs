//! The form in which a verb asks for an end, a note, a ticket: opened with what fits, taken with what was entered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::ItemKey;
use crate::lifecycle::Pick;
use crate::model::form::{Entered, Field, Form, FormFor};
use crate::model::{Effects, Model, Overlay};
use crate::panes::fact;
use crate::store::Row;

use super::super::{change, runbook};
use super::intention::Intention;
use super::{ALSO, ALSO_NOT, NOTE, TICKET, TO, UNTIL, fit, refuse, send_through};

/// Opens the form for a verb.
pub(super) fn ask(model: &mut Model, purpose: FormFor, targets: Vec<ItemKey>) -> Effects {
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
        about,
        fields,
        ..Form::new(title.into(), purpose, able)
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
        return runbook::submit(model, &form);
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

/// Whether the form's field under the cursor is one to pick from.
#[must_use]
pub fn picks(form: &Form) -> bool {
    form.fields
        .get(form.focused)
        .is_some_and(|field| matches!(field.entered, Entered::Pick { .. }))
}
