//! Small facts to test with.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alarm::{AlarmDetail, AlarmState, AlarmTerms, AlarmWatch};
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::finding::{FindingDetail, FindingTerms};
use crate::domain::window::{WindowDetail, WindowPhase, WindowRun};
use crate::domain::{
    Batch, Body, Cover, Detail, Fault, FaultKind, Feed, Item, ItemKey, ItemState, Kind, Record,
    Scope, Severity, Slice, SourceId,
};

/// Ten past one in the morning, long after the epoch.
pub const T0: i64 = 1_800_000_000;

pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(T0 + secs)
}

pub fn scope(account: u64, region: &str) -> Scope {
    Scope {
        account: format!("{account:012}").parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

pub fn home() -> Scope {
    scope(111_111_111_111, "eu-west-1")
}

pub fn feed(source: SourceId, slice: &'static str) -> Feed {
    Feed {
        source,
        vantage: home(),
        slice: Slice(slice),
    }
}

pub fn alarms() -> Feed {
    feed(SourceId::Cloudwatch, "all")
}

pub fn batch(feed: Feed, run: u64, secs: i64, body: Body) -> Batch {
    Batch {
        feed,
        covers: Cover::Vantage,
        run,
        at: at(secs),
        body,
    }
}

pub fn end() -> Body {
    Body::End {
        took: Duration::from_millis(120),
        calls: 2,
        next: at(10_000),
    }
}

pub fn failed(kind: FaultKind) -> Body {
    Body::Failed {
        fault: Fault {
            kind,
            message: "DescribeAlarms was refused.".into(),
            advice: "".into(),
            code: None,
        },
        took: Duration::from_millis(80),
        calls: 1,
        next: at(10_000),
    }
}

pub fn item(
    kind: Kind,
    scope: Scope,
    id: &str,
    state: ItemState,
    changed: i64,
    detail: Detail,
) -> Item {
    Item {
        key: ItemKey {
            kind,
            scope,
            id: id.into(),
        },
        told_arn: None,
        name: id.into(),
        title: format!("{id} says something").into(),
        severity: Severity::Medium,
        state,
        native_state: "X".into(),
        resource: None,
        opened: at(changed),
        changed: at(changed),
        episode: at(changed),
        detail,
    }
}

/// An alarm that came into `state` at `changed`.
pub fn alarm(id: &str, state: AlarmState, changed: i64) -> Item {
    alarm_on(id, state, changed, &[])
}

pub fn alarm_on(id: &str, state: AlarmState, changed: i64, instances: &[&str]) -> Item {
    let open = match state {
        AlarmState::Alarm => ItemState::Open,
        AlarmState::Ok | AlarmState::InsufficientData => ItemState::Calm,
    };
    let terms = AlarmTerms {
        watch: AlarmWatch::Metric {
            namespace: Some("AWS/EC2".into()),
            metric: Some("CPUUtilization".into()),
            statistic: Some("Average".into()),
            period: Some(60),
        },
        comparison: Some("GreaterThanThreshold".into()),
        threshold: Some(90.0),
        datapoints_to_alarm: Some(3),
        evaluation_periods: Some(3),
        treat_missing: None,
    };
    let detail = AlarmDetail {
        actions: 1,
        dimensions: instances
            .iter()
            .map(|id| ("InstanceId".into(), (*id).into()))
            .collect(),
        value: Some(97.5),
        ..AlarmDetail::new(state, Arc::new(terms), at(changed))
    };
    let mut item = item(
        Kind::Alarm,
        home(),
        id,
        open,
        changed,
        Detail::Alarm(detail),
    );
    item.native_state = state.word().into();
    item
}

pub fn finding(id: &str, changed: i64, product: &str) -> (Item, FindingDetail) {
    let detail = FindingDetail {
        terms: FindingTerms {
            product: product.into(),
            finding_type: "Recon:EC2/Portscan".into(),
            ..FindingTerms::default()
        }
        .into(),
        score: None,
        description: Some(format!("{product} describes it").into()),
        count: None,
        first_seen: at(changed),
        last_seen: at(changed),
        note: None,
        attack_sequence: None,
        rule: None,
    };
    let item = item(
        Kind::Finding,
        home(),
        id,
        ItemState::Open,
        changed,
        Detail::Finding(Box::new(detail.clone())),
    );
    (item, detail)
}

/// A window of two hours that aims at these instances; running since `started` if that is given.
pub fn window(id: &str, started: Option<i64>, instances: &[&str]) -> Item {
    let detail = WindowDetail {
        id: id.into(),
        phase: if started.is_some() {
            WindowPhase::Running
        } else {
            WindowPhase::Waiting
        },
        description: None,
        schedule: Some("cron(0 2 ? * SUN *)".into()),
        timezone: None,
        duration_hours: 2,
        cutoff_hours: 1,
        next: None,
        later: Vec::new(),
        expected: None,
        current: started.map(|started| WindowRun {
            id: "run".into(),
            status: "IN_PROGRESS".into(),
            status_details: None,
            started: at(started),
            ended: None,
            tasks: Vec::new(),
        }),
        last: None,
        instances: instances.iter().map(|id| (*id).into()).collect(),
        unread: None,
    };
    item(
        Kind::Window,
        home(),
        id,
        ItemState::Calm,
        0,
        Detail::Window(Box::new(detail)),
    )
}

/// A failed backup whose last good one is this old, for a plan that runs once an hour.
pub fn failed_backup(id: &str, last_good: i64) -> Item {
    let detail = BackupDetail {
        job: JobKind::Backup,
        id: id.into(),
        status: "FAILED".into(),
        message: Some("no room".into()),
        message_category: None,
        resource_arn: None,
        resource_name: None,
        resource_type: Some("RDS".into()),
        vault: None,
        role_arn: None,
        plan: None,
        percent: None,
        size: None,
        created: at(0),
        completed: None,
        recovery_point: None,
        last_good: Some(at(last_good)),
        cadence: Some(3_600),
        superseded_by: None,
    };
    let mut item = item(
        Kind::Backup,
        home(),
        id,
        ItemState::Open,
        0,
        Detail::Backup(Box::new(detail)),
    );
    item.severity = Severity::High;
    item.native_state = "FAILED".into();
    item
}

pub fn record(item: Item) -> Record {
    Record {
        native: Arc::clone(&item.key.id),
        item,
    }
}

pub fn page(items: impl IntoIterator<Item = Item>) -> Body {
    Body::Page(items.into_iter().map(record).collect())
}

pub fn changed(items: impl IntoIterator<Item = Item>) -> Body {
    Body::Changed {
        upserts: items.into_iter().map(record).collect(),
        removed: Vec::new(),
    }
}
