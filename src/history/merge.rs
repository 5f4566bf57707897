//! Merging: what an episode becomes by one more fact about it. Pure, and the same in whatever order facts come.

use crate::clock::Timestamp;
use crate::domain::Severity;

use super::fact::Happened;

/// What is known of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// When it came: as a console saw it, or else as the service says.
    pub came: Timestamp,
    /// Whether a console saw it come.
    pub seen: bool,
    /// The worst that it was.
    pub worst: Severity,
    /// How bad it became by getting worse, and when.
    pub rose: Option<(Severity, Timestamp)>,
    /// When it was over; counts while [`Known::is_over`] holds.
    pub cleared: Option<Timestamp>,
    /// When it last came back.
    pub back: Option<Timestamp>,
    /// When a console last learned that it asks for attention.
    pub open: Timestamp,
    /// When a console last learned that it does not.
    pub stopped: Option<Timestamp>,
}

impl Known {
    /// An episode of which nothing is known but when it began.
    pub fn new(began: Timestamp) -> Self {
        Self {
            came: began,
            ..Self::default()
        }
    }

    /// Whether it is over, by the last word of any console. Both moments are consoles' own: a service's time is older
    /// than the answer that told it, and another console may have had the answer before that.
    pub fn is_over(&self) -> bool {
        self.stopped.is_some_and(|stopped| stopped >= self.open)
    }

    /// The same with one more fact, which happened at `at` and was learned at `now`.
    pub fn with(
        mut self,
        happened: Happened,
        severity: Severity,
        at: Timestamp,
        now: Timestamp,
    ) -> Self {
        self.worst = self.worst.max(severity);
        match happened {
            Happened::Found => {
                // Where the service gives no time, the first look has to do.
                if self.came.is_unknown() {
                    self.came = at;
                }
            }
            Happened::Came => {
                self.came = if self.seen { self.came.min(at) } else { at };
                self.seen = true;
            }
            Happened::Rose => {
                let this = (severity, at);
                self.rose = Some(match self.rose {
                    Some(known) if known.0 > this.0 || known.0 == this.0 && known.1 <= at => known,
                    _ => this,
                });
            }
            Happened::Back => self.back = self.back.max(Some(at)),
            Happened::Cleared => {
                // Consoles ask at different moments: the first of them to learn of an end is nearest to the truth.
                self.cleared = Some(match self.cleared {
                    Some(known) if self.is_over() => known.min(at),
                    _ => at,
                });
                self.stopped = self.stopped.max(Some(now));
                return self;
            }
        }
        self.open = self.open.max(now);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn fact() -> impl Strategy<Value = (Happened, Severity, Timestamp)> {
        let happened = prop::sample::select(vec![
            Happened::Found,
            Happened::Came,
            Happened::Rose,
            Happened::Cleared,
            Happened::Back,
        ]);
        (happened, prop::sample::select(Severity::ALL), 1i64..50)
            .prop_map(|(happened, severity, secs)| (happened, severity, at(secs)))
    }

    fn all(facts: &[(Happened, Severity, Timestamp)]) -> Known {
        facts
            .iter()
            .fold(Known::new(at(1)), |known, (happened, severity, at)| {
                known.with(*happened, *severity, *at, *at)
            })
    }

    #[test]
    fn the_first_to_learn_of_an_end_is_believed_until_it_comes_back() {
        let told =
            |known: Known, happened, secs| known.with(happened, Severity::Low, at(secs), at(secs));
        let known = told(Known::new(at(1)), Happened::Came, 1);
        let known = [20, 14, 30]
            .iter()
            .fold(known, |known, secs| told(known, Happened::Cleared, *secs));
        assert_eq!(known.cleared, Some(at(14)));
        let back = told(known, Happened::Back, 40);
        assert!(!back.is_over());
        let again = told(back, Happened::Cleared, 50);
        assert!(again.is_over());
        assert_eq!(again.cleared, Some(at(50)));
    }

    #[test]
    fn a_slow_answer_does_not_keep_an_episode_open_for_ever() {
        // One console learns at 97, from an answer that is three seconds old, that it is open; it has cleared at 95.
        let known = Known::new(at(1))
            .with(Happened::Cleared, Severity::Low, at(95), at(96))
            .with(Happened::Found, Severity::Low, at(97), at(97));
        assert!(!known.is_over());
        let next = known.with(Happened::Cleared, Severity::Low, at(95), at(120));
        assert!(next.is_over());
        assert_eq!(next.cleared, Some(at(95)));
    }

    proptest! {
        #[test]
        fn the_order_of_the_writers_changes_neither_state_nor_severity_nor_beginning(
            facts in prop::collection::vec(fact(), 0..12),
            order in any::<prop::sample::Index>(),
        ) {
            let mut other = facts.clone();
            let by = order.index(facts.len() + 1);
            other.rotate_left(by.min(facts.len()));
            other.reverse();
            // Everything once more: what is written twice changes nothing.
            other.extend(facts.clone());
            let (one, other) = (all(&facts), all(&other));
            prop_assert_eq!(one.is_over(), other.is_over());
            prop_assert_eq!((one.came, one.seen, one.worst, one.rose), (other.came, other.seen, other.worst, other.rose));
            prop_assert_eq!((one.stopped, one.open, one.back), (other.stopped, other.open, other.back));
            prop_assert_eq!(one.cleared.is_some(), other.cleared.is_some());
        }
    }
}
