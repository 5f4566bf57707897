//! The wall: what a screen shows that nobody touches and everybody believes. Plain data.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::backup::JobKind;
use crate::domain::window::WindowPhase;
use crate::domain::{Body, Detail, ItemState, Kind, Scope, Severity};
use crate::lifecycle::State;
use crate::panes::fact;
use crate::store::{Changes, RowId, Store};

/// How often windows, backups and owners are counted again.
const EVERY: Duration = Duration::from_secs(5);

/// Changes that the ticker remembers.
const REMEMBERED: usize = 60;

/// Windows that are listed at most.
const WINDOWS: usize = 12;

/// Jobs younger than this count.
const BACKUPS: Duration = Duration::from_secs(24 * 3600);

/// That data arrives: the heart of the wall beats with it and with nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Answers that arrived.
    pub beats: u64,
    /// When the last one came.
    pub at: Option<Timestamp>,
}

impl Pulse {
    /// Notes what arrived: what was planned, began or failed is no data.
    pub fn feel(&mut self, body: &Body, at: Timestamp) {
        if matches!(body, Body::Page(_) | Body::End { .. }) {
            self.beats += 1;
            self.at = Some(at);
        }
    }

    /// How old the newest data is; none before the first.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.at.map(|at| now.since(at))
    }
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// When noctop saw it.
    pub at: Timestamp,
    /// What, in a few words.
    pub text: Arc<str>,
    /// How bad the item is; none where it is over.
    pub severity: Option<Severity>,
}

/// A maintenance window that runs or is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// What it is called.
    pub name: Arc<str>,
    /// Where.
    pub scope: Scope,
    /// When it begins, or began.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// Whether it runs now.
    pub is_running: bool,
}

/// A resource and since when it has no good recovery point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    /// What it is called.
    pub name: Arc<str>,
    /// Where.
    pub scope: Scope,
    /// The last good recovery point.
    pub since: Timestamp,
}

/// What a wall needs beside the facts.
#[derive(Clone, Debug)]
pub struct Wall {
    /// From which age on the data is too old to be believed.
    pub stale: Duration,
    /// How long each page stays; one page only where it is none.
    pub rotate: Option<Duration>,
    /// What changed, the newest first.
    pub ticker: VecDeque<News>,
    /// Windows that run or come next, the earliest first.
    pub windows: Vec<Ahead>,
    /// Backup jobs of the last day that completed, and resources whose latest ones failed or never started.
    pub backups: (usize, usize),
    /// What has been longest without a good recovery point, of what failed.
    pub unsaved: Option<Unsaved>,
    /// Who has how much, the most first.
    pub owners: Vec<(Arc<str>, usize)>,
    /// Why keys do nothing, for a moment after one was pressed.
    pub knocked: Option<Timestamp>,
    taken: HashMap<RowId, Timestamp>,
    counted: Option<Timestamp>,
}

impl Wall {
    /// A wall whose data is too old after `stale`, and whose pages stay for `rotate`.
    #[must_use]
    pub fn new(stale: Duration, rotate: Option<Duration>) -> Self {
        Self {
            stale,
            rotate,
            ticker: VecDeque::new(),
            windows: Vec::new(),
            backups: (0, 0),
            unsaved: None,
            owners: Vec::new(),
            knocked: None,
            taken: HashMap::new(),
            counted: None,
        }
    }

    /// Which of so many pages is shown now.
    #[must_use]
    pub fn page(&self, pages: usize, now: Timestamp) -> usize {
        let each = self.rotate.map_or(0, |rotate| rotate.as_secs().max(1));
        let at = u64::try_from(now.as_secs()).unwrap_or(0).checked_div(each);
        usize::try_from(at.unwrap_or(0)).unwrap_or(0) % pages.max(1)
    }

    /// Notes what changed, for the ticker.
    pub fn note(&mut self, store: &Store, changes: &Changes, now: Timestamp) {
        let mut tell = |id: &RowId, word: &str, is_over: bool| {
            let Some(row) = store.row(*id) else { return };
            let account = store.roster().name(row.key().scope.account);
            self.ticker.push_front(News {
                at: now,
                text: Arc::from(format!(
                    "{} {word} in {account}",
                    fact::what_short(row.item())
                )),
                severity: (!is_over).then(|| row.severity()),
            });
        };
        for id in &changes.cleared {
            tell(id, "cleared", true);
        }
        for id in &changes.worse {
            tell(id, "got worse", false);
        }
        for id in &changes.opened {
            tell(id, "is new", false);
        }
        for id in &changes.touched {
            self.take(*id, store, now);
        }
        self.ticker.truncate(REMEMBERED);
    }

