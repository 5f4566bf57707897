//! Keys at random moments, and when the frame that shows the effect of each was complete.

use std::thread;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use vt100::Screen;

use crate::terminal::{ROWS, Terminal};
use crate::{Trouble, echo, position};

/// Keys for noctop, and as many for the echo.
const KEYS: usize = 2_000;
/// The cursor goes down by so many rows and up again: less than a page, so that only the cursor moves.
const STRETCH: usize = 30;
/// Between two keys of one program: at random from this on …
const LEAST: u64 = 5_000;
/// … up to this, in microseconds. On average a held key.
const MOST: u64 = 55_000;
/// When an answer has not come after this long, it will not come.
const LATE: Duration = Duration::from_secs(2);
/// The lines of the list, between its heads and the footer.
const LIST: std::ops::Range<u16> = 5..ROWS - 1;

/// How long keys took.
pub struct Keys {
    pub noctop: Vec<Duration>,
    pub echo: Vec<Duration>,
    /// Keys whose effect never came.
    pub unseen: usize,
}

/// Bytes of a frame that only moves the cursor.
pub struct Moved {
    pub usual: usize,
    pub most: usize,
}

/// The key and the position after it, of the `n`th key.
fn step(n: usize) -> (&'static [u8], usize) {
    let (round, at) = (n / STRETCH, n % STRETCH);
    if round.is_multiple_of(2) {
        (b"j", at + 2)
    } else {
        (b"k", STRETCH - at)
    }
}

/// Whether the list has its cursor in one line only: a frame that moves it is complete.
fn is_whole(screen: &Screen) -> bool {
    let bars = LIST.filter(|y| screen.cell(*y, 0).is_some_and(|c| c.contents() == "▌"));
    bars.count() == 1
}

/// Presses one key after the other and counts what each brings. Ticks of the clock are among it; the usual is not.
pub fn bytes_per_move(terminal: &mut Terminal) -> Result<Moved, Trouble> {
    let mut sizes = Vec::new();
    for n in 0..2 * STRETCH {
        terminal.idle(Duration::from_millis(30))?;
        let (key, _) = step(n);
        terminal.press(key)?;
        sizes.push(terminal.idle(Duration::from_millis(60))?);
    }
    sizes.sort_unstable();
    Ok(Moved {
        usual: sizes.get(sizes.len() / 2).copied().unwrap_or(0),
        most: sizes.last().copied().unwrap_or(0),
    })
}

/// Numbers that look random and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn pause(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_micros(LEAST + self.0 % (MOST - LEAST))
    }
}

/// Presses keys in both programs and waits for no answer.
pub fn run(noctop: &mut Terminal, bytes: usize) -> Result<Keys, Trouble> {
    let mut child = CommandBuilder::new(std::env::current_exe()?);
    child.args([echo::ARGUMENT, &bytes.to_string()]);
    let mut echo = Terminal::start(child)?;
    echo.wait("the echo", LATE, |s| s.contents().contains("ready"))?;
    noctop.idle(Duration::from_millis(100))?;

    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let began = Instant::now();
    let mut next = [began + dice.pause(), began + dice.pause()];
    let mut pressed: [Vec<Instant>; 2] = [Vec::new(), Vec::new()];
    while pressed.iter().any(|p| p.len() < KEYS) {
        let who = usize::from(next[1] < next[0]);
        thread::sleep(next[who].saturating_duration_since(Instant::now()));
        if pressed[who].len() < KEYS {
            let at = if who == 0 {
                noctop.press(step(pressed[0].len()).0)?
            } else {
                echo.press(b"j")?
            };
            pressed[who].push(at);
        }
        next[who] += dice.pause();
    }
    thread::sleep(LATE);
    let [for_noctop, for_echo] = pressed;
    let (times, unseen) = noctop_times(noctop, &for_noctop)?;
    Ok(Keys {
        noctop: times,
        echo: echo_times(&mut echo, &for_echo, bytes)?,
        unseen,
    })
}

/// What the screen showed after a piece of output.
struct Shown {
    at: Instant,
    position: Option<usize>,
    /// A frame that is longer than one piece is still being written.
    unfinished: bool,
}

fn noctop_times(
    terminal: &mut Terminal,
    keys: &[Instant],
) -> Result<(Vec<Duration>, usize), Trouble> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut unfinished = false;
    let mut tail: Vec<u8> = Vec::new();
    terminal.replay(|piece, screen| {
        tail.extend_from_slice(&piece.bytes);
        let last = |mark: &[u8]| tail.windows(mark.len()).rposition(|w| w == mark);
        // A long frame stands in the brackets of synchronized output.
        match (last(b"\x1b[?2026h"), last(b"\x1b[?2026l")) {
            (None, None) => {}
            (begin, end) => unfinished = begin > end,
        }
        let keep = tail.len().saturating_sub(7);
        tail.drain(..keep);
        shown.push(Shown {
            at: piece.at,
            position: position(screen)
                .filter(|_| is_whole(screen))
                .map(|(at, _)| at),
            unfinished,
        });
    })?;
    // The earliest waiting key that leads to what is shown has been answered, and all before it.
    let mut times = Vec::new();
    let mut waiting = 0;
    let mut before = None;
    for (at, now) in shown.iter().enumerate() {
        let Some(position) = now.position else {
            continue;
        };
        // A frame of data shows the old position again; where the cursor turns, that is not an answer.
        if before.replace(position) == Some(position) {
            continue;
        }
        let pressed = keys[waiting..].partition_point(|key| *key < now.at) + waiting;
        let Some(seen) = (waiting..pressed).find(|n| step(*n).1 == position) else {
            continue;
        };
        let Some(end) = shown[at..].iter().find(|s| !s.unfinished) else {
            break;
        };
        times.extend(
            keys[waiting..=seen]
                .iter()
                .map(|key| end.at.duration_since(*key)),
        );
        waiting = seen + 1;
    }
    Ok((times, keys.len() - waiting))
}

/// The echo has answered a key when as many bytes as belong to all keys up to it have come.
fn echo_times(
    terminal: &mut Terminal,
    keys: &[Instant],
    bytes: usize,
) -> Result<Vec<Duration>, Trouble> {
    let mut times = Vec::new();
    let mut received = 0;
    terminal.replay(|piece, _| {
        received += piece.bytes.len();
        while (times.len() + 1) * bytes <= received && times.len() < keys.len() {
            times.push(piece.at.duration_since(keys[times.len()]));
        }
    })?;
    Ok(times)
}
