//! Choosing the order, the severity floor, accounts and regions.

use std::sync::Arc;

use crate::domain::Severity;
use crate::model::input::InputLine;
use crate::model::{Action, Choice, ChoiceEntry, Effects, Lens, Model, Overlay, Purpose};
use crate::panes::Column;
use crate::store::projection::{Direction, SortKey};

/// How many columns an order remembers.
const ORDER_KEYS: usize = 3;

pub(super) fn ask(
    model: &mut Model,
    title: &'static str,
    purpose: Purpose,
    entries: Vec<ChoiceEntry>,
) -> Effects {
    let selected = entries.iter().position(|e| e.chosen).unwrap_or(0);
    model.show(Overlay::Choice(Choice {
        title,
        purpose,
        entries,
        selected: Some(selected),
        typed: InputLine::default(),
    }));
    Effects::new()
}

fn sortable(model: &Model) -> impl Iterator<Item = &'static Column> {
    let mut seen = Vec::new();
    model.pane().spec.columns.iter().filter(move |c| {
        c.sort.is_some_and(|s| {
            let new = !seen.contains(&s);
            seen.push(s);
            new
        })
    })
}

pub(super) fn sort(model: &mut Model, action: &Action) -> Effects {
    if !action.argument.is_empty() {
        return choose(model, Purpose::Sort, &[Arc::clone(&action.argument)]);
    }
    let current = model.pane().order.first().copied();
    let mut entries = vec![ChoiceEntry {
        value: Arc::from(""),
        label: Arc::from(model.pane().spec.order_name),
        chosen: model.pane().order == model.pane().spec.order,
    }];
    entries.extend(sortable(model).map(|c| {
        let chosen = current
            .filter(|k| Some(k.column) == c.sort && model.pane().order != model.pane().spec.order);
        let arrow = chosen.map_or("", |k| {
            if k.direction == Direction::Ascending {
                " ↑"
            } else {
                " ↓"
            }
        });
        ChoiceEntry {
            value: Arc::from(c.head.trim()),
            label: Arc::from(format!("{}{arrow}", c.head.trim())),
            chosen: chosen.is_some(),
        }
    }));
    ask(model, "Sort by", Purpose::Sort, entries)
}

pub(super) fn floor(model: &mut Model, action: &Action) -> Effects {
    if !action.argument.is_empty() {
        return choose(model, Purpose::Floor, &[Arc::clone(&action.argument)]);
    }
    let floor = model.lens.floor;
    let mut entries: Vec<_> = Severity::ALL
        .iter()
        .map(|s| ChoiceEntry {
            value: Arc::from(s.word()),
            label: Arc::from(if *s == Severity::Critical {
                "critical only".to_owned()
            } else {
                format!("{s} and worse")
            }),
            chosen: floor == Some(*s),
        })
        .collect();
    if let Some(last) = entries.last_mut() {
        *last = ChoiceEntry {
            value: Arc::from(""),
            label: Arc::from("everything"),
            chosen: floor.is_none(),
        };
    }
    ask(model, "Show severity", Purpose::Floor, entries)
}

pub(super) fn accounts(model: &mut Model, _: &Action) -> Effects {
    let entries = model
        .roster()
        .iter()
        .map(|a| ChoiceEntry {
            value: Arc::from(a.id.to_string()),
            label: Arc::from(format!("{}  {}", a.name, a.id)),
            chosen: model.lens.accounts.contains(&a.id),
        })
        .collect();
    ask(
        model,
        "Accounts (space chooses several)",
        Purpose::Accounts,
        entries,
    )
}

pub(super) fn regions(model: &mut Model, _: &Action) -> Effects {
    let regions: std::collections::BTreeSet<_> = model
        .roster()
        .iter()
        .flat_map(|a| a.regions.iter().copied())
        .collect();
    let entries = regions
        .into_iter()
        .map(|r| ChoiceEntry {
            value: Arc::from(r.as_str()),
            label: Arc::from(r.as_str()),
            chosen: model.lens.regions.contains(&r),
        })
        .collect();
    ask(
        model,
        "Regions (space chooses several)",
        Purpose::Regions,
        entries,
    )
}

