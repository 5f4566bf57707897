//! The stand: a simulator and a fleet that is connected to it.

use std::sync::Arc;
use std::time::Duration;

use noctop::aws::access::Patience;
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{FleetSpec, OrganizationSpec, StaticKeys};
use noctop::clock::{Clock, SystemClock};
use noctop::domain::{Batch, Cover, Fault, Feed, Region, Scope};
use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};
use noctop::sources::{Asker, Source};
use tokio::sync::mpsc;

/// Two members beside the management account, with a few alarms that do not move.
const WORLD: &str = r#"
title = "A still world"
start = "2026-11-21T06:00:00Z"
seed = 3
regions = ["eu-west-1", "us-east-1"]
caller = "management"

[organization]
management = "management"

[[role]]
name = "noctop"

[[role]]
name = "partner"
external_id = "nightwatch"

[[account]]
id = "111111111111"
name = "management"

[[account]]
id = "222222222222"
name = "payments-prod"
ou = "Workloads/Prod"
tags = { env = "prod" }

[[account]]
id = "333333333333"
name = "web-stage"
ou = "Workloads/Stage"

[[account]]
id = "444444444444"
name = "closed"
status = "SUSPENDED"

[alarms]
per_cell = 130
firing = 0.1
no_data = 0.05

[[alarms.mute]]
name = "noctop-ben-"
alarms = ["*a*"]
note = "Rolling restart (muted by ben with noctop)"
began = "25m"
lasts = "2h"

[health]
organization_view = true

[config]
rules = 6
failing = 0.8
controls = true

[[incidentmanager.replication]]
regions = ["eu-west-1", "us-east-1"]

[[incidentmanager.record]]
title = "Checkout is failing"
age = "20m"

[trustedadvisor]
found = 4
"#;

/// The account and region that the matrix works on.
pub const ACCOUNT: &str = "222222222222";
pub const REGION: &str = "eu-west-1";
pub const NAME: &str = "payments-prod";

pub fn scope(account: &str, region: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

/// The account in what serves all regions.
pub fn everywhere(account: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: Region::GLOBAL,
    }
}

/// Impatient enough that a hanging call does not hold a test up.
pub fn impatient() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        operation: Duration::from_millis(400),
        attempts: 1,
        ..Patience::default()
    }
}

/// As production has it, but for the time-outs.
pub fn patient() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        operation: Duration::from_secs(30),
        attempts: 1,
        ..Patience::default()
    }
}

pub fn simulator() -> Simulator {
    let scenario = Scenario::parse("still", WORLD).unwrap();
    Simulator::play(
        scenario,
        Options {
            speed: 0.0,
            ..Options::default()
        },
    )
    .unwrap()
}

pub fn spec(sim: &Simulator) -> FleetSpec {
    FleetSpec {
        organization: Some(OrganizationSpec {
            role_name: "noctop".into(),
            tags: true,
            ..OrganizationSpec::default()
        }),
        regions: vec!["eu-west-1".parse().unwrap(), "us-east-1".parse().unwrap()],
        endpoint_url: Some(sim.endpoint()),
        operator: "ana".into(),
        keys: Some(StaticKeys {
            id: "AKIASIMULATED".into(),
            secret: "simulated".into(),
        }),
        ..FleetSpec::default()
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub async fn open(spec: FleetSpec, patience: Patience) -> Arc<Fleet> {
    let fleet = Fleet::open(spec, patience, clock()).await.unwrap();
    for survey in fleet.surveys() {
        fleet.survey(survey.slice).await.1.unwrap();
    }
    fleet
}

/// Asks feeds by hand and collects what they say.
pub struct Asking {
    asker: Asker,
    fleet: Arc<Fleet>,
    rx: mpsc::Receiver<Batch>,
}

impl Asking {
    pub fn new(fleet: &Arc<Fleet>) -> Self {
        let (tx, rx) = mpsc::channel(100_000);
        Self {
            asker: Asker::new(clock(), tx),
            fleet: Arc::clone(fleet),
            rx,
        }
    }

    pub async fn ask(
        &mut self,
        source: &'static Source,
        feed: Feed,
    ) -> (Vec<Batch>, Result<(), Fault>) {
        let access = self.fleet.access(feed.vantage).unwrap();
        let covers = if feed.vantage.region == Region::GLOBAL {
            Cover::Scopes(Arc::new([scope(ACCOUNT, REGION), feed.vantage]))
        } else {
            Cover::Vantage
        };
        let outcome = self
            .asker
            .ask(source, feed, covers, access, |_, now| now)
            .await;
        let mut batches = Vec::new();
        while let Ok(batch) = self.rx.try_recv() {
            batches.push(batch);
        }
        (batches, outcome)
    }
}
