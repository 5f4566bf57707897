//! Changes that an operator asks of AWS: what is asked, what was found out before, what became of it. Plain data.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::audit::{Receipt, Result as Became, TargetOutcome};
use crate::aws::ops::{Done, Order, Undone};
use crate::clock::Timestamp;
use crate::domain::{Detail, Item, ItemKey, Scope};
use crate::panes::fact;
use crate::panes::facts::Fact;
use crate::theme::Role;

/// The verb of what takes a change back.
pub const UNDO: &str = "change.undo";

/// One gesture: the same for one or many items, as however many orders that takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Tells it from every other one of this console.
    pub id: u64,
    /// The command that asked: what the journal calls it.
    pub verb: Arc<str>,
    /// What it does, as the beginning of a sentence in the past: `Resolved 3 findings`.
    pub what: Arc<str>,
    /// The orders, each for one account and region.
    pub parts: Vec<Part>,
    /// What takes it back, where that is possible.
    pub undo: Vec<Part>,
}

/// One order, and the items that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where the call is made.
    pub scope: Scope,
    /// The items; where there are as many as the order has targets, in their order.
    pub items: Vec<ItemKey>,
    /// The order.
    pub order: Order,
    /// The word in which the operator saw the state of what is changed: where it is another one by now, nothing is done.
    /// Empty: whatever the state.
    pub seen: Arc<str>,
}

impl Part {
    /// What the journal says it is about.
    #[must_use]
    pub fn about(&self) -> String {
        match self.items.as_slice() {
            [] => String::new(),
            [one] => format!("{} {} {}", one.kind, one.scope, one.id),
            many => format!("{} items", many.len()),
        }
    }

    /// What of it is about these items; `None`: nothing.
    #[must_use]
    pub fn only(&self, done: &HashSet<ItemKey>) -> Option<Self> {
        let is_done: Vec<bool> = self.items.iter().map(|key| done.contains(key)).collect();
        if is_done.iter().all(|done| *done) {
            return Some(self.clone());
        }
        let of_done = |at: usize| is_done.get(at).copied().unwrap_or(false);
        let mut part = self.clone();
        match &mut part.order {
            Order::UpdateFindings(change) if change.findings.len() == is_done.len() => {
                let mut at = 0..;
                change.findings.retain(|_| at.next().is_some_and(of_done));
            }
            Order::ArchiveFindings(change) if change.findings.len() == is_done.len() => {
                let mut at = 0..;
                change.findings.retain(|_| at.next().is_some_and(of_done));
            }
            // A rule is taken away whole, where any of its alarms is muted by it.
            Order::DeleteMute(_) if is_done.iter().any(|done| *done) => return Some(part),
            _ => return None,
        }
        part.items.retain(|key| done.contains(key));
        (!part.items.is_empty()).then_some(part)
    }

    /// What became of every item.
    #[must_use]
    pub fn became(&self, outcome: &Result<Done, Undone>) -> Vec<(ItemKey, Became, Arc<str>)> {
        let all = |result: Became, said: Arc<str>| {
            self.items
                .iter()
                .map(|key| (key.clone(), result, Arc::clone(&said)))
                .collect()
        };
        match outcome {
            Err(why @ Undone::Refused(_)) => all(Became::Refused, Arc::from(why.to_string())),
            Err(why @ Undone::Unread(_)) => all(Became::Failed, Arc::from(why.to_string())),
            Ok(done) if done.receipt.outcomes.len() == self.items.len() => self
                .items
                .iter()
                .zip(&done.receipt.outcomes)
                .map(|(key, outcome)| (key.clone(), outcome.result, said(outcome)))
                .collect(),
            Ok(done) => {
                let (result, said) = worst(&done.receipt);
                all(result, said)
            }
        }
    }
}

fn said(outcome: &TargetOutcome) -> Arc<str> {
    let words = [outcome.said.as_str(), outcome.created.as_str()];
    let words: Vec<_> = words.into_iter().filter(|w| !w.is_empty()).collect();
    Arc::from(words.join(" "))
}

