//! Backups that never started: a plan's rule was due for a resource and no job appeared. Pure.
//!
//! Which rule backs up which resource is learned from the jobs that it started before and from selections that name
//! resources one by one; tags and conditions are not resolved. A rule is due at the times of its schedule, and its
//! jobs appear (as `CREATED`) when they are due, whatever the start window is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_backup::operation::get_backup_plan::GetBackupPlanOutput;
use aws_sdk_backup::operation::get_backup_selection::GetBackupSelectionOutput;
use aws_sdk_backup::types::ProtectedResource;

use crate::aws::moment::moment;
use crate::clock::Timestamp;
use crate::domain::Severity;
use crate::sources::intern;
use crate::sources::schedule::{Due, Schedule};

use super::job::Job;

/// How long after its time a job may appear. Jobs appear at once; an hour forgives a slow service and a list that
/// lags, and is still far less than the eight hours that a job may take to begin.
const TOLERANCE: Duration = Duration::from_secs(3_600);
/// How much before its time a job may appear, for clocks that disagree.
const EARLY: Duration = Duration::from_secs(300);
/// How far back jobs are kept by AWS Backup, and thus how far back a habit is known.
pub const HISTORY: Duration = Duration::from_secs(30 * 86_400);
/// After so many runs in a row without a job it is likelier that the resource was deleted or taken out of the plan,
/// which the API does not tell apart: it still stands there, but not among the urgent things.
const LIKELY_GONE: u32 = 4;
/// The schedule that AWS Backup uses for a rule without one.
const DEFAULT_SCHEDULE: &str = "cron(0 5 ? * * *)";

/// A rule of a backup plan.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What the plan is called. Neutralised.
    pub plan: Arc<str>,
    /// Where it puts recovery points. Neutralised.
    pub vault: Arc<str>,
    /// When it is due; nothing where the expression cannot be read for sure.
    pub schedule: Option<Schedule>,
    /// How far apart its runs are, in seconds.
    pub cadence: Option<u64>,
    /// Since when the plan is as it is.
    pub changed: Timestamp,
    /// Whether it keeps a continuous backup, which has no job per run.
    pub continuous: bool,
}

/// The rules of a plan by id.
pub fn rules(plan: &GetBackupPlanOutput, now: Timestamp) -> Vec<(Arc<str>, Rule)> {
    let Some(body) = plan.backup_plan() else {
        return Vec::new();
    };
    let changed = moment(plan.creation_date()).unwrap_or_default();
    body.rules()
        .iter()
        .filter_map(|rule| {
            let expression = rule.schedule_expression().unwrap_or(DEFAULT_SCHEDULE);
            let schedule = Schedule::parse(expression, rule.schedule_expression_timezone(), 0);
            let cadence = schedule.as_ref().and_then(|s| s.cadence(now));
            Some((
                intern(rule.rule_id()?),
                Rule {
                    plan: intern(body.backup_plan_name()),
                    vault: intern(rule.target_backup_vault_name()),
                    cadence: cadence.map(|c| c.as_secs()),
                    schedule,
                    changed,
                    continuous: rule.enable_continuous_backup().unwrap_or(false),
                },
            ))
        })
        .collect()
}

/// The resources that a selection names one by one, and since when; nothing where tags or conditions decide too.
pub fn named(selection: &GetBackupSelectionOutput) -> Option<(Timestamp, Vec<Arc<str>>)> {
    let body = selection.backup_selection()?;
    let conditional = body.conditions().is_some_and(|c| {
        !(c.string_equals().is_empty()
            && c.string_not_equals().is_empty()
            && c.string_like().is_empty()
            && c.string_not_like().is_empty())
    });
    if conditional || !body.list_of_tags().is_empty() {
        return None;
    }
    let since = moment(selection.creation_date()).unwrap_or_default();
    let resources = body
        .resources()
        .iter()
        .filter(|arn| !arn.contains('*') && !body.not_resources().contains(arn))
        .map(|arn| intern(arn))
        .collect();
    Some((since, resources))
}

/// A resource that AWS Backup has backed up before.
#[derive(Clone, Debug)]
pub struct Protected {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name, where it has one. Neutralised.
    pub name: Option<Arc<str>>,
    /// Such as `EBS`.
    pub resource_type: Option<Arc<str>>,
    /// When it was last backed up with success.
    pub last_good: Option<Timestamp>,
}

