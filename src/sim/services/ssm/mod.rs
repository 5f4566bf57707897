//! Systems Manager: OpsItems, maintenance windows, managed nodes and their patches.
//!
//! ```text
//!  opsitems ── opsitem     what happened and who works on it
//!  windows  ── window, run schedules, runs, tasks, invocations
//!  nodes    ── patch, patches   machines; what their windows have patched, and what not
//!  syncs    ── opsdata          what a central account has of all others
//!  act                     commands and automations that operators run
//! ```
//!
//! Nearly all of it is a function of the time: a run of a window, a scan of a machine or the birth of an
//! OpsItem follows from its schedule and its own [`Chance`](crate::sim::chance::Chance), so a month of
//! past costs no memory. Only what a caller changed is kept.

mod act;
mod catalogue;
mod nodes;
mod opsdata;
mod opsitem;
mod opsitems;
mod patch;
mod patches;
mod run;
mod section;
mod syncs;
mod window;
mod windows;

pub use act::Section as RunSection;
pub use section::{OpsItemSection, PatchSection, WindowSection};

use self::act::automation::Automations;
use self::act::command::Commands;
use self::act::{automations, commands, documents, preview, signals, start};
use self::nodes::Node;
use self::opsitem::OpsItems;
use self::window::Window;
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::{Estate, Site, World};

/// The managed instances of an account and region: id and platform.
pub fn machines(site: &Site) -> Vec<(String, &'static str)> {
    let nodes = nodes::found(site).into_iter();
    nodes.map(|node| (node.id, node.system.platform)).collect()
}

