//! What AWS Backup keeps in one account and region: vaults, plans, resources, and the jobs that follow
//! from them.
//!
//! A planned job is a function of its resource and the moment it was due at; only jobs that a caller
//! asked for or stopped are kept.

use std::collections::HashMap;
use std::time::Duration;

use super::job::{Copy, FAILURES, ISSUES, Job, Origin};
use super::plan::{Plan, plans};
use super::section::{Habit, Section};
use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::scenario::{Density, covers};
use crate::sim::world::{Estate, Site};

/// Jobs older than this are gone, as in AWS.
pub const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// A protected resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its ARN.
    pub arn: String,
    /// Its type.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Which plan protects it.
    pub plan: usize,
    /// Its size.
    pub bytes: i64,
    takes: Duration,
    habit: Habit,
    lately: Timestamp,
    /// The message of its failures, when one is given.
    pub message: Option<String>,
    /// Its own chance.
    pub dice: Chance,
}

/// A copy that a caller asked for.
#[derive(Clone, Debug)]
pub struct AskedCopy {
    /// What the token was, to recognise a repetition.
    pub token: Option<String>,
    /// What is copied: the ARN of a recovery point.
    pub point: String,
    /// The ARN of the vault where it goes.
    pub vault: String,
    /// As whom.
    pub role: String,
    /// The job.
    pub copy: Copy,
}

/// A job that a caller asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the token was, to recognise a repetition.
    pub token: Option<String>,
    /// The resource.
    pub resource: usize,
    /// Where to.
    pub vault: String,
    /// As whom.
    pub role: String,
    /// The job.
    pub job: Job,
}

/// The state of AWS Backup in an account and region.
pub struct Backup {
    /// The plans.
    pub plans: Vec<Plan>,
    /// The protected resources.
    pub resources: Vec<Resource>,
    /// The jobs that callers asked for.
    pub asked: Vec<Asked>,
    /// The copies that callers asked for.
    pub copies: Vec<AskedCopy>,
    /// The jobs that callers stopped, and when.
    pub stopped: HashMap<String, Timestamp>,
    /// Its own chance.
    pub dice: Chance,
}

/// What can be protected.
pub const KINDS: [(&str, i64, i64); 7] = [
    // Type, shortest and longest job in minutes.
    ("EBS", 5, 30),
    ("EC2", 10, 45),
    ("RDS", 8, 40),
    ("DynamoDB", 2, 10),
    ("EFS", 20, 110),
    ("Aurora", 5, 25),
    ("S3", 30, 160),
];

const NAMES: [&str; 12] = [
    "orders",
    "ledger",
    "customers",
    "sessions",
    "invoices",
    "media",
    "search",
    "catalogue",
    "payouts",
    "audit-log",
    "reports",
    "identity",
];

impl Estate for Backup {
    fn found(site: &Site) -> Self {
        let section = &site.scenario.backup;
        let dice = Chance::of(site, "backup");
        let mut all = Self {
            plans: plans(site, dice),
            resources: Vec::new(),
            asked: Vec::new(),
            copies: Vec::new(),
            stopped: HashMap::new(),
            dice,
        };
        if !site.stocked {
            all.plans.clear();
            return all;
        }
        let by_hand = section
            .resource
            .iter()
            .filter(|e| covers(&e.accounts, &e.regions, site));
        all.resources.extend(by_hand.map(|entry| {
            let kind = KINDS
                .iter()
                .find(|k| k.0 == entry.kind)
                .unwrap_or(&KINDS[2]);
            let dice = dice.named(&entry.name);
            let lately = entry.lately.map_or(Duration::from_secs(25 * 3600), |l| l.0);
            let mut resource = Resource::new(site, dice, kind, entry.name.clone(), 0);
            resource.habit = entry.habit;
            resource.lately = site.started.minus(lately);
            resource.message.clone_from(&entry.message);
            if let Some(takes) = entry.takes {
                resource.takes = takes.0;
            }
            resource
        }));
        let count = Density::here(&section.density, section.per_cell, site);
        for n in 0..count {
            let resource = generated(site, section, dice.on(n as u64), n);
            // AWS has one resource of a name, and lists it once.
            if all.resources.iter().all(|known| known.arn != resource.arn) {
                all.resources.push(resource);
            }
        }
        all
    }

    fn advance(&mut self, _: &Site, _: Timestamp) {}
}

