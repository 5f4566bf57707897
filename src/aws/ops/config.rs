//! AWS Config: evaluating rules anew, and putting right what breaks them.

use aws_sdk_config::types::{ComplianceType, ResourceKey};
use serde_json::{Map, Value};

use crate::audit::{Open, Permit, Result, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::moment::moment;
use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::domain::{Fault, FaultKind, Scope};

use super::act::{Change, all_ok, left_alone, not_ok};
use super::look::{Found, SKEW, ended, settle};
use super::mutations::{Mutation, START_REMEDIATION, START_RULES_EVALUATION};
use super::{
    DESCRIBE_REMEDIATION_RUNS, DESCRIBE_REMEDIATIONS, DESCRIBE_RULE_STATUS, GET_RULE_RESOURCES,
};

/// Rules that are to look again. A second time leaves everything as the first left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluateRules {
    /// Where the rules are.
    pub scope: Scope,
    /// Their names.
    pub rules: Vec<String>,
}

impl Change for EvaluateRules {
    fn mutation(&self) -> &'static Mutation {
        &START_RULES_EVALUATION
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        let targets = self.rules.iter();
        targets.map(|rule| Target::new(self.scope, rule)).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let mut outcomes: Vec<TargetOutcome> = Vec::new();
        for part in permit.split(START_RULES_EVALUATION.most) {
            let targets = part.targets().to_vec();
            let names = targets.iter().map(|target| target.id.to_string()).collect();
            let acting = access.permitted(part);
            let answer = acting
                .config(&START_RULES_EVALUATION.op, |client, with| {
                    client
                        .start_config_rules_evaluation()
                        .set_config_rule_names(Some(names))
                        .customize()
                        .config_override(with)
                        .send()
                })
                .await;
            outcomes.extend(match answer {
                Ok(_) => all_ok(&acting, &targets, ""),
                Err(fault) => not_ok(&acting, &targets, &told(fault)),
            });
        }
        outcomes
    }
}

/// What AWS says of a rule that is still at it, in words that help.
fn told(fault: Fault) -> Fault {
    match fault.code.as_deref() {
        Some("LimitExceededException" | "ResourceInUseException") => make(
            FaultKind::Service,
            fault.code.as_deref(),
            "AWS Config evaluates this rule already, or did so a moment ago.".to_owned(),
            "Wait a minute and look at its result; ask again then.",
        ),
        _ => fault,
    }
}

/// Resources that are put right with the document that the rule has for it. Each time runs the document anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemediateRule {
    /// Where the rule is.
    pub scope: Scope,
    /// Its name.
    pub rule: String,
    /// The document that runs.
    pub document: String,
    /// Type and id of every resource.
    pub resources: Vec<(String, String)>,
}

/// The most resources of one order (from the model).
pub const RESOURCES: usize = 100;

