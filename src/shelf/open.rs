//! Opening a file: made with the right owner, with a log that survives a crash, in a form that this version knows.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::place;
use super::wrong::Wrong;

/// How long one process waits while another writes; a write takes milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How a file is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Its number; a file with a higher one was written by a later noctop.
    pub number: i64,
    /// What makes its tables.
    pub tables: &'static str,
    /// What is done on a network home.
    pub network: Network,
    /// Whose it is.
    pub share: Share,
    /// When a write counts as done.
    pub sync: Sync,
}

/// What is done on a network file system: SQLite's write-ahead log needs memory that all readers share, and locks there
/// cannot be relied upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The file is kept without a write-ahead log; only one host should write it.
    WithoutLog,
    /// The file is refused.
    Refuse,
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Its owner's alone.
    Owner,
    /// In a folder that a group may write to, the group's.
    Group,
}

/// When a write counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// When it is on the disk.
    Full,
    /// When the system has it: a power cut may take the last seconds, and never damages the file.
    Normal,
}

/// Opens a file, or makes it.
///
/// # Errors
/// What is wrong with it.
pub fn open(path: &Path, form: &Form) -> Result<Connection, Wrong> {
    open_on(path, form, place::network(path))
}

/// The same, told which network file system the path lies on.
///
/// # Errors
/// What is wrong with it.
pub fn open_on(
    path: &Path,
    form: &Form,
    network: Option<&'static str>,
) -> Result<Connection, Wrong> {
    if let (Some(system), Network::Refuse) = (network, form.network) {
        return Err(Wrong::Network(system));
    }
    make(path, form.share)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    let log = if network.is_some() { "DELETE" } else { "WAL" };
    // Answers with the mode that holds; a file system without shared memory keeps the old one.
    db.query_row(&format!("PRAGMA journal_mode = {log}"), [], |_| Ok(()))?;
    let sync = match form.sync {
        Sync::Full => "FULL",
        Sync::Normal => "NORMAL",
    };
    db.pragma_update(None, "synchronous", sync)?;
    // Immediate: of two processes that find the file empty one makes the tables, and the other finds them made.
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > form.number {
        return Err(Wrong::Newer(found));
    }
    if found == 0 {
        tx.execute_batch(form.tables)?;
        tx.pragma_update(None, "user_version", form.number)?;
    }
    tx.commit()?;
    Ok(db)
}

/// Opens a file to read what stands in it; `None` where there is none.
///
/// Not read-only: a write-ahead log that a killed process left behind has to be recovered first. Where that is not
/// allowed, what is there is read as it is.
///
/// # Errors
/// SQLite's own.
pub fn look(path: &Path) -> rusqlite::Result<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let open = |flags| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = open(OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| open(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    db.busy_timeout(PATIENCE)?;
    Ok(Some(db))
}

/// Makes the file before SQLite does, so that it is never readable by others, not for a moment; SQLite gives its log the
/// same mode.
fn make(path: &Path, share: Share) -> io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let is_shared = share == Share::Group
        && folder
            .and_then(|folder| fs::metadata(folder).ok())
            .is_some_and(|folder| folder.mode() & 0o020 != 0);
    let mode = if is_shared { 0o660 } else { 0o600 };
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    match made {
        // The process's mask may have taken the group's bits away.
        Ok(file) => file.set_permissions(Permissions::from_mode(mode)),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(why),
    }
}
