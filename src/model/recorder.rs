//! The recorder: what of the store's changes is news to the history.
//!
//! It compares what a row says now with what it last recorded of it, so that whatever touched the row, every turn of an
//! item's life is recorded once. Plain data: the facts leave as an effect, about once a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{Feed, FeedState, Severity};
use crate::history::{BEAT, Fact, Facts, Happened};
use crate::panes::fact;
use crate::store::{Changes, Row, RowId, Store};

/// How often facts are handed over at most: one write a second, however much happens.
const EVERY: Duration = Duration::from_secs(1);

/// What was last recorded of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    episode: Timestamp,
    severity: Severity,
    is_open: bool,
}

/// What the store says happened to a row just now.
#[derive(Clone, Copy, Debug, Default)]
struct News {
    /// It began to ask for attention before this console's eyes.
    came: bool,
    /// Its severity rose while it asked for attention.
    rose: bool,
}

/// Records what happens. Begins switched off: only a console keeps a history.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    is_on: bool,
    rows: HashMap<RowId, Known>,
    feeds: HashMap<Feed, FeedState>,
    pending: Vec<Fact>,
    /// When facts were last handed over.
    handed: Timestamp,
    /// Why the history cannot be written, if it cannot.
    trouble: Option<Arc<str>>,
}

impl Recorder {
    /// From here on everything is recorded, beginning with what the store holds.
    pub fn begin(&mut self, store: &Store, now: Timestamp) {
        *self = Self {
            is_on: true,
            ..Self::default()
        };
        self.look_at_all(store, now);
    }

    /// Notes what changed.
    pub fn note(&mut self, store: &Store, changes: &Changes, now: Timestamp) {
        if !self.is_on || self.trouble.is_some() {
            return;
        }
        for id in &changes.removed {
            self.rows.remove(id);
        }
        for id in &changes.touched {
            if let Some(row) = store.row(*id) {
                let news = News {
                    came: changes.opened.binary_search(id).is_ok(),
                    rose: changes.worse.binary_search(id).is_ok(),
                };
                self.row(*id, row, news, now);
            }
        }
        for feed in &changes.feeds {
            self.feed(*feed, store.state_of(feed, now), now);
        }
    }

    /// What is to be written now: about once a second where something happened, and from time to time in any case, so that
    /// it is known that somebody watched.
    pub fn due(&mut self, store: &Store, now: Timestamp) -> Option<Facts> {
        if !self.is_on {
            return None;
        }
        let waited = now.since(self.handed);
        let is_due = waited >= BEAT || waited >= EVERY && !self.pending.is_empty();
        if !is_due {
            return None;
        }
        if self.trouble.is_some() {
            // Perhaps it can be written again. What happened meanwhile is not known as it happened, but as it is.
            self.look_at_all(store, now);
        }
        Some(self.hand_over(now))
    }

    /// What is left to be written at the end.
    pub fn rest(&mut self, now: Timestamp) -> Option<Facts> {
        self.is_on.then(|| self.hand_over(now))
    }

    /// Takes in whether facts were written. Gives the reason where the operator does not know it yet.
    pub fn written(&mut self, outcome: Result<(), Arc<str>>) -> Option<Arc<str>> {
        match outcome {
            Ok(()) => {
                self.trouble = None;
                None
            }
            Err(why) => {
                self.pending.clear();
                let is_news = self.trouble.as_ref() != Some(&why);
                self.trouble = Some(Arc::clone(&why));
                is_news.then_some(why)
            }
        }
    }

    fn hand_over(&mut self, now: Timestamp) -> Facts {
        self.handed = now;
        Facts {
            at: now,
            facts: std::mem::take(&mut self.pending),
        }
    }

    fn look_at_all(&mut self, store: &Store, now: Timestamp) {
        self.pending.clear();
        self.rows.clear();
        self.feeds.clear();
        for (id, row) in store.rows() {
            self.row(id, row, News::default(), now);
        }
        for (feed, state) in store.feed_states(now) {
            self.feed(feed, Some(state), now);
        }
    }

    /// Records what is new about a row.
    fn row(&mut self, id: RowId, row: &Row, news: News, now: Timestamp) {
        let is = Known {
            episode: row.item().episode,
            severity: row.severity(),
            is_open: row.is_open(),
        };
        let was = self.rows.get(&id).copied();
        let mut tell = |episode, happened, at| {
            self.pending.push(Fact::Item {
                key: row.key().clone(),
                name: Arc::from(fact::what(row.item())),
                episode,
                severity: is.severity,
                happened,
                at,
                seen: now,
            });
        };
        let begins = if news.came {
            Happened::Came
        } else {
            Happened::Found
        };
        match was {
            None if !is.is_open => return,
            None => tell(is.episode, begins, now),
            Some(was) if was == is => return,
            Some(was) if was.is_open && !is.is_open => {
                tell(
                    was.episode,
                    Happened::Cleared,
                    row.cleared_at().unwrap_or(now),
                );
                // A calm alarm's episode is its calm: what it may come back to is the one that it was in ALARM.
                let is = Known {
                    episode: was.episode,
                    ..is
                };
                self.rows.insert(id, is);
                return;
            }
            Some(_) if !is.is_open => return,
            Some(was) if was.episode != is.episode => {
                if was.is_open {
                    // It cleared between two answers, unseen.
                    tell(was.episode, Happened::Cleared, is.episode.min(now));
                }
                tell(is.episode, begins, now);
            }
            Some(was) => {
                if !was.is_open {
                    tell(is.episode, Happened::Back, now);
                }
                if news.rose {
                    tell(is.episode, Happened::Rose, now);
                } else if was.is_open && is.severity > was.severity {
                    // Other rules or names: it is not worse, only rated otherwise.
                    tell(is.episode, Happened::Found, now);
                }
            }
        }
        self.rows.insert(id, is);
    }

