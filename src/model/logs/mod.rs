//! Logs in the console: what is asked of the readers, what they tell, and the viewer. Plain data, changed by `command::log`.
//!
//! ```text
//! Tailed ─► Viewer::take ─► Buffer (ring) ─► View (what passes) ─► rows on the screen, from `top` on
//! ```

mod viewer;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::{Fault, Scope};
use crate::filter::Filter;
use crate::logs::tail::{Counts, Item};
use crate::logs::{GroupId, Origins};
use crate::runbook::Template;

pub use viewer::{Goal, Search, Seeking, Viewer};

use super::input::InputLine;

/// What the console reads of logs.
#[derive(Debug, Default)]
pub struct Logs {
    /// What is open in the pane.
    pub viewer: Option<Box<Viewer>>,
    /// A line that is being typed for the viewer.
    pub typing: Option<Typing>,
    /// Where the operator says that the logs of some items are.
    pub patterns: Vec<LogPattern>,
    numbers: u64,
}

impl Logs {
    /// A number that no other reading of this console has.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The viewer of this reading, unless another one has been opened since.
    pub fn of(&mut self, number: u64) -> Option<&mut Viewer> {
        self.viewer
            .as_deref_mut()
            .filter(|viewer| viewer.number == number)
    }
}

/// Where the logs of some items are, as the configuration says it.
#[derive(Clone, Debug)]
pub struct LogPattern {
    /// Which items.
    pub filter: Filter,
    /// The names of groups, to be filled in with what the item tells; a `*` at an end stands for anything.
    pub groups: Vec<Template>,
}

/// A line that is being typed.
#[derive(Clone, Debug)]
pub struct Typing {
    /// What for.
    pub purpose: LineFor,
    /// The line.
    pub line: InputLine,
    /// What is wrong with it.
    pub error: Option<Arc<str>>,
}

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFor {
    /// A text or `/regular expression/` to look for.
    Search,
    /// A moment to go to.
    Time,
    /// A filter pattern that CloudWatch Logs is to keep to.
    Pattern,
    /// A text that the rows of a query are to have.
    Rows,
}

/// A log group that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Account and region.
    pub scope: Scope,
    /// Its name, as AWS has it.
    pub name: Arc<str>,
    /// The beginning of the streams that are meant; all where there is none.
    pub stream: Option<Arc<str>>,
}

/// Which groups are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// These.
    Chosen(Vec<Source>),
    /// Those that are called so: names, ARNs, or names with `*`, in all accounts and regions of the fleet.
    Named(Vec<Arc<str>>),
}

impl Groups {
    /// The groups, where they are known one by one.
    #[must_use]
    pub fn chosen(&self) -> &[Source] {
        match self {
            Self::Chosen(sources) => sources,
            Self::Named(_) => &[],
        }
    }
}

/// What is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of which groups.
    pub groups: Groups,
    /// Only what matches this filter pattern of CloudWatch Logs: the rest is not even sent.
    pub pattern: Option<Arc<str>>,
    /// From when on.
    pub since: Timestamp,
    /// Until when; without it what is written later comes as well.
    pub until: Option<Timestamp>,
    /// Whether Live Tail pushes, where it works. It is billed by the minute.
    pub live: bool,
}

/// What came of looking for the groups of an aim.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighted {
    /// For which reading.
    pub number: u64,
    /// The groups that are there, the likeliest first.
    pub sources: Vec<Source>,
    /// What was looked for and is not there.
    pub tried: Vec<Arc<str>>,
    /// What could not be asked.
    pub faults: Vec<Fault>,
}

/// How a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What was there at the beginning is being read.
    Behind,
    /// It is read.
    Read,
    /// It cannot be read at present; why.
    Away(Arc<str>),
    /// There is no such group.
    Absent,
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Tailed {
    /// Of which reading.
    pub number: u64,
    /// Where lines come from, when it is known better.
    pub origins: Option<Box<Origins>>,
    /// Lines and marks in the order of time.
    pub items: Vec<Item>,
    /// Groups that stand otherwise now.
    pub standing: Vec<(GroupId, Standing)>,
    /// What is worth a message.
    pub said: Option<Arc<str>>,
    /// What came of it so far.
    pub counts: Counts,
    /// How long Live Tail was open, all sessions together: what AWS bills.
    pub live: Duration,
    /// Room for as much again is made when this is dropped.
    pub room: Room,
}

/// What keeps a fast reading from filling the memory: so much of it may wait to be taken in. Whoever reads knows what it is.
#[derive(Clone, Default)]
pub struct Room(pub Option<Arc<dyn Any + Send + Sync>>);

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Room")
    }
}

impl PartialEq for Room {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// How far the opening of a viewer is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// The groups are being looked for.
    Looking,
    /// Several fit; the operator chooses.
    Choosing,
    /// None was found: what was tried, and what could not be asked.
    Nothing(Vec<Arc<str>>, Vec<Fault>),
    /// Lines are read.
    Reading,
    /// Nobody looked, so Live Tail was closed.
    Resting,
}
