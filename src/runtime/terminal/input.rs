//! The thread that owns the reader: bytes and signals in, events out.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};

use super::event::{Closed, Reply, Signal, TermEvent};
use super::size;
use super::stream::Stream;
use super::writer::Events;

/// One read. A paste of a screenful comes in one piece.
const READ: usize = 16 * 1024;

/// The loop's end of the input thread.
pub(super) struct Input {
    shared: Arc<Shared>,
    waker: UnixStream,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// The keyboard belongs to somebody else for the moment: do not read.
    paused: AtomicBool,
    quit: AtomicBool,
    /// Who waits for the program to run again.
    stopped: Mutex<Option<mpsc::Sender<()>>>,
    answers: Answers,
}

/// What the terminal has answered so far.
#[derive(Default)]
pub(super) struct Answers {
    /// It knows synchronized output.
    pub(super) synchronized: AtomicBool,
    /// It speaks kitty's keyboard protocol.
    pub(super) keyboard: AtomicBool,
    /// The last question was answered.
    complete: Mutex<bool>,
    completed: Condvar,
}

impl Answers {
    /// Waits until the last question is answered, but no longer than `limit`; whether it is.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let complete = self.complete.lock().unwrap_or_else(PoisonError::into_inner);
        *self
            .completed
            .wait_timeout_while(complete, limit, |c| !*c)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn hear(&self, reply: Reply) {
        match reply {
            Reply::Synchronized(on) => self.synchronized.store(on, Ordering::Relaxed),
            Reply::Keyboard => self.keyboard.store(true, Ordering::Relaxed),
            Reply::Attributes => {
                *self.complete.lock().unwrap_or_else(PoisonError::into_inner) = true;
                self.completed.notify_all();
            }
            Reply::Foreground(_) | Reply::Background(_) => {}
        }
    }
}

/// Signals that have come and are not looked at yet.
struct Signals {
    window: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
    asked: [(Signal, Arc<AtomicBool>); 4],
}

impl Signals {
    /// From here on signals set flags and wake the reader. Once `left` is set, those that end a program do so again.
    fn catch(waker: &UnixStream, left: &Arc<AtomicBool>) -> io::Result<Self> {
        let signals = Self {
            window: Arc::default(),
            continued: Arc::default(),
            asked: [
                Signal::Interrupt,
                Signal::Terminate,
                Signal::Hangup,
                Signal::Stop,
            ]
            .map(|s| (s, Arc::default())),
        };
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register_conditional_default(number, Arc::clone(left))?;
        }
        let [interrupt, terminate, hangup, stop] = &signals.asked;
        // The flag first: handlers run in the order of registration, and the waker must find it set.
        for (number, flag) in [
            (SIGINT, &interrupt.1),
            (SIGTERM, &terminate.1),
            (SIGHUP, &hangup.1),
            (SIGTSTP, &stop.1),
            (SIGCONT, &signals.continued),
            (SIGWINCH, &signals.window),
        ] {
            signal_hook::flag::register(number, Arc::clone(flag))?;
            signal_hook::low_level::pipe::register(number, waker.try_clone()?)?;
        }
        Ok(signals)
    }

    fn deliver(&self, shared: &Shared, events: &Events) {
        if self.continued.swap(false, Ordering::AcqRel) {
            let waiting = shared
                .stopped
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            match waiting {
                Some(waiting) => drop(waiting.send(())),
                None => events(TermEvent::Continued),
            }
        }
        if self.window.swap(false, Ordering::AcqRel) {
            let (columns, rows) = size();
            events(TermEvent::Resize(columns, rows));
        }
        for (signal, flag) in &self.asked {
            if flag.swap(false, Ordering::AcqRel) {
                events(TermEvent::Signal(*signal));
            }
        }
    }
}

