//! Incidents: what people work on: OpsItems, and cases of AWS Support.

use crate::domain::{Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;

use super::cells::{
    ACCOUNT, AGE, FACT, NAME, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, native,
};
use super::{Align, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, Width};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "incidents",
    title: "Incidents",
    short: "Inc",
    place: Place::Tab,
    lists: Lists::Open(&[Kind::Incident]),
    sources: &[SourceId::Opsitems, SourceId::Support],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        STATUS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        NAME,
        FACT,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "No open incidents.",
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(12),
    from: 100,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(native),
};
