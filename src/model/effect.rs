//! Effects: what an update asks of the world, and the outcomes that come back.

use std::sync::Arc;

use crate::audit;
use crate::aws::ops::look::Closed;
use crate::domain::{Fault, Feed, ItemKey, Scope, SourceId};
use crate::history::watch::Span;
use crate::history::{Facts, Reading};
use crate::ledger::{self, Act, News, Verb};
use crate::logs::Extract;
use crate::logs::aim::Aim;
use crate::runbook::document::Described;
use crate::runbook::run::Runs;
use crate::runbook::{Launch, Run};

use super::acting::Reach;
use super::attention::Call;
use super::change::{Came, Preflight, Request};
use super::closer;
use super::logs::{Sighted, Tailed, Wanted};
use super::query;
use super::runbooks::{Asked, Ready, Started};
use super::trail::{self, Asking};

/// Asked of the world by an update. The runner carries it out; the loop never waits for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask these feeds now; all of them where the list is empty.
    Refresh(Vec<Feed>),
    /// Ask these sources first from now on: the operator is looking at them.
    Focus(&'static [SourceId]),
    /// Read this one item afresh, as the service's own JSON.
    FetchRaw(ItemKey),
    /// Write these acts into the ledger, as one gesture.
    Write(Gesture, Vec<Act>),
    /// Find out whether this change is allowed, as whom it would be made and what it would touch. Changes nothing.
    Preflight(Box<Request>),
    /// Make this change in AWS.
    Change(Box<Request>),
    /// Leave what has not been sent yet of the change of this number.
    CancelChange(u64),
    /// List the Automation documents that the account owns there.
    ListDocuments(Scope),
    /// Describe one of them.
    DescribeDocument(Scope, Arc<str>),
    /// Find out everything about this launch; the number tells the answer from any other. Changes nothing.
    CheckRun(u64, Box<Launch>),
    /// Start this launch.
    StartRun(Box<Launch>),
    /// Stop what still goes on of this run.
    StopRun(Box<Run>),
    /// Answer what waits for somebody's word: whether it may go on.
    AnswerRun(Box<Run>, bool),
    /// Look at every run now.
    LookAtRuns,
    /// Look for the log groups of this aim; the number tells the answer from any other.
    SightLogs(u64, Box<Aim>),
    /// Read logs; what was read before under another number is not read any more.
    ReadLogs(u64, Box<Wanted>),
    /// Read no logs any more.
    CloseLogs,
    /// Ask Logs Insights this, and nothing that was asked before; the number tells the answer from any other.
    Query(u64, Box<query::Asked>),
    /// List the log groups whose names are like this, and ask nothing that was asked before; the number as above.
    ListGroups(u64, Arc<str>),
    /// Stop what Logs Insights is asked; what was found so far is still told.
    StopQuery,
    /// Look closer at this item: at its service, in the history, in the journal.
    LookCloser(ItemKey),
    /// Ask CloudTrail who changed something; the number tells the answer from any other.
    LookUpTrail(u64, Box<Asking>),
    /// Ask CloudTrail nothing any more.
    CloseTrail,
    /// Write this into the history.
    Persist(Facts),
    /// Read journal and history for a handover about this span.
    Gather {
        /// What it is about.
        window: Span,
        /// The name of the shift that it is, where it is one.
        shift: Option<Arc<str>>,
    },
    /// Save this text under this name.
    Save {
        /// The file's name.
        name: Arc<str>,
        /// What stands in it.
        text: Arc<str>,
    },
    /// Save these lines of logs under this name.
    SaveLog {
        /// The file's name.
        name: Arc<str>,
        /// The lines.
        extract: Box<Extract>,
    },
    /// Somebody else acts from here on: the journal, and the roles that are assumed for changes, carry this name.
    HandOver(Arc<str>),
    /// Put this text into the clipboard of the operator's own terminal (OSC 52).
    Copy(String),
    /// Open this address in a browser, where there is one.
    OpenLink(String),
    /// Call the operator.
    Call(Box<Call>),
    /// Save the screen as it is in this form, under this name.
    Picture {
        /// The file's name.
        name: Arc<str>,
        /// In which form.
        form: Form,
    },
    /// Play the demo in place of this fleet.
    Demo,
    /// Read theme and configuration files again.
    Reload,
    /// Read every theme: to choose from, or for the one of this name.
    ReadThemes(Arc<str>),
    /// Draw every cell again.
    Redraw,
    /// Give the terminal back to the shell until it returns it.
    Suspend,
    /// End the program.
    Quit,
}

