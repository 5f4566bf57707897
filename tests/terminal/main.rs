//! The terminal edge in a real pseudo-terminal: whatever happens, the terminal is given back, the exit code says
//! what happened, and no key presses what was not pressed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod harness;
mod notes;
mod play;

use std::fs;
use std::thread;
use std::time::Duration;

use harness::{Answers, Console};
use notes::Notes;
use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

/// A playing program, and what it says of what happened to it.
struct Stage {
    console: Console,
    notes: Notes,
    _home: TempDir,
}

impl Stage {
    fn start(columns: u16, rows: u16) -> Self {
        Self::with(columns, rows, Answers::None, "")
    }

    fn with(columns: u16, rows: u16, answers: Answers, options: &str) -> Self {
        let home = TempDir::new().unwrap();
        let place = home.path().join("events");
        let notes = Notes::listen(&place);
        let console = Console::start(play::command(&place, options), columns, rows, answers);
        Self {
            console,
            notes: notes.connected(),
            _home: home,
        }
    }

    fn ready(columns: u16, rows: u16) -> Self {
        let stage = Self::start(columns, rows);
        stage.console.wait_text(&format!("play {columns}x{rows}"));
        stage
    }

    fn events(&self) -> Vec<String> {
        self.notes.so_far()
    }

    fn keys(&self) -> Vec<String> {
        keys(&self.events())
    }

    /// Waits until the program has noted this event: also works while the picture stands still.
    fn wait_event(&self, event: &str) {
        self.notes
            .wait(event, |events| events.iter().any(|e| e == event));
    }
}

fn keys(events: &[String]) -> Vec<String> {
    events
        .iter()
        .filter_map(|e| e.strip_prefix("key ").map(str::to_owned))
        .collect()
}

#[test]
fn it_takes_the_terminal_and_gives_it_back() {
    let mut stage = Stage::ready(80, 24);
    stage.console.look(|screen| {
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
    });
    assert!(!stage.console.is_cooked());
    stage.console.send("q");
    assert_eq!(stage.console.exit_code(), 0);
    stage.console.assert_restored();
}

#[test]
fn nothing_happens_means_no_bytes_and_a_key_means_few() {
    let stage = Stage::ready(160, 45);
    stage.console.send("j");
    stage.console.wait_text("key j");
    let before = stage.console.received().len();
    stage.console.send("j");
    stage.console.wait_text("events 2");
    let cost = stage.console.received().len() - before;
    assert!(cost <= 60, "{cost} bytes for one digit and one word");
    assert_eq!(
        stage.console.count(b"\x1b[2J"),
        0,
        "nothing is ever cleared"
    );
}

#[test]
fn the_cursor_shows_where_a_line_is_typed() {
    let stage = Stage::ready(80, 24);
    stage.console.send("i");
    stage.console.wait("a cursor in the first column", |s| {
        !s.hide_cursor() && s.cursor_position() == (0, 0)
    });
    stage.console.send("i");
    stage.console.wait("a cursor in the second column", |s| {
        !s.hide_cursor() && s.cursor_position() == (0, 1)
    });
    stage.console.send("r");
    stage.console.wait_text("key r");
    assert_eq!(stage.console.count(b"\x07"), 1);
}

#[test]
fn it_follows_every_size() {
    let stage = Stage::ready(80, 24);
    stage.console.resize(120, 40);
    stage.console.wait_text("play 120x40");
    for n in 0..60 {
        stage.console.resize(20 + n * 2, 5 + n);
    }
    stage.console.wait_text("play 138x64");
    stage.console.send("j");
    stage.console.wait_text("key j");
}

#[test]
fn the_smallest_terminals_break_nothing() {
    let stage = Stage::start(1, 1);
    stage
        .console
        .wait("the first letter", |s| s.contents().starts_with('p'));
    stage.console.send("f");
    stage.console.resize(2, 9);
    stage.wait_event("Resize(2, 9)");
    stage.console.resize(0, 0);
    stage.wait_event("Resize(80, 24)");
    stage.console.resize(60, 10);
    stage.console.wait_text("play 60x10");
}

