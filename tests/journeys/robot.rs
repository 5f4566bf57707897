//! A robot at a real terminal: the real binary in a pseudo-terminal, a simulated fleet behind it, and nothing of the
//! inside in sight. It types bytes and reads pictures, as an operator does.

mod arrange;
mod attend;
mod chaos;
mod details;
mod find;
mod look;
mod marks;
mod torn;
mod wall;

use std::fs;
use std::future::Future;
use std::path::PathBuf;

use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};
use portable_pty::CommandBuilder;
use tempfile::TempDir;

use super::harness::{Answers, Console};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

const SMALL_FLEET: &str = include_str!("small-fleet.toml");

/// What stands in the small fleet's scenario and can be replaced.
const START: &str = "start = \"2026-11-21T06:00:00Z\"\n";
const ALARMS: &str = "[alarms]\nper_cell = 3\nfiring = 0.0\n";

/// A robot, the terminal it sits at, and the fleet behind it.
pub struct Robot {
    pub console: Console,
    pub sim: Simulator,
    home: TempDir,
}

/// How a robot begins.
pub struct Begin {
    pub scenario: String,
    pub size: (u16, u16),
    pub answers: Answers,
    /// Words of the command line.
    pub words: Vec<&'static str>,
    /// Lines of the configuration file.
    pub config: String,
    /// The environment, beside what every robot has.
    pub environment: Vec<(&'static str, &'static str)>,
}

impl Default for Begin {
    fn default() -> Self {
        Self {
            scenario: SMALL_FLEET.replace(START, ""),
            size: (120, 40),
            answers: Answers::Modern,
            words: Vec::new(),
            config: String::new(),
            environment: Vec::new(),
        }
    }
}

impl Begin {
    /// The small fleet with so many alarms in each of its six cells, nearly all of them firing.
    pub fn with_alarms(per_cell: usize) -> Self {
        let alarms = format!("[alarms]\nper_cell = {per_cell}\nfiring = 0.95\n");
        let scenario = SMALL_FLEET.replace(START, "");
        assert!(scenario.contains(ALARMS));
        Self {
            scenario: scenario.replace(ALARMS, &alarms),
            ..Self::default()
        }
    }

    /// Starts the simulator and the program, and does not wait for anything.
    pub fn start(self) -> Robot {
        let scenario = Scenario::parse("robot", &self.scenario).unwrap();
        let sim = Simulator::play(scenario, Options::default()).unwrap();
        let home = TempDir::new().unwrap();
        let file = home.path().join("config.toml");
        let config = format!(
            "regions = [\"eu-west-1\", \"us-east-1\"]\n\
             [organization]\nrole_name = \"NoctopRead\"\nact_role_name = \"NoctopAct\"\npolicy = \"confirm\"\n\
             [network]\nendpoint_url = \"{}\"\n{}\n",
            sim.endpoint(),
            self.config
        );
        fs::write(&file, config).unwrap();
        let mut command = CommandBuilder::new(NOCTOP);
        command.args(&self.words);
        command.arg("--config");
        command.arg(&file);
        command.cwd(home.path());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["AWS_", "NOCTOP_", "XDG_"]
                .iter()
                .any(|p| name.starts_with(p))
            {
                command.env_remove(name);
            }
        }
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "demo"),
            ("AWS_SECRET_ACCESS_KEY", "demo"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("LANG", "C.UTF-8"),
            ("USER", "ana"),
        ] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        let (columns, rows) = self.size;
        let console = Console::start_with(command, columns, rows, self.answers, &self.environment);
        Robot { console, sim, home }
    }

    /// Starts and waits until everything has been read once.
    pub fn loaded(self) -> Robot {
        let robot = self.start();
        robot.console.wait("a loaded fleet", |screen| {
            let text = screen.contents();
            // All but the one that is off; where there is little room the two numbers alone.
            (text.contains(" 108 fresh") || text.contains("FEEDS 108/109")) && text.contains(" 1/")
        });
        robot
    }
}

impl Robot {
    /// Lets something happen in AWS that is no doing of noctop.
    pub fn meanwhile(&self, what: impl Future<Output = ()>) -> &Self {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(what);
        self
    }

    /// Types this in one piece.
    pub fn types(&self, bytes: impl AsRef<[u8]>) -> &Self {
        self.console.send(bytes);
        self
    }

    /// Puts this text where something is typed.
    pub fn types_in(&self, text: &str) -> &Self {
        self.types(format!("\x1b[200~{text}\x1b[201~"))
    }

    /// Waits until this is somewhere in the picture.
    pub fn sees(&self, text: &str) -> &Self {
        self.console.wait_text(text);
        self
    }

    /// Waits until this is nowhere in the picture.
    pub fn sees_no(&self, text: &str) -> &Self {
        self.console
            .wait(&format!("the end of {text:?}"), |screen| {
                !screen.contents().contains(text)
            });
        self
    }

    /// A shot of the picture as it is now.
    pub fn picture(&self) -> String {
        self.console.look(vt100::Screen::contents)
    }

    /// Escape as kitty's protocol has it, which no other byte can be taken for.
    pub fn escapes(&self) -> &Self {
        self.types("\x1b[27u")
    }

    /// Steps out of everything and quits, as an operator does.
    pub fn quits(mut self) {
        for _ in 0..6 {
            self.escapes();
        }
        self.types("q").sees("Quit noctop?").types("y");
        assert_eq!(self.console.exit_code(), 0);
        self.console.assert_restored();
    }

    /// A file below the robot's home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}
