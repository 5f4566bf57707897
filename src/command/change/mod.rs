//! What AWS can be asked to do about items: one row in [`ALL`] and one small file per service.
//!
//! ```text
//! x ─► menu (what fits, what not and why) ─► form: what, where, as whom ─► Effect::Change
//!                                              └ Effect::Preflight: allowed? as which identity? what would it touch?
//! ```
//!
//! The same rows serve the console and `noctop act`. An offer knows which items it fits and which orders it comes to;
//! it asks nothing and changes nothing.

mod alarms;
mod backups;
mod cases;
mod findings;
mod form;
mod incidents;
mod menu;
mod mutes;
mod patches;
#[cfg(feature = "incidentmanager")]
mod records;
#[cfg(feature = "config")]
mod rules;
mod through;
mod undo;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::ops::{Order, Risk};
use crate::clock::Timestamp;
use crate::domain::{ItemKey, Scope};
use crate::lifecycle::Pick;
use crate::model::change::{Part, Request};
use crate::store::{Row, Store};

pub(super) use form::{names, open, open_request};
pub use form::{submit, take_in};
pub(super) use menu::{cancel, choose, menu, run};
pub use through::{followed, request as through_request, through};
pub(super) use undo::ask as take_back;

/// Whether an offer fits an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Yes,
    /// It is for such items, but not for this one: the end of a sentence that begins with the item's name.
    No(String),
    /// It is for other kinds of items.
    Foreign,
}

/// What an offer asks beside yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// For how long.
    Span,
    /// A note for colleagues; may be empty.
    Note,
    /// A line under this label, with what stands there at first.
    Line(&'static str, &'static str),
    /// Words that people outside read, under this label: nothing stands there at first, and nothing is sent without them. The form says
    /// what becomes of them.
    Words(&'static str),
}

impl Ask {
    /// What stands there at first.
    #[must_use]
    pub const fn usual(self) -> &'static str {
        match self {
            Self::Span => "1h",
            Self::Note => "",
            Self::Words(_) => "",
            Self::Line(_, usual) => usual,
        }
    }

    /// Its label in the form and the name of its flag.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Span => "for",
            Self::Note => "note",
            Self::Line(label, _) | Self::Words(label) => label,
        }
    }
}

/// What was entered, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The operator.
    pub operator: Arc<str>,
    /// What was entered, by label.
    pub words: BTreeMap<&'static str, String>,
    /// When the shift ends, where shifts are configured.
    pub shift_end: Option<Timestamp>,
}

impl Said {
    /// What was entered under this label; nothing where nothing was.
    #[must_use]
    pub fn word(&self, label: &str) -> &str {
        self.words.get(label).map_or("", String::as_str)
    }

    /// Until when.
    ///
    /// # Errors
    /// What was entered is no span.
    pub fn until(&self, now: Timestamp) -> Result<Timestamp, String> {
        let word = self.word(Ask::Span.label());
        match Pick::parse(word) {
            Some(Pick::For(span)) => Ok(now.plus(span)),
            Some(Pick::ShiftEnd) => Ok(self
                .shift_end
                .filter(|end| *end > now)
                .unwrap_or_else(|| now.plus(WITHOUT_SHIFTS))),
            Some(Pick::Clears) | None => Err(format!(
                "`{word}` is no span: 15m, 1h, 2h30m, or shift for the end of the shift"
            )),
        }
    }
}

/// Where no shifts are configured, `shift` is a working day.
const WITHOUT_SHIFTS: Duration = Duration::from_secs(8 * 3_600);

/// What an offer is aimed at, with everything that its orders need.
pub struct Aim<'a> {
    /// The items, all of which it fits.
    pub rows: &'a [&'a Row],
    /// Everything else that is known.
    pub store: &'a Store,
    /// What was entered.
    pub said: &'a Said,
    /// The present.
    pub now: Timestamp,
}

