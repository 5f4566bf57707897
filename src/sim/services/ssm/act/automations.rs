//! The operations on automations.

use std::time::Duration;

use super::super::{Ssm, one_of};
use super::automation::{Child, DONE, Execution, Signal};
use super::command::share;
use super::commands::{check_rates, targeted};
use super::document::{Document, find, is_version};
use super::effect;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value, is_empty};
use crate::sim::world::World;

/// The role that automations use in other accounts when none is named.
const USUAL_ROLE: &str = "AWS-SystemsManager-AutomationExecutionRole";

/// What of a request is kept with its execution.
const KEPT: &[&str] = &[
    "TargetParameterName",
    "Targets",
    "TargetMaps",
    "TargetLocations",
    "MaxConcurrency",
    "MaxErrors",
];

fn not_found(id: &str) -> Refusal {
    Refusal::new(
        "AutomationExecutionNotFoundException",
        format!(
            "There is no automation execution information for the requested automation execution ID: {id}"
        ),
    )
}

/// A place, and who asks there for what.
struct Ask<'a> {
    world: &'a World,
    account: &'a str,
    region: &'a str,
    document: Document,
    given: Value,
    interactive: bool,
    by: String,
    members: Map,
    parent: Option<String>,
    target: Option<String>,
    /// How long after now it begins.
    late: Duration,
    skipped: bool,
}

impl Ask<'_> {
    /// Starts it, and gives its id and when it will have ended well.
    fn begin(self) -> (String, Option<Timestamp>, Timestamp) {
        let (id, ends, begins, heals) =
            self.world
                .estate(self.account, self.region, |all: &mut Ssm, site, now| {
                    let number = all.automations.all.len() as u64;
                    let dice = Chance::of(site, "automations").on(number).at(now);
                    let execution = Execution {
                        id: dice.on(1000).uuid(),
                        begins: now.plus(self.late),
                        document: self.document,
                        given: self.given,
                        interactive: self.interactive,
                        by: self.by,
                        members: self.members,
                        parent: self.parent,
                        target: self.target,
                        children: Vec::new(),
                        signals: Vec::new(),
                        stopped: None,
                        skipped: self.skipped,
                        plans: Vec::new(),
                        dice,
                        failing: site.scenario.runs.failing,
                    };
                    let heals: Vec<String> = execution
                        .restarts()
                        .into_iter()
                        .map(str::to_owned)
                        .collect();
                    let told = (
                        execution.id.clone(),
                        execution.will_succeed(),
                        execution.begins,
                        heals,
                    );
                    all.automations.all.push(execution);
                    told
                });
        replan(self.world, self.account, self.region, &id, &heals, ends);
        (id, ends, begins)
    }
}

/// Plans anew what an execution does to alarms, once more is known of it.
fn replan(
    world: &World,
    account: &str,
    region: &str,
    id: &str,
    heals: &[String],
    ends: Option<Timestamp>,
) {
    let old = world.estate(account, region, |all: &mut Ssm, _, _| {
        all.automations
            .find(id)
            .map(|e| std::mem::take(&mut e.plans))
            .unwrap_or_default()
    });
    effect::undo(world, account, region, &old);
    let Some(ends) = ends else { return };
    let plans: Vec<u64> = heals
        .iter()
        .flat_map(|one| effect::heal(world, account, region, one, ends))
        .collect();
    world.estate(account, region, |all: &mut Ssm, _, _| {
        if let Some(execution) = all.automations.find(id) {
            execution.plans = plans;
        }
    });
}

/// What the targets of a request mean for the parameter that takes them, in the order in which they are run.
fn resolved(call: &Call<'_>, document: &Document) -> Result<Option<Vec<Value>>, Refusal> {
    let (name, targets, maps) = (
        call.text("TargetParameterName"),
        call.arg("Targets"),
        call.arg("TargetMaps"),
    );
    if targets.items().is_empty() && maps.items().is_empty() {
        return Ok(None);
    }
    let bad = |why: &str| Refusal::new("InvalidTarget", why);
    if !maps.items().is_empty() {
        return Ok(Some(maps.items().to_vec()));
    }
    let Some(name) = name.filter(|n| document.parameter.iter().any(|p| p.name == *n)) else {
        return Err(bad(
            "TargetParameterName must name a parameter of the document when Targets are given.",
        ));
    };
    let mut values: Vec<String> = Vec::new();
    let (direct, others): (Vec<&Value>, Vec<&Value>) = targets
        .items()
        .iter()
        .partition(|t| t.at("Key").as_str() == Some("ParameterValues"));
    for target in direct {
        values.extend(target.at("Values").texts().map(str::to_owned));
    }
    if !others.is_empty() {
        let others: Value = others.into_iter().cloned().collect();
        call.estate(|all: &mut Ssm, _, _| {
            values.extend(
                targeted(&all.nodes, &others)
                    .into_iter()
                    .map(|node| node.id.clone()),
            );
        });
    }
    let name = name.to_owned();
    Ok(Some(
        values
            .into_iter()
            .map(|v| Value::Map(Map(vec![(name.clone().into(), vec![v].into())])))
            .collect(),
    ))
}

