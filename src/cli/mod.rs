//! The command line: parse, start, exit code. One file per headless subcommand.

mod config;
mod flags;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes, checks and explains the configuration.
    Config(config::Config),
    /// Plays a fleet of AWS accounts on loopback, for tests and demonstrations.
    Sim(sim::Sim),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Config(config) => config.run(),
        Command::Sim(sim) => sim.run(),
    }
}
