//! What can be wrong with a file, told apart; whoever keeps it finds the words.

use std::io;

use rusqlite::ErrorCode;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The disk under it is full.
    Full,
    /// Another program has kept it locked for [`super::PATIENCE`].
    Locked,
    /// This user may not write it, or its folder.
    Denied,
    /// It is damaged, or no database at all.
    Damaged,
    /// A later noctop wrote it, in this form.
    Newer(i64),
    /// It lies on this network file system, where it cannot be kept safely.
    Network(&'static str),
    /// Something else, in the system's words.
    Other(String),
}

impl From<&rusqlite::Error> for Wrong {
    fn from(why: &rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::Denied
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            _ => Self::Other(why.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Wrong {
    fn from(why: rusqlite::Error) -> Self {
        Self::from(&why)
    }
}

impl From<io::Error> for Wrong {
    fn from(why: io::Error) -> Self {
        match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied,
            _ => Self::Other(why.to_string()),
        }
    }
}
