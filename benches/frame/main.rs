//! What a frame costs with a hundred thousand alarms in the visible pane: drawing, encoding, settling, filtering.
//!
//! `cargo bench --profile measure --bench frame` prints processor time of this thread, one figure per line. Nothing
//! here passes or fails: the figures go into `docs/performance.md`. Sorting alone is measured by the bench `store`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../crowd/mod.rs"]
mod crowd;
mod instructions;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use crowd::{ITEMS, SCOPES, alarm, batch, cpu, end, now, pages, words};
use noctop::app::{self, Msg, Settled};
use noctop::domain::{Account, Batch, Body, Policy, Record, Roster};
use noctop::keymap::{self, Chord, Keymap};
use noctop::model::{Model, Session};
use noctop::runtime::terminal::{Encoder, Ink};
use noctop::store::{Settings, Store};
use noctop::theme::{Depth, Theme};
use noctop::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The size of the large screen.
const SIZE: (u16, u16) = (200, 60);
const ROUNDS: usize = 400;

/// A console with everything that its loop has, but for threads.
struct Desk {
    model: Model,
    encoder: Encoder,
    buffer: Buffer,
    out: Vec<u8>,
}

/// What the parts of a frame took.
#[derive(Default)]
struct Parts {
    update: Vec<Duration>,
    settle: Vec<Duration>,
    draw: Vec<Duration>,
    encode: Vec<Duration>,
    bytes: usize,
}

impl Desk {
    fn new(words: &crowd::Words, items: usize) -> Self {
        let mut store = Store::new(Settings::default());
        let accounts = (0..SCOPES).step_by(4).map(|n| Account {
            id: crowd::scope(n).account,
            name: Arc::from(format!("team-{:03}-prod", n / 4)),
            tags: [("env".to_owned(), "prod".to_owned())].into(),
            policy: Policy::ReadOnly,
            regions: (n..n + 4).map(|n| crowd::scope(n).region).collect(),
        });
        store.set_roster(Arc::new(Roster::new(accounts)), now());
        for n in 0..SCOPES {
            let bodies = std::iter::once(Body::Begin)
                .chain(pages(words, n, 0, items).into_iter().map(Body::Page))
                .chain([end()]);
            for body in bodies {
                store.apply(batch(n, 1, body));
            }
        }
        let session = Session {
            fleet: Arc::from("bench"),
            operator: Arc::from("ana"),
            demo: false,
            read_only: true,
            ascii: false,
            links: false,
            portal: None,
            sparing: false,
            zone: jiff::tz::TimeZone::UTC,
        };
        let keymap = Keymap::shipped_default();
        let theme = Theme::shipped_default(Depth::Ansi16);
        let mut model = Model::new(store, session, theme, keymap, now());
        model.size = SIZE;
        Self {
            model,
            encoder: Encoder::new(Ink::Colours),
            buffer: Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1)),
            out: Vec::new(),
        }
    }

    fn press(&mut self, chord: Chord) {
        let _ = app::update(&mut self.model, now(), Msg::Pressed(chord));
    }

    fn press_all(&mut self, keys: &str) {
        for chord in keymap::parse_sequence(keys).unwrap_or_default() {
            self.press(chord);
        }
    }

    fn type_in(&mut self, text: &str) {
        for c in text.chars() {
            self.press(Chord::char(c));
        }
    }

    fn take_in(&mut self, batches: Vec<Batch>) {
        for batch in batches {
            let _ = app::update(&mut self.model, now(), Msg::Arrived(Box::new(batch)));
        }
    }

    fn settle(&mut self) -> Settled {
        app::settle(&mut self.model, now())
    }

    /// One frame as the loop makes it.
    fn frame(&mut self, parts: &mut Parts) {
        let began = cpu();
        black_box(self.settle());
        let settled = cpu();
        self.buffer.reset();
        black_box(view::draw(&self.model, &mut self.buffer));
        let drawn = cpu();
        self.out.clear();
        let stats = self.encoder.encode(&self.buffer, None, &mut self.out);
        let encoded = cpu();
        parts.settle.push(settled - began);
        parts.draw.push(drawn - settled);
        parts.encode.push(encoded - drawn);
        parts.bytes += stats.bytes;
    }
}

