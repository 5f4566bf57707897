//! The operations on maintenance windows.

use super::nodes::Node;
use super::run::{Part, Run};
use super::window::{Window, is_date, planned};
use super::{Ssm, filters, one_of};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::schedule::Schedule;
use crate::sim::services::{Answer, Call, Page, Refusal};
use crate::sim::wire::{Map, Value};

/// How many runs ahead `DescribeMaintenanceWindowSchedule` looks for one window.
const AHEAD: usize = 20;

fn missing(window: &str) -> Refusal {
    Refusal::new(
        "DoesNotExistException",
        format!("Maintenance window {window} does not exist"),
    )
}

fn no_execution(id: &str) -> Refusal {
    Refusal::new(
        "DoesNotExistException",
        format!("Maintenance window execution {id} does not exist"),
    )
}

/// A page of a list under its member, with `""` for the token that ends it, as these operations may say.
fn answer(member: &'static str, items: Vec<Value>, next: Option<String>) -> Answer {
    Ok(fields! { member => items, "NextToken" => next.unwrap_or_default() })
}

fn page_of(member: &'static str, page: &Page, all: Vec<Value>) -> Answer {
    let (items, next) = page.cut(all);
    answer(member, items, next)
}

/// `DescribeMaintenanceWindows`.
pub fn describe(call: &Call<'_>) -> Answer {
    let filters = filters(call, "Filters", &["Name", "Enabled"], "ValidationException")?;
    let page = call.page()?;
    call.estate(|all: &mut Ssm, _, now| {
        let fits = |window: &&Window| {
            filters.iter().all(|(key, values)| match *key {
                "Name" => values.iter().any(|v| *v == window.name),
                _ => values
                    .iter()
                    .any(|v| v.eq_ignore_ascii_case(if window.enabled { "true" } else { "false" })),
            })
        };
        let all = all.windows.iter().filter(fits).map(|w| identity(w, now));
        let (items, next) = page.cut(all);
        answer("WindowIdentities", items, next)
    })
}

/// A window without what only `GetMaintenanceWindow` says.
fn identity(window: &Window, now: Timestamp) -> Value {
    let mut all = match window.describe(now) {
        Value::Map(map) => map,
        _ => Map::default(),
    };
    let only_one = ["AllowUnassociatedTargets", "CreatedDate", "ModifiedDate"];
    all.0.retain(|(name, _)| !only_one.contains(&&**name));
    Value::Map(all)
}

/// `GetMaintenanceWindow`.
pub fn get(call: &Call<'_>) -> Answer {
    window(call, |window, _, now| Ok(window.describe(now)))
}

/// Asks one window.
fn window(call: &Call<'_>, look: impl FnOnce(&Window, &[Node], Timestamp) -> Answer) -> Answer {
    let id = call.needed("WindowId");
    if id.len() != 20 || !id.starts_with("mw-") {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{id}' at 'windowId' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^mw-[0-9a-f]{{17}}$"
        )));
    }
    call.estate(|all: &mut Ssm, _, now| {
        let found = all.windows.iter().find(|w| w.id == id);
        look(found.ok_or_else(|| missing(id))?, &all.nodes, now)
    })
}

/// `CreateMaintenanceWindow`.
pub fn create(call: &Call<'_>) -> Answer {
    let whole = |name: &str, low: i64, high: i64| {
        let value = call.arg(name).as_int();
        value
            .filter(|n| (low..=high).contains(n))
            .ok_or_else(|| call.invalid(format!("{name} must be a number from {low} to {high}")))
    };
    let (hours, cutoff) = (whole("Duration", 1, 24)?, whole("Cutoff", 0, 23)?);
    if cutoff >= hours {
        return Err(call.invalid("Cutoff must be less than Duration"));
    }
    let (name, expression) = (call.needed("Name"), call.needed("Schedule"));
    if !(3..=128).contains(&name.len())
        || !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.]{{3,128}}$"
        )));
    }
    let zone = call.text("ScheduleTimezone").unwrap_or_default();
    if !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err() && zone != "UTC" {
        return Err(call.invalid(format!("Invalid time zone: {zone}")));
    }
    for date in ["StartDate", "EndDate"] {
        if call.text(date).is_some_and(|text| !is_date(text)) {
            return Err(call.invalid(format!(
                "Invalid {date}: it must be in ISO-8601 extended format"
            )));
        }
    }
    let bad_schedule = || call.invalid(format!("Invalid schedule expression: {expression}"));
    let offset = call.arg("ScheduleOffset").as_int().unwrap_or(0);
    call.estate(|all: &mut Ssm, site, now| {
        // The same ClientToken gives the same window.
        let key = call.text("ClientToken").map_or_else(
            || all.windows.len().to_string(),
            |token| format!("token {token}"),
        );
        let dice = Chance::of(site, "created windows").named(&key);
        let mut window = Window::new(
            dice,
            name.to_owned(),
            expression.to_owned(),
            zone.to_owned(),
            (now, hours, None),
        )
        .ok_or_else(bad_schedule)?;
        window.created = now;
        window.modified = now;
        window.schedule =
            Schedule::parse(expression, zone, offset, now).ok_or_else(bad_schedule)?;
        window.offset = offset;
        window.cutoff = cutoff;
        window.description = call.text("Description").map(str::to_owned);
        window.unassociated = call
            .arg("AllowUnassociatedTargets")
            .as_bool()
            .unwrap_or(false);
        window.dates = (
            call.text("StartDate").map(str::to_owned),
            call.text("EndDate").map(str::to_owned),
        );
        let id = window.id.clone();
        match all.windows.iter().find(|w| w.id == id) {
            Some(same) if same.name != name || same.expression != expression => {
                return Err(Refusal::new(
                    "IdempotentParameterMismatch",
                    "The ClientToken was used with other parameters",
                ));
            }
            Some(_) => {}
            None => all.windows.push(window),
        }
        Ok(fields! { "WindowId" => id })
    })
}

