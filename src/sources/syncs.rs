//! Resource data syncs of Systems Manager: where one account has what the accounts of an organization know.
//!
//! A sync stands in one region of the management account or of a delegated administrator, and gathers some regions of the whole
//! organization or of some of its units (`ListResourceDataSync`, the model). It tells when it last did so, and what came of it; one
//! that failed or that is old is not believed.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_ssm::types::{LastResourceDataSyncStatus, ResourceDataSyncItem};

use crate::aws::classify::make;
use crate::aws::moment::moment;
use crate::aws::ops::LIST_DATA_SYNCS;
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{AccountId, Fault, FaultKind, Region, Scope};

use super::Ask;

/// The sync that has the managed nodes of an organization (`ListNodes` in the model: no other is supported).
pub const NODES: &str = "AWS-QuickSetup-ManagedNode";
/// The largest page (the model).
const PAGE: i32 = 50;

/// A sync that can be believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Sync {
    /// Its name.
    pub name: String,
    /// The regions that it gathers.
    regions: HashSet<Region>,
    /// Whether it gathers the whole organization, and not some of its units alone.
    whole: bool,
}

/// The organization's sync in the region that is asked, if one stands there. `is_meant` tells by the name which may be taken; one that
/// failed or has gathered nothing for longer than `at_most` is as good as none, and its fault says why.
pub async fn find(
    ask: &Ask,
    is_meant: impl Fn(&str) -> bool,
    at_most: Duration,
) -> Result<Option<Sync>, Fault> {
    let listed = gather(&LIST_DATA_SYNCS, u32::MAX, |token| async move {
        let out = ask
            .access()
            .ssm(&LIST_DATA_SYNCS, |client, with| {
                client
                    .list_resource_data_sync()
                    .sync_type("SyncFromSource")
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((
            out.resource_data_sync_items.unwrap_or_default(),
            out.next_token,
        ))
    })
    .await?;
    let meant = listed
        .iter()
        .filter(|item| item.sync_name().is_some_and(&is_meant));
    let best = meant
        .filter_map(|item| read(item, ask.now(), at_most))
        .max_by_key(|(sync, trouble)| (trouble.is_none(), sync.whole, sync.regions.len()));
    match best {
        None => Ok(None),
        Some((sync, None)) => Ok(Some(sync)),
        Some((sync, Some(trouble))) => Err(make(
            FaultKind::Disabled,
            None,
            format!(
                "The resource data sync {} in {} {trouble}.",
                clean(&sync.name),
                ask.access().place(),
            ),
            "Its state is in Systems Manager Explorer, under settings.",
        )),
    }
}

/// A sync of the organization, and why it cannot be believed.
fn read(
    item: &ResourceDataSyncItem,
    now: Timestamp,
    at_most: Duration,
) -> Option<(Sync, Option<String>)> {
    let source = item.sync_source()?;
    let organization = source.aws_organizations_source()?;
    let sync = Sync {
        name: item.sync_name()?.to_owned(),
        regions: source
            .source_regions()
            .iter()
            .filter_map(|region| region.parse().ok())
            .collect(),
        whole: organization.organization_source_type() == "EntireOrganization",
    };
    Some((sync, trouble(item, now, at_most)))
}

/// Why a sync cannot be believed, as the end of a sentence.
fn trouble(item: &ResourceDataSyncItem, now: Timestamp, at_most: Duration) -> Option<String> {
    let state = item.sync_source().and_then(|source| source.state());
    // Words that this version does not know are no reason to ask everybody: the outcome tells as well.
    let because = match state.unwrap_or_default() {
        "OrganizationNotExists" => Some("has no organization any more"),
        "NoPermissions" => Some("lacks the service-linked role that it gathers with"),
        "InvalidOrganizationalUnit" => Some("names an organizational unit that there is not"),
        "TrustedAccessDisabled" => {
            Some("may not look at the organization any more (trusted access is off)")
        }
        _ => None,
    };
    if let Some(because) = because {
        return Some(because.to_owned());
    }
    if item.last_status() == Some(&LastResourceDataSyncStatus::Failed) {
        let why = clean(item.last_sync_status_message().unwrap_or_default()).into_owned();
        return Some(format!("failed ({})", why.trim_end_matches('.')));
    }
    match moment(item.last_successful_sync_time()) {
        None => Some("has not gathered anything yet".to_owned()),
        Some(at) if now.since(at) > at_most => Some(format!("has gathered nothing since {at}")),
        Some(_) => None,
    }
}

impl Sync {
    /// The scopes of the fleet that it speaks for: all that it gathers, or, of one that gathers some units alone, those of the accounts that
    /// its answer named, because nothing tells here who belongs to a unit.
    pub fn scopes(&self, ask: &Ask, named: &HashSet<AccountId>) -> HashSet<Scope> {
        let (accounts, regions) = (ask.accounts(), ask.regions());
        let accounts = accounts
            .into_iter()
            .filter(|account| self.whole || named.contains(account));
        accounts
            .flat_map(|account| regions.iter().map(move |&region| Scope { account, region }))
            .filter(|scope| self.regions.contains(&scope.region) && ask.covers(*scope))
            .collect()
    }

    /// The region of what it has, where it gathers only one.
    pub fn only_region(&self) -> Option<Region> {
        let mut all = self.regions.iter();
        all.next().filter(|_| all.next().is_none()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssm::types::{
        ResourceDataSyncAwsOrganizationsSource, ResourceDataSyncSourceWithState,
    };
    use aws_smithy_types::DateTime;

    const NOW: Timestamp = Timestamp::from_secs(1_796_090_400);

    fn sync(
        state: Option<&str>,
        status: LastResourceDataSyncStatus,
        seconds_ago: Option<i64>,
    ) -> ResourceDataSyncItem {
        let of = ResourceDataSyncAwsOrganizationsSource::builder()
            .organization_source_type("EntireOrganization")
            .build()
            .unwrap();
        let source = ResourceDataSyncSourceWithState::builder()
            .source_type("AwsOrganizations")
            .aws_organizations_source(of)
            .source_regions("eu-west-1")
            .set_state(state.map(str::to_owned))
            .build();
        let last = seconds_ago.map(|ago| DateTime::from_secs(NOW.as_secs() - ago));
        ResourceDataSyncItem::builder()
            .sync_name("organization")
            .sync_source(source)
            .last_status(status)
            .last_sync_status_message("no room left.")
            .set_last_successful_sync_time(last)
            .build()
    }

    #[test]
    fn a_sync_is_believed_while_it_gathers() {
        use LastResourceDataSyncStatus::{Failed, Inprogress, Successful};
        let trouble = |item: ResourceDataSyncItem| {
            let (sync, trouble) = read(&item, NOW, Duration::from_secs(900)).unwrap();
            assert!(sync.whole && sync.only_region().is_some());
            trouble
        };
        assert_eq!(trouble(sync(None, Successful, Some(300))), None);
        assert_eq!(trouble(sync(None, Inprogress, Some(900))), None);
        assert_eq!(
            trouble(sync(None, Successful, Some(901))).as_deref(),
            Some("has gathered nothing since 2026-12-01T01:44:59Z")
        );
        assert_eq!(
            trouble(sync(None, Failed, Some(300))).as_deref(),
            Some("failed (no room left)")
        );
        assert!(trouble(sync(Some("TrustedAccessDisabled"), Successful, Some(300))).is_some());
        assert!(trouble(sync(None, Inprogress, None)).is_some());
    }

    #[test]
    fn a_sync_of_one_account_or_to_a_bucket_is_none_of_an_organization() {
        let bucket = ResourceDataSyncItem::builder().sync_name("inventory");
        let at_most = Duration::from_secs(900);
        assert_eq!(read(&bucket.build(), NOW, at_most), None);
        let single = ResourceDataSyncSourceWithState::builder()
            .source_type("singleAccountMultiRegions")
            .build();
        let single = ResourceDataSyncItem::builder()
            .sync_name("mine")
            .sync_source(single);
        assert_eq!(read(&single.build(), NOW, at_most), None);
    }
}
