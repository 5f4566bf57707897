//! The room in which rows stand: numbered places that are used again.

use std::collections::VecDeque;

use super::row::{Row, RowId};

/// Rows per page: pages are allocated whole and never move, so growing neither copies nor doubles memory.
const PAGE: usize = 1024;

#[derive(Debug, Default)]
struct Place {
    generation: u8,
    row: Option<Row>,
}

/// All rows by number.
#[derive(Debug, Default)]
pub(super) struct Slab {
    pages: Vec<Vec<Place>>,
    /// Places that are free, the longest unused first, so that numbers come back as late as possible.
    free: VecDeque<u32>,
    len: usize,
}

impl Slab {
    /// Puts a row in; none when all sixteen million places are taken.
    pub fn insert(&mut self, row: Row) -> Option<RowId> {
        let place = if let Some(place) = self.free.pop_front() {
            place
        } else {
            let place = u32::try_from(self.places()).ok()?;
            if place >= RowId::PLACES {
                return None;
            }
            if self.pages.last().is_none_or(|page| page.len() == PAGE) {
                self.pages.push(Vec::with_capacity(PAGE));
            }
            self.pages.last_mut()?.push(Place::default());
            place
        };
        let slot = self.place_mut(place as usize)?;
        slot.row = Some(row);
        let id = RowId::new(place, slot.generation);
        self.len += 1;
        Some(id)
    }

    pub fn get(&self, id: RowId) -> Option<&Row> {
        let place = self.pages.get(id.place() / PAGE)?.get(id.place() % PAGE)?;
        if place.generation == id.generation() {
            place.row.as_ref()
        } else {
            None
        }
    }

    pub fn get_mut(&mut self, id: RowId) -> Option<&mut Row> {
        let place = self.place_mut(id.place())?;
        if place.generation == id.generation() {
            place.row.as_mut()
        } else {
            None
        }
    }

    pub fn remove(&mut self, id: RowId) -> Option<Row> {
        let place = self.place_mut(id.place())?;
        if place.generation != id.generation() {
            return None;
        }
        let row = place.row.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push_back(u32::try_from(id.place()).ok()?);
        self.len -= 1;
        Some(row)
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// How many places there are, taken or free.
    pub fn places(&self) -> usize {
        self.pages
            .last()
            .map_or(0, |last| (self.pages.len() - 1) * PAGE + last.len())
    }

    /// The row at this place, if one stands there.
    pub fn at(&self, place: usize) -> Option<(RowId, &Row)> {
        let slot = self.pages.get(place / PAGE)?.get(place % PAGE)?;
        let id = RowId::new(u32::try_from(place).ok()?, slot.generation);
        slot.row.as_ref().map(|row| (id, row))
    }

    /// All rows, by place.
    pub fn iter(&self) -> impl Iterator<Item = (RowId, &Row)> {
        (0..self.places()).filter_map(|place| self.at(place))
    }

    fn place_mut(&mut self, place: usize) -> Option<&mut Place> {
        self.pages.get_mut(place / PAGE)?.get_mut(place % PAGE)
    }
}
