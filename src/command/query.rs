//! Logs Insights: writing a query, asking it, and reading what it found.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::domain::text::{clean, count};
use crate::logs::ink::harmless;
use crate::logs::query::QUERY_MAX;
use crate::logs::query::words::on_one_line;
use crate::logs::when::moment;
use crate::model::input::InputLine;
use crate::model::logs::Groups;
use crate::model::logs::{LineFor, Typing};
use crate::model::overlay::{Choice, ChoiceEntry, Purpose};
use crate::model::page::Page;
use crate::model::query::{Asked, Editor, Lists, Sheet, Told};
use crate::model::{Action, Effect, Effects, Model, Overlay, Tone};
use crate::panes;
use crate::store::export::csv_line;

use super::pane;

/// The time of a query until the operator wants another.
const USUAL: &str = "1h";
/// Queries of a session that are remembered.
const RECENT: usize = 50;
/// The places of the fields in the editor.
const TEXT: usize = 0;
const GROUPS: usize = 1;
const TIME: usize = 2;

/// Whether the pane that is shown is for queries.
#[must_use]
pub fn is_shown(model: &Model) -> bool {
    model.pane().spec.lists == panes::Lists::Query
}

/// What the query found, while its pane is shown.
#[must_use]
pub fn sheet(model: &mut Model) -> Option<&mut Sheet> {
    if !is_shown(model) {
        return None;
    }
    model.queries.sheet.as_deref_mut()
}

fn show(model: &mut Model) -> Effects {
    panes::named("insights").map_or_else(Effects::new, |at| pane::go(model, at))
}

fn lines(text: &str, groups: &str, time: &str) -> [InputLine; 3] {
    [text, groups, time].map(|text| InputLine::new(text.trim()))
}

/// Opens the editor: empty, with a query, or with one of the library (`@errors`). On a log it asks the same groups.
pub(super) fn write(model: &mut Model, action: &Action) -> Effects {
    let argument = Arc::clone(&action.argument);
    open_editor(model, argument.trim())
}

fn open_editor(model: &mut Model, argument: &str) -> Effects {
    let library = Arc::clone(&model.queries.library);
    let saved = match argument.strip_prefix('@') {
        Some(name) => {
            let Some(saved) = library.get(name) else {
                model.say(Tone::Refused, format!("No query is called @{name}."));
                return Effects::new();
            };
            Some(saved)
        }
        None => None,
    };
    let of_log = (super::log::is_shown(model) && model.logs.viewer.is_some())
        .then(|| from_log(model))
        .flatten();
    // What is being written goes on, with another query.
    let open = model.queries.editor.take().map(|editor| *editor);
    let of_group = sheet(model).and_then(|sheet| {
        let group = sheet.group()?;
        let mut editor = (*sheet.written).clone();
        editor.fields[GROUPS].set(&group.name);
        editor.chosen = Some((Arc::from(clean(&group.name)), vec![group]));
        Some(editor)
    });
    let before = model.queries.sheet.as_deref();
    let here = open.or(of_log).or(of_group);
    let is_aimed = here
        .as_ref()
        .is_some_and(|editor| !editor.fields[GROUPS].text().is_empty());
    let mut editor = here
        .or_else(|| before.map(|sheet| (*sheet.written).clone()))
        .unwrap_or_else(|| Editor {
            fields: lines("", "", USUAL),
            ..Editor::default()
        });
    editor.error = None;
    editor.recalled = None;
    editor.focused = TEXT;
    if let Some(saved) = saved {
        editor.fields[TEXT].set(&on_one_line(&saved.query));
        // The groups that it is meant for, unless others are looked at.
        if !is_aimed && !saved.groups.is_empty() {
            editor.fields[GROUPS].set(&saved.groups.join(" "));
        }
    } else if !argument.is_empty() {
        editor.fields[TEXT].set(argument);
    }
    if !editor.fields[TEXT].text().is_empty() && editor.fields[GROUPS].text().is_empty() {
        editor.focused = GROUPS;
    }
    model.queries.editor = Some(Box::new(editor));
    show(model)
}

/// The operator comes to the pane: where nothing was asked, something is written.
pub(super) fn enter(model: &mut Model) {
    if is_shown(model) && model.queries.sheet.is_none() && model.queries.editor.is_none() {
        model.queries.editor = Some(Box::new(Editor {
            fields: lines("", "", USUAL),
            ..Editor::default()
        }));
    }
}

