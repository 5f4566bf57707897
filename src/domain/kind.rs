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
    /// Something people work on: an OpsItem, or a case of AWS Support.
    Incident,
    /// A Systems Manager maintenance window.
    Window,
    /// The patch compliance of one instance or patch group.
    Patch,
    /// A backup, copy or restore job, or a resource whose job never started.
    Backup,
    /// An event of AWS Health: trouble at AWS, or a change that it plans.
    Health,
    /// A rule of AWS Config that resources break, a recorder that stands still, a recommendation of Trusted Advisor.
    Compliance,
    /// A mute rule: alarms that notify nobody for a time.
    Mute,
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
        Self::Health,
        Self::Compliance,
        Self::Mute,
    ];

    /// The kinds whose items may ask for attention: the Queue, and every total.
    pub const ASKING: &'static [Self] = &[
        Self::Alarm,
        Self::Finding,
        Self::Incident,
        Self::Window,
        Self::Patch,
        Self::Backup,
        Self::Health,
        Self::Compliance,
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
            Self::Mute => "mute",
            Self::Health => "health",
            Self::Compliance => "compliance",
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
            Self::Mute => "mutes",
            Self::Health => "health",
            Self::Compliance => "compliance",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_asks_for_attention_stands_last() {
        let (asking, others) = Kind::ALL.split_at(Kind::ASKING.len());
        assert_eq!(asking, Kind::ASKING);
        assert_eq!(others, [Kind::Mute]);
    }
}
