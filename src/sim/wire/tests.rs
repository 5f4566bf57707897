//! What is written in a protocol reads back as the same value.

use proptest::prelude::*;

use super::{Map, Value, cbor, json};
use crate::clock::Timestamp;
use crate::fields;

/// Any value; `exact` leaves out what JSON cannot tell apart.
fn any_value(exact: bool) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        // serde_json reads large floats to the last bit but one; nothing simulated is large.
        any::<i32>().prop_map(|n| Value::Float(f64::from(n) / 8.0)),
        any::<String>().prop_map(Value::Text),
        (0..4_000_000_000_000_i64).prop_map(move |ms| if exact {
            Value::Time(Timestamp::from_millis(ms))
        } else {
            Value::Int(ms)
        }),
        any::<Vec<u8>>().prop_map(move |bytes| if exact {
            Value::Blob(bytes)
        } else {
            Value::Bool(bytes.is_empty())
        }),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            proptest::collection::vec((any::<String>(), inner), 0..6).prop_map(|members| {
                let mut map = Map::default();
                members
                    .into_iter()
                    .for_each(|(name, value)| map.set(name, value));
                Value::Map(map)
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cbor_reads_back(value in any_value(true)) {
        prop_assert_eq!(cbor::decode(&cbor::encode(&value)), Ok(value));
    }

    #[test]
    fn json_reads_back(value in any_value(false)) {
        prop_assert_eq!(json::decode(&json::encode(&value)), Ok(value));
    }

    #[test]
    fn no_bytes_upset_a_decoder(bytes in any::<Vec<u8>>()) {
        let _ = cbor::decode(&bytes);
        let _ = json::decode(&bytes);
        let _ = super::query::decode(&bytes);
    }
}

#[test]
fn cbor_takes_what_the_sdk_sends() {
    // A map of indefinite length with text in chunks, a half float and a tagged time, written by hand.
    let bytes = [
        0xbf, 0x61, b'a', 0x7f, 0x61, b'x', 0x61, b'y', 0xff, 0x61, b'b', 0xf9, 0x3e, 0x00, 0x61,
        b't', 0xc1, 0x1a, 0x00, 0x00, 0x00, 0x05, 0x61, b'n', 0xf6, 0xff,
    ];
    let value = cbor::decode(&bytes).unwrap();
    let at = Timestamp::from_secs(5);
    assert_eq!(
        value,
        fields! { "a" => "xy", "b" => 1.5, "t" => at, "n" => None::<i64> }
    );
    assert!(cbor::decode(&[0xa1, 0x61]).is_err());
    assert!(cbor::decode(&[0x81; 500]).is_err(), "nesting is bounded");
}

#[test]
fn times_and_absences_are_written_as_aws_writes_them() {
    let value = fields! { "t" => Timestamp::from_millis(1500), "whole" => Timestamp::from_secs(2), "gone" => None::<&str> };
    assert_eq!(json::encode(&value), br#"{"t":1.5,"whole":2}"#);
    assert_eq!(
        cbor::encode(&fields! { "t" => Timestamp::from_secs(1), "gone" => None::<&str> })[..4],
        [0xa1, 0x61, b't', 0xc1]
    );
}
