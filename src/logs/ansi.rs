//! Escape sequences in log lines: the colours that a writer meant are kept as inks, everything else is left out or made harmless.
//!
//! Nothing that a line contains ever reaches the terminal as a control: not a cursor move, not a title, not a query.

use super::ink::{Ink, Piece, harmless_char};

/// The pieces of a line of text, at most `most` characters of it. Invalid UTF-8 becomes U+FFFD. Returns also whether
/// something is left over.
#[must_use]
pub fn pieces(text: &[u8], most: usize) -> (Vec<Piece>, bool) {
    // Four bytes are the longest character; colours may take some more.
    let looked_at = &text[..text.len().min(most.saturating_mul(4).saturating_add(4096))];
    let text_cut = looked_at.len() < text.len();
    let lossy = String::from_utf8_lossy(looked_at);
    let mut pen = Pen::default();
    let mut out: Vec<Piece> = Vec::new();
    let mut room = most;
    let mut chars = lossy.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' || c == '\u{9b}' {
            skip_or_paint(c, &mut chars, &mut pen);
            continue;
        }
        if room == 0 {
            return (out, true);
        }
        room -= 1;
        let ink = pen.ink();
        match out.last_mut() {
            Some(piece) if piece.ink == ink => piece.text.push(harmless_char(c)),
            _ => out.push(Piece {
                ink,
                text: harmless_char(c).into(),
            }),
        }
    }
    (out, text_cut)
}

/// The text alone, without the sequences and harmless, of any length.
#[must_use]
pub fn strip(text: &str) -> String {
    if !text.contains(['\u{1b}', '\u{9b}']) {
        return super::ink::harmless(text);
    }
    let (pieces, _) = pieces(text.as_bytes(), usize::MAX);
    super::ink::plain(&pieces)
}

/// What the writer has set.
#[derive(Clone, Copy, Debug, Default)]
struct Pen {
    color: Option<u8>,
    bold: bool,
}

impl Pen {
    const fn ink(self) -> Ink {
        match (self.color, self.bold) {
            (Some(color), _) => Ink::Painted(color),
            (None, true) => Ink::Bold,
            (None, false) => Ink::Plain,
        }
    }

    /// Takes over the parameters of `CSI … m`. Colours beyond the sixteen are left as they were: what stands on a ground
    /// that nobody knows had better be readable than exact.
    fn set(&mut self, parameters: &str) {
        let mut numbers = parameters
            .split([';', ':'])
            .map(|n| n.parse::<u16>().unwrap_or(0));
        while let Some(number) = numbers.next() {
            match number {
                0 => *self = Self::default(),
                1 => self.bold = true,
                22 => self.bold = false,
                30..=37 => self.color = Some((number - 30) as u8),
                90..=97 => self.color = Some((number - 90 + 8) as u8),
                39 => self.color = None,
                38 | 48 => match numbers.next() {
                    Some(5) => {
                        let color = numbers
                            .next()
                            .and_then(|n| u8::try_from(n).ok())
                            .filter(|n| *n < 16);
                        if number == 38 && color.is_some() {
                            self.color = color;
                        }
                    }
                    Some(2) => {
                        numbers.by_ref().take(3).for_each(drop);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
}

/// The longest control string that is left out; a longer one was never ended and would swallow the line.
const STRING_MAX: usize = 4096;

/// Reads what follows an escape: a control sequence or a control string, to its end. A sequence that is not ended by what
/// may end it is left out as far as it could be one.
fn skip_or_paint(first: char, chars: &mut std::str::Chars<'_>, pen: &mut Pen) {
    let kind = if first == '\u{9b}' {
        Some('[')
    } else {
        chars.clone().next()
    };
    if first == '\u{1b}' && kind.is_some_and(|c| c.is_ascii() && !c.is_ascii_control()) {
        chars.next();
    }
    match kind {
        Some('[') => {
            let rest = chars.as_str();
            let length = rest
                .bytes()
                .position(|b| !(0x20..0x40).contains(&b))
                .unwrap_or(rest.len());
            let (parameters, tail) = rest.split_at(length);
            *chars = tail.chars();
            if tail
                .bytes()
                .next()
                .is_some_and(|b| (0x40..0x7f).contains(&b))
                && chars.next() == Some('m')
            {
                pen.set(parameters);
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let rest = chars.as_str();
            let end = rest
                .char_indices()
                .take(STRING_MAX)
                .find(|(_, c)| matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}'));
            if let Some((at, end)) = end {
                let after = &rest[at + end.len_utf8()..];
                *chars = if end == '\u{1b}' {
                    after.strip_prefix('\\').unwrap_or(after).chars()
                } else {
                    after.chars()
                };
            }
        }
        // Character sets and the like have one more.
        Some('(' | ')' | '*' | '+' | '#' | '%' | ' ')
            if chars.clone().next().is_some_and(|c| c.is_ascii_graphic()) =>
        {
            chars.next();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::is_hostile;
    use crate::logs::ink::plain;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<(Ink, String)> {
        pieces(text.as_bytes(), 1000)
            .0
            .into_iter()
            .map(|p| (p.ink, p.text))
            .collect()
    }

    #[test]
    fn colours_are_kept_and_everything_else_goes() {
        assert_eq!(
            shown(
                "\u{1b}[31mred\u{1b}[0m plain \u{1b}[1mbold\u{1b}[22m \u{1b}[38;5;12mblue\u{1b}[39m"
            ),
            [
                (Ink::Painted(1), "red".into()),
                (Ink::Plain, " plain ".into()),
                (Ink::Bold, "bold".into()),
                (Ink::Plain, " ".into()),
                (Ink::Painted(12), "blue".into()),
            ]
        );
        for (hostile, left) in [
            ("a\u{1b}[2Jb", "ab"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("a\u{1b}P+q544e\u{1b}\\b", "ab"),
            ("a\u{1b}(0b", "ab"),
            ("a\u{1b}cb", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{1b}[38;2;1;2;3mb", "ab"),
            ("a\tb\0c", "a b\u{fffd}c"),
            ("a\u{202e}b", "a\u{fffd}b"),
            ("a\u{1b}", "a"),
            ("a\u{1b}[31", "a"),
            ("a\u{1b}[é", "aé"),
            ("a\u{1b}]never ended", "anever ended"),
        ] {
            assert_eq!(
                plain(&pieces(hostile.as_bytes(), 1000).0),
                left,
                "{hostile:?}"
            );
        }
    }

    #[test]
    fn only_as_much_as_is_looked_at_is_made() {
        let long = vec![b'x'; 1_000_000];
        let (seen, more) = pieces(&long, 80);
        assert_eq!((plain(&seen).len(), more), (80, true));
        assert!(!pieces(b"x", 1).1);
    }

    proptest! {
        #[test]
        fn nothing_hostile_comes_through(bytes in any::<Vec<u8>>(), most in 0_usize..200) {
            let (seen, _) = pieces(&bytes, most);
            let text = plain(&seen);
            prop_assert!(!text.chars().any(is_hostile));
            prop_assert!(text.chars().count() <= most);
        }

        #[test]
        fn what_is_harmless_stays_as_it_is(text in "[a-zA-Z0-9 äé東{}\":,]*") {
            prop_assert_eq!(strip(&text), text);
        }
    }
}
