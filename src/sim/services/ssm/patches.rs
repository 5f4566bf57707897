//! The operations on patches, their groups and baselines.

use super::nodes::{SYSTEMS, groups as groups_of, members};
use super::patch::{baseline_id, describe_patch, state};
use super::{Ssm, filters};
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Value;
use crate::sim::world::Site;

fn baseline(site: &Site, group: &str) -> Value {
    let system = SYSTEMS.iter().find(|s| s.groups.contains(&group));
    fields! {
        "BaselineId" => baseline_id(site, group),
        "BaselineName" => format!("baseline-{group}"),
        "OperatingSystem" => system.map(|s| s.key),
        "BaselineDescription" => format!("Approved patches for {group}"),
        "DefaultBaseline" => false,
    }
}

/// `DescribeInstancePatchStates`.
pub fn states(call: &Call<'_>) -> Answer {
    let ids: Vec<&str> = call.arg("InstanceIds").texts().collect();
    if ids.is_empty() || ids.len() > 50 {
        return Err(call.invalid(
            "1 validation error detected: Value at 'instanceIds' failed to satisfy constraint: \
             Member must have length less than or equal to 50, and greater than or equal to 1",
        ));
    }
    let page = call.page()?;
    call.estate(|all: &mut Ssm, site, now| {
        let known = all.nodes.iter().filter(|n| ids.contains(&&*n.id));
        let reports = known.filter_map(|node| state(all, site, node, now));
        let (reports, next) = page.cut(reports);
        let states: Value = reports.iter().map(|r| r.describe(site)).collect();
        Ok(fields! { "InstancePatchStates" => states, "NextToken" => next })
    })
}

/// `DescribeInstancePatchStatesForPatchGroup`.
pub fn states_of_group(call: &Call<'_>) -> Answer {
    let group = call.needed("PatchGroup");
    let filters = call.arg("Filters").items();
    let page = call.page()?;
    let invalid = |why: String| Refusal::new("InvalidFilter", why);
    let mut tests = Vec::new();
    for filter in filters {
        let key = filter.at("Key").as_str().unwrap_or_default();
        let value = filter.at("Values").texts().next().unwrap_or_default();
        let kind = filter.at("Type").as_str().unwrap_or_default();
        let number: Option<i64> = value.parse().ok();
        let (true, Some(number)) = (key.ends_with("Count"), number) else {
            return Err(invalid(format!(
                "The filter {key} {kind} {value} is not supported"
            )));
        };
        let test: fn(i64, i64) -> bool = match kind {
            "Equal" => |a, b| a == b,
            "NotEqual" => |a, b| a != b,
            "LessThan" => |a, b| a < b,
            "GreaterThan" => |a, b| a > b,
            _ => return Err(invalid(format!("The filter type {kind} is not supported"))),
        };
        tests.push((key, test, number));
    }
    call.estate(|all: &mut Ssm, site, now| {
        let states = members(&all.nodes, Some(group))
            .into_iter()
            .filter_map(|node| state(all, site, node, now))
            .map(|report| report.describe(site))
            .filter(|s| {
                tests
                    .iter()
                    .all(|(key, test, number)| s.at(key).as_int().is_some_and(|n| test(n, *number)))
            });
        let (states, next) = page.cut(states);
        Ok(fields! { "InstancePatchStates" => states, "NextToken" => next })
    })
}

/// `DescribeInstancePatches`.
pub fn patches(call: &Call<'_>) -> Answer {
    let keys = ["Classification", "KBId", "Severity", "State"];
    let filters = filters(call, "Filters", &keys, "InvalidFilter")?;
    let page = call.page()?;
    let id = call.needed("InstanceId");
    call.estate(|all: &mut Ssm, site, now| {
        let node = all.nodes.iter().find(|n| n.id == id).ok_or_else(|| {
            Refusal::new(
                "InvalidInstanceId",
                format!("Instance {id} is not managed in this account"),
            )
        })?;
        let patches = state(all, site, node, now).map_or_else(Vec::new, |report| report.patches);
        // MISSING, Missing and missing mean the same.
        let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
        let fits = |patch: &Value| {
            filters.iter().all(|(key, values)| {
                let has = patch.at(key).as_str().map(plain);
                values.iter().any(|v| Some(plain(v)) == has)
            })
        };
        let all = patches
            .iter()
            .map(|p| describe_patch(node.system, p))
            .filter(fits);
        let (patches, next) = page.cut(all);
        Ok(fields! { "Patches" => patches, "NextToken" => next })
    })
}

fn by_baseline(filters: &[(&str, Vec<&str>)], identity: &Value, owner: &str) -> bool {
    filters.iter().all(|(key, values)| match *key {
        "NAME_PREFIX" => {
            let name = identity.at("BaselineName").as_str().unwrap_or_default();
            values.iter().any(|v| name.starts_with(v))
        }
        "OPERATING_SYSTEM" => values
            .iter()
            .any(|v| identity.at("OperatingSystem").as_str() == Some(v)),
        _ => values
            .iter()
            .any(|v| v.eq_ignore_ascii_case(owner) || *v == "All"),
    })
}

