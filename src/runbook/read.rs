//! Reading a runbook's file: every mistake with its place, several at once where they can be told apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::domain::problem::{Problem, Written};
use crate::filter::Filter;

use super::template::{Template, Words};
use super::{Document, Does, Input, Risk, Runbook, Takes};

/// Characters that an input of text takes where the runbook does not say.
const LONGEST: usize = 200;

/// Documents whose parameters become a command line.
const SHELLS: &[&str] = &[
    "AWS-RunShellScript",
    "AWS-RunPowerShellScript",
    "AWS-RunRemoteScript",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    title: String,
    help: String,
    #[serde(rename = "match")]
    matches: Spanned<String>,
    risk: Spanned<String>,
    confirm: Option<String>,
    target: Spanned<String>,
    automation: Option<Spanned<DocumentText>>,
    command: Option<Spanned<DocumentText>>,
    local: Option<Spanned<LocalText>>,
    #[serde(default)]
    input: Vec<InputText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentText {
    document: String,
    version: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalText {
    program: String,
    #[serde(default)]
    arguments: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputText {
    name: Spanned<String>,
    title: String,
    default: Option<Spanned<String>>,
    longest: Option<usize>,
    least: Option<i64>,
    most: Option<i64>,
    values: Option<Vec<String>>,
}

/// Reads one runbook.
pub(super) fn runbook(name: &str, file: Written<'_>) -> Result<Runbook, Vec<Problem>> {
    let text: FileText = toml::from_str(file.text).map_err(|why| {
        let span = why.span().unwrap_or(0..0);
        vec![file.problem(&span, why.message().replace('\n', " "))]
    })?;
    let mut reader = Reader {
        file,
        problems: Vec::new(),
    };
    let matches = reader.filter(&text.matches);
    let risk = reader.risk(&text.risk);
    let inputs: Vec<_> = text.input.iter().map(|i| reader.input(i)).collect();
    let does = reader.does(&text);
    // The target of a command is a node's id in a list of its own and never part of a command line.
    let target = reader.template(&text.target, Words::Any);
    match (matches, risk, does, target) {
        (Some(matches), Some(risk), Some(does), Some(target)) if reader.problems.is_empty() => {
            Ok(Runbook {
                name: Arc::from(name),
                title: text.title.into(),
                help: text.help.into(),
                matches,
                risk,
                confirm: text.confirm.map(Arc::from),
                target,
                inputs,
                does,
                file: Arc::from(file.file),
            })
        }
        _ => Err(reader.problems),
    }
}

struct Reader<'a> {
    file: Written<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn filter(&mut self, text: &Spanned<String>) -> Option<Filter> {
        Filter::parse(text.get_ref())
            .map_err(|why| {
                // One more than the value's own span: its quote.
                let at = text.span().start + 1 + why.span.start;
                self.problems
                    .push(self.file.problem(&(at..at), why.to_string()));
            })
            .ok()
    }

    fn risk(&mut self, text: &Spanned<String>) -> Option<Risk> {
        let word = text.get_ref().as_str();
        let found = Risk::ALL.iter().copied().find(|r| r.word() == word);
        if found.is_none() {
            let words = Risk::ALL.iter().map(|r| r.word());
            let problem = self.file.problem(
                &text.span(),
                format!("`{word}` is no risk; write safe, careful or dangerous"),
            );
            self.problems.push(problem.suggesting(word, words));
        }
        found
    }

    fn template(&mut self, text: &Spanned<String>, words: Words) -> Option<Template> {
        Template::read(text.get_ref(), words)
            .map_err(|why| {
                let at = text.span().start + 1 + why.span.as_ref().map_or(0, |s| s.start);
                self.problems
                    .push(self.file.problem(&(at..at), why.to_string()));
            })
            .ok()
    }

    fn does(&mut self, text: &FileText) -> Option<Does> {
        let said = usize::from(text.automation.is_some())
            + usize::from(text.command.is_some())
            + usize::from(text.local.is_some());
        if said != 1 {
            let span = [
                text.automation.as_ref().map(Spanned::span),
                text.command.as_ref().map(Spanned::span),
                text.local.as_ref().map(Spanned::span),
            ]
            .into_iter()
            .flatten()
            .last()
            .unwrap_or(0..0);
            self.problems.push(self.file.problem(
                &span,
                "a runbook has exactly one of [automation], [command] and [local]",
            ));
            return None;
        }
        if let Some(document) = &text.automation {
            return Some(Does::Automation(self.document(document.get_ref())));
        }
        if let Some(document) = &text.command {
            return Some(Does::Command(self.document(document.get_ref())));
        }
        let local = text.local.as_ref()?.get_ref();
        Some(Does::Local {
            program: Arc::from(local.program.as_str()),
            arguments: local
                .arguments
                .iter()
                .filter_map(|a| self.template(a, Words::Any))
                .collect(),
        })
    }

    fn document(&mut self, text: &DocumentText) -> Document {
        let words = if SHELLS.contains(&text.document.as_str()) {
            Words::Plain
        } else {
            Words::Any
        };
        Document {
            name: Arc::from(text.document.as_str()),
            version: text.version.as_deref().map(Arc::from),
            parameters: text
                .parameters
                .iter()
                .map(|(name, values)| {
                    let values = values
                        .iter()
                        .filter_map(|v| self.template(v, words))
                        .collect();
                    (Arc::from(name.as_str()), values)
                })
                .collect(),
        }
    }

    fn input(&mut self, text: &InputText) -> Input {
        let name = text.name.get_ref();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            self.problems.push(self.file.problem(
                &text.name.span(),
                "an input's name is of small letters and _, so that templates can say it",
            ));
        }
        let is_number = text.least.is_some() || text.most.is_some();
        let takes = match &text.values {
            Some(values) => Takes::Choice(values.iter().map(|v| Arc::from(v.as_str())).collect()),
            None if is_number => Takes::Number {
                least: text.least.unwrap_or(i64::MIN),
                most: text.most.unwrap_or(i64::MAX),
            },
            None => Takes::Text {
                longest: text.longest.unwrap_or(LONGEST),
            },
        };
        let kinds = usize::from(text.values.is_some())
            + usize::from(is_number)
            + usize::from(text.longest.is_some());
        if kinds > 1 {
            self.problems.push(self.file.problem(
                &text.name.span(),
                "an input has `values`, or `least` and `most`, or `longest`",
            ));
        }
        let input = Input {
            name: Arc::from(name.as_str()),
            title: Arc::from(text.title.as_str()),
            takes,
            default: text
                .default
                .as_ref()
                .map(|d| Arc::from(d.get_ref().as_str())),
        };
        if let Some(default) = &text.default
            && let Err(why) = input.take(None)
        {
            self.problems.push(self.file.problem(
                &default.span(),
                format!("the default is not allowed: {why}"),
            ));
        }
        input
    }
}
