//! What the value of a key looks like, how it is checked, and what it becomes.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use jiff::tz::TimeZone;
use toml::de::DeValue;

use crate::aws::fleet::spec::Selector;
use crate::clock;
use crate::domain::document::{self, Value, what};
use crate::domain::problem::{Problem, Written, nearest};
use crate::domain::{AccountId, Region, partition, text};
use crate::filter::Filter;
use crate::sources::Central;

use super::shifts::{self, DAYS, days};

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text on one line.
    Text,
    /// Text that is shown only in part.
    Secretive,
    /// One of these words.
    Word(&'static [&'static str]),
    /// True or false.
    Switch,
    /// A span of time between two bounds, in seconds.
    Span {
        /// The shortest.
        least: u64,
        /// The longest.
        most: u64,
    },
    /// Names of regions.
    Regions,
    /// Twelve digits.
    Account,
    /// Who asks for a whole organization: `auto`, `off`, or an account by its twelve digits.
    Central,
    /// The ARN of an IAM role.
    Role,
    /// Accounts of an organization.
    Selectors,
    /// Names and values.
    Tags,
    /// A file; `~/` is the home folder.
    Path,
    /// Folders; `~/` is the home folder.
    Folders,
    /// Names of whatever sort.
    Names,
    /// An address that begins with `http://` or `https://`.
    Url,
    /// A filter.
    Filter,
    /// An hour and minute of the clock.
    Clock,
    /// A time zone by its name.
    Zone,
    /// Days of the week.
    Days,
}

/// A value that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Text of any form.
    Text(String),
    /// Text that is shown only in part.
    Secretive(String),
    /// True or false.
    Switch(bool),
    /// A span of time.
    Span(Duration),
    /// A list of texts.
    List(Vec<String>),
    /// Names and values.
    Tags(BTreeMap<String, String>),
}

impl fmt::Display for Datum {
    /// As it would be written in the file; of secretive text only the first three characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = |s: &str| toml::Value::from(s).to_string();
        match self {
            Self::Text(text) => f.write_str(&quote(text)),
            Self::Secretive(text) => {
                let start: String = text.chars().take(3).collect();
                f.write_str(&quote(&format!("{start}…")))
            }
            Self::Switch(on) => write!(f, "{on}"),
            Self::Span(span) => f.write_str(&quote(&span_text(*span))),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|i| quote(i)).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Tags(tags) => {
                let tags: Vec<String> = tags
                    .iter()
                    .map(|(k, v)| format!("{} = {}", quote(k), quote(v)))
                    .collect();
                write!(f, "{{ {} }}", tags.join(", "))
            }
        }
    }
}

fn span_text(span: Duration) -> String {
    const DAY: u64 = 86_400;
    let secs = span.as_secs();
    if secs > DAY && secs.is_multiple_of(DAY) {
        return format!("{}d", secs / DAY);
    }
    jiff::SignedDuration::try_from(span)
        .map_or_else(|_| format!("{secs}s"), |span| format!("{span:#}"))
}

/// What is wrong with a value, and where in it.
pub struct Wrong {
    /// A sentence without its full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// The byte in the text of the value where it is wrong.
    pub at: usize,
}

impl<S: Into<String>> From<S> for Wrong {
    fn from(message: S) -> Self {
        Self {
            message: message.into(),
            suggestion: None,
            at: 0,
        }
    }
}

