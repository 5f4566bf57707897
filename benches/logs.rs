//! What a million log lines cost: memory, taking them in, filtering, searching, leafing.
//!
//! `cargo bench --profile measure --bench logs` prints one figure per line. Nothing here passes or fails: the figures go
//! into `docs/performance.md`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use noctop::clock::Timestamp;
use noctop::logs::field::Condition;
use noctop::logs::histogram::Histogram;
use noctop::logs::sieve::Pattern;
use noctop::logs::view::{Direction, Progress};
use noctop::logs::{Buffer, Event, Level, Limit, Merge, OriginId, Seen, Sieve, View};

const LINES: usize = 1_000_000;
/// What a viewer gives a view between two keys, in bytes.
const SLICE: usize = 256 * 1024;

#[expect(clippy::print_stdout, reason = "a bench is for printing")]
fn say(what: &str, figure: &str) {
    println!("{what:<66} {figure}");
}

/// Resident memory in bytes, where the system tells.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|n| n.parse().ok());
    pages.unwrap_or(0_usize) * 4096
}

/// A line as applications write them: every third JSON, one in fifty grave.
fn line(n: usize, into: &mut String) {
    into.clear();
    let level = if n.is_multiple_of(50) {
        "ERROR"
    } else {
        "INFO"
    };
    let _ = match n % 3 {
        0 => write!(
            into,
            r#"{{"time":"2026-11-21T03:{:02}:{:02}Z","level":"{level}","msg":"payment settled","order":"{n:08}","status":{},"ms":{}}}"#,
            n / 60 % 60,
            n % 60,
            if n.is_multiple_of(1_000) { 503 } else { 200 },
            n % 977
        ),
        1 => write!(
            into,
            "2026-11-21T03:{:02}:{:02}.123Z {level} [worker-{}] com.example.pay.Settlement - order {n:08} settled in {} ms",
            n / 60 % 60,
            n % 60,
            n % 16,
            n % 977
        ),
        _ => write!(
            into,
            "10.0.{}.{} - - [21/Nov/2026:03:00:00 +0000] \"GET /api/orders/{n:08} HTTP/1.1\" 200 {} \"-\" \"Mozilla/5.0\"",
            n % 256,
            n % 199,
            n % 9_999
        ),
    };
}

fn at(n: usize) -> Timestamp {
    Timestamp::from_millis(1_795_230_000_000 + n as i64)
}

fn only(pattern: Pattern) -> Sieve {
    let mut sieve = Sieve::default();
    sieve.include(pattern);
    sieve
}

/// Works a view out to its end: the first step, the total, the longest step, how many lines it shows.
fn work(view: &mut View, buffer: &Buffer) -> (Duration, Duration, Duration, usize) {
    let (mut first, mut total, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    loop {
        let start = Instant::now();
        let progress = view.step(buffer, None, &mut { SLICE });
        let took = start.elapsed();
        if total.is_zero() {
            first = took;
        }
        total += took;
        longest = longest.max(took);
        if progress == Progress::Done {
            return (first, total, longest, view.len(buffer));
        }
    }
}

fn filters(buffer: &Buffer) {
    let cases: [(&str, Sieve); 7] = [
        (
            "literal, one line in 1,000,000: 00999997",
            only(Pattern::text("00999997")),
        ),
        (
            "literal, exact, every third: Settlement",
            only(Pattern::text("Settlement")),
        ),
        (
            "literal, case not counted: payment settled",
            only(Pattern::text("payment settled")),
        ),
        (
            "regex with a literal in it: settled in 97\\d ms",
            only(Pattern::regex(r"settled in 97\d ms").unwrap_or_else(|_| Pattern::text(""))),
        ),
        (
            "regex without one: \\d{3}-\\d{4}",
            only(Pattern::regex(r"\d{3}-\d{4}").unwrap_or_else(|_| Pattern::text(""))),
        ),
        ("JSON field: status>=500", {
            let mut sieve = Sieve::default();
            if let Ok(condition) = Condition::parse("status>=500") {
                sieve.field(condition);
            }
            sieve
        }),
        ("level: at least error", {
            let mut sieve = Sieve::default();
            sieve.at_least(Level::Error);
            sieve
        }),
    ];
    for (what, sieve) in cases {
        let mut view = View::new(sieve, false);
        let (first, total, longest, shown) = work(&mut view, buffer);
        say(
            what,
            &format!(
                "{total:>9.2?} (first step {first:.2?}, longest {longest:.2?}), {shown} lines"
            ),
        );
    }
}

fn main() {
    let mut text = String::new();
    let mut raw = 0;
    for n in 0..LINES {
        line(n, &mut text);
        raw += text.len();
    }
    say(
        "raw text of 1,000,000 lines",
        &format!("{:.1} MB", raw as f64 / 1e6),
    );

    let before = resident();
    let mut buffer = Buffer::new(Limit {
        lines: LINES,
        bytes: usize::MAX,
    });
    let mut took = Duration::ZERO;
    for n in 0..LINES {
        line(n, &mut text);
        let start = Instant::now();
        buffer.push(at(n), OriginId((n % 20) as u32), text.as_bytes());
        took += start.elapsed();
    }
    say(
        "taking them in, levels read",
        &format!(
            "{took:.0?}: {:.0} ns a line",
            took.as_nanos() as f64 / LINES as f64
        ),
    );
    let held = resident() - before;
    say(
        "memory that the system counts",
        &format!(
            "{:.1} MB: {:.2} x the raw text",
            held as f64 / 1e6,
            held as f64 / raw as f64
        ),
    );
    say(
        "memory that the buffer counts",
        &format!("{:.1} MB", buffer.held() as f64 / 1e6),
    );

    filters(&buffer);
    let view = View::default();
    let start = Instant::now();
    for n in 0..1_000 {
        black_box(view.get(&buffer, n * 997));
    }
    say(
        "going to any line",
        &format!("{:.2?} each", start.elapsed() / 1_000),
    );
    let from = view.get(&buffer, 0).map(|line| line.key);
    if let Some(from) = from {
        let start = Instant::now();
        let wanted = Pattern::text("00999997");
        black_box(view.seek(
            &buffer,
            from,
            Direction::On,
            |line| wanted.is_in(line.text),
            &mut { usize::MAX },
        ));
        say(
            "searching from the first line to the last",
            &format!("{:.2?}", start.elapsed()),
        );
    }
    let start = Instant::now();
    let mut histogram = Histogram::new(120);
    for line in buffer.iter() {
        histogram.count(line.key.at, line.level);
    }
    say("histogram of all", &format!("{:.2?}", start.elapsed()));

    let events = (0..200_000).map(|n| {
        line(n, &mut text);
        Event {
            at: at(n),
            ingested: at(n + 5),
            origin: OriginId((n % 20) as u32),
            id: Some(format!("{n:056}").into()),
            text: text.clone(),
        }
    });
    let events: Vec<Event> = events.collect();
    let start = Instant::now();
    let mut seen = Seen::default();
    let mut merge = Merge::new(Duration::from_secs(2));
    for event in events {
        if seen.is_new(&event, noctop::logs::seen::Brought::Polled) {
            merge.push(event.at, event, at(0));
        }
    }
    let out = merge.rest();
    let took = start.elapsed();
    say(
        "burst of 200,000: not twice, and in order",
        &format!(
            "{took:.2?}: {:.1} million a second",
            out.len() as f64 / took.as_secs_f64() / 1e6
        ),
    );
}
