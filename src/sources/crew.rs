//! The crew: runs feeds as tasks, as the schedule says, and keeps what one of them does from hurting the others.
//!
//! Used by [`super::live`], which never ends, and by [`super::sweep`], which ends when every feed was asked once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::aws::classify::make;
use crate::aws::fleet::{Fleet, SURVEY_EVERY};
use crate::clock::{Clock, Timestamp};
use crate::domain::{Batch, Body, Cover, Fault, FaultKind, Feed, SourceId};

use super::Reach;
use super::asker::Asker;
use super::plan::Planned;
use super::scheduler::Schedule;

/// Feeds run as tasks; calls are what is scarce. A feed may wait for its turn while another one uses the slot.
const FEEDS_PER_CALL: usize = 2;

/// How a task ended: with the fault that it reported, if it failed.
pub(super) type Ended = Result<(Id, Option<Fault>), JoinError>;

/// A feed whose asking is over.
pub(super) struct Done {
    pub(super) feed: Feed,
    /// Why it failed, if it did.
    pub(super) fault: Option<Fault>,
}

pub(super) struct Crew {
    pub(super) fleet: Arc<Fleet>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) asker: Asker,
    schedule: Arc<Mutex<Schedule>>,
    planned: HashMap<Feed, Planned>,
    tasks: JoinSet<Option<Fault>>,
    running: HashMap<Id, Feed>,
    handles: HashMap<Feed, AbortHandle>,
}

