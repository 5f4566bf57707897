//! Alarms: every CloudWatch alarm, in every state.

use crate::domain::{Kind, SourceId};
use crate::lifecycle::State;
use crate::store::projection::{Column as SortBy, QUEUE_ORDER};
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT_NARROW, FACT_WIDE, MARKS, NAME_NARROW, NAME_WIDE, REGION, REGION_SHORT,
    SEVERITY, state_short,
};
use super::{Align, Cell, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, RowLook, Width, folds};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "alarms",
    title: "Alarms",
    short: "Alm",
    place: Place::Tab,
    lists: Lists::Every(&[Kind::Alarm]),
    sources: &[SourceId::Cloudwatch],
    columns: &[
        SEVERITY,
        AGE,
        STATE_VALUE,
        MARKS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        NAME_NARROW,
        NAME_WIDE,
        FACT_NARROW,
        FACT_WIDE,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "These accounts have no alarms.",
};

const STATE_VALUE: Column = Column {
    head: "state",
    width: Width::Fixed(8),
    from: 50,
    until: NO_LIMIT,
    align: Align::Left,
    sort: Some(SortBy::State),
    cell: Cells::Both(state_value, folds::state_short),
};

fn state_value<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let state = look.row.state();
    match (state, &*look.row.item().native_state) {
        (State::Clear, "INSUFFICIENT_DATA") => Cell::new("no data", Role::TextDim),
        (State::Clear, "OK") if look.row.cleared_at().is_none() => {
            Cell::new("ok", Role::StateClear)
        }
        _ => state_short(look),
    }
}
