//! Making a change: intent, permit, call, receipt, in this order and in no other.
//!
//! ```text
//! Change ─ intent ─► Journal::begin ─ permit ─► Change::send ─ outcomes ─► Journal::finish
//!                                                  └ nobody can tell? ─► look, before anything is written down as unknown
//! ```

use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::audit::{
    Intent, Journal, Open, Permit, Receipt, Refused, Result, Target, TargetOutcome, Unwritten,
};
use crate::aws::access::Access;
use crate::aws::classify::Sign;
use crate::aws::guard::Trail;
use crate::domain::text::clean;
use crate::domain::{Fault, FaultKind, Roster};

use super::look::{self, Found};
use super::mutations::Mutation;

/// A change as plain data: what it is in the journal and how it is asked of AWS, so that the two cannot differ.
pub trait Change: Send + Sync {
    /// The operation.
    fn mutation(&self) -> &'static Mutation;

    /// What would be changed.
    fn targets(&self, access: &Access) -> Vec<Target>;

    /// With which parameters, for the journal.
    fn parameters(&self) -> Map<String, Value>;

    /// A token that is derived from what is done; without one every intent has its own.
    fn token(&self) -> Option<String> {
        None
    }

    /// Makes the calls, as many as the limits of the operation need, and says what became of every target of the
    /// permit. A target that was not reached because an earlier call failed is said to be so.
    fn send(
        &self,
        access: &Access,
        permit: Permit,
    ) -> impl Future<Output = Vec<TargetOutcome>> + Send;
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What became of every target.
    pub receipt: Receipt,
    /// The receipt is not in the journal, and why.
    pub unwritten: Option<Unwritten>,
}

/// The intent of a change: what the operator did (a command's or runbook's name) and the item that it is about.
pub fn intent<C: Change>(change: &C, access: &Access, verb: &str, item: &str) -> Intent {
    let mut intent = Intent::new(change.mutation().op.operation(), access.scope(), verb)
        .on(change.targets(access))
        .about(item);
    intent.identity = access.acts_as();
    intent.parameters = change.parameters();
    match change.token() {
        Some(token) => intent.with_token(&token),
        None => intent,
    }
}

/// Makes a change: writes the intent down, makes the calls, writes down what became of it.
///
/// # Errors
/// Read-only, or no journal; nothing was sent, and the refusal is in the journal if there is one.
pub async fn perform<C: Change>(
    journal: &Journal,
    roster: &Roster,
    access: &Access,
    verb: &str,
    item: &str,
    change: &C,
) -> std::result::Result<Done, Refused> {
    let intent = intent(change, access, verb, item);
    let described = intent.clone();
    let began = journal.now();
    let permit = journal.begin(intent, roster).await?;
    let id = permit.intent();
    let operator = permit.operator();
    let mut outcomes = change.send(access, permit).await;
    if outcomes.iter().any(|o| o.result == Result::Unknown) {
        let open = Open::of(&described, Arc::clone(&id), &operator, began, journal.now());
        if let Found::Ended(found) = look::at(access, &open).await {
            for outcome in outcomes.iter_mut().filter(|o| o.result == Result::Unknown) {
                if let Some(known) = found.iter().find(|f| f.target == outcome.target) {
                    *outcome = known.clone();
                }
            }
        }
    }
    let mut receipt = Receipt::new(id, outcomes);
    receipt.identity = described.identity;
    let unwritten = journal.finish(&receipt).await.err();
    Ok(Done { receipt, unwritten })
}

/// The same result for all targets of a call that was answered.
pub(super) fn all_ok(acting: &Access, targets: &[Target], created: &str) -> Vec<TargetOutcome> {
    let request_id = acting.trail().request_id;
    targets
        .iter()
        .map(|target| TargetOutcome {
            request_id: request_id.clone(),
            ..TargetOutcome::new(target.clone(), Result::Ok).creating(&clean(created))
        })
        .collect()
}

