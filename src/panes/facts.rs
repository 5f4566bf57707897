//! The facts of one row or feed, in the order in which an operator needs them.

use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::domain::alarm::{AlarmDetail, AlarmState, AlarmWatch};
use crate::domain::backup::BackupDetail;
use crate::domain::finding::FindingDetail;
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::text::{age, count, plural};
use crate::domain::window::{WindowDetail, WindowRun};
use crate::domain::{AccountId, Cover, Detail, Region, Roster, Scope};
use crate::lifecycle::{End, State};
use crate::store::{Calls, FeedReport, Row, RowId, Store};
use crate::theme::Role;
use crate::triage::Origin;

use super::{backups, cells, compliance, composite, fact, feeds, health, incidents, mutes};

/// One fact: a label and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// At most thirteen letters.
    pub label: &'static str,
    /// Neutralised text of any length.
    pub text: String,
    /// How the text looks.
    pub role: Role,
}

/// A title and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Account, region and what it is.
    pub title: String,
    /// The facts.
    pub list: Vec<Fact>,
}

impl Facts {
    /// A title without facts.
    pub(super) const fn titled(title: String) -> Self {
        Self {
            title,
            list: Vec::new(),
        }
    }

    /// A title and one sentence.
    #[must_use]
    pub fn sentence(title: &str, text: &str) -> Self {
        let mut facts = Self {
            title: title.to_owned(),
            list: Vec::new(),
        };
        facts.add("", text);
        facts
    }

    /// Adds a fact in ordinary text.
    pub fn add(&mut self, label: &'static str, text: impl Into<String>) {
        self.add_as(label, text, Role::DetailValue);
    }

    /// Adds a fact that looks like this.
    pub fn add_as(&mut self, label: &'static str, text: impl Into<String>, role: Role) {
        let text = text.into();
        if !text.is_empty() {
            self.list.push(Fact { label, text, role });
        }
    }

    pub(super) fn maybe(&mut self, label: &'static str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.add(label, text.as_ref());
        }
    }
}

/// A moment with its age, UTC first: `2026-11-21T05:26:07Z (1h05 ago)`.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    if at.is_unknown() {
        return "not known".to_owned();
    }
    if at > now {
        format!("{at} (in {})", age(at.since(now)))
    } else {
        format!("{at} ({} ago)", age(now.since(at)))
    }
}

/// Account and region as operators call them; what has no region goes without.
fn place(scope: Scope, roster: &Roster) -> String {
    let account = roster.name(scope.account);
    if scope.region == Region::GLOBAL {
        account.to_string()
    } else {
        format!("{account} {}", scope.region)
    }
}

/// What operators did about it: who has it, until when, why; whose work it is; what was remarked.
fn acts(facts: &mut Facts, row: &Row, now: Timestamp) {
    if let Some(ended) = row.ended() {
        facts.add_as("again", ended.meaning(), Role::StateNew);
    }
    let Some(entry) = row.entry() else { return };
    if let Some(ack) = entry.held() {
        let end = match ack.end {
            End::At(at) => format!("until {}", moment(at, now)),
            End::Clears { max } => format!("until it clears, at the latest {}", moment(max, now)),
        };
        let whose = if row.state() == State::Acknowledged {
            "acknowledged"
        } else {
            "was acked"
        };
        facts.add_as(
            whose,
            format!("by {} {} ago, {end}", ack.owner, age(now.since(ack.at))),
            Role::StateAck,
        );
        facts.maybe("note", ack.note.as_deref());
        facts.maybe("ticket", ack.ticket.as_deref());
    }
    if let Some(snooze) = &entry.snooze
        && row.state() == State::Snoozed
    {
        facts.add_as(
            "snoozed",
            format!("by {} until {}", snooze.by, moment(snooze.until, now)),
            Role::StateSnoozed,
        );
    }
    if let Some(assignment) = &entry.assignment {
        facts.add(
            "assigned",
            format!(
                "to {} by {} {} ago",
                assignment.to,
                assignment.by,
                age(now.since(assignment.at))
            ),
        );
    }
    for comment in entry.comments.iter().rev() {
        facts.add(
            "comment",
            format!(
                "{} {} ago: {}",
                comment.by,
                age(now.since(comment.at)),
                comment.text
            ),
        );
    }
}

