//! The cursor is on an item, not on a line: nothing that arrives makes a key mean its neighbour.

use aws_sdk_cloudwatch::types::StateValue;
use noctop::domain::Kind;

use super::shift::Shift;

#[test]
fn a_row_that_vanishes_under_the_cursor_costs_one_key_and_names_both() {
    let mut shift = Shift::begin_loaded();
    shift.filter("kind:alarm");
    assert_eq!(shift.rows(), 2);
    shift.press("g g");
    let (gone, stays) = match &*shift.under_cursor() {
        "queue-age" => ("queue-age", "checkout-errors"),
        _ => ("checkout-errors", "queue-age"),
    };
    shift.press("y");
    assert_eq!(shift.copied, [gone]);
    shift.set_alarm(gone, StateValue::Ok).press("ctrl-r");
    shift.until("the alarm to leave the list", |shift| shift.rows() == 1);
    assert_eq!(shift.under_cursor(), stays);
    shift
        .press("y")
        .shows(&format!("{gone} left this place"))
        .shows(&format!("now on alarm {stays}"));
    assert_eq!(
        shift.copied,
        [gone],
        "nothing was copied from the neighbour"
    );
    shift.press("y");
    assert_eq!(shift.copied, [gone, stays]);
}

#[test]
fn a_key_typed_right_behind_the_one_that_opens_a_pane_means_the_rows_of_that_pane() {
    let mut shift = Shift::begin_loaded();
    shift.rush("2 j").screen();
    assert!(shift.rows() > 2);
    assert_eq!(
        shift.model.pane().index,
        1,
        "nobody waits for a frame to go down"
    );
    let second = shift.under_cursor();
    shift.press("1").rush("2 g g j y");
    assert_eq!(shift.copied, [second]);
}

#[test]
fn the_cursor_stays_on_its_item_when_others_come() {
    let mut shift = Shift::begin_loaded();
    shift
        .set_alarm("queue-age", StateValue::Ok)
        .filter("kind:alarm")
        .press("ctrl-r");
    shift.until("one alarm to be left", |shift| shift.rows() == 1);
    assert_eq!(shift.under_cursor(), "checkout-errors");
    shift.press("k");
    shift
        .set_alarm("queue-age", StateValue::Alarm)
        .press("ctrl-r");
    shift.until("the other alarm", |shift| shift.rows() == 2);
    assert_eq!(shift.under_cursor(), "checkout-errors");
}

#[test]
fn frozen_rows_stay_while_the_header_goes_on() {
    let mut shift = Shift::begin_loaded();
    shift
        .press("2")
        .filter("checkout-errors")
        .press("p")
        .shows("FROZEN");
    let open = shift.open(Kind::Alarm);
    let before = shift.lines_with("checkout-errors");
    shift.set_alarm("queue-age", StateValue::Ok).press("ctrl-r");
    shift.until("the header to count one alarm less", |shift| {
        shift.open(Kind::Alarm) == open - 1
    });
    shift.shows(&format!("Alarms {}", open - 1));
    assert_eq!(shift.lines_with("checkout-errors").len(), before.len());
    // Frozen is the list, not the time: going on shows the present.
    shift.press("1");
    let frozen = shift.rows();
    shift.press("p").shows_no("FROZEN");
    assert_eq!(shift.rows(), frozen - 1);
}
