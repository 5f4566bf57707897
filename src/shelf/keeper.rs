//! The keeper: the one thread of a process that touches a file, asked through a channel.
//!
//! Requests that wait together are served together, because a write waits for the disk once however much it holds.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// How many requests are served together at most.
const TOGETHER: usize = 256;

/// What is done with a file that a keeper keeps.
pub trait Desk: Sized + 'static {
    /// What is asked, with the way back for the answer.
    type Request: Send + 'static;
    /// Why the file cannot be used.
    type Trouble;

    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn open(path: &Path) -> Result<Self, Self::Trouble>;

    /// Serves these requests, in their order. Whoever asked may have gone; what was written stays.
    fn serve(&mut self, requests: Vec<Self::Request>) -> State;

    /// Answers requests that cannot be served, because the file cannot be opened.
    fn refuse(requests: Vec<Self::Request>, trouble: Self::Trouble);
}

/// How a file stands after it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should.
    Sound,
    /// There was trouble: it is opened anew before it is used again.
    Troubled,
}

/// The thread has ended, which only the end of the process or a panic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// The way to the keeper. The thread ends when the last one is dropped and everything asked for is done.
pub struct Keeper<D: Desk> {
    messages: Sender<Message<D::Request>>,
}

enum Message<R> {
    Serve(R),
    /// Say when everything before this is done.
    Settle(Sender<()>),
}

impl<D: Desk> Clone for Keeper<D> {
    fn clone(&self) -> Self {
        Self {
            messages: self.messages.clone(),
        }
    }
}

impl<D: Desk> fmt::Debug for Keeper<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}

impl<D: Desk> Keeper<D> {
    /// A keeper of this file, on a thread of this name. The file is opened when it is first needed, and again after
    /// trouble: a disk that has room again needs no restart.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(name: &str, path: &Path) -> std::io::Result<Self> {
        let (messages, inbox) = channel();
        let path = path.to_owned();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || keep::<D>(path, &inbox))?;
        Ok(Self { messages })
    }

    /// Asks for something. Returns at once.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn ask(&self, request: D::Request) -> Result<(), Ended> {
        let message = Message::Serve(request);
        self.messages.send(message).map_err(|_| Ended)
    }

    /// Waits until everything that was asked so far is done, but no longer than this. Whether it is: the process may end
    /// without losing any of it.
    pub fn settle(&self, patience: Duration) -> bool {
        let (done, settled) = channel();
        self.messages.send(Message::Settle(done)).is_ok() && settled.recv_timeout(patience).is_ok()
    }
}

fn keep<D: Desk>(path: PathBuf, inbox: &Receiver<Message<D::Request>>) {
    let mut desk: Option<D> = None;
    while let Ok(first) = inbox.recv() {
        let mut requests = Vec::new();
        let mut waits = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Serve(request) => requests.push(request),
                Message::Settle(done) => waits.push(done),
            }
            next = (requests.len() < TOGETHER)
                .then(|| inbox.try_recv().ok())
                .flatten();
        }
        if !requests.is_empty() {
            desk = serve(desk, &path, requests);
        }
        for done in waits {
            let _ = done.send(());
        }
    }
}

/// Serves requests at the desk, which is opened where it is not; gives it back while it is sound.
fn serve<D: Desk>(desk: Option<D>, path: &Path, requests: Vec<D::Request>) -> Option<D> {
    let open = match desk {
        Some(open) => Ok(open),
        None => D::open(path),
    };
    match open {
        Ok(mut open) => (open.serve(requests) == State::Sound).then_some(open),
        Err(trouble) => {
            D::refuse(requests, trouble);
            None
        }
    }
}
