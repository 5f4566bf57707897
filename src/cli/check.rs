//! `noctop check`: a plugin for Nagios, Icinga and whatever speaks their convention. One line, perfdata, exit 0–3.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use crate::domain::Severity;
use crate::domain::text::count;
use crate::store::Coverage;
use crate::store::projection::Include;

use super::Start;
use super::snapshot::Snapshot;

/// Checks the fleet as a plugin of Nagios, Icinga and their kin: one line, performance data, exit code 0 to 3.
///
/// Counts the items that ask for attention and match the filter. Any match is a WARNING and any critical match is
/// CRITICAL, unless --warn and --crit say how many it takes. Nothing found while a feed is blind is UNKNOWN, never OK.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.")]
pub struct Check {
    /// Count only what matches this filter, for example 'kind:alarm acct:prod*'.
    #[arg(
        long,
        value_name = "EXPR",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    filter: String,
    /// WARNING from this many matches on.
    #[arg(long, value_name = "N", default_value_t = 1)]
    warn: usize,
    /// CRITICAL from this many matches on; without it, any match of severity critical.
    #[arg(long, value_name = "N")]
    crit: Option<usize>,
    /// Give up waiting for slow feeds after this long; what has not answered by then counts as blind.
    #[arg(long, value_name = "DURATION", default_value = "50s", value_parser = super::duration)]
    timeout: std::time::Duration,
    #[command(flatten)]
    start: Start,
}

/// What the plugin says, in the convention's words and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was read and too little was found to say anything.
    Ok,
    /// Enough was found to warn.
    Warning,
    /// Enough was found to be critical.
    Critical,
    /// Too little was found to say anything, but not everything could be read.
    Unknown,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

/// How many items matched, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    by_severity: [usize; 5],
}

impl Found {
    fn add(&mut self, severity: Severity) {
        self.by_severity[severity as usize] += 1;
    }

    fn of(&self, severity: Severity) -> usize {
        self.by_severity[severity as usize]
    }

    fn total(&self) -> usize {
        self.by_severity.iter().sum()
    }
}

/// Judges what was found. What is known to be bad is said even when something else could not be read; what could
/// not be read is never taken for good.
#[must_use]
pub fn judge(found: &Found, complete: bool, warn: usize, crit: Option<usize>) -> Verdict {
    let critical = match crit {
        Some(crit) => found.total() >= crit,
        None => found.of(Severity::Critical) > 0,
    };
    match (critical, found.total() >= warn, complete) {
        (true, _, _) => Verdict::Critical,
        (false, true, _) => Verdict::Warning,
        (false, false, true) => Verdict::Ok,
        (false, false, false) => Verdict::Unknown,
    }
}

/// The one line: what was found, how much could be read, and the performance data.
fn line(
    verdict: Verdict,
    found: &Found,
    coverage: &Coverage,
    warn: usize,
    crit: Option<usize>,
    worst: Option<&str>,
) -> String {
    let unread = coverage.blind + coverage.loading;
    let sign = if unread > 0 { ">=" } else { "" };
    let mut line = format!(
        "NOCTOP {}: {sign}{}",
        verdict.word(),
        count(found.total(), "item")
    );
    if let Some(worst) = worst {
        line.push_str(&format!(", worst {worst}"));
    }
    if unread > 0 {
        line.push_str(&format!("; {unread} of {} feeds are blind", coverage.feeds));
    }
    let crit = crit.map(|c| c.to_string()).unwrap_or_default();
    line.push_str(&format!(" | items={};{warn};{crit};0", found.total()));
    for severity in Severity::ALL {
        line.push_str(&format!(" {severity}={};;;0", found.of(*severity)));
    }
    line.push_str(&format!(
        " blind={unread};;;0;{} feeds={};;;0",
        coverage.feeds, coverage.feeds
    ));
    line
}

impl Check {
    /// Reads the fleet once and prints the verdict.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let unknown = |why: &str| {
            say(&format!("NOCTOP UNKNOWN: {}", plain(why)));
            ExitCode::from(Verdict::Unknown.code())
        };
        let filter = match crate::filter::Filter::parse(&self.filter) {
            Ok(filter) => filter,
            Err(error) => return unknown(&format!("the filter cannot be read: {error}")),
        };
        let flags = self.start.fleet.into_flags();
        let snapshot = match Snapshot::take(
            &flags,
            self.start.demo.scenario.as_deref(),
            crate::domain::Kind::ASKING,
            &filter,
            self.timeout,
        ) {
            Ok(snapshot) => snapshot,
            Err(failure) => return unknown(&failure.to_string()),
        };
        let mut found = Found::default();
        let mut worst: Option<(Severity, String)> = None;
        for (_, row) in snapshot.rows(&filter, Include::Open) {
            found.add(row.severity());
            if worst
                .as_ref()
                .is_none_or(|(severity, _)| row.severity() > *severity)
            {
                let item = row.item();
                let account = snapshot.store.roster().name(item.key.scope.account);
                let what = crate::panes::fact::what(item);
                worst = Some((
                    row.severity(),
                    format!(
                        "{} {account} {} {what}",
                        row.severity(),
                        item.key.scope.region
                    ),
                ));
            }
        }
        if snapshot.store.roster().is_empty() {
            // A fleet that could not be listed has no feeds to count: the reason is all there is to say.
            let fault = snapshot
                .store
                .feeds(snapshot.at)
                .into_iter()
                .find_map(|feed| feed.fault);
            let why = fault.map(|fault| fault.to_string()).unwrap_or_default();
            return unknown(format!("no account of the fleet can be read. {why}").trim());
        }
        let coverage = snapshot.coverage();
        let verdict = judge(
            &found,
            coverage.blind + coverage.loading == 0,
            self.warn,
            self.crit,
        );
        let worst = worst.map(|(_, text)| plain(&text));
        say(&line(
            verdict,
            &found,
            &coverage,
            self.warn,
            self.crit,
            worst.as_deref(),
        ));
        ExitCode::from(verdict.code())
    }
}

/// Prints the one line. A monitor that went away is told by the exit code alone.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Text for the plugin's line: a pipe parts text from performance data, so one in a name would forge figures.
fn plain(text: &str) -> String {
    crate::domain::text::clean(text).replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(severities: &[Severity]) -> Found {
        let mut found = Found::default();
        severities.iter().for_each(|s| found.add(*s));
        found
    }

    #[test]
    fn nothing_found_is_good_only_when_everything_was_read() {
        assert_eq!(judge(&Found::default(), true, 1, None), Verdict::Ok);
        assert_eq!(judge(&Found::default(), false, 1, None), Verdict::Unknown);
        assert_eq!(
            judge(&found(&[Severity::High]), false, 2, Some(3)),
            Verdict::Unknown
        );
    }

    #[test]
    fn what_is_known_to_be_bad_is_said_even_when_half_blind() {
        assert_eq!(
            judge(&found(&[Severity::Critical]), false, 1, None),
            Verdict::Critical
        );
        assert_eq!(
            judge(&found(&[Severity::High]), false, 1, None),
            Verdict::Warning
        );
    }

    #[test]
    fn thresholds_count_items() {
        let three = found(&[Severity::Critical, Severity::Low, Severity::Low]);
        assert_eq!(judge(&three, true, 1, Some(4)), Verdict::Warning);
        assert_eq!(judge(&three, true, 1, Some(3)), Verdict::Critical);
        assert_eq!(judge(&three, true, 4, Some(5)), Verdict::Ok);
    }

    #[test]
    fn a_pipe_in_a_name_forges_no_figures() {
        assert_eq!(plain("disk | items=0"), "disk / items=0");
    }
}
