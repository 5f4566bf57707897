//! The list of hashes outside the database: one line per entry, only ever appended to.
//!
//! A line is `number hash`. It is written after the database has the entry, so it may lag behind by what one write
//! held, never run ahead. Several consoles append to it; lines may repeat and come in any order.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::chain::Hash;

/// Where the list of a database is kept.
#[must_use]
pub fn beside(database: &Path) -> PathBuf {
    database.with_extension("heads")
}

/// The list, open for appending.
#[derive(Debug)]
pub struct Heads(File);

impl Heads {
    /// Opens it, or makes it for its owner alone.
    ///
    /// # Errors
    /// The system's own.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        Ok(Self(options.open(path)?))
    }

    /// Appends these and waits until they are on the disk.
    ///
    /// # Errors
    /// The system's own.
    pub fn append(&mut self, heads: &[(u64, Hash)]) -> io::Result<()> {
        // A line that a full disk tore off must not swallow the next one.
        let lines: String = heads
            .iter()
            .map(|(seq, hash)| format!("{seq} {hash}\n"))
            .collect();
        self.0.write_all(format!("\n{lines}").as_bytes())?;
        self.0.sync_data()
    }
}

/// The list as it stands. A missing file is an empty list; lines that are none are passed over. Of two lines for
/// one entry the first counts: whoever rewrites the journal can append here, but not undo what was appended.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read(path: &Path) -> io::Result<BTreeMap<u64, Hash>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(why) => return Err(why),
    };
    let mut heads = BTreeMap::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line?;
        let Some((seq, hash)) = std::str::from_utf8(&line)
            .ok()
            .and_then(|l| l.split_once(' '))
        else {
            continue;
        };
        if let (Ok(seq), Some(hash)) = (seq.parse(), Hash::parse(hash)) {
            heads.entry(seq).or_insert(hash);
        }
    }
    Ok(heads)
}

#[cfg(test)]
mod tests {
    use super::super::chain::digest;
    use super::*;

    #[test]
    fn torn_lines_cost_nothing_but_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let path = beside(&folder.path().join("journal.db"));
        assert_eq!(read(&path).unwrap(), BTreeMap::new());
        let hash = |n: u64| Hash::parse(&digest(&n.to_string())).unwrap();
        Heads::open(&path).unwrap().append(&[(1, hash(1))]).unwrap();
        OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"2 0123")
            .unwrap();
        Heads::open(&path)
            .unwrap()
            .append(&[(2, hash(2)), (3, hash(3))])
            .unwrap();
        // Later claims about an entry do not count.
        Heads::open(&path).unwrap().append(&[(1, hash(9))]).unwrap();
        let heads = read(&path).unwrap();
        assert_eq!(
            heads,
            BTreeMap::from([(1, hash(1)), (2, hash(2)), (3, hash(3))])
        );
    }
}
