//! What frames cost, in counts: bytes to the terminal, rows that are worded. Times are the benches' (`docs/performance.md`).

use std::cell::Cell;
use std::time::Duration;

use noctop::app::{self, Msg};
use noctop::domain::Kind;
use noctop::model::{Hit, Rows};
use noctop::panes::{self, Align, Cells, Column, PaneSpec, RowLook, Width};
use noctop::runtime::terminal::{Encoder, Ink};
use noctop::theme::Role;
use noctop::view;
use ratatui::layout::Position;

use crate::fixture::{Console, now};

/// One cursor move with the details closed, at 160 by 45.
const MOVE: usize = 450;
/// A second in which nothing happened but that it passed.
const SECOND: usize = 150;

/// A console and the terminal that it draws on.
struct Screen {
    console: Console,
    encoder: Encoder,
}

impl Screen {
    fn new(keys: &str) -> Self {
        let mut screen = Self {
            console: Console::new(160, 45).press(keys),
            encoder: Encoder::new(Ink::Colours),
        };
        assert!(screen.draw() > 1_000, "the first frame paints everything");
        screen
    }

    /// Draws a frame; how many bytes it took.
    fn draw(&mut self) -> usize {
        let mut out = Vec::new();
        let frame = self.console.buffer();
        self.encoder.encode(&frame, None::<Position>, &mut out);
        out.len()
    }

    fn press(self, keys: &str) -> Self {
        Self {
            console: self.console.press(keys),
            ..self
        }
    }
}

#[test]
fn a_frame_without_a_change_costs_nothing() {
    for pane in 1..=panes::tabs().len() {
        let mut screen = Screen::new(&pane.to_string());
        assert_eq!(screen.draw(), 0, "pane {pane}");
    }
}

#[test]
fn a_cursor_move_costs_less_than_450_bytes() {
    for pane in 1..=panes::tabs().len() {
        let mut screen = Screen::new(&pane.to_string());
        for step in 0..screen.console.model.pane().len() {
            let offset = screen.console.model.pane().offset;
            screen = screen.press("j");
            let bytes = screen.draw();
            // A move that scrolls the list paints other rows, too.
            if screen.console.model.pane().offset == offset {
                assert!(bytes <= MOVE, "pane {pane}, step {step}: {bytes} bytes");
            }
        }
    }
}

#[test]
fn a_second_of_nothing_costs_less_than_150_bytes() {
    let panes = 1..=panes::tabs().len();
    for keys in panes.flat_map(|pane| [pane.to_string(), format!("{pane} enter")]) {
        let mut screen = Screen::new(&keys);
        // Within a minute: when one is full, every age on the screen grows.
        for second in 1..60 {
            let at = now().plus(Duration::from_secs(second));
            let _ = app::update(&mut screen.console.model, at, Msg::Tick);
            while app::settle(&mut screen.console.model, at) == app::Settled::More {}
            let bytes = screen.draw();
            assert!(bytes <= SECOND, "{keys}, second {second}: {bytes} bytes");
        }
    }
}

/// Allocations of one frame at 160 by 45. The panes of items take 220 to 300, Feeds 430: a text for each cell that is made
/// and not just shown. What grows with rows out of sight would be far beyond it.
const ALLOCATIONS: u64 = 500;

#[test]
fn a_frame_allocates_no_more_than_a_text_for_each_cell() {
    for pane in 1..=panes::tabs().len() {
        let screen = Screen::new(&pane.to_string());
        let mut buffer = screen.console.buffer();
        let drawn = allocation_counter::measure(|| {
            view::draw(&screen.console.model, &mut buffer);
        });
        assert!(
            drawn.count_total <= ALLOCATIONS,
            "pane {pane}: {} allocations",
            drawn.count_total
        );
        assert_eq!(drawn.count_current, 0, "pane {pane} keeps something");
    }
}

#[test]
fn comparing_two_equal_frames_allocates_nothing() {
    let mut screen = Screen::new("1");
    let frame = screen.console.buffer();
    let mut out = Vec::new();
    let encoded = allocation_counter::measure(|| {
        screen.encoder.encode(&frame, None::<Position>, &mut out);
    });
    assert_eq!((out.len(), encoded.count_total), (0, 0));
}

/// How often a pane's rows were put in order, and how many changed ones wait for it.
fn order(console: &Console, name: &str) -> (u64, usize) {
    let at = panes::named(name).unwrap();
    match &console.model.panes[at].rows {
        Rows::Items(rows) => (rows.version(), rows.waiting()),
        Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => {
            panic!("{name} lists no items")
        }
    }
}

