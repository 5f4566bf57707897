//! Writing one item: put, update, delete, alone or as part of a transaction.

use super::attribute::{Item, invalid, read_item, size_of, write_item};
use super::evaluate::{apply, holds, touched};
use super::expression::{Action, Condition, Step};
use super::parse;
use super::placeholders::Placeholders;
use super::table::{Key, Table, Tables};
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

/// What is to be done to an item.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It is replaced.
    Put(Item),
    /// It is changed, or made.
    Update(Vec<Action>),
    /// It is removed.
    Delete,
    /// Nothing; only the condition is asked.
    Check,
}

/// A write that has been read and not yet been carried out.
#[derive(Debug)]
pub struct Write {
    /// What is to be done.
    pub deed: Deed,
    /// The key as it was given; that of a put is in the item.
    key: Item,
    condition: Option<Condition>,
    /// Whether a refusal shows the item.
    pub shows: bool,
}

/// What a write makes of an item.
#[derive(Debug)]
pub struct Outcome {
    /// Where.
    pub key: Key,
    /// The item before.
    pub old: Option<Item>,
    /// The item after.
    pub new: Option<Item>,
}

/// Older ways to say the same, which nothing should use any more.
const LEGACY: &[&str] = &[
    "Expected",
    "AttributeUpdates",
    "ConditionalOperator",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "AttributesToGet",
];

/// Refuses the parameters of the time before expressions.
pub fn no_legacy(input: &Value) -> Result<(), Refusal> {
    match LEGACY.iter().find(|name| !input.at(name).is_null()) {
        Some(name) => Err(invalid(format!(
            "the simulator does not take the legacy parameter {name}"
        ))),
        None => Ok(()),
    }
}

fn one_of(input: &Value, member: &'static str, at: &str, known: &[&str]) -> Result<(), Refusal> {
    match input.at(member).as_str() {
        Some(given) if !known.contains(&given) => Err(invalid(format!(
            "1 validation error detected: Value '{given}' at '{at}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            known.join(", ")
        ))),
        _ => Ok(()),
    }
}

impl Write {
    /// Reads a write: `kind` is `Put`, `Update`, `Delete` or `ConditionCheck`.
    pub fn read(kind: &str, input: &Value) -> Result<Self, Refusal> {
        no_legacy(input)?;
        one_of(
            input,
            "ReturnValuesOnConditionCheckFailure",
            "returnValuesOnConditionCheckFailure",
            &["ALL_OLD", "NONE"],
        )?;
        let given = Placeholders::read(input)?;
        let text = |name: &str| input.at(name).as_str();
        let mut any = false;
        let condition = match text("ConditionExpression") {
            Some(text) => {
                any = true;
                Some(parse::condition("ConditionExpression", text, &given)?)
            }
            None if kind == "ConditionCheck" => {
                return Err(invalid(
                    "1 validation error detected: Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null",
                ));
            }
            None => None,
        };
        let deed = match kind {
            "Put" => Deed::Put(read_item(input.at("Item"))?),
            "Update" => Deed::Update(match text("UpdateExpression") {
                Some(text) => {
                    any = true;
                    parse::update(text, &given)?
                }
                None => Vec::new(),
            }),
            "Delete" => Deed::Delete,
            _ => Deed::Check,
        };
        given.spent(any)?;
        Ok(Self {
            deed,
            key: read_item(input.at("Key"))?,
            condition,
            shows: text("ReturnValuesOnConditionCheckFailure") == Some("ALL_OLD"),
        })
    }

    /// Where it writes.
    pub fn place(&self, table: &Table) -> Result<Key, Refusal> {
        match &self.deed {
            Deed::Put(item) => table.key_within(item),
            _ => table.key(&self.key),
        }
    }

