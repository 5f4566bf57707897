//! The schedule: which feed is asked next, and when again after it succeeded or failed. Pure; it is told the time.
//!
//! ```text
//! waiting (by due time) ──due──► ready (by rank, due time) ──take──► running ──ended, failed──► waiting
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{Fault, FaultKind, Feed, Scope, SourceId};

/// What the operator looks at: asked first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The sources of the visible pane; empty: all alike.
    pub sources: Vec<SourceId>,
    /// The scopes that are shown; empty: all alike.
    pub scopes: Vec<Scope>,
}

impl Focus {
    fn includes(&self, feed: &Feed) -> bool {
        let any = !self.sources.is_empty() || !self.scopes.is_empty();
        any && (self.sources.is_empty() || self.sources.contains(&feed.source))
            && (self.scopes.is_empty() || self.scopes.contains(&feed.vantage))
    }
}

/// In which order feeds that are due are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// An operator asked for it.
    Wanted,
    /// Others wait for it: it tells which other feeds there are, or speaks for many.
    Leading,
    /// An operator looks at it.
    Focused,
    /// Everything else.
    Rest,
}

#[derive(Debug)]
struct Entry {
    every: Duration,
    due: Timestamp,
    rank: Rank,
    running: bool,
    /// It was asked for again while it was running.
    again: bool,
    /// How often it failed in a row, and how the last time.
    failures: u32,
    fault: Option<(FaultKind, Arc<str>)>,
}

/// All feeds and when they are asked.
#[derive(Debug, Default)]
pub struct Schedule {
    entries: HashMap<Feed, Entry>,
    waiting: BTreeSet<(Timestamp, u64, Feed)>,
    ready: BTreeSet<(Rank, Timestamp, u64, Feed)>,
    focus: Focus,
    /// Feeds that others wait for.
    leading: HashSet<Feed>,
    running: usize,
    /// How many of the running ones could not be reached the last time.
    doubtful: HashSet<Feed>,
    capacity: usize,
}

