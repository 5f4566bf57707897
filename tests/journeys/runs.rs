//! Runbooks at the console: those that fit come first and none is chosen, everything about one is found out before it
//! starts, its run is followed step by step, and the row that it was for says how it ended.

use std::time::Duration;

use noctop::domain::Policy;
use noctop::model::{Overlay, RowKey};
use noctop::runbook::run::State;
use tempfile::TempDir;

use super::changes::{acts, changed, on_duty, ready};
use super::shift::{PAYMENTS, REGION, Shift};

/// In the place of the line `[alarms]`.
const DOCUMENT: &str = concat!(include_str!("../acme-failover.toml"), "\n[alarms]\n");

/// A shift on which runbooks may be run, with the cursor on a machine of the payments account.
fn at_a_machine(home: &TempDir) -> (Shift, String) {
    at_machine_of(on_duty(home, Policy::Confirm, None))
}

fn at_machine_of(mut shift: Shift) -> (Shift, String) {
    shift.model.runbooks.catalogue = noctop::runbook::Catalogue::read(&noctop::runbook::library())
        .0
        .into();
    shift
        .press("5")
        .filter(&format!("acct:{PAYMENTS} region:{REGION}"))
        .press("g g");
    for _ in 0..shift.rows() {
        if let Some(RowKey::Item(key)) = &shift.model.pane().cursor
            && key.id.starts_with("i-")
        {
            let id = key.id.to_string();
            return (shift, id);
        }
        shift.press("j");
    }
    panic!("no machine on\n{}", shift.screen());
}

/// Chooses a runbook by a part of its name.
fn choose(shift: &mut Shift, name: &str) {
    shift.press("r").type_in(name).press("enter");
}

/// Waits until everything about the launch is found out.
fn looked(shift: &mut Shift) {
    shift.until_shown("before");
}

fn run_is(shift: &mut Shift, state: State) {
    shift.press("ctrl-r");
    shift.until(state.word(), |shift| {
        shift
            .model
            .runbooks
            .runs
            .latest()
            .first()
            .is_some_and(|run| run.state() == state)
    });
}

fn sent(shift: &Shift) -> Vec<String> {
    let changes = changed(shift).into_iter().map(|c| c.operation.to_string());
    changes.filter(|o| o != "StartExecutionPreview").collect()
}

#[test]
fn what_fits_comes_first_and_nothing_is_chosen_until_somebody_does() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = at_a_machine(&home);
    shift.press("r");
    let lines = shift.lines_with("safe      ");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let screen = shift.screen();
    let place = |text: &str| screen.find(text).unwrap();
    assert!(place("(patch-scan)") < place("(patch-install)"));
    assert!(place("(patch-install)") < place("not for this: "));
    // Enter alone chooses nothing.
    shift.press("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Choice(_))));
    // Nor where nothing is left to choose from; what is pasted is looked for as what is typed.
    shift.type_in("no such").press("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Choice(_))));
    shift.press("ctrl-u enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Choice(_))));
    shift.paste("patch-install");
    shift.press("enter").until_shown("Install missing patches");
    assert!(matches!(shift.model.overlay, Some(Overlay::Form(_))));
    shift.press("esc").shows_no("patch-scan");
    assert_eq!(sent(&shift), Vec::<String>::new());
}

#[test]
fn a_runbook_is_looked_at_started_once_followed_to_its_end_and_told_at_its_row() {
    let home = TempDir::new().unwrap();
    let (mut shift, machine) = at_a_machine(&home);
    choose(&mut shift, "patch-scan");
    looked(&mut shift);
    for told in [
        "payments-prod (222222222222) eu-west-1",
        "role/NoctopAct",
        "AWS-RunPatchBaseline · version 1 of Amazon",
        "Operation = Scan",
        "never run here by this journal",
    ] {
        shift.shows(told);
    }
    shift.shows(&machine);
    assert_eq!(
        sent(&shift),
        Vec::<String>::new(),
        "nothing before it was seen"
    );
    shift.press("enter").until_shown("Started patch-scan");
    shift.shows("─ Runs ─");
    shift.pass(Duration::from_secs(300));
    run_is(&mut shift, State::Succeeded);
    shift.press("enter enter").shows("success").shows(&machine);
    assert_eq!(sent(&shift), ["SendCommand"]);
    // Back at the row.
    shift.press("esc esc esc").shows("─ Patching acct:");
    shift
        .press("enter")
        .shows("patch-scan by ana")
        .shows("success");
    let acts = acts(&home);
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].began.text("verb"), "runbook patch-scan");
}

