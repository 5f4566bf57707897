//! Patches: which ones a machine has, lacks, or could not install.
//!
//! Every second Tuesday brings new patches, approved some days later. A machine gets them in the next
//! run of its group's window that goes well on it, or when an operator installs them, unless something
//! is wrong with it.

use std::time::Duration;

use super::Ssm;
use super::nodes::{Node, System, Trouble, members};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::schedule::patch_day;
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// The state of a patch on a machine, in the order of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Installed,
    Other,
    Reboot,
    Missing,
    Failed,
    NotApplicable,
}

impl State {
    /// As the service answers it: not as the model's enumeration is spelled.
    fn name(self) -> &'static str {
        match self {
            Self::Installed => "Installed",
            Self::Other => "InstalledOther",
            Self::Reboot => "InstalledPendingReboot",
            Self::Missing => "Missing",
            Self::Failed => "Failed",
            Self::NotApplicable => "NotApplicable",
        }
    }

    fn lacks(self) -> bool {
        matches!(self, Self::Missing | Self::Failed | Self::Reboot)
    }
}

const SEVERITIES: [(&str, &str); 4] = [
    ("Critical", "CRITICAL"),
    ("Important", "HIGH"),
    ("Medium", "MEDIUM"),
    ("Low", "LOW"),
];

/// One patch on a machine.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    state: State,
    severity: usize,
    installed: Timestamp,
    dice: Chance,
}

/// What the last scan or installation found on a machine.
pub struct Report<'a> {
    node: &'a Node,
    /// Each of them.
    pub patches: Vec<Patch>,
    operation: &'static str,
    began: Timestamp,
    ended: Timestamp,
}

/// The state of a machine; `None` when it was never scanned.
pub fn state<'a>(all: &Ssm, site: &Site, node: &'a Node, now: Timestamp) -> Option<Report<'a>> {
    if node.trouble == Trouble::Unscanned {
        return None;
    }
    // What an operator runs counts like what the agent does by itself.
    let commands = &all.commands.all;
    let asked = commands
        .iter()
        .filter_map(|c| c.patched(&node.id, false, now))
        .max();
    let scanned = node.scanned(now).max(asked.unwrap_or(Timestamp::ZERO));
    let section = &site.scenario.patches;
    let approval = section.approval.0;
    let approved = match section.approved {
        Some(ago) => site.started.minus(ago.0),
        None => patch_day(now.minus(approval)).plus(approval),
    };
    let patched = patched(all, node, approved, now);
    let (operation, ended) = match patched {
        Some(at) if at > scanned => ("Install", at),
        _ => ("Scan", scanned),
    };
    // What the last report did not see yet is not in it.
    let known = approved <= ended;
    let took = if operation == "Install" {
        (240, 1500)
    } else {
        (20, 90)
    };
    let took = node
        .dice
        .on(40)
        .at(ended)
        .between(took.0, took.1)
        .unsigned_abs();
    Some(Report {
        node,
        patches: inventory(node, approved, known, patched),
        operation,
        began: ended.minus(Duration::from_secs(took)),
        ended,
    })
}

/// When the machine got the patches approved at `approved`.
fn patched(all: &Ssm, node: &Node, approved: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let commands = &all.commands.all;
    let by_command = commands
        .iter()
        .filter_map(|c| c.patched(&node.id, true, now))
        .find(|at| *at >= approved);
    if by_command.is_some() {
        return by_command;
    }
    if matches!(node.trouble, Trouble::Behind | Trouble::Lost) {
        return None;
    }
    let peers = members(&all.nodes, Some(node.group));
    let mut served = false;
    for window in all
        .windows
        .iter()
        .filter(|w| w.group.as_deref() == Some(node.group))
    {
        served = true;
        let found = window
            .runs(approved, now)
            .iter()
            .find_map(|run| run.patched(&peers, node, now));
        if found.is_some() {
            return found;
        }
    }
    // Without a window somebody does it by hand within days.
    let delay = node.dice.on(41).at(approved).between(3600, 86_400 * 4);
    let by_hand = approved.plus(Duration::from_secs(delay.unsigned_abs()));
    (!served && by_hand <= now).then_some(by_hand)
}

