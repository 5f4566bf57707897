//! From theme files to one style per role.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::DeValue;

use crate::domain::document::{self, Library, Table, Value, Volume, what};
use crate::domain::problem::{Place, Problem, Written};
use crate::domain::text;

use super::depth::Depth;
use super::role::Role;
use super::style::{ANSI_NAMES, Colour, Style};
use super::{DEFAULT, MONO, Theme};

/// What a theme file may say at its top.
const TOP_KEYS: [&str; 4] = ["description", "inherits", "palette", "roles"];

/// What a style may say.
const STYLE_KEYS: [&str; 7] = ["fg", "bg", "bold", "dim", "italic", "underline", "reverse"];

/// The styles of a theme by scope, the descendants' over their ancestors'.
type Scopes = BTreeMap<String, Style>;

pub(super) fn theme(
    library: &Library,
    name: &str,
    asked_at: &Place,
    depth: Depth,
) -> (Theme, Vec<Problem>) {
    let mut problems = Vec::new();
    let (scopes, description) = scopes(library, name, asked_at, &mut problems);
    let fallback = if name == DEFAULT {
        // The operator's own `default` may leave roles out; the shipped one has them all.
        let shipped = library.get_shipped(DEFAULT);
        shipped.map(read_alone).unwrap_or_default()
    } else {
        self::scopes(library, DEFAULT, asked_at, &mut Vec::new()).0
    };
    // Where no colour can be shown, a role that is told by its colour is told by what `mono` does for it.
    let colourless = match depth {
        Depth::None => library.get_shipped(MONO).map(read_alone),
        Depth::Ansi16 | Depth::Ansi256 | Depth::True => None,
    };
    let find =
        |scopes: &Scopes, role: Role| role.scopes().find_map(|scope| scopes.get(scope)).copied();
    let styles = Role::ALL
        .iter()
        .map(|role| {
            let style = find(&scopes, *role)
                .or_else(|| find(&fallback, *role))
                .unwrap_or_default();
            match &colourless {
                Some(mono) if style.is_coloured() => find(mono, *role).unwrap_or_default(),
                _ => style.at(depth),
            }
        })
        .collect();
    problems.sort();
    problems.dedup();
    let theme = Theme {
        name: name.into(),
        description,
        styles,
    };
    (theme, problems)
}

fn scopes(
    library: &Library,
    name: &str,
    asked_at: &Place,
    problems: &mut Vec<Problem>,
) -> (Scopes, Arc<str>) {
    let lineage = library.lineage("theme", name, asked_at, problems, |_, volume| {
        inherits(volume)
    });
    let mut palette = BTreeMap::new();
    let mut scopes = Scopes::new();
    let mut description = Arc::from("");
    let mut tables = Vec::new();
    // All palettes before any role: a descendant that only changes colours repaints its ancestors' roles.
    for (_, volume) in lineage {
        let file = volume.written();
        let table = document::parse(file, problems);
        let mut reader = Reader {
            file,
            palette: &mut palette,
            scopes: &mut scopes,
            problems,
        };
        if let Some(value) = table.get("palette") {
            reader.palette(value);
        }
        tables.push((file, table));
    }
    for (file, table) in tables {
        let mut reader = Reader {
            file,
            palette: &mut palette,
            scopes: &mut scopes,
            problems,
        };
        description = reader.file(&table);
    }
    (scopes, description)
}

/// A shipped theme that inherits from nothing.
fn read_alone(volume: &Volume) -> Scopes {
    let mut scopes = Scopes::new();
    let table = document::parse(volume.written(), &mut Vec::new());
    let mut reader = Reader {
        file: volume.written(),
        palette: &mut BTreeMap::new(),
        scopes: &mut scopes,
        problems: &mut Vec::new(),
    };
    reader.file(&table);
    scopes
}

/// What a file says it inherits from; its mistakes are told when it is read as a whole.
fn inherits(volume: &Volume) -> Option<(String, Place)> {
    let file = volume.written();
    let table = document::parse(file, &mut Vec::new());
    let value = table.get("inherits")?;
    let name = value.get_ref().as_str()?.to_owned();
    Some((name, file.place(value.span().start)))
}

