//! The details of an alarm draw its metric and tell how its state turned.

use noctop::domain::Kind;
use noctop::sim::faults::{Fault, Kind as Faulty};

use super::shift::Shift;

#[test]
fn the_details_of_an_alarm_show_its_metric_with_threshold_and_how_it_turned() {
    let mut shift = Shift::begin_loaded();
    shift.resize(120, 50);
    shift.press("2").filter("checkout-errors");
    shift.press("enter enter");
    shift.until_shown("beyond the threshold");
    let chart = shift.screen();
    assert!(chart.contains("Errors Sum"), "{chart}");
    assert!(
        chart.contains('\u{254c}'),
        "the threshold has its line: {chart}"
    );
    let dots = chart
        .chars()
        .filter(|c| ('\u{2801}'..='\u{28ff}').contains(c))
        .count();
    assert!(dots > 20, "{chart}");
    shift.shows("turned").shows("OK to ALARM");
    // What is asked is asked of what is looked at alone.
    assert_eq!(shift.model.panes[1].spec.lists.kinds(), [Kind::Alarm]);
    shift.press("esc esc 3 enter");
    shift.shows_no("beyond the threshold");
}

#[test]
fn a_metric_that_may_not_be_read_is_unread_and_the_facts_stay() {
    let fault = Fault {
        operation: Some("GetMetricData".into()),
        ..Fault::new(Faulty::Deny)
    };
    let mut shift = Shift::begin_loaded();
    shift.fault(fault);
    shift.press("2").filter("checkout-errors");
    shift.press("enter enter").until_shown("unread: ");
    shift.shows("cloudwatch:GetMetricData").shows("threshold");
}
