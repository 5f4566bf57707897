//! The keeper: the one thread of a process that touches a file of the ledger, asked through a channel.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::book::{Answer, Trouble, TroubleKind};
use super::shelf::{Shelf, told};

type Job = Box<dyn FnOnce(Result<&mut Shelf, Trouble>) -> bool + Send>;

/// The way to the keeper. The thread ends when the last one is dropped and everything asked for is done.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    jobs: Sender<Job>,
    path: PathBuf,
}

impl Keeper {
    /// A keeper of this file. The file is opened with the first job, and again after trouble: a disk that has room
    /// again needs no restart.
    pub fn start(path: &Path) -> Result<Self, Trouble> {
        let (jobs, inbox) = channel();
        let owned = path.to_owned();
        thread::Builder::new()
            .name("noctop-ledger".to_owned())
            .spawn(move || keep(&owned, &inbox))
            .map_err(|error| {
                Trouble::new(
                    TroubleKind::Away,
                    format!("The system gives no thread for the ledger: {error}."),
                )
            })?;
        Ok(Self {
            jobs,
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
            let result = shelf.and_then(|shelf| work(shelf).map_err(|error| told(&path, &error)));
            let sound = result.is_ok();
            // Whoever asked may have gone; what was written stays.
            let _ = answer.send(result);
            sound
        });
        let sent = self.jobs.send(job).is_ok();
        Box::pin(async move {
            let ended = || {
                Trouble::new(
                    TroubleKind::Away,
                    "The thread that keeps the ledger has ended; restart noctop.",
                )
            };
            if !sent {
                return Err(ended());
            }
            done.await.unwrap_or_else(|_| Err(ended()))
        })
    }
}

fn keep(path: &Path, inbox: &Receiver<Job>) {
    let mut shelf: Option<Shelf> = None;
    while let Ok(job) = inbox.recv() {
        let open = match shelf.take() {
            Some(open) => Ok(open),
            None => Shelf::open(path),
        };
        match open {
            Ok(mut open) => {
                if job(Ok(&mut open)) {
                    shelf = Some(open);
                }
            }
            Err(trouble) => {
                job(Err(trouble));
            }
        }
    }
}
