//! `GetMetricData` and `ListMetrics`: the values that alarms judge, in agreement with their states.

use std::collections::HashMap;

use super::alarm::{Alarm, floor, period};
use super::contributors;
use super::estate::CloudWatch;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// AWS answers so many values in one page at most.
const DATAPOINTS: usize = 100_800;

/// AWS takes so many queries in one call at most.
const QUERIES: usize = 500;

type Points = Vec<(Timestamp, f64)>;

/// Answers `GetMetricData`.
pub fn get_metric_data(call: &Call<'_>) -> Answer {
    let queries = call.arg("MetricDataQueries").items();
    let (Some(start), Some(end)) = (
        call.arg("StartTime").as_time(),
        call.arg("EndTime").as_time(),
    ) else {
        return Err(call.invalid("StartTime and EndTime must be times"));
    };
    if queries.is_empty() || queries.len() > QUERIES {
        return Err(call.invalid(format!(
            "The collection MetricDataQueries must have 1 to {QUERIES} members."
        )));
    }
    if start >= end {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(call.invalid(message));
    }
    let ascending = call.text("ScanBy") == Some("TimestampAscending");
    let most = call
        .arg("MaxDatapoints")
        .as_int()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(DATAPOINTS);
    call.estate(|all: &mut CloudWatch, site, now| {
        let mut series: HashMap<&str, Points> = HashMap::new();
        let mut bands: HashMap<&str, [Points; 2]> = HashMap::new();
        for query in queries {
            let id = query.at("Id").as_str().unwrap_or_default();
            let legal = id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !legal {
                let message = format!(
                    "The value {id} for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
                );
                return Err(call.invalid(message));
            }
            let stat = query.at("MetricStat");
            if !stat.is_null() {
                let step = stat.at("Period").as_int().unwrap_or(60).max(1);
                let points = watcher(all, site, stat.at("Metric"))
                    .map(|(alarm, definition)| read(alarm, &definition, site, (start, end.min(now)), step, most));
                series.insert(id, points.unwrap_or_default());
            }
        }
        for query in queries {
            if let (Some(id), Some(expression)) = (query.at("Id").as_str(), query.at("Expression").as_str()) {
                if let Some((of, deviations)) = band(expression) {
                    bands.insert(id, around(series.get(of).map_or(&[], Vec::as_slice), deviations));
                    continue;
                }
                if let Some((alarm, definition)) = asking(all, site, expression) {
                    let step = period(&definition);
                    series.insert(id, read(alarm, &definition, site, (start, end.min(now)), step, most));
                    continue;
                }
                let points = evaluate(expression, &series).map_err(|why| {
                    let message = format!("Error in expression '{id}' [{why}]");
                    call.invalid(message)
                })?;
                series.insert(id, points);
            }
        }
        let shown = queries.iter().filter(|q| q.at("ReturnData").as_bool().unwrap_or(true));
        let results = shown.flat_map(|query| {
            let id = query.at("Id").as_str().unwrap_or_default();
            let metric = query.at("MetricStat").at("Metric").at("MetricName").as_str();
            let label = query.at("Label").as_str().or(metric).unwrap_or(id).to_owned();
            // A band is two series, and a query that groups is one for each of its groups; all bear the query's id.
            let lines: Vec<(String, Points)> = match bands.remove(id) {
                Some([high, low]) => vec![(format!("{label} high"), high), (format!("{label} low"), low)],
                None => {
                    let points = series.get(id).cloned().unwrap_or_default();
                    let groups = contributors::series(query.at("Expression").as_str().unwrap_or_default());
                    if groups.is_empty() {
                        vec![(label, points)]
                    } else {
                        groups.into_iter().map(|group| (group, points.clone())).collect()
                    }
                }
            };
            lines.into_iter().map(move |(label, mut points)| {
                if !ascending {
                    points.reverse();
                }
                fields! {
                    "Id" => id,
                    "Label" => label,
                    "Timestamps" => points.iter().map(|p| p.0).collect::<Value>(),
                    "Values" => points.iter().map(|p| p.1).collect::<Value>(),
                    "StatusCode" => "Complete",
                }
            })
        });
        Ok(fields! { "MetricDataResults" => results.collect::<Value>(), "Messages" => Value::List(Vec::new()) })
    })
}

