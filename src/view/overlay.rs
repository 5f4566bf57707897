//! What lies over the panes.

use crate::command::help;
use crate::domain::text::plural;
use crate::keymap::{Chord, Layer};
use crate::model::page::Page;
use crate::model::{Area, Choice, Hit, Model, Overlay, Palette, RawBody, area, fit, raw};
use crate::panes::Cut;
use crate::theme::Role;

use super::CursorAt;
use super::paint::{Paint, span};

pub(super) fn draw(
    model: &Model,
    overlay: &Overlay,
    paint: &mut Paint<'_>,
    screen: Area,
) -> CursorAt {
    match overlay {
        Overlay::Help { scroll } => help(model, *scroll, paint, screen),
        Overlay::Palette(palette) => return Some(self::palette(model, palette, paint, screen)),
        Overlay::Choice(choice) => return Some(self::choice(model, choice, paint, screen)),
        Overlay::Raw { key, body, scroll } => {
            raw(
                &format!("{} {}", key.kind, key.id),
                body,
                *scroll,
                paint,
                screen,
            );
        }
        Overlay::Form(form) => return super::form::draw(form, paint, screen),
        Overlay::Results(results) => super::form::results(results, paint, screen),
        Overlay::Page(page) => self::page(page, paint, screen),
        Overlay::Confirm { question, .. } => confirm(question, paint, screen),
    }
    None
}

pub(super) fn inside(screen: Area, width: u16, height: u16) -> Area {
    area::below_header(screen.width, screen.height).centred(width, height)
}

fn help(model: &Model, scroll: usize, paint: &mut Paint<'_>, screen: Area) {
    let room = area::in_frame(inside(screen, help::WIDTH, screen.height));
    let lines = help::lines(model, room.width);
    let frame = inside(
        screen,
        help::WIDTH,
        u16::try_from(lines.len() + 2).unwrap_or(u16::MAX),
    );
    let body = paint.frame(frame, "Keys and commands (esc closes)");
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    let keys_width = help::keys_width(body.width);
    for (y, line) in (body.y..body.y + body.height).zip(&lines[scroll..]) {
        match line {
            help::Line::Heading(title) => {
                paint.text(body.x, y, title, Role::DetailHeading, body.width);
            }
            help::Line::Verb(keys, text) => {
                paint.fitted(body.x, y, keys, Cut::End, Role::FooterKey, keys_width);
                let x = keys_width + 1;
                let room = body.width.saturating_sub(x);
                paint.text(body.x + x, y, text, Role::Overlay, room);
            }
            help::Line::Gap => {}
        }
    }
    more(paint, frame, scroll, lines.len(), body.height);
}

/// Says at the frame's lower edge that there is more.
pub(super) fn more(paint: &mut Paint<'_>, area: Area, scroll: usize, lines: usize, height: u16) {
    let below = lines.saturating_sub(scroll + usize::from(height));
    if below > 0 {
        at_foot(
            paint,
            area,
            format!(" {below} more line{}: PgDn ", plural(below)),
        );
    }
}

/// Says at the frame's lower edge that the list goes on.
fn rest(paint: &mut Paint<'_>, area: Area, below: usize) {
    if below > 0 {
        at_foot(paint, area, format!(" {below} more "));
    }
}

fn at_foot(paint: &mut Paint<'_>, area: Area, text: String) {
    if area.height > 0 {
        let line = Area::new(
            area.x + 2,
            area.y + area.height - 1,
            area.width.saturating_sub(4),
            1,
        );
        paint.spans_right(line, &[span(text, Role::OverlayTitle)]);
    }
}

