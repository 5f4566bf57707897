//! An operator's shift: the whole console without a terminal, on a simulated fleet.
//!
//! ```text
//! Simulator ◄─SDK─ Fleet, Live ──batches, rosters──► one channel ──► app::update, settle ──► view::draw
//!                      ▲                                  ▲                 │
//!                      └────────── Runner ◄───────────────┴── outcomes ── effects
//! ```
//!
//! Time stands still unless [`Shift::pass`] moves it, for the console and for the simulated world alike. Waiting is
//! for what happened, never for a time; the limit only ends a test that would hang.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::types::StateValue;
use noctop::app::{self, Msg, Settled};
use noctop::audit::Journal;
use noctop::aws::access::Patience;
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{FleetSpec, OrganizationSpec, StaticKeys};
use noctop::clock::{Clock, ManualClock, Timestamp};
use noctop::domain::problem::Place;
use noctop::domain::{FeedState, Kind, Policy, SourceId};
use noctop::effects::Runner;
use noctop::history::History;
use noctop::keymap::{Chord, Keymap, parse_sequence};
use noctop::ledger::Ledger;
use noctop::model::attention::Call;
use noctop::model::{Area, Effect, Effects, Hit, Model, RowKey, Session, hit};
use noctop::panes::folds;
use noctop::sim::faults::Fault;
use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};
use noctop::sources::{Live, Settings};
use noctop::store::{self, Only, Store};
use noctop::theme::{Depth, Theme};
use noctop::triage::Rules;
use noctop::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::runtime::Runtime;

use super::{hand, paper};

/// What has not happened after this long will not happen. Generous, because machines that run tests are busy.
const LIMIT: Duration = Duration::from_secs(60);

const SMALL_FLEET: &str = include_str!("small-fleet.toml");

pub use super::hand::{PAYMENTS, REGION};

/// One operator, one console, one fleet.
pub struct Shift {
    pub sim: Simulator,
    pub model: Model,
    /// What was put into the clipboard.
    pub copied: Vec<String>,
    /// The names of screens that were to be saved.
    pub pictures: Vec<Arc<str>>,
    /// Whether the demo was asked for.
    pub wants_demo: bool,
    /// What called the operator.
    pub calls: Vec<Call>,
    /// Whether noctop was told to end.
    pub quit: bool,
    /// What the frame that was looked at last has to be clicked.
    hits: Vec<(Area, Hit)>,
    clock: Arc<ManualClock>,
    happened: Receiver<Msg>,
    tell: Sender<Msg>,
    runner: Runner,
    runtime: Runtime,
}

impl Shift {
    /// Begins at the small fleet, on a screen of 120 columns and 40 rows, with these faults from the start.
    pub fn begin_with(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self::begin_at(SMALL_FLEET, faults)
    }

    /// The same at the small fleet with one line of its scenario replaced by another.
    pub fn begin_where(line: &str, by: &str) -> Self {
        Self::begin_changed(&[(line, by)])
    }

    /// The same with several lines replaced.
    pub fn begin_changed(lines: &[(&str, &str)]) -> Self {
        let mut scenario = SMALL_FLEET.to_owned();
        for (line, by) in lines {
            assert!(scenario.contains(line), "{line}");
            scenario = scenario.replace(line, by);
        }
        Self::begin_at(&scenario, [])
    }

