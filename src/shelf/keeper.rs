//! The keeper: the one thread of a process that touches a file, asked through a channel.
//!
//! Requests that wait together are served together, because a write waits for the disk once however much it holds.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

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
    requests: Sender<D::Request>,
}

impl<D: Desk> Clone for Keeper<D> {
    fn clone(&self) -> Self {
        Self {
            requests: self.requests.clone(),
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
        let (requests, inbox) = channel();
        let path = path.to_owned();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || keep::<D>(path, &inbox))?;
        Ok(Self { requests })
    }

    /// Asks for something. Returns at once.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn ask(&self, request: D::Request) -> Result<(), Ended> {
        self.requests.send(request).map_err(|_| Ended)
    }
}

fn keep<D: Desk>(path: PathBuf, inbox: &Receiver<D::Request>) {
    let mut desk: Option<D> = None;
    while let Ok(first) = inbox.recv() {
        let mut requests = vec![first];
        while requests.len() < TOGETHER
            && let Ok(request) = inbox.try_recv()
        {
            requests.push(request);
        }
        let open = match desk.take() {
            Some(open) => Ok(open),
            None => D::open(&path),
        };
        match open {
            Ok(mut open) => {
                if open.serve(requests) == State::Sound {
                    desk = Some(open);
                }
            }
            Err(trouble) => D::refuse(requests, trouble),
        }
    }
}