/// `DescribeMaintenanceWindowSchedule`: what is due next, of one window or of all.
pub fn schedule(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let id = call.text("WindowId");
    call.estate(|all: &mut Ssm, _, now| {
        if let Some(id) = id.filter(|id| all.windows.iter().all(|w| w.id != *id)) {
            return Err(missing(id));
        }
        // All windows together show their next runs, one window many of them.
        let runs = if id.is_some() { AHEAD } else { 5 };
        let mut due: Vec<(Timestamp, &Window)> = all
            .windows
            .iter()
            .filter(|w| id.is_none_or(|id| w.id == id))
            .flat_map(|w| {
                let first = w.next(now);
                std::iter::successors(first, |at| w.next(*at))
                    .take(runs)
                    .map(move |at| (at, w))
            })
            .collect();
        due.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        let all = due
            .into_iter()
            .map(|(at, window)| planned(window, at))
            .collect();
        page_of("ScheduledWindowExecutions", &page, all)
    })
}

/// `DescribeMaintenanceWindowTargets`.
pub fn targets(call: &Call<'_>) -> Answer {
    let filters = filters(
        call,
        "Filters",
        &["Type", "WindowTargetId", "OwnerInformation"],
        "ValidationException",
    )?;
    let page = call.page()?;
    window(call, |window, _, _| {
        let Some(group) = &window.group else {
            return page_of("Targets", &page, Vec::new());
        };
        let id = window.target_id();
        let fits = filters.iter().all(|(key, values)| match *key {
            "Type" => values.contains(&"INSTANCE"),
            "WindowTargetId" => values.contains(&&*id),
            _ => values.contains(&"platform-operations"),
        });
        let target = fields! {
            "WindowId" => &window.id,
            "WindowTargetId" => id,
            "ResourceType" => "INSTANCE",
            "Targets" => vec![fields! { "Key" => "tag:PatchGroup", "Values" => vec![group.as_str()] }],
            "OwnerInformation" => "platform-operations",
            "Name" => group,
        };
        let all = if fits { vec![target] } else { Vec::new() };
        page_of("Targets", &page, all)
    })
}

/// `DescribeMaintenanceWindowTasks`.
pub fn tasks(call: &Call<'_>) -> Answer {
    let keys = ["WindowTaskId", "TaskArn", "Priority", "TaskType"];
    let filters = filters(call, "Filters", &keys, "ValidationException")?;
    let page = call.page()?;
    window(call, |window, _, _| {
        let all = window.tasks.iter().zip(1_i64..).filter(|(task, priority)| {
            filters.iter().all(|(key, values)| match *key {
                "WindowTaskId" => values.contains(&&*task.id),
                "TaskArn" => values.contains(&&*task.arn),
                "Priority" => values.contains(&&*priority.to_string()),
                _ => values.contains(&task.kind),
            })
        });
        let all = all.map(|(task, priority)| {
            let parameters = task.operation.map(|operation| {
                fields! { "Operation" => fields! { "Values" => vec![operation] } }
            });
            let targets = window.group.is_some().then(|| {
                vec![fields! { "Key" => "WindowTargetIds", "Values" => vec![window.target_id()] }]
            });
            fields! {
                "WindowId" => &window.id,
                "WindowTaskId" => &task.id,
                "TaskArn" => &task.arn,
                "Type" => task.kind,
                "Targets" => targets.unwrap_or_default(),
                "TaskParameters" => parameters,
                "Priority" => priority,
                "MaxConcurrency" => "20%",
                "MaxErrors" => "10%",
                "Name" => task.name,
                "CutoffBehavior" => "CANCEL_TASK",
            }
        });
        page_of("Tasks", &page, all.collect())
    })
}

/// `DescribeMaintenanceWindowExecutions`, newest first.
pub fn executions(call: &Call<'_>) -> Answer {
    let keys = ["ExecutedAfter", "ExecutedBefore"];
    let filters = filters(call, "Filters", &keys, "ValidationException")?;
    let (mut after, mut before) = (Timestamp::ZERO, None);
    for (key, values) in &filters {
        let text = values.first().copied().unwrap_or_default();
        let at = Value::from(text)
            .as_time()
            .filter(|_| text.contains('-'))
            .ok_or_else(|| {
                call.invalid(format!(
                    "The value '{text}' of filter {key} is not an ISO 8601 time"
                ))
            })?;
        if *key == "ExecutedAfter" {
            after = at;
        } else {
            before = Some(at);
        }
    }
    let page = call.page()?;
    window(call, |window, _, now| {
        let runs: Vec<Run<'_>> = window.past(now);
        let fits = |run: &Run<'_>| run.begins >= after && before.is_none_or(|b| run.begins <= b);
        let (runs, next) = page.fall(runs.into_iter().filter(fits), Run::key);
        answer(
            "WindowExecutions",
            runs.iter().map(|run| run.describe(now)).collect(),
            next,
        )
    })
}

