//! Bytes and their arrival times to events: what a lone ESC, a torn sequence or a burst of text means.
//!
//! Pure: [`Stream::feed`] takes what one read gave, [`Stream::deadline`] says when to call [`Stream::expire`] if
//! nothing more arrives. The input thread owns the only one.
//!
//! ```text
//!                    ┌ complete sequence ─────────────────────────► event
//! bytes ─► pending ──┼ ESC alone for ESC_HOLD ────────────────────► Esc; `[A` within TAIL_GRACE is still an arrow
//!                    ├ half a sequence for SEQUENCE_HOLD ─────────► dropped: nobody types ESC [ 1 ; by hand
//!                    └ text ─► burst: few ─► keys · many ─────────► paste
//! ```

use std::mem;
use std::time::Duration;

use crate::domain::text::is_hostile;
use crate::keymap::{Chord, Key, Mods};

use super::decode::{Decoded, Token, decode};
use super::event::{Moment, Paste, TermEvent};

/// How long a lone ESC waits for the rest of a sequence. An SSH packet that tears ESC from `[A` is normally
/// followed by the next within 50 ms; below about 80 ms nobody feels that Esc waits.
pub(super) const ESC_HOLD: Duration = Duration::from_millis(50);

/// How long after an ESC was believed to be the Esc key a `[A` is still the rest of an arrow key. Fingers take
/// longer from Esc to `[`, and no default binding acts on what such tails consist of.
pub(super) const TAIL_GRACE: Duration = Duration::from_millis(250);

/// How long a half sequence waits. It cannot be typed, so patience costs nothing.
pub(super) const SEQUENCE_HOLD: Duration = Duration::from_millis(250);

/// How long an unfinished answer of the terminal (colours are control strings) waits.
pub(super) const STRING_HOLD: Duration = Duration::from_secs(1);

/// How long a bracketed paste may stall before what has come is delivered: a lost end mark must not make the
/// keyboard dead for ever.
pub(super) const PASTE_STALL: Duration = Duration::from_secs(3);

/// More printable keys than this at one go are a paste. Two hands rolling over the keys give two or three in one
/// read, scripts such as `tmux send-keys` a short word, key repeat on a good line one.
pub(super) const BURST_MAX: usize = 8;

/// Keys closer than this belong to one burst; the fastest key repeat is ten milliseconds apart.
pub(super) const BURST_GAP: Duration = Duration::from_millis(4);

/// A burst that is already a paste ends when nothing comes for this long: a slow line delivers it in pieces.
pub(super) const BURST_QUIET: Duration = Duration::from_millis(40);

/// The most bytes of one paste. A note or a filter is far below, and a mistaken paste of a log file must not
/// cost memory or fill a field.
pub const PASTE_MAX: usize = 64 * 1024;

const PASTE_END: &[u8] = b"\x1b[201~";

/// Everything that is remembered between two reads.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Bytes that do not make an event yet.
    pending: Vec<u8>,
    /// When the last of them came.
    since: Moment,
    /// When the ESC came that was then believed to be the Esc key.
    esc_at: Option<Moment>,
    /// Whether the ESC at the start of `pending` is that one, put back in front of a possible tail.
    is_tail: bool,
    /// The bracketed paste that is being received.
    paste: Option<Vec<u8>>,
    burst: Burst,
}

/// Text keys that came at one go and are not delivered yet.
#[derive(Debug, Default)]
struct Burst {
    keys: Vec<Chord>,
    /// When the last text key came, delivered or not.
    last: Option<Moment>,
}

impl Stream {
    /// Takes what one read gave. `now` never goes back.
    pub(super) fn feed(&mut self, now: Moment, bytes: &[u8], out: &mut Vec<TermEvent>) {
        self.expire(now, out);
        if bytes.is_empty() {
            return;
        }
        self.since = now;
        if let (Some(at), b'[' | b'O', true, None) =
            (self.esc_at, bytes[0], self.pending.is_empty(), &self.paste)
            && now.saturating_sub(at) <= TAIL_GRACE
        {
            self.pending.push(0x1b);
            self.is_tail = true;
        }
        self.esc_at = None;
        self.pending.extend_from_slice(bytes);
        self.drain(out);
        self.burst.settle_unless_growing(now, out);
    }

