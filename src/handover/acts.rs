//! What was done: taken and given back, muted, run, changed, and what was refused. From the journal of this machine.

use crate::audit::record::Act;
use crate::domain::Detail;
use crate::domain::mute::MuteSpan;
use crate::panes::fact;
use crate::store::{Row, export};

use super::{Entry, Gathered, Section, Text};

/// Operations that start something which goes on by itself: their results are runs.
const RUNS: &[&str] = &[
    "StartAutomationExecution",
    "SendAutomationSignal",
    "StopAutomationExecution",
    "SendCommand",
    "CancelCommand",
    "StartBackupJob",
    "StartCopyJob",
    "StopBackupJob",
];
/// Operations on mute rules.
const MUTES: &[&str] = &["PutAlarmMuteRule", "DeleteAlarmMuteRule"];

pub(super) fn sections(of: &Gathered<'_>) -> Vec<Section> {
    let (acts, unread) = match of.journal {
        Ok(acts) => (acts, None),
        Err(why) => (&[][..], Some(why.to_owned())),
    };
    let within: Vec<&Act> = acts
        .iter()
        .filter(|act| of.window.from <= act.began.at && act.began.at < of.window.until)
        .collect();
    let is_note = |act: &Act| act.began.kind == "note";
    let is_refused = |act: &Act| !is_note(act) && act.began.kind == "refusal";
    let is_of = |act: &Act, operations: &[&str]| {
        !is_note(act) && !is_refused(act) && operations.contains(&act.began.text("operation"))
    };
    let section = |name, title, nothing, holds: &dyn Fn(&Act) -> bool| Section {
        name,
        title,
        nothing,
        lines: of.lines(
            within.iter().copied().filter(|act| holds(act)).collect(),
            |act| entry(of, act),
        ),
        unread: unread.clone(),
    };
    vec![
        section(
            "acts",
            "Taken, given back, remarked",
            "Nobody took or gave back anything from this machine.",
            &is_note,
        ),
        section(
            "mutes",
            "Muted",
            "Nobody muted anything from this machine.",
            &|act| is_of(act, MUTES),
        ),
        rules(of),
        section(
            "runs",
            "Runs",
            "Nothing was run from this machine.",
            &|act| is_of(act, RUNS),
        ),
        section(
            "changes",
            "Changed in AWS",
            "Nothing else was changed from this machine.",
            &|act| !is_note(act) && !is_refused(act) && !is_of(act, RUNS) && !is_of(act, MUTES),
        ),
        section("refused", "Refused", "No change was refused.", &is_refused),
    ]
}

/// The mute rules that hold now, whoever made them.
fn rules(of: &Gathered<'_>) -> Section {
    let mut rules: Vec<(&Row, MuteSpan)> = of
        .store
        .rows()
        .filter_map(|(_, row)| match &row.item().detail {
            Detail::Mute(mute) => Some((row, mute.current(of.now)?)),
            _ => None,
        })
        .collect();
    // What ends first is what the next shift meets first; what never ends stands last.
    rules.sort_by_key(|(row, span)| (span.until.is_none(), span.until, row.key()));
    let roster = of.store.roster();
    let lines = of.lines(rules, |(row, span)| {
        let key = row.key();
        let until = span.until.map_or_else(
            || "without an end ".to_owned(),
            |until| format!("until {} ", fact::clock(until, of.now)),
        );
        Entry {
            text: Text::ours(until)
                .theirs(&roster.name(key.scope.account))
                .and(format!(" {} ", key.scope.region))
                .theirs(&row.item().name)
                .and(": ")
                .theirs(&row.item().title),
            json: export::item_json(row, roster, None),
        }
    });
    Section {
        name: "muteRules",
        title: "Muted now",
        nothing: "No mute rule that was read holds now.",
        lines,
        unread: None,
    }
}

/// Who did what, on what, and what came of it.
fn entry(of: &Gathered<'_>, act: &Act) -> Entry {
    let began = &act.began;
    let parameter = |name: &str| began.body.get("parameters")?.get(name)?.as_str();
    if let ("operator.change", Some(before)) = (began.text("verb"), parameter("from")) {
        return Entry {
            text: Text::ours(format!("{} ", fact::clock(began.at, of.now)))
                .theirs(began.text("operator"))
                .and(" took over from ")
                .theirs(before),
            json: began.json(),
        };
    }
    let mut text = Text::ours(format!("{} ", fact::clock(began.at, of.now)))
        .theirs(began.text("operator"))
        .and(" ")
        .join(word(began.text("verb")));
    if let Ok(account) = began.text("account").parse() {
        text = text
            .and(" in ")
            .theirs(&of.store.roster().name(account))
            .and(" ")
            .join(word(began.text("region")));
    }
    let item = began.text("item");
    text = match began.targets() {
        [] => text,
        // What operators know it by says more than the ARN that was sent.
        _ if !item.is_empty() => text.and(" on ").theirs(item),
        [one] => text
            .and(" on ")
            .theirs(one["id"].as_str().unwrap_or_default()),
        many => text.and(format!(" on {} items", many.len())),
    };
    text = text.and(format!(": {}", act.result()));
    let ended = act.ended.as_ref().unwrap_or(began);
    let mut said: Vec<&str> = ended
        .targets()
        .iter()
        .flat_map(|target| [target["said"].as_str(), target["created"].as_str()])
        .flatten()
        .chain(Some(began.text("said")).filter(|said| !said.is_empty()))
        .collect();
    said.sort_unstable();
    said.dedup();
    for sentence in said.iter().take(3) {
        text = text.and(", ").theirs(sentence);
    }
    if began.kind == "note" {
        for name in ["note", "ticket", "to"] {
            if let Some(value) = parameter(name) {
                text = text.and(format!(", {name} ")).theirs(value);
            }
        }
    }
    let mut json = began.json();
    json["result"] = act.result().into();
    if let Some(ended) = &act.ended {
        json["ended"] = ended.json();
    }
    Entry { text, json }
}

/// A word of noctop's own, if it looks like one: a command, a region.
fn word(text: &str) -> Text {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-');
    if text.chars().all(is_plain) {
        Text::ours(text)
    } else {
        Text::default().theirs(text)
    }
}
