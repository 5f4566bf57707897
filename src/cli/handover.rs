//! `noctop handover`: what the next shift has to know.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::audit::record::{Act, Whole};
use crate::clock::Timestamp;
use crate::domain::Kind;
use crate::filter::Filter;
use crate::handover::{Format, Gathered, SHOWN, compose};
use crate::history::watch::Span;
use crate::history::{self, Reading};
use crate::lifecycle::Shifts;

use super::snapshot::Snapshot;
use super::stage::{Refusal, Stage};
use super::{BLIND, FAILED, Start, USAGE, complain};

/// Writes the handover: what came, what is open and with whom, what ends, what was done and refused, what was not seen.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Handover {
    /// About this time up to now, such as 8h.
    #[arg(long, value_name = "DURATION", value_parser = super::duration, conflicts_with = "shift")]
    since: Option<Duration>,
    /// About the shift on duty, up to now, or about the one before it. This is the default where shifts are configured;
    /// elsewhere the last eight hours are.
    #[arg(long, value_name = "WHICH", value_enum, num_args = 0..=1, default_missing_value = "present")]
    shift: Option<Which>,
    /// How to write it.
    #[arg(long, value_enum, default_value = "plain")]
    format: Form,
    /// Stop waiting for slow feeds after this long; what has not answered by then counts as blind.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

const AFTER: &str = "\
The present is read from AWS, who has what from the ledger. What was done comes from the journal of this user on this machine,
what came and went from the history that consoles keep here while they run.

Exit codes: 0 complete, 1 nothing could be read, 2 command line or configuration, 4 written but not everything could be read.

Examples:
  noctop handover --since 8h
  noctop handover --shift --format md > handover.md";

/// Which shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The one on duty; where nobody is, the last one.
    Present,
    /// The one before it.
    Previous,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Plain text.
    Plain,
    /// Markdown.
    Md,
    /// JSON: everything, nothing left out.
    Json,
}

/// Where nothing is said and no shifts are configured.
const USUAL: Duration = Duration::from_secs(8 * 3_600);

impl Handover {
    /// Writes it. Exit code 0 complete, 1 failed, 2 usage, 4 written but partly unread.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.write() {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }

    fn write(self) -> Result<ExitCode, Refusal> {
        let flags = self.start.fleet.clone().into_flags();
        let stage = Stage::set(&flags, self.start.demo.scenario.as_deref())?;
        let shifts = &stage.config.shifts;
        // A question that makes no sense is refused before AWS is asked anything.
        if self.shift.is_some() && shifts.is_empty() {
            return Err(Refusal(vec![
                "no shifts are configured; name a time with --since, or configure [shifts]"
                    .to_owned(),
            ]));
        }
        let snapshot = Snapshot::of(&stage, Kind::ALL, &Filter::default(), self.timeout)?;
        let (window, shift) = self.window(shifts, snapshot.at);
        let journal = match stage.journal_path() {
            Some(path) => Whole::read(&path)
                .map(|whole| whole.acts())
                .map_err(|trouble| trouble.0),
            None => Err("there is no home folder with a journal.".to_owned()),
        };
        let history = match stage.history() {
            Some(path) => history::read(&path, window).map_err(|trouble| trouble.0),
            None => Err("there is no home folder with a history.".to_owned()),
        };
        let ledger = snapshot
            .ledger
            .as_ref()
            .map(|trouble| trouble.message.as_str());
        let format = match self.format {
            Form::Plain => Format::Plain,
            Form::Md => Format::Markdown,
            Form::Json => Format::Json,
        };
        let handover = compose(&Gathered {
            now: snapshot.at,
            window,
            shift: shift.as_deref(),
            next: next(shifts, snapshot.at),
            operator: &snapshot.operator,
            store: &snapshot.store,
            ledger,
            journal: journal
                .as_ref()
                .map(Vec::<Act>::as_slice)
                .map_err(String::as_str),
            history: history
                .as_ref()
                .map(|reading: &Reading| reading)
                .map_err(String::as_str),
            most: if format == Format::Json {
                usize::MAX
            } else {
                SHOWN
            },
        });
        // A reader that went away (`| head`) has seen what it wanted.
        let _ = std::io::stdout()
            .lock()
            .write_all(handover.write(format).as_bytes());
        if snapshot.store.roster().is_empty() {
            complain("no account of the fleet is known, so nothing was read");
            return Ok(ExitCode::from(FAILED));
        }
        Ok(if handover.is_partial {
            ExitCode::from(BLIND)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// What the handover is about, and the name of the shift that it is.
    fn window(&self, shifts: &Shifts, now: Timestamp) -> (Span, Option<String>) {
        let since = |span: Duration| Span {
            from: now.minus(span),
            until: now,
        };
        let duty = match (self.since, self.shift) {
            (Some(span), _) => return (since(span), None),
            (None, Some(Which::Previous)) => shifts
                .begun(now)
                .and_then(|duty| shifts.begun(duty.from.minus(Duration::from_millis(1)))),
            (None, _) => shifts.begun(now),
        };
        duty.map_or_else(
            || (since(USUAL), None),
            |duty| {
                let span = Span {
                    from: duty.from,
                    until: duty.until.min(now),
                };
                (span, Some(duty.name.to_string()))
            },
        )
    }
}

/// Until when the next shift lasts; eight hours from now where there are no shifts.
fn next(shifts: &Shifts, now: Timestamp) -> Timestamp {
    shifts
        .next(now)
        .map_or_else(|| now.plus(USUAL), |duty| duty.until)
}