/// The facts of a row.
#[must_use]
pub fn of_row(id: RowId, row: &Row, store: &Store, now: Timestamp) -> Facts {
    let roster = store.roster();
    let item = row.item();
    let scope = row.key().scope;
    let mut facts = Facts {
        title: format!("{} · {}", place(scope, roster), fact::what(item)),
        list: Vec::new(),
    };
    let state = row.state().label();
    let marks = cells::mark_words(row.marks());
    facts.add_as(
        "state",
        format!(
            "{} · {state} · {}{}{marks}",
            row.severity(),
            item.native_state,
            if marks.is_empty() { "" } else { " · " }
        ),
        cells::severity_role(row.severity()),
    );
    facts.add("fact", fact::fact(item, now));
    acts(&mut facts, row, now);
    match &item.detail {
        Detail::Alarm(d) => {
            mutes::of_alarm(&mut facts, row, store, now);
            health::of_alarm(&mut facts, row, store, now);
            alarm(&mut facts, d);
            if let AlarmWatch::Composite(rule) = &d.terms.watch {
                composite::tell(&mut facts, rule, scope, store, now);
            }
        }
        Detail::Finding(d) => finding(&mut facts, d, &item.title, now),
        Detail::Incident(d) => incidents::ops_item(&mut facts, d, store),
        Detail::Case(d) => incidents::case(&mut facts, d, now),
        Detail::Record(d) => incidents::record(&mut facts, d, store),
        Detail::Health(d) => health::facts(&mut facts, d, row, store, now),
        Detail::Compliance(d) => compliance::facts(&mut facts, d, row, store, now),
        Detail::Window(d) => window(&mut facts, d, now),
        Detail::Patch(d) => patch(&mut facts, d, now),
        Detail::Backup(d) => backup(&mut facts, d, now),
        Detail::Mute(d) => mutes::facts(&mut facts, d, row, store, now),
    }
    facts.add("since", moment(row.item().opened, now));
    if item.changed != row.item().opened {
        facts.add("changed", moment(item.changed, now));
    }
    facts.add(
        "account",
        if scope.account == AccountId::UNKNOWN {
            roster.name(scope.account).to_string()
        } else {
            format!("{} ({})", roster.name(scope.account), scope.account)
        },
    );
    facts.maybe("resource", item.resource.as_deref());
    facts.maybe("ARN", item.arn().as_deref());
    facts.add("severity by", severity_reason(row, store));
    for claim in store.feeds_of(id).filter_map(|feed| store.feed(&feed, now)) {
        let state = claim.state;
        let read = claim.success.map_or_else(
            || "never read".to_owned(),
            |at| format!("read {} ago", age(now.since(at))),
        );
        let mut text = format!(
            "{} {} from {} · {state} · {read}",
            claim.feed.source,
            claim.feed.slice,
            roster.name(claim.feed.vantage.account)
        );
        if let Some(fault) = &claim.fault {
            let _ = write!(text, " · {fault}");
        }
        facts.add_as("seen by", text, feeds::state_role(state));
    }
    facts
}

fn alarm(facts: &mut Facts, d: &AlarmDetail) {
    let terms = &*d.terms;
    match &terms.watch {
        AlarmWatch::Metric {
            namespace,
            metric,
            statistic,
            period,
        } => {
            let mut text = format!(
                "{} {}",
                namespace.as_deref().unwrap_or("-"),
                metric.as_deref().unwrap_or("-")
            );
            if let Some(statistic) = statistic {
                let _ = write!(text, " · {statistic}");
            }
            if let Some(period) = period {
                let _ = write!(text, " over {period} s");
            }
            // An alarm on an anomaly names its metric among its queries alone.
            if namespace.is_some() || metric.is_some() {
                facts.add("metric", text);
            }
        }
        AlarmWatch::Expression {
            text,
            namespace,
            metric,
            ..
        } => {
            facts.add("expression", text.to_string());
            if let (Some(namespace), Some(metric)) = (namespace, metric) {
                facts.add("metric", format!("{namespace} {metric}"));
            }
        }
        AlarmWatch::Composite(rule) => facts.add("rule", rule.to_string()),
    }
    for (name, value) in &d.dimensions {
        facts.add("dimension", format!("{name} = {value}"));
    }
    if let Some(threshold) = terms.threshold {
        let value = d
            .value
            .map_or_else(|| "no datapoint".to_owned(), |v| format!("{v}"));
        let of = match (terms.datapoints_to_alarm, terms.evaluation_periods) {
            (Some(m), Some(n)) => {
                format!(" · {m} of {n} datapoint{}", if n == 1 { "" } else { "s" })
            }
            (None, Some(n)) => format!(" · {n} of {n} datapoint{}", if n == 1 { "" } else { "s" }),
            _ => String::new(),
        };
        facts.add(
            "threshold",
            format!(
                "{value} against {} {threshold}{of}",
                terms.comparison.as_deref().map_or("", sign)
            ),
        );
    }
    facts.maybe("missing data", terms.treat_missing.as_deref());
    let remarks = d.remarks();
    facts.maybe("reason", remarks.reason.as_deref());
    facts.maybe("description", remarks.description.as_deref());
    let actions = match (d.actions, d.actions_enabled) {
        (0, _) => "none: nobody is notified".to_owned(),
        (n, true) => format!("{n} on ALARM"),
        (n, false) => format!("{n}, but disabled: nobody is notified"),
    };
    facts.add("actions", actions);
    facts.maybe("held back by", remarks.suppressed_by.as_deref());
    facts.maybe("evaluation", remarks.evaluation.as_deref());
    if d.was_alarm && d.state == AlarmState::InsufficientData {
        facts.add_as(
            "no data",
            "It was in ALARM before its data stopped; that is not a recovery.",
            Role::MarkNoData,
        );
    }
}

