//! The query protocol: a flattened form in, XML out.

use quick_xml::escape::escape;

use super::{Map, Value, text};

/// Reads a form into a structure: `Names.member.2=b&Names.member.1=a` is the list `[a, b]` in `Names`.
#[must_use]
pub fn decode(body: &[u8]) -> Value {
    let mut root = Map::default();
    for (name, value) in form_urlencoded::parse(body) {
        let mut map = &mut root;
        let mut steps = name.split('.').peekable();
        while let Some(step) = steps.next() {
            if steps.peek().is_none() {
                map.set(step.to_owned(), &*value);
                break;
            }
            if !matches!(map.get(step), Some(Value::Map(_))) {
                map.set(step.to_owned(), Map::default());
            }
            let Some(Value::Map(inner)) = map.get_mut(step) else {
                break;
            };
            map = inner;
        }
    }
    fold(Value::Map(root))
}

/// Turns the numbered structures of a form into lists and its entries into maps.
fn fold(value: Value) -> Value {
    let Value::Map(mut map) = value else {
        return value;
    };
    if let [(name, Value::Map(_))] = map.0.as_slice()
        && (name == "member" || name == "entry")
    {
        let entries = name == "entry";
        let inner = map.0.pop().map(|(_, v)| fold(v)).unwrap_or_default();
        if !entries {
            return if matches!(inner, Value::List(_)) {
                inner
            } else {
                Value::List(vec![inner])
            };
        }
        let pairs = inner.items().iter().filter_map(|entry| {
            Some((
                entry.at("key").as_str()?.to_owned().into(),
                entry.at("value").clone(),
            ))
        });
        return Value::Map(Map(pairs.collect()));
    }
    let numbered = !map.0.is_empty() && map.0.iter().all(|(name, _)| name.parse::<u32>().is_ok());
    if numbered {
        map.0
            .sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or(u32::MAX));
        return Value::List(map.0.into_iter().map(|(_, v)| fold(v)).collect());
    }
    Value::Map(Map(map
        .0
        .into_iter()
        .map(|(name, v)| (name, fold(v)))
        .collect()))
}

/// The XML of a successful answer.
#[must_use]
pub fn encode(operation: &str, xmlns: &str, request_id: &str, value: &Value) -> Vec<u8> {
    let mut out = format!("<{operation}Response xmlns=\"{xmlns}\">");
    // An operation without output has no result element; one with an empty output has an empty one.
    if !value.is_null() {
        element(&mut out, &format!("{operation}Result"), value);
    }
    out.push_str("<ResponseMetadata>");
    element(&mut out, "RequestId", &Value::from(request_id));
    out.push_str("</ResponseMetadata></");
    out.push_str(operation);
    out.push_str("Response>");
    out.into_bytes()
}

/// The XML of an error.
#[must_use]
pub fn encode_error(
    xmlns: &str,
    request_id: &str,
    code: &str,
    message: &str,
    receiver: bool,
) -> Vec<u8> {
    let mut out = format!("<ErrorResponse xmlns=\"{xmlns}\"><Error>");
    element(
        &mut out,
        "Type",
        &Value::from(if receiver { "Receiver" } else { "Sender" }),
    );
    element(&mut out, "Code", &Value::from(code));
    element(&mut out, "Message", &Value::from(message));
    out.push_str("</Error>");
    element(&mut out, "RequestId", &Value::from(request_id));
    out.push_str("</ErrorResponse>");
    out.into_bytes()
}

/// Members whose names are data and not part of the model: they are written as entries with key and value.
const DICTIONARIES: &[&str] = &["ContributorAttributes"];

fn element(out: &mut String, name: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    out.push('<');
    out.push_str(name);
    out.push('>');
    match value {
        Value::Null => {}
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Float(f) => out.push_str(&f.to_string()),
        Value::Text(text) => out.push_str(&escape(xml_text(text))),
        Value::Time(at) => out.push_str(&text::iso(*at)),
        Value::Blob(bytes) => out.push_str(&text::base64(bytes)),
        Value::List(items) => items.iter().for_each(|item| element(out, "member", item)),
        Value::Map(map) if DICTIONARIES.contains(&name) => {
            for (key, value) in &map.0 {
                let key = Value::Text(key.to_string());
                let entry = vec![("key".into(), key), ("value".into(), value.clone())];
                element(out, "entry", &Value::Map(Map(entry)));
            }
        }
        Value::Map(map) => map
            .0
            .iter()
            .for_each(|(name, value)| element(out, name, value)),
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// XML 1.0 cannot carry most control characters, not even escaped; AWS answers with `?` there.
fn xml_text(text: &str) -> std::borrow::Cow<'_, str> {
    let bad = |c: char| {
        c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(bad) {
        text.replace(bad, "?").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields;

    #[test]
    fn a_form_becomes_lists_structures_and_maps() {
        let body = b"Action=X&Names.member.2=b&Names.member.10=c&Names.member.1=a+a\
            &Tags.member.1.Key=k&Tags.member.1.Value=%C3%A9&M.entry.1.key=q&M.entry.1.value=r&N=5";
        let value = decode(body);
        assert_eq!(
            value.at("Names").texts().collect::<Vec<_>>(),
            ["a a", "b", "c"]
        );
        assert_eq!(value.at("Tags").items()[0].at("Value").as_str(), Some("é"));
        assert_eq!(value.at("M").at("q").as_str(), Some("r"));
        assert_eq!(value.at("N").as_int(), Some(5));
    }

    #[test]
    fn a_dictionary_is_written_as_entries() {
        let mut attributes = Map::default();
        attributes.set("InstanceId".to_owned(), "i-1");
        let value = fields! { "ContributorAttributes" => Value::Map(attributes) };
        let xml = String::from_utf8(encode("Op", "ns", "id", &value)).unwrap();
        let entry = "<ContributorAttributes><entry><key>InstanceId</key><value>i-1</value></entry></ContributorAttributes>";
        assert!(xml.contains(entry), "{xml}");
    }

    #[test]
    fn an_answer_is_escaped_and_leaves_out_what_is_absent() {
        let value = fields! { "A" => "<&\u{1b}", "B" => None::<i64>, "L" => vec!["x", "y"] };
        let xml = String::from_utf8(encode("Op", "ns", "id", &value)).unwrap();
        assert_eq!(
            xml,
            "<OpResponse xmlns=\"ns\"><OpResult><A>&lt;&amp;?</A><L><member>x</member><member>y</member></L></OpResult>\
             <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></OpResponse>"
        );
    }
}