/// What became of the whole: the worst of its targets, in its words.
#[must_use]
pub fn worst(receipt: &Receipt) -> (Became, Arc<str>) {
    receipt
        .outcomes
        .iter()
        .max_by_key(|outcome| outcome.result)
        .map_or((Became::Unknown, Arc::from("")), |outcome| {
            (outcome.result, said(outcome))
        })
}

/// What was found out before a change is confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Preflight {
    /// Of which request.
    pub id: u64,
    /// What the operator should know before saying yes, or why it would be refused.
    pub found: Result<Vec<Arc<str>>, Arc<str>>,
}

/// What became of one part of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    /// Of which request.
    pub id: u64,
    /// Which of its parts.
    pub part: usize,
    /// What became of it.
    pub outcome: Result<Done, Undone>,
}

/// A request that is being carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderWay {
    /// What was asked.
    pub request: Request,
    /// What became of its parts, as far as that is known.
    pub came: Vec<Option<Result<Done, Undone>>>,
    /// Whether the operator wants what has not begun to be left.
    pub is_cancelled: bool,
}

impl UnderWay {
    /// How many parts have an answer.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.came.iter().flatten().count()
    }
}

/// Something was asked of AWS about an item, and what its service says of it may not show that yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What, in the past: `Resolved`.
    pub what: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Arc<str>,
    /// Whether AWS said yes; nobody can tell where it is `None`.
    pub done: Option<bool>,
    /// The word in which the service shows it; empty where it shows nothing.
    pub word: Arc<str>,
    /// What AWS made of it: an id or a sentence.
    pub said: Arc<str>,
}

impl Asked {
    /// What the details of the item say about it. What AWS has agreed to may take minutes to be seen.
    #[must_use]
    pub fn fact(&self, item: &Item, now: Timestamp) -> Fact {
        let (became, role) = match self.done {
            Some(true) if self.word.is_empty() || self.shows(item) => ("done", Role::DetailValue),
            Some(true) => (
                "done, and not seen yet in what AWS lists",
                Role::DetailValue,
            ),
            Some(false) => ("not done", Role::ToastWarning),
            None => (
                "nobody can tell whether it was done; it is not sent again",
                Role::ToastWarning,
            ),
        };
        let said = if self.said.is_empty() {
            String::new()
        } else {
            format!(": {}", self.said)
        };
        Fact {
            label: "asked of AWS",
            text: format!(
                "{} by {} at {}, {became}{said}",
                self.what,
                self.by,
                fact::clock(self.at, now)
            ),
            role,
        }
    }

    /// Whether what AWS says of the item is what was asked.
    #[must_use]
    pub fn shows(&self, item: &Item) -> bool {
        let status = match &item.detail {
            Detail::Finding(finding) => finding.terms.workflow.as_deref().unwrap_or_default(),
            _ => "",
        };
        !self.word.is_empty() && (item.native_state.contains(&*self.word) || *status == *self.word)
    }
}

/// How many items remember what was asked about them; the oldest are forgotten first, and stand in the journal.
const REMEMBERED: usize = 5_000;

/// Every change of this console: what is under way and what was asked about which item.
#[derive(Clone, Debug, Default)]
pub struct Changing {
    /// Requests without all their answers, by id.
    pub under_way: BTreeMap<u64, UnderWay>,
    asked: BTreeMap<ItemKey, Asked>,
    requests: u64,
}

impl Changing {
    /// A number that no other request of this console has.
    pub fn number(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// Remembers what was asked about an item.
    pub fn remember(&mut self, key: ItemKey, asked: Asked) {
        if self.asked.len() >= REMEMBERED
            && let Some(oldest) = self
                .asked
                .iter()
                .min_by_key(|(_, asked)| asked.at)
                .map(|(key, _)| key.clone())
        {
            self.asked.remove(&oldest);
        }
        self.asked.insert(key, asked);
    }

    /// What was last asked about an item.
    #[must_use]
    pub fn asked(&self, key: &ItemKey) -> Option<&Asked> {
        self.asked.get(key)
    }
}
