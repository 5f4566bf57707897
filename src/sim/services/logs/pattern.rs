//! Filter patterns: terms, JSON selectors, and columns divided by spaces, as the user guide of CloudWatch Logs has them.
//!
//! ```text
//! ERROR -timeout "two words" %\d{3}%        terms
//! ?ERROR ?WARN                              any of these
//! { $.level = "error" && $.http.status >= 500 }
//! [ip, user, ..., status = 5*, bytes > 1000]
//! ```

use regex::Regex;
use serde_json::Value as Json;

/// A filter pattern. The empty one fits everything.
#[derive(Clone, Debug, Default)]
pub enum Pattern {
    /// Everything fits.
    #[default]
    Everything,
    /// Terms in the text.
    Terms {
        /// All of these.
        all: Vec<Term>,
        /// One of these, unless something stands in `all`, which makes CloudWatch Logs ignore them.
        any: Vec<Term>,
        /// None of these.
        none: Vec<Term>,
    },
    /// A condition on a JSON object.
    Json(Test),
    /// Conditions on columns; `None` stands for any number of them.
    Columns(Vec<Option<Vec<(Comparison, Operand)>>>),
}

/// Something that stands in a text.
#[derive(Clone, Debug)]
pub enum Term {
    /// These characters.
    Text(String),
    /// A regular expression.
    Regex(Regex),
}

impl Term {
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Text(term) => text.contains(term.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A condition on a JSON object.
#[derive(Clone, Debug)]
pub enum Test {
    /// Both.
    And(Box<Test>, Box<Test>),
    /// One of them, or both.
    Or(Box<Test>, Box<Test>),
    /// A field in comparison with something.
    Compare(Vec<Step>, Comparison, Operand),
    /// `IS NULL`, `IS TRUE`, `IS FALSE`.
    Is(Vec<Step>, Json),
    /// `NOT EXISTS`.
    Absent(Vec<Step>),
}

/// A step into a JSON value.
#[derive(Clone, Debug)]
pub enum Step {
    /// A member.
    Member(String),
    /// An item; `None` stands for any.
    Item(Option<usize>),
}

/// How two things are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// What something is compared with.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A number.
    Number(f64),
    /// A text, with `*` for anything.
    Text(String),
    /// A regular expression.
    Regex(Regex),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Everything);
        }
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner.strip_suffix('}').ok_or("'}' is missing at the end")?;
            let mut reader = Reader { rest: inner };
            let test = reader.any()?;
            reader.skip();
            return if reader.rest.is_empty() {
                Ok(Self::Json(test))
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

    /// Whether a line fits.
    pub fn fits(&self, line: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Terms { all, any, none } => {
                let in_line = |term: &Term| term.is_in(line);
                all.iter().all(in_line)
                    && (!all.is_empty() || any.is_empty() || any.iter().any(in_line))
                    && !none.iter().any(in_line)
            }
            Self::Json(test) => {
                line.trim_start().starts_with('{')
                    && serde_json::from_str::<Json>(line).is_ok_and(|json| test.holds(&json))
            }
            Self::Columns(wanted) => fits_columns(wanted, &split(line)),
        }
    }
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

impl Test {
    fn holds(&self, json: &Json) -> bool {
        match self {
            Self::And(a, b) => a.holds(json) && b.holds(json),
            Self::Or(a, b) => a.holds(json) || b.holds(json),
            Self::Absent(path) => reached(json, path).is_empty(),
            Self::Is(path, wanted) => reached(json, path).contains(&wanted),
            Self::Compare(path, comparison, operand) => reached(json, path)
                .into_iter()
                .any(|value| compares(value, *comparison, operand)),
        }
    }
}

fn reached<'a>(json: &'a Json, path: &[Step]) -> Vec<&'a Json> {
    let mut here = vec![json];
    for step in path {
        here = here
            .into_iter()
            .flat_map(|value| match step {
                Step::Member(name) => value.get(name).into_iter().collect(),
                Step::Item(Some(n)) => value.get(n).into_iter().collect(),
                Step::Item(None) => value
                    .as_array()
                    .map_or_else(Vec::new, |items| items.iter().collect()),
            })
            .collect();
    }
    here
}

fn compares(value: &Json, comparison: Comparison, operand: &Operand) -> bool {
    match (value, operand) {
        (Json::Number(number), Operand::Number(wanted)) => number
            .as_f64()
            .is_some_and(|number| holds(number, comparison, *wanted)),
        (Json::String(text), _) => compares_text(text, comparison, operand),
        _ => false,
    }
}

