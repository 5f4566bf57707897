//! The findings of a whole organization, from its administrator.
//!
//! The administrator has its members' findings in every region. Where an aggregator gathers the regions, its home region has the
//! findings of those that are linked to it as well, and the others need not be asked. Whom the answer really speaks for is asked: in
//! every region that it may speak for, the members whose Security Hub is enabled there.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{GET_FINDING_AGGREGATOR, LIST_FINDING_AGGREGATORS, LIST_HUB_MEMBERS};
use crate::aws::pages::gather;
use crate::domain::{AccountId, Fault, FaultKind, Region, Scope};

use super::super::Ask;
use super::super::believed::Believed;
use super::super::spoken::{self, NotOurs};
use super::read;

/// The largest page.
const PAGE: i32 = 100;
/// The largest page of members (the model says 50).
const MEMBERS: i32 = 50;
/// How long the administrator's answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(300);
/// How long members and the aggregator are believed: somebody joins an organization on a day, not in a minute.
const BELIEVED_FOR: Duration = Duration::from_secs(1_800);

/// What is remembered of the administrator in one region.
#[derive(Default)]
struct Memory {
    /// The aggregator, or that there is none.
    aggregator: Believed<Option<Aggregator>>,
    /// The members of each region.
    members: Mutex<HashMap<Region, Arc<Believed<HashSet<AccountId>>>>>,
}

/// Which region has the findings of which others.
#[derive(Clone)]
struct Aggregator {
    home: Option<Region>,
    /// `ALL_REGIONS`, `ALL_REGIONS_EXCEPT_SPECIFIED`, `SPECIFIED_REGIONS` or `NO_REGIONS` (from the model).
    mode: String,
    named: HashSet<String>,
}

impl Memory {
    fn members(&self, region: Region) -> Arc<Believed<HashSet<AccountId>>> {
        let mut all = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(region).or_default())
    }
}

pub(super) async fn ask(ask: Ask) -> Result<(), Fault> {
    let answer = answer(&ask).await;
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

const NOT_OURS: NotOurs = NotOurs {
    what: "The findings of all accounts",
    advice: "An administrator of Security Hub for the organization is named in the management account.",
};

async fn answer(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let here = ask.scope().region;
    let regions = match aggregator(ask).await? {
        None => HashSet::from([here]),
        Some(aggregator) if aggregator.home == Some(here) => gathered(ask, &aggregator),
        // A home region that is not watched is not asked.
        Some(aggregator)
            if !aggregator
                .home
                .is_some_and(|home| ask.regions().contains(&home)) =>
        {
            HashSet::from([here])
        }
        // The home region has what is here, and says it.
        Some(_) => {
            ask.speak_for(Arc::default());
            return Ok(HashSet::new());
        }
    };
    let scopes = members(ask, &regions).await?;
    if !scopes
        .iter()
        .any(|scope| scope.account != ask.scope().account)
    {
        return Err(make(
            FaultKind::Disabled,
            None,
            format!(
                "Security Hub in {} administers no other account.",
                ask.access().place()
            ),
            "",
        ));
    }
    ask.speak_for(spoken::in_order(&scopes));
    read(ask, PAGE).await?;
    Ok(scopes)
}

/// The aggregator of the account, if there is one; it is seen from every region.
async fn aggregator(ask: &Ask) -> Result<Option<Aggregator>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    if let Some(aggregator) = memory.aggregator.get(ask.now(), BELIEVED_FOR) {
        return Ok(aggregator);
    }
    let found = find_aggregator(ask.access()).await?;
    memory.aggregator.set(ask.now(), found.clone());
    Ok(found)
}

async fn find_aggregator(access: &Access) -> Result<Option<Aggregator>, Fault> {
    let listed = access
        .securityhub(&LIST_FINDING_AGGREGATORS, |client, with| {
            client
                .list_finding_aggregators()
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let arn = listed
        .finding_aggregators()
        .first()
        .and_then(|one| one.finding_aggregator_arn());
    let Some(arn) = arn else {
        return Ok(None);
    };
    let found = access
        .securityhub(&GET_FINDING_AGGREGATOR, |client, with| {
            client
                .get_finding_aggregator()
                .finding_aggregator_arn(arn)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let home = found.finding_aggregation_region();
    Ok(Some(Aggregator {
        home: home.and_then(|region| region.parse().ok()),
        mode: found.region_linking_mode().unwrap_or_default().to_owned(),
        named: found.regions().iter().cloned().collect(),
    }))
}

/// The regions of the fleet whose findings the home region has.
fn gathered(ask: &Ask, aggregator: &Aggregator) -> HashSet<Region> {
    let here = ask.scope().region;
    let is_named = |region: &Region| aggregator.named.contains(region.as_str());
    let is_linked = |region: &Region| match aggregator.mode.as_str() {
        "ALL_REGIONS" => true,
        "ALL_REGIONS_EXCEPT_SPECIFIED" => !is_named(region),
        "SPECIFIED_REGIONS" => is_named(region),
        _ => false,
    };
    let all = ask.regions().into_iter();
    all.filter(|region| *region == here || is_linked(region))
        .collect()
}

/// The scopes of the fleet in these regions whose findings the administrator has.
async fn members(ask: &Ask, regions: &HashSet<Region>) -> Result<HashSet<Scope>, Fault> {
    let memory: Arc<Memory> = ask.memory();
    let own = ask.scope();
    let mut scopes = HashSet::new();
    for &region in regions {
        let believed = memory.members(region);
        let members = match believed.get(ask.now(), BELIEVED_FOR) {
            Some(members) => members,
            None => match list(&ask.access().in_region(region)).await {
                Ok(mut members) => {
                    members.insert(own.account);
                    believed.set(ask.now(), members.clone());
                    members
                }
                Err(fault) if region == own.region => return Err(fault),
                // Nobody is spoken for there; everybody is asked for themselves, and says what is wrong.
                Err(_) => continue,
            },
        };
        let here = members.into_iter().map(|account| Scope { account, region });
        scopes.extend(here.filter(|scope| ask.covers(*scope)));
    }
    Ok(scopes)
}

async fn list(access: &Access) -> Result<HashSet<AccountId>, Fault> {
    let listed = gather(&LIST_HUB_MEMBERS, u32::MAX, |token| async move {
        let out = access
            .securityhub(&LIST_HUB_MEMBERS, |client, with| {
                client
                    .list_members()
                    .only_associated(true)
                    .max_results(MEMBERS)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.members.unwrap_or_default(), out.next_token))
    })
    .await?;
    let enabled = listed
        .iter()
        .filter(|member| member.member_status() == Some("Enabled"));
    Ok(enabled
        .filter_map(|member| member.account_id()?.parse().ok())
        .collect())
}
