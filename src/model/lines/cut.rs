//! Rows made to fit the screen: what was found marked, wrapped, or cut to one row.

use std::borrow::Cow;

use crate::logs::ink::{Ink, Piece};
use crate::model::fit;

/// Gives what was found an ink of its own.
pub(super) fn highlight(
    row: &mut Vec<Piece>,
    places: impl Fn(&str) -> Vec<std::ops::Range<usize>>,
) {
    let all: String = row.iter().map(|piece| piece.text.as_str()).collect();
    let places = places(&all);
    if places.is_empty() {
        return;
    }
    let mut marked = Vec::with_capacity(row.len() + places.len() * 2);
    let mut from = 0;
    for piece in row.drain(..) {
        let end = from + piece.text.len();
        let mut at = from;
        let inside = places
            .iter()
            .filter(|place| place.start < end && place.end > from);
        for place in inside {
            let (begins, ends) = (place.start.max(at), place.end.min(end));
            for (range, ink) in [(at..begins, piece.ink), (begins..ends, Ink::Found)] {
                if range.start < range.end
                    && let Some(text) = all.get(range)
                {
                    marked.push(Piece {
                        ink,
                        text: text.to_owned(),
                    });
                }
            }
            at = ends.max(at);
        }
        if let Some(rest) = all.get(at..end).filter(|rest| !rest.is_empty()) {
            marked.push(Piece {
                ink: piece.ink,
                text: rest.to_owned(),
            });
        }
        from = end;
    }
    *row = marked;
}

/// A row in rows of at most so many cells.
pub(super) fn wrapped(row: Vec<Piece>, cells: usize) -> Vec<Vec<Piece>> {
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    for piece in row {
        let mut rest = piece.text.as_str();
        while !rest.is_empty() {
            let head = fit::head(rest, cells - used);
            let head = if head.is_empty() && used == 0 {
                fit::piece(rest, 1)
            } else {
                head
            };
            if !head.is_empty()
                && let Some(last) = rows.last_mut()
            {
                last.push(Piece {
                    ink: piece.ink,
                    text: head.to_owned(),
                });
                used += fit::width(head);
            }
            rest = &rest[head.len()..];
            if !rest.is_empty() {
                rows.push(Vec::new());
                used = 0;
            }
        }
    }
    rows
}

/// A row without its first cells, cut at the end; the count of what is folded behind it stays in sight.
pub(super) fn on_one_row(mut row: Vec<Piece>, shift: usize, cells: usize) -> Vec<Piece> {
    let count = row.pop_if(|last| last.ink == Ink::Mark && row_count(&last.text));
    let Some(count) = count else {
        return shifted(row, shift, cells);
    };
    let mut shown = shifted(row, shift, cells.saturating_sub(fit::width(&count.text)));
    shown.push(count);
    shown
}

/// Whether a piece tells how many lines are folded behind a row.
fn row_count(text: &str) -> bool {
    text.starts_with(" [+")
}

/// A row without its first cells, cut at the end.
fn shifted(row: Vec<Piece>, shift: usize, cells: usize) -> Vec<Piece> {
    let mut skip = shift;
    let mut room = cells;
    let mut shown = Vec::new();
    let mut is_cut = false;
    for piece in row {
        let width = fit::width(&piece.text);
        if skip >= width {
            skip -= width;
            continue;
        }
        let text = &piece.text[fit::head(&piece.text, skip).len()..];
        skip = 0;
        if room == 0 {
            is_cut = !text.is_empty();
            break;
        }
        let head = fit::head(text, room);
        is_cut = head.len() < text.len();
        room -= fit::width(head).min(room);
        shown.push(Piece {
            ink: piece.ink,
            text: head.to_owned(),
        });
        if is_cut {
            break;
        }
    }
    if is_cut && let Some(last) = shown.last_mut() {
        let width = fit::width(&last.text);
        last.text = match fit::end(&format!("{}……", last.text), width) {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(text) => text,
        };
    }
    shown
}
