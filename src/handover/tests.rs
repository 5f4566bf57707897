//! The handover of one night, word for word; and what it says where it knows nothing.

use std::sync::Arc;

use super::*;
use crate::audit::record::Record;
use crate::domain::alarm::AlarmState;
use crate::domain::{
    Account, Body, FaultKind, Feed, ItemKey, Kind, Policy, Roster, Severity, SourceId,
};
use crate::history::{Episode, Named, Sight, watch::Seen};
use crate::lifecycle::{Acknowledgement, Comment, End, Entry as Kept, Owner};
use crate::store::tests::world::{
    alarm, alarms, at, batch, end, failed, feed, home, page, scope, window,
};
use crate::store::{Settings, Store};

const HOUR: i64 = 3_600;
/// When the night ends: eight hours after it began.
const NOW: i64 = 8 * HOUR;

fn store() -> Store {
    let account = |id: &str, name: &str| Account {
        id: id.parse().unwrap(),
        name: Arc::from(name),
        tags: std::collections::BTreeMap::new(),
        policy: Policy::ReadOnly,
        regions: vec![home().region],
    };
    let roster = Roster::new([
        account("111111111111", "payments-prod"),
        account("222222222222", "web_prod"),
    ]);
    let mut store = Store::new(Settings {
        roster: Arc::new(roster),
        ..Settings::default()
    });
    let mut answer = |feed: Feed, body: Body| {
        for body in [Body::Begin, body, end()] {
            store.apply(batch(feed, 1, NOW, body));
        }
    };
    let items = [
        alarm("api-5xx", AlarmState::Alarm, 2 * HOUR),
        alarm("disk`full` [now](http://evil)", AlarmState::Alarm, 5 * HOUR),
        alarm("queue-age", AlarmState::Alarm, 6 * HOUR),
        alarm("calm", AlarmState::Ok, 7 * HOUR),
    ];
    answer(alarms(), page(items));
    let mut night = window("mw-1", None, &[]);
    if let crate::domain::Detail::Window(detail) = &mut night.detail {
        detail.next = Some(at(NOW + 2 * HOUR));
    }
    let running = window("mw-2", Some(7 * HOUR), &[]);
    answer(feed(SourceId::Windows, "all"), page([night, running]));
    let lost = Feed {
        vantage: scope(222_222_222_222, "us-east-1"),
        ..feed(SourceId::Guardduty, "all")
    };
    store.apply(batch(lost, 1, 3 * HOUR, failed(FaultKind::Denied)));
    store.relearn(
        [Arc::new(taken("queue-age")), Arc::new(remarked("api-5xx"))],
        at(NOW),
    );
    store
}

fn key(id: &str) -> ItemKey {
    ItemKey {
        kind: Kind::Alarm,
        scope: home(),
        id: id.into(),
    }
}

fn taken(id: &str) -> Kept {
    Kept {
        version: 1,
        acknowledgement: Some(Acknowledgement {
            owner: Owner::new("ana", ""),
            session: "s".into(),
            at: at(6 * HOUR),
            severity: Severity::Critical,
            end: End::At(at(NOW + HOUR)),
            note: Some("restarted the <b>consumer</b>".into()),
            ticket: Some("OPS-7".into()),
            released: None,
        }),
        ..Kept::blank(key(id), at(6 * HOUR))
    }
}

fn remarked(id: &str) -> Kept {
    Kept {
        version: 1,
        comments: vec![Comment {
            at: at(3 * HOUR),
            act: "c-1".into(),
            by: Owner::new("ben", ""),
            text: "seen before, harmless".into(),
        }],
        ..Kept::blank(key(id), at(2 * HOUR))
    }
}

fn record(seq: u64, secs: i64, kind: &str, body: Value) -> Record {
    let Value::Object(body) = body else {
        unreachable!("an object")
    };
    Record {
        seq,
        at: at(secs),
        kind: kind.to_owned(),
        intent: seq.to_string(),
        session: "s".to_owned(),
        body,
    }
}

