//! One cell as the terminal will show it: a cleaned grapheme, its width and its visible style.
//!
//! The encoder compares and emits [`Glyph`]s, never ratatui's cells: two cells that look the same are the same
//! glyph, so that a blank whose invisible foreground changed costs no byte. This is also the last place where
//! a control character can be stopped.

use std::fmt;

use ratatui::buffer::{Cell, CellDiffOption, CellWidth};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthChar;

use crate::domain::text::is_hostile;

/// What stands in for a control character: plain ASCII, because U+FFFD itself has no agreed width.
const STAND_IN: &str = "?";

/// The most bytes of one grapheme that reach the terminal. The longest emoji families need about 45; beyond
/// this it is a pile of combining marks that draws over its neighbours, and only its first character is shown.
const GRAPHEME_MAX: usize = 64;

/// Attributes that show on a blank cell; the others are dropped from blanks before comparing.
const VISIBLE_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// A style reduced to what a terminal can be told with SGR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) modifier: Modifier,
}

impl Look {
    /// The terminal's own colours, no attribute.
    pub(super) const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };
}

/// A cell of the screen.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Glyph {
    symbol: Symbol,
    /// How it is drawn.
    pub(super) look: Look,
    /// The link that it is part of, as [`super::link::Links`] numbers them; 0 for none.
    pub(super) link: u32,
    /// Columns it takes; 0 for the columns covered by a wide glyph to the left.
    pub(super) width: u8,
}

/// Up to 14 bytes inline: every single character and most clusters, without an allocation per cell.
#[derive(Clone, PartialEq, Eq)]
enum Symbol {
    Short { len: u8, bytes: [u8; 14] },
    Long(Box<str>),
}

impl fmt::Debug for Glyph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}w{}{:?}", self.symbol(), self.width, self.look)
    }
}

impl Glyph {
    /// A blank in the terminal's own colours: what erasing leaves behind.
    pub(super) const BLANK: Self = Self {
        symbol: Symbol::Short {
            len: 1,
            bytes: [b' ', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        },
        look: Look::PLAIN,
        link: 0,
        width: 1,
    };

    /// What nobody knows: equal to nothing that a frame can contain, so it is always drawn over.
    pub(super) const UNKNOWN: Self = Self {
        symbol: Symbol::Short {
            len: 0,
            bytes: [0; 14],
        },
        look: Look::PLAIN,
        link: 0,
        width: u8::MAX,
    };

    /// The column `offset` columns into a wide glyph.
    fn covered(look: Look) -> Self {
        Self {
            symbol: Symbol::Short {
                len: 0,
                bytes: [0; 14],
            },
            look,
            link: 0,
            width: 0,
        }
    }

    /// A single byte that is no control character.
    const fn ascii(byte: u8, look: Look) -> Self {
        let mut bytes = [0; 14];
        bytes[0] = byte;
        Self {
            symbol: Symbol::Short { len: 1, bytes },
            look,
            link: 0,
            width: 1,
        }
    }

    fn new(symbol: &str, look: Look, width: u8) -> Self {
        let symbol = if symbol.len() <= 14 {
            let mut bytes = [0; 14];
            bytes[..symbol.len()].copy_from_slice(symbol.as_bytes());
            Symbol::Short {
                len: u8::try_from(symbol.len()).unwrap_or(0),
                bytes,
            }
        } else {
            Symbol::Long(symbol.into())
        };
        Self {
            symbol,
            look,
            link: 0,
            width,
        }
    }

    /// The bytes to print.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.symbol {
            Symbol::Short { len, bytes } => &bytes[..usize::from(*len)],
            Symbol::Long(text) => text.as_bytes(),
        }
    }

    /// The text to print.
    pub(super) fn symbol(&self) -> &str {
        // Built from a &str, so it is always whole UTF-8.
        std::str::from_utf8(self.bytes()).unwrap_or(STAND_IN)
    }

    /// Whether it is one character of ASCII, as nearly all are: no control character becomes a glyph.
    const fn is_ascii(&self) -> bool {
        matches!(self.symbol, Symbol::Short { len: 1, .. })
    }

    /// Whether it is an empty cell in the terminal's own background: what erasing can produce.
    pub(super) fn is_erasable(&self) -> bool {
        *self == Self::BLANK
    }

    /// Whether it prints a space, in whatever background.
    pub(super) fn is_blank(&self) -> bool {
        matches!(&self.symbol, Symbol::Short { len: 1, bytes } if bytes[0] == b' ')
    }

    /// Whether every terminal agrees how far this moves the cursor.
    ///
    /// Emoji, joined clusters, private use and recent characters are measured differently by different
    /// terminals and multiplexers; after one of them the cursor is placed absolutely.
    pub(super) fn is_width_agreed(&self) -> bool {
        if self.is_ascii() {
            return self.width == 1;
        }
        let mut chars = self.symbol().chars();
        let (Some(c), None) = (chars.next(), chars.next()) else {
            return false;
        };
        match self.width {
            1 => matches!(c,
                ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{58f}'
                | '\u{1e00}'..='\u{1fff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{2070}'..='\u{20cf}'
                | '\u{2100}'..='\u{23ff}' | '\u{2500}'..='\u{25ff}' | '\u{2713}' | '\u{2717}' | '\u{27c0}'..='\u{28ff}'
                | '\u{ff61}'..='\u{ff9d}'),
            2 => matches!(c,
                '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{309b}'..='\u{a4cf}'
                | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
                | '\u{20000}'..='\u{3fffd}'),
            _ => false,
        }
    }
}

