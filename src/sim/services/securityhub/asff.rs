//! A finding in the AWS Security Finding Format.

use std::borrow::Cow;

use super::catalogue::{About, Kind, Product};
use super::hub::{Change, Desk, Item, Origin, Workflow};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::dice::Dice;
use crate::sim::services::fact::{Fact, walk};
use crate::sim::services::guardduty::{self, Cast, Detector, Finding, Target};
use crate::sim::services::stock::{self, USERS, WORKLOADS};
use crate::sim::wire::{Map, Value, text};
use crate::sim::world::Site;

/// What a row stands for.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A finding of Security Hub's own.
    Own(&'a Item),
    /// A finding of GuardDuty, with what operators did with it here.
    Guard(&'a Finding, &'a Detector, Option<&'a Desk>),
}

/// A finding as Security Hub sees it, with its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What it stands for.
    pub body: Body<'a>,
    /// Where it is.
    pub site: &'a Site,
}

/// `CRITICAL` and so on for a GuardDuty severity.
fn label(severity: f64) -> &'static str {
    match severity {
        s if s < 4.0 => "LOW",
        s if s < 7.0 => "MEDIUM",
        s if s < 9.0 => "HIGH",
        _ => "CRITICAL",
    }
}

fn normalized(label: &str) -> i64 {
    match label {
        "INFORMATIONAL" => 0,
        "LOW" => 30,
        "MEDIUM" => 50,
        "HIGH" => 70,
        _ => 90,
    }
}

fn product_arn(site: &Site, end: &str) -> String {
    // Partners' products belong to the partner's account.
    let owner = if end.starts_with("aws/") {
        ""
    } else {
        "555566667777"
    };
    format!(
        "arn:{}:securityhub:{}:{owner}:product/{end}",
        site.partition, site.region
    )
}

impl<'a> Row<'a> {
    /// Its place within its account and region.
    #[must_use]
    pub fn key(&self) -> (u8, u32) {
        match self.body {
            Body::Own(item) => (0, item.serial),
            Body::Guard(finding, ..) => (1, finding.serial),
        }
    }

