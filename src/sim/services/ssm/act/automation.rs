//! An automation that was started: its steps, its approvals, its children.
//!
//! How a step goes is decided by its own chance; how far it has come follows from the time and from what
//! operators have told it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::{self, Document, Step};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::ssm::catalogue::PEOPLE;
use crate::sim::services::ssm::nodes::Node;
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// What an operator tells an automation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Approve,
    /// Do not.
    Reject,
    /// Begin the next step, of one that is run step by step.
    Resume,
    /// End the step that runs.
    StopStep,
}

/// Somebody's execution elsewhere that this one has started.
#[derive(Clone, Debug)]
pub struct Child {
    /// In which account.
    pub account: String,
    /// In which region.
    pub region: String,
    /// Its id; nothing when it could not be started.
    pub id: Option<String>,
    /// What it is for: a target, or an account and region.
    pub label: String,
    /// Why it could not be started.
    pub failure: Option<String>,
}

/// An automation that was started.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its id.
    pub id: String,
    /// When it begins.
    pub begins: Timestamp,
    /// What it runs.
    pub document: Document,
    /// With which parameters.
    pub given: Value,
    /// Whether it waits for a word before each step.
    pub interactive: bool,
    /// Who started it.
    pub by: String,
    /// What of the request is kept as it was.
    pub members: Map,
    /// Which execution started this one.
    pub parent: Option<String>,
    /// Which of its parent's targets it is for.
    pub target: Option<String>,
    /// Those that it has started; without any it has steps of its own.
    pub children: Vec<Child>,
    /// What it was told, and when.
    pub signals: Vec<(Timestamp, Signal)>,
    /// When it was stopped; whether the running step may end.
    pub stopped: Option<(Timestamp, bool)>,
    /// It never begins: too many others have failed.
    pub skipped: bool,
    /// What it has planned for alarms.
    pub plans: Vec<u64>,
    /// Its own chance.
    pub dice: Chance,
    /// Which share of its steps fails.
    pub failing: f64,
}

/// How a step stands.
#[derive(Clone, Debug)]
pub struct StepView<'a> {
    step: &'a Step,
    number: usize,
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    /// `Pending`, `InProgress`, `Waiting`, `Success`, `Failed`, `Cancelled`.
    pub status: &'static str,
    failure: Option<String>,
}

/// How an execution stands.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Its steps.
    pub steps: Vec<StepView<'a>>,
    /// As its steps say, together.
    pub status: &'static str,
    /// When it ended.
    pub ends: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// Statuses in which nothing moves any more.
pub const DONE: &[&str] = &["Success", "Failed", "Cancelled", "TimedOut"];

