//! The loop: takes what happened, keys first, brings the model up to date, draws when it is time.
//!
//! ```text
//! terminal events ─┐
//! outcomes ────────┼─► update* ─► settle ─► due and writer idle? ─► draw (one write)
//! batches ─────────┘                          └ otherwise sleep until the next deadline
//! ```
//!
//! The only thread that touches the model. It never waits for AWS or for the terminal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::layout::Position;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::sync::oneshot;

use crate::app::{self, Msg, Settled};
use crate::clock::Clock;
use crate::domain::{Batch, Roster};
use crate::effects::Runner;
use crate::model::{Area, Effect, Effects, Hit, Model, Outcome, Themes, Tone, hit};
use crate::sources::Live;
use crate::theme::{Ground, Theme};
use crate::view;

use super::pace::Pace;
use super::terminal::{Button, Closed, Link, MouseAct, Reply, Rgb, Signal, TermEvent, Terminal};

/// How long arrivals may be applied before keys are looked at again.
const ARRIVALS: Duration = Duration::from_millis(1);

/// Seconds between two looks at the files of theme and configuration.
const FILES_EVERY: i64 = 2;

/// What the loop is fed with.
pub struct Inbox {
    /// From the terminal.
    pub events: UnboundedReceiver<TermEvent>,
    /// From the sources.
    pub batches: Receiver<Batch>,
    /// The fleet whenever it is known better.
    pub rosters: UnboundedReceiver<Roster>,
    /// From effects.
    pub outcomes: UnboundedReceiver<Outcome>,
    /// The live sources, once access to the fleet is prepared, or why there can be none.
    pub live: oneshot::Receiver<Result<Live, Refused>>,
}

/// Why there can be no access to any fleet, in words.
pub type Refused = Vec<String>;

/// Tells the theme as it is now, and what is wrong in the files.
type Reload = dyn Fn(&Themes) -> (Theme, Vec<Arc<str>>);

/// What the console reads from files while it runs.
pub struct Files {
    /// Reads theme and configuration again: the theme as it is now, and what is wrong in the files.
    pub reload: Box<Reload>,
    /// Reads every theme.
    pub themes: Box<dyn Fn() -> Vec<Theme>>,
    /// What tells whether theme and configuration files have changed.
    pub stamp: Box<dyn Fn() -> u64>,
}

/// Why the loop ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The operator quit.
    Quit,
    /// The operator wants to see the demo instead.
    Demo,
    /// Somebody outside asked the program to end.
    Signal(Signal),
    /// The terminal is gone.
    Closed(Closed),
    /// There can be no access to any fleet, and so nothing to show.
    Refused(Refused),
}

/// The console while it runs.
pub struct Console {
    /// What it knows.
    pub model: Model,
    /// The screen.
    pub terminal: Terminal,
    /// When to draw.
    pub pace: Pace,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Carries effects out.
    pub runner: Runner,
    /// Reads files.
    pub files: Files,
    /// When the loop began; the pace counts from here.
    pub began: Instant,
    /// The second that the header shows, since 1970.
    pub second: i64,
    /// When it was last looked whether files have changed, and what was found; 0 before the first time.
    pub heeded: i64,
    /// See [`Files::stamp`].
    pub stamp: u64,
    /// What the command asked for with which the console was started.
    pub asked: Effects,
    /// What the frame that is on the screen has to be clicked.
    pub hits: Vec<(Area, Hit)>,
}

/// Waits. For no time at all it only lets others have their turn: the system's clock wakes nobody in less than a
/// millisecond, and a sort of a hundred slices would wait a hundred times.
async fn pause(time: Duration) {
    if time.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(time).await;
    }
}