fn inventory(
    node: &Node,
    approved: Timestamp,
    known: bool,
    patched: Option<Timestamp>,
) -> Vec<Patch> {
    let windows = node.system.platform == "Windows";
    let dice = node.dice.on(42);
    let base = if windows {
        dice.between(18, 40)
    } else {
        dice.between(45, 110)
    };
    let month = node.dice.on(43).at(approved);
    let fresh = if windows {
        month.between(2, 5)
    } else {
        month.between(4, 15)
    };
    let mut all = Vec::new();
    let mut add = |count: i64, state: State, installed: Timestamp, salt: u64| {
        for n in 0..count {
            let dice = node.dice.on(salt).on(n.unsigned_abs());
            let severity = match dice.on(1).between(0, 20) {
                0..3 => 0,
                3..10 => 1,
                10..17 => 2,
                _ => 3,
            };
            all.push(Patch {
                state,
                severity,
                installed,
                dice,
            });
        }
    };
    let before = approved.minus(Duration::from_secs(29 * 86_400));
    add(base, State::Installed, before, 50);
    add(dice.on(1).between(0, 6), State::Other, before, 51);
    add(
        dice.on(2).between(10, 60),
        State::NotApplicable,
        Timestamp::ZERO,
        52,
    );
    if node.trouble == Trouble::Behind {
        // It lacks older ones, too, until somebody installs them by hand.
        let (state, at) = match patched {
            Some(at) => (State::Installed, at),
            None => (State::Missing, Timestamp::ZERO),
        };
        add(dice.on(3).between(8, 30), state, at, 53);
    }
    match patched {
        _ if !known => {}
        None => add(fresh, State::Missing, Timestamp::ZERO, 54),
        Some(at) => {
            let bad = match node.trouble {
                Trouble::Failing | Trouble::Rebooting => 1.max(fresh / 3),
                _ => 0,
            };
            add(fresh - bad, State::Installed, at, 54);
            if node.trouble == Trouble::Failing {
                add(bad, State::Failed, Timestamp::ZERO, 55);
            } else {
                add(bad, State::Reboot, at, 55);
            }
        }
    }
    all
}

