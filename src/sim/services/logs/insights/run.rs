//! A run of a query: events go in, in any order, and rows come out at any time.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde_json::Value as Json;

use super::language::{Command, Expr, Function, Named};
use super::value::{Fields, Value, member, taken};
use crate::sim::services::logs::events::Event;

/// So many rows are kept for a query that does not calculate; the newest, which are read first.
const ROWS: usize = 100_000;
/// A query without a limit shows so many. From the user guide, "limit".
const SHOWN: usize = 10_000;

/// A row on its way: an event, or what was calculated, with what the commands added.
#[derive(Clone, Debug, Default)]
struct Row {
    event: Option<Arc<Read>>,
    added: Vec<(Arc<str>, Value)>,
}

/// An event that is looked into.
#[derive(Debug)]
struct Read {
    event: Event,
    log: Arc<str>,
    json: OnceLock<Option<Json>>,
    columns: OnceLock<Vec<(&'static str, Value)>>,
}

impl Fields for Row {
    fn field(&self, name: &str) -> Value {
        if let Some((_, value)) = self.added.iter().rev().find(|(added, _)| **added == *name) {
            return value.clone();
        }
        self.event
            .as_ref()
            .map_or(Value::Null, |event| event.field(name))
    }
}

impl Read {
    fn field(&self, name: &str) -> Value {
        match name {
            "@timestamp" => Value::Time(self.event.at()),
            "@ingestionTime" => Value::Time(self.event.ingested),
            "@message" => Value::Text(self.event.text.clone()),
            "@logStream" => Value::Text(self.event.stream().clone()),
            "@log" => Value::Text(self.log.clone()),
            "@ptr" => Value::Text(format!("{}/{}", self.log, self.event.id()).into()),
            _ => {
                let json = self.json.get_or_init(|| {
                    let text = self.event.text.trim_start();
                    text.starts_with('{')
                        .then(|| serde_json::from_str(text).ok())
                        .flatten()
                });
                if let Some(json) = json {
                    return member(json, name);
                }
                let columns = self.columns.get_or_init(|| discovered(&self.event.text));
                columns
                    .iter()
                    .find(|(column, _)| *column == name)
                    .map_or(Value::Null, |(_, value)| value.clone())
            }
        }
    }
}

const FLOW: [&str; 14] = [
    "version",
    "accountId",
    "interfaceId",
    "srcAddr",
    "dstAddr",
    "srcPort",
    "dstPort",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "logStatus",
];

/// The fields that Logs Insights finds in the lines of Lambda and of flow logs. From the user guide, "Supported logs and
/// discovered fields".
fn discovered(text: &str) -> Vec<(&'static str, Value)> {
    static LAMBDA: OnceLock<Option<Regex>> = OnceLock::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() == FLOW.len() && matches!(words[13], "OK" | "NODATA" | "SKIPDATA") {
        let values = words.iter().map(|word| Value::Text((*word).into()));
        return FLOW.into_iter().zip(values).collect();
    }
    let lambda = LAMBDA.get_or_init(|| {
        Regex::new(
            r"^(?P<type>START|END|REPORT) RequestId: (?P<id>[0-9a-f-]+)(?:.*?\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>[\d.]+) ms\tMemory Size: (?P<memory>\d+) MB\tMax Memory Used: (?P<used>\d+) MB)?(?:.*?Init Duration: (?P<init>[\d.]+) ms)?",
        )
        .ok()
    });
    let Some(found) = lambda.as_ref().and_then(|regex| regex.captures(text)) else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    for (field, group, times) in [
        ("@type", "type", None),
        ("@requestId", "id", None),
        ("@duration", "duration", Some(1.0)),
        ("@billedDuration", "billed", Some(1.0)),
        ("@memorySize", "memory", Some(1e6)),
        ("@maxMemoryUsed", "used", Some(1e6)),
        ("@initDuration", "init", Some(1.0)),
    ] {
        let Some(part) = found.name(group) else {
            continue;
        };
        let value = match times {
            None => Value::Text(part.as_str().into()),
            Some(times) => part
                .as_str()
                .parse::<f64>()
                .map_or(Value::Null, |n| Value::Number(n * times)),
        };
        fields.push((field, value));
    }
    fields
}

/// A query that events are put into.
#[derive(Debug)]
pub struct Run {
    commands: Vec<Command>,
    /// How many commands are carried out for each event by itself.
    alone: usize,
    groups: Groups,
    rows: Vec<Row>,
    limit: usize,
    /// Events that went in, and those of them that the query is about.
    pub scanned: u64,
    /// See there.
    pub matched: u64,
    /// The bytes of what went in.
    pub bytes: u64,
}

impl Run {
    /// A run of these commands.
    pub fn new(commands: Vec<Command>, limit: Option<usize>) -> Self {
        let alone = commands
            .iter()
            .take_while(|command| {
                matches!(
                    command,
                    Command::Fields(_)
                        | Command::Display(_)
                        | Command::Filter(_)
                        | Command::Parse { .. }
                )
            })
            .count();
        Self {
            alone,
            groups: Groups::default(),
            rows: Vec::new(),
            limit: limit.unwrap_or(SHOWN),
            scanned: 0,
            matched: 0,
            bytes: 0,
            commands,
        }
    }

