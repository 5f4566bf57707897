//! The list: only the visible rows become cells.

use crate::model::{Area, Model, RowKey, Rows, fit};
use crate::panes::{
    self, Align, Cell, Cells, Column, FeedLook, FoldLook, GUTTER, RowLook, RunLook,
};
use crate::store::projection::{Folding, Line};
use crate::theme::Role;

use super::empty;
use super::paint::Paint;

/// On a slow line the cursor is the bar with severity and age beside it: a whole line costs four times the bytes.
const SPARING_CURSOR: u16 = GUTTER + 8;

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, heads: Area, list: Area) {
    let pane = model.pane();
    let columns = pane.shown_columns(list.width);
    if heads.height > 0 {
        let mut x = heads.x + GUTTER;
        for (column, width) in &columns {
            let sorted =
                column.sort.is_some() && pane.order.first().map(|k| k.column) == column.sort;
            let role = if sorted {
                Role::ColumnSorted
            } else {
                Role::Column
            };
            put(
                paint,
                x,
                heads.y,
                &Cell::new(column.head, role),
                *width,
                column.align,
            );
            x += width + 1;
        }
    }
    if pane.is_empty() {
        empty::draw(model, paint, list);
        return;
    }
    let lines = (pane.offset..).zip(list.y..list.y + list.height);
    for (index, y) in lines {
        let area = Area::new(list.x, y, list.width, 1);
        let mut paint = Painted {
            paint: &mut *paint,
            area,
            columns: &columns,
            ascii: model.session.ascii,
            at_cursor: index == pane.index,
            cursor: if model.session.sparing {
                SPARING_CURSOR
            } else {
                u16::MAX
            },
        };
        match &pane.rows {
            Rows::Items(projection) => {
                let Some(line) = projection.line(index) else {
                    break;
                };
                item(model, line, &mut paint);
            }
            Rows::Runs(runs) => {
                let Some(id) = runs.get(index) else {
                    break;
                };
                let Some(run) = model.runbooks.runs.get(id) else {
                    paint.gone();
                    continue;
                };
                let look = RunLook {
                    run,
                    roster: model.roster(),
                    now: model.now,
                };
                paint.row(Sign::None, Role::Row, |cells| match cells {
                    Cells::Run(cell) => Some(cell(&look)),
                    Cells::Item(_) | Cells::Both(..) | Cells::Feed(_) => None,
                });
            }
            Rows::Accounts(_) | Rows::Text => break,
            Rows::Feeds(feeds) => {
                let Some(feed) = feeds
                    .get(index)
                    .and_then(|feed| model.store.feed(feed, model.now))
                else {
                    break;
                };
                let look = FeedLook {
                    feed: &feed,
                    roster: model.roster(),
                    now: panes::aged(model.now, index),
                };
                paint.row(Sign::None, Role::Row, |cells| match cells {
                    Cells::Feed(cell) => Some(cell(&look)),
                    Cells::Item(_) | Cells::Both(..) | Cells::Run(_) => None,
                });
            }
        }
    }
}

