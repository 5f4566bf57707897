//! Panes.

use std::sync::Arc;

use crate::model::{Action, Effect, Effects, Model, Tone, Visit};
use crate::panes;

/// Shows a pane; its sources are asked first from now on.
pub(super) fn go(model: &mut Model, to: usize) -> Effects {
    if model.active != to {
        let here = model.here();
        model.visits.leave(here);
    }
    turn_to(model, to)
}

/// Shows a pane without a step of the way that is remembered.
fn turn_to(model: &mut Model, to: usize) -> Effects {
    let mut effects = Effects::new();
    if super::log::is_shown(model) && model.active != to {
        effects.extend(super::log::leave(model));
    }
    if model.pane().spec.is_home() {
        model.tab = model.active;
    }
    model.active = to;
    model.details.shown = model.pane().cursor.clone();
    model.details.scroll = 0;
    model.details.follow_at = None;
    effects.push(Effect::Focus(model.pane().spec.sources));
    if super::log::is_shown(model) {
        effects.extend(super::log::enter(model));
    }
    super::query::enter(model);
    effects
}

pub(super) fn next(model: &mut Model, _: &Action) -> Effects {
    // From a pane without a tab the first one is next.
    let next = model.active.saturating_add(1);
    go(model, if next < panes::tabs().len() { next } else { 0 })
}

pub(super) fn previous(model: &mut Model, _: &Action) -> Effects {
    let last = panes::tabs().len().saturating_sub(1);
    let before = model.active.checked_sub(1).unwrap_or(last);
    go(model, before.min(last))
}

pub(super) fn show(model: &mut Model, action: &Action) -> Effects {
    let (name, filter) = action
        .argument
        .trim()
        .split_once(' ')
        .unwrap_or((action.argument.trim(), ""));
    let by_number = name
        .parse::<usize>()
        .ok()
        .filter(|n| (1..=panes::tabs().len()).contains(n))
        .map(|n| n - 1);
    let Some(to) = by_number.or_else(|| panes::named(name)) else {
        model.say(Tone::Refused, format!("There is no pane `{name}`."));
        return Effects::new();
    };
    let effects = go(model, to);
    if !filter.trim().is_empty() {
        super::filter::apply(model, Arc::from(filter.trim()));
    }
    effects
}

pub(super) fn back(model: &mut Model, _: &Action) -> Effects {
    let here = model.here();
    match model.visits.back(here) {
        Some(visit) => revisit(model, visit),
        None => {
            model.say(Tone::Refused, "There is nothing to go back to.");
            Effects::new()
        }
    }
}

pub(super) fn forward(model: &mut Model, _: &Action) -> Effects {
    let here = model.here();
    match model.visits.forward(here) {
        Some(visit) => revisit(model, visit),
        None => {
            model.say(Tone::Refused, "There is nothing to go forward to.");
            Effects::new()
        }
    }
}

fn revisit(model: &mut Model, visit: Visit) -> Effects {
    let effects = turn_to(model, visit.pane);
    if model.pane().filter != visit.filter {
        model.pane_mut().filter = visit.filter;
        model.ask_again(model.active);
    }
    effects
}

pub(super) fn zoom(model: &mut Model, _: &Action) -> Effects {
    model.zoomed = !model.zoomed;
    Effects::new()
}
