//! A plan: a runbook with its parameters filled in for one item, ready to be shown, confirmed and journalled.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::template::{Facts, Template};
use super::{Does, Input, Risk, Runbook, Takes};

/// What exactly would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The runbook's name.
    pub runbook: Arc<str>,
    /// The runbook's title.
    pub title: Arc<str>,
    /// How it is confirmed.
    pub risk: Risk,
    /// What the operator is told before confirming.
    pub confirm: Option<Arc<str>>,
    /// What it acts on.
    pub target: String,
    /// What is done.
    pub step: Step,
}

/// Parameters of a document: name and values.
pub type Parameters = BTreeMap<String, Vec<String>>;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `StartAutomationExecution`.
    Automation {
        /// The document.
        document: Arc<str>,
        /// Its version; the default where absent.
        version: Option<Arc<str>>,
        /// Its parameters.
        parameters: Parameters,
    },
    /// `SendCommand` to the plan's target.
    Command {
        /// The document.
        document: Arc<str>,
        /// Its version; the default where absent.
        version: Option<Arc<str>>,
        /// Its parameters.
        parameters: Parameters,
    },
    /// A program on this machine.
    Local {
        /// The program.
        program: Arc<str>,
        /// Its arguments.
        arguments: Vec<String>,
        /// The item as variables.
        variables: BTreeMap<String, String>,
    },
}

/// Why there is no plan: one sentence per mistake, each naming the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<String>);

impl Runbook {
    /// Fills the runbook in for an item. Inputs that are not given take their defaults.
    ///
    /// # Errors
    /// One sentence for every input that is missing or not allowed, and for everything that the item does not tell.
    pub fn plan(&self, facts: &Facts, given: &BTreeMap<String, String>) -> Result<Plan, Refusal> {
        let mut refused = Vec::new();
        for name in given.keys() {
            if !self.inputs.iter().any(|input| &*input.name == name) {
                refused.push(format!("{} takes no input `{name}`", self.name));
            }
        }
        let mut inputs = Map::new();
        for input in &self.inputs {
            match input.take(given.get(&*input.name).map(String::as_str)) {
                Ok(value) => {
                    inputs.insert(input.name.to_string(), value);
                }
                Err(why) => refused.push(why),
            }
        }
        if !refused.is_empty() {
            return Err(Refusal(refused));
        }
        let facts = facts.with_inputs(inputs);
        let mut fill = Fill {
            facts: &facts,
            refused: Vec::new(),
        };
        let target = fill.one("target", &self.target);
        let step = match &self.does {
            Does::Automation(document) => Step::Automation {
                document: Arc::clone(&document.name),
                version: document.version.clone(),
                parameters: fill.parameters(&document.parameters),
            },
            Does::Command(document) => Step::Command {
                document: Arc::clone(&document.name),
                version: document.version.clone(),
                parameters: fill.parameters(&document.parameters),
            },
            Does::Local { program, arguments } => Step::Local {
                program: Arc::clone(program),
                arguments: arguments
                    .iter()
                    .map(|argument| fill.one("arguments", argument))
                    .collect(),
                variables: variables(&facts),
            },
        };
        if !fill.refused.is_empty() {
            return Err(Refusal(fill.refused));
        }
        Ok(Plan {
            runbook: Arc::clone(&self.name),
            title: Arc::clone(&self.title),
            risk: self.risk,
            confirm: self.confirm.clone(),
            target,
            step,
        })
    }
}

struct Fill<'a> {
    facts: &'a Facts,
    refused: Vec<String>,
}

impl Fill<'_> {
    fn one(&mut self, place: &str, template: &Template) -> String {
        template.render(self.facts).unwrap_or_else(|why| {
            self.refused
                .push(format!("{place} = {:?}: {why}", template.text()));
            String::new()
        })
    }

    fn parameters(&mut self, of: &[(Arc<str>, Vec<Template>)]) -> Parameters {
        of.iter()
            .map(|(name, values)| {
                let values = values.iter().map(|v| self.one(name, v)).collect();
                (name.to_string(), values)
            })
            .collect()
    }
}

impl Input {
    /// The value that templates see, or why what was entered cannot be it.
    pub(super) fn take(&self, given: Option<&str>) -> Result<Json, String> {
        let name = &self.name;
        let Some(text) = given.or(self.default.as_deref()) else {
            return Err(format!("input {name} is needed: {}", self.title));
        };
        match &self.takes {
            Takes::Text { longest } => {
                if text.chars().count() > *longest {
                    return Err(format!("input {name} is longer than {longest} characters"));
                }
                if text.chars().any(char::is_control) {
                    return Err(format!("input {name} holds a control character"));
                }
                Ok(json!(text))
            }
            Takes::Number { least, most } => match text.trim().parse::<i64>() {
                Ok(number) if (*least..=*most).contains(&number) => Ok(json!(number)),
                _ => Err(format!(
                    "input {name} is a whole number from {least} to {most}, not {text:?}"
                )),
            },
            Takes::Choice(values) => {
                if values.iter().any(|v| &**v == text) {
                    Ok(json!(text))
                } else {
                    Err(format!(
                        "input {name} is one of {}, not {text:?}",
                        values.join(", ")
                    ))
                }
            }
        }
    }
}

/// The item as environment variables: `NOCTOP_ACCOUNT_ID`, `NOCTOP_DETAIL_REASON`, `NOCTOP_INPUT_SERVICE` …; lists and
/// what is absent are left out.
fn variables(facts: &Facts) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    flatten("NOCTOP", facts.json(), &mut found);
    found
}

fn flatten(name: &str, value: &Json, found: &mut BTreeMap<String, String>) {
    let text = match value {
        Json::Object(fields) => {
            for (key, value) in fields {
                flatten(&format!("{name}_{}", shout(key)), value, found);
            }
            return;
        }
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        Json::Array(_) | Json::Null => return,
    };
    // A variable cannot hold a NUL.
    found.insert(name.to_owned(), text.replace('\0', ""));
}

/// `nativeState` as `NATIVE_STATE`, `LoadBalancer` as `LOAD_BALANCER`; what cannot stand in a variable's name becomes `_`.
fn shout(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    let mut low = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() && low {
            name.push('_');
        }
        low = c.is_ascii_lowercase() || c.is_ascii_digit();
        name.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    name
}
