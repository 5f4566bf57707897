//! One OpsItem: what happened, who works on it, and when it is over.

use std::collections::BTreeMap;
use std::time::Duration;

use super::catalogue::{APPS, HOSTILE, PEOPLE, TEMPLATES};
use super::section::opsitems::{Entry, Section};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// The OpsItems of an account and region, oldest first.
#[derive(Debug)]
pub struct OpsItems {
    items: Vec<OpsItem>,
    dice: Chance,
    /// Up to here items were born.
    until: Timestamp,
    created: u64,
}

/// Items are born in steps of this length, at most one in each.
const STEP: Duration = Duration::from_secs(600);

impl OpsItems {
    /// Those that the past left.
    pub fn found(site: &Site) -> Self {
        let section = &site.scenario.opsitems;
        let dice = Chance::of(site, "opsitems");
        let from = site.started.minus(section.past.0);
        let step = i64::try_from(STEP.as_millis()).unwrap_or(1);
        let mut all = Self {
            items: Vec::new(),
            dice,
            until: Timestamp::from_millis(from.as_millis().div_euclid(step) * step),
            created: 0,
        };
        if !site.stocked {
            return all;
        }
        let by_hand = section
            .item
            .iter()
            .filter(|e| covers(&e.accounts, &e.regions, site));
        for entry in by_hand {
            let born = match entry.after {
                Some(after) => site.started.plus(after.0),
                None => site.started.minus(entry.age.0),
            };
            all.items
                .push(OpsItem::by_hand(dice.named(&entry.title), entry, born));
        }
        all.items.sort_by_key(|item| item.born);
        all
    }

    /// Lets new ones be born.
    pub fn advance(&mut self, site: &Site, now: Timestamp) {
        if !site.stocked {
            return;
        }
        let section = &site.scenario.opsitems;
        let here = section
            .density
            .iter()
            .rev()
            .find(|d| covers(&d.accounts, &d.regions, site));
        let per_day = here.map_or(section.per_day, |d| d.per_day);
        let chance = per_day * STEP.as_secs_f64() / 86_400.0;
        let mut grown = false;
        while self.until.plus(STEP) <= now {
            let dice = self.dice.at(self.until);
            if dice.happens(chance) {
                let late = Duration::from_secs(dice.on(1).between(0, 600).unsigned_abs());
                let born = self.until.plus(late);
                self.items.push(OpsItem::new(dice, born, section));
                grown = true;
            }
            self.until = self.until.plus(STEP);
        }
        if grown {
            self.items.sort_by_key(|item| item.born);
        }
    }

    /// Those that are born, oldest first.
    pub fn all(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &OpsItem> {
        self.items.iter().filter(move |item| item.born <= now)
    }

    /// The one with this id.
    pub fn find(&mut self, id: &str, now: Timestamp) -> Option<&mut OpsItem> {
        self.items
            .iter_mut()
            .find(|item| item.id == id && item.born <= now)
    }

    /// Adds one that a caller made.
    pub fn create(&mut self, now: Timestamp, members: Map, by: &str) -> &OpsItem {
        self.created += 1;
        let dice = self.dice.named("created").on(self.created);
        let at = self.items.partition_point(|item| item.born <= now);
        self.items.insert(at, OpsItem::told(dice, now, members, by));
        &self.items[at]
    }
}

/// An OpsItem.
#[derive(Clone, Debug)]
pub struct OpsItem {
    /// `oi-` and 12 digits.
    pub id: String,
    /// When it was opened.
    pub born: Timestamp,
    story: Story,
    dice: Chance,
}

#[derive(Clone, Debug)]
enum Story {
    /// It goes its way: from a template, resolved after a while.
    Lives {
        template: usize,
        hostile: bool,
        life: Duration,
    },
    /// It is what it was told to be.
    Told(Box<Told>),
}

#[derive(Clone, Debug)]
struct Told {
    members: Map,
    by: String,
    changes: Vec<(Timestamp, String)>,
}

impl OpsItem {
    fn new(dice: Chance, born: Timestamp, section: &Section) -> Self {
        // Most are short, some linger: an exponential distribution.
        let life = section
            .resolved_after
            .0
            .mul_f64(-(1.0 - dice.on(2).unit()).ln());
        let template = usize::try_from(dice.on(3).between(0, TEMPLATES.len() as i64)).unwrap_or(0);
        Self {
            id: format!("oi-{}", dice.on(4).hex(12)),
            born,
            story: Story::Lives {
                template,
                hostile: dice.on(5).happens(section.hostile),
                life: life.max(Duration::from_secs(600)),
            },
            dice,
        }
    }

