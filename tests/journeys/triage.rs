//! Taking, giving back, hiding and handing over: what operators do about an item, and what colleagues see of it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use noctop::ledger::{FileBook, Ledger};
use noctop::lifecycle::State;
use noctop::model::{Acting, Reach, RowKey};
use tempfile::TempDir;

use super::shift::Shift;

/// A shift of this operator, with the ledger in this folder, the alarms filtered and the cursor on the first.
fn on_duty(operator: &str, home: &TempDir) -> Shift {
    let mut shift = Shift::begin_loaded();
    let book = FileBook::open(&home.path().join("ledger.db")).unwrap();
    shift.model.acting = Acting::new(operator, "arn:aws:iam::111111111111:role/noc", operator);
    shift.keep(Ledger::local(Arc::new(book)));
    shift.until("the ledger to answer", |shift| {
        shift.model.acting.reach == Reach::Local
    });
    shift.filter("kind:alarm");
    shift.press("g g");
    shift
}

fn state(shift: &Shift, name: &str) -> State {
    let found = shift
        .model
        .store
        .rows()
        .find(|(_, row)| &*row.item().name == name);
    found.expect(name).1.state()
}

/// Waits until the ledger has answered everything that was asked of it.
fn answered(shift: &mut Shift) {
    shift.until("the ledger's answer", |shift| {
        shift.model.acting.waiting == 0
    });
}

#[test]
fn one_key_takes_a_row_and_another_takes_that_back() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    let name = shift.under_cursor();
    shift.press("a");
    answered(&mut shift);
    shift
        .shows("Acknowledged")
        .shows("U takes it back")
        .shows("LOCAL");
    assert_eq!(state(&shift, &name), State::Acknowledged);
    shift.resize(160, 45).shows("ACK ana 4h00").resize(120, 40);
    shift.press("U");
    answered(&mut shift);
    shift.shows("Taken back: Acknowledged");
    assert_eq!(state(&shift, &name), State::New);
    shift.press("U").shows("nothing to take back");
}

#[test]
fn what_was_taken_is_still_taken_after_a_restart_until_it_ends() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    let name = shift.under_cursor();
    shift
        .press("e")
        .type_in("30m")
        .press("tab")
        .type_in("looking at it");
    shift.press("tab").type_in("OPS-7").press("enter");
    answered(&mut shift);
    drop(shift);
    let mut again = on_duty("ana", &home);
    assert_eq!(state(&again, &name), State::Acknowledged);
    again.filter("state:ack").press("enter");
    again.shows("looking at it").shows("OPS-7");
    again.pass(Duration::from_secs(30 * 60));
    again.screen();
    assert_eq!(state(&again, &name), State::New);
    again.press("esc").filter(&name).press("enter");
    again.shows("The acknowledgement's time is over.");
}

#[test]
fn marked_rows_go_through_a_dialog_that_counts_and_names_accounts() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    assert_eq!(shift.rows(), 2);
    shift.press("* a").shows("Acknowledge 2 items");
    assert_eq!(
        state(&shift, "queue-age"),
        State::New,
        "nothing happens before enter"
    );
    shift.press("enter");
    answered(&mut shift);
    for name in ["queue-age", "checkout-errors"] {
        assert_eq!(state(&shift, name), State::Acknowledged);
    }
    assert!(shift.model.pane().marked.is_empty());
    shift.shows("Acknowledged 2 items").press("U");
    answered(&mut shift);
    assert_eq!(state(&shift, "queue-age"), State::New);
}

#[test]
fn a_key_that_was_typed_before_the_dialog_was_seen_does_not_answer_it() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    shift.press("*").rush("a enter");
    shift.shows("Acknowledge 2 items");
    assert_eq!(shift.model.acting.waiting, 0);
}

#[test]
fn two_operators_one_winner_and_the_other_is_told() {
    let home = TempDir::new().unwrap();
    let mut ana = on_duty("ana", &home);
    let mut ben = on_duty("ben", &home);
    let name = ana.under_cursor();
    assert_eq!(ben.under_cursor(), name);
    // Both press before either has seen the other.
    ana.press("a");
    answered(&mut ana);
    ben.press("a");
    answered(&mut ben);
    ben.shows("ana was first");
    assert_eq!(
        state(&ben, &name),
        State::Acknowledged,
        "he sees it at once"
    );
    ben.press("a").shows("ana has it until");
    // He takes it over, knowingly; she sees it without a key.
    ben.press(": t a k e")
        .press("enter")
        .shows("Take over 1 item")
        .press("enter");
    answered(&mut ben);
    ana.until("ben's act", |ana| {
        ana.model.store.entries().any(|entry| {
            entry
                .held()
                .is_some_and(|ack| &*ack.owner.operator == "ben")
        })
    });
    ana.press("U");
    answered(&mut ana);
    ana.shows("ben changed it");
    assert_eq!(state(&ana, &name), State::Acknowledged);
}

#[test]
fn what_is_held_longest_stands_first_among_the_acks() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    let first = shift.under_cursor();
    shift.press("j");
    let second = shift.under_cursor();
    // The second is taken, and an hour later the first one is snoozed: severity has no say here.
    shift.press("a");
    answered(&mut shift);
    shift.pass(Duration::from_secs(3_600));
    shift.press("g g z").press("enter");
    answered(&mut shift);
    shift.press(": a c k s enter g g");
    assert_eq!((shift.rows(), shift.under_cursor()), (2, second));
    shift.press("j");
    assert_eq!(shift.under_cursor(), first);
}

#[test]
fn a_snoozed_row_comes_back_by_itself() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    let name = shift.under_cursor();
    shift
        .press("z")
        .shows("Snooze 1 item")
        .type_in("20m")
        .press("enter");
    answered(&mut shift);
    assert_eq!(state(&shift, &name), State::Snoozed);
    shift.pass(Duration::from_secs(20 * 60));
    shift.screen();
    assert_eq!(state(&shift, &name), State::New);
}

#[test]
fn a_remark_and_an_assignment_are_read_in_the_details() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    shift
        .press("c")
        .type_in("rebooted the broker")
        .press("enter");
    answered(&mut shift);
    shift.press("@").type_in("ben").press("enter");
    answered(&mut shift);
    shift.press("enter");
    shift.shows("rebooted the broker").shows("to ben by ana");
}

#[test]
fn a_row_that_cleared_is_not_taken() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty("ana", &home);
    shift.press("2").filter("queue-age").press("g g");
    shift.set_alarm("queue-age", StateValue::Ok).press("ctrl-r");
    shift.until("the alarm to clear", |shift| {
        state(shift, "queue-age") == State::Clear
    });
    shift.press("a").shows("there is nothing to take");
    assert_eq!(shift.model.acting.waiting, 0);
    assert!(matches!(shift.model.pane().cursor, Some(RowKey::Item(_))));
}

#[test]
fn without_a_ledger_nothing_is_written_and_the_row_says_so() {
    let mut shift = Shift::begin_loaded();
    shift.filter("kind:alarm").press("g g a");
    answered(&mut shift);
    shift.shows("the ledger is not open yet");
    let name = shift.under_cursor();
    assert_eq!(state(&shift, &name), State::New);
}
