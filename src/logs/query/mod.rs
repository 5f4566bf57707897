//! Answers of Logs Insights: what queries in several accounts and regions found, in one table.
//!
//! ```text
//! reader ─ Heard ─► Answer { parts, rows } ─► columns, order, chart ─► `noctop query`, the pane
//! ```

mod chart;
pub mod library;
pub mod words;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Fault, Scope};

pub use chart::{Chart, Point};

/// The longest query that CloudWatch Logs takes, in characters. From the model of `StartQuery`.
pub const QUERY_MAX: usize = 10_000;
/// The rows that CloudWatch Logs gives of a query that has no limit. From the user guide, "limit".
pub const ROWS_MAX: usize = 10_000;
/// The column of the account, where several were asked.
pub const ACCOUNT: &str = "account";
/// The column of the region, where several were asked.
pub const REGION: &str = "region";
/// What names an event for `GetLogRecord`; no operator reads it.
const POINTER: &str = "@ptr";

/// What a query has read so far, as CloudWatch Logs counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Events that the query is about.
    pub matched: f64,
    /// Events that were read.
    pub scanned: f64,
    /// Bytes that were read. They are billed.
    pub bytes: f64,
}

/// How far a part is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Standing {
    /// It has not begun.
    #[default]
    Waiting,
    /// It is under way.
    Running,
    /// Its rows are whole.
    Complete,
    /// It was stopped before its end.
    Stopped,
    /// Nothing or not everything could be read.
    Failed(Fault),
}

impl Standing {
    /// Whether nothing more comes.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }

    /// One word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }
}

/// One account and region, or fifty groups of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where.
    pub scope: Scope,
    /// What operators call the account.
    pub account: Arc<str>,
    /// How many groups are read.
    pub groups: usize,
    /// How far it is.
    pub standing: Standing,
    /// What it has read.
    pub statistics: Statistics,
}

/// Names and values of a row, as they came.
pub type Found = Vec<(Arc<str>, Arc<str>)>;

/// What is heard of a part.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Which part, by its place.
    pub part: usize,
    /// How far it is.
    pub standing: Standing,
    /// What it has read.
    pub statistics: Statistics,
    /// Its rows by now, in place of those before; none where they are the same.
    pub rows: Option<Vec<Found>>,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The part it came from, by its place.
    pub part: usize,
    /// A value for each column.
    pub cells: Vec<Option<Arc<str>>>,
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    parts: Vec<Part>,
    rows: Vec<Row>,
    columns: Vec<Arc<str>>,
    order: Option<Order>,
    limit: Option<usize>,
    /// Whether the rows of several parts stand in an order of their own, so that a limit may cut them.
    is_merged: bool,
}

/// What the query itself sorts by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    column: String,
    falls: bool,
}

impl Order {
    /// The first of the columns that a `sort` names.
    fn read(text: &str) -> Option<Self> {
        let first = text.split(',').next()?.trim();
        let mut words = first.split_whitespace();
        let column = words.next()?.trim_matches('`').to_owned();
        let falls = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("desc"));
        Some(Self { column, falls })
    }
}

impl Answer {
    /// An answer to this query, before anything is known.
    #[must_use]
    pub fn new(query: &str, parts: Vec<Part>) -> Self {
        let (mut order, mut limit) = (None, None);
        for range in words::commands(query).into_iter().rev() {
            let command = query[range].trim_start_matches('|').trim();
            let (verb, rest) = command
                .split_once(char::is_whitespace)
                .unwrap_or((command, ""));
            match verb.to_ascii_lowercase().as_str() {
                // What stands before it says nothing about its rows.
                "stats" => break,
                "sort" if order.is_none() => order = Order::read(rest),
                "limit" | "head" if limit.is_none() => limit = rest.trim().parse().ok(),
                _ => {}
            }
        }
        Self {
            columns: columns(&parts),
            rows: Vec::new(),
            parts,
            order,
            limit,
            is_merged: false,
        }
    }