impl Change for RemediateRule {
    fn mutation(&self) -> &'static Mutation {
        &START_REMEDIATION
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        let ids = self.resources.iter();
        ids.map(|(_, id)| Target::new(self.scope, id)).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let kinds: Vec<&str> = self
            .resources
            .iter()
            .map(|(kind, _)| kind.as_str())
            .collect();
        Map::from_iter([
            ("rule".to_owned(), self.rule.as_str().into()),
            ("document".to_owned(), self.document.as_str().into()),
            ("types".to_owned(), kinds.into()),
        ])
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let keys = match keys(&self.resources) {
            Ok(keys) => keys,
            Err(why) => return left_alone(&targets, &why),
        };
        let answer = acting
            .config(&START_REMEDIATION.op, |client, with| {
                client
                    .start_remediation_execution()
                    .config_rule_name(&self.rule)
                    .set_resource_keys(Some(keys))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(out) => {
                let mut outcomes = all_ok(&acting, &targets, "");
                // The call succeeds, and names what it did not begin with.
                let failed: Vec<&str> = out
                    .failed_items()
                    .iter()
                    .map(ResourceKey::resource_id)
                    .collect();
                let why =
                    clean(out.failure_message().unwrap_or("AWS did not say why")).into_owned();
                for outcome in &mut outcomes {
                    if failed.contains(&&*outcome.target.id) {
                        *outcome =
                            TargetOutcome::new(outcome.target.clone(), Result::Failed).saying(&why);
                    }
                }
                outcomes
            }
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

fn keys(resources: &[(String, String)]) -> std::result::Result<Vec<ResourceKey>, String> {
    let all = resources.iter().map(|(kind, id)| {
        let key = ResourceKey::builder().resource_type(kind.as_str().into());
        key.resource_id(id).build().map_err(|why| why.to_string())
    });
    all.collect()
}

/// Reads what breaks a rule and what puts it right.
///
/// # Errors
/// It cannot be read, nothing breaks the rule, or it has no document.
pub(super) async fn remedy(
    access: &Access,
    rule: &str,
) -> std::result::Result<RemediateRule, Fault> {
    let document = document(access, rule).await?.ok_or_else(|| {
        make(
            FaultKind::Service,
            None,
            format!(
                "The rule {} in {} has no remediation.",
                clean(rule),
                access.place()
            ),
            "Set one up in AWS Config, or put the resources right by hand.",
        )
    })?;
    let out = access
        .config(&GET_RULE_RESOURCES, |client, with| {
            client
                .get_compliance_details_by_config_rule()
                .config_rule_name(rule)
                .compliance_types(ComplianceType::NonCompliant)
                .limit(i32::try_from(RESOURCES).unwrap_or(100))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let resources: Vec<(String, String)> = out
        .evaluation_results()
        .iter()
        .filter_map(|result| {
            let of = result
                .evaluation_result_identifier()?
                .evaluation_result_qualifier()?;
            Some((of.resource_type()?.to_owned(), of.resource_id()?.to_owned()))
        })
        .collect();
    if resources.is_empty() {
        return Err(make(
            FaultKind::Service,
            None,
            format!(
                "Nothing breaks the rule {} in {} any more.",
                clean(rule),
                access.place()
            ),
            "Refresh the list.",
        ));
    }
    Ok(RemediateRule {
        scope: access.scope(),
        rule: rule.to_owned(),
        document,
        resources,
    })
}

/// The document that puts a rule's resources right, if there is one.
pub async fn document(access: &Access, rule: &str) -> std::result::Result<Option<String>, Fault> {
    let out = access
        .config(&DESCRIBE_REMEDIATIONS, |client, with| {
            client
                .describe_remediation_configurations()
                .config_rule_names(rule)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let found = out.remediation_configurations().first();
    Ok(found.map(|remediation| remediation.target_id().to_owned()))
}

/// What became of rules that were to look again: whether they did since then.
pub(super) async fn look_evaluated(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let names: Vec<String> = targets.iter().map(|target| target.id.to_string()).collect();
    let mut looked: Vec<(String, Option<Timestamp>)> = Vec::new();
    for batch in names.chunks(START_RULES_EVALUATION.most) {
        let answer = access
            .config(&DESCRIBE_RULE_STATUS, |client, with| {
                client
                    .describe_config_rule_evaluation_status()
                    .set_config_rule_names(Some(batch.to_vec()))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        let Ok(out) = answer else {
            return Found::NotYet;
        };
        looked.extend(out.config_rules_evaluation_status().iter().filter_map(|s| {
            let last = [
                s.last_successful_invocation_time(),
                s.last_failed_invocation_time(),
            ];
            let last = last.into_iter().filter_map(|at| moment(at)).max();
            Some((s.config_rule_name()?.to_owned(), last))
        }));
    }
    settle(open, &targets, |target| {
        let (_, last) = looked.iter().find(|(name, _)| **name == *target.id)?;
        let since = open.at.minus(SKEW);
        let said = match last {
            Some(at) => format!("it looked last at {at}"),
            None => "it never looked".to_owned(),
        };
        Some((last.is_some_and(|at| at >= since), said))
    })
}

/// What became of resources that were to be put right: whether the document was started for them since then.
pub(super) async fn look_remediated(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let rule = open.parameter("rule");
    let answer = access
        .config(&DESCRIBE_REMEDIATION_RUNS, |client, with| {
            client
                .describe_remediation_execution_status()
                .config_rule_name(rule)
                .limit(100)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let since = open.at.minus(SKEW);
    let started = |id: &str| {
        out.remediation_execution_statuses().iter().any(|run| {
            let is_it = run
                .resource_key()
                .is_some_and(|key| key.resource_id() == id);
            is_it && moment(run.invocation_time()).is_some_and(|at| at >= since)
        })
    };
    if targets.iter().all(|target| started(&target.id)) {
        return ended(&targets, "");
    }
    settle(open, &targets, |target| {
        Some((
            started(&target.id),
            "its document was not started since then".to_owned(),
        ))
    })
}
