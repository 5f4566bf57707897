//! What an operator waits for: key to picture, start, and what an idle console costs.
//!
//! `cargo bench --profile measure --bench latency` runs the real program in a pseudo-terminal of 160 by 45, with the
//! simulator in a process of its own, and prints what it took; `-- quiet updates` runs only these parts. Nothing here
//! passes or fails: the figures go into `docs/performance.md`. `NOCTOP_MEASURED` names another program to measure than
//! the one it was built with, such as the shipping build in `target/release`.
//!
//! - `start`: `noctop --version`, and the first painted frame;
//! - `demo`: memory, work and bytes of the default demo, its simulator included;
//! - `idle`: work and bytes of a console that nobody touches, on a fleet where nothing happens;
//! - `memory`: resident memory with the 100,000 items of the scenario `hundred-thousand`;
//! - `quiet`: 100,000 alarms in the visible pane, sorted by three columns, filtered; 2,000 cursor keys at random
//!   moments that wait for no answer, between the keys for a child that answers the same number of bytes at once;
//! - `updates`: the same while 2,000 alarms change per second;
//! - `gesture`: the same while one gesture acknowledges 1,600 findings and writes it through to Security Hub;
//! - `look`: filters while they are typed, panes, themes and pages with 100,000 alarms, the wall, and `--low-bandwidth`;
//! - `logs`: a million lines of a log group in the viewer: keys, a filter, memory.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod echo;
mod keys;
mod look;
mod stage;
mod terminal;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keys::Keys;
use stage::{CROWD, Home, Simulator, load, memory, program, work};
use terminal::{COLUMNS, ROWS, Terminal};
use vt100::Screen;

type Trouble = Box<dyn std::error::Error>;

/// How long a fleet may take to be read for the first time.
const LOADING: Duration = Duration::from_secs(300);
/// How long an idle console is watched: what is asked every minute falls into it as often as it should.
const WATCHED: Duration = Duration::from_secs(120);
/// The rule below the tabs, with the position in the list.
const RULE: u16 = 3;

/// One measurement with a name.
type Part = fn() -> Result<(), Trouble>;

fn main() -> Result<(), Trouble> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|a| a == echo::ARGUMENT) {
        return echo::answer(&arguments);
    }
    println!("{COLUMNS}x{ROWS}, {}", load());
    // `cargo bench` adds an option of its own.
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let parts: [(&str, Part); 9] = [
        ("start", start),
        ("demo", demo),
        ("idle", idle),
        ("memory", hundred_thousand),
        ("quiet", || crowd("quiet", &[], "")),
        ("updates", || {
            let every = "[sources.cloudwatch]\nevery = \"30s\"";
            crowd("updates", &["--updates-per-second", "2000"], every)
        }),
        ("gesture", gesture),
        ("look", look::look),
        ("logs", logs),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| *w == name) {
            part()?;
        }
    }
    Ok(())
}

/// Milliseconds.
fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Prints the distribution of some times.
pub fn spread(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        times
            .get((last * percent).div_ceil(100))
            .copied()
            .map_or(0.0, ms)
    };
    println!(
        "{what:<44} p50 {:7.2} ms   p90 {:7.2}   p99 {:7.2}   most {:7.2}   of {}",
        at(50),
        at(90),
        at(99),
        at(100),
        times.len()
    );
}

fn start() -> Result<(), Trouble> {
    let mut times = Vec::new();
    for _ in 0..30 {
        let began = Instant::now();
        let status = Command::new(program())
            .arg("--version")
            .stdout(Stdio::null())
            .status()?;
        times.push(began.elapsed());
        if !status.success() {
            return Err("noctop --version failed".into());
        }
    }
    spread("noctop --version, start to end", &mut times);
    let sim = Simulator::start("everyday", &[])?;
    let home = Home::facing(&sim, "")?;
    for (what, arguments) in [("a fleet", &[][..]), ("--demo", &["--demo"][..])] {
        let mut times = Vec::new();
        for _ in 0..15 {
            let demo = Home::empty()?;
            let home = if arguments.is_empty() { &home } else { &demo };
            let mut terminal = Terminal::start(home.noctop(arguments))?;
            let at = terminal.wait("the first frame", LOADING, |screen| {
                screen
                    .rows(0, COLUMNS)
                    .next()
                    .is_some_and(|l| l.contains("noctop"))
            })?;
            times.push(at.duration_since(terminal.began));
        }
        spread(&format!("first painted frame, {what}"), &mut times);
    }
    Ok(())
}

