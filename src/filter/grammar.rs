//! The shape of a filter: terms, fields, operators, values and quotes, each with its place in the text.
//!
//! ```text
//! filter = term *( space term )
//! term   = [ "-" ] ( field ":" value *( "," value ) | word )
//! value  = [ ">=" | "<=" | ">" | "<" ] 1*piece        piece = bare | star | quoted
//! word   = 1*piece                                    a star in a word is an ordinary character
//! quoted = '"' *( any | "\" any ) '"'                 a quote that is never closed is a problem
//! ```
//!
//! What the words mean is decided in `resolve`.

use std::ops::Range;

use winnow::LocatingSlice;
use winnow::combinator::{alt, opt, preceded, repeat, separated, terminated};
use winnow::prelude::*;
use winnow::token::{any, one_of, take_while};

type Input<'a> = LocatingSlice<&'a str>;

/// A piece of a value or word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Characters as they stand.
    Bare(String),
    /// A `*` outside quotes.
    Star,
    /// What stood between quotes, with `\"` and `\\` undone.
    Quoted(String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Over,
    /// `<`
    Under,
}

impl Op {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Over => ">",
            Self::Under => "<",
        }
    }

    /// Whether `a` stands in this relation to `b`.
    pub(super) fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::AtLeast => a >= b,
            Self::AtMost => a <= b,
            Self::Over => a > b,
            Self::Under => a < b,
        }
    }
}

/// One of the alternatives behind a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub op: Option<Op>,
    pub pieces: Vec<Piece>,
    /// Where it stands, operator included.
    pub span: Range<usize>,
}

impl Value {
    /// Its text as it was meant, without quotes.
    pub fn text(&self) -> String {
        text(&self.pieces)
    }

    pub fn has_star(&self) -> bool {
        self.pieces.contains(&Piece::Star)
    }
}

/// The text of pieces, without quotes.
pub(super) fn text(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Bare(text) | Piece::Quoted(text) => text.as_str(),
            Piece::Star => "*",
        })
        .collect()
}

/// What a term says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// `field:value,value`
    Field {
        name: String,
        name_span: Range<usize>,
        values: Vec<Value>,
    },
    /// A word.
    Word(Vec<Piece>),
}

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub negated: bool,
    pub said: Said,
    /// Where it stands, the minus included.
    pub span: Range<usize>,
}

/// Reads a text; on failure, where it stopped making sense (always at a quote that is never closed).
pub(super) fn read(text: &str) -> Result<Vec<Term>, usize> {
    terms
        .parse(LocatingSlice::new(text))
        .map_err(|e| e.offset())
}

fn terms(input: &mut Input<'_>) -> ModalResult<Vec<Term>> {
    let blank = |input: &mut Input<'_>| {
        take_while(0.., char::is_whitespace)
            .void()
            .parse_next(input)
    };
    preceded(blank, repeat(0.., terminated(term, blank))).parse_next(input)
}

fn term(input: &mut Input<'_>) -> ModalResult<Term> {
    // A minus negates only what follows it directly; alone it is a word.
    let negation = opt(terminated(
        '-',
        winnow::combinator::peek(any.verify(|c: &char| !c.is_whitespace())),
    ))
    .map(|minus| minus.is_some());
    let said = alt((field, word.map(Said::Word)));
    (negation, said)
        .with_span()
        .map(|((negated, said), span)| Term {
            negated,
            said,
            span,
        })
        .parse_next(input)
}

fn field(input: &mut Input<'_>) -> ModalResult<Said> {
    let name = take_while(1.., |c: char| c.is_alphanumeric() || matches!(c, '_' | '-')).with_span();
    let ((name, name_span), values) =
        (terminated(name, ':'), separated(1.., value, ',')).parse_next(input)?;
    Ok(Said::Field {
        name: name.to_owned(),
        name_span,
        values,
    })
}

fn value(input: &mut Input<'_>) -> ModalResult<Value> {
    let op = opt(alt((
        ">=".value(Op::AtLeast),
        "<=".value(Op::AtMost),
        '>'.value(Op::Over),
        '<'.value(Op::Under),
    )));
    let bare = take_while(1.., |c: char| {
        !c.is_whitespace() && !matches!(c, '"' | ',' | '*')
    })
    .map(|s: &str| Piece::Bare(s.to_owned()));
    let piece = alt((quoted, '*'.value(Piece::Star), bare));
    (op, repeat(0.., piece))
        .with_span()
        .map(|((op, pieces), span)| Value { op, pieces, span })
        .parse_next(input)
}

fn word(input: &mut Input<'_>) -> ModalResult<Vec<Piece>> {
    let bare = take_while(1.., |c: char| !c.is_whitespace() && c != '"')
        .map(|s: &str| Piece::Bare(s.to_owned()));
    repeat(1.., alt((quoted, bare))).parse_next(input)
}

fn quoted(input: &mut Input<'_>) -> ModalResult<Piece> {
    let character = alt((
        preceded('\\', one_of(['"', '\\'])),
        any.verify(|c: &char| *c != '"'),
    ));
    winnow::combinator::delimited('"', repeat(0.., character), '"')
        .map(Piece::Quoted)
        .parse_next(input)
}
