//! A maintenance window: when it is due, and which of its runs go well.

use std::collections::BTreeMap;
use std::time::Duration;

use super::run::Run;
use super::section::windows::{Habit, Section};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::scenario::covers;
use crate::sim::schedule::Schedule;
use crate::sim::wire::Value;
use crate::sim::world::Site;
use jiff::tz::TimeZone;

/// Runs older than this are gone, as in AWS.
pub const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// What a task does.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// The document or function.
    pub arn: String,
    /// `RUN_COMMAND`, `AUTOMATION` or `LAMBDA`.
    pub kind: &'static str,
    /// `Install` or `Scan` of patches.
    pub operation: Option<&'static str>,
}

/// A maintenance window.
#[derive(Clone, Debug)]
pub struct Window {
    /// `mw-` and 17 digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The expression.
    pub expression: String,
    /// The zone as given; empty for none.
    pub zone: String,
    /// Days by which it is put off.
    pub offset: i64,
    /// The first and the last moment as given.
    pub dates: (Option<String>, Option<String>),
    /// When it is due.
    pub schedule: Schedule,
    /// Whether it is enabled.
    pub enabled: bool,
    /// How many hours it stays open.
    pub hours: i64,
    /// How many hours before its end nothing new is begun.
    pub cutoff: i64,
    /// Whether tasks may name targets of their own.
    pub unassociated: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed, which is also when a disabled one was disabled.
    pub modified: Timestamp,
    /// The patch group it is for.
    pub group: Option<String>,
    /// Its tasks.
    pub tasks: Vec<Task>,
    /// The runs that somebody cancelled, by id, and when.
    pub cancelled: BTreeMap<String, Timestamp>,
    habit: Habit,
    /// From when the habit counts.
    lately: Timestamp,
    /// Its own chance.
    pub dice: Chance,
}

/// The windows of an account and region.
pub fn found(site: &Site, groups: &[String]) -> Vec<Window> {
    let section = &site.scenario.windows;
    let root = Chance::of(site, "maintenance windows");
    let mut all = Vec::new();
    if !site.stocked {
        return all;
    }
    let by_hand = section
        .window
        .iter()
        .filter(|entry| covers(&entry.accounts, &entry.regions, site));
    for entry in by_hand {
        let zone = entry.zone.clone().unwrap_or_default();
        let expression = match (&entry.schedule, entry.opened, entry.opens) {
            (Some(text), ..) => text.clone(),
            (None, Some(ago), _) => daily(site.started.minus(ago.0), &zone),
            (None, None, ahead) => daily(site.started.plus(ahead.unwrap_or_default().0), &zone),
        };
        let lately = entry
            .lately
            .map_or(Duration::from_secs(2 * 86_400), |l| l.0);
        let Some(mut window) = Window::new(
            root.named(&entry.name),
            entry.name.clone(),
            expression,
            zone,
            (site.started, entry.hours, entry.group.clone()),
        ) else {
            continue; // Not reached: the scenario's reader refuses such a schedule.
        };
        window.description.clone_from(&entry.description);
        window.cutoff = entry.cutoff;
        window.enabled = entry.enabled;
        window.habit = entry.habit;
        window.lately = site.started.minus(lately);
        window.furnish();
        all.push(window);
    }
    all.extend((0..section.per_cell).filter_map(|n| generated(site, section, groups, root, n)));
    all
}

