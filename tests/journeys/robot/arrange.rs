//! The map, the mouse, the details and the clipboard.

use super::super::harness::Answers;
use super::{Begin, Robot};

/// Where this text begins in the picture, counted from 1 as the mouse does.
fn find(robot: &Robot, text: &str) -> (usize, usize) {
    let picture = robot.picture();
    picture
        .lines()
        .enumerate()
        .find_map(|(row, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count() + 1, row + 1))
        })
        .unwrap_or_else(|| panic!("no {text:?} on\n{picture}"))
}

fn click(robot: &Robot, text: &str) {
    let (column, row) = find(robot, text);
    robot.types(format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m"));
}

#[test]
fn the_map_leads_down_to_a_place_and_back() {
    let robot = Begin::default().loaded();
    robot
        .types("go")
        .sees("Overview")
        .sees("eu-west-1")
        .sees("payments-prod");
    robot.types("\r").sees("─ Queue").sees("1/3 accounts");
    robot
        .types("0")
        .types("[")
        .sees("Overview")
        .escapes()
        .sees("─ Queue");
    robot.quits();
}

#[test]
fn the_mouse_chooses_tabs_rows_and_orders() {
    let robot = Begin::default().loaded();
    click(&robot, "2 Alarms");
    robot.sees("─ Alarms").sees(" 1/");
    click(&robot, "queue-age");
    robot.sees("▌");
    click(&robot, "queue-age");
    robot
        .sees("─ payments-prod eu-west-1 · alarm queue-age")
        .escapes()
        .sees(" marks ");
    robot.escapes().sees_no("─ payments-prod eu-west-1 · ");
    click(&robot, "name");
    robot.sees("name");
    robot.types("\x1b[<65;40;10M").types("\x1b[<64;40;10M");
    robot.quits();
}

#[test]
fn the_mouse_chooses_in_what_lies_over_the_panes_and_takes_hints() {
    let robot = Begin::default().loaded();
    click(&robot, "/ filter");
    robot.escapes();
    click(&robot, "severity, state, oldest");
    robot.sees("Sort by");
    robot.escapes().sees_no("Sort by");
    click(&robot, "? help");
    robot.sees("Keys and commands");
    click(&robot, "noctop");
    robot.sees_no("Keys and commands");
    click(&robot, "FEEDS");
    robot.sees("─ Feeds");
    robot.quits();
}

#[test]
fn the_details_of_an_alarm_draw_its_metric() {
    let robot = Begin {
        size: (160, 45),
        ..Begin::default()
    }
    .loaded();
    robot
        .types("2")
        .sees("─ Alarms")
        .types("/")
        .types_in("checkout-errors")
        .types("\r");
    robot
        .sees(" 1/1")
        .types("\r")
        // How many there are hangs on the second at which the minute is read.
        .sees(" datapoints beyond")
        .sees("turned");
    robot.quits();
}

#[test]
fn what_is_copied_reaches_the_clipboard_also_through_tmux_and_screen() {
    for (environment, sequence) in [
        (vec![], b"\x1b]52;c;".as_slice()),
        (vec![("TMUX", "/tmp/tmux,1,0")], b"\x1bPtmux;\x1b\x1b]52;c;"),
        (vec![("TERM", "screen-256color")], b"\x1bP\x1b]52;c;"),
    ] {
        let robot = Begin {
            environment,
            answers: Answers::None,
            ..Begin::default()
        }
        .loaded();
        robot.types("2").sees("─ Alarms").types("Y");
        robot.console.wait_bytes("the copy", sequence);
    }
}

#[test]
fn a_storm_of_sizes_ends_with_the_last_and_nothing_is_ever_cleared() {
    let robot = Begin::with_alarms(20).loaded();
    for n in 0..80 {
        robot.console.resize(20 + n * 3, 4 + n / 2);
    }
    robot.console.resize(132, 43);
    robot.console.wait("the last size", |screen| {
        screen
            .rows(0, 132)
            .last()
            .is_some_and(|line| line.contains("? help"))
    });
    assert_eq!(robot.console.count(b"\x1b[2J"), 0);
    assert!(
        robot.console.count(b"\x1b[?2026h") > 0,
        "the terminal answered for synchronized output"
    );
    robot.quits();
}

#[test]
fn the_heading_of_the_details_is_a_link_to_the_page_in_the_right_account() {
    let robot = Begin {
        size: (160, 45),
        config: "[portal]\nurl = \"https://acme.awsapps.com/start\"\nrole = \"ReadOnlyAccess\"\n"
            .to_owned(),
        ..Begin::default()
    }
    .loaded();
    robot.types("2").sees("queue-age");
    assert_eq!(robot.console.count(b"\x1b]8;;http"), 0);
    robot
        .types("\r")
        .sees("─ payments-prod eu-west-1 · alarm queue-age");
    robot.console.wait_bytes(
        "a link through the portal",
        b"\x1b]8;;https://acme.awsapps.com/start/#/console?account_id=222222222222&role_name=ReadOnlyAccess&destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fcloudwatch",
    );
    robot.quits();
}