impl Report<'_> {
    fn count(&self, fits: impl Fn(&Patch) -> bool) -> usize {
        self.patches.iter().filter(|p| fits(p)).count()
    }

    fn of(&self, state: State) -> usize {
        self.count(|p| p.state == state)
    }

    fn compliant(&self) -> bool {
        !self.patches.iter().any(|p| p.state.lacks())
    }

    /// As `DescribeInstancePatchStates` answers it.
    pub fn describe(&self, site: &Site) -> Value {
        let lacking =
            |severity: fn(usize) -> bool| self.count(|p| p.state.lacks() && severity(p.severity));
        let unrebooted = (self.of(State::Reboot) > 0).then_some(self.ended);
        fields! {
            "InstanceId" => &self.node.id,
            "PatchGroup" => self.node.group,
            "BaselineId" => baseline_id(site, self.node.group),
            "SnapshotId" => self.node.dice.on(44).at(self.ended).uuid(),
            "OwnerInformation" => "platform-operations",
            "InstalledCount" => self.of(State::Installed),
            "InstalledOtherCount" => self.of(State::Other),
            "InstalledPendingRebootCount" => self.of(State::Reboot),
            "InstalledRejectedCount" => 0,
            "MissingCount" => self.of(State::Missing),
            "FailedCount" => self.of(State::Failed),
            "UnreportedNotApplicableCount" => 0,
            "NotApplicableCount" => self.of(State::NotApplicable),
            "OperationStartTime" => self.began,
            "OperationEndTime" => self.ended,
            "Operation" => self.operation,
            "LastNoRebootInstallOperationTime" => unrebooted,
            "RebootOption" => if unrebooted.is_some() { "NoReboot" } else { "RebootIfNeeded" },
            "CriticalNonCompliantCount" => lacking(|s| s == 0),
            "SecurityNonCompliantCount" => lacking(|s| s == 1),
            "OtherNonCompliantCount" => lacking(|s| s > 1),
        }
    }

    /// As `ListResourceComplianceSummaries` answers it.
    pub fn summarise(&self) -> Value {
        let counts = |lacking: bool| {
            let of = |severity: usize| {
                self.count(|p| {
                    p.state != State::NotApplicable
                        && p.state.lacks() == lacking
                        && p.severity == severity
                })
            };
            fields! {
                "CriticalCount" => of(0), "HighCount" => of(1), "MediumCount" => of(2), "LowCount" => of(3),
                "InformationalCount" => 0, "UnspecifiedCount" => 0,
            }
        };
        let total = |lacking: bool| {
            self.count(|p| p.state != State::NotApplicable && p.state.lacks() == lacking)
        };
        fields! {
            "ComplianceType" => "Patch",
            "ResourceType" => "ManagedInstance",
            "ResourceId" => &self.node.id,
            "Status" => if self.compliant() { "COMPLIANT" } else { "NON_COMPLIANT" },
            "OverallSeverity" => self.worst(),
            "ExecutionSummary" => fields! {
                "ExecutionTime" => self.ended,
                "ExecutionId" => self.node.dice.on(45).at(self.ended).uuid(),
                "ExecutionType" => "Command",
            },
            "CompliantSummary" => fields! { "CompliantCount" => total(false), "SeveritySummary" => counts(false) },
            "NonCompliantSummary" => fields! { "NonCompliantCount" => total(true), "SeveritySummary" => counts(true) },
        }
    }

    fn worst(&self) -> &'static str {
        let lacking = self.patches.iter().filter(|p| p.state.lacks());
        lacking
            .map(|p| p.severity)
            .min()
            .map_or("UNSPECIFIED", |severity| SEVERITIES[severity].1)
    }
}

/// As `DescribeInstancePatches` answers it.
pub fn describe_patch(system: &System, patch: &Patch) -> Value {
    let dice = patch.dice;
    let (severity, _) = SEVERITIES[patch.severity];
    let windows = system.platform == "Windows";
    let name = dice.on(2).pick(system.patches);
    let version = format!(
        "{}.{}.{}-{}",
        dice.on(3).between(1, 9),
        dice.on(4).between(0, 30),
        dice.on(5).between(0, 20),
        dice.on(6).between(1, 40)
    );
    let (title, id) = if windows {
        let id = format!("KB50{:05}", dice.on(7).between(0, 99_999));
        (format!("2026 {name} ({id})"), id)
    } else {
        let id = match system.key {
            "UBUNTU" => format!("{name}:amd64"),
            _ => format!("{name}.x86_64"),
        };
        (format!("{name}-{version}"), id)
    };
    let security = patch.severity < 2;
    let class = match (windows, security) {
        (true, true) => "SecurityUpdates",
        (true, false) => "Updates",
        (false, true) => "Security",
        (false, false) => "Bugfix",
    };
    let cve = |n: u64| format!("CVE-2026-{}", dice.on(8).on(n).between(1000, 60_000));
    let cves: Vec<String> = (0..dice.on(9).between(1, 4))
        .map(|n| cve(n.unsigned_abs()))
        .collect();
    fields! {
        "Title" => title,
        "KBId" => id,
        "Classification" => class,
        "Severity" => severity,
        "State" => patch.state.name(),
        "InstalledTime" => patch.installed,
        "CVEIds" => (security && !windows).then(|| cves.join(",")),
    }
}

/// The id of the baseline of a patch group.
pub fn baseline_id(site: &Site, group: &str) -> String {
    format!(
        "pb-{}",
        Chance::of(site, "patch baselines").named(group).hex(17)
    )
}
