//! The wall: legible from five metres, and honest from any distance.
//!
//! ```text
//! fleet · scope · feeds                                  clock · heart, age of the data
//! ┌───────────────────────────────────────────────────────────────┐  amber where a feed is blind,
//! │ critical, in large digits   high        the oldest that nobody │  red where the data is too old
//! │                                         has                    │
//! │ accounts × regions          blind · windows · backups · owners │
//! └───────────────────────────────────────────────────────────────┘
//!  what changed
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::domain::text::{age, count, plural};
use crate::domain::{FeedState, Severity};
use crate::lifecycle::State;
use crate::model::wall::Wall;
use crate::model::{Area, Model};
use crate::panes::cells::{self, severity_role};
use crate::panes::{Cut, fact};
use crate::theme::Role;

use super::header::at_least;
use super::paint::{Paint, Span, span, spans_width};
use super::{digits, header, heat};

/// Pages that take turns.
const PAGES: usize = 2;

/// How the data stands: what colour the frame has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// Everything that was asked has been answered lately.
    Clear,
    /// Some feeds cannot be read, or have not answered for twice their interval.
    Blind,
    /// Nothing has arrived for too long, or nothing at all yet.
    Old,
}

fn sight(model: &Model, wall: &Wall) -> Sight {
    let is_old = model
        .pulse
        .age(model.now)
        .is_none_or(|age| age > wall.stale);
    if is_old {
        Sight::Old
    } else if model.coverage.all.blind + model.coverage.all.late > 0 {
        Sight::Blind
    } else {
        Sight::Clear
    }
}

pub(super) fn draw(model: &Model, wall: &Wall, paint: &mut Paint<'_>, screen: Area) {
    let sight = sight(model, wall);
    top(model, paint, Area::new(screen.x, screen.y, screen.width, 1));
    let frame = Area::new(
        screen.x,
        screen.y + 1,
        screen.width,
        screen.height.saturating_sub(2),
    );
    edge(model, wall, sight, paint, frame);
    let inside = Area::new(
        frame.x + 2,
        frame.y + 1,
        frame.width.saturating_sub(4),
        frame.height.saturating_sub(2),
    );
    match wall.page(PAGES, model.now) {
        0 => state(model, wall, paint, inside),
        _ => worst(model, paint, inside),
    }
    ticker(
        wall,
        paint,
        Area::new(screen.x, screen.y + screen.height - 1, screen.width, 1),
    );
}

/// Whose fleet it is and how much of it is read; the clock, and how old the data is.
fn top(model: &Model, paint: &mut Paint<'_>, line: Area) {
    paint.ground(line, Role::Header);
    let heart = match (model.session.ascii, model.pulse.beats.is_multiple_of(2)) {
        (false, true) => "♥",
        (false, false) => "♡",
        (true, true) => "*",
        (true, false) => "o",
    };
    let data = match model.pulse.age(model.now) {
        Some(old) => format!("{heart} data {} old ", age(old)),
        None => "no data yet ".to_owned(),
    };
    let clock = model.now.to_jiff().strftime("%H:%M:%SZ").to_string();
    let right = [
        span(format!("{clock}  "), Role::HeaderClock),
        span(data, Role::HeaderOperator),
    ];
    let from = paint.spans_right(line, &right);
    let accounts = model.roster().len();
    let regions = model.vocabulary.regions.len();
    let scope = format!(
        " {accounts} account{} × {regions} region{}  ",
        plural(accounts),
        plural(regions)
    );
    let mut left = vec![
        span(format!(" {} ", model.session.fleet), Role::HeaderTitle),
        span(scope, Role::Header),
    ];
    let coverage = &model.coverage;
    let room = from.saturating_sub(line.x);
    for wide in [true, false] {
        let feeds = header::feeds(&coverage.all, &coverage.seen, wide);
        if spans_width(&left) + spans_width(&feeds) < room || !wide {
            left.extend(feeds);
            break;
        }
    }
    paint.spans(Area::new(line.x, line.y, room, 1), &left);
}

