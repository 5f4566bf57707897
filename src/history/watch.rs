//! How well could be seen: for every feed, how long it was fresh, late or blind – and how long nobody looked at all.
//!
//! A pure sweep over what the consoles said. At every moment the best-sighted console counts, because one operator who
//! saw is a team that saw; and where no console was running, the time is unwatched and never fine.
//!
//! ```text
//!  console 1   ├── fresh ──┤├──── blind ────┤
//!  console 2                    ├─ late ─┤├──── fresh ───┤
//!  together    ├── fresh ──┤├bl┤├─ late ─┤├──── fresh ───┤├── unwatched ──
//! ```

use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::FeedState;

/// A span of time; its end does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Span {
    /// How long it is.
    #[must_use]
    pub fn length(self) -> Duration {
        self.until.since(self.from)
    }

    /// What of it lies within another one.
    #[must_use]
    pub fn within(self, other: Self) -> Option<Self> {
        let span = Self {
            from: self.from.max(other.from),
            until: self.until.min(other.until),
        };
        (span.from < span.until).then_some(span)
    }
}

/// What one console said of one feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told<'a> {
    /// When the console was watching, in order.
    pub watched: &'a [Span],
    /// From when on the feed was in which state, in order; `None`: it was no longer asked.
    pub states: &'a [(Timestamp, Option<FeedState>)],
}

/// How long a feed was in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Complete and young.
    pub fresh: Duration,
    /// Complete and old.
    pub late: Duration,
    /// Not complete for the first time yet.
    pub loading: Duration,
    /// Not enabled.
    pub off: Duration,
    /// Not readable.
    pub blind: Duration,
    /// No console asked it.
    pub unwatched: Duration,
}

/// How much a state tells, so that of two consoles the better-sighted one counts.
const fn worth(state: FeedState) -> u8 {
    match state {
        FeedState::Blind => 1,
        FeedState::Loading => 2,
        FeedState::Late => 3,
        FeedState::Off => 4,
        FeedState::Fresh => 5,
    }
}

const BY_WORTH: [Option<FeedState>; 6] = [
    None,
    Some(FeedState::Blind),
    Some(FeedState::Loading),
    Some(FeedState::Late),
    Some(FeedState::Off),
    Some(FeedState::Fresh),
];

