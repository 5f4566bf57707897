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
                let came = changes.opened.binary_search(id).is_ok();
                self.row(*id, row, came, now);
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
            self.row(id, row, false, now);
        }
        for (feed, state) in store.feed_states(now) {
            self.feed(feed, Some(state), now);
        }
    }

    /// Records what is new about a row. `came`: it began to ask for attention before this console's eyes.
    fn row(&mut self, id: RowId, row: &Row, came: bool, now: Timestamp) {
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
        let begins = if came {
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
                if is.severity > was.severity {
                    tell(is.episode, Happened::Rose, now);
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
