//! `noctop report`: figures over weeks.

use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use tokio::task::JoinSet;

use crate::clock::Timestamp;
use crate::domain::text::age;
use crate::domain::{FeedState, ItemKey, Kind, Scope};
use crate::filter::Filter;
use crate::history::measure::{self, Days, OfDay, What};
use crate::history::tally::{self, Tally};
use crate::history::watch::Span;
use crate::report::{Format, Report as Made, Unread, backups, hygiene, patches};
use crate::sources::backup::coverage::{self, Covered};
use crate::sources::patches::is_group;
use crate::store::FeedReport;

use super::progress::Progress;
use super::snapshot::Snapshot;
use super::stage::{Refusal, Stage};
use super::{BLIND, FAILED, Start, USAGE, complain, output};

/// Writes a report: how the fleet's alarms, patches and backups stand, over weeks.
#[derive(Debug, Args)]
pub struct Report {
    #[command(subcommand)]
    about: About,
}

/// What it is about.
#[derive(Debug, Subcommand)]
enum About {
    /// Which managed instances have the patches that their baselines want, by account and patch group.
    PatchCoverage(Coverage),
    /// Which resources have a good recovery point as young as their plans promise, by account, plan and kind of resource.
    BackupCoverage(Coverage),
    /// Whether the alarms can be worked with, by the measures of ISA-18.2 and EEMUA 191; from noctop's own history alone.
    Hygiene(Hygiene),
}

/// How it is written.
#[derive(Debug, Args)]
struct Written {
    /// How to write it.
    #[arg(long, value_enum, default_value = "plain")]
    format: Form,
    /// Which of its tables to write as CSV; the first where none is named.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = HYGIENE)]
struct Hygiene {
    /// About this time up to now, such as 7d.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = super::duration)]
    since: Duration,
    /// How many operators share the alarms.
    #[arg(long, value_name = "COUNT", default_value = "1")]
    operators: NonZeroU32,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, Args)]
#[command(after_help = COVERAGE)]
struct Coverage {
    /// How far back the daily figures reach, such as 7d.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = super::duration)]
    since: Duration,
    /// Stop waiting for slow answers after this long; what has not answered by then is said to be unread.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    start: Start,
}

const COVERAGE: &str = "\
The present is read from AWS, and noted; the daily figures are from the history that consoles keep here while they run, and from what
this report counted on other days. Write it once a day, and every day has its coverage.

Exit codes: 0 complete, 1 nothing could be read, 2 command line or configuration, 4 written but not everything could be read.

Examples:
  noctop report patch-coverage --format md > patches.md
  noctop report backup-coverage --format csv --table resources > backups.csv";

const HYGIENE: &str = "\
Nothing is asked of AWS: what happened is on record since consoles run on this machine, and the report says how much of the
time nobody watched.

Exit codes: 0 complete, 1 the history cannot be read, 2 command line or configuration, 4 written but not all the time was watched.

Examples:
  noctop report hygiene --since 7d --operators 3
  noctop report hygiene --format csv --table days > days.csv";

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Plain text.
    Plain,
    /// Markdown.
    Md,
    /// One table as comma-separated values.
    Csv,
    /// JSON: everything.
    Json,
}

impl Report {
    /// Writes it. Exit code 0 complete, 1 failed, 2 usage, 4 written but partly unread.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let code = match self.about {
            About::PatchCoverage(coverage) => coverage.patches(),
            About::BackupCoverage(coverage) => coverage.backups(),
            About::Hygiene(hygiene) => hygiene.write(),
        };
        match code {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }
}

impl Hygiene {
    fn write(self) -> Result<ExitCode, Refusal> {
        let flags = self.start.fleet.clone().into_flags();
        let stage = Stage::set(&flags, self.start.demo.scenario.as_deref())?;
        let now = Stage::clock().now();
        let window = Span {
            from: now.minus(self.since),
            until: now,
        };
        let Some(path) = stage.history() else {
            complain("there is no home folder with a history");
            return Ok(ExitCode::from(FAILED));
        };
        let is_alarm = |key: &ItemKey| key.kind == Kind::Alarm;
        let tally = match tally::tally(&path, window, is_alarm) {
            Ok(tally) => tally,
            Err(trouble) => {
                complain(&trouble.0);
                return Ok(ExitCode::from(FAILED));
            }
        };
        let report = hygiene::compose(&hygiene::Gathered {
            window,
            operators: self.operators,
            tally: &tally,
            roster: &stage.named_accounts(),
        });
        self.written.write(&report)
    }
}

