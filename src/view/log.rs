//! The log viewer: a histogram, then lines from the first on the screen down.

use std::borrow::Cow;

use crate::domain::text::{age, plural};
use crate::logs::Level;
use crate::logs::histogram::Bar;
use crate::logs::ink::{Ink, harmless};
use crate::model::logs::{Stage, Standing, Viewer};
use crate::model::{Area, Model, fit, lines};
use crate::panes::fact;
use crate::theme::Role;

use super::paint::{Paint, Span, span};

/// Cells before a line: the cursor's bar, or a bookmark.
const GUTTER: u16 = 2;

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, area: Area) {
    let Some(viewer) = &model.logs.viewer else {
        told(paint, area, &[span(model.pane().spec.calm, Role::TextDim)]);
        return;
    };
    let list = model.log_list(area);
    if list.y > area.y {
        histogram(
            model,
            viewer,
            paint,
            Area::new(area.x, area.y, area.width, 1),
        );
    }
    if viewer.is_empty() {
        empty(model, viewer, paint, list);
        return;
    }
    let width = usize::from(list.width.saturating_sub(GUTTER));
    let mut y = list.y;
    let end = list.y + list.height;
    let mut number = viewer.top;
    while y < end {
        let rows = lines::rows(viewer, number, width);
        if rows.is_empty() {
            break;
        }
        let key = viewer.line(number).map(|line| line.key);
        let at_cursor = number == viewer.index;
        let in_range = match (viewer.anchor, viewer.cursor, key) {
            (Some(anchor), Some(cursor), Some(key)) => {
                key >= anchor.min(cursor) && key <= anchor.max(cursor)
            }
            _ => false,
        };
        let is_marked = key.is_some_and(|key| viewer.bookmarks.contains(&key));
        for row in rows {
            if y >= end {
                break;
            }
            let line = Area::new(list.x, y, list.width, 1);
            let spans: Vec<Span<'_>> = row
                .pieces
                .into_iter()
                .map(|piece| span(piece.text, role(piece.ink)))
                .collect();
            paint.spans(
                Area::new(line.x + GUTTER, y, line.width.saturating_sub(GUTTER), 1),
                &spans,
            );
            if in_range {
                paint.ground(line, Role::RowMarked);
            }
            if is_marked && row.is_head {
                let sign = if model.session.ascii { "*" } else { "•" };
                paint.text(line.x + 1, y, sign, Role::RowMarked, 1);
            }
            if at_cursor && row.is_head {
                let bar = if model.session.ascii { ">" } else { "▌" };
                paint.ground(Area::new(line.x, y, GUTTER, 1), Role::RowCursor);
                paint.text(line.x, y, bar, Role::RowCursor, 1);
            }
            y += 1;
        }
        number += 1;
    }
}

/// Lines of text where there are no lines of logs.
fn told(paint: &mut Paint<'_>, area: Area, texts: &[Span<'_>]) {
    let mut y = area.y + area.height.min(4) / 2;
    let cells = usize::from(area.width.saturating_sub(8)).max(1);
    for (text, role) in texts {
        for line in fit::wrap(text, cells) {
            if y >= area.y + area.height {
                return;
            }
            paint.text(area.x + 4, y, line, *role, area.width.saturating_sub(4));
            y += 1;
        }
    }
}

fn empty(model: &Model, viewer: &Viewer, paint: &mut Paint<'_>, area: Area) {
    let dots = if model.session.ascii { "..." } else { "…" };
    let mut texts = Vec::new();
    match &viewer.stage {
        Stage::Looking => texts.push(span(
            format!("Looking for the logs of {}{dots}", viewer.what),
            Role::FeedLoading,
        )),
        Stage::Choosing => texts.push(span(
            "Several log groups fit: enter lists them.",
            Role::Text,
        )),
        Stage::Nothing(tried, faults) => {
            texts.push(span(
                format!("No log group of {} was found.", viewer.what),
                Role::TextStrong,
            ));
            if !tried.is_empty() {
                texts.push(span(
                    format!("Looked for: {}", tried.join("  ")),
                    Role::Text,
                ));
            }
            for fault in faults {
                texts.push(span(format!("Not asked: {fault}"), Role::ToastWarning));
            }
            texts.push(span(
                "`:tail NAME` reads any group; a * in the name stands for anything.",
                Role::TextDim,
            ));
        }
        Stage::Resting => texts.push(span("Closed because nobody looked.", Role::TextDim)),
        Stage::Reading if viewer.is_behind() => {
            texts.push(span(
                format!("Reading {}{dots}", viewer.what),
                Role::FeedLoading,
            ));
        }
        Stage::Reading if viewer.only || viewer.floor != Level::Unknown => {
            texts.push(span(
                "No line passes what is set; esc shows all lines again.",
                Role::Text,
            ));
        }
        Stage::Reading => {
            let since = fact::clock(viewer.wanted.since, model.now);
            let text = match viewer.wanted.until {
                None => format!("Nothing has been written since {since}. What comes is shown."),
                Some(until) => format!(
                    "Nothing was written from {since} to {}.",
                    fact::clock(until, model.now)
                ),
            };
            texts.push(span(text, Role::Text));
            if let Some(pattern) = &viewer.wanted.pattern {
                texts.push(span(
                    format!("Only what matches {} is read.", harmless(pattern)),
                    Role::TextDim,
                ));
            }
        }
    }
    texts.extend(away(viewer));
    told(paint, area, &texts);
}

