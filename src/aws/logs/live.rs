//! Live Tail: CloudWatch Logs pushes what is written in up to ten groups of an account and region as it comes.
//!
//! A session ends after three hours, with its connection, or when the service likes. It is then begun anew, and what was
//! written between is read with `FilterLogEvents`: the seam is marked, and a gap only where that could not be read.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::StalledStreamProtectionConfig;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::error::StartLiveTailResponseStreamError;
use aws_sdk_cloudwatchlogs::types::{
    LiveTailSessionLogEvent, LiveTailSessionUpdate, StartLiveTailResponseStream,
};
use aws_smithy_types::retry::RetryConfig;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::START_LIVE_TAIL;
use crate::clock::Timestamp;
use crate::domain::{Fault, FaultKind};
use crate::logs::mark::{Mark, MarkKind};
use crate::logs::seen::Brought;
use crate::logs::tail::{Arrived, News, SETTLE, Way};

use super::poll::{Desk, OVERLAP, Poller, gap, is_refused};
use super::{Streams, Target};

/// The groups that one session takes. From the API reference of `StartLiveTail`.
pub(super) const GROUPS: usize = 10;
/// When a session is begun anew: five minutes before AWS ends it.
const RENEW: Duration = Duration::from_secs(175 * 60);
/// An update comes every second, empty or not. So long without one, and the connection is dead.
const SILENCE: Duration = Duration::from_secs(20);
/// A session that lasts so long has worked, however it ends.
const LASTING: Duration = Duration::from_secs(60);
/// After so many sessions in a row that did not last, Live Tail is given up.
const FAILURES: u32 = 3;
/// How long events are remembered that a polling may bring again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How often it is marked that only a sample comes, while that lasts.
const SAMPLED_EVERY: Duration = Duration::from_secs(10);

/// How long sessions of Live Tail were open together: what AWS bills.
#[derive(Debug, Default)]
pub struct Meter {
    closed_millis: AtomicU64,
    open: AtomicI64,
    /// The sum of the moments at which those that are open began.
    began_millis: AtomicI64,
}

impl Meter {
    fn opens(&self, at: Timestamp) {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.began_millis
            .fetch_add(at.as_millis(), Ordering::Relaxed);
    }

    fn closes(&self, began: Timestamp, at: Timestamp) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.began_millis
            .fetch_sub(began.as_millis(), Ordering::Relaxed);
        let millis = u64::try_from(at.since(began).as_millis()).unwrap_or(u64::MAX);
        self.closed_millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// The time until this moment, all sessions together.
    #[must_use]
    pub fn time(&self, now: Timestamp) -> Duration {
        let open = self.open.load(Ordering::Relaxed);
        let running =
            now.as_millis().saturating_mul(open) - self.began_millis.load(Ordering::Relaxed);
        let running = u64::try_from(running).unwrap_or(0);
        Duration::from_millis(
            self.closed_millis
                .load(Ordering::Relaxed)
                .saturating_add(running),
        )
    }
}

/// Counts a session for as long as it is held, however it ends.
struct Open {
    meter: std::sync::Arc<Meter>,
    clock: std::sync::Arc<dyn crate::clock::Clock>,
    began: Timestamp,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.meter.closes(self.began, self.clock.now());
    }
}

/// Reads some groups of one account and region by Live Tail.
pub(super) struct Live {
    pub targets: Vec<Target>,
    pub desk: Desk,
    pub meter: std::sync::Arc<Meter>,
}

/// Why Live Tail was given up, and from when on the groups have to be polled.
pub(super) struct GivenUp {
    pub fault: Fault,
    pub from: Timestamp,
}

/// How a session ended.
struct Ended {
    fault: Option<Fault>,
    /// Up to when it brought what was written.
    last: Timestamp,
}

