//! What AWS Config keeps in an account and region: its recorder, its rules, and which resources break them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::section::Entry;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::services::securityhub::failing_controls;
use crate::sim::services::stock::{WORKLOADS, within};
use crate::sim::wire::{Map, Value};
use crate::sim::world::{Estate, Site};

/// Name, identifier, type of resource and remediation of rules that many accounts have (names from AWS's list of managed rules).
const MANAGED: [(&str, &str, &str, &str); 12] = [
    (
        "encrypted-volumes",
        "ENCRYPTED_VOLUMES",
        "AWS::EC2::Volume",
        "",
    ),
    (
        "s3-bucket-versioning-enabled",
        "S3_BUCKET_VERSIONING_ENABLED",
        "AWS::S3::Bucket",
        "AWS-ConfigureS3BucketVersioning",
    ),
    (
        "restricted-ssh",
        "INCOMING_SSH_DISABLED",
        "AWS::EC2::SecurityGroup",
        "AWS-DisablePublicAccessForSecurityGroup",
    ),
    (
        "required-tags",
        "REQUIRED_TAGS",
        "AWS::EC2::Instance",
        "AWS-SetRequiredTags",
    ),
    (
        "desired-instance-type",
        "DESIRED_INSTANCE_TYPE",
        "AWS::EC2::Instance",
        "",
    ),
    (
        "rds-multi-az-support",
        "RDS_MULTI_AZ_SUPPORT",
        "AWS::RDS::DBInstance",
        "AWS-EnableMultiAZOnRDSInstance",
    ),
    (
        "db-backup-enabled",
        "DB_INSTANCE_BACKUP_ENABLED",
        "AWS::RDS::DBInstance",
        "",
    ),
    (
        "vpc-flow-logs-enabled",
        "VPC_FLOW_LOGS_ENABLED",
        "AWS::EC2::VPC",
        "AWS-EnableVPCFlowLogs",
    ),
    (
        "cloudwatch-log-group-encrypted",
        "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
        "AWS::Logs::LogGroup",
        "",
    ),
    (
        "eip-attached",
        "EIP_ATTACHED",
        "AWS::EC2::EIP",
        "AWS-ReleaseElasticIP",
    ),
    (
        "lambda-dlq-check",
        "LAMBDA_DLQ_CHECK",
        "AWS::Lambda::Function",
        "",
    ),
    (
        "dynamodb-pitr-enabled",
        "DYNAMODB_PITR_ENABLED",
        "AWS::DynamoDB::Table",
        "",
    ),
];

/// Whether a resource breaks a rule is thrown anew in steps of this length.
const STEP: Duration = Duration::from_secs(6 * 3_600);
/// A rule is evaluated by itself at least this often.
const EVALUATED_EVERY: Duration = Duration::from_secs(3_600);
/// How long a remediation takes.
const REMEDIATED_IN: Duration = Duration::from_secs(20);
/// So soon after an evaluation no other one may be asked for.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// AWS counts the resources of a rule up to this (observed by the members `CappedCount` and `CapExceeded` of the model).
const CAP: usize = 25;

/// A recorder.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Since when it has been stopped, if it is.
    pub stopped: Option<Timestamp>,
    /// Whether what it records cannot be delivered.
    pub fails: bool,
    began: Timestamp,
}

impl Recorder {
    /// As `DescribeConfigurationRecorderStatus` answers it.
    pub fn describe(&self, site: &Site, now: Timestamp) -> Value {
        let mut all = Map::default();
        all.set(
            "arn",
            site.arn("config", "configuration-recorder/default/k7example"),
        );
        all.set("name", "default");
        all.set("lastStartTime", self.began);
        all.set("lastStopTime", self.stopped);
        all.set("recording", self.stopped.is_none());
        let status = match (self.stopped, self.fails) {
            (Some(_), _) => "Pending",
            (None, true) => "Failure",
            (None, false) => "Success",
        };
        all.set("lastStatus", status);
        if self.fails && self.stopped.is_none() {
            all.set("lastErrorCode", "NoSuchBucket");
            all.set(
                "lastErrorMessage",
                "The specified bucket does not exist (Service: AmazonS3; Status Code: 404)",
            );
        }
        let changed = match self.stopped {
            Some(at) => at,
            None => now.minus(Duration::from_secs(240)),
        };
        all.set("lastStatusChangeTime", changed);
        Value::Map(all)
    }
}