/// In which form a screen is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Letters alone.
    Text,
    /// Letters with the sequences that colour them.
    Ansi,
    /// A picture.
    Svg,
}

/// The effects of one update, in order.
pub type Effects = Vec<Effect>;

/// What came of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The raw JSON of an item, pretty-printed and neutralised, or why it could not be read.
    Raw(ItemKey, Result<Arc<str>, Fault>),
    /// The operator's own command for what calls failed, and why.
    Uncalled(Arc<str>),
    /// A link was opened, or why not.
    Link(Result<(), Arc<str>>),
    /// What the ledger made of a gesture, one answer per act and in their order.
    Written(Gesture, Vec<Written>),
    /// What was found out before a change.
    Preflight(Preflight),
    /// What became of a part of a change.
    Came(Box<Came>),
    /// What became of changes that earlier consoles left without an outcome.
    Closed(Vec<Closed>),
    /// What a handover is made of, beside what the model knows.
    Gathered(Box<Gathering>),
    /// Something was saved, with the place, or why not.
    Saved(Result<Arc<str>, Arc<str>>),
    /// The Automation documents that an account owns, by name, or why they cannot be listed.
    Documents(Scope, Result<Vec<Arc<str>>, Arc<str>>),
    /// A document as it is described, or why it cannot be read.
    Described(Arc<str>, Result<Box<Described>, Arc<str>>),
    /// What was found out about a launch.
    Ready(Ready),
    /// A launch was carried out.
    Started(Started),
    /// A run was stopped or answered.
    RunAsked(Asked),
    /// Every run that the journal knows, as far as it has come.
    Runs(Arc<Runs>),
    /// The log groups of an aim that are there.
    Sighted(Sighted),
    /// Logs Insights has found something.
    Queried(Box<query::Told>),
    /// CloudTrail has answered.
    Trail(trail::Told),
    /// What a closer look at an item tells.
    Looked(Box<closer::Looked>),
    /// Log lines were read.
    Tailed(Box<Tailed>),
    /// Facts were written into the history, or why not.
    Persisted(Result<(), Arc<str>>),
    /// Something was done and could not be written into the journal, with the reason.
    Unjournalled(Arc<str>),
    /// What the ledger told by itself: what colleagues did, and whether it can be reached.
    Told(Told),
}

/// Something the operator did at once: one act, or the same for many items.
#[derive(Clone, Debug, PartialEq)]
pub struct Gesture {
    /// What was done, as the beginning of a sentence: `Acknowledged alarm api-5xx-rate`.
    pub what: Arc<str>,
    /// What takes it back, per item; without the versions, which the ledger's answers tell.
    pub undo: Vec<(ItemKey, Verb)>,
    /// The note with which what the ledger grants is written through to the services that have a word for it; `None`:
    /// it is not.
    pub through: Option<Arc<str>>,
}

/// The ledger's answer to one act.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What was asked.
    pub act: Act,
    /// What came of it.
    pub outcome: ledger::Outcome,
}

/// A reading of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Whether and how it can be reached.
    pub reach: Reach,
    /// What it says, where it could be read.
    pub news: Option<News>,
}

/// What a handover is made of, beside what the model knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathering {
    /// What it is about.
    pub window: Span,
    /// The name of the shift that it is, where it is one.
    pub shift: Option<Arc<str>>,
    /// What was done from this machine, or why that cannot be read.
    pub journal: Result<Vec<audit::record::Act>, Arc<str>>,
    /// What happened, or why that cannot be read.
    pub history: Result<Reading, Arc<str>>,
}
