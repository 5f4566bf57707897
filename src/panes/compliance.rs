//! Compliance: rules of AWS Config that resources break, recorders that stand still, what Trusted Advisor recommends. No tab of its
//! own: what asks for attention is in the Queue.

use crate::clock::Timestamp;
use crate::domain::compliance::{
    ComplianceDetail, RecommendationDetail, RecorderDetail, RuleDetail, is_of_security_hub,
};
use crate::domain::text::{age, count};
use crate::domain::{Detail, Item, Kind, SourceId};
use crate::store::projection::QUEUE_ORDER;
use crate::store::{Row, Store};
use crate::theme::Role;

use super::cells::{
    ACCOUNT, AGE, FACT, MARKS, NAME, REGION, REGION_SHORT, SEVERITY, STATE, STATE_SHORT, native,
};
use super::facts::{Facts, moment};
use super::{Align, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, Width};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "compliance",
    title: "Compliance",
    short: "Com",
    place: Place::Palette,
    lists: Lists::Every(&[Kind::Compliance]),
    sources: &[SourceId::Config, SourceId::Trustedadvisor],
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
    calm: "Nothing breaks a rule, and Trusted Advisor has no advice.",
};

const STATUS: Column = Column {
    head: "status",
    width: Width::Fixed(13),
    from: 100,
    until: NO_LIMIT,
    align: Align::Left,
    sort: None,
    cell: Cells::Item(native),
};

/// The word of its sort, before its name.
pub(super) const fn word(d: &ComplianceDetail) -> &'static str {
    match d {
        ComplianceDetail::Rule(_) => "rule",
        ComplianceDetail::Recorder(_) => "AWS Config",
        ComplianceDetail::Recommendation(_) => "advice",
    }
}

/// The fact that matters.
pub(super) fn fact(item: &Item, d: &ComplianceDetail, now: Timestamp) -> String {
    match d {
        ComplianceDetail::Rule(rule) => {
            let broken = broken(rule);
            if is_of_security_hub(&item.name) {
                format!("{broken} · a control of Security Hub")
            } else {
                broken
            }
        }
        ComplianceDetail::Recorder(recorder) => stands(recorder, now),
        ComplianceDetail::Recommendation(advice) => recommends(advice),
    }
}

fn broken(rule: &RuleDetail) -> String {
    match (rule.failing, rule.count()) {
        (Some(1), Some(_)) if !rule.is_capped => "1 resource breaks it".to_owned(),
        (_, Some(count)) => format!("{count} resources break it"),
        (_, None) => "resources break it".to_owned(),
    }
}

fn stands(recorder: &RecorderDetail, now: Timestamp) -> String {
    match (recorder.stopped, &recorder.error) {
        (Some(at), _) => format!(
            "stopped {} ago: rules tell what was then",
            age(now.since(at))
        ),
        (None, Some(error)) => format!("runs, and cannot deliver: {error}"),
        (None, None) => "runs, and cannot deliver".to_owned(),
    }
}

fn recommends(advice: &RecommendationDetail) -> String {
    let many = |n: u64, word| {
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        (n > 0).then(|| count(n, word))
    };
    let parts = [
        many(advice.errors, "resource").map(|n| format!("{n} in error")),
        many(advice.warnings, "resource").map(|n| format!("{n} in warning")),
        advice.saving.map(|usd| format!("{usd:.0} USD a month")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let pillars: Vec<String> = advice.pillars.iter().map(|p| p.replace('_', " ")).collect();
    let pillars = pillars.join(", ");
    if parts.is_empty() {
        pillars
    } else {
        format!("{} · {pillars}", parts.join(" · "))
    }
}

/// What it says of itself, and what else is known of the same.
pub(super) fn facts(
    facts: &mut Facts,
    d: &ComplianceDetail,
    row: &Row,
    store: &Store,
    now: Timestamp,
) {
    match d {
        ComplianceDetail::Rule(_) => {
            let name = &row.key().id;
            if is_of_security_hub(name) {
                let findings = controls(row, store).count();
                facts.add(
                    "joined with",
                    format!(
                        "a control of Security Hub, where {} of it; that asks, this does not",
                        if findings == 1 {
                            "1 finding is open".to_owned()
                        } else {
                            format!("{findings} findings are open")
                        }
                    ),
                );
            }
            if let Some(since) = store.unrecorded_since(row.key().scope) {
                facts.add_as(
                    "is old",
                    format!(
                        "the recorder was stopped {}: nothing has been looked at since",
                        moment(since, now)
                    ),
                    Role::MarkStale,
                );
            }
        }
        ComplianceDetail::Recorder(recorder) => {
            if let Some(at) = recorder.stopped {
                facts.add("stopped", moment(at, now));
            }
            facts.maybe("error", recorder.error.as_deref());
        }
        ComplianceDetail::Recommendation(advice) => {
            facts.maybe("from", advice.origin.as_deref());
            facts.maybe("stage", advice.stage.as_deref());
            if advice.excluded > 0 {
                facts.add("excluded", format!("{} by somebody", advice.excluded));
            }
            if !advice.services.is_empty() {
                let services: Vec<&str> = advice.services.iter().map(|s| &**s).collect();
                facts.add("services", services.join(", "));
            }
            facts.add("looked at", moment(advice.updated, now));
        }
    }
}

/// The open findings of the control that Security Hub made this rule for.
pub(crate) fn controls<'a>(row: &'a Row, store: &'a Store) -> impl Iterator<Item = &'a Row> {
    let key = row.key();
    let all = store.rows().map(|(_, row)| row);
    all.filter(move |other| {
        other.key().kind == Kind::Finding
            && other.key().scope == key.scope
            && other.is_open()
            && matches!(&other.item().detail, Detail::Finding(d) if d.rule.as_deref() == Some(&*key.id))
    })
}