/// Answers `ListMetrics`: the metrics that alarms watch.
pub fn list_metrics(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (namespace, metric) = (call.text("Namespace"), call.text("MetricName"));
    call.estate(|all: &mut CloudWatch, site, _| {
        let mut seen: Vec<Value> = Vec::new();
        for alarm in all.alarms.values() {
            let definition = alarm.definition(site);
            let (Some(space), Some(name)) = (definition.get("Namespace"), definition.get("MetricName")) else { continue };
            if namespace.is_some_and(|n| space.as_str() != Some(n)) || metric.is_some_and(|m| name.as_str() != Some(m)) {
                continue;
            }
            let dimensions = definition.get("Dimensions").cloned().unwrap_or(Value::List(Vec::new()));
            let row = fields! { "Namespace" => space.clone(), "MetricName" => name.clone(), "Dimensions" => dimensions };
            if !seen.contains(&row) {
                seen.push(row);
            }
        }
        let (rows, next) = page.cut(seen);
        Ok(fields! { "Metrics" => rows, "NextToken" => next })
    })
}

/// The alarm that watches a metric, and its definition.
fn watcher<'a>(all: &'a CloudWatch, site: &Site, metric: &Value) -> Option<(&'a Alarm, Map)> {
    let sorted = |dimensions: &Value| {
        let text = |d: &Value, name: &str| d.at(name).as_str().unwrap_or_default().to_owned();
        let mut pairs: Vec<_> = dimensions
            .items()
            .iter()
            .map(|d| (text(d, "Name"), text(d, "Value")))
            .collect();
        pairs.sort();
        pairs
    };
    let wanted = sorted(metric.at("Dimensions"));
    let same = |space: Option<&Value>, name: Option<&Value>, dimensions: Option<&Value>| {
        space.and_then(Value::as_str) == metric.at("Namespace").as_str()
            && name.and_then(Value::as_str) == metric.at("MetricName").as_str()
            && dimensions.map(sorted).unwrap_or_default() == wanted
    };
    let own = |definition: &Map| {
        same(
            definition.get("Namespace"),
            definition.get("MetricName"),
            definition.get("Dimensions"),
        )
    };
    let nested = |definition: &Map| {
        definition.get("Metrics").is_some_and(|metrics| {
            let mut of = metrics
                .items()
                .iter()
                .map(|m| m.at("MetricStat").at("Metric"));
            of.any(|m| {
                same(
                    Some(m.at("Namespace")),
                    Some(m.at("MetricName")),
                    Some(m.at("Dimensions")),
                )
            })
        })
    };
    let find = |fits: &dyn Fn(&Map) -> bool| {
        let alarms = all.alarms.values().filter(|alarm| !alarm.is_composite());
        let mut defined = alarms.map(|alarm| (alarm, alarm.definition(site)));
        defined.find(|(_, definition)| fits(definition))
    };
    // Whose only metric it is knows best how it goes.
    find(&own).or_else(|| find(&nested))
}

/// The series and the number of deviations of `ANOMALY_DETECTION_BAND(m1, 2)`; two where none is given, as on AWS.
fn band(expression: &str) -> Option<(&str, f64)> {
    let inner = expression.trim().strip_prefix("ANOMALY_DETECTION_BAND(")?;
    let inner = inner.strip_suffix(')')?;
    let (of, deviations) = inner.split_once(',').unwrap_or((inner, "2"));
    Some((of.trim(), deviations.trim().parse().ok()?))
}

/// So many deviations above and below the mean of a series.
fn around(points: &[(Timestamp, f64)], deviations: f64) -> [Points; 2] {
    #[expect(clippy::cast_precision_loss, reason = "a count of datapoints")]
    let count = points.len().max(1) as f64;
    let mean = points.iter().map(|p| p.1).sum::<f64>() / count;
    let spread = points.iter().map(|p| (p.1 - mean).powi(2)).sum::<f64>() / count;
    let wide = deviations * spread.sqrt().max(mean.abs() * 0.05);
    [mean + wide, mean - wide].map(|edge| points.iter().map(|p| (p.0, edge)).collect())
}

/// The alarm that asks exactly this query of Metrics Insights.
fn asking<'a>(all: &'a CloudWatch, site: &Site, expression: &str) -> Option<(&'a Alarm, Map)> {
    if !expression
        .trim_start()
        .to_ascii_uppercase()
        .starts_with("SELECT ")
    {
        return None;
    }
    all.alarms
        .values()
        .filter(|alarm| !alarm.is_composite())
        .find_map(|alarm| {
            let definition = alarm.definition(site);
            let asks = definition.get("Metrics").is_some_and(|metrics| {
                let mut texts = metrics.items().iter().map(|m| m.at("Expression"));
                texts.any(|text| text.as_str() == Some(expression))
            });
            asks.then_some((alarm, definition))
        })
}

