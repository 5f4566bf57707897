//! Conditions and updates, carried out on an item.

use std::cmp::Ordering;

use super::attribute::{Attribute, Item, invalid, size_of};
use super::expression::{Action, Condition, Operand, Path, Source, Step};
use super::number::Number;
use crate::sim::services::Refusal;

/// The largest item.
const LARGEST: usize = 400 * 1024;

/// What stands at a path.
pub fn look<'a>(item: &'a Item, path: &[Step]) -> Option<&'a Attribute> {
    let (Step::Member(first), rest) = path.split_first()? else {
        return None;
    };
    rest.iter()
        .try_fold(item.get(first)?, |here, step| match (here, step) {
            (Attribute::M(members), Step::Member(name)) => members.get(name),
            (Attribute::L(items), Step::Element(n)) => items.get(*n),
            _ => None,
        })
}

fn operand(item: &Item, operand: &Operand) -> Option<Attribute> {
    match operand {
        Operand::Value(value) => Some(value.clone()),
        Operand::Path(path) => look(item, path).cloned(),
        Operand::Size(path) => {
            let size = match look(item, path)? {
                Attribute::S(text) => text.len(),
                Attribute::B(bytes) => bytes.len(),
                Attribute::L(items) | Attribute::Set(_, items) => items.len(),
                Attribute::M(members) => members.len(),
                Attribute::N(_) | Attribute::Bool(_) | Attribute::Null => return None,
            };
            Number::parse(&size.to_string()).ok().map(Attribute::N)
        }
    }
}

/// Whether an item fulfils a condition. What is absent fulfils no comparison but `<>`.
pub fn holds(item: &Item, condition: &Condition) -> bool {
    let get = |side: &Operand| operand(item, side);
    match condition {
        Condition::And(a, b) => holds(item, a) && holds(item, b),
        Condition::Or(a, b) => holds(item, a) || holds(item, b),
        Condition::Not(inner) => !holds(item, inner),
        Condition::Exists(path, wanted) => look(item, path).is_some() == *wanted,
        Condition::Compare(a, sign, b) => match (*sign, get(a), get(b)) {
            ("=", Some(a), Some(b)) => a == b,
            ("<>", a, b) => a != b,
            (sign, Some(a), Some(b)) => a.order(&b).is_some_and(|order| match sign {
                "<" => order == Ordering::Less,
                "<=" => order != Ordering::Greater,
                ">" => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }),
            _ => false,
        },
        Condition::Between(a, low, high) => match (get(a), get(low), get(high)) {
            (Some(a), Some(low), Some(high)) => {
                low.order(&a).is_some_and(|o| o != Ordering::Greater)
                    && a.order(&high).is_some_and(|o| o != Ordering::Greater)
            }
            _ => false,
        },
        Condition::In(a, all) => {
            get(a).is_some_and(|a| all.iter().any(|one| get(one).as_ref() == Some(&a)))
        }
        Condition::Type(path, kind) => match (look(item, path), get(kind)) {
            (Some(value), Some(Attribute::S(kind))) => value.kind() == kind,
            _ => false,
        },
        Condition::Begins(a, b) => match (get(a), get(b)) {
            (Some(Attribute::S(a)), Some(Attribute::S(b))) => a.starts_with(&b),
            (Some(Attribute::B(a)), Some(Attribute::B(b))) => a.starts_with(&b),
            _ => false,
        },
        Condition::Contains(a, b) => match (get(a), get(b)) {
            (Some(Attribute::S(a)), Some(Attribute::S(b))) => a.contains(&b),
            (Some(Attribute::L(all) | Attribute::Set(_, all)), Some(b)) => all.contains(&b),
            _ => false,
        },
    }
}

fn absent() -> Refusal {
    invalid("The provided expression refers to an attribute that does not exist in the item")
}

fn wrong_type() -> Refusal {
    invalid("An operand in the update expression has an incorrect data type")
}

fn source(item: &Item, from: &Source) -> Result<Attribute, Refusal> {
    Ok(match from {
        Source::Value(value) => value.clone(),
        Source::Path(path) => look(item, path).cloned().ok_or_else(absent)?,
        Source::Else(path, other) => match look(item, path) {
            Some(value) => value.clone(),
            None => source(item, other)?,
        },
        Source::Append(a, b) => match (source(item, a)?, source(item, b)?) {
            (Attribute::L(mut a), Attribute::L(b)) => {
                a.extend(b);
                Attribute::L(a)
            }
            _ => return Err(wrong_type()),
        },
        Source::Sum(a, minus, b) => match (source(item, a)?, source(item, b)?) {
            (Attribute::N(a), Attribute::N(b)) => sum(a, if *minus { b.negated() } else { b })?,
            _ => return Err(wrong_type()),
        },
    })
}

fn sum(a: Number, b: Number) -> Result<Attribute, Refusal> {
    a.plus(b)
        .map(Attribute::N)
        .map_err(|why| invalid(why.words("")))
}

