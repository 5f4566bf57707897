//! One maintenance window: from what is known of it to an item, with a title made from its facts.

use std::sync::Arc;

use aws_sdk_ssm::types::{
    MaintenanceWindowExecution, MaintenanceWindowExecutionTaskIdentity, MaintenanceWindowIdentity,
    MaintenanceWindowTarget,
};

use crate::aws::moment::moment;
use crate::clock::Timestamp;
use crate::domain::text::clean_arc;
use crate::domain::window::{WindowDetail, WindowPhase, WindowRun, WindowTask};
use crate::domain::{Detail, Item, ItemKey, ItemState, Kind, Record, Scope, Severity};
use crate::sources::intern;
use crate::sources::schedule::Schedule;

use super::judge::{self, Known, Listed};

/// A listed window; `None` for one without an id, which AWS does not send.
pub fn listed(window: &MaintenanceWindowIdentity) -> Option<Listed> {
    let id = clean_arc(window.window_id()?);
    let time = |text: Option<&str>| text.and_then(Timestamp::parse);
    Some(Listed {
        name: window.name().map_or_else(|| Arc::clone(&id), clean_arc),
        description: window
            .description()
            .filter(|text| !text.is_empty())
            .map(clean_arc),
        enabled: window.enabled(),
        expression: window.schedule().map(intern),
        timezone: window.schedule_timezone().map(intern),
        schedule: window.schedule().and_then(|expression| {
            let offset = window.schedule_offset().unwrap_or(0);
            Schedule::parse(expression, window.schedule_timezone(), offset)
        }),
        duration_hours: window.duration().unwrap_or(0),
        cutoff_hours: window.cutoff(),
        active_from: time(window.start_date()),
        active_to: time(window.end_date()),
        next: time(window.next_execution_time()),
        id,
    })
}

/// An execution; `None` for one without an id, which AWS does not send.
pub fn run(execution: &MaintenanceWindowExecution) -> Option<WindowRun> {
    Some(WindowRun {
        id: clean_arc(execution.window_execution_id()?),
        status: execution
            .status()
            .map_or_else(|| intern("PENDING"), |status| intern(status.as_str())),
        status_details: execution
            .status_details()
            .filter(|text| !text.is_empty())
            .map(clean_arc),
        started: moment(execution.start_time()).unwrap_or_default(),
        ended: moment(execution.end_time()),
        tasks: Vec::new(),
    })
}

/// A task of an execution.
pub fn task(task: &MaintenanceWindowExecutionTaskIdentity) -> WindowTask {
    WindowTask {
        name: task
            .task_arn()
            .or_else(|| task.task_execution_id())
            .map_or_else(|| intern("?"), intern),
        kind: task
            .task_type()
            .map_or_else(|| intern("?"), |kind| intern(kind.as_str())),
        status: task
            .status()
            .map_or_else(|| intern("PENDING"), |status| intern(status.as_str())),
        started: moment(task.start_time()).unwrap_or_default(),
        ended: moment(task.end_time()),
    }
}

/// The instances that targets name one by one. Tags and resource groups are not resolved.
pub fn instances(targets: &[MaintenanceWindowTarget]) -> Vec<Arc<str>> {
    let mut instances: Vec<Arc<str>> = targets
        .iter()
        .flat_map(MaintenanceWindowTarget::targets)
        .filter(|target| {
            target
                .key()
                .is_some_and(|key| key.eq_ignore_ascii_case("instanceids"))
        })
        .flat_map(|target| target.values().iter().map(|id| intern(id)))
        .collect();
    instances.sort();
    instances.dedup();
    instances
}

/// The severity of an execution that was no success.
fn severity(run: &WindowRun) -> Severity {
    match run.status.as_ref() {
        "FAILED" => Severity::High,
        // Somebody cancelled it, or it ran out of time with part of its work done, or it did not get its turn.
        _ => Severity::Medium,
    }
}

/// Openings after the next one that are told.
const LATER: usize = 2;

/// When the window opens after the next time that AWS announces.
fn later(listed: &Listed) -> Vec<Timestamp> {
    let (Some(schedule), Some(next)) = (&listed.schedule, listed.next) else {
        return Vec::new();
    };
    let mut later = schedule.after(next, LATER);
    later.retain(|at| listed.active_to.is_none_or(|end| *at <= end));
    later
}

