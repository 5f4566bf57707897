//! Security Hub: findings to another workflow status, with a note.

use std::collections::HashMap;

use aws_sdk_securityhub::types::{
    AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, NoteUpdate, StringFilter,
    StringFilterComparison, WorkflowStatus, WorkflowUpdate,
};
use serde_json::{Map, Value};

use crate::audit::{Open, Permit, Result, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::domain::text::clean;
use crate::domain::{Fault, Scope};

use super::GET_FINDINGS;
use super::act::{Change, all_ok, not_ok};
use super::look::{Found, settle};
use super::mutations::{BATCH_UPDATE_FINDINGS, Mutation};

/// The longest note that Security Hub takes, in characters (API reference: NoteUpdate).
const NOTE_MAX: usize = 512;
/// Most findings that one question may name (API reference: 20 values per filter).
const ASKED_TOGETHER: usize = 20;

/// The status in which work on a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Workflow {
    /// Nobody has looked.
    New,
    /// Its owner has been told: what an acknowledgement is here.
    Notified,
    /// It has been mended.
    Resolved,
    /// It will not be looked at.
    Suppressed,
}

impl Workflow {
    /// As the service writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Notified => "NOTIFIED",
            Self::Resolved => "RESOLVED",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

/// A finding by the two names that the service asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingName {
    /// The account and region that it is about.
    pub scope: Scope,
    /// Its id, in ASFF an ARN.
    pub id: String,
    /// The ARN of the product that reported it.
    pub product: String,
}

/// Findings to this status. The change may take minutes to be seen, and does not move `UpdatedAt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateFindings {
    /// The findings, all known where the call is made.
    pub findings: Vec<FindingName>,
    /// The status.
    pub workflow: Workflow,
    /// A note for colleagues; empty for none.
    pub note: String,
}

impl Change for UpdateFindings {
    fn mutation(&self) -> &'static Mutation {
        &BATCH_UPDATE_FINDINGS
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        let target = |f: &FindingName| Target::new(f.scope, &f.id);
        self.findings.iter().map(target).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("workflow".to_owned(), self.workflow.word().into());
        if !self.note.is_empty() {
            map.insert("note".to_owned(), self.note.as_str().into());
        }
        map
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let products: HashMap<&str, &str> = self
            .findings
            .iter()
            .map(|f| (f.id.as_str(), f.product.as_str()))
            .collect();
        let operator = permit.operator();
        let note = (!self.note.is_empty()).then(|| {
            let text = self.note.chars().take(NOTE_MAX).collect::<String>();
            NoteUpdate::builder()
                .text(text)
                .updated_by(format!("{operator} (noctop)"))
                .build()
        });
        let mut outcomes = Vec::new();
        for part in permit.split(BATCH_UPDATE_FINDINGS.most) {
            let targets = part.targets().to_vec();
            let names: Vec<_> = targets
                .iter()
                .map(|target| {
                    let product = products.get(&*target.id).copied().unwrap_or_default();
                    AwsSecurityFindingIdentifier::builder()
                        .id(&*target.id)
                        .product_arn(product)
                        .build()
                })
                .collect();
            let acting = access.permitted(part);
            let answer = acting
                .securityhub(&BATCH_UPDATE_FINDINGS.op, |client, with| {
                    let status = WorkflowStatus::from(self.workflow.word());
                    client
                        .batch_update_findings()
                        .set_finding_identifiers(Some(names))
                        .workflow(WorkflowUpdate::builder().status(status).build())
                        .set_note(note.clone())
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await;
            match answer {
                // Answered with 200 does not mean done.
                Ok(out) => {
                    let mut done = all_ok(&acting, &targets, "");
                    for left in out.unprocessed_findings() {
                        let id = left.finding_identifier().and_then(|f| f.id());
                        let found = done.iter_mut().find(|o| Some(&*o.target.id) == id);
                        if let Some(outcome) = found {
                            outcome.result = Result::Failed;
                            outcome.said = format!(
                                "Security Hub left the finding as it was: {} {}",
                                clean(left.error_code().unwrap_or_default()),
                                clean(left.error_message().unwrap_or_default()),
                            );
                        }
                    }
                    outcomes.extend(done);
                }
                Err(fault) => outcomes.extend(not_ok(&acting, &targets, &fault)),
            }
        }
        outcomes
    }
}

/// The workflow status of findings, by id; those that the service does not know are absent.
///
/// # Errors
/// They cannot be read.
pub(super) async fn statuses(
    access: &Access,
    ids: &[&str],
) -> std::result::Result<HashMap<String, String>, Fault> {
    let mut status: HashMap<String, String> = HashMap::new();
    for some in ids.chunks(ASKED_TOGETHER) {
        let ids = some.iter().map(|id| {
            StringFilter::builder()
                .value(*id)
                .comparison(StringFilterComparison::Equals)
                .build()
        });
        let filters = AwsSecurityFindingFilters::builder()
            .set_id(Some(ids.collect()))
            .build();
        let out = access
            .securityhub(&GET_FINDINGS, |client, with| {
                client
                    .get_findings()
                    .filters(filters)
                    .max_results(100)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        for finding in out.findings() {
            let now = finding.workflow().and_then(|w| w.status());
            if let (Some(id), Some(now)) = (finding.id(), now) {
                status.insert(id.to_owned(), clean(now.as_str()).into_owned());
            }
        }
    }
    Ok(status)
}

/// What became of findings: each is asked for its status.
pub(super) async fn look(access: &Access, open: &Open) -> Found {
    let wanted = open.parameter("workflow");
    let targets = open.targets();
    let ids: Vec<&str> = targets.iter().map(|target| &*target.id).collect();
    let Ok(status) = statuses(access, &ids).await else {
        return Found::NotYet;
    };
    settle(open, &targets, |target| {
        let now = status.get(&*target.id)?;
        Some((now == wanted, format!("its status is {now}")))
    })
}
