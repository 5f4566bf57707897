//! Which columns a pane shows.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Action, ChoiceEntry, Effects, Model, Purpose, Tone};
use crate::panes::PaneSpec;

use super::choose::ask;

/// Heads of columns that always stay: a list that hides how bad a row is would look calm.
const KEPT: [&str; 1] = ["sev"];

/// The columns of a pane by their heads, each once, in their order.
pub fn heads(spec: &PaneSpec) -> Vec<&'static str> {
    let mut heads: Vec<&'static str> = Vec::new();
    for column in spec.columns {
        let head = column.head.trim();
        if !head.is_empty() && !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads
}

pub(super) fn choose(model: &mut Model, action: &Action) -> Effects {
    if !action.argument.is_empty() {
        let wanted: Vec<Arc<str>> = action
            .argument
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(Arc::from)
            .collect();
        return show(model, &wanted);
    }
    let pane = model.pane();
    let entries = heads(pane.spec)
        .into_iter()
        .filter(|head| !KEPT.contains(head))
        .map(|head| ChoiceEntry {
            value: Arc::from(head),
            label: Arc::from(head),
            chosen: !pane.hidden.contains(head),
        })
        .collect();
    ask(
        model,
        "Columns (space shows or hides)",
        Purpose::Columns,
        entries,
    )
}

/// Shows the columns with these heads and no others; all of them where none is named.
pub(super) fn show(model: &mut Model, wanted: &[Arc<str>]) -> Effects {
    let heads = heads(model.pane().spec);
    if let Some(wrong) = wanted.iter().find(|head| !heads.contains(&&***head)) {
        model.say(
            Tone::Refused,
            format!(
                "This pane has no column `{wrong}`; it has {}.",
                heads.join(", ")
            ),
        );
        return Effects::new();
    }
    let is_wanted = |head: &&str| {
        wanted.is_empty() || KEPT.contains(head) || wanted.iter().any(|w| &**w == *head)
    };
    let hidden: BTreeSet<&'static str> = heads.into_iter().filter(|h| !is_wanted(h)).collect();
    model.pane_mut().hidden = hidden;
    Effects::new()
}
