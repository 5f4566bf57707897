//! A closer look at the item whose details are shown: at its service, in the history and in the journal.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::audit::Journal;
use crate::audit::record::Act;
use crate::aws::classify::make;
use crate::aws::closer::look;
use crate::aws::fleet::Fleet;
use crate::clock::{Clock, Timestamp};
use crate::domain::closer::{Closer, Told};
use crate::domain::{Fault, FaultKind, Item, ItemKey, Scope};
use crate::history::{self, History};
use crate::model::Outcome;
use crate::model::closer::Looked;

use super::Outcomes;

/// How long an item is looked at before anything is asked about it.
const REST: Duration = Duration::from_millis(250);
/// How far back the journal is searched.
const BACK: Duration = Duration::from_secs(90 * 86_400);
/// Entries of the timeline that are told.
const MOST: usize = 20;

/// Where to look, beside AWS.
#[derive(Clone)]
pub struct Books {
    pub journal: Option<Arc<Journal>>,
    pub history: Option<History>,
}

/// Asks about this item from this scope; the answer goes to the console.
pub fn ask(
    runtime: &Handle,
    fleet: Arc<Fleet>,
    clock: &Arc<dyn Clock>,
    outcomes: Outcomes,
    books: Books,
    (item, from): (Arc<Item>, Scope),
) -> JoinHandle<()> {
    let now = clock.now();
    runtime.spawn(async move {
        // Whoever goes on is not asked for: the calls are from the budget of the feeds.
        tokio::time::sleep(REST).await;
        let key = item.key.clone();
        let about = key.clone();
        let timeline = tokio::task::spawn_blocking(move || timeline(&books, &about, now));
        let mut found = match fleet.access(from) {
            Some(access) => look(&access, &item, now).await,
            None => Closer {
                told: vec![Told::unread("AWS", &gone(from))],
                ..Closer::default()
            },
        };
        found.timeline = timeline.await.unwrap_or_default();
        outcomes(Outcome::Looked(Box::new(Looked { key, found })));
    })
}

/// Nobody can be asked: the account or region is not watched any more.
fn gone(scope: Scope) -> Fault {
    let message = format!("{scope} is not part of the fleet any more.");
    make(FaultKind::NoCredentials, None, message, "")
}

/// What was seen of an item and done to it, the latest first.
fn timeline(books: &Books, key: &ItemKey, now: Timestamp) -> Vec<Told> {
    let mut told = Vec::new();
    if let Some(history) = &books.history {
        match history::of_item(history.path(), key) {
            Ok(turns) => told.extend(
                turns
                    .into_iter()
                    .map(|(at, text)| Told::event("timeline", at, &text)),
            ),
            Err(trouble) => told.push(unread(&trouble.0)),
        }
    }
    if let Some(journal) = &books.journal {
        match journal.about(&key.id, now.minus(BACK)) {
            Ok(acts) => told.extend(
                acts.iter()
                    .map(|act| Told::event("timeline", act.began.at, &sentence(act))),
            ),
            Err(why) => told.push(unread(&why.0)),
        }
    }
    told.sort_by_key(|one| std::cmp::Reverse(one.at));
    told.truncate(MOST);
    told
}

fn unread(why: &str) -> Told {
    Told {
        is_unread: true,
        ..Told::fact("timeline", &format!("unread: {why}"))
    }
}

/// Who did what, and how it ended.
fn sentence(act: &Act) -> String {
    let began = &act.began;
    let what = match began.text("operation") {
        "" => began.text("verb").to_owned(),
        operation => format!("{} {operation}", began.text("service")),
    };
    format!("{} · {what} · {}", began.text("operator"), act.result())
}
