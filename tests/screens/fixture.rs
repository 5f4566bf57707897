//! A small fleet at one fixed moment, with every kind, state and mark that a screen can show.

use std::sync::Arc;
use std::time::Duration;

use noctop::app::{self, Msg};
use noctop::clock::Timestamp;
use noctop::domain::alarm::{AlarmDetail, AlarmRemarks, AlarmState, AlarmTerms, AlarmWatch};
use noctop::domain::backup::{BackupDetail, JobKind};
use noctop::domain::finding::FindingDetail;
use noctop::domain::incident::IncidentDetail;
use noctop::domain::patch::{PatchDetail, PatchSubject};
use noctop::domain::text::clean_arc;
use noctop::domain::window::{WindowDetail, WindowPhase, WindowRun, WindowTask};
use noctop::domain::{
    Account, Batch, Body, Cover, Detail, Fault, FaultKind, Feed, Item, ItemKey, ItemState, Kind,
    Policy, Record, Roster, Scope, Severity, Slice, SourceId,
};
use noctop::keymap::{Keymap, parse_sequence};
use noctop::model::{Model, Outcome, Overlay, Session};
use noctop::store::{Settings, Store};
use noctop::theme::{Depth, Theme};
use noctop::triage::Rules;
use noctop::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paper;

/// The moment at which everything is looked at.
pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T06:31:02Z").unwrap()
}

fn ago(minutes: u64) -> Timestamp {
    now().minus(Duration::from_secs(minutes * 60))
}

const ACCOUNTS: &[(&str, &str)] = &[
    ("111111111111", "payments-prod"),
    ("222222222222", "core-shared"),
    ("333333333333", "data-prod"),
    ("444444444444", "web-prod"),
];
const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];

fn roster() -> Roster {
    Roster::new(ACCOUNTS.iter().map(|(id, name)| Account {
        id: id.parse().unwrap(),
        name: Arc::from(*name),
        tags: [("env".to_owned(), "prod".to_owned())].into(),
        policy: Policy::ReadOnly,
        regions: REGIONS.iter().map(|r| r.parse().unwrap()).collect(),
    }))
}

fn scope(account: usize, region: usize) -> Scope {
    Scope {
        account: ACCOUNTS[account].0.parse().unwrap(),
        region: REGIONS[region].parse().unwrap(),
    }
}

fn feed(source: SourceId, scope: Scope) -> Feed {
    Feed {
        source,
        vantage: scope,
        slice: Slice::ALL,
    }
}

struct Sketch {
    kind: Kind,
    scope: Scope,
    name: &'static str,
    title: &'static str,
    severity: Severity,
    state: ItemState,
    native: &'static str,
    resource: Option<&'static str>,
    opened: Timestamp,
    detail: Detail,
}

fn item(s: Sketch) -> Record {
    let id = clean_arc(s.name);
    Record {
        native: Arc::clone(&id),
        item: Item {
            key: ItemKey {
                kind: s.kind,
                scope: s.scope,
                id: Arc::clone(&id),
            },
            told_arn: Some(Arc::from(format!(
                "arn:aws:demo:{}:{}:{}/{id}",
                s.scope.region, s.scope.account, s.kind
            ))),
            name: id,
            title: clean_arc(s.title),
            severity: s.severity,
            state: s.state,
            native_state: Arc::from(s.native),
            resource: s.resource.map(clean_arc),
            opened: s.opened,
            changed: s.opened,
            episode: s.opened,
            detail: s.detail,
        },
    }
}

