//! What the documentation tells operators to write is what noctop accepts.

use noctop::keymap::{self, Keymap};
use noctop::runtime::config::{self, Flags, Paths};

use crate::source;

/// The code blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(source::root().join(page)).unwrap();
    let opening = format!("```{language}\n");
    text.split(&opening)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// What `noctop config check` says of a file.
fn mistakes(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    let loaded = config::load(&flags, &|_| None, &Paths::default());
    loaded
        .all_problems()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn configurations_of_the_documentation_have_no_mistakes() {
    for page in ["README.md", "docs/configuration.md"] {
        let blocks = blocks(page, "toml");
        assert!(
            blocks.len() >= 2,
            "{page} has {} configurations",
            blocks.len()
        );
        for text in blocks {
            let mistakes = mistakes(&text);
            assert!(mistakes.is_empty(), "{page}:\n{text}\n{mistakes:#?}");
        }
    }
    assert!(!mistakes("[organization]\nrole = \"x\"\n").is_empty());
}

#[test]
fn keymaps_of_the_documentation_have_no_mistakes() {
    let blocks = blocks("docs/keys.md", "toml");
    assert!(!blocks.is_empty());
    for text in blocks {
        let mut library = keymap::library();
        library.add("mine", "mine.toml", &text);
        let place = noctop::domain::problem::Place::whole("test");
        let (keymap, mut problems) = Keymap::load(&library, "mine", &place);
        problems.extend(keymap.unknown_commands(&noctop::command::names()));
        assert!(problems.is_empty(), "{text}\n{problems:#?}");
    }
}

/// `.ci/run` reads the command that passes the tests from there.
#[test]
fn the_readme_names_its_two_commands() {
    let commands: Vec<String> = blocks("README.md", "sh")
        .concat()
        .lines()
        .map(str::to_owned)
        .collect();
    for wanted in ["cargo run -- --demo", "cargo test"] {
        assert!(commands.iter().any(|line| line == wanted), "{wanted}");
    }
}
