//! AWS Config: rules that resources break, and recorders that stand still.
//!
//! ```text
//! recorder       DescribeConfigurationRecorderStatus of one scope
//! organization   the aggregator of the organization, wherever it stands: the rules of all its scopes
//! rules          DescribeComplianceByConfigRule of one scope; says nothing where the aggregator speaks for the scope
//! ```
//!
//! **The aggregator** is looked for in every region of the organization's account, because nothing tells where it is. It speaks for
//! exactly those scopes of which it says that its data is current; of the others, which it does not gather from or whose data is
//! old, everybody is asked for themselves. The list of rules tells no resource and no time; both are read when somebody looks.
//!
//! A rule that Security Hub made for one of its controls is calm: each of its resources is a finding there, and that asks.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_config::types::{
    AggregatedSourceStatusType, Compliance, ComplianceType, ConfigRuleComplianceFilters,
    ConfigurationRecorderStatus, RecorderStatus,
};
use serde_json::Value;

use crate::aws::classify::make;
use crate::aws::moment::moment;
use crate::aws::ops::{
    DESCRIBE_AGGREGATE_COMPLIANCE, DESCRIBE_AGGREGATOR_SOURCES, DESCRIBE_AGGREGATORS,
    DESCRIBE_COMPLIANCE_BY_RULE, DESCRIBE_CONFIG_RULES, DESCRIBE_RECORDERS,
};
use crate::aws::pages::gather;
use crate::clock::Timestamp;
use crate::domain::compliance::{ComplianceDetail, RecorderDetail, RuleDetail, is_of_security_hub};
use crate::domain::text::clean_arc;
use crate::domain::{
    Detail, Fault, FaultKind, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice,
    SourceId,
};

use super::spoken::{self, NotOurs, Spoken};
use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source, intern};

/// Recorders.
pub const RECORDER: Slice = Slice("recorder");
/// The rules of the whole organization, from its aggregator.
pub const ORGANIZATION: Slice = Slice("organization");
/// The rules of one scope.
pub const RULES: Slice = Slice("rules");

