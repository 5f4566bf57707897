//! The generated parts of the documentation are what the code says. `NOCTOP_BLESS=1` rewrites them.

use std::fmt::Write as _;

use noctop::keymap::{Keymap, Layer, sequence};
use noctop::runtime::config;
use noctop::theme::Role;

use crate::source;

/// Compares the part of a page between `<!-- generated: NAME -->` and `<!-- end: NAME -->` with `text`.
fn generated(page: &str, name: &str, text: &str) {
    // Parts of one page are rewritten one after the other.
    static PAGES: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = PAGES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = source::root().join(page);
    let have = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{page}: {why}"));
    let open = format!("<!-- generated: {name} -->\n");
    let close = format!("<!-- end: {name} -->");
    let start = have.find(&open).map(|at| at + open.len());
    let (Some(start), Some(end)) = (start, have.find(&close)) else {
        panic!("{page} has no part {name}");
    };
    let want = format!("{}\n{}\n{}", &have[..start], text.trim(), &have[end..]);
    if have == want {
        return;
    }
    if std::env::var_os("NOCTOP_BLESS").is_some() {
        std::fs::write(&path, want).unwrap();
    } else {
        panic!(
            "{page}: the part {name} is not what the code says; NOCTOP_BLESS=1 cargo test --test project docs rewrites it"
        );
    }
}

#[test]
fn the_configuration_page_lists_every_key() {
    generated(
        "docs/configuration.md",
        "keys of the file",
        &config::reference(),
    );
}

#[test]
fn the_configuration_page_shows_the_annotated_file() {
    let text = format!("```toml\n{}```", config::annotated_file());
    generated("docs/configuration.md", "annotated file", &text);
}

#[test]
fn the_themes_page_lists_every_role() {
    let mut text = String::from("| role | what it paints |\n|---|---|\n");
    for role in Role::ALL {
        let _ = writeln!(text, "| `{role}` | {} |", role.help());
    }
    generated("docs/themes.md", "roles", &text);
}

#[test]
fn the_keys_page_lists_every_default_binding() {
    let keymap = Keymap::shipped_default();
    let mut text = String::new();
    for layer in Layer::ALL {
        let _ = writeln!(
            text,
            "### `[{layer}]`\n\n{}\n\n| press | command |\n|---|---|",
            layer.help()
        );
        for bound in keymap.bindings().iter().filter(|b| b.layer == *layer) {
            let chords = sequence(&bound.chords).replace('|', "\\|");
            let _ = writeln!(text, "| `{chords}` | `{}` |", bound.binding);
        }
        text.push('\n');
    }
    generated("docs/keys.md", "default keys", &text);
}

#[test]
fn the_simulator_page_lists_every_operation() {
    use noctop::sim::services;
    let mut text = String::from(
        "| service | protocols | operation | page | calls per second, burst |\n|---|---|---|---|---|\n",
    );
    for service in services::ALL {
        let protocols: Vec<&str> = service.protocols.iter().map(|p| p.name()).collect();
        for operation in service.operations {
            let page = operation
                .page
                .map_or(String::new(), |page| match page.size {
                    "" => format!("{}", page.default),
                    _ => format!(
                        "{}–{}, {} unless asked",
                        page.range.0, page.range.1, page.default
                    ),
                });
            let rate = operation
                .rate
                .map_or(String::new(), |(rate, burst)| format!("{rate}, {burst}"));
            let (alias, protocols) = (service.alias, protocols.join(", "));
            let _ = writeln!(
                text,
                "| {alias} | {protocols} | `{}` | {page} | {rate} |",
                operation.name
            );
        }
    }
    generated("docs/simulator.md", "operations", &text);
}

#[test]
fn the_simulator_page_lists_every_scenario() {
    use noctop::sim::scenario::Scenario;
    let mut text = String::from("| scenario | what goes on |\n|---|---|\n");
    let mut names = Scenario::names();
    names.sort_unstable();
    for name in names {
        let scenario = Scenario::load(name).unwrap();
        let about = scenario
            .about
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let _ = writeln!(text, "| `{name}` | {}. {about} |", scenario.title);
    }
    generated("docs/simulator.md", "scenarios", &text);
}
