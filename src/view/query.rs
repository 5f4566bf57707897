//! The Query pane: the editor while something is written, a chart where the query counts by time, and the rows.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::text::{bytes, clean, places};
use crate::logs::query::{Chart, Point, Standing, number};
use crate::model::query::{
    EDITOR, Editor, FIELDS, LABEL, Lists, Sheet, Stage, chart_height, editor_height, laid, rows,
};
use crate::model::{Area, Model, fit};
use crate::panes::{Cut, fact};
use crate::theme::Role;

use super::CursorAt;
use super::paint::{Paint, Span, span};

/// The widest column but for the last.
const COLUMN_MAX: usize = 44;
pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, area: Area) -> CursorAt {
    let mut cursor = None;
    let mut y = area.y;
    if let Some(editor) = &model.queries.editor {
        let height = editor_height(model, area).min(area.height);
        cursor = edit(editor, paint, Area::new(area.x, y, area.width, height));
        y += height;
    }
    let Some(sheet) = model.queries.sheet.as_deref() else {
        return cursor;
    };
    let chart_rows = chart_height(model, area);
    if let Some(chart) = sheet.chart.as_ref().filter(|_| chart_rows > 0) {
        draw_chart(
            model,
            chart,
            paint,
            Area::new(area.x, y, area.width, chart_rows),
        );
    }
    let list = rows(model, area);
    if sheet.answer.rows().is_empty() || sheet.shown.is_empty() {
        nothing(model, sheet, paint, list);
    } else if list.y > area.y {
        table(model, sheet, paint, list);
    }
    if !sheet.answer.rows().is_empty() {
        missing(sheet, paint, list, area);
    }
    cursor
}

fn edit(editor: &Editor, paint: &mut Paint<'_>, area: Area) -> CursorAt {
    let room = usize::from(area.width.saturating_sub(LABEL + 2)).max(1);
    let mut cursor = None;
    let mut y = area.y;
    for (at, (name, line)) in FIELDS.iter().zip(&editor.fields).enumerate() {
        let is_focused = at == editor.focused;
        let role = if is_focused {
            Role::InputPrompt
        } else {
            Role::TextDim
        };
        paint.text(area.x + 1, y, name, role, LABEL);
        let text = line.text();
        let lines = if at == 0 {
            laid(text, room)
        } else {
            let whole = 0..text.len();
            vec![whole]
        };
        let typed = line.cursor();
        let here = lines
            .iter()
            .rposition(|line| line.start <= typed)
            .unwrap_or(0);
        // The line that is written stays in sight.
        let skip = (here + 1).saturating_sub(EDITOR);
        for (number, range) in lines.iter().enumerate().skip(skip).take(EDITOR) {
            if y >= area.y + area.height {
                return cursor;
            }
            let part = &text[range.clone()];
            let x = area.x + 1 + LABEL;
            paint.fitted(
                x,
                y,
                part,
                Cut::End,
                Role::Input,
                area.width.saturating_sub(LABEL + 2),
            );
            if is_focused && number == here {
                let column = fit::width(&text[range.start..typed.min(range.end)]);
                let column = u16::try_from(column).unwrap_or(u16::MAX);
                cursor = Some((x.saturating_add(column).min(area.x + area.width - 1), y));
            }
            y += 1;
        }
        if at == 1 && text.is_empty() && !is_focused {
            paint.text(
                area.x + 1 + LABEL,
                y - 1,
                "names, names with *, ARNs; of all accounts and regions",
                Role::InputGhost,
                area.width.saturating_sub(LABEL + 2),
            );
        }
    }
    let line = Area::new(area.x + 1, y, area.width.saturating_sub(2), 1);
    if y < area.y + area.height {
        match &editor.error {
            Some(why) => {
                paint.fitted(line.x, y, why, Cut::End, Role::ToastWarning, line.width);
            }
            None => {
                paint.spans(
                    line,
                    &[
                        span("enter", Role::FooterKey),
                        span(" ask  ", Role::TextDim),
                        span("tab", Role::FooterKey),
                        span(" next field  ", Role::TextDim),
                        span("↑↓", Role::FooterKey),
                        span(" asked before  ", Role::TextDim),
                        span("ctrl-o", Role::FooterKey),
                        span(" library  ", Role::TextDim),
                        span("esc", Role::FooterKey),
                        span(
                            " leave   AWS bills by the bytes that are read",
                            Role::TextDim,
                        ),
                    ],
                );
            }
        }
        y += 1;
    }
    if y < area.y + area.height {
        paint.line(Area::new(area.x, y, area.width, 1));
    }
    cursor
}

