//! Runs of runbooks: looked at before, started, followed, stopped and answered.
//!
//! Both faces of noctop start and follow runs by this: the console as outcomes, `noctop run` as lines.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::audit::{Journal, Refused, Result as Became, unique};
use crate::aws::fleet::Fleet;
use crate::aws::ops::Done;
use crate::aws::runs::{self, Answer, Wishes, book, documents};
use crate::domain::Scope;
use crate::model::Outcome;
use crate::model::runbooks::{Asked, Ready, Started};
use crate::runbook::run::{Execution, How, Report, Runs, State};
use crate::runbook::{Launch, Run, Step};

use super::{Outcomes, local};

/// How far back runs are looked for: AWS forgets them after a month.
pub const KEPT: Duration = Duration::from_secs(31 * 86_400);
/// Parts of a launch that are started at once.
const ABREAST: usize = 16;
/// How often runs that go on are looked at.
const FOLLOWED: Duration = Duration::from_secs(2);
/// How often the journal is looked at for what other consoles have started.
const WATCHED: Duration = Duration::from_secs(15);

/// Starts every part of a launch, a few at once; each comes back as what became of it or why it was not started. What has
/// not been sent when `cancel` is set is left.
pub fn start(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    launch: &Arc<Launch>,
    cancel: &Arc<AtomicBool>,
    told: &(impl Fn(Report) + Clone + Send + Sync + 'static),
) -> JoinSet<Result<Done, String>> {
    let room = Arc::new(Semaphore::new(ABREAST));
    let mut starting = JoinSet::new();
    for at in 0..launch.parts.len() {
        let (fleet, journal, launch) = (Arc::clone(fleet), Arc::clone(journal), Arc::clone(launch));
        let (room, cancel, told) = (Arc::clone(&room), Arc::clone(cancel), told.clone());
        starting.spawn(async move {
            let _place = room.acquire_owned().await;
            if cancel.load(Ordering::Relaxed) {
                return Err("It was cancelled before it was sent.".to_owned());
            }
            let part = &launch.parts[at];
            if matches!(part.step, Step::Local { .. }) {
                let roster = fleet.census().roster.clone();
                local::run(&journal, &roster, &launch, part, cancel, told)
                    .await
                    .map_err(|refused| refused.to_string())
            } else {
                runs::start(&fleet, &journal, &launch, part)
                    .await
                    .map_err(|why| why.to_string())
            }
        });
    }
    starting
}

/// What there is to say of a part that AWS did not simply take.
#[must_use]
pub fn not_done(done: &Done) -> Vec<String> {
    let mut all: Vec<String> = done
        .receipt
        .outcomes
        .iter()
        .filter(|o| o.result != Became::Ok)
        .map(|o| o.said.clone())
        .collect();
    all.dedup();
    all.extend(done.unwritten.as_ref().map(ToString::to_string));
    all
}

/// Asks AWS about everything that has not ended, or about one run whatever its state. Says whether anything is new.
pub async fn refresh(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    runs: &mut Runs,
    only: Option<&str>,
) -> bool {
    let executions: Vec<Execution> = match only {
        Some(id) => runs
            .get(id)
            .map(|run| run.executions.clone())
            .unwrap_or_default(),
        None => runs.unfinished().map(|(_, e)| e.clone()).collect(),
    };
    let executions = executions
        .into_iter()
        .filter(|e| !e.id.is_empty() || !e.state.is_over());
    let reports = book::ask(fleet, journal, executions.collect(), journal.now()).await;
    learn(journal, runs, &reports).await
}

/// Takes in what AWS said, and writes down what has ended.
async fn learn(journal: &Journal, runs: &mut Runs, reports: &[Report]) -> bool {
    let mut is_new = false;
    for report in reports {
        let before = runs.reported(report).map(|(_, e)| e.state);
        is_new |= runs.learn(report);
        let Some((run, execution)) = runs.reported(report) else {
            continue;
        };
        let is_news = before.is_some_and(|state: State| !state.is_over());
        if is_news && execution.state.is_over() && execution.how != How::Local {
            // Whoever looks next asks AWS again: nothing is lost but a call.
            let _ = book::note_end(journal, execution, &run.id).await;
        }
    }
    is_new
}

/// What the follower hears of.
enum Heard {
    /// How a program of this machine goes.
    Report(Report),
    /// Something was started, stopped or answered, or somebody wants to see how it stands now.
    Look,
}

/// Whoever starts and follows runs for the console.
#[derive(Clone)]
pub(super) struct Desk {
    runtime: Handle,
    fleet: Arc<Fleet>,
    journal: Arc<Journal>,
    wishes: Wishes,
    outcomes: Outcomes,
    /// What cancels a launch that is not carried out yet, by its run. A program is under way until it ends.
    under_way: Arc<Mutex<HashMap<Arc<str>, Arc<AtomicBool>>>>,
    /// A launch has been carried out.
    ended: Arc<Notify>,
    heard: mpsc::UnboundedSender<Heard>,
}

impl Desk {
    /// Begins to follow every run of this journal.
    pub(super) fn open(
        runtime: &Handle,
        fleet: Arc<Fleet>,
        journal: Arc<Journal>,
        calendars: Vec<String>,
        outcomes: Outcomes,
    ) -> Self {
        let (heard, hears) = mpsc::unbounded_channel();
        let desk = Self {
            runtime: runtime.clone(),
            fleet,
            journal,
            wishes: Wishes {
                calendars,
                ..Wishes::default()
            },
            outcomes,
            under_way: Arc::default(),
            ended: Arc::default(),
            heard,
        };
        let (fleet, journal) = (Arc::clone(&desk.fleet), Arc::clone(&desk.journal));
        let outcomes = Arc::clone(&desk.outcomes);
        runtime.spawn(follow(fleet, journal, hears, outcomes));
        desk
    }

    /// The names of the Automation documents that the account owns there.
    pub(super) fn list(&self, scope: Scope) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let listed = match desk.fleet.access(scope) {
                Some(access) => documents::own(&access).await.map_err(|f| f.to_string()),
                None => Err(stranger(scope)),
            };
            (desk.outcomes)(Outcome::Documents(scope, listed.map_err(Arc::from)));
        });
    }

    /// Describes one of them.
    pub(super) fn describe(&self, scope: Scope, name: Arc<str>) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let described = match desk.fleet.access(scope) {
                Some(access) => documents::described(&access, &name)
                    .await
                    .map_err(|fault| fault.to_string()),
                None => Err(stranger(scope)),
            };
            let described = described.map(Box::new).map_err(Arc::from);
            (desk.outcomes)(Outcome::Described(name, described));
        });
    }

    /// Finds out everything about a launch. What would be refused stands in the journal as refused.
    pub(super) fn check(&self, number: u64, launch: Launch) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let mut launch = launch;
            launch.run = Arc::from(unique());
            let found = runs::check(&desk.fleet, &desk.journal, launch, &desk.wishes).await;
            let refusals = found.refusals();
            if !refusals.is_empty() {
                runs::refuse(&desk.fleet, &desk.journal, &found.launch, &refusals).await;
            }
            let found = Box::new(found);
            (desk.outcomes)(Outcome::Ready(Ready { number, found }));
        });
    }

    /// Starts a launch; every run is followed from its intent on.
    pub(super) fn start(&self, launch: Launch) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let launch = Arc::new(launch);
            let tell = desk.heard.clone();
            let told = move |report| drop(tell.send(Heard::Report(report)));
            let cancel: Arc<AtomicBool> = Arc::default();
            desk.under_way()
                .insert(Arc::clone(&launch.run), Arc::clone(&cancel));
            let mut starting = start(&desk.fleet, &desk.journal, &launch, &cancel, &told);
            let mut refused = Vec::new();
            while let Some(done) = starting.join_next().await {
                match done {
                    Ok(Ok(done)) => refused.extend(not_done(&done)),
                    Ok(Err(why)) => refused.push(why),
                    Err(why) => refused.push(format!(
                        "It broke off inside noctop: {why}. Its intent is in the journal."
                    )),
                }
                let _ = desk.heard.send(Heard::Look);
            }
            desk.under_way().remove(&launch.run);
            desk.ended.notify_waiters();
            refused.dedup();
            (desk.outcomes)(Outcome::Started(Started {
                run: Arc::clone(&launch.run),
                name: Arc::clone(&launch.runbook),
                parts: launch.parts.len(),
                refused: refused.into_iter().map(Arc::from).collect(),
            }));
        });
    }

    /// Stops what still goes on of a run; a program is ended by the console that started it.
    pub(super) fn stop(&self, run: Run) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let launch = desk.under_way().get(&run.id).cloned();
            let is_ours = launch.is_some();
            if let Some(cancel) = launch {
                cancel.store(true, Ordering::Relaxed);
            }
            let asked = runs::stop(&desk.fleet, &desk.journal, &run).await;
            desk.asked(&run, "Asked to stop", &asked, is_ours);
        });
    }

    /// Answers what waits for somebody's word.
    pub(super) fn answer(&self, run: Run, answer: Answer) {
        let desk = self.clone();
        self.runtime.spawn(async move {
            let asked = runs::answer(&desk.fleet, &desk.journal, &run, &answer).await;
            let what = if answer.approves {
                "Approved"
            } else {
                "Rejected"
            };
            desk.asked(&run, what, &asked, false);
        });
    }

    /// Looks at everything now.
    pub(super) fn look(&self) {
        let _ = self.heard.send(Heard::Look);
    }

    /// Leaves what has not been sent yet, ends the programs of this machine, and waits until the rest is written down.
    pub(super) async fn rest(&self) {
        for cancel in self.under_way().values() {
            cancel.store(true, Ordering::Relaxed);
        }
        loop {
            let ended = self.ended.notified();
            if self.under_way().is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<AtomicBool>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self, run: &Run, what: &'static str, asked: &[Result<Done, Refused>], is_ours: bool) {
        let mut not: Vec<Arc<str>> = Vec::new();
        for one in asked {
            match one {
                Ok(done) => not.extend(not_done(done).into_iter().map(Arc::from)),
                Err(refused) => not.push(Arc::from(refused.said.as_str())),
            }
        }
        if asked.is_empty() && !is_ours {
            not.push(Arc::from(format!(
                "nothing of it can be asked so: it is {}.",
                run.state().word()
            )));
        }
        (self.outcomes)(Outcome::RunAsked(Asked {
            name: Arc::clone(&run.name),
            what,
            not,
        }));
        self.look();
    }
}