    fn by_hand(dice: Chance, entry: &Entry, born: Timestamp) -> Self {
        let resources = entry
            .resources
            .iter()
            .map(|arn| fields! { "arn" => arn })
            .collect::<Value>();
        let mut operational = Map::default();
        if !entry.resources.is_empty() {
            operational.set("/aws/resources", searchable(&to_json(&resources)));
        }
        let members = fields! {
            "Title" => &entry.title,
            "Description" => entry.description.as_ref().unwrap_or(&entry.title),
            "Source" => &entry.source,
            "Severity" => entry.severity.clone(),
            "Priority" => entry.priority,
            "Category" => entry.category.clone(),
            "Status" => &entry.status,
            "OperationalData" => operational,
        };
        let members = match members {
            Value::Map(map) => map,
            _ => Map::default(),
        };
        Self::told(
            dice,
            born,
            members,
            "arn:aws:iam::000000000000:user/scenario",
        )
    }

    fn told(dice: Chance, born: Timestamp, members: Map, by: &str) -> Self {
        Self {
            id: format!("oi-{}", dice.on(4).hex(12)),
            born,
            story: Story::Told(Box::new(Told {
                members,
                by: by.to_owned(),
                changes: Vec::new(),
            })),
            dice,
        }
    }

    /// Changes it, for good: from now on only callers do.
    pub fn change(&mut self, site: &Site, now: Timestamp, by: &str, change: impl FnOnce(&mut Map)) {
        if let Story::Lives { .. } = self.story {
            let changes = self.changes(site, now);
            let members = self.members(site, now);
            let by = creator(site);
            self.story = Story::Told(Box::new(Told {
                members,
                by,
                changes,
            }));
        }
        if let Story::Told(told) = &mut self.story {
            change(&mut told.members);
            told.changes.push((now, by.to_owned()));
        }
    }

    /// Its members that a caller may set, at a moment.
    pub fn members(&self, site: &Site, now: Timestamp) -> Map {
        let (template, hostile) = match &self.story {
            Story::Told(told) => return told.members.clone(),
            Story::Lives {
                template, hostile, ..
            } => (&TEMPLATES[*template], *hostile),
        };
        let dice = self.dice;
        let app = dice.on(6).pick(&APPS);
        let instance = format!("i-{}", dice.on(7).hex(17));
        let volume = format!("vol-{}", dice.on(8).hex(17));
        let fill = |text: &str| {
            text.replace("{app}", app)
                .replace("{instance}", &instance)
                .replace("{volume}", &volume)
        };
        let title = if hostile {
            format!("{}: {}", fill(template.0), dice.on(9).pick(&HOSTILE))
        } else {
            fill(template.0)
        };
        let (service, resource) = template.4.split_once(':').unwrap_or((template.4, ""));
        let arn = site.arn(service, &fill(resource));
        let mut operational = Map::default();
        let resources = vec![fields! { "arn" => arn }].into();
        operational.set("/aws/resources", searchable(&to_json(&resources)));
        let dedup = fields! { "dedupString" => fill(template.0) };
        operational.set("/aws/dedup", searchable(&to_json(&dedup)));
        let members = fields! {
            "Title" => title,
            "Description" => format!("{}. Account {} ({}), region {}.", fill(template.0), site.name, site.account, site.region),
            "Source" => template.1,
            "Severity" => template.3.to_string(),
            "Priority" => dice.on(10).happens(0.6).then(|| dice.on(11).between(1, 6)),
            "Category" => template.2,
            "Status" => self.status(now),
            "OperationalData" => operational,
        };
        match members {
            Value::Map(map) => map,
            _ => Map::default(),
        }
    }

    /// Its status at a moment.
    pub fn status(&self, now: Timestamp) -> &str {
        match &self.story {
            Story::Told(told) => told
                .members
                .get("Status")
                .and_then(Value::as_str)
                .unwrap_or("Open"),
            Story::Lives { life, .. } => {
                let (taken, over) = self.turns(*life);
                match () {
                    () if now >= over => "Resolved",
                    () if now >= taken => "InProgress",
                    () => "Open",
                }
            }
        }
    }

