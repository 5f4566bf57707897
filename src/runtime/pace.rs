//! When the next frame is drawn: at once for a key, at most one per tick for data, slower on a slow line and while
//! nobody types.
//!
//! A pure state machine: the loop tells it what happened and when, and asks how long it may sleep.
//!
//! ```text
//! key(now), answer(now) ──► due now    data(now) ──► due `interval` after the last frame; `QUIET` when nobody types
//! drawn(now, bytes) ──► nothing due    drained(bytes, took) ──► sets the line's speed, hence `interval`
//!                                      second(now) ──► due at once, or `interval` after the last frame
//! ```

use std::time::Duration;

/// The least time between two frames that only data asked for: one frame of a 60 Hz screen.
pub const DATA_INTERVAL: Duration = Duration::from_millis(16);

/// The least time between two frames that only data asked for while nobody types. An eye that only watches notices
/// nothing faster, and what is new and severe is still there well within a second.
pub const QUIET: Duration = Duration::from_millis(500);

/// How long after the last key somebody counts as typing: long enough to read what a key brought and press the next.
const TYPING: Duration = Duration::from_secs(10);

/// The share of a slow line that frames caused by data may fill. The rest stays free, so that the frame of a
/// key never queues behind a full line for longer than one such frame takes.
const LINE_SHARE: u32 = 2;

/// The longest pause between two data frames however slow the line is: an operator still sees time pass.
const SLOWEST: Duration = Duration::from_secs(1);

/// Whether the operator asked for fewer bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bandwidth {
    /// As fast as the line drains.
    #[default]
    Full,
    /// `--low-bandwidth`: half the frames caused by data.
    Low,
}

/// Decides when to draw. Times are measured from any fixed moment, on a clock that never goes back.
#[derive(Clone, Debug)]
pub struct Pace {
    bandwidth: Bandwidth,
    /// When the frame that is owed may be drawn.
    due: Option<Duration>,
    /// When the last frame was handed over.
    last: Option<Duration>,
    /// When the last frame was made, even if nothing in it had changed.
    made: Option<Duration>,
    /// When the operator last did something.
    key: Option<Duration>,
    /// Smoothed size of recent frames, in bytes.
    frame: u64,
    /// Smoothed speed of the line in bytes per second; `None` while nothing ever had to wait for it.
    speed: Option<u64>,
}

impl Pace {
    /// A pace with nothing due.
    #[must_use]
    pub const fn new(bandwidth: Bandwidth) -> Self {
        Self {
            bandwidth,
            due: None,
            last: None,
            made: None,
            key: None,
            frame: 0,
            speed: None,
        }
    }

    /// A key, a resize or anything else that the operator does: the frame is due at once.
    pub fn key(&mut self, now: Duration) {
        self.key = Some(now);
        self.due = Some(now);
    }

    /// Something that the operator waits for has come: the frame is due at once, but nobody typed.
    pub fn answer(&mut self, now: Duration) {
        self.due = Some(now);
    }

    /// Data changed something that may be visible.
    pub fn data(&mut self, now: Duration) {
        let typing = self.key.is_some_and(|key| now < key + TYPING);
        let quiet = self
            .made
            .filter(|_| !typing)
            .map_or(now, |made| made + QUIET);
        self.by(now, quiet);
    }

    /// A second is full: the clock goes on, whoever watches.
    pub fn second(&mut self, now: Duration) {
        self.by(now, now);
    }