fn finding(facts: &mut Facts, d: &FindingDetail, title: &str, now: Timestamp) {
    facts.add("title", title);
    facts.add("type", d.terms.finding_type.to_string());
    if let Some(score) = d.score {
        facts.add("score", format!("{score} ({})", d.terms.product));
    } else {
        facts.add("product", d.terms.product.to_string());
    }
    let times = d.count.map_or_else(String::new, |c| match c {
        1 => "once, ".to_owned(),
        c => format!("{c} times, "),
    });
    facts.add(
        "seen",
        if d.first_seen == d.last_seen {
            format!("{times}{}", moment(d.first_seen, now))
        } else {
            format!(
                "{times}first {}, last {}",
                moment(d.first_seen, now),
                moment(d.last_seen, now)
            )
        },
    );
    facts.maybe("on", d.terms.resource_type.as_deref());
    let status: Vec<_> = [
        &d.terms.workflow,
        &d.terms.record_state,
        &d.terms.compliance,
    ]
    .into_iter()
    .flatten()
    .map(|s| &**s)
    .collect();
    facts.add("workflow", status.join(" · "));
    if let Some((text, by)) = d.note.as_deref() {
        facts.add("note", format!("{text} ({by})"));
    }
    facts.maybe("about", d.description.as_deref());
    facts.maybe("remediation", d.terms.remediation.as_deref());
    facts.maybe("", d.terms.remediation_url.as_deref());
    facts.maybe("attack", d.attack_sequence.as_deref());
}

fn run(facts: &mut Facts, label: &'static str, run: &WindowRun, now: Timestamp) {
    let ended = run
        .ended
        .map_or_else(String::new, |at| format!(", ended {}", moment(at, now)));
    facts.add(
        label,
        format!(
            "{} · started {}{ended}",
            run.status,
            moment(run.started, now)
        ),
    );
    facts.maybe("", run.status_details.as_deref());
    for task in &run.tasks {
        facts.add(
            "task",
            format!("{} {} · {}", task.kind, task.name, task.status),
        );
    }
}

