//! The runs of a journal: taken from its entries, learnt from what AWS and this machine report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use crate::audit::Target;
use crate::audit::record::Record;
use crate::clock::Timestamp;
use crate::domain::text::{clean, clean_arc};
use crate::domain::{Region, Scope};

use super::{Execution, How, Remark, Report, Run, State, Step};

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

    /// How many are not over.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.all.values().filter(|run| !run.is_over()).count()
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

    /// The execution that a report is about, with its run.
    #[must_use]
    pub fn reported(&self, report: &Report) -> Option<(&Run, &Execution)> {
        let run = self.all.get(self.intents.get(&report.intent)?)?;
        let execution = run.executions.iter().find(|e| is_about(report, e))?;
        Some((run, execution))
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
            all.find(|e| is_about(report, e))
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

/// Whether a report tells of this execution. A program of this machine has no id.
fn is_about(report: &Report, execution: &Execution) -> bool {
    execution.intent == report.intent && (execution.id == report.id || execution.how == How::Local)
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
