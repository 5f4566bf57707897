//! What reading costs, and which switch in AWS would have it cost less.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::{Cover, FeedState, Region, SourceId};
use crate::panes::feeds;
use crate::sources::{Plane, Reach, find};
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
        SourceId::Guardduty => Some(
            "GuardDuty can tell of all accounts of a region at once: name an administrator for the organization in the management account \
             (EnableOrganizationAdminAccount), let it take the accounts as members, and watch that account too \
             ([sources.guardduty] organization).",
        ),
        SourceId::Securityhub => Some(
            "Security Hub can tell of all accounts and regions at once: name an administrator for the organization in the management \
             account (EnableOrganizationAdminAccount), make a finding aggregator in its home region, and watch that account too \
             ([sources.securityhub] organization).",
        ),
        SourceId::Config => Some(
            "AWS Config can tell of all accounts and regions at once: make an aggregator for the organization in the management account or \
             a delegated administrator's, and watch that account too ([sources.config] organization).",
        ),
        SourceId::Opsitems => Some(
            "Systems Manager can tell of the OpsItems of all accounts and regions at once: make a resource data sync of the organization in \
             Explorer, in the management account or a delegated administrator's, and watch that account too \
             ([sources.opsitems] organization).",
        ),
        SourceId::Patches => Some(
            "Systems Manager can tell which accounts have no managed instance, so that nobody asks there: set up the unified console for the \
             organization (Quick Setup), in a delegated administrator's account, and watch that account too \
             ([sources.patches] organization).",
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

/// Which switches would save calls: where nobody speaks for the organization, and its accounts are asked one by one.
pub(super) fn proposals(feeds: &[FeedReport]) -> Vec<Proposal> {
    let is_organization = |report: &FeedReport| report.feed.source == SourceId::Organizations;
    if !feeds.iter().any(is_organization) {
        return Vec::new();
    }
    let sources = SourceId::ALL.iter().copied();
    sources
        .filter_map(|source| {
            switch(source)?;
            let asked: Vec<_> = reaching(source, Reach::Organization, feeds).collect();
            let answers =
                |report: &&FeedReport| matches!(report.state, FeedState::Fresh | FeedState::Late);
            let speaks = |report: &&FeedReport| {
                answers(report) && !matches!(&report.covers, Cover::Scopes(all) if all.is_empty())
            };
            if asked.iter().any(speaks) {
                return None;
            }
            // Where instances are managed their patches have to be asked for, whoever lists them.
            let spared = |report: &&FeedReport| source != SourceId::Patches || report.items == 0;
            let rest: Vec<_> = reaching(source, Reach::Rest, feeds)
                .filter(answers)
                .filter(spared)
                .collect();
            let now = rest
                .iter()
                .fold(Calls::default(), |sum, report| sum.and(report.pace()));
            let then = once(source, &rest);
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

/// What one answer for all of these would take at least: one call for a region, or one for all of them.
fn once(source: SourceId, rest: &[&FeedReport]) -> Calls {
    let slices = find(source).map_or(&[][..], |source| source.slices);
    let regions: BTreeSet<Region> = rest.iter().map(|r| r.feed.vantage.region).collect();
    let whole = slices
        .iter()
        .filter(|spec| spec.reach == Reach::Organization);
    whole.fold(Calls::default(), |sum, spec| {
        let times = match spec.plane {
            Plane::Regional => u32::try_from(regions.len()).unwrap_or(u32::MAX),
            Plane::Global | Plane::Home => 1,
        };
        sum.and(Calls::of(source, times, spec.every))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_reads_as_plain_sentences() {
        let switches = SourceId::ALL.iter().filter_map(|source| switch(*source));
        for text in switches {
            assert!(!text.contains("  ") && text.ends_with('.'), "{text}");
        }
    }
}
