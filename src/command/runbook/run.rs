//! What can be asked of a run, and what became of what was asked.

use std::sync::Arc;

use crate::model::runbooks::{Asked, Started};
use crate::model::{
    Action, Choice, ChoiceEntry, Effect, Effects, Model, Overlay, Purpose, RowKey, Tone,
};
use crate::runbook::run::State;

/// Says what became of a start.
pub fn started(model: &mut Model, started: &Started) {
    model.runbooks.under_way.remove(&started.run);
    match started.refused.as_slice() {
        [] => model.say(
            Tone::Done,
            format!("Started {}; the Runs pane follows it.", started.name),
        ),
        [one] if started.parts == 1 => {
            model.say(Tone::Refused, format!("{}: {one}", started.name));
        }
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                n => format!(" (and {n} more: the Runs pane has them)"),
            };
            model.say(
                Tone::Refused,
                format!("{}: not all of it was started: {first}{more}", started.name),
            );
        }
    }
}

/// Opens what can be done about the run under the cursor.
pub(in crate::command) fn about_run(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Run(id)) = &action.target else {
        return Effects::new();
    };
    let runs = Arc::clone(&model.runbooks.runs);
    let Some(run) = runs.get(id).filter(|run| !run.is_over()) else {
        model.say(
            Tone::Refused,
            "This run has ended; nothing can be asked of it.",
        );
        return Effects::new();
    };
    let what = format!("{} of {}", run.name, run.operator);
    let mut entries = Vec::new();
    let mut offer = |value: &str, label: String| {
        entries.push(ChoiceEntry {
            value: Arc::from(value),
            label: Arc::from(label),
            chosen: false,
        });
    };
    if run.state() == State::Waiting {
        offer("approve", format!("Approve {what}: it goes on"));
        offer("reject", format!("Reject {what}: it ends here"));
    }
    offer(
        "stop",
        format!("Stop {what}: what has been done stays done"),
    );
    model.show(Overlay::Choice(Choice::new(
        "Ask of this run",
        Purpose::Run(Arc::clone(id)),
        entries,
    )));
    Effects::new()
}

/// Takes what was chosen about a run.
pub(in crate::command) fn ask(model: &mut Model, what: &str, id: &str) -> Effects {
    let runs = Arc::clone(&model.runbooks.runs);
    let Some(run) = runs.get(id) else {
        model.say(
            Tone::Refused,
            "That run is no longer known; nothing was asked.",
        );
        return Effects::new();
    };
    let run = Box::new(run.clone());
    match what {
        "stop" => vec![Effect::StopRun(run)],
        "approve" => vec![Effect::AnswerRun(run, true)],
        "reject" => vec![Effect::AnswerRun(run, false)],
        _ => Effects::new(),
    }
}

/// Says what became of stopping or answering a run.
pub fn asked(model: &mut Model, asked: &Asked) {
    match asked.not.first() {
        None => model.say(Tone::Done, format!("{} {}.", asked.what, asked.name)),
        Some(why) => model.say(Tone::Refused, format!("{}: {why}", asked.name)),
    }
}
