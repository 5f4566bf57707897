//! AWS Config: recorders, rules and which resources break them, of one account and region or of a whole organization through an
//! aggregator.

mod estate;
mod section;

use self::estate::{Ledger, Recorder, Rule};
use self::section::Aggregator;
pub use self::section::Section;
use super::stock::within;
use super::{Answer, Call, Dialect, Operation, Refusal, Service, always_on};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::scenario::matches;
use crate::sim::wire::{Map, Protocol, Value};
use crate::sim::world::{Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "config",
    alias: "config",
    protocols: &[Protocol::Json],
    target: "StarlingDoveService",
    xmlns: "",
    dialect: Dialect {
        invalid: "InvalidParameterValueException",
        bad_token: "InvalidNextTokenException",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("DescribeConfigurationRecorderStatus", recorders),
        Operation::new("DescribeComplianceByConfigRule", compliance).paged(
            "",
            "NextToken",
            (1, 100),
            100,
        ),
        Operation::new("DescribeConfigRules", rules).paged("", "NextToken", (1, 25), 25),
        Operation::new("DescribeConfigRuleEvaluationStatus", statuses).paged(
            "Limit",
            "NextToken",
            (0, 50),
            50,
        ),
        Operation::new("GetComplianceDetailsByConfigRule", details)
            .paged("Limit", "NextToken", (0, 100), 10)
            .needs(&["ConfigRuleName"]),
        Operation::new("DescribeRemediationConfigurations", remediations)
            .needs(&["ConfigRuleNames"]),
        Operation::new("DescribeRemediationExecutionStatus", executions)
            .paged("Limit", "NextToken", (0, 100), 100)
            .needs(&["ConfigRuleName"]),
        Operation::new("DescribeConfigurationAggregators", aggregators).paged(
            "Limit",
            "NextToken",
            (0, 100),
            100,
        ),
        Operation::new("DescribeConfigurationAggregatorSourcesStatus", sources)
            .paged("Limit", "NextToken", (0, 100), 100)
            .needs(&["ConfigurationAggregatorName"]),
        Operation::new("DescribeAggregateComplianceByConfigRules", aggregate)
            .paged("Limit", "NextToken", (0, 1000), 1000)
            .needs(&["ConfigurationAggregatorName"]),
        Operation::new("StartConfigRulesEvaluation", evaluate),
        Operation::new("StartRemediationExecution", remediate)
            .needs(&["ConfigRuleName", "ResourceKeys"]),
    ],
    disabled: always_on,
    truth,
};

/// The most rules of one call (from the model).
const NAMES: usize = 25;

/// Looks at the rules of the place that is asked; `nothing` is the answer where no recorder is set up.
fn look<R>(
    call: &Call<'_>,
    see: impl FnOnce(&[Rule], &Recorder, &Site, Timestamp) -> Result<R, Refusal>,
    nothing: R,
) -> Result<R, Refusal> {
    call.estate::<Ledger, _>(|ledger, site, now| {
        let Some(recorder) = ledger.recorder.clone() else {
            return Ok(nothing);
        };
        see(&ledger.rules(call.world, site), &recorder, site, now)
    })
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        "NoSuchConfigRuleException",
        format!(
            "The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name"
        ),
    )
}

fn names<'a>(call: &'a Call<'_>) -> Result<Vec<&'a str>, Refusal> {
    let names: Vec<&str> = call.arg("ConfigRuleNames").texts().collect();
    if names.len() > NAMES {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: Member must have length less \
             than or equal to {NAMES}"
        )));
    }
    Ok(names)
}

/// The rules that are named, or all; refused where one of them is not there.
fn chosen<'a>(all: &'a [Rule], names: &[&str]) -> Result<Vec<&'a Rule>, Refusal> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            let found = all.iter().find(|rule| rule.name == *name);
            found.ok_or_else(|| unknown(name))
        })
        .collect()
}

fn recorders(call: &Call<'_>) -> Answer {
    let names: Vec<&str> = call.arg("ConfigurationRecorderNames").texts().collect();
    let all = call.estate::<Ledger, _>(|ledger, site, now| {
        ledger
            .recorder
            .as_ref()
            .map(|recorder| recorder.describe(site, now))
    });
    if let Some(name) = names
        .iter()
        .find(|name| **name != "default" || all.is_none())
    {
        return Err(Refusal::new(
            "NoSuchConfigurationRecorderException",
            format!("Cannot find configuration recorder with the specified name '{name}'."),
        ));
    }
    Ok(fields! { "ConfigurationRecordersStatus" => all.into_iter().collect::<Value>() })
}

