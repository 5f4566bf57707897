//! Text in which what others wrote is told from what noctop says, so that neither a terminal nor a page in Markdown takes a
//! name for a command.

use std::fmt;

use crate::domain::text::clean;

/// A line made of noctop's own words and of others'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<(Whose, String)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    Theirs,
}

impl Text {
    /// Noctop's own words.
    #[must_use]
    pub fn ours(text: impl Into<String>) -> Self {
        Self(vec![(Whose::Ours, text.into())])
    }

    /// The same with more of noctop's own words.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push((Whose::Ours, text.into()));
        self
    }

    /// The same with words of others: names, notes, tickets, sentences of AWS. Neutralised.
    #[must_use]
    pub fn theirs(mut self, text: &str) -> Self {
        self.0.push((Whose::Theirs, clean(text).into_owned()));
        self
    }

    /// The same with another one behind it.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// As Markdown. What others wrote stands in code spans: there neither links, images, mentions nor tags are anything
    /// but letters.
    #[must_use]
    pub fn markdown(&self) -> String {
        let pieces = self.0.iter().filter(|(_, text)| !text.is_empty());
        pieces
            .map(|(whose, text)| match whose {
                Whose::Ours => text.clone(),
                Whose::Theirs => code(text),
            })
            .collect()
    }
}

impl fmt::Display for Text {
    /// As plain text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

/// A code span: fenced by one more backtick than any run of them within.
fn code(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_others_wrote_is_letters_and_nothing_else() {
        for (name, markdown) in [
            ("disk-full", "`disk-full`"),
            ("[x](http://evil)", "`[x](http://evil)`"),
            ("a`b", "``a`b``"),
            ("`rm -rf`", "`` `rm -rf` ``"),
            ("a``b`", "``` a``b` ```"),
            ("<script>\n@all", "`<script> @all`"),
        ] {
            assert_eq!(
                Text::default().theirs(name).markdown(),
                markdown,
                "{name:?}"
            );
        }
        let line = Text::ours("high ").theirs("a_b").and(", open");
        assert_eq!(line.markdown(), "high `a_b`, open");
        assert_eq!(line.to_string(), "high a_b, open");
    }

    proptest! {
        #[test]
        fn no_text_ends_its_own_span(text in "[`a-z \\n<>\\[\\]()*_@#]{0,40}") {
            let markdown = Text::default().theirs(&text).markdown();
            if !markdown.is_empty() {
                let fence = markdown.len() - markdown.trim_start_matches('`').len();
                let within = &markdown[fence..markdown.len() - fence];
                prop_assert!(markdown.ends_with(&"`".repeat(fence)));
                prop_assert!(!within.starts_with('`') && !within.ends_with('`'));
                let runs = within.split(|c| c != '`').map(str::len);
                prop_assert!(runs.max().unwrap_or(0) < fence);
                prop_assert!(!markdown.contains('\n'));
            }
        }
    }
}
