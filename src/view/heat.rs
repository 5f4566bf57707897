//! The heat map: a line for each account, a column for each region.

use crate::domain::Severity;
use crate::model::heat::{Lane, Spot};
use crate::model::{Area, Model, Rows};
use crate::panes::Cut;
use crate::panes::cells::{region_text, severity_role};
use crate::theme::Role;

use super::empty;
use super::header::at_least;
use super::paint::{Paint, span};

/// Cells of the account's name at least and at most.
const NAME: (u16, u16) = (14, 32);
/// Cells of a spot with the gap behind it.
const SPOT: u16 = 10;
/// The same where many regions have little room.
const NARROW: u16 = 7;
/// The same where there is room for the count of each severity.
const WIDE: u16 = 26;

/// The first column of regions that is shown, and how wide each is; the one under the cursor is on the screen.
fn columns(model: &Model, width: u16) -> (u16, u16, usize, usize) {
    let regions = model.heat.regions.len() + 1;
    let most = u16::try_from(regions).unwrap_or(u16::MAX);
    let name = (width / 4).clamp(NAME.0, NAME.1);
    let room = width.saturating_sub(name + 3);
    let cell = [WIDE, SPOT]
        .into_iter()
        .find(|cell| most.saturating_mul(*cell) <= room)
        .unwrap_or(NARROW);
    let shown = usize::from((room / cell).max(1)).min(regions);
    let first = (model.heat.column + 1).saturating_sub(shown);
    (name, cell, first, shown)
}

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, heads: Area, list: Area) {
    let pane = model.pane();
    let Rows::Accounts(accounts) = &pane.rows else {
        return;
    };
    // A short screen has no line for heads, and a map without them tells nothing: it takes the first row.
    let (heads, list) = if heads.height > 0 {
        (heads, list)
    } else {
        let below = Area::new(
            list.x,
            list.y + 1,
            list.width,
            list.height.saturating_sub(1),
        );
        (Area::new(list.x, list.y, list.width, 1), below)
    };
    let (name, cell, first, shown) = columns(model, list.width);
    let x = |at: usize| list.x + 2 + name + 1 + cell * u16::try_from(at).unwrap_or(0);
    paint.text(heads.x + 2, heads.y, "account", Role::Column, name);
    for at in 0..shown {
        let column = first + at;
        let head = match column
            .checked_sub(1)
            .and_then(|at| model.heat.regions.get(at))
        {
            None => "all".to_owned(),
            Some(region) if cell < SPOT => region.short(),
            Some(region) => region_text(region),
        };
        let is_under = column == model.heat.column;
        let role = if is_under {
            Role::ColumnSorted
        } else {
            Role::Column
        };
        paint.fitted(x(at), heads.y, &head, Cut::Middle, role, cell - 1);
    }
    if first + shown <= model.heat.regions.len() {
        paint.text(list.x + list.width - 1, heads.y, "…", Role::TextDim, 1);
    }
    if accounts.is_empty() {
        empty::draw(model, paint, list);
        return;
    }
    let top = (pane.index + 1).saturating_sub(usize::from(list.height));
    let lines = (pane.offset.max(top)..accounts.len()).zip(list.y..list.y + list.height);
    for (index, y) in lines {
        let Some(lane) = model.heat.of(accounts[index]) else {
            continue;
        };
        let line = Area::new(list.x, y, list.width, 1);
        paint.ground(line, Role::Row);
        let account = model.roster().name(lane.account);
        paint.fitted(list.x + 2, y, &account, Cut::Middle, Role::TextStrong, name);
        for at in 0..shown {
            spot(
                model,
                lane,
                first + at,
                paint,
                Area::new(x(at), y, cell - 1, 1),
            );
        }
        if index == pane.index {
            paint.text(
                list.x,
                y,
                if model.session.ascii { ">" } else { "▌" },
                Role::TextStrong,
                1,
            );
            let at = x(model.heat.column.saturating_sub(first));
            paint.ground(Area::new(list.x + 1, y, name + 1, 1), Role::RowCursor);
            paint.ground(Area::new(at, y, cell - 1, 1), Role::RowCursor);
        }
    }
}

fn spot(model: &Model, lane: &Lane, column: usize, paint: &mut Paint<'_>, place: Area) {
    let spot = match column.checked_sub(1) {
        None => Some(&lane.all),
        Some(at) => lane.spots.get(at),
    };
    let (text, role) = spot.map_or((String::new(), Role::TextDim), |spot| {
        words(spot, model.session.ascii)
    });
    if let Some(spot) = spot.filter(|spot| spot.total() > 0 && place.width + 1 >= WIDE) {
        counts(spot, model.session.ascii, paint, place);
        return;
    }
    paint.fitted(place.x, place.y, &text, Cut::End, role, place.width);
}

/// A spot with the count of each severity that it has.
fn counts(spot: &Spot, ascii: bool, paint: &mut Paint<'_>, place: Area) {
    let sign = at_least(spot.is_blind, ascii);
    let some = Severity::ALL
        .iter()
        .map(|severity| (*severity, spot.open[*severity as usize]))
        .filter(|(_, count)| *count > 0);
    let spans: Vec<_> = some
        .map(|(severity, count)| {
            let glyph = if ascii {
                severity.ascii()
            } else {
                severity.glyph()
            };
            span(format!("{glyph} {sign}{count} "), severity_role(severity))
        })
        .collect();
    paint.spans(place, &spans);
}

/// A spot in words: the worst severity with its count, and how many are less bad; `?` where nobody can tell.
pub(super) fn words(spot: &Spot, ascii: bool) -> (String, Role) {
    let sign = at_least(spot.is_blind, ascii);
    match spot.worst() {
        None if spot.is_blind => ("? blind".to_owned(), Role::FeedBlind),
        None => (if ascii { "." } else { "·" }.to_owned(), Role::TextDim),
        Some((severity, count)) => {
            let glyph = if ascii {
                severity.ascii()
            } else {
                severity.glyph()
            };
            let rest = spot.total() - count;
            let more = if rest > 0 {
                format!(" +{rest}")
            } else {
                String::new()
            };
            (
                format!("{glyph} {sign}{count}{more}"),
                severity_role(severity),
            )
        }
    }
}
