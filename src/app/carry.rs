//! Carrying: what somebody has taken stays theirs when the alarm flaps, on every console and not only on those that watched.

use crate::ledger::Verb;
use crate::model::{Effect, Effects, Gesture, Model};
use crate::store::Changes;

/// Tells the ledger of rows that flapped while somebody had them. Nobody asked for it, so nobody is told.
pub(super) fn carry(model: &mut Model, changes: &Changes) -> Effects {
    let verbs: Vec<_> = changes
        .carried
        .iter()
        .filter_map(|id| {
            let row = model.store.row(*id)?;
            let verb = Verb::Carry {
                lineage: row.entry()?.episode,
                episode: row.item().episode,
            };
            Some((row.key().clone(), verb))
        })
        .collect();
    if verbs.is_empty() {
        return Effects::new();
    }
    let now = model.now;
    let acts: Vec<_> = verbs
        .into_iter()
        .map(|(key, verb)| model.acting.act(key, verb, now))
        .collect();
    model.acting.waiting += acts.len();
    let quiet = Gesture {
        what: "".into(),
        undo: Vec::new(),
        through: None,
    };
    vec![Effect::Write(quiet, acts)]
}
