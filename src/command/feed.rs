//! Feeds.

use crate::domain::text::count;
use crate::model::{Action, Effect, Effects, Model, RowKey, Tone};
use crate::panes::Lists;

pub(super) fn refresh(model: &mut Model, action: &Action) -> Effects {
    if model.pane().spec.lists == Lists::Runs {
        model.say(Tone::Done, "Asking AWS about every run that goes on.");
        return vec![Effect::LookAtRuns];
    }
    let feeds = match &action.target {
        Some(RowKey::Feed(feed)) => vec![*feed],
        _ => {
            let sources = model.pane().spec.sources;
            model
                .store
                .feeds(model.now)
                .into_iter()
                .map(|f| f.feed)
                .filter(|f| sources.contains(&f.source))
                .collect()
        }
    };
    if feeds.is_empty() {
        model.say(
            Tone::Refused,
            "No feed is planned yet; the fleet is still being read.",
        );
        return Effects::new();
    }
    model.say(
        Tone::Done,
        format!("Asking {} now.", count(feeds.len(), "feed")),
    );
    vec![Effect::Refresh(feeds)]
}
