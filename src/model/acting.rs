//! Acting: who writes into the ledger from this console, what is on its way, and what can be taken back.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::ItemKey;
use crate::ledger::{Act, Verb, Who};
use crate::lifecycle::{Lasting, Owner};

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
    /// When the present shift ends, where shifts are configured.
    pub shift_end: Option<Timestamp>,
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
            shift_end: None,
            reach: Reach::default(),
            undo: Vec::new(),
            waiting: 0,
            acts: 0,
        }
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