/// The frame, which tells from afar whether the wall can be believed.
fn edge(model: &Model, wall: &Wall, sight: Sight, paint: &mut Paint<'_>, frame: Area) {
    let (role, said) = match sight {
        Sight::Clear => (Role::Border, String::new()),
        Sight::Blind => {
            let (blind, late) = (model.coverage.all.blind, model.coverage.all.late);
            let said = match (count(blind, "feed"), blind, late) {
                (_, 0, late) => format!(" LATE: {} with old answers ", count(late, "feed")),
                (feeds, _, 0) => format!(" BLIND: {feeds} cannot be read "),
                (feeds, _, late) => format!(" BLIND: {feeds} cannot be read, {late} late "),
            };
            (Role::FeedBlind, said)
        }
        Sight::Old => {
            let said = match model.pulse.age(model.now) {
                Some(old) => format!(" DATA TOO OLD: nothing has arrived for {} ", age(old)),
                None => " NO DATA YET ".to_owned(),
            };
            (Role::HeaderWrite, said)
        }
    };
    let (right, bottom) = (frame.x + frame.width - 1, frame.y + frame.height - 1);
    if sight == Sight::Clear {
        let line = |y| Area::new(frame.x, y, frame.width, 1);
        paint.line(line(frame.y));
        paint.line(line(bottom));
    } else {
        // A band of colour: the eye has it before the words.
        for place in [
            Area::new(frame.x, frame.y, frame.width, 1),
            Area::new(frame.x, bottom, frame.width, 1),
            Area::new(frame.x, frame.y, 1, frame.height),
            Area::new(right, frame.y, 1, frame.height),
        ] {
            paint.ground(place, role);
        }
    }
    let knocked = wall.knocked.filter(|at| model.now.since(*at).as_secs() < 4);
    let said = match knocked {
        Some(_) => " keys are locked here; ctrl-x leaves ".to_owned(),
        None => said,
    };
    paint.text(
        frame.x + 3,
        frame.y,
        &said,
        role,
        frame.width.saturating_sub(6),
    );
}

/// The first page.
fn state(model: &Model, wall: &Wall, paint: &mut Paint<'_>, area: Area) {
    // What is read from afar has the room that the map does not need.
    let below = u16::try_from(model.heat.lanes.len() + 2).unwrap_or(u16::MAX);
    let upper = area.height.saturating_sub(below.max(12));
    let upper = upper.clamp((area.height * 2 / 5).max(7), (area.height * 3 / 5).max(7));
    let upper = upper.min(area.height);
    let wide = area.width >= 120;
    let side = if wide { area.width / 4 } else { area.width / 3 };
    let shown = [Severity::Critical, Severity::High];
    let sign = if model.coverage.counted.is_partial() {
        "≥"
    } else {
        ""
    };
    let figures = shown.map(|severity| format!("{sign}{}", model.open.severity(severity)));
    let letters = figures.iter().map(|figure| figure.chars().count()).max();
    for (at, (severity, text)) in shown.into_iter().zip(&figures).enumerate() {
        let x = area.x + side * u16::try_from(at).unwrap_or(0);
        let place = Area::new(x, area.y, side.saturating_sub(3), upper);
        figure(model, severity, text, letters.unwrap_or(1), paint, place);
    }
    let x = area.x + side * 2;
    hero(
        model,
        paint,
        Area::new(x, area.y, (area.x + area.width).saturating_sub(x), upper),
    );
    if area.height <= upper + 1 {
        return;
    }
    paint.line(Area::new(area.x, area.y + upper, area.width, 1));
    let lower = Area::new(
        area.x,
        area.y + upper + 1,
        area.width,
        area.height - upper - 1,
    );
    let half = lower.width / 2;
    map(
        model,
        paint,
        Area::new(lower.x, lower.y, half.saturating_sub(2), lower.height),
    );
    let rest = Area::new(lower.x + half, lower.y, lower.width - half, lower.height);
    report(model, wall, paint, rest);
}

