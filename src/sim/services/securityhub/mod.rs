//! Security Hub (CSPM): the findings of all products in one format, and how far operators are with them.

mod asff;
mod catalogue;
mod filter;
mod hub;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use self::asff::{Body, Row};
use self::filter::{Filter, Order};
use self::hub::{Change, Desk, Hub, Workflow};
use super::guardduty::Detector;
use super::{Answer, Call, Dialect, Operation, Refusal, Service, fact};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Protocol, Value, text};
use crate::sim::world::World;

/// The scenario's section `[securityhub]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Findings in each account and region at the start, besides those of GuardDuty.
    pub findings: usize,
    /// How far that number varies from place to place, 0 (not at all) to 1.
    pub spread: f64,
    /// Other numbers for some: `"ACCOUNT"` or `"ACCOUNT/REGION"`; `*` stands for any characters.
    pub accounts: BTreeMap<String, usize>,
    /// Weights of the products `controls`, `inspector`, `config`, `access-analyzer`, `macie`, `partner`.
    pub mix: BTreeMap<String, u32>,
    /// The share that is done at the start: passed, archived, suppressed or resolved.
    pub settled: f64,
    /// The share of the others that somebody knows of.
    pub notified: f64,
    /// New findings a day in each account and region.
    pub arrivals: f64,
    /// Mean hours between two reports of a finding; half of them turn it. 0 is never.
    pub churn: f64,
    /// The account (id or name) that administers all the others.
    pub administrator: Option<String>,
    /// The region in which the findings of all regions are aggregated.
    pub home: Option<Arc<str>>,
    /// Where Security Hub is not enabled: `"ACCOUNT"` or `"ACCOUNT/REGION"`.
    pub disabled: Vec<String>,
    /// Where attackers chose some of the names: `"ACCOUNT"` or `"ACCOUNT/REGION"`.
    pub hostile: Vec<String>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            findings: 0,
            spread: 0.0,
            accounts: BTreeMap::new(),
            mix: BTreeMap::new(),
            settled: 0.3,
            notified: 0.12,
            arrivals: 0.0,
            churn: 0.0,
            administrator: None,
            home: None,
            disabled: Vec::new(),
            hostile: Vec::new(),
        }
    }
}

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
        Operation::new("BatchUpdateFindings", batch_update)
            .at("PATCH", "/findings/batchupdate")
            .needs(&["FindingIdentifiers"])
            .rate(10.0, 30),
        Operation::new("BatchImportFindings", batch_import)
            .at("POST", "/findings/import")
            .needs(&["Findings"])
            .rate(10.0, 30),
        Operation::new("GetFindingHistory", finding_history)
            .at("POST", "/findingHistory/get")
            .needs(&["FindingIdentifier"])
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(10.0, 30),
        Operation::new("ListFindingAggregators", list_aggregators)
            .at("GET", "/findingAggregator/list")
            .paged("MaxResults", "NextToken", (1, 100), 100)
            .rate(10.0, 30),
        Operation::new("GetFindingAggregator", get_aggregator)
            .at("GET", "/findingAggregator/get/{FindingAggregatorArn+}")
            .rate(10.0, 30),
        Operation::new("ListMembers", list_members)
            .at("GET", "/members")
            .paged("MaxResults", "NextToken", (1, 50), 50)
            .rate(10.0, 30),
        Operation::new("GetAdministratorAccount", get_administrator)
            .at("GET", "/administrator")
            .rate(10.0, 30),
        Operation::new(
            "DescribeOrganizationConfiguration",
            organization_configuration,
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

/// The names of a finding in a request.
fn identifier(value: &Value) -> Result<(String, String), Refusal> {
    match (value.at("Id").as_str(), value.at("ProductArn").as_str()) {
        (Some(id), Some(arn)) if !id.trim().is_empty() && !arn.trim().is_empty() => {
            Ok((id.to_owned(), arn.to_owned()))
        }
        _ => Err(invalid(
            "Invalid parameter 'FindingIdentifiers': Id and ProductArn are needed",
        )),
    }
}

fn identified((id, arn): &(String, String)) -> Value {
    fields! { "Id" => id, "ProductArn" => arn }
}

/// What an operator wants to change.
struct Update {
    workflow: Option<Workflow>,
    note: Option<(String, String)>,
    over: Vec<(&'static str, Value)>,
}

impl Update {
    fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let workflow = match call.arg("Workflow").at("Status").as_str() {
            None => None,
            Some(text) => Some(Workflow::parse(text).ok_or_else(|| invalid(format!("Invalid parameter 'Workflow': Status '{text}' should be one of NEW, NOTIFIED, RESOLVED, SUPPRESSED")))?),
        };
        let note = match (
            call.arg("Note").at("Text").as_str(),
            call.arg("Note").at("UpdatedBy").as_str(),
        ) {
            (Some(text), Some(by)) if text.chars().count() <= 512 => {
                Some((text.to_owned(), by.to_owned()))
            }
            (None, None) => None,
            _ => {
                return Err(invalid(
                    "Invalid parameter 'Note': Text of at most 512 characters and UpdatedBy are needed",
                ));
            }
        };
        let labels = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
        if let Some(label) = call.arg("Severity").at("Label").as_str()
            && !labels.contains(&label)
        {
            return Err(invalid(format!(
                "Invalid parameter 'Severity': Label '{label}' should be one of {labels:?}"
            )));
        }
        let names = [
            "Severity",
            "VerificationState",
            "Confidence",
            "Criticality",
            "Types",
            "UserDefinedFields",
            "RelatedFindings",
        ];
        let over = names
            .into_iter()
            .filter(|name| !call.arg(name).is_null())
            .map(|name| (name, call.arg(name).clone()))
            .collect();
        Ok(Self {
            workflow,
            note,
            over,
        })
    }

    fn apply(&self, desk: &mut Desk, identity: &str, at: Timestamp) {
        let mut updates = Vec::new();
        if let Some(to) = self.workflow {
            updates.extend(desk.turn(to, at));
            // The decision counts from now on, even when it is the old one.
            desk.since = at;
        }
        if let Some((text, by)) = &self.note {
            let touch = desk.touch.get_or_insert_default();
            let old = touch
                .note
                .replace((text.clone(), by.clone(), at))
                .map_or(String::new(), |note| note.0);
            if old != *text {
                updates.push(("Note.Text".to_owned(), old, text.clone()));
            }
        }
        for (name, value) in &self.over {
            let touch = desk.touch.get_or_insert_default();
            let shown = |value: Option<&Value>| {
                value.map_or(String::new(), |v| {
                    String::from_utf8_lossy(&crate::sim::wire::json::encode(v)).into_owned()
                })
            };
            let old = shown(touch.over.get(name));
            let new = shown(Some(value));
            touch.over.set(*name, value.clone());
            if old != new {
                updates.push(((*name).to_owned(), old, new));
            }
        }
        if !updates.is_empty() {
            desk.remember(Change {
                at,
                by_operator: true,
                identity: identity.to_owned(),
                updates,
            });
        }
    }
}

fn batch_update(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let wanted = call.arg("FindingIdentifiers").items();
    if wanted.is_empty() || wanted.len() > 100 {
        return Err(invalid(
            "Invalid parameter 'FindingIdentifiers': between 1 and 100 items are allowed",
        ));
    }
    let wanted = wanted
        .iter()
        .map(identifier)
        .collect::<Result<Vec<_>, _>>()?;
    let update = Update::read(call)?;
    let spared: HashSet<&(String, String)> = wanted
        .iter()
        .skip(1)
        .step_by(if call.half { 2 } else { usize::MAX })
        .filter(|_| call.half)
        .collect();
    let missing: HashSet<&(String, String)> =
        wanted.iter().filter(|id| !spared.contains(id)).collect();
    let mut done: HashSet<(String, String)> = HashSet::new();
    for (account, region) in seen(call) {
        if done.len() == missing.len() {
            break;
        }
        let mut own = HashSet::new();
        let mut guarded = Vec::new();
        survey(call.world, &account, &region, &mut |row| {
            let id = (row.id().into_owned(), row.product_arn().into_owned());
            if missing.contains(&id) {
                match row.body {
                    Body::Own(item) => {
                        own.insert(item.serial);
                    }
                    Body::Guard(finding, _, _) => {
                        guarded.push((finding.id(), finding.created, row.workflow()));
                    }
                }
                done.insert(id);
            }
            false
        });
        if own.is_empty() && guarded.is_empty() {
            continue;
        }
        call.world
            .estate::<Hub, _>(&account, &region, |hub, _, now| {
                let items = hub
                    .items
                    .iter_mut()
                    .filter(|item| own.contains(&item.serial));
                items.for_each(|item| update.apply(&mut item.desk, &call.caller.arn, now));
                for (id, created, workflow) in guarded {
                    let desk = hub
                        .guarded
                        .entry(id)
                        .or_insert_with(|| Desk::untouched(created));
                    // A finding that came back from GuardDuty's archive is new again.
                    desk.workflow = workflow;
                    update.apply(desk, &call.caller.arn, now);
                }
            });
    }
    let (processed, rest): (Vec<_>, Vec<_>) = wanted.iter().partition(|id| done.contains(*id));
    let unprocessed = |id: &(String, String)| {
        let (code, message) = if spared.contains(id) {
            (
                "ConcurrentUpdateError",
                "The finding is being updated by another request. Try again.",
            )
        } else {
            ("FindingNotFound", "Finding Not Found")
        };
        fields! { "FindingIdentifier" => identified(id), "ErrorCode" => code, "ErrorMessage" => message }
    };
    Ok(fields! {
        "ProcessedFindings" => processed.into_iter().map(identified).collect::<Value>(),
        "UnprocessedFindings" => rest.into_iter().map(unprocessed).collect::<Value>(),
    })
}

fn batch_import(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let given = call.arg("Findings").items();
    if given.is_empty() || given.len() > 100 {
        return Err(invalid(
            "Invalid parameter 'Findings': between 1 and 100 items are allowed",
        ));
    }
    let product = call.arn(
        "securityhub",
        &format!("product/{}/default", call.account()),
    );
    let needed = [
        "SchemaVersion",
        "Id",
        "ProductArn",
        "GeneratorId",
        "AwsAccountId",
        "CreatedAt",
        "UpdatedAt",
        "Title",
        "Description",
    ];
    let mut failed = Vec::new();
    let mut done = 0;
    for finding in given {
        let at = |name: &str| finding.at(name).as_str().unwrap_or_default();
        let wrong = if let Some(name) = needed.iter().find(|name| at(name).trim().is_empty()) {
            Some(format!(
                "Finding does not adhere to Amazon Finding Format. data should have required property '{name}'."
            ))
        } else if finding.at("Resources").items().is_empty() {
            Some("Finding does not adhere to Amazon Finding Format. data.Resources should NOT have fewer than 1 items.".to_owned())
        } else if at("AwsAccountId") != call.account() || at("ProductArn") != product {
            Some(format!(
                "Account {} may import findings of its own account and product only",
                call.account()
            ))
        } else if ["CreatedAt", "UpdatedAt"]
            .iter()
            .any(|name| Timestamp::parse(at(name)).is_none())
        {
            Some("Finding does not adhere to Amazon Finding Format. data.UpdatedAt should match format \"date-time\".".to_owned())
        } else {
            None
        };
        match (wrong, finding) {
            (None, Value::Map(map)) => {
                call.estate::<Hub, _>(|hub, _, now| hub.import(map.clone(), now));
                done += 1;
            }
            (wrong, _) => failed.push(fields! { "Id" => at("Id"), "ErrorCode" => "InvalidInput", "ErrorMessage" => wrong.unwrap_or_default() }),
        }
    }
    Ok(
        fields! { "SuccessCount" => done, "FailedCount" => failed.len(), "FailedFindings" => Value::List(failed) },
    )
}

fn finding_history(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let id = identifier(call.arg("FindingIdentifier"))?;
    let bound = |name: &str| match call.arg(name) {
        Value::Null => Ok(None),
        value => value
            .as_time()
            .map(Some)
            .ok_or_else(|| invalid(format!("Invalid parameter '{name}': it is not a date-time"))),
    };
    let (start, end) = (bound("StartTime")?, bound("EndTime")?);
    let start = start.unwrap_or_else(|| call.now.minus(Duration::from_secs(90 * 86_400)));
    let end = end.unwrap_or(call.now);
    let mut records = Vec::new();
    for (account, region) in seen(call) {
        let found = survey(call.world, &account, &region, &mut |row| {
            if row.id() != id.0 || row.product_arn() != id.1 {
                return false;
            }
            records = row.history();
            true
        });
        if found {
            break;
        }
    }
    let records = records.into_iter().rev().filter(|change| change.at >= start && change.at <= end).map(|change| {
        let update = |(field, old, new): &(String, String, String)| fields! { "UpdatedField" => field, "OldValue" => old, "NewValue" => new };
        fields! {
            "FindingIdentifier" => identified(&id),
            "UpdateTime" => text::iso(change.at),
            "FindingCreated" => change.updates.is_empty(),
            "UpdateSource" => fields! {
                "Type" => if change.by_operator { "BATCH_UPDATE_FINDINGS" } else { "BATCH_IMPORT_FINDINGS" },
                "Identity" => &change.identity,
            },
            "Updates" => change.updates.iter().map(update).collect::<Value>(),
        }
    });
    let (records, next) = call.page()?.cut(records);
    Ok(fields! { "Records" => records, "NextToken" => next })
}

/// The aggregator that the caller sees: its region and its ARN.
fn aggregator(call: &Call<'_>) -> Option<(Arc<str>, String)> {
    let home = call.world.scenario().securityhub.home.clone()?;
    let owner = administrator(call.world).map_or(call.account(), |id| id);
    let name = call
        .world
        .unique("", &format!("aggregator/{owner}"))
        .to_lowercase();
    let p = call.world.partition();
    let arn = format!("arn:{p}:securityhub:{home}:{owner}:finding-aggregator/{name}");
    Some((home, arn))
}

fn list_aggregators(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let all = aggregator(call).map(|(_, arn)| fields! { "FindingAggregatorArn" => arn });
    let (list, next) = call.page()?.cut(all);
    Ok(fields! { "FindingAggregators" => list, "NextToken" => next })
}

fn get_aggregator(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let wanted = call.needed("FindingAggregatorArn");
    let found = aggregator(call).filter(|(_, arn)| arn == wanted);
    let (home, arn) = found.ok_or_else(|| {
        refusal(
            "ResourceNotFoundException",
            404,
            format!("The finding aggregator {wanted} was not found"),
        )
    })?;
    let linked = call
        .world
        .scenario()
        .regions
        .iter()
        .filter(|region| **region != home);
    Ok(fields! {
        "FindingAggregatorArn" => arn, "FindingAggregationRegion" => &home, "RegionLinkingMode" => "SPECIFIED_REGIONS",
        "Regions" => linked.collect::<Value>(),
    })
}

fn list_members(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    let me = call.caller.account.clone();
    let leads = administrator(call.world) == Some(&me);
    let mut members = Vec::new();
    for (id, account) in call.world.accounts() {
        if !leads
            || *id == me
            || account.entry.status != "ACTIVE"
            || !account.regions.contains(&call.region)
        {
            continue;
        }
        let since = call.world.estate::<Hub, _>(id, &call.region, |hub, _, _| {
            hub.enabled.then_some(hub.since)
        });
        let associated = call.arg("OnlyAssociated").as_bool().unwrap_or(true);
        if since.is_none() && associated {
            continue;
        }
        members.push(fields! {
            "AccountId" => id, "Email" => format!("aws+{}@example.com", account.entry.name), "MasterId" => &me, "AdministratorId" => &me,
            "MemberStatus" => if since.is_some() { "Enabled" } else { "Removed" },
            "InvitedAt" => since.map(text::iso), "UpdatedAt" => since.map(text::iso),
        });
    }
    let (members, next) = call.page()?.cut(members);
    Ok(fields! { "Members" => members, "NextToken" => next })
}

fn get_administrator(call: &Call<'_>) -> Answer {
    let since = subscribed(call)?;
    let administrator = administrator(call.world).filter(|id| ***id != *call.account());
    let administrator = administrator.map(|id| fields! { "AccountId" => id, "MemberStatus" => "Enabled", "InvitedAt" => text::iso(since) });
    Ok(fields! { "Administrator" => administrator })
}

fn organization_configuration(call: &Call<'_>) -> Answer {
    subscribed(call)?;
    if administrator(call.world).is_none_or(|id| **id != *call.account()) {
        return Err(refusal(
            "InvalidAccessException",
            401,
            format!(
                "Account {} is not an administrator for this organization",
                call.account()
            ),
        ));
    }
    Ok(fields! {
        "AutoEnable" => true, "AutoEnableStandards" => "DEFAULT", "MemberAccountLimitReached" => false,
        "OrganizationConfiguration" => fields! { "ConfigurationType" => "LOCAL", "Status" => "ENABLED" },
    })
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
