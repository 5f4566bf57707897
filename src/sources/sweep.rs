//! One sweep: every feed that is needed is asked once, for the commands that print and end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::fleet::census::Census;
use crate::clock::Clock;
use crate::domain::text::age;
use crate::domain::{Batch, Fault, FaultKind, Feed, Kind};

use super::crew::Crew;
use super::plan::{Settings, Want, plan};

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
    let mut open: HashSet<Feed> = fleet.surveys().into_iter().collect();
    let deadline = tokio::time::sleep(patience);
    tokio::pin!(deadline);
    census.mark_changed();
    loop {
        if census.has_changed().unwrap_or(false) {
            let now = Arc::clone(&census.borrow_and_update());
            open.extend(crew.take_up(plan(&now, settings, Want::Once(kinds))).await);
        }
        if open.is_empty() {
            break;
        }
        crew.start_due();
        tokio::select! {
            () = &mut deadline => {
                for feed in crew.stop().await {
                    open.remove(&feed);
                }
                for feed in open.drain() {
                    crew.fail(feed, late(feed, patience), patience).await;
                }
            }
            ended = crew.done() => {
                if let Some(feed) = crew.over(ended).await {
                    open.remove(&feed);
                    // Once is once, even where a second asking would fall due.
                    crew.schedule().remove(feed);
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
