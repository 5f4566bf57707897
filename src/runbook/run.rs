//! Runs: what was started, as the journal tells it, and how far it has come, as AWS tells it.
//!
//! ```text
//! journal ─ records ─► Runs::take ─┐
//!                                  ├─► Run ─ Execution ─ Step
//! AWS ───── reports ─► Runs::learn ┘
//! ```
//!
//! The journal is the list: every console that keeps the same one sees the same runs, and after a restart those that
//! still go on are followed again. Pure: whoever reads journal and AWS hands in what it found.

mod runs;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::audit::Target;

use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{Roster, Scope};

pub use runs::Runs;

/// The name of the service under which the journal has programs of this machine.
pub const LOCAL: &str = "local";

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It waits for somebody's word.
    Waiting,
    /// It is being asked for; no answer yet.
    Begun,
    /// It has not begun.
    Pending,
    /// It goes on.
    Running,
    /// It is being stopped.
    Stopping,
    /// It ended as it should.
    Succeeded,
    /// Somebody stopped it.
    Cancelled,
    /// noctop or AWS would not start it.
    Refused,
    /// Its time was over.
    TimedOut,
    /// It went wrong.
    Failed,
    /// Nobody can tell whether it was started.
    Unknown,
}

impl State {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Succeeded => "success",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// What the word means; `None` for any other.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        const ALL: [State; 11] = [
            State::Waiting,
            State::Begun,
            State::Pending,
            State::Running,
            State::Stopping,
            State::Succeeded,
            State::Cancelled,
            State::Refused,
            State::TimedOut,
            State::Failed,
            State::Unknown,
        ];
        ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing moves any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(
            self,
            Self::Waiting | Self::Begun | Self::Pending | Self::Running | Self::Stopping
        )
    }

    /// The state of an execution or one of its steps (`AutomationExecutionStatus` of the API reference).
    #[must_use]
    pub fn of_automation(status: &str) -> Self {
        match status {
            "Pending" | "Scheduled" => Self::Pending,
            "Waiting" | "PendingApproval" | "PendingChangeCalendarOverride" => Self::Waiting,
            "Success"
            | "CompletedWithSuccess"
            | "Approved"
            | "ChangeCalendarOverrideApproved"
            | "Exited" => Self::Succeeded,
            "TimedOut" => Self::TimedOut,
            "Cancelling" => Self::Stopping,
            "Cancelled" => Self::Cancelled,
            "Failed" | "Rejected" | "CompletedWithFailure" | "ChangeCalendarOverrideRejected" => {
                Self::Failed
            }
            _ => Self::Running,
        }
    }

    /// The state of a command or of one of its invocations (`CommandStatus`, `CommandInvocationStatus`).
    #[must_use]
    pub fn of_command(status: &str) -> Self {
        match status {
            "Pending" | "Delayed" => Self::Pending,
            "Success" => Self::Succeeded,
            "Cancelled" => Self::Cancelled,
            "Cancelling" => Self::Stopping,
            "TimedOut" => Self::TimedOut,
            "Failed" => Self::Failed,
            _ => Self::Running,
        }
    }
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// An Automation execution.
    Automation,
    /// A command of Run Command.
    Command,
    /// A program on the machine of whoever started it.
    Local,
}

impl How {
    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Automation => "automation",
            Self::Command => "command",
            Self::Local => "local",
        }
    }

    fn of(service: &str, operation: &str) -> Option<Self> {
        match (service, operation) {
            ("SSM", "StartAutomationExecution") => Some(Self::Automation),
            ("SSM", "SendCommand") => Some(Self::Command),
            (LOCAL, _) => Some(Self::Local),
            _ => None,
        }
    }
}

/// One step of an execution, one node of a command, or one target of an execution over many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name: a step's, a node's id, a target.
    pub name: Arc<str>,
    /// What is done: `aws:changeInstanceState`; empty where it goes without saying.
    pub what: Arc<str>,
    /// How far it is.
    pub state: State,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// With which code, where there is one.
    pub code: Option<i32>,
    /// Why it failed, or what there is to say.
    pub said: Arc<str>,
    /// What it has written, in neutralised lines.
    pub output: Arc<str>,
    /// The execution that it is, where it is one of its own: where, and its id.
    pub child: Option<(Scope, Arc<str>)>,
}

