//! What an operator asks of AWS: found in a menu, confirmed by its risk, done once, told row by row, answered for later.

use std::time::Duration;

use noctop::audit::record::{Act, Whole};
use noctop::audit::{Journal, Session};
use noctop::domain::{Detail, Kind, Policy};
use noctop::model::Overlay;
use noctop::model::form::Check;
use noctop::sim::calls::Change;
use noctop::sim::faults::{Fault, Kind as Goes};
use serde_json::Value;
use tempfile::TempDir;

use super::shift::{PAYMENTS, REGION, Shift};

/// A shift with a journal in this folder, in a fleet with this policy.
pub fn on_duty(home: &TempDir, policy: Policy, readonly: Option<&str>) -> Shift {
    ready(Shift::begin_with([]), home, policy, readonly)
}

pub fn ready(mut shift: Shift, home: &TempDir, policy: Policy, readonly: Option<&str>) -> Shift {
    let session = Session::of_this_process("ana", readonly, &|_| None);
    let path = home.path().join("journal.db");
    let journal = Journal::open(Some(&path), session, shift.clock());
    shift.answer_to(journal);
    let mut shift = shift.connected_with(policy);
    shift.until_loaded();
    shift
}

pub fn allowed(home: &TempDir) -> Shift {
    on_duty(home, Policy::Confirm, None)
}

/// Chooses an entry of the menu by a part of its name, for the row under the cursor or the marked ones.
pub fn choose(shift: &mut Shift, entry: &str) {
    shift.press("x").type_in(entry).press("enter");
}

/// Waits until the form that is open may be taken, or was closed with a refusal.
pub fn looked(shift: &mut Shift) {
    shift.until("what was found out before the change", |shift| {
        !shift.screen().contains("finding out as whom")
    });
}

/// Takes the form and waits until every call of it is answered.
pub fn confirm(shift: &mut Shift) {
    looked(shift);
    shift.press("enter");
    done(shift);
}

fn done(shift: &mut Shift) {
    shift.until("the answers of AWS", |shift| {
        shift.model.changing.under_way.is_empty()
    });
}

pub fn acts(home: &TempDir) -> Vec<Act> {
    let whole = Whole::read(&home.path().join("journal.db")).unwrap();
    assert_eq!(whole.flaws(), []);
    // What was done in the ledger is a note; it changes nothing in AWS.
    let changes = whole
        .acts()
        .into_iter()
        .filter(|act| act.began.kind != "note");
    changes.collect()
}

pub fn changed(shift: &Shift) -> Vec<Change> {
    let changes = shift.sim.calls().changes();
    changes.into_iter().filter(|c| c.service != "sts").collect()
}

pub fn truth(shift: &Shift, service: &str, list: &str) -> Vec<Value> {
    let truth = shift.sim.truth(service, PAYMENTS, REGION).unwrap();
    truth[list].as_array().unwrap().clone()
}

/// The finding of the simulator that the cursor is on.
fn finding(shift: &mut Shift) -> Value {
    let title = shift.under_cursor();
    let found = truth(shift, "securityhub", "Findings");
    let found = found.into_iter().find(|f| {
        f["Title"].as_str().is_some_and(|t| title.contains(t))
            || title.contains(f["Types"][0].as_str().unwrap_or("?"))
            || f["GeneratorId"].as_str().is_some_and(|g| title.contains(g))
    });
    found.unwrap_or_else(|| panic!("no finding called {title}"))
}

#[test]
fn a_finding_is_resolved_with_a_note_and_that_is_taken_back() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("3").filter(&format!(
        "acct:{PAYMENTS} region:{REGION} source:securityhub"
    ));
    shift.press("g g");
    let id = finding(&mut shift)["Id"].as_str().unwrap().to_owned();
    let status = |shift: &Shift| {
        let all = truth(shift, "securityhub", "Findings");
        let one = all.into_iter().find(|f| f["Id"] == *id).unwrap();
        (
            one["Workflow"]["Status"].as_str().unwrap().to_owned(),
            one["Note"]["Text"].as_str().unwrap_or_default().to_owned(),
        )
    };
    choose(&mut shift, "resolve");
    looked(&mut shift);
    shift
        .shows("payments-prod eu-west-1")
        .shows("role/NoctopAct")
        .type_in("rotated the key");
    assert_eq!(changed(&shift), [], "nothing before it is confirmed");
    confirm(&mut shift);
    shift.shows("Resolved").shows("U takes it back");
    assert_eq!(
        status(&shift),
        ("RESOLVED".into(), "rotated the key".into())
    );
    // Looked at and left, it can still be taken back.
    shift.press("U");
    looked(&mut shift);
    shift.press("esc U");
    looked(&mut shift);
    shift.shows("Taken back: Resolved");
    confirm(&mut shift);
    shift.press("U").shows("nothing to take back");
    assert_eq!(status(&shift).0, "NEW");
    let acts = acts(&home);
    let verbs: Vec<_> = acts.iter().map(|a| a.began.text("verb")).collect();
    assert_eq!(verbs, ["finding.resolve", "change.undo"]);
    assert!(acts.iter().all(|act| act.result() == "ok"));
}