fn generated(site: &Site, section: &Section, dice: Chance, n: usize) -> Resource {
    let kind = dice.on(1).pick(&KINDS);
    let mut name = format!("{}-{}", site.name, dice.on(2).pick(&NAMES));
    if n >= NAMES.len() {
        name = format!("{name}-{n}");
    }
    if dice.on(3).happens(section.hostile) {
        name = format!("{name} \u{1b}[31m\u{202e}drow\u{202c}\u{7}");
    }
    let plan = match dice.on(4).unit() {
        share if share < section.hourly => 2,
        share if share < section.hourly + 0.1 => 3,
        share if share < 0.6 => 0,
        _ => 1,
    };
    let mut resource = Resource::new(site, dice, kind, name, plan);
    let share = dice.on(5).unit();
    let ago = dice.on(6).between(26 * 3600, 100 * 3600).unsigned_abs();
    if share < section.failing {
        resource.habit = Habit::Fails;
        resource.lately = site.started.minus(Duration::from_secs(ago / 3));
    } else if share < section.failing + section.silent {
        resource.habit = Habit::Silent;
        resource.lately = site.started.minus(Duration::from_secs(ago + 86_400));
    }
    resource
}

impl Resource {
    fn new(
        site: &Site,
        dice: Chance,
        kind: &(&'static str, i64, i64),
        name: String,
        plan: usize,
    ) -> Self {
        let safe: String = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let arn = match kind.0 {
            "EBS" => site.arn("ec2", &format!("volume/vol-{}", dice.on(10).hex(17))),
            "EC2" => site.arn("ec2", &format!("instance/i-{}", dice.on(10).hex(17))),
            "RDS" => site.arn("rds", &format!("db:{safe}")),
            "Aurora" => site.arn("rds", &format!("cluster:{safe}")),
            "DynamoDB" => site.arn("dynamodb", &format!("table/{safe}")),
            "EFS" => site.arn(
                "elasticfilesystem",
                &format!("file-system/fs-{}", dice.on(10).hex(17)),
            ),
            _ => format!("arn:{}:s3:::{safe}-{}", site.partition, site.region),
        };
        let minutes = dice.on(11).between(kind.1, kind.2).unsigned_abs();
        Self {
            arn,
            kind: kind.0,
            name,
            plan,
            bytes: dice.on(12).between(1 << 30, 900 << 30),
            takes: Duration::from_secs(minutes * 60),
            habit: Habit::Succeeds,
            lately: site.started,
            message: None,
            dice,
        }
    }

    /// An EC2 instance that no plan protects, for which a caller asks for a backup.
    pub fn unplanned(site: &Site, dice: Chance, arn: &str, id: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            habit: Habit::Silent,
            lately: Timestamp::ZERO,
            ..Self::new(site, dice, &KINDS[1], id.to_owned(), 0)
        }
    }

    /// The job that was due at a moment, and the ones that followed because it failed.
    fn planned(&self, resource: usize, due: Timestamp, section: &Section) -> Vec<Job> {
        let dice = self.dice.at(due);
        let mut habit = if due >= self.lately {
            self.habit
        } else {
            Habit::Succeeds
        };
        if habit == Habit::Succeeds {
            let share = dice.on(1).unit();
            let accidents = section.accidents;
            habit = match () {
                () if share < accidents * 0.6 => Habit::Recovers,
                () if share < accidents * 0.7 => Habit::Expires,
                () if share < accidents * 0.8 => Habit::Aborts,
                () if share < accidents => Habit::Fails,
                () if share < accidents + section.issues => Habit::Issues,
                () => Habit::Succeeds,
            };
        }
        if habit == Habit::Silent {
            return Vec::new();
        }
        let created = due.plus(seconds(dice.on(2).between(0, 240)));
        let job = self.job(resource, created, habit, dice, Origin::Planned);
        let mut all = vec![job];
        let again = match habit {
            Habit::Recovers => Some(Habit::Succeeds),
            // Lasting failures are tried again, too.
            Habit::Fails if due >= self.lately => Some(Habit::Fails),
            _ => None,
        };
        if let Some(habit) = again {
            let later = job.ends.plus(seconds(dice.on(3).between(900, 2400)));
            all.push(self.job(resource, later, habit, dice.on(4), Origin::Retry));
        }
        all
    }

