//! Runs from their pre-flight to their end, on the simulator: what would be refused is found out before, what is done is
//! done once, and what AWS says of it is what noctop says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use noctop::audit::{Journal, Result as Became};
use noctop::aws::fleet::Fleet;
use noctop::aws::runs::{self, Answer, Wishes, book};
use noctop::clock::Timestamp;
use noctop::domain::document::Library;
use noctop::runbook::preflight::{Ask, Gate, Presence, Reading};
use noctop::runbook::run::{Runs, State};
use noctop::runbook::{Catalogue, Facts, Launch, Meant, Preflight, Run};
use noctop::sim::faults::{Fault, Kind};
use noctop::sim::scenario::Scenario;
use noctop::sim::{Options, Simulator};
use serde_json::json;

use super::stand::{self, PAYMENTS, WEB, scope, text};

const WORLD: &str = concat!(
    r#"
title = "Runs"
start = "2026-11-21T06:00:00Z"
seed = 11
regions = ["eu-west-1"]
caller = "management"
[[role]]
name = "Noctop*"
[[account]]
id = "111111111111"
name = "management"
[[account]]
id = "222222222222"
name = "payments-prod"
[[account]]
id = "333333333333"
name = "web-prod"
[patches]
lost = 0.2
per_cell = 30
[runs]
failing = 0.0
"#,
    include_str!("../acme-failover.toml"),
    r#"[[runs.calendar]]
name = "change-freeze"
before = "1h"
lasts = "2h"
"#
);

/// A console on that world.
struct Desk {
    sim: Simulator,
    fleet: Arc<Fleet>,
    journal: Arc<Journal>,
    runs: Runs,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        Self::with(None).await
    }

    async fn with(readonly: Option<&str>) -> Self {
        let options = Options {
            speed: 0.0,
            ..Options::default()
        };
        let sim = Simulator::play(Scenario::parse("runs", WORLD).unwrap(), options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let now = sim.world().now();
        let path = folder.path().join("journal.db");
        Self {
            fleet: stand::fleet(&sim.endpoint(), stand::patience(), now).await,
            journal: Arc::new(stand::journal(&path, "ana", readonly, now)),
            sim,
            runs: Runs::default(),
            folder,
        }
    }

    /// Another console of the same user, which knows nothing but the journal.
    fn restarted(self) -> Self {
        let now = self.sim.world().now();
        let path = self.folder.path().join("journal.db");
        self.journal.retire();
        Self {
            journal: Arc::new(stand::journal(&path, "ben", None, now)),
            runs: Runs::default(),
            ..self
        }
    }

    /// A managed node of Linux with this ping status.
    fn node(&self, account: &str, online: bool) -> String {
        let truth = self.sim.truth("ssm", account, "eu-west-1").unwrap();
        let nodes = truth["InstanceInformationList"].as_array().unwrap();
        let fits = |n: &&serde_json::Value| {
            text(n, "PlatformType") == "Linux" && (text(n, "PingStatus") == "Online") == online
        };
        text(nodes.iter().find(fits).unwrap(), "InstanceId").to_owned()
    }

    async fn check(&self, launch: Launch, calendars: &[&str]) -> Preflight {
        let wishes = Wishes {
            calendars: calendars.iter().map(|c| (*c).to_owned()).collect(),
            preview: Duration::ZERO,
        };
        runs::check(&self.fleet, &self.journal, launch, &wishes).await
    }

    async fn start(&mut self, launch: &Launch) -> Vec<Result<Became, String>> {
        let mut all = Vec::new();
        for part in &launch.parts {
            let done = runs::start(&self.fleet, &self.journal, launch, part).await;
            all.push(match done {
                Ok(done) => Ok(done.receipt.result().unwrap()),
                Err(why) => Err(why.to_string()),
            });
        }
        self.read().await;
        all
    }

    /// Reads the journal and asks AWS about everything that goes on.
    async fn read(&mut self) {
        book::catch_up(&self.journal, &mut self.runs, Timestamp::from_millis(0)).unwrap();
        let open: Vec<_> = self.runs.unfinished().map(|(_, e)| e.clone()).collect();
        let now = self.sim.world().now();
        for report in book::ask(&self.fleet, &self.journal, open, now).await {
            self.runs.learn(&report);
        }
    }

    async fn later(&mut self, seconds: u64) {
        self.sim
            .world()
            .clock()
            .advance(Duration::from_secs(seconds));
        self.read().await;
    }

    fn run(&self) -> &Run {
        self.runs.latest()[0]
    }

    fn sent(&self, operation: &str) -> usize {
        let changes = self.sim.calls().changes();
        changes.iter().filter(|c| c.operation == operation).count()
    }

    fn launch(&self, name: &str, on: &[(&str, &str)], given: &[(&str, &str)]) -> Launch {
        let (catalogue, problems) = Catalogue::read(&library());
        assert_eq!(problems, []);
        let meant = |(account, instance): &(&str, &str)| Meant {
            item: format!("alarm {account} eu-west-1 about-{instance}").into(),
            name: (*instance).into(),
            scope: scope(account),
            facts: Facts::of_item(json!({ "id": "a", "detail": { "resource": instance } })),
        };
        let meant: Vec<Meant> = on.iter().map(meant).collect();
        let given: BTreeMap<String, String> = given
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let roster = self.fleet.census().roster.clone();
        let runbook = catalogue.get(name).unwrap();
        runbook
            .launch(&noctop::audit::unique(), &meant, &given, &roster)
            .unwrap()
    }
}