/// `StartAutomationExecution`.
pub fn start(call: &Call<'_>) -> Answer {
    let name = call.needed("DocumentName");
    let given = call.arg("Parameters");
    check_rates(call, &call.input)?;
    if let Some(mode) = call.text("Mode") {
        one_of(call, "mode", mode, &["Auto", "Interactive"])?;
    }
    if let Some(token) = call.text("ClientToken") {
        let legal = token.len() == 36 && token.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if !legal {
            return Err(call.invalid(format!(
                "1 validation error detected: Value '{token}' at 'clientToken' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: [a-fA-F0-9]{{8}}-[a-fA-F0-9]{{4}}-[a-fA-F0-9]{{4}}-[a-fA-F0-9]{{4}}-[a-fA-F0-9]{{12}}"
            )));
        }
    }
    let document = call.estate(|_: &mut Ssm, site, _| find(site, name).map(|(d, _)| d.clone()));
    let gone = || {
        Refusal::new(
            "AutomationDefinitionNotFoundException",
            format!("Automation definition for document {name} is not found."),
        )
    };
    let document = document.filter(Document::is_automation).ok_or_else(gone)?;
    if !is_version(call.text("DocumentVersion")) {
        return Err(Refusal::new(
            "AutomationDefinitionVersionNotFoundException",
            format!(
                "Version {} of document {name} is not found.",
                call.needed("DocumentVersion")
            ),
        ));
    }
    let targets = resolved(call, &document)?;
    let filled = targets
        .as_ref()
        .and_then(|_| call.text("TargetParameterName"));
    if call.arg("TargetMaps").items().is_empty() {
        document
            .check(given, filled)
            .map_err(|why| Refusal::new("InvalidAutomationExecutionParametersException", why))?;
    }
    let print = {
        let members = call
            .input
            .members()
            .iter()
            .filter(|(name, _)| name != "ClientToken");
        let mut texts: Vec<String> = members
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        texts.sort();
        texts.join("\n")
    };
    let mut members = Map::default();
    for name in KEPT {
        if !is_empty(call.arg(name)) {
            members.set(*name, call.arg(name).clone());
        }
    }
    let interactive = call.text("Mode") == Some("Interactive");
    let locations = call.arg("TargetLocations").items();
    let leads = targets.is_some() || !locations.is_empty();
    // The token is looked up and taken in one go: two operators who press together make one execution.
    let made = call.estate(|all: &mut Ssm, site, now| {
        let token = call.text("ClientToken");
        if let Some((before, id)) = token.and_then(|token| all.automations.tokens.get(token)) {
            return if *before == print {
                Ok((id.clone(), None))
            } else {
                Err(Refusal::new(
                    "IdempotentParameterMismatch",
                    "The client token was used before, with other parameters.",
                ))
            };
        }
        let number = all.automations.all.len() as u64;
        let dice = Chance::of(site, "automations").on(number).at(now);
        let execution = Execution {
            id: dice.on(1000).uuid(),
            begins: now,
            document: document.clone(),
            given: given.clone(),
            interactive,
            by: call.caller.arn.clone(),
            members,
            parent: None,
            target: None,
            children: Vec::new(),
            signals: Vec::new(),
            stopped: None,
            skipped: false,
            plans: Vec::new(),
            dice,
            failing: if leads {
                0.0
            } else {
                site.scenario.runs.failing
            },
        };
        let id = execution.id.clone();
        if let Some(token) = token {
            all.automations
                .tokens
                .insert(token.to_owned(), (print, id.clone()));
        }
        let plan = (
            execution
                .restarts()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
            execution.will_succeed(),
        );
        all.automations.all.push(execution);
        Ok((id, Some(plan)))
    })?;
    let (id, Some((heals, ends))) = made else {
        return Ok(fields! { "AutomationExecutionId" => made.0 });
    };
    if !leads {
        replan(call.world, call.account(), &call.region, &id, &heals, ends);
        return Ok(fields! { "AutomationExecutionId" => id });
    }
    let ask = |account, region, given: Value, target, parent| Ask {
        world: call.world,
        account,
        region,
        document: document.clone(),
        given,
        interactive,
        by: call.caller.arn.clone(),
        members: Map::default(),
        parent,
        target,
        late: Duration::ZERO,
        skipped: false,
    };
    // Every location runs every target.
    let mut places: Vec<(String, String, Option<String>)> = Vec::new();
    for location in locations {
        let role = location
            .at("ExecutionRoleName")
            .as_str()
            .unwrap_or(USUAL_ROLE);
        let without: Vec<&str> = location.at("ExcludeAccounts").texts().collect();
        for account in location
            .at("Accounts")
            .texts()
            .filter(|a| !without.contains(a))
        {
            for region in location.at("Regions").texts() {
                let known = call.world.accounts().contains_key(account);
                let allowed = role == USUAL_ROLE || call.world.role(account, role).is_some();
                let failure = (!known || !allowed).then(|| {
                    format!(
                        "The role arn:{}:iam::{account}:role/{role} can't be assumed.",
                        call.world.partition()
                    )
                });
                places.push((account.to_owned(), region.to_owned(), failure));
            }
        }
    }
    if places.is_empty() {
        places.push((call.account().to_owned(), call.region.to_string(), None));
    }
    let sets = targets.unwrap_or_else(|| vec![Value::Null]);
    let count = places.len() * sets.len();
    let at_once = share(call.text("MaxConcurrency"), count, 10).max(1);
    let errors = share(call.text("MaxErrors"), count, 0);
    let mut free: Vec<Timestamp> = Vec::new();
    let (mut failed, mut children) = (0_usize, Vec::new());
    for (account, region, failure) in &places {
        for set in &sets {
            let target = set
                .members()
                .iter()
                .flat_map(|(_, v)| v.texts())
                .next()
                .map(str::to_owned);
            let label = match &target {
                Some(target) if locations.is_empty() => target.clone(),
                Some(target) => format!("{account}_{region}_{target}"),
                None => format!("{account}_{region}"),
            };
            let mut child = Child {
                account: account.clone(),
                region: region.clone(),
                id: None,
                label,
                failure: failure.clone(),
            };
            if child.failure.is_some() {
                failed += 1;
                children.push(child);
                continue;
            }
            let mut both = match given {
                Value::Map(map) => map.clone(),
                _ => Map::default(),
            };
            for (name, value) in set.members() {
                both.set(name.clone(), value.clone());
            }
            free.sort_unstable();
            let late = if free.len() < at_once {
                Duration::ZERO
            } else {
                free.remove(0).since(call.now)
            };
            let skipped = failed > errors;
            let (made, well, begins) = Ask {
                late,
                skipped,
                ..ask(account, region, Value::Map(both), target, Some(id.clone()))
            }
            .begin();
            // One that waits for somebody keeps its place; the estimate is enough for the others.
            free.push(well.unwrap_or_else(|| begins.plus(Duration::from_secs(60))));
            let waits = document.step.iter().any(|s| s.action == "aws:approve") || interactive;
            failed += usize::from(well.is_none() && !waits && !skipped);
            child.id = Some(made);
            children.push(child);
        }
    }
    call.estate(|all: &mut Ssm, _, _| {
        if let Some(execution) = all.automations.find(&id) {
            execution.children = children;
        }
    });
    Ok(fields! { "AutomationExecutionId" => id })
}

