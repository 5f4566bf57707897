//! Fields of JSON lines: the value at a path, and conditions on it.

use std::borrow::Cow;
use std::fmt;

use regex::Regex;

use super::json::{Scan, Token, part, unescape};

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string, without its escapes.
    Text(Cow<'a, str>),
    /// A number, `true`, `false` or `null`, as it is written.
    Bare(&'a str),
    /// An object or an array, as it is written.
    Group(&'a [u8]),
}

impl Value<'_> {
    /// What it says.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bare(word) => Cow::Borrowed(word),
            Self::Group(raw) => String::from_utf8_lossy(raw),
        }
    }

    /// It as a number, where it is one or a text that reads as one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.text()
            .trim()
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
    }
}

/// The value at a path of names with dots between them; a number counts members of an array. A name that itself
/// contains dots, as in `{"log.level": …}`, is found as well. Of several members of one name the first counts.
#[must_use]
pub fn get<'a>(json: &'a [u8], path: &str) -> Option<Value<'a>> {
    let mut scan = Scan::new(json);
    let Some(Token::Open(mut bracket)) = scan.next() else {
        return None;
    };
    let mut path = path;
    loop {
        let rest = if bracket == b'{' {
            member(&mut scan, path)?
        } else {
            let (index, rest) = path.split_once('.').unwrap_or((path, ""));
            element(&mut scan, index.parse().ok()?)?;
            rest
        };
        let from = scan.at();
        let value = scan.next()?;
        if rest.is_empty() {
            return Some(match value {
                Token::Text(raw) => Value::Text(unescape(raw)),
                Token::Bare(word) => Value::Bare(std::str::from_utf8(word).ok()?),
                Token::Open(_) => {
                    scan.leave();
                    Value::Group(json[from..scan.at()].trim_ascii_start().trim_prefix_colon())
                }
                Token::Key(_) | Token::Close(_) => return None,
            });
        }
        let Token::Open(next) = value else {
            return None;
        };
        (bracket, path) = (next, rest);
    }
}

trait TrimColon {
    fn trim_prefix_colon(&self) -> &[u8];
}

impl TrimColon for [u8] {
    /// What follows the separators before a value.
    fn trim_prefix_colon(&self) -> &[u8] {
        let from = self
            .iter()
            .position(|b| !matches!(b, b':' | b',') && !b.is_ascii_whitespace());
        &self[from.unwrap_or(self.len())..]
    }
}

/// Goes to the value of the member that the path begins with; returns the rest of the path.
fn member<'p>(scan: &mut Scan<'_>, path: &'p str) -> Option<&'p str> {
    loop {
        match scan.next()? {
            Token::Key(raw) => {
                let name = unescape(raw);
                if let Some(rest) = path.strip_prefix(name.as_ref()) {
                    if rest.is_empty() {
                        return Some(rest);
                    }
                    if let Some(rest) = rest.strip_prefix('.') {
                        return Some(rest);
                    }
                }
                if let Token::Open(_) = scan.next()? {
                    scan.leave();
                }
            }
            Token::Close(_) => return None,
            _ => {}
        }
    }
}

/// Goes to the element with this number.
fn element(scan: &mut Scan<'_>, index: usize) -> Option<()> {
    for _ in 0..index {
        match scan.next()? {
            Token::Open(_) => scan.leave(),
            Token::Close(_) => return None,
            _ => {}
        }
    }
    Some(())
}

/// How a field is compared.
#[derive(Clone, Debug)]
enum Compare {
    /// It is there and not null.
    There,
    /// It says this; `*` stands for anything. Case does not count.
    Like(String),
    /// It matches.
    Matches(Regex),
    /// It is a number on this side.
    Than(std::cmp::Ordering, bool, f64),
}