fn window(facts: &mut Facts, d: &WindowDetail, now: Timestamp) {
    facts.maybe("not read", d.unread.as_deref());
    facts.maybe("description", d.description.as_deref());
    if let Some(schedule) = &d.schedule {
        facts.add(
            "schedule",
            format!("{schedule} {}", d.timezone.as_deref().unwrap_or("UTC")),
        );
    }
    facts.add(
        "open for",
        format!(
            "{} h, no new task in the last {} h",
            d.duration_hours, d.cutoff_hours
        ),
    );
    if let Some(expected) = d.expected {
        facts.add("last due", moment(expected, now));
    }
    if let Some(current) = &d.current {
        run(facts, "running", current, now);
    }
    if let Some(last) = &d.last {
        run(facts, "last run", last, now);
    }
    if !d.instances.is_empty() {
        facts.add(
            "instances",
            d.instances
                .iter()
                .map(|i| &**i)
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
}

fn patch(facts: &mut Facts, d: &PatchDetail, now: Timestamp) {
    match &d.subject {
        PatchSubject::Instance(id) => {
            facts.add(
                "instance",
                format!("{id} {}", d.computer.as_deref().unwrap_or("")),
            );
            facts.maybe("platform", d.platform.as_deref());
            facts.maybe("agent", d.ping.as_deref());
            facts.maybe("group", d.group.as_deref());
        }
        PatchSubject::Group {
            name,
            instances,
            noncompliant,
        } => {
            facts.add(
                "group",
                format!("{name}: {noncompliant} of {instances} instances not compliant"),
            );
        }
    }
    facts.add(
        "patches",
        format!(
            "{} missing ({} critical, {} security) · {} failed · {} installed · {} wait for a reboot",
            d.missing, d.critical, d.security, d.failed, d.installed, d.pending_reboot
        ),
    );
    facts.add(
        "last",
        format!(
            "{} {}",
            d.operation.as_deref().unwrap_or("operation"),
            moment(d.operated, now)
        ),
    );
}

fn backup(facts: &mut Facts, d: &BackupDetail, now: Timestamp) {
    let mut text = format!("{} · {}", d.job.word(), d.status);
    if let Some(percent) = d.percent {
        let _ = write!(text, " · {percent:.0} %");
    }
    if let Some(size) = d.size.filter(|s| *s > 0) {
        let _ = write!(text, " · {}", backups::bytes(size));
        let took = d.completed.unwrap_or(now).since(d.created).as_secs();
        if let Ok(took) = i64::try_from(took)
            && took > 0
        {
            let _ = write!(text, " · {}/s", backups::bytes(size / took));
        }
    }
    facts.add("job", text);
    facts.maybe("message", d.message.as_deref());
    facts.maybe("category", d.message_category.as_deref());
    if let Some(good) = d.last_good {
        facts.add("last good", moment(good, now));
    } else {
        facts.add("last good", "not known");
    }
    if let Some(cadence) = d.cadence {
        facts.add(
            "cadence",
            format!("every {}", age(std::time::Duration::from_secs(cadence))),
        );
    }
    if let Some(later) = &d.superseded_by {
        facts.add_as("made good by", later.to_string(), Role::Good);
    }
    facts.maybe("type", d.resource_type.as_deref());
    facts.maybe("name", d.resource_name.as_deref());
    facts.maybe("plan", d.plan.as_deref());
    facts.maybe("vault", d.vault.as_deref());
    facts.maybe("role", d.role_arn.as_deref());
    if let Some(completed) = d.completed {
        facts.add("completed", moment(completed, now));
    }
    facts.maybe("made", d.recovery_point.as_deref());
    facts.add("job id", d.id.to_string());
}

/// The facts of a feed.
#[must_use]
pub fn of_feed(report: &FeedReport, roster: &Roster, now: Timestamp) -> Facts {
    let feed = report.feed;
    let state = report.state;
    let mut facts = Facts {
        title: format!(
            "{} · {} {}",
            place(feed.vantage, roster),
            feed.source,
            feed.slice
        ),
        list: Vec::new(),
    };
    facts.add_as(
        "state",
        format!("{state} since {}", moment(report.since, now)),
        feeds::state_role(state),
    );
    if let Some(fault) = &report.fault {
        facts.add_as("why", fault.message.to_string(), feeds::state_role(state));
        facts.add("what to do", fault.advice.to_string());
        facts.maybe("code", fault.code.as_deref());
    }
    facts.add(
        "last read",
        report
            .success
            .map_or_else(|| "never".to_owned(), |at| moment(at, now)),
    );
    facts.add(
        "next",
        match report.next {
            Some(at) if at > now => moment(at, now),
            Some(_) => "now".to_owned(),
            None => "not planned".to_owned(),
        },
    );
    facts.add("asked every", age(report.every));
    facts.add("took", took(report));
    let pace = report.pace();
    if pace != Calls::default() {
        facts.add("takes", feeds::pace(pace));
    }
    facts.add("knows", count(report.items, "item"));
    if let Cover::Scopes(covers) = &report.covers {
        let text: Vec<_> = covers
            .iter()
            .map(|s| format!("{} {}", roster.name(s.account), s.region))
            .collect();
        facts.add(
            "speaks for",
            format!("{}: {}", count(covers.len(), "scope"), text.join(", ")),
        );
    }
    facts
}

/// A comparison as people write it.
fn sign(comparison: &str) -> &str {
    match comparison {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => ">=",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "<=",
        other => other,
    }
}

/// How long the last asking took, and of how many calls it was made.
fn took(report: &FeedReport) -> String {
    match (report.calls, report.took.as_millis()) {
        (0, _) => "no call yet".to_owned(),
        (calls, millis) => format!(
            "{millis} ms, {calls} call{}",
            plural(usize::try_from(calls).unwrap_or(usize::MAX))
        ),
    }
}

/// Which rule decided on the severity.
fn severity_reason(row: &Row, store: &Store) -> String {
    match row.rule().and_then(|index| store.rule(index)) {
        Some(rule) => {
            let origin = match rule.origin {
                Origin::Configured => "your configuration",
                Origin::Default => "default",
            };
            format!("rule \"{}\" ({origin})", rule.name)
        }
        None => "the source's own rating".to_owned(),
    }
}
