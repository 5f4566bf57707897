//! The survey of an organization: who its members are and which of them are watched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_organizations::types::{
    Account as Listed, AccountState, AccountStatus, OrganizationalUnit,
};

use tokio::task::JoinSet;

use crate::aws::access::{Access, ActRole, Door, Identity, Origin};
use crate::aws::classify::make;
use crate::aws::ops;
use crate::aws::pages::gather;
use crate::domain::partition::Partition;
use crate::domain::text::clean;
use crate::domain::{Account, AccountId, Fault, FaultKind, Region, Slice, SourceId};

use super::census::Entry;
use super::spec::{OrganizationSpec, Selector};
use super::{Caller, Fleet, ORGANIZATION};

/// The largest page that Organizations gives.
const PAGE: i32 = 20;
/// Accounts whose tags are asked for at the same time: enough that the budget of the operation decides how long it
/// takes, and not the way to AWS and back.
const TAGS_AT_ONCE: usize = 8;
/// How many accounts' tags are taken over together.
const TAGS_PART: usize = 40;

pub(super) async fn survey(fleet: &Fleet) -> (u32, Result<(), Fault>) {
    let Some(spec) = &fleet.spec.organization else {
        return (0, Ok(()));
    };
    let caller = match fleet.caller(spec.profile.as_deref(), None).await {
        Ok(caller) => caller,
        Err(fault) => return (1, Err(advise(fault))),
    };
    let access = global(fleet, spec, &caller);
    let outcome = list(fleet, spec, &caller, &access).await;
    let calls = caller.access.calls() + access.calls();
    (calls, outcome.map_err(advise))
}

/// A fleet that cannot be listed has a way out that a single denied call has not.
fn advise(mut fault: Fault) -> Fault {
    const WAY_OUT: &str = "The organization can be listed with the management account or a delegated administrator ([organization] profile); otherwise list the accounts one by one.";
    if matches!(fault.kind, FaultKind::Denied | FaultKind::NoCredentials) {
        fault.advice = Arc::from(format!("{} {WAY_OUT}", fault.advice).trim());
    }
    fault
}

async fn list(
    fleet: &Fleet,
    spec: &OrganizationSpec,
    caller: &Caller,
    access: &Access,
) -> Result<(), Fault> {
    let (listed, delegates) = tokio::join!(accounts(access), delegates(access));
    let listed = listed?;
    let units = if [&spec.include, &spec.exclude]
        .into_iter()
        .flatten()
        .any(|s| matches!(s, Selector::Ou(_)))
    {
        unit_members(access, spec).await?
    } else {
        BTreeMap::new()
    };
    let is = |selector: &Selector, id: AccountId, name: &str| match selector {
        Selector::Account(account) => *account == id,
        Selector::Name(pattern) => glob(&pattern.to_lowercase(), &name.to_lowercase()),
        Selector::Ou(unit) => units.get(unit).is_some_and(|ids| ids.contains(&id)),
    };
    let mut entries = Vec::new();
    for account in listed.iter().filter(|a| is_active(a)) {
        let Some(id) = account.id().and_then(|id| id.parse::<AccountId>().ok()) else {
            continue;
        };
        let name = account.name().unwrap_or_default();
        let included = spec.include.is_empty() || spec.include.iter().any(|s| is(s, id, name));
        if !included || spec.exclude.iter().any(|s| is(s, id, name)) {
            continue;
        }
        let mut entry = member(fleet, spec, caller, id, name)?;
        entry.delegated = delegates.get(&id).cloned().unwrap_or_default();
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(make(
            FaultKind::Service,
            None,
            format!(
                "Organizations ListAccounts named {} accounts, and none of them is watched.",
                listed.len()
            ),
            "Look at include and exclude in [organization].",
        ));
    }
    let entries = keep_doors(fleet, entries);
    // Who they are is known from here on: nobody waits for their tags.
    fleet.learn(Some(ORGANIZATION), entries.clone());
    if spec.tags {
        take_tags(fleet, access, entries).await?;
    }
    Ok(())
}

