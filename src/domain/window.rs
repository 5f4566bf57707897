//! What is particular to a maintenance window.

use std::sync::Arc;

use crate::clock::Timestamp;

/// How a window stands right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowPhase {
    /// It waits for its next time.
    Waiting,
    /// An execution is running.
    Running,
    /// Its time came and no execution was seen.
    Missed,
    /// The last execution failed, timed out or was cancelled.
    Failed,
    /// It is disabled.
    Disabled,
    /// How it stands is not known: its executions could not be read, or not yet.
    Unread,
}

impl WindowPhase {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Missed => "missed",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
            Self::Unread => "unread",
        }
    }
}

/// One execution of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowRun {
    /// The execution's id.
    pub id: Arc<str>,
    /// AWS's word: `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    pub status: Arc<str>,
    /// AWS's sentence on it. Neutralised.
    pub status_details: Option<Arc<str>>,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// Its tasks, as far as they were asked for.
    pub tasks: Vec<WindowTask>,
}

/// One task of an execution.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowTask {
    /// What it runs: a document's name or ARN. Neutralised.
    pub name: Arc<str>,
    /// `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    pub kind: Arc<str>,
    /// AWS's word, as for an execution.
    pub status: Arc<str>,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
}

/// A window's facts.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDetail {
    /// `mw-…`.
    pub id: Arc<str>,
    /// How it stands.
    pub phase: WindowPhase,
    /// Neutralised.
    pub description: Option<Arc<str>>,
    /// The schedule expression: `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: Option<Arc<str>>,
    /// The IANA zone in which the schedule is meant; UTC where absent.
    pub timezone: Option<Arc<str>>,
    /// How long it is open, in hours.
    pub duration_hours: i32,
    /// How many hours before its end no new task is started.
    pub cutoff_hours: i32,
    /// When it opens next, if it does.
    pub next: Option<Timestamp>,
    /// When it opens after that, as far as its schedule can be read.
    pub later: Vec<Timestamp>,
    /// When it should have opened last, from its schedule.
    pub expected: Option<Timestamp>,
    /// The running execution.
    pub current: Option<WindowRun>,
    /// The last execution that ended.
    pub last: Option<WindowRun>,
    /// Instance ids that its targets name; tag targets are not resolved.
    pub instances: Vec<Arc<str>>,
    /// Why its executions could not be read when that was due: then what is said of them may be out of date.
    pub unread: Option<Arc<str>>,
}
