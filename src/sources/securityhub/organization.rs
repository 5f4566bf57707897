//! The findings of a whole organization, from its administrator.
//!
//! The administrator has its members' findings in every region. Where an aggregator gathers the regions, its home region has the
//! findings of those that are linked to it as well, and the others need not be asked. Whom the answer really speaks for is asked: in
//! every region that it may speak for, the members whose Security Hub is enabled there.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_securityhub::operation::get_finding_aggregator::GetFindingAggregatorOutput;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{GET_FINDING_AGGREGATOR, LIST_FINDING_AGGREGATORS, LIST_HUB_MEMBERS};
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::{AccountId, Fault, FaultKind, Region, Scope};

use super::super::Ask;
use super::super::spoken::{self, Spoken};
use super::read;

/// The largest page.
const PAGE: i32 = 100;
/// The largest page of members (the model says 50).
const MEMBERS: i32 = 50;
/// How long the administrator's answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(300);
/// How long members are believed: somebody joins an organization on a day, not in a minute.
const MEMBERS_FOR: Duration = Duration::from_secs(1_800);

/// The members of each region, and when they were read.
#[derive(Default)]
struct Memory(Mutex<HashMap<Region, (Timestamp, HashSet<AccountId>)>>);

pub(super) async fn ask(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    match answer(&ask).await {
        Ok(scopes) => {
            spoken.answered(ask.scope(), ask.now(), ANSWER_FOR, scopes);
            Ok(())
        }
        Err(fault) => {
            ask.speak_for(Arc::default());
            let spoke = spoken.fell_silent(ask.scope());
            let is_refused = matches!(fault.kind, FaultKind::Denied | FaultKind::Disabled);
            Err(if spoke || !is_refused {
                fault
            } else {
                not_ours(&fault)
            })
        }
    }
}

/// That an account does not administer the others is a fact and no fault: they are asked themselves.
fn not_ours(fault: &Fault) -> Fault {
    make(
        FaultKind::Disabled,
        fault.code.as_deref(),
        format!(
            "The findings of all accounts cannot be read from here, so every account is asked itself: {}",
            fault.message
        ),
        "An administrator of Security Hub for the organization is named in the management account.",
    )
}

async fn answer(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let here = ask.scope().region;
    let regions = match aggregator(ask.access()).await? {
        None => HashSet::from([here]),
        Some(aggregator) if home(&aggregator) == Some(here) => gathered(ask, &aggregator),
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
async fn aggregator(access: &Access) -> Result<Option<GetFindingAggregatorOutput>, Fault> {
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
    Ok(Some(found))
}

fn home(aggregator: &GetFindingAggregatorOutput) -> Option<Region> {
    aggregator.finding_aggregation_region()?.parse().ok()
}

/// The regions of the fleet whose findings the home region has.
fn gathered(ask: &Ask, aggregator: &GetFindingAggregatorOutput) -> HashSet<Region> {
    let named: HashSet<&str> = aggregator.regions().iter().map(String::as_str).collect();
    let here = ask.scope().region;
    let is_linked = |region: &Region| match aggregator.region_linking_mode() {
        Some("ALL_REGIONS") => true,
        Some("ALL_REGIONS_EXCEPT_SPECIFIED") => !named.contains(region.as_str()),
        Some("SPECIFIED_REGIONS") => named.contains(region.as_str()),
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
        let known = {
            let all = memory.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = all.get(&region);
            known
                .filter(|(at, _)| ask.now().since(*at) <= MEMBERS_FOR)
                .map(|(_, members)| members.clone())
        };
        let members = match known {
            Some(members) => members,
            None => match list(&ask.access().in_region(region)).await {
                Ok(mut members) => {
                    members.insert(own.account);
                    let mut all = memory.0.lock().unwrap_or_else(PoisonError::into_inner);
                    all.insert(region, (ask.now(), members.clone()));
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
