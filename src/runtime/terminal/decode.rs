//! Bytes from the terminal to single events: one escape sequence, one character, one answer.
//!
//! Pure and without time: [`decode`] looks at the start of a buffer and says what it is, or that it is not
//! complete yet. What an incomplete one means once time has passed is decided in `stream`.
//!
//! Forms: ECMA-48 CSI and control strings, xterm's `modifyCursorKeys` parameters, SGR mouse (1006), kitty's
//! `CSI u`, the Linux console's and rxvt's function keys.

use crate::keymap::{Chord, Key, Mods};

use super::event::{Button, Mouse, MouseAct, Reply, Rgb};

/// The longest CSI that is taken for one; everything noctop asks for is far below.
const CSI_MAX: usize = 64;
/// The longest control string: a colour answer has about 30 bytes, but titles and clipboards may come unasked.
const STRING_MAX: usize = 4096;

/// What stands at the start of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// This, in so many bytes.
    One(Token, usize),
    /// Nothing of interest, in so many bytes.
    Skip(usize),
    /// The beginning of something.
    Incomplete,
}

/// A single event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Key(Chord),
    Mouse(Mouse),
    Focus(bool),
    Reply(Reply),
    PasteBegins,
}

/// Reads the first event of `bytes`, which must not be empty.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    match bytes {
        [] | [0x1b] => Decoded::Incomplete,
        [0x1b, b'[', ..] => csi(bytes),
        [0x1b, b'O', ..] => ss3(bytes),
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', ..] => control_string(bytes),
        // Two escapes: the first was a key of its own.
        [0x1b, 0x1b, ..] => key(Key::Esc, Mods::NONE, 1),
        [0x1b, rest @ ..] => match character(rest) {
            Decoded::One(Token::Key(chord), n) => key(chord.key(), chord.mods() | Mods::ALT, n + 1),
            Decoded::Skip(n) => Decoded::Skip(n + 1),
            other => other,
        },
        _ => character(bytes),
    }
}

fn key(key: Key, mods: Mods, bytes: usize) -> Decoded {
    Decoded::One(Token::Key(Chord::new(key, mods)), bytes)
}

/// One character or control code.
fn character(bytes: &[u8]) -> Decoded {
    let plain = |k| key(k, Mods::NONE, 1);
    let control = |c: u8| key(Key::Char(char::from(c)), Mods::CTRL, 1);
    match bytes[0] {
        b'\r' => plain(Key::Enter),
        b'\t' => plain(Key::Tab),
        // Terminals send one or the other for the backspace key; ctrl-h cannot be told apart.
        0x7f | 0x08 => plain(Key::Backspace),
        0 => control(b' '),
        c @ 1..=26 => control(c - 1 + b'a'),
        c @ 28..=31 => control(c - 28 + b'\\'),
        0x1b => Decoded::Incomplete,
        c @ b' '..=b'~' => plain(Key::Char(char::from(c))),
        lead => {
            let len = match lead {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return Decoded::Skip(1),
            };
            let have = &bytes[..bytes.len().min(len)];
            match std::str::from_utf8(have) {
                Ok(text) => match text.chars().next() {
                    Some(c) if !crate::domain::text::is_hostile(c) => {
                        key(Key::Char(c), Mods::NONE, len)
                    }
                    _ => Decoded::Skip(len),
                },
                // `None` means that it is right as far as it goes.
                Err(e) if e.error_len().is_none() => Decoded::Incomplete,
                Err(_) => Decoded::Skip(1),
            }
        }
    }
}

fn ss3(bytes: &[u8]) -> Decoded {
    let Some(&last) = bytes.get(2) else {
        return Decoded::Incomplete;
    };
    match last {
        b'A'..=b'D' | b'H' | b'F' | b'P'..=b'S' => {
            cursor_key(last).map_or(Decoded::Skip(3), |k| key(k, Mods::NONE, 3))
        }
        b'M' => key(Key::Enter, Mods::NONE, 3),
        _ => key(Key::Char('O'), Mods::ALT, 2),
    }
}

fn cursor_key(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'P' => Key::F(1),
        b'Q' => Key::F(2),
        b'R' => Key::F(3),
        b'S' => Key::F(4),
        _ => return None,
    })
}

