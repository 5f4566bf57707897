//! Which rows changed since an answer saw them.

use crate::store::RowId;

/// A set of places in the store, with a list to walk it. Where a row went and another came, both are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct DirtyRows {
    bits: Vec<u64>,
    list: Vec<usize>,
}

impl DirtyRows {
    pub(super) fn insert(&mut self, id: RowId) {
        self.insert_place(id.place());
    }

    pub(super) fn extend(&mut self, places: &[usize]) {
        for place in places {
            self.insert_place(*place);
        }
    }

    fn insert_place(&mut self, place: usize) {
        let (word, bit) = (place / 64, 1 << (place % 64));
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        if self.bits[word] & bit == 0 {
            self.bits[word] |= bit;
            self.list.push(place);
        }
    }

    pub(super) fn contains(&self, id: RowId) -> bool {
        let place = id.place();
        self.bits
            .get(place / 64)
            .is_some_and(|word| word & 1 << (place % 64) != 0)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            *self = Self::default();
        }
    }

    /// Every place once; empties the set.
    pub(super) fn drain(&mut self) -> Vec<usize> {
        let list = std::mem::take(&mut self.list);
        for place in &list {
            if let Some(word) = self.bits.get_mut(place / 64) {
                *word = 0;
            }
        }
        list
    }
}
