//! The log groups of an account and region, their streams, and what clients put there.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::filters;
use super::insights::Query;
use super::section::Class;
use super::voice::{Sort, Voice};
use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::services::cloudwatch::{CloudWatch, Workload};
use crate::sim::services::ssm;
use crate::sim::services::stock;
use crate::sim::wire::Map;
use crate::sim::world::{Estate, Site};

/// What clients put is remembered so long for sessions of Live Tail, which are fed by the time of arrival.
const RECENT: Duration = Duration::from_secs(60);

/// The log groups of an account and region.
#[derive(Debug, Default)]
pub struct Logs {
    /// By name.
    pub groups: BTreeMap<Arc<str>, Group>,
    /// What clients put lately: its group, its stream and what it is.
    pub recent: VecDeque<(Arc<str>, Arc<str>, Put)>,
    /// How many sessions of Live Tail are open.
    pub sessions: usize,
    /// How many events were ever put; numbers them.
    pub puts: u64,
    /// The queries that were started.
    pub queries: Vec<Query>,
}

/// A log group.
#[derive(Debug)]
pub struct Group {
    /// When it was made.
    pub born: Timestamp,
    /// Its class.
    pub class: Class,
    /// How many days it is kept.
    pub retention: Option<i64>,
    /// By name.
    pub streams: BTreeMap<Arc<str>, Stream>,
    /// The metric filters by name, as `PutMetricFilter` takes them.
    pub filters: BTreeMap<String, Map>,
}

/// A log stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// When it was made.
    pub born: Timestamp,
    /// From which second on, and up to which, its voices speak.
    pub speaks: (i64, i64),
    /// What is written into it all the time.
    pub voices: Vec<Voice>,
    /// What clients put there, in the order of time.
    pub put: Vec<Put>,
}

/// An event that a client put.
#[derive(Clone, Debug)]
pub struct Put {
    /// When it happened, in milliseconds, as the client says.
    pub at: i64,
    /// When it was put, in milliseconds.
    pub ingested: i64,
    /// The how manieth it is.
    pub serial: u64,
    /// What was written.
    pub text: Arc<str>,
}

impl Estate for Logs {
    fn found(site: &Site) -> Self {
        let mut me = Self::default();
        if !site.stocked {
            return me;
        }
        let section = &site.scenario.logs;
        let founding = Founding {
            site,
            dice: Chance::of(site, "logs"),
            from: site.started.minus(section.past.0),
        };
        if section.workloads {
            for workload in CloudWatch::found(site).workloads() {
                founding.workload(&mut me, &workload);
            }
            founding.machines(&mut me);
            founding.network(&mut me);
        }
        for entry in section
            .group
            .iter()
            .filter(|entry| covers(&entry.accounts, &entry.regions, site))
        {
            let last = entry.name.rsplit('/').next().unwrap_or_default();
            let about = entry.resource.as_deref().unwrap_or(last);
            let streams = (0..entry.streams).map(|n| match entry.writes {
                Sort::Flow => founding.interface(n as u64),
                _ => format!("{last}-{n}"),
            });
            let group = founding.group(&mut me, &entry.name);
            group.class = entry.class;
            group.retention = entry.retention;
            if let Some(filter) = &entry.filter {
                let born = group.born;
                let kept = filters::kept(&entry.name, &filter.metric, filter, born);
                group.filters.insert(filter.metric.clone(), kept);
            }
            for stream in streams {
                founding.stream(group, &entry.name, &stream, entry.writes, entry.rate, about);
            }
        }
        for burst in section
            .burst
            .iter()
            .filter(|burst| covers(&burst.accounts, &burst.regions, site))
        {
            let from = site
                .started
                .minus(burst.before.0)
                .plus(burst.after.0)
                .as_secs();
            let group = founding.group(&mut me, &burst.group);
            let sort = group
                .streams
                .values()
                .flat_map(|stream| &stream.voices)
                .next()
                .map_or(Sort::App, |voice| voice.sort);
            let dice = founding.dice.named(&burst.group).on(99);
            let stream = group
                .streams
                .entry("burst".into())
                .or_insert_with(|| Stream {
                    born: founding.from,
                    speaks: (founding.from.as_secs(), i64::MAX),
                    ..Stream::default()
                });
            let voice = Voice::burst(
                sort,
                &burst.group,
                from,
                burst.lasts.0.as_secs(),
                burst.events,
                dice,
            );
            stream.voices.push(voice);
        }
        me
    }

    fn advance(&mut self, _: &Site, now: Timestamp) {
        let until = now.minus(RECENT).as_millis();
        while self
            .recent
            .front()
            .is_some_and(|(_, _, put)| put.ingested < until)
        {
            self.recent.pop_front();
        }
    }
}

/// What groups are founded with.
struct Founding<'a> {
    site: &'a Site,
    dice: Chance,
    from: Timestamp,
}