fn csi(bytes: &[u8]) -> Decoded {
    // The Linux console sends F1 to F5 as ESC [ [ A to E.
    if bytes.get(2) == Some(&b'[') {
        return match bytes.get(3) {
            None => Decoded::Incomplete,
            Some(&c @ b'A'..=b'E') => key(Key::F(c - b'A' + 1), Mods::NONE, 4),
            Some(_) => Decoded::Skip(3),
        };
    }
    let Some(at) = bytes.iter().skip(2).position(|b| !matches!(b, 0x20..=0x3f)) else {
        return if bytes.len() < CSI_MAX {
            Decoded::Incomplete
        } else {
            Decoded::Skip(bytes.len())
        };
    };
    let end = at + 2;
    let last = bytes[end];
    if !matches!(last, 0x40..=0x7e) {
        // Broken off by a control or a new escape, which is looked at by itself.
        return Decoded::Skip(end);
    }
    let len = end + 1;
    // The mouse report of terminals that ignore mode 1006: three raw bytes follow.
    if len == 3 && last == b'M' {
        return if bytes.len() < 6 {
            Decoded::Incomplete
        } else {
            Decoded::Skip(6)
        };
    }
    let body = &bytes[2..end];
    sequence(body, last).map_or(Decoded::Skip(len), |token| Decoded::One(token, len))
}

/// The meaning of a complete CSI, if it has one for us.
fn sequence(body: &[u8], last: u8) -> Option<Token> {
    match (body, last) {
        ([b'<', rest @ ..], b'M' | b'm') => return mouse(rest, last == b'm').map(Token::Mouse),
        ([b'?', ..], b'c') => return Some(Token::Reply(Reply::Attributes)),
        ([b'?', ..], b'u') => return Some(Token::Reply(Reply::Keyboard)),
        ([b'?', rest @ .., b'$'], b'y') => {
            let mut numbers = numbers(rest);
            let (mode, state) = (numbers.next()?, numbers.next()?);
            // 1 set, 2 reset, 3 always set; 0 unknown, 4 never.
            return (mode == 2026)
                .then_some(Token::Reply(Reply::Synchronized(matches!(state, 1..=3))));
        }
        ([], b'I') => return Some(Token::Focus(true)),
        ([], b'O') => return Some(Token::Focus(false)),
        _ => {}
    }
    let mut params = numbers(body);
    let first = params.next().unwrap_or(0);
    let second = params.next().unwrap_or(0);
    // Anything else with a private mark or an intermediate is no key.
    if body.iter().any(|b| !matches!(b, b'0'..=b'9' | b';' | b':')) {
        return None;
    }
    let (found, modifier) = match last {
        b'Z' => (Key::BackTab, 0),
        b'~' if first == 200 => return Some(Token::PasteBegins),
        b'~' if first == 27 => (kitty_key(params.next()?)?, second),
        b'~' => (numbered_key(first)?, second),
        b'u' => {
            if event_kind(body) == Some(3) {
                return None;
            }
            (kitty_key(first)?, second)
        }
        _ => (cursor_key(last)?, second),
    };
    Some(Token::Key(Chord::new(found, mods(modifier)?)))
}

/// The numbers of a parameter list; sub-parameters after a colon are left out.
fn numbers(body: &[u8]) -> impl Iterator<Item = u32> + '_ {
    body.split(|&b| b == b';').map(|part| {
        part.iter()
            .take_while(|b| b.is_ascii_digit())
            .fold(0u32, |n, b| {
                n.saturating_mul(10).saturating_add(u32::from(b - b'0'))
            })
    })
}

/// Kitty's event kind, the sub-parameter of the modifiers: 1 press, 2 repeat, 3 release.
fn event_kind(body: &[u8]) -> Option<u32> {
    let modifiers = body.split(|&b| b == b';').nth(1)?;
    let kind = modifiers.split(|&b| b == b':').nth(1)?;
    numbers(kind).next()
}

/// xterm's modifier parameter. `None` when super or hyper is held: such a chord is the window system's.
fn mods(parameter: u32) -> Option<Mods> {
    let bits = parameter.saturating_sub(1);
    if bits & 0b1_1000 != 0 {
        return None;
    }
    let mut mods = Mods::NONE;
    for (bit, modifier) in [
        (1, Mods::SHIFT),
        (2, Mods::ALT),
        (4, Mods::CTRL),
        (32, Mods::ALT),
    ] {
        if bits & bit != 0 {
            mods = mods | modifier;
        }
    }
    Some(mods)
}

fn numbered_key(n: u32) -> Option<Key> {
    let f = |k: u32| u8::try_from(k).ok().map(Key::F);
    match n {
        1 | 7 => Some(Key::Home),
        2 => Some(Key::Insert),
        3 => Some(Key::Delete),
        4 | 8 => Some(Key::End),
        5 => Some(Key::PageUp),
        6 => Some(Key::PageDown),
        11..=15 => f(n - 10),
        17..=21 => f(n - 11),
        23..=26 => f(n - 12),
        28 | 29 => f(n - 13),
        31..=34 => f(n - 14),
        _ => None,
    }
}

