//! States, marks, deadlines and what counts as new.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::world::*;
use crate::clock::Timestamp;
use crate::domain::alarm::AlarmState::{Alarm, InsufficientData, Ok};
use crate::domain::{Account, Body, Feed, Item, ItemState, Policy, Roster, Severity, SourceId};
use crate::lifecycle::{Mark, State};
use crate::store::{Row, Settings, Store};

fn store() -> Store {
    Store::new(Settings::default())
}

fn load(store: &mut Store, feed: Feed, run: u64, secs: i64, items: Vec<Item>) {
    store.apply(batch(feed, run, secs, page(items)));
    store.apply(batch(feed, run, secs, end()));
}

fn row<'a>(store: &'a Store, id: &str) -> &'a Row {
    let key = alarm(id, Ok, 0).key;
    store
        .row(store.find(&key).expect("the row is there"))
        .unwrap()
}

fn marks(store: &Store, id: &str) -> String {
    row(store, id).marks().to_string()
}

#[test]
fn silence_keeps_age_and_episode() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        100,
        vec![alarm("a", Alarm, 50), alarm("quiet", InsufficientData, 50)],
    );
    load(
        &mut s,
        alarms(),
        2,
        200,
        vec![
            alarm("a", InsufficientData, 150),
            alarm("quiet", InsufficientData, 50),
        ],
    );
    let silent = row(&s, "a");
    assert_eq!(silent.item().state, ItemState::NoData);
    assert_eq!(
        (silent.item().opened, silent.item().episode),
        (at(50), at(50))
    );
    assert_eq!((silent.state(), silent.is_open()), (State::New, true));
    assert!(silent.marks().contains(Mark::NoData));
    assert_eq!(
        row(&s, "quiet").state(),
        State::Clear,
        "sparse metrics are no trouble"
    );
    // It stays so however often it is said again, and ends with OK.
    load(
        &mut s,
        alarms(),
        3,
        300,
        vec![alarm("a", InsufficientData, 250)],
    );
    assert_eq!(row(&s, "a").item().opened, at(50));
    load(&mut s, alarms(), 4, 400, vec![alarm("a", Ok, 350)]);
    assert_eq!(row(&s, "a").state(), State::Clear);
    assert_eq!(row(&s, "a").cleared_at(), Some(at(350)));
}

#[test]
fn silence_of_what_one_slice_lost_is_not_recovery() {
    let mut s = store();
    let firing = feed(SourceId::Cloudwatch, "alarm");
    load(&mut s, firing, 1, 100, vec![alarm("a", Alarm, 50)]);
    load(&mut s, firing, 2, 130, vec![]);
    assert!(row(&s, "a").is_vanished());
    load(
        &mut s,
        alarms(),
        1,
        140,
        vec![alarm("a", InsufficientData, 120)],
    );
    assert_eq!(row(&s, "a").item().state, ItemState::NoData);
    assert_eq!(row(&s, "a").item().opened, at(50));
}

#[test]
fn what_fires_again_within_ten_minutes_flaps() {
    let mut s = store();
    load(&mut s, alarms(), 1, 10, vec![alarm("a", Alarm, 0)]);
    load(&mut s, alarms(), 2, 110, vec![alarm("a", Ok, 100)]);
    load(&mut s, alarms(), 3, 710, vec![alarm("a", Alarm, 700)]);
    assert!(row(&s, "a").marks().contains(Mark::Flap));
    // The mark fades by itself.
    let fades = s.next_deadline().unwrap();
    assert_eq!(fades, at(700 + 1_800));
    s.tick(fades.minus(Duration::from_millis(1)));
    assert!(row(&s, "a").marks().contains(Mark::Flap));
    let changes = s.tick(fades);
    assert_eq!(changes.touched.len(), 1);
    assert!(!row(&s, "a").marks().contains(Mark::Flap));
}

#[test]
fn what_fires_again_much_later_does_not() {
    let mut s = store();
    load(&mut s, alarms(), 1, 10, vec![alarm("a", Alarm, 0)]);
    load(&mut s, alarms(), 2, 110, vec![alarm("a", Ok, 100)]);
    load(&mut s, alarms(), 3, 710, vec![alarm("a", Alarm, 701)]);
    assert!(!row(&s, "a").marks().contains(Mark::Flap));
}

#[test]
fn a_second_transition_between_two_answers_is_a_flap() {
    let mut s = store();
    load(&mut s, alarms(), 1, 10, vec![alarm("a", Alarm, 0)]);
    load(&mut s, alarms(), 2, 310, vec![alarm("a", Alarm, 300)]);
    assert!(row(&s, "a").marks().contains(Mark::Flap));
    assert!(row(&s, "a").marks().contains(Mark::New), "another episode");
}

