//! The operations on OpsItems.

use super::opsitem::{OpsItem, dedup};
use super::{Ssm, one_of};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

const STATUSES: &[&str] = &[
    "Open",
    "InProgress",
    "Resolved",
    "Pending",
    "TimedOut",
    "Cancelling",
    "Cancelled",
    "Failed",
    "CompletedWithSuccess",
    "CompletedWithFailure",
    "Scheduled",
    "RunbookInProgress",
    "PendingChangeCalendarOverride",
    "ChangeCalendarOverrideApproved",
    "ChangeCalendarOverrideRejected",
    "PendingApproval",
    "Approved",
    "Revoked",
    "Rejected",
    "Closed",
];

const OPERATORS: &[&str] = &["Equal", "Contains", "GreaterThan", "LessThan"];

/// The keys that can be filtered by, and the operators each takes.
const KEYS: &[(&str, &[&str])] = &[
    ("Status", &["Equal"]),
    ("CreatedBy", &["Equal", "Contains"]),
    ("Source", &["Equal", "Contains"]),
    ("Priority", &["Equal"]),
    ("Title", &["Equal", "Contains"]),
    ("OpsItemId", &["Equal"]),
    ("CreatedTime", &["GreaterThan", "LessThan"]),
    ("LastModifiedTime", &["GreaterThan", "LessThan"]),
    ("ActualStartTime", &["GreaterThan", "LessThan"]),
    ("ActualEndTime", &["GreaterThan", "LessThan"]),
    ("PlannedStartTime", &["GreaterThan", "LessThan"]),
    ("PlannedEndTime", &["GreaterThan", "LessThan"]),
    ("OperationalData", &["Equal"]),
    ("OperationalDataKey", &["Equal"]),
    ("OperationalDataValue", &["Equal", "Contains"]),
    ("ResourceId", &["Equal", "Contains"]),
    ("AutomationId", &["Equal"]),
    ("Category", &["Equal"]),
    ("Severity", &["Equal"]),
    ("OpsItemType", &["Equal"]),
    ("AccountId", &["Equal"]),
];

struct Filter<'a> {
    key: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

fn read<'a>(call: &'a Call<'_>) -> Result<Vec<Filter<'a>>, Refusal> {
    let mut all = Vec::new();
    for (filter, n) in call.arg("OpsItemFilters").items().iter().zip(1..) {
        let text = |name: &str| filter.at(name).as_str().unwrap_or_default();
        let (key, operator) = (text("Key"), text("Operator"));
        let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
        one_of(call, &format!("opsItemFilters.{n}.member.key"), key, &known)?;
        one_of(
            call,
            &format!("opsItemFilters.{n}.member.operator"),
            operator,
            OPERATORS,
        )?;
        let takes = KEYS
            .iter()
            .find(|(k, _)| *k == key)
            .map_or(&[][..], |(_, ops)| ops);
        if !takes.contains(&operator) {
            return Err(call.invalid(format!(
                "The operator {operator} is not supported for the filter key {key}. Supported operators are {}",
                takes.join(", ")
            )));
        }
        let values: Vec<&str> = filter.at("Values").texts().collect();
        if values.is_empty() {
            return Err(call.invalid(format!("The filter key {key} needs at least one value")));
        }
        if key.ends_with("Time") && values.iter().any(|v| Value::from(*v).as_time().is_none()) {
            return Err(call.invalid(format!("The value of the filter key {key} is not a time")));
        }
        if key == "Status" {
            for value in &values {
                one_of(call, "status", value, STATUSES)?;
            }
        }
        all.push(Filter {
            key,
            operator,
            values,
        });
    }
    Ok(all)
}