/// The service.
pub const SERVICE: Service = Service {
    name: "ssm",
    alias: "ssm",
    protocols: &[Protocol::Json],
    target: "AmazonSSM",
    xmlns: "",
    dialect: Dialect {
        bad_token: "InvalidNextToken",
        message: "Message",
        ..Dialect::JSON
    },
    operations: &[
        listed("DescribeOpsItems", opsitems::describe, (1, 50), 50),
        Operation::new("GetOpsItem", opsitems::get).needs(&["OpsItemId"]),
        listed("ListOpsItemEvents", opsitems::events, (1, 50), 50),
        listed("ListOpsItemRelatedItems", opsitems::related, (1, 50), 50),
        listed("GetOpsSummary", opsdata::summary, (1, 50), 50),
        listed("ListResourceDataSync", syncs::list, (1, 50), 50),
        listed("ListNodes", nodes::list, (1, 50), 50),
        Operation::new("CreateOpsItem", opsitems::create).needs(&[
            "Description",
            "Source",
            "Title",
        ]),
        Operation::new("UpdateOpsItem", opsitems::update).needs(&["OpsItemId"]),
        listed(
            "DescribeMaintenanceWindows",
            windows::describe,
            (10, 100),
            50,
        ),
        Operation::new("GetMaintenanceWindow", windows::get).needs(&["WindowId"]),
        Operation::new("CreateMaintenanceWindow", windows::create).needs(&[
            "Name",
            "Schedule",
            "Duration",
            "Cutoff",
            "AllowUnassociatedTargets",
        ]),
        listed(
            "DescribeMaintenanceWindowSchedule",
            windows::schedule,
            (1, 100),
            50,
        ),
        listed(
            "DescribeMaintenanceWindowTargets",
            windows::targets,
            (10, 100),
            50,
        )
        .needs(&["WindowId"]),
        listed(
            "DescribeMaintenanceWindowTasks",
            windows::tasks,
            (10, 100),
            50,
        )
        .needs(&["WindowId"]),
        listed(
            "DescribeMaintenanceWindowExecutions",
            windows::executions,
            (10, 100),
            50,
        )
        .needs(&["WindowId"]),
        Operation::new("GetMaintenanceWindowExecution", windows::execution)
            .needs(&["WindowExecutionId"]),
        Operation::new("CancelMaintenanceWindowExecution", windows::cancel)
            .needs(&["WindowExecutionId"]),
        listed(
            "DescribeMaintenanceWindowExecutionTasks",
            windows::execution_tasks,
            (10, 100),
            50,
        )
        .needs(&["WindowExecutionId"]),
        listed(
            "DescribeMaintenanceWindowExecutionTaskInvocations",
            windows::invocations,
            (10, 100),
            50,
        )
        .needs(&["WindowExecutionId", "TaskId"]),
        listed("DescribeInstanceInformation", nodes::describe, (5, 50), 50),
        listed(
            "DescribeInstancePatchStates",
            patches::states,
            (10, 100),
            50,
        )
        .needs(&["InstanceIds"]),
        listed(
            "DescribeInstancePatchStatesForPatchGroup",
            patches::states_of_group,
            (10, 100),
            50,
        )
        .needs(&["PatchGroup"]),
        listed("DescribeInstancePatches", patches::patches, (10, 100), 50).needs(&["InstanceId"]),
        listed("DescribePatchGroups", patches::groups, (1, 100), 50),
        Operation::new("DescribePatchGroupState", patches::group_state).needs(&["PatchGroup"]),
        listed("DescribePatchBaselines", patches::baselines, (1, 100), 50),
        listed(
            "ListResourceComplianceSummaries",
            patches::summaries,
            (1, 50),
            50,
        ),
        Operation::new("SendCommand", commands::send).needs(&["DocumentName"]),
        listed("ListCommands", commands::list, (1, 50), 50),
        listed("ListCommandInvocations", commands::invocations, (1, 50), 50),
        Operation::new("GetCommandInvocation", commands::get).needs(&["CommandId", "InstanceId"]),
        Operation::new("CancelCommand", commands::cancel).needs(&["CommandId"]),
        listed("ListDocuments", documents::list, (1, 50), 50),
        Operation::new("DescribeDocument", documents::describe).needs(&["Name"]),
        Operation::new("GetDocument", documents::get).needs(&["Name"]),
        Operation::new("GetCalendarState", documents::calendar).needs(&["CalendarNames"]),
        Operation::new("StartAutomationExecution", start::start).needs(&["DocumentName"]),
        Operation::new("GetAutomationExecution", automations::get)
            .needs(&["AutomationExecutionId"]),
        listed(
            "DescribeAutomationExecutions",
            automations::describe,
            (1, 50),
            50,
        ),
        listed(
            "DescribeAutomationStepExecutions",
            automations::steps,
            (1, 50),
            50,
        )
        .needs(&["AutomationExecutionId"]),
        Operation::new("StopAutomationExecution", signals::stop).needs(&["AutomationExecutionId"]),
        Operation::new("SendAutomationSignal", signals::signal)
            .needs(&["AutomationExecutionId", "SignalType"]),
        Operation::new("StartExecutionPreview", preview::start).needs(&["DocumentName"]),
        Operation::new("GetExecutionPreview", preview::get).needs(&["ExecutionPreviewId"]),
    ],
    disabled,
    truth,
};

const fn listed(
    name: &'static str,
    run: fn(&Call<'_>) -> Answer,
    range: (usize, usize),
    default: usize,
) -> Operation {
    Operation::new(name, run).paged("MaxResults", "NextToken", range, default)
}

/// What an account that was never activated for the service hears.
fn disabled(_: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "SubscriptionRequiredException",
        "The AWS Access Key Id needs a subscription for the service",
    ))
}

/// Everything that Systems Manager keeps in one account and region.
pub(super) struct Ssm {
    nodes: Vec<Node>,
    windows: Vec<Window>,
    ops: OpsItems,
    commands: Commands,
    automations: Automations,
}

impl Estate for Ssm {
    fn found(site: &Site) -> Self {
        let nodes = nodes::found(site);
        let windows = window::found(site, &nodes::groups(&nodes));
        let automations = Automations::found(site, &nodes);
        Self {
            nodes,
            windows,
            ops: OpsItems::found(site),
            commands: Commands::default(),
            automations,
        }
    }

    fn advance(&mut self, site: &Site, now: Timestamp) {
        self.ops.advance(site, now);
    }
}

/// Whether Systems Manager knows a machine of this id there.
pub(super) fn has_machine(world: &World, account: &str, region: &str, id: &str) -> bool {
    world.estate(account, region, |all: &mut Ssm, _, _| {
        all.nodes.iter().any(|node| node.id == id)
    })
}

