//! The details of a row in lines: laid out once, for drawing and for scrolling alike.

use std::fmt::Write as _;

use jiff::tz::Offset;

use crate::clock::Timestamp;
use crate::domain::closer::Told;
use crate::domain::metric::Course;
use crate::domain::window::WindowDetail;
use crate::domain::{AccountId, Detail, FeedState, ItemKey, Kind, Severity, text};
use crate::keymap::Layer;
use crate::panes::facts::{self, Fact, Facts};
use crate::panes::{cells, fact, folds, runs};
use crate::theme::Role;

use super::{Area, Model, RowKey, fit, metric};

/// Cells of the labels.
pub const LABEL: u16 = 14;
/// From this width on the facts stand in two columns.
const TWO_COLUMNS: u16 = 110;
/// Runs that the details of an item name, the latest.
const RUNS: usize = 5;
/// Cells between two columns.
const GAP: u16 = 2;

/// One line: a label, empty where the text goes on, and a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// At most thirteen letters.
    pub label: &'static str,
    /// As wide as the column at most.
    pub text: String,
    /// How the text looks.
    pub role: Role,
}

/// The details as they lie in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Account, region and what it is.
    pub title: String,
    /// The lines of each column.
    pub columns: Vec<Vec<Line>>,
    /// The width of each column.
    pub width: u16,
    /// The first line shown.
    pub scroll: usize,
    /// Lines below the last one shown.
    pub below: usize,
}

impl Layout {
    /// The columns with the cells at which they begin, as far as they are shown.
    pub fn shown(&self) -> impl Iterator<Item = (u16, &[Line])> {
        let step = self.width + GAP;
        self.columns
            .iter()
            .zip((0u16..).map(move |i| i * step))
            .map(|(lines, x)| (x, lines.get(self.scroll..).unwrap_or_default()))
    }
}

/// Lays the details of the row they show out for a place.
#[must_use]
pub fn layout(model: &Model, place: Area) -> Layout {
    let facts = shown(model);
    let two = place.width >= TWO_COLUMNS;
    let width = if two {
        (place.width - GAP) / 2
    } else {
        place.width
    };
    let mut first = course(model, width, place.height);
    first.extend(lines(&facts.list, width));
    let height = usize::from(place.height);
    // Two columns only where one is not enough: a few facts are read from top to bottom.
    let split = first.len().div_ceil(2).max(height).min(first.len());
    // A fact is not torn in two: it begins the second column as a whole, unless there is nothing else.
    let split = (1..=split)
        .rev()
        .find(|at| first.get(*at).is_none_or(|line| !line.label.is_empty()))
        .unwrap_or(split);
    let second = if two {
        first.split_off(split)
    } else {
        Vec::new()
    };
    let longest = first.len().max(second.len());
    let scroll = model.details.scroll.min(longest.saturating_sub(height));
    let below = longest.saturating_sub(scroll + height);
    let columns = if second.is_empty() {
        vec![first]
    } else {
        vec![first, second]
    };
    Layout {
        title: facts.title,
        columns,
        width,
        scroll,
        below,
    }
}

fn shown(model: &Model) -> Facts {
    match &model.details.shown {
        Some(RowKey::Item(key)) => match model
            .store
            .find(key)
            .and_then(|id| Some((id, model.store.row(id)?)))
        {
            Some((id, row)) => {
                let mut facts = facts::of_row(id, row, &model.store, model.now);
                if let Detail::Window(window) = &row.item().detail {
                    facts.list.splice(1..1, openings(model, window));
                }
                closer(model, key, &mut facts);
                if let Some(asked) = model.changing.asked(key) {
                    facts.list.push(asked.fact(row.item(), model.now));
                }
                let item = format!("{} {} {}", key.kind, key.scope, key.id);
                for run in model.runbooks.runs.about(&item).into_iter().take(RUNS) {
                    facts.list.push(runs::mention(run, model.now));
                }
                facts
            }
            None => Facts::sentence(&key.id, "This item has gone."),
        },
        Some(RowKey::Fold(key)) => match model.pane().fold(key) {
            Some(fold) => {
                let members: Vec<_> = model.pane().members(fold).collect();
                folds::facts(fold, &members, &model.store, model.now)
            }
            None => Facts::sentence(
                "fold",
                "This fold has come apart; its rows stand by themselves.",
            ),
        },
        Some(RowKey::Feed(feed)) => match model.store.feed(feed, model.now) {
            Some(report) => facts::of_feed(&report, model.roster(), model.now),
            None => Facts::sentence("feed", "This feed is no longer asked."),
        },
        Some(RowKey::Account(id)) => account(model, *id),
        Some(RowKey::Run(id)) => match model.runbooks.runs.get(id) {
            Some(run) => {
                let chords = model.chords(&[Layer::List, Layer::Global], "action.menu");
                let key = chords.into_iter().next();
                let key = key.unwrap_or_else(|| "`do in AWS` in the palette".to_owned());
                runs::facts(run, model.roster(), model.now, &key)
            }
            None => Facts::sentence("run", "This run is no longer known."),
        },
        None => Facts::sentence("", "There is no row under the cursor."),
    }
}

