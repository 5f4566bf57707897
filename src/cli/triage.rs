//! `noctop ack`, `unack`, `snooze`, `comment` and `assign`: the console's verbs for scripts and for people in a hurry.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::command::triage::Intention;
use crate::domain::text::clean_arc;
use crate::domain::{ItemKey, Kind};
use crate::filter::Filter;
use crate::ledger::{Act, Miss, Seat, trail};
use crate::lifecycle::Pick;
use crate::model::Acting;
use crate::model::form::FormFor;
use crate::panes::fact;
use crate::store::Row;
use crate::store::projection::Include;

use super::snapshot::Snapshot;
use super::stage::{Refusal, Stage};
use super::{BLIND, FAILED, Start, USAGE, complain};

/// Which items are meant.
#[derive(Debug, Args)]
pub struct Targets {
    /// Items by id or ARN, as `noctop ls` prints them.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Items that ask for attention and match this filter, for example 'kind:alarm acct:prod* sev:<=medium'.
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Read only these kinds: quicker where it is known what is meant.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    kind: Vec<Kind>,
    /// Mean every item that a filter finds; without it, more than one is refused and listed.
    #[arg(long)]
    yes: bool,
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
pub(super) enum Format {
    /// A line for people.
    Table,
    /// An array of objects.
    Json,
}

/// Acknowledges items: they stay visible, with your name, an end and a note.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Ack {
    #[command(flatten)]
    targets: Targets,
    /// Until when: a span such as 4h, `shift` (the end of the shift) or `clears`; by severity where absent.
    #[arg(long = "for", value_name = "END", value_parser = pick)]
    end: Option<Pick>,
    /// Why.
    #[arg(long)]
    note: Option<String>,
    /// A ticket's number or address.
    #[arg(long)]
    ticket: Option<String>,
    /// Take items that a colleague has.
    #[arg(long)]
    take_over: bool,
    /// Tell AWS, too, where a service has a word for it: Security Hub's NOTIFIED, an OpsItem's InProgress. Needs --write.
    #[arg(long, requires = "write")]
    in_aws: bool,
    /// Allows what the policy of each account allows; needed for --in-aws alone.
    #[arg(long)]
    write: bool,
}

/// Gives items back: acknowledged ones are new again, snoozed ones come back.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Unack {
    #[command(flatten)]
    targets: Targets,
}

/// Hides items in the ledger until a time; they come back by themselves, or when they get worse.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Snooze {
    #[command(flatten)]
    targets: Targets,
    /// For how long: a span such as 4h, or `shift`.
    #[arg(long = "for", value_name = "END", value_parser = pick, default_value = "1h")]
    end: Pick,
}

/// Writes a remark that colleagues read in the details of the items.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Comment {
    #[command(flatten)]
    targets: Targets,
    /// The remark.
    #[arg(long)]
    note: String,
}

/// Says whose work items are; without a name it takes that back.
#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Assign {
    #[command(flatten)]
    targets: Targets,
    /// The operator's name.
    #[arg(long)]
    to: Option<String>,
}

const EXIT: &str = "\
Exit codes: 0 done, 1 something was refused or failed (each is told), 2 command line or configuration,
4 done, but some feeds are blind, so that a filter may have missed items.";

pub(super) fn kind(word: &str) -> Result<Kind, String> {
    Kind::ALL
        .iter()
        .copied()
        .find(|kind| kind.word() == word)
        .ok_or_else(|| {
            let words: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            format!("there is no kind `{word}`; there are {}", words.join(", "))
        })
}

fn pick(word: &str) -> Result<Pick, String> {
    Pick::parse(word).ok_or_else(|| {
        format!("`{word}` is no end: a span such as 15m or 2h30m, `shift` or `clears`")
    })
}

fn words(text: Option<String>) -> Option<Arc<str>> {
    text.map(|text| clean_arc(text.trim()))
        .filter(|text| !text.is_empty())
}

impl Ack {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let purpose = if self.take_over {
            FormFor::TakeOver
        } else {
            FormFor::Acknowledge
        };
        let intention = Intention {
            end: self.end,
            note: words(self.note),
            ticket: words(self.ticket),
            to: None,
        };
        self.targets.run_through(purpose, &intention, self.in_aws)
    }
}

impl Unack {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        self.targets.run(FormFor::Release, &Intention::default())
    }
}

impl Snooze {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let intention = Intention {
            end: Some(self.end),
            ..Intention::default()
        };
        self.targets.run(FormFor::Snooze, &intention)
    }
}

impl Comment {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let intention = Intention {
            note: words(Some(self.note)),
            ..Intention::default()
        };
        self.targets.run(FormFor::Comment, &intention)
    }
}