/// What the journal says of the night.
fn acts() -> Vec<Act> {
    let place = |verb: &str, more: Value| {
        let mut body = json!({
            "operator": "ana", "verb": verb, "account": "111111111111", "region": "eu-west-1",
            "targets": [{ "id": "i-0abc", "account": "111111111111", "region": "eu-west-1" }],
        });
        for (name, value) in more.as_object().unwrap() {
            body[name.as_str()] = value.clone();
        }
        body
    };
    let done = |seq, secs, verb: &str, more: Value, ended: Value| Act {
        began: record(seq, secs, "intent", place(verb, more)),
        ended: Some(record(seq + 100, secs + 30, "outcome", ended)),
    };
    let alone = |seq, secs, kind: &str, verb: &str, more: Value| Act {
        began: record(seq, secs, kind, place(verb, more)),
        ended: None,
    };
    vec![
        // Of the shift before: it is theirs to tell.
        alone(1, -HOUR, "note", "comment", json!({ "result": "ok" })),
        alone(
            2,
            60,
            "note",
            "operator.change",
            json!({ "result": "ok", "targets": [], "parameters": { "from": "cleo" } }),
        ),
        alone(
            3,
            6 * HOUR,
            "note",
            "acknowledge",
            json!({
                "result": "ok", "parameters": { "note": "restarted the <b>consumer</b>", "ticket": "OPS-7" },
                "targets": [{ "id": "queue-age", "said": "until 09:10Z" }],
            }),
        ),
        done(
            4,
            HOUR,
            "runbook restart-instance",
            json!({ "operation": "SendCommand", "service": "SSM" }),
            json!({ "result": "ok", "targets": [{ "created": "cmd-1" }] }),
        ),
        done(
            5,
            2 * HOUR,
            "alarm.mute",
            json!({ "operation": "PutAlarmMuteRule", "item": "3 items" }),
            json!({ "result": "ok", "targets": [] }),
        ),
        done(
            6,
            3 * HOUR,
            "finding.resolve",
            json!({ "operation": "BatchUpdateFindings", "item": "finding f-1" }),
            json!({ "result": "unknown", "targets": [{ "said": "no answer came" }] }),
        ),
        alone(
            7,
            4 * HOUR,
            "refusal",
            "patch.install",
            json!({ "operation": "SendCommand", "said": "this session is read-only" }),
        ),
    ]
}

fn episode(id: &str, came: i64, cleared: Option<i64>) -> Episode {
    Episode {
        item: Arc::new(Named {
            key: key(id),
            name: format!("alarm {id}").into(),
        }),
        began: at(came),
        came: at(came),
        seen: true,
        worst: Severity::Medium,
        rose: None,
        cleared: cleared.map(at),
        back: None,
        open: at(came),
    }
}

fn reading(window: Span) -> Reading {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let sight = |account: &str, region: &str, blind, late| Sight {
        source: "guardduty".into(),
        account: account.into(),
        region: region.into(),
        part: "all".into(),
        seen: Seen {
            blind: minutes(blind),
            late: minutes(late),
            ..Seen::default()
        },
    };
    Reading {
        window,
        episodes: vec![
            // It began before the night and cleared in it.
            episode("old", -5 * HOUR, Some(HOUR)),
            episode("gone", HOUR, None),
            Episode {
                worst: Severity::Critical,
                rose: Some((Severity::Critical, at(4 * HOUR))),
                ..episode("api-5xx", 2 * HOUR, None)
            },
            episode("queue-age", 6 * HOUR, None),
        ],
        sights: vec![
            sight("222222222222", "us-east-1", 300, 0),
            sight("222222222222", "eu-west-1", 0, 12),
            sight("111111111111", "eu-west-1", 0, 0),
        ],
        gaps: vec![Span {
            from: at(3 * HOUR),
            until: at(3 * HOUR + 1_500),
        }],
    }
}

