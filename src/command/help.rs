//! The help in lines: every verb with its keys and its sentence, wrapped where the screen is narrow.

use crate::keymap::Layer;
use crate::model::{Model, area, fit};

use super::{ALL, Section};

/// How wide the help may become.
pub const WIDTH: u16 = 110;
/// Cells of the keys.
const KEYS: u16 = 20;

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The title of a section.
    Heading(&'static str),
    /// The keys of a verb, empty where its sentence goes on, and a piece of its sentence.
    Verb(String, String),
    /// Nothing.
    Gap,
}

/// Cells that the keys take where the inside of the help is this wide.
#[must_use]
pub const fn keys_width(inside: u16) -> u16 {
    if inside / 3 < KEYS { inside / 3 } else { KEYS }
}

/// Every line, for a help whose inside is this wide.
#[must_use]
pub fn lines(model: &Model, inside: u16) -> Vec<Line> {
    let room = usize::from(inside.saturating_sub(keys_width(inside) + 1));
    let mut lines = Vec::new();
    for section in Section::ALL {
        if !lines.is_empty() {
            lines.push(Line::Gap);
        }
        lines.push(Line::Heading(section.title()));
        for command in ALL.iter().filter(|c| c.section == *section) {
            let mut keys = keys(model, command.name, command.title);
            for text in fit::wrap(command.help, room) {
                lines.push(Line::Verb(std::mem::take(&mut keys), text.to_owned()));
            }
        }
    }
    lines
}

/// The lines of the help as this model shows it, and how many of them are seen at once.
#[must_use]
pub fn extent(model: &Model) -> (usize, usize) {
    let (width, height) = model.size;
    let room = area::below_header(width, height);
    let inside = area::in_frame(room.centred(WIDTH, room.height));
    (lines(model, inside.width).len(), usize::from(inside.height))
}

/// What to press, or what to say in the palette where there is no key.
fn keys(model: &Model, name: &str, title: &str) -> String {
    let chords = model.chords(&[Layer::List, Layer::Global], name);
    match chords.as_slice() {
        [] => format!(":{title}"),
        // The numbers of the panes.
        [first, .., last] if chords.len() > 4 => format!("{first} to {last}"),
        _ => chords.join("  "),
    }
}