#[test]
fn a_vanished_row_is_kept_for_ten_minutes() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        10,
        vec![alarm("a", Alarm, 0), alarm("calm", Ok, 0)],
    );
    let changes = {
        s.apply(batch(alarms(), 2, 100, Body::Begin));
        s.apply(batch(alarms(), 2, 100, end()))
    };
    assert_eq!((changes.cleared.len(), changes.removed.len()), (1, 1));
    let kept = row(&s, "a");
    assert_eq!(
        (kept.state(), kept.is_vanished(), kept.claims()),
        (State::Clear, true, 0)
    );
    assert_eq!(kept.source(), Some(SourceId::Cloudwatch));
    assert_eq!(s.next_deadline(), Some(at(700)));
    assert!(s.tick(at(699)).is_empty());
    assert_eq!(s.tick(at(700)).removed.len(), 1);
    assert!(s.is_empty());
    assert_eq!(s.next_deadline(), None);
}

#[test]
fn a_vanished_alarm_that_comes_back_is_the_same_row() {
    let mut s = store();
    load(&mut s, alarms(), 1, 10, vec![alarm("a", Alarm, 0)]);
    let before = s.find(&alarm("a", Ok, 0).key);
    load(&mut s, alarms(), 2, 100, vec![]);
    load(&mut s, alarms(), 3, 200, vec![alarm("a", Alarm, 190)]);
    assert_eq!(s.find(&alarm("a", Ok, 0).key), before);
    assert_eq!(marks(&s, "a"), "* FLAP");
    assert!(s.tick(at(800)).removed.is_empty());
}

#[test]
fn only_what_comes_after_the_first_load_is_new_to_the_eye() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        10,
        vec![alarm("a", Alarm, 0), alarm("b", Ok, 0)],
    );
    assert_eq!(s.since_look().new, 0);
    s.apply(batch(
        alarms(),
        0,
        20,
        changed([
            alarm("b", Alarm, 15),
            alarm("c", Alarm, 15),
            alarm("d", Ok, 15),
        ]),
    ));
    assert_eq!(s.since_look().new, 2);
    assert_eq!(
        (marks(&s, "a"), marks(&s, "b"), marks(&s, "d")),
        (String::new(), "*".to_owned(), String::new())
    );
    let seen = s.find(&alarm("b", Ok, 0).key).unwrap();
    let changes = s.look(&[seen], at(25));
    assert_eq!((changes.touched, s.since_look().new), (vec![seen], 1));
    // Clearing counts as gone, and what is gone is not new.
    s.apply(batch(alarms(), 0, 30, changed([alarm("c", Ok, 28)])));
    assert_eq!((s.since_look().new, s.since_look().gone), (0, 1));
    s.look_all(at(40));
    let look = s.since_look();
    assert_eq!(
        (look.at, look.new, look.worse, look.gone),
        (at(40), 0, 0, 0)
    );
}

#[test]
fn whoever_comes_back_is_told_what_began_since_they_were_last_here_and_what_is_gone() {
    let mut s = Store::new(Settings {
        looked: Some(at(12)),
        ..Settings::default()
    });
    s.apply(batch(
        alarms(),
        0,
        20,
        page([
            alarm("a", Alarm, 10),
            alarm("b", Alarm, 15),
            alarm("c", Ok, 15),
        ]),
    ));
    s.apply(batch(alarms(), 0, 20, end()));
    // The first load tells it, without calling anybody.
    assert_eq!((s.since_look().new, s.since_look().at), (1, at(12)));
    assert_eq!(
        (marks(&s, "a"), marks(&s, "b")),
        (String::new(), "*".to_owned())
    );
    s.apply(batch(
        alarms(),
        0,
        30,
        changed([
            alarm("a", Ok, 25),
            alarm("b", Ok, 28),
            alarm("c", Alarm, 29),
        ]),
    ));
    let gone: Vec<_> = s
        .gone()
        .map(|gone| (&*gone.item.key.id, gone.at, gone.unseen))
        .collect();
    assert_eq!(gone, [("b", at(28), true), ("a", at(25), false)]);
    // Another operator, who left at 27, and one who was never here.
    let changes = s.look_as(Some(at(27)), at(40));
    assert_eq!(
        (
            s.since_look().new,
            s.since_look().gone,
            changes.opened.len()
        ),
        (1, 0, 0)
    );
    assert_eq!((s.gone().count(), marks(&s, "c")), (0, "*".to_owned()));
    s.look_as(None, at(41));
    assert_eq!((s.since_look().new, marks(&s, "c")), (0, String::new()));
}

