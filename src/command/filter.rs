//! The filter of a pane.

use std::sync::Arc;

use crate::filter::{Completion, Filter};
use crate::model::input::InputLine;
use crate::model::{Action, Effects, FilterInput, Model, Tone};

/// How many filters are remembered.
const REMEMBERED: usize = 50;

pub(super) fn open(model: &mut Model, _: &Action) -> Effects {
    let before = Arc::clone(&model.pane().filter);
    model.filtering = Some(FilterInput {
        line: InputLine::new(&before),
        before,
        error: None,
        completion: Completion::default(),
        recalled: None,
    });
    Effects::new()
}

pub(super) fn set(model: &mut Model, action: &Action) -> Effects {
    apply(model, Arc::from(action.argument.trim()));
    Effects::new()
}

pub(super) fn clear(model: &mut Model, _: &Action) -> Effects {
    apply(model, Arc::from(""));
    Effects::new()
}

/// Sets the active pane's filter and remembers it; says what is wrong with one that cannot be read.
pub fn apply(model: &mut Model, text: Arc<str>) {
    if let Err(error) = Filter::parse(&text) {
        model.say(Tone::Refused, format!("The filter cannot be read: {error}"));
        return;
    }
    if !text.is_empty() {
        model.filters.retain(|f| *f != text);
        model.filters.push(Arc::clone(&text));
        if model.filters.len() > REMEMBERED {
            model.filters.remove(0);
        }
    }
    let here = model.here();
    if here.filter != text {
        model.visits.leave(here);
    }
    model.pane_mut().filter = text;
    model.ask_again(model.active);
}
