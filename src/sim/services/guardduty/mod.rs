//! GuardDuty: detectors and the threats they find.

mod criteria;
mod detector;
mod finding;
mod kinds;
mod section;
mod statistics;

use std::sync::Arc;

use self::criteria::{Criteria, Seen, facts};
pub use self::detector::{Detector, Finding};
pub use self::finding::{Cast, about, arn, title};
pub use self::kinds::{Act, Target};
pub use self::section::Section;
use super::fact::{self, Fact, Rank};
use super::{Answer, Call, Dialect, Operation, Refusal, Service};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::wire::{Map, Protocol, Value, text};
use crate::sim::world::{Site, World};

const PAGE: usize = 50;

/// The service.
pub const SERVICE: Service = Service {
    name: "guardduty",
    alias: "guardduty",
    protocols: &[Protocol::Rest],
    target: "",
    xmlns: "",
    dialect: Dialect {
        throttled: ("TooManyRequestsException", 429),
        denied: ("AccessDeniedException", 403),
        invalid: "BadRequestException",
        bad_token: "BadRequestException",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("ListDetectors", list_detectors)
            .at("GET", "/detector")
            .paged("maxResults", "nextToken", (1, PAGE), PAGE),
        Operation::new("GetDetector", get_detector).at("GET", "/detector/{DetectorId}"),
        Operation::new("ListFindings", list_findings)
            .at("POST", "/detector/{DetectorId}/findings")
            .paged("maxResults", "nextToken", (1, PAGE), PAGE),
        Operation::new("GetFindings", get_findings)
            .at("POST", "/detector/{DetectorId}/findings/get")
            .needs(&["findingIds"]),
        Operation::new("GetFindingsStatistics", statistics::statistics)
            .at("POST", "/detector/{DetectorId}/findings/statistics")
            .paged("maxResults", "nextToken", (1, 100), 100),
        Operation::new("ArchiveFindings", archive)
            .at("POST", "/detector/{DetectorId}/findings/archive")
            .needs(&["findingIds"]),
        Operation::new("UnarchiveFindings", unarchive)
            .at("POST", "/detector/{DetectorId}/findings/unarchive")
            .needs(&["findingIds"]),
        Operation::new("UpdateFindingsFeedback", feedback)
            .at("POST", "/detector/{DetectorId}/findings/feedback")
            .needs(&["findingIds", "feedback"]),
        Operation::new("CreateSampleFindings", sample)
            .at("POST", "/detector/{DetectorId}/findings/create"),
        Operation::new("ListMembers", list_members)
            .at("GET", "/detector/{DetectorId}/member")
            .paged("maxResults", "nextToken", (1, PAGE), PAGE),
        Operation::new("GetAdministratorAccount", get_administrator)
            .at("GET", "/detector/{DetectorId}/administrator"),
        Operation::new("ListOrganizationAdminAccounts", list_admins)
            .at("GET", "/admin")
            .paged("maxResults", "nextToken", (1, PAGE), PAGE),
    ],
    disabled,
    truth,
};

/// A refusal as GuardDuty words it.
fn bad(why: &str) -> Refusal {
    Refusal::new(
        "BadRequestException",
        format!("The request is rejected because {why}."),
    )
    .with("type", "InvalidInputException")
}

fn not_owned() -> Refusal {
    bad("the input detectorId is not owned by the current account")
}

fn disabled(call: &Call<'_>) -> Answer {
    match call.operation.name {
        "ListDetectors" => Ok(fields! { "detectorIds" => Value::List(Vec::new()) }),
        "ListOrganizationAdminAccounts" => list_admins(call),
        _ => Err(not_owned()),
    }
}

/// The account that administers GuardDuty in this world.
fn administrator(world: &World) -> Option<&Arc<str>> {
    let name = world.scenario().guardduty.administrator.as_deref()?;
    Some(&world.account(name)?.entry.id)
}

/// The accounts whose findings the caller's detector holds: its own, and those of its members.
fn watched(call: &Call<'_>) -> Vec<Arc<str>> {
    match administrator(call.world) {
        Some(id) if **id == *call.account() => {
            let in_use = |a: &crate::sim::world::Account| a.regions.contains(&call.region);
            let all = call.world.accounts().iter();
            all.filter(|(_, a)| in_use(a) && a.entry.status == "ACTIVE")
                .map(|(id, _)| id.clone())
                .collect()
        }
        _ => vec![call.caller.account.clone()],
    }
}

/// Looks at the detector that the request names; refused when it is not the caller's.
fn own<R>(
    call: &Call<'_>,
    look: impl FnOnce(&mut Detector, &Site, Timestamp) -> R,
) -> Result<R, Refusal> {
    let wanted = call.needed("DetectorId");
    call.estate::<Detector, _>(|detector, site, now| {
        (detector.enabled && detector.id == wanted)
            .then(|| look(detector, site, now))
            .ok_or_else(not_owned)
    })
}

