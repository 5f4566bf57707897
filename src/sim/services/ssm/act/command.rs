//! A command that Run Command has sent: on which machines, and how it goes on each.
//!
//! What happens is decided when it is sent; how much of it has happened follows from the time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::Document;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::ssm::nodes::{Node, Trouble};
use crate::sim::wire::{Map, Value, text};

/// How long a machine takes to hear of a command; until then the invocation does not exist.
const HEARD: Duration = Duration::from_millis(900);
/// How long it takes to cancel what runs.
const CANCELS: Duration = Duration::from_secs(2);

/// A command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Its id.
    pub id: String,
    /// When it was sent.
    pub sent: Timestamp,
    /// Its document.
    pub document: String,
    /// What the caller said, under the names on the wire.
    pub members: Map,
    /// How it goes on each machine.
    pub invocations: Vec<Invocation>,
    /// When its machines must have heard of it.
    pub expires: Timestamp,
    /// Whether it ended because too many of its machines failed.
    pub gave_up: bool,
}

/// How a command goes on one machine.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The machine.
    pub instance: String,
    /// The name of the step that the agent runs.
    plugin: &'static str,
    begins: Timestamp,
    ends: Timestamp,
    verdict: Verdict,
    code: i64,
    output: String,
    errors: String,
    /// When somebody cancelled it.
    pub cancelled: Option<Timestamp>,
}

/// How an invocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Success,
    Failed,
    TimedOut,
    Undelivered,
    Terminated,
}

/// Status, and the same in more detail.
type Status = (&'static str, &'static str);

const DONE: &[&str] = &["Success", "Cancelled", "TimedOut", "Failed"];

impl Invocation {
    /// How the document goes on a machine from a moment on.
    pub fn plan(
        document: &Document,
        given: &Value,
        node: &Node,
        from: Timestamp,
        limit: Duration,
        failing: f64,
        dice: Chance,
    ) -> Self {
        let dice = dice.named(&node.id);
        let begins = from.plus(HEARD).plus(Duration::from_millis(
            dice.on(1).between(200, 2500).unsigned_abs(),
        ));
        let mut told = Self {
            instance: node.id.clone(),
            plugin: plugin(&document.name),
            begins,
            ends: begins.plus(document.takes.pick(dice.on(2))),
            verdict: Verdict::Success,
            code: 0,
            output: String::new(),
            errors: String::new(),
            cancelled: None,
        };
        if node.trouble == Trouble::Lost {
            // It stays pending until the time for delivery is over.
            told.verdict = Verdict::Undelivered;
            told.begins = from.plus(limit);
            told.ends = told.begins;
            told.code = -1;
            return told;
        }
        match document.name.as_str() {
            "AWS-RunPatchBaseline" => told.patch(document, given, node, dice),
            "AWS-RunShellScript" | "AWS-RunPowerShellScript" => told.script(document, given, node),
            _ => told.output = format!("{} has finished on {}\n", document.name, node.id),
        }
        if told.verdict == Verdict::Success && dice.on(3).happens(failing) {
            told.fail(1, &format!("{}: it did not go as it should", document.name));
        }
        told
    }

    fn fail(&mut self, code: i64, why: &str) {
        self.verdict = Verdict::Failed;
        self.code = code;
        self.errors = format!("{why}\nfailed to run commands: exit status {code}");
    }

    fn patch(&mut self, document: &Document, given: &Value, node: &Node, dice: Chance) {
        let operation = document.value(given, "Operation").unwrap_or("Scan");
        if operation == "Install" {
            self.ends = self.begins.plus(Duration::from_secs(
                dice.on(5).between(180, 900).unsigned_abs(),
            ));
        }
        self.output = format!(
            "{operation} of patches on {} of patch group {} ({} {}).\nRun-once patching has finished.\n",
            node.id, node.group, node.system.name, node.system.version
        );
        if node.trouble == Trouble::Failing && operation == "Install" {
            self.fail(156, "Some patches could not be installed.");
        }
    }

    /// The words of a script that have a meaning here: `echo`, `sleep`, `exit`.
    fn script(&mut self, document: &Document, given: &Value, node: &Node) {
        let lines = given.at("commands").texts();
        for line in lines.flat_map(str::lines).flat_map(|l| l.split([';', '&'])) {
            let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            match word {
                "echo" => {
                    self.output.push_str(rest.trim_matches(['"', '\'']));
                    self.output.push('\n');
                }
                "sleep" => {
                    let seconds = rest.trim().parse().unwrap_or(0.0_f64).clamp(0.0, 1e6);
                    self.ends = self.ends.plus(Duration::from_secs_f64(seconds));
                }
                "hostname" => self.output.push_str(&format!("{}\n", node.id)),
                "exit" => {
                    let code = rest.trim().parse().unwrap_or(0);
                    if code != 0 {
                        self.fail(code, "the script ended early");
                    }
                    break;
                }
                _ => {}
            }
        }
        let limit: u64 = document
            .value(given, "executionTimeout")
            .and_then(|t| t.parse().ok())
            .unwrap_or(3600);
        if self.ends > self.begins.plus(Duration::from_secs(limit)) {
            self.ends = self.begins.plus(Duration::from_secs(limit));
            self.verdict = Verdict::TimedOut;
            self.code = -1;
        }
    }