/// A resource that a rule checks.
#[derive(Clone, Debug)]
struct Resource {
    id: String,
    dice: Chance,
    /// When it was put right, by a remediation.
    righted: Option<Timestamp>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    source: String,
    about: String,
    resource_type: String,
    remediation: Option<String>,
    error: Option<String>,
    of_hub: bool,
    id: String,
    /// The share of its resources that break it; above one: all of them, always.
    share: f64,
    resources: Vec<Resource>,
    evaluated: Option<Timestamp>,
    /// When it was started for which resource.
    remediated: BTreeMap<String, Timestamp>,
}

/// What one account and region has.
#[derive(Debug)]
pub struct Ledger {
    /// The recorder; none where AWS Config was never set up.
    pub recorder: Option<Recorder>,
    rules: Vec<Rule>,
}

impl Estate for Ledger {
    fn found(site: &Site) -> Self {
        let section = &site.scenario.config;
        let dice = Chance::of(site, "config");
        let is_there = site.stocked && !within(&section.without, site);
        let recorder = is_there.then(|| Recorder {
            stopped: within(&section.stopped, site)
                .then(|| site.started.minus(section.stopped_ago.0)),
            fails: within(&section.failing_delivery, site),
            began: site.started.minus(Duration::from_secs(200 * 86_400)),
        });
        let mut rules: Vec<Rule> = Vec::new();
        if is_there {
            let mut order: Vec<usize> = (0..MANAGED.len()).collect();
            order.sort_by_key(|n| dice.on(*n as u64).hex(8));
            for n in order.into_iter().take(section.rules) {
                rules.push(Rule::managed(dice.on(100 + n as u64), n, section.failing));
            }
            let by_hand = section.rule.iter();
            for entry in by_hand.filter(|e| covers(&e.accounts, &e.regions, site)) {
                rules.retain(|rule| rule.name != entry.name);
                rules.push(Rule::by_hand(dice.named(&entry.name), entry));
            }
        }
        Self { recorder, rules }
    }

    fn advance(&mut self, _: &Site, _: Timestamp) {}
}

