//! The journal's laws: no journal, no action; the stricter wins; what was left open is found.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::intent::Operation;
use super::super::receipt::{Result as Ended, TargetOutcome};
use super::super::record::Whole;
use super::super::shelf::Shelf;
use super::*;
use crate::clock::ManualClock;
use crate::domain::Account;

const SEND: Operation = Operation {
    service: "SSM",
    name: "SendCommand",
};

fn scope(account: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

fn roster() -> Roster {
    let account = |id: &str, name: &str, policy| Account {
        id: id.parse().unwrap(),
        name: Arc::from(name),
        tags: BTreeMap::new(),
        policy,
        regions: Vec::new(),
    };
    Roster::new([
        account("111111111111", "payments-prod", Policy::ReadOnly),
        account("222222222222", "web-stage", Policy::Confirm),
    ])
}

fn journal(path: &Path, readonly: Option<&str>) -> Journal {
    let session = Session::of_this_process("ana", readonly, &|_| None);
    Journal::open(
        Some(path),
        session,
        Arc::new(ManualClock::new(Timestamp::from_secs(1_795_000_000))),
    )
}

fn restart(account: &str) -> Intent {
    Intent::new(SEND, scope(account), "runbook restart-instance")
        .on([Target::new(scope(account), "i-0abc")])
}

#[tokio::test]
async fn an_intent_is_on_the_disk_before_there_is_a_permit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/journal.db");
    let journal = journal(&path, None);
    let permit = journal
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap();
    assert_eq!(permit.operation(), SEND);
    assert_eq!(&*permit.operator(), "ana");
    let whole = Whole::read(&path).unwrap();
    let written: Vec<_> = whole.records().collect();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].intent, *permit.intent());
    assert_eq!(written[0].text("token"), &*permit.token());
    assert_eq!(written[0].text("operator"), "ana");
    use std::os::unix::fs::PermissionsExt as _;
    for file in ["state/journal.db", "state/journal.heads"] {
        let mode = std::fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn read_only_is_refused_in_one_voice_and_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let session = journal(&path, Some("the default"));
    let refused = session
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap_err();
    assert_eq!(refused.why, Why::Session);
    assert!(
        refused.said.contains("session is read-only (the default)")
            && refused.said.contains("--write")
    );
    let both = session
        .begin(restart("111111111111"), &roster())
        .await
        .unwrap_err();
    assert!(
        both.said.contains("policy of payments-prod (111111111111)"),
        "{both}"
    );

    let writing = journal(&path, None);
    let refused = writing
        .begin(restart("111111111111"), &roster())
        .await
        .unwrap_err();
    assert_eq!(refused.why, Why::Policy);
    assert!(
        refused
            .said
            .contains("policy of payments-prod (111111111111) is readonly"),
        "{refused}"
    );
    let stranger = writing
        .begin(restart("999999999999"), &roster())
        .await
        .unwrap_err();
    assert_eq!(stranger.why, Why::Stranger);
    // A call in an account that allows it, on something in one that does not.
    let across = restart("222222222222").on([
        Target::new(scope("222222222222"), "i-1"),
        Target::new(scope("111111111111"), "i-2"),
    ]);
    assert_eq!(
        writing.begin(across, &roster()).await.unwrap_err().why,
        Why::Policy
    );

    let acts = Whole::read(&path).unwrap().acts();
    assert_eq!(acts.len(), 5);
    assert!(acts.iter().all(|act| act.result() == "refused"));
    assert_eq!(acts[2].began.text("why"), "policy");
}

#[tokio::test]
async fn a_full_disk_means_no_action_and_a_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let draft = |body: String| Draft {
        at: 1,
        kind: "intent",
        intent: "i".into(),
        body,
    };
    let mut shelf = Shelf::open(&path).unwrap();
    shelf.append(&[draft(String::new())]).unwrap();
    shelf.fill_up();
    let full = shelf.append(&[draft("x".repeat(100_000))]).unwrap_err();
    assert!(
        full.0.contains("is full") && full.0.contains("journal.db"),
        "{full}"
    );
    // Nothing of it was written, and what was is whole.
    let whole = Whole::read(&path).unwrap();
    assert_eq!(whole.head().0, 1);
}

