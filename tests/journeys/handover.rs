//! The shift ends and the next one has to know: what came, what is open and with whom, what was done, what nobody saw.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use noctop::audit::{Journal, Session};
use noctop::clock::{Clock, ManualClock};
use noctop::domain::{FeedState, Kind, SourceId};
use noctop::history::{History, KEEP};
use noctop::ledger::{FileBook, Ledger};
use noctop::lifecycle::{Shift as Duty, Shifts};
use noctop::model::{Acting, Reach};
use noctop::sim::faults::{Fault, Kind as Faulty};
use tempfile::TempDir;

use super::shift::{PAYMENTS, REGION, Shift};

/// A console with everything that a handover is made of, kept in this folder.
struct Desk {
    shift: Shift,
    history: History,
    journal: Arc<Journal>,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn set(home: &TempDir) -> Self {
        let mut shift = Shift::begin();
        let path = |name: &str| home.path().join(name);
        let clock = Arc::new(ManualClock::new(shift.model.now));
        let session = Session::of_this_process("ana", Some("the default"), &|_| None);
        let journal = Arc::new(Journal::open(
            Some(&path("journal.db")),
            session,
            clock.clone() as Arc<dyn Clock>,
        ));
        let history = History::open(&path("history.db"), "a", "jump", KEEP).unwrap();
        let duty = |name: &str, hour| Duty {
            name: name.into(),
            start: jiff::civil::time(hour, 0, 0, 0),
            end: None,
            days: Vec::new(),
        };
        let shifts = Shifts::new(
            jiff::tz::TimeZone::UTC,
            vec![duty("early", 6), duty("late", 14)],
        );
        shift.model.acting = Acting::new("ana", "", "c1").in_shifts(shifts, shift.model.now);
        let book = FileBook::open(&path("ledger.db")).unwrap();
        shift
            .answer_to(Arc::clone(&journal))
            .record(history.clone())
            .save_in(&path("handovers"))
            .keep(Ledger::local(Arc::new(book)));
        shift.until("the ledger to answer", |shift| {
            shift.model.acting.reach == Reach::Local
        });
        shift.until_loaded();
        Self {
            shift,
            history,
            journal,
            clock,
        }
    }

    /// So many minutes pass, one after the other, as they do.
    fn pass(&mut self, minutes: u64) {
        for _ in 0..minutes {
            self.clock.advance(Duration::from_secs(60));
            self.shift.pass(Duration::from_secs(60));
        }
    }

    fn answered(&mut self) {
        self.shift.until("the ledger's answer", |shift| {
            shift.model.acting.waiting == 0
        });
    }

    fn alarm(&mut self, name: &str, state: StateValue, open: usize) {
        self.shift.set_alarm(name, state).press("ctrl-r");
        self.shift.until("the alarm to change", |shift| {
            shift.open(Kind::Alarm) == open
        });
    }

    /// Asks for the handover, and waits until it stands there.
    fn hand_over(&mut self, said: &str) -> &mut Shift {
        self.pass(1);
        assert!(self.history.settle(Duration::from_secs(60)));
        assert!(self.journal.settle(Duration::from_secs(60)));
        self.shift.press(":").type_in(said).press("enter");
        self.shift.until_shown("Open, and nobody has it")
    }
}

