//! Laws of runs: what the journal and AWS say together, in whatever order it comes.

use serde_json::{Map, Value, json};

use super::*;
use crate::audit::record::Record;

fn record(seq: u64, kind: &str, intent: &str, body: Value) -> Record {
    let Value::Object(body) = body else {
        panic!("not an object")
    };
    Record {
        seq,
        at: Timestamp::from_secs(1_000 + i64::try_from(seq).unwrap()),
        kind: kind.to_owned(),
        intent: intent.to_owned(),
        session: "s".to_owned(),
        body,
    }
}

fn nodes(ids: &[&str], more: &Value) -> Value {
    let one = |id: &&str| {
        let mut target = json!({ "id": id, "account": "222222222222", "region": "eu-west-1" });
        for (name, value) in more.as_object().unwrap_or(&Map::new()) {
            target[name] = value.clone();
        }
        target
    };
    ids.iter().map(one).collect()
}

fn sent(seq: u64, intent: &str, run: &str, ids: &[&str]) -> Record {
    record(
        seq,
        "intent",
        intent,
        json!({
            "verb": "runbook clean-disk", "operator": "ana", "host": "jump",
            "service": "SSM", "operation": "SendCommand", "account": "222222222222", "region": "eu-west-1",
            "targets": nodes(ids, &json!({})),
            "parameters": { "document": "AWS-RunShellScript", "run": run, "items": ["alarm 222222222222 eu-west-1 disk"] },
        }),
    )
}

fn report(intent: &str, id: &str, states: &[(&str, State)]) -> Report {
    let step = |(name, state): &(&str, State)| Step {
        name: Arc::from(*name),
        what: Arc::from(""),
        state: *state,
        began: None,
        ended: None,
        code: None,
        said: Arc::from(if *state == State::Failed {
            "exit status 3"
        } else {
            ""
        }),
        output: Arc::from(""),
        child: None,
    };
    let over = states.iter().all(|(_, s)| s.is_over());
    Report {
        intent: Arc::from(intent),
        id: Arc::from(id),
        at: Timestamp::from_secs(2_000),
        found: Ok(Standing {
            state: if over {
                states
                    .iter()
                    .map(|(_, s)| *s)
                    .max()
                    .unwrap_or(State::Running)
            } else {
                State::Running
            },
            said: Arc::from(""),
            steps: states.iter().map(step).collect(),
            ended: None,
        }),
    }
}

#[test]
fn a_run_is_asked_for_begun_followed_and_over() {
    let mut runs = Runs::default();
    assert!(runs.take(&sent(1, "i1", "r", &["i-1", "i-2"])));
    let state = |runs: &Runs| runs.get("r").unwrap().state();
    assert_eq!(state(&runs), State::Begun);
    assert!(runs.take(&record(
        2,
        "outcome",
        "i1",
        json!({ "result": "ok", "targets": nodes(&["i-1", "i-2"], &json!({ "result": "ok", "created": "c1" })) }),
    )));
    assert_eq!(state(&runs), State::Pending);
    assert_eq!(runs.unfinished().count(), 1);
    assert!(runs.learn(&report(
        "i1",
        "c1",
        &[("i-1", State::Succeeded), ("i-2", State::Running)]
    )));
    assert_eq!(state(&runs), State::Running);
    assert_eq!(runs.get("r").unwrap().fact(), "1 of 2 over · i-2");
    assert!(runs.learn(&report(
        "i1",
        "c1",
        &[("i-1", State::Succeeded), ("i-2", State::Failed)]
    )));
    let run = runs.get("r").unwrap();
    assert_eq!(run.state(), State::Failed);
    assert_eq!(run.tally(), (1, 2));
    assert_eq!(run.fact(), "1 of 2 done · exit status 3");
    assert_eq!(&*run.name, "clean-disk");
    assert_eq!(runs.about("alarm 222222222222 eu-west-1 disk").len(), 1);
    assert_eq!(runs.unfinished().count(), 0);
    assert_eq!(runs.last(), 2);
}

