//! Polling: one group is asked again and again with `FilterLogEvents`.
//!
//! CloudWatch Logs takes events in late and out of order, so the last seconds are read again each time, and what was read
//! before is known by the event's id. A pass begins where nothing can have been missed, follows every page (empty ones with
//! a token are normal), and only a pass that came to its end moves the beginning of the next one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::aws::ops::FILTER_LOG_EVENTS;
use crate::aws::pages::Pages;
use crate::clock::{Clock, Timestamp};
use crate::domain::{Fault, FaultKind};
use crate::logs::mark::{Mark, MarkKind};
use crate::logs::seen::Brought;
use crate::logs::tail::{Arrived, News, Over, Pace, SETTLE, Told};

use super::{Streams, Target, Wish};

/// How far back events are read again where there are many. AWS says that most are there within seconds.
pub(super) const OVERLAP: Duration = Duration::from_secs(30);
/// The same where it costs no call more: the answer fits one page.
const OVERLAP_QUIET: Duration = Duration::from_secs(120);
/// The most that a quiet group is read back. Above the five minutes by which a clock here may be wrong and still sign.
const OVERLAP_MOST: Duration = Duration::from_secs(600);
/// How often a group is asked while it is followed.
const EVERY: Duration = Duration::from_secs(2);
/// Of the five calls a second that an account and region may make, noctop leaves half to others.
const EACH: Duration = Duration::from_millis(400);
/// The events of a page; the most that AWS gives. A page ends at 1 MB as well.
const PAGE: i32 = 10_000;
/// After so many failures in a row a reading that was to come to an end is given up: two minutes of trying.
const ATTEMPTS: u32 = 8;
/// How often a pass is begun anew because the token of a page has ended.
const ANEW: u32 = 3;
/// After so many answers in a row that cannot be read, their time is given up and marked as a gap.
const UNREADABLE: u32 = 5;

/// What a reader stands on.
#[derive(Clone)]
pub(super) struct Desk {
    pub wish: Wish,
    pub clock: Arc<dyn Clock>,
    pub tx: mpsc::Sender<Told>,
    pub pace: watch::Receiver<Pace>,
    /// How many groups share the budget of an account and region.
    pub sharing: usize,
}

impl Desk {
    /// Tells something. A closed channel means that nobody wants to hear more; whoever reads is stopped then.
    pub async fn tell(&self, target: &Target, news: News) {
        let group = target.group;
        let _ = self.tx.send(Told { group, news }).await;
    }

    /// Whether nobody listens any more.
    pub fn is_over(&self) -> bool {
        self.tx.is_closed()
    }
}

/// Polls one group.
pub(super) struct Poller {
    pub target: Target,
    pub desk: Desk,
    pub brought: Brought,
    /// From when on the next pass reads.
    pub from: Timestamp,
}

/// How a pass went.
pub(super) struct Pass {
    /// The latest event that it saw.
    newest: Option<Timestamp>,
    pages: u32,
}

impl Poller {
    /// Reads until everything is read, or for ever.
    pub async fn run(mut self) {
        self.desk.tell(&self.target, News::Began(self.from)).await;
        let mut trouble = Trouble::default();
        let mut known = false;
        while !self.desk.is_over() {
            let asked = self.desk.clock.now();
            match self.pass().await {
                Ok(pass) => {
                    known = true;
                    if trouble.ends() {
                        self.desk.tell(&self.target, News::Well).await;
                        self.desk.tell(&self.target, News::Began(self.from)).await;
                    }
                    self.passed(asked, &pass).await;
                    if !self.desk.wish.follow {
                        self.desk
                            .tell(&self.target, News::Over(Over::Complete, None))
                            .await;
                        return;
                    }
                    tokio::time::sleep(self.pause()).await;
                }
                Err(fault) => {
                    if let Some(over) = trouble.begins(&fault, known, self.desk.wish.follow) {
                        self.give_up(asked, over, fault).await;
                        return;
                    }
                    if trouble.is_unreadable() {
                        self.skip(asked, &fault).await;
                    }
                    if trouble.is_worth_telling() {
                        self.desk.tell(&self.target, News::Away(fault)).await;
                    }
                    tokio::time::sleep(trouble.pause).await;
                }
            }
        }
    }