fn night() -> Span {
    Span {
        from: at(0),
        until: at(NOW),
    }
}

fn gathered<'a>(store: &'a Store, acts: &'a [Act], reading: &'a Reading) -> Gathered<'a> {
    Gathered {
        now: at(NOW),
        window: night(),
        shift: Some("night"),
        next: at(2 * NOW),
        operator: "ana",
        store,
        ledger: None,
        journal: Ok(acts),
        history: Ok(reading),
        most: usize::MAX,
    }
}

#[test]
fn a_night_is_handed_over_in_every_form() {
    let (store, acts, reading) = (store(), acts(), reading(night()));
    let handover = compose(&gathered(&store, &acts, &reading));
    assert!(handover.is_partial, "a feed is blind");
    insta::assert_snapshot!("plain", handover.write(Format::Plain));
    insta::assert_snapshot!("markdown", handover.write(Format::Markdown));
    let json: Value = serde_json::from_str(&handover.write(Format::Json)).unwrap();
    let names: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    insta::assert_snapshot!("names", names.join("\n"));
    assert_eq!(json["unread"], json!({}));
    assert_eq!(json["came"].as_array().unwrap().len(), 3);
    assert_eq!(json["owned"][0]["ack"]["owner"], "ana");
    assert_eq!(json["blind"][0]["feeds"][0]["blindSeconds"], 5 * 3_600);
    // Every name as it is: in JSON nothing has to be taken for anything else.
    assert_eq!(json["unowned"][1]["id"], "disk`full` [now](http://evil)");
}

#[test]
fn what_could_not_be_read_is_unread_and_never_nothing() {
    let store = Store::new(Settings::default());
    let reading = Reading {
        gaps: vec![night()],
        episodes: Vec::new(),
        ..reading(night())
    };
    let blind = Gathered {
        ledger: Some("The table is away."),
        journal: Err("The journal is damaged."),
        history: Err("The history is damaged."),
        ..gathered(&store, &[], &reading)
    };
    let text = compose(&blind).write(Format::Plain);
    for (line, times) in [
        (
            "Not read: who has what is not known, because the ledger could not be read. The table is away.",
            3,
        ),
        ("Not read: The journal is damaged.", 5),
        ("Not read: The history is damaged.", 5),
    ] {
        assert_eq!(text.matches(line).count(), times, "{line}\n{text}");
    }
    assert!(
        !text.contains("Nothing came") && !text.contains("Nobody took"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&compose(&blind).write(Format::Json)).unwrap();
    assert_eq!(json["unread"]["came"], "The history is damaged.");
    // A history that is there, of a time in which nobody watched, knows no more than none.
    let unwatched = compose(&gathered(&store, &[], &reading));
    assert!(unwatched.is_partial);
    let text = unwatched.write(Format::Plain);
    assert!(
        text.contains("Not read: no console of this machine was watching in that time."),
        "{text}"
    );
    assert!(
        text.contains("No console of this machine was watching for 8h00 of 8h00"),
        "{text}"
    );
}

#[test]
fn people_read_the_worst_and_a_count_of_the_rest() {
    let (mut store, acts, reading) = (store(), acts(), reading(night()));
    let many = (0..200).map(|n| alarm(&format!("a-{n:03}"), AlarmState::Alarm, HOUR));
    store.apply(batch(
        alarms(),
        1,
        NOW,
        crate::store::tests::world::changed(many),
    ));
    let few = Gathered {
        most: SHOWN,
        ..gathered(&store, &acts, &reading)
    };
    let handover = compose(&few);
    assert_eq!(handover.sections[0].lines.made.len(), SHOWN);
    let text = handover.write(Format::Plain);
    assert!(text.contains("Open, and nobody has it (202)"), "{text}");
    assert!(
        text.contains("… and 177 more; --format json has all of them"),
        "{text}"
    );
}