fn alarm(
    scope: Scope,
    name: &'static str,
    title: &'static str,
    severity: Severity,
    state: ItemState,
    opened: Timestamp,
) -> Record {
    let native = match state {
        ItemState::Open => AlarmState::Alarm,
        ItemState::NoData => AlarmState::InsufficientData,
        ItemState::Calm => AlarmState::Ok,
    };
    let terms = AlarmTerms {
        watch: AlarmWatch::Metric {
            namespace: Some(Arc::from("AWS/ApplicationELB")),
            metric: Some(Arc::from("HTTPCode_Target_5XX_Count")),
            statistic: Some(Arc::from("Sum")),
            period: Some(60),
        },
        comparison: Some(Arc::from("GreaterThanThreshold")),
        threshold: Some(2.0),
        datapoints_to_alarm: Some(3),
        evaluation_periods: Some(3),
        treat_missing: Some(Arc::from("missing")),
    };
    let load_balancer = Arc::from("app/api/50dc6c495c0c9188");
    let detail = AlarmDetail {
        was_alarm: state == ItemState::NoData,
        actions: 2,
        dimensions: Box::new([(Arc::from("LoadBalancer"), load_balancer)]),
        value: Some(7.2),
        ..AlarmDetail::new(native, Arc::new(terms), opened)
    };
    let detail = detail.remarked(AlarmRemarks {
        reason: Some(clean_arc(
            "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (2.0).",
        )),
        description: Some(clean_arc(
            "Customers see errors. Runbook: https://wiki.example/api-5xx",
        )),
        ..AlarmRemarks::default()
    });
    item(Sketch {
        kind: Kind::Alarm,
        scope,
        name,
        title,
        severity,
        state,
        native: native.word(),
        resource: None,
        opened,
        detail: Detail::Alarm(detail),
    })
}

fn finding(
    scope: Scope,
    name: &'static str,
    title: &'static str,
    severity: Severity,
    count: i64,
) -> Record {
    let detail = FindingDetail {
        product: Arc::from("GuardDuty"),
        finding_type: Arc::from(name),
        score: Some(8.5),
        description: Some(clean_arc(
            "The instance talks to an address that is known for mining.",
        )),
        remediation: None,
        remediation_url: None,
        resource_type: Some(Arc::from("Instance")),
        count: Some(count),
        first_seen: ago(2000),
        last_seen: ago(4),
        workflow: Some(Arc::from("NEW")),
        record_state: Some(Arc::from("ACTIVE")),
        compliance: None,
        note: None,
        attack_sequence: None,
        product_arn: None,
    };
    item(Sketch {
        kind: Kind::Finding,
        scope,
        name,
        title,
        severity,
        state: ItemState::Open,
        native: "ACTIVE",
        resource: Some("i-0f3aabbccddee19ac"),
        opened: ago(38),
        detail: Detail::Finding(Box::new(detail)),
    })
}

fn incident(scope: Scope) -> Record {
    let detail = IncidentDetail {
        id: Arc::from("oi-0123456789ab"),
        status: Arc::from("InProgress"),
        source: Some(Arc::from("CloudWatch")),
        category: Some(Arc::from("Availability")),
        native_severity: Some(Arc::from("2")),
        priority: Some(2),
        item_type: Some(Arc::from("/aws/issue")),
        created_by: Some(Arc::from("arn:aws:iam::333333333333:role/alarms")),
        modified_by: None,
        data: vec![],
    };
    item(Sketch {
        kind: Kind::Incident,
        scope,
        name: "disk full on etl-3",
        title: "disk full on etl-3",
        severity: Severity::High,
        state: ItemState::Open,
        native: "InProgress",
        resource: Some("i-0aa11"),
        opened: ago(125),
        detail: Detail::Incident(Box::new(detail)),
    })
}