    /// One pass from `from` to what is there now. What it reads is told page by page.
    pub async fn pass(&mut self) -> Result<Pass, Fault> {
        let mut pass = Pass {
            newest: None,
            pages: 0,
        };
        let mut pages = Pages::default();
        let (mut begins, mut anew) = (self.from, 0);
        while pages.more() && !self.desk.is_over() {
            self.wait_for_slower(pass.newest).await;
            let token = pages.token();
            let goes_on = token.is_some();
            let target = &self.target;
            let wish = &self.desk.wish;
            let asked = target
                .access
                .cloudwatchlogs(&FILTER_LOG_EVENTS, |logs, with| {
                    let mut call = logs
                        .filter_log_events()
                        .start_time(begins.as_millis())
                        .set_end_time(wish.until.map(|until| until.as_millis().saturating_add(1)))
                        .set_filter_pattern(wish.pattern.clone())
                        .limit(PAGE)
                        .set_next_token(token);
                    call = if target.is_foreign() {
                        call.log_group_identifier(target.arn())
                    } else {
                        call.log_group_name(&*target.name)
                    };
                    call = match &wish.streams {
                        Streams::All => call,
                        Streams::Named(names) => call.set_log_stream_names(Some(names.clone())),
                        Streams::Prefix(prefix) => call.log_stream_name_prefix(prefix),
                    };
                    call.customize().config_override(with).send()
                })
                .await;
            let out = match asked {
                // A page's token ends after 24 hours, and this pass may have waited for slower groups or slept with its
                // machine. The question itself was taken before: it is asked anew from where it came to.
                Err(fault) if goes_on && is_refused(&fault) && anew < ANEW => {
                    (pages, begins, anew) = (Pages::default(), self.from, anew + 1);
                    continue;
                }
                asked => asked?,
            };
            pass.pages += 1;
            let events: Vec<Arrived> = out
                .events
                .unwrap_or_default()
                .into_iter()
                .map(arrived)
                .collect();
            let latest = events.iter().map(|event| event.at).max();
            pass.newest = latest.max(pass.newest);
            let last = out.next_token.as_ref().is_none_or(String::is_empty);
            if !events.is_empty() || latest.is_some() {
                let news = News::Read {
                    events,
                    reached: latest.filter(|_| !last),
                    brought: self.brought,
                };
                self.desk.tell(&self.target, news).await;
            }
            // Pages come in the order of time: should the next one fail, this much need not be read again.
            if let Some(newest) = pass.newest {
                self.from = self.from.max(newest.minus(OVERLAP));
                self.desk.tell(&self.target, News::Forget(self.from)).await;
            }
            pages.turn(&FILTER_LOG_EVENTS, out.next_token)?;
        }
        Ok(pass)
    }

    /// While too many lines wait for slower groups, this one waits as well.
    async fn wait_for_slower(&mut self, reached: Option<Timestamp>) {
        let reached = reached.unwrap_or(self.from);
        let pace = &mut self.desk.pace;
        // An error means that nobody listens any more.
        let _ = pace
            .wait_for(|pace| !pace.crowded || reached <= pace.slowest)
            .await;
    }

    /// After a pass that came to its end.
    async fn passed(&mut self, asked: Timestamp, pass: &Pass) {
        let desk = self.desk.clone();
        let reached = Some(asked.minus(SETTLE));
        let news = News::Read {
            events: Vec::new(),
            reached,
            brought: self.brought,
        };
        desk.tell(&self.target, news).await;
        desk.tell(&self.target, News::CaughtUp).await;
        self.from = next_from(self.from, asked, pass);
        desk.tell(&self.target, News::Forget(self.from)).await;
    }

    fn pause(&self) -> Duration {
        let fair = EACH.saturating_mul(u32::try_from(self.desk.sharing).unwrap_or(u32::MAX));
        EVERY.max(fair)
    }

