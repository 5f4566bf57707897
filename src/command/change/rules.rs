//! Rules of AWS Config: looking again, and putting right what breaks them.

use crate::aws::ops::Risk;
use crate::aws::ops::config::EvaluateRules;
use crate::aws::ops::read_first::ReadFirst;
use crate::domain::Detail;
use crate::domain::compliance::{ComplianceDetail, is_of_security_hub};
use crate::store::Row;

use super::{Fit, Offer};

/// A rule that looks again.
pub const EVALUATE: Offer = Offer {
    name: "rule.evaluate",
    done: "Asked to look again:",
    risk: Risk::Low,
    asks: &[],
    fits: |row, _| if is_rule(row) { Fit::Yes } else { Fit::Foreign },
    parts: |aim| {
        Ok(aim.per_scope(|rows| {
            let order = EvaluateRules {
                scope: rows[0].key().scope,
                rules: rows.iter().map(|row| row.key().id.to_string()).collect(),
            };
            order.into()
        }))
    },
};

/// Resources that are put right.
pub const REMEDIATE: Offer = Offer {
    name: "rule.remediate",
    done: "Putting right what breaks",
    risk: Risk::High,
    asks: &[],
    fits: |row, _| match is_rule(row) {
        true if is_of_security_hub(&row.key().id) => Fit::No(
            "Security Hub made it for one of its controls and gave it no remediation.".to_owned(),
        ),
        true => Fit::Yes,
        false => Fit::Foreign,
    },
    parts: |aim| {
        if aim.rows.len() > 1 {
            return Err(
                "one rule at a time: what it changes is listed before it starts".to_owned(),
            );
        }
        Ok(aim.per_item(|row| {
            let remedy = ReadFirst::Remedy(row.key().id.to_string());
            Some(crate::aws::ops::Order::ReadFirst(remedy))
        }))
    },
};

fn is_rule(row: &Row) -> bool {
    let Detail::Compliance(detail) = &row.item().detail else {
        return false;
    };
    matches!(**detail, ComplianceDetail::Rule(_))
}
