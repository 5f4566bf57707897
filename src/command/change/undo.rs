//! Taking a change back: the inverse change, asked for and journalled like any other, and only while AWS still shows what
//! was done: a colleague's work since then stands.

use std::sync::Arc;

use crate::aws::ops::Order;
use crate::aws::ops::guardduty::{ArchiveFindings, Way};
use crate::aws::ops::mutations::PUT_ALARM_MUTE_RULE;
use crate::aws::ops::mutes::DeleteMute;
use crate::aws::ops::opsitems::{Status, UpdateOpsItem};
use crate::aws::ops::securityhub::{UpdateFindings, Workflow};
use crate::domain::Detail;
use crate::model::change::{Part, Request, UNDO};
use crate::model::{Effects, Model, Undo};
use crate::store::Row;

use super::{Aim, findings};

/// What takes these parts back; nothing for what cannot be taken back.
pub(super) fn parts(parts: &[Part], aim: &Aim<'_>) -> Vec<Part> {
    let mut back = Vec::new();
    for part in parts {
        let part_with = |order: Order| Part {
            order,
            seen: Arc::from(""),
            ..part.clone()
        };
        match &part.order {
            Order::UpdateFindings(change) => {
                back.extend(earlier(part, aim, change.workflow.word()));
            }
            Order::ArchiveFindings(change) if change.way == Way::Archive => {
                let (findings, way) = (change.findings.clone(), Way::Unarchive);
                back.push(part_with(ArchiveFindings { findings, way }.into()));
            }
            Order::UpdateOpsItem(change) => {
                let before = part.items.first().and_then(|key| find(aim, key));
                if let Some(status) = before.and_then(status) {
                    let order = UpdateOpsItem {
                        status,
                        acknowledged: String::new(),
                        ..change.clone()
                    };
                    back.push(Part {
                        seen: Arc::from(change.status.word()),
                        ..part_with(order.into())
                    });
                }
            }
            Order::PutMute(change) => {
                let rules = part.items.chunks(PUT_ALARM_MUTE_RULE.most).enumerate();
                back.extend(rules.map(|(at, items)| {
                    let name = change.rule(at);
                    Part {
                        scope: part.scope,
                        items: items.to_vec(),
                        order: DeleteMute { name }.into(),
                        seen: Arc::from(change.until.as_secs().to_string()),
                    }
                }));
            }
            _ => {}
        }
    }
    back
}

fn find<'a>(aim: &Aim<'a>, key: &crate::domain::ItemKey) -> Option<&'a Row> {
    aim.rows.iter().copied().find(|row| row.key() == key)
}

fn status(row: &Row) -> Option<Status> {
    match &row.item().detail {
        Detail::Incident(d) => [Status::Open, Status::InProgress, Status::Resolved]
            .into_iter()
            .find(|status| status.word() == &*d.status),
        _ => None,
    }
}

/// The findings of a part, each to the status that it had.
fn earlier(part: &Part, aim: &Aim<'_>, now: &str) -> Vec<Part> {
    let all = [
        Workflow::New,
        Workflow::Notified,
        Workflow::Resolved,
        Workflow::Suppressed,
    ];
    let rows: Vec<&Row> = part.items.iter().filter_map(|key| find(aim, key)).collect();
    let had = |row: &Row, status: Workflow| {
        findings::detail(row)
            .and_then(|d| d.terms.workflow.as_deref())
            .is_some_and(|now| now == status.word())
    };
    all.into_iter()
        .filter_map(|workflow| {
            let of: Vec<&Row> = rows
                .iter()
                .copied()
                .filter(|row| had(row, workflow))
                .collect();
            (!of.is_empty()).then(|| Part {
                scope: part.scope,
                items: of.iter().map(|row| row.key().clone()).collect(),
                order: UpdateFindings {
                    findings: of.iter().copied().filter_map(findings::name).collect(),
                    workflow,
                    note: String::new(),
                }
                .into(),
                seen: Arc::from(now),
            })
        })
        .collect()
}

/// Opens the form that takes a change back.
pub(in crate::command) fn ask(model: &mut Model, undo: Undo) -> Effects {
    let request = Request {
        id: model.changing.number(),
        verb: Arc::from(UNDO),
        what: Arc::from(format!("Taken back: {}", undo.what)),
        parts: undo.change,
        undo: Vec::new(),
    };
    super::open_request(model, request)
}
