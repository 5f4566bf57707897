//! A line on a terminal that tells how far something long is.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// How long something takes before it is worth a line, and how often the line changes.
const EVERY: Duration = Duration::from_millis(500);

/// The line. It stands on the standard error stream where that is a terminal, and nowhere else.
pub struct Progress {
    shown: bool,
    at: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shown: false,
            at: Instant::now(),
        }
    }

    /// Says how far it is, where it is time to. Neutralised already.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        if self.at.elapsed() < EVERY || !std::io::stderr().is_terminal() {
            return;
        }
        self.at = Instant::now();
        self.shown = true;
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K{}", text());
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}
