//! Credentials end in the middle of the night and come back.

use std::time::Duration;

use noctop::domain::{Feed, FeedState, SourceId};
use noctop::sim::faults::{Fault, Kind};
use noctop::sources::backup;

use super::shift::{PAYMENTS, Shift};

#[test]
fn an_account_whose_credentials_end_goes_blind_alone_and_comes_back_without_a_restart() {
    let mut shift = Shift::begin_loaded();
    let rows = shift.rows();
    let fault = shift.fault(Fault::new(Kind::Expired).account(PAYMENTS));
    shift.press("9 G").filter("payments-prod");
    shift.pass(Duration::from_secs(3600));
    // Backup jobs and events of a member are in what the organization's administrator reads, if that came first.
    let is_covered = |feed: &Feed| feed.slice == backup::BACKUP || feed.source == SourceId::Health;
    shift.until("every feed of the account to be blind", |shift| {
        let model = &shift.model;
        let feeds = model.store.feeds(model.now);
        let mut of_account = feeds
            .iter()
            .filter(|f| f.feed.vantage.account.to_string() == PAYMENTS && !is_covered(&f.feed));
        of_account.all(|f| f.state == FeedState::Blind)
    });
    // The others go on.
    shift.until("the other accounts to be read again", |shift| {
        let model = &shift.model;
        let feeds = model.store.feeds(model.now);
        feeds
            .iter()
            .filter(|f| f.feed.vantage.account.to_string() != PAYMENTS)
            .all(|f| matches!(f.state, FeedState::Fresh | FeedState::Off))
    });
    shift
        .press("ctrl-u g g enter")
        .shows("expired")
        .shows("Log in again")
        .press("esc");
    shift
        .press("/ ctrl-u enter 1")
        .shows(" blind")
        .shows("≥")
        .shows("STALE");
    assert_eq!(shift.rows(), rows, "{}", shift.screen());
    // Somebody logs in. Within a minute the account is there again.
    shift.lift(fault).pass(Duration::from_secs(60));
    shift.until_feeds(FeedState::Blind, 0);
    shift.shows_no("≥").shows_no("STALE");
    assert_eq!(shift.rows(), rows);
}