/// A condition on a field: `level=error`, `status>=500`, `user.name~^adm`, `error`, any of them after a `-`.
#[derive(Clone, Debug)]
pub struct Condition {
    path: String,
    compare: Compare,
    negated: bool,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (negated, text) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let at = text.find(['=', '~', '<', '>', '!']);
        let (path, rest) = text.split_at(at.unwrap_or(text.len()));
        let path = path.trim().trim_start_matches("$.").to_owned();
        if path.is_empty() {
            return Err(format!(
                "`{text}` names no field; write level=error, status>=500 or user~^adm"
            ));
        }
        let number = |text: &str| {
            text.trim()
                .parse::<f64>()
                .map_err(|_| format!("`{}` is not a number to compare {path} with", text.trim()))
        };
        use std::cmp::Ordering::{Greater, Less};
        let (compare, not) = if rest.is_empty() {
            (Compare::There, false)
        } else if let Some(than) = rest.strip_prefix(">=") {
            (Compare::Than(Greater, true, number(than)?), false)
        } else if let Some(than) = rest.strip_prefix("<=") {
            (Compare::Than(Less, true, number(than)?), false)
        } else if let Some(than) = rest.strip_prefix('>') {
            (Compare::Than(Greater, false, number(than)?), false)
        } else if let Some(than) = rest.strip_prefix('<') {
            (Compare::Than(Less, false, number(than)?), false)
        } else if let Some(pattern) = rest.strip_prefix('~') {
            let regex = Regex::new(pattern)
                .map_err(|why| format!("`{pattern}` is no regular expression: {}", reason(&why)))?;
            (Compare::Matches(regex), false)
        } else if let Some(like) = rest.strip_prefix("!=") {
            (Compare::Like(like.trim().to_lowercase()), true)
        } else if let Some(like) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
            (Compare::Like(like.trim().to_lowercase()), false)
        } else {
            return Err(format!(
                "`{text}` is no condition; write level=error, status>=500 or user~^adm"
            ));
        };
        Ok(Self {
            path,
            compare,
            negated: negated != not,
        })
    }

    /// Whether a line fulfils it. A line without the field, or that is no JSON, only fulfils a negated condition.
    #[must_use]
    pub fn holds(&self, line: &[u8]) -> bool {
        self.is_true(line) != self.negated
    }

    fn is_true(&self, line: &[u8]) -> bool {
        // Most lines are told without reading them: the last name of the path has to be in the line.
        let name = self
            .path
            .rsplit('.')
            .find(|part| part.parse::<usize>().is_err());
        if name.is_some_and(|name| memchr::memmem::find(line, name.as_bytes()).is_none()) {
            return false;
        }
        let Some(value) = part(line).and_then(|json| get(json, &self.path)) else {
            return false;
        };
        match &self.compare {
            Compare::There => value != Value::Bare("null"),
            Compare::Like(like) => glob(like, &value.text().to_lowercase()),
            Compare::Matches(regex) => regex.is_match(&value.text()),
            Compare::Than(side, or_equal, than) => value.number().is_some_and(|number| {
                number
                    .partial_cmp(than)
                    .is_some_and(|order| order == *side || (*or_equal && order.is_eq()))
            }),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The last line of what the regex crate says: the reason, without the drawing of the pattern.
#[must_use]
pub fn reason(why: &regex::Error) -> String {
    let text = why.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// Whether a text is like a pattern in which `*` stands for any run of characters.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut rest = rest;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = br#"{"level":"ERROR","http":{"status":503,"path":"/pay"},"tags":["a",{"k":"v"}],"log.level":"warn","none":null}"#;

    fn holds(condition: &str) -> bool {
        Condition::parse(condition).unwrap().holds(LINE)
    }

    #[test]
    fn a_path_leads_through_objects_arrays_and_names_with_dots() {
        let text = |path| get(LINE, path).map(|v| v.text().into_owned());
        assert_eq!(text("http.status").as_deref(), Some("503"));
        assert_eq!(text("tags.0").as_deref(), Some("a"));
        assert_eq!(text("tags.1.k").as_deref(), Some("v"));
        assert_eq!(text("log.level").as_deref(), Some("warn"));
        assert_eq!(
            text("http").as_deref(),
            Some(r#"{"status":503,"path":"/pay"}"#)
        );
        assert_eq!(text("tags.1").as_deref(), Some(r#"{"k":"v"}"#));
        for none in ["http.x", "tags.7", "status", "level.x", "tags.x"] {
            assert_eq!(text(none), None, "{none}");
        }
    }

    #[test]
    fn conditions_read_as_operators_write_them() {
        for yes in [
            "level=error",
            "level=ERR*",
            "http.status>=500",
            "http.status>502.5",
            "http.path~^/p",
            "$.http.status=503",
            "http",
            "-absent",
            "level!=info",
            "-level=info",
            "tags.1.k=v",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in [
            "level=err",
            "http.status<500",
            "none",
            "absent",
            "-level=error",
            "http.path~^pay",
            "level>3",
        ] {
            assert!(!holds(no), "{no}");
        }
        assert!(
            !Condition::parse("level=error")
                .unwrap()
                .holds(b"level=error")
        );
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for wrong in ["", "=x", "a>b", "a~(", "a!b", "-"] {
            assert!(Condition::parse(wrong).is_err(), "{wrong}");
        }
        assert!(
            Condition::parse("a~(")
                .unwrap_err()
                .contains("unclosed group")
        );
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, like) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("*b*", "abc", true),
            ("a*a", "a", false),
            ("ab", "abc", false),
            ("/aws/*/x", "/aws/lambda/x", true),
        ] {
            assert_eq!(glob(pattern, text), like, "{pattern} {text}");
        }
    }
}
