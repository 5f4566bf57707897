//! The kinds of item that noctop shows.

use std::fmt;
use std::str::FromStr;

/// What sort of thing an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A CloudWatch metric or composite alarm.
    Alarm,
    /// A security finding (GuardDuty, Security Hub and the products that report there).
    Finding,
    /// Something people work on: an OpsItem.
    Incident,
    /// A Systems Manager maintenance window.
    Window,
    /// The patch compliance of one instance or patch group.
    Patch,
    /// A backup, copy or restore job, or a resource whose job never started.
    Backup,
}

impl Kind {
    /// Every kind, in the order of the panes.
    pub const ALL: &'static [Self] = &[
        Self::Alarm,
        Self::Finding,
        Self::Incident,
        Self::Window,
        Self::Patch,
        Self::Backup,
    ];

    /// The word for one item of this kind: in filters, in JSON and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Finding => "finding",
            Self::Incident => "incident",
            Self::Window => "window",
            Self::Patch => "patch",
            Self::Backup => "backup",
        }
    }

    /// The word for a list of this kind, as in `noctop ls alarms`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Alarm => "alarms",
            Self::Finding => "findings",
            Self::Incident => "incidents",
            Self::Window => "windows",
            Self::Patch => "patches",
            Self::Backup => "backups",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = ();

    /// Accepts the singular and the plural.
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|k| k.word() == s || k.plural() == s)
            .ok_or(())
    }
}
