//! The keeper of the journal: appends what is asked, whatever waits together in one write.

use std::path::Path;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::shelf::{self, Desk, State};

use super::shelf::{Draft, Shelf, Trouble};

type Written = Result<u64, Trouble>;

/// An entry to append, and who waits for its number.
pub struct Request {
    draft: Draft,
    answer: oneshot::Sender<Written>,
}

/// The way to the keeper.
#[derive(Debug)]
pub struct Keeper(shelf::Keeper<Shelf>);

impl Keeper {
    /// A keeper of this journal.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(path: &Path) -> std::io::Result<Self> {
        shelf::Keeper::start("noctop-journal", path).map(Self)
    }

    /// Sends an entry on its way; ready once it is on the disk.
    pub fn append(&self, draft: Draft) -> impl Future<Output = Written> + Send + use<> {
        let (answer, written) = oneshot::channel();
        let sent = self.0.ask(Request { draft, answer });
        async move {
            let ended = || {
                Trouble("The thread that keeps the journal has ended; restart noctop.".to_owned())
            };
            sent.map_err(|_| ended())?;
            written.await.map_err(|_| ended())?
        }
    }

    /// Waits until everything that was asked so far is written, but no longer than this. Whether it is.
    pub fn settle(&self, patience: Duration) -> bool {
        self.0.settle(patience)
    }
}

impl Desk for Shelf {
    type Request = Request;
    type Trouble = Trouble;

    fn open(path: &Path) -> Result<Self, Trouble> {
        Self::open(path)
    }

    fn serve(&mut self, requests: Vec<Request>) -> State {
        let (drafts, answers): (Vec<Draft>, Vec<_>) =
            requests.into_iter().map(|r| (r.draft, r.answer)).unzip();
        match self.append(&drafts) {
            Ok(numbers) => {
                for (answer, number) in answers.into_iter().zip(numbers) {
                    let _ = answer.send(Ok(number));
                }
                State::Sound
            }
            Err(trouble) => {
                for answer in answers {
                    let _ = answer.send(Err(trouble.clone()));
                }
                State::Troubled
            }
        }
    }

    fn refuse(requests: Vec<Request>, trouble: Trouble) {
        for request in requests {
            let _ = request.answer.send(Err(trouble.clone()));
        }
    }
}
