//! What a row is and the fact that matters about it, as short sentences.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmDetail;
use crate::domain::backup::{BackupDetail, JobKind};
use crate::domain::health::HealthDetail;
use crate::domain::incident::{CaseDetail, Managed, RecordDetail};
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::text::age;
use crate::domain::window::{WindowDetail, WindowPhase};
use crate::domain::{Detail, Item, ItemState};

/// What the row is about, with the word of its kind: `alarm api-5xx-rate`, `GuardDuty Backdoor:EC2/…`.
#[must_use]
pub fn what(item: &Item) -> String {
    match &item.detail {
        Detail::Alarm(_) => format!("alarm {}", item.name),
        Detail::Finding(d) => format!("{} {}", d.terms.product, item.name),
        Detail::Incident(_) => format!("OpsItem {}", item.name),
        Detail::Record(_) => format!("incident {}", item.name),
        Detail::Case(d) => format!(
            "{} {}",
            d.managed().map_or("case", Managed::word),
            item.name
        ),
        Detail::Health(_) => format!("AWS {}", item.name),
        Detail::Compliance(d) => format!("{} {}", super::compliance::word(d), item.name),
        Detail::Window(_) => format!("window {}", item.name),
        Detail::Mute(_) => format!("mute {}", item.name),
        Detail::Patch(_) => format!("patches {}", item.name),
        Detail::Backup(d) => match d.job {
            JobKind::Missed => format!("no backup {}", item.name),
            job => format!("{} {}", job.word(), item.name),
        },
    }
}

/// [`what`] with the short name of a finding's product, so that its own name has room.
#[must_use]
pub fn what_short(item: &Item) -> String {
    match &item.detail {
        // Whose finding it is matters less than which weakness it is.
        Detail::Finding(_) if item.name.starts_with("CVE-") => item.name.to_string(),
        Detail::Finding(d) => format!("{} {}", product_short(&d.terms.product), item.name),
        _ => what(item),
    }
}

fn product_short(product: &str) -> &str {
    match product {
        "GuardDuty" => "GD",
        "Security Hub" => "SecHub",
        "IAM Access Analyzer" => "Analyzer",
        other => other,
    }
}

/// The fact that matters right now.
#[must_use]
pub fn fact(item: &Item, now: Timestamp) -> Cow<'_, str> {
    match &item.detail {
        Detail::Alarm(d) => alarm(item, d, now),
        Detail::Finding(d) => {
            let mut text = item
                .resource
                .as_deref()
                .map(tail)
                .unwrap_or_default()
                .to_owned();
            if let Some(count) = d.count.filter(|c| *c > 1) {
                let _ = write!(
                    text,
                    "{}seen {count} times",
                    if text.is_empty() { "" } else { " · " }
                );
            }
            if text.is_empty() {
                Cow::Borrowed(&item.title)
            } else {
                Cow::Owned(text)
            }
        }
        Detail::Incident(d) => {
            let status = words(&d.status);
            Cow::Owned(match &d.source {
                Some(source) => format!("{status} · from {source}"),
                None => status,
            })
        }
        Detail::Record(d) => Cow::Owned(record(d)),
        Detail::Case(d) => Cow::Owned(case(d, now)),
        Detail::Health(d) => Cow::Owned(event(d, now)),
        Detail::Compliance(d) => Cow::Owned(super::compliance::fact(item, d, now)),
        Detail::Window(d) => Cow::Owned(window(d, now)),
        Detail::Patch(d) => Cow::Owned(patch(d, now)),
        Detail::Backup(d) => Cow::Owned(backup(d, now)),
        Detail::Mute(d) => Cow::Owned(super::mutes::fact(d, now)),
    }
}

fn record(d: &RecordDetail) -> String {
    let impact = format!("impact {} of 5", d.impact);
    let by = d.began_by.as_deref().map(tail);
    match (by, &d.plan) {
        (Some(by), _) => format!("{impact} · begun by {by}"),
        (None, Some(plan)) => format!("{impact} · {plan}"),
        (None, None) => impact,
    }
}

fn case(d: &CaseDetail, now: Timestamp) -> String {
    let status = if d.waits_for_us() {
        "waits for your answer".to_owned()
    } else {
        words(&d.status.replace('-', "_"))
    };
    match &d.last {
        Some((by, at)) => {
            let by = if &**by == AWS { "AWS" } else { tail(by) };
            format!("{status} · {by} wrote {} ago", age(now.since(*at)))
        }
        None => status,
    }
}

/// What AWS calls itself in a case.
const AWS: &str = "Amazon Web Services";

fn event(d: &HealthDetail, now: Timestamp) -> String {
    let when = match (d.starts, d.ends) {
        (Some(at), _) if at > now => format!("from {}", clock(at, now)),
        (Some(at), _) if d.is_trouble() => format!("since {}", clock(at, now)),
        (_, Some(at)) if at > now => format!("until {}", clock(at, now)),
        _ => format!("told {} ago", age(now.since(d.updated))),
    };
    let whom = if d.is_public {
        " · everybody there"
    } else {
        ""
    };
    match d.action {
        Some(action) => format!("{when} · {}{whom}", action.word()),
        None => format!("{when} · {}{whom}", d.category.word()),
    }
}

/// A service's word in ours: `InProgress` is `in progress`, `TIMED_OUT` is `timed out`.
fn words(native: &str) -> String {
    let mut words = String::with_capacity(native.len() + 2);
    let mut before = ' ';
    for c in native.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        before = c;
        words.extend(if c == '_' { ' ' } else { c }.to_lowercase());
    }
    words
}

