//! `noctop ls`: one snapshot of a kind, for scripts and for people in a hurry.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::text::age;
use crate::domain::{Detail, FeedState, Kind, SourceId};
use crate::filter::Filter;
use crate::lifecycle::State;
use crate::model::fit;
use crate::panes::{cells, fact};
use crate::runbook::Run;
use crate::store::export;
use crate::store::projection::Include;
use crate::store::{FeedReport, Only, Row, RowId, kind_of};

use super::run::follow;
use super::snapshot::Snapshot;
use super::stage::Stage;
use super::{BLIND, FAILED, Start, USAGE, complain, table};

/// Prints one snapshot of a kind: alarms, findings, incidents, windows, patches, backups, mutes, acks, feeds, runs,
/// accounts.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Ls {
    /// What to list.
    what: What,
    /// Only what matches this filter, for example 'sev:>=high acct:prod*'.
    #[arg(
        long,
        value_name = "EXPR",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    filter: String,
    /// How to print it: a table for people (the default), or a form for machines.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Stop waiting for slow feeds after this long; what has not answered by then counts as blind.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

const AFTER: &str = "\
Exit codes: 0 complete, 1 nothing could be read, 2 command line or configuration, 4 printed but some feeds are blind.

Examples:
  noctop ls alarms --filter 'sev:>=high acct:prod*'
  noctop ls findings --format json
  noctop ls feeds --demo";

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// CloudWatch alarms in every state.
    Alarms,
    /// Open findings.
    Findings,
    /// Open incidents.
    Incidents,
    /// Every maintenance window.
    Windows,
    /// The patch compliance of every instance and patch group.
    Patches,
    /// Backup, copy and restore jobs of the last 24 hours, and what was not backed up.
    Backups,
    /// Mute rules of CloudWatch that are active or scheduled.
    Mutes,
    /// Events of AWS Health that are open or upcoming.
    Health,
    /// Rules of AWS Config that resources break, and recorders that stand still.
    Compliance,
    /// What somebody acknowledged or snoozed, of every kind.
    Acks,
    /// The coverage ledger: every feed with its state.
    Feeds,
    /// What runbooks were started by the consoles of this journal, and how far they are in AWS.
    Runs,
    /// The accounts of the fleet.
    Accounts,
}

impl What {
    /// The kinds that have to be read for it.
    const fn kinds(self) -> &'static [Kind] {
        match self {
            // Whether an alarm is muted is a fact about it, and a word of the filter.
            Self::Alarms => &[Kind::Alarm, Kind::Mute],
            Self::Findings => &[Kind::Finding],
            Self::Incidents => &[Kind::Incident],
            Self::Windows => &[Kind::Window],
            Self::Patches => &[Kind::Patch],
            Self::Backups => &[Kind::Backup],
            Self::Mutes => &[Kind::Mute],
            Self::Health => &[Kind::Health],
            Self::Compliance => &[Kind::Compliance],
            Self::Acks | Self::Feeds => Kind::ALL,
            Self::Runs | Self::Accounts => &[],
        }
    }

    /// The sources of what is listed that this build cannot ask.
    fn lacking(self) -> Vec<SourceId> {
        let mut lacking = SourceId::ALL.to_vec();
        lacking.retain(|source| {
            let is_meant = kind_of(*source).is_some_and(|kind| self.kinds().contains(&kind));
            !source.is_built() && is_meant && self.kinds() != Kind::ALL
        });
        lacking
    }

    /// Whether only what asks for attention is listed: nobody wants every finding that was ever resolved.
    const fn include(self) -> Include {
        match self {
            Self::Findings | Self::Incidents | Self::Acks => Include::Open,
            _ => Include::Known,
        }
    }
}

impl What {
    /// The rows that it lists, in queue order; what is acknowledged or snoozed longest first, mutes by their end.
    fn rows<'s>(self, snapshot: &'s Snapshot, filter: &Filter) -> Vec<(RowId, &'s Row)> {
        let mut rows = snapshot.rows(filter, self.include());
        match self {
            Self::Alarms => rows.retain(|(_, row)| row.key().kind == Kind::Alarm),
            Self::Mutes => rows.sort_by_key(|(_, row)| end(row)),
            _ => {}
        }
        if self == Self::Acks {
            rows.retain(|(_, row)| matches!(row.state(), State::Acknowledged | State::Snoozed));
            rows.sort_by_key(|(_, row)| row.taken_at());
        }
        rows
    }
}

