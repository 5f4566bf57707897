//! The tail: what many readers tell, as one stream of lines and marks in the order of time.
//!
//! Each group has a reader. A reader says what it read and how far it is; here that becomes lines of which none stands
//! twice, in order, with marks where something is missing. `noctop tail` prints them, the viewer keeps them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{Fault, Scope};

use super::event::Event;
use super::mark::{Mark, MarkKind};
use super::merge::{Merge, ReaderId};
use super::origin::{GroupId, Origins};
use super::seen::{Brought, Seen};

/// How long a line waits for groups that are behind, once everybody has read what was there at the beginning. Polling asks
/// every two seconds, and one answer more may be on its way.
pub const WINDOW: Duration = Duration::from_secs(5);
/// How long the newest lines are held back so that those that are taken in a little late find their place: CloudWatch Logs
/// takes most events in within two seconds of one another.
pub const SETTLE: Duration = Duration::from_secs(2);

/// An event as a reader got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The stream.
    pub stream: String,
    /// When it happened.
    pub at: Timestamp,
    /// When it was taken in.
    pub ingested: Timestamp,
    /// Its id, where the way of reading tells it.
    pub id: Option<Box<str>>,
    /// What was written.
    pub text: String,
}

/// By which way a group is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Asked again and again.
    Polling,
    /// Pushed by Live Tail, which is billed by the minute.
    Live,
}

/// How the reading of a group ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Everything that was asked for was read.
    Complete,
    /// There is no such group.
    Absent,
    /// It could not be read to the end.
    GaveUp,
}

/// What a reader tells about its group.
#[derive(Clone, Debug)]
pub enum News {
    /// It begins, or begins again after trouble: others wait for it from this moment on.
    Began(Timestamp),
    /// It read these events, and everything up to `reached` as far as it was there to be read.
    Read {
        /// The events, in the order of time.
        events: Vec<Arrived>,
        /// How far it has come.
        reached: Option<Timestamp>,
        /// By which way they come.
        brought: Brought,
    },
    /// What was there at the beginning is read.
    CaughtUp,
    /// It will not read again what happened before this moment.
    Forget(Timestamp),
    /// Something happened that stands between the lines.
    Marked(Mark),
    /// By which way it reads from now on, and why, where it was wanted otherwise.
    Goes(Way, Option<Fault>),
    /// It cannot read at present; nobody waits for it. It tries again.
    Away(Fault),
    /// It reads again, and has lost nothing.
    Well,
    /// It ended.
    Over(Over, Option<Fault>),
}

/// What a reader tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// About which group.
    pub group: GroupId,
    /// What.
    pub news: News,
}

/// A line or a mark, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A line.
    Event(Event),
    /// A mark.
    Mark(Mark),
}

/// What came of it so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that are new.
    pub events: u64,
    /// Events that were read again and left out.
    pub again: u64,
    /// Gaps.
    pub gaps: u64,
    /// How long the gaps are together.
    pub missing: Duration,
    /// Marks that only a sample was sent.
    pub sampled: u64,
}

/// Whether readers should wait for slower ones, so that what waits for its order does not fill the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Whether too many lines wait.
    pub crowded: bool,
    /// How far the slowest reader is.
    pub slowest: Timestamp,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            crowded: false,
            slowest: Timestamp::from_millis(i64::MIN),
        }
    }
}

/// The lines that may wait for slower readers before the faster ones are asked to wait.
const CROWD: usize = 100_000;

/// Joins what readers tell.
#[derive(Debug)]
pub struct Tail {
    origins: Origins,
    seen: HashMap<GroupId, Seen>,
    merge: Merge<Item>,
    /// Groups that still read what was there at the beginning.
    behind: BTreeSet<GroupId>,
    counts: Counts,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            origins: Origins::default(),
            seen: HashMap::new(),
            merge: Merge::new(Duration::MAX),
            behind: BTreeSet::new(),
            counts: Counts::default(),
        }
    }
}