impl Input {
    /// Starts the thread that reads from `tty`.
    pub(super) fn start(tty: File, events: Events, left: &Arc<AtomicBool>) -> io::Result<Self> {
        let (waker, wakes) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        wakes.set_nonblocking(true)?;
        let signals = Signals::catch(&waker, left)?;
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("noctop-input".into()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                let _told = TellOfPanic(&events);
                let ended = run(&shared, tty, &wakes, &signals, &events);
                if ended.is_err() {
                    events(TermEvent::Closed(Closed::Input));
                    // Signals still end the program.
                    linger(&shared, &wakes, &signals, &events);
                }
            }
        })?;
        Ok(Self {
            shared,
            waker,
            thread: Some(thread),
        })
    }

    pub(super) fn answers(&self) -> &Answers {
        &self.shared.answers
    }

    /// Leaves the keyboard to others, or takes it back.
    pub(super) fn pause(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Release);
        self.wake();
    }

    /// Something to wait on until the program runs again after it stopped itself.
    pub(super) fn next_continue(&self) -> mpsc::Receiver<()> {
        let (sender, receiver) = mpsc::channel();
        *self
            .shared
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Ends the thread.
    pub(super) fn quit(&mut self) {
        self.shared.quit.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It may be in the middle of an event that somebody has stopped taking; then it ends with the program.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }

    fn wake(&self) {
        // A full pipe means that it will wake anyway.
        let _ = (&self.waker).write(&[0]);
    }
}

/// The loop must not wait for ever for a thread that panicked.
struct TellOfPanic<'e>(&'e Events);

impl Drop for TellOfPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)(TermEvent::Closed(Closed::Input));
        }
    }
}

/// Reads until told to quit (`Ok`) or until there is nothing to read from any more (`Err`).
fn run(
    shared: &Shared,
    mut tty: File,
    wakes: &UnixStream,
    signals: &Signals,
    events: &Events,
) -> io::Result<()> {
    let epoch = Instant::now();
    let mut stream = Stream::default();
    let mut bytes = vec![0; READ];
    let mut out = Vec::new();
    while !shared.quit.load(Ordering::Acquire) {
        let paused = shared.paused.load(Ordering::Acquire);
        let readable = {
            let limit = stream
                .deadline()
                .map(|at| timespec(at.saturating_sub(epoch.elapsed())));
            let mut fds = [
                PollFd::from_borrowed_fd(wakes.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(tty.as_fd(), PollFlags::IN),
            ];
            let watched = if paused { &mut fds[..1] } else { &mut fds[..] };
            match poll(watched, limit.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
            !paused && !fds[1].revents().is_empty()
        };
        drain(wakes);
        signals.deliver(shared, events);
        // Paused between the poll and here: what waits in the terminal is for somebody else.
        if readable && !shared.paused.load(Ordering::Acquire) {
            match tty.read(&mut bytes) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => stream.feed(epoch.elapsed(), &bytes[..n], &mut out),
                Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(e) => return Err(e),
            }
        } else {
            stream.expire(epoch.elapsed(), &mut out);
        }
        for event in out.drain(..) {
            if let TermEvent::Reply(reply) = event {
                shared.answers.hear(reply);
            }
            events(event);
        }
    }
    Ok(())
}

/// Only signals, after the keyboard is gone.
fn linger(shared: &Shared, wakes: &UnixStream, signals: &Signals, events: &Events) {
    while !shared.quit.load(Ordering::Acquire) {
        let polled = poll(
            &mut [PollFd::from_borrowed_fd(wakes.as_fd(), PollFlags::IN)],
            None,
        );
        if polled.is_err_and(|e| e != rustix::io::Errno::INTR) {
            return;
        }
        drain(wakes);
        signals.deliver(shared, events);
    }
}

fn drain(mut wakes: &UnixStream) {
    let mut sink = [0; 64];
    while matches!(wakes.read(&mut sink), Ok(n) if n == sink.len()) {}
}

fn timespec(span: Duration) -> Timespec {
    // A millisecond more than asked for, so that the deadline has surely passed.
    let span = span + Duration::from_millis(1);
    Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: span.subsec_nanos().into(),
    }
}

/// Standard input as a file of our own, without the buffer and lock of `std::io::stdin`.
pub(super) fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}
