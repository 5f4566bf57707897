//! Groups: all rows that have something in common as one line with its count.

use std::sync::Arc;

use crate::model::{Action, ChoiceEntry, Effects, Model, Purpose, Tone};
use crate::store::projection::{Common, Folding};

use super::choose::ask;

/// What can be grouped by beside tags: the argument and its label.
const BY: [(&str, &str); 5] = [
    ("account", "account"),
    ("region", "region"),
    ("resource", "resource"),
    ("kind", "kind"),
    ("source", "source"),
];

pub(super) fn choose(model: &mut Model, action: &Action) -> Effects {
    if !action.argument.is_empty() {
        return by(model, &action.argument);
    }
    let current = match &model.pane().folding {
        Folding::By(common) => Some(common.clone()),
        Folding::Off | Folding::Storms(_) => None,
    };
    let entry = |value: &str, label: String| ChoiceEntry {
        value: Arc::from(value),
        label: Arc::from(label),
        chosen: current == Common::parse(value),
    };
    let mut entries = vec![entry(
        "",
        "nothing: storms fold, other rows stand by themselves".into(),
    )];
    entries.extend(
        BY.iter()
            .map(|(value, label)| entry(value, (*label).to_owned())),
    );
    let accounts = model.roster().iter();
    let tags: std::collections::BTreeSet<&str> = accounts
        .flat_map(|account| account.tags.keys().map(String::as_str))
        .collect();
    entries.extend(tags.into_iter().map(|tag| {
        entry(
            &format!("tag:{tag}"),
            format!("tag {} of the account", crate::domain::text::clean(tag)),
        )
    }));
    ask(model, "Group by", Purpose::Group, entries)
}

/// Groups the pane by this, or no longer where it is empty.
pub(super) fn by(model: &mut Model, word: &str) -> Effects {
    let folding = if matches!(word, "" | "nothing" | "off") {
        model.pane().spec.folding()
    } else if let Some(common) = Common::parse(word) {
        Folding::By(common)
    } else {
        let known: Vec<&str> = BY.iter().map(|(value, _)| *value).collect();
        model.say(
            Tone::Refused,
            format!(
                "Nothing is grouped by `{word}`; there are {} and tag:NAME.",
                known.join(", ")
            ),
        );
        return Effects::new();
    };
    model.pane_mut().folding = folding;
    model.ask_again(model.active);
    Effects::new()
}
