//! The ledger's desk: takes acts there and brings back what the ledger and colleagues say.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::audit::{Journal, Note};
use crate::ledger::{Act, Cursor, EVERY, Ledger, Link, Miss, Trouble, TroubleKind, trail};
use crate::model::{Gesture, Outcome, Reach, Told, Written};

use super::Outcomes;

/// Where acts are taken to.
#[derive(Clone)]
pub(super) struct Desk {
    ledger: Ledger,
    /// Something was written here: colleagues' acts before it are worth reading now.
    wrote: Arc<Notify>,
    /// What says later who did what.
    journal: Option<Arc<Journal>>,
}

impl Desk {
    /// A desk at this ledger. It reads it every two seconds until the runtime ends, and says only what is new.
    pub(super) fn open(
        runtime: &Handle,
        ledger: Ledger,
        journal: Option<Arc<Journal>>,
        outcomes: Outcomes,
    ) -> Self {
        let desk = Self {
            ledger,
            wrote: Arc::new(Notify::new()),
            journal,
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
            let lost = match (&self.journal, &news) {
                (Some(journal), Some(news)) => trail::lost(&news.lost, journal.now()),
                _ => Vec::new(),
            };
            if is_news || reach != said {
                said = reach.clone();
                outcomes(Outcome::Told(Told { reach, news }));
            }
            self.note(&lost, &outcomes).await;
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
            let notes = match &desk.journal {
                Some(journal) => trail::notes(acts.iter().zip(&answers), journal.now()),
                None => Vec::new(),
            };
            let written = acts
                .into_iter()
                .zip(answers)
                .map(|(act, outcome)| Written { act, outcome })
                .collect();
            let noted = desk.note(&notes, &outcomes);
            outcomes(Outcome::Written(gesture, written));
            desk.wrote.notify_one();
            noted.await;
        });
    }

    /// Sends what was done on its way into the journal; it is not lost from then on. Where it cannot be written, the
    /// future tells it once: what was done stands.
    fn note(&self, notes: &[Note], outcomes: &Outcomes) -> impl Future<Output = ()> + use<> {
        let journal = self.journal.as_ref();
        let written: Vec<_> = journal
            .into_iter()
            .flat_map(|journal| notes.iter().map(|note| journal.note(note)))
            .collect();
        let outcomes = Arc::clone(outcomes);
        async move {
            for written in written {
                if let Err(why) = written.await {
                    outcomes(Outcome::Unjournalled(Arc::from(why.0)));
                    return;
                }
            }
        }
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
