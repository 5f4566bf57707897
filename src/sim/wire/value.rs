//! The neutral value that requests are decoded into and answers are encoded from.

use std::borrow::Cow;

use crate::clock::Timestamp;

/// One value of a request or an answer.
///
/// A moment and a blob have their own variants because every protocol writes them differently.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Absent. A `Null` member of a structure is not written at all, as AWS does.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A moment: epoch seconds in JSON, tag 1 in CBOR, ISO 8601 in XML. Where a service models a
    /// time as a string, answer with [`Value::Text`] of [`iso`](super::text::iso).
    Time(Timestamp),
    /// Bytes: base64 in JSON and XML.
    Blob(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A structure or a map.
    Map(Map),
}

/// The members of a structure, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(pub Vec<(Cow<'static, str>, Value)>);

impl Map {
    /// The member called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// The member called `name`, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// Adds or replaces a member.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let name = name.into();
        let value = value.into();
        match self.get_mut(&name) {
            Some(slot) => *slot = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Value {
    /// The member called `name` of a structure; [`Value::Null`] when there is none.
    #[must_use]
    pub fn at(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        match self {
            Self::Map(map) => map.get(name).unwrap_or(&NULL),
            _ => &NULL,
        }
    }

    /// Whether the value is absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, when it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number; the query protocol sends it as text.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole float in range is exact"
            )]
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Some(*f as i64),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "no simulated number is that large"
            )]
            Self::Int(n) => Some(*n as f64),
            Self::Float(f) => Some(*f),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A moment: epoch seconds or text in any form that AWS accepts.
    #[must_use]
    pub fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Int(secs) => Some(Timestamp::from_secs(*secs)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "milliseconds are all we keep"
            )]
            Self::Float(secs) => Some(Timestamp::from_millis((secs * 1000.0).round() as i64)),
            Self::Text(text) => Timestamp::parse(text)
                .or_else(|| Timestamp::parse(&format!("{text}Z")))
                .or_else(|| {
                    text.parse::<f64>()
                        .ok()
                        .and_then(|secs| Self::Float(secs).as_time())
                }),
            _ => None,
        }
    }

    /// The items of a list; nothing for anything else.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The members of a structure; nothing for anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'static, str>, Value)] {
        match self {
            Self::Map(map) => &map.0,
            _ => &[],
        }
    }

    /// The texts of a list of texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Value::as_str)
    }
}

/// Whether a value says nothing: null, empty text, an empty list or structure.
#[must_use]
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.0.is_empty(),
        _ => false,
    }
}

macro_rules! from {
    ($($type:ty => |$v:ident| $make:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($v: $type) -> Self { $make }
        }
    )*};
}

from! {
    bool => |v| Self::Bool(v);
    i64 => |v| Self::Int(v);
    i32 => |v| Self::Int(i64::from(v));
    u32 => |v| Self::Int(i64::from(v));
    u8 => |v| Self::Int(i64::from(v));
    usize => |v| Self::Int(i64::try_from(v).unwrap_or(i64::MAX));
    u64 => |v| Self::Int(i64::try_from(v).unwrap_or(i64::MAX));
    f64 => |v| Self::Float(v);
    String => |v| Self::Text(v);
    &String => |v| Self::Text(v.clone());
    &str => |v| Self::Text(v.to_owned());
    std::sync::Arc<str> => |v| Self::Text(v.to_string());
    &std::sync::Arc<str> => |v| Self::Text(v.to_string());
    Cow<'_, str> => |v| Self::Text(v.into_owned());
    Timestamp => |v| Self::Time(v);
    Map => |v| Self::Map(v);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Builds a structure: `fields! { "Name" => name, "Age" => 3, "Absent" => None::<i64> }`.
#[macro_export]
macro_rules! fields {
    ($($name:expr => $value:expr),* $(,)?) => {
        $crate::sim::wire::Value::Map($crate::sim::wire::Map(vec![
            $(($name.into(), $crate::sim::wire::Value::from($value))),*
        ]))
    };
}
