//! How the metric of an alarm went, and how the alarm's state turned with it.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;

/// A turn of an alarm's state, as the service's history tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// In the service's words, neutralised: `Alarm updated from OK to ALARM`.
    pub text: Arc<str>,
}

/// On which side of the threshold a value breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// Above it; the flag: a value that equals it breaches too.
    Above(bool),
    /// Below it, likewise.
    Below(bool),
    /// No single threshold: an anomaly band.
    Band,
}

impl Breach {
    /// Whether this value breaches.
    #[must_use]
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above(or_equal) => value > threshold || or_equal && value >= threshold,
            Self::Below(or_equal) => value < threshold || or_equal && value <= threshold,
            Self::Band => false,
        }
    }
}

/// Which edges of a band breach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Below the lower one.
    pub lower: bool,
    /// Above the upper one.
    pub upper: bool,
}

/// The course of an alarm's metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What it shows: metric and statistic, neutralised; empty where there is nothing to draw.
    pub label: Arc<str>,
    /// From when.
    pub from: Timestamp,
    /// To when.
    pub to: Timestamp,
    /// How far datapoints are apart.
    pub period: Duration,
    /// The datapoints, the oldest first; what is missing has none.
    pub points: Vec<(Timestamp, f64)>,
    /// The alarm's threshold, where it has one number.
    pub threshold: Option<f64>,
    /// Which side of it breaches.
    pub breach: Breach,
    /// What an anomaly detector expects at each moment: the lower and the upper edge.
    pub band: Vec<(Timestamp, f64, f64)>,
    /// Which edges of the band breach.
    pub edges: Edges,
    /// How its state turned, the latest first.
    pub turns: Vec<Turn>,
}

impl Course {
    /// The history of an alarm that watches nothing that can be drawn.
    #[must_use]
    pub fn undrawn(now: Timestamp, turns: Vec<Turn>) -> Self {
        Self {
            label: Arc::from(""),
            from: now,
            to: now,
            period: Duration::ZERO,
            points: Vec::new(),
            threshold: None,
            breach: Breach::Band,
            band: Vec::new(),
            edges: Edges::default(),
            turns,
        }
    }

    /// How many datapoints breach.
    #[must_use]
    pub fn breaches(&self) -> usize {
        let is_outside = |at: &Timestamp, value: f64| {
            let edge = self.band.binary_search_by_key(at, |edge| edge.0);
            edge.is_ok_and(|index| {
                let (_, low, high) = self.band[index];
                self.edges.lower && value < low || self.edges.upper && value > high
            })
        };
        let points = self.points.iter();
        match self.threshold {
            Some(threshold) => points
                .filter(|(_, value)| self.breach.breaches(*value, threshold))
                .count(),
            None => points.filter(|(at, value)| is_outside(at, *value)).count(),
        }
    }

    /// The smallest and the largest of datapoints and threshold; none where there is nothing.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let values = self.points.iter().map(|(_, value)| *value);
        let edges = self.band.iter().flat_map(|(_, low, high)| [*low, *high]);
        let values = values
            .chain(self.threshold)
            .chain(edges)
            .filter(|value| value.is_finite());
        values.fold(None, |bounds, value| {
            let (low, high) = bounds.unwrap_or((value, value));
            Some((f64::min(low, value), f64::max(high, value)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_the_threshold_breaches_only_where_the_alarm_says_so() {
        assert!(!Breach::Above(false).breaches(2.0, 2.0));
        assert!(Breach::Above(true).breaches(2.0, 2.0));
        assert!(Breach::Below(true).breaches(2.0, 2.0));
        assert!(Breach::Below(false).breaches(1.9, 2.0));
        assert!(!Breach::Below(false).breaches(2.0, 2.0));
    }

    #[test]
    fn a_value_outside_of_the_band_breaches_on_the_edges_that_count() {
        let at = Timestamp::from_secs;
        let mut course = Course {
            points: vec![(at(0), 1.0), (at(60), 9.0), (at(120), 5.0), (at(180), 99.0)],
            band: vec![(at(0), 2.0, 8.0), (at(60), 2.0, 8.0), (at(120), 2.0, 8.0)],
            edges: Edges {
                lower: true,
                upper: true,
            },
            ..Course::undrawn(at(240), Vec::new())
        };
        // Where nothing is expected nothing breaches.
        assert_eq!(course.breaches(), 2);
        course.edges.lower = false;
        assert_eq!(course.breaches(), 1);
        assert_eq!(course.bounds(), Some((1.0, 99.0)));
    }
}
