//! Patch coverage: which managed instances have the patches that their baselines want, by account and by patch group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::text::plural;
use crate::domain::{AccountId, Detail, Region, Roster};
use crate::handover::Text;
use crate::history::measure::{Days, OfDay};
use crate::history::tally::Tally;
use crate::history::watch::Span;

use super::write::percent;
use super::{Cell, Report, SHOWN, Table, Unread, column, days, unread};

/// A scan or an installation older than this says little about today.
const OLD: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What the report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Gathered<'a> {
    /// The present.
    pub now: Timestamp,
    /// What the daily figures are about.
    pub window: Span,
    /// Every managed instance.
    pub instances: &'a [Instance],
    /// What could not be read.
    pub unread: &'a [Unread],
    /// What happened to patch compliance, or why that cannot be read.
    pub tally: Result<&'a Tally, &'a str>,
    /// What reports counted on other days.
    pub counted: &'a Days,
    /// The accounts.
    pub roster: &'a Roster,
}

/// One managed instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// Its id. Neutralised.
    pub id: Arc<str>,
    /// What Patch Manager knows of it.
    pub patches: PatchDetail,
    /// Whether AWS counts it as compliant.
    pub is_compliant: bool,
}

impl Instance {
    /// The instance that a row of patch compliance is about; none for a patch group, which is a sum of instances.
    #[must_use]
    pub fn of(item: &crate::domain::Item) -> Option<Self> {
        let Detail::Patch(patches) = &item.detail else {
            return None;
        };
        let PatchSubject::Instance(id) = &patches.subject else {
            return None;
        };
        Some(Self {
            account: item.key.scope.account,
            region: item.key.scope.region,
            id: Arc::clone(id),
            patches: (**patches).clone(),
            is_compliant: &*item.native_state == "COMPLIANT",
        })
    }

    const fn is_scanned(&self) -> bool {
        !self.patches.operated.is_unknown()
    }

    const fn is_good(&self) -> bool {
        self.is_scanned() && self.is_compliant
    }
}

/// What is summed up over instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    instances: u64,
    good: u64,
    unscanned: u64,
    old: u64,
    away: u64,
    missing: u64,
    failed: u64,
    reboots: u64,
}

impl Sum {
    fn add(&mut self, instance: &Instance, now: Timestamp) {
        let patches = &instance.patches;
        let count = |n: i32| u64::try_from(n).unwrap_or(0);
        self.instances += 1;
        self.good += u64::from(instance.is_good());
        self.unscanned += u64::from(!instance.is_scanned());
        self.old += u64::from(instance.is_scanned() && now.since(patches.operated) > OLD);
        self.away += u64::from(patches.ping.as_deref().is_some_and(|ping| ping != "Online"));
        self.missing += count(patches.missing);
        self.failed += count(patches.failed);
        self.reboots += u64::from(patches.pending_reboot > 0);
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Count(self.instances),
            Cell::Count(self.good),
            Cell::share(self.good, self.instances),
            Cell::Count(self.unscanned),
            Cell::Count(self.old),
            Cell::Count(self.away),
            Cell::Count(self.missing),
            Cell::Count(self.failed),
            Cell::Count(self.reboots),
        ]
    }
}

/// The columns of sums.
const SUMS: [super::Column; 9] = [
    column("instances", "instances"),
    column("compliant", "compliant"),
    column("coverage", "coverage"),
    column("neverScanned", "never scanned"),
    column("scannedLongAgo", "long ago"),
    column("notOnline", "not online"),
    column("missingPatches", "missing"),
    column("failedPatches", "failed"),
    column("waitingForReboot", "reboot"),
];

/// What is noted of today: how many instances each account has that could be read, and how many of them are compliant.
#[must_use]
pub fn today(instances: &[Instance], unread: &[Unread], roster: &Roster) -> OfDay {
    let mut today = super::read_to_the_end(roster, unread);
    for instance in instances {
        if let Some(measure) = today.get_mut(&instance.account) {
            measure.total += 1;
            measure.good += u64::from(instance.is_good());
        }
    }
    today
}