/// A key by its Unicode code point, or by kitty's place for it in the private use area.
fn kitty_key(code: u32) -> Option<Key> {
    Some(match code {
        13 | 57414 => Key::Enter,
        27 => Key::Esc,
        9 => Key::Tab,
        8 | 127 => Key::Backspace,
        57399..=57408 => Key::Char(char::from_digit(code - 57399, 10)?),
        57409 => Key::Char('.'),
        57410 => Key::Char('/'),
        57411 => Key::Char('*'),
        57412 => Key::Char('-'),
        57413 => Key::Char('+'),
        57415 => Key::Char('='),
        57417 => Key::Left,
        57418 => Key::Right,
        57419 => Key::Up,
        57420 => Key::Down,
        57421 => Key::PageUp,
        57422 => Key::PageDown,
        57423 => Key::Home,
        57424 => Key::End,
        57425 => Key::Insert,
        57426 => Key::Delete,
        57376..=57387 => Key::F(u8::try_from(code - 57376 + 13).ok()?),
        57344..=63743 => return None,
        _ => Key::Char(char::from_u32(code).filter(|&c| !crate::domain::text::is_hostile(c))?),
    })
}

/// An SGR mouse report: button bits, column and row, both 1-based.
fn mouse(body: &[u8], released: bool) -> Option<Mouse> {
    let mut params = numbers(body);
    let (bits, column, row) = (params.next()?, params.next()?, params.next()?);
    let button = match bits & 3 {
        0 => Some(Button::Left),
        1 => Some(Button::Middle),
        2 => Some(Button::Right),
        _ => None,
    };
    let act = match (bits & !0b1_1100, button) {
        (64, _) => MouseAct::ScrollUp,
        (65, _) => MouseAct::ScrollDown,
        (66.., _) => return None,
        (32.., Some(button)) => MouseAct::Drag(button),
        (32.., None) => MouseAct::Moved,
        (_, Some(button)) if released => MouseAct::Up(button),
        (_, Some(button)) => MouseAct::Down(button),
        (_, None) => return None,
    };
    let mut held = Mods::NONE;
    for (bit, modifier) in [(4, Mods::SHIFT), (8, Mods::ALT), (16, Mods::CTRL)] {
        if bits & bit != 0 {
            held = held | modifier;
        }
    }
    let place = |n: u32| u16::try_from(n.saturating_sub(1)).unwrap_or(u16::MAX);
    Some(Mouse {
        act,
        column: place(column),
        row: place(row),
        mods: held,
    })
}

/// OSC, DCS, APC, PM or SOS up to its end: `ESC \`, or BEL.
fn control_string(bytes: &[u8]) -> Decoded {
    for (i, &b) in bytes.iter().enumerate().skip(2) {
        let len = match b {
            0x07 => i + 1,
            0x1b => match bytes.get(i + 1) {
                None => return Decoded::Incomplete,
                Some(b'\\') => i + 2,
                // Broken off by another sequence.
                Some(_) => return Decoded::Skip(i),
            },
            0x18 | 0x1a => return Decoded::Skip(i + 1),
            _ => continue,
        };
        let text = &bytes[2..i];
        return match (bytes[1], colour_reply(text)) {
            (b']', Some(reply)) => Decoded::One(Token::Reply(reply), len),
            _ => Decoded::Skip(len),
        };
    }
    if bytes.len() < STRING_MAX {
        Decoded::Incomplete
    } else {
        Decoded::Skip(bytes.len())
    }
}

