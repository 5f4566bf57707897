//! What several consoles see alike counts once, in whatever order they write; and what is old or too much is let go.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{Feed, ItemKey, Kind, Scope, Slice, SourceId};
use crate::history::fact::Happened;
use crate::history::watch::Span;
use crate::history::{KEEP, Reading, read};

const DAY: i64 = 24 * 3_600;

fn scope() -> Scope {
    Scope {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn fact(item: usize, episode: i64, happened: Happened, when: i64) -> Fact {
    Fact::Item {
        key: ItemKey {
            kind: Kind::Alarm,
            scope: scope(),
            id: format!("alarm-{item}").into(),
        },
        name: format!("alarm alarm-{item}").into(),
        episode: at(episode),
        severity: Severity::High,
        happened,
        at: at(when),
        seen: at(when),
    }
}

fn feed(source: SourceId, state: FeedState, when: i64) -> Fact {
    Fact::Feed {
        feed: Feed {
            source,
            vantage: scope(),
            slice: Slice::ALL,
        },
        state: Some(state),
        at: at(when),
    }
}

fn writer(session: &str) -> Writer {
    Writer {
        session: session.to_owned(),
        host: "jump".to_owned(),
        keep: KEEP,
    }
}

fn facts(until: i64, facts: Vec<Fact>) -> Facts {
    Facts {
        at: at(until),
        facts,
    }
}

fn within(path: &Path, from: i64, until: i64) -> Reading {
    let window = Span {
        from: at(from),
        until: at(until),
    };
    read(path, window).unwrap()
}

#[test]
fn what_two_consoles_saw_is_one_episode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/history.db");
    let (mut one, mut other) = (Shelf::open(&path).unwrap(), Shelf::open(&path).unwrap());
    let came = |when| fact(1, 100, Happened::Came, when);
    one.write(&writer("a"), &[facts(110, vec![came(104)])])
        .unwrap();
    other
        .write(&writer("b"), &[facts(110, vec![came(102)])])
        .unwrap();
    one.write(
        &writer("a"),
        &[facts(200, vec![fact(1, 100, Happened::Cleared, 190)])],
    )
    .unwrap();
    other
        .write(
            &writer("b"),
            &[facts(200, vec![fact(1, 100, Happened::Cleared, 195)])],
        )
        .unwrap();
    let reading = within(&path, 0, 1_000);
    let told: Vec<_> = reading
        .episodes
        .iter()
        .map(|e| (e.came, e.cleared))
        .collect();
    assert_eq!(told, [(at(102), Some(at(190)))]);
    assert_eq!(&*reading.episodes[0].item.name, "alarm alarm-1");
    // Only what lies within a window is told.
    assert_eq!(within(&path, 103, 190).episodes.len(), 0);
    assert_eq!(within(&path, 185, 200).episodes.len(), 1);
}

#[test]
fn time_between_two_runs_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut shelf = Shelf::open(&path).unwrap();
    let fresh = feed(SourceId::Cloudwatch, FeedState::Fresh, 1_000);
    shelf
        .write(&writer("a"), &[facts(1_000, vec![fresh])])
        .unwrap();
    for beat in 1..=10 {
        shelf
            .write(&writer("a"), &[facts(1_000 + 30 * beat, Vec::new())])
            .unwrap();
    }
    // The same console sleeps for an hour (a laptop's lid), and another one begins meanwhile.
    let mut other = Shelf::open(&path).unwrap();
    let blind = feed(SourceId::Cloudwatch, FeedState::Blind, 2_000);
    other
        .write(&writer("b"), &[facts(2_000, vec![blind])])
        .unwrap();
    other
        .write(&writer("b"), &[facts(2_060, Vec::new())])
        .unwrap();
    shelf
        .write(&writer("a"), &[facts(4_900, Vec::new())])
        .unwrap();
    shelf
        .write(&writer("a"), &[facts(4_960, Vec::new())])
        .unwrap();
    let reading = within(&path, 900, 5_000);
    let gaps: Vec<_> = reading
        .gaps
        .iter()
        .map(|g| (g.from.as_secs(), g.until.as_secs()))
        .collect();
    assert_eq!(
        gaps,
        [(900, 1_000), (1_300, 2_000), (2_060, 4_900), (4_960, 5_000)]
    );
    let seen = reading.sights[0].seen;
    assert_eq!(seen.fresh, Duration::from_secs(300 + 60));
    assert_eq!(seen.blind, Duration::from_secs(60));
    assert_eq!(seen.unwatched, Duration::from_secs(4_100 - 420));
}

#[test]
fn a_file_that_nobody_wrote_says_that_nobody_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let reading = within(&path, 0, 100);
    assert_eq!((reading.episodes.len(), reading.gaps.len()), (0, 1));
    assert!(!path.exists(), "reading makes nothing");
    std::fs::write(&path, "").unwrap();
    assert_eq!(within(&path, 0, 100).gaps.len(), 1);
    std::fs::write(
        &path,
        "something else entirely, and long enough to be looked at",
    )
    .unwrap();
    let window = Span {
        from: at(0),
        until: at(1),
    };
    let trouble = read(&path, window).unwrap_err();
    assert!(
        trouble.0.contains("damaged, or no history at all"),
        "{trouble}"
    );
}