fn palette(model: &Model, palette: &Palette, paint: &mut Paint<'_>, screen: Area) -> (u16, u16) {
    let area = inside(screen, 90, 20);
    let area = Area::new(area.x, screen.y + 2, area.width, area.height);
    let body = paint.frame(area, "Command or pane");
    paint.text(body.x, body.y, ": ", Role::InputPrompt, 2);
    paint.text(
        body.x + 2,
        body.y,
        palette.input.text(),
        Role::Input,
        body.width.saturating_sub(2),
    );
    let rows = usize::from(body.height.saturating_sub(2));
    let from = palette.selected.saturating_sub(rows.saturating_sub(1));
    rest(
        paint,
        area,
        palette.entries.len().saturating_sub(from + rows),
    );
    if let Some(entry) = palette.entries.get(palette.selected) {
        // In full: beside the title there may be no room for all of it.
        paint.fitted(
            body.x + 2,
            body.y + 1,
            &entry.help,
            Cut::End,
            Role::TextDim,
            body.width.saturating_sub(2),
        );
    }
    if palette.entries.is_empty() {
        paint.text(
            body.x,
            body.y + 2,
            "Nothing is called that.",
            Role::ToastWarning,
            body.width,
        );
    }
    for (at, entry) in palette.entries.iter().enumerate().skip(from).take(rows) {
        let y = body.y + 2 + u16::try_from(at - from).unwrap_or(0);
        paint.hit(Area::new(body.x, y, body.width, 1), Hit::Entry(at));
        let chosen = at == palette.selected;
        let role = if chosen {
            Role::OverlayChosen
        } else {
            Role::Overlay
        };
        if chosen {
            paint.ground(Area::new(body.x, y, body.width, 1), role);
            paint.text(
                body.x - 1,
                y,
                if model.session.ascii { ">" } else { "▌" },
                role,
                1,
            );
        }
        let titles = 24.min(body.width / 2);
        paint.fitted(body.x, y, &entry.title, Cut::End, role, titles);
        let help = if chosen {
            Role::OverlayChosen
        } else {
            Role::TextDim
        };
        let chord = model
            .chords(&[Layer::List, Layer::Global], entry.command)
            .into_iter()
            .next();
        let chord = chord
            .filter(|_| entry.argument.is_empty())
            .unwrap_or_default();
        let room = body.width.saturating_sub(titles + 10);
        paint.fitted(body.x + titles + 1, y, &entry.help, Cut::End, help, room);
        paint.spans_right(
            Area::new(body.x, y, body.width, 1),
            &[span(chord, Role::FooterKey)],
        );
    }
    let column = u16::try_from(palette.input.column())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    (body.x + column.min(body.width.saturating_sub(1)), body.y)
}

fn choice(model: &Model, choice: &Choice, paint: &mut Paint<'_>, screen: Area) -> (u16, u16) {
    let widest = choice
        .entries
        .iter()
        .map(|e| fit::width(&e.label))
        .max()
        .unwrap_or(0)
        .max(fit::width(choice.title));
    let width = u16::try_from(widest + 12).unwrap_or(u16::MAX).max(36);
    let height = u16::try_from(choice.entries.len() + 4)
        .unwrap_or(u16::MAX)
        .min(24);
    let area = inside(screen, width, height);
    let body = paint.frame(area, choice.title);
    paint.text(body.x, body.y, "/ ", Role::InputPrompt, 2);
    paint.text(
        body.x + 2,
        body.y,
        choice.typed.text(),
        Role::Input,
        body.width.saturating_sub(2),
    );
    let matching = choice.matching();
    let rows = usize::from(body.height.saturating_sub(2));
    let from = choice.first(rows);
    rest(paint, area, matching.len().saturating_sub(from + rows));
    if matching.is_empty() {
        paint.text(
            body.x,
            body.y + 2,
            "Nothing is called that.",
            Role::ToastWarning,
            body.width,
        );
    }
    for (at, index) in matching.iter().enumerate().skip(from).take(rows) {
        let entry = &choice.entries[*index];
        let y = body.y + 2 + u16::try_from(at - from).unwrap_or(0);
        paint.hit(Area::new(body.x, y, body.width, 1), Hit::Entry(at));
        let role = if Some(at) == choice.selected {
            Role::OverlayChosen
        } else {
            Role::Overlay
        };
        if Some(at) == choice.selected {
            paint.ground(Area::new(body.x, y, body.width, 1), role);
            paint.text(
                body.x - 1,
                y,
                if model.session.ascii { ">" } else { "▌" },
                role,
                1,
            );
        }
        let sign = match (entry.chosen, model.session.ascii) {
            (true, false) => "✓",
            (true, true) => "x",
            (false, _) => " ",
        };
        paint.text(body.x, y, sign, role, 1);
        paint.fitted(
            body.x + 2,
            y,
            &entry.label,
            Cut::End,
            role,
            body.width.saturating_sub(2),
        );
    }
    let column = u16::try_from(choice.typed.column())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    (body.x + column.min(body.width.saturating_sub(1)), body.y)
}