impl Schedule {
    /// An empty schedule that lets so many feeds run at once.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            ..Self::default()
        }
    }

    /// Takes up a feed; it is due at once. Returns false if it was known already.
    pub fn add(&mut self, feed: Feed, every: Duration, now: Timestamp) -> bool {
        if self.entries.contains_key(&feed) {
            return false;
        }
        let entry = Entry {
            every,
            due: now,
            rank: self.rank(&feed),
            running: false,
            again: false,
            failures: 0,
            fault: None,
        };
        self.waiting.insert((now, order(&feed), feed));
        self.entries.insert(feed, entry);
        true
    }

    /// From now on this feed is asked before those that nobody waits for: what speaks for a whole organization has
    /// many pages at one scope's rate, and begun last it would end long after everything else.
    pub fn lead(&mut self, feed: Feed, now: Timestamp) {
        self.leading.insert(feed);
        self.hurry(feed, Rank::Leading, now);
    }

    /// Drops every feed for which `keep` is false, and returns them.
    pub fn retain(&mut self, keep: impl Fn(&Feed) -> bool) -> Vec<Feed> {
        let gone: Vec<Feed> = self.entries.keys().filter(|f| !keep(f)).copied().collect();
        for feed in &gone {
            self.remove(*feed);
        }
        gone
    }

    /// Drops a feed.
    pub fn remove(&mut self, feed: Feed) {
        if let Some(entry) = self.entries.remove(&feed) {
            self.unlist(&feed, &entry);
            self.leading.remove(&feed);
            if entry.running {
                self.running -= 1;
                self.doubtful.remove(&feed);
            }
        }
    }

    /// The next feed to ask, if one is due and there is room for it.
    pub fn take(&mut self, now: Timestamp) -> Option<Feed> {
        while let Some(&(due, tie, feed)) = self.waiting.first() {
            if due > now {
                break;
            }
            self.waiting.pop_first();
            if let Some(entry) = self.entries.get(&feed) {
                self.ready.insert((entry.rank, due, tie, feed));
            }
        }
        if self.running >= self.capacity {
            return None;
        }
        // Feeds that could not be reached the last time may wait for their time-outs in a few places only.
        let crowded = self.doubtful.len() >= (self.capacity / 8).max(1);
        let next = *self.ready.iter().find(|(rank, _, _, feed)| {
            !crowded || *rank == Rank::Wanted || !self.is_doubtful(feed)
        })?;
        self.ready.remove(&next);
        let feed = next.3;
        if self.is_doubtful(&feed) {
            self.doubtful.insert(feed);
        }
        let entry = self.entries.get_mut(&feed)?;
        entry.running = true;
        self.running += 1;
        Some(feed)
    }

    /// A feed was answered. Returns when it is asked again; until [`Schedule::release`] it still runs.
    pub fn ended(&mut self, feed: Feed, now: Timestamp) -> Timestamp {
        let cured = self.entries.get_mut(&feed).and_then(|entry| {
            entry.failures = 0;
            entry.fault.take()
        });
        if let Some((kind, message)) = cured {
            self.wake(&feed, kind, &message, now);
        }
        let share = phase(&feed);
        let Some(entry) = self.entries.get(&feed) else {
            return now;
        };
        // Always a little early, never late: twice the interval makes a feed late. The share is the feed's own, so
        // that feeds that began together drift apart and stay apart.
        let wait = entry.every.mul_f64(0.90 + 0.10 * share);
        self.settle(feed, now.plus(wait), now)
    }

    /// A feed failed. Returns when it is asked again; until [`Schedule::release`] it still runs.
    pub fn failed(&mut self, feed: Feed, fault: &Fault, now: Timestamp) -> Timestamp {
        let Some(entry) = self.entries.get_mut(&feed) else {
            return now;
        };
        let wait = backoff(fault.kind, entry.failures, entry.every);
        entry.failures = entry.failures.saturating_add(1);
        entry.fault = Some((fault.kind, Arc::clone(&fault.message)));
        let wait = wait.mul_f64(1.0 - 0.10 * phase(&feed));
        self.settle(feed, now.plus(wait), now)
    }

    /// Asks these feeds as soon as there is room, whatever their backoff.
    pub fn refresh(&mut self, feeds: &[Feed], now: Timestamp) {
        for feed in feeds {
            self.hurry(*feed, Rank::Wanted, now);
        }
    }

    /// Notes what the operator looks at.
    pub fn focus(&mut self, focus: Focus) {
        self.focus = focus;
        let feeds: Vec<Feed> = self.entries.keys().copied().collect();
        for feed in feeds {
            let rank = self.rank(&feed);
            if let Some(mut entry) = self.entries.remove(&feed) {
                if entry.rank != rank && entry.rank != Rank::Wanted {
                    self.unlist(&feed, &entry);
                    entry.rank = rank;
                    if !entry.running {
                        self.waiting.insert((entry.due, order(&feed), feed));
                    }
                }
                self.entries.insert(feed, entry);
            }
        }
    }

    /// When there will be something to take, if nothing else happens.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(due, _, _)| *due)
    }

    /// How many feeds are running.
    #[must_use]
    pub const fn running(&self) -> usize {
        self.running
    }

    /// A cause that one feed has got over may be over for others that failed for it: a login, a policy.
    fn wake(&mut self, cured: &Feed, kind: FaultKind, message: &str, now: Timestamp) {
        if !matches!(
            kind,
            FaultKind::Denied | FaultKind::Expired | FaultKind::NoCredentials
        ) {
            return;
        }
        let same: Vec<Feed> = self
            .entries
            .iter()
            .filter(|(feed, entry)| {
                feed.vantage.account == cured.vantage.account
                    && entry.fault.as_ref().is_some_and(|(k, m)| {
                        *k == kind && (**m == *message || kind != FaultKind::Denied)
                    })
            })
            .map(|(feed, _)| *feed)
            .collect();
        for feed in same {
            let rank = self.rank(&feed);
            self.hurry(feed, rank, now);
        }
    }

    fn hurry(&mut self, feed: Feed, rank: Rank, now: Timestamp) {
        let Some(mut entry) = self.entries.remove(&feed) else {
            return;
        };
        if entry.running {
            entry.again = true;
        } else {
            self.unlist(&feed, &entry);
            entry.due = now.min(entry.due);
            entry.rank = rank;
            self.waiting.insert((entry.due, order(&feed), feed));
        }
        self.entries.insert(feed, entry);
    }

    fn settle(&mut self, feed: Feed, due: Timestamp, now: Timestamp) -> Timestamp {
        let rank = self.rank(&feed);
        let Some(entry) = self.entries.get_mut(&feed) else {
            return due;
        };
        entry.due = if entry.again { now } else { due };
        entry.rank = if entry.again { Rank::Wanted } else { rank };
        entry.due
    }

    /// The asking of a feed is over, everything about it has been reported: it may be asked again when it is due.
    pub fn release(&mut self, feed: Feed, now: Timestamp) {
        let Some(entry) = self.entries.get_mut(&feed) else {
            return;
        };
        // Somebody may have asked after the outcome was settled and before this.
        if std::mem::take(&mut entry.again) {
            entry.due = entry.due.min(now);
            entry.rank = Rank::Wanted;
        }
        if entry.running {
            entry.running = false;
            self.running -= 1;
            self.doubtful.remove(&feed);
        }
        self.waiting.insert((entry.due, order(&feed), feed));
    }

    fn unlist(&mut self, feed: &Feed, entry: &Entry) {
        self.waiting.remove(&(entry.due, order(feed), *feed));
        self.ready
            .remove(&(entry.rank, entry.due, order(feed), *feed));
    }

    fn rank(&self, feed: &Feed) -> Rank {
        if feed.source == SourceId::Organizations || self.leading.contains(feed) {
            Rank::Leading
        } else if self.focus.includes(feed) {
            Rank::Focused
        } else {
            Rank::Rest
        }
    }

    fn is_doubtful(&self, feed: &Feed) -> bool {
        self.entries
            .get(feed)
            .is_some_and(|e| matches!(e.fault, Some((FaultKind::Unreachable, _))))
    }
}