impl Execution {
    /// How it stands, going by its own steps.
    pub fn view(&self, now: Timestamp) -> View<'_> {
        let mut view = View {
            steps: Vec::new(),
            status: "Success",
            ends: None,
            failure: None,
        };
        let mut at = self.begins;
        if self.skipped {
            view.status = "Cancelled";
            view.ends = Some(self.begins).filter(|at| *at <= now);
        }
        for (number, step) in self.document.step.iter().enumerate() {
            let mut one = StepView {
                step,
                number,
                begins: None,
                ends: None,
                status: "Pending",
                failure: None,
            };
            if view.status == "Success" {
                self.walk(&mut one, at, now);
                match one.status {
                    "Success" => at = one.ends.unwrap_or(at),
                    "Pending" => view.status = if number == 0 { "Pending" } else { "InProgress" },
                    status => {
                        view.status = status;
                        view.ends = one.ends;
                        view.failure = one.failure.clone();
                    }
                }
                if one.status == "Pending" && self.stopped.is_some_and(|(stop, _)| stop <= at) {
                    let complete = self.stopped.is_some_and(|(_, complete)| complete);
                    view.status = if complete { "Success" } else { "Cancelled" };
                    view.ends = Some(at);
                    // What comes after it stays pending for good.
                    view.steps.push(one);
                    let rest = self.document.step.iter().enumerate().skip(number + 1);
                    view.steps.extend(rest.map(|(number, step)| StepView {
                        step,
                        number,
                        begins: None,
                        ends: None,
                        status: "Pending",
                        failure: None,
                    }));
                    return view;
                }
            }
            view.steps.push(one);
        }
        if view.status == "Success" {
            view.ends = Some(at);
        }
        view
    }

    /// How one step goes that may begin at `at`.
    fn walk(&self, one: &mut StepView<'_>, at: Timestamp, now: Timestamp) {
        let told = |wanted: &[Signal], from: Timestamp| {
            let fits =
                |(when, signal): &&(Timestamp, Signal)| *when >= from && wanted.contains(signal);
            self.signals.iter().find(fits).copied()
        };
        let stop = self.stopped.map(|(stop, _)| stop);
        if at > now || stop.is_some_and(|stop| stop <= at) {
            return;
        }
        let mut begins = at;
        if self.interactive {
            match told(&[Signal::Resume], at).filter(|(when, _)| *when <= now) {
                Some((when, _)) => begins = when,
                None => {
                    one.status = "Waiting";
                    return;
                }
            }
        }
        one.begins = Some(begins);
        let (mut ends, mut status, mut failure) = if one.step.action == "aws:approve" {
            match told(&[Signal::Approve, Signal::Reject], begins) {
                Some((when, Signal::Approve)) => (Some(when), "Success", None),
                Some((when, _)) => (
                    Some(when),
                    "Failed",
                    Some("Approval was denied.".to_owned()),
                ),
                None => (None, "Waiting", None),
            }
        } else {
            let dice = self.dice.on(one.number as u64);
            let ends = begins.plus(one.step.takes.pick(dice));
            let fails = one.step.fails.clone().or_else(|| {
                dice.on(9)
                    .happens(self.failing)
                    .then(|| format!("{} did not end as expected", one.step.action))
            });
            match fails {
                Some(why) => {
                    let why = format!(
                        "Step {} fails when it is executing {}. {why}",
                        one.step.name, one.step.action
                    );
                    (Some(ends), "Failed", Some(why))
                }
                None => (Some(ends), "Success", None),
            }
        };
        let cut = told(&[Signal::StopStep], begins).map(|(when, _)| when);
        let cut = match self.stopped {
            Some((stop, false)) => Some(cut.map_or(stop, |c| c.min(stop))),
            _ => cut,
        };
        if let Some(cut) = cut.filter(|cut| ends.is_none_or(|ends| *cut < ends)) {
            (ends, status, failure) = (Some(cut), "Cancelled", None);
        }
        match ends.filter(|ends| *ends <= now) {
            Some(ends) => {
                one.ends = Some(ends);
                one.status = status;
                one.failure = failure;
            }
            None if status == "Waiting" || one.step.action == "aws:approve" => {
                one.status = "Waiting"
            }
            None => one.status = "InProgress",
        }
    }

    /// When it will have ended well, as far as anybody knows now.
    pub fn will_succeed(&self) -> Option<Timestamp> {
        let view = self.view(Timestamp::from_secs(9_000_000_000));
        view.ends
            .filter(|_| view.status == "Success" && self.stopped.is_none())
    }

    /// What it restarts.
    pub fn restarts(&self) -> Vec<&str> {
        let name = self.document.restarts.as_deref();
        name.map_or_else(Vec::new, |name| self.given.at(name).texts().collect())
    }

    /// What lists and details have in common.
    pub fn summary(&self, view: &View<'_>) -> Map {
        let running = view
            .steps
            .iter()
            .find(|s| ["InProgress", "Waiting"].contains(&s.status));
        let mut all = self.members.clone();
        for (name, value) in [
            ("AutomationExecutionId", Value::from(&self.id)),
            ("DocumentName", Value::from(&self.document.name)),
            ("DocumentVersion", "1".into()),
            ("AutomationExecutionStatus", view.status.into()),
            ("ExecutionStartTime", self.begins.into()),
            ("ExecutionEndTime", view.ends.into()),
            ("ExecutedBy", Value::from(&self.by)),
            (
                "Mode",
                if self.interactive {
                    "Interactive"
                } else {
                    "Auto"
                }
                .into(),
            ),
            ("ParentAutomationExecutionId", self.parent.as_ref().into()),
            ("CurrentStepName", running.map(|s| &s.step.name).into()),
            ("CurrentAction", running.map(|s| &s.step.action).into()),
            ("FailureMessage", view.failure.as_ref().into()),
            ("Target", self.target.as_ref().into()),
            ("Outputs", Map::default().into()),
        ] {
            all.set(name, value);
        }
        all
    }

    /// What is given, with the defaults of what is not.
    pub fn parameters(&self) -> Value {
        let mut all = Map::default();
        for parameter in &self.document.parameter {
            let given = self.given.at(&parameter.name);
            if !given.is_null() {
                all.set(parameter.name.clone(), given.clone());
            } else if let Some(default) = &parameter.default {
                all.set(parameter.name.clone(), vec![default.clone()]);
            }
        }
        Value::Map(all)
    }
}

