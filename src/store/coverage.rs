//! Coverage: how much of the fleet was read, how long ago, and what could not be.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Cover, Fault, Feed, FeedState, Kind, Region, Scope, SourceId};

use super::feeds::FeedEntry;
use super::{RowId, Store};

/// What is known about one feed at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedReport {
    /// The feed.
    pub feed: Feed,
    /// For which scopes it speaks.
    pub covers: Cover,
    /// How much it can be believed.
    pub state: FeedState,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it last answered completely.
    pub success: Option<Timestamp>,
    /// How old that answer is.
    pub age: Option<Duration>,
    /// How long the last asking took.
    pub took: Duration,
    /// How many calls the last asking took.
    pub calls: u32,
    /// How many items it knows.
    pub items: usize,
    /// Why it is off or blind.
    pub fault: Option<Fault>,
    /// When it is asked again.
    pub next: Option<Timestamp>,
    /// Its own interval; zero where nobody planned it.
    pub every: Duration,
}

impl FeedReport {
    /// How many calls it takes at its pace; none where it does not answer, and is asked more seldom for that.
    #[must_use]
    pub fn pace(&self) -> Calls {
        match self.state {
            FeedState::Fresh | FeedState::Late => {
                Calls::of(self.feed.source, self.calls, self.every)
            }
            FeedState::Loading | FeedState::Off | FeedState::Blind => Calls::default(),
        }
    }
}

/// Which feeds are meant: an empty list means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Feeds that bring items of these kinds.
    pub kinds: Vec<Kind>,
    /// Feeds of these sources.
    pub sources: Vec<SourceId>,
    /// Feeds that speak for one of these accounts.
    pub accounts: Vec<AccountId>,
    /// Feeds that speak for one of these regions.
    pub regions: Vec<Region>,
}

impl Only {
    /// Only feeds that touch these kinds.
    #[must_use]
    pub fn kinds(kinds: &[Kind]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            ..Self::default()
        }
    }

    /// Whether the feed is meant. The list of accounts is behind everything, so it is always meant.
    pub(super) fn includes(&self, feed: &Feed, covers: &Cover) -> bool {
        if feed.source == SourceId::Organizations {
            return self.sources.is_empty() || self.sources.contains(&feed.source);
        }
        let kinds =
            self.kinds.is_empty() || kind_of(feed.source).is_some_and(|k| self.kinds.contains(&k));
        let sources = self.sources.is_empty() || self.sources.contains(&feed.source);
        let scope = |scope: &Scope| {
            (self.accounts.is_empty() || self.accounts.contains(&scope.account))
                && (self.regions.is_empty() || self.regions.contains(&scope.region))
        };
        kinds
            && sources
            && match covers {
                Cover::Vantage => scope(&feed.vantage),
                // What speaks for nobody belongs where it is asked.
                Cover::Scopes(scopes) if scopes.is_empty() => scope(&feed.vantage),
                Cover::Scopes(scopes) => scopes.iter().any(scope),
            }
    }
}

/// How many feeds are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All of them.
    pub feeds: usize,
    /// Complete and young.
    pub fresh: usize,
    /// Complete and old.
    pub late: usize,
    /// Not complete for the first time yet.
    pub loading: usize,
    /// Not enabled.
    pub off: usize,
    /// Not readable.
    pub blind: usize,
    /// The oldest success among feeds that are neither off nor loading for the first time.
    pub oldest: Option<Timestamp>,
    /// The newest success.
    pub newest: Option<Timestamp>,
    /// How many calls they take.
    pub calls: Calls,
}

/// How many calls feeds take at their pace: as many as the last asking did, as often as they are asked. Of feeds that answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    per_day: u64,
    billed_per_day: u64,
}

impl Calls {
    /// What a call that AWS bills costs in US dollars: CloudWatch's list price of 0.01 for a thousand requests, without what is
    /// free. What else noctop reads is free of charge.
    pub const PRICE: f64 = 0.000_01;

