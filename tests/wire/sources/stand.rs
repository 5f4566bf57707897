//! The stand: a simulated world that stands still until it is moved, and a fleet that asks it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use noctop::aws::access::Patience;
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{AccountSpec, FleetSpec, OrganizationSpec, Selector, StaticKeys};
use noctop::clock::{Clock, ManualClock, Timestamp};
use noctop::domain::{Batch, Body, Cover, Detail, Fault, Feed, Item, Record, Scope, SourceId};
use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};
use noctop::sources::plan::{Planned, Want, plan};
use noctop::sources::{Asker, Look, Settings, Source, find};
use tokio::sync::mpsc;

/// Five accounts; the last is watched without being listed by the organization.
const WORLD: &str = r#"
title = "A world that stands still"
start = "2026-11-21T06:00:00Z"
seed = 11
regions = ["eu-west-1", "us-east-1"]
caller = "management"

[organization]
management = "management"

[[role]]
name = "noctop"

[[account]]
id = "111111111111"
name = "management"

[[account]]
id = "222222222222"
name = "payments-prod"

[[account]]
id = "333333333333"
name = "web-prod"

[[account]]
id = "444444444444"
name = "data-prod"

[[account]]
id = "555555555555"
name = "partner"
"#;

pub const MANAGEMENT: &str = "111111111111";
pub const PAYMENTS: &str = "222222222222";
pub const WEB: &str = "333333333333";
pub const DATA: &str = "444444444444";
pub const PARTNER: &str = "555555555555";
pub const EU: &str = "eu-west-1";
pub const US: &str = "us-east-1";

pub fn scope(account: &str, region: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
}

/// What one asking said.
pub struct Said {
    pub records: BTreeMap<Arc<str>, Item>,
    pub covers: Cover,
    pub calls: u32,
    pub outcome: Result<(), Fault>,
}

impl Said {
    /// The item of this name.
    pub fn named(&self, name: &str) -> &Item {
        self.records
            .values()
            .find(|item| item.name.contains(name))
            .unwrap_or_else(|| panic!("no item is called {name}"))
    }

    /// The scopes that the answer spoke for.
    pub fn scopes(&self) -> Vec<Scope> {
        match &self.covers {
            Cover::Vantage => panic!("the answer speaks for its vantage"),
            Cover::Scopes(scopes) => scopes.to_vec(),
        }
    }
}

pub struct Stand {
    pub sim: Simulator,
    pub clock: Arc<ManualClock>,
    pub fleet: Arc<Fleet>,
    asker: Asker,
    rx: mpsc::Receiver<Batch>,
}

impl Stand {
    /// The world with further sections.
    pub async fn new(sections: &str) -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-11-21T06:00:00Z")));
        let scenario = Scenario::parse("still", &format!("{WORLD}\n{sections}")).unwrap();
        let options = Options {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..Options::default()
        };
        let sim = Simulator::play(scenario, options).unwrap();
        let spec = FleetSpec {
            accounts: vec![AccountSpec {
                name: "partner".into(),
                id: PARTNER.parse().ok(),
                role_arn: Some(format!("arn:aws:iam::{PARTNER}:role/noctop")),
                ..AccountSpec::default()
            }],
            organization: Some(OrganizationSpec {
                role_name: "noctop".into(),
                exclude: vec![Selector::Account(PARTNER.parse().unwrap())],
                ..OrganizationSpec::default()
            }),
            regions: vec![EU.parse().unwrap(), US.parse().unwrap()],
            endpoint_url: Some(sim.endpoint()),
            operator: "ana".into(),
            keys: Some(StaticKeys {
                id: "AKIASIMULATED".into(),
                secret: "simulated".into(),
            }),
            ..FleetSpec::default()
        };
        let patience = Patience {
            operation: Duration::from_secs(60),
            attempts: 1,
            ..Patience::default()
        };
        let time = || Arc::clone(&clock) as Arc<dyn Clock>;
        let fleet = Fleet::open(spec, patience, time()).await.unwrap();
        for survey in fleet.surveys() {
            fleet.survey(survey.slice).await.1.unwrap();
        }
        let (tx, rx) = mpsc::channel(100_000);
        Self {
            asker: Asker::new(time(), tx),
            sim,
            clock,
            fleet,
            rx,
        }
    }

    /// The feeds of a source as they are planned.
    pub fn plan(&self, source: SourceId, settings: &Settings) -> Vec<Planned> {
        plan(&self.fleet.census(), settings, Want::Live)
            .into_iter()
            .filter(|planned| planned.feed.source == source)
            .collect()
    }

    /// Asks one planned feed and hands on what it says, as a store would hear it.
    pub async fn ask_for_batches(&mut self, planned: &Planned) -> (Vec<Batch>, Result<(), Fault>) {
        let access = self.fleet.access(planned.feed.vantage).unwrap();
        let covers = planned.covers.clone();
        let outcome = self
            .asker
            .ask(planned.source, planned.feed, covers, access, |_, now| now)
            .await;
        let mut batches = Vec::new();
        while let Ok(batch) = self.rx.try_recv() {
            batches.push(batch);
        }
        (batches, outcome)
    }

    /// Asks one planned feed.
    pub async fn ask(&mut self, planned: &Planned) -> Said {
        let (batches, outcome) = self.ask_for_batches(planned).await;
        let mut said = Said {
            records: BTreeMap::new(),
            covers: planned.covers.clone(),
            calls: 0,
            outcome,
        };
        for batch in batches {
            said.covers = batch.covers;
            match batch.body {
                Body::Page(records) => {
                    for Record { native, item } in records {
                        let again = said.records.insert(Arc::clone(&native), item);
                        // A window that is listed stands in for itself until its runs are read.
                        let is_final = |item: &Item| !matches!(&item.detail, Detail::Window(w) if w.last.is_none());
                        assert!(
                            !again.is_some_and(|i| is_final(&i)),
                            "{native} was handed over twice"
                        );
                    }
                }
                Body::End { calls, .. } | Body::Failed { calls, .. } => said.calls = calls,
                _ => {}
            }
        }
        said
    }

    /// Asks one feed of one scope, which has to be planned.
    pub async fn ask_scope(&mut self, source: SourceId, slice: &str, scope: Scope) -> Said {
        let planned = self
            .plan(source, &Settings::default())
            .into_iter()
            .find(|p| p.feed.vantage == scope && p.feed.slice.0 == slice)
            .unwrap();
        let said = self.ask(&planned).await;
        said.outcome.as_ref().unwrap();
        said
    }

    /// Reads an item afresh.
    pub async fn raw(&self, feed: Feed, item: &Item) -> serde_json::Value {
        let source: &Source = find(feed.source).unwrap();
        let access = self.fleet.access(feed.vantage).unwrap();
        let item = item.clone();
        (source.raw)(Look { access, item }).await.unwrap()
    }

    /// What the simulator says is true of a service in a scope.
    pub fn truth(&self, service: &str, scope: Scope) -> serde_json::Value {
        let (account, region) = (scope.account.to_string(), scope.region.to_string());
        self.sim.truth(service, &account, &region).unwrap()
    }
}
