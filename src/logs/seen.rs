//! What was handed on already: so that nothing is shown twice, however often it is read.
//!
//! Polling reads the last seconds again and again, because CloudWatch Logs takes events in late. It knows them by the
//! event's id. A live tail gives no ids: there an event is known by its origin, its times and its text, and several that
//! are alike are counted, so that the second of two equal events is not taken for the first one read again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use crate::clock::Timestamp;

use super::event::Event;

/// How much time one part of the memory spans.
const PART: i64 = 10_000;

/// The memory of one group's events. Events older than its horizon are not known any more: whoever reads again must not
/// read further back than it says.
#[derive(Debug, Default)]
pub struct Seen {
    hasher: RandomState,
    parts: BTreeMap<i64, Part>,
}

#[derive(Debug, Default)]
struct Part {
    /// Time and hash of every id.
    ids: HashSet<(i64, u64)>,
    /// By origin, times and text.
    alike: HashMap<u64, Alike>,
}

/// Events that cannot be told from one another, counted.
#[derive(Debug, Default)]
struct Alike {
    /// How many there are, as far as is known: so many were handed on.
    known: u32,
    /// How many different ones were polled.
    polled: u32,
    /// How many were pushed in the session that pushed last.
    pushed: u32,
    /// Which that was.
    session: u32,
}

/// By which way events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// Polled, and by no other way.
    Polled,
    /// Polled, where a live tail pushes the same events or did so a little while ago.
    PolledBeside,
    /// Pushed in this session of a live tail. One session pushes each event once, the next one may push some again.
    Pushed(u32),
}

impl Seen {
    /// Whether an event is new. It counts as seen from now on.
    pub fn is_new(&mut self, event: &Event, brought: Brought) -> bool {
        let at = event.at.as_millis();
        let id = event.id.as_ref().map(|id| self.hasher.hash_one(id));
        let part = self.parts.entry(at.div_euclid(PART)).or_default();
        if let Some(id) = id
            && !part.ids.insert((at, id))
        {
            return false;
        }
        if id.is_some() && brought == Brought::Polled {
            return true;
        }
        let hash = self
            .hasher
            .hash_one((event.origin, at, event.ingested, &event.text));
        let alike = part.alike.entry(hash).or_default();
        let number = match brought {
            Brought::Polled | Brought::PolledBeside => {
                alike.polled += 1;
                alike.polled
            }
            Brought::Pushed(session) => {
                if alike.session != session {
                    (alike.session, alike.pushed) = (session, 0);
                }
                alike.pushed += 1;
                alike.pushed
            }
        };
        let is_new = number > alike.known;
        alike.known = alike.known.max(number);
        is_new
    }

    /// Forgets what happened before this moment: it is not read again.
    pub fn forget_before(&mut self, moment: Timestamp) {
        let first = moment.as_millis().div_euclid(PART);
        self.parts = self.parts.split_off(&first);
    }

    /// How many events it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        let parts = self.parts.values();
        parts.map(|part| part.ids.len() + part.alike.len()).sum()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::origin::OriginId;
    use proptest::prelude::*;

    fn event(at: i64, id: Option<u32>, text: &str) -> Event {
        Event {
            at: Timestamp::from_millis(at),
            ingested: Timestamp::from_millis(at + 5),
            origin: OriginId(1),
            id: id.map(|id| id.to_string().into_boxed_str()),
            text: text.to_owned(),
        }
    }

    #[test]
    fn what_is_read_again_is_not_new_and_what_is_alike_is() {
        let mut seen = Seen::default();
        assert!(seen.is_new(&event(1, Some(1), "tick"), Brought::Polled));
        assert!(!seen.is_new(&event(1, Some(1), "tick"), Brought::Polled));
        assert!(seen.is_new(&event(1, Some(2), "tick"), Brought::Polled));
    }

    #[test]
    fn a_pushed_event_is_the_polled_one_in_either_order() {
        let mut seen = Seen::default();
        // Two equal events in one millisecond, both pushed, then both polled twice.
        assert!(seen.is_new(&event(1, None, "tick"), Brought::Pushed(1)));
        assert!(seen.is_new(&event(1, None, "tick"), Brought::Pushed(1)));
        for _ in 0..2 {
            assert!(!seen.is_new(&event(1, Some(1), "tick"), Brought::PolledBeside));
            assert!(!seen.is_new(&event(1, Some(2), "tick"), Brought::PolledBeside));
        }
        assert!(seen.is_new(&event(1, Some(3), "tick"), Brought::PolledBeside));
        // Polled first, pushed afterwards.
        assert!(seen.is_new(&event(2, Some(4), "tock"), Brought::PolledBeside));
        assert!(!seen.is_new(&event(2, None, "tock"), Brought::Pushed(1)));
        assert!(seen.is_new(&event(2, None, "tock"), Brought::Pushed(1)));
    }

    #[test]
    fn a_session_that_pushes_what_an_earlier_one_did_brings_nothing_new() {
        let mut seen = Seen::default();
        for session in 1..4 {
            let new =
                (0..2).filter(|_| seen.is_new(&event(1, None, "tick"), Brought::Pushed(session)));
            assert_eq!(new.count(), if session == 1 { 2 } else { 0 });
        }
    }

    #[test]
    fn only_what_may_be_read_again_is_remembered() {
        let mut seen = Seen::default();
        for n in 0..1_000 {
            seen.is_new(&event(n * 1_000, Some(n as u32), "x"), Brought::Polled);
        }
        seen.forget_before(Timestamp::from_secs(970));
        assert_eq!(seen.len(), 30);
        assert!(!seen.is_new(&event(970_000, Some(970), "x"), Brought::Polled));
    }

    proptest! {
        /// However the events of a group are cut into overlapping readings, polled in any order or pushed in sessions that each
        /// push an event once: each comes through once.
        #[test]
        fn each_event_comes_through_once(
            events in prop::collection::vec((0_i64..20, 0_u8..3), 1..60),
            readings in prop::collection::vec((any::<bool>(), 0_usize..60, 1_usize..60), 1..12),
        ) {
            let mut seen = Seen::default();
            let mut read = |from: usize, to: usize, session: Option<u32>| {
                let (from, to) = (from.min(events.len()), to.min(events.len()));
                let new = |n: &usize| {
                    let (at, text) = events[*n];
                    let id = session.is_none().then(|| u32::try_from(*n).unwrap());
                    let brought = session.map_or(Brought::PolledBeside, Brought::Pushed);
                    seen.is_new(&event(at, id, &text.to_string()), brought)
                };
                (from..to).filter(new).count()
            };
            let mut shown = 0;
            for (session, (push, from, length)) in readings.iter().enumerate() {
                shown += read(*from, from + length, push.then_some(u32::try_from(session).unwrap() + 1));
            }
            // Of events that are alike, one that a reading left out may be taken for one that it brought; at the end none is
            // missing and none came twice.
            shown += read(0, events.len(), None);
            prop_assert_eq!(shown, events.len());
        }
    }
}