    /// Owes a frame, not before that moment and not before the line has had its pause.
    fn by(&mut self, now: Duration, earliest: Duration) {
        let line = self.last.map_or(now, |last| last + self.interval());
        let at = now.max(line).max(earliest);
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// A frame was handed to the writer.
    pub fn drawn(&mut self, now: Duration, bytes: usize) {
        self.due = None;
        self.made = Some(now);
        // A frame without a visible change did not cost the line anything.
        if bytes > 0 {
            self.last = Some(now);
            self.frame = smooth(self.frame, bytes as u64);
        }
    }

    /// The writer was rid of `bytes` after `took`.
    pub fn drained(&mut self, bytes: usize, took: Duration) {
        // The kernel swallows a frame in microseconds until its buffers are full. Only a write that had to wait
        // tells something about the line; a quick one says that the line has caught up.
        if took < DATA_INTERVAL {
            self.speed = self
                .speed
                .map(|speed| speed.saturating_mul(2))
                .filter(|&speed| speed < FAST);
            return;
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let speed = (bytes as u64).saturating_mul(1_000_000) / micros;
        self.speed = Some(self.speed.map_or(speed, |old| smooth(old, speed)).max(1));
    }

    /// When the frame that is owed may be drawn; `None` when nothing changed. The loop sleeps until then at the
    /// longest, and draws when that moment has come *and* the writer is idle.
    #[must_use]
    pub const fn next_draw(&self) -> Option<Duration> {
        self.due
    }

    /// Whether a frame is due.
    #[must_use]
    pub fn is_due(&self, now: Duration) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// The least time between two frames caused by data, as the line is now.
    #[must_use]
    pub fn interval(&self) -> Duration {
        let by_line = self.speed.map_or(Duration::ZERO, |speed| {
            Duration::from_micros(self.frame.saturating_mul(1_000_000) / speed) * LINE_SHARE
        });
        let interval = by_line.clamp(DATA_INTERVAL, SLOWEST);
        match self.bandwidth {
            Bandwidth::Full => interval,
            Bandwidth::Low => interval * 2,
        }
    }
}

/// A line that drains this many bytes per second holds back no frame.
const FAST: u64 = 8 * 1024 * 1024;

/// Moves a quarter of the way to the new value: one odd frame does not set the pace, four do.
fn smooth(old: u64, new: u64) -> u64 {
    if old == 0 {
        new
    } else {
        old - old / 4 + new / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn idle_means_no_deadline() {
        let mut pace = Pace::new(Bandwidth::Full);
        assert_eq!(pace.next_draw(), None);
        pace.data(ms(5));
        pace.drawn(ms(5), 100);
        assert_eq!(pace.next_draw(), None);
    }

    /// A pace at which somebody types from the start on.
    fn attended(bandwidth: Bandwidth) -> Pace {
        let mut pace = Pace::new(bandwidth);
        pace.key(ms(0));
        pace.due = None;
        pace
    }

    /// What a loop with this pace draws between two moments: data every so often, seconds when they are full.
    fn frames(pace: &mut Pace, from: u64, until: u64, every: u64) -> Vec<u64> {
        let mut drawn = Vec::new();
        for now in from..until {
            if now % every == 0 {
                pace.data(ms(now));
            }
            if now % 1_000 == 0 {
                pace.second(ms(now));
            }
            if pace.is_due(ms(now)) {
                // Every second frame shows nothing new.
                pace.drawn(ms(now), usize::from(drawn.len() % 2 == 0) * 40);
                drawn.push(now);
            }
        }
        drawn
    }

    #[test]
    fn while_nobody_types_data_makes_three_frames_a_second_at_most() {
        let mut pace = attended(Bandwidth::Full);
        let typing = frames(&mut pace, 1, 9_000, 7);
        assert!(typing.len() > 300, "{}", typing.len());
        let quiet = frames(&mut pace, 11_000, 71_000, 7);
        assert!(quiet.len() <= 3 * 60, "{} in a minute", quiet.len());
        // Whatever arrived, it is seen within a second.
        assert!(
            quiet.windows(2).all(|pair| pair[1] - pair[0] <= 1_000),
            "{quiet:?}"
        );
        // The clock is never late.
        assert!((11..71).all(|second| quiet.contains(&(second * 1_000))));
    }

    #[test]
    fn the_first_key_after_a_quiet_night_is_drawn_at_once_and_data_flows_again() {
        let mut pace = Pace::new(Bandwidth::Full);
        frames(&mut pace, 0, 59_900, 10);
        pace.data(ms(59_901));
        assert!(!pace.is_due(ms(59_901)));
        pace.key(ms(59_902));
        assert!(pace.is_due(ms(59_902)));
        pace.drawn(ms(59_902), 400);
        pace.data(ms(59_903));
        assert_eq!(pace.next_draw(), Some(ms(59_918)));
    }

    #[test]
    fn an_answer_is_drawn_at_once_and_is_nobody_typing() {
        let mut pace = Pace::new(Bandwidth::Full);
        pace.drawn(ms(0), 400);
        pace.answer(ms(5));
        assert!(pace.is_due(ms(5)));
        pace.drawn(ms(5), 400);
        pace.data(ms(6));
        assert_eq!(pace.next_draw(), Some(ms(505)));
    }

    #[test]
    fn a_key_is_drawn_at_once_and_data_waits_its_turn() {
        let mut pace = attended(Bandwidth::Full);
        pace.data(ms(100));
        assert!(pace.is_due(ms(100)), "the first data waits for nothing");
        pace.drawn(ms(100), 500);
        pace.data(ms(103));
        assert_eq!(pace.next_draw(), Some(ms(116)));
        pace.data(ms(109));
        assert_eq!(
            pace.next_draw(),
            Some(ms(116)),
            "more data does not push the frame away"
        );
        pace.key(ms(110));
        assert!(pace.is_due(ms(110)));
        pace.data(ms(111));
        assert_eq!(
            pace.next_draw(),
            Some(ms(110)),
            "data does not hold back a key"
        );
    }

    #[test]
    fn a_slow_line_slows_data_but_never_keys() {
        let mut pace = attended(Bandwidth::Full);
        pace.drawn(ms(0), 2_000);
        pace.drained(2_000, ms(200));
        assert_eq!(pace.interval(), ms(400));
        pace.data(ms(10));
        assert_eq!(pace.next_draw(), Some(ms(400)));
        pace.key(ms(20));
        assert_eq!(pace.next_draw(), Some(ms(20)));
        pace.drained(2_000, Duration::from_secs(60));
        assert!(pace.interval() <= SLOWEST);
    }

    #[test]
    fn a_line_that_recovered_is_believed_again() {
        let mut pace = attended(Bandwidth::Full);
        pace.drawn(ms(0), 2_000);
        pace.drained(2_000, ms(400));
        assert!(pace.interval() > ms(500));
        for _ in 0..14 {
            pace.drained(2_000, ms(1));
        }
        assert_eq!(pace.interval(), DATA_INTERVAL);
    }

    #[test]
    fn low_bandwidth_halves_the_frames() {
        let mut pace = attended(Bandwidth::Low);
        pace.drawn(ms(0), 100);
        pace.data(ms(1));
        assert_eq!(pace.next_draw(), Some(ms(32)));
    }

    #[test]
    fn a_frame_without_a_change_does_not_delay_the_next() {
        let mut pace = attended(Bandwidth::Full);
        pace.data(ms(50));
        pace.drawn(ms(50), 0);
        pace.data(ms(51));
        assert!(pace.is_due(ms(51)));
    }
}