impl Coverage {
    fn patches(self) -> Result<ExitCode, Refusal> {
        let stage = self.stage()?;
        let snapshot = Snapshot::of(&stage, &[Kind::Patch], &Filter::default(), self.timeout)?;
        let rows = snapshot.store.rows().map(|(_, row)| row.item());
        let instances: Vec<_> = rows
            .filter_map(|item| patches::Instance::of(item))
            .collect();
        let feeds = snapshot.store.feeds(snapshot.at);
        let unread: Vec<Unread> = feeds.iter().filter_map(unread).collect();
        let window = self.window(snapshot.at);
        // A group is a sum of instances that stand for themselves.
        let is_instance = |key: &ItemKey| key.kind == Kind::Patch && !is_group(&key.id);
        let tally = counted(&stage, window, is_instance);
        let today = patches::today(&instances, &unread, snapshot.store.roster());
        let counts = noted(&stage, window, What::Patches, &today);
        let report = patches::compose(&patches::Gathered {
            counted: &counts,
            now: snapshot.at,
            window,
            instances: &instances,
            unread: &unread,
            tally: tally.as_ref().map_err(String::as_str),
            roster: snapshot.store.roster(),
        });
        let is_read = feeds.iter().any(|feed| feed.state == FeedState::Fresh);
        self.end(&report, &snapshot, is_read)
    }

    fn backups(self) -> Result<ExitCode, Refusal> {
        let stage = self.stage()?;
        let snapshot = Snapshot::of(&stage, &[], &Filter::default(), self.timeout)?;
        let (resources, unread) = snapshot.runtime.block_on(covered(&snapshot, self.timeout));
        let window = self.window(snapshot.at);
        let tally = counted(&stage, window, |key| key.kind == Kind::Backup);
        let today = backups::today(&resources, &unread, snapshot.store.roster());
        let counts = noted(&stage, window, What::Backups, &today);
        let report = backups::compose(&backups::Gathered {
            counted: &counts,
            now: snapshot.at,
            window,
            resources: &resources,
            unread: &unread,
            tally: tally.as_ref().map_err(String::as_str),
            roster: snapshot.store.roster(),
        });
        let scopes = snapshot.accounts().map(|account| account.regions.len());
        let is_read = unread.len() < scopes.sum();
        self.end(&report, &snapshot, is_read)
    }

    fn stage(&self) -> Result<Stage, Refusal> {
        let flags = self.start.fleet.clone().into_flags();
        Stage::set(&flags, self.start.demo.scenario.as_deref())
    }

    fn window(&self, now: Timestamp) -> Span {
        Span {
            from: now.minus(self.since),
            until: now,
        }
    }

    fn end(&self, report: &Made, snapshot: &Snapshot, is_read: bool) -> Result<ExitCode, Refusal> {
        let code = self.written.write(report)?;
        if snapshot.store.roster().is_empty() {
            complain("no account of the fleet is known, so nothing was read");
        }
        Ok(if is_read {
            code
        } else {
            ExitCode::from(FAILED)
        })
    }
}

/// What noctop's own history says, of these items.
fn counted(stage: &Stage, window: Span, meant: impl Fn(&ItemKey) -> bool) -> Result<Tally, String> {
    let path = stage
        .history()
        .ok_or("there is no home folder with a history.")?;
    tally::tally(&path, window, meant).map_err(|trouble| trouble.0)
}

