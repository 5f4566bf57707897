//! Managed nodes: the machines that Systems Manager knows.

use std::time::Duration;

use super::{Ssm, filters, one_of, syncs};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::Density;
use crate::sim::services::stock::{self, WORKLOADS};
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// An operating system.
#[derive(Debug)]
pub struct System {
    /// `Linux` or `Windows`.
    pub platform: &'static str,
    /// As the agent reports it.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// As Patch Manager calls it.
    pub key: &'static str,
    /// What its patches are called.
    pub patches: &'static [&'static str],
    /// The patch groups its machines belong to.
    pub groups: &'static [&'static str],
}

/// The operating systems in use.
pub const SYSTEMS: [System; 3] = [
    System {
        platform: "Linux",
        name: "Amazon Linux",
        version: "2023",
        key: "AMAZON_LINUX_2023",
        patches: &[
            "kernel",
            "openssl-libs",
            "glibc",
            "curl-minimal",
            "python3",
            "systemd",
            "openssh-server",
            "sudo",
            "expat",
            "libxml2",
            "nginx",
            "java-21-amazon-corretto",
            "docker",
            "vim-minimal",
            "krb5-libs",
        ],
        groups: &["web", "workers"],
    },
    System {
        platform: "Linux",
        name: "Ubuntu",
        version: "24.04",
        key: "UBUNTU",
        patches: &[
            "linux-image-aws",
            "libssl3t64",
            "libc6",
            "curl",
            "python3.12",
            "systemd",
            "openssh-server",
            "sudo",
            "libexpat1",
            "postgresql-16",
            "redis-server",
            "snapd",
            "apparmor",
        ],
        groups: &["databases", "build"],
    },
    System {
        platform: "Windows",
        name: "Microsoft Windows Server 2022 Datacenter",
        version: "10.0.20348",
        key: "WINDOWS",
        patches: &[
            "Cumulative Update for Windows Server 2022",
            "Servicing Stack Update",
            "Cumulative Update for .NET Framework 4.8.1",
            "Security Update for Microsoft SQL Server 2022",
            "Windows Malicious Software Removal Tool",
        ],
        groups: &["windows-servers"],
    },
];

/// What is wrong with a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Patches fail to install.
    Failing,
    /// It never gets its patches.
    Behind,
    /// It waits for a reboot.
    Rebooting,
    /// It has lost its connection.
    Lost,
    /// It was never scanned.
    Unscanned,
}

/// A managed node.
#[derive(Clone, Debug)]
pub struct Node {
    /// `i-` or `mi-` and 17 digits.
    pub id: String,
    /// What runs on it.
    pub system: &'static System,
    /// Its patch group.
    pub group: &'static str,
    /// What is wrong with it.
    pub trouble: Trouble,
    /// Since when that counts.
    pub since: Timestamp,
    /// Its own chance.
    pub dice: Chance,
    number: usize,
}

/// The machines of an account and region.
pub fn found(site: &Site) -> Vec<Node> {
    let section = &site.scenario.patches;
    if !site.stocked {
        return Vec::new();
    }
    let count = Density::here(&section.density, section.per_cell, site);
    let root = Chance::of(site, "managed nodes");
    (0..count)
        .map(|number| {
            let dice = root.on(number as u64);
            let system = match dice.on(1).between(0, 10) {
                0..6 => &SYSTEMS[0],
                6..8 => &SYSTEMS[1],
                _ => &SYSTEMS[2],
            };
            let mut left = dice.on(2).unit();
            let mut trouble = Trouble::None;
            for (share, kind) in [
                (section.failing, Trouble::Failing),
                (section.behind, Trouble::Behind),
                (section.rebooting, Trouble::Rebooting),
                (section.lost, Trouble::Lost),
                (section.unscanned, Trouble::Unscanned),
            ] {
                if (0.0..share).contains(&left) {
                    trouble = kind;
                }
                left -= share;
            }
            let hybrid = dice.on(3).happens(0.05);
            // The first ones serve a workload each, and are the instances that its alarms and threats name.
            let serves = (number < WORKLOADS.len() && !hybrid).then(|| {
                let first = root.named("workloads").between(0, 1000).unsigned_abs();
                let at = usize::try_from(first).unwrap_or(0) + number * 7;
                stock::instance(site, WORKLOADS[at % WORKLOADS.len()])
            });
            let ago = dice.on(5).between(3_600, 9 * 86_400).unsigned_abs();
            Node {
                id: serves.unwrap_or_else(|| {
                    format!("{}-{}", if hybrid { "mi" } else { "i" }, dice.on(4).hex(17))
                }),
                system,
                group: dice.on(6).pick::<&str>(system.groups),
                trouble,
                since: site.started.minus(Duration::from_secs(ago)),
                dice,
                number,
            }
        })
        .collect()
}

