//! Stopping automations, and answering what they ask.

use super::super::{Ssm, one_of};
use super::automation::{DONE, Execution, Signal};
use super::automations::of;
use super::standing::{standing, tell};
use super::start::replan;
use crate::clock::Timestamp;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

/// Tells an execution something, and its children.
fn change(
    call: &Call<'_>,
    account: &str,
    region: &str,
    id: &str,
    change: &dyn Fn(&mut Execution, Timestamp),
) {
    let told = call.world.estate(account, region, |all: &mut Ssm, _, now| {
        let execution = all.automations.find(id)?;
        if !DONE.contains(&execution.view(now).status) || !execution.children.is_empty() {
            change(execution, now);
        }
        let heals: Vec<String> = execution
            .restarts()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let own = execution.children.is_empty();
        Some((
            execution.children.clone(),
            heals,
            execution.will_succeed().filter(|_| own),
        ))
    });
    if let Some((children, heals, ends)) = told {
        replan(call.world, account, region, id, &heals, ends);
        for child in children {
            if let Some(id) = &child.id {
                self::change(call, &child.account, &child.region, id, change);
            }
        }
    }
}

/// `StopAutomationExecution`.
pub fn stop(call: &Call<'_>) -> Answer {
    let kind = call.text("Type").unwrap_or("Cancel");
    one_of(call, "type", kind, &["Complete", "Cancel"])?;
    let execution = of(call)?;
    if DONE.contains(&tell(call.world, &execution, call.now).status) {
        return Err(Refusal::new(
            "InvalidAutomationStatusUpdateException",
            "The automation execution is not in a status that can be stopped.",
        ));
    }
    let complete = kind == "Complete";
    change(
        call,
        call.account(),
        &call.region,
        &execution.id,
        &|execution, now| {
            execution.stopped.get_or_insert((now, complete));
        },
    );
    Ok(Value::Map(Map::default()))
}

/// `SendAutomationSignal`.
pub fn signal(call: &Call<'_>) -> Answer {
    let kind = call.needed("SignalType");
    one_of(
        call,
        "signalType",
        kind,
        &[
            "Approve",
            "Reject",
            "StartStep",
            "StopStep",
            "Resume",
            "Revoke",
        ],
    )?;
    let execution = of(call)?;
    let invalid = |why: String| Refusal::new("InvalidAutomationSignalException", why);
    let waits = execution
        .children
        .iter()
        .any(|c| standing(call.world, c).status == "Waiting");
    let view = execution.view(call.now);
    let current = view
        .steps
        .iter()
        .find(|s| ["Waiting", "InProgress"].contains(&s.status));
    if let Some(step) = call.arg("Payload").at("StepName").texts().next()
        && !execution.document.step.iter().any(|s| s.name == step)
    {
        return Err(Refusal::new(
            "AutomationStepNotFoundException",
            format!("The step {step} doesn't exist."),
        ));
    }
    let waiting = waits || current.is_some_and(|s| s.status == "Waiting");
    let signal = match kind {
        "Approve" | "Reject" if waiting => {
            if kind == "Approve" {
                Signal::Approve
            } else {
                Signal::Reject
            }
        }
        "StartStep" | "Resume" if waiting && execution.interactive => Signal::Resume,
        "StopStep" if current.is_some() => Signal::StopStep,
        _ => {
            return Err(invalid(format!(
                "The signal {kind} isn't valid for the current automation execution, which is {}.",
                tell(call.world, &execution, call.now).status
            )));
        }
    };
    change(
        call,
        call.account(),
        &call.region,
        &execution.id,
        &|execution, now| execution.signals.push((now, signal)),
    );
    Ok(Value::Map(Map::default()))
}
