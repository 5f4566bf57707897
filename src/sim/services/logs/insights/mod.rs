//! Logs Insights: `StartQuery`, `GetQueryResults`, `StopQuery`, `DescribeQueries`.
//!
//! A query reads the events of its groups from the newest to the oldest, so much at each asking for its results, and
//! what it shows meanwhile is what it has found so far.

mod language;
mod run;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use self::language::Wrong;
use self::run::Run;
use super::estate::{Group, Logs, Stream, Troubled};
use super::events;
use super::{no_group, troubles};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// So many groups at most. From the model of `logGroupIdentifiers` in the API reference.
const GROUPS: usize = 50;
/// So many queries of an account and region at once. From the quotas of CloudWatch Logs.
const AT_ONCE: usize = 100;
/// After so long it ends. From the API reference of `StartQuery`.
const LASTS: Duration = Duration::from_secs(3_600);
/// So many events are read for one asking for results; a query of real groups takes seconds as well.
const AT_A_TIME: u64 = 20_000;
/// And so many seconds of streams.
const SECONDS: i64 = 100_000;

/// A query that was started.
#[derive(Debug)]
pub struct Query {
    id: String,
    groups: Vec<Arc<str>>,
    text: String,
    /// The first second that is read; what is taken in up to the start is.
    from: i64,
    began: Timestamp,
    /// The next second that is read, going back.
    at: i64,
    run: Run,
    status: Status,
    ended: Option<Timestamp>,
}

/// A group that is read: what its lines call it, the oldest moment that is kept, its streams.
type Searched<'a> = (Arc<str>, i64, Vec<(&'a Arc<str>, &'a Stream)>);

/// How far a query is. From the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Scheduled,
    Running,
    Complete,
    Cancelled,
    Timeout,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Complete => "Complete",
            Self::Cancelled => "Cancelled",
            Self::Timeout => "Timeout",
        }
    }

    const fn is_over(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Running)
    }
}

impl Query {
    /// Goes on with it.
    fn read(
        &mut self,
        groups: &BTreeMap<Arc<str>, Group>,
        site: &Site,
        now: Timestamp,
        troubled: &Troubled,
    ) {
        if self.status.is_over() {
            return;
        }
        // Whoever asks at once learns that it has just begun.
        if self.status == Status::Scheduled {
            self.status = Status::Running;
            return;
        }
        if now.since(self.began) >= LASTS {
            self.end(Status::Timeout, now);
            return;
        }
        let until = self.run.scanned + AT_A_TIME;
        let mut quiet = 0;
        let taken_in = self.began.as_millis();
        let streams: Vec<Searched<'_>> = self
            .groups
            .iter()
            .filter_map(|name| {
                let group = groups.get(name)?;
                let log = format!("{}:{name}", site.account).into();
                let oldest = events::oldest(group, now);
                let streams = group.streams.iter().collect();
                Some((log, oldest, streams))
            })
            .collect();
        while self.at >= self.from && self.run.scanned < until && quiet < SECONDS {
            for (log, oldest, streams) in &streams {
                quiet += i64::try_from(streams.len()).unwrap_or(1);
                if self.at * 1000 < *oldest {
                    continue;
                }
                let here = events::second(site, streams, self.at, taken_in, troubled);
                for event in here.into_iter().rev() {
                    self.run.put(event, log);
                }
            }
            self.at -= 1;
        }
        // Before anything was written there is nothing.
        let first = streams
            .iter()
            .flat_map(|(_, _, streams)| streams)
            .map(|(_, stream)| {
                let put = stream.put.first().map_or(i64::MAX, |put| put.at / 1000);
                stream.speaks.0.min(put)
            })
            .min()
            .unwrap_or(i64::MAX);
        if self.at < self.from.max(first) {
            self.end(Status::Complete, now);
        }
    }

    fn end(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.ended = Some(now);
    }

    fn statistics(&self) -> Map {
        let mut told = Map::default();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the model says that these are doubles"
        )]
        for (name, number) in [
            ("recordsMatched", self.run.matched as f64),
            ("recordsScanned", self.run.scanned as f64),
            ("bytesScanned", self.run.bytes as f64),
            ("estimatedRecordsSkipped", 0.0),
            ("estimatedBytesSkipped", 0.0),
            ("logGroupsScanned", self.groups.len() as f64),
        ] {
            told.set(name, number);
        }
        told
    }
}