impl Live {
    /// Reads until nobody listens or Live Tail does not work here.
    pub async fn run(&self) -> GivenUp {
        let mut from = self.desk.wish.since;
        let mut failures = 0;
        let mut sessions = 0;
        let mut first = true;
        for target in &self.targets {
            self.desk.tell(target, News::Began(from)).await;
        }
        loop {
            let began = self.desk.clock.now();
            let output = match self.start().await {
                Ok(output) => output,
                Err(fault) => {
                    failures += 1;
                    if first || failures >= FAILURES || is_final(&fault) {
                        return GivenUp { fault, from };
                    }
                    tokio::time::sleep(Duration::from_secs(1 << failures)).await;
                    continue;
                }
            };
            self.meter.opens(began);
            let open = Open {
                meter: self.meter.clone(),
                clock: self.desk.clock.clone(),
                began,
            };
            if std::mem::take(&mut first) {
                for target in &self.targets {
                    self.desk.tell(target, News::Goes(Way::Live, None)).await;
                }
            }
            sessions += 1;
            let ended = self.session(output, from, began, sessions).await;
            drop(open);
            if self.desk.is_over() {
                let fault = ended
                    .fault
                    .unwrap_or_else(|| self.fault(FaultKind::Unreachable, "was stopped"));
                return GivenUp {
                    fault,
                    from: ended.last,
                };
            }
            // One that was cut at once brings more seams than lines.
            let lasted = self.desk.clock.now().since(began);
            failures = if lasted >= LASTING { 0 } else { failures + 1 };
            from = ended.last.minus(OVERLAP).max(self.desk.wish.since);
            if failures >= FAILURES {
                let fault = ended.fault.unwrap_or_else(|| {
                    self.fault(FaultKind::Unreachable, "was cut off again and again")
                });
                return GivenUp { fault, from };
            }
            self.mark_seam(&ended).await;
            if failures > 0 {
                tokio::time::sleep(Duration::from_secs(1 << failures)).await;
            }
        }
    }

    fn access(&self) -> &Access {
        &self.targets[0].access
    }

    /// Begins a session. Nothing is tried again here: a limit of sessions that is reached stays so.
    async fn start(&self) -> Result<StartLiveTailOutput, Fault> {
        let wish = &self.desk.wish;
        let arns: Vec<String> = self.targets.iter().map(Target::arn).collect();
        self.access()
            .cloudwatchlogs(&START_LIVE_TAIL, |logs, with| {
                let mut call = logs
                    .start_live_tail()
                    .set_log_group_identifiers(Some(arns))
                    .set_log_event_filter_pattern(wish.pattern.clone());
                call = match &wish.streams {
                    Streams::All => call,
                    Streams::Named(names) => call.set_log_stream_names(Some(names.clone())),
                    Streams::Prefix(prefix) => call.log_stream_name_prefixes(prefix),
                };
                let with = with
                    .retry_config(RetryConfig::disabled())
                    // Silence is watched here, and a quiet group is no stalled stream.
                    .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
                call.customize().config_override(with).send()
            })
            .await
    }

    /// Takes what a session brings, and reads beside it what was written before it began.
    async fn session(
        &self,
        mut output: StartLiveTailOutput,
        from: Timestamp,
        began: Timestamp,
        number: u32,
    ) -> Ended {
        let mut catching_up = std::pin::pin!(self.catch_up(from, began));
        let mut caught_up = false;
        // What is written between a reading and the beginning of the session would be in neither: the session comes first.
        let mut has_begun = false;
        let mut ended = Ended {
            fault: None,
            last: began,
        };
        let mut sampled = Sampled::default();
        let renewal = tokio::time::sleep(RENEW);
        tokio::pin!(renewal);
        loop {
            tokio::select! {
                () = &mut catching_up, if has_begun && !caught_up => caught_up = true,
                () = &mut renewal => break,
                received = tokio::time::timeout(SILENCE, output.response_stream.recv()) => match received {
                    Ok(Ok(Some(StartLiveTailResponseStream::SessionUpdate(update)))) => {
                        has_begun = true;
                        let now = self.desk.clock.now();
                        ended.last = now;
                        let brought = Brought::Pushed(number);
                        self.update(update, now, caught_up, brought, &mut sampled).await;
                        if self.desk.is_over() {
                            break;
                        }
                    }
                    Ok(Ok(Some(_))) => has_begun = true,
                    Ok(Ok(None)) => break,
                    Ok(Err(error)) => {
                        ended.fault = self.broken(&error);
                        break;
                    }
                    Err(_) => {
                        ended.fault = Some(self.fault(FaultKind::Unreachable, "fell silent"));
                        break;
                    }
                }
            }
        }
        // What was written before is still wanted, and whoever reads it knows how far it is.
        if !caught_up && !self.desk.is_over() {
            catching_up.await;
        }
        ended
    }

