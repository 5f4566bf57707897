//! What every command that asks AWS stands on: the configuration, the fleet, and in the demo a simulator.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::audit::{Journal, Session};
use crate::aws::access::Patience;
use crate::aws::fleet::Fleet;
use crate::aws::fleet::spec::{FleetSpec, OrganizationSpec, StaticKeys};
use crate::aws::ledger::TableBook;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::domain::{Account, Fault, Policy, Roster, SourceId};
use crate::ledger::{Answer, Book, FileBook, LateBook, Ledger, Trouble, TroubleKind};
use crate::runtime::config::{self, Config, Flags, LedgerTable, Paths};
use crate::sim::{Options, Simulator};
use crate::sources;
use crate::store;
use crate::triage::Rules;

/// Why a command could not begin: usage or configuration.
#[derive(Debug)]
pub struct Refusal(pub Vec<String>);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(vec![fault.to_string()])
    }
}

/// The configuration as it holds, and the simulator of a demo.
pub struct Stage {
    /// The configuration.
    pub config: Config,
    /// What is wrong in it but keeps nobody from starting.
    pub warnings: Vec<String>,
    /// What the fleet is called.
    pub name: String,
    simulator: Option<Simulator>,
    /// Where a demo keeps what others keep with the user's state; it goes with the demo.
    scrap: Option<TempDir>,
}

impl Stage {
    /// Reads the configuration; starts the simulator where a demo was asked for.
    ///
    /// # Errors
    /// The fleet would not be the one that was written, or the scenario cannot be played.
    pub fn set(flags: &Flags, demo: Option<&str>) -> Result<Self, Refusal> {
        let env = |name: &str| std::env::var(name).ok();
        let loaded = config::load(flags, &env, &Paths::of_this_user());
        let warnings = loaded.warnings.iter().map(ToString::to_string).collect();
        let mut config = loaded.config;
        let Some(scenario) = demo else {
            if !loaded.refusals.is_empty() {
                return Err(Refusal(
                    loaded.refusals.iter().map(ToString::to_string).collect(),
                ));
            }
            return Ok(Self {
                config,
                warnings,
                name: String::new(),
                simulator: None,
                scrap: None,
            });
        };
        // The demo is its own fleet: nothing of the operator's accounts, files or environment leads out of it.
        let options = Options {
            scenario: scenario.to_owned(),
            regions: flags.regions.clone(),
            // It serves one console, in whose memory it lives.
            threads: 1,
            ..Options::default()
        };
        let simulator = Simulator::start(options)
            .map_err(|why| Refusal(vec![format!("the demo cannot start: {why}")]))?;
        let scrap = tempfile::Builder::new()
            .prefix("noctop-demo-")
            .tempdir()
            .map_err(|why| Refusal(vec![format!("the demo has no place for its ledger: {why}")]))?;
        let operator = if config.operator.is_empty() {
            "demo".to_owned()
        } else {
            config.operator.clone()
        };
        config.fleet = demo_fleet(&simulator, operator);
        config.severity_rules.clear();
        Ok(Self {
            config,
            warnings,
            name: scenario.to_owned(),
            simulator: Some(simulator),
            scrap: Some(scrap),
        })
    }

    /// Whether nobody has configured anything and no console has run here before.
    #[must_use]
    pub fn is_first_time(&self) -> bool {
        let has_run = self.history().is_some_and(|path| path.exists());
        let file = self.config.paths().config.as_deref();
        !self.is_demo() && !has_run && !file.is_some_and(std::path::Path::exists)
    }

    /// Where the configuration file is, or would be.
    #[must_use]
    pub fn config_path(&self) -> String {
        let paths = self.config.paths();
        let path = paths.config.as_deref();
        path.map_or_else(|| "config.toml".to_owned(), |path| paths.shorten(path))
    }

    /// Whether this is a demo.
    #[must_use]
    pub const fn is_demo(&self) -> bool {
        self.simulator.is_some()
    }

    /// Who uses this console. Where nobody said so, the system's number for the user: in a shared ledger two operators
    /// must not become one because both are nameless.
    #[must_use]
    pub fn operator(&self) -> String {
        if self.config.operator.is_empty() {
            match rustix::process::getuid() {
                uid if uid.is_root() => "root".to_owned(),
                uid => format!("uid-{}", uid.as_raw()),
            }
        } else {
            self.config.operator.clone()
        }
    }

    /// The accounts that the configuration names with their ids: what is known of them without asking AWS.
    #[must_use]
    pub fn named_accounts(&self) -> Roster {
        let named = self.config.fleet.accounts.iter();
        let named = named.filter(|account| !account.name.is_empty());
        Roster::new(named.filter_map(|account| {
            Some(Account {
                id: account.written_id()?,
                name: account.name.as_str().into(),
                tags: account.tags.clone(),
                policy: account.policy,
                regions: account.regions.clone(),
            })
        }))
    }

    /// The ledger: who acknowledged what. A demo has one of its own, which nobody keeps.
    ///
    /// # Errors
    /// There is no place for it, or the system gives no thread.
    pub fn ledger(&self) -> Result<Ledger, Trouble> {
        if let (None, Some(table)) = (&self.scrap, &self.config.ledger_table) {
            let outbox = self.config.paths.outbox().ok_or_else(|| {
                Trouble::new(
                    TroubleKind::Unfit,
                    "acts have no place to wait while the ledger is away: this user has no home",
                )
            })?;
            let book = shared(self.config.fleet.clone(), table.clone());
            return Ledger::shared(Arc::new(book), &outbox);
        }
        let path = match (&self.scrap, &self.config.ledger) {
            (Some(scrap), _) => Some(scrap.path().join("ledger.db")),
            (None, Some(path)) => Some(path.clone()),
            (None, None) => self.config.paths.ledger(),
        };
        let path = path.ok_or_else(|| {
            Trouble::new(
                TroubleKind::Unfit,
                "there is no place for the ledger: this user has no home; name a file in [ledger] path",
            )
        })?;
        Ok(Ledger::local(Arc::new(FileBook::open(&path)?)))
    }

