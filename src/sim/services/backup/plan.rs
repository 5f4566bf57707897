//! Backup plans and the vaults they fill.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::schedule::Schedule;
use crate::sim::wire::Value;
use crate::sim::world::Site;

/// A plan, with its one rule and its one selection.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// Its id.
    pub id: String,
    /// Its rule's schedule.
    pub expression: String,
    /// The zone of the schedule.
    pub zone: &'static str,
    /// When it is due.
    pub schedule: Schedule,
    /// The vault it backs up to.
    pub vault: &'static str,
    /// After how many days a recovery point is deleted.
    pub keep: i64,
    /// Whether it copies to another region.
    pub copies: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Its own chance.
    pub dice: Chance,
}

impl Plan {
    /// Its ARN.
    pub fn arn(&self, site: &Site) -> String {
        site.arn("backup", &format!("backup-plan:{}", self.id))
    }

    /// The id of its present version.
    pub fn version(&self) -> String {
        self.dice.on(1).hex(32)
    }

    /// The id of its rule.
    pub fn rule_id(&self) -> String {
        self.dice.on(2).uuid()
    }

    /// The id of its selection.
    pub fn selection_id(&self) -> String {
        self.dice.on(3).uuid()
    }
}

/// The plans of an account and region.
pub fn plans(site: &Site, dice: Chance) -> Vec<Plan> {
    let start = site.started.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    let two_ago = start
        .checked_sub(jiff::Span::new().hours(2))
        .unwrap_or_else(|_| start.clone());
    let (hour, minute) = (dice.on(1).between(0, 6), dice.on(2).between(0, 4) * 15);
    let soon = start
        .checked_sub(jiff::Span::new().minutes(12))
        .unwrap_or_else(|_| start.clone());
    let rows = [
        (
            "daily-production",
            format!("cron({} {} ? * * *)", two_ago.minute(), two_ago.hour()),
            "Etc/UTC",
            "production",
            35,
            true,
        ),
        (
            "nightly-standard",
            format!("cron({minute} {hour} ? * * *)"),
            "Europe/Berlin",
            "Default",
            14,
            false,
        ),
        (
            "hourly-databases",
            format!("cron({} * ? * * *)", soon.minute()),
            "Etc/UTC",
            "production",
            3,
            false,
        ),
        (
            "weekly-archive",
            format!("cron({minute} 3 ? * SUN *)"),
            "Etc/UTC",
            "archive",
            365,
            true,
        ),
    ];
    rows.into_iter()
        .zip(10..)
        .filter_map(|((name, expression, zone, vault, keep, copies), n)| {
            let dice = dice.named("plans").on(n);
            let age = dice.between(60, 700).unsigned_abs();
            Some(Plan {
                name,
                id: dice.uuid(),
                schedule: Schedule::parse(&expression, zone, 0, Timestamp::ZERO)?,
                expression,
                zone,
                vault,
                keep,
                copies,
                created: site.started.minus(Duration::from_secs(age * 86_400)),
                dice,
            })
        })
        .collect()
}

/// The vaults: name, whether locked, the days its points must at least be kept.
pub const VAULTS: [(&str, bool, Option<i64>); 3] = [
    ("Default", false, None),
    ("production", false, None),
    ("archive", true, Some(30)),
];

/// The key a vault encrypts with.
pub fn key(site: &Site, vault: &str) -> String {
    site.arn(
        "kms",
        &format!(
            "key/{}",
            Chance::of(site, "backup keys").named(vault).uuid()
        ),
    )
}

/// The ARN of a vault.
pub fn vault_arn(site: &Site, vault: &str) -> Value {
    site.arn("backup", &format!("backup-vault:{vault}")).into()
}