/// Shows every finding that the named detector holds, until `see` has seen enough.
fn survey(call: &Call<'_>, mut see: impl FnMut(Seen<'_>) -> bool) -> Result<(), Refusal> {
    own(call, |_, _, _| ())?;
    for account in watched(call) {
        let done = call
            .world
            .estate::<Detector, _>(&account, &call.region, |detector, site, _| {
                detector.enabled
                    && detector.findings.iter().any(|finding| {
                        see(Seen {
                            finding,
                            detector,
                            site,
                        })
                    })
            });
        if done {
            break;
        }
    }
    Ok(())
}

/// Changes findings by id, wherever the detector holds them.
fn change(call: &Call<'_>, mut change: impl FnMut(&mut Finding, Timestamp)) -> Answer {
    own(call, |_, _, _| ())?;
    let ids = ids(call)?;
    for account in watched(call) {
        call.world
            .estate::<Detector, _>(&account, &call.region, |detector, _, now| {
                for id in &ids {
                    if let Some(finding) = detector.find(id) {
                        change(finding, now);
                    }
                }
            });
    }
    Ok(Value::Map(Map::default()))
}

fn ids(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let ids: Vec<String> = call.arg("findingIds").texts().map(str::to_owned).collect();
    if ids.len() > PAGE {
        return Err(bad("the parameter findingIds has more than 50 items"));
    }
    if let Some(wrong) = ids.iter().find(|id| id.is_empty() || id.len() > 300) {
        return Err(bad(&format!(
            "the parameter findingIds has an invalid value '{wrong}'"
        )));
    }
    Ok(ids)
}

fn list_detectors(call: &Call<'_>) -> Answer {
    call.page()?;
    let id =
        call.estate::<Detector, _>(|detector, _, _| detector.enabled.then(|| detector.id.clone()));
    Ok(fields! { "detectorIds" => id.into_iter().collect::<Value>() })
}

fn get_detector(call: &Call<'_>) -> Answer {
    own(call, |detector, site, _| {
        let since = text::iso(detector.since);
        let on = || fields! { "status" => "ENABLED" };
        let features = [
            "CLOUD_TRAIL",
            "DNS_LOGS",
            "FLOW_LOGS",
            "S3_DATA_EVENTS",
            "EKS_AUDIT_LOGS",
            "EBS_MALWARE_PROTECTION",
            "RDS_LOGIN_EVENTS",
            "LAMBDA_NETWORK_LOGS",
            "RUNTIME_MONITORING",
        ];
        fields! {
            "status" => "ENABLED",
            "createdAt" => &since,
            "updatedAt" => &since,
            "findingPublishingFrequency" => "FIFTEEN_MINUTES",
            "serviceRole" => format!("arn:{}:iam::{}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty", site.partition, site.account),
            "dataSources" => fields! {
                "cloudTrail" => on(), "dnsLogs" => on(), "flowLogs" => on(), "s3Logs" => on(),
                "kubernetes" => fields! { "auditLogs" => on() },
            },
            "features" => features.iter().map(|name| fields! { "name" => *name, "status" => "ENABLED", "updatedAt" => detector.since }).collect::<Value>(),
            "tags" => Value::Map(Map::default()),
        }
    })
}

/// How a list is sorted: by which attribute, and whether downwards.
fn sorting(call: &Call<'_>) -> Result<Option<(String, bool)>, Refusal> {
    let given = call.arg("sortCriteria");
    let Some(attribute) = given.at("attributeName").as_str() else {
        return Ok(None);
    };
    let down = match given.at("orderBy").as_str() {
        None | Some("ASC") => false,
        Some("DESC") => true,
        Some(other) => {
            return Err(bad(&format!(
                "the parameter orderBy has an invalid value '{other}'"
            )));
        }
    };
    Ok(Some((attribute.to_owned(), down)))
}

/// The place of a finding in the order that is asked for; by id when none is.
fn rank(sorting: Option<&(String, bool)>, seen: Seen<'_>) -> Rank {
    let by = sorting.map(|(by, down)| (facts(seen, by).into_iter().next().map(Fact::keep), *down));
    Rank {
        by: by.into_iter().collect(),
        key: seen.finding.id(),
    }
}

fn list_findings(call: &Call<'_>) -> Answer {
    let criteria = Criteria::read(call.arg("findingCriteria"))?;
    let sorting = sorting(call)?;
    let page = call.page()?;
    let mut found = Vec::new();
    survey(call, |seen| {
        if criteria.meets(seen) {
            found.push((rank(sorting.as_ref(), seen), seen.finding.id()));
        }
        false
    })?;
    let (ids, next) = fact::cut(&page, found);
    // The last page says so with an empty token.
    Ok(fields! { "findingIds" => ids, "nextToken" => next.unwrap_or_default() })
}

