//! A TOML file as operators write it, read so that every key and value still knows its place.
//!
//! Themes, keymaps and the configuration walk the same kind of document; a [`Library`] holds the named ones that
//! ship with noctop and the operator's own, which replace a shipped one of the same name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, Written};

/// A table with the positions of its keys and values.
pub type Table<'a> = DeTable<'a>;

/// A value with its position.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// One entry of a table.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t, 'a> {
    /// The key, unquoted.
    pub key: &'t str,
    /// Where the key stands.
    pub key_span: &'t Spanned<std::borrow::Cow<'a, str>>,
    /// Its value.
    pub value: &'t Value<'a>,
}

impl Entry<'_, '_> {
    /// The byte positions of the key.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.key_span.span()
    }
}

/// Reads a whole file. Mistakes of syntax become problems, and what could be read besides them is returned.
#[must_use]
pub fn parse<'a>(file: Written<'a>, problems: &mut Vec<Problem>) -> Table<'a> {
    let (table, errors) = DeTable::parse_recoverable(file.text);
    // One slip often makes the parser stumble several times on the same line: only the first is worth telling.
    let mut last = 0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let problem = file.problem(&span, syntax_sentence(error.message()));
        if problem.place.line != last {
            last = problem.place.line;
            problems.push(problem);
        }
    }
    table.into_inner()
}

fn syntax_sentence(message: &str) -> String {
    format!("this is not valid TOML: {}", message.replace('\n', "; "))
}

/// The entries of a table in the order in which they were written.
#[must_use]
pub fn entries<'t, 'a>(table: &'t Table<'a>) -> Vec<Entry<'t, 'a>> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref(),
            key_span: key,
            value,
        })
        .collect();
    entries.sort_by_key(|e| e.key_span.span().start);
    entries
}

/// What a value is, with its article, for sentences: `a string`, `an array`.
#[must_use]
pub fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// The integer, where the value is one that fits.
#[must_use]
pub fn integer(value: &DeValue<'_>) -> Option<i64> {
    let digits = value.as_integer()?;
    i64::from_str_radix(digits.as_str(), digits.radix()).ok()
}

/// A file of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its path; for a shipped one the path inside noctop's sources.
    pub file: Arc<str>,
    /// What it says.
    pub text: Arc<str>,
}

impl Volume {
    /// The file and its text, for places.
    #[must_use]
    pub fn written(&self) -> Written<'_> {
        Written {
            file: &self.file,
            text: &self.text,
        }
    }
}

/// Named TOML files: those that ship with noctop, and the operator's own, which come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Library {
    shipped: BTreeMap<Arc<str>, Volume>,
    own: BTreeMap<Arc<str>, Volume>,
}

impl Library {
    /// A library of the `*.toml` files of an embedded folder; `folder` is its name for places.
    #[must_use]
    pub fn shipped(folder: &str, dir: &include_dir::Dir<'_>) -> Self {
        let shipped = dir
            .files()
            .filter_map(|file| {
                let path = file.path();
                let name = path.file_stem()?.to_str()?;
                (path.extension()? == "toml").then_some(())?;
                let volume = Volume {
                    file: format!("{folder}/{}", path.display()).into(),
                    text: file.contents_utf8()?.into(),
                };
                Some((Arc::from(name), volume))
            })
            .collect();
        Self {
            shipped,
            own: BTreeMap::new(),
        }
    }

    /// Adds one of the operator's own files.
    pub fn add(&mut self, name: &str, file: &str, text: &str) {
        let volume = Volume {
            file: file.into(),
            text: text.into(),
        };
        self.own.insert(name.into(), volume);
    }

    /// Every name, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .shipped
            .keys()
            .chain(self.own.keys())
            .map(AsRef::as_ref)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The file of this name: the operator's own before the shipped one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Volume> {
        self.own.get(name).or_else(|| self.shipped.get(name))
    }

    /// The shipped file of this name.
    #[must_use]
    pub fn get_shipped(&self, name: &str) -> Option<&Volume> {
        self.shipped.get(name)
    }

    /// The file called `name` and those it inherits from, the furthest ancestor first.
    ///
    /// `parent` reads a file's own word for what it inherits from. A file that inherits from its own name means
    /// the shipped one that it replaces. A missing parent or a circle is a problem and ends the line there.
    pub fn lineage<'l>(
        &'l self,
        noun: &str,
        name: &str,
        asked_at: &Place,
        problems: &mut Vec<Problem>,
        mut parent: impl FnMut(&str, &'l Volume) -> Option<(String, Place)>,
    ) -> Vec<(String, &'l Volume)> {
        let mut line: Vec<(String, &Volume)> = Vec::new();
        let mut next = Some((name.to_owned(), asked_at.clone()));
        while let Some((name, place)) = next {
            let descends_from_itself = line.last().is_some_and(|(child, _)| *child == name);
            let found = if descends_from_itself {
                self.get_shipped(&name)
            } else {
                self.get(&name)
            };
            let Some(volume) = found else {
                problems.push(
                    Problem::new(place, format!("there is no {noun} `{name}`"))
                        .suggesting(&name, self.names()),
                );
                break;
            };
            if line.iter().any(|(_, seen)| std::ptr::eq(*seen, volume)) {
                problems.push(Problem::new(
                    place,
                    format!("the {noun} `{name}` inherits from itself in a circle"),
                ));
                break;
            }
            next = parent(&name, volume);
            line.push((name, volume));
        }
        line.reverse();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_mistakes_of_syntax_are_told_at_once() {
        let mut problems = Vec::new();
        let text = "a = \nb = 2\nc = [1, \nd = 4\n";
        let table = parse(Written { file: "f", text }, &mut problems);
        assert!(problems.iter().any(|p| p.place.line == 1), "{problems:?}");
        assert!(problems.iter().any(|p| p.place.line > 1), "{problems:?}");
        assert_eq!(table.get("b").map(|v| integer(v.get_ref())), Some(Some(2)));
    }

    #[test]
    fn entries_come_in_the_order_of_writing() {
        let mut problems = Vec::new();
        let table = parse(
            Written {
                file: "f",
                text: "z = 1\na = 2\nm.k = 3\n",
            },
            &mut problems,
        );
        let keys: Vec<_> = entries(&table).iter().map(|e| e.key).collect();
        assert_eq!(keys, ["z", "a", "m"]);
        assert!(problems.is_empty());
    }

    #[test]
    fn own_files_come_first_and_circles_end() {
        let mut library = Library::default();
        library.add("a", "a.toml", "b");
        library.add("b", "b.toml", "a");
        let mut problems = Vec::new();
        let line = library.lineage("theme", "a", &Place::whole("x"), &mut problems, |_, v| {
            Some((v.text.to_string(), Place::whole(&v.file)))
        });
        assert_eq!(line.len(), 2);
        assert_eq!(line[1].0, "a", "the one that was asked for comes last");
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
