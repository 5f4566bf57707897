//! AWS Support: replies to cases and their end. A reply is read by people at AWS; it is sent once and never by itself.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{Fault, Scope};

use super::act::{Change, all_ok, not_ok};
use super::look::{Found, SKEW, WINDOW, ended, settle, unknown};
use super::mutations::{Mutation, REPLY_TO_CASE, RESOLVE_CASE};
use super::{DESCRIBE_CASES, DESCRIBE_COMMUNICATIONS};

/// The longest reply, in characters (API reference: AddCommunicationToCase).
pub const LONGEST: usize = 8_000;

/// Something written to AWS in a case. The service adds it each time that it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyToCase {
    /// The account that it is about.
    pub scope: Scope,
    /// The case's id (`case-…`).
    pub case: String,
    /// What is written, at most [`LONGEST`] characters.
    pub body: String,
}

impl Change for ReplyToCase {
    fn mutation(&self) -> &'static Mutation {
        &REPLY_TO_CASE
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        vec![Target::new(self.scope, &self.case)]
    }

    fn parameters(&self) -> Map<String, Value> {
        // The words stand in the journal: who told AWS what is what an auditor asks first.
        Map::from_iter([
            ("body".to_owned(), self.body.as_str().into()),
            // What a secret is taken out of can still be recognised in the case.
            ("digest".to_owned(), digest(&self.body).into()),
        ])
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .support(&REPLY_TO_CASE.op, |client, with| {
                client
                    .add_communication_to_case()
                    .case_id(&self.case)
                    .communication_body(&self.body)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// What a reply is recognised by.
fn digest(body: &str) -> String {
    let digest = Sha256::digest(body.trim().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A case that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveCase {
    /// The account that it is about.
    pub scope: Scope,
    /// The case's id (`case-…`).
    pub case: String,
}

impl Change for ResolveCase {
    fn mutation(&self) -> &'static Mutation {
        &RESOLVE_CASE
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        vec![Target::new(self.scope, &self.case)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .support(&RESOLVE_CASE.op, |client, with| {
                client
                    .resolve_case()
                    .case_id(&self.case)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// The status of a case; none where it is not known any more.
pub(super) async fn status(access: &Access, case: &str) -> Result<Option<String>, Fault> {
    let out = access
        .support(&DESCRIBE_CASES, |client, with| {
            client
                .describe_cases()
                .case_id_list(case)
                .include_resolved_cases(true)
                .include_communications(false)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let cases = out.cases.unwrap_or_default();
    Ok(cases.into_iter().next().and_then(|case| case.status))
}

/// What became of a case that was to be resolved.
pub(super) async fn look_resolved(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let Ok(status) = status(access, &target.id).await else {
        return Found::NotYet;
    };
    settle(open, &targets, |_| {
        let now = status.as_deref()?;
        Some((now == "resolved", format!("its status is {}", clean(now))))
    })
}

/// What became of a reply: whether one with the same words stands in the case since then.
pub(super) async fn look_replied(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let (from, to) = (open.at.minus(SKEW), open.at.plus(WINDOW));
    let answer = access
        .support(&DESCRIBE_COMMUNICATIONS, |client, with| {
            client
                .describe_communications()
                .case_id(&*target.id)
                .after_time(from.to_string())
                .max_results(100)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let wanted = open.parameter("digest");
    let since = out.communications().iter().filter(|said| {
        let at = said.time_created().and_then(Timestamp::parse);
        at.is_some_and(|at| from <= at && at <= to)
    });
    if since
        .clone()
        .any(|said| said.body().is_some_and(|body| digest(body) == wanted))
    {
        return ended(&targets, "");
    }
    // The service may have worded it otherwise; then nobody but a reader can tell.
    if since.count() > 0 {
        return unknown(
            &targets,
            "Something was written in the case since then; read it before you write again.",
        );
    }
    settle(open, &targets, |_| {
        Some((false, "nothing of the kind stands in the case".to_owned()))
    })
}
