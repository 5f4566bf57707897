//! The screen.

use std::sync::Arc;

use crate::model::effect::Form;
use crate::model::{Action, Effect, Effects, Model, Overlay, Tone};

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

pub(super) fn picture(model: &mut Model, action: &Action) -> Effects {
    let (form, end) = match action.argument.trim() {
        "" | "text" => (Form::Text, "txt"),
        "ansi" => (Form::Ansi, "ansi"),
        "svg" => (Form::Svg, "svg"),
        other => {
            let text = format!("The screen is saved as text, ansi or svg, not as `{other}`.");
            model.say(Tone::Refused, text);
            return Effects::new();
        }
    };
    let when = model.now.to_jiff().strftime("%Y%m%dT%H%M%SZ");
    let name = Arc::from(format!("screen-{when}.{end}"));
    vec![Effect::Picture { name, form }]
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
