//! The screen.

use crate::model::{Action, Effects, Model, Overlay, Tone};

pub(super) fn freeze(model: &mut Model, _: &Action) -> Effects {
    for pane in &mut model.panes {
        pane.held = false;
    }
    model.frozen = if model.frozen.is_some() {
        None
    } else {
        Some(model.now)
    };
    Effects::new()
}

pub(super) fn looked(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    let changes = model.store.look_all(now);
    model.note(&changes);
    model.say(Tone::Done, "Everything counts as seen from here on.");
    Effects::new()
}

pub(super) fn help(model: &mut Model, _: &Action) -> Effects {
    model.show(Overlay::Help { scroll: 0 });
    Effects::new()
}
