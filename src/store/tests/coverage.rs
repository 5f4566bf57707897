//! What is known about feeds.

use std::time::Duration;

use super::world::*;
use crate::domain::alarm::AlarmState::Alarm;
use crate::domain::{Body, Cover, FaultKind, FeedState, Kind, SourceId};
use crate::store::{Only, Settings, Store};

const EVERY: Duration = Duration::from_secs(30);

fn planned() -> Store {
    let mut s = Store::new(Settings::default());
    s.apply(batch(alarms(), 0, 0, Body::Planned { every: EVERY }));
    s
}

fn state(s: &Store, secs: i64) -> (FeedState, i64) {
    let report = s.feed(&alarms(), at(secs)).unwrap();
    (report.state, report.since.as_secs() - T0)
}

#[test]
fn a_feed_lives_through_its_states() {
    let mut s = planned();
    assert_eq!(state(&s, 5), (FeedState::Loading, 0));
    s.apply(batch(alarms(), 1, 6, page([alarm("a", Alarm, 0)])));
    assert_eq!(state(&s, 7), (FeedState::Loading, 0));
    s.apply(batch(alarms(), 1, 10, end()));
    assert_eq!(state(&s, 70), (FeedState::Fresh, 10));
    // Late without any word from outside: older than twice its own interval.
    assert_eq!(
        s.next_deadline(),
        Some(at(70).plus(Duration::from_millis(1)))
    );
    assert_eq!(state(&s, 71), (FeedState::Late, 70));
    s.apply(batch(alarms(), 2, 80, end()));
    s.apply(batch(alarms(), 3, 110, end()));
    assert_eq!(
        state(&s, 111),
        (FeedState::Fresh, 80),
        "fresh without interruption since"
    );
    s.apply(batch(alarms(), 4, 120, failed(FaultKind::Throttled)));
    s.apply(batch(alarms(), 5, 130, failed(FaultKind::Denied)));
    assert_eq!(state(&s, 500), (FeedState::Blind, 120));
    let report = s.feed(&alarms(), at(500)).unwrap();
    assert_eq!(
        report.success,
        Some(at(110)),
        "the old answer keeps its age"
    );
    assert_eq!(report.age, Some(Duration::from_secs(390)));
    assert_eq!(report.fault.map(|f| f.kind), Some(FaultKind::Denied));
    s.apply(batch(alarms(), 6, 510, failed(FaultKind::Disabled)));
    assert_eq!(state(&s, 511), (FeedState::Off, 510));
    s.apply(batch(alarms(), 7, 520, end()));
    assert_eq!(state(&s, 521), (FeedState::Fresh, 520));
}

#[test]
fn only_blind_feeds_make_totals_partial() {
    let mut s = planned();
    let hub = feed(SourceId::Securityhub, "all");
    s.apply(batch(hub, 1, 0, failed(FaultKind::Disabled)));
    s.apply(batch(alarms(), 1, 10, end()));
    let all = s.coverage(&Only::default(), at(100));
    assert_eq!((all.feeds, all.late, all.off, all.blind), (2, 1, 1, 0));
    assert!(!all.is_partial());
    s.apply(batch(alarms(), 2, 110, failed(FaultKind::Unreachable)));
    assert!(s.is_partial(&[Kind::Alarm, Kind::Backup], at(110)));
    assert!(!s.is_partial(&[Kind::Finding], at(110)));
    assert!(s.is_partial(&[], at(110)), "no kind means all");
    let only = Only {
        regions: vec!["us-east-1".parse().unwrap()],
        ..Only::default()
    };
    assert_eq!(s.coverage(&only, at(110)).feeds, 0);
}

#[test]
fn a_fleet_that_could_not_be_listed_touches_every_total() {
    let mut s = planned();
    s.apply(batch(alarms(), 1, 10, end()));
    s.apply(batch(
        feed(SourceId::Organizations, "all"),
        1,
        11,
        failed(FaultKind::Denied),
    ));
    for kind in Kind::ALL {
        assert!(s.is_partial(&[*kind], at(12)), "{kind}");
    }
}

#[test]
fn the_matrix_shows_the_worst_of_a_cell() {
    let mut s = planned();
    s.apply(batch(alarms(), 1, 10, end()));
    s.apply(batch(
        feed(SourceId::Cloudwatch, "alarm"),
        1,
        10,
        failed(FaultKind::Denied),
    ));
    let other = scope(222_222_222_222, "us-east-1");
    let mut organization = batch(feed(SourceId::Backup, "backup"), 1, 10, end());
    organization.covers = Cover::Scopes([other].into());
    s.apply(organization);
    let matrix = s.matrix(at(11));
    let cell = |scope, source: SourceId| matrix.cells.get(&scope).and_then(|c| c[source as usize]);
    assert_eq!(cell(home(), SourceId::Cloudwatch), Some(FeedState::Blind));
    assert_eq!(
        cell(home(), SourceId::Backup),
        None,
        "its vantage is not what it speaks for"
    );
    assert_eq!(cell(other, SourceId::Backup), Some(FeedState::Fresh));
    let only = Only {
        accounts: vec![other.account],
        ..Only::default()
    };
    assert_eq!(s.coverage(&only, at(11)).feeds, 1);
}
