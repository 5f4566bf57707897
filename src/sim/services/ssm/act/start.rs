//! Starting automations: here, for each target, in other accounts and regions.

use std::time::Duration;

use super::super::{Ssm, one_of};
use super::automation::{Child, Execution};
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
pub fn replan(
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

/// The targets of a location itself, which take the place of those of the whole request: their direct values.
fn own_targets(call: &Call<'_>, location: &Value) -> Option<Vec<Value>> {
    let targets = location.at("Targets").items();
    if targets.is_empty() {
        return None;
    }
    let name = call.text("TargetParameterName")?.to_owned();
    let direct = targets
        .iter()
        .filter(|t| t.at("Key").as_str() == Some("ParameterValues"));
    let one = |value: &str| {
        let values: Value = vec![value.to_owned()].into();
        Value::Map(Map(vec![(name.clone().into(), values)]))
    };
    Some(
        direct
            .flat_map(|t| t.at("Values").texts())
            .map(one)
            .collect(),
    )
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
    let own = |location: &Value| own_targets(call, location);
    let have_own = call
        .arg("TargetLocations")
        .items()
        .iter()
        .any(|l| own(l).is_some());
    let filled = call
        .text("TargetParameterName")
        .filter(|_| targets.is_some() || have_own);
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
    // Every location runs its own targets, or those of the whole request.
    let usual = targets.unwrap_or_else(|| vec![Value::Null]);
    let mut places: Vec<(String, String, Option<String>, Vec<Value>)> = Vec::new();
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
                let sets = own(location).unwrap_or_else(|| usual.clone());
                places.push((account.to_owned(), region.to_owned(), failure, sets));
            }
        }
    }
    if places.is_empty() {
        places.push((
            call.account().to_owned(),
            call.region.to_string(),
            None,
            usual,
        ));
    }
    let count = places.iter().map(|(.., sets)| sets.len()).sum();
    let at_once = share(call.text("MaxConcurrency"), count, 10).max(1);
    let errors = share(call.text("MaxErrors"), count, 0);
    let mut free: Vec<Timestamp> = Vec::new();
    let (mut failed, mut children) = (0_usize, Vec::new());
    for (account, region, failure, sets) in &places {
        for set in sets {
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
