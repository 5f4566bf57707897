//! `noctop run`: starts a runbook, follows it, and exits with its result.
//!
//! ```text
//! meant (which items) ─► launch ─► pre-flight card ─► yes? ─► start ─► follow ─► what became of it
//! ```

mod card;
pub(in crate::cli) mod follow;
mod meant;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::aws::runs::{self, Answer, Wishes};
use crate::domain::Kind;
use crate::filter::Filter;
use crate::runbook::preflight::Ask;
use crate::runbook::{Preflight, Refusal as Refused, Risk, Runbook};

use super::snapshot::Snapshot;
use super::stage::{Refusal, Stage};
use super::{FAILED, Start, USAGE, complain};

/// Runs a runbook: on the items that are named, after everything about it was found out and confirmed.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Run {
    /// The runbook, as `--list` prints it; `document/NAME` is an Automation document of the account's own.
    #[arg(value_name = "RUNBOOK")]
    runbook: Option<String>,
    /// What to run it for: an item by id or ARN as `noctop ls` prints them, or an instance by its id.
    #[arg(long, value_name = "ID")]
    target: Vec<String>,
    /// Items that ask for attention and match this filter.
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Read only these kinds of items: quicker where it is known what is meant.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = super::triage::kind)]
    kind: Vec<Kind>,
    /// What the runbook asks.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// Says everything that is found out before; starts nothing.
    #[arg(long)]
    dry_run: bool,
    /// Runs it without a question.
    #[arg(long)]
    yes: bool,
    /// Runs it although a change calendar is closed.
    #[arg(long)]
    despite_calendar: bool,
    /// Allows what the policy of each account allows; without it nothing is started.
    #[arg(long)]
    write: bool,
    /// Starts it and does not wait for its end.
    #[arg(long)]
    no_follow: bool,
    /// Lists the runbooks; with `--target` or `--filter` those that fit, and what they would act on.
    #[arg(long, conflicts_with = "runbook")]
    list: bool,
    /// Follows a run that was started before, by its id.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["runbook", "list"])]
    follow: Option<String>,
    /// Stops what still goes on of a run.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["runbook", "list", "follow"])]
    stop: Option<String>,
    /// Lets a run go on that waits for somebody's word.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["runbook", "list", "follow", "stop"])]
    approve: Option<String>,
    /// Does not let a run go on that waits for somebody's word.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["runbook", "list", "follow", "stop", "approve"])]
    reject: Option<String>,
    /// What is said with an approval or its refusal.
    #[arg(long, default_value = "")]
    note: String,
    /// How to print what came of it.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Stop waiting for slow feeds after this long.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Table,
    /// An object.
    Json,
}

const AFTER: &str = "\
Exit codes: 0 it succeeded; 1 it was refused, failed, or nobody can tell; 2 command line or configuration.
Ctrl-C stops following, not the run (but it does end a program of this machine).

Examples:
  noctop run --list --target i-0123456789abcdef0
  noctop run collect-diagnostics --target disk-full --write
  noctop run restart-service --filter 'kind:alarm acct:payments-*' --param service=nginx.service --dry-run
  noctop run --stop 7f3a1c";

impl Run {
    /// Runs it, and exits with its result.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.go() {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }

    fn go(self) -> Result<ExitCode, Refusal> {
        let mut flags = self.start.fleet.clone().into_flags();
        if self.write {
            flags.readonly = Some(false);
        }
        let stage = Stage::set(&flags, self.start.demo.scenario.as_deref())?;
        let (catalogue, problems) = stage.config.runbooks();
        for problem in &problems {
            complain(&problem.to_string());
        }
        let earlier = [&self.follow, &self.stop, &self.approve, &self.reject];
        if let Some(run) = earlier.into_iter().flatten().next() {
            return self.about(&stage, run);
        }
        if self.list && self.target.is_empty() && self.filter.is_none() {
            print(&card::list(catalogue.iter()));
            return Ok(ExitCode::SUCCESS);
        }
        let Some(name) = self.runbook.as_deref().filter(|_| !self.list) else {
            if !self.list {
                return Err(Refusal(vec![
                    "name a runbook; `noctop run --list` lists them".to_owned(),
                ]));
            }
            let snapshot = Snapshot::of(&stage, &self.kinds(None), &self.filter()?, self.timeout)?;
            let meant = self.meant(&snapshot)?;
            if meant.is_empty() {
                return Ok(nothing());
            }
            print(&card::fitting(&catalogue, &meant, &snapshot));
            return Ok(ExitCode::SUCCESS);
        };
        let known = catalogue.get(name);
        if known.is_none() && !name.starts_with(crate::runbook::document::PREFIX) {
            return Err(unknown(name, catalogue.iter().map(|r| &*r.name)));
        }
        let snapshot = Snapshot::of(&stage, &self.kinds(known), &self.filter()?, self.timeout)?;
        let meant = self.meant(&snapshot)?;
        if meant.is_empty() {
            return Ok(nothing());
        }
        let runbook = match known {
            Some(runbook) => runbook.clone(),
            None => match meant::of_document(&snapshot, name, &meant) {
                Ok(runbook) => runbook,
                Err(why) => {
                    complain(&why);
                    return Ok(ExitCode::from(FAILED));
                }
            },
        };
        self.launch(&stage, &snapshot, &runbook, &meant)
    }

