//! How a maintenance window stands: pure judgement over what was listed, what ran, and what time it is.
//!
//! ```text
//! disabled? ─► Disabled        an execution that has not ended? ─► Running
//! should have begun, and nothing did? ─► Missed        last execution not a success? ─► Failed
//! executions not read though due? ─► Unread        else Waiting
//! ```
//!
//! That executions could not be read makes nothing better: what ran, failed or was missed stays so until it is known
//! otherwise. Only that all is well cannot be said any more.
//!
//! *Should have begun* has two witnesses: the schedule, computed here, and the next time that AWS itself announced at
//! an earlier listing. Neither counts if the window was changed since, so a suspicion is vetted against the
//! window's time of modification before it is believed.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::window::{WindowPhase, WindowRun};
use crate::sources::schedule::Schedule;

const HOUR: Duration = Duration::from_secs(3_600);

/// How long after its time a window may begin. Windows begin within a minute or two; a quarter of an hour leaves
/// room for a slow service and still tells an operator while there is time to run the patches by hand.
pub const TOLERANCE: Duration = Duration::from_secs(900);
/// How much before its time a window may begin, for clocks that disagree.
const EARLY: Duration = Duration::from_secs(300);
/// How far back a time is judged. Systems Manager keeps the history of executions for 30 days.
pub const HORIZON: Duration = Duration::from_secs(28 * 86_400);
/// How long what was found out about a quiet window is believed.
const BELIEVED: Duration = HOUR;

/// What `DescribeMaintenanceWindows` says of one window.
#[derive(Clone, Debug)]
pub struct Listed {
    /// `mw-…`.
    pub id: Arc<str>,
    /// Neutralised.
    pub name: Arc<str>,
    /// Neutralised.
    pub description: Option<Arc<str>>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The schedule as it is written. Neutralised.
    pub expression: Option<Arc<str>>,
    /// The zone as it is written. Neutralised.
    pub timezone: Option<Arc<str>>,
    /// The schedule, where it can be read for sure.
    pub schedule: Option<Schedule>,
    /// How long it is open, in hours.
    pub duration_hours: i32,
    /// How many hours before its end no new task is started.
    pub cutoff_hours: i32,
    /// Before this it never opens.
    pub active_from: Option<Timestamp>,
    /// After this it never opens.
    pub active_to: Option<Timestamp>,
    /// When it opens next, as AWS says.
    pub next: Option<Timestamp>,
}

/// A next time that AWS announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The time.
    pub at: Timestamp,
    /// When it was announced last.
    pub told: Timestamp,
}

/// What is remembered of a window between askings.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// When its executions were asked for last.
    pub looked: Option<Timestamp>,
    /// Its executions, the newest first.
    pub runs: Vec<WindowRun>,
    /// The instances that its targets name.
    pub instances: Vec<Arc<str>>,
    /// The next time that AWS announced last.
    pub announced: Option<Announced>,
    /// The latest announced time that has come.
    pub came: Option<Announced>,
    /// The time that was vetted last, and whether the window was bound to it.
    pub vetted: Option<(Timestamp, bool)>,
    /// Why its executions could not be read though it was time to.
    pub unread: Option<Arc<str>>,
}

/// A time at which a window should have begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The time.
    pub at: Timestamp,
    /// Until when it may begin.
    pub until: Timestamp,
    /// A change of the window after this moment makes the expectation void.
    pub unchanged_since: Timestamp,
}

/// Statuses of an execution that has not ended.
const UNFINISHED: &[&str] = &["PENDING", "IN_PROGRESS", "CANCELLING"];

/// Whether an execution has not ended.
#[must_use]
pub fn is_unfinished(run: &WindowRun) -> bool {
    UNFINISHED.contains(&run.status.as_ref())
}

/// Whether an execution ended in another way than with success.
#[must_use]
pub fn is_bad(run: &WindowRun) -> bool {
    !is_unfinished(run) && run.status.as_ref() != "SUCCESS"
}

