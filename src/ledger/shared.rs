//! The ledger as a console uses it: a book and, where the book may be away, an outbox in front of it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ItemKey;
use crate::lifecycle::Entry;

use super::act::{Act, Refusal, Verb};
use super::book::{Book, Cursor, Kept, Miss, News, Outcome, Seat, Trouble, TroubleKind};
use super::decide;
use super::outbox::{Outbox, Waiting};

/// How the console and its ledger stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// It answers.
    #[default]
    Fine,
    /// It does not, and acts wait on this machine. To be shown loudly: colleagues see none of it.
    LocalOnly {
        /// Why, as a sentence.
        why: String,
        /// How many acts wait.
        waiting: usize,
    },
}

/// The ledger of one console. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    book: Arc<dyn Book>,
    outbox: Option<Outbox>,
    state: Arc<Mutex<State>>,
    /// One reconciliation at a time, and no act overtakes those that wait.
    order: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    link: Link,
    /// The entries as last seen: what an act in the outbox is decided against.
    known: HashMap<ItemKey, Arc<Entry>>,
    /// Whether the outbox of an earlier run has been looked into.
    looked: bool,
    waiting: usize,
}

impl Ledger {
    /// A ledger that is never away: a file of this machine.
    #[must_use]
    pub fn local(book: Arc<dyn Book>) -> Self {
        Self {
            book,
            outbox: None,
            state: Arc::default(),
            order: Arc::default(),
        }
    }

    /// A ledger that may be away, with an outbox in this file.
    ///
    /// # Errors
    /// The system gives no thread for the outbox.
    pub fn shared(book: Arc<dyn Book>, outbox: &Path) -> Result<Self, Trouble> {
        Ok(Self {
            outbox: Some(Outbox::open(outbox)?),
            ..Self::local(book)
        })
    }

    /// Where it is kept, for the screen.
    #[must_use]
    pub fn place(&self) -> String {
        self.book.place()
    }