/// Watches a console that nobody touches.
fn watch(what: &str, terminal: &mut Terminal) -> Result<(), Trouble> {
    let pid = terminal.pid();
    let before = work(pid);
    let began = Instant::now();
    let bytes = terminal.idle(WATCHED)?;
    let seconds = began.elapsed().as_secs_f64();
    let busy = Duration::from_nanos(work(pid) - before).as_secs_f64();
    println!(
        "{what:<44} work {:.2} %   {:.0} bytes/s   {:.1} MiB resident, {:.1} at most",
        busy / seconds * 100.0,
        f64::from(u32::try_from(bytes)?) / seconds,
        memory(pid, "VmRSS"),
        memory(pid, "VmHWM"),
    );
    Ok(())
}

fn demo() -> Result<(), Trouble> {
    let home = Home::empty()?;
    let mut terminal = Terminal::start(home.noctop(&["--demo"]))?;
    let at = terminal.wait("the whole demo", LOADING, is_loaded)?;
    let took = at.duration_since(terminal.began).as_secs_f64();
    println!("demo, everything read after                  {took:.2} s");
    terminal.idle(Duration::from_secs(5))?;
    watch("demo, simulator included", &mut terminal)
}

fn idle() -> Result<(), Trouble> {
    let sim = Simulator::start("quiet-night", &[])?;
    let home = Home::facing(&sim, "")?;
    let mut terminal = Terminal::start(home.noctop(&[]))?;
    terminal.wait("the whole fleet", LOADING, is_loaded)?;
    terminal.idle(Duration::from_secs(5))?;
    watch("idle, a quiet night, polling included", &mut terminal)
}

fn hundred_thousand() -> Result<(), Trouble> {
    let sim = Simulator::start("hundred-thousand", &[])?;
    let home = Home::facing(&sim, "")?;
    let mut terminal = Terminal::start(home.noctop(&[]))?;
    let at = terminal.wait("the whole fleet", LOADING, is_loaded)?;
    let took = at.duration_since(terminal.began).as_secs_f64();
    println!("hundred-thousand, everything read after      {took:.2} s");
    terminal.idle(Duration::from_secs(5))?;
    watch("100,000 items and what belongs to them", &mut terminal)
}

/// Whether every feed has answered once.
fn is_loaded(screen: &Screen) -> bool {
    let head = screen.rows(0, COLUMNS).next().unwrap_or_default();
    head.contains("FEEDS") && head.contains("fresh") && !head.contains("loading")
}

/// The position in the list and its length.
pub fn position(screen: &Screen) -> Option<(usize, usize)> {
    let rule = screen.rows(0, COLUMNS).nth(usize::from(RULE))?;
    rule.split_whitespace().find_map(|word| {
        let (at, of) = word.split_once('/')?;
        Some((at.parse().ok()?, of.parse().ok()?))
    })
}

/// How many items stopped asking for attention since the start.
fn gone(screen: &Screen) -> Option<f64> {
    let counts = screen.rows(0, COLUMNS).nth(1)?;
    let word = counts
        .split_whitespace()
        .find_map(|w| w.strip_prefix('✓'))?;
    word.parse().ok()
}

/// Keys on a hundred thousand alarms.
fn crowd(name: &str, options: &[&str], config: &str) -> Result<(), Trouble> {
    let sim = Simulator::start(CROWD, options)?;
    // The other sources have nothing to do with a pane of alarms but that they make the start longer.
    let others = without(&[
        "guardduty",
        "securityhub",
        "opsitems",
        "windows",
        "patches",
        "backup",
    ]);
    let home = Home::facing(&sim, &format!("{others}{config}"))?;
    let mut terminal = Terminal::start(home.noctop(&["--command", "alarms"]))?;
    terminal.wait("the whole fleet", LOADING, is_loaded)?;
    arrange(&mut terminal, "/sev:>=info -gremlin\r", 100_000)?;
    terminal.idle(Duration::from_secs(10))?;
    let shown = position(terminal.screen()).map_or(0, |(_, of)| of);
    println!("\n{name}: {shown} rows, {}", load());

    let bytes = keys::bytes_per_move(&mut terminal)?;
    println!(
        "bytes per cursor move, details closed        most frequent {}, most {}",
        bytes.usual, bytes.most
    );
    measure(&sim, &mut terminal, bytes.usual)
}

