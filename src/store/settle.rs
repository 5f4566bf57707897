//! Rows settle: what a row shows after its claims, the rules or the time changed.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmState;
use crate::domain::{Detail, FeedState, Item, ItemKey, ItemState, Kind, Region, Roster, Scope};
use crate::filter::{Letters, SourceSet};
use crate::lifecycle::{self, Facts, Marks, State, Triage};
use crate::triage::{Rules, Verdict};

use super::deadlines::Due;
use super::feeds::FeedIndex;
use super::join;
use super::row::{Claim, Past, Row, RowId};
use super::{Changes, Gone, Store, spread};

/// One call of `apply` or `tick`.
#[derive(Debug)]
pub(super) struct Turn {
    pub at: Timestamp,
    pub changes: Changes,
    /// Scopes in which other windows run than before.
    windows: Vec<Scope>,
    /// Regions in which AWS has other trouble than before.
    troubles: Vec<Region>,
    /// Scopes in which a recorder of AWS Config stands still, or does so no more.
    recorders: Vec<Scope>,
    /// Alarms that other mute rules name than before, or at other times.
    muted: Vec<ItemKey>,
    /// Whether other rules or names apply than before, so that a higher severity is no news about the item.
    rejudging: bool,
}

impl Turn {
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            changes: Changes::default(),
            windows: Vec::new(),
            troubles: Vec::new(),
            recorders: Vec::new(),
            muted: Vec::new(),
            rejudging: false,
        }
    }
}

/// Why a claim goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The feed no longer names it.
    Cleared,
    /// The feed is no longer asked.
    Retired,
}

impl Store {
    /// Lets time pass: only what is due is touched.
    pub fn tick(&mut self, now: Timestamp) -> Changes {
        let mut turn = Turn::new(now);
        while let Some((at, due)) = self.deadlines.pop_due(now) {
            match due {
                Due::Feed(index) if self.entry(index).deadline == at => {
                    self.entry_mut(index).deadline = Timestamp::ZERO;
                    turn.changes.feeds.push(self.entry(index).feed);
                    turn.changes.coverage = true;
                    self.restale(index, &mut turn);
                }
                Due::Row(id) if self.rows.get(id).is_some_and(|row| row.deadline == at) => {
                    let over = self.rows.get_mut(id).is_some_and(|row| {
                        row.deadline = Timestamp::ZERO;
                        row.vanished && row.forget_at(self.settings.spans.keep_cleared) <= now
                    });
                    if over {
                        self.remove(id, &mut turn);
                    } else {
                        self.settle(id, None, &mut turn);
                    }
                }
                Due::Feed(_) | Due::Row(_) => {}
            }
        }
        self.finish(turn)
    }

    /// Other accounts, names or tags than before. Severities follow their rules; nothing counts as worse for it.
    pub fn set_roster(&mut self, roster: Arc<Roster>, at: Timestamp) -> Changes {
        if *roster == *self.settings.roster {
            return Changes::default();
        }
        self.settings.roster = roster;
        self.judge_all(at)
    }

    /// Other severity rules than before.
    pub fn set_rules(&mut self, rules: Rules, at: Timestamp) -> Changes {
        if rules == self.settings.rules {
            return Changes::default();
        }
        self.settings.rules = rules;
        self.judge_all(at)
    }

    fn judge_all(&mut self, at: Timestamp) -> Changes {
        self.epoch += 1;
        let mut turn = Turn::new(at);
        turn.rejudging = true;
        for place in 0..self.rows.places() {
            if let Some((id, _)) = self.rows.at(place) {
                self.settle(id, None, &mut turn);
                turn.changes.touched.push(id);
            }
        }
        self.finish(turn)
    }

    /// Notes the letters in the texts of a new row.
    fn reletter(&mut self, id: RowId) {
        let place = id.place();
        if place >= self.letters.len() {
            self.letters.resize(place + 1, Letters::NONE);
        }
        if let Some(row) = self.rows.get(id) {
            self.letters[place] = Letters::of(&row.subject(&self.settings.roster));
        }
    }

