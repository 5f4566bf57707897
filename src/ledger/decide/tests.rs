//! The rule by itself: whatever two consoles ask in whatever order, nobody loses without being told.

use proptest::prelude::*;

use crate::domain::{AccountId, ItemKey, Kind, Region, Scope, Severity};
use crate::ledger::Who;
use crate::lifecycle::{End, Owner};

use super::*;

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

/// One act of one of two operators on one shared role: who, what, the version before their eyes, when.
#[derive(Clone, Debug)]
struct Move {
    operator: usize,
    verb: usize,
    behind: u64,
    episode: i64,
    severity: Severity,
    at: i64,
    lasts: i64,
    repeated: bool,
}

fn any_move() -> impl Strategy<Value = Move> {
    (
        (0..2_usize, 0..9_usize, 0..2_u64, 0..3_i64),
        prop::sample::select(Severity::ALL),
        (0..100_i64, 0..60_i64, any::<bool>()),
    )
        .prop_map(
            |((operator, verb, behind, episode), severity, (at, lasts, repeated))| Move {
                operator,
                verb,
                behind,
                episode,
                severity,
                at,
                lasts,
                repeated,
            },
        )
}

fn act(number: usize, m: &Move, version: u64) -> Act {
    let seen = version.saturating_sub(m.behind);
    let episode = Timestamp::from_secs(m.episode);
    let at = Timestamp::from_secs(m.at);
    let end = End::At(Timestamp::from_secs(m.at + m.lasts));
    let severity = m.severity;
    let verb = match m.verb {
        0 => Verb::Acknowledge {
            episode,
            severity,
            end,
            note: None,
            ticket: None,
        },
        1 => Verb::TakeOver {
            seen,
            episode,
            severity,
            end,
        },
        2 => Verb::Edit {
            seen,
            end,
            note: Some("n".into()),
            ticket: None,
        },
        3 => Verb::Release { seen },
        4 => Verb::Snooze {
            seen,
            episode,
            severity,
            until: end.until(),
        },
        5 => Verb::Unsnooze { seen },
        6 => Verb::Assign {
            seen,
            episode,
            to: Some("bo".into()),
        },
        7 => Verb::Comment {
            episode,
            text: "t".into(),
        },
        _ => Verb::Carry {
            lineage: Timestamp::from_secs(m.episode - 1),
            episode,
        },
    };
    Act {
        id: format!("act-{number}").into(),
        who: Who {
            owner: Owner::new(["ana", "bo"][m.operator], "arn:one-shared-role"),
            session: ["s-ana", "s-bo"][m.operator].into(),
        },
        at,
        key: key(),
        verb,
    }
}

proptest! {
    /// Two operators act in any order, with clocks that jump, versions that are old and acts that are sent twice.
    #[test]
    fn no_interleaving_takes_an_item_from_its_owner_unseen(moves in prop::collection::vec(any_move(), 1..40)) {
        let mut book: Option<Entry> = None;
        for (number, m) in moves.iter().enumerate() {
            let version = book.as_ref().map_or(0, |entry| entry.version);
            let act = act(number, m, version);
            let before = book.clone();
            match decide(book.as_ref(), &act) {
                Ok(entry) => {
                    prop_assert!(entry.version >= version && entry.version <= version + 1);
                    let old = before.as_ref().map_or(Timestamp::ZERO, |e| e.episode);
                    prop_assert!(before.is_none() || entry.episode >= old, "episodes only go forward");
                    // The owner changes only for a reason that everybody agrees on, or with the owner's entry seen.
                    if let (Some(held), Some(now)) = (before.as_ref().and_then(Entry::held), entry.held())
                        && now.owner != held.owner
                    {
                        let over = held.end.until() <= act.at
                            || entry.episode > old
                            || now.severity > held.severity;
                        prop_assert!(over || act.verb.seen() == Some(version));
                    }
                    book = Some(entry);
                    if m.repeated {
                        let again = decide(book.as_ref(), &act);
                        let harmless = match &act.verb {
                            // Nothing was written, so there is nothing to recognise; the answer is the same.
                            Verb::Carry { .. } => again.is_ok(),
                            _ => again.as_ref() == Ok(book.as_ref().unwrap()),
                        };
                        prop_assert!(harmless, "{again:?}");
                    }
                }
                Err(refusal) => {
                    // The loser is told what is so.
                    prop_assert_eq!(refusal.entry().map(|e| (**e).clone()), before.clone());
                    if let Refusal::Owned(entry) = &refusal {
                        prop_assert!(entry.held().is_some_and(|held| held.owner != act.who.owner));
                    }
                    prop_assert!(!refusal.told(act.at).is_empty());
                }
            }
        }
    }
}

fn acknowledge(number: usize, operator: usize, severity: Severity, at: i64) -> Act {
    let m = Move {
        operator,
        verb: 0,
        behind: 0,
        episode: 1,
        severity,
        at,
        lasts: 60,
        repeated: false,
    };
    act(number, &m, 0)
}

#[test]
fn one_shared_role_never_makes_two_operators_one() {
    let first = decide(None, &acknowledge(1, 0, Severity::Low, 10)).unwrap();
    let second = decide(Some(&first), &acknowledge(2, 1, Severity::Low, 12)).unwrap_err();
    assert_eq!(
        second.told(Timestamp::from_secs(22)),
        "ana was first: acknowledged 12 s ago, until 1970-01-01T00:01:10Z"
    );
}

#[test]
fn another_operator_at_the_same_console_is_another_operator() {
    let first = decide(None, &acknowledge(1, 0, Severity::Low, 10)).unwrap();
    let mut second = acknowledge(2, 1, Severity::Low, 12);
    second.who.session = "s-ana".into();
    assert!(matches!(
        decide(Some(&first), &second),
        Err(Refusal::Owned(_))
    ));
}

#[test]
fn what_became_worse_can_be_taken_by_anybody() {
    let first = decide(None, &acknowledge(1, 0, Severity::Low, 10)).unwrap();
    let second = decide(Some(&first), &acknowledge(2, 1, Severity::High, 12)).unwrap();
    assert_eq!(&*second.held().unwrap().owner.operator, "bo");
}

#[test]
fn remarks_are_kept_in_order_and_the_oldest_go_first() {
    let mut entry = None;
    for number in 0..COMMENTS + 5 {
        let act = Act {
            verb: Verb::Comment {
                episode: Timestamp::ZERO,
                text: number.to_string().into(),
            },
            at: Timestamp::from_secs(i64::try_from(number).unwrap()),
            ..acknowledge(number, 0, Severity::Low, 0)
        };
        entry = Some(decide(entry.as_ref(), &act).unwrap());
    }
    let comments = entry.unwrap().comments;
    assert_eq!(comments.len(), COMMENTS);
    assert_eq!(&*comments[0].text, "5");
}