#[expect(
    clippy::float_cmp,
    reason = "a number that was written is compared with one that was written"
)]
fn holds(number: f64, comparison: Comparison, wanted: f64) -> bool {
    match comparison {
        Comparison::Is => number == wanted,
        Comparison::IsNot => number != wanted,
        Comparison::Below => number < wanted,
        Comparison::AtMost => number <= wanted,
        Comparison::Above => number > wanted,
        Comparison::AtLeast => number >= wanted,
    }
}

fn compares_text(text: &str, comparison: Comparison, operand: &Operand) -> bool {
    match operand {
        Operand::Number(wanted) => text
            .parse()
            .is_ok_and(|number: f64| holds(number, comparison, *wanted)),
        Operand::Regex(regex) => regex.is_match(text) == (comparison == Comparison::Is),
        Operand::Text(wanted) => match comparison {
            Comparison::Is => crate::sim::scenario::matches(wanted, text),
            Comparison::IsNot => !crate::sim::scenario::matches(wanted, text),
            _ => false,
        },
    }
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

/// The columns of a line: divided by spaces, except in quotes and brackets.
fn split(line: &str) -> Vec<&str> {
    let mut columns = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some('"') => rest[1..].find('"').map(|at| (1, at + 1, at + 2)),
            Some('[') => rest[1..].find(']').map(|at| (1, at + 1, at + 2)),
            _ => None,
        };
        let (from, to, next) = end.unwrap_or_else(|| {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (0, end, end)
        });
        columns.push(&rest[from..to]);
        rest = rest[next..].trim_start();
    }
    columns
}

fn fits_columns(wanted: &[Option<Vec<(Comparison, Operand)>>], columns: &[&str]) -> bool {
    let open = wanted.iter().position(Option::is_none);
    let pairs: Vec<(&Option<Vec<_>>, &str)> = match open {
        None if wanted.len() != columns.len() => return false,
        None => wanted.iter().zip(columns.iter().copied()).collect(),
        Some(at) => {
            let behind = wanted.len() - at - 1;
            if columns.len() < at + behind {
                return false;
            }
            let first = wanted[..at].iter().zip(columns.iter().copied());
            let last = wanted[at + 1..]
                .iter()
                .zip(columns[columns.len() - behind..].iter().copied());
            first.chain(last).collect()
        }
    };
    pairs.into_iter().all(|(tests, column)| {
        tests
            .iter()
            .flatten()
            .all(|(comparison, operand)| compares_text(column, *comparison, operand))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, line: &str) -> bool {
        Pattern::parse(pattern).unwrap().fits(line)
    }

    #[test]
    fn terms_are_all_there_and_none_of_the_excluded() {
        assert!(fits("", "anything"));
        assert!(fits("ERROR 400", "[ERROR 400] BAD REQUEST"));
        assert!(!fits("ERROR -timeout", "ERROR timeout"));
        assert!(fits("?ERROR ?WARN", "WARN x") && !fits("?ERROR ?WARN", "INFO x"));
        assert!(fits(r#""two words""#, "two words") && !fits(r#""two words""#, "two other words"));
        assert!(fits(r"%5\d\d%", "status 503") && !fits(r"%5\d\d%", "status 403"));
    }

    #[test]
    fn fields_of_json_are_compared() {
        let line =
            r#"{"level":"error","http":{"status":503,"ok":false},"tags":["a","b"],"gone":null}"#;
        for yes in [
            r#"{ $.level = "error" }"#,
            "{ $.level = err* }",
            "{ $.http.status >= 500 && $.http.status < 600 }",
            "{ $.http.ok IS FALSE }",
            "{ $.gone IS NULL }",
            "{ $.nothing NOT EXISTS }",
            r#"{ $.tags[1] = "b" }"#,
            r#"{ ($.level = "x") || ($.tags[*] = "a") }"#,
            "{ $.level = %^err% }",
            r#"{ $.level != "info" }"#,
        ] {
            assert!(fits(yes, line), "{yes}");
        }
        for no in [
            r#"{ $.level = "info" }"#,
            "{ $.http.status < 500 }",
            "{ $.nothing = 1 }",
            "{ $.level NOT EXISTS }",
        ] {
            assert!(!fits(no, line), "{no}");
        }
        assert!(!fits("{ $.level = error }", "no json"));
    }

    #[test]
    fn columns_are_counted_from_both_ends() {
        let line = r#"192.0.2.7 - ana [10/Oct/2026:13:55:36 +0000] "GET /x HTTP/1.1" 503 2326"#;
        assert!(fits(
            "[ip, id, user, time, request, status = 5*, bytes > 1000]",
            line
        ));
        assert!(fits("[ip, ..., status = 503, bytes]", line) && !fits("[ip, status]", line));
        assert!(!fits("[..., status = 4*, bytes]", line));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for wrong in [
            "{ $.a = 1",
            "{ a = 1 }",
            "[a",
            r#""open"#,
            "a/b",
            "%(%",
            "[a, ..., b, ...]",
        ] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
