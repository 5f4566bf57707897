//! Carrying out effects: what the model asks of the world, and how the outcome comes back.
//!
//! Called by `runtime`. Nothing here blocks the loop: what takes time is spawned on the SDK's runtime, and its
//! outcome arrives as a message.

pub mod change;
mod closer;
mod hook;
mod ledger;
mod link;
pub mod local;
pub mod logs;
mod page;
pub mod query;
mod raw;
pub mod runs;
mod trail;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::runtime::Handle;

use crate::audit::{Journal, Note};
use crate::aws::runs::Answer;
use crate::domain::{AccountId, Feed, ItemKey, Kind, Region, Scope, SourceId};
use crate::history::watch::Span;
use crate::history::{Facts, History};
use crate::ledger::{Act, Ledger};
use crate::model::change::Request;
use crate::model::logs::Wanted;
use crate::model::runbooks::Asked;
use crate::model::trail::Asking;
use crate::model::{Effect, Gesture, Outcome};
use crate::runbook::{Launch, Run};
use crate::sources::{Focus, Live};
use crate::store::Store;

/// Where outcomes go.
pub type Outcomes = Arc<dyn Fn(Outcome) + Send + Sync>;

/// Carries out the effects that concern AWS and the desktop; the terminal's own are the loop's.
pub struct Runner {
    runtime: Handle,
    outcomes: Outcomes,
    live: Option<Live>,
    desk: Option<ledger::Desk>,
    hand: Option<change::Hand>,
    calendars: Vec<String>,
    runs: Option<runs::Desk>,
    logs: Option<logs::Desk>,
    queries: Option<query::Desk>,
    /// What was to be read before the fleet was known.
    unread: Option<(u64, Wanted)>,
    trail: Option<tokio::task::JoinHandle<()>>,
    closer: Option<tokio::task::JoinHandle<()>>,
    history: Option<History>,
    folder: Option<PathBuf>,
    focus: &'static [SourceId],
    /// The operator's own commands that run.
    hooks: Arc<AtomicUsize>,
}

impl Runner {
    /// A runner that spawns on this runtime. Until [`Runner::connect`] there is nothing to ask.
    #[must_use]
    pub fn new(runtime: Handle, outcomes: Outcomes) -> Self {
        Self {
            runtime,
            outcomes,
            live: None,
            desk: None,
            hand: None,
            calendars: Vec::new(),
            runs: None,
            logs: None,
            queries: None,
            unread: None,
            closer: None,
            trail: None,
            history: None,
            folder: None,
            hooks: Arc::default(),
            focus: &[],
        }
    }

    /// From here on there are live sources.
    pub fn connect(&mut self, live: Live) {
        live.focus(Focus {
            sources: self.focus.to_vec(),
            ..Focus::default()
        });
        if let Some(hand) = &self.hand {
            hand.close(&self.runtime, live.fleet(), Arc::clone(&self.outcomes));
            self.runs = Some(runs::Desk::open(
                &self.runtime,
                live.fleet(),
                Arc::clone(hand.journal()),
                std::mem::take(&mut self.calendars),
                Arc::clone(&self.outcomes),
            ));
        }
        self.queries = Some(query::Desk::open(
            &self.runtime,
            live.fleet(),
            Arc::clone(&self.outcomes),
        ));
        let mut desk = logs::Desk::open(
            &self.runtime,
            live.fleet(),
            live.clock(),
            Arc::clone(&self.outcomes),
        );
        if let Some((number, wanted)) = self.unread.take() {
            desk.read(number, wanted);
        }
        self.logs = Some(desk);
        self.live = Some(live);
    }

    /// From here on changes are made through this journal; without one nothing is changed. Call it before
    /// [`Runner::connect`], which also closes what earlier consoles left open.
    pub fn answer_to(&mut self, journal: Arc<Journal>) {
        self.hand = Some(change::Hand::new(journal));
    }

    /// Finds out about a change before it is confirmed.
    fn look(&self, request: Request) {
        let outcomes = Arc::clone(&self.outcomes);
        if let Some(hand) = &self.hand {
            hand.look(
                &self.runtime,
                self.live.as_ref().map(Live::fleet),
                request,
                outcomes,
            );
        }
    }

