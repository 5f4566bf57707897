//! OpsItems: their status, and new ones from any item.

use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::opsitems::{CreateOpsItem, Status, UpdateOpsItem};
use crate::domain::{AccountId, Detail, Item, Kind, Severity};
use crate::model::change::Part;
use crate::store::Row;

use super::{Aim, Ask, Fit, Offer};

/// Somebody works on it.
pub const START: Offer = Offer {
    name: "incident.start",
    done: "Set to in progress",
    risk: Risk::Low,
    asks: &[],
    fits: |row, _| status(row, Status::InProgress),
    parts: |aim| Ok(update(aim, Status::InProgress)),
};

/// It is done.
pub const RESOLVE: Offer = Offer {
    name: "incident.resolve",
    done: "Resolved",
    risk: Risk::Low,
    asks: &[],
    fits: |row, _| status(row, Status::Resolved),
    parts: |aim| Ok(update(aim, Status::Resolved)),
};

/// Nobody works on it after all.
pub const REOPEN: Offer = Offer {
    name: "incident.reopen",
    done: "Set to open",
    risk: Risk::Low,
    asks: &[],
    fits: |row, _| status(row, Status::Open),
    parts: |aim| Ok(update(aim, Status::Open)),
};

/// An OpsItem about something else.
pub const OPEN: Offer = Offer {
    name: "incident.open",
    done: "Opened an OpsItem for",
    risk: Risk::Low,
    asks: &[Ask::Note],
    fits: |row, _| match row.key().kind {
        Kind::Incident => Fit::Foreign,
        _ if row.key().scope.account == AccountId::UNKNOWN => {
            Fit::No("it concerns everybody, and an OpsItem is of one account.".to_owned())
        }
        _ if row.is_open() => Fit::Yes,
        _ => Fit::No("it asks for nothing.".to_owned()),
    },
    parts: |aim| Ok(aim.per_item(|row| Some(create(row, aim).into()))),
};

/// The longest description that OpsCenter takes, in characters (API reference: CreateOpsItem).
const DESCRIPTION: usize = 2_048;

fn status(row: &Row, wanted: Status) -> Fit {
    match &row.item().detail {
        Detail::Incident(d) if *d.status == *wanted.word() => {
            Fit::No(format!("it is {} already.", d.status))
        }
        Detail::Incident(_) => Fit::Yes,
        _ => Fit::Foreign,
    }
}

pub(super) fn update(aim: &Aim<'_>, status: Status) -> Vec<Part> {
    let acknowledged = match status {
        Status::InProgress => format!("{} {}", aim.said.operator, aim.now),
        Status::Open | Status::Resolved => String::new(),
    };
    let mut parts = aim.per_item(|row| {
        let order = UpdateOpsItem {
            scope: row.key().scope,
            id: row.key().id.to_string(),
            status,
            acknowledged: acknowledged.clone(),
        };
        Some(order.into())
    });
    // The service makes the last writer win: what a colleague did since it was read is not overwritten.
    for part in &mut parts {
        let row = aim
            .rows
            .iter()
            .find(|row| Some(row.key()) == part.items.first());
        if let Some(Detail::Incident(d)) = row.map(|row| &row.item().detail) {
            part.seen = Arc::clone(&d.status);
        }
    }
    parts
}

/// An OpsItem that says what the item says. Two of the same episode are one, whoever opens them.
fn create(row: &Row, aim: &Aim<'_>) -> CreateOpsItem {
    let item = row.item();
    let key = row.key();
    let note = aim.said.word(Ask::Note.label());
    let said = if note.is_empty() {
        String::new()
    } else {
        format!("\n\n{note}")
    };
    CreateOpsItem {
        title: format!("{}: {}", crate::panes::fact::what(item), item.title),
        description: format!(
            "{} {} in {}, {} since {}, {}.{said}\n\nOpened by {} with noctop.",
            key.kind,
            item.name,
            key.scope,
            item.native_state,
            item.opened,
            item.title,
            aim.said.operator,
        )
        .chars()
        .take(DESCRIPTION)
        .collect(),
        severity: match row.severity() {
            Severity::Critical => "1",
            Severity::High => "2",
            Severity::Medium => "3",
            Severity::Low | Severity::Info => "4",
        }
        .to_owned(),
        category: category(item).to_owned(),
        dedup: format!(
            "{} {} {} {}",
            key.kind,
            key.scope,
            key.id,
            item.episode.as_millis()
        ),
        resources: item
            .resource
            .iter()
            .filter(|r| r.starts_with("arn:"))
            .map(ToString::to_string)
            .chain(item.arn().map(String::from))
            .collect(),
    }
}

const fn category(item: &Item) -> &'static str {
    match item.detail.kind() {
        Kind::Finding | Kind::Patch => "Security",
        Kind::Backup => "Recovery",
        _ => "Availability",
    }
}
