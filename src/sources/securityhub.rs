//! Security Hub (CSPM): every product's findings that are active and neither resolved nor suppressed.
//!
//! `GetFindings` with `RecordState = ACTIVE` and `WorkflowStatus` NEW or NOTIFIED, pages of 50 because a page of 100
//! can be several megabytes; a hundred where one account is asked for all, because three pages a second is all that AWS gives. A finding of GuardDuty has the same item key here as in GuardDuty: one row.
//! `BatchUpdateFindings` does not move `UpdatedAt`, so what changed cannot be asked for; the open set is read whole.

mod organization;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, RecordState, SeverityLabel, StringFilter,
    StringFilterComparison, WorkflowStatus,
};
use serde_json::Value;

use crate::aws::ops::GET_FINDINGS;
use crate::clock::Timestamp;
use crate::domain::finding::{FindingDetail, FindingTerms};
use crate::domain::text::{clean, clean_arc};
use crate::domain::{
    Detail, Fault, Item, ItemKey, ItemState, Kind, Record, Scope, Severity, Slice, SourceId,
};

use super::spoken::Spoken;
use super::{
    Ask, FINDING_TERMS, Look, Pages, Part, Plane, Reach, SliceSpec, Source, guardduty, intern,
    shared,
};

/// The findings of all members, from the region that gathers them.
pub const ORGANIZATION: Slice = Slice("organization");

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Securityhub,
    kinds: &[Kind::Finding],
    slices: &[
        SliceSpec {
            slice: ORGANIZATION,
            every: Duration::from_secs(120),
            part: Part::Snapshot,
            reach: Reach::Organization,
            plane: Plane::Home,
        },
        SliceSpec {
            slice: Slice::ALL,
            every: Duration::from_secs(60),
            part: Part::Snapshot,
            reach: Reach::Rest,
            plane: Plane::Regional,
        },
    ],
    ask: |ask| match ask.slice() {
        ORGANIZATION => Box::pin(organization::ask(ask)),
        _ => Box::pin(self::ask(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

/// Findings of one page. A finding may have 240 kB, so a full page of 100 would be many megabytes.
const PAGE: i32 = 50;

fn equals(value: &str) -> StringFilter {
    StringFilter::builder()
        .value(value)
        .comparison(StringFilterComparison::Equals)
        .build()
}

async fn ask(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return Ok(());
    }
    read(&ask, PAGE).await
}

/// Reads every open finding that this account has here of those whom the answer speaks for.
async fn read(ask: &Ask, page: i32) -> Result<(), Fault> {
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let filters = AwsSecurityFindingFilters::builder()
            .record_state(equals("ACTIVE"))
            .workflow_status(equals("NEW"))
            .workflow_status(equals("NOTIFIED"))
            .build();
        let out = ask
            .access()
            .securityhub(&GET_FINDINGS, |client, with| {
                client
                    .get_findings()
                    .filters(filters)
                    .max_results(page)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        // An administrator has its members' findings too, and a home region those of others; they are said by whoever speaks for them.
        let findings = out.findings.unwrap_or_default();
        let records = findings.iter().filter_map(|f| record(ask.scope(), f));
        ask.page(
            records
                .filter(|r| ask.speaks_for(r.item.key.scope))
                .collect(),
        )
        .await;
        pages.turn(&GET_FINDINGS, out.next_token)?;
    }
    Ok(())
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let id = look.item.told_arn.as_deref().unwrap_or_else(|| {
        // Ids that are no ARNs carry their product in front; see `item_id`.
        let Detail::Finding(detail) = &look.item.detail else {
            return &look.item.key.id;
        };
        let product = detail.terms.product_arn.as_deref().unwrap_or_default();
        look.item
            .key
            .id
            .strip_prefix(product)
            .and_then(|id| id.strip_prefix('/'))
            .unwrap_or(&look.item.key.id)
    });
    let filters = AwsSecurityFindingFilters::builder().id(equals(id)).build();
    access
        .securityhub(&GET_FINDINGS, |client, with| {
            client
                .get_findings()
                .filters(filters)
                .max_results(1)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("Findings")?.get(0).cloned())
        .ok_or_else(|| look.gone(&GET_FINDINGS))
}

/// The severity of a finding: its label, else its normalized score at Security Hub's own borders.
fn severity(finding: &AwsSecurityFinding) -> Severity {
    let Some(severity) = finding.severity() else {
        return Severity::Info;
    };
    match (severity.label(), severity.normalized()) {
        (Some(SeverityLabel::Critical), _) => Severity::Critical,
        (Some(SeverityLabel::High), _) => Severity::High,
        (Some(SeverityLabel::Medium), _) => Severity::Medium,
        (Some(SeverityLabel::Low), _) => Severity::Low,
        (Some(SeverityLabel::Informational), _) => Severity::Info,
        (_, Some(90..)) => Severity::Critical,
        (_, Some(70..=89)) => Severity::High,
        (_, Some(40..=69)) => Severity::Medium,
        (_, Some(1..=39)) => Severity::Low,
        _ => Severity::Info,
    }
}

/// Whether GuardDuty made this finding: then its `Id` is the GuardDuty finding's ARN.
fn is_guardduty(finding: &AwsSecurityFinding) -> bool {
    finding
        .product_arn()
        .is_some_and(|arn| arn.ends_with(":product/aws/guardduty"))
        || finding
            .id()
            .is_some_and(|id| id.split(':').nth(2) == Some("guardduty"))
}

/// The id that makes the finding one item. ASFF identifies by `Id` and `ProductArn` together; an `Id` that is an
/// ARN is unique by itself, any other one is not.
fn item_id(finding: &AwsSecurityFinding, id: &str) -> Arc<str> {
    if is_guardduty(finding) {
        clean_arc(guardduty::finding_id(id))
    } else if id.starts_with("arn:") {
        clean_arc(id)
    } else {
        clean_arc(&format!(
            "{}/{id}",
            finding.product_arn().unwrap_or_default()
        ))
    }
}

/// The product under its own name: `GuardDuty`, `Inspector`, `Security Hub`, a partner's.
fn product(finding: &AwsSecurityFinding) -> Arc<str> {
    let name = finding.product_name().unwrap_or_default();
    if !name.is_empty() {
        return intern(name);
    }
    let from_arn = finding
        .product_arn()
        .and_then(|arn| arn.rsplit('/').next())
        .unwrap_or("Security Hub");
    intern(from_arn)
}

/// The name of the row: for a control its id and title, for GuardDuty its finding type, else the title.
fn name(finding: &AwsSecurityFinding) -> Arc<str> {
    let title = finding.title().unwrap_or_default();
    if is_guardduty(finding) {
        // ASFF spells GuardDuty's types `TTPs/Command and Control/Backdoor:EC2-C&CActivity.B`.
        let kind = finding
            .types()
            .first()
            .map_or(title, |t| t.rsplit('/').next().unwrap_or(t));
        return intern(&kind.replacen('-', "/", 1));
    }
    match finding.compliance().and_then(|c| c.security_control_id()) {
        Some(control) if !title.starts_with(control) => intern(&format!("{control} {title}")),
        Some(_) => intern(title),
        None => clean_arc(title),
    }
}

/// A finding as a record. `None` for an answer without an id.
#[must_use]
pub fn record(vantage: Scope, finding: &AwsSecurityFinding) -> Option<Record> {
    let id = finding.id().filter(|id| !id.is_empty())?;
    let scope = Scope {
        account: finding
            .aws_account_id()
            .and_then(|a| a.parse().ok())
            .unwrap_or(vantage.account),
        region: finding
            .region()
            .and_then(|r| r.parse().ok())
            .unwrap_or(vantage.region),
    };
    let time = |text: Option<&str>| text.and_then(Timestamp::parse);
    let created = time(finding.created_at()).unwrap_or_default();
    let first_seen = time(finding.first_observed_at()).unwrap_or(created);
    let changed = time(finding.updated_at()).unwrap_or(created);
    let workflow = finding.workflow().and_then(|w| w.status());
    let closed = matches!(
        workflow,
        Some(WorkflowStatus::Resolved | WorkflowStatus::Suppressed)
    ) || matches!(finding.record_state(), Some(RecordState::Archived));
    let record_state = finding.record_state().map_or("ACTIVE", RecordState::as_str);
    let workflow_word = workflow.map_or("NEW", WorkflowStatus::as_str);
    let resource = finding.resources().first();
    let note = finding.note().and_then(|n| {
        Some(Box::new((
            clean_arc(n.text()?),
            clean_arc(n.updated_by().unwrap_or_default()),
        )))
    });
    let recommendation = finding.remediation().and_then(|r| r.recommendation());
    // A control says the same of every resource that fails it.
    let is_control = finding
        .compliance()
        .is_some_and(|c| c.security_control_id().is_some());
    let said = if is_control { intern } else { clean_arc };
    let name = name(finding);
    let title = finding
        .title()
        .or(finding.description())
        .unwrap_or_default();
    let item = Item {
        key: ItemKey {
            kind: Kind::Finding,
            scope,
            id: item_id(finding, id),
        },
        told_arn: id.starts_with("arn:").then(|| clean_arc(id)),
        title: if is_control {
            intern(title)
        } else {
            shared(title, &name)
        },
        name,
        severity: severity(finding),
        state: if closed {
            ItemState::Calm
        } else {
            ItemState::Open
        },
        native_state: intern(&format!("{record_state}/{workflow_word}")),
        resource: resource.and_then(|r| r.id()).map(clean_arc),
        opened: first_seen,
        changed,
        episode: first_seen,
        detail: Detail::Finding(Box::new(FindingDetail {
            terms: FINDING_TERMS.share(FindingTerms {
                product: product(finding),
                finding_type: intern(finding.types().first().map_or("", String::as_str)),
                remediation: recommendation.and_then(|r| r.text()).map(said),
                remediation_url: recommendation.and_then(|r| r.url()).map(said),
                resource_type: resource.and_then(|r| r.r#type()).map(intern),
                workflow: Some(intern(workflow_word)),
                record_state: Some(intern(record_state)),
                compliance: finding
                    .compliance()
                    .and_then(|c| c.status())
                    .map(|s| intern(s.as_str())),
                product_arn: finding.product_arn().map(intern),
            }),
            score: finding
                .severity()
                .and_then(|s| s.normalized())
                .map(f64::from),
            description: finding.description().map(said),
            count: guardduty_count(finding),
            first_seen,
            last_seen: time(finding.last_observed_at()).unwrap_or(changed),
            note,
            attack_sequence: None,
            rule: rule(finding),
        })),
    };
    // An ARN is unique by itself, and the item has it already.
    let native = item.told_arn.clone().unwrap_or_else(|| {
        let product = clean(finding.product_arn().unwrap_or_default());
        Arc::from(format!("{product}|{}", clean(id)))
    });
    Some(Record { native, item })
}

/// The rule of AWS Config behind a control's finding, as Security Hub writes it into ASFF's product fields.
fn rule(finding: &AwsSecurityFinding) -> Option<Arc<str>> {
    let fields = finding.product_fields()?;
    let kind = fields.get("RelatedAWSResources:0/type")?;
    (kind == "AWS::Config::ConfigRule")
        .then(|| fields.get("RelatedAWSResources:0/name"))?
        .map(|name| intern(name))
}

/// How often GuardDuty saw it, as it writes into ASFF's product fields.
fn guardduty_count(finding: &AwsSecurityFinding) -> Option<i64> {
    finding
        .product_fields()?
        .get("aws/guardduty/service/count")?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_securityhub::types::{Compliance, Severity as Asff, Workflow};

    fn vantage() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn finding(id: &str) -> aws_sdk_securityhub::types::builders::AwsSecurityFindingBuilder {
        AwsSecurityFinding::builder()
            .id(id)
            .product_arn("arn:aws:securityhub:eu-west-1::product/aws/securityhub")
            .product_name("Security Hub")
            .aws_account_id("222222222222")
            .region("eu-west-1")
            .created_at("2026-11-20T10:00:00.123456789Z")
            .updated_at("2026-11-21T10:00:00+01:00")
            .title("S3 buckets should block public access")
            .severity(Asff::builder().label(SeverityLabel::High).build())
    }

    #[test]
    fn guardduty_and_security_hub_know_one_finding_under_one_key() {
        let arn = "arn:aws:guardduty:eu-west-1:222222222222:detector/12ab/finding/34cd";
        let hub = finding(arn)
            .product_arn("arn:aws:securityhub:eu-west-1::product/aws/guardduty")
            .types("TTPs/Command and Control/Backdoor:EC2-C&CActivity.B")
            .build();
        let theirs = aws_sdk_guardduty::types::Finding::builder()
            .id("34cd")
            .account_id("222222222222")
            .region("eu-west-1")
            .r#type("Backdoor:EC2/C&CActivity.B")
            .build();
        let hub = record(vantage(), &hub).unwrap().item;
        let theirs = guardduty::record(vantage(), &theirs).unwrap().item;
        assert_eq!(hub.key, theirs.key);
        assert_eq!(hub.name, theirs.name);
    }

    #[test]
    fn ids_that_are_no_arns_stay_apart_by_product() {
        let one = record(vantage(), &finding("17").build()).unwrap();
        let other = record(
            vantage(),
            &finding("17")
                .product_arn("arn:aws:securityhub:eu-west-1::product/x/y")
                .build(),
        )
        .unwrap();
        assert_ne!(one.item.key, other.item.key);
        assert_ne!(one.native, other.native);
    }

    #[test]
    fn a_resolved_finding_is_calm_and_a_notified_one_is_open() {
        let with = |status| {
            finding("arn:aws:x")
                .workflow(Workflow::builder().status(status).build())
                .build()
        };
        for (status, state) in [
            (WorkflowStatus::New, ItemState::Open),
            (WorkflowStatus::Notified, ItemState::Open),
            (WorkflowStatus::Resolved, ItemState::Calm),
            (WorkflowStatus::Suppressed, ItemState::Calm),
        ] {
            assert_eq!(record(vantage(), &with(status)).unwrap().item.state, state);
        }
    }

    #[test]
    fn controls_carry_their_id_and_severity_falls_back_to_the_score() {
        let control = finding("arn:aws:x")
            .compliance(Compliance::builder().security_control_id("S3.8").build())
            .severity(Asff::builder().normalized(70).build())
            .build();
        let item = record(vantage(), &control).unwrap().item;
        assert_eq!(&*item.name, "S3.8 S3 buckets should block public access");
        assert_eq!(item.severity, Severity::High);
    }

    #[test]
    fn a_control_says_the_same_of_every_resource_in_one_copy() {
        let control = |id| {
            let finding = finding(id)
                .compliance(Compliance::builder().security_control_id("S3.8").build())
                .description("Buckets that anybody can read leak.")
                .build();
            record(vantage(), &finding).unwrap().item
        };
        let (one, other) = (control("arn:aws:x/1"), control("arn:aws:x/2"));
        assert_ne!(one.key, other.key);
        assert!(Arc::ptr_eq(&one.name, &other.name));
        assert!(Arc::ptr_eq(&one.title, &other.title));
        assert!(Arc::ptr_eq(&one.native_state, &other.native_state));
        let (Detail::Finding(one), Detail::Finding(other)) = (&one.detail, &other.detail) else {
            unreachable!()
        };
        assert!(Arc::ptr_eq(&one.terms, &other.terms));
        let described = |d: &FindingDetail| d.description.as_ref().map(|text| text.as_ptr());
        assert_eq!(described(one), described(other));
    }
}
