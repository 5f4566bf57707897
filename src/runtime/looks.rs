//! When each operator was last at a console of this machine, so that what is new is new to them when they come back.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Timestamp;

/// Operators and when they last pressed a key.
pub type Looks = BTreeMap<Arc<str>, Timestamp>;

/// Reads the file. One that is not there or says nothing that is understood tells of nobody: then everything counts as seen, as it does
/// for somebody who comes for the first time.
#[must_use]
pub fn read(path: &Path) -> Looks {
    let said: BTreeMap<String, String> = std::fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    said.into_iter()
        .filter_map(|(operator, at)| Some((Arc::from(operator), Timestamp::parse(&at)?)))
        .collect()
}

/// Adds what is known to what other consoles wrote meanwhile; of two times the later one is kept.
///
/// # Errors
/// The file cannot be written. Nothing is lost but the marks of the next start.
pub fn write(path: &Path, looks: &Looks) -> io::Result<()> {
    let mut all = read(path);
    for (operator, at) in looks {
        let known = all.entry(Arc::clone(operator)).or_insert(*at);
        *known = (*known).max(*at);
    }
    let said: BTreeMap<&str, String> = all
        .iter()
        .map(|(operator, at)| (&**operator, at.to_string()))
        .collect();
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    let whole = serde_json::to_vec_pretty(&said)
        .map_err(io::Error::from)
        .and_then(|bytes| file.write_all(&bytes))
        .and_then(|()| std::fs::rename(&new, path));
    if whole.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(of: &[(&str, i64)]) -> Looks {
        let at = |secs: &i64| Timestamp::from_secs(*secs);
        of.iter()
            .map(|(who, secs)| (Arc::from(*who), at(secs)))
            .collect()
    }

    #[test]
    fn two_consoles_of_one_operator_keep_the_later_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("looked.json");
        assert_eq!(read(&path), Looks::new());
        write(&path, &looks(&[("kim", 2_000), ("ana", 5_000)])).unwrap();
        write(&path, &looks(&[("kim", 1_000), ("joe", 7_000)])).unwrap();
        assert_eq!(
            read(&path),
            looks(&[("ana", 5_000), ("joe", 7_000), ("kim", 2_000)])
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_makes_no_sense_tells_of_nobody_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("looked.json");
        std::fs::write(&path, "{\"kim\": \"yesterday\", \"ana\"").unwrap();
        assert_eq!(read(&path), Looks::new());
        write(&path, &looks(&[("kim", 2_000)])).unwrap();
        assert_eq!(read(&path), looks(&[("kim", 2_000)]));
    }
}
