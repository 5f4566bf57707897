//! How far an execution has come: asked of AWS, or for a program of the journal. Reads only.

use std::sync::Arc;

use aws_sdk_ssm::types::{CommandInvocation, StepExecution};

use crate::audit::Journal;
use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::ops::commands::commands;
use crate::aws::ops::{
    DESCRIBE_AUTOMATION_STEPS, GET_AUTOMATION, GET_INVOCATION, LIST_INVOCATIONS,
};
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::text::clean_arc;
use crate::domain::{Fault, FaultKind, Scope};
use crate::runbook::run::{Execution, How, Report, Standing, State, Step, lines};

use crate::aws::moment::moment;

/// The most characters of output that a list of invocations holds of each (API reference of `CommandPlugin`).
const LISTED: usize = 2_500;
/// The most characters of output that are kept of each step; the service keeps 24,000 itself.
const OUTPUT: usize = 24_000;
/// Of so many nodes the whole output is fetched when they have ended; the rest keeps what the list holds.
const FETCHED: usize = 20;
/// The most pages of steps and invocations that are read.
const PAGES: u32 = 40;

/// Asks how far an execution is.
pub async fn look(
    fleet: &Fleet,
    journal: &Journal,
    execution: &Execution,
    now: Timestamp,
) -> Report {
    let found = match (execution.how, fleet.access(execution.scope)) {
        (How::Local, _) => Ok(standing_of_local(journal, execution)),
        _ if execution.id.is_empty() => Ok(unanswered(journal, execution)),
        (_, None) => Err(Arc::from(format!(
            "{} is not part of this fleet, so nobody can be asked",
            execution.scope
        ))),
        (How::Automation, Some(access)) => known(automation(&access, execution).await, execution),
        (How::Command, Some(access)) => known(command(&access, execution).await, execution),
    };
    Report {
        intent: Arc::clone(&execution.intent),
        id: Arc::clone(&execution.id),
        at: now,
        found,
    }
}

/// What was found out; what AWS no longer knows (it forgets commands and executions after a month) is over.
fn known(answer: Result<Standing, Fault>, execution: &Execution) -> Result<Standing, Arc<str>> {
    match answer {
        Ok(standing) => Ok(standing),
        Err(fault)
            if matches!(
                fault.code.as_deref(),
                Some("InvalidCommandId" | "AutomationExecutionNotFoundException")
            ) =>
        {
            Ok(Standing {
                state: State::Unknown,
                said: Arc::from("AWS does not know it any more"),
                ..same(execution)
            })
        }
        Err(fault) => Err(Arc::from(fault.to_string())),
    }
}

fn same(execution: &Execution) -> Standing {
    Standing {
        state: execution.state,
        said: Arc::clone(&execution.said),
        steps: execution.steps.clone(),
        ended: execution.ended,
    }
}

/// Nobody has an answer yet: it is on its way, or whoever asked is gone and the next start of a console finds out.
fn unanswered(journal: &Journal, execution: &Execution) -> Standing {
    let mut standing = same(execution);
    if execution.state == State::Begun && !journal.is_alive(&execution.session) {
        standing.said =
            Arc::from("whoever asked for it is gone; noctop finds out at its next start");
    }
    standing
}

/// How a program stands, as far as the journal and the processes of this machine tell.
#[must_use]
pub fn standing_of_local(journal: &Journal, execution: &Execution) -> Standing {
    let mut standing = same(execution);
    if !execution.state.is_over() {
        if journal.is_alive(&execution.session) {
            standing.state = State::Running;
        } else {
            standing.state = State::Unknown;
            standing.said = Arc::from(
                "the console that started it has ended, and nobody saw how the program did",
            );
        }
    }
    standing
}

