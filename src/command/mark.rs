//! Marks: the rows that the next verb is for.

use crate::model::{Action, Effects, Model, Tone};

pub(super) fn toggle(model: &mut Model, _: &Action) -> Effects {
    let active = model.active;
    model.panes[active].toggle_mark(&model.store);
    model.panes[active].step(&model.store, 1);
    super::row::look_at_cursor(model);
    Effects::new()
}

pub(super) fn range(model: &mut Model, _: &Action) -> Effects {
    let active = model.active;
    let (pane, store) = (&mut model.panes[active], &model.store);
    let from = pane.anchor.clone().and_then(|a| pane.position(store, &a));
    let Some(from) = from else {
        model.say(
            Tone::Refused,
            "Mark the first row of the range with space, then go to the last and press v.",
        );
        return Effects::new();
    };
    let to = pane.index;
    for index in from.min(to)..=from.max(to) {
        if let Some(key) = pane.key_at(store, index) {
            pane.marked.extend(pane.items_of(store, &key));
        }
    }
    say_count(model);
    Effects::new()
}

pub(super) fn all(model: &mut Model, _: &Action) -> Effects {
    let active = model.active;
    let (pane, store) = (&mut model.panes[active], &model.store);
    pane.marked.extend(pane.every_item(store));
    say_count(model);
    Effects::new()
}

pub(super) fn clear(model: &mut Model, _: &Action) -> Effects {
    let pane = model.pane_mut();
    pane.marked.clear();
    pane.anchor = None;
    Effects::new()
}

fn say_count(model: &mut Model) {
    let marked = match model.pane().marked.len() {
        1 => "1 item is marked.".to_owned(),
        items => format!("{items} items are marked."),
    };
    model.say(Tone::Done, marked);
}