    /// Makes a change.
    fn change(&self, request: Request) {
        let outcomes = Arc::clone(&self.outcomes);
        if let Some(hand) = &self.hand {
            hand.perform(
                &self.runtime,
                self.live.as_ref().map(Live::fleet),
                request,
                outcomes,
            );
        }
    }

    /// Leaves what has not been sent yet of all changes and runbooks, ends the programs of this machine, and waits until the
    /// rest is answered and written down. A query that runs is stopped at AWS: it is billed by what it reads.
    pub async fn rest(&mut self) {
        // First of all: it is only told to stop, and what follows may take all the time there is.
        if let Some(desk) = &self.queries {
            desk.stop();
        }
        if let Some(hand) = &self.hand {
            hand.rest().await;
        }
        if let Some(desk) = &self.runs {
            desk.rest().await;
        }
        if let Some(desk) = &mut self.queries {
            desk.rest().await;
        }
    }

    /// Leaves what has not been sent yet of a change.
    fn cancel_change(&self, id: u64) {
        if let Some(hand) = &self.hand {
            hand.cancel(id);
        }
    }

    /// Carries out what is for the world; what is for the terminal, the desktop or the loop itself is given back.
    pub fn carry_out(&mut self, effect: Effect, store: &Store) -> Option<Effect> {
        match effect {
            Effect::Refresh(feeds) => self.refresh(feeds),
            Effect::Focus(sources) => self.focus(sources),
            Effect::FetchRaw(key) => self.fetch_raw(store, key),
            Effect::Write(gesture, acts) => self.write(gesture, acts),
            Effect::Preflight(request) => self.look(*request),
            Effect::Change(request) => self.change(*request),
            Effect::CancelChange(id) => self.cancel_change(id),
            Effect::ListDocuments(scope) => self.list_documents(scope),
            Effect::DescribeDocument(scope, name) => self.describe(scope, name),
            Effect::CheckRun(number, launch) => self.check_run(number, *launch),
            Effect::StartRun(launch) => self.start_run(*launch),
            Effect::StopRun(run) => self.stop_run(*run),
            Effect::AnswerRun(run, approves) => self.answer_run(*run, approves),
            Effect::LookAtRuns => self.look_at_runs(),
            Effect::SightLogs(number, aim) => match &self.logs {
                Some(desk) => desk.sight(number, *aim),
                None => (self.outcomes)(logs::unknown(number)),
            },
            Effect::ReadLogs(number, wanted) => match &mut self.logs {
                Some(desk) => desk.read(number, *wanted),
                None => self.unread = Some((number, *wanted)),
            },
            Effect::Query(number, asked) => match &mut self.queries {
                Some(desk) => desk.ask(number, *asked),
                None => (self.outcomes)(query::unknown(number)),
            },
            Effect::ListGroups(number, like) => match &mut self.queries {
                Some(desk) => desk.list(number, like),
                None => (self.outcomes)(query::unknown(number)),
            },
            Effect::StopQuery => {
                if let Some(desk) = &self.queries {
                    desk.stop();
                }
            }
            Effect::LookCloser(key) => {
                let row = store.find(&key).and_then(|id| store.row(id));
                if let (Some(live), Some(row)) = (&self.live, row) {
                    let books = closer::Books {
                        journal: self.hand.as_ref().map(|hand| Arc::clone(hand.journal())),
                        history: self.history.clone(),
                    };
                    let from = from(store, &key);
                    let asked = closer::ask(
                        &self.runtime,
                        live.fleet(),
                        &live.clock(),
                        Arc::clone(&self.outcomes),
                        books,
                        (Arc::clone(row.item()), from),
                    );
                    // Only the item that is looked at is worth its calls.
                    if let Some(before) = self.closer.replace(asked) {
                        before.abort();
                    }
                }
            }
            Effect::LookUpTrail(number, asking) => self.look_up(number, *asking),
            Effect::CloseTrail => self.close_trail(),
            Effect::CloseLogs => {
                if let Some(desk) = &mut self.logs {
                    desk.close();
                }
            }
            Effect::Persist(facts) => self.persist(facts),
            Effect::Gather { window, shift } => self.gather(window, shift),
            Effect::Save { name, text } => {
                self.save(name, move |file| file.write_all(text.as_bytes()));
            }
            Effect::SaveLog { name, extract } => self.save(name, move |file| extract.write(file)),
            Effect::Call(mut call) => {
                if let Some((program, told)) = call.command.take() {
                    let outcomes = Arc::clone(&self.outcomes);
                    hook::start(&self.hooks, program, told, move |why| {
                        outcomes(Outcome::Uncalled(Arc::from(why)));
                    });
                }
                return Some(Effect::Call(call));
            }
            Effect::HandOver(operator) => self.hand_over(&operator),
            Effect::Copy(_)
            | Effect::OpenLink(_)
            | Effect::Reload
            | Effect::ReadThemes(_)
            | Effect::Picture { .. }
            | Effect::Demo
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => return Some(effect),
        }
        None
    }

