//! A screen put on paper: its text, and its looks as one letter per style. Other tests may include this file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// The screen as text.
pub fn text(buffer: &Buffer) -> String {
    noctop::view::picture::text(buffer)
}

fn style(cell: &Cell) -> String {
    let mut words = Vec::new();
    for (name, colour) in [("", cell.fg), ("on ", cell.bg)] {
        if colour != Color::Reset {
            words.push(format!("{name}{colour}").to_lowercase());
        }
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

/// The looks of a screen: one letter for each style, `.` for the terminal's own, and what the letters mean.
pub fn looks(buffer: &Buffer) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut free = ('a'..='z').chain('A'..='Z');
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let style = style(&buffer[(x, y)]);
            line.push(if style.is_empty() {
                '.'
            } else {
                *letters.entry(style).or_insert_with(|| free.next().unwrap())
            });
        }
        text.push_str(line.trim_end_matches('.'));
        text.push('\n');
    }
    let mut legend: Vec<_> = letters.into_iter().map(|(style, c)| (c, style)).collect();
    legend.sort_unstable();
    for (letter, style) in legend {
        let _ = writeln!(text, "{letter} = {style}");
    }
    text
}
