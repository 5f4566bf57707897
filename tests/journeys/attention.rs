//! What calls an operator who looks elsewhere, and what does not.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use noctop::domain::Severity;
use noctop::ledger::{FileBook, Ledger};
use noctop::model::attention::{Calls, Quiet};

use tempfile::TempDir;

use super::shift::Shift;

fn calls() -> Calls {
    Calls {
        bell: Some(Severity::High),
        desktop: Some(Severity::Critical),
        repeat: Some(Duration::from_secs(300)),
        ..Calls::default()
    }
}

/// Lets an alarm clear and fire again, as the sources see it.
fn fire(shift: &mut Shift, name: &str) {
    shift.set_alarm(name, StateValue::Ok);
    shift.press("2 ctrl-r");
    shift.until("the alarm to clear", |shift| !shift.is_open(name));
    shift.set_alarm(name, StateValue::Alarm);
    shift.pass(Duration::from_secs(2));
    shift.press("ctrl-r");
    shift.until("the alarm to fire", |shift| shift.is_open(name));
    shift.pass(Duration::from_secs(2));
}

#[test]
fn what_is_new_and_what_is_gone_is_listed_and_leads_to_the_rows() {
    let mut shift = Shift::begin_loaded();
    shift.press(",").shows("Nothing is new, worse or gone");
    shift.press(".");
    fire(&mut shift, "checkout-errors");
    shift
        .press(",")
        .shows("* 1 new, open now")
        .shows("checkout-errors")
        .press("enter");
    assert_eq!(shift.model.pane().spec.name, "queue");
    assert_eq!(shift.rows(), 1);
    // What has gone since leads to its pane, where it stands calm.
    shift
        .press(", j")
        .shows("▌  ✓")
        .press("enter")
        .shows("checkout-errors");
    assert_eq!(shift.model.pane().spec.name, "alarms");
    // And who comes after is told what is new since they were here last.
    shift.press("0 . esc").press(",").shows("Nothing is new");
}

#[test]
fn the_bell_rings_for_what_comes_and_again_until_somebody_has_it() {
    let home = TempDir::new().unwrap();
    let book = FileBook::open(&home.path().join("ledger.db")).unwrap();
    let mut shift = Shift::begin();
    shift.model.attention.calls = calls();
    shift.keep(Ledger::local(Arc::new(book)));
    shift.until_loaded();
    shift.pass(Duration::from_secs(2));
    assert!(
        shift.calls.is_empty(),
        "what was there before calls nobody: {:?}",
        shift.calls
    );
    fire(&mut shift, "checkout-errors");
    let rung = shift.calls.len();
    assert_eq!(rung, 1, "{:?}", shift.calls);
    assert!(
        shift.calls[0].bell && shift.calls[0].desktop.is_none(),
        "high is not critical"
    );
    // Nobody takes it: it calls again, at the pace that was asked for.
    shift.pass(Duration::from_secs(120));
    assert_eq!(shift.calls.len(), rung);
    shift.pass(Duration::from_secs(200));
    assert_eq!(shift.calls.len(), rung + 1);
    // Somebody takes it: silence.
    shift.press("2").filter("checkout-errors");
    shift.press("a").until("the acknowledgement", |shift| {
        shift.screen().contains("ACK")
    });
    shift.pass(Duration::from_secs(600));
    assert_eq!(shift.calls.len(), rung + 1, "{:?}", shift.calls);
    // It is given back: it calls at once.
    shift.press("u").until("nobody to have it", |shift| {
        shift.pass(Duration::from_secs(2));
        shift.screen().contains("NEW")
    });
    shift.pass(Duration::from_secs(2));
    assert_eq!(shift.calls.len(), rung + 2, "{:?}", shift.calls);
}

#[test]
fn in_quiet_hours_only_what_is_critical_calls() {
    let mut shift = Shift::begin_loaded();
    shift.model.attention.calls = Calls {
        quiet: Some(Quiet {
            zone: jiff::tz::TimeZone::UTC,
            from: jiff::civil::time(5, 0, 0, 0),
            to: jiff::civil::time(8, 0, 0, 0),
        }),
        ..calls()
    };
    fire(&mut shift, "checkout-errors");
    assert!(shift.calls.is_empty(), "{:?}", shift.calls);
    // They end, and it is still there.
    shift.pass(Duration::from_secs(2 * 3600));
    assert_eq!(shift.calls.len(), 1, "{:?}", shift.calls);
}