fn compliance(call: &Call<'_>) -> Answer {
    let (names, page) = (names(call)?, call.page()?);
    let wanted: Vec<&str> = call.arg("ComplianceTypes").texts().collect();
    let all = look(
        call,
        |rules, recorder, _, now| {
            let told = chosen(rules, &names)?
                .into_iter()
                .map(|rule| (rule.name.clone(), rule.compliance(recorder, now)));
            Ok(told.collect::<Vec<_>>())
        },
        Vec::new(),
    )?;
    let met = all.into_iter().filter(|(_, compliance)| {
        let kind = compliance.at("ComplianceType").as_str().unwrap_or_default();
        wanted.is_empty() || wanted.contains(&kind)
    });
    let (all, next) = page.cut(met.map(
        |(name, compliance)| fields! { "ConfigRuleName" => name, "Compliance" => compliance },
    ));
    Ok(fields! { "ComplianceByConfigRules" => Value::List(all), "NextToken" => next })
}

fn rules(call: &Call<'_>) -> Answer {
    let (names, page) = (names(call)?, call.page()?);
    let all = look(
        call,
        |rules, _, site, _| {
            let chosen = chosen(rules, &names)?;
            Ok(chosen.into_iter().map(|r| r.describe(site)).collect())
        },
        Vec::new(),
    )?;
    let (all, next) = page.cut(all);
    Ok(fields! { "ConfigRules" => Value::List(all), "NextToken" => next })
}

fn statuses(call: &Call<'_>) -> Answer {
    let (names, page) = (names(call)?, sized(call)?);
    let all = look(
        call,
        |rules, recorder, site, now| {
            let chosen = chosen(rules, &names)?.into_iter();
            Ok(chosen.map(|r| r.status(recorder, site, now)).collect())
        },
        Vec::new(),
    )?;
    let (all, next) = page.cut(all);
    Ok(fields! { "ConfigRulesEvaluationStatus" => Value::List(all), "NextToken" => next })
}

/// The page, where a size of nought stands for the usual one.
fn sized(call: &Call<'_>) -> Result<super::Page, Refusal> {
    let mut page = call.page()?;
    if page.size == 0 {
        page.size = call.operation.page.map_or(100, |paging| paging.default);
    }
    Ok(page)
}

fn details(call: &Call<'_>) -> Answer {
    let page = sized(call)?;
    let (name, wanted) = (
        call.needed("ConfigRuleName"),
        call.arg("ComplianceTypes").texts().collect::<Vec<_>>(),
    );
    let all = look(
        call,
        |rules, recorder, _, now| {
            let rule = rules.iter().find(|rule| rule.name == name);
            rule.map(|rule| Some(rule.details(recorder, now, &wanted)))
                .ok_or_else(|| unknown(name))
        },
        None,
    )?;
    let (all, next) = page.cut(all.ok_or_else(|| unknown(name))?);
    Ok(fields! { "EvaluationResults" => Value::List(all), "NextToken" => next })
}

fn remediations(call: &Call<'_>) -> Answer {
    let names = names(call)?;
    let all: Vec<Value> = look(
        call,
        |rules, _, site, _| {
            let named = rules.iter().filter(|r| names.contains(&r.name.as_str()));
            Ok(named.filter_map(|rule| rule.remediation(site)).collect())
        },
        Vec::new(),
    )?;
    Ok(fields! { "RemediationConfigurations" => Value::List(all) })
}

fn not_to_be_put_right(name: &str) -> Refusal {
    Refusal::new(
        "NoSuchRemediationConfigurationException",
        format!("No remediation configuration found for the rule {name}."),
    )
}

/// The ids of the resources that a call names.
fn keys(call: &Call<'_>) -> Vec<String> {
    let all = call.arg("ResourceKeys").items();
    let ids = all.iter().filter_map(|key| key.at("resourceId").as_str());
    ids.map(str::to_owned).collect()
}

