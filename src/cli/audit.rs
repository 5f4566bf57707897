//! `noctop audit`: what was done, by whom and with what result; and whether anybody tampered with the journal.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::audit::chain::Hash;
use crate::audit::record::{Act, Whole};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::domain::text::clean;
use crate::model::fit;
use crate::runtime::config::Paths;
use crate::store::export::csv_line;

use super::{FAILED, USAGE, complain, table};

/// The options of `noctop audit`.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    action: Action,
    /// Reads this journal instead of the user's own.
    #[arg(long, value_name = "FILE", global = true)]
    journal: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists what was done and refused, with what became of it.
    List(List),
    /// Says whether any entry was edited, removed, put elsewhere or cut off, and which; exits with 1 if any was.
    Verify(Verify),
    /// Prints every entry in full, with its hashes.
    Export(Export),
}

#[derive(Debug, Args)]
struct List {
    /// Only what was begun within this time, such as 8h.
    #[arg(long, value_name = "DURATION", value_parser = super::duration)]
    since: Option<Duration>,
    /// Only what this operator did.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Only what was done in this account, given by id.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only what ended like this.
    #[arg(long, value_enum)]
    result: Option<Ending>,
    /// How to print it: a table for people (the default), or a form for machines.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The first line names the head: the number of the last entry and its hash. Kept elsewhere (a ticket, a mail), it proves
later that nothing up to there was changed, even by somebody who can write every file here:

  noctop audit verify --head 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
struct Verify {
    /// A head that was kept elsewhere: number, colon, hash.
    #[arg(long, value_name = "N:HASH", value_parser = head)]
    head: Option<(u64, Hash)>,
    /// How to print it.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Args)]
struct Export {
    /// Only what was written within this time, such as 30d.
    #[arg(long, value_name = "DURATION", value_parser = super::duration)]
    since: Option<Duration>,
    /// How to print it; one object per line unless asked otherwise.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ending {
    /// Done.
    Ok,
    /// Refused, by noctop or by AWS.
    Refused,
    /// Tried in vain.
    Failed,
    /// Nobody can tell.
    Unknown,
    /// Some targets this way, some that.
    Mixed,
    /// Not ended yet, or by a process that did not live to write it down.
    Open,
}

impl Ending {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Mixed => "mixed",
            Self::Open => "open",
        }
    }
}

/// How it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table.
    Table,
    /// One object.
    Json,
    /// One object per line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// The most cells of a sentence in a table.
const WIDEST: usize = 72;

fn head(text: &str) -> Result<(u64, Hash), String> {
    let wrong = || format!("`{text}` is not a number, a colon and a hash of 64 hexadecimal digits");
    let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
    Ok((
        number.parse().map_err(|_| wrong())?,
        Hash::parse(hash).ok_or_else(wrong)?,
    ))
}

impl Audit {
    /// Runs the subcommand. Exit code 0; 1 where the journal is flawed or cannot be read; 2 usage.
    #[must_use]
    pub fn run(self) -> ExitCode {
        // The user's own may not be there yet; one that was named and is not there is a mistake, and never intact.
        if let Some(named) = self.journal.as_deref().filter(|path| !path.exists()) {
            complain(&format!("there is no journal {}", named.display()));
            return ExitCode::from(USAGE);
        }
        let Some(path) = self.journal.or_else(|| Paths::of_this_user().journal()) else {
            complain("there is no home folder with a journal; name one with --journal");
            return ExitCode::from(USAGE);
        };
        let whole = match Whole::read(&path) {
            Ok(whole) => whole,
            Err(trouble) => {
                complain(&trouble.to_string());
                return ExitCode::from(FAILED);
            }
        };
        let now = SystemClock.now();
        let on_terminal = io::stdout().is_terminal();
        let (out, code) = match self.action {
            Action::List(list) => (list.print(&whole, now, on_terminal), 0),
            Action::Verify(verify) => verify.print(&whole),
            Action::Export(export) => (export.print(&whole, now), 0),
        };
        // A reader that went away (`| head`) has seen what it wanted.
        let _ = io::stdout().write_all(out.as_bytes());
        ExitCode::from(code)
    }
}

fn is_since(at: Timestamp, since: Option<Duration>, now: Timestamp) -> bool {
    since.is_none_or(|span| at >= now.minus(span))
}

impl List {
    fn print(&self, whole: &Whole, now: Timestamp, on_terminal: bool) -> String {
        let acts: Vec<Act> = whole
            .acts()
            .into_iter()
            .filter(|act| is_since(act.began.at, self.since, now))
            .filter(|act| {
                let operator = act.began.text("operator");
                self.operator.as_deref().is_none_or(|name| name == operator)
            })
            .filter(|act| {
                let is_there = |id: &str| {
                    act.began.text("account") == id
                        || act.began.targets().iter().any(|t| t["account"] == id)
                };
                self.account.as_deref().is_none_or(is_there)
            })
            .filter(|act| {
                self.result
                    .is_none_or(|ending| ending.word() == act.result())
            })
            .collect();
        let format = self.format.unwrap_or(if on_terminal {
            Format::Table
        } else {
            Format::Jsonl
        });
        const HEADS: &[&str] = &[
            "when",
            "operator",
            "did",
            "operation",
            "account",
            "region",
            "targets",
            "result",
            "said",
        ];
        let rows = || acts.iter().map(row).collect::<Vec<_>>();
        match format {
            Format::Table => {
                let mut rows = rows();
                for row in &mut rows {
                    for cell in row.iter_mut() {
                        *cell = fit::end(&clean(cell), WIDEST).into_owned();
                    }
                }
                table::columns(HEADS, &rows)
            }
            Format::Csv => sheet(HEADS, rows()),
            Format::Json => {
                let acts: Vec<Value> = acts.iter().map(act_json).collect();
                format!("{:#}\n", json!({ "asOf": now.to_string(), "acts": acts }))
            }
            Format::Jsonl => acts
                .iter()
                .map(|act| format!("{}\n", act_json(act)))
                .collect(),
        }
    }
}