impl Console {
    /// Runs until somebody ends it.
    pub async fn run(&mut self, mut inbox: Inbox) -> Ended {
        let size = self.terminal.size();
        let msg = Msg::Resized {
            width: size.width,
            height: size.height,
        };
        let _ = app::update(&mut self.model, self.clock.now(), msg);
        self.pace.key(self.began.elapsed());
        self.runner.focus(self.model.pane().spec.sources);
        let asked = std::mem::take(&mut self.asked);
        if let Some(ended) = self.carry_out(asked) {
            return ended;
        }
        let mut connecting = true;
        let mut settled = Settled::More;
        // Whether what is being settled was asked for by the operator, who waits for it.
        let mut is_awaited = false;
        loop {
            // Between frames nobody sees whether rows are in order: what arrives is put there once per frame.
            let draws = self.pace.is_due(self.began.elapsed()) && self.terminal.ready_to_draw();
            if draws || settled == Settled::More {
                let before = settled;
                let shown = self.model.pane().version();
                settled = app::settle(&mut self.model, self.clock.now());
                if !draws && before == Settled::More && settled == Settled::Done {
                    // The end of a sort that took several turns has a frame of its own.
                    if is_awaited {
                        self.pace.key(self.began.elapsed());
                    } else {
                        self.owe();
                    }
                }
                let pane = self.model.pane();
                if is_awaited && !draws && pane.is_partial() && pane.version() != shown {
                    // The first screenful of an answer is shown before the rest of it is found.
                    self.pace.key(self.began.elapsed());
                }
                is_awaited &= settled == Settled::More;
            }
            if draws {
                self.draw();
            }
            let wait = if settled == Settled::More {
                Duration::ZERO
            } else {
                self.until_something_is_due()
            };
            let ended = tokio::select! {
                biased;
                Some(event) = inbox.events.recv() => {
                    is_awaited = true;
                    self.on_event(event)
                }
                Some(outcome) = inbox.outcomes.recv() => {
                    self.pace.answer(self.began.elapsed());
                    self.on_msg(Msg::Finished(outcome))
                }
                Some(roster) = inbox.rosters.recv() => {
                    self.pace.answer(self.began.elapsed());
                    self.on_msg(Msg::Learned(Box::new(roster)))
                }
                connected = &mut inbox.live, if connecting => {
                    connecting = false;
                    match connected {
                        Ok(Ok(live)) => {
                            self.runner.connect(live);
                            None
                        }
                        Ok(Err(refused)) => Some(Ended::Refused(refused)),
                        Err(_) => Some(Ended::Refused(vec!["access to the fleet broke off".to_owned()])),
                    }
                }
                Some(batch) = inbox.batches.recv() => self.on_batches(batch, &mut inbox),
                () = pause(wait) => self.on_tick(settled),
            };
            // Everything that is waiting from the operator's side is taken before anything is drawn.
            let ended = ended.or_else(|| {
                while let Ok(event) = inbox.events.try_recv() {
                    if let Some(ended) = self.on_event(event) {
                        return Some(ended);
                    }
                }
                None
            });
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    fn until_something_is_due(&self) -> Duration {
        let now = self.clock.now();
        let second = self.model.next_second().since(now);
        match self.pace.next_draw() {
            // While the writer is busy a due frame waits for it; its being idle again arrives as an event.
            Some(_) if !self.terminal.ready_to_draw() => second,
            // What is due before the frame that is owed is settled with it.
            Some(at) => second.min(at.saturating_sub(self.began.elapsed())),
            None => self.model.next_deadline().since(now),
        }
    }

    /// Reads theme and configuration again where their files have changed; keymaps never change under the fingers.
    fn heed_files(&mut self) {
        let second = self.model.now.as_secs();
        if second < self.heeded + FILES_EVERY {
            return;
        }
        let is_first = self.heeded == 0;
        self.heeded = second;
        let stamp = (self.files.stamp)();
        if stamp != self.stamp && !is_first {
            self.reload();
        }
        self.stamp = stamp;
    }

    fn reload(&mut self) {
        let (theme, problems) = (self.files.reload)(&self.model.themes);
        self.on_msg(Msg::Reloaded {
            theme: Box::new(theme),
            problems,
        });
    }

    /// What the terminal answered, long after the first picture or never.
    fn on_reply(&mut self, reply: Reply) {
        let Reply::Background(Rgb(red, green, blue)) = reply else {
            return;
        };
        let ground = Some(Ground::of((red, green, blue)));
        if self.model.themes.ground != ground {
            self.model.themes.ground = ground;
            let before = self.model.theme.clone();
            self.model.theme = (self.files.reload)(&self.model.themes).0;
            if self.model.theme != before {
                self.pace.answer(self.began.elapsed());
            }
        }
    }

    fn on_tick(&mut self, settled: Settled) -> Option<Ended> {
        self.heed_files();
        let effects = app::update(&mut self.model, self.clock.now(), Msg::Tick);
        if settled == Settled::Done {
            self.owe();
        }
        self.carry_out(effects)
    }

    /// Owes a frame that no key asked for: at once when the clock in the header is to go on, with the data otherwise.
    fn owe(&mut self) {
        let now = self.began.elapsed();
        if self.model.now.as_secs() == self.second {
            self.pace.data(now);
        } else {
            self.pace.second(now);
        }
    }

    /// Applies what has arrived, for about a millisecond, then lets the keys have their turn.
    fn on_batches(&mut self, first: Batch, inbox: &mut Inbox) -> Option<Ended> {
        let began = Instant::now();
        let mut next = Some(first);
        let mut effects = Effects::new();
        while let Some(batch) = next.take() {
            effects.extend(app::update(
                &mut self.model,
                self.clock.now(),
                Msg::Arrived(Box::new(batch)),
            ));
            if began.elapsed() < ARRIVALS && inbox.events.is_empty() {
                next = inbox.batches.try_recv().ok();
            }
        }
        self.owe();
        self.carry_out(effects)
    }

    fn on_msg(&mut self, msg: Msg) -> Option<Ended> {
        let effects = app::update(&mut self.model, self.clock.now(), msg);
        self.carry_out(effects)
    }

    fn on_event(&mut self, event: TermEvent) -> Option<Ended> {
        let msg = match event {
            TermEvent::Key(chord) => Msg::Pressed(chord),
            TermEvent::Paste(paste) => Msg::Pasted(paste.text),
            TermEvent::Mouse(mouse) => match mouse.act {
                MouseAct::Down(Button::Left) => Msg::Clicked {
                    x: mouse.column,
                    y: mouse.row,
                    on: hit::at(&self.hits, mouse.column, mouse.row).cloned(),
                },
                MouseAct::ScrollUp | MouseAct::ScrollDown => Msg::Wheeled {
                    x: mouse.column,
                    y: mouse.row,
                    notches: if mouse.act == MouseAct::ScrollUp {
                        -1
                    } else {
                        1
                    },
                },
                _ => return None,
            },
            TermEvent::Resize(width, height) => {
                self.terminal.resize(width, height);
                Msg::Resized { width, height }
            }
            TermEvent::Continued => {
                self.terminal.resume();
                Msg::Tick
            }
            TermEvent::Reply(reply) => {
                self.on_reply(reply);
                return None;
            }
            TermEvent::Idle => {
                if let Some(drain) = self.terminal.drained() {
                    self.pace.drained(drain.bytes, drain.took);
                }
                return None;
            }
            TermEvent::Signal(Signal::Stop) => {
                self.suspend();
                return None;
            }
            TermEvent::Signal(signal) => return Some(Ended::Signal(signal)),
            TermEvent::Closed(closed) => return Some(Ended::Closed(closed)),
            TermEvent::Focus(_) => return None,
        };
        self.pace.key(self.began.elapsed());
        self.on_msg(msg)
    }

    fn carry_out(&mut self, effects: Effects) -> Option<Ended> {
        for effect in effects {
            let Some(effect) = self.runner.carry_out(effect, &self.model.store) else {
                continue;
            };
            match effect {
                Effect::Copy(text) => self.copy(&text),
                Effect::OpenLink(address) => self.runner.open_link(&address),
                Effect::Reload => self.reload(),
                Effect::ReadThemes(wanted) => {
                    let themes = (self.files.themes)();
                    self.on_msg(Msg::Themes { themes, wanted });
                }
                Effect::Call(call) => {
                    if call.bell {
                        self.terminal.ring();
                    }
                    if let Some(text) = &call.desktop {
                        self.terminal.notify(text);
                    }
                    self.pace.answer(self.began.elapsed());
                }
                Effect::Picture { name, form } => {
                    let text = Arc::from(view::picture::of(&self.model, form));
                    self.runner
                        .carry_out(Effect::Save { name, text }, &self.model.store);
                }
                Effect::Demo => return Some(Ended::Demo),
                Effect::Redraw => self.terminal.repaint(),
                Effect::Suspend => self.suspend(),
                Effect::Quit => return Some(Ended::Quit),
                // Everything else was the runner's.
                _ => {}
            }
        }
        None
    }

    fn copy(&mut self, text: &str) {
        if !self.terminal.copy(text) {
            self.model.say(
                Tone::Refused,
                "That is too long for a terminal's clipboard; nothing was copied.",
            );
        }
    }

    fn suspend(&mut self) {
        if !self.terminal.suspend() {
            self.model.say(
                Tone::Refused,
                "There is no shell that could bring noctop back; it stays.",
            );
        }
        self.pace.key(self.began.elapsed());
    }

    fn draw(&mut self) {
        let model = &self.model;
        let mut hits = Vec::new();
        let stats = self.terminal.draw(|frame| {
            let drawn = view::draw(model, frame.buffer_mut());
            hits = drawn.hits;
            if let Some((x, y)) = drawn.cursor {
                frame.set_cursor_position(Position::new(x, y));
            }
            let links = drawn.links.into_iter().map(|link| Link {
                row: link.area.y,
                columns: link.area.x..link.area.x + link.area.width,
                address: link.address,
            });
            links.collect()
        });
        // The writer was busy after all: the frame is still owed, and its being idle arrives as an event.
        let Some(stats) = stats else { return };
        self.hits = hits;
        self.pace.drawn(self.began.elapsed(), stats.bytes);
        self.second = self.model.now.as_secs();
        let _ = app::update(&mut self.model, self.clock.now(), Msg::Drawn);
    }
}