impl Assign {
    /// Does it, and tells what came of it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let intention = Intention {
            to: words(self.to),
            ..Intention::default()
        };
        self.targets.run(FormFor::Assign, &intention)
    }
}

/// What came of one item.
pub(super) struct Line {
    /// The item.
    pub key: ItemKey,
    /// What people call it, with its account and region.
    pub name: String,
    /// What was done, or why it was not.
    pub outcome: Result<String, String>,
    /// Whether nobody can tell whether it was done. It must not be sent again.
    pub is_unknown: bool,
}

impl Line {
    /// How it ended, in a word.
    const fn word(&self) -> &'static str {
        match (&self.outcome, self.is_unknown) {
            (_, true) => "unknown",
            (Ok(_), _) => "done",
            (Err(_), _) => "refused",
        }
    }
}

impl Targets {
    /// The filter that was given; an empty one where items are named.
    ///
    /// # Errors
    /// Nothing is named at all, or the filter cannot be read.
    pub(super) fn filter(&self) -> Result<Filter, String> {
        if self.ids.is_empty() && self.filter.is_none() {
            return Err("name items by id, or with --filter".to_owned());
        }
        Filter::parse(self.filter.as_deref().unwrap_or(""))
            .map_err(|problem| format!("the filter cannot be read: {problem}"))
    }

    /// Whether items were found by a filter.
    pub(super) const fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    /// Whether everything that was found is meant.
    pub(super) const fn says_yes(&self) -> bool {
        self.yes
    }

    /// How to print what came of it.
    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// Reads what may be meant. `write` allows changes where the accounts' policies do.
    ///
    /// # Errors
    /// The command could not begin.
    pub(super) fn read(&self, usual: &[Kind], write: bool) -> Result<(Stage, Snapshot), Refusal> {
        let mut flags = self.start.fleet.clone().into_flags();
        if write {
            flags.readonly = Some(false);
        }
        let stage = Stage::set(&flags, self.start.demo.scenario.as_deref())?;
        let kinds = if self.kind.is_empty() {
            usual
        } else {
            &self.kind
        };
        // One that cannot be read was refused before.
        let filter = self.filter().unwrap_or_default();
        let snapshot = Snapshot::of(&stage, kinds, &filter, self.timeout)?;
        Ok((stage, snapshot))
    }

    fn run(self, purpose: FormFor, intention: &Intention) -> ExitCode {
        self.run_through(purpose, intention, false)
    }