/// The configuration that switches sources off.
fn without(sources: &[&str]) -> String {
    sources
        .iter()
        .map(|source| format!("[sources.{source}]\nenabled = false\n"))
        .collect()
}

/// Puts the pane in an order by three columns and filters it; the cursor is on the first of at least so many rows.
fn arrange(terminal: &mut Terminal, filter: &str, rows: usize) -> Result<(), Trouble> {
    // Every item is a line: what is folded moves the lines below it, and a key could not be told from an update.
    terminal.type_in("=")?;
    // The last column chosen is the first of the order: region, account, name.
    for column in ["name", "account", "reg"] {
        terminal.type_in(&format!("s{column}\r"))?;
        terminal.wait("another order", LOADING, |screen| {
            let rule = screen.rows(0, COLUMNS).nth(usize::from(RULE));
            rule.is_some_and(|rule| rule.contains(&format!(" {column}")))
        })?;
    }
    // Every row is looked through for a word that none has.
    terminal.type_in(filter)?;
    terminal.wait("the filter", LOADING, |screen| {
        let rule = screen.rows(0, COLUMNS).nth(usize::from(RULE));
        rule.is_some_and(|rule| rule.contains("-gremlin"))
            && position(screen).is_some_and(|(_, of)| of >= rows)
    })?;
    terminal.type_in("gg")?;
    terminal.wait("the first row", LOADING, |s| {
        position(s).is_some_and(|(at, _)| at == 1)
    })?;
    Ok(())
}

/// Keys while one gesture writes to Security Hub: every call takes so long that the last is answered after the keys.
fn gesture() -> Result<(), Trouble> {
    let slow =
        "[[fault]]\nkind = \"latency\"\noperation = \"BatchUpdateFindings\"\ndelay = \"1300ms\"\n";
    let sim = Simulator::start(&format!("{CROWD}{slow}"), &[])?;
    let others = without(&["guardduty", "opsitems", "windows", "patches", "backup"]);
    let home = Home::facing(&sim, &others)?;
    let console = home.noctop(&["--write", "--command", "findings"]);
    let mut terminal = Terminal::start(console)?;
    terminal.wait("the whole fleet", LOADING, is_loaded)?;
    arrange(&mut terminal, "/source:securityhub -gremlin\r", 1_000)?;
    terminal.idle(Duration::from_secs(10))?;
    let shown = position(terminal.screen()).map_or(0, |(_, of)| of);
    println!("\ngesture: {shown} rows, {}", load());
    let bytes = keys::bytes_per_move(&mut terminal)?;
    terminal.type_in("gg")?;
    let says = |words: &'static str| move |screen: &Screen| screen.contents().contains(words);
    let mut took = |what: &str, key: &[u8], words: &'static str| -> Result<(), Trouble> {
        let at = terminal.press(key)?;
        let seen = terminal.wait(what, LOADING, says(words))?;
        println!("{what:<44} {:.2} ms", ms(seen.duration_since(at)));
        terminal.idle(Duration::from_secs(1)).map(drop)
    };
    took("every row is marked", b"*", "marked")?;
    took("the dialog", b"e", "Acknowledge")?;
    terminal.type_in("\t\t\t")?;
    terminal.press(b"\x1b[C")?;
    terminal.idle(Duration::from_secs(1))?;
    let at = terminal.press(b"\r")?;
    let closed = terminal.wait("the list again", LOADING, |s| !says("Acknowledge")(s))?;
    let what = "confirmed, and the list again";
    println!("{what:<44} {:.2} ms", ms(closed.duration_since(at)));
    measure(&sim, &mut terminal, bytes.usual)?;
    let last = terminal.screen().rows(0, COLUMNS).last();
    println!("what it says at the end: {}", last.unwrap_or_default());
    Ok(())
}

