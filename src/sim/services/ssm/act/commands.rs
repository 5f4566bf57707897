//! The operations of Run Command.

use std::time::Duration;

use super::super::nodes::Node;
use super::super::{Ssm, one_of};
use super::command::{Command, Invocation, pace, share};
use super::document::{find, is_version};
use super::effect;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};

/// What of a request is kept with its command.
const KEPT: &[&str] = &[
    "Comment",
    "Parameters",
    "InstanceIds",
    "Targets",
    "OutputS3Region",
    "OutputS3BucketName",
    "OutputS3KeyPrefix",
    "MaxConcurrency",
    "MaxErrors",
    "NotificationConfig",
    "CloudWatchOutputConfig",
    "TimeoutSeconds",
];

fn too_long(call: &Call<'_>, member: &str, most: usize) -> Refusal {
    call.invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to {most}"
    ))
}

/// The machines that targets mean; all of the targets have to fit.
pub fn targeted<'a>(nodes: &'a [Node], targets: &Value) -> Vec<&'a Node> {
    let fits = |node: &&Node| {
        targets.items().iter().all(|target| {
            let key = target.at("Key").as_str().unwrap_or_default();
            let values: Vec<&str> = target.at("Values").texts().collect();
            match key.to_ascii_lowercase().as_str() {
                "instanceids" => values.contains(&"*") || values.contains(&node.id.as_str()),
                "tag:patchgroup" | "tag:patch group" => values.contains(&node.group),
                "tag-key" => values.contains(&"PatchGroup") || values.contains(&"Patch Group"),
                _ => false,
            }
        })
    };
    nodes.iter().filter(fits).collect()
}

/// Refuses rates that are not written as AWS wants them.
pub fn check_rates(call: &Call<'_>, input: &Value) -> Result<(), Refusal> {
    for (member, at, least) in [
        ("MaxConcurrency", "maxConcurrency", 1),
        ("MaxErrors", "maxErrors", 0),
    ] {
        let Some(text) = input.at(member).as_str() else {
            continue;
        };
        let number = text.strip_suffix('%').unwrap_or(text).parse::<u32>().ok();
        let most = if text.ends_with('%') { 100 } else { u32::MAX };
        if text.len() > 7 || number.is_none_or(|n| n < least || n > most) {
            return Err(call.invalid(format!(
                "1 validation error detected: Value '{text}' at '{at}' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: ^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$"
            )));
        }
    }
    Ok(())
}

