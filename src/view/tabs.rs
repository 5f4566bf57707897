//! The line of panes and the rule below it.

use crate::domain::Severity;
use crate::model::{Area, Hit, Model};
use crate::panes::{self, Lists, feeds};
use crate::store::projection::Direction;
use crate::theme::Role;

use super::header::at_least;
use super::paint::{Paint, Span, span, spans_width};

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, line: Area) {
    if line.height == 0 {
        return;
    }
    let mut x = line.x + 1;
    let (widths, are_long) = panes::tab_widths(line.width);
    for (at, width) in widths.into_iter().enumerate() {
        let tab = tab(model, at, width, are_long);
        paint.spans(
            Area::new(
                x,
                line.y,
                width.min((line.x + line.width).saturating_sub(x)),
                1,
            ),
            &tab,
        );
        x += width;
    }
}

fn tab(model: &Model, at: usize, width: u16, long: bool) -> Vec<Span<'static>> {
    let spec = panes::ALL[at];
    let title = if long { spec.title } else { spec.short };
    let number = at + 1;
    let role = if at == model.active {
        Role::TabActive
    } else {
        Role::Tab
    };
    let mut spans = vec![span(format!("{number} {title}"), role)];
    if spec.lists == Lists::Feeds {
        let blind = model.coverage.all.blind;
        if blind > 0 {
            spans.push(span(format!(" {blind}!"), Role::TabAlert));
        }
        return spans;
    }
    if spec.lists == Lists::Logs {
        return spans;
    }
    if spec.lists == Lists::Runs {
        let going = model.runbooks.runs.under_way();
        if going > 0 {
            spans.push(span(format!(" {going}"), role));
        }
        return spans;
    }
    let count: usize = spec.lists.kinds().iter().map(|k| model.open.kind(*k)).sum();
    let coverage = model.coverage.pane(at);
    // While the accounts themselves cannot be listed, no feed of the pane exists that could be blind.
    let partial = coverage.is_partial() || (coverage.feeds == 0 && model.coverage.all.is_partial());
    let text = format!(" {}{count}", at_least(partial, model.session.ascii));
    let loading = coverage.loading > 0 && count == 0;
    if loading {
        spans.push(span(
            if model.session.ascii { " ..." } else { " …" },
            Role::FeedLoading,
        ));
    } else {
        spans.push(span(
            text,
            if partial { Role::CountUncertain } else { role },
        ));
    }
    // A tab must not push its neighbours about: what does not fit loses the title's end, never the count.
    let room = width.saturating_sub(1);
    if spans_width(&spans) > room {
        spans[0].0 = std::borrow::Cow::Owned(format!("{number} {}", spec.short));
    }
    if spans_width(&spans) > room {
        let over = usize::from(spans_width(&spans) - room);
        let kept = spec.short.len().saturating_sub(over);
        let title = spec.short.get(..kept).unwrap_or_default();
        spans[0].0 = std::borrow::Cow::Owned(format!("{number} {title}").trim_end().to_owned());
    }
    spans
}

/// The line between the panes and the list: what the pane leaves out, where the cursor is, how it is sorted.
pub(super) fn rule(model: &Model, paint: &mut Paint<'_>, line: Area) {
    if line.height == 0 {
        return;
    }
    paint.line(line);
    let pane = model.pane();
    let own = match pane.spec.lists {
        Lists::Logs => Some(super::log::rule(model)),
        Lists::Query => Some(super::query::rule(model)),
        _ => None,
    };
    if let Some((left, right)) = own {
        sides(paint, line, &left, &right);
        return;
    }
    let mut left = vec![span(format!(" {} ", pane.spec.title), Role::BorderTitle)];
    if !pane.filter.is_empty() {
        left.push(span(format!("{} ", pane.filter), Role::Input));
    }
    if let Some(floor) = model.lens.floor.filter(|f| *f > Severity::Info) {
        left.push(span(format!("{floor} and worse "), Role::Input));
    }
    if !pane.lists_items() && (!model.lens.accounts.is_empty() || !model.lens.regions.is_empty()) {
        left.push(span("of all accounts and regions ", Role::Input));
    }
    if pane.spec.lists == Lists::Feeds {
        let calls = model.coverage.all.calls;
        left.push(span(format!("{} ", feeds::pace(calls)), Role::TextDim));
    }
    if !pane.marked.is_empty() {
        left.push(span(
            format!("{} marked ", pane.marked.len()),
            Role::RowMarked,
        ));
    }
    let order = if pane.order == pane.spec.order {
        pane.spec.order_name.to_owned()
    } else {
        order_name(pane)
    };
    let (lines, items) = (pane.len(), pane.items());
    let position = if pane.is_empty() {
        String::new()
    } else if pane.is_partial() {
        format!(" {}/… ", pane.index + 1)
    } else if lines == items {
        format!(" {}/{lines} ", pane.index + 1)
    } else {
        format!(" {}/{lines} rows of {items} ", pane.index + 1)
    };
    let before = if position.is_empty() { " " } else { "" };
    let mut right = vec![span(position, Role::TextDim)];
    if line.width >= 60 {
        right.push(span(format!("{before}{order} "), Role::TextDim));
    }
    sides(paint, line, &left, &right);
    let order = Area::new(
        (line.x + line.width).saturating_sub(spans_width(&right)),
        line.y,
        spans_width(&right),
        1,
    );
    paint.hit(line, Hit::Command("filter.open", ""));
    if pane.lists_items() {
        paint.hit(order, Hit::Command("sort.choose", ""));
    }
}

/// What stands at both ends of the rule; the left end gives way.
fn sides(paint: &mut Paint<'_>, line: Area, left: &[Span<'_>], right: &[Span<'_>]) {
    let left_room = line.width.saturating_sub(spans_width(right) + 4);
    let x = line.x + 1;
    let end = paint.spans(Area::new(x, line.y, left_room, 1), left);
    let right_room = (line.x + line.width).saturating_sub(end + 1);
    if spans_width(right) <= right_room {
        paint.spans_right(Area::new(end, line.y, right_room, 1), right);
    }
}

fn order_name(pane: &crate::model::Pane) -> String {
    let heads = pane.order.iter().filter_map(|key| {
        let head = pane
            .spec
            .columns
            .iter()
            .find(|c| c.sort == Some(key.column))?
            .head
            .trim();
        Some(format!(
            "{head}{}",
            if key.direction == Direction::Ascending {
                ""
            } else {
                " down"
            }
        ))
    });
    heads.collect::<Vec<_>>().join(", ")
}
