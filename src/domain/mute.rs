//! What is particular to a mute rule of CloudWatch: whose alarms notify nobody, and when.

use std::sync::Arc;

use crate::clock::Timestamp;

/// Whether a rule mutes once or again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MuteRhythm {
    /// `ONE_TIME`.
    Once,
    /// `RECURRING`.
    Recurring,
}

impl MuteRhythm {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Recurring => "recurring",
        }
    }
}

/// How a mute stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutePhase {
    /// It mutes.
    Active,
    /// It will mute.
    Scheduled,
    /// Its time is over; it goes with the next answer of its feed.
    Over,
}

impl MutePhase {
    /// The word on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Scheduled => "scheduled",
            Self::Over => "over",
        }
    }
}

/// A time during which a rule mutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MuteSpan {
    /// When it begins; unknown where CloudWatch only said that it mutes.
    pub from: Timestamp,
    /// When it ends, the end itself not included; none where CloudWatch only said that it mutes.
    pub until: Option<Timestamp>,
}

impl MuteSpan {
    /// Whether it mutes at this moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// A rule's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct MuteDetail {
    /// The names of its alarms, sorted. They need not exist any more. Neutralised.
    pub alarms: Vec<Arc<str>>,
    /// `at(…)` or `cron(…)` with five fields. Neutralised.
    pub schedule: Option<Arc<str>>,
    /// The IANA zone in which the schedule is meant; UTC where absent. Neutralised.
    pub timezone: Option<Arc<str>>,
    /// How long it mutes each time, in seconds.
    pub lasts: Option<u64>,
    /// Whether it comes again.
    pub rhythm: MuteRhythm,
    /// Before this moment it does not mute.
    pub starts: Option<Timestamp>,
    /// From this moment on it does not mute any more.
    pub expires: Option<Timestamp>,
    /// The time in which it mutes now, if it does, and the next ones, in their order and apart from each other. Empty
    /// where it will mute at a time that cannot be told.
    pub spans: Vec<MuteSpan>,
    /// Why it was made, in the words of whoever made it. Neutralised.
    pub note: Option<Arc<str>>,
    /// The operator who made it with noctop; of other rules CloudWatch does not tell it. Neutralised.
    pub by: Option<Arc<str>>,
    /// Why its definition could not be read: then which alarms it mutes is not known, or out of date.
    pub unread: Option<Arc<str>>,
}

impl MuteDetail {
    /// The time in which it mutes at this moment.
    #[must_use]
    pub fn current(&self, now: Timestamp) -> Option<MuteSpan> {
        self.spans.iter().copied().find(|span| span.holds(now))
    }

    /// The next time in which it will mute.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<MuteSpan> {
        self.spans.iter().copied().find(|span| span.from > now)
    }

    /// How it stands.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> MutePhase {
        let passed = !self.spans.is_empty() && self.rhythm == MuteRhythm::Once;
        let expired = self.expires.is_some_and(|expires| expires <= now);
        if self.current(now).is_some() {
            MutePhase::Active
        } else if self.next(now).is_none() && (passed || expired) {
            MutePhase::Over
        } else {
            MutePhase::Scheduled
        }
    }

    /// When time alone changes how it stands.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.spans
            .iter()
            .flat_map(|span| [Some(span.from), span.until])
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    /// When the time that was current or next when it was read ends: what mutes are sorted by.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.spans.first().and_then(|span| span.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: fn(i64) -> Timestamp = Timestamp::from_secs;

    fn mute(rhythm: MuteRhythm, spans: &[(i64, Option<i64>)]) -> MuteDetail {
        MuteDetail {
            alarms: Vec::new(),
            schedule: None,
            timezone: None,
            lasts: None,
            rhythm,
            starts: None,
            expires: None,
            spans: spans
                .iter()
                .map(|(from, until)| MuteSpan {
                    from: T(*from),
                    until: until.map(T),
                })
                .collect(),
            note: None,
            by: None,
            unread: None,
        }
    }

    #[test]
    fn a_mute_waits_mutes_and_is_over() {
        let once = mute(MuteRhythm::Once, &[(100, Some(200))]);
        let phases = [99, 100, 199, 200].map(|at| once.phase(T(at)).word());
        assert_eq!(phases, ["scheduled", "active", "active", "over"]);
        let changes = [99, 100, 200].map(|at| once.next_change(T(at)));
        assert_eq!(changes, [Some(T(100)), Some(T(200)), None]);
    }

    #[test]
    fn a_recurring_mute_comes_again_until_it_expires() {
        let mut nightly = mute(MuteRhythm::Recurring, &[(100, Some(200)), (300, Some(400))]);
        let phases = |m: &MuteDetail| [150, 250, 350, 450].map(|at| m.phase(T(at)).word());
        // After the last known time it comes again at one that is not known yet.
        assert_eq!(
            phases(&nightly),
            ["active", "scheduled", "active", "scheduled"]
        );
        nightly.expires = Some(T(400));
        assert_eq!(phases(&nightly)[3], "over");
    }

    #[test]
    fn a_mute_of_unknown_times_is_what_cloudwatch_said() {
        let told = mute(MuteRhythm::Recurring, &[(0, None)]);
        assert_eq!(told.phase(T(1_000)), MutePhase::Active);
        assert_eq!((told.end(), told.next_change(T(1_000))), (None, None));
        let waits = mute(MuteRhythm::Once, &[]);
        assert_eq!(waits.phase(T(1_000)), MutePhase::Scheduled);
    }
}
