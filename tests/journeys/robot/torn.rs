//! A slow line tears keys apart and a terminal without bracketed paste types what was pasted: neither may act.

use std::thread;
use std::time::Duration;

use super::super::harness::Answers;
use super::{Begin, Robot};

fn place(robot: &Robot) -> String {
    let picture = robot.picture();
    let line = picture.lines().find(|line| line.contains("─ Alarms"));
    line.unwrap_or_default().to_owned()
}

#[test]
fn an_arrow_torn_by_the_line_moves_the_cursor_and_opens_nothing() {
    let robot = Begin {
        answers: Answers::None,
        ..Begin::with_alarms(8)
    }
    .loaded();
    robot.types("2").sees("─ Alarms").types("jjj").sees(" 4/");
    for (row, gap) in [(" 3/", 50), (" 2/", 120), (" 1/", 20)] {
        robot.types("\x1b");
        // The gap is the subject: what the line delivers apart.
        thread::sleep(Duration::from_millis(gap));
        robot.types("[A").sees(row);
        let picture = robot.picture();
        assert!(picture.contains("─ Alarms"), "{picture}");
        // Neither an acknowledgement (`a`), nor going back (`[`), nor anything of `A`.
        assert!(
            !picture.contains("╭─") && !picture.contains("Nothing to"),
            "{picture}"
        );
    }
    assert!(place(&robot).contains(" 1/"));
    robot.quits();
}

#[test]
fn what_is_pasted_without_brackets_acts_on_nothing() {
    let robot = Begin::with_alarms(8).loaded();
    robot.types("2").sees("─ Alarms").types("j").sees(" 2/");
    let before = place(&robot);
    // A line of a runbook, in which every letter is a key, and an enter after it.
    robot.types("aws ssm start-automation --x y\rqy\r* a\r");
    robot.sees("Pasted text acts on nothing here");
    assert_eq!(place(&robot), before);
    assert!(!robot.picture().contains("╭─"), "{}", robot.picture());
    assert!(robot.sim.calls().changes().is_empty());
    // With brackets it is text as well, and where a line is typed it is put there.
    robot
        .types("/")
        .types("\x1b[200~sev:>=high\x1b[201~")
        .sees("sev:>=high");
    robot.escapes();
    robot.quits();
}
