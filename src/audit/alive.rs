//! Which sessions still run: each one holds a lock on a file of its own, which the system takes away when the process
//! ends, however it ends.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};

/// The sign of life of this process.
#[derive(Debug)]
pub struct Alive {
    folder: PathBuf,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    _file: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn folder(database: &Path) -> PathBuf {
    database.with_extension("sessions")
}

impl Alive {
    /// Beside this database. Nothing is written yet.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        Self {
            folder: folder(database),
            held: Mutex::new(None),
        }
    }

    /// Shows that this session lives, from now until the process ends.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub fn show(&self, session: &str) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.folder.join(session);
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(&path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        *held = Some(Held { path, _file: file });
        Ok(())
    }
}

impl Alive {
    /// Shows it no longer.
    pub fn end(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Whether the process of this session still runs. What a dead one left behind is cleared away.
#[must_use]
pub fn is_alive(database: &Path, session: &str) -> bool {
    // The name comes from the journal; it must not lead elsewhere.
    if !session.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') || session.is_empty() {
        return false;
    }
    let path = folder(database).join(session);
    let Ok(file) = OpenOptions::new().append(true).open(&path) else {
        return false;
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            false
        }
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_as_long_as_its_process_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("journal.db");
        assert!(!is_alive(&database, "abc-1"));
        let alive = Alive::beside(&database);
        alive.show("abc-1").unwrap();
        alive.show("abc-1").unwrap();
        assert!(is_alive(&database, "abc-1"));
        drop(alive);
        assert!(!is_alive(&database, "abc-1"));
        assert!(!is_alive(&database, "../journal.db"));
        // A file that a killed process left behind is no sign of life, and goes.
        fs::write(folder.path().join("journal.sessions/abc-2"), "").unwrap();
        assert!(!is_alive(&database, "abc-2"));
        assert!(!folder.path().join("journal.sessions/abc-2").exists());
    }
}