    /// A new row for its first claim; the caller settles it. None when the store is full.
    pub(super) fn insert(&mut self, claim: Claim, turn: &mut Turn) -> Option<RowId> {
        let item = Arc::clone(&claim.item);
        let scope = item.key.scope;
        let fresh_account = self.accounts.insert(scope.account);
        let fresh_region = self.regions.insert(scope.region);
        let known = self.settings.roster.get(scope.account);
        let ranked = known.is_some_and(|account| account.regions.contains(&scope.region));
        if (fresh_account || fresh_region) && !ranked {
            self.epoch += 1;
        }
        let hash = self.hash(&item.key);
        // Until it settles, the row shows the item as calm and unjudged: everything it turns out to be is a change.
        let id = self.rows.insert(Row {
            sources: SourceSet::default(),
            verdict: Verdict {
                severity: item.severity,
                rule: None,
            },
            triage: Triage {
                state: State::Clear,
                marks: Marks::NONE,
                ended: None,
            },
            item,
            claims: smallvec::smallvec![claim],
            vanished: false,
            unseen: false,
            worse: false,
            past: None,
            deadline: Timestamp::ZERO,
        })?;
        self.reletter(id);
        self.by_key
            .insert_unique(spread(hash), (hash, id), |(hash, _)| spread(*hash));
        turn.changes.touched.push(id);
        Some(id)
    }

    /// Takes a claim away from a row; the row goes, or is kept as CLEAR, with its last one.
    pub(super) fn drop_claim(
        &mut self,
        id: RowId,
        index: FeedIndex,
        native: &Arc<str>,
        why: Leave,
        turn: &mut Turn,
    ) {
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        row.claims
            .retain(|claim| claim.feed != index || claim.native != *native);
        if !row.claims.is_empty() {
            self.settle(id, Some(index), turn);
            return;
        }
        let keep =
            why == Leave::Cleared && row.is_open() && !self.settings.spans.keep_cleared.is_zero();
        if keep {
            row.vanished = true;
            self.settle(id, Some(index), turn);
        } else {
            self.remove(id, turn);
        }
    }

    fn remove(&mut self, id: RowId, turn: &mut Turn) {
        let Some(row) = self.rows.get(id) else {
            return;
        };
        let hash = spread(self.hash(&row.item.key));
        if let Ok(entry) = self.by_key.find_entry(hash, |(_, other)| *other == id) {
            entry.remove();
        }
        if let Some(row) = self.rows.remove(id) {
            match row.item.key.kind {
                Kind::Window if self.windows.note(id, &row.item, false) => {
                    turn.windows.push(row.item.key.scope);
                }
                Kind::Mute => turn.muted.extend(self.mutes.forget(id)),
                Kind::Health if self.troubles.note(id, &row.item, false) => {
                    turn.troubles.push(row.item.key.scope.region);
                }
                Kind::Compliance if self.recorders.note(id, &row.item, false) => {
                    turn.recorders.push(row.item.key.scope);
                }
                _ => {}
            }
            self.look.count(&row, -1);
            turn.changes.removed.push(id);
        }
    }

