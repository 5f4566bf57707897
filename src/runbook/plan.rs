//! A plan: a runbook with its parameters filled in for one item, ready to be shown, confirmed and journalled.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::template::{Facts, Template};
use super::{Across, Document, Does, Input, Rate, Risk, Runbook, Takes};

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
        /// The parameter that takes the target, and how fast it goes over many.
        each: Option<Arc<str>>,
        /// From where it runs everywhere at once.
        across: Option<Across>,
        /// How fast it goes over many targets.
        rate: Rate,
    },
    /// `SendCommand` to the plan's target.
    Command {
        /// The document.
        document: Arc<str>,
        /// Its version; the default where absent.
        version: Option<Arc<str>>,
        /// Its parameters.
        parameters: Parameters,
        /// How fast it goes over many targets.
        rate: Rate,
        /// How long a node may take to begin.
        delivery: Option<Duration>,
    },
    /// A program on this machine.
    Local {
        /// The program.
        program: Arc<str>,
        /// Its arguments.
        arguments: Vec<String>,
        /// The item as variables.
        variables: BTreeMap<String, String>,
        /// How long it may take.
        timeout: Duration,
    },
}

impl Step {
    /// The document or the program.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Automation { document, .. } | Self::Command { document, .. } => document,
            Self::Local { program, .. } => program,
        }
    }

    /// What it is given, for people: parameters of a document, arguments of a program.
    #[must_use]
    pub fn given(&self) -> Vec<(String, Vec<String>)> {
        match self {
            Self::Automation { parameters, .. } | Self::Command { parameters, .. } => parameters
                .iter()
                .map(|(name, values)| (name.clone(), values.clone()))
                .collect(),
            Self::Local { arguments, .. } => vec![("arguments".to_owned(), arguments.clone())],
        }
    }

    /// How fast it goes over many targets.
    #[must_use]
    pub fn rate(&self) -> Rate {
        match self {
            Self::Automation { rate, .. } | Self::Command { rate, .. } => rate.clone(),
            Self::Local { .. } => Rate::default(),
        }
    }
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
            Does::Automation {
                document,
                each,
                across,
            } => Step::Automation {
                document: Arc::clone(&document.name),
                version: document.version.clone(),
                parameters: fill.parameters(document),
                each: each.clone(),
                across: across.clone(),
                rate: document.rate.clone(),
            },
            Does::Command { document, delivery } => Step::Command {
                document: Arc::clone(&document.name),
                version: document.version.clone(),
                parameters: fill.parameters(document),
                rate: document.rate.clone(),
                delivery: *delivery,
            },
            Does::Local {
                program,
                arguments,
                timeout,
            } => Step::Local {
                program: Arc::clone(program),
                arguments: arguments
                    .iter()
                    .map(|argument| fill.one("arguments", argument))
                    .collect(),
                variables: variables(&facts),
                timeout: *timeout,
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

    fn parameters(&mut self, document: &Document) -> Parameters {
        let mut all = Parameters::new();
        for (name, templates) in &document.parameters {
            let mut values = Vec::new();
            for template in templates {
                match self.list(template) {
                    Some(list) => values.extend(list),
                    None => values.push(self.one(name, template)),
                }
            }
            if document.is_lean {
                values.retain(|value| !value.is_empty());
            }
            if !(document.is_lean && values.is_empty()) {
                all.insert(name.to_string(), values);
            }
        }
        all
    }

    /// The values of an input that takes a list, where the template is that input and nothing else.
    fn list(&self, template: &Template) -> Option<Vec<String>> {
        let inputs = self.facts.json().get("input")?.as_object()?;
        let name = template.text().strip_prefix("{{ input[")?;
        let name: String = serde_json::from_str(name.strip_suffix("] }}")?).ok()?;
        let values = inputs.get(&name)?.as_array()?;
        Some(
            values
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }
}

impl Input {
    /// The value that templates see, or why what was entered cannot be it.
    pub(super) fn take(&self, given: Option<&str>) -> Result<Json, String> {
        let name = &self.name;
        let Some(text) = given.or(self.default.as_deref()) else {
            return Err(format!("input {name} is needed: {}", self.title));
        };
        // An empty default means that nothing is given.
        if given.is_none() && text.is_empty() {
            return Ok(json!(""));
        }
        match &self.takes {
            Takes::Text { longest } | Takes::List { longest } => {
                if text.chars().count() > *longest {
                    return Err(format!("input {name} is longer than {longest} characters"));
                }
                if text.chars().any(char::is_control) {
                    return Err(format!("input {name} holds a control character"));
                }
                if matches!(self.takes, Takes::Text { .. }) {
                    return Ok(json!(text));
                }
                let values = text.split(',').map(str::trim).filter(|v| !v.is_empty());
                Ok(values.collect::<Vec<_>>().into())
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
