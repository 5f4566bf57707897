//! Run Command: a document on instances, sent once.
//!
//! The service has no idempotency token. A correlation id goes into the comment of the command, so that a command whose
//! answer was lost can be found; it is never sent a second time.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_ssm::types::{Command, CommandFilter, CommandFilterKey};
use serde_json::{Map, Value, json};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::text::clean;

use super::LIST_COMMANDS;
use super::act::{Change, all_ok, left_alone, not_ok};
use super::look::{Found, SKEW, settle};
use super::mutations::{CANCEL_COMMAND, Mutation, SEND_COMMAND};

/// The longest comment (API reference: 100 characters).
const COMMENT_MAX: usize = 100;
/// The most pages of commands that are read to find one; each has fifty.
const PAGES: usize = 40;

/// Runs a command document on instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendCommand {
    /// The document, such as `AWS-RunShellScript`.
    pub document: String,
    /// Its version; empty: the default one.
    pub version: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The instances; more than fifty make several commands.
    pub instances: Vec<String>,
    /// How many at once, as a number or a percentage; empty: the service's own default.
    pub max_concurrency: String,
    /// After how many errors it stops; empty: the service's own default.
    pub max_errors: String,
    /// How long an instance may take to begin; `None`: the service's own default.
    pub timeout: Option<Duration>,
    /// What the journal says it belongs to.
    pub belongs: Belongs,
}

/// What a start belongs to, for the journal: how what was started at once is found together again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongs {
    /// The run; empty: it is one of its own.
    pub run: String,
    /// The items that it is about, as the journal names them.
    pub items: Vec<String>,
}

impl Belongs {
    /// Adds it to the parameters of an intent.
    pub(super) fn put(&self, parameters: &mut Map<String, Value>) {
        if !self.run.is_empty() {
            parameters.insert("run".to_owned(), self.run.as_str().into());
        }
        if !self.items.is_empty() {
            parameters.insert("items".to_owned(), self.items.clone().into());
        }
    }
}

impl Change for SendCommand {
    fn mutation(&self) -> &'static Mutation {
        &SEND_COMMAND
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        let target = |id: &String| Target::new(access.scope(), id);
        self.instances.iter().map(target).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let said = json!({
            "document": self.document, "version": self.version, "parameters": self.parameters,
            "maxConcurrency": self.max_concurrency, "maxErrors": self.max_errors,
        });
        match said {
            Value::Object(mut map) => {
                self.belongs.put(&mut map);
                map
            }
            _ => Map::new(),
        }
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let operator = permit.operator();
        let mut outcomes = Vec::new();
        let mut failed = false;
        for part in permit.split(SEND_COMMAND.most) {
            let targets = part.targets().to_vec();
            if failed {
                let why = "It was not sent, because the command before it was not accepted.";
                outcomes.extend(left_alone(&targets, why));
                continue;
            }
            let ids: Vec<String> = targets.iter().map(|t| t.id.to_string()).collect();
            let comment = comment(&part.token(), &operator);
            let acting = access.permitted(part);
            let some = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
            let seconds = self.timeout.and_then(|t| i32::try_from(t.as_secs()).ok());
            let answer = acting
                .ssm(&SEND_COMMAND.op, |client, with| {
                    client
                        .send_command()
                        .document_name(&self.document)
                        .set_document_version(some(&self.version))
                        .set_parameters(filled(&self.parameters))
                        .set_instance_ids(Some(ids))
                        .set_max_concurrency(some(&self.max_concurrency))
                        .set_max_errors(some(&self.max_errors))
                        .set_timeout_seconds(seconds)
                        .comment(comment)
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await;
            match answer {
                Ok(out) => {
                    let id = out.command.and_then(|c| c.command_id).unwrap_or_default();
                    outcomes.extend(all_ok(&acting, &targets, &id));
                }
                Err(fault) => {
                    outcomes.extend(not_ok(&acting, &targets, &fault));
                    failed = true;
                }
            }
        }
        outcomes
    }
}

/// Parameters as the SDK takes them; none at all where there are none.
pub(crate) fn filled(
    parameters: &BTreeMap<String, Vec<String>>,
) -> Option<HashMap<String, Vec<String>>> {
    if parameters.is_empty() {
        return None;
    }
    Some(
        parameters
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    )
}

/// The comment of a command: whose it is and by which id it is found again.
fn comment(token: &str, operator: &str) -> String {
    let comment = format!("noctop {token} {}", clean(operator));
    comment.chars().take(COMMENT_MAX).collect()
}

/// Cancels a command on these instances, or on all of them. What an instance has begun may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelCommand {
    /// The command's id.
    pub command: String,
    /// The instances; empty: all.
    pub instances: Vec<String>,
}

