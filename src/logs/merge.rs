//! The merge: lines of many readers in the order of time, as far as that can be had without waiting for ever.
//!
//! Each reader says how far it has read. What all of them have passed is in its final order and goes on at once. What only
//! some have passed waits for the others, but no longer than the window: one account that does not answer must not hold up
//! the rest. A line that comes when later ones have already gone on is late; it goes on at once and is counted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use crate::clock::Timestamp;

/// A reader whose lines are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderId(pub u32);

/// Merges what readers hand over.
#[derive(Debug)]
pub struct Merge<T> {
    waiting: BinaryHeap<Reverse<Waiting<T>>>,
    /// When what waits came, and how late its latest line is.
    came: VecDeque<(Timestamp, Timestamp)>,
    readers: BTreeMap<ReaderId, Timestamp>,
    window: Duration,
    gone: Timestamp,
    late: u64,
    seq: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    at: Timestamp,
    seq: u64,
    what: T,
}

impl<T> PartialEq for Waiting<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Waiting<T> {}

impl<T> PartialOrd for Waiting<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Waiting<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<T> Waiting<T> {
    const fn key(&self) -> (Timestamp, u64) {
        (self.at, self.seq)
    }
}

impl<T> Merge<T> {
    /// A merge in which a line waits no longer than this for readers that are behind.
    #[must_use]
    pub const fn new(window: Duration) -> Self {
        Self {
            waiting: BinaryHeap::new(),
            came: VecDeque::new(),
            readers: BTreeMap::new(),
            window,
            gone: Timestamp::from_millis(i64::MIN),
            late: 0,
            seq: 0,
        }
    }

    /// Sets how long a line waits for readers that are behind.
    pub const fn set_window(&mut self, window: Duration) {
        self.window = window;
    }

    /// A reader begins: the others wait for it from here on.
    pub fn join(&mut self, reader: ReaderId, from: Timestamp) {
        self.readers.insert(reader, from);
    }

    /// A reader has handed over everything up to this moment, as far as it was there to be read.
    pub fn reached(&mut self, reader: ReaderId, until: Timestamp) {
        if let Some(reached) = self.readers.get_mut(&reader) {
            *reached = until.max(*reached);
        }
    }

    /// A reader has ended, or nobody knows when it answers again: the others do not wait for it.
    pub fn leave(&mut self, reader: ReaderId) {
        self.readers.remove(&reader);
    }

    /// How far the slowest reader is that is waited for.
    #[must_use]
    pub fn slowest(&self) -> Option<Timestamp> {
        self.readers.values().min().copied()
    }

    /// Takes something of this time; `now` is when it came.
    pub fn push(&mut self, at: Timestamp, what: T, now: Timestamp) {
        self.seq += 1;
        self.waiting.push(Reverse(Waiting {
            at,
            seq: self.seq,
            what,
        }));
        match self.came.back_mut() {
            // What came together is waited for together.
            Some((came, latest)) if *came == now => *latest = at.max(*latest),
            _ => self.came.push_back((now, at)),
        }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many went on after later ones had.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// When something that waits has waited long enough, if nothing comes before.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.came.front().map(|(came, _)| came.plus(self.window))
    }

    /// What goes on now, in the order of time.
    pub fn ready(&mut self, now: Timestamp) -> Vec<T> {
        let mut until = self.slowest().unwrap_or(Timestamp::from_millis(i64::MAX));
        while let Some((came, latest)) = self.came.front().copied() {
            let overdue = now.since(came) >= self.window;
            if !overdue && latest > until {
                break;
            }
            // What came so long ago goes on, and with it everything earlier.
            until = until.max(latest);
            self.came.pop_front();
        }
        self.take(until)
    }

    /// Everything that waits, in the order of time: nothing more is coming.
    pub fn rest(&mut self) -> Vec<T> {
        self.came.clear();
        self.take(Timestamp::from_millis(i64::MAX))
    }

