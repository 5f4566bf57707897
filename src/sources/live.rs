//! The live console: asks every feed again and again until it is stopped. No error ends it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::fleet::census::Census;
use crate::clock::Clock;
use crate::domain::{Batch, Fault, FaultKind, Feed, Item, Scope, SourceId};

use super::crew::Crew;
use super::lead::Lead;
use super::plan::{Settings, Want, plan};
use super::scheduler::Focus;
use super::{Look, find};

/// How long accounts are not asked because somebody may speak for them who has not answered yet: long enough for most organizations,
/// and too short to be missed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running poller. Dropping it stops it.
pub struct Live {
    orders: mpsc::UnboundedSender<Order>,
    task: JoinHandle<()>,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
}

/// What the console asks of the poller.
#[derive(Debug)]
enum Order {
    Refresh(Option<Vec<Feed>>),
    Focus(Focus),
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// Starts to ask; must be called inside a tokio runtime. Everything that is learnt goes to `tx`; when its
    /// receiver is gone, the poller ends.
    #[must_use]
    pub fn start(
        fleet: Arc<Fleet>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        tx: mpsc::Sender<Batch>,
    ) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(
            Arc::clone(&fleet),
            settings,
            Arc::clone(&clock),
            tx,
            inbox,
        ));
        Self {
            orders,
            task,
            fleet,
            clock,
        }
    }

    /// Asks these feeds as soon as there is room, whatever their backoff says.
    pub fn refresh(&self, feeds: Vec<Feed>) {
        let _ = self.orders.send(Order::Refresh(Some(feeds)));
    }

    /// Asks everything again.
    pub fn refresh_all(&self) {
        let _ = self.orders.send(Order::Refresh(None));
    }

    /// Says what the operator looks at, so that it is asked first.
    pub fn focus(&self, focus: Focus) {
        let _ = self.orders.send(Order::Focus(focus));
    }

    /// The accounts of the fleet, as they become known.
    #[must_use]
    pub fn census(&self) -> watch::Receiver<Arc<Census>> {
        self.fleet.watch()
    }

    /// The fleet that is asked.
    #[must_use]
    pub fn fleet(&self) -> Arc<Fleet> {
        Arc::clone(&self.fleet)
    }

    /// The clock by which it asks.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Stops asking. Nothing is sent any more when this returns.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Reads one item afresh, as AWS writes it, from the vantage that knows it. The future needs nothing of the poller.
    pub fn raw(
        &self,
        source: SourceId,
        vantage: Scope,
        item: Item,
    ) -> impl Future<Output = Result<Value, Fault>> + Send + 'static + use<> {
        raw(Arc::clone(&self.fleet), source, vantage, item)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads one item afresh, as AWS writes it, from the vantage that knows it.
///
/// # Errors
/// What went wrong; also when the account is not part of the fleet any more.
pub async fn raw(
    fleet: Arc<Fleet>,
    source: SourceId,
    vantage: Scope,
    item: Item,
) -> Result<Value, Fault> {
    let (Some(source), Some(access)) = (find(source), fleet.access(vantage)) else {
        return Err(make(
            FaultKind::NoCredentials,
            None,
            format!(
                "{} in {vantage} cannot be read any more: the account is not part of the fleet.",
                item.name
            ),
            "",
        ));
    };
    (source.raw)(Look { access, item }).await
}

async fn run(
    fleet: Arc<Fleet>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    tx: mpsc::Sender<Batch>,
    mut inbox: mpsc::UnboundedReceiver<Order>,
) {
    let mut census = fleet.watch();
    let closed = tx.clone();
    let mut crew = Crew::new(Arc::clone(&fleet), Arc::clone(&clock), tx);
    crew.take_up_surveys().await;
    census.mark_changed();
    let mut lead = Lead::default();
    // Until when it is waited for what speaks for the organization.
    let mut patience: Option<Instant> = None;
    loop {
        crew.start_due();
        let impatient = async {
            match patience {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let next = crew.schedule().next_due();
        let wake = async {
            match next {
                Some(due) => tokio::time::sleep(due.since(clock.now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = closed.closed() => break,
            order = inbox.recv() => match order {
                Some(order) => obey(&mut crew, order),
                None => break,
            },
            changed = census.changed() => {
                if changed.is_err() {
                    break;
                }
                let now = Arc::clone(&census.borrow_and_update());
                let feeds = plan(&now, &settings, Want::Live);
                crew.let_go(&feeds).await;
                let new = crew.take_up(feeds.clone()).await;
                lead.take_up(&mut crew, &feeds, &new);
                if lead.is_holding() {
                    patience.get_or_insert_with(|| Instant::now() + PATIENCE);
                }
            }
            ended = crew.done() => {
                if let Some(done) = crew.over(ended).await {
                    lead.over(&mut crew, done.feed);
                }
                patience = patience.filter(|_| lead.is_holding());
            }
            () = impatient => {
                patience = None;
                lead.release(&mut crew);
            }
            () = wake => {}
        }
    }
    crew.stop().await;
}

fn obey(crew: &mut Crew, order: Order) {
    let now = crew.clock.now();
    match order {
        Order::Focus(focus) => crew.schedule().focus(focus),
        Order::Refresh(feeds) => {
            let feeds = feeds.unwrap_or_else(|| crew.feeds());
            let mut accounts: Vec<_> = feeds.iter().map(|f| f.vantage.account).collect();
            accounts.sort_unstable();
            accounts.dedup();
            for account in accounts {
                crew.fleet.retry(account);
            }
            crew.schedule().refresh(&feeds, now);
        }
    }
}
