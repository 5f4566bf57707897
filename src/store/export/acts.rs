//! What operators did about an item, as JSON.

use serde_json::{Value, json};

use crate::lifecycle::{End, Ended, State};
use crate::store::Row;

use super::time;

/// Who has it; null where nobody has, or where their acknowledgement is over.
pub(super) fn ack(row: &Row) -> Value {
    let held = row
        .entry()
        .and_then(|entry| entry.held())
        .filter(|_| row.state() == State::Acknowledged);
    held.map_or(Value::Null, |ack| {
        json!({
            "owner": &*ack.owner.operator,
            "identity": &*ack.owner.identity,
            "at": time(ack.at),
            "until": time(ack.end.until()),
            "untilClear": matches!(ack.end, End::Clears { .. }),
            "note": ack.note.as_deref(),
            "ticket": ack.ticket.as_deref(),
        })
    })
}

/// Everything else that the ledger keeps about it; null where it keeps nothing.
pub(super) fn ledger(row: &Row) -> Value {
    let Some(entry) = row.entry() else {
        return Value::Null;
    };
    let snooze = entry
        .snooze
        .as_ref()
        .filter(|_| row.state() == State::Snoozed);
    let comments: Vec<Value> = entry
        .comments
        .iter()
        .map(|comment| {
            json!({
                "at": time(comment.at),
                "by": &*comment.by.operator,
                "text": &*comment.text,
            })
        })
        .collect();
    json!({
        "snoozedUntil": snooze.and_then(|snooze| time(snooze.until)),
        "snoozedBy": snooze.map(|snooze| &*snooze.by.operator),
        "assignedTo": entry.assignment.as_ref().map(|assignment| &*assignment.to),
        "ended": row.ended().map(Ended::word),
        "comments": comments,
    })
}
