//! What is found out before a runbook runs, as plain data: whoever confirms it must have seen all of it.
//!
//! What could not be read is [`Reading::Unread`] and said so; nothing is left out because it is not known.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::Scope;
use crate::domain::text::{clean, count};

use super::launch::Launch;
use super::plan::Step;
use super::run::State;
use super::{Risk, Takes};

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// It is so.
    Read(T),
    /// It could not be read, and why.
    Unread(Arc<str>),
    /// There is nothing to ask, and why.
    Nothing(&'static str),
}

impl<T> Reading<T> {
    /// What was read.
    #[must_use]
    pub const fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Unread(_) | Self::Nothing(_) => None,
        }
    }

    /// It could not be read.
    #[must_use]
    pub fn unread(why: impl fmt::Display) -> Self {
        Self::Unread(Arc::from(why.to_string()))
    }
}

/// Everything that is found out before a runbook runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Preflight {
    /// What would be started.
    pub launch: Launch,
    /// What was found out about each of its parts, in their order.
    pub parts: Vec<Check>,
    /// The last runs of this runbook in the same accounts, the latest first, at most three.
    pub last: Reading<Vec<Past>>,
    /// When all this was read.
    pub at: Timestamp,
}

/// What was found out about one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What operators call the account in which the call is made.
    pub account: Arc<str>,
    /// Where the call is made.
    pub scope: Scope,
    /// As whom it would be made; empty: the environment's credentials.
    pub identity: Arc<str>,
    /// Why noctop itself would refuse it: read-only, a policy, no journal.
    pub refused: Option<Arc<str>>,
    /// The document.
    pub document: Reading<Document>,
    /// The targets, in the order of the part.
    pub targets: Vec<Seen>,
    /// The state of every change calendar that the configuration names.
    pub calendars: Vec<Calendar>,
    /// What AWS itself says would happen.
    pub preview: Reading<Preview>,
}

/// A document of Systems Manager as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The version that would run.
    pub version: Arc<str>,
    /// Who owns it: `Amazon` or an account.
    pub owner: Arc<str>,
    /// Whether it can be run, in the service's own word: `Active`.
    pub status: Arc<str>,
    /// What it says about itself.
    pub about: Arc<str>,
    /// Its parameters that have to be given.
    pub needed: Vec<Arc<str>>,
    /// All its parameters.
    pub parameters: Vec<Arc<str>>,
}

/// A target as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: Arc<str>,
    /// Where it lives.
    pub scope: Scope,
    /// What operators call the account.
    pub account: Arc<str>,
    /// Whether it is there.
    pub presence: Reading<Presence>,
}

/// Whether a target is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A managed node that answers.
    Online,
    /// A managed node that has not been heard of since then.
    Lost(Option<Timestamp>),
    /// There is no such managed node any more.
    Gone,
}

/// A change calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name or ARN.
    pub name: Arc<str>,
    /// Whether changes are open, and until when.
    pub state: Reading<(Gate, Option<Arc<str>>)>,
}

/// What a change calendar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Changes are allowed.
    Open,
    /// Changes are not wanted.
    Closed,
}

/// What AWS says an execution would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Steps that change something.
    pub mutating: i32,
    /// Steps that change nothing.
    pub reading: i32,
    /// Steps of which AWS cannot tell.
    pub undetermined: i32,
    /// In how many accounts.
    pub accounts: i32,
    /// In which regions.
    pub regions: Vec<Arc<str>>,
}

/// An earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// When it was started.
    pub at: Timestamp,
    /// By whom.
    pub operator: Arc<str>,
    /// How many targets it had.
    pub targets: usize,
    /// How it ended, or how far it is.
    pub state: Reading<State>,
}

/// How a launch has to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// One key.
    Yes,
    /// These words have to be typed.
    Type(String),
}

