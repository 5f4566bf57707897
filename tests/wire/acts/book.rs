//! One suite for every book: whatever keeps the ledger, operators see the same.
//!
//! Two consoles are two books on one store: two connections to one file, as two processes have them, or two clients of
//! one table.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use noctop::aws::access::Patience;
use noctop::aws::fleet::Fleet;
use noctop::aws::fleet::spec::{FleetSpec, StaticKeys};
use noctop::aws::ledger::{Status, TableBook};
use noctop::clock::{Clock, ManualClock, SystemClock, Timestamp};
use noctop::domain::{AccountId, ItemKey, Kind, Scope, Severity};
use noctop::ledger::{
    Act, Book, Cursor, FileBook, Ledger, Link, Miss, Refusal, Seat, TroubleKind, Verb, Who,
};
use noctop::lifecycle::{End, Entry, Owner};
use noctop::sim::Simulator;
use noctop::sim::faults::{Fault, Kind as FaultKind};
use tokio::task::JoinSet;

use crate::client::start;

type Console = Arc<dyn Book>;

/// One operator at one console. Everybody has the same role, as on a shared jump host.
#[derive(Clone)]
struct Operator {
    name: &'static str,
    console: Console,
}

fn item(name: &str) -> ItemKey {
    ItemKey {
        kind: Kind::Alarm,
        scope: Scope {
            account: AccountId::new(111_111_111_111).unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        id: name.into(),
    }
}

fn hour(now: Timestamp) -> Timestamp {
    now.plus(Duration::from_secs(3_600))
}

impl Operator {
    fn act(&self, id: &str, at: Timestamp, name: &str, verb: Verb) -> Act {
        Act {
            id: format!("{}-{id}", self.name).into(),
            who: Who {
                owner: Owner::new(
                    self.name,
                    "arn:aws:sts::111111111111:assumed-role/Noc/shared",
                ),
                session: format!("console of {}", self.name).into(),
            },
            at,
            key: item(name),
            verb,
        }
    }

    fn acknowledge(&self, id: &str, at: Timestamp, name: &str, episode: i64) -> Act {
        let verb = Verb::Acknowledge {
            episode: Timestamp::from_secs(episode),
            severity: Severity::High,
            end: End::At(hour(at)),
            note: None,
            ticket: None,
        };
        self.act(id, at, name, verb)
    }

    async fn does(&self, act: Act) -> Result<Arc<Entry>, Miss> {
        self.console.act(vec![act]).await.pop().unwrap()
    }
}

fn owner(entry: &Entry) -> &str {
    &entry.held().unwrap().owner.operator
}

fn refused(outcome: Result<Arc<Entry>, Miss>) -> Refusal {
    match outcome {
        Err(Miss::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// The story that every book has to tell alike.
async fn two_consoles_agree(ana: Console, bo: Console) {
    let (ana, bo) = (
        Operator {
            name: "ana",
            console: ana,
        },
        Operator {
            name: "bo",
            console: bo,
        },
    );
    let now = SystemClock.now();
    let later = |secs| now.plus(Duration::from_secs(secs));

    // Ana is first; Bo, on the same role, is told so without another reading.
    let first = ana.acknowledge("1", now, "disk-full", 100);
    let won = ana.does(first.clone()).await.unwrap();
    assert_eq!((owner(&won), won.version), ("ana", 1));
    let lost = refused(
        bo.does(bo.acknowledge("1", later(12), "disk-full", 100))
            .await,
    );
    assert!(
        lost.told(later(12)).starts_with("ana was first"),
        "{}",
        lost.told(now)
    );

    // Her answer was lost; sending it again is harmless and changes nothing.
    let again = ana.does(first).await.unwrap();
    assert_eq!((owner(&again), again.version), ("ana", 1));

    // Bo sees it with his next reading, and takes it over with what he saw.
    let news = bo.console.news(Cursor::default()).await.unwrap();
    assert!(news.whole);
    let seen = news
        .entries
        .iter()
        .find(|e| e.key == item("disk-full"))
        .unwrap();
    let take = Verb::TakeOver {
        seen: seen.version,
        episode: Timestamp::from_secs(100),
        severity: Severity::High,
        end: End::At(hour(now)),
    };
    let taken = bo
        .does(bo.act("2", later(20), "disk-full", take))
        .await
        .unwrap();
    assert_eq!(owner(&taken), "bo");

    // What Ana saw is old now.
    let release = ana.act("3", later(21), "disk-full", Verb::Release { seen: 1 });
    let Refusal::Changed(present) = refused(ana.does(release).await) else {
        panic!("a version that is over");
    };
    assert_eq!(owner(&present), "bo");

    // Notes, remarks and names for work.
    let edit = Verb::Edit {
        seen: taken.version,
        end: End::Clears { max: hour(now) },
        note: Some("waits for the vendor".into()),
        ticket: Some("OPS-1".into()),
    };
    let edited = bo
        .does(bo.act("4", later(30), "disk-full", edit))
        .await
        .unwrap();
    let held = edited.held().unwrap();
    assert_eq!(held.note.as_deref(), Some("waits for the vendor"));
    assert_eq!(held.end, End::Clears { max: hour(now) });
    let remark = |text: &str| Verb::Comment {
        episode: Timestamp::from_secs(100),
        text: text.into(),
    };
    let one = ana.act("5", later(31), "disk-full", remark("looking"));
    ana.does(one.clone()).await.unwrap();
    bo.does(bo.act("5", later(32), "disk-full", remark("me too")))
        .await
        .unwrap();
    let twice = ana.does(one).await.unwrap();
    let said: Vec<_> = twice.comments.iter().map(|c| &*c.text).collect();
    assert_eq!(said, ["looking", "me too"]);
    let assign = Verb::Assign {
        seen: twice.version,
        episode: Timestamp::from_secs(100),
        to: Some("cleo".into()),
    };
    let assigned = ana
        .does(ana.act("6", later(33), "disk-full", assign))
        .await
        .unwrap();
    assert_eq!(&*assigned.assignment.as_ref().unwrap().to, "cleo");

    // It flapped: what was done belongs to the present episode too, however often that is said.
    let carry = Verb::Carry {
        lineage: Timestamp::from_secs(100),
        episode: Timestamp::from_secs(150),
    };
    for (number, who) in [("7", &ana), ("7", &bo)] {
        let carried = who
            .does(who.act(number, later(34), "disk-full", carry.clone()))
            .await
            .unwrap();
        assert_eq!(carried.episode, Timestamp::from_secs(150));
        assert_eq!(owner(&carried), "bo");
    }

    // A console that has not heard of the new episode acknowledges nothing.
    let stale = bo.acknowledge("8", later(35), "disk-full", 100);
    assert!(matches!(refused(bo.does(stale).await), Refusal::Stale(_)));
    // It fired anew: what was done is over, the remarks stay.
    let anew = ana
        .does(ana.acknowledge("9", later(40), "disk-full", 900))
        .await
        .unwrap();
    assert_eq!(owner(&anew), "ana");
    assert!(anew.assignment.is_none() && anew.comments.len() == 2);
    assert!(anew.held().unwrap().note.is_none());

    // Hidden, shown again, given back, and free for whoever comes next.
    let hide = Verb::Snooze {
        seen: anew.version,
        episode: Timestamp::from_secs(900),
        severity: Severity::High,
        until: later(600),
    };
    let hidden = ana
        .does(ana.act("10", later(41), "disk-full", hide))
        .await
        .unwrap();
    assert_eq!(hidden.snooze.as_ref().unwrap().until, later(600));
    let show = Verb::Unsnooze {
        seen: hidden.version,
    };
    let shown = ana
        .does(ana.act("11", later(42), "disk-full", show))
        .await
        .unwrap();
    assert!(shown.snooze.is_none() && owner(&shown) == "ana");
    let back = Verb::Release {
        seen: shown.version,
    };
    let given = ana
        .does(ana.act("12", later(43), "disk-full", back))
        .await
        .unwrap();
    assert!(given.held().is_none());
    let next = bo
        .does(bo.acknowledge("13", later(44), "disk-full", 900))
        .await
        .unwrap();
    assert_eq!(owner(&next), "bo");

    // Its time is over: anybody may take it.
    let after = hour(later(60));
    let expired = ana
        .does(ana.acknowledge("14", after, "disk-full", 900))
        .await
        .unwrap();
    assert_eq!(owner(&expired), "ana");

    // What a console read before, it does not read again; what a colleague did, it does.
    let read = bo.console.news(news.cursor).await.unwrap();
    assert!(read.entries.contains(&expired));
    let nothing = bo.console.news(read.cursor).await.unwrap();
    assert!(nothing.entries.is_empty());
    ana.does(ana.acknowledge("15", now, "cpu-high", 1))
        .await
        .unwrap();
    let more = bo.console.news(nothing.cursor).await.unwrap();
    assert_eq!(more.entries.len(), 1);

    // A batch has one outcome per item, in its order.
    let batch: Vec<Act> = ["cpu-high", "new-1", "new-2"]
        .iter()
        .map(|name| bo.acknowledge(name, now, name, 1))
        .collect();
    let outcomes = bo.console.act(batch).await;
    assert!(
        matches!(&outcomes[0], Err(Miss::Refused(Refusal::Owned(entry))) if owner(entry) == "ana")
    );
    assert!(
        outcomes[1..]
            .iter()
            .all(|o| o.as_ref().is_ok_and(|e| owner(e) == "bo"))
    );
}

/// How many items are contested: a few, or as many as `NOCTOP_CONTESTED` says for the figures of docs/performance.md.
fn contested(few: usize) -> usize {
    std::env::var("NOCTOP_CONTESTED")
        .ok()
        .and_then(|many| many.parse().ok())
        .unwrap_or(few)
}

/// Eight operators, each at a console of their own, want every one of these items.
async fn exactly_one_wins(consoles: Vec<Console>, items: usize) {
    const NAMES: [&str; 8] = ["ana", "bo", "cleo", "dan", "eve", "finn", "gil", "hana"];
    let now = SystemClock.now();
    let mut running = JoinSet::new();
    for (name, console) in NAMES.into_iter().zip(consoles) {
        let operator = Operator { name, console };
        let acts: Vec<Act> = (0..items)
            .map(|n| operator.acknowledge(&n.to_string(), now, &format!("contested-{n}"), 1))
            .collect();
        running.spawn(async move { (name, operator.console.act(acts).await) });
    }
    let mut winners = vec![Vec::new(); items];
    let mut told = vec![BTreeSet::new(); items];
    while let Some(done) = running.join_next().await {
        let (name, outcomes) = done.unwrap();
        for (n, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(entry) => {
                    assert_eq!(owner(&entry), name);
                    winners[n].push(name.to_owned());
                }
                Err(Miss::Refused(Refusal::Owned(entry))) => {
                    told[n].insert(owner(&entry).to_owned());
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    for (winner, told) in winners.iter().zip(told) {
        assert_eq!(winner.len(), 1, "exactly one owner");
        assert_eq!(
            told.into_iter().collect::<Vec<_>>(),
            *winner,
            "every loser is told who"
        );
    }
}

fn file(folder: &tempfile::TempDir) -> Console {
    Arc::new(FileBook::open(&folder.path().join("ledger.db")).unwrap())
}

async fn table_with(sim: &Simulator, clock: Arc<dyn Clock>) -> TableBook {
    let spec = FleetSpec {
        endpoint_url: Some(sim.endpoint()),
        regions: vec!["eu-west-1".parse().unwrap()],
        keys: Some(StaticKeys {
            id: "AKIA111111111111".to_owned(),
            secret: "demo".to_owned(),
        }),
        ..FleetSpec::default()
    };
    let patience = Patience {
        attempts: 1,
        ..Patience::default()
    };
    let fleet = Fleet::open(spec, patience, Arc::new(SystemClock))
        .await
        .unwrap();
    let (access, arn) = fleet.way(None, None).await.unwrap();
    assert!(arn.contains("111111111111"), "{arn}");
    TableBook::new(access, "noctop-ledger", "noc", &arn, clock)
}

async fn table(sim: &Simulator) -> TableBook {
    let book = table_with(sim, Arc::new(SystemClock)).await;
    if book.status().await.unwrap() == Status::Missing {
        book.create().await.unwrap();
        book.finish().await.unwrap();
        book.finish().await.unwrap();
    }
    assert_eq!(book.status().await.unwrap(), Status::Ready);
    book
}

#[tokio::test]
async fn two_consoles_agree_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    two_consoles_agree(file(&folder), file(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consoles_agree_over_a_table() {
    let sim = start("quiet-night");
    two_consoles_agree(Arc::new(table(&sim).await), Arc::new(table(&sim).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_eight_wins_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    exactly_one_wins((0..8).map(|_| file(&folder)).collect(), contested(25)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_eight_wins_in_a_table() {
    let sim = start("quiet-night");
    let mut consoles: Vec<Console> = Vec::new();
    for _ in 0..8 {
        consoles.push(Arc::new(table(&sim).await));
    }
    exactly_one_wins(consoles, contested(10)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_told_with_its_remedy() {
    let sim = start("quiet-night");
    let book = table_with(&sim, Arc::new(SystemClock)).await;
    assert_eq!(book.status().await.unwrap(), Status::Missing);
    let trouble = book.news(Cursor::default()).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert!(
        trouble.message.contains("noctop ledger create"),
        "{trouble}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_writes_nothing() {
    let sim = start("quiet-night");
    table(&sim).await;
    let wrong = ManualClock::new(SystemClock.now().plus(Duration::from_secs(90)));
    let console: Console = Arc::new(table_with(&sim, Arc::new(wrong)).await);
    let ana = Operator {
        name: "ana",
        console,
    };
    let outcome = ana
        .does(ana.acknowledge("1", SystemClock.now(), "disk-full", 1))
        .await;
    let Err(Miss::Failed(trouble)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(trouble.kind, TroubleKind::Skewed);
    assert!(
        trouble.message.contains("ahead of the one of AWS"),
        "{trouble}"
    );
    let read = table(&sim).await.news(Cursor::default()).await.unwrap();
    assert!(read.entries.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_wait_while_the_table_is_away_and_a_loser_is_told() {
    let sim = start("quiet-night");
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox.db");
    let now = SystemClock.now();
    let bo = Operator {
        name: "bo",
        console: Arc::new(table(&sim).await),
    };
    let book: Console = Arc::new(table(&sim).await);
    let ana = Operator {
        name: "ana",
        console: Arc::clone(&book),
    };
    let ledger = Ledger::shared(book, &outbox).unwrap();
    let start = ledger.news(Cursor::default()).await.unwrap();
    assert_eq!(ledger.link(), Link::Fine);

    let away = table(&sim).await;
    sim.faults()
        .add(Fault::new(FaultKind::Throttle).service("dynamodb"))
        .unwrap();
    let acts = vec![
        ana.acknowledge("1", now, "contested", 1),
        ana.acknowledge("2", now, "quiet", 1),
        ana.act("3", now, "quiet", Verb::Release { seen: 1 }),
    ];
    for outcome in ledger.act(acts).await {
        assert_eq!(outcome.unwrap().seat, Seat::Outbox);
    }
    assert!(matches!(ledger.link(), Link::LocalOnly { waiting: 3, .. }));
    assert!(ledger.news(start.cursor).await.is_err());

    // The console is restarted meanwhile: what its operator did is still there, and still waits.
    drop(ledger);
    let book: Console = Arc::new(away);
    let ledger = Ledger::shared(book, &outbox).unwrap();
    let shown = ledger.news(Cursor::default()).await.unwrap();
    assert_eq!(shown.entries.len(), 2);
    assert!(matches!(ledger.link(), Link::LocalOnly { waiting: 3, .. }));

    // Bo, who can reach the table, takes one of them.
    sim.faults().clear();
    bo.does(bo.acknowledge("1", now, "contested", 1))
        .await
        .unwrap();

    // The table is back: Ana's acts meet the same conditions as ever.
    let news = ledger.news(Cursor::default()).await.unwrap();
    assert_eq!(ledger.link(), Link::Fine);
    assert!(news.whole);
    let [(act, refusal)] = &news.lost[..] else {
        panic!("{:?}", news.lost);
    };
    assert_eq!((&*act.id, owner(refusal.entry().unwrap())), ("ana-1", "bo"));
    let of = |name: &str| news.entries.iter().find(|e| e.key == item(name)).unwrap();
    assert_eq!(owner(of("contested")), "bo");
    assert!(of("quiet").held().is_none() && of("quiet").version == 2);
}
