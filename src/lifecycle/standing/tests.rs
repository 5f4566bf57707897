//! The table of `docs/lifecycle.md`, row by row, and the laws that hold for every history.

use std::time::Duration;

use proptest::prelude::*;

use crate::domain::{AccountId, ItemKey, Kind, Region, Scope};
use crate::lifecycle::{Acknowledgement, End, Owner, Snooze};

use super::*;

const T: fn(i64) -> Timestamp = Timestamp::from_secs;

fn key() -> ItemKey {
    ItemKey {
        kind: Kind::Alarm,
        scope: Scope {
            account: AccountId::new(111_111_111_111).unwrap(),
            region: Region::GLOBAL,
        },
        id: "disk-full".into(),
    }
}

fn ack(severity: Severity, until: i64) -> Acknowledgement {
    Acknowledgement {
        owner: Owner::new("ana", "arn:aws:sts::111111111111:assumed-role/Noc/ana"),
        session: "s1".into(),
        at: T(100),
        severity,
        end: End::At(T(until)),
        note: None,
        ticket: None,
        released: None,
    }
}

fn snooze(severity: Severity, until: i64) -> Snooze {
    Snooze {
        until: T(until),
        by: Owner::new("ana", ""),
        at: T(100),
        severity,
    }
}

fn entry(episode: i64) -> Entry {
    Entry {
        version: 1,
        ..Entry::blank(key(), T(episode))
    }
}

fn open(episode: i64, severity: Severity) -> Present {
    Present {
        open: true,
        episode: T(episode),
        lineage: T(episode),
        severity,
    }
}

fn said(present: Present, entry: &Entry, now: i64) -> (State, Option<Ended>) {
    let standing = stand(&present, Some(entry), T(now));
    (standing.state, standing.ended)
}

#[test]
fn an_acknowledgement_holds_until_its_end_and_the_row_says_that_it_ended() {
    let mut entry = entry(50);
    entry.acknowledgement = Some(ack(Severity::High, 500));
    let item = open(50, Severity::High);
    assert_eq!(said(item, &entry, 499), (State::Acknowledged, None));
    assert_eq!(said(item, &entry, 500), (State::New, Some(Ended::Expired)));
    assert_eq!(stand(&item, Some(&entry), T(499)).next, Some(T(500)));
    assert_eq!(stand(&item, Some(&entry), T(500)).next, None);
}

#[test]
fn a_new_episode_and_a_higher_severity_end_it_and_lower_severity_does_not() {
    let mut entry = entry(50);
    entry.acknowledgement = Some(ack(Severity::Medium, 500));
    assert_eq!(
        said(open(51, Severity::Medium), &entry, 200),
        (State::New, Some(Ended::NewEpisode))
    );
    assert_eq!(
        said(open(50, Severity::High), &entry, 200),
        (State::New, Some(Ended::MoreSevere))
    );
    assert_eq!(
        said(open(50, Severity::Low), &entry, 200),
        (State::Acknowledged, None)
    );
}

#[test]
fn what_was_given_back_is_new_without_a_reason() {
    let mut entry = entry(50);
    let mut given = ack(Severity::Medium, 500);
    given.released = Some(T(150));
    entry.acknowledgement = Some(given);
    assert_eq!(
        said(open(50, Severity::Medium), &entry, 200),
        (State::New, None)
    );
}

#[test]
fn an_alarm_that_flapped_keeps_its_acknowledgement_and_asks_to_carry_it() {
    let mut entry = entry(50);
    entry.acknowledgement = Some(ack(Severity::Medium, 5_000));
    let flapped = Present {
        lineage: T(50),
        ..open(400, Severity::Medium)
    };
    let standing = stand(&flapped, Some(&entry), T(401));
    assert_eq!(standing.state, State::Acknowledged);
    assert!(standing.carry);
    // A console that was started meanwhile cannot know that it flapped, until the ledger says so.
    let stranger = open(400, Severity::Medium);
    assert_eq!(said(stranger, &entry, 401).0, State::New);
    entry.episode = T(400);
    assert_eq!(said(stranger, &entry, 401).0, State::Acknowledged);
    assert!(!stand(&flapped, Some(&entry), T(401)).carry);
}

#[test]
fn a_snooze_hides_and_comes_back_to_what_was_before() {
    let mut entry = entry(50);
    entry.snooze = Some(snooze(Severity::Low, 300));
    let item = open(50, Severity::Low);
    assert_eq!(said(item, &entry, 299), (State::Snoozed, None));
    assert_eq!(
        said(item, &entry, 300),
        (State::New, Some(Ended::SnoozeOver))
    );
    entry.acknowledgement = Some(ack(Severity::Low, 500));
    assert_eq!(said(item, &entry, 299), (State::Snoozed, None));
    assert_eq!(said(item, &entry, 300), (State::Acknowledged, None));
    assert_eq!(
        said(open(50, Severity::High), &entry, 299),
        (State::New, Some(Ended::MoreSevere))
    );
}

