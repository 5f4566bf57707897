//! The sieve: which lines are shown, by text, regular expression, JSON field and level.

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::field::{Condition, reason};
use super::level::Level;

/// Which lines are shown. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    fields: Vec<Condition>,
    floor: Level,
}

/// What is looked for in a line.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This text, letter by letter.
    Text(Box<Finder<'static>>),
    /// A regular expression, or a text whose case does not count.
    Regex(Regex),
}

/// The most memory that a regular expression may take once it is compiled, in bytes: `\w{1000}` and its like are refused.
const REGEX_SIZE: usize = 4 << 20;

impl Pattern {
    /// A text. Written in small letters its case does not count; a capital in it makes it exact.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let has_case = text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
        let exact = Self::Text(Box::new(Finder::new(text.as_bytes()).into_owned()));
        if !has_case || text.chars().any(char::is_uppercase) {
            return exact;
        }
        RegexBuilder::new(&regex::escape(text))
            .case_insensitive(true)
            .size_limit(REGEX_SIZE)
            .build()
            .map_or(exact, Self::Regex)
    }

    /// A regular expression in the syntax of the `regex` crate: no look-around, no back-references, and therefore no line
    /// for which it takes for ever.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn regex(pattern: &str) -> Result<Self, String> {
        RegexBuilder::new(pattern)
            .size_limit(REGEX_SIZE)
            .build()
            .map(Self::Regex)
            .map_err(|why| format!("`{pattern}` is no regular expression: {}", reason(&why)))
    }

    /// Reads what somebody typed to look for: a text, or a regular expression between slashes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn typed(text: &str) -> Result<Self, String> {
        match text
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            Some(regex) if !regex.is_empty() => Self::regex(regex),
            _ => Ok(Self::text(text)),
        }
    }

    /// Where in a text it stands, in bytes.
    #[must_use]
    pub fn places(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let bytes = text.as_bytes();
        match self {
            Self::Text(finder) => {
                let length = finder.needle().len();
                finder.find_iter(bytes).map(|at| at..at + length).collect()
            }
            Self::Regex(regex) => regex.find_iter(bytes).map(|found| found.range()).collect(),
        }
    }

    /// Whether a line contains it.
    #[must_use]
    pub fn is_in(&self, line: &[u8]) -> bool {
        match self {
            Self::Text(finder) => finder.find(line).is_some(),
            Self::Regex(regex) => regex.is_match(line),
        }
    }
}

impl Sieve {
    /// Shows only lines that contain this.
    pub fn include(&mut self, pattern: Pattern) {
        self.include.push(pattern);
    }

    /// Shows no lines that contain this.
    pub fn exclude(&mut self, pattern: Pattern) {
        self.exclude.push(pattern);
    }

    /// Shows only lines whose JSON fulfils this.
    pub fn field(&mut self, condition: Condition) {
        self.fields.push(condition);
    }

    /// Shows only lines that say they are at least so grave.
    pub const fn at_least(&mut self, floor: Level) {
        self.floor = floor;
    }

    /// Whether every line passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.include.is_empty()
            && self.exclude.is_empty()
            && self.fields.is_empty()
            && self.floor == Level::Unknown
    }

    /// Whether a line of this level passes.
    #[must_use]
    pub fn passes(&self, level: Level, line: &[u8]) -> bool {
        level >= self.floor
            && self.include.iter().all(|pattern| pattern.is_in(line))
            && !self.exclude.iter().any(|pattern| pattern.is_in(line))
            && self.fields.iter().all(|condition| condition.holds(line))
    }

    /// The same for a line whose level has not been read yet.
    #[must_use]
    pub fn passes_line(&self, line: &[u8]) -> bool {
        let level = if self.floor == Level::Unknown {
            Level::Unknown
        } else {
            Level::of(line)
        };
        self.passes(level, line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_conditions_must_hold() {
        let mut sieve = Sieve::default();
        assert!(sieve.is_open() && sieve.passes_line(b"anything"));
        sieve.include(Pattern::text("disk"));
        sieve.include(Pattern::regex(r"\d+ ?%").unwrap());
        sieve.exclude(Pattern::text("healthcheck"));
        sieve.at_least(Level::Warn);
        assert!(sieve.passes_line(b"ERROR Disk at 97%"));
        for no in [
            &b"ERROR disk full"[..],
            b"INFO disk at 97%",
            b"ERROR disk at 97% (HealthCheck)",
            b"ERROR 97%",
        ] {
            assert!(!sieve.passes_line(no), "{}", String::from_utf8_lossy(no));
        }
    }

    #[test]
    fn a_capital_makes_a_text_exact() {
        assert!(Pattern::text("oom").is_in(b"OOM killer"));
        assert!(!Pattern::text("OOM").is_in(b"oom killer"));
        assert!(Pattern::text("a.b").is_in(b"xa.b") && !Pattern::text("a.b").is_in(b"acb"));
        assert!(Pattern::text("é").is_in("É".as_bytes()));
    }

    #[test]
    fn bytes_that_are_no_text_are_searched_as_well() {
        assert!(Pattern::text("x").is_in(b"\xff\0x"));
        assert!(Pattern::regex("a.b").unwrap().is_in("\u{0}aéb".as_bytes()));
    }

    #[test]
    fn what_cannot_be_searched_is_refused_with_a_reason() {
        assert!(Pattern::regex("a(").unwrap_err().contains("unclosed group"));
        assert!(Pattern::regex(r"\w{5000}{50}").is_err());
        assert!(Pattern::regex("(?=x)").is_err());
    }

    #[test]
    fn what_makes_other_engines_explode_is_a_line_like_any_other() {
        let pattern = Pattern::regex("^(a+)+$").unwrap();
        assert!(!pattern.is_in(&[vec![b'a'; 200_000], b"!".to_vec()].concat()));
    }
}
