//! Colours and styles as plain data; the view turns them into what its library wants.

use std::fmt;
use std::str::FromStr;

/// A colour as a theme file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// The terminal's own default for this place, whatever that is.
    Default,
    /// One of the terminal's own sixteen, 0 to 15: the operator chose what they look like.
    Ansi(u8),
    /// One of the 256 of xterm's table.
    Indexed(u8),
    /// Exactly this.
    Rgb(u8, u8, u8),
}

/// The names of the sixteen, in their order.
pub const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

impl FromStr for Colour {
    type Err = ();

    /// Reads `default`, a name of the sixteen, `#rrggbb`, `#rgb`.
    fn from_str(s: &str) -> Result<Self, ()> {
        if s == "default" {
            return Ok(Self::Default);
        }
        if let Some(hex) = s.strip_prefix('#') {
            if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(());
            }
            let part = |from: usize, len: usize| {
                u8::from_str_radix(hex.get(from..from + len).unwrap_or(""), 16).map_err(|_| ())
            };
            return match hex.len() {
                6 => Ok(Self::Rgb(part(0, 2)?, part(2, 2)?, part(4, 2)?)),
                3 => Ok(Self::Rgb(
                    part(0, 1)? * 17,
                    part(1, 1)? * 17,
                    part(2, 1)? * 17,
                )),
                _ => Err(()),
            };
        }
        ANSI_NAMES
            .iter()
            .zip(0..)
            .find_map(|(name, index)| (*name == s).then_some(Self::Ansi(index)))
            .ok_or(())
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::Ansi(index) => f.pad(ANSI_NAMES[usize::from(index & 15)]),
            Self::Indexed(index) => write!(f, "{index}"),
            Self::Rgb(r, g, b) => write!(f, "#{r:02x}{g:02x}{b:02x}"),
        }
    }
}

/// How a role is painted. What is `None` or `false` leaves as it is what was painted underneath.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Style {
    /// The colour of the letters.
    pub fg: Option<Colour>,
    /// The colour behind them.
    pub bg: Option<Colour>,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Letters and ground exchanged.
    pub reverse: bool,
}

impl Style {
    /// This style painted over `under`.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        Self {
            fg: self.fg.or(under.fg),
            bg: self.bg.or(under.bg),
            bold: self.bold || under.bold,
            dim: self.dim || under.dim,
            italic: self.italic || under.italic,
            underline: self.underline || under.underline,
            reverse: self.reverse || under.reverse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_colours_of_theme_files() {
        assert_eq!("bright-red".parse(), Ok(Colour::Ansi(9)));
        assert_eq!("#1a1b26".parse(), Ok(Colour::Rgb(0x1a, 0x1b, 0x26)));
        assert_eq!("#fa0".parse(), Ok(Colour::Rgb(255, 170, 0)));
        assert_eq!("default".parse(), Ok(Colour::Default));
        for wrong in ["", "#", "#12", "#gggggg", "#+1+1+1", "rot", "#12345é"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_exact_colour_survives_being_written(r: u8, g: u8, b: u8) {
            let colour = Colour::Rgb(r, g, b);
            prop_assert_eq!(colour.to_string().parse(), Ok(colour));
        }
    }
}
