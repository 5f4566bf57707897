//! A tape: keeps the body of an answer as it came over the wire, so that it can be shown as JSON.
//!
//! The SDK's types cannot be serialised, and what noctop keeps of an item is a choice; `J` shows everything.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use minicbor::data::{Tag, Type};
use minicbor::decode::{Decoder, Error};
use serde_json::{Map, Number, Value};

use crate::clock::Timestamp;

/// The largest nesting that is followed; AWS's answers stay below ten.
const DEPTH_MAX: usize = 64;

/// An interceptor that keeps the last body it saw.
#[derive(Clone, Debug, Default)]
pub struct Tape(Arc<Mutex<Option<Vec<u8>>>>);

impl Tape {
    /// The last body as JSON; `None` where there was none or it is neither JSON nor CBOR.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let body = body.as_deref()?;
        serde_json::from_slice(body)
            .ok()
            .or_else(|| from_cbor(body).ok())
    }
}

#[dyn_dispatch_hint]
impl Intercept for Tape {
    fn name(&self) -> &'static str {
        "Tape"
    }

    // Not before: until then the body is a stream that nobody has read.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}

/// CBOR as JSON: times become RFC 3339, byte strings become their length in words.
fn from_cbor(bytes: &[u8]) -> Result<Value, Error> {
    value(&mut Decoder::new(bytes), 0)
}

fn value(d: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    if depth > DEPTH_MAX {
        return Err(Error::message("nested too deeply"));
    }
    Ok(match d.datatype()? {
        Type::Bool => Value::Bool(d.bool()?),
        Type::Null | Type::Undefined => {
            d.skip()?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Value::Number(d.u64()?.into()),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => Value::Number(d.i64()?.into()),
        Type::F16 => float(f64::from(d.f16()?)),
        Type::F32 => float(f64::from(d.f32()?)),
        Type::F64 => float(d.f64()?),
        Type::String => Value::String(d.str()?.to_owned()),
        Type::StringIndef => {
            let pieces: Result<Vec<&str>, Error> = d.str_iter()?.collect();
            Value::String(pieces?.concat())
        }
        Type::Bytes => Value::String(format!("{} bytes", d.bytes()?.len())),
        Type::Array | Type::ArrayIndef => {
            let length = d.array()?;
            let mut items = Vec::new();
            while more(d, length, items.len())? {
                items.push(value(d, depth + 1)?);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let length = d.map()?;
            let mut map = Map::new();
            let mut read = 0;
            while more(d, length, read)? {
                let Value::String(key) = value(d, depth + 1)? else {
                    return Err(Error::message("a key is not text"));
                };
                let entry = value(d, depth + 1)?;
                map.insert(key, entry);
                read += 1;
            }
            Value::Object(map)
        }
        Type::Tag => {
            let tag = d.tag()?;
            let inner = value(d, depth + 1)?;
            if tag == Tag::new(1) {
                time(&inner)
            } else {
                inner
            }
        }
        _ => return Err(Error::message("a type that AWS does not send")),
    })
}

/// Whether another element follows; eats the break that ends an indefinite one.
fn more(d: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Result<bool, Error> {
    match length {
        Some(length) => Ok((read as u64) < length),
        None if d.datatype()? == Type::Break => {
            d.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

fn float(f: f64) -> Value {
    Number::from_f64(f).map_or(Value::Null, Value::Number)
}

fn time(value: &Value) -> Value {
    value.as_f64().map_or(Value::Null, |secs| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a moment in milliseconds fits"
        )]
        let at = Timestamp::from_millis((secs * 1000.0).round() as i64);
        Value::String(at.to_jiff().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cbor_becomes_json_with_readable_times() {
        let mut bytes = Vec::new();
        let mut e = minicbor::Encoder::new(&mut bytes);
        e.begin_map().unwrap();
        e.str("Name").unwrap().str("cpu").unwrap();
        e.str("Threshold").unwrap().f64(0.5).unwrap();
        e.str("Since").unwrap().tag(Tag::new(1)).unwrap();
        e.f64(1_796_090_400.25).unwrap();
        e.str("Actions").unwrap().array(2).unwrap();
        e.bool(true).unwrap().i32(-3).unwrap();
        e.str("None").unwrap().null().unwrap();
        e.end().unwrap();
        assert_eq!(
            from_cbor(&bytes).unwrap(),
            json!({"Name": "cpu", "Threshold": 0.5, "Since": "2026-12-01T02:00:00.25Z", "Actions": [true, -3], "None": null})
        );
    }

    #[test]
    fn broken_cbor_is_refused_and_not_followed_forever() {
        assert!(from_cbor(&[0xbf, 0x61]).is_err());
        assert!(from_cbor(&[0x81; 200]).is_err());
        assert!(from_cbor(&[]).is_err());
    }
}
