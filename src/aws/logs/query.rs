//! Queries of Logs Insights: started in each account and region, asked for what they found until they end, and stopped when
//! nobody waits for them any more, since what they read is billed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use tokio::sync::{mpsc, watch};

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{GET_QUERY_RESULTS, START_QUERY, STOP_QUERY};
use crate::aws::pages::Pages;
use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{AccountId, Fault, FaultKind, Region};
use crate::logs::query::{Found, Heard, Part, Standing, Statistics};

use super::Target;

/// The groups of one query. From the API reference of `StartQuery`.
const GROUPS: usize = 50;
/// How soon a query is asked for the first time, and how the wait grows.
const SOON: Duration = Duration::from_millis(300);
/// The longest wait between two askings.
const SELDOM: Duration = Duration::from_secs(2);
/// The rows of a page; the most that AWS gives.
const PAGE: i32 = 10_000;
/// How long a query waits before it tries again where too many are running.
const CROWDED: Duration = Duration::from_secs(5);
/// How often it tries.
const CROWDED_TIMES: u32 = 24;
/// After so many failures in a row to ask for results, a query is given up.
const ATTEMPTS: u32 = 6;
/// How CloudWatch Logs refuses a query that it does not understand.
const MALFORMED: &str = "MalformedQueryException";
/// What may be told before somebody listens.
const WAITING: usize = 64;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The query, in the language of Logs Insights.
    pub text: Arc<str>,
    /// From when on. CloudWatch Logs counts in seconds here, and only here.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The most rows of each account and region; 10,000 without it.
    pub limit: Option<u32>,
}

/// Queries under way. They are stopped when it is dropped.
#[derive(Debug)]
pub struct Querying {
    stop: watch::Sender<bool>,
}

impl Querying {
    /// Starts the query for these groups, each account and region by itself. What is found is told through the channel,
    /// which is closed when all have ended.
    #[must_use]
    pub fn begin(
        targets: Vec<Target>,
        inquiry: &Inquiry,
    ) -> (Self, Vec<Part>, mpsc::Receiver<Heard>) {
        let (tx, rx) = mpsc::channel(WAITING);
        let (stop, stopped) = watch::channel(false);
        let mut places: BTreeMap<(AccountId, Region), Vec<Target>> = BTreeMap::new();
        for target in targets {
            let place = (target.access.account(), target.access.region());
            places.entry(place).or_default().push(target);
        }
        let mut parts = Vec::new();
        for targets in places.into_values() {
            for targets in targets.chunks(GROUPS) {
                let Some(first) = targets.first() else {
                    continue;
                };
                let query = Query {
                    part: parts.len(),
                    access: first.access.clone(),
                    groups: targets.to_vec(),
                    inquiry: inquiry.clone(),
                    tx: tx.clone(),
                    stopped: stopped.clone(),
                };
                parts.push(Part {
                    scope: first.access.scope(),
                    account: Arc::from(clean(&first.access.place().account)),
                    groups: targets.len(),
                    standing: Standing::Waiting,
                    statistics: Statistics::default(),
                });
                tokio::spawn(query.run());
            }
        }
        (Self { stop }, parts, rx)
    }

    /// Stops what is still running.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// One query of one account and region.
struct Query {
    part: usize,
    access: Access,
    groups: Vec<Target>,
    inquiry: Inquiry,
    tx: mpsc::Sender<Heard>,
    stopped: watch::Receiver<bool>,
}

/// What came of an asking.
struct Answered {
    status: Option<QueryStatus>,
    statistics: Statistics,
    rows: Vec<Found>,
}

impl Query {
    async fn run(mut self) {
        let id = match self.start().await {
            Ok(Some(id)) => id,
            Ok(None) => {
                self.tell(Standing::Stopped, Statistics::default(), None)
                    .await;
                return;
            }
            Err(fault) => {
                self.tell(Standing::Failed(fault), Statistics::default(), None)
                    .await;
                return;
            }
        };
        self.tell(Standing::Running, Statistics::default(), None)
            .await;
        let mut known = Statistics::default();
        let mut wait = SOON;
        let mut failures = 0;
        loop {
            if self.waits(wait).await {
                self.stop(&id).await;
                self.tell(Standing::Stopped, known, None).await;
                return;
            }
            wait = SELDOM.min(wait.mul_f32(1.5));
            match self.results(&id).await {
                Ok(answered) => {
                    failures = 0;
                    known = answered.statistics;
                    let standing = self.standing(answered.status.as_ref());
                    let over = standing.is_over();
                    self.tell(standing, known, Some(answered.rows)).await;
                    if over {
                        return;
                    }
                }
                Err(fault) => {
                    failures += 1;
                    let again = matches!(
                        fault.kind,
                        FaultKind::Throttled | FaultKind::Unreachable | FaultKind::Service
                    );
                    if failures >= ATTEMPTS || !again {
                        self.stop(&id).await;
                        self.tell(Standing::Failed(fault), known, None).await;
                        return;
                    }
                }
            }
        }
    }

