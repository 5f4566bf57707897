//! The buffer: a ring of lines in the order of time, within a stated limit, with a count of what it let go.
//!
//! ```text
//! Buffer ─ Block ─ table: time, origin, level, where the text is   (24 bytes a line, in the order of time)
//!        │       └ text: the bytes of all its lines                (in the order of arrival)
//!        ├ Block …                                                 (4,096 lines or 1 MiB)
//!        └ the last block, which still grows
//! ```
//!
//! A line that comes late is put where its time belongs, whatever block that is. The oldest line is let go first. What is
//! worked out about lines, such as which of them match, is kept per block and stays good while the block does.

mod block;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Timestamp;

use super::level::Level;
use super::mark::{Mark, MarkKind};
use super::origin::OriginId;

pub use block::LINE_MAX;
use block::{Block, Entry, Sort};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Lines.
    pub lines: usize,
    /// Bytes of text and of the tables that lead to it. What is held goes beyond it by two blocks at most.
    pub bytes: usize,
}

impl Default for Limit {
    /// A million lines or 256 MiB: an hour of three hundred lines a second, on a machine that has other things to do.
    fn default() -> Self {
        Self {
            lines: 1_000_000,
            bytes: 256 << 20,
        }
    }
}

/// What was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Lines; marks are not counted.
    pub lines: u64,
    /// Bytes of their text.
    pub bytes: u64,
}

/// Which line is meant, whatever comes before it or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its time.
    pub at: Timestamp,
    /// The how manieth it was to arrive.
    pub seq: u32,
}

/// A line in the buffer.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Which it is.
    pub key: Key,
    /// Where it comes from; of a mark, the first origin that there is.
    pub origin: OriginId,
    /// How grave it says it is.
    pub level: Level,
    /// Whether it is a mark, and which.
    pub mark: Option<MarkKind>,
    /// Whether it carries on an earlier line of its origin.
    pub continues: bool,
    /// What was written, as it was written.
    pub text: &'a [u8],
}

/// Where a line stands: the how manieth block, the how manieth entry in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub block: usize,
    pub entry: usize,
}

/// The lines.
/// A copy shares all blocks until one of both changes them: what is saved or searched elsewhere costs next to nothing here.
#[derive(Clone, Debug)]
pub struct Buffer {
    blocks: VecDeque<Arc<Block>>,
    limit: Limit,
    lines: usize,
    bytes: usize,
    dropped: Dropped,
    seq: u32,
    next_block: u32,
}

impl Buffer {
    /// An empty buffer.
    #[must_use]
    pub const fn new(limit: Limit) -> Self {
        Self {
            blocks: VecDeque::new(),
            limit,
            lines: 0,
            bytes: 0,
            dropped: Dropped { lines: 0, bytes: 0 },
            seq: 0,
            next_block: 0,
        }
    }

    /// The limit.
    #[must_use]
    pub const fn limit(&self) -> Limit {
        self.limit
    }

