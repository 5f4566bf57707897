//! The encoder against an independent terminal: what it writes is parsed by `vt100` and compared cell by cell.

use proptest::prelude::*;
use ratatui::buffer::Cell;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use vt100::Parser;

use super::*;

const WIDTH: u16 = 23;
const HEIGHT: u16 = 6;

fn terminal(rows: u16, columns: u16) -> Parser {
    Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0)
}

fn colour(c: Color) -> vt100::Color {
    match c {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(n) => vt100::Color::Idx(n),
        Color::Red => vt100::Color::Idx(1),
        Color::Yellow => vt100::Color::Idx(3),
        Color::Cyan => vt100::Color::Idx(6),
        Color::Gray => vt100::Color::Idx(7),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::White => vt100::Color::Idx(15),
        other => panic!("not used here: {other:?}"),
    }
}

/// Panics unless the terminal shows exactly this frame. Cells for which `settled` is false are not looked at.
fn assert_shows(parser: &Parser, frame: &Buffer, settled: impl Fn(&[Glyph], usize) -> bool) {
    let mut row = Vec::new();
    let columns = usize::from(frame.area.width);
    for y in 0..frame.area.height {
        let start = usize::from(y) * columns;
        canonical_row(
            &frame.content[start..start + columns],
            Ink::Colours,
            &mut row,
        );
        for (x, glyph) in row.iter().enumerate() {
            if !settled(&row, x) {
                continue;
            }
            let cell = parser.screen().cell(y, column(x)).unwrap();
            let at = format!("row {y} column {x}: {glyph:?} but the terminal has {cell:?}");
            if glyph.width == 0 {
                assert!(cell.is_wide_continuation(), "{at}");
                continue;
            }
            assert!(!cell.is_wide_continuation(), "{at}");
            assert_eq!(cell.bgcolor(), colour(glyph.look.bg), "{at}");
            assert_eq!(
                cell.inverse(),
                glyph.look.modifier.contains(Modifier::REVERSED),
                "{at}"
            );
            assert_eq!(
                cell.underline(),
                glyph.look.modifier.contains(Modifier::UNDERLINED),
                "{at}"
            );
            if glyph.is_blank() {
                assert!(matches!(cell.contents(), "" | " "), "{at}");
                if !cell.inverse() && !cell.underline() {
                    continue;
                }
            } else {
                assert_eq!(cell.contents(), glyph.symbol(), "{at}");
                assert_eq!(
                    cell.italic(),
                    glyph.look.modifier.contains(Modifier::ITALIC),
                    "{at}"
                );
            }
            // `vt100` knows bold or dim, never both.
            if !glyph.look.modifier.contains(Modifier::BOLD | Modifier::DIM) {
                assert_eq!(
                    cell.bold(),
                    glyph.look.modifier.contains(Modifier::BOLD),
                    "{at}"
                );
                assert_eq!(
                    cell.dim(),
                    glyph.look.modifier.contains(Modifier::DIM),
                    "{at}"
                );
            }
            assert_eq!(cell.fgcolor(), colour(glyph.look.fg), "{at}");
        }
    }
}

fn style() -> impl Strategy<Value = Style> {
    let colour = || {
        prop_oneof![
            4 => Just(Color::Reset),
            2 => Just(Color::Red),
            1 => Just(Color::White),
            1 => Just(Color::DarkGray),
            1 => Just(Color::Indexed(236)),
            1 => Just(Color::Rgb(1, 22, 255)),
        ]
    };
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::DIM),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED | Modifier::BOLD),
        1 => Just(Modifier::ITALIC),
    ];
    (colour(), colour(), modifier)
        .prop_map(|(fg, bg, m)| Style::new().fg(fg).bg(bg).add_modifier(m))
}

/// Text whose width `vt100` and we agree on, wide and combining characters included.
fn settled_text() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("a"),
        Just("payments"),
        Just("      "),
        Just("             "),
        Just("─│┌█"),
        Just("東京"),
        Just("é"),
        Just("e\u{301}"),
        Just("🚀"),
        Just("\u{1b}[2J"),
        Just("●▲◆"),
        Just("x\u{202e}y"),
        Just("漢e\u{308}字"),
        Just("0123456789")
    ]
}

/// Text that terminals measure differently.
fn disputed_text() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("👩‍👩‍👧"),
        Just("🇩🇪"),
        Just("⚠\u{fe0f}"),
        Just("⚠"),
        Just("👍🏽"),
        Just("\u{e0b0}"),
        Just("ﷺ"),
        Just("क्षि"),
        Just("\u{fffd}")
    ]
}

