//! The placeholders of a request: `#name` and `:value`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{Attribute, invalid};
use crate::sim::services::Refusal;
use crate::sim::wire::Value;

/// The placeholders of a request, which have to be used, all of them.
#[derive(Debug)]
pub struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Attribute>,
    used: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Those of a request, or of a part of one.
    pub fn read(input: &Value) -> Result<Self, Refusal> {
        let mut names = BTreeMap::new();
        for (key, name) in input.at("ExpressionAttributeNames").members() {
            if !key.starts_with('#') || key.len() < 2 {
                return Err(invalid(format!(
                    "ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\""
                )));
            }
            names.insert(
                key.to_string(),
                name.as_str().unwrap_or_default().to_owned(),
            );
        }
        let mut values = BTreeMap::new();
        let given = input.at("ExpressionAttributeValues");
        if given.members().is_empty() && !given.is_null() {
            return Err(invalid("ExpressionAttributeValues must not be empty"));
        }
        for (key, value) in given.members() {
            if !key.starts_with(':') || key.len() < 2 {
                return Err(invalid(format!(
                    "ExpressionAttributeValues contains invalid key: Syntax error; key: \"{key}\""
                )));
            }
            let value = Attribute::read(value).map_err(|why| Refusal {
                message: format!(
                    "ExpressionAttributeValues contains invalid value: {} for key {key}",
                    why.message
                ),
                ..why
            })?;
            values.insert(key.to_string(), value);
        }
        Ok(Self {
            names,
            values,
            used: RefCell::default(),
        })
    }

    /// The attribute that `#name` stands for.
    pub fn name(&self, key: &str) -> Option<&String> {
        self.used.borrow_mut().insert(key.to_owned());
        self.names.get(key)
    }

    /// What `:value` stands for.
    pub fn value(&self, key: &str) -> Option<&Attribute> {
        self.used.borrow_mut().insert(key.to_owned());
        self.values.get(key)
    }

    /// Refuses placeholders that no expression has used. To be asked after all of them were read.
    pub fn spent(&self, any: bool) -> Result<(), Refusal> {
        let used = self.used.borrow();
        let left = |keys: Vec<&String>| -> String {
            let left: Vec<&str> = keys
                .into_iter()
                .filter(|k| !used.contains(*k))
                .map(String::as_str)
                .collect();
            left.join(", ")
        };
        for (what, keys) in [
            (
                "ExpressionAttributeNames",
                self.names.keys().collect::<Vec<_>>(),
            ),
            ("ExpressionAttributeValues", self.values.keys().collect()),
        ] {
            if !any && !keys.is_empty() {
                return Err(invalid(format!(
                    "{what} can only be specified when using expressions"
                )));
            }
            let keys = left(keys);
            if !keys.is_empty() {
                return Err(invalid(format!(
                    "Value provided in {what} unused in expressions: keys: {{{keys}}}"
                )));
            }
        }
        Ok(())
    }
}
