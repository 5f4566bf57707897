//! Keys, pastes and the mouse.

use std::sync::Arc;

use crate::command::{self, choose, palette, triage};
use crate::filter::Filter;
use crate::keymap::{Chord, Key, Lookup, Mods};
use crate::model::{
    Area, Effect, Effects, FilterInput, Hit, InputLine, Model, Overlay, Purpose, Tone,
};
use crate::panes;

use super::dispatch;

/// Lines of what a form tells that one key moves.
const FORM_PAGE: usize = 5;

/// Rows that one notch of the mouse wheel moves.
const WHEEL_ROWS: i16 = 3;

/// A key on the wall: one chord leaves, all others do nothing and say so.
pub(super) fn knocked(model: &mut Model, chord: Chord) -> Effects {
    if is_ctrl(chord, 'x') {
        return vec![Effect::Quit];
    }
    let now = model.now;
    if let Some(wall) = &mut model.wall {
        wall.knocked = Some(now);
    }
    Effects::new()
}

pub(super) fn pressed(model: &mut Model, chord: Chord) -> Effects {
    if model.overlay.is_none() && model.logs.typing.is_some() {
        return in_log(model, chord);
    }
    if model.overlay.is_none() && command::query::is_shown(model) && model.queries.editor.is_some()
    {
        return in_editor(model, chord);
    }
    if model.overlay.is_none() && model.filtering.is_none() {
        return looked_up(model, chord);
    }
    if let Some(Overlay::Confirm { command, .. }) = &model.overlay {
        let command = *command;
        return match chord.key() {
            // A yes typed before the question was on the screen was not an answer to it; a no leads out of anything.
            Key::Char('y') | Key::Enter if !model.overlay_drawn => Effects::new(),
            Key::Char('y') | Key::Enter if chord.mods() == Mods::NONE => {
                model.overlay = None;
                dispatch::run(model, command, "")
            }
            Key::Char('n' | 'q') | Key::Esc => {
                model.overlay = None;
                Effects::new()
            }
            _ => Effects::new(),
        };
    }
    if chord.key() == Key::Esc || is_ctrl(chord, 'c') {
        return dispatch::run(model, "app.back", "");
    }
    match &model.overlay {
        Some(Overlay::Palette(_)) => in_palette(model, chord),
        Some(Overlay::Choice(_)) => {
            let effects = in_choice(model, chord);
            command::theme::preview(model);
            effects
        }
        Some(Overlay::Form(_)) => in_form(model, chord),
        Some(
            Overlay::Help { .. }
            | Overlay::Raw { .. }
            | Overlay::Results(_)
            | Overlay::Page(_)
            | Overlay::Confirm { .. },
        ) => looked_up(model, chord),
        None => in_filter(model, chord),
    }
}

fn is_ctrl(chord: Chord, letter: char) -> bool {
    chord == Chord::new(Key::Char(letter), Mods::CTRL)
}

fn looked_up(model: &mut Model, chord: Chord) -> Effects {
    model.chords.push(chord);
    let bound = match model.keymap.lookup(command::layers(model), &model.chords) {
        Lookup::Found(binding) => Some((Arc::clone(&binding.command), Arc::clone(&binding.args))),
        Lookup::Prefix(_) => return Effects::new(),
        Lookup::Nothing => None,
    };
    let unfinished = model.chords.len() > 1;
    model.chords.clear();
    let (command, argument): (Arc<str>, Arc<str>) = match bound {
        Some(bound) => bound,
        // A chord that breaks a sequence starts anew: `g j` is a lost `g` and then `j`.
        None if unfinished => return looked_up(model, chord),
        None => return Effects::new(),
    };
    dispatch::run(model, &command, &argument)
}

/// Edits an input line; `false` where the chord means nothing there.
fn edit(line: &mut InputLine, chord: &Chord) -> bool {
    if let Some(c) = chord.typed() {
        line.insert(c.encode_utf8(&mut [0; 4]));
        return true;
    }
    match chord.key() {
        Key::Char('a') if is_ctrl(*chord, 'a') => line.home(),
        Key::Char('e') if is_ctrl(*chord, 'e') => line.end(),
        Key::Char('w') if is_ctrl(*chord, 'w') => line.delete_word(),
        Key::Char('u') if is_ctrl(*chord, 'u') => line.delete_before(),
        Key::Backspace => line.backspace(),
        Key::Delete => line.delete(),
        Key::Left => line.left(),
        Key::Right => line.right(),
        Key::Home => line.home(),
        Key::End => line.end(),
        _ => return false,
    }
    true
}