/// `SendCommand`. It has no token: sent twice, it runs twice.
pub fn send(call: &Call<'_>) -> Answer {
    let ids: Vec<&str> = call.arg("InstanceIds").texts().collect();
    let targets = call.arg("Targets");
    if ids.len() > 50 {
        return Err(too_long(call, "instanceIds", 50));
    }
    if targets.items().len() > 5 {
        return Err(too_long(call, "targets", 5));
    }
    if call
        .text("Comment")
        .is_some_and(|c| c.chars().count() > 100)
    {
        return Err(too_long(call, "comment", 100));
    }
    check_rates(call, &call.input)?;
    if ids.is_empty() == targets.items().is_empty() {
        return Err(call.invalid("Exactly one of InstanceIds and Targets must be given"));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < ids.len() {
        return Err(Refusal::new(
            "DuplicateInstanceId",
            "You can't specify an instance ID in more than one association.",
        ));
    }
    let seconds = call.arg("TimeoutSeconds").as_int().unwrap_or(600);
    if !(30..=2_592_000).contains(&seconds) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{seconds}' at 'timeoutSeconds' failed to satisfy constraint: Member must have value between 30 and 2592000"
        )));
    }
    let given = call.arg("Parameters");
    let (told, heals) = call.estate(|all: &mut Ssm, site, now| {
        let name = call.needed("DocumentName");
        let gone = || {
            Refusal::new(
                "InvalidDocument",
                format!("Document with name {name} does not exist."),
            )
        };
        let (document, _) = find(site, name).ok_or_else(gone)?;
        if document.is_automation() {
            return Err(Refusal::new(
                "InvalidDocument",
                format!("Document {name} is not of type Command."),
            ));
        }
        if !is_version(call.text("DocumentVersion")) {
            return Err(Refusal::new(
                "InvalidDocumentVersion",
                "The document version is not valid or doesn't exist.",
            ));
        }
        document
            .check(given, None)
            .map_err(|why| Refusal::new("InvalidParameters", why))?;
        let nodes: Vec<&Node> = if ids.is_empty() {
            targeted(&all.nodes, targets)
        } else {
            let known = |id: &&&str| all.nodes.iter().any(|node| node.id == ***id);
            let unknown: Vec<&str> = ids.iter().filter(|id| !known(id)).copied().collect();
            if !unknown.is_empty() {
                return Err(Refusal::new(
                    "InvalidInstanceId",
                    format!(
                        "Instances [[{}]] not in a valid state for account {}",
                        unknown.join(", "),
                        site.account
                    ),
                ));
            }
            ids.iter()
                .filter_map(|id| all.nodes.iter().find(|node| node.id == **id))
                .collect()
        };
        let runs_on = |node: &&&Node| {
            document.platforms.is_empty()
                || document.platforms.iter().any(|p| p == node.system.platform)
        };
        if !nodes.is_empty() && !nodes.iter().any(|node| runs_on(&node)) {
            return Err(Refusal::new(
                "UnsupportedPlatformType",
                "The document doesn't support the platform type of the given managed node IDs.",
            ));
        }
        let number = all.commands.all.len() as u64;
        let dice = Chance::of(site, "commands").on(number).at(now);
        let limit = Duration::from_secs(seconds.unsigned_abs());
        let failing = site.scenario.runs.failing;
        let mut invocations: Vec<Invocation> = nodes
            .iter()
            .filter(runs_on)
            .map(|node| Invocation::plan(document, given, node, now, limit, failing, dice))
            .collect();
        let count = invocations.len();
        let at_once = share(call.text("MaxConcurrency"), count, 50);
        let gave_up = pace(
            &mut invocations,
            at_once,
            share(call.text("MaxErrors"), count, 0),
        );
        let mut members = Map::default();
        for name in KEPT {
            members.set(*name, call.arg(name).clone());
        }
        members.set("InstanceIds", ids.iter().copied().collect::<Value>());
        members.set(
            "DocumentVersion",
            call.text("DocumentVersion").unwrap_or("$DEFAULT"),
        );
        members.set(
            "MaxConcurrency",
            call.text("MaxConcurrency").unwrap_or("50"),
        );
        members.set("MaxErrors", call.text("MaxErrors").unwrap_or("0"));
        members.set("TimeoutSeconds", seconds);
        let command = Command {
            id: dice.on(1).uuid(),
            sent: now,
            document: document.name.clone(),
            members,
            invocations,
            expires: now.plus(limit).plus(Duration::from_secs(3600)),
            gave_up,
        };
        // A script that restarts something makes the machine's alarms clear.
        let restarts = given
            .at("commands")
            .texts()
            .any(|line| line.contains("restart") || line.contains("reboot"));
        let heals: Vec<_> = command
            .invocations
            .iter()
            .filter(|_| restarts)
            .filter_map(|i| Some((i.instance.clone(), i.will_succeed()?)))
            .collect();
        let told = command.describe(now);
        let id = command.id.clone();
        all.commands.all.push(command);
        Ok((
            told,
            heals
                .into_iter()
                .map(|(instance, at)| (id.clone(), instance, at))
                .collect::<Vec<_>>(),
        ))
    })?;
    for (id, instance, at) in heals {
        let planned = effect::heal(call.world, call.account(), &call.region, &instance, at);
        call.estate(|all: &mut Ssm, _, _| all.commands.plans.insert((id, instance), planned));
    }
    Ok(fields! { "Command" => told })
}

/// The filters that both lists take.
struct Filters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Filters<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        for filter in call.arg("Filters").items() {
            let text = |name: &str| filter.at(name).as_str().unwrap_or_default();
            let (key, value) = (text("key"), text("value"));
            let known = [
                "InvokedAfter",
                "InvokedBefore",
                "Status",
                "ExecutionStage",
                "DocumentName",
            ];
            one_of(call, "filters.1.member.key", key, &known)?;
            if key.starts_with("Invoked") && Value::from(value).as_time().is_none() {
                return Err(Refusal::new(
                    "InvalidFilterKey",
                    format!("'{value}' is not a time"),
                ));
            }
            all.push((key, value));
        }
        Ok(Self(all))
    }

    fn fit(&self, command: &Command, status: &str) -> bool {
        let time = |value: &str| Value::from(value).as_time();
        self.0.iter().all(|(key, value)| match *key {
            "InvokedAfter" => time(value).is_some_and(|at| command.sent > at),
            "InvokedBefore" => time(value).is_some_and(|at| command.sent < at),
            "Status" => status == *value,
            "DocumentName" => command.document == *value,
            _ => {
                (*value == "Executing") == ["Pending", "InProgress", "Cancelling"].contains(&status)
            }
        })
    }
}

