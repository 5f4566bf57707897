//! JSON laid out for reading: one member a line, indented, with groups that can be folded.

use std::collections::BTreeSet;

use super::ink::{Ink, Piece};
use super::json::{Scan, Token, unescape};

/// How JSON is laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Groups nested deeper than this are folded; the outermost has depth 1.
    pub open_to: u32,
    /// Groups that stand the other way round than `open_to` says, by the byte at which they begin.
    pub turned: BTreeSet<usize>,
    /// The most rows that are made: nobody reads a million of them.
    pub most: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            open_to: 4,
            turned: BTreeSet::new(),
            most: 2_000,
        }
    }
}

/// A row of laid-out JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How far it is indented, in steps.
    pub indent: usize,
    /// What it says.
    pub pieces: Vec<Piece>,
    /// Where the group begins that this row opens or holds folded: what [`Layout::turned`] takes.
    pub group: Option<usize>,
}

/// Groups without groups in them and no longer than this stay on one row.
const INLINE: usize = 60;
/// The most characters of one value; the whole of it is a copy away.
const VALUE_MAX: usize = 4_000;

/// The rows of a text that [`super::json::part`] found, and whether there would be more of them.
#[must_use]
pub fn rows(json: &[u8], layout: &Layout) -> (Vec<Row>, bool) {
    let mut pretty = Pretty {
        json,
        layout,
        rows: Vec::new(),
        row: Vec::new(),
        group: None,
        indent: 0,
    };
    let mut scan = Scan::new(json);
    while pretty.rows.len() < layout.most {
        if !pretty.step(&mut scan) {
            pretty.end_row();
            return (pretty.rows, false);
        }
    }
    (pretty.rows, true)
}

struct Pretty<'a> {
    json: &'a [u8],
    layout: &'a Layout,
    rows: Vec<Row>,
    row: Vec<Piece>,
    group: Option<usize>,
    indent: usize,
}

impl<'a> Pretty<'a> {
    fn step(&mut self, scan: &mut Scan<'a>) -> bool {
        let Some(token) = scan.next() else {
            return false;
        };
        match token {
            Token::Key(name) => {
                self.end_row();
                self.put(Ink::Key, name);
                self.say(Ink::Dim, ": ");
                if let Some(value) = scan.next() {
                    self.value(scan, value);
                }
            }
            Token::Close(bracket) => {
                self.end_row();
                self.indent = self.indent.saturating_sub(1);
                self.say(Ink::Dim, char::from(bracket).encode_utf8(&mut [0; 4]));
            }
            value => {
                self.end_row();
                self.value(scan, value);
            }
        }
        true
    }

    fn value(&mut self, scan: &mut Scan<'a>, value: Token<'a>) {
        match value {
            Token::Open(bracket) => self.open(scan, bracket),
            Token::Text(raw) => self.quoted(raw),
            Token::Bare(word) => {
                let ink = if word.first().is_some_and(u8::is_ascii_alphabetic) {
                    Ink::Word
                } else {
                    Ink::Number
                };
                self.put(ink, word);
            }
            // Not JSON; a line that is recognised as JSON has none.
            Token::Key(_) | Token::Close(_) => {}
        }
    }

    fn open(&mut self, scan: &mut Scan<'a>, bracket: u8) {
        let begins = scan.at() - 1;
        let depth = scan.depth();
        let mut ahead = scan.clone();
        let members = skip_counting(&mut ahead, bracket);
        let raw = &self.json[begins..ahead.at()];
        let nested = raw[1..].iter().any(|b| matches!(b, b'{' | b'['));
        if depth > 1 && (members == 0 || (raw.len() <= INLINE && !nested)) {
            self.inline(raw);
            *scan = ahead;
            return;
        }
        self.group = Some(begins);
        let open = (depth <= self.layout.open_to) != self.layout.turned.contains(&begins);
        if open {
            self.say(Ink::Dim, char::from(bracket).encode_utf8(&mut [0; 4]));
            self.end_row();
            self.indent += 1;
        } else {
            let (open, close) = if bracket == b'{' {
                ("{", "}")
            } else {
                ("[", "]")
            };
            self.say(Ink::Dim, open);
            self.say(Ink::Mark, &format!("… {members}"));
            self.say(Ink::Dim, close);
            *scan = ahead;
        }
    }