impl Filter<'_> {
    fn fits(&self, site: &Site, summary: &Map) -> bool {
        let at = |name: &str| summary.get(name).cloned().unwrap_or_default();
        let has = |text: &str| {
            self.values.iter().any(|v| match self.operator {
                "Contains" => text.contains(v),
                _ => text == *v,
            })
        };
        let entry = |value: &Value| value.at("Value").as_str().unwrap_or_default().to_owned();
        match self.key {
            key if key.ends_with("Time") => at(key).as_time().is_some_and(|is| {
                self.values.iter().any(|v| {
                    let bound = Value::from(*v).as_time().unwrap_or(Timestamp::ZERO);
                    if self.operator == "GreaterThan" {
                        is > bound
                    } else {
                        is < bound
                    }
                })
            }),
            "Priority" => at("Priority").as_int().is_some_and(|n| has(&n.to_string())),
            "AccountId" => has(&site.account),
            "OperationalDataKey" => at("OperationalData")
                .members()
                .iter()
                .any(|(key, _)| has(key)),
            "OperationalDataValue" => at("OperationalData")
                .members()
                .iter()
                .any(|(_, v)| has(&entry(v))),
            // The value is a JSON document with key and value.
            "OperationalData" => self.values.iter().any(|v| {
                let Ok(wanted) = serde_json::from_str::<serde_json::Value>(v) else {
                    return false;
                };
                let key = wanted["key"].as_str().unwrap_or_default();
                wanted["value"].as_str() == Some(&*entry(at("OperationalData").at(key)))
            }),
            "ResourceId" => {
                let all = at("OperationalData");
                let resources = entry(all.at("/aws/resources"));
                match self.operator {
                    "Contains" => has(&resources),
                    _ => self.values.iter().any(|v| {
                        resources.contains(&format!("\"{v}\""))
                            || resources.contains(&format!("/{v}\""))
                    }),
                }
            }
            "AutomationId" => {
                let all = at("OperationalData");
                let runs = entry(all.at("/aws/automations"));
                self.values.iter().any(|v| runs.contains(v))
            }
            key => at(key).as_str().is_some_and(has),
        }
    }
}

/// `DescribeOpsItems`, newest first.
pub fn describe(call: &Call<'_>) -> Answer {
    let filters = read(call)?;
    let page = call.page()?;
    call.estate(|all: &mut Ssm, site, now| {
        let fits = all.ops.all(now).rev().filter_map(|item| {
            let summary = item.summary(site, now);
            filters
                .iter()
                .all(|f| f.fits(site, &summary))
                .then_some((item.born, &item.id, summary))
        });
        let mut fits: Vec<_> = fits.collect();
        fits.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)));
        let (items, next) = page.fall(fits, |(born, id, _)| {
            format!("{:015} {id}", born.as_millis())
        });
        let summaries: Value = items.into_iter().map(|(_, _, summary)| summary).collect();
        Ok(fields! { "OpsItemSummaries" => summaries, "NextToken" => next })
    })
}

fn missing(id: &str) -> Refusal {
    Refusal::new(
        "OpsItemNotFoundException",
        format!("OpsItem ID {id} cannot be found. Check the ID and try again."),
    )
}

/// The id that a request names; an ARN that names another one is refused.
fn id_of<'a>(call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let id = call.needed("OpsItemId");
    let legal = id.strip_prefix("oi-").is_some_and(|rest| {
        rest.len() == 12
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    });
    if !legal {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{id}' at 'opsItemId' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^(oi)-[0-9a-f]{{12}}$"
        )));
    }
    let here = call.arn("ssm", &format!("opsitem/{id}"));
    match call.text("OpsItemArn") {
        Some(arn) if arn != here => Err(Refusal::new(
            "OpsItemAccessDeniedException",
            "You don't have permission to view OpsItems in the specified account.",
        )),
        _ => Ok(id),
    }
}

/// `GetOpsItem`.
pub fn get(call: &Call<'_>) -> Answer {
    let id = id_of(call)?;
    call.estate(|all: &mut Ssm, site, now| {
        let item = all.ops.find(id, now).ok_or_else(|| missing(id))?;
        Ok(fields! { "OpsItem" => item.describe(site, now) })
    })
}