#[test]
fn an_arrow_torn_by_the_line_moves_and_presses_nothing_else() {
    let stage = Stage::ready(80, 24);
    // The gap is the subject: bytes that the line delivers apart. Nothing can be waited for between them, because a
    // program that is right shows nothing there. 50 ms is a common line, 120 ms a worse one.
    for (n, gap) in [50, 120, 20].into_iter().enumerate() {
        stage.console.send("\x1b");
        thread::sleep(Duration::from_millis(gap));
        stage.console.send("[A");
        stage.notes.wait("an arrow", |events| {
            keys(events).iter().filter(|k| *k == "up").count() > n
        });
    }
    stage.console.send("j");
    stage.console.wait_text("key j");
    assert!(
        stage
            .keys()
            .iter()
            .all(|k| ["up", "esc", "j"].contains(&k.as_str())),
        "{:?}",
        stage.keys()
    );
}

#[test]
fn a_lone_escape_is_escape() {
    let stage = Stage::ready(80, 24);
    stage.console.send("\x1b");
    stage.console.wait_text("key esc");
}

#[test]
fn pasted_text_presses_no_key() {
    let stage = Stage::ready(80, 24);
    stage.console.send("\x1b[200~q\rp\x1b[31m\x1b[201~");
    stage.console.wait_text(r#"paste "q\np[31m""#);
    stage.console.send("qqqqqqqqqqpbpbpb and so on");
    stage
        .console
        .wait_text(r#"paste "qqqqqqqqqqpbpbpb and so on""#);
    assert!(stage.keys().is_empty(), "{:?}", stage.keys());
}

#[test]
fn the_terminal_is_asked_after_the_first_picture_and_its_answers_are_used() {
    let mut stage = Stage::with(160, 45, Answers::Modern, "mouse");
    stage.console.wait_text("Reply(Attributes)");
    assert!(
        stage
            .events()
            .contains(&"Reply(Background(Rgb(17, 17, 34)))".to_owned()),
        "{:?}",
        stage.events()
    );
    let raw = stage.console.received();
    let place = |bytes: &[u8]| raw.windows(bytes.len()).position(|w| w == bytes);
    assert!(
        place(b"play 160x45") < place(b"\x1b[c"),
        "asked before anything was shown"
    );
    stage.console.send("f");
    stage.console.wait_text("key f");
    stage
        .console
        .wait_bytes("a synchronized frame", b"\x1b[?2026h");
    stage.console.send("f");
    // Kitty's way to say escape, q with a released key before it, and a click.
    stage.console.send("\x1b[<0;3;4M\x1b[27u\x1b[106;1:3u");
    stage.wait_event("key esc");
    assert!(
        stage
            .events()
            .iter()
            .any(|e| e.starts_with("Mouse(") && e.contains("column: 2, row: 3"))
    );
    stage.console.send("q");
    assert_eq!(stage.console.exit_code(), 0);
    assert_eq!(stage.console.count(b"\x1b[>1u"), 1);
    stage.console.assert_restored();
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut stage = Stage::ready(80, 24);
    stage.console.send("p");
    assert_eq!(stage.console.exit_code(), 101);
    stage.console.assert_restored();
    let raw = String::from_utf8_lossy(&stage.console.received()).into_owned();
    assert!(
        raw.find("\u{1b}[?1049l") < raw.find("the loop broke"),
        "{raw}"
    );
}

#[test]
fn a_panic_elsewhere_keeps_the_picture_and_is_told_at_the_end() {
    let mut stage = Stage::ready(80, 24);
    stage.console.send("b");
    stage.console.wait_text("task ended");
    assert!(
        stage
            .console
            .look(|s| s.alternate_screen() && !s.contents().contains("a task broke"))
    );
    stage.console.send("q");
    assert_eq!(stage.console.exit_code(), 0);
    stage.console.assert_restored();
    assert!(
        stage
            .console
            .look(|s| s.contents().contains("a task broke"))
    );
}

#[test]
fn signals_end_it_with_their_own_exit_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut stage = Stage::ready(80, 24);
        stage.console.signal(signal);
        assert_eq!(stage.console.exit_code(), code);
        stage.console.assert_restored();
    }
}

#[test]
fn a_closed_window_ends_it() {
    let mut stage = Stage::ready(80, 24);
    stage.console.hang_up("j");
    assert_eq!(stage.console.exit_code(), 129);
}