#[test]
fn a_session_that_may_only_read_changes_nothing_and_the_refusal_is_kept() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty(&home, Policy::Confirm, Some("the default"));
    shift.press("4");
    choose(&mut shift, "in progress");
    looked(&mut shift);
    shift
        .shows("this session is read-only (the default)")
        .shows("--write");
    // The form stays until it is left: who was typing into it does not type into the list.
    shift.press("enter").shows("This would be refused");
    shift.press("esc");
    assert!(shift.model.overlay.is_none());
    assert_eq!(changed(&shift), []);
    let acts = acts(&home);
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].result(), "refused");
    assert_eq!(acts[0].began.text("why"), "session");
}

#[test]
fn an_account_whose_policy_is_readonly_is_named_and_nothing_reaches_it() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty(&home, Policy::ReadOnly, None);
    shift.press("4");
    choose(&mut shift, "resolve");
    looked(&mut shift);
    shift
        .shows("the policy of payments-prod")
        .shows("is readonly");
    assert_eq!(changed(&shift), []);
    assert_eq!(acts(&home)[0].began.text("why"), "policy");
}

#[test]
fn an_opsitem_is_taken_in_hand_and_resolved() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    let status = |shift: &Shift| {
        let all = truth(shift, "ssm", "OpsItems");
        all[0]["Status"].as_str().unwrap().to_owned()
    };
    shift.press("4");
    choose(&mut shift, "in progress");
    confirm(&mut shift);
    assert_eq!(status(&shift), "InProgress");
    shift.until("the new status to be read", |shift| {
        let row = shift
            .model
            .store
            .rows()
            .find(|(_, row)| matches!(row.item().detail, Detail::Incident(_)));
        row.is_some_and(|(_, row)| &*row.item().native_state == "InProgress")
    });
    choose(&mut shift, "resolve");
    confirm(&mut shift);
    assert_eq!(status(&shift), "Resolved");
}

#[test]
fn two_operators_who_open_an_opsitem_for_one_alarm_make_one() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    let before = truth(&shift, "ssm", "OpsItems").len();
    shift.press("2").filter("checkout-errors");
    for _ in 0..2 {
        choose(&mut shift, "open ops");
        confirm(&mut shift);
    }
    shift.shows("There was one already.");
    let after = truth(&shift, "ssm", "OpsItems");
    assert_eq!(after.len(), before + 1);
    shift.until("the new OpsItem to be read", |shift| {
        shift.open(Kind::Incident) == 4
    });
    let title = after.last().unwrap()["Title"].as_str().unwrap();
    assert!(title.contains("checkout-errors"), "{title}");
}

#[test]
fn breaking_off_a_window_wants_the_name_of_the_account_typed() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("5").filter("payments-db-upgrade");
    choose(&mut shift, "cancel");
    looked(&mut shift);
    shift.shows("Type payments-prod below to do it.");
    shift.press("enter").shows("type payments-prod to go on");
    shift
        .type_in("web-prod")
        .press("enter")
        .shows("type payments-prod to go on");
    assert_eq!(changed(&shift), []);
    shift.press("ctrl-u").type_in("payments-prod");
    confirm(&mut shift);
    let operations: Vec<_> = changed(&shift).iter().map(|c| c.operation).collect();
    assert_eq!(operations, ["CancelMaintenanceWindowExecution"]);
    assert_eq!(acts(&home)[0].result(), "ok");
}