    /// Where the history is kept; none where the user has no home. A demo has one of its own, which nobody keeps.
    #[must_use]
    pub fn history(&self) -> Option<PathBuf> {
        match &self.scrap {
            Some(scrap) => Some(scrap.path().join("history.db")),
            None => self.config.paths.history(),
        }
    }

    /// The journal of this process. A demo has one of its own, which nobody keeps.
    #[must_use]
    pub fn journal(&self, clock: Arc<dyn Clock>) -> Journal {
        let env = |name: &str| std::env::var(name).ok();
        let readonly = self.config.readonly_because();
        let session = Session::of_this_process(&self.operator(), readonly.as_deref(), &env);
        Journal::open(self.journal_path().as_deref(), session, clock)
    }

    /// Where pages are saved; none where the user has no home.
    #[must_use]
    pub fn pages(&self) -> Option<PathBuf> {
        match &self.scrap {
            Some(scrap) => Some(scrap.path().join("handovers")),
            None => self.config.paths.handovers(),
        }
    }

    /// Where the journal is kept; none where the user has no home.
    #[must_use]
    pub fn journal_path(&self) -> Option<PathBuf> {
        match &self.scrap {
            Some(scrap) => Some(scrap.path().join("journal.db")),
            None => self.config.paths.journal(),
        }
    }

    /// An empty store with these rules, for an operator who looked last at this time, if that is known.
    #[must_use]
    pub fn store(&self, looked: Option<Timestamp>) -> store::Store {
        let rules = Rules::with_defaults(self.config.severity_rules.clone());
        store::Store::new(store::Settings {
            rules,
            looked,
            ..store::Settings::default()
        })
    }

    /// What the configuration says about the sources.
    #[must_use]
    pub fn sources(&self) -> sources::Settings {
        let one = |(id, said): (&SourceId, &config::SourceSettings)| {
            let settings = sources::SourceSettings {
                enabled: said.enabled,
                every: said.every,
                organization: said.organization,
            };
            (*id, settings)
        };
        sources::Settings {
            sources: self
                .config
                .sources
                .iter()
                .map(one)
                .collect::<BTreeMap<_, _>>(),
        }
    }

    /// The runtime of the SDK.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn runtime() -> Result<tokio::runtime::Runtime, Refusal> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("noctop-aws")
            // The SDK's readers keep whole structures on the stack: unoptimised, the one of a finding's resource takes
            // more than 8 MiB. What is not touched costs nothing.
            .thread_stack_size(64 << 20)
            .on_thread_start(step_back)
            .enable_all()
            .build()
            .map_err(|why| Refusal(vec![format!("the system gives no threads: {why}")]))
    }

    /// The wall clock.
    #[must_use]
    pub fn clock() -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }
}

/// How far the SDK's threads stand back from the one that answers keys; a nice value, which needs no privilege.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Lets the thread that answers keys go first: a sweep decodes for seconds on as many cores as there are, and a key that
/// waits for one of them waits for milliseconds. On Linux every thread has a nice value of its own; elsewhere this would
/// slow down the whole program.
fn step_back() {
    #[cfg(target_os = "linux")]
    // Where the system forbids it, keys are answered as without it.
    let _ = rustix::process::setpriority_process(None, BEHIND);
}

/// The book in a table. It finds its way when it is first asked: a console starts without waiting for AWS.
fn shared(fleet: FleetSpec, table: LedgerTable) -> LateBook {
    let place = match table.region.or_else(|| fleet.regions.first().copied()) {
        Some(region) => format!("table {} in {region}", table.name),
        None => format!("table {}", table.name),
    };
    let open = move || -> Answer<Result<Arc<dyn Book>, Trouble>> {
        let (fleet, table) = (fleet.clone(), table.clone());
        Box::pin(async move {
            let clock = Stage::clock();
            let fleet = Fleet::open(fleet, Patience::default(), Arc::clone(&clock)).await?;
            let (access, identity) = fleet.way(table.profile.as_deref(), table.region).await?;
            let book: Arc<dyn Book> = Arc::new(TableBook::new(
                access,
                &table.name,
                &table.fleet,
                &identity,
                clock,
            ));
            Ok(book)
        })
    };
    LateBook::new(place, Box::new(open))
}

/// Prepares access to a fleet. Nothing is asked of AWS yet.
///
/// # Errors
/// The file of trusted certificates cannot be used.
pub async fn open(spec: FleetSpec, clock: Arc<dyn Clock>) -> Result<Arc<Fleet>, Refusal> {
    Ok(Fleet::open(spec, Patience::default(), clock).await?)
}

/// The simulated organization as a fleet.
fn demo_fleet(simulator: &Simulator, operator: String) -> FleetSpec {
    let regions = simulator
        .world()
        .scenario()
        .regions
        .iter()
        .filter_map(|r| r.parse().ok())
        .collect();
    FleetSpec {
        organization: Some(OrganizationSpec {
            role_name: "NoctopRead".to_owned(),
            act_role_name: Some("NoctopAct".to_owned()),
            tags: true,
            // Nobody is hurt; what `--write` allows is shown with every confirmation that real accounts ask for.
            policy: Policy::Confirm,
            ..OrganizationSpec::default()
        }),
        regions,
        endpoint_url: Some(simulator.endpoint()),
        operator,
        keys: Some(StaticKeys {
            id: "demo".to_owned(),
            secret: "demo".to_owned(),
        }),
        ..FleetSpec::default()
    }
}
