//! The state of one pane: its rows, its cursor held by identity, its filter, order and marks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::Feed;
use crate::panes::{Lists, PaneSpec};
use crate::store::Store;
use crate::store::projection::{Projection, SortKey};

use super::action::RowKey;

/// The rows that a pane lists.
#[derive(Debug)]
pub enum Rows {
    /// Items, as a cached query.
    Items(Box<Projection>),
    /// Feeds, in the ledger's order.
    Feeds(Vec<Feed>),
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
    /// The row under the cursor, by identity.
    pub cursor: Option<RowKey>,
    /// Where the cursor's row stood when it was last seen.
    pub index: usize,
    /// The first row shown.
    pub offset: usize,
    /// The row that vanished under the cursor: the next command that would act on a row is refused once.
    pub vanished: Option<(RowKey, Timestamp)>,
    /// The marked rows, on the screen or not.
    pub marked: BTreeSet<RowKey>,
    /// Where a range of marks began.
    pub anchor: Option<RowKey>,
}

impl Pane {
    /// How many rows it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Items(projection) => projection.len(),
            Rows::Feeds(feeds) => feeds.len(),
        }
    }

    /// Whether it lists nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The identity of the row at this index.
    #[must_use]
    pub fn key_at(&self, store: &Store, index: usize) -> Option<RowKey> {
        match &self.rows {
            Rows::Items(projection) => projection
                .rows()
                .get(index)
                .and_then(|id| store.row(*id))
                .map(|row| RowKey::Item(row.key().clone())),
            Rows::Feeds(feeds) => feeds.get(index).copied().map(RowKey::Feed),
        }
    }

    /// Where the row with this identity stands.
    #[must_use]
    pub fn position(&self, store: &Store, key: &RowKey) -> Option<usize> {
        match (&self.rows, key) {
            (Rows::Items(projection), RowKey::Item(key)) => projection.position_of(store, key),
            (Rows::Feeds(feeds), RowKey::Feed(feed)) => feeds.iter().position(|f| f == feed),
            _ => None,
        }
    }

    /// Moves the cursor to an index, clamped to the rows there are.
    pub fn go(&mut self, store: &Store, index: usize) {
        let index = index.min(self.len().saturating_sub(1));
        self.index = index;
        self.cursor = self.key_at(store, index);
        self.vanished = None;
    }

    /// Moves the cursor by rows, clamped.
    pub fn step(&mut self, store: &Store, by: isize) {
        self.go(store, self.index.saturating_add_signed(by));
    }

    /// Makes cursor and offset fit the rows as they are now. A cursor whose row is gone stays at its place on the
    /// screen, on the row that took it, and remembers what vanished.
    pub fn settle(&mut self, store: &Store, at: Timestamp, height: usize) {
        match self.cursor.clone() {
            Some(key) => match self.position(store, &key) {
                Some(index) => {
                    // The row keeps its line on the screen where it can: rows may move, the eye should not.
                    let line = self.index.saturating_sub(self.offset);
                    if index != self.index {
                        self.offset = index.saturating_sub(line);
                    }
                    self.index = index;
                }
                None => {
                    if self.vanished.is_none() && !self.is_empty() {
                        self.vanished = Some((key, at));
                    }
                    self.index = self.index.min(self.len().saturating_sub(1));
                    self.cursor = self.key_at(store, self.index);
                }
            },
            // Nothing was there yet, or a key led to a row that had just gone: the place stays.
            None => {
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

    /// Marks or unmarks the row under the cursor.
    pub fn toggle_mark(&mut self) {
        if let Some(key) = self.cursor.clone()
            && !self.marked.remove(&key)
        {
            self.marked.insert(key.clone());
            self.anchor = Some(key);
        }
    }

    /// Whether the pane lists feeds.
    #[must_use]
    pub fn lists_feeds(&self) -> bool {
        self.spec.lists == Lists::Feeds
    }
}