    fn begin_at(scenario: &str, faults: impl IntoIterator<Item = Fault>) -> Self {
        let scenario = Scenario::parse("small-fleet", scenario).unwrap();
        let start = Timestamp::parse("2026-11-21T06:00:00Z").unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let sim = Simulator::play(scenario, options).unwrap();
        for fault in faults {
            sim.faults().add(fault).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            // As the console has it: the SDK's readers keep whole structures on the stack.
            .thread_stack_size(64 << 20)
            .enable_all()
            .build()
            .unwrap();
        let (tell, happened) = channel();
        let finished = tell.clone();
        let runner = Runner::new(
            runtime.handle().clone(),
            Arc::new(move |outcome| drop(finished.send(Msg::Finished(outcome)))),
        );
        let store = Store::new(store::Settings {
            rules: Rules::with_defaults(Vec::new()),
            ..store::Settings::default()
        });
        let session = Session {
            fleet: Arc::from("small"),
            operator: Arc::from("ana"),
            demo: false,
            read_only: true,
            ascii: false,
            links: false,
            portal: None,
            sparing: false,
            zone: jiff::tz::TimeZone::UTC,
        };
        let theme = Theme::shipped_default(Depth::Ansi16);
        let mut model = Model::new(store, session, theme, Keymap::shipped_default(), start);
        model.size = (120, 40);
        let mut shift = Self {
            sim,
            model,
            copied: Vec::new(),
            pictures: Vec::new(),
            wants_demo: false,
            calls: Vec::new(),
            quit: false,
            hits: Vec::new(),
            clock,
            happened,
            tell,
            runner,
            runtime,
        };
        shift.settle();
        shift
    }

    /// Begins, with the sources at work.
    pub fn begin() -> Self {
        Self::begin_with([]).connected()
    }

    /// Begins and waits until everything has been read once.
    pub fn begin_loaded() -> Self {
        let mut shift = Self::begin();
        shift.until_loaded();
        shift
    }

    /// Lets the sources begin to ask.
    pub fn connected(self) -> Self {
        self.connected_with(Policy::ReadOnly)
    }

    /// The same with accounts in which this may be done, by a role of its own.
    pub fn connected_with(mut self, policy: Policy) -> Self {
        let spec = FleetSpec {
            organization: Some(OrganizationSpec {
                role_name: "NoctopRead".into(),
                act_role_name: Some("NoctopAct".into()),
                policy,
                tags: true,
                ..OrganizationSpec::default()
            }),
            regions: vec![REGION.parse().unwrap(), "us-east-1".parse().unwrap()],
            endpoint_url: Some(self.sim.endpoint()),
            operator: "ana".into(),
            keys: Some(StaticKeys {
                id: "demo".into(),
                secret: "demo".into(),
            }),
            ..FleetSpec::default()
        };
        let patience = Patience {
            connect: Duration::from_secs(10),
            operation: Duration::from_secs(40),
            attempts: 1,
            ..Patience::default()
        };
        let (clock, tell) = (self.clock.clone() as Arc<dyn Clock>, self.tell.clone());
        let live = self.runtime.block_on(async {
            let fleet = Fleet::open(spec, patience, Arc::clone(&clock))
                .await
                .unwrap();
            let mut census = fleet.watch();
            let rosters = tell.clone();
            tokio::spawn(async move {
                loop {
                    let roster = census.borrow_and_update().roster.clone();
                    if rosters.send(Msg::Learned(Box::new(roster))).is_err()
                        || census.changed().await.is_err()
                    {
                        return;
                    }
                }
            });
            let (tx, mut rx) = tokio::sync::mpsc::channel(64);
            tokio::spawn(async move {
                while let Some(batch) = rx.recv().await {
                    if tell.send(Msg::Arrived(Box::new(batch))).is_err() {
                        return;
                    }
                }
            });
            Live::start(fleet, Settings::default(), clock, tx)
        });
        self.runner.connect(live);
        self
    }

    /// From here on changes are made through this journal; before the sources are connected.
    pub fn answer_to(&mut self, journal: impl Into<Arc<Journal>>) -> &mut Self {
        self.runner.answer_to(journal.into());
        self
    }

    /// From here on pages are saved in this folder.
    pub fn save_in(&mut self, folder: &std::path::Path) -> &mut Self {
        self.runner.save_in(folder.to_owned());
        self
    }

    /// From here on what happens is recorded in this history.
    pub fn record(&mut self, history: History) -> &mut Self {
        self.runner.record(history);
        self.model.recorder.begin(&self.model.store, self.model.now);
        self
    }

    /// The present of the console and of the world.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The console is left: what it waits for before it ends.
    pub fn leave(&mut self) {
        self.runtime.block_on(self.runner.rest());
    }

    /// From here on acts are written into this ledger.
    pub fn keep(&mut self, ledger: Ledger) -> &mut Self {
        self.runner.keep(ledger);
        self
    }

    fn update(&mut self, msg: Msg) {
        let effects = app::update(&mut self.model, self.clock.now(), msg);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Effects) {
        for effect in effects {
            match self.runner.carry_out(effect, &self.model.store) {
                Some(Effect::Copy(text)) => self.copied.push(text),
                Some(Effect::Picture { name, .. }) => self.pictures.push(name),
                Some(Effect::Demo) => self.wants_demo = true,
                Some(Effect::Call(call)) => self.calls.push(*call),
                Some(Effect::Quit) => self.quit = true,
                Some(Effect::ReadThemes(wanted)) => {
                    let library = noctop::theme::library();
                    let asked = Place::whole("test");
                    let load = |name| Theme::load(&library, name, &asked, Depth::True).0;
                    let themes = library.names().into_iter().map(load).collect();
                    let _ = self.tell.send(Msg::Themes { themes, wanted });
                }
                // What is for the terminal or the desktop.
                Some(_) | None => {}
            }
        }
    }

    fn settle(&mut self) {
        while app::settle(&mut self.model, self.clock.now()) == Settled::More {}
    }

    /// Brings the console up to the present and draws it.
    pub fn screen(&mut self) -> String {
        self.settle();
        let (width, height) = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.hits = view::draw(&self.model, &mut buffer).hits;
        self.update(Msg::Drawn);
        paper::text(&buffer)
    }

    /// The lines of the screen that contain this.
    pub fn lines_with(&mut self, text: &str) -> Vec<String> {
        let screen = self.screen();
        screen
            .lines()
            .filter(|line| line.contains(text))
            .map(str::to_owned)
            .collect()
    }

    /// Panics with the screen unless it shows this.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "no {text:?} on\n{screen}");
        self
    }