#[test]
fn what_is_calm_is_clear_whatever_was_done() {
    let mut entry = entry(50);
    entry.acknowledgement = Some(ack(Severity::Low, 500));
    entry.snooze = Some(snooze(Severity::Low, 300));
    let calm = Present {
        open: false,
        ..open(50, Severity::Low)
    };
    assert_eq!(said(calm, &entry, 200), (State::Clear, None));
}

/// The ends of two random acts, in an order that random clocks look at.
fn any_entry() -> impl Strategy<Value = Entry> {
    let severity = prop::sample::select(Severity::ALL);
    let one = (severity.clone(), 0..1_000_i64, any::<bool>());
    (
        0..100_i64,
        prop::option::of(one),
        prop::option::of((severity, 0..1_000_i64)),
    )
        .prop_map(|(episode, held, hidden)| {
            let mut entry = entry(episode);
            entry.acknowledgement = held.map(|(severity, until, released)| {
                let mut ack = ack(severity, until);
                ack.released = released.then_some(T(100));
                ack
            });
            entry.snooze = hidden.map(|(severity, until)| snooze(severity, until));
            entry
        })
}

fn any_present() -> impl Strategy<Value = Present> {
    (
        any::<bool>(),
        0..100_i64,
        0..100_i64,
        prop::sample::select(Severity::ALL),
    )
        .prop_map(|(is_open, episode, back, severity)| Present {
            open: is_open,
            lineage: T((episode - back).max(0)),
            ..open(episode, severity)
        })
}

proptest! {
    /// Between two moments nothing changes but at the deadline that was announced: no clock jump, no poll rate and no
    /// restart is seen in between, and after a jump ahead the row stands as if every moment had been lived through.
    #[test]
    fn only_announced_moments_change_anything(
        present in any_present(), entry in any_entry(), now in 0..1_200_i64, jump in 0..1_200_i64,
    ) {
        let mut at = T(now);
        let goal = T(now + jump);
        let mut standing = stand(&present, Some(&entry), at);
        while let Some(next) = standing.next.filter(|next| *next <= goal) {
            prop_assert!(next > at, "a deadline lies ahead");
            let before = stand(&present, Some(&entry), next.minus(Duration::from_millis(1)));
            prop_assert_eq!(before.state, standing.state);
            at = next;
            standing = stand(&present, Some(&entry), at);
        }
        let jumped = stand(&present, Some(&entry), goal);
        prop_assert_eq!((jumped.state, jumped.ended), (standing.state, standing.ended));
    }

    /// What has ended by time alone does not come back by time alone.
    #[test]
    fn time_only_ends(present in any_present(), entry in any_entry(), now in 0..1_200_i64, later in 0..1_200_i64) {
        let rank = |state| match state {
            State::Snoozed => 2,
            State::Acknowledged => 1,
            State::New | State::Clear => 0,
        };
        let before = stand(&present, Some(&entry), T(now));
        let after = stand(&present, Some(&entry), T(now + later));
        prop_assert!(rank(after.state) <= rank(before.state));
    }

    /// Nothing that is worse than what somebody took, or of a later episode than they could have known, is ever hidden
    /// behind it.
    #[test]
    fn nothing_new_hides_behind_an_old_act(present in any_present(), entry in any_entry(), now in 0..1_200_i64) {
        let standing = stand(&present, Some(&entry), T(now));
        if standing.state == State::Acknowledged {
            let held = entry.held().unwrap();
            prop_assert!(present.severity <= held.severity && T(now) < held.end.until());
            prop_assert!(entry.episode >= present.lineage);
        }
        if standing.state == State::Snoozed {
            let snooze = entry.snooze.as_ref().unwrap();
            prop_assert!(present.severity <= snooze.severity && T(now) < snooze.until);
        }
        prop_assert_eq!(standing.state == State::Clear, !present.open);
        prop_assert!(standing.ended.is_none() || standing.state == State::New);
    }

    /// Two consoles whose clocks differ by up to half a minute differ for half a minute at most, and only about ends.
    #[test]
    fn skew_moves_an_end_and_nothing_else(
        present in any_present(), entry in any_entry(), now in 30..1_200_i64, skew in -30..=30_i64,
    ) {
        let here = stand(&present, Some(&entry), T(now));
        let there = stand(&present, Some(&entry), T(now + skew));
        if here.state != there.state {
            let ends = [
                entry.held().map(|ack| ack.end.until()),
                entry.snooze.as_ref().map(|snooze| snooze.until),
            ];
            let (from, to) = (T(now.min(now + skew)), T(now.max(now + skew)));
            prop_assert!(ends.into_iter().flatten().any(|end| from < end && end <= to));
        }
    }
}