/// What cannot be read at present, and why.
fn away(viewer: &Viewer) -> Vec<Span<'static>> {
    let standing = viewer.standing.iter();
    standing
        .filter_map(|(group, standing)| {
            let name = viewer
                .names
                .get(usize::from(group.0))
                .map_or("", |name| name);
            match standing {
                Standing::Away(why) => Some(span(
                    format!("{name} is not read: {why}"),
                    Role::ToastWarning,
                )),
                Standing::Absent => Some(span(
                    format!("{name}: there is no such group."),
                    Role::ToastWarning,
                )),
                _ => None,
            }
        })
        .collect()
}

fn role(ink: Ink) -> Role {
    const ORIGINS: [Role; 6] = [
        Role::LogOrigin1,
        Role::LogOrigin2,
        Role::LogOrigin3,
        Role::LogOrigin4,
        Role::LogOrigin5,
        Role::LogOrigin6,
    ];
    match ink {
        Ink::Plain => Role::Text,
        Ink::Dim => Role::TextDim,
        Ink::Time => Role::LogTime,
        Ink::Origin(tint) => ORIGINS[usize::from(tint) % ORIGINS.len()],
        Ink::Level(level) => of_level(level),
        Ink::Key => Role::JsonKey,
        Ink::Text => Role::JsonString,
        Ink::Number | Ink::Word => Role::JsonLiteral,
        Ink::Mark => Role::LogMark,
        Ink::Found => Role::LogFound,
        // The colours that the writer chose, as far as the theme has something like them.
        Ink::Painted(1 | 9) => Role::LogError,
        Ink::Painted(3 | 11) => Role::LogWarn,
        Ink::Painted(2 | 10) => Role::LogOrigin4,
        Ink::Painted(4 | 12) => Role::LogOrigin3,
        Ink::Painted(5 | 13) => Role::LogOrigin2,
        Ink::Painted(6 | 14) => Role::LogOrigin1,
        Ink::Painted(_) => Role::Text,
        Ink::Bold => Role::TextStrong,
    }
}

const fn of_level(level: Level) -> Role {
    match level {
        Level::Fatal => Role::LogFatal,
        Level::Error => Role::LogError,
        Level::Warn => Role::LogWarn,
        Level::Debug | Level::Trace => Role::LogDebug,
        Level::Info | Level::Unknown => Role::Text,
    }
}

/// How much was written over time: a bar per cell, as high as the busiest allows, in the colour of the gravest that makes a
/// twentieth of it.
fn histogram(model: &Model, viewer: &Viewer, paint: &mut Paint<'_>, area: Area) {
    const HEIGHTS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    const PLAIN: [&str; 8] = [".", ".", ":", ":", "|", "|", "#", "#"];
    let bars: Vec<_> = viewer.histogram.bars().collect();
    let Some(((first, _), (last, _))) = bars.first().zip(bars.last()) else {
        return;
    };
    let label = format!(
        " {} to {} a bar of {} ",
        lines::clock(*first).get(..8).unwrap_or_default(),
        lines::clock(*last).get(..8).unwrap_or_default(),
        age(viewer.histogram.width())
    );
    let room = usize::from(area.width).saturating_sub(fit::width(&label) + 3);
    let shown = bars.len().saturating_sub(room);
    let sum = |bar: &Bar| bar.iter().map(|count| u64::from(*count)).sum::<u64>();
    let most = bars
        .iter()
        .skip(shown)
        .map(|(_, bar)| sum(bar))
        .max()
        .unwrap_or(0)
        .max(1);
    let heights = if model.session.ascii { PLAIN } else { HEIGHTS };
    for (x, (_, bar)) in (area.x + GUTTER..).zip(bars.iter().skip(shown)) {
        let all = sum(bar);
        let (glyph, role) = if all == 0 {
            (" ", Role::TextDim)
        } else {
            let height = usize::try_from((all * 8).div_ceil(most))
                .unwrap_or(8)
                .clamp(1, 8);
            let gravest = Level::ALL
                .into_iter()
                .rev()
                .find(|level| u64::from(bar[*level as usize]) * 20 >= all)
                .unwrap_or_default();
            let role = if gravest >= Level::Warn {
                of_level(gravest)
            } else {
                Role::Chart
            };
            (heights[height - 1], role)
        };
        paint.text(x, area.y, glyph, role, 1);
    }
    paint.spans_right(area, &[span(label, Role::TextDim)]);
}

