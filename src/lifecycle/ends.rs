//! When an acknowledgement ends: the default of each severity, and the quick picks.

use std::time::Duration;

use crate::clock::{self, Timestamp};
use crate::domain::Severity;

use super::End;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// How long an acknowledgement lasts where the operator chooses nothing, and at most, by severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// Where nothing is chosen; worst severity first, as in [`Severity::ALL`].
    pub default: [Duration; 5],
    /// The longest that may be chosen, "until it clears" included.
    pub longest: [Duration; 5],
}

impl Default for Lasting {
    /// Judgements: a critical item that nobody touched for an hour deserves a second look within the same shift, the
    /// rest by the next shift; what is low or for information waits a day. At most: a day for what is urgent, so that
    /// every shift of a day sees it once; a week for the rest.
    fn default() -> Self {
        let hours = |n: u64| Duration::from_secs(n * HOUR);
        Self {
            default: [hours(1), hours(4), hours(8), hours(24), hours(24)],
            longest: [hours(24), hours(24), hours(72), hours(168), hours(168)],
        }
    }
}

impl Lasting {
    fn of(table: &[Duration; 5], severity: Severity) -> Duration {
        let place = Severity::ALL.iter().position(|s| *s == severity);
        table[place.unwrap_or(0)]
    }

    /// The end where the operator chooses none.
    #[must_use]
    pub fn default_end(&self, severity: Severity, now: Timestamp) -> End {
        self.clamp(
            End::At(now.plus(Self::of(&self.default, severity))),
            severity,
            now,
        )
    }

    /// The latest moment at which an acknowledgement of this severity may end.
    #[must_use]
    pub fn latest(&self, severity: Severity, now: Timestamp) -> Timestamp {
        now.plus(Self::of(&self.longest, severity))
    }

    /// The end that a pick means. `shift_end` is when the present shift ends, where shifts are configured.
    #[must_use]
    pub fn end(
        &self,
        pick: Pick,
        severity: Severity,
        now: Timestamp,
        shift_end: Option<Timestamp>,
    ) -> End {
        let end = match pick {
            Pick::For(span) => End::At(now.plus(span)),
            // Without shifts, a working day's length.
            Pick::ShiftEnd => End::At(
                shift_end
                    .filter(|end| *end > now)
                    .unwrap_or_else(|| now.plus(Duration::from_secs(8 * HOUR))),
            ),
            Pick::Clears => End::Clears {
                max: self.latest(severity, now),
            },
        };
        self.clamp(end, severity, now)
    }

    /// The same end, no later than the longest that this severity allows.
    #[must_use]
    pub fn clamp(&self, end: End, severity: Severity, now: Timestamp) -> End {
        let latest = self.latest(severity, now);
        match end {
            End::At(at) => End::At(at.min(latest)),
            End::Clears { max } => End::Clears {
                max: max.min(latest),
            },
        }
    }
}

/// What an operator picks as an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pick {
    /// After this span.
    For(Duration),
    /// When the shift ends.
    ShiftEnd,
    /// When it clears, with a maximum all the same.
    Clears,
}

impl Pick {
    /// The quick picks, in the order in which they are offered.
    pub const QUICK: &'static [Self] = &[
        Self::For(Duration::from_secs(15 * MINUTE)),
        Self::For(Duration::from_secs(HOUR)),
        Self::For(Duration::from_secs(4 * HOUR)),
        Self::ShiftEnd,
        Self::Clears,
    ];

    /// The pick of this word: `shift`, `clears`, or a span such as `15m` or `2h30m`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim() {
            "shift" => Some(Self::ShiftEnd),
            "clears" => Some(Self::Clears),
            span => {
                let span = clock::span(span)?;
                (!span.is_zero()).then_some(Self::For(span))
            }
        }
    }

    /// What it is called in a dialog and after `--for`; spans in their shortest form.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::For(span) => {
                let minutes = span.as_secs() / MINUTE;
                match (minutes / 60, minutes % 60) {
                    (0, m) => format!("{m}m"),
                    (h, 0) => format!("{h}h"),
                    (h, m) => format!("{h}h{m:02}m"),
                }
            }
            Self::ShiftEnd => "shift".to_owned(),
            Self::Clears => "clears".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    #[test]
    fn nothing_is_acknowledged_for_ever() {
        let lasting = Lasting::default();
        for severity in Severity::ALL {
            for pick in Pick::QUICK {
                let end = lasting.end(*pick, *severity, NOW, None).until();
                assert!(end > NOW && end <= lasting.latest(*severity, NOW));
            }
            let year = Pick::For(Duration::from_secs(365 * 24 * HOUR));
            let end = lasting.end(year, *severity, NOW, None).until();
            assert_eq!(end, lasting.latest(*severity, NOW));
        }
    }

    #[test]
    fn what_is_worse_comes_back_sooner() {
        let lasting = Lasting::default();
        let ends: Vec<_> = Severity::ALL
            .iter()
            .map(|severity| lasting.default_end(*severity, NOW).until())
            .collect();
        assert!(ends.is_sorted(), "{ends:?}");
    }

    #[test]
    fn the_end_of_a_shift_that_is_over_is_not_taken() {
        let lasting = Lasting::default();
        let past = NOW.minus(Duration::from_secs(5));
        let end = lasting.end(Pick::ShiftEnd, Severity::Low, NOW, Some(past));
        assert_eq!(end.until(), NOW.plus(Duration::from_secs(8 * HOUR)));
        let soon = NOW.plus(Duration::from_secs(5));
        let end = lasting.end(Pick::ShiftEnd, Severity::Low, NOW, Some(soon));
        assert_eq!(end.until(), soon);
    }

    #[test]
    fn picks_are_called_as_operators_call_them() {
        let words: Vec<_> = Pick::QUICK.iter().map(|pick| pick.word()).collect();
        assert_eq!(words, ["15m", "1h", "4h", "shift", "clears"]);
        for pick in Pick::QUICK {
            assert_eq!(Pick::parse(&pick.word()), Some(*pick));
        }
        let span = Pick::For(Duration::from_secs(9_000));
        assert_eq!(Pick::parse(" 2h30m "), Some(span));
        for nothing in ["", "soon", "0m", "-5m", "2"] {
            assert_eq!(Pick::parse(nothing), None, "{nothing}");
        }
    }
}
