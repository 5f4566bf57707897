//! What operators see of an item's life: its state and its marks, derived from facts by one pure function.
//!
//! Called by the store whenever a fact about a row changes, the ledger tells something or a deadline passes. Imports
//! the nouns alone.
//!
//! ```text
//!            ┌── opens ──►  NEW · ACK · SNZ  ── goes calm, or its last claim goes ──►  CLEAR ── kept a while ──► gone
//!  (nothing) ┘                     ▲                                                     │
//!                                  └───────────── fires again (soon: FLAP) ◄─────────────┘
//!
//!  facts ──► stand (NEW, ACK, SNZ or CLEAR, and why) ──► triage (with marks) ──► Row
//!  entry ──┘
//! ```

mod acts;
mod ends;
mod marks;
mod shifts;
mod standing;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{ItemState, Severity};

pub use acts::{Acknowledgement, Assignment, Comment, End, Entry, Owner, Snooze};
pub use ends::{Lasting, Pick};
pub use marks::{Mark, Marks};
pub use shifts::{Duty, Shift, Shifts};
pub use standing::{Ended, Present, Standing, stand};

/// How an item stands with the operators. In queue order: `NEW` first, `CLEAR` last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It asks for attention and nobody has taken it.
    New,
    /// Somebody has taken it.
    Acknowledged,
    /// Somebody has hidden it until a moment.
    Snoozed,
    /// Nothing to do: it never asked for attention, or no longer does.
    Clear,
}

impl State {
    /// Every state, in queue order.
    pub const ALL: &'static [Self] = &[Self::New, Self::Acknowledged, Self::Snoozed, Self::Clear];

    /// The word in filters and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Acknowledged => "ack",
            Self::Snoozed => "snz",
            Self::Clear => "clear",
        }
    }

    /// The word on the screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Acknowledged => "ACK",
            Self::Snoozed => "SNZ",
            Self::Clear => "CLEAR",
        }
    }
}

/// How long things are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// How long an open row whose last claim went is kept as CLEAR.
    pub keep_cleared: Duration,
    /// An alarm that fires again within this time of clearing is a flapping one.
    pub flap_within: Duration,
    /// How long the FLAP mark stays after the last time it fired again.
    pub flap_shown: Duration,
}

impl Default for Spans {
    /// Ten minutes for the first two are the product's promise; half an hour of FLAP is three times the
    /// span that makes one, so that the mark itself does not flap.
    fn default() -> Self {
        Self {
            keep_cleared: Duration::from_secs(600),
            flap_within: Duration::from_secs(600),
            flap_shown: Duration::from_secs(1800),
        }
    }
}

/// What is known about a row, as far as its state and marks hang on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether it asks for attention, by its service.
    pub state: ItemState,
    /// Whether the last feed that knew it no longer does.
    pub vanished: bool,
    /// Whether it opened after the first load of its feed and nobody has looked at it since.
    pub unseen: bool,
    /// Whether its severity rose and nobody has looked at it since.
    pub worse: bool,
    /// When it last fired again soon after clearing.
    pub flapped: Option<Timestamp>,
    /// Whether it began inside a maintenance window that is running now and aims at its instance.
    pub in_window: bool,
    /// Whether AWS reports trouble with the service that it watches, where it watches it.
    pub in_trouble: bool,
    /// Whether a mute rule covers it now.
    pub muted: bool,
    /// Whether every feed that knows it is late or blind.
    pub stale: bool,
    /// Its episode, by the service's own time.
    pub episode: Timestamp,
    /// The episode from which it has not been clear for longer than the flap span; see [`Present::lineage`].
    pub lineage: Timestamp,
    /// How bad it is, by the triage rules.
    pub severity: Severity,
}

impl Facts {
    /// What an acknowledgement hangs on.
    #[must_use]
    pub const fn present(&self) -> Present {
        Present {
            open: self.state.is_open() && !self.vanished,
            episode: self.episode,
            lineage: self.lineage,
            severity: self.severity,
        }
    }
}

/// State and marks of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triage {
    /// How it stands with the operators.
    pub state: State,
    /// What else is to be said; any of them.
    pub marks: Marks,
    /// Why it asks for attention again, where somebody had taken or hidden it.
    pub ended: Option<Ended>,
}