/// A window as a record.
pub fn record(scope: Scope, listed: &Listed, known: &Known, now: Timestamp) -> Record {
    let phase = judge::phase(listed, known, now);
    let expected = judge::expected(listed, known, now).map(|e| e.at);
    let current = known.current();
    let last = known.last();
    // A failure asks for attention until a success; that it runs again is hope and not yet a success.
    let failed = match phase {
        WindowPhase::Failed | WindowPhase::Running => last.filter(|run| judge::is_bad(run)),
        WindowPhase::Waiting
        | WindowPhase::Missed
        | WindowPhase::Disabled
        | WindowPhase::Unread => None,
    };
    let missed = judge::missed(listed, known, now).filter(|_| phase == WindowPhase::Missed);
    let (severity, state) = match (missed, failed) {
        (Some(_), _) => (Severity::High, ItemState::Open),
        (None, Some(run)) => (severity(run), ItemState::Open),
        (None, None) => (Severity::Info, ItemState::Calm),
    };
    let native_state = match phase {
        WindowPhase::Disabled => intern("DISABLED"),
        WindowPhase::Missed => intern("ENABLED"),
        WindowPhase::Unread => intern("UNKNOWN"),
        WindowPhase::Running | WindowPhase::Failed | WindowPhase::Waiting => current
            .or(last)
            .map_or_else(|| intern("ENABLED"), |run| Arc::clone(&run.status)),
    };
    let ended = |run: &WindowRun| run.ended.unwrap_or(run.started);
    let opened = missed
        .or(failed.map(ended))
        .or(current.map(|run| run.started))
        .or(last.map(ended))
        .unwrap_or_default();
    // The service's own times only, so that every console computes the same: the missed time, or the beginning of
    // the execution that failed. Calm windows have nothing to acknowledge.
    let episode = missed.or(failed.map(|run| run.started)).unwrap_or_default();
    let changed = current
        .map(|run| run.started)
        .max(last.map(ended))
        .max(missed)
        .unwrap_or_default();
    let resource = match known.instances.as_slice() {
        [one] => Some(Arc::clone(one)),
        _ => None,
    };
    let item = Item {
        key: ItemKey {
            kind: Kind::Window,
            scope,
            id: Arc::clone(&listed.id),
        },
        // The list gives none, and building one would take a partition for granted.
        told_arn: None,
        name: Arc::clone(&listed.name),
        title: clean_arc(&(title(listed, phase, missed, current, last) + unread(phase, known))),
        severity,
        state,
        native_state,
        resource,
        opened,
        changed,
        episode,
        detail: Detail::Window(Box::new(WindowDetail {
            id: Arc::clone(&listed.id),
            phase,
            description: listed.description.clone(),
            schedule: listed.expression.clone(),
            timezone: listed.timezone.clone(),
            duration_hours: listed.duration_hours,
            cutoff_hours: listed.cutoff_hours,
            next: listed.next,
            later: later(listed),
            expected,
            current: current.cloned(),
            last: last.cloned(),
            instances: known.instances.clone(),
            unread: known.unread.clone(),
        })),
    };
    Record {
        native: Arc::clone(&listed.id),
        item,
    }
}

fn title(
    listed: &Listed,
    phase: WindowPhase,
    missed: Option<Timestamp>,
    current: Option<&WindowRun>,
    last: Option<&WindowRun>,
) -> String {
    let next = listed
        .next
        .map(|next| format!(" · next {}", minute(next)))
        .unwrap_or_default();
    match phase {
        WindowPhase::Disabled => "disabled".to_owned(),
        WindowPhase::Missed => format!(
            "should have begun {} and did not{next}",
            missed.map(minute).unwrap_or_default()
        ),
        WindowPhase::Running => {
            let tasks = current.map(progress).unwrap_or_default();
            let before = last
                .filter(|run| judge::is_bad(run))
                .map(|run| format!(" · before {}", outcome(run)))
                .unwrap_or_default();
            format!("running{tasks}{before}")
        }
        WindowPhase::Failed => {
            let how = last.map(outcome).unwrap_or_default();
            let tasks = last.map(culprits).unwrap_or_default();
            format!("last run {how}{tasks}{next}")
        }
        WindowPhase::Waiting => listed.next.map_or_else(
            || "no next time".to_owned(),
            |next| format!("opens {} for {} h", minute(next), listed.duration_hours),
        ),
        WindowPhase::Unread => format!("how it went is not known{next}"),
    }
}