    /// Takes in what is heard of a part.
    pub fn hear(&mut self, heard: Heard) {
        let Some(part) = self.parts.get_mut(heard.part) else {
            return;
        };
        part.standing = heard.standing;
        part.statistics = heard.statistics;
        let Some(found) = heard.rows else {
            return;
        };
        self.rows.retain(|row| row.part != heard.part);
        if self.rows.is_empty() {
            self.columns = columns(&self.parts);
        }
        let mut places: HashMap<Arc<str>, usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(n, name)| (name.clone(), n))
            .collect();
        for cells in found {
            self.rows.push(row(
                heard.part,
                &self.parts,
                cells,
                &mut self.columns,
                &mut places,
            ));
        }
        let width = self.columns.len();
        for row in &mut self.rows {
            row.cells.resize(width, None);
        }
        self.merge();
    }

    /// How a part stands from here on, with the rows that it has.
    pub fn stand(&mut self, part: usize, standing: Standing) {
        if let Some(part) = self.parts.get_mut(part) {
            part.standing = standing;
        }
    }

    /// Puts the rows of several parts in the order that the query asks for, and cuts them where it does.
    fn merge(&mut self) {
        if self.parts.len() < 2 {
            return;
        }
        let named = |name: &str| self.columns.iter().position(|column| **column == *name);
        let by = match &self.order {
            Some(order) => named(&order.column).map(|column| (column, order.falls)),
            None => {
                let moment = named("@timestamp").or_else(|| {
                    self.columns
                        .iter()
                        .position(|name| name.starts_with("bin("))
                });
                moment.map(|column| (column, true))
            }
        };
        self.is_merged = by.is_some();
        match by {
            Some((column, falls)) => self.rows.sort_by(|a, b| {
                let order = compare(a.cells[column].as_deref(), b.cells[column].as_deref());
                let order = if falls { order.reverse() } else { order };
                order.then(a.part.cmp(&b.part))
            }),
            None => self.rows.sort_by_key(|row| row.part),
        }
    }

    /// The parts, in the order of their places.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    /// The rows. Where several parts were asked and the query has a limit, it counts for all of them together; but not
    /// where what the query sorts by is not shown: then nobody can tell which rows come first, and each part has its own.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        let limit = self.limit.filter(|_| self.is_merged);
        &self.rows[..limit.unwrap_or(usize::MAX).min(self.rows.len())]
    }

    /// The parts of which AWS gave no more than so many rows although nobody asked for a limit.
    #[must_use]
    pub fn cut(&self) -> usize {
        if self.limit.is_some() {
            return 0;
        }
        let rows = |part| self.rows.iter().filter(|row| row.part == part).count();
        (0..self.parts.len())
            .filter(|part| rows(*part) >= ROWS_MAX)
            .count()
    }

    /// Whether nothing more comes.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.parts.iter().all(|part| part.standing.is_over())
    }

    /// Whether every part is whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let complete = |part: &Part| part.standing == Standing::Complete;
        self.parts.iter().all(complete)
    }

    /// What is wrong with the query itself, where CloudWatch Logs understood it nowhere.
    #[must_use]
    pub fn malformed(&self) -> Option<&Fault> {
        let wrong = |part: &Part| match &part.standing {
            Standing::Failed(fault) => fault.code.as_deref() == Some("MalformedQueryException"),
            _ => false,
        };
        let first = self.parts.first()?;
        match &first.standing {
            Standing::Failed(fault) if self.parts.iter().all(wrong) => Some(fault),
            _ => None,
        }
    }

    /// What all parts have read together.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        for part in &self.parts {
            all.matched += part.statistics.matched;
            all.scanned += part.statistics.scanned;
            all.bytes += part.statistics.bytes;
        }
        all
    }

    /// How much there is over time, where the query counts by time.
    #[must_use]
    pub fn chart(&self) -> Option<Chart> {
        Chart::of(self)
    }
}

fn columns(parts: &[Part]) -> Vec<Arc<str>> {
    if parts.len() > 1 {
        vec![ACCOUNT.into(), REGION.into()]
    } else {
        Vec::new()
    }
}

/// A row of the table out of a row as it came. A column that nobody had before stands behind the one that came before it.
fn row(
    part: usize,
    parts: &[Part],
    found: Found,
    columns: &mut Vec<Arc<str>>,
    places: &mut HashMap<Arc<str>, usize>,
) -> Row {
    let mut cells = vec![None; columns.len()];
    if parts.len() > 1
        && let Some(from) = parts.get(part)
    {
        cells[0] = Some(from.account.clone());
        cells[1] = Some(from.scope.region.as_str().into());
    }
    for (name, value) in found {
        if &*name == POINTER {
            continue;
        }
        let place = *places.entry(name.clone()).or_insert_with(|| {
            columns.push(name);
            columns.len() - 1
        });
        if place >= cells.len() {
            cells.resize(place + 1, None);
        }
        cells[place] = Some(value);
    }
    Row { part, cells }
}