    /// Whether only this machine sees it: marked LOCAL.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.book.is_local()
    }

    /// How console and ledger stand.
    #[must_use]
    pub fn link(&self) -> Link {
        self.with(|state| state.link.clone())
    }

    /// Writes acts down: one outcome per act, in their order.
    pub async fn act(&self, acts: Vec<Act>) -> Vec<Outcome> {
        let _turn = self.order.lock().await;
        let Some(outbox) = &self.outbox else {
            let answers = self.book.act(acts).await;
            return answers.into_iter().map(kept).collect();
        };
        // An act must not overtake one that waits. Those that wait are settled with the next reading.
        if let Err(trouble) = self.look(outbox).await {
            return acts.iter().map(|_| Err(trouble.clone().into())).collect();
        }
        let answers = match self.link() {
            Link::LocalOnly { why, waiting } if waiting > 0 => {
                let away = Trouble::new(TroubleKind::Away, why);
                vec![Err(Miss::Failed(away)); acts.len()]
            }
            _ => self.book.act(acts.clone()).await,
        };
        let mut outcomes = Vec::with_capacity(answers.len());
        for (act, answer) in acts.iter().zip(answers) {
            outcomes.push(match answer {
                Err(Miss::Failed(trouble)) if trouble.kind == TroubleKind::Away => {
                    self.post(outbox, act, &trouble).await
                }
                answer => {
                    if let Ok(entry) = &answer {
                        self.know(entry);
                    }
                    kept(answer)
                }
            });
        }
        outcomes
    }

    /// Reads what changed, after settling what waits in the outbox.
    ///
    /// # Errors
    /// The ledger cannot be read; see [`Ledger::link`] for whether acts wait.
    pub async fn news(&self, since: Cursor) -> Result<News, Trouble> {
        let _turn = self.order.lock().await;
        let mut lost = Vec::new();
        let mut settled = false;
        if let Some(outbox) = &self.outbox {
            self.look(outbox).await?;
            if self.with(|state| state.waiting) > 0 {
                settled = self.settle(outbox, &mut lost).await?;
            }
        }
        let since = if settled { Cursor::default() } else { since };
        match self.book.news(since).await {
            Ok(mut news) => {
                self.with(|state| {
                    if news.whole {
                        state.known.clear();
                    }
                    for entry in &news.entries {
                        state.known.insert(entry.key.clone(), Arc::clone(entry));
                    }
                    if state.waiting == 0 {
                        state.link = Link::Fine;
                    }
                });
                news.lost = lost;
                Ok(news)
            }
            Err(trouble) => {
                if trouble.kind == TroubleKind::Away && self.outbox.is_some() {
                    self.mark(&trouble);
                }
                if lost.is_empty() && since != Cursor::default() {
                    return Err(trouble);
                }
                // Right after a start what waits here is all there is to show, and a loser is told in any case.
                let entries: Vec<_> = self.with(|state| state.known.values().cloned().collect());
                if entries.is_empty() && lost.is_empty() {
                    return Err(trouble);
                }
                Ok(News {
                    entries,
                    whole: false,
                    cursor: Cursor::default(),
                    lost,
                })
            }
        }
    }

    /// Puts an act into the outbox, decided by what this machine knows.
    async fn post(&self, outbox: &Outbox, act: &Act, why: &Trouble) -> Outcome {
        let known = self.with(|state| state.known.get(&act.key).cloned());
        let made = decide(known.as_deref(), act)?;
        outbox.push(act, &made).await?;
        let entry = Arc::new(made);
        self.know(&entry);
        self.with(|state| state.waiting += 1);
        self.mark(why);
        Ok(Kept {
            entry,
            seat: Seat::Outbox,
        })
    }

    /// Looks once into what an earlier run left behind.
    async fn look(&self, outbox: &Outbox) -> Result<(), Trouble> {
        if self.with(|state| state.looked) {
            return Ok(());
        }
        let waiting = outbox.waiting().await?;
        self.with(|state| {
            state.looked = true;
            state.waiting = waiting.len();
            for one in waiting {
                state.known.insert(one.act.key.clone(), one.made);
            }
            if state.waiting > 0 {
                state.link = Link::LocalOnly {
                    why: "acts of an earlier run wait for the ledger".to_owned(),
                    waiting: state.waiting,
                };
            }
        });
        Ok(())
    }

    /// Asks the ledger about everything that waits, in order and by the same conditions as ever. Whether anything was
    /// decided.
    async fn settle(
        &self,
        outbox: &Outbox,
        lost: &mut Vec<(Act, Refusal)>,
    ) -> Result<bool, Trouble> {
        let mut settled = false;
        // The version that an act made here, and the one that it really got: what followed was seen on top of the former.
        let mut real: HashMap<(ItemKey, u64), u64> = HashMap::new();
        for Waiting { number, act, made } in outbox.waiting().await? {
            let verb = act.verb.clone();
            let seen = verb
                .seen()
                .and_then(|seen| real.get(&(act.key.clone(), seen)).copied());
            let asked = Act {
                verb: match seen {
                    Some(version) => verb.with_seen(version),
                    None => verb,
                },
                ..act.clone()
            };
            match self.book.act(vec![asked]).await.pop() {
                Some(Ok(entry)) => {
                    real.insert((act.key.clone(), made.version), entry.version);
                    self.know(&entry);
                }
                Some(Err(Miss::Refused(refusal))) => {
                    self.with(|state| match refusal.entry() {
                        Some(entry) => {
                            state.known.insert(act.key.clone(), Arc::clone(entry));
                        }
                        None => {
                            state.known.remove(&act.key);
                        }
                    });
                    // Consoles carry, operators do not: nobody has to be told.
                    if !matches!(act.verb, Verb::Carry { .. }) {
                        lost.push((act, refusal));
                    }
                }
                Some(Err(Miss::Failed(trouble))) => {
                    self.mark(&trouble);
                    return Ok(settled);
                }
                None => return Ok(settled),
            }
            outbox.drop(number).await?;
            settled = true;
            self.with(|state| state.waiting = state.waiting.saturating_sub(1));
        }
        self.with(|state| state.waiting = 0);
        Ok(settled)
    }

    fn know(&self, entry: &Arc<Entry>) {
        self.with(|state| state.known.insert(entry.key.clone(), Arc::clone(entry)));
    }

    fn mark(&self, why: &Trouble) {
        self.with(|state| {
            state.link = Link::LocalOnly {
                why: why.message.clone(),
                waiting: state.waiting,
            };
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn kept(answer: Result<Arc<Entry>, Miss>) -> Outcome {
    answer.map(|entry| Kept {
        entry,
        seat: Seat::Ledger,
    })
}
