//! `noctop query`: a query of Logs Insights in many groups, accounts and regions, its rows in one table.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::aws::fleet::Fleet;
use crate::aws::logs::{Inquiry, Pattern, Picked, Querying, pick};
use crate::clock::Timestamp;
use crate::domain::text::{bytes, clean, count, places};
use crate::logs::ink::harmless;
use crate::logs::query::library::{Library, Saved};
use crate::logs::query::{ACCOUNT, Answer, QUERY_MAX, REGION, ROWS_MAX, Row, Standing};
use crate::logs::{Tail, when};
use crate::model::fit;
use crate::store::export::csv_line;

use super::output::{Stop, escaped, write};
use super::progress::Progress;
use super::stage::{self, Stage};
use super::table::columns;
use super::{BLIND, FAILED, Start, USAGE, complain};

/// Asks Logs Insights in many log groups, accounts and regions at once.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Query {
    /// The query in the language of Logs Insights, or @NAME for one of the library.
    #[arg(value_name = "QUERY", required_unless_present = "list")]
    query: Option<String>,
    /// Log groups: names, ARNs, or names with * for anything. A name is looked for in every account and region.
    #[arg(short, long, value_name = "GROUP,…", value_delimiter = ',')]
    group: Vec<String>,
    /// Only in these accounts: ids, or names with * for anything.
    #[arg(long, value_name = "ACCOUNT,…", value_delimiter = ',')]
    account: Vec<String>,
    /// From when on: how long ago (2h30m), a time of the day (13:10), or a moment (2026-11-21T13:10:00Z).
    #[arg(long, value_name = "WHEN", default_value = "1h")]
    since: String,
    /// Until when; else until now.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// The most rows of each account and region; without it 10,000, or what the query says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: Option<u32>,
    /// How to print the rows.
    #[arg(long, value_enum, default_value = "table", hide_default_value = true)]
    format: Format,
    /// Reads times of the day in the time zone of this machine instead of UTC.
    #[arg(long)]
    local: bool,
    /// Lists the queries of the library.
    #[arg(long, conflicts_with_all = ["query", "group"])]
    list: bool,
    /// Stop waiting after this long. What was found until then is printed.
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Table,
    /// Comma-separated values.
    Csv,
    /// One object with coverage and rows.
    Json,
    /// One object per row.
    Jsonl,
}

const AFTER: &str = "\
Exit codes: 0 complete, 1 nothing could be read, 2 command line or configuration, 4 printed but something is missing:
an account or region that could not be read, a query that did not come to its end.
AWS bills a query by the bytes that it reads; they stand on standard error and in the JSON.

Examples:
  noctop query 'stats count(*) by bin(5m)' -g /aws/lambda/pay --since 3h
  noctop query @lambda-slowest --account 'prod-*'
  noctop query 'filter status >= 500 | stats count(*) by path' -g '/app/*' --format csv
  noctop query --list";

/// How long the list of accounts and groups may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The widest cell of a table, but for the last column.
const CELL_MAX: usize = 80;

/// What was asked for, checked.
struct Asked {
    inquiry: Inquiry,
    patterns: Vec<Pattern>,
    accounts: Vec<String>,
    format: Format,
    patience: Duration,
}

impl Query {
    /// Asks, waits, and prints.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let flags = self.start.fleet.clone().into_flags();
        let demo = self.start.demo.scenario.clone();
        let clock = Stage::clock();
        let begun =
            Stage::set(&flags, demo.as_deref()).and_then(|stage| Ok((stage, Stage::runtime()?)));
        let (stage, runtime) = match begun {
            Ok(begun) => begun,
            Err(refusal) => {
                complain(&refusal.to_string());
                return ExitCode::from(USAGE);
            }
        };
        for warning in &stage.warnings {
            complain(warning);
        }
        let (library, problems) = stage.config.queries();
        for problem in problems {
            complain(&problem.to_string());
        }
        if self.list {
            write(&listed(&library));
            return ExitCode::SUCCESS;
        }
        let asked = match self.check(&library, clock.now()) {
            Ok(asked) => asked,
            Err(why) => {
                complain(&why);
                return ExitCode::from(USAGE);
            }
        };
        let code = runtime.block_on(async {
            match stage::open(stage.config.fleet.clone(), Arc::clone(&clock)).await {
                Ok(fleet) => ask(&fleet, &asked, clock.now()).await,
                Err(refusal) => {
                    complain(&refusal.to_string());
                    ExitCode::from(USAGE)
                }
            }
        });
        // Queries that nobody waits for any more are stopped, and that takes a call.
        runtime.shutdown_timeout(Duration::from_secs(3));
        code
    }

    fn check(self, library: &Library, now: Timestamp) -> Result<Asked, String> {
        let text = self.query.unwrap_or_default();
        let saved = match text.strip_prefix('@').filter(|_| !text.contains(' ')) {
            Some(name) => Some(library.get(name).ok_or_else(|| {
                format!(
                    "no query of the library is called {name}; `noctop query --list` lists them"
                )
            })?),
            None => None,
        };
        let text = saved
            .map_or(text.as_str(), |saved| saved.query.as_str())
            .trim();
        if text.is_empty() || text.chars().count() > QUERY_MAX {
            return Err(format!("a query has 1 to {QUERY_MAX} characters"));
        }
        let groups = match saved {
            Some(Saved { groups, .. }) if self.group.is_empty() => groups.clone(),
            _ => self.group,
        };
        if groups.is_empty() {
            return Err("which log groups? Name them with --group".to_owned());
        }
        let zone = if self.local {
            TimeZone::try_system()
                .map_err(|why| format!("the time zone of this machine is not known: {why}"))?
        } else {
            TimeZone::UTC
        };
        let since = when::moment(&self.since, now, &zone)?;
        let until = match &self.until {
            Some(text) => when::moment(text, now, &zone)?,
            None => now,
        };
        if until < since {
            return Err("--until lies before --since".to_owned());
        }
        Ok(Asked {
            inquiry: Inquiry {
                text: Arc::from(text),
                since,
                until,
                limit: self.limit,
            },
            patterns: groups
                .iter()
                .map(|text| Pattern::looked_up(text))
                .collect::<Result<_, _>>()?,
            accounts: self.account,
            format: self.format,
            patience: self.timeout,
        })
    }
}