/// The last part of an ARN or path: the name that people know a resource by.
#[must_use]
pub fn tail(resource: &str) -> &str {
    if !resource.starts_with("arn:") {
        // How Security Hub writes an account.
        return resource.strip_prefix("AWS::::Account:").unwrap_or(resource);
    }
    let name = resource
        .splitn(6, ':')
        .nth(5)
        .filter(|name| !name.is_empty())
        .unwrap_or(resource);
    name.rsplit(['/', ':'])
        .next()
        .filter(|t| !t.is_empty())
        .unwrap_or(name)
}

/// A time of day with its zone: `06:31Z`; with the day where it is not within twelve hours.
#[must_use]
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let near = now.since(at).max(at.since(now)).as_secs() < 43_200;
    at.to_jiff()
        .strftime(if near { "%H:%MZ" } else { "%b %d %H:%MZ" })
        .to_string()
}

fn alarm<'a>(item: &'a Item, d: &'a AlarmDetail, now: Timestamp) -> Cow<'a, str> {
    match item.state {
        ItemState::NoData => Cow::Owned(format!("no data for {}", age(now.since(d.transitioned)))),
        ItemState::Open | ItemState::Calm => Cow::Borrowed(&item.title),
    }
}

fn window(d: &WindowDetail, now: Timestamp) -> String {
    let hours = |h: i32| std::time::Duration::from_secs(u64::try_from(h).unwrap_or(0) * 3600);
    match d.phase {
        WindowPhase::Running => match &d.current {
            Some(run) => format!(
                "runs until {}",
                clock(run.started.plus(hours(d.duration_hours)), now)
            ),
            None => "runs".to_owned(),
        },
        WindowPhase::Missed => match d.expected {
            Some(at) => format!("missed, due {} ago", age(now.since(at))),
            None => "missed".to_owned(),
        },
        WindowPhase::Failed => match &d.last {
            Some(run) => format!("{} {} ago", words(&run.status), age(now.since(run.started))),
            None => "last run failed".to_owned(),
        },
        WindowPhase::Waiting => match d.next {
            Some(at) => format!("opens {} (in {})", clock(at, now), age(at.since(now))),
            None => "no next time".to_owned(),
        },
        WindowPhase::Disabled => "disabled".to_owned(),
        WindowPhase::Unread => "runs not read".to_owned(),
    }
}

fn patch(d: &PatchDetail, now: Timestamp) -> String {
    let mut text = match &d.subject {
        PatchSubject::Group {
            instances,
            noncompliant,
            ..
        } => format!("{noncompliant} of {instances} not compliant · "),
        PatchSubject::Instance(_) => String::new(),
    };
    let before = text.len();
    for (count, word) in [
        (d.missing, "missing"),
        (d.failed, "failed"),
        (d.pending_reboot, "wait for reboot"),
    ] {
        if count > 0 {
            let _ = write!(text, "{count} {word} · ");
        }
    }
    if text.len() == before {
        text.push_str("nothing missing · ");
    }
    if matches!(d.subject, PatchSubject::Group { .. }) {
        // A group has no scan of its own: its instances have.
        text.truncate(text.len() - " · ".len());
    } else if d.operated.is_unknown() {
        text.push_str("never scanned");
    } else {
        let _ = write!(
            text,
            "{} {} ago",
            d.operation.as_deref().unwrap_or("scan").to_lowercase(),
            age(now.since(d.operated))
        );
    }
    text
}

fn backup(d: &BackupDetail, now: Timestamp) -> String {
    let good = d
        .last_good
        .filter(|_| d.status.as_ref() != "COMPLETED" && d.superseded_by.is_none())
        .map(|good| format!("last good {} ago", age(now.since(good))));
    let state = match (&*d.status, d.percent) {
        // The row's name says that there is no backup.
        (_, _) if d.job == JobKind::Missed => {
            return good.unwrap_or_else(|| "no job started".to_owned());
        }
        ("RUNNING", Some(percent)) => format!("running {percent:.0} %"),
        ("COMPLETED", _)
            if d.message_category
                .as_deref()
                .is_some_and(|c| c != "SUCCESS") =>
        {
            format!(
                "completed with issues: {}",
                d.message_category.as_deref().unwrap_or_default()
            )
        }
        (status, _) => words(status),
    };
    if d.superseded_by.is_some() {
        return format!("{state} · made good since");
    }
    match (good, d.message.as_deref().filter(|m| !m.is_empty())) {
        // What is lost comes first: a narrow column still shows it.
        (Some(good), _) => format!("{good} · {state}"),
        (None, Some(message)) => format!("{state} · {message}"),
        (None, None) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_go_by_the_name_that_people_use() {
        assert_eq!(
            tail("arn:aws:rds:eu-west-1:111111111111:db:ledger"),
            "ledger"
        );
        assert_eq!(
            tail("arn:aws:ec2:eu-west-1:111111111111:instance/i-0f3"),
            "i-0f3"
        );
        assert_eq!(tail("arn:aws:s3:::bucket"), "bucket");
        assert_eq!(tail("i-0f3"), "i-0f3");
        assert_eq!(tail("AWS::::Account:111111111111"), "111111111111");
        assert_eq!(tail("arn:aws:"), "arn:aws:");
    }

    #[test]
    fn words_of_services_read_as_words() {
        assert_eq!(
            ["InProgress", "TIMED_OUT", "Open", "Größe"].map(words),
            ["in progress", "timed out", "open", "größe"]
        );
    }

    #[test]
    fn a_time_of_day_always_carries_its_zone() {
        let now = Timestamp::parse("2026-11-21T06:31:02Z").unwrap();
        assert_eq!(clock(now, now), "06:31Z");
        assert_eq!(
            clock(Timestamp::parse("2026-11-23T02:00:00Z").unwrap(), now),
            "Nov 23 02:00Z"
        );
    }
}