impl StepView<'_> {
    /// As `DescribeAutomationStepExecutions` answers it.
    pub fn describe(&self, execution: &Execution) -> Value {
        let outcome = match self.status {
            "Success" => Some("0"),
            "Failed" => Some("1"),
            _ => None,
        };
        let details = self.failure.as_ref().map(|why| {
            fields! {
                "FailureStage" => "Execution",
                "FailureType" => "Unknown",
                "Details" => fields! { "VerificationErrorMessage" => vec![why.clone()] },
            }
        });
        let last = self.number + 1 == execution.document.step.len();
        fields! {
            "StepName" => &self.step.name,
            "Action" => &self.step.action,
            "ExecutionStartTime" => self.begins,
            "ExecutionEndTime" => self.ends,
            "StepStatus" => self.status,
            "ResponseCode" => outcome,
            "Inputs" => inputs(execution),
            "Outputs" => (self.status == "Success").then(|| fields! { "OutputPayload" => vec!["{}"] }),
            "FailureMessage" => self.failure.as_ref(),
            "FailureDetails" => details,
            "StepExecutionId" => execution.dice.on(50 + self.number as u64).uuid(),
            "OverriddenParameters" => Map::default(),
            "IsEnd" => last,
            "NextStep" => execution.document.step.get(self.number + 1).map(|s| &s.name),
            "OnFailure" => "Abort",
            "MaxAttempts" => 1,
        }
    }

    /// Whether it fits the filters of `DescribeAutomationStepExecutions`.
    pub fn fits(&self, key: &str, values: &[&str]) -> bool {
        let time = |at: Option<Timestamp>, fits: fn(Timestamp, Timestamp) -> bool| {
            let bound = values.first().and_then(|v| Value::from(*v).as_time());
            at.zip(bound).is_some_and(|(at, bound)| fits(at, bound))
        };
        match key {
            "StartTimeAfter" => time(self.begins, |at, bound| at >= bound),
            "StartTimeBefore" => time(self.begins, |at, bound| at <= bound),
            "StepExecutionStatus" => values.contains(&self.status),
            "StepName" => values.contains(&self.step.name.as_str()),
            "Action" => values.contains(&self.step.action.as_str()),
            _ => false,
        }
    }
}

/// The parameters as a step sees them: as JSON texts.
fn inputs(execution: &Execution) -> Map {
    let mut all = Map::default();
    for (name, value) in execution.given.members() {
        let texts: Vec<&str> = value.texts().collect();
        all.set(name.clone(), serde_json::json!(texts).to_string());
    }
    all
}

/// The automations of an account and region, oldest first.
#[derive(Debug, Default)]
pub struct Automations {
    /// Themselves.
    pub all: Vec<Execution>,
    /// What was started by which client token: a print of the request, and the id.
    pub tokens: BTreeMap<String, (String, String)>,
    /// What was previewed: when, and what it showed.
    pub previews: BTreeMap<String, (Timestamp, Value)>,
}

impl Automations {
    /// Those that the past has left.
    pub fn found(site: &Site, nodes: &[Node]) -> Self {
        let section = &site.scenario.runs;
        let mut all = Self::default();
        let documents: Vec<&Document> = document::all(site)
            .map(|(d, _)| d)
            .filter(|d| d.is_automation())
            .collect();
        if !site.stocked || section.per_day <= 0.0 || nodes.is_empty() {
            return all;
        }
        let root = Chance::of(site, "past automations");
        let mut began: Vec<(Timestamp, Chance)> = (0..14_u64)
            .flat_map(|day| (0..8).map(move |n| root.on(day).on(n)))
            .enumerate()
            .filter(|(_, dice)| dice.happens(section.per_day / 8.0))
            .map(|(slot, dice)| {
                let ago =
                    (slot / 8) as u64 * 86_400 + dice.on(1).between(3600, 86_400).unsigned_abs();
                (site.started.minus(Duration::from_secs(ago)), dice)
            })
            .collect();
        began.sort_by_key(|(at, _)| *at);
        for (begins, dice) in began {
            let document = *dice.on(2).pick(&documents);
            let instance = &dice.on(3).pick(nodes).id;
            let mut given = Map::default();
            for parameter in document.parameter.iter().filter(|p| p.default.is_none()) {
                let value = match (&parameter.pattern, parameter.allowed.first()) {
                    (_, Some(first)) => first.clone(),
                    (Some(prefix), None) if !instance.starts_with(prefix.as_str()) => {
                        format!("{prefix}0{}", dice.on(4).hex(16))
                    }
                    _ => instance.clone(),
                };
                given.set(parameter.name.clone(), vec![value]);
            }
            let number = all.all.len() as u64;
            let own = Chance::of(site, "automations").on(number).at(begins);
            let person = dice.on(5).pick(&PEOPLE);
            all.all.push(Execution {
                id: own.on(1000).uuid(),
                begins,
                document: document.clone(),
                given: Value::Map(given),
                interactive: false,
                by: format!(
                    "arn:{}:sts::{}:assumed-role/on-call/{person}",
                    site.partition, site.account
                ),
                members: Map::default(),
                parent: None,
                target: None,
                children: Vec::new(),
                // What asked for somebody's word has got it.
                signals: vec![(begins.plus(Duration::from_secs(900)), Signal::Approve)],
                stopped: None,
                skipped: false,
                plans: Vec::new(),
                dice: own,
                failing: section.failing.max(0.1),
            });
        }
        all
    }

    /// The execution with this id.
    pub fn find(&mut self, id: &str) -> Option<&mut Execution> {
        self.all.iter_mut().find(|e| e.id == id)
    }
}
