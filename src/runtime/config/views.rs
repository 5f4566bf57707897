//! `[[view]]`: panes with filter, order, columns and groups that have a name, and perhaps a key.

use std::sync::Arc;

use crate::command::columns::heads;
use crate::domain::problem::{Place, Problem};
use crate::keymap::{Binding, Chord, Keymap, Layer, Lookup, parse_sequence, sequence};
use crate::model::SavedView;
use crate::panes::{self, PaneSpec};
use crate::store::projection::{Common, Direction, SortKey};

use super::form::Datum;
use super::read::{Contents, Record};
use super::schema::Weight;

/// The views of a file.
#[derive(Debug, Default)]
pub(super) struct Saved {
    pub views: Vec<SavedView>,
    pub keys: Vec<ViewKey>,
}

/// The key of a view.
#[derive(Clone, Debug)]
pub(super) struct ViewKey {
    view: Arc<str>,
    chords: Vec<Chord>,
    place: Place,
}

impl ViewKey {
    /// Binds it everywhere.
    ///
    /// # Errors
    /// The key means something else already.
    pub fn bind(&self, keymap: &mut Keymap) -> Result<(), Problem> {
        let taken = |found: &str| {
            let key = sequence(&self.chords);
            let message = format!(
                "the key `{key}` of the view {} is {found} already",
                self.view
            );
            Problem::new(self.place.clone(), message)
        };
        // An inner layer would hide it just where rows are listed.
        match keymap.lookup(&[Layer::List, Layer::Global], &self.chords) {
            Lookup::Found(binding) => return Err(taken(&format!("bound to {binding}"))),
            Lookup::Prefix(_) => return Err(taken("the beginning of longer ones")),
            Lookup::Nothing => {}
        }
        let binding = Binding {
            command: Arc::from("view.open"),
            args: Arc::clone(&self.view),
            place: self.place.clone(),
        };
        if keymap.bind(Layer::Global, &self.chords, binding) {
            Ok(())
        } else {
            Err(taken("hidden by a shorter one"))
        }
    }
}

/// Reads the views. What is wrong in one is told, and the rest of it holds.
pub(super) fn saved(contents: &Contents, problems: &mut Vec<(Weight, Problem)>) -> Saved {
    let mut saved = Saved::default();
    for record in contents.lists.get("view").map_or(&[][..], Vec::as_slice) {
        let mut reader = Reader { record, problems };
        let Some(name) = reader.text("name") else {
            continue;
        };
        let Some(spec) = reader.pane() else {
            continue;
        };
        let view = SavedView {
            name: Arc::from(name),
            pane: spec.name,
            filter: Arc::from(reader.text("filter").unwrap_or_default()),
            order: reader.order(spec),
            columns: reader.columns(spec),
            group: reader.group(),
            startup: reader.is_on("startup"),
        };
        if let Some(written) = reader.text("key") {
            match parse_sequence(written) {
                Ok(chords) => saved.keys.push(ViewKey {
                    view: Arc::clone(&view.name),
                    chords,
                    place: record.place.clone(),
                }),
                Err(bad) => reader.problem(format!("`key`: {}", bad.message)),
            }
        }
        if saved.views.iter().any(|other| other.name == view.name) {
            reader.problem(format!(
                "the view {} stands twice; the first one counts",
                view.name
            ));
            continue;
        }
        saved.views.push(view);
    }
    saved
}

struct Reader<'r, 'p> {
    record: &'r Record,
    problems: &'p mut Vec<(Weight, Problem)>,
}

impl<'r> Reader<'r, '_> {
    fn problem(&mut self, message: String) {
        let problem = Problem::new(self.record.place.clone(), message);
        self.problems.push((Weight::Comfort, problem));
    }

    fn text(&self, key: &str) -> Option<&'r str> {
        match &self.record.values.get(key)?.datum {
            Datum::Text(text) => Some(text),
            _ => None,
        }
    }

    fn list(&self, key: &str) -> &'r [String] {
        match self.record.values.get(key).map(|value| &value.datum) {
            Some(Datum::List(list)) => list,
            _ => &[],
        }
    }

    fn is_on(&self, key: &str) -> bool {
        let value = self.record.values.get(key).map(|value| &value.datum);
        matches!(value, Some(Datum::Switch(true)))
    }

    fn pane(&mut self) -> Option<&'static PaneSpec> {
        let name = self.text("pane").unwrap_or("queue");
        let spec = panes::ALL.iter().find(|spec| spec.name == name).copied();
        if spec.is_none() {
            let names: Vec<&str> = panes::ALL.iter().map(|spec| spec.name).collect();
            let message = format!("`pane`: there is no pane `{name}`");
            let problem = Problem::new(self.record.place.clone(), message)
                .suggesting(name, names.iter().copied());
            self.problems.push((Weight::Comfort, problem));
        }
        spec
    }

    fn order(&mut self, spec: &PaneSpec) -> Vec<SortKey> {
        let mut order = Vec::new();
        for written in self.list("sort") {
            let (head, direction) = match written.strip_prefix('-') {
                Some(head) => (head, Direction::Descending),
                None => (written.as_str(), Direction::Ascending),
            };
            let column = spec.columns.iter().find(|c| c.head.trim() == head);
            match column.and_then(|column| column.sort) {
                Some(column) => order.push(SortKey { column, direction }),
                None => self.no_column("sort", head, spec),
            }
        }
        order
    }

    fn columns(&mut self, spec: &PaneSpec) -> Vec<Arc<str>> {
        let mut columns = Vec::new();
        for head in self.list("columns") {
            if heads(spec).contains(&head.as_str()) {
                columns.push(Arc::from(head.as_str()));
            } else {
                self.no_column("columns", head, spec);
            }
        }
        columns
    }

    fn no_column(&mut self, key: &str, head: &str, spec: &PaneSpec) {
        let message = format!(
            "`{key}`: the pane {} has no such column `{head}`",
            spec.name
        );
        let problem =
            Problem::new(self.record.place.clone(), message).suggesting(head, heads(spec));
        self.problems.push((Weight::Comfort, problem));
    }

    fn group(&mut self) -> Arc<str> {
        match self.text("group") {
            None => Arc::from(""),
            Some(word) if Common::parse(word).is_some() => Arc::from(word),
            Some(word) => {
                self.problem(format!(
                    "`group`: nothing is grouped by `{word}`; there are account, region, resource, kind, source and tag:NAME"
                ));
                Arc::from("")
            }
        }
    }
}
