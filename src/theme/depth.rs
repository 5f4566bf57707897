//! How many colours the terminal shows, and the nearest colour among those it has.

use super::style::{Colour, Style};

/// How many colours can be shown. Ordered: more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour at all: only bold, dim, underline, italic and reverse.
    None,
    /// The terminal's own sixteen.
    Ansi16,
    /// xterm's table of 256.
    Ansi256,
    /// Any colour.
    True,
}

impl Depth {
    /// Every depth, the deepest first.
    pub const ALL: &'static [Self] = &[Self::True, Self::Ansi256, Self::Ansi16, Self::None];

    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::True => "true",
        }
    }

    /// The depth of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|d| d.word() == word)
    }

    /// What the environment says about the terminal. The terminal itself is not asked.
    #[must_use]
    pub fn detect(env: &ColourEnv<'_>) -> Self {
        let given = |value: Option<&str>| value.is_some_and(|v| !v.is_empty());
        let term = env.term.unwrap_or("");
        if given(env.no_color) || term == "dumb" || term.starts_with("vt") || term.ends_with("-m") {
            return Self::None;
        }
        // GNU screen passes COLORTERM on from the terminal it was started in, but not the colours.
        let in_screen = term.starts_with("screen") && !given(env.tmux);
        let exact = matches!(env.colorterm, Some("truecolor" | "24bit"));
        if exact && !in_screen {
            return Self::True;
        }
        let known = [
            "xterm-kitty",
            "alacritty",
            "foot",
            "wezterm",
            "xterm-ghostty",
            "ghostty",
            "contour",
        ];
        if term.ends_with("-direct") || known.contains(&term) {
            Self::True
        } else if term.contains("256") || exact {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

/// The environment variables that speak of colour.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColourEnv<'a> {
    /// `NO_COLOR`: anything but empty means none, see <https://no-color.org>.
    pub no_color: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `TMUX`.
    pub tmux: Option<&'a str>,
}

impl Colour {
    /// The nearest colour that `depth` can show; `None` where it shows none.
    #[must_use]
    pub fn at(self, depth: Depth) -> Option<Self> {
        match (self, depth) {
            (_, Depth::None) => None,
            (Self::Rgb(r, g, b), Depth::Ansi256) => Some(nearest_256((r, g, b))),
            (Self::Rgb(r, g, b), Depth::Ansi16) => Some(nearest_16((r, g, b))),
            (Self::Indexed(index), Depth::Ansi16) => Some(if index < 16 {
                Self::Ansi(index)
            } else {
                nearest_16(xterm(index))
            }),
            (colour, _) => Some(colour),
        }
    }

    /// What the colour looks like, as far as that is known: the sixteen as xterm paints them.
    #[must_use]
    pub fn rgb(self) -> Option<(u8, u8, u8)> {
        match self {
            Self::Default => None,
            Self::Ansi(index) => Some(xterm(index & 15)),
            Self::Indexed(index) => Some(xterm(index)),
            Self::Rgb(r, g, b) => Some((r, g, b)),
        }
    }
}

impl Style {
    /// The nearest style that `depth` can show. Letters and ground that would fall on the same colour are torn apart.
    #[must_use]
    pub fn at(self, depth: Depth) -> Self {
        let mut style = Self {
            fg: self.fg.and_then(|c| c.at(depth)),
            bg: self.bg.and_then(|c| c.at(depth)),
            ..self
        };
        if let (Some(fg), Some(bg)) = (style.fg, style.bg)
            && fg == bg
            && self.fg != self.bg
        {
            let light = bg.rgb().is_some_and(|rgb| oklab(rgb).0 > 0.6);
            style.fg = Some(Colour::Ansi(if light { 0 } else { 15 }));
        }
        style
    }

    /// Whether any colour is part of it.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        [self.fg, self.bg]
            .into_iter()
            .flatten()
            .any(|c| c != Colour::Default)
    }
}

