//! A program in a pseudo-terminal, with the moment of every byte that it writes.
//!
//! A thread per terminal reads and stamps; nothing is interpreted while a measurement runs. What the screen showed at
//! which moment is found afterwards, by playing the pieces into an emulator.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

use crate::Trouble;

/// The size at which everything is measured.
pub const COLUMNS: u16 = 160;
/// See [`COLUMNS`].
pub const ROWS: u16 = 45;

/// What a modern terminal answers to what noctop asks once: synchronized output, kitty keyboard, what it is.
const ANSWERS: &[u8] = b"\x1b[?2026;2$y\x1b[?0u\x1b[?62;22c";
/// The last of the questions.
const LAST_QUESTION: &[u8] = b"\x1b[c";

/// Pieces that follow each other within this time are one frame: a frame is written in one call, and the kernel
/// hands a long one on in pieces of a few thousand bytes.
const GAP: Duration = Duration::from_millis(1);

/// Bytes and the moment at which the last of them was there.
pub struct Piece {
    pub at: Instant,
    pub bytes: Vec<u8>,
}

/// A running program and its terminal.
pub struct Terminal {
    pub began: Instant,
    pieces: Receiver<Piece>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    parser: Parser,
    answered: bool,
    /// The other side of the terminal is closed when this is dropped.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program in a terminal.
    pub fn start(mut program: CommandBuilder) -> Result<Self, Trouble> {
        program.env("TERM", "xterm-256color");
        for inherited in ["NO_COLOR", "COLORTERM", "TERM_PROGRAM", "TMUX"] {
            program.env_remove(inherited);
        }
        let pair = native_pty_system().openpty(PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        })?;
        let mut reader = pair.master.try_clone_reader()?;
        let (tx, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n) = reader.read(&mut buffer) {
                let bytes = buffer.get(..n).unwrap_or_default().to_vec();
                let at = Instant::now();
                if n == 0 || tx.send(Piece { at, bytes }).is_err() {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer()?;
        let began = Instant::now();
        let child = pair.slave.spawn_command(program)?;
        Ok(Self {
            began,
            pieces,
            keyboard,
            child,
            parser: Parser::new(ROWS.try_into()?, COLUMNS.try_into()?, 0),
            answered: false,
            _master: pair.master,
        })
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }

    /// Presses keys; the moment just before.
    pub fn press(&mut self, bytes: &[u8]) -> Result<Instant, Trouble> {
        let at = Instant::now();
        self.keyboard.write_all(bytes)?;
        self.keyboard.flush()?;
        Ok(at)
    }

    /// Presses one key after the other as hands do: what arrives at once is taken for a paste and never acts.
    pub fn type_in(&mut self, text: &str) -> Result<(), Trouble> {
        for key in text.bytes() {
            self.press(&[key])?;
            self.idle(Duration::from_millis(60))?;
        }
        Ok(())
    }

    /// Shows a piece on the emulated screen and answers the program's questions.
    fn show(&mut self, piece: &Piece) -> Result<(), Trouble> {
        self.parser.process(&piece.bytes);
        let asks = |question: &[u8]| piece.bytes.windows(question.len()).any(|w| w == question);
        if !self.answered && asks(LAST_QUESTION) {
            self.answered = true;
            self.keyboard.write_all(ANSWERS)?;
            self.keyboard.flush()?;
        }
        Ok(())
    }

    /// Waits until the screen is as described; the moment of the last byte of the frame that made it so.
    pub fn wait(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Screen) -> bool,
    ) -> Result<Instant, Trouble> {
        let until = Instant::now() + limit;
        if wanted(self.parser.screen()) {
            return Ok(Instant::now());
        }
        let mut there = None;
        loop {
            let left = match there {
                Some(_) => GAP,
                None => until.saturating_duration_since(Instant::now()),
            };
            match self.pieces.recv_timeout(left) {
                Ok(piece) => {
                    self.show(&piece)?;
                    if there.is_some() || wanted(self.parser.screen()) {
                        there = Some(piece.at);
                    }
                }
                Err(RecvTimeoutError::Timeout) if there.is_some() => {
                    return there.ok_or_else(|| what.to_owned().into());
                }
                Err(why) => {
                    let screen = self.parser.screen().contents();
                    return Err(format!("{what} never came ({why}); the screen:\n{screen}").into());
                }
            }
        }
    }

    /// Lets time pass; the bytes that came.
    pub fn idle(&mut self, time: Duration) -> Result<usize, Trouble> {
        let until = Instant::now() + time;
        let mut bytes = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => {
                    bytes += piece.bytes.len();
                    self.show(&piece)?;
                }
                Err(RecvTimeoutError::Timeout) => return Ok(bytes),
                Err(why) => return Err(why.into()),
            }
        }
    }

    /// Everything that has come since the last look, unseen by the emulator of this terminal until now. Each piece is
    /// shown and handed to `look` together with the screen after it.
    pub fn replay(&mut self, mut look: impl FnMut(&Piece, &Screen)) -> Result<(), Trouble> {
        while let Ok(piece) = self.pieces.try_recv() {
            self.show(&piece)?;
            look(&piece, self.parser.screen());
        }
        Ok(())
    }

    /// What the screen shows.
    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