/// What a title adds where it may not be the whole truth.
fn unread(phase: WindowPhase, known: &Known) -> &'static str {
    match (phase, &known.unread) {
        (WindowPhase::Disabled, _) => "",
        (_, Some(_)) => " · its runs could not be read",
        (WindowPhase::Unread, None) => " · its runs have not been read yet",
        (_, None) => "",
    }
}

/// A moment to the minute: a title does not change while it stands.
fn minute(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn outcome(run: &WindowRun) -> String {
    match run.status.as_ref() {
        "FAILED" => "failed".to_owned(),
        "TIMED_OUT" => "timed out".to_owned(),
        "CANCELLED" => "was cancelled".to_owned(),
        "SKIPPED_OVERLAPPING" => "was skipped because the one before still ran".to_owned(),
        other => other.to_ascii_lowercase().replace('_', " "),
    }
}

/// How far the tasks of a running execution are.
fn progress(run: &WindowRun) -> String {
    if run.tasks.is_empty() {
        return String::new();
    }
    let done = run
        .tasks
        .iter()
        .filter(|task| {
            !matches!(
                task.status.as_ref(),
                "PENDING" | "IN_PROGRESS" | "CANCELLING"
            )
        })
        .count();
    format!(" · {done} of {} tasks done", run.tasks.len())
}

/// Which tasks of an execution were no success.
fn culprits(run: &WindowRun) -> String {
    let bad: Vec<&str> = run
        .tasks
        .iter()
        .filter(|task| task.status.as_ref() != "SUCCESS")
        .map(|task| task.name.as_ref())
        .collect();
    match bad.as_slice() {
        [] => String::new(),
        [one] => format!(" in {one}"),
        [first, rest @ ..] => format!(" in {first} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssm::types::{
        MaintenanceWindowExecutionStatus as Status, MaintenanceWindowTaskType, Target,
    };
    use aws_smithy_types::DateTime;

    fn scope() -> Scope {
        Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn window() -> Listed {
        listed(
            &MaintenanceWindowIdentity::builder()
                .window_id("mw-0123456789abcdef0")
                .name("patch\u{1b}[2J-web")
                .enabled(true)
                .schedule("cron(0 2 ? * * *)")
                .schedule_timezone("Europe/Berlin")
                .duration(3)
                .cutoff(1)
                .next_execution_time("2026-11-22T02:00+01:00")
                .build(),
        )
        .unwrap()
    }

    fn execution(status: Status, started: &str, ended: Option<&str>) -> WindowRun {
        let date = |text: &str| DateTime::from_millis(at(text).as_millis());
        run(&MaintenanceWindowExecution::builder()
            .window_execution_id(started)
            .status(status)
            .start_time(date(started))
            .set_end_time(ended.map(date))
            .build())
        .unwrap()
    }

    fn judged(runs: Vec<WindowRun>, now: &str) -> Item {
        let now = at(now);
        let mut known = Known::default();
        known.note(&window(), now);
        known.take_runs(runs, now);
        known.vetted = judge::suspicion(&window(), &known, now).map(|e| (e.at, true));
        record(scope(), &window(), &known, now).item
    }

    fn detail(item: &Item) -> &WindowDetail {
        match &item.detail {
            Detail::Window(detail) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_waiting_window_is_calm_and_says_when_it_opens() {
        let item = judged(
            vec![execution(
                Status::Success,
                "2026-11-21T01:00:30Z",
                Some("2026-11-21T01:20:00Z"),
            )],
            "2026-11-21T12:00:00Z",
        );
        assert_eq!(
            (item.severity, item.state),
            (Severity::Info, ItemState::Calm)
        );
        assert_eq!(item.title.as_ref(), "opens 2026-11-22 01:00Z for 3 h");
        assert_eq!(item.name.as_ref(), "patch\u{fffd}[2J-web");
        assert_eq!(item.native_state.as_ref(), "SUCCESS");
        assert_eq!(item.episode, Timestamp::ZERO);
        assert_eq!(item.opened, at("2026-11-21T01:20:00Z"));
        assert_eq!(detail(&item).next, Some(at("2026-11-22T01:00:00Z")));
        assert_eq!(detail(&item).phase, WindowPhase::Waiting);
    }

    #[test]
    fn a_missed_window_is_high_and_its_episode_is_the_missed_time() {
        let item = judged(
            vec![execution(
                Status::Success,
                "2026-11-20T01:00:30Z",
                Some("2026-11-20T01:20:00Z"),
            )],
            "2026-11-21T12:00:00Z",
        );
        assert_eq!(
            (item.severity, item.state),
            (Severity::High, ItemState::Open)
        );
        assert_eq!(
            item.title.as_ref(),
            "should have begun 2026-11-21 01:00Z and did not · next 2026-11-22 01:00Z"
        );
        assert_eq!(item.episode, at("2026-11-21T01:00:00Z"));
        assert_eq!(item.opened, item.episode);
        assert_eq!(detail(&item).expected, Some(item.episode));
    }

    #[test]
    fn failures_are_weighed_by_how_they_ended() {
        for (status, severity) in [
            (Status::Failed, Severity::High),
            (Status::TimedOut, Severity::Medium),
            (Status::Cancelled, Severity::Medium),
            (Status::SkippedOverlapping, Severity::Medium),
        ] {
            let mut failed = execution(
                status.clone(),
                "2026-11-21T01:00:30Z",
                Some("2026-11-21T01:20:00Z"),
            );
            failed.tasks = vec![task(
                &MaintenanceWindowExecutionTaskIdentity::builder()
                    .task_arn("AWS-RunPatchBaseline")
                    .task_type(MaintenanceWindowTaskType::RunCommand)
                    .status(status.clone())
                    .build(),
            )];
            let item = judged(vec![failed], "2026-11-21T12:00:00Z");
            assert_eq!(
                (item.severity, item.state),
                (severity, ItemState::Open),
                "{status}"
            );
            assert_eq!(item.episode, at("2026-11-21T01:00:30Z"));
            assert_eq!(item.opened, at("2026-11-21T01:20:00Z"));
            assert!(
                item.title.contains("in AWS-RunPatchBaseline"),
                "{}",
                item.title
            );
        }
    }

    #[test]
    fn a_run_after_a_failure_does_not_make_it_good_yet() {
        let failed = || {
            execution(
                Status::Failed,
                "2026-11-20T01:00:30Z",
                Some("2026-11-20T01:20:00Z"),
            )
        };
        let running = execution(Status::InProgress, "2026-11-21T01:00:30Z", None);
        let item = judged(vec![failed(), running.clone()], "2026-11-21T01:05:00Z");
        assert_eq!(
            (item.severity, item.state),
            (Severity::High, ItemState::Open)
        );
        assert_eq!(detail(&item).phase, WindowPhase::Running);
        assert_eq!(item.title.as_ref(), "running · before failed");
        assert_eq!(item.episode, at("2026-11-20T01:00:30Z"));
        // Without a failure before it, a running window is calm.
        let item = judged(vec![running], "2026-11-21T01:05:00Z");
        assert_eq!(
            (item.severity, item.state),
            (Severity::Info, ItemState::Calm)
        );
        assert_eq!(item.native_state.as_ref(), "IN_PROGRESS");
    }

    #[test]
    fn only_named_instances_are_instances() {
        let target = |key: &str, values: &[&str]| {
            let values = values.iter().map(|v| (*v).to_owned()).collect();
            Target::builder().key(key).set_values(Some(values)).build()
        };
        let targets = [
            MaintenanceWindowTarget::builder()
                .targets(target("InstanceIds", &["i-0b", "i-0a"]))
                .build(),
            MaintenanceWindowTarget::builder()
                .targets(target("tag:env", &["prod"]))
                .targets(target("instanceids", &["i-0a"]))
                .build(),
        ];
        let ids = instances(&targets);
        assert_eq!(
            ids.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
            ["i-0a", "i-0b"]
        );
    }
}
