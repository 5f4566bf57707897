//! The keeper of a file of the ledger: does with it what is asked, one thing after the other.

use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use crate::shelf::{self, Desk, State};

use super::book::{Answer, Trouble, TroubleKind};
use super::shelf::{Shelf, told};

/// Something to be done with the file, or to be told that it cannot be opened; tells whether the file is still sound.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Shelf, Trouble>) -> State + Send>;

/// The way to the keeper.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    keeper: shelf::Keeper<Shelf>,
    path: PathBuf,
}

impl Keeper {
    /// A keeper of this file.
    pub fn start(path: &Path) -> Result<Self, Trouble> {
        let keeper = shelf::Keeper::start("noctop-ledger", path).map_err(|error| {
            Trouble::new(
                TroubleKind::Away,
                format!("The system gives no thread for the ledger: {error}."),
            )
        })?;
        Ok(Self {
            keeper,
            path: path.to_owned(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has the keeper do something with the file.
    pub fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Shelf) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<Result<T, Trouble>> {
        let (answer, done) = oneshot::channel();
        let path = self.path.clone();
        let job: Job = Box::new(move |shelf| {
            let result =
                shelf.and_then(|shelf| work(shelf).map_err(|error| told(&path, &(&error).into())));
            let state = if result.is_ok() {
                State::Sound
            } else {
                State::Troubled
            };
            let _ = answer.send(result);
            state
        });
        let sent = self.keeper.ask(job);
        Box::pin(async move {
            let ended = || {
                Trouble::new(
                    TroubleKind::Away,
                    "The thread that keeps the ledger has ended; restart noctop.",
                )
            };
            sent.map_err(|_| ended())?;
            done.await.unwrap_or_else(|_| Err(ended()))
        })
    }
}

impl Desk for Shelf {
    type Request = Job;
    type Trouble = Trouble;

    fn open(path: &Path) -> Result<Self, Trouble> {
        Self::open(path)
    }

    fn serve(&mut self, jobs: Vec<Job>) -> State {
        let mut state = State::Sound;
        for job in jobs {
            if job(Ok(self)) == State::Troubled {
                state = State::Troubled;
            }
        }
        state
    }

    fn refuse(jobs: Vec<Job>, trouble: Trouble) {
        for job in jobs {
            job(Err(trouble.clone()));
        }
    }
}