/// When a window opens next: in UTC, and on the team's own clock where that is another.
fn openings(model: &Model, window: &WindowDetail) -> Vec<Fact> {
    let zone = &model.session.zone;
    let times = window.next.iter().chain(&window.later);
    times
        .enumerate()
        .map(|(at, opens)| {
            let local = opens.to_jiff().to_zoned(zone.clone());
            let mut text = fact::clock(*opens, model.now);
            if local.offset() != Offset::UTC {
                let _ = write!(text, " · {}", local.strftime("%a %H:%M %Z"));
            }
            if *opens > model.now {
                let _ = write!(text, " · in {}", text::age(opens.since(model.now)));
            }
            Fact {
                label: if at == 0 { "opens" } else { "" },
                text,
                role: Role::DetailValue,
            }
        })
        .collect()
}

/// What the closer look tells: what the service has to say before where and since when the item is known, what happened
/// to it at the end.
fn closer(model: &Model, key: &ItemKey, facts: &mut Facts) {
    let Some(closer) = model.closers.of(key) else {
        return;
    };
    let before = facts.list.iter().position(|fact| fact.label == "since");
    let before = before.unwrap_or(facts.list.len());
    facts
        .list
        .splice(before..before, told(&closer.told, model.now));
    facts.list.extend(told(&closer.timeline, model.now));
}

/// Things that are told, of which those of one sort share a label.
fn told(all: &[Told], now: Timestamp) -> Vec<Fact> {
    let mut before = "";
    all.iter()
        .map(|one| {
            let label = if one.label == before { "" } else { one.label };
            before = one.label;
            let text = match one.at {
                Some(at) => format!(
                    "{} · {} ago · {}",
                    fact::clock(at, now),
                    text::age(now.since(at)),
                    one.text
                ),
                None => one.text.to_string(),
            };
            let role = if one.is_unread {
                Role::FeedBlind
            } else {
                Role::DetailValue
            };
            Fact { label, text, role }
        })
        .collect()
}

/// An account of the overview: what is open in each of its regions, and what cannot be read there.
fn account(model: &Model, id: AccountId) -> Facts {
    let roster = model.roster();
    let mut facts = Facts {
        title: format!("{} · {id}", roster.name(id)),
        list: Vec::new(),
    };
    let Some(lane) = model.heat.of(id) else {
        return Facts::sentence(&facts.title, "This account is not in the fleet any more.");
    };
    if let Some(account) = roster.get(id) {
        let tags: Vec<String> = account
            .tags
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        if !tags.is_empty() {
            facts.add("tags", text::clean(&tags.join(" · ")));
        }
    }
    for (region, spot) in model.heat.regions.iter().zip(&lane.spots) {
        let counts = Severity::ALL.iter().filter_map(|severity| {
            let count = spot.open[*severity as usize];
            (count > 0).then(|| format!("{count} {severity}"))
        });
        let mut words: Vec<String> = counts.collect();
        if words.is_empty() {
            words.push("nothing open".to_owned());
        } else {
            words.push(format!("{} that nobody has", spot.untaken()));
        }
        if spot.is_blind {
            words.push("not everything can be read there".to_owned());
        }
        let role = match (spot.is_blind, spot.worst()) {
            (true, _) => Role::FeedBlind,
            (false, Some((severity, _))) => cells::severity_role(severity),
            (false, None) => Role::TextDim,
        };
        facts.add_as("", format!("{region}: {}", words.join(" · ")), role);
    }
    for feed in model.store.feeds(model.now) {
        if feed.feed.vantage.account == id
            && let Some(fault) = &feed.fault
            && feed.state == FeedState::Blind
        {
            facts.add_as("blind", format!("{}: {fault}", feed.feed), Role::FeedBlind);
        }
    }
    facts
}

