//! What a hundred thousand items cost: memory, applying, sorting, refreshing, filtering.
//!
//! `cargo bench --profile measure --bench store` prints one figure per line. Nothing here passes or fails: the
//! figures go into `docs/performance.md`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use noctop::clock::Timestamp;
use noctop::domain::alarm::{AlarmDetail, AlarmState, AlarmWatch};
use noctop::domain::{
    Batch, Body, Cover, Detail, Feed, Item, ItemKey, ItemState, Kind, Record, Scope, Severity,
    Slice, SourceId,
};
use noctop::filter::Filter;
use noctop::store::projection::{Column, Progress, Projection, Query, SortKey};
use noctop::store::{Settings, Store};

const ITEMS: usize = 100_000;
const SCOPES: usize = 800;
/// What the console gives a projection between two keys.
const SLICE: usize = 4_000;

fn scope(n: usize) -> Scope {
    let regions = ["eu-west-1", "us-east-1", "eu-central-1", "ap-southeast-2"];
    Scope {
        account: format!("{:012}", 100_000_000_000 + n / 4)
            .parse()
            .unwrap_or_else(|()| unreachable!()),
        region: regions[n % 4].parse().unwrap_or_else(|()| unreachable!()),
    }
}

/// An alarm as the CloudWatch source makes them: words of the service shared, names of its own.
fn alarm(words: &[Arc<str>], n: usize, version: i64) -> Item {
    let scope = scope(n % SCOPES);
    let system = ["payments", "ledger", "search", "checkout", "identity"][n % 5];
    let id: Arc<str> = format!("{system}-prod-host-cpu-utilization-{n:06}").into();
    let firing = (n + version as usize).is_multiple_of(9);
    let at = Timestamp::from_secs(1_800_000_000 + (n as i64 * 7_919) % 86_400 + version);
    Item {
        arn: Some(
            format!(
                "arn:aws:cloudwatch:{}:{}:alarm:{id}",
                scope.region, scope.account
            )
            .into(),
        ),
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
        native_state: Arc::clone(&words[usize::from(firing)]),
        resource: Some(format!("i-{n:017x}").into()),
        opened: at,
        changed: at,
        episode: at,
        detail: Detail::Alarm(Box::new(AlarmDetail {
            state: if firing {
                AlarmState::Alarm
            } else {
                AlarmState::Ok
            },
            was_alarm: false,
            watch: AlarmWatch::Metric {
                namespace: Some(Arc::clone(&words[2])),
                metric: Some(Arc::clone(&words[3])),
                dimensions: vec![(Arc::clone(&words[4]), format!("i-{n:017x}").into())],
                statistic: Some(Arc::clone(&words[5])),
                period: Some(60),
            },
            comparison: Some(Arc::clone(&words[6])),
            threshold: Some(90.0),
            value: None,
            datapoints_to_alarm: Some(3),
            evaluation_periods: Some(3),
            treat_missing: Some(Arc::clone(&words[7])),
            reason: None,
            description: None,
            actions_enabled: true,
            actions: 1,
            suppressed_by: None,
            evaluation: None,
            transitioned: at,
        })),
    }
}

fn words() -> Vec<Arc<str>> {
    [
        "OK",
        "ALARM",
        "AWS/EC2",
        "CPUUtilization",
        "InstanceId",
        "Average",
        "GreaterThanThreshold",
        "missing",
    ]
    .into_iter()
    .map(Arc::from)
    .collect()
}

fn batch(n: usize, run: u64, body: Body) -> Batch {
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

fn end() -> Body {
    Body::End {
        took: Duration::from_millis(200),
        calls: 2,
        next: now(),
    }
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_100_000)
}

/// Pages of one scope, a hundred alarms each.
fn pages(words: &[Arc<str>], n: usize, version: i64) -> Vec<Vec<Record>> {
    let records: Vec<Record> = (n..ITEMS)
        .step_by(SCOPES)
        .map(|i| alarm(words, i, version))
        .map(|item| Record {
            native: Arc::clone(&item.key.id),
            item,
        })
        .collect();
    records.chunks(100).map(<[Record]>::to_vec).collect()
}

fn sweep(store: &mut Store, words: &[Arc<str>], run: u64, version: i64) -> (Duration, Duration) {
    let mut spent = Duration::ZERO;
    let mut longest = Duration::ZERO;
    for n in 0..SCOPES {
        let pages = pages(words, n, version);
        let bodies = std::iter::once(Body::Begin)
            .chain(pages.into_iter().map(Body::Page))
            .chain([end()]);
        for body in bodies {
            let batch = batch(n, run, body);
            let start = cpu();
            black_box(store.apply(batch));
            let took = cpu() - start;
            spent += took;
            longest = longest.max(took);
        }
    }
    (spent, longest)
}

