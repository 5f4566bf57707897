//! CBOR: the smithy rpc-v2-cbor protocol.

use minicbor::data::{Tag, Type};
use minicbor::encode::write::Write;
use minicbor::{Decoder, Encoder};

use super::{Map, Value};
use crate::clock::Timestamp;

/// Nesting that no AWS request reaches; deeper ones are refused so that no body can exhaust the stack.
const DEPTH: u8 = 64;

/// Reads one CBOR item; an empty body is an empty structure.
pub fn decode(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Map(Map::default()));
    }
    let mut reader = Decoder::new(body);
    let value = read(&mut reader, 0).map_err(|e| e.to_string())?;
    if reader.position() == body.len() {
        Ok(value)
    } else {
        Err("bytes after the end of the item".to_owned())
    }
}

fn read(reader: &mut Decoder<'_>, depth: u8) -> Result<Value, minicbor::decode::Error> {
    if depth > DEPTH {
        return Err(minicbor::decode::Error::message("nested too deeply"));
    }
    Ok(match reader.datatype()? {
        Type::Null | Type::Undefined => {
            reader.skip()?;
            Value::Null
        }
        Type::Bool => Value::Bool(reader.bool()?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => {
            let n = i128::from(reader.int()?);
            Value::Int(
                i64::try_from(n)
                    .map_err(|_| minicbor::decode::Error::message("number out of range"))?,
            )
        }
        Type::F16 => Value::Float(f64::from(reader.f16()?)),
        Type::F32 => Value::Float(f64::from(reader.f32()?)),
        Type::F64 => Value::Float(reader.f64()?),
        Type::String => Value::Text(reader.str()?.to_owned()),
        Type::StringIndef => Value::Text(reader.str_iter()?.collect::<Result<String, _>>()?),
        Type::Bytes => Value::Blob(reader.bytes()?.to_vec()),
        Type::BytesIndef => {
            let chunks = reader.bytes_iter()?.collect::<Result<Vec<_>, _>>()?;
            Value::Blob(chunks.concat())
        }
        Type::Array | Type::ArrayIndef => {
            let mut items = Vec::new();
            match reader.array()? {
                Some(len) => {
                    for _ in 0..len {
                        items.push(read(reader, depth + 1)?);
                    }
                }
                None => {
                    while reader.datatype()? != Type::Break {
                        items.push(read(reader, depth + 1)?);
                    }
                    reader.skip()?;
                }
            }
            Value::List(items)
        }
        Type::Map | Type::MapIndef => {
            let mut members = Vec::new();
            match reader.map()? {
                Some(len) => {
                    for _ in 0..len {
                        members.push(member(reader, depth)?);
                    }
                }
                None => {
                    while reader.datatype()? != Type::Break {
                        members.push(member(reader, depth)?);
                    }
                    reader.skip()?;
                }
            }
            Value::Map(Map(members))
        }
        Type::Tag => {
            let tag = reader.tag()?;
            let inner = read(reader, depth + 1)?;
            if tag == Tag::new(1) {
                inner.as_time().map_or(Value::Null, Value::Time)
            } else {
                inner
            }
        }
        other => return Err(minicbor::decode::Error::type_mismatch(other)),
    })
}

type Member = (std::borrow::Cow<'static, str>, Value);

fn member(reader: &mut Decoder<'_>, depth: u8) -> Result<Member, minicbor::decode::Error> {
    let Value::Text(name) = read(reader, depth + 1)? else {
        return Err(minicbor::decode::Error::message(
            "a member's name is not text",
        ));
    };
    Ok((name.into(), read(reader, depth + 1)?))
}

/// Writes a value as CBOR.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    // Writing to memory cannot fail.
    let _ = write(&mut Encoder::new(&mut bytes), value);
    bytes
}

fn write<W: Write>(
    out: &mut Encoder<W>,
    value: &Value,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    match value {
        Value::Null => out.null()?.ok(),
        Value::Bool(b) => out.bool(*b)?.ok(),
        Value::Int(n) => out.i64(*n)?.ok(),
        Value::Float(f) => out.f64(*f)?.ok(),
        Value::Text(text) => out.str(text)?.ok(),
        Value::Time(at) => time(out, *at),
        Value::Blob(bytes) => out.bytes(bytes)?.ok(),
        Value::List(items) => {
            out.array(items.len() as u64)?;
            items.iter().try_for_each(|item| write(out, item))
        }
        Value::Map(map) => {
            out.map(map.0.iter().filter(|(_, v)| !v.is_null()).count() as u64)?;
            for (name, value) in map.0.iter().filter(|(_, v)| !v.is_null()) {
                out.str(name)?;
                write(out, value)?;
            }
            Ok(())
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of any real date fit a double"
)]
fn time<W: Write>(
    out: &mut Encoder<W>,
    at: Timestamp,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    out.tag(Tag::new(1))?
        .f64(at.as_millis() as f64 / 1000.0)?
        .ok()
}