/// When a mute ends; what has no known end comes last.
fn end(row: &Row) -> (bool, Option<Timestamp>) {
    let end = match &row.item().detail {
        Detail::Mute(mute) => mute.end(),
        _ => None,
    };
    (end.is_none(), end)
}

/// How a snapshot is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table.
    Table,
    /// One object with coverage and items.
    Json,
    /// One object per line: first the coverage, then each item.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// The most cells of a name or fact in a table: one name of 255 letters must not push the rest out of sight.
const WIDEST: usize = 64;

impl Ls {
    /// Reads the fleet once and prints it. Exit code 0 complete, 1 failed, 2 usage, 4 printed but partly blind.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let filter = match Filter::parse(&self.filter) {
            Ok(filter) => filter,
            Err(problem) => {
                complain(&format!("the filter cannot be read: {problem}"));
                return ExitCode::from(USAGE);
            }
        };
        let flags = self.start.fleet.into_flags();
        let read = Stage::set(&flags, self.start.demo.scenario.as_deref()).and_then(|stage| {
            let snapshot = Snapshot::of(&stage, self.what.kinds(), &filter, self.timeout)?;
            Ok((stage, snapshot))
        });
        let (stage, snapshot) = match read {
            Ok(read) => read,
            Err(refusal) => {
                complain(&refusal.to_string());
                return ExitCode::from(USAGE);
            }
        };
        let format = self.format.unwrap_or(Format::Table);
        if self.what == What::Runs {
            return runs(&stage, &snapshot, &self.filter, format);
        }
        let text = match self.what {
            What::Feeds => feeds(&snapshot, &self.filter, format),
            What::Accounts => accounts(&snapshot, format),
            // Anything else is items; runs were printed above.
            what => items(
                &snapshot,
                &what.rows(&snapshot, &filter.meant_by(&snapshot.operator)),
                format,
            ),
        };
        let lacking = self.what.lacking();
        for source in &lacking {
            complain(&format!("not read: this build was made without {source}"));
        }
        // A reader that went away (`| head`) has seen what it wanted.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        match finish(&snapshot, format) {
            ExitCode::SUCCESS if !lacking.is_empty() => ExitCode::from(BLIND),
            code => code,
        }
    }
}

/// The exit code, and for people the sentence that says what is missing.
fn finish(snapshot: &Snapshot, format: Format) -> ExitCode {
    let coverage = snapshot.coverage();
    let blind: Vec<FeedReport> = snapshot
        .store
        .feeds(snapshot.at)
        .into_iter()
        .filter(|f| f.state == FeedState::Blind)
        .collect();
    if format == Format::Table || !std::io::stderr().is_terminal() {
        for feed in blind.iter().take(5) {
            if let Some(fault) = &feed.fault {
                complain(&format!("blind: {fault}"));
            }
        }
        match blind.len().saturating_sub(5) {
            0 => {}
            1 => complain("1 more feed is blind; `noctop ls feeds` lists all"),
            more => complain(&format!(
                "{more} more feeds are blind; `noctop ls feeds` lists all"
            )),
        }
    }
    if let Some(trouble) = &snapshot.ledger {
        complain(&format!(
            "the ledger could not be read, so nobody's acknowledgement is shown: {trouble}"
        ));
    }
    if snapshot.store.roster().is_empty() {
        // A fleet that could not be listed is never "0 of 0".
        complain("no account of the fleet is known, so nothing was read");
        return ExitCode::from(FAILED);
    }
    if coverage.blind + coverage.loading > 0 || snapshot.ledger.is_some() {
        ExitCode::from(BLIND)
    } else {
        ExitCode::SUCCESS
    }
}

