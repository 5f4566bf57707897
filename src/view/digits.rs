//! Figures that are read from five metres: letters of blocks, as large as the room allows.

use crate::model::Area;
use crate::theme::Role;

use super::paint::Paint;

/// Dots of a letter across and down.
const ACROSS: u16 = 3;
const DOWN: u16 = 5;

/// The dots of a letter, row by row; what is not here is left blank.
const fn dots(letter: char) -> [u8; 5] {
    match letter {
        '0' => [0b111, 0b101, 0b101, 0b101, 0b111],
        '1' => [0b010, 0b110, 0b010, 0b010, 0b111],
        '2' => [0b111, 0b001, 0b111, 0b100, 0b111],
        '3' => [0b111, 0b001, 0b111, 0b001, 0b111],
        '4' => [0b101, 0b101, 0b111, 0b001, 0b001],
        '5' => [0b111, 0b100, 0b111, 0b001, 0b111],
        '6' => [0b111, 0b100, 0b111, 0b101, 0b111],
        '7' => [0b111, 0b001, 0b001, 0b001, 0b001],
        '8' => [0b111, 0b101, 0b111, 0b101, 0b111],
        '9' => [0b111, 0b101, 0b111, 0b001, 0b111],
        '≥' => [0b100, 0b011, 0b100, 0b000, 0b111],
        'd' => [0b001, 0b001, 0b111, 0b101, 0b111],
        'h' => [0b100, 0b100, 0b111, 0b101, 0b101],
        'm' => [0b000, 0b000, 0b110, 0b111, 0b101],
        's' => [0b000, 0b011, 0b010, 0b001, 0b110],
        'w' => [0b000, 0b000, 0b101, 0b111, 0b011],
        '?' => [0b111, 0b001, 0b011, 0b000, 0b010],
        '-' => [0b000, 0b000, 0b111, 0b000, 0b000],
        _ => [0; 5],
    }
}

/// How many cells wide and high one dot is, so that `letters` letters fit; none where they do not.
fn dot(letters: u16, room: Area) -> Option<(u16, u16)> {
    let dots_across = letters.saturating_mul(ACROSS + 1) - 1;
    let tallest = room.height / DOWN;
    (1..=tallest)
        .rev()
        .flat_map(|high| [(2 * high, high), (high, high)])
        .find(|(wide, _)| dots_across.saturating_mul(*wide) <= room.width)
}

/// Draws a text as large as one of at least `letters` letters fits into the place, so that neighbours are alike; returns
/// its height. Where not even the smallest letters of blocks fit it is ordinary text.
pub(super) fn draw(
    paint: &mut Paint<'_>,
    place: Area,
    text: &str,
    role: Role,
    letters: usize,
) -> u16 {
    let letters = text.chars().count().max(letters).max(1);
    let letters = u16::try_from(letters).unwrap_or(u16::MAX / 8);
    let Some((wide, high)) = dot(letters, place) else {
        paint.text(place.x, place.y, text, role, place.width);
        return 1;
    };
    let mut x = place.x;
    let block = if paint.is_ascii() { "#" } else { "█" };
    for letter in text.chars() {
        for (row, bits) in (0u16..).zip(dots(letter)) {
            for column in (0..ACROSS).filter(|column| bits & (0b100 >> column) != 0) {
                for y in 0..high {
                    let cell = (x + column * wide, place.y + row * high + y);
                    paint.text(cell.0, cell.1, &block.repeat(usize::from(wide)), role, wide);
                }
            }
        }
        x += (ACROSS + 1) * wide;
    }
    DOWN * high
}
