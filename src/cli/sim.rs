//! `noctop sim`: the simulator as a server of its own, for boto3, the AWS CLI and tests.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;

use crate::sim::{Options, Simulator};

/// The options of `noctop sim`.
#[derive(Debug, Args)]
pub struct Sim {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// A built-in scenario or the path of a scenario file.
    #[arg(long, default_value = crate::sim::scenario::DEFAULT)]
    scenario: String,
    /// Replaces the scenario's seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Replaces the scenario's number of generated accounts.
    #[arg(long, value_name = "N")]
    accounts: Option<usize>,
    /// Replaces the scenario's regions.
    #[arg(long, value_delimiter = ',', value_name = "REGION,…")]
    regions: Vec<String>,
    /// How fast the world's time passes; 0 freezes it.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    speed: f64,
    /// Replaces how many alarms change their state per second, for measurements.
    #[arg(long, value_name = "RATE")]
    updates_per_second: Option<f64>,
    /// Throttle calls that come faster than AWS allows.
    #[arg(long)]
    rate_limits: bool,
    /// Print shell lines that point AWS tools at the simulator.
    #[arg(long)]
    print_env: bool,
}

impl Sim {
    /// Serves until SIGINT or SIGTERM.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let print_env = self.print_env;
        let options = Options {
            scenario: self.scenario,
            seed: self.seed,
            listen: self.listen,
            speed: self.speed,
            accounts: self.accounts,
            regions: self.regions,
            updates_per_second: self.updates_per_second,
            rate_limits: self.rate_limits,
            ..Options::default()
        };
        match Simulator::start(options).and_then(|sim| serve(sim, print_env)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                let _ = writeln!(std::io::stderr(), "noctop sim: {why}");
                ExitCode::from(2)
            }
        }
    }
}

fn serve(sim: Simulator, print_env: bool) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("cannot wait for signals: {e}"))?;
    let endpoint = sim.endpoint();
    let region = sim
        .world()
        .scenario()
        .regions
        .first()
        .map_or("us-east-1", |r| r)
        .to_owned();
    let env = format!(
        "export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_REGION={region}"
    );
    runtime
        .block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            let mut out = std::io::stdout();
            if print_env {
                writeln!(out, "{env}")?;
            } else {
                writeln!(
                    out,
                    "noctop sim plays {} on {endpoint}  ({env})",
                    sim.world().scenario().title
                )?;
            }
            out.flush()?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted,
                _ = terminate.recv() => Ok(()),
            }
        })
        .map_err(|e| format!("stopped: {e}"))?;
    sim.stop();
    Ok(())
}