fn window(scope: Scope, name: &'static str, phase: WindowPhase) -> Record {
    let run = WindowRun {
        id: Arc::from("0a1b"),
        status: Arc::from("IN_PROGRESS"),
        status_details: None,
        started: ago(31),
        ended: None,
        tasks: vec![WindowTask {
            name: Arc::from("AWS-RunPatchBaseline"),
            kind: Arc::from("RUN_COMMAND"),
            status: Arc::from("IN_PROGRESS"),
            started: ago(30),
            ended: None,
        }],
    };
    let (severity, state) = match phase {
        WindowPhase::Missed => (Severity::High, ItemState::Open),
        _ => (Severity::Info, ItemState::Calm),
    };
    let detail = WindowDetail {
        id: Arc::from("mw-0123"),
        phase,
        description: Some(Arc::from("patch the web tier")),
        schedule: Some(Arc::from("cron(0 6 ? * SAT *)")),
        timezone: Some(Arc::from("Europe/Berlin")),
        duration_hours: 1,
        cutoff_hours: 0,
        next: Some(now().plus(Duration::from_secs(7 * 86_400 - 1862))),
        expected: Some(ago(31)),
        current: (phase == WindowPhase::Running).then_some(run),
        last: None,
        instances: vec![Arc::from("i-0f3aabbccddee19ac")],
    };
    item(Sketch {
        kind: Kind::Window,
        scope,
        name,
        title: name,
        severity,
        state,
        native: phase.word(),
        resource: None,
        opened: ago(31),
        detail: Detail::Window(Box::new(detail)),
    })
}

fn patch(scope: Scope, name: &'static str, missing: i32) -> Record {
    let detail = PatchDetail {
        subject: PatchSubject::Instance(Arc::from(name)),
        group: Some(Arc::from("web")),
        operation: Some(Arc::from("Scan")),
        operated: ago(3000),
        installed: 211,
        pending_reboot: 0,
        missing,
        failed: 0,
        critical: missing / 2,
        security: missing,
        computer: Some(Arc::from("web-07")),
        platform: Some(Arc::from("Amazon Linux 2023")),
        ping: Some(Arc::from("Online")),
    };
    item(Sketch {
        kind: Kind::Patch,
        scope,
        name,
        title: "patches",
        severity: if missing > 0 {
            Severity::High
        } else {
            Severity::Info
        },
        state: if missing > 0 {
            ItemState::Open
        } else {
            ItemState::Calm
        },
        native: if missing > 0 {
            "NON_COMPLIANT"
        } else {
            "COMPLIANT"
        },
        resource: Some(name),
        opened: ago(3000),
        detail: Detail::Patch(Box::new(detail)),
    })
}

fn backup(scope: Scope, name: &'static str, status: &'static str, severity: Severity) -> Record {
    let failed = status == "FAILED";
    let detail = BackupDetail {
        job: JobKind::Backup,
        id: Arc::from(name),
        status: Arc::from(status),
        message: failed.then(|| {
            clean_arc("Access denied to KMS key arn:aws:kms:us-east-1:222222222222:key/4c1e")
        }),
        message_category: None,
        resource_arn: Some(Arc::from("arn:aws:rds:us-east-1:222222222222:db:ledger")),
        resource_name: Some(Arc::from(name)),
        resource_type: Some(Arc::from("RDS")),
        vault: Some(Arc::from("core")),
        role_arn: Some(Arc::from("arn:aws:iam::222222222222:role/NoctopBackup")),
        plan: Some(Arc::from("daily-rds")),
        percent: (status == "RUNNING").then_some(43.0),
        size: Some(412 << 30),
        created: ago(65),
        completed: failed.then(|| ago(60)),
        recovery_point: None,
        last_good: failed.then(|| ago(26 * 60)),
        cadence: Some(43_200),
        superseded_by: None,
    };
    item(Sketch {
        kind: Kind::Backup,
        scope,
        name,
        title: name,
        severity,
        state: if failed {
            ItemState::Open
        } else {
            ItemState::Calm
        },
        native: status,
        resource: Some("arn:aws:rds:us-east-1:222222222222:db:ledger"),
        opened: ago(65),
        detail: Detail::Backup(Box::new(detail)),
    })
}

