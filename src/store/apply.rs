//! Batches become claims: runs, staging, the swap at the end.

use std::collections::hash_map::Entry;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::{Batch, Body, Detail, Feed, Item, Record};

use super::feeds::{FeedEntry, FeedIndex, RecordRef, Staging, short};
use super::row::Claim;
use super::settle::{Leave, Turn};
use super::{Changes, Store};

impl Store {
    /// Takes in a piece of an answer. Late pieces of an older asking, and whatever a retired feed still says,
    /// change nothing.
    pub fn apply(&mut self, batch: Batch) -> Changes {
        let mut turn = Turn::new(batch.at);
        let known = self.feeds.len();
        if let Some(index) = self.feed_for(&batch) {
            let at = turn.at;
            let state = |entry: &FeedEntry| (!entry.retired).then(|| entry.state(at));
            let is_new = self.feeds.len() > known;
            let entry = self.entry_mut(index);
            let before = state(entry).filter(|_| !is_new);
            let covered = std::mem::replace(&mut entry.covers, batch.covers);
            turn.changes.coverage = covered != entry.covers;
            turn.changes.feeds.push(batch.feed);
            self.take_in(index, batch.run, batch.body, &mut turn);
            self.restale(index, &mut turn);
            turn.changes.coverage |= state(self.entry(index)) != before;
        }
        self.finish(turn)
    }

    fn take_in(&mut self, index: FeedIndex, run: u64, body: Body, turn: &mut Turn) {
        match body {
            Body::Planned { every } => {
                let entry = self.entry_mut(index);
                if entry.retired {
                    *entry = FeedEntry {
                        // Runs go on counting, so that pieces from before the retirement stay late.
                        run: entry.run,
                        covers: entry.covers.clone(),
                        ..FeedEntry::new(entry.feed, entry.covers.clone(), turn.at)
                    };
                }
                entry.every = every;
                // Whoever asks counts from the beginning again (another configuration, say): so do we, or all that
                // it says would be late.
                if run == 0 && entry.run > 0 {
                    entry.run = 0;
                    entry.staging = None;
                }
            }
            Body::Retired => {
                self.drop_all(index, Leave::Retired, turn);
                let entry = self.entry_mut(index);
                entry.retired = true;
                entry.staging = None;
                entry.run = entry.run.max(run);
            }
            Body::Begin => {
                self.begin(index, run);
            }
            Body::Page(records) => {
                if self.begin(index, run) {
                    self.page(index, run, records, turn);
                }
            }
            Body::End { took, calls, next } => {
                if self.begin(index, run) {
                    self.end(index, run, turn);
                    let at = turn.at;
                    self.entry_mut(index).succeed(at, took, calls, next);
                }
            }
            Body::Changed { upserts, removed } => self.changed(index, upserts, &removed, turn),
            Body::Failed {
                fault,
                took,
                calls,
                next,
            } => {
                if self.begin(index, run) {
                    let off = fault.kind.is_off();
                    let at = turn.at;
                    self.entry_mut(index).fail(at, fault, took, calls, next);
                    if off {
                        // Nothing is there, and that is known: what was there is gone.
                        self.drop_all(index, Leave::Cleared, turn);
                    }
                }
            }
        }
    }

    /// The feed of a batch; none where a retired one speaks. Feeds that nobody planned are taken up as they come,
    /// without an interval, so they are never late.
    fn feed_for(&mut self, batch: &Batch) -> Option<FeedIndex> {
        let planned = matches!(batch.body, Body::Planned { .. });
        match self.by_feed.entry(batch.feed) {
            Entry::Occupied(known) => {
                let index = *known.get();
                (planned || !self.feeds[index.0 as usize].retired).then_some(index)
            }
            Entry::Vacant(new) => {
                if matches!(batch.body, Body::Retired) {
                    return None;
                }
                let index = FeedIndex(u32::try_from(self.feeds.len()).ok()?);
                let entry = FeedEntry::new(batch.feed, batch.covers.clone(), batch.at);
                self.feeds.push(Box::new(entry));
                Some(*new.insert(index))
            }
        }
    }

