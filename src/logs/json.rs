//! A reader of JSON that takes it as it comes: no tree, no recursion, and text that is cut or broken is read as far as it goes.
//!
//! Log lines are JSON of any size and depth, written by anybody, and a million of them have to be looked at for one key.
//! Building a tree for each would cost ten times the line.

use std::borrow::Cow;

use memchr::memchr2;

/// A piece of JSON text. Strings come without their quotes and still escaped: see [`unescape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{` or `[`.
    Open(u8),
    /// `}` or `]`.
    Close(u8),
    /// The name of a member.
    Key(&'a [u8]),
    /// A string.
    Text(&'a [u8]),
    /// A number, `true`, `false`, `null`, or something that is no JSON.
    Bare(&'a [u8]),
}

/// Reads token by token.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Which brackets are open, one bit each: set for an object. Deeper than 128 is not looked into.
    kinds: u128,
    depth: u32,
    /// Whether the next string is a name.
    names: bool,
    broken: bool,
}

/// The deepest nesting that is read. What is deeper was made to hurt readers.
const DEEPEST: u32 = 128;

impl<'a> Scan<'a> {
    /// A reader of this text from its first bracket on.
    #[must_use]
    pub const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            kinds: 0,
            depth: 0,
            names: false,
            broken: false,
        }
    }

    /// How many brackets are open.
    #[must_use]
    pub const fn depth(&self) -> u32 {
        self.depth
    }

    /// How far it has read, in bytes.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Whether the text is no JSON from here on.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Reads to the end of the value whose bracket was opened last.
    pub fn leave(&mut self) {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside && self.next().is_some() {}
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let from = self.at + 1;
        let mut at = from;
        loop {
            match memchr2(b'"', b'\\', self.text.get(at..)?) {
                Some(found) if self.text[at + found] == b'"' => {
                    self.at = at + found + 1;
                    return Some(&self.text[from..at + found]);
                }
                Some(found) => at += found + 2,
                None => return None,
            }
        }
    }

    fn open(&mut self, bracket: u8) -> Option<Token<'a>> {
        if self.depth == DEEPEST {
            return None;
        }
        self.at += 1;
        self.depth += 1;
        self.names = bracket == b'{';
        self.kinds = self.kinds << 1 | u128::from(self.names);
        Some(Token::Open(bracket))
    }

    fn close(&mut self, bracket: u8) -> Option<Token<'a>> {
        let of_object = self.kinds & 1 == 1;
        if self.depth == 0 || of_object != (bracket == b'}') {
            return None;
        }
        self.at += 1;
        self.depth -= 1;
        self.kinds >>= 1;
        Some(Token::Close(bracket))
    }

    fn bare(&mut self) -> Token<'a> {
        let rest = &self.text[self.at..];
        let end = rest
            .iter()
            .position(|b| b.is_ascii_whitespace() || matches!(b, b',' | b'}' | b']' | b':' | b'"'))
            .unwrap_or(rest.len());
        self.at += end.max(1);
        Token::Bare(&rest[..end.max(1)])
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.broken {
            return None;
        }
        loop {
            let byte = *self.text.get(self.at)?;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b',' => {
                    self.at += 1;
                    self.names = self.kinds & 1 == 1;
                }
                b':' => {
                    self.at += 1;
                    self.names = false;
                }
                _ => break,
            }
        }
        let token = match self.text[self.at] {
            bracket @ (b'{' | b'[') => self.open(bracket),
            bracket @ (b'}' | b']') => self.close(bracket),
            b'"' => {
                let names = self.names;
                self.string().map(|text| {
                    if names {
                        Token::Key(text)
                    } else {
                        Token::Text(text)
                    }
                })
            }
            _ => Some(self.bare()),
        };
        self.broken = token.is_none();
        token
    }
}

/// The JSON in a line: the whole of it, or what follows a prefix such as Lambda's time, request and level. Only whole
/// objects and arrays with something in them count; `None` where there is none.
#[must_use]
pub fn part(text: &[u8]) -> Option<&[u8]> {
    let trimmed = text.trim_ascii();
    let last = *trimmed.last()?;
    if last != b'}' && last != b']' {
        return None;
    }
    let open = if last == b'}' { b'{' } else { b'[' };
    let from = if trimmed.first() == Some(&open) {
        0
    } else {
        // A bracket further in begins JSON only where a word ends before it.
        let at = memchr::memchr(open, trimmed)?;
        if !trimmed[at - 1].is_ascii_whitespace() && trimmed[at - 1] != b':' {
            return None;
        }
        at
    };
    let json = &trimmed[from..];
    is_whole(json).then_some(json)
}