/// The processor time this thread has used, which other work on the machine does not lengthen.
/// Linux tells it; elsewhere the figures are wall time.
fn cpu() -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse().ok())
        .map_or_else(
            || Duration::from_nanos(u64::try_from(wall()).unwrap_or(0)),
            Duration::from_nanos,
        )
}

fn wall() -> u128 {
    std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |t| t.as_nanos())
}

/// Resident memory in MiB, where the system tells.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = statm
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0.0);
    pages * 4096.0 / 1_048_576.0
}

/// Sorts or filters to the end in slices: total, number of slices, longest slice.
fn drive(projection: &mut Projection, store: &Store) -> (Duration, usize, Duration) {
    let (mut total, mut slices, mut longest) = (Duration::ZERO, 0, Duration::ZERO);
    loop {
        let start = cpu();
        let progress = projection.refresh(store, now(), &mut { SLICE });
        let took = cpu() - start;
        total += took;
        slices += 1;
        longest = longest.max(took);
        if progress == Progress::Done {
            return (total, slices, longest);
        }
    }
}

#[expect(clippy::print_stdout, reason = "a bench is for printing")]
fn say(what: &str, figure: &str) {
    println!("{what:<58} {figure}");
}

fn sliced(what: &str, (total, slices, longest): (Duration, usize, Duration)) {
    say(
        what,
        &format!("{total:>10.2?} in {slices} slices, longest {longest:.2?}"),
    );
}

fn main() {
    let words = words();
    let before = resident();
    let mut store = Store::new(Settings::default());
    let (spent, longest) = sweep(&mut store, &words, 1, 0);
    say(
        "apply, first load of 100,000 alarms in 800 feeds",
        &format!("{spent:>10.2?}, longest batch {longest:.2?}"),
    );
    say(
        "memory of 100,000 alarms",
        &format!("{:>7.1} MiB", resident() - before),
    );
    let (spent, longest) = sweep(&mut store, &words, 2, 0);
    say(
        "apply, the same again",
        &format!("{spent:>10.2?}, longest batch {longest:.2?}"),
    );

    let list = Query::list(&[Kind::Alarm]);
    let mut projection = Projection::new(list.clone());
    sliced("cold sort, queue order", drive(&mut projection, &store));
    let three = Query {
        sort: vec![
            SortKey::down(Column::Severity),
            SortKey::up(Column::Account),
            SortKey::down(Column::Name),
        ],
        ..list.clone()
    };
    projection.ask(three.clone());
    sliced(
        "cold sort, severity, account, name",
        drive(&mut projection, &store),
    );
    projection.ask(Query {
        sort: vec![SortKey::up(Column::Name)],
        ..list.clone()
    });
    sliced(
        "cold sort, name alone (long common beginnings)",
        drive(&mut projection, &store),
    );
    for filter in [
        "9",
        "checkout",
        "sev:>=medium age:>1h",
        "acct:1000000001* -flap",
    ] {
        projection.ask(Query {
            filter: Filter::parse(filter).unwrap_or_default(),
            ..three.clone()
        });
        let figures = drive(&mut projection, &store);
        sliced(
            &format!("filter keystroke, {filter} ({} rows)", projection.len()),
            figures,
        );
    }
    projection.ask(three);
    drive(&mut projection, &store);
    say(
        "memory with a projection of 100,000 rows",
        &format!("{:>7.1} MiB", resident() - before),
    );

    for (updates, what) in [(33, "a frame's worth at 2,000/s"), (2_000, "all at once")] {
        let mut worst = Duration::ZERO;
        let mut applied = Duration::ZERO;
        let mut spent = Duration::ZERO;
        let rounds = 20;
        for round in 1..=rounds {
            let mut changes = Vec::new();
            for i in 0..updates {
                let n = (i * 7_907 + round * 131) % ITEMS;
                let item = alarm(&words, n, round as i64);
                let record = Record {
                    native: Arc::clone(&item.key.id),
                    item,
                };
                let body = Body::Changed {
                    upserts: vec![record],
                    removed: vec![],
                };
                let batch = batch(n % SCOPES, 2, body);
                let start = cpu();
                changes.push(store.apply(batch));
                applied += cpu() - start;
            }
            for changes in &changes {
                projection.note(changes);
            }
            let start = cpu();
            while projection.refresh(&store, now(), &mut usize::MAX.clone()) == Progress::More {}
            let took = cpu() - start;
            spent += took;
            worst = worst.max(took);
        }
        say(
            &format!("refresh after {updates} updates, {what}"),
            &format!(
                "{:>10.2?} mean, {worst:.2?} worst; apply {:.2?} each",
                spent / rounds as u32,
                applied / (rounds * updates) as u32
            ),
        );
    }
    let start = cpu();
    let found = projection
        .rows()
        .iter()
        .filter(|id| projection.position(**id).is_some())
        .count();
    say(
        "position of a row",
        &format!(
            "{:>10.2?} each",
            (cpu() - start) / u32::try_from(found).unwrap_or(1)
        ),
    );
}
