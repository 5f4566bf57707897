//! Filter patterns: terms, JSON selectors, and columns divided by spaces, as the user guide of CloudWatch Logs has them.
//!
//! ```text
//! ERROR -timeout "two words" %\d{3}%        terms
//! ?ERROR ?WARN                              any of these
//! { $.level = "error" && $.http.status >= 500 }
//! [ip, user, ..., status = 5*, bytes > 1000]
//! ```

mod read;

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
        read::pattern(text)
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