impl Known {
    /// Takes note of what was listed: which next time AWS announces, and which announced time has come.
    pub fn note(&mut self, listed: &Listed, now: Timestamp) {
        if !listed.enabled {
            // A disabled window is bound to nothing, and enabling it makes a new start.
            self.announced = None;
            self.came = None;
            return;
        }
        if let Some(before) = self.announced.filter(|a| a.at <= now) {
            self.came = Some(before);
        }
        self.announced = listed.next.map(|at| Announced { at, told: now });
    }

    /// Takes over freshly read executions, keeping the tasks of those that were known.
    pub fn take_runs(&mut self, fresh: Vec<WindowRun>, now: Timestamp) {
        for mut run in fresh {
            if let Some(old) = self.runs.iter().position(|r| r.id == run.id) {
                let old = self.runs.swap_remove(old);
                if run.tasks.is_empty() && !is_unfinished(&old) {
                    run.tasks = old.tasks;
                }
            }
            self.runs.push(run);
        }
        // An execution that waits for its turn has no start yet: it is the newest.
        self.runs.sort_by_key(|run| {
            let started = if run.started.is_unknown() {
                now
            } else {
                run.started
            };
            (std::cmp::Reverse(started), Arc::clone(&run.id))
        });
        self.runs.truncate(RUNS_MAX);
        self.looked = Some(now);
    }

    /// The execution that runs.
    #[must_use]
    pub fn current(&self) -> Option<&WindowRun> {
        self.runs.iter().find(|run| is_unfinished(run))
    }

    /// The last execution that ended.
    #[must_use]
    pub fn last(&self) -> Option<&WindowRun> {
        self.runs.iter().find(|run| !is_unfinished(run))
    }

    /// From when on executions have to be asked for.
    #[must_use]
    pub fn read_from(&self, now: Timestamp) -> Timestamp {
        let unfinished = self.runs.iter().filter(|run| is_unfinished(run));
        unfinished
            .map(|run| run.started)
            .chain(self.runs.first().map(|run| run.started))
            .filter(|started| !started.is_unknown())
            .min()
            .map_or_else(|| now.minus(HORIZON), |started| started.minus(HOUR))
    }
}

/// The most executions that are remembered of one window.
const RUNS_MAX: usize = 10;

/// The last time at which the window should have begun.
#[must_use]
pub fn expected(listed: &Listed, known: &Known, now: Timestamp) -> Option<Expected> {
    if !listed.enabled {
        return None;
    }
    let by_schedule = listed
        .schedule
        .as_ref()
        .and_then(|schedule| schedule.last(now))
        .map(|due| Expected {
            at: due.at,
            until: due.at.plus(due.again).plus(TOLERANCE),
            unchanged_since: due.at,
        });
    let stale = listed.next.filter(|next| *next <= now);
    let by_announcement = known
        .came
        .into_iter()
        .chain(stale.map(|at| Announced { at, told: at }))
        .max_by_key(|announced| announced.at)
        .map(|announced| Expected {
            at: announced.at,
            until: announced.at.plus(TOLERANCE),
            unchanged_since: announced.told.min(announced.at),
        });
    // Of equal times the schedule's counts: it also knows the hour that comes twice.
    [by_announcement, by_schedule]
        .into_iter()
        .flatten()
        .filter(|e| e.at >= now.minus(HORIZON))
        .filter(|e| listed.active_from.is_none_or(|from| e.at >= from))
        .filter(|e| listed.active_to.is_none_or(|to| e.at <= to))
        .max_by_key(|e| e.at)
}

/// Whether an execution began at that time or later.
fn began(known: &Known, expected: &Expected) -> bool {
    known
        .runs
        .iter()
        .any(|run| is_unfinished(run) || run.started >= expected.at.minus(EARLY))
}

/// The time that seems to have been missed: the tolerance is over and a look after it showed no execution.
#[must_use]
pub fn suspicion(listed: &Listed, known: &Known, now: Timestamp) -> Option<Expected> {
    let expected = expected(listed, known, now)?;
    let looked = known.looked.is_some_and(|at| at >= expected.until);
    (looked && !began(known, &expected)).then_some(expected)
}

