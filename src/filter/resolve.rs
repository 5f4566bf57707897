//! What the words of a filter mean, and what to say when they mean nothing.

use std::ops::Range;
use std::time::Duration;

use crate::domain::{Kind, Severity, SourceId};
use crate::lifecycle::{Mark, State};

use super::field::Field;
use super::grammar::{self, Op, Piece, Said, Value};
use super::test::{Holder, Test};
use super::text::{Needle, Pattern};
use super::traits::Trait;
use super::{Problem, duration};

/// The mark that a bare word names.
pub(super) fn mark(word: &str) -> Option<Mark> {
    Mark::ALL
        .iter()
        .copied()
        .find(|mark| mark.word().eq_ignore_ascii_case(word))
}

/// The meaning of one term of `source`.
pub(super) fn resolve(source: &str, term: &grammar::Term) -> Result<Test, Problem> {
    match &term.said {
        Said::Word(pieces) => word(pieces, &term.span),
        // An ARN is a word that happens to look like a field.
        Said::Field { name, .. } if name.eq_ignore_ascii_case("arn") => {
            let start = term.span.start + usize::from(term.negated);
            Ok(Test::Word(Needle::new(
                source.get(start..term.span.end).unwrap_or_default(),
            )))
        }
        Said::Field {
            name,
            name_span,
            values,
        } => {
            let Some(field) = Field::named(name) else {
                let names = Field::ALL
                    .iter()
                    .flat_map(|field| std::iter::once(field.name()).chain(field.alias()));
                return Err(Problem {
                    span: name_span.clone(),
                    message: format!(
                        "there is no field {name}; to look for the text put it in quotes"
                    ),
                    nearest: nearest(name, names).map(|n| format!("{n}:")),
                });
            };
            if let Some(empty) = values
                .iter()
                .find(|value| value.pieces.is_empty() && value.op.is_none())
            {
                return Err(Problem::new(
                    name_span.start..empty.span.end,
                    format!(
                        "{} needs a value here, such as {}",
                        field.name(),
                        field.example()
                    ),
                ));
            }
            self::field(field, values)
        }
    }
}

fn word(pieces: &[Piece], span: &Range<usize>) -> Result<Test, Problem> {
    if let [Piece::Bare(word)] = pieces
        && let Some(mark) = mark(word)
    {
        return Ok(Test::Mark(mark));
    }
    let text = grammar::text(pieces);
    if text.is_empty() {
        return Err(Problem::new(
            span.clone(),
            "an empty text is in everything; write something between the quotes".to_owned(),
        ));
    }
    Ok(Test::Word(Needle::new(&text)))
}

fn field(field: Field, values: &[Value]) -> Result<Test, Problem> {
    Ok(match field {
        Field::Sev => Test::Sev(each(values, |value| {
            let words = Severity::ALL.iter().map(|s| s.word());
            Ok((
                value.op,
                known(field, value, words, |text| text.parse().ok())?,
            ))
        })?),
        Field::Age => Test::Age(each(values, |value| span(field, value))?),
        Field::Ends => Test::Ends(each(values, |value| span(field, value))?),
        Field::State => Test::State(each(values, |value| {
            plain(field, value)?;
            let words = State::ALL.iter().map(|s| s.word());
            known(field, value, words, |text| {
                State::ALL.iter().copied().find(|s| s.word() == text)
            })
        })?),
        Field::Kind => Test::Kind(each(values, |value| {
            plain(field, value)?;
            let words = Kind::ALL.iter().map(|k| k.word());
            known(field, value, words, |text| text.parse().ok())
        })?),
        Field::Source => Test::Source(each(values, |value| {
            plain(field, value)?;
            let words = SourceId::ALL.iter().map(|s| s.word());
            known(field, value, words, |text| text.parse().ok())
        })?),
        Field::Is => Test::Is(each(values, |value| {
            plain(field, value)?;
            let words = Trait::ALL.iter().map(|t| t.word());
            known(field, value, words, |text| {
                Trait::ALL.iter().copied().find(|t| t.word() == text)
            })
        })?),
        Field::Tag => Test::Tag(each(values, |value| {
            plain(field, value)?;
            tag(value)
        })?),
        Field::Owner => Test::Owner(each(values, |value| {
            plain(field, value)?;
            // In quotes it is a name, even of somebody who is called none.
            Ok(
                match (value.pieces.as_slice(), &*value.text().to_lowercase()) {
                    ([Piece::Bare(_)], "none") => Holder::None,
                    ([Piece::Bare(_)], "mine") => Holder::Mine(None),
                    _ => Holder::Named(pattern(&value.pieces)),
                },
            )
        })?),
        Field::Acct
        | Field::Region
        | Field::Name
        | Field::Id
        | Field::Product
        | Field::Resource
        | Field::Status
        | Field::Namespace => Test::Text(
            field,
            each(values, |value| {
                plain(field, value)?;
                Ok(pattern(&value.pieces))
            })?,
        ),
    })
}

