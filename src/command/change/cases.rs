//! Cases of AWS Support: a reply, which people at AWS read, and their end.

use std::sync::Arc;

use crate::aws::ops::Risk;
use crate::aws::ops::support::{LONGEST, ReplyToCase, ResolveCase};
use crate::domain::Detail;
use crate::domain::incident::CaseDetail;
use crate::store::Row;

use super::{Ask, Fit, Offer};

/// What is written to AWS.
const REPLY_LINE: Ask = Ask::Words("reply");

/// Something written to AWS.
pub const REPLY: Offer = Offer {
    name: "case.reply",
    done: "Written to AWS in",
    risk: Risk::Medium,
    asks: &[REPLY_LINE],
    fits: |row, _| match case(row) {
        Some(_) => Fit::Yes,
        None => Fit::Foreign,
    },
    parts: |aim| {
        let body = aim.said.word(REPLY_LINE.label()).trim();
        if body.is_empty() {
            return Err("write what AWS is to read".to_owned());
        }
        let count = body.chars().count();
        if count > LONGEST {
            return Err(format!("AWS takes {LONGEST} characters, these are {count}"));
        }
        if aim.rows.len() > 1 {
            return Err(
                "one case at a time: a reply is read by the people who work on it".to_owned(),
            );
        }
        Ok(aim.per_item(|row| {
            let order = ReplyToCase {
                scope: row.key().scope,
                case: row.key().id.to_string(),
                body: body.to_owned(),
            };
            Some(order.into())
        }))
    },
};

/// It is over.
pub const RESOLVE: Offer = Offer {
    name: "case.resolve",
    done: "Resolved at AWS",
    risk: Risk::Medium,
    asks: &[],
    fits: |row, _| match case(row) {
        Some(d) if &*d.status == "resolved" => Fit::No("it is resolved already.".to_owned()),
        Some(_) => Fit::Yes,
        None => Fit::Foreign,
    },
    parts: |aim| {
        let mut parts = aim.per_item(|row| {
            let order = ResolveCase {
                scope: row.key().scope,
                case: row.key().id.to_string(),
            };
            Some(order.into())
        });
        // What AWS or a colleague did since it was read is not swept away.
        for part in &mut parts {
            let row = aim
                .rows
                .iter()
                .find(|row| Some(row.key()) == part.items.first());
            if let Some(d) = row.and_then(|row| case(row)) {
                part.seen = Arc::clone(&d.status);
            }
        }
        Ok(parts)
    },
};

fn case(row: &Row) -> Option<&CaseDetail> {
    match &row.item().detail {
        Detail::Case(d) => Some(d),
        _ => None,
    }
}