impl Form {
    /// What is expected, for sentences and for the documentation.
    #[must_use]
    pub fn expects(self) -> String {
        match self {
            Self::Text | Self::Secretive => "a text in quotes".to_owned(),
            Self::Word(words) => {
                let words: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Switch => "true or false".to_owned(),
            Self::Span { least, most } => format!(
                "a time such as \"30s\" or \"5m\", from {} to {}",
                span_text(Duration::from_secs(least)),
                span_text(Duration::from_secs(most))
            ),
            Self::Regions => "a list of regions".to_owned(),
            Self::Account => "twelve digits in quotes".to_owned(),
            Self::Central => {
                "\"auto\", \"off\", or the twelve digits of an account in quotes".to_owned()
            }
            Self::Role => "the ARN of an IAM role in quotes".to_owned(),
            Self::Selectors => "a list of ids, names with `*`, or `ou:` and a unit".to_owned(),
            Self::Tags => "names and values: { env = \"prod\" }".to_owned(),
            Self::Path => "the path of a file in quotes".to_owned(),
            Self::Folders => "a list of folders".to_owned(),
            Self::Names => "a list of names in quotes".to_owned(),
            Self::Url => "an address that begins with http:// or https://".to_owned(),
            Self::Filter => "a filter in quotes".to_owned(),
            Self::Clock => "an hour and minute such as \"06:00\"".to_owned(),
            Self::Zone => "a time zone such as \"Europe/Berlin\"".to_owned(),
            Self::Days => "a list of days: \"mon\" to \"sun\", or \"mon-fri\"".to_owned(),
        }
    }

    /// Reads a value of the file; every mistake in it becomes a problem.
    pub fn read(
        self,
        file: Written<'_>,
        value: &Value<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Datum> {
        let mut tell = |span: Range<usize>, wrong: Wrong| {
            let mut problem = file.problem(&inside(file, span, wrong.at), wrong.message);
            problem.suggestion = wrong.suggestion.map(Into::into);
            problems.push(problem);
        };
        match (self, value.get_ref()) {
            (Self::Switch, DeValue::Boolean(on)) => Some(Datum::Switch(*on)),
            (
                Self::Regions | Self::Selectors | Self::Days | Self::Folders | Self::Names,
                DeValue::Array(items),
            ) => {
                let mut list: Vec<String> = Vec::new();
                let mut sound = true;
                for item in items {
                    let read = match item.get_ref().as_str() {
                        Some(text) if list.iter().any(|seen| seen == text) => Err(Wrong::from(
                            format!("`{}` is listed twice", text::clean(text)),
                        )),
                        Some(text) => self.item(text),
                        None => Err(format!(
                            "a text in quotes is expected here, this is {}",
                            what(item.get_ref())
                        )
                        .into()),
                    };
                    match read {
                        Ok(text) => list.push(text),
                        Err(wrong) => {
                            sound = false;
                            tell(item.span(), wrong);
                        }
                    }
                }
                sound.then_some(Datum::List(list))
            }
            (Self::Tags, DeValue::Table(table)) => {
                let mut tags = BTreeMap::new();
                let mut sound = true;
                for entry in document::entries(table) {
                    let read = match entry.value.get_ref().as_str() {
                        Some(text) => plain(text),
                        None => Err(format!(
                            "the value of a tag is a text in quotes, this is {}",
                            what(entry.value.get_ref())
                        )
                        .into()),
                    };
                    match read {
                        Ok(text) => {
                            tags.insert(text::clean(entry.key).into_owned(), text);
                        }
                        Err(wrong) => {
                            sound = false;
                            tell(entry.value.span(), wrong);
                        }
                    }
                }
                sound.then_some(Datum::Tags(tags))
            }
            (
                Self::Switch
                | Self::Regions
                | Self::Selectors
                | Self::Days
                | Self::Folders
                | Self::Names
                | Self::Tags,
                other,
            ) => {
                let message = format!("this must be {}, not {}", self.expects(), what(other));
                tell(value.span(), message.into());
                None
            }
            (_, DeValue::String(text)) => match self.text(text) {
                Ok(datum) => Some(datum),
                Err(wrong) => {
                    tell(value.span(), wrong);
                    None
                }
            },
            (_, other) => {
                let message = format!("this must be {}, not {}", self.expects(), what(other));
                tell(value.span(), message.into());
                None
            }
        }
    }

    /// Reads a value from a flag or an environment variable.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn text(self, text: &str) -> Result<Datum, Wrong> {
        match self {
            Self::Switch => match text.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Ok(Datum::Switch(true)),
                "0" | "false" | "no" | "off" => Ok(Datum::Switch(false)),
                _ => Err(format!("`{}` is neither true nor false", text::clean(text)).into()),
            },
            Self::Text | Self::Path => plain(text).map(Datum::Text),
            Self::Secretive => plain(text).map(Datum::Secretive),
            Self::Word(words) => {
                if words.contains(&text) {
                    return Ok(Datum::Text(text.to_owned()));
                }
                let near = nearest(text, words.iter().copied());
                Err(Wrong {
                    message: format!("`{}` is not {}", text::clean(text), self.expects()),
                    suggestion: near.map(str::to_owned),
                    at: 0,
                })
            }
            Self::Span { least, most } => {
                let Some(span) = clock::span(text) else {
                    let why = format!("`{}` is not {}", text::clean(text), self.expects());
                    return Err(why.into());
                };
                if span.as_secs() < least || span > Duration::from_secs(most) {
                    let why = format!("`{}` is out of bounds: {}", text::clean(text), self.expects());
                    return Err(why.into());
                }
                Ok(Datum::Span(span))
            }
            Self::Account => match text.parse::<AccountId>() {
                Ok(id) => Ok(Datum::Text(id.to_string())),
                Err(()) => Err(format!("`{}` is not an account id: it has twelve digits", text::clean(text)).into()),
            },
            Self::Central => match central(text) {
                Some(_) => Ok(Datum::Text(text.to_owned())),
                None => Err(Wrong {
                    message: format!("`{}` is not {}", text::clean(text), self.expects()),
                    suggestion: nearest(text, ["auto", "off"]).map(str::to_owned),
                    at: 0,
                }),
            },
            Self::Role => role_account(text)
                .map(|_| Datum::Text(text.to_owned()))
                .ok_or_else(|| {
                    format!(
                        "`{}` is not the ARN of a role, such as arn:aws:iam::111111111111:role/NoctopRead",
                        text::clean(text)
                    )
                    .into()
                }),
            Self::Url => {
                let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
                let sound = host.is_some_and(|h| !h.is_empty() && !h.starts_with('/'))
                    && text.chars().all(|c| c.is_ascii_graphic());
                if sound {
                    Ok(Datum::Text(text.trim_end_matches('/').to_owned()))
                } else {
                    Err(format!("`{}` is not {}", text::clean(text), self.expects()).into())
                }
            }
            Self::Filter => {
                let text = plain(text)?;
                match Filter::parse(&text) {
                    Ok(_) => Ok(Datum::Text(text)),
                    Err(problem) => Err(Wrong {
                        message: problem.message,
                        suggestion: problem.nearest,
                        at: problem.span.start,
                    }),
                }
            }
            Self::Clock => match shifts::clock(text) {
                Some(_) => Ok(Datum::Text(text.to_owned())),
                None => Err(format!("`{}` is not {}", text::clean(text), self.expects()).into()),
            },
            Self::Zone => match TimeZone::get(text) {
                Ok(_) => Ok(Datum::Text(text.to_owned())),
                Err(_) => {
                    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
                    Err(Wrong {
                        message: format!("`{}` is not the name of a time zone", text::clean(text)),
                        suggestion: nearest(text, known.iter().map(String::as_str)).map(str::to_owned),
                        at: 0,
                    })
                }
            },
            Self::Regions | Self::Selectors | Self::Days | Self::Folders | Self::Names => text
                .split(',')
                .map(|item| self.item(item.trim()))
                .collect::<Result<_, _>>()
                .map(Datum::List),
            Self::Tags => Err("tags are written in the configuration file".into()),
        }
    }

