//! What belongs to a row: the same resource, the same place, the same hour.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Detail, Region};
use crate::filter::Filter;
use crate::model::{Action, ChoiceEntry, Effects, Model, Purpose, RowKey, Tone};
use crate::panes::{compliance, fact};
use crate::store::projection::{Include, Projection, Query};

use super::choose::ask;

/// How long before and after the row something began to belong to its hour.
const AROUND: Duration = Duration::from_secs(30 * 60);

/// A region as the filter takes it; every one for what belongs to none.
fn region_or_any(region: Region) -> String {
    if region == Region::GLOBAL {
        "*".to_owned()
    } else {
        region.to_string()
    }
}

/// Words that the filter takes as one.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', ""))
}

pub(super) fn choose(model: &mut Model, action: &Action) -> Effects {
    let row = match &action.target {
        Some(RowKey::Item(key)) => model.row(key),
        _ => None,
    };
    let Some(row) = row else {
        model.say(
            Tone::Refused,
            "That row has gone; nothing is known to belong to it.",
        );
        return Effects::new();
    };
    let (item, scope) = (row.item(), row.key().scope);
    let account = model.roster().name(scope.account);
    let mut offered: Vec<(String, String)> = Vec::new();
    if let Some(resource) = item
        .resource
        .as_deref()
        .filter(|resource| !resource.is_empty())
    {
        offered.push((
            format!("resource:{}", quoted(resource)),
            format!("the same resource: {resource}"),
        ));
    }
    if !item.opened.is_unknown() {
        let age = model.now.since(item.opened);
        let youngest = match age.checked_sub(AROUND) {
            Some(age) => format!(" age:>={}s", age.as_secs()),
            None => String::new(),
        };
        offered.push((
            format!(
                "acct:{}{youngest} age:<={}s",
                scope.account,
                (age + AROUND).as_secs()
            ),
            format!("{account}, began within half an hour of it"),
        ));
    }
    for event in model.store.explained_by(row) {
        offered.push((
            format!("kind:health name:{}", quoted(&event.item().name)),
            format!("what AWS reports: {}", event.item().name),
        ));
    }
    if let Detail::Health(event) = &item.detail
        && event.is_trouble()
    {
        offered.push((
            format!("aws kind:alarm region:{}", region_or_any(scope.region)),
            "alarms here that AWS may explain".to_owned(),
        ));
    }
    if let Detail::Compliance(_) = &item.detail
        && let Some(control) = compliance::controls(row, &model.store).next()
    {
        offered.push((
            format!(
                "kind:finding acct:{} region:{} name:{}",
                scope.account,
                scope.region,
                quoted(&control.item().name)
            ),
            format!(
                "the control that it is checked for: {}",
                control.item().name
            ),
        ));
    }
    let causes = match &item.detail {
        Detail::Incident(incident) => incident.causes(),
        Detail::Record(record) => record.cause().into_iter().collect(),
        _ => Vec::new(),
    };
    for cause in causes.iter().filter_map(|key| model.row(key)) {
        let (key, name) = (cause.key(), &cause.item().name);
        offered.push((
            format!(
                "kind:{} acct:{} name:{}",
                key.kind,
                key.scope.account,
                quoted(name)
            ),
            format!("what it was made for: {}", fact::what(cause.item())),
        ));
    }
    offered.push((
        format!("acct:{} region:{}", scope.account, scope.region),
        format!("{account} {}", scope.region),
    ));
    offered.push((
        format!("kind:{} name:{}", row.key().kind, quoted(&item.name)),
        format!("everywhere of this name: {}", item.name),
    ));
    let entries = offered
        .into_iter()
        .map(|(filter, label)| ChoiceEntry {
            label: Arc::from(format!("{:>5}  {label}", open(model, &filter))),
            value: Arc::from(filter),
            chosen: false,
        })
        .collect();
    ask(
        model,
        "Related, and how many are open",
        Purpose::Related,
        entries,
    )
}

/// How many open items match.
fn open(model: &Model, filter: &str) -> usize {
    let Ok(filter) = Filter::parse(filter) else {
        return 0;
    };
    let mut found = Projection::new(Query {
        filter,
        include: Include::Open,
        ..Query::queue()
    });
    found.refresh_fully(&model.store, model.now);
    found.len()
}

/// Shows what was chosen in the Queue.
pub(super) fn show(model: &mut Model, filter: &str) -> Effects {
    let effects = super::pane::go(model, 0);
    super::filter::apply(model, Arc::from(filter));
    effects
}
