//! Reading one item afresh, for `J`.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::domain::text::clean;
use crate::domain::{Fault, FaultKind, ItemKey, Kind};
use crate::model::Outcome;
use crate::sources::Live;
use crate::store::Store;

use super::Outcomes;

/// Reads an item from the vantage that knows it and sends its JSON, or why there is none.
pub fn fetch(runtime: &Handle, live: &Live, store: &Store, key: ItemKey, outcomes: Outcomes) {
    let found = store.find(&key).and_then(|id| {
        let row = store.row(id)?;
        // The feed of the leading source knows the item best; a joined finding has several.
        let feed = store
            .feeds_of(id)
            .min_by_key(|feed| Some(feed.source) != row.source())?;
        Some((feed, (**row.item()).clone()))
    });
    let Some((feed, item)) = found else {
        outcomes(Outcome::Raw(key, Err(gone())));
        return;
    };
    // What an organization's account tells of another account, only that account tells more of.
    let from = if matches!(key.kind, Kind::Health | Kind::Compliance) {
        super::from(store, &key)
    } else {
        feed.vantage
    };
    let reading = live.raw(feed.source, from, item);
    runtime.spawn(async move {
        let text = reading.await.map(|json| printed(&json));
        outcomes(Outcome::Raw(key, text));
    });
}

/// The JSON in lines, every line neutralised: its strings are the service's and so anybody's.
fn printed(json: &serde_json::Value) -> Arc<str> {
    let pretty = serde_json::to_string_pretty(json).unwrap_or_default();
    let lines: Vec<_> = pretty.lines().map(clean).collect();
    Arc::from(lines.join("\n"))
}

fn gone() -> Fault {
    Fault {
        kind: FaultKind::Service,
        message: Arc::from("No feed knows this item any more, so there is nobody to ask."),
        advice: Arc::from(""),
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_the_service_reach_no_terminal_unneutralised() {
        let text = printed(&serde_json::json!({ "Reason": "a\u{202e}b", "Name": "x\u{9b}2J" }));
        assert!(!text.contains('\u{202e}') && !text.contains('\u{9b}'));
        assert_eq!(text.lines().count(), 4);
    }
}
