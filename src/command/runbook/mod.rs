//! Runbooks: which fit, what they ask, what they would do. Nothing starts before all of that stood on the screen.
//!
//! ```text
//! r ─► menu (what fits first) ─► form: inputs ─► Effect::CheckRun ─► the pre-flight card ─► Effect::StartRun
//! ```

mod form;
mod menu;
mod run;

use std::sync::Arc;

use crate::panes::fact;
use crate::runbook::{Facts, Meant};
use crate::store::{Row, Store, export};

pub use form::ready;
pub(super) use form::submit;
pub(super) use menu::{choose, menu};
pub use menu::{described, documents};
pub(super) use run::{about_run, ask};
pub use run::{asked, started};

/// What a runbook is filled in with for a row.
#[must_use]
pub fn meant(row: &Row, store: &Store) -> Meant {
    let key = row.key();
    let rule = row.rule().and_then(|at| store.rule(at));
    Meant {
        item: Arc::from(format!("{} {} {}", key.kind, key.scope, key.id)),
        name: Arc::from(fact::what(row.item())),
        scope: key.scope,
        facts: Facts::of_item(export::item_json(row, store.roster(), rule)),
    }
}