impl Founding<'_> {
    fn group<'l>(&self, logs: &'l mut Logs, name: &str) -> &'l mut Group {
        let dice = self.dice.named(name);
        logs.groups.entry(name.into()).or_insert_with(|| Group {
            born: self.from.minus(Duration::from_secs(
                dice.on(1).between(0, 400 * 86_400).unsigned_abs(),
            )),
            class: Class::Standard,
            // Many teams never set it, and pay for it.
            retention: dice
                .on(2)
                .pick(&[None, None, Some(7), Some(30), Some(90), Some(365)])
                .to_owned(),
            streams: BTreeMap::new(),
            filters: BTreeMap::new(),
        })
    }

    fn stream(
        &self,
        group: &mut Group,
        of: &str,
        name: &str,
        sort: Sort,
        rate: Option<f64>,
        resource: &str,
    ) {
        self.stream_from(
            group,
            of,
            name,
            sort,
            rate,
            resource,
            (self.from.as_secs(), i64::MAX),
        );
    }

    #[expect(clippy::too_many_arguments, reason = "a stream is all of this")]
    fn stream_from(
        &self,
        group: &mut Group,
        of: &str,
        name: &str,
        sort: Sort,
        rate: Option<f64>,
        resource: &str,
        speaks: (i64, i64),
    ) {
        let dice = self.dice.named(of).named(name);
        let volume = self.site.scenario.logs.volume;
        let about = if sort == Sort::Flow {
            name.strip_suffix("-all").unwrap_or(name)
        } else {
            resource
        };
        let stream = Stream {
            born: Timestamp::from_secs(speaks.0),
            speaks,
            voices: Voice::usual(sort, volume, rate, about, dice),
            put: Vec::new(),
        };
        group.streams.insert(name.into(), stream);
    }

    /// The groups that a workload of this kind has, under the names that AWS gives them.
    fn workload(&self, logs: &mut Logs, (namespace, resource): &Workload) {
        let dice = self.dice.named(resource);
        match *namespace {
            "AWS/Lambda" => {
                let name = format!("/aws/lambda/{resource}");
                let group = self.group(logs, &name);
                // Each container begins a stream, and days begin new ones.
                let day = 86_400;
                let first = self.from.as_secs().div_euclid(day);
                for n in first..=self.site.started.as_secs().div_euclid(day) + 1 {
                    let date = Timestamp::from_secs(n * day)
                        .to_jiff()
                        .strftime("%Y/%m/%d")
                        .to_string();
                    for container in 0..2_u64 {
                        let id = dice.on(n.cast_unsigned()).on(container).hex(32);
                        let stream = format!("{date}/[$LATEST]{id}");
                        let speaks = ((n * day).max(self.from.as_secs()), (n + 1) * day);
                        self.stream_from(
                            group,
                            &name,
                            &stream,
                            Sort::Lambda,
                            None,
                            resource,
                            speaks,
                        );
                    }
                }
            }
            "AWS/ECS" => {
                let name = format!("/ecs/{resource}");
                let group = self.group(logs, &name);
                for task in 0..2_u64 {
                    let stream = format!("ecs/{resource}/{}", dice.on(task).hex(32));
                    self.stream(group, &name, &stream, Sort::Text, None, resource);
                }
            }
            "AWS/RDS" => {
                let name = format!("/aws/rds/instance/{resource}/postgresql");
                let group = self.group(logs, &name);
                self.stream(
                    group,
                    &name,
                    &format!("{resource}.0"),
                    Sort::Database,
                    None,
                    resource,
                );
            }
            "AWS/ApiGateway" => {
                let name = format!("/aws/apigateway/{resource}/live");
                let group = self.group(logs, &name);
                self.stream(group, &name, &dice.hex(32), Sort::Access, None, resource);
            }
            "AWS/EC2" | "CWAgent" => {
                let instance = stock::instance(self.site, resource);
                self.machine(logs, &instance, resource);
            }
            _ => {
                let name = format!("/app/{resource}");
                let group = self.group(logs, &name);
                for pod in 0..2_u64 {
                    let stream = format!("{resource}-{}", dice.on(pod).hex(5));
                    self.stream(group, &name, &stream, Sort::App, None, resource);
                }
            }
        }
    }

    /// The managed nodes, with the files that AWS Managed Services ships.
    fn machines(&self, logs: &mut Logs) {
        for (instance, platform) in ssm::machines(self.site) {
            if platform == "Windows" {
                for (name, sort, about) in [
                    ("ApplicationEventLog", Sort::Windows, "Application"),
                    ("SystemEventLog", Sort::Windows, "System"),
                    ("SecurityEventLog", Sort::Windows, "Security"),
                    ("AmazonSSMAgentLog", Sort::Agent, &*instance),
                ] {
                    let group = self.group(logs, name);
                    self.stream(group, name, &instance, sort, None, about);
                }
            } else {
                self.machine(logs, &instance, &instance);
            }
        }
    }

    fn machine(&self, logs: &mut Logs, instance: &str, resource: &str) {
        for (name, sort) in [
            ("/var/log/messages", Sort::Syslog),
            ("/var/log/secure", Sort::Secure),
            ("/var/log/audit/audit.log", Sort::Audit),
            ("/var/log/amazon/ssm/amazon-ssm-agent.log", Sort::Agent),
        ] {
            let group = self.group(logs, name);
            if !group.streams.contains_key(instance) {
                self.stream(group, name, instance, sort, None, resource);
            }
        }
    }

    fn network(&self, logs: &mut Logs) {
        let name = "/vpc/flow-logs";
        let group = self.group(logs, name);
        for n in 0..2 {
            self.stream(group, name, &self.interface(n), Sort::Flow, None, "");
        }
        let name = "aws-waf-logs-edge";
        let group = self.group(logs, name);
        self.stream(
            group,
            name,
            &format!("{}_edge_0", self.site.region),
            Sort::Waf,
            None,
            "",
        );
        let name = "/aws/cloudtrail/management";
        let group = self.group(logs, name);
        let stream = format!("{}_CloudTrail_{}", self.site.account, self.site.region);
        self.stream(group, name, &stream, Sort::Trail, None, "");
    }

    fn interface(&self, n: u64) -> String {
        format!("eni-0{}-all", self.dice.named("interface").on(n).hex(16))
    }
}

/// When each workload is in trouble.
pub type Troubled = HashMap<Box<str>, Vec<(i64, i64)>>;
