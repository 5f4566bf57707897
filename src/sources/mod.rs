//! The sources: what is asked of AWS, how the answers become items, and when it is asked again.
//!
//! One file per source. A source is a row in [`ALL`] and one function: it gets an [`Ask`] (from where, with which
//! access, where to put the pages), asks AWS and hands over pages of records. Everything around it (begin and end,
//! failures, when again, how many at once) is done by the runner, so that a source cannot get it wrong.
//!
//! ```text
//! schedule (when, in which order) ─► run (Begin … End | Failed) ─► ask ─► cloudwatch, guardduty, … ─► Page(records)
//! ```
//!
//! To add a source: one file that ends in a `pub const SOURCE: Source`, and one line in [`ALL`].

mod ask;
mod asker;
pub mod backup;
mod believed;
pub mod cloudwatch;
#[cfg(feature = "config")]
pub mod config;
mod crew;
pub mod guardduty;
pub mod health;
#[cfg(feature = "incidentmanager")]
pub mod incidents;
mod intern;
mod lead;
pub mod live;
pub mod mutes;
pub mod opsitems;
pub mod patches;
pub mod plan;
mod schedule;
pub mod scheduler;
pub mod securityhub;
mod spoken;
pub mod support;
pub mod sweep;
mod syncs;
#[cfg(feature = "trustedadvisor")]
pub mod trustedadvisor;
pub mod windows;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::domain::{Fault, Kind, Slice, SourceId};

pub use crate::aws::pages::Pages;
pub use ask::{Ask, Look};
pub use asker::Asker;
pub use intern::{FINDING_TERMS, intern, shared};
pub use live::Live;
pub use plan::{Central, Settings, SourceSettings};
pub use scheduler::Focus;
pub use sweep::sweep_once;

/// The answer to come of an asynchronous question.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// Where items come from.
pub struct Source {
    /// Its name.
    pub id: SourceId,
    /// Which kinds of item it yields.
    pub kinds: &'static [Kind],
    /// The parts it is asked for, most urgent first.
    pub slices: &'static [SliceSpec],
    /// Asks AWS for one slice from one vantage and hands over the pages. Ends with `Ok` only if the answer was
    /// complete: whatever the feed knew before and was not named is then gone.
    pub ask: fn(Ask) -> Answer<()>,
    /// Reads one item afresh and returns it as AWS wrote it.
    pub raw: fn(Look) -> Answer<serde_json::Value>,
}

/// One part of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceSpec {
    /// Its name.
    pub slice: Slice,
    /// How often it is asked, unless the configuration says otherwise.
    pub every: Duration,
    /// Whether it is needed for a complete picture.
    pub part: Part,
    /// From where it is asked.
    pub reach: Reach,
    /// Whether every region is asked, or one endpoint for all.
    pub plane: Plane,
}

/// Where a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// In every region by itself.
    Regional,
    /// Once in a partition, for all its regions: an account is asked once, and its answer speaks for all its regions.
    Global,
    /// In one region for all of them, and which one that is only asking tells: for slices of [`Reach::Organization`].
    Home,
}

/// What a slice is to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All snapshots of a source together are the whole truth.
    Snapshot,
    /// A piece of a snapshot, asked more often; headless commands leave it out.
    Fast,
}

/// From where a slice is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// From every scope, for itself.
    Scope,
    /// From one account in every region, for all members of the organization. Asked only where it is known which
    /// account that is. The source's [`Reach::Rest`] slices are planned all the same.
    Organization,
    /// From every scope, for itself, as far as the source's [`Reach::Organization`] slices do not speak for it: it
    /// says nothing as long as they do, and takes over at once where they do not. A sweep asks it after them.
    Rest,
}

/// Every source.
pub const ALL: &[&Source] = &[
    &cloudwatch::SOURCE,
    &guardduty::SOURCE,
    &securityhub::SOURCE,
    &opsitems::SOURCE,
    &windows::SOURCE,
    &patches::SOURCE,
    &backup::SOURCE,
    &mutes::SOURCE,
    &support::SOURCE,
    &health::SOURCE,
    #[cfg(feature = "config")]
    &config::SOURCE,
    #[cfg(feature = "trustedadvisor")]
    &trustedadvisor::SOURCE,
    #[cfg(feature = "incidentmanager")]
    &incidents::SOURCE,
];

/// The source with this name, if it asks anything.
#[must_use]
pub fn find(id: SourceId) -> Option<&'static Source> {
    ALL.iter().copied().find(|source| source.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_stands_once_and_can_give_the_whole_picture() {
        for source in ALL {
            assert_eq!(ALL.iter().filter(|s| s.id == source.id).count(), 1);
            assert!(!source.kinds.is_empty() && !source.slices.is_empty());
            let mut names: Vec<_> = source.slices.iter().map(|s| s.slice).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), source.slices.len(), "{}", source.id);
            assert!(
                source
                    .slices
                    .iter()
                    .any(|s| s.part == Part::Snapshot && s.reach != Reach::Organization),
                "{}",
                source.id
            );
            for slice in source.slices {
                assert!(slice.every >= Duration::from_secs(10), "{}", source.id);
            }
        }
    }
}
