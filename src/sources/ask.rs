//! What a source gets in hand when it is asked: access, time, memory, and a way to hand over records.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::Op;
use crate::clock::{Clock, Timestamp};
use crate::domain::{
    AccountId, Batch, Body, Cover, Fault, FaultKind, Feed, Item, Record, Region, Scope, Slice,
    SourceId,
};

/// How many records are handed over at once.
const RECORDS: usize = 500;

/// One asking of one feed.
pub struct Ask {
    pub(super) feed: Feed,
    pub(super) covers: Cover,
    pub(super) access: Access,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) memories: Arc<Memories>,
    pub(super) runs: Arc<Runs>,
    pub(super) run: u64,
    pub(super) tx: mpsc::Sender<Batch>,
}

impl Ask {
    /// Which part is asked for.
    #[must_use]
    pub const fn slice(&self) -> Slice {
        self.feed.slice
    }

    /// The account and region that are asked.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.feed.vantage
    }

    /// Whether the answer is meant to speak for this scope; records of other scopes are not handed over.
    #[must_use]
    pub fn covers(&self, scope: Scope) -> bool {
        self.covers.includes(self.feed.vantage, scope)
    }

    /// The accounts that the answer is meant to speak for.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        match &self.covers {
            Cover::Vantage => BTreeSet::from([self.feed.vantage.account]),
            Cover::Scopes(scopes) => scopes.iter().map(|scope| scope.account).collect(),
        }
    }

    /// The regions that the answer is meant to speak for.
    #[must_use]
    pub fn regions(&self) -> BTreeSet<Region> {
        match &self.covers {
            Cover::Vantage => BTreeSet::from([self.feed.vantage.region]),
            Cover::Scopes(scopes) => scopes.iter().map(|scope| scope.region).collect(),
        }
    }

    /// The way to AWS.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the source remembers about this vantage, shared by its slices: a detector's id, names, what was open
    /// before. Empty at first.
    #[must_use]
    pub fn memory<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        self.memories.get(self.feed.source, self.feed.vantage)
    }

    /// What the source remembers about the whole fleet, shared by all its vantages and slices. Empty at first.
    #[must_use]
    pub fn shared_memory<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let everywhere = Scope {
            account: AccountId::UNKNOWN,
            region: Region::GLOBAL,
        };
        self.memories.get(self.feed.source, everywhere)
    }

    /// Says for which scopes the answer really speaks, where these are fewer than planned: from now on, and until
    /// it is said again or planned anew.
    pub fn speak_for(&self, scopes: Arc<[Scope]>) {
        self.runs.speak_for(self.feed, Some(Cover::Scopes(scopes)));
    }

    /// Says that the answer speaks for all that were planned, after it was said that it does not.
    pub fn speak_as_planned(&self) {
        self.runs.speak_for(self.feed, None);
    }

    /// Whether the answer speaks for this scope, as it said itself or else as planned.
    #[must_use]
    pub fn speaks_for(&self, scope: Scope) -> bool {
        let covers = self.runs.covers(self.feed, &self.covers);
        covers.includes(self.feed.vantage, scope)
    }

    /// Hands over some records of the answer; waits while the console is busy.
    pub async fn page(&self, records: Vec<Record>) {
        self.send(self.feed, self.run, Body::Page(records)).await;
    }

    /// Hands over records of the answer, a part at a time.
    pub async fn pages(&self, records: impl IntoIterator<Item = Record>) {
        let mut page = Vec::new();
        for record in records {
            page.push(record);
            if page.len() >= RECORDS {
                self.page(std::mem::take(&mut page)).await;
            }
        }
        if !page.is_empty() {
            self.page(page).await;
        }
    }

    /// Corrects what another slice of this source said, where this slice knows better: records that it would say
    /// otherwise by now, and native ids that are gone.
    pub async fn amend(&self, slice: Slice, upserts: Vec<Record>, removed: Vec<Arc<str>>) {
        let feed = Feed { slice, ..self.feed };
        // Before the other slice was ever asked there is nothing to correct.
        let Some(run) = self.runs.latest(feed) else {
            return;
        };
        self.send(feed, run, Body::Changed { upserts, removed })
            .await;
    }

    async fn send(&self, feed: Feed, run: u64, body: Body) {
        let batch = Batch {
            feed,
            covers: self.runs.covers(feed, &self.covers),
            run,
            at: self.clock.now(),
            body,
        };
        // A closed channel means that the console is ending; the runner stops this asking then.
        let _ = self.tx.send(batch).await;
    }
}

/// One item that is read afresh, for `J`.
pub struct Look {
    /// The way to AWS, from the vantage that knows the item.
    pub access: Access,
    /// The item.
    pub item: Item,
}

impl Look {
    /// The fault for an item that is not there any more.
    #[must_use]
    pub fn gone(&self, op: &Op) -> Fault {
        make(
            FaultKind::Service,
            None,
            format!(
                "{op} does not know {} in {} any more.",
                self.item.name,
                self.access.place()
            ),
            "It was deleted meanwhile; the row goes with the next refresh.",
        )
    }
}

type MemoryKey = (SourceId, Scope, TypeId);

/// What sources remember between askings.
#[derive(Default)]
pub(super) struct Memories(Mutex<HashMap<MemoryKey, Arc<dyn Any + Send + Sync>>>);

impl Memories {
    fn get<T: Any + Send + Sync + Default>(&self, source: SourceId, vantage: Scope) -> Arc<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = all
            .entry((source, vantage, TypeId::of::<T>()))
            .or_insert_with(|| Arc::new(T::default()));
        Arc::clone(memory)
            .downcast()
            .unwrap_or_else(|_| Arc::new(T::default()))
    }
}

/// What is known of each feed's latest asking.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<Feed, Run>>);

#[derive(Default)]
struct Run {
    /// Its number; 0 before the first.
    number: u64,
    /// For which scopes it said that it speaks.
    covers: Option<Cover>,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, HashMap<Feed, Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the next asking of this feed.
    pub(super) fn next(&self, feed: Feed) -> u64 {
        let mut runs = self.lock();
        let run = runs.entry(feed).or_default();
        run.number += 1;
        run.number
    }

    /// The number of its latest asking, if there was one.
    pub(super) fn latest(&self, feed: Feed) -> Option<u64> {
        let number = self.lock().get(&feed)?.number;
        (number > 0).then_some(number)
    }

    /// Notes for which scopes a feed speaks; nothing: as planned.
    pub(super) fn speak_for(&self, feed: Feed, covers: Option<Cover>) {
        self.lock().entry(feed).or_default().covers = covers;
    }

    /// For which scopes a feed speaks: as it said itself, else as planned.
    pub(super) fn covers(&self, feed: Feed, planned: &Cover) -> Cover {
        let said = self.lock().get(&feed).and_then(|run| run.covers.clone());
        said.unwrap_or_else(|| planned.clone())
    }
}
