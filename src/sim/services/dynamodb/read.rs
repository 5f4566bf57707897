//! Reading: one item, several, a partition, a whole table.

use std::cmp::Ordering;

use super::attribute::{Attribute, Item, invalid, read_item, size_of, write_item};
use super::evaluate::{holds, project};
use super::expression::{Condition, Operand, Path, Step};
use super::parse;
use super::placeholders::Placeholders;
use super::table::{Key, Table, Tables};
use super::write::{consumed, no_legacy};
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

/// How many bytes one page holds.
const PAGE: usize = 1 << 20;
/// How many bytes a batch holds.
const BATCH: usize = 16 << 20;

fn paths(input: &Value, given: &Placeholders) -> Result<Option<Vec<Path>>, Refusal> {
    input
        .at("ProjectionExpression")
        .as_str()
        .map(|text| parse::projection(text, given))
        .transpose()
}

fn shown(item: &Item, paths: Option<&Vec<Path>>) -> Value {
    match paths {
        Some(paths) => write_item(&project(item, paths)),
        None => write_item(item),
    }
}

/// `GetItem`.
pub fn get(call: &Call<'_>) -> Answer {
    no_legacy(&call.input)?;
    let given = Placeholders::read(&call.input)?;
    let paths = paths(&call.input, &given)?;
    given.spent(paths.is_some())?;
    let key = read_item(call.arg("Key"))?;
    call.estate(|all: &mut Tables, _, now| {
        let table = all.usable(call.needed("TableName"), now)?;
        let item = table.items.get(&table.key(&key)?);
        let mut answer = Map::default();
        if let Some(item) = item {
            answer.set("Item", shown(item, paths.as_ref()));
        }
        let units = item.map_or(1, |item| size_of(item).div_ceil(4096));
        if let Some(consumed) = consumed(call, &table.name, units) {
            answer.set("ConsumedCapacity", consumed);
        }
        Ok(Value::Map(answer))
    })
}