/// How long to wait after a failure: `failures` is how often it had failed before.
fn backoff(kind: FaultKind, failures: u32, every: Duration) -> Duration {
    let secs = Duration::from_secs;
    let (first, longest) = match kind {
        // Policies do not change by the minute, and a denial costs the account's own limits too.
        FaultKind::Denied => return secs(15 * 60),
        // Facts: looked at again now and then, because people do enable services.
        FaultKind::PlanMissing | FaultKind::RegionOff | FaultKind::Disabled => {
            return secs(15 * 60).max(every);
        }
        // A login is expected any moment; the identity itself keeps STS and SSO from being stormed.
        FaultKind::Expired | FaultKind::NoCredentials => (secs(10), secs(45)),
        FaultKind::Throttled => (secs(5), secs(120)),
        FaultKind::Unreachable | FaultKind::Service | FaultKind::Malformed => (secs(8), secs(120)),
    };
    (first * 2u32.saturating_pow(failures.min(6))).min(longest)
}

/// A number in 0..1 that is a feed's own: the same in every run of the program.
fn phase(feed: &Feed) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a thousand steps")]
    let share = (order(feed) % 1_000) as f64;
    share / 1_000.0
}

/// Spreads feeds that are due together over accounts and sources instead of going through them in rows.
fn order(feed: &Feed) -> u64 {
    // FNV-1a: the standard hasher does not promise the same numbers in the next release.
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            // The low bits of FNV are weak; fold the high ones in.
            self.0 ^ (self.0 >> 29)
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    feed.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::classify::make;
    use crate::domain::Slice;

    const EVERY: Duration = Duration::from_secs(60);

    fn feed(account: u64, source: SourceId) -> Feed {
        Feed {
            source,
            vantage: Scope {
                account: crate::domain::AccountId::new(account).unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            slice: Slice::ALL,
        }
    }

    fn alarms(account: u64) -> Feed {
        feed(account, SourceId::Cloudwatch)
    }

    fn fault(kind: FaultKind) -> Fault {
        make(kind, None, "it failed".into(), "")
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn everything_is_asked_at_once_and_then_within_its_interval_but_not_together() {
        let mut schedule = Schedule::new(1_000);
        for account in 0..500 {
            assert!(schedule.add(alarms(account), EVERY, at(0)));
        }
        assert!(!schedule.add(alarms(1), EVERY, at(0)));
        let mut due = BTreeSet::new();
        while let Some(feed) = schedule.take(at(0)) {
            let next = schedule.ended(feed, at(1));
            schedule.release(feed, at(1));
            let wait = next.since(at(1));
            assert!(wait <= EVERY && wait >= EVERY.mul_f64(0.9), "{wait:?}");
            due.insert(next);
        }
        assert!(due.len() > 300, "only {} different moments", due.len());
        assert_eq!(schedule.running(), 0);
        assert_eq!(schedule.next_due(), due.first().copied());
    }

    #[test]
    fn what_speaks_for_many_is_asked_before_the_many_every_time() {
        let mut schedule = Schedule::new(100);
        for account in 0..50 {
            schedule.add(alarms(account), EVERY, at(0));
        }
        let many = feed(7, SourceId::Backup);
        schedule.add(many, EVERY, at(0));
        schedule.lead(many, at(0));
        assert_eq!(schedule.take(at(0)), Some(many));
        let next = schedule.ended(many, at(1));
        schedule.release(many, at(1));
        assert!(next > at(1), "led is not asked at once again");
        assert_eq!(schedule.take(at(100)), Some(many));
        schedule.remove(many);
        schedule.add(many, EVERY, at(100));
        assert_ne!(schedule.take(at(100)), Some(many), "it leads no longer");
    }

    #[test]
    fn the_visible_pane_comes_first_and_an_operator_before_that() {
        let mut schedule = Schedule::new(10);
        for account in 0..20 {
            schedule.add(alarms(account), EVERY, at(0));
            schedule.add(feed(account, SourceId::Backup), EVERY, at(0));
        }
        schedule.add(feed(0, SourceId::Organizations), EVERY, at(0));
        assert_eq!(
            schedule.take(at(0)).map(|f| f.source),
            Some(SourceId::Organizations)
        );
        schedule.focus(Focus {
            sources: vec![SourceId::Backup],
            scopes: Vec::new(),
        });
        schedule.refresh(&[alarms(7)], at(0));
        assert_eq!(schedule.take(at(0)), Some(alarms(7)));
        for _ in 0..8 {
            assert_eq!(
                schedule.take(at(0)).map(|f| f.source),
                Some(SourceId::Backup)
            );
        }
        // Ten run; there is no room for more.
        assert_eq!(schedule.take(at(0)), None);
    }

    #[test]
    fn failures_wait_longer_each_time_and_recover_at_once() {
        let mut schedule = Schedule::new(10);
        schedule.add(alarms(1), EVERY, at(0));
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            assert_eq!(schedule.take(now), Some(alarms(1)));
            let next = schedule.failed(alarms(1), &fault(FaultKind::Service), now);
            schedule.release(alarms(1), now);
            waits.push(next.since(now).as_secs());
            assert_eq!(schedule.take(now), None, "it must wait");
            now = next;
        }
        assert!(waits.windows(2).all(|w| w[0] <= w[1]), "{waits:?}");
        assert!(waits[0] < 10 && *waits.last().unwrap() <= 120, "{waits:?}");
        schedule.take(now);
        schedule.ended(alarms(1), now);
        let entry = &schedule.entries[&alarms(1)];
        assert_eq!((entry.failures, entry.fault.is_none()), (0, true));
    }

    #[test]
    fn a_denial_waits_a_quarter_of_an_hour_unless_an_operator_asks() {
        let mut schedule = Schedule::new(10);
        schedule.add(alarms(1), EVERY, at(0));
        schedule.take(at(0));
        let next = schedule.failed(alarms(1), &fault(FaultKind::Denied), at(0));
        schedule.release(alarms(1), at(0));
        assert!(next.since(at(0)) > Duration::from_secs(13 * 60));
        assert_eq!(schedule.take(at(60)), None);
        schedule.refresh(&[alarms(1)], at(60));
        assert_eq!(schedule.take(at(60)), Some(alarms(1)));
    }

    #[test]
    fn credentials_that_come_back_wake_every_feed_of_the_account() {
        let mut schedule = Schedule::new(10);
        let feeds = [alarms(1), feed(1, SourceId::Backup), alarms(2)];
        for feed in feeds {
            schedule.add(feed, EVERY, at(0));
        }
        for _ in feeds {
            let feed = schedule.take(at(0)).unwrap();
            schedule.failed(feed, &fault(FaultKind::Denied), at(0));
            schedule.release(feed, at(0));
        }
        schedule.refresh(&[alarms(1)], at(10));
        assert_eq!(schedule.take(at(10)), Some(alarms(1)));
        schedule.ended(alarms(1), at(11));
        assert_eq!(schedule.take(at(11)), Some(feed(1, SourceId::Backup)));
        assert_eq!(
            schedule.take(at(11)),
            None,
            "another account is not concerned"
        );
    }

    #[test]
    fn a_region_that_hangs_takes_an_eighth_of_the_room_at_most() {
        let mut schedule = Schedule::new(16);
        for account in 0..40 {
            schedule.add(alarms(account), EVERY, at(0));
        }
        for round in 0..40 {
            let feed = schedule.take(at(round)).unwrap();
            schedule.failed(feed, &fault(FaultKind::Unreachable), at(round));
            schedule.release(feed, at(round));
        }
        for account in 100..140 {
            schedule.add(alarms(account), EVERY, at(100));
        }
        let mut doubtful = 0;
        while let Some(feed) = schedule.take(at(100)) {
            doubtful +=
                usize::from(feed.vantage.account < crate::domain::AccountId::new(100).unwrap());
        }
        assert_eq!(schedule.running(), 16);
        assert!(doubtful <= 2, "{doubtful}");
    }

    #[test]
    fn a_refresh_while_it_runs_asks_again_and_a_feed_that_left_is_forgotten() {
        let mut schedule = Schedule::new(10);
        schedule.add(alarms(1), EVERY, at(0));
        schedule.add(alarms(2), EVERY, at(0));
        let first = schedule.take(at(0)).unwrap();
        schedule.refresh(&[first], at(1));
        assert_eq!(schedule.ended(first, at(2)), at(2));
        schedule.release(first, at(2));
        assert_eq!(schedule.take(at(2)), Some(first));
        // Asked for between its outcome and its release: not lost either.
        schedule.failed(first, &fault(FaultKind::Denied), at(3));
        schedule.refresh(&[first], at(3));
        schedule.release(first, at(3));
        assert_eq!(schedule.take(at(3)), Some(first));
        let gone = schedule.retain(|f| *f != first);
        assert_eq!(gone, [first]);
        schedule.ended(first, at(3));
        schedule.release(first, at(3));
        assert_eq!(schedule.take(at(500)).map(|f| f == first), Some(false));
        assert_eq!(schedule.running(), 1);
    }
}
