//! What is said before a run: the list of runbooks, and everything that was found out, for people and for machines.

use serde_json::{Value, json};

use crate::audit::redact;
use crate::domain::text::clean;
use crate::model::fit;
use crate::runbook::preflight::{Check, Gate, Reading};
use crate::runbook::{Catalogue, Input, Preflight, Runbook, card};

use super::super::snapshot::Snapshot;
use super::super::table;
use super::meant::Item;

/// The most cells of a sentence in a table.
const WIDEST: usize = 72;

/// Every runbook with its risk and what it does.
pub(super) fn list<'a>(runbooks: impl Iterator<Item = &'a Runbook>) -> String {
    let rows: Vec<Vec<String>> = runbooks
        .map(|runbook| {
            vec![
                runbook.name.to_string(),
                runbook.risk.word().to_owned(),
                runbook.matches.to_string(),
                fit::end(&runbook.help, WIDEST).into_owned(),
            ]
        })
        .collect();
    table::columns(&["runbook", "risk", "for", "does"], &rows)
}

/// The runbooks that fit everything that is meant, with what they would act on.
pub(super) fn fitting(catalogue: &Catalogue, meant: &[Item<'_>], snapshot: &Snapshot) -> String {
    let roster = snapshot.store.roster();
    let fits = |runbook: &&Runbook| {
        meant.iter().all(|item| {
            let subject = item.row.subject(roster);
            runbook.matches.matches(&subject, snapshot.at)
                && runbook.target.render(&item.meant.facts).is_ok()
        })
    };
    let mut all: Vec<&Runbook> = catalogue.iter().filter(fits).collect();
    all.sort_by_key(|runbook| runbook.risk);
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|runbook| {
            let targets: Vec<String> = meant
                .iter()
                .filter_map(|item| runbook.target.render(&item.meant.facts).ok())
                .collect();
            let asks: Vec<&str> = runbook.inputs.iter().map(|i| &*i.name).collect();
            vec![
                runbook.name.to_string(),
                runbook.risk.word().to_owned(),
                fit::end(&clean(&targets.join(" ")), 40).into_owned(),
                asks.join(" "),
                fit::end(&runbook.help, WIDEST).into_owned(),
            ]
        })
        .collect();
    table::columns(&["runbook", "risk", "acts on", "asks", "does"], &rows)
}

/// One input, for whoever has to give it.
pub(super) fn input(input: &Input) -> String {
    let allowed = match input.takes.allowed() {
        allowed if allowed.is_empty() => String::new(),
        allowed => format!(" ({allowed})"),
    };
    let usual = input
        .default
        .as_deref()
        .map_or_else(String::new, |d| format!("; {d:?} where nothing is given"));
    format!(
        "  --param {}=…  {}{allowed}{usual}",
        input.name, input.title
    )
}

/// Everything that was found out, in lines.
pub(super) fn text(found: &Preflight) -> String {
    let line = |(head, text): &card::Line| format!("{head:<12}{text}").trim_end().to_owned() + "\n";
    card::lines(found).iter().map(line).collect()
}

/// Everything that was found out, for machines.
pub(super) fn json(found: &Preflight) -> Value {
    fn reading<T>(reading: &Reading<T>, of: impl Fn(&T) -> Value) -> Value {
        match reading {
            Reading::Read(value) => of(value),
            Reading::Unread(why) => json!({ "unread": &**why }),
            Reading::Nothing(why) => json!({ "notAsked": why }),
        }
    }
    let part = |(check, part): (&Check, &crate::runbook::Part)| {
        let given = part.filled().given();
        let parameters: serde_json::Map<String, Value> = given
            .into_iter()
            .map(|(name, values)| (name, json!(values)))
            .collect();
        let rate = part.step.rate();
        json!({
            "account": { "id": check.scope.account.to_string(), "name": &*check.account },
            "region": check.scope.region.as_str(),
            "as": &*check.identity,
            "refused": check.refused.as_deref(),
            "document": reading(&check.document, |d| json!({
                "name": &**part.step.name(), "version": &*d.version, "owner": &*d.owner, "status": &*d.status,
            })),
            "parameters": redact::parameters(&parameters),
            "maxConcurrency": rate.at_once.as_deref(),
            "maxErrors": rate.errors.as_deref(),
            "targets": check.targets.iter().map(|t| json!({
                "id": &*t.id,
                "account": { "id": t.scope.account.to_string(), "name": &*t.account },
                "region": t.scope.region.as_str(),
                "presence": reading(&t.presence, |p| p.word().into()),
            })).collect::<Vec<_>>(),
            "calendars": check.calendars.iter().map(|c| json!({
                "name": &*c.name,
                "state": reading(&c.state, |(gate, until)| json!({
                    "open": *gate == Gate::Open, "until": until.as_deref(),
                })),
            })).collect::<Vec<_>>(),
            "preview": reading(&check.preview, |p| json!({
                "mutating": p.mutating, "nonMutating": p.reading, "undetermined": p.undetermined,
                "accounts": p.accounts, "regions": p.regions.iter().map(|r| &**r).collect::<Vec<_>>(),
            })),
        })
    };
    json!({
        "runbook": &*found.launch.runbook,
        "title": &*found.launch.title,
        "risk": found.launch.risk.word(),
        "refusals": found.refusals(),
        "warnings": found.warnings(),
        "parts": found.parts.iter().zip(&found.launch.parts).map(part).collect::<Vec<_>>(),
        "last": reading(&found.last, |past| past.iter().map(|p| json!({
            "begun": p.at.to_string(), "operator": &*p.operator, "targets": p.targets,
            "state": reading(&p.state, |s| s.word().into()),
        })).collect()),
    })
}
