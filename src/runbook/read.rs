//! Reading a runbook's file: every mistake with its place, several at once where they can be told apart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::domain::problem::{Problem, Written};
use crate::filter::Filter;

use super::template::{Template, Words};
use super::{Across, Document, Does, Input, Rate, Risk, Runbook, Takes};

/// Characters that an input of text takes where the runbook does not say.
const LONGEST: usize = 200;

/// How long a program may take where the runbook does not say, and at most.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(300);
const LOCAL_TIMEOUT_MOST: Duration = Duration::from_secs(24 * 3600);

/// How long a node may take to begin (API reference of `SendCommand`: 30 to 2,592,000 seconds).
const DELIVERY: std::ops::RangeInclusive<u64> = 30..=2_592_000;

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
    automation: Option<Spanned<AutomationText>>,
    command: Option<Spanned<CommandText>>,
    local: Option<Spanned<LocalText>>,
    #[serde(default)]
    input: Vec<InputText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AutomationText {
    document: String,
    version: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<Spanned<String>>>,
    max_concurrency: Option<Spanned<String>>,
    max_errors: Option<Spanned<String>>,
    each: Option<Spanned<String>>,
    across: Option<AcrossText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandText {
    document: String,
    version: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Vec<Spanned<String>>>,
    max_concurrency: Option<Spanned<String>>,
    max_errors: Option<Spanned<String>>,
    delivery_timeout: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcrossText {
    from: String,
    region: Option<Spanned<String>>,
    role: Option<String>,
    max_concurrency: Option<Spanned<String>>,
    max_errors: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalText {
    program: Spanned<String>,
    #[serde(default)]
    arguments: Vec<Spanned<String>>,
    timeout: Option<Spanned<String>>,
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
        let message = why.message().replace('\n', " ");
        let problem = file.problem(&span, &message);
        vec![match unknown(&message) {
            Some((wrong, names)) => problem.suggesting(wrong, names),
            None => problem,
        }]
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

/// The unknown field and those that there are, out of the sentence that says so.
fn unknown(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let mut quoted = rest.split('`');
    let wrong = quoted.next()?;
    Some((wrong, quoted.skip(1).step_by(2).collect()))
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
        if let Some(text) = text.automation.as_ref().map(Spanned::get_ref) {
            let mut document = self.document(&text.document, text.version.as_ref());
            document.parameters = self.parameters(&text.parameters, Words::Any);
            document.rate = self.rate(text.max_concurrency.as_ref(), text.max_errors.as_ref());
            let across = text.across.as_ref().map(|a| self.across(a));
            if let Some(each) = &text.each
                && !text.parameters.contains_key(each.get_ref())
            {
                let message = format!("no parameter is called `{}`", each.get_ref());
                let problem = self.file.problem(&each.span(), message);
                let names = text.parameters.keys().map(String::as_str);
                self.problems
                    .push(problem.suggesting(each.get_ref(), names));
            }
            let each = text.each.as_ref().map(|e| Arc::from(e.get_ref().as_str()));
            return Some(Does::Automation {
                document,
                each,
                across,
            });
        }
        if let Some(text) = text.command.as_ref().map(Spanned::get_ref) {
            let mut document = self.document(&text.document, text.version.as_ref());
            // Whatever the document is: what goes to a node ends up on a command line more often than not.
            document.parameters = self.parameters(&text.parameters, Words::Plain);
            document.rate = self.rate(text.max_concurrency.as_ref(), text.max_errors.as_ref());
            let delivery = text.delivery_timeout.as_ref().and_then(|t| self.span(t));
            if let (Some(text), Some(span)) = (&text.delivery_timeout, delivery)
                && !DELIVERY.contains(&span.as_secs())
            {
                let message = "the service takes 30 seconds to 30 days";
                self.problems.push(self.file.problem(&text.span(), message));
            }
            return Some(Does::Command { document, delivery });
        }
        self.local(text.local.as_ref()?.get_ref())
    }

    fn local(&mut self, text: &LocalText) -> Option<Does> {
        let program = text.program.get_ref();
        if program.is_empty() || program.contains('/') && !program.starts_with('/') {
            self.problems.push(self.file.problem(
                &text.program.span(),
                "a program is a name that is looked for on PATH, or an absolute path: noctop is started from anywhere",
            ));
            return None;
        }
        let timeout = match &text.timeout {
            None => LOCAL_TIMEOUT,
            Some(said) => self.span(said)?,
        };
        if let Some(said) = &text.timeout
            && (timeout.is_zero() || timeout > LOCAL_TIMEOUT_MOST)
        {
            let message = "a program may take up to a day, and needs some time";
            self.problems.push(self.file.problem(&said.span(), message));
        }
        Some(Does::Local {
            program: Arc::from(program.as_str()),
            arguments: text
                .arguments
                .iter()
                .filter_map(|a| self.template(a, Words::Any))
                .collect(),
            timeout,
        })
    }

    fn across(&mut self, text: &AcrossText) -> Across {
        let region = text.region.as_ref().and_then(|said| {
            let region = said.get_ref().parse().ok();
            if region.is_none() {
                let message = format!("`{}` is no region such as eu-west-1", said.get_ref());
                self.problems.push(self.file.problem(&said.span(), message));
            }
            region
        });
        Across {
            from: Arc::from(text.from.as_str()),
            region,
            role: text.role.as_deref().map(Arc::from),
            rate: self.rate(text.max_concurrency.as_ref(), text.max_errors.as_ref()),
        }
    }

    fn rate(
        &mut self,
        at_once: Option<&Spanned<String>>,
        errors: Option<&Spanned<String>>,
    ) -> Rate {
        let mut one = |said: Option<&Spanned<String>>, least: u32| {
            let said = said?;
            let text = said.get_ref().as_str();
            let number = text.strip_suffix('%').unwrap_or(text).parse::<u32>().ok();
            let most = if text.ends_with('%') { 100 } else { 9_999_999 };
            if number.is_none_or(|n| n < least || n > most) {
                let message =
                    format!("`{text}` is neither a number such as 10 nor a share such as 25%");
                self.problems.push(self.file.problem(&said.span(), message));
            }
            Some(Arc::from(text))
        };
        Rate {
            at_once: one(at_once, 1),
            errors: one(errors, 0),
        }
    }

    fn span(&mut self, said: &Spanned<String>) -> Option<Duration> {
        let span: Option<jiff::SignedDuration> = said.get_ref().parse().ok();
        let span = span.and_then(|span| Duration::try_from(span).ok());
        if span.is_none() {
            let message = format!(
                "`{}` is not a span of time such as 30s or 5m",
                said.get_ref()
            );
            self.problems.push(self.file.problem(&said.span(), message));
        }
        span
    }

    fn document(&self, name: &str, version: Option<&String>) -> Document {
        Document {
            name: Arc::from(name),
            version: version.map(|v| Arc::from(v.as_str())),
            ..Document::default()
        }
    }

    fn parameters(
        &mut self,
        text: &BTreeMap<String, Vec<Spanned<String>>>,
        words: Words,
    ) -> Vec<(Arc<str>, Vec<Template>)> {
        let mut all = Vec::new();
        for (name, values) in text {
            let values = values.iter().filter_map(|v| self.template(v, words));
            all.push((Arc::from(name.as_str()), values.collect()));
        }
        all
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
