//! JSON: the awsJson protocols and restJson bodies.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::{Map, Value, text};

/// Reads a JSON document; an empty body is an empty structure, as AWS takes it.
pub fn decode(body: &[u8]) -> Result<Value, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Map(Map::default()));
    }
    let parsed: serde_json::Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    Ok(neutral(parsed))
}

/// A parsed JSON document as a neutral value.
#[must_use]
pub fn neutral(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(b),
        serde_json::Value::Number(n) => n
            .as_i64()
            .map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int),
        serde_json::Value::String(s) => Value::Text(s),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(neutral).collect()),
        serde_json::Value::Object(members) => Value::Map(Map(members
            .into_iter()
            .map(|(k, v)| (k.into(), neutral(v)))
            .collect())),
    }
}

/// Writes a value as JSON.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => out.serialize_unit(),
            Self::Bool(b) => out.serialize_bool(*b),
            Self::Int(n) => out.serialize_i64(*n),
            Self::Float(f) if f.is_nan() => out.serialize_str("NaN"),
            Self::Float(f) if f.is_infinite() => {
                out.serialize_str(if *f > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Float(f) => out.serialize_f64(*f),
            Self::Text(text) => out.serialize_str(text),
            Self::Time(at) if at.as_millis() % 1000 == 0 => out.serialize_i64(at.as_secs()),
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds of any real date fit a double"
            )]
            Self::Time(at) => out.serialize_f64(at.as_millis() as f64 / 1000.0),
            Self::Blob(bytes) => out.serialize_str(&text::base64(bytes)),
            Self::List(items) => {
                let mut seq = out.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Map(map) => {
                let mut members = out.serialize_map(None)?;
                for (name, value) in map.0.iter().filter(|(_, v)| !v.is_null()) {
                    members.serialize_entry(name, value)?;
                }
                members.end()
            }
        }
    }
}
