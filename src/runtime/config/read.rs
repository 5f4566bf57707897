//! A configuration file held against the schema: what was given, and every mistake at once.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use crate::domain::SourceId;
use crate::domain::document::{self, Entry, Table, what};
use crate::domain::problem::{Place, Problem, Written};

use super::form::Datum;
use super::schema::{self, Fallback, Key, Section, Shape, Weight};

/// A value that was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub datum: Datum,
    /// Where its value stands.
    pub place: Place,
}

/// One table of a list: an account, a severity rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the table begins.
    pub place: Place,
    /// Its values by key.
    pub values: BTreeMap<&'static str, Given>,
}

/// Everything that a file says, checked.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Values of the sections that stand once, by dotted path: `ui.theme`, `sources.backup.every`.
    pub values: BTreeMap<String, Given>,
    /// The tables of the lists, by section, in the order of the file.
    pub lists: BTreeMap<&'static str, Vec<Record>>,
    /// Sections that were written, even when nothing stands in them.
    pub present: BTreeMap<&'static str, Place>,
    /// Sections in which something is wrong, so that not all of what was meant was read.
    pub faulty: BTreeSet<&'static str>,
    /// What is wrong, with its weight.
    pub problems: Vec<(Weight, Problem)>,
}

/// Reads a file.
#[must_use]
pub fn contents(file: Written<'_>) -> Contents {
    let mut problems = Vec::new();
    let table = document::parse(file, &mut problems);
    // A slip of syntax may hide any part of the file, so none of it can be relied upon.
    let problems = problems.into_iter().map(|p| (Weight::Fleet, p)).collect();
    let mut reader = Reader {
        file,
        contents: Contents {
            problems,
            ..Contents::default()
        },
    };
    if let Some(top) = schema::section("") {
        reader.table(top, "", &table);
    }
    reader.contents.problems.sort_by(|a, b| a.1.cmp(&b.1));
    reader.contents.problems.dedup();
    reader.contents
}

struct Reader<'r> {
    file: Written<'r>,
    contents: Contents,
}

