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
            turns,
        }
    }

    /// How many datapoints breach.
    #[must_use]
    pub fn breaches(&self) -> usize {
        let Some(threshold) = self.threshold else {
            return 0;
        };
        let breaching = self.points.iter();
        breaching
            .filter(|(_, value)| self.breach.breaches(*value, threshold))
            .count()
    }

    /// The smallest and the largest of datapoints and threshold; none where there is nothing.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let values = self.points.iter().map(|(_, value)| *value);
        let values = values
            .chain(self.threshold)
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
}