    /// From here on these change calendars are asked before a runbook starts. Call it before [`Runner::connect`].
    pub fn heed(&mut self, calendars: Vec<String>) {
        self.calendars = calendars;
    }

    /// Does something about runs, or says that there is no fleet yet to do it in.
    fn at_runs(&self, act: impl FnOnce(&runs::Desk)) {
        match &self.runs {
            Some(desk) => act(desk),
            None => (self.outcomes)(Outcome::RunAsked(Asked {
                name: Arc::from("runbook"),
                what: "",
                not: vec![Arc::from(
                    "the fleet is not known yet; nothing was sent, try again in a moment.",
                )],
            })),
        }
    }

    /// Asks CloudTrail nothing any more.
    fn close_trail(&mut self) {
        if let Some(asking) = self.trail.take() {
            asking.abort();
        }
    }

    /// Asks CloudTrail; what was asked before is not asked again any more.
    fn look_up(&mut self, number: u64, asking: Asking) {
        self.close_trail();
        if let Some(live) = &self.live {
            let (fleet, outcomes) = (live.fleet(), Arc::clone(&self.outcomes));
            self.trail = Some(trail::ask(
                &self.runtime,
                fleet,
                live.clock(),
                outcomes,
                number,
                asking,
            ));
        }
    }

    /// Lists the Automation documents that the account owns there.
    fn list_documents(&self, scope: Scope) {
        if let Some(desk) = &self.runs {
            desk.list(scope);
        }
    }

    /// Describes one of them.
    fn describe(&self, scope: Scope, name: Arc<str>) {
        self.at_runs(|desk| desk.describe(scope, name));
    }

    /// Finds out everything about a launch before it is confirmed.
    fn check_run(&self, number: u64, launch: Launch) {
        self.at_runs(|desk| desk.check(number, launch));
    }

    /// Starts a launch.
    fn start_run(&self, launch: Launch) {
        self.at_runs(|desk| desk.start(launch));
    }

    /// Stops what still goes on of a run.
    fn stop_run(&self, run: Run) {
        self.at_runs(|desk| desk.stop(run));
    }

    /// Answers what waits for somebody's word.
    fn answer_run(&self, run: Run, approves: bool) {
        let note = String::new();
        self.at_runs(|desk| desk.answer(run, Answer { approves, note }));
    }

    /// Looks at every run now.
    fn look_at_runs(&self) {
        if let Some(desk) = &self.runs {
            desk.look();
        }
    }

    /// From here on what happens is recorded in this history.
    pub fn record(&mut self, history: History) {
        self.history = Some(history);
    }

    /// Writes facts into the history. They are on their way when this returns.
    pub fn persist(&self, facts: Facts) {
        let Some(history) = &self.history else {
            return;
        };
        let written = history.write(facts);
        let outcomes = Arc::clone(&self.outcomes);
        self.runtime.spawn(async move {
            let written = written.await.map_err(|trouble| Arc::from(trouble.0));
            outcomes(Outcome::Persisted(written));
        });
    }

    /// From here on pages are saved in this folder.
    pub fn save_in(&mut self, folder: PathBuf) {
        self.folder = Some(folder);
    }