/// `10;rgb:RRRR/GGGG/BBBB`, with one to four digits a channel.
fn colour_reply(text: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(text).ok()?;
    let (which, value) = text.split_once(';')?;
    let value = value
        .strip_prefix("rgb:")
        .or_else(|| value.strip_prefix("rgba:"))?;
    let mut channels = value.split('/').map(|digits| {
        let n = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| (1..=4).contains(&digits.len()))?;
        let most = (1u32 << (4 * digits.len())) - 1;
        u8::try_from((n * 255 + most / 2) / most).ok()
    });
    let rgb = Rgb(channels.next()??, channels.next()??, channels.next()??);
    match which {
        "10" => Some(Reply::Foreground(rgb)),
        "11" => Some(Reply::Background(rgb)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(mut bytes: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        while !bytes.is_empty() {
            match decode(bytes) {
                Decoded::One(Token::Key(chord), n) => {
                    out.push(chord.to_string());
                    bytes = &bytes[n..];
                }
                Decoded::One(token, n) => {
                    out.push(format!("{token:?}"));
                    bytes = &bytes[n..];
                }
                Decoded::Skip(n) => bytes = &bytes[n..],
                Decoded::Incomplete => {
                    out.push("…".to_owned());
                    break;
                }
            }
        }
        out
    }

    #[test]
    fn keys_of_every_dialect() {
        for (bytes, expected) in [
            ("j", "j"),
            ("G", "G"),
            ("é", "é"),
            ("\r", "enter"),
            ("\t", "tab"),
            ("\x7f", "backspace"),
            ("\x08", "backspace"),
            ("\x01", "ctrl-a"),
            ("\x1a", "ctrl-z"),
            ("\x1c", "ctrl-\\"),
            ("\0", "ctrl-space"),
            ("\x1bj", "alt-j"),
            ("\x1b\r", "alt-enter"),
            ("\x1b[A", "up"),
            ("\x1bOA", "up"),
            ("\x1b[1;5A", "ctrl-up"),
            ("\x1b[1;2D", "shift-left"),
            ("\x1b[Z", "shift-tab"),
            ("\x1b[5~", "pageup"),
            ("\x1b[6;5~", "ctrl-pagedown"),
            ("\x1b[H", "home"),
            ("\x1b[4~", "end"),
            ("\x1bOP", "f1"),
            ("\x1b[[B", "f2"),
            ("\x1b[15~", "f5"),
            ("\x1b[24~", "f12"),
            ("\x1b[27u", "esc"),
            ("\x1b[97;5u", "ctrl-a"),
            ("\x1b[106;1:1u", "j"),
            ("\x1b[103;2u", "G"),
            ("\x1b[27;5;13~", "ctrl-enter"),
        ] {
            assert_eq!(all(bytes.as_bytes()), [expected], "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_key_presses_none() {
        for bytes in [
            "\x1b[106;1:3u", // a release
            "\x1b[107;9u",   // super-k
            "\x1b[57441u",   // shift alone
            "\x1b[201~",     // the end of a paste that never began
            "\x1b[38;5;9m",  // somebody's colour
            "\x1b[?1;2$y",   // another mode's report
            "\x1b]0;title\x07",
            "\x1bP1+r\x1b\\",
            "\x1b[M !!", // an old mouse report
            "\x1b[1;999999999999999999999;3t",
        ] {
            assert_eq!(all(bytes.as_bytes()), Vec::<String>::new(), "{bytes:?}");
        }
        assert_eq!(all(b"\x1b[12\x1b[A"), ["up"]);
        assert_eq!(all(b"\xff\xc3\x28j"), ["(", "j"]);
    }

    #[test]
    fn answers() {
        let reply = |bytes: &str| match decode(bytes.as_bytes()) {
            Decoded::One(Token::Reply(reply), n) if n == bytes.len() => reply,
            other => panic!("{bytes:?}: {other:?}"),
        };
        assert_eq!(reply("\x1b[?62;4c"), Reply::Attributes);
        assert_eq!(reply("\x1b[?2026;2$y"), Reply::Synchronized(true));
        assert_eq!(reply("\x1b[?2026;0$y"), Reply::Synchronized(false));
        assert_eq!(reply("\x1b[?0u"), Reply::Keyboard);
        assert_eq!(
            reply("\x1b]11;rgb:ffff/8080/0000\x1b\\"),
            Reply::Background(Rgb(255, 128, 0))
        );
        assert_eq!(
            reply("\x1b]10;rgb:f/0/8\x07"),
            Reply::Foreground(Rgb(255, 0, 136))
        );
    }

    #[test]
    fn the_mouse() {
        let mouse = |bytes: &str| match decode(bytes.as_bytes()) {
            Decoded::One(Token::Mouse(mouse), n) if n == bytes.len() => mouse,
            other => panic!("{bytes:?}: {other:?}"),
        };
        let at = mouse("\x1b[<0;10;5M");
        assert_eq!(
            (at.act, at.column, at.row),
            (MouseAct::Down(Button::Left), 9, 4)
        );
        assert_eq!(mouse("\x1b[<2;1;1m").act, MouseAct::Up(Button::Right));
        assert_eq!(mouse("\x1b[<33;1;1M").act, MouseAct::Drag(Button::Middle));
        assert_eq!(mouse("\x1b[<35;1;1M").act, MouseAct::Moved);
        assert_eq!(mouse("\x1b[<64;1;1M").act, MouseAct::ScrollUp);
        assert_eq!(
            mouse("\x1b[<81;1;1M"),
            Mouse {
                act: MouseAct::ScrollDown,
                column: 0,
                row: 0,
                mods: Mods::CTRL
            }
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            all(&bytes);
        }

        /// A prefix of a sequence is incomplete or means what it meant: more bytes never turn a finished event into another.
        #[test]
        fn what_was_decided_stays_decided(bytes in proptest::collection::vec(prop_oneof![Just(0x1b), Just(b'['), Just(b'O'), Just(b';'), Just(b'A'), any::<u8>()], 1..12), more in proptest::collection::vec(any::<u8>(), 0..6)) {
            let before = decode(&bytes);
            let mut longer = bytes.clone();
            longer.extend(more);
            let long_sequence = matches!(before, Decoded::Skip(n) if n == bytes.len());
            if before != Decoded::Incomplete && !long_sequence {
                prop_assert_eq!(before, decode(&longer));
            }
        }
    }
}
