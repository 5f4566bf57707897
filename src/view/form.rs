//! Forms, and what came of what was done to several items.
//!
//! ```text
//!  ╭ Acknowledge 3 items ─────────────────────────────╮
//!  │ payments-prod 2 · data-prod 1                     │  about
//!  │                                                   │
//!  │ for     4h        15m  1h  [4h]  shift  clears    │  fields
//!  │ note    looking at it                             │
//!  │ ticket                                            │
//!  │                                                   │
//!  │ enter do it   tab next   ←→ choose   esc leave    │  keys, or what is wrong
//!  ╰───────────────────────────────────────────────────╯
//! ```

use crate::keymap::{Chord, Key, Mods};
use crate::model::form::{Check, Entered, Form, Results};
use crate::model::{Area, Hit, fit};
use crate::panes::Cut;
use crate::runbook::card;
use crate::theme::Role;

use super::CursorAt;
use super::overlay::{inside, more};
use super::paint::{Paint, span};

/// Cells of a field's label, at least and at most.
const LABEL: u16 = 8;
const LABELS: u16 = 24;

/// Draws a form and tells where the cursor stands.
pub(super) fn draw(form: &Form, paint: &mut Paint<'_>, screen: Area) -> CursorAt {
    // A pre-flight card has names of roles and documents to show whole.
    let widest = if form.prepared.is_some() { 110 } else { 72 };
    let width = widest.min(screen.width.saturating_sub(2));
    let labels = form.fields.iter().map(|field| fit::width(&field.label) + 1);
    let label = u16::try_from(labels.max().unwrap_or(0))
        .unwrap_or(LABELS)
        .clamp(LABEL, LABELS);
    let room = usize::from(width.saturating_sub(4));
    // The last line is told while it is being found out, so that a form that is not complete looks like one.
    let looking = matches!(form.check, Check::Looking(_))
        .then_some("finding out as whom, and what it touches …");
    let warning = form
        .phrase
        .as_deref()
        .map(|phrase| format!("Type {phrase} below to do it."));
    // The card's lines begin with what they are about; what goes on below it stands under what was said.
    let head = form.prepared.as_ref().map_or(usize::MAX, |p| p.head);
    let told = form.about.iter().enumerate().flat_map(|(at, line)| {
        let indent = if at < head { 0 } else { card::HEAD };
        hanging(line, room, indent)
    });
    let more_told = looking.into_iter().chain(warning.as_deref());
    let about: Vec<(u16, &str)> = told
        .chain(more_told.flat_map(|line| hanging(line, room, 0)))
        .collect();
    let height = about.len() + form.fields.len() + 5;
    let area = inside(screen, width, u16::try_from(height).unwrap_or(u16::MAX));
    let body = paint.frame(area, &form.title);
    let mut y = body.y;
    let last = (body.y + body.height).saturating_sub(1);
    // The fields and the keys are always there; what is told above them gives way on a low screen.
    let below = u16::try_from(form.fields.len() + 2).unwrap_or(u16::MAX);
    let rows = usize::from((last + 1).saturating_sub(y + below));
    let scroll = form.scroll.min(about.len().saturating_sub(rows));
    for (indent, line) in about.iter().skip(scroll).take(rows) {
        let (x, room) = (body.x + indent, body.width.saturating_sub(*indent));
        paint.fitted(x, y, line, Cut::End, Role::TextStrong, room);
        y += 1;
    }
    more(
        paint,
        area,
        scroll,
        about.len(),
        u16::try_from(rows).unwrap_or(u16::MAX),
    );
    if y + below <= last {
        y += 1;
    }
    let mut cursor = None;
    for (at, field) in form.fields.iter().enumerate() {
        let focused = at == form.focused;
        let role = if focused {
            Role::InputPrompt
        } else {
            Role::TextDim
        };
        paint.fitted(body.x, y, &field.label, Cut::End, role, label - 1);
        let place = Area::new(body.x + label, y, body.width.saturating_sub(label), 1);
        paint.hit(Area::new(body.x, y, body.width, 1), Hit::Field(at));
        let column = match &field.entered {
            Entered::Line(line) => {
                paint.fitted(place.x, y, line.text(), Cut::End, Role::Input, place.width);
                line.column()
            }
            Entered::Pick {
                offered,
                picked,
                typed,
            } => {
                let mut x = place.x;
                if !typed.text().is_empty() {
                    let text = format!("{}  ", typed.text());
                    paint.text(x, y, &text, Role::Input, place.width);
                    x += u16::try_from(fit::width(&text)).unwrap_or(place.width);
                }
                for (nth, offer) in offered.iter().enumerate() {
                    let chosen = nth == *picked && typed.text().is_empty();
                    let (text, role) = if chosen {
                        (format!("[{offer}] "), Role::OverlayChosen)
                    } else {
                        (format!(" {offer}  "), Role::TextDim)
                    };
                    let left = (place.x + place.width).saturating_sub(x);
                    let taken = paint.text(x, y, &text, role, left);
                    paint.hit(Area::new(x, y, taken, 1), Hit::Offer(at, nth));
                    x += taken;
                }
                typed.column()
            }
        };
        if focused {
            let column = u16::try_from(column).unwrap_or(u16::MAX);
            cursor = Some((place.x + column.min(place.width.saturating_sub(1)), y));
        }
        y += 1;
    }
    match &form.error {
        Some(why) => {
            paint.fitted(body.x, last, why, Cut::End, Role::ToastWarning, body.width);
        }
        None => keys(form, paint, Area::new(body.x, last, body.width, 1)),
    }
    cursor
}

