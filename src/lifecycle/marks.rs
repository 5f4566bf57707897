//! Marks: short remarks beside an item's state.

use std::fmt;

/// One remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Mark {
    /// New since you looked.
    New,
    /// Its severity rose since you looked.
    Worse,
    /// It began inside a running maintenance window.
    Win,
    /// AWS reports trouble that may explain it.
    Aws,
    /// It fires, clears and fires again.
    Flap,
    /// It was in ALARM and went silent.
    NoData,
    /// A mute rule covers it: it notifies nobody.
    Muted,
    /// Its feeds are late or blind.
    Stale,
}

impl Mark {
    /// Every mark, in the order in which they are shown.
    pub const ALL: &'static [Self] = &[
        Self::New,
        Self::Worse,
        Self::Win,
        Self::Aws,
        Self::Flap,
        Self::NoData,
        Self::Muted,
        Self::Stale,
    ];

    /// The word in JSON and, for all but `unseen` and `worse`, as a word of the filter language.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "unseen",
            Self::Worse => "worse",
            Self::Win => "win",
            Self::Aws => "aws",
            Self::Flap => "flap",
            Self::NoData => "nodata",
            Self::Muted => "muted",
            Self::Stale => "stale",
        }
    }

    /// What stands on the screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "*",
            Self::Worse => "↑",
            Self::Win => "WIN",
            Self::Aws => "AWS",
            Self::Flap => "FLAP",
            Self::NoData => "NO DATA",
            Self::Muted => "MUTED",
            Self::Stale => "STALE",
        }
    }

    /// What stands on the screen where only ASCII can be shown.
    #[must_use]
    pub const fn ascii(self) -> &'static str {
        match self {
            Self::Worse => "^",
            other => other.label(),
        }
    }

    /// What it means, as one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::New => "New since you looked.",
            Self::Worse => "Its severity rose since you looked.",
            Self::Win => "It began inside a maintenance window that is running now.",
            Self::Aws => {
                "AWS reports trouble with the service that it watches, where it watches it."
            }
            Self::Flap => "It fired again within ten minutes of clearing.",
            Self::NoData => "It was in ALARM and then its data stopped.",
            Self::Muted => "A mute rule of CloudWatch covers it: it notifies nobody.",
            Self::Stale => "What is shown is old: its feed is late or blind.",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Self = Self(0);

    /// Whether the mark is in the set.
    #[must_use]
    pub const fn contains(self, mark: Mark) -> bool {
        self.0 & mark.bit() != 0
    }

    /// The set with one more mark.
    #[must_use]
    pub const fn with(self, mark: Mark) -> Self {
        Self(self.0 | mark.bit())
    }

    /// The marks of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is no mark.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The marks in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::ALL.iter().copied().filter(move |m| self.contains(*m))
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        marks.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mark) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(mark.label())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_what_was_put_in() {
        let marks: Marks = [Mark::Stale, Mark::Flap].into_iter().collect();
        assert!(marks.contains(Mark::Flap) && !marks.contains(Mark::Win));
        assert_eq!(marks.to_string(), "FLAP STALE");
        assert!(Marks::NONE.is_empty());
    }
}