impl Reader<'_> {
    fn tell(&mut self, section: &'static Section, problem: Problem) {
        self.weigh(section, section.weight, problem);
    }

    /// The same for what weighs less, or more, than what is wrong in its section as a rule.
    fn weigh(&mut self, section: &'static Section, weight: Weight, problem: Problem) {
        self.contents.faulty.insert(section.path);
        self.contents.problems.push((weight, problem));
    }

    /// Reads a section that stands once; `path` is its dotted path with the name of the source, if any.
    fn table(&mut self, section: &'static Section, path: &str, table: &Table<'_>) {
        for entry in document::entries(table) {
            if let Some(key) = section.keys.iter().find(|k| k.name == entry.key) {
                if let Some(given) = self.value(section, key, &entry) {
                    self.contents.values.insert(join(path, key.name), given);
                }
            } else if let Some(child) = schema::section(&join(path, entry.key)) {
                self.child(child, &entry);
            } else {
                self.unknown(section, path, &entry);
            }
        }
    }

    fn child(&mut self, section: &'static Section, entry: &Entry<'_, '_>) {
        let place = self.file.place(entry.span().start);
        self.contents.present.insert(section.path, place);
        match (section.shape, entry.value.get_ref()) {
            (Shape::Table, DeValue::Table(table)) => {
                self.table(section, section.path, table);
                self.required(section, entry, |contents, key| {
                    contents.values.contains_key(&join(section.path, key))
                });
            }
            (Shape::List, DeValue::Array(items)) => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => {
                            let place = self.file.place(item.span().start);
                            self.record(section, place, table);
                        }
                        other => {
                            let message = format!(
                                "this must be a table, written [[{}]], not {}",
                                section.path,
                                what(other)
                            );
                            let problem = self.file.problem(&item.span(), message);
                            self.tell(section, problem);
                        }
                    }
                }
            }
            (Shape::PerSource, DeValue::Table(table)) => {
                for source in document::entries(table) {
                    self.source(section, &source);
                }
            }
            (shape, other) => {
                let written = match shape {
                    Shape::List => format!("[[{}]]", section.path),
                    Shape::Table => format!("[{}]", section.path),
                    Shape::PerSource => format!("[{}.NAME]", section.path),
                };
                let message = format!("this must be written {written}, it is {}", what(other));
                let problem = self.file.problem(&entry.span(), message);
                self.tell(section, problem);
            }
        }
    }

    fn record(&mut self, section: &'static Section, place: Place, table: &Table<'_>) {
        let before = self.contents.problems.len();
        let mut values = BTreeMap::new();
        for entry in document::entries(table) {
            match section.keys.iter().find(|k| k.name == entry.key) {
                Some(key) => {
                    if let Some(given) = self.value(section, key, &entry) {
                        values.insert(key.name, given);
                    }
                }
                None => self.unknown(section, section.path, &entry),
            }
        }
        // A key that is there but wrong has been told about already.
        for key in section
            .keys
            .iter()
            .filter(|k| k.default == Fallback::Required)
        {
            if !table.contains_key(key.name) {
                let message = format!("[[{}]] needs `{}`: {}", section.path, key.name, key.help);
                let message = message.trim_end_matches('.').to_owned();
                self.tell(section, Problem::new(place.clone(), message));
            }
        }
        if self.contents.problems.len() == before || section.weight == Weight::Fleet {
            let record = Record { place, values };
            self.contents
                .lists
                .entry(section.path)
                .or_default()
                .push(record);
        }
    }

    fn source(&mut self, section: &'static Section, entry: &Entry<'_, '_>) {
        let known = schema::sources().map(SourceId::word);
        if !schema::sources().any(|id| id.word() == entry.key) {
            let problem = self
                .file
                .problem(&entry.span(), format!("there is no source `{}`", entry.key))
                .suggesting(entry.key, known);
            return self.tell(section, problem);
        }
        match entry.value.get_ref() {
            DeValue::Table(table) => {
                let path = join(section.path, entry.key);
                self.table(section, &path, table);
            }
            other => {
                let message = format!(
                    "this must be written [sources.{}], it is {}",
                    entry.key,
                    what(other)
                );
                let problem = self.file.problem(&entry.span(), message);
                self.tell(section, problem);
            }
        }
    }

    fn required(
        &mut self,
        section: &'static Section,
        entry: &Entry<'_, '_>,
        has: impl Fn(&Contents, &str) -> bool,
    ) {
        for key in section
            .keys
            .iter()
            .filter(|k| k.default == Fallback::Required)
        {
            let written = entry.value.get_ref().get(key.name).is_some();
            if !written && !has(&self.contents, key.name) {
                let message = format!("[{}] needs `{}`: {}", section.path, key.name, key.help);
                let problem = self
                    .file
                    .problem(&entry.span(), message.trim_end_matches('.'));
                self.tell(section, problem);
            }
        }
    }

    fn value(
        &mut self,
        section: &'static Section,
        key: &Key,
        entry: &Entry<'_, '_>,
    ) -> Option<Given> {
        let mut problems = Vec::new();
        let datum = key.form.read(self.file, entry.value, &mut problems);
        for mut problem in problems {
            problem.message = format!("`{}`: {}", key.name, problem.message).into();
            // The top of the file holds the fleet's regions beside settings that may fall back safely.
            let weight = if section.path.is_empty() && key.name != "regions" {
                Weight::Comfort
            } else {
                section.weight
            };
            self.weigh(section, weight, problem);
        }
        Some(Given {
            datum: datum?,
            place: self.file.place(entry.value.span().start),
        })
    }

    fn unknown(&mut self, section: &'static Section, path: &str, entry: &Entry<'_, '_>) {
        let wrong = entry.key;
        let names = section
            .keys
            .iter()
            .map(|k| k.name)
            .chain(schema::children(path));
        let is_table = matches!(entry.value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
        let noun = if is_table && path.is_empty() {
            "section or key"
        } else {
            "key"
        };
        let place = if path.is_empty() {
            String::new()
        } else {
            format!(" in [{path}]")
        };
        let problem = self
            .file
            .problem(
                &entry.span(),
                format!("there is no {noun} `{wrong}`{place}"),
            )
            .suggesting(wrong, names);
        // Only where it is clear that a comfort was meant can the fleet be the one that was written.
        let meant = problem.suggestion.as_deref().and_then(schema::section);
        let weight = match meant {
            Some(meant) if path.is_empty() => meant.weight,
            _ => section.weight,
        };
        self.weigh(section, weight, problem);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
