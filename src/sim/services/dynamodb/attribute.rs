//! One value of an item: text, number, bytes, list, map, set.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::number::Number;
use crate::sim::services::Refusal;
use crate::sim::wire::{Map, Value, text};

/// The code of every complaint about input.
pub const INVALID: &str = "ValidationException";

/// A refusal of bad input.
pub fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(INVALID, message)
}

/// The attributes of an item by name.
pub type Item = BTreeMap<String, Attribute>;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// Text.
    S(String),
    /// A number.
    N(Number),
    /// Bytes.
    B(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// Nothing, said expressly.
    Null,
    /// A list.
    L(Vec<Attribute>),
    /// A map.
    M(BTreeMap<String, Attribute>),
    /// A set of texts, numbers or bytes, sorted.
    Set(&'static str, Vec<Attribute>),
}

impl Attribute {
    /// Its type as it is written on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
            Self::Set(kind, _) => kind,
        }
    }

    /// Reads `{"S": "…"}`.
    pub fn read(value: &Value) -> Result<Self, Refusal> {
        let [(kind, given)] = value.members() else {
            return Err(match value.members() {
                [] => invalid(
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
                ),
                _ => invalid(
                    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
                ),
            });
        };
        let wrong_shape = || {
            Refusal::new(
                "SerializationException",
                format!("Unexpected value for {kind}"),
            )
        };
        let words = || given.as_str().ok_or_else(wrong_shape);
        Ok(match &**kind {
            "S" => Self::S(words()?.to_owned()),
            "N" => Self::number(words()?)?,
            "B" => Self::bytes(words()?)?,
            "BOOL" => Self::Bool(given.as_bool().ok_or_else(wrong_shape)?),
            "NULL" => match given {
                Value::Bool(true) => Self::Null,
                _ => {
                    return Err(invalid(
                        "One or more parameter values were invalid: Null attribute value types must have the value of true",
                    ));
                }
            },
            "L" => Self::L(
                given
                    .items()
                    .iter()
                    .map(Self::read)
                    .collect::<Result<_, _>>()?,
            ),
            "M" => Self::M(read_item(given)?),
            "SS" => Self::set("SS", given, |text| Ok(Self::S(text.to_owned())))?,
            "NS" => Self::set("NS", given, Self::number)?,
            "BS" => Self::set("BS", given, Self::bytes)?,
            _ => {
                return Err(invalid(
                    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
                ));
            }
        })
    }

    fn number(text: &str) -> Result<Self, Refusal> {
        Number::parse(text)
            .map(Self::N)
            .map_err(|why| invalid(why.words(text)))
    }

    fn bytes(given: &str) -> Result<Self, Refusal> {
        let unreadable = || {
            Refusal::new(
                "SerializationException",
                "Base64 encoded length is unexpected",
            )
        };
        text::unbase64(given).map(Self::B).ok_or_else(unreadable)
    }

    fn set(
        kind: &'static str,
        given: &Value,
        read: impl Fn(&str) -> Result<Self, Refusal>,
    ) -> Result<Self, Refusal> {
        let mut all = given.texts().map(read).collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() {
            let name = match kind {
                "SS" => "string set",
                "NS" => "number set",
                _ => "binary set",
            };
            return Err(invalid(format!(
                "One or more parameter values were invalid: An {name}  may not be empty"
            )));
        }
        all.sort();
        let count = all.len();
        all.dedup();
        if all.len() < count {
            let texts: Vec<&str> = given.texts().collect();
            return Err(invalid(format!(
                "One or more parameter values were invalid: Input collection [{}] contains duplicates.",
                texts.join(", ")
            )));
        }
        Ok(Self::Set(kind, all))
    }

    /// As it is written on the wire.
    pub fn write(&self) -> Value {
        let bare = |one: &Self| match one {
            Self::S(text) => Value::from(text),
            Self::N(number) => Value::from(number.to_string()),
            Self::B(bytes) => Value::Blob(bytes.clone()),
            _ => Value::Null,
        };
        let value = match self {
            Self::S(_) | Self::N(_) | Self::B(_) => bare(self),
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Null => Value::Bool(true),
            Self::L(items) => items.iter().map(Self::write).collect(),
            Self::M(members) => write_item(members),
            Self::Set(_, items) => items.iter().map(bare).collect(),
        };
        Value::Map(Map(vec![(self.kind().into(), value)]))
    }

    /// How many bytes it counts for.
    pub fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.to_string().len().div_ceil(2) + 1,
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::L(items) => 3 + items.iter().map(|i| i.size() + 1).sum::<usize>(),
            Self::M(members) => {
                3 + members
                    .iter()
                    .map(|(k, v)| k.len() + v.size() + 1)
                    .sum::<usize>()
            }
            Self::Set(_, items) => items.iter().map(Self::size).sum(),
        }
    }

    /// Its order, among values of the same ordered type.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(a), Self::S(b)) => Some(a.cmp(b)),
            (Self::N(a), Self::N(b)) => Some(a.cmp(b)),
            (Self::B(a), Self::B(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Reads the attributes of an item.
pub fn read_item(value: &Value) -> Result<Item, Refusal> {
    value
        .members()
        .iter()
        .map(|(name, value)| Ok((name.to_string(), Attribute::read(value)?)))
        .collect()
}

/// The attributes of an item as they are written on the wire.
pub fn write_item(item: &Item) -> Value {
    Value::Map(Map(item
        .iter()
        .map(|(name, value)| (name.clone().into(), value.write()))
        .collect()))
}

/// How many bytes an item counts for.
pub fn size_of(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value.size())
        .sum()
}
