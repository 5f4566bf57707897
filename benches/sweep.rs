//! How long a first complete sweep of 800 scopes takes, beside the four terms that bound it.
//!
//! `cargo bench --profile measure --bench sweep` starts the simulator in another process (200 accounts, 4 regions,
//! 50 ms of latency per call), asks every source once and prints what it took. Nothing here passes or fails: the
//! figures go into `docs/performance.md`. No sweep can be faster than the largest of the four terms:
//!
//! - critical path: the longest chain of calls that wait for each other, times the latency;
//! - permitted rate: the time for which the documented quotas hold back the busiest operation of one scope;
//! - concurrency: all calls, times the latency, divided by the calls in flight;
//! - work: the processor time of noctop and of the simulator (they share the machine), divided by the cores.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints its figures"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use noctop::aws::access::{Patience, raise_file_limit};
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{FleetSpec, OrganizationSpec, StaticKeys};
use noctop::aws::ops;
use noctop::clock::SystemClock;
use noctop::domain::{Batch, Body, Kind, SourceId};
use noctop::sources::{Settings, sweep_once};
use noctop::store::Store;
use serde_json::Value;

type Trouble = Box<dyn std::error::Error>;

const LATENCY: Duration = Duration::from_millis(50);
/// The clock ticks of `/proc/PID/stat`; the same on every Linux that matters.
const TICKS: f64 = 100.0;

/// A simulator in a process of its own; ends with the bench.
struct Simulator {
    process: Child,
    endpoint: String,
    _scenario: tempfile::TempDir,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn simulator() -> Result<Simulator, Trouble> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("sweep.toml");
    let base = include_str!("../src/sim/scenarios/hundred-thousand.toml");
    let latency = format!(
        "\n[[fault]]\nkind = \"latency\"\ndelay = \"{}ms\"\n",
        LATENCY.as_millis()
    );
    std::fs::write(&path, format!("{base}{latency}"))?;
    let mut process = Command::new(env!("CARGO_BIN_EXE_noctop"))
        .args(["sim", "--print-env", "--scenario"])
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()?;
    let out = process.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let endpoint = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("AWS_ENDPOINT_URL="))
        .ok_or_else(|| format!("the simulator said {line:?}"))?
        .to_owned();
    Ok(Simulator {
        process,
        endpoint,
        _scenario: dir,
    })
}

/// The calls that the simulator saw, by operation, account and region; `DELETE` forgets them.
fn calls(method: &str, endpoint: &str) -> Result<Value, Trouble> {
    let host = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{method} /_sim/calls HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split("\r\n\r\n").nth(1).ok_or("no body")?;
    Ok(serde_json::from_str(body)?)
}

/// The processor time that a process has used, in seconds.
fn work(process: &str) -> Result<f64, Trouble> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
    Ok((ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / TICKS)
}

fn main() -> Result<(), Trouble> {
    let files = raise_file_limit();
    let patience = Patience {
        calls: 320,
        ..Patience::default()
    };
    println!("files {files}, calls in flight {}", patience.calls);
    let sim = simulator()?;
    let pid = sim.process.id().to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // The second sweep of one simulator finds its world founded: the first one measures the simulator too.
    for round in ["cold world", "warm world"] {
        calls("DELETE", &sim.endpoint)?;
        let before = (work("self")?, work(&pid)?);
        let began = Instant::now();
        let seen = runtime.block_on(sweep(&sim.endpoint, patience))?;
        let took = began.elapsed().as_secs_f64();
        let report = calls("GET", &sim.endpoint)?;
        let calls = report.get("total").and_then(Value::as_u64).unwrap_or(0);
        let (held_back, busiest) = held_back(&report);
        let own = work("self")? - before.0;
        let theirs = work(&pid)? - before.1;
        let cores = std::thread::available_parallelism()?.get();
        let chain = f64::from(seen.chain) * LATENCY.as_secs_f64();
        let in_flight = as_f64(calls) * LATENCY.as_secs_f64() / as_f64(patience.calls as u64);
        let busy = (own + theirs) / as_f64(cores as u64);
        let bound = [chain, held_back, in_flight, busy]
            .into_iter()
            .fold(0.0, f64::max);
        println!(
            "\n{round}: {} feeds, {calls} calls, {} items, {} failed",
            seen.feeds, seen.items, seen.failed
        );
        println!("  measured            {took:7.2} s");
        println!(
            "  critical path       {chain:7.2} s   {} calls in a row",
            seen.chain
        );
        println!("  permitted rate      {held_back:7.2} s   {busiest}");
        println!("  concurrency         {in_flight:7.2} s");
        println!(
            "  work ÷ {cores} cores      {busy:7.2} s   noctop {own:.2} s, simulator {theirs:.2} s"
        );
        println!("  measured ÷ largest  {:7.2}", took / bound);
    }
    Ok(())
}