/// So many alarms that say something new, each told on its own.
fn changes(words: &crowd::Words, count: usize, round: usize, items: usize) -> Vec<Batch> {
    let change = |i| {
        let n = (i * 7_907 + round * 131) % items;
        let item = alarm(words, n, 1 + round as i64);
        let native = Arc::clone(&item.key.id);
        let upserts = vec![Record { native, item }];
        let removed = vec![];
        batch(n % SCOPES, 1, Body::Changed { upserts, removed })
    };
    (0..count).map(change).collect()
}

fn middle(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |n: usize| times.get(n).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

fn say(what: &str, mut parts: Parts) {
    let count = parts.draw.len().max(1);
    let whole: Vec<Duration> = (0..parts.draw.len())
        .map(|i| {
            parts.settle[i]
                + parts.draw[i]
                + parts.encode[i]
                + parts.update.get(i).copied().unwrap_or_default()
        })
        .collect();
    let (usual, most) = middle(&mut whole.clone());
    println!(
        "{what:<44} {usual:>9.1?} usual, {most:>9.1?} most; {} bytes",
        parts.bytes / count
    );
    for (part, times) in [
        ("update", &mut parts.update),
        ("settle", &mut parts.settle),
        ("draw", &mut parts.draw),
        ("encode", &mut parts.encode),
    ] {
        let (usual, most) = middle(times);
        println!("    {part:<40} {usual:>9.1?} usual, {most:>9.1?} most");
    }
}

/// Slices until the pane is up to date: how many, all together, the longest.
fn drive(desk: &mut Desk, what: &str) {
    let (mut slices, mut total, mut longest) = (0, Duration::ZERO, Duration::ZERO);
    loop {
        let began = cpu();
        let settled = desk.settle();
        let took = cpu() - began;
        slices += 1;
        total += took;
        longest = longest.max(took);
        if settled == Settled::Done {
            break;
        }
    }
    println!(
        "{what:<44} {total:>9.1?} in {slices} slices, longest {longest:.1?}; {} rows",
        desk.model.pane().len()
    );
}

fn main() {
    if std::env::args().any(|argument| argument == instructions::ARGUMENT) {
        return instructions::count();
    }
    let words = words();
    let mut desk = Desk::new(&words, ITEMS);
    println!("{} alarms, {}x{}", ITEMS, SIZE.0, SIZE.1);
    drive(&mut desk, "first settling of every pane");
    desk.press_all("2");
    for column in ["name", "account", "reg"] {
        desk.press_all("s");
        desk.type_in(column);
        desk.press_all("enter");
        drive(
            &mut desk,
            &format!("sort by {column}, then what was before"),
        );
    }
    desk.press_all("/");
    for c in "sev:>=info -gremlin".chars() {
        desk.press(Chord::char(c));
        if !c.is_alphanumeric() || c == 'n' || c == 'o' {
            drive(&mut desk, &format!("filter keystroke `{c}`"));
        }
    }
    desk.press_all("enter");
    drive(&mut desk, "the filter as typed");

    let mut parts = Parts::default();
    for _ in 0..ROUNDS {
        desk.frame(&mut parts);
    }
    say("a frame without a change", parts);
    let mut parts = Parts::default();
    for n in 0..ROUNDS {
        let began = cpu();
        desk.press_all(if n / 40 % 2 == 0 { "j" } else { "k" });
        parts.update.push(cpu() - began);
        desk.frame(&mut parts);
    }
    say("a cursor move", parts);
    let mut parts = Parts::default();
    for n in 0..ROUNDS {
        let began = cpu();
        desk.press_all(if n / 200 % 2 == 0 {
            "pagedown"
        } else {
            "pageup"
        });
        parts.update.push(cpu() - began);
        desk.frame(&mut parts);
    }
    say("a page", parts);
    let mut parts = Parts::default();
    for _ in 0..ROUNDS / 10 {
        desk.encoder.forget();
        desk.frame(&mut parts);
    }
    say("the whole screen", parts);
    for (count, what) in [
        (1, "one update"),
        (32, "32 updates, a frame's worth at 2,000/s"),
    ] {
        let mut parts = Parts::default();
        for round in 0..ROUNDS / 4 {
            let batches = changes(&words, count, round, ITEMS);
            let began = cpu();
            desk.take_in(batches);
            parts.update.push(cpu() - began);
            desk.frame(&mut parts);
        }
        say(&format!("a frame after {what}"), parts);
    }
}
