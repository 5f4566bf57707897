//! Mute rules: muting for longer, and taking a rule away before its time.

use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::mutes::{DeleteMute, LONGEST, PutMute};
use crate::clock::Timestamp;
use crate::domain::Detail;
use crate::domain::mute::{MuteDetail, MuteRhythm};
use crate::store::Row;

use super::{Ask, Fit, Offer, alarms};

/// A further rule for the same alarms, until later. CloudWatch takes no rule that begins in the past, so the same rule
/// with another end would mute nothing for a minute or two; beside the old one there is no gap.
pub const EXTEND: Offer = Offer {
    name: "mute.extend",
    done: "Extended",
    risk: Risk::Medium,
    asks: &[Ask::Span, Ask::Note],
    fits: |row, _| match detail(row) {
        None => Fit::Foreign,
        Some(mute) if mute.rhythm == MuteRhythm::Recurring => {
            Fit::No("it comes again and again by its schedule, and has no end to move.".to_owned())
        }
        Some(mute) if mute.unread.is_some() || mute.alarms.is_empty() => {
            Fit::No("which alarms it mutes could not be read.".to_owned())
        }
        Some(mute) if mute.end().is_none() => {
            Fit::No("CloudWatch does not tell when it ends.".to_owned())
        }
        Some(_) => Fit::Yes,
    },
    parts: |aim| {
        let more = aim.said.until(aim.now)?.since(aim.now);
        let until = |mute: &MuteDetail| mute.end().unwrap_or(aim.now).max(aim.now).plus(more);
        let all = aim.rows.iter().filter_map(|row| detail(row));
        if all.map(until).any(|end| end.since(aim.now) > LONGEST) {
            return Err("CloudWatch mutes for fifteen days at most".to_owned());
        }
        let name = alarms::name(&aim.said.operator, aim.now);
        let mut parts = aim.per_item(|row| {
            let mute = detail(row)?;
            let note = match aim.said.word(Ask::Note.label()) {
                "" => mute.note.as_deref().unwrap_or_default(),
                note => note,
            };
            let begins = mute.spans.first().map_or(aim.now, |span| span.from);
            let order = PutMute {
                name: name.clone(),
                alarms: mute.alarms.iter().map(ToString::to_string).collect(),
                from: begins.max(aim.now),
                until: until(mute),
                note: note.to_owned(),
            };
            Some(order.into())
        });
        // Several rules of one account and region must not get one name: the second would replace the first.
        for (at, part) in parts.iter_mut().enumerate().skip(1) {
            if let super::Order::PutMute(order) = &mut part.order {
                order.name = order.rule(at);
            }
        }
        Ok(parts)
    },
};

/// The rule is taken away: its alarms notify again.
pub const CANCEL: Offer = Offer {
    name: "mute.cancel",
    done: "Cancelled",
    risk: Risk::Medium,
    asks: &[],
    fits: |row, _| {
        match detail(row) {
        None => Fit::Foreign,
        Some(mute) if mute.rhythm == MuteRhythm::Recurring => Fit::No(
            "it comes again and again by its schedule; take it away where that is kept, or it is gone for good."
                .to_owned(),
        ),
        Some(_) => Fit::Yes,
    }
    },
    parts: |aim| {
        let mut parts = aim.per_item(|row| {
            let name = row.key().id.to_string();
            Some(DeleteMute { name }.into())
        });
        let seen = aim.rows.iter().map(|row| detail(row)?.expires);
        for (part, expires) in parts.iter_mut().zip(seen) {
            // A colleague may have given the rule another end since.
            part.seen = Arc::from(expires.map_or(0, Timestamp::as_secs).to_string());
        }
        Ok(parts)
    },
};

fn detail(row: &Row) -> Option<&MuteDetail> {
    match &row.item().detail {
        Detail::Mute(mute) => Some(mute),
        _ => None,
    }
}