    fn inline(&mut self, raw: &'a [u8]) {
        let mut first = true;
        for token in Scan::new(raw) {
            match token {
                Token::Open(bracket) | Token::Close(bracket) => {
                    self.say(Ink::Dim, char::from(bracket).encode_utf8(&mut [0; 4]));
                    continue;
                }
                Token::Key(name) => {
                    if !std::mem::take(&mut first) {
                        self.say(Ink::Dim, ", ");
                    }
                    self.put(Ink::Key, name);
                    self.say(Ink::Dim, ": ");
                    first = true;
                    continue;
                }
                Token::Text(_) | Token::Bare(_) => {}
            }
            if !std::mem::take(&mut first) {
                self.say(Ink::Dim, ", ");
            }
            match token {
                Token::Text(raw) => self.quoted(raw),
                Token::Bare(word) if word[0].is_ascii_alphabetic() => self.put(Ink::Word, word),
                Token::Bare(word) => self.put(Ink::Number, word),
                _ => {}
            }
        }
    }

    fn quoted(&mut self, raw: &[u8]) {
        self.say(Ink::Dim, "\"");
        self.put(Ink::Text, raw);
        self.say(Ink::Dim, "\"");
    }

    /// Text from the line: without its escapes, harmless, and cut where it is endless.
    fn put(&mut self, ink: Ink, raw: &[u8]) {
        let cut = &raw[..raw.len().min(VALUE_MAX)];
        let mut piece = Piece::new(ink, &unescape(cut));
        if cut.len() < raw.len() {
            piece.text.push('…');
        }
        self.row.push(piece);
    }

    fn say(&mut self, ink: Ink, text: &str) {
        match self.row.last_mut() {
            Some(last) if last.ink == ink => last.text.push_str(text),
            _ => self.row.push(Piece {
                ink,
                text: text.to_owned(),
            }),
        }
    }

    fn end_row(&mut self) {
        let group = self.group.take();
        if !self.row.is_empty() {
            let pieces = std::mem::take(&mut self.row);
            self.rows.push(Row {
                indent: self.indent,
                pieces,
                group,
            });
        }
    }
}

/// Reads to the end of the group that was just opened; returns how many members it has.
fn skip_counting(scan: &mut Scan<'_>, bracket: u8) -> usize {
    let inside = scan.depth();
    let mut members = 0;
    while scan.depth() >= inside {
        let own = scan.depth() == inside;
        match scan.next() {
            None => break,
            Some(Token::Key(_)) if own && bracket == b'{' => members += 1,
            Some(Token::Text(_) | Token::Bare(_) | Token::Open(_)) if own && bracket == b'[' => {
                members += 1
            }
            _ => {}
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::is_hostile;
    use crate::logs::ink::plain;
    use proptest::prelude::*;

    fn text(json: &str, layout: &Layout) -> Vec<String> {
        let (rows, _) = rows(json.as_bytes(), layout);
        rows.iter()
            .map(|row| format!("{}{}", "  ".repeat(row.indent), plain(&row.pieces)))
            .collect()
    }

    const JSON: &str = r#"{"level":"error","http":{"status":503,"path":"/pay"},"list":[{"a":{"b":[1,2]}},null],"empty":{}}"#;

    #[test]
    fn json_is_laid_out_member_by_member() {
        assert_eq!(
            text(JSON, &Layout::default()),
            [
                "{",
                "  level: \"error\"",
                "  http: {status: 503, path: \"/pay\"}",
                "  list: [",
                "    {",
                "      a: {",
                "        b: [1, 2]",
                "      }",
                "    }",
                "    null",
                "  ]",
                "  empty: {}",
                "}",
            ]
        );
    }

    #[test]
    fn groups_fold_and_say_how_much_they_hold() {
        let mut layout = Layout {
            open_to: 1,
            ..Layout::default()
        };
        assert_eq!(
            text(JSON, &layout),
            [
                "{",
                "  level: \"error\"",
                "  http: {status: 503, path: \"/pay\"}",
                "  list: [… 2]",
                "  empty: {}",
                "}"
            ]
        );
        let (folded, _) = rows(JSON.as_bytes(), &layout);
        let list = folded
            .iter()
            .find_map(|row| row.group.filter(|at| *at > 0))
            .unwrap();
        layout.turned.insert(list);
        assert!(text(JSON, &layout).contains(&"    {… 1}".to_owned()));
    }

    #[test]
    fn endless_json_ends() {
        let json = format!("[{}]", "{\"a\":[1,[2]]},".repeat(100_000));
        let (rows, more) = rows(
            json.as_bytes(),
            &Layout {
                most: 50,
                ..Layout::default()
            },
        );
        assert!(more && rows.len() < 60);
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000));
        let shown = text(&long, &Layout::default());
        assert!(shown[1].len() < 5_000 && shown[1].ends_with("…\""));
    }

    proptest! {
        #[test]
        fn any_bytes_are_laid_out_without_harm(bytes in any::<Vec<u8>>()) {
            for row in rows(&bytes, &Layout::default()).0 {
                prop_assert!(!plain(&row.pieces).chars().any(is_hostile));
            }
        }
    }
}
