//! The handover: what the next shift has to know, from everything that noctop keeps.
//!
//! ```text
//!  store (the present) ─┐
//!  ledger (in the rows) ├─► compose ──► Handover ──► plain text · Markdown · JSON
//!  journal, history ────┘
//! ```
//!
//! Pure: whoever asks gathers (`noctop handover`, or the command `handover.show` in the console). What could not be read
//! is said to be unread; a section in which there is nothing says so in one line.

mod acts;
mod happened;
mod open;
mod sight;
mod text;
mod write;

use std::time::Duration;

use serde_json::{Value, json};

use crate::audit::record::Act;
use crate::clock::Timestamp;
use crate::domain::text::{age, plural};
use crate::history::Reading;
use crate::history::watch::Span;
use crate::panes::fact;
use crate::store::export;
use crate::store::{Only, Store};

pub use text::Text;
pub use write::Format;

/// Everything that a handover is made of.
#[derive(Clone, Copy, Debug)]
pub struct Gathered<'a> {
    /// The present.
    pub now: Timestamp,
    /// What the handover is about.
    pub window: Span,
    /// The name of the shift that the window is, where it is one.
    pub shift: Option<&'a str>,
    /// Until when the next shift lasts: what ends before then is theirs.
    pub next: Timestamp,
    /// Who hands over.
    pub operator: &'a str,
    /// What is known of the fleet now, with what operators did about it.
    pub store: &'a Store,
    /// Why nobody knows who has what, if nobody does.
    pub ledger: Option<&'a str>,
    /// What was done from this machine, or why that cannot be read.
    pub journal: Result<&'a [Act], &'a str>,
    /// What happened, or why that cannot be read.
    pub history: Result<&'a Reading, &'a str>,
    /// How many lines of a section are made; the rest is counted. People read [`SHOWN`], machines everything.
    pub most: usize,
}

/// How many lines of a section people are shown: what matters most stands first.
pub const SHOWN: usize = 25;

impl Gathered<'_> {
    /// Makes lines of things, as many as are wanted, and counts all of them.
    fn lines<T>(&self, things: Vec<T>, make: impl FnMut(T) -> Entry) -> Lines {
        Lines {
            count: things.len(),
            made: things.into_iter().take(self.most).map(make).collect(),
        }
    }
}

/// The lines of a section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// How many there are.
    pub count: usize,
    /// Those that were made.
    pub made: Vec<Entry>,
}

/// One line of a handover.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// For people.
    pub text: Text,
    /// For machines.
    pub json: Value,
}

/// One part of a handover.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What is in it, what matters most first.
    pub lines: Lines,
    /// The line that stands there where nothing is in it.
    pub nothing: &'static str,
    /// Why it could not be read, or what of it was not.
    pub unread: Option<String>,
}

/// A handover.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    /// Its heading.
    pub title: Text,
    /// What it is about and what it sums up to.
    pub about: Vec<Text>,
    /// Its parts.
    pub sections: Vec<Section>,
    /// What a machine reads beside the sections.
    pub head: Value,
    /// Whether anything could not be read.
    pub is_partial: bool,
}

/// Puts a handover together.
#[must_use]
pub fn compose(of: &Gathered<'_>) -> Handover {
    let coverage = of.store.coverage(&Only::default(), of.now);
    let mut sections = open::sections(of);
    sections.extend(happened::sections(of));
    sections.extend(acts::sections(of));
    sections.extend(sight::sections(of));
    let is_partial = sections.iter().any(|section| section.unread.is_some())
        || coverage.blind + coverage.loading > 0;
    let span = format!(
        "{} to {}",
        fact::clock(of.window.from, of.now),
        fact::clock(of.window.until, of.now)
    );
    let day = of.window.until.to_jiff().strftime("%Y-%m-%d");
    let mut title = Text::ours(format!("Handover {day}, {span}"));
    if let Some(shift) = of.shift {
        title = title.and(", ").theirs(shift);
    }
    let count = |name: &str| {
        let found = sections.iter().find(|section| section.name == name);
        found.map_or(0, |section| section.lines.count)
    };
    let least = if coverage.is_partial() {
        "At least "
    } else {
        ""
    };
    let (free, held) = (count("unowned"), count("owned"));
    let mut about = vec![
        Text::ours("By ")
            .theirs(of.operator)
            .and(format!(", as of {}.", of.now)),
        Text::ours(format!(
            "{least}{} item{} open: {free} without an owner, {held} with one. Since {}: {} came, {} cleared.",
            free + held,
            plural(free + held),
            fact::clock(of.window.from, of.now),
            count("came"),
            count("cleared"),
        )),
    ];
    let unwatched = of.history.map_or(Duration::ZERO, |reading| {
        reading.gaps.iter().map(|gap| gap.length()).sum()
    });
    if unwatched >= Duration::from_secs(60) {
        let (unwatched, all) = (age(unwatched), age(of.window.length()));
        about.push(Text::ours(format!(
            "No console of this machine was watching for {unwatched} of {all}: what came and went then is not known."
        )));
    }
    if coverage.blind + coverage.loading + coverage.late > 0 {
        about.push(Text::ours(format!(
            "Of {} feeds {} {} blind now, {} late, {} not read yet.",
            coverage.feeds,
            coverage.blind,
            if coverage.blind == 1 { "is" } else { "are" },
            coverage.late,
            coverage.loading,
        )));
    }
    let head = json!({
        "asOf": of.now.to_string(),
        "from": of.window.from.to_string(),
        "until": of.window.until.to_string(),
        "shift": of.shift,
        "by": of.operator,
        "coverage": export::coverage_json(of.store, &Only::default(), of.now),
    });
    Handover {
        title,
        about,
        sections,
        head,
        is_partial,
    }
}

#[cfg(test)]
mod tests;
