//! What the history takes: writing a busy fleet's transitions, and reading a month of a million of them.
//!
//! `cargo bench --profile measure --bench history`. Nothing here passes or fails: the figures go into
//! `docs/performance.md`. The month: 500,000 episodes of 20,000 alarms, each of which came and cleared, and twenty
//! consoles a day that watch 2,000 feeds of which some are blind.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use noctop::clock::{Clock as _, SystemClock, Timestamp};
use noctop::domain::{Feed, FeedState, ItemKey, Kind, Scope, Severity, Slice, SourceId};
use noctop::history::tally::tally;
use noctop::history::watch::Span;
use noctop::history::{Fact, Facts, Happened, History, KEEP, read};

type Trouble = Box<dyn std::error::Error>;

const ITEMS: usize = 20_000;
const EPISODES: usize = 500_000;
const MONTH: i64 = 30 * 86_400;
/// A month ago, so that a report up to now is about all of it.
static START: LazyLock<i64> = LazyLock::new(|| SystemClock.now().as_secs() - MONTH);
/// Facts of one write: what a console hands over in a second in which 2,000 things change.
const TOGETHER: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(600);

fn scope(n: usize) -> Result<Scope, Trouble> {
    Ok(Scope {
        account: format!("{:012}", 111_111_000_000 + n % 200)
            .parse()
            .map_err(|()| "account")?,
        region: ["eu-west-1", "us-east-1"][n % 2]
            .parse()
            .map_err(|_| "region")?,
    })
}

/// A figure of this process in MiB, by its name in `/proc/self/status`.
fn mib(name: &str) -> u64 {
    mib_of("self", name)
}

fn mib_of(process: &str, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

fn item(n: usize, happened: Happened, episode: i64, at: i64) -> Result<Fact, Trouble> {
    Ok(Fact::Item {
        key: ItemKey {
            kind: Kind::Alarm,
            scope: scope(n)?,
            id: format!("service-{n}-latency-p99-is-too-high").into(),
        },
        name: format!("alarm service-{n}-latency-p99-is-too-high").into(),
        episode: Timestamp::from_secs(episode),
        severity: Severity::High,
        happened,
        at: Timestamp::from_secs(at),
        seen: Timestamp::from_secs(at),
    })
}

/// Has the program write its report about the same history, and looks how much memory it takes.
fn report(home: &Path, history: &Path) -> Result<(), Trouble> {
    let state = home.join("state/noctop");
    std::fs::create_dir_all(&state)?;
    for end in ["", "-wal", "-shm"] {
        let from = format!("{}{end}", history.display());
        if Path::new(&from).exists() {
            std::fs::copy(from, state.join(format!("history.db{end}")))?;
        }
    }
    for round in 1..=3 {
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_noctop"))
            .args(["report", "hygiene", "--since", "30d", "--format", "json"])
            .env("HOME", home)
            .env("XDG_STATE_HOME", home.join("state"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut most = 0;
        let status = loop {
            most = most.max(mib_of(&child.id().to_string(), "VmHWM"));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        println!(
            "noctop report hygiene, {round}: {:.2?}, at most {most} MiB ({status})",
            began.elapsed()
        );
    }
    Ok(())
}

fn main() -> Result<(), Trouble> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("history.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;

    let mut facts = Vec::with_capacity(2 * EPISODES);
    for n in 0..EPISODES {
        let began = *START + i64::try_from(n)? * MONTH / i64::try_from(EPISODES)?;
        facts.push(item(n % ITEMS, Happened::Came, began, began + 20)?);
        facts.push(item(n % ITEMS, Happened::Cleared, began, began + 900)?);
    }
    let history = History::open(&path, "a", "bench", KEEP)?;
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for some in facts.chunks(TOGETHER) {
        let at = match some.last() {
            Some(Fact::Item { at, .. }) => *at,
            _ => Timestamp::ZERO,
        };
        let facts = Facts {
            at,
            facts: some.to_vec(),
        };
        let one = Instant::now();
        runtime.block_on(history.write(facts))?;
        slowest = slowest.max(one.elapsed());
    }
    let took = began.elapsed();
    let rate = facts.len() as f64 / took.as_secs_f64();
    println!(
        "write: {} transitions in {took:.1?}, {rate:.0} a second; {TOGETHER} together took {slowest:.0?} at most",
        facts.len()
    );
    drop(facts);

    let began = Instant::now();
    for console in 0..600i64 {
        let history = History::open(&path, &format!("c{console}"), "bench", KEEP)?;
        let from = *START + console * MONTH / 600;
        let feed = |n: usize, state, at| -> Result<Fact, Trouble> {
            Ok(Fact::Feed {
                feed: Feed {
                    source: SourceId::ALL[1 + n % 7],
                    vantage: scope(n / 7)?,
                    slice: Slice::ALL,
                },
                state: Some(state),
                at: Timestamp::from_secs(at),
            })
        };
        let mut first: Vec<Fact> = Vec::new();
        for n in 0..2_000 {
            first.push(feed(n, FeedState::Fresh, from)?);
            if n % 50 == 0 {
                first.push(feed(n, FeedState::Blind, from + 40)?);
                first.push(feed(n, FeedState::Fresh, from + 80)?);
            }
        }
        let at = |secs| Timestamp::from_secs(from + secs);
        runtime.block_on(history.write(Facts {
            at: at(0),
            facts: first,
        }))?;
        runtime.block_on(history.write(Facts {
            at: at(80),
            facts: Vec::new(),
        }))?;
        history.settle(PATIENCE);
    }
    println!(
        "write: 600 consoles with 2,000 feeds each in {:.1?}",
        began.elapsed()
    );
    let size = std::fs::metadata(&path)?.len() >> 20;
    println!("file: {size} MiB");

    let before = mib("VmRSS");
    let window = Span {
        from: Timestamp::from_secs(*START),
        until: Timestamp::from_secs(*START + MONTH),
    };
    let began = Instant::now();
    let reading = read(&path, window)?;
    println!(
        "read a month: {} episodes and {} feeds in {:.2?}; memory from {before} to {} MiB, at most {} MiB",
        reading.episodes.len(),
        reading.sights.len(),
        began.elapsed(),
        mib("VmRSS"),
        mib("VmHWM"),
    );
    drop(reading);
    let began = Instant::now();
    let tally = tally(&path, window, |key| key.kind == Kind::Alarm)?;
    println!(
        "count a month: {} alarms in {:.2?}",
        tally.total(),
        began.elapsed()
    );
    report(folder.path(), &path)?;
    let shift = Span {
        from: Timestamp::from_secs(*START + MONTH - 8 * 3_600),
        ..window
    };
    let began = Instant::now();
    let reading = read(&path, shift)?;
    println!(
        "read eight hours: {} episodes in {:.2?}",
        reading.episodes.len(),
        began.elapsed()
    );
    Ok(())
}