    /// A job of this resource that is created at a moment.
    fn job(
        &self,
        resource: usize,
        created: Timestamp,
        habit: Habit,
        dice: Chance,
        origin: Origin,
    ) -> Job {
        let takes = self.takes.mul_f64(0.8 + 0.4 * dice.on(5).unit());
        let begins = created.plus(seconds(dice.on(6).between(20, 200)));
        let (last, takes) = match habit {
            Habit::Fails | Habit::Recovers => {
                ("FAILED", takes.mul_f64(0.1 + 0.5 * dice.on(7).unit()))
            }
            Habit::Partial => ("PARTIAL", takes),
            Habit::Aborts => ("ABORTED", takes.mul_f64(0.4)),
            Habit::Expires => ("EXPIRED", Duration::from_secs(3600)),
            _ => ("COMPLETED", takes),
        };
        let message = match habit {
            Habit::Fails | Habit::Recovers => Some(FAILURES[index(dice.on(8), FAILURES.len())]),
            Habit::Issues => Some(ISSUES[index(dice.on(8), ISSUES.len())]),
            Habit::Partial => Some((
                "Some items could not be backed up because they changed while they were read.",
                "Partial",
            )),
            Habit::Expires => Some(("Backup job expired before it could start.", "JobExpired")),
            Habit::Aborts => Some(("Backup job was stopped by user.", "Aborted")),
            _ => None,
        };
        Job {
            resource,
            created,
            begins: if last == "EXPIRED" {
                created.plus(takes)
            } else {
                begins
            },
            ends: if last == "EXPIRED" {
                created.plus(takes)
            } else {
                begins.plus(takes)
            },
            last,
            message,
            origin,
            dice,
        }
    }
}

fn index(dice: Chance, count: usize) -> usize {
    usize::try_from(dice.between(0, i64::try_from(count).unwrap_or(1))).unwrap_or(0)
}

fn seconds(n: i64) -> Duration {
    Duration::from_secs(n.unsigned_abs())
}

impl Backup {
    /// The jobs that were created from `from` up to `to`, in no order.
    pub fn jobs(&self, site: &Site, from: Timestamp, to: Timestamp) -> Vec<Job> {
        let section = &site.scenario.backup;
        // A retry is created hours after the job that failed was due.
        let first = from.minus(Duration::from_secs(5 * 3600));
        let due: Vec<Vec<Timestamp>> = self
            .plans
            .iter()
            .map(|plan| {
                plan.schedule
                    .between(first, to.plus(Duration::from_millis(1)))
            })
            .collect();
        let mut all = Vec::new();
        for (n, resource) in self.resources.iter().enumerate() {
            for due in due.get(resource.plan).into_iter().flatten() {
                let jobs = resource.planned(n, *due, section);
                all.extend(
                    jobs.into_iter()
                        .filter(|job| job.created >= from && job.created <= to),
                );
            }
        }
        let asked = self.asked.iter().map(|asked| asked.job);
        all.extend(asked.filter(|job| job.created >= from && job.created <= to));
        all
    }

    /// The job with this id, among those that AWS still knows.
    pub fn find(&self, site: &Site, id: &str, now: Timestamp) -> Option<Job> {
        self.jobs(site, now.minus(REMEMBERED), now)
            .into_iter()
            .find(|job| job.id() == id)
    }

    /// The last good job of a resource, looked for as far back as a recovery point is kept.
    pub fn last_good(&self, site: &Site, resource: usize, now: Timestamp) -> Option<Job> {
        let good = |job: &Job| {
            job.resource == resource && matches!(self.state(job, now), "COMPLETED" | "PARTIAL")
        };
        let asked = self
            .asked
            .iter()
            .map(|a| a.job)
            .filter(good)
            .max_by_key(|j| j.ends);
        let at = &self.resources[resource];
        let plan = self.plans.get(at.plan)?;
        let mut due = plan.schedule.before(now);
        // A weekly plan that is silent for two months, or an hourly one for two days more than any here.
        for _ in 0..200 {
            let Some(moment) = due else { break };
            let jobs = at.planned(resource, moment, &site.scenario.backup);
            if let Some(job) = jobs.into_iter().filter(good).max_by_key(|j| j.ends) {
                return Some(asked.filter(|a| a.ends > job.ends).unwrap_or(job));
            }
            due = plan.schedule.before(moment.minus(Duration::from_millis(1)));
        }
        asked
    }

    /// Starts a job for a caller.
    pub fn ask(
        &mut self,
        now: Timestamp,
        asked: (Option<String>, usize, String, String),
    ) -> &Asked {
        let (token, resource, vault, role) = asked;
        let dice = self.dice.named("asked").on(self.asked.len() as u64);
        let at = &self.resources[resource];
        let habit = match at.habit {
            Habit::Fails => Habit::Fails,
            _ => Habit::Succeeds,
        };
        let job = at.job(resource, now, habit, dice, Origin::Asked);
        self.asked.push(Asked {
            token,
            resource,
            vault,
            role,
            job,
        });
        &self.asked[self.asked.len() - 1]
    }

    /// When a caller stopped a job, if one did.
    pub fn stop_of(&self, job: &Job) -> Option<Timestamp> {
        if self.stopped.is_empty() {
            return None;
        }
        self.stopped.get(&job.id()).copied()
    }

    /// The state of a job.
    pub fn state(&self, job: &Job, now: Timestamp) -> &'static str {
        job.state(self.stop_of(job), now)
    }
}
