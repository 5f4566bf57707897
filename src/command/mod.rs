//! The one table of verbs. Keymaps, palette, help, key hints, docs and (later) the journal read it.
//!
//! A command is one row here and one small function in the file of its section.

mod app;
pub mod choose;
mod feed;
pub mod filter;
mod mark;
pub mod palette;
mod pane;
mod row;
mod view;

use crate::keymap::{Chord, Layer};
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
    /// The pane lists items.
    Items,
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
            Self::Item if !matches!(target, Some(RowKey::Item(_))) => {
                Err("There is no item under the cursor.")
            }
            Self::Items if model.pane().lists_feeds() => {
                Err("The Feeds pane has no severities, orders or marks.")
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
        Self::Find,
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
            Self::View => "The screen",
            Self::App => "noctop",
        }
    }
}

/// One verb.
#[derive(Debug)]
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

const fn look(
    name: &'static str,
    title: &'static str,
    section: Section,
    when: When,
    run: fn(&mut Model, &Action) -> Effects,
    help: &'static str,
) -> Command {
    Command {
        name,
        title,
        help,
        section,
        when,
        risk: Risk::Look,
        run,
    }
}

const fn take(
    name: &'static str,
    title: &'static str,
    run: fn(&mut Model, &Action) -> Effects,
    help: &'static str,
) -> Command {
    Command {
        name,
        title,
        help,
        section: Section::Row,
        when: Item,
        risk: Risk::Take,
        run,
    }
}

use Section::{App, Find, Marks, Move, Panes, Row as TheRow, View};
use When::{Always, Item, Items, Row};