    /// When somebody takes it, and when it is resolved.
    fn turns(&self, life: Duration) -> (Timestamp, Timestamp) {
        let taken = life.mul_f64(0.1 + 0.5 * self.dice.on(12).unit());
        (self.born.plus(taken), self.born.plus(life))
    }

    /// Who changed it when, after it was opened.
    pub fn changes(&self, site: &Site, now: Timestamp) -> Vec<(Timestamp, String)> {
        match &self.story {
            Story::Told(told) => told.changes.clone(),
            Story::Lives { life, .. } => {
                let (taken, over) = self.turns(*life);
                let who = self.dice.on(13).pick(&PEOPLE);
                let arn = format!(
                    "arn:{}:sts::{}:assumed-role/Operations/{who}",
                    site.partition, site.account
                );
                [taken, over]
                    .into_iter()
                    .filter(|at| *at <= now)
                    .map(|at| (at, arn.clone()))
                    .collect()
            }
        }
    }

    /// Who opened it.
    pub fn creator(&self, site: &Site) -> String {
        match &self.story {
            Story::Told(told) => told.by.replace("000000000000", &site.account),
            Story::Lives { .. } => creator(site),
        }
    }

    /// Its ARN.
    pub fn arn(&self, site: &Site) -> String {
        site.arn("ssm", &format!("opsitem/{}", self.id))
    }

    /// As `GetOpsItem` answers it.
    pub fn describe(&self, site: &Site, now: Timestamp) -> Value {
        let mut all = self.summary(site, now);
        let members = self.members(site, now);
        let changes = self.changes(site, now);
        for name in ["Description", "Notifications", "RelatedOpsItems"] {
            all.set(name, members.get(name).cloned().unwrap_or_default());
        }
        all.set("Version", (changes.len() + 1).to_string());
        all.set("OpsItemArn", self.arn(site));
        Value::Map(all)
    }

    /// As `DescribeOpsItems` answers it.
    pub fn summary(&self, site: &Site, now: Timestamp) -> Map {
        let members = self.members(site, now);
        let changes = self.changes(site, now);
        let creator = self.creator(site);
        let (at, by) = changes
            .last()
            .cloned()
            .unwrap_or((self.born, creator.clone()));
        let mut all = Map::default();
        all.set("CreatedBy", creator);
        all.set("CreatedTime", self.born);
        all.set("LastModifiedBy", by);
        all.set("LastModifiedTime", at);
        all.set("OpsItemId", &self.id);
        for name in [
            "Priority",
            "Source",
            "Status",
            "Title",
            "OperationalData",
            "Category",
            "Severity",
            "OpsItemType",
            "ActualStartTime",
            "ActualEndTime",
            "PlannedStartTime",
            "PlannedEndTime",
        ] {
            all.set(name, members.get(name).cloned().unwrap_or_default());
        }
        if members.get("OpsItemType").is_none() {
            all.set("OpsItemType", "/aws/issue");
        }
        all
    }

    /// What it is associated with: one incident or resource for those that live.
    pub fn related(&self, site: &Site) -> Option<(String, &'static str, String)> {
        match &self.story {
            Story::Lives { template, .. } if TEMPLATES[*template].1 == "Cloudwatch Alarm" => {
                let app = self.dice.on(6).pick(&APPS);
                let arn = site.arn(
                    "ssm-incidents",
                    &format!("incident-record/{app}/{}", self.dice.on(14).uuid()),
                );
                Some((
                    self.dice.on(15).uuid(),
                    "AWS::SSMIncidents::IncidentRecord",
                    arn,
                ))
            }
            _ => None,
        }
    }
}

fn creator(site: &Site) -> String {
    format!(
        "arn:{}:sts::{}:assumed-role/OpsItem-CWE-Role/events",
        site.partition, site.account
    )
}

fn searchable(value: &str) -> Value {
    fields! { "Value" => value, "Type" => "SearchableString" }
}

fn to_json(value: &Value) -> String {
    String::from_utf8_lossy(&crate::sim::wire::json::encode(value)).into_owned()
}

/// The dedup string of operational data.
pub fn dedup(operational: &Value) -> Option<String> {
    let text = operational.at("/aws/dedup").at("Value").as_str()?;
    let parsed: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    Some(parsed.get("dedupString")?.as_str()?.to_owned())
}