#[test]
fn a_rule_that_begins_to_match_makes_worse() {
    let mut s = store();
    let backups = feed(SourceId::Backup, "backup");
    load(&mut s, backups, 1, 0, vec![failed_backup("j", -3_600)]);
    let key = failed_backup("j", 0).key;
    let look = |s: &Store| {
        let row = s.row(s.find(&key).unwrap()).unwrap();
        let rule = row
            .rule()
            .and_then(|r| s.rule(r))
            .map(|r| r.name.to_string());
        (
            row.severity(),
            rule.unwrap_or_default(),
            row.marks().contains(Mark::Worse),
        )
    };
    assert_eq!(
        look(&s),
        (Severity::High, "backup that failed".to_owned(), false)
    );
    let due = s.next_deadline().unwrap();
    assert_eq!(due, at(3_600).plus(Duration::from_millis(1)));
    let changes = s.tick(due);
    assert_eq!(changes.worse.len(), 1);
    assert_eq!(
        look(&s),
        (
            Severity::Critical,
            "backup older than 2× cadence".to_owned(),
            true
        )
    );
    assert_eq!(s.since_look().worse, 1);
    s.look_all(due);
    assert_eq!((s.since_look().worse, look(&s).2), (0, false));
}

#[test]
fn a_running_window_excuses_alarms_that_began_in_it() {
    let mut s = store();
    let windows = feed(SourceId::Windows, "all");
    load(
        &mut s,
        alarms(),
        1,
        0,
        vec![
            alarm_on("before", Alarm, -10, &["i-1"]),
            alarm_on("within", Alarm, 700, &["i-1"]),
            alarm_on("elsewhere", Alarm, 700, &["i-2"]),
        ],
    );
    assert_eq!(marks(&s, "within"), "");
    // The window becomes known after the alarm, as feeds have their own pace.
    load(
        &mut s,
        windows,
        1,
        800,
        vec![window("mw-1", Some(600), &["i-1"])],
    );
    assert_eq!(
        (
            marks(&s, "before"),
            marks(&s, "within"),
            marks(&s, "elsewhere")
        ),
        (String::new(), "WIN".to_owned(), String::new())
    );
    // It comes back up when the window is over, even if nothing was heard of it any more …
    assert_eq!(s.next_deadline(), Some(at(600 + 7_200)));
    s.tick(at(600 + 7_200));
    assert_eq!(marks(&s, "within"), "");
    // … or when the window is known to have ended earlier.
    let mut s = store();
    load(
        &mut s,
        windows,
        1,
        650,
        vec![window("mw-1", Some(600), &["i-1"])],
    );
    load(
        &mut s,
        alarms(),
        1,
        800,
        vec![alarm_on("within", Alarm, 700, &["i-1"])],
    );
    assert_eq!(marks(&s, "within"), "WIN");
    load(
        &mut s,
        windows,
        2,
        900,
        vec![window("mw-1", None, &["i-1"])],
    );
    assert_eq!(marks(&s, "within"), "");
}

#[test]
fn rows_are_stale_when_all_their_feeds_are_late_or_blind() {
    let mut s = store();
    let every = Duration::from_secs(30);
    let firing = feed(SourceId::Cloudwatch, "alarm");
    s.apply(batch(alarms(), 0, 0, Body::Planned { every }));
    s.apply(batch(firing, 0, 0, Body::Planned { every }));
    load(
        &mut s,
        alarms(),
        1,
        0,
        vec![alarm("a", Alarm, 0), alarm("b", Alarm, 0)],
    );
    load(&mut s, firing, 1, 20, vec![alarm("a", Alarm, 0)]);
    s.tick(at(61));
    assert_eq!(
        (marks(&s, "a"), marks(&s, "b")),
        (String::new(), "STALE".to_owned())
    );
    s.apply(batch(
        firing,
        2,
        62,
        failed(crate::domain::FaultKind::Expired),
    ));
    assert_eq!(marks(&s, "a"), "STALE");
    load(
        &mut s,
        alarms(),
        2,
        63,
        vec![alarm("a", Alarm, 0), alarm("b", Alarm, 0)],
    );
    assert_eq!(
        (marks(&s, "a"), marks(&s, "b")),
        (String::new(), String::new())
    );
}

#[test]
fn another_roster_judges_anew_and_nothing_is_worse_for_it() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Alarm, 0)]);
    assert_eq!(row(&s, "a").severity(), Severity::Medium);
    let roster = Roster::new([Account {
        id: home().account,
        name: "payments-prod".into(),
        tags: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
        policy: Policy::ReadOnly,
        regions: vec![],
    }]);
    s.set_roster(Arc::new(roster), at(1));
    assert_eq!(row(&s, "a").severity(), Severity::High);
    assert_eq!((marks(&s, "a"), s.since_look().worse), (String::new(), 0));
}

#[test]
fn time_alone_touches_only_what_is_due() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        0,
        (0..50).map(|i| alarm(&format!("a{i}"), Alarm, 0)).collect(),
    );
    assert_eq!(s.next_deadline(), None);
    assert!(s.tick(Timestamp::from_secs(T0 + 1_000_000)).is_empty());
}
