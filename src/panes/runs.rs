//! Runs: what operators started, followed step by step. Starting a runbook leads here.

use crate::clock::Timestamp;
use crate::domain::text::age;
use crate::domain::{Roster, Scope};
use crate::runbook::Run;
use crate::runbook::run::{Execution, State, Step};
use crate::theme::Role;

use super::facts::{Fact, Facts};
use super::{
    Align, Cell, Cells, Column, Lists, NO_LIMIT, PaneSpec, Place, RunLook, Width, column, fact,
};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "runs",
    title: "Runs",
    short: "Run",
    place: Place::Tab,
    lists: Lists::Runs,
    sources: &[],
    columns: &[STATE, AGE, RUNBOOK, BY, WHERE, TARGETS, FACT],
    order: &[],
    order_name: "latest first",
    calm: "No console of this journal has started a runbook in the last 31 days.",
};

const STATE: Column = column("state", Width::Fixed(9), 0, Align::Left, Cells::Run(state));
const AGE: Column = column(
    "age",
    Width::Fixed(5),
    0,
    Align::Right,
    Cells::Run(|l| Cell::new(age(l.now.since(l.run.at)), Role::Text)),
);
const RUNBOOK: Column = column(
    "runbook",
    Width::Share {
        least: 10,
        most: 28,
        weight: 2,
    },
    0,
    Align::Left,
    Cells::Run(|l| Cell::new(&*l.run.name, Role::TextStrong)),
);
const BY: Column = column(
    "by",
    Width::Fixed(10),
    100,
    Align::Left,
    Cells::Run(|l| Cell::new(&*l.run.operator, Role::Text)),
);
const WHERE: Column = column(
    "where",
    Width::Share {
        least: 14,
        most: 30,
        weight: 2,
    },
    60,
    Align::Left,
    Cells::Run(|l| Cell::new(place(l.run, l.roster), Role::Text)),
);
const TARGETS: Column = column(
    "on",
    Width::Fixed(4),
    70,
    Align::Right,
    Cells::Run(|l| Cell::new(l.run.targets().count().to_string(), Role::Text)),
);
const FACT: Column = column(
    "fact",
    Width::Share {
        least: 12,
        most: NO_LIMIT,
        weight: 4,
    },
    0,
    Align::Left,
    Cells::Run(|l| Cell::new(l.run.fact(), role(l.run.state()))),
);

/// How a state looks.
const fn role(state: State) -> Role {
    match state {
        State::Succeeded => Role::Good,
        State::Failed | State::TimedOut | State::Unknown => Role::ToastError,
        State::Waiting | State::Refused | State::Cancelled | State::Stopping => Role::ToastWarning,
        State::Begun | State::Pending | State::Running => Role::Text,
    }
}

fn state<'a>(look: &RunLook<'a>) -> Cell<'a> {
    let state = look.run.state();
    Cell::new(state.word(), role(state))
}

/// Where it acts: the account and region, or how many of them.
fn place(run: &Run, roster: &Roster) -> String {
    match run.scopes().as_slice() {
        [] => "-".to_owned(),
        [one] => at(*one, roster),
        many => format!("{} accounts and regions", many.len()),
    }
}

fn at(scope: Scope, roster: &Roster) -> String {
    format!("{} {}", roster.name(scope.account), scope.region)
}

/// Whether every one of these words, in lower case, occurs in what is shown of a run.
#[must_use]
pub fn has(run: &Run, roster: &Roster, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let places: Vec<String> = run.scopes().iter().map(|s| at(*s, roster)).collect();
    let shown = format!(
        "{} {} {} {} {} {}",
        run.id,
        run.state().word(),
        run.name,
        run.operator,
        places.join(" "),
        run.fact()
    )
    .to_lowercase();
    words.iter().all(|word| shown.contains(word))
}

/// What the details of an item say about a run that was for it.
#[must_use]
pub fn mention(run: &Run, now: Timestamp) -> Fact {
    Fact {
        label: "run",
        text: format!(
            "{} by {} at {}: {}, {}",
            run.name,
            run.operator,
            fact::clock(run.at, now),
            run.state().word(),
            run.fact()
        ),
        role: role(run.state()),
    }
}

/// Everything about a run: what waits, each execution with its steps, and what they wrote.
#[must_use]
pub fn facts(run: &Run, roster: &Roster, now: Timestamp, answer: &str) -> Facts {
    let mut facts = Facts::titled(format!("run {} · {}", short(&run.id), run.name));
    let state = run.state();
    facts.add_as("state", state.word(), role(state));
    if state == State::Waiting {
        facts.add_as(
            "waits",
            format!("It waits for somebody's word: {answer} approves or rejects it."),
            Role::ToastWarning,
        );
    } else if !run.is_over() {
        facts.add("", format!("{answer} stops it."));
    }
    facts.add("fact", run.fact());
    facts.add(
        "begun",
        format!(
            "{} ago, {}, by {} on {}",
            age(now.since(run.at)),
            fact::clock(run.at, now),
            run.operator,
            run.host
        ),
    );
    if let Some(ended) = run.ended() {
        facts.add(
            "ended",
            format!(
                "{} ago, after {}",
                age(now.since(ended)),
                age(ended.since(run.at))
            ),
        );
    }
    for remark in &run.remarks {
        let note = match &*remark.note {
            "" => String::new(),
            note => format!(": {note}"),
        };
        facts.add(
            "since then",
            format!(
                "{} {} {} ago{note} {}",
                remark.operator,
                remark.what,
                age(now.since(remark.at)),
                remark.result
            ),
        );
    }
    for item in &run.items {
        facts.add("for", &**item);
    }
    for execution in &run.executions {
        of_execution(&mut facts, execution, roster);
    }
    facts
}

fn of_execution(facts: &mut Facts, execution: &Execution, roster: &Roster) {
    facts.add_as(
        "where",
        format!(
            "{}: {}",
            at(execution.scope, roster),
            execution.state.word()
        ),
        role(execution.state),
    );
    facts.add("as", &*execution.identity);
    facts.add(
        "document",
        format!("{} {}", execution.document, execution.id),
    );
    let targets: Vec<&str> = execution.targets.iter().map(|t| &*t.id).collect();
    facts.add("on", targets.join(" "));
    facts.add_as("said", &*execution.said, role(execution.state));
    if let Some(why) = &execution.unread {
        facts.add_as("not read", &**why, Role::ToastWarning);
    }
    for step in &execution.steps {
        of_step(facts, step);
    }
}

fn of_step(facts: &mut Facts, step: &Step) {
    let mut text = format!("{} {}", step.name, step.state.word());
    if let Some(code) = step.code.filter(|code| *code != 0) {
        text.push_str(&format!(", exit code {code}"));
    }
    if !step.said.is_empty() {
        text.push_str(&format!(": {}", step.said));
    }
    facts.add_as("step", text, role(step.state));
    for line in step.output.lines() {
        facts.add("", line);
    }
}

/// The beginning of an id, which is enough to name it.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