/// `StartQuery`.
pub fn start(call: &Call<'_>) -> Answer {
    let text = call.needed("queryString");
    let named: Vec<&str> = call
        .arg("logGroupNames")
        .texts()
        .chain(call.arg("logGroupIdentifiers").texts())
        .chain(call.text("logGroupName"))
        .collect();
    let ways = [
        call.text("logGroupName").is_some(),
        call.arg("logGroupNames").texts().next().is_some(),
        call.arg("logGroupIdentifiers").texts().next().is_some(),
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        return Err(call.invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is needed: the simulator has no SOURCE command"));
    }
    if named.len() > GROUPS {
        return Err(call.invalid(format!(
            "At most {GROUPS} log groups can be queried at once"
        )));
    }
    if !matches!(call.text("queryLanguage"), None | Some("CWLI")) {
        return Err(call.invalid("The simulator understands the query language CWLI only"));
    }
    let (from, to) = (
        call.arg("startTime").as_int().unwrap_or(-1),
        call.arg("endTime").as_int().unwrap_or(-1),
    );
    if from < 0 || to < 0 || from > to {
        return Err(call.invalid("startTime must not be later than endTime"));
    }
    let limit = call.arg("limit").as_int();
    if limit.is_some_and(|limit| !(1..=100_000).contains(&limit)) {
        return Err(call.invalid("limit must be between 1 and 100000"));
    }
    let commands = language::parse(text).map_err(malformed)?;
    let groups: Vec<Arc<str>> = named
        .into_iter()
        .map(|name| super::named(call, name).map(Arc::from))
        .collect::<Result<_, _>>()?;
    let serial = call.world.next_serial();
    call.estate(|logs: &mut Logs, _, now| {
        if !groups.iter().all(|name| logs.groups.contains_key(name)) {
            return Err(no_group());
        }
        let live = |query: &&Query| {
            !query.status.is_over() && now.since(query.began) < Duration::from_secs(900)
        };
        if logs.queries.iter().filter(live).count() >= AT_ONCE {
            let message =
                format!("Account maximum query concurrency limit of [{AT_ONCE}] reached.");
            return Err(Refusal::new("LimitExceededException", message));
        }
        // They can be read for some days; a simulator keeps the last thousand.
        if logs.queries.len() >= 1_000 {
            logs.queries.remove(0);
        }
        let id = format!("{:08x}-0000-4000-8000-{serial:012x}", now.as_secs());
        logs.queries.push(Query {
            id: id.clone(),
            groups,
            text: text.to_owned(),
            from,
            began: now,
            at: to.min(now.as_secs()),
            run: Run::new(
                commands,
                limit.and_then(|limit| usize::try_from(limit).ok()),
            ),
            status: Status::Scheduled,
            ended: None,
        });
        Ok(fields! { "queryId" => id })
    })
}

fn malformed(wrong: Wrong) -> Refusal {
    let Wrong { message, from, to } = wrong;
    let place: Value = fields! { "startCharOffset" => from, "endCharOffset" => to };
    let told: Value = fields! { "location" => place, "message" => &*message };
    Refusal::new("MalformedQueryException", message.clone()).with("queryCompileError", told)
}

fn no_query(id: &str) -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        format!("Query '{id}' does not exist"),
    )
}

/// `GetQueryResults`.
pub fn results(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let id = call.needed("queryId");
    let troubled = troubles(call);
    call.estate(|logs: &mut Logs, site, now| {
        let Logs {
            queries, groups, ..
        } = logs;
        let query = queries
            .iter_mut()
            .find(|query| query.id == id)
            .ok_or_else(|| no_query(id))?;
        query.read(groups, site, now, &troubled);
        let rows = query.run.rows();
        let (rows, next) = page.cut(&rows);
        let told = rows.into_iter().map(|row| {
            row.iter()
                .map(|(field, value)| fields! { "field" => field, "value" => value })
                .collect::<Value>()
        });
        Ok(fields! {
            "queryLanguage" => "CWLI", "results" => told.collect::<Value>(), "status" => query.status.name(),
            "statistics" => Value::Map(query.statistics()), "nextToken" => next,
        })
    })
}

/// `StopQuery`.
pub fn stop(call: &Call<'_>) -> Answer {
    let id = call.needed("queryId");
    call.estate(|logs: &mut Logs, _, now| {
        let query = logs
            .queries
            .iter_mut()
            .find(|query| query.id == id)
            .ok_or_else(|| no_query(id))?;
        if query.status.is_over() {
            // From the API reference: a query that has ended is an error that says so.
            return Err(call.invalid("Query provided is not currently running."));
        }
        query.end(Status::Cancelled, now);
        Ok(fields! { "success" => true })
    })
}

/// `DescribeQueries`: the newest first.
pub fn describe(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (group, status) = (call.text("logGroupName"), call.text("status"));
    call.estate(|logs: &mut Logs, _, now| {
        let fit = logs.queries.iter().rev().filter(|query| {
            group.is_none_or(|group| query.groups.iter().any(|name| **name == *group))
                && status.is_none_or(|status| query.status.name() == status)
        });
        let (queries, next) = page.cut(fit);
        let told = queries.into_iter().map(|query| {
            let lasted = query.ended.unwrap_or(now).since(query.began);
            fields! {
                "queryLanguage" => "CWLI", "queryId" => &*query.id, "queryString" => &*query.text,
                "status" => query.status.name(), "createTime" => query.began.as_millis(),
                "logGroupName" => query.groups.first(),
                "queryDuration" => i64::try_from(lasted.as_millis()).unwrap_or(i64::MAX),
            }
        });
        Ok(fields! { "queries" => told.collect::<Value>(), "nextToken" => next })
    })
}
