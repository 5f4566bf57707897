//! The effective value of every setting: flag before environment before file before default, with its origin.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::problem::{Place, Problem};

use super::form::{Datum, Form, Wrong};
use super::read::{Contents, Given};
use super::schema::{self, Fallback, Key, SECTIONS, Shape, Weight};

/// What the command line said. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--profile`: profiles that are each one account, in place of the fleet of the file.
    pub profiles: Vec<String>,
    /// `--region`: in place of every region of the file.
    pub regions: Vec<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--keymap`.
    pub keymap: Option<String>,
    /// `-c`, `--command`.
    pub command: Option<String>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--no-color`.
    pub no_color: bool,
    /// `--low-bandwidth`.
    pub low_bandwidth: bool,
    /// `--readonly` is true, `--write` is false.
    pub readonly: Option<bool>,
    /// `--log-level`.
    pub log_level: Option<String>,
}

impl Flags {
    /// What a flag says about the setting of this path, and the flag's name.
    fn get(&self, path: &str) -> Option<(&'static str, String)> {
        let text = |flag, value: &Option<String>| Some((flag, value.clone()?));
        let on = |flag, given: bool, value: &str| given.then(|| (flag, value.to_owned()));
        match path {
            "regions" if !self.regions.is_empty() => Some(("--region", self.regions.join(","))),
            "network.endpoint_url" => text("--endpoint-url", &self.endpoint_url),
            "ui.theme" => text("--theme", &self.theme),
            "ui.keymap" => text("--keymap", &self.keymap),
            "ui.start" => text("--command", &self.command),
            "ui.ascii" => on("--ascii", self.ascii, "always"),
            "ui.colours" => on("--no-color", self.no_color, "none"),
            "ui.low_bandwidth" => on("--low-bandwidth", self.low_bandwidth, "true"),
            "log_level" => text("--log-level", &self.log_level),
            "readonly" => match self.readonly? {
                true => Some(("--readonly", "true".to_owned())),
                false => Some(("--write", "false".to_owned())),
            },
            _ => None,
        }
    }
}

/// Where the value of a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(Place),
    /// An environment variable.
    Environment(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl Origin {
    /// The place to blame for what the value leads to.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Default => Place::whole("the default"),
            Self::File(place) => place.clone(),
            Self::Environment(name) | Self::Flag(name) => Place::whole(name),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::File(place) => f.pad(&place.to_string()),
            Self::Environment(name) | Self::Flag(name) => f.pad(name),
        }
    }
}

/// One setting with its effective value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted path.
    pub path: String,
    /// Its value; `None` where nothing was written and the default is not a fixed value.
    pub datum: Option<Datum>,
    /// What holds in that case, in words.
    pub otherwise: &'static str,
    /// Where it comes from.
    pub origin: Origin,
}

/// Every setting that stands once, by path.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Joins what flags, environment and file say. What a flag or a variable says wrongly is a problem, and the
    /// next origin counts in its place.
    #[must_use]
    pub fn join(
        flags: &Flags,
        env: &dyn Fn(&str) -> Option<String>,
        contents: &Contents,
        problems: &mut Vec<(Weight, Problem)>,
    ) -> Self {
        let mut settings = BTreeMap::new();
        for section in SECTIONS {
            let paths: Vec<String> = match section.shape {
                Shape::List => continue,
                Shape::Table => vec![section.path.to_owned()],
                Shape::PerSource => schema::sources()
                    .map(|id| format!("{}.{id}", section.path))
                    .collect(),
            };
            for path in paths {
                for key in section.keys {
                    let path = if path.is_empty() {
                        key.name.to_owned()
                    } else {
                        format!("{path}.{}", key.name)
                    };
                    let given = contents.values.get(&path);
                    let setting = one(&path, key, flags, env, given, section.weight, problems);
                    settings.insert(path, setting);
                }
            }
        }
        Self(settings)
    }

    /// Every setting, by path.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.values()
    }

    /// The setting of this dotted path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Setting> {
        self.0.get(path)
    }

    /// Where the value of a setting comes from.
    #[must_use]
    pub fn origin(&self, path: &str) -> Origin {
        self.0
            .get(path)
            .map_or(Origin::Default, |s| s.origin.clone())
    }

    fn datum(&self, path: &str) -> Option<&Datum> {
        self.0.get(path)?.datum.as_ref()
    }

    /// The text of a setting; empty where none was given.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        match self.datum(path) {
            Some(Datum::Text(text) | Datum::Secretive(text)) => text,
            _ => "",
        }
    }

    /// The text of a setting, if one was given.
    #[must_use]
    pub fn given(&self, path: &str) -> Option<String> {
        Some(self.text(path))
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, path: &str) -> bool {
        matches!(self.datum(path), Some(Datum::Switch(true)))
    }

    /// The span of a setting, if one was given.
    #[must_use]
    pub fn span(&self, path: &str) -> Option<Duration> {
        match self.datum(path) {
            Some(Datum::Span(span)) => Some(*span),
            _ => None,
        }
    }

    /// The list of a setting; empty where none was given.
    #[must_use]
    pub fn list(&self, path: &str) -> &[String] {
        match self.datum(path) {
            Some(Datum::List(list)) => list,
            _ => &[],
        }
    }
}

fn one(
    path: &str,
    key: &Key,
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<String>,
    given: Option<&Given>,
    weight: Weight,
    problems: &mut Vec<(Weight, Problem)>,
) -> Setting {
    let otherwise = match key.default {
        Fallback::Words(words) => words,
        Fallback::Value(_) | Fallback::Required => "",
    };
    let setting = |datum, origin| Setting {
        path: path.to_owned(),
        datum,
        otherwise,
        origin,
    };
    let mut read = |name: &'static str, text: &str| match key.form.text(text) {
        Ok(datum) => Some(datum),
        Err(Wrong {
            message,
            suggestion,
            ..
        }) => {
            let mut problem = Problem::new(Place::whole(name), message);
            problem.suggestion = suggestion.map(Into::into);
            problems.push((weight, problem));
            None
        }
    };
    if let Some((flag, text)) = flags.get(path)
        && let Some(datum) = read(flag, &text)
    {
        return setting(Some(datum), Origin::Flag(flag));
    }
    if let Some(name) = key.env
        && let Some(text) = env(name).filter(|t| !t.is_empty())
        && let Some(datum) = read(name, &text)
    {
        return setting(Some(datum), Origin::Environment(name));
    }
    if let Some(given) = given {
        return setting(Some(given.datum.clone()), Origin::File(given.place.clone()));
    }
    setting(default(key.form, key.default), Origin::Default)
}

/// The fixed default of a key, if it has one. They are written by hand in the schema; a test reads them all.
pub(super) fn default(form: Form, fallback: Fallback) -> Option<Datum> {
    let Fallback::Value(written) = fallback else {
        return None;
    };
    let text = written
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(written);
    form.text(text).ok()
}