    /// Opens staging for an asking that is newer than any before. Whether this asking is the one under way.
    fn begin(&mut self, index: FeedIndex, run: u64) -> bool {
        let entry = self.entry_mut(index);
        // The first asking of a feed may carry the number zero.
        let first = entry.run == 0
            && entry.staging.is_none()
            && entry.success.is_none()
            && entry.fault.is_none();
        if run > entry.run || (run == entry.run && first) {
            entry.run = run;
            entry.staging = Some(Staging::default());
        }
        entry.run == run && entry.staging.is_some()
    }

    fn page(&mut self, index: FeedIndex, run: u64, records: Vec<Record>, turn: &mut Turn) {
        let first_load = self.entry(index).success.is_none();
        for Record { native, item } in records {
            let (native, item) = share(native, item);
            let Some(staging) = &self.entry(index).staging else {
                return;
            };
            if staging.pushed.contains(&native) {
                continue;
            }
            if first_load {
                self.claim(index, native, item, run, turn);
                continue;
            }
            // Only what differs waits for the end; what is the same is just marked as named again.
            let same = self.claims_same(index, &native, &item);
            if same && let Some(record) = self.record_mut(index, &native) {
                record.run = short(run);
            }
            if let Some(staging) = &mut self.entry_mut(index).staging {
                if same {
                    staging.differing.remove(&native);
                } else {
                    staging.differing.insert(native, item);
                }
            }
        }
    }

    /// Whether the feed already says just this about the item.
    fn claims_same(&mut self, index: FeedIndex, native: &Arc<str>, item: &Item) -> bool {
        let Some(row) = self.record_mut(index, native).map(|record| record.row) else {
            return false;
        };
        self.rows.get(row).is_some_and(|row| {
            row.claims
                .iter()
                .any(|claim| claim.feed == index && claim.native == *native && *claim.item == *item)
        })
    }

    fn end(&mut self, index: FeedIndex, run: u64, turn: &mut Turn) {
        let differing = self
            .entry_mut(index)
            .staging
            .as_mut()
            .map(|staging| std::mem::take(&mut staging.differing))
            .unwrap_or_default();
        // In a fixed order, so that the same batches always give the same rows.
        let mut differing: Vec<_> = differing.into_iter().collect();
        differing.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (native, item) in differing {
            self.claim(index, native, item, run, turn);
        }
        let run = short(run);
        self.drop_where(index, Leave::Cleared, turn, |record| record.run != run);
    }

    fn changed(
        &mut self,
        index: FeedIndex,
        upserts: Vec<Record>,
        removed: &[Arc<str>],
        turn: &mut Turn,
    ) {
        let run = self.entry(index).run;
        for Record { native, item } in upserts {
            let (native, item) = share(native, item);
            if let Some(staging) = &mut self.entry_mut(index).staging {
                staging.differing.remove(&native);
                staging.pushed.insert(Arc::clone(&native));
            }
            self.claim(index, native, item, run, turn);
        }
        for native in removed {
            if let Some(staging) = &mut self.entry_mut(index).staging {
                staging.differing.remove(native);
                staging.pushed.insert(Arc::clone(native));
            }
            if let Some(record) = self.take_record(index, native) {
                self.drop_claim(record.row, index, native, Leave::Cleared, turn);
            }
        }
    }

    /// Notes what a feed says about an item.
    fn claim(
        &mut self,
        index: FeedIndex,
        native: Arc<str>,
        item: Arc<Item>,
        run: u64,
        turn: &mut Turn,
    ) {
        self.arrivals += 1;
        let arrival = self.arrivals;
        let source = self.entry(index).feed.source;
        if let Some(record) = self.record_mut(index, &native) {
            record.run = short(run);
            let id = record.row;
            if let Some(row) = self.rows.get_mut(id)
                && row.item.key == item.key
            {
                let shown = Arc::clone(&row.item);
                if let Some(claim) = row
                    .claims
                    .iter_mut()
                    .find(|claim| claim.feed == index && claim.native == native)
                {
                    if claim.item == item {
                        return;
                    }
                    claim.arrival = arrival;
                    // Two feeds that say the same share one copy.
                    claim.item = if shown == item { shown } else { item };
                }
                self.settle(id, Some(index), turn);
                return;
            }
            // The same native id names another item now.
            self.take_record(index, &native);
            self.drop_claim(id, index, &native, Leave::Cleared, turn);
        }
        let mut claim = Claim {
            feed: index,
            source,
            native: Arc::clone(&native),
            arrival,
            item,
        };
        let id = if let Some(id) = self.find(&claim.item.key) {
            if let Some(row) = self.rows.get_mut(id) {
                if row.item == claim.item {
                    claim.item = Arc::clone(&row.item);
                }
                row.claims.push(claim);
            }
            id
        } else {
            let Some(id) = self.insert(claim, turn) else {
                return;
            };
            id
        };
        let hash = self.hasher.hash_one(&native);
        let record = RecordRef {
            hash,
            row: id,
            run: short(run),
        };
        let records = &mut self.entry_mut(index).records;
        records.insert_unique(hash, record, |record| record.hash);
        self.settle(id, Some(index), turn);
    }

