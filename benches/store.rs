//! What a hundred thousand items cost: memory, applying, sorting, refreshing, filtering.
//!
//! `cargo bench --profile measure --bench store` prints one figure per line. Nothing here passes or fails: the
//! figures go into `docs/performance.md`.

mod crowd;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use crowd::{ITEMS, SCOPES, alarm, batch, cpu, end, now, pages, words};
use noctop::domain::{Body, Kind, Record};
use noctop::filter::Filter;
use noctop::store::projection::{Column, Eye, Progress, Projection, Query, SortKey};
use noctop::store::{Settings, Store};

/// What the console gives a projection between two keys.
const SLICE: usize = 4_000;

fn sweep(store: &mut Store, words: &crowd::Words, run: u64, version: i64) -> (Duration, Duration) {
    let mut spent = Duration::ZERO;
    let mut longest = Duration::ZERO;
    for n in 0..SCOPES {
        let pages = pages(words, n, version, ITEMS);
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

/// Types a word letter by letter and takes it back: when the first screenful was there, and the whole answer.
fn typed(projection: &mut Projection, store: &Store, query: &Query, word: &str) {
    let key = |projection: &mut Projection, typed: &str| {
        let start = cpu();
        projection.ask(Query {
            filter: Filter::parse(typed).unwrap_or_default(),
            ..query.clone()
        });
        let version = projection.version();
        let mut first = Duration::ZERO;
        loop {
            let progress = projection.refresh(store, now(), &mut { SLICE });
            if first.is_zero() && projection.version() != version {
                first = cpu() - start;
            }
            if progress == Progress::Done {
                break;
            }
        }
        let whole = cpu() - start;
        say(
            &format!("typed: {typed} ({} rows)", projection.len()),
            &format!("first screenful {first:>9.2?}, whole {whole:>9.2?}"),
        );
    };
    key(projection, "");
    projection.look(Eye {
        row: None,
        line: 0,
        height: 40,
    });
    for end in 1..=word.len() {
        key(projection, &word[..end]);
    }
    key(projection, &word[..word.len() - 1]);
    key(projection, "");
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
    for word in ["check", "db-", "queue", "9"] {
        typed(&mut projection, &store, &three, word);
    }
    projection.ask(three);
    drive(&mut projection, &store);
    say(
        "memory with a projection of 100,000 rows",
        &format!("{:>7.1} MiB", resident() - before),
    );

    for (updates, what) in [
        (33, "a frame's worth at 2,000/s"),
        (128, "two frames late"),
        (500, "a quarter of a second"),
        (2_000, "all at once"),
    ] {
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
                projection.note(&store, changes);
            }
            loop {
                let start = cpu();
                let progress = projection.refresh(&store, now(), &mut { SLICE });
                let took = cpu() - start;
                spent += took;
                worst = worst.max(took);
                if progress == Progress::Done {
                    break;
                }
            }
        }
        say(
            &format!("refresh after {updates} updates, {what}"),
            &format!(
                "{:>10.2?} mean, the longest slice {worst:.2?}; apply {:.2?} each",
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