/// The state in the names of the answers: all OpsItems as `GetOpsItem`, all windows as
/// `GetMaintenanceWindow` with the runs of the last days, all nodes with their patch states.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |all: &mut Ssm, site, now| {
        let windows = all.windows.iter();
        fields! {
            "OpsItems" => all.ops.all(now).map(|item| item.describe(site, now)).collect::<Value>(),
            "MaintenanceWindows" => windows.clone().map(|w| w.describe(now)).collect::<Value>(),
            "WindowExecutions" => windows
                .flat_map(|w| w.past(now).into_iter().map(|run| run.describe(now)).collect::<Vec<_>>())
                .collect::<Value>(),
            "InstanceInformationList" => all.nodes.iter().map(|n| n.describe(site, now)).collect::<Value>(),
            "InstancePatchStates" => all
                .nodes
                .iter()
                .filter_map(|node| Some(patch::state(all, site, node, now)?.describe(site)))
                .collect::<Value>(),
            "Commands" => all.commands.all.iter().map(|c| c.describe(now)).collect::<Value>(),
            "AutomationExecutions" => automations::truth(all, now),
        }
    })
}

/// The filters of a request as keys and values; refused when a key is not among `known`.
fn filters<'a>(
    call: &'a Call<'_>,
    member: &str,
    known: &[&str],
    code: &'static str,
) -> Result<Vec<(&'a str, Vec<&'a str>)>, Refusal> {
    let read = |filter: &'a Value| {
        // DescribeInstanceInformation knows an older spelling, too.
        let lower = filter.at("Key").is_null();
        let key = filter.at(if lower { "key" } else { "Key" }).as_str();
        let values = filter.at(if lower { "valueSet" } else { "Values" });
        (key.unwrap_or_default(), values.texts().collect())
    };
    let all: Vec<(&str, Vec<&str>)> = call.arg(member).items().iter().map(read).collect();
    match all.iter().find(|(key, _)| !fits(known, key)) {
        Some((key, _)) => Err(Refusal::new(
            code,
            format!(
                "The filter key '{key}' is not supported by {}. Supported keys are {}",
                call.operation.name,
                known.join(", ")
            ),
        )),
        None => Ok(all),
    }
}

fn fits(known: &[&str], key: &str) -> bool {
    known
        .iter()
        .any(|k| *k == key || (k.ends_with(':') && key.starts_with(k)))
}

/// Refuses a text that is not one of an enumeration, as the front door words it.
fn one_of(call: &Call<'_>, member: &str, value: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(call.invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         Member must satisfy enum value set: [{}]",
        known.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;
    use crate::sim::scenario::Scenario;
    use crate::sim::world::WorldClock;

    fn world(scenario: &str) -> World {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_795_242_600)));
        World::new(
            Scenario::load(scenario).unwrap(),
            None,
            WorldClock::new(clock, None, 1.0),
        )
    }

    #[test]
    fn who_asked_before_changes_nothing() {
        let (asked, fresh) = (world("patch-tuesday"), world("patch-tuesday"));
        for minutes in [7, 60, 600] {
            truth(&asked, "333333333333", "eu-west-1");
            let by = Duration::from_secs(minutes * 60);
            asked.clock().advance(by);
            fresh.clock().advance(by);
        }
        for account in ["333333333333", "444444444444"] {
            assert_eq!(
                truth(&asked, account, "eu-west-1"),
                truth(&fresh, account, "eu-west-1")
            );
        }
    }

    #[test]
    fn every_run_is_found_again_by_its_id() {
        world("patch-tuesday").estate("444444444444", "eu-west-1", |all: &mut Ssm, _, now| {
            let mut seen = 0;
            for window in &all.windows {
                for run in window.past(now) {
                    let again = window.find(&run.id(), now).unwrap();
                    assert_eq!(again.begins, run.begins);
                    seen += 1;
                }
            }
            assert!(seen > 30, "{seen}");
        });
    }

    #[test]
    fn a_quiet_night_lacks_no_patch_for_long() {
        world("quiet-night").estate("333333333333", "eu-west-1", |all: &mut Ssm, site, now| {
            assert!(!all.nodes.is_empty());
            for node in &all.nodes {
                let state = patch::state(all, site, node, now).unwrap().describe(site);
                assert_eq!(state.at("FailedCount").as_int(), Some(0));
            }
        });
    }
}