/// The runs that the journal knows, the latest first. Exit code 4 where one of them could not be read.
fn runs(stage: &Stage, snapshot: &Snapshot, filter: &str, format: Format) -> ExitCode {
    let journal = std::sync::Arc::new(stage.journal(Stage::clock()));
    let now = journal.now();
    let mut all = match follow::read(&journal, now.minus(crate::effects::runs::KEPT)) {
        Ok(all) => all,
        Err(why) => {
            complain(&why.to_string());
            return ExitCode::from(FAILED);
        }
    };
    snapshot.runtime.block_on(crate::effects::runs::refresh(
        &snapshot.fleet,
        &journal,
        &mut all,
        None,
    ));
    journal.retire();
    let roster = snapshot.store.roster();
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let cells = |run: &Run| {
        let scopes = run.scopes();
        let mut accounts: Vec<_> = scopes.iter().map(|s| roster.name(s.account)).collect();
        accounts.dedup();
        let mut regions: Vec<_> = scopes.iter().map(|s| s.region.to_string()).collect();
        regions.sort();
        regions.dedup();
        vec![
            run.id.get(..8).unwrap_or(&run.id).to_owned(),
            run.state().word().to_owned(),
            age(now.since(run.at)),
            run.name.to_string(),
            run.operator.to_string(),
            accounts.join(" "),
            regions.join(" "),
            run.targets().count().to_string(),
            fit::end(&run.fact(), WIDEST).into_owned(),
        ]
    };
    let mut shown = all.latest();
    shown.retain(|run| crate::panes::runs::has(run, roster, &words));
    const HEADS: &[&str] = &[
        "run", "state", "age", "runbook", "operator", "account", "region", "targets", "fact",
    ];
    let values = || shown.iter().map(|run| run.json(roster)).collect::<Vec<_>>();
    let text = match format {
        Format::Json => document(snapshot, "runs", values()),
        Format::Jsonl => lines(snapshot, &values()),
        Format::Csv => {
            let lines = shown.iter().map(|run| export::csv_line(&cells(run)));
            sheet(export::csv_line(HEADS), lines)
        }
        Format::Table => {
            let rows: Vec<_> = shown.iter().map(|run| cells(run)).collect();
            table::columns(HEADS, &rows)
        }
    };
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    let is_blind = shown
        .iter()
        .any(|run| !run.is_over() && run.executions.iter().any(|e| e.unread.is_some()));
    if snapshot.store.roster().is_empty() {
        complain("no account of the fleet is known, so AWS was not asked");
        ExitCode::from(FAILED)
    } else if is_blind {
        ExitCode::from(BLIND)
    } else {
        ExitCode::SUCCESS
    }
}

fn document(snapshot: &Snapshot, name: &str, list: Vec<Value>) -> String {
    let mut document = json!({
        "asOf": snapshot.at.to_string(),
        "coverage": export::coverage_json(&snapshot.store, &Only::default(), snapshot.at),
    });
    document[name] = Value::Array(list);
    format!("{document:#}\n")
}

/// The coverage and then each entry, an object per line.
fn lines(snapshot: &Snapshot, list: &[Value]) -> String {
    let coverage = json!({
        "asOf": snapshot.at.to_string(),
        "coverage": export::coverage_json(&snapshot.store, &Only::default(), snapshot.at),
    });
    std::iter::once(&coverage)
        .chain(list)
        .map(|v| format!("{v}\n"))
        .collect()
}

/// The head and then each line of a CSV file, each with its end.
fn sheet(head: String, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(head)
        .chain(lines)
        .map(|line| line + "\r\n")
        .collect()
}