impl Tail {
    /// A group that will be read, under the name that operators have for its account.
    pub fn group(&mut self, scope: Scope, account: &Arc<str>, name: &Arc<str>) -> GroupId {
        let id = self.origins.group(scope, account, name);
        self.behind.insert(id);
        id
    }

    /// Where lines come from.
    #[must_use]
    pub const fn origins(&self) -> &Origins {
        &self.origins
    }

    /// What came of it so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many lines were handed on after later ones.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.merge.late()
    }

    /// Whether readers should wait for slower ones.
    #[must_use]
    pub fn pace(&self) -> Pace {
        Pace {
            crowded: self.merge.len() > CROWD,
            slowest: self
                .merge
                .slowest()
                .unwrap_or(Timestamp::from_millis(i64::MAX)),
        }
    }

    /// When something that waits has to go on, if nothing is told before.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.merge.due()
    }

    /// Takes what a reader tells.
    pub fn hear(&mut self, told: Told, now: Timestamp) {
        let Told { group, news } = told;
        let reader = ReaderId(u32::from(group.0));
        match news {
            News::Began(from) => self.merge.join(reader, from),
            News::Read {
                events,
                reached,
                brought,
            } => {
                self.take(group, events, brought, now);
                if let Some(reached) = reached {
                    self.merge.reached(reader, reached);
                }
            }
            News::CaughtUp => self.caught_up(group),
            News::Forget(moment) => {
                if let Some(seen) = self.seen.get_mut(&group) {
                    seen.forget_before(moment);
                }
            }
            News::Marked(mark) => {
                match mark.kind {
                    MarkKind::Gap => {
                        self.counts.gaps += 1;
                        self.counts.missing = self.counts.missing.saturating_add(mark.lasted);
                    }
                    MarkKind::Sampled => self.counts.sampled += 1,
                    MarkKind::Seam | MarkKind::Dropped => {}
                }
                self.merge.push(mark.at, Item::Mark(mark), now);
            }
            News::Away(_) | News::Over(..) => {
                self.merge.leave(reader);
                self.caught_up(group);
            }
            News::Goes(..) | News::Well => {}
        }
    }

    fn take(&mut self, group: GroupId, events: Vec<Arrived>, brought: Brought, now: Timestamp) {
        let seen = self.seen.entry(group).or_default();
        for arrived in events {
            let event = Event {
                at: arrived.at,
                ingested: arrived.ingested,
                origin: self.origins.stream(group, &arrived.stream),
                id: arrived.id,
                text: arrived.text,
            };
            if seen.is_new(&event, brought) {
                self.counts.events += 1;
                self.merge.push(event.at, Item::Event(event), now);
            } else {
                self.counts.again += 1;
            }
        }
    }

    /// Once all have read what was there at the beginning, nobody is waited for long any more.
    fn caught_up(&mut self, group: GroupId) {
        self.behind.remove(&group);
        if self.behind.is_empty() {
            self.merge.set_window(WINDOW);
        }
    }

    /// What goes on now, in the order of time.
    pub fn ready(&mut self, now: Timestamp) -> Vec<Item> {
        self.merge.ready(now)
    }

    /// Everything that still waits.
    pub fn rest(&mut self) -> Vec<Item> {
        self.merge.rest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FaultKind;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn tail(groups: &[&str]) -> (Tail, Vec<GroupId>) {
        let mut tail = Tail::default();
        let scope = Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let ids: Vec<GroupId> = groups
            .iter()
            .map(|name| tail.group(scope, &Arc::from("web"), &Arc::from(*name)))
            .collect();
        for id in &ids {
            tail.hear(
                Told {
                    group: *id,
                    news: News::Began(at(0)),
                },
                at(0),
            );
        }
        (tail, ids)
    }

    fn read(tail: &mut Tail, group: GroupId, events: &[(i64, &str)], reached: i64, now: i64) {
        let events = events.iter().map(|(time, id)| Arrived {
            stream: "s".into(),
            at: at(*time),
            ingested: at(*time),
            id: Some((*id).into()),
            text: (*id).to_owned(),
        });
        let news = News::Read {
            events: events.collect(),
            reached: Some(at(reached)),
            brought: Brought::Polled,
        };
        tail.hear(Told { group, news }, at(now));
    }

    fn texts(items: Vec<Item>) -> Vec<String> {
        let text = |item| match item {
            Item::Event(event) => event.text,
            Item::Mark(mark) => mark.to_string(),
        };
        items.into_iter().map(text).collect()
    }

    fn fault() -> Fault {
        Fault {
            kind: FaultKind::Denied,
            message: Arc::from("no"),
            advice: Arc::from(""),
            code: None,
        }
    }

    #[test]
    fn groups_come_out_in_one_order_and_nothing_twice() {
        let (mut tail, ids) = tail(&["/a", "/b"]);
        read(&mut tail, ids[0], &[(10, "a10"), (30, "a30")], 40, 100);
        assert!(texts(tail.ready(at(100))).is_empty());
        read(&mut tail, ids[1], &[(20, "b20")], 40, 100);
        assert_eq!(texts(tail.ready(at(100))), ["a10", "b20", "a30"]);
        read(
            &mut tail,
            ids[0],
            &[(10, "a10"), (30, "a30"), (50, "a50")],
            60,
            200,
        );
        read(&mut tail, ids[1], &[(20, "b20")], 60, 200);
        assert_eq!(texts(tail.ready(at(200))), ["a50"]);
        assert_eq!((tail.counts().events, tail.counts().again), (4, 3));
    }

    #[test]
    fn the_beginning_is_waited_for_and_whoever_is_denied_is_not() {
        let (mut tail, ids) = tail(&["/a", "/b"]);
        read(&mut tail, ids[0], &[(10, "a10")], 40, 0);
        tail.hear(
            Told {
                group: ids[0],
                news: News::CaughtUp,
            },
            at(0),
        );
        assert!(tail.ready(at(3_600_000)).is_empty());
        tail.hear(
            Told {
                group: ids[1],
                news: News::Away(fault()),
            },
            at(0),
        );
        assert_eq!(texts(tail.ready(at(0))), ["a10"]);
    }

    #[test]
    fn faster_readers_wait_when_it_is_crowded() {
        let (mut tail, ids) = tail(&["/a", "/b"]);
        assert!(!tail.pace().crowded);
        let names: Vec<String> = (0..CROWD + 1).map(|n| n.to_string()).collect();
        let events: Vec<(i64, &str)> = names.iter().map(|name| (5, name.as_str())).collect();
        read(&mut tail, ids[0], &events, 5, 0);
        assert_eq!(
            tail.pace(),
            Pace {
                crowded: true,
                slowest: at(0)
            }
        );
        read(&mut tail, ids[1], &[], 9, 0);
        assert_eq!(tail.ready(at(0)).len(), CROWD + 1);
        assert!(!tail.pace().crowded);
    }

    #[test]
    fn gaps_are_counted_and_stand_between_the_lines() {
        let (mut tail, ids) = tail(&["/a"]);
        read(
            &mut tail,
            ids[0],
            &[(1_000, "one"), (90_000, "two")],
            100_000,
            0,
        );
        let mark = Mark {
            kind: MarkKind::Gap,
            at: at(2_000),
            lasted: Duration::from_secs(60),
            why: "away.".into(),
        };
        tail.hear(
            Told {
                group: ids[0],
                news: News::Marked(mark),
            },
            at(0),
        );
        assert_eq!(texts(tail.ready(at(0))), ["one", "GAP of 1m: away.", "two"]);
        assert_eq!(
            (tail.counts().gaps, tail.counts().missing),
            (1, Duration::from_secs(60))
        );
    }
}
