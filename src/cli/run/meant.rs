//! Which items are meant, and what of them a runbook can be filled in with.

use crate::aws::runs::documents;
use crate::command::runbook::meant;
use crate::domain::Scope;
use crate::filter::Filter;
use crate::runbook::{Meant, Runbook, document};
use crate::store::Row;
use crate::store::projection::Include;

use super::super::snapshot::Snapshot;
use super::super::stage::Refusal;
use super::Run;

/// An item that is meant, with its row.
pub(super) struct Item<'s> {
    /// The row.
    pub row: &'s Row,
    /// What a runbook is filled in with.
    pub meant: Meant,
}

impl Run {
    /// The filter as it was given; one that matches everything where none was.
    pub(super) fn filter(&self) -> Result<Filter, Refusal> {
        Filter::parse(self.filter.as_deref().unwrap_or(""))
            .map_err(|why| Refusal(vec![format!("the filter cannot be read: {why}")]))
    }

    /// The items that are meant: by id, ARN or instance, or by the filter.
    pub(super) fn meant<'s>(&self, snapshot: &'s Snapshot) -> Result<Vec<Item<'s>>, Refusal> {
        if self.target.is_empty() && self.filter.is_none() {
            return Err(Refusal(vec![
                "say what it is for, with --target or --filter".to_owned(),
            ]));
        }
        let filter = self.filter()?;
        let rows = snapshot.rows(&filter.meant_by(&snapshot.operator), Include::Known);
        let all = rows.into_iter().map(|(_, row)| Item {
            meant: meant(row, &snapshot.store),
            row,
        });
        // A filter means what asks for attention; an id means the item, whatever its state.
        if self.target.is_empty() {
            return Ok(all.filter(|item| item.row.is_open()).collect());
        }
        let all: Vec<Item<'s>> = all.collect();
        let is_named = |item: &Item<'_>, id: &str| {
            *item.row.key().id == *id || item.row.item().arn().as_deref() == Some(id)
        };
        let mut found: Vec<usize> = Vec::new();
        for id in &self.target {
            let named: Vec<usize> = (0..all.len()).filter(|n| is_named(&all[*n], id)).collect();
            let by_instance = |n: &usize| {
                all[*n]
                    .meant
                    .facts
                    .json()
                    .get("instance")
                    .and_then(|v| v.as_str())
                    == Some(id)
            };
            // One item about the instance is enough: it is the instance that is meant.
            let named = if named.is_empty() {
                (0..all.len()).filter(by_instance).take(1).collect()
            } else {
                named
            };
            if named.is_empty() {
                return Err(Refusal(vec![format!(
                    "nothing in the fleet has the id {id}; `noctop ls` shows what there is"
                )]));
            }
            found.extend(named);
        }
        found.sort_unstable();
        found.dedup();
        let mut all: Vec<Option<Item<'s>>> = all.into_iter().map(Some).collect();
        Ok(found.into_iter().filter_map(|n| all[n].take()).collect())
    }
}

/// The runbook of an Automation document that the accounts own: as the first of them describes it.
pub(super) fn of_document(
    snapshot: &Snapshot,
    name: &str,
    meant: &[Item<'_>],
) -> Result<Runbook, String> {
    let name = name.strip_prefix(document::PREFIX).unwrap_or(name);
    let scope: Scope = meant
        .first()
        .map(|item| item.meant.scope)
        .ok_or_else(|| "there is nothing to run it for".to_owned())?;
    let access = snapshot
        .fleet
        .access(scope)
        .ok_or_else(|| format!("{scope} is not part of this fleet"))?;
    let described = snapshot
        .runtime
        .block_on(documents::described(&access, name))
        .map_err(|fault| fault.to_string())?;
    let has_instance = |item: &Item<'_>| {
        item.meant
            .facts
            .json()
            .get("instance")
            .is_some_and(|v| !v.is_null())
    };
    document::runbook(&described, meant.iter().all(has_instance))
        .ok_or_else(|| format!("document {name} has a name that cannot be run"))
}
