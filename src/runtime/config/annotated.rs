//! The schema read aloud: the annotated file of `noctop config init` and the tables of `docs/configuration.md`.

use std::fmt::Write as _;

use super::Loaded;
use super::schema::{Fallback, Key, SECTIONS, Section, Shape};

/// How wide the explanations of the annotated file are.
const WIDTH: usize = 100;

/// The annotated configuration file. Every setting is in it, commented out: explanations begin with `# `,
/// settings with `#` alone.
#[must_use]
pub fn file() -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "noctop's configuration. Lines that begin with `# ` explain; remove the # of a line without a space after \
         it to change a setting. The values shown are the defaults, or examples where there is no fixed default. \
         A flag wins over an environment variable, that over this file. `noctop config check` reads this file and \
         says what is wrong; `noctop config show` says what holds and why.",
    );
    for section in SECTIONS {
        out.push('\n');
        comment(&mut out, section.help);
        if let Some(header) = header(section) {
            let _ = writeln!(out, "#{header}");
        }
        for key in section.keys {
            comment(&mut out, &explanation(key));
            let _ = writeln!(out, "#{} = {}", key.name, key.sample());
        }
    }
    out
}

fn explanation(key: &Key) -> String {
    let mut text = key.help.to_owned();
    match key.default {
        Fallback::Value(_) => {}
        Fallback::Words(words) => {
            let _ = write!(text, " Without it: {words}.");
        }
        Fallback::Required => text.push_str(" Required."),
    }
    text
}

fn header(section: &Section) -> Option<String> {
    match section.shape {
        _ if section.path.is_empty() || section.keys.is_empty() => None,
        Shape::Table => Some(format!("[{}]", section.path)),
        Shape::List => Some(format!("[[{}]]", section.path)),
        Shape::PerSource => Some(format!("[{}.cloudwatch]", section.path)),
    }
}

fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// The reference tables of the documentation, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::new();
    for section in SECTIONS {
        let title = match section.shape {
            _ if section.path.is_empty() => "Top of the file".to_owned(),
            _ if section.keys.is_empty() => continue,
            Shape::Table => format!("`[{}]`", section.path),
            Shape::List => format!("`[[{}]]`", section.path),
            Shape::PerSource => format!("`[{}.NAME]`", section.path),
        };
        let _ = writeln!(out, "### {title}\n\n{}\n", words(section.help));
        let _ = writeln!(
            out,
            "| key | value | without it | also | what it does |\n|---|---|---|---|---|"
        );
        for key in section.keys {
            let without = match key.default {
                Fallback::Value(value) => format!("`{value}`"),
                Fallback::Words(words) => words.to_owned(),
                Fallback::Required => "required".to_owned(),
            };
            let also: Vec<String> = key
                .flag
                .into_iter()
                .flat_map(|flags| flags.split(", "))
                .chain(key.env)
                .map(|name| format!("`{name}`"))
                .collect();
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                key.name,
                cell(&key.form.expects()),
                cell(&without),
                also.join(" "),
                cell(key.help),
            );
        }
        out.push('\n');
    }
    let _ = writeln!(out, "Every other name is a mistake and is told.");
    out
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    words(text).replace('|', "\\|")
}

/// What holds, as a TOML document with the origin of every value beside it. Secretive text is cut.
#[must_use]
pub fn effective(loaded: &Loaded) -> String {
    let mut out = String::new();
    for section in SECTIONS {
        match section.shape {
            Shape::Table => {
                let path = section.path;
                let written = loaded.config.fleet.organization.is_some();
                if section.keys.is_empty() || (path == "organization" && !written) {
                    continue;
                }
                let header = (!path.is_empty()).then(|| format!("[{path}]"));
                table(&mut out, header, path, section.keys, loaded);
            }
            Shape::PerSource => {
                for id in super::schema::sources() {
                    let path = format!("{}.{id}", section.path);
                    table(
                        &mut out,
                        Some(format!("[{path}]")),
                        &path,
                        section.keys,
                        loaded,
                    );
                }
            }
            Shape::List => {
                for record in loaded.records(section.path) {
                    let _ = writeln!(out, "\n[[{}]]", section.path);
                    for (key, given) in &record.values {
                        line(&mut out, &format!("{key} = {}", given.datum), &given.place);
                    }
                }
            }
        }
    }
    out
}

fn table(out: &mut String, header: Option<String>, path: &str, keys: &[Key], loaded: &Loaded) {
    if let Some(header) = header {
        let _ = writeln!(out, "\n{header}");
    }
    for key in keys {
        let path = if path.is_empty() {
            key.name.to_owned()
        } else {
            format!("{path}.{}", key.name)
        };
        let Some(setting) = loaded.config.settings.get(&path) else {
            continue;
        };
        match &setting.datum {
            Some(datum) => line(out, &format!("{} = {datum}", key.name), &setting.origin),
            None => line(out, &format!("#{}", key.name), &setting.otherwise),
        }
    }
}

fn line(out: &mut String, text: &str, comment: &dyn std::fmt::Display) {
    let _ = writeln!(out, "{text:<44} # {comment}");
}
