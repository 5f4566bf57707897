//! Changing findings, importing them, and what was changed.

use std::collections::HashSet;
use std::time::Duration;

use super::asff::Body;
use super::hub::{Change, Desk, Hub, Workflow};
use super::{invalid, seen, subscribed, survey};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Value, text};

/// The names of a finding in a request.
fn identifier(value: &Value) -> Result<(String, String), Refusal> {
    match (value.at("Id").as_str(), value.at("ProductArn").as_str()) {
        (Some(id), Some(arn)) if !id.trim().is_empty() && !arn.trim().is_empty() => {
            Ok((id.to_owned(), arn.to_owned()))
        }
        _ => Err(invalid(
            "Invalid parameter 'FindingIdentifiers': Id and ProductArn are needed",
        )),
    }
}

fn identified((id, arn): &(String, String)) -> Value {
    fields! { "Id" => id, "ProductArn" => arn }
}

/// What an operator wants to change.
struct Update {
    workflow: Option<Workflow>,
    note: Option<(String, String)>,
    over: Vec<(&'static str, Value)>,
}

impl Update {
    fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let workflow = match call.arg("Workflow").at("Status").as_str() {
            None => None,
            Some(text) => Some(Workflow::parse(text).ok_or_else(|| invalid(format!("Invalid parameter 'Workflow': Status '{text}' should be one of NEW, NOTIFIED, RESOLVED, SUPPRESSED")))?),
        };
        let note = match (
            call.arg("Note").at("Text").as_str(),
            call.arg("Note").at("UpdatedBy").as_str(),
        ) {
            (Some(text), Some(by)) if text.chars().count() <= 512 => {
                Some((text.to_owned(), by.to_owned()))
            }
            (None, None) => None,
            _ => {
                return Err(invalid(
                    "Invalid parameter 'Note': Text of at most 512 characters and UpdatedBy are needed",
                ));
            }
        };
        let labels = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
        if let Some(label) = call.arg("Severity").at("Label").as_str()
            && !labels.contains(&label)
        {
            return Err(invalid(format!(
                "Invalid parameter 'Severity': Label '{label}' should be one of {labels:?}"
            )));
        }
        let names = [
            "Severity",
            "VerificationState",
            "Confidence",
            "Criticality",
            "Types",
            "UserDefinedFields",
            "RelatedFindings",
        ];
        let over = names
            .into_iter()
            .filter(|name| !call.arg(name).is_null())
            .map(|name| (name, call.arg(name).clone()))
            .collect();
        Ok(Self {
            workflow,
            note,
            over,
        })
    }

    fn apply(&self, desk: &mut Desk, identity: &str, at: Timestamp) {
        let mut updates = Vec::new();
        if let Some(to) = self.workflow {
            updates.extend(desk.turn(to, at));
            // The decision counts from now on, even when it is the old one.
            desk.since = at;
        }
        if let Some((text, by)) = &self.note {
            let touch = desk.touch.get_or_insert_default();
            let old = touch
                .note
                .replace((text.clone(), by.clone(), at))
                .map_or(String::new(), |note| note.0);
            if old != *text {
                updates.push(("Note.Text".to_owned(), old, text.clone()));
            }
        }
        for (name, value) in &self.over {
            let touch = desk.touch.get_or_insert_default();
            let shown = |value: Option<&Value>| {
                value.map_or(String::new(), |v| {
                    String::from_utf8_lossy(&crate::sim::wire::json::encode(v)).into_owned()
                })
            };
            let old = shown(touch.over.get(name));
            let new = shown(Some(value));
            touch.over.set(*name, value.clone());
            if old != new {
                updates.push(((*name).to_owned(), old, new));
            }
        }
        if !updates.is_empty() {
            desk.remember(Change {
                at,
                by_operator: true,
                identity: identity.to_owned(),
                updates,
            });
        }
    }
}

/// `BatchUpdateFindings`.
pub fn batch_update(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let wanted = call.arg("FindingIdentifiers").items();
    if wanted.is_empty() || wanted.len() > 100 {
        return Err(invalid(
            "Invalid parameter 'FindingIdentifiers': between 1 and 100 items are allowed",
        ));
    }
    let wanted = wanted
        .iter()
        .map(identifier)
        .collect::<Result<Vec<_>, _>>()?;
    let update = Update::read(call)?;
    let spared: HashSet<&(String, String)> = wanted
        .iter()
        .skip(1)
        .step_by(if call.half { 2 } else { usize::MAX })
        .filter(|_| call.half)
        .collect();
    let missing: HashSet<&(String, String)> =
        wanted.iter().filter(|id| !spared.contains(id)).collect();
    let mut done: HashSet<(String, String)> = HashSet::new();
    for (account, region) in seen(call) {
        if done.len() == missing.len() {
            break;
        }
        let mut own = HashSet::new();
        let mut guarded = Vec::new();
        survey(call.world, &account, &region, &mut |row| {
            let id = (row.id().into_owned(), row.product_arn().into_owned());
            if missing.contains(&id) {
                match row.body {
                    Body::Own(item) => {
                        own.insert(item.serial);
                    }
                    Body::Guard(finding, _, _) => {
                        guarded.push((finding.id(), finding.created, row.workflow()));
                    }
                }
                done.insert(id);
            }
            false
        });
        if own.is_empty() && guarded.is_empty() {
            continue;
        }
        call.world
            .estate::<Hub, _>(&account, &region, |hub, _, now| {
                let items = hub
                    .items
                    .iter_mut()
                    .filter(|item| own.contains(&item.serial));
                items.for_each(|item| update.apply(&mut item.desk, &call.caller.arn, now));
                for (id, created, workflow) in guarded {
                    let desk = hub
                        .guarded
                        .entry(id)
                        .or_insert_with(|| Desk::untouched(created));
                    // A finding that came back from GuardDuty's archive is new again.
                    desk.workflow = workflow;
                    update.apply(desk, &call.caller.arn, now);
                }
            });
    }
    let (processed, rest): (Vec<_>, Vec<_>) = wanted.iter().partition(|id| done.contains(*id));
    let unprocessed = |id: &(String, String)| {
        let (code, message) = if spared.contains(id) {
            (
                "ConcurrentUpdateError",
                "The finding is being updated by another request. Try again.",
            )
        } else {
            ("FindingNotFound", "Finding Not Found")
        };
        fields! { "FindingIdentifier" => identified(id), "ErrorCode" => code, "ErrorMessage" => message }
    };
    Ok(fields! {
        "ProcessedFindings" => processed.into_iter().map(identified).collect::<Value>(),
        "UnprocessedFindings" => rest.into_iter().map(unprocessed).collect::<Value>(),
    })
}