    /// Starts it; none where it was stopped before that.
    async fn start(&mut self) -> Result<Option<String>, Fault> {
        let mut tries = 0;
        loop {
            let inquiry = &self.inquiry;
            let foreign = self.groups.iter().any(Target::is_foreign);
            let names: Vec<String> = self
                .groups
                .iter()
                .map(|group| {
                    if foreign {
                        group.arn()
                    } else {
                        group.name.to_string()
                    }
                })
                .collect();
            let started = self
                .access
                .cloudwatchlogs(&START_QUERY, |logs, with| {
                    let call = logs
                        .start_query()
                        .query_string(&*inquiry.text)
                        .start_time(inquiry.since.as_secs())
                        .end_time(inquiry.until.as_secs())
                        .set_limit(inquiry.limit.and_then(|limit| i32::try_from(limit).ok()));
                    let call = if foreign {
                        call.set_log_group_identifiers(Some(names))
                    } else {
                        call.set_log_group_names(Some(names))
                    };
                    call.customize().config_override(with).send()
                })
                .await;
            match started {
                Ok(out) => {
                    return out.query_id.map(Some).ok_or_else(|| {
                        self.fault(FaultKind::Malformed, "was started without an id")
                    });
                }
                // Others run queries as well: places become free.
                Err(fault)
                    if fault.code.as_deref() == Some("LimitExceededException")
                        && tries < CROWDED_TIMES =>
                {
                    tries += 1;
                    if self.waits(CROWDED).await {
                        return Ok(None);
                    }
                }
                Err(fault) => return Err(self.refused(fault)),
            }
        }
    }

    /// What is wrong with the query is wrong everywhere, and is told without a place.
    fn refused(&self, fault: Fault) -> Fault {
        if fault.code.as_deref() != Some(MALFORMED) {
            return fault;
        }
        let place = format!("in {}: ", self.access.place());
        let said = fault.message.split_once(&place).map(|(_, said)| said);
        let said = said
            .unwrap_or("it did not say what is wrong")
            .trim_end_matches('.');
        make(
            FaultKind::Service,
            Some(MALFORMED),
            format!("CloudWatch Logs does not understand the query: {said}."),
            "",
        )
    }

    /// Waits, unless it is stopped meanwhile; whether it is.
    async fn waits(&mut self, span: Duration) -> bool {
        let stopped = &mut self.stopped;
        tokio::select! {
            // An error means that whoever asked is gone.
            _ = stopped.wait_for(|stopped| *stopped) => true,
            () = self.tx.closed() => true,
            () = tokio::time::sleep(span) => false,
        }
    }

    /// What it has found by now, all pages of it.
    async fn results(&self, id: &str) -> Result<Answered, Fault> {
        let mut answered = Answered {
            status: None,
            statistics: Statistics::default(),
            rows: Vec::new(),
        };
        let mut pages = Pages::default();
        while pages.more() {
            let token = pages.token();
            let out = self
                .access
                .cloudwatchlogs(&GET_QUERY_RESULTS, |logs, with| {
                    logs.get_query_results()
                        .query_id(id)
                        .max_items(PAGE)
                        .set_next_token(token)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await?;
            if let Some(told) = out.statistics {
                answered.statistics = Statistics {
                    matched: told.records_matched,
                    scanned: told.records_scanned,
                    bytes: told.bytes_scanned,
                };
            }
            let rows = out.results.unwrap_or_default();
            answered.rows.extend(rows.into_iter().map(found));
            answered.status = out.status;
            // Before its end a first page shows how it goes; the rest would be read again.
            if !matches!(answered.status, Some(QueryStatus::Complete)) {
                break;
            }
            pages.turn(&GET_QUERY_RESULTS, out.next_token)?;
        }
        Ok(answered)
    }

    fn standing(&self, status: Option<&QueryStatus>) -> Standing {
        match status {
            Some(QueryStatus::Scheduled | QueryStatus::Running) => Standing::Running,
            Some(QueryStatus::Complete) => Standing::Complete,
            Some(QueryStatus::Cancelled) => {
                Standing::Failed(self.fault(FaultKind::Service, "was stopped by somebody else"))
            }
            Some(QueryStatus::Timeout) => Standing::Failed(self.fault(
                FaultKind::Service,
                "took longer than the hour that CloudWatch Logs allows; ask for a shorter time",
            )),
            Some(QueryStatus::Failed) => {
                Standing::Failed(self.fault(FaultKind::Service, "failed at CloudWatch Logs"))
            }
            _ => Standing::Failed(self.fault(
                FaultKind::Service,
                "has a state that CloudWatch Logs does not know",
            )),
        }
    }

    fn fault(&self, kind: FaultKind, what: &str) -> Fault {
        make(
            kind,
            None,
            format!("The query in {} {what}.", self.access.place()),
            "",
        )
    }

    /// Stops it at AWS. That it has ended meanwhile is no trouble, and nobody could do anything about another one.
    async fn stop(&self, id: &str) {
        let _ = self
            .access
            .cloudwatchlogs(&STOP_QUERY, |logs, with| {
                logs.stop_query()
                    .query_id(id)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
    }

    async fn tell(&self, standing: Standing, statistics: Statistics, rows: Option<Vec<Found>>) {
        let heard = Heard {
            part: self.part,
            standing,
            statistics,
            rows,
        };
        let _ = self.tx.send(heard).await;
    }
}

/// A row: names, and values as they came. Whoever shows them neutralises them, as with log lines.
fn found(fields: Vec<ResultField>) -> Found {
    fields
        .into_iter()
        .filter_map(|field| {
            let name = field.field?;
            let value = field.value?;
            Some((Arc::from(name), Arc::from(value)))
        })
        .collect()
}