pub(super) fn only_account(model: &mut Model, action: &Action) -> Effects {
    let Ok(id) = action.argument.trim().parse() else {
        return accounts(model, action);
    };
    model.lens.accounts = [id].into();
    model.ask_all_again();
    Effects::new()
}

pub(super) fn only_region(model: &mut Model, action: &Action) -> Effects {
    let Ok(region) = action.argument.trim().parse() else {
        return regions(model, action);
    };
    model.lens.regions = [region].into();
    model.ask_all_again();
    Effects::new()
}

pub(super) fn all(model: &mut Model, _: &Action) -> Effects {
    model.lens = Lens::default();
    model.ask_all_again();
    Effects::new()
}

/// Applies what was chosen. An empty list of accounts or regions means all of them.
pub fn choose(model: &mut Model, purpose: Purpose, values: &[Arc<str>]) -> Effects {
    match purpose {
        Purpose::Sort => {
            let value = values.first().map_or("", |v| v.as_ref());
            let column = sortable(model)
                .find(|c| c.head.trim() == value)
                .and_then(|c| c.sort);
            let pane = model.pane_mut();
            match column {
                None => pane.order = pane.spec.order.to_vec(),
                Some(column) => {
                    let turned = pane
                        .order
                        .first()
                        .filter(|k| k.column == column && pane.order != pane.spec.order);
                    let direction = match turned.map(|k| k.direction) {
                        Some(Direction::Ascending) => Direction::Descending,
                        _ => Direction::Ascending,
                    };
                    pane.order.retain(|k| k.column != column);
                    pane.order.insert(0, SortKey { column, direction });
                    pane.order.truncate(ORDER_KEYS);
                }
            }
            model.ask_again(model.active);
        }
        Purpose::Floor => {
            model.lens.floor = values.first().and_then(|v| v.parse().ok());
            model.ask_all_again();
        }
        Purpose::Accounts => {
            model.lens.accounts = values.iter().filter_map(|v| v.parse().ok()).collect();
            model.ask_all_again();
        }
        Purpose::Regions => {
            model.lens.regions = values.iter().filter_map(|v| v.parse().ok()).collect();
            model.ask_all_again();
        }
        Purpose::Change(targets) => {
            let name = values.first().map_or("", AsRef::as_ref);
            return super::change::choose(model, name, targets);
        }
        Purpose::Runbook(targets) => {
            let name = values.first().map_or("", AsRef::as_ref);
            return super::runbook::choose(model, name, targets);
        }
        Purpose::Run(id) => {
            let what = values.first().map_or("", AsRef::as_ref);
            return super::runbook::ask(model, what, &id);
        }
        Purpose::Group => {
            let by = values.first().map_or("", AsRef::as_ref);
            return super::group::by(model, by);
        }
        Purpose::Related => {
            let filter = values.first().map_or("", AsRef::as_ref);
            return super::related::show(model, filter);
        }
        Purpose::Since(gone) => {
            let value = values.first().map_or("", AsRef::as_ref);
            return super::since::show(model, value, &gone);
        }
        Purpose::Columns => return super::columns::show(model, values),
        Purpose::Theme => {
            let name = values.first().map_or("", AsRef::as_ref);
            super::theme::keep(model, name);
        }
        Purpose::Query => {
            let name = values.first().map_or("", AsRef::as_ref);
            return super::query::chosen(model, name);
        }
        Purpose::Logs(sources) => {
            let chosen = values
                .iter()
                .filter_map(|value| value.parse::<usize>().ok());
            let sources = chosen.filter_map(|at| sources.get(at).cloned()).collect();
            return super::log::begin(model, sources);
        }
    }
    Effects::new()
}