fn get_findings(call: &Call<'_>) -> Answer {
    let ids = ids(call)?;
    let sorting = sorting(call)?;
    let mut found = Vec::new();
    survey(call, |seen| {
        if ids.contains(&seen.finding.id()) {
            found.push((
                rank(sorting.as_ref(), seen),
                finding::describe(seen.finding, seen.detector, seen.site),
            ));
        }
        found.len() == ids.len()
    })?;
    let (findings, _) = fact::cut(&call.page()?, found);
    Ok(fields! { "findings" => findings })
}

/// Members of an administrator leave the archive to it.
fn must_administer(call: &Call<'_>) -> Result<(), Refusal> {
    match administrator(call.world) {
        Some(id) if **id != *call.account() => Err(bad(
            "the current account cannot archive or unarchive findings: a member account is managed by its administrator account",
        )),
        _ => Ok(()),
    }
}

fn archive(call: &Call<'_>) -> Answer {
    own(call, |_, _, _| ())?;
    must_administer(call)?;
    change(call, |finding, now| finding.archive(true, now))
}

fn unarchive(call: &Call<'_>) -> Answer {
    own(call, |_, _, _| ())?;
    must_administer(call)?;
    change(call, |finding, now| finding.archive(false, now))
}

fn feedback(call: &Call<'_>) -> Answer {
    let useful = match call.needed("feedback") {
        "USEFUL" => true,
        "NOT_USEFUL" => false,
        other => {
            return Err(bad(&format!(
                "the parameter feedback has an invalid value '{other}'"
            )));
        }
    };
    change(call, |finding, _| finding.feedback = Some(useful))
}

fn sample(call: &Call<'_>) -> Answer {
    let wanted: Vec<&str> = call.arg("findingTypes").texts().collect();
    if wanted.len() > PAGE {
        return Err(bad("the parameter findingTypes has more than 50 items"));
    }
    let mut kinds = Vec::new();
    for name in &wanted {
        kinds.push(kinds::find(name).ok_or_else(|| {
            bad(&format!(
                "the parameter findingTypes has an invalid value '{name}'"
            ))
        })?);
    }
    if wanted.is_empty() {
        kinds.extend(0..kinds::KINDS.len());
    }
    own(call, |detector, site, now| {
        for kind in &kinds {
            detector.sample(site, *kind, now);
        }
    })?;
    Ok(Value::Map(Map::default()))
}

fn list_members(call: &Call<'_>) -> Answer {
    own(call, |_, _, _| ())?;
    let page = call.page()?;
    let me = call.caller.account.clone();
    let mut members = Vec::new();
    for account in watched(call).into_iter().filter(|account| *account != me) {
        let (enabled, id, since) =
            call.world
                .estate::<Detector, _>(&account, &call.region, |detector, _, _| {
                    (detector.enabled, detector.id.clone(), detector.since)
                });
        if !enabled && call.text("onlyAssociated") != Some("false") {
            continue;
        }
        let name = call.world.account(&account).map_or("", |a| &a.entry.name);
        members.push(fields! {
            "accountId" => &account,
            "detectorId" => if enabled { Some(id) } else { None },
            "masterId" => &me,
            "administratorId" => &me,
            "email" => format!("aws+{name}@example.com"),
            "relationshipStatus" => if enabled { "Enabled" } else { "Disabled" },
            "invitedAt" => text::iso(since),
            "updatedAt" => text::iso(since),
        });
    }
    let (members, next) = page.cut(members);
    Ok(fields! { "members" => members, "nextToken" => next })
}

fn get_administrator(call: &Call<'_>) -> Answer {
    let since = own(call, |detector, _, _| detector.since)?;
    let administrator = administrator(call.world).filter(|id| ***id != *call.account()).map(|id| {
        fields! { "accountId" => id, "relationshipStatus" => "Enabled", "invitedAt" => text::iso(since) }
    });
    Ok(fields! { "administrator" => administrator.unwrap_or_else(|| Value::Map(Map::default())) })
}

fn list_admins(call: &Call<'_>) -> Answer {
    if **call.world.management() != *call.account() {
        return Err(bad(
            "the current account is not the management account of an organization",
        ));
    }
    let admin = administrator(call.world)
        .map(|id| fields! { "adminAccountId" => id, "adminStatus" => "ENABLED" });
    Ok(fields! { "adminAccounts" => admin.into_iter().collect::<Value>() })
}

fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate::<Detector, _>(account, region, |detector, site, _| {
        let findings = detector.findings.iter().map(|finding| finding::describe(finding, detector, site));
        fields! {
            "detectorIds" => detector.enabled.then(|| detector.id.clone()).into_iter().collect::<Value>(),
            "findings" => findings.collect::<Value>(),
        }
    })
}