/// `ListOpsItemEvents`, newest first.
pub fn events(call: &Call<'_>) -> Answer {
    let mut ids: Vec<&str> = Vec::new();
    for filter in call.arg("Filters").items() {
        one_of(
            call,
            "filters.1.member.key",
            filter.at("Key").as_str().unwrap_or_default(),
            &["OpsItemId"],
        )?;
        one_of(
            call,
            "filters.1.member.operator",
            filter.at("Operator").as_str().unwrap_or_default(),
            &["Equal"],
        )?;
        ids.extend(filter.at("Values").texts());
    }
    let page = call.page()?;
    call.estate(|all: &mut Ssm, site, now| {
        if let [id] = ids[..] {
            all.ops.find(id, now).ok_or_else(|| missing(id))?;
        }
        let wanted = all
            .ops
            .all(now)
            .filter(|item| ids.is_empty() || ids.contains(&&*item.id));
        let mut events: Vec<(Timestamp, Value)> = wanted
            .flat_map(|item| {
                let opened = (item.born, item.creator(site));
                std::iter::once(opened)
                    .chain(item.changes(site, now))
                    .enumerate()
                    .map(|(n, (at, by))| (at, event(item, n, at, &by)))
                    .collect::<Vec<_>>()
            })
            .collect();
        events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let (events, next) = page.cut(events.into_iter().map(|(_, event)| event));
        Ok(fields! { "Summaries" => events, "NextToken" => next })
    })
}

fn event(item: &OpsItem, n: usize, at: Timestamp, by: &str) -> Value {
    let kind = if n == 0 {
        "OpsItem Create"
    } else {
        "OpsItem Update"
    };
    let detail = serde_json::json!({ "ops-item-id": item.id, "created-by": by, "version": n + 1 });
    fields! {
        "OpsItemId" => &item.id,
        "EventId" => format!("{}-{n}", item.id),
        "Source" => "aws.ssm",
        "DetailType" => kind,
        "Detail" => detail.to_string(),
        "CreatedBy" => fields! { "Arn" => by },
        "CreatedTime" => at,
    }
}

/// `ListOpsItemRelatedItems`.
pub fn related(call: &Call<'_>) -> Answer {
    let mut wanted = Vec::new();
    for filter in call.arg("Filters").items() {
        let key = filter.at("Key").as_str().unwrap_or_default();
        one_of(
            call,
            "filters.1.member.key",
            key,
            &["ResourceType", "AssociationId", "ResourceUri"],
        )?;
        wanted.push((key, filter.at("Values").texts().collect::<Vec<_>>()));
    }
    let page = call.page()?;
    let id = call.text("OpsItemId");
    call.estate(|all: &mut Ssm, site, now| {
        let items = all
            .ops
            .all(now)
            .filter(|item| id.is_none_or(|id| item.id == id));
        let related = items.filter_map(|item| {
            let (association, kind, uri) = item.related(site)?;
            let by = fields! { "Arn" => item.creator(site) };
            Some(fields! {
                "OpsItemId" => &item.id,
                "AssociationId" => association,
                "ResourceType" => kind,
                "AssociationType" => "IsParentOf",
                "ResourceUri" => uri,
                "CreatedBy" => by.clone(),
                "CreatedTime" => item.born,
                "LastModifiedBy" => by,
                "LastModifiedTime" => item.born,
            })
        });
        let fits = related.filter(|r| {
            wanted
                .iter()
                .all(|(key, values)| r.at(key).as_str().is_some_and(|has| values.contains(&has)))
        });
        let (items, next) = page.cut(fits);
        Ok(fields! { "Summaries" => items, "NextToken" => next })
    })
}

/// What a caller may set.
const SETTABLE: [&str; 14] = [
    "Title",
    "Description",
    "Priority",
    "Source",
    "Category",
    "Severity",
    "Status",
    "OpsItemType",
    "Notifications",
    "RelatedOpsItems",
    "ActualStartTime",
    "ActualEndTime",
    "PlannedStartTime",
    "PlannedEndTime",
];