/// The n-th window that nobody named.
fn generated(
    site: &Site,
    section: &Section,
    groups: &[String],
    root: Chance,
    n: usize,
) -> Option<Window> {
    const CHORES: [(&str, &str); 6] = [
        (
            "weekly-ami-refresh",
            "Builds fresh machine images and retires old ones",
        ),
        ("nightly-log-rotation", "Rotates and ships application logs"),
        ("rds-minor-upgrades", "Applies minor engine upgrades"),
        ("certificate-renewal", "Renews internal certificates"),
        ("index-rebuild", "Rebuilds search indices out of hours"),
        ("snapshot-cleanup", "Deletes snapshots that no policy keeps"),
    ];
    let dice = root.on(n as u64);
    let group = groups.get(n).cloned();
    let (chore, about) = CHORES[n % CHORES.len()];
    let mut name = match &group {
        Some(group) => format!("patch-{group}"),
        None => chore.to_owned(),
    };
    if n >= groups.len() + CHORES.len() {
        name = format!("{name}-{}", n / CHORES.len());
    }
    let zone = if dice.on(1).happens(0.7) {
        zone_of(&site.region)
    } else {
        ""
    };
    let expression = if dice.on(2).happens(section.soon) {
        let minutes = dice.on(3).between(-30, 30);
        let near = Timestamp::from_millis(site.started.as_millis() + minutes * 60_000);
        daily(near, zone)
    } else {
        let (hour, minute) = (dice.on(4).between(0, 6), dice.on(5).between(0, 4) * 15);
        let day = dice.on(6).pick(&["SUN", "SAT", "TUE", "THU"]);
        match dice.on(7).between(0, 10) {
            0..5 => format!("cron({minute} {hour} ? * * *)"),
            5..8 => format!("cron({minute} {hour} ? * {day} *)"),
            8 => format!("cron({minute} {hour} ? * TUE#2 *)"),
            _ => format!("rate({} hours)", dice.on(8).pick(&[6, 12, 24])),
        }
    };
    let hours = *dice.on(9).pick(&[2, 3, 4]);
    let mut window = Window::new(
        dice,
        name,
        expression,
        zone.to_owned(),
        (site.started, hours, group.clone()),
    )?;
    window.description = Some(match group {
        Some(group) => format!("Installs approved patches on {group} of {}", site.name),
        None => about.to_owned(),
    });
    if window.expression.contains("TUE#2") {
        window.offset = 3;
        window.schedule = Schedule::parse(&window.expression, zone, 3, window.created)?;
    }
    let mut left = dice.on(10).unit();
    for (share, habit) in [
        (section.failing, Habit::Fails),
        (section.timing_out, Habit::TimesOut),
        (section.skipping, Habit::Skips),
        (section.missing, Habit::Misses),
    ] {
        if (0.0..share).contains(&left) {
            window.habit = habit;
        }
        left -= share;
    }
    window.enabled = !dice.on(11).happens(section.disabled);
    // Long enough ago for the last run to have gone so.
    let last = window.schedule.before(site.started).unwrap_or(site.started);
    window.lately = last.minus(Duration::from_secs(3600 * 30));
    window.furnish();
    Some(window)
}

/// Every day at the minute of a moment.
fn daily(at: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let local = at.to_jiff().to_zoned(zone);
    format!("cron({} {} ? * * *)", local.minute(), local.hour())
}

/// Where the people of a region sleep.
fn zone_of(region: &str) -> &'static str {
    match region {
        "eu-west-1" => "Europe/Dublin",
        "eu-west-2" => "Europe/London",
        "us-east-1" | "us-east-2" => "America/New_York",
        "us-west-1" | "us-west-2" => "America/Los_Angeles",
        "ap-southeast-2" => "Australia/Sydney",
        "ap-northeast-1" => "Asia/Tokyo",
        "ap-south-1" => "Asia/Kolkata",
        _ if region.starts_with("eu-") => "Europe/Berlin",
        _ => "Etc/UTC",
    }
}

impl Window {
    /// A sound window without tasks. `None` when its schedule cannot be read.
    pub fn new(
        dice: Chance,
        name: String,
        expression: String,
        zone: String,
        (started, hours, group): (Timestamp, i64, Option<String>),
    ) -> Option<Self> {
        let age = dice.on(20).between(40, 900) * 86_400 + dice.on(21).between(0, 86_400);
        let created = started.minus(Duration::from_secs(age.unsigned_abs()));
        Some(Self {
            id: format!("mw-{}", dice.on(22).hex(17)),
            name,
            description: None,
            schedule: Schedule::parse(&expression, &zone, 0, created)?,
            expression,
            zone,
            offset: 0,
            dates: (None, None),
            enabled: true,
            hours,
            cutoff: 1.min(hours - 1),
            unassociated: false,
            created,
            modified: created.plus(Duration::from_secs(86_400 * 20)),
            group,
            tasks: Vec::new(),
            cancelled: BTreeMap::new(),
            habit: Habit::Succeeds,
            lately: started,
            dice,
        })
    }

    /// Gives it the tasks that fit its purpose.
    fn furnish(&mut self) {
        let command = |name, operation| {
            (
                name,
                "AWS-RunPatchBaseline".to_owned(),
                "RUN_COMMAND",
                operation,
            )
        };
        let kinds = if self.group.is_some() {
            vec![
                (
                    "update-agent",
                    "AWS-UpdateSSMAgent".to_owned(),
                    "RUN_COMMAND",
                    None,
                ),
                command("install-patches", Some("Install")),
                command("scan-after-install", Some("Scan")),
            ]
        } else {
            let chore = self.name.clone();
            vec![(
                "run-chore",
                format!("Ops-{chore}"),
                *self
                    .dice
                    .on(30)
                    .pick(&["AUTOMATION", "RUN_COMMAND", "LAMBDA"]),
                None,
            )]
        };
        self.tasks = kinds
            .into_iter()
            .zip(31..)
            .map(|((name, arn, kind, operation), n)| Task {
                id: self.dice.on(n).uuid(),
                name,
                arn,
                kind,
                operation,
            })
            .collect();
    }