/// Whether this is one object or array from end to end, with names where names belong.
#[must_use]
pub fn is_whole(json: &[u8]) -> bool {
    let mut scan = Scan::new(json);
    let mut some = false;
    let mut named = true;
    while let Some(token) = scan.next() {
        match token {
            Token::Open(_) | Token::Close(_) => named = true,
            Token::Key(_) => {
                named = true;
                some = true;
            }
            Token::Text(_) => some = true,
            Token::Bare(word) => {
                if !is_word(word) {
                    return false;
                }
                some = true;
            }
        }
        if scan.depth() == 0 {
            break;
        }
    }
    some && named && !scan.is_broken() && scan.depth() == 0 && scan.at() == json.len()
}

fn is_word(word: &[u8]) -> bool {
    matches!(word, b"true" | b"false" | b"null")
        || (word
            .first()
            .is_some_and(|b| b.is_ascii_digit() || *b == b'-')
            && word
                .iter()
                .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')))
}

/// A string's text without its escapes. What is no valid escape or no UTF-8 becomes U+FFFD.
#[must_use]
pub fn unescape(raw: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw).is_none() {
        return String::from_utf8_lossy(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if raw[at] != b'\\' {
            out.push(raw[at]);
            at += 1;
            continue;
        }
        let plain = match raw.get(at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let (c, used) = unicode(&raw[at..]);
                at += used - 2;
                c
            }
            Some(&b @ (b'"' | b'\\' | b'/')) => char::from(b),
            _ => char::REPLACEMENT_CHARACTER,
        };
        out.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
        at += 2;
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The character of `\uXXXX` or of a pair of them, and how many bytes it took; at least two.
fn unicode(raw: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let hex = raw.get(at..at + 6).filter(|s| s.starts_with(b"\\u"))?;
        u16::from_str_radix(std::str::from_utf8(&hex[2..]).ok()?, 16).ok()
    };
    let Some(first) = unit(0) else {
        return (char::REPLACEMENT_CHARACTER, 2);
    };
    let pair = [first, unit(6).unwrap_or(0)];
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => (c, if c.len_utf16() == 2 { 12 } else { 6 }),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_texts_are_told_apart_at_every_depth() {
        let text = br#" {"a" : [1, "x", {"b":true}], "c": "d"} "#;
        let tokens: Vec<_> = Scan::new(text).collect();
        assert_eq!(
            tokens,
            [
                Token::Open(b'{'),
                Token::Key(b"a"),
                Token::Open(b'['),
                Token::Bare(b"1"),
                Token::Text(b"x"),
                Token::Open(b'{'),
                Token::Key(b"b"),
                Token::Bare(b"true"),
                Token::Close(b'}'),
                Token::Close(b']'),
                Token::Key(b"c"),
                Token::Text(b"d"),
                Token::Close(b'}'),
            ]
        );
    }

    #[test]
    fn json_is_found_behind_a_prefix_and_nowhere_else() {
        let found =
            |text: &'static str| part(text.as_bytes()).map(|p| std::str::from_utf8(p).unwrap());
        assert_eq!(found(" {\"a\":1}\n"), Some("{\"a\":1}"));
        assert_eq!(found("2026-01-01\tid\tINFO\t{\"a\":1}"), Some("{\"a\":1}"));
        for other in [
            "",
            "{}",
            "[]",
            "[error] x",
            "a{b}",
            "{a}",
            "{\"a\":1",
            "{\"a\":1} {\"b\":2}",
            "set {x y}",
            "[ERROR]",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn nesting_that_was_made_to_hurt_is_not_json() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(!is_whole(&deep));
        let fine = [vec![b'['; 100], b"1".to_vec(), vec![b']'; 100]].concat();
        assert!(is_whole(&fine));
    }

    #[test]
    fn escapes_are_undone_and_broken_ones_are_seen() {
        assert_eq!(unescape(br#"a\n\"\u00e9\ud83d\ude00\/"#), "a\n\"é😀/");
        assert_eq!(
            unescape(br"\ud83d x \q \u12"),
            "\u{fffd} x \u{fffd} \u{fffd}12"
        );
        assert_eq!(unescape(b"\xff\\"), "\u{fffd}\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>()) {
            let mut scan = Scan::new(&bytes);
            while scan.next().is_some() {
                prop_assert!(scan.at() <= bytes.len());
            }
            prop_assert!(unescape(&bytes).len() <= bytes.len() * 3);
            prop_assert!(part(&bytes).is_none_or(|part| part.len() <= bytes.len()));
        }

        #[test]
        fn what_serde_writes_is_whole(text in any::<String>(), number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let value = serde_json::json!({ "text": text, "list": [number, null, { "x": [] }] });
            let json = value.to_string();
            prop_assert!(is_whole(json.as_bytes()));
            let told = Scan::new(json.as_bytes()).find_map(|t| match t { Token::Text(raw) => Some(unescape(raw).into_owned()), _ => None });
            prop_assert_eq!(told, Some(text));
        }
    }
}
