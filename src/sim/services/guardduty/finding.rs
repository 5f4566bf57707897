//! A finding as GuardDuty writes it.

use super::detector::{Detector, Finding, id};
use super::kinds::{Act, Target};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::dice::Dice;
use crate::sim::services::stock::{self, USERS, WORKLOADS};
use crate::sim::wire::{Map, Value, text};
use crate::sim::world::Site;

/// Who and what a finding is about. Drawn from its dice, the same each time.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The workload.
    pub workload: String,
    /// What people call the resource: an instance id, a bucket, a cluster.
    pub resource: String,
    /// Its ARN.
    pub arn: String,
    /// The user or role.
    pub user: String,
    /// The other side.
    pub address: String,
    /// The bucket's or the instance's name in full.
    pub key: String,
}

impl Cast {
    /// The cast of a finding.
    #[must_use]
    pub fn of(finding: &Finding, site: &Site) -> Self {
        let mut dice = finding.dice.apart(10);
        let decent = dice.pick(WORKLOADS);
        let evil = finding
            .hostile
            .checked_sub(1)
            .map(|n| stock::hostile(usize::from(n)));
        let workload = evil.clone().unwrap_or_else(|| decent.to_owned());
        let mut user = evil.unwrap_or_else(|| dice.pick(USERS).to_owned());
        if finding.kind().name.contains("Root") {
            user = "Root".to_owned();
        }
        let target = finding.kind().target;
        let resource = match target {
            Target::Instance => stock::instance(site, decent),
            Target::AccessKey => user.clone(),
            Target::Bucket | Target::Sequence => format!("{}-{workload}", site.name),
            Target::Cluster => format!("{}-eks", site.name),
            Target::Database => format!("{workload}-db"),
            Target::Function => workload.clone(),
        };
        let p = &site.partition;
        let arn = match target {
            Target::Instance => site.arn("ec2", &format!("instance/{resource}")),
            Target::AccessKey => format!("arn:{p}:iam::{}:user/{user}", site.account),
            Target::Bucket | Target::Sequence => format!("arn:{p}:s3:::{resource}"),
            Target::Cluster => site.arn("eks", &format!("cluster/{resource}")),
            Target::Database => site.arn("rds", &format!("db:{resource}")),
            Target::Function => site.arn("lambda", &format!("function:{resource}")),
        };
        Self {
            workload,
            resource,
            arn,
            user,
            address: dice.address(),
            key: format!(
                "AKIA{}",
                text::base32(dice.throw(), 16).get(..16).unwrap_or_default()
            ),
        }
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{r}", &self.resource)
            .replace("{u}", &self.user)
            .replace("{ip}", &self.address)
    }
}

/// The ARN of a finding.
#[must_use]
pub fn arn(detector: &str, id: &str, site: &Site) -> String {
    site.arn("guardduty", &format!("detector/{detector}/finding/{id}"))
}

/// The title of a finding.
#[must_use]
pub fn title(finding: &Finding, site: &Site) -> String {
    let cast = Cast::of(finding, site);
    let sample = if finding.sample { "[SAMPLE] " } else { "" };
    format!("{sample}{}", cast.fill(finding.kind().title))
}

/// The description of a finding.
#[must_use]
pub fn about(finding: &Finding, site: &Site) -> String {
    Cast::of(finding, site).fill(finding.kind().about)
}

