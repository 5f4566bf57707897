//! The terminal's current style, and the fewest bytes that change it into another.

use ratatui::style::{Color, Modifier};

use super::glyph::Look;

/// SGR code that switches an attribute on, and the one that switches it off.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Appends the shortest SGR sequence that turns `from` into `to`; nothing when they are equal.
/// `None` means that nobody knows what the terminal has, so it starts from a reset.
pub(super) fn change(from: Option<Look>, to: Look, out: &mut Vec<u8>) {
    if from == Some(to) {
        return;
    }
    // Going back to plain is three bytes, which nothing beats.
    if to == Look::PLAIN {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let mut fresh = Codes::new();
    fresh.number(0);
    fresh.differences(Look::PLAIN, to);
    let Some(from) = from else {
        fresh.write(out);
        return;
    };
    let mut step = Codes::new();
    step.differences(from, to);
    if step.len <= fresh.len {
        step.write(out);
    } else {
        fresh.write(out);
    }
}

/// The parameters of one SGR sequence, on the stack.
struct Codes {
    bytes: [u8; 128],
    len: usize,
}

impl Codes {
    fn new() -> Self {
        Self {
            bytes: [0; 128],
            len: 0,
        }
    }

    fn differences(&mut self, from: Look, to: Look) {
        let gone = from.modifier - to.modifier;
        let mut to_add = to.modifier - from.modifier;
        let mut ended = 0;
        for (modifier, _, off) in ATTRIBUTES {
            if gone.contains(modifier) && ended != off {
                self.number(off);
                ended = off;
                // 22 ends bold and dim, 25 both blinks: what shall stay must be said again.
                for (twin, _, twin_off) in ATTRIBUTES {
                    if twin_off == off && to.modifier.contains(twin) {
                        to_add |= twin;
                    }
                }
            }
        }
        for (modifier, on, _) in ATTRIBUTES {
            if to_add.contains(modifier) {
                self.number(on);
            }
        }
        if from.fg != to.fg {
            self.colour(to.fg, 30);
        }
        if from.bg != to.bg {
            self.colour(to.bg, 40);
        }
    }

    /// `base` is 30 for the foreground, 40 for the background.
    fn colour(&mut self, colour: Color, base: u8) {
        match colour {
            Color::Reset => self.number(base + 9),
            Color::Rgb(r, g, b) => {
                self.number(base + 8);
                for part in [2, r, g, b] {
                    self.number(part);
                }
            }
            Color::Indexed(n @ 16..) => {
                self.number(base + 8);
                self.number(5);
                self.number(n);
            }
            named => match palette_index(named) {
                n @ 0..8 => self.number(base + n),
                n => self.number(base + 60 + n - 8),
            },
        }
    }

    fn number(&mut self, n: u8) {
        if self.len > 0 {
            self.byte(b';');
        }
        if n >= 100 {
            self.byte(b'0' + n / 100);
        }
        if n >= 10 {
            self.byte(b'0' + n / 10 % 10);
        }
        self.byte(b'0' + n % 10);
    }

    fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&self.bytes[..self.len]);
        out.push(b'm');
    }
}

/// The place of a named colour among the terminal's first sixteen.
fn palette_index(colour: Color) -> u8 {
    match colour {
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(n) => n,
        Color::Black | Color::Reset | Color::Rgb(..) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(fg: Color, bg: Color, modifier: Modifier) -> Look {
        Look { fg, bg, modifier }
    }

    fn bytes(from: Option<Look>, to: Look) -> String {
        let mut out = Vec::new();
        change(from, to, &mut out);
        String::from_utf8(out).unwrap().replace('\u{1b}', "^")
    }

    #[test]
    fn says_only_what_changed() {
        let none = Modifier::empty();
        let red = look(Color::Red, Color::Reset, none);
        assert_eq!(bytes(Some(red), red), "");
        assert_eq!(bytes(Some(Look::PLAIN), red), "^[31m");
        assert_eq!(bytes(Some(red), Look::PLAIN), "^[m");
        assert_eq!(
            bytes(Some(red), look(Color::LightCyan, Color::Indexed(236), none)),
            "^[96;48;5;236m"
        );
        assert_eq!(
            bytes(
                Some(red),
                look(Color::Indexed(9), Color::Reset, Modifier::BOLD)
            ),
            "^[1;91m"
        );
        assert_eq!(
            bytes(Some(red), look(Color::Rgb(1, 20, 255), Color::Reset, none)),
            "^[38;2;1;20;255m"
        );
        assert_eq!(bytes(None, red), "^[0;31m");
        assert_eq!(bytes(None, Look::PLAIN), "^[m");
    }

    #[test]
    fn ending_bold_keeps_dim() {
        let both = look(Color::Red, Color::Blue, Modifier::BOLD | Modifier::DIM);
        assert_eq!(
            bytes(Some(both), look(Color::Red, Color::Blue, Modifier::DIM)),
            "^[22;2m"
        );
        assert_eq!(
            bytes(Some(both), look(Color::Red, Color::Blue, Modifier::empty())),
            "^[22m"
        );
    }

    #[test]
    fn a_reset_is_taken_when_it_is_shorter() {
        let busy = look(
            Color::Rgb(1, 2, 3),
            Color::Rgb(1, 2, 3),
            Modifier::BOLD | Modifier::UNDERLINED | Modifier::ITALIC,
        );
        assert_eq!(
            bytes(
                Some(busy),
                look(Color::Red, Color::Reset, Modifier::empty())
            ),
            "^[0;31m"
        );
    }
}