/// The patch groups of these machines, in order.
pub fn groups(nodes: &[Node]) -> Vec<String> {
    let mut all: Vec<String> = nodes.iter().map(|n| n.group.to_owned()).collect();
    all.sort();
    all.dedup();
    all
}

/// The machines of a group; none without a group.
pub fn members<'a>(nodes: &'a [Node], group: Option<&str>) -> Vec<&'a Node> {
    nodes
        .iter()
        .filter(|n| group.is_some_and(|g| n.group == g))
        .collect()
}

impl Node {
    fn status(&self) -> &'static str {
        if self.trouble == Trouble::Lost {
            "ConnectionLost"
        } else {
            "Online"
        }
    }

    fn is_hybrid(&self) -> bool {
        self.id.starts_with("mi-")
    }

    fn kind(&self) -> &'static str {
        if self.is_hybrid() {
            "ManagedInstance"
        } else {
            "EC2Instance"
        }
    }

    fn agent(&self) -> &'static str {
        if self.dice.on(10).happens(0.7) {
            "3.3.3050.0"
        } else {
            "3.3.2299.0"
        }
    }

    fn association(&self) -> &'static str {
        if self.trouble == Trouble::Failing {
            "Failed"
        } else {
            "Success"
        }
    }

    /// When the agent last did something that it does `every` so often.
    fn beat(&self, now: Timestamp, every: i64, salt: u64) -> Timestamp {
        let until = if self.trouble == Trouble::Lost {
            self.since.min(now)
        } else {
            now
        };
        let phase = self.dice.on(salt).between(0, every);
        Timestamp::from_secs((until.as_secs() - phase).div_euclid(every) * every + phase)
    }

    /// When it was last scanned: once a day.
    pub fn scanned(&self, now: Timestamp) -> Timestamp {
        self.beat(now, 86_400, 11)
    }

    /// As `DescribeInstanceInformation` answers it.
    pub fn describe(&self, site: &Site, now: Timestamp) -> Value {
        let dice = self.dice;
        let address = format!(
            "10.{}.{}.{}",
            dice.on(12).between(0, 64),
            dice.on(13).between(0, 255),
            dice.on(14).between(4, 250)
        );
        let associated = self.beat(now, 1800, 15);
        let computer = if self.system.platform == "Windows" {
            format!("EC2AMAZ-{}", dice.on(16).hex(7).to_uppercase())
        } else {
            format!(
                "ip-{}.{}.compute.internal",
                address.replace('.', "-"),
                site.region
            )
        };
        let failed = self.association() == "Failed";
        fields! {
            "InstanceId" => &self.id,
            "PingStatus" => self.status(),
            "LastPingDateTime" => self.beat(now, 300, 17),
            "AgentVersion" => self.agent(),
            "IsLatestVersion" => self.agent() == "3.3.3050.0",
            "PlatformType" => self.system.platform,
            "PlatformName" => self.system.name,
            "PlatformVersion" => self.system.version,
            "ActivationId" => self.is_hybrid().then(|| dice.on(18).uuid()),
            "IamRole" => self.is_hybrid().then_some("service-role/AmazonEC2RunCommandRoleForManagedInstances"),
            "RegistrationDate" => site.started.minus(Duration::from_secs(dice.on(19).between(86_400, 86_400 * 700).unsigned_abs())),
            "ResourceType" => self.kind(),
            "Name" => self.is_hybrid().then(|| format!("{}-{:02}", self.group, self.number)),
            "IPAddress" => address,
            "ComputerName" => computer,
            "AssociationStatus" => self.association(),
            "LastAssociationExecutionDate" => associated,
            "LastSuccessfulAssociationExecutionDate" => if failed { self.since.min(associated) } else { associated },
            "AssociationOverview" => fields! {
                "DetailedStatus" => self.association(),
                "InstanceAssociationStatusAggregatedCount" => if failed {
                    fields! { "Success" => 2, "Failed" => 1 }
                } else {
                    fields! { "Success" => 3 }
                },
            },
            "SourceId" => &self.id,
            "SourceType" => if self.is_hybrid() { "AWS::SSM::ManagedInstance" } else { "AWS::EC2::Instance" },
        }
    }
}

impl Node {
    /// As `ListNodes` answers it.
    fn listed(&self, site: &Site, now: Timestamp) -> Value {
        let told = self.describe(site, now);
        let hybrid = self.is_hybrid();
        fields! {
            "CaptureTime" => now,
            "Id" => &self.id,
            "Owner" => fields! { "AccountId" => &site.account },
            "Region" => &site.region,
            "NodeType" => fields! { "Instance" => fields! {
                "AgentType" => "amazon-ssm-agent",
                "AgentVersion" => self.agent(),
                "ComputerName" => told.at("ComputerName").clone(),
                "InstanceStatus" => if hybrid { "" } else { "running" },
                "IpAddress" => told.at("IPAddress").clone(),
                "ManagedStatus" => if self.trouble == Trouble::Lost { "Unmanaged" } else { "Managed" },
                "PlatformType" => self.system.platform,
                "PlatformName" => self.system.name,
                "PlatformVersion" => self.system.version,
                "ResourceType" => self.kind(),
            } },
        }
    }
}

