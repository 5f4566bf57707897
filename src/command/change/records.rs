//! Incidents of Incident Manager: notes, and their end.

use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::incidents::{LONGEST, NoteInIncident, ResolveIncident};
use crate::domain::Detail;
use crate::domain::incident::RecordDetail;
use crate::store::Row;

use super::{Ask, Fit, Offer};

/// What is noted.
const NOTE_LINE: Ask = Ask::Words("timeline");

/// Something for everybody who responds.
pub const NOTE: Offer = Offer {
    name: "record.note",
    done: "Noted in",
    risk: Risk::Low,
    asks: &[NOTE_LINE],
    fits: |row, _| match record(row) {
        Some(_) => Fit::Yes,
        None => Fit::Foreign,
    },
    parts: |aim| {
        let note = aim.said.word(NOTE_LINE.label()).trim();
        if note.is_empty() {
            return Err("write what is to stand in the timeline".to_owned());
        }
        let count = note.chars().count();
        if count > LONGEST {
            return Err(format!(
                "a note has {LONGEST} characters at most, these are {count}"
            ));
        }
        Ok(aim.per_item(|row| {
            let order = NoteInIncident {
                scope: row.key().scope,
                record: row.key().id.to_string(),
                note: note.to_owned(),
                at: aim.now,
            };
            Some(order.into())
        }))
    },
};

/// It is over.
pub const RESOLVE: Offer = Offer {
    name: "record.resolve",
    done: "Resolved",
    risk: Risk::Medium,
    asks: &[],
    fits: |row, _| match record(row) {
        Some(d) if &*d.status == "RESOLVED" => Fit::No("it is resolved already.".to_owned()),
        Some(_) => Fit::Yes,
        None => Fit::Foreign,
    },
    parts: |aim| {
        let mut parts = aim.per_item(|row| {
            let order = ResolveIncident {
                scope: row.key().scope,
                record: row.key().id.to_string(),
            };
            Some(order.into())
        });
        // What a colleague did since it was read is not swept away.
        for part in &mut parts {
            part.seen = Arc::from("OPEN");
        }
        Ok(parts)
    },
};

fn record(row: &Row) -> Option<&RecordDetail> {
    match &row.item().detail {
        Detail::Record(d) => Some(d),
        _ => None,
    }
}
