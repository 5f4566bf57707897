//! Who administers whom, and which region gathers the findings of the others.

use std::sync::Arc;

use super::hub::Hub;
use super::{administrator, refusal, subscribed};
use crate::fields;
use crate::sim::services::{Answer, Call};
use crate::sim::wire::{Value, text};

/// The aggregator that the caller sees: its region and its ARN.
fn aggregator(call: &Call<'_>) -> Option<(Arc<str>, String)> {
    let home = call.world.scenario().securityhub.home.clone()?;
    let owner = administrator(call.world).map_or(call.account(), |id| id);
    let name = call
        .world
        .unique("", &format!("aggregator/{owner}"))
        .to_lowercase();
    let p = call.world.partition();
    let arn = format!("arn:{p}:securityhub:{home}:{owner}:finding-aggregator/{name}");
    Some((home, arn))
}

/// `ListFindingAggregators`.
pub fn list_aggregators(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let all = aggregator(call).map(|(_, arn)| fields! { "FindingAggregatorArn" => arn });
    let (list, next) = call.page()?.cut(all);
    Ok(fields! { "FindingAggregators" => list, "NextToken" => next })
}

/// `GetFindingAggregator`.
pub fn get_aggregator(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let wanted = call.needed("FindingAggregatorArn");
    let found = aggregator(call).filter(|(_, arn)| arn == wanted);
    let (home, arn) = found.ok_or_else(|| {
        refusal(
            "ResourceNotFoundException",
            404,
            format!("The finding aggregator {wanted} was not found"),
        )
    })?;
    let linked = call
        .world
        .scenario()
        .regions
        .iter()
        .filter(|region| **region != home);
    Ok(fields! {
        "FindingAggregatorArn" => arn, "FindingAggregationRegion" => &home, "RegionLinkingMode" => "SPECIFIED_REGIONS",
        "Regions" => linked.collect::<Value>(),
    })
}

/// `ListMembers`.
pub fn list_members(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let me = call.caller.account.clone();
    let leads = administrator(call.world) == Some(&me);
    let mut members = Vec::new();
    for (id, account) in call.world.accounts() {
        if !leads
            || *id == me
            || account.entry.status != "ACTIVE"
            || !account.regions.contains(&call.region)
        {
            continue;
        }
        let since = call.world.estate::<Hub, _>(id, &call.region, |hub, _, _| {
            hub.enabled.then_some(hub.since)
        });
        let associated = call.arg("OnlyAssociated").as_bool().unwrap_or(true);
        if since.is_none() && associated {
            continue;
        }
        members.push(fields! {
            "AccountId" => id, "Email" => format!("aws+{}@example.com", account.entry.name), "MasterId" => &me, "AdministratorId" => &me,
            "MemberStatus" => if since.is_some() { "Enabled" } else { "Removed" },
            "InvitedAt" => since.map(text::iso), "UpdatedAt" => since.map(text::iso),
        });
    }
    let (members, next) = call.page()?.cut(members);
    Ok(fields! { "Members" => members, "NextToken" => next })
}

/// `GetAdministratorAccount`.
pub fn get_administrator(call: &Call<'_>) -> Answer {
    let since = subscribed(call)?;
    let administrator = administrator(call.world).filter(|id| ***id != *call.account());
    let administrator = administrator.map(|id| fields! { "AccountId" => id, "MemberStatus" => "Enabled", "InvitedAt" => text::iso(since) });
    Ok(fields! { "Administrator" => administrator })
}

/// `DescribeOrganizationConfiguration`.
pub fn organization_configuration(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    if administrator(call.world).is_none_or(|id| **id != *call.account()) {
        return Err(refusal(
            "InvalidAccessException",
            401,
            format!(
                "Account {} is not an administrator for this organization",
                call.account()
            ),
        ));
    }
    Ok(fields! {
        "AutoEnable" => true, "AutoEnableStandards" => "DEFAULT", "MemberAccountLimitReached" => false,
        "OrganizationConfiguration" => fields! { "ConfigurationType" => "LOCAL", "Status" => "ENABLED" },
    })
}