/// A line in as many as it takes; all but the first begin so many cells to the right.
fn hanging(line: &str, room: usize, indent: u16) -> Vec<(u16, &str)> {
    let before = usize::from(indent);
    let Some((head, said)) = line.split_at_checked(before) else {
        return fit::wrap(line, room).into_iter().map(|l| (0, l)).collect();
    };
    let mut lines: Vec<(u16, &str)> = fit::wrap(said, room.saturating_sub(before))
        .into_iter()
        .map(|line| (indent, line))
        .collect();
    lines[0] = (0, &line[..head.len() + lines[0].1.len()]);
    lines
}

fn keys(form: &Form, paint: &mut Paint<'_>, line: Area) {
    let does = match &form.prepared {
        Some(prepared) if prepared.found.is_none() => " find out what it does   ",
        Some(_) => " start it   ",
        None => " do it   ",
    };
    let mut named = vec![("enter", does, Some(Key::Enter))];
    if form.fields.len() > 1 {
        named.push(("tab", " next   ", Some(Key::Tab)));
    }
    if crate::command::triage::picks(form) {
        named.push(("←→", " choose, or type   ", None));
    }
    named.push(("esc", " leave", Some(Key::Esc)));
    let mut x = line.x;
    for (name, does, key) in named {
        let from = x;
        let room = Area::new(x, line.y, (line.x + line.width).saturating_sub(x), 1);
        x = paint.spans(
            room,
            &[span(name, Role::FooterKey), span(does, Role::Overlay)],
        );
        if let Some(key) = key {
            let said = Area::new(from, line.y, x - from, 1);
            paint.hit(said, Hit::Key(Chord::new(key, Mods::NONE)));
        }
    }
}

/// Draws what came of something, what was refused first.
pub(super) fn results(results: &Results, paint: &mut Paint<'_>, screen: Area) {
    let height = u16::try_from(results.lines.len() + 2).unwrap_or(u16::MAX);
    let area = inside(screen, 100, height);
    let body = paint.frame(area, &results.title);
    let rows = usize::from(body.height);
    let scroll = results.scroll.min(results.lines.len().saturating_sub(rows));
    let names = body.width * 2 / 5;
    for (y, (name, why, is_done)) in (body.y..body.y + body.height).zip(&results.lines[scroll..]) {
        let role = if *is_done {
            Role::TextDim
        } else {
            Role::ToastWarning
        };
        paint.fitted(body.x, y, name, Cut::Middle, Role::Overlay, names);
        paint.fitted(
            body.x + names + 1,
            y,
            why,
            Cut::End,
            role,
            body.width.saturating_sub(names + 1),
        );
    }
    more(paint, area, scroll, results.lines.len(), body.height);
}
