//! The account's own Automation documents as runbooks: their parameters become inputs with types and allowed values.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::text::clean;
use crate::filter::Filter;

use super::template::Words;
use super::{Document, Does, Input, Rate, Risk, Runbook, Takes, Template};

/// What the name of a runbook begins with that is a document.
pub const PREFIX: &str = "document/";

/// The longest value of a parameter that is entered (API reference: 512 characters for Automation).
const LONGEST: usize = 512;

/// Names of parameters that take an instance.
const INSTANCE: &[&str] = &["instanceid", "instanceids"];

/// A document as its service describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: Arc<str>,
    /// Its default version.
    pub version: Arc<str>,
    /// What it says about itself.
    pub about: Arc<str>,
    /// What it takes.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its type in the document's own word: `String`, `StringList`, `Boolean`, `Integer` …
    pub kind: Arc<str>,
    /// What it is for.
    pub about: Arc<str>,
    /// Its value where none is given; without one it has to be given.
    pub default: Option<Arc<str>>,
    /// The values that it may have; any where empty.
    pub allowed: Vec<Arc<str>>,
}

impl Parameter {
    fn takes_instance(&self) -> bool {
        INSTANCE.contains(&self.name.to_ascii_lowercase().as_str())
    }
}

/// The parameters out of a document's content (JSON), in their order. What cannot be understood is left out: the
/// service refuses what it lacks.
#[must_use]
pub fn parameters(content: &str) -> Vec<Parameter> {
    let Ok(content) = serde_json::from_str::<Value>(content) else {
        return Vec::new();
    };
    let Some(all) = content.get("parameters").and_then(Value::as_object) else {
        return Vec::new();
    };
    let plain = |value: &Value| match value {
        Value::String(text) => clean(text).into_owned(),
        Value::Array(values) => {
            let texts = values
                .iter()
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            clean(&texts.collect::<Vec<_>>().join(",")).into_owned()
        }
        other => clean(&other.to_string()).into_owned(),
    };
    all.iter()
        .map(|(name, said)| {
            let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default();
            let allowed = said.get("allowedValues").and_then(Value::as_array);
            Parameter {
                name: Arc::from(clean(name)),
                kind: Arc::from(clean(text("type"))),
                about: Arc::from(clean(text("description"))),
                default: said.get("default").map(|d| Arc::from(plain(d))),
                allowed: allowed
                    .map(|all| all.iter().map(|v| Arc::from(plain(v))).collect())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// A document as a runbook. Where everything that is meant has an instance, the parameter that takes one is filled in.
#[must_use]
pub fn runbook(document: &Described, have_instances: bool) -> Option<Runbook> {
    let mut inputs = Vec::new();
    let mut parameters = Vec::new();
    let mut target: Arc<str> = Arc::clone(&document.name);
    let mut each = None;
    for parameter in &document.parameters {
        let key = Value::from(&*parameter.name).to_string();
        let entered = format!("{{{{ input[{key}] }}}}");
        let text = if parameter.takes_instance() && have_instances {
            target = Arc::from("{{ instance }}");
            each = Some(Arc::clone(&parameter.name));
            "{{ instance }}".to_owned()
        } else {
            if parameter.takes_instance() {
                target = Arc::from(entered.as_str());
            }
            inputs.push(input(parameter));
            entered
        };
        let value = Template::read(&text, Words::Any).ok()?;
        parameters.push((Arc::clone(&parameter.name), vec![value]));
    }
    Some(Runbook {
        name: Arc::from(format!("{PREFIX}{}", document.name)),
        title: Arc::clone(&document.name),
        help: if document.about.is_empty() {
            Arc::from("The document does not say what it does.")
        } else {
            Arc::clone(&document.about)
        },
        matches: Filter::default(),
        // What it does is known to its author alone.
        risk: Risk::Dangerous,
        confirm: None,
        target: Template::read(&target, Words::Any).ok()?,
        inputs,
        does: Does::Automation {
            document: Document {
                name: Arc::clone(&document.name),
                version: None,
                parameters,
                rate: Rate::default(),
                is_lean: true,
            },
            each,
            across: None,
        },
        file: Arc::from("the account's own document"),
    })
}

fn input(parameter: &Parameter) -> Input {
    let takes = match (&*parameter.kind, parameter.allowed.is_empty()) {
        (_, false) => Takes::Choice(parameter.allowed.clone()),
        ("Boolean", true) => Takes::Choice(vec![Arc::from("true"), Arc::from("false")]),
        ("Integer", true) => Takes::Number {
            least: i64::MIN,
            most: i64::MAX,
        },
        ("StringList", true) => Takes::List { longest: LONGEST },
        _ => Takes::Text { longest: LONGEST },
    };
    let title = match &*parameter.about {
        "" => Arc::clone(&parameter.name),
        about => Arc::from(about),
    };
    // An empty default is no value of a choice or a number: it means that nothing is given.
    let default = parameter.default.clone();
    Input {
        name: Arc::clone(&parameter.name),
        title,
        takes,
        default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use serde_json::json;

    use crate::runbook::{Facts, Step};

    fn described() -> Described {
        let content = json!({
            "schemaVersion": "0.3",
            "parameters": {
                "InstanceId": { "type": "StringList" },
                "Service": { "type": "String", "allowedValues": ["checkout", "ledger"], "description": "Which one" },
                "Wait": { "type": "Integer", "default": 30 },
                "Force": { "type": "Boolean", "default": false },
                "Role": { "type": "String", "default": "" },
                "Tags": { "type": "StringList", "default": ["a", "b"] },
            },
        });
        Described {
            name: "acme-failover".into(),
            version: "3".into(),
            about: "Moves the traffic.".into(),
            parameters: parameters(&content.to_string()),
        }
    }

    #[test]
    fn parameters_become_inputs_with_their_types() {
        let runbook = runbook(&described(), true).unwrap();
        let names: Vec<&str> = runbook.inputs.iter().map(|i| &*i.name).collect();
        assert_eq!(names, ["Service", "Wait", "Force", "Role", "Tags"]);
        assert_eq!(runbook.inputs[0].takes.allowed(), "checkout, ledger");
        assert_eq!(runbook.inputs[1].default.as_deref(), Some("30"));
        assert_eq!(runbook.risk, Risk::Dangerous);
        let facts = Facts::of_item(json!({ "detail": { "resource": "i-0123456789abcdef0" } }));
        let given = BTreeMap::from([("Service".to_owned(), "ledger".to_owned())]);
        let plan = runbook.plan(&facts, &given).unwrap();
        assert_eq!(plan.target, "i-0123456789abcdef0");
        let Step::Automation { parameters, .. } = plan.step else {
            panic!("not an automation")
        };
        let of = |name: &str| parameters.get(name).cloned();
        assert_eq!(of("InstanceId").unwrap(), ["i-0123456789abcdef0"]);
        assert_eq!(of("Service").unwrap(), ["ledger"]);
        assert_eq!(of("Wait").unwrap(), ["30"]);
        assert_eq!(of("Tags").unwrap(), ["a", "b"]);
        assert_eq!(of("Role"), None, "what is empty is left to the document");
        let wrong = BTreeMap::from([("Service".to_owned(), "search".to_owned())]);
        assert!(runbook.plan(&facts, &wrong).is_err());
    }

    #[test]
    fn without_an_instance_it_is_asked_for() {
        let runbook = runbook(&described(), false).unwrap();
        assert_eq!(&*runbook.inputs[0].name, "InstanceId");
        let refused = runbook.plan(&Facts::of_item(json!({})), &BTreeMap::new());
        assert!(refused.unwrap_err().0[0].starts_with("input InstanceId is needed"));
    }

    #[test]
    fn content_that_is_none_has_no_parameters() {
        for content in ["", "[]", "{\"parameters\": 7}", "schemaVersion: '0.3'"] {
            assert_eq!(parameters(content), []);
        }
    }
}