/// Numbers by their size, others by their letters; nothing comes first.
#[must_use]
pub fn compare(one: Option<&str>, other: Option<&str>) -> Ordering {
    match (one, other) {
        (Some(a), Some(b)) => match (number(a), number(b)) {
            (Some(x), Some(y)) => x.total_cmp(&y),
            _ => a.cmp(b),
        },
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// The number that a text is, if it is one.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let first = text.trim_start().bytes().next()?;
    (first.is_ascii_digit() || matches!(first, b'-' | b'.'))
        .then(|| text.trim().parse().ok())
        .flatten()
        .filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(account: &str) -> Part {
        Part {
            scope: Scope {
                account: account.parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            account: account.into(),
            groups: 1,
            standing: Standing::Waiting,
            statistics: Statistics::default(),
        }
    }

    fn found(cells: &[(&str, &str)]) -> Found {
        cells
            .iter()
            .map(|(a, b)| ((*a).into(), (*b).into()))
            .collect()
    }

    fn heard(part: usize, rows: Vec<Found>) -> Heard {
        Heard {
            part,
            standing: Standing::Complete,
            statistics: Statistics::default(),
            rows: Some(rows),
        }
    }

    fn shown(answer: &Answer) -> Vec<Vec<&str>> {
        let cell = |cell: &Option<Arc<str>>| cell.as_deref().unwrap_or("-").to_owned();
        answer
            .rows()
            .iter()
            .map(|row| row.cells.iter().map(|c| &*cell(c).leak()).collect())
            .collect()
    }

    #[test]
    fn one_account_is_shown_as_it_answers() {
        let mut answer = Answer::new("stats count(*) by x", vec![part("111111111111")]);
        answer.hear(heard(
            0,
            vec![
                found(&[("x", "b"), ("count(*)", "2"), ("@ptr", "p")]),
                found(&[("count(*)", "1")]),
            ],
        ));
        assert_eq!(answer.columns(), ["x".into(), "count(*)".into()]);
        assert_eq!(shown(&answer), [["b", "2"], ["-", "1"]]);
        assert!(answer.is_complete());
    }

    #[test]
    fn several_accounts_are_merged_in_the_order_that_the_query_asks_for() {
        let parts = || vec![part("111111111111"), part("222222222222")];
        let query = "stats sum(bytes) as b by ip | sort b desc | limit 3";
        let mut answer = Answer::new(query, parts());
        answer.hear(heard(
            1,
            vec![
                found(&[("ip", "y"), ("b", "100")]),
                found(&[("ip", "z"), ("b", "3")]),
            ],
        ));
        answer.hear(heard(
            0,
            vec![
                found(&[("ip", "x"), ("b", "20")]),
                found(&[("ip", "w"), ("b", "4")]),
            ],
        ));
        let (one, two, region) = ("111111111111", "222222222222", "eu-west-1");
        assert_eq!(
            shown(&answer),
            [
                [two, region, "y", "100"],
                [one, region, "x", "20"],
                [one, region, "w", "4"],
            ]
        );
        // What comes later takes the place of what came before.
        answer.hear(heard(1, vec![]));
        assert_eq!(answer.rows().len(), 2);
    }

    #[test]
    fn a_limit_hides_no_account_where_the_order_is_not_shown() {
        let parts = || vec![part("111111111111"), part("222222222222")];
        let both = |query: &str, cells: &[(&str, &str)]| {
            let mut answer = Answer::new(query, parts());
            answer.hear(heard(0, vec![found(cells)]));
            answer.hear(heard(1, vec![found(cells)]));
            answer.rows().len()
        };
        // The moment that it sorts by is not among the columns.
        let lines = "fields @message | sort @timestamp desc | limit 1";
        assert_eq!(both(lines, &[("@message", "x")]), 2);
        // Before `stats` a limit is about other rows, and a bar in quotes divides nothing.
        let counted = "limit 1 | stats count(*) as n by x | sort n";
        assert_eq!(both(counted, &[("x", "a"), ("n", "1")]), 2);
        let quoted = "filter a like /x | limit 1 |/ or b = \"| limit 1\" | sort n";
        assert_eq!(both(quoted, &[("n", "1")]), 2);
        assert_eq!(
            both("limit 1", &[("@timestamp", "2026-11-27 10:00:00.000")]),
            1
        );
    }

    #[test]
    fn what_aws_cut_by_itself_is_known() {
        let mut answer = Answer::new("fields @message", vec![part("111111111111")]);
        answer.hear(heard(0, vec![found(&[("@message", "x")]); ROWS_MAX]));
        assert_eq!(answer.cut(), 1);
        answer.hear(heard(0, vec![found(&[("@message", "x")]); ROWS_MAX - 1]));
        assert_eq!(answer.cut(), 0);
    }

    #[test]
    fn lines_are_merged_by_time_where_nothing_else_is_said() {
        let mut answer = Answer::new(
            "fields @timestamp",
            vec![part("111111111111"), part("222222222222")],
        );
        answer.hear(heard(
            0,
            vec![found(&[("@timestamp", "2026-11-27 10:00:00.000")])],
        ));
        answer.hear(heard(
            1,
            vec![found(&[("@timestamp", "2026-11-27 10:00:01.000")])],
        ));
        let parts: Vec<usize> = answer.rows().iter().map(|row| row.part).collect();
        assert_eq!(parts, [1, 0]);
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(compare(Some("9"), Some("10")), Ordering::Less);
        assert_eq!(compare(Some("a9"), Some("a10")), Ordering::Greater);
        assert_eq!(compare(None, Some("-1")), Ordering::Less);
        // Words that a parser of numbers would take.
        assert_eq!(number("inf"), None);
        assert_eq!(number("NaN"), None);
    }
}
