//! How an automation stands, with all that it has started.

use super::super::Ssm;
use super::automation::{Child, DONE, Execution};
use super::command::share;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Value};
use crate::sim::world::World;

/// How a child stands.
pub struct Standing {
    child: Child,
    /// How far it is.
    pub status: &'static str,
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    failure: Option<String>,
}

/// How a child stands now.
pub fn standing(world: &World, child: &Child) -> Standing {
    let found = child.id.as_deref().and_then(|id| {
        world.estate(&child.account, &child.region, |all: &mut Ssm, _, now| {
            let execution = all.automations.find(id)?;
            let view = execution.view(now);
            Some((view.status, execution.begins, view.ends, view.failure))
        })
    });
    let (status, begins, ends, failure) = match found {
        Some((status, begins, ends, failure)) => (status, Some(begins), ends, failure),
        None => ("Failed", None, Some(world.now()), child.failure.clone()),
    };
    Standing {
        child: child.clone(),
        status,
        begins,
        ends,
        failure,
    }
}

/// An execution as it stands: the summary, its steps, and how many are how far.
pub struct Told {
    /// What lists and details have in common.
    pub summary: Map,
    /// Its steps.
    pub steps: Vec<Value>,
    /// How many of them are how far.
    pub counters: Value,
    /// How far it is.
    pub status: &'static str,
}

/// How an execution stands now, children included.
pub fn tell(world: &World, execution: &Execution, now: Timestamp) -> Told {
    let mut view = execution.view(now);
    if execution.children.is_empty() {
        let count = |status: &str| view.steps.iter().filter(|s| s.status == status).count();
        let counters = counters(view.steps.len(), count);
        let steps = view.steps.iter().map(|s| s.describe(execution)).collect();
        return Told {
            summary: execution.summary(&view),
            steps,
            counters,
            status: view.status,
        };
    }
    let all: Vec<Standing> = execution
        .children
        .iter()
        .map(|child| standing(world, child))
        .collect();
    let count = |status: &str| all.iter().filter(|s| s.status == status).count();
    let errors = share(
        execution.members.get("MaxErrors").and_then(Value::as_str),
        all.len(),
        0,
    );
    let (done, bad) = (
        all.iter().all(|s| DONE.contains(&s.status)),
        count("Failed") + count("TimedOut"),
    );
    view.steps.clear();
    view.status = match (done, execution.stopped) {
        (true, Some(_)) => "Cancelled",
        (true, None) if bad > errors => "Failed",
        (true, None) => "Success",
        (false, Some(_)) => "Cancelling",
        (false, None) if bad > errors => "InProgress",
        _ => "InProgress",
    };
    view.ends = if done {
        all.iter().filter_map(|s| s.ends).max()
    } else {
        None
    };
    view.failure = (view.status == "Failed").then(|| {
        format!(
            "{bad} of {} executions failed, which is more than MaxErrors {errors} allows.",
            all.len()
        )
    });
    let steps = all.iter().enumerate().map(|(n, s)| {
        let elsewhere = execution.members.get("TargetLocations").is_some();
        fields! {
            "StepName" => &s.child.label,
            "Action" => "aws:executeAutomation",
            "ExecutionStartTime" => s.begins,
            "ExecutionEndTime" => s.ends,
            "StepStatus" => s.status,
            "Outputs" => s.child.id.as_ref().map(|id| fields! { "ExecutionId" => vec![id.clone()] }),
            "FailureMessage" => s.failure.as_ref(),
            "StepExecutionId" => execution.dice.on(500 + n as u64).uuid(),
            "TargetLocation" => elsewhere.then(|| fields! {
                "Accounts" => vec![s.child.account.clone()], "Regions" => vec![s.child.region.clone()],
            }),
        }
    });
    Told {
        steps: steps.collect(),
        counters: counters(all.len(), count),
        summary: execution.summary(&view),
        status: view.status,
    }
}

fn counters(total: usize, count: impl Fn(&str) -> usize) -> Value {
    fields! {
        "TotalSteps" => total,
        "SuccessSteps" => count("Success"),
        "FailedSteps" => count("Failed"),
        "CancelledSteps" => count("Cancelled"),
        "TimedOutSteps" => count("TimedOut"),
    }
}
