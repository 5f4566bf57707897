//! Why a list is empty: filtered, still loading, blind, off, or really nothing.

use crate::domain::FeedState;
use crate::domain::text::count;
use crate::model::{Area, Model, fit};
use crate::panes::Lists;
use crate::panes::feeds_role;
use crate::theme::Role;

use super::paint::Paint;

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, area: Area) {
    let mut y = area.y + u16::from(area.height > 4);
    for (text, role) in lines(model) {
        for line in fit::wrap(&text, usize::from(area.width.saturating_sub(4))) {
            if y >= area.y + area.height {
                return;
            }
            paint.text(area.x + 2, y, line, role, area.width.saturating_sub(2));
            y += 1;
        }
    }
}

/// What an empty list says, most important first. Never claims that nothing is there unless everything was read.
fn lines(model: &Model) -> Vec<(String, Role)> {
    let pane = model.pane();
    let coverage = model.coverage.pane(model.active);
    let mut lines = Vec::new();
    if coverage.feeds == 0 {
        // Without accounts there are no feeds to plan. The reason is the first thing that somebody new has to read.
        let fault = model
            .store
            .feeds(model.now)
            .into_iter()
            .filter(|feed| feed.state == FeedState::Blind)
            .find_map(|feed| feed.fault);
        lines.push(match fault {
            Some(fault) => (
                format!("No account can be read. {fault}"),
                feeds_role(FeedState::Blind),
            ),
            None => (
                "The fleet is being read; no feed is planned yet.".to_owned(),
                Role::FeedLoading,
            ),
        });
    }
    if coverage.loading > 0 {
        let done = coverage.feeds - coverage.loading;
        lines.push((
            format!(
                "Loading: {done} of {} answered.",
                count(coverage.feeds, "feed")
            ),
            Role::FeedLoading,
        ));
    }
    if coverage.blind > 0 {
        lines.push((
            format!(
                "Cannot tell: {} of {} cannot be read. The Feeds pane says why.",
                coverage.blind,
                count(coverage.feeds, "feed")
            ),
            feeds_role(FeedState::Blind),
        ));
    }
    if coverage.off > 0 {
        lines.push((
            format!(
                "Off: {} of {}; the service is not enabled there.",
                coverage.off,
                count(coverage.feeds, "feed")
            ),
            feeds_role(FeedState::Off),
        ));
    }
    let narrowed = !pane.filter.is_empty()
        || model.lens.floor.is_some()
        || !model.lens.accounts.is_empty()
        || !model.lens.regions.is_empty();
    let hidden: usize = if pane.spec.lists == Lists::Feeds {
        model.coverage.all.feeds
    } else {
        pane.spec
            .lists
            .kinds()
            .iter()
            .map(|k| model.open.kind(*k))
            .sum()
    };
    if narrowed && hidden > 0 {
        lines.push((
            format!("Filter, accounts, regions or the severity floor hide {hidden}. 0 shows all accounts; / changes the filter."),
            Role::Text,
        ));
    } else if coverage.loading == 0 && coverage.blind == 0 && coverage.feeds > 0 {
        lines.push((pane.spec.calm.to_owned(), Role::Good));
        if !model.lens.accounts.is_empty() || !model.lens.regions.is_empty() {
            lines.push((
                "That holds for the accounts and regions that are shown; 0 shows all.".to_owned(),
                Role::Text,
            ));
        }
    }
    lines
}
