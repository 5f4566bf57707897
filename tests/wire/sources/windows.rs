//! Maintenance windows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use noctop::domain::window::{WindowDetail, WindowPhase};
use noctop::domain::{Detail, Feed, Item, ItemState, Severity, Slice, SourceId};
use noctop::sim::faults::{Fault, Kind};
use noctop::sources::Settings;
use noctop::store::{self, Store};

use super::stand::{EU, PAYMENTS, Stand, WEB, at, scope};

/// Daily windows that opened three hours ago and went each their way, and two that are still to open.
const WINDOWS: &str = r#"
[windows]
per_cell = 0

[[windows.window]]
name = "goes-well"
opened = "3h"
hours = 2

[[windows.window]]
name = "fails"
opened = "3h"
hours = 2
habit = "fails"

[[windows.window]]
name = "runs-out-of-time"
opened = "3h"
hours = 2
habit = "times-out"

[[windows.window]]
name = "is-skipped"
opened = "3h"
hours = 2
habit = "skips"

[[windows.window]]
name = "never-began"
opened = "3h"
hours = 2
habit = "misses"

[[windows.window]]
name = "is-off"
opened = "3h"
hours = 2
habit = "misses"
enabled = false

[[windows.window]]
name = "opens-soon"
opens = "30m"
hours = 2

[[windows.window]]
name = "will-not-open"
opens = "30m"
hours = 2
habit = "misses"
"#;

