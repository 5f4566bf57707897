//! Who waits for whom at first: what the organization may speak for is asked after it has spoken, because then it need not be asked.

use std::collections::{HashMap, HashSet};

use crate::domain::{Cover, Feed};

use super::Reach;
use super::crew::Crew;
use super::plan::Planned;

/// The feeds that are held back, and for which others.
#[derive(Default)]
pub(super) struct Lead {
    /// The organization's feeds that have still to answer, and for whom each may speak.
    leading: HashMap<Feed, Cover>,
    /// What waits for them.
    held: Vec<Feed>,
}

impl Lead {
    /// Takes up new feeds of a plan: of those that the organization may speak for each waits for it.
    pub(super) fn take_up(&mut self, crew: &mut Crew, plan: &[Planned], new: &[Feed]) {
        let new: HashSet<Feed> = new.iter().copied().collect();
        let before = std::mem::take(&mut self.leading);
        let is_asked = |p: &&Planned| {
            p.reach == Reach::Organization
                && (new.contains(&p.feed) || before.contains_key(&p.feed))
        };
        let leading = plan.iter().filter(is_asked);
        self.leading = leading.map(|p| (p.feed, p.covers.clone())).collect();
        for planned in plan.iter().filter(|p| p.reach == Reach::Rest) {
            let feed = planned.feed;
            if new.contains(&feed) && self.waits(feed) {
                crew.hold(feed);
                self.held.push(feed);
            }
        }
    }

    /// Whether an organization's feed that has still to answer may speak for this one.
    fn waits(&self, feed: Feed) -> bool {
        self.leading.iter().any(|(leading, covers)| {
            leading.source == feed.source && covers.includes(leading.vantage, feed.vantage)
        })
    }

    /// A feed came to its end. Answered or not: nobody waits any longer for this one.
    pub(super) fn over(&mut self, crew: &mut Crew, feed: Feed) {
        if self.leading.remove(&feed).is_some() {
            let held = std::mem::take(&mut self.held);
            let (wait, go): (Vec<Feed>, _) = held.into_iter().partition(|held| self.waits(*held));
            self.held = wait;
            go.into_iter().for_each(|feed| crew.resume(feed));
        }
    }

    /// Whether anybody waits.
    pub(super) const fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Lets nobody wait any longer.
    pub(super) fn release(&mut self, crew: &mut Crew) {
        self.leading.clear();
        std::mem::take(&mut self.held)
            .into_iter()
            .for_each(|feed| crew.resume(feed));
    }
}