/// How long a feed was in which state within a span, as all consoles together saw it. The parts sum up to the span.
#[must_use]
pub fn seen(told: &[Told<'_>], window: Span) -> Seen {
    // Every moment at which some console begins or ceases to hold a state.
    let mut turns: Vec<(Timestamp, usize, i32)> = Vec::new();
    for console in told {
        for (at, (from, state)) in console.states.iter().enumerate() {
            let Some(state) = state else { continue };
            let until = console
                .states
                .get(at + 1)
                .map_or(window.until, |(next, _)| *next);
            let held = Span { from: *from, until };
            for span in console.watched {
                let span = span.within(held).and_then(|span| span.within(window));
                if let Some(span) = span {
                    let place = usize::from(worth(*state));
                    turns.push((span.from, place, 1));
                    turns.push((span.until, place, -1));
                }
            }
        }
    }
    turns.sort_unstable();
    let mut seen = Seen::default();
    let mut holding = [0i32; BY_WORTH.len()];
    let mut since = window.from;
    let mut count = |state: Option<FeedState>, span: Duration| {
        *match state {
            None => &mut seen.unwatched,
            Some(FeedState::Fresh) => &mut seen.fresh,
            Some(FeedState::Late) => &mut seen.late,
            Some(FeedState::Loading) => &mut seen.loading,
            Some(FeedState::Off) => &mut seen.off,
            Some(FeedState::Blind) => &mut seen.blind,
        } += span;
    };
    let best = |holding: &[i32; BY_WORTH.len()]| {
        let best = holding.iter().rposition(|count| *count > 0);
        best.and_then(|place| BY_WORTH[place])
    };
    for (at, place, by) in turns {
        count(best(&holding), at.since(since));
        since = at;
        holding[place] += by;
    }
    count(best(&holding), window.until.since(since));
    seen
}

/// When no console was watching, in order.
#[must_use]
pub fn gaps(watched: &[Span], window: Span) -> Vec<Span> {
    let mut watched: Vec<Span> = watched
        .iter()
        .filter_map(|span| span.within(window))
        .collect();
    watched.sort_unstable();
    let mut gaps = Vec::new();
    let mut since = window.from;
    for span in watched {
        if span.from > since {
            gaps.push(Span {
                from: since,
                until: span.from,
            });
        }
        since = since.max(span.until);
    }
    if window.until > since {
        gaps.push(Span {
            from: since,
            until: window.until,
        });
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: i64, until: i64) -> Span {
        Span {
            from: Timestamp::from_secs(from),
            until: Timestamp::from_secs(until),
        }
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn at(n: i64, state: FeedState) -> (Timestamp, Option<FeedState>) {
        (Timestamp::from_secs(n), Some(state))
    }

    #[test]
    fn time_without_a_console_is_unwatched_and_never_fine() {
        let told = Told {
            watched: &[span(10, 20), span(40, 60)],
            states: &[at(10, FeedState::Fresh), at(50, FeedState::Blind)],
        };
        let seen = seen(&[told], span(0, 100));
        assert_eq!(seen.fresh, secs(20));
        assert_eq!(seen.blind, secs(10));
        assert_eq!(seen.unwatched, secs(70));
    }

    #[test]
    fn one_console_that_sees_is_a_team_that_sees() {
        let blind = Told {
            watched: &[span(0, 100)],
            states: &[at(0, FeedState::Blind)],
        };
        let other = Told {
            watched: &[span(30, 60)],
            states: &[at(20, FeedState::Late), at(40, FeedState::Fresh)],
        };
        let seen = seen(&[blind, other], span(0, 100));
        assert_eq!(
            (seen.blind, seen.late, seen.fresh),
            (secs(70), secs(10), secs(20))
        );
    }

    #[test]
    fn a_feed_that_is_no_longer_asked_is_unwatched() {
        let told = Told {
            watched: &[span(0, 100)],
            states: &[at(0, FeedState::Fresh), (Timestamp::from_secs(60), None)],
        };
        assert_eq!(seen(&[told], span(0, 100)).unwatched, secs(40));
    }

    #[test]
    fn gaps_are_what_no_console_covers() {
        let watched = [span(50, 60), span(10, 30), span(20, 40)];
        assert_eq!(
            gaps(&watched, span(0, 100)),
            [span(0, 10), span(40, 50), span(60, 100)]
        );
        assert_eq!(gaps(&[], span(0, 5)), [span(0, 5)]);
        assert_eq!(gaps(&[span(0, 9)], span(2, 5)), []);
    }

    type Console = (Vec<Span>, Vec<(Timestamp, Option<FeedState>)>);

    fn console() -> impl Strategy<Value = Console> {
        let states = [
            None,
            Some(FeedState::Fresh),
            Some(FeedState::Late),
            Some(FeedState::Blind),
            Some(FeedState::Loading),
            Some(FeedState::Off),
        ];
        let told =
            prop::collection::btree_map(0i64..120, prop::sample::select(states.to_vec()), 0..6);
        let edges = prop::collection::btree_set(0i64..120, 0..7);
        (edges, told).prop_map(|(edges, told)| {
            let edges: Vec<i64> = edges.into_iter().collect();
            let watched = edges
                .chunks_exact(2)
                .map(|pair| span(pair[0], pair[1]))
                .collect();
            let states = told
                .into_iter()
                .map(|(n, state)| (Timestamp::from_secs(n), state))
                .collect();
            (watched, states)
        })
    }

    proptest! {
        #[test]
        fn every_second_is_counted_once_in_whatever_order_and_however_often_consoles_are_named(
            consoles in prop::collection::vec(console(), 0..4), from in 0i64..60, length in 1i64..60,
        ) {
            let window = span(from, from + length);
            let told: Vec<Told<'_>> =
                consoles.iter().map(|(watched, states)| Told { watched, states }).collect();
            let once = seen(&told, window);
            let parts = [once.fresh, once.late, once.loading, once.off, once.blind, once.unwatched];
            prop_assert_eq!(parts.iter().sum::<Duration>(), window.length());
            let mut twice: Vec<Told<'_>> = told.iter().rev().cloned().collect();
            twice.extend(told.clone());
            prop_assert_eq!(seen(&twice, window), once);
            // Second by second, by hand.
            let mut fresh = 0;
            for second in from..from + length {
                let now = Timestamp::from_secs(second);
                let sees = consoles.iter().any(|(watched, states)| {
                    watched.iter().any(|span| span.from <= now && now < span.until)
                        && states.iter().rev().find(|(at, _)| *at <= now).is_some_and(|(_, state)| *state == Some(FeedState::Fresh))
                });
                fresh += u64::from(sees);
            }
            prop_assert_eq!(once.fresh, secs(fresh));
        }
    }
}