/// An editor for the groups of the log that is open, from its beginning on.
fn from_log(model: &Model) -> Option<Editor> {
    let viewer = model.logs.viewer.as_deref()?;
    let wanted = &viewer.wanted;
    let words: Vec<&str> = match &wanted.groups {
        Groups::Chosen(sources) => sources.iter().map(|source| &*source.name).collect(),
        Groups::Named(names) => names.iter().map(|name| &**name).collect(),
    };
    let words = words.join(" ");
    let sources = wanted.groups.chosen();
    let since = written(wanted.since);
    let time = match wanted.until {
        Some(until) => format!("{since} to {}", written(until)),
        None => since,
    };
    let before = model.queries.sheet.as_deref();
    let text = before.map_or("", |sheet| sheet.written.fields[TEXT].text());
    Some(Editor {
        fields: lines(text, &words, &time),
        chosen: (!sources.is_empty()).then(|| (Arc::from(clean(words.trim())), sources.to_vec())),
        ..Editor::default()
    })
}

fn written(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Lists the library.
pub(super) fn library(model: &mut Model, _: &Action) -> Effects {
    let entries = model
        .queries
        .library
        .iter()
        .map(|(name, saved)| ChoiceEntry {
            value: Arc::from(name),
            label: Arc::from(format!("@{name}  {}", clean(&saved.title))),
            chosen: false,
        });
    let entries = entries.collect();
    model.show(Overlay::Choice(Choice::new(
        "Which query?",
        Purpose::Query,
        entries,
    )));
    Effects::new()
}

/// A query of the library was chosen.
pub(super) fn chosen(model: &mut Model, name: &str) -> Effects {
    open_editor(model, &format!("@{name}"))
}

/// What the editor says, checked.
fn read(editor: &Editor, now: Timestamp) -> Result<Asked, (usize, String)> {
    let [text, groups, time] = editor.fields.each_ref().map(|line| line.text().trim());
    if text.is_empty() {
        return Err((
            TEXT,
            "A query is needed, such as `fields @timestamp, @message`.".to_owned(),
        ));
    }
    if text.chars().count() > QUERY_MAX {
        return Err((
            TEXT,
            format!("CloudWatch Logs takes {QUERY_MAX} characters at most."),
        ));
    }
    let groups = match &editor.chosen {
        Some((words, sources)) if **words == *groups => Groups::Chosen(sources.clone()),
        _ => Groups::Named(
            groups
                .split([' ', ','])
                .filter(|w| !w.is_empty())
                .map(Arc::from)
                .collect(),
        ),
    };
    if matches!(&groups, Groups::Named(names) if names.is_empty()) {
        return Err((
            GROUPS,
            "Which log groups? Names, names with *, or ARNs.".to_owned(),
        ));
    }
    let (since, until) = time
        .split_once(" to ")
        .map_or((time, None), |(a, b)| (a, Some(b)));
    let read = |text: &str| moment(text.trim(), now, &TimeZone::UTC).map_err(|why| (TIME, why));
    let since = read(if since.is_empty() { USUAL } else { since })?;
    let until = until.map_or(Ok(now), read)?;
    if until < since {
        return Err((TIME, "It ends before it begins.".to_owned()));
    }
    Ok(Asked {
        text: Arc::from(text),
        groups,
        since,
        until,
    })
}

/// The editor is done: the query is asked.
pub fn submit(model: &mut Model) -> Effects {
    let now = model.now;
    let Some(mut editor) = model.queries.editor.take() else {
        return Effects::new();
    };
    match read(&editor, now) {
        Ok(asked) => {
            let text = &asked.text;
            model.queries.recent.retain(|known| known != text);
            model.queries.recent.push(text.clone());
            if model.queries.recent.len() > RECENT {
                model.queries.recent.remove(0);
            }
            ask(model, asked, *editor)
        }
        Err((field, why)) => {
            editor.focused = field;
            editor.error = Some(Arc::from(why));
            model.queries.editor = Some(editor);
            Effects::new()
        }
    }
}

fn ask(model: &mut Model, asked: Asked, written: Editor) -> Effects {
    let number = model.queries.number();
    put(
        model,
        Sheet::new(number, Lists::Found(asked.clone()), written, model.now),
    );
    vec![Effect::Query(number, Box::new(asked))]
}

fn put(model: &mut Model, mut sheet: Sheet) {
    if let Some(before) = &model.queries.sheet {
        sheet.charted = before.charted;
    }
    model.queries.sheet = Some(Box::new(sheet));
}

/// Lists log groups: all, those with a word in their names, or those like a name with stars.
pub(super) fn groups(model: &mut Model, action: &Action) -> Effects {
    let like = Arc::clone(&action.argument);
    model.queries.editor = None;
    let mut effects = list(model, Arc::from(like.trim()));
    effects.extend(show(model));
    effects
}

fn list(model: &mut Model, like: Arc<str>) -> Effects {
    let number = model.queries.number();
    let written = model.queries.sheet.as_deref().map_or_else(
        || Editor {
            fields: lines("", "", USUAL),
            ..Editor::default()
        },
        |sheet| (*sheet.written).clone(),
    );
    put(
        model,
        Sheet::new(number, Lists::Groups(Arc::clone(&like)), written, model.now),
    );
    vec![Effect::ListGroups(number, like)]
}

/// Pasted text as the editor takes it: on one line, without comments.
#[must_use]
pub fn pasted(text: &str) -> String {
    if text.trim().contains('\n') {
        on_one_line(text)
    } else {
        text.to_owned()
    }
}

/// An older query, or a newer one, comes into the editor.
pub fn recall(model: &mut Model, older: bool) {
    let recent = &model.queries.recent;
    let Some(editor) = model.queries.editor.as_deref_mut() else {
        return;
    };
    let at = match (editor.recalled, older) {
        (None, true) => recent.len().checked_sub(1),
        (Some(at), true) => Some(at.saturating_sub(1)),
        (Some(at), false) if at + 1 < recent.len() => Some(at + 1),
        (_, false) => None,
    };
    if let Some(text) = at.and_then(|at| recent.get(at)) {
        editor.fields[TEXT].set(text);
        editor.recalled = at;
    }
}

/// Asks once more, up to now where the query had no end of its own.
pub(super) fn again(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    let Some(sheet) = sheet(model) else {
        return Effects::new();
    };
    if let Lists::Groups(like) = &sheet.lists {
        let like = Arc::clone(like);
        return list(model, like);
    }
    let written = (*sheet.written).clone();
    match read(&written, now) {
        Ok(asked) => ask(model, asked, written),
        Err((_, why)) => {
            model.say(Tone::Refused, why);
            Effects::new()
        }
    }
}

/// Stops it at AWS; what was found stays.
pub(super) fn stop(model: &mut Model, _: &Action) -> Effects {
    if sheet(model).is_some_and(|sheet| sheet.is_running()) {
        model.say(Tone::Done, "Stopped. What was found so far stays.");
        return vec![Effect::StopQuery];
    }
    model.say(Tone::Refused, "Nothing is being asked.");
    Effects::new()
}

/// Something came of a query.
pub fn told(model: &mut Model, told: Told) -> Effects {
    let now = model.now;
    if let Some(sheet) = model.queries.of(told.number) {
        sheet.take(told, now);
    }
    Effects::new()
}

pub(super) fn column_left(model: &mut Model, _: &Action) -> Effects {
    if let Some(sheet) = sheet(model) {
        sheet.column = sheet.column.saturating_sub(1);
    }
    Effects::new()
}

pub(super) fn column_right(model: &mut Model, _: &Action) -> Effects {
    if let Some(sheet) = sheet(model) {
        let last = sheet.answer.columns().len().saturating_sub(1);
        sheet.column = (sheet.column + 1).min(last);
    }
    Effects::new()
}

/// Sorts by the column of the cursor: falling, rising, as the query has it.
pub(super) fn sort(model: &mut Model, _: &Action) -> Effects {
    if let Some(sheet) = sheet(model)
        && let Some(name) = sheet.answer.columns().get(sheet.column).cloned()
    {
        sheet.sort = match sheet.sort.take() {
            Some((column, true)) if column == name => Some((name, false)),
            Some((column, false)) if column == name => None,
            _ => Some((name, true)),
        };
        sheet.arrange();
    }
    Effects::new()
}

pub(super) fn chart(model: &mut Model, _: &Action) -> Effects {
    if let Some(sheet) = sheet(model) {
        sheet.charted = !sheet.charted;
    }
    Effects::new()
}

/// Asks for the text that rows are to have.
pub(super) fn filter(model: &mut Model, _: &Action) -> Effects {
    if let Some(sheet) = sheet(model) {
        let line = InputLine::new(&sheet.filter);
        model.logs.typing = Some(Typing {
            purpose: LineFor::Rows,
            line,
            error: None,
        });
    }
    Effects::new()
}

/// Only rows with this text are shown.
pub(super) fn filtered(model: &mut Model, text: &str) {
    if let Some(sheet) = model.queries.sheet.as_deref_mut() {
        sheet.filter = Arc::from(text.trim().to_lowercase());
        sheet.index = 0;
        sheet.arrange();
    }
}

/// Every cell of the row, whole; the lines of a log group.
pub(super) fn open(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    if let Some(group) = sheet(model).and_then(|sheet| sheet.group()) {
        return super::log::of_group(model, group);
    }
    let Some(cells) = sheet(model).map(|sheet| sheet.under_cursor()) else {
        return Effects::new();
    };
    if cells.is_empty() {
        return Effects::new();
    }
    let widest = cells.iter().map(|(name, _)| name.chars().count()).max();
    let widest = widest.unwrap_or(0).min(24);
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in &cells {
        let pretty = value.trim_start().starts_with('{').then(|| {
            let json: serde_json::Value = serde_json::from_str(value).ok()?;
            serde_json::to_string_pretty(&json).ok()
        });
        match pretty.flatten() {
            Some(json) => {
                lines.push(clean(name).into_owned());
                lines.extend(json.lines().map(|line| format!("  {}", clean(line))));
            }
            None => {
                let mut parts = value.lines();
                let first = parts.next().unwrap_or_default();
                lines.push(format!("{:<widest$}  {}", clean(name), clean(first)));
                lines.extend(parts.map(|line| format!("{:<widest$}  {}", "", clean(line))));
            }
        }
    }
    model.show(Overlay::Page(Page {
        title: Arc::from("A row of the query"),
        whole: Some(Arc::from(lines.join("\n"))),
        lines: lines.into_iter().map(Arc::from).collect(),
        file: Arc::from(format!(
            "noctop-row-{}.txt",
            now.to_jiff().strftime("%Y%m%dT%H%M%SZ")
        )),
        scroll: 0,
    }));
    Effects::new()
}

/// Copies the cell of the cursor.
pub(super) fn copy(model: &mut Model, _: &Action) -> Effects {
    let Some(sheet) = sheet(model) else {
        return Effects::new();
    };
    let name = sheet.answer.columns().get(sheet.column).cloned();
    let cells = sheet.under_cursor();
    let cell = cells
        .into_iter()
        .find(|(column, _)| Some(column) == name.as_ref());
    let Some((name, value)) = cell else {
        model.say(Tone::Refused, "There is nothing in this cell.");
        return Effects::new();
    };
    model.say(Tone::Done, format!("Copied {}.", clean(&name)));
    vec![Effect::Copy(harmless(&value))]
}

/// Saves the rows that are shown, as comma-separated values.
pub(super) fn save(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    let Some(sheet) = sheet(model) else {
        return Effects::new();
    };
    if sheet.shown.is_empty() {
        model.say(Tone::Refused, "There are no rows to save.");
        return Effects::new();
    }
    let mut text = csv_line(sheet.answer.columns());
    text.push('\n');
    let rows = sheet
        .shown
        .iter()
        .filter_map(|place| sheet.answer.rows().get(*place as usize));
    for row in rows {
        let cells = row
            .cells
            .iter()
            .map(|cell| cell.as_deref().unwrap_or_default());
        let cells: Vec<String> = cells.map(harmless).collect();
        text.push_str(&csv_line(&cells));
        text.push('\n');
    }
    let said = format!("Saving {}.", count(sheet.shown.len(), "row"));
    model.say(Tone::Done, said);
    let when = now.to_jiff().strftime("%Y%m%dT%H%M%SZ");
    vec![Effect::Save {
        name: Arc::from(format!("noctop-query-{when}.csv")),
        text: Arc::from(text),
    }]
}

/// One step out of what is being done here; whether there was one, and what has to be stopped for it.
pub fn step_out(model: &mut Model) -> Option<Effects> {
    if model.queries.editor.take().is_some() {
        // Without a query there is nothing to come back to.
        if is_shown(model) && model.queries.sheet.is_none() {
            return Some(pane::go(model, model.tab));
        }
        return Some(Effects::new());
    }
    let sheet = sheet(model)?;
    if !sheet.filter.is_empty() {
        filtered(model, "");
        return Some(Effects::new());
    }
    // Told to stop once, it is left alone: stepping out must not wait for AWS.
    if sheet.is_running() && !std::mem::replace(&mut sheet.is_stopping, true) {
        model.say(Tone::Done, "Stopped. What was found so far stays.");
        return Some(vec![Effect::StopQuery]);
    }
    None
}