    fn run_through(self, purpose: FormFor, intention: &Intention, in_aws: bool) -> ExitCode {
        let filter = match self.filter() {
            Ok(filter) => filter,
            Err(why) => {
                complain(&why);
                return ExitCode::from(USAGE);
            }
        };
        match self.write(purpose, intention, &filter, in_aws) {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }

    fn write(
        self,
        purpose: FormFor,
        intention: &Intention,
        filter: &Filter,
        in_aws: bool,
    ) -> Result<ExitCode, Refusal> {
        let (stage, snapshot) = self.read(Kind::ASKING, in_aws)?;
        let ledger = stage
            .ledger()
            .map_err(|trouble| Refusal(vec![trouble.message]))?;
        if let Some(trouble) = &snapshot.ledger {
            // Without knowing who has what, nothing is written: it would be refused or, worse, hide a colleague's act.
            complain(&trouble.message);
            return Ok(ExitCode::from(FAILED));
        }
        let mut acting = Acting::new(&snapshot.operator, "", &crate::audit::unique())
            .in_shifts(stage.config.shifts.clone(), snapshot.at);
        let rows = snapshot.rows(&filter.clone().meant_by(&snapshot.operator), Include::Known);
        let is_short = self.miss(&rows, &snapshot);
        let meant = self.meant(&rows);
        if meant.is_empty() {
            complain("nothing matches; `noctop ls` shows what there is");
            return Ok(ExitCode::from(FAILED));
        }
        if meant.len() > 1 && self.filter.is_some() && !self.yes {
            for row in &meant {
                complain(&name(row, &snapshot));
            }
            complain(&format!(
                "{} items match; say --yes to mean all of them",
                meant.len()
            ));
            return Ok(ExitCode::from(USAGE));
        }
        let mut lines = Vec::new();
        let mut acts: Vec<Act> = Vec::new();
        for row in meant {
            let mut line = Line {
                key: row.key().clone(),
                name: name(row, &snapshot),
                outcome: Ok(String::new()),
                is_unknown: false,
            };
            match intention.verb(purpose, row, &acting, snapshot.at) {
                Ok(verb) => acts.push(acting.act(row.key().clone(), verb, snapshot.at)),
                Err(why) => line.outcome = Err(why),
            }
            lines.push(line);
        }
        let journal = Arc::new(stage.journal(Stage::clock()));
        let mut granted: Vec<ItemKey> = Vec::new();
        let runtime = Stage::runtime()?;
        let answers = runtime.block_on(ledger.act(acts.clone()));
        for note in trail::notes(acts.iter().zip(&answers), journal.now()) {
            if let Err(unwritten) = runtime.block_on(journal.note(&note)) {
                complain(&unwritten.0);
                break;
            }
        }
        for (act, answer) in acts.iter().zip(answers) {
            let Some(line) = lines.iter_mut().find(|line| line.key == act.key) else {
                continue;
            };
            line.outcome = match answer {
                Ok(kept) if kept.seat == Seat::Outbox => Ok(format!(
                    "{}, LOCAL ONLY: the ledger is away; colleagues see it when it is back",
                    act.verb.word()
                )),
                Ok(_) => {
                    granted.push(act.key.clone());
                    Ok(act.verb.word().to_owned())
                }
                Err(Miss::Refused(refusal)) => Err(refusal.told(snapshot.at)),
                Err(Miss::Failed(trouble)) => Err(trouble.message),
            };
        }
        if in_aws {
            let note = intention.note.as_deref().unwrap_or_default();
            let through = super::act::through(&journal, &snapshot, &granted, note);
            lines.extend(through);
        }
        print(&lines, self.format);
        let coverage = snapshot.coverage();
        Ok(
            if is_short || lines.iter().any(|line| line.outcome.is_err()) {
                ExitCode::from(FAILED)
            } else if self.filter.is_some() && coverage.blind + coverage.loading > 0 {
                ExitCode::from(BLIND)
            } else {
                ExitCode::SUCCESS
            },
        )
    }

    /// Says of every id that was named and not found that it was not. Whether there was any.
    pub(super) fn miss(&self, rows: &[(crate::store::RowId, &Row)], snapshot: &Snapshot) -> bool {
        let is = |id: &String, row: &Row| {
            *row.key().id == **id || row.item().arn().as_deref() == Some(id.as_str())
        };
        let missing: Vec<&String> = self
            .ids
            .iter()
            .filter(|id| !rows.iter().any(|(_, row)| is(id, row)))
            .collect();
        let coverage = snapshot.coverage();
        let unread = coverage.blind + coverage.loading;
        for id in &missing {
            complain(&match unread {
                0 => format!("there is no {id}"),
                n => format!(
                    "{id} was not found, and {n} feed{} could not be read: it may be there",
                    crate::domain::text::plural(n)
                ),
            });
        }
        !missing.is_empty()
    }

    /// The rows that are meant: by id or ARN, or by the filter.
    pub(super) fn meant<'r>(&self, rows: &[(crate::store::RowId, &'r Row)]) -> Vec<&'r Row> {
        let by_id = |row: &Row| {
            self.ids
                .iter()
                .any(|id| *row.key().id == **id || row.item().arn().as_deref() == Some(id.as_str()))
        };
        rows.iter()
            .map(|(_, row)| *row)
            .filter(|row| self.ids.is_empty() || by_id(row))
            // A filter means what asks for attention, of the kinds that do; an id means the item, whatever its state.
            .filter(|row| {
                let never_asks = !Kind::ASKING.contains(&row.key().kind);
                !self.ids.is_empty() || row.is_open() || never_asks
            })
            .collect()
    }
}

pub(super) fn name(row: &Row, snapshot: &Snapshot) -> String {
    let scope = row.key().scope;
    format!(
        "{} {} {}",
        snapshot.store.roster().name(scope.account),
        scope.region,
        fact::what(row.item())
    )
}

pub(super) fn print(lines: &[Line], format: Format) {
    let text = match format {
        Format::Json => {
            let list: Vec<_> = lines
                .iter()
                .map(|line| {
                    json!({
                        "kind": line.key.kind.word(),
                        "id": &*line.key.id,
                        "account": line.key.scope.account.to_string(),
                        "region": line.key.scope.region.as_str(),
                        "done": line.outcome.is_ok(),
                        "result": line.word(),
                        "message": line.outcome.as_ref().map_or_else(String::as_str, String::as_str),
                    })
                })
                .collect();
            format!("{:#}\n", serde_json::Value::Array(list))
        }
        Format::Table => lines
            .iter()
            .map(|line| {
                let said = line
                    .outcome
                    .as_ref()
                    .map_or_else(String::as_str, String::as_str);
                format!("{:<9}{}: {said}\n", line.word(), line.name)
            })
            .collect(),
    };
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
