//! Every verb on every kind of item that it applies to, as an operator would do it, one after the other.

use std::sync::Arc;

use noctop::command::change::{self, Fit};
use noctop::domain::{ItemKey, Kind, Policy};
use noctop::ledger::{FileBook, Ledger};
use noctop::lifecycle::State;
use noctop::model::{Acting, Overlay, Reach, RowKey};
use tempfile::TempDir;

use super::changes::{acts, on_duty};
use super::shift::Shift;

/// Leads the cursor to an item of this kind for which something holds; nothing where there is none.
fn go_to(
    shift: &mut Shift,
    kind: Kind,
    holds: impl Fn(&Shift, &ItemKey) -> bool,
) -> Option<ItemKey> {
    let pane = match kind {
        Kind::Alarm => "2",
        Kind::Finding => "3",
        Kind::Incident => "4",
        Kind::Window | Kind::Patch => "5",
        Kind::Backup => "6",
        Kind::Health | Kind::Compliance => "1",
        Kind::Mute => return None,
    };
    shift
        .press(pane)
        .filter(&format!("kind:{kind}"))
        .press("g g");
    for _ in 0..shift.rows() {
        if let Some(RowKey::Item(key)) = shift.model.pane().cursor.clone()
            && holds(shift, &key)
        {
            return Some(key);
        }
        shift.press("j");
    }
    None
}

fn state(shift: &Shift, key: &ItemKey) -> State {
    shift.model.row(key).unwrap().state()
}

#[test]
fn whatever_asks_for_attention_is_taken_remarked_given_hidden_and_let_go() {
    let home = TempDir::new().unwrap();
    let mut shift = Shift::begin_loaded();
    let book = FileBook::open(&home.path().join("ledger.db")).unwrap();
    shift.model.acting = Acting::new("ana", "arn:aws:iam::111111111111:role/noc", "ana");
    shift.keep(Ledger::local(Arc::new(book)));
    shift.until("the ledger to answer", |shift| {
        shift.model.acting.reach == Reach::Local
    });
    // Every item is a line.
    shift.press("=");
    for kind in Kind::ASKING {
        let open = |shift: &Shift, key: &ItemKey| shift.model.row(key).unwrap().is_open();
        let key = go_to(&mut shift, *kind, open).unwrap();
        let mut then = |keys: &str, text: &str, enter: bool, wanted: State, said: &str| {
            shift.press(keys).type_in(text);
            if enter {
                shift.press("enter");
            }
            shift.until("the ledger's answer", |shift| {
                shift.model.acting.waiting == 0
            });
            assert_eq!(
                state(&shift, &key),
                wanted,
                "{kind} {keys}\n{}",
                shift.screen()
            );
            shift.shows(said);
            let about = shift.model.pane().cursor.clone();
            assert_eq!(about, Some(RowKey::Item(key.clone())), "{kind} {keys}");
        };
        then("a", "", false, State::Acknowledged, "Acknowledged");
        then(
            "c",
            "looked at it",
            true,
            State::Acknowledged,
            "Commented on",
        );
        then("u", "", false, State::New, "Gave back");
        then("z", "", true, State::Snoozed, "Snoozed");
        then("u", "", false, State::New, "Gave back");
        then("@", "ben", true, State::New, "Assigned");
        shift.press("enter").shows("looked at it").press("esc");
    }
}

/// What of [`change::ALL`] is for items of a kind, and may be for one of them now or not.
fn offered(shift: &Shift, kind: Kind) -> Vec<&'static str> {
    let rows: Vec<_> = shift
        .model
        .store
        .rows()
        .filter(|(_, row)| row.key().kind == kind)
        .collect();
    assert!(!rows.is_empty(), "no {kind}");
    let offers = change::ALL.iter().filter(|offer| {
        rows.iter()
            .any(|(_, row)| (offer.fits)(row, &shift.model.store) != Fit::Foreign)
    });
    offers.map(|offer| offer.name).collect()
}

