//! Looking: what really became of an intent whose outcome nobody wrote down. Reads only; nothing is ever sent again.

use std::time::Duration;

use crate::audit::{Journal, Open, Receipt, Result, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::aws::fleet::Fleet;
use crate::domain::text::clean;

use super::mutations as m;
use super::{
    automation, backups, commands, guardduty, mutes, opsitems, securityhub, support, windows,
};

/// How far the clocks of this machine and of AWS may be apart; more is refused elsewhere.
pub const SKEW: Duration = Duration::from_secs(60);
/// How long after its intent a call may have arrived: an operation ends within half a minute.
pub const WINDOW: Duration = Duration::from_secs(300);
/// How long a change may take to be seen by those who read (Security Hub: minutes, Systems Manager: seconds).
pub const VISIBLE_AFTER: Duration = Duration::from_secs(300);

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// What became of every target.
    Ended(Vec<TargetOutcome>),
    /// It cannot be told yet: AWS did not answer, or a change could not be seen so soon.
    NotYet,
}

/// What became of the targets, where each can be asked for its present state: whether it is as wanted, and what it is.
///
/// A state that is not as wanted proves nothing while the change could still be on its way.
pub(super) fn settle(
    open: &Open,
    targets: &[Target],
    state: impl Fn(&Target) -> Option<(bool, String)>,
) -> Found {
    let states: Vec<_> = targets.iter().map(|t| (t, state(t))).collect();
    let is_early = open.seen.since(open.at) < VISIBLE_AFTER;
    let undone = states.iter().any(|(_, s)| !matches!(s, Some((true, _))));
    if is_early && undone {
        return Found::NotYet;
    }
    let outcome = |(target, state): (&Target, Option<(bool, String)>)| match state {
        Some((true, what)) => TargetOutcome::new(target.clone(), Result::Ok).saying(&what),
        Some((false, what)) => TargetOutcome::new(target.clone(), Result::Failed)
            .saying(&format!("It was not done: {what}.")),
        None => TargetOutcome::new(target.clone(), Result::Unknown)
            .saying("AWS no longer knows it, so nobody can tell."),
    };
    Found::Ended(states.into_iter().map(outcome).collect())
}

/// All targets are done, and this came into being.
pub(super) fn ended(targets: &[Target], created: &str) -> Found {
    let ok = |t: &Target| TargetOutcome::new(t.clone(), Result::Ok).creating(created);
    Found::Ended(targets.iter().map(ok).collect())
}

/// Nobody can tell, and nobody ever will.
pub(super) fn unknown(targets: &[Target], why: &str) -> Found {
    let one = |t: &Target| TargetOutcome::new(t.clone(), Result::Unknown).saying(why);
    Found::Ended(targets.iter().map(one).collect())
}

/// What became of an open intent, asked with this access.
pub async fn at(access: &Access, open: &Open) -> Found {
    let Some(mutation) = m::find(open.service_name(), open.operation_name()) else {
        return unknown(
            &open.targets(),
            "This version of noctop does not know the operation.",
        );
    };
    let is = |row: &m::Mutation| std::ptr::eq(mutation, row);
    // Boxed: each of these holds a whole call of the SDK.
    if is(&m::BATCH_UPDATE_FINDINGS) {
        Box::pin(securityhub::look(access, open)).await
    } else if is(&m::ARCHIVE_FINDINGS) || is(&m::UNARCHIVE_FINDINGS) {
        Box::pin(guardduty::look(access, open)).await
    } else if is(&m::UPDATE_OPS_ITEM) {
        Box::pin(opsitems::look_updated(access, open)).await
    } else if is(&m::CREATE_OPS_ITEM) {
        Box::pin(opsitems::look_created(access, open)).await
    } else if is(&m::PUT_ALARM_MUTE_RULE) {
        Box::pin(mutes::look_put(access, open)).await
    } else if is(&m::DELETE_ALARM_MUTE_RULE) {
        Box::pin(mutes::look_deleted(access, open)).await
    } else if is(&m::CANCEL_WINDOW_RUN) {
        Box::pin(windows::look(access, open)).await
    } else if is(&m::SEND_COMMAND) {
        Box::pin(commands::look_sent(access, open)).await
    } else if is(&m::CANCEL_COMMAND) {
        Box::pin(commands::look_cancelled(access, open)).await
    } else if is(&m::START_AUTOMATION) {
        Box::pin(automation::look_started(access, open)).await
    } else if is(&m::STOP_AUTOMATION) {
        Box::pin(automation::look_stopped(access, open)).await
    } else if is(&m::START_BACKUP_JOB) {
        Box::pin(backups::look_started(access, open)).await
    } else if is(&m::START_COPY_JOB) {
        Box::pin(backups::look_copied(access, open)).await
    } else if is(&m::STOP_BACKUP_JOB) {
        Box::pin(backups::look_stopped(access, open)).await
    } else if is(&m::REPLY_TO_CASE) {
        Box::pin(support::look_replied(access, open)).await
    } else if is(&m::RESOLVE_CASE) {
        Box::pin(support::look_resolved(access, open)).await
    } else {
        #[cfg(feature = "incidentmanager")]
        if is(&m::UPDATE_INCIDENT_RECORD) {
            return Box::pin(super::incidents::look_resolved(access, open)).await;
        } else if is(&m::CREATE_TIMELINE_EVENT) {
            return Box::pin(super::incidents::look_noted(access, open)).await;
        }
        #[cfg(feature = "config")]
        if is(&m::START_RULES_EVALUATION) {
            return Box::pin(super::config::look_evaluated(access, open)).await;
        } else if is(&m::START_REMEDIATION) {
            return Box::pin(super::config::look_remediated(access, open)).await;
        }
        // An answer to an execution leaves nothing behind that names it.
        unknown(
            &open.targets(),
            "AWS keeps no trace that would tell whether it arrived; look at the execution itself.",
        )
    }
}

/// What was found about one open intent, for the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The intent.
    pub open: Open,
    /// What became of it; `None`: it stays open, and why.
    pub receipt: std::result::Result<Receipt, String>,
}

/// Closes every intent that processes which are no more have left open, by what really happened. Called at the start
/// of a console, when the fleet is known.
pub async fn close(journal: &Journal, fleet: &Fleet) -> Vec<Closed> {
    let Ok(left) = journal.unfinished() else {
        return Vec::new();
    };
    let mut closed = Vec::new();
    for open in left {
        let Some(access) = open.scope().and_then(|scope| fleet.access(scope)) else {
            let why = format!(
                "{} {} is not part of this fleet, so nobody can be asked.",
                clean(open.record.text("account")),
                clean(open.record.text("region"))
            );
            closed.push(Closed {
                open,
                receipt: Err(why),
            });
            continue;
        };
        let receipt = match at(&access, &open).await {
            Found::Ended(outcomes) => {
                let mut receipt = Receipt::new(open.intent.clone(), outcomes);
                receipt.found_out = true;
                journal
                    .finish(&receipt)
                    .await
                    .map(|()| receipt)
                    .map_err(|why| why.0)
            }
            Found::NotYet => {
                Err("It cannot be told yet; noctop looks again at the next start.".to_owned())
            }
        };
        closed.push(Closed { open, receipt });
    }
    closed
}
