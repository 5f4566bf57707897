//! The keeper: the one thread of a process that writes the journal, asked through a channel.
//!
//! Requests that wait together are written together, because a write waits for the disk once however much it holds.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::shelf::{Draft, Shelf, Trouble};

/// How many entries are written together at most.
const TOGETHER: usize = 256;

type Written = Result<u64, Trouble>;

struct Request {
    draft: Draft,
    answer: oneshot::Sender<Written>,
}

/// The way to the keeper. The thread ends when it is dropped and everything asked for has been written.
#[derive(Debug)]
pub struct Keeper {
    requests: Sender<Request>,
}

impl Keeper {
    /// A keeper of this journal. The file is opened when the first entry is written, and again after trouble: a disk
    /// that has room again needs no restart.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(path: &Path) -> std::io::Result<Self> {
        let (requests, inbox) = channel();
        let path = path.to_owned();
        thread::Builder::new()
            .name("noctop-journal".to_owned())
            .spawn(move || keep(path, &inbox))?;
        Ok(Self { requests })
    }

    /// Writes an entry; ready once it is on the disk.
    pub async fn append(&self, draft: Draft) -> Written {
        let (answer, written) = oneshot::channel();
        let ended =
            || Trouble("The thread that keeps the journal has ended; restart noctop.".to_owned());
        self.requests
            .send(Request { draft, answer })
            .map_err(|_| ended())?;
        written.await.map_err(|_| ended())?
    }
}

fn keep(path: PathBuf, inbox: &Receiver<Request>) {
    let mut shelf: Option<Shelf> = None;
    while let Ok(first) = inbox.recv() {
        let mut requests = vec![first];
        while requests.len() < TOGETHER
            && let Ok(request) = inbox.try_recv()
        {
            requests.push(request);
        }
        let (drafts, answers): (Vec<Draft>, Vec<_>) =
            requests.into_iter().map(|r| (r.draft, r.answer)).unzip();
        let open = match shelf.take() {
            Some(open) => Ok(open),
            None => Shelf::open(&path),
        };
        let written = open.and_then(|mut open| {
            let written = open.append(&drafts)?;
            shelf = Some(open);
            Ok(written)
        });
        match written {
            Ok(numbers) => {
                for (answer, number) in answers.into_iter().zip(numbers) {
                    // Whoever asked may have gone; the entry stays.
                    let _ = answer.send(Ok(number));
                }
            }
            Err(trouble) => {
                for answer in answers {
                    let _ = answer.send(Err(trouble.clone()));
                }
            }
        }
    }
}