/// Checks the members that both creating and changing take.
fn check(call: &Call<'_>) -> Result<(), Refusal> {
    for (name, most) in [
        ("Title", 1024),
        ("Description", 2048),
        ("Source", 128),
        ("Category", 64),
        ("Severity", 64),
    ] {
        if call
            .text(name)
            .is_some_and(|text| text.chars().count() > most)
        {
            return Err(call.invalid(format!(
                "1 validation error detected: Value at '{}' failed to satisfy constraint: \
                 Member must have length less than or equal to {most}",
                name.to_lowercase()
            )));
        }
    }
    if let Some(status) = call.text("Status") {
        one_of(call, "status", status, STATUSES)?;
    }
    if call
        .arg("Priority")
        .as_int()
        .is_some_and(|n| !(1..=5).contains(&n))
    {
        return Err(call.invalid(
            "1 validation error detected: Value at 'priority' failed to satisfy constraint: \
             Member must have value less than or equal to 5",
        ));
    }
    let reserved = ["aws", "amazon", "amzn", "ssm"];
    for (key, _) in call.arg("OperationalData").members() {
        let ours = matches!(
            &**key,
            "/aws/resources" | "/aws/dedup" | "/aws/automations" | "/aws/opsitems"
        );
        let plain = key.trim_start_matches('/').to_ascii_lowercase();
        if !ours && reserved.iter().any(|r| plain.starts_with(r)) {
            return Err(Refusal::new(
                "OpsItemInvalidParameterException",
                format!(
                    "Operational data key {key} must not begin with {}",
                    reserved.join(", ")
                ),
            )
            .with("ParameterNames", vec!["OperationalData"]));
        }
    }
    Ok(())
}

/// `CreateOpsItem`. An open item with the same dedup string refuses another one.
pub fn create(call: &Call<'_>) -> Answer {
    check(call)?;
    let source = call.needed("Source");
    let forbidden = ["aws", "amazon", "amzn"];
    if forbidden
        .iter()
        .any(|f| source.to_ascii_lowercase().starts_with(f))
    {
        return Err(Refusal::new(
            "OpsItemInvalidParameterException",
            format!("Source must not begin with {}", forbidden.join(", ")),
        )
        .with("ParameterNames", vec!["Source"]));
    }
    let wanted = dedup(call.arg("OperationalData"));
    call.estate(|all: &mut Ssm, site, now| {
        if let Some(wanted) = &wanted {
            let same = all.ops.all(now).find(|item| {
                let open = !matches!(item.status(now), "Resolved" | "Closed");
                let members = item.members(site, now);
                open && members.get("OperationalData").and_then(dedup).as_ref() == Some(wanted)
            });
            if let Some(item) = same {
                return Err(Refusal::new(
                    "OpsItemAlreadyExistsException",
                    format!("The OpsItem already exists: {}", item.id),
                )
                .with("OpsItemId", &item.id));
            }
        }
        let mut members = Map::default();
        for name in SETTABLE {
            members.set(name, call.arg(name).clone());
        }
        members.set("Status", "Open");
        members.set("OperationalData", or_empty(call.arg("OperationalData")));
        let item = all.ops.create(now, members, &call.caller.arn);
        Ok(fields! { "OpsItemId" => &item.id, "OpsItemArn" => item.arn(site) })
    })
}

fn or_empty(value: &Value) -> Value {
    match value {
        Value::Null => Value::Map(Map::default()),
        value => value.clone(),
    }
}

/// `UpdateOpsItem`. The last writer wins.
pub fn update(call: &Call<'_>) -> Answer {
    let id = id_of(call)?;
    check(call)?;
    call.estate(|all: &mut Ssm, site, now| {
        let item = all.ops.find(id, now).ok_or_else(|| missing(id))?;
        item.change(site, now, &call.caller.arn, |members| {
            for name in SETTABLE
                .iter()
                .filter(|n| !matches!(**n, "Source" | "OpsItemType"))
            {
                if !call.arg(name).is_null() {
                    members.set(*name, call.arg(name).clone());
                }
            }
            let mut operational = match members.get("OperationalData").cloned() {
                Some(Value::Map(map)) => map,
                _ => Map::default(),
            };
            for (key, value) in call.arg("OperationalData").members() {
                operational.set(key.clone(), value.clone());
            }
            let gone: Vec<&str> = call.arg("OperationalDataToDelete").texts().collect();
            operational.0.retain(|(key, _)| !gone.contains(&&**key));
            members.set("OperationalData", operational);
        });
        Ok(Value::Null)
    })
}
