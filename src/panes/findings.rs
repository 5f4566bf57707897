//! Findings: what GuardDuty and Security Hub hold open; one row where both know a finding.

use crate::domain::{Detail, Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT, NAME, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, ago,
};
use super::{Align, Cell, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, RowLook, Width};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "findings",
    title: "Findings",
    short: "Fnd",
    place: Place::Tab,
    lists: Lists::Open(&[Kind::Finding]),
    sources: &[SourceId::Guardduty, SourceId::Securityhub],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        PRODUCT,
        NAME,
        FACT,
        LAST_SEEN,
        WORKFLOW,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "No open findings.",
};

const PRODUCT: Column = Column {
    head: "product",
    width: Width::Fixed(12),
    from: 100,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(product),
};

const LAST_SEEN: Column = Column {
    head: "seen",
    width: Width::Fixed(5),
    from: 130,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(last_seen),
};

const WORKFLOW: Column = Column {
    head: "workflow",
    width: Width::Fixed(9),
    from: 160,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(workflow),
};

fn product<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let Detail::Finding(d) = &item.detail else {
        return Cell::new("", Role::Text);
    };
    Cell::new(d.terms.product.to_string(), Role::TextDim)
}

fn last_seen<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let Detail::Finding(d) = &item.detail else {
        return Cell::new("", Role::Text);
    };
    Cell::new(ago(d.last_seen, look.now), Role::TextDim)
}

fn workflow<'a>(look: &RowLook<'a>) -> Cell<'a> {
    let item = look.row.item();
    let Detail::Finding(d) = &item.detail else {
        return Cell::new("", Role::Text);
    };
    Cell::new(
        d.terms.workflow.as_deref().unwrap_or("-").to_lowercase(),
        Role::TextDim,
    )
}