/// How often rules are asked for: an aggregator lags by minutes itself.
const EVERY: Duration = Duration::from_secs(300);
/// How long the aggregator's answer speaks for a scope: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(750);

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Config,
    kinds: &[Kind::Compliance],
    slices: &[
        SliceSpec {
            slice: RECORDER,
            every: Duration::from_secs(600),
            part: Part::Snapshot,
            reach: Reach::Scope,
            plane: Plane::Regional,
        },
        SliceSpec {
            slice: ORGANIZATION,
            every: EVERY,
            part: Part::Snapshot,
            reach: Reach::Organization,
            plane: Plane::Home,
        },
        SliceSpec {
            slice: RULES,
            every: EVERY,
            part: Part::Snapshot,
            reach: Reach::Rest,
            plane: Plane::Regional,
        },
    ],
    ask: |ask| match ask.slice() {
        RECORDER => Box::pin(ask_recorder(ask)),
        ORGANIZATION => Box::pin(ask_organization(ask)),
        _ => Box::pin(ask_rules(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

async fn ask_recorder(ask: Ask) -> Result<(), Fault> {
    let out = ask
        .access()
        .config(&DESCRIBE_RECORDERS, |client, with| {
            client
                .describe_configuration_recorder_status()
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    // Services keep recorders of their own beside the account's; rules look at the account's alone.
    let own = out
        .configuration_recorders_status()
        .iter()
        .find(|recorder| recorder.service_principal().is_none());
    let Some(own) = own else {
        return Err(make(
            FaultKind::Disabled,
            None,
            format!(
                "AWS Config is not set up in {}: nothing is recorded there, so no rule looks at anything.",
                ask.access().place()
            ),
            "Set up a recorder there if its resources are to be checked.",
        ));
    };
    ask.page(recorder(ask.scope(), own).into_iter().collect())
        .await;
    Ok(())
}

async fn ask_rules(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return Ok(());
    }
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .config(&DESCRIBE_COMPLIANCE_BY_RULE, |client, with| {
                client
                    .describe_compliance_by_config_rule()
                    .compliance_types(ComplianceType::NonCompliant)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let rules = out.compliance_by_config_rules.unwrap_or_default();
        let records = rules
            .iter()
            .filter_map(|r| rule(ask.scope(), r.config_rule_name()?, r.compliance()));
        ask.page(records.collect()).await;
        pages.turn(&DESCRIBE_COMPLIANCE_BY_RULE, out.next_token)?;
    }
    Ok(())
}

async fn ask_organization(ask: Ask) -> Result<(), Fault> {
    let answer = organization(&ask).await;
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

const NOT_OURS: NotOurs = NotOurs {
    what: "The aggregators of AWS Config",
    advice: "An aggregator for the organization is made in AWS Config, in the management account or a delegated administrator's.",
};

/// Hands over the rules of all scopes that the aggregator here speaks for, and says which these are.
async fn organization(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let Some(name) = aggregator(ask).await? else {
        // It may stand in another region, or nowhere; both is a fact.
        ask.speak_for(Arc::default());
        return Ok(HashSet::new());
    };
    let scopes = gathered(ask, &name).await?;
    ask.speak_for(spoken::in_order(&scopes));
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let filter = ConfigRuleComplianceFilters::builder()
            .compliance_type(ComplianceType::NonCompliant)
            .build();
        let out = ask
            .access()
            .config(&DESCRIBE_AGGREGATE_COMPLIANCE, |client, with| {
                client
                    .describe_aggregate_compliance_by_config_rules()
                    .configuration_aggregator_name(&name)
                    .filters(filter)
                    .limit(1_000)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let rules = out.aggregate_compliance_by_config_rules.unwrap_or_default();
        let records = rules.iter().filter_map(|r| {
            let scope = Scope {
                account: r.account_id()?.parse().ok()?,
                region: r.aws_region()?.parse().ok()?,
            };
            scopes
                .contains(&scope)
                .then(|| rule(scope, r.config_rule_name()?, r.compliance()))?
        });
        ask.page(records.collect()).await;
        pages.turn(&DESCRIBE_AGGREGATE_COMPLIANCE, out.next_token)?;
    }
    Ok(scopes)
}

/// The organization's aggregator in this region, if there is one.
async fn aggregator(ask: &Ask) -> Result<Option<String>, Fault> {
    let all = gather(&DESCRIBE_AGGREGATORS, u32::MAX, |token| async move {
        let out = ask
            .access()
            .config(&DESCRIBE_AGGREGATORS, |client, with| {
                client
                    .describe_configuration_aggregators()
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((
            out.configuration_aggregators.unwrap_or_default(),
            out.next_token,
        ))
    })
    .await?;
    // One that gathers from single accounts would do as well; the organization's has most.
    let best = all
        .into_iter()
        .max_by_key(|a| a.organization_aggregation_source().is_some());
    Ok(best.and_then(|a| a.configuration_aggregator_name))
}

/// The scopes of the fleet of which an aggregator has current data.
async fn gathered(ask: &Ask, name: &str) -> Result<HashSet<Scope>, Fault> {
    let all = gather(&DESCRIBE_AGGREGATOR_SOURCES, u32::MAX, |token| async move {
        let out = ask
            .access()
            .config(&DESCRIBE_AGGREGATOR_SOURCES, |client, with| {
                client
                    .describe_configuration_aggregator_sources_status()
                    .configuration_aggregator_name(name)
                    .update_status(AggregatedSourceStatusType::Succeeded)
                    .limit(100)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((
            out.aggregated_source_status_list.unwrap_or_default(),
            out.next_token,
        ))
    })
    .await?;
    let scopes = all.iter().filter_map(|source| {
        Some(Scope {
            account: source.source_id()?.parse().ok()?,
            region: source.aws_region()?.parse().ok()?,
        })
    });
    Ok(scopes.filter(|scope| ask.covers(*scope)).collect())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let (id, is_recorder) = match &look.item.detail {
        Detail::Compliance(d) => (
            &look.item.key.id,
            matches!(**d, ComplianceDetail::Recorder(_)),
        ),
        _ => return Err(look.gone(&DESCRIBE_CONFIG_RULES)),
    };
    if is_recorder {
        access
            .config(&DESCRIBE_RECORDERS, |client, with| {
                client
                    .describe_configuration_recorder_status()
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        return tape
            .json()
            .and_then(|body| body.get("ConfigurationRecordersStatus")?.get(0).cloned())
            .ok_or_else(|| look.gone(&DESCRIBE_RECORDERS));
    }
    access
        .config(&DESCRIBE_CONFIG_RULES, |client, with| {
            client
                .describe_config_rules()
                .config_rule_names(&**id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("ConfigRules")?.get(0).cloned())
        .ok_or_else(|| look.gone(&DESCRIBE_CONFIG_RULES))
}

/// A rule that resources break, as a record. `None` for one that nothing breaks.
fn rule(scope: Scope, name: &str, compliance: Option<&Compliance>) -> Option<Record> {
    let compliance = compliance?;
    if name.is_empty() || compliance.compliance_type() != Some(&ComplianceType::NonCompliant) {
        return None;
    }
    let name = clean_arc(name);
    let count = compliance.compliance_contributor_count();
    let of_hub = is_of_security_hub(&name);
    let item = Item {
        key: ItemKey {
            kind: Kind::Compliance,
            scope,
            id: Arc::clone(&name),
        },
        told_arn: None,
        name: Arc::clone(&name),
        title: Arc::clone(&name),
        severity: if of_hub {
            Severity::Info
        } else {
            Severity::Low
        },
        // The finding of its control asks; once is enough.
        state: if of_hub {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: intern(ComplianceType::NonCompliant.as_str()),
        resource: None,
        // No list of the service tells since when a rule is broken.
        opened: Timestamp::default(),
        changed: Timestamp::default(),
        episode: Timestamp::ZERO,
        detail: Detail::Compliance(Box::new(ComplianceDetail::Rule(RuleDetail {
            failing: count.and_then(|c| u32::try_from(c.capped_count()).ok()),
            is_capped: count.is_some_and(|c| c.cap_exceeded()),
        }))),
    };
    let native = Arc::from(format!("{scope}/{name}"));
    Some(Record { native, item })
}

/// A recorder that does not record as it should, as a record. `None` for one that does.
fn recorder(scope: Scope, recorder: &ConfigurationRecorderStatus) -> Option<Record> {
    let fails = recorder.last_status() == Some(&RecorderStatus::Failure);
    let is_stopped = !recorder.recording();
    if !is_stopped && !fails {
        return None;
    }
    let name = clean_arc(recorder.name().unwrap_or("default"));
    let id = match recorder.arn() {
        Some(arn) => clean_arc(arn),
        None => Arc::from(format!("configuration-recorder/{name}")),
    };
    let told = |code: Option<&str>| code.filter(|text| !text.is_empty()).map(clean_arc);
    let stopped = moment(recorder.last_stop_time()).filter(|_| is_stopped);
    let since = stopped
        .or_else(|| moment(recorder.last_status_change_time()))
        .unwrap_or_default();
    let title: Arc<str> = Arc::from(if is_stopped {
        "recorder stopped"
    } else {
        "recorder cannot deliver"
    });
    let item = Item {
        key: ItemKey {
            kind: Kind::Compliance,
            scope,
            id: Arc::clone(&id),
        },
        told_arn: recorder.arn().map(clean_arc),
        name: title.clone(),
        title,
        // Without it nobody knows what is broken.
        severity: if is_stopped {
            Severity::High
        } else {
            Severity::Medium
        },
        state: ItemState::Open,
        native_state: Arc::from(if is_stopped { "STOPPED" } else { "FAILURE" }),
        resource: Some(name),
        opened: since,
        changed: since,
        episode: stopped.unwrap_or(Timestamp::ZERO),
        detail: Detail::Compliance(Box::new(ComplianceDetail::Recorder(RecorderDetail {
            stopped,
            error: told(recorder.last_error_message()).or_else(|| told(recorder.last_error_code())),
        }))),
    };
    Some(Record { native: id, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_config::types::ComplianceContributorCount;
    use aws_smithy_types::DateTime;

    fn scope() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn broken(count: i32, more: bool) -> Compliance {
        let count = ComplianceContributorCount::builder()
            .capped_count(count)
            .cap_exceeded(more)
            .build();
        Compliance::builder()
            .compliance_type(ComplianceType::NonCompliant)
            .compliance_contributor_count(count)
            .build()
    }

    #[test]
    fn a_capped_count_says_that_there_are_more() {
        let count = |compliance| {
            let item = rule(scope(), "restricted-ssh", Some(&compliance))
                .unwrap()
                .item;
            let Detail::Compliance(detail) = item.detail else {
                panic!()
            };
            match *detail {
                ComplianceDetail::Rule(rule) => rule.count(),
                _ => panic!(),
            }
        };
        assert_eq!(count(broken(7, false)).as_deref(), Some("7"));
        assert_eq!(count(broken(25, true)).as_deref(), Some("25+"));
        let uncounted = Compliance::builder().compliance_type(ComplianceType::NonCompliant);
        assert_eq!(count(uncounted.build()), None);
    }

    #[test]
    fn what_a_control_of_security_hub_says_already_does_not_ask_twice() {
        let state = |name| {
            rule(scope(), name, Some(&broken(1, false)))
                .unwrap()
                .item
                .state
        };
        assert_eq!(state("restricted-ssh"), ItemState::Open);
        assert_eq!(state("securityhub-s3-8-0a1b2c3d"), ItemState::Calm);
        let kept = Compliance::builder().compliance_type(ComplianceType::Compliant);
        assert!(rule(scope(), "restricted-ssh", Some(&kept.build())).is_none());
    }

    #[test]
    fn a_recorder_is_a_row_when_it_stands_still_or_cannot_deliver() {
        let told = |recording, status| {
            let status = ConfigurationRecorderStatus::builder()
                .name("default")
                .recording(recording)
                .last_status(status)
                .last_stop_time(DateTime::from_secs(1_795_000_000))
                .last_status_change_time(DateTime::from_secs(1_795_000_100));
            recorder(scope(), &status.build()).map(|record| record.item)
        };
        assert!(told(true, RecorderStatus::Success).is_none());
        let stopped = told(false, RecorderStatus::Pending).unwrap();
        assert_eq!(
            (stopped.severity, &*stopped.native_state),
            (Severity::High, "STOPPED")
        );
        assert_eq!(stopped.opened.as_secs(), 1_795_000_000);
        let failing = told(true, RecorderStatus::Failure).unwrap();
        assert_eq!(failing.opened.as_secs(), 1_795_000_100);
        assert_eq!(failing.episode, Timestamp::ZERO);
    }
}
