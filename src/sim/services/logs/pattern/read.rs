//! Reading a filter pattern.

use regex::Regex;

use super::{Comparison, Operand, Pattern, Step, Term, Test};
use serde_json::Value as Json;

/// Reads a pattern; what is wrong with it otherwise.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Pattern::Everything);
    }
    if let Some(inner) = text.strip_prefix('{') {
        let inner = inner.strip_suffix('}').ok_or("'}' is missing at the end")?;
        let mut reader = Reader { rest: inner };
        let test = reader.any()?;
        reader.skip();
        return if reader.rest.is_empty() {
            Ok(Pattern::Json(test))
        } else {
            Err(format!("'{}' is not understood", reader.rest))
        };
    }
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or("']' is missing at the end")?;
        return columns(inner);
    }
    terms(text)
}

fn terms(text: &str) -> Result<Pattern, String> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let list = match rest.chars().next() {
            Some('?') => {
                rest = &rest[1..];
                &mut any
            }
            Some('-') => {
                rest = &rest[1..];
                &mut none
            }
            _ => &mut all,
        };
        let term = match rest.chars().next() {
            Some('"') => {
                let (word, after) = quoted(&rest[1..], '"')?;
                rest = after;
                Term::Text(word)
            }
            Some('%') => {
                let (word, after) = quoted(&rest[1..], '%')?;
                rest = after;
                Term::Regex(regex(&word)?)
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let word = &rest[..end];
                let is_plain = |c: char| c.is_alphanumeric() || c == '_';
                if word.is_empty() || !word.chars().all(is_plain) {
                    return Err(format!(
                        "'{word}' has other characters than letters and digits and must stand in quotes"
                    ));
                }
                rest = &rest[end..];
                Term::Text(word.to_owned())
            }
        };
        list.push(term);
        rest = rest.trim_start();
    }
    Ok(Pattern::Terms { all, any, none })
}

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|_| format!("'{text}' is not a regular expression"))
}

/// A text up to this character, and what comes behind it. A backslash takes the next character as it is.
fn quoted(text: &str, end: char) -> Result<(String, &str), String> {
    let mut word = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == end {
            return Ok((word, &text[at + c.len_utf8()..]));
        }
        if c == '\\' && end == '"' {
            word.extend(chars.next().map(|(_, c)| c));
        } else {
            word.push(c);
        }
    }
    Err(format!("{end} is missing at the end"))
}

/// Reads a condition on JSON.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Result<Test, String> {
        let mut test = self.all()?;
        while self.takes("||") {
            test = Test::Or(Box::new(test), Box::new(self.all()?));
        }
        Ok(test)
    }

    fn all(&mut self) -> Result<Test, String> {
        let mut test = self.one()?;
        while self.takes("&&") {
            test = Test::And(Box::new(test), Box::new(self.one()?));
        }
        Ok(test)
    }

    fn one(&mut self) -> Result<Test, String> {
        if self.takes("(") {
            let test = self.any()?;
            return if self.takes(")") {
                Ok(test)
            } else {
                Err("')' is missing".to_owned())
            };
        }
        let path = self.path()?;
        for (words, test) in [
            ("IS NULL", Json::Null),
            ("IS TRUE", Json::Bool(true)),
            ("IS FALSE", Json::Bool(false)),
        ] {
            if self.takes(words) {
                return Ok(Test::Is(path, test));
            }
        }
        if self.takes("NOT EXISTS") {
            return Ok(Test::Absent(path));
        }
        let comparison = self.comparison()?;
        Ok(Test::Compare(path, comparison, self.operand()?))
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        for (token, comparison) in COMPARISONS {
            if self.takes(token) {
                return Ok(*comparison);
            }
        }
        Err(format!("no comparison before '{}'", self.rest))
    }

    fn path(&mut self) -> Result<Vec<Step>, String> {
        if !self.takes("$") {
            return Err(format!("'{}' does not begin with $", self.rest));
        }
        let mut path = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || "_-@".contains(c)))
                    .unwrap_or(rest.len());
                if end == 0 {
                    return Err("a name is missing after '.'".to_owned());
                }
                path.push(Step::Member(rest[..end].to_owned()));
                self.rest = &rest[end..];
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (inner, after) = rest.split_once(']').ok_or("']' is missing")?;
                path.push(match inner {
                    "*" => Step::Item(None),
                    number => Step::Item(Some(
                        number
                            .parse()
                            .map_err(|_| format!("'{number}' is not a number"))?,
                    )),
                });
                self.rest = after;
            } else {
                return if path.is_empty() {
                    Err("nothing stands behind $".to_owned())
                } else {
                    Ok(path)
                };
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.skip();
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (word, after) = quoted(rest, '"')?;
            self.rest = &self.rest[self.rest.len() - after.len()..];
            return Ok(Operand::Text(word));
        }
        if let Some(rest) = self.rest.strip_prefix('%') {
            let (word, after) = quoted(rest, '%')?;
            self.rest = &self.rest[self.rest.len() - after.len()..];
            return Ok(Operand::Regex(regex(&word)?));
        }
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || ")&|".contains(c))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.rest = &self.rest[end..];
        if word.is_empty() {
            return Err("a value is missing".to_owned());
        }
        Ok(operand(word))
    }
}

/// Longer ones first.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("!=", Comparison::IsNot),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("=", Comparison::Is),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

fn operand(word: &str) -> Operand {
    word.parse()
        .map_or_else(|_| Operand::Text(word.to_owned()), Operand::Number)
}

fn columns(text: &str) -> Result<Pattern, String> {
    let mut wanted = Vec::new();
    for column in text.split(',').map(str::trim) {
        if column == "..." {
            wanted.push(None);
            continue;
        }
        let mut tests = Vec::new();
        for test in column.split("&&").map(str::trim) {
            let found = COMPARISONS
                .iter()
                .filter_map(|(token, comparison)| {
                    test.find(token).map(|at| (at, token.len(), *comparison))
                })
                .min_by_key(|(at, len, _)| (*at, std::cmp::Reverse(*len)));
            let Some((at, len, comparison)) = found else {
                continue;
            };
            let value = test[at + len..].trim();
            let value = match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
                Some(text) => Operand::Text(text.to_owned()),
                None => match value.strip_prefix('%').and_then(|v| v.strip_suffix('%')) {
                    Some(text) => Operand::Regex(regex(text)?),
                    None if value.is_empty() => {
                        return Err(format!("a value is missing in '{test}'"));
                    }
                    None => operand(value),
                },
            };
            tests.push((comparison, value));
        }
        wanted.push(Some(tests));
    }
    if wanted.iter().filter(|column| column.is_none()).count() > 1 {
        return Err("'...' stands twice".to_owned());
    }
    Ok(Pattern::Columns(wanted))
}
