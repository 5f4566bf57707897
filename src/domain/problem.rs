//! A mistake in a file that operators write, with its place and the nearest right name.
//!
//! Configuration, themes and keymaps report their mistakes as [`Problem`]s, as many at once as can be told apart.
//! One line each, in the form that editors and `grep` users can jump to:
//!
//! ```text
//! config.toml:12:3: there is no key `regoins` here; did you mean `regions`?
//! ```

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::text;

/// Where something was written: a file, or a flag or variable that has no lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file's path as the operator would type it, or the flag's or variable's name.
    pub file: Arc<str>,
    /// 1-based; 0 where the whole file, a flag or a variable is meant.
    pub line: u32,
    /// 1-based, counted in characters; 0 where `line` is 0.
    pub column: u32,
}

impl Place {
    /// The whole of `file`, or a flag or an environment variable.
    #[must_use]
    pub fn whole(file: &str) -> Self {
        Self {
            file: text::clean_arc(file),
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// One mistake. Sorts by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, as a sentence without its full stop. Neutralised.
    pub message: Arc<str>,
    /// The nearest right name.
    pub suggestion: Option<Arc<str>>,
}

impl Problem {
    /// A problem at `place`.
    #[must_use]
    pub fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self {
            place,
            message: text::clean_arc(message.as_ref()),
            suggestion: None,
        }
    }

    /// The same problem, with the nearest of `names` to `wrong` as its suggestion, if one is near.
    #[must_use]
    pub fn suggesting<'a>(mut self, wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.suggestion = nearest(wrong, names).map(Arc::from);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some(name) = &self.suggestion {
            write!(f, "; did you mean `{name}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// The name that `wrong` was probably meant to be, if one is near enough to be worth saying.
///
/// Near is at most two slips of the finger, one in names of up to four letters, or a name that `wrong` begins.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let letters = wrong.chars().count();
    let reach = if letters <= 4 { 1 } else { 2 };
    names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let slips = strsim::damerau_levenshtein(&wrong, &lower);
            let begun = letters >= 3 && (lower.starts_with(&wrong) || wrong.starts_with(&lower));
            (slips <= reach || begun).then_some((slips, name))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// A file's path and text: turns byte positions into places.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The path as the operator would type it.
    pub file: &'a str,
    /// What it says.
    pub text: &'a str,
}

impl Written<'_> {
    /// The place of a byte position; positions outside the text mean its end.
    #[must_use]
    pub fn place(&self, at: usize) -> Place {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: text::clean_arc(self.file),
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        }
    }

    /// A problem where `span` begins.
    #[must_use]
    pub fn problem(&self, span: &Range<usize>, message: impl AsRef<str>) -> Problem {
        Problem::new(self.place(span.start), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        let file = Written {
            file: "config.toml",
            text: "ü = 1\nregoins = []\n",
        };
        let problem = file
            .problem(&(7..14), "there is no key `regoins` here")
            .suggesting("regoins", ["organization", "regions"]);
        assert_eq!(
            problem.to_string(),
            "config.toml:2:1: there is no key `regoins` here; did you mean `regions`?"
        );
        let flag = Problem::new(Place::whole("NOCTOP_THEME"), "there is no theme `x`");
        assert_eq!(flag.to_string(), "NOCTOP_THEME: there is no theme `x`");
    }

    #[test]
    fn columns_count_characters() {
        let file = Written {
            file: "f",
            text: "\"日本\" = 1\r\nb",
        };
        let at = |i| (file.place(i).line, file.place(i).column);
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(9), (1, 6));
        assert_eq!(at(14), (2, 1));
        assert_eq!(at(9_999), (2, 2));
    }

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["theme", "keymap", "ascii", "every"];
        assert_eq!(nearest("them", names), Some("theme"));
        assert_eq!(nearest("Keymaps", names), Some("keymap"));
        assert_eq!(nearest("asci", names), Some("ascii"));
        assert_eq!(nearest("evrey", names), Some("every"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("", names), None);
    }

    proptest! {
        #[test]
        fn every_position_has_a_place(text in any::<String>(), at in any::<usize>()) {
            let place = Written { file: "f", text: &text }.place(at);
            prop_assert!(place.line >= 1 && place.column >= 1);
        }
    }
}