fn read(
    alarm: &Alarm,
    definition: &Map,
    site: &Site,
    span: (Timestamp, Timestamp),
    step: i64,
    most: usize,
) -> Points {
    let step = step.max(period(definition).min(step)).max(1);
    let mut at = floor(span.0, step, 0);
    if at < span.0 {
        at = floor(at, step, -1);
    }
    let mut points = Vec::new();
    while at < span.1 && points.len() < most {
        if let Some(value) = alarm.value(definition, site, at, None) {
            points.push((at, value));
        }
        at = floor(at, step, -1);
    }
    points
}

/// Evaluates `+ - * /` with parentheses over series and numbers; points are joined by their time.
fn evaluate(expression: &str, series: &HashMap<&str, Points>) -> Result<Points, String> {
    let mut reader = Reader {
        rest: expression,
        series,
    };
    let result = reader.sum(0)?;
    if !reader.rest.trim().is_empty() {
        return Err(format!("Unexpected '{}'", reader.rest.trim()));
    }
    match result {
        Term::Series(points) => Ok(points),
        Term::Number(_) => Err("The expression is not a time series".to_owned()),
    }
}

enum Term {
    Number(f64),
    Series(Points),
}

struct Reader<'a> {
    rest: &'a str,
    series: &'a HashMap<&'a str, Points>,
}

impl Reader<'_> {
    fn take(&mut self, signs: &str) -> Option<char> {
        self.rest = self.rest.trim_start();
        let sign = self.rest.chars().next().filter(|c| signs.contains(*c))?;
        self.rest = &self.rest[1..];
        Some(sign)
    }

    fn sum(&mut self, depth: u8) -> Result<Term, String> {
        let mut left = self.product(depth)?;
        while let Some(sign) = self.take("+-") {
            left = combine(left, sign, self.product(depth)?);
        }
        Ok(left)
    }

    fn product(&mut self, depth: u8) -> Result<Term, String> {
        let mut left = self.term(depth)?;
        while let Some(sign) = self.take("*/") {
            left = combine(left, sign, self.term(depth)?);
        }
        Ok(left)
    }

    fn term(&mut self, depth: u8) -> Result<Term, String> {
        if depth > 50 {
            return Err("The expression is nested too deeply".to_owned());
        }
        if self.take("(").is_some() {
            let inner = self.sum(depth + 1)?;
            return self
                .take(")")
                .map(|_| inner)
                .ok_or_else(|| "A ')' is missing".to_owned());
        }
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if let Ok(number) = word.parse() {
            return Ok(Term::Number(number));
        }
        let points = self
            .series
            .get(word)
            .ok_or_else(|| format!("Unrecognized identifier '{word}'"))?;
        Ok(Term::Series(points.clone()))
    }
}

fn combine(left: Term, sign: char, right: Term) -> Term {
    let apply = |a: f64, b: f64| match sign {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ => a / b,
    };
    match (left, right) {
        (Term::Number(a), Term::Number(b)) => Term::Number(apply(a, b)),
        (Term::Series(points), Term::Number(b)) => {
            Term::Series(points.into_iter().map(|(t, a)| (t, apply(a, b))).collect())
        }
        (Term::Number(a), Term::Series(points)) => {
            Term::Series(points.into_iter().map(|(t, b)| (t, apply(a, b))).collect())
        }
        (Term::Series(a), Term::Series(b)) => {
            let b: HashMap<Timestamp, f64> = b.into_iter().collect();
            let both = a
                .into_iter()
                .filter_map(|(t, a)| Some((t, apply(a, *b.get(&t)?))));
            Term::Series(both.filter(|(_, v)| v.is_finite()).collect())
        }
    }
}

/// What AWS says of an alarm or resource that is not there.
#[must_use]
pub fn not_found(what: &str) -> Refusal {
    Refusal::new("ResourceNotFound", what).status(404)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_join_series_by_time() {
        let at = Timestamp::from_secs;
        let mut series = HashMap::new();
        series.insert("a", vec![(at(0), 1.0), (at(60), 2.0)]);
        series.insert("b", vec![(at(60), 4.0), (at(120), 8.0)]);
        assert_eq!(evaluate("100*(a/b)", &series).unwrap(), [(at(60), 50.0)]);
        assert_eq!(
            evaluate("a + 1 - 2", &series).unwrap(),
            [(at(0), 0.0), (at(60), 1.0)]
        );
        for broken in ["", "c", "(a", "a b", "1+1"] {
            assert!(evaluate(broken, &series).is_err(), "{broken}");
        }
    }
}