fn sheet(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    std::iter::once(csv_line(heads))
        .chain(rows.iter().map(|row| csv_line(row)))
        .map(|line| line + "\n")
        .collect()
}

fn row(act: &Act) -> Vec<String> {
    let began = &act.began;
    let targets = began.targets();
    let named = match targets {
        [] => String::new(),
        [one] => one["id"].as_str().unwrap_or_default().to_owned(),
        several => several.len().to_string(),
    };
    vec![
        began.at.to_string(),
        began.text("operator").to_owned(),
        began.text("verb").to_owned(),
        format!("{} {}", began.text("service"), began.text("operation"))
            .trim_end()
            .to_owned(),
        began.text("account").to_owned(),
        began.text("region").to_owned(),
        named,
        act.result().to_owned(),
        said(act),
    ]
}

/// What there is to say: every different sentence once, and what came into being.
fn said(act: &Act) -> String {
    let ended = match &act.ended {
        Some(ended) => ended,
        None if act.began.kind == "note" => &act.began,
        None => return act.began.text("said").to_owned(),
    };
    let words = |name: &str| {
        let found = ended.targets().iter().filter_map(|t| t[name].as_str());
        found.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let sentences = words("said").into_iter().chain(words("created"));
    sentences.collect::<Vec<_>>().join("; ")
}

fn act_json(act: &Act) -> Value {
    let mut value = act.began.json();
    value["result"] = act.result().into();
    if let Some(ended) = &act.ended {
        value["ended"] = ended.json();
    }
    value
}

impl Verify {
    fn print(&self, whole: &Whole) -> (String, u8) {
        let (count, last) = whole.head();
        let mut said: Vec<String> = whole.flaws().iter().map(ToString::to_string).collect();
        if let Some((number, kept)) = self.head {
            match whole.hash(number) {
                Some(hash) if hash == kept => {}
                Some(_) => said.push(format!(
                    "entry {number} is not the one whose hash was kept elsewhere, so it or one before it was changed"
                )),
                None => said.push(format!(
                    "entry {number}, whose hash was kept elsewhere, is not there any more"
                )),
            }
        }
        let code = if said.is_empty() { 0 } else { FAILED };
        let text = match self.format.unwrap_or(Format::Table) {
            Format::Json | Format::Jsonl => {
                let value = json!({ "entries": count, "head": last.to_string(), "intact": said.is_empty(), "flaws": said });
                format!("{value}\n")
            }
            Format::Table | Format::Csv => {
                let mut text = format!("{count} entries, head {count}:{last}\n");
                if said.is_empty() {
                    text.push_str("intact: nothing was edited, removed, reordered or cut off\n");
                }
                for flaw in said {
                    text += &format!("{flaw}\n");
                }
                text
            }
        };
        (text, code)
    }
}

impl Export {
    fn print(&self, whole: &Whole, now: Timestamp) -> String {
        let rows = || {
            whole
                .sealed()
                .filter(|(record, _, _)| is_since(record.at, self.since, now))
                .map(|(record, prev, hash)| {
                    let mut value = record.json();
                    value["prev"] = prev.to_string().into();
                    value["hash"] = hash.to_string().into();
                    (record, value)
                })
        };
        match self.format {
            Format::Jsonl => rows().map(|(_, value)| format!("{value}\n")).collect(),
            Format::Json => {
                let entries: Vec<Value> = rows().map(|(_, value)| value).collect();
                format!(
                    "{:#}\n",
                    json!({ "asOf": now.to_string(), "entries": entries })
                )
            }
            Format::Table | Format::Csv => {
                const HEADS: &[&str] = &[
                    "seq",
                    "at",
                    "kind",
                    "intent",
                    "operator",
                    "did",
                    "operation",
                    "account",
                    "region",
                    "body",
                    "hash",
                ];
                let rows: Vec<Vec<String>> = rows()
                    .map(|(record, value)| {
                        let text = |name: &str| record.text(name).to_owned();
                        vec![
                            record.seq.to_string(),
                            record.at.to_string(),
                            record.kind.clone(),
                            record.intent.clone(),
                            text("operator"),
                            text("verb"),
                            text("operation"),
                            text("account"),
                            text("region"),
                            Value::Object(record.body.clone()).to_string(),
                            value["hash"].as_str().unwrap_or_default().to_owned(),
                        ]
                    })
                    .collect();
                match self.format {
                    Format::Csv => sheet(HEADS, rows),
                    _ => table::columns(HEADS, &rows),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
