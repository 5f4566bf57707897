//! Findings: their workflow in Security Hub, the archive of GuardDuty.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::guardduty::{ArchiveFindings, Way};
use crate::aws::ops::securityhub::{FindingName, UpdateFindings, Workflow};
use crate::domain::finding::FindingDetail;
use crate::domain::{Detail, Scope, SourceId};
use crate::model::change::Part;
use crate::store::{Row, Store};

use super::{Aim, Ask, Fit, Offer};

/// Colleagues see in Security Hub that somebody works on it.
pub const NOTIFY: Offer = Offer {
    name: "finding.notify",
    done: "Set to NOTIFIED",
    risk: Risk::Low,
    asks: &[Ask::Note],
    fits: |row, _| hub(row, Workflow::Notified),
    parts: |aim| Ok(workflow(aim, Workflow::Notified)),
};

/// It has been mended.
pub const RESOLVE: Offer = Offer {
    name: "finding.resolve",
    done: "Resolved",
    risk: Risk::Low,
    asks: &[Ask::Note],
    fits: |row, _| hub(row, Workflow::Resolved),
    parts: |aim| Ok(workflow(aim, Workflow::Resolved)),
};

/// It will not be looked at any more.
pub const SUPPRESS: Offer = Offer {
    name: "finding.suppress",
    done: "Suppressed",
    risk: Risk::Medium,
    asks: &[Ask::Note],
    fits: |row, _| hub(row, Workflow::Suppressed),
    parts: |aim| Ok(workflow(aim, Workflow::Suppressed)),
};

/// Nobody works on it after all.
pub const REOPEN: Offer = Offer {
    name: "finding.reopen",
    done: "Set to NEW",
    risk: Risk::Low,
    asks: &[Ask::Note],
    fits: |row, _| hub(row, Workflow::New),
    parts: |aim| Ok(workflow(aim, Workflow::New)),
};

/// Into GuardDuty's archive.
pub const ARCHIVE: Offer = Offer {
    name: "finding.archive",
    done: "Archived",
    risk: Risk::Medium,
    asks: &[],
    fits: |row, _| match detail(row) {
        Some(_) if row.sources().contains(SourceId::Guardduty) => Fit::Yes,
        Some(d) => Fit::No(format!(
            "GuardDuty does not know it; it is {}'s.",
            d.terms.product
        )),
        None => Fit::Foreign,
    },
    parts: |aim| {
        let mut by: BTreeMap<Scope, Vec<&Row>> = BTreeMap::new();
        for row in aim.rows {
            by.entry(administrator(row, aim.store))
                .or_default()
                .push(row);
        }
        let part = |(scope, rows): (Scope, Vec<&Row>)| {
            let name = |row: &&Row| (row.key().scope, row.key().id.to_string());
            let findings = rows.iter().map(name).collect();
            let way = Way::Archive;
            Part {
                scope,
                items: rows.iter().map(|row| row.key().clone()).collect(),
                order: ArchiveFindings { findings, way }.into(),
                seen: Arc::from(""),
            }
        };
        Ok(by.into_iter().map(part).collect())
    },
};

/// From where a finding may be archived: only the administrator's account may, and where it is another one that knows the
/// finding, that is it.
fn administrator(row: &Row, store: &Store) -> Scope {
    let own = row.key().scope;
    store
        .find(row.key())
        .into_iter()
        .flat_map(|id| store.feeds_of(id))
        .filter(|feed| feed.source == SourceId::Guardduty)
        .map(|feed| feed.vantage)
        .find(|vantage| vantage.account != own.account)
        .unwrap_or(own)
}

pub(super) fn detail(row: &Row) -> Option<&FindingDetail> {
    match &row.item().detail {
        Detail::Finding(detail) => Some(detail),
        _ => None,
    }
}

/// Whether Security Hub knows it and has it in another status.
fn hub(row: &Row, wanted: Workflow) -> Fit {
    let Some(finding) = detail(row) else {
        return Fit::Foreign;
    };
    if name(row).is_none() {
        return Fit::No("Security Hub does not know it.".to_owned());
    }
    match finding.terms.workflow.as_deref() {
        Some(now) if now == wanted.word() => Fit::No(format!("it is {now} already.")),
        _ => Fit::Yes,
    }
}

/// What Security Hub calls it: its `Id` and the product that reported it.
pub(super) fn name(row: &Row) -> Option<FindingName> {
    let product = detail(row)?.terms.product_arn.as_deref()?;
    let key = row.key();
    // An `Id` that is no ARN stands behind its product in the key.
    let id = match row.item().told_arn.as_deref() {
        Some(arn) => arn,
        None => key.id.strip_prefix(product)?.strip_prefix('/')?,
    };
    let is_known = row.sources().contains(SourceId::Securityhub);
    is_known.then(|| FindingName {
        scope: key.scope,
        id: id.to_owned(),
        product: product.to_owned(),
    })
}

pub(super) fn workflow(aim: &Aim<'_>, workflow: Workflow) -> Vec<Part> {
    let note = aim.said.word(Ask::Note.label());
    aim.per_scope(|rows| {
        let findings = rows.iter().copied().filter_map(name).collect();
        let note = note.to_owned();
        UpdateFindings {
            findings,
            workflow,
            note,
        }
        .into()
    })
}
