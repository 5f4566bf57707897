//! The chain: every entry's hash covers the hash of the one before it; and what is wrong with a chain, entry by entry.
//!
//! Pure. Whoever can write the file can also compute hashes, so the hashes are compared with a list that is kept
//! outside the database: with its help an entry that stands elsewhere is told from one that was edited, and a tail
//! that was cut off is seen at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use sha2::{Digest as _, Sha256};

/// What is hashed first, so that no hash of anything else is ever taken for one of an entry.
const SALT: &[u8] = b"noctop journal 1\n";

/// A hash, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Stands before the first entry.
    pub const NONE: Self = Self([0; 32]);

    /// Reads sixty-four hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SHA-256 of a text, in hexadecimal: for tokens that are derived from what is done.
#[must_use]
pub fn digest(text: &str) -> String {
    Hash(Sha256::digest(text.as_bytes()).into()).to_string()
}

/// One entry as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the first is 1.
    pub seq: u64,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// `intent`, `outcome`, `refusal` or `note`.
    pub kind: String,
    /// The intent that it is or belongs to.
    pub intent: String,
    /// What it says: JSON.
    pub body: String,
    /// The hash of the entry before it, as it was written.
    pub prev: Hash,
    /// Its own hash, as it was written.
    pub hash: Hash,
}

impl Entry {
    /// The hash that it should carry.
    #[must_use]
    pub fn seal(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(SALT);
        hasher.update(self.prev.0);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.to_be_bytes());
        // Lengths keep the end of one text from being taken for the beginning of the next.
        for text in [&self.kind, &self.intent, &self.body] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        Hash(hasher.finalize().into())
    }
}

/// One thing that is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// The text of this entry is not the one that was written.
    Edited(u64),
    /// This entry is gone, and later ones are there.
    Removed(u64),
    /// The entry at this number was written as another one.
    Moved {
        /// Where it stands.
        at: u64,
        /// As what it was written.
        was: u64,
    },
    /// This entry was never written by noctop.
    Added(u64),
    /// These last entries are gone.
    CutOff {
        /// The first that is gone.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The list of hashes outside the database is gone or was cut: from this number on nothing vouches for the end.
    Unwitnessed(u64),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited(seq) => write!(f, "entry {seq} was edited"),
            Self::Removed(seq) => write!(f, "entry {seq} was removed"),
            Self::Moved { at, was } => {
                write!(f, "entry {at} was reordered: it was written as entry {was}")
            }
            Self::Added(seq) => write!(f, "entry {seq} was added by something else than noctop"),
            Self::CutOff { from, to } if from == to => {
                write!(f, "entry {from}, the last, was cut off")
            }
            Self::CutOff { from, to } => {
                write!(f, "entries {from} to {to}, the last, were cut off")
            }
            Self::Unwitnessed(seq) => write!(
                f,
                "the list of hashes beside the database ends before entry {seq}: a tail that was cut off would not be seen"
            ),
        }
    }
}

/// How many of the newest entries the list of hashes may lack: as many as one write may hold, if the machine
/// stopped between the write and the list.
pub const GRACE: usize = 512;

/// What is wrong. `entries` are in the order of their numbers; `heads` are the hashes that were kept outside.
#[must_use]
pub fn verify(entries: &[Entry], heads: &BTreeMap<u64, Hash>) -> Vec<Flaw> {
    let mut flaws = BTreeSet::new();
    // What must be where: what was kept outside, and past its end what the chain itself says.
    let mut truth = heads.clone();
    let last_witnessed = heads.keys().next_back().copied().unwrap_or(0);
    let mut prev = heads.get(&last_witnessed).copied().unwrap_or(Hash::NONE);
    let mut broken = false;
    for entry in entries.iter().filter(|e| e.seq > last_witnessed) {
        let sound = entry.prev == prev && entry.seal() == entry.hash;
        if sound || !broken {
            truth.insert(entry.seq, entry.hash);
        }
        broken |= !sound;
        prev = entry.hash;
    }
    let was: HashMap<Hash, u64> = truth.iter().map(|(seq, hash)| (*hash, *seq)).collect();

    // Which entry of the truth each one is: sealed as written at its place, or carrying the hash of another place.
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    let mut order: Vec<(u64, u64)> = Vec::new();
    let mut strangers = Vec::new();
    for entry in entries {
        let at_home = truth.get(&entry.seq) == Some(&entry.hash);
        let original = was.get(&entry.hash).copied();
        match original {
            Some(original) if !found.contains_key(&original) || at_home => {
                let as_written = Entry {
                    seq: original,
                    ..entry.clone()
                };
                if as_written.seal() != entry.hash {
                    flaws.insert(Flaw::Edited(entry.seq));
                }
                found.insert(original, entry.seq);
                order.push((entry.seq, original));
            }
            _ => strangers.push(entry.seq),
        }
    }
    // A stranger at the place of an entry that stands nowhere else is that entry, edited.
    for seq in strangers {
        let its_own_is_missing = truth.contains_key(&seq) && !found.contains_key(&seq);
        if its_own_is_missing {
            flaws.insert(Flaw::Edited(seq));
            found.insert(seq, seq);
            order.push((seq, seq));
        } else {
            flaws.insert(Flaw::Added(seq));
        }
    }
    // Entries that only moved up because others are gone are in order; those outside the longest run are not.
    order.sort_unstable();
    let in_order = longest_run(&order.iter().map(|(_, was)| *was).collect::<Vec<_>>());
    for (at, was) in order.iter().filter(|(_, was)| !in_order.contains(was)) {
        flaws.insert(Flaw::Moved { at: *at, was: *was });
    }
    let end = truth.keys().next_back().copied().unwrap_or(0);
    let last_found = found.keys().next_back().copied().unwrap_or(0);
    for seq in 1..=last_found {
        if !found.contains_key(&seq) {
            flaws.insert(Flaw::Removed(seq));
        }
    }
    if last_found < end {
        flaws.insert(Flaw::CutOff {
            from: last_found + 1,
            to: end,
        });
    }
    // The links themselves: a break that the list of hashes does not explain.
    let mut prev = Hash::NONE;
    for (at, entry) in entries.iter().enumerate() {
        if entry.prev != prev && flaws.is_empty() {
            flaws.insert(if entry.seq == at as u64 + 1 {
                Flaw::Edited(entry.seq)
            } else {
                Flaw::Removed(entry.seq - 1)
            });
        }
        prev = entry.hash;
    }
    let past = entries.iter().filter(|e| e.seq > last_witnessed).count();
    if past > GRACE || (past > 0 && heads.is_empty()) {
        flaws.insert(Flaw::Unwitnessed(last_witnessed + 1));
    }
    flaws.into_iter().collect()
}

/// The values of a longest increasing run.
fn longest_run(values: &[u64]) -> BTreeSet<u64> {
    // The index of the smallest end of a run of each length, and where each value came from.
    let mut ends: Vec<usize> = Vec::new();
    let mut from: Vec<Option<usize>> = vec![None; values.len()];
    for (at, value) in values.iter().enumerate() {
        let length = ends.partition_point(|end| values[*end] < *value);
        from[at] = length.checked_sub(1).map(|before| ends[before]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut run = BTreeSet::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        run.insert(values[at]);
        next = from[at];
    }
    run
}

#[cfg(test)]
mod tests;
