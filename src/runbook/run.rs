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

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::audit::Target;
use crate::audit::record::Record;
use crate::clock::Timestamp;
use crate::domain::text::{clean, clean_arc};
use crate::domain::{Region, Roster, Scope};

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
        let mut scopes: Vec<Scope> = self.targets().map(|t| t.scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
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

/// Every run that the journal knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    all: BTreeMap<Arc<str>, Run>,
    /// To which run an intent belongs.
    intents: HashMap<Arc<str>, Arc<str>>,
    /// Entries about executions that the journal's part which was read does not have.
    last: u64,
}

impl Runs {
    /// The runs, the latest first.
    #[must_use]
    pub fn latest(&self) -> Vec<&Run> {
        let mut all: Vec<&Run> = self.all.values().collect();
        all.sort_by_key(|run| Reverse((run.at, run.seq)));
        all
    }

    /// The run of this id, or the only one whose id begins so.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Run> {
        self.all.get(id).or_else(|| {
            let mut found = self.all.values().filter(|r| r.id.starts_with(id));
            match (found.next(), found.next()) {
                (Some(one), None) if !id.is_empty() => Some(one),
                _ => None,
            }
        })
    }

    /// The run in which this execution or command was started.
    #[must_use]
    pub fn of_execution(&self, id: &str) -> Option<&Run> {
        self.all
            .values()
            .find(|run| run.executions.iter().any(|e| *e.id == *id))
    }

    /// The runs about an item, the latest first.
    #[must_use]
    pub fn about(&self, item: &str) -> Vec<&Run> {
        let mut all = self.latest();
        all.retain(|run| run.items.iter().any(|i| **i == *item));
        all
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many have not ended.
    #[must_use]
    pub fn going_on(&self) -> usize {
        self.all.values().filter(|run| !run.is_over()).count()
    }

    /// The number of the last entry that was taken.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Forgets runs that have ended before this moment, so that a console that stays up does not grow.
    pub fn forget(&mut self, before: Timestamp) {
        self.all.retain(|_, run| !run.is_over() || run.at >= before);
        let all = &self.all;
        self.intents.retain(|_, run| all.contains_key(run));
    }

    /// Takes in an entry of the journal, if it is about a run. Says whether it was.
    pub fn take(&mut self, record: &Record) -> bool {
        self.last = self.last.max(record.seq);
        match record.kind.as_str() {
            "outcome" => return self.end(record),
            "note" => return self.noted(record),
            _ => {}
        }
        match How::of(record.text("service"), record.text("operation")) {
            Some(how) => {
                self.begin(record, how);
                true
            }
            None => self.remark(record),
        }
    }

    fn begin(&mut self, record: &Record, how: How) {
        let parameters = record.body.get("parameters");
        let said = |name: &str| parameters.and_then(|p| p.get(name));
        let word = |name: &str| said(name).and_then(Value::as_str).unwrap_or_default();
        let id = match word("run") {
            "" => record.intent.as_str(),
            id => id,
        };
        let id = clean_arc(id);
        let intent: Arc<str> = Arc::from(record.intent.as_str());
        let mut items: Vec<Arc<str>> = said("items")
            .and_then(Value::as_array)
            .map(|all| {
                all.iter()
                    .filter_map(Value::as_str)
                    .map(clean_arc)
                    .collect()
            })
            .unwrap_or_default();
        if items.is_empty() && !record.text("item").is_empty() {
            items.push(clean_arc(record.text("item")));
        }
        let is_refused = record.kind == "refusal";
        let execution = Execution {
            intent: Arc::clone(&intent),
            session: Arc::from(record.session.as_str()),
            id: Arc::from(""),
            how,
            scope: scope(&Value::Object(record.body.clone())),
            identity: clean_arc(record.text("as")),
            document: clean_arc(word("document")),
            targets: record.targets().iter().map(target).collect(),
            state: if is_refused {
                State::Refused
            } else {
                State::Begun
            },
            said: clean_arc(record.text("said")),
            steps: Vec::new(),
            ended: is_refused.then_some(record.at),
            read: None,
            unread: None,
        };
        let run = self.all.entry(Arc::clone(&id)).or_insert_with(|| Run {
            seq: record.seq,
            id: Arc::clone(&id),
            name: clean_arc(record.text("verb").trim_start_matches("runbook ")),
            operator: clean_arc(record.text("operator")),
            host: clean_arc(record.text("host")),
            at: record.at,
            items: Vec::new(),
            executions: Vec::new(),
            remarks: Vec::new(),
        });
        for item in items {
            if !run.items.contains(&item) {
                run.items.push(item);
            }
        }
        if run.executions.iter().all(|e| e.intent != intent) {
            run.executions.push(execution);
        }
        self.intents.insert(intent, id);
    }

    /// What became of an intent: with every id that came into being there is an execution of its own.
    fn end(&mut self, record: &Record) -> bool {
        let Some(run) = self.intents.get(record.intent.as_str()) else {
            return false;
        };
        let Some(run) = self.all.get_mut(run) else {
            return false;
        };
        if let Some(remark) = run.remarks.iter_mut().find(|r| *r.intent == *record.intent) {
            remark.result = clean_arc(record.text("result"));
            return true;
        }
        let Some(at) = run
            .executions
            .iter()
            .position(|e| *e.intent == *record.intent)
        else {
            return false;
        };
        let first = run.executions[at].clone();
        run.executions.retain(|e| *e.intent != *record.intent);
        let mut made: Vec<Execution> = Vec::new();
        for told in record.targets() {
            let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
            let is_local = first.how == How::Local;
            let state = match text("result") {
                "ok" if is_local => State::Succeeded,
                "ok" => State::Pending,
                "refused" => State::Refused,
                "failed" => State::Failed,
                _ => State::Unknown,
            };
            let id = clean_arc(text("created"));
            match made.iter_mut().find(|e| e.id == id && e.state == state) {
                Some(execution) => execution.targets.push(target(told)),
                None => made.push(Execution {
                    id,
                    targets: vec![target(told)],
                    state,
                    said: clean_arc(text("said")),
                    ended: state.is_over().then_some(record.at),
                    ..first.clone()
                }),
            }
        }
        run.executions.splice(at..at, made);
        true
    }

    /// Somebody saw an execution end, and wrote down how.
    fn noted(&mut self, record: &Record) -> bool {
        if record.text("verb") != "run.ended" {
            return false;
        }
        let parameters = record.body.get("parameters");
        let said = |name: &str| parameters.and_then(|p| p.get(name));
        let word = |name: &str| said(name).and_then(Value::as_str).unwrap_or_default();
        let Some(state) = State::of_word(word("state")).filter(|s| s.is_over()) else {
            return false;
        };
        let Some(execution) = self.all.get_mut(word("run")).and_then(|run| {
            let mut all = run.executions.iter_mut();
            all.find(|e| *e.intent == *word("of") && *e.id == *word("execution"))
        }) else {
            return false;
        };
        if execution.state.is_over() {
            return false;
        }
        execution.state = state;
        execution.ended = said("ended")
            .and_then(Value::as_i64)
            .map(Timestamp::from_millis)
            .or(Some(record.at));
        let sentence = record.targets().iter().find_map(|t| {
            let said = t.get("said").and_then(Value::as_str)?;
            (!said.is_empty()).then(|| clean_arc(said))
        });
        if let Some(sentence) = sentence {
            execution.said = sentence;
        }
        // Who ended how, where nobody has read it in full.
        if execution.steps.is_empty() && execution.how == How::Command {
            execution.steps = record.targets().iter().map(ended).collect();
        }
        true
    }

    /// Something that was done about an execution: it is stopped, or answered.
    fn remark(&mut self, record: &Record) -> bool {
        let parameters = record.body.get("parameters");
        let word = |name: &str| {
            let said = parameters.and_then(|p| p.get(name));
            said.and_then(Value::as_str).unwrap_or_default()
        };
        let what = match record.text("operation") {
            "StopAutomationExecution" | "CancelCommand" => "stopped it",
            "SendAutomationSignal" => match word("signal") {
                "Approve" => "approved it",
                "Reject" => "rejected it",
                _ => "answered it",
            },
            _ => return false,
        };
        let on: Vec<Target> = record.targets().iter().map(target).collect();
        let is_ours = |e: &Execution| {
            let of_child = |id: &Arc<str>| {
                let children = e.steps.iter().filter_map(|s| s.child.as_ref());
                children.map(|(_, child)| child).any(|child| child == id)
            };
            on.iter().any(|t| t.id == e.id || of_child(&t.id))
        };
        let run = self
            .all
            .values_mut()
            .find(|run| *run.id == *word("run") || run.executions.iter().any(is_ours));
        let Some(run) = run else {
            return false;
        };
        let note = parameters
            .and_then(|p| p.pointer("/payload/Comment/0"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        run.remarks.push(Remark {
            intent: Arc::from(record.intent.as_str()),
            at: record.at,
            operator: clean_arc(record.text("operator")),
            what: Arc::from(what),
            note: clean_arc(note),
            result: Arc::from(if record.kind == "refusal" {
                "refused"
            } else {
                ""
            }),
        });
        self.intents
            .insert(Arc::from(record.intent.as_str()), Arc::clone(&run.id));
        true
    }

    /// Takes in what AWS says about an execution. Says whether anything is new.
    pub fn learn(&mut self, report: &Report) -> bool {
        let Some(run) = self.intents.get(&report.intent) else {
            return false;
        };
        let Some(execution) = self.all.get_mut(run).and_then(|run| {
            let mut all = run.executions.iter_mut();
            all.find(|e| e.intent == report.intent && (e.id == report.id || e.how == How::Local))
        }) else {
            return false;
        };
        let before = execution.clone();
        match &report.found {
            Ok(standing) => {
                execution.state = standing.state;
                execution.said = Arc::clone(&standing.said);
                execution.steps.clone_from(&standing.steps);
                execution.ended = standing.ended;
                execution.read = Some(report.at);
                execution.unread = None;
            }
            Err(why) => execution.unread = Some(Arc::clone(why)),
        }
        *execution != before
    }

    /// The executions that still move or were never read, for whoever asks AWS about them.
    pub fn unfinished(&self) -> impl Iterator<Item = (&Run, &Execution)> {
        self.all.values().flat_map(|run| {
            let open = run.executions.iter().filter(|e| !e.state.is_over());
            open.map(move |e| (run, e))
        })
    }
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

/// A node as the note of a command's end names it.
fn ended(value: &Value) -> Step {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    Step {
        name: clean_arc(text("id")),
        what: Arc::from(""),
        state: match text("result") {
            "ok" => State::Succeeded,
            "failed" => State::Failed,
            _ => State::Unknown,
        },
        began: None,
        ended: None,
        code: None,
        said: clean_arc(text("said")),
        output: Arc::from(""),
        child: None,
    }
}

fn scope(value: &Value) -> Scope {
    let word = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    Scope {
        account: word("account")
            .parse()
            .unwrap_or(crate::domain::AccountId::UNKNOWN),
        region: word("region").parse().unwrap_or(Region::GLOBAL),
    }
}

fn target(value: &Value) -> Target {
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    Target::new(scope(value), &clean(id))
}

#[cfg(test)]
#[path = "run/tests.rs"]
mod tests;