    /// When [`Stream::expire`] has something to decide; `None` while nothing waits.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let pending = if self.paste.is_some() {
            Some(self.since + PASTE_STALL)
        } else {
            match self.pending.as_slice() {
                [] => None,
                [0x1b] => Some(self.since + ESC_HOLD),
                _ if self.is_tail => Some(self.since + ESC_HOLD),
                [0x1b, b']' | b'P' | b'_' | b'^' | b'X', _, ..] => Some(self.since + STRING_HOLD),
                _ => Some(self.since + SEQUENCE_HOLD),
            }
        };
        [pending, self.burst.deadline()].into_iter().flatten().min()
    }

    /// Decides what has waited long enough.
    pub(super) fn expire(&mut self, now: Moment, out: &mut Vec<TermEvent>) {
        if self.burst.deadline().is_some_and(|at| at <= now) {
            self.burst.settle(out);
        }
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        self.burst.settle(out);
        if let Some(raw) = self.paste.take() {
            out.push(TermEvent::Paste(cleaned(&raw)));
            self.pending.clear();
            return;
        }
        let pending = mem::take(&mut self.pending);
        if mem::take(&mut self.is_tail) {
            self.replay_tail(&pending, out);
            return;
        }
        match pending.as_slice() {
            [0x1b] => {
                self.esc_at = Some(self.since);
                out.push(TermEvent::Key(Chord::key_alone(Key::Esc)));
            }
            // Alt and a character that also opens a sequence.
            &[0x1b, c @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X')] => {
                out.push(TermEvent::Key(Chord::new(
                    Key::Char(char::from(c)),
                    Mods::ALT,
                )));
            }
            _ => {}
        }
    }

    /// Turns pending bytes into events as far as they go.
    fn drain(&mut self, out: &mut Vec<TermEvent>) {
        let mut pending = mem::take(&mut self.pending);
        let mut at = 0;
        while at < pending.len() {
            if let Some(raw) = &mut self.paste {
                let (taken, ended) = take_paste(&pending[at..], raw);
                at += taken;
                if !ended {
                    break;
                }
                let raw = self.paste.take().unwrap_or_default();
                out.push(TermEvent::Paste(cleaned(&raw)));
                continue;
            }
            match decode(&pending[at..]) {
                Decoded::Incomplete => break,
                decoded if mem::take(&mut self.is_tail) && !is_sequence(&decoded) => {
                    // Not a tail after all: the ESC was a key of its own, and this is text.
                    at += 1;
                }
                Decoded::Skip(n) => at += n,
                Decoded::One(token, n) => {
                    at += n;
                    self.deliver(token, out);
                }
            }
        }
        pending.drain(..at);
        self.pending = pending;
    }

    fn deliver(&mut self, token: Token, out: &mut Vec<TermEvent>) {
        if let Token::Key(chord) = token
            && is_text(chord)
        {
            self.burst.keys.push(chord);
            return;
        }
        self.burst.settle(out);
        match token {
            Token::Key(chord) => out.push(TermEvent::Key(chord)),
            Token::Mouse(mouse) => out.push(TermEvent::Mouse(mouse)),
            Token::Focus(on) => out.push(TermEvent::Focus(on)),
            Token::Reply(reply) => out.push(TermEvent::Reply(reply)),
            Token::PasteBegins => self.paste = Some(Vec::new()),
        }
    }

    /// A tail that was never finished was typed text.
    fn replay_tail(&mut self, pending: &[u8], out: &mut Vec<TermEvent>) {
        self.pending = pending[1..].to_vec();
        self.drain(out);
        self.pending.clear();
        self.burst.settle(out);
    }
}

/// Whether this is what a terminal sends for a key, and not Alt with the first character of a typed text.
fn is_sequence(decoded: &Decoded) -> bool {
    matches!(decoded, Decoded::One(_, n) if *n > 2)
}

/// Keys that a paste consists of.
fn is_text(chord: Chord) -> bool {
    chord.typed().is_some()
        || chord.mods() == Mods::NONE && matches!(chord.key(), Key::Enter | Key::Tab)
}

impl Burst {
    fn deadline(&self) -> Option<Moment> {
        let last = self.last.filter(|_| !self.keys.is_empty())?;
        Some(
            last + if self.keys.len() > BURST_MAX {
                BURST_QUIET
            } else {
                BURST_GAP
            },
        )
    }

    /// Called after each read: one key by itself goes out at once, more wait to see whether they are a paste.
    fn settle_unless_growing(&mut self, now: Moment, out: &mut Vec<TermEvent>) {
        if self.keys.is_empty() {
            return;
        }
        let before = self.last.replace(now);
        let alone =
            self.keys.len() == 1 && before.is_none_or(|at| now.saturating_sub(at) >= BURST_GAP);
        if alone {
            self.settle(out);
        }
    }

    fn settle(&mut self, out: &mut Vec<TermEvent>) {
        if self.keys.len() <= BURST_MAX {
            out.extend(self.keys.drain(..).map(TermEvent::Key));
            return;
        }
        let mut text = String::with_capacity(self.keys.len());
        for chord in self.keys.drain(..) {
            text.push(match chord.key() {
                Key::Char(c) => c,
                Key::Tab => '\t',
                _ => '\n',
            });
        }
        out.push(TermEvent::Paste(cleaned(text.as_bytes())));
    }
}

/// Moves bytes of a paste to `raw`. Says how many were taken and whether the end mark was among them.
fn take_paste(bytes: &[u8], raw: &mut Vec<u8>) -> (usize, bool) {
    // One byte more than is kept, so that a cut is noticed.
    let mut keep = |part: &[u8]| {
        let room = (PASTE_MAX + 1).saturating_sub(raw.len());
        raw.extend_from_slice(&part[..part.len().min(room)]);
    };
    if let Some(end) = bytes.windows(PASTE_END.len()).position(|w| w == PASTE_END) {
        keep(&bytes[..end]);
        return (end + PASTE_END.len(), true);
    }
    let mark = (1..PASTE_END.len())
        .rev()
        .find(|&n| bytes.ends_with(&PASTE_END[..n]))
        .unwrap_or(0);
    let taken = bytes.len() - mark;
    keep(&bytes[..taken]);
    (taken, false)
}

/// Pasted bytes as text without controls; every kind of line break becomes `\n`.
fn cleaned(raw: &[u8]) -> Paste {
    let cut = raw.len() > PASTE_MAX;
    let mut text = String::from_utf8_lossy(&raw[..raw.len().min(PASTE_MAX)]).into_owned();
    if cut && text.ends_with(char::REPLACEMENT_CHARACTER) {
        text.pop();
    }
    if text.contains(['\r', '\u{2028}', '\u{2029}']) {
        text = text
            .replace("\r\n", "\n")
            .replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    }
    text.retain(|c| matches!(c, '\n' | '\t') || !is_hostile(c));
    Paste { text, cut }
}

#[cfg(test)]
mod tests;
