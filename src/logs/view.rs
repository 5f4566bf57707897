//! A view of the buffer: the lines that pass a sieve, worked out step by step, the neighbourhood of the reader first.

use std::collections::HashMap;

use super::buffer::{Buffer, Extent, Key, Line, Spot};
use super::sieve::Sieve;

/// Whether everything that was asked for is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it.
    Done,
    /// The budget ran out before.
    More,
}

/// What looking for a line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// This one.
    Found(Key),
    /// There is none in this direction.
    None,
    /// Not up to this line; look on from it.
    NotYet(Key),
}

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards older lines.
    Back,
    /// Towards newer lines.
    On,
}

/// The lines that are shown.
#[derive(Clone, Debug, Default)]
pub struct View {
    sieve: Sieve,
    folded: bool,
    hits: HashMap<u32, Hits>,
}

/// Which lines of a block are shown.
#[derive(Clone, Debug, Default)]
struct Hits {
    version: u32,
    /// Entries that were looked at.
    seen: usize,
    /// Entries that are shown, in order.
    lines: Vec<u16>,
}

/// The bytes that a line costs of the budget beside its text.
const LINE_COST: usize = 24;
/// How far back the line is looked for that another one carries on.
const TRACE_MAX: usize = 512;

impl View {
    /// A view through this sieve. Folded, lines that carry on an earlier one of their origin stand behind it.
    #[must_use]
    pub fn new(sieve: Sieve, folded: bool) -> Self {
        Self {
            sieve,
            folded,
            hits: HashMap::new(),
        }
    }

    /// Whether every line of the buffer is shown, so that nothing has to be worked out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.sieve.is_open() && !self.folded
    }

    /// Works on, from the block of the line that the reader looks at (the newest without one) to the oldest, then to the
    /// newest. The budget counts bytes of text: 256 KiB are well below a millisecond.
    pub fn step(&mut self, buffer: &Buffer, focus: Option<Key>, budget: &mut usize) -> Progress {
        if self.is_open() {
            return Progress::Done;
        }
        let count = buffer.blocks();
        if self.hits.len() > count * 2 + 8 {
            let there: std::collections::HashSet<u32> = (0..count)
                .filter_map(|n| Some(buffer.block(n)?.id))
                .collect();
            self.hits.retain(|id, _| there.contains(id));
        }
        let focus = focus.map_or(count.saturating_sub(1), |key| match buffer.spot(key) {
            Ok(spot) | Err(spot) => spot.block.min(count.saturating_sub(1)),
        });
        let outwards = (0..=focus).rev().chain(focus + 1..count);
        for number in outwards {
            let Some(extent) = buffer.block(number) else {
                continue;
            };
            if !self.work(buffer, number, extent, budget) {
                return Progress::More;
            }
        }
        Progress::Done
    }

    /// Brings the hits of a block up to date; whether that was done.
    fn work(&mut self, buffer: &Buffer, number: usize, extent: Extent, budget: &mut usize) -> bool {
        let hits = self.hits.entry(extent.id).or_default();
        if hits.version != extent.version {
            *hits = Hits {
                version: extent.version,
                ..Hits::default()
            };
        }
        hits.seen = hits.seen.max(extent.gone);
        while hits.seen < extent.end {
            let spot = Spot {
                block: number,
                entry: hits.seen,
            };
            let Some(line) = buffer.at(spot) else {
                break;
            };
            let cost = line.text.len() + LINE_COST;
            if *budget < cost && *budget < STEP_LEAST {
                return false;
            }
            *budget = budget.saturating_sub(cost);
            hits.seen += 1;
            let shown = line.mark.is_some() || self.sieve.passes(line.level, line.text);
            if !shown {
                continue;
            }
            let head = if self.folded && line.continues {
                head(buffer, spot, &line, extent.gone)
            } else {
                None
            };
            hits.show(head.unwrap_or(spot.entry));
        }
        true
    }

    fn of_block(&self, extent: Extent) -> &[u16] {
        let Some(hits) = self
            .hits
            .get(&extent.id)
            .filter(|hits| hits.version == extent.version)
        else {
            return &[];
        };
        let gone = hits
            .lines
            .partition_point(|entry| usize::from(*entry) < extent.gone);
        &hits.lines[gone..]
    }

    /// How many lines are shown, as far as that is worked out.
    #[must_use]
    pub fn len(&self, buffer: &Buffer) -> usize {
        if self.is_open() {
            return buffer.len();
        }
        self.extents(buffer)
            .map(|(_, extent)| self.of_block(extent).len())
            .sum()
    }

    /// Whether no line is shown, as far as that is worked out.
    #[must_use]
    pub fn is_empty(&self, buffer: &Buffer) -> bool {
        self.len(buffer) == 0
    }

    /// The line with this number among those that are shown.
    #[must_use]
    pub fn get<'b>(&self, buffer: &'b Buffer, number: usize) -> Option<Line<'b>> {
        if self.is_open() {
            return buffer.get(number);
        }
        let mut number = number;
        for (block, extent) in self.extents(buffer) {
            let lines = self.of_block(extent);
            if let Some(entry) = lines.get(number) {
                let entry = usize::from(*entry);
                return buffer.at(Spot { block, entry });
            }
            number -= lines.len();
        }
        None
    }

    /// All lines that are shown, as far as that is worked out, the oldest first.
    pub fn iter<'b>(&'b self, buffer: &'b Buffer) -> impl Iterator<Item = Line<'b>> {
        self.extents(buffer).flat_map(move |(block, extent)| {
            let (all, some) = if self.is_open() {
                (extent.gone..extent.end, &[][..])
            } else {
                (0..0, self.of_block(extent))
            };
            let entries = all.chain(some.iter().map(|entry| usize::from(*entry)));
            entries.filter_map(move |entry| buffer.at(Spot { block, entry }))
        })
    }

    /// How many shown lines stand before this one, whether it is shown itself or not.
    #[must_use]
    pub fn before(&self, buffer: &Buffer, key: Key) -> usize {
        let (Ok(spot) | Err(spot)) = buffer.spot(key);
        let mut before = 0;
        for (block, extent) in self
            .extents(buffer)
            .take_while(|(block, _)| *block <= spot.block)
        {
            let end = if block < spot.block {
                extent.end
            } else {
                spot.entry
            };
            before += if self.is_open() {
                end.saturating_sub(extent.gone)
            } else {
                self.of_block(extent)
                    .partition_point(|entry| usize::from(*entry) < end)
            };
        }
        before
    }

    /// The next shown line from this one (not it itself) that is wanted: the next match of a search, the previous error.
    #[must_use]
    pub fn seek(
        &self,
        buffer: &Buffer,
        from: Key,
        direction: Direction,
        wanted: impl Fn(&Line<'_>) -> bool,
        budget: &mut usize,
    ) -> Sought {
        let here = self.before(buffer, from);
        let itself = self.get(buffer, here).is_some_and(|line| line.key == from);
        let mut number = match direction {
            Direction::On => here + usize::from(itself),
            Direction::Back => here,
        };
        let mut last = from;
        loop {
            if direction == Direction::Back {
                let Some(earlier) = number.checked_sub(1) else {
                    return Sought::None;
                };
                number = earlier;
            }
            let Some(line) = self.get(buffer, number) else {
                return Sought::None;
            };
            if wanted(&line) {
                return Sought::Found(line.key);
            }
            last = if line.key == last { last } else { line.key };
            let cost = line.text.len() + LINE_COST;
            if *budget < cost {
                return Sought::NotYet(last);
            }
            *budget -= cost;
            if direction == Direction::On {
                number += 1;
            }
        }
    }

    fn extents<'b>(&self, buffer: &'b Buffer) -> impl Iterator<Item = (usize, Extent)> + use<'b> {
        (0..buffer.blocks()).filter_map(|number| Some((number, buffer.block(number)?)))
    }
}