/// Derives marks from the facts and puts them beside how the item [stands](stand).
#[must_use]
pub fn triage(facts: &Facts, standing: &Standing, spans: &Spans, now: Timestamp) -> Triage {
    let open = facts.present().open;
    let flapping = facts
        .flapped
        .is_some_and(|at| now < at.plus(spans.flap_shown));
    let marks = [
        (Mark::New, facts.unseen),
        (Mark::Worse, open && facts.worse),
        (Mark::Win, open && facts.in_window),
        (Mark::Aws, open && facts.in_trouble),
        (Mark::Flap, flapping),
        (Mark::NoData, open && facts.state == ItemState::NoData),
        (Mark::Muted, !facts.vanished && facts.muted),
        (Mark::Stale, !facts.vanished && facts.stale),
    ]
    .into_iter()
    .filter_map(|(mark, holds)| holds.then_some(mark))
    .collect();
    Triage {
        state: standing.state,
        marks,
        ended: standing.ended,
    }
}

/// Whether an alarm that fires at `fired` after it cleared at `cleared` flaps.
#[must_use]
pub fn flaps(cleared: Timestamp, fired: Timestamp, spans: &Spans) -> bool {
    fired <= cleared.plus(spans.flap_within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Facts = Facts {
        state: ItemState::Calm,
        vanished: false,
        unseen: false,
        worse: false,
        flapped: None,
        in_window: false,
        in_trouble: false,
        muted: false,
        stale: false,
        episode: Timestamp::ZERO,
        lineage: Timestamp::ZERO,
        severity: Severity::Medium,
    };

    fn derive(facts: Facts, now: i64) -> (State, String) {
        let now = Timestamp::from_secs(now);
        let standing = stand(&facts.present(), None, now);
        let t = triage(&facts, &standing, &Spans::default(), now);
        (t.state, t.marks.to_string())
    }

    #[test]
    fn only_what_asks_for_attention_is_new() {
        let open = Facts {
            state: ItemState::Open,
            ..CALM
        };
        assert_eq!(derive(open, 0).0, State::New);
        assert_eq!(derive(CALM, 0).0, State::Clear);
        let vanished = Facts {
            vanished: true,
            ..open
        };
        assert_eq!(derive(vanished, 0).0, State::Clear);
    }

    #[test]
    fn silence_is_not_recovery() {
        let silent = Facts {
            state: ItemState::NoData,
            ..CALM
        };
        assert_eq!(derive(silent, 0), (State::New, "NO DATA".to_owned()));
    }

    #[test]
    fn flap_fades() {
        let facts = Facts {
            state: ItemState::Open,
            flapped: Some(Timestamp::from_secs(100)),
            ..CALM
        };
        assert_eq!(derive(facts, 100 + 1799).1, "FLAP");
        assert_eq!(derive(facts, 100 + 1800).1, "");
    }

    #[test]
    fn windows_excuse_only_what_is_open() {
        let facts = Facts {
            in_window: true,
            ..CALM
        };
        assert_eq!(derive(facts, 0).1, "");
        let open = Facts {
            state: ItemState::Open,
            ..facts
        };
        assert_eq!(derive(open, 0).1, "WIN");
    }

    #[test]
    fn a_muted_alarm_says_so_and_stands_as_before() {
        for state in [ItemState::Open, ItemState::Calm] {
            let plain = Facts { state, ..CALM };
            let muted = Facts {
                muted: true,
                ..plain
            };
            assert_eq!(derive(muted, 0), (derive(plain, 0).0, "MUTED".to_owned()));
        }
        let gone = Facts {
            muted: true,
            vanished: true,
            ..CALM
        };
        assert_eq!(derive(gone, 0).1, "");
    }

    #[test]
    fn ten_minutes_make_a_flap() {
        let spans = Spans::default();
        let cleared = Timestamp::from_secs(1_000);
        assert!(flaps(cleared, Timestamp::from_secs(1_600), &spans));
        assert!(!flaps(cleared, Timestamp::from_secs(1_601), &spans));
    }
}
