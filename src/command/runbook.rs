//! Runbooks: which fit, what they ask, what they would do. Nothing starts before all of that stood on the screen.
//!
//! ```text
//! r ─► menu (what fits first) ─► form: inputs ─► Effect::CheckRun ─► the pre-flight card ─► Effect::StartRun
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{ItemKey, Scope};
use crate::model::form::{Check, Field, Form, FormFor};
use crate::model::runbooks::{Asked, Prepared, Ready, Started};
use crate::model::{
    Action, Choice, ChoiceEntry, Effect, Effects, InputLine, Model, Overlay, Purpose, RowKey, Tone,
};
use crate::panes::{self, fact};
use crate::runbook::document::{Described, PREFIX};
use crate::runbook::preflight::Ask;
use crate::runbook::run::State;
use crate::runbook::{Facts, Input, Meant, Refusal, Runbook, Takes, card, document};
use crate::store::{Row, Store, export};

/// The field in which the phrase of a dangerous run is typed.
const TYPE: &str = "type";

/// What a runbook is filled in with for a row.
#[must_use]
pub fn meant(row: &Row, store: &Store) -> Meant {
    let key = row.key();
    let rule = row.rule().and_then(|at| store.rule(at));
    Meant {
        item: Arc::from(format!("{} {} {}", key.kind, key.scope, key.id)),
        name: Arc::from(fact::what(row.item())),
        scope: key.scope,
        facts: Facts::of_item(export::item_json(row, store.roster(), rule)),
    }
}

/// Opens the list of runbooks for what is meant; those that fit all of it come first, and none is chosen.
pub(super) fn menu(model: &mut Model, action: &Action) -> Effects {
    let targets = super::triage::aimed(model, action);
    let rows: Vec<&Row> = targets
        .iter()
        .filter_map(|key| model.row(key))
        .filter(|row| !row.is_vanished())
        .collect();
    let (Some(first), false) = (targets.first(), rows.is_empty()) else {
        model.say(Tone::Refused, "That row has gone; there is nothing to run.");
        return Effects::new();
    };
    let scope = first.scope;
    let all: Vec<Meant> = rows.iter().map(|row| meant(row, &model.store)).collect();
    let roster = model.roster();
    let suits = |runbook: &Runbook| {
        let filter = &runbook.matches;
        rows.iter()
            .all(|row| filter.matches(&row.subject(roster), model.now))
    };
    let fits = |runbook: &Runbook| {
        let named = |meant: &Meant| runbook.target.render(&meant.facts).is_ok();
        suits(runbook) && all.iter().all(named)
    };
    let catalogue = Arc::clone(&model.runbooks.catalogue);
    let (mut fitting, others): (Vec<&Runbook>, Vec<&Runbook>) =
        catalogue.iter().partition(|runbook| fits(runbook));
    fitting.sort_by_key(|runbook| runbook.risk);
    let entry = |runbook: &Runbook, fits: bool| ChoiceEntry {
        value: Arc::clone(&runbook.name),
        label: Arc::from(match fits {
            true => format!(
                "{:<10}{}  ({})",
                runbook.risk.word(),
                runbook.title,
                runbook.name
            ),
            false if suits(runbook) => format!(
                "{:<10}{}  (this names nothing that it acts on)",
                "-", runbook.title
            ),
            false => format!(
                "{:<10}{}  (not for this: {})",
                "-", runbook.title, runbook.matches
            ),
        }),
        chosen: false,
    };
    let mut entries: Vec<ChoiceEntry> = fitting.iter().map(|r| entry(r, true)).collect();
    entries.extend(others.iter().map(|r| entry(r, false)));
    model.show(Overlay::Choice(Choice {
        title: "Runbooks",
        purpose: Purpose::Runbook(targets),
        entries,
        selected: Choice::NOWHERE,
        typed: InputLine::default(),
    }));
    vec![Effect::ListDocuments(scope)]
}

/// Puts the account's own documents below the runbooks, if their list is still open.
pub fn documents(model: &mut Model, scope: Scope, listed: Result<Vec<Arc<str>>, Arc<str>>) {
    let place = format!("{} {}", model.roster().name(scope.account), scope.region);
    let Some(Overlay::Choice(choice)) = &mut model.overlay else {
        return;
    };
    if !matches!(&choice.purpose, Purpose::Runbook(on) if on.first().is_some_and(|k| k.scope == scope))
    {
        return;
    }
    match listed {
        Ok(names) => choice.entries.extend(names.iter().map(|name| ChoiceEntry {
            value: Arc::from(format!("{PREFIX}{name}")),
            label: Arc::from(format!("{:<10}{name}  (own document of {place})", "?")),
            chosen: false,
        })),
        Err(why) => choice.entries.push(ChoiceEntry {
            value: Arc::from(""),
            label: Arc::from(format!("own documents of {place} were not read: {why}")),
            chosen: false,
        }),
    }
}

/// Takes what was chosen in the list.
pub(super) fn choose(model: &mut Model, name: &str, targets: Vec<ItemKey>) -> Effects {
    if let Some(runbook) = model.runbooks.catalogue.get(name) {
        let runbook = Arc::new(runbook.clone());
        return open(model, runbook, targets);
    }
    let (Some(document), Some(first)) = (name.strip_prefix(PREFIX), targets.first()) else {
        return Effects::new();
    };
    let (scope, document): (Scope, Arc<str>) = (first.scope, Arc::from(document));
    model.say(
        Tone::Done,
        format!("Reading what document {document} takes."),
    );
    model.runbooks.awaited = Some((Arc::clone(&document), targets));
    vec![Effect::DescribeDocument(scope, document)]
}

