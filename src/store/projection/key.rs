//! Sort keys: every row as a string of bytes whose order is the order of the rows.
//!
//! A key is the columns one after the other, each as bytes that compare like the column (a descending one inverted),
//! and the item's identity at the end, so no two keys are equal. It is never built as a whole: sorting compares the
//! first sixteen bytes as one number, and only rows that are equal in these are asked for the next sixteen.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Detail, Region};
use crate::filter::folded;
use crate::lifecycle::{Mark, State};
use crate::store::{Row, Store};

use super::query::{Column, Direction, SortKey};

/// Places of accounts by name and of regions by name, so that two bytes stand for a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks {
    accounts: HashMap<AccountId, u16>,
    regions: HashMap<Region, u16>,
    /// The store's epoch at which they were taken.
    pub epoch: u64,
}

impl Ranks {
    pub fn take(store: &Store) -> Self {
        let roster = store.roster();
        let mut names: Vec<(String, AccountId)> = store
            .accounts
            .iter()
            .copied()
            .chain(roster.iter().map(|account| account.id))
            .map(|id| (folded(&roster.name(id)).collect(), id))
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut regions: Vec<Region> = store
            .regions
            .iter()
            .copied()
            .chain(
                roster
                    .iter()
                    .flat_map(|account| account.regions.iter().copied()),
            )
            .collect();
        regions.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        regions.dedup();
        let rank = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        Self {
            accounts: names
                .into_iter()
                .enumerate()
                .map(|(i, (_, id))| (id, rank(i)))
                .collect(),
            regions: regions
                .into_iter()
                .enumerate()
                .map(|(i, region)| (region, rank(i)))
                .collect(),
            epoch: store.epoch(),
        }
    }
}

/// Sixteen bytes of a key, and whether the key ends within them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub bytes: u128,
    pub last: bool,
}

impl Chunk {
    /// Stands for a row that is gone.
    pub const GONE: Self = Self {
        bytes: 0,
        last: true,
    };
}

/// Takes sixteen bytes out of a stream, after skipping some.
struct Cutter {
    skip: usize,
    out: [u8; 16],
    len: usize,
    flip: u8,
}

impl Cutter {
    const fn full(&self) -> bool {
        self.len == 16
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if let Some(place) = self.out.get_mut(self.len) {
            *place = byte ^ self.flip;
            self.len += 1;
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// A time, with the sign turned so that the past comes first. One that nobody knows is neither the oldest nor the
    /// newest: it comes last, whichever way the column is sorted.
    fn time(&mut self, at: Timestamp) {
        if at.is_unknown() {
            return self.bytes(&[0xff ^ self.flip; 8]);
        }
        self.bytes(&(at.as_millis() ^ i64::MIN).to_be_bytes());
    }

    /// Text as bytes that are changed one by one, with a zero at its end; a zero within it counts as a one.
    fn text(&mut self, text: &str, change: impl Fn(u8) -> u8) {
        let Some(rest) = text.as_bytes().get(self.skip..) else {
            self.skip -= text.len() + 1;
            return;
        };
        self.skip = 0;
        let places = self.out[self.len..].iter_mut();
        let taken = rest.len().min(places.len());
        for (place, byte) in places.zip(rest) {
            *place = change(*byte).max(1) ^ self.flip;
        }
        self.len += taken;
        self.byte(0);
    }

    /// Text without regard to case.
    fn folded(&mut self, text: &str) {
        if text.is_ascii() {
            self.text(text, |byte| byte.to_ascii_lowercase());
        } else {
            let mut utf8 = [0; 4];
            for c in folded(text) {
                if self.full() {
                    return;
                }
                for byte in c.encode_utf8(&mut utf8).bytes() {
                    self.byte(byte.max(1));
                }
            }
            self.byte(0);
        }
    }
}

/// The key's bytes from `16 * depth` on.
pub(super) fn chunk(row: &Row, sort: &[SortKey], ranks: &Ranks, depth: usize) -> Chunk {
    let mut cutter = Cutter {
        skip: depth * 16,
        out: [0; 16],
        len: 0,
        flip: 0,
    };
    write(row, sort, ranks, &mut cutter);
    Chunk {
        bytes: u128::from_be_bytes(cutter.out),
        last: !cutter.full(),
    }
}

fn write(row: &Row, sort: &[SortKey], ranks: &Ranks, cutter: &mut Cutter) {
    let item = row.item();
    let scope = item.key.scope;
    for SortKey { column, direction } in sort {
        cutter.flip = match direction {
            Direction::Ascending => 0,
            Direction::Descending => 0xff,
        };
        match column {
            Column::Severity => cutter.byte(row.severity() as u8),
            Column::State => cutter.byte(standing(row)),
            Column::Opened => cutter.time(item.opened),
            Column::Changed => cutter.time(item.changed),
            Column::Taken => cutter.time(row.taken_at()),
            Column::Ends => cutter.time(match &item.detail {
                Detail::Mute(mute) => mute.end().unwrap_or_default(),
                _ => Timestamp::ZERO,
            }),
            Column::Account => cutter.bytes(&rank(&ranks.accounts, &scope.account)),
            Column::Region => cutter.bytes(&rank(&ranks.regions, &scope.region)),
            Column::Kind => cutter.byte(item.key.kind as u8),
            Column::Name => cutter.folded(&item.name),
            Column::Title => cutter.folded(&item.title),
            Column::Source => cutter.byte(row.source().map_or(u8::MAX, |source| source as u8)),
            Column::Status => cutter.folded(&item.native_state),
            Column::Resource => cutter.folded(item.resource.as_deref().unwrap_or("")),
        }
        if cutter.full() {
            return;
        }
    }
    cutter.flip = 0;
    cutter.byte(item.key.kind as u8);
    cutter.bytes(&scope.account.number().to_be_bytes());
    cutter.text(scope.region.as_str(), |byte| byte);
    // Unfolded: two ids may differ in case alone.
    cutter.text(&item.key.id, |byte| byte);
}

/// Where a row stands in the order of the Queue by its state: NEW before ACK before WIN and SNZ; findings never carry WIN.
pub(super) fn standing(row: &Row) -> u8 {
    match row.state() {
        State::New if row.marks().contains(Mark::Win) => 2,
        State::New => 0,
        State::Acknowledged => 1,
        State::Snoozed => 3,
        State::Clear => 4,
    }
}

fn rank<T: std::hash::Hash + Eq>(ranks: &HashMap<T, u16>, of: &T) -> [u8; 2] {
    ranks.get(of).copied().unwrap_or(u16::MAX).to_be_bytes()
}

/// The order of two rows whose first chunks are equal.
pub(super) fn compare_rest(a: &Row, b: &Row, sort: &[SortKey], ranks: &Ranks) -> Ordering {
    for depth in 1.. {
        let (one, other) = (chunk(a, sort, ranks, depth), chunk(b, sort, ranks, depth));
        let order = one.bytes.cmp(&other.bytes);
        if order.is_ne() || one.last || other.last {
            return order;
        }
    }
    Ordering::Equal
}
