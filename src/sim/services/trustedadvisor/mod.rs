//! Trusted Advisor: what AWS recommends to an account. One endpoint for all regions; only accounts with a plan that has the API may
//! ask, and those without hear what those hear whose permission is missing.

mod section;

use std::time::Duration;

use self::section::Entry;
pub use self::section::Section;
use super::stock::{WORKLOADS, is};
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::wire::{Map, Protocol, Value, text};
use crate::sim::world::{Estate, Site, World};

/// The service.
pub const SERVICE: Service = Service {
    name: "trustedadvisor",
    alias: "trustedadvisor",
    protocols: &[Protocol::Rest],
    target: "",
    xmlns: "",
    dialect: Dialect {
        throttled: ("ThrottlingException", 429),
        denied: ("AccessDeniedException", 403),
        bad_token: "ValidationException",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("ListRecommendations", list)
            .at("GET", "/v1/recommendations")
            .paged("maxResults", "nextToken", (1, 200), 100),
        Operation::new("GetRecommendation", get)
            .at("GET", "/v1/recommendations/{recommendationIdentifier}")
            .needs(&["recommendationIdentifier"]),
        Operation::new("ListRecommendationResources", resources)
            .at(
                "GET",
                "/v1/recommendations/{recommendationIdentifier}/resources",
            )
            .paged("maxResults", "nextToken", (1, 5_000), 1_000)
            .needs(&["recommendationIdentifier"]),
    ],
    disabled: no_plan,
    truth,
};

/// Name, pillar, service, whether it is an error, and who found it.
const CHECKS: [(&str, &str, &str, bool, &str); 9] = [
    (
        "Amazon EBS Snapshots",
        "fault_tolerance",
        "ebs",
        false,
        "ta_check",
    ),
    (
        "Security Groups - Unrestricted Access",
        "security",
        "ec2",
        true,
        "ta_check",
    ),
    (
        "Auto Scaling Group Health Check",
        "fault_tolerance",
        "autoscaling",
        false,
        "ta_check",
    ),
    (
        "VPC Elastic IP Address",
        "service_limits",
        "vpc",
        false,
        "ta_check",
    ),
    (
        "Idle Load Balancers",
        "cost_optimizing",
        "elasticloadbalancing",
        false,
        "ta_check",
    ),
    (
        "Low Utilization Amazon EC2 Instances",
        "cost_optimizing",
        "ec2",
        false,
        "cost_explorer",
    ),
    (
        "AWS Lambda Functions Using Deprecated Runtimes",
        "security",
        "lambda",
        true,
        "ta_check",
    ),
    (
        "S3 buckets should have MFA delete enabled",
        "security",
        "s3",
        false,
        "security_hub",
    ),
    (
        "Amazon RDS Multi-AZ",
        "fault_tolerance",
        "rds",
        false,
        "ta_check",
    ),
];

/// What an account without a plan hears.
fn no_plan(call: &Call<'_>) -> Answer {
    Err(Refusal::new(
        "AccessDeniedException",
        format!(
            "Account {} is not authorized to use the Trusted Advisor API",
            call.account()
        ),
    )
    .status(403))
}

/// What is recommended to an account.
struct Advice {
    has_plan: bool,
    all: Vec<Recommendation>,
}

/// One recommendation.
struct Recommendation {
    id: String,
    entry: Entry,
    service: String,
    began: Timestamp,
    looked: Chance,
    resources: Vec<Resource>,
}

/// One resource that it is about.
struct Resource {
    name: String,
    region: String,
    is_error: bool,
    is_excluded: bool,
}

