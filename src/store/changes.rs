//! What a turn of the store changed, for whoever keeps something derived from it.

use crate::domain::Feed;

use super::row::RowId;

/// What changed. A row may be named in several lists, and more than once in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that are new or that show something else than before.
    pub touched: Vec<RowId>,
    /// Rows that are gone; their numbers find nothing any more.
    pub removed: Vec<RowId>,
    /// Rows that began to ask for attention after the first load of their feed: what rings the bell.
    pub opened: Vec<RowId>,
    /// Rows whose severity rose while they were open.
    pub worse: Vec<RowId>,
    /// Rows that stopped asking for attention.
    pub cleared: Vec<RowId>,
    /// Rows that flapped while somebody had them: the ledger has to be told that what it keeps belongs to the present
    /// episode too, because consoles that were not watching cannot know it.
    pub carried: Vec<RowId>,
    /// Feeds about which something else is known than before.
    pub feeds: Vec<Feed>,
    /// Whether one of them counts as something else than before: as fresh, say, and no longer as late. Most answers change
    /// nothing about that.
    pub coverage: bool,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.removed.is_empty() && self.feeds.is_empty()
    }

    /// Adds what a later turn changed.
    pub fn absorb(&mut self, later: Self) {
        self.touched.extend(later.touched);
        self.removed.extend(later.removed);
        self.opened.extend(later.opened);
        self.worse.extend(later.worse);
        self.cleared.extend(later.cleared);
        self.carried.extend(later.carried);
        self.feeds.extend(later.feeds);
        self.coverage |= later.coverage;
        self.tidy();
    }

    /// Names every row once, and none of the removed ones elsewhere.
    pub(super) fn tidy(&mut self) {
        for list in [
            &mut self.touched,
            &mut self.removed,
            &mut self.opened,
            &mut self.worse,
            &mut self.cleared,
            &mut self.carried,
        ] {
            list.sort_unstable();
            list.dedup();
        }
        if !self.removed.is_empty() {
            let removed = &self.removed;
            for list in [
                &mut self.touched,
                &mut self.opened,
                &mut self.worse,
                &mut self.cleared,
                &mut self.carried,
            ] {
                list.retain(|id| removed.binary_search(id).is_err());
            }
        }
        self.feeds.sort_unstable();
        self.feeds.dedup();
    }
}
