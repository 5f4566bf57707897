//! Runbooks: what can be done about an item, written as data.
//!
//! A runbook says which items it is for (a filter), what it does (an Automation document, a Run Command document or a
//! local program) and with which parameters: templates over the item and over what the operator enters. Nothing here
//! runs anything: [`Runbook::plan`] turns a runbook, an item and inputs into a [`Plan`], plain data that can be shown,
//! confirmed and journalled before anybody acts on it.
//!
//! ```text
//! builtin/*.toml ─┐
//! operator's own ─┴─► Catalogue ─ matching(item) ─► Runbook ─ launch(items, inputs) ─► Launch ─► Preflight
//! account's own documents ─ document::runbook ──────┘                                   │
//!                                                        aws::runs starts and reads it ─┘─► journal ─► Run
//! ```
//!
//! Imports the nouns, `filter` and the records of `audit`.

pub mod card;
pub mod document;
mod launch;
mod plan;
pub mod preflight;
mod read;
pub mod run;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::Target;
use crate::clock::Timestamp;
use crate::domain::document::Library;
use crate::domain::problem::Problem;
use crate::domain::{Region, Scope};
use crate::filter::{Filter, Subject};

pub use launch::{Launch, Meant, Part};
pub use plan::{Parameters, Plan, Refusal, Step};
pub use preflight::Preflight;
pub use run::Run;
pub use template::{Facts, Template, Wrong};

static BUILT_IN: include_dir::Dir<'_> =
    include_dir::include_dir!("$CARGO_MANIFEST_DIR/src/runbook/builtin");

/// The runbooks that ship with noctop; the operator's and the team's own are added to it.
#[must_use]
pub fn library() -> Library {
    Library::shipped("src/runbook/builtin", &BUILT_IN)
}

/// How much harm a runbook can do, and so how it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// It reads, or does what the service does by itself anyway.
    Safe,
    /// It changes something that can be changed back, or interrupts nothing that users feel.
    Careful,
    /// It interrupts or destroys: the account's name is typed before it runs.
    Dangerous,
}

impl Risk {
    /// Every risk, the smallest first.
    pub const ALL: &'static [Self] = &[Self::Safe, Self::Careful, Self::Dangerous];

    /// The word in runbooks and on the screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Careful => "careful",
            Self::Dangerous => "dangerous",
        }
    }
}

/// What an input takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Takes {
    /// A line of text of at most so many characters.
    Text {
        /// Characters, at most.
        longest: usize,
    },
    /// A whole number within bounds.
    Number {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// One of these.
    Choice(Vec<Arc<str>>),
    /// Several texts, with commas between them.
    List {
        /// Characters of all, at most.
        longest: usize,
    },
}

/// Something the operator enters before a runbook runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What templates call it: `{{ input.NAME }}`.
    pub name: Arc<str>,
    /// What the operator is asked.
    pub title: Arc<str>,
    /// What it takes.
    pub takes: Takes,
    /// What stands there before anybody enters something; required where there is none.
    pub default: Option<Arc<str>>,
}

/// What a runbook does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    /// Starts a Systems Manager Automation document.
    Automation {
        /// The document.
        document: Document,
        /// The parameter that takes the target; with it, many targets of one account and region are one execution.
        each: Option<Arc<str>>,
        /// From where one execution runs in all accounts and regions; without it each has an execution of its own.
        across: Option<Across>,
    },
    /// Sends a Run Command document to the targets, which are managed nodes.
    Command {
        /// The document.
        document: Document,
        /// How long a node may take to begin; the service's default (an hour) where absent.
        delivery: Option<Duration>,
    },
    /// Starts a program on this machine, without a shell; it gets the item as `NOCTOP_*` variables.
    Local {
        /// The program: a name that is looked for on `PATH`, or an absolute path. Never a template.
        program: Arc<str>,
        /// Its arguments, one template each.
        arguments: Vec<Template>,
        /// How long it may take.
        timeout: Duration,
    },
}

/// A document of Systems Manager with its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its name or ARN. Never a template.
    pub name: Arc<str>,
    /// Its version; the document's default where absent.
    pub version: Option<Arc<str>>,
    /// Its parameters, each a list of values.
    pub parameters: Vec<(Arc<str>, Vec<Template>)>,
    /// How fast it goes over many targets.
    pub rate: Rate,
    /// Whether parameters with an empty value are left out, so that the document's own default holds.
    pub is_lean: bool,
}

/// How fast something goes over many targets, in the words of the service: a number or a percentage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many at once; the service's default where absent.
    pub at_once: Option<Arc<str>>,
    /// After how many errors no more are begun; the service's default where absent.
    pub errors: Option<Arc<str>>,
}

/// How one execution runs in many accounts and regions (`TargetLocations`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Across {
    /// The account in which it is started, by name or id.
    pub from: Arc<str>,
    /// The region in which it is started; where absent that of its first target.
    pub region: Option<Region>,
    /// The role that it assumes in each account; the service's own where absent.
    pub role: Option<Arc<str>>,
    /// How fast it goes over accounts and regions.
    pub rate: Rate,
}

/// One runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Runbook {
    /// Its file's name without `.toml`; what `noctop run` takes.
    pub name: Arc<str>,
    /// A few words.
    pub title: Arc<str>,
    /// What it does and what it costs, in a sentence or two.
    pub help: Arc<str>,
    /// Which items it is for.
    pub matches: Filter,
    /// How much harm it can do.
    pub risk: Risk,
    /// What the operator is told before confirming, beyond what the card shows anyway.
    pub confirm: Option<Arc<str>>,
    /// What it acts on: an instance, a database, a job.
    pub target: Template,
    /// What the operator enters.
    pub inputs: Vec<Input>,
    /// What it does.
    pub does: Does,
    /// The file it was read from.
    pub file: Arc<str>,
}

/// Every runbook there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    runbooks: Vec<Runbook>,
}

impl Catalogue {
    /// Reads a library. A runbook with a mistake is left out, and the mistake told: a half-understood runbook must not run.
    #[must_use]
    pub fn read(library: &Library) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let runbooks = library
            .names()
            .into_iter()
            .filter_map(|name| {
                let volume = library.get(name)?;
                read::runbook(name, volume.written())
                    .map_err(|wrong| problems.extend(wrong))
                    .ok()
            })
            .collect();
        (Self { runbooks }, problems)
    }

    /// Every runbook, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Runbook> {
        self.runbooks.iter()
    }

    /// The runbook of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Runbook> {
        self.runbooks.iter().find(|r| &*r.name == name)
    }

    /// The runbooks for this item, harmless ones first. Only those whose target the item tells.
    #[must_use]
    pub fn matching(&self, subject: &Subject<'_>, facts: &Facts, now: Timestamp) -> Vec<&Runbook> {
        let mut found: Vec<_> = self
            .runbooks
            .iter()
            .filter(|r| r.matches.matches(subject, now) && r.target.render(facts).is_ok())
            .collect();
        found.sort_by_key(|r| r.risk);
        found
    }
}

/// The accounts and regions of targets, each once.
fn scopes<'a>(targets: impl Iterator<Item = &'a Target>) -> Vec<Scope> {
    let scopes: BTreeSet<Scope> = targets.map(|target| target.scope).collect();
    scopes.into_iter().collect()
}