    fn take(&mut self, until: Timestamp) -> Vec<T> {
        let mut ready = Vec::new();
        while let Some(Reverse(first)) = self.waiting.peek() {
            if first.at > until {
                break;
            }
            let Some(Reverse(first)) = self.waiting.pop() else {
                break;
            };
            if first.at < self.gone {
                self.late += 1;
            }
            self.gone = first.at.max(self.gone);
            ready.push(first.what);
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    const A: ReaderId = ReaderId(1);
    const B: ReaderId = ReaderId(2);

    fn two() -> Merge<&'static str> {
        let mut merge = Merge::new(Duration::from_secs(2));
        merge.join(A, at(0));
        merge.join(B, at(0));
        merge
    }

    #[test]
    fn what_all_have_passed_goes_on_in_order() {
        let mut merge = two();
        merge.push(at(30), "a30", at(100));
        merge.push(at(10), "a10", at(100));
        merge.reached(A, at(30));
        assert!(merge.ready(at(100)).is_empty());
        merge.push(at(20), "b20", at(101));
        merge.reached(B, at(25));
        assert_eq!(merge.ready(at(101)), ["a10", "b20"]);
        merge.reached(B, at(40));
        assert_eq!(merge.ready(at(101)), ["a30"]);
        assert_eq!(merge.late(), 0);
    }

    #[test]
    fn nobody_waits_longer_than_the_window_for_one_that_does_not_answer() {
        let mut merge = two();
        merge.push(at(10), "a10", at(100));
        merge.reached(A, at(10));
        assert_eq!(merge.due(), Some(at(2_100)));
        assert!(merge.ready(at(2_099)).is_empty());
        assert_eq!(merge.ready(at(2_100)), ["a10"]);
        merge.push(at(5), "b5", at(2_200));
        merge.reached(B, at(10));
        assert_eq!(merge.ready(at(2_200)), ["b5"]);
        assert_eq!(merge.late(), 1);
    }

    #[test]
    fn whoever_leaves_is_not_waited_for() {
        let mut merge = two();
        merge.push(at(10), "a10", at(100));
        merge.reached(A, at(10));
        merge.leave(B);
        assert_eq!(merge.ready(at(100)), ["a10"]);
    }

    proptest! {
        /// Readers that are read in turn, in pages of any size: everything comes out once; together in order; and before
        /// all readers have passed it only what has waited, or stands before what has waited, its window.
        #[test]
        fn the_order_holds_within_the_window(
            pages in prop::collection::vec((0_u32..3, prop::collection::vec(0_i64..50, 0..8), 0_i64..3_000), 1..40),
        ) {
            let window = Duration::from_millis(2_000);
            let mut merge = Merge::new(window);
            let mut reached = [0_i64; 3];
            for n in 0..3 {
                merge.join(ReaderId(n), at(0));
            }
            let mut now = 0;
            let (mut came, mut out) = (Vec::new(), Vec::new());
            for (reader, steps, pause) in pages {
                now += pause;
                let own = &mut reached[reader as usize];
                for step in steps {
                    *own += step;
                    merge.push(at(*own), (*own, came.len()), at(now));
                    came.push((*own, now));
                }
                merge.reached(ReaderId(reader), at(*own));
                let ready = merge.ready(at(now));
                prop_assert!(ready.is_sorted());
                let all = reached.into_iter().min().unwrap();
                for (line, _) in &ready {
                    let waited = came.iter().any(|(other, came)| other >= line && now - came >= 2_000);
                    prop_assert!(*line <= all || waited);
                }
                out.extend(ready);
            }
            out.extend(merge.rest());
            let mut numbers: Vec<usize> = out.iter().map(|(_, number)| *number).collect();
            let mut newest = i64::MIN;
            let late = out.iter().filter(|(line, _)| {
                let late = *line < newest;
                newest = newest.max(*line);
                late
            });
            prop_assert_eq!(merge.late(), late.count() as u64);
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (0..came.len()).collect::<Vec<_>>());
        }
    }
}
