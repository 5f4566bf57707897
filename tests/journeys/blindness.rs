//! Something cannot be read: the console says so everywhere, keeps what it knew and recovers alone.

use std::time::Duration;

use noctop::domain::{FeedState, Kind};
use noctop::sim::faults::{Fault, Kind as Faulty};

use super::shift::{PAYMENTS, REGION, Shift};

fn alarms(kind: Faulty) -> Fault {
    Fault::new(kind)
        .service("monitoring")
        .account(PAYMENTS)
        .region(REGION)
}

#[test]
fn a_blind_feed_is_loud_keeps_its_rows_and_recovers_alone() {
    let mut shift = Shift::begin_loaded();
    let (alarms_before, rows) = (shift.open(Kind::Alarm), shift.rows());
    shift.shows_no("≥").shows_no("STALE");
    let fault = shift.fault(alarms(Faulty::ServerError));
    // Both questions to CloudWatch there fail: all alarms, and the quick one for those in ALARM.
    shift.press("2 ctrl-r").until_feeds(FeedState::Blind, 2);
    shift
        .shows("2 blind")
        .shows("9 Feeds 2!")
        .shows("● ≥")
        .shows(&format!("Alarms ≥{alarms_before}"));
    // What other sources say is no less certain for it.
    shift.shows(&format!(
        "Incidents {}",
        shift.model.open.kind(Kind::Incident)
    ));
    // The rows are still there, with a mark; none is passed off as current.
    shift.resize(120, 60).press("1");
    assert_eq!(shift.rows(), rows);
    let [stale] = &shift.lines_with("alarm checkout-errors")[..] else {
        panic!("{}", shift.screen());
    };
    assert!(stale.contains("STALE"), "{stale}");
    let [calm] = &shift.lines_with("OpsItem Freeze")[..] else {
        panic!("{}", shift.screen());
    };
    assert!(!calm.contains("STALE"), "{calm}");
    // The Feeds pane has the sentence, and the details what to do.
    shift.press("9");
    assert_eq!(
        shift.lines_with("CloudWatch DescribeAlarms").len(),
        2,
        "{}",
        shift.screen()
    );
    shift
        .press("enter")
        .shows("what to do")
        .shows("payments-prod")
        .shows("eu-west-1");
    // It is over. Nobody presses anything; the next try is due within seconds.
    shift
        .press("esc 1")
        .lift(fault)
        .pass(Duration::from_secs(20));
    shift.until_feeds(FeedState::Blind, 0);
    shift.shows_no("≥").shows_no("STALE").shows_no(" blind");
    assert_eq!(
        (shift.open(Kind::Alarm), shift.rows()),
        (alarms_before, rows)
    );
}

#[test]
fn empty_panes_say_why() {
    // Blind: incidents of all accounts are denied.
    let denied = Fault::new(Faulty::Deny)
        .service("ssm")
        .operation("DescribeOpsItems");
    let cases = Fault::new(Faulty::Deny).service("support");
    let records = Fault::new(Faulty::Deny).service("incidentmanager");
    let mut shift = Shift::begin_with([denied, cases, records]).connected();
    shift.until_loaded().press("4");
    assert_eq!(shift.rows(), 0);
    shift
        .shows("Cannot tell: 15 of 17 feeds cannot be read")
        .shows_no("No open incidents");
    for (fault, ..) in shift.sim.faults().list() {
        shift.lift(fault);
    }
    shift.press("ctrl-r").until_feeds(FeedState::Blind, 0);
    // Filtered: there is one, and the pane says that it hides it.
    shift
        .shows("Freeze deployments")
        .filter("nothing-is-called-so");
    assert_eq!(shift.rows(), 0);
    shift
        .shows("Hidden by the filter: 3.")
        .shows_no("No open incidents");
    shift.press("/ ctrl-u enter").shows("Freeze deployments");
    // Really nothing: everything was read, in the accounts that are looked at.
    shift.press("P").type_in("web").press("enter");
    assert_eq!(shift.rows(), 0);
    shift
        .shows("No open incidents")
        .shows("that are shown")
        .press("0")
        .shows("Freeze deployments");
}

#[test]
fn a_service_that_is_off_is_not_blind() {
    let off = Fault::new(Faulty::Disabled).service("guardduty");
    let hub = Fault::new(Faulty::Disabled).service("securityhub");
    let mut shift = Shift::begin_with([off, hub]).connected();
    shift.until_loaded().press("3");
    assert_eq!(shift.rows(), 0);
    shift
        .shows("Off: 12 of 12 feeds")
        .shows_no("≥")
        .shows_no("blind");
    assert_eq!(shift.model.coverage.all.off, 12);
}
