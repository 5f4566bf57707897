//! A chart over time out of an answer that was counted by time.

use std::collections::BTreeMap;

use crate::clock::Timestamp;

use super::{ACCOUNT, Answer, REGION, number};

/// How much there is at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The beginning of its span.
    pub at: Timestamp,
    /// How much.
    pub value: f64,
}

/// How much there is over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is drawn, by the name of its column.
    pub name: String,
    /// Whether the values of one moment were added; else the highest counts.
    pub is_sum: bool,
    /// The points in the order of time.
    pub points: Vec<Point>,
}

impl Chart {
    /// The chart of an answer: over its first column of moments, of its first column of numbers. Counts and sums of several
    /// rows of one moment are added; of everything else the highest is drawn, since averages cannot be added.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let columns = answer.columns();
        let rows = answer.rows();
        let has = |column: usize, is: &dyn Fn(&str) -> bool| {
            let mut cells = rows.iter().filter_map(|row| row.cells[column].as_deref());
            let mut some = false;
            cells.all(|cell| {
                some = true;
                is(cell)
            }) && some
        };
        // Single events are no chart.
        let is_own = |name: &str| matches!(name, ACCOUNT | REGION) || name.starts_with('@');
        let candidates = || (0..columns.len()).filter(|n| !is_own(&columns[*n]));
        let time = candidates().find(|n| has(*n, &|cell| moment(cell).is_some()))?;
        let of = candidates().find(|n| *n != time && has(*n, &|cell| number(cell).is_some()))?;
        let name = columns[of].to_string();
        let highest = ["avg", "min", "max", "pct", "percentile", "median", "stddev"];
        let is_sum = !highest.iter().any(|word| name.starts_with(word));
        let mut points: BTreeMap<Timestamp, f64> = BTreeMap::new();
        for row in rows {
            let at = row.cells[time].as_deref().and_then(moment);
            let value = row.cells[of].as_deref().and_then(number);
            if let (Some(at), Some(value)) = (at, value) {
                points
                    .entry(at)
                    .and_modify(|known| {
                        *known = if is_sum {
                            *known + value
                        } else {
                            known.max(value)
                        };
                    })
                    .or_insert(value);
            }
        }
        Some(Self {
            name,
            is_sum,
            points: points
                .into_iter()
                .map(|(at, value)| Point { at, value })
                .collect(),
        })
    }
}

/// A moment as Logs Insights writes it: `2026-11-27 10:05:00.000`, in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let shape = text.len() == 23 && text.is_ascii() && text.as_bytes()[10] == b' ';
    shape
        .then(|| Timestamp::parse(&format!("{}T{}Z", &text[..10], &text[11..])))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::super::{Heard, Part, Standing, Statistics};
    use super::*;
    use crate::domain::Scope;

    fn answer(rows: &[&[(&str, &str)]]) -> Answer {
        let part = Part {
            scope: Scope {
                account: "111111111111".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            account: "web".into(),
            groups: 1,
            standing: Standing::Running,
            statistics: Statistics::default(),
        };
        let mut answer = Answer::new("", vec![part]);
        let found = |cells: &&[(&str, &str)]| {
            let cells = cells.iter();
            cells.map(|(a, b)| ((*a).into(), (*b).into())).collect()
        };
        answer.hear(Heard {
            part: 0,
            standing: Standing::Complete,
            statistics: Statistics::default(),
            rows: Some(rows.iter().map(found).collect()),
        });
        answer
    }

    #[test]
    fn counts_of_one_moment_are_added_and_averages_are_not() {
        let (one, two) = ("2026-11-27 10:00:00.000", "2026-11-27 10:05:00.000");
        let counted = answer(&[
            &[("bin(5m)", two), ("level", "info"), ("count(*)", "4")],
            &[("bin(5m)", two), ("level", "error"), ("count(*)", "2")],
            &[("bin(5m)", one), ("level", "error"), ("count(*)", "1")],
        ]);
        let chart = counted.chart().unwrap();
        assert_eq!((chart.name.as_str(), chart.is_sum), ("count(*)", true));
        let values: Vec<f64> = chart.points.iter().map(|point| point.value).collect();
        assert_eq!(values, [1.0, 6.0]);
        let mean = answer(&[
            &[("t", one), ("avg(x)", "4")],
            &[("t", one), ("avg(x)", "2.5")],
        ]);
        assert_eq!(
            mean.chart().unwrap().points[0].value.to_bits(),
            4.0_f64.to_bits()
        );
    }

    #[test]
    fn lines_are_no_chart() {
        let lines = answer(&[&[("@timestamp", "2026-11-27 10:00:00.000"), ("n", "3")]]);
        assert_eq!(lines.chart(), None);
        assert_eq!(answer(&[]).chart(), None);
    }
}
