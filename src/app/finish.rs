//! What came of effects.

use std::sync::Arc;

use crate::model::{Effects, Model, Outcome, Overlay, RawBody, Tone};

pub(super) fn finished(model: &mut Model, outcome: Outcome) -> Effects {
    match outcome {
        Outcome::Raw(asked, result) => {
            // The operator may have closed it or asked for another item since.
            if let Some(Overlay::Raw { key, body, .. }) = &mut model.overlay
                && *key == asked
            {
                *body = match result {
                    Ok(text) => RawBody::Lines(text.lines().map(Arc::from).collect()),
                    Err(fault) => RawBody::Failed(fault),
                };
            }
        }
        Outcome::Link(Err(why)) => model.say(Tone::Refused, why),
        Outcome::Link(Ok(())) => {}
    }
    Effects::new()
}

pub(super) fn say_problems(model: &mut Model, problems: &[Arc<str>]) {
    match problems {
        [] => model.say(Tone::Done, "Theme and configuration were read again."),
        [one] => model.say(Tone::Refused, Arc::clone(one)),
        [first, rest @ ..] => {
            model.say(
                Tone::Refused,
                format!(
                    "{first} (and {} more: `noctop config check` lists them)",
                    rest.len()
                ),
            );
        }
    }
}
