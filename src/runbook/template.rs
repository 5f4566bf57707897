//! Templates of runbooks: text with `{{ expressions }}` over an item and the operator's inputs.
//!
//! Strict: what is missing is a mistake, never an empty string, and what a template may compute is bounded. An item's
//! texts come from outside, so a template that ends up on a machine's command line lets through plain words alone.

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json, json};

/// Steps that one template may take; the longest built-in one takes a few dozen.
const FUEL: u64 = 10_000;

/// The longest text that a template may become, in bytes: Systems Manager's limit for a parameter's value is far below.
const LONGEST: usize = 64 * 1024;

/// What templates see.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts(Json);

impl Facts {
    /// The facts of an item, in the form in which `ls --format json` prints it.
    ///
    /// Two things are added: `instance`, the EC2 instance or managed node that the item is about, where it is about one,
    /// and `detail.dimensions`, an alarm's dimensions without the way through `detail.watch`.
    #[must_use]
    pub fn of_item(item: Json) -> Self {
        let mut item = item;
        let dimensions = item.pointer("/detail/watch/dimensions").cloned();
        if let (Some(found), Some(detail)) = (
            dimensions,
            item.get_mut("detail").and_then(Json::as_object_mut),
        ) {
            detail.insert("dimensions".to_owned(), found);
        }
        if let (Some(instance), Some(all)) = (instance(&item), item.as_object_mut()) {
            all.insert("instance".to_owned(), json!(instance));
        }
        Self(item)
    }

    /// The same facts with what the operator entered.
    #[must_use]
    pub fn with_inputs(&self, inputs: Map<String, Json>) -> Self {
        let mut facts = self.0.clone();
        if let Some(all) = facts.as_object_mut() {
            all.insert("input".to_owned(), Json::Object(inputs));
        }
        Self(facts)
    }

    /// The facts as they are.
    #[must_use]
    pub const fn json(&self) -> &Json {
        &self.0
    }
}

/// The instance or managed node that an item is about: an alarm's dimension, or the resource where it is one.
fn instance(item: &Json) -> Option<String> {
    let is_instance = |id: &str| {
        let id = id.strip_prefix("mi-").or_else(|| id.strip_prefix("i-"));
        id.is_some_and(|hex| hex.len() >= 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let said = [
        item.pointer("/detail/dimensions/InstanceId"),
        item.pointer("/detail/instance"),
        item.pointer("/detail/resource"),
    ];
    said.into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .map(|text| text.rsplit('/').next().unwrap_or(text))
        .find(|id| is_instance(id))
        .map(str::to_owned)
}

/// A text with expressions in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: Arc<str>,
    words: Words,
}

/// What the values in a template may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Anything.
    Any,
    /// Nothing that a shell reads as more than a word.
    Plain,
}

/// Why a template makes no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A sentence without its full stop.
    pub message: String,
    /// Where in the template, in bytes, where that is known.
    pub span: Option<std::ops::Range<usize>>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

static ANY: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Words::Any));
static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Words::Plain));

fn environment(words: Words) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_fuel(Some(FUEL));
    env.set_formatter(move |out, state, value| {
        if value.is_undefined() || value.is_none() {
            return Err(Error::new(
                ErrorKind::UndefinedError,
                "the item does not tell it",
            ));
        }
        if words == Words::Plain && !is_plain(&value.to_string()) {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("{value:?} is not a plain word, and no other goes onto a command line"),
            ));
        }
        minijinja::escape_formatter(out, state, value)
    });
    env
}

/// Letters, digits and the signs of names, paths and addresses: nothing that a shell of any system gives a meaning.
/// A leading dash would be read as an option.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/:@+,=".contains(c))
}

impl Template {
    pub(super) fn read(text: &str, words: Words) -> Result<Self, Wrong> {
        ANY.template_from_str(text).map_err(|why| wrong(&why))?;
        Ok(Self {
            text: Arc::from(text),
            words,
        })
    }

    /// A text whose values are plain words, such as the name of something.
    ///
    /// # Errors
    /// It is no template.
    pub fn of_name(text: &str) -> Result<Self, Wrong> {
        Self::read(text, Words::Plain)
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text for these facts.
    ///
    /// # Errors
    /// Names what the item does not tell, or the value that may not stand there.
    pub fn render(&self, facts: &Facts) -> Result<String, Wrong> {
        let env = match self.words {
            Words::Any => &*ANY,
            Words::Plain => &*PLAIN,
        };
        let text = env
            .render_str(&self.text, Value::from(Serde(&facts.0)))
            .map_err(|why| wrong(&why))?;
        if text.len() > LONGEST {
            return Err(Wrong {
                message: format!("its text would be longer than {LONGEST} bytes"),
                span: None,
            });
        }
        Ok(text)
    }
}

fn wrong(why: &Error) -> Wrong {
    let message = match why.kind() {
        ErrorKind::UndefinedError => "the item does not tell it".to_owned(),
        ErrorKind::OutOfFuel => "it would compute too long".to_owned(),
        ErrorKind::SyntaxError => format!(
            "this template cannot be read: {}",
            why.detail().unwrap_or("its syntax is wrong")
        ),
        _ => why
            .detail()
            .map_or_else(|| why.kind().to_string(), str::to_owned),
    };
    Wrong {
        message,
        span: why.range(),
    }
}
