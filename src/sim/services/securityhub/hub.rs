//! What Security Hub keeps in an account and region: its findings, and what operators did with them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rand::Rng as _;

use super::Section;
use super::catalogue::{KINDS, Kind, PRODUCTS, Product, of};
use crate::clock::Timestamp;
use crate::sim::services::dice::Dice;
use crate::sim::services::stock::{self, USERS};
use crate::sim::wire::{Map, Value};
use crate::sim::world::{Estate, Site};

/// Findings are gone so long after they last changed.
const KEPT: Duration = Duration::from_secs(90 * 86_400);
const HOUR: Duration = Duration::from_secs(3600);
/// So many changes of one finding are remembered.
const REMEMBERED: usize = 100;

/// How far operators are with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workflow {
    /// Nobody looked at it.
    New,
    /// Its owner knows.
    Notified,
    /// It is done.
    Resolved,
    /// It is not to be shown.
    Suppressed,
}

impl Workflow {
    /// As AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Notified => "NOTIFIED",
            Self::Resolved => "RESOLVED",
            Self::Suppressed => "SUPPRESSED",
        }
    }

    /// Reads [`Workflow::name`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::New, Self::Notified, Self::Resolved, Self::Suppressed]
            .into_iter()
            .find(|w| w.name() == text)
    }

    /// After the trouble is back: what was told or done about it counts no more, but what is suppressed stays so.
    #[must_use]
    pub fn reopened(self) -> Self {
        match self {
            Self::Notified | Self::Resolved => Self::New,
            kept => kept,
        }
    }
}

/// One change of a finding, for its history.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// By an operator, or by the product.
    pub by_operator: bool,
    /// By whom.
    pub identity: String,
    /// Field, old and new value.
    pub updates: Vec<(String, String, String)>,
}

/// What happened to a finding besides its product's reports.
#[derive(Clone, Debug, Default)]
pub struct Touch {
    /// Text, author and time of the note.
    pub note: Option<(String, String, Timestamp)>,
    /// Members that operators replaced.
    pub over: Map,
    /// Its past, oldest first.
    pub history: Vec<Change>,
}

/// What operators did with a finding.
#[derive(Clone, Debug)]
pub struct Desk {
    /// How far they are.
    pub workflow: Workflow,
    /// Since when.
    pub since: Timestamp,
    /// What else happened.
    pub touch: Option<Box<Touch>>,
}

impl Desk {
    /// Nothing was done.
    #[must_use]
    pub fn untouched(at: Timestamp) -> Self {
        Self {
            workflow: Workflow::New,
            since: at,
            touch: None,
        }
    }

    /// Remembers a change.
    pub fn remember(&mut self, change: Change) {
        let history = &mut self.touch.get_or_insert_default().history;
        if history.len() >= REMEMBERED {
            history.remove(0);
        }
        history.push(change);
    }

    /// Turns the workflow; what changed, for the history.
    pub fn turn(&mut self, to: Workflow, at: Timestamp) -> Option<(String, String, String)> {
        (self.workflow != to).then(|| {
            let was = std::mem::replace(&mut self.workflow, to);
            self.since = at;
            (
                "Workflow.Status".to_owned(),
                was.name().to_owned(),
                to.name().to_owned(),
            )
        })
    }
}

/// Where a finding comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A kind of the catalogue, as an index.
    Known(u16),
    /// Imported, as it was given.
    Given(Box<Map>),
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its place in the order of arrival; never reused.
    pub serial: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// A hostile name instead of a decent one: its number plus one.
    pub hostile: u8,
    /// Whether a check was passed the last time; for products that check.
    pub passed: bool,
    /// Whether its record is active, not archived.
    pub active: bool,
    /// What its texts follow from.
    pub dice: Dice,
    /// When it was made.
    pub created: Timestamp,
    /// When the product last reported it.
    pub updated: Timestamp,
    /// What operators did with it.
    pub desk: Desk,
    next: Option<Timestamp>,
    fate: Dice,
}

