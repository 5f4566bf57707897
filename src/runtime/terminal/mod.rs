//! The terminal edge: what noctop draws becomes bytes, and what happens at the terminal becomes events.
//!
//! ```text
//! draw(frame) ─► Canvas ─► Encoder ─► one buffer ─► Writer thread ─► tty
//!                                                                     │
//! events(TermEvent) ◄─ Stream ◄─ decode ◄─ Input thread ◄─────────────┘   (signals too)
//! ```
//!
//! The loop owns a [`Terminal`] and nothing else from here. `docs/terminal-edge.md` says why each rule exists.
//! May import `domain`, `keymap` (for [`Chord`](crate::keymap::Chord)) and the terminal crates.

mod canvas;
mod clipboard;
mod decode;
mod encoder;
mod event;
mod glyph;
mod guard;
mod input;
mod link;
mod notice;
mod pen;
mod stream;
mod writer;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::unistd::{Pid, getpgid, getpgrp, getppid, getsid};
use ratatui::Frame;
use ratatui::layout::{Position, Size};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Signal as Number, kill_current_process_group};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize, ttyname};

pub use encoder::{Encoder, FrameStats};
pub use event::{Button, Closed, Mouse, MouseAct, Paste, Reply, Rgb, Signal, TermEvent};
pub use glyph::Ink;
pub use guard::{NoTerminal, check};
pub use link::Link;
pub use stream::PASTE_MAX;
pub use writer::Drain;

use canvas::Canvas;
use guard::Guard;
use input::Input;
use writer::{Events, Writer};

/// The names of the edge's own threads.
const EDGE_THREADS: [&str; 2] = ["noctop-writer", "noctop-input"];

/// The largest screen that is drawn. A terminal that claims more is mistaken, and every cell costs memory.
const LARGEST: Size = Size {
    width: 1000,
    height: 500,
};

/// How long leaving waits for an answer that is still on its way, so that it does not land in the shell.
const ANSWER_WAIT: Duration = Duration::from_millis(150);

/// How the terminal is used.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether colours are emitted.
    pub ink: Ink,
    /// Whether the mouse is captured. The terminal's own selection then needs shift.
    pub mouse: bool,
    /// The window's title while noctop runs.
    pub title: Option<String>,
}

/// The terminal while it is noctop's. Dropping it gives it back.
pub struct Terminal {
    stage: ratatui::Terminal<Canvas>,
    cursor: Arc<Mutex<Option<Position>>>,
    encoder: Encoder,
    writer: Arc<Writer>,
    input: Input,
    guard: Arc<Guard>,
    events: Events,
    size: Size,
    /// Whether the terminal was asked for its abilities.
    asked: bool,
    /// Whether links may be told: the Linux console prints what it does not know.
    knows_links: bool,
    /// Short sequences that go out before the next frame.
    aside: Vec<u8>,
    /// Set when the terminal is no longer ours: signals then end the program by themselves.
    left: Arc<AtomicBool>,
}

impl Terminal {
    /// Takes the terminal over. `events` is called on the edge's own threads and must not block.
    ///
    /// # Errors
    /// There is no terminal, or it cannot show the console; the error is a sentence for the operator.
    pub fn enter(
        options: Options,
        events: impl Fn(TermEvent) + Send + Sync + 'static,
    ) -> Result<Self, NoTerminal> {
        check()?;
        let events: Events = Arc::new(events);
        let left = Arc::new(AtomicBool::new(false));
        let size = Size::from(size());
        let cursor = Arc::new(Mutex::new(None));
        let canvas = Canvas {
            size,
            cursor: Arc::clone(&cursor),
        };
        let stage = match ratatui::Terminal::new(canvas) {
            Ok(stage) => stage,
            Err(never) => match never {},
        };
        let writer = Arc::new(Writer::start(standard_output()?, Arc::clone(&events))?);
        let encoder = Encoder::new(options.ink);
        let guard = Guard::enter(Arc::clone(&writer), options)?;
        let input = match Input::start(input::standard_input()?, Arc::clone(&events), &left) {
            Ok(input) => input,
            Err(e) => {
                guard.give_back();
                guard.retire();
                return Err(e.into());
            }
        };
        Ok(Self {
            stage,
            cursor,
            encoder,
            writer,
            input,
            guard,
            events,
            size,
            asked: false,
            knows_links: std::env::var_os("TERM").is_none_or(|term| term != "linux"),
            aside: Vec::new(),
            left,
        })
    }