/// How a child stands.
struct Standing {
    child: Child,
    status: &'static str,
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    failure: Option<String>,
}

fn standing(world: &World, child: &Child) -> Standing {
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
struct Told {
    summary: Map,
    steps: Vec<Value>,
    counters: Value,
    status: &'static str,
}

fn tell(world: &World, execution: &Execution, now: Timestamp) -> Told {
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

fn of(call: &Call<'_>) -> Result<Execution, Refusal> {
    let id = call.needed("AutomationExecutionId");
    call.estate(|all: &mut Ssm, _, _| all.automations.find(id).cloned())
        .ok_or_else(|| not_found(id))
}

/// `GetAutomationExecution`.
pub fn get(call: &Call<'_>) -> Answer {
    let execution = of(call)?;
    let told = tell(call.world, &execution, call.now);
    let mut all = told.summary;
    all.set("StepExecutions", told.steps);
    all.set("StepExecutionsTruncated", false);
    all.set("Parameters", execution.parameters());
    all.set("ProgressCounters", told.counters);
    let values: Vec<String> = execution.children.iter().map(|c| c.label.clone()).collect();
    all.set(
        "ResolvedTargets",
        fields! { "ParameterValues" => values, "Truncated" => false },
    );
    Ok(fields! { "AutomationExecution" => all })
}

/// `DescribeAutomationExecutions`, newest first.
pub fn describe(call: &Call<'_>) -> Answer {
    const KEYS: &[&str] = &[
        "DocumentNamePrefix",
        "ExecutionStatus",
        "ExecutionId",
        "ParentExecutionId",
        "CurrentAction",
        "StartTimeBefore",
        "StartTimeAfter",
        "AutomationType",
        "TagKey",
        "TargetResourceGroup",
        "AutomationSubtype",
        "OpsItemId",
    ];
    let filters = read(call, KEYS)?;
    let page = call.page()?;
    let all = call.estate(|all: &mut Ssm, _, _| all.automations.all.clone());
    let rows = all
        .iter()
        .enumerate()
        .map(|(n, e)| (n, e, tell(call.world, e, call.now)));
    let mut rows: Vec<_> = rows
        .filter(|(_, execution, told)| {
            let text = |name: &str| {
                told.summary
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            filters.iter().all(|(key, values)| match *key {
                "DocumentNamePrefix" => values
                    .iter()
                    .any(|v| execution.document.name.starts_with(v)),
                "ExecutionStatus" => values.contains(&told.status),
                "ExecutionId" => values.contains(&execution.id.as_str()),
                "ParentExecutionId" => values.contains(&text("ParentAutomationExecutionId")),
                "CurrentAction" => values.contains(&text("CurrentAction")),
                "StartTimeAfter" => bound(values).is_some_and(|at| execution.begins >= at),
                "StartTimeBefore" => bound(values).is_some_and(|at| execution.begins <= at),
                "AutomationType" => values.contains(&kind(execution)),
                _ => false,
            })
        })
        .collect();
    rows.sort_by_key(|(n, e, _)| std::cmp::Reverse((e.begins, *n)));
    let (rows, next) = page.fall(rows, |(n, e, _)| {
        format!("{:015}{n:09}", e.begins.as_millis())
    });
    let describe = |(_, execution, told): (usize, &Execution, Told)| {
        let mut map = told.summary;
        map.set("AutomationType", kind(execution));
        map.set("LogFile", "");
        map
    };
    Ok(fields! {
        "AutomationExecutionMetadataList" => rows.into_iter().map(describe).collect::<Value>(),
        "NextToken" => next,
    })
}

fn kind(execution: &Execution) -> &'static str {
    if execution.members.get("TargetLocations").is_some() {
        "CrossAccount"
    } else {
        "Local"
    }
}

fn bound(values: &[&str]) -> Option<Timestamp> {
    values.first().and_then(|v| Value::from(*v).as_time())
}

/// The filters of a list, each with its values.
type Filters<'a> = Vec<(&'a str, Vec<&'a str>)>;

fn read<'a>(call: &'a Call<'_>, known: &[&str]) -> Result<Filters<'a>, Refusal> {
    let mut all = Vec::new();
    for filter in call.arg("Filters").items() {
        let key = filter.at("Key").as_str().unwrap_or_default();
        let values: Vec<&str> = filter.at("Values").texts().collect();
        if !known.contains(&key) {
            return Err(Refusal::new(
                "InvalidFilterKey",
                format!("The filter key '{key}' is not valid"),
            ));
        }
        if values.is_empty() || (key.starts_with("StartTime") && bound(&values).is_none()) {
            return Err(Refusal::new(
                "InvalidFilterValue",
                format!("The value of the filter '{key}' is not valid"),
            ));
        }
        all.push((key, values));
    }
    Ok(all)
}

/// `DescribeAutomationStepExecutions`.
pub fn steps(call: &Call<'_>) -> Answer {
    const KEYS: &[&str] = &[
        "StartTimeBefore",
        "StartTimeAfter",
        "StepExecutionStatus",
        "StepExecutionId",
        "StepName",
        "Action",
    ];
    let filters = read(call, KEYS)?;
    let page = call.page()?;
    let execution = of(call)?;
    let mut rows: Vec<Value> = if execution.children.is_empty() {
        let view = execution.view(call.now);
        let fit = view
            .steps
            .iter()
            .filter(|s| filters.iter().all(|(key, values)| s.fits(key, values)));
        fit.map(|s| s.describe(&execution)).collect()
    } else {
        tell(call.world, &execution, call.now).steps
    };
    if call.arg("ReverseOrder").as_bool() == Some(true) {
        rows.reverse();
    }
    let (rows, next) = page.cut(rows);
    Ok(fields! { "StepExecutions" => rows, "NextToken" => next })
}

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

/// The executions as `GetAutomationExecution` answers them, for the truth; without those elsewhere.
pub fn truth(all: &Ssm, now: Timestamp) -> Value {
    let all = all.automations.all.iter().filter(|e| e.children.is_empty());
    all.map(|execution| {
        let view = execution.view(now);
        let mut map = execution.summary(&view);
        map.set(
            "StepExecutions",
            view.steps
                .iter()
                .map(|s| s.describe(execution))
                .collect::<Value>(),
        );
        map
    })
    .collect()
}
