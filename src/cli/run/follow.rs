//! Starting and following a run: step by step on standard error, what became of it on standard output.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::audit::{Journal, Refused, Result as Became, Unwritten};
use crate::aws::fleet::Fleet;
use crate::aws::ops::Done;
use crate::aws::runs::book;
use crate::clock::Timestamp;
use crate::domain::Roster;
use crate::domain::text::{clean, count};
use crate::effects::runs::{not_done, refresh};
use crate::runbook::run::{Report, Runs, State};
use crate::runbook::{Launch, Run};

use super::super::{FAILED, complain};

/// What became of a run, as far as it was followed.
pub(super) struct Went {
    /// The run, where the journal has it.
    pub run: Option<Run>,
    /// Why parts of it were not started.
    pub refused: Vec<String>,
    /// Whether somebody stopped following.
    pub left: bool,
}

/// The runs that the journal knows since this moment.
///
/// # Errors
/// Why the journal cannot be read.
pub(in crate::cli) fn read(journal: &Journal, since: Timestamp) -> Result<Runs, Unwritten> {
    let mut runs = Runs::default();
    book::catch_up(journal, &mut runs, since)?;
    Ok(runs)
}

/// Starts a launch, all its parts abreast but for a few, and follows it to its end.
pub(super) async fn start(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    launch: Launch,
    follows: bool,
) -> Went {
    let launch = Arc::new(launch);
    let since = journal.now();
    let cancel = Arc::new(AtomicBool::new(false));
    let (tell, mut heard) = mpsc::unbounded_channel::<Report>();
    let told = move |report| drop(tell.send(report));
    let mut starting = crate::effects::runs::start(fleet, journal, &launch, &cancel, &told);
    drop(told);
    let mut went = Went {
        run: None,
        refused: Vec::new(),
        left: false,
    };
    let mut all = Runs::default();
    let mut told = Told::default();
    // A program of this machine is heard while it runs; ctrl-c ends it.
    while !starting.is_empty() || !heard.is_closed() {
        tokio::select! {
            Some(done) = starting.join_next() => match done {
                Ok(Ok(done)) => went.refused.extend(not_done(&done)),
                Ok(Err(why)) => went.refused.push(why),
                Err(why) => went.refused.push(format!("it broke off: {why}; `noctop audit list` has its intent")),
            },
            Some(report) = heard.recv() => {
                let _ = book::catch_up(journal, &mut all, since);
                all.learn(&report);
                told.say(all.get(&launch.run), fleet);
            }
            _ = tokio::signal::ctrl_c() => cancel.store(true, Ordering::Relaxed),
            else => break,
        }
    }
    let _ = book::catch_up(journal, &mut all, since);
    if follows {
        let followed = on(fleet, journal, all, &launch.run, told).await;
        went.run = followed.run;
        went.left = followed.left;
    } else {
        went.run = all.get(&launch.run).cloned();
    }
    went
}

/// Follows a run that was started before.
pub(super) async fn follow(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    runs: Runs,
    id: &str,
) -> Went {
    on(fleet, journal, runs, id, Told::default()).await
}

async fn on(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    mut all: Runs,
    id: &str,
    mut told: Told,
) -> Went {
    let began = tokio::time::Instant::now();
    let mut left = false;
    loop {
        refresh(fleet, journal, &mut all, Some(id)).await;
        told.say(all.get(id), fleet);
        if all.get(id).is_none_or(Run::is_over) {
            break;
        }
        // Short ones are followed closely; nobody needs the second of one that takes an hour.
        let pause = match began.elapsed().as_secs() {
            0..60 => 1,
            60..600 => 3,
            _ => 10,
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(pause)) => {}
            _ = tokio::signal::ctrl_c() => {
                left = true;
                break;
            }
        }
        let _ = book::catch_up(journal, &mut all, Timestamp::from_millis(0));
    }
    Went {
        run: all.get(id).cloned(),
        refused: Vec::new(),
        left,
    }
}

/// What has been said, so that nothing is said twice.
#[derive(Default)]
struct Told(BTreeMap<String, String>);

impl Told {
    fn say(&mut self, run: Option<&Run>, fleet: &Fleet) {
        let Some(run) = run else { return };
        let roster = &fleet.census().roster;
        for execution in &run.executions {
            let place = format!(
                "{} {}",
                roster.name(execution.scope.account),
                execution.scope.region
            );
            let head = format!("{place} {} {}", execution.document, execution.id);
            let mut words = execution.state.word().to_owned();
            if let Some(why) = &execution.unread {
                words = format!("NOT READ: {why}");
            } else if !execution.said.is_empty() {
                words = format!("{words}: {}", execution.said);
            }
            self.line(head, words);
            for step in execution.steps.iter().filter(|s| s.state != State::Pending) {
                let mut words = step.state.word().to_owned();
                if step.state == State::Waiting {
                    words = format!(
                        "waiting for somebody's word: `noctop run --approve {}` or `--reject`",
                        short(&run.id)
                    );
                } else if !step.said.is_empty() {
                    words = format!("{words}: {}", step.said);
                }
                self.line(format!("{place}   {}", step.name), words);
            }
        }
    }

    fn line(&mut self, head: String, words: String) {
        if self.0.get(&head) == Some(&words) {
            return;
        }
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "{} {}", clean(&head), clean(&words));
        self.0.insert(head, words);
    }
}

/// The beginning of an id, which is enough to name it.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// Says what became of a run. Exit code 0 only where all of it succeeded, or was merely to be started and was.
pub(super) fn tell(went: &Went, as_json: bool, only_started: bool, roster: &Roster) -> ExitCode {
    for why in &went.refused {
        complain(why);
    }
    let Some(run) = &went.run else {
        return ExitCode::from(FAILED);
    };
    if as_json {
        super::print(&format!("{:#}\n", run.json(roster)));
    } else {
        super::print(&text(run, roster));
    }
    let id = short(&run.id);
    if went.left || only_started && !run.is_over() {
        complain(&format!(
            "run {id} goes on: `noctop ls runs` shows it, `noctop run --follow {id}` follows it, `noctop run --stop {id}` stops it"
        ));
    }
    let is_good = match run.state() {
        State::Succeeded => true,
        state => only_started && !state.is_over(),
    };
    if is_good && went.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

/// A run with everything that it wrote, for people.
fn text(run: &Run, roster: &Roster) -> String {
    let mut out = String::new();
    for execution in &run.executions {
        for step in execution.steps.iter().filter(|s| !s.output.is_empty()) {
            out.push_str(&format!(
                "== {} {} {}\n{}\n",
                roster.name(execution.scope.account),
                execution.scope.region,
                step.name,
                step.output
            ));
        }
    }
    out.push_str(&format!(
        "{} {} on {}: {} ({})\n",
        run.name,
        run.state().word(),
        count(run.targets().count(), "target"),
        run.fact(),
        short(&run.id)
    ));
    out
}

/// Says what became of stopping or answering a run.
pub(super) fn answered(run: &Run, asked: &[Result<Done, Refused>]) -> ExitCode {
    if asked.is_empty() {
        complain(&format!(
            "run {} has nothing that could be asked so: it is {}",
            short(&run.id),
            run.state().word()
        ));
        return ExitCode::from(FAILED);
    }
    let mut good = 0;
    for one in asked {
        match one {
            Ok(done) if done.receipt.result() == Some(Became::Ok) => good += 1,
            Ok(done) => not_done(done).iter().for_each(|why| complain(why)),
            Err(refused) => complain(&refused.said),
        }
    }
    super::print(&format!("{good} of {} asked\n", asked.len()));
    if good == asked.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}