async fn command(access: &Access, execution: &Execution) -> Result<Standing, Fault> {
    let id = &*execution.id;
    let all = commands(access, Timestamp::from_secs(0), Some(id)).await?;
    let command = all.first();
    let status = command.and_then(|c| c.status()).map(|s| s.as_str());
    let state = status.map_or(State::Pending, State::of_command);
    let listed = gather(&LIST_INVOCATIONS, PAGES, |token| async move {
        let out = access
            .ssm(&LIST_INVOCATIONS, |client, with| {
                client
                    .list_command_invocations()
                    .command_id(id)
                    .details(true)
                    .max_results(50)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.command_invocations.unwrap_or_default(), out.next_token))
    })
    .await?;
    let mut steps: Vec<Step> = Vec::with_capacity(execution.targets.len());
    for target in &execution.targets {
        let found = listed
            .iter()
            .find(|i| i.instance_id().unwrap_or_default() == &*target.id);
        steps.push(match found {
            Some(invocation) => node(invocation),
            None => unheard(&target.id, state),
        });
    }
    if state.is_over() {
        let cut = |s: &&mut Step| s.output.chars().count() >= LISTED;
        for step in steps.iter_mut().filter(cut).take(FETCHED) {
            whole(access, id, step).await;
        }
    }
    let detail = command.and_then(|c| c.status_details()).unwrap_or_default();
    let ended = steps.iter().filter_map(|s| s.ended).max();
    Ok(Standing {
        state,
        said: said_of(status.unwrap_or_default(), detail),
        ended: ended.filter(|_| state.is_over()),
        steps,
    })
}

/// The detail of a status, where it says more than the status.
fn said_of(status: &str, detail: &str) -> Arc<str> {
    match detail {
        "RateExceeded" => Arc::from("too many nodes failed, so it was not sent to the rest"),
        "NoInstancesInTag" => Arc::from("no node was found for it"),
        detail if detail == status => Arc::from(""),
        detail => clean_arc(detail),
    }
}

/// A node of which AWS lists no invocation: it has not heard of the command, or was left out.
fn unheard(id: &Arc<str>, whole: State) -> Step {
    Step {
        name: Arc::clone(id),
        what: Arc::from(""),
        state: if whole.is_over() {
            State::Unknown
        } else {
            State::Pending
        },
        began: None,
        ended: None,
        code: None,
        said: Arc::from(if whole.is_over() {
            "the command was not sent to it: it may be of another platform"
        } else {
            ""
        }),
        output: Arc::from(""),
        child: None,
    }
}

fn node(invocation: &CommandInvocation) -> Step {
    let plugins = invocation.command_plugins();
    let status = invocation.status().map_or("", |s| s.as_str());
    let state = State::of_command(status);
    let detail = invocation.status_details().unwrap_or_default();
    let output: Vec<&str> = plugins.iter().filter_map(|p| p.output()).collect();
    let output = lines(&output.join("\n"), OUTPUT);
    let said = match detail {
        "" | "Success" => Arc::from(""),
        "DeliveryTimedOut" => Arc::from("the node did not hear of it in time"),
        "ExecutionTimedOut" => Arc::from("it did not end in time"),
        "Terminated" => Arc::from("it was not sent any more, because too many others failed"),
        "Undeliverable" => Arc::from("it could not be delivered: the node does not answer"),
        "InvalidPlatform" => Arc::from("the document does not run on the platform of the node"),
        "AccessDenied" => Arc::from("whoever sent it may not run it on this node"),
        // The last line that was written says more than `Failed`.
        "Failed" => Arc::from(output.lines().last().unwrap_or("Failed")),
        other if other == status => Arc::from(""),
        other => clean_arc(other),
    };
    let code = plugins.last().map(|p| p.response_code());
    Step {
        name: clean_arc(invocation.instance_id().unwrap_or_default()),
        what: clean_arc(plugins.last().and_then(|p| p.name()).unwrap_or_default()),
        state,
        began: plugins
            .first()
            .and_then(|p| moment(p.response_start_date_time())),
        ended: plugins
            .last()
            .and_then(|p| moment(p.response_finish_date_time()))
            .filter(|_| state.is_over()),
        code: code.filter(|_| state.is_over()),
        said,
        output,
        child: None,
    }
}

