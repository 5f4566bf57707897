//! `noctop tail`: the log lines of many groups, accounts and regions in one stream.

mod print;
mod run;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use crate::aws::logs::{Mode, Pattern, Streams, Wish};
use crate::clock::Timestamp;
use crate::logs::field::Condition;
use crate::logs::shape::FlowFormat;
use crate::logs::{Level, Sieve, sieve, when};

use super::stage::{self, Refusal, Stage};
use super::{Start, USAGE, complain};

use print::{Format, Look};

/// Shows the lines of log groups as they are written, merged by time over accounts and regions.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Tail {
    /// Log groups: names, ARNs, or names with * for anything. A name is looked for in every account and region.
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
    /// Only in these accounts: ids, or names with * for anything.
    #[arg(long, value_name = "ACCOUNT,…", value_delimiter = ',')]
    account: Vec<String>,
    /// Only these streams of the groups.
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        conflicts_with = "stream_prefix"
    )]
    stream: Vec<String>,
    /// Only streams whose names begin so.
    #[arg(long, value_name = "TEXT")]
    stream_prefix: Option<String>,
    /// From when on: how long ago (2h30m), a time of the day (13:10), or a moment (2026-11-21T13:10:00Z).
    #[arg(long, value_name = "WHEN", default_value = "10m")]
    since: String,
    /// Until when; then it ends.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Goes on with what is written later. This is the default.
    #[arg(short, long, overrides_with = "no_follow", conflicts_with = "until")]
    follow: bool,
    /// Ends when what is there has been read.
    #[arg(long, overrides_with = "follow")]
    no_follow: bool,
    /// Lets CloudWatch Logs push lines as they come. AWS bills it by the minute; where it does not work, polls.
    #[arg(long, conflicts_with = "poll")]
    live: bool,
    /// Asks CloudWatch Logs again and again. This is the default, and costs nothing but calls.
    #[arg(long)]
    poll: bool,
    /// Only what matches this filter pattern of CloudWatch Logs; the rest is not even sent.
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    filter_pattern: Option<String>,
    #[command(flatten)]
    sieve: SieveArgs,
    #[command(flatten)]
    look: LookArgs,
    /// Ends after so many lines.
    #[arg(long, value_name = "N")]
    max_lines: Option<u64>,
    /// Stop waiting for the list of accounts and groups after this long.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

/// Which lines are shown, of those that came.
#[derive(Clone, Debug, Default, Args)]
struct SieveArgs {
    /// Only lines with this text; written in small letters its case does not count. Repeated, all must be there.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    include: Vec<String>,
    /// No lines with this text.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    exclude: Vec<String>,
    /// Only lines that match this regular expression.
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    regex: Vec<String>,
    /// Only JSON lines with this in a field: level=error, http.status>=500, user~^adm, -debug.
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    field: Vec<String>,
    /// Only lines that say they are at least so grave.
    #[arg(long, value_enum)]
    level: Option<Floor>,
}

/// The least grave level that is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Floor {
    /// All but traces.
    Debug,
    /// What happened, and worse.
    Info,
    /// Warnings and worse.
    Warn,
    /// Errors and worse.
    Error,
    /// Only what is fatal.
    Fatal,
}

/// How lines are shown.
#[derive(Clone, Debug, Args)]
struct LookArgs {
    /// How to print lines: text for people (the default), or a form for machines.
    #[arg(long, value_enum, default_value = "text", hide_default_value = true)]
    format: Format,
    /// Shows and reads moments in the time zone of this machine instead of UTC.
    #[arg(long)]
    local: bool,
    /// Shows the stream in each line.
    #[arg(long)]
    show_stream: bool,
    /// Shows VPC flow logs, CloudTrail, WAF and Lambda's reports as columns.
    #[arg(long)]
    columns: bool,
    /// The order of the fields of VPC flow logs, as the flow log's format has it; else the default of version 2.
    #[arg(long, value_name = "FORMAT", requires = "columns")]
    flow_format: Option<String>,
    /// Lays JSON out over several lines.
    #[arg(long)]
    pretty: bool,
    /// Shows of stack traces and other long events the first line only.
    #[arg(long)]
    fold: bool,
    /// Whether to paint.
    #[arg(long, value_enum, default_value = "auto", hide_default_value = true)]
    color: Colour,
}

/// Whether to paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

const AFTER: &str = "\
Exit codes: 0 complete, 1 nothing could be read, 2 command line or configuration, 4 printed but something is missing:
a group that could not be read, a gap.

Examples:
  noctop tail /aws/lambda/pay --since 30m
  noctop tail '/var/log/*' --account 'prod-*' --level error --fold
  noctop tail /app/api --no-follow --since 13:10 --until 13:40 --format jsonl
  noctop tail /app/api --field 'http.status>=500' --pretty";