#[test]
fn what_one_gesture_started_in_several_accounts_is_one_run() {
    let mut runs = Runs::default();
    runs.take(&sent(1, "i1", "r", &["i-1"]));
    runs.take(&sent(2, "i2", "r", &["i-2"]));
    runs.take(&record(
        3,
        "outcome",
        "i1",
        json!({ "result": "refused", "targets": nodes(&["i-1"], &json!({ "result": "refused", "said": "denied" })) }),
    ));
    runs.take(&record(
        4,
        "outcome",
        "i2",
        json!({ "result": "ok", "targets": nodes(&["i-2"], &json!({ "result": "ok", "created": "c2" })) }),
    ));
    assert_eq!(runs.len(), 1);
    let run = runs.get("r").unwrap();
    assert_eq!(run.executions.len(), 2);
    assert_eq!(run.state(), State::Running, "one has ended, one goes on");
    runs.learn(&report("i2", "c2", &[("i-2", State::Succeeded)]));
    let run = runs.get("r").unwrap();
    assert_eq!(run.state(), State::Refused, "the worse of the two");
    assert_eq!(run.fact(), "1 of 2 done · denied");
}

#[test]
fn a_refusal_and_a_lost_answer_are_runs_too() {
    let mut runs = Runs::default();
    let mut refusal = sent(1, "i1", "r1", &["i-1"]);
    refusal.kind = "refusal".to_owned();
    refusal
        .body
        .insert("said".to_owned(), "this session is read-only".into());
    runs.take(&refusal);
    let run = runs.get("r1").unwrap();
    assert_eq!(run.state(), State::Refused);
    assert_eq!(run.fact(), "this session is read-only");
    runs.take(&sent(2, "i2", "r2", &["i-1"]));
    runs.take(&record(
        3,
        "outcome",
        "i2",
        json!({ "result": "unknown", "targets": nodes(&["i-1"], &json!({ "result": "unknown", "said": "no answer" })) }),
    ));
    assert_eq!(runs.get("r2").unwrap().state(), State::Unknown);
    // A later start found out what had become of it.
    runs.take(&record(
        4,
        "outcome",
        "i2",
        json!({ "result": "ok", "foundOut": true, "targets": nodes(&["i-1"], &json!({ "result": "ok", "created": "c9" })) }),
    ));
    assert_eq!(runs.get("r2").unwrap().state(), State::Pending);
    assert_eq!(&*runs.of_execution("c9").unwrap().id, "r2");
}

#[test]
fn what_was_done_about_a_run_stands_with_it() {
    let mut runs = Runs::default();
    runs.take(&sent(1, "i1", "r", &["i-1"]));
    runs.take(&record(
        2,
        "outcome",
        "i1",
        json!({ "result": "ok", "targets": nodes(&["i-1"], &json!({ "result": "ok", "created": "c1" })) }),
    ));
    let stop = json!({
        "verb": "run.cancel", "operator": "ben", "service": "SSM", "operation": "CancelCommand",
        "account": "222222222222", "region": "eu-west-1", "targets": nodes(&["c1"], &json!({})), "parameters": {},
    });
    assert!(runs.take(&record(3, "intent", "i3", stop)));
    assert!(runs.take(&record(
        4,
        "outcome",
        "i3",
        json!({ "result": "ok", "targets": [] })
    )));
    let remark = &runs.get("r").unwrap().remarks[0];
    assert_eq!(
        (&*remark.operator, &*remark.what, &*remark.result),
        ("ben", "stopped it", "ok")
    );
    // What is about no run of this journal is none of ours.
    let other = json!({ "operation": "ArchiveFindings", "service": "GuardDuty" });
    assert!(!runs.take(&record(5, "intent", "i5", other)));
}

#[test]
fn what_cannot_be_read_is_said_and_keeps_what_was_known() {
    let mut runs = Runs::default();
    runs.take(&sent(1, "i1", "r", &["i-1"]));
    runs.take(&record(
        2,
        "outcome",
        "i1",
        json!({ "result": "ok", "targets": nodes(&["i-1"], &json!({ "result": "ok", "created": "c1" })) }),
    ));
    runs.learn(&report("i1", "c1", &[("i-1", State::Running)]));
    let blind = Report {
        found: Err(Arc::from("access denied")),
        ..report("i1", "c1", &[])
    };
    assert!(runs.learn(&blind));
    assert!(!runs.learn(&blind), "the same again is nothing new");
    let run = runs.get("r").unwrap();
    assert_eq!(run.fact(), "not read: access denied");
    assert_eq!(run.executions[0].steps.len(), 1);
}

#[test]
fn output_is_kept_from_its_end_and_neutralised() {
    assert_eq!(&*lines("a\u{1b}[2Jb\r\nc", 100), "a\u{fffd}[2Jb\nc");
    assert_eq!(&*lines("0123456789", 4), "…6789");
}
