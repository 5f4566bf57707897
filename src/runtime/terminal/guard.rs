//! Takes the terminal over and gives it back, exactly once, whatever happens.
//!
//! Given back on drop, on a panic of the loop or of the edge's own threads (before the message is printed), before
//! the program stops itself, and by the loop when a signal asks it to end.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use crate::domain::text;

use super::writer::Writer;
use super::{EDGE_THREADS, Options};

/// Why the console cannot run here. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Standard input or output is a pipe, a file or nothing.
    #[error(
        "standard {0} is not a terminal, so the console cannot run here; use a headless command instead, such as `noctop ls alarms`"
    )]
    NotATerminal(&'static str),
    /// `TERM=dumb`: no cursor addressing.
    #[error(
        "this terminal calls itself dumb (TERM=dumb) and cannot show the console; use a headless command instead, such as `noctop ls alarms`, or set TERM to what your terminal really is"
    )]
    Dumb,
    /// The terminal refused raw mode, or a thread could not be started.
    #[error(
        "the terminal could not be set up ({0}); try another terminal, or a headless command such as `noctop ls alarms`"
    )]
    Broken(#[from] io::Error),
}

/// Whether the console can run here at all.
///
/// # Errors
/// Standard input or output is no terminal, or the terminal calls itself dumb.
pub fn check() -> Result<(), NoTerminal> {
    if !io::stdin().is_terminal() {
        return Err(NoTerminal::NotATerminal("input"));
    }
    if !io::stdout().is_terminal() {
        return Err(NoTerminal::NotATerminal("output"));
    }
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(NoTerminal::Dumb);
    }
    Ok(())
}

/// What this terminal is known to stumble over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Temper {
    Sound,
    /// The Linux console prints the bodies of control strings on old kernels.
    Console,
    /// macOS' Terminal prints the `p` of a mode query.
    Apple,
}

impl Temper {
    fn of_environment() -> Self {
        let is = |name: &str, value: &str| env::var_os(name).is_some_and(|v| v == value);
        if is("TERM", "linux") {
            Self::Console
        } else if is("TERM_PROGRAM", "Apple_Terminal") {
            Self::Apple
        } else {
            Self::Sound
        }
    }
}

/// The terminal's modes, while they are ours.
pub(super) struct Guard {
    writer: Arc<Writer>,
    options: Options,
    temper: Temper,
    /// Whether the terminal is in our modes now.
    entered: AtomicBool,
    /// Whether kitty's keyboard protocol was switched on.
    keyboard: AtomicBool,
    /// The thread that draws. Only its panics, and the edge's own, end the program.
    ui: Mutex<ThreadId>,
    /// What other threads had to say when they panicked: shown once the screen is free.
    elsewhere: Mutex<Vec<String>>,
}

/// The guard that the panic hook gives the terminal back through.
static CURRENT: Mutex<Option<Arc<Guard>>> = Mutex::new(None);

impl Guard {
    /// Takes the terminal over.
    pub(super) fn enter(writer: Arc<Writer>, options: Options) -> io::Result<Arc<Self>> {
        let guard = Arc::new(Self {
            writer,
            options,
            temper: Temper::of_environment(),
            entered: AtomicBool::new(false),
            keyboard: AtomicBool::new(false),
            ui: Mutex::new(thread::current().id()),
            elsewhere: Mutex::default(),
        });
        restore_on_panic();
        *lock(&CURRENT) = Some(Arc::clone(&guard));
        guard.take()?;
        Ok(guard)
    }

    /// Switches to our modes.
    pub(super) fn take(&self) -> io::Result<()> {
        // crossterm keeps the first raw mode it made; after somebody else changed the modes it must make a new one.
        disable_raw_mode()?;
        enable_raw_mode()?;
        self.entered.store(true, Ordering::Release);
        // Alternate screen; no wrapping at the edge, so that a glyph of disputed width never breaks the next row;
        // no cursor; bracketed paste; focus reports.
        let mut bytes = b"\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[?2004h\x1b[?1004h".to_vec();
        if self.options.mouse {
            bytes.extend_from_slice(b"\x1b[?1000h\x1b[?1002h\x1b[?1006h");
        }
        if let Some(title) = self.title() {
            bytes.extend_from_slice(b"\x1b[22;2t\x1b]2;");
            bytes.extend_from_slice(text::clean(title).as_bytes());
            bytes.extend_from_slice(b"\x1b\\");
        }
        self.writer.urgent(&bytes);
        Ok(())
    }

