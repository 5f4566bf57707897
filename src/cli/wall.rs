//! `noctop wall`: the fleet on a screen that nobody touches.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::model;

use super::flags::FlagArgs;
use super::{Demo, console};

/// Shows the fleet on a screen that nobody touches: figures for five metres, the oldest item that nobody has, what is blind.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Wall {
    /// Takes turns between the state of the fleet and the list of the worst, each for this long.
    #[arg(long, value_name = "DURATION", value_parser = super::duration)]
    rotate: Option<Duration>,
    /// The frame turns red when no data has arrived for this long.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = super::duration)]
    stale: Duration,
    #[command(flatten)]
    demo: Demo,
    #[command(flatten)]
    flags: FlagArgs,
}

const AFTER: &str = "\
Keys are locked; ctrl-x leaves. The frame is amber while a feed cannot be read and red when the data is too old.

Examples:
  noctop wall
  noctop wall --rotate 20s --theme high-contrast
  noctop wall --demo region-outage";

impl Wall {
    /// Shows the wall until somebody ends it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let wall = model::Wall::new(self.stale, self.rotate);
        console::run(
            &self.flags.into_flags(),
            self.demo.scenario.as_deref(),
            Some(wall),
        )
    }
}