/// What became of the targets of a call that was not answered as hoped.
pub(super) fn not_ok(acting: &Access, targets: &[Target], fault: &Fault) -> Vec<TargetOutcome> {
    let trail = acting.trail();
    let result = judge(&trail, fault);
    let said = match result {
        Result::Unknown => {
            format!("{fault} Nobody can tell whether it was done; it is not sent again.")
        }
        _ => fault.to_string(),
    };
    targets
        .iter()
        .map(|target| TargetOutcome {
            request_id: trail.request_id.clone(),
            ..TargetOutcome::new(target.clone(), result).saying(&said)
        })
        .collect()
}

/// Targets that were left alone, because what came before them failed.
pub(super) fn left_alone(targets: &[Target], why: &str) -> Vec<TargetOutcome> {
    targets
        .iter()
        .map(|target| TargetOutcome::new(target.clone(), Result::Failed).saying(why))
        .collect()
}

/// Whether a call that failed may have been carried out all the same.
fn judge(trail: &Trail, fault: &Fault) -> Result {
    let refused = || {
        if fault.kind == FaultKind::Denied {
            Result::Refused
        } else {
            Result::Failed
        }
    };
    if trail.attempts == 0 {
        return refused();
    }
    // Attempts that no clear answer came to; of the last one the sign tells more.
    let open = trail.attempts.saturating_sub(trail.answers);
    let last_is_clear = match &trail.sign {
        Some(Sign::Answer { status, .. }) => *status < 500,
        Some(
            Sign::NoName(_) | Sign::Tls(_) | Sign::Proxy(_) | Sign::Refused(_) | Sign::Unbuilt(_),
        ) => true,
        Some(Sign::Connection(why)) => why.to_ascii_lowercase().contains("connection refused"),
        Some(Sign::Unreadable { status, .. }) => (400..500).contains(status),
        Some(Sign::Timeout) | None => false,
    };
    let last_was_answered = matches!(
        &trail.sign,
        Some(Sign::Answer { status, .. } | Sign::Unreadable { status, .. }) if *status < 500
    );
    let open_before = open.saturating_sub(u32::from(!last_was_answered));
    if last_is_clear && open_before == 0 {
        refused()
    } else {
        Result::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn fault(kind: FaultKind) -> Fault {
        Fault {
            kind,
            message: Arc::from("m"),
            advice: Arc::from(""),
            code: None,
        }
    }

    fn answer(status: u16) -> Option<Sign> {
        Some(Sign::Answer {
            code: "X".into(),
            message: String::new(),
            status,
        })
    }

    #[test]
    fn only_a_clear_answer_to_every_attempt_means_that_nothing_was_done() {
        let service = fault(FaultKind::Service);
        let of = |attempts, answers, sign| {
            judge(
                &Trail {
                    attempts,
                    answers,
                    sign,
                    ..Trail::default()
                },
                &service,
            )
        };
        assert_eq!(of(0, 0, None), Result::Failed);
        assert_eq!(of(1, 1, answer(400)), Result::Failed);
        assert_eq!(of(1, 0, answer(503)), Result::Unknown);
        assert_eq!(of(1, 0, Some(Sign::Timeout)), Result::Unknown);
        assert_eq!(
            of(1, 0, Some(Sign::Connection("reset by peer".into()))),
            Result::Unknown
        );
        assert_eq!(
            of(
                1,
                0,
                Some(Sign::Connection("tcp: Connection refused (111)".into()))
            ),
            Result::Failed
        );
        assert_eq!(of(1, 0, Some(Sign::NoName("x".into()))), Result::Failed);
        // The first attempt was lost on the way; that the second was refused says nothing of the first.
        assert_eq!(of(2, 1, answer(400)), Result::Unknown);
        assert_eq!(of(2, 2, answer(400)), Result::Failed);
        assert_eq!(of(2, 0, Some(Sign::NoName("x".into()))), Result::Unknown);
    }

    #[test]
    fn a_denial_is_a_refusal() {
        let trail = Trail {
            attempts: 1,
            answers: 1,
            sign: answer(403),
            ..Trail::default()
        };
        assert_eq!(judge(&trail, &fault(FaultKind::Denied)), Result::Refused);
        assert_eq!(
            judge(&Trail::default(), &fault(FaultKind::Denied)),
            Result::Refused
        );
    }
}