struct Reader<'r> {
    file: Written<'r>,
    palette: &'r mut BTreeMap<String, Colour>,
    scopes: &'r mut Scopes,
    problems: &'r mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: &Range<usize>, message: impl AsRef<str>) {
        self.problems.push(self.file.problem(span, message));
    }

    fn suggesting<'n>(
        &mut self,
        span: &Range<usize>,
        message: &str,
        wrong: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        self.problems
            .push(self.file.problem(span, message).suggesting(wrong, names));
    }

    /// Reads all of a file but its palette, and returns its description.
    fn file(&mut self, table: &Table<'_>) -> Arc<str> {
        let mut description = Arc::from("");
        for entry in document::entries(table) {
            match entry.key {
                "palette" => {}
                "roles" => match entry.value.get_ref() {
                    DeValue::Table(table) => self.scope("", table),
                    other => {
                        let message = format!("`roles` must be a table, this is {}", what(other));
                        self.problem(&entry.value.span(), message);
                    }
                },
                "description" | "inherits" => match entry.value.get_ref().as_str() {
                    Some(words) if entry.key == "description" => {
                        description = text::clean_arc(words);
                    }
                    Some(_) => {}
                    None => {
                        let found = what(entry.value.get_ref());
                        let message = format!("`{}` must be a string, this is {found}", entry.key);
                        self.problem(&entry.value.span(), message);
                    }
                },
                wrong => {
                    let message = format!("a theme has no `{wrong}`");
                    self.suggesting(&entry.span(), &message, wrong, TOP_KEYS);
                }
            }
        }
        description
    }

    fn palette(&mut self, value: &Value<'_>) {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!(
                "`palette` must be a table, this is {}",
                what(value.get_ref())
            );
            self.problem(&value.span(), message);
            return;
        };
        for entry in document::entries(table) {
            if let Some(colour) = self.colour(entry.value) {
                self.palette.insert(entry.key.to_owned(), colour);
            }
        }
    }

    /// Reads a table of `[roles]`: keys of a style belong to `scope` itself, all others are scopes below it.
    fn scope(&mut self, scope: &str, table: &Table<'_>) {
        let mut style = Style::default();
        let mut styled = false;
        for entry in document::entries(table) {
            let name = if scope.is_empty() {
                entry.key.to_owned()
            } else {
                format!("{scope}.{}", entry.key)
            };
            let names = Role::scope_names();
            // `text.dim = true` makes text dim, `text.dim = "grey"` colours the role of that name.
            let is_style = STYLE_KEYS.contains(&entry.key)
                && (entry.value.get_ref().is_bool() || !names.contains(&name.as_str()));
            if !scope.is_empty() && is_style {
                styled = true;
                self.attribute(&mut style, entry.key, entry.value);
                continue;
            }
            if !names.contains(&name.as_str()) {
                let message = if scope.is_empty() {
                    format!("there is no role `{name}`")
                } else {
                    format!(
                        "there is neither a role `{name}` nor a style `{}`",
                        entry.key
                    )
                };
                let candidates = names
                    .iter()
                    .map(|n| {
                        n.strip_prefix(scope)
                            .map_or(*n, |n| n.trim_start_matches('.'))
                    })
                    .chain(STYLE_KEYS.into_iter().filter(|_| !scope.is_empty()));
                self.suggesting(&entry.span(), &message, entry.key, candidates);
                continue;
            }
            match entry.value.get_ref() {
                DeValue::Table(table) if table.is_empty() => {
                    self.scopes.insert(name, Style::default());
                }
                DeValue::Table(table) => self.scope(&name, table),
                _ => {
                    if let Some(fg) = self.colour(entry.value) {
                        let style = Style {
                            fg: Some(fg),
                            ..Style::default()
                        };
                        self.scopes.insert(name, style);
                    }
                }
            }
        }
        if styled {
            self.scopes.insert(scope.to_owned(), style);
        }
    }

    fn attribute(&mut self, style: &mut Style, key: &str, value: &Value<'_>) {
        match key {
            "fg" => style.fg = self.colour(value),
            "bg" => style.bg = self.colour(value),
            _ => {
                let Some(on) = value.get_ref().as_bool() else {
                    let found = what(value.get_ref());
                    self.problem(
                        &value.span(),
                        format!("`{key}` must be true or false, this is {found}"),
                    );
                    return;
                };
                match key {
                    "bold" => style.bold = on,
                    "dim" => style.dim = on,
                    "italic" => style.italic = on,
                    "underline" => style.underline = on,
                    _ => style.reverse = on,
                }
            }
        }
    }

    fn colour(&mut self, value: &Value<'_>) -> Option<Colour> {
        match value.get_ref() {
            DeValue::Integer(_) => {
                let index = document::integer(value.get_ref()).and_then(|i| u8::try_from(i).ok());
                if index.is_none() {
                    self.problem(&value.span(), "a colour's number is 0 to 255");
                }
                index.map(Colour::Indexed)
            }
            DeValue::String(name) => {
                let found = self
                    .palette
                    .get(name.as_ref())
                    .copied()
                    .or_else(|| name.parse().ok());
                if found.is_none() {
                    let message = format!("there is no colour `{name}`");
                    let names: Vec<String> = self.palette.keys().cloned().collect();
                    let names = names.iter().map(String::as_str).chain(ANSI_NAMES);
                    self.suggesting(&value.span(), &message, name, names.chain(["default"]));
                }
                found
            }
            other => {
                let message = format!(
                    "a colour is a name, `#rrggbb` or a number from 0 to 255, this is {}",
                    what(other)
                );
                self.problem(&value.span(), message);
                None
            }
        }
    }
}
