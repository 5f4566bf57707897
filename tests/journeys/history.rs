//! What happened while somebody watched is on record, once, however many watched; and what nobody watched is unknown.

use std::path::Path;
use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use noctop::clock::Timestamp;
use noctop::domain::{FeedState, Kind};
use noctop::history::tally::tally;
use noctop::history::watch::Span;
use noctop::history::{History, KEEP, Reading, read};
use noctop::sim::faults::{Fault, Kind as Faulty};
use tempfile::TempDir;

use super::shift::{PAYMENTS, REGION, Shift};

fn at(clock: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-21T{clock}:00Z")).unwrap()
}

/// A shift that records into the file in this folder.
fn recording(home: &TempDir, session: &str) -> (Shift, History) {
    let mut shift = Shift::begin();
    let path = home.path().join("history.db");
    let history = History::open(&path, session, "jump", KEEP).unwrap();
    shift.record(history.clone());
    shift.until_loaded();
    (shift, history)
}

/// What is on record once everything handed over is written.
fn recorded(shift: &mut Shift, history: &History, path: &Path, from: &str, until: &str) -> Reading {
    shift.pass(Duration::from_secs(1));
    assert!(history.settle(Duration::from_secs(60)));
    let window = Span {
        from: at(from),
        until: at(until),
    };
    read(path, window).unwrap()
}

fn story(reading: &Reading, name: &str) -> Vec<(Timestamp, bool, Option<Timestamp>)> {
    let episodes = reading.episodes.iter();
    episodes
        .filter(|episode| &*episode.item.key.id == name)
        .map(|episode| (episode.came, episode.seen, episode.cleared))
        .collect()
}

#[test]
fn an_alarm_that_clears_and_fires_again_is_two_episodes_whoever_watched() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("history.db");
    let (mut shift, history) = recording(&home, "a");
    shift.press("2").filter("queue-age").press("g g");
    shift.pass(Duration::from_secs(600));
    shift.set_alarm("queue-age", StateValue::Ok).press("ctrl-r");
    shift.until("the alarm to clear", |shift| shift.open(Kind::Alarm) == 1);
    shift.pass(Duration::from_secs(3_600));
    shift
        .set_alarm("queue-age", StateValue::Alarm)
        .press("ctrl-r");
    shift.until("the alarm to fire", |shift| shift.open(Kind::Alarm) == 2);
    let reading = recorded(&mut shift, &history, &path, "00:00", "12:00");
    let told = story(&reading, "queue-age");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(!told[0].1, "it was there before noctop was");
    assert_eq!(told[0].2, Some(at("06:10")));
    assert_eq!((told[1].0, told[1].1, told[1].2), (at("07:10"), true, None));
    // Reports count the same: it came, stands since then, and when nobody watched is known.
    let day = Span {
        from: at("00:00"),
        until: at("12:00"),
    };
    let tally = tally(&path, day, |key| key.kind == Kind::Alarm).unwrap();
    let often = tally.often.iter().find(|o| &*o.item.key.id == "queue-age");
    assert!(often.is_some_and(|often| often.came >= 1), "{tally:?}");
    let standing = tally
        .longest
        .iter()
        .find(|s| &*s.item.key.id == "queue-age");
    assert_eq!(standing.map(|standing| standing.since), Some(at("07:10")));
    assert!(!tally.gaps.is_empty() && !tally.is_unwatched());
    // Another console begins, sees the same fleet and changes nothing of it.
    let (mut other, others) = recording(&home, "b");
    let again = recorded(&mut other, &others, &path, "00:00", "12:00");
    // Its world begins anew at six: what the first one saw stands.
    assert_eq!(story(&again, "queue-age")[1], told[1]);
}

#[test]
fn a_blind_feed_is_counted_in_minutes_and_the_time_before_the_start_is_nobodys() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("history.db");
    let (mut shift, history) = recording(&home, "a");
    let step = |shift: &mut Shift, minutes: u64| {
        for _ in 0..minutes {
            shift.pass(Duration::from_secs(60));
        }
    };
    step(&mut shift, 10);
    let broken = Fault::new(Faulty::ServerError)
        .service("monitoring")
        .operation("DescribeAlarms")
        .account(PAYMENTS)
        .region(REGION);
    let fault = shift.fault(broken);
    shift.press("2 ctrl-r").until_feeds(FeedState::Blind, 2);
    step(&mut shift, 20);
    shift.lift(fault);
    shift.press("ctrl-r");
    shift.until("sight", |shift| shift.model.coverage.all.blind == 0);
    let reading = recorded(&mut shift, &history, &path, "05:00", "06:30");
    assert_eq!(reading.gaps.first().map(|gap| gap.until), Some(at("06:00")));
    let blind: Vec<_> = reading
        .sights
        .iter()
        .filter(|sight| !sight.seen.blind.is_zero())
        .collect();
    assert_eq!(blind.len(), 2);
    for sight in blind {
        assert_eq!((&*sight.source, &*sight.account), ("cloudwatch", PAYMENTS));
        assert_eq!(sight.seen.blind, Duration::from_secs(20 * 60));
        assert_eq!(sight.seen.unwatched, Duration::from_secs(3_600));
    }
}