/// One execution, command or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The entry of the journal that asked for it.
    pub intent: Arc<str>,
    /// The console that asked for it.
    pub session: Arc<str>,
    /// Its id in AWS; empty as long as there is none.
    pub id: Arc<str>,
    /// What it is.
    pub how: How,
    /// Where it was started.
    pub scope: Scope,
    /// As which identity.
    pub identity: Arc<str>,
    /// Its document or program.
    pub document: Arc<str>,
    /// What it acts on.
    pub targets: Vec<Target>,
    /// How far it is.
    pub state: State,
    /// Why it failed, or what there is to say.
    pub said: Arc<str>,
    /// Its steps, nodes or targets.
    pub steps: Vec<Step>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// When AWS was last asked about it, with an answer.
    pub read: Option<Timestamp>,
    /// Why it could not be read when it was last tried.
    pub unread: Option<Arc<str>>,
}

/// Something that was done about a run after its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The entry of the journal.
    pub intent: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub operator: Arc<str>,
    /// What: `stopped it`, `approved it`.
    pub what: Arc<str>,
    /// What was said with it.
    pub note: Arc<str>,
    /// What came of it: `ok`, `refused`, …; empty as long as nobody knows.
    pub result: Arc<str>,
}

/// What an operator started at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What tells it from every other.
    pub id: Arc<str>,
    /// What was done: a runbook's name, or a command's where it was none.
    pub name: Arc<str>,
    /// By whom.
    pub operator: Arc<str>,
    /// On which machine of theirs.
    pub host: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// Its first entry in the journal: of two that began at one moment, which came later.
    pub seq: u64,
    /// The items that it is about, as the journal names them.
    pub items: Vec<Arc<str>>,
    /// What was started.
    pub executions: Vec<Execution>,
    /// What was done about it afterwards, in order.
    pub remarks: Vec<Remark>,
}

impl Run {
    /// How far it is: what still moves before what has ended, what waits for somebody before everything, and of what
    /// has ended the worst.
    #[must_use]
    pub fn state(&self) -> State {
        let states = || self.executions.iter().map(|e| e.state);
        let moving = states().filter(|s| !s.is_over());
        match moving.clone().min() {
            Some(State::Waiting) => State::Waiting,
            Some(_) if moving.clone().any(|s| s == State::Running) => State::Running,
            Some(state) if states().all(|s| s == state) => state,
            Some(_) => State::Running,
            None => states().max().unwrap_or(State::Unknown),
        }
    }

