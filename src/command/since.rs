//! What happened since somebody looked: new, worse, and gone.

use std::sync::Arc;

use crate::domain::ItemKey;
use crate::domain::text::count;
use crate::model::{Action, ChoiceEntry, Effects, Model, Purpose, RowKey, Tone};
use crate::panes::fact;

use super::choose::ask;

/// Lists it. An entry leads to the rows, or to the one that is gone.
pub(super) fn list(model: &mut Model, _: &Action) -> Effects {
    let news = model.store.since_look();
    if (news.new, news.worse, news.gone) == (0, 0, 0) {
        let since = if news.at.is_unknown() {
            "since noctop began to watch".to_owned()
        } else {
            format!("since you looked at {}", fact::clock(news.at, model.now))
        };
        model.say(
            Tone::Done,
            format!("Nothing is new, worse or gone {since}."),
        );
        return Effects::new();
    }
    let entry = |value: &str, label: String| ChoiceEntry {
        value: Arc::from(value),
        label: Arc::from(label),
        chosen: false,
    };
    let (worse, gone_sign) = if model.session.ascii {
        ("^", "-")
    } else {
        ("↑", "✓")
    };
    let mut entries = Vec::new();
    if news.new > 0 {
        let label = format!("* {} new, open now", news.new);
        entries.push(entry("unseen", label));
    }
    if news.worse > 0 {
        let label = format!("{worse} {} worse, open now", news.worse);
        entries.push(entry("worse", label));
    }
    let mut keys = Vec::new();
    for gone in model.store.gone() {
        let scope = gone.item.key.scope;
        let label = format!(
            "{gone_sign} {} {:<8} {} {}: {}{}",
            fact::clock(gone.at, model.now),
            gone.severity.word(),
            model.roster().name(scope.account),
            scope.region,
            fact::what(&gone.item),
            if gone.unseen {
                ", came and went unseen"
            } else {
                ""
            },
        );
        entries.push(entry(&keys.len().to_string(), label));
        keys.push(gone.item.key.clone());
    }
    if news.gone > keys.len() {
        let rest = count(news.gone - keys.len(), "item");
        entries.push(entry("", format!("  {rest} more before that")));
    }
    ask(
        model,
        "Since you looked: new, worse, gone",
        Purpose::Since(keys),
        entries,
    )
}

/// Shows what was chosen: rows of the Queue, or where the item that is gone stands in its pane.
pub(super) fn show(model: &mut Model, value: &str, gone: &[ItemKey]) -> Effects {
    let Ok(at) = value.parse::<usize>() else {
        return if value.is_empty() {
            Effects::new()
        } else {
            super::related::show(model, value)
        };
    };
    let Some(key) = gone.get(at) else {
        return Effects::new();
    };
    let Some(name) = model.row(key).map(|row| Arc::clone(&row.item().name)) else {
        model.say(
            Tone::Refused,
            format!(
                "{} is no longer known; what it did is in `noctop handover` and in the history.",
                key.id
            ),
        );
        return Effects::new();
    };
    let pane = model.panes.iter().position(|pane| {
        pane.spec.place == crate::panes::Place::Tab && pane.spec.lists.kinds() == [key.kind]
    });
    let effects = super::pane::go(model, pane.unwrap_or(0));
    let filter = format!(
        "acct:{} region:{} name:\"{}\"",
        key.scope.account,
        key.scope.region,
        name.replace('"', "")
    );
    super::filter::apply(model, Arc::from(filter));
    model.pane_mut().cursor = Some(RowKey::Item(key.clone()));
    effects
}
