//! `noctop act` and `noctop mute`: what the console's menu offers to do in AWS, for scripts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use crate::audit::{Journal, Result as Became};
use crate::aws::ops::{self, Risk};
use crate::command::change::{self, Aim, Ask, Fit, Offer, Said};
use crate::domain::{ItemKey, Kind, Policy};
use crate::effects::change as change_effects;
use crate::filter::Filter;
use crate::model::change::Request;
use crate::store::Row;
use crate::store::projection::Include;

use super::snapshot::Snapshot;
use super::stage::{Refusal, Stage};
use super::triage::{Line, Targets, name, print};
use super::{BLIND, FAILED, USAGE, complain};

/// Asks AWS to do something about items: resolve a finding, try a backup again, scan for patches, open an OpsItem …
///
/// Without an action it lists them all. The session must allow changes (--write) and so must the account's policy.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Act {
    /// What to do, such as finding.resolve.
    #[arg(value_name = "ACTION")]
    action: Option<String>,
    #[command(flatten)]
    rest: Rest,
}

/// Mutes what alarms set off: a CloudWatch mute rule with an end. The alarms go on being watched, and stay red.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Mute {
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, Args)]
struct Rest {
    #[command(flatten)]
    targets: Targets,
    /// For how long, where that is asked: a span such as 4h, or `shift`.
    #[arg(long = "for", value_name = "SPAN")]
    span: Option<String>,
    /// A note for colleagues, where the service keeps one.
    #[arg(long)]
    note: Option<String>,
    /// Anything else that the action asks, such as vault=nightly or reboot=no.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Allows what the policy of each account allows; without it nothing is changed.
    #[arg(long)]
    write: bool,
    /// Says what would be done, as whom and on what; changes nothing.
    #[arg(long)]
    dry_run: bool,
}

const EXIT: &str = "\
Exit codes: 0 done, 1 something was refused, failed or is unknown (each is told), 2 command line or configuration,
4 done, but some feeds are blind, so that a filter may have missed items.";

impl Act {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let Some(action) = &self.action else {
            return list();
        };
        match change::named(action) {
            Some(offer) => self.rest.run(offer),
            None => {
                let nearest = change::ALL
                    .iter()
                    .max_by(|a, b| {
                        strsim::jaro(a.name, action).total_cmp(&strsim::jaro(b.name, action))
                    })
                    .map_or("", |offer| offer.name);
                complain(&format!(
                    "there is no action `{action}`; did you mean {nearest}? `noctop act` lists them"
                ));
                ExitCode::from(USAGE)
            }
        }
    }
}

impl Mute {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match change::named("alarm.mute") {
            Some(offer) => self.rest.run(offer),
            None => ExitCode::from(USAGE),
        }
    }
}