    async fn update(
        &self,
        update: LiveTailSessionUpdate,
        now: Timestamp,
        caught_up: bool,
        brought: Brought,
        sampled: &mut Sampled,
    ) {
        let mut by_target: Vec<Vec<Arrived>> = vec![Vec::new(); self.targets.len()];
        for event in update.session_results.unwrap_or_default() {
            let place = self.place(event.log_group_identifier.as_deref().unwrap_or_default());
            if let Some(events) = by_target.get_mut(place) {
                events.push(arrived(event));
            }
        }
        // Until the rest is caught up, nobody can say that everything up to now was handed over.
        let reached = caught_up.then(|| now.minus(SETTLE));
        for (target, events) in self.targets.iter().zip(by_target) {
            let news = News::Read {
                events,
                reached,
                brought,
            };
            self.desk.tell(target, news).await;
            if caught_up {
                let news = News::Forget(now.minus(REMEMBERED));
                self.desk.tell(target, news).await;
            }
        }
        let is_sample = update
            .session_metadata
            .is_some_and(|metadata| metadata.sampled);
        if let Some((kind, why)) = sampled.turns(is_sample, now) {
            let why = format!("{} {why}", self.label());
            let mark = Mark {
                kind,
                at: now,
                lasted: Duration::ZERO,
                why,
            };
            self.desk.tell(&self.targets[0], News::Marked(mark)).await;
        }
    }

    /// Which of the groups an event is of. AWS writes `account:name`, and an ARN for another account's.
    fn place(&self, identifier: &str) -> usize {
        let identifier = identifier.strip_suffix(":*").unwrap_or(identifier);
        let name = identifier.rsplit(':').next().unwrap_or(identifier);
        let account = identifier.contains(':').then_some(identifier);
        let is_of = |target: &&Target| {
            *target.name == *name
                && account.is_none_or(|text| text.contains(&target.scope.account.to_string()))
        };
        let exact = self.targets.iter().position(|target| is_of(&target));
        exact
            .or_else(|| self.targets.iter().position(|target| *target.name == *name))
            .unwrap_or(0)
    }

    /// Reads what was written before a session began, once.
    async fn catch_up(&self, from: Timestamp, began: Timestamp) {
        for target in &self.targets {
            let mut poller = Poller {
                target: target.clone(),
                desk: self.desk.clone(),
                brought: Brought::PolledBeside,
                from,
            };
            let mut attempts = 0;
            loop {
                let Err(fault) = poller.pass().await else {
                    break;
                };
                attempts += 1;
                let passing = matches!(
                    fault.kind,
                    FaultKind::Throttled | FaultKind::Unreachable | FaultKind::Service
                );
                if !passing || is_refused(&fault) || attempts >= FAILURES * 2 {
                    let mark = gap(target, poller.from, began, &fault);
                    self.desk.tell(target, News::Marked(mark)).await;
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1 << attempts)).await;
            }
            self.desk.tell(target, News::CaughtUp).await;
        }
    }

    async fn mark_seam(&self, ended: &Ended) {
        let why = ended.fault.as_ref().map_or_else(
            || "Live Tail was begun anew".to_owned(),
            |fault| format!("Live Tail was begun anew: {}", fault.message),
        );
        let mark = Mark {
            kind: MarkKind::Seam,
            at: ended.last,
            lasted: Duration::ZERO,
            why: format!("{} {why}", self.label()),
        };
        self.desk.tell(&self.targets[0], News::Marked(mark)).await;
    }

    fn label(&self) -> String {
        match self.targets.as_slice() {
            [one] => one.label(),
            all => format!("{} ({} groups)", self.access().place(), all.len()),
        }
    }

    fn fault(&self, kind: FaultKind, what: &str) -> Fault {
        make(
            kind,
            None,
            format!(
                "The session of Live Tail in {} {what}.",
                self.access().place()
            ),
            "noctop begins another one and reads what was written between.",
        )
    }

    /// What an error of the stream means; nothing where AWS ends a session as it said it would.
    fn broken(
        &self,
        error: &aws_smithy_runtime_api::client::result::SdkError<
            StartLiveTailResponseStreamError,
            aws_smithy_types::event_stream::RawMessage,
        >,
    ) -> Option<Fault> {
        let what = match error.as_service_error() {
            Some(StartLiveTailResponseStreamError::SessionTimeoutException(_)) => return None,
            Some(StartLiveTailResponseStreamError::SessionStreamingException(why)) => {
                format!(
                    "was ended by CloudWatch Logs: {}",
                    why.message().unwrap_or("it did not say why")
                )
            }
            _ => "broke off".to_owned(),
        };
        Some(self.fault(FaultKind::Unreachable, what.trim_end_matches('.')))
    }
}