fn library() -> Library {
    let mut library = noctop::runbook::library();
    let head = "help = \"H.\"\nmatch = \"kind:alarm\"\ntarget = \"{{ instance }}\"\n";
    library.add(
        "half",
        "half.toml",
        &format!("title = \"H\"\nrisk = \"careful\"\n{head}[command]\ndocument = \"AWS-RunShellScript\"\nparameters.commands = [\"echo on $(hostname)\", \"echo {{{{ input.word }}}}\", \"exit {{{{ input.code }}}}\"]\n[[input]]\nname = \"code\"\ntitle = \"C\"\nleast = 0\nmost = 9\n[[input]]\nname = \"word\"\ntitle = \"W\"\ndefault = \"hello\"\n"),
    );
    library.add(
        "failover",
        "failover.toml",
        &format!("title = \"F\"\nrisk = \"dangerous\"\n{head}[automation]\ndocument = \"acme-failover\"\nparameters.Service = [\"checkout\"]\n"),
    );
    library.add(
        "stop-all",
        "stop-all.toml",
        &format!("title = \"S\"\nrisk = \"careful\"\n{head}[automation]\ndocument = \"AWS-StopEC2Instance\"\neach = \"InstanceId\"\nparameters.InstanceId = [\"{{{{ instance }}}}\"]\n"),
    );
    library.add(
        "everywhere",
        "everywhere.toml",
        &format!("title = \"E\"\nrisk = \"careful\"\n{head}[automation]\ndocument = \"AWS-StopEC2Instance\"\neach = \"InstanceId\"\nparameters.InstanceId = [\"{{{{ instance }}}}\"]\nacross = {{ from = \"payments-prod\" }}\n"),
    );
    for (name, document) in [
        ("typo", "AWS-RunShelScript"),
        ("lacking", "AWS-RunPatchBaseline"),
    ] {
        library.add(
            name,
            name,
            &format!("title = \"T\"\nrisk = \"safe\"\n{head}[command]\ndocument = \"{document}\"\nparameters.Oops = [\"x\"]\n"),
        );
    }
    library
}