/// Notes what was counted today, and gives what was counted on every day of the window. A history that cannot be written costs the note
/// and not the report.
fn noted(stage: &Stage, window: Span, what: What, today: &OfDay) -> Days {
    let Some(path) = stage.history() else {
        return Days::new();
    };
    if let Err(trouble) = measure::note(&path, window.until, what, today) {
        complain(&format!(
            "what was counted today is not noted: {}",
            trouble.0
        ));
    }
    measure::days(&path, window, what).unwrap_or_default()
}

/// A feed that could not be read, as a scope.
fn unread(feed: &FeedReport) -> Option<Unread> {
    let why = match (feed.state, &feed.fault) {
        (FeedState::Fresh | FeedState::Off, _) => return None,
        (_, Some(fault)) => fault.to_string(),
        (state, None) => format!("It is {}.", state.word()),
    };
    Some(Unread {
        scope: feed.feed.vantage,
        why,
    })
}

/// How many scopes are read at once.
const AT_ONCE: usize = 16;

/// How the resources of every scope are covered, and which scopes could not be read.
async fn covered(snapshot: &Snapshot, patience: Duration) -> (Vec<(Scope, Covered)>, Vec<Unread>) {
    let accounts = snapshot.accounts();
    let scopes = accounts.flat_map(|account| {
        let regions = account.regions.iter();
        regions.map(|region| Scope {
            account: account.id,
            region: *region,
        })
    });
    let mut waiting: Vec<Scope> = scopes.collect();
    let (all, mut read) = (waiting.len(), 0);
    let mut progress = Progress::new();
    waiting.sort_unstable_by(|a, b| b.cmp(a));
    let deadline = tokio::time::Instant::now() + patience;
    let mut asked = JoinSet::new();
    let (mut resources, mut unread) = (Vec::new(), Vec::new());
    loop {
        while asked.len() < AT_ONCE
            && let Some(scope) = waiting.pop()
        {
            let access = snapshot.fleet.access(scope);
            let now = snapshot.at;
            asked.spawn(async move {
                let Some(access) = access else {
                    return (
                        scope,
                        Err("It is not part of the fleet any more.".to_owned()),
                    );
                };
                let asked = coverage::covered(&access, now);
                let answered = tokio::time::timeout_at(deadline, asked).await;
                let found = match answered {
                    // Where the region is not enabled, there is nothing to back up: a fact.
                    Ok(Err(fault)) if fault.kind.is_off() => Ok(Vec::new()),
                    Ok(found) => found.map_err(|fault| fault.to_string()),
                    Err(_) => Err(format!(
                        "AWS Backup has not answered within {}.",
                        age(patience)
                    )),
                };
                (scope, found)
            });
        }
        progress.show(|| format!("{read} of {all} scopes read; ctrl-c stops"));
        match asked.join_next().await {
            None => break,
            Some(Ok((scope, Ok(found)))) => {
                resources.extend(found.into_iter().map(|resource| (scope, resource)));
            }
            Some(Ok((scope, Err(why)))) => unread.push(Unread { scope, why }),
            // Its panic has been reported; nothing is known of its scope, and the report would not say so.
            Some(Err(why)) => std::panic::resume_unwind(why.into_panic()),
        }
        read += 1;
    }
    progress.clear();
    resources.sort_by(|a, b| (a.0, &a.1.arn).cmp(&(b.0, &b.1.arn)));
    unread.sort_by_key(|unread| unread.scope);
    (resources, unread)
}

impl Written {
    fn write(&self, report: &Made) -> Result<ExitCode, Refusal> {
        let text = match self.format {
            Form::Plain => report.write(Format::Plain),
            Form::Md => report.write(Format::Markdown),
            Form::Json => report.write(Format::Json),
            Form::Csv => report.csv(self.table.as_deref()).ok_or_else(|| {
                let names: Vec<&str> = report.tables.iter().map(|table| table.name).collect();
                Refusal(vec![format!(
                    "the report has no table `{}`; it has {}",
                    self.table.as_deref().unwrap_or_default(),
                    names.join(", ")
                )])
            })?,
        };
        output::write(&text);
        Ok(if report.is_partial {
            ExitCode::from(BLIND)
        } else {
            ExitCode::SUCCESS
        })
    }
}
