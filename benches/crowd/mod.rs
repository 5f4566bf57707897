//! A hundred thousand alarms in 800 scopes, as the CloudWatch source makes them.

use std::sync::Arc;
use std::time::Duration;

use noctop::clock::Timestamp;
use noctop::domain::alarm::{AlarmDetail, AlarmState, AlarmTerms, AlarmWatch};
use noctop::domain::{
    Batch, Body, Cover, Detail, Feed, Item, ItemKey, ItemState, Kind, Record, Scope, Severity,
    Slice, SourceId,
};
use rustix::time::{ClockId, clock_gettime};

/// How many alarms.
pub const ITEMS: usize = 100_000;
/// In how many accounts and regions.
pub const SCOPES: usize = 800;

pub fn scope(n: usize) -> Scope {
    let regions = ["eu-west-1", "us-east-1", "eu-central-1", "ap-southeast-2"];
    Scope {
        account: format!("{:012}", 100_000_000_000 + n / 4)
            .parse()
            .unwrap_or_else(|()| unreachable!()),
        region: regions[n % 4].parse().unwrap_or_else(|()| unreachable!()),
    }
}

/// An alarm as the CloudWatch source makes them: words of the service shared, names of its own.
pub fn alarm(words: &Words, n: usize, version: i64) -> Item {
    let scope = scope(n % SCOPES);
    let system = ["payments", "ledger", "search", "checkout", "identity"][n % 5];
    let id: Arc<str> = format!("{system}-prod-host-cpu-utilization-{n:06}").into();
    let firing = (n + version as usize).is_multiple_of(9);
    let state = if firing {
        AlarmState::Alarm
    } else {
        AlarmState::Ok
    };
    let at = Timestamp::from_secs(1_800_000_000 + (n as i64 * 7_919) % 86_400 + version);
    Item {
        // As CloudWatch tells it, it follows from the key.
        told_arn: None,
        key: ItemKey {
            kind: Kind::Alarm,
            scope,
            id: Arc::clone(&id),
        },
        name: id,
        title: format!(
            "CPUUtilization {}.{} > 90 · 3 of 3",
            50 + n % 50,
            version % 10
        )
        .into(),
        severity: Severity::Medium,
        state: if firing {
            ItemState::Open
        } else {
            ItemState::Calm
        },
        native_state: Arc::clone(if firing { &words.alarm } else { &words.ok }),
        resource: Some(format!("i-{n:017x}").into()),
        opened: at,
        changed: at,
        episode: at,
        detail: Detail::Alarm(AlarmDetail {
            actions: 1,
            dimensions: Box::new([(Arc::clone(&words.instance_id), format!("i-{n:017x}").into())]),
            ..AlarmDetail::new(state, Arc::clone(&words.terms), at)
        }),
    }
}

/// What all alarms share: words of the service, and the terms of their one template.
pub struct Words {
    ok: Arc<str>,
    alarm: Arc<str>,
    instance_id: Arc<str>,
    terms: Arc<AlarmTerms>,
}

pub fn words() -> Words {
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
        treat_missing: Some("missing".into()),
    };
    Words {
        ok: "OK".into(),
        alarm: "ALARM".into(),
        instance_id: "InstanceId".into(),
        terms: Arc::new(terms),
    }
}

pub fn batch(n: usize, run: u64, body: Body) -> Batch {
    Batch {
        feed: Feed {
            source: SourceId::Cloudwatch,
            vantage: scope(n),
            slice: Slice::ALL,
        },
        covers: Cover::Vantage,
        run,
        at: now(),
        body,
    }
}

pub fn end() -> Body {
    Body::End {
        took: Duration::from_millis(200),
        calls: 2,
        next: now(),
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_secs(1_800_100_000)
}

/// Pages of one scope where there are only so many alarms in all.
pub fn pages(words: &Words, n: usize, version: i64, items: usize) -> Vec<Vec<Record>> {
    let records: Vec<Record> = (n..items)
        .step_by(SCOPES)
        .map(|i| alarm(words, i, version))
        .map(|item| Record {
            native: Arc::clone(&item.key.id),
            item,
        })
        .collect();
    records.chunks(100).map(<[Record]>::to_vec).collect()
}

/// The processor time that this thread has used, which other work on the machine does not lengthen.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