impl<'a> Aim<'a> {
    /// The items by account and region.
    fn by_scope(&self) -> BTreeMap<Scope, Vec<&'a Row>> {
        let mut by: BTreeMap<Scope, Vec<&Row>> = BTreeMap::new();
        for row in self.rows {
            by.entry(row.key().scope).or_default().push(row);
        }
        by
    }

    /// A part per account and region.
    fn per_scope(&self, order: impl Fn(&[&'a Row]) -> Order) -> Vec<Part> {
        let part = |(scope, rows): (Scope, Vec<&'a Row>)| Part {
            scope,
            items: keys(&rows),
            order: order(&rows),
            seen: Arc::from(""),
        };
        self.by_scope().into_iter().map(part).collect()
    }

    /// A part per item.
    fn per_item(&self, order: impl Fn(&'a Row) -> Option<Order>) -> Vec<Part> {
        let part = |row: &&'a Row| {
            Some(Part {
                scope: row.key().scope,
                items: vec![row.key().clone()],
                order: order(row)?,
                seen: Arc::from(""),
            })
        };
        self.rows.iter().filter_map(part).collect()
    }
}

fn keys(rows: &[&Row]) -> Vec<ItemKey> {
    rows.iter().map(|row| row.key().clone()).collect()
}

/// Something that AWS can be asked to do about items.
#[derive(Debug)]
pub struct Offer {
    /// The command of the same name, which has its title and its sentence; what the journal calls it.
    pub name: &'static str,
    /// What was done, in the past: `Resolved`.
    pub done: &'static str,
    /// What a mistake costs, which decides how it is confirmed.
    pub risk: Risk,
    /// What is asked.
    pub asks: &'static [Ask],
    /// Whether it fits an item as it is.
    pub fits: fn(&Row, &Store) -> Fit,
    /// The orders that it comes to.
    pub parts: fn(&Aim<'_>) -> Result<Vec<Part>, String>,
}

/// Every offer, in the order of the menu.
pub const ALL: &[&Offer] = &[
    &alarms::MUTE,
    &mutes::EXTEND,
    &mutes::CANCEL,
    &findings::NOTIFY,
    &findings::RESOLVE,
    &findings::SUPPRESS,
    &findings::REOPEN,
    &findings::ARCHIVE,
    &incidents::START,
    &incidents::RESOLVE,
    &incidents::REOPEN,
    &cases::REPLY,
    &cases::RESOLVE,
    #[cfg(feature = "incidentmanager")]
    &records::NOTE,
    #[cfg(feature = "incidentmanager")]
    &records::RESOLVE,
    #[cfg(feature = "config")]
    &rules::EVALUATE,
    #[cfg(feature = "config")]
    &rules::REMEDIATE,
    &backups::RETRY,
    &backups::START,
    &backups::STOP,
    &patches::SCAN,
    &patches::INSTALL,
    &patches::BACK_UP,
    &windows::CANCEL,
    &incidents::OPEN,
];

/// The offer of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Offer> {
    ALL.iter().copied().find(|offer| offer.name == name)
}

impl Offer {
    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &'static str {
        super::named(self.name).map_or(self.name, |command| command.title)
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        super::named(self.name).map_or("", |command| command.help)
    }

    /// The request that it comes to for these items.
    ///
    /// # Errors
    /// What was entered cannot be meant.
    pub fn request(&self, id: u64, what: &str, aim: &Aim<'_>) -> Result<Request, String> {
        let parts = (self.parts)(aim)?;
        let undo = undo::parts(&parts, aim);
        Ok(Request {
            id,
            verb: self.name.into(),
            what: what.into(),
            parts,
            undo,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offer_stands_once_and_is_a_command() {
        let mut seen = std::collections::BTreeSet::new();
        for offer in ALL {
            assert!(seen.insert(offer.name), "{} stands twice", offer.name);
            let command = super::super::named(offer.name).expect(offer.name);
            assert_eq!(command.risk, super::super::Risk::Change, "{}", offer.name);
            assert!(offer.done.starts_with(char::is_uppercase));
        }
    }
}
