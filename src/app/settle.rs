//! Bringing the model up to the present before a frame: deadlines, projections, cursors.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::command;
use crate::domain::{AccountId, Feed, FeedState, Roster};
use crate::logs::view::Progress as Worked;
use crate::model::form::Results;
use crate::model::page::Page;
use crate::model::{
    Areas, DetailsView, Heat, Hold, Logs, Model, Overlay, RowKey, Rows, details, lines,
};
use crate::panes;
use crate::runbook::run::Runs;
use crate::store::Store;
use crate::store::projection::{Eye, Progress};

/// Whether there is more to do than the budget allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Everything is up to date.
    Done,
    /// A projection is still being sorted; call again after the waiting keys.
    More,
}

/// Work units (rows looked at) that one settling may spend on projections: about a millisecond.
const BUDGET: usize = 8_192;

/// Brings the model up to `at`. Idempotent at one moment.
pub fn settle(model: &mut Model, at: Timestamp) -> Settled {
    model.pass(at);
    let now = model.now;
    let changes = model.store.tick(now);
    model.note(&changes);
    model.coverage.refresh(&model.store, &model.lens, now);
    if model.toast.as_ref().is_some_and(|t| t.until <= now) {
        model.toast = None;
    }
    let settled = refresh(model);
    if let Some(wall) = &mut model.wall {
        let (open, roster) = (model.open.rows(), model.store.roster());
        model.heat.refresh(open, &model.store, roster, now);
        wall.refresh(open, &model.store, now);
    }
    let areas = model.areas();
    let height = usize::from(areas.list.height);
    let active = model.active;
    model.settled = Some(active);
    model.panes[active].settle(&model.store, now, height);
    settle_log(model, areas);
    settle_query(model, areas);
    follow(model, now);
    clamp(model);
    settled
}

/// Puts the log viewer's reader where the lines are now, with that line on the screen.
fn settle_log(model: &mut Model, areas: Areas) {
    if !command::log::is_shown(model) {
        return;
    }
    let list = model.log_list(areas.whole_list());
    if let Some(viewer) = &mut model.logs.viewer {
        viewer.settle();
        let width = usize::from(list.width.saturating_sub(2));
        viewer.top = lines::top(viewer, width, usize::from(list.height));
    }
}

/// Puts the row of the cursor on the screen, of what a query found.
fn settle_query(model: &mut Model, areas: Areas) {
    if !command::query::is_shown(model) {
        return;
    }
    let rows = model.query_rows(areas.whole_list());
    if let Some(sheet) = &mut model.queries.sheet {
        sheet.settle(usize::from(rows.height));
    }
}

/// Brings a pane up to date that was opened since the last frame: a key typed right behind the one that opened it means
/// the rows that are there now, not those of its last time or none.
pub(super) fn catch_up(model: &mut Model) {
    if model.settled != Some(model.active) || !model.pane().is_answered() {
        settle(model, model.now);
    }
    // A key that goes on typing the filter does not wait for the rest of the answer; one that reaches for rows does.
    if model.filtering.is_none() {
        complete(model);
    }
}

/// Finds the rest of an answer of which only the beginning is shown: a command that reaches for rows means all of them.
pub(super) fn complete(model: &mut Model) {
    while model.pane().is_partial() {
        settle(model, model.now);
    }
}

/// Refreshes the counts and the rows of the visible pane. Nobody sees the order of the others: each keeps a list of
/// what changed and is put in order when it is looked at. Only freezing concerns them all: whichever is looked at
/// later shows the moment of the freeze.
fn refresh(model: &mut Model) -> Settled {
    let height = usize::from(model.areas().list.height);
    let mut budget = BUDGET;
    let mut progress = model.open.refresh(&model.store, model.now, &mut budget);
    let is_frozen = model.frozen.is_some();
    let visible = std::iter::once(model.active);
    let others = (0..model.panes.len()).filter(|at| is_frozen && *at != model.active);
    for at in visible.chain(others) {
        let pane = &mut model.panes[at];
        if pane.held && is_frozen && pane.is_answered() {
            continue;
        }
        let of_pane = match &mut pane.rows {
            Rows::Items(projection) => {
                let item = match (pane.hold, &pane.cursor) {
                    (Hold::Row, Some(RowKey::Item(key))) => model.store.find(key),
                    _ => None,
                };
                projection.look(Eye {
                    row: item,
                    line: pane.index,
                    height,
                });
                projection.refresh(&model.store, model.now, &mut budget)
            }
            Rows::Feeds(feeds) => {
                *feeds = ledger(&model.store, &pane.filter, model.now);
                Progress::Done
            }
            Rows::Text => match read_on(&mut model.logs, at == model.active) {
                (progress, Some(said)) => {
                    let until = model.now.plus(crate::model::TOAST_FOR);
                    model.toast = Some(crate::model::Toast {
                        text: said,
                        tone: crate::model::Tone::Done,
                        until,
                    });
                    progress
                }
                (progress, None) => progress,
            },
            Rows::Accounts(accounts) => {
                let roster = model.store.roster();
                let open = model.open.rows();
                model.heat.refresh(open, &model.store, roster, model.now);
                *accounts = worst_first(&model.heat, roster, &pane.filter);
                Progress::Done
            }
            Rows::Runs(runs) => {
                *runs = latest(&model.runbooks.runs, model.store.roster(), &pane.filter);
                Progress::Done
            }
        };
        pane.held = is_frozen && of_pane == Progress::Done;
        if of_pane == Progress::More {
            progress = Progress::More;
        }
    }
    match progress {
        Progress::Done => Settled::Done,
        Progress::More => Settled::More,
    }
}

