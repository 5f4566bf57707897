//! The table of verbs and the keys that speak of it.

use noctop::command::{self, Risk};
use noctop::keymap::{self, Keymap};
use noctop::panes;

use crate::source;

fn shipped() -> Vec<Keymap> {
    let library = keymap::library();
    let load = |name| {
        Keymap::load(
            &library,
            name,
            &noctop::domain::problem::Place::whole("test"),
        )
    };
    library
        .names()
        .into_iter()
        .map(|name| load(name).0)
        .collect()
}

#[test]
fn every_bound_command_exists() {
    let names = command::names();
    for keymap in shipped() {
        let unknown = keymap.unknown_commands(&names);
        assert!(unknown.is_empty(), "{}: {unknown:#?}", keymap.name);
    }
}

#[test]
fn nothing_that_acts_stands_on_a_key_that_nobody_pressed() {
    let acts = |name: &str| command::named(name).is_some_and(|c| c.risk > Risk::Look);
    for keymap in shipped() {
        let accidents = keymap.accidents(acts);
        assert!(accidents.is_empty(), "{}: {accidents:#?}", keymap.name);
    }
}

#[test]
fn every_command_is_reached_by_a_key_or_by_the_palette() {
    let keymap = Keymap::shipped_default();
    let offered = command::palette::entries("", &[]);
    for command in command::ALL {
        let bound = keymap.names().any(|(name, _)| name == command.name);
        let named = offered.iter().any(|entry| entry.command == command.name);
        // With an argument behind it: a keymap and `-c` can say it, the palette offers panes with filters instead.
        // Accounts and regions stand in it by their names, once there is a fleet.
        let takes_words = matches!(command.name, "filter.set" | "account.only" | "region.only");
        assert!(
            bound || named || takes_words,
            "{} is out of reach",
            command.name
        );
    }
}

#[test]
fn every_tab_has_a_number_that_shows_it() {
    let keymap = Keymap::shipped_default();
    for (at, pane) in panes::tabs().iter().enumerate() {
        let wanted = format!("pane.show {}", at + 1);
        let bound = keymap
            .bindings()
            .iter()
            .any(|b| b.binding.to_string() == wanted);
        assert!(bound, "{} has no number", pane.name);
    }
}

/// A command that a page, a sentence or a hint speaks of must exist.
#[test]
fn the_documentation_speaks_of_commands_that_exist() {
    let sections: Vec<&str> = command::ALL
        .iter()
        .map(|c| c.name.split_once('.').unwrap().0)
        .collect();
    for page in [
        "README.md",
        "docs/keys.md",
        "docs/architecture.md",
        "docs/terminal-edge.md",
    ] {
        let text = std::fs::read_to_string(source::root().join(page)).unwrap();
        for span in text.split('`').skip(1).step_by(2) {
            let name = span.split(' ').next().unwrap();
            if let Some((noun, verb)) = name.split_once('.')
                && sections.contains(&noun)
                && !matches!(verb, "rs" | "md" | "toml")
                && !verb.contains('/')
            {
                assert!(
                    command::named(name).is_some(),
                    "{page}: there is no command `{name}`"
                );
            }
        }
    }
}