fn covered_by_disputed(row: &[Glyph], x: usize) -> bool {
    row[x].width == 0
        && row[..x]
            .iter()
            .rfind(|g| g.width > 0)
            .is_some_and(|g| !g.is_width_agreed())
}

type Stroke = (u16, u16, &'static str, Style, bool);

fn strokes(text: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Vec<Stroke>> {
    proptest::collection::vec((0..WIDTH, 0..HEIGHT, text, style(), any::<bool>()), 0..12)
}

/// Draws each stroke: most through ratatui's own text drawing, some straight into the cell as a rude widget would.
fn paint(frame: &mut Buffer, strokes: &[Stroke]) {
    for &(x, y, text, style, polite) in strokes {
        if polite {
            frame.set_string(x, y, text, style);
        } else {
            let symbol = text.chars().next().map_or_else(String::new, String::from);
            frame[(x, y)].set_symbol(&symbol).set_style(style);
        }
    }
}

fn cursor() -> impl Strategy<Value = Option<(u16, u16)>> {
    proptest::option::of((0..WIDTH, 0..HEIGHT))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_every_frame_of_a_sequence(
        frames in proptest::collection::vec((strokes(settled_text()), any::<bool>(), cursor()), 1..6),
        synchronized in any::<bool>(),
    ) {
        let mut parser = terminal(HEIGHT, WIDTH);
        parser.process(b"left\r\nover \x1b[1;31mtext\x1b[5;5H");
        let mut encoder = Encoder::new(Ink::Colours);
        encoder.synchronize(synchronized);
        let mut frame = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (strokes, fresh, cursor) in frames {
            if fresh {
                frame.reset();
            }
            paint(&mut frame, &strokes);
            let cursor = cursor.map(Position::from);
            let mut bytes = Vec::new();
            let stats = encoder.encode(&frame, cursor, &mut bytes);
            prop_assert_eq!(stats.bytes, bytes.len());
            prop_assert!(!bytes.contains(&7));
            parser.process(&bytes);
            assert_shows(&parser, &frame, |_, _| true);
            prop_assert_eq!(parser.screen().hide_cursor(), cursor.is_none());
            if let Some(at) = cursor {
                prop_assert_eq!(parser.screen().cursor_position(), (at.y, at.x));
            }
            bytes.clear();
            prop_assert_eq!(encoder.encode(&frame, cursor, &mut bytes), FrameStats::default());
            prop_assert!(bytes.is_empty());
        }
    }

    #[test]
    fn a_disputed_width_never_shifts_its_row(frames in proptest::collection::vec(strokes(prop_oneof![settled_text(), disputed_text()]), 1..5)) {
        // Wider than the frame: `vt100` always wraps at its edge, which the guard switches off in a real terminal.
        let mut parser = terminal(HEIGHT, WIDTH + 8);
        let mut encoder = Encoder::new(Ink::Colours);
        for strokes in frames {
            let mut frame = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
            paint(&mut frame, &strokes);
            let mut bytes = Vec::new();
            encoder.encode(&frame, None, &mut bytes);
            parser.process(&bytes);
            // The disputed glyph itself and the columns it may smear over belong to the terminal.
            assert_shows(&parser, &frame, |row, x| {
                [x, x.saturating_sub(1), x + 1].iter().all(|&i| row.get(i).is_none_or(|g| g.width == 0 || g.is_width_agreed()))
                    && !covered_by_disputed(row, x)
            });
        }
    }

    #[test]
    fn whatever_a_cell_holds_no_control_byte_gets_out(symbols in proptest::collection::vec(any::<String>(), 1..20)) {
        let mut frame = Buffer::empty(Rect::new(0, 0, 20, 1));
        for (x, symbol) in symbols.iter().enumerate() {
            frame[(column(x), 0)].set_symbol(symbol);
        }
        let mut bytes = Vec::new();
        Encoder::new(Ink::Colours).encode(&frame, None, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        // Take our own sequences away: CSI, parameters, final byte.
        let mut rest = text.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            prop_assert!(!rest[..at].chars().any(is_control));
            let after = rest[at + 1..].strip_prefix('[').expect("only CSI is ever written");
            let params = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';' || c == '?');
            prop_assert!(params.starts_with(|c| "HCGKXmdABDl".contains(c)), "{:?}", params);
            rest = &params[1..];
        }
        prop_assert!(!rest.chars().any(is_control));
    }
}

/// Controls other than the three that move the cursor.
fn is_control(c: char) -> bool {
    crate::domain::text::is_hostile(c) && !"\r\n\x08".contains(c)
}

fn table(width: u16, height: u16, first: usize, selected: u16) -> Buffer {
    let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
    let accounts = ["payments-prod", "core-shared", "data-prod", "web-prod"];
    let marks = [
        ("● C", Color::Red),
        ("▲ H", Color::Yellow),
        ("◆ M", Color::Cyan),
        ("· L", Color::DarkGray),
    ];
    for y in 0..height {
        let n = first + usize::from(y);
        let highlight = if y == selected {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        frame.set_style(Rect::new(0, y, width, 1), highlight);
        let (mark, colour) = marks[n * 7 / 3 % 4];
        frame.set_string(0, y, if y == selected { "▌" } else { " " }, highlight);
        frame.set_string(
            3,
            y,
            mark,
            highlight.fg(colour).add_modifier(Modifier::BOLD),
        );
        frame.set_string(7, y, format!("{}m", n * 13 % 60), highlight);
        frame.set_string(12, y, "NEW", highlight);
        frame.set_string(33, y, accounts[n % 4], highlight);
        frame.set_string(48, y, "eu-west-1", highlight.fg(Color::DarkGray));
        frame.set_string(63, y, format!("alarm api-{n}-5xx-rate"), highlight);
        frame.set_string(
            100,
            y,
            format!("5XX {}.{}% > 2% · 3 of 3", n % 9, n % 7),
            highlight,
        );
    }
    frame
}

fn cost(before: &Buffer, after: &Buffer) -> usize {
    let mut encoder = Encoder::new(Ink::Colours);
    let mut bytes = Vec::new();
    encoder.encode(before, None, &mut bytes);
    bytes.clear();
    let stats = encoder.encode(after, None, &mut bytes);
    println!("{} bytes, {} cells", stats.bytes, stats.cells);
    stats.bytes
}

#[test]
fn a_cursor_move_and_a_scroll_stay_inside_their_budgets() {
    let before = table(160, 45, 0, 10);
    assert!(cost(&before, &table(160, 45, 0, 11)) <= 450);
    assert!(cost(&before, &table(160, 45, 45, 10)) <= 10_000);
    assert!(cost(&Buffer::empty(before.area), &before) <= 10_000);
}

#[test]
fn one_changed_digit_costs_one_move_and_one_byte() {
    let mut before = Buffer::empty(Rect::new(0, 0, 160, 45));
    before.set_string(100, 0, "06:31:02Z", Style::new());
    let mut after = before.clone();
    after.set_string(100, 0, "06:31:03Z", Style::new());
    assert_eq!(cost(&before, &after), "\u{1b}[1;108H3".len());
}

#[test]
fn short_gaps_are_printed_again_and_long_ones_jumped_over() {
    let frame = |text: &str| {
        let mut frame = Buffer::empty(Rect::new(0, 0, 40, 1));
        frame.set_string(0, 0, text, Style::new());
        frame
    };
    let mut encoder = Encoder::new(Ink::Colours);
    let mut bytes = Vec::new();
    encoder.encode(&frame("a-b-------------c"), None, &mut bytes);
    bytes.clear();
    encoder.encode(&frame("A-B-------------C"), None, &mut bytes);
    assert_eq!(String::from_utf8(bytes).unwrap(), "\rA-B\u{1b}[17GC");
}

#[test]
fn a_resize_paints_everything_again_without_clearing() {
    let mut encoder = Encoder::new(Ink::Colours);
    let mut bytes = Vec::new();
    encoder.encode(&table(160, 45, 0, 1), None, &mut bytes);
    let mut parser = terminal(20, 120);
    parser.process(&bytes);
    bytes.clear();
    let smaller = table(120, 20, 0, 1);
    encoder.encode(&smaller, None, &mut bytes);
    assert!(!bytes.windows(4).any(|w| w == b"\x1b[2J"));
    parser.process(&bytes);
    assert_shows(&parser, &smaller, |_, _| true);
    bytes.clear();
    for size in [Rect::new(0, 0, 1, 1), Rect::new(0, 0, 0, 5), Rect::ZERO] {
        encoder.encode(&Buffer::empty(size), Some(Position::new(9, 9)), &mut bytes);
    }
}

#[test]
fn without_colour_the_attributes_stay() {
    let mut frame = Buffer::empty(Rect::new(0, 0, 8, 1));
    frame.set_string(
        0,
        0,
        "a",
        Style::new()
            .fg(Color::Red)
            .bg(Color::Blue)
            .add_modifier(Modifier::BOLD),
    );
    frame.set_string(
        1,
        0,
        "b",
        Style::new().fg(Color::Red).add_modifier(Modifier::REVERSED),
    );
    let mut bytes = Vec::new();
    Encoder::new(Ink::Attributes).encode(&frame, None, &mut bytes);
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "\u{1b}[?25l\u{1b}[H\u{1b}[0;1ma\u{1b}[0;7mb\u{1b}[m\u{1b}[K"
    );
}

#[test]
fn long_frames_are_bracketed_only_where_the_terminal_answered_for_it() {
    let frame = table(160, 45, 0, 1);
    let encode = |on| {
        let mut encoder = Encoder::new(Ink::Colours);
        encoder.synchronize(on);
        let mut bytes = Vec::new();
        encoder.encode(&frame, None, &mut bytes);
        bytes
    };
    assert!(encode(true).starts_with(b"\x1b[?2026h") && encode(true).ends_with(b"\x1b[?2026l"));
    assert!(!encode(false).windows(4).any(|w| w == b"2026"));
}

#[test]
fn a_cell_is_what_the_frame_says_even_when_a_widget_left_half_a_wide_character() {
    let mut frame = Buffer::empty(Rect::new(0, 0, 4, 1));
    frame.set_string(0, 0, "東京", Style::new());
    let mut cut: Cell = Cell::default();
    cut.set_symbol("x");
    let mut encoder = Encoder::new(Ink::Colours);
    let mut parser = terminal(1, 4);
    let mut bytes = Vec::new();
    encoder.encode(&frame, None, &mut bytes);
    frame[(0, 0)] = cut.clone();
    frame[(2, 0)] = cut;
    encoder.encode(&frame, None, &mut bytes);
    parser.process(&bytes);
    assert_eq!(parser.screen().contents(), "x x ");
}

fn link(row: u16, columns: std::ops::Range<u16>, address: &str) -> Link {
    Link {
        row,
        columns,
        address: address.to_owned(),
    }
}

/// The pieces of text with the address that each leads to, as a terminal would take them.
fn led(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut pieces = text.split("\x1b]8;;");
    let mut led = Vec::new();
    pieces.next();
    for piece in pieces {
        let (address, rest) = piece.split_once("\x1b\\").unwrap();
        led.push((address.to_owned(), rest.to_owned()));
    }
    led
}

#[test]
fn a_link_is_told_with_its_text_ended_with_the_frame_and_taken_back_where_it_no_longer_leads() {
    let mut encoder = Encoder::new(Ink::Colours);
    let frame = Buffer::with_lines(["payments-prod eu-west-1", "another line           "]);
    let mut out = Vec::new();
    encoder.link(vec![link(0, 0..13, "https://a.example/1")]);
    encoder.encode(&frame, None, &mut out);
    let told = led(&out);
    assert_eq!(told[0].0, "https://a.example/1");
    assert!(told[0].1.ends_with("payments-prod"), "{told:?}");
    assert_eq!(
        told.last().unwrap().0,
        "",
        "nothing leads on after the frame"
    );
    out.clear();
    encoder.link(vec![link(0, 0..13, "https://a.example/1")]);
    encoder.encode(&frame, None, &mut out);
    assert_eq!(
        out, b"",
        "the same text leading to the same page is nothing new"
    );
    encoder.link(vec![link(0, 0..13, "https://a.example/2")]);
    encoder.encode(&frame, None, &mut out);
    assert_eq!(led(&out)[0].0, "https://a.example/2");
    out.clear();
    encoder.link(Vec::new());
    encoder.encode(&frame, None, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("payments-prod") && !text.contains("https"),
        "{text:?}"
    );
}

#[test]
fn an_address_with_anything_else_than_printable_letters_is_no_link() {
    let frame = Buffer::with_lines(["payments-prod"]);
    let long = format!("https://a.example/{}", "a".repeat(3_000));
    for address in [
        "https://a.example/\x1b[2J",
        "https://a.example/a b",
        "https://\u{e9}",
        &long,
    ] {
        let mut encoder = Encoder::new(Ink::Colours);
        let mut out = Vec::new();
        encoder.link(vec![link(0, 0..13, address)]);
        encoder.encode(&frame, None, &mut out);
        assert_eq!(led(&out), [], "{address}");
    }
}