/// Whether a window's executions should be asked for now; asking for all at every refresh would cost too many calls.
#[must_use]
pub fn wants_a_look(listed: &Listed, known: &Known, now: Timestamp) -> bool {
    let Some(looked) = known.looked else {
        return true;
    };
    if known.current().is_some() {
        return true;
    }
    if !listed.enabled {
        return false;
    }
    if now.since(looked) >= BELIEVED {
        return true;
    }
    let open = u64::try_from(listed.duration_hours.max(1)).unwrap_or(1);
    let open = Duration::from_secs(open * 3_600);
    expected(listed, known, now).is_some_and(|e| {
        let near = now <= e.until.plus(open);
        let unseen = looked < e.until && now >= e.until;
        near || unseen
    })
}

/// The time that was missed: suspected and vetted. While executions cannot be read, a time that was missed before
/// stays so, even when the next one has come: nobody knows whether that one was kept.
#[must_use]
pub fn missed(listed: &Listed, known: &Known, now: Timestamp) -> Option<Timestamp> {
    let (at, _) = known.vetted.filter(|(_, bound)| *bound)?;
    let made_good = || known.runs.iter().any(|run| run.started >= at.minus(EARLY));
    let stands = match suspicion(listed, known, now) {
        Some(expected) => expected.at == at,
        None => known.unread.is_some() && listed.enabled && !made_good(),
    };
    stands.then_some(at)
}