    /// Columns and rows of the next frame: those of the last [`Terminal::resize`], at the start the terminal's.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Draws the next frames for this size; called for [`TermEvent::Resize`], so that the model and the picture
    /// change their size together.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size::new(
            columns.clamp(1, LARGEST.width),
            rows.clamp(1, LARGEST.height),
        );
        self.stage.backend_mut().size = self.size;
        // The terminal has moved its cells about even when the new size is the old one (out and back in a storm).
        self.encoder.forget();
    }

    /// Whether a frame would be written at once. After a `false`, [`TermEvent::Idle`] comes when it would be.
    #[must_use]
    pub fn ready_to_draw(&self) -> bool {
        self.writer.is_idle()
    }

    /// Draws a frame, of which some parts lead somewhere, and hands what changed to the writer, in one piece. `None`,
    /// without calling `render`, while the writer is busy: the frame is still owed.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>) -> Vec<Link>) -> Option<FrameStats> {
        if !self.writer.is_idle() {
            return None;
        }
        self.guard.drawn_by_this_thread();
        let answers = self.input.answers();
        self.encoder
            .synchronize(answers.synchronized.load(Ordering::Relaxed));
        let mut bytes = self.writer.buffer();
        bytes.append(&mut self.aside);
        if answers.keyboard.load(Ordering::Relaxed) {
            bytes.extend_from_slice(self.guard.keyboard());
        }
        let mut links = Vec::new();
        let frame = match self.stage.draw(|frame| links = render(frame)) {
            Ok(frame) => frame,
            Err(never) => match never {},
        };
        if self.knows_links {
            self.encoder.link(links);
        }
        let cursor = *self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stats = self.encoder.encode(frame.buffer, cursor, &mut bytes);
        if !self.asked {
            self.asked = true;
            bytes.extend_from_slice(self.guard.questions());
        }
        stats.bytes = bytes.len();
        self.writer.submit(bytes);
        Some(stats)
    }

    /// Forgets what the terminal shows: the next frame paints every cell (`ctrl-l`).
    pub fn repaint(&mut self) {
        self.encoder.forget();
    }

    /// Copies a text into the clipboard of the operator's own terminal with the next frame (OSC 52, wrapped for
    /// tmux and screen). `false`, and nothing is copied, where it is too long for a terminal to take.
    #[must_use]
    pub fn copy(&mut self, text: &str) -> bool {
        let tmux = std::env::var_os("TMUX").is_some();
        let term = std::env::var("TERM").unwrap_or_default();
        let Some(bytes) = clipboard::sequence(text, clipboard::Between::of(tmux, &term)) else {
            return false;
        };
        self.aside.extend_from_slice(&bytes);
        true
    }

    /// Notifies the desktop behind the operator's own terminal with the next frame (OSC 9 or 777, wrapped for tmux and
    /// screen).
    pub fn notify(&mut self, text: &str) {
        let tmux = std::env::var_os("TMUX").is_some();
        let term = std::env::var("TERM").unwrap_or_default();
        let between = clipboard::Between::of(tmux, &term);
        let bytes = notice::sequence(text, notice::Tongue::of(&term), between);
        self.aside.extend_from_slice(&bytes);
    }

    /// Rings the terminal's bell with the next frame.
    pub fn ring(&mut self) {
        self.aside.push(0x07);
    }

    /// How fast frames went out since the last call, for the pace.
    #[must_use]
    pub fn drained(&self) -> Option<Drain> {
        self.writer.drained()
    }

    /// Gives the terminal back, stops the whole job as ctrl-z does elsewhere, and takes the terminal again when
    /// it continues. `false`, and nothing happens, where nobody could continue it (no job-control shell above).
    pub fn suspend(&mut self) -> bool {
        if !has_job_control() {
            return false;
        }
        self.input.pause(true);
        self.guard.give_back();
        let continued = self.input.next_continue();
        // The whole group, as the kernel's own ctrl-z: a wrapper such as sudo must stop too, or the shell never
        // gets its prompt. SIGSTOP, because SIGTSTP is caught.
        if kill_current_process_group(Number::STOP).is_ok() {
            // A thread may run on for an instant before the stop reaches it. The limit is for a stop that never
            // comes; time spent stopped counts, and then the continuation is already there.
            let _ = continued.recv_timeout(Duration::from_secs(1));
        }
        self.resume();
        true
    }

    /// Takes the terminal again after the program was stopped from outside ([`TermEvent::Continued`]).
    pub fn resume(&mut self) {
        if self.guard.take().is_err() {
            (self.events)(TermEvent::Closed(Closed::Output));
        }
        self.encoder.forget();
        self.input.pause(false);
        // A stopped program is not told of size changes.
        let (columns, rows) = size();
        (self.events)(TermEvent::Resize(columns, rows));
    }

    /// Gives the terminal back. Dropping does the same.
    pub fn leave(self) {}

    fn close(&mut self) {
        let ours = self.guard.give_back_screen();
        let all_answered = !self.asked
            || self.guard.questions().is_empty()
            || self
                .input
                .answers()
                .wait(if ours { ANSWER_WAIT } else { Duration::ZERO });
        self.input.quit();
        if ours {
            if !all_answered {
                // Whatever answer still comes first is no command for the shell.
                let _ = tcflush(io::stdin(), QueueSelector::IFlush);
            }
            guard::give_back_keyboard();
        }
        self.writer.quit();
        self.left.store(true, Ordering::Release);
        self.guard.retire();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

/// The terminal behind standard output as a file of our own, without the lock and buffer of `std::io::stdout`.
///
/// Opened anew where that is possible, so that it can be non-blocking: on the inherited file description that flag
/// would be the shell's too. Where the terminal's device cannot be opened (another user's, or outside the
/// container), the inherited one is used and a stalled line can only be waited for.
fn standard_output() -> io::Result<File> {
    let inherited = io::stdout();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let anew = ttyname(&inherited, Vec::new()).and_then(|name| open(name, flags, Mode::empty()));
    Ok(File::from(match anew {
        Ok(file) => file,
        Err(_) => inherited.as_fd().try_clone_to_owned()?,
    }))
}

/// The terminal's columns and rows now. A terminal that does not know is taken for 80 by 24.
fn size() -> (u16, u16) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (
            size.ws_col.min(LARGEST.width),
            size.ws_row.min(LARGEST.height),
        ),
        _ => (80, 24),
    }
}

/// Whether a shell is there that could continue us: our group is not the session leader's own, and our parent is
/// in our session. In a container, the parent and the leaders may live outside and are then 0 to us.
fn has_job_control() -> bool {
    let (group, parent) = (getpgrp(), getppid());
    let Ok(session) = getsid(None) else {
        return false;
    };
    // Asked of 0, the kernel would answer for ourselves.
    session != group
        && parent != Pid::from_raw(0)
        && (getpgid(Some(parent)) == Ok(group) || getsid(Some(parent)) == Ok(session))
}