/// The services that can be read from one account for all, under the names by which Organizations knows them (user guide of AWS
/// Organizations: services that work with it).
const DELEGATED: [(&str, &[SourceId]); 6] = [
    ("backup.amazonaws.com", &[SourceId::Backup]),
    ("config.amazonaws.com", &[SourceId::Config]),
    ("guardduty.amazonaws.com", &[SourceId::Guardduty]),
    ("health.amazonaws.com", &[SourceId::Health]),
    ("securityhub.amazonaws.com", &[SourceId::Securityhub]),
    // Explorer, OpsCenter and the list of nodes are one service to Organizations.
    (
        "ssm.amazonaws.com",
        &[SourceId::Opsitems, SourceId::Patches],
    ),
];

/// Which accounts administer which services for the organization. Where that may not be read, the account that lists the organization
/// is asked instead; what comes of it is seen there.
async fn delegates(access: &Access) -> BTreeMap<AccountId, BTreeSet<SourceId>> {
    let mut all: BTreeMap<AccountId, BTreeSet<SourceId>> = BTreeMap::new();
    for (principal, sources) in DELEGATED {
        let asked = gather(&ops::LIST_DELEGATED, u32::MAX, |token| async move {
            let out = access
                .organizations(&ops::LIST_DELEGATED, |client, with| {
                    client
                        .list_delegated_administrators()
                        .service_principal(principal)
                        .max_results(PAGE)
                        .set_next_token(token)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await?;
            Ok((
                out.delegated_administrators.unwrap_or_default(),
                out.next_token,
            ))
        })
        .await;
        // A permission that is missing is missing for all of them.
        let Ok(found) = asked else { break };
        for id in found.iter().filter_map(|one| one.id()?.parse().ok()) {
            all.entry(id).or_default().extend(sources);
        }
    }
    all
}

/// Reads the tags of the members, several at a time, and takes them over a part at a time. Tags that could be read
/// stay read when others cannot be.
async fn take_tags(fleet: &Fleet, access: &Access, mut entries: Vec<Entry>) -> Result<(), Fault> {
    let mut waiting = 0..entries.len();
    let mut asked = JoinSet::new();
    let mut fault = None;
    let mut read = 0;
    loop {
        while fault.is_none() && asked.len() < TAGS_AT_ONCE {
            let Some(at) = waiting.next() else { break };
            let (access, id) = (access.clone(), entries[at].account.id);
            asked.spawn(async move { (at, tags(&access, id).await) });
        }
        match asked.join_next().await {
            None => break,
            Some(Ok((at, Ok(tags)))) => {
                entries[at].account.tags = tags;
                read += 1;
                if read % TAGS_PART == 0 {
                    fleet.learn(Some(ORGANIZATION), entries.clone());
                }
            }
            Some(Ok((_, Err(why)))) => {
                fault.get_or_insert(why);
            }
            Some(Err(stumbled)) => {
                if let Ok(panic) = stumbled.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
    fleet.learn(Some(ORGANIZATION), entries);
    fault.map_or(Ok(()), Err)
}

/// An account that was known before keeps its door, and with it its credentials; and its tags until they are read again.
fn keep_doors(fleet: &Fleet, mut entries: Vec<Entry>) -> Vec<Entry> {
    let found = fleet.lock_found();
    let slice: Option<Slice> = Some(ORGANIZATION);
    let Some(known) = found.get(&slice) else {
        return entries;
    };
    let known: BTreeMap<AccountId, &Entry> = known.iter().map(|e| (e.account.id, e)).collect();
    for entry in &mut entries {
        if let Some(old) = known.get(&entry.account.id) {
            if old.account.name == entry.account.name {
                entry.door = Arc::clone(&old.door);
            }
            if entry.account.tags.is_empty() {
                entry.account.tags.clone_from(&old.account.tags);
            }
        }
    }
    entries
}

fn member(
    fleet: &Fleet,
    spec: &OrganizationSpec,
    caller: &Caller,
    id: AccountId,
    name: &str,
) -> Result<Entry, Fault> {
    let name: Arc<str> = if name.is_empty() {
        Arc::from(id.to_string())
    } else {
        Arc::from(clean(name))
    };
    let regions: Vec<Region> = fleet
        .regions(&spec.regions, None, &name)?
        .into_iter()
        .filter(|r| r.partition() == caller.partition)
        .collect();
    let from = fleet.identity(spec.profile.as_deref());
    let identity = if id == caller.account {
        // We are in this account already; roles for members are usually not made in the managing one.
        Arc::clone(&from)
    } else {
        Identity::new(Origin::Role {
            from: Arc::clone(&from),
            arn: format!("arn:{}:iam::{id}:role/{}", caller.partition, spec.role_name),
            external_id: spec.external_id.clone(),
            session: fleet.session(),
            region: regions.first().copied().unwrap_or(Region::GLOBAL),
            account: Arc::clone(&name),
        })
    };
    let act = spec.act_role_name.as_ref().map(|role| ActRole {
        arn: format!("arn:{}:iam::{id}:role/{role}", caller.partition),
        external_id: spec.external_id.clone(),
        region: regions.first().copied().unwrap_or(Region::GLOBAL),
    });
    let door = Door::new(id, Arc::clone(&name), identity).acting_with(act, &from);
    Ok(Entry {
        account: Account {
            id,
            name,
            tags: BTreeMap::new(),
            policy: spec.policy,
            regions,
        },
        door: Arc::new(door),
        member: true,
        lister: id == caller.account,
        delegated: BTreeSet::new(),
    })
}

/// Organizations is one service per partition, in one region of it.
fn global(fleet: &Fleet, spec: &OrganizationSpec, caller: &Caller) -> Access {
    let home = Partition::named(&caller.partition).and_then(Partition::home);
    let region = home.unwrap_or_else(|| caller.access.region());
    let name = spec
        .profile
        .as_deref()
        .map_or_else(|| caller.account.to_string(), ToOwned::to_owned);
    let door = Door::new(
        caller.account,
        Arc::from(clean(&name)),
        fleet.identity(spec.profile.as_deref()),
    );
    Access::new(Arc::clone(&fleet.gate), Arc::new(door), region)
}

fn is_active(account: &Listed) -> bool {
    match account.state() {
        Some(state) => *state == AccountState::Active,
        // Older endpoints know only the status.
        None => account
            .status()
            .is_none_or(|status| *status == AccountStatus::Active),
    }
}

/// Whether a name matches a pattern in which `*` stands for any run of characters.
fn glob(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

async fn accounts(access: &Access) -> Result<Vec<Listed>, Fault> {
    gather(&ops::LIST_ACCOUNTS, u32::MAX, |token| async move {
        let out = access
            .organizations(&ops::LIST_ACCOUNTS, |client, with| {
                client
                    .list_accounts()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.accounts.unwrap_or_default(), out.next_token))
    })
    .await
}

/// The accounts below every unit that a selector names, by the selector's text.
async fn unit_members(
    access: &Access,
    spec: &OrganizationSpec,
) -> Result<BTreeMap<String, BTreeSet<AccountId>>, Fault> {
    let wanted: BTreeSet<&str> = [&spec.include, &spec.exclude]
        .into_iter()
        .flatten()
        .filter_map(|s| match s {
            Selector::Ou(unit) => Some(unit.as_str()),
            _ => None,
        })
        .collect();
    let roots = gather(&ops::LIST_ROOTS, u32::MAX, |token| async move {
        let out = access
            .organizations(&ops::LIST_ROOTS, |client, with| {
                client
                    .list_roots()
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.roots.unwrap_or_default(), out.next_token))
    })
    .await?;
    let mut members: BTreeMap<String, BTreeSet<AccountId>> = BTreeMap::new();
    // Every unit still to be visited, with the selectors that it or a unit above it answers to.
    let mut open: Vec<(String, Vec<&str>)> = Vec::new();
    for root in roots {
        let id = root.id.unwrap_or_default();
        let name = root.name.unwrap_or_default();
        open.push((id.clone(), matching(&wanted, &[], &id, &name)));
    }
    while let Some((parent, selected)) = open.pop() {
        if !selected.is_empty() {
            for id in accounts_in(access, &parent).await? {
                for unit in &selected {
                    members.entry((*unit).to_owned()).or_default().insert(id);
                }
            }
        }
        for unit in units_in(access, &parent).await? {
            let id = unit.id.unwrap_or_default();
            let name = unit.name.unwrap_or_default();
            let selected = matching(&wanted, &selected, &id, &name);
            open.push((id, selected));
        }
    }
    if let Some(unknown) = wanted.iter().find(|unit| !members.contains_key(**unit)) {
        return Err(make(
            FaultKind::Service,
            None,
            format!("The organization has no unit {unknown} with accounts in it."),
            "Look at include and exclude in [organization]; units are named by id or name.",
        ));
    }
    Ok(members)
}

fn matching<'a>(
    wanted: &BTreeSet<&'a str>,
    above: &[&'a str],
    id: &str,
    name: &str,
) -> Vec<&'a str> {
    let here = wanted
        .iter()
        .copied()
        .filter(|unit| *unit == id || unit.eq_ignore_ascii_case(name));
    let mut selected: Vec<&str> = above.iter().copied().chain(here).collect();
    selected.sort_unstable();
    selected.dedup();
    selected
}

async fn units_in(access: &Access, parent: &str) -> Result<Vec<OrganizationalUnit>, Fault> {
    gather(&ops::LIST_UNITS, u32::MAX, |token| async move {
        let out = access
            .organizations(&ops::LIST_UNITS, |client, with| {
                client
                    .list_organizational_units_for_parent()
                    .parent_id(parent)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.organizational_units.unwrap_or_default(), out.next_token))
    })
    .await
}

async fn accounts_in(access: &Access, parent: &str) -> Result<Vec<AccountId>, Fault> {
    let listed = gather(&ops::LIST_UNIT_ACCOUNTS, u32::MAX, |token| async move {
        let out = access
            .organizations(&ops::LIST_UNIT_ACCOUNTS, |client, with| {
                client
                    .list_accounts_for_parent()
                    .parent_id(parent)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.accounts.unwrap_or_default(), out.next_token))
    })
    .await?;
    Ok(listed.iter().filter_map(|a| a.id()?.parse().ok()).collect())
}

async fn tags(access: &Access, account: AccountId) -> Result<BTreeMap<String, String>, Fault> {
    let id = account.to_string();
    let id = id.as_str();
    let tags = gather(&ops::LIST_ACCOUNT_TAGS, u32::MAX, |token| async move {
        let out = access
            .organizations(&ops::LIST_ACCOUNT_TAGS, |client, with| {
                client
                    .list_tags_for_resource()
                    .resource_id(id)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.tags.unwrap_or_default(), out.next_token))
    })
    .await?;
    Ok(tags
        .into_iter()
        .map(|t| (clean(&t.key).into_owned(), clean(&t.value).into_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, yes) in [
            ("prod*", "prod-payments", true),
            ("prod*", "nonprod", false),
            ("*prod", "web-prod", true),
            ("*-prod-*", "a-prod-b", true),
            ("*-prod-*", "a-prod", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, name), yes, "{pattern} {name}");
        }
    }

    #[test]
    fn suspended_accounts_are_left_out_by_state_and_by_status() {
        let account = || Listed::builder().id("222222222222");
        assert!(is_active(&account().state(AccountState::Active).build()));
        assert!(!is_active(&account().state(AccountState::Closed).build()));
        assert!(!is_active(
            &account().state(AccountState::PendingClosure).build()
        ));
        let suspended = account().status(AccountStatus::Suspended).build();
        assert!(!is_active(&suspended));
    }
}
