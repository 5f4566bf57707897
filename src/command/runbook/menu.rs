//! The list of runbooks for what is meant, with the documents of the account below it.

use std::sync::Arc;

use crate::domain::{ItemKey, Scope};
use crate::model::{Action, Choice, ChoiceEntry, Effect, Effects, Model, Overlay, Purpose, Tone};
use crate::runbook::document::{self, Described, PREFIX};
use crate::runbook::{Meant, Runbook};
use crate::store::Row;

use super::super::triage;
use super::form::open;
use super::meant;

/// Opens the list of runbooks for what is meant; those that fit all of it come first, and none is chosen.
pub(in crate::command) fn menu(model: &mut Model, action: &Action) -> Effects {
    let targets = triage::aimed(model, action);
    let rows: Vec<&Row> = targets
        .iter()
        .filter_map(|key| model.row(key))
        .filter(|row| !row.is_vanished())
        .collect();
    let (Some(first), false) = (targets.first(), rows.is_empty()) else {
        model.say(Tone::Refused, "That row has gone; there is nothing to run.");
        return Effects::new();
    };
    if !action.argument.is_empty() {
        return choose(model, &action.argument, targets);
    }
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
    model.show(Overlay::Choice(Choice::new(
        "Runbooks",
        Purpose::Runbook(targets),
        entries,
    )));
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
pub(in crate::command) fn choose(model: &mut Model, name: &str, targets: Vec<ItemKey>) -> Effects {
    if let Some(runbook) = model.runbooks.catalogue.get(name) {
        let runbook = Arc::new(runbook.clone());
        return open(model, runbook, targets);
    }
    let (Some(document), Some(first)) = (name.strip_prefix(PREFIX), targets.first()) else {
        model.say(Tone::Refused, "That is no runbook; nothing was chosen.");
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
