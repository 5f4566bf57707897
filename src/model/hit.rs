//! What a click on a place of the screen is meant for.

use crate::keymap::Chord;

use super::Area;

/// Something that can be clicked, as it was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A command by its name, with its argument: key hints, and counts in the header.
    Command(&'static str, &'static str),
    /// The same as this key: the answers that an overlay names.
    Key(Chord),
    /// This entry of a palette or choice, counted as it is listed.
    Entry(usize),
    /// This field of a form.
    Field(usize),
    /// This value of a field that offers some.
    Offer(usize, usize),
    /// The overlay, where nothing of it is to be clicked.
    Overlay,
}

/// What lies at this place: of what was drawn there, the last.
#[must_use]
pub fn at(hits: &[(Area, Hit)], x: u16, y: u16) -> Option<&Hit> {
    let mut over = hits.iter().rev();
    over.find(|(area, _)| area.contains(x, y))
        .map(|(_, hit)| hit)
}
