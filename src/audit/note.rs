//! A note: something that an operator did and that asks nothing of AWS – an act in the ledger, a change of operator.
//!
//! Nothing has to be found out about it later, so it is one entry, written when it is done, refused or failed.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::intent::Target;
use super::receipt::Result;
use super::redact;

/// What became of one thing that a note is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// What sort of thing, in a word.
    pub kind: &'static str,
    /// The thing.
    pub target: Target,
    /// What became of it.
    pub result: Result,
    /// What is to be said about it: until when it is held, or why it was refused.
    pub said: String,
}

/// Something that was done. One entry, however many things it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Who did it, by name.
    pub operator: Arc<str>,
    /// As which identity AWS knows them; empty where nobody knows.
    pub identity: Arc<str>,
    /// What was done: `acknowledge`, `operator.change`.
    pub verb: &'static str,
    /// Where: `ledger`, or `console`.
    pub place: &'static str,
    /// What it is about.
    pub targets: Vec<Noted>,
    /// With which words: a note, a ticket, a name. Secrets are taken out before they are written down.
    pub parameters: Map<String, Value>,
}

impl Note {
    /// The result of the whole: what all targets have in common, else `None`. Without targets: it was done.
    #[must_use]
    pub fn result(&self) -> Option<Result> {
        let first = self.targets.first().map_or(Result::Ok, |one| one.result);
        self.targets
            .iter()
            .all(|one| one.result == first)
            .then_some(first)
    }

    pub(super) fn json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("verb", self.verb.into());
        put("service", self.place.into());
        if !self.identity.is_empty() {
            put("as", (&*self.identity).into());
        }
        // Where everything is in one place, the entry is there.
        if let Some(first) = self.targets.first()
            && let scope = first.target.scope
            && self.targets.iter().all(|one| one.target.scope == scope)
        {
            put("account", scope.account.to_string().into());
            put("region", scope.region.as_str().into());
        }
        put("result", self.result().map_or("mixed", Result::word).into());
        put("targets", self.targets.iter().map(Noted::json).collect());
        put("parameters", redact::parameters(&self.parameters));
        map
    }
}

impl Noted {
    fn json(&self) -> Value {
        let mut value = self.target.json();
        value["kind"] = self.kind.into();
        value["result"] = self.result.word().into();
        if !self.said.is_empty() {
            value["said"] = redact::text(&self.said).into();
        }
        value
    }
}