/// A finding as `GetFindings` answers it.
#[must_use]
pub fn describe(finding: &Finding, detector: &Detector, site: &Site) -> Value {
    let kind = finding.kind();
    let cast = Cast::of(finding, site);
    let own = finding.id();
    let iso = |at: Timestamp| text::iso(at);
    let mut service = Map::default();
    service.set("serviceName", "guardduty");
    service.set("detectorId", &detector.id);
    service.set("featureName", kind.feature);
    service.set("resourceRole", role(kind.act));
    service.set("archived", finding.archived);
    service.set("count", finding.count);
    service.set("eventFirstSeen", iso(finding.first_seen));
    service.set("eventLastSeen", iso(finding.last_seen));
    service.set(
        "userFeedback",
        finding
            .feedback
            .map(|good| if good { "USEFUL" } else { "NOT_USEFUL" }),
    );
    service.set("additionalInfo", additional(finding));
    service.set("action", action(kind.act, &cast, finding.dice));
    if let Act::Process(name, path) = kind.act {
        service.set("runtimeDetails", runtime(name, path, finding));
    }
    if kind.name == "Execution:EC2/MaliciousFile" {
        service.set("ebsVolumeScanDetails", scan(finding));
    }
    if kind.target == Target::Sequence {
        service.set(
            "detection",
            fields! { "sequence" => sequence(finding, detector, &cast, site) },
        );
    }
    fields! {
        "schemaVersion" => "2.0",
        "accountId" => &site.account,
        "region" => &site.region,
        "partition" => &site.partition,
        "id" => &own,
        "arn" => arn(&detector.id, &own, site),
        "type" => kind.name,
        "severity" => kind.severity,
        "confidence" => if kind.name.contains("Anomalous") { Some(5.0) } else { None },
        "createdAt" => iso(finding.created),
        "updatedAt" => iso(finding.updated),
        "title" => title(finding, site),
        "description" => cast.fill(kind.about),
        "resource" => resource(finding, &cast, site),
        "service" => Value::Map(service),
        "associatedAttackSequenceArn" => finding.sequence.map(|dice| arn(&detector.id, &id(dice), site)),
    }
}

fn role(act: Act) -> &'static str {
    match act {
        Act::Connection("INBOUND", _)
        | Act::Probe(_)
        | Act::Call(..)
        | Act::Kubernetes(..)
        | Act::Login => "TARGET",
        _ => "ACTOR",
    }
}

fn additional(finding: &Finding) -> Value {
    let mut value = Map::default();
    if finding.sample {
        value.set("sample", true);
    }
    let list = matches!(
        finding.kind().act,
        Act::Lookup(_) | Act::Connection("OUTBOUND", _)
    );
    if list {
        value.set("threatListName", "example-threat-list");
    }
    let json = crate::sim::wire::json::encode(&Value::Map(value));
    fields! { "value" => String::from_utf8_lossy(&json).into_owned(), "type" => "default" }
}

fn remote(cast: &Cast, dice: Dice) -> Value {
    let mut dice = dice.apart(11);
    let places: [(&str, &str, f64, f64); 5] = [
        ("Netherlands", "Amsterdam", 52.37, 4.89),
        ("Brazil", "São Paulo", -23.55, -46.63),
        ("Vietnam", "Hanoi", 21.03, 105.85),
        ("United States", "Ashburn", 39.04, -77.49),
        ("Romania", "Bucharest", 44.43, 26.1),
    ];
    let (country, city, lat, lon) = places[dice.below(places.len())];
    fields! {
        "ipAddressV4" => &cast.address,
        "country" => fields! { "countryName" => country },
        "city" => fields! { "cityName" => city },
        "geoLocation" => fields! { "lat" => lat, "lon" => lon },
        "organization" => fields! { "asn" => (64_496 + dice.below(15)).to_string(), "asnOrg" => "Example Hosting", "isp" => "Example Hosting", "org" => "Example Hosting" },
    }
}

fn private(dice: Dice) -> String {
    let mut dice = dice.apart(12);
    format!(
        "10.{}.{}.{}",
        dice.below(64),
        dice.below(256),
        4 + dice.below(250)
    )
}

fn port(number: i64) -> Value {
    let name = match number {
        22 => "SSH",
        443 => "HTTPS",
        5985 => "WinRM",
        6379 => "Redis",
        _ => "Unknown",
    };
    fields! { "port" => number, "portName" => name }
}

