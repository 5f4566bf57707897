//! The course of an alarm's metric, drawn in dots.

use crate::clock::Timestamp;
use crate::domain::metric::Course;

/// One line of a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotLine {
    /// The dots.
    pub text: String,
    /// The value that belongs to this line, where one does: the largest, the smallest, the threshold.
    pub value: Option<String>,
    /// Whether the threshold lies here.
    pub is_threshold: bool,
}

/// Draws a course in dots of braille, two across and four down in each cell; in stars where only ASCII can be shown.
#[must_use]
pub fn draw(course: &Course, width: usize, height: usize, ascii: bool) -> Vec<DotLine> {
    let Some((low, high)) = course.bounds() else {
        return Vec::new();
    };
    // A line that never moves lies in the middle.
    let (low, high) = if high > low {
        (low, high)
    } else {
        (low - 1.0, high + 1.0)
    };
    let (across, down) = (width * 2, height * 4);
    let span = course.to.since(course.from).as_secs_f64().max(1.0);
    let row_of = |value: f64| {
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        ((1.0 - part) * (down - 1) as f64).round() as usize
    };
    let mut cells = vec![vec![0u8; width]; height];
    let mut dot = |x: usize, y: usize| {
        let bit = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]][x % 2][y % 4];
        if let Some(cell) = cells.get_mut(y / 4).and_then(|row| row.get_mut(x / 2)) {
            *cell |= bit;
        }
    };
    let mut before: Option<(Timestamp, usize, usize)> = None;
    for (at, value) in course.points.iter().filter(|(_, value)| value.is_finite()) {
        let part = at.since(course.from).as_secs_f64() / span;
        let (x, y) = (
            (part * (across - 1) as f64).round() as usize,
            row_of(*value),
        );
        dot(x, y);
        // Neighbours are joined; a gap in the data stays a gap.
        if let Some((then, from_x, from_y)) = before
            && at.since(then) < course.period * 2
        {
            let steps = x.abs_diff(from_x).max(y.abs_diff(from_y));
            for step in 1..steps {
                let along = |a: usize, b: usize| {
                    let moved = (b as f64 - a as f64) * step as f64 / steps as f64;
                    (a as f64 + moved).round() as usize
                };
                dot(along(from_x, x), along(from_y, y));
            }
        }
        before = Some((*at, x, y));
    }
    // What is expected lies behind the line: its two edges in every other dot.
    for (at, low, high) in &course.band {
        let part = at.since(course.from).as_secs_f64() / span;
        let x = (part * (across - 1) as f64).round() as usize;
        if x.is_multiple_of(4) {
            dot(x, row_of(*low));
            dot(x, row_of(*high));
        }
    }
    let threshold = course.threshold.map(|value| row_of(value) / 4);
    let lines = cells.into_iter().enumerate().map(|(at, row)| {
        let is_threshold = threshold == Some(at);
        let letter = |bits: u8| match (bits, ascii) {
            (0, false) if is_threshold => '╌',
            (0, true) if is_threshold => '-',
            (0, _) => ' ',
            (_, true) => '*',
            (bits, false) => char::from_u32(0x2800 + u32::from(bits)).unwrap_or('·'),
        };
        let value = match (at, course.threshold) {
            (_, Some(threshold)) if is_threshold => Some(threshold),
            (0, _) => Some(high),
            (at, _) if at + 1 == height => Some(low),
            _ => None,
        };
        DotLine {
            text: row.into_iter().map(letter).collect(),
            value: value.map(number),
            is_threshold,
        }
    });
    lines.collect()
}

/// A value in a few cells.
#[must_use]
pub fn number(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        v if v >= 1e12 => return format!("{value:.1e}"),
        v if v >= 1e9 => (value / 1e9, "G"),
        v if v >= 1e6 => (value / 1e6, "M"),
        v if v >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = if scaled.abs() >= 100.0 || scaled.fract() == 0.0 {
        format!("{scaled:.0}")
    } else if scaled.abs() >= 0.1 {
        format!("{scaled:.1}")
    } else {
        format!("{scaled:.2e}")
    };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::domain::metric::Breach;

    fn course(values: &[f64]) -> Course {
        let at = |minute: usize| Timestamp::from_secs(60 * i64::try_from(minute).unwrap());
        Course {
            label: "m".into(),
            from: at(0),
            to: at(values.len() - 1),
            period: Duration::from_secs(60),
            points: values
                .iter()
                .enumerate()
                .map(|(i, v)| (at(i), *v))
                .collect(),
            threshold: Some(5.0),
            breach: Breach::Above(false),
            band: Vec::new(),
            edges: crate::domain::metric::Edges::default(),
            turns: Vec::new(),
        }
    }

    #[test]
    fn a_rising_line_rises_and_the_threshold_has_its_line() {
        let lines = draw(&course(&[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]), 6, 3, false);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].value.as_deref(), Some("10"));
        assert_eq!(lines[1].value.as_deref(), Some("5"));
        assert!(lines[1].is_threshold && lines[1].text.contains('╌'));
        assert_eq!(lines[2].value.as_deref(), Some("0"));
        let first = |line: &DotLine| line.text.find(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        assert!(first(&lines[2]) < first(&lines[0]), "{lines:#?}");
        let stars = draw(&course(&[0.0, 10.0]), 6, 3, true);
        assert!(stars.iter().all(|line| line.text.is_ascii()));
    }

    #[test]
    fn nothing_and_what_never_moves_are_drawn_without_harm() {
        let flat = draw(&course(&[5.0, 5.0, 5.0]), 6, 3, false);
        assert!(flat[1].is_threshold);
        let nothing = Course {
            threshold: None,
            points: Vec::new(),
            ..course(&[1.0])
        };
        assert!(draw(&nothing, 6, 3, false).is_empty());
        let odd = draw(&course(&[f64::NAN, f64::INFINITY, 1.0]), 6, 3, false);
        assert_eq!(odd.len(), 3);
    }

    #[test]
    fn values_have_a_few_cells() {
        let said = [0.0, 0.004, 7.25, 250.0, 12_345.0, 3.2e6, 5e13].map(number);
        assert_eq!(
            said,
            ["0", "4.00e-3", "7.2", "250", "12.3k", "3.2M", "5.0e13"]
        );
    }
}
