//! A receipt: what became of an intent, target by target.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::intent::Target;
use super::redact;

/// What became of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Result {
    /// AWS did it.
    Ok,
    /// AWS, or noctop itself, would not do it; nothing was changed.
    Refused,
    /// It was tried and did not work; nothing was changed.
    Failed,
    /// Nobody can tell: no answer came. It is never sent again.
    Unknown,
}

impl Result {
    /// The word in the journal, in JSON and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// What the word means; `None` for any other.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Ok, Self::Refused, Self::Failed, Self::Unknown]
            .into_iter()
            .find(|result| result.word() == word)
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What became of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOutcome {
    /// The target.
    pub target: Target,
    /// What became of it.
    pub result: Result,
    /// A sentence for the operator; empty where `ok` says everything.
    pub said: String,
    /// What AWS calls the request; empty where none was answered.
    pub request_id: String,
    /// What came into being: the id of a command, an execution, a job; empty for nothing.
    pub created: String,
}

impl TargetOutcome {
    /// This result for this target.
    #[must_use]
    pub fn new(target: Target, result: Result) -> Self {
        Self {
            target,
            result,
            said: String::new(),
            request_id: String::new(),
            created: String::new(),
        }
    }

    /// The same with a sentence.
    #[must_use]
    pub fn saying(mut self, said: &str) -> Self {
        said.clone_into(&mut self.said);
        self
    }

    /// The same with the id of what came into being.
    #[must_use]
    pub fn creating(mut self, created: &str) -> Self {
        created.clone_into(&mut self.created);
        self
    }

    fn json(&self) -> Value {
        let mut value = self.target.json();
        value["result"] = self.result.word().into();
        for (name, text) in [
            ("requestId", &self.request_id),
            ("created", &self.created),
            ("said", &redact::text(&self.said)),
        ] {
            if !text.is_empty() {
                value[name] = json!(text);
            }
        }
        value
    }
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry of the journal that it answers.
    pub intent: Arc<str>,
    /// As whom AWS saw the call; empty where nobody knows.
    pub identity: String,
    /// What became of every target.
    pub outcomes: Vec<TargetOutcome>,
    /// Whether it was found out afterwards, because whoever acted did not live to write it down.
    pub found_out: bool,
}

impl Receipt {
    /// A receipt for this intent.
    #[must_use]
    pub fn new(intent: Arc<str>, outcomes: Vec<TargetOutcome>) -> Self {
        Self {
            intent,
            identity: String::new(),
            outcomes,
            found_out: false,
        }
    }

    /// How many targets ended in each way.
    #[must_use]
    pub fn count(&self, result: Result) -> usize {
        self.outcomes.iter().filter(|o| o.result == result).count()
    }

    /// The result of the whole: what all targets have in common, else `None` (some went this way, some that).
    #[must_use]
    pub fn result(&self) -> Option<Result> {
        let first = self.outcomes.first()?.result;
        self.outcomes
            .iter()
            .all(|o| o.result == first)
            .then_some(first)
    }

    pub(super) fn json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        let word = self.result().map_or("mixed", Result::word);
        map.insert("result".to_owned(), word.into());
        if !self.identity.is_empty() {
            map.insert("as".to_owned(), self.identity.as_str().into());
        }
        if self.found_out {
            map.insert("foundOut".to_owned(), true.into());
        }
        let targets = self.outcomes.iter().map(TargetOutcome::json).collect();
        map.insert("targets".to_owned(), targets);
        map
    }
}
