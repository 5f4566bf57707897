//! What the playing program says of what happened to it, over a socket: read at once or waited for, never polled.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What has not been said after this long will not be said. Generous, because machines that run tests are busy.
const LIMIT: Timespec = Timespec {
    tv_sec: 30,
    tv_nsec: 0,
};

/// A place where a program can say what happens to it.
pub struct Listening(UnixListener);

/// A program that says what happens to it.
pub struct Notes {
    said: UnixStream,
    heard: RefCell<Vec<u8>>,
    ended: Cell<bool>,
}

impl Notes {
    /// Opens the place.
    pub fn listen(place: &Path) -> Listening {
        Listening(UnixListener::bind(place).expect("a socket"))
    }

    /// Every event so far. What the program said before it drew a picture is here once the picture is.
    pub fn so_far(&self) -> Vec<String> {
        let mut heard = self.heard.borrow_mut();
        match (&self.said).read_to_end(&mut heard) {
            Ok(_) => self.ended.set(true),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
        }
        String::from_utf8_lossy(&heard)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Waits until the events are as described. Panics with them after a long while.
    pub fn wait(&self, what: &str, done: impl Fn(&[String]) -> bool) {
        loop {
            let events = self.so_far();
            if done(&events) {
                return;
            }
            let goes_on = !self.ended.get() && is_readable(&self.said);
            assert!(goes_on, "{what} never came: {events:?}");
        }
    }
}

impl Listening {
    /// The program that has come.
    pub fn connected(self) -> Notes {
        assert!(is_readable(&self.0), "the program never came");
        let (said, _) = self.0.accept().expect("a program");
        said.set_nonblocking(true).expect("a socket");
        Notes {
            said,
            heard: RefCell::default(),
            ended: Cell::new(false),
        }
    }
}

/// Waits for something to read.
fn is_readable(from: impl AsFd) -> bool {
    let mut place = [PollFd::new(&from, PollFlags::IN)];
    poll(&mut place, Some(&LIMIT)).is_ok_and(|ready| ready > 0)
}