fn listed(library: &Library) -> String {
    let rows: Vec<Vec<String>> = library
        .iter()
        .map(|(name, saved)| {
            let groups = saved.groups.join(" ");
            vec![format!("@{name}"), clean(&saved.title).into_owned(), groups]
        })
        .collect();
    columns(&["name", "what", "groups"], &rows)
}

async fn ask(fleet: &Arc<Fleet>, asked: &Asked, now: Timestamp) -> ExitCode {
    let Ok(mut stop) = Stop::new() else {
        complain("the system does not tell of signals");
        return ExitCode::from(FAILED);
    };
    let mut tail = Tail::default();
    let picking = pick(fleet, &asked.accounts, &asked.patterns, PATIENCE, &mut tail);
    let picked = tokio::select! {
        picked = picking => picked,
        () = stop.wanted() => return ExitCode::SUCCESS,
    };
    let picked = match picked {
        Ok(picked) => picked,
        Err(faults) => {
            for fault in &faults {
                complain(&fault.to_string());
            }
            complain("no account of the fleet is known, so nothing was asked");
            return ExitCode::from(FAILED);
        }
    };
    for fault in &picked.faults {
        complain(&format!("not looked up: {fault}"));
    }
    if picked.targets.is_empty() {
        complain(&format!(
            "no log group is called so in {}",
            places(picked.scopes)
        ));
        return ExitCode::from(FAILED);
    }
    let (querying, parts, mut heard) = Querying::begin(picked.targets.clone(), &asked.inquiry);
    let mut answer = Answer::new(&asked.inquiry.text, parts);
    let mut progress = Progress::new();
    let until = tokio::time::sleep(asked.patience);
    tokio::pin!(until);
    let mut stopped = false;
    loop {
        tokio::select! {
            told = heard.recv() => match told {
                Some(told) => answer.hear(told),
                None => break,
            },
            () = stop.wanted(), if !stopped => {
                stopped = true;
                querying.stop();
            }
            () = &mut until, if !stopped => {
                stopped = true;
                progress.clear();
                complain("it took too long and was stopped; --timeout gives it more time");
                querying.stop();
            }
        }
        progress.show(|| so_far(&answer));
    }
    progress.clear();
    finish(&answer, &picked, asked, now)
}

/// Prints what was found, says what is missing; the exit code.
fn finish(answer: &Answer, picked: &Picked, asked: &Asked, now: Timestamp) -> ExitCode {
    if let Some(wrong) = answer.malformed() {
        complain(&wrong.to_string());
        return ExitCode::from(USAGE);
    }
    for part in answer.parts() {
        let place = format!("{} {}", part.account, part.scope.region);
        match &part.standing {
            Standing::Failed(fault) => complain(&format!("{place}: {fault}")),
            Standing::Stopped => complain(&format!("{place}: was stopped before its end")),
            _ => {}
        }
    }
    let cut = if asked.inquiry.limit.is_some() {
        0
    } else {
        answer.cut()
    };
    if cut > 0 {
        complain(&format!(
            "{cut} of {} found more than the {ROWS_MAX} rows that AWS gives without a limit; --limit gives up to 100000",
            queries(answer.parts().len())
        ));
    }
    write(&match asked.format {
        Format::Table => table(answer),
        Format::Csv => csv(answer),
        Format::Json => document(answer, picked, asked, now),
        Format::Jsonl => answer
            .rows()
            .iter()
            .map(|row| escaped(object(answer, row).to_string()) + "\n")
            .collect(),
    });
    let read = answer.statistics();
    if std::io::stderr().is_terminal() {
        complain(&format!(
            "{} of {}, {} read",
            count(answer.rows().len(), "row"),
            queries(answer.parts().len()),
            bytes(read.bytes)
        ));
    }
    let failed = |part: &crate::logs::query::Part| matches!(part.standing, Standing::Failed(_));
    if answer.parts().iter().all(failed) {
        ExitCode::from(FAILED)
    } else if answer.is_complete() && picked.faults.is_empty() && cut == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BLIND)
    }
}

