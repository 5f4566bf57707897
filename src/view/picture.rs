//! A screen as text, as text with colours, or as an SVG picture, from the very cells that the terminal would get.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::model::effect::Form;
use crate::model::{Model, fit};

/// Width and height of a cell in the picture's units.
const CELL: (f32, f32) = (8.4, 18.0);
/// The ground and the letters of a dark terminal.
const GROUND: &str = "#16181d";
const LETTERS: &str = "#d5d8df";

/// The sixteen colours that the picture's terminal has.
const ANSI: [&str; 16] = [
    "#2a2e37", "#e5534b", "#57ab5a", "#d4a72c", "#539bf5", "#b083f0", "#39c5cf", "#adbac7",
    "#768390", "#ff7b72", "#7ee787", "#f2cc60", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f3f6",
];

fn hex(colour: Color, default: &str) -> String {
    let index = match colour {
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Reset => return default.to_owned(),
        Color::Indexed(index @ 16..=231) => {
            let part = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = index - 16;
            return format!(
                "#{:02x}{:02x}{:02x}",
                part(n / 36),
                part(n / 6 % 6),
                part(n % 6)
            );
        }
        Color::Indexed(index @ 232..) => {
            let grey = 8 + 10 * (index - 232);
            return format!("#{grey:02x}{grey:02x}{grey:02x}");
        }
        other => index(other),
    };
    ANSI.get(usize::from(index))
        .copied()
        .unwrap_or(default)
        .to_owned()
}

/// A colour's number among the 256.
const fn index(colour: Color) -> u8 {
    match colour {
        Color::Indexed(index) => index,
        Color::Black | Color::Reset | Color::Rgb(..) => 0,
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
    }
}

/// Letters and ground of a style, exchanged where it is reversed.
fn colours(style: Style) -> (String, String) {
    let fg = hex(style.fg.unwrap_or(Color::Reset), LETTERS);
    let bg = hex(style.bg.unwrap_or(Color::Reset), GROUND);
    if style.add_modifier.contains(Modifier::REVERSED) {
        (bg, fg)
    } else {
        (fg, bg)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The whole screen of a console in this form.
#[must_use]
pub fn of(model: &Model, form: Form) -> String {
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    super::draw(model, &mut buffer);
    match form {
        Form::Text => text(&buffer),
        Form::Ansi => ansi(&buffer),
        Form::Svg => svg(&buffer),
    }
}

/// The cells of a line that hold a symbol of their own; the second half of a wide one does not.
fn symbols(buffer: &Buffer, y: u16) -> impl Iterator<Item = &Cell> {
    let mut skip = 0;
    (0..buffer.area.width).filter_map(move |x| {
        if skip > 0 {
            skip -= 1;
            return None;
        }
        let cell = &buffer[(x, y)];
        skip = fit::width(cell.symbol()).saturating_sub(1);
        Some(cell)
    })
}

/// The screen as lines, without blanks at their ends.
#[must_use]
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let line: String = symbols(buffer, y).map(Cell::symbol).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The screen as lines with the sequences that colour them: `cat` shows it as it was.
#[must_use]
pub fn ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut before = None;
        for cell in symbols(buffer, y) {
            let style = cell.style();
            if before != Some(style) {
                text.push_str(&sgr(style));
                before = Some(style);
            }
            text.push_str(cell.symbol());
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// The sequence that begins a style.
fn sgr(style: Style) -> String {
    let mut codes = vec!["0".to_owned()];
    for (modifier, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if style.add_modifier.contains(modifier) {
            codes.push(code.to_owned());
        }
    }
    for (colour, base) in [(style.fg, 38), (style.bg, 48)] {
        match colour {
            None | Some(Color::Reset) => {}
            Some(Color::Rgb(r, g, b)) => codes.push(format!("{base};2;{r};{g};{b}")),
            Some(other) => codes.push(format!("{base};5;{}", index(other))),
        }
    }
    format!("\x1b[{}m", codes.join(";"))
}

/// The screen as an SVG document.
#[must_use]
pub fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (
        f32::from(columns) * CELL.0 + 16.0,
        f32::from(rows) * CELL.1 + 16.0,
    );
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'DejaVu Sans Mono', \
         Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let Some(first) = buffer.cell((x, y)) else {
                break;
            };
            let style = first.style();
            let start = x;
            let mut text = String::new();
            while let Some(cell) = buffer
                .cell((x, y))
                .filter(|c| x < columns && c.style() == style)
            {
                text.push_str(cell.symbol());
                x += 1;
            }
            run(&mut svg, (start, y), x - start, &text, style);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Cells of one style: their ground where it is not the terminal's, and their letters.
fn run(svg: &mut String, (x, y): (u16, u16), cells: u16, text: &str, style: Style) {
    let (fg, bg) = colours(style);
    let (left, top) = (f32::from(x) * CELL.0 + 8.0, f32::from(y) * CELL.1 + 8.0);
    let width = f32::from(cells) * CELL.0;
    if bg != GROUND {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let mut looks = String::new();
    if style.add_modifier.contains(Modifier::BOLD) {
        looks.push_str(" font-weight=\"bold\"");
    }
    if style.add_modifier.contains(Modifier::DIM) {
        looks.push_str(" opacity=\"0.6\"");
    }
    if style.add_modifier.contains(Modifier::UNDERLINED) {
        looks.push_str(" text-decoration=\"underline\"");
    }
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{fg}\"{looks} xml:space=\"preserve\" textLength=\"{width:.1}\">{}</text>",
        top + 13.5,
        escaped(text)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_as_text_has_its_letters_and_with_colours_its_sequences() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 2));
        buffer.set_string(0, 0, "ab", Style::new().fg(Color::Red));
        buffer.set_string(2, 0, "c", Style::new().bg(Color::Rgb(1, 2, 3)));
        buffer.set_string(0, 1, "東b", Style::new());
        assert_eq!(text(&buffer), "abc\n東b\n", "a wide letter is one letter");
        let coloured = ansi(&buffer);
        assert!(
            coloured.starts_with("\x1b[0;38;5;1mab\x1b[0;48;2;1;2;3mc\x1b[0m   "),
            "{coloured:?}"
        );
        assert_eq!(coloured.lines().count(), 2);
    }

    #[test]
    fn a_picture_holds_the_text_escaped_and_reversed_colours_exchanged() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        buffer.set_string(
            0,
            0,
            "a<b>&c",
            Style::new().fg(Color::Red).add_modifier(Modifier::REVERSED),
        );
        let svg = svg(&buffer);
        assert!(svg.contains("a&lt;b&gt;&amp;c"));
        assert!(
            svg.contains(&format!("fill=\"{}\"", ANSI[1])),
            "the ground is red"
        );
    }
}
