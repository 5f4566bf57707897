//! `[patches]` of a scenario: how many machines there are, and what is wrong with them.

use std::time::Duration;

use serde::Deserialize;

use crate::sim::scenario::{Density, Span};

use super::Sync;

/// `[patches]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How many machines an account has in a region.
    pub per_cell: usize,
    /// Other numbers in some places; the last that covers a place counts.
    pub density: Vec<Density>,
    /// How long after the second Tuesday of the month its patches are asked for.
    pub approval: Span,
    /// Instead of that: how long before the world's start this month's patches were approved.
    pub approved: Option<Span>,
    /// Which share has patches that fail to install.
    pub failing: f64,
    /// Which share never gets its patches.
    pub behind: f64,
    /// Which share waits for a reboot.
    pub rebooting: f64,
    /// Which share has lost its connection, and is not scanned any more.
    pub lost: f64,
    /// Which share was never scanned.
    pub unscanned: f64,
    /// Where the nodes of the whole organization are listed, if anywhere.
    pub sync: Option<Sync>,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            per_cell: 8,
            density: Vec::new(),
            approval: Span(Duration::from_secs(7 * 86_400)),
            approved: None,
            failing: 0.04,
            behind: 0.08,
            rebooting: 0.04,
            lost: 0.03,
            unscanned: 0.02,
            sync: None,
        }
    }
}
