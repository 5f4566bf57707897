//! What an operator means, before it is known about which version of an item.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ledger::Verb;
use crate::lifecycle::Pick;
use crate::model::Acting;
use crate::model::form::{Form, FormFor};
use crate::store::Row;

use super::{NOTE, TICKET, TO, UNTIL, fit, give_back, take, version};

/// What an operator means to write down, about however many items.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    /// Until when; the default of the item's severity where nothing was chosen.
    pub end: Option<Pick>,
    /// Why, or the remark itself.
    pub note: Option<Arc<str>>,
    /// A ticket.
    pub ticket: Option<Arc<str>>,
    /// Whose work it is meant to be.
    pub to: Option<Arc<str>>,
}

impl Intention {
    pub(super) fn of(form: &Form) -> Result<Self, String> {
        let said = |label: &str| -> Option<Arc<str>> {
            let text = form.says(label);
            (!text.is_empty()).then(|| Arc::from(text))
        };
        let end = said(UNTIL)
            .map(|text| {
                Pick::parse(&text)
                    .ok_or_else(|| format!("`{text}` is no time: 15m, 2h30m, shift or clears"))
            })
            .transpose()?;
        Ok(Self {
            end,
            note: said(NOTE),
            ticket: said(TICKET),
            to: said(TO),
        })
    }

    /// The verb that it means for one row.
    ///
    /// # Errors
    /// Why the row, as it is, cannot be meant: the end of a sentence that begins with the row's name.
    pub fn verb(
        &self,
        purpose: FormFor,
        row: &Row,
        acting: &Acting,
        now: Timestamp,
    ) -> Result<Verb, String> {
        fit(purpose, row, acting, now)?;
        let seen = version(row);
        let episode = row.item().episode;
        let severity = row.severity();
        let end = match self.end {
            Some(pick) => acting.lasting.end(pick, severity, now, acting.shift_end),
            None => acting.lasting.default_end(severity, now),
        };
        Ok(match purpose {
            FormFor::Acknowledge => take(row, end, self.note.clone(), self.ticket.clone()),
            FormFor::Edit => Verb::Edit {
                seen,
                end,
                note: self.note.clone(),
                ticket: self.ticket.clone(),
            },
            FormFor::TakeOver => Verb::TakeOver {
                seen,
                episode,
                severity,
                end,
            },
            FormFor::Release => give_back(row).ok_or_else(|| "nobody has it.".to_owned())?,
            FormFor::Snooze => Verb::Snooze {
                seen,
                episode,
                severity,
                until: end.until(),
            },
            FormFor::Comment => Verb::Comment {
                episode,
                text: self
                    .note
                    .clone()
                    .ok_or_else(|| "write something first".to_owned())?,
            },
            FormFor::Assign => Verb::Assign {
                seen,
                episode,
                to: self.to.clone(),
            },
            FormFor::Change(_) | FormFor::Run => {
                return Err("it is no act of the ledger.".to_owned());
            }
        })
    }
}
