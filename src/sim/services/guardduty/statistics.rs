//! Findings, counted.

use std::collections::BTreeMap;

use super::criteria::{Criteria, Seen, facts};
use super::finding::Cast;
use super::{bad, survey};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::fact::Fact;
use crate::sim::services::{Answer, Call};
use crate::sim::wire::{Map, Value};

/// `GetFindingsStatistics`.
pub fn statistics(call: &Call<'_>) -> Answer {
    let criteria = Criteria::read(call.arg("findingCriteria"))?;
    let by = call.text("groupBy");
    let types: Vec<&str> = call.arg("findingStatisticTypes").texts().collect();
    if by.is_some() && !types.is_empty() {
        return Err(bad(
            "groupBy and findingStatisticTypes cannot be used together",
        ));
    }
    if let Some(wrong) = types.iter().find(|t| **t != "COUNT_BY_SEVERITY") {
        return Err(bad(&format!(
            "the parameter findingStatisticTypes has an invalid value '{wrong}'"
        )));
    }
    let (list, key) = match by {
        None => ("countBySeverity", ""),
        Some("ACCOUNT") => ("groupedByAccount", "accountId"),
        Some("DATE") => ("groupedByDate", "date"),
        Some("FINDING_TYPE") => ("groupedByFindingType", "findingType"),
        Some("RESOURCE") => ("groupedByResource", "resourceId"),
        Some("SEVERITY") => ("groupedBySeverity", "severity"),
        Some(other) => {
            return Err(bad(&format!(
                "the parameter groupBy has an invalid value '{other}'"
            )));
        }
    };
    let mut groups: BTreeMap<String, (Map, i64, Timestamp)> = BTreeMap::new();
    survey(call, |seen| {
        if criteria.meets(seen) {
            let (name, members) = group(seen, key);
            let entry = groups.entry(name).or_insert((members, 0, Timestamp::ZERO));
            entry.1 += 1;
            entry.2 = entry.2.max(seen.finding.updated);
        }
        false
    })?;
    let grouped: Value = if key.is_empty() {
        Value::Map(Map(groups
            .into_iter()
            .map(|(name, (_, n, _))| (name.into(), n.into()))
            .collect()))
    } else {
        let mut all: Vec<_> = groups.into_values().collect();
        let down = call.text("orderBy") != Some("ASC");
        all.sort_by(|a, b| if down { b.1.cmp(&a.1) } else { a.1.cmp(&b.1) });
        let most = call.page()?.size;
        all.into_iter()
            .take(most)
            .map(|(mut members, n, last)| {
                members.set("totalFindings", n);
                members.set("lastGeneratedAt", last);
                Value::Map(members)
            })
            .collect()
    };
    Ok(fields! { "findingStatistics" => Value::Map(Map(vec![(list.into(), grouped)])) })
}

/// The group of a finding: what distinguishes it, and its members.
fn group(seen: Seen<'_>, key: &str) -> (String, Map) {
    let severity = seen.finding.kind().severity;
    let mut members = Map::default();
    let name = match key {
        "accountId" => {
            members.set(key.to_owned(), &seen.site.account);
            seen.site.account.to_string()
        }
        "date" => {
            let day = seen.finding.updated.as_secs().div_euclid(86_400) * 86_400;
            members.set("date", Timestamp::from_secs(day));
            members.set("severity", severity);
            format!("{day} {severity}")
        }
        "findingType" => {
            members.set("findingType", seen.finding.kind().name);
            seen.finding.kind().name.to_owned()
        }
        "resourceId" => {
            let cast = Cast::of(seen.finding, seen.site);
            let types = facts(seen, "resource.resourceType");
            let kind = types.into_iter().find_map(|fact| {
                if let Fact::Text(text) = fact {
                    Some(text.into_owned())
                } else {
                    None
                }
            });
            members.set("accountId", &seen.site.account);
            members.set("resourceId", &cast.resource);
            members.set("resourceType", kind);
            format!("{} {}", seen.site.account, cast.resource)
        }
        "severity" => {
            members.set("severity", severity);
            severity.to_string()
        }
        _ => format!("{severity:?}"),
    };
    (name, members)
}
