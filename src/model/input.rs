//! A line of input: text and a cursor that moves by grapheme.

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::text;

use super::fit;

/// The most bytes that an input line takes; longer pastes are cut.
const INPUT_MAX: usize = 2048;

/// Text being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputLine {
    text: String,
    /// Byte offset, always on a grapheme boundary.
    cursor: usize,
}

impl InputLine {
    /// A line that holds `text`, with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text::clean(text).into_owned();
        Self {
            cursor: text.len(),
            text,
        }
    }

    /// What has been typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor's byte offset.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The cursor's column in cells from the beginning of the line.
    #[must_use]
    pub fn column(&self) -> usize {
        fit::width(&self.text[..self.cursor])
    }

    /// Inserts text at the cursor, neutralised.
    pub fn insert(&mut self, typed: &str) {
        let typed = text::clean(typed);
        if self.text.len() + typed.len() <= INPUT_MAX {
            self.text.insert_str(self.cursor, &typed);
            self.cursor += typed.len();
        }
    }

    /// Replaces everything.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Removes the grapheme before the cursor.
    pub fn backspace(&mut self) {
        let from = self.before();
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// Removes the grapheme under the cursor.
    pub fn delete(&mut self) {
        let to = self.after();
        self.text.replace_range(self.cursor..to, "");
    }

    /// Removes the word before the cursor.
    pub fn delete_word(&mut self) {
        let kept = self.text[..self.cursor].trim_end();
        let from = kept.rfind(' ').map_or(0, |at| at + 1);
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    /// Removes everything before the cursor.
    pub fn delete_before(&mut self) {
        self.text.replace_range(..self.cursor, "");
        self.cursor = 0;
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.cursor = self.before();
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.cursor = self.after();
    }

    /// To the beginning.
    pub const fn home(&mut self) {
        self.cursor = 0;
    }

    /// To the end.
    pub const fn end(&mut self) {
        self.cursor = self.text.len();
    }

    fn before(&self) -> usize {
        self.text[..self.cursor]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..]
            .graphemes(true)
            .next()
            .map_or(self.cursor, |g| self.cursor + g.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn editing_moves_by_what_the_eye_sees() {
        let mut line = InputLine::new("e\u{301}東x");
        line.backspace();
        line.backspace();
        assert_eq!(line.text(), "e\u{301}");
        assert_eq!(line.column(), 1);
        line.left();
        assert_eq!(line.cursor(), 0);
        line.delete();
        assert_eq!(line.text(), "");
    }

    #[test]
    fn words_go_one_at_a_time() {
        let mut line = InputLine::new("sev:high acct:prod ");
        line.delete_word();
        assert_eq!(line.text(), "sev:high ");
        line.delete_before();
        assert_eq!(line.text(), "");
    }

    #[test]
    fn pasted_control_characters_stay_outside() {
        let mut line = InputLine::default();
        line.insert("a\nb\u{1b}[A");
        assert_eq!(line.text(), "a b\u{fffd}[A");
    }

    proptest! {
        #[test]
        fn no_edit_ever_leaves_a_boundary(edits in prop::collection::vec((0..8, "\\PC{0,3}"), 0..40)) {
            let mut line = InputLine::default();
            for (edit, typed) in edits {
                match edit {
                    0 => line.left(), 1 => line.right(), 2 => line.backspace(), 3 => line.delete(),
                    4 => line.delete_word(), 5 => line.home(), 6 => line.delete_before(), _ => line.insert(&typed),
                }
                prop_assert!(line.text().is_char_boundary(line.cursor()));
            }
        }
    }
}
