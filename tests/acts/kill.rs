//! A console is killed at every point of an action: nothing is done twice, nothing is missing from the journal, and what
//! was left open is closed by what really happened.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use noctop::audit::Receipt;
use noctop::audit::record::Whole;
use noctop::aws::ops::act::intent;
use noctop::aws::ops::commands::SendCommand;
use noctop::aws::ops::look::VISIBLE_AFTER;
use noctop::aws::ops::{Change as _, close};
use noctop::clock::Timestamp;
use noctop::sim::Simulator;
use noctop::sim::faults::{Fault, Kind};

use super::stand::{PAYMENTS, fleet, journal, patience, scope, simulator, text};

/// Where the console dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    BeforeIntent,
    AfterIntent,
    /// The request is under way; it never arrives.
    Sending,
    /// It was carried out, and the answer never came.
    Lost,
    BeforeOutcome,
    /// Whenever it happens.
    Random(u32),
}

const ARMED: [Point; 5] = [
    Point::BeforeIntent,
    Point::AfterIntent,
    Point::Sending,
    Point::Lost,
    Point::BeforeOutcome,
];

impl Point {
    const fn word(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before-intent",
            Self::AfterIntent => "after-intent",
            Self::Sending => "sending",
            Self::Lost => "lost",
            Self::BeforeOutcome => "before-outcome",
            Self::Random(_) => "random",
        }
    }
}

fn die() -> ! {
    let own = rustix::process::getpid();
    rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
    unreachable!("SIGKILL cannot be outlived")
}

/// The console that is killed: a process of its own, which acts once.
#[test]
#[ignore = "run by the other tests, as a process of its own"]
fn console() {
    let given = |name: &str| std::env::var(name);
    let Ok(endpoint) = given("NOCTOP_TEST_ENDPOINT") else {
        return;
    };
    let path = given("NOCTOP_TEST_JOURNAL").unwrap();
    let point = given("NOCTOP_TEST_POINT").unwrap();
    let at = Timestamp::from_millis(given("NOCTOP_TEST_NOW").unwrap().parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let fleet = fleet(&endpoint, patience(), at).await;
        let journal = journal(path.as_ref(), "ana", None, at);
        let access = fleet.access(scope(PAYMENTS)).unwrap();
        let change = SendCommand {
            document: "AWS-RunShellScript".into(),
            parameters: BTreeMap::from([("commands".into(), vec!["uptime".into()])]),
            instances: vec![given("NOCTOP_TEST_INSTANCE").unwrap()],
            ..SendCommand::default()
        };
        // `perform`, step by step.
        let wanted = intent(&change, &access, "runbook restart-service", "");
        if point == "before-intent" {
            die();
        }
        let permit = journal.begin(wanted, &fleet.census().roster).await.unwrap();
        if point == "after-intent" {
            die();
        }
        let id = permit.intent();
        let outcomes = change.send(&access, permit).await;
        if point == "before-outcome" || point == "lost" {
            die();
        }
        journal.finish(&Receipt::new(id, outcomes)).await.unwrap();
    });
}

fn spawn(sim: &Simulator, path: &std::path::Path, instance: &str, point: Point) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "kill::console",
            "--test-threads",
            "1",
        ])
        .env("NOCTOP_TEST_ENDPOINT", sim.endpoint())
        .env("NOCTOP_TEST_JOURNAL", path)
        .env("NOCTOP_TEST_POINT", point.word())
        .env("NOCTOP_TEST_NOW", sim.world().now().as_millis().to_string())
        .env("NOCTOP_TEST_INSTANCE", instance)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets a console act and die, and looks at what is left: in the journal and in AWS.