    /// Gives the screen back, not yet the keyboard. Whether it was ours until now.
    pub(super) fn give_back_screen(&self) -> bool {
        if !self.entered.swap(false, Ordering::AcqRel) {
            return false;
        }
        let mut bytes = b"\x1b[?2026l\x1b[m".to_vec();
        if self.keyboard.swap(false, Ordering::AcqRel) {
            bytes.extend_from_slice(b"\x1b[<u");
        }
        if self.options.mouse {
            bytes.extend_from_slice(b"\x1b[?1006l\x1b[?1002l\x1b[?1000l");
        }
        if self.title().is_some() {
            bytes.extend_from_slice(b"\x1b[23;2t");
        }
        bytes.extend_from_slice(b"\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h");
        self.writer.urgent(&bytes);
        true
    }

    /// Gives everything back. Does nothing the second time.
    pub(super) fn give_back(&self) {
        if self.give_back_screen() {
            give_back_keyboard();
        }
    }

    /// What asks the terminal for its abilities; sent after the first frame. `DA1` comes last: every terminal
    /// answers it, so that its answer means that no other will come.
    pub(super) fn questions(&self) -> &'static [u8] {
        match self.temper {
            Temper::Sound => b"\x1b[?2026$p\x1b[?u\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b[c",
            Temper::Apple => b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b[c",
            Temper::Console => b"",
        }
    }

    /// What switches kitty's keyboard protocol on (escape codes are told apart, nothing more), the first time.
    pub(super) fn keyboard(&self) -> &'static [u8] {
        if self.keyboard.swap(true, Ordering::AcqRel) {
            b""
        } else {
            b"\x1b[>1u"
        }
    }

    /// Notes which thread draws.
    pub(super) fn drawn_by_this_thread(&self) {
        *lock(&self.ui) = thread::current().id();
    }

    /// The end of the take-over, after [`Guard::give_back`]: what other threads had to say is said.
    pub(super) fn retire(&self) {
        *lock(&CURRENT) = None;
        for message in lock(&self.elsewhere).drain(..) {
            let _ = writeln!(io::stderr(), "{message}");
        }
    }

    fn title(&self) -> Option<&str> {
        self.options
            .title
            .as_deref()
            .filter(|_| self.temper != Temper::Console)
    }

    fn ends_the_program(&self) -> bool {
        let here = thread::current();
        here.id() == *lock(&self.ui) || here.name().is_some_and(|name| EDGE_THREADS.contains(&name))
    }
}

/// Gives the keyboard back to whoever had it.
pub(super) fn give_back_keyboard() {
    // Nobody to tell: the terminal is gone, or was never ours.
    let _ = disable_raw_mode();
}

/// From here on a panic gives the terminal back before its message is printed.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let current = lock(&CURRENT).clone();
            match current {
                Some(guard) if !guard.ends_the_program() => {
                    // The program goes on without that thread's task: keep the picture whole, say it later.
                    let message = info.to_string();
                    tracing::error!(panic = message, "a background task panicked");
                    let mut elsewhere = lock(&guard.elsewhere);
                    if elsewhere.len() < 8 {
                        elsewhere.push(message);
                    }
                }
                Some(guard) => {
                    guard.give_back();
                    before(info);
                }
                None => before(info),
            }
        }));
    });
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_a_headless_command() {
        for refusal in [
            NoTerminal::NotATerminal("output"),
            NoTerminal::Dumb,
            NoTerminal::Broken(io::Error::other("x")),
        ] {
            assert!(
                refusal.to_string().contains("`noctop ls alarms`"),
                "{refusal}"
            );
        }
    }
}