/// Puts it together.
#[must_use]
pub fn compose(of: &Gathered<'_>) -> Report {
    let mut all = Sum::default();
    let mut accounts: BTreeMap<AccountId, Sum> = BTreeMap::new();
    let mut groups: BTreeMap<(AccountId, Option<&Arc<str>>), Sum> = BTreeMap::new();
    for instance in of.instances {
        let group = instance.patches.group.as_ref();
        all.add(instance, of.now);
        accounts
            .entry(instance.account)
            .or_default()
            .add(instance, of.now);
        groups
            .entry((instance.account, group))
            .or_default()
            .add(instance, of.now);
    }
    let least = if of.unread.is_empty() {
        ""
    } else {
        "At least "
    };
    let covered = match Cell::share(all.good, all.instances) {
        Cell::Share(share) => format!(" ({})", percent(share)),
        _ => String::new(),
    };
    let mut about = vec![Text::ours(format!(
        "As of {}. {least}{} managed instance{}, {} of them compliant{covered}.",
        of.now,
        all.instances,
        plural(usize::try_from(all.instances).unwrap_or(usize::MAX)),
        all.good,
    ))];
    about.extend(super::notes(of.unread, of.tally));
    let by_account = accounts.iter().map(|(id, sum)| {
        let mut cells = vec![
            Cell::Theirs(of.roster.name(*id).to_string()),
            Cell::Ours(id.to_string()),
        ];
        cells.extend(sum.cells());
        cells
    });
    let by_group = groups.iter().map(|((account, group), sum)| {
        let mut cells = vec![
            Cell::Theirs(of.roster.name(*account).to_string()),
            Cell::maybe(*group, |group| Cell::Theirs(group.to_string())),
        ];
        cells.extend(sum.cells());
        cells
    });
    let columns = |own: [super::Column; 2]| own.into_iter().chain(SUMS).collect();
    Report {
        name: "patchCoverage",
        title: format!("Patch coverage, {}", super::day(of.now)),
        about,
        tables: vec![
            Table {
                name: "accounts",
                title: "By account",
                columns: columns([column("account", "account"), column("accountId", "id")]),
                rows: worst_first(by_account.collect(), 4),
                shown: usize::MAX,
                nothing: "No account has a managed instance.",
            },
            Table {
                name: "groups",
                title: "By patch group",
                columns: columns([column("account", "account"), column("group", "group")]),
                rows: worst_first(by_group.collect(), 4),
                shown: SHOWN,
                nothing: "There is no patch group.",
            },
            instances(of),
            days(
                of.tally,
                of.counted,
                "Instances of which somebody had to take care, by day (UTC)",
                [SUMS[0], SUMS[1]],
            ),
            unread(of.unread, of.roster),
        ],
        definitions: vec![
            "An instance is compliant when it was scanned and has every patch that its baseline wants, none failed and none \
             waits for a reboot. One that was never scanned is not compliant."
                .to_owned(),
            "Coverage is the share of compliant instances among all managed instances (those that Systems Manager knows). \
             Instances that are not managed are not seen."
                .to_owned(),
            format!(
                "Long ago: the last scan or installation is more than {} days old.",
                OLD.as_secs() / 86_400
            ),
            "Not online: the agent has not answered Systems Manager lately, so that what is said of the instance may be out of \
             date."
                .to_owned(),
            "Somebody has to take care of an instance with failed, critical or security patches. Days are from noctop's own \
             history, of instances that a console saw."
                .to_owned(),
            super::COUNTED.to_owned(),
        ],
        head: json!({
            "asOf": of.now.to_string(),
            "from": of.window.from.to_string(),
            "until": of.window.until.to_string(),
            "instances": all.instances,
            "compliant": all.good,
        }),
        is_partial: !of.unread.is_empty() || of.tally.is_err(),
    }
}

/// Lines in the order of a share, the smallest first.
pub(super) fn worst_first(mut rows: Vec<Vec<Cell>>, column: usize) -> Vec<Vec<Cell>> {
    rows.sort_by(|a, b| {
        let share = |row: &[Cell]| match row.get(column) {
            Some(Cell::Share(share)) => *share,
            _ => 2.0,
        };
        share(a).total_cmp(&share(b))
    });
    rows
}

fn instances(of: &Gathered<'_>) -> Table {
    let mut bad: Vec<&Instance> = of.instances.iter().filter(|i| !i.is_good()).collect();
    bad.sort_by_key(|instance| {
        let patches = &instance.patches;
        let rank = (
            patches.failed + patches.critical,
            patches.security,
            patches.missing,
            !instance.is_scanned(),
        );
        (
            std::cmp::Reverse(rank),
            instance.account,
            Arc::clone(&instance.id),
        )
    });
    let row = |instance: &&Instance| {
        let patches = &instance.patches;
        let theirs = |text: &Option<Arc<str>>| {
            Cell::maybe(text.as_ref(), |text| Cell::Theirs(text.to_string()))
        };
        let count = |n: i32| {
            if instance.is_scanned() {
                Cell::Count(u64::try_from(n).unwrap_or(0))
            } else {
                Cell::Unknown
            }
        };
        vec![
            Cell::Theirs(instance.id.to_string()),
            theirs(&patches.computer),
            Cell::Theirs(of.roster.name(instance.account).to_string()),
            Cell::Ours(instance.region.to_string()),
            theirs(&patches.group),
            theirs(&patches.platform),
            count(patches.failed),
            count(patches.critical),
            count(patches.security),
            count(patches.missing),
            count(patches.pending_reboot),
            Cell::maybe(
                Some(patches.operated).filter(|at| !at.is_unknown()),
                Cell::At,
            ),
            theirs(&patches.ping),
        ]
    };
    Table {
        name: "instances",
        title: "Instances that are not compliant, the worst first",
        columns: vec![
            column("instance", "instance"),
            column("name", "name"),
            column("account", "account"),
            column("region", "region"),
            column("group", "group"),
            column("platform", "platform"),
            column("failed", "failed"),
            column("critical", "critical"),
            column("security", "security"),
            column("missing", "missing"),
            column("reboot", "reboot"),
            column("lastOperation", "last scanned"),
            column("agent", "agent"),
        ],
        rows: bad.iter().map(row).collect(),
        shown: SHOWN,
        nothing: "Every managed instance is compliant.",
    }
}
