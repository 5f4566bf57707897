//! Backups: backup, copy and restore jobs of the last day, and resources whose job never started.

use crate::domain::{Detail, Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, WHAT, WHAT_SHORT,
    native,
};
use super::{Align, Cell, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, RowLook, Width};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "backups",
    title: "Backups",
    short: "Bkp",
    place: Place::Tab,
    lists: Lists::Every(&[Kind::Backup]),
    sources: &[SourceId::Backup],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        STATUS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        TYPE,
        WHAT_SHORT,
        WHAT,
        FACT,
        SIZE,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "No backup job in the last 24 hours.",
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(10),
    from: 100,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(native),
};

const TYPE: Column = Column {
    head: "type",
    width: Width::Fixed(10),
    from: 120,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(resource_type),
};

const SIZE: Column = Column {
    head: "size",
    width: Width::Fixed(9),
    from: 150,
    until: NO_LIMIT,
    align: Align::Right,
    sort: None,
    cell: Cells::Item(size),
};

fn resource_type<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let Detail::Backup(d) = &item.detail else {
        return Cell::new("", Role::Text);
    };
    Cell::new(
        d.resource_type.as_deref().unwrap_or("-").to_owned(),
        Role::TextDim,
    )
}

fn size<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let Detail::Backup(d) = &item.detail else {
        return Cell::new("", Role::Text);
    };
    Cell::new(
        d.size
            .filter(|s| *s > 0)
            .map_or_else(|| "-".to_owned(), bytes),
        Role::TextDim,
    )
}

/// Bytes in the binary unit that leaves at most four digits: `412 GiB`.
#[must_use]
pub fn bytes(count: i64) -> String {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = count;
    let mut unit = 0;
    while value >= 1024 && unit + 1 < UNITS.len() {
        value = value / 1024 + i64::from(value % 1024 >= 512);
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1024), "1 KiB");
        assert_eq!(bytes(412 << 30), "412 GiB");
        assert_eq!(bytes(i64::MAX), "8 EiB");
    }
}