/// What is missing, below the rows.
fn missing(sheet: &Sheet, paint: &mut Paint<'_>, list: Area, area: Area) {
    let told = sheet.missing();
    let (from, end) = (list.y + list.height, area.y + area.height);
    let room = usize::from(end.saturating_sub(from));
    for (n, (y, why)) in (from..end).zip(&told).enumerate() {
        let more = told.len().saturating_sub(room);
        let text = if n + 1 == room && more > 0 {
            format!("{why} (and {more} more)")
        } else {
            why.clone()
        };
        let cells = area.width.saturating_sub(4);
        paint.fitted(area.x + 2, y, &text, Cut::End, Role::ToastWarning, cells);
    }
}

/// Why there are no rows.
fn nothing(model: &Model, sheet: &Sheet, paint: &mut Paint<'_>, area: Area) {
    let dots = if model.session.ascii { "..." } else { "…" };
    let mut texts: Vec<Span<'_>> = Vec::new();
    match &sheet.stage {
        Stage::Looking => texts.push(span(
            format!("Looking up the log groups{dots}"),
            Role::FeedLoading,
        )),
        Stage::Asking => texts.push(span(
            format!("CloudWatch Logs is reading{dots}"),
            Role::FeedLoading,
        )),
        Stage::Nowhere(why) => texts.push(span(why.to_string(), Role::ToastWarning)),
        Stage::Over if !sheet.filter.is_empty() && !sheet.answer.rows().is_empty() => {
            texts.push(span(
                "No row has this text; esc shows all again.",
                Role::Text,
            ));
        }
        Stage::Over if sheet.answer.is_complete() => {
            let text = match &sheet.lists {
                Lists::Found(asked) => format!(
                    "Nothing was found from {} to {}; {} were read.",
                    fact::clock(asked.since, model.now),
                    fact::clock(asked.until, model.now),
                    bytes(sheet.answer.statistics().bytes)
                ),
                Lists::Groups(like) => format!("No log group is called like `{}`.", clean(like)),
            };
            texts.push(span(text, Role::Text));
        }
        Stage::Over => texts.push(span(
            "Nothing was found where it could be read.",
            Role::Text,
        )),
    }
    if sheet.shown.is_empty() && sheet.answer.rows().is_empty() {
        let missing = sheet.missing().into_iter();
        texts.extend(missing.map(|why| span(why, Role::ToastWarning)));
    }
    let cells = usize::from(area.width.saturating_sub(8)).max(1);
    let mut y = area.y + area.height.min(4) / 2;
    for (text, role) in &texts {
        for line in fit::wrap(text, cells) {
            if y >= area.y + area.height {
                return;
            }
            paint.text(area.x + 4, y, line, *role, area.width.saturating_sub(4));
            y += 1;
        }
    }
}

