//! The list: only the visible rows become cells.

use crate::model::{Area, Model, RowKey, Rows, fit};
use crate::panes::{self, Align, Cell, Cells, FeedLook, RowLook};
use crate::theme::Role;

use super::empty;
use super::paint::Paint;

/// Cells before the first column: the cursor's bar and the mark.
const GUTTER: u16 = 2;

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, heads: Area, list: Area) {
    let pane = model.pane();
    let columns = panes::fit(pane.spec.columns, list.width.saturating_sub(GUTTER));
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
    for line in 0..list.height {
        let index = pane.offset + usize::from(line);
        let area = Area::new(list.x, list.y + line, list.width, 1);
        let at_cursor = index == pane.index;
        match &pane.rows {
            Rows::Items(projection) => {
                let Some(id) = projection.rows().get(index) else {
                    break;
                };
                let Some(shown) = model.store.row(*id) else {
                    // Rows that are held still: this one has gone meanwhile, and those below it have not.
                    let dash = if model.session.ascii { "-" } else { "—" };
                    row(
                        paint,
                        area,
                        model.session.ascii,
                        at_cursor,
                        false,
                        Role::RowGone,
                        |paint| put_gone(paint, area, dash),
                    );
                    continue;
                };
                let look = RowLook {
                    row: shown,
                    roster: model.roster(),
                    now: model.now,
                    ascii: model.session.ascii,
                };
                let marked = !pane.marked.is_empty()
                    && pane.marked.contains(&RowKey::Item(shown.key().clone()));
                let ground = if shown.cleared_at().is_some() {
                    Role::RowGone
                } else {
                    Role::Row
                };
                row(
                    paint,
                    area,
                    model.session.ascii,
                    at_cursor,
                    marked,
                    ground,
                    |paint| {
                        let mut x = area.x + GUTTER;
                        for (column, width) in &columns {
                            if let Cells::Item(cell) = column.cell {
                                put(paint, x, area.y, &cell(&look), *width, column.align);
                            }
                            x += width + 1;
                        }
                    },
                );
            }
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
                row(
                    paint,
                    area,
                    model.session.ascii,
                    at_cursor,
                    false,
                    Role::Row,
                    |paint| {
                        let mut x = area.x + GUTTER;
                        for (column, width) in &columns {
                            if let Cells::Feed(cell) = column.cell {
                                put(paint, x, area.y, &cell(&look), *width, column.align);
                            }
                            x += width + 1;
                        }
                    },
                );
            }
        }
    }
}

fn put_gone(paint: &mut Paint<'_>, line: Area, dash: &str) {
    let x = line.x + GUTTER;
    paint.text(
        x,
        line.y,
        &format!("{dash} gone"),
        Role::RowGone,
        line.width.saturating_sub(GUTTER),
    );
}

fn row(
    paint: &mut Paint<'_>,
    area: Area,
    ascii: bool,
    at_cursor: bool,
    marked: bool,
    ground: Role,
    cells: impl FnOnce(&mut Paint<'_>),
) {
    paint.ground(area, ground);
    cells(paint);
    if marked {
        paint.ground(area, Role::RowMarked);
        paint.text(
            area.x + 1,
            area.y,
            if ascii { "+" } else { "✓" },
            Role::RowMarked,
            1,
        );
    }
    if at_cursor {
        paint.ground(area, Role::RowCursor);
        paint.text(
            area.x,
            area.y,
            if ascii { ">" } else { "▌" },
            Role::RowCursor,
            1,
        );
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
