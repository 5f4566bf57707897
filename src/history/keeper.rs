//! The history as a console writes it: what is handed over is written by a thread of its own, whatever waits together in
//! one transaction. Nobody waits for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::shelf::{Desk, Keeper, State};

use super::fact::Facts;
use super::shelf::{Shelf, Trouble, Writer};

/// How many facts may wait for a slow disk: a minute of the worst that a fleet does. Past it they are refused, and the
/// console sees afresh when the disk follows again.
const MOST: usize = 200_000;

/// Whether facts were written.
pub type Written = Result<(), Trouble>;

/// The way to the file of the history.
#[derive(Clone, Debug)]
pub struct History {
    keeper: Keeper<Shelf>,
    writer: Arc<Writer>,
    waiting: Arc<AtomicUsize>,
    path: PathBuf,
}

pub(super) struct Request {
    writer: Arc<Writer>,
    facts: Facts,
    answer: oneshot::Sender<Written>,
}

impl History {
    /// The history in this file, written by the console of this session and host; what is older than `keep` is let go.
    /// The file is made when it is first written.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(path: &Path, session: &str, host: &str, keep: Duration) -> Result<Self, Trouble> {
        let keeper = Keeper::start("noctop-history", path).map_err(|why| {
            Trouble(format!(
                "The system gives no thread for the history: {why}."
            ))
        })?;
        Ok(Self {
            keeper,
            writer: Arc::new(Writer {
                session: session.to_owned(),
                host: host.to_owned(),
                keep,
            }),
            waiting: Arc::default(),
            path: path.to_owned(),
        })
    }

    /// Hands facts over. They are on their way when this returns; the future says whether they were written. None of them
    /// is, and the console has to look at everything afresh, where it says that they were not.
    pub fn write(&self, facts: Facts) -> impl Future<Output = Written> + Send + use<> {
        let count = facts.facts.len();
        let waiting = Arc::clone(&self.waiting);
        let (answer, written) = oneshot::channel();
        let is_room = waiting.load(Ordering::Relaxed) + count <= MOST;
        let sent = is_room && {
            waiting.fetch_add(count, Ordering::Relaxed);
            let writer = Arc::clone(&self.writer);
            let request = Request {
                writer,
                facts,
                answer,
            };
            self.keeper.ask(request).is_ok()
        };
        let path = self.path.clone();
        async move {
            if !is_room {
                return Err(Trouble(format!(
                    "The disk under the history {} is too slow for what happens; some of it is not recorded.",
                    path.display()
                )));
            }
            let ended = || Trouble("The thread that keeps the history has ended.".to_owned());
            let written = if sent {
                written.await.unwrap_or_else(|_| Err(ended()))
            } else {
                Err(ended())
            };
            waiting.fetch_sub(count, Ordering::Relaxed);
            written
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until everything that was handed over is written, but no longer than this. Whether it is.
    pub fn settle(&self, patience: Duration) -> bool {
        self.keeper.settle(patience)
    }
}

impl Desk for Shelf {
    type Request = Request;
    type Trouble = Trouble;

    fn open(path: &Path) -> Result<Self, Trouble> {
        Self::open(path)
    }

    fn serve(&mut self, requests: Vec<Request>) -> State {
        let Some(writer) = requests.first().map(|request| Arc::clone(&request.writer)) else {
            return State::Sound;
        };
        let (facts, answers): (Vec<Facts>, Vec<_>) = requests
            .into_iter()
            .map(|request| (request.facts, request.answer))
            .unzip();
        let written = self.write(&writer, &facts);
        for answer in answers {
            let _ = answer.send(written.clone());
        }
        if written.is_ok() {
            State::Sound
        } else {
            State::Troubled
        }
    }

    fn refuse(requests: Vec<Request>, trouble: Trouble) {
        for request in requests {
            let _ = request.answer.send(Err(trouble.clone()));
        }
    }
}