/// The facts, feed by feed.
fn answers() -> Vec<(Feed, Vec<Record>)> {
    use ItemState::{Calm, NoData, Open};
    use Severity::{Critical, High, Info, Low, Medium};
    let (pay, core, data, web) = (scope(0, 0), scope(1, 1), scope(2, 1), scope(3, 0));
    vec![
        (
            feed(SourceId::Cloudwatch, pay),
            vec![
                alarm(
                    pay,
                    "api-5xx-rate",
                    "5XX 7.2 > 2 · 3 of 3",
                    Critical,
                    Open,
                    ago(12),
                ),
                alarm(
                    pay,
                    "heap-used",
                    "HeapUsed 91 > 85 · 5 of 5",
                    High,
                    Open,
                    ago(3),
                ),
                alarm(
                    pay,
                    "queue-age",
                    "AgeOfOldest 640 > 300 · 1 of 1",
                    Medium,
                    Open,
                    ago(47),
                ),
                alarm(pay, "login-latency", "OK", Info, Calm, ago(5000)),
            ],
        ),
        (
            feed(SourceId::Cloudwatch, data),
            vec![
                alarm(data, "heartbeat etl-3", "", High, NoData, ago(130)),
                alarm(
                    data,
                    "日本語アラーム 🔥 spark-émigré",
                    "Errors 4 > 0 · 1 of 1",
                    Low,
                    Open,
                    ago(240),
                ),
                alarm(
                    data,
                    "evil \u{1b}[2J\u{202e}name",
                    "Errors \u{7} 4 > 0",
                    Low,
                    Open,
                    ago(241),
                ),
            ],
        ),
        (
            feed(SourceId::Guardduty, pay),
            vec![finding(
                pay,
                "CryptoCurrency:EC2/BitcoinTool.B!DNS",
                "i-0f3… asks for a mining pool",
                Critical,
                41,
            )],
        ),
        (feed(SourceId::Opsitems, data), vec![incident(data)]),
        (
            feed(SourceId::Windows, web),
            vec![
                window(web, "weekly-web", WindowPhase::Running),
                window(web, "monthly-db", WindowPhase::Missed),
            ],
        ),
        (
            feed(SourceId::Patches, web),
            vec![patch(web, "i-0aa7", 6), patch(web, "i-0aa8", 0)],
        ),
        (
            feed(SourceId::Backup, core),
            vec![
                backup(core, "rds-ledger", "FAILED", Critical),
                backup(core, "ebs-vol-1", "RUNNING", Info),
            ],
        ),
    ]
}

fn batch(feed: Feed, run: u64, body: Body) -> Batch {
    Batch {
        feed,
        covers: Cover::Vantage,
        run,
        at: now().minus(Duration::from_secs(9)),
        body,
    }
}

/// A console at a fixed moment.
pub struct Console {
    pub model: Model,
}

impl Console {
    /// One that has not been told anything yet.
    pub fn waiting(width: u16, height: u16) -> Self {
        let store = Store::new(Settings {
            rules: Rules::with_defaults(Vec::new()),
            roster: Arc::new(roster()),
            ..Settings::default()
        });
        let session = Session {
            fleet: Arc::from("acme"),
            operator: Arc::from("ana"),
            demo: false,
            read_only: true,
            ascii: false,
        };
        let theme = Theme::shipped_default(Depth::Ansi16);
        let mut model = Model::new(store, session, theme, Keymap::shipped_default(), now());
        let _ = app::update(&mut model, now(), Msg::Resized { width, height });
        Self { model }.settled()
    }

