//! The form of a runbook: its inputs, then the card with everything that was found out, then the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::ItemKey;
use crate::model::form::{Check, Field, Form, FormFor};
use crate::model::runbooks::{Prepared, Ready};
use crate::model::{Effect, Effects, Hold, Model, Overlay, Tone};
use crate::panes;
use crate::runbook::preflight::Ask;
use crate::runbook::{Input, Meant, Refusal, Runbook, Takes, card};
use crate::store::Row;

use super::super::{change, pane};
use super::meant;

/// The field in which the phrase of a dangerous run is typed.
const TYPE: &str = "type";

fn field(input: &Input) -> Field {
    let label = input.name.to_string();
    let usual = input.default.as_deref().unwrap_or_default();
    match &input.takes {
        Takes::Choice(values) => {
            // Where nothing is the default, nothing is picked.
            let none = input.default.as_deref().is_none_or(str::is_empty);
            let offered: Vec<Arc<str>> = none
                .then(|| Arc::from(""))
                .into_iter()
                .chain(values.iter().cloned())
                .collect();
            let picked = offered.iter().position(|v| **v == *usual).unwrap_or(0);
            Field::pick(label, offered, picked)
        }
        Takes::Text { .. } | Takes::Number { .. } | Takes::List { .. } => Field::line(label, usual),
    }
}

/// Opens the form; where nothing is asked, what it would do is found out at once.
pub(super) fn open(model: &mut Model, runbook: Arc<Runbook>, targets: Vec<ItemKey>) -> Effects {
    let all: Vec<Meant> = targets
        .iter()
        .filter_map(|key| model.row(key))
        .filter(|row| !row.is_vanished())
        .map(|row| meant(row, &model.store))
        .collect();
    if all.len() < targets.len() {
        model.say(
            Tone::Refused,
            format!(
                "{} of what it was meant for has gone; nothing was started.",
                targets.len() - all.len()
            ),
        );
        return Effects::new();
    }
    let mut about = change::names(model, &targets);
    about.push(Arc::clone(&runbook.help));
    for input in &runbook.inputs {
        let allowed = match input.takes.allowed() {
            allowed if allowed.is_empty() => String::new(),
            allowed => format!(" ({allowed})"),
        };
        about.push(Arc::from(format!(
            "{}: {}{allowed}",
            input.name, input.title
        )));
    }
    let is_asking = !runbook.inputs.is_empty();
    let prepared = Prepared {
        head: about.len(),
        meant: all,
        found: None,
        asked: BTreeMap::new(),
        runbook: Arc::clone(&runbook),
    };
    model.show(Overlay::Form(Form {
        about,
        fields: runbook.inputs.iter().map(field).collect(),
        prepared: Some(Box::new(prepared)),
        ..Form::new(Arc::clone(&runbook.title), FormFor::Run, targets)
    }));
    if is_asking {
        return Effects::new();
    }
    look(model, BTreeMap::new())
}

/// What was entered; what is left empty is left to the runbook.
fn given(form: &Form, runbook: &Runbook) -> BTreeMap<String, String> {
    let all = runbook.inputs.iter().filter_map(|input| {
        let text = form.says(&input.name);
        let is_left = text.is_empty() && input.default.as_deref().unwrap_or_default().is_empty();
        (!is_left).then(|| (input.name.to_string(), text.to_owned()))
    });
    all.collect()
}

/// Finds out about the form that is open, for these inputs.
fn look(model: &mut Model, given: BTreeMap<String, String>) -> Effects {
    let roster = model.roster().clone();
    let number = model.runbooks.number();
    let Some(Overlay::Form(form)) = &mut model.overlay else {
        return Effects::new();
    };
    let Some(prepared) = &mut form.prepared else {
        return Effects::new();
    };
    form.about.truncate(prepared.head);
    form.fields.retain(|field| field.label != TYPE);
    form.focused = form.focused.min(form.fields.len().saturating_sub(1));
    form.phrase = None;
    prepared.found = None;
    // Its id comes with what is found out: here nothing may be drawn by lot.
    match prepared
        .runbook
        .launch("", &prepared.meant, &given, &roster)
    {
        Ok(launch) => {
            prepared.asked = given;
            form.error = None;
            form.check = Check::Looking(number);
            vec![Effect::CheckRun(number, Box::new(launch))]
        }
        Err(Refusal(why)) => {
            form.check = Check::Clear;
            form.error = Some(Arc::from(match why.as_slice() {
                [one] => format!("{one}."),
                many => {
                    let many_told = many.iter().map(|why| Arc::from(why.as_str()));
                    form.about.extend(many_told);
                    format!("It cannot be started: {} reasons above.", many.len())
                }
            }));
            Effects::new()
        }
    }
}