#[tokio::test]
async fn without_a_journal_nothing_is_permitted() {
    // A file stands where the folder should be.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state"), "").unwrap();
    let blocked = journal(&folder.path().join("state/journal.db"), None);
    let refused = blocked
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap_err();
    assert_eq!(refused.why, Why::Journal);
    assert!(
        refused.said.contains("could not be journalled"),
        "{refused}"
    );

    let damaged = folder.path().join("journal.db");
    std::fs::write(
        &damaged,
        "this is no database, but it is long enough to be looked at".repeat(20),
    )
    .unwrap();
    let refused = journal(&damaged, None)
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap_err();
    assert!(
        refused.said.contains("damaged, or no journal at all"),
        "{refused}"
    );

    let session = Session::of_this_process("ana", None, &|_| None);
    let homeless = Journal::open(None, session, Arc::new(ManualClock::default()));
    let refused = homeless
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap_err();
    assert!(refused.said.contains("no home folder"), "{refused}");
}

#[tokio::test]
async fn what_a_dead_process_left_open_is_found_and_what_a_living_one_does_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let first = journal(&path, None);
    let permit = first
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap();
    let second = journal(&path, None);
    assert_eq!(second.unfinished().unwrap(), []);
    // The process ends, in whatever way: its lock goes with it.
    drop(first);
    let open = second.unfinished().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].intent, permit.intent());
    assert_eq!(open[0].scope(), Some(scope("222222222222")));
    assert_eq!(open[0].targets(), permit.targets());
    assert_eq!(
        (open[0].service_name(), open[0].operation_name()),
        ("SSM", "SendCommand")
    );
    let found = Receipt {
        found_out: true,
        ..Receipt::new(
            permit.intent(),
            vec![TargetOutcome::new(permit.targets()[0].clone(), Ended::Ok).creating("cmd-1")],
        )
    };
    second.finish(&found).await.unwrap();
    assert_eq!(second.unfinished().unwrap(), []);
    assert_eq!(Whole::read(&path).unwrap().acts()[0].result(), "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_consoles_write_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let consoles: Vec<_> = (0..4).map(|_| Arc::new(journal(&path, None))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..80 {
        let console = Arc::clone(&consoles[n % 4]);
        tasks.spawn(async move {
            let permit = console
                .begin(restart("222222222222"), &roster())
                .await
                .unwrap();
            let receipt = Receipt::new(permit.intent(), Vec::new());
            console.finish(&receipt).await.unwrap();
        });
    }
    tasks.join_all().await;
    let whole = Whole::read(&path).unwrap();
    assert_eq!(whole.head().0, 160);
    assert_eq!(whole.flaws(), []);
}

#[tokio::test]
async fn the_operator_changes_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = journal(&path, None);
    let first = journal
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap();
    journal.hand_over("bo");
    let second = journal
        .begin(restart("222222222222"), &roster())
        .await
        .unwrap();
    assert_eq!((&*first.operator(), &*second.operator()), ("ana", "bo"));
    let names: Vec<String> = Whole::read(&path)
        .unwrap()
        .records()
        .map(|r| r.text("operator").to_owned())
        .collect();
    assert_eq!(names, ["ana", "bo"]);
}

#[test]
fn an_entry_that_was_not_listed_before_the_machine_stopped_is_listed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let draft = Draft {
        at: Duration::from_secs(1).as_millis() as i64,
        kind: "intent",
        intent: "i".into(),
        body: "{}".into(),
    };
    let mut shelf = Shelf::open(&path).unwrap();
    shelf
        .append(&[draft.clone(), draft.clone(), draft])
        .unwrap();
    drop(shelf);
    let list = path.with_extension("heads");
    let text = std::fs::read_to_string(&list).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty()).collect();
    std::fs::write(&list, format!("{}\n{}\n", lines[0], lines[1])).unwrap();
    drop(Shelf::open(&path).unwrap());
    assert!(std::fs::read_to_string(&list).unwrap().contains(lines[2]));
    assert_eq!(Whole::read(&path).unwrap().flaws(), []);
}
