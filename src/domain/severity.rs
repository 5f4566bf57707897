//! How bad it is: five steps, each with a glyph and a letter so that colour never carries it alone.

use std::fmt;
use std::str::FromStr;

/// The severity of an item. Ordered: `Info < Low < Medium < High < Critical`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a line, not worth a look.
    #[default]
    Info,
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// This shift.
    High,
    /// Now.
    Critical,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: &'static [Self] = &[
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Info,
    ];

    /// The word in filters, JSON and text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The letter beside the glyph; a blank-looking `i` for info.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Info => 'i',
            Self::Low => 'L',
            Self::Medium => 'M',
            Self::High => 'H',
            Self::Critical => 'C',
        }
    }

    /// The glyph, one cell wide.
    #[must_use]
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Info => " ",
            Self::Low => "·",
            Self::Medium => "◆",
            Self::High => "▲",
            Self::Critical => "●",
        }
    }

    /// The glyph where only ASCII can be shown, up to two cells wide.
    #[must_use]
    pub const fn ascii(self) -> &'static str {
        match self {
            Self::Info => " ",
            Self::Low => ".",
            Self::Medium => "*",
            Self::High => "!",
            Self::Critical => "!!",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Severity {
    type Err = ();

    /// Accepts the word and its first letters (`c`, `crit`, `critical`), in any case.
    fn from_str(s: &str) -> Result<Self, ()> {
        let s = s.to_ascii_lowercase();
        if s.is_empty() {
            return Err(());
        }
        Self::ALL
            .iter()
            .copied()
            .find(|v| v.word().starts_with(&s))
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_abbreviations_are_read() {
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(*severity));
            assert_eq!(severity.word()[..1].to_uppercase().parse(), Ok(*severity));
        }
        assert_eq!("crit".parse(), Ok(Severity::Critical));
        assert!("".parse::<Severity>().is_err());
        assert!("criticality".parse::<Severity>().is_err());
    }

    #[test]
    fn no_two_severities_look_alike_without_colour() {
        for a in Severity::ALL {
            for b in Severity::ALL.iter().filter(|b| *b != a) {
                assert_ne!(a.letter(), b.letter());
                assert_ne!(a.glyph(), b.glyph());
                assert_ne!(a.ascii(), b.ascii());
            }
        }
    }
}
