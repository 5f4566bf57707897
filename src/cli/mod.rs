//! The command line: parse, start, exit code. One file per headless subcommand; nothing headless starts the console.

mod act;
mod audit;
mod check;
mod completions;
mod config;
mod console;
mod doctor;
mod flags;
mod greeting;
mod handover;
mod iam_policy;
mod keys;
mod ledger;
mod ls;
mod output;
mod progress;
mod query;
mod report;
mod run;
mod sim;
mod snapshot;
mod stage;
mod table;
mod tail;
mod triage;
mod wall;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::domain::SourceId;
use crate::domain::text::clean;
use crate::sim::scenario::DEFAULT;

use flags::{FlagArgs, FleetArgs};

/// Something failed.
pub(crate) const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
pub(crate) const USAGE: u8 = 2;
/// Printed, but some feeds are blind.
pub(crate) const BLIND: u8 = 4;

/// An operations console in the terminal for people who run many AWS accounts.
///
/// Without a subcommand the console starts: `noctop --demo` on a simulated fleet, `noctop` on your own.
#[derive(Debug, Parser)]
#[command(version = version(), about, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: Demo,
    #[command(flatten)]
    flags: FlagArgs,
}

/// What this build may have been made with or without, beside the version.
fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let optional = [
            ("config", SourceId::Config.is_built()),
            ("incidentmanager", SourceId::Incidentmanager.is_built()),
            ("jemalloc", cfg!(feature = "jemalloc")),
            ("trustedadvisor", SourceId::Trustedadvisor.is_built()),
        ];
        let words = |built: bool| {
            let words = optional.iter().filter(|(_, is)| *is == built);
            words.map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
        };
        let mut text = env!("CARGO_PKG_VERSION").to_owned();
        for (label, words) in [("with", words(true)), ("without", words(false))] {
            if !words.is_empty() {
                text.push_str(&format!("\n{label}: {words}"));
            }
        }
        text
    });
    &VERSION
}

const EXAMPLES: &str = "\
Examples:
  noctop --demo                                   a simulated fleet; needs no AWS account and no network
  noctop                                          the account and region of your AWS environment
  noctop -p payments,web -r eu-west-1,us-east-1   two profiles in two regions
  noctop -c 'findings sev:critical'               begins with that pane and filter
  noctop config init                              writes a configuration file to fill in";

/// What the headless commands that ask AWS take.
#[derive(Clone, Debug, Default, Args)]
struct Start {
    #[command(flatten)]
    demo: Demo,
    #[command(flatten)]
    fleet: FleetArgs,
}

/// The simulated fleet in place of a real one.
#[derive(Clone, Debug, Default, Args)]
struct Demo {
    /// Shows a simulated fleet; no AWS account and no network needed.
    #[arg(long = "demo", value_name = "SCENARIO", num_args = 0..=1, default_missing_value = DEFAULT)]
    scenario: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Ls),
    Check(check::Check),
    Watch(watch::Watch),
    Wall(wall::Wall),
    Tail(tail::Tail),
    Query(query::Query),
    Ack(triage::Ack),
    Act(act::Act),
    Mute(act::Mute),
    Unack(triage::Unack),
    Snooze(triage::Snooze),
    Comment(triage::Comment),
    Assign(triage::Assign),
    Run(run::Run),
    Handover(handover::Handover),
    Report(report::Report),
    /// Shows what was done to accounts, by whom and with what result, and whether the journal is whole.
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    IamPolicy(iam_policy::IamPolicy),
    /// Writes, checks and explains the configuration.
    Config(config::Config),
    /// Makes and inspects the table in which the consoles of a fleet share who acknowledged what.
    Ledger(ledger::LedgerCommand),
    Keys(keys::Keys),
    Completions(completions::Completions),
    Man(completions::Man),
    /// Plays a fleet of AWS accounts on loopback, for tests and demonstrations.
    Sim(sim::Sim),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => console::run(&cli.flags.into_flags(), cli.demo.scenario.as_deref(), None),
        Some(Command::Ls(ls)) => ls.run(),
        Some(Command::Check(check)) => check.run(),
        Some(Command::Watch(watch)) => watch.run(),
        Some(Command::Wall(wall)) => wall.run(),
        Some(Command::Tail(tail)) => tail.run(),
        Some(Command::Query(query)) => query.run(),
        Some(Command::Ack(ack)) => ack.run(),
        Some(Command::Act(act)) => act.run(),
        Some(Command::Mute(mute)) => mute.run(),
        Some(Command::Unack(unack)) => unack.run(),
        Some(Command::Snooze(snooze)) => snooze.run(),
        Some(Command::Comment(comment)) => comment.run(),
        Some(Command::Assign(assign)) => assign.run(),
        Some(Command::Run(run)) => run.run(),
        Some(Command::Handover(handover)) => handover.run(),
        Some(Command::Report(report)) => report.run(),
        Some(Command::Audit(audit)) => audit.run(),
        Some(Command::Doctor(doctor)) => doctor.run(),
        Some(Command::IamPolicy(policy)) => policy.run(),
        Some(Command::Config(config)) => config.run(),
        Some(Command::Ledger(ledger)) => ledger.run(),
        Some(Command::Keys(keys)) => keys.run(),
        Some(Command::Completions(completions)) => completions.run(),
        Some(Command::Man(man)) => man.run(),
        Some(Command::Sim(sim)) => sim.run(),
    }
}

/// Says something on standard error, neutralised, line by line. Nobody can be told that this failed.
fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(err, "noctop: {}", clean(line));
    }
}

/// Reads a span such as `50s`, `1h30m` or `30d`.
fn duration(text: &str) -> Result<Duration, String> {
    crate::clock::span(text)
        .ok_or_else(|| format!("`{text}` is not a span of time such as 30s, 1h30m or 30d"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        assert_eq!(duration("50s"), Ok(Duration::from_secs(50)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert!(duration("soon").is_err());
        assert!(duration("-5s").is_err());
    }

    #[test]
    fn headless_commands_take_the_fleet_but_not_the_looks_of_the_console() {
        let ls = |flag: &str| Cli::try_parse_from(["noctop", "ls", "alarms", flag, "x"]).is_ok();
        assert!(ls("--profile") && ls("--region") && ls("--config") && ls("--demo"));
        assert!(!ls("--theme") && !ls("--command"));
        let console = Cli::try_parse_from(["noctop", "-p", "a,b", "--theme", "dark"]).unwrap();
        let flags = console.flags.into_flags();
        assert_eq!(flags.profiles, ["a", "b"]);
        assert_eq!(flags.theme.as_deref(), Some("dark"));
    }

    #[test]
    fn the_demo_needs_no_scenario_and_takes_one() {
        let demo = |args: &[&str]| Cli::try_parse_from(args).map(|cli| cli.demo.scenario);
        assert_eq!(demo(&["noctop"]).unwrap(), None);
        assert_eq!(
            demo(&["noctop", "--demo"]).unwrap().as_deref(),
            Some(DEFAULT)
        );
        assert_eq!(
            demo(&["noctop", "--demo", "alarm-storm"])
                .unwrap()
                .as_deref(),
            Some("alarm-storm")
        );
    }
}