    /// The id of its only target registration.
    pub fn target_id(&self) -> String {
        self.dice.on(23).uuid()
    }

    /// When it opens next.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let (from, to) = (self.bound(&self.dates.0), self.bound(&self.dates.1));
        let from = from.map_or(now, |from| from.max(now));
        self.schedule
            .after(from)
            .filter(|at| self.enabled && to.is_none_or(|to| *at <= to))
    }

    fn bound(&self, text: &Option<String>) -> Option<Timestamp> {
        let text = text.as_deref()?;
        Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")))
    }

    /// The runs that began from `from` up to `now`, newest first.
    pub fn runs(&self, from: Timestamp, now: Timestamp) -> Vec<Run<'_>> {
        let (first, last) = (self.bound(&self.dates.0), self.bound(&self.dates.1));
        let from = first.map_or(from, |f| f.max(from)).max(self.created);
        let to = if self.enabled {
            now
        } else {
            self.modified.min(now)
        };
        let to = last.map_or(to, |l| l.min(to));
        let due = self
            .schedule
            .between(from.minus(Duration::from_secs(60)), to);
        due.into_iter()
            .rev()
            .filter_map(|due| self.run(due))
            .filter(|run| run.begins >= from && run.begins <= now)
            .collect()
    }

    /// The runs that AWS still knows, newest first.
    pub fn past(&self, now: Timestamp) -> Vec<Run<'_>> {
        self.runs(now.minus(REMEMBERED), now)
    }

    /// How the run that was due at a moment went or will go; `None` when there was none.
    pub fn run(&self, due: Timestamp) -> Option<Run<'_>> {
        let dice = self.dice.named("run").at(due);
        let habit = if due >= self.lately {
            self.habit
        } else {
            Habit::Succeeds
        };
        let habit = match habit {
            Habit::Succeeds if dice.on(1).happens(0.02) => Habit::Fails,
            habit => habit,
        };
        let begins = due.plus(Duration::from_secs(
            dice.on(2).between(2, 40).unsigned_abs(),
        ));
        let open = Duration::from_secs(self.hours.unsigned_abs() * 3600);
        let (status, took) = match habit {
            Habit::Misses => return None,
            Habit::Skips => ("SKIPPED_OVERLAPPING", Duration::from_secs(1)),
            Habit::TimesOut => ("TIMED_OUT", open),
            Habit::Fails => ("FAILED", open.mul_f64(0.2 + 0.3 * dice.on(3).unit())),
            Habit::Succeeds => ("SUCCESS", open.mul_f64(0.2 + 0.5 * dice.on(3).unit())),
        };
        Some(Run {
            window: self,
            begins,
            ends: begins.plus(took),
            status,
            cut: self.cancelled.get(&dice.uuid()).copied(),
            dice,
        })
    }

    /// The run with this id, among those that AWS still knows.
    pub fn find(&self, execution: &str, now: Timestamp) -> Option<Run<'_>> {
        self.past(now).into_iter().find(|run| run.id() == execution)
    }

    /// As `GetMaintenanceWindow` answers it.
    pub fn describe(&self, now: Timestamp) -> Value {
        fields! {
            "WindowId" => &self.id,
            "Name" => &self.name,
            "Description" => self.description.clone(),
            "StartDate" => self.dates.0.clone(),
            "EndDate" => self.dates.1.clone(),
            "Schedule" => &self.expression,
            "ScheduleTimezone" => Some(&self.zone).filter(|zone| !zone.is_empty()),
            "ScheduleOffset" => Some(self.offset).filter(|days| *days > 0),
            "NextExecutionTime" => self.next(now).map(|at| self.schedule.written(at)),
            "Duration" => self.hours,
            "Cutoff" => self.cutoff,
            "AllowUnassociatedTargets" => self.unassociated,
            "Enabled" => self.enabled,
            "CreatedDate" => self.created,
            "ModifiedDate" => self.modified,
        }
    }
}

/// A due moment and its window, as `DescribeMaintenanceWindowSchedule` answers it.
pub fn planned(window: &Window, at: Timestamp) -> Value {
    fields! {
        "WindowId" => &window.id,
        "Name" => &window.name,
        "ExecutionTime" => window.schedule.written(at),
    }
}

/// Whether a text is a moment that a window's dates may have.
pub fn is_date(value: &str) -> bool {
    Timestamp::parse(value).is_some() || Timestamp::parse(&format!("{value}Z")).is_some()
}
