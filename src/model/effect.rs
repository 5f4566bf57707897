//! Effects: what an update asks of the world, and the outcomes that come back.

use std::sync::Arc;

use crate::domain::{Fault, Feed, ItemKey, SourceId};

/// Asked of the world by an update. The runner carries it out; the loop never waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask these feeds now; all of them where the list is empty.
    Refresh(Vec<Feed>),
    /// Ask these sources first from now on: the operator is looking at them.
    Focus(&'static [SourceId]),
    /// Read this one item afresh, as the service's own JSON.
    FetchRaw(ItemKey),
    /// Put this text into the clipboard of the operator's own terminal (OSC 52).
    Copy(String),
    /// Open this address in a browser, where there is one.
    OpenLink(String),
    /// Read theme and configuration files again.
    Reload,
    /// Draw every cell again.
    Redraw,
    /// Give the terminal back to the shell until it returns it.
    Suspend,
    /// End the program.
    Quit,
}

/// The effects of one update, in order.
pub type Effects = Vec<Effect>;

/// What came of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The raw JSON of an item, pretty-printed and neutralised, or why it could not be read.
    Raw(ItemKey, Result<Arc<str>, Fault>),
    /// A link was opened, or why not.
    Link(Result<(), Arc<str>>),
}
