//! What each pane shows: which kinds, in which columns, in which order, and what it says when it is empty.
//!
//! One file per pane and its line in [`ALL`]. Nothing is drawn here: a column turns a row into a [`Cell`] (text and
//! role), and the view decides where it goes.

mod alarms;
pub(crate) mod backups;
pub mod cells;
pub(crate) mod compliance;
mod composite;
pub mod fact;
pub mod facts;
pub mod feeds;
mod findings;
pub mod folds;
mod health;
mod incidents;
pub mod link;
mod logs;
mod mutes;
mod overview;
mod patching;
mod query;
mod queue;
pub mod runs;

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::domain::{Kind, Roster, SourceId};
use crate::runbook::Run;
use crate::store::projection::{Column as SortBy, Folding, SortKey};
use crate::store::{FeedReport, Row, Store};
use crate::theme::Role;

pub use feeds::aged;
pub use folds::FoldLook;

/// Every pane: those with a tab first, in the order of the tabs and of the keys `1`…`9`.
pub const ALL: &[&PaneSpec] = &[
    &queue::PANE,
    &alarms::PANE,
    &findings::PANE,
    &incidents::PANE,
    &patching::PANE,
    &backups::PANE,
    &logs::PANE,
    &runs::PANE,
    &feeds::PANE,
    &overview::PANE,
    &mutes::PANE,
    &health::PANE,
    &compliance::PANE,
    &query::PANE,
];

/// Where a pane is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a tab, under a number.
    Tab,
    /// In the palette and on the command line alone.
    Palette,
}

/// The panes that have a tab.
#[must_use]
pub fn tabs() -> &'static [&'static PaneSpec] {
    let tabs = ALL.iter().position(|pane| pane.place != Place::Tab);
    &ALL[..tabs.unwrap_or(ALL.len())]
}

/// What a pane lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Items of these kinds that ask for attention.
    Open(&'static [Kind]),
    /// Items of these kinds in every state.
    Every(&'static [Kind]),
    /// The coverage ledger.
    Feeds,
    /// Runs of runbooks.
    Runs,
    /// Accounts, with what is open in them.
    Accounts,
    /// Log lines, in a viewer of their own.
    Logs,
    /// What a query found, in a table of its own.
    Query,
}

impl Lists {
    /// The kinds it lists; none for the coverage ledger and for runs.
    #[must_use]
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Open(kinds) | Self::Every(kinds) => kinds,
            Self::Feeds | Self::Runs | Self::Accounts | Self::Logs | Self::Query => &[],
        }
    }
}

/// From how many alike rows on a storm is one line, unless the configuration says otherwise.
pub const STORM: usize = 5;

/// One pane as a constant.
#[derive(Debug)]
pub struct PaneSpec {
    /// The word in the palette and on the command line: `findings`.
    pub name: &'static str,
    /// The title on its tab.
    pub title: &'static str,
    /// The title where tabs are narrow, at most three letters.
    pub short: &'static str,
    /// Where it is found.
    pub place: Place,
    /// What it lists.
    pub lists: Lists,
    /// The sources that fill it: asked first while it is looked at, and the ones that make its totals partial.
    pub sources: &'static [SourceId],
    /// Its columns from left to right.
    pub columns: &'static [Column],
    /// Its order until the operator chooses another.
    pub order: &'static [SortKey],
    /// What that order is called.
    pub order_name: &'static str,
    /// What it means that nothing is listed although everything was read.
    pub calm: &'static str,
}

impl PaneSpec {
    /// Whether it is where somebody came from rather than went to: stepping out of any other pane leads back.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.place == Place::Tab && !matches!(self.lists, Lists::Logs | Lists::Runs)
    }

    /// What it folds until the operator wants something else: alarms and findings come in storms.
    #[must_use]
    pub fn folding(&self) -> Folding {
        let kinds = self.lists.kinds();
        if kinds.contains(&Kind::Alarm) || kinds.contains(&Kind::Finding) {
            Folding::Storms(STORM)
        } else {
            Folding::Off
        }
    }
}

/// Cells before the first column: the cursor's bar and the mark.
pub const GUTTER: u16 = 2;

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always this many cells.
    Fixed(u16),
    /// At least this many, and its share of what is left over.
    Share {
        /// Cells it takes at least.
        least: u16,
        /// Cells it takes at most.
        most: u16,
        /// Its part of the rest, relative to the other columns.
        weight: u16,
    },
}

