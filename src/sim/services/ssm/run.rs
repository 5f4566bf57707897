//! One run of a maintenance window: its tasks, and each task machine by machine.
//!
//! A run is a function of its window and the moment it was due at; nothing of it is kept.

use std::time::Duration;

use super::nodes::Node;
use super::window::{Task, Window};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::wire::Value;

/// One run of a window.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Of which window.
    pub window: &'a Window,
    /// When it began.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Its last status.
    pub status: &'static str,
    /// When somebody cancelled it.
    pub cut: Option<Timestamp>,
    /// Its own chance.
    pub dice: Chance,
}

/// A part of a run: a task, or a task on one machine.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// When it begins.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// Its last status.
    pub status: &'static str,
    /// When somebody cancelled its run.
    cut: Option<Timestamp>,
    dice: Chance,
}

/// How long it takes to cancel a run.
const CANCELS: Duration = Duration::from_secs(5);

impl Part {
    /// Its id.
    pub fn id(&self) -> String {
        self.dice.uuid()
    }

    /// Its status at a moment; it is not over before [`Part::ends`].
    pub fn status(&self, now: Timestamp) -> &'static str {
        phase((self.begins, self.ends), self.status, self.cut, now)
    }

    /// Whether it begins before its run is cancelled.
    fn is_reached(&self) -> bool {
        self.cut.is_none_or(|cut| self.begins < cut)
    }

    fn end(&self, now: Timestamp) -> Option<Timestamp> {
        Some(over(self.ends, self.cut)).filter(|ends| *ends <= now)
    }
}

/// When something ends that may have been cancelled.
fn over(ends: Timestamp, cut: Option<Timestamp>) -> Timestamp {
    cut.map_or(ends, |cut| ends.min(cut.plus(CANCELS)))
}

fn phase(
    (begins, ends): (Timestamp, Timestamp),
    last: &'static str,
    cut: Option<Timestamp>,
    now: Timestamp,
) -> &'static str {
    if let Some(cut) = cut.filter(|cut| *cut < ends && *cut <= now) {
        return if now < cut.plus(CANCELS).min(ends) {
            "CANCELLING"
        } else {
            "CANCELLED"
        };
    }
    if now >= ends {
        last
    } else if now < begins.plus(Duration::from_secs(8)) {
        "PENDING"
    } else {
        "IN_PROGRESS"
    }
}

impl<'a> Run<'a> {
    /// Its id.
    pub fn id(&self) -> String {
        self.dice.uuid()
    }

    /// A key that falls with age.
    pub fn key(&self) -> String {
        format!("{:015}", self.begins.as_millis())
    }

    /// As `DescribeMaintenanceWindowExecutions` answers it.
    pub fn describe(&self, now: Timestamp) -> Value {
        let status = self.phase(now);
        let details = match status {
            "CANCELLED" | "CANCELLING" => Some("The maintenance window execution was cancelled."),
            "FAILED" => Some("One or more tasks of the maintenance window execution failed."),
            "TIMED_OUT" => {
                Some("The maintenance window reached its end time before all tasks completed.")
            }
            "SKIPPED_OVERLAPPING" => {
                Some("The previous execution of the maintenance window is still in progress.")
            }
            _ => None,
        };
        fields! {
            "WindowId" => &self.window.id,
            "WindowExecutionId" => self.id(),
            "Status" => status,
            "StatusDetails" => details,
            "StartTime" => self.begins,
            "EndTime" => Some(over(self.ends, self.cut)).filter(|ends| *ends <= now),
        }
    }

