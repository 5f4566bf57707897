//! The small program that runs inside the pseudo-terminal: it shows what happens to it.
//!
//! The test binary starts itself again with this as its only test, so that no second program has to be built.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::exit;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use noctop::keymap::{Key, Mods};
use noctop::runtime::pace::{Bandwidth, Pace};
use noctop::runtime::terminal::{Options, TermEvent, Terminal};
use portable_pty::CommandBuilder;
use ratatui::Frame;
use ratatui::style::{Color, Stylize};
use ratatui::text::Line;

const LOG: &str = "NOCTOP_PLAY_LOG";
const OPTIONS: &str = "NOCTOP_PLAY_OPTIONS";

/// The command that plays. `log` gets a line per event, be it a file or a socket; with `mouse` in `options` the mouse is captured.
pub fn command(log: &Path, options: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "play::play",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
        "--quiet",
    ]);
    command.env(LOG, log);
    command.env(OPTIONS, options);
    command
}

#[derive(Default)]
struct Play {
    events: VecDeque<String>,
    count: usize,
    flood: bool,
    line: Option<u16>,
}

impl Play {
    fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_line(
            0,
            0,
            &Line::from(format!(
                "play {}x{} events {}",
                area.width, area.height, self.count
            ))
            .bold(),
            area.width,
        );
        for (y, event) in (1..area.height).zip(&self.events) {
            frame
                .buffer_mut()
                .set_line(0, y, &Line::from(event.as_str()), area.width);
        }
        if self.flood {
            for y in 8..area.height {
                for x in 0..area.width {
                    let n = usize::from(x) * 7 + usize::from(y) * 13 + self.count * 31;
                    let cell = &mut frame.buffer_mut()[(x, y)];
                    cell.set_char(char::from(b'a' + u8::try_from(n % 26).unwrap()));
                    cell.set_fg(Color::Rgb(u8::try_from(n % 251).unwrap(), 9, 99));
                }
            }
        }
        if let Some(x) = self.line {
            frame.set_cursor_position((x, 0));
        }
    }
}

/// Where events are noted: with whoever listens there, otherwise in a file.
fn notebook(place: &Path) -> Box<dyn Write> {
    match UnixStream::connect(place) {
        Ok(listener) => Box::new(listener),
        Err(_) => Box::new(
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(place)
                .unwrap(),
        ),
    }
}

#[test]
#[ignore = "it is the program that the other tests run"]
fn play() {
    let Some(log) = std::env::var_os(LOG) else {
        return;
    };
    let options = std::env::var(OPTIONS).unwrap_or_default();
    let mut log = notebook(log.as_ref());
    let (sender, events) = mpsc::channel();
    let options = Options {
        mouse: options.contains("mouse"),
        title: Some("play".to_owned()),
        ..Options::default()
    };
    let mut terminal = match Terminal::enter(options, move |event| drop(sender.send(event))) {
        Ok(terminal) => terminal,
        Err(refusal) => {
            println!("{refusal}");
            exit(2);
        }
    };
    writeln!(log, "pid {}", std::process::id()).unwrap();
    let epoch = Instant::now();
    let mut pace = Pace::new(Bandwidth::Full);
    let mut play = Play::default();
    pace.key(epoch.elapsed());
    loop {
        let now = epoch.elapsed();
        if pace.is_due(now)
            && let Some(stats) = terminal.draw(|frame| {
                play.draw(frame);
                Vec::new()
            })
        {
            pace.drawn(now, stats.bytes);
            if let Some(drain) = terminal.drained() {
                pace.drained(drain.bytes, drain.took);
            }
        }
        if play.flood {
            play.count += 1;
            pace.data(epoch.elapsed());
        }
        // A frame that is owed but cannot be drawn is announced by an event.
        let wait = match pace.next_draw() {
            Some(due) if due > epoch.elapsed() => due - epoch.elapsed(),
            Some(_) if play.flood => Duration::from_millis(5),
            _ => Duration::from_secs(3600),
        };
        let Ok(event) = events.recv_timeout(wait) else {
            continue;
        };
        let words = match &event {
            TermEvent::Key(chord) => format!("key {chord}"),
            TermEvent::Paste(paste) => format!("paste {:?}", paste.text),
            TermEvent::Idle => {
                continue;
            }
            other => format!("{other:?}"),
        };
        writeln!(log, "{words}").unwrap();
        play.events.push_front(words);
        play.events.truncate(7);
        play.count += 1;
        pace.key(epoch.elapsed());
        match event {
            TermEvent::Resize(columns, rows) => terminal.resize(columns, rows),
            TermEvent::Signal(noctop::runtime::terminal::Signal::Stop) => {
                terminal.suspend();
            }
            TermEvent::Continued => terminal.resume(),
            TermEvent::Signal(signal) => {
                drop(terminal);
                exit(signal.exit_code().into());
            }
            TermEvent::Closed(_) => {
                drop(terminal);
                exit(129);
            }
            TermEvent::Key(chord) => match (chord.key(), chord.mods()) {
                (Key::Char('q'), Mods::NONE) => {
                    terminal.leave();
                    exit(0);
                }
                (Key::Char('z'), Mods::CTRL) => {
                    let stopped = terminal.suspend();
                    writeln!(log, "stopped {stopped}").unwrap();
                }
                (Key::Char('p'), Mods::NONE) => panic!("the loop broke"),
                (Key::Char('b'), Mods::NONE) => {
                    let _ = thread::spawn(|| panic!("a task broke")).join();
                    play.events.push_front("task ended".to_owned());
                }
                (Key::Char('f'), Mods::NONE) => play.flood = !play.flood,
                (Key::Char('i'), Mods::NONE) => play.line = Some(play.line.map_or(0, |x| x + 1)),
                (Key::Char('r'), Mods::NONE) => terminal.ring(),
                _ => {}
            },
            _ => {}
        }
    }
}