fn in_palette(model: &mut Model, chord: Chord) -> Effects {
    let Some(Overlay::Palette(palette)) = &mut model.overlay else {
        return Effects::new();
    };
    match chord.key() {
        Key::Enter => {
            let entry = palette.entries.get(palette.selected).cloned();
            let typed = palette.input.text().to_owned();
            model.overlay = None;
            return match entry {
                Some(entry) => dispatch::run(model, entry.command, &entry.argument),
                None => {
                    model.say(
                        Tone::Refused,
                        format!("There is no command or pane `{typed}`."),
                    );
                    Effects::new()
                }
            };
        }
        Key::Down => {
            palette.selected = (palette.selected + 1).min(palette.entries.len().saturating_sub(1))
        }
        Key::Up => palette.selected = palette.selected.saturating_sub(1),
        Key::Tab => {
            if let Some(entry) = palette.entries.get(palette.selected) {
                palette.input.set(&palette::completed(entry));
                palette.entries = palette::entries(palette.input.text(), &palette.offers);
                palette.selected = 0;
            }
        }
        _ => {
            if edit(&mut palette.input, &chord) {
                palette.entries = palette::entries(palette.input.text(), &palette.offers);
                palette.selected = 0;
            }
        }
    }
    Effects::new()
}

fn in_choice(model: &mut Model, chord: Chord) -> Effects {
    let Some(Overlay::Choice(choice)) = &mut model.overlay else {
        return Effects::new();
    };
    let acts = choice.purpose.acts();
    match chord.key() {
        // A key typed before the menu was on the screen chose nothing in it.
        Key::Enter if acts && !model.overlay_drawn => {}
        // Nothing is chosen where nobody has chosen, and where nothing is left to choose from.
        Key::Enter if acts && choice.current().is_none() => {}
        Key::Enter => {
            if !choice.purpose.is_multiple() || !choice.entries.iter().any(|e| e.chosen) {
                let current = choice.current();
                for (at, entry) in choice.entries.iter_mut().enumerate() {
                    entry.chosen = Some(at) == current;
                }
            }
            let purpose = choice.purpose.clone();
            let values: Vec<_> = choice
                .entries
                .iter()
                .filter(|e| e.chosen)
                .map(|e| Arc::clone(&e.value))
                .collect();
            model.overlay = None;
            return choose::choose(model, purpose, &values);
        }
        Key::Char(' ') if choice.purpose.is_multiple() => {
            if let Some(at) = choice.current() {
                choice.entries[at].chosen = !choice.entries[at].chosen;
            }
        }
        Key::Down => choice.step(1),
        Key::Up => choice.step(-1),
        // In a short list nobody searches for j or k; in a list of accounts they are letters of a name.
        Key::Char('j') if !choice.purpose.is_multiple() && !acts => choice.step(1),
        Key::Char('k') if !choice.purpose.is_multiple() && !acts => choice.step(-1),
        _ => {
            if edit(&mut choice.typed, &chord) {
                choice.narrowed();
            }
        }
    }
    Effects::new()
}

fn in_form(model: &mut Model, chord: Chord) -> Effects {
    let Some(Overlay::Form(form)) = &mut model.overlay else {
        return Effects::new();
    };
    match chord.key() {
        // A key typed before the form was on the screen was not an answer to it.
        Key::Enter if model.overlay_drawn => return triage::submit(model),
        Key::Enter => {}
        Key::Tab if chord.mods() == Mods::SHIFT => form.step(false),
        Key::Tab | Key::Down => form.step(true),
        Key::Up => form.step(false),
        Key::PageDown => form.scroll = form.scroll.saturating_add(FORM_PAGE),
        Key::PageUp => form.scroll = form.scroll.saturating_sub(FORM_PAGE),
        Key::Left | Key::Right if triage::picks(form) => {
            if let Some(field) = form.field() {
                field.turn(chord.key() == Key::Right);
            }
        }
        _ => {
            if let Some(field) = form.field()
                && edit(field.input(), &chord)
            {
                form.error = None;
            }
        }
    }
    Effects::new()
}

/// A line that is typed for the log viewer.
fn in_log(model: &mut Model, chord: Chord) -> Effects {
    if chord.key() == Key::Esc || is_ctrl(chord, 'c') {
        return dispatch::run(model, "app.back", "");
    }
    if chord.key() == Key::Enter {
        return command::log::submit(model);
    }
    if let Some(typing) = &mut model.logs.typing
        && edit(&mut typing.line, &chord)
    {
        command::log::typed(model);
    }
    Effects::new()
}