    /// What it would make of the item; the table stays as it is.
    pub fn weigh(&self, table: &Table) -> Result<Outcome, Refusal> {
        let key = self.place(table)?;
        if let Deed::Update(actions) = &self.deed {
            for action in actions {
                if let Some(Step::Member(name)) = action.path().first()
                    && table.is_key(name)
                {
                    return Err(invalid(format!(
                        "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
                    )));
                }
            }
        }
        let old = table.items.get(&key).cloned();
        let nothing = Item::new();
        if let Some(condition) = &self.condition
            && !holds(old.as_ref().unwrap_or(&nothing), condition)
        {
            let refusal = Refusal::new(
                "ConditionalCheckFailedException",
                "The conditional request failed",
            );
            return Err(match old.filter(|_| self.shows) {
                Some(item) => refusal.with("Item", write_item(&item)),
                None => refusal,
            });
        }
        let new = match &self.deed {
            Deed::Put(item) if size_of(item) > 400 * 1024 => {
                return Err(invalid("Item size has exceeded the maximum allowed size"));
            }
            Deed::Put(item) => Some(item.clone()),
            Deed::Update(actions) => {
                let mut base = old.clone().unwrap_or_default();
                base.extend(table.written(&key));
                Some(apply(&base, actions)?)
            }
            Deed::Delete => None,
            Deed::Check => old.clone(),
        };
        Ok(Outcome { key, old, new })
    }
}

impl Outcome {
    /// Carries it out.
    pub fn settle(self, table: &mut Table) {
        match self.new {
            Some(item) => table.items.insert(self.key, item),
            None => table.items.remove(&self.key),
        };
    }

    /// The larger of the item before and after, in capacity units of writes.
    pub fn units(&self) -> usize {
        let size = |item: &Option<Item>| item.as_ref().map_or(0, size_of);
        size(&self.old).max(size(&self.new)).div_ceil(1024).max(1)
    }
}

fn write(call: &Call<'_>, kind: &str) -> Answer {
    let input = &call.input;
    let wanted = call.text("ReturnValues").unwrap_or("NONE");
    one_of(
        input,
        "ReturnValues",
        "returnValues",
        &["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"],
    )?;
    if kind != "Update" && !["NONE", "ALL_OLD"].contains(&wanted) {
        return Err(invalid("Return values set to invalid value"));
    }
    let write = Write::read(kind, input)?;
    call.estate(|all: &mut Tables, _, now| {
        let name = call.needed("TableName");
        let table = all.usable(name, now)?;
        let outcome = write.weigh(table)?;
        let part = |item: &Option<Item>| match (item, &write.deed) {
            (Some(item), Deed::Update(actions)) => Some(touched(item, actions)),
            _ => None,
        };
        let shown = match wanted {
            "ALL_NEW" => outcome.new.clone(),
            "ALL_OLD" => outcome.old.clone(),
            "UPDATED_NEW" => part(&outcome.new),
            "UPDATED_OLD" => part(&outcome.old),
            _ => None,
        };
        let mut answer = Map::default();
        if let Some(item) = shown.filter(|item| !item.is_empty()) {
            answer.set("Attributes", write_item(&item));
        }
        if let Some(consumed) = consumed(call, &table.name, outcome.units()) {
            answer.set("ConsumedCapacity", consumed);
        }
        outcome.settle(table);
        Ok(Value::Map(answer))
    })
}

/// What was consumed, when the caller wants to know.
#[expect(clippy::cast_precision_loss, reason = "capacity units are few")]
pub fn consumed(call: &Call<'_>, table: &str, halves: usize) -> Option<Value> {
    let wanted = call.text("ReturnConsumedCapacity").unwrap_or("NONE");
    (wanted != "NONE").then(|| fields! { "TableName" => table, "CapacityUnits" => halves as f64 })
}

/// `PutItem`.
pub fn put(call: &Call<'_>) -> Answer {
    write(call, "Put")
}

/// `UpdateItem`.
pub fn update(call: &Call<'_>) -> Answer {
    write(call, "Update")
}

/// `DeleteItem`.
pub fn delete(call: &Call<'_>) -> Answer {
    write(call, "Delete")
}