/// Everything that was asked for, checked.
pub(super) struct Asked {
    patterns: Vec<Pattern>,
    accounts: Vec<String>,
    wish: Wish,
    mode: Mode,
    sieve: Sieve,
    look: Look,
    max_lines: Option<u64>,
    patience: Duration,
}

impl Tail {
    /// Prints until everything is read, until it is stopped, or until nobody reads any more.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let flags = self.start.fleet.clone().into_flags();
        let demo = self.start.demo.scenario.clone();
        let clock = Stage::clock();
        let begun = self
            .check(clock.now())
            .map_err(|why| Refusal(vec![why]))
            .and_then(|asked| {
                Ok((
                    asked,
                    Stage::set(&flags, demo.as_deref())?,
                    Stage::runtime()?,
                ))
            });
        let (asked, stage, runtime) = match begun {
            Ok(begun) => begun,
            Err(refusal) => {
                complain(&refusal.to_string());
                return ExitCode::from(USAGE);
            }
        };
        for warning in &stage.warnings {
            complain(warning);
        }
        let code = runtime.block_on(async {
            match stage::open(stage.config.fleet.clone(), Arc::clone(&clock)).await {
                Ok(fleet) => run::run(&fleet, asked, clock).await,
                Err(refusal) => {
                    complain(&refusal.to_string());
                    ExitCode::from(USAGE)
                }
            }
        });
        // Whoever still reads is not waited for.
        runtime.shutdown_background();
        code
    }

    /// Checks everything that can be checked before anybody is asked.
    fn check(self, now: Timestamp) -> Result<Asked, String> {
        let zone = if self.look.local {
            TimeZone::try_system()
                .map_err(|why| format!("the time zone of this machine is not known: {why}"))?
        } else {
            TimeZone::UTC
        };
        let since = when::moment(&self.since, now, &zone)?;
        let until = self
            .until
            .as_deref()
            .map(|text| when::moment(text, now, &zone))
            .transpose()?;
        if until.is_some_and(|until| until < since) {
            return Err("--until lies before --since".to_owned());
        }
        let follow = !self.no_follow && until.is_none() && self.look.format != Format::Json;
        if self.follow && self.look.format == Format::Json {
            return Err(
                "--format json is one document with an end; --format jsonl goes on with --follow"
                    .to_owned(),
            );
        }
        let streams = match (self.stream, self.stream_prefix) {
            (names, None) if names.is_empty() => Streams::All,
            (_, Some(prefix)) => Streams::Prefix(prefix),
            (names, None) if names.len() > STREAMS => {
                return Err(format!(
                    "{} streams are named, and CloudWatch Logs takes {STREAMS} at most",
                    names.len()
                ));
            }
            (names, None) => Streams::Named(names),
        };
        Ok(Asked {
            patterns: self
                .groups
                .iter()
                .map(|text| Pattern::parse(text))
                .collect::<Result<_, _>>()?,
            accounts: self.account,
            wish: Wish {
                since,
                until,
                follow,
                pattern: self.filter_pattern,
                streams,
            },
            mode: if self.live { Mode::Live } else { Mode::Poll },
            sieve: self.sieve.check()?,
            look: self.look.check(&zone)?,
            max_lines: self.max_lines,
            patience: self.timeout,
        })
    }
}

/// The streams that can be named. From the API reference of `FilterLogEvents`.
const STREAMS: usize = 100;

impl SieveArgs {
    fn check(self) -> Result<Sieve, String> {
        let mut sieve = Sieve::default();
        for text in &self.include {
            sieve.include(sieve::Pattern::text(text));
        }
        for text in &self.exclude {
            sieve.exclude(sieve::Pattern::text(text));
        }
        for pattern in &self.regex {
            sieve.include(sieve::Pattern::regex(pattern)?);
        }
        for condition in &self.field {
            sieve.field(Condition::parse(condition)?);
        }
        if let Some(floor) = self.level {
            sieve.at_least(match floor {
                Floor::Debug => Level::Debug,
                Floor::Info => Level::Info,
                Floor::Warn => Level::Warn,
                Floor::Error => Level::Error,
                Floor::Fatal => Level::Fatal,
            });
        }
        Ok(sieve)
    }
}

impl LookArgs {
    fn check(self, zone: &TimeZone) -> Result<Look, String> {
        let terminal = std::io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let flow = self
            .flow_format
            .as_deref()
            .map(FlowFormat::parse)
            .transpose()?;
        Ok(Look {
            format: self.format,
            colour: self.format == Format::Text
                && match self.color {
                    Colour::Auto => terminal && !plain,
                    Colour::Always => true,
                    Colour::Never => false,
                },
            terminal,
            zone: self.local.then(|| zone.clone()),
            streams: self.show_stream,
            columns: self.columns,
            pretty: self.pretty,
            fold: self.fold,
            flow: flow.unwrap_or_default(),
        })
    }
}