    /// Reads one text of a list.
    fn item(self, text: &str) -> Result<String, Wrong> {
        match self {
            Self::Regions => match text.parse::<Region>() {
                Ok(region) if partition::is_plausible(region) => Ok(region.to_string()),
                _ => Err(Wrong {
                    message: format!("`{}` is not the name of a region", text::clean(text)),
                    suggestion: partition::nearest_region(text).map(str::to_owned),
                    at: 0,
                }),
            },
            Self::Selectors => plain(text).and_then(|text| {
                selector(&text)
                    .map(|_| text)
                    .ok_or_else(|| "after `ou:` the name or id of a unit is missing".into())
            }),
            Self::Days => match days(text) {
                Some(_) => Ok(text.to_owned()),
                None => Err(Wrong {
                    message: format!("`{}` is no day of the week", text::clean(text)),
                    suggestion: nearest(text, DAYS.iter().map(|(word, _)| *word))
                        .map(str::to_owned),
                    at: 0,
                }),
            },
            _ => plain(text),
        }
    }
}

/// Text on one line that says something and hides nothing.
fn plain(text: &str) -> Result<String, Wrong> {
    if text.trim().is_empty() {
        return Err("this text is empty".into());
    }
    match text.char_indices().find(|(_, c)| text::is_hostile(*c)) {
        Some((at, c)) => Err(Wrong {
            message: format!("the character U+{:04X} is not allowed here", u32::from(c)),
            suggestion: None,
            at,
        }),
        None => Ok(text.to_owned()),
    }
}

/// Who asks for a whole organization, if the text says that.
#[must_use]
pub fn central(text: &str) -> Option<Central> {
    match text {
        "auto" => Some(Central::Auto),
        "off" => Some(Central::Off),
        id => id.parse().ok().map(Central::Account),
    }
}

/// The account of a role's ARN, if it is one.
#[must_use]
pub fn role_account(arn: &str) -> Option<AccountId> {
    let mut parts = arn.splitn(6, ':');
    let (arn, partition, service, region, account, resource) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    let name = resource.strip_prefix("role/")?;
    let plain = name.bytes().all(|b| b.is_ascii_graphic());
    let sound = arn == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && !name.is_empty()
        && !name.ends_with('/')
        && plain;
    if sound { account.parse().ok() } else { None }
}

/// Which accounts a text of `include` or `exclude` means.
#[must_use]
pub fn selector(text: &str) -> Option<Selector> {
    if let Some(unit) = text.strip_prefix("ou:") {
        let unit = unit.trim();
        return (!unit.is_empty()).then(|| Selector::Ou(unit.to_owned()));
    }
    if text.starts_with("ou-") || text.starts_with("r-") {
        return Some(Selector::Ou(text.to_owned()));
    }
    Some(match text.parse() {
        Ok(id) => Selector::Account(id),
        Err(()) => Selector::Name(text.to_owned()),
    })
}

/// The span of a string's value moved to the byte `at` of its text, where no escape or line break is in between.
fn inside(file: Written<'_>, span: Range<usize>, at: usize) -> Range<usize> {
    let raw = file.text.get(span.clone()).unwrap_or("");
    let simple = !raw.starts_with("\"\"\"") && !raw.starts_with("'''") && !raw.contains('\\');
    if at > 0 && simple {
        span.start + 1 + at..span.end
    } else {
        span
    }
}
