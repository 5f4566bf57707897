//! What the details tell of each kind of item, asked of AWS when somebody looks.

use aws_sdk_cloudwatch::types::StateValue;

use super::super::hand;
use super::{Begin, Robot};

fn wide() -> Robot {
    Begin {
        size: (200, 60),
        ..Begin::default()
    }
    .loaded()
}

/// Opens the details of the one row that passes a filter in a pane.
fn opens(robot: &Robot, pane: &str, filter: &str) {
    robot.types(pane).types("/").types("\x15").types_in(filter);
    robot
        .types("\r")
        .sees(&format!(" {filter} "))
        .sees(" 1/")
        .types("\r");
}

#[test]
fn a_composite_alarm_shows_its_children_as_a_tree() {
    let robot = wide();
    let at = robot.sim.endpoint();
    robot
        .meanwhile(hand::put_composite(
            &at,
            "inner",
            "ALARM(checkout-errors) OR OK(queue-age)",
        ))
        .meanwhile(hand::put_composite(
            &at,
            "outer",
            "ALARM(\"inner\") AND ALARM(queue-age)",
        ));
    robot.types("\x12");
    opens(&robot, "2", "name:outer");
    robot
        .sees("├ ALARM inner · is ALARM")
        .sees("│ ├ ALARM checkout-errors · is ALARM")
        .sees("│ └ OK queue-age · is ALARM")
        .sees("└ ALARM queue-age · is ALARM");
    robot.quits();
}

#[test]
fn an_alarm_of_many_series_names_those_that_contribute() {
    let robot = wide();
    let at = robot.sim.endpoint();
    robot
        .meanwhile(hand::put_grouping(&at, "databases"))
        .meanwhile(hand::set_alarm(&at, "databases", StateValue::Alarm));
    robot.types("\x12");
    opens(&robot, "2", "name:databases");
    robot.sees("contributor").sees("dbinstanceidentifier-1");
    robot.quits();
}

#[test]
fn an_anomaly_is_drawn_with_the_band_of_what_is_expected() {
    let robot = wide();
    let at = robot.sim.endpoint();
    robot.meanwhile(async {
        let metric = hand::metric_of(&at, "queue-age").await;
        hand::put_anomaly(&at, "odd-queue", metric).await;
        hand::set_alarm(&at, "odd-queue", StateValue::Alarm).await;
    });
    robot.types("\x12");
    opens(&robot, "2", "name:odd-queue");
    robot.sees("expected (dotted)");
    robot.quits();
}

#[test]
fn an_ops_item_tells_its_events_and_a_backup_its_recovery_points_and_other_jobs() {
    let robot = wide();
    robot.types("4").sees("─ Incidents").sees(" 1/").types("\r");
    robot.sees(" event ").escapes();
    opens(&robot, "6", "name:ledger-primary");
    robot.sees(" recovery ").sees(" other job ").sees("/s");
    robot.quits();
}

#[test]
fn a_finding_tells_its_history_and_a_window_when_it_opens() {
    let robot = Begin {
        config: "[shifts]\nzone = \"Asia/Kolkata\"\n".to_owned(),
        size: (200, 60),
        ..Begin::default()
    }
    .loaded();
    opens(&robot, "3", "source:securityhub");
    robot.sees(" changed ").sees("created").escapes();
    opens(&robot, "5", "kind:window");
    robot.sees(" opens ").sees(" IST · in ");
    robot.quits();
}

#[test]
fn what_was_done_to_an_item_stands_in_its_details() {
    let robot = wide();
    opens(&robot, "2", "name:checkout-errors");
    robot
        .escapes()
        .types("a")
        .sees("ACK")
        .types("u")
        .sees("NEW");
    robot
        .types("\r")
        .sees("timeline")
        .sees("ana · acknowledge · ok")
        .sees("ana · un-acknowledge · ok");
    robot.quits();
}
