//! GuardDuty: findings closed and opened again. Only the administrator's account may.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::domain::{Fault, FaultKind, Scope};

use super::act::{Change, all_ok, left_alone, not_ok};
use super::look::{Found, settle};
use super::mutations::{ARCHIVE_FINDINGS, Mutation, UNARCHIVE_FINDINGS};
use super::{GET_GUARDDUTY_FINDINGS, LIST_DETECTORS};

/// Which way findings go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Into the archive.
    Archive,
    /// Out of it.
    Unarchive,
}

/// Findings into or out of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveFindings {
    /// The findings' ids, each with the account and region that it is about.
    pub findings: Vec<(Scope, String)>,
    /// Which way.
    pub way: Way,
}

impl Change for ArchiveFindings {
    fn mutation(&self) -> &'static Mutation {
        match self.way {
            Way::Archive => &ARCHIVE_FINDINGS,
            Way::Unarchive => &UNARCHIVE_FINDINGS,
        }
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        let target = |(scope, id): &(Scope, String)| Target::new(*scope, id);
        self.findings.iter().map(target).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let detector = match detector(access).await {
            Ok(detector) => detector,
            Err(fault) => return left_alone(permit.targets(), &fault.to_string()),
        };
        let mut outcomes = Vec::new();
        for part in permit.split(self.mutation().most) {
            let targets = part.targets().to_vec();
            let ids: Vec<String> = targets.iter().map(|t| t.id.to_string()).collect();
            let acting = access.permitted(part);
            let op = &self.mutation().op;
            let answer = match self.way {
                Way::Archive => acting
                    .guardduty(op, |client, with| {
                        client
                            .archive_findings()
                            .detector_id(&detector)
                            .set_finding_ids(Some(ids))
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await
                    .map(|_| ()),
                Way::Unarchive => acting
                    .guardduty(op, |client, with| {
                        client
                            .unarchive_findings()
                            .detector_id(&detector)
                            .set_finding_ids(Some(ids))
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await
                    .map(|_| ()),
            };
            outcomes.extend(match answer {
                Ok(()) => all_ok(&acting, &targets, ""),
                Err(fault) => not_ok(&acting, &targets, &fault),
            });
        }
        outcomes
    }
}

/// The detector of this account and region: there is one at most.
async fn detector(access: &Access) -> Result<String, Fault> {
    let out = access
        .guardduty(&LIST_DETECTORS, |client, with| {
            client
                .list_detectors()
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    out.detector_ids().first().cloned().ok_or_else(|| Fault {
        kind: FaultKind::Disabled,
        message: format!("GuardDuty is not enabled in {}.", access.place()).into(),
        advice: "".into(),
        code: None,
    })
}

/// What became of findings: each is asked whether it is archived.
pub(super) async fn look(access: &Access, open: &Open) -> Found {
    let wanted = open.operation_name() == ARCHIVE_FINDINGS.op.name;
    let Ok(detector) = detector(access).await else {
        return Found::NotYet;
    };
    let targets = open.targets();
    let mut archived: HashMap<String, bool> = HashMap::new();
    for some in targets.chunks(ARCHIVE_FINDINGS.most) {
        let ids: Vec<String> = some.iter().map(|t| t.id.to_string()).collect();
        let answer = access
            .guardduty(&GET_GUARDDUTY_FINDINGS, |client, with| {
                client
                    .get_findings()
                    .detector_id(&detector)
                    .set_finding_ids(Some(ids))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        let Ok(out) = answer else {
            return Found::NotYet;
        };
        for finding in out.findings() {
            let is = finding.service().and_then(|s| s.archived());
            if let (Some(id), Some(is)) = (finding.id(), is) {
                archived.insert(id.to_owned(), is);
            }
        }
    }
    settle(open, &targets, |target| {
        let is = *archived.get(&*target.id)?;
        let state = if is {
            "it is archived"
        } else {
            "it is not archived"
        };
        Some((is == wanted, state.to_owned()))
    })
}
