//! The state of one pane: its rows, its cursor held by identity, its filter, order and marks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Feed};
use crate::panes::{self, Column, GUTTER, Lists, PaneSpec};
use crate::store::projection::{Fold, FoldKey, Folding, Line, Projection, SortKey};
use crate::store::{RowId, Store};

use super::action::RowKey;

/// The rows that a pane lists.
#[derive(Debug)]
pub enum Rows {
    /// Items, as a cached query.
    Items(Box<Projection>),
    /// Feeds, in the ledger's order.
    Feeds(Vec<Feed>),
    /// Runs by their ids, the latest first.
    Runs(Vec<Arc<str>>),
    /// Accounts, the worst first.
    Accounts(Vec<AccountId>),
    /// No rows: log lines and what queries found have views of their own.
    Text,
}

/// To what a cursor holds on while rows come and go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// To the first line: nobody has moved it yet.
    #[default]
    Top,
    /// To its row.
    Row,
}

/// One pane.
#[derive(Debug)]
pub struct Pane {
    /// What it shows.
    pub spec: &'static PaneSpec,
    /// Its rows.
    pub rows: Rows,
    /// The filter as the operator wrote it.
    pub filter: Arc<str>,
    /// The order as the operator chose it; the pane's own where nothing was chosen.
    pub order: Vec<SortKey>,
    /// The heads of columns that the operator does not want.
    pub hidden: BTreeSet<&'static str>,
    /// What is folded.
    pub folding: Folding,
    /// The row under the cursor, by identity.
    pub cursor: Option<RowKey>,
    /// Where the cursor's row stood when it was last seen.
    pub index: usize,
    /// The first row shown.
    pub offset: usize,
    /// To what the cursor holds on.
    pub hold: Hold,
    /// The row that the cursor stood on before another one took its place without a key: the next command that would
    /// act on a row is refused once.
    pub displaced: Option<(RowKey, Timestamp)>,
    /// The marked items, on the screen or not. A fold that is marked is its items: those that come later are not.
    pub marked: BTreeSet<RowKey>,
    /// Where a range of marks began.
    pub anchor: Option<RowKey>,
    /// Whether its rows are held still: they have been brought up to the moment at which the panes were frozen.
    pub held: bool,
}

impl Pane {
    /// The columns that it shows in a list of this width, with the width of each.
    #[must_use]
    pub fn shown_columns(&self, width: u16) -> Vec<(&'static Column, u16)> {
        let wanted = |column: &&Column| !self.hidden.contains(column.head.trim());
        let columns = self.spec.columns.iter().filter(wanted);
        panes::fit(columns, width.saturating_sub(GUTTER))
    }