/// A line longer than the budget is looked at all the same when this much of the budget is left.
const STEP_LEAST: usize = 64 * 1024;

impl Hits {
    /// Shows an entry; the head of a stack trace may come after others were shown.
    fn show(&mut self, entry: usize) {
        let Ok(entry) = u16::try_from(entry) else {
            return;
        };
        if self.lines.last().is_none_or(|last| *last < entry) {
            self.lines.push(entry);
        } else if let Err(place) = self.lines.binary_search(&entry) {
            self.lines.insert(place, entry);
        }
    }
}

/// The entry of the same block that a line carries on: the last one of its origin that carries on nothing itself. In
/// another block it is not looked for: the rest of a trace is then shown.
fn head(buffer: &Buffer, spot: Spot, line: &Line<'_>, gone: usize) -> Option<usize> {
    let from = spot.entry.saturating_sub(TRACE_MAX).max(gone);
    (from..spot.entry).rev().find(|entry| {
        let earlier = buffer.at(Spot {
            block: spot.block,
            entry: *entry,
        });
        earlier.is_some_and(|earlier| {
            earlier.origin == line.origin && earlier.mark.is_none() && !earlier.continues
        })
    })
}

/// How many lines a head has folded behind it.
#[must_use]
pub fn folded_behind(buffer: &Buffer, head: Key) -> usize {
    let Ok(spot) = buffer.spot(head) else {
        return 0;
    };
    let Some((origin, extent)) = buffer
        .at(spot)
        .map(|line| line.origin)
        .zip(buffer.block(spot.block))
    else {
        return 0;
    };
    let after = spot.entry + 1..extent.end.min(spot.entry + TRACE_MAX);
    after
        .filter_map(|entry| {
            buffer.at(Spot {
                block: spot.block,
                entry,
            })
        })
        .filter(|line| line.origin == origin)
        .take_while(|line| line.continues)
        .count()
}

#[cfg(test)]
mod tests;