/// A query that is being written.
fn in_editor(model: &mut Model, chord: Chord) -> Effects {
    if chord.key() == Key::Esc || is_ctrl(chord, 'c') {
        return dispatch::run(model, "app.back", "");
    }
    if is_ctrl(chord, 'o') {
        return dispatch::run(model, "query.library", "");
    }
    match chord.key() {
        Key::Enter => return command::query::submit(model),
        Key::Up | Key::Down => command::query::recall(model, chord.key() == Key::Up),
        _ => {
            if let Some(editor) = &mut model.queries.editor {
                let fields = editor.fields.len();
                match chord.key() {
                    Key::Tab if chord.mods() == Mods::SHIFT => {
                        editor.focused = (editor.focused + fields - 1) % fields;
                    }
                    Key::Tab => editor.focused = (editor.focused + 1) % fields,
                    _ => {
                        if edit(&mut editor.fields[editor.focused], &chord) {
                            editor.error = None;
                            editor.recalled = None;
                        }
                    }
                }
            }
        }
    }
    Effects::new()
}

fn in_filter(model: &mut Model, chord: Chord) -> Effects {
    let Some(input) = &mut model.filtering else {
        return Effects::new();
    };
    match chord.key() {
        Key::Enter => {
            let text: Arc<str> = Arc::from(input.line.text().trim());
            if input.error.is_none() {
                let before = Arc::clone(&input.before);
                model.filtering = None;
                // The list has followed every letter; the way back leads to before the first of them.
                model.pane_mut().filter = before;
                command::filter::apply(model, text);
                // The list changed under the operator's own fingers, letter by letter: the row that the cursor is on
                // now has been seen.
                model.pane_mut().displaced = None;
            }
            return Effects::new();
        }
        Key::Tab => complete(model),
        Key::Up | Key::Down => recall(model, chord.key() == Key::Up),
        _ => {
            if edit(&mut input.line, &chord) {
                input.recalled = None;
            }
        }
    }
    filter_typed(model);
    Effects::new()
}

/// Applies the filter line as it stands, or says in place what is wrong with it.
fn filter_typed(model: &mut Model) {
    let Some(input) = &mut model.filtering else {
        return;
    };
    match Filter::parse(input.line.text()) {
        Ok(_) => {
            input.error = None;
            let text: Arc<str> = Arc::from(input.line.text().trim());
            if *model.panes[model.active].filter != *text {
                model.panes[model.active].filter = text;
                model.ask_again(model.active);
            }
        }
        Err(error) => input.error = Some((error.span.clone(), Arc::from(error.to_string()))),
    }
    if let Some(input) = &mut model.filtering {
        input.completion =
            crate::filter::complete(input.line.text(), input.line.cursor(), &model.vocabulary);
    }
}

/// Takes the first completion of the word under the cursor.
fn complete(model: &mut Model) {
    let Some(FilterInput {
        line, completion, ..
    }) = &mut model.filtering
    else {
        return;
    };
    let Some(word) = completion.candidates.first() else {
        return;
    };
    let text = line.text();
    let text = format!(
        "{}{word}{}",
        &text[..completion.span.start],
        &text[completion.span.end..]
    );
    line.set(&text);
}

fn recall(model: &mut Model, older: bool) {
    let Some(input) = &mut model.filtering else {
        return;
    };
    let count = model.filters.len();
    let at = match (input.recalled, older) {
        (None, true) => count.checked_sub(1),
        (None, false) => None,
        (Some(at), true) => Some(at.saturating_sub(1)),
        (Some(at), false) => (at + 1 < count).then_some(at + 1),
    };
    input.recalled = at;
    let text = at.map_or("", |at| &model.filters[at]);
    input.line.set(text);
}

/// Text that arrived at once: into a line that is being typed, otherwise nowhere. It never acts.
pub(super) fn pasted(model: &mut Model, text: &str) -> Effects {
    let writes = command::query::is_shown(model) && model.queries.editor.is_some();
    match (&mut model.overlay, &mut model.filtering) {
        (Some(Overlay::Palette(palette)), _) => {
            palette.input.insert(text);
            palette.entries = palette::entries(palette.input.text(), &palette.offers);
            palette.selected = 0;
        }
        (Some(Overlay::Choice(choice)), _) => {
            choice.typed.insert(text);
            choice.narrowed();
            command::theme::preview(model);
        }
        (Some(Overlay::Form(form)), _) => {
            if let Some(field) = form.field() {
                field.input().insert(text);
                form.error = None;
            }
        }
        (None, Some(input)) => {
            input.line.insert(text);
            filter_typed(model);
        }
        (None, None) if writes => {
            if let Some(editor) = &mut model.queries.editor {
                editor.fields[editor.focused].insert(&command::query::pasted(text));
                editor.error = None;
            }
        }
        (None, None) if model.logs.typing.is_some() => {
            if let Some(typing) = &mut model.logs.typing {
                typing.line.insert(text);
            }
            command::log::typed(model);
        }
        _ => model.say(
            Tone::Refused,
            "Pasted text acts on nothing here; press / to filter or : to find a command.",
        ),
    }
    Effects::new()
}