    /// The calls of this source, so many each time, so often.
    #[must_use]
    pub fn of(source: SourceId, calls: u32, every: Duration) -> Self {
        let per_day = u64::from(calls) * 86_400 / every.as_secs().max(1);
        let is_billed = matches!(source, SourceId::Cloudwatch | SourceId::Mutes);
        Self {
            per_day: if every.is_zero() { 0 } else { per_day },
            billed_per_day: if is_billed && !every.is_zero() {
                per_day
            } else {
                0
            },
        }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            per_day: self.per_day + other.per_day,
            billed_per_day: self.billed_per_day + other.billed_per_day,
        }
    }

    /// Calls in a minute.
    #[must_use]
    pub fn per_minute(self) -> f64 {
        precise(self.per_day) / 1_440.0
    }

    /// What they cost in thirty days, in US dollars.
    #[must_use]
    pub fn dollars_a_month(self) -> f64 {
        precise(self.billed_per_day) * 30.0 * Self::PRICE
    }
}

#[expect(clippy::cast_precision_loss, reason = "calls for people to read")]
const fn precise(calls: u64) -> f64 {
    calls as f64
}

impl Coverage {
    /// Whether totals that rest on these feeds may be too small: they need a `≥`.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.blind > 0
    }

    /// How many feeds are in this state.
    #[must_use]
    pub const fn count(&self, state: FeedState) -> usize {
        match state {
            FeedState::Fresh => self.fresh,
            FeedState::Late => self.late,
            FeedState::Loading => self.loading,
            FeedState::Off => self.off,
            FeedState::Blind => self.blind,
        }
    }

    /// Counts the feeds of another coverage, too. No feed may be counted in both.
    fn absorb(&mut self, other: &Self) {
        self.feeds += other.feeds;
        self.fresh += other.fresh;
        self.late += other.late;
        self.loading += other.loading;
        self.off += other.off;
        self.blind += other.blind;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
        self.newest = self.newest.max(other.newest);
        self.calls = self.calls.and(other.calls);
    }

    fn add(&mut self, entry: &FeedEntry, now: Timestamp) {
        self.feeds += 1;
        let state = entry.state(now);
        *match state {
            FeedState::Fresh => &mut self.fresh,
            FeedState::Late => &mut self.late,
            FeedState::Loading => &mut self.loading,
            FeedState::Off => &mut self.off,
            FeedState::Blind => &mut self.blind,
        } += 1;
        if matches!(state, FeedState::Fresh | FeedState::Late) {
            self.calls = self.calls.and(entry.pace());
        }
        if let Some(success) = entry.success.filter(|_| state != FeedState::Off) {
            self.oldest = Some(self.oldest.map_or(success, |t| t.min(success)));
            self.newest = Some(self.newest.map_or(success, |t| t.max(success)));
        }
    }
}

/// Coverage by source: counted in one walk over the feeds, asked for many times.
#[derive(Clone, Copy, Debug, Default)]
pub struct BySource([Coverage; SourceId::ALL.len()]);

impl BySource {
    /// Of all feeds.
    #[must_use]
    pub fn all(&self) -> Coverage {
        self.of(SourceId::ALL)
    }

    /// Of the feeds that bring items which may ask for attention, and of the list of accounts behind them.
    #[must_use]
    pub fn asking(&self) -> Coverage {
        let mut sum = Coverage::default();
        for source in SourceId::ALL {
            if kind_of(*source).is_none_or(|kind| Kind::ASKING.contains(&kind)) {
                sum.absorb(&self.0[*source as usize]);
            }
        }
        sum
    }

    /// Of the feeds of these sources, each named once.
    #[must_use]
    pub fn of(&self, sources: &[SourceId]) -> Coverage {
        let mut sum = Coverage::default();
        for source in sources {
            sum.absorb(&self.0[*source as usize]);
        }
        sum
    }
}

/// Scope by source: how much each cell can be believed; none where nothing speaks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// By scope, then in the order of [`SourceId::ALL`].
    pub cells: BTreeMap<Scope, [Option<FeedState>; SourceId::ALL.len()]>,
}

impl Store {
    /// What is known about every feed, by feed.
    #[must_use]
    pub fn feeds(&self, now: Timestamp) -> Vec<FeedReport> {
        let mut reports: Vec<_> = self.living().map(|entry| report(entry, now)).collect();
        reports.sort_unstable_by_key(|report| report.feed);
        reports
    }

    /// Every feed with its state, in no useful order.
    pub fn feed_states(&self, now: Timestamp) -> impl Iterator<Item = (Feed, FeedState)> {
        self.living()
            .map(move |entry| (entry.feed, entry.state(now)))
    }