/// A protected resource; `None` for one without an ARN, which AWS does not send.
pub fn protected(resource: &ProtectedResource) -> Option<Protected> {
    Some(Protected {
        arn: intern(resource.resource_arn()?),
        name: resource
            .resource_name()
            .filter(|name| !name.is_empty())
            .map(intern),
        resource_type: resource.resource_type().map(intern),
        last_good: moment(resource.last_backup_time()),
    })
}

/// By resource and rule: a moment.
type Bound = HashMap<Arc<str>, HashMap<Arc<str>, Timestamp>>;

fn note(bound: &mut Bound, arn: Arc<str>, rule: Arc<str>, at: Timestamp) {
    let noted = bound.entry(arn).or_default().entry(rule).or_default();
    *noted = at.max(*noted);
}

/// Which rule backs up which resource.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    /// When each rule last started a job for a resource.
    started: Bound,
    /// Since when a selection names a resource for each rule of its plan.
    named: Bound,
}

impl Habits {
    /// Learns from a job.
    pub fn learn(&mut self, job: &Job) {
        let rule = job.rule.as_ref().and_then(|rule| rule.id.clone());
        if let (Some(arn), Some(rule)) = (job.detail.resource_arn.clone(), rule) {
            note(&mut self.started, arn, rule, job.detail.created);
        }
    }

    /// Takes over which rules selections bind to which resources by name, in place of what they said before.
    pub fn name(&mut self, bindings: impl IntoIterator<Item = (Arc<str>, Arc<str>, Timestamp)>) {
        self.named.clear();
        for (arn, rule, since) in bindings {
            note(&mut self.named, arn, rule, since);
        }
    }

    /// The resources that selections name.
    pub fn named(&self) -> impl Iterator<Item = &Arc<str>> {
        self.named.keys()
    }

    /// Forgets jobs that are older than AWS Backup's own memory.
    pub fn forget(&mut self, now: Timestamp) {
        let oldest = now.minus(HISTORY);
        self.started.retain(|_, rules| {
            rules.retain(|_, at| *at >= oldest);
            !rules.is_empty()
        });
    }

    /// The rules that are bound to a resource, each with the moment after which it has to run again.
    pub fn of(&self, arn: &str) -> impl Iterator<Item = (&Arc<str>, Timestamp)> {
        let both = [&self.started, &self.named];
        both.into_iter()
            .filter_map(move |bound| bound.get(arn))
            .flatten()
            .map(|(rule, at)| (rule, *at))
    }
}

/// A resource whose job never started.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name, where it has one.
    pub name: Option<Arc<str>>,
    /// Such as `EBS`.
    pub resource_type: Option<Arc<str>>,
    /// The plan that was due.
    pub plan: Arc<str>,
    /// Where it would have put the recovery point.
    pub vault: Arc<str>,
    /// When it was due.
    pub due: Timestamp,
    /// How many times in a row, as far as is counted.
    pub runs: u32,
    /// When the resource was last backed up with success.
    pub last_good: Option<Timestamp>,
    /// How far apart the rule's runs are, in seconds.
    pub cadence: Option<u64>,
    /// How bad it is.
    pub severity: Severity,
}

/// Whether a backup of this resource never started; of several rules the one that was due last counts.
#[must_use]
pub fn judge(
    resource: &Protected,
    habits: &Habits,
    rules: &HashMap<Arc<str>, Rule>,
    now: Timestamp,
) -> Option<Missed> {
    let mut bound: HashMap<&Arc<str>, Timestamp> = HashMap::new();
    for (rule, at) in habits.of(&resource.arn) {
        let latest = bound.entry(rule).or_default();
        *latest = at.max(*latest);
    }
    bound
        .into_iter()
        .filter_map(|(id, started)| overdue(resource, rules.get(id)?, started, now))
        .max_by_key(|missed| (missed.due, Arc::clone(&missed.plan)))
}