fn executions(call: &Call<'_>) -> Answer {
    let page = sized(call)?;
    let (name, keys) = (call.needed("ConfigRuleName"), keys(call));
    let all = look(
        call,
        |rules, _, site, now| {
            let rule = rules.iter().find(|rule| rule.name == name);
            let rule = rule.filter(|rule| rule.remediation(site).is_some());
            Ok(rule.map(|rule| rule.executions(now)))
        },
        None,
    )?;
    let all = all.ok_or_else(|| not_to_be_put_right(name))?.into_iter();
    let (all, next) = page.cut(
        all.filter(|(id, _)| keys.is_empty() || keys.contains(id))
            .map(|(_, told)| told),
    );
    Ok(fields! { "RemediationExecutionStatuses" => Value::List(all), "NextToken" => next })
}

fn evaluate(call: &Call<'_>) -> Answer {
    let names = names(call)?;
    look(
        call,
        |rules, _, _, _| chosen(rules, &names).map(|_| true),
        false,
    )?;
    let too_soon = call.estate::<Ledger, _>(|ledger, _, now| ledger.evaluate(&names, now));
    if too_soon {
        return Err(Refusal::new(
            "LimitExceededException",
            "You can only call StartConfigRulesEvaluation once for a rule until its evaluation has completed.",
        ));
    }
    Ok(Value::Map(Map::default()))
}

fn remediate(call: &Call<'_>) -> Answer {
    let (name, keys) = (call.needed("ConfigRuleName"), keys(call));
    if keys.is_empty() || keys.len() > 100 {
        return Err(call.invalid(
            "1 validation error detected: Value at 'resourceKeys' failed to satisfy constraint: Member must have length \
             between 1 and 100",
        ));
    }
    let can = look(
        call,
        |rules, _, site, _| {
            let rule = rules.iter().find(|rule| rule.name == name);
            Ok(rule.is_some_and(|rule| rule.remediation(site).is_some()))
        },
        false,
    )?;
    if !can {
        return Err(not_to_be_put_right(name));
    }
    let unknown = call.estate::<Ledger, _>(|ledger, _, now| ledger.remediate(name, &keys, now));
    if unknown.is_empty() {
        return Ok(Value::Map(Map::default()));
    }
    let failed = unknown.iter().map(|id| {
        let all = call.arg("ResourceKeys").items();
        let key = all
            .iter()
            .find(|key| key.at("resourceId").as_str() == Some(id));
        key.cloned().unwrap_or(Value::Null)
    });
    Ok(fields! {
        "FailureMessage" => "Some resources are not evaluated by the rule.",
        "FailedItems" => failed.collect::<Value>(),
    })
}

/// The aggregator, where the caller's account and region have it.
fn aggregator<'a>(call: &'a Call<'_>) -> Option<&'a Aggregator> {
    let aggregator = call.world.scenario().config.aggregator.as_ref()?;
    let account = call.world.account(call.account())?;
    let is_here = matches(&aggregator.account, &account.entry.id)
        || matches(&aggregator.account, &account.entry.name);
    (is_here && *aggregator.region == *call.region).then_some(aggregator)
}

fn known<'a>(call: &'a Call<'_>) -> Result<&'a Aggregator, Refusal> {
    let name = call.needed("ConfigurationAggregatorName");
    aggregator(call).filter(|a| a.name == name).ok_or_else(|| {
        Refusal::new(
            "NoSuchConfigurationAggregatorException",
            "The configuration aggregator does not exist. Check the configuration aggregator name and try again.",
        )
    })
}

fn aggregators(call: &Call<'_>) -> Answer {
    let page = sized(call)?;
    let names: Vec<&str> = call.arg("ConfigurationAggregatorNames").texts().collect();
    let found = aggregator(call).filter(|a| names.is_empty() || names.contains(&a.name.as_str()));
    if let Some(name) = names
        .iter()
        .find(|name| found.is_none_or(|a| a.name != **name))
    {
        return Err(Refusal::new(
            "NoSuchConfigurationAggregatorException",
            format!("The configuration aggregator '{name}' does not exist."),
        ));
    }
    let all = found.map(|a| {
        let began = call.world.clock().started();
        fields! {
            "ConfigurationAggregatorName" => &a.name,
            "ConfigurationAggregatorArn" => call.arn("config", &format!("config-aggregator/config-aggregator-{}", a.name)),
            "OrganizationAggregationSource" => fields! {
                "RoleArn" => format!("arn:{}:iam::{}:role/config-aggregator", call.world.partition(), call.account()),
                "AllAwsRegions" => true,
            },
            "CreationTime" => began, "LastUpdatedTime" => began,
        }
    });
    let (all, next) = page.cut(all);
    Ok(fields! { "ConfigurationAggregators" => Value::List(all), "NextToken" => next })
}

