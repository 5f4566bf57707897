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
    if !pane.is_answered() {
        return vec![("Putting the rows in order.".to_owned(), Role::FeedLoading)];
    }
    if matches!(pane.spec.lists, Lists::Runs | Lists::Accounts) {
        let text = hidden(model).unwrap_or_else(|| pane.spec.calm.to_owned());
        return vec![(text, Role::Text)];
    }
    let coverage = model.coverage.pane(model.active);
    let mut lines = Vec::new();
    let lacking = pane.spec.sources.iter().filter(|source| !source.is_built());
    for source in lacking {
        lines.push((
            format!("Not read: this build of noctop was made without {source}."),
            feeds_role(FeedState::Blind),
        ));
    }
    if coverage.feeds == 0 && lines.is_empty() {
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
    if let Some(hidden) = hidden(model) {
        // What the operator did comes before what the fleet does.
        lines.insert(0, (hidden, Role::Text));
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

/// What hides rows that are there, and how many as far as they are counted; nothing where nothing is hidden.
fn hidden(model: &Model) -> Option<String> {
    let pane = model.pane();
    let causes: Vec<_> = [
        (!pane.filter.is_empty(), "the filter"),
        (
            model.lens.floor.is_some() && pane.lists_items(),
            "the severity floor",
        ),
    ]
    .into_iter()
    .filter_map(|(hides, cause)| hides.then_some(cause))
    .collect();
    if causes.is_empty() {
        return None;
    }
    let causes = causes.join(" and ");
    let hidden = match pane.spec.lists {
        Lists::Open(kinds) => match kinds.iter().map(|k| model.open.kind(*k)).sum::<usize>() {
            0 => return None,
            hidden => format!("Hidden by {causes}: {hidden}."),
        },
        Lists::Feeds => format!("Hidden by {causes}: {}.", model.coverage.all.feeds),
        // What asks for no attention is listed here, too, and counted nowhere.
        Lists::Every(_) | Lists::Runs | Lists::Accounts | Lists::Logs | Lists::Query => {
            format!("Nothing here passes {causes}.")
        }
    };
    Some(format!(
        "{hidden} / changes the filter, 0 shows every account, region and severity."
    ))
}