/// One column.
#[derive(Debug)]
pub struct Column {
    /// The head, as short as the column may be.
    pub head: &'static str,
    /// How wide it is.
    pub width: Width,
    /// From which list width on it is shown; 0 is always.
    pub from: u16,
    /// Up to which list width it is shown; where a wider form takes its place.
    pub until: u16,
    /// How its text stands.
    pub align: Align,
    /// By what the rows are sorted when this column is chosen; `None` where sorting makes no sense.
    pub sort: Option<SortBy>,
    /// Makes its text.
    pub cell: Cells,
}

/// A column that is shown at every width.
pub const NO_LIMIT: u16 = u16::MAX;

/// How a cell's text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    Left,
    /// At the right: numbers and ages.
    Right,
}

/// A column of a list that has no order of its own to choose.
const fn column(head: &'static str, width: Width, from: u16, align: Align, cell: Cells) -> Column {
    Column {
        head,
        width,
        from,
        until: NO_LIMIT,
        align,
        sort: None,
        cell,
    }
}

/// What makes a column's text.
#[derive(Clone, Copy, Debug)]
pub enum Cells {
    /// From a row of items; a fold shows nothing in such a column.
    Item(for<'a> fn(&RowLook<'a>) -> Cell<'a>),
    /// From a row of items, and from a fold of them.
    Both(
        for<'a> fn(&RowLook<'a>) -> Cell<'a>,
        for<'a> fn(&FoldLook<'a>) -> Cell<'a>,
    ),
    /// From a feed.
    Feed(for<'a> fn(&FeedLook<'a>) -> Cell<'a>),
    /// From a run.
    Run(for<'a> fn(&RunLook<'a>) -> Cell<'a>),
}

/// A row with what is needed to word it.
#[derive(Clone, Copy)]
pub struct RowLook<'a> {
    /// The row.
    pub row: &'a Row,
    /// What is known of other items.
    pub store: &'a Store,
    /// Names of accounts.
    pub roster: &'a Roster,
    /// The present.
    pub now: Timestamp,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
}

/// A feed with what is needed to word it.
#[derive(Clone, Copy)]
pub struct FeedLook<'a> {
    /// The feed.
    pub feed: &'a FeedReport,
    /// Names of accounts.
    pub roster: &'a Roster,
    /// The present, or a little before it: see [`aged`].
    pub now: Timestamp,
}

/// A run with what is needed to word it.
#[derive(Clone, Copy)]
pub struct RunLook<'a> {
    /// The run.
    pub run: &'a Run,
    /// Names of accounts.
    pub roster: &'a Roster,
    /// The present.
    pub now: Timestamp,
}

/// The text of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// Neutralised text.
    pub text: Cow<'a, str>,
    /// How it looks.
    pub role: Role,
    /// Where it is cut when it does not fit.
    pub cut: Cut,
}

/// Where a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At its end: words and sentences.
    End,
    /// In its middle: identifiers keep both ends.
    Middle,
}

impl<'a> Cell<'a> {
    /// A text that is cut at its end.
    pub fn new(text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
            cut: Cut::End,
        }
    }

    /// An identifier: cut in its middle.
    pub fn id(text: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
            cut: Cut::Middle,
        }
    }
}

/// The role of a feed's state.
#[must_use]
pub const fn feeds_role(state: crate::domain::FeedState) -> Role {
    feeds::state_role(state)
}

/// How wide each tab is on a screen of this width, and whether tabs carry their full titles. It depends on nothing but the
/// screen, so that no count moves its neighbours.
#[must_use]
pub fn tab_widths(width: u16) -> (Vec<u16>, bool) {
    let cells = |text: &str| u16::try_from(text.len()).unwrap_or(u16::MAX);
    let wishes = |title: fn(&PaneSpec) -> &'static str| -> Vec<u16> {
        let wish = |pane: &&PaneSpec| {
            // The number before the title, the count behind it, a gap.
            let count = match pane.lists {
                Lists::Logs => 0,
                Lists::Runs => 3,
                _ => 4,
            };
            2 + cells(title(pane)) + count + 1
        };
        tabs().iter().map(wish).collect()
    };
    let room = width.saturating_sub(1);
    let (long, short) = (wishes(|pane| pane.title), wishes(|pane| pane.short));
    let are_long = long.iter().sum::<u16>() <= room;
    let mut widths = if are_long { long } else { short };
    let mut sum: u16 = widths.iter().sum();
    let counted = |at: usize| !matches!(tabs()[at].lists, Lists::Logs | Lists::Runs);
    for at in (0..widths.len()).filter(|at| counted(*at)).cycle() {
        let most = 20;
        let are_full = (0..widths.len()).all(|at| !counted(at) || widths[at] >= most);
        if sum >= room || are_full {
            break;
        }
        widths[at] += 1;
        sum += 1;
    }
    let lists = |at: usize| matches!(tabs()[at].lists, Lists::Open(_) | Lists::Every(_));
    for at in (0..widths.len()).filter(|at| lists(*at)).cycle() {
        let are_bare = (0..widths.len()).all(|at| !lists(at) || widths[at] <= 1);
        if sum <= room || are_bare {
            break;
        }
        if widths[at] > 1 {
            widths[at] -= 1;
            sum -= 1;
        }
    }
    (widths, are_long)
}

