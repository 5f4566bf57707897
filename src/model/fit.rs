//! Text made to fit its cells: measured by grapheme, cut with an ellipsis, never in mid-grapheme.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// The text, cut at its end with `…` if it takes more than `cells`.
#[must_use]
pub fn end(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut cut = String::with_capacity(cells + 3);
    cut.push_str(head(text, cells - 1));
    cut.push('…');
    Cow::Owned(cut)
}

/// The text, cut in its middle with `…` if it takes more than `cells`: identifiers keep both ends.
#[must_use]
pub fn middle(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells < 5 {
        return end(text, cells);
    }
    let keep = cells - 1;
    let left = head(text, keep.div_ceil(2));
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        let w = grapheme.width();
        if used + w > keep / 2 {
            break;
        }
        used += w;
        from = at;
    }
    Cow::Owned(format!("{left}…{}", &text[from..]))
}

/// The longest beginning of a text that takes at most `cells`.
#[must_use]
pub fn head(text: &str, cells: usize) -> &str {
    if text.is_ascii() {
        return &text[..cells.min(text.len())];
    }
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > cells {
            return &text[..at];
        }
    }
    text
}

/// The longest beginning of a text that takes at most `cells`, up to and with a blank where that does not waste more
/// than half of them. At least one grapheme, so that whoever takes pieces comes to an end.
#[must_use]
pub fn piece(text: &str, cells: usize) -> &str {
    let fitting = head(text, cells);
    if fitting.len() == text.len() {
        return text;
    }
    match fitting.rfind(' ') {
        Some(blank) if width(&fitting[..blank]) * 2 >= cells => &text[..=blank],
        _ if fitting.is_empty() => text.graphemes(true).next().unwrap_or(text),
        _ => fitting,
    }
}

/// A text in pieces of at most `cells` that are the text again when they are put together.
#[must_use]
pub fn pieces(text: &str, cells: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let piece = piece(rest, cells);
        pieces.push(piece);
        rest = &rest[piece.len()..];
    }
    pieces
}

/// The text in ASCII alone, as wide as before, so that it can be cut and placed first: our own signs by the nearest
/// one, Latin letters without their accents, every other character by a `?` for each of its cells.
#[must_use]
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let cells = grapheme.width();
        match grapheme.chars().next().map(nearest) {
            Some(c) if cells == 1 && c.is_ascii() => plain.push(c),
            _ => plain.extend(std::iter::repeat_n('?', cells)),
        }
    }
    Cow::Owned(plain)
}

/// The ASCII character that stands for this one; itself where none does.
const fn nearest(c: char) -> char {
    match c {
        '…' => '~',
        '·' | '–' | '—' | '‐' | '‑' => '-',
        '×' => 'x',
        '≥' | '→' => '>',
        '≤' | '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '\u{a0}' => ' ',
        'À'..='Å' => 'A',
        'à'..='å' => 'a',
        'Ç' => 'C',
        'ç' => 'c',
        'È'..='Ë' => 'E',
        'è'..='ë' => 'e',
        'Ì'..='Ï' => 'I',
        'ì'..='ï' => 'i',
        'Ñ' => 'N',
        'ñ' => 'n',
        'Ò'..='Ö' | 'Ø' => 'O',
        'ò'..='ö' | 'ø' => 'o',
        'Ù'..='Ü' => 'U',
        'ù'..='ü' => 'u',
        'Ý' => 'Y',
        'ý' | 'ÿ' => 'y',
        'ß' => 's',
        c => c,
    }
}

/// A text in lines of at most `cells`, broken at spaces where possible. A word that is longer than a line is
/// broken between graphemes. Never returns a line that is wider, unless a single grapheme is.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<&str> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut rest = paragraph;
        loop {
            if width(rest) <= cells {
                lines.push(rest);
                break;
            }
            let fitting = head(rest, cells);
            let fitting = if fitting.is_empty() {
                rest.graphemes(true).next().unwrap_or(rest)
            } else {
                fitting
            };
            let at = match fitting.rfind(' ') {
                Some(space) if space > 0 && !rest[fitting.len()..].starts_with(' ') => space,
                _ => fitting.len(),
            };
            lines.push(rest[..at].trim_end());
            rest = rest[at..].trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_keep_both_ends() {
        assert_eq!(middle("i-0f3aabbccddee19ac", 9), "i-0f…19ac");
        assert_eq!(middle("i-0f3", 9), "i-0f3");
        assert_eq!(end("api-5xx-rate", 6), "api-5…");
        assert_eq!(end("東京タワー", 5), "東京…");
    }

    #[test]
    fn ascii_keeps_what_can_be_read() {
        assert_eq!(ascii("5XX 7.2 > 2 · 3 of 3"), "5XX 7.2 > 2 - 3 of 3");
        assert_eq!(ascii("Größe 東京 e\u{301}…"), "Grose ???? e~");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(
            wrap("access denied to the key", 10),
            ["access", "denied to", "the key"]
        );
        assert_eq!(wrap("abcdefghij klm", 4), ["abcd", "efgh", "ij", "klm"]);
        assert_eq!(wrap("one\ntwo", 10), ["one", "two"]);
        assert_eq!(wrap("", 10), [""]);
    }

    proptest! {
        #[test]
        fn fitted_text_fits(text in "\\PC*", cells in 0usize..40) {
            prop_assert!(width(&end(&text, cells)) <= cells.max(usize::from(cells > 0)));
            prop_assert!(width(&middle(&text, cells)) <= cells.max(usize::from(cells > 0)));
        }

        #[test]
        fn ascii_is_ascii_and_as_wide(text in "\\PC*") {
            let plain = ascii(&text);
            prop_assert!(plain.is_ascii());
            prop_assert_eq!(width(&plain), width(&text));
        }

        #[test]
        fn wrapping_loses_no_word(text in "[a-zé東 ]{0,60}", cells in 2usize..20) {
            let lines = wrap(&text, cells);
            prop_assert!(lines.iter().all(|l| width(l) <= cells));
            let kept: String = lines.concat().split_whitespace().collect();
            let all: String = text.split_whitespace().collect();
            prop_assert_eq!(kept, all);
        }
    }
}
