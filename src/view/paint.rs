//! The brush: puts neutralised text with a role into cells, never outside of what it was given.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::model::{Area, Hit, area, fit};
use crate::panes::Cut;
use crate::theme::{self, Colour, Role, Theme};

use super::Link;

/// A piece of a line: text and role.
pub type Span<'a> = (Cow<'a, str>, Role);

/// Makes a span.
pub fn span<'a>(text: impl Into<Cow<'a, str>>, role: Role) -> Span<'a> {
    (text.into(), role)
}

/// How many cells spans take.
pub fn spans_width(spans: &[Span<'_>]) -> u16 {
    u16::try_from(
        spans
            .iter()
            .map(|(text, _)| fit::width(text))
            .sum::<usize>(),
    )
    .unwrap_or(u16::MAX)
}

/// A buffer, the theme to paint it with, and whether the terminal knows more than ASCII.
pub struct Paint<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    ascii: bool,
    links: Vec<Link>,
    hits: Vec<(Area, Hit)>,
}

fn colour(colour: Colour) -> Color {
    const ANSI: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match colour {
        Colour::Default => Color::Reset,
        Colour::Ansi(index) => ANSI[usize::from(index & 15)],
        Colour::Indexed(index) => Color::Indexed(index),
        Colour::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

fn style(style: theme::Style) -> Style {
    let mut modifiers = Modifier::empty();
    for (on, modifier) in [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.reverse, Modifier::REVERSED),
    ] {
        if on {
            modifiers |= modifier;
        }
    }
    Style {
        fg: style.fg.map(colour),
        bg: style.bg.map(colour),
        add_modifier: modifiers,
        ..Style::default()
    }
}

impl<'a> Paint<'a> {
    /// A brush for this buffer. With `ascii` it puts nothing else into any cell, whatever it is given.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, ascii: bool) -> Self {
        Self {
            buffer,
            theme,
            ascii,
            links: Vec::new(),
            hits: Vec::new(),
        }
    }

    /// Columns and rows of the buffer.
    pub const fn size(&self) -> (u16, u16) {
        (self.buffer.area.width, self.buffer.area.height)
    }

    /// What was painted here leads to a page.
    pub fn link(&mut self, area: Area, address: String) {
        self.links.push(Link { area, address });
    }

    /// What was painted here can be clicked.
    pub fn hit(&mut self, area: Area, hit: Hit) {
        self.hits.push((area, hit));
    }

    /// From here on nothing that was painted before can be clicked: something lies over it.
    pub fn cover(&mut self) {
        self.hits.clear();
    }

    /// Everything that leads to a page, and everything that can be clicked.
    pub fn into_drawn(self) -> (Vec<Link>, Vec<(Area, Hit)>) {
        (self.links, self.hits)
    }

    /// Whether nothing but ASCII may be put into a cell.
    pub const fn is_ascii(&self) -> bool {
        self.ascii
    }

    fn style(&self, role: Role) -> Style {
        style(self.theme.style(role))
    }

    /// Lays a role under everything in an area, keeping the text.
    pub fn ground(&mut self, area: Area, role: Role) {
        let style = self.style(role);
        self.buffer
            .set_style(Rect::new(area.x, area.y, area.width, area.height), style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Area, role: Role) {
        let style = self.style(role);
        let area =
            Rect::new(area.x, area.y, area.width, area.height).intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Writes text from a cell on, at most `cells` wide; returns how many cells it took.
    pub fn text(&mut self, x: u16, y: u16, text: &str, role: Role, cells: u16) -> u16 {
        if y >= self.buffer.area.bottom() || x >= self.buffer.area.right() || cells == 0 {
            return 0;
        }
        let style = self.style(role);
        let text = if self.ascii {
            fit::ascii(text)
        } else {
            Cow::Borrowed(text)
        };
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            let (end, _) = self
                .buffer
                .set_stringn(x, y, text, usize::from(cells), style);
            return end - x;
        }
        // A cell for each byte: most of a screen, and a good deal faster than to look for graphemes.
        let room = usize::from(cells.min(self.buffer.area.right() - x));
        let shown = room.min(text.len());
        let from = self.buffer.index_of(x, y);
        let places = self.buffer.content[from..from + shown].iter_mut();
        for (at, cell) in places.enumerate() {
            cell.set_symbol(&text[at..=at]).set_style(style);
        }
        // No wider than the room, which is a u16.
        u16::try_from(shown).unwrap_or(cells)
    }

    /// Writes text that is cut where it does not fit, with `…`.
    pub fn fitted(&mut self, x: u16, y: u16, text: &str, cut: Cut, role: Role, cells: u16) -> u16 {
        let text = match cut {
            Cut::End => fit::end(text, usize::from(cells)),
            Cut::Middle => fit::middle(text, usize::from(cells)),
        };
        self.text(x, y, &text, role, cells)
    }

    /// Writes spans one after another; what does not fit is cut. Returns the column behind the last one.
    pub fn spans(&mut self, area: Area, spans: &[Span<'_>]) -> u16 {
        let mut x = area.x;
        let right = area.x + area.width;
        for (text, role) in spans {
            x += self.fitted(x, area.y, text, Cut::End, *role, right.saturating_sub(x));
        }
        x
    }

    /// Writes spans so that they end at the right edge of the area; returns the column where they begin.
    pub fn spans_right(&mut self, area: Area, spans: &[Span<'_>]) -> u16 {
        let width = spans_width(spans).min(area.width);
        let x = area.x + area.width - width;
        self.spans(Area::new(x, area.y, width, 1), spans);
        x
    }

    /// Draws a horizontal line.
    pub fn line(&mut self, area: Area) {
        let glyph = if self.ascii { "-" } else { "─" };
        self.text(
            area.x,
            area.y,
            &glyph.repeat(usize::from(area.width)),
            Role::Border,
            area.width,
        );
    }

    /// Draws a vertical line.
    pub fn upright(&mut self, area: Area) {
        let glyph = if self.ascii { "|" } else { "│" };
        for y in area.y..area.y + area.height {
            self.text(area.x, y, glyph, Role::Border, 1);
        }
    }

    /// Draws a frame around an area's edge and returns the inside.
    pub fn frame(&mut self, area: Area, title: &str) -> Area {
        self.clear(area, Role::Overlay);
        self.hit(area, Hit::Overlay);
        let [h, v, tl, tr, bl, br] = if self.ascii {
            ["-", "|", "+", "+", "+", "+"]
        } else {
            ["─", "│", "╭", "╮", "╰", "╯"]
        };
        let (right, bottom) = (
            area.x + area.width.saturating_sub(1),
            area.y + area.height.saturating_sub(1),
        );
        let bar = h.repeat(usize::from(area.width));
        for y in [area.y, bottom] {
            self.text(area.x, y, &bar, Role::OverlayBorder, area.width);
        }
        for y in area.y..=bottom {
            self.text(area.x, y, v, Role::OverlayBorder, 1);
            self.text(right, y, v, Role::OverlayBorder, 1);
        }
        for (x, y, corner) in [
            (area.x, area.y, tl),
            (right, area.y, tr),
            (area.x, bottom, bl),
            (right, bottom, br),
        ] {
            self.text(x, y, corner, Role::OverlayBorder, 1);
        }
        let title = format!(" {title} ");
        self.fitted(
            area.x + 2,
            area.y,
            &title,
            Cut::Middle,
            Role::OverlayTitle,
            area.width.saturating_sub(4),
        );
        area::in_frame(area)
    }
}
