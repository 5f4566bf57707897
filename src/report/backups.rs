//! Backup coverage: which resources have a good recovery point as young as their plans promise, by account, plan and kind
//! of resource.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::text::{age, plural};
use crate::domain::{AccountId, Roster, Scope};
use crate::handover::Text;
use crate::history::measure::{Days, OfDay};
use crate::history::tally::Tally;
use crate::history::watch::Span;
use crate::sources::backup::coverage::{Cover, Covered, GRACE};

use super::patches::worst_first;
use super::write::percent;
use super::{Cell, Report, SHOWN, Table, Unread, column, days, unread};

/// What the report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Gathered<'a> {
    /// The present.
    pub now: Timestamp,
    /// What the daily figures are about.
    pub window: Span,
    /// Every resource, with where it is.
    pub resources: &'a [(Scope, Covered)],
    /// What could not be read.
    pub unread: &'a [Unread],
    /// What happened to backups, or why that cannot be read.
    pub tally: Result<&'a Tally, &'a str>,
    /// What reports counted on other days.
    pub counted: &'a Days,
    /// The accounts.
    pub roster: &'a Roster,
}

/// What is summed up over resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    all: u64,
    of: [u64; COVERS.len()],
}

const COVERS: [Cover; 5] = [
    Cover::Good,
    Cover::Late,
    Cover::Never,
    Cover::Unplanned,
    Cover::Untold,
];