/// The columns that fit, with their widths; the one of the cursor is among them.
fn fitting(
    sheet: &Sheet,
    visible: &[Vec<Cow<'_, str>>],
    heads: &[Cow<'_, str>],
    room: usize,
) -> Vec<(usize, usize)> {
    let last = heads.len().saturating_sub(1);
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(n, head)| {
            let cells = visible.iter().filter_map(|row| row.get(n));
            let widest = cells.map(|cell| fit::width(cell)).max().unwrap_or(0);
            let widest = widest.max(fit::width(head) + 2);
            if n == last {
                widest
            } else {
                widest.min(COLUMN_MAX)
            }
        })
        .collect();
    let needs = |from: usize| -> usize {
        let upto = widths[from..=sheet.column.min(last)].iter();
        upto.map(|width| width.min(&COLUMN_MAX) + 2).sum()
    };
    let mut from = 0;
    while from < sheet.column.min(last) && needs(from) > room {
        from += 1;
    }
    let mut left = room;
    let mut columns = Vec::new();
    for (n, width) in widths.iter().enumerate().skip(from) {
        if left < 4 {
            break;
        }
        let width = (*width).min(left);
        columns.push((n, width));
        left = left.saturating_sub(width + 2);
    }
    columns
}

fn table(model: &Model, sheet: &Sheet, paint: &mut Paint<'_>, list: Area) {
    let rows = sheet.answer.rows();
    let heads: Vec<Cow<'_, str>> = sheet
        .answer
        .columns()
        .iter()
        .map(|name| clean(name))
        .collect();
    let height = usize::from(list.height);
    let places = sheet.shown.iter().skip(sheet.top).take(height);
    let visible: Vec<Vec<Cow<'_, str>>> = places
        .map(|place| {
            let cells = rows.get(*place as usize).map_or(&[][..], |row| &row.cells);
            let cell = |cell: &'_ Option<Arc<str>>| -> Cow<'static, str> {
                let text = cell.as_deref().unwrap_or_default().trim_end();
                // A line of a log may have a megabyte, and a screen has no more than this.
                let end = text
                    .char_indices()
                    .nth(1_000)
                    .map_or(text.len(), |(at, _)| at);
                Cow::Owned(clean(&text[..end]).into_owned())
            };
            cells.iter().map(cell).collect()
        })
        .collect();
    let room = usize::from(list.width.saturating_sub(2));
    let columns = fitting(sheet, &visible, &heads, room);
    let numeric = |n: usize| {
        let mut cells = visible
            .iter()
            .filter_map(|row| row.get(n))
            .filter(|cell| !cell.is_empty());
        cells.all(|cell| number(cell).is_some())
    };
    let right: Vec<bool> = columns.iter().map(|(n, _)| numeric(*n)).collect();
    let head = list.y.saturating_sub(1);
    let mut x = list.x + 2;
    for ((n, width), right) in columns.iter().zip(&right) {
        let width_cells = u16::try_from(*width).unwrap_or(u16::MAX);
        let arrow = match &sheet.sort {
            Some((name, falls)) if **name == *sheet.answer.columns()[*n] => {
                match (falls, model.session.ascii) {
                    (true, false) => " ↓",
                    (false, false) => " ↑",
                    (true, true) => " v",
                    (false, true) => " ^",
                }
            }
            _ => "",
        };
        let text = format!("{}{arrow}", heads[*n]);
        let role = if *n == sheet.column {
            Role::TextStrong
        } else {
            Role::TextDim
        };
        let indent = if *right {
            width.saturating_sub(fit::width(&text))
        } else {
            0
        };
        let indent = u16::try_from(indent).unwrap_or(0);
        paint.fitted(
            x + indent,
            head,
            &text,
            Cut::End,
            role,
            width_cells - indent,
        );
        x += width_cells + 2;
    }
    for (at, cells) in visible.iter().enumerate() {
        let y = list.y + u16::try_from(at).unwrap_or(u16::MAX);
        let is_here = sheet.top + at == sheet.index;
        let mut x = list.x + 2;
        for ((n, width), right) in columns.iter().zip(&right) {
            let width_cells = u16::try_from(*width).unwrap_or(u16::MAX);
            let text = cells.get(*n).map_or("", |cell| cell);
            let role = if *n == sheet.column {
                Role::TextStrong
            } else {
                Role::Text
            };
            let indent = if *right {
                width.saturating_sub(fit::width(text))
            } else {
                0
            };
            let indent = u16::try_from(indent).unwrap_or(0);
            paint.fitted(x + indent, y, text, Cut::End, role, width_cells - indent);
            x += width_cells + 2;
        }
        if is_here {
            let bar = if model.session.ascii { ">" } else { "▌" };
            paint.ground(Area::new(list.x, y, list.width, 1), Role::RowCursor);
            paint.text(list.x, y, bar, Role::RowCursor, 1);
        }
    }
}

/// How much there is over time, a column of blocks for each moment or several of them.
fn draw_chart(model: &Model, chart: &Chart, paint: &mut Paint<'_>, area: Area) {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let (Some(first), Some(last)) = (chart.points.first(), chart.points.last()) else {
        return;
    };
    let most = chart
        .points
        .iter()
        .map(|point| point.value)
        .fold(0.0, f64::max);
    let label = figure(most);
    let left = u16::try_from(fit::width(&label).max(4)).unwrap_or(8) + 2;
    let room = usize::from(area.width.saturating_sub(left + 2)).max(1);
    let bars = bars(&chart.points, room, chart.is_sum);
    let most = bars.iter().copied().fold(0.0, f64::max);
    let rows = area.height.saturating_sub(1).max(1);
    let wide = (room / bars.len().max(1)).clamp(1, 6);
    for (n, value) in bars.iter().enumerate() {
        let share = if most > 0.0 { value / most } else { 0.0 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a height of some rows"
        )]
        let eighths = (share.clamp(0.0, 1.0) * f64::from(rows) * 8.0).ceil() as usize;
        for row in 0..usize::from(rows) {
            let here = eighths.saturating_sub(row * 8).min(8);
            if here == 0 {
                break;
            }
            let glyph = if model.session.ascii {
                "#"
            } else {
                EIGHTHS[here]
            };
            let y = area.y + rows - 1 - u16::try_from(row).unwrap_or(0);
            let x = area.x + left + u16::try_from(n * wide).unwrap_or(0);
            // A cell between two bars stays free where there is room for one.
            let drawn = if wide > 2 { wide - 1 } else { wide };
            let text = glyph.repeat(drawn);
            paint.text(x, y, &text, Role::Chart, u16::try_from(drawn).unwrap_or(1));
        }
    }
    let top = figure(most);
    paint.spans_right(
        Area::new(area.x, area.y, left - 1, 1),
        &[span(top, Role::TextDim)],
    );
    paint.spans_right(
        Area::new(area.x, area.y + rows - 1, left - 1, 1),
        &[span("0", Role::TextDim)],
    );
    let how = if chart.is_sum {
        ""
    } else {
        ", the highest of each moment"
    };
    let text = format!(
        "{} to {}   {}{how}",
        fact::clock(first.at, model.now),
        fact::clock(last.at, model.now),
        clean(&chart.name)
    );
    paint.fitted(
        area.x + left,
        area.y + rows,
        &text,
        Cut::End,
        Role::TextDim,
        area.width.saturating_sub(left),
    );
}

