//! Patch compliance.

use std::collections::BTreeMap;

use noctop::domain::patch::PatchSubject;
use noctop::domain::{Detail, Feed, Severity, Slice, SourceId};
use serde_json::Value;

use super::stand::{EU, PAYMENTS, Stand, scope};

/// More machines than two pages hold, some never scanned.
const PATCHES: &str = r#"
[patches]
per_cell = 120
failing = 0.1
behind = 0.2
rebooting = 0.1
unscanned = 0.1
approved = "3d"
"#;

fn count(state: &Value, name: &str) -> i64 {
    state[name].as_i64().unwrap_or(0)
}

#[tokio::test]
async fn every_instance_is_judged_by_its_own_counts() {
    let mut stand = Stand::new(PATCHES).await;
    let here = scope(PAYMENTS, EU);
    let said = stand.ask_scope(SourceId::Patches, "all", here).await;
    let truth = stand.truth("ssm", here);
    let states: BTreeMap<&str, &Value> = truth["InstancePatchStates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| (state["InstanceId"].as_str().unwrap(), state))
        .collect();
    let nodes = truth["InstanceInformationList"].as_array().unwrap();
    assert_eq!(nodes.len(), 120);
    assert!(states.len() < nodes.len(), "some were never scanned");
    let mut severities = BTreeMap::new();
    for node in nodes {
        let id = node["InstanceId"].as_str().unwrap();
        let item = &said.records[id];
        let expected = match states.get(id) {
            None => Severity::Info,
            Some(s) if count(s, "FailedCount") > 0 => Severity::High,
            Some(s) if count(s, "CriticalNonCompliantCount") > 0 => Severity::High,
            Some(s) if count(s, "SecurityNonCompliantCount") > 0 => Severity::Medium,
            Some(s)
                if count(s, "MissingCount")
                    + count(s, "InstalledPendingRebootCount")
                    + count(s, "OtherNonCompliantCount")
                    > 0 =>
            {
                Severity::Low
            }
            Some(_) => Severity::Info,
        };
        assert_eq!(item.severity, expected, "{id}: {}", item.title);
        *severities.entry(expected).or_insert(0) += 1;
        assert_eq!(item.opened.is_unknown(), !states.contains_key(id));
    }
    assert!(severities[&Severity::High] > 0 && severities[&Severity::Info] > 0);
}

#[tokio::test]
async fn groups_add_up_to_their_instances() {
    let mut stand = Stand::new(PATCHES).await;
    let here = scope(PAYMENTS, EU);
    let said = stand.ask_scope(SourceId::Patches, "all", here).await;
    let truth = stand.truth("ssm", here);
    let mut members: BTreeMap<&str, i32> = BTreeMap::new();
    for state in truth["InstancePatchStates"].as_array().unwrap() {
        *members
            .entry(state["PatchGroup"].as_str().unwrap())
            .or_default() += 1;
    }
    let groups: Vec<_> = said
        .records
        .values()
        .filter_map(|item| match &item.detail {
            Detail::Patch(detail) => match &detail.subject {
                PatchSubject::Group {
                    name, instances, ..
                } => Some((name.to_string(), *instances)),
                PatchSubject::Instance(_) => None,
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(!groups.is_empty());
    for (name, instances) in groups {
        assert!(
            instances >= members.get(name.as_str()).copied().unwrap_or(0),
            "{name}"
        );
        assert!(said.records.contains_key(format!("group/{name}").as_str()));
    }
}

#[tokio::test]
async fn an_instance_and_a_group_are_read_afresh() {
    let mut stand = Stand::new(PATCHES).await;
    let here = scope(PAYMENTS, EU);
    let said = stand.ask_scope(SourceId::Patches, "all", here).await;
    let feed = Feed {
        source: SourceId::Patches,
        vantage: here,
        slice: Slice::ALL,
    };
    let (id, item) = said
        .records
        .iter()
        .find(|(id, item)| !id.starts_with("group/") && !item.opened.is_unknown())
        .unwrap();
    let raw = stand.raw(feed, item).await;
    assert_eq!(
        raw["InstancePatchState"]["InstanceId"].as_str(),
        Some(&**id)
    );
    assert_eq!(
        raw["InstanceInformation"]["InstanceId"].as_str(),
        Some(&**id)
    );
    let (_, item) = said
        .records
        .iter()
        .find(|(id, _)| id.starts_with("group/"))
        .unwrap();
    assert!(stand.raw(feed, item).await["Instances"].is_number());
}