/// The wheel moves what is under the pointer: the details that stand beside a list, or whatever has the keys.
pub(super) fn wheeled(model: &mut Model, x: u16, y: u16, notches: i16) -> Effects {
    if model.overlay.is_none() && model.areas().details.contains(x, y) {
        let by = isize::from(notches).saturating_mul(isize::from(WHEEL_ROWS));
        model.details.scroll = model.details.scroll.saturating_add_signed(by);
        return Effects::new();
    }
    let command = if notches > 0 {
        "row.next"
    } else {
        "row.previous"
    };
    let rows = notches.saturating_abs().saturating_mul(WHEEL_ROWS).min(100);
    (0..rows)
        .flat_map(|_| dispatch::run(model, command, ""))
        .collect()
}

/// Sorts by the column whose head was clicked; once more turns it round.
fn sort_by_head(model: &mut Model, x: u16, width: u16) -> Effects {
    let pane = model.pane();
    let mut end = panes::GUTTER;
    let under = pane.shown_columns(width).into_iter().find(|(_, cells)| {
        let from = end;
        end += cells + 1;
        (from..end).contains(&x)
    });
    match under {
        Some((column, _)) if column.sort.is_some() => {
            let head = Arc::from(column.head.trim());
            choose::choose(model, Purpose::Sort, &[head])
        }
        _ => Effects::new(),
    }
}

pub(super) fn clicked(model: &mut Model, x: u16, y: u16, on: Option<Hit>) -> Effects {
    if model.overlay.is_some() {
        return in_overlay(model, on);
    }
    if model.filtering.is_some() || model.logs.typing.is_some() {
        return Effects::new();
    }
    if let Some(Hit::Command(name, argument)) = on {
        return dispatch::run(model, name, argument);
    }
    let areas = model.areas();
    let inside = |area: Area| area.contains(x, y);
    if inside(areas.list) {
        let active = model.active;
        let is_map = command::overview::is_shown(model);
        // On a short screen the first row of the map has the names of its regions.
        let heads = u16::from(is_map && areas.heads.height == 0);
        let Some(line) = (y - areas.list.y).checked_sub(heads) else {
            return Effects::new();
        };
        let index = model.panes[active].offset + usize::from(line);
        if index < model.panes[active].len() {
            let again = model.panes[active].index == index;
            model.panes[active].go(&model.store, index);
            if again {
                let command = if is_map { "map.enter" } else { "row.details" };
                return dispatch::run(model, command, "");
            }
            if model.details.view != crate::model::DetailsView::Closed {
                model.details.follow_at = Some(model.now);
            }
        }
    } else if inside(areas.heads) {
        return sort_by_head(model, x - areas.heads.x, areas.heads.width);
    } else if inside(areas.tabs)
        && let Some(pane) = panes::tab_at(x, areas.tabs.width)
    {
        return dispatch::run(model, "pane.show", &(pane + 1).to_string());
    }
    Effects::new()
}

/// A click while something lies over the panes. Beside it, it goes away, unless something has been written into it or it waits for an
/// answer.
fn in_overlay(model: &mut Model, on: Option<Hit>) -> Effects {
    // What was clicked was drawn before this lay there.
    if !model.overlay_drawn {
        return Effects::new();
    }
    match on {
        Some(Hit::Command(name, argument)) => dispatch::run(model, name, argument),
        Some(Hit::Key(chord)) => pressed(model, chord),
        Some(Hit::Entry(at)) => entry(model, at),
        Some(Hit::Field(at)) => {
            if let Some(Overlay::Form(form)) = &mut model.overlay {
                form.focused = at.min(form.fields.len().saturating_sub(1));
            }
            Effects::new()
        }
        Some(Hit::Offer(at, offer)) => {
            if let Some(Overlay::Form(form)) = &mut model.overlay
                && let Some(field) = form.fields.get_mut(at)
            {
                form.focused = at;
                field.pick_offer(offer);
                form.error = None;
            }
            Effects::new()
        }
        Some(Hit::Overlay) => Effects::new(),
        None => match &model.overlay {
            Some(Overlay::Form(_) | Overlay::Confirm { .. }) => Effects::new(),
            _ => dispatch::run(model, "app.back", ""),
        },
    }
}

/// A click on an entry leads to it; one on the entry that the cursor is on takes it.
fn entry(model: &mut Model, at: usize) -> Effects {
    let enter = Chord::new(Key::Enter, Mods::NONE);
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) if palette.selected != at => palette.selected = at,
        Some(Overlay::Choice(choice)) if choice.selected != Some(at) => {
            choice.selected = Some(at);
            if choice.purpose.is_multiple() {
                return in_choice(model, Chord::char(' '));
            }
            command::theme::preview(model);
        }
        Some(Overlay::Choice(choice)) if choice.purpose.is_multiple() => {
            return in_choice(model, Chord::char(' '));
        }
        Some(Overlay::Palette(_) | Overlay::Choice(_)) => return pressed(model, enter),
        _ => {}
    }
    Effects::new()
}
