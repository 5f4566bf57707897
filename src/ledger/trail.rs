//! The trail: what the journal says of acts, so that who did what can be answered when the ledger has long forgotten it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::audit::{Note, Noted, Result as Became, Target};
use crate::clock::Timestamp;

use super::act::{Act, Refusal, Verb};
use super::book::{Miss, Outcome, Seat};

/// How many items one entry of the journal names at most: a gesture over all alarms of a fleet is a few entries, and none
/// of them too large to read.
const TOGETHER: usize = 1_000;

/// What the journal says of acts and of what the ledger made of them: one note for everything that was done alike.
///
/// What consoles carry by themselves is no act of an operator and stands in no journal.
#[must_use]
pub fn notes<'a>(
    answers: impl IntoIterator<Item = (&'a Act, &'a Outcome)>,
    now: Timestamp,
) -> Vec<Note> {
    let answers = answers.into_iter().map(|(act, outcome)| {
        let (result, said) = match outcome {
            Ok(kept) if kept.seat == Seat::Outbox => (
                Became::Ok,
                format!("LOCAL ONLY: it waits for the ledger{}", until(&act.verb)),
            ),
            Ok(_) => (Became::Ok, until(&act.verb)),
            Err(Miss::Refused(refusal)) => (Became::Refused, refusal.told(now)),
            Err(Miss::Failed(trouble)) => (Became::Failed, trouble.message.clone()),
        };
        (act, result, said)
    });
    collect(answers)
}

/// What the journal says of acts that had waited and were refused when the ledger was back.
#[must_use]
pub fn lost(lost: &[(Act, Refusal)], now: Timestamp) -> Vec<Note> {
    let lost = lost.iter().map(|(act, refusal)| {
        let said = format!("It had waited for the ledger: {}", refusal.told(now));
        (act, Became::Refused, said)
    });
    collect(lost)
}

fn collect<'a>(answers: impl Iterator<Item = (&'a Act, Became, String)>) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (act, result, said) in answers {
        if matches!(act.verb, Verb::Carry { .. }) {
            continue;
        }
        let noted = Noted {
            kind: act.key.kind.word(),
            target: Target {
                scope: act.key.scope,
                id: Arc::clone(&act.key.id),
            },
            result,
            said,
        };
        let (verb, parameters) = (act.verb.word(), parameters(&act.verb));
        let owner = &act.who.owner;
        let alike = notes.iter_mut().rev().find(|note| {
            note.targets.len() < TOGETHER
                && note.verb == verb
                && note.parameters == parameters
                && note.operator == owner.operator
                && note.identity == owner.identity
        });
        match alike {
            Some(note) => note.targets.push(noted),
            None => notes.push(Note {
                operator: Arc::clone(&owner.operator),
                identity: Arc::clone(&owner.identity),
                verb,
                place: "ledger",
                targets: vec![noted],
                parameters,
            }),
        }
    }
    notes
}

/// Until when what was done holds; empty where that is no question.
fn until(verb: &Verb) -> String {
    match verb {
        Verb::Acknowledge { end, .. } | Verb::TakeOver { end, .. } | Verb::Edit { end, .. } => {
            format!("until {}", end.until())
        }
        Verb::Snooze { until, .. } => format!("until {until}"),
        _ => String::new(),
    }
}

/// The operator's own words.
fn parameters(verb: &Verb) -> Map<String, Value> {
    let words: [(&str, Option<&Arc<str>>); 2] = match verb {
        Verb::Acknowledge { note, ticket, .. } | Verb::Edit { note, ticket, .. } => {
            [("note", note.as_ref()), ("ticket", ticket.as_ref())]
        }
        Verb::Comment { text, .. } => [("note", Some(text)), ("", None)],
        Verb::Assign { to, .. } => [("to", to.as_ref()), ("", None)],
        _ => [("", None), ("", None)],
    };
    words
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), (&**text?).into())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ItemKey, Kind, Severity};
    use crate::ledger::{Kept, Trouble, TroubleKind, Who};
    use crate::lifecycle::{End, Entry, Owner};

    const NOW: Timestamp = Timestamp::from_secs(1_795_242_662);

    fn act(n: usize, who: &str, verb: Verb) -> Act {
        Act {
            id: format!("a-{n}").into(),
            who: Who {
                owner: Owner::new(who, "arn"),
                session: "s".into(),
            },
            at: NOW,
            key: ItemKey {
                kind: Kind::Alarm,
                scope: crate::domain::Scope {
                    account: "111111111111".parse().unwrap(),
                    region: "eu-west-1".parse().unwrap(),
                },
                id: format!("alarm-{n}").into(),
            },
            verb,
        }
    }

    fn take(n: usize, who: &str) -> Act {
        let verb = Verb::Acknowledge {
            episode: NOW,
            severity: Severity::High,
            end: End::At(NOW.plus(std::time::Duration::from_secs(3_600))),
            note: Some("password=hunter2 is known".into()),
            ticket: None,
        };
        act(n, who, verb)
    }

    fn kept(act: &Act, seat: Seat) -> Outcome {
        Ok(Kept {
            entry: Arc::new(Entry::blank(act.key.clone(), NOW)),
            seat,
        })
    }

    #[test]
    fn a_thousand_acts_of_one_gesture_are_one_note_and_refused_ones_are_in_it() {
        let acts: Vec<Act> = (0..1_000).map(|n| take(n, "ana")).collect();
        let mut outcomes: Vec<Outcome> = acts.iter().map(|act| kept(act, Seat::Ledger)).collect();
        outcomes[7] = Err(Refusal::Nothing(None).into());
        outcomes[8] = Err(Trouble::new(TroubleKind::Full, "The disk is full.").into());
        let notes = notes(acts.iter().zip(&outcomes), NOW);
        assert_eq!(notes.len(), 1);
        let targets = &notes[0].targets;
        assert_eq!((targets.len(), notes[0].result()), (1_000, None));
        assert_eq!(targets[7].result, Became::Refused);
        assert_eq!(targets[8].said, "The disk is full.");
        assert_eq!(targets[9].said, "until 2026-11-21T07:31:02Z");
    }

    #[test]
    fn every_operator_and_every_word_has_a_note_of_its_own_and_consoles_have_none() {
        let comment = |text: &str| Verb::Comment {
            episode: NOW,
            text: text.into(),
        };
        let carry = Verb::Carry {
            lineage: NOW,
            episode: NOW,
        };
        let acts = [
            act(1, "ana", comment("seen")),
            act(2, "ana", comment("seen")),
            act(3, "ana", comment("called ben")),
            act(4, "ben", comment("seen")),
            act(5, "ben", carry),
        ];
        let outcomes: Vec<Outcome> = acts.iter().map(|act| kept(act, Seat::Outbox)).collect();
        let notes = notes(acts.iter().zip(&outcomes), NOW);
        let told: Vec<_> = notes
            .iter()
            .map(|note| (&*note.operator, note.targets.len()))
            .collect();
        assert_eq!(told, [("ana", 2), ("ana", 1), ("ben", 1)]);
        assert!(notes[0].targets[0].said.starts_with("LOCAL ONLY"));
    }
}
