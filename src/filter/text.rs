//! Comparing text without regard to case and without allocating: the needle of a word, the pattern of a field.
//!
//! Both sides are *folded*: lower-cased character by character, with the final sigma made an ordinary one.
//! Patterns are folded once, when they are read; texts are folded on the fly, or compared as bytes where both
//! sides are ASCII.

use std::fmt;

use memchr::memchr2_iter;

use super::letters::Letters;

/// One character, folded.
pub(super) fn fold(c: char) -> impl Iterator<Item = char> + Clone {
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

/// A text, folded.
pub(crate) fn folded(text: &str) -> impl Iterator<Item = char> + Clone + '_ {
    text.chars().flat_map(fold)
}

/// A text that is looked for anywhere in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    folded: Box<str>,
    letters: Letters,
}

impl Needle {
    /// The needle for this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let folded: Box<str> = folded(text).collect::<String>().into();
        Self {
            letters: Letters::of_folded(&folded),
            folded,
        }
    }

    /// The text, folded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.folded
    }

    /// Its letters.
    pub(super) const fn letters(&self) -> &Letters {
        &self.letters
    }

    /// Whether it occurs anywhere in `text`.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let needle = self.folded.as_bytes();
        let Some((&first, rest)) = needle.split_first() else {
            return true;
        };
        if needle.is_ascii() {
            let hay = text.as_bytes();
            let starts = (hay.len() + 1).saturating_sub(needle.len());
            let found = memchr2_iter(first, first.to_ascii_uppercase(), &hay[..starts])
                .any(|i| hay[i + 1..i + needle.len()].eq_ignore_ascii_case(rest));
            // Only two characters outside ASCII fold into it.
            if found || text.is_ascii() || !text.contains(['\u{212a}', 'İ']) {
                return found;
            }
        }
        let mut hay = folded(text);
        loop {
            let mut here = hay.clone();
            if self.folded.chars().all(|c| here.next() == Some(c)) {
                return true;
            }
            if hay.next().is_none() {
                return false;
            }
        }
    }
}

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// This text, folded.
    Text(Box<str>),
    /// Anything, also nothing.
    Star,
}

/// A text in which `*` stands for anything; it has to match the whole of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

impl Pattern {
    /// A pattern without a star.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_text(text);
        pattern
    }

    /// Appends text that stands for itself, stars included.
    pub(super) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let text: String = folded(text).collect();
        if let Some(Piece::Text(before)) = self.pieces.last_mut() {
            *before = format!("{before}{text}").into();
        } else {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    /// Appends a star.
    pub(super) fn push_star(&mut self) {
        if self.pieces.last() != Some(&Piece::Star) {
            self.pieces.push(Piece::Star);
        }
    }

    /// The text, folded, where there is no star in it.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether the whole of `text` has this form.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if let Some(literal) = self.as_literal() {
            return if text.is_ascii() {
                text.eq_ignore_ascii_case(literal)
            } else {
                folded(text).eq(literal.chars())
            };
        }
        if text.is_ascii() {
            self.walk(text.bytes().map(|b| char::from(b.to_ascii_lowercase())))
        } else {
            self.walk(folded(text))
        }
    }

    /// The usual walk with one point of return: after a star, try every place for what follows it.
    fn walk(&self, mut text: impl Iterator<Item = char> + Clone) -> bool {
        let mut piece = 0;
        let mut retry: Option<(_, usize)> = None;
        loop {
            match self.pieces.get(piece) {
                Some(Piece::Star) => {
                    piece += 1;
                    if piece == self.pieces.len() {
                        return true;
                    }
                    retry = Some((text.clone(), piece));
                    continue;
                }
                Some(Piece::Text(literal)) => {
                    let mut here = text.clone();
                    if literal.chars().all(|c| here.next() == Some(c)) {
                        text = here;
                        piece += 1;
                        continue;
                    }
                }
                None => {
                    if text.clone().next().is_none() {
                        return true;
                    }
                }
            }
            let Some((from, after)) = retry.as_mut() else {
                return false;
            };
            if from.next().is_none() {
                return false;
            }
            text = from.clone();
            piece = *after;
        }
    }
}

impl fmt::Display for Pattern {
    /// The form that reads back as the same pattern.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pieces.is_empty() {
            return f.write_str("\"\"");
        }
        for piece in &self.pieces {
            match piece {
                Piece::Star => f.write_str("*")?,
                Piece::Text(text) => write_text(f, text, |c| {
                    c.is_whitespace() || matches!(c, '"' | ',' | '*' | '<' | '>' | '=')
                })?,
            }
        }
        Ok(())
    }
}

/// Writes text bare, or in quotes where one of its characters would mean something else.
pub(super) fn write_text(
    f: &mut fmt::Formatter<'_>,
    text: &str,
    special: impl Fn(char) -> bool,
) -> fmt::Result {
    if !text.is_empty() && !text.chars().any(special) {
        return f.write_str(text);
    }
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        for (i, part) in text.split('*').enumerate() {
            if i > 0 {
                pattern.push_star();
            }
            pattern.push_text(part);
        }
        pattern
    }

    #[test]
    fn words_are_found_in_any_case_and_script() {
        assert!(Needle::new("DISK full").is_in("the disk FULL again"));
        assert!(Needle::new("zürich").is_in("Backup ZÜRICH"));
        assert!(Needle::new("ΣΟΦΟΣ").is_in("ο σοφος"));
        assert!(!Needle::new("disk").is_in("dis"));
        assert!(Needle::new("k").is_in("\u{212a}elvin"));
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, matches) in [
            ("prod*", "Prod-payments", true),
            ("prod*", "nonprod", false),
            ("*prod*", "nonprod", true),
            ("*-prod", "payments-prod", true),
            ("*-prod", "payments-prod-2", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXcXb", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("eu-west-1", "EU-WEST-1", true),
            ("*ab", "aab", true),
        ] {
            assert_eq!(glob(pattern).matches(text), matches, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_needle_is_found_exactly_where_folding_both_finds_it(needle in "[a-cA-Cß-ïİςσΣ]{0,3}", text in "[a-cA-Cß-ïİςσΣ ]{0,12}") {
            let plain: String = folded(&text).collect();
            let wanted: String = folded(&needle).collect();
            prop_assert_eq!(Needle::new(&needle).is_in(&text), plain.contains(&wanted));
        }

        #[test]
        fn a_part_of_a_text_is_found_in_it(text in "\\PC{0,24}", from in 0usize..24, len in 0usize..24) {
            let part: String = text.chars().skip(from).take(len).collect();
            prop_assert!(Needle::new(&part).is_in(&text));
        }

        #[test]
        fn stars_agree_with_a_naive_matcher(pattern in "[ab*]{0,6}", text in "[abAB]{0,8}") {
            fn naive(p: &[u8], t: &[u8]) -> bool {
                match (p.split_first(), t.split_first()) {
                    (None, None) => true,
                    (Some((b'*', p)), _) if naive(p, t) => true,
                    (Some((b'*', _)), Some((_, t))) => naive(p, t),
                    (Some((a, p)), Some((b, t))) => a == b && naive(p, t),
                    _ => false,
                }
            }
            let lower = text.to_lowercase();
            prop_assert_eq!(glob(&pattern).matches(&text), naive(pattern.as_bytes(), lower.as_bytes()));
        }
    }
}
