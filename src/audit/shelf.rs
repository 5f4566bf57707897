//! The database of the journal: where entries are appended, durably, one chain for every console of a user.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::shelf::{self, Form, Network, PATIENCE, Share, Sync, Wrong};

use super::chain::{Entry, Hash};
use super::heads::{self, Heads};

/// Changing or deleting an entry is refused by the database itself, so that it takes intent to do it.
const FORM: Form = Form {
    number: 1,
    tables: "
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, intent TEXT NOT NULL, body TEXT NOT NULL,
  prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE INDEX entry_of_intent ON entry (intent, kind);
CREATE TRIGGER entry_is_not_edited BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
CREATE TRIGGER entry_is_not_removed BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
",
    network: Network::WithoutLog,
    share: Share::Owner,
    sync: Sync::Full,
};

/// An entry before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// `intent`, `outcome`, `refusal` or `note`.
    pub kind: &'static str,
    /// The intent that it is or belongs to.
    pub intent: String,
    /// What it says: JSON.
    pub body: String,
}

/// Why the journal cannot be used, as a sentence that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(pub String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    fn of(path: &Path, wrong: Wrong) -> Self {
        let path = path.display();
        let said = match wrong {
            Wrong::Full => {
                return Self(format!(
                    "The disk under the journal {path} is full; free some space there."
                ));
            }
            Wrong::Newer(form) => {
                return Self(format!(
                    "The journal {path} was written by a newer noctop (form {form}, this one knows {}); use that one.",
                    FORM.number
                ));
            }
            Wrong::Locked => {
                format!("another program has kept it locked for {} s", PATIENCE.as_secs())
            }
            Wrong::Denied => "it, or the folder around it, may not be written to".to_owned(),
            Wrong::Damaged => {
                "it is damaged, or no journal at all; move it away and keep it for `noctop audit verify`".to_owned()
            }
            Wrong::Network(system) => format!("it lies on {system}"),
            Wrong::Other(why) => why,
        };
        Self(format!("The journal {path} cannot be used: {said}."))
    }
}

/// The database, open for writing.
#[derive(Debug)]
pub struct Shelf {
    path: PathBuf,
    db: Connection,
    heads: Heads,
    /// The last entry whose hash is in the list outside.
    witnessed: u64,
}

impl Shelf {
    /// Opens the journal, or makes it for its owner alone.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        let db = shelf::open(path, &FORM).map_err(|wrong| Trouble::of(path, wrong))?;
        let list = heads::beside(path);
        let heads = Heads::open(&list).map_err(|why| Trouble::of(&list, why.into()))?;
        let known = heads::read(&list).map_err(|why| Trouble::of(&list, why.into()))?;
        let mut shelf = Self {
            path: path.to_owned(),
            db,
            heads,
            witnessed: known.keys().next_back().copied().unwrap_or(0),
        };
        shelf
            .witness(&known)
            .map_err(|why| Trouble::of(path, why.into()))?;
        Ok(shelf)
    }

    /// Appends these in one transaction and waits until they are on the disk. Returns their numbers.
    ///
    /// # Errors
    /// Why not; then none of them was written.
    pub fn append(&mut self, drafts: &[Draft]) -> Result<Vec<u64>, Trouble> {
        let written = self
            .write(drafts)
            .map_err(|why| Trouble::of(&self.path, why.into()))?;
        let new: Vec<(u64, Hash)> = written.iter().map(|e| (e.seq, e.hash)).collect();
        // Other consoles list their own entries; what one of them could not list is listed at the next start.
        // The entries themselves are durable: a list that cannot be written holds nobody up.
        if self.heads.append(&new).is_ok()
            && let Some((seq, _)) = new.last()
        {
            self.witnessed = self.witnessed.max(*seq);
        }
        Ok(new.into_iter().map(|(seq, _)| seq).collect())
    }

    fn write(&mut self, drafts: &[Draft]) -> rusqlite::Result<Vec<Entry>> {
        // Immediate: several consoles append, and each must see the head that the other one left.
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (mut seq, mut prev) = head(&tx)?;
        let mut written = Vec::with_capacity(drafts.len());
        {
            let mut insert = tx.prepare_cached(
                "INSERT INTO entry (seq, at, kind, intent, body, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for draft in drafts {
                seq += 1;
                let mut entry = Entry {
                    seq,
                    at: draft.at,
                    kind: draft.kind.to_owned(),
                    intent: draft.intent.clone(),
                    body: draft.body.clone(),
                    prev,
                    hash: Hash::NONE,
                };
                entry.hash = entry.seal();
                insert.execute(params![
                    entry.seq.cast_signed(),
                    entry.at,
                    entry.kind,
                    entry.intent,
                    entry.body,
                    entry.prev.to_string(),
                    entry.hash.to_string(),
                ])?;
                prev = entry.hash;
                written.push(entry);
            }
        }
        tx.commit()?;
        Ok(written)
    }

    /// Lists what the database has and the list lacks: the machine stopped between the two.
    fn witness(&mut self, known: &BTreeMap<u64, Hash>) -> rusqlite::Result<()> {
        let mut query = self
            .db
            .prepare("SELECT seq, hash FROM entry WHERE seq > ?1 ORDER BY seq")?;
        let rows = query.query_map([self.witnessed.cast_signed()], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, String>(1)?,
            ))
        })?;
        let mut missing = Vec::new();
        for row in rows {
            let (seq, hash) = row?;
            if let (false, Some(hash)) = (known.contains_key(&seq), Hash::parse(&hash)) {
                missing.push((seq, hash));
            }
        }
        drop(query);
        // A list that was thrown away is not made good for in silence.
        if !missing.is_empty()
            && missing.len() <= super::chain::GRACE
            && (self.witnessed > 0 || missing.len() == 1)
            && self.heads.append(&missing).is_ok()
            && let Some((seq, _)) = missing.last()
        {
            self.witnessed = *seq;
        }
        Ok(())
    }

    /// Lets the database grow no further than it has: what a full disk does.
    #[cfg(test)]
    pub fn fill_up(&self) {
        self.db
            .query_row("PRAGMA max_page_count = 1", [], |_| Ok(()))
            .unwrap();
    }
}

