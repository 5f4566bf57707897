//! The real binary in a real (pseudo-)terminal.

use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use super::harness::{Answers, Console};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// The demo, in a home of its own.
fn demo(home: &TempDir) -> CommandBuilder {
    let mut command = CommandBuilder::new(NOCTOP);
    command.args(["--demo", "quiet-night"]);
    command.env("HOME", home.path());
    for inherited in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(inherited);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NOCTOP_") {
            command.env_remove(name);
        }
    }
    command
}

#[test]
fn the_demo_paints_moves_and_quits() {
    let home = TempDir::new().unwrap();
    let mut console = Console::start(demo(&home), 120, 40, Answers::Modern);
    // While the fleet loads, rows arrive above the cursor's: only a loaded list has a second row to count on.
    console.wait("a loaded fleet", |screen| {
        let text = screen.contents();
        text.contains("DEMO") && text.contains(" fresh") && !text.contains(" loading")
    });
    console.send("2");
    console.wait("alarms", |screen| {
        let text = screen.contents();
        text.contains("─ Alarms ") && text.contains(" 1/")
    });
    console.send("j");
    console.wait_text(" 2/");
    console.resize(80, 24);
    console.wait("the small screen", |screen| {
        screen.contents().contains(" 2/") && !screen.contents().contains("READ-ONLY")
    });
    console.send("q");
    console.wait_text("Quit noctop?");
    console.send("y");
    assert_eq!(console.exit_code(), 0);
    console.assert_restored();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let home = TempDir::new().unwrap();
    let mut console = Console::start(demo(&home), 80, 24, Answers::None);
    console.wait_text("DEMO");
    console.signal(Signal::TERM);
    assert_eq!(console.exit_code(), 143);
    console.assert_restored();
}

#[test]
fn a_terminal_that_can_do_nothing_is_refused() {
    let home = TempDir::new().unwrap();
    let mut dumb = demo(&home);
    dumb.env("TERM", "dumb");
    let mut console = Console::start(dumb, 200, 24, Answers::None);
    assert_eq!(console.exit_code(), 2);
    console.assert_restored();
    assert!(console.look(|screen| {
        let text = screen.contents();
        text.contains("TERM=dumb") && text.contains("noctop ls alarms")
    }));
}

#[test]
fn a_pipe_is_refused_with_the_name_of_what_can_be_piped() {
    let home = TempDir::new().unwrap();
    let output = Command::new(NOCTOP)
        .args(["--demo", "quiet-night"])
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("noctop ls alarms"), "{said}");
}