/// Fetches all that a node has written; what cannot be fetched stays as the list had it.
async fn whole(access: &Access, command: &str, step: &mut Step) {
    let answer = access
        .ssm(&GET_INVOCATION, |client, with| {
            client
                .get_command_invocation()
                .command_id(command)
                .instance_id(&*step.name)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    if let Ok(out) = answer {
        let texts = [
            out.standard_output_content.unwrap_or_default(),
            out.standard_error_content.unwrap_or_default(),
        ];
        step.output = lines(&texts.concat(), OUTPUT);
    }
}

async fn automation(access: &Access, execution: &Execution) -> Result<Standing, Fault> {
    let id = &*execution.id;
    let out = access
        .ssm(&GET_AUTOMATION, |client, with| {
            client
                .get_automation_execution()
                .automation_execution_id(id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let Some(run) = out.automation_execution else {
        return Err(make(
            FaultKind::Malformed,
            None,
            format!("GetAutomationExecution answered without the execution {id}."),
            "noctop asks again.",
        ));
    };
    let status = run.automation_execution_status().map_or("", |s| s.as_str());
    let mut steps = run.step_executions.clone().unwrap_or_default();
    if run.step_executions_truncated || steps.is_empty() {
        steps = gather(&DESCRIBE_AUTOMATION_STEPS, PAGES, |token| async move {
            let out = access
                .ssm(&DESCRIBE_AUTOMATION_STEPS, |client, with| {
                    client
                        .describe_automation_step_executions()
                        .automation_execution_id(id)
                        .max_results(50)
                        .set_next_token(token)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await?;
            Ok((out.step_executions.unwrap_or_default(), out.next_token))
        })
        .await?;
    }
    let state = State::of_automation(status);
    Ok(Standing {
        state,
        said: clean_arc(run.failure_message().unwrap_or_default()),
        ended: moment(run.execution_end_time()).filter(|_| state.is_over()),
        steps: steps.iter().map(|s| step(s, execution.scope)).collect(),
    })
}

fn step(step: &StepExecution, here: Scope) -> Step {
    let outputs = step.outputs.as_ref();
    let place = step.target_location().map_or(here, |location| Scope {
        account: location
            .accounts()
            .first()
            .and_then(|a| a.parse().ok())
            .unwrap_or(here.account),
        region: location
            .regions()
            .first()
            .and_then(|r| r.parse().ok())
            .unwrap_or(here.region),
    });
    let is_child = step.action() == Some("aws:executeAutomation");
    let child = outputs
        .filter(|_| is_child)
        .and_then(|o| o.get("ExecutionId")?.first())
        .map(|id| (place, clean_arc(id)));
    let status = step.step_status().map_or("", |s| s.as_str());
    // What a step left behind, in the order of its names; the payload that merely says that there is none is left out.
    let mut written: Vec<String> = outputs
        .map(|all| {
            let one = |(name, values): (&String, &Vec<String>)| {
                let said = values.join("\n");
                (!said.is_empty() && said != "{}" && name != "ExecutionId")
                    .then(|| format!("{name}: {said}"))
            };
            all.iter().filter_map(one).collect()
        })
        .unwrap_or_default();
    written.sort();
    Step {
        name: clean_arc(step.step_name().unwrap_or_default()),
        what: clean_arc(step.action().unwrap_or_default()),
        state: State::of_automation(status),
        began: moment(step.execution_start_time()),
        ended: moment(step.execution_end_time()),
        code: step.response_code().and_then(|c| c.parse().ok()),
        said: clean_arc(step.failure_message().unwrap_or_default()),
        output: lines(&written.join("\n"), OUTPUT),
        child,
    }
}
