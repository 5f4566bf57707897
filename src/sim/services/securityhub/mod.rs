//! Security Hub (CSPM): the findings of all products in one format, and how far operators are with them.

mod asff;
mod catalogue;
mod filter;
mod hub;
mod organization;
mod section;
mod updates;

pub use section::Section;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use self::asff::{Body, Row};
use self::filter::{Filter, Order};
use self::hub::Hub;
use super::guardduty::Detector;
use super::{Answer, Call, Dialect, Operation, Refusal, Service, fact};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Protocol, Value, text};
use crate::sim::world::World;

/// The service.
pub const SERVICE: Service = Service {
    name: "securityhub",
    alias: "securityhub",
    protocols: &[Protocol::Rest],
    target: "",
    xmlns: "",
    dialect: Dialect {
        throttled: ("TooManyRequestsException", 429),
        denied: ("AccessDeniedException", 403),
        invalid: "InvalidInputException",
        bad_token: "InvalidInputException",
        message: "Message",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("DescribeHub", describe_hub)
            .at("GET", "/accounts")
            .rate(10.0, 30),
        Operation::new("GetEnabledStandards", enabled_standards)
            .at("POST", "/standards/get")
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(10.0, 30),
        Operation::new("GetFindings", get_findings)
            .at("POST", "/findings")
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(3.0, 6),
        Operation::new("BatchUpdateFindings", updates::batch_update)
            .at("PATCH", "/findings/batchupdate")
            .needs(&["FindingIdentifiers"])
            .rate(10.0, 30),
        Operation::new("BatchImportFindings", updates::batch_import)
            .at("POST", "/findings/import")
            .needs(&["Findings"])
            .rate(10.0, 30),
        Operation::new("GetFindingHistory", updates::finding_history)
            .at("POST", "/findingHistory/get")
            .needs(&["FindingIdentifier"])
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(10.0, 30),
        Operation::new("ListFindingAggregators", organization::list_aggregators)
            .at("GET", "/findingAggregator/list")
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(10.0, 30),
        Operation::new("GetFindingAggregator", organization::get_aggregator)
            .at("GET", "/findingAggregator/get/{FindingAggregatorArn+}")
            .rate(10.0, 30),
        Operation::new("ListMembers", organization::list_members)
            .at("GET", "/members")
            .paged("MaxResults", "NextToken", (1, 50), 50)
            .rate(10.0, 30),
        Operation::new("GetAdministratorAccount", organization::get_administrator)
            .at("GET", "/administrator")
            .rate(10.0, 30),
        Operation::new(
            "DescribeOrganizationConfiguration",
            organization::organization_configuration,
        )
        .at("GET", "/organization/configuration")
        .rate(10.0, 30),
    ],
    disabled,
    truth,
};

/// A refusal as Security Hub words it.
fn refusal(code: &'static str, status: u16, why: impl Into<String>) -> Refusal {
    Refusal::new(code, why).status(status).with("Code", code)
}

fn invalid(why: impl Into<String>) -> Refusal {
    refusal("InvalidInputException", 400, why)
}

fn not_subscribed(call: &Call<'_>) -> Refusal {
    refusal(
        "InvalidAccessException",
        401,
        format!(
            "Account {} is not subscribed to AWS Security Hub",
            call.account()
        ),
    )
}

fn disabled(call: &Call<'_>) -> Answer {
    Err(not_subscribed(call))
}

/// Refused where the caller did not subscribe; since when it did otherwise.
fn subscribed(call: &Call<'_>) -> Result<Timestamp, Refusal> {
    let since = call.estate::<Hub, _>(|hub, _, _| hub.enabled.then_some(hub.since));
    since.ok_or_else(|| not_subscribed(call))
}

fn administrator(world: &World) -> Option<&Arc<str>> {
    let name = world.scenario().securityhub.administrator.as_deref()?;
    Some(&world.account(name)?.entry.id)
}

/// The places whose findings the caller sees, always in the same order: its members' when it is the
/// administrator, and all regions' in the region that aggregates them.
fn seen(call: &Call<'_>) -> Vec<(Arc<str>, Arc<str>)> {
    let world = call.world;
    let leads = administrator(world).is_some_and(|id| **id == *call.account());
    let home = world.scenario().securityhub.home.as_ref() == Some(&call.region);
    let linked = &world.scenario().regions;
    let mut places = Vec::new();
    for (id, account) in world.accounts() {
        if **id != *call.account() && !(leads && account.entry.status == "ACTIVE") {
            continue;
        }
        let regions = account
            .regions
            .iter()
            .filter(|region| **region == call.region || home && linked.contains(region));
        places.extend(regions.map(|region| (id.clone(), region.clone())));
    }
    places
}

/// The rules of AWS Config that Security Hub made for controls which fail in a place: name, what is wanted, and the ARNs of the
/// resources that fail, each once.
pub fn failing_controls(
    world: &World,
    account: &str,
    region: &str,
) -> Vec<(String, String, Vec<String>)> {
    world.estate::<Hub, _>(account, region, |hub, site, _| {
        let mut rules: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        if hub.enabled {
            for (name, wanted, arn) in hub.items.iter().filter_map(|item| asff::broken(item, site))
            {
                let (_, arns) = rules
                    .entry(name)
                    .or_insert_with(|| (wanted.to_owned(), Vec::new()));
                if !arns.contains(&arn) {
                    arns.push(arn);
                }
            }
        }
        let flat = rules.into_iter();
        flat.map(|(name, (wanted, arns))| (name, wanted, arns))
            .collect()
    })
}

