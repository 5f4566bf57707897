//! The database of the journal: where entries are appended, durably, one chain for every console of a user.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use super::chain::{Entry, Hash};
use super::heads::{self, Heads};
use super::place;

/// The form of the database that this version writes.
const FORM: i64 = 1;
/// How long a console waits while another one writes; a write takes milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// Changing or deleting an entry is refused by the database itself, so that it takes intent to do it.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS entry (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, intent TEXT NOT NULL, body TEXT NOT NULL,
  prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS entry_of_intent ON entry (intent, kind);
CREATE TRIGGER IF NOT EXISTS entry_is_not_edited BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
CREATE TRIGGER IF NOT EXISTS entry_is_not_removed BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
";

/// An entry before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// `intent`, `outcome` or `refusal`.
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
    fn io(path: &Path, why: &io::Error) -> Self {
        let path = path.display();
        match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::full(&path.to_string())
            }
            _ => Self(format!("The journal {path} cannot be used: {why}.")),
        }
    }

    fn sql(path: &Path, why: &rusqlite::Error) -> Self {
        let path = path.display().to_string();
        let said = match why.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => return Self::full(&path),
            Some(ErrorCode::ReadOnly) => "it, or the folder around it, may not be written to".to_owned(),
            Some(ErrorCode::CannotOpen) => "it cannot be opened".to_owned(),
            Some(ErrorCode::PermissionDenied) => "this user may not open it".to_owned(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                format!("another program has kept it locked for {} s", BUSY.as_secs())
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "it is damaged, or no journal at all; move it away and keep it for `noctop audit verify`".to_owned()
            }
            _ => why.to_string(),
        };
        Self(format!("The journal {path} cannot be used: {said}."))
    }

    fn full(path: &str) -> Self {
        Self(format!(
            "The disk under the journal {path} is full; free some space there."
        ))
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
        let io = |why: &io::Error| Trouble::io(path, why);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            let mut builder = fs::DirBuilder::new();
            let made = builder.recursive(true).mode(0o700).create(folder);
            made.map_err(|why| io(&why))?;
        }
        // SQLite would make it readable for everybody who may enter the folder.
        let mut options = fs::OpenOptions::new();
        let made = options.append(true).create(true).mode(0o600).open(path);
        drop(made.map_err(|why| io(&why))?);
        let sql = |why: &rusqlite::Error| Trouble::sql(path, why);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(|why| sql(&why))?;
        Self::prepare(&db, path).map_err(|why| sql(&why))?;
        let form: i64 = db
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|why| sql(&why))?;
        if form > FORM {
            return Err(Trouble(format!(
                "The journal {} was written by a newer noctop (form {form}, this one knows {FORM}); use that one.",
                path.display()
            )));
        }
        let list = heads::beside(path);
        let heads = Heads::open(&list).map_err(|why| Trouble::io(&list, &why))?;
        let known = heads::read(&list).map_err(|why| Trouble::io(&list, &why))?;
        let mut shelf = Self {
            path: path.to_owned(),
            db,
            heads,
            witnessed: known.keys().next_back().copied().unwrap_or(0),
        };
        shelf.witness(&known).map_err(|why| sql(&why))?;
        Ok(shelf)
    }

    fn prepare(db: &Connection, path: &Path) -> rusqlite::Result<()> {
        db.busy_timeout(BUSY)?;
        let mode = if place::network(path).is_some() {
            "DELETE"
        } else {
            "WAL"
        };
        // Answers with the mode that holds; a file system without shared memory keeps the old one.
        db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let form: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if form == 0 {
            db.execute_batch("BEGIN IMMEDIATE")?;
            db.execute_batch(SCHEMA)?;
            db.pragma_update(None, "user_version", FORM)?;
            db.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    /// Appends these in one transaction and waits until they are on the disk. Returns their numbers.
    ///
    /// # Errors
    /// Why not; then none of them was written.
    pub fn append(&mut self, drafts: &[Draft]) -> Result<Vec<u64>, Trouble> {
        let written = self
            .write(drafts)
            .map_err(|why| Trouble::sql(&self.path, &why))?;
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

fn read_where(path: &Path, condition: &str) -> Result<Vec<Entry>, Trouble> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let rows = || -> rusqlite::Result<Vec<Entry>> {
        // Not read-only: a write-ahead log that a killed console left behind has to be recovered first. Where that
        // is not allowed, what is there is read as it is.
        let open =
            |flags| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let db = open(OpenFlags::SQLITE_OPEN_READ_WRITE)
            .or_else(|_| open(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
        db.busy_timeout(BUSY)?;
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
            Err(Trouble::sql(path, &why))
        }
    })
}