/// How many items of a severity there are, and how many of them somebody has.
fn figure(
    model: &Model,
    severity: Severity,
    text: &str,
    letters: usize,
    paint: &mut Paint<'_>,
    place: Area,
) {
    let number = model.open.severity(severity);
    let role = if number > 0 {
        severity_role(severity)
    } else {
        Role::TextDim
    };
    let room = Area::new(
        place.x,
        place.y,
        place.width,
        place.height.saturating_sub(2),
    );
    let high = digits::draw(paint, room, text, role, letters);
    let glyph = if model.session.ascii {
        severity.ascii()
    } else {
        severity.glyph()
    };
    let word = severity.word().to_uppercase();
    let y = place.y + high;
    paint.text(place.x, y, &format!("{glyph} {word}"), role, place.width);
    let taken = taken(model, severity);
    let said = match (number, taken) {
        (0, _) => "none open".to_owned(),
        (_, 0) => "nobody has any".to_owned(),
        (_, taken) => format!("{taken} taken"),
    };
    paint.text(place.x, y + 1, &said, Role::Text, place.width);
}

fn taken(model: &Model, severity: Severity) -> usize {
    let all = model.heat.lanes.iter().map(|lane| lane.taken(severity));
    all.sum()
}

/// The oldest item of the highest severity that nobody has.
fn hero(model: &Model, paint: &mut Paint<'_>, place: Area) {
    let first = model.open.first().and_then(|id| model.store.row(id));
    let Some(row) = first.filter(|row| row.state() == State::New) else {
        // Calm is claimed only where everything was read.
        let (said, role) = if model.coverage.counted.is_partial() || model.coverage.all.feeds == 0 {
            (
                "nothing known that nobody has; not everything can be read",
                Role::CountUncertain,
            )
        } else {
            ("nothing waits for anybody", Role::Good)
        };
        paint.text(place.x, place.y + place.height / 2, said, role, place.width);
        return;
    };
    let item = row.item();
    let role = severity_role(row.severity());
    let since = cells::since(item.opened, model.now);
    let digits = Area::new(
        place.x,
        place.y,
        place.width,
        place.height.saturating_sub(3),
    );
    let high = digits::draw(paint, digits, since.trim(), role, 4);
    let y = place.y + high;
    let account = model.roster().name(row.key().scope.account);
    let region = cells::region_text(&row.key().scope.region);
    let fact = fact::fact(item, model.now);
    let lines: [(Cow<'_, str>, Role); 3] = [
        (
            Cow::Owned(format!("{account}  {region}  nobody has it")),
            role,
        ),
        (Cow::Owned(fact::what(item)), Role::TextStrong),
        (fact, Role::Text),
    ];
    for (y, (text, role)) in (y..place.y + place.height).zip(lines) {
        paint.fitted(place.x, y, &text, Cut::End, role, place.width);
    }
}

/// Accounts and regions, the worst first; those without room are one line.
fn map(model: &Model, paint: &mut Paint<'_>, area: Area) {
    let heat = &model.heat;
    let regions = u16::try_from(heat.regions.len()).unwrap_or(u16::MAX);
    let name = (area.width / 3).clamp(10, 34);
    let cell = (area.width.saturating_sub(name + 1) / regions.max(1)).clamp(7, 16);
    let shown =
        usize::from(area.width.saturating_sub(name + 1) / cell.max(1)).min(heat.regions.len());
    let x = |at: usize| area.x + name + 1 + cell * u16::try_from(at).unwrap_or(0);
    for (at, region) in heat.regions.iter().enumerate().take(shown) {
        let text = if cell < 12 {
            region.short()
        } else {
            region.to_string()
        };
        paint.fitted(x(at), area.y, &text, Cut::Middle, Role::Column, cell - 1);
    }
    let rows = usize::from(area.height.saturating_sub(1));
    let all_fit = heat.lanes.len() <= rows;
    let lines = if all_fit {
        rows
    } else {
        rows.saturating_sub(1)
    };
    for (lane, y) in heat.lanes.iter().take(lines).zip(area.y + 1..) {
        let account = model.roster().name(lane.account);
        paint.fitted(area.x, y, &account, Cut::Middle, Role::TextStrong, name);
        for (at, spot) in lane.spots.iter().enumerate().take(shown) {
            let (text, role) = heat::words(spot, model.session.ascii);
            paint.fitted(x(at), y, &text, Cut::End, role, cell - 1);
        }
    }
    if !all_fit && rows > 0 {
        let rest = &heat.lanes[lines.min(heat.lanes.len())..];
        let open: usize = rest.iter().map(|lane| lane.all.total()).sum();
        let text = format!("{} more accounts, {open} open", rest.len());
        paint.text(
            area.x,
            area.y + area.height - 1,
            &text,
            Role::TextDim,
            area.width,
        );
    }
}

/// What cannot be read, the windows ahead, the backups of the day, and who has what.
fn report(model: &Model, wall: &Wall, paint: &mut Paint<'_>, area: Area) {
    let mut lines: Vec<Vec<Span<'_>>> = Vec::new();
    let room = usize::from(area.height);
    let blind = blind(model);
    let blind_room = blind.len().min((room / 4).max(1));
    for (at, text) in blind.iter().take(blind_room).enumerate() {
        let label = if at == 0 { "BLIND  " } else { "       " };
        let more = blind.len() - blind_room;
        let more = if at + 1 == blind_room && more > 0 {
            format!("  and {more} more")
        } else {
            String::new()
        };
        lines.push(vec![
            span(label, Role::FeedBlind),
            span(format!(" {text}{more}"), Role::Text),
        ]);
    }
    let windows = model.coverage.all.feeds > 0;
    lines.push(vec![span("WINDOWS (UTC)", Role::ColumnSorted)]);
    if wall.windows.is_empty() && windows {
        lines.push(vec![span("none ahead that could be read", Role::TextDim)]);
    }
    let windows_room = (room / 2).saturating_sub(3).max(1);
    for window in wall.windows.iter().take(windows_room) {
        let account = model.roster().name(window.scope.account);
        let (from, role) = if window.is_running {
            ("now".to_owned(), Role::MarkWindow)
        } else {
            (day_time(window.from, model.now), Role::Text)
        };
        let to = window.to.to_jiff().strftime("%H:%M").to_string();
        lines.push(vec![
            span(format!("{from} – {to}  "), role),
            span(format!("{account} {}", window.name), Role::Text),
        ]);
    }
    let (good, failed) = wall.backups;
    let mut backups = vec![
        span("BACKUPS  ", Role::ColumnSorted),
        span(format!("{good} good in 24 h · "), Role::Text),
        span(
            format!("{}{failed} failed or missed", partial_backups(model)),
            if failed > 0 { Role::Bad } else { Role::Good },
        ),
    ];
    lines.push(std::mem::take(&mut backups));
    if let Some(unsaved) = &wall.unsaved {
        let account = model.roster().name(unsaved.scope.account);
        lines.push(vec![span(
            format!(
                "longest without a good one: {} {account} {}",
                age(model.now.since(unsaved.since)),
                unsaved.name
            ),
            Role::Text,
        )]);
    }
    let mut owners = vec![span("TAKEN BY  ", Role::ColumnSorted)];
    if wall.owners.is_empty() {
        owners.push(span("nobody has anything", Role::TextDim));
    }
    for (owner, number) in &wall.owners {
        owners.push(span(format!("{owner} {number}  "), Role::StateAck));
    }
    lines.push(owners);
    for (line, y) in lines.iter().zip(area.y..area.y + area.height) {
        paint.spans(Area::new(area.x, y, area.width, 1), line);
    }
}

fn partial_backups(model: &Model) -> &'static str {
    let pane = crate::panes::ALL
        .iter()
        .position(|pane| pane.name == "backups");
    let is_partial = pane.is_some_and(|at| model.coverage.pane(at).is_partial());
    at_least(is_partial, model.session.ascii)
}