fn items(snapshot: &Snapshot, rows: &[(RowId, &Row)], format: Format) -> String {
    let values = || {
        let value = |row: &Row| {
            export::item_json(
                row,
                snapshot.store.roster(),
                row.rule().and_then(|at| snapshot.store.rule(at)),
            )
        };
        rows.iter().map(|(_, row)| value(row)).collect::<Vec<_>>()
    };
    match format {
        Format::Json => document(snapshot, "items", values()),
        Format::Jsonl => lines(snapshot, &values()),
        Format::Csv => {
            let lines = rows.iter().map(|(_, row)| {
                export::csv_line(&export::item_fields(row, snapshot.store.roster()))
            });
            sheet(export::csv_line(&export::CSV_COLUMNS), lines)
        }
        Format::Table => {
            let cells = |row: &Row| {
                let item = row.item();
                vec![
                    row.severity().word().to_owned(),
                    cells::state_words(row, snapshot.at).into_owned(),
                    cells::mark_words(row.marks()),
                    if item.opened.is_unknown() {
                        "?".to_owned()
                    } else {
                        age(snapshot.at.since(item.opened))
                    },
                    snapshot
                        .store
                        .roster()
                        .name(item.key.scope.account)
                        .to_string(),
                    item.key.scope.region.to_string(),
                    item.native_state.to_string(),
                    fit::end(&fact::what(item), WIDEST).into_owned(),
                    fit::end(&fact::fact(item, snapshot.at), WIDEST).into_owned(),
                ]
            };
            let rows: Vec<_> = rows.iter().map(|(_, row)| cells(row)).collect();
            table::columns(
                &[
                    "severity", "state", "marks", "age", "account", "region", "status", "what",
                    "fact",
                ],
                &rows,
            )
        }
    }
}

fn feeds(snapshot: &Snapshot, filter: &str, format: Format) -> String {
    let roster = snapshot.store.roster();
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let reports: Vec<FeedReport> = snapshot
        .store
        .feeds(snapshot.at)
        .into_iter()
        .filter(|f| {
            let text = format!(
                "{} {} {}",
                f.feed,
                f.state,
                roster.name(f.feed.vantage.account)
            )
            .to_lowercase();
            words.iter().all(|w| text.contains(w.as_str()))
        })
        .collect();
    let values = || {
        reports
            .iter()
            .map(|f| export::feed_json(f, roster))
            .collect::<Vec<_>>()
    };
    let cells = || {
        let cells = |f: &FeedReport| {
            vec![
                f.state.word().to_owned(),
                f.feed.source.word().to_owned(),
                f.feed.slice.0.to_owned(),
                roster.name(f.feed.vantage.account).to_string(),
                f.feed.vantage.region.to_string(),
                f.items.to_string(),
                f.calls.to_string(),
                format!("{} ms", f.took.as_millis()),
                f.fault
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ]
        };
        reports.iter().map(cells).collect::<Vec<_>>()
    };
    const HEADS: &[&str] = &[
        "state", "source", "part", "account", "region", "items", "calls", "took", "why",
    ];
    match format {
        Format::Json => document(snapshot, "feeds", values()),
        Format::Jsonl => lines(snapshot, &values()),
        Format::Csv => {
            let lines = reports
                .iter()
                .map(|f| export::csv_line(&export::feed_fields(f, roster)));
            sheet(export::csv_line(&export::FEED_CSV_COLUMNS), lines)
        }
        Format::Table => table::columns(HEADS, &cells()),
    }
}

fn accounts(snapshot: &Snapshot, format: Format) -> String {
    let values = || {
        let value = |a: &crate::domain::Account| {
            json!({
                "id": a.id.to_string(),
                "name": a.name,
                "regions": a.regions.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "tags": a.tags,
                "policy": a.policy.word(),
            })
        };
        snapshot.accounts().map(value).collect::<Vec<_>>()
    };
    let cells = || {
        let cells = |a: &crate::domain::Account| {
            let regions: Vec<_> = a.regions.iter().map(ToString::to_string).collect();
            let tags: Vec<_> = a.tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
            vec![
                a.id.to_string(),
                a.name.to_string(),
                regions.join(" "),
                a.policy.word().to_owned(),
                tags.join(" "),
            ]
        };
        snapshot.accounts().map(cells).collect::<Vec<_>>()
    };
    const HEADS: &[&str] = &["id", "name", "regions", "policy", "tags"];
    match format {
        Format::Json => document(snapshot, "accounts", values()),
        Format::Jsonl => lines(snapshot, &values()),
        Format::Csv => {
            let lines = cells().into_iter().map(|cells| export::csv_line(&cells));
            sheet(export::csv_line(HEADS), lines)
        }
        Format::Table => table::columns(HEADS, &cells()),
    }
}
