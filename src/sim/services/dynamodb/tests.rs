//! The grammar of expressions and what it means, on items alone.

use std::collections::BTreeMap;

use super::attribute::{Attribute, Item, read_item};
use super::evaluate::{apply, holds};
use super::number::Number;
use super::parse::{condition, update};
use super::placeholders::Placeholders;
use crate::fields;
use crate::sim::wire::{Map, Value, json};

fn value(text: &str) -> Value {
    json::decode(text.as_bytes()).unwrap()
}

fn item() -> Item {
    let text = r#"{"name": {"S": "web-1"}, "age": {"N": "7"}, "tags": {"SS": ["a", "b"]},
        "steps": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}, "deep": {"M": {"x": {"N": "1"}}}}"#;
    read_item(&value(text)).unwrap()
}

fn given(values: &str) -> Placeholders {
    let mut input = Map::default();
    if !values.is_empty() {
        input.set("ExpressionAttributeValues", value(values));
    }
    input.set("ExpressionAttributeNames", fields! { "#n" => "name" });
    Placeholders::read(&Value::Map(input)).unwrap()
}

fn is_so(text: &str) -> bool {
    let given = given(
        r#"{":s": {"S": "web"}, ":n": {"N": "7"}, ":m": {"N": "10"}, ":a": {"S": "a"}, ":k": {"S": "N"}}"#,
    );
    holds(
        &item(),
        &condition("ConditionExpression", text, &given).unwrap(),
    )
}

#[test]
fn conditions_mean_what_they_say() {
    for yes in [
        "age = :n",
        "age <> :m AND age < :m",
        "absent <> :n",
        "NOT age > :n",
        "age BETWEEN :n AND :m",
        "age IN (:m, :n)",
        "attribute_exists(deep.x) and attribute_not_exists(deep.y)",
        "begins_with(#n, :s)",
        "contains(tags, :a)",
        "contains(#n, :s)",
        "size(steps) < :n",
        "attribute_type(age, :k)",
        // AND binds more closely than OR, NOT more closely than AND.
        "age = :n OR age = :m AND age = :m",
        "(age = :m OR age = :n) AND NOT age = :m",
        "steps[1] < steps[2]",
    ] {
        assert!(is_so(yes), "{yes}");
    }
    for no in [
        "absent = :n",
        "absent < :n",
        "age = :s",
        "age < :s",
        "begins_with(age, :s)",
        "NOT age = :n OR age = :m",
        "steps[9] = :n",
        "size(age) = :n",
    ] {
        assert!(!is_so(no), "{no}");
    }
}

#[test]
fn what_is_not_an_expression_is_refused_with_a_reason() {
    for (text, part) in [
        ("", "can not be empty"),
        ("age = ", "Syntax error"),
        ("age == :n", "Syntax error"),
        ("age = :zzz", "attribute value: :zzz"),
        ("#zzz = :n", "attribute name: #zzz"),
        ("owner = :n", "reserved keyword: owner"),
        ("sizeof(age) = :n", "Invalid function name"),
        ("age BETWEEN :m AND :n", "upper bound"),
    ] {
        let given = given(r#"{":n": {"N": "7"}, ":m": {"N": "10"}}"#);
        let why = condition("ConditionExpression", text, &given).unwrap_err();
        assert!(why.message.contains(part), "{text}: {}", why.message);
    }
}

fn after(text: &str) -> Result<Item, String> {
    let given = given(
        r#"{":one": {"N": "1"}, ":s": {"S": "x"}, ":l": {"L": [{"N": "4"}]}, ":t": {"SS": ["b"]}}"#,
    );
    let actions = update(text, &given).map_err(|why| why.message)?;
    apply(&item(), &actions).map_err(|why| why.message)
}

fn number(text: &str) -> Attribute {
    Attribute::N(Number::parse(text).unwrap())
}

#[test]
fn updates_read_the_item_as_it_was() {
    let new = after("SET a = age + :one, age = if_not_exists(b, :one), steps = list_append(steps, :l) ADD deep.x :one, hits :one REMOVE #n DELETE tags :t").unwrap();
    assert_eq!(new["a"], number("8"));
    assert_eq!((&new["age"], &new["hits"]), (&number("1"), &number("1")));
    assert_eq!(
        new["steps"],
        Attribute::L(["1", "2", "3", "4"].map(number).to_vec())
    );
    assert_eq!(
        new["deep"],
        Attribute::M(BTreeMap::from([("x".to_owned(), number("2"))]))
    );
    assert_eq!(
        new["tags"],
        Attribute::Set("SS", vec![Attribute::S("a".to_owned())])
    );
    assert!(!new.contains_key("name"));
    let shorter = after("REMOVE steps[0], steps[1]").unwrap();
    assert_eq!(shorter["steps"], Attribute::L(vec![number("3")]));
}

#[test]
fn updates_that_cannot_be_are_refused() {
    for (text, part) in [
        ("SET a = absent", "does not exist in the item"),
        ("SET a = age + :s", "operand type: S"),
        ("SET age = :one, age = :one", "overlap"),
        ("SET deep = :one, deep.x = :one", "overlap"),
        ("SET a = :one SET b = :one", "only be used once"),
        ("SET nowhere.x = :one", "invalid for update"),
        ("ADD #n :one", "incorrect data type"),
        ("DELETE tags :one", "operand type: NUMBER"),
        ("session = :one", "Syntax error"),
    ] {
        let why = after(text).unwrap_err();
        assert!(why.contains(part), "{text}: {why}");
    }
}