#[test]
fn what_is_dangerous_wants_the_name_of_the_account() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = at_a_machine(&home);
    choose(&mut shift, "restart-instance");
    looked(&mut shift);
    shift.shows("Type payments-prod below");
    shift.press("enter").shows("type payments-prod to start it");
    shift.type_in("web-prod").press("enter");
    shift.shows("type payments-prod to start it");
    assert_eq!(sent(&shift), Vec::<String>::new());
    shift
        .press("ctrl-u")
        .type_in("payments-prod")
        .press("enter");
    shift.until_shown("Started restart-instance");
    assert_eq!(sent(&shift), ["StartAutomationExecution"]);
}

#[test]
fn a_readonly_policy_says_so_on_the_card_and_nothing_can_be_started() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = at_machine_of(on_duty(&home, Policy::ReadOnly, None));
    choose(&mut shift, "patch-scan");
    looked(&mut shift);
    shift.shows("REFUSED").shows("the policy of payments-prod");
    shift.press("enter").press("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Form(_))));
    assert_eq!(changed(&shift), Vec::new());
    let acts = acts(&home);
    let whys: Vec<_> = acts.iter().map(|act| act.began.text("why")).collect();
    assert_eq!(whys, ["policy"]);
}

#[test]
fn a_document_of_the_account_asks_waits_for_a_word_and_goes_on_with_it() {
    let home = TempDir::new().unwrap();
    let shift = Shift::begin_where("\n[alarms]\n", DOCUMENT);
    let (mut shift, _) = at_machine_of(ready(shift, &home, Policy::Confirm, None));
    shift
        .press("r")
        .until_shown("own document of payments-prod");
    shift.type_in("acme-failover").press("enter");
    shift.until_shown("Service: Service (checkout, ledger)");
    // Nothing is picked where the document has no default.
    shift.press("enter").shows("input Service is needed");
    shift.type_in("search").press("enter");
    shift.shows("input Service is one of checkout, ledger, not \"search\"");
    shift.press("ctrl-u right enter");
    looked(&mut shift);
    shift.shows("Service = checkout");
    assert_eq!(sent(&shift), Vec::<String>::new());
    shift.type_in("payments-prod").press("enter");
    shift.until_shown("Started document/acme-failover");
    shift.pass(Duration::from_secs(60));
    run_is(&mut shift, State::Waiting);
    shift.shows("step ask waits for somebody's word");
    shift.press("x").shows("Approve document/acme-failover");
    shift.press("enter");
    assert_eq!(sent(&shift), ["StartAutomationExecution"]);
    shift
        .press("down enter")
        .until_shown("Approved document/acme-failover");
    shift.pass(Duration::from_secs(60));
    run_is(&mut shift, State::Succeeded);
    assert_eq!(
        sent(&shift),
        ["StartAutomationExecution", "SendAutomationSignal"]
    );
}

#[test]
fn a_run_is_stopped_from_its_row_and_what_ended_takes_no_orders() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = at_a_machine(&home);
    choose(&mut shift, "patch-scan");
    looked(&mut shift);
    shift.press("enter").until_shown("Started patch-scan");
    shift.until("its row", |shift| shift.rows() == 1);
    shift.press("x down enter").until_shown("Asked to stop");
    shift.pass(Duration::from_secs(30));
    run_is(&mut shift, State::Cancelled);
    shift.press("x").shows("This run has ended");
    assert_eq!(sent(&shift), ["SendCommand", "CancelCommand"]);
}

#[test]
fn whoever_leaves_is_told_of_a_program_and_it_ends_with_the_console() {
    let home = TempDir::new().unwrap();
    let (mut shift, _) = at_a_machine(&home);
    let mut library = noctop::runbook::library();
    library.add(
        "wait",
        "wait.toml",
        "title = \"Wait\"\nhelp = \"Waits for an hour.\"\nmatch = \"kind:patch\"\nrisk = \"careful\"\n\
         target = \"{{ instance }}\"\n[local]\nprogram = \"sleep\"\narguments = [\"3600\"]\ntimeout = \"2h\"\n",
    );
    shift.model.runbooks.catalogue = noctop::runbook::Catalogue::read(&library).0.into();
    choose(&mut shift, "(wait)");
    looked(&mut shift);
    shift.press("enter");
    run_is(&mut shift, State::Running);
    shift.press("esc esc q").shows("leaving ends its program");
    shift.leave();
    let all = acts(&home);
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].result(),
        "failed",
        "ended, and written down: {all:?}"
    );
    assert_eq!(sent(&shift), Vec::<String>::new());
}
