//! The details of one row: the facts an operator needs first, then the rest.

use crate::model::{Area, Model, RowKey, fit};
use crate::panes::facts::{self, Fact};
use crate::panes::{Cut, facts::Facts};
use crate::theme::Role;

use super::paint::{Paint, span, spans_width};

/// Cells of the labels.
const LABEL: u16 = 14;
/// From this width on the facts stand in two columns.
const TWO_COLUMNS: u16 = 110;

/// One drawn line.
struct Line<'a> {
    label: &'a str,
    text: &'a str,
    role: Role,
}

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, rule: Area, area: Area) {
    let facts = shown(model);
    if rule.width == 1 {
        paint.upright(rule, model.session.ascii);
    } else if rule.height > 0 {
        paint.line(rule, model.session.ascii);
        let title = span(format!(" {} ", facts.title), Role::BorderTitle);
        let width = spans_width(std::slice::from_ref(&title)).min(rule.width.saturating_sub(2));
        paint.spans(Area::new(rule.x + 1, rule.y, width, 1), &[title]);
    }
    let area = Area::new(
        area.x + 1,
        area.y,
        area.width.saturating_sub(2),
        area.height,
    );
    let beside = rule.width == 1;
    if beside {
        paint.fitted(
            area.x,
            area.y,
            &facts.title,
            Cut::End,
            Role::DetailHeading,
            area.width,
        );
    }
    let area = if beside {
        Area::new(
            area.x,
            area.y + 2,
            area.width,
            area.height.saturating_sub(2),
        )
    } else {
        area
    };
    if area.width >= TWO_COLUMNS {
        let half = (area.width - 2) / 2;
        let lines = lines(&facts.list, half);
        let total = lines.len();
        let scroll = clamp(model.details.scroll, total.div_ceil(2), area.height);
        let split = total.div_ceil(2).max(usize::from(area.height)).min(total);
        for (column, lines) in [&lines[..split], &lines[split..]].into_iter().enumerate() {
            let x = area.x + u16::try_from(column).unwrap_or(0) * (half + 2);
            put(
                paint,
                Area::new(x, area.y, half, area.height),
                &lines[scroll.min(lines.len())..],
            );
        }
    } else {
        let lines = lines(&facts.list, area.width);
        let scroll = clamp(model.details.scroll, lines.len(), area.height);
        put(paint, area, &lines[scroll..]);
        if lines.len() > scroll + usize::from(area.height) && area.height > 0 {
            let more = format!(
                "{} more lines: PgDn ",
                lines.len() - scroll - usize::from(area.height)
            );
            paint.spans_right(
                Area::new(area.x, area.y + area.height - 1, area.width, 1),
                &[span(more, Role::TextDim)],
            );
        }
    }
}

fn clamp(scroll: usize, lines: usize, height: u16) -> usize {
    scroll.min(lines.saturating_sub(usize::from(height)))
}

fn shown(model: &Model) -> Facts {
    match &model.details.shown {
        Some(RowKey::Item(key)) => match model
            .store
            .find(key)
            .and_then(|id| Some((id, model.store.row(id)?)))
        {
            Some((id, row)) => facts::of_row(id, row, &model.store, model.now),
            None => Facts::sentence(&key.id, "This item has gone."),
        },
        Some(RowKey::Feed(feed)) => match model.store.feed(feed, model.now) {
            Some(report) => facts::of_feed(&report, model.roster(), model.now),
            None => Facts::sentence("feed", "This feed is no longer asked."),
        },
        None => Facts::sentence("", "There is no row under the cursor."),
    }
}

fn lines(facts: &[Fact], width: u16) -> Vec<Line<'_>> {
    let room = usize::from(width.saturating_sub(LABEL).max(10));
    let mut lines = Vec::new();
    for fact in facts {
        for (at, text) in fit::wrap(&fact.text, room).into_iter().enumerate() {
            lines.push(Line {
                label: if at == 0 { fact.label } else { "" },
                text,
                role: fact.role,
            });
        }
    }
    lines
}

fn put(paint: &mut Paint<'_>, area: Area, lines: &[Line<'_>]) {
    for (y, line) in (area.y..area.y + area.height).zip(lines) {
        paint.fitted(
            area.x,
            y,
            line.label,
            Cut::End,
            Role::DetailLabel,
            LABEL - 1,
        );
        paint.text(
            area.x + LABEL,
            y,
            line.text,
            line.role,
            area.width.saturating_sub(LABEL),
        );
    }
}