/// Where a value is put, when everything before it is there.
fn put(item: &mut Item, path: &Path, value: Attribute) -> Result<(), Refusal> {
    let missing =
        || invalid("The document path provided in the update expression is invalid for update");
    let Some((Step::Member(first), rest)) = path.split_first() else {
        return Err(missing());
    };
    let Some((last, between)) = rest.split_last() else {
        item.insert(first.clone(), value);
        return Ok(());
    };
    let mut here = item.get_mut(first).ok_or_else(missing)?;
    for step in between {
        here = match (here, step) {
            (Attribute::M(members), Step::Member(name)) => members.get_mut(name),
            (Attribute::L(items), Step::Element(n)) => items.get_mut(*n),
            _ => None,
        }
        .ok_or_else(missing)?;
    }
    match (here, last) {
        (Attribute::M(members), Step::Member(name)) => {
            members.insert(name.clone(), value);
        }
        (Attribute::L(items), Step::Element(n)) => match items.get_mut(*n) {
            Some(slot) => *slot = value,
            // Beyond the end it comes to the end.
            None => items.push(value),
        },
        _ => return Err(missing()),
    }
    Ok(())
}

fn remove(item: &mut Item, path: &Path) {
    let Some((Step::Member(first), rest)) = path.split_first() else {
        return;
    };
    let Some((last, between)) = rest.split_last() else {
        item.remove(first);
        return;
    };
    let here = between
        .iter()
        .fold(item.get_mut(first), |here, step| match (here?, step) {
            (Attribute::M(members), Step::Member(name)) => members.get_mut(name),
            (Attribute::L(items), Step::Element(n)) => items.get_mut(*n),
            _ => None,
        });
    match (here, last) {
        (Some(Attribute::M(members)), Step::Member(name)) => {
            members.remove(name);
        }
        (Some(Attribute::L(items)), Step::Element(n)) if *n < items.len() => {
            items.remove(*n);
        }
        _ => {}
    }
}

/// The item after an update. Every source is read from the item as it was.
pub fn apply(old: &Item, actions: &[Action]) -> Result<Item, Refusal> {
    let mut new = old.clone();
    // Elements of lists go from the end, so that the index of the others stays.
    let mut removals: Vec<&Path> = Vec::new();
    for action in actions {
        match action {
            Action::Set(path, from) => put(&mut new, path, source(old, from)?)?,
            Action::Remove(path) => removals.push(path),
            Action::Add(path, value) => {
                let sum = match (look(old, path), value) {
                    (None, value) => value.clone(),
                    (Some(Attribute::N(a)), Attribute::N(b)) => sum(*a, *b)?,
                    (Some(Attribute::Set(kind, a)), Attribute::Set(other, b)) if kind == other => {
                        let mut all = [a.as_slice(), b].concat();
                        all.sort();
                        all.dedup();
                        Attribute::Set(kind, all)
                    }
                    _ => return Err(wrong_type()),
                };
                put(&mut new, path, sum)?;
            }
            Action::Delete(path, value) => match (look(old, path), value) {
                (None, _) => {}
                (Some(Attribute::Set(kind, a)), Attribute::Set(other, b)) if kind == other => {
                    let left: Vec<Attribute> =
                        a.iter().filter(|one| !b.contains(one)).cloned().collect();
                    if left.is_empty() {
                        remove(&mut new, path);
                    } else {
                        put(&mut new, path, Attribute::Set(kind, left))?;
                    }
                }
                _ => return Err(wrong_type()),
            },
        }
    }
    removals.sort_by_key(|path| match path.last() {
        Some(Step::Element(n)) => std::cmp::Reverse(*n),
        _ => std::cmp::Reverse(0),
    });
    for path in removals {
        remove(&mut new, path);
    }
    if size_of(&new) > LARGEST {
        return Err(invalid(
            "Item size to update has exceeded the maximum allowed size",
        ));
    }
    Ok(new)
}

/// The parts of an item that stand at these paths.
pub fn project(item: &Item, paths: &[Path]) -> Item {
    let mut all = Item::new();
    for path in paths {
        let (Some(value), Some((Step::Member(first), rest))) =
            (look(item, path), path.split_first())
        else {
            continue;
        };
        graft(
            all.entry(first.clone()).or_insert_with(|| seed(rest)),
            rest,
            value,
        );
    }
    all
}

fn seed(rest: &[Step]) -> Attribute {
    match rest.first() {
        Some(Step::Element(_)) => Attribute::L(Vec::new()),
        Some(Step::Member(_)) => Attribute::M(Item::new()),
        None => Attribute::Null,
    }
}

fn graft(onto: &mut Attribute, rest: &[Step], value: &Attribute) {
    let Some((step, after)) = rest.split_first() else {
        *onto = value.clone();
        return;
    };
    match (onto, step) {
        (Attribute::M(members), Step::Member(name)) => {
            graft(
                members.entry(name.clone()).or_insert_with(|| seed(after)),
                after,
                value,
            );
        }
        (Attribute::L(items), Step::Element(_)) => {
            let mut one = seed(after);
            graft(&mut one, after, value);
            items.push(one);
        }
        _ => {}
    }
}

/// What stands in `item` at the paths that an update touches.
pub fn touched(item: &Item, actions: &[Action]) -> Item {
    let paths: Vec<Path> = actions.iter().map(|a| a.path().clone()).collect();
    project(item, &paths)
}