#[test]
fn what_is_old_is_forgotten_and_what_still_holds_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut shelf = Shelf::open(&path).unwrap();
    let first = vec![
        fact(1, 10, Happened::Came, 10),
        fact(2, 10, Happened::Came, 10),
        feed(SourceId::Cloudwatch, FeedState::Fresh, 10),
        feed(SourceId::Backup, FeedState::Late, 10),
        feed(SourceId::Backup, FeedState::Fresh, 20),
    ];
    shelf.write(&writer("a"), &[facts(30, first)]).unwrap();
    // The second one clears a hundred days later, before the eyes of a console that never stopped.
    let later = 100 * DAY;
    for beat in 0..later / 80 {
        // Not a real beat each time: the span goes on while the silence is short enough.
        if beat % 1_000 == 0 {
            shelf
                .write(&writer("a"), &[facts(30 + beat * 80, Vec::new())])
                .unwrap();
        }
    }
    shelf
        .write(
            &writer("a"),
            &[facts(later, vec![fact(2, 10, Happened::Cleared, later)])],
        )
        .unwrap();
    let reading = within(&path, 0, later + 1);
    let names: Vec<_> = reading
        .episodes
        .iter()
        .map(|e| e.item.key.id.to_string())
        .collect();
    assert_eq!(names, ["alarm-2"]);
    let items: i64 = shelf
        .db
        .query_row("SELECT count(*) FROM item", [], |row| row.get(0))
        .unwrap();
    assert_eq!(items, 1);
    // What was last said of both feeds holds on; what was said before it is gone.
    let told: i64 = shelf
        .db
        .query_row("SELECT count(*) FROM told", [], |row| row.get(0))
        .unwrap();
    assert_eq!(told, 2);
    // An item that was forgotten is known again when it comes again.
    shelf
        .write(
            &writer("a"),
            &[facts(
                later + 9,
                vec![fact(1, later, Happened::Came, later + 5)],
            )],
        )
        .unwrap();
    assert_eq!(within(&path, later, later + 10).episodes.len(), 2);
}

#[test]
fn a_file_that_is_too_large_loses_its_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut shelf = Shelf::open(&path).unwrap();
    let day = |day: i64| {
        let when = day * DAY;
        let all = (0..500)
            .map(|n| fact(n, when, Happened::Came, when))
            .collect();
        facts(when, all)
    };
    for n in 1..=40 {
        shelf.write(&writer("a"), &[day(n)]).unwrap();
    }
    shelf.bound(600 << 10);
    shelf.write(&writer("a"), &[day(41)]).unwrap();
    let reading = within(&path, 0, 42 * DAY);
    let oldest = reading.episodes.first().unwrap().came.as_secs() / DAY;
    assert!(oldest > 10, "from day {oldest} on");
    assert!(
        reading
            .episodes
            .iter()
            .filter(|e| e.came == at(41 * DAY))
            .count()
            == 500
    );
}

#[test]
fn a_full_disk_writes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut shelf = Shelf::open(&path).unwrap();
    shelf
        .write(
            &writer("a"),
            &[facts(10, vec![fact(0, 5, Happened::Came, 5)])],
        )
        .unwrap();
    shelf
        .db
        .query_row("PRAGMA max_page_count = 1", [], |_| Ok(()))
        .unwrap();
    let many = (1..5_000)
        .map(|n| fact(n, 20, Happened::Came, 20))
        .collect();
    let trouble = shelf.write(&writer("a"), &[facts(20, many)]).unwrap_err();
    assert!(trouble.0.contains("the disk under it is full"), "{trouble}");
    assert_eq!(within(&path, 0, 100).episodes.len(), 1);
}

/// What really happens to a few items: each episode comes, may get worse, may clear and come back.
fn world() -> impl Strategy<Value = Vec<Fact>> {
    let episode = (0usize..4, 1i64..6, 0usize..5);
    prop::collection::vec(episode, 0..8).prop_map(|episodes| {
        let mut facts = Vec::new();
        for (item, number, length) in episodes {
            let began = number * 100;
            let story = [
                Happened::Came,
                Happened::Rose,
                Happened::Cleared,
                Happened::Back,
                Happened::Cleared,
            ];
            for (step, happened) in story.into_iter().take(length + 1).enumerate() {
                let step = i64::try_from(step).unwrap();
                facts.push(fact(item, began, happened, began + 10 * step));
            }
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_interleaving_of_two_writers_counts_once(
        world in world(),
        cuts in prop::collection::vec((any::<bool>(), 1usize..4), 0..30),
        late in 0i64..9,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (alone, both) = (folder.path().join("alone.db"), folder.path().join("both.db"));
        Shelf::open(&alone).unwrap().write(&writer("a"), &[facts(1_000, world.clone())]).unwrap();
        // The second console learns of everything a little later, and both write in whatever turns.
        let delayed: Vec<Fact> = world.iter().cloned().map(|mut fact| {
            if let Fact::Item { at, seen, .. } = &mut fact {
                *at = at.plus(Duration::from_secs(late.unsigned_abs()));
                *seen = *at;
            }
            fact
        }).collect();
        let mut writers = [
            (Shelf::open(&both).unwrap(), writer("a"), world.into_iter()),
            (Shelf::open(&both).unwrap(), writer("b"), delayed.into_iter()),
        ];
        let mut turns = cuts.into_iter();
        loop {
            let (second, count) = turns.next().unwrap_or((false, usize::MAX));
            let (shelf, who, facts_left) = &mut writers[usize::from(second)];
            let some: Vec<Fact> = facts_left.by_ref().take(count).collect();
            shelf.write(who, &[facts(1_000, some)]).unwrap();
            if count == usize::MAX {
                let (shelf, who, facts_left) = &mut writers[1];
                let rest: Vec<Fact> = facts_left.by_ref().collect();
                shelf.write(who, &[facts(1_000, rest)]).unwrap();
                break;
            }
        }
        let told = |path: &Path| {
            let mut told: Vec<_> = within(path, 0, 2_000).episodes.iter().map(|e| {
                (Arc::clone(&e.item.key.id), e.began, e.cleared.is_some(), e.came, e.rose.map(|(s, _)| s))
            }).collect();
            told.sort();
            told
        };
        prop_assert_eq!(told(&both), told(&alone));
    }
}
