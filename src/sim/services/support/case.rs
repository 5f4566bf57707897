//! One case: what is asked of AWS, what is answered, and how it stands.

use std::time::Duration;

use super::section::{Entry, Section};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::services::stock::is;
use crate::sim::wire::{Map, Value, text};
use crate::sim::world::{Estate, Site};

/// What AWS calls itself in a case.
pub const AWS: &str = "Amazon Web Services";

/// Subject, service, category and severity of the cases that accounts open by themselves.
const TEMPLATES: [(&str, &str, &str, &str); 7] = [
    (
        "Instance {instance} unreachable after stop/start",
        "amazon-elastic-compute-cloud-linux",
        "instance-issue",
        "urgent",
    ),
    (
        "RDS failover took eleven minutes",
        "amazon-relational-database-service-postgresql",
        "failover",
        "high",
    ),
    (
        "Limit increase: Lambda concurrent executions",
        "service-limit-increase",
        "service-limit-increase-lambda",
        "normal",
    ),
    (
        "SQS messages delayed for minutes",
        "amazon-simple-queue-service",
        "performance",
        "high",
    ),
    (
        "[AMS] Root volume full on {instance}",
        "service-ams-operations-report-incident",
        "ams-operations-report-incident",
        "high",
    ),
    (
        "[AMS] Change of the patch window for the web tier",
        "service-ams-operations-service-request",
        "ams-operations-service-request",
        "normal",
    ),
    (
        "Question about an invoice",
        "billing",
        "payment-issue",
        "low",
    ),
];

/// Cases are opened in steps of this length, at most one in each.
const STEP: Duration = Duration::from_secs(3_600);

/// The cases of an account, oldest first.
#[derive(Debug)]
pub struct Cases {
    /// Whether the account's plan has the API.
    pub has_plan: bool,
    all: Vec<Case>,
    dice: Chance,
    until: Timestamp,
    created: u64,
}

impl Estate for Cases {
    fn found(site: &Site) -> Self {
        let section = &site.scenario.support;
        let dice = Chance::of(site, "support");
        let from = site.started.minus(section.past.0);
        let step = i64::try_from(STEP.as_millis()).unwrap_or(1);
        let mut all: Vec<Case> = section
            .case
            .iter()
            .filter(|entry| covers(&entry.accounts, &[], site))
            .map(|entry| {
                let born = match entry.after {
                    Some(after) => site.started.plus(after.0),
                    None => site.started.minus(entry.age.0),
                };
                Case::by_hand(dice.named(&entry.subject), entry, born, site)
            })
            .collect();
        all.sort_by_key(|case| case.born);
        Self {
            has_plan: !section.without_plan.iter().any(|account| is(account, site)),
            all,
            dice,
            until: Timestamp::from_millis(from.as_millis().div_euclid(step) * step),
            created: 0,
        }
    }

    fn advance(&mut self, site: &Site, now: Timestamp) {
        let section = &site.scenario.support;
        let chance = section.per_day * STEP.as_secs_f64() / 86_400.0;
        let mut has_grown = false;
        while self.until.plus(STEP) <= now {
            let dice = self.dice.at(self.until);
            if dice.happens(chance) {
                let late = Duration::from_secs(dice.on(1).between(0, 3_600).unsigned_abs());
                let born = self.until.plus(late);
                self.all.push(Case::opened(dice, born, section, site));
                has_grown = true;
            }
            self.until = self.until.plus(STEP);
        }
        if has_grown {
            self.all.sort_by_key(|case| case.born);
        }
        for case in &mut self.all {
            case.advance(now);
        }
    }
}

impl Cases {
    /// Those that are opened, the latest first.
    pub fn all(&self, now: Timestamp) -> impl Iterator<Item = &Case> {
        self.all.iter().rev().filter(move |case| case.born <= now)
    }

    /// The one with this id.
    pub fn find(&mut self, id: &str, now: Timestamp) -> Option<&mut Case> {
        self.all
            .iter_mut()
            .find(|case| case.id == id && case.born <= now)
    }

    /// Opens one for a caller.
    pub fn create(
        &mut self,
        site: &Site,
        now: Timestamp,
        entry: &Entry,
        body: &str,
        by: &str,
    ) -> &str {
        self.created += 1;
        let dice = self.dice.named("created").on(self.created);
        let mut case = Case::by_hand(dice, entry, now, site);
        case.write(now, by, body);
        case.status = Status::Told("unassigned".to_owned());
        let at = self.all.partition_point(|case| case.born <= now);
        self.all.insert(at, case);
        &self.all[at].id
    }
}

/// How a case stands.
#[derive(Clone, Debug)]
enum Status {
    /// As somebody left it.
    Told(String),
    /// It goes its way and is resolved at that moment.
    Lives(Timestamp),
}

/// Something that was written in a case.
#[derive(Clone, Debug)]
struct Said {
    at: Timestamp,
    by: String,
    body: String,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// `case-ACCOUNT-YEAR-HEX`.
    pub id: String,
    /// The number that people see.
    pub display: String,
    /// When it was opened.
    pub born: Timestamp,
    subject: String,
    service: String,
    category: String,
    severity: String,
    by: String,
    status: Status,
    said: Vec<Said>,
    /// When AWS answers what was written last.
    answer_due: Option<Timestamp>,
}

impl Case {
    fn new(dice: Chance, born: Timestamp, site: &Site) -> Self {
        let year = born.to_jiff().strftime("%Y").to_string();
        Self {
            id: format!("case-{}-mu{}-{}", site.account, year, dice.on(20).hex(16)),
            display: format!(
                "{}",
                170_000_000_000_i64 + dice.on(21).between(0, 9_999_999_999)
            ),
            born,
            subject: String::new(),
            service: String::new(),
            category: String::new(),
            severity: String::new(),
            by: format!("ops@{}.example.com", site.name),
            status: Status::Told(String::new()),
            said: Vec::new(),
            answer_due: None,
        }
    }

