//! Saved views: a pane with its filter, order, columns and groups under one name.

use crate::model::{Action, Effects, Model, Tone};
use crate::panes;

use super::{columns, filter, group, pane};

pub(super) fn open(model: &mut Model, action: &Action) -> Effects {
    let name = action.argument.trim();
    if name.is_empty() {
        return super::palette::ask_for(model, "view ");
    }
    let Some(view) = model.views.iter().find(|view| &*view.name == name).cloned() else {
        let known: Vec<&str> = model.views.iter().map(|view| &*view.name).collect();
        let known = if known.is_empty() {
            "none is saved; `[[view]]` in the configuration saves one".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        model.say(
            Tone::Refused,
            format!("There is no view `{name}`: {known}."),
        );
        return Effects::new();
    };
    let at = panes::ALL
        .iter()
        .position(|spec| spec.name == view.pane)
        .unwrap_or(0);
    let mut effects = pane::go(model, at);
    filter::apply(model, view.filter.clone());
    let spec = model.pane().spec;
    model.pane_mut().order = if view.order.is_empty() {
        spec.order.to_vec()
    } else {
        view.order.clone()
    };
    effects.extend(columns::show(model, &view.columns));
    effects.extend(group::by(model, &view.group));
    model.ask_again(model.active);
    effects
}