impl Estate for Advice {
    fn found(site: &Site) -> Self {
        let section = &site.scenario.trustedadvisor;
        let dice = Chance::of(site, "trustedadvisor");
        let mut order: Vec<usize> = (0..CHECKS.len()).collect();
        order.sort_by_key(|n| dice.on(*n as u64).hex(8));
        let found = order.into_iter().take(section.found).map(|n| {
            let (name, pillar, service, is_error, source) = CHECKS[n];
            let dice = dice.named(name);
            let count =
                |on: u64, most: i64| usize::try_from(dice.on(on).between(1, most)).unwrap_or(1);
            let entry = Entry {
                name: name.to_owned(),
                accounts: Vec::new(),
                status: if is_error { "error" } else { "warning" }.to_owned(),
                pillars: vec![pillar.to_owned()],
                source: source.to_owned(),
                text: format!("Checks {service}: {name}."),
                errors: if is_error { count(1, 6) } else { 0 },
                warnings: if is_error { 0 } else { count(2, 9) },
                excluded: 0,
                saving: (pillar == "cost_optimizing")
                    .then(|| 40.0 * (1.0 + 20.0 * dice.on(3).unit())),
            };
            (entry, service.to_owned())
        });
        let by_hand = section.recommendation.iter();
        let by_hand = by_hand
            .filter(|entry| covers(&entry.accounts, &[], site))
            .map(|entry| (entry.clone(), "ec2".to_owned()));
        Self {
            has_plan: !section.without_plan.iter().any(|account| is(account, site)),
            all: found
                .chain(by_hand)
                .map(|(entry, service)| {
                    Recommendation::new(dice.named(&entry.name), entry, service, site)
                })
                .collect(),
        }
    }

    fn advance(&mut self, _: &Site, _: Timestamp) {}
}

impl Recommendation {
    fn new(dice: Chance, entry: Entry, service: String, site: &Site) -> Self {
        let regions = &site.scenario.regions;
        let total = entry.errors + entry.warnings;
        let resources = (0..total).map(|n| {
            let dice = dice.on(50 + n as u64);
            Resource {
                name: format!("{}-{}", dice.pick(WORKLOADS), dice.on(1).hex(4)),
                region: regions
                    .get(n % regions.len().max(1))
                    .map_or("us-east-1", |r| &**r)
                    .to_owned(),
                is_error: n < entry.errors,
                is_excluded: n < entry.excluded,
            }
        });
        Self {
            id: dice.on(4).uuid(),
            resources: resources.collect(),
            began: site.started.minus(Duration::from_secs(
                dice.on(5).between(86_400, 90 * 86_400).unsigned_abs(),
            )),
            looked: dice.on(6),
            service,
            entry,
        }
    }

    fn arn(&self, site: &Site) -> String {
        format!(
            "arn:{}:trustedadvisor::{}:recommendation/{}",
            site.partition, site.account, self.id
        )
    }

    /// When Trusted Advisor looked last: once a day.
    fn updated(&self, now: Timestamp) -> Timestamp {
        let day = 86_400_000;
        let hour = self.looked.between(0, day);
        let at = (now.as_millis() - hour).div_euclid(day) * day + hour;
        Timestamp::from_millis(at).max(self.began)
    }

    fn describe(&self, site: &Site, now: Timestamp) -> Map {
        let entry = &self.entry;
        let mut all = Map::default();
        all.set("id", &self.id);
        all.set("type", "standard");
        all.set(
            "checkArn",
            format!(
                "arn:{}:trustedadvisor:::check/{}",
                site.partition,
                &self.id[..8]
            ),
        );
        all.set("status", &entry.status);
        let pillars: Value = entry.pillars.iter().map(String::as_str).collect();
        all.set("pillars", pillars);
        all.set("source", &entry.source);
        let services: Value = [self.service.as_str()].into_iter().collect();
        all.set("awsServices", services);
        all.set("name", &entry.name);
        all.set(
            "resourcesAggregates",
            fields! {
                "okCount" => 0, "warningCount" => entry.warnings, "errorCount" => entry.errors, "excludedCount" => entry.excluded,
            },
        );
        if let Some(saving) = entry.saving {
            all.set(
                "pillarSpecificAggregates",
                fields! { "costOptimizing" => fields! { "estimatedMonthlySavings" => saving, "estimatedPercentMonthlySavings" => 4.5 } },
            );
        }
        all.set("createdAt", text::iso(self.began));
        all.set("lastUpdatedAt", text::iso(self.updated(now)));
        all.set("arn", self.arn(site));
        all
    }
}

