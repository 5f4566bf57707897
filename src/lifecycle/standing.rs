//! How an item stands: the one place where the facts of its service and what operators did about it meet.
//!
//! ```text
//!              acknowledge                     snooze
//!       ┌──────────────────────► ACK ─────────────────────┐
//!  NEW ─┤         ◄──────────────┘ Expired                ▼
//!   ▲   └───────────── snooze ──────────────────────────► SNZ
//!   │                    NewEpisode · MoreSevere           │ SnoozeOver: back to ACK where somebody still has it
//!   └──────────────────────────────────────────────────────┘
//!  any ── goes calm ──► CLEAR ── fires again: as before, if it is the same episode or within the flap span
//! ```
//!
//! A pure function of facts, entry and time: it keeps nothing, so a restart changes nothing, and two consoles that know
//! the same say the same.

use crate::clock::Timestamp;
use crate::domain::Severity;

use super::{Entry, State};

/// Why an item that somebody had taken, or hidden, asks for attention again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// The acknowledgement's time was over.
    Expired,
    /// It fired again: what was done belongs to an episode that is over.
    NewEpisode,
    /// It is worse than it was then.
    MoreSevere,
    /// It was hidden until a moment that has come.
    SnoozeOver,
}

impl Ended {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Expired,
        Self::NewEpisode,
        Self::MoreSevere,
        Self::SnoozeOver,
    ];

    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NewEpisode => "new episode",
            Self::MoreSevere => "more severe",
            Self::SnoozeOver => "snooze over",
        }
    }

    /// What it means, as one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Expired => "The acknowledgement's time is over.",
            Self::NewEpisode => "It fired anew after it was acknowledged or snoozed.",
            Self::MoreSevere => "It is worse than when it was acknowledged or snoozed.",
            Self::SnoozeOver => "It was snoozed until now.",
        }
    }
}

/// The facts of an item that an acknowledgement hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// Whether it asks for attention.
    pub open: bool,
    /// Its episode, by the service's own time.
    pub episode: Timestamp,
    /// The episode from which it has not been clear for longer than the flap span: its own episode, or an earlier one
    /// where it flapped before this console's eyes.
    pub lineage: Timestamp,
    /// How bad it is.
    pub severity: Severity,
}

/// How an item stands with the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Why it asks for attention again, where somebody had taken or hidden it.
    pub ended: Option<Ended>,
    /// The next moment at which time alone changes this.
    pub next: Option<Timestamp>,
    /// Whether the ledger has to be told that what it keeps belongs to the present episode too: the item flapped, which
    /// only consoles know that watched it.
    pub carry: bool,
}

/// Derives how an item stands.
#[must_use]
pub fn stand(present: &Present, entry: Option<&Entry>, now: Timestamp) -> Standing {
    let plain = Standing {
        state: if present.open {
            State::New
        } else {
            State::Clear
        },
        ended: None,
        next: None,
        carry: false,
    };
    let Some(entry) = entry else {
        return plain;
    };
    if !present.open {
        return plain;
    }
    // An entry of a later episode than ours: a colleague's console has heard of it before we did. It holds.
    let lineage = present.lineage.min(present.episode);
    if entry.episode < lineage {
        let done = entry.held().is_some() || entry.snooze.is_some();
        return Standing {
            ended: done.then_some(Ended::NewEpisode),
            ..plain
        };
    }
    let carry = entry.episode < present.episode;

    let ack = entry.held().map(|ack| {
        if present.severity > ack.severity {
            Err(Ended::MoreSevere)
        } else if ack.end.until() <= now {
            Err(Ended::Expired)
        } else {
            Ok(ack.end.until())
        }
    });
    let snooze = entry.snooze.as_ref().map(|snooze| {
        if present.severity > snooze.severity {
            Err(Ended::MoreSevere)
        } else if snooze.until <= now {
            Err(Ended::SnoozeOver)
        } else {
            Ok(snooze.until)
        }
    });
    let next = [ack, snooze].into_iter().flatten().filter_map(Result::ok);
    let next = next.min();
    let (state, ended) = match (ack, snooze) {
        (_, Some(Ok(_))) => (State::Snoozed, None),
        (Some(Ok(_)), _) => (State::Acknowledged, None),
        // Of two reasons, the one that an operator has to act on: worse, then whichever was later to end.
        (Some(Err(a)), Some(Err(s))) => {
            let worse = a == Ended::MoreSevere || s == Ended::MoreSevere;
            (State::New, Some(if worse { Ended::MoreSevere } else { s }))
        }
        (Some(Err(why)), None) | (None, Some(Err(why))) => (State::New, Some(why)),
        (None, None) => (State::New, None),
    };
    Standing {
        state,
        ended,
        next,
        carry: carry
            && (entry.held().is_some() || entry.snooze.is_some() || entry.assignment.is_some()),
    }
}

#[cfg(test)]
mod tests;
