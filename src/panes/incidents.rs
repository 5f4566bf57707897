//! Incidents: what people work on: OpsItems, cases of AWS Support, incidents of Incident Manager.

use crate::clock::Timestamp;
use crate::domain::incident::{CaseDetail, IncidentDetail, RecordDetail};
use crate::domain::{ItemKey, Kind, SourceId};
use crate::store::Store;
use crate::store::projection::QUEUE_ORDER;
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT, NAME, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, native,
};
use super::facts::{Facts, moment};
use super::{Align, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, Width, fact};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "incidents",
    title: "Incidents",
    short: "Inc",
    place: Place::Tab,
    lists: Lists::Open(&[Kind::Incident]),
    sources: &[
        SourceId::Opsitems,
        SourceId::Support,
        SourceId::Incidentmanager,
    ],
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

/// What an OpsItem says of itself, and what it was made for.
pub(super) fn ops_item(facts: &mut Facts, d: &IncidentDetail, store: &Store) {
    facts.add("OpsItem", format!("{} · {}", d.id, d.status));
    facts.maybe("from", d.source.as_deref());
    facts.maybe("category", d.category.as_deref());
    if let Some(severity) = &d.native_severity {
        facts.add("severity", format!("{severity} of 4 (1 is worst)"));
    }
    if let Some(priority) = d.priority {
        facts.add("priority", format!("{priority} of 5 (1 is first)"));
    }
    facts.maybe("type", d.item_type.as_deref());
    facts.maybe("created by", d.created_by.as_deref());
    facts.maybe("changed by", d.modified_by.as_deref());
    for (key, value) in &d.data {
        facts.add("data", format!("{key}: {value}"));
    }
    causes(facts, d, store);
}

/// What an OpsItem was made for, and how that stands now: two rows of one cause, of which this one points to the other.
fn causes(facts: &mut Facts, d: &IncidentDetail, store: &Store) {
    made_for(facts, &d.causes(), store);
}

fn made_for(facts: &mut Facts, causes: &[ItemKey], store: &Store) {
    for row in causes.iter().filter_map(|key| store.row(store.find(key)?)) {
        facts.add(
            "made for",
            format!(
                "{} · {} now",
                fact::what(row.item()),
                row.item().native_state
            ),
        );
    }
}

/// What an incident of Incident Manager says of itself, and how what began it stands now.
pub(super) fn record(facts: &mut Facts, d: &RecordDetail, store: &Store) {
    facts.add(
        "incident",
        format!("{} · impact {} of 5 (1 is worst)", d.status, d.impact),
    );
    facts.maybe("plan", d.plan.as_deref());
    facts.maybe("from", d.source.as_deref());
    facts.maybe(
        "begun by",
        d.began_by.as_deref().or(d.created_by.as_deref()),
    );
    made_for(facts, d.cause().as_slice(), store);
}

/// What a support case says of itself.
pub(super) fn case(facts: &mut Facts, d: &CaseDetail, now: Timestamp) {
    let managed = d
        .managed()
        .map_or(String::new(), |m| format!(" · {}", m.word()));
    facts.add("case", format!("{} · {}{managed}", d.number, d.status));
    if d.waits_for_us() {
        facts.add_as("", "AWS waits for an answer", Role::MarkNew);
    }
    facts.add(
        "severity",
        format!(
            "{} (of critical, urgent, high, normal, low)",
            d.native_severity
        ),
    );
    facts.add("service", &*d.service);
    facts.maybe("category", d.category.as_deref());
    facts.maybe("opened by", d.submitted_by.as_deref());
    if let Some((by, at)) = &d.last {
        facts.add("last word", format!("{by} · {}", moment(*at, now)));
    }
}
