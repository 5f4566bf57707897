//! Resource data syncs: what a central account has of all others.

use std::sync::Arc;
use std::time::Duration;

use super::one_of;
use super::section::Sync;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::scenario::matches;
use crate::sim::services::stock::within;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Value;

/// The sync that Quick Setup makes for the nodes of an organization (`ListNodes` in the model).
pub const NODES: &str = "AWS-QuickSetup-ManagedNode";

/// The syncs of the caller's account and region, by name.
fn here<'a>(call: &'a Call<'_>) -> Vec<(&'a str, &'a Sync)> {
    let scenario = call.world.scenario();
    let ops = scenario.opsitems.sync.as_ref();
    let nodes = scenario.patches.sync.as_ref();
    let all = ops
        .map(|sync| (sync.name.as_str(), sync))
        .into_iter()
        .chain(nodes.map(|sync| (NODES, sync)));
    let account = &call.caller.account;
    let name = call.world.account(account).map(|a| a.entry.name.as_str());
    all.filter(|(_, sync)| {
        let is_mine = matches(&sync.account, account)
            || name.is_some_and(|name| matches(&sync.account, name));
        is_mine && *sync.region == *call.region
    })
    .collect()
}

/// The sync that a request names; none where it means its own account and region.
pub fn named<'a>(call: &'a Call<'_>) -> Result<Option<&'a Sync>, Refusal> {
    let Some(wanted) = call.text("SyncName") else {
        return Ok(None);
    };
    let found = here(call).into_iter().find(|(name, _)| *name == wanted);
    found.map(|(_, sync)| Some(sync)).ok_or_else(|| {
        Refusal::new(
            "ResourceDataSyncNotFoundException",
            format!("The resource data sync {wanted} does not exist."),
        )
        .with("SyncName", wanted)
    })
}

/// The places of which a sync has something: account and region.
pub fn gathered(call: &Call<'_>, sync: &Sync) -> Vec<(Arc<str>, Arc<str>)> {
    let mut all = Vec::new();
    for (id, account) in call.world.accounts() {
        if account.entry.status != "ACTIVE" {
            continue;
        }
        for region in &account.regions {
            let is_unseen = call
                .world
                .estate::<super::Ssm, _>(id, region, |_, site, _| within(&sync.unseen, site));
            let is_gathered =
                sync.regions.is_empty() || sync.regions.iter().any(|r| **r == **region);
            if is_gathered && !is_unseen {
                all.push((Arc::clone(id), Arc::clone(region)));
            }
        }
    }
    all
}

/// `ListResourceDataSync`.
pub fn list(call: &Call<'_>) -> Answer {
    let kind = call.text("SyncType").unwrap_or("SyncFromSource");
    one_of(
        call,
        "syncType",
        kind,
        &["SyncToDestination", "SyncFromSource"],
    )
    .map_err(|why| Refusal {
        code: "ResourceDataSyncInvalidConfigurationException".into(),
        ..why
    })?;
    let page = call.page()?;
    let syncs = here(call)
        .into_iter()
        .filter(|_| kind == "SyncFromSource")
        .map(|(name, sync)| describe(call, name, sync));
    let (all, next) = page.cut(syncs);
    Ok(fields! { "ResourceDataSyncItems" => Value::List(all), "NextToken" => next })
}

fn describe(call: &Call<'_>, name: &str, sync: &Sync) -> Value {
    let started = call.estate(|_: &mut super::Ssm, site, _| site.started);
    let made = started.minus(Duration::from_secs(90 * 86_400));
    // It gathers every five minutes.
    let run = Timestamp::from_secs(call.now.as_secs().div_euclid(300) * 300);
    let regions: Value = if sync.regions.is_empty() {
        call.world.scenario().regions.iter().collect()
    } else {
        sync.regions.iter().collect()
    };
    let units = sync
        .units
        .iter()
        .map(|unit| fields! { "OrganizationalUnitId" => unit });
    let kind = if sync.units.is_empty() {
        "EntireOrganization"
    } else {
        "OrganizationalUnits"
    };
    let (status, message) = match &sync.error {
        Some(error) => ("Failed", error.as_str()),
        None => ("Successful", "The sync was successfully completed"),
    };
    fields! {
        "SyncName" => name,
        "SyncType" => "SyncFromSource",
        "SyncSource" => fields! {
            "SourceType" => "AwsOrganizations",
            "AwsOrganizationsSource" => fields! {
                "OrganizationSourceType" => kind,
                "OrganizationalUnits" => (!sync.units.is_empty()).then(|| units.collect::<Value>()),
            },
            "SourceRegions" => regions,
            "IncludeFutureRegions" => sync.regions.is_empty(),
            "EnableAllOpsDataSources" => true,
        },
        "LastSyncTime" => run,
        "LastSuccessfulSyncTime" => run.minus(sync.behind.0),
        "LastStatus" => status,
        "LastSyncStatusMessage" => message,
        "SyncCreatedTime" => made,
        "SyncLastModifiedTime" => made,
    }
}
