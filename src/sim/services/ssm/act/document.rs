//! Documents: what can be run, with which parameters, in which steps.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::{covers, duration};
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// How long something takes: `20s..90s`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Takes(Duration, Duration);

impl Default for Takes {
    fn default() -> Self {
        Self(Duration::from_secs(2), Duration::from_secs(20))
    }
}

impl TryFrom<String> for Takes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (least, most) = text.split_once("..").unwrap_or((&text, &text));
        match (duration(least), duration(most)) {
            (Some(least), Some(most)) if least <= most => Ok(Self(least, most)),
            _ => Err(format!(
                "'{text}' is not a length of time such as 20s or 20s..90s"
            )),
        }
    }
}

impl Takes {
    /// One length of time among them.
    pub fn pick(self, dice: Chance) -> Duration {
        self.0 + (self.1 - self.0).mul_f64(dice.unit())
    }
}

/// A document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// `Command` or `Automation`.
    #[serde(default = "automation")]
    pub kind: String,
    /// Accounts that own it, by id or name; all of them when empty.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions where it is; all of them when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// The platforms that it runs on.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// What it does.
    #[serde(default)]
    pub about: String,
    /// How long a command takes on one machine.
    #[serde(default)]
    pub takes: Takes,
    /// What it takes.
    #[serde(default)]
    pub parameter: Vec<Parameter>,
    /// What an automation does, one after the other.
    #[serde(default)]
    pub step: Vec<Step>,
    /// The parameter that names what it restarts, whose alarms clear when it is done.
    #[serde(default)]
    pub restarts: Option<String>,
}

fn automation() -> String {
    "Automation".to_owned()
}

/// A parameter of a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `String`, `StringList`, `StringMap`, …
    #[serde(default = "string")]
    pub kind: String,
    /// Its value when none is given; without one it has to be given.
    #[serde(default)]
    pub default: Option<String>,
    /// The values that it may have; any when empty.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// How its values begin.
    #[serde(default)]
    pub pattern: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub about: String,
}

fn string() -> String {
    "String".to_owned()
}

/// A step of an automation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What it does: `aws:changeInstanceState`; `aws:approve` waits for somebody's approval.
    pub action: String,
    /// How long it takes.
    #[serde(default)]
    pub takes: Takes,
    /// It fails, always, with this message.
    #[serde(default)]
    pub fails: Option<String>,
}

#[derive(Deserialize)]
struct Catalogue {
    document: Vec<Document>,
}

/// The documents that AWS owns.
pub static OF_AMAZON: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let text = include_str!("documents.toml");
    toml::from_str::<Catalogue>(text)
        .map(|c| c.document)
        .unwrap_or_default()
});

/// Every document of a place with its owner, AWS's first.
pub fn all(site: &Site) -> impl Iterator<Item = (&Document, &str)> {
    let own = site.scenario.runs.document.iter();
    let here = own.filter(move |d| covers(&d.accounts, &d.regions, site));
    OF_AMAZON
        .iter()
        .map(|d| (d, "Amazon"))
        .chain(here.map(move |d| (d, &*site.account)))
}

/// The document called so, by name or ARN.
pub fn find<'a>(site: &'a Site, name: &str) -> Option<(&'a Document, &'a str)> {
    let short = name
        .split_once(":document/")
        .map_or(name, |(_, short)| short);
    all(site).find(|(document, _)| document.name == short)
}

/// Whether a version means the only one there is.
pub fn is_version(version: Option<&str>) -> bool {
    matches!(version, None | Some("" | "1" | "$LATEST" | "$DEFAULT"))
}

/// When the documents were made: long before anything else.
fn born(site: &Site, document: &Document) -> Timestamp {
    let days = Chance::of(site, "documents")
        .named(&document.name)
        .between(200, 1500);
    site.started
        .minus(Duration::from_secs(days.unsigned_abs() * 86_400))
}

impl Document {
    /// Whether it is an automation.
    pub fn is_automation(&self) -> bool {
        self.kind == "Automation"
    }