    fn launch(
        &self,
        stage: &Stage,
        snapshot: &Snapshot,
        runbook: &Runbook,
        meant: &[meant::Item],
    ) -> Result<ExitCode, Refusal> {
        let given = self.given()?;
        let id = crate::audit::unique();
        let all: Vec<_> = meant.iter().map(|item| item.meant.clone()).collect();
        let launch = match runbook.launch(&id, &all, &given, snapshot.store.roster()) {
            Ok(launch) => launch,
            Err(Refused(why)) => {
                let asks = runbook.inputs.iter().map(card::input);
                return Err(Refusal(
                    why.into_iter()
                        .map(|why| format!("{}: {why}", runbook.name))
                        .chain(asks)
                        .collect(),
                ));
            }
        };
        let journal = Arc::new(stage.journal(Stage::clock()));
        let wishes = Wishes {
            calendars: stage.config.calendars(),
            ..Wishes::default()
        };
        let found =
            snapshot
                .runtime
                .block_on(runs::check(&snapshot.fleet, &journal, launch, &wishes));
        let is_json = self.format == Format::Json;
        if self.dry_run {
            let text = if is_json {
                format!("{:#}\n", card::json(&found))
            } else {
                card::text(&found)
            };
            print(&text);
            return Ok(match found.refusals().is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(FAILED),
            });
        }
        complain_card(&found);
        let refusals = found.refusals();
        if !refusals.is_empty() {
            snapshot.runtime.block_on(runs::refuse(
                &snapshot.fleet,
                &journal,
                &found.launch,
                &refusals,
            ));
            complain("nothing was started");
            journal.retire();
            return Ok(ExitCode::from(FAILED));
        }
        if let Some(code) = self.unconfirmed(&found) {
            return Ok(code);
        }
        let went = snapshot.runtime.block_on(follow::start(
            &snapshot.fleet,
            &journal,
            found.launch,
            !self.no_follow,
        ));
        let code = follow::tell(&went, is_json, self.no_follow, snapshot.store.roster());
        journal.retire();
        Ok(code)
    }

    /// Why it is not started yet; `None`: it was confirmed.
    fn unconfirmed(&self, found: &Preflight) -> Option<ExitCode> {
        let closed = found.closed();
        if !closed.is_empty() && !self.despite_calendar && (self.yes || !on_terminal()) {
            complain(&format!(
                "change calendar {} is closed; say --despite-calendar to run it all the same",
                closed.join(", ")
            ));
            return Some(ExitCode::from(FAILED));
        }
        let is_one = found.launch.targets().count() == 1;
        if self.yes || found.launch.risk == Risk::Safe && is_one && closed.is_empty() {
            return None;
        }
        if !on_terminal() {
            complain("say --yes to run it");
            return Some(ExitCode::from(USAGE));
        }
        let wanted = match found.ask() {
            Ask::Yes => "y".to_owned(),
            Ask::Type(words) => words,
        };
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "Type {wanted} to run it: ");
        let _ = err.flush();
        let mut typed = String::new();
        let read = std::io::stdin().read_line(&mut typed);
        if read.is_ok() && typed.trim() == wanted {
            return None;
        }
        drop(err);
        complain("it was not confirmed; nothing was started");
        Some(ExitCode::from(USAGE))
    }

    /// What is done about a run that was started before.
    fn about(&self, stage: &Stage, id: &str) -> Result<ExitCode, Refusal> {
        let snapshot = Snapshot::of(stage, &[], &Filter::default(), self.timeout)?;
        let journal = Arc::new(stage.journal(Stage::clock()));
        let read = follow::read(&journal, journal.now().minus(crate::effects::runs::KEPT));
        let mut all = read.map_err(|why| Refusal(vec![why.0]))?;
        let Some(run) = all.get(id).cloned() else {
            complain(&format!(
                "the journal has no run {id}, or several that begin so; `noctop ls runs` lists them"
            ));
            return Ok(ExitCode::from(USAGE));
        };
        let (fleet, runtime) = (&snapshot.fleet, &snapshot.runtime);
        // What waits, and what goes on, only AWS knows.
        runtime.block_on(crate::effects::runs::refresh(
            fleet,
            &journal,
            &mut all,
            Some(&run.id),
        ));
        let run = all.get(&run.id).cloned().unwrap_or(run);
        let asked = if self.stop.is_some() {
            Some(runtime.block_on(runs::stop(fleet, &journal, &run)))
        } else if self.approve.is_some() || self.reject.is_some() {
            let answer = Answer {
                approves: self.approve.is_some(),
                note: self.note.clone(),
            };
            Some(runtime.block_on(runs::answer(fleet, &journal, &run, &answer)))
        } else {
            None
        };
        if let Some(asked) = asked {
            let code = follow::answered(&run, &asked);
            journal.retire();
            return Ok(code);
        }
        let went = runtime.block_on(follow::follow(fleet, &journal, all, &run.id));
        let is_json = self.format == Format::Json;
        let code = follow::tell(&went, is_json, false, snapshot.store.roster());
        journal.retire();
        Ok(code)
    }

    fn kinds(&self, runbook: Option<&Runbook>) -> Vec<Kind> {
        match runbook {
            _ if !self.kind.is_empty() => self.kind.clone(),
            Some(runbook) => runbook.matches.kinds(),
            None => Kind::ALL.to_vec(),
        }
    }

    fn given(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(Refusal(vec![format!("`{text}` is not NAME=VALUE")])),
        };
        self.params.iter().map(pair).collect()
    }
}

fn nothing() -> ExitCode {
    complain("nothing matches; `noctop ls` shows what there is");
    ExitCode::from(FAILED)
}

fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Refusal {
    let near = crate::domain::problem::nearest(name, names);
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Refusal(vec![format!(
        "there is no runbook `{name}`{near} `noctop run --list` lists them"
    )])
}

fn on_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn complain_card(found: &Preflight) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(card::text(found).as_bytes());
}

fn print(text: &str) {
    // A reader that went away (`| head`) has seen what it wanted.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
