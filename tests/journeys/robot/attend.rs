//! What calls for attention, and what is remembered of it.

use aws_sdk_cloudwatch::types::StateValue;

use super::super::hand;
use super::{Begin, Robot};

fn set(robot: &Robot, name: &str, state: StateValue) {
    robot.meanwhile(hand::set_alarm(&robot.sim.endpoint(), name, state));
}

#[test]
fn what_comes_rings_notifies_and_is_marked_until_it_was_looked_at() {
    let robot = Begin {
        config: "[notify]\nbell = \"high\"\ndesktop = \"high\"\n".to_owned(),
        ..Begin::default()
    }
    .loaded();
    robot.types("2").sees("queue-age");
    assert_eq!(
        robot.console.count(b"\x1b]9;"),
        0,
        "what was there calls nobody"
    );
    set(&robot, "queue-age", StateValue::Ok);
    robot.types("\x12").sees("CLEAR");
    set(&robot, "queue-age", StateValue::Alarm);
    robot.types("\x12").sees_no("CLEAR");
    robot.console.wait_bytes("a notification", b"\x1b]9;");
    robot.console.wait_bytes("the bell", b"\x07");
    robot.quits();
}

#[test]
fn an_acknowledgement_goes_through_its_form_and_is_seen() {
    let robot = Begin::default().loaded();
    robot
        .types("2")
        .sees("─ Alarms")
        .types("/")
        .types_in("name:queue-age acct:payments-prod")
        .types("\r")
        .sees(" 1/1");
    robot.types("a").sees("ACK");
    robot.types("u").sees("NEW");
    assert!(
        robot.sim.calls().changes().is_empty(),
        "neither is anything to AWS"
    );
    robot.quits();
}

#[test]
fn frozen_rows_stand_still_while_the_header_goes_on() {
    let robot = Begin::default().loaded();
    robot.types("2").sees("queue-age").types("p").sees("FROZEN");
    set(&robot, "queue-age", StateValue::Ok);
    robot.types("\x12").sees("1 gone");
    assert!(robot.picture().contains("queue-age"));
    robot.types("p").sees_no("FROZEN");
    robot.quits();
}
