//! One pass counts what a naive look at all episodes counts, and what nobody watched is never counted as calm.

use proptest::prelude::*;

use super::*;
use crate::domain::{ItemKey, Kind, Scope};
use crate::history::fact::{Fact, Facts, Happened};
use crate::history::shelf::{Shelf, Writer};
use crate::history::{KEEP, read};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn fact(kind: Kind, item: usize, episode: i64, happened: Happened, when: i64) -> Fact {
    let account = ["111111111111", "222222222222"][item % 2];
    let severity = [Severity::Low, Severity::Medium, Severity::Critical][item % 3];
    Fact::Item {
        key: ItemKey {
            kind,
            scope: Scope {
                account: account.parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            id: format!("alarm-{item}").into(),
        },
        name: format!("alarm-{item}").into(),
        episode: at(episode),
        severity,
        happened,
        at: at(when),
        seen: at(when),
    }
}

/// A history: facts, and a console that beats every half a minute through these stretches.
fn written(facts: Vec<Fact>, stretches: &[(i64, i64)]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut shelf = Shelf::open(&path).unwrap();
    for (n, (from, until)) in stretches.iter().enumerate() {
        let writer = Writer {
            session: format!("console-{n}"),
            host: "jump".to_owned(),
            keep: KEEP,
        };
        let beats: Vec<Facts> = (*from..=*until)
            .step_by(30)
            .map(|beat| Facts {
                at: at(beat),
                facts: Vec::new(),
            })
            .collect();
        for beat in beats {
            shelf.write(&writer, &[beat]).unwrap();
        }
    }
    let writer = Writer {
        session: "console-0".to_owned(),
        host: "jump".to_owned(),
        keep: KEEP,
    };
    let until = stretches.last().map_or(0, |(_, until)| *until);
    let facts = Facts {
        at: at(until),
        facts,
    };
    shelf.write(&writer, &[facts]).unwrap();
    (folder, path)
}

fn counted(path: &Path, from: i64, until: i64) -> Tally {
    let window = Span {
        from: at(from),
        until: at(until),
    };
    tally(path, window, |key| key.kind == Kind::Alarm).unwrap()
}

const HOUR: i64 = 3_600;

#[test]
fn an_alarm_that_comes_three_times_in_half_an_hour_chatters() {
    let came = [
        (1, HOUR),
        (1, HOUR + 600),
        (1, HOUR + 1_200),
        (1, HOUR + 1_800),
        (2, HOUR),
        (2, HOUR + 1_700),
        (2, HOUR + 3_400),
    ];
    let life = |(item, came)| {
        let end = came + if item == 1 { 60 } else { 300 };
        [
            fact(Kind::Alarm, item, came, Happened::Came, came),
            fact(Kind::Alarm, item, came, Happened::Cleared, end),
        ]
    };
    let facts = came.into_iter().flat_map(life).collect();
    let (_folder, path) = written(facts, &[(0, 4 * HOUR)]);
    let tally = counted(&path, 0, 4 * HOUR);
    assert_eq!((tally.total(), tally.alarms, tally.chattering), (7, 2, 1));
    assert_eq!(tally.chatterers[0].chattered, 2);
    assert_eq!(tally.fleeting, 4);
    assert_eq!(tally.often[0].came, 4);
    let periods: Vec<u32> = tally.periods[6..10].iter().map(|p| p.came).collect();
    assert_eq!(periods, [2, 1, 2, 1]);
    assert!(tally.gaps.is_empty() && tally.periods.iter().all(|p| p.watched));
}

#[test]
fn a_stale_alarm_is_counted_on_every_day_that_it_stood() {
    let day = 24 * HOUR;
    let facts = vec![
        fact(Kind::Alarm, 1, day / 2, Happened::Came, day / 2),
        fact(Kind::Alarm, 2, 10, Happened::Came, 10),
        fact(Kind::Alarm, 2, 10, Happened::Cleared, day + 60),
        // What is no alarm is not counted.
        fact(Kind::Finding, 3, 20, Happened::Came, 20),
    ];
    let (_folder, path) = written(facts, &[(0, 3 * day)]);
    let tally = counted(&path, 0, 3 * day);
    let days: Vec<_> = tally
        .days
        .iter()
        .map(|d| (d.came, d.standing, d.stale))
        .collect();
    assert_eq!(days, [(2, 2, 0), (0, 1, 1), (0, 1, 1)]);
    assert_eq!((tally.standing, tally.stale, tally.total()), (1, 1, 2));
    assert_eq!(tally.longest[0].since, at(day / 2));
    let stood = (day * 5 / 2 + day + 50) as f64 / (day * 3) as f64;
    assert!((tally.standing_mean - stood).abs() < 1e-9);
}

#[test]
fn what_nobody_watched_is_no_calm_and_what_ended_meanwhile_does_not_stand() {
    let facts = vec![
        fact(Kind::Alarm, 1, HOUR, Happened::Came, HOUR),
        // Another console, which began at the fifth hour, found only this one.
        fact(Kind::Alarm, 2, 2 * HOUR, Happened::Found, 5 * HOUR + 10),
    ];
    let (_folder, path) = written(facts, &[(0, 2 * HOUR), (5 * HOUR, 8 * HOUR)]);
    let tally = counted(&path, 0, 8 * HOUR);
    assert_eq!((tally.total(), tally.found, tally.standing), (2, 1, 1));
    assert_eq!(tally.longest[0].item.name.as_ref(), "alarm-2");
    let unwatched = tally.periods.iter().filter(|p| !p.watched).count();
    assert_eq!(unwatched, 18, "three hours of ten minutes each");
    assert_eq!(tally.days[0].watched, Duration::from_secs(5 * 3_600));
    let missing = counted(&path.with_file_name("none.db"), 0, 8 * HOUR);
    assert_eq!(
        (missing.total(), missing.days[0].watched),
        (0, Duration::ZERO)
    );
    assert!(missing.periods.iter().all(|p| !p.watched));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn one_pass_counts_what_the_episodes_say(
        lives in proptest::collection::vec((0usize..6, 0i64..200_000, proptest::option::of(1i64..90_000)), 0..40),
        from in 0i64..50_000,
        until in 100_000i64..260_000,
    ) {
        let facts = lives.iter().flat_map(|(item, came, lasted)| {
            let came = fact(Kind::Alarm, *item, *came, Happened::Came, *came);
            let cleared = lasted.map(|lasted| {
                let Fact::Item { episode, .. } = &came else { unreachable!() };
                let episode = episode.as_secs();
                fact(Kind::Alarm, *item, episode, Happened::Cleared, episode + lasted)
            });
            std::iter::once(came).chain(cleared)
        }).collect();
        let (_folder, path) = written(facts, &[(0, 1_000)]);
        let tally = counted(&path, from, until);
        let window = Span { from: at(from), until: at(until) };
        let all = read(&path, Span { from: Timestamp::ZERO, until: at(1_000_000) }).unwrap().episodes;
        let came = |e: &&crate::history::Episode| e.came >= window.from && e.came < window.until;
        prop_assert_eq!(tally.total(), all.iter().filter(came).count() as u64);
        let stands = |e: &&crate::history::Episode| e.came < window.until && e.cleared.is_none_or(|end| end >= window.until);
        let mut standing: Vec<_> = all.iter().filter(stands).map(|e| &e.item.key).collect();
        standing.sort();
        standing.dedup();
        prop_assert_eq!(tally.standing as usize, standing.len());
        let by_period: u64 = tally.periods.iter().map(|p| u64::from(p.came)).sum();
        let by_day: u64 = tally.days.iter().map(|d| u64::from(d.came)).sum();
        let by_account: u64 = tally.accounts.values().map(|a| u64::from(a.came)).sum();
        prop_assert_eq!([by_period, by_day, by_account], [tally.total(); 3]);
        let stood: i64 = all.iter().filter_map(|e| {
            Span { from: e.came, until: e.cleared.unwrap_or(window.until) }.within(window)
        }).map(|span| i64::try_from(span.length().as_millis()).unwrap()).sum();
        let mean = stood as f64 / window.length().as_millis() as f64;
        prop_assert!((tally.standing_mean - mean).abs() < 1e-6);
        for (n, day) in tally.days.iter().enumerate() {
            let span = day.span;
            let at_end = |e: &&crate::history::Episode| e.came < span.until && e.cleared.is_none_or(|end| end >= span.until);
            prop_assert_eq!(day.standing as usize, all.iter().filter(at_end).count(), "day {}", n);
        }
    }
}