/// A number as short as it can be told.
fn figure(number: f64) -> String {
    let (scaled, unit) = match number {
        n if n >= 1e9 => (n / 1e9, "G"),
        n if n >= 1e6 => (n / 1e6, "M"),
        n if n >= 1e4 => (n / 1e3, "k"),
        n => (n, ""),
    };
    let text = format!("{scaled:.1}");
    format!("{}{unit}", text.trim_end_matches(".0"))
}

/// The values of as many bars as there is room for; moments that nothing is known of are empty.
fn bars(points: &[Point], room: usize, is_sum: bool) -> Vec<f64> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let steps = points
        .windows(2)
        .map(|two| two[1].at.since(two[0].at))
        .min();
    let step = steps.map_or(1, |step| step.as_millis().max(1));
    let span = last.at.since(first.at).as_millis();
    let count = usize::try_from(span / step + 1).unwrap_or(usize::MAX);
    let each = count.div_ceil(room).max(1);
    let mut bars = vec![0.0_f64; count.div_ceil(each).min(room)];
    for point in points {
        let at = usize::try_from(point.at.since(first.at).as_millis() / step).unwrap_or(0) / each;
        if let Some(bar) = bars.get_mut(at) {
            *bar = if is_sum {
                *bar + point.value
            } else {
                bar.max(point.value)
            };
        }
    }
    bars
}

