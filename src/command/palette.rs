//! The palette: commands and panes by name.

use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::model::{Action, Effects, Model, Overlay, Palette, PaletteEntry};
use crate::panes;

use super::Section;

pub(super) fn open(model: &mut Model, _: &Action) -> Effects {
    ask_for(model, "")
}

/// Commands that want words behind their title.
const WORDED: &[&str] = &[
    "operator.change",
    "handover.show",
    "log.tail",
    "query.write",
    "query.groups",
    "theme.choose",
    "view.picture",
    "group.choose",
    "columns.choose",
];

/// Opens the palette with the title of a command that wants words.
pub(super) fn ask(model: &mut Model, name: &str) -> Effects {
    let title = super::named(name).map_or("", |command| command.title);
    ask_for(model, &format!("{title} "))
}

/// Opens the palette with these words.
pub(super) fn ask_for(model: &mut Model, words: &str) -> Effects {
    let mut palette = Palette {
        offers: offers(model),
        ..Palette::default()
    };
    palette.input.set(words);
    palette.entries = entries(words, &palette.offers);
    model.show(Overlay::Palette(palette));
    Effects::new()
}

/// What the palette offers beside commands and panes: saved views, runbooks, accounts and regions by their names.
#[must_use]
pub fn offers(model: &Model) -> Arc<[PaletteEntry]> {
    let entry = |command, argument: &str, title: String, help: String| PaletteEntry {
        command,
        argument: Arc::from(argument),
        title: Arc::from(title),
        help: Arc::from(help),
    };
    let views = model.views.iter().map(|view| {
        let filter = if view.filter.is_empty() {
            String::new()
        } else {
            format!(" with {}", view.filter)
        };
        let help = format!("Show the {} pane{filter}.", view.pane);
        entry("view.open", &view.name, format!("view {}", view.name), help)
    });
    let runbooks = model.runbooks.catalogue.iter().map(|runbook| {
        let help = format!(
            "{} For the row under the cursor or the marked rows.",
            runbook.title
        );
        entry(
            "runbook.choose",
            &runbook.name,
            format!("runbook {}", runbook.name),
            help,
        )
    });
    let accounts = model.roster().iter().map(|account| {
        let (id, title) = (account.id.to_string(), format!("account {}", account.name));
        let help = format!(
            "Show only {} {id} on every pane; 0 shows all again.",
            account.name
        );
        entry("account.only", &id, title, help)
    });
    let regions: std::collections::BTreeSet<&str> = model
        .roster()
        .iter()
        .flat_map(|account| account.regions.iter().map(|region| region.as_str()))
        .collect();
    let regions = regions.into_iter().map(|region| {
        let help = format!("Show only {region} on every pane; 0 shows all again.");
        entry("region.only", region, format!("region {region}"), help)
    });
    views
        .chain(runbooks)
        .chain(accounts)
        .chain(regions)
        .collect()
}

/// What stands in the input line when this entry is completed.
#[must_use]
pub fn completed(entry: &PaletteEntry) -> String {
    if entry.command == "pane.show" {
        format!("{} ", entry.argument)
    } else if WORDED.contains(&entry.command) {
        format!("{} ", entry.title)
    } else {
        entry.title.to_string()
    }
}

/// The entries that match what was typed, best first. A pane's name followed by words offers that pane with the
/// words as its filter.
#[must_use]
pub fn entries(typed: &str, offers: &[PaletteEntry]) -> Vec<PaletteEntry> {
    let typed = typed.trim_start();
    let mut found = Vec::new();
    if let Some((name, words)) = typed.split_once(' ')
        && let Some(at) = panes::named(name)
    {
        let pane = panes::ALL[at];
        found.push(PaletteEntry {
            command: "pane.show",
            argument: Arc::from(format!("{} {}", pane.name, words.trim())),
            title: Arc::from(format!("{} {}", pane.name, words.trim())),
            help: Arc::from(format!("Show the {} pane with this filter.", pane.title)),
        });
    }
    if let Some((title, words)) = typed.split_once(' ')
        && let Some(command) = WORDED
            .iter()
            .filter_map(|name| super::named(name))
            .find(|command| command.title == title)
    {
        found.push(PaletteEntry {
            command: command.name,
            argument: Arc::from(words.trim()),
            title: Arc::from(typed),
            help: Arc::from(command.help),
        });
    }
    if typed == "q" {
        found.extend(all().filter(|e| e.command == "app.quit"));
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<_> = all()
        .chain(offers.iter().cloned())
        .enumerate()
        .filter_map(|(at, entry)| {
            let text = format!("{} {}", entry.title, entry.command);
            pattern
                .score(Utf32Str::new(&text, &mut buffer), &mut matcher)
                .map(|score| (score, at, entry))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.extend(scored.into_iter().map(|(_, _, entry)| entry));
    found.dedup_by(|a, b| a.command == b.command && a.argument == b.argument);
    found
}

/// Everything that the palette offers: panes first, then every command that makes sense without an argument. Moving
/// comes last: nobody moves by palette.
fn all() -> impl Iterator<Item = PaletteEntry> {
    let panes = panes::ALL.iter().map(|pane| PaletteEntry {
        command: "pane.show",
        argument: Arc::from(pane.name),
        title: Arc::from(pane.name),
        help: Arc::from(format!("Show the {} pane.", pane.title)),
    });
    let sections = Section::ALL.iter().filter(|s| **s != Section::Move);
    let commands = sections
        .chain([&Section::Move])
        .flat_map(|section| super::ALL.iter().filter(|c| c.section == *section))
        .filter(|c| {
            // These want an argument: the palette offers them once for each that there is.
            !matches!(
                c.name,
                "pane.show"
                    | "filter.set"
                    | "palette.open"
                    | "account.only"
                    | "region.only"
                    | "view.open"
            )
        })
        .map(|c| PaletteEntry {
            command: c.name,
            argument: Arc::from(""),
            title: Arc::from(c.title),
            help: Arc::from(c.help),
        });
    panes.chain(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_found_by_a_few_letters_and_takes_a_filter() {
        assert_eq!(&*entries("fin", &[])[0].argument, "findings");
        let first = &entries("findings sev:critical", &[])[0];
        assert_eq!(
            (first.command, &*first.argument),
            ("pane.show", "findings sev:critical")
        );
    }

    #[test]
    fn q_quits_and_nonsense_finds_nothing() {
        assert_eq!(entries("q", &[])[0].command, "app.quit");
        assert_eq!(entries("quit", &[])[0].command, "app.quit");
        assert!(entries("zzzzqqq", &[]).is_empty());
    }

    #[test]
    fn without_a_word_every_pane_comes_first() {
        assert_eq!(entries("", &[]).len(), all().count());
        assert_eq!(&*entries("", &[])[0].argument, "queue");
    }
}