#[test]
fn what_aws_can_be_asked_is_offered_for_the_kinds_that_it_is_for() {
    let shift = Shift::begin_loaded();
    let findings = [
        "finding.notify",
        "finding.resolve",
        "finding.suppress",
        "finding.reopen",
        "finding.archive",
        "incident.open",
    ];
    for (kind, wanted) in [
        (Kind::Alarm, &["alarm.mute", "incident.open"][..]),
        (Kind::Finding, &findings),
        (
            Kind::Incident,
            &[
                "incident.start",
                "incident.resolve",
                "incident.reopen",
                "case.reply",
                "case.resolve",
                "record.note",
                "record.resolve",
            ],
        ),
        (Kind::Health, &["incident.open"]),
        (
            Kind::Compliance,
            &["rule.evaluate", "rule.remediate", "incident.open"],
        ),
        (Kind::Window, &["window.cancel", "incident.open"]),
        (
            Kind::Patch,
            &[
                "patch.scan",
                "patch.install",
                "patch.back-up",
                "incident.open",
            ],
        ),
        (
            Kind::Backup,
            &[
                "backup.retry",
                "backup.start",
                "backup.stop",
                "incident.open",
            ],
        ),
    ] {
        assert_eq!(offered(&shift, kind), wanted, "{kind}");
    }
}

#[test]
fn whatever_is_offered_is_done_once_and_stands_in_the_journal() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty(&home, Policy::Confirm, None);
    shift.press("=");
    let mut done = Vec::new();
    let mut used = std::collections::HashSet::new();
    for kind in Kind::ASKING {
        for offer in change::ALL {
            // What is taken back was done before.
            let is_back = offer.name.ends_with(".reopen")
                || ["case.resolve", "record.resolve"].contains(&offer.name);
            let fits = |shift: &Shift, key: &ItemKey| {
                let row = shift
                    .model
                    .row(key)
                    .filter(|_| !used.contains(key) || is_back);
                row.is_some_and(|row| (offer.fits)(row, &shift.model.store) == Fit::Yes)
            };
            let Some(key) = go_to(&mut shift, *kind, fits) else {
                continue;
            };
            used.insert(key);
            let before = acts(&home).len();
            shift.press("x").type_in(offer.title()).press("enter");
            shift.until("what it would touch", |shift| {
                !shift.screen().contains("finding out as whom")
            });
            if let Some(Overlay::Form(form)) = &shift.model.overlay
                && let Some(phrase) = form.phrase.clone()
            {
                // The line for it is the last one, and not always the one with the cursor.
                let steps = form.fields.len() - 1 - form.focused;
                for _ in 0..steps {
                    shift.press("tab");
                }
                shift.type_in(&phrase);
            }
            if ["case.reply", "record.note"].contains(&offer.name) {
                shift.type_in("They go through payouts-eu.");
            }
            shift.press("enter");
            shift.until("its outcome", |shift| {
                shift.model.changing.under_way.is_empty() && acts(&home).len() > before
                    || shift.model.overlay.is_some()
            });
            let all = acts(&home);
            assert_eq!(
                all.len(),
                before + 1,
                "{} on a {kind}\n{}",
                offer.name,
                shift.screen()
            );
            let act = all.last().unwrap();
            assert_eq!(act.began.text("verb"), offer.name);
            done.push((*kind, offer.name, act.result().to_owned()));
            shift.press("esc").until_loaded();
        }
    }
    let not: Vec<_> = done
        .iter()
        .filter(|(_, _, result)| result != "ok")
        .collect();
    assert!(not.is_empty(), "{not:?}");
    let of = |kind: Kind| {
        let of_kind = done.iter().filter(|(of, _, _)| *of == kind);
        of_kind.map(|(_, name, _)| *name).collect::<Vec<_>>()
    };
    assert_eq!(of(Kind::Alarm), ["alarm.mute", "incident.open"]);
    assert_eq!(
        of(Kind::Finding),
        [
            "finding.notify",
            "finding.resolve",
            "finding.suppress",
            "finding.reopen",
            "finding.archive",
            "incident.open"
        ]
    );
    assert_eq!(
        of(Kind::Incident),
        [
            "incident.start",
            "incident.resolve",
            "incident.reopen",
            "case.reply",
            "case.resolve",
            "record.note",
            "record.resolve"
        ]
    );
    assert_eq!(
        of(Kind::Compliance),
        ["rule.evaluate", "rule.remediate", "incident.open"]
    );
    assert_eq!(of(Kind::Window), ["window.cancel", "incident.open"]);
    assert_eq!(
        of(Kind::Patch),
        [
            "patch.scan",
            "patch.install",
            "patch.back-up",
            "incident.open"
        ]
    );
    assert_eq!(
        of(Kind::Backup),
        [
            "backup.retry",
            "backup.start",
            "backup.stop",
            "incident.open"
        ]
    );
}