#[test]
fn a_failed_backup_is_tried_again_with_what_it_had_and_twice_makes_one_job() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    let before = truth(&shift, "backup", "BackupJobs");
    shift.press("6").filter("ledger-primary");
    for _ in 0..2 {
        choose(&mut shift, "try again");
        confirm(&mut shift);
    }
    let after = truth(&shift, "backup", "BackupJobs");
    assert_eq!(after.len(), before.len() + 1, "two retries are one job");
    let acts = acts(&home);
    assert_eq!(acts.len(), 2);
    assert!(
        acts.iter()
            .all(|act| act.began.text("operation") == "StartBackupJob")
    );
    assert_eq!(acts[0].began.text("token"), acts[1].began.text("token"));
}

#[test]
fn patches_are_scanned_for_and_installed_by_the_documents_of_aws() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift
        .press("5")
        .filter(&format!("kind:patch acct:{PAYMENTS} region:{REGION}"));
    shift.press("g g");
    let fits = |shift: &mut Shift| {
        shift.press("x");
        let fits = !shift
            .lines_with("scan for patches")
            .iter()
            .any(|l| l.contains("(no:"));
        shift.press("esc");
        fits
    };
    while !fits(&mut shift) {
        shift.press("j");
    }
    choose(&mut shift, "scan");
    looked(&mut shift);
    shift.shows("AWS-RunPatchBaseline on");
    confirm(&mut shift);
    choose(&mut shift, "install");
    looked(&mut shift);
    shift.press("tab").type_in("payments-prod");
    confirm(&mut shift);
    let sent: Vec<_> = truth(&shift, "ssm", "Commands")
        .iter()
        .filter(|c| c["DocumentName"] == "AWS-RunPatchBaseline")
        .map(|c| c["Parameters"]["Operation"][0].as_str().unwrap().to_owned())
        .collect();
    assert!(
        sent.contains(&"Scan".to_owned()) && sent.contains(&"Install".to_owned()),
        "{sent:?}"
    );
}

#[test]
fn an_acknowledgement_is_written_through_only_where_that_was_chosen() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    let book = noctop::ledger::FileBook::open(&home.path().join("ledger.db")).unwrap();
    shift.keep(noctop::ledger::Ledger::local(std::sync::Arc::new(book)));
    let written = |shift: &mut Shift| {
        shift.until("the ledger's answer", |shift| {
            shift.model.acting.waiting == 0
        });
        done(shift);
    };
    shift.press("4").press("a");
    written(&mut shift);
    assert_eq!(changed(&shift), [], "`a` tells the ledger and nobody else");
    shift.press("u");
    written(&mut shift);
    shift
        .press("e")
        .shows("in AWS")
        .shows("1 OpsItem to InProgress");
    shift.press("tab tab tab right enter");
    written(&mut shift);
    let all = truth(&shift, "ssm", "OpsItems");
    assert_eq!(all[0]["Status"], "InProgress");
    assert_eq!(acts(&home)[0].began.text("verb"), "triage.acknowledge");
}

#[test]
fn what_was_left_undone_is_told_row_by_row() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.fault(Fault::new(Goes::Half).operation("BatchUpdateFindings"));
    shift.press("3").filter(&format!(
        "acct:{PAYMENTS} region:{REGION} source:securityhub"
    ));
    shift.press("*");
    let marked = shift.model.pane().marked.len();
    assert!(marked > 1);
    choose(&mut shift, "resolve");
    looked(&mut shift);
    shift.shows(&format!("{marked} items"));
    confirm(&mut shift);
    let Some(Overlay::Results(results)) = &shift.model.overlay else {
        panic!("a list of what became of each\n{}", shift.screen());
    };
    assert_eq!(results.lines.len(), marked);
    let (not, is): (Vec<_>, Vec<_>) = results.lines.iter().partition(|(_, _, done)| !done);
    assert!(!not.is_empty() && !is.is_empty());
    assert!(
        not[0].1.contains("Security Hub left the finding as it was"),
        "{}",
        not[0].1
    );
}

#[test]
fn keys_typed_ahead_confirm_nothing() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("4").press("x enter").rush("enter enter enter");
    // What was found out is there, and nobody has seen it yet.
    shift.until("what was found out", |shift| {
        matches!(&shift.model.overlay, Some(Overlay::Form(form)) if form.check == Check::Clear)
    });
    shift.rush("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Form(_))));
    assert_eq!(changed(&shift), []);
    confirm(&mut shift);
    assert_eq!(changed(&shift).len(), 1);
}

