//! The ledger's file: SQLite, safe for several processes on one machine.
//!
//! Every act runs inside `BEGIN IMMEDIATE`, so that two processes decide one after the other and never on the same
//! state; the log is written to the disk before an act is answered.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::audit::place;
use crate::clock::Timestamp;
use crate::lifecycle::Entry;

use super::act::{Act, Refusal};
use super::book::{Cursor, News, Trouble, TroubleKind};
use super::{KEEP, decide, key, record};

/// How long one process waits while another writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The form of the tables; a file with a higher number was written by a later noctop.
const FORM: i64 = 1;

const TABLES: &str = "
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
    PRAGMA user_version = 1;
";

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
        Self::open_on(path, place::network(path))
    }

    /// The same, told which network file system the path lies on.
    pub fn open_on(path: &Path, network: Option<&str>) -> Result<Self, Trouble> {
        if let Some(system) = network {
            return Err(Trouble::new(
                TroubleKind::Unfit,
                format!(
                    "The ledger {} lies on {system}, where two consoles cannot lock a file safely; nothing is \
                     acknowledged there. Set [ledger] path to a local disk, or share a table (noctop ledger create).",
                    path.display()
                ),
            ));
        }
        let wrong = |error| told(path, &error);
        create(path).map_err(|error| {
            Trouble::new(
                if error.raw_os_error() == Some(28) {
                    TroubleKind::Full
                } else {
                    TroubleKind::Denied
                },
                format!("The ledger {} cannot be made: {error}.", path.display()),
            )
        })?;
        let mut connection = Connection::open(path).map_err(wrong)?;
        connection.busy_timeout(PATIENCE).map_err(wrong)?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .map_err(wrong)?;
        let tx = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(wrong)?;
        let form: i64 = tx
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(wrong)?;
        if form > FORM {
            return Err(Trouble::new(
                TroubleKind::Malformed,
                format!(
                    "The ledger {} was written by a later noctop; update this one before you acknowledge anything.",
                    path.display()
                ),
            ));
        }
        if form == 0 {
            tx.execute_batch(TABLES).map_err(wrong)?;
        }
        tx.commit().map_err(wrong)?;
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

/// Makes the file before SQLite does, so that it is never readable by others, not for a moment; SQLite gives its log the
/// same mode. In a folder that a group may write to, the group shares the file.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.exists()
    {
        fs::create_dir_all(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    let shared = folder
        .and_then(|folder| fs::metadata(folder).ok())
        .is_some_and(|folder| folder.mode() & 0o020 != 0);
    let mode = if shared { 0o660 } else { 0o600 };
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
    {
        // The process's mask may have taken the group's bits away.
        Ok(file) => file.set_permissions(Permissions::from_mode(mode)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// What went wrong with the file, as a sentence.
pub(super) fn told(path: &Path, error: &rusqlite::Error) -> Trouble {
    let at = path.display();
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            TroubleKind::Full,
            format!(
                "The disk under the ledger {at} is full; nothing was written down. Make room and repeat."
            ),
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            TroubleKind::Away,
            format!(
                "Another process has kept the ledger {at} locked for {} s; repeat, or see which one it is.",
                PATIENCE.as_secs()
            ),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            TroubleKind::Denied,
            format!(
                "The ledger {at} may not be written by this user; ask for its group, or set [ledger] path."
            ),
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            TroubleKind::Malformed,
            format!(
                "The ledger {at} is not a database, or damaged; put it aside and noctop begins a new one."
            ),
        ),
        _ => (
            TroubleKind::Away,
            format!("The ledger {at} cannot be used: {error}."),
        ),
    };
    Trouble::new(kind, message)
}

#[cfg(test)]
mod tests;
