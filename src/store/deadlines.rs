//! Moments at which time alone changes a fact.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Timestamp;

use super::feeds::FeedIndex;
use super::row::RowId;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A feed becomes late.
    Feed(FeedIndex),
    /// Something about a row changes: a mark fades, a rule starts to match, a cleared row is let go.
    Row(RowId),
}

/// All deadlines, the next one first. An entry counts only while its subject still names the same moment, so
/// that moving a deadline is one push.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Timestamp, Due)>>,
}

impl Deadlines {
    pub fn push(&mut self, at: Timestamp, due: Due) {
        self.heap.push(Reverse((at, due)));
    }

    /// The next deadline, as of the last [`Deadlines::prune`].
    pub fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next entry out if its moment has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Drops entries from the top that do not count any more.
    pub fn prune(&mut self, counts: impl Fn(Timestamp, Due) -> bool) {
        while let Some(Reverse((at, due))) = self.heap.peek() {
            if counts(*at, *due) {
                break;
            }
            self.heap.pop();
        }
    }
}
