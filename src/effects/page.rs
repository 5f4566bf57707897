//! Pages: what a handover is made of is gathered, and what is to be kept is saved.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use crate::audit::Journal;
use crate::history::watch::Span;
use crate::history::{self, History};
use crate::model::Gathering;

/// Reads journal and history. Takes as long as the disk does.
pub(super) fn gather(
    journal: Option<&Journal>,
    history: Option<&History>,
    window: Span,
    shift: Option<Arc<str>>,
) -> Gathering {
    let unkept = |what: &str| Arc::from(format!("this console keeps no {what}."));
    Gathering {
        window,
        shift,
        journal: match journal {
            Some(journal) => journal
                .whole()
                .map(|whole| whole.acts())
                .map_err(|trouble| Arc::from(trouble.0)),
            None => Err(unkept("journal")),
        },
        history: match history {
            Some(history) => {
                history::read(history.path(), window).map_err(|trouble| Arc::from(trouble.0))
            }
            None => Err(unkept("history")),
        },
    }
}

/// Saves what is written into a folder, for its owner alone, and says where. What is there already is not overwritten.
pub(super) fn save(
    folder: Option<&Path>,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Arc<str>, Arc<str>> {
    let Some(folder) = folder else {
        return Err("There is no home folder to save it in; copy it instead.".into());
    };
    let written = || -> io::Result<String> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let path = folder.join(name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map(BufWriter::new)?;
        let whole = write(&mut file).and_then(|()| file.into_inner()?.sync_data());
        if whole.is_err() {
            // Half of it would look like all of it.
            let _ = std::fs::remove_file(&path);
        }
        whole.map(|()| path.display().to_string())
    };
    match written() {
        Ok(path) => Ok(Arc::from(format!("Saved as {path}."))),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Err(Arc::from(format!(
            "{name} was saved within this minute already, in {}.",
            folder.display()
        ))),
        Err(why) => Err(Arc::from(format!(
            "{name} could not be saved in {}: {why}.",
            folder.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_saved_is_its_owners_and_never_overwrites() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state/handovers");
        let said = save(Some(&folder), "h.md", |file| file.write_all(b"# one")).unwrap();
        assert!(said.contains("state/handovers/h.md"), "{said}");
        let path = folder.join("h.md");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let refused = save(Some(&folder), "h.md", |file| file.write_all(b"# two")).unwrap_err();
        assert!(refused.contains("already"), "{refused}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "# one");
        let half = save(Some(&folder), "half.md", |file| {
            file.write_all(b"# ha")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(half.unwrap_err().contains("the disk is full"));
        assert!(!folder.join("half.md").exists());
        assert!(
            save(None, "h.md", |_| Ok(()))
                .unwrap_err()
                .contains("copy it instead")
        );
    }
}