    /// One that knows the whole fleet, with one blind, one off and one late feed.
    pub fn new(width: u16, height: u16) -> Self {
        let mut console = Self::waiting(width, height);
        for account in 0..ACCOUNTS.len() {
            for region in 0..REGIONS.len() {
                for source in SourceId::ALL
                    .iter()
                    .filter(|s| **s != SourceId::Organizations)
                {
                    let every = Duration::from_secs(60);
                    console.arrive(batch(
                        feed(*source, scope(account, region)),
                        0,
                        Body::Planned { every },
                    ));
                }
            }
        }
        let mut known = answers();
        for account in 0..ACCOUNTS.len() {
            for region in 0..REGIONS.len() {
                for source in SourceId::ALL
                    .iter()
                    .filter(|s| **s != SourceId::Organizations)
                {
                    let feed = feed(*source, scope(account, region));
                    let records = known
                        .iter()
                        .position(|(f, _)| *f == feed)
                        .map(|at| known.remove(at).1);
                    console.arrive(batch(feed, 1, Body::Begin));
                    let (took, next) = (
                        Duration::from_millis(240),
                        now().plus(Duration::from_secs(51)),
                    );
                    let body = match (*source, account, region) {
                        (SourceId::Guardduty, 2, 0) => Body::Failed {
                            fault: Fault {
                                kind: FaultKind::Denied,
                                message: Arc::from(
                                    "GuardDuty ListDetectors is denied to role NoctopRead in data-prod eu-west-1.",
                                ),
                                advice: Arc::from(
                                    "Add guardduty:ListDetectors to the role; noctop asks again in 15 min.",
                                ),
                                code: Some(Arc::from("AccessDeniedException")),
                            },
                            took,
                            calls: 1,
                            next,
                        },
                        (SourceId::Securityhub, 3, _) => Body::Failed {
                            fault: Fault {
                                kind: FaultKind::Disabled,
                                message: Arc::from("Security Hub is not enabled in web-prod."),
                                advice: Arc::from(""),
                                code: Some(Arc::from("InvalidAccessException")),
                            },
                            took,
                            calls: 1,
                            next,
                        },
                        _ => {
                            if let Some(records) = records {
                                console.arrive(batch(feed, 1, Body::Page(records)));
                            }
                            Body::End {
                                took,
                                calls: 2,
                                next,
                            }
                        }
                    };
                    console.arrive(batch(feed, 1, body));
                }
            }
        }
        console.settled()
    }

    fn arrive(&mut self, batch: Batch) {
        let _ = app::update(&mut self.model, now(), Msg::Arrived(Box::new(batch)));
    }

    fn settled(mut self) -> Self {
        self.settle();
        self
    }

    fn settle(&mut self) {
        while app::settle(&mut self.model, now()) == app::Settled::More {}
        let _ = app::update(&mut self.model, now(), Msg::Drawn);
    }

    /// Presses keys, written as in keymaps and parted by spaces.
    pub fn press(mut self, keys: &str) -> Self {
        let chords = if keys.is_empty() {
            Vec::new()
        } else {
            parse_sequence(keys).unwrap()
        };
        for chord in chords {
            let _ = app::update(&mut self.model, now(), Msg::Pressed(chord));
            self.settle();
        }
        self
    }

    /// Types text, letter by letter.
    pub fn type_in(mut self, text: &str) -> Self {
        for c in text.chars() {
            let _ = app::update(
                &mut self.model,
                now(),
                Msg::Pressed(noctop::keymap::Chord::char(c)),
            );
            self.settle();
        }
        self
    }

    /// The screen as cells.
    pub fn buffer(&self) -> Buffer {
        let (width, height) = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view::draw(&self.model, &mut buffer);
        buffer
    }

    /// The same console in another form.
    pub fn with(mut self, change: impl FnOnce(&mut Model)) -> Self {
        change(&mut self.model);
        self.settled()
    }

    /// The raw JSON that was asked for has come.
    pub fn answered(mut self, json: &str) -> Self {
        let key = match &self.model.overlay {
            Some(Overlay::Raw { key, .. }) => key.clone(),
            other => panic!("nothing was asked: {other:?}"),
        };
        let outcome = Outcome::Raw(key, Ok(Arc::from(json)));
        let _ = app::update(&mut self.model, now(), Msg::Finished(outcome));
        self.settled()
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        paper::text(&self.buffer())
    }
}
