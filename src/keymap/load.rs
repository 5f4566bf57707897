//! From keymap files to one tree per layer.

use std::ops::Range;
use std::sync::Arc;

use toml::de::DeValue;

use crate::domain::document::{self, Library, Table, Value, Volume, what};
use crate::domain::problem::{Place, Problem, Written};
use crate::domain::text;

use super::chord::{Chord, parse_sequence, sequence};
use super::trie::{Branch, Conflict};
use super::{Binding, DEFAULT, Keymap, Layer};

/// What a keymap file may say at its top besides its layers.
const TOP_KEYS: [&str; 2] = ["description", "inherits"];

/// What a keymap inherits from that wants no default below it.
const NONE: &str = "none";

/// The trees of one file, by layer.
type Layers = [Branch; Layer::ALL.len()];

pub(super) fn keymap(library: &Library, name: &str, asked_at: &Place) -> (Keymap, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut lineage = library.lineage("keymap", name, asked_at, &mut problems, inherits);
    if lineage.is_empty()
        && let Some(volume) = library.get_shipped(DEFAULT)
    {
        lineage.push((DEFAULT.to_owned(), volume));
    }
    let mut layers = Layers::default();
    let mut description = Arc::from("");
    for (_, volume) in lineage {
        let mut reader = Reader {
            file: volume.written(),
            layers: Layers::default(),
            problems: &mut problems,
        };
        description = reader.file();
        for (below, above) in layers.iter_mut().zip(reader.layers) {
            below.merge(above);
        }
    }
    problems.sort();
    problems.dedup();
    (Keymap::new(name, description, layers), problems)
}

/// What a file stands on: what it says, else [`DEFAULT`].
fn inherits(name: &str, volume: &Volume) -> Option<(String, Place)> {
    let file = volume.written();
    let table = document::parse(file, &mut Vec::new());
    match table.get("inherits").map(|v| (v.get_ref().as_str(), v)) {
        Some((Some(NONE), _)) => None,
        Some((Some(parent), value)) => Some((parent.to_owned(), file.place(value.span().start))),
        // The shipped default ends the line; the operator's own `default` stands on it.
        _ if name == DEFAULT && &*volume.file == "keymaps/default.toml" => None,
        _ => Some((DEFAULT.to_owned(), Place::whole(&volume.file))),
    }
}

struct Reader<'r> {
    file: Written<'r>,
    layers: Layers,
    problems: &'r mut Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, span: &Range<usize>, message: impl AsRef<str>) {
        self.problems.push(self.file.problem(span, message));
    }

    /// Reads a whole file and returns its description.
    fn file(&mut self) -> Arc<str> {
        let mut description = Arc::from("");
        let file = self.file;
        let table = document::parse(file, self.problems);
        for entry in document::entries(&table) {
            if TOP_KEYS.contains(&entry.key) {
                match entry.value.get_ref().as_str() {
                    Some(words) if entry.key == "description" => {
                        description = text::clean_arc(words);
                    }
                    Some(_) => {}
                    None => {
                        let found = what(entry.value.get_ref());
                        let message = format!("`{}` must be a string, this is {found}", entry.key);
                        self.problem(&entry.value.span(), message);
                    }
                }
                continue;
            }
            let layer = Layer::ALL.iter().find(|l| l.name() == entry.key);
            match (layer, entry.value.get_ref()) {
                (Some(layer), DeValue::Table(table)) => self.table(*layer, &[], table),
                (Some(layer), other) => {
                    let message = format!(
                        "the layer `{layer}` must be a table, this is {}",
                        what(other)
                    );
                    self.problem(&entry.value.span(), message);
                }
                (None, _) => {
                    let wrong = entry.key;
                    let names = Layer::ALL.iter().map(|l| l.name()).chain(TOP_KEYS);
                    let problem = file
                        .problem(&entry.span(), format!("there is no layer `{wrong}`"))
                        .suggesting(wrong, names);
                    self.problems.push(problem);
                }
            }
        }
        description
    }

    /// Reads the bindings of a layer, or those that continue `path`.
    fn table(&mut self, layer: Layer, path: &[Chord], table: &Table<'_>) {
        for entry in document::entries(table) {
            let chords = match parse_sequence(entry.key) {
                Ok(chords) => chords,
                Err(bad) => {
                    let mut problem = self.file.problem(&entry.span(), bad.message);
                    problem.suggestion = bad.suggestion.map(Arc::from);
                    self.problems.push(problem);
                    continue;
                }
            };
            if let Some((chord, other)) = chords
                .iter()
                .find_map(|chord| Some((chord, chord.arrives_as()?)))
            {
                let message =
                    format!("most terminals send `{chord}` as `{other}`, so it cannot be bound");
                self.problem(&entry.span(), message);
                continue;
            }
            let chords = [path, &chords].concat();
            if let DeValue::Table(table) = entry.value.get_ref() {
                self.table(layer, &chords, table);
            } else if let Some(leaf) = self.leaf(entry.value) {
                self.bind(layer, &chords, leaf, &entry.span());
            }
        }
    }

    /// What a value binds to: a command, or nothing for `false` and the empty string. `None` for a mistake.
    fn leaf(&mut self, value: &Value<'_>) -> Option<Option<Binding>> {
        match value.get_ref() {
            DeValue::Boolean(false) => Some(None),
            DeValue::String(line) => {
                let line = line.trim();
                if line.is_empty() {
                    return Some(None);
                }
                let (name, args) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                if !is_command_name(name) {
                    let message = format!(
                        "`{}` is not a command: they are called noun.verb",
                        text::clean(name)
                    );
                    self.problem(&value.span(), message);
                    return None;
                }
                Some(Some(Binding {
                    command: name.into(),
                    args: text::clean_arc(args.trim()),
                    place: self.file.place(value.span().start),
                }))
            }
            other => {
                let message = format!(
                    "a key is bound to a command in quotes, or to false for nothing; this is {}",
                    what(other)
                );
                self.problem(&value.span(), message);
                None
            }
        }
    }

    fn bind(&mut self, layer: Layer, chords: &[Chord], leaf: Option<Binding>, span: &Range<usize>) {
        let Some(branch) = self.layers.get_mut(layer as usize) else {
            return;
        };
        let written = sequence(chords);
        let message = match branch.insert(chords, leaf) {
            Ok(()) => return,
            Err(Conflict::Twice) => {
                format!("`{written}` is bound twice in the layer `{layer}`; the first one counts")
            }
            Err(Conflict::Unreachable(depth)) => {
                let shorter = sequence(&chords[..depth]);
                format!(
                    "`{written}` can never be pressed: `{shorter}` is bound in the layer `{layer}` and comes first"
                )
            }
            Err(Conflict::Hides(longer)) => {
                let longer = sequence(&longer);
                format!("`{written}` would hide `{longer}` in the layer `{layer}`; it is left out")
            }
        };
        self.problem(span, message);
    }
}

fn is_command_name(name: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.split_once('.')
        .is_some_and(|(noun, verb)| word(noun) && word(verb))
}