/// Rows of the drawing of a metric.
const DOTS: usize = 5;
/// Rows below which the facts are worth more than a drawing.
const LEAST: u16 = 10;
/// Turns of an alarm's state that are told.
const TURNS: usize = 6;

/// How the metric of the alarm went, drawn, and how its state turned.
fn course(model: &Model, width: u16, height: u16) -> Vec<Line> {
    let Some(key) = model.details.item().filter(|key| key.kind == Kind::Alarm) else {
        return Vec::new();
    };
    let course = match model.closers.of(key).map(|closer| &closer.course) {
        None => {
            return vec![line(
                "metric",
                "is being read".to_owned(),
                Role::FeedLoading,
            )];
        }
        Some(None) => return Vec::new(),
        Some(Some(Err(fault))) => {
            let text = format!("unread: {fault}");
            return lines(
                &[Fact {
                    label: "metric",
                    text,
                    role: Role::FeedBlind,
                }],
                width,
            );
        }
        Some(Some(Ok(course))) => course,
    };
    let room = usize::from(width.saturating_sub(LABEL));
    let mut drawn = Vec::new();
    if !course.label.is_empty() {
        drawing(model, course, room, height, &mut drawn);
    }
    for (at, turn) in course.turns.iter().take(TURNS).enumerate() {
        let label = if at == 0 { "turned" } else { "" };
        let ago = text::age(model.now.since(turn.at));
        let turned = turn.text.strip_prefix("Alarm updated from ");
        let turned = turned.unwrap_or(&turn.text);
        let said = format!("{} · {ago} ago · {turned}", fact::clock(turn.at, model.now));
        drawn.push(line(
            label,
            fit::end(&said, room).into_owned(),
            Role::DetailValue,
        ));
    }
    drawn
}

/// What the metric is, and its line in dots.
fn drawing(model: &Model, course: &Course, room: usize, height: u16, drawn: &mut Vec<Line>) {
    let limit = match course.threshold {
        Some(_) => Some("beyond the threshold"),
        None => (!course.band.is_empty()).then_some("outside of what is expected (dotted)"),
    };
    let breaches = match (limit, course.breaches()) {
        (None, _) => String::new(),
        (Some(limit), 0) => format!(" · nothing {limit}"),
        (Some(limit), some) => format!(" · {} {limit}", text::count(some, "datapoint")),
    };
    let about = format!(
        "{} · {} to {}, every {}{breaches}",
        course.label,
        fact::clock(course.from, model.now),
        fact::clock(course.to, model.now),
        text::age(course.period)
    );
    for (at, text) in fit::wrap(&about, room).into_iter().enumerate() {
        let label = if at == 0 { "metric" } else { "" };
        drawn.push(line(label, text.to_owned(), Role::DetailHeading));
    }
    if course.points.is_empty() {
        drawn.push(line(
            "",
            "no datapoints in this time".to_owned(),
            Role::MarkNoData,
        ));
    } else if height >= LEAST && room >= 30 {
        let dots = metric::draw(course, room - 9, DOTS, model.session.ascii);
        drawn.extend(dots.into_iter().map(|dots| {
            let role = if dots.is_threshold {
                Role::ChartThreshold
            } else {
                Role::Chart
            };
            line(
                "",
                format!("{} {}", dots.text, dots.value.unwrap_or_default()),
                role,
            )
        }));
    }
}

const fn line(label: &'static str, text: String, role: Role) -> Line {
    Line { label, text, role }
}

fn lines(facts: &[Fact], width: u16) -> Vec<Line> {
    let room = usize::from(width.saturating_sub(LABEL).max(10));
    let mut lines = Vec::new();
    for fact in facts {
        for (at, text) in fit::wrap(&fact.text, room).into_iter().enumerate() {
            lines.push(Line {
                label: if at == 0 { fact.label } else { "" },
                text: text.to_owned(),
                role: fact.role,
            });
        }
    }
    lines
}
