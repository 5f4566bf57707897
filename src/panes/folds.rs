//! What a fold shows: many alike rows as one line, and who is hit in its details.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::alarm::AlarmWatch;
use crate::domain::alike::{Side, pattern};
use crate::domain::backup::JobKind;
use crate::domain::compliance::ComplianceDetail;
use crate::domain::patch::PatchSubject;
use crate::domain::text::{age, count};
use crate::domain::{Detail, Item, Region, Roster, Severity};
use crate::lifecycle::{Marks, State};
use crate::store::projection::{Common, Fold};
use crate::store::{Row, RowId, Store};
use crate::theme::Role;

use super::facts::{Facts, moment};
use super::{Cell, cells, fact};

/// A fold with what is needed to word it.
#[derive(Clone, Copy)]
pub struct FoldLook<'a> {
    /// The fold.
    pub fold: &'a Fold,
    /// The first of its rows.
    pub row: &'a Row,
    /// What its rows have in common, where it is no storm.
    pub by: Option<&'a Common>,
    /// Names of accounts.
    pub roster: &'a Roster,
    /// The present.
    pub now: Timestamp,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
}

/// How many rows the details name at most; the list itself shows the others.
const NAMED: usize = 200;

/// What alike items are called together, without the word of their kind: `CPUUtilization high`.
fn name(item: &Item) -> String {
    match &item.detail {
        Detail::Alarm(alarm) => match &alarm.terms.watch {
            AlarmWatch::Metric {
                metric: Some(metric),
                ..
            } => match Side::of(&alarm.terms).word() {
                "" => metric.to_string(),
                side => format!("{metric} {side}"),
            },
            _ => pattern(&item.name),
        },
        Detail::Finding(_) => item.name.to_string(),
        Detail::Incident(_)
        | Detail::Case(_)
        | Detail::Record(_)
        | Detail::Window(_)
        | Detail::Mute(_) => pattern(&item.name),
        Detail::Health(_) => item.name.to_string(),
        Detail::Compliance(_) => pattern(&item.name),
        Detail::Patch(patch) => match (&patch.subject, &patch.group) {
            (PatchSubject::Group { .. }, _) => "of groups".to_owned(),
            (PatchSubject::Instance(_), Some(group)) => format!("of {group}"),
            (PatchSubject::Instance(_), None) => "of instances".to_owned(),
        },
        Detail::Backup(backup) => {
            let of = backup.resource_type.as_deref().unwrap_or("resources");
            format!("of {of}")
        }
    }
}

/// What alike items are called together: `alarms CPUUtilization high`.
#[must_use]
pub fn alike(item: &Item) -> String {
    let word = match &item.detail {
        Detail::Alarm(_) => "alarms",
        Detail::Finding(_) => return fact::what_short(item),
        Detail::Incident(_) => "OpsItems",
        Detail::Case(_) => "cases",
        Detail::Record(_) => "incidents",
        Detail::Health(_) => "AWS",
        Detail::Compliance(detail) => match **detail {
            ComplianceDetail::Rule(_) => "rules",
            ComplianceDetail::Recorder(_) => "AWS Config",
            ComplianceDetail::Recommendation(_) => "advice",
        },
        Detail::Window(_) => "windows",
        Detail::Mute(_) => "mutes",
        Detail::Patch(_) => "patches",
        Detail::Backup(backup) => match backup.job {
            JobKind::Backup => "backups",
            JobKind::Copy => "copies",
            JobKind::Restore => "restores",
            JobKind::Missed => "no backups",
        },
    };
    format!("{word} {}", name(item))
}

/// What a fold is, in a sentence: `37 alarms CPUUtilization high`.
#[must_use]
pub fn what(fold: &Fold, lead: &Row) -> String {
    format!("{} {}", fold.len(), alike(lead.item()))
}

/// `⊞ 37`, and `⊟ 37` where its rows are shown.
fn sign(look: &FoldLook<'_>, gap: &str) -> String {
    let sign = match (look.ascii, look.fold.is_open()) {
        (false, false) => "⊞",
        (false, true) => "⊟",
        (true, false) => "[+]",
        (true, true) => "[-]",
    };
    format!("{sign}{gap}{}", look.fold.len())
}

pub(super) fn severity<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    cells::severity_cell(look.fold.severity(), look.fold.marks, look.ascii)
}

pub(super) fn opened<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    Cell::new(cells::since(look.fold.oldest, look.now), Role::Text)
}

/// Where all have the same owner, the owner; and when the first of them ends.
pub(super) fn state<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let (fold, state) = (look.fold, look.row.state());
    let role = cells::state_role(state);
    if state == State::New && fold.is_uniform {
        return Cell::new(cells::state_words(look.row, look.now), role);
    }
    let mut text = state.label().to_owned();
    if fold.is_uniform
        && let Some(ack) = look.row.entry().and_then(|entry| entry.held())
        && state == State::Acknowledged
    {
        text.push(' ');
        text.extend(ack.owner.operator.chars().take(4));
    }
    if !fold.until.is_unknown() {
        let _ = write!(text, " {}", age(fold.until.since(look.now)));
    }
    Cell::new(text, role)
}

pub(super) fn state_short<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let state = look.row.state();
    if look.fold.is_uniform && state == State::Acknowledged {
        return cells::state_short_of(look.row, look.now);
    }
    Cell::new(state.label(), cells::state_role(state))
}

pub(super) fn marks<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    Cell::new(sign(look, " "), Role::MarkFold)
}

pub(super) fn account<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    match look.fold.accounts {
        1 => {
            let name = look.roster.name(look.row.key().scope.account);
            Cell::new(name.to_string(), Role::Text)
        }
        more => Cell::new(count(more, "account"), Role::MarkFold),
    }
}

