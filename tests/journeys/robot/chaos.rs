//! Whatever reaches the terminal, in whatever order: the program goes on, `Esc` leads out, and nothing is changed in
//! AWS. Enter and `y`, which say yes, are left out here: without them nothing may be carried out, whatever else is
//! pressed. With them it is `screens::fuzz`, which sees into the model.
//!
//! `NOCTOP_PTY_FUZZ=20000` makes so many events of it, `NOCTOP_SEED=7` begins with another seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::{Begin, Robot};

/// Events without being asked for more: some seconds.
const EVENTS: u64 = 600;
/// Every so many events it is tried whether `Esc` leads out and whether noctop still listens.
const CHUNK: u64 = 40;
/// Presses of `Esc` that lead out of anything; see `screens::fuzz`.
const STEPS: usize = 12;

const SEQUENCES: [&str; 16] = [
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[H",
    "\x1b[F",
    "\x1b[Z",
    "\t",
    "\x7f",
    "\x1b[3~",
    "\x1bOP",
    "\x1b[1;5C",
    "\x1b[I",
    "\x1b[O",
];

const PASTES: [&str; 6] = [
    "\x1b[200~sev:>=high\x1b[201~",
    "\x1b[200~a\nq\ny\n\x1b[31m\x1b[201~",
    "\x1b[200~\u{202e}\u{9b}2J\x1b[201~",
    "\x1b[200~東京 🚨 e\u{301}\x1b[201~",
    "a line that was pasted without brackets, x",
    "\x1b[200~never ended",
];

/// What no terminal should send: cut, wrong, or an answer that nobody asked for.
const NOISE: [&[u8]; 6] = [
    b"\x1b[",
    b"\xff\xfe",
    b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b[999999999;1:9u",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b[?1;2c",
];

const SIZES: [(u16, u16); 6] = [(80, 24), (120, 40), (1, 1), (39, 9), (200, 60), (61, 12)];

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % end
    }

    /// A character as kitty's protocol sends it, so that no other one can be taken with it for a paste.
    fn key(&mut self) -> String {
        loop {
            let letter = char::from(b' ' + u8::try_from(self.below(95)).unwrap());
            let ctrl = self.below(12) == 0;
            // `y` says yes; ctrl-c and ctrl-m are an end and an enter of their own.
            match (letter, ctrl) {
                ('y', false) => {}
                ('c' | 'C' | 'm' | 'M' | 'j' | 'J' | 'z' | 'Z', true) => {}
                (letter, true) => return format!("\x1b[{};5u", u32::from(letter)),
                (letter, false) => return format!("\x1b[{}u", u32::from(letter)),
            }
        }
    }
}

/// Lets one thing happen and tells what it was.
fn one(robot: &Robot, dice: &mut Dice) -> String {
    let bytes = match dice.below(100) {
        0..=69 => dice.key().into_bytes(),
        70..=81 => SEQUENCES[dice.below(SEQUENCES.len())].into(),
        82..=84 => PASTES[dice.below(PASTES.len())].into(),
        85..=86 => NOISE[dice.below(NOISE.len())].into(),
        87..=93 => {
            let (button, x, y) = (
                [0, 1, 2, 35, 64, 65][dice.below(6)],
                dice.below(210),
                dice.below(64),
            );
            format!("\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m").into_bytes()
        }
        _ => {
            let (columns, rows) = SIZES[dice.below(SIZES.len())];
            robot.console.resize(columns, rows);
            return format!("{columns}x{rows}");
        }
    };
    let told = bytes.escape_ascii().to_string();
    robot.types(bytes);
    told
}

#[test]
fn nothing_that_reaches_the_terminal_breaks_it_or_acts() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("NOCTOP_SEED").unwrap_or(20_261_127);
    let events = number("NOCTOP_PTY_FUZZ").unwrap_or(EVENTS);
    println!("seed {seed}");
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let robot = Begin {
        words: vec!["--write"],
        ..Begin::with_alarms(20)
    }
    .loaded();
    for chunk in 0..events.div_ceil(CHUNK) {
        let told: Vec<String> = (0..CHUNK).map(|_| one(&robot, &mut dice)).collect();
        robot.console.resize(120, 40);
        // The end of a paste that has none.
        robot.types("\x1b[201~");
        for _ in 0..STEPS {
            robot.escapes();
        }
        let probe = format!("is it there {chunk}");
        robot.types("\x1b[58u").types_in(&probe);
        robot.console.wait(
            &format!("the palette after {}", told.join("  ")),
            |screen| screen.contents().contains(&probe),
        );
        robot.escapes();
    }
    let changes = robot.sim.calls().changes();
    assert!(changes.is_empty(), "{changes:?}");
    robot.sees_no("is it there");
    robot.quits();
}