    /// Whether a machine that goes so counts as an error.
    fn is_bad(&self) -> bool {
        self.verdict != Verdict::Success
    }

    /// It is not sent any more.
    fn terminate(&mut self, at: Timestamp) {
        self.verdict = Verdict::Terminated;
        self.begins = at;
        self.ends = at;
        self.code = -1;
        self.output.clear();
        self.errors.clear();
    }

    /// How it stands.
    pub fn status(&self, now: Timestamp) -> Status {
        match self.cancelled {
            Some(at) if at < self.begins => return ("Cancelled", "Cancelled"),
            Some(at) if at < self.ends => {
                return if now < at.plus(CANCELS) {
                    ("Cancelling", "Cancelling")
                } else {
                    ("Cancelled", "Cancelled")
                };
            }
            _ => {}
        }
        if now < self.begins {
            return ("Pending", "Pending");
        }
        if now < self.ends {
            return ("InProgress", "InProgress");
        }
        match self.verdict {
            Verdict::Success => ("Success", "Success"),
            Verdict::Failed => ("Failed", "Failed"),
            Verdict::TimedOut => ("TimedOut", "ExecutionTimedOut"),
            Verdict::Undelivered => ("TimedOut", "DeliveryTimedOut"),
            Verdict::Terminated => ("Cancelled", "Terminated"),
        }
    }

    /// When it has ended well, by `now`.
    pub fn succeeded(&self, now: Timestamp) -> Option<Timestamp> {
        (self.status(now).0 == "Success").then_some(self.ends)
    }

    /// When it ends, unless somebody cancels it; nothing when it does not end well.
    pub fn will_succeed(&self) -> Option<Timestamp> {
        (self.verdict == Verdict::Success && self.cancelled.is_none()).then_some(self.ends)
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        DONE.contains(&self.status(now).0)
    }

    /// What it has written so far: everything at its end, nothing before.
    fn written(&self, now: Timestamp) -> (&str, &str) {
        match self.status(now).0 {
            "Success" | "Failed" | "TimedOut" => (&self.output, &self.errors),
            _ => ("", ""),
        }
    }

    fn code(&self, now: Timestamp) -> i64 {
        if self.has_ended(now) && self.cancelled.is_none() {
            self.code
        } else {
            -1
        }
    }
}

fn plugin(document: &str) -> &'static str {
    match document {
        "AWS-RunPatchBaseline" => "PatchLinux",
        "AWS-RunPowerShellScript" => "aws:runPowerShellScript",
        "AWS-UpdateSSMAgent" => "aws:updateSsmAgent",
        "AWS-ConfigureAWSPackage" => "aws:configurePackage",
        "AWS-RunRemoteScript" => "runShellScript",
        _ => "aws:runShellScript",
    }
}

/// How many of so many `10` or `25%` means.
pub fn share(text: Option<&str>, of: usize, usual: usize) -> usize {
    let Some(text) = text else { return usual };
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<usize>().unwrap_or(100) * of / 100,
        None => text.parse().unwrap_or(usual),
    }
}

/// Lets at most so many machines work at a time, and none begin after too many have failed. Says
/// whether that was so.
pub fn pace(invocations: &mut [Invocation], at_once: usize, errors: usize) -> bool {
    let mut free: Vec<Timestamp> = Vec::new();
    let mut gave_up = None::<Timestamp>;
    let mut bad: Vec<Timestamp> = Vec::new();
    for (n, one) in invocations.iter_mut().enumerate() {
        if n >= at_once.max(1) {
            // It begins when the first of those that work is done.
            free.sort_unstable();
            let slot = free.remove(0);
            let late = slot.since(one.begins);
            one.begins = one.begins.plus(late);
            one.ends = one.ends.plus(late);
        }
        bad.sort_unstable();
        let enough = bad.get(errors).copied();
        if let Some(at) = enough.filter(|at| *at <= one.begins && n > 0) {
            let at = *gave_up.get_or_insert(at);
            one.terminate(at);
        } else if one.is_bad() {
            bad.push(one.ends);
        }
        free.push(one.ends);
    }
    gave_up.is_some()
}

impl Command {
    /// Its status: that of all machines together.
    pub fn status(&self, now: Timestamp) -> Status {
        let all: Vec<Status> = self.invocations.iter().map(|i| i.status(now)).collect();
        let any = |wanted: &str| all.iter().any(|(status, _)| *status == wanted);
        if all.is_empty() {
            return ("Success", "NoInstancesInTag");
        }
        if any("Cancelling") {
            return ("Cancelling", "Cancelling");
        }
        if !all.iter().all(|(status, _)| DONE.contains(status)) {
            return if all.iter().all(|(status, _)| *status == "Pending") {
                ("Pending", "Pending")
            } else {
                ("InProgress", "InProgress")
            };
        }
        if self.gave_up {
            return ("Failed", "RateExceeded");
        }
        if any("Failed") {
            return ("Failed", "Failed");
        }
        if any("Cancelled") {
            return ("Cancelled", "Cancelled");
        }
        if let Some((status, detail)) = all.iter().find(|(status, _)| *status == "TimedOut") {
            return (*status, *detail);
        }
        ("Success", "Success")
    }

