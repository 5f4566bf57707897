//! Which of the groups that an aim guesses are there: one question each, all at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::aws::access::Access;
use crate::aws::ops::{DESCRIBE_LOG_STREAMS, DESCRIBE_METRIC_FILTERS};
use crate::domain::Fault;
use crate::logs::aim::{Aim, Guess, Name};

use super::groups::find_named;
use super::{Found, is_absent};

/// A group that may tell what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The group.
    pub group: Found,
    /// The beginning of the streams that are meant.
    pub stream: Option<Arc<str>>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// The groups that are there, the likeliest first.
    pub hits: Vec<Hit>,
    /// What was looked for and is not there, as an operator reads it.
    pub tried: Vec<String>,
    /// What could not be asked.
    pub faults: Vec<Fault>,
}

/// Looks for the groups of an aim: the guesses and the metric filters at once, and only where nothing was found what else
/// may be tried.
pub async fn look(access: &Access, aim: &Aim) -> Hits {
    let mut hits = Hits::default();
    let (counted, ()) = tokio::join!(
        counted(access, aim),
        guesses(access, &aim.guesses, &mut hits)
    );
    match counted {
        Ok(groups) => hits.hits.splice(0..0, groups).for_each(drop),
        Err(fault) => hits.faults.push(fault),
    }
    if hits.hits.is_empty() {
        guesses(access, &aim.else_try, &mut hits).await;
    }
    let mut seen = BTreeSet::new();
    hits.hits
        .retain(|hit| seen.insert((Arc::clone(&hit.group.name), hit.stream.clone())));
    hits
}

async fn guesses(access: &Access, guesses: &[Guess], hits: &mut Hits) {
    let mut asked = JoinSet::new();
    for (number, guess) in guesses.iter().enumerate() {
        let (access, guess) = (access.clone(), guess.clone());
        asked.spawn(async move { (number, there(&access, &guess).await) });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asked.join_next().await {
        answers.extend(answer);
    }
    answers.sort_by_key(|(number, _)| *number);
    for (number, answer) in answers {
        match answer {
            Ok(found) if found.is_empty() => hits
                .tried
                .extend(guesses.get(number).map(|guess| guess.name.told())),
            Ok(found) => hits.hits.extend(found),
            Err(fault) if hits.faults.iter().any(|other| other.kind == fault.kind) => {}
            Err(fault) => hits.faults.push(fault),
        }
    }
}

/// The groups that a guess means, as far as the stream is in them.
async fn there(access: &Access, guess: &Guess) -> Result<Vec<Hit>, Fault> {
    let mut hits = Vec::new();
    if let (Name::Exact(name), Some(stream)) = (&guess.name, &guess.stream) {
        // Whether the machine writes there tells as well whether there is such a group.
        let found = has_stream(access, name, stream).await?;
        hits.extend(found.then(|| Hit {
            group: Found::unclassed(name),
            stream: Some(Arc::clone(stream)),
        }));
        return Ok(hits);
    }
    for group in find_named(access, &guess.name).await? {
        hits.push(Hit {
            group,
            stream: guess.stream.clone(),
        });
    }
    Ok(hits)
}

async fn has_stream(access: &Access, group: &str, stream: &str) -> Result<bool, Fault> {
    let asked = access
        .cloudwatchlogs(&DESCRIBE_LOG_STREAMS, |logs, with| {
            let call = logs
                .describe_log_streams()
                .log_group_name(group)
                .log_stream_name_prefix(stream)
                .limit(1);
            call.customize().config_override(with).send()
        })
        .await;
    match asked {
        Ok(out) => Ok(out.log_streams.is_some_and(|streams| !streams.is_empty())),
        Err(fault) if is_absent(&fault) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The groups whose lines are counted into the metric that an alarm watches.
async fn counted(access: &Access, aim: &Aim) -> Result<Vec<Hit>, Fault> {
    let Some((namespace, metric)) = &aim.metric else {
        return Ok(Vec::new());
    };
    let out = access
        .cloudwatchlogs(&DESCRIBE_METRIC_FILTERS, |logs, with| {
            let call = logs
                .describe_metric_filters()
                .metric_namespace(&**namespace)
                .metric_name(&**metric);
            call.customize().config_override(with).send()
        })
        .await?;
    let filters = out.metric_filters.unwrap_or_default();
    let groups = filters
        .into_iter()
        .filter_map(|filter| filter.log_group_name);
    Ok(groups
        .map(|name| Hit {
            group: Found::unclassed(&name),
            stream: None,
        })
        .collect())
}
