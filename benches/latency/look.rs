//! Looking at a hundred thousand rows: filters while they are typed, panes, themes, pages, and what a slow line gets.

use std::thread;
use std::time::{Duration, Instant};

use vt100::Screen;

use crate::stage::{CROWD, Home, Simulator, load, memory};
use crate::terminal::{COLUMNS, ROWS, Terminal};
use crate::{LOADING, RULE, Trouble, is_loaded, keys, position, spread, watch, without};

/// The lines of the list.
const LIST: std::ops::Range<u16> = 5..ROWS - 1;
/// Words that are in the names of some alarms: frequent, rare, and longer.
const WORDS: [&str; 6] = ["db-", "queue", "ledger", "disk", "5xx", "invoices-"];
/// How often the words are typed, panes changed, themes shown, pages turned.
const ROUNDS: usize = 8;
/// After this long everything that a key brings has come.
const SETTLED: Duration = Duration::from_millis(350);

/// The part of the list's lines that hold this text, in percent; 100 where there is no line.
fn filled_with(screen: &Screen, text: &str) -> usize {
    let lines: Vec<String> = screen
        .rows(0, COLUMNS)
        .skip(usize::from(LIST.start))
        .take(LIST.len())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let with = lines.iter().filter(|line| line.contains(text)).count();
    (with * 100).checked_div(lines.len()).unwrap_or(100)
}

/// When a keystroke of a filter had filled the screen, and when its last row was counted.
struct Filtered {
    screenful: Duration,
    whole: Duration,
}

fn keystroke(terminal: &mut Terminal, key: &[u8], text: &str) -> Result<Filtered, Trouble> {
    let at = terminal.press(key)?;
    thread::sleep(SETTLED);
    let (mut screenful, mut whole) = (None, Duration::ZERO);
    let mut total = None;
    terminal.replay(|piece, screen| {
        let took = piece.at.duration_since(at);
        // A name may be cut in the middle of the word.
        if screenful.is_none() && filled_with(screen, text) >= 90 {
            screenful = Some(took);
        }
        let now = position(screen).map(|(_, of)| of);
        if now != total {
            (total, whole) = (now, took);
        }
    })?;
    // Where the rows shown before all had the word, nothing had to be drawn.
    Ok(Filtered {
        screenful: screenful.unwrap_or_default(),
        whole,
    })
}

/// See the bench's own description.
pub fn look() -> Result<(), Trouble> {
    let sim = Simulator::start(CROWD, &[])?;
    let home = Home::facing(&sim, "")?;
    let mut terminal = Terminal::start(home.noctop(&["--command", "alarms"]))?;
    terminal.wait("the whole fleet", LOADING, is_loaded)?;
    terminal.type_in("=")?;
    terminal.idle(Duration::from_secs(10))?;
    let shown = position(terminal.screen()).map_or(0, |(_, of)| of);
    println!("\nlook: {shown} rows, {}", load());
    filters(&mut terminal)?;
    panes(&mut terminal)?;
    themes(&mut terminal)?;
    pages("a page of the list", &mut terminal)?;
    println!(
        "memory with all of it                        {:.1} MiB, {:.1} at most",
        memory(terminal.pid(), "VmRSS"),
        memory(terminal.pid(), "VmHWM")
    );
    drop(terminal);
    wall(&home)?;
    sparing()
}

fn filters(terminal: &mut Terminal) -> Result<(), Trouble> {
    let (mut screenfuls, mut wholes) = (Vec::new(), Vec::new());
    for word in WORDS.iter().cycle().take(WORDS.len() * ROUNDS / 2) {
        terminal.type_in("/")?;
        for end in 1..=word.len() {
            let (typed, key) = (&word[..end], &word[end - 1..end]);
            let took = keystroke(terminal, key.as_bytes(), typed)?;
            screenfuls.push(took.screenful);
            wholes.push(took.whole);
        }
        // Escape takes the whole filter back.
        terminal.press(b"\x1b[27u")?;
        terminal.idle(SETTLED)?;
    }
    spread("filter key to the first screenful", &mut screenfuls);
    spread("filter key to the last row counted", &mut wholes);
    Ok(())
}