/// `DescribeInstanceInformation`.
pub fn describe(call: &Call<'_>) -> Answer {
    const KEYS: &[&str] = &[
        "InstanceIds",
        "AgentVersion",
        "PingStatus",
        "PlatformTypes",
        "ActivationIds",
        "IamRole",
        "ResourceType",
        "AssociationStatus",
        "PlatformName",
        "PlatformVersion",
        "SourceIds",
        "SourceTypes",
        "tag-key",
        "tag:",
    ];
    let mut all = filters(call, "Filters", KEYS, "InvalidFilterKey")?;
    let older = filters(
        call,
        "InstanceInformationFilterList",
        &KEYS[..8],
        "InvalidFilterKey",
    )?;
    if !all.is_empty() && !older.is_empty() {
        return Err(
            call.invalid("Filters and InstanceInformationFilterList cannot be used together")
        );
    }
    all.extend(older);
    for (key, values) in &all {
        if *key == "PingStatus" {
            for value in values {
                one_of(
                    call,
                    "filters.1.member.values",
                    value,
                    &["Online", "ConnectionLost", "Inactive"],
                )
                .map_err(|why| Refusal {
                    code: "InvalidInstanceInformationFilterValue".into(),
                    ..why
                })?;
            }
        }
    }
    let page = call.page()?;
    call.estate(|ssm: &mut Ssm, site, now| {
        let fits = |node: &&Node| {
            all.iter().all(|(key, values)| {
                let has = |text: &str| values.contains(&text);
                match *key {
                    "InstanceIds" | "SourceIds" => has(&node.id),
                    "AgentVersion" => has(node.agent()),
                    "PingStatus" => has(node.status()),
                    "PlatformTypes" => has(node.system.platform),
                    "PlatformName" => has(node.system.name),
                    "PlatformVersion" => has(node.system.version),
                    "ResourceType" => has(node.kind()),
                    "AssociationStatus" => has(node.association()),
                    "tag-key" => has("PatchGroup") || has("Patch Group"),
                    "tag:PatchGroup" | "tag:Patch Group" => has(node.group),
                    "ActivationIds" => has(&node.dice.on(18).uuid()) && node.is_hybrid(),
                    _ => false,
                }
            })
        };
        let (nodes, next) = page.cut(ssm.nodes.iter().filter(fits));
        Ok(fields! {
            "InstanceInformationList" => nodes.iter().map(|n| n.describe(site, now)).collect::<Value>(),
            "NextToken" => next,
        })
    })
}

/// `ListNodes`: the nodes of the caller's account and region, or of all that a sync gathers.
pub fn list(call: &Call<'_>) -> Answer {
    const KEYS: &[&str] = &[
        "AgentType",
        "AgentVersion",
        "ComputerName",
        "InstanceId",
        "InstanceStatus",
        "IpAddress",
        "ManagedStatus",
        "PlatformName",
        "PlatformType",
        "PlatformVersion",
        "ResourceType",
        "OrganizationalUnitId",
        "OrganizationalUnitPath",
        "Region",
        "AccountId",
    ];
    let sync = syncs::named(call)?;
    let wanted = filters(call, "Filters", KEYS, "InvalidFilter")?;
    let page = call.page()?;
    let mut all = Vec::new();
    let mut add = |ssm: &mut Ssm, site: &Site, now: Timestamp| {
        all.extend(ssm.nodes.iter().map(|node| node.listed(site, now)));
    };
    match sync {
        None => call.estate(|ssm: &mut Ssm, site, now| add(ssm, site, now)),
        Some(sync) => {
            for (account, region) in syncs::gathered(call, sync) {
                call.world
                    .estate::<Ssm, _>(&account, &region, |ssm, site, now| {
                        add(ssm, site, now.minus(sync.behind.0));
                    });
            }
        }
    }
    all.retain(|node: &Value| {
        wanted.iter().all(|(key, values)| {
            let instance = node.at("NodeType").at("Instance");
            let is = match *key {
                "InstanceId" => node.at("Id"),
                "Region" => node.at("Region"),
                "AccountId" => node.at("Owner").at("AccountId"),
                key => instance.at(key),
            };
            is.as_str().is_some_and(|is| values.contains(&is))
        })
    });
    let (nodes, next) = page.cut(all);
    Ok(fields! { "Nodes" => Value::List(nodes), "NextToken" => next })
}
