//! The world: its clock, its accounts, and what every service keeps in each account and region.
//!
//! ```text
//!  World ── clock
//!    ├──── accounts  (fixed when the world starts)
//!    └──── cells     (account × region, each with a lock per service)
//!              └── Estate of CloudWatch, of GuardDuty, …  founded on first touch
//! ```
//!
//! The same scenario, seed and time give the same state, however often it is asked for: every
//! estate draws from a generator seeded by its place, and moves by events that have a time of their
//! own, never by the moment of a request.

mod clock;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use indexmap::IndexMap;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

pub use clock::WorldClock;

use super::scenario::{AccountEntry, Role, Scenario, matches};
use super::wire::text;
use crate::clock::Timestamp;

/// What one service keeps in one account and region.
pub trait Estate: Send + 'static {
    /// The state at the world's start. Deterministic: draw from [`Site::rng`].
    fn found(site: &Site) -> Self;
    /// Lets everything happen that is due by `now`, in the order of its own times.
    fn advance(&mut self, site: &Site, now: Timestamp);
}

/// Where an estate lies.
#[derive(Debug)]
pub struct Site {
    /// The account's id.
    pub account: Arc<str>,
    /// The account's name.
    pub name: Arc<str>,
    /// The region.
    pub region: Arc<str>,
    /// The partition.
    pub partition: Arc<str>,
    /// Whether the scenario uses this region in this account. Elsewhere AWS answers, but has nothing.
    pub stocked: bool,
    /// How many accounts times regions the whole world uses.
    pub cells: usize,
    /// When the world started.
    pub started: Timestamp,
    /// The scenario, for the service's own section.
    pub scenario: Arc<Scenario>,
    seed: u64,
}

impl Site {
    /// A generator of its own for each `purpose`, the same in every run with the same seed.
    #[must_use]
    pub fn rng(&self, purpose: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(mix(&(self.seed, &*self.account, &*self.region, purpose)))
    }

    /// An ARN of this account and region.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.account
        )
    }
}

/// An account of the world.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the scenario says of it.
    pub entry: AccountEntry,
    /// The regions it uses.
    pub regions: Vec<Arc<str>>,
}

/// Account and region.
type Place = (Arc<str>, Arc<str>);

struct Cell {
    site: Site,
    estates: Mutex<Vec<(TypeId, Arc<dyn Any + Send + Sync>)>>,
}

/// The world.
pub struct World {
    scenario: Arc<Scenario>,
    clock: WorldClock,
    partition: Arc<str>,
    seed: u64,
    accounts: IndexMap<Arc<str>, Account>,
    cells: RwLock<HashMap<Place, Arc<Cell>>>,
    serial: AtomicU64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "World({}, {} accounts)",
            self.scenario.title,
            self.accounts.len()
        )
    }
}

impl World {
    /// The world of a scenario, on the given clock.
    #[must_use]
    pub fn new(scenario: Scenario, seed: Option<u64>, clock: WorldClock) -> Self {
        let mut entries = scenario.account.clone();
        entries.extend((0..scenario.fleet.accounts).map(generated));
        let accounts = entries.into_iter().map(|entry| {
            let regions = entry
                .regions
                .clone()
                .unwrap_or_else(|| scenario.regions.clone());
            (entry.id.clone(), Account { entry, regions })
        });
        Self {
            partition: scenario.partition.as_str().into(),
            seed: seed.unwrap_or(scenario.seed),
            accounts: accounts.collect(),
            scenario: Arc::new(scenario),
            clock,
            cells: RwLock::default(),
            serial: AtomicU64::new(1),
        }
    }