    async fn give_up(&self, asked: Timestamp, over: Over, fault: Fault) {
        if over == Over::GaveUp {
            let mark = gap(&self.target, self.from, asked, &fault);
            self.desk.tell(&self.target, News::Marked(mark)).await;
        }
        self.desk
            .tell(&self.target, News::Over(over, Some(fault)))
            .await;
    }

    async fn skip(&mut self, asked: Timestamp, fault: &Fault) {
        let mark = gap(&self.target, self.from, asked, fault);
        self.desk.tell(&self.target, News::Marked(mark)).await;
        self.from = asked;
    }
}

/// From when on the next pass reads: a little before what is certain. Neither the clock here alone is believed, which may be
/// ahead, nor the latest event alone, which may be hours old.
fn next_from(from: Timestamp, asked: Timestamp, pass: &Pass) -> Timestamp {
    let overlap = if pass.pages > 1 {
        OVERLAP
    } else {
        OVERLAP_QUIET
    };
    let newest = pass.newest.map_or(asked, |newest| newest.min(asked));
    from.max(newest.minus(overlap))
        .max(asked.minus(OVERLAP_MOST))
}

pub(super) fn gap(target: &Target, from: Timestamp, to: Timestamp, fault: &Fault) -> Mark {
    Mark {
        kind: MarkKind::Gap,
        at: from,
        lasted: to.since(from),
        why: format!("{} was not read. {}", target.label(), fault.message),
    }
}

fn arrived(event: aws_sdk_cloudwatchlogs::types::FilteredLogEvent) -> Arrived {
    Arrived {
        stream: event.log_stream_name.unwrap_or_default(),
        at: Timestamp::from_millis(event.timestamp.unwrap_or_default()),
        ingested: Timestamp::from_millis(event.ingestion_time.unwrap_or_default()),
        id: event.event_id.filter(|id| !id.is_empty()).map(Into::into),
        text: event.message.unwrap_or_default(),
    }
}

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    unreadable: u32,
    told: Option<FaultKind>,
    tell: bool,
    pub pause: Duration,
}

impl Trouble {
    /// Another failure; how the reading ends because of it, if it does.
    pub fn begins(&mut self, fault: &Fault, known: bool, follow: bool) -> Option<Over> {
        self.failures += 1;
        let absent = is_absent(fault);
        if absent && !known {
            return Some(Over::Absent);
        }
        let passing = matches!(
            fault.kind,
            FaultKind::Throttled
                | FaultKind::Unreachable
                | FaultKind::Service
                | FaultKind::Malformed
        ) && !absent
            && !is_refused(fault);
        if !follow && (!passing || self.failures >= ATTEMPTS) {
            return Some(Over::GaveUp);
        }
        self.unreadable = if fault.kind == FaultKind::Malformed {
            self.unreadable + 1
        } else {
            0
        };
        let doubled = Duration::from_secs(1 << self.failures.min(6).saturating_sub(1));
        // What passes is tried again soon; who is denied waits for somebody to do something about it.
        self.pause = if passing {
            doubled
        } else {
            Duration::from_secs(30)
        };
        // One slow answer is nobody's concern; that a group stays unread is.
        self.tell = (!passing || self.failures >= 3) && self.told != Some(fault.kind);
        if self.tell {
            self.told = Some(fault.kind);
        }
        None
    }

    /// Whether the operator should hear of it now.
    pub const fn is_worth_telling(&self) -> bool {
        self.tell
    }

    /// Whether this time cannot be read, however often it is tried.
    pub fn is_unreadable(&mut self) -> bool {
        let is = self.unreadable >= UNREADABLE;
        if is {
            self.unreadable = 0;
        }
        is
    }

    /// It works again; whether there was trouble that somebody heard of.
    pub fn ends(&mut self) -> bool {
        let told = self.told.is_some();
        *self = Self::default();
        told
    }
}

/// Whether there is no such group.
#[must_use]
pub fn is_absent(fault: &Fault) -> bool {
    fault.code.as_deref() == Some("ResourceNotFoundException")
}

