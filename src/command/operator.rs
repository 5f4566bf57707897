//! Who is at this console: one operator goes, another one comes, and the console stays.

use std::sync::Arc;

use crate::domain::text::{clean, count};
use crate::model::{Action, Effect, Effects, Model, Tone};

use super::palette;

/// The longest name, in characters: AWS takes 64 for the name of a session.
const LONGEST: usize = 64;

pub(super) fn change(model: &mut Model, action: &Action) -> Effects {
    let name = clean(action.argument.trim()).into_owned();
    if name.is_empty() {
        return palette::ask(model, "operator.change");
    }
    if name.chars().count() > LONGEST {
        model.say(
            Tone::Refused,
            format!("A name has at most {LONGEST} characters; nobody took over."),
        );
        return Effects::new();
    }
    let before = Arc::clone(&model.acting.who.owner.operator);
    if *before == *name {
        model.say(Tone::Refused, format!("You are {name} already."));
        return Effects::new();
    }
    // What is on its way goes on under the name of whoever asked for it.
    let under_way = model.changing.under_way.len() + model.acting.waiting;
    if under_way > 0 {
        model.say(
            Tone::Refused,
            format!(
                "{} of {before}'s {} not answered yet; nobody took over. Try again in a moment, or `:cancel changes`.",
                count(under_way, "act"),
                if under_way == 1 { "is" } else { "are" },
            ),
        );
        return Effects::new();
    }
    model.hand_over(&name);
    model.say(
        Tone::Done,
        format!("{before} handed over to {name}: from here on everything is done under that name."),
    );
    vec![Effect::HandOver(name.into())]
}