/// Shows the findings of one place, its own first and then those of GuardDuty, until `see` has seen enough.
fn survey(
    world: &World,
    account: &str,
    region: &str,
    see: &mut dyn FnMut(Row<'_>) -> bool,
) -> bool {
    world.estate::<Hub, _>(account, region, |hub, site, _| {
        if !hub.enabled {
            return false;
        }
        if hub.items.iter().any(|item| {
            see(Row {
                body: Body::Own(item),
                site,
            })
        }) {
            return true;
        }
        world.estate::<Detector, _>(account, region, |detector, site, _| {
            detector.enabled
                && detector.findings.iter().any(|finding| {
                    let desk = if hub.guarded.is_empty() {
                        None
                    } else {
                        hub.guarded.get(&finding.id())
                    };
                    see(Row {
                        body: Body::Guard(finding, detector, desk),
                        site,
                    })
                })
        })
    })
}

fn describe_hub(call: &Call<'_>) -> Answer {
    let since = subscribed(call)?;
    let own = call.arn("securityhub", "hub/default");
    if call.text("HubArn").is_some_and(|arn| arn != own) {
        return Err(refusal(
            "ResourceNotFoundException",
            404,
            "The hub was not found",
        ));
    }
    Ok(fields! {
        "HubArn" => own, "SubscribedAt" => text::iso(since), "AutoEnableControls" => true, "ControlFindingGenerator" => "SECURITY_CONTROL",
    })
}

fn enabled_standards(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let p = call.world.partition();
    let standards = [
        (
            "aws-foundational-security-best-practices/v/1.0.0",
            format!(
                "arn:{p}:securityhub:{}::standards/aws-foundational-security-best-practices/v/1.0.0",
                call.region
            ),
        ),
        (
            "cis-aws-foundations-benchmark/v/1.2.0",
            format!("arn:{p}:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"),
        ),
    ];
    let wanted: Vec<&str> = call.arg("StandardsSubscriptionArns").texts().collect();
    let all = standards.into_iter().filter_map(|(name, arn)| {
        let own = call.arn("securityhub", &format!("subscription/{name}"));
        (wanted.is_empty() || wanted.contains(&&*own)).then(|| {
            fields! {
                "StandardsSubscriptionArn" => own, "StandardsArn" => arn, "StandardsInput" => Value::Map(Map::default()),
                "StandardsStatus" => "READY", "StandardsControlsUpdatable" => "READY_FOR_UPDATES",
            }
        })
    });
    let (list, next) = call.page()?.cut(all);
    Ok(fields! { "StandardsSubscriptions" => list, "NextToken" => next })
}

/// The key of a row: the number of its place among those that are seen, then its place there.
fn key(place: usize, (which, serial): (u8, u32)) -> String {
    format!("{place:06}.{which}.{serial:09}")
}

fn get_findings(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let filter = Filter::read(call.arg("Filters"), call.now)?;
    let order = Order::read(call.arg("SortCriteria"))?;
    let page = call.page()?;
    let places = seen(call);
    let mut findings = Vec::new();
    let mut next = None;
    if order.is_some() {
        let mut ranked = Vec::new();
        for (n, (account, region)) in places.iter().enumerate() {
            survey(call.world, account, region, &mut |row| {
                if filter.meets(row) {
                    ranked.push((order.rank(row, key(n, row.key())), (n, row.key())));
                }
                false
            });
        }
        let (chosen, token) = fact::cut(&page, ranked);
        next = token;
        let mut wanted: BTreeMap<usize, HashSet<(u8, u32)>> = BTreeMap::new();
        for (n, own) in &chosen {
            wanted.entry(*n).or_default().insert(*own);
        }
        let mut found = BTreeMap::new();
        for (n, keys) in wanted {
            let (account, region) = &places[n];
            survey(call.world, account, region, &mut |row| {
                if keys.contains(&row.key()) {
                    found.insert((n, row.key()), row.describe());
                }
                false
            });
        }
        findings.extend(
            chosen
                .into_iter()
                .filter_map(|chosen| found.remove(&chosen)),
        );
    } else {
        // Without an order the places are read one by one, and no further than the page reaches.
        let start = page.cursor.clone().unwrap_or_default();
        let first = start
            .split('.')
            .next()
            .and_then(|n| n.parse::<usize>().ok())
            .unwrap_or(0);
        let mut last = String::new();
        for (n, (account, region)) in places.iter().enumerate().skip(first) {
            let full = survey(call.world, account, region, &mut |row| {
                let own = key(n, row.key());
                if own <= start || !filter.meets(row) {
                    return false;
                }
                if findings.len() == page.size {
                    next = Some(page.token(&last));
                    return true;
                }
                last = own;
                findings.push(row.describe());
                false
            });
            if full {
                break;
            }
        }
    }
    Ok(fields! { "Findings" => Value::List(findings), "NextToken" => next })
}

fn truth(world: &World, account: &str, region: &str) -> Value {
    let enabled = world.estate::<Hub, _>(account, region, |hub, _, _| hub.enabled);
    let mut findings = Vec::new();
    survey(world, account, region, &mut |row| {
        findings.push(row.describe());
        false
    });
    fields! { "Enabled" => enabled, "Findings" => Value::List(findings) }
}
