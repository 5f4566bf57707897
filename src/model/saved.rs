//! Views that the configuration saves.

use std::sync::Arc;

use crate::store::projection::SortKey;

/// A pane with its filter, order, columns and groups under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// What it is called.
    pub name: Arc<str>,
    /// The name of its pane.
    pub pane: &'static str,
    /// Its filter.
    pub filter: Arc<str>,
    /// Its order; the pane's own where it is empty.
    pub order: Vec<SortKey>,
    /// The heads of the columns that it shows; all where it is empty.
    pub columns: Vec<Arc<str>>,
    /// Whether the console begins with it.
    pub startup: bool,
    /// What it groups by, as the argument of the command; empty for the pane's own folds.
    pub group: Arc<str>,
}
