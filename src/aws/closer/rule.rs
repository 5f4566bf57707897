//! What a rule of AWS Config checks, how that went last, and which resources break it.

use aws_sdk_config::types::ComplianceType;

use crate::aws::access::Access;
use crate::aws::moment::moment;
use crate::aws::ops::{DESCRIBE_CONFIG_RULES, DESCRIBE_RULE_STATUS, GET_RULE_RESOURCES, config};
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::or_unread;

/// Resources that are named at most.
const RESOURCES: i32 = 10;

pub(super) async fn of(access: &Access, rule: &str) -> Vec<Told> {
    let mut told = or_unread("checks", checks(access, rule).await);
    told.extend(or_unread("looked", looked(access, rule).await));
    told.extend(or_unread("puts right", remedy(access, rule).await));
    told.extend(or_unread("breaks it", resources(access, rule).await));
    told
}

async fn resources(access: &Access, rule: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .config(&GET_RULE_RESOURCES, |client, with| {
            client
                .get_compliance_details_by_config_rule()
                .config_rule_name(rule)
                .compliance_types(ComplianceType::NonCompliant)
                .limit(RESOURCES)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let has_more = out.next_token().is_some_and(|token| !token.is_empty());
    let mut told: Vec<Told> = out
        .evaluation_results()
        .iter()
        .filter_map(|result| {
            let of = result
                .evaluation_result_identifier()?
                .evaluation_result_qualifier()?;
            let note = result.annotation().filter(|note| !note.is_empty());
            let note = note.map_or(String::new(), |note| format!(" · {note}"));
            let text = format!("{} {}{note}", of.resource_type()?, of.resource_id()?);
            Some(match moment(result.result_recorded_time()) {
                Some(at) => Told::event("breaks it", at, &text),
                None => Told::fact("breaks it", &text),
            })
        })
        .collect();
    if has_more {
        told.push(Told::fact(
            "breaks it",
            "and others; the AWS console lists them all",
        ));
    }
    Ok(told)
}

async fn checks(access: &Access, rule: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .config(&DESCRIBE_CONFIG_RULES, |client, with| {
            client
                .describe_config_rules()
                .config_rule_names(rule)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let Some(rule) = out.config_rules().first() else {
        return Ok(Vec::new());
    };
    let mut told = Vec::new();
    if let Some(text) = rule.description().filter(|text| !text.is_empty()) {
        told.push(Told::fact("checks", text));
    }
    if let Some(source) = rule.source().and_then(|s| s.source_identifier()) {
        told.push(Told::fact("is", source));
    }
    if let Some(by) = rule.created_by() {
        told.push(Told::fact("made by", by));
    }
    Ok(told)
}

async fn looked(access: &Access, rule: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .config(&DESCRIBE_RULE_STATUS, |client, with| {
            client
                .describe_config_rule_evaluation_status()
                .config_rule_names(rule)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let Some(status) = out.config_rules_evaluation_status().first() else {
        return Ok(Vec::new());
    };
    let good = moment(status.last_successful_evaluation_time());
    let bad = moment(status.last_failed_evaluation_time()).filter(|bad| Some(*bad) > good);
    Ok(match (bad, good) {
        (Some(at), _) => {
            let why = status.last_error_message().or(status.last_error_code());
            let text = format!("in vain: {}", why.unwrap_or("AWS does not say why"));
            vec![Told::event("looked", at, &text)]
        }
        (None, Some(at)) => vec![Told::event("looked", at, "with success")],
        (None, None) => vec![Told::fact("looked", "never yet")],
    })
}

async fn remedy(access: &Access, rule: &str) -> Result<Vec<Told>, Fault> {
    let document = config::document(access, rule).await?;
    Ok(vec![match document {
        Some(document) => Told::fact("puts right", &format!("document {document}")),
        None => Told::fact("puts right", "nothing is set up for it"),
    }])
}
