//! One asking from begin to end: what every source has in common around its question.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::aws::access::Access;
use crate::clock::{Clock, Timestamp};
use crate::domain::{Batch, Body, Cover, Fault, Feed};

use super::Source;
use super::ask::{Ask, Memories, Runs};

/// Puts questions and reports how they went; knows nothing of when or how often.
#[derive(Clone)]
pub struct Asker {
    clock: Arc<dyn Clock>,
    memories: Arc<Memories>,
    runs: Arc<Runs>,
    tx: mpsc::Sender<Batch>,
}

impl Asker {
    /// An asker without memory that reports to this channel.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, tx: mpsc::Sender<Batch>) -> Self {
        Self {
            clock,
            memories: Arc::default(),
            runs: Arc::default(),
            tx,
        }
    }

    /// Asks one feed: begin, pages, end or failure. `next` is told the outcome and says when it is asked again.
    ///
    /// # Errors
    /// What it also reported.
    pub async fn ask(
        &self,
        source: &'static Source,
        feed: Feed,
        covers: Cover,
        access: Access,
        next: impl FnOnce(&Result<(), Fault>, Timestamp) -> Timestamp + Send,
    ) -> Result<(), Fault> {
        let counted = access.clone();
        let ask = Ask {
            feed,
            covers: covers.clone(),
            access,
            clock: Arc::clone(&self.clock),
            memories: Arc::clone(&self.memories),
            runs: Arc::clone(&self.runs),
            run: self.runs.next(feed),
            tx: self.tx.clone(),
        };
        self.frame(feed, covers, ask.run, next, async {
            let outcome = (source.ask)(ask).await;
            (outcome, counted.calls())
        })
        .await
    }

    /// Reports begin and end of something that answers a feed without records; it returns its outcome and how many
    /// calls it made.
    pub(super) async fn around(
        &self,
        feed: Feed,
        covers: Cover,
        next: impl FnOnce(&Result<(), Fault>, Timestamp) -> Timestamp + Send,
        work: impl Future<Output = (Result<(), Fault>, u32)> + Send,
    ) -> Result<(), Fault> {
        let run = self.runs.next(feed);
        self.frame(feed, covers, run, next, work).await
    }

    async fn frame(
        &self,
        feed: Feed,
        covers: Cover,
        run: u64,
        next: impl FnOnce(&Result<(), Fault>, Timestamp) -> Timestamp + Send,
        work: impl Future<Output = (Result<(), Fault>, u32)> + Send,
    ) -> Result<(), Fault> {
        let began = self.clock.now();
        self.report(feed, covers.clone(), run, Body::Begin).await;
        let (outcome, calls) = work.await;
        let now = self.clock.now();
        let next = next(&outcome, now);
        let took = now.since(began);
        let body = match &outcome {
            Ok(()) => Body::End { took, calls, next },
            Err(fault) => Body::Failed {
                fault: fault.clone(),
                took,
                calls,
                next,
            },
        };
        self.report(feed, covers, run, body).await;
        outcome
    }

    /// Reports something about a feed outside an asking: that it is planned, or retired.
    pub async fn report(&self, feed: Feed, covers: Cover, run: u64, body: Body) {
        if matches!(body, Body::Planned { .. }) {
            // Another fleet: what the feed said of the one before does not hold any more.
            self.runs.speak_for(feed, None);
        }
        let batch = Batch {
            feed,
            covers: self.runs.covers(feed, &covers),
            run,
            at: self.clock.now(),
            body,
        };
        // A closed channel means that the console is ending.
        let _ = self.tx.send(batch).await;
    }

    /// The number of a feed's latest asking; 0 before the first.
    #[must_use]
    pub fn latest(&self, feed: Feed) -> u64 {
        self.runs.latest(feed).unwrap_or(0)
    }
}