    fn schema(&self) -> &'static str {
        if self.is_automation() { "0.3" } else { "2.2" }
    }

    fn platforms(&self) -> Vec<String> {
        if self.platforms.is_empty() {
            ["Windows", "Linux", "MacOS"].map(str::to_owned).to_vec()
        } else {
            self.platforms.clone()
        }
    }

    /// What is wrong with parameters that are given for it.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self, given: &Value, filled: Option<&str>) -> Result<(), String> {
        for (name, values) in given.members() {
            let Some(parameter) = self.parameter.iter().find(|p| p.name == **name) else {
                return Err(format!(
                    "Parameter {name} is not defined in document {}.",
                    self.name
                ));
            };
            let texts: Vec<&str> = values.texts().collect();
            if parameter.kind == "String" && texts.len() > 1 {
                return Err(format!(
                    "Parameter {name} is of type String and must have exactly one value."
                ));
            }
            for text in texts {
                if !parameter.allowed.is_empty() && !parameter.allowed.iter().any(|a| a == text) {
                    return Err(format!(
                        "Value {text} of parameter {name} is not one of the allowed values [{}].",
                        parameter.allowed.join(", ")
                    ));
                }
                let fits = parameter
                    .pattern
                    .as_deref()
                    .is_none_or(|p| text.starts_with(p));
                if !(fits || text.is_empty() && parameter.default.is_some()) {
                    return Err(format!(
                        "Value {text} of parameter {name} does not match its allowed pattern."
                    ));
                }
            }
        }
        let missing: Vec<&str> = self
            .parameter
            .iter()
            .filter(|p| {
                p.default.is_none()
                    && filled != Some(p.name.as_str())
                    && given.at(&p.name).texts().next().is_none()
            })
            .map(|p| p.name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!(
            "Missing required parameters: [{}].",
            missing.join(", ")
        ))
    }

    /// What is given for a parameter, or its default.
    pub fn value<'a>(&'a self, given: &'a Value, name: &str) -> Option<&'a str> {
        let parameter = self.parameter.iter().find(|p| p.name == name)?;
        given
            .at(name)
            .texts()
            .next()
            .or(parameter.default.as_deref())
    }

    /// As `ListDocuments` answers it.
    pub fn identify(&self, site: &Site, owner: &str) -> Value {
        fields! {
            "Name" => &self.name,
            "CreatedDate" => born(site, self),
            "Owner" => owner,
            "PlatformTypes" => self.platforms(),
            "DocumentVersion" => "1",
            "DocumentType" => &self.kind,
            "SchemaVersion" => self.schema(),
            "DocumentFormat" => "JSON",
            "TargetType" => self.is_automation().then_some("/AWS::EC2::Instance"),
            "Tags" => Vec::<Value>::new(),
        }
    }

    /// As `DescribeDocument` answers it.
    pub fn describe(&self, site: &Site, owner: &str) -> Value {
        let parameter = |p: &Parameter| {
            fields! {
                "Name" => &p.name,
                "Type" => if p.kind == "StringList" { "StringList" } else { "String" },
                "Description" => if p.about.is_empty() { format!("The {} of this document.", p.name) } else { p.about.clone() },
                "DefaultValue" => p.default.as_ref(),
            }
        };
        fields! {
            "Hash" => Chance::of(site, "documents").named(&self.name).hex(32).repeat(2),
            "HashType" => "Sha256",
            "Name" => &self.name,
            "Owner" => owner,
            "CreatedDate" => born(site, self),
            "Status" => "Active",
            "DocumentVersion" => "1",
            "Description" => &self.about,
            "Parameters" => self.parameter.iter().map(parameter).collect::<Value>(),
            "PlatformTypes" => self.platforms(),
            "DocumentType" => &self.kind,
            "SchemaVersion" => self.schema(),
            "LatestVersion" => "1",
            "DefaultVersion" => "1",
            "DocumentFormat" => "JSON",
            "TargetType" => self.is_automation().then_some("/AWS::EC2::Instance"),
            "Tags" => Vec::<Value>::new(),
        }
    }

    /// As `GetDocument` answers it.
    pub fn content(&self, site: &Site) -> Value {
        let mut parameters = serde_json::Map::new();
        for p in &self.parameter {
            let mut one = serde_json::json!({ "type": p.kind, "description": p.about });
            if let Some(default) = &p.default {
                one["default"] = if p.kind == "StringList" {
                    serde_json::json!([default])
                } else {
                    serde_json::json!(default)
                };
            }
            if !p.allowed.is_empty() {
                one["allowedValues"] = serde_json::json!(p.allowed);
            }
            parameters.insert(p.name.clone(), one);
        }
        let steps: Vec<_> = self
            .step
            .iter()
            .map(|s| serde_json::json!({ "name": s.name, "action": s.action, "inputs": {} }))
            .collect();
        let plugin =
            serde_json::json!([{ "name": "run", "action": "aws:runShellScript", "inputs": {} }]);
        let content = serde_json::json!({
            "schemaVersion": self.schema(),
            "description": self.about,
            "parameters": parameters,
            "mainSteps": if self.is_automation() { serde_json::json!(steps) } else { plugin },
        });
        fields! {
            "Name" => &self.name,
            "CreatedDate" => born(site, self),
            "DocumentVersion" => "1",
            "Status" => "Active",
            "Content" => content.to_string(),
            "DocumentType" => &self.kind,
            "DocumentFormat" => "JSON",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_read_in_full() {
        assert!(OF_AMAZON.len() > 12);
        for document in OF_AMAZON.iter() {
            assert_eq!(
                document.is_automation(),
                !document.step.is_empty(),
                "{}",
                document.name
            );
            if let Some(name) = &document.restarts {
                assert!(
                    document.parameter.iter().any(|p| p.name == *name),
                    "{}",
                    document.name
                );
            }
        }
    }

    #[test]
    fn parameters_are_checked() {
        let document = OF_AMAZON
            .iter()
            .find(|d| d.name == "AWS-RunPatchBaseline")
            .unwrap();
        let give = |name: &'static str, value: &str| fields! { name => vec![value] };
        assert_eq!(document.check(&give("Operation", "Scan"), None), Ok(()));
        for (wrong, part) in [
            (give("Operation", "Wipe"), "allowed values"),
            (give("Operatoin", "Scan"), "not defined"),
            (fields! {}, "Missing required"),
        ] {
            assert!(document.check(&wrong, None).unwrap_err().contains(part));
        }
    }
}