impl Sum {
    fn add(&mut self, cover: Cover) {
        self.all += 1;
        if let Some(at) = COVERS.iter().position(|known| *known == cover) {
            self.of[at] += 1;
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let [good, late, never, unplanned, untold] = self.of;
        vec![
            Cell::Count(self.all),
            Cell::Count(good),
            Cell::share(good, self.all),
            Cell::Count(late),
            Cell::Count(never),
            Cell::Count(unplanned),
            Cell::Count(untold),
        ]
    }
}

/// The columns of sums.
const SUMS: [super::Column; 7] = [
    column("resources", "resources"),
    column("good", "good"),
    column("coverage", "coverage"),
    column("tooOld", "too old"),
    column("noRecoveryPoint", "none"),
    column("noPlanKnown", "no plan"),
    column("scheduleNotRead", "not read"),
];

/// What is noted of today: how many resources each account has that could be read, and how many of them have a good recovery point.
#[must_use]
pub fn today(resources: &[(Scope, Covered)], unread: &[Unread], roster: &Roster) -> OfDay {
    let mut today = super::read_to_the_end(roster, unread);
    for (scope, resource) in resources {
        if let Some(measure) = today.get_mut(&scope.account) {
            measure.total += 1;
            measure.good += u64::from(resource.cover == Cover::Good);
        }
    }
    today
}

/// Puts it together.
#[must_use]
pub fn compose(of: &Gathered<'_>) -> Report {
    let mut all = Sum::default();
    let mut accounts: BTreeMap<AccountId, Sum> = BTreeMap::new();
    let mut plans: BTreeMap<(AccountId, &Arc<str>), Sum> = BTreeMap::new();
    let mut types: BTreeMap<Option<&Arc<str>>, Sum> = BTreeMap::new();
    for (scope, resource) in of.resources {
        all.add(resource.cover);
        accounts
            .entry(scope.account)
            .or_default()
            .add(resource.cover);
        for plan in &resource.plans {
            plans
                .entry((scope.account, plan))
                .or_default()
                .add(resource.cover);
        }
        types
            .entry(resource.resource_type.as_ref())
            .or_default()
            .add(resource.cover);
    }
    let least = if of.unread.is_empty() {
        ""
    } else {
        "At least "
    };
    let covered = match Cell::share(all.of[0], all.all) {
        Cell::Share(share) => format!(" ({})", percent(share)),
        _ => String::new(),
    };
    let mut about = vec![Text::ours(format!(
        "As of {}. {least}{} resource{}, {} of them with a good recovery point{covered}.",
        of.now,
        all.all,
        plural(usize::try_from(all.all).unwrap_or(usize::MAX)),
        all.of[0],
    ))];
    about.extend(super::notes(of.unread, of.tally));
    let named = |account: AccountId| Cell::Theirs(of.roster.name(account).to_string());
    let with = |own: Vec<Cell>, sum: &Sum| own.into_iter().chain(sum.cells()).collect();
    let by_account = accounts
        .iter()
        .map(|(id, sum)| with(vec![named(*id), Cell::Ours(id.to_string())], sum));
    let by_plan = plans.iter().map(|((account, plan), sum)| {
        with(vec![named(*account), Cell::Theirs(plan.to_string())], sum)
    });
    let by_type = types.iter().map(|(of, sum)| {
        let word = Cell::maybe(*of, |of| Cell::Theirs(of.to_string()));
        with(vec![word], sum)
    });
    let columns = |own: &[super::Column]| own.iter().copied().chain(SUMS).collect();
    Report {
        name: "backupCoverage",
        title: format!("Backup coverage, {}", super::day(of.now)),
        about,
        tables: vec![
            Table {
                name: "accounts",
                title: "By account",
                columns: columns(&[column("account", "account"), column("accountId", "id")]),
                rows: worst_first(by_account.collect(), 4),
                shown: usize::MAX,
                nothing: "AWS Backup knows of no resource.",
            },
            Table {
                name: "plans",
                title: "By plan",
                columns: columns(&[column("account", "account"), column("plan", "plan")]),
                rows: worst_first(by_plan.collect(), 4),
                shown: SHOWN,
                nothing: "No plan is known to back up anything.",
            },
            Table {
                name: "types",
                title: "By kind of resource",
                columns: columns(&[column("type", "kind")]),
                rows: worst_first(by_type.collect(), 3),
                shown: usize::MAX,
                nothing: "AWS Backup knows of no resource.",
            },
            resources(of),
            days(
                of.tally,
                of.counted,
                "Backups that failed or never started and were not made good for, by day (UTC)",
                [SUMS[0], SUMS[1]],
            ),
            unread(of.unread, of.roster),
        ],
        definitions: vec![
            "Resources are those that AWS Backup ever backed up with success, and those that a plan's selection names one by \
             one. What is to be backed up by its tags and never was is not seen, nor is what no plan means."
                .to_owned(),
            format!(
                "A recovery point is good while it is no older than the time between two runs of the most frequent rule that \
                 backs the resource up, and half as long again for the run itself, {} hours at most. It is too old after that.",
                GRACE.as_secs() / 3_600
            ),
            "A rule is known to back a resource up when it did so within the last month, or when its plan's selection names \
             the resource. No plan: none is known. Not read: its rule has a schedule that cannot be read for sure."
                .to_owned(),
            "A resource of several plans counts for each of them. Days are from noctop's own history, of what a console saw."
                .to_owned(),
            super::COUNTED.to_owned(),
        ],
        head: json!({
            "asOf": of.now.to_string(),
            "from": of.window.from.to_string(),
            "until": of.window.until.to_string(),
            "resources": all.all,
            "good": all.of[0],
        }),
        is_partial: !of.unread.is_empty() || of.tally.is_err(),
    }
}

fn resources(of: &Gathered<'_>) -> Table {
    let mut bad: Vec<&(Scope, Covered)> = of.resources.iter().collect();
    bad.retain(|(_, resource)| resource.cover != Cover::Good);
    bad.sort_by_key(|(scope, resource)| {
        let last = resource.last_good.unwrap_or_default();
        (
            resource.cover,
            last,
            scope.account,
            Arc::clone(&resource.arn),
        )
    });
    let row = |(scope, resource): &&(Scope, Covered)| {
        let theirs = |text: &Option<Arc<str>>| {
            Cell::maybe(text.as_ref(), |text| Cell::Theirs(text.to_string()))
        };
        let plans: Vec<&str> = resource.plans.iter().map(|plan| &**plan).collect();
        let old = resource.last_good.map(|at| age(of.now.since(at)));
        vec![
            Cell::Ours(resource.cover.words().to_owned()),
            Cell::Theirs(resource.arn.to_string()),
            theirs(&resource.name),
            theirs(&resource.resource_type),
            Cell::Theirs(of.roster.name(scope.account).to_string()),
            Cell::Ours(scope.region.to_string()),
            Cell::maybe(
                Some(plans.join(", ")).filter(|p| !p.is_empty()),
                Cell::Theirs,
            ),
            Cell::maybe(resource.cadence, |secs| {
                Cell::Ours(age(Duration::from_secs(secs)))
            }),
            Cell::maybe(resource.last_good, Cell::At),
            Cell::maybe(old, Cell::Ours),
        ]
    };
    Table {
        name: "resources",
        title: "Resources without a good recovery point, the worst first",
        columns: vec![
            column("standing", "standing"),
            column("resource", "resource"),
            column("name", "name"),
            column("type", "kind"),
            column("account", "account"),
            column("region", "region"),
            column("plans", "plans"),
            column("every", "every"),
            column("lastGood", "last good"),
            column("age", "age"),
        ],
        rows: bad.iter().map(row).collect(),
        shown: SHOWN,
        nothing: "Every resource has a good recovery point.",
    }
}
