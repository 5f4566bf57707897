//! Facts: what a console saw happen, as it goes into the history. Plain data.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{Feed, FeedState, ItemKey, Severity};

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happened {
    /// It asks for attention, and did so already when this console first read its feed.
    Found,
    /// It began to ask for attention before this console's eyes.
    Came,
    /// It got worse while it asked for attention.
    Rose,
    /// It stopped asking for attention.
    Cleared,
    /// It asks for attention again, in the same episode.
    Back,
}

/// One thing that a console saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Something happened to an item.
    Item {
        /// Which one.
        key: ItemKey,
        /// What it is called.
        name: Arc<str>,
        /// In which episode, by the service's own time.
        episode: Timestamp,
        /// How bad it is.
        severity: Severity,
        /// What.
        happened: Happened,
        /// When: by the service where it says so, else when this console learned of it.
        at: Timestamp,
        /// When this console learned of it.
        seen: Timestamp,
    },
    /// A feed can be believed more or less than before; `None`: it is no longer asked.
    Feed {
        /// Which one.
        feed: Feed,
        /// How much.
        state: Option<FeedState>,
        /// Since when.
        at: Timestamp,
    },
}

/// What a console saw since it last said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Until when it has been watching.
    pub at: Timestamp,
    /// In the order in which they were seen.
    pub facts: Vec<Fact>,
}