    /// Brings a row up to date with its claims, the rules and the time. `cause` is the feed that spoke, if one did.
    pub(super) fn settle(&mut self, id: RowId, cause: Option<FeedIndex>, turn: &mut Turn) {
        let loaded = cause.is_some_and(|index| self.last_success(index).is_some());
        let confirmed = cause.and_then(|index| self.last_success(index));
        let stale = self
            .rows
            .get(id)
            .is_some_and(|row| row.claims.iter().all(|c| self.entry(c.feed).stale));
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        let spans = self.settings.spans;
        let was_open = row.triage.state != State::Clear;
        let before = (row.verdict, row.triage, row.sources);
        let counted = (row.unseen, row.worse, was_open);

        let mut changed = false;
        let mut reletters = turn.rejudging;
        if let Some(shown) = join::shown(&row.claims) {
            let shown = remember(&row.item, shown, was_open || row.vanished);
            let fires = shown.state.is_open();
            if row.vanished {
                row.vanished = false;
                changed = true;
            }
            let episode = row.item.episode;
            if fires && row.fires_again(&shown, was_open, confirmed, &spans) {
                let past = row.past_mut();
                past.flapped = Some(shown.opened);
                past.lineage = past.lineage.or(was_open.then_some(episode));
            } else if was_open && !fires {
                // A calm alarm's episode is its calm; what was done belongs to the one that it was in ALARM.
                row.past_mut().lineage.get_or_insert(episode);
            } else if fires
                && shown.episode > episode
                && let Some(past) = &mut row.past
            {
                past.lineage = None;
            }
            let again = was_open
                && row.item.state == ItemState::Open
                && shown.state == ItemState::Open
                && shown.episode > row.item.episode;
            if loaded && fires && (!was_open || again) {
                row.unseen = true;
                turn.changes.opened.push(id);
            } else if cause.is_some() && !loaded && fires && !was_open {
                row.unseen = self.settings.looked.is_some_and(|at| shown.opened > at);
            }
            if row.item != shown {
                changed = true;
                reletters |= row.item.title != shown.title
                    || row.item.name != shown.name
                    || row.item.resource != shown.resource
                    || shown.key.kind == Kind::Mute;
            }
            if !Arc::ptr_eq(&row.item, &shown) {
                row.item = shown;
            }
            row.sources = row.claims.iter().map(|claim| claim.source).collect();
        }
        let is_open = row.is_open();
        if was_open && !is_open {
            // An alarm says itself when it went back to OK; of the rest only the arrival is known.
            let said = (row.item.key.kind == Kind::Alarm && !row.vanished)
                .then_some(row.item.opened)
                .filter(|cleared| *cleared <= turn.at);
            let episode = row.item.episode;
            let vanished = row.vanished;
            let cleared = said.unwrap_or(turn.at);
            let past = row.past_mut();
            past.cleared = Some(cleared);
            if vanished {
                past.lineage.get_or_insert(episode);
            }
            let gone = Gone {
                item: Arc::clone(&row.item),
                severity: row.severity(),
                at: cleared,
                unseen: row.unseen,
            };
            row.unseen = false;
            row.worse = false;
            self.look.went(gone);
            turn.changes.cleared.push(id);
        } else if is_open && let Some(past) = &mut row.past {
            past.cleared = None;
        }

        if row.item.key.kind == Kind::Window && self.windows.note(id, &row.item, !row.vanished) {
            turn.windows.push(row.item.key.scope);
        }
        if row.item.key.kind == Kind::Health && self.troubles.note(id, &row.item, !row.vanished) {
            turn.troubles.push(row.item.key.scope.region);
        }
        if row.item.key.kind == Kind::Compliance
            && self.recorders.note(id, &row.item, !row.vanished)
        {
            turn.recorders.push(row.item.key.scope);
        }
        if row.item.key.kind == Kind::Mute {
            turn.muted.extend(self.mutes.note(id, &row.item));
        }
        let (excuse, muted, mute_turns) = if row.item.key.kind == Kind::Alarm {
            let (muted, turns) = self.mutes.over(&row.item.key, turn.at);
            (self.windows.excuse(&row.item, turn.at), muted, turns)
        } else {
            (None, None, None)
        };
        let is_muted = muted.is_some();
        if row.past.as_ref().and_then(|past| past.muted.as_ref()) != muted.as_ref() {
            row.past_mut().muted = muted;
            changed = true;
        }
        let entry = match self.entries.get(row.key()) {
            known @ Some(_) => {
                row.past_mut().entry = known.cloned();
                known.cloned()
            }
            None => None,
        };
        let episode = row.item.episode;
        let mut facts = Facts {
            state: row.item.state,
            vanished: row.vanished,
            unseen: row.unseen,
            worse: row.worse,
            flapped: row.past.as_ref().and_then(|past| past.flapped),
            in_window: excuse.is_some(),
            in_trouble: self.troubles.any_over(&row.item),
            muted: is_muted,
            stale: stale && !row.claims.is_empty() || self.recorders.makes_old(&row.item),
            episode,
            lineage: row
                .past
                .as_ref()
                .and_then(|past| past.lineage)
                .unwrap_or(episode),
            severity: row.item.severity,
        };
        // The rules judge the item as its service has it: what operators did must not move a severity, because whether
        // what they did still counts depends on the severity.
        let alone = lifecycle::stand(&facts.present(), None, turn.at);
        row.triage = lifecycle::triage(&facts, &alone, &spans, turn.at);
        let mut subject = row.subject(&self.settings.roster);
        subject.severity = row.item.severity;
        if reletters && let Some(letters) = self.letters.get_mut(id.place()) {
            *letters = Letters::of(&subject);
        }
        let verdict = self.settings.rules.judge(&subject, turn.at);
        let rules_change = self.settings.rules.next_change(&subject, turn.at);
        let rose = was_open && is_open && verdict.severity > row.verdict.severity;
        row.verdict = verdict;
        if rose && !turn.rejudging && (loaded || cause.is_none()) {
            row.worse = true;
            facts.worse = true;
            turn.changes.worse.push(id);
        }
        facts.severity = verdict.severity;
        let standing = lifecycle::stand(&facts.present(), entry.as_deref(), turn.at);
        row.triage = lifecycle::triage(&facts, &standing, &spans, turn.at);
        if standing.carry {
            turn.changes.carried.push(id);
        }

        changed |= before != (row.verdict, row.triage, row.sources);
        if changed {
            turn.changes.touched.push(id);
        }
        self.look.recount(counted, (row.unseen, row.worse, is_open));

        let fades = facts
            .flapped
            .map(|at| at.plus(spans.flap_shown))
            .filter(|at| *at > turn.at);
        let forgotten = row.vanished.then(|| row.forget_at(spans.keep_cleared));
        let next = [
            excuse,
            mute_turns,
            rules_change,
            fades,
            forgotten,
            standing.next,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Timestamp::ZERO);
        if row.deadline != next {
            row.deadline = next;
            if !next.is_unknown() {
                self.deadlines.push(next, Due::Row(id));
            }
        }
    }

