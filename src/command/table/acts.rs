//! What is taken, handed over and done in AWS.

use crate::command::Section::{Act, Triage};
use crate::command::When::{Aimed, Always, Asked};
use crate::command::{Command, Risk, change, handover, runbook, triage};

use super::{look, offer, write};

pub(super) const ROWS: &[Command] = &[
    write(
        "triage.acknowledge",
        "acknowledge",
        Aimed,
        triage::acknowledge,
        "Take this row at once; marked rows through a dialog. It stays visible, with your name and an end.",
    ),
    write(
        "triage.edit",
        "acknowledge with…",
        Aimed,
        triage::edit,
        "Acknowledge with an end, a note and a ticket, or change those of an acknowledged row.",
    ),
    write(
        "triage.release",
        "un-acknowledge",
        Aimed,
        triage::release,
        "Give this row back, or show a snoozed one again.",
    ),
    write(
        "triage.snooze",
        "snooze",
        Aimed,
        triage::snooze,
        "Hide this row in the ledger until a time; it comes back by itself, or when it gets worse.",
    ),
    write(
        "triage.take-over",
        "take over",
        Aimed,
        triage::take_over,
        "Take a row that a colleague has.",
    ),
    write(
        "triage.assign",
        "assign",
        Aimed,
        triage::assign,
        "Say whose work this row is; an empty name takes that back.",
    ),
    write(
        "triage.comment",
        "comment",
        Aimed,
        triage::comment,
        "Write a remark that colleagues read in the details.",
    ),
    look(
        "triage.acks",
        "acks",
        Triage,
        Always,
        triage::acks,
        "Show what somebody has acknowledged or snoozed in the Queue, longest ago first.",
    ),
    write(
        "triage.undo",
        "undo",
        Always,
        triage::undo,
        "Take back your last act, unless a colleague has changed the row since.",
    ),
    Command {
        name: "action.menu",
        title: "do in AWS…",
        help: "Choose from what AWS can be asked to do about this row or the marked ones; of a run: approve, reject, stop.",
        section: Act,
        when: Asked,
        // It only opens a list, but what is chosen there is meant for this row.
        risk: Risk::Take,
        run: change::menu,
    },
    Command {
        name: "runbook.choose",
        title: "runbooks",
        help: "Choose a runbook for this row, or for the marked ones; those that fit come first, and nothing starts unseen.",
        section: Act,
        when: Aimed,
        risk: Risk::Take,
        run: runbook::menu,
    },
    offer(
        "alarm.mute",
        "mute notifications",
        "Make a CloudWatch mute rule with an end: nobody is notified, the alarm stays red and in its place.",
    ),
    offer(
        "mute.extend",
        "mute for longer",
        "Make a further mute rule for the same alarms, which ends later by the span that you give.",
    ),
    offer(
        "mute.cancel",
        "cancel mute",
        "Take the mute rule away before its time: its alarms notify again.",
    ),
    offer(
        "finding.notify",
        "set to NOTIFIED",
        "Tell Security Hub that somebody works on the finding, with a note.",
    ),
    offer(
        "finding.resolve",
        "resolve finding",
        "Set the finding to RESOLVED in Security Hub; it comes back when its control fails again.",
    ),
    offer(
        "finding.suppress",
        "suppress finding",
        "Set the finding to SUPPRESSED in Security Hub; it stays so until somebody reopens it.",
    ),
    offer(
        "finding.reopen",
        "set to NEW",
        "Set the finding back to NEW in Security Hub.",
    ),
    offer(
        "finding.archive",
        "archive finding",
        "Archive the finding in GuardDuty, which only the administrator's account may.",
    ),
    offer(
        "incident.open",
        "open OpsItem",
        "Open an OpsItem about this item; a second one of the same episode is not made.",
    ),
    offer(
        "incident.start",
        "set in progress",
        "Set the OpsItem to InProgress, with your name.",
    ),
    offer(
        "incident.resolve",
        "resolve OpsItem",
        "Set the OpsItem to Resolved.",
    ),
    offer(
        "incident.reopen",
        "reopen OpsItem",
        "Set the OpsItem back to Open.",
    ),
    offer(
        "case.reply",
        "reply to AWS",
        "Write to AWS in this support case: people at AWS read it, and it cannot be taken back.",
    ),
    offer(
        "case.resolve",
        "resolve case",
        "Set the support case to resolved: AWS stops working on it.",
    ),
    #[cfg(feature = "incidentmanager")]
    offer(
        "record.note",
        "note in timeline",
        "Write a note into the timeline of this incident of Incident Manager, where everybody who responds reads it.",
    ),
    #[cfg(feature = "incidentmanager")]
    offer(
        "record.resolve",
        "resolve incident",
        "Set the incident of Incident Manager to resolved: its engagements and escalations end.",
    ),
    #[cfg(feature = "config")]
    offer(
        "rule.evaluate",
        "evaluate rule",
        "Ask AWS Config to look again at what this rule checks; at most once a minute.",
    ),
    #[cfg(feature = "config")]
    offer(
        "rule.remediate",
        "put resources right",
        "Run the document that the rule has for it on every resource that breaks it, at most 100.",
    ),
    offer(
        "window.cancel",
        "cancel window run",
        "Break off the run of the maintenance window: what has begun ends, nothing new begins.",
    ),
    offer(
        "patch.scan",
        "scan for patches",
        "Run AWS-RunPatchBaseline with Scan on the instance, or on the known instances of the group.",
    ),
    offer(
        "patch.install",
        "install patches",
        "Run AWS-RunPatchBaseline with Install, a tenth of the instances at a time, ending after one failure.",
    ),
    offer(
        "patch.back-up",
        "back up first",
        "Back the instance up before it is patched, to the vault and under the role that its account last used.",
    ),
    offer(
        "backup.retry",
        "try again",
        "Try the failed backup or copy again with exactly what it had; two operators make one job.",
    ),
    offer(
        "backup.start",
        "back up now",
        "Back the resource up outside its plan.",
    ),
    offer(
        "backup.stop",
        "stop backup",
        "Stop the backup job; not every kind of resource supports it.",
    ),
    Command {
        name: "change.cancel",
        title: "cancel changes",
        help: "Leave what has not been sent yet of the changes that are under way.",
        section: Act,
        when: Always,
        risk: Risk::Look,
        run: change::cancel,
    },
    look(
        "handover.show",
        "handover",
        Triage,
        Always,
        handover::show,
        "Write the handover of this shift, or of the time that follows (8h): what came, what is open and with whom, what was done.",
    ),
];
