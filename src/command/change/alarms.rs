//! Alarms: muting what they set off. They go on being watched, and stay where they are on the screen.

use crate::aws::ops::Risk;
use crate::aws::ops::mutes::{LONGEST, PutMute, rule_name};
use crate::clock::Timestamp;
use crate::domain::Detail;
use crate::store::Row;

use super::{Ask, Fit, Offer};

/// What a rule made now is called. One of the same name would be replaced: two within one second must not share one.
pub(super) fn name(operator: &str, now: Timestamp) -> String {
    let millis = now.as_millis().rem_euclid(1_000);
    format!("{}-{millis:03}", rule_name(operator, now))
}

/// A mute rule for alarms.
pub const MUTE: Offer = Offer {
    name: "alarm.mute",
    done: "Muted",
    risk: Risk::Medium,
    asks: &[Ask::Span, Ask::Note],
    fits: |row, _| match &row.item().detail {
        Detail::Alarm(alarm) if !alarm.actions_enabled => {
            Fit::No("its actions are switched off already; nobody is notified.".to_owned())
        }
        Detail::Alarm(_) => Fit::Yes,
        _ => Fit::Foreign,
    },
    parts: |aim| {
        let until = aim.said.until(aim.now)?;
        if until.since(aim.now) > LONGEST {
            return Err("CloudWatch mutes for fifteen days at most".to_owned());
        }
        let note = aim.said.word(Ask::Note.label());
        Ok(aim.per_scope(|rows| {
            let alarms = rows.iter().map(|row: &&Row| row.key().id.to_string());
            PutMute {
                name: name(&aim.said.operator, aim.now),
                alarms: alarms.collect(),
                from: aim.now,
                until,
                note: note.to_owned(),
            }
            .into()
        }))
    },
};