/// Brings the log viewer up to date: which lines pass, and what is looked for.
fn read_on(logs: &mut Logs, is_shown: bool) -> (Progress, Option<Arc<str>>) {
    match &mut logs.viewer {
        Some(viewer) if is_shown => match viewer.work() {
            (Worked::Done, said) => (Progress::Done, said),
            (Worked::More, said) => (Progress::More, said),
        },
        _ => (Progress::Done, None),
    }
}

/// The runs that a filter's words leave, the latest first.
fn latest(runs: &Runs, roster: &Roster, filter: &str) -> Vec<Arc<str>> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let latest = runs.latest().into_iter();
    latest
        .filter(|run| panes::runs::has(run, roster, &words))
        .map(|run| Arc::clone(&run.id))
        .collect()
}

/// The accounts that a filter's words leave, the worst first.
fn worst_first(heat: &Heat, roster: &Roster, filter: &str) -> Vec<AccountId> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let named = |id: AccountId| {
        let text = format!("{} {id}", roster.name(id)).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let accounts = heat.lanes.iter().map(|lane| lane.account);
    accounts.filter(|id| named(*id)).collect()
}

/// The feeds that a filter's words leave, blind ones first.
fn ledger(store: &Store, filter: &str, now: Timestamp) -> Vec<Feed> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let named = |feed: &Feed, state: FeedState| {
        let account = store.roster().name(feed.vantage.account);
        let text = format!("{feed} {state} {account}").to_lowercase();
        words.iter().all(|w| text.contains(w.as_str()))
    };
    let rank = |state: FeedState| match state {
        FeedState::Blind => 0,
        FeedState::Late => 1,
        FeedState::Loading => 2,
        FeedState::Off => 3,
        FeedState::Fresh => 4,
    };
    let mut feeds: Vec<_> = store
        .feed_states(now)
        .filter(|(feed, state)| words.is_empty() || named(feed, *state))
        .map(|(feed, state)| (rank(state), feed))
        .collect();
    feeds.sort_unstable();
    feeds.into_iter().map(|(_, feed)| feed).collect()
}

/// The details follow the cursor once it has rested.
fn follow(model: &mut Model, now: Timestamp) {
    if model.details.view == DetailsView::Closed {
        model.details.follow_at = None;
        return;
    }
    let cursor = model.pane().cursor.clone();
    let is_shown = match (&model.details.shown, &cursor) {
        (Some(shown), Some(cursor)) => shown.is_same(cursor),
        (shown, cursor) => shown == cursor,
    };
    if is_shown {
        model.details.shown = cursor;
        model.details.follow_at = None;
    } else if model.details.follow_at.is_none_or(|due| due <= now) {
        model.details.shown = cursor;
        model.details.follow_at = None;
        model.details.scroll = 0;
    }
}

/// Keeps scroll positions within what there is to scroll: a key held at the end must not have to be paid back.
fn clamp(model: &mut Model) {
    let last = match &model.overlay {
        Some(Overlay::Raw { body, .. }) => super::raw_last(body, model.size),
        Some(Overlay::Help { .. }) => {
            let (lines, shown) = command::help::extent(model);
            lines.saturating_sub(shown)
        }
        Some(Overlay::Results(results)) => results.last(model.size.1),
        Some(Overlay::Page(page)) => page.last(model.size),
        _ => 0,
    };
    if let Some(
        Overlay::Raw { scroll, .. }
        | Overlay::Help { scroll }
        | Overlay::Results(Results { scroll, .. })
        | Overlay::Page(Page { scroll, .. }),
    ) = &mut model.overlay
    {
        *scroll = (*scroll).min(last);
    }
    if model.details.scroll > 0 {
        model.details.scroll = details::layout(model, model.details_place()).scroll;
    }
}