    /// Panics with the screen if it shows this.
    #[track_caller]
    pub fn shows_no(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "there is {text:?} on\n{screen}");
        self
    }

    /// Takes in one thing that happened; panics when nothing does for too long.
    #[track_caller]
    fn take_one(&mut self, what: &str) {
        match self.happened.recv_timeout(LIMIT) {
            Ok(msg) => self.update(msg),
            Err(RecvTimeoutError::Timeout) => {
                let screen = self.screen();
                panic!("waited in vain for {what}; the screen shows\n{screen}");
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("the shift holds a sender itself"),
        }
    }

    /// Takes in what happens, one thing after the other, until it is as described.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) -> &mut Self {
        // Sources go on asking: that something happens is no sign that what is waited for ever will.
        let until = Instant::now() + LIMIT;
        loop {
            self.settle();
            if holds(self) {
                return self;
            }
            assert!(
                Instant::now() < until,
                "waited in vain for {what}; the screen shows\n{}",
                self.screen()
            );
            self.take_one(what);
        }
    }

    /// Takes in what happens until the screen shows this.
    #[track_caller]
    pub fn until_shown(&mut self, text: &str) -> &mut Self {
        self.until(text, |shift| shift.screen().contains(text))
    }

    /// Takes in what happens until every planned feed has been answered once.
    #[track_caller]
    pub fn until_loaded(&mut self) -> &mut Self {
        self.until("the first complete read", |shift| {
            let coverage = shift.model.coverage.all;
            coverage.feeds > 1 && coverage.loading == 0 && !shift.is_asking()
        })
    }

    /// Whether an account is known whose feeds are not planned yet.
    fn is_asking(&self) -> bool {
        let planned = |id| {
            let only = Only {
                accounts: vec![id],
                sources: vec![SourceId::Cloudwatch],
                ..Only::default()
            };
            self.model.store.coverage(&only, self.model.now).feeds > 0
        };
        self.model.roster().iter().any(|a| !planned(a.id))
    }

    /// Takes in what happens until so many feeds are in this state.
    #[track_caller]
    pub fn until_feeds(&mut self, state: FeedState, count: usize) -> &mut Self {
        self.until(&format!("{count} {state} feeds"), |shift| {
            shift.model.coverage.all.count(state) == count
        })
    }

    /// Presses keys, written as in keymaps and parted by spaces; the screen is drawn after each.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for chord in parse_sequence(keys).unwrap() {
            self.settle();
            self.update(Msg::Pressed(chord));
            self.screen();
        }
        self
    }

    /// Presses keys faster than the screen is drawn.
    pub fn rush(&mut self, keys: &str) -> &mut Self {
        for chord in parse_sequence(keys).unwrap() {
            self.update(Msg::Pressed(chord));
        }
        self
    }

    /// Types text, letter by letter.
    pub fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.update(Msg::Pressed(Chord::char(c)));
            self.screen();
        }
        self
    }

    /// Pastes text.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.update(Msg::Pasted(text.to_owned()));
        self
    }

    /// Gives the pane a filter, as with `/`.
    pub fn filter(&mut self, text: &str) -> &mut Self {
        self.press("/ ctrl-u").type_in(text).press("enter")
    }

    /// The left button goes down here, on the frame that was looked at last.
    pub fn click(&mut self, x: u16, y: u16) -> &mut Self {
        let on = hit::at(&self.hits, x, y).cloned();
        self.update(Msg::Clicked { x, y, on });
        self.settle();
        self
    }

    /// The left button goes down where this text ends.
    #[track_caller]
    pub fn click_on(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let place = screen.lines().zip(0..).find_map(|(line, y)| {
            let at = line.find(text)?;
            let end = line[..at + text.len()].chars().count() - 1;
            Some((u16::try_from(end).unwrap(), y))
        });
        let (x, y) = place.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"));
        self.click(x, y)
    }

    /// The wheel turns over this place.
    pub fn wheel(&mut self, x: u16, y: u16, notches: i16) -> &mut Self {
        self.update(Msg::Wheeled { x, y, notches });
        self.settle();
        self
    }

    /// The terminal gets another size.
    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.update(Msg::Resized { width, height });
        self
    }

    /// Time passes, here and in the simulated world; the sources ask what has become due.
    pub fn pass(&mut self, time: Duration) -> &mut Self {
        self.clock.advance(time);
        self.update(Msg::Tick);
        self.settle();
        // Word from the operator's side makes the poller look at the clock.
        self.runner.focus(self.model.pane().spec.sources);
        self
    }

    /// From now on this goes wrong; gives the number to lift it with.
    pub fn fault(&mut self, fault: Fault) -> u64 {
        self.sim.faults().add(fault).unwrap()
    }

    /// It goes wrong no longer.
    pub fn lift(&mut self, fault: u64) -> &mut Self {
        assert!(self.sim.faults().remove(fault));
        self
    }

    /// Somebody sets an alarm of the payments account to this state, and the pane's feeds are asked again.
    pub fn set_alarm(&mut self, name: &str, state: StateValue) -> &mut Self {
        let endpoint = self.sim.endpoint();
        self.runtime
            .block_on(hand::set_alarm(&endpoint, name, state));
        self
    }

    /// Somebody resolves an OpsItem of the payments account without noctop.
    pub fn resolve_ops_item(&mut self, id: &str) -> &mut Self {
        let endpoint = self.sim.endpoint();
        self.runtime.block_on(hand::resolve_ops_item(&endpoint, id));
        self
    }

    /// How many rows the pane lists.
    pub fn rows(&mut self) -> usize {
        self.settle();
        self.model.pane().len()
    }

    /// Whether an item of this name asks for attention.
    pub fn is_open(&mut self, name: &str) -> bool {
        self.settle();
        let mut rows = self.model.store.rows();
        rows.any(|(_, row)| &*row.item().name == name && row.is_open())
    }

    /// The name of the item under the cursor.
    pub fn under_cursor(&mut self) -> String {
        self.settle();
        match &self.model.pane().cursor {
            Some(RowKey::Item(key)) => self.model.row(key).unwrap().item().name.to_string(),
            Some(RowKey::Fold(key)) => {
                let fold = self.model.pane().fold(key).unwrap();
                folds::what(fold, self.model.store.row(fold.lead()).unwrap())
            }
            Some(RowKey::Feed(feed)) => feed.to_string(),
            Some(RowKey::Run(run)) => run.to_string(),
            Some(RowKey::Account(id)) => id.to_string(),
            None => String::new(),
        }
    }

    /// The number of items of a kind that ask for attention, as the tabs count them.
    pub fn open(&mut self, kind: Kind) -> usize {
        self.settle();
        self.model.open.kind(kind)
    }
}