    fn by_hand(dice: Chance, entry: &Entry, born: Timestamp, site: &Site) -> Self {
        let mut case = Self::new(dice, born, site);
        case.subject.clone_from(&entry.subject);
        case.service.clone_from(&entry.service);
        case.category.clone_from(&entry.category);
        case.severity.clone_from(&entry.severity);
        case.status = Status::Told(entry.status.clone());
        case.said = entry
            .said
            .iter()
            .map(|said| Said {
                at: born.plus(said.after.0),
                by: said.by.clone().unwrap_or_else(|| AWS.to_owned()),
                body: said.body.clone(),
            })
            .collect();
        case
    }

    fn opened(dice: Chance, born: Timestamp, section: &Section, site: &Site) -> Self {
        let (subject, service, category, severity) = dice.on(2).pick(&TEMPLATES);
        let instance = format!("i-{}", dice.on(3).hex(17));
        let life = section
            .resolved_after
            .0
            .mul_f64(-(1.0 - dice.on(4).unit()).ln())
            .max(Duration::from_secs(1_800));
        let mut case = Self::new(dice, born, site);
        case.subject = subject.replace("{instance}", &instance);
        (*service).clone_into(&mut case.service);
        (*category).clone_into(&mut case.category);
        (*severity).clone_into(&mut case.severity);
        case.status = Status::Lives(born.plus(life));
        let by = case.by.clone();
        let mut says = |after: Duration, by: &str, body: &str| {
            case.said.push(Said {
                at: born.plus(after),
                by: by.to_owned(),
                body: body.replace("{subject}", &case.subject),
            });
        };
        says(
            Duration::ZERO,
            &by,
            "{subject}. Since this morning; please advise.",
        );
        says(
            life.mul_f64(0.25),
            AWS,
            "Thank you for contacting AWS Support. I am looking into it and will write again.",
        );
        says(
            life.mul_f64(0.6),
            AWS,
            "We found the cause on our side of the line. Please tell us whether it is better now.",
        );
        case
    }

    /// Lets AWS answer.
    fn advance(&mut self, now: Timestamp) {
        let Some(due) = self.answer_due.filter(|due| *due <= now) else {
            return;
        };
        self.answer_due = None;
        self.said.push(Said {
            at: due,
            by: AWS.to_owned(),
            body: "Thank you, that helps. I have passed it on to the service team.".to_owned(),
        });
        if !self.is_resolved(now) {
            self.status = Status::Told("work-in-progress".to_owned());
        }
    }

    fn write(&mut self, now: Timestamp, by: &str, body: &str) {
        self.said.push(Said {
            at: now,
            by: by.to_owned(),
            body: body.to_owned(),
        });
    }

    /// A customer writes; AWS answers after a while. A case that was resolved is open again.
    pub fn reply(&mut self, now: Timestamp, answers_after: Duration, by: &str, body: &str) {
        let status = if self.is_resolved(now) {
            "reopened"
        } else {
            "customer-action-completed"
        };
        self.status = Status::Told(status.to_owned());
        self.write(now, by, body);
        self.answer_due = Some(now.plus(answers_after));
    }

    /// It is over.
    pub fn resolve(&mut self) {
        self.status = Status::Told("resolved".to_owned());
        self.answer_due = None;
    }

    /// Its status at a moment.
    pub fn status(&self, now: Timestamp) -> &str {
        match &self.status {
            Status::Told(status) => status,
            Status::Lives(over) if *over <= now => "resolved",
            Status::Lives(_) => match self.said.iter().filter(|said| said.at <= now).count() {
                0 | 1 => "unassigned",
                2 => "work-in-progress",
                _ => "pending-customer-action",
            },
        }
    }

    /// Whether it is over.
    pub fn is_resolved(&self, now: Timestamp) -> bool {
        self.status(now) == "resolved"
    }

    /// What was written by this moment, the latest first.
    pub fn said(&self, now: Timestamp) -> Vec<(Timestamp, Value)> {
        let mut said: Vec<&Said> = self.said.iter().filter(|said| said.at <= now).collect();
        said.sort_by_key(|said| std::cmp::Reverse(said.at));
        said.into_iter()
            .map(|said| {
                let members = fields! {
                    "caseId" => &self.id,
                    "body" => &said.body,
                    "submittedBy" => &said.by,
                    "timeCreated" => text::iso(said.at),
                    "attachmentSet" => Value::List(Vec::new()),
                };
                (said.at, members)
            })
            .collect()
    }

    /// As `DescribeCases` answers it.
    pub fn describe(&self, now: Timestamp, with_said: bool) -> Value {
        let mut all = Map::default();
        all.set("caseId", &self.id);
        all.set("displayId", &self.display);
        all.set("subject", &self.subject);
        all.set("status", self.status(now));
        all.set("serviceCode", &self.service);
        all.set("categoryCode", &self.category);
        all.set("severityCode", &self.severity);
        all.set("submittedBy", &self.by);
        all.set("timeCreated", text::iso(self.born));
        if with_said {
            // Of the communications the latest five come with the case.
            let recent: Value = self
                .said(now)
                .into_iter()
                .take(5)
                .map(|(_, said)| said)
                .collect();
            all.set(
                "recentCommunications",
                fields! { "communications" => recent },
            );
        }
        all.set("ccEmailAddresses", Value::List(Vec::new()));
        all.set("language", "en");
        Value::Map(all)
    }
}