/// Asks one run, with the machines it works on.
fn run(call: &Call<'_>, look: impl FnOnce(Run<'_>, &[&Node], Timestamp) -> Answer) -> Answer {
    let id = call.needed("WindowExecutionId");
    if id.len() != 36 {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{id}' at 'windowExecutionId' failed to satisfy constraint: \
             Member must have length greater than or equal to 36"
        )));
    }
    call.estate(|all: &mut Ssm, _, now| {
        let found = all.windows.iter().find_map(|w| Some((w, w.find(id, now)?)));
        let (window, run) = found.ok_or_else(|| no_execution(id))?;
        look(
            run,
            &super::nodes::members(&all.nodes, window.group.as_deref()),
            now,
        )
    })
}

/// `CancelMaintenanceWindowExecution`. Tasks that have not begun do not begin.
pub fn cancel(call: &Call<'_>) -> Answer {
    // What has ended cannot be cancelled; it is refused as one that does not exist.
    run(call, |run, _, now| match run.phase(now) {
        "PENDING" | "IN_PROGRESS" | "CANCELLING" => Ok(Value::Null),
        _ => Err(no_execution(&run.id())),
    })?;
    let id = call.needed("WindowExecutionId");
    call.estate(|all: &mut Ssm, _, now| {
        if let Some(window) = all.windows.iter_mut().find(|w| w.find(id, now).is_some()) {
            window.cancelled.entry(id.to_owned()).or_insert(now);
        }
        Ok(fields! { "WindowExecutionId" => id })
    })
}

/// `GetMaintenanceWindowExecution`.
pub fn execution(call: &Call<'_>) -> Answer {
    run(call, |run, _, now| {
        let begun = |part: &Part| part.begins <= now;
        let tasks = run.tasks().into_iter().filter(|(_, part)| begun(part));
        let mut answer = match run.describe(now) {
            Value::Map(map) => map,
            _ => Map::default(),
        };
        answer.0.retain(|(name, _)| name != "WindowId");
        answer.set(
            "TaskIds",
            tasks.map(|(_, part)| part.id()).collect::<Value>(),
        );
        Ok(Value::Map(answer))
    })
}

const STATUSES: &[&str] = &[
    "PENDING",
    "IN_PROGRESS",
    "SUCCESS",
    "FAILED",
    "TIMED_OUT",
    "CANCELLING",
    "CANCELLED",
    "SKIPPED_OVERLAPPING",
];

fn statuses<'a>(call: &'a Call<'_>) -> Result<Option<Vec<&'a str>>, Refusal> {
    let filters = filters(call, "Filters", &["STATUS"], "ValidationException")?;
    let Some((_, values)) = filters.into_iter().next() else {
        return Ok(None);
    };
    for value in &values {
        one_of(call, "filters.1.member.values", value, STATUSES)?;
    }
    Ok(Some(values))
}

/// `DescribeMaintenanceWindowExecutionTasks`: the tasks that have begun.
pub fn execution_tasks(call: &Call<'_>) -> Answer {
    let wanted = statuses(call)?;
    let page = call.page()?;
    run(call, |run, _, now| {
        let tasks = run.tasks();
        let fits = tasks.iter().filter(|(_, part)| {
            let status = part.status(now);
            part.begins <= now && wanted.as_ref().is_none_or(|w| w.contains(&status))
        });
        let all = fits
            .map(|(task, part)| run.describe_task(task, part, now))
            .collect();
        page_of("WindowExecutionTaskIdentities", &page, all)
    })
}

/// `DescribeMaintenanceWindowExecutionTaskInvocations`: a task, machine by machine.
pub fn invocations(call: &Call<'_>) -> Answer {
    let wanted = statuses(call)?;
    let page = call.page()?;
    let id = call.needed("TaskId");
    run(call, |run, nodes, now| {
        let tasks = run.tasks();
        let (task, whole) = tasks
            .iter()
            .find(|(_, part)| part.id() == id && part.begins <= now)
            .ok_or_else(|| {
                Refusal::new(
                    "DoesNotExistException",
                    format!("Task execution {id} does not exist"),
                )
            })?;
        let all = run.invocations(whole, nodes);
        let fits = all.iter().filter(|(_, part)| {
            let status = part.status(now);
            part.begins <= now && wanted.as_ref().is_none_or(|w| w.contains(&status))
        });
        let all = fits
            .map(|(node, part)| run.describe_invocation((task, whole), (*node, part), now))
            .collect();
        page_of("WindowExecutionTaskInvocationIdentities", &page, all)
    })
}
