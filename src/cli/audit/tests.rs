//! An auditor's story: what was done is listed, what was tampered with is named.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::audit::{
    Intent, Journal, Operation, Receipt, Result as Ended, Session, Target, TargetOutcome,
};
use crate::clock::ManualClock;
use crate::domain::{Account, Policy, Roster, Scope};

const RESOLVE: Operation = Operation {
    service: "SecurityHub",
    name: "BatchUpdateFindings",
};

fn here() -> Scope {
    Scope {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

fn roster() -> Roster {
    let account = |id: &str, policy| Account {
        id: id.parse().unwrap(),
        name: Arc::from("payments-prod"),
        tags: std::collections::BTreeMap::new(),
        policy,
        regions: vec![here().region],
    };
    Roster::new([account("111111111111", Policy::Confirm)])
}

/// Two acts of ana's – one done, one left open – and a refusal.
async fn shift(path: &Path) -> Whole {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_795_242_662)));
    let session = Session::of_this_process("ana", None, &|_| None);
    let journal = Journal::open(Some(path), session, clock);
    let target = Target::new(here(), "arn:finding/1");
    let intent = Intent::new(RESOLVE, here(), "triage.resolve")
        .on([target.clone()])
        .with("DbPassword", "hunter2");
    let permit = journal.begin(intent.clone(), &roster()).await.unwrap();
    let outcome = TargetOutcome::new(target, Ended::Ok).saying("done at once");
    let receipt = Receipt::new(permit.intent(), vec![outcome]);
    journal.finish(&receipt).await.unwrap();
    journal.begin(intent.clone(), &roster()).await.unwrap();
    let stranger = Scope {
        account: "999999999999".parse().unwrap(),
        ..here()
    };
    let strange = Intent {
        scope: stranger,
        ..intent
    };
    journal.begin(strange, &roster()).await.unwrap_err();
    Whole::read(path).unwrap()
}

fn list(format: Format) -> List {
    List {
        since: None,
        operator: None,
        account: None,
        result: None,
        format: Some(format),
    }
}

#[tokio::test]
async fn what_was_done_is_listed_with_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let whole = shift(&folder.path().join("journal.db")).await;
    let now = Timestamp::from_secs(1_795_242_700);
    let text = list(Format::Table).print(&whole, now, true);
    let results: Vec<&str> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(8))
        .collect();
    assert_eq!(results, ["ok", "open", "refused"], "{text}");
    assert!(!text.contains("hunter2"));
    let json: Value = serde_json::from_str(&list(Format::Json).print(&whole, now, true)).unwrap();
    assert_eq!(
        json["acts"][0]["ended"]["targets"][0]["said"],
        "done at once"
    );
    assert_eq!(json["acts"][0]["parameters"]["DbPassword"], "[redacted]");
    assert_eq!(json["acts"][2]["why"], "stranger");
    let only = List {
        result: Some(Ending::Refused),
        since: Some(Duration::from_secs(60)),
        ..list(Format::Jsonl)
    };
    assert_eq!(only.print(&whole, now, true).lines().count(), 1);
    let later = List {
        since: Some(Duration::from_secs(10)),
        ..list(Format::Csv)
    };
    assert_eq!(
        later.print(&whole, now, true).lines().count(),
        1,
        "the heads alone"
    );
}

#[tokio::test]
async fn tampering_is_named_and_exits_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let whole = shift(&path).await;
    let verify = |head| Verify { head, format: None };
    let (text, code) = verify(None).print(&whole);
    assert!(code == 0 && text.contains("intact"), "{text}");
    let (count, kept) = whole.head();
    assert_eq!(count, 4);
    assert_eq!(verify(Some((count, kept))).print(&whole).1, 0);

    // Even SQL is refused while the triggers are there; whoever takes them away is found out.
    let db = rusqlite::Connection::open(&path).unwrap();
    assert!(db.execute("DELETE FROM entry WHERE seq = 4", []).is_err());
    db.execute_batch("DROP TRIGGER entry_is_not_removed; DROP TRIGGER entry_is_not_edited;")
        .unwrap();
    db.execute(
        "UPDATE entry SET body = replace(body, 'ana', 'bob') WHERE seq = 2",
        [],
    )
    .unwrap();
    db.execute("DELETE FROM entry WHERE seq >= 4", []).unwrap();
    drop(db);
    let (text, code) = verify(None).print(&Whole::read(&path).unwrap());
    assert_eq!(code, 1);
    assert!(text.contains("entry 2 was edited"), "{text}");
    assert!(text.contains("entry 4, the last, was cut off"), "{text}");

    // Whoever throws the list of hashes away as well is found by a head that was kept elsewhere.
    std::fs::remove_file(path.with_extension("heads")).unwrap();
    let (text, code) = verify(Some((count, kept))).print(&Whole::read(&path).unwrap());
    assert!(
        code == 1 && text.contains("entry 4, whose hash was kept elsewhere, is not there"),
        "{text}"
    );
}

#[test]
fn heads_are_read_as_they_are_printed() {
    let hash = crate::audit::chain::digest("x");
    assert_eq!(
        head(&format!("7:{hash}")),
        Ok((7, Hash::parse(&hash).unwrap()))
    );
    for wrong in ["7", "x:00", "7:zz", ""] {
        assert!(head(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn what_was_done_in_the_ledger_is_listed_too() {
    use crate::audit::{Note, Noted};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_795_242_662)));
    let session = Session::of_this_process("ana", None, &|_| None);
    let journal = Journal::open(Some(&path), session, clock);
    let noted = |id: &str, result, said: &str| Noted {
        kind: "alarm",
        target: Target::new(here(), id),
        result,
        said: said.to_owned(),
    };
    let note = Note {
        operator: "ben".into(),
        identity: "".into(),
        verb: "acknowledge",
        place: "ledger",
        targets: vec![
            noted("a-1", Ended::Ok, "until noon"),
            noted("a-2", Ended::Refused, "ana was first"),
        ],
        parameters: serde_json::Map::new(),
    };
    journal.note(&note).await.unwrap();
    let whole = Whole::read(&path).unwrap();
    assert_eq!(whole.flaws(), []);
    let now = Timestamp::from_secs(1_795_242_700);
    let text = list(Format::Csv).print(&whole, now, true);
    assert_eq!(
        text.lines().nth(1).unwrap(),
        "2026-11-21T06:31:02Z,ben,acknowledge,ledger,111111111111,eu-west-1,2,mixed,ana was first; until noon"
    );
    let mixed = List {
        result: Some(Ending::Mixed),
        ..list(Format::Jsonl)
    };
    let value: Value = serde_json::from_str(&mixed.print(&whole, now, true)).unwrap();
    assert_eq!(
        (&value["kind"], &value["targets"][1]["result"]),
        (&json!("note"), &json!("refused"))
    );
}
