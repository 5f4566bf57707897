//! Time as noctop handles it: a moment in milliseconds, and where the present moment comes from.
//!
//! Everything below `runtime` receives the time as a value; only [`SystemClock`] reads it.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Displays as RFC 3339 in UTC with whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The epoch; also stands for "not known" where a service leaves a time out.
    pub const ZERO: Self = Self(0);

    /// A moment from milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A moment from whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Reads RFC 3339 as AWS writes it: any number of fraction digits, `Z` or an offset with or
    /// without colon, seconds optional (`2026-12-01T02:00+01:00`). `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse::<jiff::Timestamp>()
            .ok()
            .or_else(|| {
                jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
                    .ok()?
                    .to_timestamp()
                    .ok()
            })
            .map(|t| Self(t.as_millisecond()))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whether this is [`Timestamp::ZERO`], the mark of a time that the service did not give.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// How long ago `earlier` was, zero when it lies ahead (clocks are skewed).
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment moved ahead; saturates at the end of time.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This moment moved back; saturates at the beginning of time.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The same moment for calendar arithmetic; the nearest one that `jiff` can express.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(t: jiff::Timestamp) -> Self {
        Self(t.as_millisecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// Reads a span as people write it: `50s`, `1h30m`, `3d`, `2 weeks`. A day has 24 hours. `None` for anything else, also
/// for what lies in the past.
#[must_use]
pub fn span(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let exact = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()?;
    Duration::try_from(exact).ok()
}

/// Where the present moment comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }
}

/// A clock that stands still until it is moved: for tests, replays and reproducible pictures.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Moves the clock ahead.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_that_aws_writes() {
        let at = Timestamp::from_secs(1_796_090_400);
        for text in [
            "2026-12-01T02:00:00Z",
            "2026-12-01T02:00:00.000Z",
            "2026-12-01T02:00:00.000000000Z",
            "2026-12-01T03:00:00+01:00",
            "2026-12-01T03:00+01:00",
            "2026-12-01T02:00:00.000+0000",
            "2026-12-01T02:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), Some(at), "{text}");
        }
        assert_eq!(Timestamp::parse("tomorrow"), None);
        assert_eq!(Timestamp::parse(""), None);
    }

    #[test]
    fn skewed_clocks_never_give_a_negative_age() {
        let t = Timestamp::from_secs(100);
        assert_eq!(t.since(t.plus(Duration::from_secs(5))), Duration::ZERO);
        assert_eq!(
            t.minus(Duration::from_secs(1)).since(Timestamp::ZERO),
            Duration::from_secs(99)
        );
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, secs) in [
            ("50s", 50),
            ("1h30m", 5_400),
            (" 8h ", 28_800),
            ("30d", 2_592_000),
            ("2w", 1_209_600),
        ] {
            assert_eq!(span(text), Some(Duration::from_secs(secs)), "{text}");
        }
        // How long a month or a year is depends on which one.
        for nothing in ["", "soon", "2", "-5m", "1mo", "1y"] {
            assert_eq!(span(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn displays_utc_whole_seconds() {
        assert_eq!(
            Timestamp::from_millis(1_795_242_662_999).to_string(),
            "2026-11-21T06:31:02Z"
        );
    }
}
