//! Whatever is pressed, pasted, clicked, resized and told, in whatever order: nothing panics, `Esc` leads out of every
//! state, and nothing is changed in AWS without the form or the question that asks for it.
//!
//! `NOCTOP_FUZZ=1000000` makes so many events of it, `NOCTOP_SEED=7` begins with another seed.

use noctop::app::{self, Msg};
use noctop::keymap::{Chord, Key, Mods};
use noctop::model::{DetailsView, Effect, Model, Overlay, hit};
use noctop::runbook::{self, Catalogue};
use noctop::theme::{self, Depth, Theme};
use noctop::{domain::Place, model::Reach};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::fixture::Console;

/// Events without being asked for more: some seconds.
const EVENTS: u64 = 6_000;
/// Every so many events it is tried whether `Esc` leads out.
const WAY_OUT: u64 = 150;
/// Presses of `Esc` that lead out of anything: of typing, overlay, selection, viewer, details, zoom, marks, pane.
const STEPS: usize = 12;

const NAMED: [Key; 14] = [
    Key::Enter,
    Key::Esc,
    Key::Tab,
    Key::BackTab,
    Key::Backspace,
    Key::Delete,
    Key::Up,
    Key::Down,
    Key::Left,
    Key::Right,
    Key::PageUp,
    Key::PageDown,
    Key::Home,
    Key::End,
];

const SIZES: [(u16, u16); 8] = [
    (80, 24),
    (120, 40),
    (200, 60),
    (40, 10),
    (1, 1),
    (39, 9),
    (400, 100),
    (132, 27),
];

const PASTES: [&str; 5] = [
    "sev:>=high",
    "a\nq\ny\n\x1b[A",
    "\u{202e}\u{9b}2J\0",
    "東京 🚨 e\u{301}",
    "fields @message | stats count() by bin(5m)",
];

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % end
    }

    fn chord(&mut self) -> Chord {
        match self.below(10) {
            0..=5 => Chord::new(
                Key::Char(char::from(b' ' + u8::try_from(self.below(95)).unwrap())),
                Mods::NONE,
            ),
            6 => Chord::new(
                Key::Char(char::from(b'a' + u8::try_from(self.below(26)).unwrap())),
                Mods::CTRL,
            ),
            _ => Chord::new(NAMED[self.below(NAMED.len())], Mods::NONE),
        }
    }

    fn coordinate(&mut self, within: u16) -> u16 {
        u16::try_from(self.below(usize::from(within.max(1)) + 2)).unwrap()
    }
}

/// What is open for somebody to say yes to.
fn is_asked(model: &Model) -> bool {
    matches!(
        &model.overlay,
        Some(Overlay::Form(_) | Overlay::Confirm { .. } | Overlay::Choice(_))
    )
}

fn changes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Change(_) | Effect::StartRun(_) | Effect::StopRun(_) | Effect::AnswerRun(..)
    )
}

fn is_home(model: &Model) -> bool {
    model.overlay.is_none()
        && model.filtering.is_none()
        && model.logs.typing.is_none()
        && model.queries.editor.is_none()
        && model.details.view == DetailsView::Closed
        && !model.zoomed
        && model.chords.is_empty()
        && model.pane().marked.is_empty()
        && model.pane().spec.is_home()
}

fn fuzz(seed: u64, events: u64) {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut console = Console::new(120, 40).with(|model| {
        model.session.read_only = false;
        model.acting.reach = Reach::Local;
        model.runbooks.catalogue = Catalogue::read(&runbook::library()).0.into();
    });
    for event in 0..events {
        let model = &mut console.model;
        let asked = is_asked(model);
        let size = model.size;
        let msg = match dice.below(100) {
            0..=79 => Msg::Pressed(dice.chord()),
            80..=82 => Msg::Pasted(PASTES[dice.below(PASTES.len())].to_owned()),
            83..=87 => {
                let (x, y) = (dice.coordinate(size.0), dice.coordinate(size.1));
                let on = hit::at(&console.hits(), x, y).cloned();
                Msg::Clicked { x, y, on }
            }
            88..=90 => Msg::Wheeled {
                x: dice.coordinate(size.0),
                y: dice.coordinate(size.1),
                notches: i16::try_from(dice.below(9)).unwrap() - 4,
            },
            91..=92 => {
                let (width, height) = SIZES[dice.below(SIZES.len())];
                Msg::Resized { width, height }
            }
            93..=95 => {
                console.news(dice.below(1 << 20));
                Msg::Tick
            }
            _ => Msg::Tick,
        };
        let model = &mut console.model;
        let now = model
            .now
            .plus(std::time::Duration::from_millis(dice.below(1500) as u64));
        let is_press = matches!(msg, Msg::Pressed(_));
        let effects = app::update(model, now, msg);
        for effect in effects {
            assert!(
                !changes(&effect) || asked && is_press,
                "event {event}: {effect:?} without being asked for"
            );
            match effect {
                Effect::ReadThemes(wanted) => {
                    let load = |name| {
                        Theme::load(&theme::library(), name, &Place::whole("fuzz"), Depth::True).0
                    };
                    let themes = theme::library().names().into_iter().map(load).collect();
                    let _ = app::update(model, now, Msg::Themes { themes, wanted });
                }
                Effect::Quit => model.overlay = None,
                _ => {}
            }
        }
        console.look();
        if event % WAY_OUT == WAY_OUT - 1 {
            for _ in 0..STEPS {
                if is_home(&console.model) {
                    break;
                }
                let now = console.model.now;
                let _ = app::update(
                    &mut console.model,
                    now,
                    Msg::Pressed(Chord::new(Key::Esc, Mods::NONE)),
                );
                console.look();
            }
            let model = &console.model;
            assert!(
                is_home(model),
                "event {event}: Esc does not lead out of {:?} {:?} in {}\n{}",
                model.overlay,
                model.details.view,
                model.pane().spec.name,
                console.text()
            );
        }
    }
}

#[test]
fn nothing_that_anybody_does_breaks_it() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("NOCTOP_SEED").unwrap_or(20_261_127);
    println!("seed {seed}");
    fuzz(seed, number("NOCTOP_FUZZ").unwrap_or(EVENTS));
}
