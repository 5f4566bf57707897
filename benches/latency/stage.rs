//! What is measured: the simulator in a process of its own, the console that looks at it, and what both use.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::Trouble;

/// The program that is measured: the one that `NOCTOP_MEASURED` names, such as a shipping build, or the one that this
/// bench was built with.
pub fn program() -> PathBuf {
    let built = env!("CARGO_BIN_EXE_noctop");
    std::env::var_os("NOCTOP_MEASURED").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

/// A hundred thousand alarms in 800 scopes, and a little of everything else.
pub const CROWD: &str = r#"
title = "A hundred thousand alarms"
seed = 61
regions = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2"]
[fleet]
accounts = 200
[[role]]
name = "*"
[alarms]
per_cell = 125
firing = 0.05
no_data = 0.03
flapping = 0.0
living = 0.0
composites = 0
[guardduty]
findings = 1
[securityhub]
findings = 2
[opsitems]
per_day = 0.1
past = "7d"
[windows]
per_cell = 1
[patches]
per_cell = 1
[backup]
per_cell = 1
"#;

/// A simulator in a process of its own; ends with the bench.
pub struct Simulator {
    process: Child,
    pub endpoint: String,
    _scenario: TempDir,
}

impl Simulator {
    /// Plays a scenario: the name of a built-in one, or the text of another.
    pub fn start(scenario: &str, options: &[&str]) -> Result<Self, Trouble> {
        let dir = tempfile::tempdir()?;
        let name = if scenario.contains('\n') {
            let path = dir.path().join("bench.toml");
            fs::write(&path, scenario)?;
            path
        } else {
            PathBuf::from(scenario)
        };
        let mut process = Command::new(program())
            .args(["sim", "--print-env"])
            .args(options)
            .arg("--scenario")
            .arg(name)
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let endpoint = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("AWS_ENDPOINT_URL="))
            .ok_or_else(|| format!("the simulator said {line:?}"))?
            .to_owned();
        Ok(Self {
            process,
            endpoint,
            _scenario: dir,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A home without any configuration but this.
pub struct Home(TempDir);

impl Home {
    /// A home whose configuration leads to that simulator, with these lines added.
    pub fn facing(sim: &Simulator, more: &str) -> Result<Self, Trouble> {
        let home = Self(tempfile::tempdir()?);
        let config = format!(
            "regions = [\"eu-west-1\", \"eu-central-1\", \"us-east-1\", \"us-west-2\"]\n\
             [organization]\nrole_name = \"NoctopRead\"\npolicy = \"confirm\"\n\
             [network]\nendpoint_url = \"{}\"\n{more}\n",
            sim.endpoint
        );
        fs::write(home.config(), config)?;
        Ok(home)
    }

    /// A home with nothing in it.
    pub fn empty() -> Result<Self, Trouble> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("config.toml")
    }

    /// noctop in this home.
    pub fn noctop(&self, arguments: &[&str]) -> CommandBuilder {
        let mut command = CommandBuilder::new(program());
        command.args(arguments);
        if self.config().exists() {
            command.arg("--config");
            command.arg(self.config());
        }
        command.env("HOME", self.0.path());
        command.cwd(self.0.path());
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "demo"),
            ("AWS_SECRET_ACCESS_KEY", "demo"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("LANG", "C.UTF-8"),
        ] {
            command.env(name, value);
        }
        command
    }
}

/// The processor time that all threads of a process have used, in nanoseconds.
pub fn work(pid: u32) -> u64 {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return 0;
    };
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// A figure of `/proc/PID/status` in MiB.
pub fn memory(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1024.0
}

/// The machine's load: how many wanted to run in the last minute, and how many cores there are.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "load {} on {cores} cores",
        load.split(' ').next().unwrap_or("?")
    )
}