/// The tab at this column.
#[must_use]
pub fn tab_at(x: u16, width: u16) -> Option<usize> {
    let mut end = 1;
    tab_widths(width).0.iter().position(|width| {
        end += width;
        x < end
    })
}

/// The pane with this name, or a name that begins so.
#[must_use]
pub fn named(name: &str) -> Option<usize> {
    ALL.iter().position(|p| p.name == name).or_else(|| {
        let mut found = ALL
            .iter()
            .enumerate()
            .filter(|(_, p)| !name.is_empty() && p.name.starts_with(name));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    })
}

/// The columns that fit into a list of this width, with the width of each. The widths depend on nothing but the
/// list's width, so that no arriving row ever makes a column jump.
#[must_use]
pub fn fit(
    columns: impl IntoIterator<Item = &'static Column>,
    list: u16,
) -> Vec<(&'static Column, u16)> {
    let mut shown: Vec<_> = columns
        .into_iter()
        .filter(|c| list >= c.from && list <= c.until)
        .map(|c| match c.width {
            Width::Fixed(cells) => (c, cells),
            Width::Share { least, .. } => (c, least),
        })
        .collect();
    let gaps = u16::try_from(shown.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let mut rest = list.saturating_sub(
        shown
            .iter()
            .map(|(_, w)| *w)
            .sum::<u16>()
            .saturating_add(gaps),
    );
    // Shares are handed out in rounds, because a column that reaches its most leaves its part to the others.
    loop {
        let open = |(c, w): &(&Column, u16)| match c.width {
            Width::Share { most, weight, .. } if *w < most => weight,
            _ => 0,
        };
        let weights: u32 = shown.iter().map(|s| u32::from(open(s))).sum();
        if rest == 0 || weights == 0 {
            return shown;
        }
        let round = rest;
        for entry in &mut shown {
            let weight = open(entry);
            if let Width::Share { most, .. } = entry.0.width {
                let part =
                    u16::try_from(u32::from(round) * u32::from(weight) / weights).unwrap_or(0);
                let part = part
                    .max(u16::from(weight > 0))
                    .min(most - entry.1.min(most))
                    .min(rest);
                entry.1 += part;
                rest -= part;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pane_fits_at_every_width_and_uses_it() {
        for pane in ALL.iter().filter(|pane| !pane.columns.is_empty()) {
            for list in 40..=400u16 {
                let shown = fit(pane.columns, list);
                let used: u16 = shown.iter().map(|(_, w)| w).sum::<u16>()
                    + u16::try_from(shown.len()).unwrap()
                    - 1;
                assert!(used <= list, "{} needs {used} of {list}", pane.name);
                if (80..=200).contains(&list) {
                    assert!(
                        used == list,
                        "{} leaves {} of {list} cells",
                        pane.name,
                        list - used
                    );
                }
            }
        }
    }

    #[test]
    fn what_has_no_tab_stands_after_what_has_one() {
        let (tabs, others) = ALL.split_at(tabs().len());
        assert!(!tabs.is_empty() && tabs.iter().all(|pane| pane.place == Place::Tab));
        assert!(others.iter().all(|pane| pane.place == Place::Palette));
    }

    #[test]
    fn panes_are_found_by_name_or_a_clear_beginning() {
        assert_eq!(named("findings"), Some(2));
        assert_eq!(named("find"), Some(2));
        assert_eq!(named("f"), None, "findings and feeds");
        assert_eq!(named(""), None);
    }
}