/// Whether the question itself is wrong, so that asking again is of no use: a filter pattern that cannot be read.
pub(super) fn is_refused(fault: &Fault) -> bool {
    matches!(
        fault.code.as_deref(),
        Some("InvalidParameterException" | "InvalidOperationException" | "ValidationException")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn next(from: i64, asked: i64, newest: Option<i64>, pages: u32) -> i64 {
        let pass = Pass {
            newest: newest.map(at),
            pages,
        };
        next_from(at(from), at(asked), &pass).as_secs()
    }

    #[test]
    fn the_last_seconds_are_read_again() {
        assert_eq!(next(0, 10_000, Some(9_999), 5), 9_969);
        assert_eq!(next(0, 10_000, Some(9_999), 1), 9_879);
        // A quiet group, and one in which nothing was ever written.
        assert_eq!(next(0, 10_000, Some(100), 1), 9_400);
        assert_eq!(next(0, 10_000, None, 1), 9_880);
    }

    #[test]
    fn a_clock_that_is_ahead_misses_nothing_and_one_that_is_behind_neither() {
        // Five minutes ahead: the latest event seems five minutes old, and what comes next is later than that.
        assert!(next(0, 10_300, Some(10_000), 3) <= 10_000);
        // Five minutes behind: events come from the future.
        assert!(next(0, 9_700, Some(10_000), 3) <= 9_700);
    }

    #[test]
    fn the_beginning_never_goes_back() {
        assert_eq!(next(9_990, 10_000, Some(9_999), 1), 9_990);
    }

    fn fault(kind: FaultKind, code: &str) -> Fault {
        Fault {
            kind,
            message: Arc::from("x"),
            advice: Arc::from(""),
            code: Some(Arc::from(code)),
        }
    }

    #[test]
    fn what_passes_is_tried_again_ever_more_slowly() {
        let mut trouble = Trouble::default();
        let throttled = fault(FaultKind::Throttled, "ThrottlingException");
        let pauses: Vec<u64> = (0..9)
            .map(|_| {
                assert_eq!(trouble.begins(&throttled, true, true), None);
                trouble.pause.as_secs()
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 32, 32, 32]);
        assert!(trouble.ends() && !trouble.ends());
    }

    #[test]
    fn a_reading_with_an_end_is_given_up_some_time_and_at_once_where_nothing_helps() {
        let mut trouble = Trouble::default();
        let throttled = fault(FaultKind::Throttled, "ThrottlingException");
        let ends: Vec<_> = (0..ATTEMPTS)
            .map(|_| trouble.begins(&throttled, true, false))
            .collect();
        assert_eq!(
            ends.iter().position(Option::is_some),
            Some(ATTEMPTS as usize - 1)
        );
        let first = |fault: &Fault, known, follow| Trouble::default().begins(fault, known, follow);
        assert_eq!(
            first(
                &fault(FaultKind::Denied, "AccessDeniedException"),
                false,
                false
            ),
            Some(Over::GaveUp)
        );
        assert_eq!(
            first(
                &fault(FaultKind::Denied, "AccessDeniedException"),
                false,
                true
            ),
            None
        );
        assert_eq!(
            first(
                &fault(FaultKind::Service, "InvalidParameterException"),
                false,
                false
            ),
            Some(Over::GaveUp)
        );
        let absent = fault(FaultKind::Service, "ResourceNotFoundException");
        assert_eq!(first(&absent, false, true), Some(Over::Absent));
        // Deleted while it is read: it may come back.
        assert_eq!(first(&absent, true, true), None);
    }

    #[test]
    fn only_what_cannot_be_read_again_and_again_is_skipped() {
        let mut trouble = Trouble::default();
        let malformed = fault(FaultKind::Malformed, "x");
        let skipped = (0..10).filter(|_| {
            trouble.begins(&malformed, true, true);
            trouble.is_unreadable()
        });
        assert_eq!(skipped.count(), 2);
    }
}