#[test]
fn without_a_terminal_it_names_a_headless_command() {
    let home = TempDir::new().unwrap();
    let mut dumb = play::command(&home.path().join("events"), "");
    dumb.env("TERM", "dumb");
    let mut console = Console::start(dumb, 200, 24, Answers::None);
    assert_eq!(console.exit_code(), 2);
    console.assert_restored();
    assert!(
        console.look(
            |s| s.contents().contains("TERM=dumb") && s.contents().contains("noctop ls alarms")
        )
    );

    let play = play::command(&home.path().join("events"), "");
    let line: Vec<String> = play
        .get_argv()
        .iter()
        .map(|a| format!("'{}'", a.to_str().unwrap()))
        .collect();
    let mut shell = CommandBuilder::new("sh");
    shell.args(["-c", &format!("{} | cat", line.join(" "))]);
    shell.env("NOCTOP_PLAY_LOG", home.path().join("events"));
    let mut console = Console::start(shell, 200, 24, Answers::None);
    console.exit_code();
    assert!(console.look(|s| s.contents().contains("output is not a terminal")));
}

#[test]
fn a_stalled_line_holds_back_no_key_and_the_present_follows() {
    let mut stage = Stage::ready(160, 45);
    stage.console.send("f");
    stage.console.wait_text("key f");
    stage.console.stall(true);
    // Each frame of the flood is larger than what the kernel holds for a terminal; keys still arrive at the loop.
    for key in ["x", "y", "g"] {
        stage.console.send(key);
        stage.wait_event(&format!("key {key}"));
    }
    stage.console.send("f");
    stage.console.stall(false);
    stage.console.wait_text("key g");
    stage.console.send("q");
    assert_eq!(stage.console.exit_code(), 0);
    stage.console.assert_restored();
}

#[test]
fn a_stalled_line_does_not_keep_it_alive() {
    let mut stage = Stage::ready(160, 45);
    // Each frame of the flood is larger than what the kernel holds for a terminal.
    stage.console.send("f");
    stage.console.wait_text("key f");
    stage.console.stall(true);
    stage.console.send("x");
    stage.wait_event("key x");
    stage.console.signal(Signal::TERM);
    assert_eq!(stage.console.wait_end(), 143, "it ends while nobody reads");
    stage.console.stall(false);
    stage.console.exit_code();
    stage.console.assert_restored();
}

#[test]
fn it_stops_and_continues_under_a_shell() {
    let home = TempDir::new().unwrap();
    let log = home.path().join("events");
    let play = play::command(&log, "");
    let line: Vec<String> = play
        .get_argv()
        .iter()
        .map(|a| format!("'{}'", a.to_str().unwrap()))
        .collect();
    let mut shell = CommandBuilder::new("sh");
    shell.arg("-i");
    shell.env("PS1", "shell> ");
    shell.env("NOCTOP_PLAY_LOG", &log);
    shell.env("PLAY", line.join(" "));
    let mut console = Console::start(shell, 80, 24, Answers::None);
    console.wait_text("shell>");
    console.send("eval \"$PLAY\"\r");
    console.wait("the program", |s| {
        s.alternate_screen() && s.contents().contains("play 80x24")
    });
    console.send("\x1a");
    console.wait("the shell", |s| {
        !s.alternate_screen() && !s.hide_cursor() && s.contents().ends_with("shell> ")
    });
    // While it sleeps, the terminal changes its size; nobody tells it.
    console.resize(100, 30);
    console.send("fg\r");
    console.wait("the program again, in the new size", |s| {
        s.alternate_screen() && s.contents().contains("play 100x30")
    });
    console.send("q");
    console.wait("the shell again", |s| {
        !s.alternate_screen() && s.contents().ends_with("shell> ")
    });
    console.send("exit\r");
    console.exit_code();
    let events = fs::read_to_string(&log).unwrap();
    assert!(events.contains("stopped true"), "{events}");
}

#[test]
fn it_does_not_stop_where_nobody_could_continue_it() {
    let stage = Stage::ready(80, 24);
    stage.console.send("\x1a");
    stage.wait_event("stopped false");
    stage.console.send("j");
    stage.console.wait_text("key j");
    // Stopped and continued from outside, it paints itself again.
    let painted = stage.console.count(b"\x1b[?1049h");
    stage.console.signal(Signal::STOP);
    stage.console.signal(Signal::CONT);
    stage.wait_event("Continued");
    stage.console.send("k");
    stage.console.wait_text("key k");
    assert_eq!(stage.console.count(b"\x1b[?1049h"), painted + 1);
}