    fn given(&self, name: &str) -> Option<&'a str> {
        match self.body {
            Body::Own(Item {
                origin: Origin::Given(map),
                ..
            }) => map.get(name).and_then(Value::as_str),
            _ => None,
        }
    }

    fn desk(&self) -> Option<&'a Desk> {
        match self.body {
            Body::Own(item) => Some(&item.desk),
            Body::Guard(_, _, desk) => desk,
        }
    }

    fn over(&self, name: &str) -> Option<&'a Value> {
        self.desk()?.touch.as_deref()?.over.get(name)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Cow<'a, str> {
        if let Some(id) = self.given("Id") {
            return id.into();
        }
        match self.body {
            Body::Guard(finding, detector, _) => {
                guardduty::arn(&detector.id, &finding.id(), self.site).into()
            }
            Body::Own(item) => item
                .kind()
                .map_or(Cow::Borrowed(""), |kind| self.made_id(item, kind).into()),
        }
    }

    fn made_id(&self, item: &Item, kind: &Kind) -> String {
        let site = self.site;
        let mut dice = item.dice.apart(20);
        match kind.product {
            Product::Control => site.arn(
                "securityhub",
                &format!("security-control/{}/finding/{}", kind.code, dice.uuid()),
            ),
            Product::Inspector => site.arn("inspector2", &format!("finding/{}", dice.hex(32))),
            Product::Config => site.arn(
                "config",
                &format!(
                    "config-rule/config-rule-{}/finding/{}",
                    dice.hex(6),
                    dice.hex(40)
                ),
            ),
            Product::Analyzer => site.arn(
                "access-analyzer",
                &format!(
                    "analyzer/organization-{}/finding/{}",
                    site.region,
                    dice.uuid()
                ),
            ),
            Product::Macie => site.arn("macie2", &format!("finding/{}", dice.hex(32))),
            Product::Partner => {
                format!("northgate/{}/{}/{}", site.account, site.region, dice.uuid())
            }
        }
    }

    /// The ARN of its product.
    #[must_use]
    pub fn product_arn(&self) -> Cow<'a, str> {
        if let Some(arn) = self.given("ProductArn") {
            return arn.into();
        }
        product_arn(self.site, self.product().2).into()
    }

    fn product(&self) -> (&'a str, &'a str, &'a str) {
        match self.body {
            Body::Guard(..) => ("GuardDuty", "Amazon", "aws/guardduty"),
            Body::Own(item) => match item.kind() {
                Some(kind) => kind.product.names(),
                None => (
                    self.given("ProductName").unwrap_or("Default"),
                    self.given("CompanyName").unwrap_or("Personal"),
                    "",
                ),
            },
        }
    }

    /// When its product last changed it.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        match self.body {
            Body::Own(item) => item.updated,
            Body::Guard(finding, ..) => finding.updated,
        }
    }

    fn created(&self) -> Timestamp {
        match self.body {
            Body::Own(item) => item.created,
            Body::Guard(finding, ..) => finding.created,
        }
    }

    fn active(&self) -> bool {
        match self.body {
            Body::Own(item) => item.active,
            Body::Guard(finding, ..) => !finding.archived,
        }
    }

    /// How far operators are.
    #[must_use]
    pub fn workflow(&self) -> Workflow {
        let Some(desk) = self.desk() else {
            return Workflow::New;
        };
        match self.body {
            Body::Guard(finding, ..) if finding.reopened > desk.since => desk.workflow.reopened(),
            _ => desk.workflow,
        }
    }

    fn severity(&self) -> (&'a str, i64) {
        if let Some(label) = self.over("Severity").and_then(|s| s.at("Label").as_str()) {
            return (label, normalized(label));
        }
        match self.body {
            #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
            Body::Guard(finding, ..) => (
                label(finding.kind().severity),
                (finding.kind().severity * 10.0) as i64,
            ),
            Body::Own(item) => match &item.origin {
                Origin::Known(_) => item.kind().map_or(("LOW", 1), |kind| {
                    (kind.severity, normalized(kind.severity))
                }),
                Origin::Given(map) => {
                    let severity = map.get("Severity").unwrap_or(&Value::Null);
                    let own = severity.at("Label").as_str();
                    let n = severity.at("Normalized").as_int();
                    let label = own.unwrap_or(match n.unwrap_or(0) {
                        0 => "INFORMATIONAL",
                        1..=39 => "LOW",
                        40..=69 => "MEDIUM",
                        70..=89 => "HIGH",
                        _ => "CRITICAL",
                    });
                    (label, n.unwrap_or_else(|| normalized(label)))
                }
            },
        }
    }

    fn compliance(&self) -> Option<&'a str> {
        match self.body {
            Body::Own(item) => match (&item.origin, item.kind()) {
                (Origin::Given(map), _) => map.get("Compliance")?.at("Status").as_str(),
                (_, Some(kind)) if kind.product.checks() => {
                    Some(if item.passed { "PASSED" } else { "FAILED" })
                }
                _ => None,
            },
            Body::Guard(..) => None,
        }
    }

    /// Its past, oldest first, from the day on which it was made.
    #[must_use]
    pub fn history(&self) -> Vec<Change> {
        let made = Change {
            at: self.created(),
            by_operator: false,
            identity: self.product().0.to_owned(),
            updates: Vec::new(),
        };
        let touch = self.desk().and_then(|desk| desk.touch.as_deref());
        std::iter::once(made)
            .chain(
                touch
                    .into_iter()
                    .flat_map(|touch| touch.history.iter().cloned()),
            )
            .collect()
    }

    /// What it has under a name that filters and sort criteria use; `path` says where to look in the
    /// whole finding when there is no shorter way.
    #[must_use]
    pub fn facts(&self, name: &str, path: &str) -> Vec<Fact<'a>> {
        let known = match name {
            "Id" => Some(Fact::Text(self.id())),
            "ProductArn" => Some(Fact::Text(self.product_arn())),
            "ProductName" => Some(Fact::text(self.product().0)),
            "AwsAccountId" => Some(Fact::text(&self.site.account)),
            "AwsAccountName" => Some(Fact::text(&self.site.name)),
            "Region" => Some(Fact::text(&self.site.region)),
            "RecordState" => Some(Fact::text(if self.active() {
                "ACTIVE"
            } else {
                "ARCHIVED"
            })),
            "WorkflowStatus" => Some(Fact::text(self.workflow().name())),
            "SeverityLabel" => Some(Fact::text(self.severity().0)),
            #[expect(clippy::cast_precision_loss, reason = "at most 100")]
            "SeverityNormalized" => Some(Fact::Number(self.severity().1 as f64)),
            "UpdatedAt" => Some(Fact::time(self.updated())),
            "CreatedAt" => Some(Fact::time(self.created())),
            "ComplianceStatus" => return self.compliance().map(Fact::text).into_iter().collect(),
            "NoteUpdatedAt" => {
                let note = self
                    .desk()
                    .and_then(|desk| desk.touch.as_deref()?.note.as_ref());
                return note.map(|note| Fact::time(note.2)).into_iter().collect();
            }
            _ => None,
        };
        if let Some(fact) = known {
            return vec![fact];
        }
        let whole = self.describe();
        let mut found = Vec::new();
        walk(&whole, path, &mut found);
        found.into_iter().map(Fact::keep).collect()
    }

    /// As `GetFindings` answers it.
    #[must_use]
    pub fn describe(&self) -> Value {
        let mut all = match self.body {
            Body::Guard(finding, detector, _) => self.guard(finding, detector),
            Body::Own(item) => match (&item.origin, item.kind()) {
                (Origin::Given(map), _) => (**map).clone(),
                (_, Some(kind)) => self.made(item, kind),
                (Origin::Known(_), None) => Map::default(),
            },
        };
        let (label, n) = self.severity();
        let (id, product) = (self.id(), self.product_arn());
        let provider = all.get("Severity").cloned().unwrap_or_default();
        let mut severity = match provider.clone() {
            Value::Map(map) => map,
            _ => Map::default(),
        };
        severity.set("Label", label);
        severity.set("Normalized", n);
        if all.get("FindingProviderFields").is_none() {
            let own = match self.body {
                Body::Guard(finding, ..) => super::asff::label(finding.kind().severity),
                Body::Own(item) => item.kind().map_or(label, |kind| kind.severity),
            };
            let types = all.get("Types").cloned();
            all.set("FindingProviderFields", fields! { "Severity" => fields! { "Label" => own, "Original" => provider.at("Original").clone() }, "Types" => types });
        }
        all.set("Severity", severity);
        let mut extra = match all.get("ProductFields") {
            Some(Value::Map(map)) => map.clone(),
            _ => Map::default(),
        };
        extra.set("aws/securityhub/ProductName", self.product().0);
        extra.set("aws/securityhub/CompanyName", self.product().1);
        extra.set("aws/securityhub/FindingId", format!("{product}/{id}"));
        all.set("ProductFields", extra);
        all.set("ProductName", self.product().0);
        all.set("CompanyName", self.product().1);
        all.set("Region", &self.site.region);
        all.set("AwsAccountName", &self.site.name);
        all.set("WorkflowState", "NEW");
        all.set("Workflow", fields! { "Status" => self.workflow().name() });
        all.set(
            "RecordState",
            if self.active() { "ACTIVE" } else { "ARCHIVED" },
        );
        all.set(
            "ProcessedAt",
            text::iso(self.updated().plus(std::time::Duration::from_secs(2))),
        );
        if let Some(touch) = self.desk().and_then(|desk| desk.touch.as_deref()) {
            for (name, value) in touch.over.0.iter().filter(|(name, _)| name != "Severity") {
                all.set(name.clone(), value.clone());
            }
            if let Some((text, who, at)) = &touch.note {
                all.set(
                    "Note",
                    fields! { "Text" => text, "UpdatedBy" => who, "UpdatedAt" => text::iso(*at) },
                );
            }
        }
        Value::Map(all)
    }

    fn head(&self, title: String, about: String, types: &str, generator: String) -> Map {
        let mut all = Map(Vec::with_capacity(32));
        all.set("SchemaVersion", "2018-10-08");
        all.set("Id", self.id());
        all.set("ProductArn", self.product_arn());
        all.set("GeneratorId", generator);
        all.set("AwsAccountId", &self.site.account);
        all.set("Types", vec![types.to_owned()]);
        all.set("CreatedAt", text::iso(self.created()));
        all.set("UpdatedAt", text::iso(self.updated()));
        all.set("Title", title);
        all.set("Description", about);
        all
    }

    /// A finding of GuardDuty.
    fn guard(&self, finding: &Finding, detector: &Detector) -> Map {
        let site = self.site;
        let kind = finding.kind();
        let cast = Cast::of(finding, site);
        let (tactic, rest) = kind.name.split_once(':').unwrap_or((kind.name, ""));
        let types = format!("TTPs/{tactic}/{tactic}:{}", rest.replace('/', "-"));
        let generator = site.arn("guardduty", &format!("detector/{}", detector.id));
        let mut all = self.head(
            guardduty::title(finding, site),
            guardduty::about(finding, site),
            &types,
            generator,
        );
        all.set("FirstObservedAt", text::iso(finding.first_seen));
        all.set("LastObservedAt", text::iso(finding.last_seen));
        all.set(
            "Severity",
            fields! { "Product" => kind.severity, "Original" => kind.severity.to_string() },
        );
        all.set(
            "SourceUrl",
            format!("https://{r}.console.aws.amazon.com/guardduty/home?region={r}#/findings?macros=current&fId={}", finding.id(), r = site.region),
        );
        let mut extra = Map::default();
        extra.set(
            "aws/guardduty/service/archived",
            if finding.archived { "true" } else { "false" },
        );
        extra.set("aws/guardduty/service/count", finding.count.to_string());
        extra.set(
            "aws/guardduty/service/eventFirstSeen",
            text::iso(finding.first_seen),
        );
        extra.set(
            "aws/guardduty/service/eventLastSeen",
            text::iso(finding.last_seen),
        );
        extra.set("aws/guardduty/service/detectorId", &detector.id);
        extra.set("aws/guardduty/service/serviceName", "guardduty");
        all.set("ProductFields", extra);
        let (kind, id) = match finding.kind().target {
            Target::Instance => ("AwsEc2Instance", cast.arn),
            Target::AccessKey => (
                "AwsIamAccessKey",
                format!("AWS::IAM::AccessKey:{}", cast.key),
            ),
            Target::Bucket | Target::Sequence => ("AwsS3Bucket", cast.arn),
            Target::Cluster => ("AwsEksCluster", cast.arn),
            Target::Database => ("AwsRdsDbInstance", cast.arn),
            Target::Function => ("AwsLambdaFunction", cast.arn),
        };
        let details = match kind {
            "AwsIamAccessKey" => Some(
                fields! { "AwsIamAccessKey" => fields! { "PrincipalName" => &cast.user, "PrincipalType" => "IAMUser" } },
            ),
            _ => None,
        };
        all.set(
            "Resources",
            vec![resource(kind, &id, &cast.workload, details, site)],
        );
        all.set("Sample", finding.sample);
        all
    }

    /// A finding of the catalogue.
    fn made(&self, item: &Item, kind: &Kind) -> Map {
        let site = self.site;
        let mut dice = item.dice.apart(21);
        let subject = Subject::of(item, kind, site);
        let fill = |text: &str| text.replace("{r}", &subject.name);
        let evil = item.hostile > 0 && kind.product == Product::Partner;
        let title = if evil {
            format!("{} {}", subject.workload, fill(kind.title))
        } else {
            fill(kind.title)
        };
        let generator = match kind.product {
            Product::Control => format!("security-control/{}", kind.code),
            Product::Inspector => "AWSInspector".to_owned(),
            Product::Config => self
                .id()
                .split("/finding/")
                .next()
                .unwrap_or_default()
                .to_owned(),
            Product::Analyzer => self
                .id()
                .split("/finding/")
                .next()
                .unwrap_or_default()
                .to_owned(),
            Product::Macie => site.arn("macie2", "classification-job/nightly"),
            Product::Partner => format!("northgate-sentinel/{}", kind.code),
        };
        let types = match kind.product {
            Product::Control => {
                "Software and Configuration Checks/Industry and Regulatory Standards".to_owned()
            }
            Product::Inspector => {
                "Software and Configuration Checks/Vulnerabilities/CVE".to_owned()
            }
            Product::Config => "Software and Configuration Checks".to_owned(),
            Product::Analyzer => kind.code.to_owned(),
            Product::Macie if kind.code.starts_with("Sensitive") => {
                format!(
                    "Sensitive Data Identifications/{}",
                    kind.code.replace('/', "-")
                )
            }
            Product::Macie => format!(
                "Software and Configuration Checks/AWS Security Best Practices/{}",
                kind.code.replace('/', "-")
            ),
            Product::Partner => kind.extra.to_owned(),
        };
        let mut all = self.head(title, fill(kind.text), &types, generator);
        all.set("FirstObservedAt", text::iso(item.created));
        all.set("LastObservedAt", text::iso(item.updated));
        all.set("Severity", fields! { "Original" => kind.severity });
        let mut details = None;
        let mut extra = Map::default();
        match kind.product {
            Product::Control => {
                extra.set("RelatedAWSResources:0/name", rule_name(kind, self.site));
                extra.set("RelatedAWSResources:0/type", "AWS::Config::ConfigRule");
                extra.set("Resources:0/Id", &subject.arn);
                let recommendation = fields! {
                    "Text" => format!("How to put {} right is written in the Security Hub documentation of controls.", kind.code),
                    "Url" => format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", kind.code),
                };
                all.set(
                    "Remediation",
                    fields! { "Recommendation" => recommendation },
                );
                let standards = [
                    "standards/aws-foundational-security-best-practices/v/1.0.0",
                    "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
                ];
                all.set("Compliance", fields! {
                    "Status" => self.compliance(), "SecurityControlId" => kind.code, "RelatedRequirements" => vec![kind.extra],
                    "AssociatedStandards" => standards.iter().map(|id| fields! { "StandardsId" => *id }).collect::<Value>(),
                });
            }
            Product::Config => {
                extra.set("aws/config/ConfigRuleName", kind.code);
                extra.set(
                    "aws/config/ConfigComplianceType",
                    if item.passed { "COMPLIANT" } else { kind.extra },
                );
                extra.set(
                    "aws/config/ConfigRuleArn",
                    self.id().split("/finding/").next().unwrap_or_default(),
                );
                all.set("Compliance", fields! { "Status" => self.compliance() });
            }
            Product::Inspector => {
                details = self.vulnerability(item, kind, &mut all, &mut extra, &mut dice);
            }
            Product::Macie => {
                extra.set(
                    "S3Object.Key",
                    format!("exports/{}.csv", text::iso_secs(item.created)),
                );
                extra.set("S3Bucket.effectivePermission", "NOT_PUBLIC");
                all.set("Sample", false);
            }
            Product::Analyzer => {
                extra.set("ResourceOwnerAccount", &site.account);
                if !kind.extra.is_empty() {
                    extra.set("External Principal Type", "AWS");
                    extra.set("AWS", kind.extra);
                    extra.set("Action Granted", "s3:GetObject,s3:ListBucket");
                }
            }
            Product::Partner => {
                extra.set("northgate/sentinel/agent", "7.4.1");
                all.set(
                    "SourceUrl",
                    format!(
                        "https://console.northgate.example/incidents/{}",
                        dice.hex(10)
                    ),
                );
                all.set(
                    "Confidence",
                    i64::try_from(60 + dice.below(40)).unwrap_or(60),
                );
                all.set("Criticality", i64::try_from(dice.below(100)).unwrap_or(0));
            }
        }
        all.set("ProductFields", extra);
        all.set(
            "Resources",
            vec![resource(
                subject.kind,
                &subject.arn,
                &subject.workload,
                details,
                site,
            )],
        );
        all
    }

    fn vulnerability(
        &self,
        item: &Item,
        kind: &Kind,
        all: &mut Map,
        extra: &mut Map,
        dice: &mut Dice,
    ) -> Option<Value> {
        let mut parts = kind.extra.split(' ');
        let mut part = || parts.next().unwrap_or_default();
        let (name, version, fixed, score, exploit) = (part(), part(), part(), part(), part());
        let score: f64 = score.parse().unwrap_or_default();
        extra.set(
            "aws/inspector/FindingStatus",
            if item.active { "ACTIVE" } else { "CLOSED" },
        );
        extra.set("aws/inspector/inspectorScore", score.to_string());
        extra.set(
            "aws/inspector/packageVulnerabilityDetails/vulnerablePackages/sourceLayerHashes",
            "N/A",
        );
        let recommendation = fields! { "Text" => format!("Update {name} to {fixed} or later.") };
        all.set(
            "Remediation",
            fields! { "Recommendation" => recommendation },
        );
        all.set("Vulnerabilities", vec![fields! {
            "Id" => kind.code,
            "VulnerablePackages" => vec![fields! {
                "Name" => name, "Version" => version, "Epoch" => "0", "Architecture" => "X86_64", "PackageManager" => "OS",
                "FilePath" => format!("/usr/lib/{name}"), "FixedInVersion" => fixed, "Remediation" => format!("dnf update {name}"),
            }],
            "Cvss" => vec![fields! { "Version" => "3.1", "BaseScore" => score, "BaseVector" => "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "Source" => "NVD" }],
            "Vendor" => fields! { "Name" => "NVD", "Url" => format!("https://nvd.nist.gov/vuln/detail/{}", kind.code), "VendorSeverity" => kind.severity },
            "ReferenceUrls" => vec![format!("https://nvd.nist.gov/vuln/detail/{}", kind.code)],
            "FixAvailable" => "YES", "ExploitAvailable" => exploit, "EpssScore" => (dice.unit() * 1e4).round() / 1e4,
        }]);
        (kind.about == About::Image).then(|| {
            fields! { "AwsEcrContainerImage" => fields! {
                "RegistryId" => &self.site.account, "Architecture" => "amd64", "ImageDigest" => format!("sha256:{}", dice.hex(64)),
                "ImageTags" => vec!["live"], "ImagePublishedAt" => text::iso(item.created),
            } }
        })
    }
}

/// The name of the rule of AWS Config with which Security Hub checks a control in a place.
fn rule_name(kind: &Kind, site: &Site) -> String {
    let control = kind.code.to_ascii_lowercase().replace('.', "-");
    let place = [&*site.account, "/", &*site.region, "/", &control];
    let mark = text::fnv(place.iter().flat_map(|part| part.bytes()));
    format!("securityhub-{control}-{:08x}", mark & 0xffff_ffff)
}

/// The rule behind a control's finding and the resource that breaks it; none where it is kept or the finding is no control's.
pub fn broken(item: &Item, site: &Site) -> Option<(String, &'static str, String)> {
    let kind = item.kind()?;
    if kind.product != Product::Control || item.passed || !item.active {
        return None;
    }
    let subject = Subject::of(item, kind, site);
    Some((rule_name(kind, site), kind.title, subject.arn))
}

/// What a finding of the catalogue is about.
struct Subject {
    kind: &'static str,
    name: String,
    arn: String,
    workload: String,
}

impl Subject {
    fn of(item: &Item, kind: &Kind, site: &Site) -> Self {
        let mut dice = item.dice.apart(22);
        let decent = dice.pick(WORKLOADS);
        let evil = item
            .hostile
            .checked_sub(1)
            .map(|n| stock::hostile(usize::from(n)));
        let workload = evil.clone().unwrap_or_else(|| decent.to_owned());
        let user = evil.unwrap_or_else(|| dice.pick(USERS).to_owned());
        let (p, account) = (&site.partition, &site.account);
        let (kind, name, arn) = match kind.about {
            About::Instance => {
                let id = stock::instance(site, decent);
                (
                    "AwsEc2Instance",
                    id.clone(),
                    site.arn("ec2", &format!("instance/{id}")),
                )
            }
            About::Bucket => {
                let name = format!("{}-{workload}", site.name);
                ("AwsS3Bucket", name.clone(), format!("arn:{p}:s3:::{name}"))
            }
            About::Role => (
                "AwsIamRole",
                workload.clone(),
                format!("arn:{p}:iam::{account}:role/{workload}"),
            ),
            About::User => (
                "AwsIamUser",
                user.clone(),
                format!("arn:{p}:iam::{account}:user/{user}"),
            ),
            About::Image => {
                let arn = site.arn(
                    "ecr",
                    &format!("repository/{workload}/sha256:{}", dice.hex(64)),
                );
                ("AwsEcrContainerImage", workload.clone(), arn)
            }
            About::Function => (
                "AwsLambdaFunction",
                workload.clone(),
                site.arn("lambda", &format!("function:{workload}")),
            ),
            About::Group => {
                let id = format!("sg-0{}", dice.hex(16));
                (
                    "AwsEc2SecurityGroup",
                    id.clone(),
                    site.arn("ec2", &format!("security-group/{id}")),
                )
            }
            About::Database => {
                let name = format!("{workload}-db");
                (
                    "AwsRdsDbInstance",
                    name.clone(),
                    site.arn("rds", &format!("db:{name}")),
                )
            }
            About::Account => (
                "AwsAccount",
                account.to_string(),
                format!("AWS::::Account:{account}"),
            ),
            About::Key => {
                let id = dice.uuid();
                (
                    "AwsKmsKey",
                    id.clone(),
                    site.arn("kms", &format!("key/{id}")),
                )
            }
        };
        Self {
            kind,
            name,
            arn,
            workload,
        }
    }
}

fn resource(kind: &str, id: &str, workload: &str, details: Option<Value>, site: &Site) -> Value {
    fields! {
        "Type" => kind, "Id" => id, "Partition" => &site.partition, "Region" => &site.region,
        "Tags" => fields! { "Name" => workload }, "Details" => details,
    }
}
