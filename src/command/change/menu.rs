//! The action menu: whatever AWS can be asked to do about the rows that are meant, with what is refused and why.

use std::sync::Arc;

use crate::domain::ItemKey;
use crate::model::{
    Action, Choice, ChoiceEntry, Effect, Effects, Model, Overlay, Purpose, RowKey, Tone,
};
use crate::panes::fact;
use crate::store::Row;

use super::{ALL, Fit, Offer};

/// Which of these items an offer fits, and why the first of the others does not.
pub(super) fn fitting(
    model: &Model,
    offer: &Offer,
    targets: &[ItemKey],
) -> (Vec<ItemKey>, Vec<String>) {
    let mut able = Vec::new();
    let mut why = Vec::new();
    for key in targets {
        let Some(row) = model.row(key).filter(|row| !row.is_vanished()) else {
            why.push("it has gone.".to_owned());
            continue;
        };
        match (offer.fits)(row, &model.store) {
            Fit::Yes => able.push(key.clone()),
            Fit::No(no) => why.push(no),
            Fit::Foreign => why.push("it is of another kind.".to_owned()),
        }
    }
    (able, why)
}

/// Opens the menu for what is meant.
pub(in crate::command) fn menu(model: &mut Model, action: &Action) -> Effects {
    if matches!(action.target, Some(RowKey::Run(_))) {
        return super::super::runbook::about_run(model, action);
    }
    let targets = super::super::triage::aimed(model, action);
    let rows: Vec<&Row> = targets
        .iter()
        .filter_map(|key| model.row(key))
        .filter(|row| !row.is_vanished())
        .collect();
    if rows.is_empty() {
        model.say(
            Tone::Refused,
            "That row has gone; there is nothing to act on.",
        );
        return Effects::new();
    }
    let entry = |offer: &&Offer| {
        let fits: Vec<Fit> = rows
            .iter()
            .map(|row| (offer.fits)(row, &model.store))
            .collect();
        if fits.iter().all(|fit| *fit == Fit::Foreign) {
            return None;
        }
        let able = fits.iter().filter(|fit| **fit == Fit::Yes).count();
        let refused = fits.iter().find_map(|fit| match fit {
            Fit::No(why) => Some(why.as_str()),
            Fit::Yes | Fit::Foreign => None,
        });
        let note = match (able, rows.len()) {
            (0, _) => Some(format!(
                "no: {}",
                refused.unwrap_or("it is of another kind.")
            )),
            (some, all) if some < all => Some(format!("{some} of {all}")),
            _ => None,
        };
        Some(ChoiceEntry {
            value: Arc::from(offer.name),
            label: Arc::from(match note {
                Some(note) => format!("{}  ({note})", offer.title()),
                None => offer.title().to_owned(),
            }),
            chosen: false,
        })
    };
    let entries: Vec<_> = ALL.iter().filter_map(entry).collect();
    if entries.is_empty() {
        let what = rows
            .first()
            .map_or_else(String::new, |row| fact::what(row.item()));
        model.say(
            Tone::Refused,
            format!("AWS offers nothing to do about {what}."),
        );
        return Effects::new();
    }
    model.show(Overlay::Choice(Choice::new(
        "Do in AWS",
        Purpose::Change(targets),
        entries,
    )));
    Effects::new()
}

/// Takes what was chosen in the menu.
pub(in crate::command) fn choose(model: &mut Model, name: &str, targets: Vec<ItemKey>) -> Effects {
    match super::named(name) {
        Some(offer) => super::open(model, offer, targets),
        None => Effects::new(),
    }
}

/// Every command that is an offer: the form for it, aimed at what is meant.
pub(in crate::command) fn run(model: &mut Model, action: &Action) -> Effects {
    let targets = super::super::triage::aimed(model, action);
    choose(model, action.command, targets)
}

/// Leaves what has not been sent yet of everything that is under way.
pub(in crate::command) fn cancel(model: &mut Model, _: &Action) -> Effects {
    let ids: Vec<u64> = model.changing.under_way.keys().copied().collect();
    if ids.is_empty() {
        model.say(Tone::Refused, "No change is under way.");
        return Effects::new();
    }
    for under_way in model.changing.under_way.values_mut() {
        under_way.is_cancelled = true;
    }
    model.say(
        Tone::Done,
        "What has not been sent yet is left; what was sent is told as it comes.",
    );
    ids.into_iter().map(Effect::CancelChange).collect()
}
