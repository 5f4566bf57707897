//! One complete reading of the fleet, for the commands that print and end.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::aws::fleet::Fleet;
use crate::clock::Timestamp;
use crate::domain::{Account, Kind};
use crate::filter::Filter;
use crate::ledger::{Cursor, Trouble};
use crate::lifecycle::Mark;
use crate::runtime::config::Flags;
use crate::sources::sweep_once;
use crate::store::projection::{Include, Projection, Query};
use crate::store::{Coverage, Only, Row, RowId, Store};

use super::progress::Progress;
use super::stage::{self, Refusal, Stage};

/// Batches that may wait while the store is busy.
const WAITING: usize = 256;

/// The fleet at one moment.
pub struct Snapshot {
    /// The facts.
    pub store: Store,
    /// When they were complete.
    pub at: Timestamp,
    /// Who asks: whom `owner:mine` means.
    pub operator: String,
    /// The fleet that was read, and what its connections live on.
    pub fleet: Arc<Fleet>,
    /// The runtime of the SDK.
    pub runtime: Runtime,
    /// Why the ledger could not be read, if it could not: who has what is then unknown.
    pub ledger: Option<Trouble>,
    kinds: Vec<Kind>,
}

/// How far the reading is.
fn so_far(coverage: &Coverage) -> String {
    let open = coverage.loading;
    format!(
        "{} of {} feeds read; ctrl-c stops",
        coverage.feeds - open,
        coverage.feeds
    )
}

impl Snapshot {
    /// Reads everything that these kinds need, once, and mute rules where `filter` or a severity rule asks whether
    /// an alarm is muted. Ends after `patience` at the latest; what has not answered by
    /// then is blind.
    ///
    /// # Errors
    /// The command could not begin.
    pub fn take(
        flags: &Flags,
        demo: Option<&str>,
        kinds: &[Kind],
        filter: &Filter,
        patience: Duration,
    ) -> Result<Self, Refusal> {
        Self::of(&Stage::set(flags, demo)?, kinds, filter, patience)
    }

    /// The same for a stage that is set already.
    ///
    /// # Errors
    /// The command could not begin.
    pub fn of(
        stage: &Stage,
        kinds: &[Kind],
        filter: &Filter,
        patience: Duration,
    ) -> Result<Self, Refusal> {
        let mut store = stage.store(None);
        let mut needed = kinds.to_vec();
        let asks = |filter: &Filter| filter.speaks_of(Mark::Muted);
        let asked = asks(filter) || store.rules().iter().any(|rule| asks(&rule.filter));
        if asked && kinds.contains(&Kind::Alarm) && !kinds.contains(&Kind::Mute) {
            needed.push(Kind::Mute);
        }
        let clock = Stage::clock();
        let runtime = Stage::runtime()?;
        let (fleet, census) = runtime.block_on(async {
            let fleet = stage::open(stage.config.fleet.clone(), Arc::clone(&clock)).await?;
            let (tx, mut rx) = mpsc::channel(WAITING);
            let settings = stage.sources();
            let sweeping = Arc::clone(&clock);
            let swept = Arc::clone(&fleet);
            let sweep = tokio::spawn(async move {
                sweep_once(&swept, &settings, &needed, patience, sweeping, tx).await
            });
            let mut progress = Progress::new();
            while let Some(batch) = rx.recv().await {
                store.apply(batch);
                progress.show(|| so_far(&store.coverage(&Only::default(), clock.now())));
            }
            progress.clear();
            let census = sweep
                .await
                .map_err(|why| Refusal(vec![format!("the reading broke off: {why}")]))?;
            Ok::<_, Refusal>((fleet, census))
        })?;
        for warning in &stage.warnings {
            super::complain(warning);
        }
        let at = clock.now();
        store.set_roster(Arc::new(census.roster.clone()), at);
        store.tick(at);
        let told = stage
            .ledger()
            .and_then(|ledger| runtime.block_on(ledger.news(Cursor::default())));
        let ledger = match told {
            Ok(news) => {
                store.relearn(news.entries, at);
                None
            }
            Err(trouble) => Some(trouble),
        };
        Ok(Self {
            store,
            at,
            operator: stage.operator(),
            fleet,
            runtime,
            ledger,
            kinds: kinds.to_vec(),
        })
    }

    /// The rows that match, in queue order.
    #[must_use]
    pub fn rows(&self, filter: &Filter, include: Include) -> Vec<(RowId, &Row)> {
        let query = Query {
            kinds: self.kinds.clone(),
            filter: filter.clone(),
            include,
            ..Query::queue()
        };
        let mut projection = Projection::new(query);
        projection.refresh_fully(&self.store, self.at);
        projection
            .rows()
            .iter()
            .filter_map(|id| Some((*id, self.store.row(*id)?)))
            .collect()
    }

    /// How much of it could be read.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.store.coverage(&Only::default(), self.at)
    }

    /// The accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.store.roster().iter()
    }
}
