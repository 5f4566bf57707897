//! The one table of verbs. Keymaps, palette, help, key hints, docs and (later) the journal read it.
//!
//! A command is one row in [`ALL`] (`table.rs`) and one small function in the file of its section.

mod app;
pub mod change;
pub mod choose;
pub mod columns;
mod feed;
pub mod filter;
mod fold;
mod group;
pub mod handover;
pub mod help;
pub mod log;
mod mark;
mod operator;
pub mod overview;
pub mod palette;
mod pane;
pub mod query;
mod related;
mod row;
pub mod runbook;
mod saved;
mod since;
mod table;
pub mod theme;
pub mod trail;
pub mod triage;
mod view;

pub use table::ALL;

use crate::keymap::Layer;
use crate::model::{Action, DetailsView, Effects, Model, RowKey};

/// When a command makes sense; otherwise it is refused with the sentence that [`When::check`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At any time.
    Always,
    /// A row is under the cursor.
    Row,
    /// The row under the cursor is an item.
    Item,
    /// The row under the cursor is an item, or a fold of items.
    Listed,
    /// The row under the cursor is an item or a fold, or items are marked.
    Aimed,
    /// As [`When::Aimed`], or the row under the cursor is a run.
    Asked,
    /// The row under the cursor is a fold, or stands in one.
    Folded,
    /// The pane lists items.
    Items,
    /// The pane is the overview.
    Map,
    /// The pane is a log.
    Log,
    /// The pane is what a query found.
    Query,
}

impl When {
    /// Whether it holds, and if not, why not.
    ///
    /// # Errors
    ///
    /// A sentence for the operator.
    pub fn check(self, model: &Model, target: Option<&RowKey>) -> Result<(), &'static str> {
        match self {
            Self::Row if target.is_none() => Err("There is no row here."),
            Self::Item if matches!(target, Some(RowKey::Fold(_))) => {
                Err("This is a fold of several items: unfold it and choose one.")
            }
            Self::Listed if matches!(target, Some(RowKey::Fold(_))) => Ok(()),
            Self::Folded
                if target
                    .and_then(|key| model.pane().fold_of(&model.store, key))
                    .is_none() =>
            {
                Err("This row stands by itself.")
            }
            Self::Item | Self::Listed if !matches!(target, Some(RowKey::Item(_))) => {
                Err("There is no item under the cursor.")
            }
            Self::Asked if matches!(target, Some(RowKey::Run(_))) => Ok(()),
            Self::Aimed | Self::Asked
                if !matches!(target, Some(RowKey::Item(_) | RowKey::Fold(_)))
                    && !model
                        .pane()
                        .marked
                        .iter()
                        .any(|key| matches!(key, RowKey::Item(_))) =>
            {
                Err("There is no item under the cursor, and none is marked.")
            }
            Self::Log if !log::is_shown(model) => Err("This is for the Logs pane."),
            Self::Map if !overview::is_shown(model) => Err("This is for the overview."),
            Self::Query if !query::is_shown(model) || model.queries.sheet.is_none() => {
                Err("This is for the Query pane, once something was asked.")
            }
            Self::Items if !model.pane().lists_items() => {
                Err("What this pane lists has no severities, orders or marks.")
            }
            _ => Ok(()),
        }
    }
}

/// What a command can do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It changes what is shown here, nothing else.
    Look,
    /// It takes something about the row under the cursor out of the console (a copied id, an opened page).
    /// Refused once when that row has just vanished: it must not land on a neighbour.
    Take,
    /// It writes into the ledger, where colleagues see it; nothing in AWS changes. Refused as [`Risk::Take`] is.
    Write,
    /// It changes something in AWS, through the journal, and is confirmed according to what a mistake costs.
    Change,
}

/// Where a command is listed in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Moving the cursor.
    Move,
    /// Panes.
    Panes,
    /// Filter, order, accounts, regions.
    Find,
    /// Marks.
    Marks,
    /// The row under the cursor.
    Row,
    /// Log lines.
    Logs,
    /// Acknowledging and what belongs to it.
    Triage,
    /// What AWS is asked to do.
    Act,
    /// The screen.
    View,
    /// noctop itself.
    App,
}

impl Section {
    /// Every section, in the order of the help.
    pub const ALL: &'static [Self] = &[
        Self::Move,
        Self::Row,
        Self::Triage,
        Self::Act,
        Self::Find,
        Self::Logs,
        Self::Panes,
        Self::Marks,
        Self::View,
        Self::App,
    ];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Panes => "Panes",
            Self::Find => "Find and order",
            Self::Marks => "Mark",
            Self::Row => "The row under the cursor",
            Self::Logs => "Read logs",
            Self::Triage => "Take and hand over",
            Self::Act => "Do in AWS",
            Self::View => "The screen",
            Self::App => "noctop",
        }
    }
}

/// One verb.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// `noun.verb`, as in keymaps.
    pub name: &'static str,
    /// Two or three words for hints and the palette.
    pub title: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Where the help lists it.
    pub section: Section,
    /// When it makes sense.
    pub when: When,
    /// What it can do.
    pub risk: Risk,
    /// Does it.
    pub run: fn(&mut Model, &Action) -> Effects,
}

/// The command with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|c| c.name == name)
}

/// The name of every command.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|c| c.name).collect()
}

/// Whether the cursor keys move through text instead of rows: full-size details, raw JSON, help.
#[must_use]
pub fn reads_text(model: &Model) -> bool {
    model.overlay.is_some() || model.details.view == DetailsView::Full || model.reads_details()
}

/// The layers in which a chord is looked up now, most particular first.
#[must_use]
pub fn layers(model: &Model) -> &'static [Layer] {
    if model.overlay.is_some() {
        &[Layer::Text, Layer::Dialog]
    } else if log::is_shown(model) {
        &[Layer::Log, Layer::Text, Layer::Global]
    } else if overview::is_shown(model) && !reads_text(model) {
        &[Layer::Map, Layer::List, Layer::Global]
    } else if query::is_shown(model) {
        &[Layer::Query, Layer::Text, Layer::Global]
    } else if reads_text(model) {
        &[Layer::Details, Layer::Global]
    } else {
        &[Layer::List, Layer::Global]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_a_noun_and_a_verb_and_has_a_sentence() {
        let mut seen = std::collections::BTreeSet::new();
        for command in ALL {
            assert!(seen.insert(command.name), "{} stands twice", command.name);
            let (noun, verb) = command.name.split_once('.').expect(command.name);
            assert!(!noun.is_empty() && !verb.is_empty());
            assert!(
                command.help.ends_with('.'),
                "{}: {}",
                command.name,
                command.help
            );
            assert!(command.title.len() <= 20, "{}", command.title);
        }
    }
}
