//! `noctop keys`: which key does what, and where that was written.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::command;
use crate::keymap::{Bound, Layer, sequence};
use crate::runtime::config::{self, Paths};

use super::flags::FlagArgs;
use super::output::write;
use super::{FAILED, USAGE, complain, table};

/// Prints the keymap as it holds: every key of every layer, its command, and the file and line that bound it.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Keys {
    /// Only what holds in this layer.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// How to print it: a table for people (the default), or a form for machines.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    flags: FlagArgs,
}

const AFTER: &str = "\
Exit codes: 0 printed, 1 printed but something in the keymap is wrong, 2 command line or configuration.

Examples:
  noctop keys --layer list
  noctop keys --keymap vim --format json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns.
    Table,
    /// One object.
    Json,
}

impl Keys {
    /// Prints the keys.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let layer = match self.layer.as_deref() {
            None => None,
            Some(name) => match Layer::ALL.iter().find(|layer| layer.name() == name) {
                Some(layer) => Some(*layer),
                None => {
                    let names: Vec<_> = Layer::ALL.iter().map(|layer| layer.name()).collect();
                    complain(&format!(
                        "there is no layer `{name}`; there are {}",
                        names.join(", ")
                    ));
                    return ExitCode::from(USAGE);
                }
            },
        };
        let env = |name: &str| std::env::var(name).ok();
        let loaded = config::load(&self.flags.into_flags(), &env, &Paths::of_this_user());
        let (keymap, problems) = loaded.config.keymap();
        for problem in &problems {
            complain(&problem.to_string());
        }
        let bound = keymap
            .bindings()
            .iter()
            .filter(|bound| layer.is_none_or(|layer| bound.layer == layer));
        let mut bound: Vec<&Bound> = bound.collect();
        bound.sort_by_key(|bound| bound.layer);
        let text = match self.format {
            Format::Table => rows(&bound),
            Format::Json => {
                let keys: Vec<_> = bound
                    .iter()
                    .map(|bound| {
                        json!({
                            "layer": bound.layer.name(),
                            "keys": sequence(&bound.chords),
                            "command": &*bound.binding.command,
                            "argument": &*bound.binding.args,
                            "title": title(bound),
                            "from": bound.binding.place.to_string(),
                        })
                    })
                    .collect();
                format!("{:#}\n", json!({ "keymap": &*keymap.name, "keys": keys }))
            }
        };
        write(&text);
        if problems.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(FAILED)
        }
    }
}

fn rows(bound: &[&Bound]) -> String {
    let rows: Vec<Vec<String>> = bound
        .iter()
        .map(|bound| {
            vec![
                bound.layer.name().to_owned(),
                sequence(&bound.chords),
                bound.binding.to_string(),
                title(bound).unwrap_or_default().to_owned(),
                bound.binding.place.to_string(),
            ]
        })
        .collect();
    table::columns(&["layer", "keys", "command", "does", "from"], &rows)
}

/// What the command is called.
fn title(bound: &Bound) -> Option<&'static str> {
    command::named(&bound.binding.command).map(|command| command.title)
}