impl Change for CancelCommand {
    fn mutation(&self) -> &'static Mutation {
        &CANCEL_COMMAND
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.command)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut map = Map::new();
        if !self.instances.is_empty() {
            map.insert("instances".to_owned(), self.instances.clone().into());
        }
        map
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let instances = Some(self.instances.clone()).filter(|i| !i.is_empty());
        let answer = acting
            .ssm(&CANCEL_COMMAND.op, |client, with| {
                client
                    .cancel_command()
                    .command_id(&self.command)
                    .set_instance_ids(instances)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// The commands that were sent since shortly before this time, or the one of this id.
pub(crate) async fn commands(
    access: &Access,
    since: Timestamp,
    id: Option<&str>,
) -> Result<Vec<Command>, Fault> {
    let after = CommandFilter::builder()
        .key(CommandFilterKey::InvokedAfter)
        .value(since.minus(SKEW).to_string())
        .build()
        .ok();
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let from = token.take();
        let filters = after.clone().filter(|_| id.is_none()).map(|f| vec![f]);
        let out = access
            .ssm(&LIST_COMMANDS, |client, with| {
                client
                    .list_commands()
                    .set_filters(filters)
                    .set_command_id(id.map(str::to_owned))
                    .max_results(50)
                    .set_next_token(from)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        found.extend(out.commands.unwrap_or_default());
        token = out.next_token.filter(|t| !t.is_empty());
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

/// What became of a command that was sent: the one with its id in the comment is looked for.
pub(super) async fn look_sent(access: &Access, open: &Open) -> Found {
    let Ok(sent) = commands(access, open.at, None).await else {
        return Found::NotYet;
    };
    let token = open.token();
    let ours: Vec<&Command> = sent
        .iter()
        .filter(|c| {
            let mut words = c.comment().unwrap_or_default().split(' ');
            words.next() == Some("noctop")
                && words
                    .next()
                    .is_some_and(|word| word.split('/').next() == Some(token))
        })
        .collect();
    let targets = open.targets();
    let Found::Ended(mut outcomes) = settle(open, &targets, |target| {
        let of = |c: &&&Command| c.instance_ids().iter().any(|id| **id == *target.id);
        Some(match ours.iter().find(of) {
            Some(command) => (
                true,
                clean(command.command_id().unwrap_or_default()).into_owned(),
            ),
            None => (false, "there is no such command".to_owned()),
        })
    }) else {
        return Found::NotYet;
    };
    for outcome in outcomes
        .iter_mut()
        .filter(|o| o.result == crate::audit::Result::Ok)
    {
        outcome.created = std::mem::take(&mut outcome.said);
    }
    Found::Ended(outcomes)
}

/// What became of a command that was to be cancelled: it is asked for its status.
pub(super) async fn look_cancelled(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let Ok(found) = commands(access, open.at, Some(&target.id)).await else {
        return Found::NotYet;
    };
    let status = found
        .first()
        .and_then(|c| c.status())
        .map(|s| s.as_str().to_owned());
    settle(open, &targets, |_| {
        let now = status.as_deref()?;
        Some((
            matches!(now, "Cancelling" | "Cancelled"),
            format!("its status is {now}"),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_holds_the_id_whatever_the_operator_is_called() {
        let token = "0c3e1a52-8a27-4f0e-9c55-1b2d3e4f5a6b/19";
        for operator in ["ana", &"ü".repeat(300), "a\u{1b}[2Jb"] {
            let comment = comment(token, operator);
            assert!(comment.chars().count() <= COMMENT_MAX);
            assert_eq!(comment.split(' ').nth(1), Some(token));
        }
    }
}