/// What the rule above the lines tells: how it is read, where the reader is, what is missing.
pub(super) fn rule(model: &Model) -> (Vec<Span<'static>>, Vec<Span<'static>>) {
    let mut left = vec![span(" Logs ", Role::BorderTitle)];
    let Some(viewer) = &model.logs.viewer else {
        return (left, Vec::new());
    };
    left.push(span(format!("{} ", viewer.what), Role::TextStrong));
    if let Some(search) = &viewer.search {
        let sign = if viewer.only { "only " } else { "/" };
        left.push(span(
            format!("{sign}{} ", harmless(&search.text)),
            Role::Input,
        ));
    }
    if let Some(pattern) = &viewer.wanted.pattern {
        left.push(span(format!("| {} ", harmless(pattern)), Role::Input));
    }
    if viewer.floor != Level::Unknown {
        left.push(span(
            format!("{} and worse ", viewer.floor.word()),
            Role::Input,
        ));
    }
    let away = viewer.away();
    if away > 0 {
        left.push(span(format!("{away} not read "), Role::FeedBlind));
    }
    let there: Vec<_> = viewer.there().collect();
    match there.as_slice() {
        [] => {}
        [one] => {
            let place = format!("· {} {} {} ", one.account, one.scope.region, one.name);
            left.push(span(place, Role::TextDim));
        }
        many => left.push(span(format!("· {} groups ", many.len()), Role::TextDim)),
    }
    let mut right = Vec::new();
    let dropped = viewer.buffer.dropped().lines;
    if dropped > 0 {
        right.push(span(
            format!(" {dropped} older lines dropped "),
            Role::CountUncertain,
        ));
    }
    if viewer.counts.gaps > 0 {
        right.push(span(
            format!(
                " {} gap{} ",
                viewer.counts.gaps,
                plural(usize::try_from(viewer.counts.gaps).unwrap_or(usize::MAX))
            ),
            Role::CountUncertain,
        ));
    }
    if viewer.counts.sampled > 0 {
        right.push(span(" SAMPLED ", Role::CountUncertain));
    }
    let minutes = viewer.live.as_secs().div_ceil(60);
    if minutes > 0 {
        right.push(span(format!(" live {minutes}m billed "), Role::TextDim));
    }
    let (read, all) = viewer.progress();
    let state: Cow<'static, str> = match &viewer.stage {
        Stage::Looking | Stage::Choosing | Stage::Nothing(..) => "".into(),
        Stage::Resting => " closed ".into(),
        Stage::Reading if viewer.is_behind() && all > 1 => {
            format!(" reading, {read} of {all} ").into()
        }
        Stage::Reading if viewer.is_behind() => " reading ".into(),
        Stage::Reading if viewer.wanted.until.is_some() => " not followed ".into(),
        Stage::Reading if viewer.follow && viewer.wanted.live => " LIVE ".into(),
        Stage::Reading if viewer.follow => " following ".into(),
        Stage::Reading => " paused ".into(),
    };
    if viewer.unseen > 0 {
        right.push(span(format!(" +{} below ", viewer.unseen), Role::MarkNew));
    }
    right.push(span(
        state,
        if viewer.follow {
            Role::FeedFresh
        } else {
            Role::TextDim
        },
    ));
    if !viewer.is_empty() {
        right.push(span(
            format!(" {}/{} ", viewer.index + 1, viewer.len()),
            Role::TextDim,
        ));
    }
    (left, right)
}
