//! The shift ends: what was taken for it comes back, and somebody else sits down at the same console.

use std::sync::Arc;
use std::time::Duration;

use noctop::audit::record::Whole;
use noctop::audit::{Journal, Session};
use noctop::clock::{ManualClock, Timestamp};
use noctop::ledger::{FileBook, Ledger};
use noctop::lifecycle::{Shift as Duty, Shifts, State};
use noctop::model::{Acting, Reach};
use tempfile::TempDir;

use super::shift::Shift;

/// Early from six, late from fourteen, night from twenty-two, on the clock of UTC; the story begins at six.
fn shifts() -> Shifts {
    let duty = |name: &str, hour| Duty {
        name: name.into(),
        start: jiff::civil::time(hour, 0, 0, 0),
        end: None,
        days: Vec::new(),
    };
    let duties = vec![duty("early", 6), duty("late", 14), duty("night", 22)];
    Shifts::new(jiff::tz::TimeZone::UTC, duties)
}

fn on_duty(home: &TempDir) -> (Shift, Arc<Journal>) {
    let mut shift = Shift::begin_loaded();
    let book = FileBook::open(&home.path().join("ledger.db")).unwrap();
    shift.model.acting = Acting::new("ana", "arn:aws:iam::111111111111:role/noc", "c1")
        .in_shifts(shifts(), shift.model.now);
    let clock = Arc::new(ManualClock::new(shift.model.now));
    let session = Session::of_this_process("ana", None, &|_| None);
    let journal = Arc::new(Journal::open(
        Some(&home.path().join("journal.db")),
        session,
        clock,
    ));
    shift
        .answer_to(Arc::clone(&journal))
        .keep(Ledger::local(Arc::new(book)));
    shift.until("the ledger to answer", |shift| {
        shift.model.acting.reach == Reach::Local
    });
    shift.filter("kind:alarm").press("g g");
    (shift, journal)
}

fn answered(shift: &mut Shift) {
    shift.until("the ledger's answer", |shift| {
        shift.model.acting.waiting == 0
    });
}

fn states(shift: &Shift) -> Vec<State> {
    let alarms = shift.model.store.rows().filter(|(_, row)| row.is_open());
    alarms.map(|(_, row)| row.state()).collect()
}