impl Ledger {
    /// Every rule, by name: its own, and those that Security Hub makes for its controls as long as they fail.
    pub fn rules(&self, world: &crate::sim::world::World, site: &Site) -> Vec<Rule> {
        let mut all = self.rules.clone();
        if self.recorder.is_some() && site.scenario.config.controls {
            let controls = failing_controls(world, &site.account, &site.region);
            all.extend(controls.into_iter().map(|(name, text, resources)| {
                Rule::of_hub(Chance::of(site, "hub"), name, text, &resources)
            }));
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Asks for an evaluation of its own rules; whether one was asked for too short a time ago.
    pub fn evaluate(&mut self, names: &[&str], now: Timestamp) -> bool {
        let mine = |rule: &&mut Rule| names.contains(&rule.name.as_str());
        let too_soon = self
            .rules
            .iter_mut()
            .filter(mine)
            .any(|rule| rule.evaluated.is_some_and(|at| now.since(at) < AGAIN_AFTER));
        if !too_soon {
            for rule in self.rules.iter_mut().filter(mine) {
                rule.evaluated = Some(now);
                rule.error = None;
            }
        }
        too_soon
    }

    /// Puts resources of a rule right; those that the rule does not know are given back.
    pub fn remediate(&mut self, name: &str, ids: &[String], now: Timestamp) -> Vec<String> {
        let Some(rule) = self.rules.iter_mut().find(|rule| rule.name == name) else {
            return ids.to_vec();
        };
        let mut unknown = Vec::new();
        for id in ids {
            match rule.resources.iter_mut().find(|r| r.id == *id) {
                Some(resource) => {
                    resource.righted = Some(now.plus(REMEDIATED_IN));
                    rule.remediated.insert(id.clone(), now);
                }
                None => unknown.push(id.clone()),
            }
        }
        unknown
    }
}

/// The beginning of the step that a moment is in.
fn step(at: Timestamp) -> Timestamp {
    let step = i64::try_from(STEP.as_millis()).unwrap_or(1);
    Timestamp::from_millis(at.as_millis().div_euclid(step) * step)
}

impl Rule {
    fn managed(dice: Chance, n: usize, share: f64) -> Self {
        let (name, source, resource_type, remediation) = MANAGED[n];
        let count = usize::try_from(dice.on(1).between(2, 9)).unwrap_or(2);
        Self {
            name: name.to_owned(),
            source: source.to_owned(),
            about: format!("Checks {resource_type} with {source}."),
            resource_type: resource_type.to_owned(),
            remediation: (!remediation.is_empty()).then(|| remediation.to_owned()),
            error: None,
            of_hub: false,
            id: format!("config-rule-{}", dice.on(2).hex(6)),
            share: if dice.on(3).happens(0.5) { share } else { 0.0 },
            resources: resources(dice, resource_type, count),
            evaluated: None,
            remediated: BTreeMap::new(),
        }
    }

    fn by_hand(dice: Chance, entry: &Entry) -> Self {
        Self {
            name: entry.name.clone(),
            source: entry.source.clone(),
            about: entry.about.clone(),
            resource_type: entry.resource_type.clone(),
            remediation: entry.remediation.clone(),
            error: entry.error.clone(),
            of_hub: false,
            id: format!("config-rule-{}", dice.on(2).hex(6)),
            share: 2.0,
            resources: resources(dice, &entry.resource_type, entry.failing),
            evaluated: None,
            remediated: BTreeMap::new(),
        }
    }

    fn of_hub(dice: Chance, name: String, about: String, ids: &[String]) -> Self {
        let dice = dice.named(&name);
        let resources = ids.iter().enumerate().map(|(n, id)| Resource {
            id: id.clone(),
            dice: dice.on(n as u64),
            righted: None,
        });
        Self {
            id: format!("config-rule-{}", dice.on(2).hex(6)),
            source: "SECURITY_HUB_CONTROL".to_owned(),
            about,
            resource_type: "AWS::::Account".to_owned(),
            remediation: None,
            error: None,
            of_hub: true,
            share: 2.0,
            resources: resources.collect(),
            evaluated: None,
            remediated: BTreeMap::new(),
            name,
        }
    }

    /// Until when what it knows goes: a stopped recorder tells nothing new, and only an evaluation would look again.
    fn horizon(&self, recorder: &Recorder, now: Timestamp) -> Timestamp {
        recorder.stopped.unwrap_or(now)
    }

    /// The resources that break it, each with the moment since when.
    fn failing(&self, recorder: &Recorder, now: Timestamp) -> Vec<(&str, Timestamp)> {
        let until = self.horizon(recorder, now);
        self.resources
            .iter()
            .filter_map(|resource| {
                if resource.righted.is_some_and(|at| at <= now) {
                    return None;
                }
                let breaks = |at: Timestamp| resource.dice.at(at).happens(self.share);
                let mut since = step(until);
                if !breaks(since) {
                    return None;
                }
                for _ in 0..40 {
                    let before = since.minus(STEP);
                    if !breaks(before) {
                        break;
                    }
                    since = before;
                }
                Some((resource.id.as_str(), since))
            })
            .collect()
    }

    /// Whether any resource breaks it, and how many as far as AWS counts.
    pub fn compliance(&self, recorder: &Recorder, now: Timestamp) -> Value {
        let failing = self.failing(recorder, now).len();
        let kind = match (self.resources.is_empty(), failing) {
            (true, _) => "INSUFFICIENT_DATA",
            (_, 0) => "COMPLIANT",
            _ => "NON_COMPLIANT",
        };
        let mut all = Map::default();
        all.set("ComplianceType", kind);
        if kind == "NON_COMPLIANT" {
            all.set(
                "ComplianceContributorCount",
                fields! { "CappedCount" => failing.min(CAP), "CapExceeded" => failing > CAP },
            );
        }
        Value::Map(all)
    }

    /// As `DescribeConfigRules` answers it.
    pub fn describe(&self, site: &Site) -> Value {
        let mut all = Map::default();
        all.set("ConfigRuleName", &self.name);
        all.set("ConfigRuleArn", self.arn(site));
        all.set("ConfigRuleId", &self.id);
        all.set("Description", &self.about);
        all.set(
            "Scope",
            fields! { "ComplianceResourceTypes" => [self.resource_type.as_str()].into_iter().collect::<Value>() },
        );
        all.set(
            "Source",
            fields! { "Owner" => if self.source.starts_with("arn:") { "CUSTOM_LAMBDA" } else { "AWS" }, "SourceIdentifier" => &self.source },
        );
        all.set("ConfigRuleState", "ACTIVE");
        if self.of_hub {
            all.set("CreatedBy", "securityhub.amazonaws.com");
        }
        Value::Map(all)
    }

    fn arn(&self, site: &Site) -> String {
        site.arn("config", &format!("config-rule/{}", self.id))
    }

    /// When it was evaluated last.
    fn last(&self, recorder: &Recorder, now: Timestamp) -> Timestamp {
        let until = self.horizon(recorder, now).as_millis();
        let every = i64::try_from(EVALUATED_EVERY.as_millis()).unwrap_or(1);
        let by_itself = Timestamp::from_millis(until.div_euclid(every) * every);
        self.evaluated.map_or(by_itself, |at| at.max(by_itself))
    }

    /// As `DescribeConfigRuleEvaluationStatus` answers it.
    pub fn status(&self, recorder: &Recorder, site: &Site, now: Timestamp) -> Value {
        let last = self.last(recorder, now);
        let mut all = Map::default();
        all.set("ConfigRuleName", &self.name);
        all.set("ConfigRuleArn", self.arn(site));
        all.set("ConfigRuleId", &self.id);
        match &self.error {
            Some(error) => {
                all.set("LastFailedInvocationTime", last);
                all.set("LastFailedEvaluationTime", last);
                all.set("LastErrorCode", "Error");
                all.set("LastErrorMessage", error);
            }
            None => {
                all.set("LastSuccessfulInvocationTime", last);
                all.set("LastSuccessfulEvaluationTime", last);
            }
        }
        all.set(
            "FirstActivatedTime",
            site.started.minus(Duration::from_secs(150 * 86_400)),
        );
        all.set("FirstEvaluationStarted", true);
        Value::Map(all)
    }

    /// As `GetComplianceDetailsByConfigRule` answers it: the resources that break it, or those that keep it.
    pub fn details(&self, recorder: &Recorder, now: Timestamp, wanted: &[&str]) -> Vec<Value> {
        let failing: BTreeMap<&str, Timestamp> = self.failing(recorder, now).into_iter().collect();
        let all = self.resources.iter().map(|resource| {
            let since = failing.get(resource.id.as_str());
            let kind = if since.is_some() {
                "NON_COMPLIANT"
            } else {
                "COMPLIANT"
            };
            let recorded = since
                .copied()
                .or(resource.righted.filter(|at| *at <= now))
                .unwrap_or_else(|| step(self.horizon(recorder, now)));
            (kind, resource, recorded)
        });
        all.filter(|(kind, ..)| wanted.is_empty() || wanted.contains(kind))
            .map(|(kind, resource, recorded)| {
                let qualifier = fields! {
                    "ConfigRuleName" => &self.name, "ResourceType" => &self.resource_type, "ResourceId" => &resource.id,
                    "EvaluationMode" => "DETECTIVE",
                };
                fields! {
                    "EvaluationResultIdentifier" => fields! {
                        "EvaluationResultQualifier" => qualifier, "OrderingTimestamp" => recorded,
                    },
                    "ComplianceType" => kind,
                    "ResultRecordedTime" => recorded,
                    "ConfigRuleInvokedTime" => recorded,
                }
            })
            .collect()
    }

    /// The document that puts its resources right.
    pub fn remediation(&self, site: &Site) -> Option<Value> {
        let document = self.remediation.as_deref()?;
        let arn = format!("remediation-configuration/{}/{}", self.name, self.id);
        Some(fields! {
            "ConfigRuleName" => &self.name, "TargetType" => "SSM_DOCUMENT", "TargetId" => document, "TargetVersion" => "1",
            "ResourceType" => &self.resource_type, "Automatic" => false, "Arn" => site.arn("config", &arn),
            "MaximumAutomaticAttempts" => 5, "RetryAttemptSeconds" => 60,
        })
    }

    /// How its remediations went, the latest first.
    pub fn executions(&self, now: Timestamp) -> Vec<(String, Value)> {
        let mut all: Vec<(&String, &Timestamp)> = self.remediated.iter().collect();
        all.sort_by_key(|(_, at)| std::cmp::Reverse(**at));
        all.into_iter()
            .map(|(id, at)| {
                let ends = at.plus(REMEDIATED_IN);
                let state = if ends <= now { "SUCCEEDED" } else { "IN_PROGRESS" };
                let told = fields! {
                    "ResourceKey" => fields! { "resourceType" => &self.resource_type, "resourceId" => id },
                    "State" => state, "InvocationTime" => *at, "LastUpdatedTime" => ends.min(now),
                    "StepDetails" => Value::List(Vec::new()),
                };
                (id.clone(), told)
            })
            .collect()
    }
}

fn resources(dice: Chance, kind: &str, count: usize) -> Vec<Resource> {
    (0..count as u64)
        .map(|n| {
            let dice = dice.on(1_000 + n);
            let workload = dice.on(1).pick(WORKLOADS);
            let id = match kind {
                "AWS::EC2::Volume" => format!("vol-0{}", dice.on(2).hex(16)),
                "AWS::EC2::Instance" => format!("i-0{}", dice.on(2).hex(16)),
                "AWS::EC2::SecurityGroup" => format!("sg-0{}", dice.on(2).hex(16)),
                "AWS::EC2::VPC" => format!("vpc-0{}", dice.on(2).hex(16)),
                "AWS::EC2::EIP" => format!("eipalloc-0{}", dice.on(2).hex(16)),
                _ => format!("{workload}-{}", dice.on(2).hex(4)),
            };
            Resource {
                id,
                dice,
                righted: None,
            }
        })
        .collect()
}
