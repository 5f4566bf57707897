//! The whole machinery: sweeps that end, and a poller that never does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use noctop::domain::{Batch, Body, Cover, FaultKind, Feed, Kind, Scope, Slice, SourceId};
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

async fn sweep(fleet: &Arc<noctop::aws::fleet::Fleet>, patience: Duration) -> Vec<Batch> {
    sweep_of(fleet, &[Kind::Alarm], patience).await
}

async fn sweep_of(
    fleet: &Arc<noctop::aws::fleet::Fleet>,
    kinds: &[Kind],
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
    sweep_once(fleet, &Settings::default(), kinds, patience, clock(), tx).await;
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

/// A poller of the whole fleet, and what it tells.
async fn watch(sim: &noctop::sim::Simulator) -> (Live, mpsc::Receiver<Batch>) {
    let fleet = noctop::aws::fleet::Fleet::open(spec(sim), patient(), clock())
        .await
        .unwrap();
    let (tx, rx) = mpsc::channel(64);
    (Live::start(fleet, Settings::default(), clock(), tx), rx)
}

/// Nobody is asked for whom the organization speaks; whoever it named in one region alone may be asked in the other, or not any more.
fn is_asked_as_covered(covered: &BTreeSet<Scope>, vantage: Scope, calls: u32) {
    let is_named = covered.iter().any(|scope| scope.account == vantage.account);
    assert!(calls == 0 || !covered.contains(&vantage), "{vantage}");
    assert!(calls > 0 || is_named, "{vantage}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_asks_nobody_at_first_for_whom_somebody_speaks() {
    let sim = simulator();
    let (live, mut rx) = watch(&sim).await;
    let mut covered = BTreeSet::new();
    let mut asked = BTreeMap::new();
    while asked.len() < 6 {
        let batch = rx.recv().await.unwrap();
        let (slice, vantage) = (batch.feed.slice.0, batch.feed.vantage);
        match (batch.body, batch.covers) {
            (Body::End { .. }, Cover::Scopes(scopes)) if slice == "org-backup" => {
                covered.extend(scopes.iter().copied());
            }
            (Body::End { calls, .. }, _) if slice == "backup" => {
                asked.entry(vantage).or_insert(calls);
            }
            _ => {}
        }
    }
    assert!(!covered.is_empty());
    for (vantage, calls) in asked {
        is_asked_as_covered(&covered, vantage, calls);
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_the_organization_that_fail_blind_nobody_who_is_asked_themselves() {
    let sim = simulator();
    let (live, mut rx) = watch(&sim).await;
    let mut ended = async |failed: bool| loop {
        let batch = rx.recv().await.unwrap();
        let is_meant =
            batch.feed.source == SourceId::Health && batch.feed.slice.0 == "organization";
        match batch.body {
            Body::End { .. } if is_meant && !failed => break (batch.feed, batch.covers),
            Body::Failed { .. } if is_meant && failed => break (batch.feed, batch.covers),
            _ => {}
        }
    };
    let (feed, whole) = ended(false).await;
    let fails = Fault::new(Faulty::ServerError).operation("DescribeEventsForOrganization");
    let id = sim.faults().add(fails).unwrap();
    live.refresh(vec![feed]);
    let (_, nobody) = ended(true).await;
    assert_eq!(nobody, Cover::Scopes(Arc::default()));
    sim.faults().remove(id);
    live.refresh(vec![feed]);
    let (_, again) = ended(false).await;
    assert_eq!(again, whole);
    live.stop().await;
}

/// How AWS refuses keys that it does not know, in a region that is off as everywhere.
fn unknown_keys(fault: Fault) -> Fault {
    Fault {
        code: Some("UnrecognizedClientException".into()),
        status: Some(403),
        message: Some("The security token included in the request is invalid.".into()),
        ..fault
    }
}

/// How every feed ended at last, where it was asked more than once.
fn kinds_in(batches: &[Batch], region: &str) -> BTreeSet<Option<FaultKind>> {
    outcomes(batches)
        .into_iter()
        // Where the organization answers for the account, nothing is asked of it.
        .filter(|(feed, _)| feed.slice.0 != "backup")
        .filter(|(feed, _)| feed.vantage == scope(ACCOUNT, region))
        .map(|(_, outcome)| outcome)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_tells_a_region_that_is_off_from_bad_keys() {
    let sim = simulator();
    sim.faults()
        .add(unknown_keys(
            Fault::new(Faulty::Error)
                .account(ACCOUNT)
                .region("us-east-1"),
        ))
        .unwrap();
    let fleet = open(spec(&sim), patient()).await;
    let batches = sweep_of(&fleet, Kind::ALL, Duration::from_secs(60)).await;
    assert_eq!(
        kinds_in(&batches, "us-east-1"),
        [Some(FaultKind::RegionOff)].into()
    );
    assert_eq!(kinds_in(&batches, "eu-west-1"), [None].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_hears_again_who_may_have_been_misjudged() {
    let sim = simulator();
    // STS cannot be asked, so that only the answers of the other region can tell.
    let refused = Fault::new(Faulty::ServerError)
        .service("sts")
        .operation("GetCallerIdentity")
        .account(ACCOUNT);
    sim.faults().add(refused).unwrap();
    sim.faults()
        .add(unknown_keys(
            Fault::new(Faulty::Error)
                .account(ACCOUNT)
                .region("us-east-1"),
        ))
        .unwrap();
    // The other region answers late: everything in this one has been judged by then.
    sim.faults()
        .add(
            Fault::new(Faulty::Latency)
                .delay("300ms")
                .account(ACCOUNT)
                .region("eu-west-1"),
        )
        .unwrap();
    let fleet = open(spec(&sim), patient()).await;
    let batches = sweep_of(&fleet, Kind::ALL, Duration::from_secs(60)).await;
    assert_eq!(
        kinds_in(&batches, "us-east-1"),
        [Some(FaultKind::RegionOff)].into()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_withdrawn_blind_the_feeds_and_turn_no_region_off() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let before = sweep_of(&fleet, Kind::ALL, Duration::from_secs(60)).await;
    assert_eq!(kinds_in(&before, "us-east-1"), [None].into());
    sim.faults()
        .add(unknown_keys(Fault::new(Faulty::Error).account(ACCOUNT)))
        .unwrap();
    let after = sweep_of(&fleet, Kind::ALL, Duration::from_secs(60)).await;
    for region in ["eu-west-1", "us-east-1"] {
        assert_eq!(
            kinds_in(&after, region),
            [Some(FaultKind::Expired)].into(),
            "{region}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_asks_the_organization_first_and_its_members_where_it_is_refused() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let asked = |batches: &[Batch]| -> BTreeMap<Feed, u32> {
        let calls = batches.iter().filter_map(|b| match b.body {
            Body::End { calls, .. } => Some((b.feed, calls)),
            _ => None,
        });
        calls.filter(|(feed, _)| feed.slice.0 == "backup").collect()
    };
    let covered = |batches: &[Batch]| -> BTreeSet<_> {
        batches
            .iter()
            .filter(|b| b.feed.slice.0 == "org-backup" && matches!(b.body, Body::End { .. }))
            .flat_map(|b| match &b.covers {
                Cover::Scopes(scopes) => scopes.to_vec(),
                Cover::Vantage => Vec::new(),
            })
            .collect()
    };
    let batches = sweep_of(&fleet, &[Kind::Backup], Duration::from_secs(60)).await;
    let covered = covered(&batches);
    assert!(!covered.is_empty());
    for (feed, calls) in asked(&batches) {
        is_asked_as_covered(&covered, feed.vantage, calls);
    }
    // Refused: everybody is asked for themselves.
    sim.faults()
        .add(
            Fault::new(Faulty::Deny)
                .service("backup")
                .operation("ListBackupJobs")
                .account("management"),
        )
        .unwrap();
    let batches = sweep_of(&fleet, &[Kind::Backup], Duration::from_secs(60)).await;
    let asked = asked(&batches);
    assert!(
        !asked.is_empty() && asked.values().all(|calls| *calls > 0),
        "{asked:?}"
    );
}