/// Whether trying again is of no use: denied, limited, or not possible for these groups.
fn is_final(fault: &Fault) -> bool {
    let code = fault.code.as_deref().unwrap_or_default();
    is_refused(fault)
        || matches!(code, "LimitExceededException" | "ResourceNotFoundException")
        || matches!(
            fault.kind,
            FaultKind::Denied
                | FaultKind::Disabled
                | FaultKind::RegionOff
                | FaultKind::NoCredentials
        )
}

fn arrived(event: LiveTailSessionLogEvent) -> Arrived {
    Arrived {
        stream: event.log_stream_name.unwrap_or_default(),
        at: Timestamp::from_millis(event.timestamp.unwrap_or_default()),
        ingested: Timestamp::from_millis(event.ingestion_time.unwrap_or_default()),
        id: None,
        text: event.message.unwrap_or_default(),
    }
}

/// Whether only a sample comes at present.
#[derive(Debug, Default)]
struct Sampled {
    since: Option<Timestamp>,
    told: Option<Timestamp>,
}

impl Sampled {
    /// What has to be marked after an update.
    fn turns(&mut self, is_sample: bool, now: Timestamp) -> Option<(MarkKind, &'static str)> {
        if is_sample {
            self.since.get_or_insert(now);
            if self
                .told
                .is_some_and(|told| now.since(told) < SAMPLED_EVERY)
            {
                return None;
            }
            self.told = Some(now);
            return Some((
                MarkKind::Sampled,
                "writes more than Live Tail sends (500 events a second): only a sample is shown; --poll reads all of it",
            ));
        }
        self.told = None;
        self.since.take()?;
        Some((MarkKind::Seam, "is sent completely again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn the_meter_counts_open_sessions_and_closed_ones() {
        let meter = Meter::default();
        meter.opens(at(100));
        meter.opens(at(160));
        assert_eq!(meter.time(at(220)), Duration::from_secs(180));
        meter.closes(at(100), at(220));
        assert_eq!(meter.time(at(280)), Duration::from_secs(240));
        meter.closes(at(160), at(280));
        assert_eq!(meter.time(at(1_000)), Duration::from_secs(240));
    }

    #[test]
    fn a_sample_is_marked_when_it_begins_now_and_then_and_when_it_ends() {
        let mut sampled = Sampled::default();
        let kinds: Vec<_> = (0..14)
            .map(|second| {
                sampled
                    .turns((1..13).contains(&second), at(second))
                    .map(|(kind, _)| kind)
            })
            .collect();
        let marked: Vec<usize> = (0..14).filter(|n| kinds[*n].is_some()).collect();
        assert_eq!(marked, [1, 11, 13]);
        assert_eq!(kinds[13], Some(MarkKind::Seam));
    }
}
