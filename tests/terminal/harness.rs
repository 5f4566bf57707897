//! A program in a pseudo-terminal: type, wait for the picture, look at what is left behind.
//!
//! Other integration tests may include this file (`#[path = "../terminal/harness.rs"] mod harness;`). Waiting is
//! always for a picture or an end, never for a time; the limit only ends a test that would hang.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use vt100::{Parser, Screen};

/// A picture that has not come after this long will not come. Generous, because machines that run tests are busy.
const LIMIT: Duration = Duration::from_secs(30);

/// How the terminal answers questions about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Not at all.
    None,
    /// As a modern terminal: synchronized output, kitty keyboard, a dark background.
    Modern,
    /// The same with a light background.
    Light,
}

const QUESTIONS: [(&[u8], &[u8]); 5] = [
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b[?u", b"\x1b[?0u"),
    (b"\x1b]10;?\x1b\\", b"\x1b]10;rgb:eeee/eeee/eeee\x1b\\"),
    (b"\x1b]11;?\x1b\\", b"\x1b]11;rgb:1111/1111/2222\x1b\\"),
    (b"\x1b[c", b"\x1b[?62;22c"),
];

const BACKGROUND: &[u8] = b"\x1b]11;";

/// What the terminal has received.
struct Seen {
    parser: Parser,
    raw: Vec<u8>,
    /// Whether the terminal has stopped reading.
    stalled: bool,
    /// The terminal is about to be closed.
    closing: bool,
    /// Everybody has closed the other side.
    ended: bool,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running program and the terminal it runs in.
pub struct Console {
    shared: Arc<Shared>,
    keyboard: Arc<Mutex<Box<dyn Write + Send>>>,
    master: Option<Box<dyn MasterPty + Send>>,
    device: PathBuf,
    child: Box<dyn Child + Send + Sync>,
}

impl Console {
    /// Starts `program` in a terminal of this size. The program gets `TERM=xterm-256color` unless it has one, and
    /// neither `NO_COLOR` nor `COLORTERM`.
    pub fn start(program: CommandBuilder, columns: u16, rows: u16, answers: Answers) -> Self {
        Self::start_with(program, columns, rows, answers, &[])
    }

    /// The same with these variables, which may be among those that are taken away otherwise.
    pub fn start_with(
        mut program: CommandBuilder,
        columns: u16,
        rows: u16,
        answers: Answers,
        environment: &[(&str, &str)],
    ) -> Self {
        if program
            .get_env("TERM")
            .is_none_or(|t| t == std::env::var_os("TERM").unwrap_or_default())
        {
            program.env("TERM", "xterm-256color");
        }
        for inherited in ["NO_COLOR", "COLORTERM", "TERM_PROGRAM", "RUST_BACKTRACE"] {
            program.env_remove(inherited);
        }
        for (name, value) in environment {
            program.env(name, value);
        }
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let device = pair.master.tty_name().expect("the terminal's name");
        let child = pair
            .slave
            .spawn_command(program)
            .expect("the program starts");
        let reader = pair.master.try_clone_reader().expect("a reader");
        let keyboard = Arc::new(Mutex::new(pair.master.take_writer().expect("a writer")));
        let parser = parser(columns, rows);
        let seen = Seen {
            parser,
            raw: Vec::new(),
            stalled: false,
            closing: false,
            ended: false,
        };
        let shared = Arc::new(Shared {
            seen: Mutex::new(seen),
            changed: Condvar::new(),
        });
        thread::spawn({
            let (shared, keyboard) = (Arc::clone(&shared), Arc::clone(&keyboard));
            move || receive(&shared, reader, &keyboard, answers)
        });
        Self {
            shared,
            keyboard,
            master: Some(pair.master),
            device,
            child,
        }
    }

    /// Types this, in one piece.
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        let mut keyboard = self.keyboard.lock().unwrap();
        keyboard
            .write_all(bytes.as_ref())
            .expect("the terminal takes keys");
        keyboard.flush().expect("the terminal takes keys");
    }

    /// Waits until the picture is as described. Panics with the picture after a long while.
    pub fn wait(&self, what: &str, picture: impl Fn(&Screen) -> bool) {
        self.wait_for(what, |seen| picture(seen.parser.screen()));
    }

    /// Waits until this text is somewhere in the picture.
    pub fn wait_text(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until this sequence has been received.
    pub fn wait_bytes(&self, what: &str, sequence: &[u8]) {
        self.wait_for(what, |seen| {
            seen.raw.windows(sequence.len()).any(|w| w == sequence)
        });
    }

    fn wait_for(&self, what: &str, done: impl Fn(&Seen) -> bool) {
        let seen = self.shared.lock();
        let (seen, waited) = self
            .shared
            .changed
            .wait_timeout_while(seen, LIMIT, |seen| !done(seen))
            .unwrap();
        assert!(
            !waited.timed_out(),
            "waited in vain for {what}; the screen shows:\n{}\n",
            seen.parser.screen().contents()
        );
    }

    /// Looks at the picture as it is now.
    pub fn look<T>(&self, at: impl FnOnce(&Screen) -> T) -> T {
        at(self.shared.lock().parser.screen())
    }

    /// Every byte that the terminal has received since the start.
    pub fn received(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// How often this sequence was received.
    pub fn count(&self, sequence: &[u8]) -> usize {
        self.received()
            .windows(sequence.len())
            .filter(|w| *w == sequence)
            .count()
    }

    /// Stops the terminal from reading, or lets it go on.
    pub fn stall(&self, stalled: bool) {
        self.shared.lock().stalled = stalled;
        self.shared.changed.notify_all();
    }

    /// Changes the terminal's size.
    pub fn resize(&self, columns: u16, rows: u16) {
        {
            let mut seen = self.shared.lock();
            let (rows, columns) = (
                rows.max(1).try_into().unwrap(),
                columns.max(1).try_into().unwrap(),
            );
            seen.parser.screen_mut().set_size(rows, columns);
        }
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master
            .as_ref()
            .expect("open")
            .resize(size)
            .expect("the terminal changes its size");
    }

    /// The program's process id.
    pub fn pid(&self) -> i32 {
        self.child
            .process_id()
            .expect("it runs")
            .try_into()
            .unwrap()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), signal).expect("it runs");
    }

    /// Waits for the end of the program only; the exit code.
    pub fn wait_end(&mut self) -> u32 {
        self.child.wait().expect("it ends").exit_code()
    }

    /// Waits for the end of the program and of its output; the exit code.
    pub fn exit_code(&mut self) -> u32 {
        let code = self.wait_end();
        if self.master.is_some() {
            self.wait_for("the end of the output", |seen| seen.ended);
        }
        code
    }

    /// Closes the terminal window. `provoke` is a key that makes the program draw: only then does the thread that
    /// reads let go of its end.
    pub fn hang_up(&mut self, provoke: &str) {
        self.shared.lock().closing = true;
        self.send(provoke);
        self.wait_for("the reader to let go", |seen| seen.ended);
        self.master = None;
        *self.keyboard.lock().unwrap() = Box::new(std::io::sink());
    }

    /// Whether the terminal is in the state in which a shell reads commands: lines, echo, signals.
    pub fn is_cooked(&self) -> bool {
        let device = File::open(&self.device).expect("the terminal's device");
        let modes = tcgetattr(device).expect("the terminal's modes").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Panics unless everything that a console switches on is off again.
    pub fn assert_restored(&self) {
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "still on the alternate screen");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert_eq!(
                screen.mouse_protocol_mode(),
                vt100::MouseProtocolMode::None,
                "the mouse is still captured"
            );
        });
        for (on, off) in [
            (b"\x1b[?7l".as_slice(), b"\x1b[?7h".as_slice()),
            (b"\x1b[?1004h", b"\x1b[?1004l"),
            (b"\x1b[>1u", b"\x1b[<u"),
            (b"\x1b[22;2t", b"\x1b[23;2t"),
        ] {
            assert_eq!(
                self.count(on),
                self.count(off),
                "{} and its end",
                String::from_utf8_lossy(on).escape_debug()
            );
        }
        assert!(self.is_cooked(), "the keyboard is still raw");
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.stall(false);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn parser(columns: u16, rows: u16) -> Parser {
    Parser::new(
        rows.max(1).try_into().unwrap(),
        columns.max(1).try_into().unwrap(),
        0,
    )
}

fn receive(
    shared: &Shared,
    mut reader: Box<dyn Read + Send>,
    keyboard: &Mutex<Box<dyn Write + Send>>,
    answers: Answers,
) {
    let mut bytes = [0; 4096];
    let mut answered = 0;
    loop {
        {
            let seen = shared.lock();
            drop(
                shared
                    .changed
                    .wait_while(seen, |seen| seen.stalled)
                    .unwrap(),
            );
        }
        let n = match reader.read(&mut bytes) {
            Ok(n) if n > 0 => n,
            _ => break,
        };
        let replies = {
            let mut seen = shared.lock();
            if seen.closing {
                break;
            }
            seen.raw.extend_from_slice(&bytes[..n]);
            seen.parser.process(&bytes[..n]);
            if answers == Answers::None {
                Vec::new()
            } else {
                replies(&seen.raw, &mut answered, answers)
            }
        };
        shared.changed.notify_all();
        if !replies.is_empty() {
            let mut keyboard = keyboard.lock().unwrap();
            let _ = keyboard.write_all(&replies).and_then(|()| keyboard.flush());
        }
    }
    drop(reader);
    shared.lock().ended = true;
    shared.changed.notify_all();
}

/// The answers to the questions in `raw` from `answered` on, in their order.
fn replies(raw: &[u8], answered: &mut usize, answers: Answers) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((at, question, reply)) = QUESTIONS
        .iter()
        .filter_map(|(q, r)| {
            raw[*answered..]
                .windows(q.len())
                .position(|w| w == *q)
                .map(|at| (at, q, r))
        })
        .min_by_key(|found| found.0)
    {
        *answered += at + question.len();
        if answers == Answers::Light && question.starts_with(BACKGROUND) {
            out.extend_from_slice(b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\");
        } else {
            out.extend_from_slice(reply);
        }
    }
    out
}
