//! Folds: many rows in one line, opened and closed.

use crate::model::{Action, DetailsView, Effects, Model, RowKey, Tone};
use crate::store::projection::Folding;

pub(super) fn toggle(model: &mut Model, action: &Action) -> Effects {
    let Some(key) = action
        .target
        .as_ref()
        .and_then(|key| model.pane().fold_of(&model.store, key))
    else {
        model.say(Tone::Refused, "This row stands by itself.");
        return Effects::new();
    };
    let active = model.active;
    model.panes[active].toggle_fold(&key);
    // Where details have the place of the list, the rows are what was asked for.
    if model.reads_details() || model.details.view == DetailsView::Full {
        model.details.view = DetailsView::Closed;
    }
    let (pane, store) = (&mut model.panes[active], &model.store);
    // From a row within it the cursor goes back to the fold, which is what the key was aimed at.
    if let Some(index) = pane.position(store, &RowKey::Fold(key)) {
        pane.go(store, index);
    }
    super::row::look_at_cursor(model);
    Effects::new()
}

pub(super) fn all(model: &mut Model, _: &Action) -> Effects {
    let pane = model.pane_mut();
    let folds = if pane.folding.is_off() {
        pane.spec.folding()
    } else {
        Folding::Off
    };
    let said = match (&folds, pane.folding.is_off()) {
        (Folding::Off, true) => "Nothing is folded in this pane.",
        (Folding::Off, false) => "Every row stands by itself now.",
        _ => "Storms are folded again.",
    };
    pane.folding = folds;
    model.say(Tone::Done, said);
    model.ask_again(model.active);
    Effects::new()
}