#[test]
fn a_pane_that_nobody_sees_is_put_in_order_when_it_is_looked_at() {
    // Findings and Queue were looked at, Incidents never; Alarms is what is seen.
    let console = Console::new(160, 45).press("1 3 2");
    let before = ["queue", "findings", "incidents", "alarms"].map(|name| order(&console, name));
    let counted = console.model.open.kind(Kind::Finding);
    let console = console.with_an_ageless_row();
    let after = ["queue", "findings", "incidents", "alarms"].map(|name| order(&console, name));
    let waits = |(version, waiting): (u64, usize)| (version, waiting + 1);
    assert_eq!(after[0], waits(before[0]), "Queue waits with one row");
    assert_eq!(after[1], waits(before[1]), "so does Findings");
    assert_eq!(after[2], (0, 0), "nothing was ever asked of Incidents");
    assert_eq!(after[3], before[3], "a finding is nothing to Alarms");
    // What everybody sees is right at once: the count on the tab.
    assert_eq!(console.model.open.kind(Kind::Finding), counted + 1);
    assert!(
        console
            .text()
            .contains(&format!("Findings ≥{}", counted + 1))
    );
    let console = console.press("3");
    assert!(console.text().contains("Ageless"), "{}", console.text());
    assert_eq!(order(&console, "findings"), (before[1].0 + 1, 0));
}

#[test]
fn the_first_screenful_of_a_filter_is_shown_before_the_rest_and_no_key_takes_it_for_all() {
    const CROWD: usize = 40_000;
    let console = Console::new(160, 45).crowded(CROWD).press("3 = /");
    let mut console = console.press_once("d");
    let mut turns = 1;
    while !console.model.pane().is_partial() {
        assert!(turns < 5, "{}", console.text());
        app::settle(&mut console.model, now());
        turns += 1;
    }
    let text = console.text();
    let screenful = usize::from(console.model.areas().list.height);
    // One of those that were there before is worse than they.
    assert!(text.matches("crowd-").count() + 1 >= screenful, "{text}");
    assert!(
        text.contains(" 1/… "),
        "how many there are is not known yet"
    );
    // Whoever goes on typing waits for nothing; whoever reaches for the rows gets them all.
    let console = console.press_once("-").press_once("enter");
    assert!(console.model.pane().is_partial());
    let mut console = console.press_once("*");
    assert!(!console.model.pane().is_partial());
    assert_eq!(console.model.pane().marked.len(), CROWD);
    assert!(console.text().contains(&format!(" 1/{CROWD} ")));
    // Nor does a click, which is no key.
    console = console.press("- / ctrl-u c").press_once("r");
    for _ in 0..5 {
        if console.model.pane().is_partial() {
            break;
        }
        app::settle(&mut console.model, now());
    }
    console = console.press_once("enter");
    assert!(console.model.pane().is_partial() && console.model.pane().marked.is_empty());
    let on = Some(Hit::Command("mark.all", ""));
    let _ = app::update(&mut console.model, now(), Msg::Clicked { x: 0, y: 0, on });
    assert!(console.model.pane().marked.len() >= CROWD);
}

thread_local! {
    /// How many rows were worded.
    static WORDED: Cell<usize> = const { Cell::new(0) };
}

/// A cell that counts how often it is asked for.
fn counted<'a>(_: &RowLook<'a>) -> panes::Cell<'a> {
    WORDED.with(|n| n.set(n.get() + 1));
    panes::Cell::new("x", Role::Row)
}

#[test]
fn a_frame_words_each_visible_row_once_and_no_other() {
    let mut console = Console::new(160, 45);
    let pane = console.model.pane_mut();
    let rows = pane.len();
    let columns: &'static [Column] = Box::leak(Box::new([Column {
        head: "COUNTED",
        width: Width::Fixed(9),
        from: 0,
        until: panes::NO_LIMIT,
        align: Align::Left,
        sort: None,
        cell: Cells::Item(counted),
    }]));
    pane.spec = Box::leak(Box::new(PaneSpec {
        columns,
        ..*pane.spec
    }));
    for height in [24, 16, 12] {
        let msg = Msg::Resized { width: 80, height };
        let _ = app::update(&mut console.model, now(), msg);
        while app::settle(&mut console.model, now()) == app::Settled::More {}
        let lines = usize::from(console.model.areas().list.height);
        let visible = rows.min(lines);
        WORDED.with(|n| n.set(0));
        console.buffer();
        assert_eq!(
            WORDED.with(Cell::get),
            visible,
            "{rows} rows, {lines} lines of {height}"
        );
    }
    assert!(rows > usize::from(console.model.areas().list.height));
}
