use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::domain::alarm::AlarmState::Alarm;
use crate::domain::incident::IncidentDetail;
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::{Detail, FaultKind, Feed, Item, ItemState, Kind, Slice};
use crate::store::Settings;
use crate::store::tests::world::{self, alarms, at, batch, end, failed, feed, page};

fn store_of(items: Vec<Item>) -> Store {
    let mut store = Store::new(Settings::default());
    store.apply(batch(alarms(), 1, 10, page(items)));
    store.apply(batch(alarms(), 1, 10, end()));
    store
}

fn exported(item: Item) -> Value {
    let key = item.key.clone();
    let store = store_of(vec![item]);
    let row = store.row(store.find(&key).unwrap()).unwrap();
    let rule = row.rule().and_then(|index| store.rule(index));
    item_json(row, store.roster(), rule)
}

fn one_of_each_kind() -> Vec<Item> {
    let incident = IncidentDetail {
        id: "oi-1".into(),
        status: "Open".into(),
        source: None,
        category: None,
        native_severity: None,
        priority: None,
        item_type: None,
        created_by: None,
        modified_by: None,
        data: vec![("/aws/resources".into(), "[]".into())],
    };
    let patch = PatchDetail {
        subject: PatchSubject::Instance("i-1".into()),
        group: None,
        operation: None,
        operated: at(0),
        installed: 1,
        pending_reboot: 0,
        missing: 0,
        failed: 0,
        critical: 0,
        security: 0,
        computer: None,
        platform: None,
        ping: None,
    };
    vec![
        world::alarm_on("a", Alarm, 0, &["i-1"]),
        world::finding("f", 0, "GuardDuty").0,
        world::item(
            Kind::Incident,
            world::home(),
            "oi-1",
            ItemState::Open,
            0,
            Detail::Incident(Box::new(incident)),
        ),
        world::window("mw-1", Some(0), &["i-1"]),
        world::item(
            Kind::Patch,
            world::home(),
            "i-1",
            ItemState::Calm,
            0,
            Detail::Patch(Box::new(patch)),
        ),
        world::failed_backup("j", 0),
    ]
}

#[test]
fn an_item_has_exactly_the_keys_of_the_contract() {
    let json = exported(world::alarm("api \"5xx\"", Alarm, 0));
    let keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "kind",
            "id",
            "arn",
            "account",
            "region",
            "severity",
            "state",
            "marks",
            "nativeState",
            "source",
            "title",
            "opened",
            "changed",
            "ack",
            "detail"
        ]
    );
    assert_eq!(
        json["account"],
        serde_json::json!({"id": "111111111111", "name": "111111111111"})
    );
    assert_eq!(json["state"], "new");
    assert_eq!(json["source"], "cloudwatch");
    assert_eq!(json["opened"], at(0).to_string());
    assert_eq!(
        json["arn"],
        "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:api \"5xx\""
    );
    assert_eq!(json["ack"], Value::Null);
    assert_eq!(json["detail"]["severityRule"]["name"], "alarm");
}

#[test]
fn times_that_nobody_gave_are_null() {
    let mut item = world::alarm("a", Alarm, 0);
    item.opened = Timestamp::ZERO;
    assert_eq!(exported(item)["opened"], Value::Null);
}

/// Every key of an object, with the keys of objects within it as `outer.inner`.
fn keys(json: &Value, before: &str, found: &mut BTreeSet<String>) {
    if let Value::Object(object) = json {
        for (key, value) in object {
            let path = format!("{before}{key}");
            // What stands here is named by AWS, not by us.
            if !matches!(key.as_str(), "dimensions" | "data") {
                keys(value, &format!("{path}."), found);
            }
            found.insert(path);
        }
    }
}

#[test]
fn the_reference_names_every_key() {
    let reference = include_str!("../../../docs/json.md");
    let mut found = BTreeSet::new();
    for item in one_of_each_kind() {
        keys(&exported(item), "", &mut found);
    }
    let store = store_of(vec![]);
    keys(
        &feed_json(&store.feeds(at(20))[0], store.roster()),
        "",
        &mut found,
    );
    keys(
        &coverage_json(&store, &Only::default(), at(20)),
        "",
        &mut found,
    );
    for path in &found {
        let key = path.rsplit('.').next().unwrap_or(path);
        assert!(
            reference.contains(&format!("`{key}`")),
            "docs/json.md does not name {path}"
        );
    }
}

#[test]
fn coverage_adds_up_and_names_the_blind() {
    let mut store = store_of(vec![]);
    let hub = feed(SourceId::Securityhub, "all");
    store.apply(batch(hub, 1, 11, failed(FaultKind::Denied)));
    let json = coverage_json(&store, &Only::default(), at(20));
    assert_eq!(json["feeds"], 2);
    assert_eq!(json["fresh"], 1);
    assert_eq!(
        json["blind"],
        serde_json::json!([{
            "source": "securityhub", "account": "111111111111", "region": "eu-west-1", "fault": "denied",
            "message": "DescribeAlarms was refused.", "since": at(11).to_string(),
        }])
    );
    let alarms_only = coverage_json(&store, &Only::kinds(&[Kind::Alarm]), at(20));
    assert_eq!(
        (&alarms_only["feeds"], &alarms_only["blind"]),
        (&1.into(), &Value::Array(vec![]))
    );
}

#[test]
fn what_is_asked_for_the_fleet_as_a_whole_is_asked_in_no_account() {
    let mut store = store_of(vec![]);
    let survey = Feed {
        source: SourceId::Organizations,
        vantage: Scope {
            account: AccountId::UNKNOWN,
            region: Region::GLOBAL,
        },
        slice: Slice("organization"),
    };
    store.apply(batch(survey, 1, 11, failed(FaultKind::Denied)));
    let blind = &coverage_json(&store, &Only::default(), at(20))["blind"][0];
    assert_eq!(
        (&blind["account"], &blind["region"]),
        (&Value::Null, &Value::Null)
    );
    let reports = store.feeds(at(20));
    let report = reports.iter().find(|r| r.feed == survey).unwrap();
    let json = feed_json(report, store.roster());
    assert_eq!(
        json["account"],
        serde_json::json!({ "id": null, "name": "the fleet" })
    );
    assert_eq!(json["covers"], Value::Array(vec![]));
    let line = csv_line(&feed_fields(report, store.roster()));
    assert!(
        line.starts_with("organizations,organization,,the fleet,,blind,"),
        "{line}"
    );
}

#[test]
fn csv_fields_survive_commas_quotes_and_breaks() {
    assert_eq!(
        csv_line(&["a,b", "say \"x\"", "two\nlines", "plain", ""]),
        "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",plain,"
    );
    let store = store_of(vec![world::alarm("a", Alarm, 0)]);
    let (_, row) = store.rows().next().unwrap();
    let fields = item_fields(row, store.roster());
    let named = |name: &str| fields[CSV_COLUMNS.iter().position(|c| *c == name).unwrap()].as_str();
    assert_eq!(
        (named("kind"), named("severity"), named("nativeState")),
        ("alarm", "medium", "ALARM")
    );
    let report = &store.feeds(at(20))[0];
    let fields = feed_fields(report, store.roster());
    assert_eq!(
        (&*fields[0], &*fields[5], &*fields[8]),
        ("cloudwatch", "fresh", "10")
    );
}
