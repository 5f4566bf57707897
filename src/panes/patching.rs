//! Patching: maintenance windows and the patch compliance that they are there for.

use crate::domain::{Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;

use super::cells::{
    ACCOUNT, AGE, FACT, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, WHAT, WHAT_SHORT,
    native,
};
use super::{Align, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, Width};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "patching",
    title: "Patching",
    short: "Pat",
    place: Place::Tab,
    lists: Lists::Every(&[Kind::Window, Kind::Patch]),
    sources: &[SourceId::Windows, SourceId::Patches],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        STATUS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        WHAT_SHORT,
        WHAT,
        FACT,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "No maintenance windows and no managed instances.",
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(13),
    from: 110,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(native),
};
