//! Inks: what a piece of a log line means, independent of how it is painted.

use super::level::Level;

/// What a piece of a line means. Whoever paints gives each a colour; without colours the text alone has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Ordinary text.
    Plain,
    /// Of little weight: punctuation, what is only context.
    Dim,
    /// A moment.
    Time,
    /// The name of an origin, in the colour that its group got: 0 to [`super::origin::TINTS`] - 1.
    Origin(u8),
    /// The word of a level, or what counts like one: an error code, a blocked request.
    Level(Level),
    /// The name of a field.
    Key,
    /// A text in JSON.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Word,
    /// A mark between lines, or the count of what is folded.
    Mark,
    /// What was looked for.
    Found,
    /// What the writer of the line painted in one of the sixteen colours of a terminal.
    Painted(u8),
    /// What the writer of the line made bold.
    Bold,
}

/// A piece of a line in one ink. The text is harmless: control and bidirectional characters are neutralised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it means.
    pub ink: Ink,
    /// What it says.
    pub text: String,
}

impl Piece {
    /// A piece of text that came from outside, neutralised whatever its length.
    #[must_use]
    pub fn new(ink: Ink, text: &str) -> Self {
        Self {
            ink,
            text: harmless(text),
        }
    }
}

/// The text with every hostile character neutralised, of any length: see [`crate::domain::text::clean`], which also cuts.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    harmless.extend(text.chars().map(harmless_char));
    harmless
}

/// The character, or what stands in its place.
#[must_use]
pub const fn harmless_char(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        c if crate::domain::text::is_hostile(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// The text of all pieces.
#[must_use]
pub fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}
