//! Every file that ships as data: it is embedded, it loads clean, and its name is its file's.

use std::collections::BTreeSet;

use noctop::domain::problem::Place;
use noctop::keymap::{self, Keymap};
use noctop::sim::scenario::Scenario;
use noctop::theme::{self, Depth, Theme};

use crate::source;

fn stems(folder: &str) -> BTreeSet<String> {
    let files = source::files_below(&source::root().join(folder));
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn owned<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn themes_are_embedded_and_load_clean() {
    let library = theme::library();
    assert_eq!(owned(library.names()), stems("themes"));
    for name in library.names() {
        let place = Place::whole("test");
        let (_, problems) = Theme::load(&library, name, &place, Depth::True);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn keymaps_are_embedded_and_load_clean() {
    let library = keymap::library();
    assert_eq!(owned(library.names()), stems("keymaps"));
    for name in library.names() {
        let (_, problems) = Keymap::load(&library, name, &Place::whole("test"));
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

#[test]
fn scenarios_are_embedded_and_load_clean() {
    assert_eq!(owned(Scenario::names()), stems("src/sim/scenarios"));
    for name in Scenario::names() {
        if let Err(why) = Scenario::load(name) {
            panic!("{name}: {why}");
        }
    }
}