/// A time of the day, with the day where it is not today.
fn day_time(at: Timestamp, now: Timestamp) -> String {
    let (then, today) = (at.to_jiff(), now.to_jiff());
    let day = |time: &jiff::Timestamp| time.strftime("%Y-%m-%d").to_string();
    if day(&then) == day(&today) {
        then.strftime("%H:%M").to_string()
    } else {
        then.strftime("%a %H:%M").to_string()
    }
}

/// The feeds that cannot be read, each in a few words.
fn blind(model: &Model) -> Vec<String> {
    if model.coverage.all.blind == 0 {
        return Vec::new();
    }
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let feeds = model.store.feeds(model.now).into_iter();
    for feed in feeds.filter(|feed| feed.state == FeedState::Blind) {
        let account = model.roster().name(feed.feed.vantage.account);
        let why = feed.fault.map_or("unread", |fault| fault.kind.word());
        let text = format!("{account} {}: {why}", feed.feed.source);
        *named.entry(text).or_default() += 1;
    }
    let with = |(text, number): (String, usize)| match number {
        1 => text,
        more => format!("{text} ({})", count(more, "feed")),
    };
    named.into_iter().map(with).collect()
}

/// The second page: the worst items, one line each.
fn worst(model: &Model, paint: &mut Paint<'_>, area: Area) {
    let heads = format!("{} open, the worst first", model.open.rows().len());
    paint.text(area.x, area.y, &heads, Role::TextStrong, area.width);
    // From afar a line needs air where there is room for it.
    let step = if area.height >= 50 { 2 } else { 1 };
    let lines = (area.y + 2..area.y + area.height).step_by(step);
    let account_width = (area.width / 5).clamp(12, 28);
    for (id, y) in model.open.rows().iter().zip(lines) {
        let Some(row) = model.store.row(*id) else {
            continue;
        };
        let severity = row.severity();
        let role = severity_role(severity);
        let glyph = if model.session.ascii {
            severity.ascii()
        } else {
            severity.glyph()
        };
        let since = cells::since(row.item().opened, model.now);
        let state = cells::state_words(row, model.now);
        paint.text(area.x, y, &format!("{glyph} {since:<6}"), role, 9);
        paint.fitted(
            area.x + 9,
            y,
            &state,
            Cut::End,
            cells::state_role(row.state()),
            11,
        );
        let account = model.roster().name(row.key().scope.account);
        paint.fitted(
            area.x + 21,
            y,
            &account,
            Cut::Middle,
            Role::TextStrong,
            account_width,
        );
        let x = area.x + 22 + account_width;
        let room = (area.x + area.width).saturating_sub(x);
        let text = format!(
            "{} · {}",
            fact::what_short(row.item()),
            fact::fact(row.item(), model.now)
        );
        paint.fitted(x, y, &text, Cut::End, Role::Text, room);
    }
}

/// What changed lately, the newest first.
fn ticker(wall: &Wall, paint: &mut Paint<'_>, line: Area) {
    paint.ground(line, Role::Footer);
    let mut spans = Vec::new();
    if wall.ticker.is_empty() {
        spans.push(span(
            " nothing has changed since the wall began",
            Role::TextDim,
        ));
    }
    let mut width = 0;
    for news in &wall.ticker {
        if width > line.width {
            break;
        }
        let clock = news.at.to_jiff().strftime(" %H:%MZ ").to_string();
        let role = news.severity.map_or(Role::TextDim, severity_role);
        let some = [
            span(clock, Role::TextDim),
            span(format!("{}  ", news.text), role),
        ];
        width = width.saturating_add(spans_width(&some));
        spans.extend(some);
    }
    paint.spans(line, &spans);
}