    /// As `ListCommands` and `SendCommand` answer it.
    pub fn describe(&self, now: Timestamp) -> Value {
        let count = |fits: fn(Status) -> bool| {
            self.invocations
                .iter()
                .filter(|i| fits(i.status(now)))
                .count()
        };
        let (status, detail) = self.status(now);
        let mut all = self.members.clone();
        for (name, value) in [
            ("CommandId", Value::from(&self.id)),
            ("DocumentName", Value::from(&self.document)),
            ("RequestedDateTime", self.sent.into()),
            ("ExpiresAfter", self.expires.into()),
            ("Status", status.into()),
            ("StatusDetails", detail.into()),
            ("TargetCount", self.invocations.len().into()),
            ("CompletedCount", count(|(s, _)| DONE.contains(&s)).into()),
            (
                "ErrorCount",
                count(|(s, d)| s == "Failed" || d == "ExecutionTimedOut").into(),
            ),
            (
                "DeliveryTimedOutCount",
                count(|(_, d)| d == "DeliveryTimedOut").into(),
            ),
        ] {
            all.set(name, value);
        }
        Value::Map(all)
    }

    /// The invocations that exist by now: none right after the command was sent.
    pub fn heard(&self, now: Timestamp) -> impl Iterator<Item = &Invocation> {
        let heard = now >= self.sent.plus(HEARD);
        self.invocations.iter().filter(move |_| heard)
    }

    /// As `ListCommandInvocations` answers it.
    pub fn list(&self, one: &Invocation, details: bool, now: Timestamp) -> Value {
        let (status, detail) = one.status(now);
        let (output, errors) = one.written(now);
        let whole = [output, errors].concat();
        let cut = |text: &str| text.chars().take(2500).collect::<String>();
        let began = (now >= one.begins).then_some(one.begins);
        let plugin = fields! {
            "Name" => one.plugin,
            "Status" => if status == "Cancelling" { "InProgress" } else { status },
            "StatusDetails" => detail,
            "ResponseCode" => one.code(now),
            "ResponseStartDateTime" => began,
            "ResponseFinishDateTime" => one.has_ended(now).then_some(one.ends),
            "Output" => cut(&whole),
            "StandardOutputUrl" => "",
            "StandardErrorUrl" => "",
        };
        fields! {
            "CommandId" => &self.id,
            "InstanceId" => &one.instance,
            "InstanceName" => "",
            "Comment" => self.members.get("Comment").cloned(),
            "DocumentName" => &self.document,
            "DocumentVersion" => "$DEFAULT",
            "RequestedDateTime" => self.sent,
            "Status" => status,
            "StatusDetails" => detail,
            "TraceOutput" => "",
            "StandardOutputUrl" => "",
            "StandardErrorUrl" => "",
            "CommandPlugins" => if details { vec![plugin] } else { Vec::new() },
        }
    }

    /// As `GetCommandInvocation` answers it.
    pub fn get(&self, one: &Invocation, now: Timestamp) -> Value {
        let (status, detail) = one.status(now);
        let (output, errors) = one.written(now);
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let (began, ended) = (now >= one.begins, one.has_ended(now));
        let time = |there: bool, at: Timestamp| if there { text::iso(at) } else { String::new() };
        fields! {
            "CommandId" => &self.id,
            "InstanceId" => &one.instance,
            "Comment" => self.members.get("Comment").cloned().unwrap_or_else(|| "".into()),
            "DocumentName" => &self.document,
            "DocumentVersion" => "$DEFAULT",
            "PluginName" => one.plugin,
            "ResponseCode" => one.code(now),
            "ExecutionStartDateTime" => time(began, one.begins),
            "ExecutionElapsedTime" => if ended { super::documents::elapsed(one.begins, one.ends) } else { String::new() },
            "ExecutionEndDateTime" => time(ended, one.ends),
            "Status" => status,
            "StatusDetails" => detail,
            "StandardOutputContent" => cut(output, 24_000),
            "StandardOutputUrl" => "",
            "StandardErrorContent" => cut(errors, 8_000),
            "StandardErrorUrl" => "",
        }
    }

    /// When it last installed, or merely scanned for, patches on a machine, by `now`.
    pub fn patched(&self, instance: &str, install: bool, now: Timestamp) -> Option<Timestamp> {
        if self.document != "AWS-RunPatchBaseline" {
            return None;
        }
        let given = self.members.get("Parameters")?;
        let is_install = given.at("Operation").texts().next() == Some("Install");
        if install != is_install {
            return None;
        }
        self.invocations
            .iter()
            .find(|i| i.instance == instance)?
            .succeeded(now)
    }
}

/// The commands of an account and region, oldest first.
#[derive(Debug, Default)]
pub struct Commands {
    /// Themselves.
    pub all: Vec<Command>,
    /// What they have planned for alarms, by command and machine.
    pub plans: BTreeMap<(String, String), Vec<u64>>,
}