/// What one sweep showed.
#[derive(Default)]
struct Seen {
    feeds: usize,
    items: usize,
    failed: usize,
    /// The longest chain of calls: the survey, the role, and the longest feed.
    chain: u32,
}

async fn sweep(endpoint: &str, patience: Patience) -> Result<Seen, Trouble> {
    let spec = FleetSpec {
        organization: Some(OrganizationSpec {
            role_name: "noctop".into(),
            ..OrganizationSpec::default()
        }),
        regions: ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2"]
            .into_iter()
            .filter_map(|r| r.parse().ok())
            .collect(),
        endpoint_url: Some(endpoint.to_owned()),
        keys: Some(StaticKeys {
            id: "demo".into(),
            secret: "demo".into(),
        }),
        ..FleetSpec::default()
    };
    let clock: Arc<SystemClock> = Arc::new(SystemClock);
    let fleet = Fleet::open(spec, patience, clock.clone())
        .await
        .map_err(|fault| fault.to_string())?;
    let (tx, mut rx) = tokio::sync::mpsc::channel::<Batch>(256);
    let reader = tokio::spawn(async move {
        let mut store = Store::new(noctop::store::Settings::default());
        let mut seen = Seen::default();
        let mut survey = 0;
        let mut longest = 0;
        while let Some(batch) = rx.recv().await {
            match &batch.body {
                Body::End { calls, .. } | Body::Failed { calls, .. } => {
                    seen.feeds += 1;
                    if batch.feed.source == SourceId::Organizations {
                        survey = *calls;
                    } else {
                        longest = longest.max(*calls);
                    }
                }
                _ => {}
            }
            if let Body::Failed { fault, .. } = &batch.body {
                seen.failed += 1;
                if seen.failed <= 3 {
                    eprintln!("{}: {fault}", batch.feed);
                }
            }
            store.apply(batch);
        }
        seen.items = store.rows().count();
        seen.chain = survey + 1 + longest;
        seen
    });
    sweep_once(
        &fleet,
        &Settings::default(),
        Kind::ALL,
        Duration::from_secs(300),
        clock,
        tx,
    )
    .await;
    Ok(reader.await?)
}

/// For how long the documented quotas hold back the busiest operation of any scope, and which that is.
fn held_back(report: &Value) -> (f64, String) {
    let rows = report.get("operations").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(|row| {
            let text = |key: &str| row.get(key).and_then(Value::as_str);
            let service = text("service")?.replace("monitoring", "cloudwatch");
            let name = text("operation")?;
            let action = format!("{service}:{name}");
            let op = ops::READS.iter().find(|op| op.action == action)?;
            let calls = row.get("calls").and_then(Value::as_u64)?;
            let over = calls.saturating_sub(u64::from(op.quota.burst));
            let held = as_f64(over) / f64::from(op.quota.per_second);
            Some((held, format!("{op}: {calls} calls in one scope")))
        })
        .fold((0.0, "nothing is held back".to_owned()), |most, one| {
            if one.0 > most.0 { one } else { most }
        })
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls")]
const fn as_f64(n: u64) -> f64 {
    n as f64
}