fn head(db: &Connection) -> rusqlite::Result<(u64, Hash)> {
    let found = db.query_row(
        "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, String>(1)?,
            ))
        },
    );
    match found {
        Ok((seq, hash)) => Ok((seq, Hash::parse(&hash).unwrap_or(Hash::NONE))),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok((0, Hash::NONE)),
        Err(why) => Err(why),
    }
}

/// Everything that stands in a journal, in order, without changing it. A missing file is an empty journal.
///
/// # Errors
/// Why it cannot be read.
pub fn read(path: &Path) -> Result<Vec<Entry>, Trouble> {
    read_where(path, "")
}

/// The intents that have no outcome, or none but an unknown one that nobody has looked into since.
///
/// # Errors
/// Why it cannot be read.
pub fn read_open(path: &Path) -> Result<Vec<Entry>, Trouble> {
    read_where(
        path,
        r#"WHERE kind = 'intent' AND NOT EXISTS (SELECT 1 FROM entry AS later
           WHERE later.intent = entry.intent AND later.kind = 'outcome'
           AND (instr(later.body, '"result":"unknown"') = 0 OR instr(later.body, '"foundOut":true') > 0))"#,
    )
}

/// The entries after this one, and not older than this (milliseconds), in order.
///
/// # Errors
/// Why it cannot be read.
pub fn read_after(path: &Path, seq: u64, since: i64) -> Result<Vec<Entry>, Trouble> {
    read_where(path, &format!("WHERE seq > {seq} AND at >= {since}"))
}

/// The entries in whose text this stands, and not older than this (milliseconds), in order.
///
/// # Errors
/// Why it cannot be read.
pub fn read_about(path: &Path, text: &str, since: i64) -> Result<Vec<Entry>, Trouble> {
    // As it stands in the text: a JSON string.
    let text = serde_json::Value::from(text).to_string();
    let quoted = text.replace('\'', "''");
    read_where(
        path,
        &format!("WHERE at >= {since} AND instr(body, '{quoted}') > 0"),
    )
}

fn read_where(path: &Path, condition: &str) -> Result<Vec<Entry>, Trouble> {
    let rows = || -> rusqlite::Result<Vec<Entry>> {
        let Some(db) = shelf::look(path)? else {
            return Ok(Vec::new());
        };
        let mut query = db.prepare(&format!(
            "SELECT seq, at, kind, intent, body, prev, hash FROM entry {condition} ORDER BY seq"
        ))?;
        let rows = query.query_map([], |row| {
            let hash = |at: usize| {
                let text: String = row.get(at)?;
                Ok::<_, rusqlite::Error>(Hash::parse(&text).unwrap_or(Hash::NONE))
            };
            Ok(Entry {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                at: row.get(1)?,
                kind: row.get(2)?,
                intent: row.get(3)?,
                body: row.get(4)?,
                prev: hash(5)?,
                hash: hash(6)?,
            })
        })?;
        rows.collect()
    };
    rows().or_else(|why| {
        // A file that was made and never written to.
        let said = why.to_string();
        if said.contains("no such table") {
            Ok(Vec::new())
        } else {
            Err(Trouble::of(path, why.into()))
        }
    })
}