    /// Takes an event in.
    pub fn put(&mut self, event: Event, log: &Arc<str>) {
        self.scanned += 1;
        self.bytes += event.text.len() as u64;
        let mut row = Row {
            event: Some(Arc::new(Read {
                event,
                log: log.clone(),
                json: OnceLock::new(),
                columns: OnceLock::new(),
            })),
            added: Vec::new(),
        };
        for command in &self.commands[..self.alone] {
            if !passes(command, &mut row) {
                return;
            }
        }
        self.matched += 1;
        match self.commands.get(self.alone) {
            Some(Command::Stats { functions, by }) => self.groups.put(functions, by, &row),
            _ if self.rows.len() < ROWS => self.rows.push(row),
            _ => {}
        }
    }

    /// The rows as they are by now: names and texts.
    pub fn rows(&self) -> Vec<Vec<(Arc<str>, Arc<str>)>> {
        let mut rest = &self.commands[self.alone..];
        let mut counted = None;
        let mut rows = match rest.first() {
            Some(Command::Stats { functions, by }) => {
                rest = &rest[1..];
                counted = Some(columns(functions, by));
                self.groups.rows(functions, by)
            }
            _ => self.rows.clone(),
        };
        let mut limited = false;
        let sorted = rest.iter().any(|c| matches!(c, Command::Sort(_)));
        if counted.is_none() && !sorted {
            let at = |row: &Row| row.field("@timestamp");
            rows.sort_by(|a, b| at(b).order(&at(a)));
        }
        for command in rest {
            match command {
                Command::Sort(by) => rows.sort_by(|a, b| order(by, a, b)),
                Command::Limit(most) => {
                    rows.truncate(*most);
                    limited = true;
                }
                Command::Dedup(by) => {
                    let mut seen = BTreeSet::new();
                    rows.retain(|row| {
                        let key: Vec<Arc<str>> = by.iter().map(|e| e.value(row).text()).collect();
                        seen.insert(key)
                    });
                }
                Command::Stats { functions, by } => {
                    let mut groups = Groups::default();
                    for row in &rows {
                        groups.put(functions, by, row);
                    }
                    counted = Some(columns(functions, by));
                    rows = groups.rows(functions, by);
                }
                command => rows.retain_mut(|row| passes(command, row)),
            }
        }
        if !limited {
            rows.truncate(self.limit);
        }
        let shown = self.shown(counted.as_deref());
        rows.iter()
            .map(|row| {
                let values = shown.iter().map(|name| (name.clone(), row.field(name)));
                values
                    .filter(|(_, value)| value.is_there())
                    .map(|(name, value)| (name, value.text()))
                    .collect()
            })
            .collect()
    }