impl Glyph {
    /// The most columns any terminal may take for it: one that knows no joining draws every part by itself.
    pub(super) fn widest(&self) -> usize {
        let agreed = usize::from(self.width);
        if self.width == u8::MAX || self.width == 0 || self.is_width_agreed() {
            return if self.width == u8::MAX { 0 } else { agreed };
        }
        let apart: usize = self
            .symbol()
            .chars()
            .map(|c| {
                c.width()
                    .unwrap_or(0)
                    .max(usize::from(is_emoji_part(c)) * 2)
            })
            .sum();
        apart.max(agreed + 1)
    }
}

/// Regional indicators, skin tones and the emoji selector widen what they belong to, or stand alone.
fn is_emoji_part(c: char) -> bool {
    matches!(c, '\u{fe0f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Whether colours are emitted at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// The frame's colours as they are; the theme has already reduced them to what the terminal has.
    #[default]
    Colours,
    /// `NO_COLOR`: bold, dim, italic, underline and reverse only.
    Attributes,
}

/// Turns one row of a frame into glyphs, `row.len()` of them.
///
/// A wide grapheme owns the columns it covers, whatever the frame holds there; one that does not fit before
/// the right edge becomes blanks, because a terminal would wrap it.
pub(super) fn canonical_row(row: &[Cell], ink: Ink, out: &mut Vec<Glyph>) {
    out.clear();
    let mut x = 0;
    while x < row.len() {
        let cell = &row[x];
        let glyph = canonical(cell, ink);
        let width = usize::from(glyph.width);
        if x + width > row.len() {
            out.resize(row.len(), Glyph::new(" ", blank_look(glyph.look), 1));
            break;
        }
        let look = glyph.look;
        out.push(glyph);
        for _ in 1..width {
            out.push(Glyph::covered(look));
        }
        x += width;
    }
}

fn canonical(cell: &Cell, ink: Ink) -> Glyph {
    let (fg, bg) = match ink {
        Ink::Colours => (cell.fg, cell.bg),
        Ink::Attributes => (Color::Reset, Color::Reset),
    };
    let look = Look {
        fg,
        bg,
        modifier: cell.modifier,
    };
    let text = cell.symbol();
    if matches!(cell.diff_option, CellDiffOption::Skip) && text.is_empty() {
        return Glyph::ascii(b' ', blank_look(look));
    }
    let single = |text: &str| Glyph::new(text, look, 1);
    if let [byte] = text.as_bytes() {
        return match byte {
            b' ' => Glyph::ascii(b' ', blank_look(look)),
            byte if byte.is_ascii_control() => single(STAND_IN),
            byte => Glyph::ascii(*byte, look),
        };
    }
    if text.chars().any(is_hostile) && !is_flag(text) {
        return single(STAND_IN);
    }
    let text = if text.len() > GRAPHEME_MAX {
        &text[..text.chars().next().map_or(0, char::len_utf8)]
    } else {
        text
    };
    match u8::try_from(text.cell_width()).unwrap_or(u8::MAX) {
        // Nothing to see and nowhere to put it: combining marks without a base, joiners, soft hyphens.
        0 => Glyph::new(" ", blank_look(look), 1),
        // Widths beyond two are several graphemes in one cell; they still own their columns.
        u8::MAX => single(STAND_IN),
        width => Glyph::new(text, look, width),
    }
}

/// Tag characters are hostile except after a black flag, where they spell a region (🏴󠁧󠁢󠁳󠁣󠁴󠁿).
fn is_flag(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('\u{1f3f4}') && chars.all(|c| matches!(c, '\u{e0020}'..='\u{e007f}'))
}

/// What can be seen of a style on a blank.
fn blank_look(look: Look) -> Look {
    let modifier = look.modifier & VISIBLE_ON_BLANK;
    // Lines are drawn, and reversed cells filled, in the foreground; bold and dim may tint them.
    let (fg, modifier) = if modifier.is_empty() {
        (Color::Reset, modifier)
    } else {
        (
            look.fg,
            modifier | look.modifier & (Modifier::BOLD | Modifier::DIM),
        )
    };
    Look {
        fg,
        bg: look.bg,
        modifier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn row(cells: &[&str]) -> Vec<Glyph> {
        let cells: Vec<Cell> = cells
            .iter()
            .map(|s| {
                let mut cell = Cell::default();
                cell.set_symbol(s);
                cell
            })
            .collect();
        let mut out = Vec::new();
        canonical_row(&cells, Ink::Colours, &mut out);
        assert_eq!(out.len(), cells.len());
        out
    }

    fn text(row: &[Glyph]) -> String {
        row.iter().map(Glyph::symbol).collect()
    }

    #[test]
    fn no_control_character_survives() {
        for bad in [
            "\u{1b}",
            "\u{7}",
            "\u{9b}",
            "\u{202e}",
            "a\u{1b}[2J",
            "e\u{301}\u{200e}",
            "\u{7f}",
            "\u{e0041}",
            "\r\n",
        ] {
            let row = row(&[bad, "b"]);
            assert_eq!(text(&row), "?b", "{bad:?}");
        }
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert_eq!(text(&row(&[scotland, " "])), scotland);
    }

    #[test]
    fn a_wide_grapheme_owns_its_columns_and_never_crosses_the_edge() {
        assert_eq!(text(&row(&["東", "x", "y"])), "東y");
        assert_eq!(text(&row(&["a", "東"])), "a ");
        assert_eq!(text(&row(&["東"])), " ");
    }

    #[test]
    fn marks_without_a_base_and_towers_of_marks_stay_in_their_cell() {
        assert_eq!(text(&row(&["\u{301}", "", "\u{200d}"])), "   ");
        assert_eq!(text(&row(&[&format!("e{}", "\u{301}".repeat(200))])), "e");
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        let styled = |style: Style| {
            let mut cell = Cell::default();
            cell.set_style(style);
            canonical(&cell, Ink::Colours)
        };
        assert_eq!(styled(Style::new().fg(Color::Red).bold()), Glyph::BLANK);
        assert_ne!(styled(Style::new().bg(Color::Red)), Glyph::BLANK);
        assert_ne!(
            styled(Style::new().fg(Color::Red).reversed()),
            styled(Style::new().reversed())
        );
        assert_ne!(Glyph::UNKNOWN, Glyph::BLANK);
        assert_ne!(Glyph::UNKNOWN, Glyph::covered(Look::PLAIN));
    }

    #[test]
    fn only_settled_characters_move_the_cursor_by_trust() {
        for agreed in ["a", "é", "─", "●", "▲", "…", "東", "한", "×", "█", "⣿"] {
            assert!(row(&[agreed, " "])[0].is_width_agreed(), "{agreed}");
        }
        for open in [
            "👩‍👩‍👧",
            "⚠\u{fe0f}",
            "e\u{301}",
            "🇩🇪",
            "🚀",
            "\u{e0b0}",
            "⚠",
            "\u{fffd}",
        ] {
            assert!(!row(&[open, " "])[0].is_width_agreed(), "{open}");
        }
    }
}