    fn feed(&mut self, feed: Feed, state: Option<FeedState>, now: Timestamp) {
        let was = match state {
            Some(state) => self.feeds.insert(feed, state),
            None => self.feeds.remove(&feed),
        };
        if was != state {
            self.pending.push(Fact::Feed {
                feed,
                state,
                at: now,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alarm::AlarmState;
    use crate::domain::{Body, FaultKind, Item};
    use crate::store::Settings;
    use crate::store::tests::world::{alarm, alarms, at, batch, end, failed, page};

    /// A store that is recorded, and what was handed over so far.
    struct Console {
        store: Store,
        recorder: Recorder,
        run: u64,
    }

    impl Console {
        fn new() -> Self {
            let store = Store::new(Settings::default());
            let mut recorder = Recorder::default();
            recorder.begin(&store, at(0));
            Self {
                store,
                recorder,
                run: 0,
            }
        }

        fn apply(&mut self, secs: i64, body: Body) {
            let changes = self.store.apply(batch(alarms(), self.run, secs, body));
            self.recorder.note(&self.store, &changes, at(secs));
        }

        /// A complete answer, and what it made of the record.
        fn answer(&mut self, secs: i64, items: &[Item]) -> Vec<String> {
            self.run += 1;
            for body in [Body::Begin, page(items.iter().cloned()), end()] {
                self.apply(secs, body);
            }
            self.told(secs)
        }

        fn told(&mut self, secs: i64) -> Vec<String> {
            let facts = self.recorder.rest(at(secs)).unwrap().facts;
            let told = facts.iter().map(|fact| match fact {
                Fact::Item {
                    key,
                    episode,
                    happened,
                    at: when,
                    ..
                } => {
                    let secs = |t: Timestamp| t.as_secs() - at(0).as_secs();
                    format!(
                        "{} {happened:?} {} of {}",
                        key.id,
                        secs(*when),
                        secs(*episode)
                    )
                }
                Fact::Feed { state, .. } => format!("feed {state:?}"),
            });
            told.collect()
        }
    }

    #[test]
    fn every_turn_of_an_items_life_is_recorded_once() {
        let mut console = Console::new();
        let fires = |since| [alarm("a", AlarmState::Alarm, since)];
        assert_eq!(
            console.answer(10, &fires(5)),
            ["feed Some(Loading)", "a Found 10 of 5", "feed Some(Fresh)"]
        );
        assert_eq!(console.answer(20, &fires(5)), [] as [&str; 0]);
        let calm = [alarm("a", AlarmState::Ok, 25)];
        assert_eq!(console.answer(30, &calm), ["a Cleared 25 of 5"]);
        assert_eq!(
            console.answer(2_000, &fires(1_990)),
            ["a Came 2000 of 1990"]
        );
        // It cleared and fired again between two answers.
        assert_eq!(
            console.answer(4_000, &fires(3_900)),
            ["a Cleared 3900 of 1990", "a Came 4000 of 3900"]
        );
        // It is no longer named, and then again: the same episode is back.
        assert_eq!(console.answer(4_100, &[]), ["a Cleared 4100 of 3900"]);
        assert_eq!(
            console.answer(4_200, &fires(3_900)),
            ["a Back 4200 of 3900"]
        );
    }

    #[test]
    fn a_feed_is_recorded_when_it_can_be_believed_less_and_more() {
        let mut console = Console::new();
        console.answer(10, &[]);
        console.run += 1;
        console.apply(20, Body::Begin);
        console.apply(20, failed(FaultKind::Denied));
        assert_eq!(console.told(20), ["feed Some(Blind)"]);
        assert_eq!(console.answer(30, &[]), ["feed Some(Fresh)"]);
        console.apply(40, Body::Retired);
        assert_eq!(console.told(40), ["feed None"]);
    }

    #[test]
    fn facts_leave_once_a_second_and_a_sign_of_life_now_and_then() {
        let mut console = Console::new();
        let due = |console: &mut Console, secs| {
            let facts = console.recorder.due(&console.store, at(secs));
            facts.map(|facts| facts.facts.len())
        };
        assert_eq!(
            due(&mut console, 0),
            Some(0),
            "somebody watches from here on"
        );
        assert_eq!(due(&mut console, 29), None);
        assert_eq!(due(&mut console, 30), Some(0));
        console.apply(31, Body::Begin);
        console.apply(31, page([alarm("a", AlarmState::Alarm, 5)]));
        assert_eq!(due(&mut console, 31), Some(2));
        assert_eq!(due(&mut console, 32), None);
    }

    #[test]
    fn what_could_not_be_written_is_told_once_and_seen_afresh() {
        let mut console = Console::new();
        console.answer(10, &[alarm("a", AlarmState::Alarm, 5)]);
        let full = || Err(Arc::from("The disk is full."));
        assert!(console.recorder.written(full()).is_some());
        assert!(console.recorder.written(full()).is_none());
        console.answer(20, &[alarm("b", AlarmState::Alarm, 15)]);
        let again = console.recorder.due(&console.store, at(60)).unwrap();
        // Both rows and the feed, as they are now.
        assert_eq!(again.facts.len(), 2);
        assert!(console.recorder.written(Ok(())).is_none());
        assert_eq!(console.answer(70, &[]), ["b Cleared 70 of 15"]);
    }
}
