//! Is it us or is it AWS: from an alarm to what AWS reports, from a case to a reply.

use std::time::Duration;

use noctop::domain::{Kind, Policy};
use noctop::sim::faults::{Fault, Kind as Goes};
use tempfile::TempDir;

use super::changes::{acts, changed, choose, confirm, looked, on_duty};
use super::shift::{PAYMENTS, Shift};

#[test]
fn an_alarm_leads_to_the_event_that_explains_it_and_back() {
    let mut shift = Shift::begin_loaded();
    // Of two alarms the one that watches what AWS has trouble with says so in the list.
    shift.press("2").filter("queue-age").shows(" AWS ");
    shift
        .press("/ ctrl-u enter")
        .filter("checkout-errors")
        .shows_no(" AWS ");
    shift
        .press("/ ctrl-u enter")
        .filter("aws")
        .shows("queue-age")
        .press("enter")
        .shows("AWS reports")
        .shows("SQS operational issue here since 05:10Z");
    // And what belongs to it leads to the event, which says what AWS writes and what it is about.
    shift
        .press("esc g r")
        .type_in("what AWS reports")
        .press("enter")
        .shows("AWS SQS operational issue");
    assert_eq!(shift.rows(), 1);
    shift.press("enter");
    shift.until("what AWS writes", |shift| {
        shift
            .screen()
            .contains("We are investigating increased message")
    });
    shift
        .shows("everybody in the region")
        .shows("1 alarm open now")
        .shows("payouts · impaired");
    // Whoever looks at one account or region sees what concerns everybody all the same.
    shift.press("esc 0 1 P").type_in("web-prod").press("enter");
    assert_eq!(shift.open(Kind::Health), 1);
    shift.filter("kind:health").shows("SQS operational issue");
}

#[test]
fn when_the_trouble_is_over_the_alarm_is_ours_again() {
    let mut shift = Shift::begin_loaded();
    shift.press("2").filter("aws");
    assert_eq!(shift.rows(), 1);
    // Nobody can tell while it cannot be read: what was known stays.
    let blind = shift.fault(Fault::new(Goes::Deny).service("health"));
    shift.pass(Duration::from_secs(130));
    shift.until("health to be blind", |shift| {
        shift.model.coverage.all.blind > 0
    });
    assert_eq!(shift.rows(), 1);
    shift.lift(blind);
    shift.pass(Duration::from_secs(3 * 3_600));
    shift.until("the end of it to be read", |shift| shift.rows() == 0);
    shift
        .press("/ ctrl-u enter")
        .filter("queue-age")
        .shows_no(" AWS ");
}

#[test]
fn a_case_is_read_answered_and_ended() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty(&home, Policy::Confirm, None);
    shift
        .press("4")
        .filter("payouts")
        .shows("[AMS] Payouts are late")
        .shows("waits for your answer · A")
        .press("enter");
    shift.until("what was written", |shift| {
        shift
            .screen()
            .contains("Which queue do the payouts go through?")
    });
    shift.press("esc");
    // An empty reply is none.
    choose(&mut shift, "reply to AWS");
    looked(&mut shift);
    shift
        .shows("people at AWS read it")
        .press("enter")
        .shows("write what AWS is to read");
    assert_eq!(changed(&shift), []);
    shift.type_in("Through payouts-eu; see OPS-7.");
    confirm(&mut shift);
    shift.shows("Written to AWS in");
    let changes = changed(&shift);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].operation, "AddCommunicationToCase");
    let truth = shift.sim.truth("support", PAYMENTS, "us-east-1").unwrap();
    let said = truth["communications"].as_array().unwrap();
    assert_eq!(said[0]["body"], "Through payouts-eu; see OPS-7.");
    assert_eq!(said.len(), 3);
    shift.until("the case to be read again", |shift| {
        shift.screen().contains("customer action completed")
    });
    choose(&mut shift, "resolve case");
    confirm(&mut shift);
    shift.until("the case to be gone", |shift| {
        shift.open(Kind::Incident) == 2
    });
    let verbs: Vec<_> = acts(&home)
        .iter()
        .map(|act| act.began.text("verb").to_owned())
        .collect();
    assert_eq!(verbs, ["case.reply", "case.resolve"]);
}

#[test]
fn an_account_without_a_support_plan_is_off_and_nothing_is_withheld() {
    let no_plan = |service: &str| Fault::new(Goes::PlanMissing).service(service);
    let mut shift = Shift::begin_with([no_plan("support"), no_plan("health")]).connected();
    shift.until_loaded().press("4").shows_no("≥");
    assert_eq!(shift.model.coverage.all.blind, 0);
    assert_eq!(shift.open(Kind::Incident), 2);
    shift
        .press("9")
        .filter("support")
        .press("enter")
        .shows("support plan")
        .shows(" off ");
}