fn queries(number: usize) -> String {
    if number == 1 {
        "1 query".to_owned()
    } else {
        format!("{number} queries")
    }
}

fn table(answer: &Answer) -> String {
    if answer.rows().is_empty() {
        return String::new();
    }
    let heads: Vec<String> = answer
        .columns()
        .iter()
        .map(|name| clean(name).into_owned())
        .collect();
    let last = heads.len().saturating_sub(1);
    let rows: Vec<Vec<String>> = answer
        .rows()
        .iter()
        .map(|row| {
            let cells = row.cells.iter().enumerate();
            cells
                .map(|(n, cell)| {
                    let text = clean(cell.as_deref().unwrap_or_default().trim_end());
                    if n == last {
                        text.into_owned()
                    } else {
                        fit::end(&text, CELL_MAX).into_owned()
                    }
                })
                .collect()
        })
        .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    columns(&heads, &rows)
}

fn csv(answer: &Answer) -> String {
    let mut out = csv_line(answer.columns()) + "\n";
    let terminal = std::io::stdout().is_terminal();
    for row in answer.rows() {
        let cells: Vec<String> = row
            .cells
            .iter()
            .map(|cell| {
                let text = cell.as_deref().unwrap_or_default();
                if terminal {
                    harmless(text)
                } else {
                    text.to_owned()
                }
            })
            .collect();
        out.push_str(&csv_line(&cells));
        out.push('\n');
    }
    out
}

/// A row as it came, with where it came from.
fn object(answer: &Answer, row: &Row) -> Value {
    let mut fields = Map::new();
    for (name, cell) in answer.columns().iter().zip(&row.cells) {
        if let Some(cell) = cell
            && !matches!(&**name, ACCOUNT | REGION)
        {
            fields.insert(name.to_string(), json!(&**cell));
        }
    }
    let part = answer.parts().get(row.part);
    json!({
        "accountId": part.map(|part| part.scope.account.to_string()),
        "accountName": part.map(|part| part.account.to_string()),
        "region": part.map(|part| part.scope.region.as_str()),
        "fields": fields,
    })
}

fn document(answer: &Answer, picked: &Picked, asked: &Asked, now: Timestamp) -> String {
    let parts: Vec<Value> = answer
        .parts()
        .iter()
        .map(|part| {
            let fault = match &part.standing {
                Standing::Failed(fault) => Some(fault),
                _ => None,
            };
            json!({
                "accountId": part.scope.account.to_string(),
                "accountName": &*part.account,
                "region": part.scope.region.as_str(),
                "groups": part.groups,
                "state": part.standing.word(),
                "recordsMatched": part.statistics.matched,
                "recordsScanned": part.statistics.scanned,
                "bytesScanned": part.statistics.bytes,
                "fault": fault.map(|fault| fault.kind.word()),
                "message": fault.map(|fault| fault.message.to_string()),
            })
        })
        .collect();
    let rows: Vec<Value> = answer
        .rows()
        .iter()
        .map(|row| object(answer, row))
        .collect();
    let shown = answer.columns().iter();
    let columns: Vec<&str> = shown
        .map(|name| &**name)
        .filter(|name| !matches!(*name, ACCOUNT | REGION))
        .collect();
    let document = json!({
        "asOf": now.to_string(),
        "query": &*asked.inquiry.text,
        "since": asked.inquiry.since.to_string(),
        "until": asked.inquiry.until.to_string(),
        "coverage": {
            "queries": parts,
            "notLookedUp": picked.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        },
        "columns": columns,
        "rows": rows,
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    escaped(text) + "\n"
}

/// How far it is.
fn so_far(answer: &Answer) -> String {
    let over = answer.parts().iter().filter(|part| part.standing.is_over());
    format!(
        "{} of {} done, {} so far, {} read; ctrl-c stops",
        over.count(),
        queries(answer.parts().len()),
        count(answer.rows().len(), "row"),
        bytes(answer.statistics().bytes)
    )
}
