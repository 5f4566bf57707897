//! Themes: each is shown as soon as the cursor is on it, and stays where it is chosen.

use std::sync::Arc;

use crate::model::{Action, Choice, ChoiceEntry, Effect, Effects, Model, Overlay, Purpose, Tone};
use crate::theme::Theme;

use super::choose::ask;

pub(super) fn choose(_: &mut Model, action: &Action) -> Effects {
    vec![Effect::ReadThemes(Arc::clone(&action.argument))]
}

/// The themes have been read: offers them, or takes the one that was asked for by name.
pub fn offer(model: &mut Model, themes: Vec<Theme>, wanted: &str) -> Effects {
    if !wanted.is_empty() {
        match themes.into_iter().find(|theme| &*theme.name == wanted) {
            Some(theme) => {
                model.themes.chosen = Some(Arc::clone(&theme.name));
                model.theme = theme;
            }
            None => model.say(Tone::Refused, format!("There is no theme `{wanted}`.")),
        }
        return Effects::new();
    }
    let entries = themes
        .iter()
        .map(|theme| ChoiceEntry {
            value: Arc::clone(&theme.name),
            label: Arc::from(format!("{:<18} {}", theme.name, theme.description)),
            chosen: theme.name == model.theme.name,
        })
        .collect();
    model.themes.all = themes;
    model.themes.before = Some(model.theme.clone());
    ask(model, "Theme (shown as you move)", Purpose::Theme, entries)
}

/// Shows the theme under the cursor.
pub fn preview(model: &mut Model) {
    let Some(Overlay::Choice(
        choice @ Choice {
            purpose: Purpose::Theme,
            ..
        },
    )) = &model.overlay
    else {
        return;
    };
    let Some(entry) = choice.current().and_then(|at| choice.entries.get(at)) else {
        return;
    };
    if let Some(theme) = model
        .themes
        .all
        .iter()
        .find(|theme| theme.name == entry.value)
    {
        model.theme = theme.clone();
    }
}

/// Nothing was chosen: everything looks as before.
pub(super) fn put_back(model: &mut Model) {
    if let Some(before) = model.themes.before.take() {
        model.theme = before;
    }
}

/// Keeps the one that was chosen.
pub(super) fn keep(model: &mut Model, name: &str) {
    model.themes.before = None;
    if let Some(at) = model
        .themes
        .all
        .iter()
        .position(|theme| &*theme.name == name)
    {
        model.theme = model.themes.all.swap_remove(at);
    }
    model.themes.all.clear();
    let name = Arc::clone(&model.theme.name);
    model.themes.chosen = Some(Arc::clone(&name));
    model.say(
        Tone::Done,
        format!("Theme {name} for this session; `theme = \"{name}\"` in [ui] keeps it."),
    );
}
