//! Completion for the input line: what could stand at the cursor.

use std::ops::Range;

use crate::domain::{Kind, Severity, SourceId};
use crate::lifecycle::{Mark, State};

use super::field::Field;
use super::traits::Trait;

/// The names that only the fleet knows.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Account names.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Tags of accounts as `key=value`.
    pub tags: Vec<String>,
    /// Products that report findings.
    pub products: Vec<String>,
}

/// What could replace a part of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes to replace.
    pub span: Range<usize>,
    /// What to put there, nearest first; empty where nothing fits.
    pub candidates: Vec<String>,
}

/// Completes the term that ends at `cursor` (a byte offset; clamped into the text).
#[must_use]
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let mut start = term_start(before);
    if before[start..].starts_with('-') {
        start += 1;
    }
    let term = &before[start..];
    let (at, candidates) = match term.split_once(':') {
        None => (start, names(term)),
        Some((name, values)) => {
            let value = values.rsplit(',').next().unwrap_or("");
            let bare = value.trim_start_matches(['>', '<', '=']);
            let found = Field::named(name).map_or_else(Vec::new, |field| {
                self::values(field, bare.trim_start_matches('"'), vocabulary)
            });
            (cursor - bare.len(), found)
        }
    };
    Completion {
        span: at..cursor,
        candidates,
    }
}

/// Where the term that ends the text begins: after the last blank outside quotes.
fn term_start(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    let mut start = 0;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => start = i + c.len_utf8(),
            _ => {}
        }
    }
    start
}

fn names(prefix: &str) -> Vec<String> {
    if prefix.starts_with('"') {
        return Vec::new();
    }
    let prefix = prefix.to_lowercase();
    let fields = Field::ALL.iter().map(|field| format!("{}:", field.name()));
    let marks = Mark::ALL.iter().map(|mark| mark.word().to_owned());
    fields
        .chain(marks)
        .filter(|name| name.starts_with(&prefix))
        .collect()
}

fn values(field: Field, prefix: &str, vocabulary: &Vocabulary) -> Vec<String> {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|w| (*w).to_owned())
            .collect::<Vec<String>>()
    };
    let all = match field {
        Field::Sev => Severity::ALL.iter().map(|s| s.word().to_owned()).collect(),
        Field::State => State::ALL.iter().map(|s| s.word().to_owned()).collect(),
        Field::Kind => Kind::ALL.iter().map(|k| k.word().to_owned()).collect(),
        Field::Source => SourceId::ALL.iter().map(|s| s.word().to_owned()).collect(),
        Field::Is => Trait::ALL.iter().map(|t| t.word().to_owned()).collect(),
        Field::Owner => words(&["mine", "none"]),
        Field::Acct => vocabulary.accounts.clone(),
        Field::Region => vocabulary.regions.clone(),
        Field::Tag => vocabulary.tags.clone(),
        Field::Product => vocabulary.products.clone(),
        Field::Age
        | Field::Name
        | Field::Id
        | Field::Resource
        | Field::Status
        | Field::Namespace
        | Field::Ends => Vec::new(),
    };
    let prefix = prefix.to_lowercase();
    let mut found: Vec<String> = all
        .into_iter()
        .filter(|value| value.to_lowercase().starts_with(&prefix))
        .map(|value| {
            let needs_quotes = value
                .chars()
                .any(|c| c.is_whitespace() || matches!(c, ',' | '"' | '*'));
            if needs_quotes {
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            } else {
                value
            }
        })
        .collect();
    found.dedup();
    found
}
