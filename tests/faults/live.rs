//! The whole machinery: sweeps that end, and a poller that never does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use noctop::domain::{Batch, Body, FaultKind, Feed, Kind, Slice, SourceId};
use noctop::sim::faults::{Fault, Kind as Faulty};
use noctop::sources::{Live, Settings, sweep_once};
use tokio::sync::mpsc;

use super::stand::{ACCOUNT, clock, open, patient, scope, simulator, spec};

/// How every feed ended in these batches; feeds that were only announced are missing.
fn outcomes(batches: &[Batch]) -> BTreeMap<Feed, Option<FaultKind>> {
    batches
        .iter()
        .filter_map(|b| match &b.body {
            Body::End { .. } => Some((b.feed, None)),
            Body::Failed { fault, .. } => Some((b.feed, Some(fault.kind))),
            _ => None,
        })
        .collect()
}

async fn sweep(
    fleet: &std::sync::Arc<noctop::aws::fleet::Fleet>,
    patience: Duration,
) -> Vec<Batch> {
    let (tx, mut rx) = mpsc::channel(64);
    let collect = tokio::spawn(async move {
        let mut batches = Vec::new();
        while let Some(batch) = rx.recv().await {
            batches.push(batch);
        }
        batches
    });
    sweep_once(
        fleet,
        &Settings::default(),
        &[Kind::Alarm],
        patience,
        clock(),
        tx,
    )
    .await;
    collect.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_announces_asks_everything_once_and_ends() {
    let sim = simulator();
    let fleet = noctop::aws::fleet::Fleet::open(spec(&sim), patient(), clock())
        .await
        .unwrap();
    sim.faults()
        .add(
            Fault::new(Faulty::Deny)
                .service("monitoring")
                .account(ACCOUNT)
                .region("us-east-1"),
        )
        .unwrap();
    let batches = sweep(&fleet, Duration::from_secs(60)).await;
    let outcomes = outcomes(&batches);
    // Three accounts in two regions, and the survey.
    assert_eq!(outcomes.len(), 7, "{outcomes:?}");
    for (feed, outcome) in &outcomes {
        let denied = feed.vantage == scope(ACCOUNT, "us-east-1");
        assert_eq!(*outcome, denied.then_some(FaultKind::Denied), "{feed}");
        let began = batches
            .iter()
            .filter(|b| b.feed == *feed && matches!(b.body, Body::Begin));
        assert_eq!(began.count(), 1, "{feed}");
        let first = batches.iter().find(|b| b.feed == *feed).unwrap();
        assert!(
            matches!(first.body, Body::Planned { .. }),
            "{feed} was not announced"
        );
    }
    // The faster slice is a part of the whole: a sweep leaves it out.
    assert!(
        outcomes
            .keys()
            .all(|f| f.source != SourceId::Cloudwatch || f.slice == Slice::ALL)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_does_not_wait_for_a_region_that_hangs() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    sim.faults()
        .add(
            Fault::new(Faulty::Hang)
                .service("monitoring")
                .region("us-east-1"),
        )
        .unwrap();
    let batches = sweep(&fleet, Duration::from_millis(1500)).await;
    let outcomes = outcomes(&batches);
    assert_eq!(outcomes.len(), 7);
    for (feed, outcome) in outcomes {
        let hangs = feed.vantage.region.as_str() == "us-east-1";
        assert_eq!(outcome, hangs.then_some(FaultKind::Unreachable), "{feed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poller_goes_on_through_failure_and_recovers_when_asked() {
    let sim = simulator();
    let fleet = noctop::aws::fleet::Fleet::open(spec(&sim), patient(), clock())
        .await
        .unwrap();
    let deny = Fault::new(Faulty::Deny).service("organizations");
    let id = sim.faults().add(deny).unwrap();
    let (tx, mut rx) = mpsc::channel(64);
    let live = Live::start(fleet, Settings::default(), clock(), tx);
    // First the organization cannot be listed.
    let survey = loop {
        let batch = rx.recv().await.unwrap();
        if matches!(batch.body, Body::Failed { .. }) {
            break batch.feed;
        }
        assert_eq!(batch.feed.source, SourceId::Organizations);
    };
    // Then it can, and an operator says so.
    sim.faults().remove(id);
    live.refresh(vec![survey]);
    let mut waiting: Option<BTreeSet<Feed>> = None;
    let mut ended = BTreeSet::new();
    while waiting.as_ref().is_none_or(|w| !w.is_subset(&ended)) {
        let batch = rx.recv().await.unwrap();
        match batch.body {
            Body::Planned { .. } if batch.feed.source == SourceId::Cloudwatch => {
                waiting.get_or_insert_default().insert(batch.feed);
            }
            Body::End { .. } => {
                ended.insert(batch.feed);
            }
            Body::Failed { fault, .. } if batch.feed.source == SourceId::Cloudwatch => {
                panic!("{}: {fault}", batch.feed);
            }
            _ => {}
        }
    }
    // Both slices in all scopes.
    assert_eq!(waiting.unwrap().len(), 12);
    live.stop().await;
    // Nothing is sent after the stop: the channel runs dry and closes.
    while rx.recv().await.is_some() {}
}
