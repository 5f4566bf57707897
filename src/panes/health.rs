//! Health: what AWS reports about its own services and what it plans. No tab of its own: what asks for attention is in the Queue, and
//! an alarm that it may explain says so.

use crate::clock::Timestamp;
use crate::domain::health::HealthDetail;
use crate::domain::text::count;
use crate::domain::{AccountId, Kind, Region, SourceId};
use crate::lifecycle::Mark;
use crate::store::projection::QUEUE_ORDER;
use crate::store::{Row, Store};
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT, MARKS, NAME, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, native,
};
use super::facts::{Facts, moment};
use super::{Align, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, Width, fact};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "health",
    title: "AWS Health",
    short: "Hea",
    place: Place::Palette,
    lists: Lists::Every(&[Kind::Health]),
    sources: &[SourceId::Health],
    columns: &[
        SEVERITY,
        AGE,
        STATE_SHORT,
        STATE,
        MARKS,
        STATUS,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        NAME,
        FACT,
    ],
    order: &QUEUE_ORDER,
    order_name: "severity, state, oldest first",
    calm: "AWS reports no trouble and plans nothing that concerns these accounts.",
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(9),
    from: 100,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(native),
};

/// What an event says of itself, and which alarms it may explain.
pub(super) fn facts(facts: &mut Facts, d: &HealthDetail, row: &Row, store: &Store, now: Timestamp) {
    facts.add(
        "event",
        format!("{} · {} · {}", d.code, d.category.word(), d.status),
    );
    if let Some(action) = d.action {
        facts.add("asks", action.word());
    }
    if !d.personas.is_empty() {
        let personas: Vec<String> = d.personas.iter().map(|p| p.to_lowercase()).collect();
        facts.add("is for", personas.join(", "));
    }
    facts.maybe("zone", d.zone.as_deref());
    for (label, at) in [("starts", d.starts), ("ends", d.ends)] {
        if let Some(at) = at {
            facts.add(label, moment(at, now));
        }
    }
    let scope = row.key().scope;
    if d.is_public {
        facts.add("concerns", "everybody in the region, not this fleet alone");
    }
    let explained = store
        .rows()
        .filter(|(_, alarm)| {
            let key = alarm.key();
            // The mark is cheap to look at, and all of them have it.
            alarm.marks().contains(Mark::Aws)
                && key.kind == Kind::Alarm
                && (scope.region == Region::GLOBAL || key.scope.region == scope.region)
                && (scope.account == AccountId::UNKNOWN || key.scope.account == scope.account)
                && store
                    .explained_by(alarm)
                    .any(|event| event.key() == row.key())
        })
        .count();
    if explained > 0 {
        facts.add(
            "may explain",
            format!("{} open now (filter: aws)", count(explained, "alarm")),
        );
    }
}

/// What AWS reports where an alarm is, about the service that it watches.
pub(super) fn of_alarm(facts: &mut Facts, row: &Row, store: &Store, now: Timestamp) {
    if !row.is_open() {
        return;
    }
    for event in store.explained_by(row) {
        let since = event.item().opened;
        facts.add_as(
            "AWS reports",
            format!(
                "{} here since {}",
                event.item().name,
                fact::clock(since, now)
            ),
            Role::MarkNew,
        );
    }
}