/// Looks at what is recommended to the caller; refused where there is no plan.
fn own<R>(
    call: &Call<'_>,
    look: impl FnOnce(&Advice, &Site, Timestamp) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    // One account's answer is the same wherever it is asked.
    call.world
        .estate::<Advice, _>(call.account(), "us-east-1", |advice, site, now| {
            if advice.has_plan {
                look(advice, site, now)
            } else {
                no_plan(call).and_then(|_| look(advice, site, now))
            }
        })
}

fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    own(call, |advice, site, now| {
        let is = |member: &str, value: &str| call.text(member).is_none_or(|wanted| wanted == value);
        let after = call.text("afterLastUpdatedAt").and_then(Timestamp::parse);
        let met = advice.all.iter().filter(|one| {
            is("status", &one.entry.status)
                && is("source", &one.entry.source)
                && is("awsService", &one.service)
                && is("type", "standard")
                && call
                    .text("pillar")
                    .is_none_or(|p| one.entry.pillars.iter().any(|own| own == p))
                && after.is_none_or(|after| one.updated(now) >= after)
        });
        let (all, next) = page.cut(met.map(|one| Value::Map(one.describe(site, now))));
        Ok(fields! { "recommendationSummaries" => Value::List(all), "nextToken" => next })
    })
}

/// The recommendation that a call names by its id or its ARN.
fn named<'a>(
    call: &Call<'_>,
    advice: &'a Advice,
    site: &Site,
) -> Result<&'a Recommendation, Refusal> {
    let wanted = call.needed("recommendationIdentifier");
    let found = advice
        .all
        .iter()
        .find(|one| one.id == wanted || one.arn(site) == wanted);
    found.ok_or_else(|| {
        Refusal::new(
            "ResourceNotFoundException",
            format!("No recommendation {wanted}"),
        )
        .status(404)
    })
}

fn get(call: &Call<'_>) -> Answer {
    own(call, |advice, site, now| {
        let one = named(call, advice, site)?;
        let mut all = one.describe(site, now);
        all.set("description", &one.entry.text);
        Ok(fields! { "recommendation" => Value::Map(all) })
    })
}

fn resources(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    own(call, |advice, site, now| {
        let one = named(call, advice, site)?;
        let is = |member: &str, value: &str| call.text(member).is_none_or(|wanted| wanted == value);
        let told = one.resources.iter().filter_map(|resource| {
            let status = if resource.is_error {
                "error"
            } else {
                "warning"
            };
            let exclusion = if resource.is_excluded {
                "excluded"
            } else {
                "included"
            };
            let is_meant = is("status", status)
                && is("exclusionStatus", exclusion)
                && is("regionCode", &resource.region);
            let mut all = Map::default();
            all.set("id", &resource.name);
            all.set(
                "arn",
                format!("{}/resource/{}", one.arn(site), resource.name),
            );
            all.set("awsResourceId", &resource.name);
            all.set("regionCode", &resource.region);
            all.set("status", status);
            all.set(
                "metadata",
                fields! { "0" => status, "1" => &resource.region, "2" => &resource.name },
            );
            all.set("lastUpdatedAt", text::iso(one.updated(now)));
            all.set("exclusionStatus", exclusion);
            all.set("recommendationArn", one.arn(site));
            is_meant.then_some(Value::Map(all))
        });
        let (all, next) = page.cut(told);
        Ok(fields! { "recommendationResourceSummaries" => Value::List(all), "nextToken" => next })
    })
}

/// Everything that is recommended to an account, in every status.
fn truth(world: &World, account: &str, _: &str) -> Value {
    world.estate::<Advice, _>(account, "us-east-1", |advice, site, now| {
        let all = advice
            .all
            .iter()
            .map(|one| Value::Map(one.describe(site, now)));
        fields! { "recommendations" => all.collect::<Value>() }
    })
}