/// Every action, with what it asks.
fn list() -> ExitCode {
    let mut text = String::new();
    for offer in change::ALL {
        let asks: Vec<String> = offer
            .asks
            .iter()
            .map(|ask| match ask {
                Ask::Span => "--for SPAN".to_owned(),
                Ask::Note => "--note TEXT".to_owned(),
                Ask::Line(label, _) | Ask::Words(label) => format!("--set {label}=…"),
            })
            .collect();
        text.push_str(&format!(
            "{:<18}{:<8}{}\n{:26}{}\n",
            offer.name,
            offer.risk.word(),
            offer.help(),
            "",
            asks.join("  ")
        ));
    }
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

impl Rest {
    fn run(self, offer: &'static Offer) -> ExitCode {
        let said = self
            .words(offer)
            .and_then(|words| Ok((words, self.targets.filter()?)));
        let (words, filter) = match said {
            Ok(said) => said,
            Err(why) => {
                complain(&why);
                return ExitCode::from(USAGE);
            }
        };
        match self.act(offer, words, &filter) {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }

    /// What was said for everything that the offer asks.
    fn words(&self, offer: &Offer) -> Result<BTreeMap<&'static str, String>, String> {
        let mut words: BTreeMap<&'static str, String> = BTreeMap::new();
        for ask in offer.asks {
            words.insert(ask.label(), ask.usual().to_owned());
        }
        let given = [("for", self.span.clone()), ("note", self.note.clone())];
        let set = self.set.iter().map(|pair| match pair.split_once('=') {
            Some((name, value)) => Ok((name, value.to_owned())),
            None => Err(format!("`{pair}` is not NAME=VALUE")),
        });
        let given = given
            .into_iter()
            .filter_map(|(name, value)| Some(Ok((name, value?))));
        for pair in given.chain(set) {
            let (name, value) = pair?;
            match words.iter_mut().find(|(label, _)| **label == name) {
                Some((_, word)) => *word = value,
                None => {
                    let takes: Vec<_> = offer.asks.iter().map(|ask| ask.label()).collect();
                    return Err(format!(
                        "{} takes no `{name}`; it takes {}",
                        offer.name,
                        if takes.is_empty() {
                            "nothing".to_owned()
                        } else {
                            takes.join(", ")
                        }
                    ));
                }
            }
        }
        Ok(words)
    }

    fn act(
        self,
        offer: &'static Offer,
        words: BTreeMap<&'static str, String>,
        filter: &Filter,
    ) -> Result<ExitCode, Refusal> {
        let (stage, snapshot) = self.targets.read(Kind::ALL, self.write)?;
        let rows = snapshot.rows(&filter.clone().meant_by(&snapshot.operator), Include::Known);
        let meant = self.targets.meant(&rows);
        let is_short = self.targets.miss(&rows, &snapshot);
        if meant.is_empty() {
            complain("nothing matches; `noctop ls` shows what there is");
            return Ok(ExitCode::from(FAILED));
        }
        let mut lines = Vec::new();
        let mut able: Vec<&Row> = Vec::new();
        // A filter finds what it finds; an id means the item that was named.
        let is_named = !self.targets.is_filtered();
        for row in meant {
            match (offer.fits)(row, &snapshot.store) {
                Fit::Yes => able.push(row),
                Fit::No(why) if is_named => lines.push(refused(row, &snapshot, why)),
                Fit::No(why) => complain(&format!("left out: {}: {why}", name(row, &snapshot))),
                Fit::Foreign if !is_named => {}
                Fit::Foreign => {
                    let why = format!("{} is not for items of this kind.", offer.name);
                    lines.push(refused(row, &snapshot, why));
                }
            }
        }
        if able.is_empty() {
            print(&lines, self.targets.format());
            if lines.is_empty() {
                complain(&format!("{} fits nothing that matches", offer.name));
            }
            return Ok(ExitCode::from(FAILED));
        }
        // What the console asks about is not done here without a word either.
        let policy = |row: &&Row| {
            let account = snapshot.store.roster().get(row.key().scope.account);
            account.map_or(Policy::ReadOnly, |account| account.policy)
        };
        let is_trusted = able
            .iter()
            .map(policy)
            .all(|policy| policy == Policy::Write);
        let must_say_yes = able.len() > 1
            || offer.risk == Risk::High
            || (offer.risk == Risk::Medium && !is_trusted);
        if must_say_yes && !self.targets.says_yes() && !self.dry_run {
            for row in &able {
                complain(&name(row, &snapshot));
            }
            complain(&format!(
                "{} on {} item{}: say --yes to mean it",
                offer.title(),
                able.len(),
                crate::domain::text::plural(able.len())
            ));
            return Ok(ExitCode::from(USAGE));
        }
        let said = Said {
            operator: Arc::from(snapshot.operator.as_str()),
            words,
            shift_end: stage.config.shifts.at(snapshot.at).map(|duty| duty.until),
        };
        let aim = Aim {
            rows: &able,
            store: &snapshot.store,
            said: &said,
            now: snapshot.at,
        };
        let request = match offer.request(1, offer.done, &aim) {
            Ok(request) => Arc::new(request),
            Err(why) => {
                complain(&why);
                return Ok(ExitCode::from(USAGE));
            }
        };
        let journal = Arc::new(stage.journal(Stage::clock()));
        // What an earlier run left open is closed first: its outcome may be what is asked for again.
        for closed in snapshot
            .runtime
            .block_on(ops::close(&journal, &snapshot.fleet))
        {
            let became = match &closed.receipt {
                Ok(receipt) => receipt.result().map_or("mixed", crate::audit::Result::word),
                Err(why) => why,
            };
            complain(&format!(
                "an earlier {} of {} had no outcome: {became}",
                closed.open.record.text("verb"),
                closed.open.operator()
            ));
        }
        let found = snapshot.runtime.block_on(change_effects::preflight(
            &journal,
            &snapshot.fleet,
            &request,
        ));
        match found {
            Err(why) => {
                complain(&why);
                return Ok(ExitCode::from(FAILED));
            }
            Ok(found) if self.dry_run => {
                let names: Vec<_> = able.iter().map(|row| name(row, &snapshot)).collect();
                let text = format!(
                    "would be done: {}\n{}\n{}\n",
                    offer.title(),
                    names.join("\n"),
                    found.join("\n")
                );
                let _ = std::io::stdout().lock().write_all(text.as_bytes());
                return Ok(ExitCode::SUCCESS);
            }
            Ok(_) => {}
        }
        lines.extend(carry_out(&journal, &snapshot, &request));
        journal.retire();
        print(&lines, self.targets.format());
        let coverage = snapshot.coverage();
        Ok(
            if is_short || lines.iter().any(|line| line.outcome.is_err()) {
                ExitCode::from(FAILED)
            } else if self.targets.is_filtered() && coverage.blind + coverage.loading > 0 {
                ExitCode::from(BLIND)
            } else {
                ExitCode::SUCCESS
            },
        )
    }
}

fn refused(row: &Row, snapshot: &Snapshot, why: String) -> Line {
    Line {
        key: row.key().clone(),
        name: name(row, snapshot),
        outcome: Err(why),
        is_unknown: false,
    }
}

/// Writes acknowledgements that the ledger granted through to the services that have a word for them.
pub(super) fn through(
    journal: &Arc<Journal>,
    snapshot: &Snapshot,
    keys: &[ItemKey],
    note: &str,
) -> Vec<Line> {
    let said = Said {
        operator: Arc::from(snapshot.operator.as_str()),
        words: [(Ask::Note.label(), note.to_owned())].into(),
        shift_end: None,
    };
    let row = |key: &ItemKey| {
        snapshot
            .store
            .find(key)
            .and_then(|id| snapshot.store.row(id))
    };
    let rows: Vec<&Row> = keys.iter().filter_map(row).collect();
    let aim = Aim {
        rows: &rows,
        store: &snapshot.store,
        said: &said,
        now: snapshot.at,
    };
    let request = Arc::new(change::through_request(1, &aim));
    carry_out(journal, snapshot, &request)
}

/// Carries out every part, some abreast, and says what became of every item.
fn carry_out(journal: &Arc<Journal>, snapshot: &Snapshot, request: &Arc<Request>) -> Vec<Line> {
    let outcomes = Mutex::new(BTreeMap::new());
    let came = |at, outcome| {
        let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.insert(at, outcome);
    };
    let never = Arc::new(AtomicBool::new(false));
    snapshot.runtime.block_on(change_effects::carry_out(
        journal,
        &snapshot.fleet,
        request,
        &never,
        came,
    ));
    let outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let called = |key: &ItemKey| {
        let row = snapshot
            .store
            .find(key)
            .and_then(|id| snapshot.store.row(id));
        row.map_or_else(|| key.id.to_string(), |row| name(row, snapshot))
    };
    let mut lines = Vec::new();
    for (at, outcome) in outcomes {
        let part = &request.parts[at];
        if let Ok(done) = &outcome
            && let Some(unwritten) = &done.unwritten
        {
            complain(&unwritten.0);
        }
        for (key, result, said) in part.became(&outcome) {
            let said = said.to_string();
            let outcome = match result {
                Became::Ok if said.is_empty() => Ok(request.what.to_string()),
                Became::Ok => Ok(said),
                _ => Err(said),
            };
            lines.push(Line {
                name: called(&key),
                key,
                outcome,
                is_unknown: result == Became::Unknown,
            });
        }
    }
    lines
}
