//! Acting: who writes into the ledger from this console, what is on its way, and what can be taken back.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::ItemKey;
use crate::ledger::{Act, Verb, Who};
use crate::lifecycle::{Duty, Lasting, Owner, Shifts};

use super::change::Part;

/// How many gestures can be taken back; older ones have long been seen by colleagues.
const UNDO: usize = 50;

/// The state of the ledger as the header shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It has not answered yet.
    #[default]
    Opening,
    /// Shared: every operator of the fleet sees what is written.
    Shared,
    /// A file of this machine: marked LOCAL.
    Local,
    /// The shared ledger is away, acts wait in the outbox: LOCAL ONLY, with the reason.
    LocalOnly(Arc<str>),
    /// It cannot be read or written at all, with the reason.
    Broken(Arc<str>),
}

/// A gesture that can be taken back: the acts that undo it.
#[derive(Clone, Debug, PartialEq)]
pub struct Undo {
    /// What was done, for the sentence.
    pub what: Arc<str>,
    /// What takes it back, per item. The versions are those right after the gesture: whatever a colleague did since
    /// stands.
    pub verbs: Vec<(ItemKey, Verb)>,
    /// What takes back what was changed in AWS.
    pub change: Vec<Part>,
}

/// Who acts, and what is on its way.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The operator, their identity and this console.
    pub who: Who,
    /// How long acknowledgements last.
    pub lasting: Lasting,
    /// The team's shifts.
    shifts: Shifts,
    /// The shift on duty, where shifts are configured and somebody is.
    pub shift: Option<Duty>,
    /// When it ends.
    pub shift_end: Option<Timestamp>,
    /// When another shift may be on duty.
    relieved: Timestamp,
    /// Where the ledger is.
    pub reach: Reach,
    /// Gestures that can be taken back, newest last.
    pub undo: Vec<Undo>,
    /// How many acts are on their way.
    pub waiting: usize,
    /// Grows with every act: its id is the session's and this number, so that a repeated act is recognised.
    acts: u64,
}

impl Acting {
    /// Nothing done yet. `session` is random: two consoles never share it.
    #[must_use]
    pub fn new(operator: &str, identity: &str, session: &str) -> Self {
        Self {
            who: Who {
                owner: Owner::new(operator, identity),
                session: session.into(),
            },
            lasting: Lasting::default(),
            shifts: Shifts::default(),
            shift: None,
            shift_end: None,
            relieved: Timestamp::ZERO,
            reach: Reach::default(),
            undo: Vec::new(),
            waiting: 0,
            acts: 0,
        }
    }

    /// The same in a team that works in these shifts.
    #[must_use]
    pub fn in_shifts(mut self, shifts: Shifts, now: Timestamp) -> Self {
        self.shifts = shifts;
        self.pass(now);
        self
    }

    /// Time has passed: another shift may be on duty.
    pub fn pass(&mut self, now: Timestamp) {
        if now < self.relieved {
            return;
        }
        self.shift = self.shifts.at(now);
        self.shift_end = self.shift.as_ref().map(|duty| duty.until);
        self.relieved = self
            .shifts
            .next(now)
            .map(|next| next.from)
            .into_iter()
            .chain(self.shift_end)
            .min()
            .unwrap_or(Timestamp::from_millis(i64::MAX));
    }

    /// The team's shifts.
    #[must_use]
    pub const fn shifts(&self) -> &Shifts {
        &self.shifts
    }

    /// From here on somebody else acts from this console. What the one before did is not theirs to take back.
    pub fn hand_over(&mut self, operator: &str) {
        self.who.owner = Owner::new(operator, &self.who.owner.identity);
        self.undo.clear();
    }

    /// Whether this is who acts here. The identity counts where this console knows its own: a shared ledger adds it to
    /// acts that say none.
    #[must_use]
    pub fn is_me(&self, owner: &Owner) -> bool {
        let me = &self.who.owner;
        owner.operator == me.operator && (me.identity.is_empty() || owner.identity == me.identity)
    }

    /// An act of this operator.
    pub fn act(&mut self, key: ItemKey, verb: Verb, at: Timestamp) -> Act {
        self.acts += 1;
        Act {
            id: Arc::from(format!("{}-{}", self.who.session, self.acts)),
            who: self.who.clone(),
            at,
            key,
            verb,
        }
    }

    /// Remembers how a gesture is taken back.
    pub fn remember(&mut self, undo: Undo) {
        if undo.verbs.is_empty() && undo.change.is_empty() {
            return;
        }
        if self.undo.len() == UNDO {
            self.undo.remove(0);
        }
        self.undo.push(undo);
    }
}