    /// The scenario it plays.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &WorldClock {
        &self.clock
    }

    /// Its time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Its partition.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Its accounts by id, in the scenario's order.
    #[must_use]
    pub fn accounts(&self) -> &IndexMap<Arc<str>, Account> {
        &self.accounts
    }

    /// The account with this id or name.
    #[must_use]
    pub fn account(&self, id_or_name: &str) -> Option<&Account> {
        self.accounts
            .get(id_or_name)
            .or_else(|| self.accounts.values().find(|a| a.entry.name == id_or_name))
    }

    /// The account in which the base keys act.
    #[must_use]
    pub fn caller(&self) -> &Arc<str> {
        static NOBODY: std::sync::LazyLock<Arc<str>> =
            std::sync::LazyLock::new(|| "000000000000".into());
        let named = self
            .scenario
            .caller
            .as_deref()
            .and_then(|name| self.account(name));
        named
            .or_else(|| self.accounts.values().next())
            .map_or(&NOBODY, |a| &a.entry.id)
    }

    /// The management account of the organization.
    #[must_use]
    pub fn management(&self) -> &Arc<str> {
        let named = self
            .scenario
            .organization
            .management
            .as_deref()
            .and_then(|name| self.account(name));
        named.map_or_else(|| self.caller(), |a| &a.entry.id)
    }

    /// The rule under which a role of an account can be assumed.
    #[must_use]
    pub fn role(&self, account: &str, role: &str) -> Option<&Role> {
        let name = &self.accounts.get(account)?.entry.name;
        let here = |pattern: &String| matches(pattern, account) || matches(pattern, name);
        self.scenario.role.iter().find(|rule| {
            matches(&rule.name, role)
                && (rule.accounts.is_empty() || rule.accounts.iter().any(here))
        })
    }

    /// A number that was not given out before.
    pub fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// A seeded id with a prefix, such as `AROA` and 17 letters: the same name gives the same id.
    #[must_use]
    pub fn unique(&self, prefix: &str, name: &str) -> String {
        let n = mix(&(self.seed, prefix, name));
        format!(
            "{prefix}{}{}",
            text::base32(n, 12),
            text::base32(n >> 13, 5)
        )
    }

    /// Looks at, or changes, what a service keeps in an account and region, brought up to date.
    pub fn estate<S: Estate, R>(
        &self,
        account: &str,
        region: &str,
        look: impl FnOnce(&mut S, &Site, Timestamp) -> R,
    ) -> R {
        let cell = self.cell(account, region);
        let estate = cell.estate::<S>();
        let mut estate = estate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let estate = estate.get_or_insert_with(|| S::found(&cell.site));
        estate.advance(&cell.site, now);
        look(estate, &cell.site, now)
    }

    fn cell(&self, account: &str, region: &str) -> Arc<Cell> {
        let key: Place = (account.into(), region.into());
        if let Some(cell) = self
            .cells
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return cell.clone();
        }
        let known = self.accounts.get(account);
        let site = Site {
            account: key.0.clone(),
            name: known.map_or("", |a| &a.entry.name).into(),
            region: key.1.clone(),
            partition: self.partition.clone(),
            stocked: known.is_some_and(|a| a.regions.iter().any(|r| **r == *region)),
            cells: self
                .accounts
                .values()
                .map(|a| a.regions.len())
                .sum::<usize>()
                .max(1),
            started: self.clock.started(),
            scenario: self.scenario.clone(),
            seed: self.seed,
        };
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        cells
            .entry(key)
            .or_insert_with(|| {
                Arc::new(Cell {
                    site,
                    estates: Mutex::default(),
                })
            })
            .clone()
    }
}

impl Cell {
    fn estate<S: Estate>(&self) -> Arc<Mutex<Option<S>>> {
        let mut estates = self.estates.lock().unwrap_or_else(PoisonError::into_inner);
        let id = TypeId::of::<S>();
        let known = estates
            .iter()
            .find(|(t, _)| *t == id)
            .map(|(_, any)| any.clone());
        known
            .and_then(|any| any.downcast().ok())
            .unwrap_or_else(|| {
                let fresh: Arc<Mutex<Option<S>>> = Arc::new(Mutex::new(None));
                estates.push((id, fresh.clone()));
                fresh
            })
    }
}

/// The n-th generated account.
fn generated(n: usize) -> AccountEntry {
    const TEAMS: [&str; 10] = [
        "payments", "web", "data", "search", "mobile", "identity", "ledger", "media", "risk",
        "core",
    ];
    const STAGES: [&str; 4] = ["prod", "stage", "test", "dev"];
    let (team, stage, round) = (TEAMS[n % 10], STAGES[n / 10 % 4], n / 40);
    let name = if round == 0 {
        format!("{team}-{stage}")
    } else {
        format!("{team}-{stage}-{round}")
    };
    AccountEntry {
        id: format!("{:012}", 200_000_000_000_usize + n).into(),
        name,
        ou: format!(
            "Workloads/{}{}",
            stage[..1].to_ascii_uppercase(),
            &stage[1..]
        ),
        status: "ACTIVE".to_owned(),
        regions: None,
        tags: [
            ("team".to_owned(), team.to_owned()),
            ("stage".to_owned(), stage.to_owned()),
        ]
        .into(),
    }
}

/// A hash that is the same in every build: std's hasher promises nothing.
fn mix(value: &impl Hash) -> u64 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
        fn write(&mut self, bytes: &[u8]) {
            for &byte in bytes {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    value.hash(&mut hasher);
    hasher.finish()
}
