//! What lies over the panes: help, palette, choices, raw JSON, a question.

use std::sync::Arc;

use crate::domain::{Fault, ItemKey};

use super::form::{Form, Results};
use super::input::InputLine;
use super::logs::Source;
use super::page::Page;

/// One thing over the panes. `Esc` takes it away.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys that work here.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// The palette: commands and panes by name.
    Palette(Palette),
    /// A list to choose from.
    Choice(Choice),
    /// The service's own JSON of one item.
    Raw {
        /// Which item.
        key: ItemKey,
        /// What came back, as far as it has.
        body: RawBody,
        /// First line shown.
        scroll: usize,
    },
    /// What is asked before something is written down.
    Form(Form),
    /// What came of something that was done to several items.
    Results(Results),
    /// A text of noctop's own.
    Page(Page),
    /// A question that only `y` and `Enter` answer with yes.
    Confirm {
        /// The question.
        question: Arc<str>,
        /// The command that a yes runs.
        command: &'static str,
    },
}

/// The state of a raw read.
#[derive(Clone, Debug)]
pub enum RawBody {
    /// Asked, not answered.
    Loading,
    /// Pretty-printed JSON, in lines.
    Lines(Vec<Arc<str>>),
    /// It could not be read.
    Failed(Fault),
}

/// The palette's state.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What has been typed.
    pub input: InputLine,
    /// What is offered beside commands and panes: views, accounts, regions, runbooks.
    pub offers: Arc<[PaletteEntry]>,
    /// The entries that match, best first.
    pub entries: Vec<PaletteEntry>,
    /// Which entry is selected.
    pub selected: usize,
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteEntry {
    /// What it runs.
    pub command: &'static str,
    /// The argument it runs it with.
    pub argument: Arc<str>,
    /// What it is called.
    pub title: Arc<str>,
    /// One sentence on it.
    pub help: Arc<str>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is chosen.
    pub title: &'static str,
    /// What is chosen for.
    pub purpose: Purpose,
    /// The entries.
    pub entries: Vec<ChoiceEntry>,
    /// Which entry the cursor is on, counted in entries that match what was typed; none while nobody has chosen.
    pub selected: Option<usize>,
    /// What was typed to narrow the entries.
    pub typed: InputLine,
}

/// What a choice is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The order of the pane.
    Sort,
    /// The lowest severity that is shown.
    Floor,
    /// The accounts that are shown; several may be chosen.
    Accounts,
    /// The regions that are shown; several may be chosen.
    Regions,
    /// What AWS is asked to do about these items.
    Change(Vec<ItemKey>),
    /// Which runbook is run for these items.
    Runbook(Vec<ItemKey>),
    /// What is asked of this run.
    Run(Arc<str>),
    /// Which of these log groups are read; several may be chosen.
    Logs(Vec<Source>),
    /// Which query of the library is written into the editor.
    Query,
    /// What the rows of the pane are grouped by.
    Group,
    /// The columns that the pane shows; several may be chosen.
    Columns,
    /// What belongs to a row, as a filter of the Queue.
    Related,
    /// What happened since somebody looked: a filter of the Queue, or these items that are gone.
    Since(Vec<ItemKey>),
    /// The colours.
    Theme,
}

impl Purpose {
    /// Whether several entries may be chosen.
    #[must_use]
    pub const fn is_multiple(&self) -> bool {
        matches!(
            self,
            Self::Accounts | Self::Regions | Self::Logs(_) | Self::Columns
        )
    }

    /// Whether the cursor is on the first entry from the beginning. What runs is chosen by somebody.
    #[must_use]
    pub const fn preselects(&self) -> bool {
        !matches!(self, Self::Runbook(_) | Self::Run(_))
    }

    /// Whether what is chosen leads to a change in AWS.
    #[must_use]
    pub const fn acts(&self) -> bool {
        matches!(self, Self::Change(_) | Self::Runbook(_) | Self::Run(_))
    }
}

/// One entry of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceEntry {
    /// The value.
    pub value: Arc<str>,
    /// What is shown for it.
    pub label: Arc<str>,
    /// Whether it is chosen now.
    pub chosen: bool,
}

impl Choice {
    /// A list that nobody has moved or typed in yet. Where nothing may be preselected, nothing is.
    #[must_use]
    pub fn new(title: &'static str, purpose: Purpose, entries: Vec<ChoiceEntry>) -> Self {
        let mut choice = Self {
            title,
            purpose,
            entries,
            selected: None,
            typed: InputLine::default(),
        };
        choice.narrowed();
        choice
    }

    /// The list follows what has been typed: the first that matches is under the cursor.
    pub fn narrowed(&mut self) {
        let is_meant = self.purpose.preselects() || !self.typed.text().is_empty();
        self.selected = is_meant.then_some(0);
    }

    /// Moves the cursor by so many entries; the first move leads onto the first one.
    pub fn step(&mut self, by: isize) {
        let last = self.matching().len().saturating_sub(1);
        self.selected = Some(match self.selected {
            None => 0,
            Some(at) => at.saturating_add_signed(by).min(last),
        });
    }

    /// The first entry shown where so many have room.
    #[must_use]
    pub fn first(&self, rows: usize) -> usize {
        self.selected
            .unwrap_or(0)
            .saturating_sub(rows.saturating_sub(1))
    }

    /// The indices of the entries that match what was typed, ignoring case: those that begin with it first.
    #[must_use]
    pub fn matching(&self) -> Vec<usize> {
        let typed = self.typed.text().to_lowercase();
        let mut found: Vec<(usize, usize)> = (0..self.entries.len())
            .filter_map(|i| Some((self.entries[i].label.to_lowercase().find(&typed)?, i)))
            .collect();
        found.sort_by_key(|(at, _)| *at > 0);
        found.into_iter().map(|(_, i)| i).collect()
    }

    /// The entry under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        self.matching().get(self.selected?).copied()
    }
}