    fn drop_all(&mut self, index: FeedIndex, why: Leave, turn: &mut Turn) {
        self.drop_where(index, why, turn, |_| true);
    }

    fn drop_where(
        &mut self,
        index: FeedIndex,
        why: Leave,
        turn: &mut Turn,
        gone: impl Fn(&RecordRef) -> bool,
    ) {
        let (rows, hasher) = (&self.rows, &self.hasher);
        let native = |record: &RecordRef| {
            let claims = &rows.get(record.row)?.claims;
            let claim = claims.iter().find(|claim| {
                claim.feed == index && hasher.hash_one(&claim.native) == record.hash
            })?;
            Some((Arc::clone(&claim.native), record.row))
        };
        let mut dropped: Vec<_> = self.feeds[index.0 as usize]
            .records
            .extract_if(|record| gone(record))
            .filter_map(|record| native(&record))
            .collect();
        dropped.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (native, row) in dropped {
            self.drop_claim(row, index, &native, why, turn);
        }
    }

    /// The record of a feed's native id.
    fn record_mut(&mut self, index: FeedIndex, native: &Arc<str>) -> Option<&mut RecordRef> {
        let hash = self.hasher.hash_one(native);
        let rows = &self.rows;
        self.feeds[index.0 as usize]
            .records
            .find_mut(hash, |record| record.is_of(rows, hash, index, native))
    }

    /// Takes the record of a feed's native id out. Before its claim goes: without that it cannot be found.
    fn take_record(&mut self, index: FeedIndex, native: &Arc<str>) -> Option<RecordRef> {
        let hash = self.hasher.hash_one(native);
        let rows = &self.rows;
        let found = self.feeds[index.0 as usize]
            .records
            .find_entry(hash, |record| record.is_of(rows, hash, index, native));
        Some(found.ok()?.remove().0)
    }

    pub(super) fn entry(&self, index: FeedIndex) -> &FeedEntry {
        &self.feeds[index.0 as usize]
    }

    pub(super) fn entry_mut(&mut self, index: FeedIndex) -> &mut FeedEntry {
        &mut self.feeds[index.0 as usize]
    }

    /// What is known about a feed.
    pub(super) fn known(&self, feed: &Feed) -> Option<&FeedEntry> {
        self.by_feed
            .get(feed)
            .map(|index| self.entry(*index))
            .filter(|entry| !entry.retired)
    }

    /// When a feed last answered completely.
    pub(super) fn last_success(&self, index: FeedIndex) -> Option<Timestamp> {
        self.entry(index).success
    }
}

/// Shares one allocation between texts of a record that say the same: native id, key, name, ARN, resource.
fn share(native: Arc<str>, mut item: Item) -> (Arc<str>, Arc<Item>) {
    if item.name == item.key.id {
        item.name = Arc::clone(&item.key.id);
    }
    if item.told_arn.as_ref() == Some(&item.key.id) {
        item.told_arn = Some(Arc::clone(&item.key.id));
    }
    if let Detail::Alarm(alarm) = &mut item.detail
        && let Some(resource) = &item.resource
    {
        for (_, value) in alarm
            .dimensions
            .iter_mut()
            .filter(|(_, value)| value == resource)
        {
            *value = Arc::clone(resource);
        }
    }
    let native = if native == item.key.id {
        Arc::clone(&item.key.id)
    } else if let Some(arn) = item.told_arn.as_ref().filter(|arn| **arn == native) {
        Arc::clone(arn)
    } else {
        native
    };
    (native, Arc::new(item))
}