fn detail(item: &Item) -> &WindowDetail {
    match &item.detail {
        Detail::Window(detail) => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_window_is_there_and_stands_as_it_went() {
    let mut stand = Stand::new(WINDOWS).await;
    let said = stand
        .ask_scope(SourceId::Windows, "all", scope(PAYMENTS, EU))
        .await;
    let truth = stand.truth("ssm", scope(PAYMENTS, EU));
    let listed: BTreeSet<&str> = truth["MaintenanceWindows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|window| window["WindowId"].as_str().unwrap())
        .collect();
    assert_eq!(listed.len(), 8);
    assert_eq!(
        said.records.keys().map(|id| &**id).collect::<BTreeSet<_>>(),
        listed
    );
    for (name, phase, severity, state) in [
        (
            "goes-well",
            WindowPhase::Waiting,
            Severity::Info,
            ItemState::Calm,
        ),
        (
            "fails",
            WindowPhase::Failed,
            Severity::High,
            ItemState::Open,
        ),
        (
            "runs-out-of-time",
            WindowPhase::Failed,
            Severity::Medium,
            ItemState::Open,
        ),
        (
            "is-skipped",
            WindowPhase::Failed,
            Severity::Medium,
            ItemState::Open,
        ),
        (
            "never-began",
            WindowPhase::Missed,
            Severity::High,
            ItemState::Open,
        ),
        (
            "is-off",
            WindowPhase::Disabled,
            Severity::Info,
            ItemState::Calm,
        ),
        (
            "opens-soon",
            WindowPhase::Waiting,
            Severity::Info,
            ItemState::Calm,
        ),
    ] {
        let item = said.named(name);
        assert_eq!(
            (detail(item).phase, item.severity, item.state),
            (phase, severity, state),
            "{name}: {}",
            item.title
        );
    }
    let missed = said.named("never-began");
    assert_eq!(missed.episode, at("2026-11-21T03:00:00Z"));
    assert_eq!(
        detail(said.named("opens-soon")).next,
        Some(at("2026-11-21T06:30:00Z"))
    );
    let failed = detail(said.named("fails")).last.as_ref().unwrap();
    assert!(
        failed
            .tasks
            .iter()
            .any(|task| task.status.as_ref() == "FAILED")
    );
}

#[tokio::test]
async fn a_window_that_does_not_open_is_missed_while_one_that_does_runs() {
    let mut stand = Stand::new(WINDOWS).await;
    let here = scope(WEB, EU);
    stand.ask_scope(SourceId::Windows, "all", here).await;
    stand.clock.advance(Duration::from_secs(32 * 60));
    let said = stand.ask_scope(SourceId::Windows, "all", here).await;
    let running = said.named("opens-soon");
    assert_eq!(
        detail(running).phase,
        WindowPhase::Running,
        "{}",
        running.title
    );
    assert!(!detail(running).current.as_ref().unwrap().tasks.is_empty());
    // Its tolerance is not over yet.
    assert_ne!(
        detail(said.named("will-not-open")).phase,
        WindowPhase::Missed
    );
    stand.clock.advance(Duration::from_secs(15 * 60));
    let said = stand.ask_scope(SourceId::Windows, "all", here).await;
    let missed = said.named("will-not-open");
    assert_eq!(detail(missed).phase, WindowPhase::Missed);
    assert_eq!(missed.episode, at("2026-11-21T06:30:00Z"));
}

#[tokio::test]
async fn quiet_windows_cost_one_call() {
    let mut stand = Stand::new(WINDOWS).await;
    let here = scope(PAYMENTS, EU);
    let first = stand.ask_scope(SourceId::Windows, "all", here).await;
    assert!(first.calls > 16, "{}", first.calls);
    stand.clock.advance(Duration::from_secs(180));
    let second = stand.ask_scope(SourceId::Windows, "all", here).await;
    assert_eq!(second.calls, 1);
    assert_eq!(first.records, second.records, "what was learned is kept");
}

#[tokio::test]
async fn a_window_is_read_afresh_with_its_executions() {
    let mut stand = Stand::new(WINDOWS).await;
    let here = scope(PAYMENTS, EU);
    let said = stand.ask_scope(SourceId::Windows, "all", here).await;
    let feed = Feed {
        source: SourceId::Windows,
        vantage: here,
        slice: Slice::ALL,
    };
    let item = said.named("fails");
    let raw = stand.raw(feed, item).await;
    assert_eq!(raw["WindowId"].as_str(), Some(&*item.key.id));
    assert_eq!(
        raw["WindowExecutions"][0]["Status"].as_str(),
        Some("FAILED")
    );
}

#[tokio::test]
async fn a_window_whose_runs_cannot_be_read_hides_no_other_and_no_failure() {
    let mut stand = Stand::new(WINDOWS).await;
    let here = scope(PAYMENTS, EU);
    let plan = stand.plan(SourceId::Windows, &Settings::default());
    let planned = plan.into_iter().find(|p| p.feed.vantage == here).unwrap();
    let mut store = Store::new(store::Settings::default());
    let phases = |store: &Store| -> BTreeMap<String, WindowPhase> {
        let rows = store.rows().map(|(_, row)| row.item());
        rows.map(|item| (item.name.to_string(), detail(item).phase))
            .collect()
    };
    let broken = || {
        Fault::new(Kind::ServerError)
            .service("ssm")
            .operation("DescribeMaintenanceWindowExecutions")
            .account(PAYMENTS)
            .region(EU)
    };
    // At first nothing at all can be said of the runs: every window is there, and none of them waits in peace.
    let fault = stand.sim.faults().add(broken()).unwrap();
    let (batches, outcome) = stand.ask_for_batches(&planned).await;
    batches
        .into_iter()
        .for_each(|batch| drop(store.apply(batch)));
    let told = outcome.unwrap_err();
    assert!(told.message.contains("The runs of 8 of 8"), "{told}");
    let unread = phases(&store);
    assert_eq!(unread.len(), 8);
    assert!(
        unread
            .values()
            .all(|p| matches!(p, WindowPhase::Unread | WindowPhase::Disabled))
    );
    // The others would have failed alike and were not even tried.
    let calls = stand
        .sim
        .calls()
        .count("ssm", "DescribeMaintenanceWindowExecutions");
    assert_eq!(calls.calls, 3);
    stand.sim.faults().remove(fault);
    let (batches, outcome) = stand.ask_for_batches(&planned).await;
    outcome.unwrap();
    batches
        .into_iter()
        .for_each(|batch| drop(store.apply(batch)));
    let known = phases(&store);
    assert!(
        known.values().all(|phase| *phase != WindowPhase::Unread),
        "{known:?}"
    );
    // Later they cannot be read again: what failed goes on failing, what was well is not known to be.
    stand.clock.advance(Duration::from_secs(2 * 3_600));
    stand.sim.faults().add(broken()).unwrap();
    let (batches, outcome) = stand.ask_for_batches(&planned).await;
    outcome.unwrap_err();
    batches
        .into_iter()
        .for_each(|batch| drop(store.apply(batch)));
    for (name, phase) in phases(&store) {
        let expected = match known[&name] {
            WindowPhase::Waiting => WindowPhase::Unread,
            as_before => as_before,
        };
        assert_eq!(phase, expected, "{name}");
    }
    let items: Vec<_> = store.rows().map(|(_, row)| row.item().clone()).collect();
    assert_eq!(items.len(), 8);
    let failed = items.iter().find(|item| &*item.name == "fails").unwrap();
    assert_eq!(failed.state, ItemState::Open);
    assert!(
        detail(failed).unread.is_some() && failed.title.contains("could not be read"),
        "{}",
        failed.title
    );
}