/// The places that an aggregator gathers from: account, region, whether what it has of it is of today.
fn gathered<'w>(world: &'w World, of: &Aggregator) -> Vec<(&'w str, &'w str, bool)> {
    let mut all = Vec::new();
    for (id, account) in world.accounts() {
        if account.entry.status != "ACTIVE" {
            continue;
        }
        for region in &account.regions {
            let within = |patterns: &[String]| {
                world.estate::<Ledger, _>(id, region, |_, site, _| within(patterns, site))
            };
            let records =
                world.estate::<Ledger, _>(id, region, |ledger, _, _| ledger.recorder.is_some());
            if records && !within(&of.unseen) {
                all.push((&**id, &**region, !within(&of.outdated)));
            }
        }
    }
    all
}

fn sources(call: &Call<'_>) -> Answer {
    let page = sized(call)?;
    let of = known(call)?;
    let wanted: Vec<&str> = call.arg("UpdateStatus").texts().collect();
    let told = gathered(call.world, of)
        .into_iter()
        .map(|(account, region, is_new)| {
            let status = if is_new { "SUCCEEDED" } else { "OUTDATED" };
            let mut all = Map::default();
            all.set("SourceId", account);
            all.set("SourceType", "ACCOUNT");
            all.set("AwsRegion", region);
            all.set("LastUpdateStatus", status);
            let back = std::time::Duration::from_secs(if is_new { 180 } else { 9 * 3_600 });
            all.set("LastUpdateTime", call.now.minus(back));
            (status, Value::Map(all))
        });
    let met = told.filter(|(status, _)| wanted.is_empty() || wanted.contains(status));
    let (all, next) = page.cut(met.map(|(_, told)| told));
    Ok(fields! { "AggregatedSourceStatusList" => Value::List(all), "NextToken" => next })
}

fn aggregate(call: &Call<'_>) -> Answer {
    let page = sized(call)?;
    let of = known(call)?;
    let filters = call.arg("Filters");
    let is = |member: &str, value: &str| {
        filters
            .at(member)
            .as_str()
            .is_none_or(|wanted| wanted == value)
    };
    let mut all = Vec::new();
    for (account, region, _) in gathered(call.world, of) {
        if !is("AccountId", account) || !is("AwsRegion", region) {
            continue;
        }
        call.world
            .estate::<Ledger, _>(account, region, |ledger, site, now| {
                let Some(recorder) = &ledger.recorder else {
                    return;
                };
                for rule in ledger.rules(call.world, site) {
                    let compliance = rule.compliance(recorder, now);
                    let kind = compliance.at("ComplianceType").as_str().unwrap_or_default();
                    if is("ComplianceType", kind) && is("ConfigRuleName", &rule.name) {
                        all.push(fields! {
                            "ConfigRuleName" => &rule.name, "Compliance" => compliance, "AccountId" => account, "AwsRegion" => region,
                        });
                    }
                }
            });
    }
    if of.empty_pages && page.cursor.is_none() {
        let next = page.token("0");
        return Ok(
            fields! { "AggregateComplianceByConfigRules" => Value::List(Vec::new()), "NextToken" => next },
        );
    }
    let (all, next) = page.cut(all);
    Ok(fields! { "AggregateComplianceByConfigRules" => Value::List(all), "NextToken" => next })
}

/// The recorder, and every rule with its compliance and its resources.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate::<Ledger, _>(account, region, |ledger, site, now| {
        let Some(recorder) = &ledger.recorder else {
            return Value::Null;
        };
        let rules = ledger.rules(world, site).into_iter().map(|rule| {
            fields! {
                "ConfigRule" => rule.describe(site), "Compliance" => rule.compliance(recorder, now),
                "EvaluationResults" => Value::List(rule.details(recorder, now, &[])),
            }
        });
        fields! { "ConfigurationRecorderStatus" => recorder.describe(site, now), "Rules" => rules.collect::<Value>() }
    })
}
