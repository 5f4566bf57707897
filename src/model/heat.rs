//! The heat map: what is open in each account and region, and where nobody can tell.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{AccountId, FeedState, Region, Roster, Scope, Severity};
use crate::lifecycle::State;
use crate::store::{RowId, Store};

/// How often it is counted again at most: a hundred thousand open items are looked at in milliseconds, not in none.
const EVERY: Duration = Duration::from_secs(1);

/// What is open somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Open items by severity; index with `severity as usize`.
    pub open: [usize; Severity::ALL.len()],
    /// How many of them somebody has taken, by severity.
    pub taken: [usize; Severity::ALL.len()],
    /// Whether something there cannot be read: the counts may be larger.
    pub is_blind: bool,
}

impl Spot {
    /// Everything that is open.
    #[must_use]
    pub fn total(&self) -> usize {
        self.open.iter().sum()
    }

    /// The highest severity, and how many items have it.
    #[must_use]
    pub fn worst(&self) -> Option<(Severity, usize)> {
        let counts = Severity::ALL.iter().map(|s| (*s, self.open[*s as usize]));
        counts
            .filter(|(_, count)| *count > 0)
            .max_by_key(|(severity, _)| *severity)
    }

    /// How many of them nobody has taken.
    #[must_use]
    pub fn untaken(&self) -> usize {
        self.total() - self.taken.iter().sum::<usize>()
    }

    fn add(&mut self, severity: Severity, is_taken: bool) {
        self.open[severity as usize] += 1;
        self.taken[severity as usize] += usize::from(is_taken);
    }

    /// What decides about the order of accounts, the worst last.
    fn weight(&self) -> (Option<Severity>, usize, usize) {
        let worst = self.worst();
        (
            worst.map(|(severity, _)| severity),
            worst.map_or(0, |(_, count)| count),
            self.untaken(),
        )
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Which.
    pub account: AccountId,
    /// Of all its regions.
    pub all: Spot,
    /// Of each region, in the order of [`Heat::regions`].
    pub spots: Vec<Spot>,
}

impl Lane {
    /// How many open items of this severity somebody has.
    #[must_use]
    pub fn taken(&self, severity: Severity) -> usize {
        self.all.taken[severity as usize]
    }
}

/// Accounts and regions with what is open in them.
#[derive(Clone, Debug, Default)]
pub struct Heat {
    /// The regions from left to right: those of the roster, and wherever else something is open.
    pub regions: Vec<Region>,
    /// The accounts, the worst first.
    pub lanes: Vec<Lane>,
    /// The column under the cursor: 0 is all regions.
    pub column: usize,
    counted: Option<Timestamp>,
}

impl Heat {
    /// Counts again where that is due: `open` are the open items.
    pub fn refresh(&mut self, open: &[RowId], store: &Store, roster: &Roster, now: Timestamp) {
        if self
            .counted
            .is_some_and(|at| at <= now && now.since(at) < EVERY)
        {
            return;
        }
        self.counted = Some(now);
        let mut spots: HashMap<Scope, Spot> = HashMap::new();
        for row in open.iter().filter_map(|id| store.row(*id)) {
            let spot = spots.entry(row.key().scope).or_default();
            spot.add(row.severity(), row.state() != State::New);
        }
        let mut regions: BTreeSet<Region> = spots.keys().map(|scope| scope.region).collect();
        let mut accounts: BTreeSet<AccountId> = spots.keys().map(|scope| scope.account).collect();
        for account in roster.iter() {
            accounts.insert(account.id);
            regions.extend(account.regions.iter().copied());
        }
        for (feed, state) in store.feed_states(now) {
            if state == FeedState::Blind && feed.vantage.account != AccountId::UNKNOWN {
                spots.entry(feed.vantage).or_default().is_blind = true;
            }
        }
        self.regions = regions.into_iter().collect();
        self.lanes = accounts
            .into_iter()
            .map(|account| self.lane(account, &spots))
            .collect();
        self.lanes.sort_by(|a, b| {
            b.all
                .weight()
                .cmp(&a.all.weight())
                .then(a.account.cmp(&b.account))
        });
        self.column = self.column.min(self.regions.len());
    }

    fn lane(&self, account: AccountId, spots: &HashMap<Scope, Spot>) -> Lane {
        let spot = |region: &Region| {
            let scope = Scope {
                account,
                region: *region,
            };
            spots.get(&scope).copied().unwrap_or_default()
        };
        let spots: Vec<Spot> = self.regions.iter().map(spot).collect();
        let mut all = Spot::default();
        for spot in &spots {
            for (sum, count) in all.open.iter_mut().zip(spot.open) {
                *sum += count;
            }
            for (sum, count) in all.taken.iter_mut().zip(spot.taken) {
                *sum += count;
            }
            all.is_blind |= spot.is_blind;
        }
        Lane {
            account,
            all,
            spots,
        }
    }

    /// The lane of an account.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.account == account)
    }
}