fn action(act: Act, cast: &Cast, dice: Dice) -> Option<Value> {
    let remote = || remote(cast, dice);
    let ephemeral = || fields! { "port" => 32_768 + i64::try_from(dice.apart(13).below(28_000)).unwrap_or(0), "portName" => "Unknown" };
    Some(match act {
        Act::Connection(direction, number) => fields! {
            "actionType" => "NETWORK_CONNECTION",
            "networkConnectionAction" => fields! {
                "connectionDirection" => direction, "protocol" => "TCP", "blocked" => false,
                "localIpDetails" => fields! { "ipAddressV4" => private(dice) },
                "remoteIpDetails" => remote(),
                "localPortDetails" => if direction == "INBOUND" { port(number) } else { ephemeral() },
                "remotePortDetails" => if direction == "INBOUND" { ephemeral() } else { port(number) },
            },
        },
        Act::Lookup(domain) => fields! {
            "actionType" => "DNS_REQUEST",
            "dnsRequestAction" => fields! { "domain" => domain, "protocol" => "UDP", "blocked" => false },
        },
        Act::Probe(number) => fields! {
            "actionType" => "PORT_PROBE",
            "portProbeAction" => fields! {
                "blocked" => false,
                "portProbeDetails" => vec![fields! {
                    "localPortDetails" => port(number), "localIpDetails" => fields! { "ipAddressV4" => private(dice) },
                    "remoteIpDetails" => remote(),
                }],
            },
        },
        Act::Call(service, api) => fields! {
            "actionType" => "AWS_API_CALL",
            "awsApiCallAction" => fields! {
                "api" => api, "serviceName" => service, "callerType" => "Remote IP",
                "userAgent" => "aws-cli/2.15.30 Python/3.11.8 Linux/6.1 source/x86_64 prompt/off",
                "errorCode" => if dice.apart(14).chance(0.2) { Some("AccessDenied") } else { None },
                "remoteIpDetails" => remote(), "affectedResources" => Value::Map(Map::default()),
            },
        },
        Act::Kubernetes(verb, resource) => fields! {
            "actionType" => "KUBERNETES_API_CALL",
            "kubernetesApiCallAction" => fields! {
                "verb" => verb, "resource" => resource, "namespace" => "default",
                "requestUri" => format!("/api/v1/namespaces/default/{resource}"), "statusCode" => 201,
                "sourceIPs" => vec![cast.address.clone()], "userAgent" => "kubectl/v1.31.2 (linux/amd64)",
                "remoteIpDetails" => remote(),
            },
        },
        Act::Login => fields! {
            "actionType" => "RDS_LOGIN_ATTEMPT",
            "rdsLoginAttemptAction" => fields! {
                "remoteIpDetails" => remote(),
                "LoginAttributes" => vec![fields! { "user" => &cast.user, "application" => "psql", "failedLoginAttempts" => 41, "successfulLoginAttempts" => 0 }],
            },
        },
        Act::Process(..) | Act::None => return None,
    })
}

fn runtime(name: &str, path: &str, finding: &Finding) -> Value {
    let mut dice = finding.dice.apart(15);
    fields! {
        "process" => fields! {
            "name" => name, "executablePath" => path, "executableSha256" => dice.hex(64), "pid" => 1000 + dice.below(30_000),
            "user" => "root", "userId" => 0, "euid" => 0, "startTime" => finding.first_seen, "uuid" => dice.hex(32),
            "pwd" => "/",
        },
    }
}

fn scan(finding: &Finding) -> Value {
    let mut dice = finding.dice.apart(16);
    let path = "usr/local/bin/.cache/kdevtmpfsi";
    fields! {
        "scanId" => dice.hex(32),
        "scanStartedAt" => finding.first_seen,
        "scanCompletedAt" => finding.created,
        "triggerFindingId" => dice.hex(32),
        "scanType" => "GUARDDUTY_INITIATED",
        "sources" => vec!["Bitdefender"],
        "scanDetections" => fields! {
            "scannedItemCount" => fields! { "totalGb" => 8, "files" => 214_350, "volumes" => 1 },
            "threatsDetectedItemCount" => fields! { "files" => 1 },
            "highestSeverityThreatDetails" => fields! { "severity" => "HIGH", "threatName" => "Miner.Generic", "count" => 1 },
            "threatDetectedByName" => fields! {
                "itemCount" => 1, "uniqueThreatNameCount" => 1, "shortened" => false,
                "threatNames" => vec![fields! {
                    "name" => "Miner.Generic", "severity" => "HIGH", "itemCount" => 1,
                    "filePaths" => vec![fields! { "filePath" => path, "fileName" => "kdevtmpfsi", "hash" => dice.hex(64), "volumeArn" => format!("vol-0{}", dice.hex(16)) }],
                }],
            },
        },
    }
}

