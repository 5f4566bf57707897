//! The flags that say the same as the configuration file and win over it.

use std::path::PathBuf;

use clap::Args;

use crate::runtime::config::Flags;

/// Flags that say which fleet is meant and how it is reached.
#[derive(Clone, Debug, Default, Args)]
pub struct FleetArgs {
    /// Reads this configuration file instead of the user's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Watches the accounts of these AWS profiles and no others.
    #[arg(short, long, value_name = "PROFILE,…", value_delimiter = ',')]
    profile: Vec<String>,
    /// Watches these regions and no others.
    #[arg(short, long, value_name = "REGION,…", value_delimiter = ',')]
    region: Vec<String>,
    /// Sends every call here instead of to AWS.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl FleetArgs {
    /// The flags for [`crate::runtime::config::load`].
    #[must_use]
    pub fn into_flags(self) -> Flags {
        Flags {
            config: self.config,
            profiles: self.profile,
            regions: self.region,
            endpoint_url: self.endpoint_url,
            ..Flags::default()
        }
    }
}

/// Flags of what reads the whole configuration: the console, and the commands that judge and explain it.
#[derive(Clone, Debug, Default, Args)]
pub struct FlagArgs {
    #[command(flatten)]
    fleet: FleetArgs,
    /// Changes nothing, whatever an account allows. This is the default.
    #[arg(long, visible_alias = "read-only", conflicts_with = "write")]
    readonly: bool,
    /// Allows what the policy of each account allows.
    #[arg(long)]
    write: bool,
    /// Gives this command at the start, as if typed after `:`.
    #[arg(short, long, value_name = "COMMAND")]
    command: Option<String>,
    /// Paints with this theme.
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Listens to this keymap.
    #[arg(long, value_name = "NAME")]
    keymap: Option<String>,
    /// Draws only ASCII.
    #[arg(long)]
    ascii: bool,
    /// Paints without colours.
    #[arg(long, visible_alias = "no-colour")]
    no_color: bool,
    /// Draws sparingly, for slow lines.
    #[arg(long)]
    low_bandwidth: bool,
    /// Writes this much into the log file: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl FlagArgs {
    /// The flags for [`crate::runtime::config::load`].
    #[must_use]
    pub fn into_flags(self) -> Flags {
        let readonly = match (self.readonly, self.write) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        Flags {
            theme: self.theme,
            keymap: self.keymap,
            command: self.command,
            ascii: self.ascii,
            no_color: self.no_color,
            low_bandwidth: self.low_bandwidth,
            readonly,
            log_level: self.log_level,
            ..self.fleet.into_flags()
        }
    }
}