fn stranger(scope: Scope) -> String {
    format!("{scope} is not part of this fleet.")
}

/// Follows every run of the journal until the console ends: often while something goes on, seldom otherwise.
async fn follow(
    fleet: Arc<Fleet>,
    journal: Arc<Journal>,
    mut hears: mpsc::UnboundedReceiver<Heard>,
    outcomes: Outcomes,
) {
    let mut all = Runs::default();
    loop {
        let since = journal.now().minus(KEPT);
        let reader = Arc::clone(&journal);
        let mut book = std::mem::take(&mut all);
        let read = tokio::task::spawn_blocking(move || {
            let news = book::catch_up(&reader, &mut book, since);
            (book, news)
        });
        let Ok((book, news)) = read.await else { return };
        all = book;
        let mut is_new = news.unwrap_or(false);
        is_new |= refresh(&fleet, &journal, &mut all, None).await;
        if is_new {
            outcomes(Outcome::Runs(Arc::new(all.clone())));
        }
        let pause = if all.going_on() > 0 {
            FOLLOWED
        } else {
            WATCHED
        };
        match tokio::time::timeout(pause, hears.recv()).await {
            Ok(None) => return,
            Ok(Some(first)) => {
                let mut next = Some(first);
                let mut is_heard = false;
                while let Some(heard) = next {
                    if let Heard::Report(report) = heard {
                        is_heard |= all.learn(&report);
                    }
                    next = hears.try_recv().ok();
                }
                if is_heard {
                    outcomes(Outcome::Runs(Arc::new(all.clone())));
                }
            }
            Err(_) => {}
        }
    }
}