fn sequence(finding: &Finding, detector: &Detector, cast: &Cast, site: &Site) -> Value {
    let parts = detector
        .findings
        .iter()
        .filter(|other| other.sequence == Some(finding.dice));
    let signals: Vec<Value> = parts
        .map(|other| {
            let own = other.id();
            fields! {
                "uid" => arn(&detector.id, &own, site), "type" => "FINDING", "name" => other.kind().name,
                "description" => about(other, site), "severity" => other.kind().severity, "count" => other.count,
                "createdAt" => other.created, "updatedAt" => other.updated, "firstSeenAt" => other.first_seen,
                "lastSeenAt" => other.last_seen, "resourceUids" => vec![cast.arn.clone()], "actorIds" => vec!["actor-1"],
            }
        })
        .collect();
    fields! {
        "uid" => finding.id(),
        "description" => cast.fill(finding.kind().about),
        "actors" => vec![fields! {
            "id" => "actor-1",
            "user" => fields! { "name" => &cast.user, "uid" => &cast.user, "type" => "IAMUser", "credentialUid" => &cast.key, "account" => fields! { "uid" => &site.account } },
        }],
        "resources" => vec![fields! {
            "uid" => &cast.arn, "name" => &cast.resource, "accountId" => &site.account, "region" => &site.region,
            "resourceType" => "S3_BUCKET", "service" => "s3", "cloudPartition" => &site.partition,
        }],
        "endpoints" => vec![fields! { "id" => "endpoint-1", "ip" => &cast.address, "location" => fields! { "country" => "Netherlands", "city" => "Amsterdam", "lat" => 52.37, "lon" => 4.89 } }],
        "signals" => signals,
        "sequenceIndicators" => vec![
            fields! { "key" => "ATTACK_TACTIC", "values" => vec!["DISCOVERY", "EXFILTRATION"], "title" => "Tactics" },
            fields! { "key" => "SUSPICIOUS_NETWORK", "values" => vec!["asnOrg: Example Hosting"], "title" => "Network" },
        ],
    }
}

fn tags(cast: &Cast, site: &Site) -> Vec<Value> {
    vec![
        fields! { "key" => "Name", "value" => &cast.workload },
        fields! { "key" => "account", "value" => &site.name },
    ]
}

fn access_key(cast: &Cast, dice: Dice) -> Value {
    let mut dice = dice.apart(17);
    fields! {
        "accessKeyId" => &cast.key,
        "principalId" => format!("AIDA{}", text::base32(dice.throw(), 16).get(..16).unwrap_or_default()),
        "userName" => &cast.user,
        "userType" => if cast.user == "Root" { "Root" } else { "IAMUser" },
    }
}