    /// How many lines it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Items(projection) => projection.lines(),
            Rows::Feeds(feeds) => feeds.len(),
            Rows::Runs(runs) => runs.len(),
            Rows::Accounts(accounts) => accounts.len(),
            Rows::Text => 0,
        }
    }

    /// How many items or feeds it lists, in folds or not.
    #[must_use]
    pub fn items(&self) -> usize {
        match &self.rows {
            Rows::Items(projection) => projection.len(),
            Rows::Feeds(feeds) => feeds.len(),
            Rows::Runs(runs) => runs.len(),
            Rows::Accounts(accounts) => accounts.len(),
            Rows::Text => 0,
        }
    }

    /// Whether it lists nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its rows are those that it asks for; false while they are found for the first time, when an empty list
    /// says nothing about the fleet.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match &self.rows {
            Rows::Items(projection) => projection.is_answered(),
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => true,
        }
    }

    /// Grows whenever its items changed, came, went or moved.
    #[must_use]
    pub fn version(&self) -> u64 {
        match &self.rows {
            Rows::Items(projection) => projection.version(),
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => 0,
        }
    }

    /// Whether it shows only the beginning of its rows so far, while the rest is being found.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        match &self.rows {
            Rows::Items(projection) => projection.is_partial(),
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => false,
        }
    }

    /// The identity of the row at this index.
    #[must_use]
    pub fn key_at(&self, store: &Store, index: usize) -> Option<RowKey> {
        match &self.rows {
            Rows::Items(projection) => match projection.line(index)? {
                Line::Fold(fold) => Some(RowKey::Fold(fold.key())),
                Line::Row(id) | Line::Member(id) => item(store, id),
            },
            Rows::Feeds(feeds) => feeds.get(index).copied().map(RowKey::Feed),
            Rows::Runs(runs) => runs.get(index).cloned().map(RowKey::Run),
            Rows::Accounts(accounts) => accounts.get(index).copied().map(RowKey::Account),
            Rows::Text => None,
        }
    }

    /// Where the fold stands that hides the row with this identity.
    fn hidden(&self, store: &Store, key: &RowKey) -> Option<usize> {
        let (Rows::Items(projection), RowKey::Item(key)) = (&self.rows, key) else {
            return None;
        };
        let fold = projection.fold_of(store.find(key)?)?;
        projection.fold(&fold.key()).map(|(_, line)| line)
    }

    /// The items that a row of this pane stands for, the oldest of a fold first; none for a feed.
    #[must_use]
    pub fn items_of(&self, store: &Store, key: &RowKey) -> Vec<RowKey> {
        match (&self.rows, key) {
            (_, RowKey::Item(_)) => vec![key.clone()],
            (Rows::Items(projection), RowKey::Fold(key)) => projection
                .fold(key)
                .into_iter()
                .flat_map(|(fold, _)| projection.members(fold))
                .filter_map(|id| item(store, id))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The rows that a row of this pane stands for, as far as they are there.
    #[must_use]
    pub fn rows_of(&self, store: &Store, key: &RowKey) -> Vec<RowId> {
        match (&self.rows, key) {
            (_, RowKey::Item(key)) => store.find(key).into_iter().collect(),
            (Rows::Items(projection), RowKey::Fold(key)) => projection
                .fold(key)
                .into_iter()
                .flat_map(|(fold, _)| projection.members(fold))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Every item that it lists, in folds or not.
    #[must_use]
    pub fn every_item(&self, store: &Store) -> Vec<RowKey> {
        match &self.rows {
            Rows::Items(projection) => {
                let rows = projection.rows().iter();
                rows.filter_map(|id| item(store, *id)).collect()
            }
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => Vec::new(),
        }
    }

    /// The fold that a row is or stands in.
    #[must_use]
    pub fn fold_of(&self, store: &Store, key: &RowKey) -> Option<FoldKey> {
        match (&self.rows, key) {
            (Rows::Items(projection), RowKey::Fold(key)) => {
                projection.fold(key).map(|(fold, _)| fold.key())
            }
            (Rows::Items(projection), RowKey::Item(key)) => {
                projection.fold_of(store.find(key)?).map(Fold::key)
            }
            _ => None,
        }
    }

    /// The fold with this identity, as it is now.
    #[must_use]
    pub fn fold(&self, key: &FoldKey) -> Option<&Fold> {
        match &self.rows {
            Rows::Items(projection) => projection.fold(key).map(|(fold, _)| fold),
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => None,
        }
    }

    /// The rows of a fold, the oldest first.
    pub fn members(&self, fold: &Fold) -> impl Iterator<Item = RowId> + Clone {
        let projection = match &self.rows {
            Rows::Items(projection) => Some(projection),
            Rows::Feeds(_) | Rows::Runs(_) | Rows::Accounts(_) | Rows::Text => None,
        };
        projection
            .into_iter()
            .flat_map(move |projection| projection.members(fold))
    }

    /// How many of the items of a fold are marked.
    #[must_use]
    pub fn marked_of(&self, store: &Store, fold: &Fold) -> usize {
        let Rows::Items(projection) = &self.rows else {
            return 0;
        };
        // Few marks among many rows and many marks over a few rows are both usual: the fewer are looked at.
        if self.marked.len() < fold.len() {
            let marked = self.marked.iter().filter(|key| {
                let RowKey::Item(key) = key else { return false };
                let of = store.find(key).and_then(|id| projection.fold_of(id));
                of.is_some_and(|of| of.key() == fold.key())
            });
            return marked.count();
        }
        let members = projection.members(fold).filter_map(|id| item(store, id));
        members.filter(|key| self.marked.contains(key)).count()
    }

    /// Shows the rows of a fold below it, or hides them again.
    pub fn toggle_fold(&mut self, key: &FoldKey) {
        if let Rows::Items(projection) = &mut self.rows {
            projection.toggle(key);
        }
    }

    /// Where the row with this identity stands.
    #[must_use]
    pub fn position(&self, store: &Store, key: &RowKey) -> Option<usize> {
        match (&self.rows, key) {
            (Rows::Items(projection), RowKey::Item(key)) => projection.line_of(store.find(key)?),
            (Rows::Items(projection), RowKey::Fold(key)) => {
                projection.fold(key).map(|(_, line)| line)
            }
            (Rows::Feeds(feeds), RowKey::Feed(feed)) => feeds.iter().position(|f| f == feed),
            (Rows::Runs(runs), RowKey::Run(run)) => runs.iter().position(|r| r == run),
            (Rows::Accounts(accounts), RowKey::Account(id)) => {
                accounts.iter().position(|account| account == id)
            }
            _ => None,
        }
    }

    /// Moves the cursor to an index, clamped to the rows there are. From here on it stays on its row.
    pub fn go(&mut self, store: &Store, index: usize) {
        let index = index.min(self.len().saturating_sub(1));
        self.index = index;
        self.cursor = self.key_at(store, index);
        self.displaced = None;
        self.hold = Hold::Row;
    }

    /// Moves the cursor by rows, clamped.
    pub fn step(&mut self, store: &Store, by: isize) {
        self.go(store, self.index.saturating_add_signed(by));
    }

    /// Makes cursor and offset fit the rows as they are now.
    ///
    /// A cursor that the operator has moved stays on its row; when that row is gone it stays at its place on the
    /// screen and remembers what it was on. A cursor that nobody has moved stays at the top, so that a console that
    /// is only watched always shows the worst.
    pub fn settle(&mut self, store: &Store, at: Timestamp, height: usize) {
        match (self.hold, self.cursor.clone()) {
            (Hold::Row, Some(key)) => match self.position(store, &key) {
                Some(index) => {
                    if let RowKey::Fold(_) = key {
                        self.cursor = self.key_at(store, index);
                    }
                    // Scrolled down, the row keeps its line on the screen: rows may move, the eye should not. At the
                    // top the list stays where it is, or new rows would appear out of sight.
                    let line = self.index.saturating_sub(self.offset);
                    if index != self.index && self.offset > 0 {
                        self.offset = index.saturating_sub(line);
                    }
                    self.index = index;
                }
                None => {
                    // A row that was folded away is found at its fold, and so is the eye.
                    let place = self.hidden(store, &key).unwrap_or(self.index);
                    self.index = place.min(self.len().saturating_sub(1));
                    self.stand_on(store, at, key);
                }
            },
            (Hold::Top, Some(key)) => {
                self.index = 0;
                self.stand_on(store, at, key);
            }
            // Nothing was there yet, or a key led to a row that had just gone: the place stays.
            (_, None) => {
                self.index = self.index.min(self.len().saturating_sub(1));
                self.cursor = self.key_at(store, self.index);
            }
        }
        let height = height.max(1);
        if self.index < self.offset {
            self.offset = self.index;
        }
        if self.index >= self.offset + height {
            self.offset = self.index + 1 - height;
        }
        self.offset = self.offset.min(self.len().saturating_sub(height));
    }

    /// Puts the cursor on whatever row is at its place now, and remembers the one it was on.
    fn stand_on(&mut self, store: &Store, at: Timestamp, before: RowKey) {
        let now_on = self.key_at(store, self.index);
        if now_on.as_ref().is_some_and(|key| key.is_same(&before)) {
            self.cursor = now_on;
        } else {
            // A row that was chosen is named until the operator acts; at the top only what was last there matters.
            if now_on.is_some() && (self.hold == Hold::Top || self.displaced.is_none()) {
                self.displaced = Some((before, at));
            }
            self.cursor = now_on;
        }
    }

    /// Marks or unmarks the row under the cursor: of a fold, every item that is in it now.
    pub fn toggle_mark(&mut self, store: &Store) {
        let Some(key) = self.cursor.clone() else {
            return;
        };
        let items = self.items_of(store, &key);
        if items.iter().all(|item| self.marked.contains(item)) {
            for item in &items {
                self.marked.remove(item);
            }
        } else {
            self.marked.extend(items);
            self.anchor = Some(key);
        }
    }

    /// Whether the pane lists items, which have severities, orders and marks.
    #[must_use]
    pub const fn lists_items(&self) -> bool {
        matches!(self.spec.lists, Lists::Open(_) | Lists::Every(_))
    }
}

fn item(store: &Store, id: RowId) -> Option<RowKey> {
    store.row(id).map(|row| RowKey::Item(row.key().clone()))
}
