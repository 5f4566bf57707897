//! Where noctop's own files are.

use std::path::{Path, PathBuf};

/// The folders and files of one user, by the conventions of their system (XDG on Linux).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file; absent where the user has no home.
    pub config: Option<PathBuf>,
    /// What outlives a run: journal, ledger, log file.
    pub state: Option<PathBuf>,
    /// What may be thrown away.
    pub cache: Option<PathBuf>,
    /// The home folder, for `~/`.
    pub home: Option<PathBuf>,
}

impl Paths {
    /// The places of the user who runs this process.
    #[must_use]
    pub fn of_this_user() -> Self {
        let Some(dirs) = directories::ProjectDirs::from("", "", "noctop") else {
            return Self::default();
        };
        Self {
            config: Some(dirs.config_dir().join("config.toml")),
            // Only Linux has a folder for state of its own.
            state: Some(dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned()),
            cache: Some(dirs.cache_dir().to_owned()),
            home: directories::BaseDirs::new().map(|b| b.home_dir().to_owned()),
        }
    }

    /// The same places, with another configuration file.
    #[must_use]
    pub fn with_config(&self, file: PathBuf) -> Self {
        Self {
            config: Some(file),
            ..self.clone()
        }
    }

    /// A folder beside the configuration file: `themes`, `keymaps`.
    #[must_use]
    pub fn beside_config(&self, folder: &str) -> Option<PathBuf> {
        let parent = self.config.as_deref()?.parent()?;
        Some(parent.join(folder))
    }

    /// The journal of what was done to accounts.
    #[must_use]
    pub fn journal(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("journal.db"))
    }

    /// The log file.
    #[must_use]
    pub fn log(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("noctop.log"))
    }

    /// The ledger's file where the configuration names none.
    #[must_use]
    pub fn ledger(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("ledger.db"))
    }

    /// The history of what happened.
    #[must_use]
    pub fn history(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("history.db"))
    }

    /// Where pages are saved.
    #[must_use]
    pub fn handovers(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("handovers"))
    }

    /// When each operator was last at a console.
    #[must_use]
    pub fn looks(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("looked.json"))
    }

    /// Where acts wait while a shared ledger is away.
    #[must_use]
    pub fn outbox(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join("outbox.db"))
    }

    /// A path as it was written, with `~/` opened out.
    #[must_use]
    pub fn open_out(&self, written: &str) -> PathBuf {
        match (written.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(written),
        }
    }

    /// A path as an operator would type it: with `~/` where it lies in the home folder.
    #[must_use]
    pub fn shorten(&self, path: &Path) -> String {
        let short = self
            .home
            .as_deref()
            .and_then(|home| path.strip_prefix(home).ok());
        match short {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tildes_are_opened_out_and_put_back() {
        let paths = Paths {
            home: Some("/home/ana".into()),
            config: Some("/home/ana/.config/noctop/config.toml".into()),
            ..Paths::default()
        };
        assert_eq!(paths.open_out("~/ca.pem"), Path::new("/home/ana/ca.pem"));
        assert_eq!(paths.open_out("/etc/ca.pem"), Path::new("/etc/ca.pem"));
        assert_eq!(paths.shorten(Path::new("/home/ana/x")), "~/x");
        assert_eq!(paths.shorten(Path::new("/etc/x")), "/etc/x");
        assert_eq!(
            paths.beside_config("themes").as_deref(),
            Some(Path::new("/home/ana/.config/noctop/themes"))
        );
    }
}
