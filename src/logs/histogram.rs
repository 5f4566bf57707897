//! The histogram: how many lines of each level there were over time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;

use super::level::Level;

/// The widths of a bar in seconds; each is a multiple of the one before, so that bars join exactly. Wider ones are twice
/// as wide each.
const WIDTHS: &[i64] = &[
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 43_200, 86_400, 604_800,
];

/// Counts of lines by level in bars of equal width. The bars become wider by themselves when there would be too many.
#[derive(Clone, Debug)]
pub struct Histogram {
    most: usize,
    width: i64,
    bars: BTreeMap<i64, Bar>,
}

/// The lines of one bar, by level: see [`Level::ALL`].
pub type Bar = [u32; Level::ALL.len()];

impl Histogram {
    /// A histogram of at most so many bars, two at least, from the first to the last that is not empty.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(2),
            width: WIDTHS[0],
            bars: BTreeMap::new(),
        }
    }

    /// How much time a bar spans.
    #[must_use]
    pub fn width(&self) -> Duration {
        Duration::from_secs(self.width.unsigned_abs())
    }

    /// Counts a line.
    pub fn count(&mut self, at: Timestamp, level: Level) {
        let bar = self
            .bars
            .entry(at.as_secs().div_euclid(self.width))
            .or_default();
        let count = &mut bar[level as usize];
        *count = count.saturating_add(1);
        while self.span() > self.most {
            self.widen();
        }
    }

    fn span(&self) -> usize {
        let ends = self.bars.first_key_value().zip(self.bars.last_key_value());
        ends.map_or(0, |((first, _), (last, _))| {
            usize::try_from(last - first + 1).unwrap_or(usize::MAX)
        })
    }

    fn widen(&mut self) {
        let wider = WIDTHS.iter().copied().find(|width| *width > self.width);
        let wider = wider.unwrap_or(self.width.saturating_mul(2));
        let times = wider / self.width;
        self.width = wider;
        let narrow = std::mem::take(&mut self.bars);
        for (number, bar) in narrow {
            let wide = self.bars.entry(number.div_euclid(times)).or_default();
            for (sum, count) in wide.iter_mut().zip(bar) {
                *sum = sum.saturating_add(count);
            }
        }
    }

    /// The bars from the first to the last, with when each begins; empty ones included.
    pub fn bars(&self) -> impl Iterator<Item = (Timestamp, Bar)> {
        let first = self.bars.first_key_value().map_or(0, |(number, _)| *number);
        (first..).take(self.span()).map(|number| {
            let bar = self.bars.get(&number).copied().unwrap_or_default();
            (Timestamp::from_secs(number * self.width), bar)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bars_become_wider_when_there_would_be_too_many() {
        let mut histogram = Histogram::new(10);
        for second in 0..10 {
            histogram.count(Timestamp::from_secs(100 + second), Level::Info);
        }
        assert_eq!(histogram.width(), Duration::from_secs(1));
        histogram.count(Timestamp::from_secs(110), Level::Error);
        let bars: Vec<_> = histogram.bars().collect();
        assert_eq!(histogram.width(), Duration::from_secs(5));
        assert_eq!(
            bars.iter().map(|(at, _)| at.as_secs()).collect::<Vec<_>>(),
            [100, 105, 110]
        );
        assert_eq!(
            (
                bars[0].1[Level::Info as usize],
                bars[2].1[Level::Error as usize]
            ),
            (5, 1)
        );
    }

    proptest! {
        #[test]
        fn every_line_is_counted_once_in_few_bars(lines in prop::collection::vec((any::<i32>(), 0_u8..7), 1..200), most in 2_usize..50) {
            let mut histogram = Histogram::new(most);
            for (second, level) in &lines {
                histogram.count(Timestamp::from_secs(i64::from(*second)), Level::from_number(*level));
            }
            let bars: Vec<_> = histogram.bars().collect();
            let counted: u32 = bars.iter().flat_map(|(_, bar)| bar).sum();
            prop_assert_eq!(counted as usize, lines.len());
            prop_assert!(bars.len() <= most);
        }
    }
}
