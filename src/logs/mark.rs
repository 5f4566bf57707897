//! Marks: what happened to the reading itself, standing between the lines it happened between.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::text::age;

/// A sort of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// Lines of this time may be missing: they could not be read.
    Gap,
    /// The reading was taken up anew; nothing is missing.
    Seam,
    /// CloudWatch Logs sent only a sample of what was written.
    Sampled,
    /// noctop itself let lines go, and counted them.
    Dropped,
}

impl MarkKind {
    /// Every sort.
    pub const ALL: &'static [Self] = &[Self::Gap, Self::Seam, Self::Sampled, Self::Dropped];

    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gap => "GAP",
            Self::Seam => "SEAM",
            Self::Sampled => "SAMPLED",
            Self::Dropped => "DROPPED",
        }
    }
}

/// A mark. Displays as the sentence that stands between the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What sort it is.
    pub kind: MarkKind,
    /// Where it stands, and for a gap where it begins.
    pub at: Timestamp,
    /// How long a gap lasted; zero for what has no length.
    pub lasted: Duration,
    /// What happened, in an operator's words, with its place; neutralised.
    pub why: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        if !self.lasted.is_zero() {
            write!(f, " of {}", age(self.lasted))?;
        }
        write!(f, ": {}", self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_says_how_long_it_lasted_and_why() {
        let mark = Mark {
            kind: MarkKind::Gap,
            at: Timestamp::from_secs(100),
            lasted: Duration::from_secs(90),
            why: "web eu-west-1 /app was throttled.".into(),
        };
        assert_eq!(
            mark.to_string(),
            "GAP of 1m: web eu-west-1 /app was throttled."
        );
    }
}
