//! Raw JSON in lines as wide as the screen: nothing is cut, a long value goes on below itself.

use std::sync::Arc;

use super::fit;

/// Cells by which a value that goes on stands further right than its key.
const FURTHER: usize = 4;
/// A value begins beside its key only where at least this much of it has room there.
const LEAST: usize = 8;

/// One line on the screen: blanks, perhaps a key, and a piece of a value. Put together, the keys and pieces of a JSON
/// line are that line again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Blanks before it.
    pub indent: usize,
    /// The key with its quotes, colon and blank, where one begins here.
    pub key: &'a str,
    /// The value or a piece of it.
    pub value: &'a str,
    /// Whether the value is text.
    pub is_text: bool,
}

/// The lines of pretty-printed JSON at this width.
#[must_use]
pub fn lines(json: &[Arc<str>], width: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::with_capacity(json.len());
    for line in json {
        wrap(line, width.max(1), &mut lines);
    }
    lines
}

fn wrap<'a>(line: &'a str, width: usize, lines: &mut Vec<Line<'a>>) {
    let text = line.trim_start_matches(' ');
    // However deep it lies, half of the width is left for what it says.
    let indent = (line.len() - text.len()).min(width / 2);
    let (key, value) = text.split_at(key_end(text));
    let is_text = value.starts_with('"');
    let mut piece = Line {
        indent,
        key: "",
        value: "",
        is_text,
    };
    let mut keys = fit::pieces(key, width - indent);
    let last = keys.pop().unwrap_or_default();
    for key in keys {
        lines.push(Line { key, ..piece });
    }
    piece.key = last;
    let beside = width - indent - fit::width(last).min(width - indent);
    let mut rest = value;
    if fit::width(value) <= beside || beside >= LEAST {
        piece.value = fit::piece(value, beside);
        rest = &value[piece.value.len()..];
    }
    lines.push(piece);
    let indent = (indent + FURTHER).min(width / 2);
    for value in fit::pieces(rest, width - indent) {
        lines.push(Line {
            indent,
            key: "",
            value,
            is_text,
        });
    }
}

/// Where the key of a line ends, its colon and blank included; zero where it has none.
fn key_end(text: &str) -> usize {
    if !text.starts_with('"') {
        return 0;
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if text[at..].starts_with("\": ") => return at + 3,
            '"' => return 0,
            _ => {}
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(json: &str, width: usize) -> Vec<String> {
        let json: Vec<Arc<str>> = json.lines().map(Arc::from).collect();
        lines(&json, width)
            .iter()
            .map(|l| format!("{}{}{}", " ".repeat(l.indent), l.key, l.value))
            .collect()
    }

    #[test]
    fn a_long_value_goes_on_below_itself() {
        assert_eq!(
            shown(
                "{\n  \"Reason\": \"3 out of the last 3 datapoints\",\n  \"Value\": 2.0\n}",
                24
            ),
            [
                "{",
                "  \"Reason\": \"3 out of ",
                "      the last 3 ",
                "      datapoints\",",
                "  \"Value\": 2.0",
                "}"
            ]
        );
    }

    #[test]
    fn a_text_that_looks_like_a_key_is_none() {
        let json = [Arc::from(r#"    "say \": 1","#)];
        let line = lines(&json, 80)[0];
        assert_eq!((line.key, line.value), ("", r#""say \": 1","#));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(
            indent in 0usize..30, key in "[a-zé東]{0,30}", value in "[ -~é東]{0,200}", width in 4usize..90
        ) {
            let line: Arc<str> = format!("{}\"{key}\": {value:?},", " ".repeat(indent)).into();
            let json = [Arc::clone(&line)];
            let laid = lines(&json, width);
            let kept: String = laid.iter().map(|l| format!("{}{}", l.key, l.value)).collect();
            prop_assert_eq!(&*kept, line.trim_start());
            for l in laid {
                prop_assert!(l.indent + fit::width(l.key) + fit::width(l.value) <= width, "{l:?}");
            }
        }
    }
}
