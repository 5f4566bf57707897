//! What the ledger tells: acts of operators, joined to the rows that they are about.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::ItemKey;
use crate::lifecycle::Entry;

use super::settle::Turn;
use super::{Changes, Store};

impl Store {
    /// Takes in entries of the ledger. One that is older than what is known changes nothing, so that the answer to an
    /// act and the next reading of the ledger may come in any order.
    pub fn learn(
        &mut self,
        entries: impl IntoIterator<Item = Arc<Entry>>,
        at: Timestamp,
    ) -> Changes {
        let mut turn = Turn::new(at);
        for entry in entries {
            let known = self.entries.get(&entry.key);
            if known.is_some_and(|known| known.version >= entry.version) {
                continue;
            }
            self.adopt(entry, &mut turn);
        }
        self.finish(turn)
    }

    /// Takes in the whole ledger: what it does not name is forgotten, and its word counts even where it is older than
    /// what is known (the ledger was changed for another, or an act that was kept here alone was refused).
    pub fn relearn(
        &mut self,
        entries: impl IntoIterator<Item = Arc<Entry>>,
        at: Timestamp,
    ) -> Changes {
        let mut turn = Turn::new(at);
        let mut before = std::mem::take(&mut self.entries);
        for entry in entries {
            match before.remove(&entry.key) {
                Some(known) if known == entry => {
                    self.entries.insert(entry.key.clone(), known);
                }
                _ => self.adopt(entry, &mut turn),
            }
        }
        for key in before.into_keys() {
            self.unlearn(&key, &mut turn);
        }
        self.finish(turn)
    }

    /// What the ledger keeps about an item, whether there is a row of it or not.
    #[must_use]
    pub fn entry_of(&self, key: &ItemKey) -> Option<&Arc<Entry>> {
        self.entries.get(key)
    }

    /// Everything that the ledger keeps, in no useful order.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    fn adopt(&mut self, entry: Arc<Entry>, turn: &mut Turn) {
        let id = self.find(&entry.key);
        self.entries.insert(entry.key.clone(), entry);
        if let Some(id) = id {
            turn.changes.touched.push(id);
            self.settle(id, None, turn);
        }
    }

    fn unlearn(&mut self, key: &ItemKey, turn: &mut Turn) {
        let Some(id) = self.find(key) else {
            return;
        };
        if let Some(row) = self.rows.get_mut(id)
            && let Some(past) = &mut row.past
        {
            past.entry = None;
        }
        turn.changes.touched.push(id);
        self.settle(id, None, turn);
    }
}
