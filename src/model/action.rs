//! An action: a command, its argument and what it was aimed at when the key went down. Plain data.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Feed, ItemKey};
use crate::store::projection::FoldKey;

/// What a row is, by identity: the cursor and every action hold this, never an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// An item.
    Item(ItemKey),
    /// A fold of items.
    Fold(FoldKey),
    /// A feed of the coverage ledger.
    Feed(Feed),
    /// A run of a runbook, by its id.
    Run(Arc<str>),
    /// An account of the overview.
    Account(AccountId),
}

impl RowKey {
    /// Whether both mean the same row: a fold is the same when it has grown.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fold(one), Self::Fold(other)) => one.is_same(other),
            (one, other) => one == other,
        }
    }
}

/// A command that was asked for, with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The command's name.
    pub command: &'static str,
    /// What stood behind the name in the keymap or the palette; empty where nothing did.
    pub argument: Arc<str>,
    /// The row under the cursor when the key went down.
    pub target: Option<RowKey>,
    /// When.
    pub at: Timestamp,
}