#[test]
fn the_next_shift_reads_what_happened_and_what_is_theirs() {
    let home = TempDir::new().unwrap();
    let mut desk = Desk::set(&home);
    desk.pass(10);
    // One is taken until the late shift begins, one gets a remark; ben tries in vain to take what ana has.
    desk.shift.press("2").filter("queue-age").press("g g e");
    desk.shift
        .type_in("shift")
        .press("tab")
        .type_in("consumer restarted, [watch](http://it)")
        .press("tab")
        .type_in("OPS-7")
        .press("enter");
    desk.answered();
    desk.pass(20);
    desk.alarm("checkout-errors", StateValue::Ok, 1);
    desk.pass(60);
    desk.alarm("checkout-errors", StateValue::Alarm, 2);
    let broken = Fault::new(Faulty::ServerError)
        .service("monitoring")
        .operation("DescribeAlarms")
        .account(PAYMENTS)
        .region(REGION);
    let fault = desk.shift.fault(broken);
    // So much time passes at once that other feeds may be blind for a moment, too: their credentials have ended.
    desk.shift
        .press("ctrl-r")
        .until("the alarms to be out of sight", |shift| {
            let feeds = shift.model.store.feeds(shift.model.now);
            let mut of_alarms = feeds.iter().filter(|report| {
                let (feed, at) = (&report.feed, report.feed.vantage);
                feed.source == SourceId::Cloudwatch
                    && at.account.to_string() == PAYMENTS
                    && at.region.as_str() == REGION
            });
            of_alarms.all(|report| report.state == FeedState::Blind)
        });
    desk.pass(23);
    desk.shift.lift(fault);
    desk.shift.press("ctrl-r");
    desk.shift
        .until("sight", |shift| shift.model.coverage.all.blind == 0);
    desk.shift.press(":").type_in("operator ben").press("enter");

    desk.hand_over("handover");
    desk.shift.shows("Handover 2026-11-21").shows("early");
    desk.shift.press("y").shows("Copied as Markdown");
    desk.shift.press("Y").until_shown("Saved as");
    let markdown = desk.shift.copied.pop().unwrap();
    let saved: Vec<_> = std::fs::read_dir(home.path().join("handovers"))
        .unwrap()
        .collect();
    assert_eq!(saved.len(), 1);
    let path = saved[0].as_ref().unwrap().path();
    assert_eq!(std::fs::read_to_string(path).unwrap(), markdown);
    for line in [
        "# Handover 2026-11-21, 06:00Z to 07:54Z, `early`",
        "By `ben`, as of 2026-11-21T07:54:00Z.",
        "58 items open: 57 without an owner, 1 with one. Since 06:00Z: 1 came, 1 cleared.",
        "## Open, and somebody has it (1)",
        "- high `payments-prod` eu-west-1 `alarm queue-age`, for 2h41, `ana` until 14:00Z, \
         `consumer restarted, [watch](http://it)`, ticket `OPS-7`",
        "## Ends in the next shift (1)",
        "- opens Nov 22 04:50Z `payments-prod` eu-west-1 `window nightly-freeze`, until Nov 22 07:50Z",
        "- 07:30Z high `payments-prod` eu-west-1 `alarm checkout-errors`, open",
        "- 06:30Z high `payments-prod` eu-west-1 `alarm checkout-errors`, cleared 06:30Z after 47m",
        "Nothing got worse.",
        "- 06:10Z `ana` acknowledge in `payments-prod` eu-west-1 on `queue-age`: ok, \
         `until 2026-11-21T14:00:00Z`, note `consumer restarted, [watch](http://it)`, ticket `OPS-7`",
        "- 07:53Z `ben` took over from `ana`",
        "Nobody muted anything from this machine.",
        "- cloudwatch in `payments-prod`: eu-west-1 blind 23m",
        "A console of this machine was watching all the time.",
    ] {
        assert!(markdown.contains(line), "no {line:?} in\n{markdown}");
    }
    // It closes as everything does, and the rows are still there.
    desk.shift.press("esc").shows_no("Open, and nobody has it");
}

#[test]
fn what_is_not_kept_is_said_to_be_unread() {
    let mut shift = Shift::begin_loaded();
    shift.press(":").type_in("handover 8h").press("enter");
    shift.until_shown("Open, and nobody has it");
    shift
        .press("G")
        .shows("Not read: this console keeps no history.");
    shift
        .press("esc")
        .press(":")
        .type_in("handover soon")
        .press("enter");
    shift.shows("`soon` is no time");
    shift
        .press(":")
        .type_in("handover shift")
        .press("enter")
        .shows("No shifts are configured");
}

#[test]
fn a_page_is_read_on_a_jump_host_too() {
    let home = TempDir::new().unwrap();
    let mut desk = Desk::set(&home);
    desk.shift.resize(80, 24);
    desk.hand_over("handover 8h");
    desk.shift.shows("more lines: PgDn");
    desk.shift
        .press("G")
        .shows("Not watched")
        .shows_no("more lines");
    desk.shift
        .press("k k")
        .press("g g")
        .shows("Open, and nobody has it");
}
