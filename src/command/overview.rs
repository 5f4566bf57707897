//! The heat map: from region to region, and down into what is open there.

use crate::model::{Action, Effects, Lens, Model, RowKey, Tone};
use crate::panes::Lists;

/// Whether the heat map is looked at.
pub fn is_shown(model: &Model) -> bool {
    model.pane().spec.lists == Lists::Accounts
}

pub(super) fn left(model: &mut Model, _: &Action) -> Effects {
    model.heat.column = model.heat.column.saturating_sub(1);
    Effects::new()
}

pub(super) fn right(model: &mut Model, _: &Action) -> Effects {
    model.heat.column = (model.heat.column + 1).min(model.heat.regions.len());
    Effects::new()
}

/// Narrows the fleet to the account and region under the cursor and shows what is open there.
pub(super) fn enter(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Account(account)) = action.target else {
        model.say(Tone::Refused, "There is no account here.");
        return Effects::new();
    };
    let column = model.heat.column.checked_sub(1);
    let region = column.and_then(|at| model.heat.regions.get(at).copied());
    model.lens = Lens {
        accounts: [account].into(),
        regions: region.into_iter().collect(),
        floor: model.lens.floor,
    };
    model.ask_all_again();
    let effects = super::pane::go(model, 0);
    model.say(
        Tone::Done,
        "Only what is open there is shown; 0 shows all again, [ goes back.",
    );
    effects
}