/// What the rule above tells: what is asked, how far it is, where the cursor is.
pub(super) fn rule(model: &Model) -> (Vec<Span<'static>>, Vec<Span<'static>>) {
    let title = |text: &'static str| vec![span(text, Role::BorderTitle)];
    let Some(sheet) = model.queries.sheet.as_deref() else {
        return (title(" Query "), Vec::new());
    };
    let (mut left, what) = match &sheet.lists {
        Lists::Found(asked) => {
            let words: Vec<&str> = asked.text.split_whitespace().collect();
            (title(" Query "), words.join(" "))
        }
        Lists::Groups(like) => (title(" Log groups "), like.to_string()),
    };
    if !what.is_empty() {
        let what = fit::end(&clean(&what), 70).into_owned();
        left.push(span(format!("{what} "), Role::TextStrong));
    }
    if !sheet.filter.is_empty() {
        left.push(span(format!("/{} ", clean(&sheet.filter)), Role::Input));
    }
    let parts = sheet.answer.parts();
    let failed = parts
        .iter()
        .filter(|part| matches!(part.standing, Standing::Failed(_)))
        .count();
    let unread = failed + sheet.faults.len();
    if unread > 0 {
        left.push(span(format!("{unread} not read "), Role::FeedBlind));
    }
    let mut right = Vec::new();
    let read = sheet.answer.statistics().bytes;
    if read > 0.0 {
        right.push(span(format!(" {} read ", bytes(read)), Role::TextDim));
    }
    let over = parts.iter().filter(|part| part.standing.is_over()).count();
    let stopped = parts.iter().any(|part| part.standing == Standing::Stopped);
    let (state, role) = match &sheet.stage {
        Stage::Looking => (" looking up groups ".to_owned(), Role::FeedLoading),
        Stage::Asking if parts.len() > 1 => (
            format!(" asking, {over} of {} done ", parts.len()),
            Role::FeedLoading,
        ),
        Stage::Asking => (" asking ".to_owned(), Role::FeedLoading),
        Stage::Nowhere(_) => (String::new(), Role::TextDim),
        Stage::Over if stopped => (" stopped ".to_owned(), Role::CountUncertain),
        Stage::Over if parts.len() > 1 => (format!(" {} ", places(parts.len())), Role::TextDim),
        Stage::Over => (" done ".to_owned(), Role::TextDim),
    };
    right.push(span(state, role));
    if !sheet.shown.is_empty() {
        let of = if sheet.shown.len() == sheet.answer.rows().len() {
            String::new()
        } else {
            format!(" of {}", sheet.answer.rows().len())
        };
        right.push(span(
            format!(" {}/{}{of} ", sheet.index + 1, sheet.shown.len()),
            Role::TextDim,
        ));
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn moments_without_a_row_are_empty_bars() {
        let at = |minute: i64, value: f64| Point {
            at: Timestamp::from_secs(minute * 60),
            value,
        };
        let points = [at(0, 1.0), at(1, 2.0), at(4, 3.0)];
        assert_eq!(bars(&points, 10, true), [1.0, 2.0, 0.0, 0.0, 3.0]);
        assert_eq!(bars(&points, 3, true), [3.0, 0.0, 3.0]);
        assert_eq!(bars(&points, 3, false), [2.0, 0.0, 3.0]);
    }
}