    /// Reads journal and history for a handover.
    fn gather(&self, window: Span, shift: Option<Arc<str>>) {
        let journal = self.hand.as_ref().map(|hand| Arc::clone(hand.journal()));
        let history = self.history.clone();
        let outcomes = Arc::clone(&self.outcomes);
        self.runtime.spawn_blocking(move || {
            let gathering = page::gather(journal.as_deref(), history.as_ref(), window, shift);
            outcomes(Outcome::Gathered(Box::new(gathering)));
        });
    }

    /// Saves what is written into a file of this name.
    fn save(
        &self,
        name: Arc<str>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    ) {
        let (folder, outcomes) = (self.folder.clone(), Arc::clone(&self.outcomes));
        self.runtime.spawn_blocking(move || {
            let saved = page::save(folder.as_deref(), &name, write);
            outcomes(Outcome::Saved(saved));
        });
    }

    /// From here on somebody else acts.
    fn hand_over(&self, operator: &str) {
        let Some(hand) = &self.hand else {
            return;
        };
        let before = hand.journal().operator();
        hand.journal().hand_over(operator);
        let note = Note {
            operator: Arc::from(operator),
            identity: Arc::from(""),
            verb: "operator.change",
            place: "console",
            targets: Vec::new(),
            parameters: [("from".to_owned(), (&*before).into())]
                .into_iter()
                .collect(),
        };
        let written = hand.journal().note(&note);
        let outcomes = Arc::clone(&self.outcomes);
        self.runtime.spawn(async move {
            if let Err(why) = written.await {
                outcomes(Outcome::Unjournalled(Arc::from(why.0)));
            }
        });
    }

    /// From here on acts are written into this ledger, and what colleagues write there is told. Call it after
    /// [`Runner::answer_to`]: the journal says who did what.
    pub fn keep(&mut self, ledger: Ledger) {
        self.desk = Some(ledger::Desk::open(
            &self.runtime,
            ledger,
            self.hand.as_ref().map(|hand| Arc::clone(hand.journal())),
            Arc::clone(&self.outcomes),
        ));
    }

    /// Writes the acts of one gesture into the ledger.
    fn write(&self, gesture: Gesture, acts: Vec<Act>) {
        match &self.desk {
            Some(desk) => desk.write(&self.runtime, gesture, acts, Arc::clone(&self.outcomes)),
            None => (self.outcomes)(ledger::refuse(
                gesture,
                acts,
                "the ledger is not open yet; nothing was written, try again",
            )),
        }
    }

    /// Asks these feeds now, or all of them where none are named.
    fn refresh(&self, feeds: Vec<Feed>) {
        match &self.live {
            Some(live) if feeds.is_empty() => live.refresh_all(),
            Some(live) => live.refresh(feeds),
            None => {}
        }
    }

    /// Asks these sources first from now on.
    pub fn focus(&mut self, sources: &'static [SourceId]) {
        self.focus = sources;
        if let Some(live) = &self.live {
            live.focus(Focus {
                sources: sources.to_vec(),
                ..Focus::default()
            });
        }
    }

    /// Reads one item afresh, as the service's own JSON.
    fn fetch_raw(&self, store: &Store, key: ItemKey) {
        if let Some(live) = &self.live {
            raw::fetch(&self.runtime, live, store, key, Arc::clone(&self.outcomes));
        }
    }

    /// Opens an address in a browser, where there is one.
    pub fn open_link(&self, address: &str) {
        (self.outcomes)(Outcome::Link(link::open(address)));
    }
}

/// From where an item is asked about: an event of AWS Health from its account, whatever its region, and one that concerns everybody from
/// where it was told.
fn from(store: &Store, key: &ItemKey) -> Scope {
    if key.kind != Kind::Health {
        return key.scope;
    }
    if key.scope.account != AccountId::UNKNOWN {
        return Scope {
            region: Region::GLOBAL,
            ..key.scope
        };
    }
    let told = store.find(key).and_then(|id| store.feeds_of(id).next());
    told.map_or(key.scope, |feed| feed.vantage)
}