    /// Tells once that somebody has taken a row.
    fn take(&mut self, id: RowId, store: &Store, now: Timestamp) {
        let Some(row) = store.row(id) else { return };
        let held = row.entry().and_then(|entry| entry.held());
        let (State::Acknowledged, Some(held)) = (row.state(), held) else {
            self.taken.remove(&id);
            return;
        };
        let is_news = self.taken.insert(id, held.at) != Some(held.at);
        // What was taken before this wall began is not what happens now.
        if is_news && now.since(held.at) < EVERY * 12 {
            self.ticker.push_front(News {
                at: held.at,
                text: Arc::from(format!(
                    "{} took {}",
                    held.owner.operator,
                    fact::what_short(row.item())
                )),
                severity: None,
            });
        }
    }

    /// Counts windows, backups and owners again where that is due.
    pub fn refresh(&mut self, open: &[RowId], store: &Store, now: Timestamp) {
        if self
            .counted
            .is_some_and(|at| at <= now && now.since(at) < EVERY)
        {
            return;
        }
        self.counted = Some(now);
        let mut owners: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for row in open.iter().filter_map(|id| store.row(*id)) {
            if let Some(held) = row.entry().and_then(|entry| entry.held()) {
                *owners.entry(Arc::clone(&held.owner.operator)).or_default() += 1;
            }
        }
        self.owners = owners.into_iter().collect();
        self.owners
            .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        self.windows.clear();
        self.backups = (0, 0);
        self.unsaved = None;
        let kinds = [Kind::Window, Kind::Backup];
        for (_, row) in store
            .rows()
            .filter(|(_, row)| kinds.contains(&row.key().kind))
        {
            let (item, scope) = (row.item(), row.key().scope);
            match &item.detail {
                Detail::Window(window) => {
                    let is_running = window.phase == WindowPhase::Running;
                    let run = window.current.as_ref().map(|run| run.started);
                    let from = if is_running {
                        run.or(window.next)
                    } else {
                        window.next
                    };
                    let hours = u64::try_from(window.duration_hours).unwrap_or(0);
                    if let Some(from) = from.filter(|_| window.phase != WindowPhase::Disabled) {
                        self.windows.push(Ahead {
                            name: Arc::clone(&item.name),
                            scope,
                            from,
                            to: from.plus(Duration::from_secs(hours * 3600)),
                            is_running,
                        });
                    }
                }
                Detail::Backup(backup) if row.is_open() => {
                    self.backups.1 += 1;
                    let is_longer = |good: &Timestamp| {
                        self.unsaved
                            .as_ref()
                            .is_none_or(|known| *good < known.since)
                    };
                    if let Some(since) = backup.last_good.filter(is_longer) {
                        let name = backup.resource_name.as_ref().unwrap_or(&item.name);
                        self.unsaved = Some(Unsaved {
                            name: Arc::clone(name),
                            scope,
                            since,
                        });
                    }
                }
                Detail::Backup(backup) => {
                    let is_good = item.state == ItemState::Calm
                        && backup.job == JobKind::Backup
                        && &*backup.status == "COMPLETED";
                    let is_recent = now.since(backup.completed.unwrap_or(backup.created)) < BACKUPS;
                    self.backups.0 += usize::from(is_good && is_recent);
                }
                _ => {}
            }
        }
        self.windows.retain(|window| window.to > now);
        self.windows
            .sort_by(|a, b| a.from.cmp(&b.from).then_with(|| a.name.cmp(&b.name)));
        self.windows.truncate(WINDOWS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_data_makes_the_heart_beat() {
        let mut pulse = Pulse::default();
        let at = Timestamp::from_secs(1_000);
        pulse.feel(&Body::Begin, at);
        pulse.feel(&Body::Planned { every: EVERY }, at);
        assert_eq!((pulse.beats, pulse.age(at)), (0, None));
        pulse.feel(&Body::Page(Vec::new()), at);
        assert_eq!(pulse.beats, 1);
        assert_eq!(
            pulse.age(Timestamp::from_secs(1_041)),
            Some(Duration::from_secs(41))
        );
    }

    #[test]
    fn pages_take_turns_by_the_clock_and_one_page_stays() {
        let at = |secs| Timestamp::from_secs(secs);
        let wall = Wall::new(EVERY, Some(Duration::from_secs(20)));
        let pages: Vec<_> = [0, 19, 20, 40, 60]
            .map(|secs| wall.page(2, at(secs)))
            .into();
        assert_eq!(pages, [0, 0, 1, 0, 1]);
        assert_eq!(Wall::new(EVERY, None).page(2, at(20)), 0);
    }
}