#[test]
fn even_where_no_question_is_asked_a_menu_that_nobody_saw_chooses_nothing() {
    let home = TempDir::new().unwrap();
    let mut shift = on_duty(&home, Policy::Write, None);
    shift.press("4").rush("x enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Choice(_))));
    shift.shows("Do in AWS").press("enter");
    done(&mut shift);
    assert_eq!(
        changed(&shift).len(),
        1,
        "low risk, one row, policy write: at once"
    );
    // A mark may be off the screen: then the form is shown all the same.
    shift.press("space x").type_in("resolve").press("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Form(_))));
}

#[test]
fn what_a_colleague_did_since_is_neither_overwritten_nor_taken_back() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("4");
    choose(&mut shift, "in progress");
    confirm(&mut shift);
    // Bo resolves it by other means; this console has not read it yet.
    let id = truth(&shift, "ssm", "OpsItems")[0]["OpsItemId"]
        .as_str()
        .unwrap()
        .to_owned();
    shift.resolve_ops_item(&id);
    shift.press("U");
    looked(&mut shift);
    shift
        .shows("It is not InProgress any more but Resolved")
        .press("esc");
    assert_eq!(truth(&shift, "ssm", "OpsItems")[0]["Status"], "Resolved");
    let reached = changed(&shift);
    assert_eq!(reached.len(), 2, "mine and Bo's: {reached:?}");
}

#[test]
fn a_time_out_is_looked_at_and_never_sent_again() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("4");
    shift.fault(Fault::new(Goes::Reset).operation("UpdateOpsItem"));
    choose(&mut shift, "resolve");
    confirm(&mut shift);
    let act = &acts(&home)[0];
    assert_ne!(act.result(), "ok", "{act:?}");
    let sent = changed(&shift);
    assert!(sent.len() <= 1, "{sent:?}");
    shift.pass(Duration::from_secs(1));
    assert_eq!(shift.model.changing.under_way.len(), 0);
}

/// How many findings of the whole fleet are NOTIFIED.
fn notified(shift: &Shift) -> usize {
    let places = ["111111111111", PAYMENTS, "333333333333"]
        .into_iter()
        .flat_map(|account| [(account, REGION), (account, "us-east-1")]);
    places
        .map(|(account, region)| {
            let truth = shift.sim.truth("securityhub", account, region).unwrap();
            let all = truth["Findings"].as_array().unwrap();
            let is =
                |f: &&Value| f["Workflow"]["Status"] == "NOTIFIED" && f["RecordState"] == "ACTIVE";
            all.iter().filter(is).count()
        })
        .sum()
}

#[test]
fn a_thousand_rows_are_taken_and_written_through_in_one_gesture() {
    let home = TempDir::new().unwrap();
    let many = Shift::begin_where("findings = 4", "findings = 250");
    let mut shift = ready(many, &home, Policy::Confirm, None);
    let book = noctop::ledger::FileBook::open(&home.path().join("ledger.db")).unwrap();
    shift.keep(noctop::ledger::Ledger::local(std::sync::Arc::new(book)));
    shift.until("the ledger to answer", |shift| {
        shift.model.acting.reach == noctop::model::Reach::Local
    });
    shift.press("3").filter("source:securityhub");
    shift.press("*");
    let marked = shift.model.pane().marked.len();
    assert!(marked >= 1_000, "{marked}");
    shift
        .press("e")
        .shows(&format!("Acknowledge {marked} items"));
    // Some have the status already.
    let before = notified(&shift);
    let wanted = marked - before;
    assert!(wanted >= 1_000, "{wanted}");
    shift.shows(&format!("{wanted} findings to NOTIFIED"));
    shift.press("tab tab tab right enter");
    shift.until("the ledger's answers", |shift| {
        shift.model.acting.waiting == 0
    });
    // Keys are answered while the calls are under way.
    assert!(!shift.model.changing.under_way.is_empty());
    let here = shift.under_cursor();
    shift.press("j");
    assert_ne!(shift.under_cursor(), here);
    done(&mut shift);
    let sent = changed(&shift);
    assert_eq!(notified(&shift) - before, wanted, "every row, and no other");
    let scopes = 6;
    assert!(
        (wanted.div_ceil(100)..=wanted / 100 + scopes).contains(&sent.len()),
        "{} calls: a hundred findings each",
        sent.len()
    );
    assert!(sent.iter().all(|c| c.operation == "BatchUpdateFindings"));
    let entries = acts(&home);
    let targets: usize = entries
        .iter()
        .map(|act| act.ended.as_ref().map_or(0, |ended| ended.targets().len()))
        .sum();
    assert_eq!(targets, wanted, "the journal has a result for every row");
}