    /// Its status at a moment.
    pub fn phase(&self, now: Timestamp) -> &'static str {
        phase((self.begins, self.ends), self.status, self.cut, now)
    }

    /// Its tasks, one after another, with how each goes.
    pub fn tasks(&self) -> Vec<(&'a Task, Part)> {
        let count = self.window.tasks.len();
        if self.status == "SKIPPED_OVERLAPPING" || count == 0 {
            return Vec::new();
        }
        let culprit = match self.status {
            "TIMED_OUT" => count - 1,
            // The tasks before the patches hardly ever fail.
            _ => count / 2,
        };
        let step = self.ends.since(self.begins) / u32::try_from(count).unwrap_or(1);
        let part = |n: usize| {
            let begins = self.begins.plus(step * u32::try_from(n).unwrap_or(0));
            Part {
                begins,
                ends: if n + 1 == count {
                    self.ends
                } else {
                    begins.plus(step)
                },
                status: if n == culprit { self.status } else { "SUCCESS" },
                cut: self.cut,
                dice: self.dice.on(100 + n as u64),
            }
        };
        self.window
            .tasks
            .iter()
            .enumerate()
            .map(|(n, task)| (task, part(n)))
            .filter(|(_, part)| part.is_reached())
            .collect()
    }

    /// A task on each of its machines; once without machine when it has none.
    pub fn invocations<'n>(
        &self,
        task: &Part,
        nodes: &[&'n Node],
    ) -> Vec<(Option<&'n Node>, Part)> {
        let count = nodes.len().max(1);
        let took = task.ends.since(task.begins);
        let part = |n: usize| {
            let dice = task.dice.on(n as u64);
            #[expect(clippy::cast_precision_loss, reason = "a few machines")]
            let share = n as f64 / count as f64;
            let begins = task.begins.plus(took.mul_f64(0.6 * share));
            let ends = begins.plus(took.mul_f64(0.2 + 0.2 * dice.unit()));
            let bad = task.status != "SUCCESS" && (n + 1 == count || dice.on(1).happens(0.3));
            Part {
                begins,
                ends: if bad || nodes.is_empty() {
                    task.ends
                } else {
                    ends
                },
                status: if bad { task.status } else { "SUCCESS" },
                cut: task.cut,
                dice,
            }
        };
        (0..count)
            .map(|n| (nodes.get(n).copied(), part(n)))
            .filter(|(_, part)| part.is_reached())
            .collect()
    }

    /// As `DescribeMaintenanceWindowExecutionTasks` answers a task.
    pub fn describe_task(&self, task: &Task, part: &Part, now: Timestamp) -> Value {
        let status = part.status(now);
        let details = match status {
            "FAILED" => Some("The number of failed targets exceeded MaxErrors."),
            "TIMED_OUT" => Some("The task was cancelled at the cutoff time."),
            _ => None,
        };
        fields! {
            "WindowExecutionId" => self.id(),
            "TaskExecutionId" => part.id(),
            "Status" => status,
            "StatusDetails" => details,
            "StartTime" => part.begins,
            "EndTime" => part.end(now),
            "TaskArn" => &task.arn,
            "TaskType" => task.kind,
        }
    }

    /// As `DescribeMaintenanceWindowExecutionTaskInvocations` answers a task on one machine.
    pub fn describe_invocation(
        &self,
        (task, whole): (&Task, &Part),
        (node, part): (Option<&Node>, &Part),
        now: Timestamp,
    ) -> Value {
        let status = part.status(now);
        let details = match status {
            "FAILED" => Some(
                "Command failed with exit code 156: one or more patches could not be installed.",
            ),
            "TIMED_OUT" => Some("Delivery timed out before the cutoff time."),
            _ => None,
        };
        let parameters = node.map(|node| {
            let operation = task.operation.unwrap_or("");
            format!(
                "{{\"documentName\":\"{}\",\"instanceIds\":[\"{}\"],\"parameters\":{{\"Operation\":[\"{operation}\"]}}}}",
                task.arn, node.id
            )
        });
        fields! {
            "WindowExecutionId" => self.id(),
            "TaskExecutionId" => whole.id(),
            "InvocationId" => part.id(),
            "ExecutionId" => part.dice.on(2).uuid(),
            "TaskType" => task.kind,
            "Parameters" => parameters,
            "Status" => status,
            "StatusDetails" => details,
            "StartTime" => part.begins,
            "EndTime" => part.end(now),
            "OwnerInformation" => "platform-operations",
            "WindowTargetId" => self.window.target_id(),
        }
    }

    /// When this run patched a machine, if it has by `now`.
    pub fn patched(&self, nodes: &[&Node], node: &Node, now: Timestamp) -> Option<Timestamp> {
        let (_, install) = self
            .tasks()
            .into_iter()
            .find(|(task, _)| task.operation == Some("Install"))?;
        self.invocations(&install, nodes)
            .into_iter()
            .find(|(n, _)| n.is_some_and(|n| n.id == node.id))
            .map(|(_, part)| part)
            .filter(|part| part.status(now) == "SUCCESS")
            .map(|part| part.ends)
    }
}
