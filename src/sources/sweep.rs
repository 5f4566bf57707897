//! One sweep: every feed that is needed is asked once, for the commands that print and end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::aws::classify::{make, may_be_region};
use crate::aws::fleet::Fleet;
use crate::aws::fleet::census::Census;
use crate::clock::Clock;
use crate::domain::text::age;
use crate::domain::{Batch, Fault, FaultKind, Feed, Kind, Scope};

use super::crew::{Crew, Done};
use super::lead::Lead;
use super::plan::{Planned, Settings, Want, plan};

/// Asks everything that is needed for these kinds once and returns the accounts that there are.
///
/// Feeds are announced before they are asked, so that it is known what a complete answer is. Whatever has not
/// answered when `patience` is over is reported as failed: the sweep always ends.
pub async fn sweep_once(
    fleet: &Arc<Fleet>,
    settings: &Settings,
    kinds: &[Kind],
    patience: Duration,
    clock: Arc<dyn Clock>,
    tx: mpsc::Sender<Batch>,
) -> Arc<Census> {
    let mut census = fleet.watch();
    let mut crew = Crew::new(Arc::clone(fleet), clock, tx);
    crew.take_up_surveys().await;
    let mut round = Round {
        open: fleet.surveys().into_iter().collect(),
        ..Round::default()
    };
    let deadline = tokio::time::sleep(patience);
    tokio::pin!(deadline);
    census.mark_changed();
    loop {
        if census.has_changed().unwrap_or(false) {
            let now = Arc::clone(&census.borrow_and_update());
            let feeds = plan(&now, settings, Want::Once(kinds));
            let new = crew.take_up(feeds.clone()).await;
            round.take_up(&mut crew, &feeds, new);
        }
        if round.open.is_empty() {
            // Whoever may have been misjudged is heard again, and then it is enough.
            round.open = round.misjudged().into_iter().collect();
            round.open.iter().for_each(|feed| crew.resume(*feed));
        }
        if round.open.is_empty() {
            break;
        }
        crew.start_due();
        tokio::select! {
            () = &mut deadline => {
                for feed in crew.stop().await {
                    round.open.remove(&feed);
                }
                for feed in round.open.drain() {
                    crew.fail(feed, late(feed, patience), patience).await;
                }
                round.doubtful.clear();
            }
            ended = crew.done() => {
                if let Some(done) = crew.over(ended).await {
                    round.over(&mut crew, done);
                }
            }
            changed = census.changed() => match changed {
                Ok(()) => census.mark_changed(),
                Err(_) => break,
            }
        }
    }
    fleet.census()
}

/// How far a sweep has come.
#[derive(Default)]
struct Round {
    /// The feeds that have still to answer.
    open: HashSet<Feed>,
    /// Who waits for whom.
    lead: Lead,
    /// Where something was answered.
    answered: HashSet<Scope>,
    /// What was taken for bad keys and may be a region that is off.
    doubtful: Vec<Feed>,
    /// What was asked a second time.
    twice: HashSet<Feed>,
}

impl Round {
    /// Takes up new feeds; those that the organization may speak for wait for it.
    fn take_up(&mut self, crew: &mut Crew, plan: &[Planned], new: Vec<Feed>) {
        self.open.extend(&new);
        self.lead.take_up(crew, plan, &new);
    }

    /// Takes note of an answer.
    fn over(&mut self, crew: &mut Crew, done: Done) {
        let Done { feed, fault } = done;
        self.open.remove(&feed);
        // Once is once, even where a second asking would fall due.
        crew.schedule().remove(feed);
        match fault {
            None => {
                self.answered.insert(feed.vantage);
            }
            Some(fault) if may_be_region(&fault) && self.twice.insert(feed) => {
                self.doubtful.push(feed);
            }
            Some(_) => {}
        }
        self.lead.over(crew, feed);
    }

    /// Feeds that seemed to have bad keys, in accounts that answered in another region: both may have been asked at
    /// the same moment, before anything was known.
    fn misjudged(&mut self) -> Vec<Feed> {
        let answered = &self.answered;
        let elsewhere = |feed: &Feed| {
            answered.iter().any(|scope| {
                scope.account == feed.vantage.account && scope.region != feed.vantage.region
            })
        };
        std::mem::take(&mut self.doubtful)
            .into_iter()
            .filter(elsewhere)
            .collect()
    }
}

fn late(feed: Feed, patience: Duration) -> Fault {
    make(
        FaultKind::Unreachable,
        None,
        format!(
            "{} in {} gave no complete answer within {}.",
            feed.source,
            feed.vantage,
            age(patience)
        ),
        "Give the command more time, or ask fewer accounts, regions or sources.",
    )
}
