//! Stopping a run, and answering what it asks: each execution of it for itself, each with an intent in the journal.

use std::collections::BTreeMap;

use crate::audit::{Journal, Refused};
use crate::aws::fleet::Fleet;
use crate::aws::ops::automation::{Signal, SignalAutomation, Stop, StopAutomation};
use crate::aws::ops::commands::CancelCommand;
use crate::aws::ops::{Done, perform};
use crate::domain::Scope;
use crate::runbook::Run;
use crate::runbook::run::{Execution, How, State};

/// An answer to an execution that waits for somebody's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may go on.
    pub approves: bool,
    /// What is said with it.
    pub note: String,
}

/// What became of one execution: it is asked, or noctop itself would not ask.
pub type Asked = Result<Done, Refused>;

/// Stops everything of a run that still moves. Programs are stopped by whoever started them.
pub async fn stop(fleet: &Fleet, journal: &Journal, run: &Run) -> Vec<Asked> {
    let mut all = Vec::new();
    let item = item(run);
    for execution in moving(run) {
        let Some(access) = fleet.access(execution.scope) else {
            continue;
        };
        let roster = fleet.census().roster.clone();
        let verb = "run.stop";
        all.push(match execution.how {
            How::Automation => {
                let change = StopAutomation {
                    execution: execution.id.to_string(),
                    how: Stop::Cancel,
                };
                Box::pin(perform(journal, &roster, &access, verb, &item, &change)).await
            }
            How::Command => {
                let change = CancelCommand {
                    command: execution.id.to_string(),
                    instances: Vec::new(),
                };
                Box::pin(perform(journal, &roster, &access, verb, &item, &change)).await
            }
            How::Local => continue,
        });
    }
    all
}

/// Answers every execution of a run that waits for somebody's word, in its own account where it is a child.
pub async fn answer(fleet: &Fleet, journal: &Journal, run: &Run, answer: &Answer) -> Vec<Asked> {
    let mut all = Vec::new();
    let item = item(run);
    let verb = if answer.approves {
        "run.approve"
    } else {
        "run.reject"
    };
    for (scope, execution) in waiting(run) {
        let Some(access) = fleet.access(scope) else {
            continue;
        };
        let mut payload = BTreeMap::new();
        if !answer.note.is_empty() {
            payload.insert("Comment".to_owned(), vec![answer.note.clone()]);
        }
        let change = SignalAutomation {
            execution,
            signal: if answer.approves {
                Signal::Approve
            } else {
                Signal::Reject
            },
            payload,
        };
        let roster = fleet.census().roster.clone();
        all.push(Box::pin(perform(journal, &roster, &access, verb, &item, &change)).await);
    }
    all
}

fn item(run: &Run) -> String {
    match run.items.as_slice() {
        [one] => one.to_string(),
        _ => String::new(),
    }
}

fn moving(run: &Run) -> impl Iterator<Item = &Execution> {
    let all = run.executions.iter();
    all.filter(|e| !e.state.is_over() && !e.id.is_empty())
}

/// The executions that wait, each with where it has to be answered.
fn waiting(run: &Run) -> Vec<(Scope, String)> {
    let mut all = Vec::new();
    for execution in moving(run).filter(|e| e.how == How::Automation) {
        let children = execution
            .steps
            .iter()
            .filter(|s| s.state == State::Waiting)
            .filter_map(|s| s.child.as_ref());
        let before = all.len();
        all.extend(children.map(|(scope, id)| (*scope, id.to_string())));
        if all.len() == before && execution.state == State::Waiting {
            all.push((execution.scope, execution.id.to_string()));
        }
    }
    all
}
