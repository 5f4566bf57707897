use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::Scope;
use crate::domain::text::is_hostile;
use crate::logs::mark::MarkKind;

fn look(format: Format) -> Look {
    Look {
        format,
        colour: false,
        terminal: false,
        zone: None,
        streams: false,
        columns: false,
        pretty: false,
        fold: false,
        flow: FlowFormat::default(),
    }
}

fn origins() -> Origins {
    let mut origins = Origins::default();
    for (account, name, group) in [
        ("111111111111", "web", "/app/pay"),
        ("222222222222", "shop", "/app/cart"),
    ] {
        let scope = Scope {
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let id = origins.group(scope, &Arc::from(name), &Arc::from(group));
        origins.stream(id, "i-1");
    }
    origins
}

fn event(text: &str) -> Event {
    Event {
        at: Timestamp::from_millis(1_795_230_000_123),
        ingested: Timestamp::from_millis(1_795_230_000_456),
        origin: crate::logs::OriginId(1),
        id: Some("42".into()),
        text: text.to_owned(),
    }
}

fn printed(look: Look, text: &str) -> String {
    let origins = origins();
    let mut printer = Printer::new(look, &origins);
    printer.event(&origins, &event(text));
    printer.take()
}

#[test]
fn a_line_says_when_where_and_what() {
    assert_eq!(
        printed(look(Format::Text), "hello\n"),
        "2026-11-21T03:00:00.123Z shop cart hello\n"
    );
    let berlin = Look {
        zone: TimeZone::get("Europe/Berlin").ok(),
        streams: true,
        ..look(Format::Text)
    };
    assert_eq!(
        printed(berlin, "hello"),
        "2026-11-21 04:00:00.123 shop cart i-1 hello\n"
    );
}

#[test]
fn further_lines_are_seen_to_belong_to_their_event_or_are_folded() {
    let text = "java.lang.X: y\r\n\tat a\n\tat b\n";
    assert_eq!(
        printed(look(Format::Text), text),
        "2026-11-21T03:00:00.123Z shop cart java.lang.X: y\n   at a\n   at b\n"
    );
    let folded = Look {
        fold: true,
        ..look(Format::Text)
    };
    assert_eq!(
        printed(folded.clone(), text),
        "2026-11-21T03:00:00.123Z shop cart java.lang.X: y [+2]\n"
    );
    assert_eq!(printed(folded, "\tat c"), "");
}

#[test]
fn nothing_that_a_line_contains_controls_a_terminal() {
    let hostile = "a\u{1b}[31mred\u{1b}[0m\u{1b}]0;x\u{7}\u{202e}b\0";
    assert_eq!(
        printed(look(Format::Text), hostile),
        "2026-11-21T03:00:00.123Z shop cart ared\u{fffd}b\u{fffd}\n"
    );
    let terminal = Look {
        colour: true,
        terminal: true,
        ..look(Format::Text)
    };
    let shown = printed(terminal, hostile);
    assert!(
        shown.contains("\u{1b}[31mred\u{1b}[0m") && !shown.contains("]0;"),
        "{shown:?}"
    );
    // Raw is what was written, except to a terminal.
    assert_eq!(printed(look(Format::Raw), hostile), format!("{hostile}\n"));
    let raw = Look {
        terminal: true,
        ..look(Format::Raw)
    };
    assert_eq!(printed(raw, hostile), "ared\u{fffd}b\u{fffd}\n");
}

#[test]
fn json_is_exact_and_harmless() {
    let hostile = "a\u{1b}[31m\u{202e}\u{9b}\u{7f}é\0\u{e0041}";
    let line = printed(look(Format::Jsonl), hostile);
    assert!(!line.trim_end().chars().any(is_hostile), "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["message"], hostile);
    assert_eq!(value["eventId"], "42");
    assert_eq!(value["account"]["name"], "shop");
    assert_eq!(value["timestamp"], "2026-11-21T03:00:00.123Z");
}

#[test]
fn one_document_holds_events_marks_and_the_rest() {
    let origins = origins();
    let mut printer = Printer::new(look(Format::Json), &origins);
    printer.begin();
    printer.event(&origins, &event("one"));
    let mark = Mark {
        kind: MarkKind::Gap,
        at: Timestamp::from_secs(1_795_230_000),
        lasted: Duration::from_secs(7),
        why: "away".into(),
    };
    assert!(printer.mark(&mark));
    printer.event(&origins, &event("two"));
    let rest = serde_json::json!({ "asOf": "x" });
    printer.end(rest.as_object().unwrap());
    let value: serde_json::Value = serde_json::from_str(&printer.take()).unwrap();
    assert_eq!(value["events"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&value["marks"][0]["mark"], &value["asOf"]),
        (&"GAP".into(), &"x".into())
    );
    let mut none = Printer::new(look(Format::Json), &origins);
    none.begin();
    none.end(&serde_json::Map::new());
    assert!(serde_json::from_str::<serde_json::Value>(&none.take()).is_ok());
}

#[test]
fn known_lines_become_columns_and_json_is_laid_out() {
    let columns = Look {
        columns: true,
        pretty: true,
        ..look(Format::Text)
    };
    let flow = "2 111111111111 eni-0a 10.0.0.1 10.0.0.2 49152 443 6 20 4249 1418530010 1418530070 REJECT OK";
    let line = printed(columns.clone(), flow);
    assert!(line.contains("REJECT    tcp    10.0.0.1:49152"), "{line}");
    assert_eq!(
        printed(columns, "INFO {\"a\":{\"b\":1}}"),
        "2026-11-21T03:00:00.123Z shop cart INFO\n  {\n    a: {b: 1}\n  }\n"
    );
}

#[test]
fn an_endless_line_is_cut_for_people_and_whole_for_machines() {
    let long = "x".repeat(1_000_000);
    let terminal = Look {
        terminal: true,
        ..look(Format::Text)
    };
    let shown = printed(terminal, &long);
    assert!(shown.len() < 9_000 && shown.contains("(1000000 bytes in all)"));
    assert!(printed(look(Format::Text), &long).len() > 1_000_000);
}