    /// How much one feed can be believed; none where it is not asked.
    #[must_use]
    pub fn state_of(&self, feed: &Feed, now: Timestamp) -> Option<FeedState> {
        self.known(feed).map(|entry| entry.state(now))
    }

    /// What is known about one feed.
    #[must_use]
    pub fn feed(&self, feed: &Feed, now: Timestamp) -> Option<FeedReport> {
        self.known(feed).map(|entry| report(entry, now))
    }

    /// How many of the feeds that are meant are in which state.
    #[must_use]
    pub fn coverage(&self, only: &Only, now: Timestamp) -> Coverage {
        let mut coverage = Coverage::default();
        for entry in self.living() {
            if only.includes(&entry.feed, &entry.covers) {
                coverage.add(entry, now);
            }
        }
        coverage
    }

    /// How many of the feeds that are meant are in which state, source by source.
    #[must_use]
    pub fn coverage_by_source(&self, only: &Only, now: Timestamp) -> BySource {
        let mut by = BySource::default();
        for entry in self.living() {
            if only.includes(&entry.feed, &entry.covers) {
                by.0[entry.feed.source as usize].add(entry, now);
            }
        }
        by
    }

    /// Whether totals of these kinds may be too small and need a `≥`: one of their feeds is blind.
    #[must_use]
    pub fn is_partial(&self, kinds: &[Kind], now: Timestamp) -> bool {
        self.coverage(&Only::kinds(kinds), now).is_partial()
    }

    /// Scope by source, with the worst state of the feeds that speak for a cell.
    #[must_use]
    pub fn matrix(&self, now: Timestamp) -> Matrix {
        let mut matrix = Matrix::default();
        for entry in self.living() {
            let state = entry.state(now);
            let mut note = |scope: Scope| {
                let cell = &mut matrix.cells.entry(scope).or_default()[entry.feed.source as usize];
                if cell.is_none_or(|before| weight(state) > weight(before)) {
                    *cell = Some(state);
                }
            };
            match &entry.covers {
                Cover::Vantage => note(entry.feed.vantage),
                Cover::Scopes(scopes) => scopes.iter().copied().for_each(&mut note),
            }
        }
        matrix
    }

    /// How old what a row shows is: the age of the youngest answer among the feeds that know it.
    #[must_use]
    pub fn age_of(&self, id: RowId, now: Timestamp) -> Option<Duration> {
        let row = self.row(id)?;
        row.claims
            .iter()
            .filter_map(|claim| self.last_success(claim.feed))
            .max()
            .map(|success| now.since(success))
    }

    fn living(&self) -> impl Iterator<Item = &FeedEntry> {
        self.feeds
            .iter()
            .map(Box::as_ref)
            .filter(|entry| !entry.retired)
    }
}

/// The kind that a source brings; none for the list of accounts.
#[must_use]
pub const fn kind_of(source: SourceId) -> Option<Kind> {
    match source {
        SourceId::Organizations => None,
        SourceId::Cloudwatch => Some(Kind::Alarm),
        SourceId::Guardduty | SourceId::Securityhub => Some(Kind::Finding),
        SourceId::Opsitems | SourceId::Support | SourceId::Incidentmanager => Some(Kind::Incident),
        SourceId::Health => Some(Kind::Health),
        SourceId::Config | SourceId::Trustedadvisor => Some(Kind::Compliance),
        SourceId::Windows => Some(Kind::Window),
        SourceId::Patches => Some(Kind::Patch),
        SourceId::Backup => Some(Kind::Backup),
        SourceId::Mutes => Some(Kind::Mute),
    }
}

/// Which state wins in a cell that several feeds speak for.
const fn weight(state: FeedState) -> u8 {
    match state {
        FeedState::Off => 0,
        FeedState::Fresh => 1,
        FeedState::Late => 2,
        FeedState::Loading => 3,
        FeedState::Blind => 4,
    }
}

fn report(entry: &FeedEntry, now: Timestamp) -> FeedReport {
    FeedReport {
        feed: entry.feed,
        covers: entry.covers.clone(),
        state: entry.state(now),
        since: entry.since(now),
        success: entry.success,
        age: entry.success.map(|at| now.since(at)),
        took: entry.took,
        calls: entry.calls,
        items: entry.records.len(),
        fault: entry.fault.clone(),
        next: entry.next,
        every: entry.every,
    }
}