/// Takes in what was found out for the form that is open; for any other it comes too late.
pub fn ready(model: &mut Model, ready: Ready) {
    let Some(Overlay::Form(form)) = &mut model.overlay else {
        return;
    };
    let Some(prepared) = &mut form.prepared else {
        return;
    };
    if form.check != Check::Looking(ready.number) {
        return;
    }
    let found = ready.found;
    form.about.truncate(prepared.head);
    let line = |(head, text): &card::Line| {
        let width = usize::from(card::HEAD);
        Arc::from(format!("{head:<width$}{text}").trim_end())
    };
    let all = card::lines(&found);
    // What it is called and does is told above.
    let news = all
        .iter()
        .filter(|(head, _)| !matches!(*head, "runbook" | "does"));
    form.about.extend(news.map(line));
    form.error = None;
    if found.refusals().is_empty() {
        form.check = Check::Clear;
        if let Ask::Type(words) = found.ask() {
            form.phrase = Some(Arc::from(words));
            form.fields.push(Field::line(TYPE, ""));
            form.focused = form.fields.len() - 1;
        }
    } else {
        form.check = Check::Barred;
        form.error = Some(Arc::from(
            "This would be refused; the card says why. esc leaves.",
        ));
    }
    prepared.found = Some((std::mem::take(&mut prepared.asked), found));
    // What was found out has to be on the screen before it can be agreed to.
    model.overlay_drawn = false;
}

/// Takes the form: finds out what it would do, and when that has been seen, starts it.
pub(in crate::command) fn submit(model: &mut Model, form: &Form) -> Effects {
    let complain = |model: &mut Model, why: String| {
        if let Some(Overlay::Form(form)) = &mut model.overlay {
            form.error = Some(why.into());
        }
        Effects::new()
    };
    let Some(prepared) = &form.prepared else {
        return Effects::new();
    };
    if matches!(form.check, Check::Looking(_)) {
        return complain(
            model,
            "still finding out what this would do; a moment".to_owned(),
        );
    }
    let given = given(form, &prepared.runbook);
    let Some((_, found)) = prepared.found.as_ref().filter(|(asked, _)| *asked == given) else {
        return look(model, given);
    };
    if form.check == Check::Barred {
        return Effects::new();
    }
    if let Some(phrase) = &form.phrase
        && form.says(TYPE) != &**phrase
    {
        return complain(model, format!("type {phrase} to start it"));
    }
    let gone = form
        .targets
        .iter()
        .filter(|key| model.row(key).is_none_or(Row::is_vanished))
        .count();
    if gone > 0 {
        model.overlay = None;
        model.say(
            Tone::Refused,
            format!("{gone} of what it was meant for has gone meanwhile; nothing was started."),
        );
        return Effects::new();
    }
    let launch = found.launch.clone();
    model.runbooks.under_way.insert(Arc::clone(&launch.run));
    model.overlay = None;
    model.pane_mut().marked.clear();
    model.say(
        Tone::Done,
        format!("Starting {} on {}.", launch.runbook, found.reach()),
    );
    let mut effects = vec![Effect::StartRun(Box::new(launch))];
    if let Some(runs) = panes::named("runs") {
        effects.extend(pane::go(model, runs));
        let active = model.active;
        // What was just started is the first row.
        model.panes[active].hold = Hold::Top;
        model.panes[active].index = 0;
    }
    effects
}
