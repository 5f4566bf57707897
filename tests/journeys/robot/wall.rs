//! A screen on the wall that nobody touches.

use super::super::harness::Answers;
use super::Begin;

#[test]
fn the_wall_shows_the_fleet_locks_its_keys_and_leaves_by_one_chord() {
    let mut robot = Begin {
        words: vec!["wall"],
        size: (200, 60),
        ..Begin::default()
    }
    .start();
    robot
        .sees("payments-prod")
        .sees("CRITICAL")
        .sees("WINDOWS")
        .sees("BACKUPS");
    robot.types("q").sees("keys are locked here; ctrl-x leaves");
    robot.console.resize(80, 24);
    robot.console.wait("the small wall", |screen| {
        screen.contents().contains("payments-prod")
    });
    robot.console.resize(400, 100);
    robot.console.wait("the large wall", |screen| {
        screen.contents().contains("WINDOWS")
    });
    robot.types("\x18");
    assert_eq!(robot.console.exit_code(), 0);
    robot.console.assert_restored();
}

#[test]
fn a_wall_without_colours_and_without_answers_shows_the_same() {
    let robot = Begin {
        words: vec!["wall", "--ascii"],
        answers: Answers::None,
        environment: vec![("NO_COLOR", "1")],
        size: (160, 45),
        ..Begin::default()
    }
    .start();
    robot.sees("CRITICAL").sees("payments-prod").sees("BACKUPS");
    let picture = robot.picture();
    assert!(picture.is_ascii(), "{picture}");
    let sgr = |code: &str| robot.console.count(format!("\x1b[{code}m").as_bytes());
    assert_eq!(sgr("31") + sgr("32") + sgr("33") + sgr("91"), 0, "colours");
}
