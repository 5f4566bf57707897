//! What headless commands of some length have in common: output that may be closed, and a wish to stop.

use std::fmt::Write as _;
use std::io::Write as _;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::domain::text::is_hostile;

use super::complain;

/// JSON in which every character that could harm a terminal is escaped; it means the same.
pub(super) fn escaped(json: String) -> String {
    if json.is_ascii() && !json.contains('\u{7f}') || !json.chars().any(is_hostile) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Writes to standard output; whether somebody still reads it.
pub(super) fn write(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => true,
        // A reader that went away (`| head`) has seen what it wanted.
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => false,
        Err(why) => {
            complain(&format!("the lines cannot be written: {why}"));
            false
        }
    }
}

/// Whether the reader of a pipe went away while there was nothing to write.
pub(super) fn is_closed() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let out = std::io::stdout();
    let mut fds = [PollFd::new(&out, PollFlags::empty())];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
        && fds[0].revents().intersects(PollFlags::ERR)
}

/// Whether somebody wants it to stop.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until it is so.
    pub async fn wanted(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
