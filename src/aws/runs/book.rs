//! The book of runs: read from the journal, brought up to date from AWS, and the end of each written down once.

use std::sync::Arc;

use serde_json::{Map, json};

use crate::audit::{Journal, Note, Noted, Result as Became, Target, Unwritten};
use crate::aws::fleet::Fleet;
use crate::clock::Timestamp;
use crate::runbook::run::{Execution, Report, Runs, State};

use super::look::look;

/// Takes in what was written into the journal since it was last read. Says whether any of it was about runs.
///
/// # Errors
/// Why the journal cannot be read.
pub fn catch_up(journal: &Journal, runs: &mut Runs, since: Timestamp) -> Result<bool, Unwritten> {
    let mut is_news = false;
    for record in journal.read(runs.last(), since)? {
        is_news |= runs.take(&record);
    }
    Ok(is_news)
}

/// Asks AWS about these executions, at the same time but for a few, and gives what it said.
pub async fn ask(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    executions: Vec<Execution>,
    now: Timestamp,
) -> Vec<Report> {
    let room = Arc::new(tokio::sync::Semaphore::new(ABREAST));
    let mut asking = tokio::task::JoinSet::new();
    for execution in executions {
        let (fleet, journal) = (Arc::clone(fleet), Arc::clone(journal));
        let room = Arc::clone(&room);
        asking.spawn(async move {
            let _place = room.acquire_owned().await;
            look(&fleet, &journal, &execution, now).await
        });
    }
    asking.join_all().await
}

/// Executions that are asked about at once.
const ABREAST: usize = 16;

/// Writes down that an execution has ended and how, so that nobody has to ask AWS again. Whoever sees it first does;
/// of several that saw it together each says the same.
///
/// # Errors
/// It could not be written; the next who looks asks AWS once more.
pub async fn note_end(
    journal: &Journal,
    execution: &Execution,
    run: &str,
) -> Result<(), Unwritten> {
    let result = match execution.state {
        State::Succeeded => Became::Ok,
        State::Unknown => Became::Unknown,
        _ => Became::Failed,
    };
    let mut parameters = Map::new();
    parameters.insert("run".to_owned(), run.into());
    parameters.insert("of".to_owned(), (&*execution.intent).into());
    parameters.insert("execution".to_owned(), (&*execution.id).into());
    parameters.insert("state".to_owned(), execution.state.word().into());
    parameters.insert(
        "ended".to_owned(),
        json!(execution.ended.map(Timestamp::as_millis)),
    );
    let one = |target: &Target| {
        let step = execution.steps.iter().find(|s| *s.name == *target.id);
        let said = step.map_or(&execution.said, |s| &s.said);
        Noted {
            kind: execution.how.word(),
            target: target.clone(),
            result: match step.map(|s| s.state) {
                Some(State::Succeeded) => Became::Ok,
                Some(State::Unknown) => Became::Unknown,
                Some(_) => Became::Failed,
                None => result,
            },
            said: said.to_string(),
        }
    };
    let note = Note {
        operator: journal.operator(),
        identity: Arc::from(""),
        verb: "run.ended",
        place: "runbook",
        targets: execution.targets.iter().map(one).collect(),
        parameters,
    };
    journal.note(&note).await
}