/// Opens the form for a document that has been described, if it is still waited for.
pub fn described(
    model: &mut Model,
    name: &Arc<str>,
    found: Result<Box<Described>, Arc<str>>,
) -> Effects {
    let is_awaited = matches!(&model.runbooks.awaited, Some((awaited, _)) if awaited == name);
    let Some((_, targets)) = model.runbooks.awaited.take_if(|_| is_awaited) else {
        return Effects::new();
    };
    let described = match found {
        Ok(described) => described,
        Err(why) => {
            model.say(Tone::Refused, format!("{name} could not be read: {why}"));
            return Effects::new();
        }
    };
    if model.overlay.is_some() || model.filtering.is_some() {
        model.say(
            Tone::Refused,
            format!("{name} is read now; choose it again."),
        );
        return Effects::new();
    }
    let has_instance = |key: &ItemKey| {
        let row = model.row(key);
        let facts = row.map(|row| meant(row, &model.store).facts);
        facts.is_some_and(|f| f.json().get("instance").is_some_and(|v| !v.is_null()))
    };
    match document::runbook(&described, targets.iter().all(has_instance)) {
        Some(runbook) => open(model, Arc::new(runbook), targets),
        None => {
            model.say(
                Tone::Refused,
                format!("Document {name} has a parameter whose name cannot be filled in."),
            );
            Effects::new()
        }
    }
}

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
fn open(model: &mut Model, runbook: Arc<Runbook>, targets: Vec<ItemKey>) -> Effects {
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
    let mut about = super::change::names(model, &targets);
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
        title: Arc::clone(&runbook.title),
        about,
        purpose: FormFor::Run,
        targets,
        fields: runbook.inputs.iter().map(field).collect(),
        focused: 0,
        error: None,
        scroll: 0,
        check: Check::Clear,
        phrase: None,
        request: None,
        prepared: Some(Box::new(prepared)),
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
pub(super) fn submit(model: &mut Model, form: &Form) -> Effects {
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
    model.overlay = None;
    model.pane_mut().marked.clear();
    model.say(
        Tone::Done,
        format!("Starting {} on {}.", launch.runbook, found.reach()),
    );
    let mut effects = vec![Effect::StartRun(Box::new(launch))];
    if let Some(runs) = panes::named("runs") {
        effects.extend(super::pane::go(model, runs));
        let active = model.active;
        // What was just started is the first row.
        model.panes[active].hold = crate::model::Hold::Top;
        model.panes[active].index = 0;
    }
    effects
}

/// Says what became of a start.
pub fn started(model: &mut Model, started: &Started) {
    match started.refused.as_slice() {
        [] => model.say(
            Tone::Done,
            format!("Started {}; the Runs pane follows it.", started.name),
        ),
        [one] if started.parts == 1 => {
            model.say(Tone::Refused, format!("{}: {one}", started.name));
        }
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                n => format!(" (and {n} more: the Runs pane has them)"),
            };
            model.say(
                Tone::Refused,
                format!("{}: not all of it was started: {first}{more}", started.name),
            );
        }
    }
}

/// Opens what can be done about the run under the cursor.
pub(super) fn about_run(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Run(id)) = &action.target else {
        return Effects::new();
    };
    let runs = Arc::clone(&model.runbooks.runs);
    let Some(run) = runs.get(id).filter(|run| !run.is_over()) else {
        model.say(
            Tone::Refused,
            "This run has ended; nothing can be asked of it.",
        );
        return Effects::new();
    };
    let what = format!("{} of {}", run.name, run.operator);
    let mut entries = Vec::new();
    let mut offer = |value: &str, label: String| {
        entries.push(ChoiceEntry {
            value: Arc::from(value),
            label: Arc::from(label),
            chosen: false,
        });
    };
    if run.state() == State::Waiting {
        offer("approve", format!("Approve {what}: it goes on"));
        offer("reject", format!("Reject {what}: it ends here"));
    }
    offer(
        "stop",
        format!("Stop {what}: what has been done stays done"),
    );
    model.show(Overlay::Choice(Choice {
        title: "Ask of this run",
        purpose: Purpose::Run(Arc::clone(id)),
        entries,
        selected: Choice::NOWHERE,
        typed: InputLine::default(),
    }));
    Effects::new()
}

/// Takes what was chosen about a run.
pub(super) fn ask(model: &mut Model, what: &str, id: &str) -> Effects {
    let runs = Arc::clone(&model.runbooks.runs);
    let Some(run) = runs.get(id) else {
        model.say(
            Tone::Refused,
            "That run is no longer known; nothing was asked.",
        );
        return Effects::new();
    };
    let run = Box::new(run.clone());
    match what {
        "stop" => vec![Effect::StopRun(run)],
        "approve" => vec![Effect::AnswerRun(run, true)],
        "reject" => vec![Effect::AnswerRun(run, false)],
        _ => Effects::new(),
    }
}

/// Says what became of stopping or answering a run.
pub fn asked(model: &mut Model, asked: &Asked) {
    match asked.not.first() {
        None => model.say(Tone::Done, format!("{} {}.", asked.what, asked.name)),
        Some(why) => model.say(Tone::Refused, format!("{}: {why}", asked.name)),
    }
}
