//! Runbooks in the console: which there are, what is being prepared, what runs. Plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::runbook::run::Runs;
use crate::runbook::{Catalogue, Meant, Preflight, Runbook};

/// What the console knows of runbooks and their runs.
#[derive(Clone, Debug, Default)]
pub struct Runbooks {
    /// The runbooks of the configuration.
    pub catalogue: Arc<Catalogue>,
    /// Every run that the journal knows.
    pub runs: Arc<Runs>,
    /// What a document of the account's own is being described for.
    pub awaited: Option<(Arc<str>, Vec<crate::domain::ItemKey>)>,
    /// The launches of this console that are not carried out yet; a program of this machine is one until it ends.
    pub under_way: BTreeSet<Arc<str>>,
    numbers: u64,
}

impl Runbooks {
    /// A number that no other pre-flight of this console has.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

/// What a form for a runbook is about.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The runbook.
    pub runbook: Arc<Runbook>,
    /// The items as they were when it was chosen.
    pub meant: Vec<Meant>,
    /// How many lines of the form tell about the runbook; those below are what was found out.
    pub head: usize,
    /// What was found out, and for which inputs.
    pub found: Option<(BTreeMap<String, String>, Box<Preflight>)>,
    /// The inputs that are being looked at.
    pub asked: BTreeMap<String, String>,
}

/// What was found out about a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// Of which pre-flight.
    pub number: u64,
    /// What.
    pub found: Box<Preflight>,
}

/// A launch was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The run.
    pub run: Arc<str>,
    /// The runbook's name.
    pub name: Arc<str>,
    /// How many calls it took.
    pub parts: usize,
    /// Why some of them were not started, or could not be written down.
    pub refused: Vec<Arc<str>>,
}

/// A run was stopped or answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The run's name.
    pub name: Arc<str>,
    /// What was asked, in the past.
    pub what: &'static str,
    /// What was not done, and why.
    pub not: Vec<Arc<str>>,
}
