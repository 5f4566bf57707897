//! The layers of the house, who may name what, and what nothing may be called.

use std::collections::{BTreeMap, BTreeSet};

use crate::docs::generated;
use crate::source::{self, File};

/// The layers, the lowest first. A module may import what stands on a lower line, never its own line or a higher
/// one. `docs/architecture.md` shows the table and says why.
const LAYERS: &[&[&str]] = &[
    &["clock"],
    &["domain"],
    &["theme", "keymap", "shelf", "logs"],
    &["audit"],
    &["lifecycle"],
    &["filter", "ledger"],
    &["triage", "history"],
    &["store", "runbook"],
    &["panes", "aws"],
    &["model", "sources", "handover"],
    &["command", "effects", "report"],
    &["app", "view"],
    // The simulator is an island below those that start it; see `the_simulator_is_an_island`.
    &["sim"],
    &["runtime"],
    &["cli"],
    &["lib", "main"],
];

/// Modules that turn values into values: no clock, no I/O, no runtime.
const PURE: &[&str] = &[
    "domain",
    "theme",
    "keymap",
    "logs",
    "filter",
    "lifecycle",
    "triage",
    "store",
    "panes",
    "model",
    "command",
    "report",
    "app",
    "view",
];

/// Names that only these modules may speak.
const RESERVED: &[(&[&str], &[&str])] = &[
    (&["ratatui"], &["view", "runtime"]),
    (&["crossterm", "signal_hook"], &["runtime"]),
    (
        &[
            "aws_sdk_",
            "aws_config",
            "aws_smithy_",
            "aws_types",
            "aws_credential_types",
        ],
        &["aws", "sources", "effects"],
    ),
    (
        &["SystemTime::now", "Timestamp::now", "Zoned::now"],
        &["clock"],
    ),
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// What is wrong with the imports of a file.
fn upward(file: &File, modules: &BTreeSet<String>) -> Vec<String> {
    let module = file.module();
    let Some(own) = layer(module) else {
        return vec![format!("{}: `{module}` stands in no layer", file.path)];
    };
    let mut wrong = Vec::new();
    for (name, at) in file.reaches() {
        if name == module || !modules.contains(&name) {
            continue;
        }
        if layer(&name).is_none_or(|of_name| of_name >= own) {
            wrong.push(format!(
                "{}:{}: `{module}` must not import `{name}`",
                file.path,
                file.line(at)
            ));
        }
    }
    wrong
}

fn modules(files: &[File]) -> BTreeSet<String> {
    files.iter().map(|f| f.module().to_owned()).collect()
}

#[test]
fn nothing_imports_upward() {
    let files = source::all();
    let modules = modules(&files);
    assert!(modules.len() > 5, "{modules:?}");
    let wrong: Vec<String> = files.iter().flat_map(|f| upward(f, &modules)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_upward_import_would_be_seen() {
    let modules = ["domain", "theme", "app", "view", "aws"].map(str::to_owned);
    let modules = BTreeSet::from(modules);
    for (path, code) in [
        ("theme/load.rs", "use crate::app::x;"),
        ("view/table.rs", "use crate::{domain, app};"),
        ("domain/item.rs", "fn f() -> super::super::theme::Style {}"),
        ("helpers.rs", ""),
    ] {
        assert_eq!(upward(&File::new(path, code), &modules).len(), 1, "{path}");
    }
    let fine = File::new("view/table.rs", "use crate::theme::Role; use super::app;");
    assert_eq!(upward(&fine, &modules), Vec::<String>::new());
}

#[test]
fn the_table_of_layers_names_what_there_is() {
    let modules = modules(&source::all());
    for name in LAYERS.concat() {
        assert!(modules.contains(name), "there is no module `{name}`");
    }
}

#[test]
fn the_architecture_page_shows_the_layers() {
    let mut text = String::from("| layer | modules | may import |\n|---|---|---|\n");
    for (at, layer) in LAYERS.iter().enumerate() {
        let names: Vec<String> = layer.iter().map(|name| format!("`{name}`")).collect();
        let below = match (at, *layer) {
            (0, _) => "nothing of noctop".to_owned(),
            (_, ["sim"]) => "`clock` alone".to_owned(),
            (_, _) => format!("layers below {at}"),
        };
        text += &format!("| {at} | {} | {below} |\n", names.join(" "));
    }
    generated("docs/architecture.md", "layers", &text);
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let files = source::all();
    let modules = modules(&files);
    let mut edges: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        let reached = file.reaches().into_iter().map(|(name, _)| name);
        let reached = reached.filter(|name| modules.contains(name) && name != file.module());
        edges.entry(file.module()).or_default().extend(reached);
    }
    // Modules that only import what is already free of circles are free of them too.
    let mut free: BTreeSet<&str> = BTreeSet::new();
    while let Some((module, _)) = edges
        .iter()
        .find(|(m, to)| !free.contains(*m) && to.iter().all(|t| free.contains(t.as_str())))
    {
        free.insert(module);
    }
    let knot: Vec<_> = edges.iter().filter(|(m, _)| !free.contains(*m)).collect();
    assert!(knot.is_empty(), "{knot:#?}");
}

/// Both sides of the wire would agree on the same mistake if the simulator shared code with the side it plays for.
#[test]
fn the_simulator_is_an_island() {
    for file in source::all().iter().filter(|f| f.module() == "sim") {
        for (name, at) in file.reaches() {
            let shared = layer(&name).is_some() && name != "sim" && name != "clock";
            assert!(!shared, "{}:{} imports {name}", file.path, file.line(at));
        }
    }
}

#[test]
fn names_stay_with_those_who_may_speak_them() {
    let mut wrong = Vec::new();
    for file in source::all() {
        for (names, speakers) in RESERVED {
            if speakers.contains(&file.module()) {
                continue;
            }
            for name in *names {
                for at in file.find(name) {
                    wrong.push(format!("{}:{}: {name}", file.path, file.line(at)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pure_modules_read_no_clock_and_touch_no_world() {
    let worldly = [
        "Instant::now",
        "tokio",
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::thread",
        "rand",
    ];
    let mut wrong = Vec::new();
    for file in source::all() {
        for name in worldly.iter().filter(|_| PURE.contains(&file.module())) {
            for at in file.find(name) {
                wrong.push(format!("{}:{}: {name}", file.path, file.line(at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_named_for_what_they_do_and_stay_readable() {
    let vague = [
        "manager",
        "helper",
        "util",
        "common",
        "misc",
        "handler",
        "processor",
    ];
    for path in source::files_below(&source::root().join("src")) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let named_well = !vague.iter().any(|word| name.contains(word));
        assert!(named_well, "{}", path.display());
    }
    // Five hundred lines is where a second room usually hides; twice that is past any excuse.
    for file in source::all() {
        let lines = file.text.lines().count();
        assert!(lines <= 1_000, "{} has {lines} lines", file.path);
    }
}

#[test]
fn every_module_begins_by_saying_what_it_is() {
    for file in source::all() {
        assert!(file.text.starts_with("//! "), "{}", file.path);
    }
}