/// xterm's own sixteen, then its cube of 6 × 6 × 6, then its ramp of 24 greys.
fn xterm(index: u8) -> (u8, u8, u8) {
    const SIXTEEN: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..16 => SIXTEEN[usize::from(index)],
        16..232 => {
            let cube = usize::from(index - 16);
            (STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

/// The nearest of the cube and the ramp; the sixteen are left out because nobody knows what they look like.
fn nearest_256(rgb: (u8, u8, u8)) -> Colour {
    Colour::Indexed(nearest(16..=255, rgb))
}

/// The nearest of the sixteen. Greys go by lightness alone and hues mostly by hue: a pale violet is meant to be
/// told from text by its hue, so it must not become a light grey although that is nearer.
fn nearest_16(rgb: (u8, u8, u8)) -> Colour {
    const GREYS: [u8; 4] = [0, 8, 7, 15];
    // Below this chroma an eye sees grey with a tint, as in the grounds of most themes.
    const GREY: f64 = 0.045;
    let (lightness, a, b) = oklab(rgb);
    let chroma = a.hypot(b);
    let is_grey = chroma < GREY;
    let distance = |index: u8| {
        let (l, ca, cb) = oklab(xterm(index));
        let across = lightness - l;
        if is_grey {
            return across * across;
        }
        let c = ca.hypot(cb);
        let (da, db) = (a / chroma - ca / c, b / chroma - cb / c);
        da * da + db * db + across * across
    };
    let index = (0..16)
        .filter(|index| GREYS.contains(index) == is_grey)
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    Colour::Ansi(index.unwrap_or(7))
}

fn nearest(candidates: std::ops::RangeInclusive<u8>, rgb: (u8, u8, u8)) -> u8 {
    let wanted = oklab(rgb);
    let distance = |index: u8| {
        let have = oklab(xterm(index));
        let (l, a, b) = (wanted.0 - have.0, wanted.1 - have.1, wanted.2 - have.2);
        l * l + a * a + b * b
    };
    candidates
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
        .unwrap_or(0)
}

/// Lightness and two opponent axes in which equal distances look about equally different (Ottosson 2020).
pub(super) fn oklab((r, g, b): (u8, u8, u8)) -> (f64, f64, f64) {
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    (
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    )
}

/// One channel of sRGB as an amount of light, 0 to 1.
pub(super) fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.040_45 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

/// On what the terminal writes, as it answered when it was asked for its background colour (OSC 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// White letters can be read on it better than black ones.
    Dark,
    /// Black letters can.
    Light,
}

impl Ground {
    /// What a background of this colour is.
    #[must_use]
    pub fn of(colour: (u8, u8, u8)) -> Self {
        if contrast(colour, (0, 0, 0)) > contrast(colour, (255, 255, 255)) {
            Self::Light
        } else {
            Self::Dark
        }
    }
}

/// The contrast between two colours as WCAG 2 defines it: 1 (none) to 21 (black on white).
#[must_use]
pub fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let luminance =
        |(r, g, b): (u8, u8, u8)| 0.212_6 * linear(r) + 0.715_2 * linear(g) + 0.072_2 * linear(b);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(term: &str, colorterm: &str) -> Depth {
        Depth::detect(&ColourEnv {
            term: Some(term),
            colorterm: Some(colorterm),
            ..ColourEnv::default()
        })
    }

    #[test]
    fn the_environment_decides_the_depth() {
        assert_eq!(depth("xterm-256color", "truecolor"), Depth::True);
        assert_eq!(depth("xterm-256color", ""), Depth::Ansi256);
        assert_eq!(depth("xterm-kitty", ""), Depth::True);
        assert_eq!(depth("xterm", ""), Depth::Ansi16);
        assert_eq!(depth("linux", ""), Depth::Ansi16);
        assert_eq!(depth("vt220", "truecolor"), Depth::None);
        assert_eq!(depth("dumb", "truecolor"), Depth::None);
        assert_eq!(depth("screen.xterm-256color", "truecolor"), Depth::Ansi256);
        let inside_tmux = ColourEnv {
            term: Some("screen-256color"),
            colorterm: Some("truecolor"),
            tmux: Some("/run/tmux,1,0"),
            no_color: Some(""),
        };
        assert_eq!(Depth::detect(&inside_tmux), Depth::True);
        let refused = ColourEnv {
            no_color: Some("1"),
            ..inside_tmux
        };
        assert_eq!(Depth::detect(&refused), Depth::None);
        assert_eq!(Depth::detect(&ColourEnv::default()), Depth::Ansi16);
    }

    #[test]
    fn the_nearest_colour_is_the_one_an_eye_would_take() {
        let near = |rgb: (u8, u8, u8), depth| Colour::Rgb(rgb.0, rgb.1, rgb.2).at(depth);
        assert_eq!(
            near((255, 0, 0), Depth::Ansi256),
            Some(Colour::Indexed(196))
        );
        assert_eq!(near((8, 8, 8), Depth::Ansi256), Some(Colour::Indexed(232)));
        assert_eq!(
            near((95, 135, 175), Depth::Ansi256),
            Some(Colour::Indexed(67))
        );
        assert_eq!(near((250, 5, 5), Depth::Ansi16), Some(Colour::Ansi(9)));
        assert_eq!(near((20, 20, 24), Depth::Ansi16), Some(Colour::Ansi(0)));
        let violet = near((0xc7, 0x92, 0xea), Depth::Ansi16);
        assert!(matches!(violet, Some(Colour::Ansi(5 | 13))), "{violet:?}");
        assert_eq!(
            Colour::Indexed(226).at(Depth::Ansi16),
            Some(Colour::Ansi(11))
        );
        assert_eq!(Colour::Ansi(3).at(Depth::None), None);
        assert_eq!(Colour::Ansi(3).at(Depth::Ansi256), Some(Colour::Ansi(3)));
    }

    #[test]
    fn letters_never_sink_into_their_ground() {
        let style = Style {
            fg: Some(Colour::Rgb(200, 0, 0)),
            bg: Some(Colour::Rgb(205, 0, 0)),
            ..Style::default()
        };
        let narrow = style.at(Depth::Ansi16);
        assert_ne!(narrow.fg, narrow.bg);
    }

    #[test]
    fn a_ground_is_light_where_black_letters_are_read_better() {
        for (colour, ground) in [
            ((0, 0, 0), Ground::Dark),
            ((0, 43, 54), Ground::Dark),
            ((88, 88, 88), Ground::Dark),
            ((253, 246, 227), Ground::Light),
            ((255, 255, 255), Ground::Light),
        ] {
            assert_eq!(Ground::of(colour), ground, "{colour:?}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast((119, 119, 119), (255, 255, 255)) - 4.48).abs() < 0.01);
    }
}