    /// The columns: those of the last `display`, else what was calculated or named.
    fn shown(&self, counted: Option<&[Arc<str>]>) -> Vec<Arc<str>> {
        let mut shown: Vec<Arc<str>> = Vec::new();
        let mut add = |name: &str| {
            if !shown.iter().any(|other| **other == *name) {
                shown.push(name.into());
            }
        };
        let last =
            |command: &Command| matches!(command, Command::Display(_) | Command::Stats { .. });
        let from = self.commands.iter().rposition(last);
        match from.and_then(|at| self.commands.get(at)) {
            Some(Command::Display(named)) => named.iter().for_each(|one| add(&one.name)),
            _ => counted
                .unwrap_or_default()
                .iter()
                .for_each(|name| add(name)),
        }
        for command in &self.commands[from.map_or(0, |at| at + 1)..] {
            match command {
                Command::Fields(named) => named.iter().for_each(|one| add(&one.name)),
                Command::Parse { names, .. } => names.iter().for_each(|name| add(name)),
                _ => {}
            }
        }
        if counted.is_none() {
            if shown.is_empty() {
                shown = vec!["@timestamp".into(), "@message".into()];
            }
            shown.push("@ptr".into());
        }
        shown
    }
}

/// Carries a command out for one row; whether it goes on.
fn passes(command: &Command, row: &mut Row) -> bool {
    match command {
        Command::Fields(named) | Command::Display(named) => {
            for one in named {
                // A field that is only shown is there already.
                if !matches!(&one.expr, Expr::Field(name) if *name == one.name) {
                    let value = one.expr.value(row);
                    row.added.push((one.name.as_str().into(), value));
                }
            }
        }
        Command::Filter(test) => return test.value(row).holds(),
        Command::Parse { from, shape, names } => {
            let values = taken(shape, &from.value(row).text());
            let added = names
                .iter()
                .map(|name| Arc::from(name.as_str()))
                .zip(values);
            row.added.extend(added);
        }
        _ => {}
    }
    true
}

fn order(by: &[(Expr, bool)], one: &Row, other: &Row) -> Ordering {
    by.iter()
        .map(|(by, falls)| {
            let order = by.value(one).order(&by.value(other));
            if *falls { order.reverse() } else { order }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn columns(functions: &[(Function, String)], by: &[Named]) -> Vec<Arc<str>> {
    let by = by.iter().map(|one| Arc::from(one.name.as_str()));
    by.chain(functions.iter().map(|(_, name)| name.as_str().into()))
        .collect()
}

/// What `stats` calculates, for each different value of what it groups by.
#[derive(Debug, Default)]
struct Groups {
    by_key: HashMap<Vec<Arc<str>>, usize>,
    all: Vec<(Vec<Value>, Vec<Sum>)>,
}

impl Groups {
    fn put(&mut self, functions: &[(Function, String)], by: &[Named], row: &Row) {
        let values: Vec<Value> = by.iter().map(|one| one.expr.value(row)).collect();
        let key = values.iter().map(Value::text).collect();
        let next = self.all.len();
        let at = *self.by_key.entry(key).or_insert(next);
        if at == next {
            self.all
                .push((values, functions.iter().map(|_| Sum::default()).collect()));
        }
        let when = row.field("@timestamp");
        for (sum, (function, _)) in self.all[at].1.iter_mut().zip(functions) {
            sum.put(function, row, &when);
        }
    }

    /// In the order of what they are grouped by, moments falling.
    fn rows(&self, functions: &[(Function, String)], by: &[Named]) -> Vec<Row> {
        let mut all: Vec<&(Vec<Value>, Vec<Sum>)> = self.all.iter().collect();
        all.sort_by(|(one, _), (other, _)| {
            one.iter()
                .zip(other)
                .map(|(a, b)| match (a, b) {
                    (Value::Time(a), Value::Time(b)) => b.cmp(a),
                    _ => a.order(b),
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        all.into_iter()
            .map(|(values, sums)| {
                let by = by.iter().zip(values);
                let counted = functions.iter().zip(sums);
                Row {
                    event: None,
                    added: by
                        .map(|(one, value)| (Arc::from(one.name.as_str()), value.clone()))
                        .chain(counted.map(|((function, name), sum)| {
                            (Arc::from(name.as_str()), sum.value(function))
                        }))
                        .collect(),
                }
            })
            .collect()
    }
}

/// One calculation under way.
#[derive(Debug, Default)]
struct Sum {
    count: u64,
    sum: f64,
    squares: f64,
    least: Option<Value>,
    most: Option<Value>,
    different: BTreeSet<Arc<str>>,
    numbers: Vec<f64>,
    first: Option<(Value, Value)>,
    last: Option<(Value, Value)>,
}

impl Sum {
    fn put(&mut self, function: &Function, row: &Row, when: &Value) {
        let Some(of) = &function.of else {
            self.count += 1;
            return;
        };
        let value = of.value(row);
        if !value.is_there() {
            return;
        }
        match function.name.as_str() {
            "count" => self.count += 1,
            "count_distinct" => {
                self.different.insert(value.text());
            }
            "min" | "sortsfirst" => {
                let is_less = |least: &Value| value.order(least).is_lt();
                if self.least.as_ref().is_none_or(is_less) {
                    self.least = Some(value);
                }
            }
            "max" | "sortslast" => {
                let is_more = |most: &Value| value.order(most).is_gt();
                if self.most.as_ref().is_none_or(is_more) {
                    self.most = Some(value);
                }
            }
            "earliest" => {
                let is_before = |(at, _): &(Value, Value)| when.order(at).is_lt();
                if self.first.as_ref().is_none_or(is_before) {
                    self.first = Some((when.clone(), value));
                }
            }
            "latest" => {
                let is_after = |(at, _): &(Value, Value)| when.order(at).is_gt();
                if self.last.as_ref().is_none_or(is_after) {
                    self.last = Some((when.clone(), value));
                }
            }
            name => {
                let Some(number) = value.number() else {
                    return;
                };
                self.count += 1;
                self.sum += number;
                self.squares += number * number;
                if matches!(name, "pct" | "percentile" | "median") {
                    self.numbers.push(number);
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a simulator has no 2^52 events")]
    fn value(&self, function: &Function) -> Value {
        let kept = |value: &Option<Value>| value.clone().unwrap_or(Value::Null);
        let timed = |value: &Option<(Value, Value)>| {
            value
                .as_ref()
                .map_or(Value::Null, |(_, value)| value.clone())
        };
        let count = self.count as f64;
        let counted = |number: f64| {
            if self.count > 0 {
                Value::Number(number)
            } else {
                Value::Null
            }
        };
        match function.name.as_str() {
            "count" => Value::Number(count),
            "count_distinct" => Value::Number(self.different.len() as f64),
            "sum" => counted(self.sum),
            "avg" => counted(self.sum / count),
            "stddev" => {
                let mean = self.sum / count;
                counted((self.squares / count - mean * mean).max(0.0).sqrt())
            }
            "min" | "sortsfirst" => kept(&self.least),
            "max" | "sortslast" => kept(&self.most),
            "earliest" => timed(&self.first),
            "latest" => timed(&self.last),
            _ => self.percentile(function.at),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    fn percentile(&self, at: f64) -> Value {
        let mut numbers = self.numbers.clone();
        numbers.sort_by(f64::total_cmp);
        let Some(last) = numbers.len().checked_sub(1) else {
            return Value::Null;
        };
        let place = at.clamp(0.0, 100.0) / 100.0 * last as f64;
        let (low, high) = (
            numbers[place.floor() as usize],
            numbers[place.ceil() as usize],
        );
        Value::Number(low + (high - low) * place.fract())
    }
}
