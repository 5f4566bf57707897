//! The generated parts of the documentation are what the code says. `NOCTOP_BLESS=1` rewrites them.

use std::fmt::Write as _;

use noctop::aws::ops::{self, Repeat};
use noctop::command::{self, Risk, Section};
use noctop::keymap::{Keymap, Layer, sequence};
use noctop::runtime::config;
use noctop::sources::{self, Part, Reach};
use noctop::theme::Role;

use crate::source;

/// Compares the part of a page between `<!-- generated: NAME -->` and `<!-- end: NAME -->` with `text`.
pub fn generated(page: &str, name: &str, text: &str) {
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
fn the_commands_page_lists_every_command() {
    let keymap = Keymap::shipped_default();
    let mut text = String::new();
    for section in Section::ALL {
        let _ = writeln!(
            text,
            "### {}\n\n| command | title | press | what it does |\n|---|---|---|---|",
            section.title()
        );
        for command in command::ALL.iter().filter(|c| c.section == *section) {
            let mut press: Vec<String> = Vec::new();
            for bound in keymap.bindings() {
                // The same press in several layers is one press to the eye.
                let chords = format!("`{}`", sequence(&bound.chords).replace('|', "\\|"));
                if *bound.binding.command == *command.name && !press.contains(&chords) {
                    press.push(chords);
                }
            }
            let risk = match command.risk {
                Risk::Look => "",
                Risk::Take => " *(take)*",
                Risk::Write => " *(ledger)*",
                Risk::Change => " *(AWS)*",
            };
            let (name, title, help) = (command.name, command.title, command.help);
            let press = press.join(" ");
            let _ = writeln!(text, "| `{name}` | {title} | {press} | {help}{risk} |");
        }
        text.push('\n');
    }
    generated("docs/commands.md", "commands", &text);
}

#[test]
fn the_quotas_page_lists_every_part_of_every_source() {
    let mut text =
        String::from("| source | part | asked every | from | yields |\n|---|---|---|---|---|\n");
    for source in sources::ALL {
        let kinds: Vec<String> = source.kinds.iter().map(ToString::to_string).collect();
        for spec in source.slices {
            let reach = match spec.reach {
                Reach::Scope => "every account and region",
                Reach::Rest => {
                    "every account and region that the organization's answer does not cover"
                }
                Reach::Organization => "*organization*, every region",
            };
            let partial = match spec.part {
                Part::Snapshot => "",
                Part::Fast => ", *partial*",
            };
            let every = match spec.every.as_secs() {
                secs if secs % 60 == 0 => format!("{} min", secs / 60),
                secs => format!("{secs} s"),
            };
            let _ = writeln!(
                text,
                "| `{}` | {}{partial} | {every} | {reach} | {} |",
                source.id,
                spec.slice.0,
                kinds.join(", ")
            );
        }
    }
    generated("docs/quotas.md", "parts of the sources", &text);
}

#[test]
fn the_quotas_page_lists_every_budget() {
    let mut text = String::from(
        "| service | operation | per second | burst | after |\n|---|---|---|---|---|\n",
    );
    for op in ops::READS
        .iter()
        .copied()
        .chain(ops::MUTATIONS.iter().map(|row| &row.op))
    {
        let quota = op.quota;
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} |",
            op.service, op.name, quota.per_second, quota.burst, quota.source
        );
    }
    generated("docs/quotas.md", "budgets", &text);
}

/// A policy document as the page shows it.
fn policy(document: &serde_json::Value) -> String {
    format!("```json\n{document:#}\n```")
}

#[test]
fn the_policies_are_the_lists_of_operations() {
    use noctop::aws::ops::policy as documents;
    for (name, document) in [
        ("policy of the role that reads", documents::reader()),
        ("policy of the role that acts", documents::operator()),
        ("policy of the identity that assumes", documents::start()),
    ] {
        generated("docs/iam.md", name, &policy(&document));
    }
}

#[test]
fn the_changes_page_lists_every_mutation() {
    let mut text = String::from(
        "| operation | for | risk | sent twice | targets per call |\n|---|---|---|---|---|\n",
    );
    for row in ops::MUTATIONS {
        let twice = match row.repeat {
            Repeat::Token => "one effect, by its token",
            Repeat::Natural => "one effect, by its nature",
            Repeat::Never => "never sent twice",
        };
        let (op, risk, most) = (&row.op, row.risk.word(), row.most);
        let _ = writeln!(
            text,
            "| {} `{}` | {} | {risk} | {twice} | {most} |",
            op.service, op.name, op.why
        );
    }
    generated("docs/journal.md", "mutations", &text);
}

#[test]
fn the_permissions_page_says_what_each_is_for() {
    let mut text = String::from("| permission | for |\n|---|---|\n");
    for op in ops::READS
        .iter()
        .copied()
        .chain(ops::MUTATIONS.iter().map(|row| &row.op))
    {
        let _ = writeln!(text, "| `{}` | {} |", op.action, op.why);
    }
    generated("docs/iam.md", "what each permission is for", &text);
}

/// A permission that nobody uses is one that an operator grants for nothing.
#[test]
fn every_operation_is_asked_for_somewhere() {
    let table = source::root().join("src/aws/ops/mod.rs");
    let table = source::File::new("aws/ops/mod.rs", &std::fs::read_to_string(table).unwrap());
    let (_, rows) = table.code.split_once("reads! {").unwrap();
    let constants: Vec<&str> = rows
        .lines()
        .filter_map(|row| Some(row.split_once(" = \"")?.0.trim()))
        .collect();
    assert_eq!(constants.len(), ops::READS.len(), "{constants:?}");
    let files = source::all();
    for constant in constants {
        let asked = files
            .iter()
            .any(|file| file.path != "aws/ops/mod.rs" && !file.find(constant).is_empty());
        assert!(asked, "nothing asks for {constant}");
    }
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