/// `BatchImportFindings`.
pub fn batch_import(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let given = call.arg("Findings").items();
    if given.is_empty() || given.len() > 100 {
        return Err(invalid(
            "Invalid parameter 'Findings': between 1 and 100 items are allowed",
        ));
    }
    let product = call.arn(
        "securityhub",
        &format!("product/{}/default", call.account()),
    );
    let needed = [
        "SchemaVersion",
        "Id",
        "ProductArn",
        "GeneratorId",
        "AwsAccountId",
        "CreatedAt",
        "UpdatedAt",
        "Title",
        "Description",
    ];
    let mut failed = Vec::new();
    let mut done = 0;
    for finding in given {
        let at = |name: &str| finding.at(name).as_str().unwrap_or_default();
        let wrong = if let Some(name) = needed.iter().find(|name| at(name).trim().is_empty()) {
            Some(format!(
                "Finding does not adhere to Amazon Finding Format. data should have required property '{name}'."
            ))
        } else if finding.at("Resources").items().is_empty() {
            Some("Finding does not adhere to Amazon Finding Format. data.Resources should NOT have fewer than 1 items.".to_owned())
        } else if at("AwsAccountId") != call.account() || at("ProductArn") != product {
            Some(format!(
                "Account {} may import findings of its own account and product only",
                call.account()
            ))
        } else if ["CreatedAt", "UpdatedAt"]
            .iter()
            .any(|name| Timestamp::parse(at(name)).is_none())
        {
            Some("Finding does not adhere to Amazon Finding Format. data.UpdatedAt should match format \"date-time\".".to_owned())
        } else {
            None
        };
        match (wrong, finding) {
            (None, Value::Map(map)) => {
                call.estate::<Hub, _>(|hub, _, now| hub.import(map.clone(), now));
                done += 1;
            }
            (wrong, _) => failed.push(fields! { "Id" => at("Id"), "ErrorCode" => "InvalidInput", "ErrorMessage" => wrong.unwrap_or_default() }),
        }
    }
    Ok(
        fields! { "SuccessCount" => done, "FailedCount" => failed.len(), "FailedFindings" => Value::List(failed) },
    )
}

/// `GetFindingHistory`.
pub fn finding_history(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let id = identifier(call.arg("FindingIdentifier"))?;
    let bound = |name: &str| match call.arg(name) {
        Value::Null => Ok(None),
        value => value
            .as_time()
            .map(Some)
            .ok_or_else(|| invalid(format!("Invalid parameter '{name}': it is not a date-time"))),
    };
    let (start, end) = (bound("StartTime")?, bound("EndTime")?);
    let start = start.unwrap_or_else(|| call.now.minus(Duration::from_secs(90 * 86_400)));
    let end = end.unwrap_or(call.now);
    let mut records = Vec::new();
    for (account, region) in seen(call) {
        let found = survey(call.world, &account, &region, &mut |row| {
            if row.id() != id.0 || row.product_arn() != id.1 {
                return false;
            }
            records = row.history();
            true
        });
        if found {
            break;
        }
    }
    let records = records.into_iter().rev().filter(|change| change.at >= start && change.at <= end).map(|change| {
        let update = |(field, old, new): &(String, String, String)| fields! { "UpdatedField" => field, "OldValue" => old, "NewValue" => new };
        fields! {
            "FindingIdentifier" => identified(&id),
            "UpdateTime" => text::iso(change.at),
            "FindingCreated" => change.updates.is_empty(),
            "UpdateSource" => fields! {
                "Type" => if change.by_operator { "BATCH_UPDATE_FINDINGS" } else { "BATCH_IMPORT_FINDINGS" },
                "Identity" => &change.identity,
            },
            "Updates" => change.updates.iter().map(update).collect::<Value>(),
        }
    });
    let (records, next) = call.page()?.cut(records);
    Ok(fields! { "Records" => records, "NextToken" => next })
}
