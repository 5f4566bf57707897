//! A new operator looks around: what each source knows stands in its pane, in the right words.

use noctop::domain::{Detail, Kind};
use noctop::model::Rows;

use super::shift::Shift;

#[test]
fn every_source_fills_its_pane() {
    let mut shift = Shift::begin_loaded();
    // Alarms in every state, with the fact and not the API's reason.
    shift
        .press("2")
        .shows("checkout-errors")
        .shows("payments-prod")
        .shows("> 5 · 3 of 3");
    shift.shows_no("Threshold Crossed");
    // Findings of both services, under the product's own name.
    shift.press("3");
    assert_eq!(shift.rows(), shift.open(Kind::Finding));
    shift.shows("GuardDuty ").shows("times");
    // Incidents, with their source.
    shift
        .press("4")
        .shows("Freeze deployments of pay")
        .shows("from on-call");
    // Windows: one runs, one should have run; and the instances they are there for.
    shift
        .press("5")
        .shows("window payments-db-upgr")
        .shows("runs until");
    shift
        .shows("window nightly-freeze")
        .shows("missed, due")
        .shows("missing · scan");
    // Backups: the failure with what it means.
    shift
        .press("6")
        .shows("backup ledger-primary")
        .shows("FAILED");
    // Feeds, and one service that was never enabled: off, not blind.
    shift.press("9").shows("not enabled").shows(" off ");
    assert_eq!(shift.model.coverage.all.blind, 0);
    // The Queue has what asks for attention of all of it, and nothing that is calm.
    shift
        .resize(120, 60)
        .press("1")
        .shows("alarm checkout-errors")
        .shows("OpsItem Freeze")
        .shows("backup ledger-primary");
    shift
        .shows("window nightly-freeze")
        .shows_no("payments-db-upgrade");
    let open: usize = Kind::ALL.iter().map(|kind| shift.open(*kind)).sum();
    assert_eq!(shift.rows(), open);
    // Nothing was withheld, so no total is a guess.
    shift.shows_no("≥");
}

#[test]
fn a_finding_that_two_services_know_is_one_row_with_two_claims() {
    let mut shift = Shift::begin_loaded();
    shift
        .press("3")
        .resize(200, 60)
        .filter("source:guardduty region:eu-west-1 acct:payments-prod");
    assert_eq!(shift.rows(), 2, "{}", shift.screen());
    for _ in 0..2 {
        shift.press("enter enter");
        let claims = shift.lines_with("guardduty all from payments-prod").len()
            + shift.lines_with("securityhub all from payments-prod").len();
        assert_eq!(claims, 2, "{}", shift.screen());
        shift.shows("seen by").press("esc esc j");
    }
}

#[test]
fn details_can_be_read_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut shift = Shift::begin_loaded();
        shift
            .resize(width, height)
            .press("2")
            .filter("checkout-errors")
            .press("enter");
        assert_eq!(shift.under_cursor(), "checkout-errors");
        shift.shows("Checkout Errors").shows("against > 5");
        shift.shows("2026-11-21T05:43:00Z (17m ago)");
        // On a small screen they have the list's place, and are read to the end with the keys that move.
        if (width, height) == (80, 24) {
            shift.press("G");
        } else if height < 60 {
            shift.press("enter");
        }
        shift
            .shows("seen by")
            .shows("cloudwatch all from payments-prod · fresh");
        shift
            .press("esc esc")
            .shows_no("seen by")
            .shows("checkout-errors");
    }
}

#[test]
fn the_raw_json_of_every_kind_is_a_fresh_read() {
    let mut shift = Shift::begin_loaded();
    for (pane, filter, member) in [
        ("2", "checkout-errors", "\"AlarmName\": \"checkout-errors\""),
        ("3", "source:guardduty", "\""),
        ("3", "source:securityhub", "\""),
        (
            "4",
            "Freeze",
            "\"Title\": \"Freeze deployments of payments-api\"",
        ),
        ("5", "kind:window", "\"Name\""),
        ("5", "kind:patch", "\"Instance"),
        ("6", "ledger-primary", "\"BackupJobId\""),
    ] {
        shift.press(pane).filter(filter);
        assert!(shift.rows() > 0, "{pane} {filter}\n{}", shift.screen());
        let before = shift.sim.calls().total().calls;
        shift.press("J").until("the JSON", |shift| {
            !shift.screen().contains("Reading this item afresh")
        });
        shift.shows("{").shows(member);
        assert!(
            shift.sim.calls().total().calls > before,
            "{filter} came from nowhere"
        );
        shift.press("esc").shows_no(member);
    }
}

#[test]
fn every_row_of_every_pane_has_its_words() {
    let mut shift = Shift::begin_loaded();
    for at in 0..noctop::panes::tabs().len() {
        shift.press(&(at + 1).to_string());
        let Rows::Items(rows) = &shift.model.pane().rows else {
            continue;
        };
        for id in rows.rows() {
            let item = shift.model.store.row(*id).unwrap().item();
            let fact = noctop::panes::fact::fact(item, shift.model.now);
            // An alarm that never had data has a name and no fact.
            let silent = matches!(&item.detail, Detail::Alarm(d) if d.value.is_none());
            assert!(silent || !fact.trim().is_empty(), "{item:?}");
            assert!(
                !noctop::panes::fact::what(item).contains("arn:"),
                "{item:?}"
            );
        }
    }
}