fn each<T>(
    values: &[Value],
    one: impl FnMut(&Value) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    values.iter().map(one).collect()
}

/// A span of time with the comparison that it needs.
fn span(field: Field, value: &Value) -> Result<(Op, Duration), Problem> {
    let Some(op) = value.op else {
        let example = field.example();
        return Err(Problem::new(
            value.span.clone(),
            format!("{} needs a comparison, such as {example}", field.name()),
        ));
    };
    let span = duration::read(&value.text()).ok_or_else(|| {
        Problem::new(
            value.span.clone(),
            format!(
                "{} is no span of time; write 45s, 30m, 1h30m, 2d or 1w",
                value.text()
            ),
        )
    })?;
    Ok((op, span))
}

/// Refuses a comparison where only equality makes sense.
fn plain(field: Field, value: &Value) -> Result<(), Problem> {
    match value.op {
        None => Ok(()),
        Some(op) => Err(Problem::new(
            value.span.clone(),
            format!(
                "{} cannot be compared with {}; only sev, age and ends can",
                field.name(),
                op.sign()
            ),
        )),
    }
}

/// A value out of a closed list of words.
fn known<T>(
    field: Field,
    value: &Value,
    words: impl Iterator<Item = &'static str> + Clone,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Problem> {
    let text = value.text().to_lowercase();
    if !value.has_star()
        && let Some(found) = read(&text)
    {
        return Ok(found);
    }
    let all: Vec<_> = words.clone().collect();
    let said = if text.is_empty() {
        format!("{} needs a value", field.name())
    } else {
        format!("{} knows no {text}", field.name())
    };
    Err(Problem {
        span: value.span.clone(),
        message: format!("{said}; it knows {}", all.join(", ")),
        nearest: nearest(&text, words),
    })
}

fn pattern(pieces: &[Piece]) -> Pattern {
    let mut pattern = Pattern::default();
    for piece in pieces {
        match piece {
            Piece::Star => pattern.push_star(),
            Piece::Bare(text) | Piece::Quoted(text) => pattern.push_text(text),
        }
    }
    pattern
}

/// Splits at the first bare `=`.
fn tag(value: &Value) -> Result<(Pattern, Option<Pattern>), Problem> {
    let mut key = Vec::new();
    let mut rest: Option<Vec<Piece>> = None;
    for piece in &value.pieces {
        match (piece, rest.as_mut()) {
            (Piece::Bare(text), None) if text.contains('=') => {
                let (before, after) = text.split_once('=').unwrap_or((text, ""));
                key.push(Piece::Bare(before.to_owned()));
                rest = Some(vec![Piece::Bare(after.to_owned())]);
            }
            (piece, None) => key.push(piece.clone()),
            (piece, Some(rest)) => rest.push(piece.clone()),
        }
    }
    let key = pattern(&key);
    if key == Pattern::default() {
        return Err(Problem::new(
            value.span.clone(),
            "tag needs a key, such as tag:env=prod".to_owned(),
        ));
    }
    Ok((key, rest.map(|rest| pattern(&rest))))
}

/// The name that is nearest, if one is near enough to have been meant.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&word, name), name))
        .filter(|(distance, name)| {
            *distance <= 2 && *distance < name.chars().count()
                || (word.len() >= 2 && name.starts_with(&word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}