    /// How many lines and marks it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.lines
    }

    /// Whether it holds nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// What it let go to stay within the limit.
    #[must_use]
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Memory that it holds, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.blocks.iter().map(|block| block.held()).sum()
    }

    /// Takes a line.
    pub fn push(&mut self, at: Timestamp, origin: OriginId, text: &[u8]) -> Key {
        self.put(at, origin, Sort::Line, text)
    }

    /// Takes a mark.
    pub fn mark(&mut self, mark: &Mark) -> Key {
        let text = mark.to_string();
        self.put(mark.at, OriginId(0), Sort::Mark(mark.kind), text.as_bytes())
    }

    fn put(&mut self, at: Timestamp, origin: OriginId, sort: Sort, text: &[u8]) -> Key {
        let seq = self.seq;
        self.seq = self.seq.wrapping_add(1);
        let place = self.place(at);
        let Some(block) = self.blocks.get_mut(place).map(Arc::make_mut) else {
            return Key { at, seq };
        };
        block.put(at, seq, origin, sort, text);
        self.lines += 1;
        self.bytes += cost(text.len().min(LINE_MAX));
        if block.is_overfull() {
            let later = block.split(self.next_block);
            self.next_block += 1;
            self.blocks.insert(place + 1, Arc::new(later));
        }
        self.keep_within();
        Key { at, seq }
    }

    /// The block that a line of this time belongs into.
    fn place(&mut self, at: Timestamp) -> usize {
        let at = at.as_millis();
        let newest = self.blocks.back().is_none_or(|last| at >= last.last_at());
        if newest {
            if self.blocks.back().is_none_or(|last| last.is_full()) {
                if let Some(last) = self.blocks.back_mut() {
                    Arc::make_mut(last).close();
                }
                self.blocks.push_back(Arc::new(Block::new(self.next_block)));
                self.next_block += 1;
            }
            return self.blocks.len() - 1;
        }
        let after = self.blocks.partition_point(|block| block.first_at() <= at);
        if after == 0 && self.blocks.front().is_some_and(|first| first.is_full()) {
            // Older than everything: loading what came before fills blocks of its own.
            self.blocks
                .push_front(Arc::new(Block::new(self.next_block)));
            self.next_block += 1;
        }
        after.saturating_sub(1)
    }

    /// Lets the oldest go until the limit is kept.
    fn keep_within(&mut self) {
        while self.lines > self.limit.lines || self.bytes > self.limit.bytes {
            let Some(first) = self.blocks.front_mut().map(Arc::make_mut) else {
                return;
            };
            if let Some(entry) = first.entries().get(first.gone).copied() {
                first.gone += 1;
                self.lines -= 1;
                self.bytes -= cost(entry.len());
                if entry.mark().is_none() {
                    self.dropped.lines += 1;
                    self.dropped.bytes += entry.len() as u64;
                }
            }
            if first.len() == 0 {
                self.blocks.pop_front();
            }
        }
    }

    /// The line with this number, counted from the oldest.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Line<'_>> {
        let mut number = number;
        for block in &self.blocks {
            if number < block.len() {
                return Some(line(block, block.entries()[block.gone + number]));
            }
            number -= block.len();
        }
        None
    }

    /// All lines, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        self.blocks.iter().flat_map(|block| {
            block.entries()[block.gone..]
                .iter()
                .map(move |entry| line(block, *entry))
        })
    }

    /// The line that is meant, if it is still there.
    #[must_use]
    pub fn find(&self, key: Key) -> Option<Line<'_>> {
        let spot = self.spot(key).ok()?;
        self.at(spot)
    }

    /// Where this line stands, or where it would.
    pub(super) fn spot(&self, key: Key) -> Result<Spot, Spot> {
        let at = key.at.as_millis();
        // Lines of one time may fill the end of a block and the beginning of the next.
        let mut block = self.blocks.partition_point(|block| block.last_at() < at);
        let mut spot = Spot { block, entry: 0 };
        while let Some(here) = self.blocks.get(block) {
            let entries = &here.entries()[here.gone..];
            let from = entries.partition_point(|entry| entry.at < at);
            spot = Spot {
                block,
                entry: here.gone + from,
            };
            for (number, entry) in entries
                .iter()
                .enumerate()
                .skip(from)
                .take_while(|(_, entry)| entry.at == at)
            {
                if entry.seq == key.seq {
                    return Ok(Spot {
                        block,
                        entry: here.gone + number,
                    });
                }
            }
            if here.last_at() > at {
                break;
            }
            block += 1;
        }
        Err(spot)
    }

    pub(super) fn at(&self, spot: Spot) -> Option<Line<'_>> {
        let block = self.blocks.get(spot.block)?;
        let entry = block.entries().get(spot.entry)?;
        Some(line(block, *entry))
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// A block: its number, version, how many of its entries are gone and how many there are with them.
    pub(super) fn block(&self, number: usize) -> Option<Extent> {
        let block = self.blocks.get(number)?;
        Some(Extent {
            id: block.id,
            version: block.version,
            gone: block.gone,
            end: block.entries().len(),
        })
    }
}

/// What is to be known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub id: u32,
    pub version: u32,
    pub gone: usize,
    pub end: usize,
}

const fn cost(text: usize) -> usize {
    text + size_of::<Entry>()
}

fn line(block: &Block, entry: Entry) -> Line<'_> {
    Line {
        key: Key {
            at: Timestamp::from_millis(entry.at),
            seq: entry.seq,
        },
        origin: entry.origin(),
        level: if entry.mark().is_some() {
            Level::Unknown
        } else {
            entry.level()
        },
        mark: entry.mark(),
        continues: entry.continues(),
        text: block.text(entry),
    }
}

#[cfg(test)]
mod tests;