/// `DescribePatchGroups`.
pub fn groups(call: &Call<'_>) -> Answer {
    let keys = ["NAME_PREFIX", "OPERATING_SYSTEM"];
    let filters = filters(call, "Filters", &keys, "ValidationException")?;
    let page = call.page()?;
    call.estate(|all: &mut Ssm, site, _| {
        let found = groups_of(&all.nodes).into_iter().filter_map(|group| {
            let identity = baseline(site, &group);
            by_baseline(&filters, &identity, "Self")
                .then(|| fields! { "PatchGroup" => group, "BaselineIdentity" => identity })
        });
        let (mappings, next) = page.cut(found);
        Ok(fields! { "Mappings" => mappings, "NextToken" => next })
    })
}

/// `DescribePatchGroupState`.
pub fn group_state(call: &Call<'_>) -> Answer {
    let group = call.needed("PatchGroup");
    call.estate(|all: &mut Ssm, site, now| {
        let nodes = members(&all.nodes, Some(group));
        let states: Vec<Value> = nodes
            .iter()
            .filter_map(|node| state(all, site, node, now))
            .map(|report| report.describe(site))
            .collect();
        let with = |count: &str| {
            let some = |s: &&Value| s.at(count).as_int().is_some_and(|n| n > 0);
            states.iter().filter(some).count()
        };
        Ok(fields! {
            "Instances" => nodes.len(),
            "InstancesWithInstalledPatches" => with("InstalledCount"),
            "InstancesWithInstalledOtherPatches" => with("InstalledOtherCount"),
            "InstancesWithInstalledPendingRebootPatches" => with("InstalledPendingRebootCount"),
            "InstancesWithInstalledRejectedPatches" => with("InstalledRejectedCount"),
            "InstancesWithMissingPatches" => with("MissingCount"),
            "InstancesWithFailedPatches" => with("FailedCount"),
            "InstancesWithNotApplicablePatches" => with("NotApplicableCount"),
            "InstancesWithUnreportedNotApplicablePatches" => with("UnreportedNotApplicableCount"),
            "InstancesWithCriticalNonCompliantPatches" => with("CriticalNonCompliantCount"),
            "InstancesWithSecurityNonCompliantPatches" => with("SecurityNonCompliantCount"),
            "InstancesWithOtherNonCompliantPatches" => with("OtherNonCompliantCount"),
        })
    })
}

/// `DescribePatchBaselines`: AWS's own and one for each patch group.
pub fn baselines(call: &Call<'_>) -> Answer {
    let keys = ["NAME_PREFIX", "OPERATING_SYSTEM", "OWNER"];
    let filters = filters(call, "Filters", &keys, "ValidationException")?;
    let page = call.page()?;
    call.estate(|all: &mut Ssm, site, _| {
        let aws = SYSTEMS.iter().map(|system| {
            let named = match system.key {
                "AMAZON_LINUX_2023" => "AWS-AmazonLinux2023DefaultPatchBaseline",
                "UBUNTU" => "AWS-UbuntuDefaultPatchBaseline",
                _ => "AWS-DefaultPatchBaseline",
            };
            let id = Chance::of(site, "patch baselines").named(named).hex(17);
            let identity = fields! {
                "BaselineId" => format!("arn:{}:ssm:{}:280605243866:patchbaseline/pb-{id}", site.partition, site.region),
                "BaselineName" => named,
                "OperatingSystem" => system.key,
                "BaselineDescription" => format!("Default Patch Baseline for {} Provided by AWS.", system.name),
                "DefaultBaseline" => true,
            };
            ("AWS", identity)
        });
        let own = groups_of(&all.nodes).into_iter().map(|group| ("Self", baseline(site, &group)));
        let fits = aws
            .chain(own)
            .filter(|(owner, identity)| by_baseline(&filters, identity, owner))
            .map(|(_, identity)| identity);
        let (identities, next) = page.cut(fits);
        Ok(fields! { "BaselineIdentities" => identities, "NextToken" => next })
    })
}

/// `ListResourceComplianceSummaries`: the patches of every scanned machine.
pub fn summaries(call: &Call<'_>) -> Answer {
    const KEYS: [&str; 5] = [
        "ComplianceType",
        "Status",
        "OverallSeverity",
        "ResourceId",
        "ResourceType",
    ];
    let page = call.page()?;
    let filters = call.arg("Filters").items();
    for filter in filters {
        let key = filter.at("Key").as_str().unwrap_or_default();
        let kind = filter.at("Type").as_str().unwrap_or("EQUAL");
        let kinds = ["EQUAL", "NOT_EQUAL", "BEGIN_WITH"];
        if !KEYS.contains(&key) || !kinds.contains(&kind) {
            let message = format!("The filter {key} {kind} is not supported");
            return Err(Refusal::new("InvalidFilter", message));
        }
    }
    let fits = |summary: &Value| {
        filters.iter().all(|filter| {
            let has = summary.at(filter.at("Key").as_str().unwrap_or_default());
            let has = has.as_str().unwrap_or_default();
            let mut values = filter.at("Values").texts();
            match filter.at("Type").as_str().unwrap_or("EQUAL") {
                "EQUAL" => values.any(|v| v == has),
                "NOT_EQUAL" => values.all(|v| v != has),
                _ => values.any(|v| has.starts_with(v)),
            }
        })
    };
    call.estate(|all: &mut Ssm, site, now| {
        let reports = all
            .nodes
            .iter()
            .filter_map(|node| state(all, site, node, now));
        let (items, next) = page.cut(reports.map(|r| r.summarise()).filter(fits));
        Ok(fields! { "ResourceComplianceSummaryItems" => items, "NextToken" => next })
    })
}