/// Every verb.
pub const ALL: &[Command] = &[
    look(
        "row.next",
        "next row",
        Move,
        Always,
        row::next,
        "Move the cursor one row down, or scroll the text.",
    ),
    look(
        "row.previous",
        "previous row",
        Move,
        Always,
        row::previous,
        "Move the cursor one row up, or scroll the text.",
    ),
    look(
        "row.page-down",
        "page down",
        Move,
        Always,
        row::page_down,
        "Move the cursor one screen down.",
    ),
    look(
        "row.page-up",
        "page up",
        Move,
        Always,
        row::page_up,
        "Move the cursor one screen up.",
    ),
    look(
        "row.half-down",
        "half a page down",
        Move,
        Always,
        row::half_down,
        "Move the cursor half a screen down.",
    ),
    look(
        "row.half-up",
        "half a page up",
        Move,
        Always,
        row::half_up,
        "Move the cursor half a screen up.",
    ),
    look(
        "row.first",
        "first row",
        Move,
        Always,
        row::first,
        "Move the cursor to the first row.",
    ),
    look(
        "row.last",
        "last row",
        Move,
        Always,
        row::last,
        "Move the cursor to the last row.",
    ),
    look(
        "row.details",
        "details",
        TheRow,
        Row,
        row::details,
        "Show the details of this row; once more to read them full size.",
    ),
    look(
        "row.raw",
        "raw JSON",
        TheRow,
        Item,
        row::raw,
        "Read this item afresh and show it in the service's own JSON.",
    ),
    take(
        "row.copy-id",
        "copy id",
        row::copy_id,
        "Copy the item's id to your own terminal's clipboard (OSC 52).",
    ),
    take(
        "row.copy-arn",
        "copy ARN",
        row::copy_arn,
        "Copy the item's ARN to your own terminal's clipboard (OSC 52).",
    ),
    take(
        "row.open-link",
        "console link",
        row::open_link,
        "Open the item's page in the AWS console, or show its address.",
    ),
    look(
        "filter.open",
        "filter",
        Find,
        Always,
        filter::open,
        "Type a filter for this pane; it applies while you type.",
    ),
    look(
        "filter.set",
        "filter to",
        Find,
        Always,
        filter::set,
        "Set this pane's filter to the words that follow.",
    ),
    look(
        "filter.clear",
        "clear filter",
        Find,
        Always,
        filter::clear,
        "Show everything in this pane again.",
    ),
    look(
        "sort.choose",
        "sort by…",
        Find,
        Items,
        choose::sort,
        "Choose the column to sort by; the same one again turns the order round.",
    ),
    look(
        "floor.choose",
        "severity floor",
        Find,
        Always,
        choose::floor,
        "Hide everything below a severity, on every pane.",
    ),
    look(
        "account.choose",
        "accounts",
        Find,
        Always,
        choose::accounts,
        "Choose the accounts to look at, on every pane.",
    ),
    look(
        "region.choose",
        "regions",
        Find,
        Always,
        choose::regions,
        "Choose the regions to look at, on every pane.",
    ),
    look(
        "scope.all",
        "show all",
        Find,
        Always,
        choose::all,
        "Look at all accounts, regions and severities again.",
    ),
    look(
        "pane.next",
        "next pane",
        Panes,
        Always,
        pane::next,
        "Show the next pane.",
    ),
    look(
        "pane.previous",
        "previous pane",
        Panes,
        Always,
        pane::previous,
        "Show the previous pane.",
    ),
    look(
        "pane.show",
        "show pane",
        Panes,
        Always,
        pane::show,
        "Show a pane by its number or name; words behind the name become its filter.",
    ),
    look(
        "pane.zoom",
        "zoom",
        Panes,
        Always,
        pane::zoom,
        "Give the pane the whole screen, and back.",
    ),
    look(
        "mark.toggle",
        "mark",
        Marks,
        Row,
        mark::toggle,
        "Mark this row, or take its mark away.",
    ),
    look(
        "mark.range",
        "mark range",
        Marks,
        Row,
        mark::range,
        "Mark every row from the last mark to this one.",
    ),
    look(
        "mark.all",
        "mark all",
        Marks,
        Always,
        mark::all,
        "Mark every row that the filter shows.",
    ),
    look(
        "mark.clear",
        "clear marks",
        Marks,
        Always,
        mark::clear,
        "Take all marks away, on the screen or not.",
    ),
    look(
        "feed.refresh",
        "refresh",
        View,
        Always,
        feed::refresh,
        "Ask the feeds of this pane now; on the Feeds pane the one under the cursor.",
    ),
    look(
        "view.freeze",
        "freeze",
        View,
        Always,
        view::freeze,
        "Hold the rows still; header and counts stay live. Once more to let go.",
    ),
    look(
        "view.looked",
        "I have looked",
        View,
        Always,
        view::looked,
        "Count everything as seen: new, worse and gone start again from here.",
    ),
    look(
        "help.open",
        "help",
        App,
        Always,
        view::help,
        "Show the keys that work here.",
    ),
    look(
        "palette.open",
        "palette",
        App,
        Always,
        palette::open,
        "Find a command or a pane by name.",
    ),
    look(
        "app.back",
        "one step out",
        App,
        Always,
        app::back,
        "Take one step out: dialog, input, details, zoom, marks. Never leaves the program.",
    ),
    look(
        "app.leave",
        "leave",
        App,
        Always,
        app::leave,
        "Take one step out; at the root ask whether to quit.",
    ),
    look("app.quit", "quit", App, Always, app::quit, "End noctop."),
    look(
        "app.redraw",
        "redraw",
        App,
        Always,
        app::redraw,
        "Draw every cell again, after something else wrote to the terminal.",
    ),
    look(
        "app.suspend",
        "suspend",
        App,
        Always,
        app::suspend,
        "Give the terminal back to the shell; `fg` returns.",
    ),
    look(
        "config.reload",
        "reload files",
        App,
        Always,
        app::reload,
        "Read theme and configuration files again.",
    ),
];

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
    } else if reads_text(model) {
        &[Layer::Details, Layer::Global]
    } else {
        &[Layer::List, Layer::Global]
    }
}

/// What to press for a command right now, the shortest first, as text.
#[must_use]
pub fn chords(model: &Model, layers: &[Layer], command: &str) -> Vec<String> {
    let label = |chords: &[Chord]| {
        let labels: Vec<_> = chords
            .iter()
            .map(|c| c.label(model.session.ascii))
            .collect();
        labels.join(" ")
    };
    model
        .keymap
        .chords_for(layers, command)
        .into_iter()
        .map(label)
        .collect()
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