/// `BatchGetItem`. What does not fit into sixteen megabytes comes back unprocessed.
pub fn batch(call: &Call<'_>) -> Answer {
    let asked = call.arg("RequestItems").members();
    let count: usize = asked
        .iter()
        .map(|(_, one)| one.at("Keys").items().len())
        .sum();
    if asked.is_empty() || count == 0 {
        return Err(invalid(
            "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ));
    }
    if count > 100 {
        return Err(invalid(
            "Too many items requested for the BatchGetItem call",
        ));
    }
    call.estate(|all: &mut Tables, _, now| {
        let (mut found, mut left) = (Map::default(), Map::default());
        let mut room = BATCH;
        for (name, wanted) in asked {
            no_legacy(wanted)?;
            let given = Placeholders::read(wanted)?;
            let paths = paths(wanted, &given)?;
            given.spent(paths.is_some())?;
            let table = all.usable(name, now)?;
            let mut seen: Vec<Key> = Vec::new();
            let (mut items, mut later) = (Vec::new(), Vec::new());
            for (n, value) in wanted.at("Keys").items().iter().enumerate() {
                let key = table.key(&read_item(value)?)?;
                if seen.contains(&key) {
                    return Err(invalid("Provided list of item keys contains duplicates"));
                }
                if let Some(item) = table.items.get(&key) {
                    let size = size_of(item);
                    if size > room || (call.half && n % 2 == 1) {
                        later.push(value.clone());
                    } else {
                        room -= size;
                        items.push(shown(item, paths.as_ref()));
                    }
                }
                seen.push(key);
            }
            found.set(name.clone(), items);
            if !later.is_empty() {
                let mut rest = wanted.clone();
                if let Value::Map(members) = &mut rest {
                    members.set("Keys", later);
                }
                left.set(name.clone(), rest);
            }
        }
        Ok(crate::fields! { "Responses" => found, "UnprocessedKeys" => left })
    })
}

/// Which items of a partition are asked for.
struct Range {
    partition: Attribute,
    sort: Option<Condition>,
}

/// Splits the conditions on the keys; both are joined by AND, in any order.
fn range(table: &Table, condition: Condition) -> Result<Range, Refusal> {
    let mut all = Vec::new();
    flatten(condition, &mut all)?;
    let (partition, sort) = (
        &table.partition.0,
        table.sort.as_ref().map(|(name, _)| name),
    );
    let mut found = Range {
        partition: Attribute::Null,
        sort: None,
    };
    if all.len() > 2 {
        return Err(invalid("Conditions can be of length 1 or 2 only"));
    }
    let mut pending = None;
    for (name, one) in all {
        if name == *partition {
            let Condition::Compare(_, "=", Operand::Value(value)) = one else {
                return Err(invalid("Query key condition not supported"));
            };
            found.partition = matching(&table.partition, value)?;
        } else if Some(&name) == sort {
            found.sort = Some(one);
        } else {
            pending = Some(name);
        }
    }
    if found.partition == Attribute::Null {
        return Err(invalid(format!(
            "Query condition missed key schema element: {partition}"
        )));
    }
    if pending.is_some() {
        return Err(invalid(format!(
            "Query condition missed key schema element: {}",
            sort.map_or("", String::as_str)
        )));
    }
    if let (Some(one), Some(key)) = (&found.sort, &table.sort) {
        let values = match one {
            Condition::Compare(_, "<>", _) => {
                return Err(invalid(
                    "Unsupported operator on KeyCondition: operator: <>",
                ));
            }
            Condition::Compare(_, _, a) | Condition::Begins(_, a) => vec![a],
            Condition::Between(_, a, b) => vec![a, b],
            _ => return Err(invalid("Query key condition not supported")),
        };
        for value in values {
            let Operand::Value(value) = value else {
                return Err(invalid("Query key condition not supported"));
            };
            matching(key, value.clone())?;
        }
    }
    Ok(found)
}

fn matching(key: &(String, String), value: Attribute) -> Result<Attribute, Refusal> {
    if value.kind() == key.1 {
        return Ok(value);
    }
    Err(invalid(
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
    ))
}

fn flatten(condition: Condition, all: &mut Vec<(String, Condition)>) -> Result<(), Refusal> {
    let odd = |what: &str| {
        invalid(format!(
            "Invalid operator used in KeyConditionExpression: {what}"
        ))
    };
    let left = match &condition {
        Condition::And(a, b) => {
            flatten((**a).clone(), all)?;
            return flatten((**b).clone(), all);
        }
        Condition::Or(..) => return Err(odd("OR")),
        Condition::Not(_) => return Err(odd("NOT")),
        Condition::In(..) => return Err(odd("IN")),
        Condition::Exists(_, true) => return Err(odd("attribute_exists")),
        Condition::Exists(_, false) => return Err(odd("attribute_not_exists")),
        Condition::Type(..) => return Err(odd("attribute_type")),
        Condition::Contains(..) => return Err(odd("contains")),
        Condition::Compare(a, ..) | Condition::Between(a, ..) | Condition::Begins(a, _) => a,
    };
    match left {
        Operand::Path(path) => match path.as_slice() {
            [Step::Member(name)] => all.push((name.clone(), condition.clone())),
            _ => {
                return Err(invalid(
                    "KeyConditionExpressions cannot have conditions on nested attributes",
                ));
            }
        },
        _ => return Err(invalid("Query key condition not supported")),
    }
    Ok(())
}

/// What `Query` and `Scan` have in common: filter, projection, limit, where they begin.
struct Reading {
    filter: Option<Condition>,
    paths: Option<Vec<Path>>,
    limit: usize,
    start: Option<Item>,
    counts: bool,
}

impl Reading {
    fn of(call: &Call<'_>, given: &Placeholders) -> Result<Self, Refusal> {
        if call.text("IndexName").is_some() {
            return Err(invalid(format!(
                "The table does not have the specified index: {}",
                call.needed("IndexName")
            )));
        }
        let filter = call
            .text("FilterExpression")
            .map(|text| parse::condition("FilterExpression", text, given))
            .transpose()?;
        let limit = match call.arg("Limit").as_int() {
            Some(n) if n < 1 => {
                return Err(invalid(format!(
                    "1 validation error detected: Value '{n}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
                )));
            }
            Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let start = call.arg("ExclusiveStartKey");
        Ok(Self {
            filter,
            paths: paths(&call.input, given)?,
            limit,
            start: if start.members().is_empty() {
                None
            } else {
                Some(read_item(start)?)
            },
            counts: call.text("Select") == Some("COUNT"),
        })
    }

    /// Reads until the limit or a megabyte. A page that ends there has a last key even if nothing follows.
    fn page<'a>(
        &self,
        call: &Call<'_>,
        table: &Table,
        all: impl Iterator<Item = (&'a Key, &'a Item)>,
    ) -> Value {
        let (mut items, mut scanned, mut size, mut last) = (Vec::new(), 0_usize, 0, None);
        let mut count = 0_usize;
        for (key, item) in all {
            scanned += 1;
            size += size_of(item);
            if self
                .filter
                .as_ref()
                .is_none_or(|filter| holds(item, filter))
            {
                count += 1;
                if !self.counts {
                    items.push(shown(item, self.paths.as_ref()));
                }
            }
            if scanned >= self.limit || size >= PAGE {
                last = Some(write_item(&table.written(key)));
                break;
            }
        }
        let mut answer = Map::default();
        if !self.counts {
            answer.set("Items", items);
        }
        answer.set("Count", count);
        answer.set("ScannedCount", scanned);
        if let Some(last) = last {
            answer.set("LastEvaluatedKey", last);
        }
        if let Some(consumed) = consumed(call, &table.name, size.div_ceil(4096).max(1)) {
            answer.set("ConsumedCapacity", consumed);
        }
        Value::Map(answer)
    }

    fn begin(&self, table: &Table) -> Result<Option<Key>, Refusal> {
        let wrong = |_| invalid("The provided starting key is invalid");
        self.start
            .as_ref()
            .map(|start| table.key(start).map_err(wrong))
            .transpose()
    }
}

/// `Query`.
pub fn query(call: &Call<'_>) -> Answer {
    no_legacy(&call.input)?;
    let given = Placeholders::read(&call.input)?;
    let Some(text) = call.text("KeyConditionExpression") else {
        return Err(invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ));
    };
    let condition = parse::condition("KeyConditionExpression", text, &given)?;
    let reading = Reading::of(call, &given)?;
    given.spent(true)?;
    call.estate(|all: &mut Tables, _, now| {
        let table = &*all.usable(call.needed("TableName"), now)?;
        let range = range(table, condition)?;
        let start = reading.begin(table)?;
        if start.as_ref().is_some_and(|start| start.partition != range.partition) {
            return Err(invalid("The provided starting key is outside query boundaries based on provided conditions"));
        }
        let backwards = call.arg("ScanIndexForward").as_bool() == Some(false);
        let past = |key: &Key| {
            start.as_ref().is_none_or(|start| {
                key.cmp(start) == if backwards { Ordering::Less } else { Ordering::Greater }
            })
        };
        let fits = |(key, item): &(&Key, &Item)| past(key) && range.sort.as_ref().is_none_or(|sort| holds(item, sort));
        let rows = table.partition(&range.partition);
        Ok(if backwards {
            reading.page(call, table, rows.rev().filter(fits))
        } else {
            reading.page(call, table, rows.filter(fits))
        })
    })
}

/// `Scan`, also in segments.
pub fn scan(call: &Call<'_>) -> Answer {
    no_legacy(&call.input)?;
    let given = Placeholders::read(&call.input)?;
    let reading = Reading::of(call, &given)?;
    given.spent(reading.filter.is_some() || reading.paths.is_some())?;
    let number = |name: &str| {
        call.arg(name)
            .as_int()
            .and_then(|n| usize::try_from(n).ok())
    };
    let segment = match (number("Segment"), number("TotalSegments")) {
        (None, None) => (0, 1),
        (Some(one), Some(all)) if one < all => (one, all),
        (Some(one), Some(all)) => {
            return Err(invalid(format!(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {one} is not less than TotalSegments: {all}"
            )));
        }
        (Some(_), None) => {
            return Err(invalid(
                "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
            ));
        }
        (None, Some(_)) => {
            return Err(invalid(
                "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
            ));
        }
    };
    call.estate(|all: &mut Tables, _, now| {
        let table = &*all.usable(call.needed("TableName"), now)?;
        let start = reading.begin(table)?;
        let fits = |(key, _): &(&Key, &Item)| {
            start.as_ref().is_none_or(|start| *key > start) && key.segment(segment.1) == segment.0
        };
        Ok(reading.page(call, table, table.items.iter().filter(fits)))
    })
}