#[tokio::test]
async fn a_command_is_checked_sent_once_followed_and_read() {
    let mut desk = Desk::new().await;
    let node = desk.node(PAYMENTS, true);
    let launch = desk.launch("half", &[(PAYMENTS, &node)], &[("code", "0")]);
    let found = desk.check(launch.clone(), &[]).await;
    assert_eq!(found.refusals(), Vec::<String>::new());
    assert_eq!(
        &*found.parts[0].identity,
        "arn:aws:iam::222222222222:role/NoctopAct"
    );
    assert_eq!(
        found.parts[0].targets[0].presence,
        Reading::Read(Presence::Online)
    );
    let document = found.parts[0].document.read().unwrap();
    assert_eq!((&*document.version, &*document.owner), ("1", "Amazon"));
    assert_eq!(found.last, Reading::Read(Vec::new()));
    assert_eq!(found.ask(), Ask::Yes);
    assert_eq!(
        desk.sim
            .calls()
            .changes()
            .iter()
            .filter(|c| c.service != "sts")
            .count(),
        0,
        "to look is to change nothing"
    );
    assert_eq!(desk.start(&launch).await, [Ok(Became::Ok)]);
    assert!(!desk.run().is_over());
    desk.later(5).await;
    assert_eq!(desk.run().state(), State::Running);
    desk.later(60).await;
    let run = desk.run();
    assert_eq!(
        (run.state(), run.fact().as_str()),
        (State::Succeeded, "1 of 1 done")
    );
    assert!(run.executions[0].steps[0].output.contains("hello"));
    assert_eq!(run.executions[0].steps[0].code, Some(0));
    assert_eq!(desk.sent("SendCommand"), 1);
    let again = desk
        .check(
            desk.launch("half", &[(PAYMENTS, &node)], &[("code", "0")]),
            &[],
        )
        .await;
    let past = again.last.read().unwrap();
    assert_eq!(
        (past.len(), &past[0].state),
        (1, &Reading::Read(State::Succeeded))
    );
}

#[tokio::test]
async fn what_is_wrong_is_found_out_before_anything_is_sent() {
    let desk = Desk::new().await;
    let node = desk.node(PAYMENTS, true);
    let lost = desk.node(PAYMENTS, false);
    let refusals = async |name: &str, node: &str| {
        let launch = desk.launch(
            name,
            &[(PAYMENTS, node)],
            if name == "half" {
                &[("code", "0")]
            } else {
                &[]
            },
        );
        desk.check(launch, &[]).await
    };
    let gone = refusals("half", "i-0dead0dead0dead00").await;
    assert_eq!(
        gone.refusals(),
        [
            "Target i-0dead0dead0dead00 has gone: payments-prod eu-west-1 has no managed node of this id."
        ]
    );
    let typo = refusals("typo", &node).await.refusals().join(" ");
    assert!(
        typo.contains("no such document as AWS-RunShelScript"),
        "{typo}"
    );
    let lacking = refusals("lacking", &node).await.refusals().join(" ");
    assert!(
        lacking.contains("has no parameter Oops") && lacking.contains("needs parameter Operation"),
        "{lacking}"
    );
    let lost = refusals("half", &lost).await;
    assert_eq!(
        lost.refusals(),
        Vec::<String>::new(),
        "it may come back in time"
    );
    assert!(
        lost.warnings()[0].contains("not answering"),
        "{:?}",
        lost.warnings()
    );
}

