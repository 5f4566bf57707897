//! What reading costs, and which switch in AWS would have it cost less.

use serde_json::{Value, json};

use crate::domain::{FeedState, SourceId};
use crate::panes::feeds;
use crate::sources::{Reach, find};
use crate::store::{Calls, FeedReport};

/// A switch that would save calls.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Proposal {
    source: SourceId,
    /// From which account and why it is not read for all at once, where that was tried.
    tried: Option<String>,
    /// What the accounts take that are asked one by one.
    now: Calls,
    /// What one answer for all would take.
    then: Calls,
}

/// How a source is switched to one answer for the whole organization.
const fn switch(source: SourceId) -> Option<&'static str> {
    match source {
        SourceId::Backup => Some(
            "AWS Backup can tell of all accounts at once: switch on cross-account monitoring in the management account, and read from it or \
             from a delegated administrator of AWS Backup ([sources.backup] organization).",
        ),
        SourceId::Health => Some(
            "AWS Health can tell of all accounts at once: switch on its organizational view in the management account \
             (EnableHealthServiceAccessForOrganization), and read from it or from a delegated administrator of AWS Health \
             ([sources.health] organization).",
        ),
        _ => None,
    }
}

/// The slices of a source with this reach, among these feeds.
fn reaching(
    source: SourceId,
    reach: Reach,
    feeds: &[FeedReport],
) -> impl Iterator<Item = &FeedReport> {
    let slices = find(source).map_or(&[][..], |source| source.slices);
    feeds.iter().filter(move |report| {
        let is_meant = |spec: &crate::sources::SliceSpec| {
            spec.reach == reach && spec.slice == report.feed.slice
        };
        report.feed.source == source && slices.iter().any(is_meant)
    })
}

/// Which switches would save calls: where the organization was asked and did not answer, and its accounts are asked one by
/// one.
pub(super) fn proposals(feeds: &[FeedReport]) -> Vec<Proposal> {
    let sources = SourceId::ALL.iter().copied();
    sources
        .filter_map(|source| {
            switch(source)?;
            let asked: Vec<_> = reaching(source, Reach::Organization, feeds).collect();
            let answers =
                |report: &&FeedReport| matches!(report.state, FeedState::Fresh | FeedState::Late);
            if asked.is_empty() || asked.iter().any(answers) {
                return None;
            }
            let rest = reaching(source, Reach::Rest, feeds).filter(answers);
            let now = rest.fold(Calls::default(), |sum, report| sum.and(report.pace()));
            let once = |report: &&FeedReport| Calls::of(source, 1, report.every);
            let then = asked.iter().map(once).fold(Calls::default(), Calls::and);
            let tried = asked.iter().find_map(|report| report.fault.as_ref());
            (now.per_minute() > then.per_minute()).then(|| Proposal {
                source,
                tried: tried.map(ToString::to_string),
                now,
                then,
            })
        })
        .collect()
}

impl Proposal {
    /// What is saved, in calls a minute.
    fn saved(&self) -> f64 {
        self.now.per_minute() - self.then.per_minute()
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let why = self.tried.as_deref().unwrap_or_default();
        format!(
            "{} It would take at least {} calls a minute in place of {}. {why}",
            switch(self.source).unwrap_or_default(),
            feeds::a_minute(self.then),
            feeds::a_minute(self.now),
        )
        .trim_end()
        .to_owned()
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        json!({
            "source": self.source.word(),
            "proposal": switch(self.source),
            "because": self.tried,
            "callsPerMinuteSaved": (self.saved() * 100.0).round() / 100.0,
        })
    }
}