/// The time from a key to the last byte of the frame that shows this.
fn shows(terminal: &mut Terminal, key: &[u8], sign: &str) -> Result<Duration, Trouble> {
    let at = terminal.press(key)?;
    let there = terminal.wait(sign, LOADING, |screen| {
        let rule = screen.rows(0, COLUMNS).nth(usize::from(RULE));
        rule.is_some_and(|rule| rule.contains(sign))
    })?;
    terminal.idle(SETTLED)?;
    Ok(there.duration_since(at))
}

fn panes(terminal: &mut Terminal) -> Result<(), Trouble> {
    let mut first = Vec::new();
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        for (key, sign) in [
            ("1", "─ Queue"),
            ("3", "─ Findings"),
            ("9", "─ Feeds"),
            ("2", "─ Alarms"),
        ] {
            let took = shows(terminal, key.as_bytes(), sign)?;
            // A pane that was never shown sorts its rows first.
            if round == 0 { &mut first } else { &mut times }.push(took);
        }
    }
    spread("to another pane, for the first time", &mut first);
    spread("to another pane, shown before", &mut times);
    let mut maps = Vec::new();
    for _ in 0..ROUNDS {
        terminal.press(b"g")?;
        terminal.idle(SETTLED)?;
        maps.push(shows(terminal, b"o", "─ Overview")?);
        shows(terminal, b"2", "─ Alarms")?;
    }
    spread("to the map of accounts and regions", &mut maps);
    Ok(())
}

fn themes(terminal: &mut Terminal) -> Result<(), Trouble> {
    terminal.type_in("gt")?;
    terminal.idle(SETTLED)?;
    let mut times = Vec::new();
    for n in 0..4 * ROUNDS {
        let key: &[u8] = if n / 5 % 2 == 0 { b"\x1b[B" } else { b"\x1b[A" };
        let at = terminal.press(key)?;
        thread::sleep(SETTLED);
        let mut last: Option<Instant> = None;
        terminal.replay(|piece, _| {
            // What comes later than a frame is the clock.
            if last.is_none_or(|last| piece.at.duration_since(last) < Duration::from_millis(2)) {
                last = Some(piece.at);
            }
        })?;
        times.extend(last.map(|last| last.duration_since(at)));
    }
    terminal.press(b"\x1b[27u")?;
    terminal.idle(SETTLED)?;
    spread("another theme, the whole screen", &mut times);
    Ok(())
}

/// Bytes of a cursor move and of a page.
fn pages(what: &str, terminal: &mut Terminal) -> Result<(), Trouble> {
    let moved = keys::bytes_per_move(terminal)?;
    let mut sizes = Vec::new();
    for n in 0..2 * ROUNDS {
        let key: &[u8] = if n < ROUNDS { b"\x1b[6~" } else { b"\x1b[5~" };
        terminal.press(key)?;
        sizes.push(terminal.idle(SETTLED)?);
    }
    sizes.sort_unstable();
    println!(
        "{what:<44} cursor move {} bytes, most {}; page {} bytes, most {}",
        moved.usual,
        moved.most,
        sizes[sizes.len() / 2],
        sizes.last().copied().unwrap_or(0)
    );
    Ok(())
}

/// The wall with a hundred thousand alarms.
fn wall(home: &Home) -> Result<(), Trouble> {
    let mut terminal = Terminal::start(home.noctop(&["wall"]))?;
    terminal.wait("the whole fleet", LOADING, |screen| {
        let text = screen.contents();
        text.contains("fresh") && !text.contains("loading")
    })?;
    terminal.idle(Duration::from_secs(10))?;
    watch(
        "the wall with 100,000 alarms, polling included",
        &mut terminal,
    )
}

/// What `--low-bandwidth` saves.
fn sparing() -> Result<(), Trouble> {
    let sim = Simulator::start("quiet-night", &[])?;
    let home = Home::facing(&sim, &without(&[]))?;
    for arguments in [
        &["--command", "alarms"][..],
        &["--low-bandwidth", "--command", "alarms"],
    ] {
        let mut terminal = Terminal::start(home.noctop(arguments))?;
        terminal.wait("the whole fleet", LOADING, is_loaded)?;
        terminal.idle(Duration::from_secs(5))?;
        let what = arguments.first().copied().unwrap_or_default();
        pages(&format!("{what}: a quiet night"), &mut terminal)?;
        watch(&format!("{what}: nobody touches it"), &mut terminal)?;
    }
    Ok(())
}
