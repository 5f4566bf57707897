//! A record: an entry of the journal as it is read back, for lists, exports and whoever closes what was left open.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;

use super::chain::{self, Entry, Flaw, Hash};
use super::heads;
use super::shelf::{self, Trouble};

/// An entry with its parts named. What an entry lacks is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// `intent`, `outcome`, `refusal` or `note`.
    pub kind: String,
    /// The intent that it is or belongs to.
    pub intent: String,
    /// The session that wrote it.
    pub session: String,
    /// Everything that it says.
    pub body: Map<String, Value>,
}

impl Record {
    /// The record of an entry; `None` where its text is not what noctop writes.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let Ok(Value::Object(body)) = serde_json::from_str(&entry.body) else {
            return None;
        };
        Some(Self {
            seq: entry.seq,
            at: Timestamp::from_millis(entry.at),
            kind: entry.kind.clone(),
            intent: entry.intent.clone(),
            session: body
                .get("session")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            body,
        })
    }

    /// One word or sentence of it; empty where it has none of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Its targets.
    #[must_use]
    pub fn targets(&self) -> &[Value] {
        self.body
            .get("targets")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// As one JSON object: number, time and kind before the rest.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut value = json!({
            "seq": self.seq,
            "at": self.at.to_jiff().to_string(),
            "kind": self.kind,
            "intent": self.intent,
        });
        if let Value::Object(map) = &mut value {
            map.extend(self.body.clone());
        }
        value
    }
}

/// One act: an intent with what became of it, a refusal, or a note.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// The intent, refusal or note.
    pub began: Record,
    /// What became of it; `None` for a refusal, for a note and for what is still open.
    pub ended: Option<Record>,
}

impl Act {
    /// How it ended: `ok`, `failed`, `refused`, `unknown`, `mixed`, or `open`.
    #[must_use]
    pub fn result(&self) -> &str {
        match &self.ended {
            Some(ended) => ended.text("result"),
            None if self.began.kind == "note" => self.began.text("result"),
            None if self.began.kind == "refusal" => "refused",
            None => "open",
        }
    }
}

/// Everything that stands in a journal.
#[derive(Clone, Debug)]
pub struct Whole {
    entries: Vec<Entry>,
    heads: std::collections::BTreeMap<u64, Hash>,
}

impl Whole {
    /// Reads a journal without changing it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let entries = shelf::read(path)?;
        let list = heads::beside(path);
        let heads = heads::read(&list).map_err(|why| {
            Trouble(format!(
                "The list of hashes {} cannot be read: {why}.",
                list.display()
            ))
        })?;
        Ok(Self { entries, heads })
    }

    /// What is wrong with it.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        chain::verify(&self.entries, &self.heads)
    }

    /// How many entries there are, and the hash of the last: what somebody may keep elsewhere.
    #[must_use]
    pub fn head(&self) -> (u64, Hash) {
        self.entries
            .last()
            .map_or((0, Hash::NONE), |e| (e.seq, e.hash))
    }

    /// The hash of an entry as it was written, to be compared with one that was kept elsewhere.
    #[must_use]
    pub fn hash(&self, seq: u64) -> Option<Hash> {
        let entry = self.entries.iter().find(|e| e.seq == seq)?;
        Some(entry.seal())
    }

    /// Every entry, in order; those whose text is not noctop's are left out (and are flaws).
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.entries.iter().filter_map(Record::of)
    }

    /// Every entry with the hash of the one before it and its own, as they were written.
    pub fn sealed(&self) -> impl Iterator<Item = (Record, Hash, Hash)> {
        self.entries
            .iter()
            .filter_map(|entry| Some((Record::of(entry)?, entry.prev, entry.hash)))
    }

    /// Every act, in the order of its beginning.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        acts(self.records())
    }
}

/// Intents with what became of them, refusals and notes, in the order of their beginning.
pub fn acts(records: impl Iterator<Item = Record>) -> Vec<Act> {
    let mut ends: HashMap<String, Record> = HashMap::new();
    let mut began = Vec::new();
    for record in records {
        if record.kind == "outcome" {
            ends.insert(record.intent.clone(), record);
        } else {
            began.push(record);
        }
    }
    began
        .into_iter()
        .map(|began| Act {
            ended: ends.remove(&began.intent),
            began,
        })
        .collect()
}