async fn kill_at(sim: &Simulator, path: &std::path::Path, instance: &str, point: Point) {
    let fault = match point {
        Point::Sending => Some(Kind::Hang),
        Point::Lost => Some(Kind::Lost),
        _ => None,
    };
    let fault = fault.map(|kind| {
        sim.faults()
            .add(Fault::new(kind).operation("SendCommand"))
            .unwrap()
    });
    let sent = || sim.calls().count("ssm", "SendCommand").calls;
    let (sent_before, acts_before) = (sent(), Whole::read(path).unwrap().acts().len());
    let mut console = spawn(sim, path, instance, point);
    let began = Instant::now();
    match point {
        Point::Sending => while sent() == sent_before && console.try_wait().unwrap().is_none() {},
        Point::Random(after) => {
            let after = Duration::from_micros(after.into());
            while began.elapsed() < after && console.try_wait().unwrap().is_none() {}
        }
        _ => {
            let ended = console.wait().unwrap();
            use std::os::unix::process::ExitStatusExt as _;
            assert_eq!(ended.signal(), Some(9), "{point:?}: it was to be killed");
        }
    }
    let _ = console.kill();
    console.wait().unwrap();
    if let Some(id) = fault {
        sim.faults().remove(id);
    }

    // The next console starts, when a command that was sent would long be seen.
    let later = sim.world().now().plus(VISIBLE_AFTER * 2);
    let next = journal(path, "bo", None, later);
    let fleet = fleet(&sim.endpoint(), patience(), later).await;
    for closed in close(&next, &fleet).await {
        assert!(closed.receipt.is_ok(), "{point:?}: {closed:#?}");
    }
    let whole = Whole::read(path).unwrap();
    assert_eq!(whole.flaws(), [], "{point:?}");
    let acts = whole.acts();
    let new = acts.len() - acts_before;
    let sent = sent() - sent_before;
    assert!(sent <= 1, "{point:?}: sent {sent} times");
    assert!(
        new as u64 >= sent,
        "{point:?}: something was sent that is not in the journal"
    );
    let truth = sim.truth("ssm", PAYMENTS, "eu-west-1").unwrap();
    for act in &acts[acts_before..] {
        let token = act.began.text("token");
        let commands = truth["Commands"].as_array().unwrap().iter();
        let made = commands
            .filter(|c| text(c, "Comment").contains(token))
            .count();
        let wanted = if made == 1 { "ok" } else { "failed" };
        assert!(made <= 1, "{point:?}: run {made} times");
        assert_eq!(act.result(), wanted, "{point:?}");
    }
    match point {
        Point::BeforeIntent => assert_eq!((new, sent), (0, 0)),
        Point::AfterIntent => assert_eq!((new, sent), (1, 0)),
        Point::Sending | Point::Lost | Point::BeforeOutcome => assert_eq!((new, sent), (1, 1)),
        Point::Random(_) => assert!(new <= 1),
    }
}

async fn kill_often(rounds: u32, random: u32) {
    let sim = simulator();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let truth = sim.truth("ssm", PAYMENTS, "eu-west-1").unwrap();
    let nodes = truth["InstanceInformationList"].as_array().unwrap();
    let online = nodes
        .iter()
        .find(|n| text(n, "PingStatus") == "Online")
        .unwrap();
    let instance = text(online, "InstanceId");
    for _ in 0..rounds {
        for point in ARMED {
            kill_at(&sim, &path, instance, point).await;
        }
    }
    // Spread over the life of a console, from its first instruction to past its last.
    let began = Instant::now();
    let mut whole = spawn(&sim, &path, instance, Point::Random(0));
    whole.wait().unwrap();
    let life = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
    for n in 0..random {
        let after = (u64::from(life) * u64::from(n * 7919 % 1000) / 900) as u32;
        kill_at(&sim, &path, instance, Point::Random(after)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_console_leaves_nothing_undone_twice_or_unwritten() {
    kill_often(1, 3).await;
}

/// Two hundred times at each point; `docs/performance.md` has the command and the last result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes"]
async fn two_hundred_times_at_every_point() {
    kill_often(200, 200).await;
}
