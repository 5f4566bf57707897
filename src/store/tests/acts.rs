//! What the ledger tells, joined to rows.

use std::sync::Arc;

use super::world::*;
use crate::domain::alarm::AlarmState::{Alarm, Ok};
use crate::domain::{Feed, Item, Severity};
use crate::lifecycle::{Acknowledgement, End, Ended, Entry, Owner, State};
use crate::store::{Row, Settings, Store};

fn store() -> Store {
    Store::new(Settings::default())
}

fn load(
    store: &mut Store,
    feed: Feed,
    run: u64,
    secs: i64,
    items: Vec<Item>,
) -> crate::store::Changes {
    let mut changes = store.apply(batch(feed, run, secs, page(items)));
    changes.absorb(store.apply(batch(feed, run, secs, end())));
    changes
}

fn row<'a>(store: &'a Store, id: &str) -> &'a Row {
    let key = alarm(id, Ok, 0).key;
    store
        .row(store.find(&key).expect("the row is there"))
        .unwrap()
}

fn taken(id: &str, version: u64, episode: i64, until: i64) -> Arc<Entry> {
    let mut entry = Entry::blank(alarm(id, Ok, 0).key, at(episode));
    entry.version = version;
    entry.acknowledgement = Some(Acknowledgement {
        owner: Owner::new("ana", "arn"),
        session: "s".into(),
        at: at(episode),
        severity: Severity::Critical,
        end: End::At(at(until)),
        note: None,
        ticket: None,
        released: None,
    });
    Arc::new(entry)
}

#[test]
fn an_acknowledgement_finds_its_row_and_ends_at_its_deadline() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        100,
        vec![alarm("a", Alarm, 50), alarm("b", Alarm, 50)],
    );
    let changes = s.learn([taken("a", 1, 50, 900)], at(110));
    assert_eq!(changes.touched.len(), 1);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    assert_eq!(row(&s, "b").state(), State::New);
    assert!(row(&s, "b").entry().is_none());
    s.tick(at(899));
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    assert!(s.next_deadline().is_some_and(|next| next <= at(900)));
    s.tick(at(900));
    assert_eq!(
        (row(&s, "a").state(), row(&s, "a").ended()),
        (State::New, Some(Ended::Expired))
    );
}

#[test]
fn the_ledger_may_be_read_before_the_rows_are() {
    let mut s = store();
    s.relearn([taken("a", 3, 50, 900)], at(10));
    load(&mut s, alarms(), 1, 100, vec![alarm("a", Alarm, 50)]);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    assert_eq!(row(&s, "a").entry().unwrap().version, 3);
}

#[test]
fn a_late_answer_is_not_believed_and_a_whole_reading_is() {
    let mut s = store();
    load(&mut s, alarms(), 1, 100, vec![alarm("a", Alarm, 50)]);
    s.learn([taken("a", 2, 50, 900)], at(110));
    let mut older = (*taken("a", 1, 50, 900)).clone();
    older.acknowledgement = None;
    assert!(s.learn([Arc::new(older.clone())], at(111)).is_empty());
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    s.relearn([Arc::new(older)], at(112));
    assert_eq!(row(&s, "a").state(), State::New);
    s.learn([taken("a", 2, 50, 900)], at(113));
    s.relearn([], at(114));
    assert_eq!(
        (row(&s, "a").state(), row(&s, "a").ended()),
        (State::New, None)
    );
    assert!(row(&s, "a").entry().is_none() && s.entries().next().is_none());
}

#[test]
fn an_alarm_that_flaps_stays_with_its_owner_and_the_ledger_is_to_be_told() {
    let mut s = store();
    load(&mut s, alarms(), 1, 100, vec![alarm("a", Alarm, 50)]);
    s.learn([taken("a", 1, 50, 90_000)], at(110));
    load(&mut s, alarms(), 2, 200, vec![alarm("a", Ok, 190)]);
    assert_eq!(row(&s, "a").state(), State::Clear);
    let again = load(&mut s, alarms(), 3, 400, vec![alarm("a", Alarm, 390)]);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    assert_eq!(again.carried.len(), 1);
    // Once more, before the ledger was told: still the same run of flaps.
    load(&mut s, alarms(), 4, 500, vec![alarm("a", Ok, 490)]);
    load(&mut s, alarms(), 5, 600, vec![alarm("a", Alarm, 590)]);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    // The ledger was told.
    let told = s.learn([taken("a", 2, 590, 90_000)], at(601));
    assert!(told.carried.is_empty());
    // Clear for longer than ten minutes: another episode.
    load(&mut s, alarms(), 6, 700, vec![alarm("a", Ok, 690)]);
    let anew = load(&mut s, alarms(), 7, 1_400, vec![alarm("a", Alarm, 1_391)]);
    assert_eq!(
        (row(&s, "a").state(), row(&s, "a").ended()),
        (State::New, Some(Ended::NewEpisode))
    );
    assert!(anew.carried.is_empty());
}

#[test]
fn an_alarm_that_flapped_between_two_answers_stays_with_its_owner() {
    let mut s = store();
    load(&mut s, alarms(), 1, 100, vec![alarm("a", Alarm, 50)]);
    s.learn([taken("a", 1, 50, 90_000)], at(110));
    let again = load(&mut s, alarms(), 2, 400, vec![alarm("a", Alarm, 390)]);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
    assert_eq!(again.carried.len(), 1);
}

#[test]
fn a_vanished_alarm_that_comes_back_soon_stays_with_its_owner() {
    let mut s = store();
    load(&mut s, alarms(), 1, 100, vec![alarm("a", Alarm, 50)]);
    s.learn([taken("a", 1, 50, 90_000)], at(110));
    load(&mut s, alarms(), 2, 200, vec![]);
    load(&mut s, alarms(), 3, 300, vec![alarm("a", Alarm, 290)]);
    assert_eq!(row(&s, "a").state(), State::Acknowledged);
}