impl Preflight {
    /// Why it must not be started: one sentence each. Empty: it may be.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut say = |why: String| {
            if !all.contains(&why) {
                all.push(why);
            }
        };
        for (check, part) in self.parts.iter().zip(&self.launch.parts) {
            if let Some(why) = &check.refused {
                say(why.to_string());
            }
            let gone: Vec<&Seen> = check
                .targets
                .iter()
                .filter(|t| t.presence.read() == Some(&Presence::Gone))
                .collect();
            for target in gone {
                say(format!(
                    "Target {} has gone: {} {} has no managed node of this id.",
                    clean(&target.id),
                    target.account,
                    target.scope.region
                ));
            }
            let Some(document) = check.document.read() else {
                continue;
            };
            let name = clean(part.step.name());
            let place = format!("in {} {}", check.account, check.scope.region);
            match &*document.status {
                "Active" => {}
                "missing" => {
                    say(format!(
                        "There is no such document as {name} {place}, or none of this version."
                    ));
                    continue;
                }
                status => say(format!(
                    "Document {name} cannot be run {place}: its status is {}.",
                    clean(status)
                )),
            }
            let given = part.filled().given();
            for (parameter, _) in &given {
                if !document.parameters.iter().any(|p| **p == **parameter) {
                    say(format!(
                        "Document {name} has no parameter {} {place}.",
                        clean(parameter)
                    ));
                }
            }
            let each = match &part.step {
                Step::Automation { each, .. } => each.as_deref(),
                Step::Command { .. } | Step::Local { .. } => None,
            };
            for needed in &document.needed {
                let is_given = given.iter().any(|(name, _)| **name == **needed);
                if !is_given && each != Some(&**needed) {
                    say(format!(
                        "Document {name} needs parameter {} {place}.",
                        clean(needed)
                    ));
                }
            }
        }
        all
    }

    /// What has to be seen before anybody says yes, the gravest first.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        let closed = self.closed();
        if !closed.is_empty() {
            all.push(format!(
                "CLOSED: change calendar {} says that nothing is to be changed now.",
                closed.join(", ")
            ));
        }
        let lost: Vec<&Seen> = self
            .seen()
            .filter(|t| matches!(t.presence.read(), Some(Presence::Lost(_))))
            .collect();
        if let Some(first) = lost.first() {
            all.push(format!(
                "{} not answering, {} first: a command waits there until it is heard or its time is over.",
                match lost.len() {
                    1 => "1 target is".to_owned(),
                    n => format!("{n} targets are"),
                },
                first.id
            ));
        }
        let unread = self
            .seen()
            .filter(|t| matches!(t.presence, Reading::Unread(_)));
        let unread = unread.count();
        if unread > 0 {
            all.push(format!(
                "Whether {} there could not be read.",
                match unread {
                    1 => "1 target is".to_owned(),
                    n => format!("{n} targets are"),
                }
            ));
        }
        all.extend(self.launch.confirm.as_deref().map(str::to_owned));
        all
    }

    /// The change calendars that say no, each once.
    #[must_use]
    pub fn closed(&self) -> Vec<String> {
        let calendars = self.parts.iter().flat_map(|c| &c.calendars);
        let closed = calendars.filter(|c| matches!(c.state.read(), Some((Gate::Closed, _))));
        let mut names: Vec<String> = closed.map(|c| clean(&c.name).into_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Every target as it was found.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.parts.iter().flat_map(|check| &check.targets)
    }

    /// The accounts that it acts in, by the names that operators know, each once.
    #[must_use]
    pub fn accounts(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self.seen().map(|t| Arc::clone(&t.account)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// How it has to be confirmed: what is dangerous, and what a calendar forbids, wants something typed.
    #[must_use]
    pub fn ask(&self) -> Ask {
        if self.launch.risk < Risk::Dangerous && self.closed().is_empty() {
            return Ask::Yes;
        }
        Ask::Type(match self.accounts().as_slice() {
            [one] => one.to_string(),
            several => format!("{} {}", several.len(), self.launch.runbook),
        })
    }

    /// What is acted on, in a few words: `3 targets in 2 accounts`.
    #[must_use]
    pub fn reach(&self) -> String {
        let accounts = self.accounts();
        let targets = count(self.launch.targets().count(), "target");
        match accounts.as_slice() {
            [one] => format!("{targets} in {one}"),
            several => format!("{targets} in {} accounts", several.len()),
        }
    }
}

impl Presence {
    /// A word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Lost(_) => "not answering",
            Self::Gone => "gone",
        }
    }
}

impl Takes {
    /// What is allowed, in a few words; empty for any text.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Text { .. } => String::new(),
            Self::List { .. } => "several, with commas between them".to_owned(),
            Self::Number { least, most } => match (*least, *most) {
                (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                (least, i64::MAX) => format!("{least} or more"),
                (i64::MIN, most) => format!("{most} or less"),
                (least, most) => format!("{least} to {most}"),
            },
            Self::Choice(values) => values.join(", "),
        }
    }
}