#[test]
fn what_was_taken_until_the_end_of_the_shift_comes_back_with_it() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = on_duty(&home);
    shift.pass(Duration::from_secs(3_600));
    shift.press("e").type_in("shift").press("enter");
    answered(&mut shift);
    let end = Timestamp::parse("2026-11-21T14:00:00Z").unwrap();
    let held = |shift: &Shift| {
        let entries = shift.model.store.entries();
        entries
            .filter_map(|entry| entry.held().map(|ack| ack.end.until()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        held(&shift),
        [end],
        "not eight hours, but when the late shift begins"
    );
    shift.shows_no("ends in");
    shift.pass(Duration::from_secs(6 * 3_600 + 35 * 60));
    shift.shows("early ends in 25m");
    assert!(states(&shift).contains(&State::Acknowledged));
    shift.pass(Duration::from_secs(25 * 60));
    shift.shows_no("ends in");
    assert!(!states(&shift).contains(&State::Acknowledged));
    // From here on the end of the shift is another one.
    assert_eq!(&*shift.model.acting.shift.as_ref().unwrap().name, "late");
    shift.press("e").type_in("shift").press("enter");
    answered(&mut shift);
    assert_eq!(
        held(&shift),
        [Timestamp::parse("2026-11-21T22:00:00Z").unwrap()]
    );
}

#[test]
fn another_operator_sits_down_and_the_console_stays() {
    let home = TempDir::new().unwrap();
    let (mut shift, journal) = on_duty(&home);
    shift.shows(" ana ").press("a");
    answered(&mut shift);
    shift.press("space").shows("1 marked");
    shift
        .press(":")
        .type_in("operator ben")
        .shows("Hand this console over")
        .press("enter");
    shift
        .shows("ana handed over to ben")
        .shows(" ben ")
        .shows_no("1 marked");
    assert_eq!(
        &*journal.operator(),
        "ben",
        "and so are the roles that are assumed for changes"
    );
    // What ana did is not ben's to take back; what he does is.
    shift.press("U").shows("nothing to take back");
    shift.press("g g").filter("owner:mine");
    assert_eq!(shift.rows(), 0);
    shift.filter("kind:alarm state:new").press("g g a");
    answered(&mut shift);
    shift.shows("U takes it back").filter("owner:mine");
    assert_eq!(shift.rows(), 1);
    shift.filter("owner:ana");
    assert_eq!(shift.rows(), 1);
}

#[test]
fn what_is_on_its_way_is_answered_before_somebody_else_sits_down() {
    let home = TempDir::new().unwrap();
    let (mut shift, journal) = on_duty(&home);
    shift
        .rush("a")
        .press(":")
        .type_in("operator ben")
        .press("enter");
    shift.shows("1 act of ana's is not answered yet");
    assert_eq!(&*journal.operator(), "ana");
    answered(&mut shift);
    shift.press(":").type_in("operator ben").press("enter");
    assert_eq!(&*journal.operator(), "ben");
}

#[test]
fn nobody_takes_over_from_themselves_or_without_a_name() {
    let home = TempDir::new().unwrap();
    let (mut shift, journal) = on_duty(&home);
    shift
        .press(":")
        .type_in("operator")
        .press("enter")
        .shows(": operator");
    shift
        .type_in("ana")
        .press("enter")
        .shows("You are ana already");
    shift
        .press(":")
        .type_in(&format!("operator {}", "x".repeat(65)))
        .press("enter");
    shift.shows("at most 64 characters");
    assert_eq!(&*journal.operator(), "ana");
}

#[test]
fn what_is_new_is_new_to_the_one_who_sits_down() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = on_duty(&home);
    let before = shift.model.store.since_look().at;
    shift.pass(Duration::from_secs(60));
    shift.press(":").type_in("operator ben").press("enter");
    let look = shift.model.store.since_look();
    assert!(look.at > before && (look.new, look.worse, look.gone) == (0, 0, 0));
}

#[test]
fn the_journal_answers_later_who_did_what_and_what_was_refused() {
    let home = TempDir::new().unwrap();
    let (mut ana, journal) = on_duty(&home);
    let (mut ben, bens) = on_duty(&home);
    ben.model.acting = Acting::new("ben", "arn:aws:iam::111111111111:role/noc", "c2");
    // Both press before either has seen the other.
    ana.press("* e")
        .press("tab")
        .type_in("known, password=hunter2")
        .press("enter");
    answered(&mut ana);
    // Two programs write into one journal: each waits for the other, so that the order is the story's.
    assert!(journal.settle(Duration::from_secs(60)));
    ben.press("a");
    answered(&mut ben);
    assert!(bens.settle(Duration::from_secs(60)));
    ana.press(":").type_in("operator cleo").press("enter");
    ana.press("c").type_in("called the owner").press("enter");
    answered(&mut ana);
    assert!(journal.settle(Duration::from_secs(60)));
    let whole = Whole::read(&home.path().join("journal.db")).unwrap();
    assert_eq!(whole.flaws(), []);
    let acts = whole.acts();
    let lines: Vec<_> = acts
        .iter()
        .map(|act| {
            let began = &act.began;
            let (operator, verb) = (began.text("operator"), began.text("verb"));
            format!(
                "{operator} {verb} {} {}",
                began.targets().len(),
                act.result()
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "ana acknowledge 2 ok",
            "ben acknowledge 1 refused",
            "cleo operator.change 0 ok",
            "cleo comment 1 ok",
        ]
    );
    assert_eq!(
        acts[0].began.body["parameters"]["note"],
        "known, password=[redacted]"
    );
    let refused = acts[1].began.targets()[0]["said"].as_str().unwrap();
    assert!(refused.starts_with("ana was first"), "{refused}");
    assert_eq!(acts[2].began.body["parameters"]["from"], "ana");
    // Nothing of it is an intent that somebody would have to look into.
    drop(ana);
    assert_eq!(journal.unfinished().unwrap(), []);
}
