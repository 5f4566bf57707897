//! The operations that read automations.

use super::super::Ssm;
use super::automation::Execution;
use super::standing::{Told, tell};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Value;

fn not_found(id: &str) -> Refusal {
    Refusal::new(
        "AutomationExecutionNotFoundException",
        format!(
            "There is no automation execution information for the requested automation execution ID: {id}"
        ),
    )
}

/// The execution that a request names.
pub fn of(call: &Call<'_>) -> Result<Execution, Refusal> {
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