    /// Renews the STALE marks of a feed's rows where the feed became or ceased to be old, and its deadline.
    pub(super) fn restale(&mut self, index: FeedIndex, turn: &mut Turn) {
        let entry = self.entry_mut(index);
        let stale = matches!(entry.state(turn.at), FeedState::Late | FeedState::Blind);
        let next = entry
            .late_at()
            .filter(|_| entry.fault.is_none() && !entry.retired)
            .map(|at| at.plus(Duration::from_millis(1)))
            .filter(|at| *at > turn.at)
            .unwrap_or(Timestamp::ZERO);
        let moved = entry.deadline != next;
        entry.deadline = next;
        if moved && !next.is_unknown() {
            self.deadlines.push(next, Due::Feed(index));
        }
        let entry = self.entry_mut(index);
        if entry.stale != stale {
            entry.stale = stale;
            let rows: Vec<RowId> = entry.records.iter().map(|record| record.row).collect();
            for id in rows {
                self.settle(id, None, turn);
            }
        }
    }

    /// Ends a turn: alarms where other windows run or AWS has other trouble, rules where something is recorded again or no more, and the
    /// deadlines that count.
    pub(super) fn finish(&mut self, mut turn: Turn) -> Changes {
        if !turn.windows.is_empty() || !turn.troubles.is_empty() {
            let (windows, troubles) = (
                std::mem::take(&mut turn.windows),
                std::mem::take(&mut turn.troubles),
            );
            let is_everywhere = troubles.contains(&Region::GLOBAL);
            let concerns = |scope: &Scope| {
                is_everywhere || windows.contains(scope) || troubles.contains(&scope.region)
            };
            let alarms: Vec<RowId> = self
                .rows
                .iter()
                .filter(|(_, row)| {
                    row.key().kind == Kind::Alarm && row.is_open() && concerns(&row.key().scope)
                })
                .map(|(id, _)| id)
                .collect();
            for id in alarms {
                self.settle(id, None, &mut turn);
            }
        }
        let recorders = std::mem::take(&mut turn.recorders);
        if !recorders.is_empty() {
            let rules = self.rows.iter().filter(|(_, row)| {
                row.key().kind == Kind::Compliance && recorders.contains(&row.key().scope)
            });
            let rules: Vec<RowId> = rules.map(|(id, _)| id).collect();
            for id in rules {
                self.settle(id, None, &mut turn);
            }
        }
        for key in std::mem::take(&mut turn.muted) {
            if let Some(id) = self.find(&key) {
                self.settle(id, None, &mut turn);
            }
        }
        let (rows, feeds) = (&self.rows, &self.feeds);
        self.deadlines.prune(|at, due| match due {
            Due::Feed(index) => feeds[index.0 as usize].deadline == at,
            Due::Row(id) => rows.get(id).is_some_and(|row| row.deadline == at),
        });
        turn.changes.tidy();
        turn.changes
    }
}

impl Row {
    fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }

    /// When a vanished row is let go.
    fn forget_at(&self, keep: Duration) -> Timestamp {
        self.cleared_at().unwrap_or_default().plus(keep)
    }

    /// Whether an alarm that is shown as open now fired again soon after clearing.
    fn fires_again(
        &self,
        shown: &Item,
        was_open: bool,
        confirmed: Option<Timestamp>,
        spans: &lifecycle::Spans,
    ) -> bool {
        if shown.key.kind != Kind::Alarm || shown.state != ItemState::Open {
            return false;
        }
        let cleared = if was_open {
            // Another transition into ALARM: it cleared unseen, after the feed last confirmed it.
            let again = self.item.state == ItemState::Open && shown.opened > self.item.opened;
            if again { confirmed } else { None }
        } else {
            self.cleared_at()
        };
        cleared.is_some_and(|cleared| lifecycle::flaps(cleared, shown.opened, spans))
    }
}

/// The item to show, given what was shown: an alarm that was open and has no data now is silent, not calm, and
/// keeps its age and episode.
fn remember(before: &Arc<Item>, shown: Arc<Item>, known: bool) -> Arc<Item> {
    let Detail::Alarm(alarm) = &shown.detail else {
        return shown;
    };
    if !known || alarm.state != AlarmState::InsufficientData || !before.state.is_open() {
        return shown;
    }
    let mut item = (*shown).clone();
    item.state = ItemState::NoData;
    item.opened = before.opened;
    item.episode = before.episode;
    if let Detail::Alarm(alarm) = &mut item.detail {
        alarm.was_alarm = true;
    }
    if item == **before {
        return Arc::clone(before);
    }
    Arc::new(item)
}