pub(super) fn region<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    match look.fold.regions {
        1 => Cell::new(
            cells::region_text(&look.row.key().scope.region),
            Role::TextDim,
        ),
        more => Cell::new(count(more, "region"), Role::MarkFold),
    }
}

pub(super) fn region_short<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    match look.fold.regions {
        1 => Cell::new(look.row.key().scope.region.short(), Role::TextDim),
        more => Cell::new(format!("{more} reg"), Role::MarkFold),
    }
}

/// What the rows of a group have in common, where the fold is one.
fn common(look: &FoldLook<'_>) -> Option<String> {
    let by = look.by?;
    let value = by.of(look.row, look.roster);
    Some(if value.is_empty() {
        format!("no {by}")
    } else {
        value.to_string()
    })
}

/// How many rows of a group ask for attention, by severity, the worst first.
fn tally_of(fold: &Fold) -> String {
    let counts = Severity::ALL.iter().filter_map(|severity| {
        let count = fold.severities[*severity as usize];
        (count > 0).then(|| format!("{count} {severity}"))
    });
    let text = counts.collect::<Vec<_>>().join(" · ");
    if text.is_empty() {
        "nothing open".to_owned()
    } else {
        text
    }
}

pub(super) fn the_what<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let what = common(look).unwrap_or_else(|| alike(look.row.item()));
    Cell::new(what, Role::TextStrong)
}

/// With the count in front, where the marks have no column: it must not be what is cut.
pub(super) fn counted_what<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let what = common(look).unwrap_or_else(|| alike(look.row.item()));
    let text = format!("{} {what}", sign(look, ""));
    Cell::new(text, Role::TextStrong)
}

pub(super) fn the_name<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let name = common(look).unwrap_or_else(|| name(look.row.item()));
    Cell::new(name, Role::TextStrong)
}

pub(super) fn counted_name<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let name = common(look).unwrap_or_else(|| name(look.row.item()));
    let text = format!("{} {name}", sign(look, ""));
    Cell::new(text, Role::TextStrong)
}

pub(super) fn the_fact<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    let fold = look.fold;
    if look.by.is_some() {
        return Cell::new(
            format!("{}{}", remarks(fold.marks), tally_of(fold)),
            Role::Text,
        );
    }
    let first = fact::clock(fold.oldest, look.now);
    let last = fact::clock(fold.newest, look.now);
    let text = if first == last {
        format!("{}storm since {first}", remarks(fold.marks))
    } else {
        format!("{}storm {first} to {last}", remarks(fold.marks))
    };
    Cell::new(text, Role::Text)
}

pub(super) fn short_fact<'a>(look: &FoldLook<'a>) -> Cell<'a> {
    if look.by.is_some() {
        return Cell::new(tally_of(look.fold), Role::Text);
    }
    let first = fact::clock(look.fold.oldest, look.now);
    let text = format!("{}storm since {first}", remarks(look.fold.marks));
    Cell::new(text, Role::Text)
}

/// The marks that are words, before the fact.
fn remarks(marks: Marks) -> String {
    let words = cells::mark_words(marks);
    if words.is_empty() {
        words
    } else {
        format!("{words} · ")
    }
}

/// Names with how often each occurs, the most frequent first.
fn tally(names: impl Iterator<Item = Arc<str>>) -> String {
    let mut counts: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words = counts.iter().map(|(name, count)| format!("{name} {count}"));
    words.collect::<Vec<_>>().join(" · ")
}

/// The facts of a fold: what is alike in it, since when, who is hit, and its rows, the oldest first.
#[must_use]
pub fn facts(fold: &Fold, members: &[RowId], store: &Store, now: Timestamp) -> Facts {
    let roster = store.roster();
    let rows: Vec<&Row> = members.iter().filter_map(|id| store.row(*id)).collect();
    let Some(lead) = store.row(fold.lead()) else {
        return Facts::sentence("fold", "The rows of this fold have gone.");
    };
    let scopes = || rows.iter().map(|row| row.key().scope);
    let mut facts = Facts {
        title: format!("{} · {}", count(fold.accounts, "account"), what(fold, lead)),
        list: Vec::new(),
    };
    let marks = cells::mark_words(fold.marks);
    facts.add_as(
        "state",
        format!(
            "{} · {}{}{marks}",
            fold.severity(),
            lead.state().label(),
            if marks.is_empty() { "" } else { " · " }
        ),
        cells::severity_role(fold.severity()),
    );
    facts.add("began", moment(fold.oldest, now));
    if fold.newest != fold.oldest {
        facts.add("last", moment(fold.newest, now));
    }
    facts.add(
        "accounts",
        tally(scopes().map(|scope| roster.name(scope.account))),
    );
    let region = |region: Region| Arc::from(cells::region_text(&region));
    facts.add("regions", tally(scopes().map(|scope| region(scope.region))));
    let owner = |row: &&Row| Some(Arc::clone(&row.entry()?.held()?.owner.operator));
    if lead.state() == State::Acknowledged {
        facts.add_as(
            "acked by",
            tally(rows.iter().filter_map(owner)),
            Role::StateAck,
        );
        facts.add("first end", moment(fold.until, now));
    }
    for (at, row) in rows.iter().take(NAMED).enumerate() {
        let (item, scope) = (row.item(), row.key().scope);
        let place = roster.name(scope.account);
        facts.add(
            if at == 0 { "rows" } else { "" },
            format!(
                "{} · {place} {} · {}",
                item.name,
                cells::region_text(&scope.region),
                fact::clock(item.opened, now)
            ),
        );
    }
    if let Some(more) = rows.len().checked_sub(NAMED).filter(|more| *more > 0) {
        facts.add("", format!("and {more} more"));
    }
    facts
}
