//! Patch compliance: what Patch Manager knows of every managed instance and of every patch group.
//!
//! `DescribeInstanceInformation` (50 a page) → `DescribeInstancePatchStates` (50 ids) for the instances, then
//! `DescribePatchGroups` (100 a page) → `DescribePatchGroupState` (one call per group). At most `GROUPS_MAX` groups
//! are read per refresh, those first that were never read or not for the longest time; the others keep what is known
//! of them, and a group that was never read says so.
//!
//! Where an organization's list of nodes has none for a scope, no instance is asked for there, and its groups, which have nobody in
//! them, only every six hours.
//!
//! Severity: failed or critical patches high, security patches medium, other missing patches and pending reboots low.

mod item;
mod nodes;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_ssm::operation::describe_patch_group_state::DescribePatchGroupStateOutput;
use aws_sdk_ssm::types::{InstanceInformationStringFilter, InstancePatchState};
use serde_json::{Map, Value};

use crate::aws::access::Access;
use crate::aws::ops::{
    DESCRIBE_INSTANCES, DESCRIBE_PATCH_GROUP_STATE, DESCRIBE_PATCH_GROUPS, DESCRIBE_PATCH_STATES,
};
use crate::clock::Timestamp;
use crate::domain::patch::PatchSubject;
use crate::domain::{Detail, Fault, Kind, Severity, Slice, SourceId};