/// A log group into which a million lines were written.
const FLOOD: &str = r#"
title = "A million lines"
seed = 61
regions = ["eu-west-1"]
[[role]]
name = "*"
[[account]]
id = "111111111111"
name = "web"
[alarms]
per_cell = 0
composites = 0
[patches]
per_cell = 0
[logs]
workloads = false
[[logs.group]]
name = "/flood"
writes = "access"
rate = 0.0
[[logs.burst]]
group = "/flood"
before = "30m"
lasts = "20m"
events = 1000000
"#;

/// Keys, filters and memory with a million lines in the log viewer.
fn logs() -> Result<(), Trouble> {
    let sim = Simulator::start(FLOOD, &[])?;
    let home = Home::facing(&sim, "")?;
    let mut terminal = Terminal::start(home.noctop(&["--command", "tail /flood 2h"]))?;
    terminal.wait("the fleet", LOADING, is_loaded)?;
    let pid = terminal.pid();
    let empty = memory(pid, "VmRSS");
    let began = Instant::now();
    let all = |screen: &Screen| position(screen).is_some_and(|(_, of)| of >= 1_000_000);
    let there = terminal.wait("a million lines", LOADING, all)?;
    println!(
        "\nlogs: a million lines read after               {:.1} s",
        there.duration_since(began).as_secs_f64()
    );
    terminal.type_in("gg")?;
    terminal.idle(Duration::from_secs(5))?;
    println!(
        "memory                                       {:.1} MiB resident, {empty:.1} before",
        memory(pid, "VmRSS")
    );
    for (what, typed) in [
        ("a literal", "/ 503 "),
        ("a regular expression", "//v1/orders/[0-9]+ .* 50[0-9]/"),
    ] {
        terminal.type_in(typed)?;
        terminal.type_in("\r")?;
        terminal.idle(Duration::from_secs(2))?;
        let at = terminal.press(b"&")?;
        let first = terminal.wait("fewer lines", LOADING, |s| {
            position(s).is_some_and(|(_, of)| of < 1_000_000)
        })?;
        let mut last = (first, position(terminal.screen()));
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            terminal.idle(Duration::from_millis(1))?;
            let now = position(terminal.screen());
            if now != last.1 {
                last = (Instant::now(), now);
            }
        }
        println!(
            "{what:<44} first lines {:.1} ms, all {:.1} ms, {} lines",
            ms(first.duration_since(at)),
            ms(last.0.duration_since(at)),
            last.1.map_or(0, |(_, of)| of)
        );
        terminal.press(b"&")?;
        terminal.idle(Duration::from_secs(1))?;
        terminal.type_in("gg")?;
    }
    let bytes = keys::bytes_per_move(&mut terminal)?;
    terminal.type_in("gg")?;
    measure(&sim, &mut terminal, bytes.usual)
}

/// Presses the keys and prints what they took and what it cost.
fn measure(sim: &Simulator, terminal: &mut Terminal, bytes: usize) -> Result<(), Trouble> {
    let pid = terminal.pid();
    let before = (gone(terminal.screen()), work(pid), work(sim.pid()));
    let began = Instant::now();
    let Keys {
        mut noctop,
        mut echo,
        unseen,
    } = keys::run(terminal, bytes)?;
    let seconds = began.elapsed().as_secs_f64();
    spread("key to the last byte of its frame", &mut noctop);
    spread("echo of as many bytes, in between", &mut echo);
    if unseen > 0 {
        println!("{unseen} keys were never seen on the screen");
    }
    let busy =
        |now: u64, before: u64| Duration::from_nanos(now - before).as_secs_f64() / seconds * 100.0;
    println!(
        "work meanwhile                               noctop {:.1} %, simulator {:.1} %",
        busy(work(pid), before.1),
        busy(work(sim.pid()), before.2)
    );
    if let (Some(first), Some(last)) = (before.0, gone(terminal.screen())) {
        println!(
            "alarms that cleared meanwhile                {:.0} per second",
            (last - first) / seconds
        );
    }
    println!(
        "memory                                       {:.1} MiB resident, {:.1} at most",
        memory(pid, "VmRSS"),
        memory(pid, "VmHWM")
    );
    Ok(())
}
