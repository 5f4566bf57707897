//! The ledger's file: SQLite, safe for several processes on one machine.
//!
//! Every act runs inside `BEGIN IMMEDIATE`, so that two processes decide one after the other and never on the same
//! state; the log is written to the disk before an act is answered.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::clock::Timestamp;
use crate::lifecycle::Entry;
use crate::shelf::{self, Form, Network, PATIENCE, Share, Sync, Wrong};

use super::act::{Act, Refusal};
use super::book::{Cursor, News, Trouble, TroubleKind};
use super::{KEEP, decide, key, record};

const FORM: Form = Form {
    number: 1,
    tables: "
    CREATE TABLE entry (
        key TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        keep INTEGER NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX entry_seq ON entry (seq);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counter VALUES ('seq', 0);
    CREATE TABLE outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL, made TEXT NOT NULL);
    ",
    network: Network::Refuse,
    share: Share::Group,
    sync: Sync::Full,
};

/// What became of one act in the file.
pub(super) type Decided = Result<Arc<Entry>, Refusal>;

/// One connection to the file.
#[derive(Debug)]
pub(super) struct Shelf {
    pub connection: Connection,
    /// Whether old entries were let go since the file was opened.
    tidied: bool,
}

impl Shelf {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        let connection = shelf::open(path, &FORM).map_err(|wrong| told(path, &wrong))?;
        Ok(Self {
            connection,
            tidied: false,
        })
    }

    /// Writes acts down in one transaction: all of them are on the disk when this returns.
    pub fn act(&mut self, acts: &[Act]) -> rusqlite::Result<Vec<Decided>> {
        let tidied = self.tidied;
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let (false, Some(first)) = (tidied, acts.first()) {
            tx.execute("DELETE FROM entry WHERE keep < ?1", [first.at.as_millis()])?;
        }
        let mut decided = Vec::with_capacity(acts.len());
        {
            let mut read = tx.prepare_cached("SELECT body FROM entry WHERE key = ?1")?;
            let mut count = tx.prepare_cached(
                "UPDATE counter SET value = value + 1 WHERE name = 'seq' RETURNING value",
            )?;
            let mut write = tx.prepare_cached(
                "INSERT OR REPLACE INTO entry (key, seq, keep, body) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for act in acts {
                let name = key::write(&act.key);
                let body: Option<String> = read.query_row([&name], |row| row.get(0)).optional()?;
                let known = body.as_deref().and_then(record::read);
                decided.push(match decide(known.as_ref(), act) {
                    Err(refusal) => Err(refusal),
                    Ok(entry) => {
                        if known.as_ref() != Some(&entry) {
                            let seq: i64 = count.query_row([], |row| row.get(0))?;
                            let body = record::write(&entry);
                            write.execute(params![name, seq, keep(&entry).as_millis(), body])?;
                        }
                        Ok(Arc::new(entry))
                    }
                });
            }
        }
        tx.commit()?;
        self.tidied = true;
        Ok(decided)
    }

    /// What was written after the cursor.
    pub fn news(&mut self, since: Cursor) -> rusqlite::Result<News> {
        let tx = self.connection.transaction()?;
        let seq: i64 = tx.query_row("SELECT value FROM counter WHERE name = 'seq'", [], |row| {
            row.get(0)
        })?;
        let from = i64::try_from(since.0).unwrap_or(i64::MAX);
        // A file that was put back from a copy counts from an earlier number: everything may be different.
        let whole = from == 0 || from > seq;
        let mut entries = Vec::new();
        if whole || from < seq {
            let mut read = tx.prepare_cached("SELECT body FROM entry WHERE seq > ?1")?;
            let mut rows = read.query([if whole { 0 } else { from }])?;
            while let Some(row) = rows.next()? {
                let body: String = row.get(0)?;
                // What a later version wrote, or what is damaged, is left alone.
                entries.extend(record::read(&body).map(Arc::new));
            }
        }
        Ok(News {
            entries,
            whole,
            cursor: Cursor(u64::try_from(seq).unwrap_or(0)),
            lost: Vec::new(),
        })
    }
}

/// When an entry may be forgotten.
pub(super) fn keep(entry: &Entry) -> Timestamp {
    let ends = [
        entry.acknowledgement.as_ref().map(|ack| ack.end.until()),
        entry.snooze.as_ref().map(|snooze| snooze.until),
        Some(entry.changed),
    ];
    ends.into_iter()
        .flatten()
        .max()
        .unwrap_or_default()
        .plus(KEEP)
}

/// What went wrong with the file, as a sentence.
pub(super) fn told(path: &Path, wrong: &Wrong) -> Trouble {
    let at = path.display();
    let (kind, message) = match wrong {
        Wrong::Full => (
            TroubleKind::Full,
            format!(
                "The disk under the ledger {at} is full; nothing was written down. Make room and repeat."
            ),
        ),
        Wrong::Locked => (
            TroubleKind::Away,
            format!(
                "Another process has kept the ledger {at} locked for {} s; repeat, or see which one it is.",
                PATIENCE.as_secs()
            ),
        ),
        Wrong::Denied => (
            TroubleKind::Denied,
            format!(
                "The ledger {at} may not be written by this user; ask for its group, or set [ledger] path."
            ),
        ),
        Wrong::Damaged => (
            TroubleKind::Malformed,
            format!(
                "The ledger {at} is not a database, or damaged; put it aside and noctop begins a new one."
            ),
        ),
        Wrong::Newer(_) => (
            TroubleKind::Malformed,
            format!(
                "The ledger {at} was written by a later noctop; update this one before you acknowledge anything."
            ),
        ),
        Wrong::Network(system) => (
            TroubleKind::Unfit,
            format!(
                "The ledger {at} lies on {system}, where two consoles cannot lock a file safely; nothing is \
                 acknowledged there. Set [ledger] path to a local disk, or share a table (noctop ledger create).",
            ),
        ),
        Wrong::Other(why) => (
            TroubleKind::Away,
            format!("The ledger {at} cannot be used: {why}."),
        ),
    };
    Trouble::new(kind, message)
}

#[cfg(test)]
mod tests;
