//! The details of one row: the facts an operator needs first, then the rest.

use crate::domain::text::plural;
use crate::model::details::{LABEL, Line, layout};
use crate::model::{Area, Model, RowKey};
use crate::panes::Cut;
use crate::theme::Role;

use super::paint::{Paint, span, spans_width};

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, rule: Area, area: Area) {
    let beside = rule.width == 1;
    let place = model.details_place();
    let layout = layout(model, place);
    let more = if layout.below > 0 {
        format!(" {} more line{}: PgDn ", layout.below, plural(layout.below))
    } else {
        String::new()
    };
    let more = span(more, Role::TextDim);
    if beside {
        paint.upright(rule);
        let head = Area::new(place.x, area.y, place.width, 1);
        let width = paint.fitted(
            head.x,
            head.y,
            &layout.title,
            Cut::End,
            Role::DetailHeading,
            head.width,
        );
        link(model, paint, Area { width, ..head });
        let foot = Area::new(
            place.x,
            area.y + area.height.saturating_sub(1),
            place.width,
            1,
        );
        paint.spans_right(foot, &[more]);
    } else if rule.height > 0 {
        paint.line(rule);
        let title = span(format!(" {} ", layout.title), Role::BorderTitle);
        let room = rule
            .width
            .saturating_sub(2 + spans_width(std::slice::from_ref(&more)));
        let end = paint.spans(Area::new(rule.x + 1, rule.y, room, 1), &[title]);
        let heading = Area::new(rule.x + 2, rule.y, end.saturating_sub(rule.x + 3), 1);
        link(model, paint, heading);
        paint.spans_right(
            Area::new(rule.x + 1, rule.y, rule.width.saturating_sub(2), 1),
            &[more],
        );
    }
    for (x, lines) in layout.shown() {
        put(
            paint,
            Area::new(place.x + x, place.y, layout.width, place.height),
            lines,
        );
    }
}

/// The heading leads to the item's page in the AWS console.
fn link(model: &Model, paint: &mut Paint<'_>, heading: Area) {
    if let Some(RowKey::Item(key)) = &model.details.shown
        && let Some(address) = model.console_page(key)
    {
        paint.link(heading, address);
    }
}

fn put(paint: &mut Paint<'_>, area: Area, lines: &[Line]) {
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
            &line.text,
            line.role,
            area.width.saturating_sub(LABEL),
        );
    }
}
