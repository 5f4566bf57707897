//! The first minute: what can be seen while a fleet is read for the first time, and when its list cannot be read.

use noctop::domain::FeedState;
use noctop::sim::faults::{Fault, Kind};

use super::shift::Shift;

#[test]
fn the_first_read_shows_how_far_it_is() {
    let mut shift = Shift::begin_with([]);
    shift
        .shows("accounts unread")
        .shows("FEEDS none yet")
        .shows("The fleet is being read");
    shift.shows_no("Nothing asks for attention");
    let mut shift = shift.connected();
    shift.press("4").until_shown("Loading: ");
    shift.shows_no("No open incidents");
    // Numbers only grow, and what has come can be seen before everything has.
    let mut seen = Vec::new();
    shift.until("the end of the first read", |shift| {
        let coverage = shift.model.coverage.pane(3);
        let answered = coverage.feeds - coverage.loading;
        if coverage.loading > 0 && shift.model.pane().is_empty() {
            let sentence = format!("Loading: {answered} of {} feed", coverage.feeds);
            assert!(shift.screen().contains(&sentence), "{}", shift.screen());
        }
        seen.push(answered);
        coverage.feeds > 0 && coverage.loading == 0
    });
    assert!(seen.is_sorted() && seen.len() > 2, "{seen:?}");
    shift.shows("Freeze deployments");
}

#[test]
fn an_organization_that_may_not_be_listed_is_never_an_empty_fleet() {
    let denied = Fault::new(Kind::Deny).service("organizations");
    let mut shift = Shift::begin_with([denied]).connected();
    shift.until_feeds(FeedState::Blind, 1);
    shift
        .shows("accounts unread")
        .shows("1 blind")
        .shows("No account can be read");
    shift
        .shows_no("0 of 0")
        .shows_no("Nothing asks for attention")
        .shows_no("000000000000");
    shift
        .press("9")
        .shows("organizations")
        .shows("the fleet")
        .shows("ListAccounts");
    shift
        .press("enter")
        .shows("what to do")
        .shows("delegated administrator")
        .shows_no("000000000000");
    // Once it may be listed, asking again is enough.
    let (fault, ..) = shift.sim.faults().list()[0];
    shift.lift(fault).press("ctrl-r").until_loaded();
    shift.shows("3 accounts × 2 regions").shows_no("1 blind");
    shift.press("esc 1").filter("checkout-errors");
    shift.shows("alarm checkout-errors");
}
