//! noctop itself: stepping out, quitting, the terminal.

use std::sync::Arc;

use crate::model::{Action, DetailsView, Effect, Effects, Model, Overlay, Tone};

/// One step out, or nothing where there is nothing to step out of.
fn step_out(model: &mut Model) -> Option<Effects> {
    if !model.chords.is_empty() {
        model.chords.clear();
    } else if model.overlay.take().is_some() {
        super::theme::put_back(model);
    } else if super::log::step_out(model) {
    } else if let Some(effects) = super::query::step_out(model) {
        return Some(effects);
    } else if let Some(input) = model.filtering.take() {
        model.pane_mut().filter = input.before;
        model.ask_again(model.active);
    } else if model.details.view != DetailsView::Closed {
        model.details.view = match model.details.view {
            DetailsView::Full
                if !model.zoomed
                    && crate::model::area::has_room_beside(model.size.0, model.size.1) =>
            {
                DetailsView::Beside
            }
            _ => DetailsView::Closed,
        };
        model.details.scroll = 0;
    } else if model.zoomed {
        model.zoomed = false;
    } else if !model.pane().marked.is_empty() {
        model.pane_mut().marked.clear();
        model.pane_mut().anchor = None;
    } else if !model.pane().spec.is_home() {
        return Some(super::pane::go(model, model.tab));
    } else {
        return None;
    }
    Some(Effects::new())
}

pub(super) fn back(model: &mut Model, _: &Action) -> Effects {
    step_out(model).unwrap_or_default()
}

pub(super) fn leave(model: &mut Model, _: &Action) -> Effects {
    step_out(model).unwrap_or_else(|| {
        let question = if !model.runbooks.under_way.is_empty() {
            "A runbook is under way here: leaving ends its program. Quit?"
        } else if !model.changing.under_way.is_empty() {
            "A change is under way; what is not sent yet is left. Quit?"
        } else {
            "Quit noctop?"
        };
        model.show(Overlay::Confirm {
            question: Arc::from(question),
            command: "app.quit",
        });
        Effects::new()
    })
}

pub(super) fn quit(_: &mut Model, _: &Action) -> Effects {
    vec![Effect::Quit]
}

pub(super) fn demo(model: &mut Model, _: &Action) -> Effects {
    if model.session.demo {
        model.say(Tone::Refused, "This is the demo already.");
        return Effects::new();
    }
    vec![Effect::Demo]
}

pub(super) fn redraw(_: &mut Model, _: &Action) -> Effects {
    vec![Effect::Redraw]
}

pub(super) fn suspend(_: &mut Model, _: &Action) -> Effects {
    vec![Effect::Suspend]
}

pub(super) fn reload(_: &mut Model, _: &Action) -> Effects {
    vec![Effect::Reload]
}