impl Item {
    /// Its kind, unless it was imported.
    #[must_use]
    pub fn kind(&self) -> Option<&'static Kind> {
        match &self.origin {
            Origin::Known(n) => KINDS.get(usize::from(*n)),
            Origin::Given(_) => None,
        }
    }

    fn advance(&mut self, churn: f64, now: Timestamp) {
        while let Some(at) = self.next.filter(|at| *at <= now) {
            self.updated = self.updated.max(at);
            if self.fate.chance(0.5) {
                self.flip(at);
            }
            self.next = Some(at.plus(self.fate.wait(churn)));
        }
    }

    /// The trouble goes, or comes back.
    fn flip(&mut self, at: Timestamp) {
        let product = self.kind().map_or(Product::Partner, |kind| kind.product);
        let checks = product.checks();
        let was_bad = if checks { !self.passed } else { self.active };
        let names = |bad: bool| match (checks, bad) {
            (true, true) => "FAILED",
            (true, false) => "PASSED",
            (false, true) => "ACTIVE",
            (false, false) => "ARCHIVED",
        };
        if checks {
            self.passed = was_bad;
        } else {
            self.active = !was_bad;
        }
        let field = if checks {
            "Compliance.Status"
        } else {
            "RecordState"
        };
        let mut updates = vec![(
            field.to_owned(),
            names(was_bad).to_owned(),
            names(!was_bad).to_owned(),
        )];
        let to = match (was_bad, checks, self.desk.workflow) {
            (true, true, Workflow::New | Workflow::Notified) => Workflow::Resolved,
            (false, _, workflow) => workflow.reopened(),
            (_, _, workflow) => workflow,
        };
        updates.extend(self.desk.turn(to, at));
        let identity = product.names().0.to_owned();
        self.desk.remember(Change {
            at,
            by_operator: false,
            identity,
            updates,
        });
    }
}

/// What Security Hub keeps in an account and region.
#[derive(Debug)]
pub struct Hub {
    /// Whether the account subscribed here.
    pub enabled: bool,
    /// When it did.
    pub since: Timestamp,
    /// The findings, in the order of their arrival; without those of GuardDuty, which GuardDuty keeps.
    pub items: Vec<Item>,
    /// What operators did with the findings of GuardDuty, by finding id.
    pub guarded: HashMap<String, Desk>,
    dice: Dice,
    arrives: Option<Timestamp>,
    arrivals: u32,
    serial: u32,
}

impl Hub {
    fn section(site: &Site) -> &Section {
        &site.scenario.securityhub
    }

    fn arrive(&mut self, site: &Site, at: Timestamp) -> &mut Item {
        let section = Self::section(site);
        let mut dice = self.dice.apart(u64::from(self.serial));
        let product = product(&section.mix, &mut dice);
        let range = of(product);
        let kind = range.start + dice.below(range.len());
        let (own, fate) = (dice.apart(1), dice.apart(2));
        // What happened before the start is settled when the world is founded.
        let next =
            (section.churn > 0.0).then(|| at.max(site.started).plus(dice.wait(section.churn)));
        self.push(
            Origin::Known(u16::try_from(kind).unwrap_or(0)),
            own,
            fate,
            at,
            next,
        )
    }

    fn push(
        &mut self,
        origin: Origin,
        dice: Dice,
        fate: Dice,
        at: Timestamp,
        next: Option<Timestamp>,
    ) -> &mut Item {
        self.items.push(Item {
            serial: self.serial,
            origin,
            hostile: 0,
            passed: false,
            active: true,
            dice,
            created: at,
            updated: at,
            desk: Desk::untouched(at),
            next,
            fate,
        });
        self.serial += 1;
        let last = self.items.len() - 1;
        &mut self.items[last]
    }