/// A line of items: a row, a fold, or a row below its fold.
fn item(model: &Model, line: Line<'_>, paint: &mut Painted<'_, '_, '_>) {
    let pane = model.pane();
    let (id, fold) = match line {
        Line::Row(id) | Line::Member(id) => (id, None),
        Line::Fold(fold) => (fold.lead(), Some(fold)),
    };
    let Some(row) = model.store.row(id) else {
        // Rows that are held still: this one has gone meanwhile, and those below it have not.
        paint.gone();
        return;
    };
    let (roster, now, ascii) = (model.roster(), model.now, model.session.ascii);
    if let Some(fold) = fold {
        let sign = match pane.marked_of(&model.store, fold) {
            0 => Sign::None,
            marked if marked < fold.len() => Sign::PartlyMarked,
            _ => Sign::Marked,
        };
        let look = FoldLook {
            fold,
            row,
            by: match &pane.folding {
                Folding::By(common) => Some(common),
                Folding::Off | Folding::Storms(_) => None,
            },
            roster,
            now,
            ascii,
        };
        paint.row(sign, Role::Row, |cells| match cells {
            Cells::Both(_, cell) => Some(cell(&look)),
            Cells::Item(_) | Cells::Feed(_) | Cells::Run(_) => None,
        });
        return;
    }
    let is_marked =
        !pane.marked.is_empty() && pane.marked.contains(&RowKey::Item(row.key().clone()));
    let sign = match line {
        _ if is_marked => Sign::Marked,
        Line::Member(_) => Sign::Member,
        _ => Sign::None,
    };
    let look = RowLook {
        row,
        store: &model.store,
        roster,
        now,
        ascii,
    };
    let ground = if row.cleared_at().is_some() {
        Role::RowGone
    } else {
        Role::Row
    };
    paint.row(sign, ground, |cells| match cells {
        Cells::Item(cell) | Cells::Both(cell, _) => Some(cell(&look)),
        Cells::Feed(_) | Cells::Run(_) => None,
    });
}

/// What stands before a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nothing.
    None,
    /// It is marked.
    Marked,
    /// Some of the rows of the fold are marked.
    PartlyMarked,
    /// It stands below its fold.
    Member,
}

/// One line of the list under the brush.
struct Painted<'p, 'b, 'c> {
    paint: &'p mut Paint<'b>,
    area: Area,
    columns: &'c [(&'static Column, u16)],
    ascii: bool,
    at_cursor: bool,
    /// How many cells of the line tell that the cursor is there.
    cursor: u16,
}

impl Painted<'_, '_, '_> {
    /// A row that is no more.
    fn gone(&mut self) {
        let dash = if self.ascii { "-" } else { "—" };
        let room = self.area.width.saturating_sub(GUTTER);
        let x = self.area.x + GUTTER;
        self.row(Sign::None, Role::RowGone, |_| None);
        self.paint
            .text(x, self.area.y, &format!("{dash} gone"), Role::RowGone, room);
    }

    fn row<'a>(&mut self, sign: Sign, ground: Role, cell: impl Fn(&Cells) -> Option<Cell<'a>>) {
        let (area, paint) = (self.area, &mut *self.paint);
        paint.ground(area, ground);
        let mut x = area.x + GUTTER;
        for (column, width) in self.columns {
            if let Some(cell) = cell(&column.cell) {
                put(paint, x, area.y, &cell, *width, column.align);
            }
            x += width + 1;
        }
        if sign == Sign::Marked {
            paint.ground(area, Role::RowMarked);
        }
        let (glyph, role) = match (sign, self.ascii) {
            (Sign::None, _) => ("", Role::Row),
            (Sign::Marked, false) => ("✓", Role::RowMarked),
            (Sign::Marked, true) => ("+", Role::RowMarked),
            (Sign::PartlyMarked, _) => ("~", Role::RowMarked),
            (Sign::Member, false) => ("│", Role::MarkFold),
            (Sign::Member, true) => ("|", Role::MarkFold),
        };
        paint.text(area.x + 1, area.y, glyph, role, 1);
        if self.at_cursor {
            let width = self.cursor.min(area.width);
            paint.ground(Area { width, ..area }, Role::RowCursor);
            let bar = if self.ascii { ">" } else { "▌" };
            paint.text(area.x, area.y, bar, Role::RowCursor, 1);
        }
    }
}

fn put(paint: &mut Paint<'_>, x: u16, y: u16, cell: &Cell<'_>, width: u16, align: Align) {
    let x = match align {
        Align::Left => x,
        Align::Right => {
            x + width.saturating_sub(u16::try_from(fit::width(&cell.text)).unwrap_or(u16::MAX))
        }
    };
    paint.fitted(x, y, &cell.text, cell.cut, cell.role, width);
}