/// What a finding is about, in full.
fn resource(finding: &Finding, cast: &Cast, site: &Site) -> Value {
    let mut dice = finding.dice.apart(18);
    let mut all = Map::default();
    let (vpc, subnet, group) = (
        format!("vpc-0{}", dice.hex(16)),
        format!("subnet-0{}", dice.hex(16)),
        format!("sg-0{}", dice.hex(16)),
    );
    match finding.kind().target {
        Target::Instance => {
            all.set("resourceType", "Instance");
            let ip = private(finding.dice);
            let dashed = ip.replace('.', "-");
            let interface = fields! {
                "networkInterfaceId" => format!("eni-0{}", dice.hex(16)),
                "privateIpAddress" => &ip,
                "privateDnsName" => format!("ip-{dashed}.{}.compute.internal", site.region),
                "privateIpAddresses" => vec![fields! { "privateIpAddress" => &ip }],
                "publicIp" => dice.address(), "publicDnsName" => "", "ipv6Addresses" => Value::List(Vec::new()),
                "securityGroups" => vec![fields! { "groupId" => group, "groupName" => format!("{}-sg", cast.workload) }],
                "subnetId" => subnet, "vpcId" => vpc,
            };
            all.set("instanceDetails", fields! {
                "instanceId" => &cast.resource,
                "instanceType" => dice.pick(&["t3.medium", "m6i.large", "c7g.xlarge", "r6g.2xlarge"]),
                "instanceState" => "running",
                "imageId" => format!("ami-0{}", dice.hex(16)),
                "imageDescription" => "Amazon Linux 2023",
                "availabilityZone" => format!("{}{}", site.region, dice.pick(&["a", "b", "c"])),
                "launchTime" => text::iso(finding.first_seen.minus(std::time::Duration::from_secs(86_400 * 12))),
                "iamInstanceProfile" => fields! {
                    "arn" => format!("arn:{}:iam::{}:instance-profile/{}", site.partition, site.account, cast.workload),
                    "id" => format!("AIPA{}", text::base32(dice.throw(), 16).get(..16).unwrap_or_default()),
                },
                "networkInterfaces" => vec![interface],
                "productCodes" => Value::List(Vec::new()),
                "tags" => tags(cast, site),
            });
        }
        Target::AccessKey => {
            all.set("resourceType", "AccessKey");
            all.set("accessKeyDetails", access_key(cast, finding.dice));
        }
        Target::Bucket => {
            all.set("resourceType", "S3Bucket");
            all.set("accessKeyDetails", access_key(cast, finding.dice));
            all.set("s3BucketDetails", vec![fields! {
                "arn" => &cast.arn, "name" => &cast.resource, "type" => "Destination",
                "createdAt" => Timestamp::from_secs(finding.created.as_secs() - 86_400 * 400),
                "owner" => fields! { "id" => dice.hex(64) },
                "tags" => tags(cast, site),
                "defaultServerSideEncryption" => fields! { "encryptionType" => "AES256" },
                "publicAccess" => fields! { "effectivePermission" => if finding.kind().name.contains("Public") || finding.kind().name.contains("Anonymous") { "PUBLIC" } else { "NOT_PUBLIC" } },
            }]);
        }
        Target::Cluster => {
            all.set("resourceType", "EKSCluster");
            all.set("eksClusterDetails", fields! {
                "name" => &cast.resource, "arn" => &cast.arn, "vpcId" => vpc, "status" => "ACTIVE",
                "createdAt" => Timestamp::from_secs(finding.created.as_secs() - 86_400 * 200), "tags" => tags(cast, site),
            });
            all.set("kubernetesDetails", fields! {
                "kubernetesUserDetails" => fields! { "username" => &cast.user, "uid" => dice.uuid(), "groups" => vec!["system:authenticated"] },
                "kubernetesWorkloadDetails" => fields! {
                    "name" => &cast.workload, "type" => "deployments", "namespace" => "default", "uid" => dice.uuid(), "hostNetwork" => false,
                    "containers" => vec![fields! { "name" => &cast.workload, "image" => format!("registry.example.com/{}:1.4", cast.workload), "securityContext" => fields! { "privileged" => true } }],
                },
            });
        }
        Target::Database => {
            all.set("resourceType", "RDSDBInstance");
            all.set("rdsDbInstanceDetails", fields! {
                "dbInstanceIdentifier" => &cast.resource, "engine" => "aurora-postgresql", "engineVersion" => "15.4",
                "dbClusterIdentifier" => format!("{}-cluster", cast.workload), "dbInstanceArn" => &cast.arn, "tags" => tags(cast, site),
            });
            all.set("rdsDbUserDetails", fields! { "user" => &cast.user, "application" => "psql", "database" => "main", "ssl" => "enabled", "authMethod" => "password" });
        }
        Target::Function => {
            all.set("resourceType", "Lambda");
            all.set("lambdaDetails", fields! {
                "functionArn" => &cast.arn, "functionName" => &cast.resource, "functionVersion" => "$LATEST",
                "description" => "", "revisionId" => dice.uuid(),
                "lastModifiedAt" => Timestamp::from_secs(finding.created.as_secs() - 86_400 * 3),
                "role" => format!("arn:{}:iam::{}:role/{}-role", site.partition, site.account, cast.resource),
                "tags" => tags(cast, site),
            });
        }
        Target::Sequence => all.set("resourceType", "AttackSequence"),
    }
    Value::Map(all)
}
