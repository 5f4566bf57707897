//! The thread that writes to the terminal, with room for one frame.
//!
//! A stalled line blocks this thread and nobody else. The loop asks [`Writer::is_idle`] before it even compares
//! two frames; while the answer is no, frames are not queued but skipped, so that after a stall the operator sees
//! the present and not a film of the past.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};

use super::event::{Closed, TermEvent};

/// Who hears of events; called on the edge's threads.
pub(super) type Events = Arc<dyn Fn(TermEvent) + Send + Sync>;

/// How long urgent bytes wait behind a frame before what the line still holds is thrown away.
const PATIENCE: Duration = Duration::from_millis(400);

/// How often a writer that waits for the line looks up. Only a stalled line makes it wake without a frame.
const LOOK_UP: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// How fast a frame went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Bytes written.
    pub bytes: usize,
    /// From the hand-over to the last byte accepted.
    pub took: Duration,
}

/// The loop's end of the writer thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// The same terminal, for throwing away what it holds, and for a last word when the thread is gone.
    tty: File,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frame: Option<Vec<u8>>,
    urgent: Option<Vec<u8>>,
    /// A frame's buffer, for the next one.
    spare: Vec<u8>,
    writing: bool,
    /// The rest of the frame that is being written is of no use any more.
    abandon: bool,
    /// The loop was told that the writer is busy and wants to hear when it no longer is.
    wanted: bool,
    drained: Option<Drain>,
    /// The thread has ended: told to, or the output is closed.
    ended: bool,
    quit: bool,
}

