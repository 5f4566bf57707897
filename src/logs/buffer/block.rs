//! Blocks: a few thousand neighbouring lines with their text in one piece of memory.

use crate::clock::Timestamp;

use super::super::level::Level;
use super::super::mark::MarkKind;
use super::super::origin::OriginId;
use super::super::trace;

/// The lines of a block before the next one is begun. So many are filtered between two keys without being felt.
pub(super) const LINES: usize = 4_096;
/// The text of a block before the next one is begun, in bytes.
pub(super) const TEXT: usize = 1 << 20;
/// The longest line that is kept, in bytes: sixteen times what CloudWatch Logs takes.
pub const LINE_MAX: usize = (1 << 24) - 1;

/// What stands in the table of a block for one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub at: i64,
    pub seq: u32,
    origin: u32,
    start: u32,
    /// The length in 24 bits; above it the level or the mark in four, and whether the line carries on another.
    packed: u32,
}

const LENGTH: u32 = (1 << 24) - 1;
const CONTINUES: u32 = 1 << 28;
/// Above the levels stand the marks.
const MARKS: u32 = 8;

impl Entry {
    pub const fn len(self) -> usize {
        (self.packed & LENGTH) as usize
    }

    const fn code(self) -> u32 {
        self.packed >> 24 & 0xf
    }

    pub fn level(self) -> Level {
        Level::from_number(self.code() as u8)
    }

    pub fn mark(self) -> Option<MarkKind> {
        let number = self.code().checked_sub(MARKS)?;
        MarkKind::ALL.get(number as usize).copied()
    }

    pub const fn continues(self) -> bool {
        self.packed & CONTINUES != 0
    }

    pub const fn origin(self) -> OriginId {
        OriginId(self.origin)
    }
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Line,
    Mark(MarkKind),
}

/// A block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Which block it is; no other ever has the same number.
    pub id: u32,
    /// Changes whenever lines before the last one come, go or move.
    pub version: u32,
    /// In the order of time.
    entries: Vec<Entry>,
    /// In the order of arrival.
    text: Vec<u8>,
    /// How many of the first entries were let go.
    pub gone: usize,
}

impl Block {
    pub const fn new(id: u32) -> Self {
        Self {
            id,
            version: 0,
            entries: Vec::new(),
            text: Vec::new(),
            gone: 0,
        }
    }

    /// Every entry, those that were let go included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub const fn len(&self) -> usize {
        self.entries.len() - self.gone
    }

    pub const fn is_full(&self) -> bool {
        self.entries.len() >= LINES || self.text.len() >= TEXT
    }

    /// Whether so many late lines came that it had better be two.
    pub const fn is_overfull(&self) -> bool {
        self.entries.len() >= LINES * 2
    }

    pub fn first_at(&self) -> i64 {
        self.entries
            .get(self.gone)
            .map_or(i64::MIN, |entry| entry.at)
    }

    pub fn last_at(&self) -> i64 {
        self.entries.last().map_or(i64::MIN, |entry| entry.at)
    }

    pub fn text(&self, entry: Entry) -> &[u8] {
        &self.text[entry.start as usize..entry.start as usize + entry.len()]
    }

    /// Puts a line where its time belongs: after all that are not later.
    pub fn put(&mut self, at: Timestamp, seq: u32, origin: OriginId, sort: Sort, text: &[u8]) {
        let text = &text[..text.len().min(LINE_MAX)];
        let code = match sort {
            Sort::Line => Level::of(text) as u32,
            Sort::Mark(kind) => {
                MARKS + MarkKind::ALL.iter().position(|k| *k == kind).unwrap_or(0) as u32
            }
        };
        let continues = sort == Sort::Line && trace::continues(text);
        let entry = Entry {
            at: at.as_millis(),
            seq,
            origin: origin.0,
            start: self.text.len() as u32,
            packed: text.len() as u32 | code << 24 | if continues { CONTINUES } else { 0 },
        };
        self.text.extend_from_slice(text);
        if entry.at >= self.last_at() {
            self.entries.push(entry);
        } else {
            let live = &self.entries[self.gone..];
            let place = self.gone + live.partition_point(|other| other.at <= entry.at);
            self.entries.insert(place, entry);
            self.version += 1;
        }
    }

    /// Gives back the memory that was reserved for more lines.
    pub fn close(&mut self) {
        self.entries.shrink_to_fit();
        self.text.shrink_to_fit();
    }

    /// Takes out the later half, as a block of its own.
    pub fn split(&mut self, id: u32) -> Self {
        let middle = self.gone + self.len() / 2;
        let mut later = Self::new(id);
        let mut earlier = Self::new(self.id);
        earlier.version = self.version + 1;
        for (number, entry) in self.entries.iter().enumerate().skip(self.gone) {
            let into = if number < middle {
                &mut earlier
            } else {
                &mut later
            };
            let start = into.text.len() as u32;
            into.text.extend_from_slice(self.text(*entry));
            into.entries.push(Entry { start, ..*entry });
        }
        earlier.close();
        later.close();
        *self = earlier;
        later
    }

    /// Memory that it holds, in bytes.
    pub const fn held(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_costs_twenty_four_bytes_beside_its_text() {
        assert_eq!(size_of::<Entry>(), 24);
    }

    #[test]
    fn levels_and_marks_fit_the_same_four_bits() {
        let mut block = Block::new(0);
        block.put(Timestamp::ZERO, 0, OriginId(1), Sort::Line, b"FATAL x");
        assert_eq!(
            (block.entries[0].level(), block.entries[0].mark()),
            (Level::Fatal, None)
        );
        for kind in MarkKind::ALL {
            block.put(Timestamp::ZERO, 0, OriginId(1), Sort::Mark(*kind), b"x");
            let entry = *block.entries.last().unwrap();
            assert_eq!((entry.level(), entry.mark()), (Level::Unknown, Some(*kind)));
        }
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut block = Block::new(0);
        block.put(
            Timestamp::ZERO,
            0,
            OriginId(1),
            Sort::Line,
            &vec![b'x'; LINE_MAX + 10],
        );
        assert_eq!(block.entries[0].len(), LINE_MAX);
        assert!(!block.entries[0].continues());
    }
}