impl Crew {
    pub(super) fn new(fleet: Arc<Fleet>, clock: Arc<dyn Clock>, tx: mpsc::Sender<Batch>) -> Self {
        let capacity = fleet.calls() * FEEDS_PER_CALL;
        Self {
            asker: Asker::new(Arc::clone(&clock), tx),
            schedule: Arc::new(Mutex::new(Schedule::new(capacity))),
            fleet,
            clock,
            planned: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            handles: HashMap::new(),
        }
    }

    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        lock(&self.schedule)
    }

    /// Takes up the surveys of the fleet.
    pub(super) async fn take_up_surveys(&mut self) {
        let now = self.clock.now();
        for feed in self.fleet.surveys() {
            self.schedule().add(feed, SURVEY_EVERY, now);
            let planned = Body::Planned {
                every: SURVEY_EVERY,
            };
            self.asker.report(feed, Cover::Vantage, 0, planned).await;
        }
    }

    /// Takes up feeds that are new, or that cover something else than before, says so, and returns the new ones.
    pub(super) async fn take_up(&mut self, plan: Vec<Planned>) -> Vec<Feed> {
        let now = self.clock.now();
        let mut new = Vec::new();
        for planned in plan {
            let feed = planned.feed;
            let known = self.planned.get(&feed);
            if known.is_some_and(|k| k.covers == planned.covers && k.every == planned.every) {
                continue;
            }
            let body = Body::Planned {
                every: planned.every,
            };
            let covers = planned.covers.clone();
            if known.is_none() {
                let mut schedule = self.schedule();
                schedule.add(feed, planned.every, now);
                if planned.reach == Reach::Organization {
                    schedule.lead(feed, now);
                }
                drop(schedule);
                new.push(feed);
            }
            self.planned.insert(feed, planned);
            self.asker
                .report(feed, covers, self.asker.latest(feed), body)
                .await;
        }
        new
    }

    /// Lets go of the feeds that are not in the plan any more.
    pub(super) async fn let_go(&mut self, plan: &[Planned]) {
        let keep: std::collections::HashSet<Feed> = plan.iter().map(|p| p.feed).collect();
        let gone = self
            .schedule()
            .retain(|feed| feed.source == SourceId::Organizations || keep.contains(feed));
        for feed in gone {
            if let Some(handle) = self.handles.remove(&feed) {
                handle.abort();
            }
            let covers = self
                .planned
                .remove(&feed)
                .map_or(Cover::Vantage, |p| p.covers);
            self.asker
                .report(feed, covers, self.asker.latest(feed), Body::Retired)
                .await;
        }
    }

    /// Starts every feed that is due and has room.
    pub(super) fn start_due(&mut self) {
        loop {
            let now = self.clock.now();
            let Some(feed) = self.schedule().take(now) else {
                return;
            };
            self.start(feed);
        }
    }

    fn start(&mut self, feed: Feed) {
        let asker = self.asker.clone();
        let schedule = Arc::clone(&self.schedule);
        let next = move |outcome: &Result<(), Fault>, now: Timestamp| {
            let mut schedule = lock(&schedule);
            match outcome {
                Ok(()) => schedule.ended(feed, now),
                Err(fault) => schedule.failed(feed, fault, now),
            }
        };
        let handle = if let Some(planned) = self.planned.get(&feed) {
            let Some(access) = self.fleet.access(feed.vantage) else {
                // The account left the fleet this moment; the plan follows.
                let now = self.clock.now();
                self.schedule().release(feed, now);
                return;
            };
            let planned = planned.clone();
            self.tasks.spawn(async move {
                asker
                    .ask(planned.source, feed, planned.covers, access, next)
                    .await
                    .err()
            })
        } else {
            let fleet = Arc::clone(&self.fleet);
            self.tasks.spawn(async move {
                asker
                    .around(feed, Cover::Vantage, next, async {
                        let (calls, outcome) = fleet.survey(feed.slice).await;
                        (outcome, calls)
                    })
                    .await
                    .err()
            })
        };
        self.running.insert(handle.id(), feed);
        self.handles.insert(feed, handle);
    }

    /// Waits until a task ends; never returns while none runs. What it returns must be given to [`Crew::over`].
    pub(super) async fn done(&mut self) -> Ended {
        match self.tasks.join_next_with_id().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Draws the consequences of a task's end and tells which feed it was, if it is still one.
    pub(super) async fn over(&mut self, ended: Ended) -> Option<Done> {
        let (id, mut fault, panicked) = match ended {
            Ok((id, fault)) => (id, fault, false),
            Err(error) => (error.id(), None, error.is_panic()),
        };
        let feed = self.running.remove(&id)?;
        if self.handles.get(&feed).is_some_and(|h| h.id() == id) {
            self.handles.remove(&feed);
        }
        if panicked {
            let stumbled = make(
                FaultKind::Malformed,
                None,
                format!(
                    "noctop stumbled over an answer of {} in {}.",
                    feed.source, feed.vantage
                ),
                "This is a mistake in noctop; please report it. It keeps asking.",
            );
            self.fail(feed, stumbled.clone(), Duration::ZERO).await;
            fault = Some(stumbled);
        }
        let now = self.clock.now();
        self.schedule().release(feed, now);
        Some(Done { feed, fault })
    }

    /// Lets a feed wait that was taken up, until [`Crew::resume`].
    pub(super) fn hold(&mut self, feed: Feed) {
        self.schedule().remove(feed);
    }

    /// Makes a feed due that was held back, or that was dropped from the schedule after it had been asked.
    pub(super) fn resume(&mut self, feed: Feed) {
        if let Some(every) = self.planned.get(&feed).map(|planned| planned.every) {
            let now = self.clock.now();
            self.schedule().add(feed, every, now);
        }
    }

    /// Stops everything that runs and returns the feeds that came to their end all the same.
    pub(super) async fn stop(&mut self) -> Vec<Feed> {
        self.tasks.abort_all();
        let mut ended = Vec::new();
        while let Some(task) = self.tasks.join_next_with_id().await {
            if let Ok((id, _)) = task {
                ended.extend(self.running.remove(&id));
            }
        }
        ended
    }

    /// Reports a failure that the asking itself could not report.
    pub(super) async fn fail(&mut self, feed: Feed, fault: Fault, took: Duration) {
        let next = self.schedule().failed(feed, &fault, self.clock.now());
        let covers = self
            .planned
            .get(&feed)
            .map_or(Cover::Vantage, |p| p.covers.clone());
        let body = Body::Failed {
            fault,
            took,
            calls: 0,
            next,
        };
        self.asker
            .report(feed, covers, self.asker.latest(feed), body)
            .await;
    }

    /// The feeds that are known, surveys included.
    pub(super) fn feeds(&self) -> Vec<Feed> {
        let mut feeds: Vec<Feed> = self.planned.keys().copied().collect();
        feeds.extend(self.fleet.surveys());
        feeds
    }
}

fn lock(schedule: &Mutex<Schedule>) -> MutexGuard<'_, Schedule> {
    schedule.lock().unwrap_or_else(PoisonError::into_inner)
}