impl Writer {
    /// Starts the thread that writes to `tty`.
    pub(super) fn start(tty: File, events: Events) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let writer = Self {
            shared: Arc::clone(&shared),
            tty: tty.try_clone()?,
        };
        thread::Builder::new()
            .name("noctop-writer".into())
            .spawn(move || {
                let end = Ending(&shared);
                if run(&shared, tty, &events).is_err() {
                    drop(end);
                    events(TermEvent::Closed(Closed::Output));
                }
            })?;
        Ok(writer)
    }

    /// Whether the next frame would be written at once. After a `false`, [`TermEvent::Idle`] is sent as soon as
    /// it would be.
    pub(super) fn is_idle(&self) -> bool {
        let mut state = self.shared.lock();
        let idle =
            !state.ended && !state.writing && state.frame.is_none() && state.urgent.is_none();
        state.wanted = !idle;
        idle
    }

    /// An empty buffer for the next frame.
    pub(super) fn buffer(&self) -> Vec<u8> {
        mem::take(&mut self.shared.lock().spare)
    }

    /// Hands a frame over. Only after [`Writer::is_idle`] said yes.
    pub(super) fn submit(&self, frame: Vec<u8>) {
        let mut state = self.shared.lock();
        if frame.is_empty() {
            state.spare = frame;
            return;
        }
        state.frame = Some(frame);
        self.shared.changed.notify_all();
    }

    /// How fast the frames went out since the last call, if any did.
    pub(super) fn drained(&self) -> Option<Drain> {
        self.shared.lock().drained.take()
    }

    /// Writes `bytes` after what is being written and waits until they are out, but not long: on a stalled line
    /// what the terminal has not taken yet is thrown away, which also frees the writer. `false` when not even
    /// that helped.
    pub(super) fn urgent(&self, bytes: &[u8]) -> bool {
        if thread::current().name() == Some("noctop-writer") {
            return (&self.tty).write_all(bytes).is_ok();
        }
        let mut state = self.shared.lock();
        state.frame = None;
        state.urgent = Some(bytes.to_vec());
        self.shared.changed.notify_all();
        let is_out = |state: &State| state.ended || state.urgent.is_none() && !state.writing;
        state = self.shared.wait(state, PATIENCE, is_out);
        if !is_out(&state) {
            state.abandon = true;
            drop(state);
            let _ = tcflush(&self.tty, QueueSelector::OFlush);
            state = self.shared.lock();
            state = self.shared.wait(state, PATIENCE / 2, is_out);
        }
        !state.ended && is_out(&state)
    }

    /// Tells the thread to end once it has nothing to write.
    pub(super) fn quit(&self) {
        self.shared.lock().quit = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while it held this left no half-made state: every change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(
        &self,
        state: MutexGuard<'s, State>,
        limit: Duration,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'s, State> {
        self.changed
            .wait_timeout_while(state, limit, |s| !done(s))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Says that the thread has ended, also when it panics.
struct Ending<'s>(&'s Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

fn run(shared: &Shared, mut tty: File, events: &Events) -> io::Result<()> {
    let mut state = shared.lock();
    loop {
        // A frame that is on its way out comes before urgent bytes; `urgent` has dropped one that was waiting.
        let (bytes, urgent) = match (state.frame.take(), state.urgent.take()) {
            (Some(frame), urgent) => {
                state.urgent = urgent;
                (frame, false)
            }
            (None, Some(bytes)) => (bytes, true),
            (None, None) if state.quit => return Ok(()),
            (None, None) => {
                state = shared
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
        };
        state.writing = true;
        drop(state);
        let began = Instant::now();
        let written = write_out(shared, &mut tty, &bytes)?;
        let took = began.elapsed();
        state = shared.lock();
        state.writing = false;
        if mem::take(&mut state.abandon)
            && written < bytes.len()
            && let Some(urgent) = &mut state.urgent
        {
            // CAN ends a sequence that was cut in the middle.
            urgent.insert(0, 0x18);
        }
        if !urgent {
            let before = state.drained.take().unwrap_or(Drain {
                bytes: 0,
                took: Duration::ZERO,
            });
            state.drained = Some(Drain {
                bytes: before.bytes + written,
                took: before.took + took,
            });
        }
        state.spare = bytes;
        state.spare.clear();
        shared.changed.notify_all();
        if state.wanted && state.frame.is_none() && state.urgent.is_none() {
            state.wanted = false;
            drop(state);
            events(TermEvent::Idle);
            state = shared.lock();
        }
    }
}

/// Writes everything, or as much as is wanted. One call for a whole frame unless the kernel takes less.
fn write_out(shared: &Shared, tty: &mut File, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match tty.write(&bytes[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => written += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            // The line is full. Wait until it drains, looking up now and then whether the frame is still wanted.
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                let polled = poll(
                    &mut [PollFd::from_borrowed_fd(tty.as_fd(), PollFlags::OUT)],
                    Some(&LOOK_UP),
                );
                if let Err(e) = polled
                    && e != rustix::io::Errno::INTR
                {
                    return Err(e.into());
                }
            }
            Err(e) => return Err(e),
        }
        if written < bytes.len() && shared.lock().abandon {
            break;
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc;

    fn pair() -> (File, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (File::from(OwnedFd::from(ours)), theirs)
    }

    fn start(tty: File) -> (Writer, mpsc::Receiver<TermEvent>) {
        let (sender, events) = mpsc::channel();
        let sender = Mutex::new(sender);
        (
            Writer::start(tty, Arc::new(move |e| drop(sender.lock().unwrap().send(e)))).unwrap(),
            events,
        )
    }

    #[test]
    fn a_stalled_line_makes_it_busy_and_one_that_drains_wakes_the_loop() {
        let (tty, mut reader) = pair();
        let (writer, events) = start(tty);
        assert!(writer.is_idle());
        // More than any socket buffer.
        let frame = vec![b'x'; 8 << 20];
        writer.submit(frame.clone());
        assert!(!writer.is_idle(), "nobody reads");
        assert!(events.try_recv().is_err());
        let mut read = vec![0; frame.len()];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(events.recv().unwrap(), TermEvent::Idle);
        assert!(writer.is_idle());
        assert_eq!(writer.drained().unwrap().bytes, frame.len());
        assert_eq!(writer.drained(), None);
        assert!(
            writer.buffer().capacity() >= frame.len(),
            "the buffer is used again"
        );
    }

    #[test]
    fn frames_and_urgent_bytes_arrive_whole_and_in_order() {
        let (tty, mut reader) = pair();
        let (writer, _events) = start(tty);
        writer.submit(b"frame ".to_vec());
        assert!(writer.urgent(b"last"));
        writer.quit();
        drop(writer);
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        // A frame that had not been begun gives way.
        assert!(read == "frame last" || read == "last", "{read}");
    }

    #[test]
    fn a_closed_output_is_an_event() {
        let (tty, reader) = pair();
        let (writer, events) = start(tty);
        drop(reader);
        writer.submit(b"x".to_vec());
        assert_eq!(events.recv().unwrap(), TermEvent::Closed(Closed::Output));
        assert!(!writer.is_idle(), "a closed output never becomes ready");
        assert!(!writer.urgent(b"y"));
    }
}
