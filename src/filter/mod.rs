//! The filter language: which items are meant.
//!
//! `sev:>=high acct:prod* region:eu-* age:>1h kind:alarm,finding tag:env=prod -flap "disk full"`: terms are ANDed,
//! `-` negates one, a comma inside a field means *or*. Exact, never fuzzy. The reference is `docs/filter.md`.
//!
//! Used by triage rules, projections, the input line and the command line. Imports the nouns and `lifecycle`'s
//! states and marks; knows neither rows nor the store, which hand it a [`Subject`].
//!
//! ```text
//! text ── grammar::read ──► terms ── resolve ──► Filter { tests } ── matches(subject, now)
//!                             └ Problem { span, sentence, nearest right name }
//! ```

mod complete;
mod duration;
mod field;
mod grammar;
mod letters;
mod resolve;
mod test;
mod text;
mod traits;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::domain::{Account, Item, Kind, Severity, SourceId};
use crate::lifecycle::{Mark, Marks, State};

pub use complete::{Completion, Vocabulary, complete};
pub use field::Field;
pub use letters::Letters;
use letters::Told;
use test::Test;
pub(crate) use text::folded;
pub use text::{Needle, Pattern};
pub use traits::Trait;

/// A set of sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SourceSet(u16);

impl SourceSet {
    /// Whether the source is in the set.
    #[must_use]
    pub const fn contains(self, source: SourceId) -> bool {
        self.0 & (1 << source as u16) != 0
    }

    /// Whether there is no source.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The sources, in the order of [`SourceId::ALL`].
    pub fn iter(self) -> impl Iterator<Item = SourceId> {
        SourceId::ALL
            .iter()
            .copied()
            .filter(move |s| self.contains(*s))
    }
}

impl FromIterator<SourceId> for SourceSet {
    fn from_iter<I: IntoIterator<Item = SourceId>>(sources: I) -> Self {
        Self(
            sources
                .into_iter()
                .fold(0, |set, source| set | 1 << source as u16),
        )
    }
}

/// What a filter is asked about: an item, and what is known about it beside its own facts.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The item.
    pub item: &'a Item,
    /// Its severity by the triage rules.
    pub severity: Severity,
    /// How it stands with the operators.
    pub state: State,
    /// Its marks.
    pub marks: Marks,
    /// Its account, if it is part of the fleet.
    pub account: Option<&'a Account>,
    /// Which sources know it.
    pub sources: SourceSet,
    /// Who has it.
    pub taken: Option<Taken<'a>>,
}

/// Who has an item, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken<'a> {
    /// The operator's name.
    pub owner: &'a str,
    /// When the acknowledgement ends by itself.
    pub until: Timestamp,
}

/// One term: a test, perhaps negated.
#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

/// A filter; the empty one matches everything.
///
/// Displays in a canonical form that reads back as the same filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// The filter that matches everything.
    pub const ALL: Self = Self { terms: Vec::new() };

    /// Reads a filter.
    ///
    /// # Errors
    /// Names the place, what is wrong with it, and the nearest right name where there is one.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let terms = grammar::read(text).map_err(|at| {
            Problem::new(
                at..text.len(),
                "this quote is never closed; add a \" where the text ends".to_owned(),
            )
        })?;
        let terms = terms
            .iter()
            .map(|said| {
                Ok(Term {
                    negated: said.negated,
                    test: resolve::resolve(text, said)?,
                })
            })
            .collect::<Result<_, Problem>>()?;
        Ok(Self { terms })
    }

    /// Whether it matches everything.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.terms.is_empty()
    }

    /// The kinds of items that it can match at all: nothing else has to be read for it.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Kind::ALL.to_vec();
        for term in &self.terms {
            if let Test::Kind(named) = &term.test {
                kinds.retain(|kind| named.contains(kind) != term.negated);
            }
        }
        kinds
    }

    /// Whether everything that it matches is matched by the wider one as well. Sure where it says so; it may not see it.
    #[must_use]
    pub fn narrows(&self, wider: &Self) -> bool {
        let implies = |narrow: &Term, wide: &Term| match (&narrow.test, &wide.test) {
            (Test::Word(long), Test::Word(short)) if !narrow.negated && !wide.negated => {
                long.as_str().contains(short.as_str())
            }
            _ => narrow == wide,
        };
        let is_implied = |wide: &Term| self.terms.iter().any(|narrow| implies(narrow, wide));
        wider.terms.iter().all(is_implied)
    }

    /// What it asks beyond what the wider one asks as well.
    #[must_use]
    pub fn beyond(&self, wider: &Self) -> Self {
        let terms = self.terms.iter().filter(|term| !wider.terms.contains(term));
        Self {
            terms: terms.cloned().collect(),
        }
    }

    /// Whether all that it asks is for words, of which letters tell most.
    #[must_use]
    pub fn is_of_words(&self) -> bool {
        self.terms.iter().all(|term| term.test.is_word())
    }

    /// Whether the subject with these letters is meant; none where its texts have to be looked at.
    #[must_use]
    pub fn told_by(&self, letters: &Letters) -> Option<bool> {
        let mut all = Some(true);
        for term in &self.terms {
            match (term.test.told_by(letters), term.negated) {
                (Told::Yes, false) | (Told::No, true) => {}
                (Told::No, false) | (Told::Yes, true) => return Some(false),
                (Told::Maybe, _) => all = None,
            }
        }
        all
    }

    /// Whether the subject is meant. Allocates nothing.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>, now: Timestamp) -> bool {
        self.terms
            .iter()
            .all(|term| term.test.matches(subject, now) != term.negated)
    }

    /// The next moment after `now` at which time alone may change the answer for this subject.
    #[must_use]
    pub fn next_change(&self, subject: &Subject<'_>, now: Timestamp) -> Option<Timestamp> {
        self.terms
            .iter()
            .filter_map(|term| term.test.next_change(subject, now))
            .min()
    }

    /// Whether time alone can change its answers at all.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.terms.iter().any(|term| term.test.depends_on_time())
    }

    /// Whether it asks for this mark, or for its absence.
    #[must_use]
    pub fn speaks_of(&self, mark: Mark) -> bool {
        self.terms.iter().any(|term| term.test == Test::Mark(mark))
    }

    /// The same filter as this operator means it: `owner:mine` speaks of them. Nobody's is nobody's otherwise.
    #[must_use]
    pub fn meant_by(mut self, operator: &str) -> Self {
        for term in &mut self.terms {
            term.test.meant_by(operator);
        }
        self
    }

    /// Both filters at once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }
}

impl FromStr for Filter {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            if term.negated {
                f.write_str("-")?;
            }
            write!(f, "{}", term.test)?;
        }
        Ok(())
    }
}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
pub struct Problem {
    /// The place in the text, in bytes.
    pub span: Range<usize>,
    /// A sentence for an operator.
    pub message: String,
    /// The nearest right name, where one is near.
    pub nearest: Option<String>,
}

impl Problem {
    const fn new(span: Range<usize>, message: String) -> Self {
        Self {
            span,
            message,
            nearest: None,
        }
    }
}

#[cfg(test)]
mod tests;