use super::believed::Believed;
use super::spoken::Spoken;
use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};
use item::Found;

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Patches,
    kinds: &[Kind::Patch],
    slices: &[
        slice(NODES, Reach::Organization, Plane::Home),
        slice(Slice::ALL, Reach::Rest, Plane::Regional),
    ],
    ask: |ask| match ask.slice() {
        NODES => Box::pin(nodes::ask(ask)),
        _ => Box::pin(self::ask(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

/// Where instances are managed at all.
pub const NODES: Slice = Slice("nodes");

const fn slice(slice: Slice, reach: Reach, plane: Plane) -> SliceSpec {
    SliceSpec {
        slice,
        // Scans run once a day or so; twice an hour shows a patch run while it goes through a fleet.
        every: Duration::from_secs(1_800),
        part: Part::Snapshot,
        reach,
        plane,
    }
}

/// How long the groups of a scope without instances are believed.
const EMPTY_FOR: Duration = Duration::from_secs(6 * 3_600);
/// The largest page of instances, and the most ids that are taken at once.
const INSTANCES: i32 = 50;
/// The largest page of patch groups.
const GROUPS: i32 = 100;
/// The most groups whose state is read per refresh; each costs a call.
const GROUPS_MAX: usize = 50;

/// Whether the item of patch compliance with this id is a patch group.
#[must_use]
pub fn is_group(id: &str) -> bool {
    id.starts_with(item::GROUP)
}

/// What is remembered of one scope's patch groups.
#[derive(Default)]
struct Memory {
    /// What they are called.
    names: Believed<HashSet<String>>,
    read: Mutex<HashMap<String, Read>>,
}

/// A group's state and when it was read.
#[derive(Clone)]
struct Read {
    at: Timestamp,
    /// Since when it was read with this severity.
    since: Timestamp,
    severity: Severity,
    state: Arc<DescribePatchGroupStateOutput>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return ask_groups(&ask, &HashMap::new(), EMPTY_FOR).await;
    }
    let found = ask_instances(&ask).await?;
    ask_groups(&ask, &found, Duration::ZERO).await
}

/// Hands over the instances and returns what they tell of their groups.
async fn ask_instances(ask: &Ask) -> Result<HashMap<String, Found>, Fault> {
    let mut found = HashMap::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .ssm(&DESCRIBE_INSTANCES, |client, with| {
                client
                    .describe_instance_information()
                    .max_results(INSTANCES)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let nodes: Vec<_> = out
            .instance_information_list()
            .iter()
            .filter_map(item::node)
            .collect();
        let ids = nodes.iter().map(|node| node.id.to_string()).collect();
        let states = states(ask.access(), ids).await?;
        item::found(&mut found, states.values());
        let records = nodes
            .iter()
            .map(|node| item::instance(ask.scope(), node, states.get(node.id.as_ref())))
            .collect();
        ask.page(records).await;
        pages.turn(&DESCRIBE_INSTANCES, out.next_token)?;
    }
    Ok(found)
}

/// What Patch Manager knows of these instances, at most 50; those that were never scanned are missing.
async fn states(
    access: &Access,
    ids: Vec<String>,
) -> Result<HashMap<String, InstancePatchState>, Fault> {
    let mut states = HashMap::new();
    if ids.is_empty() {
        return Ok(states);
    }
    let mut pages = Pages::default();
    while pages.more() {
        let (token, ids) = (pages.token(), ids.clone());
        let out = access
            .ssm(&DESCRIBE_PATCH_STATES, |client, with| {
                client
                    .describe_instance_patch_states()
                    .set_instance_ids(Some(ids))
                    .max_results(INSTANCES)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let found = out.instance_patch_states.unwrap_or_default();
        states.extend(
            found
                .into_iter()
                .map(|state| (state.instance_id.clone(), state)),
        );
        pages.turn(&DESCRIBE_PATCH_STATES, out.next_token)?;
    }
    Ok(states)
}

/// Hands over the groups; what is known of them and younger than that is not asked again.
async fn ask_groups(
    ask: &Ask,
    found: &HashMap<String, Found>,
    believed: Duration,
) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let names = match memory.names.get(ask.now(), believed) {
        Some(names) if !believed.is_zero() => names,
        _ => {
            let names = groups(ask.access()).await?;
            memory.names.set(ask.now(), names.clone());
            names
        }
    };
    memory.lock().retain(|name, _| names.contains(name));
    let before = ask.now().minus(believed);
    let due = due(&names, &memory.lock(), before);
    for name in due {
        let state = group_state(ask.access(), &name).await?;
        let (now, severity) = (ask.now(), item::severity_of(&state));
        let mut known = memory.lock();
        let before = known.get(&name).filter(|read| read.severity == severity);
        let read = Read {
            at: now,
            since: before.map_or(now, |read| read.since),
            severity,
            state: Arc::new(state),
        };
        known.insert(name, read);
    }
    let records = {
        let known = memory.lock();
        names
            .iter()
            .map(|name| {
                let read = known.get(name);
                let state = read.map(|read| read.state.as_ref());
                let since = read.map(|read| read.since).unwrap_or_default();
                let found = found.get(name).copied().unwrap_or_default();
                item::group(ask.scope(), name, state, found, since)
            })
            .collect()
    };
    ask.page(records).await;
    Ok(())
}

/// The groups whose turn it is, of those that were not read since then: never read before read long ago, and not more than a refresh may
/// cost.
fn due(names: &HashSet<String>, known: &HashMap<String, Read>, since: Timestamp) -> Vec<String> {
    let mut due: Vec<(Option<Timestamp>, &String)> = names
        .iter()
        .map(|name| (known.get(name).map(|read| read.at), name))
        .filter(|(read, _)| read.is_none_or(|at| at <= since))
        .collect();
    due.sort();
    due.into_iter()
        .take(GROUPS_MAX)
        .map(|(_, name)| name.clone())
        .collect()
}

/// The names of all patch groups; one that is registered with several baselines is listed once for each.
async fn groups(access: &Access) -> Result<HashSet<String>, Fault> {
    let mut names = HashSet::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .ssm(&DESCRIBE_PATCH_GROUPS, |client, with| {
                client
                    .describe_patch_groups()
                    .max_results(GROUPS)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let mappings = out.mappings.unwrap_or_default();
        names.extend(
            mappings
                .into_iter()
                .filter_map(|mapping| mapping.patch_group),
        );
        pages.turn(&DESCRIBE_PATCH_GROUPS, out.next_token)?;
    }
    Ok(names)
}

async fn group_state(access: &Access, name: &str) -> Result<DescribePatchGroupStateOutput, Fault> {
    access
        .ssm(&DESCRIBE_PATCH_GROUP_STATE, |client, with| {
            client
                .describe_patch_group_state()
                .patch_group(name)
                .customize()
                .config_override(with)
                .send()
        })
        .await
}

/// A group's state, or what is known of an instance and its patches.
async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let Detail::Patch(detail) = &look.item.detail else {
        return Err(look.gone(&DESCRIBE_PATCH_STATES));
    };
    let id = match &detail.subject {
        PatchSubject::Group { name, .. } => {
            group_state(&access, name).await?;
            return tape
                .json()
                .ok_or_else(|| look.gone(&DESCRIBE_PATCH_GROUP_STATE));
        }
        PatchSubject::Instance(id) => id.to_string(),
    };
    let mut whole = Map::new();
    let mut add = |key: &str, list: &str| {
        let body = tape.json();
        let first = body
            .as_ref()
            .and_then(|body| body.get(list)?.get(0).cloned());
        if let Some(first) = first {
            whole.insert(key.to_owned(), first);
        }
    };
    states(&access, vec![id.clone()]).await?;
    add("InstancePatchState", "InstancePatchStates");
    let filter = InstanceInformationStringFilter::builder()
        .key("InstanceIds")
        .values(id)
        .build();
    // Every required member is set above; the builder cannot say no.
    let filters = filter.map(|filter| vec![filter]).unwrap_or_default();
    access
        .ssm(&DESCRIBE_INSTANCES, |client, with| {
            client
                .describe_instance_information()
                .set_filters(Some(filters))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    add("InstanceInformation", "InstanceInformationList");
    if whole.is_empty() {
        return Err(look.gone(&DESCRIBE_INSTANCES));
    }
    Ok(Value::Object(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_take_turns() {
        let names: HashSet<String> = (0..120).map(|n| format!("g{n:03}")).collect();
        let mut known = HashMap::new();
        let mut seen = HashSet::new();
        for turn in 1..=3 {
            let now = Timestamp::from_secs(turn);
            let due = due(&names, &known, now);
            assert_eq!(due.len(), GROUPS_MAX);
            for name in due {
                seen.insert(name.clone());
                known.insert(
                    name,
                    Read {
                        at: Timestamp::from_secs(turn),
                        since: Timestamp::from_secs(turn),
                        severity: Severity::Info,
                        state: Arc::new(DescribePatchGroupStateOutput::builder().build()),
                    },
                );
            }
        }
        assert_eq!(seen, names, "three turns of fifty reach all of them");
        let since = Timestamp::from_secs(1);
        assert_eq!(due(&names, &known, since).len(), 20);
    }
}