#[tokio::test]
async fn a_closed_calendar_is_loud_and_wants_the_accounts_name() {
    let desk = Desk::new().await;
    let launch = desk.launch(
        "half",
        &[(PAYMENTS, &desk.node(PAYMENTS, true))],
        &[("code", "0")],
    );
    let found = desk
        .check(launch, &["change-freeze", "no-such-calendar"])
        .await;
    let calendars = &found.parts[0].calendars;
    assert!(matches!(
        calendars[0].state,
        Reading::Read((Gate::Closed, Some(_)))
    ));
    assert!(matches!(calendars[1].state, Reading::Unread(_)));
    assert!(found.warnings()[0].starts_with("CLOSED: change calendar change-freeze"));
    assert_eq!(found.ask(), Ask::Type("payments-prod".into()));
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_never_left_out() {
    let desk = Desk::new().await;
    for operation in [
        "DescribeDocument",
        "DescribeInstanceInformation",
        "GetCalendarState",
    ] {
        desk.sim
            .faults()
            .add(Fault::new(Kind::Deny).operation(operation))
            .unwrap();
    }
    let launch = desk.launch(
        "half",
        &[(PAYMENTS, &desk.node(PAYMENTS, true))],
        &[("code", "0")],
    );
    let found = desk.check(launch, &["change-freeze"]).await;
    assert!(matches!(found.parts[0].document, Reading::Unread(_)));
    assert!(matches!(
        found.parts[0].targets[0].presence,
        Reading::Unread(_)
    ));
    assert!(matches!(
        found.parts[0].calendars[0].state,
        Reading::Unread(_)
    ));
    assert!(
        found
            .warnings()
            .iter()
            .any(|w| w.contains("could not be read")),
        "{:?}",
        found.warnings()
    );
}

#[tokio::test]
async fn a_readonly_policy_and_a_read_only_session_refuse_before_anything_is_sent() {
    for (readonly, account, names) in [
        (
            None,
            WEB,
            "the policy of web-prod (333333333333) is readonly",
        ),
        (
            Some("--readonly"),
            PAYMENTS,
            "this session is read-only (--readonly)",
        ),
    ] {
        let mut desk = Desk::with(readonly).await;
        let launch = desk.launch(
            "half",
            &[(account, &desk.node(account, true))],
            &[("code", "0")],
        );
        let found = desk.check(launch.clone(), &[]).await;
        assert!(
            found.refusals()[0].contains(names),
            "{:?}",
            found.refusals()
        );
        let refused = desk.start(&launch).await.remove(0).unwrap_err();
        assert!(refused.contains(names), "{refused}");
        let changed: Vec<_> = desk
            .sim
            .calls()
            .changes()
            .into_iter()
            .filter(|c| c.service != "sts")
            .collect();
        assert_eq!(changed, []);
        assert_eq!(desk.run().state(), State::Refused);
        assert!(
            desk.run().fact().contains(names),
            "the refusal is in the journal"
        );
    }
}

#[tokio::test]
async fn half_of_the_targets_fail_and_each_says_how() {
    let mut desk = Desk::new().await;
    let (one, other) = (desk.node(PAYMENTS, true), desk.node(PAYMENTS, false));
    let launch = desk.launch(
        "half",
        &[(PAYMENTS, &one), (PAYMENTS, &other)],
        &[("code", "0")],
    );
    assert_eq!(launch.parts.len(), 1);
    desk.start(&launch).await;
    desk.later(700).await;
    let run = desk.run();
    assert_eq!(run.state(), State::TimedOut);
    assert_eq!(run.tally(), (1, 2));
    let state = |id: &str| {
        run.executions[0]
            .steps
            .iter()
            .find(|s| *s.name == *id)
            .unwrap()
    };
    assert_eq!(state(&one).state, State::Succeeded);
    assert_eq!(&*state(&other).said, "the node did not hear of it in time");
    let failing = desk.launch("half", &[(PAYMENTS, &one)], &[("code", "3")]);
    desk.start(&failing).await;
    desk.later(60).await;
    // Both began at the same moment, so it is named by its id.
    let failed = desk.runs.get(&failing.run).unwrap();
    assert_eq!(failed.state(), State::Failed);
    assert!(failed.fact().contains("exit status 3"), "{}", failed.fact());
}

#[tokio::test]
async fn a_command_whose_answer_is_lost_is_found_and_never_sent_again() {
    let mut desk = Desk::new().await;
    desk.sim
        .faults()
        .add(Fault::new(Kind::Lost).operation("SendCommand").times(1))
        .unwrap();
    let launch = desk.launch(
        "half",
        &[(PAYMENTS, &desk.node(PAYMENTS, true))],
        &[("code", "0")],
    );
    assert_eq!(desk.start(&launch).await, [Ok(Became::Ok)]);
    desk.later(60).await;
    assert_eq!(desk.run().state(), State::Succeeded);
    assert_eq!(desk.sent("SendCommand"), 1);
}

#[tokio::test]
async fn an_execution_waits_is_approved_by_a_colleague_after_a_restart_and_ends_well() {
    let mut desk = Desk::new().await;
    let launch = desk.launch("failover", &[(PAYMENTS, &desk.node(PAYMENTS, true))], &[]);
    assert_eq!(
        desk.check(launch.clone(), &[]).await.ask(),
        Ask::Type("payments-prod".into())
    );
    desk.start(&launch).await;
    desk.later(31).await;
    assert_eq!(desk.run().state(), State::Waiting);
    assert_eq!(desk.run().fact(), "step ask waits for somebody's word");
    let mut desk = desk.restarted();
    desk.read().await;
    assert_eq!(
        desk.run().state(),
        State::Waiting,
        "the journal and AWS know it"
    );
    let answer = Answer {
        approves: true,
        note: "CHG-7".into(),
    };
    let asked = runs::answer(&desk.fleet, &desk.journal, desk.run(), &answer).await;
    assert_eq!(
        asked[0].as_ref().unwrap().receipt.result(),
        Some(Became::Ok)
    );
    desk.later(11).await;
    let run = desk.run();
    assert_eq!(run.state(), State::Succeeded);
    let remark = &run.remarks[0];
    assert_eq!(
        (&*remark.operator, &*remark.what, &*remark.note),
        ("ben", "approved it", "CHG-7")
    );
    let nothing = runs::stop(&desk.fleet, &desk.journal, run).await;
    assert!(nothing.is_empty(), "what has ended is not stopped");
}

#[tokio::test]
async fn a_run_is_stopped_and_says_so() {
    let mut desk = Desk::new().await;
    let launch = desk.launch("failover", &[(PAYMENTS, &desk.node(PAYMENTS, true))], &[]);
    desk.start(&launch).await;
    let asked = runs::stop(&desk.fleet, &desk.journal, desk.run()).await;
    assert_eq!(
        asked[0].as_ref().unwrap().receipt.result(),
        Some(Became::Ok)
    );
    desk.later(5).await;
    assert_eq!(desk.run().state(), State::Cancelled);
    assert_eq!(&*desk.run().remarks[0].what, "stopped it");
}

#[tokio::test]
async fn many_targets_of_a_place_are_one_execution_and_many_places_are_one_where_the_runbook_says_so()
 {
    let mut desk = Desk::new().await;
    let (one, other) = (desk.node(PAYMENTS, true), desk.node(PAYMENTS, false));
    let launch = desk.launch("stop-all", &[(PAYMENTS, &one), (PAYMENTS, &other)], &[]);
    desk.start(&launch).await;
    assert_eq!(desk.sent("StartAutomationExecution"), 1);
    desk.later(200).await;
    let run = desk.run();
    assert_eq!((run.state(), run.tally()), (State::Succeeded, (2, 2)));
    assert!(run.executions[0].steps.iter().all(|s| s.child.is_some()));
    // Web's policy is readonly: what would run there from payments is refused for its sake.
    let across = desk.launch(
        "everywhere",
        &[(PAYMENTS, &one), (WEB, &desk.node(WEB, true))],
        &[],
    );
    let found = desk.check(across.clone(), &[]).await;
    assert!(
        found.refusals()[0].contains("web-prod"),
        "{:?}",
        found.refusals()
    );
    assert_eq!(found.accounts().len(), 2);
    assert_eq!(desk.sent("StartAutomationExecution"), 1);
    let across = desk.launch("everywhere", &[(PAYMENTS, &one), (PAYMENTS, &other)], &[]);
    desk.start(&across).await;
    let changes = desk.sim.calls().changes();
    let input = format!(
        "{:?}",
        changes
            .iter()
            .rfind(|c| c.operation == "StartAutomationExecution")
            .unwrap()
            .input
    );
    assert!(
        input.contains("TargetLocations") && input.contains("ParameterValues"),
        "{input}"
    );
    desk.later(400).await;
    assert_eq!(
        (desk.run().state(), desk.run().tally()),
        (State::Succeeded, (2, 2))
    );
}

#[tokio::test]
async fn the_end_of_a_run_is_written_down_once_and_nobody_asks_again() {
    let mut desk = Desk::new().await;
    let launch = desk.launch(
        "half",
        &[(PAYMENTS, &desk.node(PAYMENTS, true))],
        &[("code", "0")],
    );
    desk.start(&launch).await;
    desk.later(60).await;
    let run = desk.run().clone();
    book::note_end(&desk.journal, &run.executions[0], &run.id)
        .await
        .unwrap();
    let mut desk = desk.restarted();
    let before = desk.sim.calls().count("ssm", "ListCommands").calls;
    desk.read().await;
    assert_eq!(desk.run().state(), State::Succeeded);
    assert_eq!(desk.sim.calls().count("ssm", "ListCommands").calls, before);
}

#[tokio::test]
async fn an_accounts_own_documents_are_runbooks_with_typed_inputs() {
    let desk = Desk::new().await;
    let access = desk.fleet.access(scope(PAYMENTS)).unwrap();
    let names = runs::documents::own(&access).await.unwrap();
    assert_eq!(
        names.iter().map(|n| &**n).collect::<Vec<_>>(),
        ["acme-failover"]
    );
    let described = runs::documents::described(&access, "acme-failover")
        .await
        .unwrap();
    let runbook = noctop::runbook::document::runbook(&described, true).unwrap();
    assert_eq!(runbook.inputs[0].takes.allowed(), "checkout, ledger");
}