    /// Takes an imported finding in. Its product's fields replace what was known; what operators did stays.
    pub fn import(&mut self, given: Map, now: Timestamp) {
        let text = |name: &str| {
            given
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (id, product) = (text("Id"), text("ProductArn"));
        let time = |name: &str| Timestamp::parse(&text(name)).unwrap_or(now);
        let (created, updated) = (time("CreatedAt"), time("UpdatedAt"));
        let active = text("RecordState") != "ARCHIVED";
        let passed = given
            .get("Compliance")
            .is_some_and(|c| c.at("Status").as_str() == Some("PASSED"));
        let workflow = given
            .get("Workflow")
            .and_then(|w| Workflow::parse(w.at("Status").as_str()?));
        let same = |item: &&mut Item| match &item.origin {
            Origin::Given(old) => {
                old.get("Id").and_then(Value::as_str) == Some(&*id)
                    && old.get("ProductArn").and_then(Value::as_str) == Some(&*product)
            }
            Origin::Known(_) => false,
        };
        if let Some(item) = self.items.iter_mut().find(same) {
            if updated <= item.updated {
                return;
            }
            let mut updates = Vec::new();
            if item.active != active {
                let name = |active| if active { "ACTIVE" } else { "ARCHIVED" }.to_owned();
                updates.push(("RecordState".to_owned(), name(item.active), name(active)));
            }
            if (active && !item.active) || (item.passed && !passed) {
                let to = item.desk.workflow.reopened();
                updates.extend(item.desk.turn(to, updated));
            }
            if !updates.is_empty() {
                item.desk.remember(Change {
                    at: now,
                    by_operator: false,
                    identity: product,
                    updates,
                });
            }
            item.origin = Origin::Given(Box::new(given));
            (item.active, item.passed, item.updated) = (active, passed, updated);
            return;
        }
        let dice = self.dice.apart(u64::from(self.serial));
        let item = self.push(Origin::Given(Box::new(given)), dice, dice, created, None);
        (item.active, item.passed, item.updated) = (active, passed, updated);
        item.desk.workflow = workflow.unwrap_or(Workflow::New);
    }
}

/// One product, by its weight.
fn product(mix: &BTreeMap<String, u32>, dice: &mut Dice) -> Product {
    let weight = |product: &Product| -> usize {
        let (name, usual) = match product {
            Product::Control => ("controls", 52),
            Product::Inspector => ("inspector", 22),
            Product::Config => ("config", 10),
            Product::Analyzer => ("access-analyzer", 6),
            Product::Macie => ("macie", 5),
            Product::Partner => ("partner", 5),
        };
        if mix.is_empty() {
            usual
        } else {
            mix.get(name)
                .map_or(0, |n| usize::try_from(*n).unwrap_or(0))
        }
    };
    let mut at = dice.below(PRODUCTS.iter().map(weight).sum());
    for product in PRODUCTS {
        match at.checked_sub(weight(&product)) {
            None => return product,
            Some(rest) => at = rest,
        }
    }
    Product::Control
}

impl Estate for Hub {
    fn found(site: &Site) -> Self {
        let section = Self::section(site);
        let mut dice = Dice(site.rng("securityhub").next_u64());
        let mut hub = Self {
            enabled: site.stocked && !stock::within(&section.disabled, site),
            since: site.started.minus(HOUR * 24 * 300),
            items: Vec::new(),
            guarded: HashMap::new(),
            dice: dice.apart(1),
            arrives: None,
            arrivals: 0,
            serial: 0,
        };
        if !hub.enabled {
            return hub;
        }
        let hostile = if stock::within(&section.hostile, site) {
            stock::HOSTILE.len() + 1
        } else {
            0
        };
        let count = stock::amount(
            section.findings,
            section.spread,
            &section.accounts,
            site,
            &mut dice,
        )
        .max(hostile);
        let mut ages: Vec<Duration> = (0..count)
            .map(|_| dice.wait(240.0).min(HOUR * 24 * 80))
            .collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        hub.items.reserve_exact(count);
        for (n, age) in ages.into_iter().enumerate() {
            let at = site.started.minus(age);
            let item = hub.arrive(site, at);
            let later = at.plus(age.mul_f64(dice.unit() * 0.9));
            if n < hostile {
                item.hostile = u8::try_from(n + 1).unwrap_or(0);
            } else if dice.chance(section.settled) {
                item.updated = later;
                match (
                    item.kind().is_some_and(|kind| kind.product.checks()),
                    dice.below(4),
                ) {
                    (true, 0 | 1) => {
                        item.passed = true;
                        item.desk.workflow = Workflow::Resolved;
                    }
                    (false, 0 | 1) => item.active = false,
                    (_, 2) => item.desk.workflow = Workflow::Suppressed,
                    _ => item.desk.workflow = Workflow::Resolved,
                }
                item.desk.since = later;
            } else if dice.chance(section.notified) {
                item.desk.workflow = Workflow::Notified;
                item.desk.since = later;
                let who = dice.pick(USERS).to_owned();
                item.desk.touch.get_or_insert_default().note = Some((
                    "The owner knows; a fix is on its way.".to_owned(),
                    who,
                    later,
                ));
            }
        }
        if section.arrivals > 0.0 {
            hub.arrives = Some(site.started.plus(dice.wait(24.0 / section.arrivals)));
        }
        hub
    }

    fn advance(&mut self, site: &Site, now: Timestamp) {
        let section = Self::section(site);
        while let Some(at) = self.arrives.filter(|at| *at <= now) {
            self.arrive(site, at);
            let mut dice = self.dice.apart(1 << 40 | u64::from(self.arrivals));
            self.arrives = Some(at.plus(dice.wait(24.0 / section.arrivals)));
            self.arrivals += 1;
        }
        for item in &mut self.items {
            item.advance(section.churn, now);
        }
        self.items.retain(|item| now.since(item.updated) < KEPT);
    }
}
