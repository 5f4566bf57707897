//! Patch compliance: scanning and installing now, and a backup before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::commands::SendCommand;
use crate::domain::patch::PatchSubject;
use crate::domain::{Detail, Scope};
use crate::model::change::Part;
use crate::store::{Row, Store};

use super::{Aim, Ask, Fit, Offer, backups};

/// Compares what is installed with the baseline. Changes nothing on the instance.
pub const SCAN: Offer = Offer {
    name: "patch.scan",
    done: "Began to scan",
    risk: Risk::Medium,
    asks: &[],
    fits,
    parts: |aim| Ok(baseline(aim, "Scan", "NoReboot")),
};

/// Installs what is missing.
pub const INSTALL: Offer = Offer {
    name: "patch.install",
    done: "Began to install patches on",
    risk: Risk::High,
    asks: &[REBOOT],
    fits,
    parts: |aim| {
        let reboot = match aim.said.word(REBOOT.label()) {
            "no" => "NoReboot",
            "if needed" => "RebootIfNeeded",
            other => return Err(format!("`{other}` is neither `if needed` nor `no`")),
        };
        Ok(baseline(aim, "Install", reboot))
    },
};

const REBOOT: Ask = Ask::Line("reboot", "if needed");

/// A backup of the instance before it is patched.
pub const BACK_UP: Offer = Offer {
    name: "patch.back-up",
    done: "Began a backup of",
    risk: Risk::Medium,
    asks: &[Ask::Line("vault", ""), Ask::Line("role", "")],
    fits: |row, store| match &row.item().detail {
        Detail::Patch(_) if members(row, store, false).is_empty() => {
            Fit::No("no instance of it is known here.".to_owned())
        }
        Detail::Patch(_)
            if members(row, store, false)
                .iter()
                .any(|id| !id.starts_with("i-")) =>
        {
            Fit::No("it is no EC2 instance; AWS Backup knows it under another name.".to_owned())
        }
        // A backup needs no agent.
        Detail::Patch(_) => Fit::Yes,
        _ => Fit::Foreign,
    },
    parts: |aim| {
        let mut parts = Vec::new();
        for row in aim.rows {
            for id in members(row, aim.store, false) {
                let Scope { account, region } = row.key().scope;
                let arn = format!(
                    "arn:{}:ec2:{region}:{account}:instance/{id}",
                    region.partition()
                );
                let (vault, role) = (aim.said.word("vault"), aim.said.word("role"));
                parts.push(Part {
                    scope: row.key().scope,
                    items: vec![row.key().clone()],
                    order: backups::start(row, aim.store, &arn, vault, role).into(),
                    seen: Arc::from(""),
                });
            }
        }
        Ok(parts)
    },
};

fn fits(row: &Row, store: &Store) -> Fit {
    match &row.item().detail {
        Detail::Patch(_) if members(row, store, true).is_empty() => {
            Fit::No("no instance of it is known here whose agent is online.".to_owned())
        }
        Detail::Patch(d) if d.ping.as_deref().is_some_and(|ping| ping != "Online") => {
            Fit::No(format!(
                "its agent is {}, so no command reaches it.",
                d.ping.as_deref().unwrap_or("")
            ))
        }
        Detail::Patch(_) => Fit::Yes,
        _ => Fit::Foreign,
    }
}

/// The instance, or those of the group that are known in its account and region; those that a command reaches, or all.
fn members(row: &Row, store: &Store, reached: bool) -> Vec<String> {
    match &row.item().detail {
        Detail::Patch(d) => match &d.subject {
            PatchSubject::Instance(id) => vec![id.to_string()],
            PatchSubject::Group { name, .. } => {
                let member = |other: &Row| match &other.item().detail {
                    Detail::Patch(d)
                        if d.group.as_ref() == Some(name)
                            && (!reached || d.ping.as_deref().is_none_or(|p| p == "Online")) =>
                    {
                        match &d.subject {
                            PatchSubject::Instance(id) => Some(id.to_string()),
                            PatchSubject::Group { .. } => None,
                        }
                    }
                    _ => None,
                };
                store
                    .rows()
                    .filter(|(_, other)| other.key().scope == row.key().scope)
                    .filter_map(|(_, other)| member(other))
                    .collect()
            }
        },
        _ => Vec::new(),
    }
}

/// `AWS-RunPatchBaseline`, at most a tenth at a time and never after more than one failure (Systems Manager user guide:
/// parameters Operation and RebootOption). A group is a command of its own: what becomes of it is told of the group.
fn baseline(aim: &Aim<'_>, operation: &str, reboot: &str) -> Vec<Part> {
    let is_group = |row: &Row| match &row.item().detail {
        Detail::Patch(d) => matches!(d.subject, PatchSubject::Group { .. }),
        _ => false,
    };
    let order = |rows: &[&Row]| {
        let ids = rows.iter().flat_map(|row| members(row, aim.store, true));
        let one = |text: &str| vec![text.to_owned()];
        SendCommand {
            document: "AWS-RunPatchBaseline".to_owned(),
            parameters: BTreeMap::from([
                ("Operation".to_owned(), one(operation)),
                ("RebootOption".to_owned(), one(reboot)),
            ]),
            instances: ids.collect(),
            max_concurrency: "10%".to_owned(),
            max_errors: "1".to_owned(),
            ..SendCommand::default()
        }
        .into()
    };
    let (groups, single): (Vec<&Row>, Vec<&Row>) = aim.rows.iter().partition(|row| is_group(row));
    let of = |rows| Aim { rows, ..*aim };
    let mut parts = of(&groups).per_item(|row| Some(order(&[row])));
    parts.extend(of(&single).per_scope(order));
    parts
}
