//! Several writes, all or none.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::attribute::invalid;
use super::table::{Key, Tables, short};
use super::write::{Deed, Outcome, Write};
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

const KINDS: [&str; 4] = ["ConditionCheck", "Put", "Delete", "Update"];

/// `TransactWriteItems`.
pub fn write(call: &Call<'_>) -> Answer {
    let parts = call.arg("TransactItems").items();
    if parts.is_empty() || parts.len() > 100 {
        let rule = if parts.is_empty() {
            "greater than or equal to 1"
        } else {
            "less than or equal to 100"
        };
        return Err(invalid(format!(
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length {rule}"
        )));
    }
    let mut writes = Vec::new();
    for part in parts {
        let [(kind, input)] = part.members() else {
            return Err(invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        };
        if !KINDS.contains(&&**kind) {
            return Err(invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        }
        let table = short(input.at("TableName").as_str().unwrap_or_default());
        writes.push((table, Write::read(kind, input)?));
    }
    let print = {
        let mut hasher = DefaultHasher::new();
        format!("{:?}", call.arg("TransactItems")).hash(&mut hasher);
        hasher.finish()
    };
    call.estate(|all: &mut Tables, _, now| {
        let token = call.text("ClientRequestToken");
        if let Some((known, _)) = token.and_then(|token| all.tokens.get(token)) {
            if *known == print {
                return Ok(Value::Map(answer(call, &[])));
            }
            let message = "The parameters differ from those of the first request with this token";
            return Err(Refusal::new("IdempotentParameterMismatchException", message).with("Message", message));
        }
        let mut places: Vec<(&str, Key)> = Vec::new();
        for (name, write) in &writes {
            let table = all.usable(name, now)?;
            let place = (*name, write.place(table)?);
            if places.contains(&place) {
                return Err(invalid("Transaction request cannot include multiple operations on one item"));
            }
            places.push(place);
        }
        let mut outcomes: Vec<(&str, Outcome)> = Vec::new();
        let mut reasons = Vec::new();
        let mut codes = Vec::new();
        for (name, write) in &writes {
            let weighed = write.weigh(all.usable(name, now)?);
            let (reason, code) = match weighed {
                Ok(outcome) => {
                    if !matches!(write.deed, Deed::Check) {
                        outcomes.push((name, outcome));
                    }
                    (fields! { "Code" => "None" }, "None")
                }
                Err(why) if why.code == "ConditionalCheckFailedException" => (
                    fields! {
                        "Item" => why.fields.get("Item").cloned(),
                        "Code" => "ConditionalCheckFailed",
                        "Message" => why.message,
                    },
                    "ConditionalCheckFailed",
                ),
                Err(why) => (
                    fields! { "Code" => "ValidationError", "Message" => why.message },
                    "ValidationError",
                ),
            };
            reasons.push(reason);
            codes.push(code);
        }
        if codes.iter().any(|code| *code != "None") {
            let message = format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            );
            return Err(Refusal::new("TransactionCanceledException", message.clone())
                .with("Message", message)
                .with("CancellationReasons", reasons));
        }
        let units: Vec<(String, usize)> =
            outcomes.iter().map(|(name, outcome)| ((*name).to_owned(), 2 * outcome.units())).collect();
        for (name, outcome) in outcomes {
            outcome.settle(all.usable(name, now)?);
        }
        if let Some(token) = token {
            all.tokens.insert(token.to_owned(), (print, now));
        }
        Ok(Value::Map(answer(call, &units)))
    })
}

fn answer(call: &Call<'_>, units: &[(String, usize)]) -> Map {
    let mut answer = Map::default();
    let consumed: Vec<Value> = units
        .iter()
        .filter_map(|(name, units)| super::write::consumed(call, name, *units))
        .collect();
    if !consumed.is_empty() {
        answer.set("ConsumedCapacity", consumed);
    }
    answer
}
