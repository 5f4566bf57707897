//! The spine: a message goes in, the model changes, effects come out. Pure and synchronous.
//!
//! ```text
//! Msg ──► update ──► press / arrive / finish ──► Effects
//!            settle ──► deadlines, projections, cursors      (once before a frame)
//! ```
//!
//! Called by `runtime` and by tests; reads no clock and awaits nothing.

mod came;
mod carry;
mod dispatch;
mod finish;
mod msg;
mod press;
mod settle;

pub use dispatch::run;
pub use msg::Msg;
pub use settle::{Settled, settle};

use crate::clock::Timestamp;
use crate::model::{Effect, Effects, Model, RawBody, Tone, area, raw};

/// Takes one message in.
pub fn update(model: &mut Model, at: Timestamp, msg: Msg) -> Effects {
    model.pass(at);
    if let Msg::Drawn = msg {
        // The loop asks for nothing here and takes nothing: what is due leaves with the next message.
        model.overlay_drawn = true;
        return Effects::new();
    }
    let mut effects = take_in(model, msg);
    let facts = model.recorder.due(&model.store, model.now);
    effects.extend(facts.map(Effect::Persist));
    let call = model.attention.due(&model.store, model.now);
    let item = model.closers.due(model.details.item(), model.now);
    effects.extend(item.map(Effect::LookCloser));
    effects.extend(call.map(|call| Effect::Call(Box::new(call))));
    effects
}

fn take_in(model: &mut Model, msg: Msg) -> Effects {
    match msg {
        Msg::Pressed(chord) if model.wall.is_some() => press::knocked(model, chord),
        Msg::Pasted(_) | Msg::Wheeled { .. } | Msg::Clicked { .. } if model.wall.is_some() => {
            Effects::new()
        }
        Msg::Pressed(chord) => {
            model.pressed = Some(model.now);
            settle::catch_up(model);
            press::pressed(model, chord)
        }
        Msg::Pasted(text) => press::pasted(model, &text),
        Msg::Wheeled { x, y, notches } => press::wheeled(model, x, y, notches),
        Msg::Clicked { x, y, on } => press::clicked(model, x, y, on),
        Msg::Resized { width, height } => {
            model.size = (width, height);
            Effects::new()
        }
        Msg::Arrived(batch) => {
            model.pulse.feel(&batch.body, model.now);
            let changes = model.store.apply(*batch);
            model.note(&changes);
            carry::carry(model, &changes)
        }
        Msg::Learned(roster) => {
            model.learn(*roster);
            Effects::new()
        }
        Msg::Finished(outcome) => finish::finished(model, outcome),
        Msg::Reloaded { theme, problems } => {
            model.theme = *theme;
            finish::say_problems(model, &problems);
            Effects::new()
        }
        Msg::Themes { themes, wanted } => crate::command::theme::offer(model, themes, &wanted),
        Msg::Drawn | Msg::Tick => Effects::new(),
    }
}

/// Gives a command line as if it had been typed into the palette: `findings sev:critical`, `quit`.
pub fn start_with(model: &mut Model, typed: &str) -> Effects {
    let offers = crate::command::palette::offers(model);
    let found = crate::command::palette::entries(typed, &offers);
    match found.into_iter().next() {
        Some(entry) => run(model, entry.command, &entry.argument),
        None => {
            model.say(
                Tone::Refused,
                format!("There is no command or pane `{typed}`."),
            );
            Effects::new()
        }
    }
}

/// How far a raw body can be scrolled on a screen of this size: until its last line stands at the bottom.
fn raw_last(body: &RawBody, (width, height): (u16, u16)) -> usize {
    let place = area::in_frame(area::text_frame(width, height));
    match body {
        RawBody::Lines(json) => raw::lines(json, usize::from(place.width))
            .len()
            .saturating_sub(usize::from(place.height)),
        RawBody::Loading | RawBody::Failed(_) => 0,
    }
}