    /// Whether nothing of it moves any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state().is_over()
    }

    /// When the last of it ended.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        let ends = self.executions.iter().map(|e| e.ended);
        self.is_over().then(|| ends.flatten().max()).flatten()
    }

    /// What it acts on.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.executions.iter().flat_map(|e| &e.targets)
    }

    /// The accounts and regions that it acts in, each once.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        super::scopes(self.targets())
    }

    /// How many of its targets ended well, and how many have ended: a node of a command for itself, the targets of an
    /// execution together.
    #[must_use]
    pub fn tally(&self) -> (usize, usize) {
        let mut all = (0, 0);
        for execution in &self.executions {
            let is_each = execution.steps.len() == execution.targets.len()
                && (execution.how == How::Command
                    || execution.steps.iter().any(|s| s.child.is_some()));
            let mut one = |state: State, number: usize| {
                all.0 += if state == State::Succeeded { number } else { 0 };
                all.1 += if state.is_over() { number } else { 0 };
            };
            if is_each {
                execution.steps.iter().for_each(|s| one(s.state, 1));
            } else {
                one(execution.state, execution.targets.len());
            }
        }
        all
    }

    /// What there is to say about it, in a few words: what waits, what failed and why, which step goes on.
    #[must_use]
    pub fn fact(&self) -> String {
        if let Some(why) = self.executions.iter().find_map(|e| e.unread.as_deref())
            && !self.is_over()
        {
            return format!("not read: {why}");
        }
        let of = |wanted: State| {
            let executions = self.executions.iter().filter(move |e| e.state == wanted);
            executions
                .flat_map(|e| &e.steps)
                .find(move |s| s.state == wanted)
        };
        let (good, over) = self.tally();
        let all = self.targets().count();
        match self.state() {
            State::Waiting => match of(State::Waiting) {
                Some(step) => format!("step {} waits for somebody's word", step.name),
                None => "waits for somebody's word".to_owned(),
            },
            State::Succeeded => format!("{good} of {all} done"),
            state if state.is_over() => {
                let said = self.executions.iter().find_map(|e| {
                    let step = e
                        .steps
                        .iter()
                        .find(|s| !s.said.is_empty() && s.state.is_over());
                    let own = Some(&e.said).filter(|said| !said.is_empty());
                    own.or(step.map(|s| &s.said))
                });
                match (said, all) {
                    (Some(said), 1) => said.to_string(),
                    (Some(said), _) => format!("{good} of {all} done · {said}"),
                    (None, _) => format!("{good} of {all} done"),
                }
            }
            _ => match of(State::Running) {
                Some(step) if over == 0 && all == 1 => format!("step {}", step.name),
                Some(step) => format!("{over} of {all} over · {}", step.name),
                None => format!("{over} of {all} over"),
            },
        }
    }

    /// As `ls runs --format json` prints it.
    #[must_use]
    pub fn json(&self, roster: &Roster) -> Value {
        let place = |scope: Scope| {
            json!({
                "account": { "id": scope.account.to_string(), "name": &*roster.name(scope.account) },
                "region": scope.region.as_str(),
            })
        };
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let step = |step: &Step| {
            json!({
                "name": &*step.name, "what": &*step.what, "state": step.state.word(),
                "began": time(step.began), "ended": time(step.ended), "code": step.code,
                "said": &*step.said, "output": &*step.output,
                "execution": step.child.as_ref().map(|(_, id)| id.to_string()),
            })
        };
        let execution = |e: &Execution| {
            let mut value = place(e.scope);
            value["id"] = json!((!e.id.is_empty()).then_some(&*e.id));
            value["how"] = e.how.word().into();
            value["document"] = (&*e.document).into();
            value["as"] = (&*e.identity).into();
            value["state"] = e.state.word().into();
            value["said"] = (&*e.said).into();
            value["ended"] = json!(time(e.ended));
            value["read"] = json!(time(e.read));
            value["unread"] = json!(e.unread.as_deref());
            value["targets"] = e
                .targets
                .iter()
                .map(|t| {
                    let mut target = place(t.scope);
                    target["id"] = (&*t.id).into();
                    target
                })
                .collect();
            value["steps"] = e.steps.iter().map(step).collect();
            value
        };
        let remark = |r: &Remark| {
            json!({
                "at": r.at.to_string(), "operator": &*r.operator, "what": &*r.what,
                "note": &*r.note, "result": &*r.result,
            })
        };
        json!({
            "id": &*self.id,
            "runbook": &*self.name,
            "state": self.state().word(),
            "operator": &*self.operator,
            "host": &*self.host,
            "begun": self.at.to_string(),
            "ended": time(self.ended()),
            "items": self.items.iter().map(|i| &**i).collect::<Vec<_>>(),
            "fact": self.fact(),
            "executions": self.executions.iter().map(execution).collect::<Vec<_>>(),
            "remarks": self.remarks.iter().map(remark).collect::<Vec<_>>(),
        })
    }
}

/// What AWS, or the machine, says about an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The entry of the journal that asked for it.
    pub intent: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// When it was asked.
    pub at: Timestamp,
    /// How it stands, or why that could not be read.
    pub found: Result<Standing, Arc<str>>,
}

/// How an execution stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far it is.
    pub state: State,
    /// Why it failed, or what there is to say.
    pub said: Arc<str>,
    /// Its steps, nodes or targets.
    pub steps: Vec<Step>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// Text of several lines, every line neutralised, at most so many characters: the end is what matters.
#[must_use]
pub fn lines(text: &str, most: usize) -> Arc<str> {
    let total = text.chars().count();
    let cut = total.saturating_sub(most);
    let kept: String = text.chars().skip(cut).collect();
    let lines: Vec<_> = kept.lines().map(clean).collect();
    let text = lines.join("\n");
    Arc::from(if cut > 0 { format!("…{text}") } else { text })
}

#[cfg(test)]
#[path = "run/tests.rs"]
mod tests;
