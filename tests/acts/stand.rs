//! The stand: a world that stands still, a fleet whose accounts may be changed, and a journal.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use noctop::audit::record::{Act, Whole};
use noctop::audit::{Journal, Session};
use noctop::aws::access::{Access, Patience};
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{AccountSpec, FleetSpec, StaticKeys};
use noctop::aws::ops::{Change, Done, perform};
use noctop::clock::{Clock, ManualClock, Timestamp};
use noctop::domain::{Policy, Region, Scope};
use noctop::sim::{Options, Simulator};
use serde_json::Value;

pub const PAYMENTS: &str = "222222222222";
pub const WEB: &str = "333333333333";

pub fn scope(account: &str) -> Scope {
    Scope {
        account: account.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

/// What belongs to no region of an account.
pub fn everywhere(account: &str) -> Scope {
    Scope {
        region: Region::GLOBAL,
        ..scope(account)
    }
}

/// A world that stands still at one moment of one day: which jobs have failed depends on the hour.
pub fn simulator() -> Simulator {
    let moment = Timestamp::parse("2026-11-21T13:05:00Z").unwrap();
    Simulator::start(Options {
        scenario: "everyday".to_owned(),
        speed: 0.0,
        clock: Arc::new(ManualClock::new(moment)),
        ..Options::default()
    })
    .unwrap()
}

/// Payments may be changed and has a role for it; web may not.
pub fn spec(endpoint: &str) -> FleetSpec {
    let account = |name: &str, id: &str, act: bool, policy| AccountSpec {
        name: name.to_owned(),
        id: Some(id.parse().unwrap()),
        role_arn: Some(format!("arn:aws:iam::{id}:role/NoctopRead")),
        act_role_arn: act.then(|| format!("arn:aws:iam::{id}:role/NoctopAct")),
        regions: vec!["eu-west-1".parse().unwrap()],
        policy,
        ..AccountSpec::default()
    };
    FleetSpec {
        accounts: vec![
            account("payments-prod", PAYMENTS, true, Policy::Confirm),
            account("web-prod", WEB, true, Policy::ReadOnly),
        ],
        endpoint_url: Some(endpoint.to_owned()),
        operator: "ana".into(),
        keys: Some(StaticKeys {
            id: "AKIASIMULATED".into(),
            secret: "simulated".into(),
        }),
        ..FleetSpec::default()
    }
}

/// As production has it, but for what would hold a test up.
pub fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        operation: Duration::from_secs(30),
        ..Patience::default()
    }
}

pub async fn fleet(endpoint: &str, patience: Patience, at: Timestamp) -> Arc<Fleet> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(at));
    Fleet::open(spec(endpoint), patience, clock).await.unwrap()
}

pub fn journal(path: &Path, operator: &str, readonly: Option<&str>, at: Timestamp) -> Journal {
    let session = Session::of_this_process(operator, readonly, &|_| None);
    Journal::open(Some(path), session, Arc::new(ManualClock::new(at)))
}

/// One console on one simulator.
pub struct Stand {
    pub sim: Simulator,
    pub fleet: Arc<Fleet>,
    pub journal: Journal,
    folder: tempfile::TempDir,
}

impl Stand {
    pub async fn new() -> Self {
        Self::with(patience(), None).await
    }

    pub async fn with(patience: Patience, readonly: Option<&str>) -> Self {
        let sim = simulator();
        let folder = tempfile::tempdir().unwrap();
        let now = sim.world().now();
        let path = folder.path().join("journal.db");
        Self {
            fleet: fleet(&sim.endpoint(), patience, now).await,
            journal: journal(&path, "ana", readonly, now),
            sim,
            folder,
        }
    }

    pub fn access(&self, account: &str) -> Access {
        self.fleet.access(scope(account)).unwrap()
    }

    pub async fn act<C: Change>(&self, change: &C) -> Done {
        self.act_in(scope(PAYMENTS), change).await
    }

    /// The same where a service stands in another place than the rest.
    pub async fn act_in<C: Change>(&self, scope: Scope, change: &C) -> Done {
        let (roster, access) = (self.fleet.census(), self.fleet.access(scope).unwrap());
        let done = perform(
            &self.journal,
            &roster.roster,
            &access,
            "test.act",
            "",
            change,
        )
        .await;
        let done = done.unwrap();
        assert_eq!(done.unwritten, None);
        done
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("journal.db")
    }

    /// What the journal says, which is whole.
    pub fn acts(&self) -> Vec<Act> {
        let whole = Whole::read(&self.path()).unwrap();
        assert_eq!(whole.flaws(), []);
        whole.acts()
    }

    /// One list of what the simulator really holds in payments.
    pub fn truth(&self, service: &str, list: &str) -> Vec<Value> {
        let truth = self.sim.truth(service, PAYMENTS, "eu-west-1").unwrap();
        truth[list].as_array().unwrap().clone()
    }

    /// The support cases of payments, and what was written in them.
    pub fn support(&self, list: &str) -> Vec<Value> {
        let truth = self.sim.truth("support", PAYMENTS, "us-east-1").unwrap();
        truth[list].as_array().unwrap().clone()
    }

    /// The operations that reached the simulator and change something; assuming a role is none.
    pub fn changed(&self) -> Vec<noctop::sim::calls::Change> {
        let changes = self.sim.calls().changes();
        changes.into_iter().filter(|c| c.service != "sts").collect()
    }
}

/// A text of a JSON object.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}
