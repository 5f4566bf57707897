//! The ledger's desk: takes acts there and brings back what the ledger and colleagues say.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::ledger::{Act, Cursor, EVERY, Ledger, Link, Miss, Trouble, TroubleKind};
use crate::model::{Gesture, Outcome, Reach, Told, Written};

use super::Outcomes;

/// Where acts are taken to.
#[derive(Clone)]
pub(super) struct Desk {
    ledger: Ledger,
    /// Something was written here: colleagues' acts before it are worth reading now.
    wrote: Arc<Notify>,
}

impl Desk {
    /// A desk at this ledger. It reads it every two seconds until the runtime ends, and says only what is new.
    pub(super) fn open(runtime: &Handle, ledger: Ledger, outcomes: Outcomes) -> Self {
        let desk = Self {
            ledger,
            wrote: Arc::new(Notify::new()),
        };
        runtime.spawn(desk.clone().read(outcomes));
        desk
    }

    async fn read(self, outcomes: Outcomes) {
        let mut cursor = Cursor::default();
        let mut said = Reach::Opening;
        loop {
            let (reach, news) = match self.ledger.news(cursor).await {
                Ok(news) => {
                    cursor = news.cursor;
                    (self.reach(), Some(news))
                }
                Err(trouble) => match (trouble.kind, self.reach()) {
                    // What is away may come back, and meanwhile acts wait here.
                    (TroubleKind::Away, reach @ Reach::LocalOnly(_)) => (reach, None),
                    _ => (Reach::Broken(Arc::from(trouble.message)), None),
                },
            };
            let is_news = news.as_ref().is_some_and(|news| {
                news.whole || !news.entries.is_empty() || !news.lost.is_empty()
            });
            if is_news || reach != said {
                said = reach.clone();
                outcomes(Outcome::Told(Told { reach, news }));
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.wrote.notified() => {}
            }
        }
    }

    fn reach(&self) -> Reach {
        match self.ledger.link() {
            Link::LocalOnly { why, .. } => Reach::LocalOnly(Arc::from(why)),
            Link::Fine if self.ledger.is_local() => Reach::Local,
            Link::Fine => Reach::Shared,
        }
    }

    /// Takes one gesture's acts to the ledger; the answers come as one outcome.
    pub(super) fn write(
        &self,
        runtime: &Handle,
        gesture: Gesture,
        acts: Vec<Act>,
        outcomes: Outcomes,
    ) {
        let desk = self.clone();
        runtime.spawn(async move {
            let answers = desk.ledger.act(acts.clone()).await;
            let written = acts
                .into_iter()
                .zip(answers)
                .map(|(act, outcome)| Written { act, outcome })
                .collect();
            outcomes(Outcome::Written(gesture, written));
            desk.wrote.notify_one();
        });
    }
}

/// The answers to acts while there is no ledger: each is told why.
pub(super) fn refuse(gesture: Gesture, acts: Vec<Act>, why: &str) -> Outcome {
    let trouble = Trouble::new(TroubleKind::Away, why);
    let written = acts
        .into_iter()
        .map(|act| Written {
            act,
            outcome: Err(Miss::Failed(trouble.clone())),
        })
        .collect();
    Outcome::Written(gesture, written)
}