fn overdue(
    resource: &Protected,
    rule: &Rule,
    started: Timestamp,
    now: Timestamp,
) -> Option<Missed> {
    if rule.continuous {
        return None;
    }
    let schedule = rule.schedule.as_ref()?;
    // Something newer makes good for a run that never started, whoever started it.
    let seen = started.max(resource.last_good.unwrap_or_default());
    let silent = |due: &Due| {
        seen < due.at.minus(EARLY) && due.at > rule.changed && due.at >= now.minus(HISTORY)
    };
    let before = |due: &Due| schedule.last(due.at.minus(Duration::from_secs(1)));
    let mut last = schedule.last(now)?;
    // The hour that comes twice is waited for as well.
    while now < last.at.plus(last.again).plus(TOLERANCE) {
        last = before(&last)?;
    }
    if !silent(&last) {
        return None;
    }
    let mut runs = 1;
    let mut first = last;
    while runs < LIKELY_GONE {
        match before(&first) {
            Some(due) if silent(&due) => first = due,
            _ => break,
        }
        runs += 1;
    }
    Some(Missed {
        arn: Arc::clone(&resource.arn),
        name: resource.name.clone(),
        resource_type: resource.resource_type.clone(),
        plan: Arc::clone(&rule.plan),
        vault: Arc::clone(&rule.vault),
        due: last.at,
        runs,
        last_good: resource.last_good,
        cadence: rule.cadence,
        severity: if runs < LIKELY_GONE {
            Severity::High
        } else {
            Severity::Medium
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_backup::types::{
        BackupPlan, BackupRule, BackupSelection, Condition, ConditionType,
    };
    use aws_smithy_types::DateTime;

    const VOLUME: &str = "arn:aws:ec2:eu-west-1:111111111111:volume/vol-0f3";

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn plan(expression: &str, zone: Option<&str>, changed: &str) -> HashMap<Arc<str>, Rule> {
        let rule = BackupRule::builder()
            .rule_id("r-1")
            .rule_name("nightly")
            .target_backup_vault_name("main")
            .schedule_expression(expression)
            .set_schedule_expression_timezone(zone.map(str::to_owned))
            .build()
            .unwrap();
        let plan = BackupPlan::builder()
            .backup_plan_name("daily")
            .rules(rule)
            .build()
            .unwrap();
        let output = GetBackupPlanOutput::builder()
            .backup_plan(plan)
            .creation_date(DateTime::from_millis(at(changed).as_millis()))
            .build();
        rules(&output, at("2026-11-21T12:00:00Z"))
            .into_iter()
            .collect()
    }

    fn resource(last_good: Option<&str>) -> Protected {
        Protected {
            arn: VOLUME.into(),
            name: None,
            resource_type: Some("EBS".into()),
            last_good: last_good.map(at),
        }
    }

    fn started(moment: &str) -> Habits {
        let mut habits = Habits::default();
        note(&mut habits.started, VOLUME.into(), "r-1".into(), at(moment));
        habits
    }

    const LONG_AGO: &str = "2025-01-01T00:00:00Z";
    const DAILY: &str = "cron(0 5 ? * * *)";

    #[test]
    fn a_run_without_a_job_is_missed_an_hour_later() {
        let rules = plan(DAILY, None, LONG_AGO);
        let resource = resource(Some("2026-11-20T05:30:00Z"));
        let habits = started("2026-11-20T05:00:02Z");
        let judged = |now: &str| judge(&resource, &habits, &rules, at(now));
        assert!(judged("2026-11-21T05:59:59Z").is_none());
        let missed = judged("2026-11-21T06:00:00Z").unwrap();
        assert_eq!(missed.due, at("2026-11-21T05:00:00Z"));
        assert_eq!((missed.runs, missed.severity), (1, Severity::High));
        assert_eq!(missed.cadence, Some(86_400));
        assert_eq!(missed.plan.as_ref(), "daily");
        // Two more nights, and a third after which it is likelier gone.
        let missed = judged("2026-11-23T07:00:00Z").unwrap();
        assert_eq!((missed.runs, missed.severity), (3, Severity::High));
        let missed = judged("2026-11-24T07:00:00Z").unwrap();
        assert_eq!((missed.runs, missed.severity), (4, Severity::Medium));
        assert_eq!(judged("2026-11-28T07:00:00Z").unwrap().runs, 4);
    }

    #[test]
    fn a_rule_that_is_due_more_often_than_the_tolerance_is_judged_by_an_older_run() {
        let rules = plan("cron(0/15 * ? * * *)", None, LONG_AGO);
        let judged = |now: &str| {
            let habits = started("2026-11-21T05:00:02Z");
            judge(&resource(None), &habits, &rules, at(now)).map(|missed| missed.due)
        };
        assert_eq!(judged("2026-11-21T06:10:00Z"), None);
        assert_eq!(
            judged("2026-11-21T06:20:00Z"),
            Some(at("2026-11-21T05:15:00Z"))
        );
    }

    #[test]
    fn any_job_in_time_and_any_success_after_it_count() {
        let rules = plan(DAILY, None, LONG_AGO);
        let now = at("2026-11-21T12:00:00Z");
        // It was created, however it went on from there.
        let habits = started("2026-11-21T05:00:01Z");
        assert!(judge(&resource(None), &habits, &rules, now).is_none());
        // Somebody made a backup by hand.
        let habits = started("2026-11-20T05:00:01Z");
        let by_hand = resource(Some("2026-11-21T09:00:00Z"));
        assert!(judge(&by_hand, &habits, &rules, now).is_none());
        assert!(judge(&resource(None), &habits, &rules, now).is_some());
    }

    #[test]
    fn a_rule_is_due_by_its_own_clock_over_a_change_of_daylight_time() {
        // Berlin goes back on 25 October 2026: 05:00 is 03:00Z the day before and 04:00Z that day.
        let rules = plan(DAILY, Some("Europe/Berlin"), LONG_AGO);
        let habits = started("2026-10-24T03:00:02Z");
        let judged = |now: &str| judge(&resource(None), &habits, &rules, at(now));
        assert!(judged("2026-10-25T04:30:00Z").is_none());
        assert_eq!(
            judged("2026-10-25T05:00:00Z").unwrap().due,
            at("2026-10-25T04:00:00Z")
        );
    }

    #[test]
    fn a_plan_that_is_younger_than_the_time_was_not_bound_to_it() {
        let rules = plan(DAILY, None, "2026-11-21T05:30:00Z");
        let habits = started("2026-11-20T05:00:01Z");
        let now = at("2026-11-21T12:00:00Z");
        assert!(judge(&resource(None), &habits, &rules, now).is_none());
        let tomorrow = at("2026-11-22T12:00:00Z");
        let missed = judge(&resource(None), &habits, &rules, tomorrow).unwrap();
        assert_eq!(missed.runs, 1);
    }

    #[test]
    fn without_a_rule_a_habit_or_a_schedule_nothing_is_claimed() {
        let now = at("2026-11-21T12:00:00Z");
        let habits = started("2026-11-01T05:00:01Z");
        let rules = plan(DAILY, None, LONG_AGO);
        assert!(judge(&resource(None), &Habits::default(), &rules, now).is_none());
        assert!(judge(&resource(None), &habits, &HashMap::new(), now).is_none());
        let odd = plan("every full moon", None, LONG_AGO);
        assert!(judge(&resource(None), &habits, &odd, now).is_none());
        let mut continuous = rules.clone();
        for rule in continuous.values_mut() {
            rule.continuous = true;
        }
        assert!(judge(&resource(None), &habits, &continuous, now).is_none());
        // AWS Backup itself forgets after thirty days.
        let mut old = started("2026-10-01T05:00:01Z");
        old.forget(now);
        assert!(judge(&resource(None), &old, &rules, now).is_none());
        // What a selection names is not a matter of memory.
        old.name([(VOLUME.into(), "r-1".into(), at("2026-01-01T00:00:00Z"))]);
        old.forget(now);
        assert_eq!(judge(&resource(None), &old, &rules, now).unwrap().runs, 4);
        old.name([(VOLUME.into(), "r-1".into(), at("2026-11-21T06:00:00Z"))]);
        assert!(judge(&resource(None), &old, &rules, now).is_none());
    }

    #[test]
    fn only_selections_that_name_resources_bind_them() {
        let select = |body: aws_sdk_backup::types::builders::BackupSelectionBuilder| {
            GetBackupSelectionOutput::builder()
                .backup_selection(
                    body.selection_name("s")
                        .iam_role_arn("arn:aws:iam::111111111111:role/b")
                        .build()
                        .unwrap(),
                )
                .creation_date(DateTime::from_secs(1_796_090_400))
                .build()
        };
        let plain = select(
            BackupSelection::builder()
                .resources(VOLUME)
                .resources("arn:aws:ec2:*:*:volume/*"),
        );
        let (since, resources) = named(&plain).unwrap();
        assert_eq!(since, Timestamp::from_secs(1_796_090_400));
        assert_eq!(
            resources.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
            [VOLUME]
        );
        let tag = Condition::builder()
            .condition_type(ConditionType::Stringequals)
            .condition_key("backup")
            .condition_value("yes")
            .build()
            .unwrap();
        let tagged = select(
            BackupSelection::builder()
                .resources(VOLUME)
                .list_of_tags(tag),
        );
        assert!(named(&tagged).is_none());
    }
}