fn no_command(all: &Ssm, id: Option<&str>) -> Result<(), Refusal> {
    match id {
        Some(id) if !all.commands.all.iter().any(|c| c.id == id) => Err(Refusal::new(
            "InvalidCommandId",
            "The specified command ID isn't valid. Verify the ID and try again.",
        )),
        _ => Ok(()),
    }
}

/// `ListCommands`, newest first.
pub fn list(call: &Call<'_>) -> Answer {
    let filters = Filters::read(call)?;
    let page = call.page()?;
    let (id, instance) = (call.text("CommandId"), call.text("InstanceId"));
    call.estate(|all: &mut Ssm, _, now| {
        no_command(all, id)?;
        let rows = all.commands.all.iter().enumerate().rev().filter(|(_, c)| {
            id.is_none_or(|id| c.id == id)
                && instance.is_none_or(|wanted| c.invocations.iter().any(|i| i.instance == wanted))
                && filters.fit(c, c.status(now).0)
        });
        let (rows, next) = page.fall(rows, |(n, _)| format!("{n:09}"));
        Ok(fields! {
            "Commands" => rows.iter().map(|(_, c)| c.describe(now)).collect::<Value>(),
            "NextToken" => next,
        })
    })
}

/// `ListCommandInvocations`, newest first.
pub fn invocations(call: &Call<'_>) -> Answer {
    let filters = Filters::read(call)?;
    let page = call.page()?;
    let (id, instance) = (call.text("CommandId"), call.text("InstanceId"));
    let details = call.arg("Details").as_bool().unwrap_or(false);
    call.estate(|all: &mut Ssm, _, now| {
        no_command(all, id)?;
        let commands = all.commands.all.iter().enumerate().rev();
        let rows = commands.filter(|(_, c)| id.is_none_or(|id| c.id == id)).flat_map(|(n, c)| {
            let heard: Vec<_> = c.heard(now).enumerate().collect();
            heard.into_iter().rev().map(move |(m, one)| (n, m, c, one))
        });
        let rows = rows.filter(|(_, _, c, one)| {
            instance.is_none_or(|wanted| one.instance == wanted) && filters.fit(c, one.status(now).0)
        });
        let (rows, next) = page.fall(rows, |(n, m, ..)| format!("{n:09}{m:06}"));
        Ok(fields! {
            "CommandInvocations" => rows.iter().map(|(_, _, c, one)| c.list(one, details, now)).collect::<Value>(),
            "NextToken" => next,
        })
    })
}

/// `GetCommandInvocation`.
pub fn get(call: &Call<'_>) -> Answer {
    let (id, instance) = (call.needed("CommandId"), call.needed("InstanceId"));
    call.estate(|all: &mut Ssm, _, now| {
        let command = all.commands.all.iter().find(|c| c.id == id);
        let found = command.and_then(|c| Some((c, c.heard(now).find(|i| i.instance == instance)?)));
        let (command, one) = found.ok_or_else(|| {
            Refusal::new(
                "InvocationDoesNotExist",
                "The command ID and managed node ID you specified didn't match any invocations.",
            )
        })?;
        Ok(command.get(one, now))
    })
}

/// `CancelCommand`. What has ended has ended.
pub fn cancel(call: &Call<'_>) -> Answer {
    let id = call.needed("CommandId");
    let wanted: Vec<&str> = call.arg("InstanceIds").texts().collect();
    let undone = call.estate(|all: &mut Ssm, _, now| {
        no_command(all, Some(id))?;
        let mut undone = Vec::new();
        let Some(command) = all.commands.all.iter_mut().find(|c| c.id == id) else {
            return Ok(undone);
        };
        if let Some(odd) = wanted
            .iter()
            .find(|w| !command.invocations.iter().any(|i| i.instance == **w))
        {
            return Err(Refusal::new(
                "InvalidInstanceId",
                format!("The command was not sent to {odd}"),
            ));
        }
        for one in &mut command.invocations {
            let meant = wanted.is_empty() || wanted.contains(&one.instance.as_str());
            let runs = ["Pending", "InProgress", "Delayed"].contains(&one.status(now).0);
            if meant && runs && one.cancelled.is_none() {
                one.cancelled = Some(now);
                let key = (command.id.clone(), one.instance.clone());
                undone.extend(all.commands.plans.remove(&key).unwrap_or_default());
            }
        }
        Ok(undone)
    })?;
    effect::undo(call.world, call.account(), &call.region, &undone);
    Ok(Value::Null)
}