/// How the window stands.
#[must_use]
pub fn phase(listed: &Listed, known: &Known, now: Timestamp) -> WindowPhase {
    if !listed.enabled {
        return WindowPhase::Disabled;
    }
    if known.current().is_some() {
        return WindowPhase::Running;
    }
    if missed(listed, known, now).is_some() {
        return WindowPhase::Missed;
    }
    if known.last().is_some_and(is_bad) {
        return WindowPhase::Failed;
    }
    if known.looked.is_none() || known.unread.is_some() {
        return WindowPhase::Unread;
    }
    WindowPhase::Waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn listed(expression: &str, zone: Option<&str>) -> Listed {
        Listed {
            id: "mw-0123456789abcdef0".into(),
            name: "patch-web".into(),
            description: None,
            enabled: true,
            expression: Some(expression.into()),
            timezone: zone.map(Arc::from),
            schedule: Schedule::parse(expression, zone, 0),
            duration_hours: 2,
            cutoff_hours: 1,
            active_from: None,
            active_to: None,
            next: None,
        }
    }

    fn run(status: &str, started: &str) -> WindowRun {
        WindowRun {
            id: Arc::from(started),
            status: status.into(),
            status_details: None,
            started: at(started),
            ended: None,
            tasks: Vec::new(),
        }
    }

    /// What is known of a window whose executions were read at `now`, with every suspicion vetted.
    fn known(listed: &Listed, runs: Vec<WindowRun>, now: Timestamp) -> Known {
        let mut known = Known::default();
        known.note(listed, now);
        known.take_runs(runs, now);
        known.vetted = suspicion(listed, &known, now).map(|e| (e.at, true));
        known
    }

    fn judged(listed: &Listed, runs: Vec<WindowRun>, now: &str) -> WindowPhase {
        let now = at(now);
        phase(listed, &known(listed, runs, now), now)
    }

    #[test]
    fn a_time_without_an_execution_is_missed_after_the_tolerance() {
        let daily = listed("cron(0 2 ? * * *)", None);
        let yesterday = || vec![run("SUCCESS", "2026-11-20T02:00:20Z")];
        assert_eq!(
            judged(&daily, yesterday(), "2026-11-21T02:14:59Z"),
            WindowPhase::Waiting
        );
        assert_eq!(
            judged(&daily, yesterday(), "2026-11-21T02:15:00Z"),
            WindowPhase::Missed
        );
        // It stays so until an execution begins, however late.
        assert_eq!(
            judged(&daily, yesterday(), "2026-11-22T01:00:00Z"),
            WindowPhase::Missed
        );
        let mut runs = yesterday();
        runs.push(run("IN_PROGRESS", "2026-11-22T02:00:10Z"));
        assert_eq!(
            judged(&daily, runs, "2026-11-22T02:01:00Z"),
            WindowPhase::Running
        );
    }

    #[test]
    fn an_execution_counts_for_its_time_even_if_clocks_disagree() {
        let daily = listed("cron(0 2 ? * * *)", None);
        for started in [
            "2026-11-21T01:57:00Z",
            "2026-11-21T02:00:00Z",
            "2026-11-21T02:40:00Z",
        ] {
            assert_eq!(
                judged(
                    &daily,
                    vec![run("SUCCESS", started)],
                    "2026-11-21T12:00:00Z"
                ),
                WindowPhase::Waiting,
                "{started}"
            );
        }
        assert_eq!(
            judged(
                &daily,
                vec![run("SUCCESS", "2026-11-21T01:50:00Z")],
                "2026-11-21T12:00:00Z"
            ),
            WindowPhase::Missed
        );
    }

    #[test]
    fn the_hour_of_a_window_follows_its_own_clock() {
        // Berlin goes back on 25 October 2026: 02:00 is 00:00Z the day before and 01:00Z the day after.
        let daily = listed("cron(0 2 ? * * *)", Some("Europe/Berlin"));
        let ran = || vec![run("SUCCESS", "2026-10-25T00:00:10Z")];
        assert_eq!(
            judged(&daily, ran(), "2026-10-26T01:00:00Z"),
            WindowPhase::Waiting
        );
        assert_eq!(
            judged(&daily, ran(), "2026-10-26T01:16:00Z"),
            WindowPhase::Missed
        );
        // In the night of the change 02:30 comes twice; the second one is in time.
        let twice = listed("cron(30 2 ? * * *)", Some("Europe/Berlin"));
        let before = || vec![run("SUCCESS", "2026-10-24T00:30:05Z")];
        assert_eq!(
            judged(&twice, before(), "2026-10-25T01:31:00Z"),
            WindowPhase::Waiting
        );
        assert_eq!(
            judged(&twice, before(), "2026-10-25T01:46:00Z"),
            WindowPhase::Missed
        );
        // In the night on which 02:30 does not exist nobody can say that it was missed.
        let ran = vec![run("SUCCESS", "2026-03-28T01:30:05Z")];
        assert_eq!(
            judged(&twice, ran, "2026-03-29T12:00:00Z"),
            WindowPhase::Waiting
        );
    }

    #[test]
    fn an_announced_time_that_passes_silently_is_missed_even_without_a_schedule_to_compute() {
        let mut window = listed("rate(7 days)", None);
        window.next = Some(at("2026-11-21T02:00:00Z"));
        let mut known = Known::default();
        known.note(&window, at("2026-11-21T01:50:00Z"));
        known.take_runs(
            vec![run("SUCCESS", "2026-11-14T02:00:00Z")],
            at("2026-11-21T01:50:00Z"),
        );
        // AWS has gone on to the next one.
        window.next = Some(at("2026-11-28T02:00:00Z"));
        let now = at("2026-11-21T02:20:00Z");
        known.note(&window, now);
        assert!(wants_a_look(&window, &known, now));
        assert_eq!(suspicion(&window, &known, now), None, "not before a look");
        known.take_runs(Vec::new(), now);
        let missed = suspicion(&window, &known, now).unwrap();
        assert_eq!(missed.at, at("2026-11-21T02:00:00Z"));
        assert_eq!(missed.unchanged_since, at("2026-11-21T01:50:00Z"));
        assert_eq!(
            phase(&window, &known, now),
            WindowPhase::Waiting,
            "not before vetting"
        );
        known.vetted = Some((missed.at, true));
        assert_eq!(phase(&window, &known, now), WindowPhase::Missed);
        // A change in between makes it void.
        known.vetted = Some((missed.at, false));
        assert_eq!(phase(&window, &known, now), WindowPhase::Waiting);
    }

    #[test]
    fn a_window_that_was_moved_before_its_time_is_not_held_to_the_old_one() {
        let mut window = listed("rate(7 days)", None);
        let mut known = Known::default();
        window.next = Some(at("2026-11-21T02:00:00Z"));
        known.note(&window, at("2026-11-21T01:00:00Z"));
        window.next = Some(at("2026-11-21T05:00:00Z"));
        known.note(&window, at("2026-11-21T01:30:00Z"));
        known.note(&window, at("2026-11-21T03:00:00Z"));
        known.take_runs(Vec::new(), at("2026-11-21T03:00:00Z"));
        assert_eq!(suspicion(&window, &known, at("2026-11-21T03:00:00Z")), None);
    }

    #[test]
    fn outside_its_active_period_nothing_is_expected() {
        let now = "2026-11-21T12:00:00Z";
        let mut window = listed("cron(0 2 ? * * *)", None);
        assert_eq!(judged(&window, Vec::new(), now), WindowPhase::Missed);
        window.active_from = Some(at("2026-11-21T03:00:00Z"));
        assert_eq!(judged(&window, Vec::new(), now), WindowPhase::Waiting);
        window.active_from = None;
        window.active_to = Some(at("2026-11-21T01:00:00Z"));
        assert_eq!(judged(&window, Vec::new(), now), WindowPhase::Waiting);
        window.active_to = None;
        window.enabled = false;
        assert_eq!(judged(&window, Vec::new(), now), WindowPhase::Disabled);
        // Longer ago than the history of executions goes back.
        let yearly = listed("cron(0 2 1 1 ? *)", None);
        assert_eq!(judged(&yearly, Vec::new(), now), WindowPhase::Waiting);
    }

    #[test]
    fn a_failure_stands_until_the_next_success() {
        let daily = listed("cron(0 2 ? * * *)", None);
        let now = "2026-11-21T12:00:00Z";
        for status in ["FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING"] {
            let runs = vec![
                run("SUCCESS", "2026-11-20T02:00:00Z"),
                run(status, "2026-11-21T02:00:00Z"),
            ];
            assert_eq!(judged(&daily, runs, now), WindowPhase::Failed, "{status}");
        }
        let runs = vec![
            run("FAILED", "2026-11-20T02:00:00Z"),
            run("SUCCESS", "2026-11-21T02:00:00Z"),
        ];
        assert_eq!(judged(&daily, runs, now), WindowPhase::Waiting);
    }

    #[test]
    fn looks_are_spent_where_something_can_have_happened() {
        let daily = listed("cron(0 2 ? * * *)", None);
        let looked = |runs: Vec<WindowRun>, at_: &str| known(&daily, runs, at(at_));
        let done = || vec![run("SUCCESS", "2026-11-21T02:00:00Z")];
        assert!(wants_a_look(
            &daily,
            &Known::default(),
            at("2026-11-21T12:00:00Z")
        ));
        let quiet = looked(done(), "2026-11-21T12:00:00Z");
        assert!(!wants_a_look(&daily, &quiet, at("2026-11-21T12:30:00Z")));
        assert!(wants_a_look(&daily, &quiet, at("2026-11-21T13:00:00Z")));
        // From its time until it has closed and the tolerance is over.
        let near = looked(done(), "2026-11-22T01:59:00Z");
        assert!(!wants_a_look(&daily, &near, at("2026-11-22T01:59:59Z")));
        assert!(wants_a_look(&daily, &near, at("2026-11-22T02:00:00Z")));
        let closing = looked(done(), "2026-11-22T04:10:00Z");
        assert!(wants_a_look(&daily, &closing, at("2026-11-22T04:14:00Z")));
        assert!(!wants_a_look(&daily, &closing, at("2026-11-22T04:16:00Z")));
        // As long as something runs.
        let running = looked(
            vec![run("IN_PROGRESS", "2026-11-21T02:00:00Z")],
            "2026-11-21T12:00:00Z",
        );
        assert!(wants_a_look(&daily, &running, at("2026-11-21T12:00:01Z")));
    }

    #[test]
    fn executions_are_read_from_the_oldest_that_can_still_change() {
        let daily = listed("cron(0 2 ? * * *)", None);
        let now = at("2026-11-21T12:00:00Z");
        assert_eq!(Known::default().read_from(now), now.minus(HORIZON));
        let known = known(
            &daily,
            vec![
                run("IN_PROGRESS", "2026-11-20T02:00:00Z"),
                run("SUCCESS", "2026-11-21T02:00:00Z"),
            ],
            now,
        );
        assert_eq!(known.read_from(now), at("2026-11-20T01:00:00Z"));
        assert_eq!(known.runs[0].started, at("2026-11-21T02:00:00Z"));
    }
}