fn raw(title: &str, body: &RawBody, scroll: usize, paint: &mut Paint<'_>, screen: Area) {
    let area = area::text_frame(screen.width, screen.height);
    let inner = paint.frame(area, title);
    match body {
        RawBody::Loading => {
            paint.text(
                inner.x,
                inner.y,
                "Reading this item afresh.",
                Role::FeedLoading,
                inner.width,
            );
        }
        RawBody::Failed(fault) => {
            for (y, line) in (inner.y..inner.y + inner.height)
                .zip(fit::wrap(&fault.to_string(), usize::from(inner.width)))
            {
                paint.text(inner.x, y, line, Role::ToastError, inner.width);
            }
        }
        RawBody::Lines(json) => {
            let lines = raw::lines(json, usize::from(inner.width));
            let scroll = scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
            for (y, line) in (inner.y..inner.y + inner.height).zip(&lines[scroll..]) {
                json_line(paint, Area::new(inner.x, y, inner.width, 1), line);
            }
            more(paint, area, scroll, lines.len(), inner.height);
        }
    }
}

fn page(page: &Page, paint: &mut Paint<'_>, screen: Area) {
    let area = area::text_frame(screen.width, screen.height);
    let inner = paint.frame(area, &page.title);
    let lines = page.laid(inner.width);
    let scroll = page
        .scroll
        .min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.y..inner.y + inner.height).zip(&lines[scroll..]) {
        // A heading begins at the edge, what stands under it further in.
        let role = if line.starts_with(' ') {
            Role::Overlay
        } else {
            Role::TextStrong
        };
        paint.text(inner.x, y, line, role, inner.width);
    }
    more(paint, area, scroll, lines.len(), inner.height);
}

fn json_line(paint: &mut Paint<'_>, line: Area, json: &raw::Line<'_>) {
    let value = if json.is_text {
        Role::JsonString
    } else {
        Role::JsonLiteral
    };
    let indent = u16::try_from(json.indent).unwrap_or(0).min(line.width);
    paint.spans(
        Area::new(line.x + indent, line.y, line.width - indent, 1),
        &[span(json.key, Role::JsonKey), span(json.value, value)],
    );
}

fn confirm(question: &str, paint: &mut Paint<'_>, screen: Area) {
    let width = u16::try_from(fit::width(question) + 8)
        .unwrap_or(u16::MAX)
        .max(34);
    let area = inside(screen, width, 5);
    let body = paint.frame(area, "Please confirm");
    paint.fitted(
        body.x,
        body.y,
        question,
        Cut::End,
        Role::TextStrong,
        body.width,
    );
    let (yes, no) = (
        Area::new(body.x, body.y + 2, 5, 1),
        Area::new(body.x + 8, body.y + 2, 10, 1),
    );
    paint.hit(yes, Hit::Key(Chord::char('y')));
    paint.hit(no, Hit::Key(Chord::char('n')));
    paint.spans(
        Area::new(body.x, body.y + 2, body.width, 1),
        &[
            span("y", Role::FooterKey),
            span(" yes   ", Role::Overlay),
            span("n", Role::FooterKey),
            span(" no, stay", Role::Overlay),
        ],
    );
}
